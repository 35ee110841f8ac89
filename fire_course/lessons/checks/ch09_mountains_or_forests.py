"""The exercises of lesson 9: mountains or forests."""

from __future__ import annotations

from typing import Any

import numpy as np

from fire_course.lessons.checks.exercise import Case, Exercise, Mistake

__all__ = ["EXERCISES"]

_LESSON = "09_mountains_or_forests"

# --- what ResNet50 is fed --------------------------------------------------


def _resnet_cases(rng: np.random.Generator) -> list[Case]:
    def photos(*shape: int) -> Any:
        # No grey pixel, and none that is the same upside down.
        return (
            rng.permutation(256)[: int(np.prod(shape))].reshape(shape).astype("uint8")
        )

    def means() -> list[float]:
        # Eighths, which every number of 32 bits holds exactly.
        low, middle, high = np.sort(rng.choice(np.arange(640, 1280), 3, replace=False))
        return [float(low) / 8, float(high) / 8, float(middle) / 8]

    return [
        {"photos": photos(1, 1, 1, 3), "means": [100.0, 110.0, 120.0]},
        {"photos": photos(1, 1, 2, 3), "means": means()},
        {"photos": photos(2, 2, 2, 3), "means": [103.939, 116.779, 123.68]},
        {"photos": photos(3, 2, 3, 3), "means": means()},
        {"photos": np.zeros((1, 2, 1, 3), "uint8"), "means": means()},
        {"photos": np.full((1, 1, 2, 3), 255, "uint8"), "means": means()},
    ]


# Red to the last place, blue to the first.
_EXCHANGE = np.array([[0.0, 0, 1], [0, 1, 0], [1, 0, 0]])


def _resnet(photos: Any, means: list[float]) -> Any:
    return np.einsum("nhwc,cd->nhwd", photos.astype(float), _EXCHANGE) - means


def _raw(photos: Any, means: list[float]) -> tuple[Any, Any]:
    return photos.astype(float), np.array(means)


def _as_source(photos: Any, means: list[float]) -> Any:
    return photos / 255


def _divided(photos: Any, means: list[float]) -> Any:
    return photos[..., ::-1] / 255 - np.array(means)


def _divided_after(photos: Any, means: list[float]) -> Any:
    return _resnet(photos, means) / 255


def _not_exchanged(photos: Any, means: list[float]) -> Any:
    x, m = _raw(photos, means)
    return x - m


def _rgb(photos: Any, means: list[float]) -> Any:
    x, m = _raw(photos, means)
    return x - m[::-1]


def _means_reversed(photos: Any, means: list[float]) -> Any:
    x, m = _raw(photos, means)
    return x[..., ::-1] - m[::-1]


_RESNET = Exercise(
    name="prepare-for-resnet",
    lesson=_LESSON,
    function="prepare_for_resnet",
    points=2,
    task="Prepare photographs for ResNet50: blue first, minus the means.",
    hints=(
        "Two steps: another order of the channels, then a subtraction. No division.",
        "photos[..., ::-1] reverses the last axis, which is that of the channels.",
        "np.array(means) has three numbers: NumPy subtracts one from each channel.",
    ),
    cases=_resnet_cases,
    expected=_resnet,
    # 103.939 in 32 bits, which is what networks compute with.
    tolerance=1e-4,
    digits=3,
    mistakes=(
        Mistake(
            "divided by 255",
            "ResNet50's weights were learned with numbers from about -124 to 151: divide "
            "nothing. This was the bug.",
            _as_source,
        ),
        Mistake(
            "divided by 255",
            "Order and means are right, but nothing is divided: with it the means are all "
            "that is left.",
            _divided,
        ),
        Mistake(
            "divided by 255",
            "Order and means are right, but nothing is divided.",
            _divided_after,
        ),
        Mistake(
            "channels not exchanged",
            "The photographs come as red, green, blue, the means as blue, green, red: "
            "reverse the channels first.",
            _not_exchanged,
        ),
        Mistake(
            "red still first",
            "Each channel has its own mean now, but blue has to come first.",
            _rgb,
        ),
        Mistake(
            "means of the wrong channels",
            "The means are in the order blue, green, red already: leave them.",
            _means_reversed,
        ),
        Mistake(
            "no means",
            "The channels are in order; now subtract the means.",
            lambda photos, means: photos[..., ::-1].astype(float),
        ),
        Mistake(
            "means added",
            "The means are taken away, so that a photograph is around 0.",
            lambda photos, means: _resnet(photos, (-np.array(means)).tolist()),
        ),
        Mistake(
            "to -1 and 1",
            "That is the preparation of Xception and MobileNetV2, not of ResNet50.",
            lambda photos, means: photos / 127.5 - 1,
        ),
        Mistake(
            "the photographs' own means",
            "The means are those of the photographs that ResNet50 learned from: take the "
            "input `means`.",
            lambda photos, means: (
                photos[..., ::-1] - photos[..., ::-1].mean(axis=(0, 1, 2))
            ),
        ),
        Mistake(
            "turned the wrong axis",
            "photos[::-1] reverses the photographs; the channels are the last axis: "
            "photos[..., ::-1].",
            lambda photos, means: _not_exchanged(photos[::-1], means),
        ),
        Mistake(
            "cut off at 0",
            "The result has negative numbers: what is darker than the mean.",
            lambda photos, means: np.clip(_resnet(photos, means), 0, None),
        ),
    ),
    own=(
        "keras.applications.resnet50.preprocess_input",
        "fire_course.transfer.preprocess",
    ),
)


# --- labels of another pass ------------------------------------------------

_Scored = list[tuple[str, float]]
_Labelled = list[tuple[str, int]]


def _names_cases(rng: np.random.Generator) -> list[Case]:
    def case(
        count: int,
        *,
        wrong: int,
        scored: int = 0,
        labelled: int = 0,
        edge: bool = False,
    ) -> Case:
        """`wrong` mistakes; some files more on one side or the other."""
        numbers = rng.choice(
            np.arange(100, 999), count + scored + labelled, replace=False
        )
        names = [f"nat{n}.jpg" for n in numbers]
        labels = (np.arange(len(names)) % 3 > 0).astype(int).tolist()
        near = rng.integers(5, 25, len(names)) / 64  # .08 to .38
        scores = [1 - d if label else d for label, d in zip(labels, near, strict=True)]
        for i in range(wrong):
            scores[i] = 1 - scores[i]
        if edge:  # right answers with a score of exactly one half
            scores = [
                0.5 if label else s for label, s in zip(labels, scores, strict=True)
            ]
        asked = [*range(count), *range(count, count + scored)]
        known = [*range(count), *range(count + scored, len(names))]
        # Turned by one, so that no place agrees, then with what is on one side only.
        return {
            "scored": [(names[i], float(scores[i])) for i in asked],
            "labelled": [(names[i], labels[i]) for i in [*known[1:], *known[:1]]],
        }

    nothing = case(0, wrong=0, scored=2, labelled=3)
    return [
        case(3, wrong=0),
        case(5, wrong=1),
        case(7, wrong=int(rng.integers(2, 5))),
        case(6, wrong=2, scored=3),
        case(6, wrong=1, labelled=4),
        case(5, wrong=2, scored=2, labelled=1),
        case(4, wrong=0, edge=True),
        nothing,
        {"scored": [], "labelled": []},
    ]


def _by_name(
    scored: _Scored,
    labelled: _Labelled,
    *,
    strictly: bool = False,
    over: str = "both",
    otherwise: float | None = None,
) -> float | None:
    names, scores = [n for n, _ in scored], np.array([s for _, s in scored])
    known, labels = [n for n, _ in labelled], np.array([v for _, v in labelled])
    # Rows are scores, columns labels: true where the file is the same.
    same = np.array([[a == b for b in known] for a in names], bool)
    same = same.reshape(len(names), len(known))
    row, column = np.nonzero(same)
    if not len(row):
        return otherwise
    ones = scores[row] > 0.5 if strictly else scores[row] >= 0.5
    count = {"both": len(row), "scored": len(names), "labelled": len(known)}[over]
    return float((ones == (labels[column] == 1)).sum() / count)


def _by_place(scored: _Scored, labelled: _Labelled) -> float:
    pairs = list(zip(scored, labelled, strict=False))
    return sum((s >= 0.5) == (v == 1) for (_, s), (_, v) in pairs) / len(pairs)


def _none_where_empty(scored: _Scored, labelled: _Labelled) -> float | None:
    return _by_place(scored, labelled) if scored and labelled else None


def _sorted_alone(scored: _Scored, labelled: _Labelled) -> float | None:
    return _none_where_empty(sorted(scored), sorted(labelled))


def _dividing(scored: _Scored, labelled: _Labelled) -> float:
    share = _by_name(scored, labelled)
    if share is None:
        raise ZeroDivisionError
    return share


def _missing_label(scored: _Scored, labelled: _Labelled) -> float | None:
    known = {name for name, _ in labelled}
    if any(name not in known for name, _ in scored):
        raise KeyError
    return _by_name(scored, labelled)


_BY_PLACE = (
    "The two lists come in different orders: look for each score's label by its file. "
    "This was the bug."
)
_NOTHING = "If no file is on both sides there is no accuracy: return None."

_NAMES = Exercise(
    name="accuracy-by-name",
    lesson=_LESSON,
    function="accuracy_by_name",
    points=3,
    task="Compare scores and labels that came in different orders, by the files' names.",
    hints=(
        "dict(labelled) gives the label of a name.",
        "Go through `scored`, and leave out a name that the dict has not.",
        "Divide by the number of files that you compared, and return None if it is 0.",
    ),
    cases=_names_cases,
    expected=_by_name,
    mistakes=(
        Mistake("compared by place", _BY_PLACE, _none_where_empty),
        Mistake("compared by place", _BY_PLACE, _by_place),
        Mistake(
            "sorted, then compared by place",
            "After sorting, places agree only as long as both sides have the same files: "
            "look for each name.",
            _sorted_alone,
        ),
        Mistake(
            "a file without a label counted",
            "A file that is on one side only does not count: divide by the number of files "
            "on both.",
            lambda scored, labelled: _by_name(scored, labelled, over="scored"),
        ),
        Mistake(
            "a file without a score counted",
            "A file that is on one side only does not count: divide by the number of files "
            "on both.",
            lambda scored, labelled: _by_name(scored, labelled, over="labelled"),
        ),
        Mistake(
            "a missing label not expected",
            "A file may have no label: ask `if name in label_of` first.",
            _missing_label,
        ),
        Mistake(
            "one half left out",
            "A score of exactly 0.5 means 1: `>=`, not `>`.",
            lambda scored, labelled: _by_name(scored, labelled, strictly=True),
        ),
        Mistake(
            "labels swapped",
            "The score is the probability of class 1: high means 1.",
            lambda scored, labelled: _by_name(
                scored, [(name, 1 - label) for name, label in labelled]
            ),
        ),
        Mistake(
            "scores compared with labels",
            "A score is hardly ever exactly 0 or 1: turn it into a class first.",
            lambda scored, labelled: (
                None if _by_name(scored, labelled) is None else 0.0
            ),
        ),
        Mistake(
            "0 where nothing can be said",
            _NOTHING,
            lambda scored, labelled: _by_name(scored, labelled, otherwise=0.0),
        ),
        Mistake("division by zero", _NOTHING, _dividing),
    ),
)


# --- from a score to a class -----------------------------------------------


def _class_cases(rng: np.random.Generator) -> list[Case]:
    def scores(count: int, *more: float) -> Any:
        drawn = rng.integers(4, 60, count) / 64  # exact in 32 bits
        values = rng.permutation([*drawn.tolist(), *more])
        return values.astype("float32").reshape(-1, 1)

    def indices(first: str, second: str, *, backwards: bool = False) -> dict[str, int]:
        pair = {first: 0, second: 1}
        return dict(reversed(pair.items())) if backwards else pair

    return [
        {
            "scores": scores(2, 0.25, 0.75),
            "indices": indices("forest", "mountain"),
            "threshold": 0.5,
        },
        {
            "scores": scores(2, 0.125, 0.875),
            "indices": indices("mountain", "forest"),
            "threshold": 0.5,
        },
        {
            "scores": scores(1, 0.25, 0.8125),
            "indices": indices("mountain", "forest", backwards=True),
            "threshold": 0.5,
        },
        {
            "scores": scores(3, 0.625, 0.9375),
            "indices": indices("forest", "mountain", backwards=True),
            "threshold": 0.75,
        },
        {
            "scores": scores(2, 0.5, 0.375),
            "indices": indices("mountain", "forest"),
            "threshold": 0.375,
        },
        {
            "scores": scores(1, 0.5, 0.25),
            "indices": indices("quiet", "alarm"),
            "threshold": 0.5,
        },
        {
            "scores": scores(0, 1.0, 0.0),
            "indices": indices("quiet", "alarm", backwards=True),
            "threshold": 1.0,
        },
        {
            "scores": np.zeros((0, 1), "float32"),
            "indices": indices("forest", "mountain"),
            "threshold": 0.5,
        },
    ]


def _classes(
    scores: Any,
    indices: dict[str, int],
    threshold: float,
    *,
    strictly: bool = False,
    names: list[str] | None = None,
) -> list[str]:
    names = names or sorted(indices, key=indices.__getitem__)
    # Where each score would be sorted in behind, or before, the threshold.
    at = np.searchsorted(
        [threshold], scores.ravel(), side="left" if strictly else "right"
    )
    return [names[i] for i in at]


_CLASSES = Exercise(
    name="classes-of-scores",
    lesson=_LESSON,
    function="classes_of_scores",
    points=2,
    task="Give the name of each photograph's class, from scores and the classes' indices.",
    hints=(
        "Turn the dict around: {index: name for name, index in indices.items()}.",
        "scores[:, 0] is a plain row of scores.",
        "A score that reaches the threshold is of class 1: int(score >= threshold).",
    ),
    cases=_class_cases,
    expected=_classes,
    mistakes=(
        Mistake(
            "the order of the dict",
            "The first name in the dict need not have index 0: look at the indices.",
            lambda scores, indices, threshold: _classes(
                scores, indices, threshold, names=list(indices)
            ),
        ),
        Mistake(
            "the order of the alphabet",
            "Names are not always numbered by the alphabet: look at the indices.",
            lambda scores, indices, threshold: _classes(
                scores, indices, threshold, names=sorted(indices)
            ),
        ),
        Mistake(
            "classes swapped",
            "The score is the probability of the class with index 1: high means 1.",
            lambda scores, indices, threshold: _classes(
                scores,
                indices,
                threshold,
                names=sorted(indices, key=indices.__getitem__, reverse=True),
            ),
        ),
        Mistake(
            "always one half",
            "The threshold is an input of the function. Rounding is a threshold of one "
            "half too.",
            lambda scores, indices, threshold: _classes(scores, indices, 0.5),
        ),
        Mistake(
            "rounded",
            "Rounding is a threshold of one half, whatever the input says.",
            lambda scores, indices, threshold: _classes(
                scores, indices, 0.5, strictly=True
            ),
        ),
        Mistake(
            "the threshold itself left out",
            "A score that reaches the threshold is of class 1: `>=`, not `>`.",
            lambda scores, indices, threshold: _classes(
                scores, indices, threshold, strictly=True
            ),
        ),
        Mistake(
            "cut off behind the point",
            "int(score) is 0 for every score below 1: compare with the threshold.",
            lambda scores, indices, threshold: _classes(scores, indices, 1.0),
        ),
        Mistake(
            "indices in place of names",
            "0 and 1 came; the names are wanted.",
            lambda scores, indices, threshold: (scores[:, 0] >= threshold).astype(int),
        ),
        Mistake(
            "one name for all",
            "There is one score a photograph, so one name a photograph.",
            lambda scores, indices, threshold: (
                _classes(scores, indices, threshold) or [""]
            )[0],
        ),
    ),
)


# --- as many batches as there are ------------------------------------------


def _batch_cases(rng: np.random.Generator) -> list[Case]:
    def case(count: int, batch_size: int, epochs: int, begun: int = 0) -> Case:
        batches = -(-count // batch_size) * epochs + begun
        losses = (rng.choice(np.arange(8, 256), batches) / 64).tolist()
        return {"losses": losses, "count": count, "batch_size": batch_size}

    return [
        case(8, 2, 2),
        case(5, 2, 2),
        case(int(rng.integers(20, 32)), 16, 3),
        case(11, 4, 2, begun=2),
        case(3, 16, 4),
        case(533, 16, 2),
        case(240, 16, 3, begun=7),
        case(4, 1, 2),
        case(7, 3, 0, begun=1),
    ]


def _epochs(losses: list[float], count: int, batch_size: int) -> list[float]:
    # One loss for each photograph, then a mean over each `count` of them.
    sizes = np.diff([*range(0, count, batch_size), count])
    whole = len(losses) // len(sizes)
    kept = np.array(losses[: whole * len(sizes)])
    each = np.repeat(kept, np.tile(sizes, whole))
    return each.reshape(whole, count).mean(axis=1).tolist()


def _cut(
    losses: list[float], batches: int, sizes: list[int], *, begun: bool = False
) -> list[float]:
    if batches < 1:
        raise ZeroDivisionError
    parts = [losses[i : i + batches] for i in range(0, len(losses), batches)]
    return [
        sum(a * b for a, b in zip(part, sizes, strict=False))
        / (sum(sizes[: len(part)]) or 1)
        for part in parts
        if begun or len(part) == batches
    ]


def _sizes(count: int, batch_size: int) -> list[int]:
    return np.diff([*range(0, count, batch_size), count]).tolist()


def _plain(
    losses: list[float], count: int, batch_size: int, *, batches: int | None = None
) -> list[float]:
    batches = len(_sizes(count, batch_size)) if batches is None else batches
    return _cut(losses, batches, [1] * batches)


def _remainder(losses: list[float], count: int, batch_size: int) -> list[float]:
    sizes = _sizes(count, batch_size)
    sizes[-1] = count % batch_size
    epochs = _cut(losses, len(sizes), sizes)
    return [mean * sum(sizes) / count for mean in epochs]


def _begun(losses: list[float], count: int, batch_size: int) -> list[float]:
    sizes = _sizes(count, batch_size)
    return _cut(losses, len(sizes), sizes, begun=True)


_BATCHES = Exercise(
    name="epoch-losses",
    lesson=_LESSON,
    function="epoch_losses",
    points=3,
    task="Compute each epoch's loss from the losses of its batches, whatever their number.",
    hints=(
        "An epoch has math.ceil(count / batch_size) batches.",
        "All batches have batch_size photographs but the last one, which has what is left: "
        "count - batch_size * (batches - 1).",
        "Multiply each loss by the size of its batch, add up, divide by count. Stop before "
        "an epoch that is not whole.",
    ),
    cases=_batch_cases,
    expected=_epochs,
    mistakes=(
        Mistake(
            "always 34 batches",
            "34 is right for 533 photographs in batches of 16 only: count them from the "
            "inputs.",
            lambda losses, count, batch_size: _plain(
                losses, count, batch_size, batches=34
            ),
        ),
        Mistake(
            "the smaller batch weighs too much",
            "The last batch may have fewer photographs: weigh each loss by the size of its "
            "batch.",
            _plain,
        ),
        Mistake(
            "the smaller batch forgotten",
            "count // batch_size leaves out the last, smaller batch: round up.",
            lambda losses, count, batch_size: _plain(
                losses, count, batch_size, batches=count // batch_size
            ),
        ),
        Mistake(
            "a last batch of none",
            "count % batch_size is 0 where the last batch is full: then its size is "
            "batch_size.",
            _remainder,
        ),
        Mistake(
            "one batch too many",
            "count // batch_size + 1 is one too many where the last batch is full.",
            lambda losses, count, batch_size: _plain(
                losses, count, batch_size, batches=count // batch_size + 1
            ),
        ),
        Mistake(
            "the begun epoch counted",
            "Where the training broke off, the last epoch is not whole: leave it out.",
            _begun,
        ),
        Mistake(
            "the sum in place of the mean",
            "Divide the sum by the number of photographs, `count`.",
            lambda losses, count, batch_size: [
                mean * count for mean in _epochs(losses, count, batch_size)
            ],
        ),
        Mistake(
            "divided by the number of batches",
            "The losses are weighed by photographs, so divide by photographs: `count`.",
            lambda losses, count, batch_size: [
                mean * count / len(_sizes(count, batch_size))
                for mean in _epochs(losses, count, batch_size)
            ],
        ),
        Mistake(
            "one mean for all epochs",
            "One number an epoch is wanted: a list.",
            lambda losses, count, batch_size: sum(losses) / max(len(losses), 1),
        ),
    ),
)


# --- two networks, the same photographs ------------------------------------


def _pair_cases(rng: np.random.Generator) -> list[Case]:
    def case(first: int, second: int, *, both: int, neither: int) -> Case:
        """So many photographs that only one, both, or none has right."""
        kinds = [(1, 0)] * first + [(0, 1)] * second + [(1, 1)] * both
        kinds += [(0, 0)] * neither
        order = rng.permutation(len(kinds))
        labels = rng.integers(0, 2, len(kinds)).tolist()
        right = [kinds[i] for i in order]
        return {
            "labels": labels,
            "first": [
                v if one else 1 - v for v, (one, _) in zip(labels, right, strict=True)
            ],
            "second": [
                v if two else 1 - v for v, (_, two) in zip(labels, right, strict=True)
            ],
        }

    def drawn(low: int, high: int) -> int:
        return int(rng.integers(low, high))

    return [
        case(5, 0, both=3, neither=1),
        case(drawn(5, 8), 2, both=4, neither=2),
        case(1, drawn(6, 9), both=drawn(3, 9), neither=3),
        case(3, 3, both=2, neither=1),
        case(drawn(12, 20), drawn(3, 8), both=drawn(20, 40), neither=drawn(2, 6)),
        case(0, 0, both=4, neither=2),
        case(2, 1, both=0, neither=0),
        {"labels": [], "first": [], "second": []},
    ]


def _wins(labels: list[int], first: list[int], second: list[int]) -> tuple[int, int]:
    right = np.array([first, second]) == np.array(labels)
    return int((right[0] & ~right[1]).sum()), int((right[1] & ~right[0]).sum())


def _coins(n: int) -> Any:
    """How probable each number of heads is among n coins."""
    chances = np.ones(1)
    for _ in range(n):
        chances = np.convolve(chances, [0.5, 0.5])
    return chances


def _sign(a: int, b: int, *, sides: int = 2, cap: bool = True) -> float:
    p = sides * float(_coins(a + b)[: min(a, b) + 1].sum())
    return min(p, 1.0) if cap else p


def _compare(
    labels: list[int], first: list[int], second: list[int]
) -> tuple[int, int, float]:
    a, b = _wins(labels, first, second)
    # All outcomes that are no more probable than this one, added up.
    chances = _coins(a + b)
    return a, b, float(chances[chances <= chances[a] * (1 + 1e-9)].sum())


def _all_right(
    labels: list[int], first: list[int], second: list[int]
) -> tuple[int, int, float]:
    a, b = (
        sum(v == w for v, w in zip(labels, x, strict=True)) for x in (first, second)
    )
    return a, b, _sign(a, b)


def _answers(
    labels: list[int], first: list[int], second: list[int]
) -> tuple[int, int, float]:
    pairs = list(zip(first, second, strict=True))
    a, b = (sum(pair == each for pair in pairs) for each in ((1, 0), (0, 1)))
    return a, b, _sign(a, b)


def _wins_and(p: Any) -> Any:
    """The two counts rightly, and another p."""

    def answer(labels: list[int], first: list[int], second: list[int]) -> Any:
        a, b = _wins(labels, first, second)
        return a, b, p(a, b)

    return answer


_PAIR = Exercise(
    name="only-one-right",
    lesson=_LESSON,
    function="only_one_right",
    points=3,
    task="Compare two networks by the photographs that only one of them has right.",
    hints=(
        "zip(labels, first, second) goes through all three lists; a counts where "
        "one == label and two != label.",
        "math.comb(n, i) is the number of ways to choose i of n; i goes from 0 to min(a, b).",
        "min(p, 1.0): where a and b are equal, the middle is counted twice.",
    ),
    cases=_pair_cases,
    expected=_compare,
    mistakes=(
        Mistake(
            "all right answers counted",
            "What both have right does not tell them apart: count where only one is right.",
            _all_right,
        ),
        Mistake(
            "answers counted, not right ones",
            "An answer of 1 is right only where the label is 1: compare with the labels.",
            _answers,
        ),
        Mistake(
            "first and second swapped",
            "First come the photographs that only the first network has right.",
            lambda labels, first, second: _compare(labels, second, first),
        ),
        Mistake(
            "one side only",
            "A result as lopsided the other way counts too: the factor 2.",
            _wins_and(lambda a, b: _sign(a, b, sides=1)),
        ),
        Mistake(
            "more than 1",
            "Where a and b are equal, the middle is counted twice: take min(p, 1.0).",
            _wins_and(lambda a, b: _sign(a, b, cap=False)),
        ),
        Mistake(
            "the last term left out",
            "The sum goes up to k itself: range(k + 1).",
            _wins_and(
                lambda a, b: min(1.0, 2 * float(_coins(a + b)[: min(a, b)].sum()))
            ),
        ),
        Mistake(
            "only the last term",
            "At least as lopsided: all terms from 0 to k, not the k-th alone.",
            _wins_and(lambda a, b: min(1.0, 2 * float(_coins(a + b)[min(a, b)]))),
        ),
        Mistake(
            "summed up to the larger count",
            "k is the smaller of a and b.",
            _wins_and(
                lambda a, b: min(1.0, 2 * float(_coins(a + b)[: max(a, b) + 1].sum()))
            ),
        ),
        Mistake(
            "0 where they differ nowhere",
            "Without a difference nothing speaks against equal networks: p is 1.",
            _wins_and(lambda a, b: _sign(a, b) if a + b else 0.0),
        ),
        Mistake(
            "p alone",
            "Three things are wanted: a, b and p.",
            lambda labels, first, second: _compare(labels, first, second)[2],
        ),
    ),
)


EXERCISES = (_RESNET, _NAMES, _CLASSES, _BATCHES, _PAIR)
