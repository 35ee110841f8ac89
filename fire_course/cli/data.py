"""``fire-course data``: list the sets, fetch or render one, audit a folder."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from fire_course.cli.common import JsonOption, shown, shown_path, talk

app = typer.Typer(
    help="List the data sets, fetch or render one, and audit a folder of images.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)


@app.command("list", epilog="Example:\n\nfire-course data list")
def list_sets(json: JsonOption = False) -> None:
    """List the data sets by name: classes, size, terms, and where each one is."""
    from fire_course.data import registry

    with talk(json=json) as voice:
        rows: list[dict[str, Any]] = [
            {
                "name": name,
                "class_names": list(entry.class_names),
                "splits": list(entry.splits),
                "counts": {split: dict(each) for split, each in entry.counts.items()},
                "embedded": entry.embedded,
                "stands_for": entry.stands_for or None,
                "evaluation_only": entry.evaluation_only,
                "terms": entry.terms,
                "citation": entry.citation,
                "homepage": entry.homepage,
                "notes": entry.notes,
                "folder": registry.locate(name),
                "stand_in": registry.stand_in(name),
            }
            for name, entry in registry.SETS.items()
        ]
        table = Table(box=None, pad_edge=False)
        for heading in ("name", "classes", "images", "where", "terms"):
            table.add_column(heading, overflow="fold")
        for row in rows:
            table.add_row(
                row["name"],
                _few(row["class_names"]),
                f"{sum(sum(each.values()) for each in row['counts'].values()):,}",
                _where(row),
                Text(row["terms"] or "see its card"),
            )
        voice.say(table)
        voice.say(
            f"Data home: {shown_path(registry.home())}. "
            "`fire-course data make NAME` renders a set, `data get NAME` fetches one; "
            "where one is to get, the set named beside it is read until then."
        )
        voice.answer({"home": registry.home().absolute(), "sets": rows})


def _few(names: list[str]) -> str:
    return " / ".join(names) if len(names) <= 3 else f"{len(names)} classes"


def _where(row: dict[str, Any]) -> Text:
    if row["folder"] is not None:
        return Text(shown_path(row["folder"]), style="green")
    if row["embedded"]:
        return Text("make", style="dim")
    return Text(f"get, or {row['stand_in']}" if row["stand_in"] else "get", style="dim")


@app.command(epilog="Example:\n\nfire-course data get fire")
def get(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A set of `fire-course data list`.")
    ],
    home: Annotated[
        Path | None,
        typer.Option(
            help="Where the set's folder goes. (default: FIRE_COURSE_DATA or datasets)"
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Fetch a real data set, unpack it with care, and audit it.

    A download that was cut off goes on where it stopped: run it again.
    """
    from fire_course.data import audit, download, registry

    with talk(json=json) as voice:
        entry = registry.get(name)
        with voice.progress(f"fetching {name}") as progress:
            folder = download.get(name, home=home, progress=progress)
        with voice.progress(f"auditing {name}") as progress:
            # The search for crops takes longer than most downloads.
            found = audit.audit(folder, crops=False, progress=progress)
        voice.say(f"{name} is in {shown_path(folder)}", found.summary())
        voice.say(f"`fire-course data audit {shown_path(folder)}` looks for crops too.")
        if entry.terms:
            voice.say(f"Terms: {entry.terms}")
        voice.answer({"name": name, "folder": folder, "findings": found.counts})


@app.command(
    epilog="Example:\n\nfire-course data make scenes --out datasets/scenes --size 128"
)
def make(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="scenes, shapes, pets, garments or lands."),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder to write. (default: NAME in FIRE_COURSE_DATA, or in datasets "
            "if that is read-only or not set)"
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(metavar="N", min=0, help="Same seed, same pictures.")
    ] = 0,
    size: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=32,
            max=2048,
            help="Pixels of a picture, in height and width; of pets, of the longest. "
            "(default: the set's)",
        ),
    ] = None,
    count: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Pictures a class in train, the other splits in proportion. "
            "(default: the set's)",
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Render an embedded data set by seed, with a table of what is in it."""
    from fire_course.data import folder as folders
    from fire_course.data import registry

    with talk(json=json) as voice:
        entry = registry.get(name)
        if not entry.embedded:
            drawn = registry.stand_in(name)
            instead = f", or `data make {drawn}`, which stands for it" if drawn else ""
            raise ValueError(
                f"{name} is a set of photographs and cannot be rendered: "
                f"run `fire-course data get {name}`{instead}"
            )
        renderer = import_module(f"fire_course.data.render.{name}")
        target = registry.place() / name if out is None else out
        size = renderer.RECIPE.size if size is None else size
        counts = None
        if count is not None:
            whole = renderer.COUNTS
            counts = {
                split: max(1, round(count * each / whole["train"]))
                for split, each in whole.items()
            }
        with voice.progress(f"rendering {name}") as progress:
            renderer.make(
                target, seed=seed, size=size, counts=counts, progress=progress
            )
        made = folders.scan(target).counts()
        voice.say(f"{name} is in {shown_path(target)}", _count_table(made))
        voice.answer(
            {"name": name, "folder": target, "seed": seed, "size": size, "counts": made}
        )


def _count_table(counts: dict[str, dict[str, int]]) -> str:
    return "\n".join(
        f"  {split}: "
        + ", ".join(f"{count:,} {shown(name)}" for name, count in each.items())
        for split, each in counts.items()
    )


@app.command(epilog="Example:\n\nfire-course data audit photos/ --out findings.csv")
def audit(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER", help="Laid out as split/class/image or class/image."
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(help="Write every finding into this CSV file.")
    ] = None,
    limit: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=0,
            help="Findings of each kind to show; the file holds all.",
        ),
    ] = 5,
    no_crops: Annotated[
        bool,
        typer.Option(
            "--no-crops", help="Skip the slow search for parts of one photograph."
        ),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Find what is wrong with a folder of images.

    Corrupt files, wrong types, class imbalance, copies, crops, and one
    photograph in two splits. What it finds is a result, not a failure: the
    exit status is 0.
    """
    from fire_course.data import audit as auditing

    with talk(json=json) as voice:
        with voice.progress("auditing") as progress:
            found = auditing.audit(folder, crops=not no_crops, progress=progress)
        if out is not None:
            found.write_csv(out)
        voice.say(found.summary())
        _say_findings(voice, found.rows, limit)
        if out is not None:
            voice.say(f"Every finding is in {shown_path(out)}")
        rows = [
            {
                "kind": row.kind,
                "path": row.path,
                "other": row.other,
                "detail": row.detail,
            }
            for row in found.rows
        ]
        voice.answer(
            {"folder": folder, "counts": found.counts, "findings": rows, "out": out}
        )


def _say_findings(voice: Any, rows: Sequence[Any], limit: int) -> None:
    if not rows or not limit:
        return
    table = Table("kind", "file", "other", "detail")
    for kind in dict.fromkeys(row.kind for row in rows):
        mine = [row for row in rows if row.kind == kind]
        for row in mine[:limit]:
            cells = (row.kind, row.path, row.other or "", row.detail or "")
            table.add_row(*(Text(shown(cell), overflow="fold") for cell in cells))
        if len(mine) > limit:
            table.add_row(kind, Text(f"and {len(mine) - limit} more", style="dim"))
    voice.say(table)
