"""What a detector did on a part of the photographs, class by class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    two = scores.shape[1] == 2
    found = metrics.report(
        part.y, scores[:, 1] if two else scores, threshold=detector.threshold
    ).as_dict()
    rows = {}
    for i, (name, row) in enumerate(
        zip(detector.class_names, found["confusion"], strict=True)
    ):
        count, right = sum(row), row[i]
        rows[name] = {
            "count": count,
            "right": right,
            "rate": right / count if count else None,
            "interval": list(metrics.wilson(right, count)),
        }
    return {**found, "classes": rows}
