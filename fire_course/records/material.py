"""What an experiment reads: photographs and scenes as arrays, with fingerprints."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fire_course import files
from fire_course.records.experiments import Experiment

if TYPE_CHECKING:
    from fire_course.data.folder import Splits

Progress = Callable[[int, int], None]
Arrays = tuple[NDArray[np.uint8], NDArray[np.float32]]

CLASS_NAMES = ("nofire", "fire")
# First seeds of the rendered parts, far enough apart that no part reaches the next.
# The seeds of the set `scenes` are numbers of 63 random bits.
SCENE_SEEDS = {
    "train": 10_000_000,
    "validation": 20_000_000,
    "test": 30_000_000,
    "hard": 40_000_000,
}


class Part(NamedTuple):
    """Pictures and labels, and what of them goes into a fingerprint."""

    x: NDArray[np.uint8]
    y: NDArray[np.float32]
    categories: Sequence[str | None]
    names: Sequence[str]
    digests: Sequence[str]


def fingerprint(names: Iterable[str], digests: Iterable[str]) -> str:
    """Compute one SHA-256 over the names and contents of what was used.

    Parameters
    ----------
    names : iterable of str
        Relative paths with forward slashes.
    digests : iterable of str
        SHA-256 of each file, in hexadecimal digits.

    Returns
    -------
    str
        Independent of the order, and of where the folder lies. The shell agrees,
        run inside the folder::

            find train -type f | LC_ALL=C sort | xargs sha256sum | sha256sum

    Examples
    --------
    >>> a, b = "0" * 64, "1" * 64
    >>> fingerprint(["x", "y"], [a, b]) == fingerprint(["y", "x"], [b, a])
    True
    >>> fingerprint(["x", "y"], [a, b]) == fingerprint(["x", "y"], [b, a])
    False
    """
    rows = sorted((os.fsencode(n), d) for n, d in zip(names, digests, strict=True))
    # The lines that sha256sum prints, so that anybody can check a fingerprint.
    lines = b"".join(digest.encode() + b"  " + name + b"\n" for name, digest in rows)
    return hashlib.sha256(lines).hexdigest()


def render(
    split: str,
    count: int,
    *,
    image_size: int,
    render_size: int = 250,
    with_fire: bool = True,
    categories: Sequence[str] | None = None,
    jobs: int = -1,
    progress: Progress | None = None,
) -> Part:
    """Render one part of the scenes of an experiment.

    Parameters
    ----------
    split : str
        "train", "validation" or "test": each has seeds of its own. In the test
        part every category of pictures without fire comes equally often, to have
        figures for the rare ones too.
    count : int
        Number of pictures; half of them fire.
    image_size, render_size : int
        Pixels that the network sees, and that the scene is drawn at.
    with_fire : bool
        With False all pictures are without fire.
    categories : sequence of str, optional
        The category of each picture instead; all of one kind, without fire.
    jobs : int
        Processes, as joblib counts them.
    progress : callable, optional
        Called as ``progress(done, total)``.

    Returns
    -------
    Part
        Reduced by the rule that all photographs are reduced by.

    Examples
    --------
    >>> part = render("test", 4, image_size=32, render_size=64, jobs=1)
    >>> part.x.shape, part.y.tolist()
    ((4, 32, 32, 3), [0.0, 1.0, 0.0, 1.0])
    """
    import joblib

    from fire_course.data.render import scenes

    first, wanted = SCENE_SEEDS[split], categories
    with_fire = with_fire and wanted is None
    kinds = [CLASS_NAMES[i % 2] if with_fire else "nofire" for i in range(count)]
    tasks = []
    for i, kind in enumerate(kinds):
        category = None if wanted is None else wanted[i]
        if split == "test" and kind == "nofire":
            nth = i // 2 if with_fire else i
            category = scenes.CATEGORIES[nth % len(scenes.CATEGORIES)]
        tasks.append((first + i, kind, category, render_size, image_size))
    x = np.empty((count, image_size, image_size, 3), np.uint8)
    found, digests = [], []
    run = joblib.Parallel(n_jobs=jobs, return_as="generator", batch_size=8)
    for i, made in enumerate(run(joblib.delayed(_scene)(*task) for task in tasks)):
        x[i], category, digest = made
        found.append(category)
        digests.append(digest)
        if progress is not None:
            progress(i + 1, count)
    y = np.array([kind == "fire" for kind in kinds], np.float32)
    return Part(x, y, found, [f"{split}/{task[0]}" for task in tasks], digests)


def _scene(
    seed: int, kind: str, category: str | None, render_size: int, image_size: int
) -> tuple[NDArray[np.uint8], str, str]:
    from fire_course.data.render import scenes
    from fire_course.images import open_image

    data, _, about = scenes.draw(seed, kind=kind, category=category, size=render_size)
    image = open_image(data, size=image_size)
    return image, about["category"], hashlib.sha256(data).hexdigest()


class Material:
    """The pictures of an experiment: read once, used by every seed.

    Parameters
    ----------
    experiment : Experiment
    data : path, optional
        See `fire_course.records.reproduce`.
    jobs : int
    progress : callable, optional

    Attributes
    ----------
    train, validation : (x, y) arrays
    facts : dict
        What the record says about the data.
    """

    def __init__(
        self,
        experiment: Experiment,
        data: str | os.PathLike[str] | None = None,
        *,
        jobs: int = -1,
        progress: Progress | None = None,
    ) -> None:
        self.experiment = experiment
        self.photos, self.sunsets = _folders(data)
        self.facts: dict[str, Any] = {"photos": None, "scenes": None, "sunsets": None}
        self._drawing: dict[str, Any] = {
            "image_size": experiment.image_size,
            "render_size": experiment.render_size,
            "jobs": jobs,
            "progress": progress,
        }
        self._used: list[tuple[str, Part]] = []
        train: list[Part] = []
        validation: list[Part] = []
        if experiment.needs_photos:
            mine, held = self._photographs(data)
            if experiment.trained_on != "scenes":
                train += [mine] * experiment.photo_repeats
                train += [_evening(mine, i) for i in range(experiment.evenings)]
            if experiment.validate_on != "scenes":
                validation.append(held)
                if experiment.evenings:
                    validation.append(_evening(held, experiment.evenings))
        if experiment.trained_on != "photos" and experiment.scenes:
            train.append(self._scenes("train", experiment.scenes))
        if experiment.hard_negatives:
            train.append(self._hard_negatives(experiment.hard_negatives))
        if experiment.validate_on != "photos" and experiment.validation_scenes:
            validation.append(self._scenes("validation", experiment.validation_scenes))
        if not train or not validation:
            what = "to choose the epoch on" if train else "to train on"
            raise ValueError(f"the experiment has no pictures {what}: give it some")
        self.train, self.validation = _joined(train), _joined(validation)
        self.rendered: Part | None = None
        self._tests: tuple[Part | None, Part | None] | None = None

    def fingerprint(self) -> str:
        """Return one fingerprint of all that training and choosing the epoch used."""
        rows = [
            (f"{kind}/{name}", digest)
            for kind, part in self._used
            for name, digest in zip(part.names, part.digests, strict=True)
        ]
        return fingerprint([name for name, _ in rows], [digest for _, digest in rows])

    def tests(self) -> tuple[Part | None, Part | None, Part | None]:
        """Read what only finished runs are scored on.

        Returns
        -------
        photographs, sunsets, scenes : Part or None
            None where the data are not there.
        """
        if self._tests is None:
            self._tests = (
                self._test("photos", self.photos),
                self._test("sunsets", self.sunsets),
            )
            if self.experiment.test_scenes:
                count = self.experiment.test_scenes
                self.rendered = render("test", count, **self._drawing)
        return (*self._tests, self.rendered)

    def _photographs(self, data: str | os.PathLike[str] | None) -> tuple[Part, Part]:
        from fire_course.data import folder

        if self.photos is None:
            where = "the data home" if data is None else str(data)
            raise ValueError(
                f"there is no folder `fire` in {where}, and this experiment needs its "
                "photographs: see `fire-course data get fire`"
            )
        splits = folder.load(
            self.photos,
            image_size=self.experiment.image_size,
            validation=self.experiment.validation,
            seed=self.experiment.split_seed,
            only=("train", "validation"),
            classes=CLASS_NAMES,
            arrays=True,
        )
        mine, held = _part(splits, "train"), _part(splits, "validation")
        self._used += [("photos", mine), ("photos", held)]
        self.facts["photos"] = {
            "train": len(mine.x),
            "validation": len(held.x),
            "fingerprint": fingerprint(
                [*mine.names, *held.names], [*mine.digests, *held.digests]
            ),
            # The cut decides the chosen epoch, so a record names it too.
            "validation_fingerprint": fingerprint(held.names, held.digests),
            "left_out": [path.name for path, _ in splits.problems],
        }
        return mine, held

    def _scenes(self, split: str, count: int) -> Part:
        from fire_course.data.render import scenes

        with_fire = self.experiment.scenes_with_fire or split != "train"
        part = render(split, count, with_fire=with_fire, **self._drawing)
        self._used.append(("scenes", part))
        facts = self.facts["scenes"] or {
            "renderer": scenes.VERSION,
            "render_size": self.experiment.render_size,
        }
        self.facts["scenes"] = facts | {
            split: len(part.x),
            f"{split}_seeds": [SCENE_SEEDS[split], SCENE_SEEDS[split] + count],
            # Of the pictures as drawn here. Another machine draws them within one
            # grey level, so another fingerprint there is no fault.
            f"{split}_fingerprint": fingerprint(part.names, part.digests),
        }
        return part

    def _hard_negatives(self, counts: Mapping[str, int]) -> Part:
        wanted = [name for name, count in counts.items() for _ in range(count)]
        part = render("hard", len(wanted), categories=wanted, **self._drawing)
        self._used.append(("scenes", part))
        self.facts["scenes"] = (self.facts["scenes"] or {}) | {
            "hard": len(part.x),
            "hard_seeds": [SCENE_SEEDS["hard"], SCENE_SEEDS["hard"] + len(wanted)],
            "hard_fingerprint": fingerprint(part.names, part.digests),
        }
        return part

    def _test(self, what: str, path: Path | None) -> Part | None:
        from fire_course.data import folder

        if path is None:
            return None
        splits = folder.load(
            path,
            image_size=self.experiment.image_size,
            only=("test",),
            classes=CLASS_NAMES,
            arrays=True,
            allow_one_class=True,
        )
        part = _part(splits, "test")
        self.facts[what] = (self.facts[what] or {}) | {
            "test": len(part.x),
            "test_fingerprint": fingerprint(part.names, part.digests),
            "notes": list(splits.notes),
        }
        return part


def _evening(part: Part, seed: int) -> Part:
    """Return the photographs without fire, at sunset."""
    from fire_course.records.evening import evening

    chosen = np.flatnonzero(part.y == 0).tolist()
    return Part(
        x=evening(part.x[chosen], seed=seed),
        y=part.y[chosen],
        categories=[part.categories[i] for i in chosen],
        names=[part.names[i] for i in chosen],
        digests=[part.digests[i] for i in chosen],
    )


def _folders(data: str | os.PathLike[str] | None) -> tuple[Path | None, Path | None]:
    """Find the photographs and the sunsets: in a data home, or side by side."""
    from fire_course.data import registry

    home = registry.home() if data is None else Path(data)
    if data is not None and not home.is_dir():
        raise ValueError(
            f"{home} is not a folder: give the one that holds `fire` and `sunsets`"
        )
    photos = home / "fire"
    if not photos.is_dir() and (home / "train").is_dir():
        photos, home = home, home.resolve().parent
    sunsets = home / "sunsets"
    return photos if photos.is_dir() else None, sunsets if sunsets.is_dir() else None


def _part(splits: Splits, split: str) -> Part:
    """Pair the arrays of a loaded set with the names and digests of its files."""
    root, data = splits.listing.root, getattr(splits, split)
    if data is None:
        raise ValueError(
            f"{root} has no {split} photographs, and experiments need them"
        )
    items = splits.listing.splits[split]
    return Part(
        data[0],
        data[1].astype(np.float32),
        [item.category for item in items],
        [item.path.relative_to(root).as_posix() for item in items],
        [files.sha256_file(item.path) for item in items],
    )


def _joined(parts: Sequence[Part]) -> Arrays:
    if len(parts) == 1:
        return parts[0].x, parts[0].y
    return np.concatenate([p.x for p in parts]), np.concatenate([p.y for p in parts])
