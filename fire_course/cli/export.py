"""``fire-course export``: a detector for a library that needs no TensorFlow."""

from __future__ import annotations

import json as jsonlib
import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from fire_course.cli.common import JsonOption, Talk, shown, shown_path, talk
from fire_course.cli.reading import ModelArgument, load_detector, read

if TYPE_CHECKING:
    from fire_course.detector import Detector

EXAMPLE = (
    "Examples:\n\n"
    "fire-course export default --to litert --quantize --out fire.tflite\n\n"
    "fire-course export runs/first/model.keras --to onnx --check photos/\n\n"
    "fire-course predict fire.tflite photo.jpg"
)

PICTURES = 200
"""So many photographs of a folder are taken to calibrate with: more change nothing."""


class Kind(StrEnum):
    """What a detector is written for."""

    litert = "litert"
    onnx = "onnx"


_ENDINGS = {Kind.litert: ".tflite", Kind.onnx: ".onnx"}


def export(
    model: ModelArgument,
    to: Annotated[Kind, typer.Option(help="LiteRT (.tflite), or ONNX.")],
    quantize: Annotated[
        bool,
        typer.Option(
            "--quantize", help="Compute in 8-bit integers: smaller, faster; LiteRT."
        ),
    ] = False,
    calibration: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Photographs, in it or below, like those to be judged; up to 200 are "
            "used, of `train` if it has one. (default: drawn scenes)",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="File to write. (default: MODEL's name, here)"),
    ] = None,
    check: Annotated[
        str | None,
        typer.Option(
            metavar="DATA",
            help="Compare its answers with MODEL's, on these labelled photographs.",
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="With --check: so many a class at most."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Write a model for a computer without TensorFlow.

    Beside the file stands another one that ends in .json, with labels, size,
    threshold and hash: keep the two together. `predict` and `evaluate` take the
    file as MODEL.
    """
    with talk(json=json) as voice:
        target = _target(model, to, quantize, out)
        _usable_together(to, quantize, calibration, check, limit)
        detector = load_detector(voice, model)
        photos = _photographs(voice, detector, calibration) if calibration else None
        with voice.waiting("converting the model"):
            detector.export(target, quantize=quantize, calibration=photos)
        document = _facts(target)
        voice.say(
            shown(
                f"Wrote {shown_path(target)}, {document['bytes'] / 1000:,.0f} kB, and "
                f"beside it {Path(document['side_file']).name}."
            )
        )
        if check is not None:
            document["check"] = _compare(voice, model, detector, target, check, limit)
        voice.answer(document)


def _target(model: str, to: Kind, quantize: bool, out: Path | None) -> Path:
    ending = _ENDINGS[to]
    if out is None:
        stem = Path(model).name.removesuffix(".weights.h5").removesuffix(".keras")
        return Path(f"{stem}-int8{ending}" if quantize else stem + ending)
    if out.suffix != ending:
        raise typer.BadParameter(
            f"a file for {to} has a name that ends in {ending}", param_hint="--out"
        )
    return out


def _usable_together(
    to: Kind,
    quantize: bool,
    calibration: Path | None,
    check: str | None,
    limit: int | None,
) -> None:
    if quantize and to is not Kind.litert:
        raise typer.BadParameter("goes with --to litert", param_hint="--quantize")
    if calibration is not None and not quantize:
        raise typer.BadParameter("goes with --quantize", param_hint="--calibration")
    if limit is not None and check is None:
        raise typer.BadParameter("goes with --check", param_hint="--limit")


def _photographs(voice: Talk, detector: Detector, folder: Path) -> list[Any]:
    from fire_course import images
    from fire_course.data.folder import SUFFIXES

    if not folder.is_dir():
        raise NotADirectoryError(
            20, "--calibration wants a folder of photographs", str(folder)
        )
    # What is tested later has no say in how it is rounded.
    folder = folder / "train" if (folder / "train").is_dir() else folder
    paths = sorted(
        Path(root, name)
        for root, _, names in os.walk(folder)
        for name in names
        if Path(name).suffix.casefold() in SUFFIXES and not name.startswith(".")
    )
    # Evenly over the names, so that every class of a data set has its share.
    step = max(1, -(-len(paths) // PICTURES))
    photos = []
    for path in paths[::step]:
        try:
            photos.append(images.open_image(path, size=detector.image_size))
        except images.ImageError as error:
            voice.note(f"left out {error}")
    if not photos:
        raise ValueError(
            f"{folder} holds no photograph that can be read: --calibration wants a "
            "hundred or so"
        )
    return photos


def _facts(path: Path) -> dict[str, Any]:
    from fire_course.detector.exported import side_file

    side = side_file(path)
    facts = jsonlib.loads(side.read_text(encoding="utf-8"))
    return {"path": str(path), "side_file": str(side), **facts}


def _compare(
    voice: Talk,
    model: str,
    detector: Detector,
    target: Path,
    data: str,
    limit: int | None,
) -> list[dict[str, Any]]:
    from fire_course.cli.reading import existing_split, in_order, square
    from fire_course.detector import Detector, compare_formats
    from fire_course.detector.comparing import milliseconds

    used = existing_split(data, "test")
    splits = read(
        voice,
        data,
        image_size=square(detector),
        arrays=True,
        allow_one_class=True,
        only=[used],
        **({"validation": 0.0} if used == "train" else {}),
        limit=limit,
    )
    photos, labels = getattr(splits, used)
    pair = {model: detector, str(target): Detector.load(target)}
    rows = compare_formats(pair, photos, in_order(detector, splits.class_names, labels))
    document = [
        row.as_dict()
        | {"bytes": _size(row.name), "milliseconds": milliseconds(each, photos[:1])}
        for row, each in zip(rows, pair.values(), strict=True)
    ]
    voice.say(shown(f"On {data}, {len(photos):,} pictures of {used}:"))
    table = Table()
    table.add_column("file", overflow="fold")
    for heading in ("kB", "ms a photo", "largest difference", "other label", "F1"):
        table.add_column(heading, justify="right")
    for row in document:
        table.add_row(
            shown(row["name"]),
            "-" if row["bytes"] is None else f"{row['bytes'] / 1000:,.0f}",
            f"{row['milliseconds']:.2f}",
            f"{row['max_difference']:.2g}",
            f"{row['flips']:,}",
            "-" if row["f1"] is None else f"{row['f1']:.4f}",
        )
    voice.say(table)
    return document


def _size(name: str) -> int | None:
    from importlib import resources

    if name == "default":
        entry = resources.files("fire_course") / "weights" / "default.keras"
        return len(entry.read_bytes())
    return Path(name).stat().st_size if Path(name).is_file() else None
