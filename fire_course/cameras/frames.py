"""Pictures that voted for fire, kept only if asked for, and never too many."""

from __future__ import annotations

import contextlib
import io
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from fire_course import files
from fire_course.cameras.alarms import stamp

if TYPE_CHECKING:
    from fire_course.cameras.snapshot import Snapshot

__all__ = ["Frames"]

# Only what was written here is removed here.
_NAME = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{16}\.(jpg|png|webp|gif)")
_ENDINGS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "GIF": "gif"}


class Frames:
    """A folder of the last pictures, bounded in number and bytes.

    Parameters
    ----------
    folder : path
        Made with the first picture.
    count : int
        Most pictures.
    max_bytes : int
        Most bytes of all together; the oldest are removed first.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        count: int,
        max_bytes: int = 200_000_000,
    ) -> None:
        if count < 1 or max_bytes < 1:
            raise ValueError("Keep at least one picture of at least one byte.")
        self.folder = Path(folder)
        self.count, self.max_bytes = count, max_bytes

    def keep(self, snapshot: Snapshot) -> Path | None:
        """Write a picture as it came, and remove the oldest beyond the limits.

        Returns
        -------
        pathlib.Path or None
            The file; None if this picture alone is beyond the limit.

        Raises
        ------
        fire_course.files.FileError
            If it cannot be written.
        """
        data, ending = _encoded(snapshot)
        if len(data) > self.max_bytes:
            return None
        when = re.sub("[-:]", "", stamp(snapshot.time))
        path = self.folder / f"{when}-{snapshot.camera.key}.{ending}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise files.file_error(error, self.folder) from error
        # Room first: the limit holds at every moment.
        self._make_room(len(data), besides=path.name)
        with files.atomic_write(path) as temporary:
            temporary.write_bytes(data)
        return path

    def paths(self) -> list[Path]:
        """Give the kept pictures, oldest first."""
        with contextlib.suppress(FileNotFoundError):
            found = (
                each for each in self.folder.iterdir() if _NAME.fullmatch(each.name)
            )
            return sorted(found, key=lambda each: each.name)
        return []

    def _make_room(self, size: int, *, besides: str) -> None:
        kept = [each for each in self.paths() if each.name != besides]
        sizes = {}
        for each in kept:
            with contextlib.suppress(FileNotFoundError):
                sizes[each] = each.stat().st_size
        total = sum(sizes.values())
        for number, each in enumerate(sizes):
            if len(sizes) - number < self.count and total + size <= self.max_bytes:
                break
            with contextlib.suppress(FileNotFoundError):
                each.unlink()
            total -= sizes[each]


def _encoded(snapshot: Snapshot) -> tuple[bytes, str]:
    from PIL import Image

    if snapshot.body is not None:
        with (
            contextlib.suppress(Exception),
            Image.open(io.BytesIO(snapshot.body)) as seen,
        ):
            if seen.format in _ENDINGS:
                return snapshot.body, _ENDINGS[seen.format]
    stream = io.BytesIO()
    Image.fromarray(snapshot.picture).save(stream, "PNG")
    return stream.getvalue(), "png"
