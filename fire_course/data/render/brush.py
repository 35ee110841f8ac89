"""Outlines filled with smooth edges: what shapes, pets and garments are drawn with.

An outline is an array (N, 2) of (x, y) in pixels, closed from its last point to its
first. Its coverage changes as smoothly as its points do, which no scan conversion
to whole pixels gives: a difference in the last bit of a cosine, as between two
machines, stays far below one grey level.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .noise import Field, Rng, coordinates, enlarge, interleaved, soften

Outline = NDArray[np.float64]
Colour = tuple[float, float, float]  # grey levels 0..255

_ROWS = 4  # lines a pixel on which the edges are met


def cover(shape: tuple[int, int], outline: Outline) -> Field:
    """How much of every pixel lies inside an outline, 0 to 1.

    Along a row the share is exact; down a column it is the mean of a few lines.

    Examples
    --------
    >>> square = np.array([(1, 1), (3, 1), (3, 3.5), (1, 3.5)])
    >>> cover((5, 4), square)[:, 1].tolist()
    [0.0, 1.0, 1.0, 0.5, 0.0]
    """
    height, width = shape
    x0, y0 = outline[:, 0], outline[:, 1] * _ROWS - 0.5
    x1 = np.concatenate((x0[1:], x0[:1]))
    y1 = np.concatenate((y0[1:], y0[:1]))
    # lines 0 to height * _ROWS, for each edge those that meet it
    lines = np.ceil(np.stack([np.minimum(y0, y1), np.maximum(y0, y1)]))
    first, last = lines.clip(0, height * _ROWS).astype(np.intp)
    count = last - first
    until = count.cumsum()
    total = int(until[-1])
    if not total:
        return np.zeros(shape, np.float32)
    edge = np.arange(len(x0)).repeat(count)
    line = np.arange(total) + (first - until + count)[edge]
    # where each edge meets each line: from there on, the line is inside or outside
    slope = (x1 - x0) / np.where(count > 0, y1 - y0, 1.0)
    x = (line - y0[edge]) * slope[edge]
    x += x0[edge]
    x.clip(0, width, out=x)
    pixel = x.astype(np.intp)
    np.minimum(pixel, width - 1, out=pixel)
    part = x - pixel
    # the lines of one row are added up first: that is a quarter of the work
    sign = np.where(y1 > y0, 1 / _ROWS, -1 / _ROWS)[edge]
    at = line // _ROWS * (width + 1) + pixel
    size = height * (width + 1)
    change = np.bincount(at, sign * (1 - part), minlength=size)
    change += np.bincount(at + 1, sign * part, minlength=size)
    share = np.cumsum(change.reshape(height, width + 1)[:, :width], axis=1)
    np.abs(share, out=share)
    np.minimum(share, 1, out=share)
    return share.astype(np.float32)


# --- outlines ----------------------------------------------------------------


def smooth(points: ArrayLike, *, steps: int = 6, closed: bool = True) -> Outline:
    """A curve through points: a Catmull-Rom spline.

    Examples
    --------
    >>> curve = smooth([(0, 0), (1, 0), (1, 1), (0, 1)], steps=4)
    >>> curve.shape, bool((curve[::4] == [(0, 0), (1, 0), (1, 1), (0, 1)]).all())
    ((16, 2), True)
    """
    p = np.asarray(points, np.float64)
    if closed:
        padded = np.concatenate([p[-1:], p, p[:2]])
    else:
        padded = np.concatenate([2 * p[:1] - p[1:2], p, 2 * p[-1:] - p[-2:-1]])
    a, b, c, d = padded[:-3], padded[1:-2], padded[2:-1], padded[3:]
    t = (np.arange(steps) / steps)[:, None, None]
    curve = 0.5 * (
        2 * b
        + (c - a) * t
        + (2 * a - 5 * b + 4 * c - d) * t * t
        + (3 * (b - c) + d - a) * t * t * t
    )
    path = curve.transpose(1, 0, 2).reshape(-1, 2)
    return path if closed else np.concatenate([path, p[-1:]])


def ellipse(
    x: float, y: float, rx: float, ry: float, *, turn: float = 0.0, points: int = 28
) -> Outline:
    """An ellipse, turned by `turn` radians."""
    angle = np.arange(points) * (2 * np.pi / points)
    flat = np.stack([rx * np.cos(angle), ry * np.sin(angle)], axis=1)
    return move(flat, turn=turn, to=(x, y))


def stroke(points: ArrayLike, width: ArrayLike) -> Outline:
    """A band along a line, as wide as `width` says, from end to end; ends are round."""
    p = np.asarray(points, np.float64)
    half = np.broadcast_to(np.asarray(width, np.float64), len(p))[:, None] / 2
    along = np.empty_like(p)
    along[1:-1] = (p[2:] - p[:-2]) / 2
    along[0], along[-1] = p[1] - p[0], p[-1] - p[-2]
    along /= np.maximum(np.sqrt((along**2).sum(axis=1, keepdims=True)), 1e-9)
    side = np.stack([-along[:, 1], along[:, 0]], axis=1)

    def cap(i: int, way: float) -> Outline:
        angle = (np.arange(1, 6) * (np.pi / 6))[:, None]
        turned = np.cos(angle) * side[i] * way + np.sin(angle) * along[i] * way
        return p[i] + half[i] * turned

    return np.concatenate(
        [p + side * half, cap(-1, 1.0), (p - side * half)[::-1], cap(0, -1.0)]
    )


def move(
    outline: ArrayLike,
    *,
    scale: float | tuple[float, float] = 1.0,
    turn: float = 0.0,
    to: tuple[float, float] = (0.0, 0.0),
) -> Outline:
    """Scale, then turn by `turn` radians, then shift."""
    p = np.asarray(outline, np.float64) * np.asarray(scale, np.float64)
    c, s = np.cos(turn), np.sin(turn)
    x, y = p[:, 0], p[:, 1]
    moved = np.empty_like(p)
    moved[:, 0] = c * x - s * y + to[0]
    moved[:, 1] = s * x + c * y + to[1]
    return moved


# --- the sheet ---------------------------------------------------------------


@dataclass
class Sheet:
    """A picture in the making: grey levels (height, width, 3).

    It is painted quickest when each colour is a plane of its own in memory, as
    `tint` and `blend` make it.
    """

    pixels: Field

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.pixels.shape[0], self.pixels.shape[1]

    def fill(
        self, outline: Outline, colour: "Colour | Field", *, strength: float = 1.0
    ) -> None:
        """Fill an outline with a colour, or with a field of colours (H, W, 3)."""
        box = self._box(outline)
        if box is None:
            return
        rows, columns = box
        part = self.pixels[rows, columns]
        inside = cover(part.shape[:2], outline - (columns.start, rows.start))
        if not isinstance(colour, tuple):
            colour = colour[rows, columns]
        self._blend(part, inside * np.float32(strength), _planes(colour))

    def mould(
        self,
        outline: Outline,
        colour: "Colour | Field",
        *,
        light: float,
        depth: float = 0.25,
        rim: float = 0.25,
    ) -> None:
        """Fill an outline so that it looks round, lit from `light` radians.

        `depth` is how much lighter and darker its sides are, `rim` how much its
        edge is darkened all around: that sets it off from what has its colour.
        """
        box = self._box(outline)
        if box is None:
            return
        rows, columns = box
        part = self.pixels[rows, columns]
        if not isinstance(colour, tuple):
            colour = colour[rows, columns]
        inside = cover(part.shape[:2], outline - (columns.start, rows.start))
        span = outline.max(axis=0) - outline.min(axis=0)
        radius = max(1, round(0.13 * float(span.min())))
        thick = _thickness(inside, radius)
        gain = 1 + np.float32(depth) * _slope(thick, radius, light)
        gain -= np.float32(rim) * np.clip(1.7 - 2 * thick, 0, 1).astype(np.float32)
        self._blend(part, inside, gain * _planes(colour))

    def paint(self, inside: Field, colour: "Colour | Field") -> None:
        """Cover the whole sheet with a colour where `inside` is 1."""
        self._blend(self.pixels, inside, _planes(colour))

    def shadow(
        self, inside: Field, *, by: tuple[int, int], radius: int, strength: float
    ) -> None:
        """Darken what lies behind a figure: its coverage, shifted and softened."""
        dark = soften(shift(inside, by), radius) * np.float32(strength)
        self.pixels *= 1 - dark[..., None]

    @staticmethod
    def _blend(part: Field, inside: Field, planes: Field) -> None:
        below = part.transpose(2, 0, 1)
        below *= 1 - inside
        below += inside * planes

    def _box(self, outline: Outline) -> tuple[slice, slice] | None:
        left, top = (math.floor(least) - 1 for least in outline.min(axis=0).tolist())
        right, bottom = (math.ceil(most) + 1 for most in outline.max(axis=0).tolist())
        left, top = max(left, 0), max(top, 0)
        right, bottom = min(right, self.shape[1]), min(bottom, self.shape[0])
        if right <= left or bottom <= top:
            return None
        return slice(top, bottom), slice(left, right)


def tint(field: Field, colour: "Colour | Field") -> Field:
    """A field (H, W) times a colour: (H, W, 3)."""
    return (field * _planes(colour)).transpose(1, 2, 0)


def blend(part: Field, first: Colour, second: Colour, *, most: float = 1.0) -> Field:
    """One colour, with another mixed in, up to `most`, by `part` (H, W): (H, W, 3)."""
    start = _planes(first)
    mixed = part * (_planes(second) - start)
    if most != 1:
        mixed *= np.float32(most)
    mixed += start
    return mixed.transpose(1, 2, 0)


def _planes(colour: "Colour | Field") -> Field:
    """A colour, or colours (H, W, 3), as planes (3, 1, 1) or (3, H, W)."""
    planes = np.asarray(colour, np.float32)
    return planes[:, None, None] if planes.ndim == 1 else planes.transpose(2, 0, 1)


def shift(field: Field, by: tuple[int, int]) -> Field:
    """A field moved down and right; what comes in is 0."""
    down, right = by
    moved = np.zeros_like(field)
    h, w = field.shape
    if abs(down) < h and abs(right) < w:
        moved[max(down, 0) : h + min(down, 0), max(right, 0) : w + min(right, 0)] = (
            field[
                max(-down, 0) : h + min(-down, 0), max(-right, 0) : w + min(-right, 0)
            ]
        )
    return moved


def _thickness(inside: Field, radius: int) -> Field:
    """Coverage softened by `radius`; a wide blur is made on a coarser grid."""
    coarse = radius // 3
    if coarse < 2:
        return soften(inside, radius, times=2)
    height, width = inside.shape
    padded = np.pad(inside, ((0, -height % coarse), (0, -width % coarse)), mode="edge")
    rows, columns = padded.shape[0] // coarse, padded.shape[1] // coarse
    blocks = padded.reshape(rows, coarse, columns, coarse)
    small = soften(blocks.mean(axis=(1, 3), dtype=np.float64), 3, times=2)
    return enlarge(small, padded.shape)[:height, :width]


def _slope(thick: Field, radius: int, towards: float) -> Field:
    """How much a cushion of this thickness faces the light: -1 to 1."""
    across = np.zeros_like(thick)
    down = np.zeros_like(thick)
    across[:, 1:-1] = thick[:, :-2] - thick[:, 2:]
    down[1:-1] = thick[:-2] - thick[2:]
    slope = across * np.float32(np.cos(towards)) + down * np.float32(np.sin(towards))
    return np.clip(slope * np.float32(1.2 * radius), -1, 1)


def ramp(shape: tuple[int, int], towards: float) -> Field:
    """A slope over the whole picture from -.5 to about .5, rising `towards` radians."""
    height, width = shape
    y, x = coordinates(height, width)
    across = x / np.float32(width) - np.float32(0.5)
    down = y / np.float32(height) - np.float32(0.5)
    return across * np.float32(np.cos(towards)) + down * np.float32(np.sin(towards))


def levels(field: Field) -> NDArray[np.uint8]:
    """Grey levels (H, W, 3) as a picture holds them."""
    rounded = field + np.float32(0.5)
    np.clip(rounded, 0, 255, out=rounded)
    return interleaved(rounded.astype(np.uint8).transpose(2, 0, 1))


# --- colours -----------------------------------------------------------------


def colour(hue: float, saturation: float, value: float) -> Colour:
    """A colour by hue (0..1 round the circle), saturation and value (0..1).

    Examples
    --------
    >>> colour(0, 1, 1), colour(1 / 3, 0.5, 1)
    ((255.0, 0.0, 0.0), (127.5, 255.0, 127.5))
    """
    parts = []
    for offset in (0.0, 2 / 3, 1 / 3):
        away = abs(((hue + offset) % 1.0) * 6 - 3) - 1
        pure = min(max(away, 0.0), 1.0)
        parts.append(255 * value * (1 - saturation * (1 - pure)))
    return (parts[0], parts[1], parts[2])


def any_colour(rng: Rng, *, low: float = 0.1, high: float = 1.0) -> Colour:
    """A colour by chance, from grey to vivid, as light as `low` to `high`."""
    saturation = rng.uniform(0, 0.9) if rng.random() < 0.75 else rng.uniform(0, 0.12)
    return colour(rng.random(), saturation, rng.uniform(low, high))


def tinted(colour_: Colour, gain: float) -> Colour:
    """A colour made darker (below 1) or lighter (above), within white."""
    r, g, b = (min(255.0, max(0.0, c * gain)) for c in colour_)
    return (r, g, b)


def luminance(colour_: Colour) -> float:
    """How light a colour looks, 0..255."""
    r, g, b = colour_
    return 0.299 * r + 0.587 * g + 0.114 * b
