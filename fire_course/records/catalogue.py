"""Every recorded experiment by name, of whatever kind."""

from __future__ import annotations

from fire_course.records.experiments import EXPERIMENTS, Experiment
from fire_course.records.plans import PLANS, Plan
from fire_course.records.transfers import TRANSFERS


def names() -> list[str]:
    """List the names of all experiments: on fire from scratch, others, transfer.

    Examples
    --------
    >>> names()[-3:]
    ['clothing-mobilenet', 'mountain-forest', 'fire-mobilenet']
    """
    return [*EXPERIMENTS, *PLANS, *TRANSFERS]


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
    if name in TRANSFERS:
        return TRANSFERS[name]
    raise ValueError(
        f"no experiment is called {name!r}; there are: {', '.join(names())}"
    )
