"""What happens at the end of an epoch: Keras callbacks, one job each.

They work in any `fit` of Keras; `fire_course.training.fit` puts them together.
Importing this module imports Keras.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fire_course import quiet

quiet.import_keras()

import keras  # noqa: E402 - first imported quietly, then by name for the type checker

__all__ = [
    "BestWeights",
    "CountedFigures",
    "EpochTimer",
    "ShuffledArrays",
    "StopOnNaN",
    "StopWhenStale",
    "TrainingError",
]

Logs = dict[str, Any] | None


class TrainingError(ValueError):
    """A training that cannot begin or go on, in one sentence."""


class BestWeights(keras.callbacks.Callback):
    """Keep the weights of the best epoch in memory and put them back at the end.

    Parameters
    ----------
    monitor : str
        The figure that decides: "val_loss", "val_f1", "accuracy", ...
    mode : {"auto", "min", "max"}
        Which is better, less or more. "auto" takes less of a loss or an
        error and more of anything else.
    network : keras.Model, optional
        Whose weights to keep; the one that is trained when omitted.

    Attributes
    ----------
    epoch : int or None
        The best epoch so far, counted from 1.
    value : float or None
        The figure it reached.
    weights : list of ndarray or None
        Its weights.

    Examples
    --------
    >>> BestWeights(monitor="val_f1").mode
    'max'
    """

    def __init__(
        self,
        *,
        monitor: str = "val_loss",
        mode: str = "auto",
        network: Any = None,
    ) -> None:
        super().__init__()
        if mode not in ("auto", "min", "max"):
            raise TrainingError(f"mode is 'auto', 'min' or 'max', not {mode!r}.")
        if mode == "auto":
            mode = "min" if "loss" in monitor or "error" in monitor else "max"
        self.monitor = monitor
        self.mode = mode
        self.epoch: int | None = None
        self.value: float | None = None
        self.weights: list[NDArray[Any]] | None = None
        self._network = network

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Compare this epoch with the best one so far."""
        logs = logs or {}
        if self.monitor not in logs:
            raise TrainingError(
                f"No figure is called {self.monitor!r}; there are: {', '.join(logs)}."
            )
        value = float(logs[self.monitor])
        # A figure that is not a number is never the best, not even the first.
        if not math.isnan(value) and (self.value is None or self._better(value)):
            self.epoch, self.value = epoch + 1, value
            # Copies: on some backends the arrays are views of live memory.
            self.weights = [np.array(w) for w in self._kept().get_weights()]

    def on_train_end(self, logs: Logs = None) -> None:
        """Give the network its best weights back."""
        self.restore()

    def restore(self) -> None:
        """Give the network the weights of the best epoch, if there was one."""
        if self.weights is not None:
            self._kept().set_weights(self.weights)

    def _kept(self) -> Any:
        return self.model if self._network is None else self._network

    def _better(self, value: float) -> bool:
        assert self.value is not None
        return value < self.value if self.mode == "min" else value > self.value


class EpochTimer(keras.callbacks.Callback):
    """Measure the seconds of each epoch, validation included.

    They join the epoch's figures as "seconds".

    Attributes
    ----------
    seconds : list of float
        One an epoch.
    """

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self._start = 0.0

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Start the clock."""
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Read the clock."""
        self.seconds.append(time.perf_counter() - self._start)
        if logs is not None:
            logs["seconds"] = self.seconds[-1]


class CountedFigures(keras.callbacks.Callback):
    """Turn the counts of an epoch into accuracy, precision, recall and F1.

    The mean of the batches' F1 is not the F1 of the epoch: a ratio has to be
    computed once, from counts over the whole epoch. `metrics` makes Keras
    count; at the end of the epoch the four counts give way to the figures,
    for training and, with "val_" before their names, for validation. A figure
    that is not defined, such as the precision where nothing was called fire,
    is nan.

    Examples
    --------
    >>> figures = {"tp": 2.0, "fp": 2.0, "fn": 0.0, "tn": 4.0}
    >>> CountedFigures().on_epoch_end(0, figures)
    >>> figures
    {'accuracy': 0.75, 'precision': 0.5, 'recall': 1.0, 'f1': 0.6666666666666666}
    """

    # Keras calls a score positive when it is above the threshold, a detector
    # when it reaches it. The largest 32-bit number below one half makes both
    # mean the same.
    _THRESHOLD = float(np.nextafter(np.float32(0.5), np.float32(0)))

    def __init__(self) -> None:
        super().__init__()
        self.positives = 0.0
        self.negatives = 0.0

    @classmethod
    def metrics(cls) -> list[Any]:
        """Return the four counting metrics to compile a network with."""
        kinds = keras.metrics
        return [
            kinds.TruePositives(thresholds=cls._THRESHOLD, name="tp"),
            kinds.FalsePositives(thresholds=cls._THRESHOLD, name="fp"),
            kinds.FalseNegatives(thresholds=cls._THRESHOLD, name="fn"),
            kinds.TrueNegatives(thresholds=cls._THRESHOLD, name="tn"),
        ]

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Replace the counts by the figures."""
        if logs is None:
            return
        for part in ("", "val_"):
            if f"{part}tp" not in logs:
                continue
            tp, fp, fn, tn = (
                float(logs.pop(f"{part}{name}")) for name in ("tp", "fp", "fn", "tn")
            )
            if not part:
                self.positives, self.negatives = tp + fn, fp + tn
            logs[f"{part}accuracy"] = _ratio(tp + tn, tp + fp + fn + tn)
            logs[f"{part}precision"] = _ratio(tp, tp + fp)
            logs[f"{part}recall"] = _ratio(tp, tp + fn)
            logs[f"{part}f1"] = _ratio(2 * tp, 2 * tp + fp + fn)


class StopOnNaN(keras.callbacks.Callback):
    """End a training whose loss is no longer a number, and say so."""

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Look at the epoch's mean loss: one bad batch makes it bad."""
        loss = float((logs or {}).get("loss", 0.0))
        if not math.isfinite(loss):
            rate = self.model.optimizer.learning_rate
            raise TrainingError(
                f"The loss became {loss} in epoch {epoch + 1}: train with a lower "
                f"learning rate than {float(np.asarray(rate)):g}, or look for damaged "
                "numbers in the data."
            )


class StopWhenStale(keras.callbacks.Callback):
    """End the training when the best epoch lies too far back.

    Parameters
    ----------
    best : BestWeights
        Knows the best epoch.
    patience : int
        Epochs to wait for a better one.
    """

    def __init__(self, best: BestWeights, patience: int) -> None:
        super().__init__()
        self.best = best
        self.patience = patience

    def stale(self, epochs_done: int) -> bool:
        """Return whether the patience is used up after so many epochs."""
        return epochs_done - (self.best.epoch or 0) >= self.patience

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Ask the training to stop."""
        if self.stale(epoch + 1):
            self.model.stop_training = True


class ShuffledArrays(keras.utils.PyDataset):
    """Batches of arrays, in an order that the seed and the epoch alone decide.

    So a training that is taken up again in epoch 7 sees the photographs in
    the order in which the uninterrupted one would have.

    Parameters
    ----------
    photos : ndarray, shape (N, ...)
        What the network takes.
    labels : ndarray, shape (N,)
        What it should answer.
    batch_size : int
        Photographs a batch; the last may be smaller.
    seed : int
        Of the order.

    Attributes
    ----------
    epoch : int
        Counted from 0; set it before an epoch begins.
    """

    def __init__(
        self,
        photos: NDArray[Any],
        labels: NDArray[Any],
        *,
        batch_size: int = 32,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.epoch = 0
        self._photos, self._labels = photos, labels
        self._batch_size, self._seed = batch_size, seed
        self._order: tuple[int, NDArray[np.intp]] | None = None

    def __len__(self) -> int:
        return math.ceil(len(self._photos) / self._batch_size)

    def __getitem__(self, index: int) -> tuple[NDArray[Any], NDArray[Any]]:
        if self._order is None or self._order[0] != self.epoch:
            generator = np.random.default_rng([self._seed, self.epoch])
            self._order = self.epoch, generator.permutation(len(self._photos))
        start = index * self._batch_size
        chosen = self._order[1][start : start + self._batch_size]
        return self._photos[chosen], self._labels[chosen]

    def follow(self) -> Any:
        """Return the callback that tells the data which epoch begins."""

        def begin(epoch: int, logs: Logs = None) -> None:
            self.epoch = epoch

        return keras.callbacks.LambdaCallback(on_epoch_begin=begin)


class AtEpochEnd(keras.callbacks.Callback):
    """Call functions with (epochs done, figures), in their order."""

    def __init__(self, *functions: Callable[[int, dict[str, Any]], None]) -> None:
        super().__init__()
        self._functions: Sequence[Callable[[int, dict[str, Any]], None]] = functions

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Call them."""
        for function in self._functions:
            function(epoch + 1, logs or {})


class EpochBoard(keras.callbacks.TensorBoard):
    """TensorBoard logs of the epochs' figures, and of nothing else.

    Keras's own would add a second curve of the validation figures over the
    steps, with the bare counts.
    """

    def __init__(self, folder: str) -> None:
        super().__init__(folder, write_graph=False, profile_batch=0)

    def on_test_end(self, logs: Logs = None) -> None:
        """Write nothing, but leave Keras's writer as it was found."""
        super().on_test_end({})


class Reporter(keras.callbacks.Callback):
    """Tell a function how far the training is, in batches where known.

    Parameters
    ----------
    report : callable
        Called with (done, in all).
    epochs, begin : int
        Epochs in all, and done before.
    figures : callable, optional
        Called with (epoch, the batch's running figures).
    """

    def __init__(
        self,
        report: Callable[[int, int], None],
        *,
        epochs: int,
        begin: int = 0,
        figures: Callable[[int, dict[str, Any]], None] | None = None,
    ) -> None:
        super().__init__()
        self._report, self._figures = report, figures
        self._epochs, self._epoch = epochs, begin

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Remember the epoch."""
        self._epoch = epoch
        self._tell(0)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Report a batch."""
        if self._figures is not None:
            self._figures(self._epoch + 1, logs or {})
        self._tell(batch + 1)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Report an epoch."""
        if self._figures is not None:
            self._figures(epoch + 1, logs or {})
        self._epoch = epoch + 1
        self._tell(0)

    def _tell(self, batches: int) -> None:
        steps = (self.params or {}).get("steps")
        if steps is None:  # data that does not say how long it is
            self._report(self._epoch, self._epochs)
        else:
            self._report(self._epoch * steps + batches, self._epochs * steps)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan
