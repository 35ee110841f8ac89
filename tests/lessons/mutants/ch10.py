"""Right and wrong answers to lesson 10, each written as a learner might."""

from collections import Counter, defaultdict

import numpy as np

LESSON = "10_honest_data"


# --- difference-hash -------------------------------------------------------


def _small(grey):
    a, b = grey.shape[0] // 8, grey.shape[1] // 9
    return np.array(
        [
            [float(grey[i * a : i * a + a, j * b : j * b + b].mean()) for j in range(9)]
            for i in range(8)
        ]
    )


def hash_by_loops(grey):
    a, b = grey.shape[0] // 8, grey.shape[1] // 9
    bits = []
    for i in range(8):
        sums = [grey[i * a : (i + 1) * a, j * b : (j + 1) * b].sum() for j in range(9)]
        bits.append(
            [bool(right > left) for left, right in zip(sums, sums[1:], strict=False)]
        )
    return bits


def hash_by_splitting(grey):
    rows = np.split(grey.astype(float), 8)
    means = [[block.mean() for block in np.split(row, 9, axis=1)] for row in rows]
    return np.diff(means) > 0


def hash_shrinks(grey):
    grey[0, 0] = 255 - grey[0, 0]
    return np.diff(_small(grey)) > 0


# --- hash-groups -----------------------------------------------------------


def groups_by_search(hashes, bits):
    n = len(hashes)
    group, number = [None] * n, 0
    for start in range(n):
        if group[start] is not None:
            continue
        waiting = [start]
        while waiting:
            i = waiting.pop()
            if group[i] is not None:
                continue
            group[i] = number
            waiting += [
                j for j in range(n) if np.count_nonzero(hashes[i] ^ hashes[j]) <= bits
            ]
        number += 1
    return group


def groups_by_parents(hashes, bits):
    parent = list(range(len(hashes)))

    def root(i):
        while parent[i] != i:
            i = parent[i]
        return i

    for i in range(len(hashes)):
        for j in range(i + 1, len(hashes)):
            if int(np.sum(hashes[i] != hashes[j])) < bits + 1:
                low, high = sorted((root(i), root(j)))
                parent[high] = low
    roots = [root(i) for i in range(len(hashes))]
    return np.array([sorted(set(roots)).index(r) for r in roots])


def groups_by_powers(hashes, bits):
    near = ((hashes[:, None] != hashes[None]).sum(axis=-1) <= bits).astype(int)
    for _ in range(len(hashes)):
        near = (near @ near > 0).astype(int)
    first = near.argmax(axis=1)
    return np.unique(first, return_inverse=True)[1]


def groups_of_founders(hashes, bits):
    founders, answer = [], []
    for one in hashes:
        for number, founder in enumerate(founders):
            if (one != founder).sum() <= bits:
                answer.append(number)
                break
        else:
            answer.append(len(founders))
            founders.append(one)
    return answer


def groups_like_the_first(hashes, bits):
    return [
        0 if np.count_nonzero(hashes[i] != hashes[0]) <= bits else i
        for i in range(len(hashes))
    ]


def groups_unjoined(hashes, bits):
    answer = []
    for i, one in enumerate(hashes):
        for j in range(i):
            if (one != hashes[j]).sum() <= bits:
                answer.append(answer[j])
                break
        else:
            answer.append(max(answer) + 1 if answer else 0)
    return answer


def groups_with_gaps(hashes, bits):
    right = groups_by_search(hashes, bits)
    return [right.index(number) for number in right]


def groups_of_equal_bits(hashes, bits):
    # Also what a mixed-up ~ gives: the distance of a picture to itself is large.
    n = len(hashes)
    groups = list(range(n))
    for i in range(n):
        for j in range(n):
            if (hashes[i] == hashes[j]).sum() <= bits:
                groups = [groups[i] if g == groups[j] else g for g in groups]
    numbers = {}
    return [numbers.setdefault(g, len(numbers)) for g in groups]


# --- leak-free-split -------------------------------------------------------


def split_by_cumsum(groups, order, wanted):
    if wanted == 0:
        return []
    sizes = np.cumsum([groups.count(group) for group in order])
    last = int(np.argmax(sizes >= wanted))
    return [i for i, group in enumerate(groups) if group in order[: last + 1]]


def split_with_set(groups, order, wanted):
    test = set()
    for group in order:
        if len(test) < wanted:
            test |= {i for i in range(len(groups)) if groups[i] == group}
    return sorted(test)


def split_with_mask(groups, order, wanted):
    groups, chosen = np.array(groups), np.zeros(len(groups), bool)
    left = list(order)
    while chosen.sum() < wanted:
        chosen |= groups == left.pop(0)
    return np.flatnonzero(chosen)


def split_cutting(groups, order, wanted):
    test = []
    for group in order:
        for i, other in enumerate(groups):
            if other == group and len(test) < wanted:
                test.append(i)
    return sorted(test)


def split_short(groups, order, wanted):
    test = []
    for group in order:
        more = [i for i, other in enumerate(groups) if other == group]
        if len(test) + len(more) > wanted:
            break
        test += more
    return sorted(test)


def split_long(groups, order, wanted):
    test = []
    for group in order:
        if len(test) > wanted:
            break
        test += [i for i, other in enumerate(groups) if other == group]
    return sorted(test)


def split_unsorted(groups, order, wanted):
    test = []
    for group in order:
        if len(test) < wanted:
            test += [i for i, other in enumerate(groups) if other == group]
    return test


def split_names(groups, order, wanted):
    names, count = [], 0
    for group in order:
        if count >= wanted:
            break
        names.append(group)
        count += groups.count(group)
    return names


def split_pops(groups, order, wanted):
    test = []
    while len(test) < wanted:
        group = order.pop(0)
        test += [i for i, other in enumerate(groups) if other == group]
    return sorted(test)


# --- colour-shares ---------------------------------------------------------


def shares_by_loops(picture, levels):
    shares = [0.0] * levels**3
    height, width, _ = picture.shape
    for row in picture.tolist():
        for red, green, blue in row:
            r, g, b = (value * levels // 256 for value in (red, green, blue))
            shares[r * levels**2 + g * levels + b] += 1
    return [count / (height * width) for count in shares]


def shares_by_matrix(picture, levels):
    number = (
        (picture // max(1, 256 // levels)).astype(int) if levels > 1 else picture * 0
    )
    number = number.astype(int) @ np.array([levels**2, levels, 1])
    return np.histogram(number, np.arange(levels**3 + 1))[0] / number.size


def shares_by_counter(picture, levels):
    step = 256 // levels
    seen = Counter(
        tuple(int(v) // step for v in pixel) for pixel in picture.reshape(-1, 3)
    )
    places = np.ndindex(levels, levels, levels)
    return np.array([seen[place] / (picture.size / 3) for place in places])


def _number(picture, levels, order=(0, 1, 2)):
    level = picture.astype(int) // (256 // levels)
    r, g, b = (level[..., channel].ravel() for channel in order)
    return (r * levels + g) * levels + b


def shares_wrapped(picture, levels):
    level = (picture.astype(int) // (256 // levels)).astype(np.uint8)
    weights = np.array([levels**2, levels, 1], np.uint8)
    number = (level * weights).sum(axis=-1, dtype=np.uint8).ravel()
    return np.bincount(number, minlength=levels**3) / len(number)


def shares_each(picture, levels):
    step = 256 // levels
    parts = [
        np.bincount(picture[..., c].astype(int).ravel() // step, minlength=levels)
        for c in range(3)
    ]
    return np.hstack(parts) / (picture.shape[0] * picture.shape[1])


# --- false-alarms-by-name --------------------------------------------------


def alarms_by_lists(labels, scores, categories, threshold):
    found = defaultdict(list)
    for label, score, name in zip(labels, scores, categories, strict=True):
        if not label:
            found[name].append(score >= threshold)
    return {name: sum(rings) / len(rings) for name, rings in found.items()}


def alarms_by_arrays(labels, scores, categories, threshold):
    quiet = np.array(labels) == 0
    scores, names = np.array(scores), np.array(categories)
    return {
        str(name): float((scores[quiet & (names == name)] >= threshold).mean())
        for name in np.unique(names[quiet])
    }


def alarms_by_counters(labels, scores, categories, threshold):
    rows = [row for row in zip(labels, scores, categories, strict=True) if row[0] == 0]
    counts = Counter(name for *_, name in rows)
    rings = Counter(name for _, score, name in rows if not score < threshold)
    return {name: np.float32(rings[name]) / counts[name] for name in counts}


def _alarms(labels, scores, categories, threshold):
    """Give (alarms, pictures) of each kind."""
    found = {}
    for label, score, name in zip(labels, scores, categories, strict=True):
        if label == 0:
            rings, count = found.get(name, (0, 0))
            found[name] = rings + (score >= threshold), count + 1
    return found


def _shares(of):
    def answer(labels, scores, categories, threshold):
        found = _alarms(labels, scores, categories, threshold)
        return of(found, labels)

    return answer


def alarms_of_all_kinds(labels, scores, categories, threshold):
    answer = {}
    for name in set(categories):
        mine = [s for s, other in zip(scores, categories, strict=True) if other == name]
        answer[name] = sum(s >= threshold for s in mine) / len(mine)
    return answer


def alarms_above(labels, scores, categories, threshold):
    kinds = {name for name, label in zip(categories, labels, strict=True) if label == 0}
    answer = {}
    for kind in kinds:
        mine = [
            s
            for s, name, label in zip(scores, categories, labels, strict=True)
            if name == kind and label == 0
        ]
        answer[kind] = sum(s > threshold for s in mine) / len(mine)
    return answer


def alarms_of_fires(labels, scores, categories, threshold):
    return alarms_by_lists(
        [label == 0 for label in labels], scores, categories, threshold
    )


RIGHT = {
    "difference-hash": [
        hash_by_loops,
        hash_by_splitting,
        lambda grey: _small(grey)[:, :-1] < _small(grey)[:, 1:],
    ],
    "hash-groups": [groups_by_search, groups_by_parents, groups_by_powers],
    "leak-free-split": [split_by_cumsum, split_with_set, split_with_mask],
    "colour-shares": [shares_by_loops, shares_by_matrix, shares_by_counter],
    "false-alarms-by-name": [alarms_by_lists, alarms_by_arrays, alarms_by_counters],
}

WRONG = {
    "difference-hash": [
        (
            lambda grey: np.diff(_small(grey).astype("uint8"), axis=1) > 0,
            "uint8 wraps",
        ),
        (
            lambda grey: (
                _small(grey).astype(int)[:, 1:] > _small(grey).astype(int)[:, :-1]
            ),
            "means cut to whole grey levels",
        ),
        (lambda grey: _small(grey)[:, 1:] < _small(grey)[:, :-1], "swapped"),
        (lambda grey: _small(grey)[:, 1:] >= _small(grey)[:, :-1], "equal counted"),
        (lambda grey: _small(grey)[1:] > _small(grey)[:-1], "rows in place of columns"),
        (
            lambda grey: (
                np.diff(grey[:: len(grey) // 8, :: len(grey[0]) // 9].astype(float)) > 0
            ),
            "one pixel a block",
        ),
        (lambda grey: _small(grey) > _small(grey).mean(), "the mean of the picture"),
        (lambda grey: np.diff(grey.astype(float)) > 0, "no blocks"),
        (lambda grey: (np.diff(_small(grey)) > 0).ravel(), "the shape is (64,)"),
        (lambda grey: (np.diff(_small(grey)) > 0).astype(int), "came numbers instead"),
        (hash_shrinks, "changes its input grey"),
        (lambda grey: np.diff(grey.reshape(8, -1, 9).mean(axis=1)) > 0, "came"),
    ],
    "hash-groups": [
        (
            lambda hashes, bits: groups_by_search(hashes, bits - 1),
            "the limit itself left out",
        ),
        (groups_of_founders, "compared with the first of each group only"),
        (groups_like_the_first, "compared with the very first picture only"),
        (groups_unjoined, "groups never joined"),
        (groups_with_gaps, "groups not numbered in order"),
        (groups_of_equal_bits, "equal bits counted"),
        (lambda hashes, bits: groups_by_search(hashes, 0), "equal hashes only"),
        (lambda hashes, bits: np.arange(len(hashes)), "every picture by itself"),
        (lambda hashes, bits: [0] * len(hashes), "came 0 instead of 1"),
        (
            lambda hashes, bits: [g + 1 for g in groups_by_search(hashes, bits)],
            "at [0]",
        ),
        (lambda hashes, bits: len(set(groups_by_search(hashes, bits))), "a number"),
        (lambda hashes, bits: set(groups_by_search(hashes, bits)), "a set instead"),
    ],
    "leak-free-split": [
        (split_cutting, "cut in two"),
        (lambda groups, order, wanted: [*range(wanted)], "groups were not looked at"),
        (split_short, "one group too few"),
        (split_long, "one group too many"),
        (
            lambda groups, order, wanted: [
                i for i, group in enumerate(groups) if group in order[:wanted]
            ],
            "groups counted in place of pictures",
        ),
        (
            lambda groups, order, wanted: sorted(
                set(range(len(groups))) - set(split_with_set(groups, order, wanted))
            ),
            "the training pictures",
        ),
        (split_names, "groups in place of pictures"),
        (split_unsorted, "not sorted"),
        (
            lambda groups, order, wanted: split_with_set(
                groups, sorted(set(groups), key=groups.index), wanted
            ),
            "the given order left aside",
        ),
        (split_pops, "changes its input order"),
        (
            lambda groups, order, wanted: len(split_with_set(groups, order, wanted)),
            "came a number",
        ),
        (
            lambda groups, order, wanted: [
                i + 1 for i in split_with_set(groups, order, wanted)
            ],
            "at [0]",
        ),
    ],
    "colour-shares": [
        (
            lambda picture, levels: np.bincount(
                _number(picture, levels), minlength=levels**3
            ),
            "counts in place of shares",
        ),
        (
            lambda picture, levels: (
                np.bincount(_number(picture, levels), minlength=levels**3)
                / picture.size
            ),
            "divided by three times too much",
        ),
        (
            lambda picture, levels: (
                np.bincount(_number(picture, levels, (2, 1, 0)), minlength=levels**3)
                / len(picture.reshape(-1, 3))
            ),
            "blue first",
        ),
        (
            lambda picture, levels: (
                np.bincount(_number(picture, levels)) / len(picture.reshape(-1, 3))
            ),
            "colours missing at the end",
        ),
        (shares_each, "each channel by itself"),
        (shares_wrapped, "uint8 wraps"),
        (lambda picture, levels: shares_by_loops(picture, 4), "always 4 levels"),
        (
            lambda picture, levels: np.reshape(
                shares_by_loops(picture, levels), (levels, levels, levels)
            ),
            "the shape is",
        ),
        (
            lambda picture, levels: [100 * s for s in shares_by_loops(picture, levels)],
            "came 100 instead of 1",
        ),
        (
            lambda picture, levels: dict(enumerate(shares_by_loops(picture, levels))),
            "a dict",
        ),
        (lambda picture, levels: picture.mean(axis=(0, 1)), "3 items instead of 8"),
    ],
    "false-alarms-by-name": [
        (alarms_of_all_kinds, "fires counted too"),
        (alarms_above, "the threshold itself left out"),
        (
            _shares(
                lambda found, labels: {n: r / c for n, (r, c) in found.items() if r}
            ),
            "silent kinds left out",
        ),
        (
            _shares(lambda found, labels: {n: r for n, (r, c) in found.items()}),
            "counts in place of shares",
        ),
        (
            _shares(
                lambda found, labels: {
                    n: r / labels.count(0) for n, (r, c) in found.items()
                }
            ),
            "share of all pictures without fire",
        ),
        (
            _shares(
                lambda found, labels: {
                    n: r / sum(r for r, _ in found.values())
                    for n, (r, c) in found.items()
                }
            ),
            "share of all false alarms",
        ),
        (
            _shares(
                lambda found, labels: {n: (c - r) / c for n, (r, c) in found.items()}
            ),
            "quiet pictures counted",
        ),
        (alarms_of_fires, "kinds of fires"),
        (
            lambda labels, scores, categories, threshold: alarms_by_lists(
                labels, scores, categories, 0.5
            ),
            "always one half",
        ),
        (
            _shares(lambda found, labels: sum(r for r, _ in found.values())),
            "came a number instead of a dict",
        ),
        (
            _shares(lambda found, labels: {n: [r, c] for n, (r, c) in found.items()}),
            "a sequence of numbers instead of a number",
        ),
        (_shares(lambda found, labels: {}), "is missing"),
    ],
}
