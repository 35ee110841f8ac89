"""Smooth random fields and exact curves: what every drawn picture is made of.

Two rules keep a picture the same on every machine. Arrays are only added,
multiplied, divided and square-rooted, which IEEE 754 defines to the last bit;
and curves (powers, exponentials) are read from tables computed in double
precision, because vectorised ``exp`` and ``pow`` differ between processors.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# float32 throughout; the type is wider because NumPy's stubs widen every division
Field = NDArray[np.floating]
Rng = np.random.Generator
Number = TypeVar("Number", np.uint8, np.floating)

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
    return _resized(lattice, shape, join, box)


def _resized(
    field: Field,
    shape: tuple[int, int],
    join: Image.Resampling,
    box: tuple[float, float, float, float] | None = None,
) -> Field:
    """A field of another shape, or the piece of it in `box`; not to be written to."""
    # bytes there and back: asking Pillow and NumPy for each other's types takes
    # as long as a row of trees
    height, width = field.shape
    picture = Image.frombytes("F", (width, height), field.tobytes())
    picture = picture.resize(shape[::-1], join, box=box)
    return np.frombuffer(picture.tobytes(), np.float32).reshape(shape)


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
    layer = np.empty_like(total)
    weight, norm = 1.0, 1.0
    for _ in range(octaves - 1):
        down, across, weight = down / 2, across / 2, weight * gain
        if max(down, across) < 1.5:
            break
        octave = value(rng, shape, (max(down, 1.0), max(across, 1.0)))
        np.subtract(octave, np.float32(0.5), out=layer)
        layer *= np.float32(weight)
        total += layer
        norm += weight * weight
    # independent octaves add in squares: dividing by the root keeps the contrast
    total /= np.float32(norm**0.5)
    total += np.float32(0.5)
    return total


def line(
    rng: Rng, width: int, cell: float, octaves: int = 4, gain: float = 0.5
) -> Field:
    """Noise along one axis."""
    return fbm(rng, (1, width), (1.0, cell), octaves, gain)[0]


def ridged(field: Field) -> Field:
    """Noise folded at .5, so that it has sharp crests: 1 on a crest, 0 far away."""
    fold = field * np.float32(2)
    fold -= np.float32(1)
    np.abs(fold, out=fold)
    return np.subtract(np.float32(1), fold, out=fold)


def step(field: Field, low: float, high: float) -> Field:
    """Smooth ramp from 0 at `low` to 1 at `high`."""
    t = field - np.float32(low)
    t /= np.float32(high - low)
    np.clip(t, 0, 1, out=t)
    slow = t * np.float32(2)
    np.subtract(np.float32(3), slow, out=slow)
    t *= t
    t *= slow
    return t


def gather(field: Field, y: Field, x: Field) -> Field:
    """`field` read at fractional places (y, x), linearly, edges repeated."""
    height = field.shape[0]
    y = np.clip(y, 0, height - 1.001)
    top = y.astype(np.int32)
    dy = y - top
    upper = _across(field, top, x)
    upper *= 1 - dy
    lower = _across(field, top + 1, x)
    lower *= dy
    upper += lower
    return upper


def gather_across(field: Field, x: Field) -> Field:
    """`field` read at fractional places `x` of its own rows; as `gather` does it."""
    height = field.shape[0]
    rows = np.arange(height, dtype=np.int32)[:, None]
    found = _across(field, rows, x)
    # `gather` never quite reaches the last row: the one above it shines through
    dy = float(np.float32(height - 1.001)) - (height - 2)
    found[-1] *= dy
    found[-1] += _across(field, rows[-2:-1], x[-1:])[0] * (1 - dy)
    return found


def _across(field: Field, row: NDArray[np.int32], x: Field) -> Field:
    """`field` read in whole rows at fractional columns, in double precision."""
    width = field.shape[1]
    x = np.clip(x, 0, width - 1.001)
    left = x.astype(np.int32)
    dx = x - left
    at = (row * np.int32(width) + left).astype(np.intp)
    flat = field.ravel()
    found = pick(flat, at) * (1 - dx)
    at += 1
    dx *= pick(flat, at)
    found += dx
    return found


def pick(table: Field, index: NDArray[np.intp]) -> Field:
    """`table[index]` for an index that is known to lie within."""
    out = np.empty(index.shape, table.dtype)
    # without the check of every index, which takes as long as the reading
    return table.take(index, out=out, mode="clip")


@lru_cache(maxsize=64)
def _table(curve: Callable[..., float], *parameters: float) -> Field:
    return np.array(
        [curve(i / (TABLE - 1), *parameters) for i in range(TABLE)], np.float32
    )


def look_up(field: Field, table: Field) -> Field:
    """A curve applied to a field of 0..1 by table."""
    return pick(table, _places(field))


def _places(field: Field) -> NDArray[np.intp]:
    place = np.clip(field, 0, 1)
    place *= np.float32(TABLE - 1)
    place += np.float32(0.5)
    return place.astype(np.intp)


def _power(t: float, exponent: float) -> float:
    return float(t**exponent)


def power(field: Field, exponent: float) -> Field:
    """`field` (0..1) to a power, the same on every processor."""
    exponent = round(exponent, 3)
    if field.size < TABLE // 4:
        # for few places a whole table is too much
        used = np.zeros(TABLE, np.float32)
        for i in set(_places(field).ravel().tolist()):
            used[i] = _power(i / (TABLE - 1), exponent)
        return look_up(field, used)
    return look_up(field, _table(_power, exponent))


def _fade(t: float, reach: float) -> float:
    return float(np.exp(-t * reach))


def fade(field: Field, reach: float = 8.0) -> Field:
    """exp(-field) for a field of 0..reach."""
    return look_up(field / np.float32(reach), _table(_fade, reach))


def soften(field: Field, radius: int, *, times: int = 3) -> Field:
    """Box blur, three times: near enough to a Gaussian of that radius.

    Works on (H, W) and on planes (C, H, W); edges are repeated.
    """
    if radius < 1:
        return field
    for _ in range(times):
        for axis in (-2, -1):
            field = _box(field, radius, axis)
    return field


def _box(field: Field, radius: int, axis: int) -> Field:
    shape = list(field.shape)
    shape[axis] += 2 * radius + 1
    padded = np.empty(shape)
    # the axis goes to the front: the same few lines then serve rows and columns
    lines, inside = field.swapaxes(0, axis), padded.swapaxes(0, axis)
    inside[: radius + 1] = lines[:1]
    inside[radius + 1 : radius + 1 + len(lines)] = lines
    inside[radius + 1 + len(lines) :] = lines[-1:]
    # running sums in double precision: no drift, and one pass whatever the radius
    sums = np.cumsum(padded, axis=axis).swapaxes(0, axis)
    size = 2 * radius + 1
    mean = np.subtract(sums[size:], sums[:-size])
    mean /= size
    return mean.astype(np.float32).swapaxes(0, axis)


def fifths(planes: Field) -> Field:
    """Planes (C, H, W) at a fifth of their size: the mean of each 5 by 5 pixels."""
    height, width = planes.shape[1] // 5 * 5, planes.shape[2] // 5 * 5
    total = planes[:, 0:height:5, 0:width:5].astype(np.float64)
    for down in range(5):
        for right in range(5):
            if down or right:
                total += planes[:, down:height:5, right:width:5]
    total /= 25
    return total.astype(np.float32)


def interleaved(planes: NDArray[Number]) -> NDArray[Number]:
    """Planes (3, H, W) as a picture (H, W, 3), its colours side by side in memory."""
    picture = np.empty((*planes.shape[1:], len(planes)), planes.dtype)
    for c, plane in enumerate(planes):  # four times as quick as all at once
        picture[..., c] = plane
    return picture


def enlarge(field: Field, shape: tuple[int, int]) -> Field:
    """A small (h, w) field or planes (C, h, w) stretched to `shape`, smoothly."""
    if field.ndim == 3:
        planes = np.empty((len(field), *shape), np.float32)
        for plane, small in zip(planes, field, strict=True):
            plane[:] = enlarge(small, shape)
        return planes
    return _resized(field.astype(np.float32), shape, Image.Resampling.BILINEAR)
