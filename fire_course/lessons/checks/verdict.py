"""What a check says: passed, not yet, or not attempted, and why, in plain words."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from fire_course.lessons.asking import Outcome
from fire_course.lessons.canonical import Other, plain, write

__all__ = ["Verdict", "Words", "difference", "shown_call", "shown_outcome"]

PASSED, NOT_YET, NOT_ATTEMPTED = "passed", "not yet", "not attempted"

_LONGEST = 300
"""Characters of an input that are still read; longer ones are shortened."""


class Words(str):
    """A text that a notebook shows as it is, without quotes.

    Examples
    --------
    >>> Words("Add first.")
    Add first.
    """

    def __repr__(self) -> str:
        return str(self)


@dataclass(frozen=True, repr=False)
class Verdict:
    """What a check found.

    Attributes
    ----------
    exercise : str
        Its name.
    state : {"passed", "not yet", "not attempted"}
    detail : str
        The reasons, in lines; empty where it passed.
    cases : int
        How many inputs were tried.
    points : float
        Of the exercise.
    mistake : str or None
        The name of the likely mistake.

    Examples
    --------
    >>> Verdict("f1-from-counts", "passed", cases=8)
    f1-from-counts: passed (8 cases)
    """

    exercise: str
    state: str
    detail: str = ""
    cases: int = 0
    points: float = 0
    mistake: str | None = None

    @property
    def passed(self) -> bool:
        """Whether every case was right."""
        return self.state == PASSED

    def __str__(self) -> str:
        head = f"{self.exercise}: {self.state}"
        if self.passed:
            return f"{head} ({self.cases} cases)"
        return "\n".join([head, *(f"  {line}" for line in self.detail.splitlines())])

    __repr__ = __str__


# --- inputs and results in messages ----------------------------------------


def shown_call(function: str, case: Mapping[str, Any]) -> str:
    """Write a call as one would type it; long values are shortened.

    Examples
    --------
    >>> print(shown_call("shares", {"grey": np.array([[1, 2]], "uint8"), "levels": 4}))
    shares(grey=np.array([[1, 2]], dtype='uint8'), levels=4)
    >>> print(shown_call("mean", {"picture": np.zeros((99, 99))}))
    mean(picture=<float64 array of shape (99, 99), numbers from 0 to 0>)
    """
    inputs = ", ".join(f"{name}={_shown(value)}" for name, value in case.items())
    return f"{function}({inputs})"


def _shown(value: Any) -> str:
    if isinstance(value, np.ndarray):
        whole = f"np.array({value.tolist()!r}, dtype='{value.dtype}')"
        if len(whole) <= _LONGEST:
            return whole
        span = ""
        if value.dtype.kind in "iuf":
            low, high = (write(plain(end)) for end in (value.min(), value.max()))
            span = f", numbers from {low} to {high}"
        return f"<{value.dtype} array of shape {value.shape}{span}>"
    whole = repr(value)
    if len(whole) <= _LONGEST:
        return whole
    if isinstance(value, (list, tuple)):
        return f"<{type(value).__name__} of {len(value)}: {', '.join(map(repr, value[:6]))}, …>"
    return whole[:_LONGEST] + "…"


def shown_outcome(outcome: Outcome, digits: int) -> str:
    """Write what came, for a reader."""
    if outcome.late:
        return "nothing: it took too long and was cut off"
    if outcome.raised is not None:
        return (
            f"{outcome.raised}: {outcome.message}"
            if outcome.message
            else outcome.raised
        )
    if isinstance(outcome.value, dict) and "'layers'" in outcome.value:
        count, layers = outcome.value["'parameters'"], outcome.value["'layers'"]
        return f"a model of {count:,} parameters in {len(layers)} layers"
    return write(outcome.value, digits=digits)


def difference(came: Any, expected: Any, *, tolerance: float) -> str:
    """Say where two plain results first differ, in words; "" if they agree.

    Parameters
    ----------
    came, expected : object
        As `canonical.plain` gives them.
    tolerance : float
        By which numbers may differ, times the number where that is above 1.

    Returns
    -------
    str
        One line.

    Examples
    --------
    >>> difference(plain([1, 2, 4]), plain([1, 2, 3]), tolerance=1e-6)
    'at [2] came 4 instead of 3'
    >>> difference(plain([[1], [2]]), plain([1, 2]), tolerance=1e-6)
    'the shape is (2, 1) instead of (2,)'
    """
    return _differ(came, expected, tolerance, "")


def _differ(came: Any, expected: Any, tolerance: float, place: str) -> str:
    where = f"at {place} " if place else ""
    if _is_number(came) and _is_number(expected):
        if _near(np.asarray(came), np.asarray(expected), tolerance).all():
            return ""
        return f"{where}came {write(came)} instead of {write(expected)}"
    if isinstance(came, np.ndarray) and isinstance(expected, np.ndarray):
        return _differ_arrays(came, expected, tolerance, where, place)
    if type(came) is not type(expected):
        return f"{where}came {_kind(came)} instead of {_kind(expected)}"
    rest = ""
    if isinstance(came, list):
        if len(came) != len(expected):
            rest = f"{where}there are {len(came)} items instead of {len(expected)}"
        pairs = [
            (f"[{i}]", a, b)
            for i, (a, b) in enumerate(zip(came, expected, strict=False))
        ]
    elif isinstance(came, dict):
        if missing := sorted(set(expected) - set(came)):
            return f"{where}{', '.join(missing[:3])} is missing"
        if needless := sorted(set(came) - set(expected)):
            return f"{where}{', '.join(needless[:3])} is too much"
        pairs = [(f"[{key}]", came[key], expected[key]) for key in expected]
    else:
        if write(came) == write(expected):
            return ""
        return f"{where}came {write(came)} instead of {write(expected)}"
    for name, one, other in pairs:
        if found := _differ(one, other, tolerance, place + name):
            return found
    return rest


def _differ_arrays(
    came: np.ndarray, expected: np.ndarray, tolerance: float, where: str, place: str
) -> str:
    if came.shape != expected.shape:
        if came.ndim == expected.ndim == 1:
            return f"{where}there are {len(came)} items instead of {len(expected)}"
        return f"{where}the shape is {came.shape} instead of {expected.shape}"
    if came.size == 0:
        return ""
    kinds = [a.dtype.kind == "b" for a in (came, expected)]
    if kinds[0] != kinds[1]:
        words = ["True and False" if truth else "numbers" for truth in kinds]
        return f"{where}came {words[0]} instead of {words[1]}"
    wrong = ~_near(came, expected, tolerance)
    if not wrong.any():
        return ""
    first = tuple(int(i) for i in np.argwhere(wrong)[0])
    one, other = (write(a[first].item()) for a in (came, expected))
    at = place + str(list(first))
    return f"at {at} came {one} instead of {other}"


def _near(a: np.ndarray, b: np.ndarray, tolerance: float) -> Any:
    if a.dtype.kind in "biu" and b.dtype.kind in "biu":
        return a == b
    with np.errstate(invalid="ignore"):
        close = abs(a - b) <= tolerance * np.maximum(1, abs(b))
        close &= np.isfinite(a) & np.isfinite(b)  # inf - 1 is within any share of inf
    return close | (a == b) | (np.isnan(a) & np.isnan(b))


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)


_KINDS = {
    bool: "a truth value",
    int: "a number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "a dict",
    np.ndarray: "a sequence of numbers",
    type(None): "None",
}


def _kind(value: Any) -> str:
    if isinstance(value, Other):
        return f"an object of type {value.kind}"
    if isinstance(value, np.ndarray) and value.dtype.kind == "b":
        return "a sequence of truth values"
    return _KINDS.get(type(value), "a set")


def misfit(answer: Any, function: str, names: list[str]) -> str:
    """Say why something cannot be called with these arguments; "" if it can.

    Examples
    --------
    >>> misfit(lambda scores: 0, "labels", ["scores", "threshold"])
    'labels(scores) is called with scores=..., threshold=...: keep the inputs of the stub.'
    >>> misfit(0.5, "labels", ["scores"])
    'This is a number: give the function itself, labels, without brackets.'
    """
    if not callable(answer):
        kind = _kind(plain(answer))
        return (
            f"This is {kind}: give the function itself, {function}, without brackets."
        )
    try:
        signature = inspect.signature(answer)
    except (TypeError, ValueError):
        return ""
    try:
        signature.bind(**dict.fromkeys(names))
    except TypeError:
        given = ", ".join(f"{name}=..." for name in names)
        takes = ", ".join(signature.parameters)
        return (
            f"{function}({takes}) is called with {given}: keep the inputs of the stub."
        )
    return ""
