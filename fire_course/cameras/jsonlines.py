"""A log of JSON lines that survives a kill and never outgrows its folder."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from fire_course import files

__all__ = ["JSONLines"]


class JSONLines:
    """One JSON object a line, appended; the oldest lines go when it is too large.

    Parameters
    ----------
    path : path
        The file, ``alarms.jsonl`` say. Older lines lie in ``alarms.1.jsonl`` and on.
    max_bytes : int
        A file of this size is put aside and a new one begun.
    keep : int
        How many are put aside; the oldest is removed.
    sure : bool
        Whether a line is on the disk when `append` returns; else the system writes
        it when it likes.

    Examples
    --------
    >>> import tempfile
    >>> log = JSONLines(Path(tempfile.mkdtemp()) / "log.jsonl")
    >>> log.append([{"round": 1}, {"round": 2}])
    >>> [line["round"] for line in log.read()]
    [1, 2]
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        max_bytes: int = 1_000_000,
        keep: int = 4,
        sure: bool = True,
    ) -> None:
        self.path = Path(path)
        self.max_bytes, self.keep, self.sure = max_bytes, keep, sure
        self._whole = False

    def append(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Add lines, all or none.

        Raises
        ------
        fire_course.files.FileError
            If they cannot be written.
        """
        lines = [
            json.dumps(each, ensure_ascii=False, allow_nan=False) for each in records
        ]
        data = "".join(f"{line}\n" for line in lines).encode()
        try:
            if not self._whole:
                self._mend()
                self._whole = True
            if self._size() and self._size() + len(data) > self.max_bytes:
                self._put_aside()
            self._add(data)
        except OSError as error:
            raise files.file_error(error, self.path) from error

    def read(self) -> Iterator[dict[str, Any]]:
        """Give all lines that are there, oldest first; damaged ones are left out."""
        for path in [*map(self._aside, range(self.keep, 0, -1)), self.path]:
            with contextlib.suppress(FileNotFoundError), path.open("rb") as stream:
                for line in stream:
                    record = _record(line)
                    if record is not None:
                        yield record

    def _add(self, data: bytes) -> None:
        # Opened anew each time: whoever moves or removes the file finds it again.
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            before = os.fstat(descriptor).st_size
            try:
                written = os.write(descriptor, data)
                if written < len(data):
                    # The disk is full: this names the reason.
                    os.write(descriptor, data[written:])
                if self.sure:
                    os.fsync(descriptor)
            except OSError:
                with contextlib.suppress(OSError):
                    os.ftruncate(descriptor, before)
                raise
        finally:
            os.close(descriptor)

    def _mend(self) -> None:
        """Bring a file that was cut off in mid-line back to whole lines."""
        try:
            stream = self.path.open("rb+")
        except FileNotFoundError:
            return
        with stream:
            data = stream.read()
            end = data.rfind(b"\n") + 1
            if end == len(data):
                return
            if _record(data[end:]) is not None:  # only its line end is missing
                stream.write(b"\n")
            else:
                stream.truncate(end)

    def _put_aside(self) -> None:
        for number in range(self.keep, 0, -1):
            older = self._aside(number - 1) if number > 1 else self.path
            with contextlib.suppress(FileNotFoundError):
                older.replace(self._aside(number))
        if self.keep == 0:
            self.path.unlink()

    def _aside(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.stem}.{number}{self.path.suffix}")

    def _size(self) -> int:
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0


def _record(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:  # a line of broken bytes is one too
        return None
    return found if isinstance(found, dict) else None
