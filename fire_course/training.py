"""Train a network so that nothing of value is lost on the way.

`fit` is Keras's `fit` with what every training of the course needs: the best
weights, figures counted over the epoch, a folder that holds the result, and a
training that goes on where it was killed.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import math
import os
import platform
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fire_course import files, quiet
from fire_course.detector import Detector, DetectorError

if TYPE_CHECKING:
    from fire_course.callbacks import BestWeights, EpochTimer, TrainingError

__all__ = ["BestWeights", "EpochTimer", "Result", "TrainingError", "fit"]

Progress = Callable[[int, int], None]
History = dict[str, list[Any]]


def __getattr__(name: str) -> Any:
    # The callbacks are classes of Keras, which is imported only when needed.
    if name in ("BestWeights", "EpochTimer", "TrainingError"):
        from fire_course import callbacks

        return getattr(callbacks, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@dataclass(frozen=True)
class Result:
    """What a training gave.

    Attributes
    ----------
    history : dict of lists
        One value an epoch: loss, accuracy, precision, recall, f1, the same
        with "val_" before them, and seconds. None where a figure is not
        defined.
    best_epoch : int or None
        The epoch whose weights the network now has, counted from 1.
    best_value : float or None
        Its value of the figure that was monitored.
    resumed_from : int or None
        Epochs that an earlier, interrupted run had done.
    out : pathlib.Path or None
        The run folder.
    """

    history: History
    best_epoch: int | None
    best_value: float | None
    resumed_from: int | None = None
    out: Path | None = None

    @property
    def epochs(self) -> int:
        """Number of epochs trained, earlier runs included."""
        return len(self.history.get("loss", ()))


def fit(
    network: Any,
    train: Any,
    validation: Any = None,
    *,
    epochs: int,
    out: str | os.PathLike[str] | None = None,
    monitor: str = "val_loss",
    mode: str = "auto",
    optimizer: Any = "adam",
    learning_rate: float | None = None,
    loss: Any = None,
    seed: int = 0,
    patience: int | None = None,
    augmentation: Any = None,
    class_weight: Mapping[int, float] | None = None,
    batch_size: int = 32,
    class_names: Sequence[str] | None = None,
    threshold: float = 0.5,
    tensorboard: bool = True,
    progress: str | Progress | None = None,
    describe: Mapping[str, Any] | None = None,
) -> Result:
    """Train a network and leave it with the weights of its best epoch.

    With a run folder, the call can be repeated after a kill at any moment: it
    goes on behind the last whole epoch, with the optimizer's state, the best
    weights and the order of the photographs as they would have been.

    Parameters
    ----------
    network : keras.Model
        Ends in one sigmoid or a softmax, unless `loss` is given. Its present
        weights are the start.
    train, validation : tf.data.Dataset or (photographs, labels)
        Batches, or two arrays of the same length. Without validation, choose
        a `monitor` of the training data.
    epochs : int
        Passes over the training data, earlier runs in `out` included.
    out : path, optional
        Run folder: `model.keras`, `history.json`, `run.json`, `logs/` for
        TensorBoard, and `state/` until the training is over.
    monitor : str
        The figure that decides which epoch is the best.
    mode : {"auto", "min", "max"}
        Whether less or more of it is better; "auto" knows.
    optimizer : str or keras.optimizers.Optimizer
        A copy of it is used.
    learning_rate : float, optional
        In place of the optimizer's own.
    loss : str or keras.losses.Loss, optional
        By default what fits the network's output: binary cross-entropy for a
        sigmoid, sparse categorical cross-entropy for a softmax.
    seed : int
        Of the order of the photographs (arrays only), dropout and
        augmentation. The network's first weights have a seed of their own.
    patience : int, optional
        Stop after so many epochs without a new best.
    augmentation : keras layer or sequence of them, optional
        Changes photographs in training, never in validation or use.
    class_weight : mapping, optional
        Weight of each label in the loss.
    batch_size : int
        For arrays.
    class_names : sequence of str, optional
        Written into `model.keras`; by default ("nofire", "fire") for one
        output, and numbers for more.
    threshold : float
        Written into `model.keras`.
    tensorboard : bool
        Write `logs/`, where the backend is TensorFlow.
    progress : "bar" or callable, optional
        A bar on a terminal, or a function called with (done, in all).
    describe : mapping, optional
        More to write into `run.json`, such as the command.

    Returns
    -------
    Result
        History and best epoch.

    Raises
    ------
    TrainingError
        If data, network and options do not fit, the loss is no longer a
        number, or `out` belongs to another training.
    fire_course.files.FileError
        If the run folder cannot be written, or the disk is full.

    Examples
    --------
    >>> from fire_course import models
    >>> photos = np.zeros((8, 32, 32, 3), "uint8")
    >>> labels = np.array([0, 1] * 4)
    >>> photos[labels == 1, :, :, 0] = 255
    >>> network = models.fire_net((32, 32, 3), width=0.25)
    >>> result = fit(network, (photos, labels), epochs=2, monitor="loss")
    >>> result.epochs, len(result.history["f1"])
    (2, 2)
    """
    keras = quiet.import_keras()
    from fire_course import callbacks as cb

    kind = _kind(network, loss)
    own = loss is not None
    training_data = _Data(train, kind, network, "training", own_loss=own)
    validation_data = (
        _Data(validation, kind, network, "validation", own_loss=own)
        if validation is not None
        else None
    )
    training_data.need_two_classes()
    _check_options(epochs, patience, batch_size, threshold)
    _check_monitor(monitor, kind, validation is not None)
    names = _class_names(class_names, kind, network)
    if out is not None:
        if kind == "other":
            raise _error(
                "A run folder holds a detector, which gives probabilities: end "
                f"{network.name} in a sigmoid or a softmax, or leave out away."
            )
        Detector(network, class_names=names, threshold=threshold)  # do they fit?
    optimizer = _optimizer(optimizer, learning_rate)
    layers = _layers(augmentation)
    settings = {
        "network": network.name,
        "parameters": network.count_params(),
        "shapes": _digest(str([tuple(weight.shape) for weight in network.weights])),
        "input_shape": list(network.input_shape[1:]),
        "monitor": monitor,
        "mode": mode,
        "optimizer": _plain(optimizer),
        "loss": _plain(loss) if loss is not None else kind,
        "seed": seed,
        "patience": patience,
        "augmentation": [_plain(layer) for layer in layers],
        "class_weight": {str(k): float(v) for k, v in (class_weight or {}).items()},
        "batch_size": batch_size if training_data.arrays else None,
        "class_names": list(names),
        "threshold": threshold,
    }
    # Through JSON and back, so that it compares equal with what a file says.
    settings = json.loads(json.dumps(settings))
    data = {
        "train": training_data.fingerprint(),
        "validation": validation_data.fingerprint() if validation_data else None,
    }

    folder = None if out is None else _RunFolder(Path(out))
    best = cb.BestWeights(monitor=monitor, mode=mode, network=network)
    history: History = {}
    done = 0
    if folder is not None:
        finished = folder.begin(settings, data, epochs, dict(describe or {}))
        if finished is not None:
            _copy_weights(folder, network)
            return finished

    trainer = _trainer(keras, network, layers)
    trainer.compile(
        optimizer=optimizer,
        loss=_loss(keras, kind) if loss is None else loss,
        metrics=cb.CountedFigures.metrics()
        if kind == "binary"
        else ["accuracy"]
        if kind == "classes"
        else [],
    )
    optimizer.build(trainer.trainable_variables)
    memory = _Memory(trainer, optimizer, best, history)
    memory.seed(seed)
    if folder is not None:
        done = folder.take_up(memory)

    stale = cb.StopWhenStale(best, patience) if patience is not None else None
    counted = cb.CountedFigures()
    steps: list[Any] = [
        counted,
        cb.EpochTimer(),
        cb.StopOnNaN(),
        best,
        cb.AtEpochEnd(
            lambda epoch, _: _need_both(epoch, counted, kind),
            lambda _, figures: _record(history, figures),
        ),
    ]
    x, y = training_data.x, training_data.y
    if training_data.arrays:
        x = cb.ShuffledArrays(x, y, batch_size=batch_size, seed=seed)
        y = None
        steps.insert(0, x.follow())
    if folder is not None:
        if tensorboard and keras.backend.backend() == "tensorflow":
            steps.append(cb.EpochBoard(str(folder.path / "logs")))
        steps.append(cb.AtEpochEnd(lambda epoch, _: folder.remember(epoch, memory)))
    if stale is not None:
        steps.append(stale)

    if done < epochs and not (stale is not None and done and stale.stale(done)):
        with _reporting(cb, progress, epochs, done) as reporter:
            trainer.fit(
                x,
                y,
                validation_data=validation_data and validation_data.for_keras(),
                validation_batch_size=batch_size if _is_arrays(validation) else None,
                initial_epoch=done,
                epochs=epochs,
                class_weight=dict(class_weight) if class_weight else None,
                shuffle=False,  # done by ShuffledArrays, or by the dataset
                verbose=0,
                callbacks=[*steps, *reporter],
            )
    best.restore()
    result = Result(history, best.epoch, best.value, done or None)
    if folder is None:
        return result
    detector = Detector(network, class_names=names, threshold=threshold)
    return folder.finish(detector, result, epochs)


# --- what is trained on ----------------------------------------------------


def _is_arrays(data: Any) -> bool:
    return isinstance(data, tuple | list) and len(data) == 2


class _Data:
    """Training or validation data, checked; arrays or batches."""

    def __init__(
        self, data: Any, kind: str, network: Any, part: str, *, own_loss: bool
    ) -> None:
        self.part, self.arrays = part, _is_arrays(data)
        self._kind, self._own_loss = kind, own_loss
        self.x: Any
        self.y: Any
        if self.arrays:
            self.x, self.y = (np.asarray(item) for item in data)
            self._check_arrays(network)
        else:
            self.x, self.y = data, None
            self._check_batches(network)

    def _check_arrays(self, network: Any) -> None:
        x, y, part = self.x, self.y, self.part
        if len(x) == 0:
            raise _error(f"The {part} data holds no photograph.")
        one_hot = y.ndim == 2 and y.shape[1] == network.output_shape[-1] > 1
        if len(x) != len(y) or not (y.ndim == 1 or (one_hot and self._own_loss)):
            raise _error(
                f"The {part} data holds {len(x)} photographs and labels of shape "
                f"{y.shape}: give one label, a number, for each."
            )
        self._check_size(x.shape[1:], network)
        if self._kind == "binary":
            self.y = y.astype(np.float32)
            if not np.isin(self.y, (0, 1)).all():
                raise _error(
                    f"The {part} labels of a network with one output are 0 and 1, not "
                    f"{_some(y)}."
                )
        elif self._kind == "classes" and y.ndim == 1:
            outputs = network.output_shape[-1]
            if not np.isin(y, np.arange(outputs)).all():
                raise _error(
                    f"The {part} labels of a network with {outputs} outputs are 0 to "
                    f"{outputs - 1}, not {_some(y)}."
                )

    def _check_batches(self, network: Any) -> None:
        spec = getattr(self.x, "element_spec", None)
        if spec is None:
            raise _error(
                f"The {self.part} data is a tf.data.Dataset of batches or a pair "
                f"(photographs, labels), not {type(self.x).__name__}."
            )
        if not isinstance(spec, tuple) or len(spec) < 2:
            raise _error(f"The {self.part} dataset gives no labels.")
        shape = spec[0].shape
        if shape.rank is not None and shape.rank != 4:
            raise _error(
                f"The {self.part} dataset gives photographs of shape {shape}: batch it "
                "with .batch(32)."
            )
        if shape.rank is not None:
            self._check_size(tuple(shape[1:]), network)

    def _check_size(self, shape: tuple[int | None, ...], network: Any) -> None:
        wanted = tuple(network.input_shape[1:])
        fits = len(shape) == len(wanted) and all(
            a is None or b is None or a == b for a, b in zip(shape, wanted, strict=True)
        )
        if not fits:
            raise _error(
                f"{network.name} takes photographs of {_by(wanted)}, and the "
                f"{self.part} data holds {_by(shape)}: load it at that size, or build "
                "the network for this one."
            )

    def need_two_classes(self) -> None:
        """Refuse arrays of one class; of batches that is known only later."""
        if self.arrays and len(np.unique(self.y, axis=0)) < 2:
            raise _error(
                _one_class(np.argmax(self.y[0]) if self.y.ndim > 1 else self.y[0])
            )

    def fingerprint(self) -> dict[str, Any]:
        if not self.arrays:
            return {
                "batches": int(self.x.cardinality()),
                "form": str(self.x.element_spec),
            }
        digest = hashlib.sha256()
        for array in (self.x, self.y):
            digest.update(f"{array.shape} {array.dtype} ".encode())
            digest.update(np.ascontiguousarray(array).data)
        return {"count": len(self.x), "sha256": digest.hexdigest()}

    def for_keras(self) -> Any:
        return (self.x, self.y) if self.arrays else self.x


def _one_class(label: Any) -> str:
    return (
        f"All training photographs have the label {label:g}: a network learns to tell "
        "classes apart, so give it at least two."
    )


def _need_both(epoch: int, counted: Any, kind: str) -> None:
    # A dataset of batches shows its labels only while it is used.
    if kind == "binary" and (not counted.positives or not counted.negatives):
        raise _error(_one_class(1.0 if counted.positives else 0.0))


def _by(shape: Sequence[int | None]) -> str:
    return "x".join("?" if n is None else str(n) for n in shape)


def _some(labels: NDArray[Any]) -> str:
    found = [f"{label:g}" for label in np.unique(labels)[:4]]
    return ", ".join(found) + (", ..." if len(np.unique(labels)) > 4 else "")


# --- options ---------------------------------------------------------------


def _error(text: str) -> Exception:
    from fire_course.callbacks import TrainingError

    return TrainingError(text)


def _kind(network: Any, loss: Any) -> str:
    """Say what a network answers: "binary", "classes" or "other"."""
    last = network.outputs[0]._keras_history.operation
    while getattr(last, "layers", None):  # a network in a network
        last = last.outputs[0]._keras_history.operation
    activation = getattr(getattr(last, "activation", None), "__name__", None)
    outputs = network.output_shape[-1]
    if activation == "sigmoid" and outputs == 1:
        return "binary"
    if activation == "softmax":
        return "classes"
    if loss is None:
        raise _error(
            f"{network.name} ends in {outputs} outputs with {activation or 'no'} "
            "activation: end it in one sigmoid or a softmax, or say which loss to use."
        )
    return "other"


def _loss(keras: Any, kind: str) -> Any:
    if kind == "binary":
        return keras.losses.BinaryCrossentropy()
    return keras.losses.SparseCategoricalCrossentropy()


def _check_options(
    epochs: int, patience: int | None, batch_size: int, threshold: float
) -> None:
    for name, value in (
        ("epochs", epochs),
        ("batch_size", batch_size),
        ("patience", 1 if patience is None else patience),
    ):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise _error(f"{name} is a whole number from 1, not {value!r}.")
    if not 0 <= threshold <= 1:
        raise _error(f"threshold is a probability between 0 and 1, not {threshold}.")


def _check_monitor(monitor: str, kind: str, validated: bool) -> None:
    names = ["loss"]
    if kind == "binary":
        names += ["accuracy", "precision", "recall", "f1"]
    elif kind == "classes":
        names += ["accuracy"]
    known = names + [f"val_{name}" for name in names if validated]
    if monitor in known:
        return
    if monitor.removeprefix("val_") in names:
        raise _error(
            f"monitor={monitor!r} needs validation data: give some, or choose "
            f"monitor={monitor.removeprefix('val_')!r}."
        )
    near = difflib.get_close_matches(monitor, known, n=1)
    guess = f"; did you mean {near[0]!r}?" if near else "."
    raise _error(
        f"No figure is called {monitor!r}{guess} There are: {', '.join(known)}."
    )


def _class_names(
    class_names: Sequence[str] | None, kind: str, network: Any
) -> Sequence[str]:
    if class_names is not None:
        return class_names
    if kind == "binary":
        return ("nofire", "fire")
    return [str(i) for i in range(network.output_shape[-1])]


def _optimizer(optimizer: Any, learning_rate: float | None) -> Any:
    """Return a fresh copy: an optimizer remembers the network it served."""
    keras = quiet.import_keras()
    try:
        config = keras.optimizers.serialize(keras.optimizers.get(optimizer))
    except ValueError as error:
        raise _error(
            f"Keras has no optimizer called {optimizer!r}; try 'adam' or 'sgd'."
        ) from error
    if learning_rate is not None:
        if not learning_rate > 0:
            raise _error(f"learning_rate is a number above 0, not {learning_rate}.")
        config["config"]["learning_rate"] = float(learning_rate)
    return keras.optimizers.deserialize(config)


def _layers(augmentation: Any) -> list[Any]:
    if augmentation is None:
        return []
    if isinstance(augmentation, Sequence):
        return list(augmentation)
    return [augmentation]


# A name depends on what was built before; the others are Keras's own settings.
_UNTOLD = {"name", "trainable", "dtype", "data_format"}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _plain(thing: Any) -> Any:
    """Describe a Keras object by its class and settings."""
    if isinstance(thing, str):
        return thing
    keras = quiet.import_keras()
    if not hasattr(thing, "get_config"):
        return getattr(thing, "__name__", type(thing).__name__)

    def nameless(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {k: nameless(v) for k, v in value.items() if k not in _UNTOLD}
        if isinstance(value, list | tuple):
            return [nameless(item) for item in value]
        return value if isinstance(value, str | int | float | None) else str(value)

    config = keras.saving.serialize_keras_object(thing)
    return {
        "class": config["class_name"],
        "config": nameless(config["config"]),
    }


def _trainer(keras: Any, network: Any, layers: Sequence[Any]) -> Any:
    """Return what is trained: the network, behind its augmentation if it has one.

    As layers before the network, and not in the data, augmentation runs on
    the device, on every backend, and its random state can be kept.
    """
    if not layers:
        return network
    inputs = keras.Input(network.input_shape[1:], name="photo")
    x = inputs
    for layer in layers:
        x = layer(x)
    return keras.Model(inputs, network(x), name=f"{network.name}_training")


# --- history ---------------------------------------------------------------


def _record(history: History, figures: Mapping[str, Any]) -> None:
    for name, value in figures.items():
        number = float(value)
        history.setdefault(name, []).append(None if math.isnan(number) else number)


# --- progress --------------------------------------------------------------


@contextmanager
def _reporting(
    cb: Any, progress: str | Progress | None, epochs: int, done: int
) -> Iterator[list[Any]]:
    if progress is None:
        yield []
    elif callable(progress):
        yield [cb.Reporter(progress, epochs=epochs, begin=done)]
    elif progress == "bar":
        with _bar(cb, epochs, done) as reporter:
            yield reporter
    else:
        raise _error(f"progress is 'bar', a function or None, not {progress!r}.")


@contextmanager
def _bar(cb: Any, epochs: int, done: int) -> Iterator[list[Any]]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    # On the error stream: standard output may be a program's input.
    console = Console(stderr=True)
    if not console.is_terminal:
        yield []
        return
    columns = (
        TextColumn("epoch {task.fields[epoch]}/" + str(epochs)),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[figures]}"),
        TimeRemainingColumn(compact=True),
        TextColumn("left"),
    )
    with Bar(*columns, console=console) as bar:
        task = bar.add_task("", total=None, epoch=done + 1, figures="")
        validated = ""

        def figures(epoch: int, logs: Mapping[str, Any]) -> None:
            nonlocal validated
            after = [_shown(logs, name) for name in logs if name.startswith("val_")]
            if after:
                validated = " ".join(after[:4])
            text = f"{_shown(logs, 'loss')} {validated}".strip()
            bar.update(task, epoch=epoch, figures=text)

        def report(steps: int, total: int) -> None:
            bar.update(task, completed=steps, total=total)

        yield [cb.Reporter(report, epochs=epochs, begin=done, figures=figures)]


def _shown(logs: Mapping[str, Any], name: str) -> str:
    return f"{name} {float(logs[name]):.4f}" if name in logs else ""


# --- the run folder --------------------------------------------------------


class _Memory:
    """All that a training must remember to go on as if nothing had happened."""

    def __init__(
        self, trainer: Any, optimizer: Any, best: BestWeights, history: History
    ) -> None:
        self._variables = [*trainer.variables, *optimizer.variables]
        self._seeds = [v for v in trainer.variables if v.name == "seed_generator_state"]
        self.best, self.history = best, history

    def seed(self, seed: int) -> None:
        """Start every source of chance in the network from one seed."""
        children = np.random.SeedSequence(seed).spawn(len(self._seeds))
        for state, child in zip(self._seeds, children, strict=True):
            state.assign(np.array([child.generate_state(1)[0], 0], state.dtype))

    def arrays(self) -> dict[str, NDArray[Any]]:
        kept = {f"v{i}": np.asarray(v) for i, v in enumerate(self._variables)}
        for i, weight in enumerate(self.best.weights or ()):
            kept[f"b{i}"] = weight
        return kept

    def facts(self, epoch: int) -> dict[str, Any]:
        return {
            "epoch": epoch,
            "best_epoch": self.best.epoch,
            "best_value": self.best.value,
            "history": self.history,
        }

    def recall(self, facts: Mapping[str, Any], arrays: Mapping[str, Any]) -> None:
        for i, variable in enumerate(self._variables):
            variable.assign(arrays[f"v{i}"])
        best = [arrays[f"b{i}"] for i in range(sum(k[0] == "b" for k in arrays))]
        self.best.weights = best or None
        self.best.epoch, self.best.value = facts["best_epoch"], facts["best_value"]
        self.history.clear()
        self.history.update(facts["history"])


@dataclass
class _RunFolder:
    """The folder of one training; every change to it is whole or not at all."""

    path: Path
    _run: dict[str, Any] = field(default_factory=dict)

    def begin(
        self,
        settings: dict[str, Any],
        data: dict[str, Any],
        epochs: int,
        described: dict[str, Any],
    ) -> Result | None:
        """Make the folder, or join it; give the result if it is finished."""
        earlier = self._earlier()
        if earlier is not None:
            self._compare(earlier, settings, data)
            if earlier.get("finished"):
                if earlier["epochs"] != epochs:
                    raise _error(
                        f"{self.path} holds a finished training of {earlier['epochs']} "
                        f"epochs: choose another folder for one of {epochs}."
                    )
                self._forget()
                return self._result(earlier)
        else:
            try:
                self.path.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise files.file_error(error, self.path) from error
        self._run = {
            "finished": False,
            "epochs": epochs,
            **described,
            "settings": settings,
            "data": {**data, **described.get("data", {})},
            "versions": _versions(),
            "begun": (earlier or {}).get("begun") or _now(),
        }
        files.write_json(self.path / "run.json", self._run)
        return None

    def take_up(self, memory: _Memory) -> int:
        """Recall the last whole epoch; give the number of epochs done."""
        state = self.path / "state"
        for leftover in state.glob(".*"):  # of a kill in mid-save
            shutil.rmtree(leftover, ignore_errors=True)
        for folder in sorted(state.glob("epoch-*"), reverse=True):
            try:
                facts = json.loads((folder / "facts.json").read_text("utf-8"))
                with np.load(folder / "arrays.npz", allow_pickle=False) as stored:
                    arrays = {name: stored[name] for name in stored.files}
                memory.recall(facts, arrays)
            except (OSError, ValueError, KeyError, EOFError) as error:
                raise _error(
                    f"{folder} is damaged, so this training cannot go on ({error}): "
                    f"remove {state} to begin again."
                ) from error
            return int(facts["epoch"])
        return 0

    def remember(self, epoch: int, memory: _Memory) -> None:
        """Write all that is needed to go on after this epoch."""
        state = self.path / "state"
        target = state / f"epoch-{epoch:06d}"
        # A folder gets its name only when everything in it lies on the disk:
        # a kill leaves the old one, the new one or both, never a part.
        temporary = state / f".{target.name}"
        try:
            shutil.rmtree(temporary, ignore_errors=True)
            temporary.mkdir(parents=True)
            try:
                with files.atomic_write(temporary / "arrays.npz") as path:
                    np.savez(path, **memory.arrays())  # type: ignore[arg-type]
                files.write_json(temporary / "facts.json", memory.facts(epoch))
                temporary.replace(target)
            except BaseException:
                shutil.rmtree(temporary, ignore_errors=True)
                raise
            for older in state.glob("epoch-*"):
                if older != target:
                    shutil.rmtree(older, ignore_errors=True)
        except files.FileError:
            raise
        except OSError as error:
            raise files.file_error(error, target) from error
        files.write_json(self.path / "history.json", memory.history)

    def finish(self, detector: Detector, result: Result, epochs: int) -> Result:
        """Write the results; the mark that they are whole comes last."""
        detector.save(self.path / "model.keras")
        files.write_json(self.path / "history.json", result.history)
        self._run |= {
            "finished": True,
            "ended": _now(),
            "epochs": epochs,
            "epochs_trained": result.epochs,
            "best_epoch": result.best_epoch,
            "best_value": result.best_value,
            "seconds": round(sum(result.history.get("seconds", ())), 3),
        }
        files.write_json(self.path / "run.json", self._run)
        self._forget()
        return Result(
            result.history,
            result.best_epoch,
            result.best_value,
            result.resumed_from,
            self.path,
        )

    def _earlier(self) -> dict[str, Any] | None:
        try:
            return dict(json.loads((self.path / "run.json").read_text("utf-8")))
        except FileNotFoundError:
            pass
        except NotADirectoryError as error:
            raise files.file_error(error, self.path / "run.json") from error
        except OSError as error:
            raise files.file_error(error, self.path) from error
        except ValueError as error:
            raise _error(
                f"{self.path / 'run.json'} is damaged: choose another folder."
            ) from error
        if self.path.is_dir() and any(
            not item.name.startswith(".") for item in self.path.iterdir()
        ):
            raise _error(
                f"{self.path} holds other files and no training: choose an empty or a "
                "new folder."
            )
        return None

    def _compare(
        self, earlier: dict[str, Any], settings: dict[str, Any], data: dict[str, Any]
    ) -> None:
        before = {**earlier.get("settings", {})}
        for name, value in settings.items():
            if before.get(name) != value:
                raise _error(
                    f"{self.path} holds a training with other settings ({name}: "
                    f"{_short(before.get(name))} there, {_short(value)} now): choose "
                    "another folder or the same settings."
                )
        for part, fingerprint in data.items():
            if earlier.get("data", {}).get(part) != fingerprint:
                raise _error(
                    f"{self.path} holds a training on other data ({part}): choose "
                    "another folder or the same data."
                )

    def _result(self, run: dict[str, Any]) -> Result:
        history = json.loads((self.path / "history.json").read_text("utf-8"))
        return Result(history, run["best_epoch"], run["best_value"], None, self.path)

    def _forget(self) -> None:
        shutil.rmtree(self.path / "state", ignore_errors=True)


def _copy_weights(folder: _RunFolder, network: Any) -> None:
    """Give the network the weights of a training that was finished before."""
    try:
        stored = Detector.load(folder.path / "model.keras").network
        network.set_weights(stored.get_weights())
    except (DetectorError, ValueError) as error:
        raise _error(
            f"{folder.path} holds a finished training, but its model cannot be used: "
            f"{error}"
        ) from error


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _versions() -> dict[str, str]:
    keras = quiet.import_keras()
    found = {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
    }
    for name in ("fire-course", found["backend"]):
        with suppress(Exception):  # a package that is not installed as such
            found[name] = version(name)
    return found
