"""``fire-course cameras watch``: watch a list of cameras for fire."""

from __future__ import annotations

import contextlib
import json as jsonlib
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from fire_course.cli.common import (
    Talk,
    json_ready,
    percent,
    shown,
    shown_path,
    talk,
)
from fire_course.cli.reading import ModelOption, ThresholdOption, load_detector

if TYPE_CHECKING:
    from fire_course.cameras.delivery import Delivery
    from fire_course.cameras.frames import Frames
    from fire_course.cameras.listing import Camera
    from fire_course.cameras.rules import Rule
    from fire_course.cameras.snapshot import Fetcher
    from fire_course.cameras.watch import Round, Row, Watcher
    from fire_course.detector import Detector

EXAMPLE = (
    "Examples:\n\n"
    "fire-course cameras watch mine.csv\n\n"
    "fire-course cameras watch mine.csv --webhook https://example.org/alarms\n\n"
    "fire-course cameras watch mine.csv --hook 'notify-send {camera} {score}'\n\n"
    "fire-course cameras watch mine.csv --rounds 10 --json"
)

LIST_EXAMPLE = (
    "A list is a file such as\n\n"
    "name,url,credit,minimum_interval\n\n"
    "hill,https://example.org/hill.jpg,Example Weather,300"
)
"""How a list looks, for those who have none yet."""

ListArgument = Annotated[
    Path,
    typer.Argument(
        metavar="LIST",
        help="Cameras in a CSV or YAML file: name, url and, if you like, place, "
        "operator, terms, credit, minimum_interval; or `default` for the list that "
        "comes with the course.",
    ),
]
VotesOption = Annotated[
    str,
    typer.Option(
        metavar="N/M",
        help="An alarm needs N votes among the last M pictures of a camera.",
    ),
]
IntervalOption = Annotated[
    float,
    typer.Option(metavar="SECONDS", min=0, help="Seconds from one round to the next."),
]
DeadlineOption = Annotated[
    float,
    typer.Option(
        metavar="SECONDS",
        min=0.1,
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


def watch(
    cameras: ListArgument,
    model: ModelOption = "default",
    threshold: ThresholdOption = None,
    n_of_m: VotesOption = "3/5",
    release: Annotated[
        float | None,
        typer.Option(
            metavar="N",
            min=0,
            max=1,
            help="An event is over when the scores are below this. "
            "(default: .8 of the threshold)",
        ),
    ] = None,
    cooldown: Annotated[
        float,
        typer.Option(
            metavar="SECONDS", min=0, help="Seconds between two alarms of one camera."
        ),
    ] = 900.0,
    interval: IntervalOption = 60.0,
    rounds: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="End after so many. (default: never)"),
    ] = None,
    out: Annotated[
        Path,
        typer.Option(
            help="Folder for state.json, alarms.jsonl and scores.jsonl; a watch that "
            "was ended goes on from it."
        ),
    ] = Path("runs/watch"),
    webhook: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Send each alarm there, as JSON by POST."),
    ] = None,
    hook: Annotated[
        str | None,
        typer.Option(
            metavar="COMMAND",
            help="Run this for each alarm, without a shell; {camera}, {place}, "
            "{score}, {at}, {id}, {url} and {frame} in it are filled in.",
        ),
    ] = None,
    keep_frames: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=0,
            help="Keep the last N pictures that voted for fire, in OUT/frames.",
        ),
    ] = 0,
    frames_mb: Annotated[
        float,
        typer.Option(
            metavar="N", min=0.1, help="At most so many megabytes of these pictures."
        ),
    ] = 200.0,
    deadline: DeadlineOption = 10.0,
    contact: ContactOption = "",
    allow_private: PrivateOption = False,
    ignore_robots: RobotsOption = False,
    json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print JSON lines for machines instead of text: after each round one "
            "line with one object.",
        ),
    ] = False,
) -> None:
    """Watch cameras and raise one alarm an event.

    Shows a table on a terminal, and a line for each change elsewhere. A
    camera that gives no picture is unknown, never without fire.

    Ctrl-C ends the watch; the same command goes on with it.
    """
    votes, of = read_votes(n_of_m)
    with talk(json=json) as voice:
        from fire_course.cameras.frames import Frames
        from fire_course.cameras.rules import Rule
        from fire_course.cameras.snapshot import Fetcher, Settings

        # All that can be wrong with the command, before the model is loaded.
        found = read_cameras(cameras)
        deliveries = told(webhook=webhook, hook=hook)
        if threshold is not None:
            Rule(threshold=threshold, release=release)
        settings = Settings(
            deadline=deadline,
            contact=contact,
            allow_private=allow_private,
            robots=not ignore_robots,
            keep_body=keep_frames > 0,
        )
        frames = None
        if keep_frames:
            frames = Frames(
                out / "frames", count=keep_frames, max_bytes=round(frames_mb * 1e6)
            )
        rare = [
            camera.minimum_interval
            for camera in found
            if camera.minimum_interval > interval
        ]
        if rare:
            voice.note(
                f"note: {len(rare)} of {len(found)} cameras may not be asked every "
                f"{interval:g} seconds: they are unknown in the rounds between; "
                f"--interval {max(rare):g} asks all of them in each round"
            )
        detector = load_detector(voice, model, threshold)
        rule = Rule(
            threshold=detector.threshold,
            votes=votes,
            of=of,
            release=release,
            cooldown=cooldown,
        )
        watch_cameras(
            voice,
            found,
            detector=detector,
            fetcher=Fetcher(settings),
            rule=rule,
            interval=interval,
            rounds=rounds,
            out=out,
            deliveries=deliveries,
            frames=frames,
        )


def read_cameras(path: Path) -> list[Camera]:
    """Read a list; `default` is the course's own, unless a file is called so."""
    from fire_course.cameras.listing import read_list, shipped

    return (
        shipped() if str(path) == "default" and not path.exists() else read_list(path)
    )


def read_votes(text: str) -> tuple[int, int]:
    """Read ``--n-of-m``; what it cannot be is bad usage."""
    from fire_course.cameras.rules import n_of_m

    try:
        return n_of_m(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--n-of-m") from None


def told(*, webhook: str | None, hook: str | None) -> list[Delivery]:
    """Make the deliveries of a watch."""
    from fire_course.cameras.delivery import Delivery

    deliveries = []
    if webhook is not None:
        from fire_course.cameras.webhook import Webhook

        deliveries.append(Delivery("webhook", Webhook(webhook)))
    if hook is not None:
        from fire_course.cameras.hook import Hook

        # Once: what a command has done before it failed must not be done again.
        deliveries.append(Delivery("hook", Hook(hook), tries=1))
    return deliveries


def watch_cameras(
    voice: Talk,
    cameras: Sequence[Camera],
    *,
    detector: Detector,
    fetcher: Fetcher,
    rule: Rule,
    interval: float,
    rounds: int | None = None,
    out: Path | None = None,
    deliveries: Sequence[Delivery] = (),
    frames: Frames | None = None,
    after_round: Callable[[Round], None] | None = None,
    each_as_json: bool = True,
) -> None:
    """Watch and show; raise ``typer.Exit(130)`` after Ctrl-C, with all written.

    Parameters
    ----------
    after_round : callable, optional
        Called with each round when it was shown.
    each_as_json : bool
        Whether a machine gets a line for each round; if not, the caller tells it.
    """
    from fire_course.cameras.watch import Watcher

    watcher = Watcher(
        cameras,
        fetch=lambda some, memories: fetcher.round(
            some, memories, size=detector.image_size
        ),
        score=detector.score,
        rule=rule,
        folder=out,
        deliveries=deliveries,
        frames=frames,
        interval=interval,
        due=fetcher.due,
    )
    for note in watcher.notes():
        voice.note(f"note: {note}")
    ended: list[int] = []
    try:
        with (
            _ended_by_signals(watcher, ended),
            _show(voice, rule, each_as_json) as show,
        ):

            def each(done: Round) -> None:
                show(done)
                if after_round is not None:
                    after_round(done)

            with contextlib.suppress(KeyboardInterrupt):
                watcher.run(rounds=rounds, after_round=each)
    finally:
        with contextlib.suppress(KeyboardInterrupt):  # an impatient second Ctrl-C
            watcher.close()
    for note in watcher.notes():
        voice.note(f"note: {note}")
    if ended:
        where = "" if out is None else f" All is written in {shown_path(out)}."
        voice.note(f"The watch was ended.{where}")
        if ended[0] == signal.SIGINT:
            raise typer.Exit(130)


@contextlib.contextmanager
def _ended_by_signals(watcher: Watcher, ended: list[int]) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM drop a round, unless it is being written down or shown.

    A second one breaks off whatever goes on.
    """

    def end(number: int, frame: object) -> None:
        ended.append(number)
        watcher.stop()
        if watcher.breakable or len(ended) > 1:
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {
        each: signal.signal(each, end) for each in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextlib.contextmanager
def _show(
    voice: Talk, rule: Rule, each_as_json: bool
) -> Iterator[Callable[[Round], None]]:
    """Give what shows a round: a table that stays, lines, or JSON lines."""
    if voice.json and not each_as_json:
        yield lambda done: None
    elif voice.json:

        def write(done: Round) -> None:
            line = jsonlib.dumps(json_ready(done.as_dict()), allow_nan=False)
            voice.console.file.write(line + "\n")
            voice.console.file.flush()

        yield write
    elif voice.console.is_terminal:
        from rich.live import Live

        # Drawn once a round: a thread that draws all the time is of no use here.
        with Live(
            console=voice.console, auto_refresh=False, vertical_overflow="ellipsis"
        ) as live:

            def draw(done: Round) -> None:
                for line in _alarm_lines(done):
                    live.console.print(Text(line, "bold red"))
                for note in done.notes:
                    live.console.print(Text(shown(f"note: {note}")))
                live.update(_table(done, rule), refresh=True)

            yield draw
    else:
        known: dict[str, str] = {}

        def tell(done: Round) -> None:
            voice.say(*_lines(done, known))
            voice.console.file.flush()  # whoever reads a pipe wants it now
            for note in done.notes:
                voice.note(f"note: {note}")

        yield tell


def _alarm_lines(done: Round) -> list[str]:
    lines = []
    for alarm in done.alarms:
        place = f" ({alarm.place})" if alarm.place else ""
        scores = ", ".join(f"{each:.2f}" for each in alarm.scores)
        lines.append(
            shown(
                f"{_clock(alarm.time)} ALARM {alarm.camera}{place}: fire in "
                f"{sum(each >= alarm.threshold for each in alarm.scores)} of the last "
                f"{len(alarm.scores)} pictures ({scores})"
            )
        )
    return lines


def _lines(done: Round, known: dict[str, str]) -> list[str]:
    """Tell a round in one line, and what has changed in one line each."""
    counts = {"fire": 0, "no fire": 0, "unknown": 0}
    for row in done.rows:
        counts[str(row.state)] += 1
    told = ", ".join(f"{count} {state}" for state, count in counts.items())
    lines = [f"{_clock(done.time)} round {done.number}: {told} ({done.seconds:.1f} s)"]
    for row in done.rows:
        now = f"{row.state}, {_why(row)}" if row.failure is not None else str(row.state)
        name = row.camera.name
        if known.get(name) != now and row.failure is not None:
            lines.append(f"  {shown(name)}: {shown(now)}")
        elif row.failure is None and known.get(name, "") not in ("", now):
            lines.append(f"  {shown(name)}: {now}{_score(row)}")
        known[name] = now
    return lines + [f"  {line}" for line in _alarm_lines(done)]


def _score(row: Row) -> str:
    return "" if row.score is None else f" ({row.score:.2f})"


def _why(row: Row) -> str:
    """Say why there is no score, without numbers that change each round."""
    if row.failure is None:
        return "the same picture as before" if row.unchanged else ""
    kind = str(row.failure.kind)
    return "not asked yet again" if kind == "too soon" else kind


_STYLES = {"fire": "bold red", "no fire": "green", "unknown": "yellow"}
_ORDER = ("fire", "unknown", "no fire")


def _table(done: Round, rule: Rule) -> Table:
    """Draw a round: what burns first, then what is not known."""
    table = Table(
        box=None,
        pad_edge=False,
        # Above: of a table that is higher than the terminal, the end is not seen.
        title=f"round {done.number}, {_clock(done.time)}, {done.seconds:.1f} s; an "
        f"alarm needs {rule.votes} of {rule.of} at {rule.threshold:g}; Ctrl-C ends",
        title_justify="left",
    )
    # Only names and reasons give way where the terminal is narrow.
    table.add_column("camera", max_width=30)
    table.add_column("state", no_wrap=True)
    for heading in ("score", "votes", "answers", "last"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("")
    for row in sorted(done.rows, key=lambda each: _ORDER.index(str(each.state))):
        state = str(row.state)
        last = row.last_score
        table.add_row(
            Text(shown(row.camera.name), no_wrap=True, overflow="ellipsis"),
            Text(state, _STYLES[state]),
            # A score of another round is dim: it says nothing of now.
            Text(
                "-" if last is None else f"{last:.2f}",
                "dim" if row.score is None else "",
            ),
            f"{row.votes}/{rule.of}",
            percent(row.share),
            _ago(done.time, row.last_answer),
            Text(shown(_trouble(row)), "dim", no_wrap=True, overflow="ellipsis"),
        )
    return table


def _trouble(row: Row) -> str:
    if row.failure is None:
        return _why(row)
    text = f"{_why(row)}: {row.failure.reason}"
    return f"{text} ({row.failures} in a row)" if row.failures > 1 else text


def _ago(now: float, then: float | None) -> str:
    """Say how long ago something was.

    Examples
    --------
    >>> _ago(100.0, 97.0), _ago(8000.0, 0.0), _ago(0.0, None)
    ('now', '2 h', 'never')
    """
    if then is None:
        return "never"
    gone = now - then
    if gone < 10:
        return "now"
    if gone < 120:
        return f"{gone:.0f} s"
    return f"{gone / 60:.0f} min" if gone < 7200 else f"{gone / 3600:.0f} h"


def _clock(moment: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(moment))
