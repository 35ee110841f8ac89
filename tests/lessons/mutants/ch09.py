"""Right and wrong answers to lesson 9, each written as a learner might."""

import math

import numpy as np

LESSON = "09_mountains_or_forests"


# --- prepare-for-resnet ----------------------------------------------------


def prepare_stacked(photos, means):
    red, green, blue = np.moveaxis(photos.astype("float32"), -1, 0)
    return np.stack([blue - means[0], green - means[1], red - means[2]], axis=-1)


def prepare_filled(photos, means):
    result = np.empty(photos.shape)
    for channel in range(3):
        result[..., channel] = photos[..., 2 - channel]
        result[..., channel] -= means[channel]
    return result


def prepare_in_place(photos, means):
    photos -= np.array(means).astype("uint8")
    return photos[..., ::-1]


# --- accuracy-by-name ------------------------------------------------------


def by_name_loops(scored, labelled):
    right = count = 0
    for name, score in scored:
        for other, label in labelled:
            if other == name:
                count += 1
                right += int(score >= 0.5) == label
    if count == 0:
        return None
    return right / count


def by_name_sets(scored, labelled):
    scores, labels = dict(scored), dict(labelled)
    both = sorted(set(scores) & set(labels))
    hits = [labels[name] == (1 if scores[name] >= 0.5 else 0) for name in both]
    return np.mean(hits) if both else None


def by_name_numpy(scored, labelled):
    labels = dict(labelled)
    pairs = np.array([(s, labels[n]) for n, s in scored if n in labels]).reshape(-1, 2)
    if len(pairs) == 0:
        return None
    return float(((pairs[:, 0] >= 0.5) == pairs[:, 1]).mean())


def by_place(scored, labelled):
    hits = [
        (s >= 0.5) == (v == 1) for (_, s), (_, v) in zip(scored, labelled, strict=False)
    ]
    return sum(hits) / len(hits) if hits else None


def by_place_dividing(scored, labelled):
    hits = [(s >= 0.5) == v for (_, s), (_, v) in zip(scored, labelled, strict=False)]
    return sum(hits) / len(hits)


def by_name_over(count):
    def answer(scored, labelled):
        labels = dict(labelled)
        hits = [(s >= 0.5) == labels[n] for n, s in scored if n in labels]
        return sum(hits) / count(scored, labelled) if hits else None

    return answer


def by_name_expecting(scored, labelled):
    labels = dict(labelled)
    hits = [(score >= 0.5) == labels[name] for name, score in scored]
    return sum(hits) / len(hits) if hits else None


# --- epoch-losses ----------------------------------------------------------


def epochs_counting(losses, count, batch_size):
    epochs, total, seen = [], 0.0, 0
    for loss in losses:
        size = min(batch_size, count - seen)
        total += loss * size
        seen += size
        if seen == count:
            epochs.append(total / count)
            total, seen = 0.0, 0
    return epochs


def epochs_numpy(losses, count, batch_size):
    batches = -(-count // batch_size)
    weights = np.full(batches, float(batch_size))
    weights[-1] -= batches * batch_size - count
    whole = len(losses) // batches
    table = np.array(losses[: whole * batches]).reshape(whole, batches)
    return table @ weights / count


def epochs_popping(losses, count, batch_size):
    left, epochs = list(losses), []
    batches = (count + batch_size - 1) // batch_size
    while len(left) >= batches:
        part, left = left[:batches], left[batches:]
        full = sum(part[:-1]) * batch_size
        epochs.append((full + part[-1] * (count - batch_size * (batches - 1))) / count)
    return epochs


def epochs_of(batches, *, begun=False):
    def answer(losses, count, batch_size):
        n = batches(count, batch_size)
        parts = [losses[i : i + n] for i in range(0, len(losses), n)]
        return [sum(p) / len(p) for p in parts if begun or len(p) == n]

    return answer


def epochs_remainder(losses, count, batch_size):
    n = math.ceil(count / batch_size)
    sizes = [batch_size] * (n - 1) + [count % batch_size]
    starts = range(0, len(losses) - n + 1, n)
    return [
        sum(a * b for a, b in zip(losses[i : i + n], sizes, strict=False)) / count
        for i in starts
    ]


def epochs_begun(losses, count, batch_size):
    n = math.ceil(count / batch_size)
    sizes = [batch_size] * (n - 1) + [count - batch_size * (n - 1)]
    found = []
    for i in range(0, len(losses), n):
        part = losses[i : i + n]
        found.append(np.average(part, weights=sizes[: len(part)]))
    return found


# --- only-one-right --------------------------------------------------------


def _p(n, k):
    return sum(math.comb(n, i) for i in range(k + 1)) / 2**n


def pair_loop(labels, first, second):
    a = b = 0
    for label, one, two in zip(labels, first, second, strict=True):
        if one == label and two != label:
            a += 1
        if two == label and one != label:
            b += 1
    return a, b, min(1.0, 2 * _p(a + b, min(a, b)))


def pair_scipy(labels, first, second):
    from scipy.stats import binomtest

    one, two = np.array(first) == labels, np.array(second) == labels
    a, b = int(np.sum(one & ~two)), int(np.sum(~one & two))
    return [a, b, binomtest(a, a + b).pvalue if a + b else 1]


def pair_differences(labels, first, second):
    net = [
        (one == label) - (two == label)
        for label, one, two in zip(labels, first, second, strict=True)
    ]
    a, b = net.count(1), net.count(-1)
    tail, term = 0.0, 0.5 ** (a + b)
    for i in range(min(a, b) + 1):
        tail += term
        term *= (a + b - i) / (i + 1)
    return a, b, 1.0 if a == b else 2 * tail


def pair_with(p):
    def answer(labels, first, second):
        a, b, _ = pair_loop(labels, first, second)
        return a, b, p(a, b)

    return answer


def pair_all(labels, first, second):
    a = sum(x == y for x, y in zip(labels, first, strict=True))
    b = sum(x == y for x, y in zip(labels, second, strict=True))
    return a, b, min(1.0, 2 * _p(a + b, min(a, b)))


def pair_answers(labels, first, second):
    a = sum(x > y for x, y in zip(first, second, strict=True))
    b = sum(x < y for x, y in zip(first, second, strict=True))
    return a, b, min(1.0, 2 * _p(a + b, min(a, b)))


RIGHT = {
    "prepare-for-resnet": [
        prepare_stacked,
        prepare_filled,
        lambda photos, means: np.subtract(np.flip(photos, axis=-1), means),
    ],
    "accuracy-by-name": [by_name_loops, by_name_sets, by_name_numpy],
    "classes-of-scores": [
        lambda scores, indices, threshold: [
            max(indices, key=indices.get)
            if row[0] >= threshold
            else min(indices, key=indices.get)
            for row in scores
        ],
        lambda scores, indices, threshold: [
            name
            for score in scores.ravel().tolist()
            for name, index in indices.items()
            if index == (score >= threshold)
        ],
        lambda scores, indices, threshold: np.where(
            scores[:, 0] < threshold, *sorted(indices, key=indices.get)
        ).tolist(),
    ],
    "epoch-losses": [epochs_counting, epochs_numpy, epochs_popping],
    "only-one-right": [pair_loop, pair_scipy, pair_differences],
}

WRONG = {
    "prepare-for-resnet": [
        (lambda photos, means: photos / 255, "This was the bug"),
        (lambda photos, means: photos[..., ::-1] / 255 - means, "divided by 255"),
        (lambda photos, means: (photos[..., ::-1] - means) / 255, "divided by 255"),
        (lambda photos, means: photos - np.array(means), "channels not exchanged"),
        (lambda photos, means: photos - np.array(means[::-1]), "red still first"),
        (
            lambda photos, means: photos[..., ::-1] - means[::-1],
            "means of the wrong channels",
        ),
        (lambda photos, means: photos[..., ::-1], "no means"),
        (lambda photos, means: photos[..., ::-1] + np.array(means), "means added"),
        (lambda photos, means: photos / 127.5 - 1, "to -1 and 1"),
        (
            lambda photos, means: photos[..., ::-1] - photos.mean(axis=(0, 1, 2))[::-1],
            "the photographs' own means",
        ),
        (
            lambda photos, means: np.maximum(photos[..., ::-1] - np.array(means), 0),
            "cut off at 0",
        ),
        (
            lambda photos, means: photos[::-1] - np.array(means),
            "turned the wrong axis",
        ),
        (prepare_in_place, "changes its input"),
        (lambda photos, means: (photos[..., ::-1] - means)[0], "shape"),
        (lambda photos, means: None, "returns nothing"),
    ],
    "accuracy-by-name": [
        (by_place, "compared by place"),
        (by_place_dividing, "compared by place"),
        (
            lambda scored, labelled: by_place(sorted(scored), sorted(labelled)),
            "sorted, then compared by place",
        ),
        (by_name_over(lambda scored, labelled: len(scored)), "without a label counted"),
        (
            by_name_over(lambda scored, labelled: len(labelled)),
            "without a score counted",
        ),
        (by_name_expecting, "a missing label not expected"),
        (
            lambda scored, labelled: by_name_loops(
                [(n, s - 1e-6) for n, s in scored], labelled
            ),
            "one half left out",
        ),
        (
            lambda scored, labelled: by_name_loops(
                [(n, (0 if s >= 0.5 else 1)) for n, s in scored], labelled
            ),
            "labels swapped",
        ),
        (
            lambda scored, labelled: (
                np.mean(
                    [s == dict(labelled)[n] for n, s in scored if n in dict(labelled)]
                )
                if {n for n, _ in scored} & {n for n, _ in labelled}
                else None
            ),
            "scores compared with labels",
        ),
        (
            lambda scored, labelled: by_name_loops(scored, labelled) or 0.0,
            "0 where nothing can be said",
        ),
        (
            lambda scored, labelled: 1 / (1 / by_name_loops(scored, labelled)),
            "TypeError",
        ),
        (lambda scored, labelled: print(1), "prints its result"),
    ],
    "classes-of-scores": [
        (
            lambda scores, indices, threshold: [
                list(indices)[int(s >= threshold)] for s in scores[:, 0]
            ],
            "the order of the dict",
        ),
        (
            lambda scores, indices, threshold: [
                sorted(indices)[int(s >= threshold)] for s in scores[:, 0]
            ],
            "the order of the alphabet",
        ),
        (
            lambda scores, indices, threshold: [
                min(indices, key=indices.get)
                if s >= threshold
                else max(indices, key=indices.get)
                for s in scores[:, 0]
            ],
            "classes swapped",
        ),
        (
            lambda scores, indices, threshold: [
                sorted(indices, key=indices.get)[int(s >= 0.5)] for s in scores[:, 0]
            ],
            "always one half",
        ),
        (
            lambda scores, indices, threshold: [
                sorted(indices, key=indices.get)[round(float(s))] for s in scores[:, 0]
            ],
            "rounded",
        ),
        (
            lambda scores, indices, threshold: [
                sorted(indices, key=indices.get)[int(s > threshold)]
                for s in scores[:, 0]
            ],
            "the threshold itself left out",
        ),
        (
            lambda scores, indices, threshold: [
                sorted(indices, key=indices.get)[int(s)] for s in scores[:, 0]
            ],
            "cut off behind the point",
        ),
        (
            lambda scores, indices, threshold: [
                int(s >= threshold) for s in scores[:, 0]
            ],
            "indices in place of names",
        ),
        (
            lambda scores, indices, threshold: (
                max(indices, key=indices.get)
                if len(scores) and scores[0, 0] >= threshold
                else min(indices, key=indices.get)
                if len(scores)
                else ""
            ),
            "one name for all",
        ),
        (lambda scores, indices, threshold: list(indices), "came"),
        (
            lambda scores, indices, threshold: [
                "forest" if s >= threshold else "mountain" for s in scores[:, 0]
            ],
            "came",
        ),
        (lambda scores, indices, threshold: indices[scores[0, 0]], "KeyError"),
    ],
    "epoch-losses": [
        (epochs_of(lambda count, size: 34), "always 34 batches"),
        (epochs_of(lambda count, size: math.ceil(count / size)), "weighs too much"),
        (
            epochs_of(lambda count, size: count // size),
            "the smaller batch forgotten",
        ),
        (epochs_of(lambda count, size: count // size + 1), "one batch too many"),
        (epochs_remainder, "a last batch of none"),
        (epochs_begun, "the begun epoch counted"),
        (
            lambda losses, count, batch_size: [
                x * count for x in epochs_counting(losses, count, batch_size)
            ],
            "the sum in place of the mean",
        ),
        (
            lambda losses, count, batch_size: [
                x * count / math.ceil(count / batch_size)
                for x in epochs_counting(losses, count, batch_size)
            ],
            "divided by the number of batches",
        ),
        (
            lambda losses, count, batch_size: float(np.mean(losses)),
            "one mean for all epochs",
        ),
        (lambda losses, count, batch_size: losses, "items instead of"),
        (
            lambda losses, count, batch_size: (
                x for x in epochs_counting(losses, count, batch_size)
            ),
            "gives its items only once",
        ),
    ],
    "only-one-right": [
        (pair_all, "all right answers counted"),
        (pair_answers, "answers counted, not right ones"),
        (
            lambda labels, first, second: pair_loop(labels, second, first),
            "first and second swapped",
        ),
        (pair_with(lambda a, b: min(1.0, _p(a + b, min(a, b)))), "one side only"),
        (pair_with(lambda a, b: 2 * _p(a + b, min(a, b))), "more than 1"),
        (
            pair_with(lambda a, b: min(1.0, 2 * _p(a + b, min(a, b) - 1))),
            "the last term left out",
        ),
        (
            pair_with(
                lambda a, b: min(1.0, 2 * math.comb(a + b, min(a, b)) / 2 ** (a + b))
            ),
            "only the last term",
        ),
        (
            pair_with(lambda a, b: min(1.0, 2 * _p(a + b, max(a, b)))),
            "summed up to the larger count",
        ),
        (
            pair_with(lambda a, b: min(1.0, 2 * _p(a + b, min(a, b))) if a + b else 0),
            "0 where they differ nowhere",
        ),
        (
            lambda labels, first, second: pair_loop(labels, first, second)[2],
            "p alone",
        ),
        (lambda labels, first, second: pair_loop(labels, first, second)[:2], "2 items"),
    ],
}
