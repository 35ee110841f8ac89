"""Heads alone: trained on features in seconds, then put back behind the backbone."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fire_course import quiet
from fire_course.models.building import RECIPES, Starts
from fire_course.transfer.building import _check_head, end
from fire_course.transfer.extracting import stacked
from fire_course.transfer.weights import TransferError

__all__ = ["HeadRun", "HeadTrial", "head", "sweep_heads", "with_head"]

Arrays = tuple[NDArray[Any], NDArray[Any]]

_HEAD = ("inner", "dropout")
_SEED_STATE = "seed_generator_state"
_TRAINING = ("epochs", "batch_size", "learning_rate", "optimizer", "patience", "seed")


def head(
    width: int,
    *,
    classes: int = 1,
    inner: int = 0,
    dropout: float = 0.0,
    seed: int | None = None,
) -> Any:
    """Build the part of a transfer model that learns, for features as input.

    Parameters
    ----------
    width : int
        Features of a photograph: 1280 of mobilenet_v2, 2048 of the others of
        the course.
    classes, inner, dropout, seed
        As for `transfer_model`: with the same seed it begins with the same
        weights.

    Returns
    -------
    keras.Model
        Layers named as in `transfer_model`; uncompiled.

    Examples
    --------
    >>> head(2048, inner=1024).count_params()
    2099201
    """
    keras = quiet.import_keras()
    _check_head(inner, dropout)
    start = Starts(seed)
    start.number()  # transfer_model gives its first to the backbone
    inputs = keras.Input((width,), name="features")
    network = end("head", inputs, inputs, classes, inner, dropout, start)
    del RECIPES[network]  # no network for photographs
    return network


def with_head(network: Any, trained: Any) -> Any:
    """Give a transfer model the weights of a head that was trained on features.

    Parameters
    ----------
    network : keras.Model
        Of `transfer_model`, with a head of the same inner layer and classes.
    trained : keras.Model or HeadRun
        A head of this module.

    Returns
    -------
    keras.Model
        The network, which now answers for photographs as the head does for
        their features.

    Raises
    ------
    TransferError
        If they do not fit.

    Examples
    --------
    >>> from fire_course.transfer import transfer_model
    >>> network = transfer_model(image_size=32, weights=None, classes=3)
    >>> with_head(network, head(1280, classes=3)) is network
    True
    """
    own = trained.head() if isinstance(trained, HeadRun) else trained
    for name in ("inner", "logit"):
        ours, theirs = (
            [layer for layer in each.layers if layer.name == name]
            for each in (network, own)
        )
        new = theirs[0].get_weights() if theirs else []
        old = ours[0].get_weights() if ours else []
        if [w.shape for w in new] != [w.shape for w in old]:
            raise TransferError(
                f"The head does not fit {network.name} ({name}): build both with the same "
                "inner and classes, on the same backbone."
            )
    for name in ("inner", "logit"):
        if any(layer.name == name for layer in own.layers):
            network.get_layer(name).set_weights(own.get_layer(name).get_weights())
    return network


@dataclass(frozen=True)
class HeadTrial:
    """Train one head on features: a trial of `fire_course.sweep.sweep`.

    The data are ``{"train": (vectors, labels), "validation": (...)}``, the
    vectors of `features`, with views or without. The settings are `inner` and
    `dropout`, and those of the training: `learning_rate`, `epochs`,
    `batch_size`, `optimizer`, `patience`, `seed`.

    Parameters
    ----------
    epochs : int
        Where the settings do not say.
    monitor : str
        The figure that chooses the best epoch.
    seed : int
        Of the first weights, dropout and the order of the photographs.
    fixed : mapping
        Settings that all trials share; those of a trial come before them.

    Examples
    --------
    >>> HeadTrial(epochs=3).check({"learning_rate": 0.01, "inner": 100})
    """

    epochs: int = 10
    monitor: str = "val_loss"
    seed: int = 0
    fixed: Mapping[str, Any] = field(default_factory=dict)

    def identity(self) -> str:
        """Return what tells this trial from others."""
        text = json.dumps(dataclasses.asdict(self), sort_keys=True, default=str)
        return hashlib.sha256(f"head {text}".encode()).hexdigest()[:16]

    def check(self, settings: Mapping[str, Any]) -> None:
        """Refuse settings that no head or training has."""
        _check_settings({**self.fixed, **settings})

    def prepare(self) -> None:
        """Import Keras, before the clock of the trial starts."""
        quiet.import_keras()

    def __call__(
        self, settings: Mapping[str, Any], data: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Train, and return parameters, best epoch and its figures."""
        from fire_course import training

        keras = quiet.import_keras()
        keras.backend.clear_session()  # of the trial before, if there was one
        chosen = {"epochs": self.epochs, "seed": self.seed, **self.fixed, **settings}
        vectors, labels = stacked(*data["train"])
        network = head(
            vectors.shape[1],
            classes=_classes(labels),
            seed=chosen["seed"],
            **{name: chosen[name] for name in _HEAD if name in chosen},
        )
        result = training.fit(
            network,
            (vectors, labels),
            data.get("validation"),
            monitor=self.monitor,
            **{name: chosen[name] for name in _TRAINING if name in chosen},
        )
        at = (result.best_epoch or result.epochs) - 1
        figures = {name: rows[at] for name, rows in result.history.items()}
        figures["epoch_seconds"] = figures.pop("seconds", None)
        return {
            "parameters": network.count_params(),
            "best_epoch": result.best_epoch,
            **figures,
            "history": result.history,
        }


@dataclass(frozen=True)
class HeadRun:
    """A head that was trained.

    Attributes
    ----------
    settings : dict
        What it was trained with.
    history : dict of lists
        loss, accuracy, val_loss and val_accuracy of each epoch.
    best_epoch : int
        Of the least val_loss, counted from 1.
    seconds : float
        What the training took.
    weights : list of ndarray
        Of the best epoch.
    """

    settings: dict[str, Any]
    history: dict[str, list[float]]
    best_epoch: int
    seconds: float
    weights: list[NDArray[Any]] = field(repr=False)

    @property
    def best(self) -> dict[str, float]:
        """The figures of the best epoch."""
        return {name: rows[self.best_epoch - 1] for name, rows in self.history.items()}

    def head(self) -> Any:
        """Return the head with the weights of its best epoch."""
        first, last = self.weights[0], self.weights[-1]
        network = head(
            len(first),
            classes=len(last),
            **{name: self.settings[name] for name in _HEAD if name in self.settings},
        )
        network.set_weights(self.weights)
        return network


def sweep_heads(
    settings: Iterable[Mapping[str, Any]] | Mapping[str, Sequence[Any]],
    train: Arrays,
    validation: Arrays,
    *,
    epochs: int = 10,
    batch_size: int = 32,
    seed: int = 0,
) -> list[HeadRun]:
    """Train a head for each of many settings, here and now.

    It gives what `HeadTrial` gives to 1e-4, and compiles nothing: for a layer or
    two that takes longer than the training.

    Parameters
    ----------
    settings : list of dict, or dict of lists
        What to try of `learning_rate` (of Adam), `inner` and `dropout`.
    train, validation : (vectors, labels)
        Features, with views or without.
    epochs, batch_size, seed : int
        Of every training.

    Returns
    -------
    list of HeadRun
        In the order of the settings.

    Raises
    ------
    TransferError
        If a setting is not one of these, or data do not fit.

    Examples
    --------
    >>> x = np.eye(8, dtype="float32")
    >>> y = np.arange(8) % 2
    >>> runs = sweep_heads({"learning_rate": [0.1, 1e-9]}, (x, y), (x, y), epochs=3)
    >>> runs[0].best["val_loss"] < runs[1].best["val_loss"]
    True
    """
    from fire_course.sweep import grid

    wanted = (
        [dict(each) for each in grid(**settings)]
        if isinstance(settings, Mapping)
        else [dict(each) for each in settings]
    )
    for each in wanted:
        _check_settings(each, known=(*_HEAD, "learning_rate"))
    x, y = stacked(*train)
    vx, vy = stacked(*validation)
    if x.shape[1] != vx.shape[1]:
        raise TransferError(
            f"Training has {x.shape[1]} features, validation {vx.shape[1]}: take both "
            "from the same network."
        )
    with _one_thread():
        return [
            _trained(each, (x, y), (vx, vy), epochs, batch_size, seed)
            for each in wanted
        ]


def _one_thread() -> AbstractContextManager[Any]:
    """Keep products of matrices to one thread: they are too small to share.

    On a busy machine, threads that wait for each other take most of the time.
    """
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[Any] = threadpool_limits(1, user_api="blas")
    return limits


def _trained(
    settings: dict[str, Any],
    train: Arrays,
    validation: Arrays,
    epochs: int,
    batch_size: int,
    seed: int,
) -> HeadRun:
    from fire_course.callbacks import ShuffledArrays

    begin = time.perf_counter()
    (x, y), (vx, vy) = train, validation
    x, vx = (np.asarray(each, np.float32) for each in (x, vx))
    network = _Arrays(x.shape[1], _classes(y), settings, seed)
    batches = ShuffledArrays(x, y, batch_size=batch_size, seed=seed)
    history: dict[str, list[float]] = {}
    best, weights = (np.inf, epochs), network.copy()
    for epoch in range(epochs):
        batches.epoch = epoch
        loss = right = 0.0
        for i in range(len(batches)):
            vectors, labels = batches[i]
            figures = network.learn(vectors, labels)
            loss += figures[0] * len(vectors) / len(x)
            right += figures[1] * len(vectors) / len(x)
        after = network.judge(vx, vy)
        names = ("loss", "accuracy", "val_loss", "val_accuracy")
        for name, value in zip(names, (loss, right, *after), strict=True):
            history.setdefault(name, []).append(float(value))
        if after[0] < best[0]:
            best, weights = (after[0], epoch + 1), network.copy()
    seconds = time.perf_counter() - begin
    return HeadRun(settings, history, best[1], seconds, weights)


class _Arrays:
    """A head and its Adam in plain arrays.

    It begins and drops as the Keras head of the same seed does, and its figures are
    the same to 1e-4. To compile that one takes longer than to train this one.
    """

    def __init__(
        self, width: int, classes: int, settings: Mapping[str, Any], seed: int
    ) -> None:
        self._rate = float(settings.get("learning_rate", 1e-3))
        if not self._rate > 0:
            raise TransferError(f"learning_rate is above 0, not {self._rate}.")
        options = {name: settings[name] for name in _HEAD if name in settings}
        network = head(width, classes=classes, seed=seed, **options)
        self.weights = [np.array(each) for each in network.get_weights()]
        self._first, self._second, self._slopes, self._spare = (
            [np.zeros_like(each) for each in self.weights] for _ in range(4)
        )
        self._steps = 0
        self._dropout: Any = None
        if settings.get("dropout"):
            layer = network.get_layer("dropout")
            self._dropout = lambda x: layer(x, training=True)
            if quiet.import_keras().backend.backend() == "tensorflow":
                # Called as it is, it takes longer than the rest of a step.
                self._dropout = quiet.import_tensorflow().function(
                    self._dropout, autograph=False
                )
            (state,) = (v for v in network.variables if v.name == _SEED_STATE)
            # As training.fit sets it, so that both draw the same.
            child = np.random.SeedSequence(seed).spawn(1)[0]
            state.assign(np.array([child.generate_state(1)[0], 0], state.dtype))

    def copy(self) -> list[NDArray[Any]]:
        return [each.copy() for each in self.weights]

    def judge(self, x: NDArray[Any], y: NDArray[Any]) -> tuple[float, float]:
        """Return loss and accuracy."""
        return _figures(self._forward(x)[-1], y)[:2]

    def learn(self, x: NDArray[Any], y: NDArray[Any]) -> tuple[float, float]:
        """Take one step; return loss and accuracy before it."""
        mask = self._mask((len(x), len(self.weights[-2])))
        below, logits = self._forward(x, mask)
        loss, accuracy, error = _figures(logits, y)
        np.matmul(below.T, error, out=self._slopes[-2])
        np.sum(error, axis=0, out=self._slopes[-1])
        if len(self.weights) > 2:
            back = error @ self.weights[-2].T
            if mask is not None:
                back *= mask
            back *= below > 0
            np.matmul(x.T, back, out=self._slopes[0])
            np.sum(back, axis=0, out=self._slopes[1])
        self._adam()
        return loss, accuracy

    def _forward(
        self, x: NDArray[Any], mask: NDArray[Any] | None = None
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return what goes into the last layer, and what comes out."""
        if len(self.weights) > 2:
            kernel, bias = self.weights[:2]
            x = np.maximum(x @ kernel + bias, 0)
        if mask is not None:
            x = x * mask
        return x, x @ self.weights[-2] + self.weights[-1]

    def _mask(self, shape: tuple[int, int]) -> NDArray[Any] | None:
        if self._dropout is None:
            return None
        kept = self._dropout(quiet.import_keras().ops.ones(shape))
        return np.asarray(quiet.import_keras().ops.convert_to_numpy(kept))

    def _adam(self) -> None:
        self._steps += 1
        scale = np.sqrt(1 - 0.999**self._steps) / (1 - 0.9**self._steps)
        step = np.float32(self._rate * scale)
        rows = zip(
            self.weights,
            self._first,
            self._second,
            self._slopes,
            self._spare,
            strict=True,
        )
        # In place: a million new numbers a step take longer than their sums.
        for weight, first, second, slope, spare in rows:
            np.subtract(slope, first, out=spare)
            spare *= np.float32(0.1)
            first += spare
            np.multiply(slope, slope, out=spare)
            spare -= second
            spare *= np.float32(0.001)
            second += spare
            np.sqrt(second, out=spare)
            spare += np.float32(1e-7)
            np.divide(first, spare, out=spare)
            spare *= step
            weight -= spare


def _figures(
    logits: NDArray[Any], labels: NDArray[Any]
) -> tuple[float, float, NDArray[Any]]:
    """Return loss, accuracy, and how far each answer is off, from logits.

    From logits, as a softmax that rounds to 0 has no logarithm.
    """
    count = np.float32(len(labels))
    if logits.shape[1] == 1:
        true = labels.astype(np.float32).reshape(-1, 1)
        loss = np.maximum(logits, 0) - logits * true
        loss += np.log1p(np.exp(-np.abs(logits)))
        right = (logits > 0) == (true > 0.5)
        answers = 0.5 * (1 + np.tanh(logits / 2))
        return float(loss.mean()), float(right.mean()), (answers - true) / count
    shifted = logits - logits.max(axis=1, keepdims=True)
    answers = np.exp(shifted)
    total = answers.sum(axis=1, keepdims=True)
    rows, classes = np.arange(len(labels)), labels.astype(np.intp)
    loss = np.log(total[:, 0]) - shifted[rows, classes]
    right = logits.argmax(axis=1) == classes
    error = answers / total
    error[rows, classes] -= 1
    return float(loss.mean()), float(right.mean()), error / count


def _classes(labels: NDArray[Any]) -> int:
    classes = int(np.max(labels)) + 1
    return 1 if classes <= 2 else classes


def _check_settings(
    settings: Mapping[str, Any], known: Sequence[str] = (*_HEAD, *_TRAINING)
) -> None:
    for name in settings:
        if name not in known:
            raise TransferError(
                f"A head has no setting {name!r}; there are: {', '.join(known)}."
            )
