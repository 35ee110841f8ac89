"""The exercises of lesson 10: honest data. Nothing here needs TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fire_course.lessons.checks.exercise import Case, Exercise, Mistake

__all__ = ["EXERCISES"]

_LESSON = "10_honest_data"

Array = NDArray[Any]


# --- a hash of differences -------------------------------------------------


def _grey_cases(rng: np.random.Generator) -> list[Case]:
    def grey(rows: int, columns: int, low: int = 0, high: int = 256) -> Case:
        shape = (8 * rows, 9 * columns)
        return {"grey": rng.integers(low, high, shape, dtype=np.uint8)}

    high = int(rng.integers(2, 4))
    return [
        grey(1, 1),
        grey(1, 1, 100, 103),  # many equal neighbours
        grey(2, 2),
        grey(3, 2),
        grey(high, high + 2, 40, 60),
        grey(1, 4),
        {"grey": np.full((16, 18), int(rng.integers(1, 256)), np.uint8)},
    ]


def _bits(grey: Array) -> Array:
    from skimage.measure import block_reduce

    block = (grey.shape[0] // 8, grey.shape[1] // 9)
    return np.diff(block_reduce(grey, block, np.mean), axis=1) > 0


def _blocks(grey: Array) -> Array:
    rows, columns = grey.shape[0] // 8, grey.shape[1] // 9
    return grey.reshape(8, rows, 9, columns).mean(axis=(1, 3))


def _wrapping(grey: Array) -> Array:
    small = _blocks(grey).astype(np.uint8)
    return (small[:, 1:] - small[:, :-1]) > 0


def _whole_grey(grey: Array) -> Array:
    small = _blocks(grey).astype(np.uint8)
    return small[:, 1:] > small[:, :-1]


def _corners(grey: Array) -> Array:
    small = grey[:: grey.shape[0] // 8, :: grey.shape[1] // 9].astype(int)
    return np.diff(small, axis=1) > 0


_HASH = Exercise(
    name="difference-hash",
    lesson=_LESSON,
    function="difference_hash",
    points=2,
    task="Boil a grey picture down to 64 bits: is each block brighter than the one before?",
    hints=(
        "Each block is grey.shape[0] // 8 pixels high and grey.shape[1] // 9 wide.",
        "grey.reshape(8, height, 9, width).mean(axis=(1, 3)) gives 8 x 9 means.",
        "Compare all columns but the first with all columns but the last: `>`.",
    ),
    cases=_grey_cases,
    expected=_bits,
    mistakes=(
        Mistake(
            "uint8 wraps",
            "The difference of two uint8 numbers is never negative: 3 - 5 gives 254. "
            "Compare with `>`, or compute with floats.",
            _wrapping,
        ),
        Mistake(
            "means cut to whole grey levels",
            "Keep the fractions of the means: two blocks may differ by less than 1.",
            _whole_grey,
        ),
        Mistake(
            "left and right swapped",
            "A bit is True where the right one of two neighbours is brighter.",
            lambda grey: np.diff(_blocks(grey), axis=1) < 0,
        ),
        Mistake(
            "equal counted as brighter",
            "Of two equal blocks neither is brighter: `>`, not `>=`.",
            lambda grey: np.diff(_blocks(grey), axis=1) >= 0,
        ),
        Mistake(
            "rows in place of columns",
            "Compare each block with its left neighbour, not with the one above it.",
            lambda grey: np.diff(_blocks(grey), axis=0) > 0,
        ),
        Mistake(
            "one pixel a block",
            "Take the mean of all pixels of a block: a single one is mostly noise.",
            _corners,
        ),
        Mistake(
            "compared with the mean of the picture",
            "That is another hash. Compare each block with its left neighbour.",
            lambda grey: _blocks(grey) > _blocks(grey).mean(),
        ),
        Mistake(
            "no blocks",
            "First shrink the picture to 8 rows and 9 columns.",
            lambda grey: np.diff(grey.astype(int), axis=1) > 0,
        ),
    ),
    own=("imagehash.dhash", "fire_course.images.perceptual_hash"),
)


# --- groups of near copies -------------------------------------------------


def _hash_cases(rng: np.random.Generator) -> list[Case]:
    width = 16

    def apart(count: int) -> Array:
        """Hashes that differ from each other in at least 8 bits."""
        found = [rng.random(width) < 0.5]
        while len(found) < count:
            new = rng.random(width) < 0.5
            if all((new != old).sum() >= 8 for old in found):
                found.append(new)
        return np.array(found)

    def flip(one: Array, *places: int) -> Array:
        other = one.copy()
        other[list(places)] ^= True
        return other

    one, two = apart(2)
    pair = [one, two, flip(one, 1)]
    at_limit = [one, flip(one, 0, 5), two]
    beyond = [one, flip(one, 0, 5, 7), two]
    # The first and the last are alike only by way of those between them.
    chain = [one, flip(one, 0, 1), flip(one, 0, 1, 2, 3), two]
    # Two groups that a later picture turns out to join.
    bridge = [one, flip(one, 0, 1, 2, 3), two, flip(one, 0, 1)]
    opposite = [one, ~one, flip(~one, 3)]
    copies = [two, one, one, two]
    mixed = rng.random((int(rng.integers(9, 14)), 8)) < 0.5
    return [
        {"hashes": np.array(pair), "bits": 2},
        {"hashes": np.array(at_limit), "bits": 2},
        {"hashes": np.array(beyond), "bits": 2},
        {"hashes": np.array(copies), "bits": 0},
        {"hashes": np.array(chain), "bits": 3},
        {"hashes": np.array(bridge), "bits": 3},
        {"hashes": np.array(opposite), "bits": 1},
        {"hashes": mixed, "bits": 1},
        {"hashes": np.array([two]), "bits": 3},
    ]


def _distances(hashes: Array) -> Array:
    return (hashes[:, None, :] != hashes[None, :, :]).sum(axis=2)


def _renumbered(groups: Any) -> list[int]:
    numbers: dict[int, int] = {}
    return [numbers.setdefault(int(group), len(numbers)) for group in groups]


def _components(hashes: Array, bits: int) -> list[int]:
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    near = csr_matrix(_distances(hashes) <= bits)
    return _renumbered(connected_components(near, directed=False)[1])


def _first_alike(hashes: Array, bits: int) -> list[int]:
    """Join the first picture that is alike, and never two groups."""
    distances = _distances(hashes)
    groups: list[int] = []
    for i in range(len(hashes)):
        alike = [groups[j] for j in range(i) if distances[i, j] <= bits]
        groups.append(alike[0] if alike else max(groups, default=-1) + 1)
    return groups


def _founders(hashes: Array, bits: int) -> list[int]:
    """Compare with the first picture of each group only."""
    distances = _distances(hashes)
    founders: list[int] = []
    groups = []
    for i in range(len(hashes)):
        near = [g for g, j in enumerate(founders) if distances[i, j] <= bits]
        groups.append(near[0] if near else len(founders))
        if not near:
            founders.append(i)
    return groups


def _like_the_first(hashes: Array, bits: int) -> list[int]:
    """Compare with the very first picture only; all others stay alone."""
    near = _distances(hashes)[0] <= bits
    return [0 if alike else i for i, alike in enumerate(near)]


def _unnumbered(hashes: Array, bits: int) -> list[int]:
    groups = _components(hashes, bits)
    return [groups.index(group) for group in groups]


_GROUPS = Exercise(
    name="hash-groups",
    lesson=_LESSON,
    function="hash_groups",
    points=3,
    task="Put near copies into groups, copies of copies included.",
    hints=(
        "(hashes[i] != hashes[j]).sum() counts the bits in which two hashes differ.",
        "Give each picture a group of its own first. For each pair that is alike, rename "
        "one's group to the other's everywhere.",
        "In the end number the groups 0, 1, 2, ... in the order in which they appear.",
    ),
    cases=_hash_cases,
    expected=_components,
    mistakes=(
        Mistake(
            "the limit itself left out",
            "`bits` different bits are still alike: `<=`, not `<`.",
            lambda hashes, bits: _components(hashes, bits - 1),
        ),
        Mistake(
            "compared with the first of each group only",
            "A copy of a copy belongs to the group too, even if it is unlike the first.",
            _founders,
        ),
        Mistake(
            "compared with the very first picture only",
            "Any two pictures may be alike: compare each with each.",
            _like_the_first,
        ),
        Mistake(
            "groups never joined",
            "A picture may be like members of two groups: then they are one group.",
            _first_alike,
        ),
        Mistake(
            "groups not numbered in order",
            "Number them 0, 1, 2, ... as they first appear, without gaps.",
            _unnumbered,
        ),
        Mistake(
            "equal bits counted",
            "Count the bits that differ, not those that agree.",
            lambda hashes, bits: _renumbered(
                _linked(hashes.shape[1] - _distances(hashes) <= bits)
            ),
        ),
        Mistake(
            "equal hashes only",
            "Near copies differ in some bits: up to `bits` of them.",
            lambda hashes, bits: _components(hashes, 0),
        ),
        Mistake(
            "every picture by itself",
            "Pictures whose hashes differ in at most `bits` bits share a number.",
            lambda hashes, bits: list(range(len(hashes))),
        ),
    ),
    own=("fire_course.data.similar.groups",),
)


def _linked(near: Array) -> list[int]:
    groups = list(range(len(near)))
    for i, j in np.argwhere(near | near.T).tolist():
        groups = [groups[i] if group == groups[j] else group for group in groups]
    return groups


# --- a split without leaks -------------------------------------------------


def _split_cases(rng: np.random.Generator) -> list[Case]:
    def case(sizes: list[int], wanted: int, *, mixed: bool = True) -> Case:
        names = rng.choice(np.arange(10, 99), len(sizes), replace=False)
        groups = np.repeat(names, sizes)
        if mixed:
            groups = rng.permutation(groups)
        return {
            "groups": groups.tolist(),
            "order": rng.permutation(names).tolist(),
            "wanted": wanted,
        }

    sizes = rng.integers(1, 6, 12).tolist()
    return [
        case([1, 1, 1, 1], 2, mixed=False),
        case([2, 2, 2, 2], 4, mixed=False),
        case([3, 3, 3], 4),
        case(sizes, int(rng.integers(5, 9))),
        case([4, 4, 4, 4, 4], 8),
        case([5], 1),
        case([2, 2], 4),
        case([2, 3], 0),
    ]


def _taken(groups: list[int], order: list[int], wanted: int) -> int:
    """Count the groups that are needed."""
    sizes = [np.count_nonzero(np.equal(groups, group)) for group in order]
    return int(np.searchsorted(np.cumsum(sizes), wanted)) + 1 if wanted else 0


def _members(groups: list[int], chosen: list[int]) -> list[int]:
    return np.flatnonzero(np.isin(groups, chosen)).tolist()


def _held_out(groups: list[int], order: list[int], wanted: int) -> list[int]:
    return _members(groups, order[: _taken(groups, order, wanted)])


def _group_short(groups: list[int], order: list[int], wanted: int) -> list[int]:
    chosen: list[int] = []
    for group in order:
        if len(_members(groups, [*chosen, group])) > wanted:
            break
        chosen.append(group)
    return _members(groups, chosen)


def _unsorted(groups: list[int], order: list[int], wanted: int) -> list[int]:
    chosen = order[: _taken(groups, order, wanted)]
    return [i for group in chosen for i in _members(groups, [group])]


_SPLIT = Exercise(
    name="leak-free-split",
    lesson=_LESSON,
    function="held_out",
    points=2,
    task="Choose test pictures so that no group stands on both sides.",
    hints=(
        "Go through `order`, group by group, and stop as soon as there are enough pictures.",
        "The members of a group: [i for i, g in enumerate(groups) if g == group].",
        "Take a group while len(test) < wanted, all of its members; in the end sort.",
    ),
    cases=_split_cases,
    expected=_held_out,
    mistakes=(
        Mistake(
            "pictures split one by one",
            "The last group was cut in two, so the test shows what training showed. Take "
            "whole groups.",
            lambda groups, order, wanted: sorted(
                _unsorted(groups, order, wanted)[:wanted]
            ),
        ),
        Mistake(
            "pictures split one by one",
            "The groups were not looked at. Take whole groups, in the given order.",
            lambda groups, order, wanted: list(range(wanted)),
        ),
        Mistake(
            "one group too few",
            "At least `wanted` pictures are wanted; whole groups may make it more.",
            _group_short,
        ),
        Mistake(
            "one group too many",
            "Stop as soon as there are `wanted` pictures: `<`, not `<=`.",
            lambda groups, order, wanted: _members(
                groups, order[: _taken(groups, order, wanted + 1)]
            ),
        ),
        Mistake(
            "groups counted in place of pictures",
            "`wanted` is a number of pictures; groups have several.",
            lambda groups, order, wanted: _members(groups, order[:wanted]),
        ),
        Mistake(
            "the training pictures",
            "These are the pictures that remain; give the test pictures.",
            lambda groups, order, wanted: _members(
                groups, order[_taken(groups, order, wanted) :]
            ),
        ),
        Mistake(
            "groups in place of pictures",
            "Give the places of the pictures in `groups`, not the names of the groups.",
            lambda groups, order, wanted: order[: _taken(groups, order, wanted)],
        ),
        Mistake(
            "not sorted",
            "The right pictures; give them in ascending order.",
            _unsorted,
        ),
        Mistake(
            "the given order left aside",
            "Groups come in the order of the list `order`, which chance has made.",
            lambda groups, order, wanted: _held_out(
                groups, list(dict.fromkeys(groups)), wanted
            ),
        ),
    ),
    own=(
        "fire_course.data.split_by_group",
        "fire_course.data.folder.split_by_group",
        "sklearn.model_selection.GroupShuffleSplit",
    ),
)


# --- a colour baseline -----------------------------------------------------


def _colour_cases(rng: np.random.Generator) -> list[Case]:
    def picture(height: int, width: int) -> Array:
        return rng.integers(0, 256, (height, width, 3), dtype=np.uint8)

    red = np.zeros((2, 2, 3), np.uint8)
    red[..., 0] = 255
    return [
        {"picture": red, "levels": 2},
        {"picture": picture(2, 3), "levels": 2},
        {"picture": picture(4, 5), "levels": 4},
        {"picture": picture(6, 4), "levels": 8},
        {"picture": np.full((3, 3, 3), 255, np.uint8), "levels": 8},
        {"picture": picture(3, 3), "levels": 1},
        {"picture": picture(24, 30), "levels": 4},
    ]


def _shares(picture: Array, levels: int) -> Array:
    pixels = picture.reshape(-1, 3).astype(float)
    edges = [np.linspace(0, 256, levels + 1)] * 3
    return np.histogramdd(pixels, edges)[0].ravel() / len(pixels)


def _short(picture: Array, levels: int) -> Array:
    shares = _shares(picture, levels)
    return shares[: int(np.flatnonzero(shares)[-1]) + 1]


def _one_by_one(picture: Array, levels: int) -> Array:
    steps = np.linspace(0, 256, levels + 1)
    counts = [np.histogram(picture[..., c], steps)[0] for c in range(3)]
    return np.concatenate(counts) / picture[..., 0].size


def _wrapped(picture: Array, levels: int) -> Array:
    level = picture // np.uint8(256 // levels) if levels > 1 else picture * 0
    square, single = np.array([levels * levels, levels], np.uint8)
    number = level[..., 0] * square + level[..., 1] * single + level[..., 2]
    return np.bincount(number.ravel(), minlength=levels**3) / number.size


_COLOURS = Exercise(
    name="colour-shares",
    lesson=_LESSON,
    function="colour_shares",
    points=2,
    task="Describe a picture by the share of each of some colours.",
    hints=(
        "picture // (256 // levels) gives levels from 0 for each of red, green and blue; "
        "make the picture int first.",
        "A colour's number is (red * levels + green) * levels + blue.",
        "np.bincount(number.ravel(), minlength=levels**3) counts them; divide by the "
        "number of pixels.",
    ),
    cases=_colour_cases,
    expected=_shares,
    mistakes=(
        Mistake(
            "counts in place of shares",
            "Divide by the number of pixels, so that large and small pictures compare.",
            lambda picture, levels: _shares(picture, levels) * picture[..., 0].size,
        ),
        Mistake(
            "divided by three times too much",
            "picture.size counts each pixel three times: divide by height times width.",
            lambda picture, levels: _shares(picture, levels) / 3,
        ),
        Mistake(
            "blue first",
            "Red comes first: (red * levels + green) * levels + blue.",
            lambda picture, levels: _shares(picture[..., ::-1], levels),
        ),
        Mistake(
            "colours missing at the end",
            "Colours that do not occur have the share 0: minlength=levels**3.",
            _short,
        ),
        Mistake(
            "each channel by itself",
            "A colour is red, green and blue together: levels**3 of them.",
            _one_by_one,
        ),
        Mistake(
            "uint8 wraps",
            "Colour numbers go beyond 255: make the picture int before you compute.",
            _wrapped,
        ),
        Mistake(
            "always 4 levels",
            "The number of levels is an input of the function.",
            lambda picture, levels: _shares(picture, 4),
        ),
    ),
)


# --- false alarms by name --------------------------------------------------

_QUIET = ("plain", "sunset", "fog", "lamps", "snow")


def _alarm_cases(rng: np.random.Generator) -> list[Case]:
    def case(kinds: list[str], fires: int, threshold: float, at: int = 0) -> Case:
        labels = [0] * len(kinds) + [1] * fires
        names = [*kinds, *rng.choice(["distant", "wall", "sunset"], fires).tolist()]
        scores = (rng.integers(1, 64, len(labels)) / 64).tolist()
        for place in range(at):
            scores[place] = threshold
        order = rng.permutation(len(labels))
        return {
            "labels": [labels[i] for i in order],
            "scores": [scores[i] for i in order],
            "categories": [names[i] for i in order],
            "threshold": threshold,
        }

    def kinds(count: int) -> list[str]:
        return rng.choice(_QUIET, count).tolist()

    silent = case(["plain", "plain", "fog"], 2, 0.5)
    silent["scores"] = [score / 4 for score in silent["scores"]]
    return [
        case(["plain", "plain", "sunset", "sunset"], 0, 0.5),
        case(["plain", "fog", "fog", "sunset"], 3, 0.5),
        silent,
        case(kinds(6), 2, 0.75, at=2),
        case(kinds(25), 15, 0.25, at=3),
        case([], 3, 0.5),
    ]


def _alarms(
    labels: list[int], scores: list[float], categories: list[str], threshold: float
) -> dict[str, float]:
    from fire_course.metrics import report

    quiet = np.equal(labels, 0)
    if not quiet.any():
        return {}
    kinds = np.array(categories)[quiet].tolist()
    found = report(
        np.zeros(len(kinds), int),
        np.array(scores)[quiet],
        threshold=threshold,
        categories=kinds,
    )
    return {name: row["rate"] for name, row in (found.categories or {}).items()}


def _alarm_counts(
    labels: list[int], scores: list[float], categories: list[str], threshold: float
) -> dict[str, int]:
    rates = _alarms(labels, scores, categories, threshold)
    pairs = [kind for kind, label in zip(categories, labels, strict=True) if not label]
    return {name: round(rate * pairs.count(name)) for name, rate in rates.items()}


def _of_all(
    labels: list[int], scores: list[float], categories: list[str], threshold: float
) -> dict[str, float]:
    counts = _alarm_counts(labels, scores, categories, threshold)
    return {name: count / labels.count(0) for name, count in counts.items()}


def _of_alarms(
    labels: list[int], scores: list[float], categories: list[str], threshold: float
) -> dict[str, float]:
    counts = _alarm_counts(labels, scores, categories, threshold)
    return {name: count / sum(counts.values()) for name, count in counts.items()}


def _ringing_only(
    labels: list[int], scores: list[float], categories: list[str], threshold: float
) -> dict[str, float]:
    rates = _alarms(labels, scores, categories, threshold)
    return {name: rate for name, rate in rates.items() if rate}


def _complement(
    labels: list[int], scores: list[float], categories: list[str], threshold: float
) -> dict[str, float]:
    rates = _alarms(labels, scores, categories, threshold)
    return {name: 1 - rate for name, rate in rates.items()}


_ALARMS = Exercise(
    name="false-alarms-by-name",
    lesson=_LESSON,
    function="false_alarms",
    points=2,
    task="Say for each kind of picture without fire how often it is called fire.",
    hints=(
        "Fires cannot raise a false alarm: leave out the pictures with label 1.",
        "Count two things for each kind: its pictures, and those with "
        "score >= threshold.",
        "Divide the second count by the first; a kind without alarms gets 0.",
    ),
    cases=_alarm_cases,
    expected=_alarms,
    mistakes=(
        Mistake(
            "fires counted too",
            "A fire that is called fire is no false alarm: only label 0 counts.",
            lambda labels, scores, categories, threshold: _alarms(
                [0] * len(labels), scores, categories, threshold
            ),
        ),
        Mistake(
            "the threshold itself left out",
            "A score that reaches the threshold is an alarm: `>=`, not `>`.",
            lambda labels, scores, categories, threshold: _alarms(
                labels, scores, categories, float(np.nextafter(threshold, 2))
            ),
        ),
        Mistake(
            "silent kinds left out",
            "A kind without false alarms is good news: it belongs in, with 0.",
            _ringing_only,
        ),
        Mistake(
            "counts in place of shares",
            "Divide each count by the number of pictures of its kind.",
            _alarm_counts,
        ),
        Mistake(
            "share of all pictures without fire",
            "Divide by the number of pictures of the same kind.",
            _of_all,
        ),
        Mistake(
            "share of all false alarms",
            "Divide by the number of pictures of the same kind, not by the alarms.",
            _of_alarms,
        ),
        Mistake(
            "quiet pictures counted",
            "A false alarm is a score that reaches the threshold, not one below it.",
            _complement,
        ),
        Mistake(
            "kinds of fires",
            "These are pictures with fire (label 1): take those with label 0.",
            lambda labels, scores, categories, threshold: _alarms(
                [1 - label for label in labels], scores, categories, threshold
            ),
        ),
        Mistake(
            "always one half",
            "The threshold is an input of the function.",
            lambda labels, scores, categories, threshold: _alarms(
                labels, scores, categories, 0.5
            ),
        ),
    ),
    own=("fire_course.metrics.report",),
)


EXERCISES = (_HASH, _GROUPS, _SPLIT, _COLOURS, _ALARMS)
