"""A pretrained network as it comes: what does it see among its thousand classes?"""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fire_course import images, quiet
from fire_course.files import FileError
from fire_course.transfer import weights as _weights
from fire_course.transfer.backbones import entry, preprocess
from fire_course.transfer.weights import TransferError, WeightsError

__all__ = ["Answer", "Classifier", "class_names"]

Photo = str | os.PathLike[str] | NDArray[Any]

_INDEX = "imagenet_class_index.json"
_INDEX_URL = f"https://storage.googleapis.com/download.tensorflow.org/data/{_INDEX}"
_INDEX_MD5 = "c2c37ea517e94d9795004a39431a14cb"  # as Keras has it
_BATCH = 32


def class_names(*, download: bool = True, deadline: float = 60.0) -> tuple[str, ...]:
    """Return the names of ImageNet's thousand classes, in the order of the answers.

    Parameters
    ----------
    download : bool
        Whether Keras's list of them may be fetched if it is missing.
    deadline : float
        Seconds after which fetching is given up.

    Raises
    ------
    WeightsError
        If the list is not there and cannot be fetched, or is damaged.
    """
    path = _weights.keras_home() / "models" / _INDEX
    why = "nothing is fetched as download=False"
    if not path.is_file() and download:
        try:
            _weights._fetch(_INDEX_URL, path, _INDEX_MD5, deadline, None)
        except (WeightsError, FileError, RuntimeError) as error:
            why = str(error).rstrip(".").replace(_INDEX_URL, "it")
    if not path.is_file():
        raise WeightsError(
            f"The names of ImageNet's classes are missing ({why}): put {_INDEX} of "
            f"{_INDEX_URL} into {path.parent}, or set KERAS_HOME to a folder with it in "
            "models/."
        )
    try:
        index = json.loads(path.read_text("utf-8"))
        return tuple(str(index[str(i)][1]) for i in range(1000))
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise WeightsError(
            f"{path} is damaged: remove it, and it is fetched again."
        ) from error


@dataclass(frozen=True)
class Answer:
    """Whether a photograph shows what was asked for.

    Attributes
    ----------
    yes : bool
    probability : float
        The sum over the classes asked for.
    classes : tuple of str
        Their names.
    """

    yes: bool
    probability: float
    classes: tuple[str, ...]

    def __bool__(self) -> bool:
        return self.yes


class Classifier:
    """A pretrained network with its own thousand classes.

    Parameters
    ----------
    name : str
        A backbone.
    weights : "imagenet", path or None
        As for `transfer_model`, with the top.
    download : bool
        Whether what is missing may be fetched.

    Raises
    ------
    WeightsError
        If the weights or the names of the classes are missing.
    """

    def __init__(
        self,
        name: str = "mobilenet_v2",
        *,
        weights: str | os.PathLike[str] | None = "imagenet",
        download: bool = True,
    ) -> None:
        keras = quiet.import_keras()
        what = entry(name)
        path: str | os.PathLike[str] | None = weights
        if weights == "imagenet":
            path = _weights.weights_file(what.name, top=True, download=download)
        self.names = class_names(download=download)
        network = getattr(keras.applications, what.keras)(weights=None, name=what.name)
        if path is not None:
            _weights.load_into(network, path)
        shape = network.input_shape[1:]
        self.image_size: tuple[int, int] = (shape[0], shape[1])
        inputs = keras.Input(shape, name="photo")
        outputs = network(preprocess(what.name, inputs), training=False)
        self.network = keras.Model(inputs, outputs, name=f"{what.name}_classifier")
        self._of = "ImageNet"

    @classmethod
    def of(cls, network: Any, names: Sequence[str]) -> Classifier:
        """Ask a network of your own in the same way.

        Parameters
        ----------
        network : keras.Model
            From photographs of 0 to 255 to a probability for each class.
        names : sequence of str
            Its classes, in the order of its answers.

        Raises
        ------
        TransferError
            If it takes no photographs of one size, or has not as many answers.
        """
        given, made = network.input_shape, network.output_shape
        if len(given) != 4 or None in given[1:] or made[1:] != (len(names),):
            raise TransferError(
                f"A network from photographs of one size to {len(names)} probabilities is "
                f"wanted, one a name, not from {given[1:]} to {made[1:]}."
            )
        new = cls.__new__(cls)
        new.names, new.network = tuple(map(str, names)), network
        new.image_size = (given[1], given[2])
        new._of = "The network"
        return new

    def predict_proba(self, photos: Sequence[Photo]) -> NDArray[np.float32]:
        """Give the probability of every class for every photograph.

        Parameters
        ----------
        photos : sequence of paths or of arrays (H, W, 3)
            Of any size, of 0 to 255.

        Returns
        -------
        ndarray of float32, shape (N, classes)

        Raises
        ------
        TransferError
            If one is no photograph, or photographs are not in a sequence.
        fire_course.images.ImageError
            If a file cannot be read.
        """
        if isinstance(photos, str | os.PathLike):
            raise TransferError("Give a list of photographs: [photo] for one.")
        found = [np.empty((0, len(self.names)), np.float32)]
        for start in range(0, len(photos), _BATCH):
            batch = np.stack([self._fitted(p) for p in photos[start : start + _BATCH]])
            found.append(np.asarray(self.network.predict_on_batch(batch)))
        return np.concatenate(found)

    def top(
        self, photos: Sequence[Photo], count: int = 5
    ) -> list[list[tuple[str, float]]]:
        """Say what photographs show: the most probable classes, best first.

        Parameters
        ----------
        photos : sequence of paths or of arrays (H, W, 3)
        count : int
            Classes a photograph.

        Returns
        -------
        list of lists of (name, probability)
        """
        if isinstance(count, bool) or not 1 <= count <= len(self.names):
            raise TransferError(
                f"count lies from 1 to {len(self.names)}, not at {count}."
            )
        rows = self.predict_proba(photos)
        return [
            [(self.names[i], float(row[i])) for i in np.argsort(-row)[:count]]
            for row in rows
        ]

    def is_it(
        self, what: str | Sequence[str], photo: Photo, *, threshold: float = 0.5
    ) -> Answer:
        """Say whether a photograph shows a class, or one of several.

        Parameters
        ----------
        what : str or sequence of str
            Names of its classes; a space does for an underscore.
        photo : path or array (H, W, 3)
        threshold : float
            From which sum of probabilities on the answer is yes.

        Returns
        -------
        Answer
            True where the answer is yes.

        Raises
        ------
        TransferError
            If there is no such class.
        """
        if not 0 <= threshold <= 1:
            raise TransferError(f"threshold lies from 0 to 1, not at {threshold}.")
        asked = [what] if isinstance(what, str) else list(what)
        chosen = sorted({i for name in asked for i in self._places(name)})
        total = float(self.predict_proba([photo])[0, chosen].sum())
        return Answer(total >= threshold, total, tuple(self.names[i] for i in chosen))

    def _places(self, name: str) -> list[int]:
        bare = name.strip().lower().replace(" ", "_")
        lower = [each.lower().replace(" ", "_") for each in self.names]
        found = [i for i, each in enumerate(lower) if each == bare]  # crane: two
        if not found:
            near = difflib.get_close_matches(bare, lower, n=3)
            near += [each for each in lower if bare in each and each not in near][:3]
            guess = f"; did you mean {' or '.join(near)}?" if near and bare else "."
            raise TransferError(f"{self._of} has no class called {name!r}{guess}")
        return found

    def _fitted(self, photo: Photo) -> NDArray[Any]:
        if isinstance(photo, str | os.PathLike):
            return images.open_image(photo, size=self.image_size)
        array = np.asarray(photo)
        if array.ndim != 3 or array.shape[2] != 3:
            raise TransferError(
                f"A photograph has the shape (height, width, 3), not {array.shape}."
            )
        if array.shape[:2] == self.image_size:
            return array
        return images.resize(array, self.image_size, method="bilinear")
