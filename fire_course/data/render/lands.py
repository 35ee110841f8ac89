"""Lands: mountain or forest, drawn by the program that draws the scenes, without fire."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import make as sets
from .draw import VERSION, draw
from .draw import render as scene

CLASS_NAMES = ("mountain", "forest")


def render(
    seed: int, *, kind: str | None = None, size: int = 224
) -> tuple[NDArray[np.uint8], str]:
    """Draw one mountain or forest.

    Examples
    --------
    >>> image, kind = render(1, kind="forest", size=64)
    >>> image.shape, kind
    ((64, 64, 3), 'forest')
    """
    if kind is None:
        kind = CLASS_NAMES[int(np.random.default_rng(seed).integers(2))]
    return scene(seed, kind=kind, size=size).image, kind


def _write(root: Path, size: int, job: sets.Job) -> dict[str, Any]:
    data, _, metadata = draw(job.seed, kind=job.label, size=size)
    return metadata | {"path": sets.keep(root, job, data)}


RECIPE = sets.Recipe(
    name="lands",
    class_names=CLASS_NAMES,
    counts={"train": 120, "validation": 30, "test": 30},
    size=224,  # what the networks for photographs expect
    version=VERSION,
    columns=("path", "label", "mood", "view", "seed"),
    write=_write,
)
COUNTS = RECIPE.counts
make = partial(sets.make, RECIPE)
is_current = partial(sets.is_current, RECIPE)
