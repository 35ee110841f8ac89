"""Layers of a network in NumPy, in Keras's layout, equal to Keras's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fire_course.convolution.padding import padded, pairs_of
from fire_course.shapes.settings import each, several
from fire_course.shapes.sizes import output_size, pool_size

__all__ = ["average_pool", "conv_layer", "max_pool", "relu", "sigmoid", "softmax"]

Array = NDArray[Any]


def conv_layer(
    x: ArrayLike,
    weights: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    stride: int | Sequence[int] = 1,
    padding: Any = "valid",
    dilation: int | Sequence[int] = 1,
    activation: str | Callable[[Array], Array] | None = None,
) -> Array:
    """Return what a convolutional layer makes of its input.

    Parameters
    ----------
    x : array, (batch, height, width, channels)
        Also (batch, length, channels) and (batch, depth, height, width, channels),
        by the weights; and without the batch.
    weights : array, (height, width, channels, filters)
        As ``layer.get_weights()[0]``: each filter is a volume of all channels.
    bias : array, (filters,), optional
        Added to each place of a filter's map.
    stride, dilation : int or sequence of int
        Steps between places, and between the points of a window.
    padding : str, int or pairs
        "valid", "same", "causal" or in numbers, as for `shapes.output_size`.
    activation : str or callable, optional
        "relu", "sigmoid", "softmax", "tanh" or a function.

    Returns
    -------
    array, (batch, places, places, filters)
        Without the batch if `x` has none.

    Raises
    ------
    ValueError
        If shapes do not belong together or the kernel does not fit.

    Examples
    --------
    >>> x = np.ones((1, 5, 5, 3))
    >>> y = conv_layer(x, np.ones((3, 3, 3, 8)), np.full(8, -20.0), activation="relu")
    >>> y.shape, float(y[0, 0, 0, 0])
    ((1, 3, 3, 8), 7.0)
    """
    x, weights = _real(x), _real(weights)
    axes = weights.ndim - 2
    if not 1 <= axes <= 3:
        raise ValueError(
            "weights are (kernel..., channels, filters) with one to three axes of the "
            f"kernel, not {weights.shape}."
        )
    x, batched = _batch(x, axes)
    if x.shape[-1] != weights.shape[-2]:
        raise ValueError(
            f"x has {x.shape[-1]} channels and the weights are for "
            f"{weights.shape[-2]}: both want the same number."
        )
    function = _activation(activation)
    kernel = weights.shape[:axes]
    steps, gaps = each("stride", stride, axes), each("dilation", dilation, axes)
    places = output_size(
        x.shape[1:-1], kernel, stride=steps, padding=padding, dilation=gaps
    )
    reach = [d * (f - 1) + 1 for f, d in zip(kernel, gaps, strict=True)]
    pairs = pairs_of(padding, x.shape[1:-1], reach, steps)
    x = padded(x, [(0, 0), *pairs, (0, 0)])
    y = np.zeros((len(x), *places, weights.shape[-1]), np.result_type(x, weights))
    # One matrix product for each point of the window, channels to filters; all
    # windows at once would take the memory of the input times the kernel.
    for point in np.ndindex(*kernel):
        begins = [p * d for p, d in zip(point, gaps, strict=True)]
        y += _shifted(x, begins, places, steps) @ weights[point]
    if bias is not None:
        bias = _real(bias)
        if bias.shape != y.shape[-1:]:
            raise ValueError(
                f"bias has the shape {bias.shape}, not ({y.shape[-1]},), a number a "
                "filter."
            )
        y = y + bias
    y = function(y)
    return y if batched else y[0]


def max_pool(
    x: ArrayLike,
    pool: int | Sequence[int] = 2,
    *,
    stride: int | Sequence[int] | None = None,
    padding: str = "valid",
) -> Array:
    """Return the largest value of each window, channel by channel.

    Parameters
    ----------
    x : array, (batch, height, width, channels)
        Also without the batch, and without batch and channels.
    pool : int or sequence of int
        Size of the window; an int is a square of two axes, a sequence says how
        many there are: ``(2,)`` pools sequences.
    stride : int or sequence of int, optional
        As wide as the pool if missing.
    padding : str
        "valid" or "same".

    Returns
    -------
    array
        With the axes of `x`.

    Raises
    ------
    ValueError
        If the window does not fit: on some machines TensorFlow ends Python here.

    Examples
    --------
    >>> max_pool([[1, 2, 5], [3, 4, 6]])
    array([[4.]])
    >>> max_pool([[1, 2, 5], [3, 4, 6]], padding="same")
    array([[4., 6.]])
    """
    total, _, restore = _pooled(x, pool, stride, padding, np.maximum, -np.inf)
    return restore(total)


def average_pool(
    x: ArrayLike,
    pool: int | Sequence[int] = 2,
    *,
    stride: int | Sequence[int] | None = None,
    padding: str = "valid",
) -> Array:
    """Return the mean of each window; the zeros of "same" do not count.

    Parameters
    ----------
    x, pool, stride, padding
        As for `max_pool`.

    Returns
    -------
    array
        With the axes of `x`.

    Raises
    ------
    ValueError
        As from `max_pool`.

    Examples
    --------
    >>> average_pool([[1, 2, 5], [3, 4, 7]], padding="same")
    array([[2.5, 6. ]])
    """
    total, count, restore = _pooled(x, pool, stride, padding, np.add, 0)
    return restore(total / count)


def relu(x: ArrayLike) -> Array:
    """Return x where it is positive, else 0.

    Examples
    --------
    >>> relu([-1.0, 0.5])
    array([0. , 0.5])
    """
    return np.maximum(_real(x), 0)


def sigmoid(x: ArrayLike) -> Array:
    """Return 1 / (1 + exp(-x)), without overflow.

    Examples
    --------
    >>> sigmoid([-1000.0, 0.0])
    array([0. , 0.5])
    """
    x = _real(x)
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)


def softmax(x: ArrayLike) -> Array:
    """Return shares along the last axis, in proportion to exp(x).

    Examples
    --------
    >>> softmax([1000.0, 1000.0])
    array([0.5, 0.5])
    """
    x = _real(x)
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


_ACTIVATIONS: Mapping[str, Callable[[Array], Array]] = MappingProxyType(
    {"relu": relu, "sigmoid": sigmoid, "softmax": softmax, "tanh": np.tanh}
)


def _activation(activation: Any) -> Callable[[Array], Array]:
    if activation is None or activation == "linear":
        return lambda y: y
    if callable(activation):
        return activation
    if activation not in _ACTIVATIONS:
        known = ", ".join(["linear", *_ACTIVATIONS])
        raise ValueError(
            f"activation is one of {known} or a function, not {activation!r}."
        )
    return _ACTIVATIONS[activation]


def _real(values: ArrayLike) -> Array:
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"A layer takes real numbers, not {array.dtype}.")
    kind = np.float32 if array.dtype in (np.float16, np.float32) else np.float64
    return array.astype(kind, copy=False)


def _batch(x: Array, axes: int) -> tuple[Array, bool]:
    if x.ndim == axes + 1:
        return x[None], False
    if x.ndim != axes + 2:
        raise ValueError(
            f"x has {x.ndim} axes; with {axes} axes of the kernel it has {axes + 2}: "
            "batch, places, channels (or no batch)."
        )
    return x, True


def _shifted(
    x: Array, begins: Sequence[int], places: Sequence[int], steps: Sequence[int]
) -> Array:
    """Return what one point of the window sees, for all places at once."""
    seen = [
        slice(b, b + (p - 1) * s + 1, s)
        for b, p, s in zip(begins, places, steps, strict=True)
    ]
    return x[(slice(None), *seen)]


def _pooled(
    x: ArrayLike,
    pool: int | Sequence[int],
    stride: int | Sequence[int] | None,
    padding: str,
    join: Callable[[Array, Array], Array],
    nothing: float,
) -> tuple[Array, Array, Callable[[Array], Array]]:
    """Join the points of each window; give also how many of them are real."""
    x = _real(x)
    axes = len(pool) if several(pool) else 2  # type: ignore[arg-type]
    original = x.ndim
    if original == axes:
        x = x[None, ..., None]
    else:
        x, _ = _batch(x, axes)
    sizes = each("pool", pool, axes)
    steps = sizes if stride is None else each("stride", stride, axes)
    if padding not in ("valid", "same"):
        raise ValueError(f"padding of a pooling is 'valid' or 'same', not {padding!r}.")
    shape = x.shape[1:-1]
    places = pool_size(shape, sizes, stride=steps, padding=padding)
    pairs = [(0, 0), *pairs_of(padding, shape, sizes, steps), (0, 0)]
    real = padded(np.ones((1, *shape, 1), x.dtype), pairs)
    # Padding takes no part: it is what changes nothing.
    full = np.full([n + sum(p) for n, p in zip(x.shape, pairs, strict=True)], nothing,
                   x.dtype)  # fmt: skip
    full[tuple(slice(a, a + n) for (a, _), n in zip(pairs, x.shape, strict=True))] = x
    total = np.full((len(x), *places, x.shape[-1]), nothing, x.dtype)
    count = np.zeros((1, *places, 1), x.dtype)
    for point in np.ndindex(*sizes):
        total = join(total, _shifted(full, point, places, steps))
        count = count + _shifted(real, point, places, steps)

    def restore(y: Array) -> Array:
        if original == axes:
            return y[0, ..., 0]
        return y[0] if original == axes + 1 else y

    return total, count, restore
