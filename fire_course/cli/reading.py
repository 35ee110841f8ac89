"""Read data and models for a command, and say what was decided on the way."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fire_course.cli.common import Talk, shown

if TYPE_CHECKING:
    from fire_course.data.folder import Splits
    from fire_course.detector import Detector

MODEL_HELP = "A saved model (.keras, .weights.h5, .tflite, .onnx), or `default` for the package's."
ModelArgument = Annotated[str, typer.Argument(metavar="MODEL", help=MODEL_HELP)]
ModelOption = Annotated[
    str,
    typer.Option(
        metavar="MODEL", help="A saved model, or `default` for the package's."
    ),
]
DataOption = Annotated[
    str,
    typer.Option(help="A folder (split/class/image or class/image), or a set's name."),
]
EpochsOption = Annotated[
    int, typer.Option(metavar="N", min=1, help="Rounds over the training data.")
]
ImageSizeOption = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=1,
        help="Pixels in height and width. (default: the network's own)",
    ),
]
ThresholdOption = Annotated[
    float | None,
    typer.Option(
        metavar="N",
        min=0,
        max=1,
        help="Score that counts as fire. (default: the model's own)",
    ),
]


def load_detector(voice: Talk, model: str, threshold: float | None = None) -> Detector:
    """Load a detector; say that it takes a moment, and what a MODEL may be."""
    if model != "default" and not Path(model).exists():
        raise FileNotFoundError(
            errno.ENOENT,
            "there is no such file; name a saved model (.keras, .weights.h5, .tflite or "
            ".onnx), or `default` for the package's",
            model,
        )
    with voice.waiting("loading the model"):
        from fire_course.detector import Detector

        detector = Detector.load(model)
    if threshold is not None:
        detector.threshold = threshold
    return detector


def read(voice: Talk, data: str, **options: Any) -> Splits:
    """Load data with a progress bar, and note what was left out or decided."""
    from fire_course.data import folder

    with voice.progress(f"reading {shown(Path(data).name)}") as progress:
        splits = folder.load(data, progress=progress, **options)
    for text in splits.notes:
        voice.note(f"note: {text}")
    for path, reason in splits.problems:
        voice.note(f"left out {path}: {reason}")
    return splits


def problems(splits: Splits) -> list[dict[str, str]]:
    """Give the files that were left out, as rows for JSON."""
    return [{"path": str(path), "error": why} for path, why in splits.problems]


def existing_split(data: str, wanted: str) -> str:
    """Choose what to measure on: the split wanted, else test, validation, train."""
    from fire_course.data import folder, registry

    root = Path(data) if Path(data).is_dir() else None
    if root is None and data in registry.SETS:
        root = registry.locate(data)
    if root is None:
        return wanted
    entry = registry.SETS.get(root.resolve().name)
    have = set(folder.scan(root).splits)
    if folder.WHOLE in have or (entry is not None and entry.evaluation_only):
        return "test"  # without splits, all of it is test data when it is measured
    if wanted == "validation" and "train" in have:
        return wanted  # cut out of train, as it is for training
    choices = (wanted, "test", "validation", "train")
    return next((split for split in choices if split in have), wanted)


def square(detector: Detector) -> int:
    """Return the side of the detector's pictures; refuse what is no square."""
    height, width = detector.image_size
    if height != width:
        raise ValueError(
            f"the model takes pictures of {height}x{width} pixels, and data are read "
            "as squares: score them with `fire-course predict`"
        )
    return height


def in_order(detector: Detector, names: tuple[str, ...], labels: Any) -> Any:
    """Give labels in the order of the detector's classes."""
    import numpy as np

    known = list(detector.class_names)
    if sorted(names) != sorted(known):
        raise ValueError(
            f"the model tells {', '.join(known)} apart, and the data hold "
            f"{', '.join(names)}: measure it on data of its own classes"
        )
    return np.array([known.index(name) for name in names])[labels.astype(int)]
