"""Steps that every kind of recorded run takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fire_course import files

if TYPE_CHECKING:
    from fire_course.detector import Detector

Progress = Callable[[int, int], None]
Layer = tuple[str, dict[str, Any]]


# --- before a run ----------------------------------------------------------


def check_seeds(seeds: Sequence[int]) -> None:
    """Refuse no seeds, and one seed twice."""
    if not seeds or len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds are {list(seeds)}: give different whole numbers")


def check_files(record: Path, model: Path | None) -> None:
    """Find out before an hour of training that a file cannot be written."""
    if model is not None and model.suffix != ".keras":
        raise ValueError(f"{model}: the name of a model's file ends in .keras")
    for path in (record, model):
        if path is None:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        probe = path.with_name(f".{path.name}.probe")
        files.write_text(probe, "")
        probe.unlink()


# --- training --------------------------------------------------------------


def optimiser(recipe: Any, epochs: int, steps: int) -> Any:
    """Make the optimiser of a recipe: Adam, or AdamW where there is weight decay.

    Parameters
    ----------
    recipe : object
        With `learning_rate`, `schedule`, `warmup` and `weight_decay`.
    epochs, steps : int
        `steps` of each epoch.

    Returns
    -------
    keras.optimizers.Optimizer
    """
    from fire_course import quiet

    optimizers = quiet.import_keras().optimizers
    rate: Any = recipe.learning_rate
    if recipe.schedule == "cosine":
        warm = round(min(recipe.warmup, epochs / 2) * steps)
        rate = optimizers.schedules.CosineDecay(
            0.0 if warm else recipe.learning_rate,
            decay_steps=max(1, epochs * steps - warm),
            warmup_target=recipe.learning_rate if warm else None,
            warmup_steps=warm,
        )
    if recipe.weight_decay:
        return optimizers.AdamW(rate, weight_decay=recipe.weight_decay)
    return optimizers.Adam(rate)


def layers(augmentation: Iterable[Layer], seed: int) -> list[Any] | None:
    """Make layers of Keras by name; their chance comes from the seed."""
    from fire_course import quiet

    keras_layers = quiet.import_keras().layers
    made = []
    for i, (name, options) in enumerate(augmentation):
        chance = {"seed": 1000 * seed + i} if name.startswith("Random") else {}
        made.append(getattr(keras_layers, name)(**options, **chance))
    return made or None


def ticker(progress: Progress | None, before: int, runs: int) -> Progress | None:
    """Add up the progress of several runs of equal length."""
    if progress is None:
        return None
    return lambda done, total: progress(before * total + done, runs * total)


# --- after a run -----------------------------------------------------------


def curve(history: Mapping[str, Sequence[Any]]) -> dict[str, list[float | None]]:
    """Shorten the figures of each epoch to what a curve needs.

    Examples
    --------
    >>> curve({"loss": [0.123456789, None]})
    {'loss': [0.123457, None]}
    """
    return {name: [_short(value) for value in row] for name, row in history.items()}


def _short(value: Any) -> float | None:
    """Keep six digits, enough to draw a curve; undefined stays undefined."""
    return float(f"{value:.6g}") if value is not None and np.isfinite(value) else None


def better(run: Mapping[str, Any], other: Mapping[str, Any], monitor: str) -> bool:
    """Compare two runs by the figure that their epochs were chosen by."""
    one, two = (each["curve"][monitor][each["best_epoch"] - 1] for each in (run, other))
    if one is None or two is None:
        return two is None and one is not None
    return bool(one < two if monitor.endswith("loss") else one > two)


def save(detector: Detector, path: Path, seed: int) -> dict[str, Any]:
    """Save a run's detector, and say what the file is."""
    detector.save(path)
    return {
        "file": path.name,
        "seed": seed,
        "sha256": files.sha256_file(path),
        "bytes": path.stat().st_size,
    }
