"""The size of what a layer gives: convolution, pooling, transposed convolution."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, overload

from fire_course.shapes.settings import (
    Ints,
    Padding,
    Sides,
    axes_of,
    each,
    reach_of,
    several,
    sides,
    whole,
)

__all__ = ["output_size", "pool_size", "transposed_size"]


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
    kernel: Ints,
    *,
    stride: Ints = ...,
    padding: Padding = ...,
    dilation: Ints = ...,
    ceil: bool = ...,
) -> tuple[int, ...]: ...
def output_size(
    n: Ints,
    kernel: Ints,
    *,
    stride: Ints = 1,
    padding: Padding = "valid",
    dilation: Ints = 1,
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
        Count a last place that hangs over the end by less than a step, as long
        as it begins before the padding there (the option `ceil_mode` of
        PyTorch's poolings).

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
    return _each_axis(places_of, n, kernel, stride, padding, dilation, ceil)


@overload
def pool_size(
    n: int,
    pool: int = ...,
    *,
    stride: int | None = ...,
    padding: Padding = ...,
    dilation: int = ...,
    ceil: bool = ...,
) -> int: ...
@overload
def pool_size(
    n: Sequence[int],
    pool: Ints = ...,
    *,
    stride: Ints | None = ...,
    padding: Padding = ...,
    dilation: Ints = ...,
    ceil: bool = ...,
) -> tuple[int, ...]: ...
def pool_size(
    n: Ints,
    pool: Ints = 2,
    *,
    stride: Ints | None = None,
    padding: Padding = "valid",
    dilation: Ints = 1,
    ceil: bool = False,
) -> int | tuple[int, ...]:
    """Return how many places a pooling has.

    Parameters
    ----------
    n, pool, padding, dilation, ceil
        As for `output_size`.
    stride : int or sequence of int, optional
        As wide as the pool if missing, so that the windows lie side by side.

    Returns
    -------
    int or tuple of int
        As `n` was given.

    Raises
    ------
    ValueError
        As for `output_size`, and where a window could see padding only: such a
        maximum has no value.

    Examples
    --------
    >>> pool_size(13, 2), pool_size(13, 2, ceil=True)
    (6, 7)
    """
    step = pool if stride is None else stride
    return _each_axis(pool_places_of, n, pool, step, padding, dilation, ceil)


@overload
def transposed_size(
    n: int,
    kernel: int,
    *,
    stride: int = ...,
    padding: Padding = ...,
    dilation: int = ...,
    output_padding: int | None = ...,
) -> int: ...
@overload
def transposed_size(
    n: Sequence[int],
    kernel: Ints,
    *,
    stride: Ints = ...,
    padding: Padding = ...,
    dilation: Ints = ...,
    output_padding: Ints | None = ...,
) -> tuple[int, ...]: ...
def transposed_size(
    n: Ints,
    kernel: Ints,
    *,
    stride: Ints = 1,
    padding: Padding = "valid",
    dilation: Ints = 1,
    output_padding: Ints | None = None,
) -> int | tuple[int, ...]:
    """Return the size behind a transposed convolution, the way back up.

    Parameters
    ----------
    n, kernel, stride, dilation
        As for `output_size`; each place is spread by the kernel, `stride` apart.
    padding : str, int or pairs
        What a convolution of this size on the way down would have padded, so
        it is cut off here: "valid" for nothing, "same" for n times the stride.
    output_padding : int or sequence of int, optional
        Columns added at the end, since several sizes shrink to the same one.
        If missing, 0 with padding in numbers, and with a named one what Keras's
        layers do without it: "same" gives n times the stride.

    Returns
    -------
    int or tuple of int
        As `n` was given.

    Raises
    ------
    ValueError
        If a setting makes no sense, or nothing is left.

    Notes
    -----
    Named padding is Keras's, numbers are PyTorch's, and so are the defaults: a call
    and the layer written with the same words have the same size. In Keras an
    output padding of 0 is not the default but a setting of its own, by which "same"
    cuts half a kernel off each side.

    Examples
    --------
    >>> transposed_size(7, 3, stride=2, padding=1)
    13
    >>> transposed_size(7, 3, stride=2, padding=1, output_padding=1)
    14
    >>> transposed_size(7, 3, stride=2, padding="same")
    14
    >>> transposed_size(7, 3, stride=2, padding="same", output_padding=0)
    13
    """
    axes = axes_of(n)
    extra: list[int | None] = [None] * (axes or 1)
    if output_padding is not None:
        extra = [*each("output_padding", output_padding, axes or 1, least=0)]
    values = [
        grown(*setting, more)
        for setting, more in zip(
            checked(n, kernel, stride, padding, dilation), extra, strict=True
        )
    ]
    return values[0] if axes is None else tuple(values)


AxisSetting = tuple[int, int, int, Sides, int]  # n, kernel, stride, padding, dilation


def checked(
    n: Any, kernel: Any, stride: Any, padding: Any, dilation: Any
) -> list[AxisSetting]:
    """Return the settings of each axis.

    Examples
    --------
    >>> checked((7, 9), 3, 2, "same", 1)
    [(7, 3, 2, 'same', 1), (9, 3, 2, 'same', 1)]
    """
    axes = axes_of(n)
    if axes is None:
        named = {"n": n, "kernel": kernel, "stride": stride}
        size, f, s = (whole(name, value, 1) for name, value in named.items())
        return [(size, f, s, sides(padding, 1)[0], whole("dilation", dilation, 1))]
    return list(
        zip(
            each("n", n, axes),
            each("kernel", kernel, axes),
            each("stride", stride, axes),
            sides(padding, axes),
            each("dilation", dilation, axes),
            strict=True,
        )
    )


def _each_axis(
    rule: Callable[..., int],
    n: Any,
    kernel: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil: bool,
) -> int | tuple[int, ...]:
    settings = checked(n, kernel, stride, padding, dilation)
    if not several(n):
        return rule(*settings[0], ceil)
    return tuple(rule(*setting, ceil) for setting in settings)


def places_of(
    n: int, kernel: int, stride: int, padding: Sides, dilation: int, ceil: bool
) -> int:
    """Return how many places a window has along one axis.

    Examples
    --------
    >>> places_of(250, 3, 2, "valid", 1, False)
    124
    """
    if padding in ("same", "causal"):
        return -(-n // stride)
    before, after = (0, 0) if isinstance(padding, str) else padding
    reach = reach_of(kernel, dilation)
    room = n + before + after - reach
    # PyTorch's ceil_mode lets a window hang over by less than a step.
    spare = stride - 1 if ceil else 0
    if room + spare < 0:
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


def pool_places_of(
    n: int, pool: int, stride: int, padding: Sides, dilation: int, ceil: bool
) -> int:
    """Return how many places a pooling has along one axis.

    Examples
    --------
    >>> pool_places_of(13, 2, 2, "valid", 1, True)
    7
    """
    if padding == "causal":
        raise ValueError("A pooling has no causal padding: take 'valid' or 'same'.")
    if not isinstance(padding, str) and 2 * max(padding) > reach_of(pool, dilation):
        raise ValueError(
            f"A pooling of {pool} with {max(padding)} of padding on a side would look "
            f"at padding only: pad by at most {reach_of(pool, dilation) // 2}."
        )
    return places_of(n, pool, stride, padding, dilation, ceil)


def grown(
    n: int,
    kernel: int,
    stride: int,
    padding: Sides,
    dilation: int,
    output_padding: int | None,
) -> int:
    """Return the size behind a transposed convolution, along one axis.

    Examples
    --------
    >>> grown(7, 3, 2, "valid", 1, None)
    15
    """
    if padding == "causal":
        raise ValueError(
            "A transposed convolution has no causal padding: take 'valid' or 'same'."
        )
    extra = output_padding
    # At least a step is new at each place, or the places would overlap nothing.
    if extra is not None and extra >= max(stride, dilation):
        raise ValueError(
            f"output_padding {extra} is no less than the stride {stride}: "
            f"take at most {max(stride, dilation) - 1}."
        )
    reach = reach_of(kernel, dilation)
    if padding == "same":
        if extra is None:
            return n * stride
        size = (n - 1) * stride + reach % 2 + extra
    elif padding == "valid":
        if extra is None:
            extra = max(stride - reach, 0)
        size = (n - 1) * stride + reach + extra
    else:
        size = (n - 1) * stride + reach + (extra or 0) - sum(in_numbers(padding))
    if size < 1:
        raise ValueError(
            f"Nothing is left of {n} places after cutting {padding!r} off: "
            "take less padding."
        )
    return size


def in_numbers(padding: Sides) -> tuple[int, int]:
    """Return padding in numbers; a name counts as none.

    Examples
    --------
    >>> in_numbers((1, 2)), in_numbers("valid")
    ((1, 2), (0, 0))
    """
    return (0, 0) if isinstance(padding, str) else padding
