"""The exercises of lesson 8: the transfer recipe."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fire_course.lessons.checks.exercise import Case, Exercise, Mistake
from fire_course.quiet import import_keras

__all__ = ["EXERCISES"]

_LESSON = "08_transfer_recipe"

Array = NDArray[Any]


# --- global average pooling ------------------------------------------------


def _maps_cases(rng: np.random.Generator) -> list[Case]:
    def maps(*shape: int) -> Case:
        return {"maps": np.round(rng.normal(size=shape), 2)}

    plain = {"maps": np.arange(8.0).reshape(1, 2, 2, 2)}
    return [
        plain,
        maps(2, 3, 3, 4),
        maps(3, 2, 5, 4),
        maps(4, 4, 4, 4),
        maps(1, 1, 6, 3),
    ]


def _averaged(maps: Array) -> Array:
    # Number by number, as one would with pencil and paper.
    count, height, width, channels = maps.shape
    rows = [
        [
            math.fsum(maps[i, :, :, k].ravel().tolist()) / (height * width)
            for k in range(channels)
        ]
        for i in range(count)
    ]
    return np.array(rows)


_AVERAGE = Exercise(
    name="average-maps",
    lesson=_LESSON,
    function="average_maps",
    points=1,
    task="Write global average pooling: one number of each map.",
    hints=(
        "The axes are photograph, height, width, map. Which two have to go?",
        "NumPy's mean takes several axes at once: axis=(a, b).",
        "The axes of height and width are 1 and 2.",
    ),
    cases=_maps_cases,
    expected=_averaged,
    mistakes=(
        Mistake(
            "the largest in place of the mean",
            "That is global max pooling; the average asks how much there is in all.",
            lambda maps: maps.max(axis=(1, 2)),
        ),
        Mistake(
            "a sum",
            "Divide by height times width, or larger photographs give larger features.",
            lambda maps: maps.sum(axis=(1, 2)),
        ),
        Mistake(
            "averaged over the maps",
            "The last axis holds the maps, and each keeps its own mean.",
            lambda maps: maps.mean(axis=3),
        ),
        Mistake(
            "averaged over the photographs too",
            "The first axis stays: each photograph has features of its own.",
            lambda maps: maps.mean(axis=(0, 1, 2)),
        ),
        Mistake(
            "height alone",
            "Both height and width go: axis=(1, 2).",
            lambda maps: maps.mean(axis=1),
        ),
        Mistake(
            "axes counted from the front",
            "Axis 0 is the photograph; height and width are axes 1 and 2.",
            lambda maps: maps.mean(axis=(0, 1)),
        ),
        Mistake(
            "numbers of several maps mixed",
            "reshape does not move axes: the maps stand last, so reshape to "
            "(count, height * width, maps).",
            lambda maps: maps.reshape(len(maps), maps.shape[3], -1).mean(axis=2),
        ),
        Mistake(
            "axes of length 1 kept",
            "The result has two axes, photograph and map: leave out keepdims.",
            lambda maps: maps.mean(axis=(1, 2), keepdims=True),
        ),
    ),
)


# --- what is trainable -----------------------------------------------------
# The oracle is arithmetic, so that the network need not be built.


def _count_cases(rng: np.random.Generator) -> list[Case]:
    import_keras()  # here, so that it does not count to the time of an answer
    kernels = rng.choice(np.arange(5, 17), 3, replace=False)
    classes = rng.choice(np.arange(3, 11), 3, replace=False)
    inner = rng.choice(np.arange(11, 60), 2, replace=False)
    forms = [(0, True), (inner[0], True), (inner[1], False)]
    return [
        {"kernels": int(k), "inner": int(i), "classes": int(c), "frozen": frozen}
        for k, c, (i, frozen) in zip(kernels, classes, forms, strict=True)
    ]


def _parts(
    kernels: int, inner: int, classes: int, *, flat: bool = False, bias: bool = True
) -> tuple[int, int, int]:
    """Count kernels and scales, running means and deviations, and the head."""
    first, second = kernels, 2 * kernels
    learned = 27 * first + 9 * first * second + 2 * (first + second)
    running = 2 * (first + second)
    width = second * (49 if flat else 1)  # 32, 15, 7 pixels
    one = int(bias)
    head = (
        (width + one) * inner + (inner + one) * classes
        if inner
        else (width + one) * classes
    )
    return learned, running, head


def _counted(
    kernels: int, inner: int, classes: int, frozen: bool, **options: bool
) -> list[int]:
    learned, running, head = _parts(kernels, inner, classes, **options)
    return [learned + running + head, head if frozen else head + learned]


def _means_learn(kernels: int, inner: int, classes: int, frozen: bool) -> list[int]:
    every, learns = _counted(kernels, inner, classes, frozen)
    return [every, learns if frozen else every]


_COUNT = Exercise(
    name="count-trainable",
    lesson=_LESSON,
    function="count_trainable",
    points=3,
    task="Build a network on a backbone, and count what there is and what learns.",
    hints=(
        "backbone = make_backbone(kernels); backbone.trainable = not frozen.",
        "keras.Sequential([keras.Input((32, 32, 3)), backbone, "
        "layers.GlobalAveragePooling2D(), ...]): the inner layer only where inner is not "
        "0, with activation='relu'; then Dense(classes).",
        "model.count_params() counts all; for what learns add up the sizes of "
        "model.trainable_weights, as in math.prod(weight.shape).",
    ),
    cases=_count_cases,
    expected=_counted,
    mistakes=(
        Mistake(
            "backbone not frozen",
            "Set backbone.trainable = False before you count.",
            lambda kernels, inner, classes, frozen: _counted(
                kernels, inner, classes, False
            ),
        ),
        Mistake(
            "everything counted as learning",
            "Count model.trainable_weights: a frozen backbone is not among them.",
            lambda kernels, inner, classes, frozen: (
                [_counted(kernels, inner, classes, frozen)[0]] * 2
            ),
        ),
        Mistake(
            "always frozen",
            "Where frozen is False the backbone learns too.",
            lambda kernels, inner, classes, frozen: _counted(
                kernels, inner, classes, True
            ),
        ),
        Mistake(
            "running means counted as learning",
            "Batch normalisation keeps running means and deviations, which no gradient "
            "moves: count model.trainable_weights.",
            _means_learn,
        ),
        Mistake(
            "flattened",
            "Average the maps: GlobalAveragePooling2D leaves one number of each.",
            lambda kernels, inner, classes, frozen: _counted(
                kernels, inner, classes, frozen, flat=True
            ),
        ),
        Mistake(
            "no inner layer",
            "Where inner is not 0, a dense layer of so many units stands before the answer.",
            lambda kernels, inner, classes, frozen: _counted(
                kernels, 0, classes, frozen
            ),
        ),
        Mistake(
            "head without biases",
            "A dense layer has a bias for each unit.",
            lambda kernels, inner, classes, frozen: _counted(
                kernels, inner, classes, frozen, bias=False
            ),
        ),
        Mistake(
            "backbone left out of the count",
            "The first number counts all parameters, those of the backbone too.",
            lambda kernels, inner, classes, frozen: [
                _parts(kernels, inner, classes)[2],
                _counted(kernels, inner, classes, frozen)[1],
            ],
        ),
        Mistake(
            "numbers swapped",
            "First all parameters, then those that learn.",
            lambda kernels, inner, classes, frozen: _counted(
                kernels, inner, classes, frozen
            )[::-1],
        ),
    ),
    own=("fire_course.transfer.transfer_model",),
)


# --- a head on what was kept -----------------------------------------------
# The oracle runs the frozen part anew in every step, photograph by photograph.


def _cache_cases(rng: np.random.Generator) -> list[Case]:
    def case(count: int, pixels: int, width: int, lengths: Sequence[int]) -> Case:
        order = [rng.permutation(count).tolist() for _ in range(2)]
        batches, at = [], 0
        for length in lengths:
            line = order[0] + order[1]
            batches.append([int(i) for i in line[at : at + length]])
            at += length
        return {
            "photos": np.round(rng.uniform(0, 2, (count, pixels)), 2),
            "labels": rng.permutation([0, 1] * count)[:count].astype(int),
            "kernel": np.round(rng.normal(size=(pixels, width)), 2),
            "mean": np.round(rng.uniform(0.5, 1.5, pixels), 2),
            "batches": batches,
            "rate": float(rng.choice([0.3, 0.5, 0.7])),
        }

    return [
        case(4, 2, 2, [4]),
        case(6, 3, 2, [2, 4]),
        case(7, 4, 3, [3, 3, 1, 3, 3, 1]),
        case(8, 5, 4, [5, 3, 5, 3]),
    ]


def _end_to_end(
    photos: Array,
    labels: Array,
    kernel: Array,
    mean: Array,
    batches: list[list[int]],
    rate: float,
    *,
    own_mean: bool = False,
    relu: bool = True,
    sigmoid: bool = True,
    summed: bool = False,
    moving: bool = False,
    in_order: bool = False,
    subtract: bool = True,
    up: bool = False,
) -> Array:
    pixels, width = kernel.shape
    weights, kernel = [0.0] * width, kernel.copy()
    for batch in batches:
        middle = photos[batch].mean(axis=0) if own_mean else mean
        slopes, pulls = [0.0] * width, np.zeros((pixels, width))
        for place, i in enumerate(batch):
            seen = photos[i] - middle if subtract else photos[i]
            features = [float(seen @ kernel[:, k]) for k in range(width)]
            if relu:
                features = [max(0.0, f) for f in features]
            z = sum(f * w for f, w in zip(features, weights, strict=True))
            p = 1 / (1 + math.exp(-z)) if sigmoid else z
            error = p - labels[place if in_order else i]
            for k in range(width):
                slopes[k] += error * features[k]
                if features[k] > 0:
                    pulls[:, k] += error * weights[k] * seen
        share = 1 if summed else len(batch)
        sign = -1 if up else 1
        weights = [
            w - sign * rate * s / share for w, s in zip(weights, slopes, strict=True)
        ]
        if moving:
            kernel -= rate * pulls / share
    return np.array(weights)


def _variant(**options: Any) -> Any:
    return lambda **case: _end_to_end(**case, **options)


def _all_at_once(batches: list[list[int]], photos: Array, **case: Any) -> Array:
    every = [list(range(len(photos)))] * len(batches)
    return _end_to_end(batches=every, photos=photos, **case)


def _first_batch(batches: list[list[int]], **case: Any) -> Array:
    return _end_to_end(batches=batches[:1], **case)


_CACHE = Exercise(
    name="train-on-cache",
    lesson=_LESSON,
    function="train_on_cache",
    points=3,
    task="Train a head on features that are computed once, and get what the whole gives.",
    hints=(
        "Before the loop, for all photographs at once: features = "
        "np.maximum(0, (photos - mean) @ kernel). The head begins with zeros, one weight "
        "for each column of kernel.",
        "For each batch, a list of numbers of photographs: x = features[batch], "
        "y = labels[batch], p = 1 / (1 + np.exp(-x @ weights)).",
        "The gradient is the mean over the batch: x.T @ (p - y) / len(batch). Subtract "
        "rate times it from the weights.",
    ),
    cases=_cache_cases,
    expected=_end_to_end,
    mistakes=(
        Mistake(
            "the batch's own mean",
            "A frozen part subtracts the mean that it has learned, the input `mean`; with "
            "that of each batch, what was kept would not fit the next batch.",
            _variant(own_mean=True),
        ),
        Mistake(
            "the backbone learned too",
            "It is frozen: only the weights of the head move, never `kernel`.",
            _variant(moving=True),
        ),
        Mistake(
            "gradient summed",
            "Divide the gradient by the number of photographs in the batch.",
            _variant(summed=True),
        ),
        Mistake(
            "labels in another order than features",
            "A batch holds numbers of photographs: take labels[batch] with features[batch].",
            _variant(in_order=True),
        ),
        Mistake(
            "no relu",
            "The frozen part ends in np.maximum(0, ...).",
            _variant(relu=False),
        ),
        Mistake(
            "no sigmoid",
            "The head's answer is a probability: 1 / (1 + np.exp(-logit)).",
            _variant(sigmoid=False),
        ),
        Mistake(
            "mean not subtracted",
            "The frozen part prepares its photographs: photos - mean comes first.",
            _variant(subtract=False),
        ),
        Mistake(
            "uphill",
            "The loss falls against the gradient: weights - rate * gradient.",
            _variant(up=True),
        ),
        Mistake(
            "all photographs in every step",
            "Each step takes the photographs of its batch alone.",
            _all_at_once,
        ),
        Mistake(
            "first batch alone",
            "Return the weights after all batches: the return stands behind the loop.",
            _first_batch,
        ),
    ),
)


# --- choosing a rate -------------------------------------------------------

_History = Mapping[str, Sequence[float]]


def _rate_cases(rng: np.random.Generator) -> list[Case]:
    def run(
        loss: float, low: int, accuracy: float, gap: float, epochs: int = 6
    ) -> dict[str, list[float]]:
        """A validation loss that is least at epoch `low` and ends higher."""
        falls = [loss + 0.11 * (low - e) for e in range(1, low)]
        rises = [loss + 0.07 * (e - low) for e in range(low + 1, epochs + 1)]
        steps = np.linspace(0.6 * accuracy, accuracy, epochs)
        said = [*steps[:-1], steps[-2] - 0.01]  # highest at the last but one
        return {
            "loss": [round(0.9 * loss + 0.05 * (epochs - e), 3) for e in range(epochs)],
            "val_loss": [round(x, 3) for x in [*falls, loss, *rises]],
            "accuracy": [round(float(a + gap), 3) for a in steps],
            "val_accuracy": [round(float(a), 3) for a in said],
        }

    def asleep() -> dict[str, list[float]]:
        """A rate so small that nothing is learned: chance, and no gap."""
        chance = round(float(rng.uniform(0.09, 0.12)), 3)
        return {
            "loss": [round(2.31 - 0.001 * e, 3) for e in range(6)],
            "val_loss": [round(2.32 - 0.001 * e, 3) for e in range(6)],
            "accuracy": [chance] * 6,
            "val_accuracy": [chance] * 6,
        }

    def around(value: float) -> float:
        return round(value + float(rng.uniform(-0.02, 0.02)), 3)

    plain = {
        0.001: run(around(0.9), 6, 0.70, 0.05),
        0.01: run(around(0.6), 4, 0.81, 0.09),
    }
    trap = {
        0.000001: asleep(),
        0.001: run(around(0.9), 6, 0.70, 0.03),
        0.01: run(around(0.55), 4, 0.82, 0.11),
        0.1: run(around(0.75), 2, 0.84, 0.15),
    }
    # Learned by heart: the least training loss, and more than the least of the others.
    trap[0.1]["loss"] = [round(0.3 * x, 3) for x in trap[0.1]["loss"]]
    overshoot = {
        0.01: run(around(0.5), 2, 0.80, 0.12),  # least of all, and then it rises
        0.001: run(around(0.6), 6, 0.79, 0.06),
    }
    broken = {
        0.1: {**run(0.7, 3, 0.75, 0.1), "val_loss": [math.nan] * 6},
        0.01: run(around(0.55), 3, 0.80, 0.08),
        0.0001: run(around(1.4), 6, 0.50, 0.01),
    }
    equal = {
        0.1: run(0.5, 3, 0.80, 0.1),
        0.01: run(0.5, 5, 0.80, 0.1),
        0.001: run(0.8, 6, 0.70, 0.02),
    }
    late_nan = {
        0.1: run(around(0.6), 3, 0.78, 0.1),
        0.01: run(around(0.8), 5, 0.76, 0.05),
    }
    late_nan[0.1]["val_loss"][4:] = [math.nan] * 2
    return [
        {"runs": each} for each in (plain, trap, overshoot, broken, equal, late_nan)
    ]


def _by(score: Any, *, last: bool = False) -> Any:
    """Choose by the least of `score(run, epoch)`, over all epochs or at the end."""

    def answer(runs: Mapping[float, _History]) -> list[float] | None:
        found = []
        for rate, run in runs.items():
            count = len(run["val_loss"])
            for epoch in [count] if last else range(1, count + 1):
                value = score(run, epoch - 1)
                if not math.isnan(value):
                    found.append((value, rate, epoch))
        return list(min(found)[1:]) if found else None

    return answer


_chosen = _by(lambda run, e: run["val_loss"][e])


def _rate_of_another(rule: Any) -> Any:
    """A rate by another rule, with the epoch of its least validation loss."""

    def answer(runs: Mapping[float, _History]) -> list[float] | None:
        found = rule(runs)
        return None if found is None else _chosen({found[0]: runs[found[0]]})

    return answer


_gap = _by(lambda run, e: abs(run["accuracy"][e] - run["val_accuracy"][e]), last=True)
_accurate = _by(lambda run, e: -run["val_accuracy"][e])
_ending = _by(lambda run, e: run["val_loss"][e], last=True)


def _larger_of_equal(runs: Mapping[float, _History]) -> list[float] | None:
    found = [
        (value, -rate, epoch)
        for rate, run in runs.items()
        for epoch, value in enumerate(run["val_loss"], 1)
        if not math.isnan(value)
    ]
    value, rate, epoch = min(found)
    return [-rate, epoch]


def _from_zero(runs: Mapping[float, _History]) -> list[float]:
    rate, epoch = _chosen(runs)
    return [rate, epoch - 1]


def _loss_given(runs: Mapping[float, _History]) -> list[float]:
    rate, epoch = _chosen(runs)
    return [rate, runs[rate]["val_loss"][int(epoch) - 1]]


_CHOSE_GAP = (
    "smallest gap between the accuracies",
    "A head that has learned nothing has no gap. Choose by the least validation loss.",
)
_CHOSE_ACCURACY = (
    "highest validation accuracy",
    "Accuracy does not see how sure the answers are: choose by the least validation loss.",
)
_CHOSE_END = (
    "loss at the end",
    "The best epoch is kept, so compare the least validation loss of each run.",
)
_CHOSE_TRAINING = (
    "training loss",
    "What was learned by heart looks good there: take val_loss.",
)

_RATE = Exercise(
    name="choose-rate",
    lesson=_LESSON,
    function="choose_rate",
    points=2,
    task="Choose a learning rate, and the epoch whose weights to keep.",
    hints=(
        "Only val_loss counts; the other three figures are there to lead astray.",
        "Go through all rates and all their epochs and keep the triple with the least "
        "loss: (loss, rate, epoch).",
        "Skip losses for which math.isnan is True. min() of triples takes the smaller rate "
        "where two losses are equal, and then the earlier epoch.",
    ),
    cases=_rate_cases,
    expected=_chosen,
    mistakes=(
        Mistake(*_CHOSE_GAP, _gap),
        Mistake(*_CHOSE_GAP, _rate_of_another(_gap)),
        Mistake(*_CHOSE_ACCURACY, _accurate),
        Mistake(*_CHOSE_ACCURACY, _rate_of_another(_accurate)),
        Mistake(*_CHOSE_END, _ending),
        Mistake(*_CHOSE_END, _rate_of_another(_ending)),
        Mistake(*_CHOSE_TRAINING, _by(lambda run, e: run["loss"][e])),
        Mistake(*_CHOSE_TRAINING, _rate_of_another(_by(lambda run, e: run["loss"][e]))),
        Mistake("epoch counted from 0", "Epochs are counted from 1.", _from_zero),
        Mistake(
            "the loss in place of the epoch",
            "Return the rate and the number of the epoch.",
            _loss_given,
        ),
        Mistake(
            "rate alone",
            "Return two numbers, the rate and its epoch.",
            lambda runs: _chosen(runs)[0],
        ),
        Mistake(
            "larger of two equal rates",
            "Of two rates with the same loss take the smaller one.",
            _larger_of_equal,
        ),
        Mistake(
            "a loss that is no number",
            "Comparisons with nan are all False, so min() may hold on to it: skip it.",
            lambda runs: _nan_first(runs),
        ),
    ),
)


def _nan_first(runs: Mapping[float, _History]) -> list[float]:
    # What `min` makes of triples whose first is a nan.
    triples = [
        (value, rate, epoch)
        for rate, run in runs.items()
        for epoch, value in enumerate(run["val_loss"], 1)
    ]
    return list(min(triples)[1:])


# --- inverted dropout ------------------------------------------------------


def _dropout_cases(rng: np.random.Generator) -> list[Case]:
    def case(shape: tuple[int, int], rate: float, training: bool = True) -> Case:
        return {
            "x": np.round(rng.normal(1, 1, shape), 2),
            "rate": rate,
            "chance": np.round(rng.uniform(0, 1, shape), 3),
            "training": training,
        }

    edge = case((1, 4), 0.25)
    edge["chance"][0, 1] = 0.25  # exactly the rate is kept
    return [
        case((1, 4), 0.5),
        case((3, 4), 0.2),
        edge,
        case((4, 6), 0.8),
        case((2, 5), 0.5, training=False),
        case((2, 3), 0.0),
    ]


def _dropped(x: Array, rate: float, chance: Array, training: bool) -> Array:
    rows = [
        [
            (0.0 if c < rate else value / (1 - rate)) if training else value
            for value, c in zip(*pair, strict=True)
        ]
        for pair in zip(x.tolist(), chance.tolist(), strict=True)
    ]
    return np.array(rows)


def _masked(
    x: Array,
    rate: float,
    chance: Array,
    training: bool,
    *,
    factor: Any = lambda rate: 1 / (1 - rate) if rate < 1 else 0.0,
    keep: Any = lambda chance, rate: chance >= rate,
    always: bool = False,
) -> Array:
    if not training and not always:
        return x.copy()
    return np.where(keep(chance, rate), x * factor(rate), 0.0)


def _drop(**options: Any) -> Any:
    return lambda **case: _masked(**case, **options)


def _scaled_in_use(x: Array, rate: float, chance: Array, training: bool) -> Array:
    # The older way: nothing in training, and smaller numbers in use.
    kept = np.where(chance >= rate, x, 0.0)
    return kept if training else x * (1 - rate)


_DROPOUT = Exercise(
    name="inverted-dropout",
    lesson=_LESSON,
    function="inverted_dropout",
    points=2,
    task="Zero numbers by chance, and scale up the rest.",
    hints=(
        "In use (training is False) nothing happens: return x.",
        "keep = chance >= rate says which numbers stay: a share of 1 - rate.",
        "Those that stay are divided by 1 - rate: keep * x / (1 - rate).",
    ),
    cases=_dropout_cases,
    expected=_dropped,
    mistakes=(
        Mistake(
            "rest not scaled up",
            "Divide what stays by 1 - rate, or the sum is smaller in training than in use.",
            _drop(factor=lambda rate: 1.0),
        ),
        Mistake(
            "scaled in use instead",
            "Inverted dropout scales up in training and leaves use alone.",
            _scaled_in_use,
        ),
        Mistake(
            "scaled down",
            "Divide by 1 - rate; what stays has to make up for what is gone.",
            _drop(factor=lambda rate: 1 - rate),
        ),
        Mistake(
            "scaled by the rate",
            "The share that stays is 1 - rate: divide by that.",
            _drop(factor=lambda rate: 1 / rate if rate else math.inf),
        ),
        Mistake(
            "kept and dropped swapped",
            "A number is zeroed where its chance is below the rate.",
            _drop(keep=lambda chance, rate: chance < rate),
        ),
        Mistake(
            "the rate itself dropped",
            "A number stays where chance >= rate, equal ones too.",
            _drop(keep=lambda chance, rate: chance > rate),
        ),
        Mistake(
            "dropout in use",
            "Where training is False, return x as it is.",
            _drop(always=True),
        ),
        Mistake(
            "the same numbers for every sample",
            "Each sample has a row of `chance` of its own.",
            _drop(
                keep=lambda chance, rate: (
                    np.broadcast_to(chance[:1], chance.shape) >= rate
                )
            ),
        ),
        Mistake(
            "rate taken for the share that stays",
            "The rate is the share that is zeroed: about a fifth for .2.",
            _drop(
                keep=lambda chance, rate: chance < 1 - rate,
            ),
        ),
    ),
)


EXERCISES: tuple[Exercise, ...] = (_AVERAGE, _COUNT, _CACHE, _RATE, _DROPOUT)
"""In the order of the lesson."""
