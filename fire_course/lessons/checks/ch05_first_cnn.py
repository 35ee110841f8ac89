"""The exercises of lesson 5: a first CNN."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fire_course.lessons.checks.exercise import Case, Exercise, Mistake

__all__ = ["EXERCISES"]

_LESSON = "05_first_cnn"


# --- the network -----------------------------------------------------------
# The oracle is arithmetic: sizes and parameters by the rules of the chapter.


def _net_cases(rng: np.random.Generator) -> list[Case]:
    sizes = rng.choice(np.arange(23, 61), 2, replace=False)
    classes = rng.choice([3, 5, 6, 7, 8, 9], 2, replace=False)
    odd = [
        {"size": int(s), "classes": int(c)} for s, c in zip(sizes, classes, strict=True)
    ]
    return [{"size": 32, "classes": 10}, *odd]


def _net(
    size: int,
    classes: int,
    *,
    rescale: bool = True,
    same: bool = False,
    relu: bool = True,
    filters: tuple[int, ...] = (32, 64, 64),
    pools: tuple[int, ...] = (0, 1),
    average: bool = False,
    hidden: bool = True,
    hidden_relu: bool = True,
    last: str = "softmax",
) -> dict[str, Any]:
    rows, side, channels, total = [], size, 3, 0

    def row(kind: str, shape: tuple[int, ...], parameters: int, *more: str) -> None:
        nonlocal total
        total += parameters
        words = f"{kind} {shape} {parameters:,} parameters"
        rows.append(", ".join([words, *more]))

    if rescale:
        row("Rescaling", (size, size, 3), 0, "scale 0.00392157")
    for number, count in enumerate(filters):
        side = side if same else side - 2
        parameters = (9 * channels + 1) * count
        channels = count
        row("Conv2D", (side, side, channels), parameters, "relu" if relu else "linear")
        if number in pools:
            side //= 2
            kind = "AveragePooling2D" if average else "MaxPooling2D"
            row(kind, (side, side, channels), 0)
    flat = side * side * channels
    row("Flatten", (flat,), 0)
    if hidden:
        row("Dense", (64,), (flat + 1) * 64, "relu" if hidden_relu else "linear")
        flat = 64
    row("Dense", (classes,), (flat + 1) * classes, last)
    shapes = {"input": (size, size, 3), "output": (classes,)}
    return {"layers": rows, **shapes, "parameters": total}


_BUILD = Exercise(
    name="build-first-cnn",
    lesson=_LESSON,
    function="build_first_cnn",
    points=3,
    task="Build the network of 122,570 parameters, for any size and number of classes.",
    hints=(
        "Begin with keras.Sequential([keras.Input((size, size, 3)), ...]).",
        "Rescaling(1 / 255); Conv2D(32, 3, activation='relu'); MaxPooling2D(2); then "
        "Conv2D and MaxPooling2D with 64, and a third Conv2D of 64 without a pool.",
        "At the end Flatten(), Dense(64, activation='relu') and "
        "Dense(classes, activation='softmax').",
    ),
    cases=_net_cases,
    expected=_net,
    ask="model",
    mistakes=(
        Mistake(
            "padding 'same'",
            "Each convolution loses a pixel at every border here: leave `padding` out.",
            lambda size, classes: _net(size, classes, same=True),
        ),
        Mistake(
            "no division by 255",
            "The network takes 0 to 255: its first layer is Rescaling(1 / 255).",
            lambda size, classes: _net(size, classes, rescale=False),
        ),
        Mistake(
            "no activation in the convolutions",
            "Without relu several convolutions are no more than one: activation='relu'.",
            lambda size, classes: _net(size, classes, relu=False),
        ),
        Mistake(
            "no activation in the dense layer",
            "Two dense layers without relu between them are no more than one.",
            lambda size, classes: _net(size, classes, hidden_relu=False),
        ),
        Mistake(
            "logits at the end",
            "This network ends in shares: activation='softmax' in the last layer.",
            lambda size, classes: _net(size, classes, last="linear"),
        ),
        Mistake(
            "sigmoid at the end",
            "Sigmoids of several classes do not add up to 1: take activation='softmax'.",
            lambda size, classes: _net(size, classes, last="sigmoid"),
        ),
        Mistake(
            "a pool behind the third convolution",
            "There are two pools only: the third convolution goes straight to Flatten.",
            lambda size, classes: _net(size, classes, pools=(0, 1, 2)),
        ),
        Mistake(
            "no dense layer of 64",
            "Between Flatten and the last layer stands Dense(64, activation='relu').",
            lambda size, classes: _net(size, classes, hidden=False),
        ),
        Mistake(
            "32 kernels everywhere",
            "The first convolution has 32 kernels, the second and third have 64.",
            lambda size, classes: _net(size, classes, filters=(32, 32, 32)),
        ),
        Mistake(
            "64 kernels everywhere",
            "The first convolution has 32 kernels, the second and third have 64.",
            lambda size, classes: _net(size, classes, filters=(64, 64, 64)),
        ),
        Mistake(
            "average in place of maximum",
            "Each pool keeps the largest of four numbers: MaxPooling2D.",
            lambda size, classes: _net(size, classes, average=True),
        ),
        Mistake(
            "always ten classes",
            "The number of classes is an input of the function.",
            lambda size, classes: _net(size, 10),
        ),
        Mistake(
            "always 32 pixels",
            "The size of the picture is an input of the function.",
            lambda size, classes: _net(32, classes),
        ),
    ),
    own=("fire_course.models.cifar10_cnn",),
)


# --- softmax ---------------------------------------------------------------


def _rows(rng: np.random.Generator, count: int, classes: int, scale: float = 3) -> Any:
    return rng.normal(0, scale, (count, classes)).round(1)


def _softmax_cases(rng: np.random.Generator) -> list[Case]:
    several = _rows(rng, 3, 4)
    below = _rows(rng, 2, 3) - 30
    large = _rows(rng, 2, 3)
    large[0] += 1000
    far = np.array([[0.0, 1000.0], [float(rng.integers(20, 40)) / 10, 0.5]])
    low = _rows(rng, 2, 5) - 1000
    return [
        {"logits": np.array([[float(rng.integers(10, 30)) / 10, 0.0]])},
        {"logits": _rows(rng, 1, 3)},
        {"logits": several},
        {"logits": below},
        {"logits": large},
        {"logits": far},
        {"logits": low},
        {"logits": np.zeros((2, 10))},
    ]


def _exp(power: float) -> float:
    return math.inf if power > 700 else math.exp(power)


def _softmax(logits: NDArray[Any]) -> list[list[float]]:
    # One over the sum of e to the differences: no share is ever computed as a quotient
    # of two large numbers.
    return [
        [1 / math.fsum(_exp(other - z) for other in row) for z in row]
        for row in logits.tolist()
    ]


def _naive(logits: NDArray[Any], *, axis: int | None = 1) -> NDArray[Any]:
    with np.errstate(over="ignore", invalid="ignore"):
        e = np.exp(logits)
        return np.asarray(e / e.sum(axis=axis, keepdims=True))


def _shifted(logits: NDArray[Any], *, axis: int | None = 1) -> NDArray[Any]:
    e = np.exp(logits - logits.max(axis=axis, keepdims=True))
    with np.errstate(invalid="ignore"):
        return np.asarray(e / e.sum(axis=axis, keepdims=True))


def _shifted_once(logits: NDArray[Any]) -> NDArray[Any]:
    # The largest logit of all pictures, in place of that of each row.
    e = np.exp(logits - logits.max())
    with np.errstate(invalid="ignore"):
        return np.asarray(e / e.sum(axis=1, keepdims=True))


def _by_smallest(logits: NDArray[Any]) -> NDArray[Any]:
    return _naive(logits - logits.min(axis=1, keepdims=True))


def _sigmoids(logits: NDArray[Any]) -> NDArray[Any]:
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-logits)))


def _shares_of_sum(logits: NDArray[Any]) -> NDArray[Any]:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(logits / logits.sum(axis=1, keepdims=True))


_ALL_ROWS = (
    "all rows divided by one sum",
    "Each picture's shares add up to 1: sum over axis=1, with keepdims=True.",
)

_SOFTMAX = Exercise(
    name="safe-softmax",
    lesson=_LESSON,
    function="safe_softmax",
    points=2,
    task="Turn logits into shares, for logits of any size.",
    hints=(
        "np.exp, then divide each row by its sum: .sum(axis=1, keepdims=True).",
        "Subtracting the same number from all logits of a row changes no share.",
        "Subtract logits.max(axis=1, keepdims=True) before np.exp: then the largest "
        "exponential is 1.",
    ),
    cases=_softmax_cases,
    expected=_softmax,
    mistakes=(
        Mistake(
            "e to the power of 1000",
            "It is more than a float holds, and inf / inf is nan; of -1000 it is 0, and "
            "0 / 0 is nan. Subtract the largest logit of each row first.",
            _naive,
        ),
        Mistake(*_ALL_ROWS, lambda logits: _naive(logits, axis=None)),
        Mistake(*_ALL_ROWS, lambda logits: _shifted(logits, axis=None)),
        Mistake(
            "sum over the pictures",
            "The classes stand along axis 1: sum over axis=1, with keepdims=True.",
            lambda logits: _shifted(logits, axis=0),
        ),
        Mistake(
            "sum over the pictures",
            "The classes stand along axis 1. Sum over axis=1, with keepdims=True, and "
            "subtract the largest logit of each row before np.exp.",
            lambda logits: _naive(logits, axis=0),
        ),
        Mistake(
            "the largest logit of all rows subtracted",
            "Beside a row with 1000 another row becomes all zeros: subtract the largest "
            "logit of each row, .max(axis=1, keepdims=True).",
            _shifted_once,
        ),
        Mistake(
            "the smallest logit subtracted",
            "Then the largest may still be 1000: subtract the largest of each row.",
            _by_smallest,
        ),
        Mistake(
            "sigmoid of each logit",
            "Sigmoids answer separate questions and do not add up to 1.",
            _sigmoids,
        ),
        Mistake(
            "no division",
            "Exponentials are positive but do not add up to 1: divide each row by its sum.",
            lambda logits: np.exp(logits - logits.max(axis=1, keepdims=True)),
        ),
        Mistake(
            "logits divided by their sum",
            "Logits may be negative: take np.exp of them first.",
            _shares_of_sum,
        ),
        Mistake(
            "the logarithm of the shares",
            "These are logarithms, which are negative: the shares themselves are asked.",
            lambda logits: (
                logits
                - logits.max(axis=1, keepdims=True)
                - np.log(
                    np.exp(logits - logits.max(axis=1, keepdims=True)).sum(
                        axis=1, keepdims=True
                    )
                )
            ),
        ),
    ),
    own=(
        "scipy.special.softmax",
        "keras.ops.softmax",
        "keras.activations.softmax",
        "tensorflow.nn.softmax",
    ),
)


# --- cross-entropy ---------------------------------------------------------


def _loss_cases(rng: np.random.Generator) -> list[Case]:
    def case(logits: NDArray[Any]) -> Case:
        count, classes = logits.shape
        return {"logits": logits, "labels": rng.integers(0, classes, count)}

    first = np.array([[0.0, float(rng.integers(10, 30)) / 10]])
    large = _rows(rng, 3, 4)
    large[1] += 1000
    return [
        {"logits": first, "labels": np.array([0])},
        # The truth is not what the network believes most, in none of the rows.
        {"logits": np.sort(_rows(rng, 2, 3), axis=1), "labels": np.array([1, 0])},
        case(_rows(rng, 5, 4)),
        case(np.zeros((3, 10))),
        {"logits": np.array([[0.0, 1000.0]]), "labels": np.array([0])},
        {"logits": np.array([[0.0, 1000.0]]), "labels": np.array([1])},
        case(large),
        case(_rows(rng, 2, 3) - 1000),
    ]


def _loss(logits: NDArray[Any], labels: NDArray[Any]) -> float:
    # ln of the sum of e to the differences from the truth, class by class.
    losses = []
    for row, label in zip(logits.tolist(), labels.tolist(), strict=True):
        away = [z - row[label] for z in row]
        top = max(away)
        losses.append(top + math.log(math.fsum(math.exp(a - top) for a in away)))
    return math.fsum(losses) / len(losses)


def _parts(
    logits: NDArray[Any], labels: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Logarithms of all shares, and of those of the truth."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return logs, logs[np.arange(len(labels)), labels]


def _naive_loss(logits: NDArray[Any], labels: NDArray[Any]) -> float:
    with np.errstate(all="ignore"):
        shares = _naive(logits)[np.arange(len(labels)), labels]
        return float(-np.log(shares).mean())


def _share_loss(logits: NDArray[Any], labels: NDArray[Any]) -> float:
    with np.errstate(divide="ignore"):
        shares = _shifted(logits)[np.arange(len(labels)), labels]
        return float(-np.log(shares).mean())


def _clipped_loss(logits: NDArray[Any], labels: NDArray[Any]) -> float:
    shares = _shifted(logits)[np.arange(len(labels)), labels]
    return float(-np.log(np.clip(shares, 1e-7, 1)).mean())


def _overflowing_loss(logits: NDArray[Any], labels: NDArray[Any]) -> float:
    with np.errstate(all="ignore"):
        sums = np.log(np.exp(logits).sum(axis=1))
        return float((sums - logits[np.arange(len(labels)), labels]).mean())


_TOO_LARGE = (
    "e to the power of 1000",
    "It is more than a float holds. Subtract the largest logit of each row first: the "
    "loss stays the same.",
)

_LOSS = Exercise(
    name="loss-from-logits",
    lesson=_LESSON,
    function="loss_from_logits",
    points=3,
    task="Compute the mean cross-entropy from logits of any size.",
    hints=(
        "logits[np.arange(len(labels)), labels] picks the logit of each truth.",
        "Subtract logits.max(axis=1, keepdims=True) from the logits at the beginning: "
        "only differences count.",
        "Then np.log(np.exp(shifted).sum(axis=1)) minus the shifted logit of the truth, "
        "and the mean of that.",
    ),
    cases=_loss_cases,
    expected=_loss,
    mistakes=(
        Mistake(*_TOO_LARGE, _naive_loss),
        Mistake(*_TOO_LARGE, _overflowing_loss),
        Mistake(
            "logarithm of a share that has become 0",
            "Do not go by the share: ln of the sum minus the logit of the truth has no 0 "
            "in it.",
            _share_loss,
        ),
        Mistake(
            "shares clipped at 0.0000001",
            "So no loss exceeds 16, however wrong the network is: compute with the "
            "logits, without the shares.",
            _clipped_loss,
        ),
        Mistake(
            "sign forgotten",
            "The logarithm of a share is negative, the loss is its opposite.",
            lambda logits, labels: _parts(logits, labels)[1].mean(),
        ),
        Mistake(
            "sum in place of mean",
            "The loss of several pictures is the mean of theirs.",
            lambda logits, labels: -_parts(logits, labels)[1].sum(),
        ),
        Mistake(
            "one loss for each picture",
            "Give their mean, one number.",
            lambda logits, labels: -_parts(logits, labels)[1],
        ),
        Mistake(
            "the largest share in place of the true class's",
            "The loss asks for the share of the truth, whatever the network believes.",
            lambda logits, labels: -_parts(logits, labels)[0].max(axis=1).mean(),
        ),
        Mistake(
            "all classes in place of the true one",
            "Only the share of the truth counts: pick it by labels.",
            lambda logits, labels: -_parts(logits, labels)[0].sum(axis=1).mean(),
        ),
        Mistake(
            "mean over the classes as well",
            "The zeros of one-hot rows must not be counted: divide by the number of "
            "pictures only.",
            lambda logits, labels: -_parts(logits, labels)[1].sum() / np.size(logits),
        ),
        Mistake(
            "logarithm to the base 2",
            "np.log is the natural logarithm, which is meant.",
            lambda logits, labels: -_parts(logits, labels)[1].mean() / math.log(2),
        ),
        Mistake(
            "no logarithm",
            "The loss is minus the logarithm of the share, not 1 minus the share.",
            lambda logits, labels: (1 - np.exp(_parts(logits, labels)[1])).mean(),
        ),
        Mistake(
            "all pictures in one sum",
            "Each picture has a sum of its own: .sum(axis=1).",
            lambda logits, labels: float(
                logits.max()
                + np.log(np.exp(logits - logits.max()).sum())
                - logits[np.arange(len(labels)), labels].mean()
            ),
        ),
    ),
    own=(
        "keras.losses.SparseCategoricalCrossentropy",
        "keras.losses.sparse_categorical_crossentropy",
        "keras.losses.CategoricalCrossentropy",
        "keras.losses.categorical_crossentropy",
        "keras.ops.sparse_categorical_crossentropy",
        "sklearn.metrics.log_loss",
    ),
)


# --- what fit prints -------------------------------------------------------


def _printed_cases(rng: np.random.Generator) -> list[Case]:
    def case(sizes: list[int], *, zeros: bool = False) -> Case:
        right = [0 if zeros else int(rng.integers(1, size)) for size in sizes]
        shares = [r / size for r, size in zip(right, sizes, strict=True)]
        return {"accuracies": shares, "sizes": sizes}

    rising = case([8, 8, 8])
    rising["accuracies"] = [0.125, *rising["accuracies"][1:]]
    last = case([32, 32, 32, int(rng.integers(3, 9))])
    last["accuracies"][-1] = 1.0
    return [
        case([int(rng.integers(10, 30))]),
        rising,
        last,
        case(rng.integers(4, 40, 5).tolist()),
        case([16, 16], zeros=True),
        case([20] * 40),
        {"accuracies": [], "sizes": []},
    ]


def _printed(accuracies: list[float], sizes: list[int]) -> list[float]:
    # Right answers are whole numbers, and so exact.
    right = [round(a * n) for a, n in zip(accuracies, sizes, strict=True)]
    return [
        float(Fraction(sum(right[:end]), sum(sizes[:end])))
        for end in range(1, len(sizes) + 1)
    ]


def _unweighted(accuracies: list[float], sizes: list[int]) -> list[float]:
    return [sum(accuracies[:n]) / n for n in range(1, len(accuracies) + 1)]


def _first_size(accuracies: list[float], sizes: list[int]) -> list[float]:
    # Right answers by their own sizes, pictures as if all batches were like the first.
    right = [a * n for a, n in zip(accuracies, sizes, strict=True)]
    return [sum(right[:n]) / (n * sizes[0]) for n in range(1, len(right) + 1)]


def _whole_epoch(accuracies: list[float], sizes: list[int]) -> list[float]:
    right = [a * n for a, n in zip(accuracies, sizes, strict=True)]
    return [sum(right[:n]) / sum(sizes) for n in range(1, len(right) + 1)]


def _halved(accuracies: list[float], sizes: list[int]) -> list[float]:
    means: list[float] = []
    for accuracy in accuracies:
        means.append((means[-1] + accuracy) / 2 if means else accuracy)
    return means


_PRINTED = Exercise(
    name="printed-accuracy",
    lesson=_LESSON,
    function="printed_accuracy",
    points=2,
    task="Compute the running accuracy that fit prints after each batch.",
    hints=(
        "Accuracy times size is the number of right answers in a batch.",
        "Keep two numbers that grow: right answers so far and pictures so far.",
        "After each batch append right / pictures to a list.",
    ),
    cases=_printed_cases,
    expected=_printed,
    mistakes=(
        Mistake(
            "every batch counts the same",
            "A smaller batch counts less: add up right answers and pictures.",
            _unweighted,
        ),
        Mistake(
            "the batch's own accuracy",
            "What is printed is the mean over the epoch so far.",
            lambda accuracies, sizes: list(accuracies),
        ),
        Mistake(
            "the end of the epoch alone",
            "Give one figure for each batch: a list.",
            lambda accuracies, sizes: _printed(accuracies, sizes)[-1],
        ),
        Mistake(
            "the end of the epoch alone",
            "Give one figure for each batch, also for those before the last.",
            lambda accuracies, sizes: _printed(accuracies, sizes)[-1:],
        ),
        Mistake(
            "divided by the pictures of the whole epoch",
            "After a batch only the pictures so far are known: divide by their number.",
            _whole_epoch,
        ),
        Mistake(
            "right answers in place of their share",
            "Divide the right answers so far by the pictures so far.",
            lambda accuracies, sizes: np.cumsum(np.array(accuracies) * np.array(sizes)),
        ),
        Mistake(
            "accuracies added up",
            "A sum of accuracies exceeds 1: add up right answers, and divide by pictures.",
            lambda accuracies, sizes: np.cumsum(accuracies),
        ),
        Mistake(
            "mean of the last mean and the batch",
            "So the last batch counts as much as all before it: keep the sums.",
            _halved,
        ),
        Mistake(
            "all batches as large as the first",
            "Add up the sizes as they are.",
            _first_size,
        ),
    ),
)


# --- the surest mistakes ---------------------------------------------------


def _mistake_cases(rng: np.random.Generator) -> list[Case]:
    def case(tops: list[int], right: list[int], k: int, classes: int = 3) -> Case:
        """Rows whose largest shares are `tops` per cent; some of them are right."""
        shares, labels = [], []
        for number, top in enumerate(tops):
            said, second = rng.choice(classes, 2, replace=False).tolist()
            row = [0.0] * classes
            row[said] = top / 100
            row[second] = round(1 - top / 100, 2)
            shares.append(row)
            labels.append(said if number in right else second)
        return {"shares": np.array(shares), "labels": np.array(labels), "k": k}

    def tops(count: int) -> list[int]:
        return rng.choice(np.arange(52, 99), count, replace=False).tolist()

    def some(count: int, of: int) -> list[int]:
        return rng.choice(of, count, replace=False).tolist()

    sure_and_right = [99, *tops(5)]
    tied = [60, 80, 70, 80, 80, 65]
    # Sure with little for the truth is not the same with three shares: .50 / .45 / .05.
    thirds = {
        "shares": np.array([[0.5, 0.45, 0.05], [0.3, 0.3, 0.4], [0.1, 0.6, 0.3]]),
        "labels": np.array([2, 0, 2]),
        "k": 2,
    }
    return [
        case(tops(3), [2], 2, classes=2),
        case(sure_and_right, [0, *[n + 1 for n in some(1, 5)]], 3),
        case(tops(8), some(3, 8), 3),
        thirds,
        case(tied, [], 4),
        case(tops(6), some(3, 6), 5),
        case(tops(4), [0, 1, 2, 3], 3),
    ]


def _worst(
    shares: NDArray[Any],
    labels: NDArray[Any],
    k: int,
    *,
    right_too: bool = False,
    up: bool = False,
    late: bool = False,
    by_truth: bool = False,
) -> list[int]:
    found = []
    for number, (row, label) in enumerate(
        zip(shares.tolist(), labels.tolist(), strict=True)
    ):
        sure = 1 - row[label] if by_truth else max(row)
        if right_too or row.index(max(row)) != label:
            found.append((sure if up else -sure, -number if late else number))
    return [abs(number) for _, number in sorted(found)[:k]]


def _among_mistakes(shares: NDArray[Any], labels: NDArray[Any], k: int) -> list[int]:
    wrong = np.flatnonzero(shares.argmax(axis=1) != labels).tolist()
    return [wrong.index(number) for number in _worst(shares, labels, k)]


def _padded(shares: NDArray[Any], labels: NDArray[Any], k: int) -> list[int]:
    sure = np.where(shares.argmax(axis=1) != labels, shares.max(axis=1), 0)
    return np.argsort(-sure, kind="stable")[:k].tolist()


def _in_order(shares: NDArray[Any], labels: NDArray[Any], k: int) -> list[int]:
    return np.flatnonzero(shares.argmax(axis=1) != labels)[:k].tolist()


_MISTAKES = Exercise(
    name="surest-mistakes",
    lesson=_LESSON,
    function="surest_mistakes",
    points=3,
    task="Find the wrong answers of which the network was surest.",
    hints=(
        "The answer is shares.argmax(axis=1), how sure it is shares.max(axis=1).",
        "np.flatnonzero(answer != labels) gives the numbers of the wrong ones.",
        "Sort them by how sure they are, with np.argsort(-sure, kind='stable'), and keep "
        "the first k.",
    ),
    cases=_mistake_cases,
    expected=_worst,
    mistakes=(
        Mistake(
            "right answers as well",
            "Only wrong answers are asked: those whose largest share is not the label's.",
            lambda shares, labels, k: _worst(shares, labels, k, right_too=True),
        ),
        Mistake(
            "least sure first",
            "np.argsort goes upwards: sort by minus how sure it is.",
            lambda shares, labels, k: _worst(shares, labels, k, up=True),
        ),
        Mistake(
            "numbers among the mistakes",
            "You sorted the mistakes by themselves: look up which pictures these are, as "
            "in wrong[order].",
            _among_mistakes,
        ),
        Mistake(
            "filled up with right answers",
            "Where there are fewer than k mistakes, give fewer.",
            _padded,
        ),
        Mistake(
            "of equally sure ones the last first",
            "Of two equally sure ones the first comes first: sort minus the shares with "
            "kind='stable', in place of turning the result round.",
            lambda shares, labels, k: _worst(shares, labels, k, late=True),
        ),
        Mistake(
            "sorted by the share of the truth",
            "Sure is who has a large share for one class, not a small one for another.",
            lambda shares, labels, k: _worst(shares, labels, k, by_truth=True),
        ),
        Mistake(
            "not sorted",
            "These are the first mistakes, not the surest.",
            _in_order,
        ),
        Mistake(
            "all mistakes",
            "At most k are asked.",
            lambda shares, labels, k: _worst(shares, labels, len(labels)),
        ),
        Mistake(
            "how sure in place of which",
            "Give the numbers of the pictures, not their shares.",
            lambda shares, labels, k: [
                float(shares[number].max()) for number in _worst(shares, labels, k)
            ],
        ),
    ),
)

EXERCISES = (_BUILD, _SOFTMAX, _LOSS, _PRINTED, _MISTAKES)
