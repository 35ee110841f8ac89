"""Train an experiment, test it, and write its record."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module, metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fire_course import files, metrics
from fire_course.records.experiments import Experiment, get
from fire_course.records.material import CLASS_NAMES, Material, Part

if TYPE_CHECKING:
    from fire_course.detector import Detector

Progress = Callable[[int, int], None]


def reproduce(
    experiment: str | Experiment,
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
    experiment : str or Experiment
        A name of `EXPERIMENTS`, or settings of your own.
    data : path, optional
        The folder that holds ``fire`` and, for the false alarms, ``sunsets``; or
        the folder of photographs itself. The data home if omitted. An experiment on
        scenes needs no folder: without photographs it is tested on scenes alone.
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
        Processes that render scenes.
    progress : callable, optional
        Called as ``progress(done, total)`` while scenes are rendered, and while
        the seeds are trained.

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
    seeds = chosen.seeds if seeds is None else seeds
    if not seeds or len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds are {list(seeds)}: give different whole numbers")
    if save_model is not None and Path(save_model).suffix != ".keras":
        raise ValueError(f"{save_model}: the name of a model's file ends in .keras")
    for path in (out, save_model):
        if path is not None:
            _try_writing(Path(path))
    rounds = chosen.epochs if epochs is None else epochs
    material = Material(chosen, data, jobs=jobs, progress=progress)
    header: dict[str, Any] = {}
    saved: dict[str, Any] | None = None
    runs: list[dict[str, Any]] = []
    shown: dict[str, Any] = {}
    record: dict[str, Any] = {}
    for i, seed in enumerate(seeds):
        tick = _ticker(progress, i, len(seeds))
        detector, run = _train(chosen, material, seed=seed, epochs=rounds, tick=tick)
        run |= _tested(detector, material)
        runs.append(run)
        if not header:
            header = _header(name, chosen, detector, rounds, seeds)
        if not shown or _better(run, shown, chosen.monitor):
            shown = run
            if save_model is not None:
                saved = _save(detector, Path(save_model), seed)
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


def summary(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Compute mean and range over seeds of the figures that runs are compared by.

    Parameters
    ----------
    runs : sequence of dict
        The runs of a record: the one shown and `other_runs`.

    Returns
    -------
    dict
        `seeds`, and for each figure a dict with `mean`, `low` and `high`; None
        where a run does not have it.

    Examples
    --------
    >>> runs = [{"seed": s, "test": {"accuracy": a}} for s, a in ((0, 0.5), (1, 1.0))]
    >>> summary(runs)["test_accuracy"]
    {'mean': 0.75, 'low': 0.5, 'high': 1.0}
    """
    figures = {
        "test_accuracy": ("test", "accuracy"),
        "test_false_alarm_rate": ("test", "false_alarm_rate"),
        "sunset_false_alarm_rate": ("sunsets", "rate"),
        "scenes_accuracy": ("scenes", "accuracy"),
        "validation_accuracy": ("validation", "accuracy"),
    }
    found: dict[str, Any] = {"seeds": [run["seed"] for run in runs]}
    for name, (part, figure) in figures.items():
        values = [(run.get(part) or {}).get(figure) for run in runs]
        known = [value for value in values if value is not None]
        found[name] = (
            {"mean": sum(known) / len(known), "low": min(known), "high": max(known)}
            if known and len(known) == len(values)
            else None
        )
    return found


# --- training --------------------------------------------------------------


def _train(
    experiment: Experiment,
    material: Material,
    *,
    seed: int,
    epochs: int,
    tick: Progress | None,
) -> tuple[Detector, dict[str, Any]]:
    from fire_course import models, quiet, training
    from fire_course.detector import Detector

    keras = quiet.import_keras()
    keras.utils.set_random_seed(seed)  # the first weights, too, come from the seed
    size = experiment.image_size
    network = models.build(experiment.model, (size, size, 3), **experiment.network)
    steps = -(-len(material.train[0]) // experiment.batch_size)
    start = time.perf_counter()
    result = training.fit(
        network,
        material.train,
        material.validation,
        epochs=epochs,
        batch_size=experiment.batch_size,
        monitor=experiment.monitor,
        optimizer=_optimiser(experiment, epochs, steps),
        augmentation=_augmentation(experiment, seed),
        seed=seed,
        tensorboard=False,
        progress=tick,
    )
    seconds = time.perf_counter() - start
    detector = Detector(
        network, class_names=CLASS_NAMES, threshold=experiment.threshold
    )
    if experiment.false_alarm_budget is not None:
        x, y = material.validation
        least = metrics.threshold_for(
            y, detector.score(x), max_false_alarm_rate=experiment.false_alarm_budget
        )
        detector.threshold = round(max(experiment.threshold, least), 6)
    curve = {
        name: [_short(v) for v in values] for name, values in result.history.items()
    }
    return detector, {
        "seed": seed,
        "seconds": round(seconds, 1),
        "curve": curve,
        "best_epoch": result.best_epoch,
        "threshold": detector.threshold,
        "validation": _report(detector, *material.validation),
    }


def _optimiser(experiment: Experiment, epochs: int, steps: int) -> Any:
    from fire_course import quiet

    optimizers = quiet.import_keras().optimizers
    rate: Any = experiment.learning_rate
    if experiment.schedule == "cosine":
        warm = round(min(experiment.warmup, epochs / 2) * steps)
        rate = optimizers.schedules.CosineDecay(
            0.0 if warm else experiment.learning_rate,
            decay_steps=max(1, epochs * steps - warm),
            warmup_target=experiment.learning_rate if warm else None,
            warmup_steps=warm,
        )
    if experiment.weight_decay:
        return optimizers.AdamW(rate, weight_decay=experiment.weight_decay)
    return optimizers.Adam(rate)


def _augmentation(experiment: Experiment, seed: int) -> list[Any] | None:
    from fire_course import quiet

    layers = quiet.import_keras().layers
    made = []
    for i, (name, options) in enumerate(experiment.augmentation):
        chance = {"seed": 1000 * seed + i} if name.startswith("Random") else {}
        made.append(getattr(layers, name)(**options, **chance))
    return made or None


def _ticker(progress: Progress | None, before: int, runs: int) -> Progress | None:
    """Add up the progress of several runs of equal length."""
    if progress is None:
        return None
    return lambda done, total: progress(before * total + done, runs * total)


def _better(run: Mapping[str, Any], other: Mapping[str, Any], monitor: str) -> bool:
    """Compare two runs by the figure that their epochs were chosen by."""
    one, two = (each["curve"][monitor][each["best_epoch"] - 1] for each in (run, other))
    if one is None or two is None:
        return two is None and one is not None
    return bool(one < two if monitor.endswith("loss") else one > two)


def _short(value: Any) -> float | None:
    """Keep six digits, enough to draw a curve; undefined stays undefined."""
    return float(f"{value:.6g}") if value is not None and np.isfinite(value) else None


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


# --- what a record says about itself ----------------------------------------


def _try_writing(path: Path) -> None:
    """Find out before an hour of training that a file cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    probe = path.with_name(f".{path.name}.probe")
    files.write_text(probe, "")
    probe.unlink()


def _save(detector: Detector, path: Path, seed: int) -> dict[str, Any]:
    detector.save(path)
    return {
        "file": path.name,
        "seed": seed,
        "sha256": files.sha256_file(path),
        "bytes": path.stat().st_size,
    }


def _header(
    name: str,
    experiment: Experiment,
    detector: Detector,
    epochs: int,
    seeds: Sequence[int],
) -> dict[str, Any]:
    from fire_course import __version__, shapes

    command = ["fire-course", "reproduce", name, "--data", "DIR"]
    if list(seeds) != list(experiment.seeds):
        command += ["--seeds", ",".join(map(str, seeds))]
    if epochs != experiment.epochs:
        command += ["--epochs", str(epochs)]
    return {
        "experiment": name,
        "title": experiment.title,
        "notes": experiment.notes,
        "command": " ".join(command),
        "model": experiment.model,
        "parameters": int(detector.network.count_params()),
        "multiply_adds": int(shapes.total_multiply_adds(detector.network)),
        "settings": experiment.settings() | {"epochs": epochs},
        "version": __version__,
        "versions": versions(),
        "backend": backend(),
        "device": device(),
    }


def versions() -> dict[str, str]:
    """Return the versions of all that a figure may depend on."""
    found = {"python": platform.python_version()}
    for name in ("keras", "numpy", "pillow", backend()):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:  # another build, such as tensorflow-cpu
            found[name] = str(getattr(import_module(name), "__version__", "unknown"))
    return found


def backend() -> str:
    """Name the engine that Keras runs on."""
    from fire_course import quiet

    return str(quiet.import_keras().backend.backend())


def device() -> dict[str, Any]:
    """Say what kind of device Keras computes on, without the name of the machine.

    Returns
    -------
    dict
        `kind` ("cpu" or "gpu"), `name`, and `cores` of the machine.
    """
    engine, name = backend(), None
    if engine == "tensorflow":
        from fire_course import quiet

        config = quiet.import_tensorflow().config
        for gpu in config.list_physical_devices("GPU"):
            details = config.experimental.get_device_details(gpu)
            name = details.get("device_name", "gpu")
    elif engine == "jax":
        first = import_module("jax").devices()[0]
        name = None if first.platform == "cpu" else str(first.device_kind)
    elif engine == "torch":
        cuda = import_module("torch").cuda
        name = cuda.get_device_name(0) if cuda.is_available() else None
    kind = "cpu" if name is None else "gpu"
    return {"kind": kind, "name": name or platform.machine(), "cores": os.cpu_count()}
