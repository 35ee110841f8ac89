"""Find crops: photographs that show a part of the same photograph.

A perceptual hash recognises a copy, not a crop. Crops are found in three steps:

1. *Candidates.* Corners and blobs of each photograph are described by the
   gradients around them (after SIFT, without rotation, since a crop has none).
   Hash tables bring together descriptions that are nearly the same.
   Photographs that share only a narrow strip have no blob in common; their
   margins are compared instead.
2. *Geometry.* The matched points of two photographs must agree on one scale a
   axis and one shift.
3. *Pixels.* That placement is refined until the two overlapping parts fit best;
   their correlation, after removing what is smooth, decides.

References
----------
D. Lowe, "Distinctive image features from scale-invariant keypoints", 2004.
B. Lucas and T. Kanade, "An iterative image registration technique", 1981.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Pixels = NDArray[np.uint8]
Progress = Callable[[int, int], None]

# The longer side on which photographs are compared. Smaller loses fine texture,
# which is all that two crops of a forest have in common.
SIDE = 256
# Photographs with a side below this hold too few points to compare.
MIN_SIDE = 64
# Most points a photograph, the strongest first.
_POINTS = 200
# Squared distance up to which two descriptions (of length 1) count as the same.
_SAME = 0.25
# Hash tables, bits a table, and neighbours looked at in a table. More of each
# finds more and costs more.
_TABLES, _BITS, _NEIGHBOURS = 8, 15, 24
# Points of a photograph that must have met one of the other's.
_MEETINGS = 2
# Points that may lie this many pixels from where the placement puts them.
_TOLERANCE = 4.0
# What decides, chosen on 1,900 photographs of fires and forests by looking at
# every pair near the limits: see `find`.
SURE = 0.95
LIKELY, LIKELY_POINTS = 0.8, 5
_SEAM = 0.97
# Narrower strips are alike by chance: one pair of 4,000 cats and dogs was, by 8 pixels.
_SEAM_WIDTH = 12.0


class Placement(NamedTuple):
    """Where pixel (x, y) of the first photograph lies in the second."""

    scale_x: float
    scale_y: float
    shift_x: float
    shift_y: float


@dataclass(frozen=True)
class Crop:
    """Two photographs that share a part.

    Attributes
    ----------
    first, second : int
        Positions in the sequence that was searched; `first` < `second`.
    score : float
        Correlation of the shared part, at most 1.
    points : int
        Matched points that agree; 0 if found by the margins.
    share : float
        Shared part of the smaller photograph, 0 to 1.
    placement : Placement
        On the photographs as reduced by `reduced`.
    """

    first: int
    second: int
    score: float
    points: int
    share: float
    placement: Placement


def reduced(image: Pixels) -> Pixels:
    """Reduce a photograph to at most 256 pixels a side, as `find` compares it.

    Parameters
    ----------
    image : uint8 array (height, width, 3)

    Returns
    -------
    uint8 array (height, width, 3)
    """
    from PIL import Image

    height, width = image.shape[:2]
    ratio = SIDE / max(height, width)
    if ratio >= 1:
        return image
    size = max(1, round(width * ratio)), max(1, round(height * ratio))
    small = Image.fromarray(image).resize(
        size, Image.Resampling.BILINEAR, reducing_gap=2.0
    )
    return np.asarray(small)


def find(images: Sequence[Pixels], *, progress: Progress | None = None) -> list[Crop]:
    """Find the pairs of photographs that share a part.

    Parameters
    ----------
    images : sequence of uint8 arrays (height, width, 3)
        As `reduced` gives them. Each is asked for once, so that a sequence may
        open its files when asked.
    progress : callable, optional
        Called as ``progress(done, total)``.

    Returns
    -------
    list of Crop
        In order of position.
    """
    greys, thumbs, features = [], [], []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for grey, thumb, feature in pool.map(
            lambda i: _prepare(images[i]), range(len(images))
        ):
            greys.append(grey)
            thumbs.append(thumb)
            features.append(feature)
            if progress is not None:
                progress(len(greys), 2 * len(images))
        jobs = _by_points(_alike(features), features)
        jobs += [(a, b, placement, 0) for a, b, placement in _margins(greys, thumbs)]
        found = []
        for done, crop in enumerate(
            pool.map(lambda job: _confirm(greys, *job), jobs), 1
        ):
            if crop:
                found.append(crop)
            if progress is not None:
                progress(len(images) + done * len(images) // len(jobs), 2 * len(images))
    if progress is not None:
        progress(2 * len(images), 2 * len(images))
    best: dict[tuple[int, int], Crop] = {}
    for crop in found:
        key = crop.first, crop.second
        if key not in best or best[key].score < crop.score:
            best[key] = crop
    return [best[key] for key in sorted(best)]


def correlation(one: Pixels, other: Pixels) -> float:
    """Correlate two photographs as wholes, each laid over the other as it fits best.

    Parameters
    ----------
    one, other : uint8 arrays (height, width, 3)
        As `reduced` gives them.

    Returns
    -------
    float
        Up to 1 for copies; 0 where nothing fits.
    """
    a, b = _grey(one), _grey(other)
    start = Placement(b.shape[1] / a.shape[1], b.shape[0] / a.shape[0], 0.0, 0.0)
    fit = _refine(a, b, start)
    return 0.0 if fit is None or fit.share < 0.7 else fit.score


def _prepare(image: Pixels) -> tuple[Pixels, Pixels | None, _Features]:
    """Keep of a photograph what the comparison needs: a third of its bytes."""
    from PIL import Image

    grey = _grey(image)
    if min(grey.shape) < MIN_SIDE:
        return grey, None, _NOTHING
    thumb = Image.fromarray(image).resize((_THUMB, _THUMB), Image.Resampling.BOX)
    return grey, np.asarray(thumb), _features(grey)


def _grey(image: Pixels) -> Pixels:
    from PIL import Image

    return np.asarray(Image.fromarray(image).convert("L"))


def _blur(picture: Floats, sigma: float) -> Floats:
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(picture, sigma, truncate=3.0)


# --- points and their descriptions -----------------------------------------


class _Features(NamedTuple):
    places: Floats  # (n, 3): x, y, size in pixels of the photograph
    words: Floats  # (n, 128), each of length 1


_NOTHING = _Features(np.zeros((0, 3), np.float32), np.zeros((0, 128), np.float32))
_STEPS = 3  # blur levels an octave
_BASE = 1.6  # blur of an octave's first level, in its pixels
# A description covers this many times the size of its point.
_REACH = 12.0
_GRID = ((np.arange(16) - 7.5) / 16).astype(np.float32)
_WEIGHT = np.exp(-(_GRID[:, None] ** 2 + _GRID[None] ** 2) / (2 * 0.35**2))
_CELL = (np.arange(16)[:, None] // 4 * 4 + np.arange(16)[None] // 4) * 8


def _features(grey: Pixels) -> _Features:
    """Find the blobs of a photograph in all sizes and describe each."""
    from scipy.ndimage import map_coordinates

    picture = _blur(grey.astype(np.float32) / 255, 1.2)
    levels: list[tuple[Floats, float]] = []
    rows = []  # level, x, y, strength
    pixel = 1.0
    ratio = 2 ** (1 / _STEPS)
    for _ in range(3):
        if min(picture.shape) < 24:
            break
        stack = [picture]
        for i in range(1, _STEPS + 3):
            more = _BASE * ratio**i, _BASE * ratio ** (i - 1)
            stack.append(_blur(stack[-1], float(np.sqrt(more[0] ** 2 - more[1] ** 2))))
        contrast = np.stack(stack[1:]) - np.stack(stack[:-1])
        strength = np.abs(contrast)
        peak = (strength == _highest_around(strength)) & (strength > 0.006)
        peak[0] = peak[-1] = False
        peak[:, :4] = peak[:, -4:] = False
        peak[:, :, :4] = peak[:, :, -4:] = False
        level, y, x = np.nonzero(peak)
        keep = _not_an_edge(contrast, level, y, x)
        level, y, x = level[keep], y[keep], x[keep]
        number = len(levels) + level
        rows.append(np.stack([number, x, y, strength[level, y, x]], axis=1))
        levels += [(blurred, pixel) for blurred in stack]
        picture, pixel = stack[_STEPS][::2, ::2], pixel * 2
    points = np.concatenate(rows) if rows else np.zeros((0, 4))
    points = points[np.argsort(-points[:, 3], kind="stable")[:_POINTS]]
    if not len(points):
        return _NOTHING

    places = np.zeros((len(points), 3), np.float32)
    words = np.zeros((len(points), 128), np.float32)
    for number in np.unique(points[:, 0]).astype(int):
        mine = np.flatnonzero(points[:, 0] == number)
        blurred, pixel = levels[number]
        size = _BASE * ratio ** (number % (_STEPS + 3))
        x, y = points[mine, 1], points[mine, 2]
        places[mine] = np.stack(
            [x * pixel, y * pixel, np.full(len(mine), size * pixel)], 1
        )
        gy, gx = np.gradient(blurred)
        yy, xx = np.broadcast_arrays(
            y[:, None, None] + _GRID[None, :, None] * (size * _REACH),
            x[:, None, None] + _GRID[None, None, :] * (size * _REACH),
        )
        where = np.stack([yy.ravel(), xx.ravel()])
        dx = map_coordinates(gx, where, order=1, mode="nearest").reshape(yy.shape)
        dy = map_coordinates(gy, where, order=1, mode="nearest").reshape(yy.shape)
        words[mine] = _describe(dx, dy)
    return _Features(places, words)


def _highest_around(values: Floats) -> Floats:
    """Highest of the 3 x 3 x 3 values around each (a tenth of SciPy's time)."""
    for axis in range(3):
        line = np.moveaxis(values, axis, 0)
        high = line.copy()
        np.maximum(high[1:], line[:-1], out=high[1:])
        np.maximum(high[:-1], line[1:], out=high[:-1])
        values = np.moveaxis(high, 0, axis)
    return values


def _not_an_edge(contrast: Floats, level: Any, y: Any, x: Any) -> NDArray[np.bool_]:
    """Drop points that could slide along an edge (Lowe 2004, section 4.1)."""
    here = contrast[level, y, x]
    dxx = contrast[level, y, x + 1] + contrast[level, y, x - 1] - 2 * here
    dyy = contrast[level, y + 1, x] + contrast[level, y - 1, x] - 2 * here
    dxy = (
        contrast[level, y + 1, x + 1]
        + contrast[level, y - 1, x - 1]
        - contrast[level, y + 1, x - 1]
        - contrast[level, y - 1, x + 1]
    ) / 4
    product = dxx * dyy - dxy**2
    return (product > 0) & ((dxx + dyy) ** 2 < 12.1 * product)


def _describe(dx: Floats, dy: Floats) -> Floats:
    """Count gradient directions in 4 x 4 cells around each point."""
    n = len(dx)
    size = np.hypot(dx, dy) * _WEIGHT
    turn = np.arctan2(dy, dx) * (8 / (2 * np.pi))
    low = np.floor(turn)
    part = turn - low
    bins = np.arange(n)[:, None, None] * 128 + _CELL
    low = low.astype(np.intp)
    first = np.bincount((bins + low % 8).ravel(), (size * (1 - part)).ravel(), n * 128)
    second = np.bincount((bins + (low + 1) % 8).ravel(), (size * part).ravel(), n * 128)
    words = (first + second).reshape(n, 128)
    for _ in range(2):
        # Cut after the first round, so that no single strong edge decides.
        words = words / (np.linalg.norm(words, axis=1, keepdims=True) + 1e-9)
        words = np.minimum(words, 0.2)
    words = words / (np.linalg.norm(words, axis=1, keepdims=True) + 1e-9)
    return words.astype(np.float32)


# --- candidates ------------------------------------------------------------


def _alike(features: Sequence[_Features]) -> list[tuple[int, int]]:
    """Pairs of photographs with two points or more that look the same."""
    words = np.concatenate([f.words for f in features]) if features else _NOTHING.words
    owner = np.repeat(np.arange(len(features)), [len(f.words) for f in features])
    if len(words) < 2:
        return []
    centred = words - words.mean(0)
    rng = np.random.default_rng(0)
    weights = 1 << np.arange(_BITS)
    met = []
    for _ in range(_TABLES):
        planes = rng.standard_normal((128, _BITS + 1)).astype(np.float32)
        sides = centred @ planes
        key = (sides[:, :_BITS] > 0) @ weights
        # The last projection puts likely neighbours of a full bucket side by side.
        order = np.lexsort((sides[:, _BITS], key))
        key, who = key[order], owner[order]
        for step in range(1, _NEIGHBOURS + 1):
            same = (key[step:] == key[:-step]) & (who[step:] != who[:-step])
            a, b = order[:-step][same], order[step:][same]
            if not len(a):
                continue
            near = np.einsum("ij,ij->i", words[a], words[b]) > 1 - _SAME / 2
            met.append(np.stack([a[near], b[near]], 1))
    if not met:
        return []
    matches = np.unique(np.sort(np.concatenate(met), axis=1), axis=0)
    pairs, times = np.unique(
        np.sort(owner[matches], axis=1), axis=0, return_counts=True
    )
    return [(int(a), int(b)) for a, b in pairs[times >= _MEETINGS]]


_THUMB = 84  # side on which margins are compared
_MARGIN = 2  # its width there


def _margins(
    greys: Sequence[Pixels], thumbs: Sequence[Pixels | None]
) -> list[tuple[int, int, Placement]]:
    """Pairs where a margin of one photograph resembles a strip of the other."""
    from scipy.ndimage import gaussian_filter1d

    fit = [i for i, thumb in enumerate(thumbs) if thumb is not None]
    if len(fit) < 2:
        return []
    small = np.stack([np.asarray(thumbs[i]) for i in fit]).astype(np.float32)

    def unit(strip: Floats) -> Floats:
        flat = strip - gaussian_filter1d(strip, 8, axis=1)
        flat = flat.reshape(len(flat), -1)
        flat = flat - flat.mean(1, keepdims=True)
        length = np.linalg.norm(flat, axis=1, keepdims=True)
        flat = flat / (length + 1e-6)
        # A margin without texture resembles every other one without.
        flat[length[:, 0] < 4 * np.sqrt(flat.shape[1])] = 0
        return flat

    found = []
    for axis, view in enumerate((small, small.transpose(0, 2, 1, 3))):
        edges = unit(view[:, :, -_MARGIN:])
        strips = [unit(view[:, :, k : k + _MARGIN]) for k in range(_THUMB // 4)]
        met = []  # likeness, first, second, depth of the strip
        for start in range(0, len(fit), 1024):  # in blocks, for the memory's sake
            block = edges[start : start + 1024]
            best = np.full((len(block), len(fit)), 0.75, np.float32)
            depth = np.full(best.shape, -1, np.int8)
            for k, strip in enumerate(strips):
                alike = block @ strip.T
                better = alike > best
                best[better], depth[better] = alike[better], k
            rows, columns = np.nonzero(depth >= 0)
            cells = best[rows, columns], rows + start, columns, depth[rows, columns]
            met.append(np.stack(cells, axis=1, dtype=np.float64))
        pairs = np.concatenate(met)
        # Few are right; the best are tried, so that time stays in proportion.
        order = np.argsort(-pairs[:, 0], kind="stable")[: 2 * len(fit)]
        for a, b, k in pairs[order, 1:].astype(int):
            one, other = greys[fit[a]], greys[fit[b]]
            if a == b or one.shape[axis] != other.shape[axis]:
                continue  # not cut to one height, or one width
            side = one.shape[1 - axis], other.shape[1 - axis]
            back = float(side[0] - (k + _MARGIN) / _THUMB * side[1])
            shift = (-back, 0.0) if axis == 0 else (0.0, -back)
            found.append((fit[a], fit[b], Placement(1.0, 1.0, *shift)))
    return found


# --- geometry --------------------------------------------------------------


def _by_points(
    pairs: Sequence[tuple[int, int]], features: Sequence[_Features]
) -> list[tuple[int, int, Placement, int]]:
    """Placements of the pairs whose points agree on one, and how many do."""
    placed = []
    at = 0
    while at < len(pairs):
        # All partners of one photograph at once: many small products are slow.
        a = pairs[at][0]
        partners = []
        while at < len(pairs) and pairs[at][0] == a:
            partners.append(pairs[at][1])
            at += 1
        words = np.concatenate([features[b].words for b in partners])
        every = features[a].words @ words.T
        ends = np.cumsum([len(features[b].words) for b in partners])
        for b, alike in zip(partners, np.split(every, ends[:-1], axis=1), strict=True):
            i = np.arange(len(alike))
            j = alike.argmax(1)
            mutual = np.asarray(alike.argmax(0)[j] == i) & (alike[i, j] > 1 - _SAME / 2)
            if mutual.sum() < 3:
                continue
            best = i[mutual][np.argsort(-alike[i, j][mutual], kind="stable")[:40]]
            agreed = _agree(features[a].places[best], features[b].places[j[best]])
            if agreed is not None and agreed[1] >= 3:
                placed.append((a, b, *agreed))
    return placed


def _confirm(
    greys: Sequence[Pixels], a: int, b: int, placement: Placement, points: int
) -> Crop | None:
    """Look at the pixels; `points` is 0 for a placement by the margins."""
    first, least = (0.15, 0.3) if points else (0.4, 0.5)
    fit = _refine(greys[a], greys[b], placement, first=first, least=least)
    if fit is None:
        return None
    if points:
        good = fit.score >= SURE or (fit.score >= LIKELY and points >= LIKELY_POINTS)
    else:
        scales = fit.placement[:2]
        box = _overlap(np.array(fit.placement), greys[a].shape, greys[b].shape)
        good = (
            fit.score >= _SEAM
            and max(abs(s - 1) for s in scales) < 0.08
            and box is not None
            and min(box[1] - box[0], box[3] - box[2]) >= _SEAM_WIDTH
        )
    if not good:
        return None
    placement = fit.placement
    if a > b:
        a, b, placement = b, a, _inverse(placement)
    return Crop(a, b, fit.score, points, fit.share, placement)


def _inverse(p: Placement) -> Placement:
    return Placement(
        1 / p.scale_x, 1 / p.scale_y, -p.shift_x / p.scale_x, -p.shift_y / p.scale_y
    )


def _agree(p: Floats, q: Floats) -> tuple[Placement, int] | None:
    """Find the placement that most matched points agree on."""
    i, j = np.triu_indices(len(p), 1)
    dp, dq = p[i, :2] - p[j, :2], q[i, :2] - q[j, :2]
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = dq / dp
    # Too near each other along an axis to tell its scale: take the other's.
    blind = np.abs(dp) < 20
    scale[blind[:, 0], 0] = scale[blind[:, 0], 1]
    scale = np.where(blind[:, 1:] & ~blind[:, :1], scale[:, :1], scale)
    possible = ~blind.all(1) & (scale > 0.3).all(1) & (scale < 3.4).all(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        skew = scale[:, 0] / scale[:, 1]
    possible &= (skew > 0.5) & (skew < 2)
    scale, start = scale[possible], i[possible]
    # A point by itself can say: same scale, shifted.
    scale = np.concatenate([scale, np.ones((len(p), 2), np.float32)])
    start = np.concatenate([start, np.arange(len(p))])
    shift = q[start, :2] - scale * p[start, :2]
    off = scale[:, None] * p[None, :, :2] + shift[:, None] - q[None, :, :2]
    inside = np.all(np.abs(off) < _TOLERANCE, axis=2)
    k = inside.sum(1).argmax()
    agreeing = inside[k]
    fitted = []
    for axis in (0, 1):
        x, y = p[agreeing, axis], q[agreeing, axis]
        if len(x) > 2 and np.ptp(x) > 40:
            s, t = np.polyfit(x, y, 1)
            fitted.append((float(s), float(t)))
        else:
            fitted.append((float(scale[k, axis]), float(shift[k, axis])))
    if not all(0.2 < s < 5 for s, _ in fitted):
        return None
    # Points on one spot agree on anything.
    spots = len(np.unique(np.round(p[agreeing, :2] / 4), axis=0))
    (sx, tx), (sy, ty) = fitted
    return Placement(sx, sy, tx, ty), spots


# --- pixels ----------------------------------------------------------------


class _Fit(NamedTuple):
    score: float
    placement: Placement
    share: float


_SAMPLES = 64  # a side of the grid on which the overlap is compared
_MIN_OVERLAP = 8.0  # pixels


def _refine(
    grey_a: Pixels,
    grey_b: Pixels,
    placement: Placement,
    *,
    first: float = 0.15,
    least: float = 0.3,
) -> _Fit | None:
    """Shift and scale one photograph until the overlap fits best (Lucas and Kanade).

    Gives up where the fit is below `first` at the start, or below `least` after
    the coarse steps.
    """
    h = np.array(placement, float)
    for stage, (steps, extra) in enumerate(((6, 2.0), (6, 1.0))):
        best: tuple[float, NDArray[np.float64]] | None = None
        near: tuple[_Window, _Window] | None = None
        for _ in range(steps):
            box = _overlap(h, grey_a.shape, grey_b.shape)
            if box is None:
                break
            if near is None:
                step = max(box[1] - box[0], box[3] - box[2]) / _SAMPLES
                sigma = max(0.6 * extra * step, 0.5)
                near = (
                    _window(grey_a, _inside(h, box), sigma / np.sqrt(h[0] * h[1])),
                    _window(grey_b, box, sigma),
                )
            patch_a, patch_b, xa, ya, dx, dy = _sample(*near, h, box)
            score = _correlate(patch_a, patch_b)
            if best is None and stage == 0 and score < first:
                return None
            if best is None or score > best[0]:
                best = score, h.copy()
            change = _step(patch_a, patch_b, xa, ya, dx, dy)
            if change is None:
                break
            if box[1] - box[0] < 40:
                change[0] = 0  # too narrow to tell its scale
            if box[3] - box[2] < 40:
                change[1] = 0
            h = h + change
            if not (0.2 < h[0] < 5 and 0.2 < h[1] < 5):
                break
            if np.abs(change[2:]).max() < 0.05 and np.abs(change[:2]).max() < 1e-3:
                break
        if best is None or (stage == 0 and best[0] < least):
            return None
        h = best[1]
    assert best is not None
    box = _overlap(h, grey_a.shape, grey_b.shape)
    if box is None:
        return None
    area = (box[1] - box[0]) * (box[3] - box[2])
    share = area / min(grey_b.size, h[0] * h[1] * grey_a.size)
    return _Fit(best[0], Placement(*map(float, h)), float(min(share, 1.0)))


Box = tuple[float, float, float, float]  # left, right, top, bottom


class _Window(NamedTuple):
    """The blurred part of a photograph around a box, and where it starts."""

    pixels: Floats
    x: int
    y: int

    def at(self, x: Any, y: Any) -> Floats:
        from scipy.ndimage import map_coordinates

        where = [y - self.y, x - self.x]
        return map_coordinates(self.pixels, where, order=1, mode="nearest")


def _window(grey: Pixels, box: Box, sigma: float) -> _Window:
    # The placement may still move by some pixels, and the blur reaches beyond.
    pad = 10 + 3 * sigma
    x, y = max(0, int(box[0] - pad)), max(0, int(box[2] - pad))
    part = grey[y : int(box[3] + pad) + 2, x : int(box[1] + pad) + 2]
    return _Window(_blur(part.astype(np.float32) / 255, sigma), x, y)


def _inside(h: NDArray[np.float64], box: Box) -> Box:
    """Where a box of the second photograph lies in the first."""
    x0, x1, y0, y1 = box
    left, right = (x0 - h[2]) / h[0], (x1 - h[2]) / h[0]
    return left, right, (y0 - h[3]) / h[1], (y1 - h[3]) / h[1]


def _overlap(
    h: NDArray[np.float64], a: tuple[int, ...], b: tuple[int, ...]
) -> Box | None:
    """Left, right, top and bottom, in the second photograph, of what both show."""
    x0, x1 = max(0.0, h[2]), min(b[1] - 1.0, h[0] * (a[1] - 1) + h[2])
    y0, y1 = max(0.0, h[3]), min(b[0] - 1.0, h[1] * (a[0] - 1) + h[3])
    if x1 - x0 < _MIN_OVERLAP or y1 - y0 < _MIN_OVERLAP:
        return None
    return x0, x1, y0, y1


def _sample(
    a: _Window, b: _Window, h: NDArray[np.float64], box: Box
) -> tuple[Any, ...]:
    x0, x1, y0, y1 = box
    nx = int(np.clip(x1 - x0, 8, _SAMPLES))
    ny = int(np.clip(y1 - y0, 8, _SAMPLES))
    xs, ys = np.linspace(x0, x1, nx), np.linspace(y0, y1, ny)
    yy, xx = np.meshgrid(ys, xs, indexing="ij")
    xa, ya = (xx - h[2]) / h[0], (yy - h[3]) / h[1]
    patch_a, patch_b = a.at(xa, ya), b.at(xx, yy)
    # Only what is not smooth tells photographs apart: skies all look alike.
    patch_a = patch_a - _blur(patch_a, 8)
    patch_b = patch_b - _blur(patch_b, 8)
    return patch_a, patch_b, xa, ya, xs[1] - xs[0], ys[1] - ys[0]


def _correlate(a: Floats, b: Floats) -> float:
    a, b = a - a.mean(), b - b.mean()
    length = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / length if length > 1e-6 else 0.0


def _step(
    a: Floats, b: Floats, xa: Any, ya: Any, dx: float, dy: float
) -> NDArray[np.float64] | None:
    """Solve for the change of the placement that brings `a` nearest to `b`."""
    gain = float(np.clip((a * b).sum() / max(float((a * a).sum()), 1e-9), 0.3, 3.0))
    gy, gx = np.gradient(a * gain)
    gx, gy = gx / dx, gy / dy
    slopes = np.stack(
        [(-gx * xa).ravel(), (-gy * ya).ravel(), -gx.ravel(), -gy.ravel()], 1
    )
    slopes = slopes.astype(np.float64)
    square = slopes.T @ slopes
    square[np.diag_indices(4)] *= 1.001
    try:
        change = np.linalg.solve(square, slopes.T @ (b - a * gain).ravel())
    except np.linalg.LinAlgError:
        return None
    moved = max(
        abs(change[2] + change[0] * xa.mean()), abs(change[3] + change[1] * ya.mean())
    )
    return change * min(1.0, 8 / max(moved, 1e-9))
