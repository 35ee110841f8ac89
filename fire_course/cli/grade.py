"""``fire-course grade``: grade a class of notebooks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from fire_course.cli.common import JsonOption, Talk, shown, shown_path, talk

EXAMPLE = (
    "Examples:\n\nfire-course grade submissions/ --out grades/\n\n"
    "fire-course grade submissions/ --out grades/ --lesson 10_honest_data\n\n"
    "fire-course grade submissions/ --out grades/ --cluster tcp://scheduler:8786"
)


def grade(
    submissions: Annotated[
        Path,
        typer.Argument(
            metavar="SUBMISSIONS",
            help="Holds a folder for each learner, with notebooks.",
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            metavar="FOLDER", help="For grades.csv, junit.xml, reports/ and seed.txt."
        ),
    ],
    lesson: Annotated[
        str | None,
        typer.Option(
            metavar="LESSON",
            help="Grade this one only, such as 10_honest_data. (default: all)",
        ),
    ] = None,
    lessons: Annotated[
        Path,
        typer.Option(metavar="FOLDER", help="Holds the lessons' sources, NN_topic.md."),
    ] = Path("solutions"),
    seed: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="Draw the inputs from this text; others on this machine can see it. "
            "(default: the variable FIRE_COURSE_GRADE_SEED, else what seed.txt in --out "
            "holds, else a new one)",
        ),
    ] = None,
    seed_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Read the seed from it.")
    ] = None,
    jobs: Annotated[
        int,
        typer.Option(
            metavar="N", help="Notebooks at a time, one core each; -1 for all cores."
        ),
    ] = -1,
    cluster: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Grade on the workers of this Dask scheduler, tcp://...",
        ),
    ] = None,
    require_sandbox: Annotated[
        bool,
        typer.Option(
            "--require-sandbox", help="Refuse to grade where bubblewrap is missing."
        ),
    ] = False,
    timeout: Annotated[
        float | None,
        typer.Option(
            min=1,
            metavar="S",
            help="Seconds that an exercise may take. (default: 40, with TensorFlow 120)",
        ),
    ] = None,
    memory: Annotated[
        float | None,
        typer.Option(
            min=0.1,
            metavar="GB",
            help="GB that a notebook may use. (default: 1, with TensorFlow 4)",
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Grade the notebooks of a class, each in a sandbox, on secret inputs.

    SUBMISSIONS holds LEARNER/NOTEBOOK.ipynb. The answers are taken out of each
    notebook, asked on inputs that no learner has seen, and compared with the
    solutions of the lesson. A second run grades only what has changed; Ctrl-C
    keeps what is finished.

    The exit status is 0 if all were graded, whether right or wrong.
    """
    from fire_course.lessons import grade as grading
    from fire_course.lessons.sandbox import not_isolated

    if seed is not None and seed_file is not None:
        raise typer.BadParameter(
            "give --seed or --seed-file, not both", param_hint="--seed"
        )
    if jobs == 0 or jobs < -1:
        raise typer.BadParameter("give 1 or more, or -1", param_hint="--jobs")
    with talk(json=json) as voice:
        if seed_file is not None:
            seed = seed_file.read_text(encoding="utf-8")
        if cluster is None and not require_sandbox:
            for sentence in not_isolated():
                voice.note(f"warning: {sentence}")
        with voice.progress("grading") as progress:
            grades = grading.grade(
                submissions,
                out,
                lessons=lessons,
                lesson=lesson,
                seed=seed,
                jobs=jobs,
                cluster=cluster,
                require_sandbox=require_sandbox,
                timeout=timeout,
                memory=None if memory is None else int(memory * 2**30),
                progress=progress,
            )
        if cluster is not None and not grades.isolated:
            voice.note("warning: a worker of the cluster has no bubblewrap")
        _say(voice, grades.rows, out)
        voice.say(f"{grades.graded} graded now, {grades.kept} unchanged.")
        if grades.changed:
            voice.say(f"Graded again after a change of {', '.join(grades.changed)}.")
        voice.answer(
            {
                "isolated": grades.isolated,
                "graded": grades.graded,
                "kept": grades.kept,
                "changed": grades.changed,
                "grades": grades.rows,
            }
        )


def _say(voice: Talk, rows: list[dict[str, Any]], out: Path) -> None:
    from fire_course.lessons.report import verdicts

    table = Table(box=None, pad_edge=False)
    for heading in ("learner", "lesson", "points", "verdicts", "problems"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(
            shown(row["learner"]),
            shown(row["lesson"]),
            f"{row['points']:g} of {row['max']:g}",
            verdicts(row),
            shown(" ".join(row["problems"])[:200]),
        )
    voice.say(table)
    voice.say(f"The table is {shown_path(out / 'grades.csv')}")
    voice.say(f"A page a learner is in {shown_path(out / 'reports')}")
