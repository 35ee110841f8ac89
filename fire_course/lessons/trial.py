"""Try recovered answers with the public seed, in another process with a time limit.

For a learner's own notebook: an endless loop or a call of ``exit`` in one answer must
not end the check of the others. It is no sandbox (`fire_course.lessons.sandbox` is).
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from typing import Any

from fire_course.lessons.recover import Recovered

__all__ = ["try_answers"]

SECONDS = 120.0
"""For one answer; TensorFlow alone takes ten seconds to load on a slow machine."""


def try_answers(
    answers: Mapping[str, Recovered],
    functions: Mapping[str, str],
    *,
    setup: str = "",
    seconds: float = SECONDS,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, tuple[str, str]]:
    """Check every answer, each in names of its own.

    Parameters
    ----------
    answers : mapping
        Exercise -> what was recovered.
    functions : mapping
        Exercise -> the name of the function that is asked for.
    setup : str
        Code that all answers may rely on.
    seconds : float
        For each answer.
    progress : callable, optional
        ``progress(done, total)``.

    Returns
    -------
    dict
        Exercise -> state ("passed", "not yet" or "not attempted") and message.
    """
    found = {
        name: ("not attempted", f"{name}: not attempted")
        for name, answer in answers.items()
        if answer.how == "missing"
    }
    waiting = [name for name in answers if name not in found]
    while waiting:
        jobs = [
            {"exercise": name, "function": functions[name], "code": answers[name].code}
            for name in waiting
        ]
        for name, result in _round({"setup": setup, "jobs": jobs}, waiting, seconds):
            found[name] = result
            if progress:
                progress(len(found), len(answers))
        waiting = [name for name in answers if name not in found]
    return {name: found[name] for name in answers}


def _round(work: dict[str, Any], names: list[str], seconds: float) -> Any:
    """Start a process and give its results; the answer that ends it has one too."""
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, "-c", f"from {__name__} import _child; _child()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env=_environment(),
            text=True,
            encoding="utf-8",
        )
        assert process.stdin is not None and process.stdout is not None
        lines: queue.Queue[str] = queue.Queue()
        reader = threading.Thread(
            target=_read, args=(process.stdout, lines), daemon=True
        )
        reader.start()
        try:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(json.dumps(work))
                process.stdin.close()
            for name in names:
                try:
                    line = lines.get(timeout=seconds)
                except queue.Empty:
                    reason = (
                        f"the answer took longer than {seconds:g} s and was stopped"
                    )
                    yield name, ("not yet", f"{name}: not yet\n  {reason}")
                    return
                if not line:
                    reason = "the answer ended Python (exit, or too much memory?)"
                    yield name, ("not yet", f"{name}: not yet\n  {reason}")
                    return
                state, text = json.loads(line)
                yield name, (state, text)
        finally:
            process.kill()
            process.wait()
            reader.join()
            process.stdout.close()


def _environment() -> dict[str, str]:
    """Let the child find this package wherever it was started from."""
    here = [path or os.getcwd() for path in sys.path]  # noqa: PTH109
    return dict(os.environ) | {"PYTHONPATH": os.pathsep.join(here), "MPLBACKEND": "agg"}


def _read(stream: Any, lines: queue.Queue[str]) -> None:
    for line in stream:
        lines.put(line)
    lines.put("")  # the process has ended


def _child() -> None:
    """Check what stands in the standard input; a line of JSON for each answer."""
    work = json.loads(sys.stdin.read())
    # Results go where the process was told to; whatever answers print goes nowhere.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as results:
        with open(os.devnull, "w") as nowhere:  # noqa: PTH123
            os.dup2(nowhere.fileno(), 1)
        for job in work["jobs"]:
            with (
                contextlib.redirect_stdout(io.StringIO()),
                contextlib.redirect_stderr(io.StringIO()),
            ):
                result = _try(work["setup"], **job)
            results.write(json.dumps(result) + "\n")
            results.flush()
        # An answer's threads do not keep the process.
        os._exit(0)


def _try(setup: str, exercise: str, function: str, code: str) -> tuple[str, str]:
    from fire_course.lessons import checks

    names: dict[str, Any] = {"__name__": "__main__"}
    try:
        for part in (setup, code):
            exec(compile(part, f"<{exercise}>", "exec"), names)
        verdict = checks.check(exercise, names[function])
    except BaseException as error:  # SystemExit too: whatever an answer raises
        words = " ".join(str(error).split())[:300]
        reason = f"the answer does not run: {type(error).__name__}: {words}"
        return "not yet", f"{exercise}: not yet\n  {reason}"
    return verdict.state, str(verdict)
