"""Which pixels of the input reach each place of a map, along one axis.

Kept for every place, and not as one size and one step, so that borders, odd
padding, branches and enlarging come out exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Axis = list[tuple[int, int]]  # for each place, its first and its last pixel
Field = list[Axis]
Taps = list[list[int]]  # for each place behind a layer, the places that it uses

# The pixels of a place that sees none: the first lies behind the last, so that
# joining them with others changes nothing.
NOTHING = (2**40, -(2**40))


def start(n: int) -> Axis:
    """Return the field of an input: each pixel sees itself.

    Examples
    --------
    >>> start(2)
    [(0, 0), (1, 1)]
    """
    return [(i, i) for i in range(n)]


def joined(spans: Iterable[tuple[int, int]]) -> tuple[int, int]:
    """Return the span from the first pixel of all to the last.

    Examples
    --------
    >>> joined([(3, 5), NOTHING, (4, 9)])
    (3, 9)
    """
    first, last = NOTHING
    for a, b in spans:
        first, last = min(first, a), max(last, b)
    return first, last


def gathered(axis: Axis, taps: Taps) -> Axis:
    """Join what reaches the places that each entry of `taps` names.

    Examples
    --------
    >>> gathered(start(4), [[0, 1], [2, 3]])
    [(0, 1), (2, 3)]
    """
    return [joined(axis[i] for i in places) for places in taps]


def hull(field: Field) -> Field:
    """Return the one place that sees what all of them see.

    Examples
    --------
    >>> hull([start(4)])
    [[(0, 3)]]
    """
    return [[joined(axis)] for axis in field]


def union(fields: Sequence[Field]) -> Field:
    """Join branches, place by place.

    Examples
    --------
    >>> union([[[(0, 1), (2, 3)]], [[(1, 1), (4, 4)]]])
    [[(0, 1), (2, 4)]]
    """
    sizes = {tuple(len(axis) for axis in field) for field in fields}
    # One place against many is a gate on the whole map; other sizes come from
    # maps that were flattened before.
    if len(sizes) > 1 and not any(set(size) == {1} for size in sizes):
        fields = [hull(field) for field in fields]
    result = []
    for axes in zip(*fields, strict=True):
        places = max(map(len, axes))
        spread = [axis * places if len(axis) == 1 else axis for axis in axes]
        result.append([joined(spans) for spans in zip(*spread, strict=True)])
    return result


def extent(field: Field | None) -> tuple[int, ...] | None:
    """Return the pixels of the place that sees most, along each axis.

    Examples
    --------
    >>> extent([[(0, 1), (1, 3)]])
    (3,)
    """
    if field is None:
        return None
    return tuple(max(0, *(b - a + 1 for a, b in axis)) for axis in field)


# --- which places a place uses ----------------------------------------------


def window(
    n: int, places: int, kernel: int, stride: int, dilation: int, padding: str
) -> Taps:
    """Return the places that each window of a convolution or pooling covers.

    Examples
    --------
    >>> window(5, 3, 3, 2, 1, "same")
    [[0, 1], [1, 2, 3], [3, 4]]
    """
    reach = dilation * (kernel - 1) + 1
    before = 0
    if padding == "same":
        before = max((places - 1) * stride + reach - n, 0) // 2
    elif padding == "causal":
        before = reach - 1
    return [
        [t for t in range(at, at + reach, dilation) if 0 <= t < n]
        for at in range(-before, places * stride - before, stride)
    ]


def spread(
    n: int, places: int, kernel: int, stride: int, dilation: int, padding: str
) -> Taps:
    """Return the places whose spreading reaches each place of a transposed layer.

    Examples
    --------
    >>> spread(2, 5, 3, 2, 1, "valid")
    [[0], [0], [1, 0], [1], [1]]
    """
    # The places from which a window with these settings would have reached j.
    reach = dilation * (kernel - 1) + 1
    before = max(reach - stride, 0) // 2 if padding == "same" else 0
    taps = []
    for j in range(before, places + before):
        starts = [j - dilation * k for k in range(kernel)]
        taps.append(
            [at // stride for at in starts if not at % stride and 0 <= at < n * stride]
        )
    return taps


def shifted(n: int, places: int, by: int) -> Taps:
    """Return the one place behind each when `by` places were put before.

    Examples
    --------
    >>> shifted(2, 4, 1)
    [[], [0], [1], []]
    """
    return [[i - by] if 0 <= i - by < n else [] for i in range(places)]


def nearest(n: int, places: int) -> Taps:
    """Return the place that each one repeats when a map is enlarged.

    Examples
    --------
    >>> nearest(2, 4)
    [[0], [0], [1], [1]]
    """
    return [[i * n // places] for i in range(places)]


def between(n: int, places: int) -> Taps:
    """Return the two places that each one mixes when a map is enlarged smoothly.

    Examples
    --------
    >>> between(2, 4)
    [[0, 0], [0, 1], [0, 1], [1, 1]]
    """
    # (i + 1/2) n / places - 1/2 rounded down, in whole numbers.
    lows = [((2 * i + 1) * n - places) // (2 * places) for i in range(places)]
    return [[max(low, 0), min(low + 1, n - 1)] for low in lows]
