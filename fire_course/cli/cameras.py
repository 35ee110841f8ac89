"""``fire-course cameras``: list cameras, ask them once, watch, and try all that."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from fire_course.cli import watching
from fire_course.cli.common import JsonOption, Talk, complain, shown, talk
from fire_course.cli.reading import MODEL_HELP, ThresholdOption, load_detector

if TYPE_CHECKING:
    from fire_course.cameras import Camera, Failure, Round, Rule, Snapshot
    from fire_course.cameras.demo import Network
    from fire_course.detector import Detector

app = typer.Typer(
    help="List public cameras, ask them for pictures, and look for fire in these.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

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
    deadline: DeadlineOption = 10.0,
    allow_private: PrivateOption = False,
    ignore_robots: RobotsOption = False,
    contact: ContactOption = "",
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


# What `demo` shows: some of each kind, two fires among them.
_SHOWN = (
    *("ok",) * 6,
    *("webp", "gif", "moved", "dated", "hang", "trickle", "404", "429", "500", "close"),
    *("refused", "no-name", "self-signed", "circle", "to-private", "robots", "html"),
    *("half", "endless", "gzip-bomb", "png-bomb", "old", "freeze", "dark", "blank"),
)
# By camera: the first step with flames, and the first without. The last one is gone
# before a rule of several votes believes it.
_FIRES: dict[int, tuple[int, int | None]] = {1: (2, None), 4: (3, None), 2: (1, 2)}


@app.command(
    epilog="Examples:\n\nfire-course cameras demo\n\n"
    "fire-course cameras demo --rounds 3 --n-of-m 1/1 --out runs/demo"
)
def demo(
    rounds: Annotated[
        int, typer.Option(metavar="N", min=1, max=1000, help="How often to ask.")
    ] = 7,
    interval: Annotated[
        float,
        typer.Option(
            metavar="SECONDS", min=0, help="Seconds from one round to the next."
        ),
    ] = 3.0,
    n_of_m: watching.VotesOption = "3/5",
    seed: Annotated[
        int, typer.Option(metavar="N", min=0, help="Same seed, same pictures.")
    ] = 0,
    model: ModelOption = "default",
    threshold: ThresholdOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for state.json, alarms.jsonl and scores.jsonl. "
            "(default: nothing is kept)"
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Watch simulated cameras of this machine; no internet is needed.

    Some work, and two of these catch fire while you watch; the others
    hang, trickle, refuse, redirect, send too much or send nonsense.

    The exit status is 1 if any fault was not found out, if a fire had no
    alarm, or if one rang without a fire.
    """
    votes = watching.read_votes(n_of_m)
    with talk(json=json) as voice:
        from fire_course.cameras.demo import Network

        detector = load_detector(voice, model, threshold)
        network = Network(faults=_SHOWN, fires=_FIRES, seed=seed)
        with voice.waiting("drawing the scenes"):
            network.scenes.prepare(network.count)
        _watch_demo(
            voice,
            network,
            detector,
            votes=votes,
            rounds=rounds,
            interval=interval,
            out=out,
        )


def _watch_demo(
    voice: Talk,
    network: Network,
    detector: Detector,
    *,
    votes: tuple[int, int],
    rounds: int,
    interval: float,
    out: Path | None,
) -> None:
    from fire_course.cameras import Kind, Rule

    rule = Rule(threshold=detector.threshold, votes=votes[0], of=votes[1])
    history: list[Round] = []
    burnt: list[list[bool]] = []
    wrong: set[str] = set()

    def after_round(done: Round) -> None:
        history.append(done)
        burnt.append([network.burning(number) for number in range(network.count)])
        for row in done.rows:
            found = None if row.failure is None else row.failure.kind
            # Who has asked to wait is left alone in later rounds.
            if found not in (network.expected[row.camera.name], Kind.TOO_SOON):
                wrong.add(row.camera.name)
        network.step += 1

    with network:
        faults = sum(
            network.fault(number).kind is not None for number in range(network.count)
        )
        voice.say(
            f"{network.count} simulated cameras on this machine; {faults} have a fault.",
            *(_story(network, number) for number in sorted(network.fires)),
            "",
        )
        ended: typer.Exit | None = None
        try:
            watching.watch_cameras(
                voice,
                network.cameras,
                detector=detector,
                fetcher=network.fetcher(),
                rule=rule,
                interval=interval,
                rounds=rounds,
                out=out,
                after_round=after_round,
                each_as_json=False,
            )
        except typer.Exit as leaving:  # Ctrl-C, with all written
            ended = leaving
        fires = _fires(network, rule, history, burnt)
    failed = [fire["name"] for fire in fires if fire["expected"] != fire["alarm"]]
    if history:
        voice.say("", *_told(fires, history[-1], sorted(wrong)))
    voice.answer(
        {
            "rounds": [done.as_dict() for done in history],
            "fires": fires,
            "missed": sorted(wrong),
        }
    )
    if ended is not None:
        raise ended
    if wrong:
        complain(f"Not found out: {', '.join(sorted(wrong))}.")
    if failed:
        complain(f"The alarm was not as it should be: {', '.join(failed)}.")
    if wrong or failed:
        raise typer.Exit(1)


def _story(network: Network, number: int) -> str:
    """Say what will happen before a camera."""
    name = network.cameras[number].name
    start, stop = network.fires[number]
    if stop == start + 1:
        return f"{name} will see flames in round {stop} alone."
    return f"{name} will see a fire from round {start + 1} on."


def _fires(
    network: Network, rule: Rule, history: Sequence[Round], burnt: Sequence[list[bool]]
) -> list[dict[str, Any]]:
    """Compare the first alarm of each camera with what the rule owes to its flames."""
    from fire_course.cameras import Rule, replay

    perfect = Rule(votes=rule.votes, of=rule.of)  # for scores of 0 and 1
    rang: dict[str, int] = {}
    for number, done in enumerate(history, 1):
        for alarm in done.alarms:
            rang.setdefault(alarm.camera, number)
    rows = []
    for number, camera in enumerate(network.cameras):
        flames = [float(each[number]) for each in burnt]
        due = replay(flames, perfect, times=range(len(flames)))
        first = round(due[0].time) + 1 if due else None
        if any(flames) or camera.name in rang:
            rows.append(
                {
                    "name": camera.name,
                    "burning": [turn for turn, each in enumerate(flames, 1) if each],
                    "expected": first,
                    "alarm": rang.get(camera.name),
                }
            )
    return rows


def _told(
    fires: Sequence[dict[str, Any]], last: Round, wrong: Sequence[str]
) -> list[str]:
    """Say in the end what came of it."""
    lines = []
    for fire in fires:
        flames, alarm = fire["burning"], fire["alarm"]
        if len(flames) > 1:
            seen = f"flames in {len(flames)} rounds, from round {flames[0]} on"
        else:
            seen = f"flames in round {flames[0]}" if flames else "no flames"
        rang = "no alarm" if alarm is None else f"alarm in round {alarm}"
        lines.append(f"{fire['name']}: {seen}; {rang}.")
    answered = sum(row.failure is None for row in last.rows)
    text = f"{answered} of {len(last.rows)} cameras gave a picture in the last round"
    if wrong:
        return [*lines, f"{text}."]
    return [*lines, f"{text}; of each of the others the reason is known."]
