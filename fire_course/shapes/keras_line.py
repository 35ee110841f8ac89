"""The line of Keras that makes a layer, where Keras has one."""

from __future__ import annotations

from typing import Any

from fire_course.shapes.settings import reach_of
from fire_course.shapes.sizes import AxisSetting, in_numbers


def keras_line(
    settings: list[AxisSetting],
    axes: int | None,
    *,
    ceil: bool = False,
    pool: bool = False,
    transposed: bool = False,
    output_padding: Any = None,
) -> tuple[str | None, str]:
    """Return a line to copy, or None, and a remark.

    A single size means a square picture, but causal padding a sequence, since
    time has one direction.

    Examples
    --------
    >>> keras_line([(250, 3, 2, "same", 1)], None)
    ("keras.layers.Conv2D(filters, 3, strides=2, padding='same')", '')
    >>> keras_line([(9, 3, 2, "valid", 2)], 1)
    (None, 'Keras does not combine a stride with dilation.')
    """
    kernels = [setting[1] for setting in settings]
    strides = [setting[2] for setting in settings]
    pads = [setting[3] for setting in settings]
    dilations = [setting[4] for setting in settings]
    padded = any(sum(in_numbers(pad)) for pad in pads)
    named = isinstance(pads[0], str)
    rank = axes or (1 if pads[0] == "causal" else 2)
    if max(strides) > 1 and max(dilations) > 1:
        return None, "Keras does not combine a stride with dilation."
    if pads[0] == "causal" and rank > 1:
        return None, "Keras pads causally along one axis only."
    if pool and (max(dilations) > 1 or padded):
        return None, "Keras's poolings take neither dilation nor padding in numbers."
    if ceil and _ceil_matters(settings):
        return None, "Keras always rounds down; PyTorch's poolings have ceil_mode."
    name = f"Conv{rank}D"
    if pool:
        name = f"MaxPooling{rank}D"
    elif transposed:
        name += "Transpose"
    options = [_short(kernels)]
    if not pool:
        options.insert(0, "filters")
        if max(strides) > 1:
            options.append(f"strides={_short(strides)}")
    elif strides != kernels:
        options.append(f"strides={_short(strides)}")
    if named and pads[0] != "valid":
        options.append(f"padding={pads[0]!r}")
    if max(dilations) > 1:
        options.append(f"dilation_rate={_short(dilations)}")
    if transposed:
        return _transposed(settings, rank, name, options, output_padding)
    line = f"keras.layers.{name}({', '.join(options)})"
    if padded:
        sides = _sides(pads, rank)
        return f"keras.layers.ZeroPadding{rank}D({sides}), {line}", ""
    return line, ""


def _transposed(
    settings: list[AxisSetting],
    rank: int,
    name: str,
    options: list[str],
    output_padding: Any,
) -> tuple[str | None, str]:
    pads = [setting[3] for setting in settings]
    extras = output_padding
    if not isinstance(pads[0], str):
        wider = any(s > reach_of(f, d) for _, f, s, _, d in settings)
        if extras is None and wider:  # or Keras would fill the gap at the end
            extras = [0] * len(settings)
    if extras is not None:
        if any(e >= s for e, (_, _, s, _, _) in zip(extras, settings, strict=True)):
            return None, "Keras wants output_padding below the stride."
        options = [*options, f"output_padding={_short(extras)}"]
    line = f"keras.layers.{name}({', '.join(options)})"
    if any(sum(in_numbers(p)) for p in pads):
        return f"{line}, keras.layers.Cropping{rank}D({_sides(pads, rank)})", ""
    return line, ""


def _ceil_matters(settings: list[AxisSetting]) -> bool:
    for n, kernel, stride, padding, dilation in settings:
        if padding in ("same", "causal"):
            continue
        room = n + sum(in_numbers(padding)) - reach_of(kernel, dilation)
        if room % stride:
            return True
    return False


def _short(values: Any) -> str:
    return str(values[0]) if len(set(values)) == 1 else str(tuple(values))


def _sides(pads: Any, rank: int) -> str:
    pairs = list(pads) * (rank if len(pads) == 1 else 1)
    if len({side for pair in pairs for side in pair}) == 1:
        return str(pairs[0][0])
    return str(pairs[0]) if rank == 1 else str(tuple(pairs))
