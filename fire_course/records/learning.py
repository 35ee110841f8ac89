"""Train any network by a recipe, and keep what a record says of the training."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from fire_course.records import steps


def learned(
    network: Any,
    recipe: Any,
    train: Any,
    validation: Any,
    *,
    seed: int,
    class_names: Sequence[str] | None = None,
    progress: steps.Progress | None = None,
) -> dict[str, Any]:
    """Train a network and leave it with the weights of its best epoch.

    Parameters
    ----------
    network : keras.Model
    recipe : object
        With what `fire_course.records.plans.Recipe` has.
    train, validation : tuple of arrays
        Pictures, or what a network makes of them, and labels.
    seed : int
        Of the order of the pictures and of the augmentation.
    class_names : sequence of str, optional
    progress : callable, optional

    Returns
    -------
    dict
        `seed`, `seconds`, `curve` and `best_epoch`, from 1.
    """
    from fire_course import training

    batches = -(-len(train[0]) // recipe.batch_size)
    start = time.perf_counter()
    result = training.fit(
        network,
        train,
        validation,
        epochs=recipe.epochs,
        batch_size=recipe.batch_size,
        monitor=recipe.monitor,
        optimizer=steps.optimiser(recipe, recipe.epochs, batches),
        augmentation=steps.layers(recipe.augmentation, seed),
        seed=seed,
        class_names=class_names,
        tensorboard=False,
        progress=progress,
    )
    return {
        "seed": seed,
        "seconds": round(time.perf_counter() - start, 1),
        "curve": steps.curve(result.history),
        "best_epoch": result.best_epoch,
    }
