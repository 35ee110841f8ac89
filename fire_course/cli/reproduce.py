"""``fire-course reproduce``: run a recorded experiment again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from fire_course.cli.common import (
    JsonOption,
    Talk,
    interval,
    percent,
    shown,
    shown_path,
    talk,
)

EXAMPLE = (
    "Examples:\n\nfire-course reproduce --list\n\n"
    "fire-course reproduce fire-net-photos --data photos/ --out mine.json\n\n"
    "fire-course reproduce cats-dogs-sweep --data photos/ --jobs 2"
)


def reproduce(
    experiment: Annotated[
        str | None,
        typer.Argument(metavar="EXPERIMENT", help="A name that --list shows."),
    ] = None,
    list_all: Annotated[
        bool,
        typer.Option("--list", help="List the experiments and their recorded figures."),
    ] = False,
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the photographs that --list names. "
            "(default: FIRE_COURSE_DATA or datasets)"
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Record to write. (default: EXPERIMENT.json)")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="Train with this seed alone.")
    ] = None,
    seeds: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,...",
            help="Train once with each of these; the best on validation is shown and "
            "saved. (default: as recorded)",
        ),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help="Rounds over the data. (default: as recorded)"
        ),
    ] = None,
    save_model: Annotated[
        Path | None,
        typer.Option(help="Save the model of the shown run here (.keras)."),
    ] = None,
    jobs: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Processes that render scenes or train networks of a sweep; -1 for "
            "one a core.",
        ),
    ] = -1,
    json: JsonOption = False,
) -> None:
    """Train and test again as a record of the course says, and write a new record.

    The epoch is chosen on a part cut out of the training data; the clean test
    photographs are scored once, at the end. Figures of another machine differ
    a little: every engine rounds in its own way.
    """
    from fire_course import records

    with talk(json=json) as voice:
        if list_all:
            _list(voice)
            return
        if experiment is None:
            raise typer.BadParameter(
                "name an experiment, or ask for --list", param_hint="EXPERIMENT"
            )
        if seed is not None and seeds is not None:
            raise typer.BadParameter(
                "give --seed or --seeds, not both", param_hint="--seeds"
            )
        chosen: tuple[int, ...] | None = None if seed is None else (seed,)
        if seeds is not None:
            chosen = _seeds(seeds)
        target = Path(f"{experiment}.json") if out is None else out
        with voice.progress(experiment) as progress:
            record = records.reproduce(
                experiment,
                data,
                out=target,
                seeds=chosen,
                epochs=epochs,
                save_model=save_model,
                jobs=jobs,
                progress=progress,
            )
        _say(voice, record, target)
        voice.answer(record)


def _seeds(text: str) -> tuple[int, ...]:
    try:
        seeds = tuple(int(part) for part in text.split(","))
    except ValueError:
        seeds = ()
    if not seeds or min(seeds) < 0 or len(set(seeds)) < len(seeds):
        raise typer.BadParameter(
            f"{text!r} is not a list of different whole numbers such as 0,1,2",
            param_hint="--seeds",
        )
    return seeds


def _list(voice: Talk) -> None:
    from fire_course import records

    table = Table(box=None, pad_edge=False)
    for heading in ("name", "what it is", "photographs", "accuracy", "sunset alarms"):
        table.add_column(heading, overflow="fold")
    rows = []
    for name in records.names():
        experiment = records.get(name)
        record = records.find(name)
        test = (record or {}).get("test") or {}
        sunsets = (record or {}).get("sunsets") or {}
        data = experiment.data if isinstance(experiment, records.Plan) else "fire"
        rows.append(
            {
                "name": name,
                "title": experiment.title,
                "data": data,
                "settings": experiment.settings(),
                "recorded": {"test": test or None, "sunsets": sunsets or None}
                if record
                else None,
            }
        )
        table.add_row(
            name,
            experiment.title,
            data,
            percent(test.get("accuracy")),
            percent(sunsets.get("rate")),
        )
    voice.say(table)
    voice.say(
        "Accuracy is on photographs that no run was trained on or chosen by; sunset "
        "alarms are sunsets called fire. A dash: no record here, or no such figure."
    )
    voice.answer({"experiments": rows})


def _say(voice: Talk, record: dict[str, Any], target: Path) -> None:
    sweep = record.get("sweep")
    if sweep:
        first = sweep["trials"][0]
        options = ", ".join(
            f"{name} {value}" for name, value in sweep["chosen"].items()
        )
        voice.say(
            f"Of {len(sweep['trials'])} networks validation chose {options}: "
            f"val_loss {first['val_loss']:.4f}, "
            f"val_accuracy {percent(first['val_accuracy'])}"
        )
    best = record["best_epoch"]
    length = len(record["curve"]["loss"])
    epochs = f"{length} epochs" if best is None else f"best epoch {best} of {length}"
    voice.say(
        f"{record['title']}: seed {record['seed']}, {epochs}, {record['seconds']:.0f} s"
    )
    for key, what in (("test", "photographs"), ("scenes", "rendered test scenes")):
        figures = record.get(key)
        if figures:
            bounds = interval(figures["intervals"]["accuracy"])
            # Cats and dogs have no false alarms, nor have ten classes.
            alarms = f", false alarms {percent(figures['false_alarm_rate'])}"
            voice.say(
                f"  {figures['count']:,} {what}: accuracy "
                f"{percent(figures['accuracy'])} ({bounds})"
                f"{alarms if 'sunsets' in record else ''}"
            )
    sunsets = record.get("sunsets")
    if sunsets:
        voice.say(
            f"  {sunsets['count']} sunsets: {sunsets['flagged']} called fire, "
            f"{percent(sunsets['rate'])} ({interval(sunsets['interval'])})"
        )
    for name, value in (record.get("answers") or {}).items():
        said = f"{value:.4f}" if isinstance(value, float) else value
        voice.say(f"  {name.replace('_', ' ')}: {said}")
    for other in record["other_runs"]:
        accuracy = (other.get("test") or other.get("scenes") or {}).get("accuracy")
        voice.say(f"  seed {other['seed']}: accuracy {percent(accuracy)}")
    voice.say(f"The record is {shown_path(target)}")
    if record.get("saved"):
        voice.say(f"The model is {shown(record['saved']['file'])}")
