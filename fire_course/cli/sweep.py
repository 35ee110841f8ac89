"""``fire-course sweep``: train a network with many settings and rank them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from fire_course.cli.common import JsonOption, Talk, shown, shown_path, talk
from fire_course.cli.reading import (
    DataOption,
    EpochsOption,
    ImageSizeOption,
    problems,
    read,
)

EXAMPLE = (
    "Examples:\n\n"
    "fire-course sweep --grid conv=1,2,3 --grid dense=0,1,2 --jobs 2 --out runs/9\n\n"
    "fire-course sweep --data photos/ --grid seed=0,1,2 --out runs/3\n\n"
    "fire-course sweep --grid dropout=0,.5 --cluster tcp://host:8786 --out runs/2\n\n"
    "tensorboard --logdir runs/9/logs"
)


def sweep(
    out: Annotated[
        Path, typer.Option(help="Folder for trials.jsonl and logs/ (TensorBoard).")
    ],
    grid: Annotated[
        list[str],
        typer.Option(
            metavar="NAME=A,B",
            help="Values to try: of an option of the network (conv, size, dense, "
            "width, dropout) or of the training (learning_rate, batch_size, "
            "optimizer, epochs, seed, patience). Give it again for each further "
            "name; every combination is trained.",
        ),
    ],
    model: Annotated[
        str, typer.Option(help="The network, as for train.")
    ] = "cats_dogs_cnn",
    data: DataOption = "pets",
    epochs: EpochsOption = 10,
    image_size: ImageSizeOption = None,
    seed: Annotated[
        int, typer.Option(metavar="N", min=0, help="The same for every trial.")
    ] = 0,
    jobs: Annotated[
        int,
        typer.Option(
            metavar="N", help="Trials at a time, one core each; -1 for all cores."
        ),
    ] = 1,
    cluster: Annotated[
        str | None,
        typer.Option(help="Train on the workers of this Dask scheduler, tcp://..."),
    ] = None,
    rank_by: Annotated[
        str, typer.Option(help="The figure that ranks: val_loss, val_accuracy, ...")
    ] = "val_loss",
    retries: Annotated[
        int,
        typer.Option(metavar="N", min=0, help="New tries if a trial's process died."),
    ] = 2,
    validation: Annotated[
        float,
        typer.Option(
            metavar="N",
            min=0.01,
            max=0.9,
            help="Share of train to hold out, if the data have no validation split.",
        ),
    ] = 0.2,
    limit: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help="At most this many photographs a class and split."
        ),
    ] = None,
    no_tensorboard: Annotated[
        bool, typer.Option("--no-tensorboard", help="Write no logs/ for TensorBoard.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Train a network with every combination of settings and rank the results.

    Each trial has a process and a core of its own and keeps its best epoch.
    The table is written after each of them: give the same command again after
    a sweep was killed, and it trains only what is missing or had failed.

    Choose by the validation loss. Before you believe small differences, repeat
    the best with other seeds: --grid seed=0,1,2.

    The exit status is 1 if a trial failed; the others are in the table.
    """
    if jobs == 0 or jobs < -1:
        raise typer.BadParameter("give 1 or more, or -1", param_hint="--jobs")
    choices = _choices(grid)

    from fire_course import models
    from fire_course import sweep as sweeps

    with talk(json=json) as voice:
        name = models.canonical(model)
        shape = models.default_shape(name)
        size = shape[0] if image_size is None else image_size
        trial = sweeps.NetworkTrial(name, epochs=epochs, seed=seed, monitor="val_loss")
        settings = sweeps.grid(**choices)
        for each in settings:
            trial.check(each)  # before the data are read, which may take a minute
        splits = read(
            voice,
            data,
            arrays=True,
            image_size=size,
            seed=seed,
            validation=validation,
            limit=limit,
            only=("train", "validation"),
        )
        with voice.progress("training") as progress:
            result = sweeps.sweep(
                settings,
                trial,
                out=out,
                data={"train": splits.train, "validation": splits.validation},
                jobs=jobs,
                cluster=cluster,
                retries=retries,
                rank_by=rank_by,
                tensorboard=not no_tensorboard,
                progress=progress,
            )
        rows = result.table()
        _say(voice, rows, list(choices), rank_by)
        if result.skipped:
            voice.say(f"{result.skipped} of {len(result)} were trained before.")
        voice.say(f"The table is {shown_path(out / 'trials.jsonl')}")
        voice.answer(
            {
                "network": name,
                "data": data,
                "source": splits.source,
                "class_names": splits.class_names,
                "image_size": size,
                "rank_by": rank_by,
                "skipped": result.skipped,
                "failed": len(result.failed),
                "trials": rows,
                "notes": splits.notes,
                "problems": problems(splits),
                "out": out,
            }
        )
        if result.failed:
            raise typer.Exit(1)


def _choices(grid: list[str]) -> dict[str, list[Any]]:
    choices: dict[str, list[Any]] = {}
    for text in grid:
        name, equals, values = text.partition("=")
        name = name.strip().replace("-", "_")
        if not name or not equals or not all(v.strip() for v in values.split(",")):
            raise typer.BadParameter(
                f"{text!r} is not NAME=A,B,...: conv=1,2,3 say", param_hint="--grid"
            )
        if name in choices:
            raise typer.BadParameter(
                f"{name} is given twice: list its values behind one",
                param_hint="--grid",
            )
        choices[name] = [_value(each.strip()) for each in values.split(",")]
    return choices


def _value(text: str) -> Any:
    """Read a value as a person means it.

    Examples
    --------
    >>> [_value(text) for text in ("3", ".01", "true", "adam")]
    [3, 0.01, True, 'adam']
    """
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _say(
    voice: Talk, rows: list[dict[str, Any]], names: list[str], rank_by: str
) -> None:
    figures = [rank_by]
    figures += [
        name
        for name in ("val_loss", "val_accuracy", "parameters", "seconds")
        if name != rank_by and any(row.get(name) is not None for row in rows)
    ]
    table = Table(box=None, pad_edge=False)
    for heading in ("", *names, *figures):
        table.add_column(shown(heading), justify="right", overflow="fold")
    for row in rows:
        table.add_row(
            str(row["rank"]),
            *(shown(row[name]) for name in names),
            *(_figure(row.get(name)) for name in figures),
        )
    voice.say(table)
    for row in rows:
        if row["status"] != "done":
            given = ", ".join(f"{name} {row[name]}" for name in names)
            voice.note(f"failed: {given}: {row['error']}")


def _figure(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4f}" if abs(value) < 10 else f"{value:.1f}"
    return f"{value:,}" if isinstance(value, int) else shown(value)
