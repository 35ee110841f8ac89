"""``fire-course evaluate``: measure a detector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from fire_course.cli.common import JsonOption, Talk, interval, percent, shown, talk
from fire_course.cli.reading import (
    ModelArgument,
    ThresholdOption,
    existing_split,
    in_order,
    load_detector,
    problems,
    read,
    square,
)

if TYPE_CHECKING:
    from fire_course.detector import Detector

EXAMPLE = (
    "Examples:\n\n"
    "fire-course evaluate default scenes\n\n"
    "fire-course evaluate runs/first/model.keras photos/ --json"
)

FIGURES = ("accuracy", "precision", "recall", "f1", "false_alarm_rate")


def evaluate(
    model: ModelArgument,
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA",
            help="A folder (split/class/image or class/image), or a set's name.",
        ),
    ],
    split: Annotated[
        str,
        typer.Option(help="train, validation or test; if missing, what there is."),
    ] = "test",
    threshold: ThresholdOption = None,
    limit: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="At most this many photographs a class."),
    ] = None,
    seed: Annotated[
        int, typer.Option(metavar="N", min=0, help="Of what --limit takes.")
    ] = 0,
    json: JsonOption = False,
) -> None:
    """Measure a model on labelled photographs, with 95 % intervals.

    Photographs of one class are enough: figures that then mean nothing are
    left out (null in JSON). Files that cannot be read are named, not counted.
    """
    with talk(json=json) as voice:
        if split not in ("train", "validation", "test"):
            raise typer.BadParameter(
                f"{split!r} is none of train, validation, test", param_hint="--split"
            )
        detector = load_detector(voice, model, threshold)
        used = existing_split(data, split)
        if used != split:
            voice.note(f"note: {data} has no {split} split; measured on {used}")
        splits = read(
            voice,
            data,
            image_size=square(detector),
            arrays=True,
            allow_one_class=True,
            only=[used],
            # Nothing is cut out of the training data when they are what is measured.
            **({"validation": 0.0} if used == "train" else {}),
            limit=limit,
            seed=seed,
        )
        images, labels = getattr(splits, used)
        document = _measure(
            detector,
            images,
            in_order(detector, splits.class_names, labels),
            [item.category for item in splits.listing.splits[used]],
        )
        document |= {
            "model": model,
            "data": data,
            "split": used,
            "source": splits.source,
            "class_names": detector.class_names,
            "notes": splits.notes,
            "problems": problems(splits),
        }
        _say(voice, document)
        voice.answer(document)


def _measure(
    detector: Detector, images: Any, labels: Any, categories: list[str | None]
) -> dict[str, Any]:
    from fire_course import metrics

    scores = detector.predict_proba(images)
    if len(detector.class_names) > 2:
        return metrics.report(labels, scores).as_dict()
    return metrics.report(
        labels,
        scores[:, 1],
        threshold=detector.threshold,
        categories=categories if any(categories) else None,
    ).as_dict()


def _say(voice: Talk, document: dict[str, Any]) -> None:
    # No title of the table, which would be broken to the table's width.
    voice.say(
        shown(
            f"{document['model']} on {document['data']}: "
            f"{document['count']:,} pictures of {document['split']}"
        )
    )
    table = Table()
    table.add_column("figure")
    table.add_column("value", justify="right")
    table.add_column("95 % interval", justify="right")
    for name in FIGURES:
        ends = interval(document["intervals"].get(name))
        table.add_row(name.replace("_", " "), percent(document[name]), ends)
    voice.say(table)
    if len(document["class_names"]) == 2:
        (quiet, alarms), (missed, found) = document["confusion"]
        parts = []
        if found + missed:
            parts.append(f"{found:,} of {found + missed:,} fires found")
        if alarms + quiet:
            others = f"{alarms + quiet:,} pictures without fire"
            parts.append(f"{alarms:,} false alarms on {others}")
        score = f"From a score of {document['threshold']:g} on: "
        voice.say(score + ", ".join(parts) + ".")
    if document.get("categories"):
        _say_categories(voice, document["categories"])
    if document["problems"]:
        voice.say(f"Not counted: {len(document['problems'])} that cannot be read.")


def _say_categories(voice: Talk, categories: dict[str, dict[str, Any]]) -> None:
    table = Table(title="Called fire, by category", title_justify="left")
    table.add_column("category")
    for heading in ("pictures", "fires", "called fire", "95 % interval"):
        table.add_column(heading, justify="right")
    for name, row in categories.items():
        table.add_row(
            shown(name),
            f"{row['count']:,}",
            f"{row['positives']:,}",
            percent(row["rate"]),
            interval(row["interval"]),
        )
    voice.say(table)
