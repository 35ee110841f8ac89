"""List the images of a folder by split and class, without opening one."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fire_course.data import registry

SPLITS = ("train", "validation", "test")
#: Names of folders that mean a split, whatever their case.
SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "test": "test",
    "testing": "test",
}
#: The name that :func:`scan` gives to the images of a folder without splits.
WHOLE = "all"
#: Endings of the formats that `images.open_image` opens. What a file really
#: holds is decided by its content; the ending only says that it means to be one.
SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"}
)
#: Folders beside the classes that hold no class.
_NOT_CLASSES = frozenset({"masks", "__macosx", "logs", "metadata"})
_NOT_FILES = frozenset({"thumbs.db", "desktop.ini"})
_NOFIRE = frozenset(
    {
        "nofire",
        "no_fire",
        "non_fire",
        "no-fire",
        "non-fire",
        "no fire",
        "non fire",
        "notfire",
    }
)


class DataError(ValueError):
    """A folder cannot serve as data; the message says why and what to do."""


@dataclass(frozen=True)
class Item:
    """One image file: its path, its class as a number, and its category if it has one."""

    path: Path
    label: int
    category: str | None = None


@dataclass(frozen=True)
class Listing:
    """What a folder holds, before a single image is opened.

    Attributes
    ----------
    root : Path
    class_names : tuple of str
        ``class_names[item.label]`` is the class of an item.
    splits : dict
        Split name to its items, sorted by path. A folder without splits has the
        one key ``"all"``.
    strangers : tuple of Path
        Files in class folders whose ending is that of no image format.
    order : str
        Where the order of the classes comes from: "given", "fire", "registry"
        or "alphabet".
    """

    root: Path
    class_names: tuple[str, ...]
    splits: dict[str, tuple[Item, ...]]
    strangers: tuple[Path, ...] = ()
    order: str = "alphabet"
    folders: dict[str, Path] = field(default_factory=dict)
    empty: tuple[Path, ...] = ()

    def counts(self) -> dict[str, dict[str, int]]:
        """Count the images of each class in each split."""
        table = {}
        for split, items in self.splits.items():
            seen = Counter(item.label for item in items)
            table[split] = {name: seen[i] for i, name in enumerate(self.class_names)}
        return table


def scan(
    folder: str | os.PathLike[str],
    *,
    classes: Sequence[str] | None = None,
    allow_empty: bool = False,
) -> Listing:
    """List the images of a folder by split and class, without opening them.

    Parameters
    ----------
    folder : path
        Laid out as ``split/class/image`` or ``class/image``. Splits are called
        train (training), validation (valid, val) and test (testing) in any
        case. Hidden files, and folders such as ``masks``, are passed over.
    classes : sequence of str, optional
        Class folders in the order of their labels. Without it, fire / nofire
        (also "no_fire", "non_fire", any case) become ``("nofire", "fire")``, the
        classes of a known set come in that set's order, and all others in
        alphabetical order. Folders of other names are passed over.
    allow_empty : bool
        Whether a class folder may have no image.

    Returns
    -------
    Listing

    Raises
    ------
    DataError
        If the folder is missing, has no classes, or a class has no image.

    Examples
    --------
    >>> import tempfile
    >>> root = Path(tempfile.mkdtemp())
    >>> for name in ("train/Fire/a.jpg", "train/non_fire/b.png"):
    ...     (root / name).parent.mkdir(parents=True)
    ...     (root / name).touch()
    >>> scan(root).class_names
    ('nofire', 'fire')
    """
    root = Path(folder)
    if not root.is_dir():
        what = "is a file, not a folder" if root.exists() else "does not exist"
        raise DataError(
            f"{root} {what}: give a folder laid out as split/class/image or class/image"
        )
    split_folders: dict[str, Path] = {}
    for sub in _folders(root):
        split = SPLIT_NAMES.get(sub.name.casefold())
        if split and split in split_folders:
            raise DataError(
                f"{root} has two folders for the split {split}, {split_folders[split].name!r} and "
                f"{sub.name!r}: keep one of them"
            )
        if split:
            split_folders[split] = sub
    ordered = {s: split_folders[s] for s in SPLITS if s in split_folders} or {
        WHOLE: root
    }

    found = {split: _class_folders(path, classes) for split, path in ordered.items()}
    if not any(found.values()):
        raise DataError(
            f"{root} has no class folders with images: lay it out as split/class/image or "
            "class/image, one folder a class"
        )
    class_names, label_of, order = _name_classes(found, classes, root)

    categories = _read_categories(root)
    strangers: list[Path] = []
    empty: list[Path] = []
    files: dict[str, tuple[Item, ...]] = {}
    for split, subs in found.items():
        items: list[Item] = []
        for sub in subs:
            images, others = _files(sub)
            strangers += others
            if not images:
                empty.append(sub)
            if not images and not allow_empty:
                raise DataError(
                    f"the class folder {sub} has no images: put some there, or remove the folder"
                )
            items += [
                Item(p, label_of[sub.name], categories.get(_key(root, p)))
                for p in images
            ]
        files[split] = tuple(sorted(items, key=lambda item: item.path.as_posix()))
    return Listing(
        root, class_names, files, tuple(strangers), order, ordered, tuple(empty)
    )


def _folders(root: Path) -> list[Path]:
    try:
        return sorted(
            p for p in root.iterdir() if p.is_dir() and not p.name.startswith(".")
        )
    except OSError as error:
        raise DataError(
            f"{root} cannot be read ({error.strerror}): check its permissions"
        ) from None


def _class_folders(root: Path, classes: Sequence[str] | None) -> list[Path]:
    subs = [p for p in _folders(root) if p.name.casefold() not in _NOT_CLASSES]
    if classes is not None:
        wanted = {_class_key(name) for name in classes}
        return [p for p in subs if _class_key(p.name) in wanted]
    # A folder of folders is no class: it is a layout that we do not know.
    return [p for p in subs if any(_files(p)) or not _folders(p)]


def _files(folder: Path) -> tuple[list[Path], list[Path]]:
    images: list[Path] = []
    others: list[Path] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if (
                entry.name.startswith(".")
                or entry.name.casefold() in _NOT_FILES
                or entry.is_dir()
            ):
                continue
            path = Path(entry.path)
            (images if path.suffix.casefold() in SUFFIXES else others).append(path)
    return sorted(images), sorted(others)


def _class_key(name: str) -> str:
    folded = name.casefold()
    return "nofire" if folded in _NOFIRE else folded


def _name_classes(
    found: Mapping[str, Sequence[Path]], classes: Sequence[str] | None, root: Path
) -> tuple[tuple[str, ...], dict[str, int], str]:
    """Decide the order of the classes; return names, folder name to label, and whose order."""
    for subs in found.values():
        seen: dict[str, Path] = {}
        for sub in subs:
            other = seen.setdefault(_class_key(sub.name), sub)
            if other != sub:
                raise DataError(
                    f"{other} and {sub} are two folders for one class: merge them"
                )
    # The first spelling met names the class: Fire/ in train and fire/ in test are one.
    spelling: dict[str, str] = {}
    for subs in found.values():
        for sub in subs:
            spelling.setdefault(_class_key(sub.name), sub.name)
    if classes is not None:
        names, order = tuple(classes), "given"
    elif set(spelling) <= {"nofire", "fire"}:
        names, order = ("nofire", "fire"), "fire"
    else:
        known = [
            s.class_names
            for s in registry.SETS.values()
            if set(spelling) == set(s.class_names)
        ]
        if known:
            names, order = known[0], "registry"
        else:
            names, order = tuple(spelling[key] for key in sorted(spelling)), "alphabet"
    index = {_class_key(name): i for i, name in enumerate(names)}
    return (
        names,
        {
            sub.name: index[_class_key(sub.name)]
            for subs in found.values()
            for sub in subs
        },
        order,
    )


def _key(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def _read_categories(root: Path) -> dict[str, str]:
    """Read the category of each image, if the folder has a table of them."""
    table = root / "metadata.csv"
    if not table.is_file():
        return {}
    with table.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        if not {"path", "category"} <= set(rows.fieldnames or ()):
            return {}  # someone's own table, about something else
        return {
            row["path"].replace("\\", "/"): row["category"]
            for row in rows
            if row["path"] and row["category"]
        }
