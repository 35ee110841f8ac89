"""A list of cameras: read from CSV or YAML, every line checked."""

from __future__ import annotations

import csv
import hashlib
import io
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from importlib import import_module
from pathlib import Path
from typing import Any

from fire_course.cameras.shipped_list import TEXT
from fire_course.web import addresses

__all__ = ["Camera", "ListError", "read_list", "shipped"]

# A thousand cameras with long terms take some 300 kB.
_LARGEST = 5_000_000
_MOST = 10_000
_DAY = 86_400.0
# What an error tells of a list in which every line is wrong.
_TOLD = 5


class ListError(ValueError):
    """A list of cameras that cannot be used; one clause a problem, with its line.

    Attributes
    ----------
    problems : list of (int, str)
        Line, counted from 1, and what is wrong there; line 0 is the whole file.
    """

    def __init__(
        self, path: str | os.PathLike[str], problems: Sequence[tuple[int, str]]
    ) -> None:
        super().__init__(path, problems)  # both, so that the error can be pickled
        self.path, self.problems = os.fspath(path), list(problems)

    def __str__(self) -> str:
        told = [
            f"line {line}: {text}" if line else text
            for line, text in self.problems[:_TOLD]
        ]
        more = len(self.problems) - _TOLD
        if more > 0:
            told.append(f"and {more} more")
        return f"{self.path}: {'; '.join(told)}"


@dataclass(frozen=True, repr=False)
class Camera:
    """One public camera.

    Attributes
    ----------
    name : str
        Unique in a list.
    url : str
        Where its latest picture is. It may hold credentials: show `address`.
    place, operator, terms, credit : str
        Where it stands, who runs it, what its pictures may be used for, and the
        line to print beside them.
    minimum_interval : float
        Seconds between two requests, at least.

    Examples
    --------
    >>> Camera("hill", "http://me:secret@cam.example/now.jpg", place="Xanthi")
    Camera('hill', 'http://cam.example/now.jpg')
    """

    name: str
    url: str
    place: str = ""
    operator: str = ""
    terms: str = ""
    credit: str = ""
    minimum_interval: float = 60.0

    def __post_init__(self) -> None:
        problem = _problem(self)
        if problem is not None:
            raise ValueError(f"A camera cannot be used: {problem}.")

    def __repr__(self) -> str:
        return f"Camera({self.name!r}, {self.address!r})"

    @property
    def address(self) -> str:
        """The address without credentials, to be shown."""
        return addresses.hidden(self.url)

    @property
    def key(self) -> str:
        """A short name, fit for files, for what belongs to this camera."""
        # Not of the URL itself: who reads a short hash could try passwords on it.
        return hashlib.sha256(f"{self.name}\n{self.address}".encode()).hexdigest()[:16]

    def as_dict(self) -> dict[str, Any]:
        """Give the facts, ready for JSON, with `address` as the URL."""
        facts = {each.name: getattr(self, each.name) for each in fields(self)}
        return facts | {"url": self.address}


COLUMNS = tuple(each.name for each in fields(Camera))


def read_list(path: str | os.PathLike[str]) -> list[Camera]:
    """Read a list of cameras.

    Parameters
    ----------
    path : path
        A ``.csv`` file with a line of column names, or a ``.yaml`` or ``.yml`` file
        with a list of entries (or one under the name ``cameras``). `name` and `url`
        are needed; `place`, `operator`, `terms`, `credit` and `minimum_interval`
        (seconds, 60 if left out) are known.

    Returns
    -------
    list of Camera
        In the order of the file.

    Raises
    ------
    ListError
        If the file cannot be read, a line is wrong, or a name or an address stands
        there twice.
    """
    path = Path(path)
    rows = _yaml_rows if path.suffix.lower() in (".yaml", ".yml") else _csv_rows
    try:
        return _checked(rows(_text(path)))
    except _Wrong as error:
        raise ListError(path, error.problems) from None


def shipped() -> list[Camera]:
    """Give the cameras of ``datasets/cameras.csv``: addresses of 2021, not verified.

    Examples
    --------
    >>> len(shipped())
    10
    """
    return _checked(_csv_rows(TEXT))


class _Wrong(Exception):
    """Problems of a list whose path is not known here."""

    def __init__(self, *problems: tuple[int, str]) -> None:
        super().__init__(problems)
        self.problems = problems


def _text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            data = stream.read(_LARGEST + 1)
    except OSError as error:
        why = error.strerror or "cannot be read"
        raise _Wrong((0, f"cannot be read ({why})")) from None
    if len(data) > _LARGEST:
        raise _Wrong((0, f"is larger than {_LARGEST // 10**6} MB: no list of cameras"))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise _Wrong((line, "is not UTF-8: save the file as UTF-8")) from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise _Wrong((line, "holds a zero byte: this is no text file"))
    return text


# A line's number with the values by column that stand there.
_Row = tuple[int, Mapping[str, str]]


def _csv_rows(text: str) -> Iterator[_Row]:
    head = next((line for line in text.splitlines() if line.strip()), "")
    # Spreadsheets write semicolons where the comma is the decimal sign.
    separator = ";" if head.count(";") > head.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    columns: list[str] | None = None
    line = 1
    while True:
        try:
            values = next(reader)
        except StopIteration:
            break
        except csv.Error:
            raise _Wrong(
                (line, "has a quotation mark that is not closed or stands alone")
            ) from None
        start, line = line, reader.line_num + 1
        if not any(value.strip() for value in values):
            continue
        if columns is None:
            columns = _named([(start, value) for value in values])
        elif len(values) != len(columns):
            raise _Wrong(
                (
                    start,
                    f"has {len(values)} values for {len(columns)} columns: "
                    f"put quotation marks around a value that holds a {separator}",
                )
            )
        else:
            yield start, dict(zip(columns, values, strict=True))
    if columns is None:
        raise _Wrong((0, "is empty: begin it with a line of column names"))


def _named(found: Sequence[tuple[int, str]]) -> list[str]:
    """Bring column names to the known ones, or complain."""
    names: list[str] = []
    for line, name in found:
        known = "_".join(name.strip().lower().replace("-", " ").split())
        known = {"minimum_interval_s": "minimum_interval"}.get(known, known)
        if known not in COLUMNS:
            raise _Wrong(
                (line, f"{_short(name)} is no column: known are {', '.join(COLUMNS)}")
            )
        if known in names:
            raise _Wrong((line, f"the column {known} stands there twice"))
        names.append(known)
    return names


def _short(text: str) -> str:
    """Repeat a word of the file, unless it may be an address with a password."""
    word = text.strip()[:30]
    return repr(word) if "@" not in word and "://" not in word else "an address"


def _yaml_rows(text: str) -> Iterator[_Row]:
    yaml: Any = import_module("yaml")  # it publishes no types
    try:
        # Nodes know their lines, and composing them creates no objects.
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        # The error's own text would repeat the line, passwords included.
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 0
        problem = "tabs are not allowed" if "\\t" in str(error) else "is no valid YAML"
        raise _Wrong((line, problem)) from None
    except RecursionError:
        raise _Wrong((0, "is nested too deeply for a list of cameras")) from None
    if isinstance(root, yaml.MappingNode):
        root = next((v for k, v in root.value if k.value == "cameras"), None)
    if not isinstance(root, yaml.SequenceNode) or not root.value:
        raise _Wrong((0, "holds no list of cameras: write `- name: ...` for each"))
    for node in root.value:
        line = node.start_mark.line + 1
        if not isinstance(node, yaml.MappingNode):
            raise _Wrong((line, "is no entry: write `- name: ...` and `url: ...`"))
        entry: dict[str, str] = {}
        keys = [(k.start_mark.line + 1, str(k.value)) for k, _ in node.value]
        for name, (_, value) in zip(_named(keys), node.value, strict=True):
            if not isinstance(value, yaml.ScalarNode):
                raise _Wrong((value.start_mark.line + 1, f"{name} must be one value"))
            null = value.tag.endswith(":null")
            entry[name] = "" if null else value.value
        yield line, entry


def _checked(rows: Iterator[_Row]) -> list[Camera]:
    """Turn rows into cameras; all problems are collected before complaining."""
    cameras: list[Camera] = []
    problems: list[tuple[int, str]] = []
    names: dict[str, int] = {}
    pages: dict[tuple[object, ...], int] = {}
    try:
        for line, row in rows:
            camera = _camera(line, row, problems)
            if camera is None:
                continue
            before = names.setdefault(camera.name.casefold(), line)
            if before != line:
                problems.append((line, f"has the name of line {before}"))
            before = pages.setdefault(addresses.same_page(camera.url), line)
            if before != line:
                problems.append((line, f"has the address of line {before}"))
            cameras.append(camera)
            if len(cameras) > _MOST:
                raise _Wrong((line, f"is beyond {_MOST:,} cameras: split the list"))
    except _Wrong as error:
        problems.extend(error.problems)
    if not cameras and not problems:
        problems.append((0, "names no camera"))
    if problems:
        raise _Wrong(*problems)
    return cameras


def _camera(
    line: int, row: Mapping[str, str], problems: list[tuple[int, str]]
) -> Camera | None:
    values: dict[str, Any] = {name: value.strip() for name, value in row.items()}
    for needed in ("name", "url"):
        if not values.get(needed):
            problems.append((line, f"has no {needed}"))
            return None
    text = values.pop("minimum_interval", "")
    if text:
        try:
            values["minimum_interval"] = float(text)
        except ValueError:
            problems.append((line, "minimum_interval is no number of seconds"))
            return None
    bare = object.__new__(Camera)
    for each in fields(Camera):
        object.__setattr__(bare, each.name, values.get(each.name, each.default))
    problem = _problem(bare)
    if problem is not None:
        problems.append((line, problem))
        return None
    return bare


def _problem(camera: Camera) -> str | None:
    if not camera.name.strip():
        return "it has no name"
    for each in fields(Camera):
        value = getattr(camera, each.name)
        if each.name != "minimum_interval" and not isinstance(value, str):
            return f"its {each.name} is no text"
    if len(camera.name) > 200 or not camera.name.isprintable():
        return "the name is longer than 200 characters or not printable"
    interval = camera.minimum_interval
    if not (math.isfinite(interval) and 0 <= interval <= _DAY):
        return "minimum_interval is a number of seconds from 0 to 86400"
    return addresses.plain_problem(camera.url)
