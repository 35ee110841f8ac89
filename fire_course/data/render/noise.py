"""Smooth random fields and exact curves: what every drawn picture is made of.

Two rules keep a picture the same on every machine. Arrays are only added,
multiplied, divided and square-rooted, which IEEE 754 defines to the last bit;
and curves (powers, exponentials) are read from tables computed in double
precision, because vectorised ``exp`` and ``pow`` differ between processors.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# float32 throughout; the type is wider because NumPy's stubs widen every division
Field = NDArray[np.floating]
Rng = np.random.Generator

TABLE = 4096


@lru_cache(maxsize=16)
def coordinates(height: int, width: int) -> tuple[Field, Field]:
    """Row and column number of every pixel, as two read-only fields."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    y.setflags(write=False)
    x.setflags(write=False)
    return y, x


def value(rng: Rng, shape: tuple[int, int], cell: float | tuple[float, float]) -> Field:
    """Random numbers in 0..1 on a lattice of `cell` pixels, joined smoothly.

    Parameters
    ----------
    rng
        Source of the lattice.
    shape
        (height, width) of the field.
    cell
        Distance of the lattice points in pixels; a pair is (down, across).

    Examples
    --------
    >>> field = value(np.random.default_rng(0), (40, 60), 8)
    >>> field.shape, bool(abs(field.mean() - .5) < .1)
    ((40, 60), True)
    """
    height, width = shape
    down, across = cell if isinstance(cell, tuple) else (cell, cell)
    rows, columns = height / down, width / across
    lattice = rng.random((int(rows) + 5, int(columns) + 5), dtype=np.float32)
    left, top = 1.5 + rng.random(), 1.5 + rng.random()
    box = (left, top, left + columns, top + rows)
    # the fine octaves need no smooth curve, and a straight one is quicker
    join = (
        Image.Resampling.BICUBIC
        if down > 3 or across > 3
        else Image.Resampling.BILINEAR
    )
    picture = Image.fromarray(lattice).resize((width, height), join, box=box)
    return np.asarray(picture)


@lru_cache(maxsize=1)
def _grain_bank() -> Field:
    bank = value(np.random.default_rng(20), (1024, 1024), 1.4) - np.float32(0.5)
    bank.setflags(write=False)
    return bank


def grain(rng: Rng, shape: tuple[int, int]) -> Field:
    """The finest texture, -.5 to .5: a random piece of one large field.

    Drawing it anew for each tree row would cost a third of a scene's time.
    """
    bank = _grain_bank()
    height, width = shape
    if height > bank.shape[0] or width > bank.shape[1]:
        return value(rng, shape, 1.4) - np.float32(0.5)
    top = int(rng.integers(bank.shape[0] - height + 1))
    left = int(rng.integers(bank.shape[1] - width + 1))
    return bank[top : top + height, left : left + width]


def fbm(
    rng: Rng,
    shape: tuple[int, int],
    cell: float | tuple[float, float],
    octaves: int = 4,
    gain: float = 0.5,
) -> Field:
    """Noise on several scales, each half the cell of the one before; mean .5.

    Octaves finer than a pixel and a half are left out.
    """
    down, across = cell if isinstance(cell, tuple) else (cell, cell)
    total = value(rng, shape, (down, across)) - np.float32(0.5)
    weight, norm = 1.0, 1.0
    for _ in range(octaves - 1):
        down, across, weight = down / 2, across / 2, weight * gain
        if max(down, across) < 1.5:
            break
        layer = value(rng, shape, (max(down, 1.0), max(across, 1.0))) - np.float32(0.5)
        total += np.float32(weight) * layer
        norm += weight * weight
    # independent octaves add in squares: dividing by the root keeps the contrast
    return total / np.float32(norm**0.5) + np.float32(0.5)


def line(
    rng: Rng, width: int, cell: float, octaves: int = 4, gain: float = 0.5
) -> Field:
    """Noise along one axis."""
    return fbm(rng, (1, width), (1.0, cell), octaves, gain)[0]


def ridged(field: Field) -> Field:
    """Noise folded at .5, so that it has sharp crests: 1 on a crest, 0 far away."""
    return np.float32(1) - np.abs(field * np.float32(2) - np.float32(1))


def step(field: Field, low: float, high: float) -> Field:
    """Smooth ramp from 0 at `low` to 1 at `high`."""
    t = np.clip((field - np.float32(low)) / np.float32(high - low), 0, 1)
    return t * t * (np.float32(3) - np.float32(2) * t)


def gather(field: Field, y: Field, x: Field) -> Field:
    """`field` read at fractional places (y, x), linearly, edges repeated."""
    height, width = field.shape
    y = np.clip(y, 0, height - 1.001)
    x = np.clip(x, 0, width - 1.001)
    top, left = y.astype(np.int32), x.astype(np.int32)
    dy, dx = y - top, x - left
    flat = field.ravel()
    at = top * width + left
    upper = flat[at] * (1 - dx) + flat[at + 1] * dx
    at += width
    lower = flat[at] * (1 - dx) + flat[at + 1] * dx
    return upper * (1 - dy) + lower * dy


@lru_cache(maxsize=64)
def _table(curve: Callable[..., float], *parameters: float) -> Field:
    return np.array(
        [curve(i / (TABLE - 1), *parameters) for i in range(TABLE)], np.float32
    )


def look_up(field: Field, table: Field) -> Field:
    """A curve applied to a field of 0..1 by table."""
    index = (np.clip(field, 0, 1) * np.float32(TABLE - 1) + np.float32(0.5)).astype(
        np.int16
    )
    return table[index]


def _power(t: float, exponent: float) -> float:
    return float(t**exponent)


def power(field: Field, exponent: float) -> Field:
    """`field` (0..1) to a power, the same on every processor."""
    return look_up(field, _table(_power, round(exponent, 3)))


def _fade(t: float, reach: float) -> float:
    return float(np.exp(-t * reach))


def fade(field: Field, reach: float = 8.0) -> Field:
    """exp(-field) for a field of 0..reach."""
    return look_up(field / np.float32(reach), _table(_fade, reach))


def soften(field: Field, radius: int, *, times: int = 3) -> Field:
    """Box blur, three times: near enough to a Gaussian of that radius.

    Works on (H, W) and (H, W, C); edges are repeated.
    """
    if radius < 1:
        return field
    for _ in range(times):
        for axis in (0, 1):
            field = _box(field, radius, axis)
    return field


def _box(field: Field, radius: int, axis: int) -> Field:
    first, last = (
        (field[:1], field[-1:]) if axis == 0 else (field[:, :1], field[:, -1:])
    )
    parts = [first] * (radius + 1) + [field] + [last] * radius
    # running sums in double precision: no drift, and one pass whatever the radius
    sums = np.cumsum(np.concatenate(parts, axis=axis), axis=axis, dtype=np.float64)
    size = 2 * radius + 1
    if axis == 0:
        high, low = sums[size:], sums[:-size]
    else:
        high, low = sums[:, size:], sums[:, :-size]
    return ((high - low) / size).astype(np.float32)


def enlarge(field: Field, shape: tuple[int, int]) -> Field:
    """A small (h, w) or (h, w, 3) field stretched to `shape`, smoothly."""
    if field.ndim == 3:
        return np.stack(
            [enlarge(field[..., c], shape) for c in range(field.shape[2])], axis=-1
        )
    picture = Image.fromarray(np.ascontiguousarray(field, np.float32))
    return np.asarray(picture.resize(shape[::-1], Image.Resampling.BILINEAR))
