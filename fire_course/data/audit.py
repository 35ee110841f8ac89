"""Say what is wrong with a folder of images, as a table.

==================  ==========================================================
corrupt             a file that cannot be opened whole: empty, truncated, text
wrong-type          an image of another format than its name says, or of a
                    format that is not read
stranger            a file in a class folder that is not named like an image
empty-class         a class folder without images
one-class           a split with one class only
imbalance           a class with less than half of another's images
exact-duplicate     the same bytes twice in a split
near-duplicate      the same photograph twice in a split
crop                two parts of one photograph in a split
leak                the same photograph, or parts of one, in two splits
label-conflict      the same photograph in two classes
==================  ==========================================================
"""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fire_course.data import similar
from fire_course.data.listing import Item, Listing, scan
from fire_course.files import atomic_write
from fire_course.images import ImageError, image_facts

Progress = Callable[[int, int], None]

#: Every kind of finding, the worst first.
KINDS = (
    "leak",
    "label-conflict",
    "corrupt",
    "wrong-type",
    "empty-class",
    "one-class",
    "imbalance",
    "exact-duplicate",
    "near-duplicate",
    "crop",
    "stranger",
)
# A class with less than this share of the largest one's images is reported:
# from there on accuracy begins to hide that a class is never predicted.
_BALANCE = 0.5

near_duplicate_groups = similar.groups


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    path : Path
        The file or folder, relative to the audited folder.
    other : Path or None
        The second photograph, if the finding is about two.
    detail : str
        What is wrong, in words.
    """

    kind: str
    path: Path
    other: Path | None
    detail: str


@dataclass(frozen=True)
class Audit:
    """Result of `audit`.

    Attributes
    ----------
    root : Path
    rows : tuple of Finding
        The worst kinds first, then by path.
    images : dict
        Split to class to number of images, readable or not.
    crops : bool
        Whether parts of one photograph were searched for.
    """

    root: Path
    rows: tuple[Finding, ...]
    images: dict[str, dict[str, int]]
    crops: bool

    @property
    def counts(self) -> dict[str, int]:
        """Number of findings of each kind that was found."""
        seen = Counter(row.kind for row in self.rows)
        return {kind: seen[kind] for kind in KINDS if seen[kind]}

    def leaking(self, split: str = "test") -> tuple[Path, ...]:
        """Images of `split` that share a photograph with another split.

        Parameters
        ----------
        split : str
            As in the listing: "train", "validation" or "test".

        Returns
        -------
        tuple of Path
            Relative to the audited folder, sorted.
        """
        names: set[Path] = set()
        for row in self.rows:
            if row.kind == "leak" and row.other is not None:
                names |= {
                    path for path in (row.path, row.other) if path.parts[0] == split
                }
        return tuple(sorted(names))

    def summary(self) -> str:
        """Say in a few lines what was found."""
        total = sum(sum(table.values()) for table in self.images.values())
        head = f"{total:,} images in {len(self.images)} split{'s'[: len(self.images) != 1]}"
        searched = "" if self.crops else " (crops were not searched for)"
        if not self.rows:
            return f"{head}: nothing wrong found{searched}"
        found = ", ".join(f"{count:,} {kind}" for kind, count in self.counts.items())
        return f"{head}: {found}{searched}"

    def write_csv(self, path: str | os.PathLike[str]) -> None:
        """Write the findings as a table with the columns kind, path, other, detail.

        Parameters
        ----------
        path : path
            Written whole or not at all.

        Raises
        ------
        FileError
            If it cannot be written.
        """
        with (
            atomic_write(path) as temporary,
            temporary.open("w", newline="", encoding="utf-8") as file,
        ):
            table = csv.writer(file, lineterminator="\n")
            table.writerow(["kind", "path", "other", "detail"])
            for row in self.rows:
                other = "" if row.other is None else row.other.as_posix()
                cells = [row.kind, row.path.as_posix(), other, row.detail]
                table.writerow([_harmless(cell) for cell in cells])


def audit(
    folder: str | os.PathLike[str],
    *,
    classes: Sequence[str] | None = None,
    crops: bool | None = None,
    progress: Progress | None = None,
) -> Audit:
    """Look for what makes a folder of images untrustworthy.

    Parameters
    ----------
    folder : path
        Laid out as ``split/class/image`` or ``class/image``.
    classes : sequence of str, optional
        As for `folder.scan`.
    crops : bool, optional
        Also look for parts of one photograph, which takes most of the time: some
        40 ms a photograph on one core, against 3 for the rest. Unless said
        otherwise this is done for up to 5,000 images.
    progress : callable, optional
        Called as ``progress(done, total)``.

    Returns
    -------
    Audit

    Raises
    ------
    DataError
        If the folder is missing or has no classes.

    Notes
    -----
    How many crops are found, and what is not: see `similar.search`. A folder
    without findings is not proved clean.
    """
    listing = scan(folder, classes=classes, allow_empty=True)
    rows = [
        Finding(
            "stranger", _inside(path, listing.root), None, "is not named like an image"
        )
        for path in listing.strangers
    ]
    rows += _classes(listing)
    items = [(split, item) for split, items in listing.splits.items() for item in items]
    rows += [finding for _, item in items for finding in _type(item, listing.root)]
    if crops is None:
        crops = len(items) <= similar.MANY
    likeness = similar.search(
        [item.path for _, item in items], crops=crops, progress=progress
    )
    known = {row.path for row in rows if row.kind == "wrong-type"}
    for path, reason in likeness.problems:
        inside = _inside(path, listing.root)
        if inside not in known:
            rows.append(Finding("corrupt", inside, None, reason))
    rows += [_pair(pair, items, listing) for pair in likeness.pairs]
    rank = {kind: i for i, kind in enumerate(KINDS)}
    rows.sort(
        key=lambda row: (rank[row.kind], row.path.as_posix(), str(row.other or ""))
    )
    return Audit(listing.root, tuple(rows), listing.counts(), crops)


def _inside(path: Path, root: Path) -> Path:
    return path.relative_to(root)


def _harmless(cell: str) -> str:
    """Keep a spreadsheet from running a file name as a formula."""
    return "'" + cell if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def _classes(listing: Listing) -> list[Finding]:
    rows = []
    for split, table in listing.counts().items():
        where = Path("." if split not in ("train", "validation", "test") else split)
        present = {name: count for name, count in table.items() if count}
        for path in listing.empty:
            if _split_of(path, listing) == split:
                rows.append(
                    Finding(
                        "empty-class", _inside(path, listing.root), None, "no images"
                    )
                )
        if len(present) == 1:
            (name,) = present
            detail = f"all {present[name]:,} images are {name!r}"
            rows.append(Finding("one-class", where, None, detail))
        elif present and min(present.values()) < _BALANCE * max(present.values()):
            rare, common = (
                min(present, key=present.__getitem__),
                max(present, key=present.__getitem__),
            )
            detail = (
                f"{present[rare]:,} images of {rare!r} but {present[common]:,} of {common!r}: "
                f"always answering {common!r} would be right in "
                f"{present[common] / sum(present.values()):.0%}"
            )
            rows.append(Finding("imbalance", where, None, detail))
    return rows


def _split_of(path: Path, listing: Listing) -> str:
    for split, folder in listing.folders.items():
        if path.is_relative_to(folder):
            return split
    return ""


# What Pillow calls a format, by the ending of a name.
_FORMAT_OF = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".jpe": "JPEG",
    ".jfif": "JPEG",
    ".png": "PNG",
    ".webp": "WEBP",
    ".bmp": "BMP",
    ".gif": "GIF",
    ".tif": "TIFF",
    ".tiff": "TIFF",
}


def _type(item: Item, root: Path) -> list[Finding]:
    try:
        facts = image_facts(item.path)
    except (ImageError, OSError):
        return []  # reported as corrupt, with the reason, when it is read whole
    meant = _FORMAT_OF[item.path.suffix.casefold()]
    # MPO is a JPEG with further pictures behind it, as telephones write them.
    if facts.format in (meant, "MPO" if meant == "JPEG" else meant):
        return []
    detail = f"is {facts.format}, but named {item.path.suffix}"
    return [Finding("wrong-type", _inside(item.path, root), None, detail)]


def _pair(
    pair: similar.Pair, items: Sequence[tuple[str, Item]], listing: Listing
) -> Finding:
    (split, one), (other_split, other) = items[pair.first], items[pair.second]
    detail = pair.detail
    if split != other_split:
        kind = "leak"
        detail = f"{pair.kind}: {detail}"
    elif one.label != other.label:
        names = listing.class_names
        kind = "label-conflict"
        detail = (
            f"{names[one.label]!r} and {names[other.label]!r}; {pair.kind}: {detail}"
        )
    else:
        kind = {"exact": "exact-duplicate", "near": "near-duplicate", "crop": "crop"}[
            pair.kind
        ]
    root = listing.root
    return Finding(kind, _inside(one.path, root), _inside(other.path, root), detail)
