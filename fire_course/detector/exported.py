"""Exported files: what stands beside them, and how they are opened.

`fire.tflite` comes with `fire.tflite.json`: labels, image size, threshold, and the
hash of the one file that they belong to.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fire_course.detector.basics import FACTS_LIMIT, DetectorError
from fire_course.detector.checking import checked_facts, looks_like, unreadable
from fire_course.detector.runtimes import LiteRTNetwork, OnnxNetwork

if TYPE_CHECKING:
    from fire_course.detector.core import Detector

NETWORKS: dict[str, Any] = {".tflite": LiteRTNetwork, ".onnx": OnnxNetwork}
"""By the ending of a file, what runs it."""


def side_file(path: Path) -> Path:
    """Return where the facts of an exported file stand.

    Examples
    --------
    >>> side_file(Path("fire.tflite")).name
    'fire.tflite.json'
    """
    return path.with_name(path.name + ".json")


def seems_exported(path: Path, start: bytes) -> bool:
    """Tell by its name or its first bytes whether a file is an exported one."""
    return path.suffix in NETWORKS or start[4:8] == b"TFL3"


def load_exported(cls: type[Detector], path: Path, start: bytes) -> Detector:
    """Read an exported file, once the file beside it has vouched for it."""
    if path.suffix not in NETWORKS:
        raise DetectorError(
            f"{path} is a LiteRT network: give it back its name, which ends in "
            ".tflite, and keep the file beside it whose name ends in .tflite.json."
        )
    known = start[4:8] == b"TFL3" if path.suffix == ".tflite" else start[:1] == b"\x08"
    if not known:
        raise DetectorError(f"{path} is no saved network: {looks_like(start)}.")
    network_of = NETWORKS[path.suffix]
    side = side_file(path)
    facts = checked_facts(_beside(path, side), str(side), str(side))
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DetectorError(f"{path} cannot be read: {error.strerror}.") from error
    found = hashlib.sha256(content).hexdigest()
    if facts.get("kind") != network_of.format or facts.get("sha256") != found:
        raise DetectorError(
            f"{path} is not the file that {side.name} describes: it was cut off, "
            f"altered or exchanged (its SHA-256 is {found}). Copy or export both again."
        )
    try:
        network = network_of(content, name=str(facts.get("network", path.stem)))
    except DetectorError:
        raise
    except Exception as error:  # each library raises its own
        raise DetectorError(unreadable(path, error, network_of.format)) from error
    try:
        return cls(
            network,
            class_names=facts["class_names"],
            image_size=tuple(facts["image_size"]),
            threshold=facts["threshold"],
        )
    except DetectorError as error:
        raise DetectorError(f"{path} and {side.name} do not agree: {error}") from error


def _beside(path: Path, side: Path) -> bytes:
    try:
        with side.open("rb") as stream:
            text = stream.read(FACTS_LIMIT + 1)
    except FileNotFoundError:
        raise DetectorError(
            f"{path} stands without {side.name}, which holds its labels, image size "
            "and hash: copy both, or export the model again."
        ) from None
    except OSError as error:
        raise DetectorError(f"{side} cannot be read: {error.strerror}.") from error
    if len(text) > FACTS_LIMIT:
        raise DetectorError(f"{side}: is too large for the facts of a detector.")
    return text
