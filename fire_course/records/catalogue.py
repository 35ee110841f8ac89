"""Every recorded experiment by name, of whatever kind."""

from __future__ import annotations

from fire_course.records.experiments import EXPERIMENTS, Experiment
from fire_course.records.plans import PLANS, Plan


def names() -> list[str]:
    """List the names of all experiments: those on fire, then the others.

    Examples
    --------
    >>> names()[-3:]
    ['cifar10-cnn', 'cats-dogs-sweep', 'homework-cnn']
    """
    return [*EXPERIMENTS, *PLANS]


def get(name: str) -> Experiment | Plan:
    """Look an experiment up by name.

    Raises
    ------
    ValueError
        If there is none of that name; the message names what there is.

    Examples
    --------
    >>> get("fire-cnn-photos").epochs
    14
    >>> get("fire-cnn")
    Traceback (most recent call last):
    ValueError: no experiment is called 'fire-cnn'; there are: fire-cnn-photos, ...
    """
    if name in EXPERIMENTS:
        return EXPERIMENTS[name]
    if name in PLANS:
        return PLANS[name]
    raise ValueError(
        f"no experiment is called {name!r}; there are: {', '.join(names())}"
    )
