"""What lies beyond the border of a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fire_course.shapes.padding import same_padding
from fire_course.shapes.settings import sides

Pairs = list[tuple[int, int]]

# Our names are scipy.ndimage's, "zero" for its "constant". Its "reflect" repeats
# the outermost pixel, d c b a | a b c d, which NumPy calls symmetric.
BORDERS = {
    "zero": "constant",
    "reflect": "symmetric",
    "nearest": "edge",
    "wrap": "wrap",
}


def pairs_of(
    padding: Any, shape: Sequence[int], kernel: Sequence[int], stride: Sequence[int]
) -> Pairs:
    """Return the padding (before, after) along each axis, in numbers.

    Examples
    --------
    >>> pairs_of("same", (6, 6), (3, 2), (1, 1))
    [(1, 1), (0, 1)]
    """
    pairs: Pairs = []
    settings = zip(sides(padding, len(shape)), shape, kernel, stride, strict=True)
    for side, n, f, s in settings:
        if side == "same":
            pairs.append(same_padding(n, f, s))
        elif side == "causal":
            pairs.append((f - 1, 0))
        elif isinstance(side, str):
            pairs.append((0, 0))
        else:
            pairs.append(side)
    return pairs


def padded(
    array: NDArray[Any], pairs: Sequence[tuple[int, int]], border: str = "zero"
) -> NDArray[Any]:
    """Put a border around an array.

    Examples
    --------
    >>> for border in BORDERS:
    ...     print(padded(np.array([1, 2, 3]), [(2, 2)], border), border)
    [0 0 1 2 3 0 0] zero
    [2 1 1 2 3 3 2] reflect
    [1 1 1 2 3 3 3] nearest
    [2 3 1 2 3 1 2] wrap
    """
    if not any(map(sum, pairs)):
        return array
    if border != "zero":
        return np.pad(array, pairs, mode=BORDERS[border])  # type: ignore[call-overload]
    # The same as np.pad, several times as fast for a small picture.
    sizes = [n + sum(pair) for n, pair in zip(array.shape, pairs, strict=True)]
    result = np.zeros(sizes, array.dtype)
    inside = zip(pairs, array.shape, strict=True)
    result[tuple(slice(a, a + n) for (a, _), n in inside)] = array
    return result
