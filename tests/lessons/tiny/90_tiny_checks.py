"""The checks of a lesson that is not in the package, as a teacher may write one."""

import math
import statistics

from fire_course.lessons.checks import Exercise, Mistake


def _numbers(rng):
    return [{"numbers": rng.integers(-9, 10, count).tolist()} for count in (3, 5, 1, 0)]


def _values(rng):
    return [{"values": rng.normal(size=count).round(3)} for count in (4, 9, 1)]


def _counts(rng):
    rows = [*rng.integers(1, 50, (4, 3)).tolist(), [0, 3, 2], [0, 0, 0]]
    return [dict(zip(("tp", "fp", "fn"), row, strict=True)) for row in rows]


def _f1(tp, fp, fn):
    if tp == 0:
        return 0.0
    return statistics.harmonic_mean([tp / (tp + fp), tp / (tp + fn)])


EXERCISES = (
    Exercise(
        name="add-up",
        lesson="90_tiny",
        function="add_up",
        points=1,
        task="Add numbers up.",
        hints=("Begin with 0.",),
        cases=_numbers,
        expected=lambda numbers: math.fsum(numbers),
        mistakes=(
            Mistake(
                "the first is left out",
                "Begin with 0.",
                lambda numbers: sum(numbers[1:]),
            ),
        ),
        own=("math.fsum", "numpy.sum"),
    ),
    Exercise(
        name="span",
        lesson="90_tiny",
        function="span",
        points=2,
        task="The largest less the smallest.",
        hints=("Look for both ends.",),
        cases=_values,
        expected=lambda values: sorted(values)[-1] - sorted(values)[0],
        own=("numpy.ptp",),
    ),
    Exercise(
        name="tiny-f1",
        lesson="90_tiny",
        function="f1",
        points=2,
        task="F1 from counts.",
        hints=("Precision first.",),
        cases=_counts,
        expected=_f1,
        own=("fire_course.metrics.f1_from_counts", "statistics.harmonic_mean"),
    ),
)
