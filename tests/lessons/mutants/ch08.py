"""Right and wrong answers to lesson 8, each written as a learner might."""

import math

import numpy as np

from fire_course.quiet import import_keras

LESSON = "08_transfer_recipe"


# --- average-maps ----------------------------------------------------------


def average_in_loops(maps):
    count, height, width, channels = maps.shape
    result = np.zeros((count, channels))
    for i in range(count):
        for row in range(height):
            for column in range(width):
                result[i] += maps[i, row, column]
    return result / (height * width)


def average_in_place(maps):
    maps /= maps.shape[1] * maps.shape[2]
    return maps.sum(axis=(1, 2))


# --- count-trainable -------------------------------------------------------


def _backbone(kernels):
    keras = import_keras()
    layers = keras.layers
    network = keras.Sequential([keras.Input((32, 32, 3))])
    for count in (kernels, 2 * kernels):
        network.add(layers.Conv2D(count, 3, 2, use_bias=False, activation="relu"))
        network.add(layers.BatchNormalization())
    return network


def _model(kernels, inner, classes, frozen, *, pool="GlobalAveragePooling2D"):
    keras = import_keras()
    layers = keras.layers
    backbone = _backbone(kernels)
    backbone.trainable = not frozen
    model = keras.Sequential([keras.Input((32, 32, 3)), backbone])
    model.add(getattr(layers, pool)())
    if inner:
        model.add(layers.Dense(inner, activation="relu"))
    model.add(layers.Dense(classes))
    return model


def _sizes(weights):
    return sum(math.prod(weight.shape) for weight in weights)


def _counts(model):
    return model.count_params(), _sizes(model.trainable_weights)


def count_functional(kernels, inner, classes, frozen):
    keras = import_keras()
    backbone = _backbone(kernels)
    for layer in backbone.layers:
        layer.trainable = not frozen
    inputs = keras.Input((32, 32, 3))
    x = keras.layers.GlobalAveragePooling2D()(backbone(inputs, training=False))
    if inner > 0:
        x = keras.layers.Dense(inner, "relu")(x)
    model = keras.Model(inputs, keras.layers.Dense(classes)(x))
    learns = sum(int(np.prod(w.shape)) for w in model.trainable_weights)
    return [model.count_params(), learns]


def count_by_difference(kernels, inner, classes, frozen):
    model = _model(kernels, inner, classes, frozen)
    every = model.count_params()
    return every, every - _sizes(model.non_trainable_weights)


def _head(kernels, inner, classes, *, bias=1):
    head, last = 0, 2 * kernels
    if inner:
        head, last = (last + bias) * inner, inner
    return head + (last + bias) * classes


def count_by_formula(kernels, inner, classes, frozen, *, bias=1):
    k = kernels
    learned, running = 27 * k + 18 * k * k + 6 * k, 6 * k
    head = _head(k, inner, classes, bias=bias)
    return learned + running + head, head + (0 if frozen else learned)


# --- train-on-cache --------------------------------------------------------


def _seen(photos, kernel, mean, *, relu=True):
    z = (photos - mean) @ kernel
    return np.maximum(0, z) if relu else z


def _train(features, labels, batches, rate, *, mean=True, sigmoid=True, sign=-1):
    weights = np.zeros(features.shape[1])
    for batch in batches:
        x, y = features[batch], labels[batch]
        p = 1 / (1 + np.exp(-(x @ weights))) if sigmoid else x @ weights
        gradient = x.T @ (p - y)
        weights = weights + sign * rate * gradient / (len(batch) if mean else 1)
    return weights


def train_plainly(photos, labels, kernel, mean, batches, rate):
    return _train(_seen(photos, kernel, mean), labels, batches, rate)


def train_photo_by_photo(photos, labels, kernel, mean, batches, rate):
    kept = {}
    for i in range(len(photos)):
        z = (photos[i] - mean).dot(kernel)
        kept[i] = np.where(z > 0, z, 0)
    w = np.zeros(kernel.shape[1])
    for batch in batches:
        step = np.zeros_like(w)
        for i in batch:
            step += (1 / (1 + math.exp(-kept[i].dot(w))) - labels[i]) * kept[i]
        w -= rate * step / len(batch)
    return w


def train_as_column(photos, labels, kernel, mean, batches, rate):
    features = np.clip(np.matmul(photos - mean[None], kernel), 0, None)
    weights = np.zeros((features.shape[1], 1))
    for batch in batches:
        x, y = features[batch], labels[batch].reshape(-1, 1)
        p = np.exp(x @ weights) / (1 + np.exp(x @ weights))
        weights -= rate * np.mean((p - y) * x, axis=0).reshape(-1, 1)
    return weights.ravel().tolist()


def train_with_own_mean(photos, labels, kernel, mean, batches, rate):
    weights = np.zeros(kernel.shape[1])
    for batch in batches:
        x = _seen(photos[batch], kernel, photos[batch].mean(axis=0))
        p = 1 / (1 + np.exp(-x @ weights))
        weights = weights - rate * x.T @ (p - labels[batch]) / len(batch)
    return weights


def train_everything(photos, labels, kernel, mean, batches, rate):
    weights, kernel = np.zeros(kernel.shape[1]), kernel.copy()
    for batch in batches:
        seen = photos[batch] - mean
        x = np.maximum(0, seen @ kernel)
        error = 1 / (1 + np.exp(-x @ weights)) - labels[batch]
        down = np.outer(error, weights) * (x > 0)
        weights = weights - rate * x.T @ error / len(batch)
        kernel = kernel - rate * seen.T @ down / len(batch)
    return weights


def train_labels_in_order(photos, labels, kernel, mean, batches, rate):
    features, weights = _seen(photos, kernel, mean), np.zeros(kernel.shape[1])
    for batch in batches:
        x = features[batch]
        p = 1 / (1 + np.exp(-x @ weights))
        weights = weights - rate * x.T @ (p - labels[: len(batch)]) / len(batch)
    return weights


def train_first_batch(photos, labels, kernel, mean, batches, rate):
    features, weights = _seen(photos, kernel, mean), np.zeros(kernel.shape[1])
    for batch in batches:
        x = features[batch]
        p = 1 / (1 + np.exp(-x @ weights))
        weights -= rate * x.T @ (p - labels[batch]) / len(batch)
        return weights


def train_in_place(photos, labels, kernel, mean, batches, rate):
    photos -= mean
    return _train(np.maximum(0, photos @ kernel), labels, batches, rate)


# --- choose-rate -----------------------------------------------------------


def choose_in_loops(runs):
    best = None
    for rate in sorted(runs):
        for epoch, loss in enumerate(runs[rate]["val_loss"], 1):
            if not math.isnan(loss) and (best is None or loss < best[0]):
                best = loss, rate, epoch
    return best[1], best[2]


def choose_by_array(runs):
    rates = sorted(runs)
    table = np.array([runs[rate]["val_loss"] for rate in rates])
    row, column = np.unravel_index(np.nanargmin(table), table.shape)
    return [rates[row], column + 1]


def choose_with_inf(runs):
    clean = {
        rate: [math.inf if loss != loss else loss for loss in run["val_loss"]]
        for rate, run in runs.items()
    }
    rate = min(clean, key=lambda r: (min(clean[r]), r))
    return rate, clean[rate].index(min(clean[rate])) + 1


def _epoch_of(runs, rate):
    losses = np.array(runs[rate]["val_loss"], float)
    return int(np.nanargmin(losses)) + 1 if not np.isnan(losses).all() else 1


def choose_by_gap(runs):
    gaps = {
        rate: abs(run["accuracy"][-1] - run["val_accuracy"][-1])
        for rate, run in runs.items()
    }
    rate = min(gaps, key=gaps.get)
    return rate, _epoch_of(runs, rate)


def choose_by_gap_at_the_end(runs):
    rate, _ = choose_by_gap(runs)
    return rate, len(runs[rate]["val_loss"])


def choose_by_accuracy(runs):
    rate = max(runs, key=lambda r: max(runs[r]["val_accuracy"]))
    return rate, _epoch_of(runs, rate)


def choose_by_end(runs):
    ends = {
        rate: run["val_loss"][-1]
        for rate, run in runs.items()
        if not math.isnan(run["val_loss"][-1])
    }
    rate = min(ends, key=ends.get)
    return rate, len(runs[rate]["val_loss"])


def choose_by_training_loss(runs):
    rate = min(runs, key=lambda r: min(runs[r]["loss"]))
    return rate, runs[rate]["loss"].index(min(runs[rate]["loss"])) + 1


def choose_larger(runs):
    pairs = [(min(run["val_loss"]), -rate) for rate, run in runs.items()]
    rate = -min(pair for pair in pairs if pair[0] == pair[0])[1]
    return rate, _epoch_of(runs, rate)


def choose_changing(runs):
    for run in runs.values():
        run["val_loss"].sort()
    return choose_in_loops(runs)


# --- inverted-dropout ------------------------------------------------------


def drop_by_where(x, rate, chance, training):
    if training:
        return np.where(chance < rate, 0, x / (1 - rate))
    return x


def drop_by_mask(x, rate, chance, training):
    result = x.copy()
    if training:
        result[chance < rate] = 0
        result /= 1 - rate
    return result


def drop_in_loops(x, rate, chance, training):
    keep = 1 - rate
    return [
        [
            value if not training else value / keep if lot >= rate else 0
            for value, lot in zip(row, lots, strict=True)
        ]
        for row, lots in zip(x, chance, strict=True)
    ]


def drop_in_place(x, rate, chance, training):
    if training:
        x[chance < rate] = 0
        x /= 1 - rate
    return x


def _drop(rule, factor=lambda rate: 1 / (1 - rate), *, always=False):
    def answer(x, rate, chance, training):
        if not training and not always:
            return x
        return np.where(rule(chance, rate), x * factor(rate), 0)

    return answer


def _kept(chance, rate):
    return chance >= rate


def drop_scaling_in_use(x, rate, chance, training):
    return x * (chance >= rate) if training else x * (1 - rate)


RIGHT = {
    "average-maps": [
        average_in_loops,
        lambda maps: maps.reshape(len(maps), -1, maps.shape[-1]).mean(axis=1),
        lambda maps: np.einsum("nhwc->nc", maps) / maps[0, :, :, 0].size,
    ],
    "count-trainable": [count_functional, count_by_difference, count_by_formula],
    "train-on-cache": [train_plainly, train_photo_by_photo, train_as_column],
    "choose-rate": [choose_in_loops, choose_by_array, choose_with_inf],
    "inverted-dropout": [drop_by_where, drop_by_mask, drop_in_loops],
}

WRONG = {
    "average-maps": [
        (lambda maps: maps.max(axis=(1, 2)), "the largest in place of the mean"),
        (lambda maps: maps.sum(axis=(1, 2)), "a sum"),
        (lambda maps: maps.mean(axis=-1), "averaged over the maps"),
        (lambda maps: maps.mean(axis=(0, 1, 2)), "averaged over the photographs too"),
        (lambda maps: maps.mean(axis=1), "height alone"),
        (lambda maps: maps.mean((0, 1)), "axes counted from the front"),
        (
            lambda maps: maps.reshape(len(maps), maps.shape[-1], -1).mean(-1),
            "numbers of several maps mixed",
        ),
        (
            lambda maps: maps.mean(axis=(1, 2), keepdims=True),
            "axes of length 1 kept",
        ),
        (average_in_place, "changes its input maps"),
        (lambda maps: float(maps.mean()), "came"),
        (lambda maps: print(maps.mean((1, 2))), "prints its result"),
        (lambda photos: photos.mean((1, 2)), "keep the inputs of the stub"),
    ],
    "count-trainable": [
        (
            lambda kernels, inner, classes, frozen: _counts(
                _model(kernels, inner, classes, False)
            ),
            "backbone not frozen",
        ),
        (
            lambda kernels, inner, classes, frozen: (
                [count_by_formula(kernels, inner, classes, frozen)[0]] * 2
            ),
            "everything counted as learning",
        ),
        (
            lambda kernels, inner, classes, frozen: count_by_formula(
                kernels, inner, classes, True
            ),
            "always frozen",
        ),
        (
            lambda kernels, inner, classes, frozen: (
                count_by_formula(kernels, inner, classes, frozen)[0],
                _head(kernels, inner, classes)
                if frozen
                else count_by_formula(kernels, inner, classes, False)[0],
            ),
            "running means counted as learning",
        ),
        (
            lambda kernels, inner, classes, frozen: _counts(
                _model(kernels, inner, classes, frozen, pool="Flatten")
            ),
            "flattened",
        ),
        (
            lambda kernels, inner, classes, frozen: count_by_formula(
                kernels, 0, classes, frozen
            ),
            "no inner layer",
        ),
        (
            lambda kernels, inner, classes, frozen: count_by_formula(
                kernels, inner, classes, frozen, bias=0
            ),
            "head without biases",
        ),
        (
            lambda kernels, inner, classes, frozen: (
                count_by_formula(kernels, inner, classes, True)[1],
                count_by_formula(kernels, inner, classes, frozen)[1],
            ),
            "backbone left out of the count",
        ),
        (
            lambda kernels, inner, classes, frozen: count_by_formula(
                kernels, inner, classes, frozen
            )[::-1],
            "numbers swapped",
        ),
        (
            lambda kernels, inner, classes, frozen: _model(
                kernels, inner, classes, frozen
            ),
            "an object of type Sequential",
        ),
        (
            lambda kernels, inner, classes, frozen: (
                len(_backbone(kernels).weights) + 2,
                2 if frozen else len(_backbone(kernels).trainable_weights) + 2,
            ),
            "came",
        ),
    ],
    "train-on-cache": [
        (train_with_own_mean, "the batch's own mean"),
        (train_everything, "the backbone learned too"),
        (
            lambda photos, labels, kernel, mean, batches, rate: _train(
                _seen(photos, kernel, mean), labels, batches, rate, mean=False
            ),
            "gradient summed",
        ),
        (train_labels_in_order, "labels in another order"),
        (
            lambda photos, labels, kernel, mean, batches, rate: _train(
                _seen(photos, kernel, mean, relu=False), labels, batches, rate
            ),
            "no relu",
        ),
        (
            lambda photos, labels, kernel, mean, batches, rate: _train(
                _seen(photos, kernel, mean), labels, batches, rate, sigmoid=False
            ),
            "no sigmoid",
        ),
        (
            lambda photos, labels, kernel, mean, batches, rate: _train(
                _seen(photos, kernel, 0), labels, batches, rate
            ),
            "mean not subtracted",
        ),
        (
            lambda photos, labels, kernel, mean, batches, rate: _train(
                _seen(photos, kernel, mean), labels, batches, rate, sign=1
            ),
            "uphill",
        ),
        (
            lambda photos, labels, kernel, mean, batches, rate: _train(
                _seen(photos, kernel, mean),
                labels,
                [list(range(len(photos)))] * len(batches),
                rate,
            ),
            "all photographs in every step",
        ),
        (train_first_batch, "first batch alone"),
        (train_in_place, "changes its input photos"),
        (
            lambda photos, labels, kernel, mean, batches, rate: _seen(
                photos, kernel, mean
            ),
            "came",
        ),
    ],
    "choose-rate": [
        (choose_by_gap, "smallest gap between the accuracies"),
        (choose_by_gap_at_the_end, "smallest gap between the accuracies"),
        (choose_by_accuracy, "highest validation accuracy"),
        (choose_by_end, "loss at the end"),
        (choose_by_training_loss, "training loss"),
        (
            lambda runs: (choose_in_loops(runs)[0], choose_in_loops(runs)[1] - 1),
            "epoch counted from 0",
        ),
        (
            lambda runs: (
                choose_in_loops(runs)[0],
                min(x for run in runs.values() for x in run["val_loss"] if x == x),
            ),
            "the loss in place of the epoch",
        ),
        (lambda runs: choose_in_loops(runs)[0], "rate alone"),
        (choose_larger, "larger of two equal rates"),
        (
            lambda runs: min(
                (loss, rate, epoch)
                for rate, run in runs.items()
                for epoch, loss in enumerate(run["val_loss"], 1)
            )[1:],
            "a loss that is no number",
        ),
        (choose_changing, "changes its input runs"),
        (lambda runs: None, "is there a `return`?"),
    ],
    "inverted-dropout": [
        (_drop(_kept, lambda rate: 1), "rest not scaled up"),
        (drop_scaling_in_use, "scaled in use instead"),
        (_drop(_kept, lambda rate: 1 - rate), "scaled down"),
        (
            lambda x, rate, chance, training: (
                x * (chance >= rate) / rate if training and rate else x
            ),
            "scaled by the rate",
        ),
        (_drop(lambda chance, rate: chance < rate), "kept and dropped swapped"),
        (_drop(lambda chance, rate: chance > rate), "the rate itself dropped"),
        (_drop(_kept, always=True), "dropout in use"),
        (
            lambda x, rate, chance, training: (
                x * (chance[0] >= rate) / (1 - rate) if training else x
            ),
            "the same numbers for every sample",
        ),
        (
            _drop(lambda chance, rate: chance < 1 - rate),
            "rate taken for the share that stays",
        ),
        (drop_in_place, "changes its input x"),
        (lambda x, rate, chance, training: (chance >= rate) / (1 - rate), "came"),
    ],
}
