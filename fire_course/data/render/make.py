"""Write drawn pictures into a folder as a data set: split/class/file, metadata."""

import csv
import glob
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from joblib import Parallel, delayed

SPLITS = ("train", "validation", "test")
_STALE_AFTER = 3600  # seconds without a new file: who drew there was killed
Progress = Callable[[int, int], None]


class Job(NamedTuple):
    """One picture of a set that is to be drawn."""

    split: str
    label: str
    number: int
    seed: int
    category: str | None = None

    @property
    def stem(self) -> str:
        """Name of its file without the ending."""
        return f"{self.label}_{self.number:04}"


def keep(root: Path, job: Job, content: bytes, ending: str = "jpg") -> str:
    """Write the picture of a job; return its path within the set."""
    path = Path(job.split, job.label, f"{job.stem}.{ending}")
    (root / path).write_bytes(content)
    return path.as_posix()


def row(path: str, job: Job) -> dict[str, Any]:
    """Describe a picture of which no more is known than label and seed."""
    return {"path": path, "label": job.label, "seed": job.seed}


@dataclass(frozen=True)
class Recipe:
    """What `make` has to know of a set.

    Attributes
    ----------
    name : str
        Of the set, and of the JSON file that marks its folder.
    class_names : tuple of str
    counts : dict
        Pictures of each class in each split.
    size : int
        Pixels of a side.
    version : int
        Raised whenever a seed gives another picture.
    columns : tuple of str
        Of ``metadata.csv``.
    write : callable
        ``write(root, size, job)`` writes one picture and returns its row; a
        function of a module, so that another process can call it.
    category : callable, optional
        ``category(split, label, number)`` of a picture, if the set has such.
    folders : tuple of str
        Further folders, with a folder for each split.
    """

    name: str
    class_names: tuple[str, ...]
    counts: Mapping[str, int]
    size: int
    version: int
    columns: tuple[str, ...]
    write: Callable[[Path, int, Job], dict[str, Any]]
    category: Callable[[str, str, int], str | None] = lambda split, label, number: None
    folders: tuple[str, ...] = ()

    @property
    def info(self) -> str:
        """Name of the file that says how the folder was drawn."""
        return f"{self.name}.json"


def picture_seed(
    seed: int, split: str, label: str, number: int, *, class_names: Sequence[str]
) -> int:
    """The seed of one picture of a set: no two splits share a picture."""
    key = [seed, SPLITS.index(split), class_names.index(label), number]
    return int(
        np.random.SeedSequence(key).generate_state(1, np.uint64)[0] >> np.uint64(1)
    )


def _jobs(recipe: Recipe, seed: int, counts: Mapping[str, int]) -> list[Job]:
    names = recipe.class_names
    return [
        Job(
            split,
            label,
            i,
            picture_seed(seed, split, label, i, class_names=names),
            recipe.category(split, label, i),
        )
        for split, count in counts.items()
        for label in names
        for i in range(count)
    ]


def make(
    recipe: Recipe,
    folder: str | Path,
    *,
    seed: int = 0,
    size: int | None = None,
    jobs: int = -1,
    counts: Mapping[str, int] | None = None,
    progress: Progress | None = None,
) -> Path:
    """Draw a set into `folder`.

    Parameters
    ----------
    recipe : Recipe
    folder
        Where the set shall stand. It appears whole or not at all; an older set
        of that name there is replaced, anything else is left alone and refused.
        Of two processes that draw the same set at once, the first to end gives
        the folder, and the other drops its own pictures.
    seed
        Seed of the whole set.
    size
        Side of the pictures in pixels; by default that of the recipe.
    jobs
        Processes; -1 for one a core.
    counts
        Pictures of each class in each split; by default those of the recipe.
    progress
        Called with the number of pictures done and the number in all.

    Returns
    -------
    pathlib.Path
        `folder`, with ``train|validation|test/CLASS/FILE`` and ``metadata.csv``.

    Raises
    ------
    ValueError
        If a split is unknown, a count negative, or `folder` holds other files.
    """
    # absolute: a process that joblib keeps from before may stand in another folder
    folder = Path(folder).absolute()
    size = recipe.size if size is None else size
    counts = dict(recipe.counts if counts is None else counts)
    unknown = set(counts) - set(recipe.counts)
    if unknown or min(counts.values(), default=-1) < 0:
        raise ValueError(
            f"Counts are for {', '.join(recipe.counts)} and not negative; "
            f"these are {counts}."
        )
    marked = (folder / recipe.info).exists()
    if folder.exists() and any(folder.iterdir()) and not marked:
        raise ValueError(
            f"{folder} holds files that are no {recipe.name}: choose another folder."
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    # a folder of its own: another process may be drawing the same set just now
    own = _beside(folder)
    partial = own / "set"
    try:
        for split in counts:
            for name in recipe.folders:
                (partial / name / split).mkdir(parents=True)
            for label in recipe.class_names:
                (partial / split / label).mkdir(parents=True)
        todo = _jobs(recipe, seed, counts)
        rows: list[dict[str, Any]] = []
        pool = Parallel(n_jobs=jobs, return_as="generator", batch_size=8)
        for row in pool(delayed(recipe.write)(partial, size, job) for job in todo):
            rows.append(row)
            if progress is not None:
                progress(len(rows), len(todo))
        with (partial / "metadata.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, recipe.columns, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
        info = {
            "version": recipe.version,
            "seed": seed,
            "size": size,
            "counts": counts,
        }
        (partial / recipe.info).write_text(
            json.dumps(info, indent=1) + "\n", encoding="utf-8"
        )
        _place(recipe, partial, folder, replace=marked)
    finally:
        shutil.rmtree(own, ignore_errors=True)
    return folder


def _beside(folder: Path) -> Path:
    """A new empty folder on the same disk, with a name that nobody else has."""
    prefix = f".{folder.name}."
    return Path(tempfile.mkdtemp(prefix=prefix, suffix=".partial", dir=folder.parent))


def _sweep(folder: Path) -> None:
    """Remove what a killed process left behind."""
    for left in folder.parent.glob(f".{glob.escape(folder.name)}.*partial"):
        with suppress(OSError):
            changed = max(each.stat().st_mtime for each in (left, *left.rglob("*")))
            if time.time() - changed > _STALE_AFTER:
                shutil.rmtree(left, ignore_errors=True)


def _place(recipe: Recipe, partial: Path, folder: Path, *, replace: bool) -> None:
    """Give a drawn set its name in one step, or keep the same set drawn meanwhile."""
    for _ in range(20):
        try:
            partial.rename(folder)
            return
        except OSError:
            if not folder.exists():
                raise
        with suppress(OSError):  # another process may take it away just now
            same = (partial / recipe.info).read_bytes()
            if not replace and (folder / recipe.info).read_bytes() == same:
                return
            if not (folder / recipe.info).exists() and any(folder.iterdir()):
                break
            away = _beside(folder)
            try:
                folder.rename(away / "old")
            finally:
                shutil.rmtree(away, ignore_errors=True)
    raise FileExistsError(
        f"{folder} is in use or holds other files: close what reads it and try again."
    )


def is_current(recipe: Recipe, folder: str | Path) -> bool:
    """Whether `folder` holds the set as this version of its renderer draws it."""
    try:
        info = json.loads((Path(folder) / recipe.info).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(info.get("version") == recipe.version)
