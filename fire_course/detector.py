"""A network with what it needs to be used: labels, image size and threshold.

A score means nothing without them: which class it speaks of, at what size the
network was trained, from where on it counts as fire. A detector keeps them
together, in memory and in the file.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fire_course import files, images, models, quiet

__all__ = ["DEFAULT", "Detector", "DetectorError", "Prediction"]

DEFAULT = "default"
"""The name of the detector that is installed with the package."""

_MEMBER = "fire_course.json"
_FORMAT = 1  # raised when a file of today could not be read by yesterday's code
# Keras's own members are checked by Keras; ours holds a few names and numbers.
_MEMBER_LIMIT = 1_000_000
_WEIGHTS = ".weights.h5"

Path_ = str | os.PathLike[str]
Photos = NDArray[np.generic] | Sequence[NDArray[np.generic]]


class DetectorError(ValueError):
    """A detector that cannot be made, written or read, in one sentence."""


@dataclass(frozen=True)
class Prediction:
    """What a detector says about one photograph.

    Attributes
    ----------
    path : str
        The photograph.
    score : float or None
        Probability of fire; with more than two classes, of `label`.
    label : str or None
        Name of the class.
    error : str or None
        Why there is no answer; then score and label are None.
    """

    path: str
    score: float | None = None
    label: str | None = None
    error: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as a dictionary, ready for JSON."""
        return asdict(self)


class Detector:
    """A trained network, its class names, its image size and its threshold.

    Parameters
    ----------
    network : keras.Model
        Takes photographs of 0 to 255; ends in one sigmoid, or in one
        probability a class.
    class_names : sequence of str
        Names in the order of the labels; of two, the second is what a score
        is the probability of.
    image_size : int or (height, width), optional
        What photographs are resized to; the network's input size when
        omitted.
    threshold : float
        A photograph with at least this score gets the second name.

    Raises
    ------
    DetectorError
        If names, size or threshold do not fit the network.

    Examples
    --------
    >>> from fire_course import models
    >>> detector = Detector(models.fire_net((64, 64, 3)))
    >>> photos = np.zeros((2, 90, 120, 3), "uint8")
    >>> detector.score(photos).shape
    (2,)
    """

    def __init__(
        self,
        network: Any,
        *,
        class_names: Sequence[str] = ("nofire", "fire"),
        image_size: int | tuple[int, int] | None = None,
        threshold: float = 0.5,
    ) -> None:
        self.network = network
        self.class_names = tuple(class_names)
        self.image_size = _fitting_size(network, image_size)
        self.threshold = float(threshold)
        self.recipe = models.recipe(network)
        self._lock = threading.Lock()
        if not 0 <= self.threshold <= 1:
            raise DetectorError(
                f"A threshold is a probability between 0 and 1, not {threshold}."
            )
        outputs = _outputs(network)
        if len(self.class_names) != max(2, outputs):
            raise DetectorError(
                f"A network with {outputs} output{'s' if outputs > 1 else ''} tells "
                f"{max(2, outputs)} classes apart, and {len(self.class_names)} class "
                f"names were given: {', '.join(map(str, self.class_names))}."
            )

    def __repr__(self) -> str:
        return (
            f"Detector({self.network.name}, class_names={self.class_names}, "
            f"image_size={self.image_size}, threshold={self.threshold:g})"
        )

    def score(self, photos: Photos) -> NDArray[np.float64]:
        """Score photographs: the probability of fire for each.

        Parameters
        ----------
        photos : array (N, H, W, 3), or a sequence of arrays (H, W, 3)
            uint8, of any size and number; a sequence may mix sizes.

        Returns
        -------
        ndarray of float, shape (N,)
            Probability of the second class; the same for a photograph alone
            as among others.

        Raises
        ------
        DetectorError
            If these are no photographs, or there are more than two classes
            (see `predict_proba`).
        """
        if _outputs(self.network) != 1:
            raise DetectorError(
                f"{self.network.name} tells {len(self.class_names)} classes apart: "
                "ask predict_proba, one score would not say of which."
            )
        return self.predict_proba(photos)[:, 1]

    def predict_proba(self, photos: Photos) -> NDArray[np.float64]:
        """Give the probability of every class for every photograph.

        Parameters
        ----------
        photos : array (N, H, W, 3), or a sequence of arrays (H, W, 3)
            As for `score`.

        Returns
        -------
        ndarray of float, shape (N, classes)
            In the order of `class_names`; each row sums to 1.
        """
        answers = [self._run(batch) for batch in self._batches(photos)]
        outputs = np.concatenate([np.empty((0, _outputs(self.network))), *answers])
        if outputs.shape[1] == 1:
            outputs = np.concatenate([1 - outputs, outputs], axis=1)
        return outputs

    def predict_files(
        self,
        paths: Sequence[Path_],
        *,
        batch_size: int = 32,
        progress: Callable[[int, int], None] | None = None,
    ) -> list[Prediction]:
        """Judge photographs on the disk; a bad file spoils only its own answer.

        Parameters
        ----------
        paths : sequence of path
            Image files.
        batch_size : int
            Photographs held in memory at a time.
        progress : callable, optional
            Called with (files done, files in all).

        Returns
        -------
        list of Prediction
            One a path, in their order.
        """
        answers: list[Prediction] = []
        # Two threads decode while others wait for the disk; Pillow and the
        # network use the cores better than more threads would.
        with ThreadPoolExecutor(2) as readers:
            for start in range(0, len(paths), batch_size):
                chunk = [os.fspath(path) for path in paths[start : start + batch_size]]
                opened = list(readers.map(self._open, chunk))
                photos = [photo for photo in opened if not isinstance(photo, str)]
                rows = iter(self.predict_proba(photos) if photos else ())
                for path, photo in zip(chunk, opened, strict=True):
                    if isinstance(photo, str):
                        answers.append(Prediction(path, error=photo))
                    else:
                        answers.append(Prediction(path, *self._named(next(rows))))
                if progress is not None:
                    progress(len(answers), len(paths))
        return answers

    def save(self, path: Path_) -> Path:
        """Write the whole detector to a `.keras` file.

        It is Keras's own format with one more member, `fire_course.json`, so
        `keras.saving.load_model` opens it too.

        Parameters
        ----------
        path : str or path
            Ends in `.keras`.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        DetectorError
            If the name does not end in `.keras`.
        fire_course.files.FileError
            If the file cannot be written; then nothing is left behind.
        """
        path = _named_file(path, ".keras")
        with files.atomic_write(path) as temporary:
            _uncompiled(self.network).save(temporary)
            with zipfile.ZipFile(temporary, "a") as archive:
                archive.writestr(_MEMBER, json.dumps(self._described(), indent=1))
        return path

    def save_weights(self, path: Path_) -> Path:
        """Write the weights alone, with what is needed to build the network again.

        Parameters
        ----------
        path : str or path
            Ends in `.weights.h5`.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        DetectorError
            If the name does not end in `.weights.h5`, or the network is not
            one that `models.build` can build again.
        fire_course.files.FileError
            If the file cannot be written; then nothing is left behind.
        """
        path = _named_file(path, _WEIGHTS)
        recipe = self.recipe or {
            "name": self.network.name,
            "input_shape": list(self.network.input_shape[1:]),
            "options": {},
        }
        with contextlib.suppress(ValueError):
            if _shapes(_rebuilt(recipe)) == _shapes(self.network):
                self.recipe = recipe
                return self._write_weights(path)
        raise DetectorError(
            f"{self.network.name} is no network that models.build makes, so weights "
            "alone would be of no use: save the whole detector as .keras."
        )

    @classmethod
    def load(cls, path: Path_, *, sha256: str | None = None) -> Detector:
        """Read a detector written by `save` or `save_weights`.

        Nothing in the file is executed: Keras's safe mode is always on.

        Parameters
        ----------
        path : str or path
            A `.keras` or `.weights.h5` file, or "default" for the detector
            that is installed with the package.
        sha256 : str, optional
            The hash that the file must have.

        Returns
        -------
        Detector
            Gives the scores of the one that was saved.

        Raises
        ------
        DetectorError
            If the file is missing, cut off, altered, or not a detector.
        """
        if os.fspath(path) == DEFAULT:
            return _load_default(cls, sha256)
        path = Path(path)
        start = _checked_file(path, sha256)
        if start.startswith(b"PK"):
            return _load_whole(cls, path)
        if start.startswith(b"\x89HDF\r\n\x1a\n"):
            return _load_weights(cls, path)
        raise DetectorError(f"{path} is no saved network: {_looks_like(start)}.")

    def _described(self) -> dict[str, Any]:
        return {
            "format": _FORMAT,
            "network": self.network.name,
            "class_names": list(self.class_names),
            "image_size": list(self.image_size),
            "threshold": self.threshold,
            "recipe": self.recipe,
            "weights": _digest(self.network),
        }

    def _write_weights(self, path: Path) -> Path:
        import h5py

        with files.atomic_write(path) as temporary:
            # Keras insists on the full ending, which the temporary file lacks.
            weights = temporary.with_name(temporary.name + _WEIGHTS)
            try:
                self.network.save_weights(weights)
                with h5py.File(weights, "a") as store:
                    store.attrs[_MEMBER] = json.dumps(self._described())
                weights.replace(temporary)
            finally:
                weights.unlink(missing_ok=True)
        return path

    def _open(self, path: str) -> NDArray[np.uint8] | str:
        try:
            return images.open_image(path, size=self.image_size)
        except images.ImageError as error:
            return str(error)

    def _named(self, probabilities: NDArray[np.float64]) -> tuple[float, str]:
        if len(self.class_names) == 2 and _outputs(self.network) == 1:
            score = float(probabilities[1])
            return score, self.class_names[int(score >= self.threshold)]
        best = int(probabilities.argmax())
        return float(probabilities[best]), self.class_names[best]

    def _batches(self, photos: Photos) -> Iterator[NDArray[np.generic]]:
        if isinstance(photos, np.ndarray) and photos.ndim == 3:
            raise DetectorError(
                "One photograph has three axes, and a batch four: pass photo[None]."
            )
        for start in range(0, len(photos), _BATCH):
            chunk = photos[start : start + _BATCH]
            yield np.stack([self._fitted(np.asarray(photo)) for photo in chunk])

    def _fitted(self, photo: NDArray[np.generic]) -> NDArray[np.generic]:
        if photo.ndim != 3 or photo.shape[2] != self.network.input_shape[-1]:
            raise DetectorError(
                "A photograph has the shape (height, width, "
                f"{self.network.input_shape[-1]}), not {photo.shape}."
            )
        if photo.shape[:2] == self.image_size:
            return photo
        return images.resize(photo, self.image_size, method="bilinear")

    def _run(self, batch: NDArray[np.generic]) -> NDArray[np.float64]:
        # The engine compiles a program for each batch size it meets: filled up
        # to powers of two there are six. What fills is dropped again.
        count = len(batch)
        padded = 1 << (count - 1).bit_length()
        if padded > count:
            filler = np.zeros((padded - count, *batch.shape[1:]), batch.dtype)
            batch = np.concatenate([batch, filler])
        with self._lock:  # building the program is not safe among threads
            answers = self.network.predict_on_batch(batch)
        return np.asarray(answers, np.float64)[:count].reshape(count, -1)


# Enough to keep the cores busy; 32 photographs of 250 pixels and their feature
# maps in fire_cnn, the widest network, take half a gigabyte.
_BATCH = 32


def _outputs(network: Any) -> int:
    shape = network.output_shape
    if not isinstance(shape, tuple) or len(shape) != 2 or not shape[1]:
        raise DetectorError(
            f"{network.name} gives {shape}: a detector needs a network with one row of "
            "probabilities for a photograph."
        )
    return int(shape[1])


def _fitting_size(network: Any, size: int | Sequence[int] | None) -> tuple[int, int]:
    shape = getattr(network, "input_shape", None)
    if not isinstance(shape, tuple) or len(shape) != 4:
        raise DetectorError(
            f"{network.name} takes {shape}: a detector needs a network for photographs "
            "of (height, width, channels)."
        )
    if size is None:
        if None in shape[1:3]:
            raise DetectorError(
                f"{network.name} takes photographs of any size: say which image_size "
                "it was trained with."
            )
        return int(shape[1]), int(shape[2])
    pair = (size, size) if isinstance(size, int) else tuple(size)
    if len(pair) != 2 or not all(isinstance(n, int) and n > 0 for n in pair):
        raise DetectorError(
            f"image_size is a number of pixels or (height, width), not {size!r}."
        )
    if any(n not in (None, m) for n, m in zip(shape[1:3], pair, strict=True)):
        raise DetectorError(
            f"{network.name} takes photographs of {shape[1]}x{shape[2]} pixels, "
            f"not {pair[0]}x{pair[1]}."
        )
    return pair


def _named_file(path: Path_, ending: str) -> Path:
    path = Path(path)
    if not path.name.endswith(ending) or path.name == ending:
        raise DetectorError(f"{path}: give the file a name that ends in {ending}.")
    return path


def _uncompiled(network: Any) -> Any:
    """Return the network without the optimizer, whose state is twice its size."""
    if not getattr(network, "compiled", False):
        return network
    copy = type(network).from_config(network.get_config())
    copy.set_weights(network.get_weights())
    return copy


def _shapes(network: Any) -> list[tuple[int, ...]]:
    return [tuple(weight.shape) for weight in network.weights]


def _digest(network: Any) -> str:
    """Hash the weights, so that altered or half-read ones are noticed."""
    digest = hashlib.sha256()
    for weight in network.get_weights():
        digest.update(np.ascontiguousarray(weight).data)
    return digest.hexdigest()


def _rebuilt(recipe: Any) -> Any:
    try:
        options = dict(recipe["options"])
        return models.build(recipe["name"], tuple(recipe["input_shape"]), **options)
    except (TypeError, KeyError) as error:
        raise ValueError(f"no recipe of a network ({error})") from error


# --- reading ---------------------------------------------------------------


def _checked_file(path: Path, sha256: str | None) -> bytes:
    if path.is_dir():
        raise DetectorError(
            f"{path} is a folder: name the file in it, such as {path / 'model.keras'}."
        )
    try:
        with path.open("rb") as stream:
            start = stream.read(64)
        found = files.sha256_file(path) if sha256 is not None else None
    except FileNotFoundError:
        raise DetectorError(f"{path} does not exist.") from None
    except OSError as error:
        raise DetectorError(f"{path} cannot be read: {error.strerror}.") from error
    if sha256 is not None and found != sha256.strip().lower():
        raise DetectorError(
            f"{path} is not the file that was expected: its SHA-256 is {found}, not "
            f"{sha256.strip().lower()}."
        )
    if not start:
        raise DetectorError(f"{path} is empty.")
    return start


def _looks_like(start: bytes) -> str:
    text = start.decode("utf-8", errors="replace")
    if text.isprintable() or "\n" in text and "\0" not in text:
        return f"it holds text ({text.split(chr(10))[0][:30]!r})"
    return f"it starts with the bytes {start[:8].hex(' ')}"


def _load_default(cls: type[Detector], sha256: str | None) -> Detector:
    folder = resources.files("fire_course") / "weights"
    try:
        card = json.loads((folder / "default.json").read_text(encoding="utf-8"))
        with resources.as_file(folder / "default.keras") as path:
            return cls.load(path, sha256=sha256 or card["sha256"])
    except FileNotFoundError:
        raise DetectorError(
            "The default detector is missing from this installation: install "
            "fire-course again."
        ) from None


def _load_whole(cls: type[Detector], path: Path) -> Detector:
    if path.suffix != ".keras":
        raise DetectorError(
            f"{path} may be a Keras model, but Keras opens one only if its name ends "
            "in .keras."
        )
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if "config.json" not in names:
                raise DetectorError(f"{path} is a zip archive, but no Keras model.")
            if _MEMBER not in names:
                raise DetectorError(
                    f"{path} is a Keras model without labels and image size: load it "
                    "with keras.saving.load_model and give it to Detector()."
                )
            if archive.getinfo(_MEMBER).file_size > _MEMBER_LIMIT:
                raise DetectorError(f"{path}: its {_MEMBER} is too large to be one.")
            facts = _facts(archive.read(_MEMBER), path)
            config = archive.read("config.json")
            damaged = archive.testzip()
    except DetectorError:
        raise
    except Exception as error:  # a damaged archive raises errors of many kinds
        raise DetectorError(f"{path} is cut off or damaged ({error}).") from error
    if damaged is not None:
        raise DetectorError(f"{path} is damaged: its part {damaged} was altered.")
    keras = quiet.import_keras()
    try:
        # Keras's safe mode alone is not enough: a program can turn it off for
        # everything, and then asking for it here is of no effect.
        if _holds_code(json.loads(config)):
            raise DetectorError(_CODE.format(path=path))
        with warnings.catch_warnings(action="ignore"):
            network = keras.saving.load_model(path, compile=False, safe_mode=True)
    except DetectorError:
        raise
    except Exception as error:  # Keras raises whatever its layers raise
        raise DetectorError(_unreadable(path, error)) from error
    return _assembled(cls, network, facts, path)


def _load_weights(cls: type[Detector], path: Path) -> Detector:
    import h5py

    if not path.name.endswith(_WEIGHTS):
        raise DetectorError(
            f"{path} may hold weights, but Keras opens them only if the name ends in "
            f"{_WEIGHTS}."
        )
    try:
        with h5py.File(path, "r") as store:
            text = store.attrs.get(_MEMBER)
    except Exception as error:
        raise DetectorError(f"{path} is cut off or damaged ({error}).") from error
    if not isinstance(text, str):
        raise DetectorError(
            f"{path} holds no detector: it does not say which network its weights "
            "belong to."
        )
    facts = _facts(text, path)
    try:
        network = _rebuilt(facts.get("recipe"))
        with warnings.catch_warnings(action="ignore"):  # a mismatch is found below
            network.load_weights(path)
    except Exception as error:
        raise DetectorError(_unreadable(path, error)) from error
    return _assembled(cls, network, facts, path)


def _facts(text: str | bytes, path: Path) -> dict[str, Any]:
    try:
        facts = json.loads(text)
        sizes, names = facts["image_size"], facts["class_names"]
        whole = (
            len(sizes) == 2
            and all(isinstance(name, str) for name in names)
            and isinstance(facts["threshold"], int | float)
        )
    except (ValueError, TypeError, KeyError):
        whole = False
    if not whole:
        raise DetectorError(
            f"{path}: its {_MEMBER} is damaged or was written by hand; train or "
            "download the detector again."
        )
    if facts.get("format") != _FORMAT:
        raise DetectorError(
            f"{path} was written by another version of fire-course (format "
            f"{facts.get('format')}, here {_FORMAT}): update fire-course."
        )
    return dict(facts)


def _assembled(
    cls: type[Detector], network: Any, facts: dict[str, Any], path: Path
) -> Detector:
    try:
        detector = cls(
            network,
            class_names=facts["class_names"],
            image_size=tuple(facts["image_size"]),
            threshold=facts["threshold"],
        )
    except DetectorError as error:
        raise DetectorError(f"{path} contradicts itself: {error}") from error
    if facts.get("weights") != _digest(network):
        raise DetectorError(f"{path}: its weights are not those that were saved.")
    detector.recipe = facts.get("recipe")
    return detector


# Layers that run what a file brings along: Python's code, or another program's.
_CODE_CLASSES = {
    "__lambda__",
    "Lambda",
    "TFSMLayer",
    "TorchModuleWrapper",
    "JaxLayer",
    "FlaxLayer",
}
_CODE = (
    "{path} holds program code besides its weights and was not opened: running it "
    "could do anything on this computer."
)


def _holds_code(config: Any) -> bool:
    """Return whether a configuration names anything but Keras's own layers.

    A class of the reader's own program is accepted where that program has
    registered it with Keras.
    """
    if isinstance(config, list):
        return any(map(_holds_code, config))
    if not isinstance(config, dict):
        return False
    if config.get("class_name") in _CODE_CLASSES:
        return True
    module = config.get("module")
    if isinstance(module, str) and "class_name" in config:
        known = module == "builtins" or module.split(".")[0] == "keras"
        get = quiet.import_keras().saving.get_registered_object
        if not known and get(config.get("registered_name")) is None:
            return True
    return any(map(_holds_code, config.values()))


def _unreadable(path: Path, error: Exception) -> str:
    reason = next(
        (line.strip() for line in str(error).splitlines() if line.strip()), ""
    )
    return (
        f"{path} is cut off, damaged or not a network that Keras can read "
        f"({reason[:120] or type(error).__name__})."
    )
