"""What a detector did on a part of the photographs, class by class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from fire_course import metrics

if TYPE_CHECKING:
    from fire_course.detector import Detector
    from fire_course.records.photographs import Part


def figures(detector: Detector, part: Part) -> dict[str, Any]:
    """Score a part and compare with its labels.

    Returns
    -------
    dict
        As `fire_course.metrics.report` gives it, and "classes": for each class its
        `count`, how many were called by its name (`right`), their share (`rate`) and
        its 95 % `interval`.
    """
    scores = detector.predict_proba(part.x)
    return of_scores(
        scores, part.y, class_names=detector.class_names, threshold=detector.threshold
    )


def of_scores(
    scores: NDArray[Any],
    labels: NDArray[Any],
    *,
    class_names: Sequence[str],
    threshold: float = 0.5,
) -> dict[str, Any]:
    """Compare scores that are there already with labels, as `figures` does.

    Examples
    --------
    >>> import numpy as np
    >>> found = of_scores(np.eye(2), np.array([0, 0]), class_names=("no", "yes"))
    >>> found["accuracy"], found["classes"]["no"]["right"]
    (0.5, 1)
    """
    two = scores.shape[1] == 2
    found = metrics.report(
        labels, scores[:, 1] if two else scores, threshold=threshold
    ).as_dict()
    rows = {}
    for i, (name, row) in enumerate(zip(class_names, found["confusion"], strict=True)):
        count, right = sum(row), row[i]
        rows[name] = {
            "count": count,
            "right": right,
            "rate": right / count if count else None,
            "interval": list(metrics.wilson(right, count)),
        }
    return {**found, "classes": rows}
