"""Write files whole or not at all, and check what they hold.

A learner closes the lid in mid-save, a disk fills up, a run is killed: the
file that was there before must survive, and a half-written one must never
look like a whole one.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

__all__ = [
    "FileError",
    "atomic_write",
    "file_error",
    "hold_folder",
    "sha256_file",
    "write_json",
    "write_text",
]

_STALE_AFTER = 3600
"""Seconds after which a temporary file that nobody writes to any more is taken
for the leftover of a killed process and is removed."""


class FileError(OSError):
    """A file that cannot be written, in one sentence.

    It keeps `errno` and `filename` of the error that the system reported.

    Examples
    --------
    >>> print(FileError(errno.ENOSPC, "run.json: cannot be written", "run.json"))
    run.json: cannot be written
    """

    def __str__(self) -> str:
        return str(self.strerror)


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Write a file so that others see the old one or the whole new one.

    Gives the path of an empty temporary file in the same folder, with the same
    ending. When the block ends well, its content is flushed to the disk and it
    takes the name `path`, replacing a file of that name in one step. When the
    block raises, the temporary file is removed and `path` is untouched. After
    a kill `path` is untouched too; the next write to it an hour later or more
    removes what was left behind.

    Parameters
    ----------
    path : str or path
        The file to write. Its folder must exist. A link is followed.

    Yields
    ------
    pathlib.Path
        Where to write.

    Raises
    ------
    FileError
        If the disk is full, the folder is missing or read-only, or the block
        left nothing behind.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with atomic_write(folder / "run.json") as temporary:
    ...     _ = temporary.write_text("{}")
    >>> [item.name for item in folder.iterdir()]
    ['run.json']
    """
    target = Path(os.path.realpath(path))
    try:
        taken = target.is_dir()
    except OSError as error:  # a name that is too long, say
        raise file_error(error, path) from error
    if taken:
        raise FileError(
            errno.EISDIR, f"{path}: is a folder, give the name of a file", str(path)
        )
    # Whoever writes by path chooses the format by the ending, ".weights.h5" say.
    ending = "".join(target.suffixes)
    # Cut, so that a name of legal length leads to one of legal length.
    prefix = f".{target.name.removesuffix(ending)[:40]}."
    temporary = target.with_name(f"{prefix}{secrets.token_hex(6)}.part{ending}")
    try:
        # Not tempfile: it makes files that nobody else may read, whatever the
        # user's umask allows.
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except OSError as error:
        raise file_error(error, path) from error
    try:
        with suppress(OSError):  # a file that is replaced keeps its permissions
            temporary.chmod(stat.S_IMODE(target.stat().st_mode))
        yield temporary
        _flush(temporary)
        temporary.replace(target)
    except OSError as error:
        _remove(temporary)
        if isinstance(error, FileError) or not _is_about(error, temporary):
            raise
        raise file_error(error, path) from error
    except BaseException:  # Ctrl-C too
        _remove(temporary)
        raise
    _flush_folder(target.parent)
    _remove_stale(target.parent, prefix, f".part{ending}")


def write_text(path: str | os.PathLike[str], text: str) -> None:
    r"""Write text as UTF-8 with \n line ends, whole or not at all.

    Parameters
    ----------
    path : str or path
        The file to write.
    text : str
        Its content.

    Raises
    ------
    FileError
        See `atomic_write`.
    """
    with atomic_write(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: str | os.PathLike[str], value: Any) -> None:
    """Write a value as indented JSON, whole or not at all.

    Parameters
    ----------
    path : str or path
        The file to write.
    value : object
        Anything that JSON can hold; NaN and infinity are refused, because
        other programs cannot read them.

    Raises
    ------
    FileError
        See `atomic_write`.
    """
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")


def hold_folder(
    folder: str | os.PathLike[str], refusal: Exception
) -> AbstractContextManager[object]:
    """Keep a folder to oneself; the hold ends with the block, or with the process.

    On Windows nothing is held.

    Parameters
    ----------
    folder : path
        Made if it is not there.
    refusal : Exception
        Raised if another holds it.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with hold_folder(folder, ValueError("Mine.")):
    ...         hold_folder(folder, ValueError("Somebody works here."))
    Traceback (most recent call last):
    ...
    ValueError: Somebody works here.
    """
    path = Path(folder) / "lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise file_error(error, folder) from error
    try:
        import fcntl
    except ImportError:  # Windows
        return nullcontext()
    try:
        stream = path.open("w")
    except OSError as error:
        raise file_error(error, path) from error
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        stream.close()
        raise refusal from None
    return stream


def sha256_file(path: str | os.PathLike[str]) -> str:
    """Compute the SHA-256 of a file's content.

    Parameters
    ----------
    path : str or path
        The file, of any size.

    Returns
    -------
    str
        64 hexadecimal digits in lower case.
    """
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def file_error(error: OSError, path: str | os.PathLike[str]) -> FileError:
    """Say in one sentence why a file could not be written, and what to do.

    Parameters
    ----------
    error : OSError
        What the system reported.
    path : str or path
        The file that the user asked for.

    Returns
    -------
    FileError
        The same error in words, to be raised in its place.

    Examples
    --------
    >>> print(file_error(OSError(errno.ENOSPC, "No space left on device"), "run.json"))
    run.json: the disk is full, free some space or write elsewhere
    """
    number = _number(error)
    folder = Path(path).parent
    if number == errno.ENOENT and folder.is_dir():
        return FileError(number, f"{path}: nothing was written", os.fspath(path))
    reason = {
        errno.ENOSPC: "the disk is full, free some space or write elsewhere",
        errno.EDQUOT: "your disk quota is used up, free some space or write elsewhere",
        errno.EFBIG: "the file is larger than this system or account may write",
        errno.EROFS: f"the folder {folder} is read-only, write elsewhere",
        errno.EACCES: f"you may not write in the folder {folder}, write elsewhere",
        errno.EPERM: f"you may not write in the folder {folder}, write elsewhere",
        errno.ENOENT: f"the folder {folder} does not exist, make it first",
        errno.ENOTDIR: f"{folder} is a file, not a folder",
        errno.ENAMETOOLONG: "the name is too long",
    }.get(number, f"cannot be written ({error.strerror or error})")
    return FileError(number, f"{path}: {reason}", os.fspath(path))


# Full disks are the file's problem even where a library reports them without
# a name; other errors may come from something else that the block does.
_DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}


def _number(error: OSError) -> int:
    if error.errno is not None:
        return error.errno
    # HDF5 reports a full disk in the text only.
    return errno.ENOSPC if "No space left" in str(error) else errno.EIO


def _is_about(error: OSError, temporary: Path) -> bool:
    names = (error.filename, error.filename2)
    return _number(error) in _DISK_ERRORS or any(
        name is not None and os.fspath(name) == str(temporary) for name in names
    )


def _flush(path: Path) -> None:
    """Force a file's content onto the disk, before its name changes."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _flush_folder(folder: Path) -> None:
    """Force a renaming onto the disk, where the system can (not on Windows)."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def _remove_stale(folder: Path, prefix: str, ending: str) -> None:
    with suppress(OSError):
        for other in folder.iterdir():
            if other.name.startswith(prefix) and other.name.endswith(ending):
                with suppress(OSError):
                    if time.time() - other.stat().st_mtime > _STALE_AFTER:
                        other.unlink()
