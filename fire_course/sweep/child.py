"""A process that runs trials, one after another, on one thread.

Started as a new Python, not forked: an engine that has run does not survive a
fork. What goes in (the trial and its data, then settings) and what comes out
(figures) passes through pipes; when the parent goes away, the child ends at
once, in the middle of a trial too.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import queue
import struct
import subprocess
import sys
import tempfile
import threading
import time
from typing import IO, Any

from fire_course.sweep.settings import Settings

_HEAD = struct.Struct("<Q")

# A trial gets one thread, whatever library computes: as many trials as cores
# then share them without waiting for each other, and give the same figures
# whether they run alone or side by side.
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    # On a GPU, too, there is room for more than one.
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
}


class Died(Exception):
    """The process ended before it had answered."""


class Child:
    """The parent's end of such a process, which starts with the first trial.

    Parameters
    ----------
    payload : bytes
        `packed(trial, data)`.
    """

    def __init__(self, payload: bytes) -> None:
        self._payload = payload
        self._process: subprocess.Popen[bytes] | None = None
        self._log: Any = None
        self._lock = threading.Lock()
        self._closed = False

    def run(self, settings: Settings) -> dict[str, Any]:
        """Run one trial and wait for its answer.

        Returns
        -------
        dict
            "returned" or "error", and "seconds".

        Raises
        ------
        Died
            If the process ended, or `close` was called meanwhile.
        """
        process = self._started()
        assert process.stdin is not None and process.stdout is not None
        try:
            _write(process.stdin, json.dumps(settings).encode())
            answer = _read(process.stdout)
        except (OSError, ValueError, EOFError):  # ValueError: closed meanwhile
            raise Died(self._last_words(process)) from None
        return dict(json.loads(answer))

    def restart(self) -> None:
        """End the process; the next trial starts another."""
        with self._lock:
            self._end()

    def close(self) -> None:
        """End the process for good, from any thread."""
        with self._lock:
            self._closed = True
            self._end()

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def _started(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._closed:
                raise Died("the sweep was stopped")
            if self._process is not None and self._process.poll() is None:
                return self._process
            self._end()
            self._log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as the process
            self._process = process = subprocess.Popen(
                [sys.executable, "-m", "fire_course.sweep.child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                env={**os.environ, **ONE_THREAD},
                # Ctrl-C at a terminal is for the parent, which ends its children.
                start_new_session=True,
            )
        assert process.stdin is not None
        with contextlib.suppress(OSError):  # it died at once: `run` will see
            _write(process.stdin, json.dumps(sys.path).encode())
            _write(process.stdin, self._payload)
        return process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _last_words(self, process: subprocess.Popen[bytes]) -> str:
        try:
            code = process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        why = f"signal {-code}" if code < 0 else f"exit status {code}"
        said = ""
        with contextlib.suppress(OSError, ValueError):
            self._log.seek(0)
            lines = self._log.read()[-4000:].decode(errors="replace").split("\n")
            said = next((line for line in reversed(lines) if line.strip()), "").strip()
        return f"the process of the trial ended ({why})" + (f": {said}" if said else "")


def packed(trial: Any, data: Any) -> bytes:
    """Pack a trial and its data for a child; functions of a notebook, too."""
    try:  # joblib comes with it, or brings it along, by its version
        import cloudpickle  # type: ignore[import-untyped]
    except ModuleNotFoundError:
        from joblib.externals import cloudpickle

    arguments = () if data is None else (data,)
    return bytes(cloudpickle.dumps((trial, arguments)))


def _write(pipe: IO[bytes], content: bytes) -> None:
    pipe.write(_HEAD.pack(len(content)))
    pipe.write(content)
    pipe.flush()


def _read(pipe: IO[bytes]) -> bytes:
    head = pipe.read(_HEAD.size)
    if len(head) < _HEAD.size:
        raise EOFError
    (length,) = _HEAD.unpack(head)
    content = pipe.read(length)
    if len(content) < length:
        raise EOFError
    return content


# --- the child's end ---------------------------------------------------------


def main() -> None:
    """Run trials until the parent closes the pipe."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a trial prints must not get among the answers
    waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(waiting,), daemon=True).start()
    sys.path[:] = json.loads(waiting.get())
    content = waiting.get()
    try:
        # From the parent's own pipe, never from a file: a function has to travel.
        trial, arguments = pickle.loads(content)
    except Exception as error:
        unpacked = f"{type(error).__name__}: {error}"
        while True:
            waiting.get()
            _answer(answers, {"error": unpacked, "seconds": None})
    del content
    while True:
        settings = json.loads(waiting.get())
        _answer(answers, _tried(trial, settings, arguments))


def _listen(waiting: queue.SimpleQueue[bytes]) -> None:
    with contextlib.suppress(EOFError, OSError):
        while True:
            waiting.put(_read(sys.stdin.buffer))
    os._exit(0)  # nobody waits for an answer


def _tried(
    trial: Any, settings: Settings, arguments: tuple[Any, ...]
) -> dict[str, Any]:
    from fire_course.sweep.table import plain_figures

    start = time.perf_counter()
    try:
        prepare = getattr(trial, "prepare", None)
        if callable(prepare):
            prepare()  # imports, which are no part of the trial's seconds
            start = time.perf_counter()
        returned = trial(dict(settings), *arguments)
        seconds = time.perf_counter() - start
        figures, history = plain_figures(returned, settings)
    except (Exception, SystemExit) as error:
        text = " ".join(str(error).split())
        name = type(error).__name__
        return {
            "error": f"{name}: {text}" if text else name,
            "seconds": time.perf_counter() - start,
        }
    return {"figures": figures, "history": history, "seconds": seconds}


def _answer(pipe: IO[bytes], answer: dict[str, Any]) -> None:
    _write(pipe, json.dumps(answer).encode())


if __name__ == "__main__":
    main()
