"""Write a lesson's two notebooks from its one source.

The solution is executed here, by a real kernel in an empty folder; the exercise has
stubs in place of solutions and no outputs. Both are the same text at every build, so
that a stale one shows without executing anything.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from fire_course import __version__
from fire_course.lessons import regions
from fire_course.lessons.source import Cell, Lesson, LessonError, read, sources

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from fire_course.lessons.checks import Exercise

__all__ = ["Built", "build", "environment", "notebook", "repository"]

Kind = Literal["solution", "exercise"]

CELL_SECONDS = 300
"""A cell may take this long to execute; a whole lesson should take a minute."""

# Every cell of both notebooks that no author writes.
_INSTALL_ID = "install"
_INSTALL = """\
# Where the course's package is missing, in Colab say, this installs it.
import importlib.util

if importlib.util.find_spec("fire_course") is None:
    %pip install --quiet "fire-course @ git+{url}"
    importlib.invalidate_caches()
    if importlib.util.find_spec("fire_course") is None:
        raise ImportError("The course could not be installed; pip says why, above.")\
"""

# How a page of the book shows a solution's cells: what is folded, and under what words.
_FOLDS = {
    "answer": ("hide-input", "Show a solution"),
    "check": ("hide-output", "Show the verdict"),
    "demo": ("hide-output", "Show what it prints"),
}

# What the kernels find in their environment: the processor, one look, no colours.
_ENVIRONMENT = {
    "COLUMNS": "80",
    "CUDA_VISIBLE_DEVICES": "-1",
    "KERAS_BACKEND": "tensorflow",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "NO_COLOR": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # ipykernel's debugger talks on stderr
    "PYTHONHASHSEED": "0",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}


@dataclass(frozen=True)
class Built:
    """What became of one notebook.

    Attributes
    ----------
    path : pathlib.Path
    state : {"fresh", "written", "stale"}
    reason : str
        Why it is stale, or was written.
    """

    path: Path
    state: Literal["fresh", "written", "stale"]
    reason: str = ""


def build(
    folder: str | Path = ".",
    *,
    check: bool = False,
    only: Iterable[str] | None = None,
    exercises: Mapping[str, Iterable[Exercise]] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Built]:
    """Write ``solutions/NN.ipynb`` and ``exercises/NN.ipynb`` of every lesson.

    A solution is executed only if its code, the checks or the package's version have
    changed since; a changed text keeps the outputs.

    Parameters
    ----------
    folder : str or path
        The course: it holds ``solutions`` and ``_config.yml``.
    check : bool
        Write and execute nothing, only find out what is stale.
    only : iterable of str, optional
        Names of lessons; all of them if missing.
    exercises : mapping, optional
        Lesson -> its exercises; if missing, those of ``fire_course.lessons.checks``.
    progress : callable, optional
        ``progress(done, total)`` of the lessons.

    Returns
    -------
    list of Built
        Two a lesson.

    Raises
    ------
    LessonError
        If a source is faulty, or its solution fails, talks on stderr or does not pass
        its own check: with file and line.
    """
    folder = Path(folder)
    paths = sources(folder / "solutions")
    if only is not None:
        wanted = list(only)
        names = {path.stem: path for path in paths}
        if unknown := sorted(set(wanted) - set(names)):
            raise ValueError(
                f"there is no lesson {unknown[0]}, only {', '.join(names) or 'none'}"
            )
        paths = [names[name] for name in wanted]
    if not paths:
        raise FileNotFoundError(
            2, "holds no lessons (NN_topic.md), name the course's folder",
            str(folder / "solutions"),
        )  # fmt: skip
    url = repository(folder)
    results = []
    for done, path in enumerate(paths):
        if progress:
            progress(done, len(paths))
        own = None if exercises is None else exercises[path.stem]
        lesson = read(path, exercises=own)
        results += _build(lesson, folder, url, check=check)
    if progress:
        progress(len(paths), len(paths))
    return results


def repository(folder: str | Path) -> str:
    """Read the course's address, which stands in ``_config.yml`` and nowhere else."""
    import yaml  # type: ignore[import-untyped]

    path = Path(folder) / "_config.yml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    try:
        return str(settings["repository"]["url"]).rstrip("/")
    except (KeyError, TypeError) as error:
        raise ValueError(
            f"{path}: name the course's address, repository: url:"
        ) from error


def notebook(lesson: Lesson, kind: Kind, *, url: str) -> NotebookNode:
    """Make one of a lesson's notebooks, not executed.

    Parameters
    ----------
    lesson : Lesson
    kind : {"solution", "exercise"}
    url : str
        The course's address, for the cell that installs the package.

    Returns
    -------
    nbformat.NotebookNode
        Valid for Jupyter, Colab and nbgrader.
    """
    from nbformat import v4

    first, *others = lesson.cells
    install = Cell(
        id=_INSTALL_ID,
        kind="code",
        text=_INSTALL.format(url=url),
        line=1,
        role="setup",
        tags=("hide-input",),
    )
    cells = [_cell(each, lesson, kind) for each in (first, install, *others)]
    metadata = {
        "kernelspec": {
            "display_name": "Python 3",
            "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python", "file_extension": ".py"},
        "fire_course": {"lesson": lesson.name, "kind": kind},
    }
    if kind == "solution":
        metadata["fire_course"]["code"] = _digest(lesson)
    return v4.new_notebook(cells=cells, metadata=metadata)


def environment(folder: str | Path, scratch: str | Path) -> dict[str, str]:
    """Return what a lesson's kernel finds in its environment.

    Parameters
    ----------
    folder : str or path
        The course, whose embedded data it may read.
    scratch : str or path
        An empty folder for whatever the kernel writes.
    """
    # Nobody's own start-up files, packages or photographs.
    dropped = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTEST_CURRENT_TEST")
    kept = {key: value for key, value in os.environ.items() if key not in dropped}
    return kept | _ENVIRONMENT | {
        "FIRE_COURSE_DATA": str(Path(folder).resolve() / "datasets"),
        "IPYTHONDIR": str(scratch),
    }  # fmt: skip


# ------------------------------------------------------------------- the cells


def _cell(cell: Cell, lesson: Lesson, kind: Kind) -> NotebookNode:
    from nbformat import v4

    text, tags = cell.text, list(cell.tags)
    metadata: dict[str, Any] = {}
    if kind == "exercise" and cell.role == "answer":
        text = regions.blank(text)
    if kind == "solution":
        if cell is lesson.cells[0]:
            text = re.sub(r"\A(#\s+.*)", r"\1: solutions", text)
        # The book folds what gives an answer away.
        if cell.role in _FOLDS and not any("hide" in tag for tag in tags):
            tag, words = _FOLDS[cell.role]
            tags.append(tag)
            metadata["mystnb"] = {"code_prompt_show": words}
        if cell.look:
            metadata["mystnb"] = metadata.get("mystnb", {}) | dict(cell.look)
    if tags:
        metadata["tags"] = tags
    if cell.role in ("answer", "check", "setup"):
        metadata["nbgrader"] = _nbgrader(cell, lesson)
        if kind == "exercise":
            metadata["deletable"] = False
            metadata["editable"] = cell.role == "answer"
    make = v4.new_markdown_cell if cell.kind == "markdown" else v4.new_code_cell
    return make(text, id=cell.id, metadata=metadata)


def _nbgrader(cell: Cell, lesson: Lesson) -> dict[str, Any]:
    """Describe a cell as nbgrader's third schema wants it."""
    facts = {
        "schema_version": 3,
        "grade_id": cell.id,
        "grade": cell.role == "check",
        "solution": cell.role == "answer",
        "locked": cell.role != "answer",
        "task": False,
    }
    if cell.role == "check" and cell.exercise is not None:
        points = lesson.points[cell.exercise]
        facts["points"] = int(points) if points == int(points) else points
    return facts


def _digest(lesson: Lesson) -> str:
    """Digest all that a solution's outputs depend on but the rest of the package.

    The tests compare the outputs themselves (nbval), so a change elsewhere that
    matters is found there.
    """
    digest = hashlib.sha256(__version__.encode())
    for cell in lesson.cells:
        if cell.kind == "code":
            digest.update(f"\0{cell.id}\0{cell.text}".encode())
    for path in _check_files(lesson.name):
        digest.update(f"\0{path.name}\0{path.read_text(encoding='utf-8')}".encode())
    return digest.hexdigest()[:16]


def _check_files(name: str) -> list[Path]:
    """List the files that a lesson's checks consist of."""
    here = Path(__file__).parent
    general = [here / "asking.py", here / "canonical.py"]
    checks = sorted((here / "checks").glob("*.py"))
    # __init__ lists all lessons: a new one must not make the others stale.
    wanted = {"exercise", "verdict", f"ch{name}"}
    return general + [path for path in checks if path.stem in wanted]


# ---------------------------------------------------------------------- a lesson


def _build(lesson: Lesson, folder: Path, url: str, *, check: bool) -> list[Built]:
    """Bring a lesson's two notebooks up to date, or say which is stale."""
    if any(cell.id == _INSTALL_ID for cell in lesson.cells):
        raise LessonError(lesson.path, 1, f"the id {_INSTALL_ID} is taken: use another")
    results = []
    for kind in _KINDS:
        path = folder / f"{kind}s" / f"{lesson.name}.ipynb"
        wanted = notebook(lesson, kind, url=url)
        found = _existing(path)
        reason = _difference(found, wanted)
        if not reason:
            results.append(Built(path, "fresh"))
        elif check:
            results.append(Built(path, "stale", reason))
        else:
            if kind == "solution" and not _reuse(found, wanted):
                _execute(wanted, lesson, folder)
            _write(path, wanted)
            results.append(Built(path, "written", reason))
    return results


_KINDS: tuple[Kind, Kind] = ("solution", "exercise")


def _existing(path: Path) -> NotebookNode | None:
    import nbformat

    try:
        return nbformat.from_dict(nbformat.read(path, as_version=nbformat.NO_CONVERT))
    except (OSError, ValueError, AttributeError, KeyError):
        return None


def _write(path: Path, document: NotebookNode) -> None:
    import nbformat

    from fire_course.files import write_text

    nbformat.validate(document)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, nbformat.writes(document).rstrip("\n") + "\n")


def _difference(found: NotebookNode | None, wanted: NotebookNode) -> str:
    """Say why a notebook is not what the source makes; "" if it is."""
    if found is None:
        return "it is missing or no notebook"
    if wanted.metadata != found.get("metadata"):
        changed = found.get("metadata", {}).get("fire_course")
        if changed != wanted.metadata.fire_course:
            return "the lesson's code, its checks or the version have changed"
        return "its metadata were edited"
    theirs = {cell.get("id"): cell for cell in found.get("cells", [])}
    for cell in wanted.cells:
        other = theirs.get(cell.id)
        if other is None:
            return f"the cell {cell.id} is missing"
        if _bare(other) != _bare(cell):
            return f"the cell {cell.id} has changed"
    if [cell.id for cell in wanted.cells] != [cell.id for cell in found.cells]:
        return "it has other cells than the source, or in another order"
    if (found.nbformat, found.nbformat_minor) != (
        wanted.nbformat,
        wanted.nbformat_minor,
    ):
        return "it has another notebook format"
    solution = wanted.metadata.fire_course.kind == "solution"
    for cell in found.cells:
        if cell.cell_type != "code":
            continue
        if solution and cell.execution_count is None:
            return f"the cell {cell.id} was not executed"
        if not solution and (cell.outputs or cell.execution_count is not None):
            return f"the cell {cell.id} has outputs"
    return ""


def _bare(cell: NotebookNode) -> dict[str, Any]:
    return {k: v for k, v in cell.items() if k not in ("outputs", "execution_count")}


def _reuse(found: NotebookNode | None, wanted: NotebookNode) -> bool:
    """Take over the outputs of a solution whose code has not changed."""
    if found is None or found.get("metadata", {}).get("fire_course") != (
        wanted.metadata.fire_course
    ):
        return False
    theirs = {cell.get("id"): cell for cell in found.cells}
    for cell in wanted.cells:
        if cell.cell_type != "code":
            continue
        other = theirs.get(cell.id)
        if other is None or other.get("source") != cell.source:
            return False
        if other.get("execution_count") is None:
            return False
        cell.outputs = other.outputs
        cell.execution_count = other.execution_count
    return True


# --------------------------------------------------------------------- execution


def _execute(document: NotebookNode, lesson: Lesson, folder: Path) -> None:
    """Run a solution in a kernel of its own; every fault names its line."""
    from nbclient import NotebookClient
    from nbclient.exceptions import (
        CellExecutionError,
        CellTimeoutError,
        DeadKernelError,
    )

    metadata = document.metadata.copy()
    # Kept here: a kernel that dies may not have told that it began the cell.
    begun: list[NotebookNode] = []
    with tempfile.TemporaryDirectory() as scratch:
        client = NotebookClient(
            document,
            timeout=CELL_SECONDS,
            kernel_name="python3",
            resources={"metadata": {"path": scratch}},
            record_timing=False,
            coalesce_streams=True,
            store_widget_state=False,
            on_cell_execute=lambda cell, cell_index: begun.append(cell),
        )
        # IPython's own files stay out of the folder that the cells see.
        with tempfile.TemporaryDirectory() as profile:
            # Or the kernel warns that it talks to this process without encryption.
            settings = Path(profile, "profile_default", "ipython_kernel_config.py")
            settings.parent.mkdir()
            settings.write_text("c.IPKernelApp.log_level = 40\n")
            try:
                client.execute(env=environment(folder, profile))
            except CellExecutionError as error:
                reason = f"a cell fails: {error.ename}: {error.evalue}"
                raise _fault(begun, lesson, reason) from error
            except CellTimeoutError as error:
                reason = f"a cell takes longer than {CELL_SECONDS} s"
                raise _fault(begun, lesson, reason) from error
            except DeadKernelError as error:
                raise _fault(begun, lesson, "the kernel died") from error
    document.metadata = metadata  # without the version of this machine's Python
    _inspect(document, lesson)


def _fault(begun: list[NotebookNode], lesson: Lesson, reason: str) -> LessonError:
    """Blame the last cell that was begun."""
    return LessonError(lesson.path, _line(lesson, begun[-1:]), reason)


def _line(lesson: Lesson, cells: list[NotebookNode]) -> int:
    lines = {cell.id: cell.line for cell in lesson.cells}
    return lines.get(cells[0].id, 1) if cells else 1


def _inspect(document: NotebookNode, lesson: Lesson) -> None:
    """Refuse outputs that no lesson may have."""
    checks = {cell.id: cell.exercise for cell in lesson.checks.values()}
    for cell in document.cells:
        if cell.cell_type != "code":
            continue
        for output in cell.outputs:
            output.pop("transient", None)
            if output.get("name") == "stderr":
                words = " ".join(str(output.text).split())[:200]
                raise LessonError(
                    lesson.path, _line(lesson, [cell]), f"it talks on stderr: {words}"
                )
        if cell.id in checks:
            text = "\n".join(
                str(output.get("data", {}).get("text/plain", ""))
                for output in cell.outputs
            )
            if not text.startswith(f"{checks[cell.id]}: passed"):
                raise LessonError(
                    lesson.path,
                    _line(lesson, [cell]),
                    f"the solution does not pass its own check: {' '.join(text.split())}",
                )
