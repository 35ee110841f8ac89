"""What a setting may be: each is checked here, before anything is computed."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

Ints = int | Sequence[int]
Padding = str | int | Sequence[Any]
Sides = str | tuple[int, int]  # one axis: a rule by name, or (before, after)


def whole(name: str, value: Any, least: int) -> int:
    """Return `value` as an int, or say what it should have been.

    Examples
    --------
    >>> whole("stride", 2, 1)
    2
    """
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool) or number < least:
        raise ValueError(f"{name} is a whole number from {least}, not {value!r}.")
    return number


def several(value: Any) -> bool:
    """Tell whether a setting has a value for each axis.

    Anything with a length counts, a NumPy array as well.

    Examples
    --------
    >>> several((3, 3)), several(3), several("same")
    (True, False, False)
    """
    return hasattr(value, "__len__") and not isinstance(value, str)


def axes_of(n: Any) -> int | None:
    """Return how many axes `n` has; None for a single number.

    Examples
    --------
    >>> axes_of((250, 250)), axes_of(250)
    (2, None)
    """
    if not several(n):
        return None
    if not 1 <= len(n) <= 3:
        raise ValueError(f"n has one to three axes, not {len(n)}.")
    return len(n)


def each(name: str, value: Any, axes: int, least: int = 1) -> list[int]:
    """Return one value an axis; a single one holds for all.

    Examples
    --------
    >>> each("kernel", 3, 2)
    [3, 3]
    """
    if not several(value):
        return [whole(name, value, least)] * axes
    if len(value) != axes:
        raise ValueError(
            f"{name} has {len(value)} values for {axes} axes: give {axes}, or one."
        )
    return [whole(name, item, least) for item in value]


def sides(padding: Any, axes: int) -> list[Sides]:
    """Return each axis's padding: a name, or what stands before and after.

    Examples
    --------
    >>> sides(1, 2), sides((2, 0), 1), sides("same", 1)
    ([(1, 1), (1, 1)], [(2, 0)], ['same'])
    """
    if isinstance(padding, str):
        if padding not in ("valid", "same", "causal"):
            raise ValueError(
                "padding is 'valid', 'same', 'causal', a number for each side or "
                f"(before, after), not {padding!r}."
            )
        return [padding] * axes
    if not several(padding):
        number = whole("padding", padding, 0)
        return [(number, number)] * axes
    pairs = list(padding)
    if pairs and not several(pairs[0]):
        pairs = [padding] * axes
    if len(pairs) != axes or any(not several(p) or len(p) != 2 for p in pairs):
        wanted = "is not (before, after)"
        if axes > 1:
            wanted = f"does not say (before, after) for each of {axes} axes"
        raise ValueError(
            f"padding {padding!r} {wanted}: give one number, or such pairs."
        )
    return [(whole("padding", a, 0), whole("padding", b, 0)) for a, b in pairs]


def reach_of(kernel: int, dilation: int) -> int:
    """Return how far a window reaches whose points are `dilation` apart.

    Examples
    --------
    >>> reach_of(3, 2)
    5
    """
    return dilation * (kernel - 1) + 1
