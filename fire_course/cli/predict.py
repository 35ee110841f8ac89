"""``fire-course predict``: use a detector."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from fire_course.cli.common import JsonOption, Talk, complain, shown, talk
from fire_course.cli.reading import ModelArgument, ThresholdOption, load_detector

EXAMPLE = (
    "Examples:\n\n"
    "fire-course predict default photo.jpg\n\n"
    "fire-course predict runs/first/model.keras photos/ --json"
)


def predict(
    model: ModelArgument,
    images: Annotated[
        list[str],
        typer.Argument(metavar="IMAGE", help="Photographs, or folders of them."),
    ],
    threshold: ThresholdOption = None,
    json: JsonOption = False,
) -> None:
    """Score photographs of your own with a model.

    Answers for every photograph; the exit status is 1 if any could not be read.
    """
    with talk(json=json) as voice:
        detector = load_detector(voice, model, threshold)
        with voice.progress("scoring") as progress:
            found = detector.predict_files(list(_expand(images)), progress=progress)
        rows: list[dict[str, Any]] = [
            {"path": row.path, "score": row.score, "label": row.label}
            if row.error is None
            else {"path": row.path, "error": row.error}
            for row in found
        ]
        _say(voice, rows)
        voice.answer(rows)
        failed = sum("error" in row for row in rows)
        if failed:
            complain(f"{failed} of {len(rows)} could not be scored.")
            raise typer.Exit(1)


def _expand(names: Iterable[str]) -> Iterable[str]:
    """Replace each folder by the images in it, sorted by name."""
    from fire_course.data.folder import SUFFIXES

    for name in names:
        if not Path(name).is_dir():
            yield name
            continue
        inside = sorted(
            entry.path
            for entry in os.scandir(name)
            if entry.is_file()
            and Path(entry.name).suffix.casefold() in SUFFIXES
            and not entry.name.startswith(".")
        )
        # A folder without images is answered like a file that is none.
        yield from inside or [name]


def _say(voice: Talk, rows: list[dict[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("file", overflow="fold")
    table.add_column("score", justify="right")
    table.add_column("")
    table.add_column("")
    unicode = (voice.console.encoding or "").lower().startswith("utf")
    for row in rows:
        if "error" in row:
            continue
        style = "bold red" if row["label"] == "fire" else "green"
        table.add_row(
            Text(shown(row["path"])),
            f"{row['score']:.3f}",
            Text(_bar(row["score"], unicode=unicode), style, no_wrap=True),
            Text(shown(row["label"]), style),
        )
    if table.row_count:
        voice.say(table)
    for row in rows:
        if "error" in row and not voice.json:
            path, why = row["path"], row["error"].removeprefix(f"{row['path']}: ")
            voice.note(f"{path}: {why}")


def _bar(score: float, *, width: int = 20, unicode: bool = True) -> str:
    """Draw a score from 0 to 1 as a bar.

    Examples
    --------
    >>> _bar(0.5, width=4, unicode=False)
    '##..'
    """
    full, empty = ("█", "░") if unicode else ("#", ".")
    filled = round(score * width)
    return full * filled + empty * (width - filled)
