"""Write scenes into a folder as a data set: split/class/*.jpg, masks, metadata."""

import csv
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from PIL import Image

from .draw import VERSION, draw
from .plan import CATEGORIES, CLASS_NAMES, STYLES

# Pictures of each class; the test split holds every hard negative and every
# style of fire equally often, so that each can be judged by itself.
COUNTS = {"train": 760, "validation": 190, "test": 300}
COLUMNS = ("path", "label", "category", "mood", "view", "fire_fraction", "seed")
_INFO = "scenes.json"


def scene_seed(seed: int, split: str, label: str, number: int) -> int:
    """The seed of one picture of the set: no two splits share a picture."""
    key = [seed, list(COUNTS).index(split), CLASS_NAMES.index(label), number]
    return int(
        np.random.SeedSequence(key).generate_state(1, np.uint64)[0] >> np.uint64(1)
    )


def _jobs(
    seed: int, counts: Mapping[str, int]
) -> list[tuple[str, str, int, int, str | None]]:
    jobs: list[tuple[str, str, int, int, str | None]] = []
    for split, count in counts.items():
        for label in CLASS_NAMES:
            kinds = STYLES if label == "fire" else CATEGORIES
            for i in range(count):
                category = kinds[i % len(kinds)] if split == "test" else None
                jobs.append(
                    (split, label, i, scene_seed(seed, split, label, i), category)
                )
    return jobs


def _write(
    root: Path,
    size: int,
    split: str,
    label: str,
    number: int,
    seed: int,
    category: str | None,
) -> dict[str, Any]:
    data, mask, metadata = draw(seed, kind=label, category=category, size=size)
    name = f"{label}_{number:04}"
    path = Path(split, label, f"{name}.jpg")
    (root / path).write_bytes(data)
    if label == "fire":  # the mask of a picture without fire is empty
        Image.fromarray(mask).save(
            root / "masks" / split / f"{name}.png", optimize=True
        )
    return metadata | {"path": path.as_posix()}


def make(
    folder: str | Path,
    *,
    seed: int = 0,
    size: int = 250,
    jobs: int = -1,
    counts: Mapping[str, int] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Draw the set of scenes into `folder`.

    Parameters
    ----------
    folder
        Where the set shall stand. It appears whole or not at all; an older set
        of scenes there is replaced, anything else is left alone and refused.
    seed
        Seed of the whole set.
    size
        Side of the pictures in pixels.
    jobs
        Processes; -1 for one a core.
    counts
        Pictures of each class in each split; by default 760, 190 and 300.
    progress
        Called with the number of pictures done and the number in all.

    Returns
    -------
    pathlib.Path
        `folder`, with ``train|validation|test/nofire|fire/*.jpg``,
        ``masks/SPLIT/*.png`` and ``metadata.csv``.

    Raises
    ------
    ValueError
        If a split is unknown, a count negative, or `folder` holds other files.
    """
    # absolute: a process that joblib keeps from before may stand in another folder
    folder = Path(folder).absolute()
    counts = dict(COUNTS if counts is None else counts)
    unknown = set(counts) - set(COUNTS)
    if unknown or min(counts.values(), default=-1) < 0:
        raise ValueError(
            f"Counts are for {', '.join(COUNTS)} and not negative; these are {counts}."
        )
    if folder.exists() and any(folder.iterdir()) and not (folder / _INFO).exists():
        raise ValueError(
            f"{folder} holds files that are no scenes: choose another folder."
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        for split in counts:
            (partial / "masks" / split).mkdir(parents=True)
            for label in CLASS_NAMES:
                (partial / split / label).mkdir(parents=True)
        todo = _jobs(seed, counts)
        rows: list[dict[str, Any]] = []
        pool = Parallel(n_jobs=jobs, return_as="generator", batch_size=8)
        for row in pool(delayed(_write)(partial, size, *job) for job in todo):
            rows.append(row)
            if progress is not None:
                progress(len(rows), len(todo))
        with (partial / "metadata.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
        info = {"version": VERSION, "seed": seed, "size": size, "counts": counts}
        (partial / _INFO).write_text(
            json.dumps(info, indent=1) + "\n", encoding="utf-8"
        )
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def is_current(folder: str | Path) -> bool:
    """Whether `folder` holds scenes drawn by this version of the renderer."""
    try:
        info = json.loads((Path(folder) / _INFO).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(info.get("version") == VERSION)
