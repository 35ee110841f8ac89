"""Quantisation by hand: real numbers written as small whole ones, and read again.

A value is ``scale * (number - zero_point)``. The scale is the step between two
neighbours, the zero point the number that stands for exactly 0: padding and ReLU
make zeros all the time, so that one value must have no error.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

__all__ = ["dequantize", "quantize", "scale_and_zero_point"]


def scale_and_zero_point(
    low: float,
    high: float,
    *,
    dtype: DTypeLike = "int8",
    symmetric: bool = False,
) -> tuple[float, int]:
    """Choose the step and the zero point for values between two bounds.

    Parameters
    ----------
    low, high : float
        The smallest and the largest value that occur. The range is widened to
        hold 0.
    dtype : dtype
        Whole numbers to write them in: "int8", or "uint8" as pictures are.
    symmetric : bool
        Put 0 at the number 0 and use as many numbers below it as above, -127 to
        127: how weights are written, so that no zero point slows the sums down.

    Returns
    -------
    scale : float
    zero_point : int

    Raises
    ------
    ValueError
        If the bounds are no numbers, or stand the wrong way round.

    Examples
    --------
    Of pixels, 0 to 255, each is a number already:

    >>> scale_and_zero_point(0, 255, dtype="uint8")
    (1.0, 0)
    >>> scale_and_zero_point(-1, 1, dtype="int8", symmetric=True)[1]
    0
    """
    if not (np.isfinite(low) and np.isfinite(high) and low <= high):
        raise ValueError(f"a range goes from low to high; this is {low} to {high}")
    least, most = _bounds(dtype)
    if symmetric:
        if least == 0:
            raise ValueError(f"{np.dtype(dtype)} has no numbers below 0: use int8")
        scale = max(abs(low), abs(high)) / most
        return float(scale) or 1.0, 0
    low, high = min(low, 0.0), max(high, 0.0)
    scale = (high - low) / (most - least)
    if scale == 0:  # nothing but zeros, which any step writes
        return 1.0, max(least, 0)
    zero_point = round(least - low / scale)
    return float(scale), int(min(max(zero_point, least), most))


def quantize(
    values: ArrayLike,
    scale: ArrayLike,
    zero_point: ArrayLike = 0,
    *,
    dtype: DTypeLike = "int8",
) -> NDArray[Any]:
    """Write values as whole numbers: the nearest, or the last where they run out.

    Parameters
    ----------
    values : array
    scale, zero_point : float and int, or arrays
        For the whole array, or shaped to fit it: one a channel, say.
    dtype : dtype
        Of the answer.

    Returns
    -------
    ndarray

    Examples
    --------
    >>> quantize([-1.0, 0.0, 0.5, 99.0], scale=0.1, zero_point=-10)
    array([-20, -10,  -5, 127], dtype=int8)
    """
    least, most = _bounds(dtype)
    numbers = np.rint(np.asarray(values) / np.asarray(scale)) + np.asarray(zero_point)
    return np.clip(numbers, least, most).astype(dtype)


def dequantize(
    numbers: ArrayLike, scale: ArrayLike, zero_point: ArrayLike = 0
) -> NDArray[np.float32]:
    """Read whole numbers as the values that they stand for.

    Parameters
    ----------
    numbers : array of int
    scale, zero_point : float and int, or arrays
        As for `quantize`.

    Returns
    -------
    ndarray of float32

    Examples
    --------
    >>> dequantize([-20, -10, 127], scale=0.5, zero_point=-10)
    array([-5. ,  0. , 68.5], dtype=float32)
    """
    steps = np.asarray(numbers).astype(np.int64) - np.asarray(zero_point)
    return (np.asarray(scale) * steps).astype(np.float32)


def _bounds(dtype: DTypeLike) -> tuple[int, int]:
    kind = np.dtype(dtype)
    if kind.kind not in "iu":
        raise ValueError(f"{kind} holds no whole numbers: use int8 or uint8")
    return int(np.iinfo(kind).min), int(np.iinfo(kind).max)
