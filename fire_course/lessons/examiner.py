"""The process that examines notebooks: recovers answers, then lets nbval compare.

Started once a core as ``python -m fire_course.lessons.examiner``. It imports what it
needs once and forks for each notebook, so that a notebook which breaks its examiner
breaks that one child. It reads the path of a job from standard input and answers with
the child's process id, then with its exit status.

The child runs outside the sandbox; of the learner's it only parses code and compares
texts. It starts the kernel inside the sandbox, speaks to it by sockets in a shared
folder and writes JUnit XML, from which the verdicts are read.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["main"]

_DEATH_SIGNAL, _SUBREAPER = 1, 36  # of prctl, Linux's switches of a process
_ADDRESS_SPACE = 3 * 2**30  # of the comparing program, which uses a tenth of it


# ------------------------------------------------------------------------ the job


def examine(work: Path) -> None:
    """Do the job in a folder: recover and write the notebook, then run nbval on it."""
    job = json.loads((work / "job.json").read_text(encoding="utf-8"))
    answers = job["answers"]
    if answers is None:
        answers = _recover(work, job)
    if answers is None:
        return
    from fire_course.lessons.graft import graft

    only = job["only"] or list(answers)
    chosen = {name: answers[name] for name in only}
    given = work / "given"
    (given / "cases.json").write_text(
        json.dumps({"seconds": job["seconds"], "exercises": job["plan"]}),
        encoding="utf-8",
    )
    notebook = graft(
        job["setup"],
        chosen,
        cases=str(given / "cases.json"),
        expected=job["expected"],
    )
    (work / "grading.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    _compare(work, job)


def _recover(work: Path, job: dict[str, Any]) -> dict[str, str] | None:
    """Find the answers; leave them and what was noticed in ``recovered.json``."""
    from fire_course.lessons.masking import uses
    from fire_course.lessons.recover import SubmissionError, recover
    from fire_course.lessons.source import Cell, Lesson

    facts = dict(job["lesson"])
    cells = tuple(Cell(**{**cell, "tags": ()}) for cell in facts.pop("cells"))
    lesson = Lesson(path=Path(facts["name"]), cells=cells, **facts)
    result: dict[str, Any] = {}
    try:
        found = recover(work / job["submission"], lesson)
    except SubmissionError as error:
        result = {"error": str(error).partition(": ")[2] or str(error)}
    else:
        result["answers"] = {
            name: {
                "code": each.code,
                "how": each.how,
                "problems": list(each.problems),
                "uses": uses(each.code, job["plan"][name]["own"]),
            }
            for name, each in found.items()
        }
    (work / "recovered.json").write_text(json.dumps(result), encoding="utf-8")
    if "answers" not in result:
        return None
    return {name: each["code"] for name, each in result["answers"].items()}


def _compare(work: Path, job: dict[str, Any]) -> None:
    import nbval.kernel  # type: ignore[import-untyped]
    import pytest

    from fire_course.lessons.sandbox import Limits, Room

    room = Room(
        given=work / "given",
        share=work / "share",
        package=Path(job["package"]),
        limits=Limits(**job["limits"]),
        masked=job["masked"],
        hidden=[Path(each) for each in job["hidden"]],
        isolated=job["isolated"],
    )
    nbval.kernel.KernelManager = _manager(room)
    (work / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    options = [
        str(work / "grading.ipynb"), "-c", str(work / "pytest.ini"),
        "--rootdir", str(work), "--nbval", "--nbval-current-env",
        # The clock outside is ahead of these.
        f"--nbval-cell-timeout={job['limits']['seconds'] + 60}",
        "--nbval-kernel-startup-timeout=60",
        f"--junitxml={work / 'junit.xml'}", "--color=no", "-q", "--noconftest",
        "-p", "nbval.plugin", "-p", "no:cacheprovider",
    ]  # fmt: skip
    pytest.main(options, plugins=[_recorder(work, room.limits.output)])


def _manager(room: Any) -> Any:
    """Make the kernel manager that nbval uses: sockets in a folder, kernel in a room."""
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import KernelManager

    command = room.command()
    if not room.isolated:
        words = [f"{name}={value}" for name, value in room.environment().items()]
        command = ["/usr/bin/env", "-i", *words, *command]

    def manager(**options: Any) -> Any:
        made = KernelManager(
            transport="ipc",
            connection_file=str(room.connection),
            ip=str(room.share / "k"),
            **options,
        )
        made._kernel_spec = KernelSpec(argv=command, language="python")
        return made

    return manager


def _recorder(work: Path, output: int) -> Any:
    """Make the plugin that writes into JUnit what a cell is and printed, and caps it."""
    import pytest

    class Recorder:
        def pytest_collection_modifyitems(self, items: list[Any]) -> None:
            for item in items:
                exercise = item.cell.metadata.get("exercise")
                if exercise is not None:
                    item.user_properties.append(("exercise", exercise))

        @pytest.hookimpl(tryfirst=True)
        def pytest_runtest_call(self, item: Any) -> None:
            self._tell(item)
            kernel = item.parent.kernel
            if not hasattr(kernel, "counted"):
                kernel.counted = 0
                kernel.get_message = self._counting(kernel, kernel.get_message)

        def _tell(self, item: Any) -> None:
            """Leave word whose turn it is, should no JUnit be written in the end."""
            whose = item.cell.metadata.get("whose")
            if whose is not None:
                (work / "asked.json").write_text(json.dumps(whose), encoding="utf-8")

        @pytest.hookimpl(tryfirst=True)  # before the report copies the properties
        def pytest_runtest_makereport(self, item: Any, call: Any) -> None:
            if call.when == "call" and item.cell.metadata.get("exercise") is not None:
                outputs = item.test_outputs or []
                printed = "".join(
                    str(out.get("text", ""))
                    for out in outputs
                    if out.get("name") == "stdout"
                )
                text = json.dumps(printed[:200_000])
                item.user_properties.append(("printed", text))

        def _counting(self, kernel: Any, get_message: Any) -> Any:
            def counted(stream: str, timeout: float | None = None) -> Any:
                message = get_message(stream, timeout=timeout)
                content = message.get("content")
                text = content.get("text", "") if isinstance(content, dict) else ""
                data = content.get("data", "") if isinstance(content, dict) else ""
                kernel.counted += len(text) if isinstance(text, str) else output
                kernel.counted += len(str(data))
                if kernel.counted > output:
                    kernel.stop()
                    raise RuntimeError("it printed too much")
                return message

            return counted

    return Recorder()


# --------------------------------------------------------------------- the server


def _child(work: Path) -> int:
    """Be the child: a session of its own, no terminal, a log for the curious."""
    os.setsid()
    _die_with_parent()
    log = os.open(work / "examiner.log", os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.dup2(log, 2)
    import resource

    # Only the soft limit: the kernel, which inherits the hard one, sets its own.
    with contextlib.suppress(ValueError, OSError):
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, hard))
    os.chdir(work)
    examine(work)
    return 0


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)


def _strays() -> Iterator[int]:
    """Give the processes that were left to this one when their parents died."""
    with contextlib.suppress(OSError):
        for task in Path("/proc/self/task").iterdir():
            yield from map(int, (task / "children").read_text().split())


def _clean() -> None:
    for _ in range(100):
        strays = list(_strays())
        for pid in strays:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(OSError):
                os.waitpid(pid, 0)
        if not strays:
            return


def main() -> None:
    """Serve jobs until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started this decides
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    for name in list(os.environ):
        if name.startswith(("PYTEST_ADDOPTS", "FIRE_COURSE_GRADE_", "JUPYTER_")):
            del os.environ[name]
    if sys.argv[1:]:
        with contextlib.suppress(AttributeError, OSError):  # Linux only
            os.sched_setaffinity(0, {int(sys.argv[1])})
    if sys.platform == "linux":
        # A process whose parent ends comes to this one, and so cannot slip away.
        ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
        _die_with_parent()
    import jupyter_client.manager  # noqa: F401
    import nbformat  # noqa: F401
    import nbval.plugin  # type: ignore[import-untyped]  # noqa: F401
    import pytest  # noqa: F401

    from fire_course.lessons import graft, masking, recover, sandbox  # noqa: F401

    answer = os.fdopen(os.dup(1), "w", buffering=1)
    for line in sys.stdin:
        work = Path(json.loads(line))
        pid = os.fork()
        if pid == 0:
            status = 70
            try:
                status = _child(work)
            except BaseException:
                import traceback

                traceback.print_exc()
            finally:
                with contextlib.suppress(BaseException):
                    sys.stderr.flush()
                os._exit(status)
        answer.write(json.dumps({"pid": pid}) + "\n")
        _, status = os.waitpid(pid, 0)
        _clean()
        answer.write(json.dumps({"status": status}) + "\n")


if __name__ == "__main__":
    main()
