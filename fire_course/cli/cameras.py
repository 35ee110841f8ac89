"""``fire-course cameras``: list cameras, ask them once, and try it all without any."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from fire_course.cli import watching
from fire_course.cli.common import JsonOption, complain, shown, talk
from fire_course.cli.reading import MODEL_HELP, ThresholdOption, load_detector

if TYPE_CHECKING:
    from fire_course.cameras import Camera, Failure, Snapshot
    from fire_course.detector import Detector

app = typer.Typer(
    help="List public cameras, ask them for pictures, and look for fire in these.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

ListArgument = Annotated[
    Path,
    typer.Argument(
        metavar="LIST",
        help="Cameras in a CSV or YAML file: name, url and, if you like, place, "
        "operator, terms, credit, minimum_interval.",
    ),
]
ModelOption = Annotated[str, typer.Option(metavar="MODEL", help=MODEL_HELP)]
DeadlineOption = Annotated[
    float,
    typer.Option(
        metavar="SECONDS",
        min=0.1,
        max=600,
        help="What one camera may take in all: name, connection, redirects, picture.",
    ),
]
PrivateOption = Annotated[
    bool,
    typer.Option(
        "--allow-private",
        help="Ask the cameras of the list even at private and loopback addresses.",
    ),
]
RobotsOption = Annotated[
    bool,
    typer.Option(
        "--ignore-robots",
        help="Do not ask for robots.txt; for cameras that are your own.",
    ),
]
ContactOption = Annotated[
    str,
    typer.Option(metavar="TEXT", help="Told to the servers: where you can be reached."),
]


@app.command("list", epilog="Example:\n\nfire-course cameras list")
def list_cameras(
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="[LIST]",
            help="A list of your own, to see whether it is in order. "
            "(default: the list that comes with the course)",
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show the cameras of a list, without asking them.

    Of the list that comes with the course, the addresses are of 2021 and not
    verified. Credentials in addresses are never shown.
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
    epilog="Examples:\n\nfire-course cameras check datasets/cameras.csv\n\n"
    "fire-course cameras check mine.yaml --model runs/first/model.keras --json"
)
def check(
    path: ListArgument,
    model: ModelOption = "default",
    threshold: ThresholdOption = None,
    deadline: DeadlineOption = 10.0,
    allow_private: PrivateOption = False,
    ignore_robots: RobotsOption = False,
    contact: ContactOption = "",
    json: JsonOption = False,
) -> None:
    """Ask every camera of a list once, and score the pictures.

    All servers are asked at the same time, each for one picture after the other.
    Every camera is answered for: by a score, or by the reason why there is none. The
    exit status is 0 if all cameras gave a picture, and 1 if any did not.
    """
    from fire_course.cameras import Fetcher, Settings, read_list

    with talk(json=json) as voice:
        cameras = read_list(path)
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


# What `demo` shows: some of each kind, two fires among them.
_SHOWN = (
    *("ok",) * 6,
    *("webp", "gif", "moved", "dated", "hang", "trickle", "404", "429", "500", "close"),
    *("refused", "no-name", "self-signed", "circle", "to-private", "robots", "html"),
    *("half", "endless", "gzip-bomb", "png-bomb", "old", "freeze", "dark", "blank"),
)


@app.command(epilog="Example:\n\nfire-course cameras demo --rounds 3")
def demo(
    rounds: Annotated[
        int, typer.Option(metavar="N", min=1, max=1000, help="How often to ask.")
    ] = 3,
    seed: Annotated[
        int, typer.Option(metavar="N", min=0, help="Same seed, same pictures.")
    ] = 0,
    model: ModelOption = "default",
    threshold: ThresholdOption = None,
    json: JsonOption = False,
) -> None:
    """Try it all without internet, on simulated cameras of this machine.

    Some work, two of these catch fire in the second round; the others hang, trickle,
    refuse, redirect, send too much or send nonsense. The exit status is 1 if any
    camera was not found out.
    """
    from fire_course.cameras import Kind, Memory
    from fire_course.cameras.demo import Network

    with talk(json=json) as voice:
        detector = load_detector(voice, model, threshold)
        fires = {1: (1, None), 4: (1, None)}
        network = Network(faults=_SHOWN, fires=fires, seed=seed)
        memories: dict[str, Memory] = {}
        history, missed = [], set()
        with voice.waiting("drawing the scenes"):
            network.scenes.prepare(network.count)
        with network:
            fetcher = network.fetcher()
            for step in range(rounds):
                network.step = step
                with voice.progress(f"round {step + 1}") as progress:
                    answers = fetcher.round(
                        network.cameras,
                        memories,
                        size=detector.image_size,
                        progress=progress,
                    )
                rows = judged(network.cameras, answers, detector)
                for number, row in enumerate(rows):
                    row["burning"] = network.burning(number)
                    expected = network.expected[row["name"]]
                    # Who has asked to wait is left alone in later rounds.
                    if row["failure"] not in (expected, Kind.TOO_SOON):
                        missed.add(row["name"])
                history.append(rows)
                voice.say(f"Round {step + 1} of {rounds}", told(rows, detector), "")
        voice.say(_summary(history[-1]))
        voice.answer({"rounds": history, "missed": sorted(missed)})
        if missed:
            complain(f"Not found out: {', '.join(sorted(missed))}.")
            raise typer.Exit(1)


def _summary(rows: Sequence[dict[str, Any]]) -> str:
    answered = sum(row["failure"] is None for row in rows)
    burning = [row["name"] for row in rows if row["burning"]]
    told = f"{answered} of {len(rows)} cameras gave a picture."
    if burning:
        return f"{told} It burns before {' and '.join(burning)}."
    return told
