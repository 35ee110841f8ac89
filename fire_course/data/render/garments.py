"""Garments: the ten kinds of the clothing set, drawn by seed.

They lie on a floor, a sheet or a table, or hang on a wall, as people photograph what
they want to sell. Colour, pattern, light and place say nothing about the kind; the
cut does. `garments_cut` has the cuts.
"""

import io
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from . import make as sets
from .brush import (
    Colour,
    Sheet,
    any_colour,
    blend,
    cover,
    levels,
    luminance,
    move,
    ramp,
    stroke,
    tint,
    tinted,
)
from .garments_cut import CUTS, Tailor
from .noise import Field, Rng, fbm, interleaved, step

CLASS_NAMES = (
    "dress",
    "hat",
    "longsleeve",
    "outwear",
    "pants",
    "shirt",
    "shoes",
    "shorts",
    "skirt",
    "t-shirt",
)
VERSION = 2
_HUNG = ("dress", "longsleeve", "outwear", "shirt", "t-shirt")


def _ground(rng: Rng, shape: tuple[int, int]) -> Field:
    """A wall, a sheet, a carpet or boards."""
    height, width = shape
    tone = any_colour(rng, low=0.25)
    kind = rng.random()
    if kind < 0.35:  # boards
        across = ramp(shape, rng.uniform(-0.4, 0.4) + rng.choice([0.0, np.pi / 2]))
        t = across * np.float32(rng.uniform(3, 7)) + np.float32(10)
        number = np.floor(t)
        gap = np.minimum(t - number, 1 - (t - number)) < 0.02
        shade = np.abs(np.sin(number * 12.9)).astype(np.float32)
        wood = fbm(rng, shape, (height * 0.4, width * 0.03), 3)
        gain = np.float32(0.75) + shade * np.float32(0.2) + (wood - 0.5) * 0.3
        gain = gain * (1 - np.float32(0.35) * gap.astype(np.float32))
    elif kind < 0.6:  # a sheet with folds
        folds = fbm(rng, shape, (height * 0.5, width * rng.uniform(0.1, 0.4)), 3)
        gain = np.float32(0.75) + folds * np.float32(0.5)
    elif kind < 0.8:  # carpet
        gain = np.float32(0.8) + fbm(rng, shape, 3.0, 2) * np.float32(0.4)
    else:
        gain = np.float32(0.9) + fbm(rng, shape, height * 0.5, 2) * np.float32(0.2)
    field = tint(gain.astype(np.float32), tone)
    if rng.random() < 0.2:  # a rug, a door, the edge of a bed
        sheet = Sheet(field)
        x, y = rng.uniform(-0.2, 0.9) * width, rng.uniform(-0.2, 0.9) * height
        w, h = rng.uniform(0.3, 1.0) * width, rng.uniform(0.3, 1.0) * height
        box = np.array([(0, 0), (w, 0), (w, h), (0, h)], np.float64)
        sheet.fill(move(box, turn=rng.normal(0, 0.3), to=(x, y)), any_colour(rng))
    return field


def _cloth(rng: Rng, shape: tuple[int, int], tone: Colour) -> Field:
    """Plain, striped, checked, dotted or flowered cloth, with folds."""
    height, width = shape
    other = any_colour(rng)
    kind = rng.random()
    waves = rng.uniform(9, 22)
    if kind < 0.5:
        part: Field = np.zeros(shape, np.float32)
    elif kind < 0.62:
        towards = rng.choice([0.0, np.pi / 2]) + rng.normal(0, 0.1)
        part = _bands(ramp(shape, towards) * np.float32(waves), rng.uniform(0.2, 0.5))
    elif kind < 0.78:
        turn = rng.normal(0, 0.1)
        part = _bands(ramp(shape, turn) * np.float32(waves), 0.4)
        part = part + _bands(ramp(shape, turn + np.pi / 2) * np.float32(waves), 0.4)
        part = part * np.float32(0.5)
    elif kind < 0.88:
        u = ramp(shape, 0.6) * np.float32(waves)
        v = ramp(shape, 0.6 + np.pi / 2) * np.float32(waves)
        u, v = u - np.floor(u) - np.float32(0.5), v - np.floor(v) - np.float32(0.5)
        part = 1 - step(u * u + v * v, 0.05, 0.11)
    else:
        part = step(fbm(rng, shape, height * rng.uniform(0.04, 0.1), 2), 0.52, 0.6)
    weave = fbm(rng, shape, 2.0, 1) - np.float32(0.5)
    folds = fbm(rng, shape, (height * 0.35, width * 0.09), 3) - np.float32(0.5)
    gain = 1 + folds * np.float32(rng.uniform(0.2, 0.7)) + weave * np.float32(0.12)
    cloth = blend(np.clip(part, 0, 1), tone, other, most=rng.uniform(0.3, 0.8))
    cloth *= gain[..., None]
    return np.clip(cloth, 0, 255, out=cloth)


def _bands(t: Field, share: float) -> Field:
    t = t - np.floor(t)
    middle = np.abs(t - np.float32(0.5))
    return 1 - step(middle, share / 2 - 0.05, share / 2 + 0.05)


def _apart(rng: Rng, behind: Field) -> Colour:
    """A colour that stands out from the ground."""
    # in the order of a picture: a sum depends on it in its last bit
    picture = interleaved(behind.transpose(2, 0, 1))
    mean = picture.mean(axis=(0, 1), dtype=np.float64)
    ground = luminance((float(mean[0]), float(mean[1]), float(mean[2])))
    for _ in range(20):
        found = any_colour(rng)
        if abs(luminance(found) - ground) > 60:
            return found
    return (240.0, 240.0, 238.0) if ground < 128 else (30.0, 30.0, 34.0)


def _hanger(sheet: Sheet, to: tuple[float, float], scale: float, tone: Colour) -> None:
    hook = [(0.0, -0.8), (0.0, -0.98), (0.07, -1.06), (0.02, -1.14), (-0.06, -1.1)]
    sheet.fill(stroke(move(hook, scale=scale, to=to), max(1.0, scale * 0.03)), tone)


def _draw(seed: int, kind: str, size: int) -> tuple[NDArray[np.uint8], int]:
    rng = np.random.default_rng([int(seed), VERSION])
    short = round(size * rng.choice([0.75, 0.8, 1.0]))
    shape = (size, short) if rng.random() < 0.75 else (short, size)
    height, width = shape
    sheet = Sheet(_ground(rng, shape))
    tone = _apart(rng, sheet.pixels)
    scale = 0.5 * min(shape) * rng.uniform(0.86, 1.0)
    spare = max(width / 2 - scale, 0), max(height / 2 - scale, 0)
    to = (
        float(width / 2 + spare[0] * rng.uniform(-0.9, 0.9)),
        float(height / 2 + spare[1] * rng.uniform(-0.9, 0.9)),
    )
    turn = float(rng.normal(0, 0.1))
    squeeze = rng.uniform(0.88, 1.0)
    lean = rng.normal(0, 0.05)

    def onto(part: NDArray[np.float64]) -> NDArray[np.float64]:
        leaned = part * (squeeze, 1) + np.stack([lean * part[:, 1], 0 * part[:, 1]], 1)
        return move(leaned, scale=scale, turn=turn, to=to)

    light = float(rng.uniform(1.1, 1.9) * np.pi)
    if kind in _HUNG and rng.random() < 0.35:
        _hanger(sheet, to, scale, tinted(tone, 0.4))
    tailor = Tailor(rng, sheet, onto, scale, light, tone, _cloth(rng, shape, tone))
    outlines = CUTS[kind](tailor)
    inside: Field = np.zeros(shape, np.float32)
    for part in outlines:
        inside = np.maximum(inside, cover(shape, onto(part)))
    by = round(scale * rng.uniform(0.01, 0.05)), round(scale * rng.uniform(-0.04, 0.04))
    sheet.shadow(
        inside,
        by=by,
        radius=max(1, round(scale * 0.04)),
        strength=rng.uniform(0.2, 0.6),
    )
    tailor.sew()
    glow = 1 + ramp(shape, light) * np.float32(rng.uniform(0.05, 0.6))
    noise = rng.standard_normal((height, width, 1), dtype=np.float32)
    pixels = sheet.pixels * glow[..., None] * np.float32(rng.uniform(0.8, 1.1))
    pixels += noise * np.float32(rng.uniform(0.5, 5))
    return levels(pixels), int(rng.integers(78, 95))


def _encoded(seed: int, kind: str | None, size: int) -> tuple[bytes, str]:
    if size < 48:
        raise ValueError(f"Size {size} is too small for a garment: 48 is the least.")
    if kind is None:
        kind = CLASS_NAMES[int(np.random.default_rng(seed).integers(len(CLASS_NAMES)))]
    if kind not in CLASS_NAMES:
        raise ValueError(
            f"Unknown garment {kind!r}: choose one of {', '.join(CLASS_NAMES)}."
        )
    image, quality = _draw(seed, kind, size)
    out = io.BytesIO()
    Image.fromarray(image).save(out, "JPEG", quality=quality)
    return out.getvalue(), kind


def render(
    seed: int, *, kind: str | None = None, size: int = 112
) -> tuple[NDArray[np.uint8], str]:
    """Draw one garment.

    Parameters
    ----------
    seed
        Same seed, same picture.
    kind
        One of `CLASS_NAMES`; by default the seed decides.
    size
        Pixels of the longer side.

    Returns
    -------
    image : array (height, width, 3) of uint8
    kind : str

    Examples
    --------
    >>> image, kind = render(1, kind="skirt", size=96)
    >>> max(image.shape), kind
    (96, 'skirt')
    """
    data, kind = _encoded(seed, kind, size)
    return np.asarray(Image.open(io.BytesIO(data))), kind


def _write(root: Path, size: int, job: sets.Job) -> dict[str, Any]:
    data, _ = _encoded(job.seed, job.label, size)
    return sets.row(sets.keep(root, job, data), job)


RECIPE = sets.Recipe(
    name="garments",
    class_names=CLASS_NAMES,
    counts={"train": 250, "validation": 40, "test": 60},
    size=112,
    version=VERSION,
    columns=("path", "label", "seed"),
    write=_write,
)
COUNTS = RECIPE.counts
make = partial(sets.make, RECIPE)
is_current = partial(sets.is_current, RECIPE)
