"""``fire-course cameras``: list cameras, ask them once, watch, and try all that."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from fire_course.cli import camera_demo, watching
from fire_course.cli.common import JsonOption, complain, shown, talk
from fire_course.cli.reading import ModelOption, ThresholdOption, load_detector

if TYPE_CHECKING:
    from fire_course.cameras import Camera, Failure, Snapshot
    from fire_course.detector import Detector

app = typer.Typer(
    help="List public cameras, ask them for pictures, and look for fire in these.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)


@app.command("list", epilog="Example:\n\nfire-course cameras list")
def list_cameras(
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="LIST",
            help="A list of your own, to see whether it is in order. "
            "(default: the list that comes with the course)",
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show the cameras of a list, without asking them.

    Of the list that comes with the course, the addresses are of 2021 and
    not verified. Credentials in addresses are never shown.
    """
    from fire_course.cameras import read_list, shipped

    with talk(json=json) as voice:
        cameras = shipped() if path is None else read_list(path)
        table = Table(box=None, pad_edge=False)
        for heading in ("name", "place", "address", "every", "terms"):
            table.add_column(heading, overflow="fold")
        for camera in cameras:
            table.add_row(
                Text(shown(camera.name)),
                Text(shown(camera.place)),
                Text(shown(camera.address)),
                f"{camera.minimum_interval:g} s",
                Text(shown(camera.terms)),
            )
        voice.say(table)
        voice.answer({"cameras": [camera.as_dict() for camera in cameras]})


@app.command(
    epilog=f"{watching.LIST_EXAMPLE}\n\nExamples:\n\n"
    "fire-course cameras check mine.csv\n\n"
    "fire-course cameras check mine.yaml --model runs/first/model.keras --json"
)
def check(
    path: watching.ListArgument,
    model: ModelOption = "default",
    threshold: ThresholdOption = None,
    deadline: watching.DeadlineOption = 10.0,
    allow_private: watching.PrivateOption = False,
    ignore_robots: watching.RobotsOption = False,
    contact: watching.ContactOption = "",
    json: JsonOption = False,
) -> None:
    """Ask every camera of a list once, and score the pictures.

    All servers are asked at the same time, each for one picture after the
    other. Every camera is answered for: by a score, or by the reason why
    there is none.

    The exit status is 0 if all cameras gave a picture, and 1 if any did not.
    """
    from fire_course.cameras import Fetcher, Kind, Settings

    with talk(json=json) as voice:
        cameras = watching.read_cameras(path)
        detector = load_detector(voice, model, threshold)
        settings = Settings(
            deadline=deadline,
            allow_private=allow_private,
            robots=not ignore_robots,
            contact=contact,
        )
        with voice.progress("asking") as progress:
            answers = Fetcher(settings).round(
                cameras, size=detector.image_size, progress=progress
            )
        rows = judged(cameras, answers, detector)
        voice.say(told(rows, detector))
        voice.answer(rows)
        failed = sum(row["failure"] is not None for row in rows)
        if failed:
            complain(f"{failed} of {len(rows)} cameras gave no picture.")
            if not allow_private and any(
                row["failure"] == Kind.BLOCKED for row in rows
            ):
                voice.note("For cameras of your own network, give --allow-private.")
            raise typer.Exit(1)


def judged(
    cameras: Sequence[Camera], answers: Sequence[Snapshot | Failure], detector: Detector
) -> list[dict[str, Any]]:
    """Give a row a camera; all pictures go through the detector in one batch."""
    from fire_course.cameras import Snapshot

    pictures = [each.picture for each in answers if isinstance(each, Snapshot)]
    scores = iter(detector.score(pictures) if pictures else ())
    rows = []
    for camera, answer in zip(cameras, answers, strict=True):
        row: dict[str, Any] = {
            "name": camera.name,
            "url": camera.address,
            "score": None,
            "label": None,
            "failure": None,
            "reason": None,
            "age": answer.age,
            "seconds": answer.seconds,
        }
        if isinstance(answer, Snapshot):
            score = float(next(scores))
            label = detector.class_names[int(score >= detector.threshold)]
            row |= {"score": score, "label": label}
        else:
            row |= {"failure": str(answer.kind), "reason": answer.reason}
        rows.append(row)
    return rows


def told(rows: Sequence[dict[str, Any]], detector: Detector) -> Table:
    """Show the rows as a table."""
    table = Table(box=None, pad_edge=False)
    table.add_column("camera", overflow="fold")
    table.add_column("score", justify="right")
    table.add_column("answer", overflow="fold")
    table.add_column("age", justify="right")
    table.add_column("seconds", justify="right")
    for row in rows:
        if row["failure"] is None:
            fire = row["label"] == detector.class_names[-1]
            answer = Text(shown(row["label"]), "bold red" if fire else "green")
            score = f"{row['score']:.3f}"
        else:
            answer = Text(f"{row['failure']}: {shown(row['reason'])}", "yellow")
            score = "-"
        table.add_row(
            Text(shown(row["name"])),
            score,
            answer,
            _age(row["age"]),
            f"{row['seconds']:.1f}",
        )
    return table


def _age(seconds: float | None) -> str:
    """Show the age of a picture; an unknown one as a dash.

    Examples
    --------
    >>> _age(None), _age(42.4), _age(3000), _age(200_000)
    ('-', '42 s', '50 min', '2.3 days')
    """
    if seconds is None:
        return "-"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    if seconds < 172_800:
        return f"{seconds / 3600:.0f} h"
    return f"{seconds / 86_400:.1f} days"


app.command(epilog=watching.EXAMPLE)(watching.watch)
app.command(epilog=camera_demo.EXAMPLE)(camera_demo.demo)
