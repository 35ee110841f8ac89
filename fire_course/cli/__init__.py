"""The command line: ``fire-course``.

Each file here is a group of commands; a command imports what it needs when it
runs, so that ``fire-course --help`` answers at once.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from fire_course.cli import (
    cameras,
    data,
    doctor,
    evaluate,
    export,
    grade,
    lessons,
    predict,
    reproduce,
    size,
    sweep,
    train,
)
from fire_course.cli.common import plain_errors

__all__ = ["app", "main"]


class _PlainGroup(TyperGroup):
    """A group whose commands fail with a sentence instead of a traceback."""

    def invoke(self, ctx: Any) -> Any:
        with plain_errors():
            return super().invoke(ctx)


app = typer.Typer(
    cls=_PlainGroup,
    name="fire-course",
    help=(
        "Train, measure and use small networks that find forest fires in pictures.\n\n"
        "Everything works offline: the data set `scenes` is drawn by seed, and the "
        "model `default` comes with the package."
    ),
    epilog=(
        "A first round:\n\n"
        "fire-course doctor\n\n"
        "fire-course predict default photo.jpg\n\n"
        "fire-course train --data scenes --epochs 10 --out runs/first\n\n"
        "fire-course evaluate runs/first/model.keras scenes"
    ),
    no_args_is_help=True,
    rich_markup_mode="rich",
    # An unexpected error is a fault of this program; a plain traceback is what a
    # report of it needs, without the values of every variable.
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(data.app, name="data")
app.command(epilog=train.EXAMPLE)(train.train)
app.command(epilog=evaluate.EXAMPLE)(evaluate.evaluate)
app.command(epilog=predict.EXAMPLE)(predict.predict)
app.command(epilog=export.EXAMPLE)(export.export)
app.command(epilog=reproduce.EXAMPLE)(reproduce.reproduce)
app.command(epilog=sweep.EXAMPLE)(sweep.sweep)
app.command(epilog=size.EXAMPLE)(size.size)
app.add_typer(cameras.app, name="cameras")
app.add_typer(lessons.app, name="lessons")
app.command(epilog=lessons.CHECK_EXAMPLE)(lessons.check)
app.command(epilog=grade.EXAMPLE)(grade.grade)
app.command(epilog=doctor.EXAMPLE)(doctor.doctor)


def _version(wanted: bool) -> None:
    if wanted:
        from fire_course import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_version,
            is_eager=True,
            help="Show the version and exit.",
        ),
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; the entry point of ``fire-course``."""
    app()
