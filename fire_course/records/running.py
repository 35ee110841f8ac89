"""Train an experiment, test it, and write its record."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fire_course import files, metrics
from fire_course.records import about, repeating, steps, transferring
from fire_course.records.catalogue import get
from fire_course.records.experiments import Experiment
from fire_course.records.learning import learned
from fire_course.records.material import CLASS_NAMES, Material, Part
from fire_course.records.over_seeds import summary
from fire_course.records.plans import Plan
from fire_course.records.transfers import TransferPlan

if TYPE_CHECKING:
    from fire_course.detector import Detector

Progress = Callable[[int, int], None]


def reproduce(
    experiment: str | Experiment | Plan,
    data: str | os.PathLike[str] | None = None,
    *,
    out: str | os.PathLike[str],
    seeds: Sequence[int] | None = None,
    epochs: int | None = None,
    save_model: str | os.PathLike[str] | None = None,
    jobs: int = -1,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Train and test an experiment and write its record.

    Parameters
    ----------
    experiment : str, Experiment or Plan
        A name of `names`, or settings of your own.
    data : path, optional
        The folder that holds ``fire`` and, for the false alarms, ``sunsets``; or
        the folder of photographs itself. The data home if omitted. An experiment on
        scenes needs no folder: without photographs it is tested on scenes alone. A
        plan reads the set that it names, ``cats_dogs`` say, from such a folder.
    out : path
        The record to write, JSON. It is written after each seed, whole or not at
        all, so that a run cut short leaves the seeds that were finished.
    seeds : sequence of int, optional
        One run each; the experiment's own if omitted. The record shows, and
        `save_model` saves, the run that validation would choose: the one with the
        best monitored figure. The others tell how much chance there is in it.
    epochs : int, optional
        Instead of the experiment's.
    save_model : path, optional
        Where to save the shown run's detector, ending in ``.keras``.
    jobs : int
        Processes that render scenes, or train the networks of a sweep.
    progress : callable, optional
        Called as ``progress(done, total)`` while photographs are read, scenes are
        rendered, the networks of a sweep are trained, and while the seeds are.

    Returns
    -------
    dict
        The record, as `read` describes it.

    Raises
    ------
    ValueError
        If the experiment is unknown or its photographs are not there.
    fire_course.files.FileError
        If a file cannot be written; this is found out before training.
    """
    name = experiment if isinstance(experiment, str) else "custom"
    chosen = get(experiment) if isinstance(experiment, str) else experiment
    runner = next(run for kind, run in _RUNNERS.items() if isinstance(chosen, kind))
    return runner(
        name,
        chosen,
        data,
        out=out,
        seeds=seeds,
        epochs=epochs,
        save_model=save_model,
        jobs=jobs,
        progress=progress,
    )


def _on_fire(
    name: str,
    chosen: Experiment,
    data: str | os.PathLike[str] | None,
    *,
    out: str | os.PathLike[str],
    seeds: Sequence[int] | None,
    epochs: int | None,
    save_model: str | os.PathLike[str] | None,
    jobs: int,
    progress: Progress | None,
) -> dict[str, Any]:
    """Train and test on photographs and scenes of fire and write the record."""
    seeds = chosen.seeds if seeds is None else seeds
    steps.check_seeds(seeds)
    steps.check_files(Path(out), None if save_model is None else Path(save_model))
    ran = chosen if epochs is None else dataclasses.replace(chosen, epochs=epochs)
    material = Material(ran, data, jobs=jobs, progress=progress)
    header: dict[str, Any] = {}
    saved: dict[str, Any] | None = None
    runs: list[dict[str, Any]] = []
    shown: dict[str, Any] = {}
    record: dict[str, Any] = {}
    for i, seed in enumerate(seeds):
        tick = steps.ticker(progress, i, len(seeds))
        detector, run = _train(ran, material, seed=seed, tick=tick)
        run |= _tested(detector, material)
        runs.append(run)
        if not header:
            header = about.header(
                name,
                chosen,
                detector.network,
                settings=ran.settings(),
                epochs=ran.epochs,
                seeds=seeds,
            )
        if not shown or steps.better(run, shown, chosen.monitor):
            shown = run
            if save_model is not None:
                saved = steps.save(detector, Path(save_model), seed)
        record = {
            **header,
            "data": {"fingerprint": material.fingerprint(), **material.facts},
            **shown,
            "saved": saved,
            "other_runs": [each for each in runs if each is not shown],
            "over_seeds": summary(runs),
        }
        files.write_json(out, record)
    return record


#: What runs each kind, the special ones before the general.
_RUNNERS: Mapping[type, Callable[..., dict[str, Any]]] = {
    TransferPlan: transferring.repeat,
    Plan: repeating.repeat,
    Experiment: _on_fire,
}


# --- training --------------------------------------------------------------


def _train(
    experiment: Experiment,
    material: Material,
    *,
    seed: int,
    tick: Progress | None,
) -> tuple[Detector, dict[str, Any]]:
    from fire_course import models, quiet
    from fire_course.detector import Detector

    keras = quiet.import_keras()
    keras.utils.set_random_seed(seed)  # the first weights, too, come from the seed
    size = experiment.image_size
    network = models.build(experiment.model, (size, size, 3), **experiment.network)
    run = learned(
        network,
        experiment,
        material.train,
        material.validation,
        seed=seed,
        progress=tick,
    )
    detector = Detector(
        network, class_names=CLASS_NAMES, threshold=experiment.threshold
    )
    if experiment.false_alarm_budget is not None:
        x, y = material.validation
        least = metrics.threshold_for(
            y, detector.score(x), max_false_alarm_rate=experiment.false_alarm_budget
        )
        detector.threshold = round(max(experiment.threshold, least), 6)
    run |= {
        "threshold": detector.threshold,
        "validation": _report(detector, *material.validation),
    }
    return detector, run


# --- testing ---------------------------------------------------------------


def _tested(detector: Detector, material: Material) -> dict[str, Any]:
    photographs, sunsets, scenes = material.tests()
    return {
        "test": _report(detector, *photographs[:3]) if photographs else None,
        "sunsets": _false_alarms(detector, sunsets) if sunsets else None,
        "scenes": _report(detector, *scenes[:3]) if scenes else None,
    }


def _report(
    detector: Detector, x: Any, y: Any, categories: Sequence[str | None] | None = None
) -> dict[str, Any]:
    named = list(categories) if categories and any(categories) else None
    return metrics.report(
        y, detector.score(x), threshold=detector.threshold, categories=named
    ).as_dict()


def _false_alarms(detector: Detector, part: Part) -> dict[str, Any]:
    """Report pictures that are all without fire: how many are called fire."""
    found = _report(detector, part.x, part.y)
    return {
        "count": found["count"],
        "flagged": found["confusion"][0][1],
        "rate": found["false_alarm_rate"],
        "interval": found["intervals"]["false_alarm_rate"],
    }
