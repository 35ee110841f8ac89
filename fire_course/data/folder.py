"""Read a folder of images as training, validation and test data.

A folder is ``split/class/image`` or ``class/image``. Every file is decoded by
Pillow, never by TensorFlow, because TensorFlow's own loader skips WebP in
silence and lets one bad file end an epoch: here a bad file is left out and
named, and the others are read.
"""

from __future__ import annotations

import os
import threading
import warnings
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fire_course.data import registry, similar
from fire_course.data.listing import (
    SPLITS,
    SUFFIXES,
    WHOLE,
    DataError,
    Item,
    Listing,
    scan,
)
from fire_course.images import ImageError, open_image

if TYPE_CHECKING:
    import tensorflow as tf

__all__ = [
    "SPLITS",
    "SUFFIXES",
    "WHOLE",
    "DataError",
    "Item",
    "Listing",
    "Splits",
    "load",
    "scan",
    "split_by_group",
]

Progress = Callable[[int, int], None]
Problems = list[tuple[Path, str]]

_LEAKS = "leaky_test_images.txt"


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
        order, as arrays so do the training data; a training dataset is shuffled
        anew in each epoch.
    problems : list of (Path, str)
        Files that were left out, and why. Without a cache, files are first
        opened in the first epoch, and the list grows then.
    notes : list of str
        What `load` decided by itself, in sentences.
    """

    train: Any
    validation: Any
    test: Any
    class_names: tuple[str, ...]
    source: str
    listing: Listing
    problems: Problems = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


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
    crops: bool | None = None,
    progress: Progress | None = None,
) -> Splits:
    """Read a data set by name, or any folder of images.

    Parameters
    ----------
    source : str or path
        An existing folder, or the name of a set of the registry: the folder of
        that name in the data home (`registry.home`). An embedded set that is not
        there yet is rendered into the data home first. Where the photographs of
        a set are missing, the embedded set that stands for them is read, with
        the class names of that set, and `Splits.notes` says so.
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
    leaks : "drop", "drop-all" or "keep"
        Leave out the test images that the set itself lists as leaks
        (``leaky_test_images.txt`` in its folder); also those that this project
        found besides (`DataSet.more_leaks`); or none.
    crops : bool, optional
        Whether photographs that are parts of one photograph stay together when
        the validation part is cut out, not only copies. Unless said otherwise
        they do, in sets of up to 5,000 training photographs.
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
    if leaks not in ("drop", "drop-all", "keep"):
        raise ValueError(f"leaks is {leaks!r}: it is 'drop', 'drop-all' or 'keep'")
    notes: list[str] = []
    folder, dataset, embedded = _resolve(source, notes, progress)
    listing = scan(folder, classes=classes)
    if embedded and dataset and not _renderer(dataset.name).is_current(folder):
        notes.append(
            f"{folder} was drawn by another version of the renderer: "
            f"`fire-course data make {dataset.name}` draws it anew"
        )
    if listing.order == "alphabet":
        notes.append(f"classes in alphabetical order: {', '.join(listing.class_names)}")
    splits: dict[str, Sequence[Item]] = {**listing.splits}
    if dataset is not None and dataset.evaluation_only:
        splits = {"test": [item for items in splits.values() for item in items]}
        notes.append(f"{dataset.name} is for evaluation only: all of it is test data")
    elif WHOLE in splits:
        splits = {"test" if allow_one_class else "train": splits[WHOLE]}
    if leaks != "keep" and "test" in splits:
        splits["test"] = _without_leaks(splits["test"], folder, dataset, leaks, notes)
    cut = validation > 0 and "train" in splits and "validation" not in splits
    if not wanted & (set(splits) | ({"validation"} if cut else set())):
        names = " or ".join(name for name in SPLITS if name in wanted)
        there = ", ".join(splits)
        raise DataError(
            f"{folder} has no {names} split, only {there}: read that, or add one"
        )
    if not allow_one_class:
        _check_classes(splits, listing)

    problems: Problems = [
        (path, "has a name that ends like no image format's")
        for path in listing.strangers
        if not dataset or not dataset.embedded
    ]
    cut = cut and bool(wanted & {"train", "validation"})
    if limit is not None:
        splits = _limit(splits, limit, validation if cut else 0.0, seed)
    if cut:
        many = len(splits["train"]) > similar.MANY
        if crops is None and many:
            notes.append(
                f"more than {similar.MANY:,} photographs: not searched for crops"
            )
        by_crops = not many if crops is None else crops
        _cut_validation(splits, validation, seed, by_crops, problems, notes, progress)
    splits = {
        split: splits[split] for split in SPLITS if split in splits and split in wanted
    }

    cache = _fits(splits, image_size, cache, arrays, folder, notes)
    count = _Count(progress, sum(map(len, splits.values())))
    data: dict[str, Any] = {}
    read: dict[str, tuple[Item, ...]] = {}
    reader = _Reader(image_size, problems)
    for split, items in splits.items():
        shuffle = seed if split == "train" else None
        x = None
        if arrays or cache:
            x, items = _decode_all(items, image_size, count, problems)
        read[split] = tuple(items)
        y = _labels([item.label for item in items], len(listing.class_names))
        if x is None:
            data[split] = _dataset_from_files(items, y, reader, batch_size, shuffle)
        elif arrays:
            data[split] = x, y
        else:
            data[split] = _dataset_in_memory(x, y, batch_size, shuffle)
    if not any(read.values()):
        raise DataError(f"{folder} has no readable image: check what its files are")
    listing = replace(listing, splits=read)
    if not allow_one_class:
        _check_classes(read, listing)
    if problems:
        path, reason = problems[0]
        more = f", and {len(problems) - 1} more files" if len(problems) > 1 else ""
        warnings.warn(f"left out {path}: {reason}{more}", stacklevel=2)
    return Splits(
        train=data.get("train"),
        validation=data.get("validation"),
        test=data.get("test"),
        class_names=listing.class_names,
        source="embedded" if embedded else str(folder),
        listing=listing,
        problems=problems,
        notes=notes,
    )


def _check_splits(only: Iterable[str]) -> set[str]:
    wanted = {only} if isinstance(only, str) else set(only)
    if not wanted or wanted - set(SPLITS):
        raise ValueError(
            f"only is {sorted(wanted)}: name one or more of {', '.join(SPLITS)}"
        )
    return wanted


def _resolve(
    source: str | os.PathLike[str], notes: list[str], progress: Progress | None
) -> tuple[Path, registry.DataSet | None, bool]:
    """Find the folder of a data set; an embedded one is rendered if it is not there."""
    path = Path(source)
    if path.is_dir():
        return path, registry.SETS.get(path.resolve().name), False
    name = os.fspath(source)
    if path.exists() or len(path.parts) > 1:
        return path, None, False  # scan says what is wrong with it
    try:
        dataset = registry.get(name)
    except KeyError as error:
        raise DataError(
            f"{name!r} is neither a folder nor a known set: {error.args[0]}"
        ) from None
    folder = registry.locate(name)
    if not dataset.embedded:
        if folder is not None:
            return folder, dataset, False
        stand_in = registry.stand_in(name)
        if stand_in is None:
            raise DataError(
                f"the set {name} is not in {registry.home()}: run `fire-course data get {name}`, "
                "or point FIRE_COURSE_DATA at a folder that has it"
            )
        notes.append(
            f"the photographs of {name} are not in {registry.home()}: these are the drawn "
            f"pictures of {stand_in}, which stand for them"
        )
        name, dataset = stand_in, registry.get(stand_in)
        folder = registry.locate(name)
    if folder is None:
        folder = registry.place() / name
        _renderer(name).make(folder, progress=progress)
    return folder, dataset, True


def _renderer(name: str) -> Any:
    return import_module(f"fire_course.data.render.{name}")


def _without_leaks(
    items: Sequence[Item],
    folder: Path,
    dataset: registry.DataSet | None,
    leaks: str,
    notes: list[str],
) -> Sequence[Item]:
    file = folder / _LEAKS
    named: set[str] = set()
    if file.is_file():
        lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
        named = {line for line in lines if line and not line.startswith("#")}
        # A line may start with the name of the set, as in fire/test/fire/fire_0002.jpg.
        named |= {line.partition("/")[2] for line in named}
    where = f"{_LEAKS} lists"
    if leaks == "drop-all" and dataset is not None:
        named |= set(dataset.more_leaks)
        where = "are known"
    kept = [
        item for item in items if item.path.relative_to(folder).as_posix() not in named
    ]
    if len(kept) < len(items):
        left = len(items) - len(kept)
        notes.append(f"left out {left} test images that {where} as leaks")
    return kept


def _check_classes(splits: Mapping[str, Sequence[Item]], listing: Listing) -> None:
    if "train" not in splits:
        return
    present = {item.label for item in splits["train"]}
    names = listing.class_names
    if len(present) == 1:
        (label,) = present
        raise DataError(
            f"the training data of {listing.root} have one class only, {names[label]!r}: "
            "a network needs two or more to tell apart"
        )
    for label, name in enumerate(names):
        if label not in present:
            raise DataError(
                f"the training data of {listing.root} have no readable image of the class "
                f"{name!r}: add some, or leave the class out"
            )


def _cut_validation(
    splits: dict[str, Sequence[Item]],
    fraction: float,
    seed: int,
    crops: bool,
    problems: Problems,
    notes: list[str],
    progress: Progress | None,
) -> None:
    """Move a part of train to validation; photographs of one group stay together."""
    train = splits["train"]
    found = similar.search(
        [item.path for item in train], crops=crops, progress=progress
    )
    problems += found.problems
    bad = {path for path, _ in found.problems}
    readable = [i for i, item in enumerate(train) if item.path not in bad]
    rest, held = split_by_group(
        [int(found.group[i]) for i in readable],
        fraction,
        labels=[train[i].label for i in readable],
        seed=seed,
    )
    splits["train"] = [train[readable[i]] for i in rest]
    splits["validation"] = [train[readable[i]] for i in held]
    notes.append(
        f"cut {len(held)} of {len(readable)} training images out for validation"
    )


def _limit(
    splits: Mapping[str, Sequence[Item]], limit: int, validation: float, seed: int
) -> dict[str, Sequence[Item]]:
    """Keep `limit` images a class and split; more of train, if validation is yet to be cut."""
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


def _fits(
    splits: Mapping[str, Sequence[Item]],
    size: int,
    cache: bool,
    arrays: bool,
    folder: Path,
    notes: list[str],
) -> bool:
    """Whether to keep decoded images in memory."""
    need = sum(map(len, splits.values())) * size * size * 3
    memory = _memory()
    if memory is None or need <= memory // 2:
        return cache
    gigabytes = f"{need / 1e9:.1f} of {memory / 1e9:.1f} GB of memory"
    if arrays:
        raise DataError(
            f"{folder} would take {gigabytes} at {size} pixels: use a smaller image_size, "
            "a limit, or arrays=False"
        )
    if cache:
        notes.append(
            f"not cached, as that would take {gigabytes}: decoded in each epoch"
        )
    return False


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
    items: Sequence[Item], size: int, count: _Count, problems: Problems
) -> tuple[NDArray[np.uint8], list[Item]]:
    """Decode files in parallel; Pillow lets go of Python's lock while it decodes."""
    x = np.empty((len(items), size, size, 3), np.uint8)

    def read(i: int) -> str | None:
        image, reason = _read(items[i].path, size)
        if image is not None:
            x[i] = image
        return reason

    kept = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for i, reason in enumerate(pool.map(read, range(len(items)))):
            count.step()
            if reason is None:
                kept.append(i)
            else:
                problems.append((items[i].path, reason))
    if len(kept) < len(items):
        x = x[kept]
    return x, [items[i] for i in kept]


def _read(path: str | Path, size: int) -> tuple[NDArray[np.uint8] | None, str | None]:
    """One image, or why not."""
    try:
        return open_image(path, size=size), None
    except ImageError as error:
        return None, error.reason
    except OSError as error:
        return None, f"cannot be read ({error.strerror or error})"


class _Reader:
    """Decode for tf.data, and remember the files that cannot be read."""

    def __init__(self, size: int, problems: Problems) -> None:
        self.size, self.problems = size, problems
        self._bad: set[str] = set()
        self._lock = threading.Lock()

    def __call__(self, path: bytes) -> tuple[NDArray[np.uint8], bool]:
        name = os.fsdecode(path)
        image, reason = _read(name, self.size)
        if image is not None:
            return image, True
        with self._lock:
            if name not in self._bad:
                self._bad.add(name)
                self.problems.append((Path(name), str(reason)))
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
    items: Sequence[Item],
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

    paths = [str(item.path) for item in items]
    files = tf.data.Dataset.from_tensor_slices((paths, y))
    if seed is not None:
        files = files.shuffle(
            max(len(paths), 1), seed=seed, reshuffle_each_iteration=True
        )
    images = files.map(decode, num_parallel_calls=tf.data.AUTOTUNE)
    images = images.filter(lambda image, label, good: good)
    images = images.map(lambda image, label, good: (image, label))
    return images.batch(batch_size).prefetch(tf.data.AUTOTUNE)
