"""The exercises of lesson 6: cats or dogs."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from fire_course.lessons.checks.exercise import Case, Exercise, Mistake

__all__ = ["EXERCISES"]

_LESSON = "06_cats_or_dogs"


# --- a photograph into a square --------------------------------------------
# The oracle asks of every place of the square whether the photograph covers it.


def _square_cases(rng: np.random.Generator) -> list[Case]:
    def photo(*shape: int) -> Any:
        return rng.integers(1, 250, shape).astype("uint8")

    wide, tall = (int(n) for n in rng.choice([1, 2, 3], 2, replace=False))
    return [
        {"photo": photo(2, 4), "fill": 0},
        {"photo": photo(5, 3), "fill": 255},
        {"photo": photo(wide, wide + 3), "fill": int(rng.integers(100, 200))},
        {"photo": photo(tall + 5, tall), "fill": 0},
        {"photo": photo(3, 6, 3), "fill": 128},
        {"photo": photo(7, 4, 3), "fill": 0},
        {"photo": photo(3, 3), "fill": 9},
    ]


def _square(
    photo: Any, fill: int, *, at: Callable[[int], int] = lambda spare: spare // 2
) -> list[Any]:
    rows, columns = photo.shape[:2]
    side = max(rows, columns)
    top, left = at(side - rows), at(side - columns)
    empty = np.full(photo.shape[2:], fill).tolist()
    return [
        [
            photo[i - top, j - left].tolist()
            if 0 <= i - top < rows and 0 <= j - left < columns
            else empty
            for j in range(side)
        ]
        for i in range(side)
    ]


def _cut(photo: Any, fill: int) -> Any:
    side = min(photo.shape[:2])
    top, left = ((n - side) // 2 for n in photo.shape[:2])
    return photo[top : top + side, left : left + side]


def _repeated(photo: Any, fill: int) -> Any:
    rows, columns = (max(photo.shape[:2]) - n for n in photo.shape[:2])
    sides = [(rows // 2, rows - rows // 2), (columns // 2, columns - columns // 2)]
    return np.pad(photo, [*sides, (0, 0)][: photo.ndim], mode="edge")


def _squashed(photo: Any, fill: int) -> Any:
    side = max(photo.shape[:2])
    rows, columns = (np.arange(side) * n // side for n in photo.shape[:2])
    return photo[rows][:, columns]


def _width_only(photo: Any, fill: int) -> Any:
    rows, columns = photo.shape[:2]
    return photo if rows > columns else _square(photo, fill)


_SQUARE = Exercise(
    name="fit-into-square",
    lesson=_LESSON,
    function="fit_into_square",
    points=2,
    task="Put a photograph into the middle of a square, without stretching or cutting it.",
    hints=(
        "The side of the square is the longer side: max(photo.shape[:2]).",
        "np.full((side, side, *photo.shape[2:]), fill, photo.dtype) is the empty square, "
        "of grey and of colour photographs alike.",
        "The photograph begins at row (side - height) // 2 and column (side - width) // 2.",
    ),
    cases=_square_cases,
    expected=_square,
    mistakes=(
        Mistake(
            "in the corner",
            "The photograph stands at the top left; half of the spare rows or columns "
            "belong before it.",
            lambda photo, fill: _square(photo, fill, at=lambda spare: 0),
        ),
        Mistake(
            "at the other end",
            "All of the filling stands before the photograph; half of it belongs behind.",
            lambda photo, fill: _square(photo, fill, at=lambda spare: spare),
        ),
        Mistake(
            "the odd one before",
            "Of an odd number of spare rows or columns, the extra one goes behind: the "
            "photograph begins at spare // 2.",
            lambda photo, fill: _square(photo, fill, at=lambda spare: -(-spare // 2)),
        ),
        Mistake(
            "always black",
            "What the filling looks like is the input `fill`.",
            lambda photo, fill: _square(photo, 0),
        ),
        Mistake(
            "cut in place of filled",
            "The square is as large as the longer side, so that nothing is lost.",
            _cut,
        ),
        Mistake(
            "stretched",
            "Every pixel of the photograph is there once; the rest is filling.",
            _squashed,
        ),
        Mistake(
            "the border repeated",
            "The filling has one value, `fill`: np.pad(..., constant_values=fill).",
            _repeated,
        ),
        Mistake(
            "wide photographs only",
            "An upright photograph gets columns, left and right.",
            _width_only,
        ),
        Mistake(
            "grey photographs only",
            "A colour photograph has a third axis, which stays as it is.",
            lambda photo, fill: (
                _square(photo, fill) if photo.ndim == 2 else _broken("ValueError")
            ),
        ),
    ),
)


def _broken(kind: str) -> Any:
    raise {"ValueError": ValueError, "TypeError": TypeError}[kind]


# --- balance ---------------------------------------------------------------
# The oracle ranks every place among those of its class.


def _balance_cases(rng: np.random.Generator) -> list[Case]:
    def case(*labels: int) -> Case:
        mixed = rng.permutation(labels)
        order = rng.permutation(len(labels))
        # Neither sorted nor its own inverse, so that mistakes with it are seen, and
        # it does not happen to take what another rule would take.
        tries = [order]
        while any(
            _balanced(mixed.tolist(), tries[-1].tolist())
            == rule(mixed.tolist(), tries[-1].tolist())
            for rule in (_first_in_folder, _by_position, _last_in_order, _in_place)
        ):
            tries.append(rng.permutation(len(labels)))
            if len(tries) > 200:  # too short a list for that
                break
        return {"labels": mixed.tolist(), "order": tries[-1].tolist()}

    many = int(rng.integers(5, 8))
    return [
        case(*[0] * 4, *[1] * 2),
        case(*[0] * 3, *[1] * many),
        case(*[1] * 5, *[2] * 3),
        case(*[0] * 4, *[1] * 6, *[2] * 3),
        case(*[0] * 6, 1),
        case(*[0] * 3, *[1] * 3),
    ]


def _balanced(labels: list[int], order: list[int]) -> list[int]:
    least = min(labels.count(label) for label in set(labels))
    rank = {
        place: [p for p in order if labels[p] == labels[place]].index(place)
        for place in order
    }
    return [place for place in order if rank[place] < least]


def _first_in_folder(labels: list[int], order: list[int]) -> list[int]:
    return _balanced(labels, list(range(len(labels))))


def _by_position(labels: list[int], order: list[int]) -> list[int]:
    """The label of the i-th of `order` looked up at i."""
    there = {place: i for i, place in enumerate(order)}
    swapped = [labels[there[place]] for place in range(len(order))]
    return _balanced(swapped, order)


def _last_in_order(labels: list[int], order: list[int]) -> list[int]:
    return _balanced(labels, order[::-1])[::-1]


def _in_place(labels: list[int], order: list[int]) -> list[int]:
    return [order.index(place) for place in _balanced(labels, order)]


def _class_by_class(labels: list[int], order: list[int]) -> list[int]:
    return sorted(_balanced(labels, order), key=lambda place: labels[place])


def _with_the_first_class(labels: list[int], order: list[int]) -> list[int]:
    many = labels.count(min(labels))
    taken: list[int] = []
    for place in order:
        if sum(labels[p] == labels[place] for p in taken) < many:
            taken.append(place)
    return taken


_BALANCE = Exercise(
    name="balance-classes",
    lesson=_LESSON,
    function="balance_classes",
    points=2,
    task="Choose pictures at random so that every class has as many as the rarest.",
    hints=(
        "How many may each class keep? The count of the rarest one: "
        "min(labels.count(label) for label in set(labels)).",
        "Walk through `order` and keep a count for each class, in a dict.",
        "Take a place if its class, labels[place], has not got enough yet.",
    ),
    cases=_balance_cases,
    expected=_balanced,
    mistakes=(
        Mistake(
            "order left out",
            "Whoever takes the first of the folder keeps what happens to stand there: "
            "walk through `order`.",
            _first_in_folder,
        ),
        Mistake(
            "sorted in the end",
            "The places stay in the order in which `order` has them.",
            lambda labels, order: sorted(_balanced(labels, order)),
        ),
        Mistake(
            "class by class",
            "The places stay in the order in which `order` has them; class by class is "
            "how not to train.",
            _class_by_class,
        ),
        Mistake(
            "label of another picture",
            "order[i] is a place, and labels[order[i]] its label, not labels[i].",
            _by_position,
        ),
        Mistake(
            "positions in place of places",
            "Return the places that `order` holds, not where in `order` they stand.",
            _in_place,
        ),
        Mistake(
            "the last in place of the first",
            "Each class keeps its first places in `order`.",
            _last_in_order,
        ),
        Mistake(
            "labels in place of places",
            "The labels came; which pictures to keep is wanted.",
            lambda labels, order: [labels[place] for place in _balanced(labels, order)],
        ),
        Mistake(
            "as many as the first class",
            "The rarest class decides, whichever it is.",
            _with_the_first_class,
        ),
        Mistake(
            "nothing left out",
            "Classes with more pictures than the rarest lose some.",
            lambda labels, order: order,
        ),
        Mistake(
            "one of each class",
            "Every class keeps as many as the rarest one has.",
            lambda labels, order: [
                p
                for i, p in enumerate(order)
                if labels[p] not in _of(labels, order[:i])
            ],
        ),
    ),
)


def _of(labels: list[int], places: list[int]) -> list[int]:
    return [labels[place] for place in places]


# --- scores in another order -----------------------------------------------


def _order_cases(rng: np.random.Generator) -> list[Case]:
    def case(count: int) -> Case:
        while True:
            labels = rng.permutation([0] * count + [1] * (count + 3))
            order = rng.permutation(len(labels))
            scores = rng.integers(4, 28, len(labels)) / 64
            sides = labels[order] == 1
            wrong = rng.choice(len(labels), max(1, count // 3), replace=False)
            sides[wrong] = ~sides[wrong]
            given = np.where(sides, 1 - scores, scores).astype("float32")[:, None]
            right = _in_order(given, order, labels)
            others = {rule(given, order, labels) for rule in _ALIKE}
            # By chance a mistake may give the same share as another, or as no mistake.
            if len(others | {right}) > len(_ALIKE):
                return {"scores": given, "order": order, "labels": labels}

    exact = {
        "scores": np.array([[0.5], [0.25], [0.5], [0.75]], "float32"),
        "order": np.array([3, 0, 1, 2]),
        "labels": np.array([0, 1, 0, 1]),
    }
    return [case(4), case(6), case(int(rng.integers(7, 10))), exact]


def _in_order(scores: Any, order: Any, labels: Any) -> float:
    # One by one, by the number of the photograph.
    said = {
        int(place): float(score) for place, (score,) in zip(order, scores, strict=True)
    }
    hits = [(said[place] >= 0.5) == (label == 1) for place, label in enumerate(labels)]
    return sum(hits) / len(hits)


def _unordered(scores: Any, order: Any, labels: Any) -> float:
    return float(np.mean((scores[:, 0] >= 0.5) == labels))


def _undone(scores: Any, order: Any, labels: Any) -> float:
    return float(np.mean((scores[order, 0] >= 0.5) == labels))


def _every_pair(scores: Any, order: Any, labels: Any) -> float:
    return float(np.mean((scores >= 0.5) == labels[order]))


def _cut_off(scores: Any, order: Any, labels: Any) -> float:
    return float(np.mean(labels == 0))


_ALIKE = (_unordered, _undone, _every_pair, _cut_off)


def _hits(scores: Any, order: Any, labels: Any, *, of: Any = np.greater_equal) -> Any:
    return of(scores[:, 0], 0.5) == labels[order]


_ORDER = Exercise(
    name="scores-in-order",
    lesson=_LESSON,
    function="accuracy_of_shuffled",
    points=2,
    task="Compute the accuracy of scores that came in another order than the labels.",
    hints=(
        "scores[i] belongs to photograph number order[i]. Which label does that one have?",
        "labels[order] are the labels in the order of the scores.",
        "scores has the shape (n, 1): compared with n labels it gives a table of n x n. "
        "Take scores[:, 0].",
    ),
    cases=_order_cases,
    expected=_in_order,
    mistakes=(
        Mistake(
            "another order",
            "The scores were compared with labels in the order of the folder; score i "
            "belongs to photograph order[i].",
            _unordered,
        ),
        Mistake(
            "the order the wrong way round",
            "`order` is applied to the labels, not to the scores: labels[order].",
            _undone,
        ),
        Mistake(
            "every score with every label",
            "(n, 1) compared with (n,) is a table of n x n: take scores[:, 0], and the "
            "labels in the order of the scores.",
            _every_pair,
        ),
        Mistake(
            "a count",
            "The number of hits came; divide it by the number of photographs.",
            lambda scores, order, labels: int(_hits(scores, order, labels).sum()),
        ),
        Mistake(
            "the share of mistakes",
            "Accuracy is the share that is right.",
            lambda scores, order, labels: 1 - _in_order(scores, order, labels),
        ),
        Mistake(
            "one half left out",
            "A score of exactly one half is a dog: `>=`, not `>`.",
            lambda scores, order, labels: float(
                np.mean(_hits(scores, order, labels, of=np.greater))
            ),
        ),
        Mistake(
            "cut off behind the point",
            "int(p) is 0 for every p below 1: compare with one half.",
            _cut_off,
        ),
    ),
    own=("sklearn.metrics.accuracy_score", "fire_course.metrics.report"),
)


# --- one photograph --------------------------------------------------------


def _photo_cases(rng: np.random.Generator) -> list[Case]:
    def case(score: float, threshold: float, evidence: float) -> Case:
        """A case in which the divided pixels add `evidence` to the logit.

        Where they speak against the answer, 255 times as much turns it over; where
        they speak for it, leaving them away does.
        """
        photo = rng.integers(20, 236, (3, 3)).astype("uint8")
        weights = rng.integers(1, 9, (3, 3)) / 8
        weights *= evidence / (weights * photo / 255).sum()
        weights = np.round(weights, 5)
        logit = math.log(score / (1 - score))
        bias = round(logit - float((weights * photo / 255).sum()), 5)
        return {
            "photo": photo,
            "weights": weights,
            "bias": bias,
            "threshold": threshold,
            "names": ["cat", "dog"],
        }

    def drawn(low: float, high: float) -> float:
        return float(rng.uniform(low, high))

    edge = {
        "photo": rng.integers(0, 256, (2, 2)).astype("uint8"),
        "weights": np.zeros((2, 2)),
        "bias": 0.0,
        "threshold": 0.5,
        "names": ["cat", "dog"],
    }
    other = {**case(drawn(0.8, 0.9), 0.5, -3), "names": ["indoors", "outdoors"]}
    return [
        case(drawn(0.75, 0.9), 0.5, -drawn(2, 4)),
        case(drawn(0.1, 0.25), 0.5, drawn(2, 4)),
        case(drawn(0.53, 0.58), 0.5, -drawn(2, 4)),
        case(drawn(0.6, 0.7), 0.8, drawn(2, 4)),
        case(drawn(0.33, 0.4), 0.25, -drawn(2, 4)),
        case(drawn(0.75, 0.9), 0.5, drawn(3, 4)),
        case(drawn(0.1, 0.25), 0.5, -drawn(3, 4)),
        # So little that only whoever leaves the bias away is led astray by it ...
        case(drawn(0.75, 0.9), 0.5, -drawn(0.001, 0.002)),
        # ... and so that a ninth of it is just enough.
        case(0.8, 0.5, math.log(4) + 0.1),
        other,
        edge,
    ]


def _name(
    photo: Any,
    weights: Any,
    bias: float,
    threshold: float,
    names: list[str],
    *,
    scale: float = 255,
    bar: float | None = None,
) -> str:
    # On the side of logits: no sigmoid is needed to know on which side of a
    # threshold its value lies.
    terms = zip(weights.ravel().tolist(), photo.ravel().tolist(), strict=True)
    logit = math.fsum(w * x / scale for w, x in terms) + bias
    bar = math.log(threshold / (1 - threshold)) if bar is None else bar
    return names[1] if logit >= bar else names[0]


def _undivided(
    photo: Any, weights: Any, bias: float, threshold: float, names: list[str]
) -> str:
    return _name(photo, weights, bias, threshold, names, scale=1)


_PHOTO = Exercise(
    name="name-one-photo",
    lesson=_LESSON,
    function="name_one_photo",
    points=3,
    task="Repair the use of a network: the scale of training, and a threshold.",
    hints=(
        "The network learned from numbers between 0 and 1; what does `photo` hold?",
        "z = np.sum(weights * (photo / 255)) + bias; the score is 1 / (1 + np.exp(-z)).",
        "int(score) is 0 for every score below 1. Ask score >= threshold.",
    ),
    cases=_photo_cases,
    expected=_name,
    mistakes=(
        Mistake(
            "the division forgotten",
            "The network was trained with numbers from 0 to 1: divide by 255, here as "
            "there.",
            _undivided,
        ),
        Mistake(
            "cut off behind the point",
            "int(p) is 0 for every p below 1, so that everything gets the first name: "
            "compare with the threshold.",
            lambda photo, weights, bias, threshold, names: names[0],
        ),
        Mistake(
            "rounded",
            "Rounding is a threshold of one half, whatever the input says.",
            lambda photo, weights, bias, threshold, names: _name(
                photo, weights, bias, 0.5, names
            ),
        ),
        Mistake(
            "no sigmoid",
            "The sum is a logit, from minus to plus infinity: its sigmoid is the score.",
            lambda photo, weights, bias, threshold, names: _name(
                photo, weights, bias, threshold, names, bar=threshold
            ),
        ),
        Mistake(
            "names swapped",
            "The score speaks for the second name: high means names[1].",
            lambda photo, weights, bias, threshold, names: _name(
                photo, weights, bias, threshold, names[::-1]
            ),
        ),
        Mistake(
            "divided into whole numbers",
            "photo // 255 is 0 for nearly every pixel: divide with /.",
            lambda photo, weights, bias, threshold, names: _name(
                photo // 255, weights, bias, threshold, names, scale=1
            ),
        ),
        Mistake(
            "divided by the number of pixels",
            "The sum is wanted as it is, not the mean.",
            lambda photo, weights, bias, threshold, names: _name(
                photo, weights, bias, threshold, names, scale=255 * photo.size
            ),
        ),
        Mistake(
            "the bias left out",
            "A logit is the weighted sum plus the bias.",
            lambda photo, weights, bias, threshold, names: _name(
                photo, weights, 0.0, threshold, names
            ),
        ),
        Mistake(
            "the threshold itself left out",
            "A score that reaches the threshold gets the second name: `>=`, not `>`.",
            lambda photo, weights, bias, threshold, names: (
                names[0]
                if not weights.any()
                else _name(photo, weights, bias, threshold, names)
            ),
        ),
        Mistake(
            "a number in place of a name",
            "0 or 1 came; the name is wanted: names[0] or names[1].",
            lambda photo, weights, bias, threshold, names: names.index(
                _name(photo, weights, bias, threshold, names)
            ),
        ),
    ),
)


# --- choose ----------------------------------------------------------------


def _row(
    name: str,
    parameters: int,
    loss: float | None,
    accuracy: float | None,
    val_loss: float | None,
    val_accuracy: float | None,
) -> dict[str, Any]:
    return {
        "name": name,
        "parameters": parameters,
        "loss": loss,
        "accuracy": accuracy,
        "val_loss": val_loss,
        "val_accuracy": val_accuracy,
    }


def _failed(name: str, parameters: int) -> dict[str, Any]:
    return _row(name, parameters, None, None, None, None)


def _choose_cases(rng: np.random.Generator) -> list[Case]:
    def drawn(low: int, high: int) -> float:
        return int(rng.integers(low, high)) / 1000

    def table(*more: dict[str, Any], shift: float = 0.0) -> Case:
        # Each is best in something; one in what counts.
        best = drawn(410, 440)
        rows = [
            _row("crammer", 900_000, 0.02, 0.985, round(best + 0.4, 3), 0.78),
            _row("parrot", 700_000, 0.03, 0.995, round(best + 0.3, 3), 0.77),
            _row("chosen", 75_000 + int(rng.integers(999)), 0.3, 0.87, best, 0.80),
            _row("lucky", 300_000, 0.2, 0.92, round(best + 0.03, 3), 0.83),
            _row("idle", 40_000, 0.693, 0.50, 0.693, 0.50),
            _row("tiny", 9_000, 0.5, 0.74, round(best + 0.1, 3), 0.71),
            *more,
        ]
        return {"rows": [rows[i] for i in rng.permutation(len(rows))]}

    def tied(first: bool) -> Case:
        loss = drawn(300, 400)
        rows = [
            _row("slim", 20_000, 0.30, 0.86, loss, 0.81),
            _row("stout", 500_000, 0.25, 0.89, loss, 0.83),
        ]
        rest = _row("other", 60_000, 0.45, 0.80, round(loss + 0.05, 3), 0.79)
        return {"rows": [*(rows if first else rows[::-1]), rest]}

    return [
        table(),
        table(),
        tied(False),
        tied(True),
        table(_failed("broken", 5_000), _failed("killed", 2_000_000)),
        {"rows": [_failed("broken", 5_000), _row("only", 10_000, 0.6, 0.7, 0.65, 0.6)]},
        {"rows": [_failed("broken", 5_000)]},
    ]


def _chosen(rows: list[dict[str, Any]], *, key: str = "val_loss", sign: int = 1) -> Any:
    order = np.lexsort(
        (
            [row["parameters"] for row in rows],
            [math.inf if row[key] is None else sign * row[key] for row in rows],
        )
    )
    best = rows[int(order[0])]
    return None if best["val_loss"] is None else best["name"]


def _done(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if row["val_loss"] is not None]


def _by(
    key: Callable[[dict[str, Any]], Any],
) -> Callable[[list[dict[str, Any]]], Any]:
    """Choose the least of `key`, the first of equal ones."""

    def choose(rows: list[dict[str, Any]]) -> Any:
        done = _done(rows)
        return min(done, key=key)["name"] if done else None

    return choose


def _careless(rows: list[dict[str, Any]]) -> Any:
    """Compare numbers with None."""
    if len(rows) > 1 and len(_done(rows)) < len(rows):
        raise TypeError
    return min(rows, key=lambda row: (row["val_loss"], row["parameters"]))["name"]


_CHOOSE = Exercise(
    name="choose-network",
    lesson=_LESSON,
    function="choose_network",
    points=2,
    task="Choose from the table of a sweep by validation loss.",
    hints=(
        "Leave out the rows whose val_loss is None, then look for the least val_loss.",
        "min(rows, key=...) takes a function that gives what is compared.",
        "A pair (row['val_loss'], row['parameters']) is compared by its first number, "
        "and where these are equal, by its second.",
    ),
    cases=_choose_cases,
    expected=_chosen,
    mistakes=(
        Mistake(
            "highest validation accuracy",
            "Accuracy jumps by whole pictures and says nothing of how sure a network is: "
            "take the least val_loss.",
            _by(lambda row: -row["val_accuracy"]),
        ),
        Mistake(
            "training loss",
            "The training loss is least for whoever learns by heart: take val_loss.",
            _by(lambda row: row["loss"]),
        ),
        Mistake(
            "training accuracy",
            "Training accuracy is highest for whoever learns by heart: take val_loss.",
            _by(lambda row: -row["accuracy"]),
        ),
        Mistake(
            "smallest gap",
            "A network that learned nothing has no gap between training and validation: "
            "take the least val_loss.",
            _by(lambda row: abs(row["accuracy"] - row["val_accuracy"])),
        ),
        Mistake(
            "smallest gap",
            "A network that learned nothing has no gap between training and validation: "
            "take the least val_loss.",
            _by(lambda row: abs(row["val_loss"] - row["loss"])),
        ),
        Mistake(
            "greatest in place of least",
            "Of a loss, less is better.",
            lambda rows: _chosen(rows, sign=-1),
        ),
        Mistake(
            "fewest parameters",
            "Parameters decide only between rows of equal val_loss.",
            _by(lambda row: row["parameters"]),
        ),
        Mistake(
            "the first of two equal rows",
            "Of rows with the same val_loss take the one with fewer parameters.",
            _by(lambda row: row["val_loss"]),
        ),
        Mistake(
            "the larger of two equal rows",
            "Of rows with the same val_loss take the one with fewer parameters.",
            _by(lambda row: (row["val_loss"], -row["parameters"])),
        ),
        Mistake(
            "a failed trial taken for the best",
            "None is no loss of 0: leave those rows out.",
            lambda rows: min(rows, key=lambda row: row["val_loss"] or 0)["name"],
        ),
        Mistake(
            "failed trials compared",
            "A failed trial has None for its figures, which cannot be compared: leave "
            "those rows out first.",
            _careless,
        ),
        Mistake(
            "the loss in place of the name",
            "The least val_loss came; the name of its row is wanted.",
            lambda rows: min([row["val_loss"] for row in _done(rows)], default=None),
        ),
        Mistake(
            "the row in place of the name",
            "The whole row came; its name is wanted: row['name'].",
            lambda rows: next(
                (row for row in rows if row["name"] == _chosen(rows)), None
            ),
        ),
    ),
)


EXERCISES = (_SQUARE, _BALANCE, _ORDER, _PHOTO, _CHOOSE)
