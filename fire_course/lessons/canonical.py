"""One text for one result, the same on every machine; and values as JSON.

Two right answers may differ in type (a list or an array, `3` or `3.0`) and in the
last bits of a float. `show` gives both the same text, so that texts can be compared.
`encode` and `decode` carry the inputs of an exercise in a JSON file, exactly; unlike
a pickle, such a file can hold no program.
"""

from __future__ import annotations

import base64
import collections
import hashlib
import math
from collections.abc import ItemsView, KeysView, ValuesView
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Other", "Unordered", "decode", "encode", "plain", "show", "write"]

_DEEPEST = 20
"""Levels of lists in lists that are followed: a list may hold itself."""

_TINY = 1e-12
"""Smaller numbers are 0: what is left of 0.1 + 0.2 - 0.3."""


@dataclass(frozen=True)
class Unordered:
    """The members of a set, plain, in the order of their texts."""

    members: tuple[Any, ...]


@dataclass(frozen=True)
class Other:
    """Something that is no plain value, by the name of its type."""

    kind: str


def plain(value: Any, *, _depth: int = 0) -> Any:
    """Reduce a value to None, str, bool, int, float, lists, dicts and arrays.

    Parameters
    ----------
    value : object
        Whatever an answer returned.

    Returns
    -------
    object
        Sequences of numbers, nested ones too where their lengths agree, become
        arrays; other sequences lists; sets `Unordered`; NumPy's scalars Python's.
        Keys of dicts become their texts. Anything else is an `Other`.

    Examples
    --------
    >>> plain((1, np.float32(2)))
    array([1., 2.])
    >>> plain([[1], [2, 3]])
    [array([1]), array([2, 3])]
    >>> plain(iter([]))
    Other(kind='list_iterator')
    """
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, np.generic):
        value = np.asarray(value)
    if isinstance(value, np.ndarray):
        return _plain_array(value, _depth)
    if _depth >= _DEEPEST:
        return Other("too many levels")
    deeper = _depth + 1
    if isinstance(value, dict):
        return {
            show(key): plain(each, _depth=deeper) for key, each in dict.items(value)
        }
    if isinstance(value, (set, frozenset)):
        members = [plain(each, _depth=deeper) for each in value]
        return Unordered(tuple(sorted(members, key=show)))
    sequences = (list, tuple, range, collections.deque, KeysView, ValuesView, ItemsView)
    if isinstance(value, sequences):
        return _together([plain(each, _depth=deeper) for each in value])
    # A learner's own kinds of numbers and texts: what they hold, not what they claim.
    if isinstance(value, int):
        return int(int.__repr__(value))
    if isinstance(value, float):
        return float(float.__repr__(value))
    if isinstance(value, str):
        return str.__str__(value)
    return Other(type(value).__name__[:40])


def _plain_array(array: NDArray[Any], depth: int) -> Any:
    array = np.asarray(array)  # a masked array or a matrix becomes a plain one
    if array.dtype.kind not in "biuf":
        if array.dtype.kind in "US" or array.dtype == object:
            items = array.tolist()
            if not isinstance(items, np.ndarray):
                return plain(items, _depth=depth + 1)
        return Other(f"array of {array.dtype}"[:40])
    return array.item() if array.ndim == 0 else array


def _together(items: list[Any]) -> Any:
    """Make an array of numbers, of truth values, or of arrays of one shape."""
    kinds = {type(each) for each in items}
    if kinds <= {int, float}:
        exact = all(type(n) is float or -(2**63) <= n < 2**63 for n in items)
        return np.array(items, float if float in kinds else None) if exact else items
    if kinds == {bool}:
        return np.array(items)
    if kinds == {np.ndarray}:
        alike = {(each.shape, each.dtype.kind == "b") for each in items}
        return np.stack(items) if len(alike) == 1 else items
    return items


def show(value: Any, *, digits: int = 6, limit: int = 64) -> str:
    """Write a result as text, the same for equal results on every machine.

    Parameters
    ----------
    value : object
        A result.
    digits : int, optional
        Significant decimals of a number that is not whole.
    limit : int, optional
        Longer arrays and lists are shortened: shape, first and last numbers, and a
        digest of all of them.

    Returns
    -------
    str
        One line.

    Notes
    -----
    A number is first rounded to two more digits. So what lies halfway between two
    texts in theory, and a last bit beside it in practice, still gets one text.

    Examples
    --------
    >>> show(0.1 + 0.2), show(np.float32(0.3)), show(-0.0), show(3.0)
    ('0.3', '0.3', '0', '3')
    >>> show((1, 2)) == show(np.array([1, 2]))
    True
    >>> print(show({"b": {2, 1}, "a": None}))
    {'a': None, 'b': {1, 2}}
    >>> print(show(np.zeros((250, 250))))
    shape (250, 250), [0, 0, 0, … 0, 0, 0], digest 335c3b9a
    """
    return write(plain(value), digits=digits, limit=limit)


def write(value: Any, *, digits: int = 6, limit: int = 64) -> str:
    """Write what `plain` gave; the rest is as of `show`.

    Examples
    --------
    >>> write(plain({"a": {0.5}}))
    "{'a': {0.5}}"
    """
    if isinstance(value, np.ndarray):
        return _array_text(value, digits, limit)
    if isinstance(value, float):
        return _number(value, digits)
    if isinstance(value, str):
        if len(value) <= 200:
            return repr(value)
        return f"{value[:40]!r}…, {len(value)} characters, digest {_digest(value)}"
    if isinstance(value, Unordered):
        inside = ", ".join(
            write(each, digits=digits, limit=limit) for each in value.members
        )
        return f"{{{inside}}}" if inside else "set()"
    if isinstance(value, dict):
        pairs = [
            f"{key}: {write(value[key], digits=digits, limit=limit)}"
            for key in sorted(value)
        ]
        return _within("{", pairs, "}", limit)
    if isinstance(value, list):
        return _within(
            "[", [write(v, digits=digits, limit=limit) for v in value], "]", limit
        )
    if isinstance(value, Other):
        return f"<{value.kind}>"
    return repr(value)


def _within(opening: str, texts: list[str], closing: str, limit: int) -> str:
    whole = ", ".join(texts)
    if len(texts) <= limit:
        return opening + whole + closing
    ends = f"{', '.join(texts[:3])}, … {', '.join(texts[-3:])}"
    return f"{opening}{ends}{closing}, {len(texts)} items, digest {_digest(whole)}"


def _array_text(array: NDArray[Any], digits: int, limit: int) -> str:
    if array.size == 0:
        return "[]" if array.ndim == 1 else f"[] of shape {array.shape}"
    # Few different numbers in a large array are formatted once each.
    different, places = np.unique(array.ravel(), return_inverse=True)
    words = [write(number, digits=digits, limit=limit) for number in different.tolist()]
    texts = [words[place] for place in places.ravel().tolist()]
    if array.size <= limit:
        return _nested(texts, array.shape)
    ends = f"[{', '.join(texts[:3])}, … {', '.join(texts[-3:])}]"
    return f"shape {array.shape}, {ends}, digest {_digest(','.join(texts))}"


def _nested(texts: list[str], shape: tuple[int, ...]) -> str:
    if len(shape) == 1:
        return f"[{', '.join(texts)}]"
    step = len(texts) // shape[0]
    rows = [texts[start : start + step] for start in range(0, len(texts), step)]
    return f"[{', '.join(_nested(row, shape[1:]) for row in rows)}]"


def _number(number: float, digits: int) -> str:
    if math.isnan(number):
        return "nan"
    if math.isinf(number):
        return "inf" if number > 0 else "-inf"
    if abs(number) < _TINY:
        return "0"
    whole = round(number)
    if abs(number - whole) <= 1e-9 * abs(number) and abs(whole) < 10**15:
        return str(whole)
    close = float(f"{number:.{digits + 1}e}")
    return f"{close:.{digits}g}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:8]


# --- values as JSON --------------------------------------------------------


def encode(value: Any) -> Any:
    """Turn a value into what JSON can hold, so that `decode` gives it back exactly.

    Parameters
    ----------
    value : object
        Numbers, str, bytes, bool, None, NumPy scalars and arrays; lists, tuples, sets
        and dicts of these.

    Returns
    -------
    object
        For `json.dumps`.

    Raises
    ------
    TypeError
        If there is anything else in it.

    Examples
    --------
    >>> encode({"scores": (0.5, float("nan"))})
    {'scores': {'$tuple': [0.5, {'$float': 'nan'}]}}
    >>> decode(encode(np.arange(3, dtype="uint8")))
    array([0, 1, 2], dtype=uint8)
    """
    kind = type(value)
    if value is None or kind in (bool, int, str):
        return value
    if kind is float:
        return value if math.isfinite(value) else {"$float": str(value)}
    if kind is bytes:
        return {"$bytes": _base64(value)}
    if kind is list:
        return [encode(each) for each in value]
    if kind is tuple:
        return {"$tuple": [encode(each) for each in value]}
    if kind in (set, frozenset):
        members = sorted(value, key=show)
        return {f"${kind.__name__}": [encode(each) for each in members]}
    if kind is dict:
        if all(type(key) is str and not key.startswith("$") for key in value):
            return {key: encode(each) for key, each in value.items()}
        return {"$dict": [[encode(key), encode(each)] for key, each in value.items()]}
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
        if array.dtype.kind in "biufcSUmM" and array.dtype.names is None:
            name = "$scalar" if isinstance(value, np.generic) else "$array"
            return {
                name: {
                    "dtype": array.dtype.str,
                    "shape": list(array.shape),
                    "data": _base64(array.tobytes()),
                }
            }
        raise TypeError(f"An array of {array.dtype} cannot be written as JSON.")
    raise TypeError(f"A value of type {kind.__name__} cannot be written as JSON.")


def decode(coded: Any) -> Any:
    """Give back what `encode` was given.

    Parameters
    ----------
    coded : object
        What `encode` gave, perhaps by way of `json.loads`.

    Returns
    -------
    object
        The value; arrays are writable.

    Raises
    ------
    ValueError
        If `encode` never gives such a thing.
    """
    if isinstance(coded, list):
        return [decode(each) for each in coded]
    if not isinstance(coded, dict):
        return coded
    if not any(key.startswith("$") for key in coded):
        return {key: decode(each) for key, each in coded.items()}
    mark: str
    inner: Any
    mark, inner = next(iter(coded.items())) if len(coded) == 1 else ("", None)
    if mark == "$float":
        return float(inner)
    if mark == "$bytes":
        return base64.b64decode(inner)
    if mark in _GROUPS:
        return _GROUPS[mark](decode(each) for each in inner)
    if mark == "$dict":
        return {decode(key): decode(each) for key, each in inner}
    if mark in ("$array", "$scalar"):
        flat = np.frombuffer(base64.b64decode(inner["data"]), np.dtype(inner["dtype"]))
        array = flat.reshape(inner["shape"]).copy()
        return array[()] if mark == "$scalar" else array
    raise ValueError(f"No value is written as {sorted(coded)}.")


_GROUPS: dict[str, Any] = {"$tuple": tuple, "$set": set, "$frozenset": frozenset}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
