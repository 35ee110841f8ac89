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

ModelArgument = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="A saved model (.keras or .weights.h5), or `default` for the package's.",
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
            "there is no such file; name a saved model (.keras or .weights.h5), or "
            "`default` for the package's",
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
