"""How many pixels one value of a layer can see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fire_course.shapes.settings import each, reach_of, several
from fire_course.shapes.tracing import trace

__all__ = ["receptive_field"]

_NAMES = ("kernel", "stride", "dilation")


def receptive_field(
    layers: Any,
    *,
    layer: str | None = None,
    input_shape: Sequence[int] | None = None,
) -> int | tuple[int, ...]:
    """Return how many pixels of the input can change one value behind some layers.

    Parameters
    ----------
    layers : iterable or keras.Model
        Convolutions and poolings in their order, each a kernel, (kernel, stride),
        (kernel, stride, dilation) or a mapping with these names; a value may be a
        tuple, one number an axis. Or a network, with branches and others in it.
    layer : str, optional
        For a network: behind this layer, named as by `trace`; else its last one.
    input_shape : sequence of int, optional
        For a network that takes any size.

    Returns
    -------
    int or tuple of int
        Along one axis, or along each of them. For a network never more than its
        input has: see `trace`.

    Raises
    ------
    ValueError
        If a setting makes no sense, or the field behind the layer is not known.

    Notes
    -----
    Each layer adds (reach - 1) times the distance, in pixels, of two of its places;
    its stride multiplies that distance.

    Examples
    --------
    >>> receptive_field([3, (2, 2)] * 4)  # four times a 3x3 kernel and a 2x2 pool
    46
    >>> receptive_field([((3, 5), 1), {"kernel": 2, "stride": 2}])
    (4, 6)
    """
    if hasattr(layers, "layers") and hasattr(layers, "name"):
        return _behind(layers, layer, input_shape)
    if layer is not None or input_shape is not None:
        raise ValueError("layer and input_shape belong to a network, not to settings.")
    if not isinstance(layers, Iterable):
        raise ValueError(f"layers is a network or a list of layers, not {layers!r}.")
    settings = [_setting(one) for one in layers]
    axes = {len(value) for one in settings for value in one if several(value)}
    if len(axes) > 1:
        raise ValueError(
            f"The layers have {sorted(axes)} axes: give one number of them."
        )
    count = axes.pop() if axes else 1
    seen, step = [1] * count, [1] * count
    for one in settings:
        values = [each(n, v, count) for n, v in zip(_NAMES, one, strict=True)]
        for i, (kernel, stride, dilation) in enumerate(zip(*values, strict=True)):
            seen[i] += (reach_of(kernel, dilation) - 1) * step[i]
            step[i] *= stride
    plain = not any(several(value) for one in settings for value in one)
    return seen[0] if plain else tuple(seen)


def _setting(one: Any) -> tuple[Any, Any, Any]:
    if isinstance(one, Mapping):
        unknown = set(one) - set(_NAMES)
        if unknown or "kernel" not in one:
            raise ValueError(
                f"A layer has kernel, stride and dilation, not {dict(one)}."
            )
        return one["kernel"], one.get("stride", 1), one.get("dilation", 1)
    values = list(one) if several(one) and isinstance(one, Iterable) else [one]
    if not 1 <= len(values) <= 3:
        raise ValueError(f"A layer is (kernel, stride, dilation), not {one!r}.")
    return tuple(values + [1] * (3 - len(values)))


def _behind(
    model: Any, layer: str | None, input_shape: Sequence[int] | None
) -> tuple[int, ...]:
    rows = trace(model, input_shape=input_shape)
    if layer is not None:
        rows = [row for row in rows if row.name == layer]
        if not rows:
            raise ValueError(
                f"{model.name} has no layer {layer!r}: trace(model) names them."
            )
    field = rows[-1].receptive_field
    if field is None:
        raise ValueError(f"What {rows[-1].name} can see is not known.")
    return field
