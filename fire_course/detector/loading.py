"""Read Keras's own files, without running anything that they bring along."""

from __future__ import annotations

import json
import warnings
import zipfile
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fire_course import quiet
from fire_course.detector.basics import (
    FACTS_LIMIT,
    MEMBER,
    WEIGHTS,
    DetectorError,
)
from fire_course.detector.checking import checked_facts, unreadable
from fire_course.detector.saving import digest, rebuilt

if TYPE_CHECKING:
    from fire_course.detector.core import Detector


def load_default(cls: type[Detector], sha256: str | None) -> Detector:
    """Read the detector that is installed with the package."""
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


def load_whole(cls: type[Detector], path: Path) -> Detector:
    """Read a `.keras` file."""
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
            if MEMBER not in names:
                raise DetectorError(
                    f"{path} is a Keras model without labels and image size: load it "
                    "with keras.saving.load_model and give it to Detector()."
                )
            if archive.getinfo(MEMBER).file_size > FACTS_LIMIT:
                raise DetectorError(f"{path}: its {MEMBER} is too large to be one.")
            facts = checked_facts(
                archive.read(MEMBER), str(path), f"{path}: its {MEMBER}"
            )
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
        raise DetectorError(unreadable(path, error)) from error
    return _assembled(cls, network, facts, path)


def load_weights(cls: type[Detector], path: Path) -> Detector:
    """Read a `.weights.h5` file."""
    import h5py

    if not path.name.endswith(WEIGHTS):
        raise DetectorError(
            f"{path} may hold weights, but Keras opens them only if the name ends in "
            f"{WEIGHTS}."
        )
    try:
        with h5py.File(path, "r") as store:
            text = store.attrs.get(MEMBER)
    except Exception as error:
        raise DetectorError(f"{path} is cut off or damaged ({error}).") from error
    if not isinstance(text, str):
        raise DetectorError(
            f"{path} holds no detector: it does not say which network its weights "
            "belong to."
        )
    facts = checked_facts(text, str(path), f"{path}: its {MEMBER}")
    try:
        network = rebuilt(facts.get("recipe"))
        with warnings.catch_warnings(action="ignore"):  # a mismatch is found below
            network.load_weights(path)
    except Exception as error:
        raise DetectorError(unreadable(path, error)) from error
    return _assembled(cls, network, facts, path)


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
    if facts.get("weights") != digest(network):
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
