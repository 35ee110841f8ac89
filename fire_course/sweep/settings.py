"""What a trial is given, and the key that says whether it has run before."""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

Settings = dict[str, Any]


class SweepError(ValueError):
    """A sweep that cannot begin or go on, in one sentence."""


def grid(**choices: Iterable[Any]) -> list[Settings]:
    """List every combination of some choices, the last name changing fastest.

    Parameters
    ----------
    **choices
        For each name the values to try.

    Returns
    -------
    list of dict

    Raises
    ------
    SweepError
        If a name has no values, or a text or number in place of a list.

    Examples
    --------
    >>> grid(conv=[1, 2], dense=[0])
    [{'conv': 1, 'dense': 0}, {'conv': 2, 'dense': 0}]
    >>> len(grid(conv=[1, 2, 3], size=[32, 64, 128], dense=[0, 1, 2]))
    27
    """
    lists: dict[str, list[Any]] = {}
    for name, values in choices.items():
        if isinstance(values, str | bytes) or not isinstance(values, Iterable):
            raise SweepError(f"{name} needs a list of values, not {values!r}.")
        lists[name] = list(values)
        if not lists[name]:
            raise SweepError(f"{name} has no values to try.")
    return [
        dict(zip(lists, chosen, strict=True))
        for chosen in itertools.product(*lists.values())
    ]


def checked(settings: Iterable[Mapping[str, Any]]) -> list[Settings]:
    """Return the settings as plain values that JSON can hold, each but once."""
    found: list[Settings] = []
    seen: dict[str, int] = {}
    for number, each in enumerate(settings, start=1):
        if not isinstance(each, Mapping) or not all(isinstance(k, str) for k in each):
            raise SweepError(
                f"Settings {number} of the sweep are a dict with names, not {each!r}."
            )
        plain = {name: _plain(name, value) for name, value in each.items()}
        text = _canonical(plain)
        if text in seen:
            raise SweepError(
                f"Settings {seen[text]} and {number} of the sweep are the same: {text}."
            )
        seen[text] = number
        found.append(plain)
    if not found:
        raise SweepError("There are no settings to try.")
    return found


def key(settings: Settings, *, trial: str, data: str, version: str) -> str:
    """Return the name of a trial: the same settings on the same data, one name.

    Examples
    --------
    >>> one = key({"a": 1, "b": 2}, trial="t", data="d", version="1")
    >>> one == key({"b": 2, "a": 1}, trial="t", data="d", version="1")
    True
    >>> one == key({"a": 1, "b": 3}, trial="t", data="d", version="1")
    False
    """
    return _digest(_canonical([settings, trial, data, version]))


def fingerprint(data: Any) -> str:
    """Return a digest of arrays, numbers and texts, nested in dicts and lists.

    Raises
    ------
    SweepError
        If there is something else among them.

    Examples
    --------
    >>> photos = np.zeros((2, 3))
    >>> fingerprint({"train": photos}) == fingerprint({"train": photos.copy()})
    True
    >>> fingerprint(photos) == fingerprint(photos.T)
    False
    """
    if isinstance(data, np.ndarray) and not data.dtype.hasobject:
        digest = hashlib.sha256(f"{data.shape} {data.dtype} ".encode())
        digest.update(np.ascontiguousarray(data).data)
        return digest.hexdigest()[:16]
    if isinstance(data, Mapping):
        return _digest(_canonical({str(k): fingerprint(v) for k, v in data.items()}))
    if isinstance(data, list | tuple):
        return _digest(_canonical([fingerprint(each) for each in data]))
    if isinstance(data, np.generic):
        data = data.item()
    if data is None or isinstance(data, bool | int | float | str):
        return _digest(_canonical([type(data).__name__, data]))
    if isinstance(data, bytes):
        return hashlib.sha256(data).hexdigest()[:16]
    raise SweepError(
        f"The data of a sweep are arrays, numbers and texts, not a "
        f"{type(data).__name__}: turn it into arrays, or let the trial read it."
    )


def identity(trial: Callable[..., Any]) -> str:
    """Return a digest of what a trial does: its code, not its address.

    So a function that was edited counts as another trial, and its settings run
    anew. What it calls is not looked into.

    Examples
    --------
    >>> identity(lambda settings: 1) == identity(lambda settings: 2)
    False
    """
    own = getattr(trial, "identity", None)
    if callable(own):
        return str(own())
    if isinstance(trial, functools.partial):
        rest = _tolerant([list(trial.args), trial.keywords])
        return _digest(identity(trial.func) + rest)
    if isinstance(trial, types.FunctionType):
        held = [cell.cell_contents for cell in trial.__closure__ or ()]
        parts = [trial.__defaults__, trial.__kwdefaults__, held]
        return _digest(trial.__qualname__ + _code(trial.__code__) + _tolerant(parts))
    return _digest(f"{type(trial).__module__} {getattr(trial, '__qualname__', trial)}")


def _code(code: types.CodeType) -> str:
    constants = [
        _code(each) if isinstance(each, types.CodeType) else repr(each)
        for each in code.co_consts
    ]
    return _digest(_canonical([code.co_code.hex(), constants, list(code.co_names)]))


def _tolerant(parts: Any) -> str:
    """Fingerprint what can be, and name the kind of what cannot."""
    if isinstance(parts, Mapping):
        return _canonical({str(k): _tolerant(v) for k, v in parts.items()})
    if isinstance(parts, list | tuple):
        return _canonical([_tolerant(each) for each in parts])
    if isinstance(parts, types.FunctionType):
        return identity(parts)
    try:
        return fingerprint(parts)
    except SweepError:
        return type(parts).__name__


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Sequence):
        return [_plain(name, each) for each in value]
    raise SweepError(
        f"The setting {name} is a number, a text or a list of them, not a "
        f"{type(value).__name__}."
    )


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
