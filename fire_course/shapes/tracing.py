"""A network, layer by layer: what each makes of what it gets."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fire_course.shapes.fields import Field, extent, start
from fire_course.shapes.layers import field_behind, multiply_adds

__all__ = ["TraceRow", "total_multiply_adds", "trace"]


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
    values = [_Value(shape, [start(n) for n in shape[:-1]]) for shape in shapes]
    rows = [
        TraceRow(
            tensor._keras_history.operation.name,
            "InputLayer",
            value.shape,
            0,
            0,
            extent(value.field),
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


@dataclass(frozen=True)
class _Value:
    shape: tuple[int, ...]
    field: Field | None  # None: not known


def _graph(model: Any) -> Any:
    graph = getattr(model, "_functional", None) or model
    if not getattr(graph, "inputs", None) or not hasattr(graph, "operations"):
        raise ValueError(
            f"{getattr(model, 'name', repr(model))} has no layers that can be followed: "
            "build it first, as a sequential or functional network."
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
    work = multiply_adds(
        layer, [value.shape for value in arguments], result.shape, parameters
    )
    if id(layer) in seen:
        parameters = 0
    seen.add(id(layer))
    return TraceRow(
        prefix + layer.name,
        type(layer).__name__,
        result.shape,
        parameters,
        work,
        extent(result.field),
    )


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
    field = (
        field_behind(layer, fields, arguments[0].shape, shapes[0]) if known else None
    )
    return [_Value(shape, field) for shape in shapes]
