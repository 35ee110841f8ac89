"""The same correlation in four ways.

Each takes a picture that is padded already, and a kernel of as many axes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def loops(image: Array, kernel: Array, stride: Sequence[int]) -> Array:
    """Multiply and add, one number after the other: the definition.

    Examples
    --------
    >>> loops(np.arange(5.0), np.array([1.0, 0.0, -1.0]), (1,))
    array([-2., -2., -2.])
    """
    output = np.zeros(_places(image, kernel, stride), np.result_type(image, kernel))
    for place in np.ndindex(output.shape):
        total = 0.0
        for point in np.ndindex(kernel.shape):
            pixel = tuple(
                p * s + q for p, s, q in zip(place, stride, point, strict=True)
            )
            total += image[pixel] * kernel[point]
        output[place] = total
    return output


def windows(image: Array, kernel: Array, stride: Sequence[int]) -> Array:
    """See each window as one more pair of axes, without copying a pixel.

    Examples
    --------
    >>> windows(np.arange(5.0), np.array([1.0, 0.0, -1.0]), (1,))
    array([-2., -2., -2.])
    """
    view = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    view = view[tuple(slice(None, None, s) for s in stride)]
    axes = "abcdef"[: 2 * kernel.ndim]
    window, place = axes[kernel.ndim :], axes[: kernel.ndim]
    # tensordot would copy all windows first: kernel.size times the picture.
    return np.einsum(f"{axes},{window}->{place}", view, kernel)


def fft(image: Array, kernel: Array, stride: Sequence[int]) -> Array:
    """Multiply the spectra: the cost hardly depends on the kernel's size.

    A correlation is a convolution with the flipped kernel. The transform wraps
    around, which spoils only places where the kernel would not fit anyway, so
    the picture needs no zeros for it. Rounding errors are those of the largest
    value; a nan or an infinity anywhere spoils the whole picture.

    Examples
    --------
    >>> fft(np.arange(5.0), np.array([1.0, 0.0, -1.0]), (1,)).round(12)
    array([-2., -2., -2.])
    """
    from scipy import fft as transforms

    sizes = [transforms.next_fast_len(n, True) for n in image.shape]
    axes = tuple(range(image.ndim))
    spectrum = transforms.rfftn(image, sizes, axes=axes)
    spectrum *= transforms.rfftn(np.flip(kernel), sizes, axes=axes)
    product = transforms.irfftn(spectrum, sizes, axes=axes, overwrite_x=True)
    valid = tuple(
        slice(f - 1, n, s)
        for f, n, s in zip(kernel.shape, image.shape, stride, strict=True)
    )
    return np.ascontiguousarray(product[valid])


def signal(image: Array, kernel: Array, stride: Sequence[int]) -> Array:
    """Let scipy.signal's C code slide the kernel over a picture of two axes.

    Examples
    --------
    >>> signal(np.arange(9.0).reshape(3, 3), np.ones((2, 2)), (1, 1))
    array([[ 8., 12.],
           [20., 24.]])
    """
    from scipy.signal import correlate2d

    return _stepped(correlate2d(image, kernel, "valid"), stride)


def ndimage(image: Array, kernel: Array, stride: Sequence[int]) -> Array:
    """Let scipy.ndimage slide it; it keeps the size, so its border is cut off.

    Examples
    --------
    >>> ndimage(np.arange(5.0), np.array([1.0, 0.0, -1.0]), (1,))
    array([-2., -2., -2.])
    """
    from scipy import ndimage as nd

    whole = nd.correlate(image, kernel, mode="constant")
    middle = tuple(
        slice(f // 2, f // 2 + places)
        for f, places in zip(
            kernel.shape, _places(image, kernel, (1,) * kernel.ndim), strict=True
        )
    )
    return _stepped(whole[middle], stride)


def _places(image: Array, kernel: Array, stride: Sequence[int]) -> tuple[int, ...]:
    settings = zip(image.shape, kernel.shape, stride, strict=True)
    return tuple((n - f) // s + 1 for n, f, s in settings)


def _stepped(whole: Array, stride: Sequence[int]) -> Array:
    if max(stride) == 1:
        return whole
    return whole[tuple(slice(None, None, s) for s in stride)].copy()
