"""Find photographs that show the same thing: copies, near-copies, crops.

Three kinds of likeness, each found by its own means:

- *exact*: the same bytes (SHA-256);
- *near*: the same photograph encoded, scaled or mirrored anew. A perceptual hash
  proposes the pairs and the pixels decide, since by the hash alone all trousers on
  a hanger look alike;
- *crop*: two parts of one photograph, by `crops`.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fire_course.data import crops as _crops
from fire_course.images import ImageError, hamming, open_image, perceptual_hash

Progress = Callable[[int, int], None]
PathLike = str | os.PathLike[str]

#: Bits, of 63, in which the hashes of a proposed pair may differ.
MAX_DISTANCE = 12
#: Correlation from which the pixels confirm a pair. On 10,400 real photographs
#: copies reach .98 and more, and the most alike of different ones .96.
CONFIRMED = 0.97
#: More photographs than this are searched for crops only if that is asked for:
#: each takes some 40 ms, and comparing them grows with the square.
MANY = 5000
# Part of the key under which results are kept: changed with the method.
_METHOD = "4"


class Pair(NamedTuple):
    """Two photographs that show the same thing.

    Attributes
    ----------
    first, second : int
        Positions in the sequence that was searched; `first` < `second`.
    kind : str
        "exact", "near" or "crop".
    detail : str
        What they have in common, in words.
    """

    first: int
    second: int
    kind: str
    detail: str


@dataclass
class Likeness:
    """What `search` found.

    Attributes
    ----------
    pairs : list of Pair
        One a pair of photographs, the strongest kind, by position.
    problems : list of (Path, str)
        Files that could not be read, and why.
    group : array of int
        Number of the group of each photograph: all that hang together by pairs.
        An unreadable file has a group of its own.
    """

    pairs: list[Pair]
    problems: list[tuple[Path, str]] = field(default_factory=list)
    group: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, np.intp))


def search(
    paths: Sequence[PathLike], *, crops: bool = True, progress: Progress | None = None
) -> Likeness:
    """Find photographs that show the same thing.

    Parameters
    ----------
    paths : sequence of path
    crops : bool
        Also find parts of one photograph. That takes some 40 ms a photograph
        on one core instead of 5; the result is kept in the user's cache folder
        (`cache_folder`) under the content of the files.
    progress : callable, optional
        Called as ``progress(done, total)``.

    Returns
    -------
    Likeness

    Notes
    -----
    Measured on the 1,900 photographs of the set `fire`, whose test part holds 43
    images listed as other crops of a training photograph: by hash 7 of them are
    found, with `crops` all 43, and 7 test images more that the list has not. All
    162 pairs found there were looked at; all share a photograph or a moment. Among
    fire's photographs without fire, 279 are found to be crops of photographs of
    `mountain_forest`; a search by others counted 278.

    Pairs called "likely" correlate by .8 to .95: mostly frames of one scene, or
    crops that were coloured anew, but in a set like `clothing` also two garments
    on one floor, taken from one place. To keep those together costs nothing; to
    call them a leak, look first.

    Not found: crops that touch without overlapping, parts that are turned or
    mirrored (mirrored copies are found), and crops of photographs with a side
    below 64 pixels. A set without findings is not proved clean.
    """
    files = [Path(path) for path in paths]
    key = _key(files, crops)
    found = _recall(key, files)
    if found is None:
        found = _search(files, crops, progress)
        _remember(key, found, files)
    elif progress is not None:
        progress(len(files), len(files))
    return found


def groups(
    paths: Sequence[PathLike], *, crops: bool = True, progress: Progress | None = None
) -> NDArray[np.intp]:
    """Number the photographs so that those that show the same thing share a number.

    Parameters
    ----------
    paths, crops, progress
        As for `search`.

    Returns
    -------
    array of int
        One number a path, for `folder.split_by_group`.
    """
    return search(paths, crops=crops, progress=progress).group


# --- the three kinds -------------------------------------------------------


def _search(paths: Sequence[Path], crops: bool, progress: Progress | None) -> Likeness:
    # Reading, preparing for crops, comparing: three parts of about one length.
    total = len(paths) * (3 if crops else 1)
    digests, hashes, mirrored, problems = _read(paths, progress, total)
    # One of each content: copies of a file need no second look.
    first_of: dict[str, int] = {}
    same: dict[int, list[int]] = {}
    for i, digest in enumerate(digests):
        if digest:
            same.setdefault(first_of.setdefault(digest, i), []).append(i)
    found = [
        Pair(members[0], other, "exact", "the same bytes")
        for members in same.values()
        for other in members[1:]
    ]
    one_each = np.array(sorted(same), np.intp)
    kin = _near(paths, one_each, hashes, mirrored)
    if crops:
        known = {(pair.first, pair.second) for pair in kin}

        def step(done: int, of: int) -> None:
            if progress is not None:
                progress(total - of + done, total)

        for crop in _crops.find(
            _Photographs([paths[i] for i in one_each]), progress=step
        ):
            pair = int(one_each[crop.first]), int(one_each[crop.second])
            if pair not in known:
                by = f"{crop.points} points" if crop.points else "the margins"
                sure = "" if crop.score >= _crops.SURE else "likely, "
                detail = (
                    f"{sure}share {crop.share:.0%} of the smaller, found by {by}, "
                    f"correlation {crop.score:.2f}"
                )
                kin.append(Pair(*pair, "crop", detail))
    elif progress is not None:
        progress(total, total)
    # What holds for a photograph holds for its copies.
    for one in kin:
        for i in same[one.first]:
            for j in same[one.second]:
                found.append(one._replace(first=min(i, j), second=max(i, j)))
    found.sort()
    return Likeness(found, problems, _groups(len(paths), found))


def _read(
    paths: Sequence[Path], progress: Progress | None, total: int
) -> tuple[list[str], NDArray[np.uint64], NDArray[np.uint64], list[tuple[Path, str]]]:
    """SHA-256 and hashes of each file; an unreadable one has the digest ""."""

    def one(path: Path) -> tuple[str, int, int, str | None]:
        try:
            data = path.read_bytes()
            image = open_image(data)
        except ImageError as error:
            return "", 0, 0, error.reason
        except OSError as error:
            return "", 0, 0, f"cannot be read ({error.strerror or error})"
        small = _crops.reduced(image)
        return (
            hashlib.sha256(data).hexdigest(),
            perceptual_hash(small),
            perceptual_hash(small[:, ::-1]),
            None,
        )

    digests, problems = [], []
    hashes = np.zeros((2, len(paths)), np.uint64)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for i, (digest, straight, mirror, reason) in enumerate(pool.map(one, paths)):
            digests.append(digest)
            hashes[:, i] = straight, mirror
            if reason is not None:
                problems.append((paths[i], reason))
            if progress is not None:
                progress(i + 1, total)
    return digests, hashes[0], hashes[1], problems


class _Photographs(Sequence[NDArray[np.uint8]]):
    """Photographs that are opened when asked for: many would not fit into memory."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = paths

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, i: Any) -> Any:
        return _crops.reduced(open_image(self.paths[i]))


def _near(
    paths: Sequence[Path],
    who: NDArray[np.intp],
    hashes: NDArray[np.uint64],
    mirrored: NDArray[np.uint64],
) -> list[Pair]:
    found = []
    straight, mirror = hashes[who], mirrored[who]
    for k, i in enumerate(who):
        for turned, other in ((False, straight), (True, mirror)):
            # A flat picture has the hash 0, which says nothing about it.
            distance = hamming(straight[k], other[k + 1 :])
            close = (distance <= MAX_DISTANCE) & (other[k + 1 :] != 0)
            for step in np.flatnonzero(close & (straight[k] != 0)):
                j = int(who[k + 1 + step])
                score = _confirm(paths[i], paths[j], turned)
                if score >= CONFIRMED:
                    what = "mirrored, " if turned else ""
                    found.append(
                        Pair(
                            int(i),
                            j,
                            "near",
                            f"{what}{int(distance[step])} of 63 bits differ, "
                            f"correlation {score:.2f}",
                        )
                    )
    unique: dict[tuple[int, int], Pair] = {}
    for pair in found:
        unique.setdefault((pair.first, pair.second), pair)
    return list(unique.values())


def _confirm(one: Path, other: Path, turned: bool) -> float:
    a, b = (_crops.reduced(open_image(path)) for path in (one, other))
    return _crops.correlation(a, b[:, ::-1] if turned else b)


def _groups(n: int, pairs: Sequence[Pair]) -> NDArray[np.intp]:
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    if n == 0:
        return np.zeros(0, np.intp)
    ends = np.array([(p.first, p.second) for p in pairs], np.intp).reshape(-1, 2)
    edges = coo_matrix((np.ones(len(ends), bool), ends.T), shape=(n, n))
    _, group = connected_components(edges, directed=False)
    return np.asarray(group, np.intp)


# --- keeping results -------------------------------------------------------


def cache_folder() -> Path:
    """Folder where results are kept: ``fire-course`` in the user's cache folder."""
    if os.name == "nt":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "fire-course"


def _key(paths: Sequence[Path], crops: bool) -> str:
    """Hash the contents, in order, since the result names positions."""
    whole = hashlib.sha256(f"{_METHOD} {crops}".encode())
    for path in paths:
        try:
            whole.update(hashlib.sha256(path.read_bytes()).digest())
        except OSError:
            whole.update(b"?")
    return whole.hexdigest()


def _recall(key: str, paths: Sequence[Path]) -> Likeness | None:
    try:
        kept = json.loads((cache_folder() / f"similar-{key}.json").read_text("utf-8"))
        pairs = [Pair(int(a), int(b), str(c), str(d)) for a, b, c, d in kept["pairs"]]
        problems = [(paths[int(i)], str(reason)) for i, reason in kept["problems"]]
        return Likeness(pairs, problems, _groups(len(paths), pairs))
    except (OSError, ValueError, TypeError, KeyError, IndexError, RuntimeError):
        return None  # not there or not whole: search again


def _remember(key: str, found: Likeness, paths: Sequence[Path]) -> None:
    from fire_course.files import write_json

    number = {path: i for i, path in enumerate(paths)}
    kept = {
        "pairs": [list(pair) for pair in found.pairs],
        "problems": [[number[path], reason] for path, reason in found.problems],
    }
    try:
        cache_folder().mkdir(parents=True, exist_ok=True)
        write_json(cache_folder() / f"similar-{key}.json", kept)
    except (OSError, RuntimeError):
        pass  # a cache that cannot be written costs time, nothing else
