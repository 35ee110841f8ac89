"""Two paddings that are taken for one another: "same", and the one that keeps a size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

from fire_course.shapes.settings import Ints, axes_of, each, reach_of

__all__ = ["preserving_padding", "same_padding"]


@overload
def same_padding(
    n: int, kernel: int, stride: int = ..., dilation: int = ...
) -> tuple[int, int]: ...
@overload
def same_padding(
    n: Sequence[int], kernel: Ints, stride: Ints = ..., dilation: Ints = ...
) -> tuple[tuple[int, int], ...]: ...
def same_padding(
    n: Ints, kernel: Ints, stride: Ints = 1, dilation: Ints = 1
) -> tuple[int, int] | tuple[tuple[int, int], ...]:
    """Return the zeros that "same" puts before and after.

    As many windows as steps fit into `n`, rounded up, and no more padding than
    they need. So the size stays the same at stride 1 only.

    Parameters
    ----------
    n, kernel, stride, dilation : int or sequence of int
        As for `output_size`.

    Returns
    -------
    tuple
        (before, after), for each axis where `n` has several. An odd one is
        put after: at the right and at the bottom.

    Raises
    ------
    ValueError
        If a setting makes no sense.

    Examples
    --------
    >>> same_padding(32, 3)
    (1, 1)
    >>> same_padding(32, 3, 2)
    (0, 1)
    """
    axes = axes_of(n)
    pairs = []
    for size, f, s, d in _settings(n, kernel, stride, dilation):
        total = max((-(-size // s) - 1) * s + reach_of(f, d) - size, 0)
        pairs.append((total // 2, total - total // 2))
    return pairs[0] if axes is None else tuple(pairs)


@overload
def preserving_padding(
    n: int, kernel: int, stride: int = ..., dilation: int = ...
) -> int: ...
@overload
def preserving_padding(
    n: Sequence[int], kernel: Ints, stride: Ints = ..., dilation: Ints = ...
) -> tuple[int, ...]: ...
def preserving_padding(
    n: Ints, kernel: Ints, stride: Ints = 1, dilation: Ints = 1
) -> int | tuple[int, ...]:
    """Return the total padding after which a convolution gives `n` places again.

    Parameters
    ----------
    n, kernel, stride, dilation : int or sequence of int
        As for `output_size`.

    Returns
    -------
    int or tuple of int
        Before and after together: n(s - 1) + f - s.

    Raises
    ------
    ValueError
        If a setting makes no sense.

    Notes
    -----
    At stride 1 it is what "same" pads. At a larger stride it is a curiosity: 32
    columns keep their number at stride 2 if 33 columns of zeros join them, so that
    most windows look at zeros. "same" pads one there, and halves the size.

    Examples
    --------
    >>> preserving_padding(32, 3)
    2
    >>> preserving_padding(32, 3, 2)
    33
    """
    totals = tuple(
        size * (s - 1) + reach_of(f, d) - s
        for size, f, s, d in _settings(n, kernel, stride, dilation)
    )
    return totals[0] if axes_of(n) is None else totals


def _settings(
    n: Ints, kernel: Ints, stride: Ints, dilation: Ints
) -> list[tuple[int, ...]]:
    axes = axes_of(n) or 1
    named = {"n": n, "kernel": kernel, "stride": stride, "dilation": dilation}
    return list(
        zip(*(each(name, value, axes) for name, value in named.items()), strict=True)
    )
