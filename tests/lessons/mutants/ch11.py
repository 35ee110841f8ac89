"""Right and wrong answers to lesson 11, each written as a learner might."""

import math

import numpy as np

from fire_course.quiet import import_keras

LESSON = "11_fire_cnn"


# --- build-fire-cnn --------------------------------------------------------


def _build(
    size,
    kernels,
    *,
    rescale=True,
    padding="valid",
    activation="relu",
    dropout=True,
    last="sigmoid",
    rounds=4,
    pool="MaxPooling2D",
    kernel=3,
    flatten="Flatten",
    units=1,
    rate=0.2,
):
    keras = import_keras()
    layers = keras.layers
    net = keras.Sequential([keras.Input((size, size, 3))])
    if rescale:
        net.add(layers.Rescaling(1 / 255))
    for _ in range(rounds):
        net.add(layers.Conv2D(kernels, kernel, padding=padding, activation=activation))
        net.add(getattr(layers, pool)(2))
    if dropout is True:
        net.add(layers.Dropout(rate))
    net.add(getattr(layers, flatten)())
    if dropout == "after":
        net.add(layers.Dropout(rate))
    net.add(layers.Dense(units, activation=last))
    return net


def build_functional(size, kernels):
    keras = import_keras()
    layers = keras.layers
    start = keras.Input(shape=(size, size, 3))
    x = layers.Rescaling(1.0 / 255)(start)
    for number in range(4):
        x = layers.Conv2D(kernels, (3, 3), activation="relu", name=f"c{number}")(x)
        x = layers.MaxPool2D(pool_size=(2, 2), strides=2)(x)
    x = layers.Flatten()(layers.Dropout(0.2)(x))
    return keras.Model(start, layers.Dense(1, activation="sigmoid")(x))


def build_activations_apart(size, kernels):
    keras = import_keras()
    layers = keras.layers
    parts = [
        keras.layers.InputLayer(shape=(size, size, 3)),
        layers.Rescaling(0.00392156862745098),
    ]
    for _ in range(4):
        parts += [layers.Conv2D(kernels, 3), layers.ReLU(), layers.MaxPooling2D()]
    parts += [layers.Dropout(0.2), layers.Flatten(), layers.Dense(1)]
    parts += [layers.Activation("sigmoid")]
    return keras.Sequential(parts)


def build_compiled(size, kernels):
    net = _build(size, kernels)
    net.compile("adam", "binary_crossentropy")
    return net


def build_without_input(size, kernels):
    keras = import_keras()
    return keras.Sequential([keras.layers.Conv2D(kernels, 3), keras.layers.Flatten()])


# --- best-weights ----------------------------------------------------------


def _callback(monitor, on_end, *, start=math.inf, back=True):
    """A callback whose `on_end(self, value)` says whether this epoch is the best."""
    keras = import_keras()

    class Keep(keras.callbacks.Callback):
        best = start
        weights = None

        def on_epoch_end(self, epoch, logs=None):
            value = logs[monitor]
            if on_end(self, value):
                self.best, self.weights = value, self.model.get_weights()

        def on_train_end(self, logs=None):
            if back and self.weights is not None:
                self.model.set_weights(self.weights)

    return Keep()


def keep_all_weights(monitor):
    keras = import_keras()

    class KeepAll(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.seen = []

        def on_epoch_end(self, epoch, logs=None):
            self.seen.append((logs[monitor], self.model.get_weights()))

        def on_train_end(self, logs=None):
            values = np.array([value for value, _ in self.seen])
            if not np.isnan(values).all():
                self.model.set_weights(self.seen[int(np.nanargmin(values))][1])

    return KeepAll()


def keep_by_lambda(monitor):
    keras = import_keras()
    state = {"best": float("inf"), "weights": None}
    callback = keras.callbacks.LambdaCallback()

    def end_of_epoch(epoch, logs=None):
        if logs.get(monitor) < state["best"]:
            state.update(best=logs[monitor], weights=callback.model.get_weights())

    callback.on_epoch_end = end_of_epoch
    callback.on_train_end = lambda logs=None: callback.model.set_weights(
        state["weights"]
    )
    return callback


def keep_per_weight(monitor):
    keras = import_keras()

    class Keep(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.least, self.copy = None, None

        def on_epoch_end(self, epoch, logs=None):
            value = logs[monitor]
            if math.isnan(value) or (self.least is not None and value >= self.least):
                return
            self.least = value
            self.copy = [np.array(weights) for weights in self.model.get_weights()]

        def on_train_end(self, logs=None):
            self.model.set_weights(self.copy)

    return Keep()


def keep_stopping(monitor):
    keras = import_keras()

    class Stop(keras.callbacks.Callback):
        best, weights = math.inf, None

        def on_epoch_end(self, epoch, logs=None):
            if logs[monitor] < self.best:
                self.best, self.weights = logs[monitor], self.model.get_weights()
            else:
                self.model.stop_training = True

        def on_train_end(self, logs=None):
            self.model.set_weights(self.weights or self.model.get_weights())

    return Stop()


def keep_first(monitor):
    keras = import_keras()

    class First(keras.callbacks.Callback):
        weights = None

        def on_epoch_end(self, epoch, logs=None):
            if self.weights is None:
                self.weights = self.model.get_weights()

        def on_train_end(self, logs=None):
            self.model.set_weights(self.weights)

    return First()


def keep_first_nan(monitor):
    keras = import_keras()

    class FirstCounts(keras.callbacks.Callback):
        best = None

        def on_epoch_end(self, epoch, logs=None):
            if self.best is None or logs[monitor] < self.best:
                self.best, self.weights = logs[monitor], self.model.get_weights()

        def on_train_end(self, logs=None):
            self.model.set_weights(self.weights)

    return FirstCounts()


def keep_class(monitor):
    return type(_callback(monitor, lambda self, value: value < self.best))


def less(self, value):
    return value < self.best


# --- turning-epoch ---------------------------------------------------------


def turning_loop(val_loss, patience):
    best, at = None, None
    for number, loss in enumerate(val_loss, start=1):
        if best is None or loss < best:
            best, at = loss, number
    return at if at + patience <= len(val_loss) else None


def turning_rises(val_loss, patience):
    for i in range(1, len(val_loss)):
        if val_loss[i] > val_loss[i - 1]:
            return i


def turning_waits(val_loss, patience):
    best, at, waited = math.inf, 0, 0
    for number, loss in enumerate(val_loss, start=1):
        if loss < best:
            best, at, waited = loss, number, 0
        else:
            waited += 1
            if waited >= patience:
                return at
    return at if waited >= patience else None


def turning_last(val_loss, patience):
    at = max(i for i, loss in enumerate(val_loss, 1) if loss == min(val_loss))
    return at if len(val_loss) - at >= patience else None


def turning_changes(val_loss, patience):
    val_loss.sort()
    return 1


# --- f1-from-counts --------------------------------------------------------


def f1_by_shares(tp, fp, fn):
    t, p, n = np.sum(tp), np.sum(fp), np.sum(fn)
    if t + n == 0:
        return None
    if t == 0:
        return 0
    precision, recall = t / (t + p), t / (t + n)
    return 2 * precision * recall / (precision + recall)


def f1_in_loop(tp, fp, fn):
    above = below = fires = 0
    for t, p, n in zip(tp, fp, fn, strict=True):
        above += 2 * t
        below += 2 * t + p + n
        fires += t + n
    return np.float64(above / below) if fires else None


def f1_mean(tp, fp, fn):
    each = []
    for t, p, n in zip(tp, fp, fn, strict=True):
        if 2 * t + p + n > 0:
            each.append(2 * t / (2 * t + p + n))
    return np.mean(each) if each else None


def f1_mean_zeros(tp, fp, fn):
    each = [
        2 * t / (2 * t + p + n) if t else 0 for t, p, n in zip(tp, fp, fn, strict=True)
    ]
    return sum(each) / len(each)


def f1_mean_dividing(tp, fp, fn):
    t, p, n = map(np.array, ([*tp], [*fp], [*fn]))
    each = [2 * int(a) / int(2 * a + b + c) for a, b, c in zip(t, p, n, strict=True)]
    return float(np.mean(each))


def f1_dividing_shares(tp, fp, fn):
    t, p, n = sum(tp), sum(fp), sum(fn)
    precision, recall = t / (t + p), t / (t + n)
    return 2 / (1 / precision + 1 / recall)


def f1_prints(tp, fp, fn):
    print(f1_in_loop(tp, fp, fn))


def forever(**inputs):
    while True:
        pass


def _guarded(share):
    """0 / 0 is None."""

    def answer(tp, fp, fn):
        t, p, n = sum(tp), sum(fp), sum(fn)
        return share(t, p, n) if t + n else None

    return answer


RIGHT = {
    "build-fire-cnn": [build_functional, build_activations_apart, build_compiled],
    "f1-from-counts": [
        f1_by_shares,
        f1_in_loop,
        lambda tp, fp, fn: (
            2 * sum(tp) / (sum(tp) * 2 + sum([*fp, *fn]))
            if any(tp) or any(fn)
            else None
        ),
    ],
    "best-weights": [keep_all_weights, keep_by_lambda, keep_per_weight],
    "turning-epoch": [
        turning_loop,
        lambda val_loss, patience: (
            int(np.argmin(val_loss)) + 1
            if len(val_loss) - np.argmin(val_loss) > patience
            else None
        ),
        lambda val_loss, patience: next(
            (
                i + 1
                for i in range(len(val_loss) - patience)
                if val_loss[i] == min(val_loss)
            ),
            None,
        ),
    ],
    "labels-from-scores": [
        lambda scores, threshold: [int(row[0] >= threshold) for row in scores],
        lambda scores, threshold: np.where(scores.ravel() < threshold, 0, 1),
        lambda scores, threshold: 1 * (np.squeeze(scores, axis=1) >= threshold),
    ],
}

WRONG = {
    "build-fire-cnn": [
        (lambda size, kernels: _build(size, kernels, padding="same"), "padding 'same'"),
        (
            lambda size, kernels: _build(size, kernels, rescale=False),
            "no division by 255",
        ),
        (lambda size, kernels: _build(size, kernels, activation=None), "no activation"),
        (lambda size, kernels: _build(size, kernels, last=None), "no sigmoid"),
        (
            lambda size, kernels: _build(size, kernels, last="softmax"),
            "softmax over one number",
        ),
        (lambda size, kernels: _build(size, 64), "always 64 kernels"),
        (lambda size, kernels: _build(250, kernels), "always 250 pixels"),
        (lambda size, kernels: _build(size, kernels, dropout=False), "no dropout"),
        (
            lambda size, kernels: _build(size, kernels, dropout="after"),
            "dropout behind Flatten",
        ),
        (lambda size, kernels: _build(size, kernels, rounds=3), "three rounds"),
        (
            lambda size, kernels: _build(size, kernels, pool="AveragePooling2D"),
            "average in place of maximum",
        ),
        (lambda size, kernels: _build(size, kernels, kernel=2), "at ['layers']"),
        (lambda size, kernels: _build(size, kernels, units=2), "at ['layers']"),
        (lambda size, kernels: _build(size, kernels, rate=0.5), "rate 0.5"),
        (
            lambda size, kernels: _build(
                size, kernels, flatten="GlobalAveragePooling2D"
            ),
            "at ['layers']",
        ),
        (build_without_input, "begin with keras.Input"),
        (lambda size, kernels: _build(size, kernels).count_params(), "a int came"),
        (lambda size, kernels: None, "A Keras model is wanted"),
        (lambda width, kernels: _build(width, kernels), "keep the inputs of the stub"),
    ],
    "f1-from-counts": [
        (f1_mean, "mean of the batches' F1"),
        (f1_mean_zeros, "mean of the batches' F1"),
        (f1_mean_dividing, "mean of the batches' F1"),
        (_guarded(lambda t, p, n: t / (t + p + n)), "forgot the factor 2"),
        (lambda tp, fp, fn: sum(tp) / (sum(tp) + sum(fp)), "precision alone"),
        (_guarded(lambda t, p, n: t / (t + n)), "recall alone"),
        (
            lambda tp, fp, fn: np.mean(
                [
                    sum(tp) / (sum(tp) + sum(fp)),
                    sum(tp) / (sum(tp) + sum(fn)),
                ]
            ),
            "plain mean of precision and recall",
        ),
        (
            lambda tp, fp, fn: sum(tp) * 2 / (sum(tp) * 2 + sum(fn) + sum(fp)),
            "F1 is not defined then",
        ),
        (f1_dividing_shares, "Precision and recall may be 0 / 0"),
        (lambda tp, fp, fn: f1_in_loop(tp, fp, fn) or 0, "0 where nothing can be said"),
        (lambda tp, fp, fn: f1_in_loop(tp[-1:], fp[-1:], fn[-1:]), "last batch alone"),
        (f1_prints, "prints its result"),
        (lambda tp, fp, fn: None, "returns nothing"),
        (lambda tp, fp, fn: f"{f1_in_loop(tp, fp, fn)}", "a text instead of a number"),
        (lambda tp, fp, fn: 2 * tp / (2 * tp + fp + fn), "TypeError"),
        (lambda tp, fp, fn: round(f1_in_loop(tp, fp, fn) or 0, 1), "came"),
        (forever, "took too long"),
        (f1_in_loop([1], [0], [0]), "give the function itself"),
    ],
    "best-weights": [
        (
            lambda monitor: _callback(monitor, less, back=False),
            "weights of the last epoch",
        ),
        (
            lambda monitor: _callback(
                monitor, lambda self, value: value > self.best, start=-math.inf
            ),
            "greatest in place of least",
        ),
        (
            lambda monitor: _callback(monitor, lambda self, value: value <= self.best),
            "last of two equal epochs",
        ),
        (keep_first_nan, "Start from math.inf"),
        (
            lambda monitor: _callback(
                monitor, lambda self, value: not value >= self.best
            ),
            "ask `value < best`",
        ),
        (keep_stopping, "training stopped"),
        (lambda monitor: _callback("val_loss", less), "always 'val_loss'"),
        (lambda monitor: _callback("loss", less), "training loss in place"),
        (keep_first, "weights of the first epoch"),
        (
            lambda monitor: _callback(monitor, lambda self, value: True),
            "weights of the last epoch",
        ),
        (keep_class, "return an object of it"),
        (lambda monitor: None, "a NoneType came"),
        (lambda monitor: _callback("f1", less), "KeyError"),
    ],
    "turning-epoch": [
        (
            lambda val_loss, patience: (
                val_loss.index(min(val_loss))
                if len(val_loss) - val_loss.index(min(val_loss)) - 1 >= patience
                else None
            ),
            "counted from 0",
        ),
        (turning_rises, "the first rise"),
        (turning_waits, "the first valley"),
        (turning_last, "last of two equal epochs"),
        (
            lambda val_loss, patience: int(np.argmin(val_loss)) + 1,
            "patience left out",
        ),
        (
            lambda val_loss, patience: (
                int(np.argmin(val_loss)) + 1
                if len(val_loss) - np.argmin(val_loss) - 1 > patience
                else None
            ),
            "one epoch too many",
        ),
        (
            lambda val_loss, patience: (
                int(np.argmax(val_loss)) + 1
                if len(val_loss) - np.argmax(val_loss) > patience
                else None
            ),
            "greatest in place of least",
        ),
        (lambda val_loss, patience: float(np.min(val_loss)), "the loss in place of"),
        (turning_changes, "changes its input val_loss"),
        (lambda val_loss, patience: len(val_loss), "came"),
        (lambda val_loss, patience: val_loss[10**6], "IndexError"),
    ],
    "labels-from-scores": [
        (
            lambda scores, threshold: [int(s > threshold) for s in scores.ravel()],
            "the threshold itself left out",
        ),
        (lambda scores, threshold: 1 * (scores >= threshold), "a column in place"),
        (lambda scores, threshold: [int(s < threshold) for (s,) in scores], "swapped"),
        (
            lambda scores, threshold: [int(s <= threshold) for (s,) in scores],
            "labels swapped",
        ),
        (
            lambda scores, threshold: [int(s >= 0.5) for (s,) in scores],
            "always one half",
        ),
        (lambda scores, threshold: [round(float(s)) for (s,) in scores], "rounded"),
        (lambda scores, threshold: [int(s) for (s,) in scores], "cut off behind"),
        (lambda scores, threshold: [int(s == 0) for (s,) in scores], "value == 0"),
        (lambda scores, threshold: scores.ravel() >= threshold, "True and False"),
        (lambda scores, threshold: int((scores >= threshold).sum()), "came a number"),
        (
            lambda scores, threshold: (int(s >= threshold) for (s,) in scores),
            "return list(...)",
        ),
        (
            lambda scores, threshold: [
                "fire" if s >= threshold else "no" for (s,) in scores
            ],
            "a list instead of a sequence of numbers",
        ),
        (lambda scores: [1], "keep the inputs of the stub"),
    ],
}
