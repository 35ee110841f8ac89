"""Find what a class has handed in: ``<learner>/<notebook>.ipynb``, trusting no name.

A name is shown escaped and never becomes part of a path; a link is not followed, and
nothing but a regular file of a sane size is read.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Submission", "find", "file_name", "shown"]

LARGEST = 20_000_000  # bytes, as in fire_course.lessons.recover
_MOST = 200  # notebooks that are looked at in one learner's folder


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What a learner has handed in for a lesson.

    Attributes
    ----------
    learner, notebook : str
        Escaped names, to be shown.
    key : str
        A name for files: 16 hexadecimal digits of learner and lesson.
    lesson : str
    content : bytes or None
        The notebook; None where there is a `problem`.
    problem : str or None
        Why there is nothing to grade.
    notes : tuple of str
        What else the teacher should know.
    """

    learner: str
    lesson: str
    key: str
    notebook: str = ""
    content: bytes | None = None
    problem: str | None = None
    notes: tuple[str, ...] = ()


def shown(name: str) -> str:
    r"""Escape what a terminal, a table or a page could take for something else.

    Examples
    --------
    >>> print(shown("Zoë\n=cmd"))
    Zoë\n=cmd
    """
    text = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name)
    return text if len(text) <= 100 else text[:97] + "..."


def file_name(name: str) -> str:
    """Make a name for a file out of any text; different texts give different names.

    Examples
    --------
    >>> file_name("anna")
    'anna'
    >>> file_name("../Anna")[:5], file_name("../Anna") == file_name("..Anna")
    ('Anna-', False)
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", plain).strip("-_")[:40]
    if plain == name and plain == plain.lower():
        return plain
    raw = name.encode("utf-8", "surrogateescape")
    return f"{plain or 'learner'}-{hashlib.sha256(raw).hexdigest()[:8]}"


def find(
    folder: Path, lessons: Sequence[str], *, skip: Path, others: Sequence[str] = ()
) -> list[Submission]:
    """List what is there to be graded, a row a learner and lesson.

    Parameters
    ----------
    folder : pathlib.Path
        Holds one folder a learner.
    lessons : sequence of str
        Names of lessons; a notebook belongs to the one whose name or number its own
        begins with, or to the only one.
    skip : pathlib.Path
        The folder of results, should it lie among them.
    others : sequence of str, optional
        Names of lessons that are not asked for now; their notebooks are left alone.

    Returns
    -------
    list of Submission
        By learner, then lesson. A lesson that nobody has handed in is left out.
    """
    found: list[Submission] = []
    for entry in _entries(folder):
        inside = Path(entry.path)
        if inside.absolute() == skip.absolute() or _is_a_tools(entry):
            continue
        if entry.is_symlink():
            found += [
                _problem(entry.name, lesson, "The learner's folder is a link.")
                for lesson in lessons
            ]
        elif entry.is_dir(follow_symlinks=False):
            found += _learner(entry.name, inside, lessons, others)
    handed_in = {each.lesson for each in found if each.problem is None}
    handed_in = handed_in or {each.lesson for each in found if each.notebook}
    return [each for each in found if each.lesson in handed_in or len(lessons) == 1]


def _is_a_tools(entry: os.DirEntry[str]) -> bool:
    """Tell a folder of git's, say, from one of a learner with a strange name."""
    if not entry.name.startswith(".") or entry.is_symlink():
        return False
    with contextlib.suppress(OSError):
        return not any(Path(entry.path).glob("*.ipynb"))
    return True


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: os.fsencode(entry.name))


def _problem(learner: str, lesson: str, problem: str, notebook: str = "") -> Submission:
    return Submission(
        learner=shown(learner),
        lesson=lesson,
        key=_key(learner, lesson),
        notebook=shown(notebook),
        problem=problem,
    )


def _key(learner: str, lesson: str) -> str:
    raw = os.fsencode(learner) + b"\0" + lesson.encode()
    return hashlib.sha256(raw).hexdigest()[:16]


def _learner(
    learner: str, folder: Path, lessons: Sequence[str], others: Sequence[str]
) -> list[Submission]:
    names: dict[str, list[str]] = {lesson: [] for lesson in lessons}
    strange: list[str] = []
    try:
        entries = [
            e.name for e in _entries(folder) if e.name.lower().endswith(".ipynb")
        ]
    except OSError:
        return [_problem(learner, x, "The folder cannot be read.") for x in lessons]
    for name in entries[:_MOST]:
        lesson = _lesson_of(name, [*lessons, *others])
        if lesson is None and len(lessons) == 1:
            lesson = lessons[0]
        if lesson is None:
            strange.append(name)
        elif lesson in names:
            names[lesson].append(name)
    found = []
    for lesson, candidates in names.items():
        # One of exactly the lesson's name comes first, then the last by name.
        candidates.sort(key=lambda each: (each == f"{lesson}.ipynb", each))
        notes = [f"{shown(each)} was not graded." for each in candidates[:-1]]
        if not candidates:
            notes = [f"{shown(each)} is of no known lesson." for each in strange[:3]]
            words = " ".join(["No notebook was handed in.", *notes])
            found.append(_problem(learner, lesson, words))
            continue
        name = candidates[-1]
        content, problem = _read(folder, name)
        found.append(
            Submission(
                learner=shown(learner),
                lesson=lesson,
                key=_key(learner, lesson),
                notebook=shown(name),
                content=content,
                problem=problem,
                notes=tuple(notes),
            )
        )
    return found


def _lesson_of(name: str, lessons: Sequence[str]) -> str | None:
    stem = name[: -len(".ipynb")].casefold().replace("-", "_").replace(" ", "_")
    for lesson in lessons:
        if stem.startswith(lesson.casefold()):
            return lesson
    for lesson in lessons:
        number = lesson.partition("_")[0]
        if re.match(rf"0*{re.escape(number.lstrip('0') or '0')}(?!\d)", stem):
            return lesson
    return None


def _read(folder: Path, name: str) -> tuple[bytes | None, str | None]:
    """Read a regular file, never by way of a link, and never wait for a pipe."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        if (folder / name).is_symlink():
            return None, "The notebook is a link: hand in the file itself."
        descriptor = os.open(folder / name, flags)
    except OSError as error:
        return None, f"The notebook cannot be opened ({error.strerror})."
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            return None, "The notebook is no file."
        if facts.st_size > LARGEST:
            size = LARGEST // 1_000_000
            return None, f"The notebook is larger than {size} MB: clear its outputs."
        with os.fdopen(os.dup(descriptor), "rb") as stream:
            content = stream.read(LARGEST + 1)
    except OSError as error:
        return None, f"The notebook cannot be read ({error.strerror})."
    finally:
        with contextlib.suppress(OSError):
            os.close(descriptor)
    if not content.strip():
        return None, "The notebook is empty."
    return content, None
