"""The data sets of the course: what each one is, on what terms, and where it is.

Nothing here touches the network or opens an image.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

Counts = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class DataSet:
    """What is known about a data set.

    Attributes
    ----------
    name : str
        Also the name of its folder.
    class_names : tuple of str
        In the order of the labels: ``class_names[1]`` is the class that a
        network's score speaks for, if there are two.
    splits : tuple of str
        Splits that it comes with.
    counts : dict
        Split to class to number of images, in the copy that the recorded runs
        of the course read.
    terms : str
        Terms as its source states them.
    citation, homepage : str
    embedded : bool
        Rendered by this package instead of photographed.
    url : str or None
        What ``fire-course data get`` fetches, from where its owners publish it.
    sha256 : str or None
        Of that file; None where it is not known.
    max_bytes : int
        Most that may be fetched, and most that may be unpacked.
    notes : str
        Known leaks, overlaps and oddities.
    evaluation_only : bool
        Never to be trained on.
    more_leaks : tuple of str
        Test images, relative to the set's folder, that share a photograph with
        its training part and that no published list names: found by this
        project.
    """

    name: str
    class_names: tuple[str, ...]
    splits: tuple[str, ...]
    counts: Counts
    terms: str
    citation: str
    homepage: str
    embedded: bool = False
    url: str | None = None
    sha256: str | None = None
    max_bytes: int = 0
    notes: str = ""
    evaluation_only: bool = False
    more_leaks: tuple[str, ...] = ()


_MB = 1_000_000


def _each(names: tuple[str, ...], count: int) -> dict[str, int]:
    return dict.fromkeys(names, count)


_CLOTHING = (
    "dress",
    "hat",
    "longsleeve",
    "outwear",
    "pants",
    "shirt",
    "shoes",
    "shorts",
    "skirt",
    "t-shirt",
)
_CIFAR10 = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
_FIRE = ("nofire", "fire")

_ALL = (
    DataSet(
        name="scenes",
        class_names=_FIRE,
        splits=("train", "validation", "test"),
        counts={
            "train": _each(_FIRE, 760),
            "validation": _each(_FIRE, 190),
            "test": _each(_FIRE, 300),
        },
        terms="drawn by this package: no photograph in it, free to use as the package's code",
        citation="fire-course, fire_course.data.render.scenes",
        homepage="",
        embedded=True,
        notes="Rendered pictures, never photographs: a score on them says nothing about "
        "photographs until it is measured there.",
    ),
    DataSet(
        name="fire",
        class_names=_FIRE,
        splits=("train", "test"),
        counts={"train": _each(_FIRE, 760), "test": _each(_FIRE, 190)},
        terms="CC BY 4.0 as remembered from its page at Mendeley Data; not verified",
        citation='A. Khan and B. Hassan, "Dataset for Forest Fire Detection", Mendeley Data, '
        "doi 10.17632/gjmr63rz2r",
        homepage="https://data.mendeley.com/datasets/gjmr63rz2r",
    ),
    DataSet(
        name="clothing",
        class_names=_CLOTHING,
        splits=("train", "validation", "test"),
        counts={
            "train": dict(
                zip(
                    _CLOTHING,
                    (241, 123, 455, 184, 468, 290, 198, 202, 112, 795),
                    strict=True,
                )
            ),
            "validation": dict(
                zip(_CLOTHING, (32, 14, 49, 24, 49, 29, 26, 25, 12, 81), strict=True)
            ),
            "test": dict(
                zip(_CLOTHING, (15, 12, 72, 38, 42, 26, 73, 30, 12, 52), strict=True)
            ),
        },
        terms="CC0",
        citation="A. Grigorev, clothing-dataset-small",
        homepage="https://github.com/alexeygrigorev/clothing-dataset-small",
    ),
    DataSet(
        name="mountain_forest",
        class_names=("mountain", "forest"),
        splits=("train", "validation"),
        counts={
            "train": {"mountain": 252, "forest": 268},
            "validation": {"mountain": 122, "forest": 60},
        },
        terms="the repository states MIT; the photographs come from the 8-scene set of MIT",
        citation="",
        homepage="https://github.com/LambdaSchool/DS-Unit-4-Sprint-3-Deep-Learning",
    ),
    DataSet(
        name="cats_dogs",
        class_names=("cats", "dogs"),
        splits=("train", "test"),
        counts={
            "train": {"cats": 1000, "dogs": 1000},
            "test": {"cats": 1000, "dogs": 1000},
        },
        terms="",
        citation="",
        homepage="https://www.microsoft.com/en-us/download/details.aspx?id=54765",
    ),
    DataSet(
        name="cifar10",
        class_names=_CIFAR10,
        splits=("train", "test"),
        counts={"train": _each(_CIFAR10, 1000), "test": _each(_CIFAR10, 200)},
        terms="",
        citation="",
        homepage="https://www.cs.toronto.edu/~kriz/cifar.html",
    ),
    DataSet(
        name="sunsets",
        class_names=_FIRE,
        splits=("test",),
        counts={"test": {"nofire": 36}},
        terms="no licence stated",
        citation="",
        homepage="https://github.com/Aashish-gt/Forest_Fire_Detection",
        evaluation_only=True,
    ),
)

#: Every set by name.
SETS: Mapping[str, DataSet] = {dataset.name: dataset for dataset in _ALL}


def get(name: str) -> DataSet:
    """Look a set up by name.

    Raises
    ------
    KeyError
        With a sentence that names the nearest matches.

    Examples
    --------
    >>> get("fire").class_names
    ('nofire', 'fire')
    """
    if name in SETS:
        return SETS[name]
    near = difflib.get_close_matches(
        name.casefold().replace("-", "_"), SETS, n=2, cutoff=0.6
    )
    hint = (
        f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(SETS)}"
    )
    raise KeyError(f"there is no data set called {name!r}: {hint}")


def home() -> Path:
    """Folder that holds the data sets: ``FIRE_COURSE_DATA``, else ``datasets`` here."""
    return Path(os.environ.get("FIRE_COURSE_DATA") or "datasets")


def locate(name: str) -> Path | None:
    """Find the folder of a set: in ``FIRE_COURSE_DATA``, else in ``datasets`` here, else None."""
    for base in (home(), Path("datasets")):
        folder = base / name
        if folder.is_dir() and any(p.is_dir() for p in folder.iterdir()):
            return folder
    return None
