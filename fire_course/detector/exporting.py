"""Write a detector for other libraries: LiteRT, in floats or 8-bit integers, or ONNX."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fire_course import files, quiet
from fire_course.detector.basics import DetectorError, Path_, Photos, named_file
from fire_course.detector.exported import NETWORKS, side_file
from fire_course.detector.saving import described, digest, keras_network

if TYPE_CHECKING:
    from fire_course.detector.core import Detector

SCENES = 100
"""How many drawn scenes calibrate a fire detector when no photographs are given."""


def export(
    detector: Detector,
    path: Path_,
    *,
    quantize: bool = False,
    calibration: Photos | None = None,
) -> Path:
    """Write an exported file and the file of facts beside it; see `Detector.export`."""
    path = Path(path)
    if path.suffix not in NETWORKS:
        raise DetectorError(
            f"{path}: give the file a name that ends in {' or '.join(NETWORKS)}."
        )
    path = named_file(path, path.suffix)
    if quantize and path.suffix != ".tflite":
        raise DetectorError(
            "Only LiteRT files are quantised here: choose a name that ends in .tflite."
        )
    if calibration is not None and not quantize:
        raise DetectorError(
            "Photographs to calibrate with are of use to a quantised file only: ask "
            "for quantize=True too."
        )
    network = keras_network(detector)
    facts = described(detector) | {
        "kind": NETWORKS[path.suffix].format,
        "quantized": quantize,
        "weights": digest(network),
    }
    options: dict[str, Any] = {}
    if quantize:
        samples = _samples(detector, calibration)
        facts["calibrated_with"] = len(samples)
        options = integers(samples)
    # Both files are whole before the first takes its name. Should the program end
    # between the two, their hash does not fit and `load` says so.
    with (
        files.atomic_write(side_file(path)) as side,
        files.atomic_write(path) as temporary,
    ):
        if path.suffix == ".tflite":
            write_litert(detector, temporary, **options)
        else:
            _write_onnx(detector, temporary)
        facts |= {
            "sha256": files.sha256_file(temporary),
            "bytes": temporary.stat().st_size,
        }
        side.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return path


def write_litert(detector: Detector, path: Path, **options: Any) -> None:
    """Convert to LiteRT; options go to TensorFlow's converter as they are."""
    keras, tf = quiet.import_keras(), quiet.import_tensorflow()
    network = detector.network
    shape = (1, *detector.image_size, network.input_shape[-1])
    # Its own kernels alone: others would bring TensorFlow back at run time.
    kernels = {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS]}
    with _plainly(network.name, "LiteRT"):
        network.export(
            path,
            format="litert",
            verbose=False,
            input_signature=[keras.InputSpec(shape=shape, dtype="float32")],
            **{"target_spec": kernels, **options},
        )


def integers(samples: Sequence[NDArray[np.float32]]) -> dict[str, Any]:
    """Return the converter's options for a network that counts in 8-bit integers."""
    tf = quiet.import_tensorflow()
    return {
        "optimizations": [tf.lite.Optimize.DEFAULT],
        "representative_dataset": lambda: ([sample[None]] for sample in samples),
        "inference_input_type": tf.uint8,
        "inference_output_type": tf.uint8,
        "target_spec": {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]},
    }


def _write_onnx(detector: Detector, path: Path) -> None:
    keras = quiet.import_keras()
    network = detector.network
    shape = (None, *detector.image_size, network.input_shape[-1])
    with _plainly(network.name, "ONNX"):
        network.export(
            path,
            format="onnx",
            verbose=False,
            input_signature=[
                keras.InputSpec(shape=shape, dtype="float32", name="photo")
            ],
        )


@contextmanager
def _plainly(name: str, what: str) -> Iterator[None]:
    """Keep the converters' chatter away, and say in one sentence what they refuse."""
    log = logging.getLogger("tensorflow")  # in a notebook it tells all it does
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings(action="ignore"), quiet.silenced():
            try:
                yield
                refused = None
            except Exception as error:  # the converters raise errors of many kinds
                refused = error
        if refused is not None:
            raise refused
    except (OSError, MemoryError):
        raise
    except ImportError as error:
        raise DetectorError(
            f"To write {what}, the package {error.name or 'tf2onnx'} is needed: "
            "pip install 'fire-course[export]'."
        ) from error
    except Exception as error:
        reason = next((line for line in str(error).splitlines() if line.strip()), "")
        raise DetectorError(
            f"{name} cannot be written as {what} "
            f"({reason.strip()[:160] or type(error).__name__})."
        ) from error
    finally:
        log.setLevel(level)


def _samples(detector: Detector, photos: Photos | None) -> list[NDArray[np.float32]]:
    """Return the photographs that show a converter which values occur."""
    if photos is None:
        photos = _scenes(detector)
    batches = list(detector._batches(photos))
    if not batches:
        raise DetectorError("To calibrate takes photographs, a hundred say; none came.")
    samples = list(np.concatenate(batches).astype(np.float32))
    # One pixel in black and one in white, so that the numbers of a picture are those
    # of the file, 0 to 255, and nothing is to be rounded on the way in.
    samples[0] = samples[0].copy()
    samples[0][0, 0], samples[0][-1, -1] = 0, 255
    return samples


def _scenes(detector: Detector) -> list[NDArray[np.uint8]]:
    from fire_course.data.render import scenes

    if sorted(detector.class_names) != sorted(scenes.CLASS_NAMES):
        raise DetectorError(
            "Drawn scenes can calibrate a fire detector only: give photographs like "
            f"those that {', '.join(detector.class_names)} are told apart on."
        )
    size = max(96, *detector.image_size)
    kinds = scenes.CLASS_NAMES
    return [
        scenes.render(seed, kind=kinds[seed % 2], size=size).image
        for seed in range(SCENES)
    ]
