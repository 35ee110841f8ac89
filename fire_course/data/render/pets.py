"""Pets: cats and dogs as in a picture book, drawn by seed.

Cats and dogs share coats, places, poses and light. What tells them apart is what
tells them apart outside: ears, muzzle, eyes, whiskers, body and tail. The pictures
are of all sizes, upright and across, as photographs are.

`pets_place` draws what is behind them, `pets_body` the animals.
"""

import io
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from . import make as sets
from .brush import Sheet, levels, move, ramp
from .noise import coordinates, step
from .pets_body import POSES, Animal
from .pets_place import place

CLASS_NAMES = ("cat", "dog")
VERSION = 2
_LEAST = 80  # pixels of the shorter side, in a set of the usual size


def _shape(rng: np.random.Generator, size: int) -> tuple[int, int]:
    """Height and width: the longer side is at most `size`."""
    long = size * (0.38 + 0.62 * rng.random() ** 2)  # small ones are more frequent
    short = max(long * rng.choice([0.667, 0.75, 0.8, 1.0]), size * _LEAST / 256)
    sides = round(min(short, long)), round(long)
    return sides if rng.random() < 0.55 else sides[::-1]


def _frame(
    rng: np.random.Generator, animal: Animal, shape: tuple[int, int], flip: float
) -> tuple[float, tuple[float, float]]:
    """Scale and origin that put the whole animal, or its head, into the picture."""
    height, width = shape
    left, top, right, bottom = animal.extent
    if flip < 0:
        left, right = -right, -left
    near = animal.pose == "portrait"
    fill = rng.uniform(0.62 if near else 0.8, 1.0)
    scale = fill * min(width / (right - left), height / (bottom - top))
    spare_x = width - scale * (right - left)
    spare_y = height - scale * (bottom - top)
    x = rng.uniform(0.08, 0.92) * spare_x - scale * left
    # animals stand on the ground: what is spare is mostly above
    y = rng.uniform(0.2 if near else 0.45, 1.0) * spare_y - scale * top
    if near:  # nobody holds a camera still: or the place of a nose would tell
        x, y = (at + scale * rng.uniform(-0.4, 0.4) for at in (x, y))
    return float(scale), (float(x), float(y))


def _darken(sheet: Sheet, at: tuple[float, float], half: float, high: float) -> None:
    """The shadow under an animal: an ellipse that fades to its edge."""
    x, y = at
    top, left = max(int(y - high), 0), max(int(x - half), 0)
    part = sheet.pixels[top : int(y + high) + 2, left : int(x + half) + 2]
    rows, columns = coordinates(*part.shape[:2])
    across = (columns + np.float32(left - x)) / np.float32(half)
    down = (rows + np.float32(top - y)) / np.float32(high)
    part *= 1 - np.float32(0.5) * (1 - step(across**2 + down**2, 0.3, 1))[..., None]


def _draw(seed: int, kind: str, size: int) -> tuple[NDArray[np.uint8], int]:
    rng = np.random.default_rng([int(seed), VERSION])
    shape = _shape(rng, size)
    height, width = shape
    pose = str(rng.choice(POSES, p=[0.76, 0.14, 0.1]))
    animal = Animal(rng, kind, pose)
    flip = -1.0 if rng.random() < 0.5 else 1.0
    scale, to = _frame(rng, animal, shape, flip)
    light = float(rng.uniform(1.1, 2.1) * np.pi)  # from above, left or right
    sheet = Sheet(place(rng, shape))
    if pose != "portrait":
        ground = to[1] + scale * animal.extent[3]
        left, _, right, _ = animal.extent
        middle = to[0] + flip * scale * (left + right) / 2
        half = 0.45 * scale * (right - left)
        _darken(sheet, (middle, ground - 0.12 * scale), half, 0.28 * scale)
    turn = float(rng.normal(0, 0.16))

    def onto(outline: NDArray[np.float64]) -> NDArray[np.float64]:
        return move(outline, scale=(scale * flip, scale), turn=turn, to=to)

    animal.paint(sheet, onto, scale, light)
    glow = 1 + ramp(shape, light + np.pi) * np.float32(-rng.uniform(0.1, 0.7))
    cast = 1 + rng.uniform(-0.07, 0.07, 3)
    gain = np.float32(rng.uniform(0.75, 1.15)) * cast.astype(np.float32)
    noise = rng.standard_normal((height, width, 1), dtype=np.float32)
    pixels = sheet.pixels * glow[..., None] * gain
    pixels += noise * np.float32(rng.uniform(0.5, 5))
    return levels(pixels), int(rng.integers(78, 95))


def render(
    seed: int, *, kind: str | None = None, size: int = 256
) -> tuple[NDArray[np.uint8], str]:
    """Draw one cat or dog.

    Parameters
    ----------
    seed
        Same seed, same picture.
    kind
        "cat" or "dog"; by default the seed decides.
    size
        The longer side is at most this many pixels.

    Returns
    -------
    image : array (height, width, 3) of uint8
    kind : str

    Examples
    --------
    >>> image, kind = render(1, kind="dog", size=120)
    >>> max(image.shape) <= 120, kind
    (True, 'dog')
    """
    data, kind = _encoded(seed, kind, size)
    return np.asarray(Image.open(io.BytesIO(data))), kind


def _encoded(seed: int, kind: str | None, size: int) -> tuple[bytes, str]:
    if size < 48:
        raise ValueError(f"Size {size} is too small for a pet: 48 is the least.")
    if kind is None:
        kind = CLASS_NAMES[int(np.random.default_rng(seed).integers(len(CLASS_NAMES)))]
    if kind not in CLASS_NAMES:
        raise ValueError(
            f"Unknown pet {kind!r}: choose one of {', '.join(CLASS_NAMES)}."
        )
    image, quality = _draw(seed, kind, size)
    out = io.BytesIO()
    Image.fromarray(image).save(out, "JPEG", quality=quality)
    return out.getvalue(), kind


def _write(root: Path, size: int, job: sets.Job) -> dict[str, Any]:
    data, _ = _encoded(job.seed, job.label, size)
    return sets.row(sets.keep(root, job, data), job)


RECIPE = sets.Recipe(
    name="pets",
    class_names=CLASS_NAMES,
    counts={"train": 800, "validation": 100, "test": 200},
    size=256,
    version=VERSION,
    columns=("path", "label", "seed"),
    write=_write,
)
COUNTS = RECIPE.counts
make = partial(sets.make, RECIPE)
is_current = partial(sets.is_current, RECIPE)
