"""``fire-course cameras demo``: cameras of this machine that fail and catch fire."""

from __future__ import annotations

import contextlib
import csv
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fire_course.cli import watching
from fire_course.cli.common import JsonOption, Talk, complain, shown_path, talk
from fire_course.cli.reading import ModelOption, ThresholdOption, load_detector

if TYPE_CHECKING:
    from fire_course.cameras import Round, Rule
    from fire_course.cameras.demo import Network
    from fire_course.detector import Detector

EXAMPLE = (
    "Examples:\n\nfire-course cameras demo\n\n"
    "fire-course cameras demo --rounds 3 --n-of-m 1/1 --out runs/demo\n\n"
    "fire-course cameras demo --serve demo.csv"
)

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
# Enough for three votes of five after each fire has begun.
_ROUNDS = 7


def demo(
    rounds: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            max=1000,
            help="End after so many. (default: 7; with --serve: never)",
        ),
    ] = None,
    interval: watching.IntervalOption = 3.0,
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
    serve: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Only serve the cameras, until Ctrl-C or the last round, and write "
            "them to FILE as a list: for `cameras check` and `cameras watch` in "
            "another terminal.",
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

        network = Network(faults=_SHOWN, fires=_FIRES, seed=seed)
        with voice.waiting("drawing the scenes"):
            network.scenes.prepare(network.count)
        if serve is not None:
            _serve(voice, network, serve, rounds=rounds, interval=interval)
            return
        detector = load_detector(voice, model, threshold)
        _watch_demo(
            voice,
            network,
            detector,
            votes=votes,
            rounds=_ROUNDS if rounds is None else rounds,
            interval=interval,
            out=out,
        )


def _serve(
    voice: Talk, network: Network, path: Path, *, rounds: int | None, interval: float
) -> None:
    """Serve the cameras until the end; their list lives as long as they do."""
    pause = max(interval, 0.1)
    end = "" if rounds is None else f", and so do {rounds * pause:g} seconds"
    with network:
        rows = [camera.as_dict() for camera in network.cameras]
        with path.open("x", newline="", encoding="utf-8") as stream:
            lines = csv.DictWriter(stream, list(rows[0]))
            lines.writeheader()
            lines.writerows(rows)
        try:
            where = shown_path(path)
            voice.say(
                f"{network.count} cameras are served, and listed in {where}. In another "
                "terminal:",
                f"  fire-course cameras check {where} --allow-private",
                f"  fire-course cameras watch {where} --allow-private --interval 3",
                *_stories(network, pause),
                f"Ctrl-C ends them{end}; then the list is removed.",
            )
            voice.answer({"list": str(path), "cameras": rows})
            voice.console.file.flush()
            # Whoever ends it in another way than by Ctrl-C finds no list left either.
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            with contextlib.suppress(KeyboardInterrupt):
                while rounds is None or network.step < rounds:
                    time.sleep(pause)
                    network.step += 1
        finally:
            path.unlink(missing_ok=True)


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
            *_stories(network),
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


def _stories(network: Network, interval: float | None = None) -> list[str]:
    """Say what will happen before the cameras, by rounds or by seconds."""
    lines = []
    for number, (start, stop) in sorted(network.fires.items()):
        name = network.cameras[number].name
        if interval is not None:
            lines.append(f"{name} will see flames after {start * interval:g} seconds.")
        elif stop == start + 1:
            lines.append(f"{name} will see flames in round {stop} alone.")
        else:
            lines.append(f"{name} will see a fire from round {start + 1} on.")
    return lines


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
