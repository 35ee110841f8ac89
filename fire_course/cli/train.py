"""``fire-course train``: make a detector."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fire_course.cli.common import JsonOption, Talk, complain, shown, shown_path, talk
from fire_course.cli.reading import (
    DataOption,
    EpochsOption,
    ImageSizeOption,
    problems,
    read,
)

if TYPE_CHECKING:
    from fire_course.data.folder import Splits

EXAMPLE = (
    "Examples:\n\n"
    "fire-course train --data scenes --epochs 10 --out runs/first\n\n"
    "fire-course train --model fire_cnn --data photos/ --out runs/cnn"
)


def train(
    model: Annotated[
        str, typer.Option(help="The network: fire_net, fire_cnn, cats_dogs_cnn...")
    ] = "fire_net",
    data: DataOption = "scenes",
    epochs: EpochsOption = 20,
    image_size: ImageSizeOption = None,
    seed: Annotated[
        int,
        typer.Option(metavar="N", min=0, help="Same seed, same result on one machine."),
    ] = 0,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the run. (default: runs/MODEL-DATA)"),
    ] = None,
    batch_size: Annotated[
        int, typer.Option(metavar="N", min=1, help="Photographs a step.")
    ] = 32,
    learning_rate: Annotated[
        float, typer.Option(metavar="X", help="Of the optimiser Adam.")
    ] = 1e-3,
    monitor: Annotated[
        str, typer.Option(help="The figure that chooses the best epoch.")
    ] = "val_loss",
    patience: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help="Stop after this many epochs without a better one."
        ),
    ] = None,
    validation: Annotated[
        float,
        typer.Option(
            metavar="N",
            min=0,
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
    """Train a network on a folder of photographs and keep its best epoch.

    Writes model.keras, history.json, run.json and logs/ into the run folder.
    A run that was killed goes on where it was: give the same command again.
    """
    from fire_course import models

    with talk(json=json) as voice:
        name = models.canonical(model)
        size = models.default_shape(name)[0] if image_size is None else image_size
        target = Path("runs", f"{name}-{Path(data).name}") if out is None else out
        # Built before the data are read: a wrong size should not cost a minute.
        with voice.waiting("building the network"):
            network = _build(name, size, 2, seed)
        splits = _read(
            voice,
            data,
            image_size=size,
            batch_size=batch_size,
            seed=seed,
            validation=validation,
            limit=limit,
            only=("train", "validation"),
        )
        if len(splits.class_names) > 2:
            network = _build(name, size, len(splits.class_names), seed)
        if splits.validation is None and monitor.startswith("val_"):
            monitor = monitor.removeprefix("val_")
            voice.note(
                f"note: no validation data; the best epoch has the best {monitor}"
            )
        voice.say(
            f"{name}, {network.count_params():,} parameters, at {size} px, on {data}: "
            + ", ".join(shown(label) for label in splits.class_names)
        )
        command = ["fire-course", "train", "--model", name, "--data", data]
        for option, value in (
            ("--epochs", epochs),
            ("--image-size", size),
            ("--seed", seed),
            ("--batch-size", batch_size),
            ("--learning-rate", learning_rate),
            ("--monitor", monitor),
            ("--patience", patience),
            ("--validation", validation),
            ("--limit", limit),
            ("--out", target),
        ):
            command += [] if value is None else [option, str(value)]
        from fire_course import training

        try:
            result = training.fit(
                network,
                splits.train,
                splits.validation,
                epochs=epochs,
                out=target,
                monitor=monitor,
                learning_rate=learning_rate,
                batch_size=batch_size,
                seed=seed,
                patience=patience,
                tensorboard=not no_tensorboard,
                class_names=splits.class_names,
                progress="bar" if voice.errors.is_terminal else None,
                describe={
                    "command": shlex.join(command),
                    "data": {"name": data, "source": splits.source},
                },
            )
        except KeyboardInterrupt:
            complain(f"Interrupted. The same command goes on in {target}.")
            raise typer.Exit(130) from None
        _say(voice, result, target)
        voice.answer(
            {
                "model": target / "model.keras",
                "network": name,
                "data": data,
                "source": splits.source,
                "class_names": splits.class_names,
                "image_size": size,
                "seed": seed,
                "epochs": result.epochs,
                "monitor": monitor,
                "best_epoch": result.best_epoch,
                "best": _at_best(result),
                "resumed_from": result.resumed_from,
                "notes": splits.notes,
                "problems": problems(splits),
                "out": target,
            }
        )


def _read(voice: Talk, data: str, **options: Any) -> Splits:
    """Read arrays, which resume exactly; batches from the disk if they are too many."""
    from fire_course.data.folder import DataError

    try:
        return read(voice, data, arrays=True, **options)
    except DataError:
        # Whatever else is wrong with the data is said once more here.
        return read(voice, data, **options)


def _build(name: str, size: int, classes: int, seed: int) -> Any:
    from fire_course import models, quiet

    keras = quiet.import_keras()
    keras.utils.set_random_seed(seed)  # the first weights, too, come from the seed
    return models.build(name, (size, size, 3), classes=1 if classes == 2 else classes)


def _at_best(result: Any) -> dict[str, float]:
    """Give the figures of the chosen epoch, which counts from 1 as Keras prints it."""
    at = (result.best_epoch or result.epochs) - 1
    return {name: rows[at] for name, rows in result.history.items() if len(rows) > at}


def _say(voice: Talk, result: Any, target: Path) -> None:
    figures = _at_best(result)
    names = ("loss", "accuracy", "precision", "recall", "f1")
    part, what = ("val_", "validation") if "val_loss" in figures else ("", "training")
    known = [(name, figures.get(part + name)) for name in names]
    parts = [f"{name} {value:.4f}" for name, value in known if value is not None]
    if result.resumed_from:
        voice.say(f"Went on after epoch {result.resumed_from} of an earlier start.")
    voice.say(
        f"Best epoch {result.best_epoch} of {result.epochs}; "
        f"on {what} data: {', '.join(parts)}",
        f"The model is {shown_path(target / 'model.keras')}",
    )
