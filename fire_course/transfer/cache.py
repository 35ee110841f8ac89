"""Keep features on the disk: whole or not at all, checked, shared, bounded."""

from __future__ import annotations

import hashlib
import io
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fire_course.files import atomic_write, file_error

__all__ = ["FeatureCache"]

Vectors = dict[bytes, NDArray[np.float32]]

_FOLDER = re.compile(r"[0-9a-f]{32}")
_FILE = re.compile(r"[0-9a-f]{64}\.npz")


class FeatureCache:
    """A folder of features, which many programs may use at once.

    A file is named after the SHA-256 of its content: a cut, altered or empty
    one is noticed, removed, and its features are made again. Files are only
    added, and appear whole, so that neither a kill nor a second program
    leaves anything half. They hold arrays, no pickles.

    Parameters
    ----------
    folder : path
        Made when something is kept. Other files in it are left alone.
    max_bytes : int
        Beyond this, the files that were not used for longest are removed.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cache = FeatureCache(folder)
    ...     cache.write("0" * 32, {bytes(32): np.ones(3, "float32")})
    ...     cache.read("0" * 32)[bytes(32)].tolist(), cache.clear()[0]
    ([1.0, 1.0, 1.0], 1)
    """

    def __init__(
        self, folder: str | os.PathLike[str], *, max_bytes: int = 2_000_000_000
    ) -> None:
        if max_bytes <= 0:
            raise ValueError(f"max_bytes is a number above 0, not {max_bytes}.")
        self.folder = Path(folder)
        self.max_bytes = max_bytes

    def __repr__(self) -> str:
        return f"FeatureCache({str(self.folder)!r}, max_bytes={self.max_bytes:,})"

    def read(self, kind: str) -> Vectors:
        """Return all features of one kind of network, by photograph."""
        found: Vectors = {}
        for path in self._of(self.folder / kind):
            try:
                content = path.read_bytes()
            except OSError:  # another program removed it
                continue
            if hashlib.sha256(content).hexdigest() != path.stem:
                with suppress(OSError):
                    path.unlink()
                continue
            with np.load(io.BytesIO(content), allow_pickle=False) as stored:
                keys, vectors = stored["keys"], stored["vectors"]
            found.update(zip((key.tobytes() for key in keys), vectors, strict=True))
            with suppress(OSError):
                os.utime(path)  # used just now
        return found

    def write(self, kind: str, vectors: Mapping[bytes, NDArray[np.float32]]) -> None:
        """Add features of one kind of network.

        Parameters
        ----------
        kind : str
            32 hexadecimal digits that stand for the network.
        vectors : mapping
            From 32 bytes that stand for a photograph to its features.

        Raises
        ------
        fire_course.files.FileError
            If they cannot be written; then nothing is left behind.
        """
        if not vectors:
            return
        stream = io.BytesIO()
        keys = np.frombuffer(b"".join(vectors), np.uint8).reshape(len(vectors), -1)
        np.savez(stream, keys=keys, vectors=np.stack(list(vectors.values())))
        content = stream.getvalue()
        folder = self.folder / kind
        path = folder / f"{hashlib.sha256(content).hexdigest()}.npz"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise file_error(error, path) from error
        with atomic_write(path) as temporary:
            temporary.write_bytes(content)
        self._shrink(path)

    def size(self) -> int:
        """Return the bytes of all features."""
        return sum(size for _, size, _ in self._all())

    def clear(self) -> tuple[int, int]:
        """Remove all features; give the number of files and of bytes removed."""
        files = total = 0
        for path, size, _ in self._all():
            with suppress(OSError):
                path.unlink()
                files, total = files + 1, total + size
        self._tidy()
        return files, total

    def _shrink(self, newest: Path) -> None:
        files = sorted(self._all(), key=lambda each: each[2])
        total = sum(size for _, size, _ in files)
        for path, size, _ in files:
            if total <= self.max_bytes:
                break
            if path != newest:  # what was made just now is wanted most
                with suppress(OSError):
                    path.unlink()
                total -= size
        self._tidy()

    def _tidy(self) -> None:
        with suppress(OSError):
            for folder in self.folder.iterdir():
                if _FOLDER.fullmatch(folder.name):
                    with suppress(OSError):  # not empty
                        folder.rmdir()

    def _all(self) -> Iterator[tuple[Path, int, float]]:
        try:
            folders = sorted(self.folder.iterdir())
        except OSError:
            return
        for folder in folders:
            if _FOLDER.fullmatch(folder.name):
                for path in self._of(folder):
                    with suppress(OSError):
                        about = path.stat()
                        yield path, about.st_size, about.st_mtime

    @staticmethod
    def _of(folder: Path) -> list[Path]:
        try:
            return sorted(p for p in folder.iterdir() if _FILE.fullmatch(p.name))
        except OSError:
            return []


def settings_of(thing: Any) -> Any:
    """Describe a Keras object by its settings, without names that mean nothing.

    Keras numbers the layers that nobody named by what was built before in the
    same process; here they are numbered within the network.
    """
    from fire_course import quiet

    keras = quiet.import_keras()
    config = keras.saving.serialize_keras_object(thing)
    names: dict[str, str] = {}

    def collect(value: Any) -> None:
        if isinstance(value, Mapping):
            if "class_name" in value and isinstance(value.get("config"), Mapping):
                for name in (value["config"].get("name"), value.get("name")):
                    if isinstance(name, str):
                        names.setdefault(name, f"#{len(names)}")
            for each in value.values():
                collect(each)
        elif isinstance(value, list | tuple):
            for each in value:
                collect(each)

    def plain(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {
                str(k): plain(v)
                for k, v in value.items()
                # What does not change the answers, or is Keras's own bookkeeping.
                if k not in ("trainable", "build_config", "registered_name", "module")
            }
        if isinstance(value, list | tuple):
            return [plain(each) for each in value]
        if isinstance(value, str):
            return names.get(value, value)
        if value is None or isinstance(value, bool | int | float):
            return value
        return str(value)

    collect(config)
    return plain(config)
