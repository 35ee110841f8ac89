"""Several runs of one experiment side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def summary(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Compute mean and range over seeds of the figures that runs are compared by.

    Parameters
    ----------
    runs : sequence of dict
        The runs of a record: the one shown and `other_runs`.

    Returns
    -------
    dict
        `seeds`, and for each figure a dict with `mean`, `low` and `high`; None
        where a run does not have it.

    Examples
    --------
    >>> runs = [{"seed": s, "test": {"accuracy": a}} for s, a in ((0, 0.5), (1, 1.0))]
    >>> summary(runs)["test_accuracy"]
    {'mean': 0.75, 'low': 0.5, 'high': 1.0}
    """
    figures = {
        "test_accuracy": ("test", "accuracy"),
        "test_false_alarm_rate": ("test", "false_alarm_rate"),
        "sunset_false_alarm_rate": ("sunsets", "rate"),
        "scenes_accuracy": ("scenes", "accuracy"),
        "validation_accuracy": ("validation", "accuracy"),
    }
    found: dict[str, Any] = {"seeds": [run["seed"] for run in runs]}
    for name, (part, figure) in figures.items():
        values = [(run.get(part) or {}).get(figure) for run in runs]
        known = [value for value in values if value is not None]
        found[name] = (
            {"mean": sum(known) / len(known), "low": min(known), "high": max(known)}
            if known and len(known) == len(values)
            else None
        )
    return found
