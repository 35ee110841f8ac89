"""Right and wrong answers to lesson 5, each written as a learner might."""

import math

import numpy as np

from fire_course.quiet import import_keras

LESSON = "05_first_cnn"


# --- build-first-cnn -------------------------------------------------------


def _build(
    size,
    classes,
    *,
    rescale=True,
    padding="valid",
    activation="relu",
    filters=(32, 64, 64),
    pools=(0, 1),
    pool="MaxPooling2D",
    kernel=3,
    flatten="Flatten",
    hidden=64,
    hidden_activation="relu",
    last="softmax",
):
    keras = import_keras()
    layers = keras.layers
    net = keras.Sequential([keras.Input((size, size, 3))])
    if rescale:
        net.add(layers.Rescaling(1 / 255))
    for number, count in enumerate(filters):
        net.add(layers.Conv2D(count, kernel, padding=padding, activation=activation))
        if number in pools:
            net.add(getattr(layers, pool)(2))
    net.add(getattr(layers, flatten)())
    if hidden:
        net.add(layers.Dense(hidden, activation=hidden_activation))
    net.add(layers.Dense(classes, activation=last))
    return net


def build_functional(size, classes):
    keras = import_keras()
    layers = keras.layers
    start = keras.Input(shape=(size, size, 3))
    x = layers.Rescaling(scale=1.0 / 255)(start)
    x = layers.Conv2D(32, (3, 3), activation="relu", name="first")(x)
    x = layers.MaxPool2D(pool_size=(2, 2), strides=2)(x)
    x = layers.Conv2D(64, (3, 3), activation="relu")(x)
    x = layers.MaxPool2D()(x)
    x = layers.Conv2D(64, (3, 3), activation="relu")(x)
    x = layers.Dense(64, activation="relu")(layers.Flatten()(x))
    return keras.Model(start, layers.Dense(classes, activation="softmax")(x))


def build_activations_apart(size, classes):
    keras = import_keras()
    layers = keras.layers
    parts = [layers.InputLayer(shape=(size, size, 3)), layers.Rescaling(1 / 255)]
    for number, count in enumerate((32, 64, 64)):
        parts += [layers.Conv2D(count, 3), layers.ReLU()]
        if number < 2:
            parts.append(layers.MaxPooling2D())
    parts += [layers.Flatten(), layers.Dense(64), layers.Activation("relu")]
    parts += [layers.Dense(classes), layers.Softmax()]
    return keras.Sequential(parts)


def build_compiled(size, classes):
    net = _build(size, classes)
    net.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return net


def build_without_input(size, classes):
    keras = import_keras()
    return keras.Sequential([keras.layers.Conv2D(32, 3), keras.layers.Flatten()])


# --- safe-softmax ----------------------------------------------------------


def softmax_loops(logits):
    rows = []
    for row in logits:
        top = max(row)
        exponentials = [math.exp(z - top) for z in row]
        rows.append([e / sum(exponentials) for e in exponentials])
    return rows


def softmax_transposed(logits):
    e = np.exp(logits.T - np.max(logits, axis=1))
    return (e / e.sum(axis=0)).T


def softmax_by_logarithm(logits):
    top = logits.max(axis=-1)[:, None]
    logs = logits - top - np.log(np.exp(logits - top).sum(axis=-1))[:, None]
    return np.exp(logs)


def softmax_naive(logits):
    with np.errstate(all="ignore"):
        return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


def softmax_one_sum(logits):
    with np.errstate(all="ignore"):
        return np.exp(logits) / np.sum(np.exp(logits))


def softmax_one_sum_shifted(logits):
    e = np.exp(logits - np.max(logits))
    return e / np.sum(e)


def softmax_columns(logits):
    e = np.exp(logits - logits.max(axis=0))
    return e / e.sum(axis=0)


def softmax_columns_naive(logits):
    with np.errstate(all="ignore"):
        return np.exp(logits) / np.exp(logits).sum(axis=0)


def softmax_one_maximum(logits):
    e = np.exp(logits - np.max(logits))
    with np.errstate(all="ignore"):
        return e / e.sum(axis=1, keepdims=True)


def softmax_minimum(logits):
    with np.errstate(all="ignore"):
        e = np.exp(logits - logits.min(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)


def softmax_sigmoid(logits):
    with np.errstate(all="ignore"):
        return np.divide(1, 1 + np.exp(-logits))


def softmax_linear(logits):
    with np.errstate(all="ignore"):
        return logits / logits.sum(axis=1)[:, None]


def softmax_logs(logits):
    return np.log(softmax_transposed(logits - 0.0) + 0.0)


def softmax_in_place(logits):
    logits -= logits.max(axis=1, keepdims=True)
    return softmax_naive(logits)


# --- loss-from-logits ------------------------------------------------------


def loss_loops(logits, labels):
    total = 0.0
    for row, label in zip(logits, labels, strict=True):
        top = max(row)
        total += top + math.log(sum(math.exp(z - top) for z in row)) - row[label]
    return total / len(labels)


def loss_logaddexp(logits, labels):
    sums = np.logaddexp.reduce(logits, axis=1)
    return np.mean(sums - np.take_along_axis(logits, labels[:, None], axis=1)[:, 0])


def loss_one_hot(logits, labels):
    one_hot = np.eye(logits.shape[1])[labels]
    shifted = logits - logits.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -(one_hot * logs).sum() / len(labels)


def _logs(logits):
    return np.log(softmax_transposed(logits)) if np.ptp(logits) < 300 else _far(logits)


def _far(logits):
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def _truth(table, labels):
    return np.array([row[label] for row, label in zip(table, labels, strict=True)])


def loss_naive(logits, labels):
    with np.errstate(all="ignore"):
        return np.mean(-np.log(_truth(softmax_naive(logits), labels)))


def loss_overflow(logits, labels):
    with np.errstate(all="ignore"):
        return np.mean(np.log(np.exp(logits).sum(axis=1)) - _truth(logits, labels))


def loss_by_shares(logits, labels):
    with np.errstate(all="ignore"):
        return -np.log(_truth(softmax_transposed(logits), labels)).mean()


def loss_clipped(logits, labels):
    shares = np.maximum(softmax_transposed(logits), 1e-7)
    return -np.log(_truth(shares, labels)).mean()


def loss_one_sum(logits, labels):
    return np.logaddexp.reduce(logits.ravel()) - _truth(logits, labels).mean()


# --- printed-accuracy ------------------------------------------------------


def printed_numpy(accuracies, sizes):
    right = np.cumsum(np.array(accuracies) * np.array(sizes))
    return right / np.cumsum(sizes)


def printed_average(accuracies, sizes):
    return [
        np.average(accuracies[: n + 1], weights=sizes[: n + 1])
        for n in range(len(sizes))
    ]


def printed_as_keras(accuracies, sizes):
    mean, seen, out = 0.0, 0, []
    for accuracy, size in zip(accuracies, sizes, strict=True):
        seen += size
        mean += (accuracy - mean) * size / seen
        out.append(mean)
    return out


def printed_halves(accuracies, sizes):
    out = []
    for accuracy in accuracies:
        out.append(accuracy if not out else (out[-1] + accuracy) / 2)
    return out


def printed_first_size(accuracies, sizes):
    right, out = 0, []
    for number, (accuracy, size) in enumerate(zip(accuracies, sizes, strict=True), 1):
        right += accuracy * size
        out.append(right / (number * sizes[0]))
    return out


def printed_early_return(accuracies, sizes):
    for number, accuracy in enumerate(accuracies, 1):
        out = [accuracy / number]
        return out


# --- surest-mistakes -------------------------------------------------------


def worst_sorted(shares, labels, k):
    guesses = [int(np.argmax(row)) for row in shares]
    wrong = [i for i, guess in enumerate(guesses) if guess != labels[i]]
    return sorted(wrong, key=lambda i: -shares[i][guesses[i]])[:k]


def worst_masked(shares, labels, k):
    wrong = shares.argmax(axis=1) != labels
    sure = np.where(wrong, shares.max(axis=1), -np.inf)
    return np.argsort(-sure, kind="stable")[: min(k, wrong.sum())]


def worst_loop(shares, labels, k):
    left = {i: row.max() for i, row in enumerate(shares) if row[labels[i]] < row.max()}
    out = []
    while left and len(out) < k:
        best = max(left, key=left.get)
        out.append(best)
        del left[best]
    return out


def _wrong(shares, labels):
    return np.flatnonzero(shares.argmax(axis=1) != labels)


def worst_by_truth(shares, labels, k):
    wrong = _wrong(shares, labels)
    return wrong[np.argsort(shares[wrong, labels[wrong]], kind="stable")][:k]


def worst_turned(shares, labels, k):
    wrong = _wrong(shares, labels)
    return wrong[np.argsort(shares[wrong].max(axis=1), kind="stable")[::-1]][:k]


def worst_upwards(shares, labels, k):
    wrong = _wrong(shares, labels)
    return wrong[np.argsort(shares[wrong].max(axis=1), kind="stable")][:k]


def worst_places(shares, labels, k):
    wrong = shares[shares.argmax(axis=1) != labels]
    return np.argsort(-wrong.max(axis=1), kind="stable")[:k]


def worst_filled(shares, labels, k):
    wrong = shares.argmax(axis=1) != labels
    return np.argsort(-(wrong * shares.max(axis=1)), kind="stable")[:k]


def worst_shares(shares, labels, k):
    return [shares[i].max() for i in worst_sorted(shares, labels, k)]


def forever(accuracies, sizes):
    while True:
        pass


RIGHT = {
    "build-first-cnn": [build_functional, build_activations_apart, build_compiled],
    "safe-softmax": [softmax_loops, softmax_transposed, softmax_by_logarithm],
    "loss-from-logits": [loss_loops, loss_logaddexp, loss_one_hot],
    "printed-accuracy": [printed_numpy, printed_average, printed_as_keras],
    "surest-mistakes": [worst_sorted, worst_masked, worst_loop],
}

WRONG = {
    "build-first-cnn": [
        (lambda size, classes: _build(size, classes, padding="same"), "padding 'same'"),
        (
            lambda size, classes: _build(size, classes, rescale=False),
            "no division by 255",
        ),
        (
            lambda size, classes: _build(size, classes, activation=None),
            "no activation in the convolutions",
        ),
        (
            lambda size, classes: _build(size, classes, hidden_activation=None),
            "no activation in the dense layer",
        ),
        (lambda size, classes: _build(size, classes, last=None), "logits at the end"),
        (
            lambda size, classes: _build(size, classes, last="sigmoid"),
            "sigmoid at the end",
        ),
        (
            lambda size, classes: _build(size, classes, pools=(0, 1, 2)),
            "a pool behind the third convolution",
        ),
        (
            lambda size, classes: _build(size, classes, hidden=0),
            "no dense layer of 64",
        ),
        (
            lambda size, classes: _build(size, classes, filters=(32, 32, 32)),
            "32 kernels everywhere",
        ),
        (
            lambda size, classes: _build(size, classes, filters=(64, 64, 64)),
            "64 kernels everywhere",
        ),
        (
            lambda size, classes: _build(size, classes, pool="AveragePooling2D"),
            "average in place of maximum",
        ),
        (lambda size, classes: _build(size, 10), "always ten classes"),
        (lambda size, classes: _build(32, classes), "always 32 pixels"),
        (lambda size, classes: _build(size, classes, kernel=2), "at ['layers']"),
        (lambda size, classes: _build(size, classes, hidden=32), "at ['layers']"),
        (
            lambda size, classes: _build(
                size, classes, flatten="GlobalAveragePooling2D"
            ),
            "at ['layers']",
        ),
        (lambda size, classes: _build(size, classes, pools=(0,)), "at ['layers']"),
        (build_without_input, "begin with keras.Input"),
        (lambda size, classes: _build(size, classes).count_params(), "a int came"),
        (lambda size, classes: None, "A Keras model is wanted"),
        (lambda width, classes: _build(width, classes), "keep the inputs of the stub"),
    ],
    "safe-softmax": [
        (softmax_naive, "e to the power of 1000"),
        (softmax_one_sum, "all rows divided by one sum"),
        (softmax_one_sum_shifted, "all rows divided by one sum"),
        (softmax_columns, "sum over the pictures"),
        (softmax_columns_naive, "sum over the pictures"),
        (softmax_one_maximum, "the largest logit of all rows subtracted"),
        (softmax_minimum, "the smallest logit subtracted"),
        (softmax_sigmoid, "sigmoid of each logit"),
        (lambda logits: np.exp(logits - logits.max(axis=1)[:, None]), "no division"),
        (softmax_linear, "logits divided by their sum"),
        (_far, "the logarithm of the shares"),
        (softmax_in_place, "work on a copy"),
        (lambda logits: softmax_loops(logits)[0], "the shape is"),
        (lambda logits: np.eye(logits.shape[1])[logits.argmax(axis=1)], "came"),
        (lambda logits: None, "returns nothing"),
        (lambda logits: math.exp(logits), "TypeError"),
        (lambda z: softmax_loops(z), "keep the inputs of the stub"),
    ],
    "loss-from-logits": [
        (loss_naive, "e to the power of 1000"),
        (loss_overflow, "e to the power of 1000"),
        (loss_by_shares, "logarithm of a share that has become 0"),
        (loss_clipped, "shares clipped at 0.0000001"),
        (lambda logits, labels: -loss_loops(logits, labels), "sign forgotten"),
        (
            lambda logits, labels: loss_loops(logits, labels) * len(labels),
            "sum in place of mean",
        ),
        (
            lambda logits, labels: -_truth(_far(logits), labels),
            "one loss for each picture",
        ),
        (
            lambda logits, labels: -_far(logits).max(axis=1).mean(),
            "the largest share in place of the true class's",
        ),
        (
            lambda logits, labels: -_far(logits).sum(axis=1).mean(),
            "all classes in place of the true one",
        ),
        (
            lambda logits, labels: np.mean(
                -_far(logits) * np.eye(logits.shape[1])[labels]
            ),
            "mean over the classes as well",
        ),
        (
            lambda logits, labels: loss_loops(logits, labels) / np.log(2),
            "logarithm to the base 2",
        ),
        (
            lambda logits, labels: np.mean(
                1 - _truth(softmax_transposed(logits), labels)
            ),
            "no logarithm",
        ),
        (loss_one_sum, "all pictures in one sum"),
        (lambda logits, labels: _truth(logits, labels).mean(), "came"),
        (lambda logits, labels: None, "returns nothing"),
        (lambda logits, labels: f"{loss_loops(logits, labels)}", "a text instead"),
        (lambda logits, labels: math.inf, "came"),
        (lambda logits: 0.0, "keep the inputs of the stub"),
    ],
    "printed-accuracy": [
        (
            lambda accuracies, sizes: [
                np.mean(accuracies[:n]) for n in range(1, len(sizes) + 1)
            ],
            "every batch counts the same",
        ),
        (lambda accuracies, sizes: accuracies, "the batch's own accuracy"),
        (
            lambda accuracies, sizes: printed_as_keras(accuracies, sizes)[-1],
            "Give one figure for each batch: a list.",
        ),
        (
            lambda accuracies, sizes: printed_as_keras(accuracies, sizes)[-1:],
            "also for those before the last",
        ),
        (
            lambda accuracies, sizes: [
                sum(a * n for a, n in zip(accuracies[:end], sizes[:end], strict=True))
                / sum(sizes)
                for end in range(1, len(sizes) + 1)
            ],
            "divided by the pictures of the whole epoch",
        ),
        (
            lambda accuracies, sizes: np.cumsum(
                [a * n for a, n in zip(accuracies, sizes, strict=True)]
            ),
            "right answers in place of their share",
        ),
        (
            lambda accuracies, sizes: [
                sum(accuracies[: n + 1]) for n in range(len(sizes))
            ],
            "accuracies added up",
        ),
        (printed_halves, "mean of the last mean and the batch"),
        (printed_first_size, "all batches as large as the first"),
        (printed_early_return, "came"),
        (lambda accuracies, sizes: print(accuracies), "prints its result"),
        (lambda accuracies, sizes: None, "returns nothing"),
        (
            lambda accuracies, sizes: (a for a in printed_as_keras(accuracies, sizes)),
            "gives its items only once",
        ),
        (
            lambda accuracies, sizes: [
                round(a, 1) for a in printed_as_keras(accuracies, sizes)
            ],
            "came",
        ),
        (
            lambda accuracies, sizes: [*printed_as_keras(accuracies, sizes), 0.5],
            "came",
        ),
        (forever, "took too long"),
        (printed_numpy([1], [1]), "give the function itself"),
    ],
    "surest-mistakes": [
        (
            lambda shares, labels, k: np.argsort(-shares.max(axis=1), kind="stable")[
                :k
            ],
            "right answers as well",
        ),
        (worst_upwards, "least sure first"),
        (worst_places, "numbers among the mistakes"),
        (worst_filled, "filled up with right answers"),
        (worst_turned, "of equally sure ones the last first"),
        (worst_by_truth, "sorted by the share of the truth"),
        (lambda shares, labels, k: _wrong(shares, labels)[:k], "not sorted"),
        (
            lambda shares, labels, k: worst_sorted(shares, labels, len(labels)),
            "all mistakes",
        ),
        (worst_shares, "how sure in place of which"),
        (lambda shares, labels, k: worst_sorted(shares, labels, k)[0], "came"),
        (lambda shares, labels, k: set(worst_sorted(shares, labels, k)), "came"),
        (lambda shares, labels, k: None, "returns nothing"),
        (
            lambda shares, labels, k: [i + 1 for i in worst_sorted(shares, labels, k)],
            "came",
        ),
        (lambda shares, labels: worst_sorted(shares, labels, 3), "keep the inputs"),
    ],
}
