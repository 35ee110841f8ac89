"""``fire-course lessons`` and ``fire-course check``: write lessons, check answers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from fire_course.cli.common import JsonOption, Talk, shown, shown_path, talk

app = typer.Typer(
    help="Write the notebooks of the lessons from their sources.",
    no_args_is_help=True,
    epilog="Example:\n\nfire-course lessons build --check",
)

BUILD_EXAMPLE = (
    "Examples:\n\n"
    "fire-course lessons build\n\n"
    "fire-course lessons build --check --only 10_honest_data"
)
CHECK_EXAMPLE = (
    "Examples:\n\n"
    "fire-course check exercises/10_honest_data.ipynb\n\n"
    "fire-course check homework.ipynb --lesson 10_honest_data --json"
)


@app.command(epilog=BUILD_EXAMPLE)
def build(
    folder: Annotated[
        Path, typer.Option(help="The course's folder; it holds solutions/.")
    ] = Path(),
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail if one is stale.")
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="LESSON", help="This lesson; may be given repeatedly."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Write the notebooks of the lessons from their sources.

    From solutions/NN.md come solutions/NN.ipynb, executed, and
    exercises/NN.ipynb, without solutions. A lesson is executed only if its
    code, its checks or the version have changed.
    """
    with talk(json=json) as voice:
        from fire_course.lessons.build import build as build_lessons

        with voice.progress("lessons") as progress:
            results = build_lessons(folder, check=check, only=only, progress=progress)
        for result in results:
            reason = f": {result.reason}" if result.reason else ""
            voice.say(f"{result.state:8}{shown_path(result.path)}{shown(reason)}")
        stale = [result for result in results if result.state == "stale"]
        if stale:
            voice.note("Bring them up to date: fire-course lessons build")
        voice.answer(
            {
                "ok": not stale,
                "notebooks": [
                    {"path": each.path, "state": each.state, "reason": each.reason}
                    for each in results
                ],
            }
        )
        if stale:
            raise typer.Exit(1)


def check(
    notebook: Annotated[
        Path, typer.Argument(metavar="NOTEBOOK", help="An exercise, filled in.")
    ],
    lesson: Annotated[
        str | None,
        typer.Option(
            metavar="LESSON",
            help="Such as 10_honest_data; if missing, what the notebook or its name says.",
        ),
    ] = None,
    seconds: Annotated[
        float, typer.Option(min=1, metavar="S", help="Time limit of one answer.")
    ] = 120,
    json: JsonOption = False,
) -> None:
    """Check every answer of a notebook, as its own check cells would.

    The answers are found by the ids of their cells or by the names of their
    functions. They run here without a sandbox, so check only what you wrote. The
    exit status is 1 unless all passed.
    """
    with talk(json=json) as voice:
        from fire_course.lessons.recover import lesson_name, own_setup, recover
        from fire_course.lessons.source import outline
        from fire_course.lessons.trial import try_answers

        name = lesson or lesson_name(notebook)
        setup = own_setup(notebook)
        asked = outline(name, setup=setup)
        found = recover(notebook, asked)
        functions = {
            exercise: cell.function or "" for exercise, cell in asked.answers.items()
        }
        with voice.progress("answers") as progress:
            tried = try_answers(
                found, functions, setup=setup, seconds=seconds, progress=progress
            )
        rows = [
            {
                "exercise": exercise,
                "state": state,
                "points": asked.points[exercise] if state == "passed" else 0,
                "of": asked.points[exercise],
                "message": text,
                "problems": found[exercise].problems,
            }
            for exercise, (state, text) in tried.items()
        ]
        _say(voice, name, rows)
        passed = all(row["state"] == "passed" for row in rows)
        voice.answer(
            {
                "notebook": notebook,
                "lesson": name,
                "passed": passed,
                "points": sum(row["points"] for row in rows),
                "of": sum(row["of"] for row in rows),
                "exercises": rows,
            }
        )
        if not passed:
            raise typer.Exit(1)


def _say(voice: Talk, name: str, rows: list[dict[str, Any]]) -> None:
    colours = {"passed": "green", "not yet": "yellow", "not attempted": "dim"}
    table = Table(title=name, title_justify="left")
    table.add_column("exercise")
    table.add_column("points", justify="right")
    table.add_column("verdict")
    for row in rows:
        verdict = f"[{colours[row['state']]}]{row['state']}"
        points = f"{row['points']:g} of {row['of']:g}"
        table.add_row(row["exercise"], points, verdict)
    total = sum(row["points"] for row in rows), sum(row["of"] for row in rows)
    table.add_section()
    table.add_row("together", f"{total[0]:g} of {total[1]:g}", "")
    voice.say(table)
    for row in rows:
        for problem in row["problems"]:
            voice.say(f"{row['exercise']}: {shown(problem)}")
        if row["state"] == "not yet":
            for line in row["message"].split("\n"):
                voice.say(shown(line))
