"""How far the same network in another format still gives the same answers."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fire_course import metrics
from fire_course.detector.basics import DetectorError, Photos

if TYPE_CHECKING:
    from fire_course.detector.core import Detector


@dataclass(frozen=True)
class Agreement:
    """How one detector answers beside another, over the same photographs.

    Attributes
    ----------
    name : str
        The detector.
    pictures : int
        How many were compared.
    mean_difference, max_difference : float
        Of the probabilities, on average and at most.
    flips : int
        Photographs that get another label.
    f1 : float or None
        Against the labels; None where it has no meaning.
    f1_drop : float or None
        How much lower than the reference's; below 0 if higher.
    """

    name: str
    pictures: int
    mean_difference: float
    max_difference: float
    flips: int
    f1: float | None
    f1_drop: float | None

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as a dictionary, ready for JSON."""
        return asdict(self)


def compare_formats(
    detectors: Mapping[str, Detector], pictures: Photos, labels: ArrayLike
) -> list[Agreement]:
    """Compare detectors with the first of them, on the same photographs.

    Parameters
    ----------
    detectors : mapping of str to Detector
        The first is the reference.
    pictures : array (N, H, W, 3), or a sequence of arrays (H, W, 3)
        As for `Detector.score`.
    labels : array of int, shape (N,)
        The true classes, numbered as in `class_names`.

    Returns
    -------
    list of Agreement
        One a detector, in their order; the first differs from itself by nothing.

    Examples
    --------
    >>> from fire_course import models
    >>> from fire_course.detector import Detector
    >>> same = Detector(models.fire_net((32, 32, 3), width=0.25))
    >>> photos = np.zeros((4, 32, 32, 3), "uint8")
    >>> _, other = compare_formats({"one": same, "two": same}, photos, [0, 0, 1, 1])
    >>> other.flips, other.max_difference
    (0, 0.0)
    """
    if not detectors:
        raise DetectorError("There is nothing to compare: give at least one detector.")
    truth = np.asarray(labels)
    if truth.shape != (len(pictures),) or not len(pictures):
        raise DetectorError(
            f"Each photograph needs its label: there are {len(pictures)} and "
            f"{truth.size}."
        )
    first, *others = detectors.values()
    if any(other.class_names != first.class_names for other in others):
        raise DetectorError("Detectors of different classes cannot be compared.")
    rows: list[Agreement] = []
    base_scores = base_named = None
    for name, detector in detectors.items():
        scores = detector.predict_proba(pictures)
        named = _labels(detector, scores)
        if base_scores is None or base_named is None:
            base_scores, base_named = scores, named
        # Of two classes the other's probability differs by just as much.
        gaps = np.abs(scores - base_scores).max(axis=1)
        f1 = _f1(detector, truth, scores)
        best = rows[0].f1 if rows else f1
        rows.append(
            Agreement(
                name=name,
                pictures=len(scores),
                mean_difference=float(gaps.mean()),
                max_difference=float(gaps.max()),
                flips=int((named != base_named).sum()),
                f1=f1,
                f1_drop=None if f1 is None or best is None else best - f1,
            )
        )
    return rows


def milliseconds(detector: Detector, pictures: Photos, *, rounds: int = 15) -> float:
    """Time one call of `score` or `predict_proba`: the median of several.

    Parameters
    ----------
    detector : Detector
    pictures : array or sequence
        One batch.
    rounds : int
        How often it is timed, after two calls that are not.

    Returns
    -------
    float
        Thousandths of a second a call.
    """
    times: list[float] = []
    for _ in range(rounds + 2):
        start = time.perf_counter()
        detector.predict_proba(pictures)
        times.append(time.perf_counter() - start)
    return 1000 * float(np.median(times[2:]))


def _labels(detector: Detector, scores: NDArray[np.float64]) -> NDArray[np.intp]:
    if len(detector.class_names) == 2 and detector.network.output_shape[-1] == 1:
        return (scores[:, 1] >= detector.threshold).astype(np.intp)
    return scores.argmax(axis=1)


def _f1(detector: Detector, truth: Any, scores: NDArray[np.float64]) -> float | None:
    if len(detector.class_names) > 2:
        return metrics.report(truth, scores).f1
    return metrics.report(truth, scores[:, 1], threshold=detector.threshold).f1
