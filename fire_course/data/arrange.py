"""Lay out an unpacked archive as split/class/image.

Every publisher has a layout of his own. What is common to most, folders named
after the classes inside folders named after the splits, is looked for anywhere
in the archive; what is not, stands in the rules of the set (`DataSet.rules`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from fire_course.data.listing import SPLIT_NAMES, SUFFIXES, WHOLE
from fire_course.data.registry import DataSet
from fire_course.data.unpack import UnpackError

_Plan = dict[tuple[str, str], list[Path]]  # split and class to files


def arrange(dataset: DataSet, tree: Path, folder: Path) -> None:
    """Move the images of a set from its unpacked archive into `folder`.

    Parameters
    ----------
    dataset : DataSet
    tree : Path
        The unpacked archive; its images are moved away.
    folder : Path
        Is made.

    Raises
    ------
    UnpackError
        If the archive does not hold the set.
    """
    if "cifar" in dataset.rules:
        _cifar(dataset, tree, folder)
        return
    plan = _best(dataset, tree)
    if plan is None:
        raise UnpackError(
            f"the archive of {dataset.name} has no folders for {', '.join(dataset.class_names)}: "
            f"its owners may have changed it, see {dataset.homepage}"
        )
    if dataset.looks:
        plan = {key: _alike(files, dataset.looks) for key, files in plan.items()}
    for (split, name), files in plan.items():
        for i, path in enumerate(files):
            part = split
            if split == WHOLE:
                part = dataset.splits[0]
                if "every fifth is test" in dataset.rules:
                    part = "test" if i % 5 == 0 else "train"
            target = folder / part / name / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            path.rename(target)
    if not folder.is_dir():
        raise UnpackError(f"the archive of {dataset.name} has none of its images")
    if dataset.leaks:
        text = "".join(f"{name}\n" for name in dataset.leaks)
        (folder / "leaky_test_images.txt").write_text(text, encoding="utf-8")


def _word(name: str) -> str:
    """Compare names as their owners may write them: Cat, cats, CATS."""
    return re.sub(r"[\s_-]", "", name.casefold()).removesuffix("s")


def _best(dataset: DataSet, tree: Path) -> _Plan | None:
    """The folder of the archive that holds most of the set."""
    best: _Plan | None = None
    for root, _, _ in os.walk(tree):
        plan = _plan(dataset, Path(root))
        if plan and (best is None or _size(plan) > _size(best)):
            best = plan
    return best


def _size(plan: _Plan) -> int:
    return sum(map(len, plan.values()))


def _plan(dataset: DataSet, root: Path) -> _Plan | None:
    splits = {SPLIT_NAMES.get(p.name.casefold()): p for p in _folders(root)}
    splits.pop(None, None)
    plan: _Plan = {}
    for split, folder in (splits or {WHOLE: root}).items():
        wanted = {_word(name): name for name in dataset.class_names}
        for sub in _folders(folder):
            name = wanted.get(_word(sub.name))
            if name is not None:
                files = [p for p in sub.iterdir() if p.suffix.casefold() in SUFFIXES]
                plan[str(split), name] = sorted(files, key=_by_number)
    needed = {name for table in dataset.counts.values() for name in table}
    plan = {key: files for key, files in plan.items() if key[1] in needed and files}
    return plan if {name for _, name in plan} == needed else None


def _folders(root: Path) -> list[Path]:
    return sorted(p for p in root.iterdir() if p.is_dir())


def _by_number(path: Path) -> tuple[int, str]:
    digits = re.search(r"\d+", path.stem)
    return int(digits[0]) if digits else -1, path.name


def _alike(files: list[Path], looks: tuple[int, ...]) -> list[Path]:
    """Keep the photographs whose perceptual hash is in the list."""
    from fire_course.images import ImageError, hamming, open_image, perceptual_hash

    kept = []
    for path in files:
        try:
            code = perceptual_hash(open_image(path))
        except ImageError:
            continue
        if int(hamming(code, np.array(looks, np.uint64)).min()) <= 8:
            kept.append(path)
    return kept


def _cifar(dataset: DataSet, tree: Path, folder: Path) -> None:
    """Write the records of CIFAR-10's binary version as PNG: nothing is lost."""
    from PIL import Image

    number = 0
    for split, path in _cifar_files(tree):
        data = np.fromfile(path, np.uint8)
        if not len(data) or len(data) % 3073:
            raise UnpackError(
                f"{path.name} is no file of CIFAR-10: its size is {len(data):,}"
            )
        records = data.reshape(-1, 3073)
        if records[:, 0].max() > 9:
            raise UnpackError(
                f"{path.name} is no file of CIFAR-10: it has a label above 9"
            )
        for record in records:
            target = folder / split / dataset.class_names[record[0]]
            target.mkdir(parents=True, exist_ok=True)
            image = record[1:].reshape(3, 32, 32).transpose(1, 2, 0)
            Image.fromarray(np.ascontiguousarray(image)).save(
                target / f"{number:05}.png"
            )
            number += 1
    if not number:
        raise UnpackError(
            f"the archive of {dataset.name} has no file named data_batch_1.bin"
        )


def _cifar_files(tree: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(tree.rglob("*.bin")):
        if re.fullmatch(r"data_batch_\d", path.stem):
            yield "train", path
        elif path.stem == "test_batch":
            yield "test", path
