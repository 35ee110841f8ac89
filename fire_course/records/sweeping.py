"""Train many networks on the same photographs and let validation choose one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fire_course.records import steps
from fire_course.sweep import NetworkTrial, Row, Sweep, grid, sweep

if TYPE_CHECKING:
    from fire_course.records.photographs import Photographs
    from fire_course.records.plans import SweepPlan


def chosen(
    plan: SweepPlan,
    photographs: Photographs,
    *,
    folder: Path,
    jobs: int = -1,
    progress: steps.Progress | None = None,
) -> dict[str, Any]:
    """Train every combination of the plan's choices, and the best with other seeds.

    Parameters
    ----------
    plan : SweepPlan
    photographs : Photographs
        Only their training and validation parts are read.
    folder : pathlib.Path
        Takes up finished trials, and logs for TensorBoard. Trials that are there
        already are not run again.
    jobs : int
        Processes, one thread each.
    progress : callable, optional
        Called as ``progress(done, total)``, in trials.

    Returns
    -------
    dict
        `trials`, ranked, `chosen` (the settings of the first), `repeats` (the same
        settings with other seeds), and `seconds` of all trials together. Beside the
        seconds of a trial, which depend on what else the machine does, stand the
        `multiply_adds` of its network for one photograph.
    """
    train, held = photographs.train, photographs.validation
    assert held is not None
    x, y = train.x, train.y
    if plan.mirrored:
        x, y = np.concatenate([x, x[:, :, ::-1]]), np.concatenate([y, y])
    data = {"train": (x, y), "validation": (held.x, held.y)}
    recipe = plan.sweep
    fixed: dict[str, Any] = {}
    if recipe.batch_size != 32:
        fixed["batch_size"] = recipe.batch_size
    if recipe.learning_rate != 1e-3:
        fixed["learning_rate"] = recipe.learning_rate
    trial = NetworkTrial(
        plan.model, epochs=recipe.epochs, monitor=recipe.monitor, seed=0, fixed=fixed
    )
    settings = grid(**plan.choices)
    total = len(settings) + len(plan.repeats)

    def run(wanted: list[dict[str, Any]], before: int) -> Sweep:
        def tell(done: int, _: int) -> None:
            if progress is not None:
                progress(before + done, total)

        return sweep(
            wanted,
            trial,
            out=folder,
            data=data,
            jobs=jobs,
            fresh=False,
            rank_by=recipe.monitor,
            progress=tell,
        )

    result = run(settings, 0)
    best = result.best.settings
    repeats = (
        run([best | {"seed": seed} for seed in plan.repeats], len(settings)).rows
        if plan.repeats
        else []
    )
    shape = (plan.image_size, plan.image_size, 3)
    return {
        "trials": [
            {"rank": rank} | _row(row, plan.model, shape)
            for rank, row in enumerate(result.ranked(), 1)
        ],
        "chosen": best,
        "repeats": [_row(row, plan.model, shape) for row in repeats],
        "seconds": round(sum(row.seconds or 0 for row in [*result.rows, *repeats]), 1),
    }


def _row(row: Row, model: str, shape: tuple[int, int, int]) -> dict[str, Any]:
    from fire_course import models, shapes

    flat = {
        name: float(f"{value:.6g}") if isinstance(value, float) else value
        for name, value in row.flat().items()
    }
    network = models.build(model, shape, **row.settings)
    cost = int(shapes.total_multiply_adds(network))
    return {**flat, "multiply_adds": cost, "curve": steps.curve(row.history)}
