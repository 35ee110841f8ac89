"""Sizes without a computer's help: what a layer makes of what it gets.

`output_size` is the formula of every convolution and pooling; `trace` follows
a photograph through a network, layer by layer.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

__all__ = ["TraceRow", "output_size", "total_multiply_adds", "trace"]

Padding = str | int | Sequence[Any]


@overload
def output_size(
    n: int,
    kernel: int,
    *,
    stride: int = ...,
    padding: Padding = ...,
    dilation: int = ...,
    ceil: bool = ...,
) -> int: ...
@overload
def output_size(
    n: Sequence[int],
    kernel: int | Sequence[int],
    *,
    stride: int | Sequence[int] = ...,
    padding: Padding = ...,
    dilation: int | Sequence[int] = ...,
    ceil: bool = ...,
) -> tuple[int, ...]: ...
def output_size(
    n: int | Sequence[int],
    kernel: int | Sequence[int],
    *,
    stride: int | Sequence[int] = 1,
    padding: Padding = "valid",
    dilation: int | Sequence[int] = 1,
    ceil: bool = False,
) -> int | tuple[int, ...]:
    """Return how many places a sliding window has.

    Parameters
    ----------
    n : int or sequence of int
        Size of the input along each of one to three axes.
    kernel : int or sequence of int
        Size of the window; an int holds for every axis, as for the others.
    stride : int or sequence of int
        Step from one place to the next.
    padding : str, int or pairs
        "valid" for none, "same" for as many places as steps fit into `n`,
        "causal" for the same with all padding before; an int is put on each
        side, a pair is (before, after), and a sequence of pairs has one for
        each axis.
    dilation : int or sequence of int
        Distance of the window's points.
    ceil : bool
        Count a last place that hangs over the end, as long as it begins
        before the end (the pooling option `ceil_mode` of PyTorch).

    Returns
    -------
    int or tuple of int
        As `n` was given.

    Raises
    ------
    ValueError
        If a setting makes no sense, or the window does not fit.

    Notes
    -----
    With p the total padding and d(f - 1) + 1 the reach of a dilated window of
    f points, there are 1 + (n + p - reach) / s places, rounded down.

    Examples
    --------
    >>> output_size(250, 3)
    248
    >>> output_size(248, 2, stride=2)
    124
    >>> output_size((7, 9), 3, stride=2, padding="same")
    (4, 5)
    """
    if isinstance(n, str) or not isinstance(n, Sequence | np.ndarray):
        return _places(
            _whole("n", n, 1),
            _whole("kernel", kernel, 1),
            _whole("stride", stride, 1),
            _sides(padding, 1)[0],
            _whole("dilation", dilation, 1),
            ceil,
        )
    axes = len(n)
    if not 1 <= axes <= 3:
        raise ValueError(f"n has one to three axes, not {axes}.")
    return tuple(
        _places(size, f, s, sides, d, ceil)
        for size, f, s, sides, d in zip(
            _each("n", n, axes),
            _each("kernel", kernel, axes),
            _each("stride", stride, axes),
            _sides(padding, axes),
            _each("dilation", dilation, axes),
            strict=True,
        )
    )


def _places(
    n: int,
    kernel: int,
    stride: int,
    sides: str | tuple[int, int],
    dilation: int,
    ceil: bool,
) -> int:
    reach = dilation * (kernel - 1) + 1
    if isinstance(sides, str):
        if sides in ("same", "causal"):
            return math.ceil(n / stride)
        sides = (0, 0)
    before, after = sides
    room = n + before + after - reach
    if room < 0:
        dilated = f" (reaching over {reach} with dilation {dilation})"
        padded = f" and {before + after} of padding" if before + after else ""
        raise ValueError(
            f"A kernel of {kernel}{dilated if dilation > 1 else ''} does not fit into "
            f"{n}{padded}: take a smaller kernel, or pad by {-room} more."
        )
    places = room // stride + 1
    # A window that would begin behind the input would see padding only.
    if ceil and room % stride and places * stride < n + before:
        places += 1
    return places


def _whole(name: str, value: Any, least: int) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool) or number < least:
        raise ValueError(f"{name} is a whole number from {least}, not {value!r}.")
    return number


def _each(name: str, value: Any, axes: int) -> list[int]:
    if not isinstance(value, Sequence | np.ndarray) or isinstance(value, str):
        return [_whole(name, value, 1)] * axes
    if len(value) != axes:
        raise ValueError(
            f"{name} has {len(value)} values for {axes} axes: give {axes}, or one."
        )
    return [_whole(name, item, 1) for item in value]


def _sides(padding: Any, axes: int) -> list[str | tuple[int, int]]:
    if isinstance(padding, str):
        if padding not in ("valid", "same", "causal"):
            raise ValueError(
                "padding is 'valid', 'same', 'causal', a number for each side or "
                f"(before, after), not {padding!r}."
            )
        return [padding] * axes
    if not isinstance(padding, Sequence | np.ndarray):
        number = _whole("padding", padding, 0)
        return [(number, number)] * axes
    pairs = list(padding)
    if pairs and not isinstance(pairs[0], Sequence | np.ndarray):
        pairs = [padding] * axes
    if len(pairs) != axes or any(
        not isinstance(pair, Sequence | np.ndarray) or len(pair) != 2 for pair in pairs
    ):
        raise ValueError(
            f"padding {padding!r} does not say (before, after) for each of {axes} axes."
        )
    return [(_whole("padding", a, 0), _whole("padding", b, 0)) for a, b in pairs]


# --- a network, layer by layer ---------------------------------------------


@dataclass(frozen=True)
class TraceRow:
    """What one layer does to one photograph.

    Attributes
    ----------
    name : str
        The layer's, behind those of the networks that hold it: "base/conv1".
    kind : str
        Its class.
    output_shape : tuple
        Without the batch.
    parameters : int
        Trained or not; 0 where a layer is used again.
    multiply_adds : int or None
        Multiplications with a weight, each with its addition, for one
        photograph. Normalisation counts as none, since it is folded into the
        convolution before it for use. None where it is not known.
    receptive_field : tuple of int or None
        Pixels of the input, along each axis, that can change one value of
        the output: counted in this input, so never more than it has. None
        where it is not known.
    """

    name: str
    kind: str
    output_shape: tuple[int, ...]
    parameters: int
    multiply_adds: int | None
    receptive_field: tuple[int, ...] | None


def trace(model: Any, *, input_shape: Sequence[int] | None = None) -> list[TraceRow]:
    """Follow a photograph through a Keras network.

    Parameters
    ----------
    model : keras.Model
        Sequential or functional, with other networks in it or not.
    input_shape : sequence of int, optional
        Height, width and channels, for a network that takes any size.

    Returns
    -------
    list of TraceRow
        In the order in which the layers compute.

    Raises
    ------
    ValueError
        If the network's layers are not known before it runs, or the input
        size is missing.

    Examples
    --------
    >>> from fire_course import models
    >>> for row in trace(models.fire_cnn())[2:4]:
    ...     print(row.name, row.output_shape, row.parameters, row.receptive_field)
    conv1 (248, 248, 64) 1792 (3, 3)
    pool1 (124, 124, 64) 0 (4, 4)
    """
    graph = _graph(model)
    shapes = [tuple(tensor.shape[1:]) for tensor in graph.inputs]
    if input_shape is not None:
        if len(shapes) != 1:
            raise ValueError(f"{model.name} has {len(shapes)} inputs, not one.")
        shapes = [tuple(operator.index(n) for n in input_shape)]
    for shape in shapes:
        if None in shape:
            raise ValueError(
                f"{model.name} takes inputs of any size: say which input_shape."
            )
    values = [
        _Value(shape, [(np.arange(n), np.arange(n)) for n in shape[:-1]])
        for shape in shapes
    ]
    rows = [
        TraceRow(
            tensor._keras_history.operation.name,
            "InputLayer",
            value.shape,
            0,
            0,
            _extent(value.field),
        )
        for tensor, value in zip(graph.inputs, values, strict=True)
    ]
    _follow(graph, values, "", rows, set())
    return rows


def total_multiply_adds(model: Any, *, input_shape: Sequence[int] | None = None) -> int:
    """Return the multiply-adds of a network for one photograph.

    Parameters
    ----------
    model : keras.Model
        As for `trace`.
    input_shape : sequence of int, optional
        As for `trace`.

    Returns
    -------
    int
        The sum over the layers.

    Raises
    ------
    ValueError
        If they are not known for one of the layers.

    Examples
    --------
    >>> from fire_course import models
    >>> round(total_multiply_adds(models.fire_cnn()) / 1e6)
    810
    """
    total = 0
    for row in trace(model, input_shape=input_shape):
        if row.multiply_adds is None:
            raise ValueError(
                f"The multiply-adds of {row.name}, a {row.kind}, are not known."
            )
        total += row.multiply_adds
    return total


# For every place along an axis, the first and the last pixel of the input that
# reach it. Kept for every place, and not as one size and one step, so that
# borders, odd padding, branches and enlarging come out exactly.
_Axis = tuple[NDArray[np.int64], NDArray[np.int64]]
_Field = list[_Axis]
_FAR = 2**40  # the first pixel of a place that sees none; its last one is -_FAR


@dataclass(frozen=True)
class _Value:
    shape: tuple[int, ...]
    field: _Field | None  # None: not known


def _graph(model: Any) -> Any:
    graph = getattr(model, "_functional", None) or model
    if not getattr(graph, "inputs", None) or not hasattr(graph, "operations"):
        raise ValueError(
            f"{model.name} has no layers that can be followed: build it first, as a "
            "sequential or functional network."
        )
    return graph


def _follow(
    graph: Any, values: list[_Value], prefix: str, rows: list[TraceRow], seen: set[int]
) -> list[_Value]:
    """Follow values through a graph, adding rows; give those of its outputs."""
    known = {id(t): v for t, v in zip(graph.inputs, values, strict=True)}
    # A list of what is wanted in place of recursion: networks are deeper than
    # Python's stack.
    wanted = list(reversed(graph.outputs))
    while wanted:
        tensor = wanted[-1]
        if id(tensor) in known:
            wanted.pop()
            continue
        operation, index, _ = tensor._keras_history
        node = operation._inbound_nodes[index]
        missing = [t for t in node.input_tensors if id(t) not in known]
        if missing:
            wanted.extend(reversed(missing))
            continue
        arguments = [known[id(t)] for t in node.input_tensors]
        if hasattr(operation, "layers"):  # a network in the network
            path = f"{prefix}{operation.name}/"
            results = _follow(_graph(operation), arguments, path, rows, seen)
        else:
            results = _apply(operation, node, arguments)
            rows.append(_row(operation, arguments, results[0], prefix, seen))
        for output, result in zip(node.output_tensors, results, strict=True):
            known[id(output)] = result
    return [known[id(tensor)] for tensor in graph.outputs]


def _row(
    layer: Any, arguments: list[_Value], result: _Value, prefix: str, seen: set[int]
) -> TraceRow:
    parameters = layer.count_params() if hasattr(layer, "count_params") else 0
    work = _multiply_adds(layer, arguments, result.shape, parameters)
    if id(layer) in seen:
        parameters = 0
    seen.add(id(layer))
    return TraceRow(
        prefix + layer.name,
        type(layer).__name__,
        result.shape,
        parameters,
        work,
        _extent(result.field),
    )


def _extent(field: _Field | None) -> tuple[int, ...] | None:
    if field is None:
        return None
    return tuple(max(0, int((last - first).max()) + 1) for first, last in field)


def _multiply_adds(
    layer: Any, arguments: list[_Value], shape: tuple[int, ...], parameters: int
) -> int | None:
    kind = type(layer).__name__
    if kind in _CONVOLUTIONS or kind == "Dense":
        return math.prod(shape[:-1]) * math.prod(layer.kernel.shape)
    if kind in _SEPARABLE:
        weights = (layer.depthwise_kernel, layer.pointwise_kernel)
        return math.prod(shape[:-1]) * sum(math.prod(w.shape) for w in weights)
    if kind in _TRANSPOSED:  # each place of its input is spread by the kernel
        return math.prod(arguments[0].shape[:-1]) * math.prod(layer.kernel.shape)
    return 0 if not parameters or kind in _POINTWISE else None


def _apply(layer: Any, node: Any, arguments: list[_Value]) -> list[_Value]:
    """Return the values behind a layer."""
    if getattr(layer, "data_format", None) == "channels_first":
        raise ValueError(f"{layer.name} has its channels first; trace wants them last.")
    shapes = [tuple(tensor.shape[1:]) for tensor in node.output_tensors]
    if any(None in shape for shape in shapes):
        given = [(1, *value.shape) for value in arguments]
        shape = layer.compute_output_shape(given if len(given) > 1 else given[0])
        shapes = [tuple(shape[1:])]
    fields = [value.field for value in arguments if value.field is not None]
    known = len(fields) == len(arguments) > 0
    field = _field(layer, fields, arguments[0].shape, shapes[0]) if known else None
    return [_Value(shape, field) for shape in shapes]


def _field(
    layer: Any, fields: list[_Field], before: tuple[int, ...], after: tuple[int, ...]
) -> _Field | None:
    """Return which pixels reach the places behind a layer, if that is known."""
    kind = type(layer).__name__
    if kind == "Dense":
        return _hull(fields[0]) if len(before) == 1 else fields[0]
    if kind == "Concatenate" and layer.axis not in (-1, len(before)):
        return None
    if kind in _POINTWISE:
        return _union(fields)
    if kind == "Flatten":
        return fields[0]
    if kind.startswith("Global") or kind == "Reshape":
        return _hull(fields[0])
    taps = _taps(layer, kind, before, after)
    if taps is None:
        return None
    return [_gathered(axis, tap) for axis, tap in zip(fields[0], taps, strict=True)]


def _hull(field: _Field) -> _Field:
    return [
        (first.min(keepdims=True), last.max(keepdims=True)) for first, last in field
    ]


def _union(fields: list[_Field]) -> _Field:
    if len({tuple(len(first) for first, _ in field) for field in fields}) > 1:
        # One place against many is a gate on the whole map; other sizes come
        # from maps that were flattened before.
        whole = [all(len(first) == 1 for first, _ in field) for field in fields]
        if not any(whole):
            fields = [_hull(field) for field in fields]
    result = fields[0]
    for field in fields[1:]:
        result = [
            (np.minimum(a[0], b[0]), np.maximum(a[1], b[1]))
            for a, b in zip(result, field, strict=True)
        ]
    return result


def _gathered(axis: _Axis, taps: NDArray[np.int64]) -> _Axis:
    """Join what reaches the places that each row of `taps` names; -1 is padding."""
    first, last = axis
    # Padding is one more place, at the end, that sees nothing.
    first = np.append(first, _FAR)[taps].min(axis=1)
    last = np.append(last, -_FAR)[taps].max(axis=1)
    return first, last


def _taps(
    layer: Any, kind: str, before: tuple[int, ...], after: tuple[int, ...]
) -> list[NDArray[np.int64]] | None:
    """Return, for each axis, the places before the layer that each one behind uses."""
    axes = range(len(before) - 1)
    if kind in _CONVOLUTIONS or kind in _SEPARABLE:
        sizes, dilations = layer.kernel_size, layer.dilation_rate
    elif kind in _POOLINGS:
        sizes, dilations = layer.pool_size, [1] * len(before)
    else:
        sizes = dilations = ()
    if sizes:
        return [
            _window(
                before[i],
                after[i],
                sizes[i],
                layer.strides[i],
                dilations[i],
                layer.padding,
            )
            for i in axes
        ]
    if kind in _TRANSPOSED and layer.output_padding is None:
        return [
            _spread(
                before[i],
                after[i],
                layer.kernel_size[i],
                layer.strides[i],
                layer.dilation_rate[i],
                layer.padding,
            )
            for i in axes
        ]
    if kind.startswith("ZeroPadding") or kind.startswith("Cropping"):
        attribute = "padding" if kind.startswith("Zero") else "cropping"
        sign = 1 if kind.startswith("Zero") else -1
        pairs = [np.atleast_1d(pair) for pair in getattr(layer, attribute)]
        if len(before) == 2:  # one axis: the pair itself
            pairs = [np.ravel(getattr(layer, attribute))]
        starts = [sign * int(pair[0]) for pair in pairs]
        return [
            _inside(np.arange(after[i])[:, None] - starts[i], before[i]) for i in axes
        ]
    if kind.startswith("UpSampling"):
        if getattr(layer, "interpolation", "nearest") == "nearest":
            return [
                (np.arange(after[i]) * before[i] // after[i])[:, None] for i in axes
            ]
        if layer.interpolation == "bilinear":
            return [_between(before[i], after[i]) for i in axes]
    return None


def _window(
    n: int, places: int, kernel: int, stride: int, dilation: int, padding: str
) -> NDArray[np.int64]:
    reach = dilation * (kernel - 1) + 1
    before = 0
    if padding == "same":
        before = max((places - 1) * stride + reach - n, 0) // 2
    elif padding == "causal":
        before = reach - 1
    starts = np.arange(places)[:, None] * stride - before
    return _inside(starts + dilation * np.arange(kernel), n)


def _spread(
    n: int, places: int, kernel: int, stride: int, dilation: int, padding: str
) -> NDArray[np.int64]:
    # The places from which a window with these settings would have reached j.
    reach = dilation * (kernel - 1) + 1
    before = max(reach - stride, 0) // 2 if padding == "same" else 0
    starts = np.arange(places)[:, None] + before - dilation * np.arange(kernel)
    return np.where(starts % stride == 0, _inside(starts // stride, n), -1)


def _between(n: int, places: int) -> NDArray[np.int64]:
    low = np.floor((np.arange(places) + 0.5) * n / places - 0.5).astype(np.int64)
    return np.clip(np.stack([low, low + 1], axis=1), 0, n - 1)


def _inside(taps: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    return np.where((taps >= 0) & (taps < n), taps, -1)


def _kinds(*stems: str) -> frozenset[str]:
    return frozenset(f"{stem}{d}D" for stem in stems for d in (1, 2, 3))


_CONVOLUTIONS = _kinds("Conv", "DepthwiseConv")
_SEPARABLE = _kinds("SeparableConv")
_TRANSPOSED = frozenset(f"Conv{d}DTranspose" for d in (1, 2, 3))
_POOLINGS = _kinds("MaxPooling", "AveragePooling")
# Layers whose output at one place needs their inputs at that place only.
_POINTWISE = frozenset(
    ["Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax", "Identity"]
    + ["Relu", "Relu6", "Sigmoid", "Silu", "HardSigmoid", "HardSwish", "HardSilu"]
    + ["Tanh", "Gelu", "BatchNormalization", "Rescaling", "Normalization"]
    + ["Dropout", "GaussianNoise", "GaussianDropout", "ActivityRegularization"]
    + ["SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "Concatenate"]
    + ["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"]
    + ["Divide", "TrueDivide"]
)
