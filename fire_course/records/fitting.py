"""Train a network by a recipe, choose the epoch, and say how it did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fire_course.records import steps
from fire_course.records.figures import figures
from fire_course.records.learning import learned

if TYPE_CHECKING:
    from fire_course.detector import Detector
    from fire_course.records.photographs import Photographs
    from fire_course.records.plans import Recipe


def built(
    model: str, photographs: Photographs, *, seed: int, options: Mapping[str, Any]
) -> Any:
    """Build the network of a run; its first weights come from the seed."""
    from fire_course import models, quiet

    quiet.import_keras().utils.set_random_seed(seed)
    classes = len(photographs.class_names)
    return models.build(
        model,
        photographs.train.x.shape[1:],
        classes=1 if classes == 2 else classes,
        seed=seed,
        **options,
    )


def fitted(
    model: str,
    recipe: Recipe,
    photographs: Photographs,
    *,
    seed: int,
    options: Mapping[str, Any],
    progress: steps.Progress | None = None,
) -> tuple[Detector, dict[str, Any]]:
    """Train one network and leave it with the weights of its best epoch.

    Returns
    -------
    detector : Detector
    run : dict
        As `learned` gives it, with the `threshold` and figures on `validation`.
    """
    from fire_course.detector import Detector

    network = built(model, photographs, seed=seed, options=options)
    train, held = photographs.train, photographs.validation
    assert held is not None
    run = learned(
        network,
        recipe,
        (train.x, train.y),
        (held.x, held.y),
        seed=seed,
        class_names=photographs.class_names,
        progress=progress,
    )
    detector = Detector(network, class_names=photographs.class_names)
    run |= {"threshold": detector.threshold, "validation": figures(detector, held)}
    return detector, run
