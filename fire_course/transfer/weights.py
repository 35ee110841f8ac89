"""Find the weights of a pretrained network, fetch them, or say what is missing."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fire_course.files import FileError, file_error

__all__ = ["TransferError", "WeightsError", "keras_home", "weights_file"]

Progress = Callable[[int, int], None]

_SERVER = "https://storage.googleapis.com/tensorflow/keras-applications/"
_MAX_BYTES = 800_000_000  # the largest file of the table has half of it


class TransferError(ValueError):
    """A network or features that cannot be made, in one sentence."""


class WeightsError(TransferError):
    """Weights that are missing or unusable; the sentence names the file."""


def keras_home() -> Path:
    """Return the folder in which Keras keeps what it fetched.

    Examples
    --------
    >>> keras_home().is_absolute()
    True
    """
    return Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser().absolute()


def weights_file(
    name: str,
    *,
    top: bool = False,
    download: bool = True,
    deadline: float = 900.0,
    progress: Progress | None = None,
) -> Path:
    """Find the ImageNet weights of a backbone, and fetch them if they are missing.

    They lie where Keras keeps them, in `models` of KERAS_HOME (by default
    ~/.keras), under Keras's own name, and come from where Keras takes them.

    Parameters
    ----------
    name : str
        A backbone.
    top : bool
        With the layer that tells the thousand classes apart.
    download : bool
        Whether missing ones may be fetched.
    deadline : float
        Seconds after which fetching is given up.
    progress : callable, optional
        Called with (bytes done, bytes in all).

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    WeightsError
        If it is not there and cannot be fetched: names it and the ways to get
        it.
    """
    from fire_course.transfer.backbones import entry

    what = entry(name)
    source = what.top_file if top else what.file
    path = keras_home() / "models" / Path(source).name
    if path.is_file():
        return path
    why = "nothing is fetched as download=False"
    if download:
        try:
            md5 = None if top else what.md5
            _fetch(_SERVER + source, path, md5, deadline, progress)
            return path
        except (WeightsError, FileError, RuntimeError) as error:
            why = str(error).rstrip(".").replace(_SERVER + source, "it")
    raise WeightsError(
        f"The ImageNet weights of {what.name} are missing ({why}): put the file "
        f"{path.name} of {_SERVER + source} into {path.parent}, or set KERAS_HOME to a "
        "folder with it in models/, or try again with a network, or ask for "
        "weights=None, a network that has learned nothing yet."
    )


def _fetch(
    url: str, path: Path, md5: str | None, deadline: float, progress: Progress | None
) -> None:
    from fire_course.data import download

    # A folder for each process: two that fetch the same file do not mix it.
    work = path.parent / f".fetching-{os.getpid()}"
    try:
        try:
            work.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise file_error(error, path) from error
        part = download.fetch(
            url,
            work / path.name,
            max_bytes=_MAX_BYTES,
            deadline=deadline,
            tries=2,  # a machine without a network should hear so at once
            progress=progress,
        )
        if md5 is not None and _md5(part) != md5:
            raise WeightsError(f"{url} is not the file that Keras expects")
        part.replace(path)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _md5(path: Path) -> str:
    # Keras publishes no better hashes; they tell a damaged file, not a forged one.
    with path.open("rb") as stream:
        return hashlib.file_digest(
            stream, lambda: hashlib.md5(usedforsecurity=False)
        ).hexdigest()


def load_into(network: Any, path: str | os.PathLike[str]) -> None:
    """Give a network the weights of a file.

    Raises
    ------
    WeightsError
        If the file is missing, damaged, or of another network.
    """
    path = Path(path)
    if not path.is_file():
        raise WeightsError(f"{path} does not exist: name a file of weights.")
    try:
        network.load_weights(path)
    except Exception as error:  # h5py and Keras raise errors of many kinds
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise WeightsError(
            f"{path} holds no weights of {network.name}, or is cut off: remove it and "
            f"fetch it again ({reason})."
        ) from error
