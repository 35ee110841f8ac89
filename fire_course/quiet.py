"""Import Keras without the chatter of the engine below it.

TensorFlow writes lines such as "oneDNN custom operations are on" straight to
the process's standard error, at import and again at its first operation,
whatever its logging variables say. They would land in notebooks, in compared
outputs and between the lines of the command line. The only way to keep them
out is to point file descriptor 2 elsewhere while they are written.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

# Every module that can use the engine asks for it here, and only the first
# call pays: the lock keeps two threads from redirecting at the same time, and
# it is re-entrant because an import may lead back here.
_LOCK = threading.RLock()
_READY = False

_SETTINGS = {
    "TF_CPP_MIN_LOG_LEVEL": "3",  # only fatal lines of the C++ side
    "GLOG_minloglevel": "3",
    "ABSL_MIN_LOG_LEVEL": "3",
    "GRPC_VERBOSITY": "ERROR",
}


@contextlib.contextmanager
def silenced() -> Iterator[None]:
    """Swallow what is written to file descriptor 2 inside the block.

    What Python raises still surfaces, and then whatever was swallowed is
    written out after all, since it may hold the reason. Where the process runs
    without a standard error, the descriptor stays pointed at nothing
    afterwards: left closed, the next opened file could take its number and
    receive the engine's log lines.

    Examples
    --------
    >>> import os
    >>> with silenced():
    ...     _ = os.write(2, b"nobody reads this")
    """
    with _LOCK:
        if sys.stderr is not None:
            with contextlib.suppress(OSError, ValueError):
                sys.stderr.flush()
        try:
            saved = os.dup(2)
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            if nowhere != 2:
                os.dup2(nowhere, 2)
                os.close(nowhere)
            yield
            return
        try:
            with _scratch() as scratch:
                os.dup2(scratch.fileno(), 2)
                try:
                    yield
                except BaseException:
                    _back(saved)
                    _replay(scratch)
                    raise
                finally:
                    _back(saved)
        finally:
            os.close(saved)


@contextlib.contextmanager
def _a_standard_error() -> Iterator[None]:
    """Show libraries that look at `sys.stderr` on import one, where there is none."""
    if sys.stderr is not None:
        yield
        return
    sys.stderr = io.StringIO()
    try:
        yield
    finally:
        sys.stderr = None


def import_keras() -> ModuleType:
    """Import Keras quietly, with any of its backends.

    Returns
    -------
    module
        `keras`, warmed up by one tiny operation so that later calls stay
        silent too.

    Raises
    ------
    ImportError
        If Keras or the backend that it is told to use is not installed.

    Examples
    --------
    >>> keras = import_keras()
    >>> keras.ops.shape(keras.ops.zeros((2, 3)))
    (2, 3)
    """
    global _READY
    with _LOCK:
        if not _READY:
            for name, value in _SETTINGS.items():
                os.environ.setdefault(name, value)
            with silenced(), _a_standard_error():
                import keras

                _first_operation(keras)
            _READY = True
        import keras

        module: ModuleType = keras
        return module


def import_tensorflow() -> ModuleType:
    """Import TensorFlow quietly, for `tf.data`, the only part used directly.

    Returns
    -------
    module
        `tensorflow`.

    Raises
    ------
    ImportError
        If TensorFlow is not installed.

    Examples
    --------
    >>> int(import_tensorflow().constant(2))
    2
    """
    with _LOCK:
        if "tensorflow" not in sys.modules:
            for name, value in _SETTINGS.items():
                os.environ.setdefault(name, value)
            with silenced():
                import tensorflow

                tensorflow.zeros((1,)) + 1
        import tensorflow

        module: ModuleType = tensorflow
        return module


def _first_operation(keras: ModuleType) -> None:
    # A matrix product, since the engine announces its CPU kernels at the
    # first one, not at import.
    one = keras.ops.ones((2, 2))
    keras.ops.convert_to_numpy(keras.ops.matmul(one, one))
    logging.getLogger("tensorflow").addFilter(_no_retracing)


def _no_retracing(record: logging.LogRecord) -> bool:
    # TensorFlow counts the functions of all networks as one and advises against
    # making several; a course makes several.
    return "triggered tf.function retracing" not in record.getMessage()


def _scratch() -> Any:
    try:
        return tempfile.TemporaryFile()
    except OSError:  # no writable temporary folder
        return Path(os.devnull).open("wb+")


def _back(saved: int) -> None:
    os.dup2(saved, 2)


def _replay(scratch: Any) -> None:
    with contextlib.suppress(OSError):
        scratch.seek(0)
        os.write(2, scratch.read())
