"""Read a folder of images as training, validation and test data.

A folder is ``split/class/image`` or ``class/image``. Every file is decoded by
Pillow, never by TensorFlow, because TensorFlow's own loader skips WebP in
silence and lets one bad file end an epoch: here a bad file is left out and
named, and the others are read.
"""

from __future__ import annotations

import csv
import os
import threading
import warnings
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fire_course.data import registry, similar
from fire_course.images import ImageError, open_image

if TYPE_CHECKING:
    import tensorflow as tf

Progress = Callable[[int, int], None]

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

    def counts(self) -> dict[str, dict[str, int]]:
        """Count the images of each class in each split."""
        table = {}
        for split, items in self.splits.items():
            seen = Counter(item.label for item in items)
            table[split] = {name: seen[i] for i, name in enumerate(self.class_names)}
        return table


@dataclass
class Splits:
    """Data ready for a network.

    Attributes
    ----------
    train, validation, test : tf.data.Dataset, (x, y) pair of arrays, or None
        Images are uint8 ``(N, height, width, 3)``; labels are float32 ``(N,)``
        for two classes and int32 ``(N,)`` for more.
    class_names : tuple of str
    source : str
        "embedded", or the folder the images were read from.
    listing : Listing
        The files behind each split, after the validation part was cut out and
        bad files were left out. The validation and test data come in this
        order; training data are shuffled anew in each epoch.
    problems : list of (Path, str)
        Files that were left out, and why.
    notes : list of str
        What `load` decided by itself, in sentences.
    """

    train: Any
    validation: Any
    test: Any
    class_names: tuple[str, ...]
    source: str
    listing: Listing
    problems: list[tuple[Path, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


# --- which files are there -------------------------------------------------


def scan(
    folder: str | os.PathLike[str], *, classes: Sequence[str] | None = None
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
        alphabetical order.

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
    files: dict[str, tuple[Item, ...]] = {}
    for split, subs in found.items():
        items: list[Item] = []
        for sub in subs:
            images, others = _files(sub)
            strangers += others
            if not images:
                raise DataError(
                    f"the class folder {sub} has no images: put some there, or remove the folder"
                )
            items += [
                Item(p, label_of[sub.name], categories.get(_key(root, p)))
                for p in images
            ]
        files[split] = tuple(sorted(items, key=lambda item: item.path.as_posix()))
    return Listing(root, class_names, files, tuple(strangers), order)


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
    table = root / "metadata.csv"
    if not table.is_file():
        return {}
    with table.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        missing = {"path", "category"} - set(rows.fieldnames or ())
        if missing:
            raise DataError(
                f"{table} has no column {sorted(missing)[0]!r}: it needs at least path, label and category"
            )
        return {
            row["path"].replace("\\", "/"): row["category"]
            for row in rows
            if row["category"]
        }


# --- splitting without sharing a photograph --------------------------------


def split_by_group(
    groups: Sequence[Hashable],
    fraction: float,
    *,
    labels: Sequence[int] | None = None,
    seed: int = 0,
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Split indices in two so that no group has members on both sides.

    Parameters
    ----------
    groups : sequence of hashable
        The group of each item, such as `similar.groups` gives it: items of one
        group show the same photograph.
    fraction : float
        Share of the items, of each class if `labels` is given, that goes to the
        second part.
    labels : sequence of int, optional
        Class of each item. A group with several classes counts for the class
        that most of its items have.
    seed : int

    Returns
    -------
    rest, cut : arrays of int
        Sorted indices. `cut` comes as near to `fraction` as whole groups allow
        and never takes the last group of a class from `rest`.

    Raises
    ------
    ValueError
        If `fraction` is not between 0 and 1, or the lengths differ.

    Examples
    --------
    >>> rest, cut = split_by_group(["a", "a", "b", "c", "d"], 0.4, seed=1)
    >>> set("aabcd"[i] for i in rest) & set("aabcd"[i] for i in cut)
    set()
    >>> len(rest), len(cut)
    (3, 2)
    """
    if not 0 < fraction < 1:
        raise ValueError(
            f"fraction is {fraction}, but a part of the data is between 0 and 1"
        )
    if labels is not None and len(labels) != len(groups):
        raise ValueError(
            f"there are {len(groups)} groups but {len(labels)} labels: give one of each an item"
        )
    members: dict[Hashable, list[int]] = {}
    for i, group in enumerate(groups):
        members.setdefault(group, []).append(i)
    by_class: dict[int, list[list[int]]] = {}
    for indices in members.values():
        label = (
            0
            if labels is None
            else Counter(labels[i] for i in indices).most_common(1)[0][0]
        )
        by_class.setdefault(label, []).append(indices)

    rng = np.random.default_rng(seed)
    cut: list[int] = []
    for label in sorted(by_class):
        parts = by_class[label]
        size = sum(map(len, parts))
        want = round(fraction * size)
        taken, left = 0, len(parts)
        for k in rng.permutation(len(parts)):
            # Take a group while that brings the count nearer to what is wanted.
            if left > 1 and abs(taken + len(parts[k]) - want) < abs(taken - want):
                cut += parts[k]
                taken += len(parts[k])
                left -= 1
    chosen = np.zeros(len(groups), bool)
    chosen[cut] = True
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


# --- reading ---------------------------------------------------------------


def load(
    source: str | os.PathLike[str],
    *,
    image_size: int = 250,
    batch_size: int = 32,
    seed: int = 0,
    validation: float = 0.2,
    classes: Sequence[str] | None = None,
    cache: bool = True,
    limit: int | None = None,
    arrays: bool = False,
    allow_one_class: bool = False,
    only: Iterable[str] = SPLITS,
    leaks: str = "drop",
    progress: Progress | None = None,
) -> Splits:
    """Read a data set by name, or any folder of images.

    Parameters
    ----------
    source : str or path
        An existing folder, or the name of a set of the registry: the folder of
        that name in the data home (`registry.home`). An embedded set that is not
        there yet is rendered into the data home first.
    image_size : int
        Photographs are squashed to this many pixels in height and width.
    batch_size : int
    seed : int
        Decides the validation part, the order of training and what `limit` takes.
    validation : float
        Share of the training data, of each class, to hold out if the set has no
        validation split; 0 holds out nothing. Photographs that show the same
        thing, copies or crops as far as `similar` finds them, stay together.
    classes : sequence of str, optional
        Class names in the order of their labels, as in `scan`.
    cache : bool
        Decode every image once, now, and keep it in memory (``image_size**2 * 3``
        bytes each). With False, or if that would take more than half of the
        memory, images are decoded anew in each epoch.
    limit : int, optional
        At most this many images a class and split.
    arrays : bool
        Give ``(x, y)`` NumPy arrays; TensorFlow is then not imported.
    allow_one_class : bool
        What evaluation asks for: one class is enough, and a folder without
        splits is all test. Without it a single class is an error, and a folder
        without splits is all training.
    only : iterable of str
        Splits to read; the others are None.
    leaks : "drop" or "keep"
        Whether test images that the set itself lists as leaks
        (``leaky_test_images.txt`` in its folder) are left out.
    progress : callable, optional
        Called as ``progress(done, total)`` while files are read.

    Returns
    -------
    Splits

    Raises
    ------
    DataError
        If the data are not there, or cannot serve.

    Warns
    -----
    UserWarning
        If files were left out because they are no readable images.
    """
    wanted = _check_splits(only)
    folder, dataset = _resolve(source, progress)
    listing = scan(folder, classes=classes)
    embedded = dataset is not None and dataset.embedded
    notes: list[str] = []
    if listing.order == "alphabet":
        notes.append(f"classes in alphabetical order: {', '.join(listing.class_names)}")
    splits: dict[str, Sequence[Item]] = {**listing.splits}
    if dataset is not None and dataset.evaluation_only:
        splits = {"test": [item for items in splits.values() for item in items]}
        notes.append(f"{dataset.name} is for evaluation only: all of it is test data")
        if not allow_one_class and "train" in wanted and only is not SPLITS:
            raise DataError(
                f"{dataset.name} is for evaluation only: train on another set"
            )
    elif WHOLE in splits:
        splits = {"test" if allow_one_class else "train": splits[WHOLE]}
    if leaks == "drop" and "test" in splits:
        named = _listed_leaks(folder)
        kept = [item for item in splits["test"] if _key(folder, item.path) not in named]
        if len(kept) < len(splits["test"]):
            notes.append(
                f"left out {len(splits['test']) - len(kept)} test images that {_LEAKS} lists as leaks"
            )
            splits["test"] = kept
    elif leaks not in ("drop", "keep"):
        raise ValueError(f"leaks is {leaks!r}: it is 'drop' or 'keep'")
    if not allow_one_class:
        _check_classes(splits, listing, folder)

    problems: list[tuple[Path, str]] = [
        (
            path,
            f"is not an image by its name: the endings read are {', '.join(sorted(SUFFIXES))}",
        )
        for path in listing.strangers
        if path.is_relative_to(folder)
    ]
    cut = validation > 0 and "train" in splits and "validation" not in splits
    cut = cut and bool({"train", "validation"} & wanted)
    if limit is not None:
        splits = _limit(splits, limit, validation if cut else 0.0, seed)
    if cut:
        train = splits["train"]
        found = similar.groups([item.path for item in train], progress=progress)
        problems += found.problems
        bad = {path for path, _ in found.problems}
        readable = [i for i, item in enumerate(train) if item.path not in bad]
        rest, held = split_by_group(
            [int(found.group[i]) for i in readable],
            validation,
            labels=[train[i].label for i in readable],
            seed=seed,
        )
        splits["train"] = [train[readable[i]] for i in rest]
        splits["validation"] = [train[readable[i]] for i in held]
        notes.append(
            f"cut {len(held)} of {len(readable)} training images out for validation"
        )
    splits = {
        split: splits[split] for split in SPLITS if split in splits and split in wanted
    }

    total = sum(map(len, splits.values()))
    need = total * image_size * image_size * 3
    memory = _memory()
    if memory is not None and need > memory // 2:
        gigabytes = f"{need / 1e9:.1f} GB of {memory / 1e9:.1f} GB of memory"
        if arrays:
            raise DataError(
                f"{folder} would take {gigabytes} at {image_size} px: use a smaller image_size, a limit, or arrays=False"
            )
        if cache:
            notes.append(
                f"not cached, as that would take {gigabytes}: images are decoded in each epoch"
            )
            cache = False

    data: dict[str, Any] = {}
    final: dict[str, tuple[Item, ...]] = {}
    if arrays or cache:
        count = _Count(progress, total)
        pixels = {}
        for split, items in splits.items():
            x, kept_items, bad_items = _decode_all(items, image_size, count)
            problems += bad_items
            pixels[split] = x
            final[split] = tuple(kept_items)
        for split, items in final.items():
            y = _labels([item.label for item in items], len(listing.class_names))
            data[split] = (
                (pixels[split], y)
                if arrays
                else _dataset_in_memory(
                    pixels[split], y, batch_size, seed if split == "train" else None
                )
            )
    else:
        reader = _Reader(image_size, problems)
        for split, items in splits.items():
            final[split] = tuple(items)
            y = _labels([item.label for item in items], len(listing.class_names))
            paths = [str(item.path) for item in items]
            data[split] = _dataset_from_files(
                paths, y, reader, batch_size, seed if split == "train" else None
            )
    if not allow_one_class:
        _check_classes(final, listing, folder)
    if not any(final.values()):
        raise DataError(
            f"{folder} has no readable image for {' or '.join(sorted(wanted))}"
        )
    if problems:
        path, reason = problems[0]
        more = f" and {len(problems) - 1} more" if len(problems) > 1 else ""
        warnings.warn(f"left out {path}: {reason}{more}", stacklevel=2)
    return Splits(
        train=data.get("train"),
        validation=data.get("validation"),
        test=data.get("test"),
        class_names=listing.class_names,
        source="embedded" if embedded else str(folder),
        listing=Listing(
            listing.root, listing.class_names, final, listing.strangers, listing.order
        ),
        problems=problems,
        notes=notes,
    )


_LEAKS = "leaky_test_images.txt"


def _check_splits(only: Iterable[str]) -> set[str]:
    wanted = {only} if isinstance(only, str) else set(only)
    unknown = wanted - set(SPLITS)
    if unknown or not wanted:
        raise ValueError(
            f"only is {sorted(wanted)}: name one or more of {', '.join(SPLITS)}"
        )
    return wanted


def _resolve(
    source: str | os.PathLike[str], progress: Progress | None
) -> tuple[Path, registry.DataSet | None]:
    """Find the folder of a data set; an embedded one is rendered if it is not there."""
    path = Path(source)
    if path.is_dir():
        return path, registry.SETS.get(path.resolve().name)
    name = os.fspath(source)
    if path.exists() or len(path.parts) > 1:
        return path, None  # scan says what is wrong with it
    try:
        dataset = registry.get(name)
    except KeyError as error:
        raise DataError(
            f"{name!r} is neither a folder nor a known set: {error.args[0]}"
        ) from None
    found = registry.locate(name)
    if found is not None:
        return found, dataset
    if not dataset.embedded:
        raise DataError(
            f"the set {name} is not in {registry.home()}: run `fire-course data get {name}`, or point "
            "FIRE_COURSE_DATA at a folder that has it"
        )
    from importlib import import_module

    folder = registry.home() / name
    scenes = import_module(f"fire_course.data.render.{name}")
    scenes.make(folder, progress=progress)
    return folder, dataset


def _listed_leaks(folder: Path) -> set[str]:
    """Read which test images a set lists as leaks, as paths relative to its folder."""
    file = folder / _LEAKS
    if not file.is_file():
        return set()
    lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
    # Lines may start with the name of the set, as in fire/test/fire/fire_0002.jpg.
    names = {line for line in lines if line and not line.startswith("#")}
    return names | {name.partition("/")[2] for name in names}


def _check_classes(
    splits: Mapping[str, Sequence[Item]], listing: Listing, folder: Path
) -> None:
    if "train" not in splits:
        return
    present = {item.label for item in splits["train"]}
    if len(present) == 1:
        (label,) = present
        raise DataError(
            f"the training data of {folder} have one class only, {listing.class_names[label]!r}: "
            "a network needs two or more to tell apart"
        )
    for label, name in enumerate(listing.class_names):
        if label not in present:
            raise DataError(
                f"the training data of {folder} have no readable image of the class {name!r}"
            )


def _limit(
    splits: Mapping[str, Sequence[Item]], limit: int, validation: float, seed: int
) -> dict[str, Sequence[Item]]:
    """Keep `limit` images a class and split; more of train, if validation is yet to be cut from it."""
    if limit < 1:
        raise ValueError(
            f"limit is {limit}: it is the number of images a class, at least 1"
        )
    kept: dict[str, Sequence[Item]] = {}
    for split, items in splits.items():
        most = limit
        if split == "train" and validation:
            most = int(np.ceil(limit / (1 - validation)))
        chosen: list[int] = []
        for label in sorted({item.label for item in items}):
            mine = [i for i, item in enumerate(items) if item.label == label]
            rng = np.random.default_rng([seed, label])
            chosen += [mine[k] for k in rng.permutation(len(mine))[:most]]
        kept[split] = [items[i] for i in sorted(chosen)]
    return kept


def _labels(labels: Sequence[int], classes: int) -> NDArray[Any]:
    # A sigmoid is compared with floats; sparse cross-entropy wants integers.
    return np.asarray(labels, np.float32 if classes == 2 else np.int32)


def _memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows has no sysconf
        return None


class _Count:
    """Add up progress over several loops."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self.progress, self.total, self.done = progress, total, 0

    def step(self) -> None:
        self.done += 1
        if self.progress is not None:
            self.progress(self.done, self.total)


def _decode_all(
    items: Sequence[Item], size: int, count: _Count
) -> tuple[NDArray[np.uint8], list[Item], list[tuple[Path, str]]]:
    """Decode files in parallel; Pillow lets go of Python's lock while it decodes."""
    x = np.empty((len(items), size, size, 3), np.uint8)

    def read(i: int) -> str | None:
        try:
            x[i] = open_image(items[i].path, size=size)
        except ImageError as error:
            return error.reason
        except OSError as error:
            return f"cannot be read ({error.strerror or error})"
        return None

    kept, problems = [], []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for i, reason in enumerate(pool.map(read, range(len(items)))):
            count.step()
            if reason is None:
                kept.append(i)
            else:
                problems.append((items[i].path, reason))
    if problems:
        x = x[kept]
    return x, [items[i] for i in kept], problems


class _Reader:
    """Decode for tf.data, and remember the files that cannot be read."""

    def __init__(self, size: int, problems: list[tuple[Path, str]]) -> None:
        self.size, self.problems = size, problems
        self._bad: set[str] = set()
        self._lock = threading.Lock()

    def __call__(self, path: bytes) -> tuple[NDArray[np.uint8], bool]:
        name = os.fsdecode(path)
        try:
            return open_image(name, size=self.size), True
        except (ImageError, OSError) as error:
            reason = getattr(error, "reason", None) or f"cannot be read ({error})"
        with self._lock:
            if name not in self._bad:
                self._bad.add(name)
                self.problems.append((Path(name), reason))
                warnings.warn(f"left out {name}: {reason}", stacklevel=2)
        return np.zeros((self.size, self.size, 3), np.uint8), False


def _tensorflow() -> Any:
    from fire_course import quiet

    return quiet.import_tensorflow()


def _dataset_in_memory(
    x: NDArray[np.uint8], y: NDArray[Any], batch_size: int, seed: int | None
) -> tf.data.Dataset:
    tf = _tensorflow()
    with tf.device("CPU"):
        images, labels = tf.constant(x), tf.constant(y)
    # Shuffling numbers instead of images makes a full shuffle free.
    order = tf.data.Dataset.range(len(x))
    if seed is not None:
        order = order.shuffle(max(len(x), 1), seed=seed, reshuffle_each_iteration=True)
    batches = order.batch(batch_size).map(
        lambda i: (tf.gather(images, i), tf.gather(labels, i)),
        num_parallel_calls=tf.data.AUTOTUNE,
    )
    return batches.prefetch(tf.data.AUTOTUNE)


def _dataset_from_files(
    paths: Sequence[str],
    y: NDArray[Any],
    reader: _Reader,
    batch_size: int,
    seed: int | None,
) -> tf.data.Dataset:
    tf = _tensorflow()
    size = reader.size

    def decode(path: Any, label: Any) -> Any:
        image, good = tf.numpy_function(reader, [path], (tf.uint8, tf.bool))
        image.set_shape((size, size, 3))
        good.set_shape(())
        return image, label, good

    files = tf.data.Dataset.from_tensor_slices((list(paths), y))
    if seed is not None:
        files = files.shuffle(
            max(len(paths), 1), seed=seed, reshuffle_each_iteration=True
        )
    images = files.map(decode, num_parallel_calls=tf.data.AUTOTUNE)
    images = images.filter(lambda image, label, good: good)
    images = images.map(lambda image, label, good: (image, label))
    return images.batch(batch_size).prefetch(tf.data.AUTOTUNE)
