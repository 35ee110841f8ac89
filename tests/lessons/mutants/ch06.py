"""Right and wrong answers to lesson 6, each written as a learner might."""

import math
from collections import Counter

import numpy as np

LESSON = "06_cats_or_dogs"


# --- fit-into-square -------------------------------------------------------


def square_by_padding(photo, fill):
    rows, columns = photo.shape[:2]
    more = abs(rows - columns)
    pair = (more // 2, more - more // 2)
    pads = [(0, 0)] * photo.ndim
    pads[0 if rows < columns else 1] = pair
    return np.pad(photo, pads, constant_values=fill)


def square_by_stacking(photo, fill):
    if photo.ndim == 3:
        return np.stack(
            [square_by_stacking(photo[..., c], fill) for c in range(photo.shape[2])], -1
        )
    if photo.shape[0] > photo.shape[1]:
        return square_by_stacking(photo.T, fill).T
    spare = photo.shape[1] - photo.shape[0]
    above = np.full((spare // 2, photo.shape[1]), fill)
    below = np.full((spare - spare // 2, photo.shape[1]), fill)
    return np.vstack([above, photo, below])


def square_in_loops(photo, fill):
    height, width = photo.shape[0], photo.shape[1]
    side = width if width > height else height
    out = np.zeros((side, side) + photo.shape[2:], dtype=photo.dtype) + np.uint8(fill)
    for i in range(height):
        for j in range(width):
            out[i + (side - height) // 2, j + (side - width) // 2] = photo[i, j]
    return out


def _square(photo, fill, top=lambda n: n // 2, colour=True):
    height, width = photo.shape[:2]
    side = max(height, width)
    shape = (side, side, *photo.shape[2:]) if colour else (side, side)
    square = np.full(shape, fill, "uint8")
    i, j = top(side - height), top(side - width)
    square[i : i + height, j : j + width] = photo
    return square


def square_wide_only(photo, fill):
    height, width = photo.shape[:2]
    if width <= height:
        return photo
    return _square(photo, fill)


def square_crop(photo, fill):
    height, width = photo.shape[:2]
    side = min(height, width)
    i, j = (height - side) // 2, (width - side) // 2
    return photo[i : i + side, j : j + side]


def square_edge(photo, fill):
    height, width = photo.shape[:2]
    side = max(height, width)
    out = photo
    for axis, n in ((0, side - height), (1, side - width)):
        pads = [(0, 0)] * photo.ndim
        pads[axis] = (n // 2, n - n // 2)
        out = np.pad(out, pads, "edge")
    return out


def square_nearest(photo, fill):
    side = max(photo.shape[:2])
    i = [k * photo.shape[0] // side for k in range(side)]
    j = [k * photo.shape[1] // side for k in range(side)]
    return photo[np.ix_(i, j)]


def square_changing(photo, fill):
    photo[0] = fill
    return photo


# --- balance-classes -------------------------------------------------------


def balance_by_counter(labels, order):
    allowed = dict.fromkeys(labels, min(Counter(labels).values()))
    kept = []
    for i in order:
        allowed[labels[i]] -= 1
        if allowed[labels[i]] >= 0:
            kept.append(i)
    return kept


def balance_by_class(labels, order):
    classes = {label: [p for p in order if labels[p] == label] for label in labels}
    least = min(len(places) for places in classes.values())
    keep = {p for places in classes.values() for p in places[:least]}
    return [p for p in order if p in keep]


def balance_in_numpy(labels, order):
    labels, order = np.array(labels), np.array(order)
    _, counts = np.unique(labels, return_counts=True)
    mixed = labels[order]
    keep = np.zeros(len(order), bool)
    for label in set(labels.tolist()):
        keep[np.flatnonzero(mixed == label)[: counts.min()]] = True
    return order[keep]


def balance_folder(labels, order):
    return [
        p
        for p in range(len(labels))
        if p in balance_by_class(labels, [*range(len(labels))])
    ]


def balance_grouped(labels, order):
    kept = balance_by_class(labels, order)
    return [p for label in sorted(set(labels)) for p in kept if labels[p] == label]


def balance_wrong_label(labels, order):
    least = min(Counter(labels).values())
    taken, kept = Counter(), []
    for i, place in enumerate(order):
        if taken[labels[i]] < least:
            taken[labels[i]] += 1
            kept.append(place)
    return kept


def balance_first_class(labels, order):
    least = labels.count(min(labels))
    taken, kept = Counter(), []
    for place in order:
        if taken[labels[place]] < least:
            taken[labels[place]] += 1
            kept.append(place)
    return kept


def balance_one_each(labels, order):
    seen, kept = set(), []
    for place in order:
        if labels[place] not in seen:
            seen.add(labels[place])
            kept.append(place)
    return kept


def balance_shuffles(labels, order):
    order.sort()
    return order


# --- scores-in-order -------------------------------------------------------


def accuracy_loop(scores, order, labels):
    right = 0
    for i in range(len(order)):
        said = 1 if scores[i][0] >= 0.5 else 0
        right += said == labels[order[i]]
    return right / len(order)


def accuracy_sorted_back(scores, order, labels):
    back = np.empty(len(order))
    back[order] = scores.ravel()
    return np.mean((back >= 0.5).astype(int) == labels)


def accuracy_argsort(scores, order, labels):
    return (
        1 - np.abs((scores[np.argsort(order), 0] >= 0.5) - labels.astype(float)).mean()
    )


# --- name-one-photo --------------------------------------------------------


def name_by_logit(photo, weights, bias, threshold, names):
    z = float((weights * photo.astype(float) / 255.0).sum()) + bias
    return names[int(z >= math.log(threshold / (1 - threshold)))]


def name_by_dot(photo, weights, bias, threshold, names):
    x = photo.flatten() / np.float64(255)
    p = math.exp(-np.logaddexp(0, -(weights.flatten() @ x + bias)))
    p = 0.5 if abs(p - 0.5) < 1e-12 else p
    return names[0] if p < threshold else names[1]


def name_in_loop(photo, weights, bias, threshold, names):
    z = bias
    for row, numbers in zip(weights, photo, strict=True):
        for w, x in zip(row, numbers, strict=True):
            z += w * int(x) / 255
    p = 1 / (1 + math.exp(-z))
    if p >= threshold:
        return names[1]
    return names[0]


def _score(z):
    return 1 / (1 + np.exp(-np.clip(z, -500, 500)))


def _named(make, said=None):
    """An answer with another logit, or another rule."""

    def answer(photo, weights, bias, threshold, names):
        p = _score(make(photo, weights, bias))
        return said(p, threshold, names) if said else names[int(p >= threshold)]

    return answer


def _logit(photo, weights, bias):
    return np.sum(weights * photo / 255) + bias


def name_without_sigmoid(photo, weights, bias, threshold, names):
    return names[int(_logit(photo, weights, bias) >= threshold)]


def name_like_the_source(photo, weights, bias, threshold, names):
    return names[int(_score(np.sum(weights * photo) + bias))]


# --- choose-network --------------------------------------------------------


def choose_sorted(rows):
    done = sorted(
        (row["val_loss"], row["parameters"], row["name"])
        for row in rows
        if row["val_loss"] is not None
    )
    return done[0][2] if done else None


def choose_loop(rows):
    best = None
    for row in rows:
        if row["val_loss"] is None:
            continue
        if (
            best is None
            or row["val_loss"] < best["val_loss"]
            or (
                row["val_loss"] == best["val_loss"]
                and row["parameters"] < best["parameters"]
            )
        ):
            best = row
    return best and best["name"]


def choose_stable(rows):
    rows = sorted(rows, key=lambda row: row["parameters"])
    rows = [row for row in rows if row["val_loss"] is not None]
    losses = [row["val_loss"] for row in rows]
    return rows[losses.index(min(losses))]["name"] if losses else None


def _choose(key, *, biggest=False):
    def answer(rows):
        done = [row for row in rows if row["val_loss"] is not None]
        if not done:
            return None
        return (max if biggest else min)(done, key=key)["name"]

    return answer


RIGHT = {
    "fit-into-square": [square_by_padding, square_by_stacking, square_in_loops],
    "balance-classes": [balance_by_counter, balance_by_class, balance_in_numpy],
    "scores-in-order": [accuracy_loop, accuracy_sorted_back, accuracy_argsort],
    "name-one-photo": [name_by_logit, name_by_dot, name_in_loop],
    "choose-network": [choose_sorted, choose_loop, choose_stable],
}

WRONG = {
    "fit-into-square": [
        (lambda photo, fill: _square(photo, fill, lambda n: 0), "in the corner"),
        (lambda photo, fill: _square(photo, fill, lambda n: n), "at the other end"),
        (
            lambda photo, fill: _square(photo, fill, lambda n: (n + 1) // 2),
            "the odd one before",
        ),
        (lambda photo, fill: square_by_padding(photo, 0), "always black"),
        (square_crop, "cut in place of filled"),
        (square_nearest, "stretched"),
        (square_edge, "the border repeated"),
        (square_wide_only, "wide photographs only"),
        (
            lambda photo, fill: _square(photo, fill, colour=False),
            "grey photographs only",
        ),
        (square_changing, "changes its input photo"),
        (lambda photo, fill: _square(photo, fill) / 255, "came"),
        (lambda photo, fill: _square(photo, fill).shape, "came"),
        (lambda photo: photo, "keep the inputs of the stub"),
    ],
    "balance-classes": [
        (balance_folder, "order left out"),
        (lambda labels, order: sorted(balance_by_class(labels, order)), "sorted in"),
        (balance_grouped, "class by class"),
        (balance_wrong_label, "label of another picture"),
        (
            lambda labels, order: [
                order.index(p) for p in balance_by_class(labels, order)
            ],
            "positions in place of places",
        ),
        (
            lambda labels, order: balance_by_counter(labels, order[::-1])[::-1],
            "the last in place of the first",
        ),
        (
            lambda labels, order: [labels[p] for p in balance_by_class(labels, order)],
            "labels in place of places",
        ),
        (balance_first_class, "as many as the first class"),
        (lambda labels, order: order, "nothing left out"),
        (balance_one_each, "one of each class"),
        (balance_shuffles, "changes its input order"),
        (lambda labels, order: None, "returns nothing"),
    ],
    "scores-in-order": [
        (
            lambda scores, order, labels: np.mean((scores.ravel() >= 0.5) == labels),
            "another order",
        ),
        (
            lambda scores, order, labels: np.mean(
                (scores[order].ravel() >= 0.5) == labels
            ),
            "the order the wrong way round",
        ),
        (
            lambda scores, order, labels: np.mean((scores >= 0.5) == labels[order]),
            "every score with every label",
        ),
        (
            lambda scores, order, labels: ((scores >= 0.5) == labels).mean(),
            "every score with every label",
        ),
        (
            lambda scores, order, labels: sum((scores[:, 0] >= 0.5) == labels[order]),
            "a count",
        ),
        (
            lambda scores, order, labels: np.mean(
                (scores[:, 0] >= 0.5) != labels[order]
            ),
            "the share of mistakes",
        ),
        (
            lambda scores, order, labels: np.mean(
                (scores[:, 0] > 0.5) == labels[order]
            ),
            "one half left out",
        ),
        (
            lambda scores, order, labels: np.mean(
                scores[:, 0].astype(int) == labels[order]
            ),
            "cut off behind the point",
        ),
        (lambda scores, order, labels: labels[order], "came"),
        (
            lambda scores, order, labels: 100 * accuracy_loop(scores, order, labels),
            "came",
        ),
    ],
    "name-one-photo": [
        (name_like_the_source, "came"),
        (
            _named(lambda photo, weights, bias: np.sum(weights * photo) + bias),
            "the division forgotten",
        ),
        (
            _named(_logit, lambda p, threshold, names: names[int(p)]),
            "cut off behind the point",
        ),
        (
            _named(_logit, lambda p, threshold, names: names[round(float(p) + 1e-9)]),
            "rounded",
        ),
        (name_without_sigmoid, "no sigmoid"),
        (
            _named(_logit, lambda p, threshold, names: names[int(p < threshold)]),
            "names swapped",
        ),
        (
            _named(
                lambda photo, weights, bias: np.sum(weights * (photo // 255)) + bias
            ),
            "divided into whole numbers",
        ),
        (
            _named(lambda photo, weights, bias: np.mean(weights * photo / 255) + bias),
            "divided by the number of pixels",
        ),
        (
            _named(lambda photo, weights, bias: np.sum(weights * photo / 255)),
            "the bias left out",
        ),
        (
            _named(_logit, lambda p, threshold, names: names[int(p > threshold)]),
            "the threshold itself left out",
        ),
        (
            _named(_logit, lambda p, threshold, names: int(p >= threshold)),
            "a number in place of a name",
        ),
        (_named(_logit, lambda p, threshold, names: float(p)), "came"),
    ],
    "choose-network": [
        (
            _choose(lambda row: row["val_accuracy"], biggest=True),
            "highest validation accuracy",
        ),
        (_choose(lambda row: row["loss"]), "training loss"),
        (_choose(lambda row: row["accuracy"], biggest=True), "training accuracy"),
        (
            _choose(lambda row: abs(row["accuracy"] - row["val_accuracy"])),
            "smallest gap",
        ),
        (_choose(lambda row: abs(row["val_loss"] - row["loss"])), "smallest gap"),
        (
            _choose(lambda row: (-row["val_loss"], row["parameters"])),
            "greatest in place of least",
        ),
        (_choose(lambda row: row["parameters"]), "fewest parameters"),
        (_choose(lambda row: row["val_loss"]), "the first of two equal rows"),
        (
            _choose(lambda row: (row["val_loss"], -row["parameters"])),
            "the larger of two equal rows",
        ),
        (
            lambda rows: min(rows, key=lambda row: row["val_loss"] or 0)["name"],
            "None is no loss of 0",
        ),
        (
            lambda rows: sorted(rows, key=lambda r: (r["val_loss"], r["parameters"]))[
                0
            ]["name"],
            "failed trials compared",
        ),
        (
            lambda rows: min(
                (row["val_loss"] for row in rows if row["val_loss"] is not None),
                default=None,
            ),
            "the loss in place of the name",
        ),
        (
            lambda rows: min(
                (row for row in rows if row["val_loss"] is not None),
                key=lambda row: (row["val_loss"], row["parameters"]),
                default=None,
            ),
            "the row in place of the name",
        ),
        (lambda rows: rows[0]["name"], "came"),
    ],
}
