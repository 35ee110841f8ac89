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
    stands_for : str
        Name of the set of photographs in whose place an embedded one is read
        where those are missing; "" if there is none.
    url : str or None
        What ``fire-course data get`` fetches, from where its owners publish it.
    sha256 : str or None
        Of that file; None where it is not known, as of archives that GitHub packs
        anew on each request.
    max_bytes, max_unpacked : int
        Most that may be fetched, and most that may be unpacked.
    notes : str
        Known leaks, overlaps and oddities.
    evaluation_only : bool
        Never to be trained on.
    leaks : tuple of str
        Test images, relative to the set's folder, that are known to share a
        photograph with its training part.
    more_leaks : tuple of str
        Further ones, found by this project's `audit`.
    looks : tuple of int
        Perceptual hashes of the photographs to take, if not all.
    rules : tuple of str
        What `arrange` has to know of the archive.
    """

    name: str
    class_names: tuple[str, ...]
    splits: tuple[str, ...]
    counts: Counts
    terms: str
    citation: str
    homepage: str
    embedded: bool = False
    stands_for: str = ""
    url: str | None = None
    sha256: str | None = None
    max_bytes: int = 0
    max_unpacked: int = 0
    notes: str = ""
    evaluation_only: bool = False
    leaks: tuple[str, ...] = ()
    more_leaks: tuple[str, ...] = ()
    looks: tuple[int, ...] = ()
    rules: tuple[str, ...] = ()


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
_LANDS = ("mountain", "forest")
_SHAPES = (
    "arrow",
    "bolt",
    "circle",
    "crescent",
    "cross",
    "heart",
    "ring",
    "square",
    "star",
    "triangle",
)


def _drawn(name: str, names: tuple[str, ...], *counts: int, stands_for: str) -> DataSet:
    """Describe an embedded set with a training, a validation and a test split."""
    splits = ("train", "validation", "test")
    return DataSet(
        name=name,
        class_names=names,
        splits=splits,
        counts={s: _each(names, n) for s, n in zip(splits, counts, strict=True)},
        terms="drawn by this package: no photograph in it, free to use as the package's code",
        citation=f"fire-course, fire_course.data.render.{name}",
        homepage="",
        embedded=True,
        stands_for=stands_for,
        notes=f"Drawn pictures, never photographs, where those of {stands_for} are missing: "
        "a score on them says nothing about photographs.",
    )


def _in_order(*counts: int) -> dict[str, int]:
    return dict(zip(_CLOTHING, counts, strict=True))


def _test(name: str, *numbers: int) -> tuple[str, ...]:
    return tuple(f"test/{name}/{name}_{number:04}.jpg" for number in numbers)


# Test images of `fire` that are other crops of a training photograph.
# fmt: off
_LEAKY_FIRE = (
    2, 27, 38, 124, 277, 329, 335, 344, 352, 371, 417, 422, 444, 456, 504, 526, 545, 563,
    564, 589, 599, 616, 630, 780, 842, 885, 902,
)
_LEAKY_NOFIRE = (
    81, 90, 98, 132, 140, 172, 180, 184, 206, 273, 642, 781, 796, 809, 819, 911,
)
# The 36 photographs of `sunsets` among all those of their repository, by their
# perceptual hashes: they have no names of their own, and no image is kept here.
_SUNSETS = (
    0x63DE3C4C19B02733, 0x46B028CE5BB4AC6B, 0x129A4E686D6D2575, 0x16E968966D972943,
    0x56D224CA4B6A94F5, 0x09C36E7C18E0D75A, 0x16B26969961639E9, 0x76FB6012C349909F,
    0x3F9E44C0C361B333, 0x10E3F39D256B1625, 0x4590277AD51F618E, 0x4FB2244D7AAA258D,
    0x029DEA1D5A95A62B, 0x50D5AD6A1217C5E9, 0x54D5232B1A3CF543, 0x4D63391835C2ABCE,
    0x16C9691295ED1AD5, 0x078FB73E29C0E1E0, 0x04859BF373287C3C, 0x09860D725FEB0B59,
    0x518633CCD7304FB8, 0x46CE39311328ECD7, 0x679E58A586583996, 0x27DA6C87729D4360,
    0x62B2327696964CE9, 0x119AF25DC73E5190, 0x37AA7871C1861E71, 0x02C552BFBE79308C,
    0x3E9A5878E4A38AD8, 0x4CF3B20D434CB3F0, 0x15D1C406B74BD90F, 0x0CBCE343B85EFC02,
    0x1C96A729391D0F0F, 0x098CF66609D9BC72, 0x54892A7295BDEA52, 0x40B31F1F4EE82137,
)
# fmt: on

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
    _drawn("shapes", _SHAPES, 400, 50, 100, stands_for="cifar10"),
    _drawn("pets", ("cat", "dog"), 800, 100, 200, stands_for="cats_dogs"),
    _drawn("garments", _CLOTHING, 250, 40, 60, stands_for="clothing"),
    _drawn("lands", _LANDS, 120, 30, 30, stands_for="mountain_forest"),
    DataSet(
        name="fire",
        class_names=_FIRE,
        splits=("train", "test"),
        counts={"train": _each(_FIRE, 760), "test": _each(_FIRE, 190)},
        terms="CC BY 4.0 as remembered from its page at Mendeley Data, not verified; the "
        "photographs were collected from the web",
        citation='A. Khan and B. Hassan, "Dataset for Forest Fire Detection", Mendeley Data, '
        "2020, doi:10.17632/gjmr63rz2r.1",
        homepage="https://data.mendeley.com/datasets/gjmr63rz2r/1",
        # Its owners publish a .rar, which Python cannot open: this is a copy.
        url="https://github.com/nimradev064/Forest-Fire-Classification/archive/HEAD.zip",
        max_bytes=500 * _MB,
        max_unpacked=1000 * _MB,
        notes="50 of its 380 test images share a photograph with the training part: 43 by a "
        "published list, 7 found here. 278 of its nofire images are crops of photographs "
        "of mountain_forest.",
        leaks=_test("fire", *_LEAKY_FIRE) + _test("nofire", *_LEAKY_NOFIRE),
        more_leaks=_test("fire", 229, 379, 390, 607, 864) + _test("nofire", 84, 774),
    ),
    DataSet(
        name="clothing",
        class_names=_CLOTHING,
        splits=("train", "validation", "test"),
        counts={
            "train": _in_order(241, 123, 455, 184, 468, 290, 198, 202, 112, 795),
            "validation": _in_order(32, 14, 49, 24, 49, 29, 26, 25, 12, 81),
            "test": _in_order(15, 12, 72, 38, 42, 26, 73, 30, 12, 52),
        },
        terms='CC0; its page says "This dataset can be freely used for any purpose"',
        citation="A. Grigorev, clothing-dataset-small, 2020",
        homepage="https://github.com/alexeygrigorev/clothing-dataset-small",
        url="https://github.com/alexeygrigorev/clothing-dataset-small/archive/refs/heads/master.zip",
        max_bytes=500 * _MB,
        max_unpacked=1000 * _MB,
        notes="Unbalanced: a training class has from 112 to 795 images.",
    ),
    DataSet(
        name="mountain_forest",
        class_names=_LANDS,
        splits=("train", "validation"),
        counts={
            "train": {"mountain": 252, "forest": 268},
            "validation": {"mountain": 122, "forest": 60},
        },
        terms="the repository states MIT; for the photographs nothing is stated",
        citation='A. Oliva and A. Torralba, "Modeling the shape of the scene: a holistic '
        'representation of the spatial envelope", IJCV 42, 2001',
        homepage="https://github.com/bloominstituteoftechnology/DS-Unit-4-Sprint-3-Deep-Learning",
        url="https://github.com/bloominstituteoftechnology/"
        "DS-Unit-4-Sprint-3-Deep-Learning/archive/HEAD.zip",
        max_bytes=500 * _MB,
        max_unpacked=1000 * _MB,
        notes="Validation is unbalanced, 122 to 60. 278 nofire images of fire are crops of "
        "its photographs: never use one set as unseen data for the other.",
    ),
    DataSet(
        name="cats_dogs",
        class_names=("cats", "dogs"),
        splits=("train", "test"),
        counts={
            "train": _each(("cats", "dogs"), 1000),
            "test": _each(("cats", "dogs"), 1000),
        },
        terms="those of Microsoft Research, in a file in the archive; not verified",
        citation='J. Elson, J. Douceur, J. Howell and J. Saul, "Asirra: a CAPTCHA that exploits '
        'interest-aligned manual image categorization", CCS 2007',
        homepage="https://www.microsoft.com/en-us/download/details.aspx?id=54765",
        url="https://download.microsoft.com/download/3/E/1/"
        "3E1C3F21-ECDB-4869-8368-6DEBA77B919F/kagglecatsanddogs_5340.zip",
        sha256="b7974bd00a84a99921f36ee4403f089853777b5ae8d151c76a86e64900334af9",
        max_bytes=900 * _MB,
        max_unpacked=1200 * _MB,
        notes="The archive has 25,000 images and no split; every fifth by number becomes "
        "test. The recorded runs read 1,000 a class and split. A few files of the "
        "archive are no images.",
        rules=("every fifth is test",),
    ),
    DataSet(
        name="cifar10",
        class_names=_CIFAR10,
        splits=("train", "test"),
        counts={"train": _each(_CIFAR10, 1000), "test": _each(_CIFAR10, 200)},
        terms="its page states none and asks to cite the report",
        citation='A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009',
        homepage="https://www.cs.toronto.edu/~kriz/cifar.html",
        # The binary version: the Python one is a pickle, and opening it runs code.
        url="https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        sha256="c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        max_bytes=200 * _MB,
        max_unpacked=400 * _MB,
        notes="The archive has 5,000 training and 1,000 test images a class; the recorded runs "
        "read 1,000 and 200 of them, from JPEG copies.",
        rules=("cifar",),
    ),
    DataSet(
        name="sunsets",
        class_names=_FIRE,
        splits=("test",),
        counts={"test": {"nofire": 36}},
        terms="its repository states no licence: for looking and measuring, not for passing on",
        citation="Forest_Fire_Detection, repository of Aashish-gt, 2025",
        homepage="https://github.com/Aashish-gt/Forest_Fire_Detection",
        url="https://github.com/Aashish-gt/Forest_Fire_Detection/archive/HEAD.zip",
        max_bytes=500 * _MB,
        max_unpacked=1000 * _MB,
        notes="Sunsets and alpenglow, chosen by hand because colour alone calls two of three "
        "of them fire. For evaluation only: trained on, they measure nothing any more.",
        evaluation_only=True,
        looks=_SUNSETS,
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


def stand_in(name: str) -> str | None:
    """Name of the embedded set that is read where a set of photographs is missing.

    Examples
    --------
    >>> stand_in("cifar10"), stand_in("fire")
    ('shapes', None)
    """
    for dataset in SETS.values():
        if dataset.stands_for == name:
            return dataset.name
    return None


def home() -> Path:
    """Folder that holds the data sets: ``FIRE_COURSE_DATA``, else ``datasets`` here."""
    return Path(os.environ.get("FIRE_COURSE_DATA") or "datasets")


def place() -> Path:
    """Folder that embedded sets are rendered into: `home`, else ``datasets`` here.

    A folder of photographs may well be read-only; `locate` looks in both.
    """
    existing = home().absolute()
    while not existing.exists():
        existing = existing.parent
    return home() if os.access(existing, os.W_OK) else Path("datasets")


def locate(name: str) -> Path | None:
    """Find the folder of a set: in ``FIRE_COURSE_DATA``, else in ``datasets`` here, else None."""
    for base in (home(), Path("datasets")):
        folder = base / name
        if folder.is_dir() and any(p.is_dir() for p in folder.iterdir()):
            return folder
    return None
