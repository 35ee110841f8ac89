"""Prepare a lesson for grading: draw the cases, note the mistakes, run the reference.

Done once a lesson and class. The cases are drawn here, outside the sandbox, from the
secret seed; of the seed itself nothing goes further.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

__all__ = [
    "GradeError",
    "checks_beside",
    "describe",
    "digest",
    "prepare",
    "seed_number",
]


class GradeError(RuntimeError):
    """Nothing can be graded, in one sentence."""


def seed_number(seed: str) -> int:
    """Turn a seed, any text, into the number that the cases are drawn from.

    Examples
    --------
    >>> seed_number("a") != seed_number("b")
    True
    """
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:16], "big")


def digest() -> str:
    """Return a digest of the package's own programs, the checks among them."""
    import fire_course

    root = Path(fire_course.__file__).resolve().parent
    total = hashlib.sha256(fire_course.__version__.encode())
    for file in sorted(root.rglob("*.py")):
        total.update(file.relative_to(root).as_posix().encode() + b"\0")
        total.update(file.read_bytes())
    return total.hexdigest()


def prepare(source: Path, seed: str) -> dict[str, Any]:
    """Read a lesson, draw its cases and work out what each known mistake answers.

    It runs in a process of its own, because checks may import TensorFlow and the
    grader stays light.

    Parameters
    ----------
    source : pathlib.Path
        ``solutions/NN_topic.md``.
    seed : str
        The secret seed.

    Returns
    -------
    dict
        JSON-ready: the lesson, and for each exercise its cases and texts.

    Raises
    ------
    GradeError
        If the lesson cannot be read.
    """
    run = subprocess.run(
        [sys.executable, "-m", "fire_course.lessons.preparing", str(source)],
        input=seed,
        capture_output=True,
        text=True,
    )
    if run.returncode:
        last = (run.stderr.strip().splitlines() or ["it ended without a word"])[-1]
        raise GradeError(f"{source.name} cannot be graded: {last}")
    return dict(json.loads(run.stdout.splitlines()[-1]))


def checks_beside(source: Path) -> Path:
    """Return where the checks of a teacher's own lesson are looked for.

    Examples
    --------
    >>> checks_beside(Path("mine/20_smoke.md")).name
    '20_smoke_checks.py'
    """
    return source.with_name(f"{source.stem}_checks.py")


def _load(file: Path) -> Any:
    """Import a file of checks that is in no package, and give its exercises."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise GradeError(f"{file} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.EXERCISES


def describe(source: Path, seed: str) -> dict[str, Any]:
    """Do the work of `prepare`, in this process."""
    from fire_course.lessons import checks
    from fire_course.lessons.recover import own_answers
    from fire_course.lessons.source import read

    own = checks_beside(source)
    exercises = _load(own) if own.is_file() else checks.exercises(source.stem)
    lesson = read(source, exercises=exercises)
    number = seed_number(seed)
    known = {each.name: each for each in exercises}
    plan = {}
    for name in lesson.points:
        plan[name] = _plan(known[name], number)
    kept = ("answer", "check", "setup")
    cells = [
        {
            "id": cell.id,
            "kind": cell.kind,
            "text": cell.text if cell.role == "setup" else "",
            "line": cell.line,
            "role": cell.role,
            "exercise": cell.exercise,
            "function": cell.function,
        }
        for cell in lesson.cells
        if cell.role in kept
    ]
    return {
        "lesson": {
            "name": lesson.name,
            "title": lesson.title,
            "points": dict(lesson.points),
            "cells": cells,
        },
        "solutions": own_answers(lesson),
        "setup": [cell.text for cell in lesson.setup],
        "plan": plan,
        "heavy": _heavy(lesson, plan),
    }


def _plan(exercise: Any, seed: int) -> dict[str, Any]:
    from fire_course.lessons.asking import PLAYED, obtain
    from fire_course.lessons.canonical import encode

    cases = exercise.draw(seed)
    played = PLAYED.get(exercise.ask, ())
    mistakes = [
        {
            "name": mistake.name,
            "explain": mistake.explain,
            "lines": [
                obtain(mistake.answer, case).text(digits=exercise.digits)
                for case in cases
            ],
        }
        for mistake in exercise.mistakes
    ]
    return {
        "function": exercise.function,
        "task": exercise.task,
        "points": exercise.points,
        "ask": exercise.ask,
        "digits": exercise.digits,
        "own": list(exercise.own),
        "cases": [encode(case) for case in cases],
        "calls": [exercise.asked(case) for case in cases],
        "arguments": [name for name in cases[0] if name not in played],
        "oracle": [exercise.right(case).text(digits=exercise.digits) for case in cases],
        "mistakes": mistakes,
    }


def _heavy(lesson: Any, plan: dict[str, Any]) -> bool:
    """Tell whether answers need TensorFlow, which takes its time and memory."""
    if any(each["ask"] in ("model", "callback") for each in plan.values()):
        return True
    code = "\n".join(cell.text for cell in lesson.cells if cell.role == "setup")
    return any(word in code for word in ("keras", "tensorflow", "fire_course.models"))


if __name__ == "__main__":
    answer = json.dumps(describe(Path(sys.argv[1]), sys.stdin.read()))
    sys.stdout.write("\n" + answer + "\n")
