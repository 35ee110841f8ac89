"""The one source of a lesson: MyST Markdown with solution regions, read strictly.

A lesson is ``solutions/NN_topic.md``. Its code cells are the imports that answers
need (``role: setup``), answers (a cell of an ``exercise`` with a solution region),
checks (a cell of an ``exercise`` that calls ``check``) and demonstrations (all
others). Whatever could leak a solution or lose an exercise is an error here, with
file and line.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from fire_course.lessons import regions

if TYPE_CHECKING:
    from fire_course.lessons.checks import Exercise

__all__ = ["Cell", "Lesson", "LessonError", "outline", "read", "sources"]

Role = Literal["prose", "setup", "demo", "answer", "check"]

# What a cell's block of options may say; anything else would be lost in silence.
_KEYS = {"id", "exercise", "role", "tags", "mystnb"}
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LONGEST_ID = 64  # nbformat's limit


class LessonError(ValueError):
    """A fault in a lesson's source: where it is and what to do.

    Examples
    --------
    >>> print(LessonError("10_honest_data.md", 42, "a region is not closed"))
    10_honest_data.md:42: a region is not closed
    """

    def __init__(self, path: str | Path, line: int, reason: str) -> None:
        super().__init__(f"{path}:{line}: {reason}")
        self.path = Path(path)
        self.line = line
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell of a lesson.

    Attributes
    ----------
    id : str
        The same in both notebooks, and the same at every build.
    kind : {"markdown", "code"}
    text : str
        With the solution and its markers.
    line : int
        The line of the source, from 1, where the text begins.
    exercise : str or None
        Whose answer or check it is.
    role : {"prose", "setup", "demo", "answer", "check"}
    tags : tuple of str
    function : str or None
        In an answer and a check: the name that the check hands over.
    look : mapping
        What the source says under ``mystnb``: alternative text, captions.
    """

    id: str
    kind: Literal["markdown", "code"]
    text: str
    line: int
    role: Role
    exercise: str | None = None
    tags: tuple[str, ...] = ()
    function: str | None = None
    look: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """A lesson: its cells in order, and the points of its exercises.

    Attributes
    ----------
    name : str
        Such as ``10_honest_data``.
    title : str
    path : pathlib.Path
    cells : tuple of Cell
    points : mapping
        Exercise -> points, in the order of the lesson.
    """

    name: str
    title: str
    path: Path
    cells: tuple[Cell, ...]
    points: Mapping[str, float]

    @property
    def answers(self) -> dict[str, Cell]:
        """The answer cell of each exercise, in order."""
        return self._of("answer")

    @property
    def checks(self) -> dict[str, Cell]:
        """The check cell of each exercise, in order."""
        return self._of("check")

    @property
    def setup(self) -> tuple[Cell, ...]:
        """The cells that answers rely on."""
        return tuple(cell for cell in self.cells if cell.role == "setup")

    def _of(self, role: Role) -> dict[str, Cell]:
        return {
            cell.exercise: cell
            for cell in self.cells
            if cell.role == role and cell.exercise is not None
        }


def sources(folder: str | Path = "solutions") -> list[Path]:
    """List the lessons' sources in a folder, ``NN_topic.md``, in order."""
    return sorted(Path(folder).glob("[0-9][0-9]_*.md"))


def outline(name: str, *, setup: str = "") -> Lesson:
    """Tell a lesson's exercises where its source is not at hand.

    Whoever has installed the package without the course's folder can check a
    notebook too: only ids and function names are needed to find the answers.

    Parameters
    ----------
    name : str
        Such as ``10_honest_data``.
    setup : str
        Code that the answers may rely on.

    Returns
    -------
    Lesson
        With that setup, and with empty answers and checks.
    """
    from fire_course.lessons import checks

    known = checks.exercises(name)
    roles: tuple[Role, Role] = ("answer", "check")
    first = Cell(id="setup", kind="code", text=setup, line=1, role="setup")
    cells = tuple(
        Cell(
            id=f"{exercise.name}-{role}",
            kind="code",
            text="",
            line=1,
            role=role,
            exercise=exercise.name,
            function=exercise.function,
        )
        for exercise in known
        for role in roles
    )
    return Lesson(
        name=name,
        title=name,
        path=Path(f"{name}.md"),
        cells=(first, *cells),
        points={exercise.name: exercise.points for exercise in known},
    )


def read(path: str | Path, *, exercises: Iterable[Exercise] | None = None) -> Lesson:
    """Read a lesson's source.

    Parameters
    ----------
    path : str or path
        ``solutions/NN_topic.md``.
    exercises : iterable of Exercise, optional
        What the lesson must hold, exactly; if missing, what
        ``fire_course.lessons.checks`` has for a lesson of this name.

    Returns
    -------
    Lesson

    Raises
    ------
    LessonError
        With file, line and what to do: for a region that is nested, unclosed or
        outside an answer, an exercise or id that is there twice, a missing check, a
        check that is not in ``checks/`` or an exercise there that the lesson lacks.
    """
    path = Path(path)
    reader = _Reader(path)
    title, cells = reader.cells()
    if exercises is None:
        from fire_course.lessons import checks

        try:
            exercises = checks.exercises(path.stem)
        except (KeyError, ValueError) as error:
            text = str(error.args[0] if error.args else error)
            raise LessonError(path, 1, text) from error
    points = reader.agree(cells, exercises)
    return Lesson(
        name=path.stem, title=title, path=path, cells=tuple(cells), points=points
    )


class _Reader:
    """Reads one file; keeps its path for the errors."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def error(self, line: int, reason: str) -> LessonError:
        return LessonError(self.path, line, reason)

    # ------------------------------------------------------------------ cells

    def cells(self) -> tuple[str, list[Cell]]:
        """Return the title and the cells, all rules but `agree`'s kept."""
        cells = [self.cell(*each) for each in self.raw()]
        title = re.match(r"#\s+(.+)", cells[0].text) if cells else None
        if title is None or cells[0].kind != "markdown":
            raise self.error(1, "a lesson begins with its title, `# Title`")
        self.once(cells)
        return title[1].strip(), self.paired(cells)

    def raw(self) -> Iterable[tuple[str, str, int, dict[str, Any]]]:
        """Give each cell's kind, text, line and options, as jupytext sees them."""
        from jupytext.myst import (  # type: ignore[import-untyped]
            MystMetadataParsingError,
            myst_to_notebook,
        )

        text = self.path.read_text(encoding="utf-8")
        rows = text.split("\n")
        try:
            notebook = myst_to_notebook(text, add_source_map=True)
        except MystMetadataParsingError as error:
            place = re.search(r"at line (\d+)", str(error))
            line = int(place[1]) if place else 1
            reason = f"a cell's options are no YAML: {' '.join(str(error).split())}"
            raise self.error(line, reason) from error
        starts = notebook.metadata["source_map"]
        for cell, start in zip(notebook.cells, starts, strict=True):
            if cell.cell_type == "code":
                line = start + 1 + _options(rows, start)
                self.fences(cell.source, line)
            elif cell.cell_type == "markdown":
                blanks = next(n for n, row in enumerate(rows[start:]) if row.strip())
                line = start + blanks + 1
                self.lost_cells(cell.source, line)
            else:
                raise self.error(start, "a raw cell has no place in a lesson")
            yield cell.cell_type, cell.source, line, dict(cell.metadata)
        if notebook.cells and notebook.cells[-1].cell_type == "code":
            last = next(row for row in reversed(rows) if row.strip())
            if not re.fullmatch(r"\s*(`{3,}|~{3,})\s*", last):
                raise self.error(starts[-1], "a code cell is not closed: add ```")

    def fences(self, text: str, line: int) -> None:
        for number, row in enumerate(text.split("\n")):
            if re.match(r"\s*(```|~~~)", row):
                raise self.error(
                    line + number, "a fence inside code: is the cell before it closed?"
                )

    def lost_cells(self, text: str, line: int) -> None:
        for number, row in enumerate(text.split("\n")):
            if re.match(r"[\s>:*-]*(`{3,}|~{3,}|:{3,})\s*\{code", row):
                raise self.error(
                    line + number,
                    "this is no code cell: write ```{code-cell} python at the margin",
                )

    def cell(self, kind: str, text: str, line: int, options: dict[str, Any]) -> Cell:
        unknown = sorted(set(options) - _KEYS)
        if unknown:
            raise self.error(
                line,
                f"a cell has no option {unknown[0]!r}; there are "
                + ", ".join(sorted(_KEYS)),
            )
        if not text.strip():
            raise self.error(line, "a cell is empty: remove it")
        try:
            found = regions.find(text)
        except regions.RegionError as error:
            raise self.error(line + error.line, error.reason) from error
        exercise = options.get("exercise")
        if exercise is not None and not _NAME.fullmatch(str(exercise)):
            raise self.error(
                line,
                f"{exercise!r} is no name of an exercise: use small letters, digits "
                "and hyphens",
            )
        if kind == "markdown":
            if found:
                raise self.error(
                    line + found[0][0],
                    "a solution region stands outside an answer cell: a text cannot "
                    "hold one",
                )
            role: Role = "prose"
            given = options.get("role", role)
            handed = None
        else:
            tree = self.parsed(text, line)
            self.parsed(regions.blank(text), line, "without its solution ")
            given = options.get("role")
            role, handed = self.role(tree, line, exercise, given, found)
        if given not in (None, role):
            raise self.error(line, f"a cell with role {given!r} is a cell of {role!r}")
        own = f"{exercise}-{role}" if role in ("answer", "check") else None
        name = str(options.get("id", own or _slug(text, kind)))
        if own is not None and name != own:
            raise self.error(line, f"this cell must have the id {own}")
        if len(name) > _LONGEST_ID or not re.fullmatch(r"[A-Za-z0-9_-]+", name):
            raise self.error(
                line,
                f"{name!r} is no id: use up to {_LONGEST_ID} letters, digits, - and _",
            )
        return Cell(
            id=name,
            kind="markdown" if kind == "markdown" else "code",
            text=text,
            line=line,
            role=role,
            exercise=exercise,
            tags=tuple(options.get("tags", ())),
            function=handed,
            look=options.get("mystnb", {}),
        )

    def role(
        self,
        tree: ast.Module,
        line: int,
        exercise: str | None,
        given: str | None,
        found: list[tuple[int, int]],
    ) -> tuple[Role, str | None]:
        """Tell a code cell's role by what it holds."""
        calls = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "check"
        ]
        if found:
            if exercise is None or given not in (None, "answer") or calls:
                raise self.error(
                    line + found[0][0],
                    "a solution region stands outside an answer cell: give the cell "
                    "its `exercise:`, and the check a cell of its own",
                )
            return "answer", None
        if calls:
            (call, *more) = calls
            if exercise is None or more or len(tree.body) != 1:
                raise self.error(
                    line,
                    "a check stands alone in a cell with its `exercise:`",
                )
            names = [ast.unparse(each) for each in call.args]
            plain = len(call.args) == 2 and isinstance(call.args[1], ast.Name)
            if not plain or names[0] != repr(exercise) or call.keywords:
                raise self.error(
                    line, f'write check("{exercise}", NAME_OF_THE_ANSWER) here'
                )
            return "check", names[1]
        if given in ("setup", "demo"):
            return ("setup" if given == "setup" else "demo"), None
        if exercise is not None:
            raise self.error(
                line,
                f"this cell of {exercise} has neither a solution region nor a check; "
                "leave `exercise:` out or say `role: demo`",
            )
        return "demo", None

    def parsed(self, text: str, line: int, how: str = "") -> ast.Module:
        try:
            return ast.parse(_without_magics(text))
        except SyntaxError as error:
            raise self.error(
                line + (error.lineno or 1) - 1,
                f"the code {how}is no Python: {error.msg}",
            ) from error

    # -------------------------------------------------------- the cells together

    def once(self, cells: list[Cell]) -> None:
        """Every id, and every answer and check of an exercise, is there once."""
        seen: dict[str, Cell] = {}
        for cell in cells:
            if cell.id not in seen:
                seen[cell.id] = cell
                continue
            first = seen[cell.id].line
            if cell.role in ("answer", "check"):
                raise self.error(
                    cell.line,
                    f"the {cell.role} of {cell.exercise} is there twice; the first "
                    f"stands in line {first}",
                )
            raise self.error(
                cell.line,
                f"two cells have the id {cell.id}, the first in line {first}: give "
                "this one another `id:`",
            )

    def paired(self, cells: list[Cell]) -> list[Cell]:
        """Every answer has its check after it; both know the answer's name."""
        place = {cell.id: number for number, cell in enumerate(cells)}
        done = []
        for number, cell in enumerate(cells):
            if cell.role == "check":
                if place.get(f"{cell.exercise}-answer", number) >= number:
                    raise self.error(
                        cell.line,
                        f"no answer to {cell.exercise} stands before its check",
                    )
            elif cell.role == "answer":
                other = place.get(f"{cell.exercise}-check")
                if other is None:
                    raise self.error(
                        cell.line,
                        f"the check of {cell.exercise} is missing: add a cell with "
                        f'check("{cell.exercise}", ...)',
                    )
                name = cells[other].function
                if name not in _defined(cell.text):
                    raise self.error(
                        cells[other].line,
                        f"the check takes {name}, which the answer in line {cell.line} "
                        "does not define",
                    )
                cell = replace(cell, function=name)
            done.append(cell)
        return done

    def agree(
        self, cells: list[Cell], exercises: Iterable[Exercise]
    ) -> dict[str, float]:
        """The lesson has the exercises of `checks`, all of them and no others."""
        known = {exercise.name: exercise for exercise in exercises}
        points = {}
        for cell in cells:
            if cell.role != "answer" or cell.exercise is None:
                continue
            exercise = known.pop(cell.exercise, None)
            if exercise is None:
                raise self.error(
                    cell.line,
                    f"fire_course/lessons/checks has no exercise {cell.exercise} for "
                    f"{self.path.stem}: add it there",
                )
            if exercise.function != cell.function:
                raise self.error(
                    cell.line,
                    f"{cell.exercise} asks for {exercise.function} in checks/ and for "
                    f"{cell.function} here",
                )
            points[cell.exercise] = exercise.points
        if known:
            raise self.error(
                1,
                f"the lesson lacks {', '.join(known)}, which "
                "fire_course/lessons/checks has",
            )
        return points


def _options(rows: list[str], start: int) -> int:
    """Count the lines between a cell's fence and its text."""
    count = 0
    block = rows[start:]
    if block and block[0].startswith("---"):
        count = 2 + next(n for n, row in enumerate(block[1:]) if row.startswith("---"))
    else:
        while count < len(block) and block[count].lstrip().startswith(":"):
            count += 1
    if count < len(block) and not block[count].strip():
        count += 1
    return count


def _slug(text: str, kind: str) -> str:
    """Derive an id from a cell's first line, so that no other cell can change it."""
    first = next(row.strip() for row in text.split("\n") if row.strip())
    words = re.sub(r"[^a-z0-9]+", "-", first.lower()).strip("-")
    prefix = "text" if kind == "markdown" else "code"
    if words and len(words) <= 40:
        return f"{prefix}-{words}"
    digest = hashlib.sha256(first.encode()).hexdigest()[:8]
    return "-".join(part for part in (prefix, words[:31].strip("-"), digest) if part)


def _without_magics(text: str) -> str:
    """Make IPython's lines Python: ``%pip ...`` becomes ``pass``."""
    return re.sub(r"^(\s*)[%!].*$", r"\1pass", text, flags=re.M)


def _defined(text: str) -> set[str]:
    return {
        node.name
        for node in ast.parse(_without_magics(text)).body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    }
