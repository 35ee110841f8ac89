"""The exercises of lesson 11: the fire CNN from scratch."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from fire_course.lessons.checks.exercise import Case, Exercise, Mistake

__all__ = ["EXERCISES"]

_LESSON = "11_fire_cnn"


# --- the network -----------------------------------------------------------
# The oracle is arithmetic: sizes and parameters by the rules of the chapter.


def _net_cases(rng: np.random.Generator) -> list[Case]:
    sizes = rng.choice(np.arange(47, 120), 2, replace=False)
    # 7, 9, ...: no number of kernels that somebody would write by themselves
    kernels = rng.choice(np.arange(7, 21, 2), 2, replace=False)
    odd = [
        {"size": int(s), "kernels": int(k)} for s, k in zip(sizes, kernels, strict=True)
    ]
    return [{"size": 250, "kernels": 64}, *odd]


def _net(
    size: int,
    kernels: int,
    *,
    rescale: bool = True,
    kernel: int = 3,
    same: bool = False,
    relu: bool = True,
    dropout: str = "before",
    last: str = "sigmoid",
    rounds: int = 4,
    average: bool = False,
) -> dict[str, Any]:
    rows, side, channels, total = [], size, 3, 0

    def row(kind: str, shape: tuple[int, ...], parameters: int, *more: str) -> None:
        nonlocal total
        total += parameters
        words = f"{kind} {shape} {parameters:,} parameters"
        rows.append(", ".join([words, *(each for each in more if each)]))

    if rescale:
        row("Rescaling", (size, size, 3), 0, "scale 0.00392157")
    for _ in range(rounds):
        side = side if same else side - kernel + 1
        parameters = (kernel * kernel * channels + 1) * kernels
        channels = kernels
        row("Conv2D", (side, side, channels), parameters, "relu" if relu else "linear")
        side //= 2
        row(
            "AveragePooling2D" if average else "MaxPooling2D", (side, side, channels), 0
        )
    flat = side * side * channels
    if dropout == "before":
        row("Dropout", (side, side, channels), 0, "rate 0.2")
    row("Flatten", (flat,), 0)
    if dropout == "after":
        row("Dropout", (flat,), 0, "rate 0.2")
    row("Dense", (1,), flat + 1, last)
    shapes = {"input": (size, size, 3), "output": (1,)}
    # The layers first: they say best where two models differ.
    return {"layers": rows, **shapes, "parameters": total}


_BUILD = Exercise(
    name="build-fire-cnn",
    lesson=_LESSON,
    function="build_fire_cnn",
    points=3,
    task="Build the network of 123,393 parameters, for any size and number of kernels.",
    hints=(
        "Begin with keras.Sequential([keras.Input((size, size, 3))]) and `add` layers.",
        "A loop of four rounds adds Conv2D(kernels, 3, activation='relu') and "
        "MaxPooling2D(2).",
        "Before the loop stands Rescaling(1 / 255); after it Dropout(0.2), Flatten() and "
        "Dense(1, activation='sigmoid').",
    ),
    cases=_net_cases,
    expected=_net,
    ask="model",
    mistakes=(
        Mistake(
            "padding 'same'",
            "Each convolution loses a pixel at every border here: leave `padding` out.",
            lambda size, kernels: _net(size, kernels, same=True),
        ),
        Mistake(
            "no division by 255",
            "The network takes 0 to 255: its first layer is Rescaling(1 / 255).",
            lambda size, kernels: _net(size, kernels, rescale=False),
        ),
        Mistake(
            "no activation",
            "Without relu four convolutions are no more than one: activation='relu'.",
            lambda size, kernels: _net(size, kernels, relu=False),
        ),
        Mistake(
            "no sigmoid",
            "The last number is a logit from minus to plus infinity; a score needs "
            "activation='sigmoid'.",
            lambda size, kernels: _net(size, kernels, last="linear"),
        ),
        Mistake(
            "softmax over one number",
            "The softmax of a single number is always 1: take activation='sigmoid'.",
            lambda size, kernels: _net(size, kernels, last="softmax"),
        ),
        Mistake(
            "always 64 kernels",
            "The number of kernels is an input of the function.",
            lambda size, kernels: _net(size, 64),
        ),
        Mistake(
            "always 250 pixels",
            "The size of the picture is an input of the function.",
            lambda size, kernels: _net(250, kernels),
        ),
        Mistake(
            "no dropout",
            "Between the last pool and Flatten stands Dropout(0.2).",
            lambda size, kernels: _net(size, kernels, dropout="none"),
        ),
        Mistake(
            "dropout behind Flatten",
            "It does the same there, but the plan has Dropout before Flatten.",
            lambda size, kernels: _net(size, kernels, dropout="after"),
        ),
        Mistake(
            "three rounds",
            "Convolution and pool come four times.",
            lambda size, kernels: _net(size, kernels, rounds=3),
        ),
        Mistake(
            "average in place of maximum",
            "Each pool keeps the largest of four numbers: MaxPooling2D.",
            lambda size, kernels: _net(size, kernels, average=True),
        ),
    ),
    own=("fire_course.models.fire_cnn",),
)


# --- F1 --------------------------------------------------------------------


def _f1_cases(rng: np.random.Generator) -> list[Case]:
    def counts(batches: int, high: int = 30) -> Case:
        drawn = rng.integers(1, high, (3, batches)).tolist()
        return dict(zip(("tp", "fp", "fn"), drawn, strict=True))

    mixed = counts(5)
    mixed["tp"][1] = mixed["fp"][1] = mixed["fn"][1] = 0  # a batch without any
    mixed["tp"][3] = 0
    none_found = {**counts(2), "tp": [0, 0]}
    no_fire = {"tp": [0, 0], "fp": counts(2)["fp"], "fn": [0, 0]}
    return [
        counts(1),
        counts(2),
        counts(4, high=200),
        mixed,
        none_found,
        no_fire,
        {"tp": [0], "fp": [0], "fn": [0]},
    ]


def _f1(tp: list[int], fp: list[int], fn: list[int]) -> float | None:
    # The harmonic mean of precision and recall, in exact fractions.
    found, false, missed = sum(tp), sum(fp), sum(fn)
    if found + missed == 0:
        return None
    if found == 0:
        return 0.0
    precision, recall = Fraction(found, found + false), Fraction(found, found + missed)
    return float(2 / (1 / precision + 1 / recall))


def _batch_f1s(tp: list[int], fp: list[int], fn: list[int]) -> list[float | None]:
    return [
        2 * t / (2 * t + p + n) if t + p + n else None
        for t, p, n in zip(tp, fp, fn, strict=True)
    ]


def _mean_f1(tp: list[int], fp: list[int], fn: list[int]) -> float | None:
    values = [value for value in _batch_f1s(tp, fp, fn) if value is not None]
    return sum(values) / len(values) if values else None


def _mean_f1_zeros(tp: list[int], fp: list[int], fn: list[int]) -> float:
    return sum(value or 0.0 for value in _batch_f1s(tp, fp, fn)) / len(tp)


def _mean_f1_dividing(tp: list[int], fp: list[int], fn: list[int]) -> float:
    values = [2 * t / (2 * t + p + n) for t, p, n in zip(tp, fp, fn, strict=True)]
    return sum(values) / len(values)


def _dividing(tp: list[int], fp: list[int], fn: list[int]) -> float:
    return 2 * sum(tp) / (2 * sum(tp) + sum(fp) + sum(fn))


def _two_shares(tp: list[int], fp: list[int], fn: list[int]) -> float:
    precision = sum(tp) / (sum(tp) + sum(fp))
    recall = sum(tp) / (sum(tp) + sum(fn))
    return 2 * precision * recall / (precision + recall)


_MEAN_OF_BATCHES = (
    "mean of the batches' F1",
    "Add up the counts of all batches first, then divide once.",
)
_NOTHING_TO_FIND = (
    "There was no fire to find where tp + fn is 0: F1 is not defined then, and the answer "
    "is None."
)

_F1 = Exercise(
    name="f1-from-counts",
    lesson=_LESSON,
    function="f1_from_counts",
    points=2,
    task="Compute the F1 of an epoch from the counts of its batches.",
    hints=(
        "Count first: add up each of the three lists.",
        "F1 = 2 tp / (2 tp + fp + fn), of the sums.",
        "Before you divide: if the sums of tp and fn are both 0, return None.",
    ),
    cases=_f1_cases,
    expected=_f1,
    mistakes=(
        Mistake(*_MEAN_OF_BATCHES, _mean_f1),
        Mistake(*_MEAN_OF_BATCHES, _mean_f1_zeros),
        Mistake(*_MEAN_OF_BATCHES, _mean_f1_dividing),
        Mistake(
            "forgot the factor 2",
            "tp / (tp + fp + fn) is another figure; F1 = 2 tp / (2 tp + fp + fn).",
            lambda tp, fp, fn: (
                sum(tp) / (sum(tp) + sum(fp) + sum(fn)) if sum(tp) + sum(fn) else None
            ),
        ),
        Mistake(
            "precision alone",
            "tp / (tp + fp) says nothing of the fires that were missed.",
            lambda tp, fp, fn: sum(tp) / (sum(tp) + sum(fp)),
        ),
        Mistake(
            "recall alone",
            "tp / (tp + fn) says nothing of the false alarms.",
            lambda tp, fp, fn: (
                sum(tp) / (sum(tp) + sum(fn)) if sum(tp) + sum(fn) else None
            ),
        ),
        Mistake(
            "plain mean of precision and recall",
            "F1 is their harmonic mean: 2 tp / (2 tp + fp + fn).",
            lambda tp, fp, fn: (
                (sum(tp) / (sum(tp) + sum(fp)) + sum(tp) / (sum(tp) + sum(fn))) / 2
            ),
        ),
        Mistake("division by zero", _NOTHING_TO_FIND, _dividing),
        Mistake(
            "division by zero",
            "Precision and recall may be 0 / 0. 2 tp / (2 tp + fp + fn) is safe where "
            "there is a fire to find; where there is none, the answer is None.",
            _two_shares,
        ),
        Mistake(
            "0 where nothing can be said",
            _NOTHING_TO_FIND,
            lambda tp, fp, fn: _f1(tp, fp, fn) or 0.0,
        ),
        Mistake(
            "last batch alone",
            "The epoch has several batches: add up their counts.",
            lambda tp, fp, fn: _f1(tp[-1:], fp[-1:], fn[-1:]),
        ),
    ),
    own=("fire_course.metrics.f1_from_counts", "sklearn.metrics.f1_score"),
)


# --- the best weights ------------------------------------------------------


def _figures(name: str, values: list[float]) -> list[dict[str, float]]:
    """Logs of a training in which all other figures are best elsewhere."""
    count = len(values)
    logs = []
    for epoch, value in enumerate(values):
        falling = abs(count - 2 - epoch) / 10  # least at the last but one
        row = {"loss": falling, "accuracy": 1 - falling, "val_accuracy": 0.5}
        row["val_loss"] = float(count - epoch)
        row[name] = value
        logs.append(row)
    return logs


def _weights_cases(rng: np.random.Generator) -> list[Case]:
    def course(low: int, length: int) -> list[float]:
        values = np.sort(rng.choice(np.arange(20, 99), length, replace=False)) / 100
        least, rest = float(values[0]), rng.permutation(values[1:]).tolist()
        return [*rest[:low], least, *rest[low:]]

    def case(values: list[float], monitor: str = "val_loss") -> Case:
        return {"monitor": monitor, "figures": _figures(monitor, values)}

    middle = course(int(rng.integers(2, 4)), 6)
    early = course(1, 5)
    tie = [0.9, 0.4, 0.6, 0.4, 0.8]
    return [
        case(middle),
        case(early),
        case(course(4, 5)),
        case(course(2, 6), monitor="val_error"),
        case(tie),
        case([math.nan, *course(1, 4)]),
        case([*course(1, 3), math.nan]),
    ]


def _kept(
    figures: list[dict[str, float]], epoch: int, played: int = 0
) -> dict[str, Any]:
    count = played or len(figures)
    return {"epochs": count, "weights of epoch": [float(epoch)]}


def _best(
    monitor: str, figures: list[dict[str, float]], *, last: bool = False
) -> dict[str, Any]:
    pairs = [
        (logs[monitor], -epoch if last else epoch)
        for epoch, logs in enumerate(figures, 1)
        if not math.isnan(logs[monitor])
    ]
    return _kept(figures, abs(min(pairs)[1]))


def _greatest(monitor: str, figures: list[dict[str, float]]) -> dict[str, Any]:
    best, epoch = -math.inf, len(figures)
    for number, logs in enumerate(figures, 1):
        if logs[monitor] > best:
            best, epoch = logs[monitor], number
    return _kept(figures, epoch)


def _first_counts(monitor: str, figures: list[dict[str, float]]) -> dict[str, Any]:
    # What `if best is None or value < best` makes of a first nan.
    best, epoch = figures[0][monitor], 1
    for number, logs in enumerate(figures, 1):
        if logs[monitor] < best:
            best, epoch = logs[monitor], number
    return _kept(figures, epoch)


def _nan_wins(monitor: str, figures: list[dict[str, float]]) -> dict[str, Any]:
    # What `if not value >= best` makes of a nan.
    best, epoch = math.inf, 0
    for number, logs in enumerate(figures, 1):
        if not logs[monitor] >= best:
            best, epoch = logs[monitor], number
    return _kept(figures, epoch)


def _stopped(monitor: str, figures: list[dict[str, float]]) -> dict[str, Any]:
    best, epoch = math.inf, 1
    for number, logs in enumerate(figures, 1):
        if logs[monitor] < best:
            best, epoch = logs[monitor], number
        else:
            return _kept(figures, epoch, number)
    return _kept(figures, epoch)


_WEIGHTS = Exercise(
    name="best-weights",
    lesson=_LESSON,
    function="best_weights",
    points=3,
    task="Write a Keras callback that puts the weights of the best epoch back at the end.",
    hints=(
        "Inside the function define a class of keras.callbacks.Callback with the methods "
        "on_epoch_end(self, epoch, logs=None) and on_train_end(self, logs=None), and "
        "return an object of it.",
        "Start with self.best = math.inf. At the end of an epoch, if logs[monitor] is less, "
        "remember it and self.model.get_weights().",
        "At the end of the training call self.model.set_weights with what you remember. A "
        "nan is never less than anything, so it is never the best.",
    ),
    cases=_weights_cases,
    expected=_best,
    ask="callback",
    mistakes=(
        Mistake(
            "weights of the last epoch",
            "Remembering is not enough: on_train_end has to put them back with "
            "self.model.set_weights(...).",
            lambda monitor, figures: _kept(figures, len(figures)),
        ),
        Mistake(
            "greatest in place of least",
            "The figure is a loss: less is better.",
            _greatest,
        ),
        Mistake(
            "last of two equal epochs",
            "Of two equally good epochs keep the first: `<`, not `<=`.",
            lambda monitor, figures: _best(monitor, figures, last=True),
        ),
        Mistake(
            "nan taken for the best",
            "Nothing is less than nan, so a first epoch with nan stays the best for ever. "
            "Start from math.inf, and `nan < math.inf` is False.",
            _first_counts,
        ),
        Mistake(
            "nan taken for the best",
            "Every comparison with nan is False: ask `value < best`, not its opposite.",
            _nan_wins,
        ),
        Mistake(
            "training stopped",
            "Keep the best weights, but let the training go on.",
            _stopped,
        ),
        Mistake(
            "always 'val_loss'",
            "Which figure decides is the input `monitor`.",
            lambda monitor, figures: _best("val_loss", figures),
        ),
        Mistake(
            "training loss in place of the monitored figure",
            "The loss of the training pictures nearly always falls; take logs[monitor].",
            lambda monitor, figures: _best("loss", figures),
        ),
        Mistake(
            "weights of the first epoch",
            "Compare at the end of every epoch, and remember the new best figure too.",
            lambda monitor, figures: _kept(figures, 1),
        ),
    ),
    own=(
        "fire_course.callbacks.BestWeights",
        "keras.callbacks.EarlyStopping",
        "keras.callbacks.ModelCheckpoint",
    ),
)


# --- where the curve turns -------------------------------------------------


def _curve(rng: np.random.Generator, low: int, length: int) -> list[float]:
    """A loss that falls until epoch `low`, then rises; three decimals, no two equal."""
    values = np.sort(rng.choice(np.arange(150, 900), length, replace=False)) / 1000
    after = np.sort(rng.choice(np.arange(1, length), length - low, replace=False))
    before = np.setdiff1d(np.arange(1, length), after)[::-1]
    return [*values[before].tolist(), float(values[0]), *values[after].tolist()]


def _turning_cases(rng: np.random.Generator) -> list[Case]:
    valley = _curve(rng, 3, 10)
    bumpy = _curve(rng, 7, 12)
    bumpy[2], bumpy[3] = bumpy[3], bumpy[2]  # a rise before the turn
    long_wait = [0.9, 0.5, 0.6, 0.7, 0.65, 0.62, 0.4, 0.45, 0.5, 0.6]
    tie = [0.8, 0.3, 0.5, 0.3, 0.6, 0.7, 0.9]
    exactly = _curve(rng, 5, 8)
    return [
        {"val_loss": valley, "patience": 3},
        {"val_loss": bumpy, "patience": int(rng.integers(2, 5))},
        {"val_loss": long_wait, "patience": 3},
        {"val_loss": tie, "patience": 2},
        {"val_loss": exactly, "patience": 3},
        {"val_loss": exactly, "patience": 4},
        {"val_loss": _curve(rng, 6, 6), "patience": 1},
        {"val_loss": [0.7], "patience": 0},
    ]


def _turn(val_loss: list[float], patience: int) -> int | None:
    epoch = int(np.argsort(np.asarray(val_loss), kind="stable")[0])
    return epoch + 1 if len(val_loss) - (epoch + 1) >= patience else None


def _first_rise(val_loss: list[float], patience: int) -> int | None:
    for epoch in range(1, len(val_loss)):
        if val_loss[epoch] > val_loss[epoch - 1]:
            return epoch
    return None


def _first_valley(val_loss: list[float], patience: int) -> int | None:
    best = 0
    for epoch, loss in enumerate(val_loss):
        if loss < val_loss[best]:
            best = epoch
        elif epoch - best >= patience:
            return best + 1
    return None


def _last_least(val_loss: list[float], patience: int) -> int | None:
    epoch = len(val_loss) - val_loss[::-1].index(min(val_loss))
    return epoch if len(val_loss) - epoch >= patience else None


def _minus_one(val_loss: list[float], patience: int) -> int | None:
    epoch = _turn(val_loss, patience)
    return None if epoch is None else epoch - 1


_TURNING = Exercise(
    name="turning-epoch",
    lesson=_LESSON,
    function="turning_epoch",
    points=2,
    task="Say at which epoch the validation loss turns, or that nobody can tell yet.",
    hints=(
        "Look for the least loss of all: a loss may rise for some epochs and fall again.",
        "val_loss.index(min(val_loss)) counts from 0, epochs count from 1.",
        "After epoch e there are len(val_loss) - e more. Fewer than patience: return None.",
    ),
    cases=_turning_cases,
    expected=_turn,
    mistakes=(
        Mistake(
            "counted from 0",
            "The first epoch is epoch 1; Python's first index is 0.",
            _minus_one,
        ),
        Mistake(
            "the first rise",
            "A loss may rise for an epoch and fall again: look for the least of all.",
            _first_rise,
        ),
        Mistake(
            "the first valley",
            "After `patience` worse epochs a better one may still follow, and here it is "
            "known: look for the least of all, then count the epochs behind it.",
            _first_valley,
        ),
        Mistake(
            "last of two equal epochs",
            "Of two equally good epochs take the first.",
            _last_least,
        ),
        Mistake(
            "patience left out",
            "If fewer than `patience` epochs follow, nobody can tell yet: return None.",
            lambda val_loss, patience: _turn(val_loss, 0),
        ),
        Mistake(
            "one epoch too many",
            "`patience` epochs behind the least are enough: `>=`, not `>`.",
            lambda val_loss, patience: _turn(val_loss, patience + 1),
        ),
        Mistake(
            "greatest in place of least",
            "Of a loss, less is better.",
            lambda val_loss, patience: _turn([-loss for loss in val_loss], patience),
        ),
        Mistake(
            "the loss in place of its epoch",
            "The least loss came; its place in the list, counted from 1, is wanted.",
            lambda val_loss, patience: min(val_loss),
        ),
    ),
)


# --- from scores to labels -------------------------------------------------


def _labels_cases(rng: np.random.Generator) -> list[Case]:
    def scores(count: int, *more: float) -> Any:
        # A network's 32 bits, one row a picture. Steps of a 64th are exact in them.
        drawn = rng.integers(4, 60, count) / 64
        values = rng.permutation([*drawn.tolist(), *more])
        return values.astype("float32").reshape(-1, 1)

    return [
        {"scores": scores(3, 0.25, 0.75), "threshold": 0.5},
        {"scores": scores(4, 0.3125, 0.9375, 0.6875), "threshold": 0.75},
        {"scores": scores(3, 0.5, 0.125), "threshold": 0.5},
        {"scores": scores(6, 0.25, 0.4375, 0.1875), "threshold": 0.25},
        {"scores": scores(3, 0.0, 1.0), "threshold": 1.0},
        {"scores": scores(2), "threshold": 0.0},
        {"scores": np.zeros((0, 1), "float32"), "threshold": 0.5},
    ]


def _labels(scores: Any, threshold: float) -> list[int]:
    # Where a score would be sorted in among thresholds: 1 at and beyond it.
    return np.searchsorted([threshold], scores.ravel(), side="right").tolist()


_LABELS = Exercise(
    name="labels-from-scores",
    lesson=_LESSON,
    function="labels_from_scores",
    points=2,
    task="Turn the scores of a network into labels, 1 for fire.",
    hints=(
        "scores has the shape (n, 1): scores[:, 0] or scores.ravel() is a plain row.",
        "A comparison gives True and False; .astype(int) or int(...) makes 1 and 0.",
        "A score that is exactly the threshold is a fire: `>=`.",
    ),
    cases=_labels_cases,
    expected=_labels,
    mistakes=(
        Mistake(
            "the threshold itself left out",
            "A score that reaches the threshold is a fire: `>=`, not `>`.",
            lambda scores, threshold: (scores[:, 0] > threshold).astype(int),
        ),
        Mistake(
            "a column in place of a row",
            "The network gives (n, 1); n labels are wanted: take scores[:, 0].",
            lambda scores, threshold: (scores >= threshold).astype(int),
        ),
        Mistake(
            "labels swapped",
            "A score is the probability of fire: high means 1.",
            lambda scores, threshold: (scores[:, 0] < threshold).astype(int),
        ),
        Mistake(
            "labels swapped",
            "A score is the probability of fire: high means 1.",
            lambda scores, threshold: (scores[:, 0] <= threshold).astype(int),
        ),
        Mistake(
            "always one half",
            "The threshold is an input of the function.",
            lambda scores, threshold: (scores[:, 0] >= 0.5).astype(int),
        ),
        Mistake(
            "rounded",
            "Rounding is a threshold of one half, whatever the input says.",
            lambda scores, threshold: np.round(scores[:, 0]).astype(int),
        ),
        Mistake(
            "cut off behind the point",
            "int(p) is 0 for every p below 1: compare with the threshold.",
            lambda scores, threshold: scores[:, 0].astype(int),
        ),
        Mistake(
            "value == 0",
            "A score is hardly ever exactly 0: compare with the threshold.",
            lambda scores, threshold: (scores[:, 0] == 0).astype(int),
        ),
        Mistake(
            "True and False",
            "Labels are 1 and 0 here: .astype(int).",
            lambda scores, threshold: scores[:, 0] >= threshold,
        ),
    ),
)


EXERCISES = (_BUILD, _F1, _WEIGHTS, _TURNING, _LABELS)
