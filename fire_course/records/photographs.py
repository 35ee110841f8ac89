"""The photographs of a set: cut in parts that share none, with their fingerprints."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from numpy.typing import NDArray

from fire_course import files
from fire_course.records.material import fingerprint
from fire_course.records.steps import Progress


class Part(NamedTuple):
    """Photographs and labels of one split, with the names and digests of the files."""

    x: NDArray[Any]
    y: NDArray[Any]
    names: Sequence[str]
    digests: Sequence[str]

    def fingerprint(self) -> str:
        """Return one fingerprint of all files."""
        return fingerprint(self.names, self.digests)


class Photographs:
    """A set of photographs as a run reads it: once, for all seeds.

    Parameters
    ----------
    name : str
        Of the set.
    data : path, optional
        The folder that holds the set's, or that folder itself; the data home if
        omitted. There is no stand-in: these runs are on photographs.
    image_size : int
    validation : float
        Share of the training photographs to hold out; copies, and crops where they
        are searched for, stay together. With 0 there is no such part.
    split_seed : int
    progress : callable, optional

    Attributes
    ----------
    train : Part
    validation : Part or None
    class_names : tuple of str
    facts : dict
        What the record says about the data.
    """

    def __init__(
        self,
        name: str,
        data: str | os.PathLike[str] | None = None,
        *,
        image_size: int,
        validation: float,
        split_seed: int = 0,
        progress: Progress | None = None,
    ) -> None:
        from fire_course.data import folder, registry

        self.root = _folder(name, data)
        self._options: dict[str, Any] = {
            "image_size": image_size,
            "classes": registry.get(name).class_names,
            "arrays": True,
        }
        there = folder.scan(self.root, classes=self._options["classes"]).splits
        # A set that comes without a test part: what it calls validation is one, as
        # long as nothing is chosen by it.
        self._tested = "test" if "test" in there else "validation"
        cut = validation > 0 and self._tested == "validation"
        splits = folder.load(
            self.root,
            validation=0.0 if cut else validation,
            seed=split_seed,
            only=("train", "validation") if validation and not cut else ("train",),
            progress=progress,
            **self._options,
        )
        self.class_names = splits.class_names
        self.train = _part(splits, "train")
        self.validation: Part | None = None
        if cut:
            self.train, self.validation = _cut(
                self.root, self.train, validation, split_seed, progress
            )
        elif validation:
            self.validation = _part(splits, "validation")
        self._test: Part | None = None
        seen = [self.train] + ([self.validation] if self.validation else [])
        held = self.validation
        self.facts: dict[str, Any] = {
            "set": name,
            "class_names": list(self.class_names),
            "fingerprint": fingerprint(
                [each for part in seen for each in part.names],
                [each for part in seen for each in part.digests],
            ),
            "train": len(self.train.x),
            "validation": len(held.x) if held else 0,
            # The cut decides what is chosen, so a record names it too.
            "validation_fingerprint": held.fingerprint() if held else None,
            "left_out": [path.name for path, _ in splits.problems],
        }

    @staticmethod
    def only(
        name: str, data: str | os.PathLike[str] | None = None, *, image_size: int
    ) -> Part:
        """Read a set that is for evaluation only, one class or more."""
        from fire_course.data import folder, registry

        splits = folder.load(
            _folder(name, data),
            image_size=image_size,
            classes=registry.get(name).class_names,
            only=("test",),
            arrays=True,
            allow_one_class=True,
        )
        return _part(splits, "test")

    def test(self, progress: Progress | None = None, *, listed: bool = False) -> Part:
        """Read what only finished runs are scored on.

        The whole set is searched for photographs that come twice; a test photograph
        that shares one with another part is left out.

        Parameters
        ----------
        progress : callable, optional
        listed : bool
            Leave out what the set itself lists as leaks, and search for no others.

        Returns
        -------
        Part
        """
        if self._test is not None:
            return self._test
        from fire_course.data import audit, folder

        splits = folder.load(self.root, only=(self._tested,), **self._options)
        whole = _part(splits, self._tested)
        if listed:
            self._test = whole
            self.facts |= {
                "test": len(whole.x),
                "test_fingerprint": whole.fingerprint(),
                "notes": list(splits.notes),
            }
            return whole
        found = audit.audit(
            self.root, classes=self._options["classes"], progress=progress
        )
        leaks = {path.as_posix() for path in found.leaking(self._tested)}
        kept = [i for i, name in enumerate(whole.names) if name not in leaks]
        self._test = Part(
            whole.x[kept],
            whole.y[kept],
            [whole.names[i] for i in kept],
            [whole.digests[i] for i in kept],
        )
        self.facts |= {
            "test": len(kept),
            "test_fingerprint": self._test.fingerprint(),
            "audit": {
                "findings": found.counts,
                "crops_searched": found.crops,
                # In the test as it comes; the figures are without them.
                "leaks": sorted(leaks),
            },
        }
        return self._test


def _folder(name: str, data: str | os.PathLike[str] | None) -> Path:
    from fire_course.data import registry

    home = registry.home() if data is None else Path(data)
    if data is not None and not home.is_dir():
        raise ValueError(f"{home} is not a folder: give the one that holds `{name}`")
    if (home / name).is_dir():
        return home / name
    if data is not None and (home / "train").is_dir() and (home / "test").is_dir():
        return home
    where = "the data home" if data is None else str(data)
    raise ValueError(
        f"there is no folder `{name}` in {where}, and this experiment needs its "
        f"photographs: see `fire-course data get {name}`"
    )


def _cut(
    root: Path, whole: Part, share: float, seed: int, progress: Progress | None
) -> tuple[Part, Part]:
    """Hold out a share of the photographs; parts of one photograph stay together."""
    from fire_course.data import folder, similar

    paths = [root / name for name in whole.names]
    groups = similar.search(paths, crops=True, progress=progress).group
    labels = [int(label) for label in whole.y]
    sides = folder.split_by_group(
        [int(group) for group in groups], share, labels=labels, seed=seed
    )
    rest, held = (
        Part(
            whole.x[side],
            whole.y[side],
            [whole.names[i] for i in side],
            [whole.digests[i] for i in side],
        )
        for side in sides
    )
    return rest, held


def _part(splits: Any, split: str) -> Part:
    """Pair the arrays of a loaded set with the names and digests of its files."""
    x, y = getattr(splits, split)
    root, items = splits.listing.root, splits.listing.splits[split]
    return Part(
        x,
        y,
        [item.path.relative_to(root).as_posix() for item in items],
        [files.sha256_file(item.path) for item in items],
    )
