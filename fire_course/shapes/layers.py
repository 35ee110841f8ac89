"""What each kind of Keras layer does to sizes, to fields and to the work."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from fire_course.shapes.fields import (
    Field,
    Taps,
    between,
    gathered,
    hull,
    nearest,
    shifted,
    spread,
    union,
    window,
)

Shape = tuple[int, ...]


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
    + ["Divide", "TrueDivide", "ConvertToTensor", "Flip"]
)


def multiply_adds(
    layer: Any, arguments: Sequence[Shape], shape: Shape, parameters: int
) -> int | None:
    """Return the multiplications with a weight that a layer makes, if known."""
    kind = type(layer).__name__
    if kind in _CONVOLUTIONS or kind == "Dense":
        return math.prod(shape[:-1]) * math.prod(layer.kernel.shape)
    if kind in _SEPARABLE:
        weights = (layer.depthwise_kernel, layer.pointwise_kernel)
        return math.prod(shape[:-1]) * sum(math.prod(w.shape) for w in weights)
    if kind in _TRANSPOSED:  # each place of its input is spread by the kernel
        return math.prod(arguments[0][:-1]) * math.prod(layer.kernel.shape)
    return 0 if not parameters or kind in _POINTWISE else None


def field_behind(
    layer: Any, fields: list[Field], before: Shape, after: Shape
) -> Field | None:
    """Return which pixels reach the places behind a layer, if that is known."""
    kind = type(layer).__name__
    if kind == "Dense":
        return hull(fields[0]) if len(before) == 1 else fields[0]
    if kind in ("Concatenate", "Flip") and layer.axis not in (-1, len(before)):
        return None
    if kind in _POINTWISE:
        return union(fields)
    if kind == "Flatten":
        return fields[0]
    if kind.startswith("Global") or kind == "Reshape":
        return hull(fields[0])
    taps = _taps(layer, kind, before, after)
    if taps is None:
        return None
    return [gathered(axis, tap) for axis, tap in zip(fields[0], taps, strict=True)]


def _taps(layer: Any, kind: str, before: Shape, after: Shape) -> list[Taps] | None:
    sizes = list(zip(before[:-1], after[:-1], strict=True))
    if kind in _CONVOLUTIONS or kind in _SEPARABLE:
        return _slid(window, sizes, layer, layer.kernel_size, layer.dilation_rate)
    if kind in _POOLINGS:
        return _slid(window, sizes, layer, layer.pool_size, [1] * len(sizes))
    if kind in _TRANSPOSED and layer.output_padding is None:
        return _slid(spread, sizes, layer, layer.kernel_size, layer.dilation_rate)
    if kind.startswith("ZeroPadding"):
        begins = [pair[0] for pair in _pairs(layer.padding)]
        return [shifted(n, m, by) for (n, m), by in zip(sizes, begins, strict=True)]
    if kind.startswith("Cropping"):
        begins = [-pair[0] for pair in _pairs(layer.cropping)]
        return [shifted(n, m, by) for (n, m), by in zip(sizes, begins, strict=True)]
    if kind.startswith("UpSampling"):
        mixing = getattr(layer, "interpolation", "nearest")
        rule = {"nearest": nearest, "bilinear": between}.get(mixing)
        return None if rule is None else [rule(n, m) for n, m in sizes]
    return None


def _slid(
    rule: Any, sizes: list[tuple[int, int]], layer: Any, kernel: Any, dilation: Any
) -> list[Taps]:
    return [
        rule(n, places, kernel[i], layer.strides[i], dilation[i], layer.padding)
        for i, (n, places) in enumerate(sizes)
    ]


def _pairs(setting: Any) -> list[tuple[int, int]]:
    """Return (before, after) for each axis; with one axis Keras keeps the pair itself."""
    if isinstance(setting[0], int):
        return [(setting[0], setting[1])]
    return [(before, after) for before, after in setting]
