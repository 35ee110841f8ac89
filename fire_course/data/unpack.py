"""Unpack an archive that nobody vouches for.

An archive from the net may name files outside its folder, hold links that lead
there, or be 40 kilobytes that unpack to 40 gigabytes. Here nothing is taken on
trust: names are checked before anything is written, only plain files and folders
are made, and bytes are counted as they are written, whatever the archive says its
sizes are. All goes into a temporary folder that is renamed at the end, so that a
refused archive leaves nothing behind. Archives inside archives stay packed.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import shutil
import stat
import struct
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import IO, Any

from fire_course.files import file_error

Progress = Callable[[int, int], None]

_CHUNK = 1 << 18
# Below this a file may be packed as tightly as it likes: a blank page is no bomb.
_SMALL = 1 << 20
# Names that Windows gives to devices, with any ending.
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul"}
    | {f"{kind}{i}" for kind in ("com", "lpt") for i in range(10)}
)


class UnpackError(ValueError):
    """An archive is damaged, or is refused; the message says which and why."""


def unpack(
    archive: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    *,
    max_bytes: int = 4_000_000_000,
    max_files: int = 200_000,
    max_ratio: float = 100.0,
    progress: Progress | None = None,
) -> Path:
    """Unpack a zip or tar archive into a new folder, or leave nothing.

    Parameters
    ----------
    archive : path
        A zip, or a tar by itself or packed by gzip, bzip2 or xz. Its content
        tells which, not its name.
    folder : path
        Must not exist, or be empty.
    max_bytes : int
        Most bytes to write.
    max_files : int
        Most files and folders to make.
    max_ratio : float
        Most bytes written for each byte packed: of a single file in a zip, once it
        exceeds a megabyte, and of a packed tar as a whole. Photographs hardly pack
        at all; deflate reaches 1032 on zeros.
    progress : callable, optional
        Called as ``progress(done, total)`` with numbers of files (of a zip) or of
        bytes read (of a tar).

    Returns
    -------
    Path
        `folder`.

    Raises
    ------
    UnpackError
        If the archive is damaged, no archive, or unsafe: a name that is absolute,
        leads out by ``..``, has a backslash or a drive letter, is reserved on
        Windows, or differs from another by case alone; a link, a device; more than
        the limits allow.
    FileError
        If the folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> home = Path(tempfile.mkdtemp())
    >>> with zipfile.ZipFile(home / "good.zip", "w") as z:
    ...     z.writestr("train/fire/a.txt", "flames")
    >>> [p.name for p in unpack(home / "good.zip", home / "out").rglob("*.txt")]
    ['a.txt']
    >>> with zipfile.ZipFile(home / "bad.zip", "w") as z:
    ...     z.writestr("../a.txt", "flames")
    >>> unpack(home / "bad.zip", home / "out2")
    Traceback (most recent call last):
        ...
    fire_course.data.unpack.UnpackError: bad.zip is refused: '../a.txt' leads out of its folder
    """
    archive, folder = Path(archive), Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UnpackError(f"{folder} is there already: remove it, or unpack elsewhere")
    work = folder.with_name(f".{folder.name}.unpacking")
    try:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
    except OSError as error:
        raise file_error(error, folder) from error
    writer = _Writer(archive, work, max_bytes, max_files, max_ratio, progress)
    try:
        try:
            if zipfile.is_zipfile(archive):
                _unzip(writer)
            else:
                _untar(writer)
        except OSError as error:
            raise file_error(error, folder) from error
        if folder.is_dir():
            folder.rmdir()
        work.rename(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return folder


class _Writer:
    """Writes what has been checked, and counts."""

    def __init__(
        self,
        archive: Path,
        work: Path,
        max_bytes: int,
        max_files: int,
        max_ratio: float,
        progress: Progress | None,
    ) -> None:
        self.archive, self.work = archive, work
        self.max_bytes, self.max_files, self.max_ratio = max_bytes, max_files, max_ratio
        self.progress = progress
        self.bytes = 0
        # What has a name already, as systems without case see it: its spelling,
        # and whether it is a folder.
        self.names: dict[str, tuple[str, bool]] = {}

    def refuse(self, why: str) -> UnpackError:
        return UnpackError(f"{self.archive.name} is refused: {why}")

    def damaged(self, why: str) -> UnpackError:
        return UnpackError(
            f"{self.archive.name} is damaged: {why}; remove it and fetch it anew"
        )

    def path(self, name: str, *, folder: bool) -> Path:
        """Where an entry goes, once its name is found harmless."""
        parts = name.rstrip("/").split("/") if folder else name.split("/")
        fault = _fault(name, parts)
        if fault:
            raise self.refuse(f"{name!r} {fault}")
        for depth in range(1, len(parts) + 1):
            spelling = "/".join(parts[:depth])
            entry = spelling, folder or depth < len(parts)
            # Windows and macOS take names that differ by case, or by how accents
            # are composed, for the same.
            seen_as = unicodedata.normalize("NFC", spelling.casefold())
            before = self.names.setdefault(seen_as, entry)
            if before != entry or (before is not entry and not entry[1]):
                if before[0] == spelling:
                    raise self.refuse(f"{name!r} is in it twice")
                raise self.refuse(
                    f"{name!r} and {before[0]!r} are one name on some systems"
                )
            if len(self.names) > self.max_files:
                raise self.refuse(
                    f"it holds more than {self.max_files:,} files and folders"
                )
        return self.work.joinpath(*parts)

    def copy(self, source: IO[bytes], name: str, packed: int | None = None) -> None:
        """Write one file; `packed` is its size in the archive."""
        target = self.path(name, folder=False)
        target.parent.mkdir(parents=True, exist_ok=True)
        size = 0
        with target.open("xb") as file:
            while chunk := source.read(_CHUNK):
                size += len(chunk)
                self.bytes += len(chunk)
                if self.bytes > self.max_bytes:
                    raise self.refuse(
                        f"it unpacks to more than {self.max_bytes:,} bytes"
                    )
                if packed is not None and size > max(_SMALL, self.max_ratio * packed):
                    raise self.refuse(
                        f"{name!r} unpacks to more than {self.max_ratio:g} times its packed size"
                    )
                file.write(chunk)

    def folder(self, name: str) -> None:
        self.path(name, folder=True).mkdir(parents=True, exist_ok=True)

    def step(self, done: int, total: int) -> None:
        if self.progress is not None:
            self.progress(done, total)


def _fault(name: str, parts: list[str]) -> str | None:
    """What is wrong with a name, if anything."""
    if name.startswith("/"):
        return "is an absolute name"
    if "\\" in name:
        return "has a backslash, which some systems take for a folder's end"
    if len(name) > 1000 or any(
        len(part.encode("utf-8", "replace")) > 255 for part in parts
    ):
        return "is too long a name"
    for part in parts:
        if part == "..":
            return "leads out of its folder"
        if part in ("", "."):
            return "has an empty part"
        if ":" in part:
            return "has a colon, as a drive letter has"
        if any(ord(character) < 32 or ord(character) == 127 for character in part):
            return "has a control character"
        if part[-1] in " .":
            return "has a part that ends in a dot or a blank, which Windows drops"
        if part.split(".")[0].strip().casefold() in _DEVICES:
            return "is the name of a device on Windows"
        try:
            part.encode("utf-8")
        except UnicodeEncodeError:
            return "is no text"
    return None


def _unzip(writer: _Writer) -> None:
    try:
        with zipfile.ZipFile(writer.archive) as archive:
            entries = archive.infolist()
            if len(entries) > writer.max_files:
                raise writer.refuse(
                    f"it holds more than {writer.max_files:,} files and folders"
                )
            if sum(entry.file_size for entry in entries) > writer.max_bytes:
                raise writer.refuse(
                    f"it unpacks to more than {writer.max_bytes:,} bytes"
                )
            for done, entry in enumerate(entries, 1):
                kind = stat.S_IFMT(entry.external_attr >> 16)
                if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                    what = "a link" if kind == stat.S_IFLNK else "no plain file"
                    raise writer.refuse(f"{entry.filename!r} is {what}")
                if entry.flag_bits & 1:
                    raise writer.refuse(f"{entry.filename!r} asks for a password")
                # zipfile cuts a name at a zero byte, and turns the system's own
                # separators into slashes: judge the name as it was stored.
                if entry.orig_filename != entry.filename:
                    raise writer.refuse(
                        f"{entry.orig_filename!r} is not one plain name"
                    )
                if entry.is_dir():
                    writer.folder(entry.filename)
                else:
                    with archive.open(entry) as source:
                        writer.copy(source, entry.filename, entry.compress_size)
                writer.step(done, len(entries))
    except (
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        EOFError,
        struct.error,
        UnicodeDecodeError,
    ) as error:
        raise writer.damaged(str(error) or "it ends too early") from error
    except NotImplementedError as error:
        raise writer.refuse(f"it is packed in an unusual way ({error})") from error


class _Counted:
    """The unpacked bytes of a tar, with an end to them."""

    def __init__(self, source: IO[bytes], writer: _Writer) -> None:
        self.source, self.writer = source, writer
        # Headers and padding are not written; they come on top, within reason.
        self.left = writer.max_bytes + 2048 * writer.max_files
        size = writer.archive.stat().st_size
        self.ratio = int(max(16 * _SMALL, writer.max_ratio * size))

    def read(self, size: int = -1) -> bytes:
        # tarfile asks for a whole header at once, as long as that says it is.
        if size < 0 or size > min(self.left, self.ratio):
            limit = "max_bytes" if self.left <= self.ratio else "max_ratio"
            raise self.writer.refuse(f"it unpacks to more than {limit} allows")
        data = self.source.read(size)
        self.left -= len(data)
        self.ratio -= len(data)
        return data


_PACKED: tuple[tuple[bytes, Callable[..., Any]], ...] = (
    (b"\x1f\x8b", gzip.open),
    (b"BZh", bz2.open),
    (b"\xfd7zXZ\x00", lzma.open),
)


def _untar(writer: _Writer) -> None:
    total = writer.archive.stat().st_size
    with writer.archive.open("rb") as raw:
        start = raw.read(512)
        raw.seek(0)
        opener = next(
            (opener for magic, opener in _PACKED if start.startswith(magic)), None
        )
        if opener is None and start[257:262] != b"ustar":
            if start.startswith(b"PK"):
                raise writer.damaged("it ends too early")
            begins = start[:24].decode("ascii", "replace")
            raise UnpackError(
                f"{writer.archive.name} is neither a zip nor a tar archive: "
                f"it starts with {begins!r}"
            )
        try:
            with closing(opener(raw) if opener else raw) as plain:
                counted: Any = _Counted(plain, writer)
                with tarfile.open(fileobj=counted, mode="r|") as archive:
                    for entry in archive:
                        _tar_entry(writer, archive, entry)
                        writer.step(raw.tell() if not raw.closed else total, total)
        except (
            tarfile.TarError,
            zlib.error,
            lzma.LZMAError,
            EOFError,
            ValueError,
        ) as error:
            if isinstance(error, UnpackError):
                raise
            raise writer.damaged(str(error) or "it ends too early") from error
        except gzip.BadGzipFile as error:
            raise writer.damaged(str(error)) from error


def _tar_entry(
    writer: _Writer, archive: tarfile.TarFile, entry: tarfile.TarInfo
) -> None:
    if entry.isdir():
        if entry.name.strip("./"):  # many archives begin with the folder "."
            writer.folder(_without_dot(entry.name))
        return
    if entry.issym() or entry.islnk():
        raise writer.refuse(f"{entry.name!r} is a link")
    if not entry.isreg() or entry.issparse():
        raise writer.refuse(f"{entry.name!r} is no plain file")
    source = archive.extractfile(entry)
    assert source is not None
    with source:
        writer.copy(source, _without_dot(entry.name))


def _without_dot(name: str) -> str:
    return name[2:] if name.startswith("./") else name
