"""The detector itself: what a program holds and asks."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fire_course import images, models
from fire_course.detector import exported, loading, saving
from fire_course.detector.basics import (
    DEFAULT,
    DetectorError,
    Path_,
    Photos,
    Prediction,
    outputs_of,
)
from fire_course.detector.checking import checked_file, looks_like


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
        outputs = outputs_of(network)
        if len(self.class_names) != max(2, outputs):
            raise DetectorError(
                f"A network with {outputs} output{'s' if outputs > 1 else ''} tells "
                f"{max(2, outputs)} classes apart, and {len(self.class_names)} class "
                f"names were given: {', '.join(map(str, self.class_names))}."
            )

    @property
    def format(self) -> str:
        """What runs the network: "keras", "litert" or "onnx"."""
        return getattr(self.network, "format", "keras")

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
        if outputs_of(self.network) != 1:
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
        outputs = np.concatenate([np.empty((0, outputs_of(self.network))), *answers])
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
        return saving.save_whole(self, path)

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
        return saving.save_weights(self, path)

    def export(
        self,
        path: Path_,
        *,
        quantize: bool = False,
        calibration: Photos | None = None,
    ) -> Path:
        """Write the detector for a library that needs neither Keras nor TensorFlow.

        Beside `path` stands ``path + ".json"`` with labels, image size, threshold
        and hash; `load` wants both.

        For a small computer take LiteRT with ``quantize``: a quarter of the size,
        and the fastest. TensorFlow can also round the weights alone ("dynamic
        range"), which is not offered here. It is as small and changes scores less,
        but is quick for plain convolutions only: for `fire_net` on one core both
        take .36 ms a photograph (floats 1.3), for MobileNetV2, made of depthwise
        ones, 25 ms against 3.4 in integers and 8.4 in floats.

        Parameters
        ----------
        path : str or path
            Ends in `.tflite` for LiteRT or in `.onnx` for ONNX.
        quantize : bool
            Compute in 8-bit integers; LiteRT only. Photographs then go in as
            bytes, and probabilities come in steps of 1/256.
        calibration : array (N, H, W, 3), or a sequence of arrays (H, W, 3)
            Photographs like those to be judged, a hundred say, which show what
            values occur inside the network. A fire detector makes do with drawn
            scenes when omitted.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        DetectorError
            If the name has another ending, the network cannot be written in this
            format, or what it takes is not installed.
        fire_course.files.FileError
            If the file cannot be written; then nothing is left behind.
        """
        from fire_course.detector.exporting import export

        return export(self, path, quantize=quantize, calibration=calibration)

    @classmethod
    def load(cls, path: Path_, *, sha256: str | None = None) -> Detector:
        """Read a detector written by `save`, `save_weights` or `export`.

        Nothing in the file is executed: Keras's safe mode is always on, and an
        exported file must have the hash that the file beside it names. That tells
        what was cut off, mixed up or altered on the way; against somebody who
        writes both files give the hash that you know from elsewhere.

        Parameters
        ----------
        path : str or path
            A `.keras`, `.weights.h5`, `.tflite` or `.onnx` file, or "default"
            for the detector that is installed with the package.
        sha256 : str, optional
            The hash that the file must have.

        Returns
        -------
        Detector
            Gives the scores of the one that was saved; of one that was quantised,
            nearly.

        Raises
        ------
        DetectorError
            If the file is missing, cut off, altered, or not a detector.
        """
        if os.fspath(path) == DEFAULT:
            return loading.load_default(cls, sha256)
        path = Path(path)
        start = checked_file(path, sha256)
        if start.startswith(b"PK"):
            return loading.load_whole(cls, path)
        if start.startswith(b"\x89HDF\r\n\x1a\n"):
            return loading.load_weights(cls, path)
        if exported.seems_exported(path, start):
            return exported.load_exported(cls, path, start)
        raise DetectorError(f"{path} is no saved network: {looks_like(start)}.")

    def _open(self, path: str) -> NDArray[np.uint8] | str:
        try:
            return images.open_image(path, size=self.image_size)
        except images.ImageError as error:
            return str(error)

    def _named(self, probabilities: NDArray[np.float64]) -> tuple[float, str]:
        if len(self.class_names) == 2 and outputs_of(self.network) == 1:
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
        # TensorFlow compiles a program for each batch size it meets: filled up
        # to powers of two there are six. What fills is dropped again.
        count = len(batch)
        padded = 1 << (count - 1).bit_length() if self.format == "keras" else count
        if padded > count:
            filler = np.zeros((padded - count, *batch.shape[1:]), batch.dtype)
            batch = np.concatenate([batch, filler])
        with self._lock:  # building the program is not safe among threads
            answers = self.network.predict_on_batch(batch)
        return np.asarray(answers, np.float64)[:count].reshape(count, -1)


# Enough to keep the cores busy; 32 photographs of 250 pixels and their feature
# maps in fire_cnn, the widest network, take half a gigabyte.
_BATCH = 32


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
