"""Find photographs that show the same thing: copies, near-copies, crops."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fire_course.images import ImageError, open_image, perceptual_hash

Progress = Callable[[int, int], None]


@dataclass
class Groups:
    """Which photographs belong together.

    Attributes
    ----------
    group : array of int
        Group number of each path; -1 where a file could not be read.
    problems : list of (Path, str)
        Unreadable files, and why.
    """

    group: NDArray[np.intp]
    problems: list[tuple[Path, str]] = field(default_factory=list)


def hashes(
    paths: Sequence[str | os.PathLike[str]], *, progress: Progress | None = None
) -> tuple[NDArray[np.uint64], list[tuple[Path, str]]]:
    """Perceptual hash of each photograph, and the files that could not be read."""

    def one(path: str | os.PathLike[str]) -> tuple[int, str | None]:
        try:
            return int(perceptual_hash(open_image(path))), None
        except ImageError as error:
            return 0, error.reason
        except OSError as error:
            return 0, f"cannot be read ({error.strerror or error})"

    values = np.zeros(len(paths), np.uint64)
    problems = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for i, (value, reason) in enumerate(pool.map(one, paths)):
            values[i] = value & 0xFFFFFFFFFFFFFFFF
            if reason is not None:
                problems.append((Path(paths[i]), reason))
            if progress is not None:
                progress(i + 1, len(paths))
    return values, problems


def groups(
    paths: Sequence[str | os.PathLike[str]],
    *,
    max_distance: int = 8,
    progress: Progress | None = None,
) -> Groups:
    """Put photographs of nearly the same hash into one group, transitively."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    values, problems = hashes(paths, progress=progress)
    bad = {path for path, _ in problems}
    good = np.array([Path(p) not in bad for p in paths], bool)
    rows, columns = [], []
    for i in np.flatnonzero(good):
        distance = np.bitwise_count(values[i] ^ values[i + 1 :])
        for j in np.flatnonzero((distance <= max_distance) & good[i + 1 :]):
            rows.append(i)
            columns.append(i + 1 + j)
    n = len(paths)
    edges = coo_matrix((np.ones(len(rows), bool), (rows, columns)), shape=(n, n))
    _, group = connected_components(edges, directed=False)
    return Groups(np.where(good, group, -1), problems)
