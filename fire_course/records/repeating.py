"""Repeat what a source trained beside fire, and write the record."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fire_course import files
from fire_course.records import about, steps
from fire_course.records.figures import figures
from fire_course.records.over_seeds import summary
from fire_course.records.photographs import Photographs
from fire_course.records.plans import HomeworkPlan, Plan, SweepPlan

if TYPE_CHECKING:
    from fire_course.detector import Detector

Run = tuple["Detector", dict[str, Any]]


def repeat(
    name: str,
    plan: Plan,
    data: str | os.PathLike[str] | None = None,
    *,
    out: str | os.PathLike[str],
    seeds: Sequence[int] | None = None,
    epochs: int | None = None,
    save_model: str | os.PathLike[str] | None = None,
    jobs: int = -1,
    progress: steps.Progress | None = None,
) -> dict[str, Any]:
    """Train and test by a plan and write its record.

    See `fire_course.records.reproduce`. A sweep keeps its finished trials in a
    folder beside the record, and takes them up when it is run again.
    """
    seeds = plan.seeds if seeds is None else seeds
    steps.check_seeds(seeds)
    record_path = Path(out)
    steps.check_files(record_path, None if save_model is None else Path(save_model))
    rounds = plan.epochs if epochs is None else epochs
    ran = plan if epochs is None else plan.shortened(epochs)
    photographs = Photographs(
        plan.data,
        data,
        image_size=plan.image_size,
        validation=plan.validation,
        split_seed=plan.split_seed,
        progress=progress,
    )
    more: dict[str, Any] = {}
    options: dict[str, Any] = {}
    if isinstance(ran, SweepPlan):
        from fire_course.records import sweeping

        more["sweep"] = sweeping.chosen(
            ran,
            photographs,
            folder=record_path.with_suffix(".trials"),
            jobs=jobs,
            progress=progress,
        )
        options = more["sweep"]["chosen"]
    train = _trainer(ran, photographs, options)
    header: dict[str, Any] = {}
    saved: dict[str, Any] | None = None
    runs: list[dict[str, Any]] = []
    shown: dict[str, Any] = {}
    record: dict[str, Any] = {}
    for i, seed in enumerate(seeds):
        detector, run = train(seed, steps.ticker(progress, i, len(seeds)))
        run["test"] = figures(detector, photographs.test())
        runs.append(run)
        if not header:
            header = about.header(
                name,
                plan,
                detector.network,
                settings=ran.settings(),
                epochs=rounds,
                seeds=seeds,
            )
        # Where nothing is chosen by validation, the first is shown.
        chooses = plan.validation > 0
        if not shown or (chooses and steps.better(run, shown, ran.recipe.monitor)):
            shown = run
            if save_model is not None:
                saved = steps.save(detector, Path(save_model), seed)
        record = {
            **header,
            "data": photographs.facts,
            **more,
            **shown,
            "saved": saved,
            "other_runs": [each for each in runs if each is not shown],
            "over_seeds": summary(runs),
        }
        files.write_json(out, record)
    return record


def _trainer(
    plan: Plan, photographs: Photographs, options: dict[str, Any]
) -> Callable[[int, steps.Progress | None], Run]:
    """Return what trains one seed of a plan."""
    if isinstance(plan, HomeworkPlan):
        from fire_course.records import homework

        return lambda seed, tick: homework.trained(
            plan, photographs, seed=seed, progress=tick
        )
    from fire_course.records import fitting

    return lambda seed, tick: fitting.fitted(
        plan.model,
        plan.recipe,
        photographs,
        seed=seed,
        options=options,
        progress=tick,
    )
