"""Find a learner's answers in a notebook that may be broken, edited or hostile.

Nothing here executes anything. Of a submission only the answers are taken, and what
they need of the learner's own imports, functions, classes and constants; tags,
markers, metadata, outputs and all other statements stay behind.
"""

from __future__ import annotations

import ast
import builtins
import json
import re
import symtable
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from fire_course.lessons import regions
from fire_course.lessons.source import Cell, Lesson

__all__ = [
    "LARGEST",
    "Recovered",
    "SubmissionError",
    "lesson_name",
    "own_answers",
    "own_setup",
    "recover",
]

LARGEST = 20_000_000
"""Bytes of a notebook. An exercise without outputs has some 20,000; one with a few
hundred figures stays below this."""

_LONGEST_CELL = 200_000
_LONGEST_CODE = 2_000_000
"""Characters of a cell, and of all cells, that are parsed: Python's parser takes about
100 bytes of memory for each, and nobody writes so much by hand."""

_MOST_HELPERS = 200
"""Names of other cells that one answer may need; each is looked up in turn."""

# Cell magics whose cell still is Python.
_TRANSPARENT = re.compile(r"\s*%%(time|timeit|capture|prun)\b")

_BUILTINS = frozenset(dir(builtins)) | {"__name__", "__file__"}

# Calls that make a constant and do nothing else.
_HARMLESS = {
    "bool", "bytes", "complex", "dict", "float", "frozenset", "int", "list", "range",
    "set", "slice", "str", "tuple", "np.arange", "np.array", "np.asarray", "np.eye",
    "np.float32", "np.full", "np.linspace", "np.ones", "np.sqrt", "np.uint8",
    "np.zeros", "re.compile", "Path", "import_keras", "quiet.import_keras",
}  # fmt: skip


class SubmissionError(ValueError):
    """A file that cannot be read as a Python notebook, in one sentence."""


@dataclass(frozen=True)
class Recovered:
    """What was found of the answer to one exercise.

    Attributes
    ----------
    code : str
        The answer with all that it needs of the learner's own; empty if missing.
    how : {"id", "function", "missing"}
        By what the answer was found.
    problems : tuple of str
        What a learner or teacher should know, in sentences.
    """

    code: str
    how: Literal["id", "function", "missing"]
    problems: tuple[str, ...] = ()


def recover(notebook: str | Path, lesson: Lesson) -> dict[str, Recovered]:
    """Find the answers of a submitted notebook.

    An answer is looked for by its cell's id, then by its function's name; the last
    cell that does more than the stub wins.

    Parameters
    ----------
    notebook : str or path
        A notebook of format 3 or 4.
    lesson : Lesson
        Whose exercises to look for.

    Returns
    -------
    dict
        Exercise -> `Recovered`, in the order of the lesson.

    Raises
    ------
    SubmissionError
        If the file is too large, no JSON, no notebook or in another language.
    """
    path = Path(notebook)
    found = list(_cells(path))
    if sum(len(cell.text) for cell in found) > _LONGEST_CODE:
        raise SubmissionError(
            f"{path.name}: holds more than {_LONGEST_CODE // 1_000_000} MB of code, "
            "hand in the answers only"
        )
    return _all(lesson, found)


def own_answers(lesson: Lesson) -> dict[str, str]:
    """Give a lesson's own answers, each with what it needs of the others.

    Parameters
    ----------
    lesson : Lesson
        As `source.read` gives it.

    Returns
    -------
    dict
        Exercise -> code, in the order of the lesson.
    """
    cells = [_Code((cell.id,), cell.text) for cell in lesson.answers.values()]
    return {name: found.code for name, found in _all(lesson, cells).items()}


def _all(lesson: Lesson, found: list[_Code]) -> dict[str, Recovered]:
    cells = [_parsed(cell) for cell in found]
    asked = {cell.function for cell in lesson.answers.values() if cell.function}
    given = {name for cell in lesson.setup for name in _bound_by(cell.text)}
    return {
        exercise: _recover(cell, cells, asked, given)
        for exercise, cell in lesson.answers.items()
    }


def lesson_name(notebook: str | Path) -> str:
    """Tell which lesson a notebook belongs to.

    Parameters
    ----------
    notebook : str or path
        An exercise; its metadata say it, or else its name, ``10_honest_data (1).ipynb``
        too.

    Returns
    -------
    str

    Raises
    ------
    SubmissionError
        If neither says it, or see `recover`.
    """
    from fire_course.lessons import checks

    path = Path(notebook)
    metadata = _document(path).get("metadata")
    facts = metadata.get("fire_course") if isinstance(metadata, dict) else None
    said = facts.get("lesson") if isinstance(facts, dict) else None
    if isinstance(said, str) and said in checks.LESSONS:
        return said
    found = [name for name in checks.LESSONS if name in path.name]
    if len(found) != 1:
        raise SubmissionError(
            f"{path.name}: does not say which lesson it is, name it: --lesson, one of "
            + ", ".join(checks.LESSONS)
        )
    return found[0]


def own_setup(notebook: str | Path) -> str:
    """Return the code of a notebook's setup cells, for who checks a notebook of theirs.

    A grader takes the setup of the lesson instead.
    """
    found = (
        cell
        for cell in map(_parsed, _cells(Path(notebook)))
        if any(name == "setup" or name.startswith("setup-") for name in cell.ids)
    )
    return "\n\n".join(part.text for cell in found for part in cell.parts)


# -------------------------------------------------------------------- the file


class _Code(NamedTuple):
    """A code cell of a submission: all ids that it carries, and its Python."""

    ids: tuple[str, ...]  # the best one first
    text: str
    parts: tuple[_Part, ...] = ()
    problem: str | None = None


class _Part(NamedTuple):
    """A statement at the top level of a cell, with its lines as they are written."""

    node: ast.stmt
    text: str
    names: frozenset[str]


def _cells(path: Path) -> Iterator[_Code]:
    document = _document(path)
    worksheets = document.get("worksheets")
    lists = (
        [sheet.get("cells") for sheet in worksheets if isinstance(sheet, dict)]
        if isinstance(worksheets, list)
        else [document.get("cells")]
    )
    for cell in (cell for cells in lists if isinstance(cells, list) for cell in cells):
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        if str(cell.get("language", "python")).lower() not in _PYTHON:
            continue
        text = cell.get("source", cell.get("input", ""))
        if isinstance(text, list):
            text = "".join(row for row in text if isinstance(row, str))
        if isinstance(text, str):
            # Half a surrogate pair is no text that could be written again.
            text = text.encode("utf-8", "replace").decode("utf-8")
            yield _Code(_ids(cell), text)


def _document(path: Path) -> dict[str, Any]:
    """Read the file; refuse whatever is no notebook in Python."""
    name = path.name
    if not path.is_file():
        raise SubmissionError(f"{name}: there is no such file, give a notebook's path")
    with path.open("rb") as stream:
        content = stream.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise SubmissionError(
            f"{name}: is larger than {LARGEST // 1_000_000} MB, clear its outputs and "
            "save it again"
        )
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise SubmissionError(
            f"{name}: is no valid JSON and so no notebook, save it again in Jupyter"
        ) from error
    version = document.get("nbformat") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not (
        isinstance(document.get("cells"), list)
        or isinstance(document.get("worksheets"), list)
    ):
        raise SubmissionError(f"{name}: is no notebook, it has no list of cells")
    if version not in (3, 4):
        shown = str(version)[:20]
        raise SubmissionError(
            f"{name}: has notebook format {shown}, save it as format 4 in Jupyter"
        )
    language = _language(document)
    if language not in _PYTHON:
        raise SubmissionError(
            f"{name}: is written in {language[:20]}, the answers must be Python"
        )
    return document


_PYTHON = {"python", "python3", "ipython"}


def _language(document: dict[str, Any]) -> str:
    """Return the language that a notebook says it is in; Python if it says none."""
    metadata = document.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    for holder, key in (("language_info", "name"), ("kernelspec", "language")):
        facts = metadata.get(holder)
        if isinstance(facts, dict) and isinstance(facts.get(key), str):
            return facts[key].lower()
    return "python"


def _ids(cell: dict[str, Any]) -> tuple[str, ...]:
    """Return a cell's ids: the format's own, nbgrader's, Colab's."""
    metadata = cell.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    nbgrader = metadata.get("nbgrader")
    nbgrader = nbgrader if isinstance(nbgrader, dict) else {}
    found = (cell.get("id"), nbgrader.get("grade_id"), metadata.get("id"))
    return tuple(each if isinstance(each, str) else "" for each in found)


# ------------------------------------------------------------------- the Python


def _parsed(cell: _Code) -> _Code:
    """Cut a cell into statements; without magics where it is no Python with them."""
    text = regions.unmark(cell.text.replace("\r\n", "\n").replace("\r", "\n"))
    if len(text) > _LONGEST_CELL:
        return _Code(cell.ids, "", problem="the cell is too long to be an answer")
    tree = _tree(text)
    if isinstance(tree, str):
        first, _, rest = text.lstrip().partition("\n")
        if _TRANSPARENT.match(first):
            text = rest
        elif first.startswith("%%"):
            return _Code(cell.ids, text, problem="the cell is no Python")
        text = without_magics(text)
        tree = _tree(text)
    if isinstance(tree, str):
        return _Code(cell.ids, text, problem=f"the cell is no Python: {tree}")
    rows = text.split("\n")
    parts = [
        _Part(node, _lines(rows, node), frozenset(_bound(node))) for node in tree.body
    ]
    return _Code(cell.ids, text, tuple(parts))


def without_magics(text: str) -> str:
    r"""Put ``pass`` in place of IPython's own lines.

    Examples
    --------
    >>> print(without_magics("%matplotlib inline\nif True:\n    !ls\nf?\nx = 1"))
    pass
    if True:
        pass
    pass
    x = 1
    """
    text = re.sub(r"^([ \t]*)[%!?].*$", r"\1pass", text, flags=re.M)
    text = re.sub(r"^([ \t]*)[\w.]+[ \t]*\?{1,2}[ \t]*$", r"\1pass", text, flags=re.M)
    return re.sub(r"^([ \t]*)\w+[ \t]*=[ \t]*[%!].*$", r"\1pass", text, flags=re.M)


def _tree(text: str) -> ast.Module | str:
    """Parse, or say why not."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a learner's escapes, say
            return ast.parse(text)
    except SyntaxError as error:
        return f"{error.msg} (line {error.lineno})"
    except (ValueError, RecursionError, MemoryError) as error:
        return " ".join(str(error).split()) or type(error).__name__


def _lines(rows: list[str], node: ast.stmt) -> str:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
        return "\n".join(rows[first - 1 : node.end_lineno])
    # As ast.get_source_segment does, without cutting the cell anew each time.
    block = rows[node.lineno - 1 : node.end_lineno]
    block[-1] = block[-1].encode()[: node.end_col_offset].decode()
    block[0] = block[0].encode()[node.col_offset :].decode()
    return "\n".join(block)


def _bound(node: ast.stmt) -> Iterator[str]:
    """Give the names that a statement binds at the top level of its cell."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        for alias in node.names:
            yield alias.asname or alias.name.split(".")[0]
    elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            for each in ast.walk(target):
                if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
                    yield each.id


def _bound_by(text: str) -> set[str]:
    tree = _tree(without_magics(text))
    if isinstance(tree, str):
        return set()
    return {name for node in tree.body for name in _bound(node)}


# ------------------------------------------------------------------- the answer


def _recover(
    wanted: Cell, cells: list[_Code], asked: set[str], given: set[str]
) -> Recovered:
    """Find one answer."""
    function = wanted.function or ""
    own = _by_id(wanted.id, function, cells)
    if own is not None and any(
        function in part.names and not _is_stub(part.node) for part in own.parts
    ):
        return _with_needs(_kept(own), own, cells, given, how="id")
    by_name = [
        (cell, part)
        for cell in cells
        for part in cell.parts
        if function in part.names and _is_function(part.node) and cell is not own
    ]
    by_name.sort(key=lambda found: not _is_stub(found[1].node))  # stable: the last wins
    if by_name and not _is_stub(by_name[-1][1].node):
        cell, part = by_name[-1]
        return _with_needs([part], cell, cells, given, how="function")
    if own is not None:
        return _changed(own, function, cells, asked, given)
    if by_name:  # a stub that lost its id
        cell, part = by_name[-1]
        return _with_needs([part], cell, cells, given, how="function")
    return Recovered(
        "",
        "missing",
        (f"No cell has the id {wanted.id} and none defines {function}.",),
    )


def _changed(
    own: _Code, function: str, cells: list[_Code], asked: set[str], given: set[str]
) -> Recovered:
    """Take an answer's cell in which the function is a stub, renamed or broken."""
    if any(function in part.names for part in own.parts):
        return _with_needs(_kept(own), own, cells, given, how="id")
    if own.problem:
        return Recovered(own.text, "id", (_sentence(own.problem),))
    names = [
        name
        for part in own.parts
        if isinstance(part.node, (ast.FunctionDef, ast.ClassDef))
        for name in part.names
        if name not in asked
    ]
    if len(names) == 1:
        found = _with_needs(_kept(own), own, cells, given, how="id")
        note = f"The answer defines {names[0]}, taken for {function}."
        code = f"{found.code}\n\n{function} = {names[0]}"
        return Recovered(code, "id", (note, *found.problems))
    return Recovered("", "missing", (f"The answer's cell does not define {function}.",))


def _by_id(wanted: str, function: str, cells: list[_Code]) -> _Code | None:
    """Choose the cell with an id: a copied cell shares all but the format's own."""
    for kind in range(3):
        found = [
            cell for cell in cells if len(cell.ids) > kind and cell.ids[kind] == wanted
        ]
        found.sort(key=lambda cell: any(function in part.names for part in cell.parts))
        if found:
            return found[-1]
    return None


def _kept(cell: _Code) -> list[_Part]:
    """Leave out an answer cell's trials: prints, asserts and calls on their own."""
    trials = (ast.Expr, ast.Assert, ast.Raise, ast.Delete, ast.Pass)
    return [part for part in cell.parts if not isinstance(part.node, trials)]


def _with_needs(
    parts: list[_Part],
    home: _Code,
    cells: list[_Code],
    given: set[str],
    *,
    how: Literal["id", "function"],
) -> Recovered:
    """Add what an answer needs of the learner's other cells, and of theirs."""
    providers = [part for cell in cells for part in cell.parts if _is_provider(part)]
    # The last one wins, if it is more than a stub.
    by_name = {
        name: part
        for part in sorted(providers, key=lambda part: not _is_stub(part.node))
        for name in part.names
    }
    helpers: list[_Part] = []
    bound = {name for part in parts for name in part.names}
    missing: set[str] = set()
    needed = _free("\n".join(part.text for part in parts))
    while needed and len(helpers) < _MOST_HELPERS:
        name = min(needed)
        found = by_name.get(name)
        shadow = (
            name in _BUILTINS and found is not None and not _is_function(found.node)
        )
        if found is None or shadow or found in parts:
            missing.add(name)
        else:
            helpers.append(_only(found, name))
            bound |= helpers[-1].names
            needed |= _free(helpers[-1].text)
        needed -= bound | missing
    place = {id(part.node): number for number, part in enumerate(providers)}
    helpers.sort(key=lambda part: place[id(part.node)])
    unknown = sorted(missing - _BUILTINS - given)
    if unknown:  # perhaps out of `from module import *`
        stars = [part for part in providers if "*" in part.names]
        helpers = stars + helpers
        unknown = [] if stars else unknown
    problems = [
        f"The answer uses {name}, which is neither imported nor defined as a function "
        "or a constant."
        for name in unknown
    ]
    # In the answer's own order, helpers first: what runs when a function is defined
    # (a decorator, a default) finds its names.
    ordered = dict.fromkeys(part.text for part in [*helpers, *parts])
    return Recovered("\n\n".join(ordered), how, tuple(problems))


def _only(part: _Part, name: str) -> _Part:
    """Take of an import the one name that is needed."""
    node = part.node
    if not isinstance(node, (ast.Import, ast.ImportFrom)):
        return part
    wanted = [
        alias
        for alias in node.names
        if (alias.asname or alias.name.split(".")[0]) == name
    ]
    names = ", ".join(ast.unparse(alias) for alias in wanted)
    if isinstance(node, ast.ImportFrom):
        names = f"from {'.' * node.level}{node.module or ''} import {names}"
    else:
        names = f"import {names}"
    return _Part(node, names, frozenset({name}))


def _free(code: str) -> set[str]:
    """Return the names that code looks up outside of itself."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            top = symtable.symtable(code, "answer", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    bound = {
        symbol.get_name()
        for symbol in top.get_symbols()
        if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()
    }
    used = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_referenced()}
    tables = list(top.get_children())
    while tables:
        table = tables.pop()
        tables.extend(table.get_children())
        used |= {
            symbol.get_name()
            for symbol in table.get_symbols()
            if symbol.is_global() and symbol.is_referenced()
        }
    return used - bound


def _is_function(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign):
        return isinstance(node.value, ast.Lambda)
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))


def _is_stub(node: ast.stmt) -> bool:
    """Tell whether a function only says that it is not written yet."""
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return False
    body = [
        each
        for each in node.body
        if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
    ]
    if len(body) != 1 or not isinstance(body[0], ast.Raise):
        return False
    raised = body[0].exc
    raised = raised.func if isinstance(raised, ast.Call) else raised
    return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"


def _is_provider(part: _Part) -> bool:
    """Tell what may be taken along: imports, functions, classes, plain constants."""
    node = part.node
    if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
        "fire_course.lessons"
    ):
        return False  # an answer does not check itself
    if isinstance(node, (ast.Import, ast.ImportFrom)) or _is_function(node):
        return True
    if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = all(isinstance(target, (ast.Name, ast.Tuple)) for target in targets)
        return names and _is_constant(node.value)
    return False


def _is_constant(value: ast.expr) -> bool:
    """Tell whether an expression only makes a value: nothing runs that can do harm."""
    allowed = (
        ast.Constant, ast.Name, ast.Attribute, ast.Tuple, ast.List, ast.Set, ast.Dict,
        ast.UnaryOp, ast.BinOp, ast.Compare, ast.BoolOp, ast.IfExp, ast.Subscript,
        ast.Slice, ast.Starred, ast.Call, ast.keyword, ast.operator, ast.unaryop,
        ast.boolop, ast.cmpop, ast.expr_context,
    )  # fmt: skip
    return all(
        isinstance(each, allowed)
        and (not isinstance(each, ast.Call) or _dotted(each.func) in _HARMLESS)
        for each in ast.walk(value)
    )


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        owner = _dotted(node.value)
        owner = "np" if owner == "numpy" else owner
        return f"{owner}.{node.attr}" if owner else ""
    return node.id if isinstance(node, ast.Name) else ""


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."
