"""Kernels that everybody knows, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

__all__ = ["KERNELS"]


def _kernel(rows: list[list[float]], divisor: float = 1) -> NDArray[np.float64]:
    array = np.array(rows, float) / divisor
    array.flags.writeable = False  # shared by all who ask: change a copy
    return array


KERNELS: Mapping[str, NDArray[np.float64]] = MappingProxyType(
    {
        # The middle of the window and nothing else: the picture itself.
        "identity": _kernel([[0, 0, 0], [0, 1, 0], [0, 0, 0]]),
        # The mean of nine pixels.
        "blur": _kernel([[1, 1, 1], [1, 1, 1], [1, 1, 1]], 9),
        # Near pixels count more: (1 2 1) in both directions.
        "gaussian": _kernel([[1, 2, 1], [2, 4, 2], [1, 2, 1]], 16),
        # The picture plus what its neighbours differ by.
        "sharpen": _kernel([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
        # Light from the upper left.
        "emboss": _kernel([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]),
        # Cross-correlated: dark at the left, bright at the right is positive; ...
        "sobel_x": _kernel([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]),
        # ... dark above, bright below.
        "sobel_y": _kernel([[-1, -2, -1], [0, 0, 0], [1, 2, 1]]),
        "prewitt_x": _kernel([[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]]),
        "prewitt_y": _kernel([[-1, -1, -1], [0, 0, 0], [1, 1, 1]]),
        # The second derivative, over four and over eight neighbours.
        "laplacian": _kernel([[0, 1, 0], [1, -4, 1], [0, 1, 0]]),
        "edge": _kernel([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]),
    }
)
