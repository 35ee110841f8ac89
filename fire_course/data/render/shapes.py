"""Shapes: ten kinds of shape on 32x32 pixels, drawn by seed.

They stand where CIFAR-10 would: as small, in ten classes, in colour. A shape is
turned, sized, coloured and textured by chance, stands before a background with
clutter, and may be lighter or darker than it, so that neither a pixel nor a colour
says what it is: only the outline does.
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
    Outline,
    Sheet,
    any_colour,
    blend,
    cover,
    ellipse,
    levels,
    luminance,
    move,
    ramp,
    smooth,
    stroke,
)
from .noise import Field, Rng, fbm, interleaved, soften

CLASS_NAMES = (
    "arrow",
    "bolt",
    "circle",
    "crescent",
    "cross",
    "heart",
    "ring",
    "square",
    "star",
    "triangle",
)
VERSION = 1


def _regular(corners: int, inner: float = 1.0) -> Outline:
    """A polygon with its corners on a circle; every second one on `inner` of it."""
    angle = np.arange(corners) * (2 * np.pi / corners)
    radius = np.where(np.arange(corners) % 2 == 0, 1.0, inner)
    return np.stack([radius * np.sin(angle), -radius * np.cos(angle)], axis=1)


def _cross(arm: float) -> Outline:
    a = arm
    return np.array(
        [(-a, -1), (a, -1), (a, -a), (1, -a), (1, a), (a, a)]
        + [(a, 1), (-a, 1), (-a, a), (-1, a), (-1, -a), (-a, -a)]
    )


def _heart() -> Outline:
    right = [(0.0, -0.45), (0.25, -0.8), (0.68, -0.86), (0.98, -0.45), (0.8, 0.1)]
    half = smooth([*right, (0.4, 0.55), (0.0, 1.0)], steps=5, closed=False)
    return np.concatenate([half, (half * (-1, 1))[::-1][1:-1]])


def _crescent(rng: Rng) -> Outline:
    angle = np.linspace(0.18 * np.pi, 1.82 * np.pi, 24)
    outer = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    # back along a smaller arc through the same tips: they stand at outer[0], outer[-1]
    tip = outer[0]
    middle = tip[0] + rng.uniform(-0.35, -0.1)
    radius = float(np.sqrt((tip[0] - middle) ** 2 + tip[1] ** 2))
    start = float(np.arctan2(tip[1], tip[0] - middle))
    back = np.linspace(2 * np.pi - start, start, 20)[1:-1]
    inner = np.stack([middle + radius * np.cos(back), radius * np.sin(back)], axis=1)
    return np.concatenate([outer, inner])


def outline(rng: Rng, kind: str) -> list[Outline]:
    """Outlines of a shape of radius 1 about the origin; a second one is a hole."""
    if kind == "arrow":
        w, head = rng.uniform(0.16, 0.26), rng.uniform(-0.1, 0.15)
        tip = [(0, -1), (0.75, head), (w, head), (w, 1), (-w, 1), (-w, head)]
        return [np.array([*tip, (-0.75, head)])]
    if kind == "bolt":
        half = [(0.35, -1.0), (-0.5, 0.15), (-0.02, 0.15)]
        return [np.array([*half, *((-x, -y) for x, y in half)])]
    if kind == "circle":
        return [ellipse(0, 0, 1, rng.uniform(0.9, 1.0), points=40)]
    if kind == "crescent":
        return [_crescent(rng)]
    if kind == "cross":
        return [_cross(rng.uniform(0.22, 0.36))]
    if kind == "heart":
        return [_heart()]
    if kind == "ring":
        hole = rng.uniform(0.45, 0.68)
        return [ellipse(0, 0, 1, 1, points=40), ellipse(0, 0, hole, hole, points=32)]
    if kind == "square":
        return [_regular(4) * (1, rng.uniform(0.92, 1.0))]
    if kind == "star":
        return [_regular(10, rng.uniform(0.4, 0.5))]
    if kind == "triangle":
        return [_regular(3) * 1.08]
    raise ValueError(f"Unknown shape {kind!r}: choose one of {', '.join(CLASS_NAMES)}.")


def _texture(rng: Rng, shape: tuple[int, int], first: Colour, second: Colour) -> Field:
    """Colours of a surface: plain, shaded, striped, checked or mottled."""
    kind = rng.random()
    slope = ramp(shape, rng.uniform(0, 2 * np.pi))
    if kind < 0.3:
        part = np.float32(0.12) * (slope + np.float32(0.5))
    elif kind < 0.5:
        part = np.clip(slope + np.float32(0.5), 0, 1)
    elif kind < 0.65:
        part = fbm(rng, shape, rng.uniform(4, 10), 3)
    else:
        waves = shape[0] / rng.uniform(4.5, 9)
        part = _wave(slope * np.float32(waves) + np.float32(rng.random()))
        if kind < 0.8:
            other = ramp(shape, rng.uniform(0, 2 * np.pi))
            part = (part + _wave(other * np.float32(waves))) * np.float32(0.5)
        part = part * np.float32(rng.uniform(0.5, 1.0))
    return blend(part, first, second)


def _wave(t: Field) -> Field:
    """A wave between 0 and 1 with flat tops: a stripe with soft edges."""
    away = np.abs(t - np.floor(t) - np.float32(0.5)) * np.float32(4) - np.float32(1)
    return np.clip(away * np.float32(1.5) + np.float32(0.5), 0, 1)


def _apart(rng: Rng, other: Colour) -> Colour:
    """A colour that is clearly lighter or darker than another."""
    for _ in range(20):
        found = any_colour(rng)
        if abs(luminance(found) - luminance(other)) > 60:
            return found
    return (245.0, 245.0, 245.0) if luminance(other) < 128 else (12.0, 12.0, 12.0)


def _near(rng: Rng, colour: Colour, amount: float) -> Colour:
    r, g, b = (float(np.clip(c + amount * rng.uniform(-1, 1), 0, 255)) for c in colour)
    return (r, g, b)


def _clutter(rng: Rng, sheet: Sheet, size: int) -> None:
    """Lines, dots and corners of things, behind the shape and partly outside."""
    for _ in range(int(rng.integers(2, 6))):
        tone = any_colour(rng)
        x, y = rng.uniform(-0.1, 1.1, 2) * size
        kind = rng.random()
        strength = rng.uniform(0.35, 0.9)
        if kind < 0.4:
            ends = rng.uniform(-0.1, 1.1, (2, 2)) * size
            thing = stroke(ends, size * rng.uniform(0.03, 0.08))
        elif kind < 0.7:
            r = size * rng.uniform(0.04, 0.12)
            thing = ellipse(x, y, r, r * rng.uniform(0.6, 1.6), turn=rng.uniform(0, 3))
        else:
            flat = _regular(int(rng.integers(3, 7)))
            turn = rng.uniform(0, 6.3)
            far = rng.uniform(0.42, 0.62) * size
            at = (size / 2 + far * np.cos(turn), size / 2 + far * np.sin(turn))
            thing = move(flat, scale=size * rng.uniform(0.08, 0.2), turn=turn, to=at)
        sheet.fill(thing, tone, strength=strength)


def _place(rng: Rng, kind: str, size: int) -> Field:
    """Coverage of the shape, turned, sized and placed by chance."""
    radius = size * rng.uniform(0.32, 0.46)
    room = max(size / 2 - radius, 0) * 0.9
    to = tuple(float(size / 2 + room * rng.uniform(-1, 1)) for _ in range(2))
    turn = rng.uniform(-1.0, 1.0)
    squeeze = rng.uniform(0.92, 1.0)
    tilt = rng.uniform(0, np.pi)

    def placed(part: Outline) -> Outline:
        flat = move(move(part, turn=tilt), scale=(1, squeeze))
        return move(flat, scale=radius, turn=turn, to=(to[0], to[1]))

    first, *holes = (placed(part) for part in outline(rng, kind))
    inside = cover((size, size), first)
    for hole in holes:
        inside = np.clip(inside - cover((size, size), hole), 0, 1)
    return inside


def _draw(seed: int, kind: str, size: int) -> NDArray[np.uint8]:
    rng = np.random.default_rng([int(seed), VERSION])
    shape = (size, size)
    ground = any_colour(rng, low=0.05)
    sheet = Sheet(_texture(rng, shape, ground, _near(rng, ground, 70)))
    _clutter(rng, sheet, size)
    inside = _place(rng, kind, size)
    # in the order of a picture: a sum depends on it in its last bit
    picture = interleaved(sheet.pixels.transpose(2, 0, 1))
    mean = picture.mean(axis=(0, 1), dtype=np.float64)
    behind = (float(mean[0]), float(mean[1]), float(mean[2]))
    tone = _apart(rng, behind)
    if rng.random() < 0.5:
        step = max(1, size // 24)
        by = (int(rng.integers(-step, step + 1)), int(rng.integers(-step, step + 1)))
        sheet.shadow(inside, by=by, radius=step, strength=rng.uniform(0.2, 0.6))
    sheet.paint(inside, _texture(rng, shape, tone, _near(rng, tone, 55)))
    if rng.random() < 0.3:  # a rim in another tone
        rim = np.clip(inside - soften(inside, max(1, size // 32)), 0, 1) * 2
        sheet.paint(np.minimum(rim, 1) * inside, _near(rng, tone, 90))
    light = 1 + ramp(shape, rng.uniform(0, 6.3)) * np.float32(rng.uniform(0, 0.7))
    noise = rng.standard_normal((size, size, 3)).astype(np.float32)
    pixels = sheet.pixels * light[..., None] + noise * np.float32(rng.uniform(1, 8))
    return levels(pixels)


def render(
    seed: int, *, kind: str | None = None, size: int = 32
) -> tuple[NDArray[np.uint8], str]:
    """Draw one shape.

    Parameters
    ----------
    seed
        Same seed, same picture.
    kind
        One of `CLASS_NAMES`; by default the seed decides.
    size
        Side of the square picture in pixels.

    Returns
    -------
    image : array (size, size, 3) of uint8
    kind : str

    Examples
    --------
    >>> image, kind = render(3, kind="star")
    >>> image.shape, kind
    ((32, 32, 3), 'star')
    """
    if size < 16:
        raise ValueError(f"Size {size} is too small for a shape: 16 is the least.")
    if kind is None:
        kind = CLASS_NAMES[int(np.random.default_rng(seed).integers(len(CLASS_NAMES)))]
    return _draw(seed, kind, size), kind


def _write(root: Path, size: int, job: sets.Job) -> dict[str, Any]:
    image, _ = render(job.seed, kind=job.label, size=size)
    out = io.BytesIO()
    Image.fromarray(image).save(out, "PNG")
    return sets.row(sets.keep(root, job, out.getvalue(), "png"), job)


RECIPE = sets.Recipe(
    name="shapes",
    class_names=CLASS_NAMES,
    counts={"train": 400, "validation": 50, "test": 100},
    size=32,
    version=VERSION,
    columns=("path", "label", "seed"),
    write=_write,
)
COUNTS = RECIPE.counts
make = partial(sets.make, RECIPE)
is_current = partial(sets.is_current, RECIPE)
