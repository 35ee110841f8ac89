"""One kernel over a picture."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fire_course.convolution import methods
from fire_course.convolution.choosing import fastest
from fire_course.convolution.padding import BORDERS, padded, pairs_of
from fire_course.shapes.settings import each
from fire_course.shapes.sizes import output_size

__all__ = ["METHODS", "convolve", "correlate"]

METHODS = ("auto", "loops", "windows", "fft", "scipy")
_WAYS = MappingProxyType(
    {
        "loops": methods.loops,
        "windows": methods.windows,
        "fft": methods.fft,
        "signal": methods.signal,
        "ndimage": methods.ndimage,
    }
)
_DOUBLE, _SINGLE = np.dtype(np.float64), np.dtype(np.float32)
# Up to here scipy.signal is the best way whatever the shape (choosing.py), and
# choosing would cost as much as the work.
_SMALL = 6000


def correlate(
    image: ArrayLike,
    kernel: ArrayLike,
    *,
    stride: int | Sequence[int] = 1,
    padding: Any = "valid",
    border: str = "zero",
    method: str = "auto",
) -> NDArray[Any]:
    """Slide a kernel over a picture; multiply and add at each place.

    This is what networks call convolution.

    Parameters
    ----------
    image : array of one to three axes
        One axis more than the kernel has are channels, each taken by itself.
    kernel : array of one to three axes
        See `KERNELS` for some.
    stride : int or sequence of int
        Step from one place to the next.
    padding : str, int or pairs
        "valid" for the places where the kernel fits; "same" as in Keras, an odd
        column at the end; or in numbers, as for `shapes.output_size`.
    border : str
        What lies there: "zero"; "reflect", d c b a | a b c d; "nearest"; "wrap".
        For an odd kernel and "same" these are `scipy.ndimage.correlate`'s.
    method : str
        "auto" takes the fastest way; "loops", "windows", "fft", "scipy" give the
        same up to rounding.

    Returns
    -------
    array
        float32 if both are no more than that, else float64.

    Raises
    ------
    ValueError
        If a setting makes no sense, or the kernel does not fit: SciPy would take
        the kernel for the picture then.

    Examples
    --------
    >>> image = np.arange(16).reshape(4, 4)
    >>> correlate(image, [[1, 0], [0, -1]])
    array([[-5., -5., -5.],
           [-5., -5., -5.],
           [-5., -5., -5.]])
    """
    # The usual case first: checking more would cost as much as a small picture.
    if (
        method == "auto"
        and type(image) is np.ndarray
        and type(kernel) is np.ndarray
        and stride == 1
        and border == "zero"
        and len(shape := image.shape) == 2
        and len(size := kernel.shape) == 2
        and image.dtype.kind in "biuf"
        and kernel.dtype.kind in "biuf"
    ):
        if not (image.dtype is kernel.dtype is _DOUBLE):
            image, kernel = _alike(image, kernel)
        (height, width), (rows, columns) = shape, size
        if padding == "valid":
            if 0 < rows <= height and 0 < columns <= width:
                places = (height - rows + 1) * (width - columns + 1)
                if places * rows * columns <= _SMALL:
                    return _correlate2d()(image, kernel, "valid")
                return _WAYS[_fastest(shape, size)](image, kernel, (1, 1))
        # SciPy's middle of an even kernel is another one than Keras's.
        elif padding == "same" and rows & columns & 1 and height and width:
            if height * width * rows * columns <= _SMALL:
                return _correlate2d()(image, kernel, "same")
            return _same(image, kernel)
    return _checked(image, kernel, stride, padding, border, method)


def convolve(
    image: ArrayLike,
    kernel: ArrayLike,
    *,
    stride: int | Sequence[int] = 1,
    padding: Any = "valid",
    border: str = "zero",
    method: str = "auto",
) -> NDArray[Any]:
    """Slide a flipped kernel over a picture: the convolution of mathematics.

    Parameters
    ----------
    image, kernel, stride, padding, border, method
        As for `correlate`. With "same", equal to `scipy.ndimage.convolve` for
        kernels of any size, and to `scipy.signal.convolve` for odd ones.

    Returns
    -------
    array
        As from `correlate`.

    Raises
    ------
    ValueError
        As from `correlate`.

    Examples
    --------
    >>> convolve([0, 0, 1, 0, 0], [1, 2, 3])
    array([1., 2., 3.])
    >>> correlate([0, 0, 1, 0, 0], [1, 2, 3])
    array([3., 2., 1.])
    """
    return correlate(
        image,
        np.flip(np.asarray(kernel)),
        stride=stride,
        padding=padding,
        border=border,
        method=method,
    )


@functools.lru_cache(maxsize=256)
def _fastest(
    image: tuple[int, ...], kernel: tuple[int, ...], unpadded: bool = False
) -> str:
    return fastest(image, kernel, (1,) * len(kernel), unpadded=unpadded)


def _same(image: NDArray[Any], kernel: NDArray[Any]) -> NDArray[Any]:
    """Keep the size, by an odd kernel and with zeros around."""
    (height, width), (rows, columns) = image.shape, kernel.shape
    way = _fastest((height + rows - 1, width + columns - 1), kernel.shape, True)
    # SciPy's forms know the zeros themselves; a copy with a border is for the others.
    if way == "signal":
        return _correlate2d()(image, kernel, "same")
    if way == "ndimage":
        from scipy import ndimage

        return ndimage.correlate(image, kernel, mode="constant")
    pairs = [(rows // 2, rows // 2), (columns // 2, columns // 2)]
    return _WAYS[way](padded(image, pairs), kernel, (1, 1))


def _alike(
    image: NDArray[Any], kernel: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return both as float32 if neither is more precise, else as float64."""
    one, other = image.dtype, kernel.dtype
    single = one.kind == other.kind == "f" and max(one.itemsize, other.itemsize) <= 4
    kind = _SINGLE if single else _DOUBLE
    # Even asking for a copy only where needed costs as much as a small picture.
    return (
        image if one is kind else image.astype(kind, copy=False),
        kernel if other is kind else kernel.astype(kind, copy=False),
    )


@functools.cache
def _correlate2d() -> Any:
    from scipy.signal import correlate2d  # takes almost a second

    return correlate2d


def _checked(
    image: ArrayLike,
    kernel: ArrayLike,
    stride: int | Sequence[int],
    padding: Any,
    border: str,
    method: str,
) -> NDArray[Any]:
    picture, weights = np.asarray(image), np.asarray(kernel)
    for name, given, known in (
        ("method", method, METHODS),
        ("border", border, BORDERS),
    ):
        if given not in known:
            raise ValueError(f"{name} is one of {', '.join(known)}, not {given!r}.")
    for name, array in (("image", picture), ("kernel", weights)):
        if array.dtype.kind not in "biuf":
            raise ValueError(f"{name} holds {array.dtype}, not real numbers.")
    axes = weights.ndim
    if not 1 <= axes <= 3:
        raise ValueError(f"A kernel has one to three axes, not {axes}.")
    if picture.ndim not in (axes, axes + 1):
        raise ValueError(
            f"A kernel of {axes} axes slides over {axes}, or {axes + 1} with channels; "
            f"the image has {picture.ndim}."
        )
    picture, weights = _alike(picture, weights)
    shape = picture.shape[:axes]
    steps = each("stride", stride, axes)
    output_size(shape, weights.shape, stride=steps, padding=padding)  # or it says why
    pairs = pairs_of(padding, shape, weights.shape, steps)
    if picture.ndim == axes:
        return _one(picture, weights, steps, pairs, border, method)
    channels = [
        _one(picture[..., c], weights, steps, pairs, border, method)
        for c in range(picture.shape[-1])
    ]
    if not channels:
        raise ValueError("The image has no channels: give it at least one.")
    return np.stack(channels, axis=-1)


def _one(
    image: NDArray[Any],
    kernel: NDArray[Any],
    stride: Sequence[int],
    pairs: Sequence[tuple[int, int]],
    border: str,
    method: str,
) -> NDArray[Any]:
    full = padded(image, pairs, border)
    way = method
    if method == "auto":
        way = fastest(full.shape, kernel.shape, stride)
    elif method == "scipy":
        way = fastest(full.shape, kernel.shape, stride, ("ndimage", "signal"))
    return _WAYS[way](full, kernel, stride)
