"""Keep ready-made answers out of reach: by a masked copy, and by reading.

The copy of ``fire_course`` that a sandbox gets has neither the checks nor the graders
nor the solutions, and the functions that an exercise asks for are emptied in it: what
is not there cannot be called. Functions of other packages are masked when they are
imported (`fire_course.lessons.inside`); `uses` finds both in an answer's code.
"""

from __future__ import annotations

import ast
import compileall
import importlib
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

__all__ = ["copy_package", "uses"]

# What a kernel needs of this folder; no check, no grader, no expected value.
_KEPT = ("asking.py", "canonical.py", "inside.py", "lockdown.py")

# In a notebook that is graded, a call of `check` does nothing.
_INIT = '''"""Lessons, as a graded notebook sees them."""


def check(*args, **kwargs):
    """Do nothing: the grader checks."""


def hint(*args, **kwargs):
    """Do nothing: hints are for learning."""
'''


def copy_package(own: Iterable[str], target: Path) -> Path:
    """Copy ``fire_course`` without its checks and with some functions emptied.

    Parameters
    ----------
    own : iterable of str
        Dotted names of functions, classes or methods to empty; those of other
        packages are left to `fire_course.lessons.inside.mask`.
    target : pathlib.Path
        Folder to make; the package lies in it as ``fire_course``.

    Returns
    -------
    pathlib.Path
        `target`.

    Raises
    ------
    ValueError
        If the package has no function of such a name.
    """
    import fire_course

    source = Path(fire_course.__file__).resolve().parent
    copied = target / "fire_course"
    leave = shutil.ignore_patterns("__pycache__", "lessons", "cli", "records")
    shutil.copytree(source, copied, ignore=leave)
    (copied / "lessons").mkdir()
    for name in _KEPT:
        shutil.copyfile(source / "lessons" / name, copied / "lessons" / name)
    (copied / "lessons" / "__init__.py").write_text(_INIT, encoding="utf-8")
    for dotted in dict.fromkeys(own):
        if dotted.partition(".")[0] == "fire_course":
            _empty(copied, dotted)
    # Compiled here: the room cannot write, and compiling anew costs each kernel time.
    compileall.compile_dir(copied, quiet=2)
    return target


def _empty(package: Path, dotted: str) -> None:
    parts = dotted.split(".")[1:]
    for cut in range(len(parts), -1, -1):
        stem = package.joinpath(*parts[:cut])
        for file in (stem.with_suffix(".py"), stem / "__init__.py"):
            if file.is_file() and parts[cut:] and _empty_in(file, parts[cut:]):
                return
    defined = _defined_as(dotted)
    if defined is None or defined == dotted:
        raise ValueError(f"an exercise masks {dotted}, which the package does not have")
    _empty(package, defined)


def _defined_as(dotted: str) -> str | None:
    """Resolve a name that a package only hands on to where it is defined."""
    module, _, name = dotted.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError):
        return None
    return f"{found.__module__}.{found.__qualname__}"


def _empty_in(file: Path, names: Sequence[str]) -> bool:
    """Replace a function's body, or every method's of a class, in a file."""
    text = file.read_text(encoding="utf-8")
    body: list[ast.stmt] = ast.parse(text).body
    found: ast.stmt | None = None
    for name in names:
        # The last one counts, as in Python: those before it are overloads.
        same = [each for each in body if getattr(each, "name", "") == name]
        found = same[-1] if same else None
        if found is None:
            return False
        body = getattr(found, "body", [])
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    inner = [each for each in body if isinstance(each, functions)]
    wanted = [found] if isinstance(found, functions) else inner
    lines = text.split("\n")
    for function in sorted(wanted, key=lambda each: -each.lineno):
        first = function.body[0]
        start, end = first.lineno - 1, function.end_lineno or first.lineno
        indent = " " * (function.col_offset + 4)
        lines[start:end] = [
            f"{indent}from fire_course.lessons.inside import MaskedError",
            f"{indent}raise MaskedError({function.name!r})",
        ]
    file.write_text("\n".join(lines), encoding="utf-8")
    return bool(wanted)


def uses(code: str, own: Iterable[str]) -> list[str]:
    r"""Find the ready-made answers that a piece of code uses, under any alias.

    An import alone is no use. What hides the name from reading (``exec``, an
    assembled string) is left to the mask.

    Parameters
    ----------
    code : str
        Python.
    own : iterable of str
        Dotted names.

    Returns
    -------
    list of str
        Those used, in the order of `own`.

    Examples
    --------
    >>> uses("from sklearn import metrics as m\nm.f1_score([1], [1])",
    ...      ["sklearn.metrics.f1_score"])
    ['sklearn.metrics.f1_score']
    >>> uses("def f1_score(a): return a\nf1_score(1)", ["sklearn.metrics.f1_score"])
    []
    """
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    names: dict[str, str] = {}  # what a name here stands for
    for _ in range(3):  # an alias of an alias of an alias is enough
        before = len(names)
        for node in ast.walk(tree):
            names.update(_bound(node, names))
        if len(names) == before:
            break
    used = {
        found
        for node in ast.walk(tree)
        if isinstance(node, (ast.Name, ast.Attribute, ast.Call))
        and not isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del))
        for found in [_dotted(node, names)]
        if found
    }
    return [each for each in dict.fromkeys(own) if each in used]


def _bound(node: ast.AST, names: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Give the names that a statement binds to something imported."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            whole = alias.name if alias.asname else alias.name.partition(".")[0]
            yield alias.asname or whole, whole
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        for alias in node.names:
            yield alias.asname or alias.name, f"{node.module}.{alias.name}"
    elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)):
        value = _dotted(node.value, names) if node.value is not None else None
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            if value and isinstance(target, ast.Name):
                yield target.id, value


def _dotted(node: ast.AST, names: dict[str, str]) -> str | None:
    """Resolve ``m.f``, ``getattr(m, "f")`` and ``import_module("m")`` to one name."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        base = _dotted(node.value, names)
        return f"{base}.{node.attr}" if base else None
    if isinstance(node, ast.Call):
        called = _dotted(node.func, names) or getattr(node.func, "id", "")
        words = [
            each.value
            for each in node.args
            if isinstance(each, ast.Constant) and isinstance(each.value, str)
        ]
        if called == "getattr" and len(node.args) > 1 and words:
            base = _dotted(node.args[0], names)
            return f"{base}.{words[0]}" if base else None
        if called in ("__import__", "importlib.import_module") and words:
            return words[0]
    return None
