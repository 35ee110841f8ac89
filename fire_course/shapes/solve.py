"""The formula backwards: which settings reach a size."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from fire_course.shapes.settings import Padding, Sides, reach_of, sides, whole
from fire_course.shapes.sizes import output_size

__all__ = ["Setting", "solve_size"]

# Kernels that are looked at unless one is given: beyond 11, the first layer of
# AlexNet, nobody convolves.
KERNELS = range(1, 12)


class Setting(NamedTuple):
    """Settings of one axis; ``output_size(n, **setting._asdict())`` takes them."""

    kernel: int
    stride: int
    padding: str | int | tuple[int, int]
    dilation: int


def solve_size(
    n: int,
    target: int,
    *,
    kernel: int | None = None,
    stride: int | None = None,
    padding: Padding | None = None,
    dilation: int = 1,
) -> list[Setting]:
    """Return the settings with which a convolution of `n` gives `target`.

    Parameters
    ----------
    n, target : int
        Size before and behind the layer, along one axis.
    kernel, stride, padding : optional
        Keep these; what is missing is looked for: kernels to 11, every stride,
        "valid", "same" and up to half a kernel of padding on each side.
    dilation : int
        Distance of the window's points.

    Returns
    -------
    list of Setting
        Small strides first, then small kernels, then little padding; empty if
        there are none.

    Raises
    ------
    ValueError
        If a setting makes no sense.

    Examples
    --------
    >>> solve_size(250, 124, kernel=3, padding="valid")
    [Setting(kernel=3, stride=2, padding='valid', dilation=1)]
    >>> solve_size(28, 28, kernel=5, stride=1)[0].padding
    'same'
    """
    n, target = whole("n", n, 1), whole("target", target, 1)
    dilation = whole("dilation", dilation, 1)
    if stride is not None:
        stride = whole("stride", stride, 1)
    kernels = KERNELS if kernel is None else (whole("kernel", kernel, 1),)
    found = []
    for f in kernels:
        reach = reach_of(f, dilation)
        for pads in _paddings(padding, reach):
            for s in _strides(n, target, reach, pads, stride):
                found.append((s, f, pads))
    found.sort(key=lambda each: (each[0], each[1], _amount(each[2])))
    answers = [Setting(f, s, _plain(pads), dilation) for s, f, pads in found]
    return [a for a in answers if _size(n, a) == target]


def _paddings(padding: Padding | None, reach: int) -> list[Sides]:
    if padding is not None:
        return sides(padding, 1)
    return ["valid", "same", *((p, p) for p in range(1, reach // 2 + 1))]


def _strides(
    n: int, target: int, reach: int, padding: Sides, given: int | None
) -> Iterable[int]:
    """Return the strides that may reach the target, few instead of all to `n`."""
    room = n - 1
    if padding not in ("same", "causal"):
        room = n - reach + (0 if isinstance(padding, str) else sum(padding))
    if room < 0:
        return ()
    if given is not None:
        return (given,)
    # places = room // s + 1: s lies above room / target ...
    least = room // target + 1
    # ... and up to room / (target - 1); one place needs no larger step than the least.
    most = least if target == 1 else room // (target - 1)
    return range(least, most + 1)


def _amount(padding: Sides) -> tuple[int, int]:
    order = {"valid": 0, "same": 1, "causal": 2}
    return (order[padding], 0) if isinstance(padding, str) else (3, sum(padding))


def _plain(padding: Sides) -> str | int | tuple[int, int]:
    if isinstance(padding, str) or padding[0] != padding[1]:
        return padding
    return padding[0]


def _size(n: int, setting: Setting) -> int:
    return output_size(
        n,
        setting.kernel,
        stride=setting.stride,
        padding=setting.padding,
        dilation=setting.dilation,
    )
