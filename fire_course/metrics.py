"""Figures that say how good a detector is, with their uncertainty.

Fire is class 1, everything else class 0, and a picture is called fire when its
score reaches the threshold. A figure that has nothing to be computed from is
None: the recall of a data set without fires is neither 0 nor 1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "CalibrationBin",
    "Report",
    "calibration",
    "confusion",
    "expected_calibration_error",
    "f1_from_counts",
    "report",
    "roc_auc",
    "threshold_for",
    "wilson",
]

Interval = tuple[float, float]

_RESAMPLES = 2000
"""Bootstrap resamples: the ends of a 95 % interval then vary by about a tenth
of its width from seed to seed."""


@dataclass(frozen=True)
class Report:
    """How a detector did on a set of labelled pictures.

    Attributes
    ----------
    count : int
        Pictures.
    accuracy, precision, recall, f1, false_alarm_rate : float or None
        Fractions. The false-alarm rate is the share of pictures without fire
        that are called fire. None where there is nothing to divide by. With
        more than two classes precision, recall and F1 are means over the
        classes that occur, and there is no false-alarm rate.
    confusion : list of list of int
        Row: true class; column: predicted class. [[tn, fp], [fn, tp]] for two.
    threshold : float or None
        The score from which on a picture is called fire.
    intervals : dict of str to (low, high)
        95 % intervals of those of the figures above that are defined.
    categories : dict of str to dict, optional
        For each category: "count", how many of them are fires ("positives"),
        how many were called fire ("flagged"), the share of these ("rate") and
        its 95 % "interval".

    See Also
    --------
    report : Makes one from labels and scores.
    """

    count: int
    accuracy: float | None
    precision: float | None
    recall: float | None
    f1: float | None
    false_alarm_rate: float | None
    confusion: list[list[int]]
    threshold: float | None
    intervals: dict[str, Interval] = field(default_factory=dict)
    categories: dict[str, dict[str, Any]] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Give plain numbers, lists and dicts, ready for JSON.

        Returns
        -------
        dict
            The attributes by name; "categories" only if there are any.
        """
        values: dict[str, Any] = {
            "count": self.count,
            "accuracy": self.accuracy,
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "false_alarm_rate": self.false_alarm_rate,
            "confusion": [list(row) for row in self.confusion],
            "threshold": self.threshold,
            "intervals": {name: list(ends) for name, ends in self.intervals.items()},
        }
        if self.categories is not None:
            values["categories"] = {
                name: {**row, "interval": list(row["interval"])}
                for name, row in self.categories.items()
            }
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Report:
        """Make a report of what `as_dict` gave, from a record for instance.

        Parameters
        ----------
        values : mapping
            Keys as of `as_dict`; others are left aside.

        Returns
        -------
        Report
            The report.
        """
        known = {name: values[name] for name in cls.__annotations__ if name in values}
        known["intervals"] = {
            name: (low, high)
            for name, (low, high) in (known.get("intervals") or {}).items()
        }
        return cls(**known)


@dataclass(frozen=True)
class CalibrationBin:
    """Pictures with scores in one range, and how many of them are fires.

    Attributes
    ----------
    low, high : float
        The range: low <= score < high; the last bin holds its end too.
    count : int
        Pictures in it.
    mean_score : float or None
        What the detector says on average; None for an empty bin.
    rate : float or None
        The share of fires among them; None for an empty bin.
    interval : (float, float) or None
        95 % interval of the rate.
    """

    low: float
    high: float
    count: int
    mean_score: float | None
    rate: float | None
    interval: Interval | None


def confusion(
    labels: ArrayLike, predictions: ArrayLike, classes: int = 2
) -> NDArray[np.int64]:
    """Count how often each class was taken for each.

    Parameters
    ----------
    labels, predictions : array_like of int, shape (n,)
        True and predicted class numbers.
    classes : int, optional
        Number of classes.

    Returns
    -------
    ndarray of int, shape (classes, classes)
        Row: true class; column: predicted class. For two classes
        [[tn, fp], [fn, tp]].

    Examples
    --------
    >>> confusion([0, 0, 1, 1, 1], [0, 1, 1, 1, 0]).tolist()
    [[1, 1], [1, 2]]
    """
    true = _class_numbers(labels, classes, "labels")
    predicted = _class_numbers(predictions, classes, "predictions")
    if len(true) != len(predicted):
        raise ValueError(f"{len(true)} labels but {len(predicted)} predictions")
    cells = np.bincount(true * classes + predicted, minlength=classes**2)
    return cells.astype(np.int64).reshape(classes, classes)


def f1_from_counts(tp: int, fp: int, fn: int) -> float | None:
    """Compute F1, the harmonic mean of precision and recall, from counts.

    Parameters
    ----------
    tp, fp, fn : int
        Fires found, false alarms, fires missed.

    Returns
    -------
    float or None
        2 tp / (2 tp + fp + fn); None if there was no fire to be found. It says
        nothing about the pictures that were rightly left alone.

    Examples
    --------
    >>> f1_from_counts(tp=3, fp=1, fn=1)
    0.75
    """
    if min(tp, fp, fn) < 0:
        raise ValueError(f"counts cannot be negative: tp={tp}, fp={fp}, fn={fn}")
    return _share(2 * tp, 2 * tp + fp + fn) if tp + fn else None


def wilson(successes: int, count: int, level: float = 0.95) -> Interval:
    """Compute the score interval of a proportion.

    Unlike "plus or minus two standard errors" it stays within 0 and 1, and
    does not shrink to a point when all or none succeed.

    Parameters
    ----------
    successes, count : int
        How many of how many.
    level : float, optional
        How often such intervals hold the true proportion.

    Returns
    -------
    (low, high) : tuple of float
        The interval; (0, 1) if `count` is 0.

    References
    ----------
    E. B. Wilson, "Probable inference, the law of succession, and statistical
    inference", J. Am. Stat. Assoc. 22 (1927). R. G. Newcombe, "Two-sided
    confidence intervals for the single proportion", Stat. Med. 17 (1998).

    Examples
    --------
    >>> low, high = wilson(0, 20)
    >>> round(low, 3), round(high, 3)
    (0.0, 0.161)
    """
    if not 0 <= successes <= count:
        raise ValueError(f"{successes} of {count} is no proportion")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not be {level}")
    if count == 0:
        return 0.0, 1.0
    n, p = int(count), int(successes) / int(count)
    z = NormalDist().inv_cdf((1 + level) / 2)
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    # Exact at the ends, where rounding would leave 1e-17.
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == count else centre + half
    return low, high


def report(
    labels: ArrayLike,
    scores: ArrayLike,
    *,
    threshold: float = 0.5,
    categories: Sequence[str | None] | None = None,
    seed: int = 0,
) -> Report:
    """Compare scores with labels.

    Parameters
    ----------
    labels : array_like, shape (n,)
        1 for fire, 0 for no fire; class numbers if there are more classes.
    scores : array_like, shape (n,), (n, 1) or (n, classes)
        The detector's scores: one a picture or, of more than two classes, a
        row with one for each, of which the largest counts.
    threshold : float, optional
        A picture with this score or a higher one is called fire.
    categories : sequence of str or None, optional
        What each picture shows, to count each kind apart. Pictures of no
        category (None or "") are left out of that table.
    seed : int, optional
        Of the resampling behind the intervals of mean precision, recall and
        F1, which only more than two classes need.

    Returns
    -------
    Report
        The figures.

    Notes
    -----
    Rates have Wilson intervals. F1 is 2J / (1 + J) of J = tp / (tp + fp + fn),
    a rate among the pictures that are fires or were called so, and gets the
    interval of J, transformed: it does not shrink to a point at F1 = 1 as a
    bootstrap does.

    Examples
    --------
    >>> result = report([0, 0, 0, 1, 1], [0.1, 0.2, 0.7, 0.6, 0.9])
    >>> result.accuracy, result.recall, result.false_alarm_rate == 1 / 3
    (0.8, 1.0, True)
    >>> sunsets = report([0, 0], [0.1, 0.2])
    >>> print(sunsets.recall, sunsets.f1, sunsets.false_alarm_rate)
    None None 0.0
    """
    values = _scores(scores, classes_too=True)
    if values.ndim == 2:
        if values.shape[1] == 2:
            raise ValueError("two classes need one score a picture: pass scores[:, 1]")
        if categories is not None:
            raise ValueError("categories need two classes: fire and no fire")
        return _report_of_many(labels, values, seed)
    true = _class_numbers(labels, 2, "labels")
    _same_length(true, values)
    flagged = values >= threshold
    ((tn, fp), (fn, tp)) = confusion(true, flagged).tolist()
    rates = {
        "accuracy": (tp + tn, tp + tn + fp + fn),
        "precision": (tp, tp + fp),
        "recall": (tp, tp + fn),
        "false_alarm_rate": (fp, fp + tn),
    }
    intervals = {name: wilson(*pair) for name, pair in rates.items() if pair[1]}
    f1 = f1_from_counts(tp, fp, fn)
    if f1 is not None:
        low, high = wilson(tp, tp + fp + fn)
        intervals["f1"] = 2 * low / (1 + low), 2 * high / (1 + high)
    return Report(
        count=len(true),
        **{name: _share(*pair) for name, pair in rates.items()},
        f1=f1,
        confusion=[[tn, fp], [fn, tp]],
        threshold=float(threshold),
        intervals=intervals,
        categories=None if categories is None else _by_name(categories, true, flagged),
    )


def calibration(
    labels: ArrayLike, scores: ArrayLike, bins: int = 10
) -> list[CalibrationBin]:
    """Ask whether a score of .8 means fire in 8 of 10 cases.

    Parameters
    ----------
    labels : array_like, shape (n,)
        1 for fire, 0 for no fire.
    scores : array_like, shape (n,)
        Probabilities of fire, 0 to 1.
    bins : int, optional
        Number of ranges of equal width.

    Returns
    -------
    list of CalibrationBin
        One row for each range, from low to high scores.

    Examples
    --------
    >>> row = calibration([0, 1, 1, 1], [0.8, 0.9, 0.8, 0.9], bins=2)[1]
    >>> row.count, round(row.mean_score, 2), row.rate
    (4, 0.85, 0.75)
    """
    true = _class_numbers(labels, 2, "labels")
    values = _scores(scores)
    _same_length(true, values)
    if bins < 1:
        raise ValueError(f"bins must be at least 1, not {bins}")
    if ((values < 0) | (values > 1)).any():
        raise ValueError("scores must be probabilities from 0 to 1, not logits")
    edges = np.linspace(0, 1, bins + 1)
    place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, bins - 1)
    rows = []
    for index in range(bins):
        inside = place == index
        count, fires = int(inside.sum()), int(true[inside].sum())
        rows.append(
            CalibrationBin(
                low=float(edges[index]),
                high=float(edges[index + 1]),
                count=count,
                mean_score=float(values[inside].mean()) if count else None,
                rate=_share(fires, count),
                interval=wilson(fires, count) if count else None,
            )
        )
    return rows


def expected_calibration_error(
    labels: ArrayLike, scores: ArrayLike, bins: int = 10
) -> float | None:
    """Compute how far scores are from the share of fires, on average.

    Parameters
    ----------
    labels, scores : array_like, shape (n,)
        As of `calibration`.
    bins : int, optional
        Number of ranges; the result depends on it.

    Returns
    -------
    float or None
        Mean over the pictures of their bin's |mean score - rate|; None
        without pictures.

    Examples
    --------
    >>> round(expected_calibration_error([0, 1, 1, 1], [0.8, 0.9, 0.8, 0.9]), 2)
    0.2
    """
    rows = calibration(labels, scores, bins)
    total = sum(row.count for row in rows)
    if total == 0:
        return None
    return math.fsum(
        row.count / total * abs(row.mean_score - row.rate)
        for row in rows
        if row.mean_score is not None and row.rate is not None
    )


def threshold_for(
    labels: ArrayLike, scores: ArrayLike, *, max_false_alarm_rate: float
) -> float:
    """Choose the threshold that finds most fires within a false-alarm budget.

    Parameters
    ----------
    labels : array_like, shape (n,)
        1 for fire, 0 for no fire. Take a validation set: on the pictures that
        chose it the threshold looks better than it is.
    scores : array_like, shape (n,)
        The detector's scores.
    max_false_alarm_rate : float
        Share of the pictures without fire that may be called fire, 0 to 1.

    Returns
    -------
    float
        Every lower threshold that changes a decision on a picture without
        fire exceeds the budget. It lies halfway between two scores that occur,
        so that rounding it a little changes nothing; it is the lowest score if
        everything may be called fire, and just above the highest if nothing
        can be without exceeding the budget.

    Examples
    --------
    >>> labels, scores = [0, 0, 0, 0, 1, 1], [0.1, 0.2, 0.3, 0.8, 0.6, 0.9]
    >>> round(threshold_for(labels, scores, max_false_alarm_rate=0.25), 2)
    0.45
    >>> round(threshold_for(labels, scores, max_false_alarm_rate=0), 2)
    0.85
    """
    true = _class_numbers(labels, 2, "labels")
    values = _scores(scores)
    _same_length(true, values)
    if not 0 <= max_false_alarm_rate <= 1:
        raise ValueError(
            f"max_false_alarm_rate is a share from 0 to 1, not {max_false_alarm_rate}"
        )
    quiet = np.sort(values[true == 0])[::-1]
    if len(quiet) == 0:
        raise ValueError("a false-alarm rate needs pictures without fire")
    # The small addend keeps .29 of 100 from being 28.999999999999996.
    allowed = math.floor(max_false_alarm_rate * len(quiet) + 1e-9)
    if allowed == len(quiet):
        return float(values.min())
    forbidden = quiet[allowed]  # the highest score that must not raise an alarm
    above = values[values > forbidden]
    if len(above) == 0:
        return float(np.nextafter(forbidden, np.inf))
    half = float(forbidden + (above.min() - forbidden) / 2)
    # Between neighbouring floats there is no half.
    return half if half > forbidden else float(above.min())


def roc_auc(labels: ArrayLike, scores: ArrayLike) -> float | None:
    """Compute how often a fire scores higher than a picture without fire.

    Parameters
    ----------
    labels : array_like, shape (n,)
        1 for fire, 0 for no fire.
    scores : array_like, shape (n,)
        The detector's scores.

    Returns
    -------
    float or None
        The area under the ROC curve: 1 when every fire scores higher than
        every other picture, .5 for guessing; equal scores count half. None if
        a class is missing.

    Examples
    --------
    >>> roc_auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    true = _class_numbers(labels, 2, "labels")
    values = _scores(scores)
    _same_length(true, values)
    fires = int(true.sum())
    pairs = fires * (len(true) - fires)
    if pairs == 0:
        return None
    _, place, repeats = np.unique(values, return_inverse=True, return_counts=True)
    # Twice the mean rank of each score, in whole numbers and so exact.
    ranks = 2 * np.cumsum(repeats) - repeats + 1
    wins = int(ranks[place.ravel()][true == 1].sum()) - fires * (fires + 1)
    return wins / (2 * pairs)


# --- parts of a report -------------------------------------------------------


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _by_name(
    categories: Sequence[str | None],
    true: NDArray[np.int64],
    flagged: NDArray[np.bool_],
) -> dict[str, dict[str, Any]]:
    if len(categories) != len(true):
        raise ValueError(f"{len(true)} labels but {len(categories)} categories")
    members: dict[str, list[int]] = {}
    for index, name in enumerate(categories):
        if name:
            members.setdefault(str(name), []).append(index)
    rows = {}
    for name in sorted(members):
        count, alarms = len(members[name]), int(flagged[members[name]].sum())
        rows[name] = {
            "count": count,
            "positives": int(true[members[name]].sum()),
            "flagged": alarms,
            "rate": alarms / count,
            "interval": wilson(alarms, count),
        }
    return rows


def _report_of_many(
    labels: ArrayLike, scores: NDArray[np.float64], seed: int
) -> Report:
    classes = scores.shape[1]
    true = _class_numbers(labels, classes, "labels")
    _same_length(true, scores)
    table = confusion(true, scores.argmax(axis=1), classes)
    count, right = len(true), int(np.trace(table))
    names = ("precision", "recall", "f1")
    means: dict[str, Any] = dict.fromkeys(names)
    intervals: dict[str, Interval] = {}
    if count:
        intervals["accuracy"] = wilson(right, count)
        # Drawing pictures anew is drawing the cells of their confusion anew.
        drawn = np.random.default_rng(seed).multinomial(
            count, table.ravel() / count, _RESAMPLES
        )
        resampled = _class_means(drawn.reshape(-1, classes, classes))
        for name, value, values in zip(
            names, _class_means(table[None]), resampled, strict=True
        ):
            means[name] = float(value[0])
            low, high = np.quantile(values, [0.025, 0.975])
            intervals[name] = float(low), float(high)
    return Report(
        count=count,
        accuracy=_share(right, count),
        **means,
        false_alarm_rate=None,
        confusion=table.tolist(),
        threshold=None,
        intervals=intervals,
    )


def _class_means(tables: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean precision, recall and F1 over the classes that occur, per table.

    A class that occurs but is never predicted has precision 0 here: leaving it
    out of the mean would reward a network for giving a class up.
    """
    hits = np.diagonal(tables, axis1=1, axis2=2)
    occur, predicted = tables.sum(axis=2), tables.sum(axis=1)
    present = occur > 0
    per_class = np.stack(
        [
            hits / np.maximum(predicted, 1),
            hits / np.maximum(occur, 1),
            2 * hits / np.maximum(occur + predicted, 1),
        ]
    )
    return np.where(present, per_class, 0).sum(axis=2) / present.sum(axis=1)


# --- checks of what comes in -------------------------------------------------


def _class_numbers(values: ArrayLike, classes: int, what: str) -> NDArray[np.int64]:
    array = _flat(np.asarray(values), what)
    if array.dtype.kind not in "buif":
        raise TypeError(f"{what} must be class numbers, not {array.dtype}")
    numbers = array.astype(np.int64) if np.isfinite(array).all() else None
    if numbers is None or (numbers != array).any():
        raise ValueError(
            f"{what} must be whole class numbers: apply a threshold to scores first"
        )
    if len(numbers) and not (numbers.min() >= 0 and numbers.max() < classes):
        raise ValueError(
            f"{what} must lie from 0 to {classes - 1}, but there is "
            f"{numbers.min() if numbers.min() < 0 else numbers.max()}"
        )
    return numbers


def _scores(values: ArrayLike, *, classes_too: bool = False) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64)
    if not (classes_too and array.ndim == 2 and array.shape[1] > 1):
        array = _flat(array, "scores")
    if not np.isfinite(array).all():
        bad = int((~np.isfinite(array)).sum())
        raise ValueError(f"{bad} of {array.size} scores are not finite numbers")
    return array


def _flat(array: NDArray[Any], what: str) -> NDArray[Any]:
    """Take (n,) and, as networks give it, (n, 1)."""
    if array.ndim == 2 and array.shape[1] == 1:
        return array[:, 0]
    if array.ndim != 1:
        raise ValueError(f"{what} must have shape (n,), not {array.shape}")
    return array


def _same_length(labels: NDArray[Any], scores: NDArray[Any]) -> None:
    if len(labels) != len(scores):
        raise ValueError(f"{len(labels)} labels but {len(scores)} scores")
