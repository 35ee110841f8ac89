"""Write a detector as Keras's own files: whole, or its weights alone."""

from __future__ import annotations

import contextlib
import hashlib
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fire_course import files, models
from fire_course.detector.basics import (
    FORMAT,
    MEMBER,
    WEIGHTS,
    DetectorError,
    Path_,
    named_file,
)

if TYPE_CHECKING:
    from fire_course.detector.core import Detector


def save_whole(detector: Detector, path: Path_) -> Path:
    """Write a `.keras` file with the detector's facts as one more member."""
    path = named_file(path, ".keras")
    with files.atomic_write(path) as temporary:
        _uncompiled(keras_network(detector)).save(temporary)
        with zipfile.ZipFile(temporary, "a") as archive:
            archive.writestr(MEMBER, json.dumps(_described(detector), indent=1))
    return path


def save_weights(detector: Detector, path: Path_) -> Path:
    """Write a `.weights.h5` file with the facts and the recipe as an attribute."""
    path = named_file(path, WEIGHTS)
    network = keras_network(detector)
    recipe = detector.recipe or {
        "name": network.name,
        "input_shape": list(network.input_shape[1:]),
        "options": {},
    }
    with contextlib.suppress(ValueError):
        if _shapes(rebuilt(recipe)) == _shapes(network):
            detector.recipe = recipe
            return _write_weights(detector, path)
    raise DetectorError(
        f"{network.name} is no network that models.build makes, so weights "
        "alone would be of no use: save the whole detector as .keras."
    )


def keras_network(detector: Detector) -> Any:
    """Return the network if Keras runs it; say so where it does not."""
    if detector.format != "keras":
        raise DetectorError(
            f"{detector.network.name} was exported to {detector.format}, which cannot "
            "be turned back: use the .keras file that it was made from."
        )
    return detector.network


def described(detector: Detector) -> dict[str, Any]:
    """Return what any file of a detector tells besides its network."""
    return {
        "format": FORMAT,
        "network": detector.network.name,
        "class_names": list(detector.class_names),
        "image_size": list(detector.image_size),
        "threshold": detector.threshold,
    }


def _described(detector: Detector) -> dict[str, Any]:
    return described(detector) | {
        "recipe": detector.recipe,
        "weights": digest(detector.network),
    }


def _write_weights(detector: Detector, path: Path) -> Path:
    import h5py

    with files.atomic_write(path) as temporary:
        # Keras insists on the full ending, which the temporary file lacks.
        weights = temporary.with_name(temporary.name + WEIGHTS)
        try:
            detector.network.save_weights(weights)
            with h5py.File(weights, "a") as store:
                store.attrs[MEMBER] = json.dumps(_described(detector))
            weights.replace(temporary)
        finally:
            weights.unlink(missing_ok=True)
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


def digest(network: Any) -> str:
    """Hash the weights, so that altered or half-read ones are noticed."""
    digest = hashlib.sha256()
    for weight in network.get_weights():
        digest.update(np.ascontiguousarray(weight).data)
    return digest.hexdigest()


def rebuilt(recipe: Any) -> Any:
    """Build the network that a recipe describes, with weights of its own."""
    try:
        options = dict(recipe["options"])
        return models.build(recipe["name"], tuple(recipe["input_shape"]), **options)
    except (TypeError, KeyError) as error:
        raise ValueError(f"no recipe of a network ({error})") from error
