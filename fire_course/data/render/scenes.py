"""Scenes: small pictures of hillsides, with and without fire, drawn by seed.

They never pretend to be photographs. They stand where photographs would need a
download and a licence, and they come with what photographs lack: the mask of
the flames, and the name of everything that only looks like fire.

`render` draws one, `make` writes a whole set into a folder, with
``masks/SPLIT/*.png``.
"""

from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from . import make as sets
from .draw import VERSION, Scene, draw, render
from .plan import CATEGORIES, CLASS_NAMES, HARD_NEGATIVES, KINDS, STYLES

__all__ = [
    "CATEGORIES",
    "CLASS_NAMES",
    "COUNTS",
    "HARD_NEGATIVES",
    "KINDS",
    "RECIPE",
    "STYLES",
    "VERSION",
    "Scene",
    "draw",
    "is_current",
    "make",
    "render",
]


def _category(split: str, label: str, number: int) -> str | None:
    """The test split holds every hard negative and style equally often.

    So each can be judged by itself; elsewhere the seed decides.
    """
    if split != "test":
        return None
    kinds = STYLES if label == "fire" else CATEGORIES
    return kinds[number % len(kinds)]


def _write(root: Path, size: int, job: sets.Job) -> dict[str, Any]:
    data, mask, metadata = draw(
        job.seed, kind=job.label, category=job.category, size=size
    )
    path = sets.keep(root, job, data)
    if job.label == "fire":  # the mask of a picture without fire is empty
        target = root / "masks" / job.split / f"{job.stem}.png"
        Image.fromarray(mask).save(target, optimize=True)
    return metadata | {"path": path}


RECIPE = sets.Recipe(
    name="scenes",
    class_names=CLASS_NAMES,
    counts={"train": 760, "validation": 190, "test": 300},
    size=250,
    version=VERSION,
    columns=("path", "label", "category", "mood", "view", "fire_fraction", "seed"),
    write=_write,
    category=_category,
    folders=("masks",),
)
COUNTS = RECIPE.counts
make = partial(sets.make, RECIPE)
is_current = partial(sets.is_current, RECIPE)
