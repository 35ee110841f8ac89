"""What happens within an epoch: each batch alone, the running mean, the end.

The accuracy that Keras prints while it trains is the mean over the epoch's
batches so far, each taken with the weights of its moment. It is neither the
last batch's, nor that of the weights that the epoch leaves behind.

Importing this module imports Keras.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fire_course import quiet

quiet.import_keras()

import keras  # noqa: E402 - first imported quietly, then by name for the type checker

from fire_course.callbacks import TrainingError  # noqa: E402

__all__ = ["BatchHistory", "Replay", "dropout_draws", "replay"]

Logs = dict[str, Any] | None


class BatchHistory(keras.callbacks.Callback):
    """Keep the figures of every batch, however many there are.

    Keras hands a callback the running means; undone, they give the figures of
    each batch alone. That is exact where all batches of an epoch are of one
    size; a smaller last one weighs less in Keras's mean, which is why its size
    is asked for.

    Parameters
    ----------
    count : int, optional
        Photographs an epoch; needed if the last batch is smaller.
    batch_size : int, optional
        Photographs a batch; needed with `count`.

    Attributes
    ----------
    running : dict of lists
        For each figure, one list an epoch: what Keras shows after each batch.
    epochs : int
        That have begun.

    Examples
    --------
    >>> history = BatchHistory()
    >>> history.on_epoch_begin(0)
    >>> for mean in (1.0, 0.75, 0.5):
    ...     history.on_train_batch_end(0, {"loss": mean})
    >>> history.running["loss"], history.alone("loss")
    ([[1.0, 0.75, 0.5]], [[1.0, 0.5, 0.0]])
    """

    def __init__(
        self, *, count: int | None = None, batch_size: int | None = None
    ) -> None:
        super().__init__()
        if (count is None) != (batch_size is None):
            raise TrainingError("Give count and batch_size both, or neither.")
        self._count, self._batch_size = count, batch_size
        self.running: dict[str, list[list[float]]] = {}
        self.epochs = 0

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Begin new lists."""
        self.epochs += 1

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Write down the running means."""
        for name, value in (logs or {}).items():
            lists = self.running.setdefault(name, [])
            while len(lists) < self.epochs:
                lists.append([])
            lists[-1].append(float(value))

    def alone(self, name: str) -> list[list[float]]:
        """Return the figure of each batch alone: one list an epoch.

        Raises
        ------
        TrainingError
            If Keras reported no such figure.
        """
        if name not in self.running:
            known = ", ".join(self.running) or "none yet"
            raise TrainingError(f"No figure is called {name!r}; there are: {known}.")
        found = []
        for means in self.running[name]:
            sizes = self._sizes(len(means))
            sums = np.array(means) * np.cumsum(sizes)
            found.append((np.diff(sums, prepend=0.0) / sizes).tolist())
        return found

    def _sizes(self, batches: int) -> NDArray[np.float64]:
        if self._count is None or self._batch_size is None:
            return np.ones(batches)
        sizes = np.full(batches, float(self._batch_size))
        left = self._count - self._batch_size * (batches - 1)
        if 0 < left < self._batch_size:
            sizes[-1] = left
        return sizes


@dataclass(frozen=True)
class Replay:
    """One epoch, batch by batch.

    Attributes
    ----------
    loss, accuracy : ndarray, shape (batches,)
        Of each batch alone, with the weights before its step and with dropout:
        what a training step measures.
    running_loss, running_accuracy : ndarray, shape (batches,)
        The mean over the photographs so far: what Keras prints.
    final_loss, final_accuracy : float
        Of the whole training data with the weights after the epoch and without
        dropout: what `evaluate` gives.
    sizes : ndarray, shape (batches,)
        Photographs a batch.
    """

    loss: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    running_loss: NDArray[np.float64]
    running_accuracy: NDArray[np.float64]
    final_loss: float
    final_accuracy: float
    sizes: NDArray[np.int64]


def replay(
    network: Any,
    photos: ArrayLike,
    labels: ArrayLike,
    *,
    batch_size: int = 32,
    optimizer: Any = "adam",
    learning_rate: float | None = None,
    seed: int = 0,
) -> Replay:
    """Train one epoch batch by batch, and measure what a log leaves unsaid.

    Parameters
    ----------
    network : keras.Model
        Ends in one sigmoid or a softmax. It is trained for one epoch more.
    photos : array_like, shape (N, ...)
    labels : array_like, shape (N,)
        0 and 1, or class numbers.
    batch_size : int
    optimizer : str or keras.optimizers.Optimizer
        A copy of it is used.
    learning_rate : float, optional
        In place of the optimizer's own.
    seed : int
        Of the order of the photographs.

    Returns
    -------
    Replay
        Three lines to draw: each batch, the running mean, the final weights.

    Raises
    ------
    TrainingError
        If network and data do not fit.

    Examples
    --------
    >>> from fire_course import models
    >>> photos = np.zeros((10, 18, 18, 3), "uint8")
    >>> labels = np.arange(10) % 2
    >>> photos[labels == 1] = 255
    >>> network = models.cifar10_cnn((18, 18, 3), classes=2, seed=1)
    >>> epoch = replay(network, photos, labels, batch_size=4)
    >>> epoch.sizes.tolist(), epoch.running_accuracy.shape
    ([4, 4, 2], (3,))
    """
    from fire_course import training

    x, y = np.asarray(photos), np.asarray(labels)
    if len(x) != len(y) or not len(x):
        raise TrainingError(f"{len(x)} photographs have {len(y)} labels: give as many.")
    if batch_size < 1:
        raise TrainingError(f"batch_size is a whole number from 1, not {batch_size}.")
    kind = training._kind(network, None)
    loss = training._loss(keras, kind)
    if kind == "binary":
        y = y.astype(np.float32).reshape(-1, 1)
    metric = "binary_accuracy" if kind == "binary" else "sparse_categorical_accuracy"
    network.compile(
        optimizer=training._optimizer(optimizer, learning_rate),
        loss=loss,
        metrics=[keras.metrics.get(metric)],
    )
    order = np.random.default_rng(seed).permutation(len(x))
    rows, sizes = [], []
    for start in range(0, len(x), batch_size):
        chosen = order[start : start + batch_size]
        network.reset_metrics()  # or each batch would report a running mean
        rows.append(network.train_on_batch(x[chosen], y[chosen]))
        sizes.append(len(chosen))
    alone, weights = np.array(rows, np.float64), np.array(sizes)
    running = np.cumsum(alone * weights[:, None], axis=0) / np.cumsum(weights)[:, None]
    final = network.evaluate(x, y, batch_size=batch_size, verbose=0)
    return Replay(
        alone[:, 0],
        alone[:, 1],
        running[:, 0],
        running[:, 1],
        float(final[0]),
        float(final[1]),
        weights,
    )


def dropout_draws(
    values: ArrayLike, rate: float, *, count: int = 20, seed: int = 0
) -> NDArray[np.float32]:
    """Return what Keras's dropout makes of the same values, in training, many times.

    Each row stands for one photograph of one step: each has zeros of its own,
    and what is left is multiplied by 1 / (1 - rate), so that the mean stays.

    Parameters
    ----------
    values : array_like, shape (n,)
        Activations.
    rate : float
        Share to drop.
    count : int
        Rows.
    seed : int

    Returns
    -------
    ndarray, shape (count, n)

    Raises
    ------
    TrainingError
        If rate is no share below 1.

    Examples
    --------
    >>> rows = dropout_draws([1.0, 2.0, 3.0], 0.5, count=40)
    >>> sorted(set(rows.ravel().tolist()))
    [0.0, 2.0, 4.0, 6.0]
    """
    if not 0 <= rate < 1:
        raise TrainingError(f"rate is a share from 0 to below 1, not {rate}.")
    rows = np.repeat(np.asarray(values, np.float32).reshape(1, -1), count, axis=0)
    dropped = keras.layers.Dropout(rate, seed=seed)(rows, training=True)
    return np.asarray(keras.ops.convert_to_numpy(dropped), np.float32)
