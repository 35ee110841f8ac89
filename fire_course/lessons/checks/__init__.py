"""The exercises of all lessons, and the two calls that a notebook makes.

Examples
--------
>>> check("labels-from-scores", lambda scores, threshold: scores > threshold).state
'not yet'
"""

from __future__ import annotations

import collections
import difflib
import importlib
import os
from typing import Any

from fire_course.lessons.checks.exercise import PUBLIC_SEED, Exercise, Mistake
from fire_course.lessons.checks.verdict import Verdict, Words

__all__ = [
    "LESSONS",
    "PUBLIC_SEED",
    "Exercise",
    "Mistake",
    "Verdict",
    "check",
    "exercises",
    "get",
    "hint",
]

LESSONS: dict[str, str] = {
    "01_images": "fire_course.lessons.checks.ch01_images",
    "02_convolution": "fire_course.lessons.checks.ch02_convolution",
    "03_output_size": "fire_course.lessons.checks.ch03_output_size",
    "04_layers": "fire_course.lessons.checks.ch04_layers",
    "05_first_cnn": "fire_course.lessons.checks.ch05_first_cnn",
    "06_cats_or_dogs": "fire_course.lessons.checks.ch06_cats_or_dogs",
    "07_out_of_the_box": "fire_course.lessons.checks.ch07_out_of_the_box",
    "08_transfer_recipe": "fire_course.lessons.checks.ch08_transfer_recipe",
    "09_mountains_or_forests": "fire_course.lessons.checks.ch09_mountains_or_forests",
    "10_honest_data": "fire_course.lessons.checks.ch10_honest_data",
    "11_fire_cnn": "fire_course.lessons.checks.ch11_fire_cnn",
    "15_watching_cameras": "fire_course.lessons.checks.ch15_watching_cameras",
    "16_shipping_it": "fire_course.lessons.checks.ch16_shipping_it",
}
"""The module of each lesson; it has a tuple `EXERCISES`, in the lesson's order."""

_HINTS_GIVEN: collections.Counter[str] = collections.Counter()


def exercises(lesson: str) -> tuple[Exercise, ...]:
    """Give the exercises of a lesson, in its order.

    Parameters
    ----------
    lesson : str
        Such as "11_fire_cnn".

    Returns
    -------
    tuple of Exercise

    Raises
    ------
    KeyError
        If no lesson is called so.

    Examples
    --------
    >>> [exercise.name for exercise in exercises("11_fire_cnn")][0]
    'build-fire-cnn'
    """
    if lesson not in LESSONS:
        raise _unknown("lesson", lesson, LESSONS)
    found: tuple[Exercise, ...] = importlib.import_module(LESSONS[lesson]).EXERCISES
    return found


def get(name: str) -> Exercise:
    """Give an exercise by its name.

    Parameters
    ----------
    name : str
        Such as "f1-from-counts".

    Returns
    -------
    Exercise

    Raises
    ------
    KeyError
        If no exercise is called so.
    """
    every = {each.name: each for lesson in LESSONS for each in exercises(lesson)}
    if name not in every:
        raise _unknown("exercise", name, every)
    return every[name]


def check(name: str, answer: Any, *, seed: int = PUBLIC_SEED) -> Verdict:
    """Check an answer: passed, not yet, or not attempted.

    Where nbgrader runs the notebook, to grade or to validate it, an answer that does
    not pass raises: nbgrader takes every cell without an error for right.

    Parameters
    ----------
    name : str
        Of the exercise.
    answer : callable
        The function that you wrote, without brackets.
    seed : int, optional
        Other seeds try other inputs.

    Returns
    -------
    Verdict
        With the input that failed, what came, what was expected, and the likely
        mistake where it is a known one.

    Raises
    ------
    AssertionError
        With the verdict's words, where nbgrader runs the notebook and the answer does
        not pass.

    Examples
    --------
    >>> def f1_from_counts(tp, fp, fn):
    ...     raise NotImplementedError
    >>> check("f1-from-counts", f1_from_counts).state
    'not attempted'
    """
    try:
        exercise = get(name)
    except KeyError as error:
        verdict = Verdict(str(name)[:60], "not yet", error.args[0])
    else:
        verdict = exercise.check(answer, seed=seed)
    if os.environ.get("NBGRADER_EXECUTION") and not verdict.passed:
        raise AssertionError(str(verdict))
    return verdict


def hint(name: str) -> Words:
    """Give the next hint of an exercise.

    Parameters
    ----------
    name : str
        Of the exercise.

    Returns
    -------
    str
        A hint; after the last one, that there are no more.

    Examples
    --------
    >>> hint("turning-epoch")[:9]
    'Hint 1 of'
    """
    try:
        exercise = get(name)
    except KeyError as error:
        return Words(error.args[0])
    given, count = _HINTS_GIVEN[name], len(exercise.hints)
    if given >= count:
        return Words(
            f"There are no more hints to {name}. The last: {exercise.hints[-1]}"
        )
    _HINTS_GIVEN[name] += 1
    return Words(f"Hint {given + 1} of {count}: {exercise.hints[given]}")


def _unknown(what: str, name: Any, known: Any) -> KeyError:
    near = difflib.get_close_matches(str(name), known, n=3, cutoff=0.4)
    rest = (
        f"did you mean {' or '.join(near)}?"
        if near
        else f"there are {', '.join(known)}."
    )
    return KeyError(f"No {what} is called {name!r}: {rest}")
