"""Examine one submission: run it, run again alone what another answer broke, judge.

This is the controlling side. It executes nothing of a submission and parses nothing
of it either; `fire_course.lessons.examiner` does, in a process that may break.
"""

from __future__ import annotations

import contextlib
import json
import select
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from fire_course.lessons import watching
from fire_course.lessons.sandbox import Limits

__all__ = ["Examiner", "Stopped", "examine", "nothing", "reference"]

_GONE = 1.5  # seconds without a kernel after which none will come back
_START = 60.0  # seconds until the first exercise is asked, on a busy machine
_POLL = 0.1  # seconds between two looks at what a notebook uses
_NAME = "submission.ipynb"


class Stopped(Exception):
    """The grading was interrupted; what was running has no result."""


class Examiner:
    """A process that examines one notebook at a time, on one core.

    Parameters
    ----------
    core : int, optional
        Number of the core that all its processes are kept on.
    """

    def __init__(self, core: int | None = None) -> None:
        self._core = core
        self._process: subprocess.Popen[str] | None = None

    def run(self, work: Path, limits: Limits, stop: threading.Event) -> str | None:
        """Do the job in a folder; return why it was cut off, None if it was not."""
        process = self._alive()
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(json.dumps(str(work)) + "\n")
            process.stdin.flush()
            pid = int(self._answer()["pid"])
        except (OSError, ValueError):
            self.close()
            return "its examiner ended unexpectedly"
        clock = _Clock(work, limits)
        reason = None
        while not select.select([process.stdout], [], [], _POLL)[0]:
            if stop.is_set():
                watching.kill_tree(pid)
                self.close()
                raise Stopped
            if reason is None:
                found = watching.usage(pid, work / "share")
                reason = watching.verdict(found, limits) or clock.verdict(found)
            if reason is not None:
                watching.kill_tree(pid)
        try:
            self._answer()
        except ValueError:
            self.close()
            return reason or "its examiner ended unexpectedly"
        return reason

    def close(self) -> None:
        """End the process and all below it."""
        if self._process is not None:
            watching.kill_tree(self._process.pid)
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()
            self._process = None

    def _answer(self) -> dict[str, Any]:
        assert self._process is not None and self._process.stdout is not None
        return dict(json.loads(self._process.stdout.readline() or "null") or _gone())

    def _alive(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            command = [sys.executable, "-m", "fire_course.lessons.examiner"]
            command += [] if self._core is None else [str(self._core)]
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                start_new_session=True,  # Ctrl-C is for whoever asked
            )
        return self._process


class _Clock:
    """Gives each exercise its time, however long the machine takes to start."""

    def __init__(self, work: Path, limits: Limits) -> None:
        self._work = work
        self._limits = limits
        self._allowed = max(_START, limits.seconds)
        self._turn: int | None = None
        self._since = self._lived = time.monotonic()
        self._born = False

    def verdict(self, found: watching.Usage) -> str | None:
        """Say that the time is up, or that there is no kernel any more."""
        now = time.monotonic()
        with contextlib.suppress(OSError):
            turn = (self._work / "asked.json").stat().st_mtime_ns
            if turn != self._turn:
                self._turn, self._since = turn, now
                self._allowed = self._limits.seconds
        if now - self._since > self._allowed:
            return f"it did not end within {self._allowed:g} seconds"
        if found.processes:
            self._born, self._lived = True, now
        # nbval waits its whole time for a kernel that has gone.
        gone = self._born and now - self._lived > _GONE
        if gone and not (self._work / "junit.xml").exists():
            return "it ended the kernel"
        return None


def _gone() -> Any:
    raise ValueError("the examiner is gone")


# ---------------------------------------------------------------------- one job


def reference(
    bundle: Mapping[str, Any], examiner: Examiner, stop: threading.Event
) -> tuple[dict[str, str], str | None]:
    """Execute the lesson's own solutions; return what each prints, and what went wrong."""
    with _work() as work:
        _write_job(work, bundle, answers=bundle["solutions"], expected=None)
        reason = examiner.run(work, Limits(**bundle["limits"]), stop)
        found = _read_junit(work / "junit.xml")
        log = (work / "examiner.log").read_text(errors="replace").strip()
    last = log.splitlines()[-1] if log else None
    return {name: each["printed"] for name, each in found.items()}, reason or last


def examine(
    bundle: Mapping[str, Any],
    notebook: bytes,
    examiner: Examiner,
    stop: threading.Event,
) -> dict[str, Any]:
    """Grade one notebook.

    Parameters
    ----------
    bundle : mapping
        A prepared lesson.
    notebook : bytes
        The submitted file.
    examiner : Examiner
    stop : threading.Event
        Set it to give up.

    Returns
    -------
    dict
        ``"problem"`` and ``"exercises"``: name -> state, points, words.

    Raises
    ------
    Stopped
        If `stop` was set.
    """
    room = _Rounds(bundle, examiner, stop)
    recovered, reason = room.first(notebook)
    if recovered is None:
        why = reason or "reading it ended the program that reads"
        return nothing(bundle, f"The notebook cannot be read: {why}.")
    if "error" in recovered:
        return nothing(bundle, f"The notebook {recovered['error']}.")
    answers: dict[str, Any] = recovered["answers"]
    room.rest({name: each["code"] for name, each in answers.items() if each["code"]})
    exercises = {
        name: _judge(
            plan, answers[name], room.results.get(name), room.reasons.get(name)
        )
        for name, plan in bundle["plan"].items()
    }
    return {"problem": None, "exercises": exercises}


class _Rounds:
    """Runs answers together, and again without the one that broke the others' kernel.

    An answer that is the first of its round and breaks the kernel is at fault. One
    that comes later may have been spoilt by another: it begins the next round.
    """

    def __init__(
        self, bundle: Mapping[str, Any], examiner: Examiner, stop: threading.Event
    ) -> None:
        self._bundle = bundle
        self._examiner = examiner
        self._stop = stop
        self._limits = Limits(**bundle["limits"])
        self._reason: str | None = None
        self._asked: str | None = None
        self._found: dict[str, dict[str, Any]] = {}
        self.results: dict[str, dict[str, Any]] = {}
        self.reasons: dict[str, str | None] = {}

    def first(self, notebook: bytes) -> tuple[Any, str | None]:
        """Recover the answers of a notebook and ask them all."""
        with _work() as work:
            (work / _NAME).write_bytes(notebook)
            self._run(work, None)
            return _json(work / "recovered.json"), self._reason

    def rest(self, code: Mapping[str, str]) -> None:
        """Ask again for as long as an answer has no verdict of its own."""
        waiting = list(code)
        for _ in range(2 * len(code) + 1):
            guilty = self._sort(waiting)
            if guilty is None:
                break
            if guilty == waiting[0]:
                self.reasons[guilty] = self._reason
                waiting = waiting[1:]
            else:
                waiting = [guilty, *(each for each in waiting if each != guilty)]
            waiting = [each for each in waiting if each not in self.results]
            if not waiting:
                break
            self._ask({name: code[name] for name in waiting})
        self._after_late(code)

    def _sort(self, waiting: Sequence[str]) -> str | None:
        """Take over whole results; return the first answer without one."""
        if not self._found and waiting:  # cut off before JUnit was written
            return self._asked if self._asked in waiting else waiting[0]
        for name in waiting:
            result = self._found.get(name)
            if result is None or not _whole(result, self._bundle["plan"][name]):
                if result is not None and "printed too much" in result["message"]:
                    self._reason = "it printed too much"
                return name
            self.results[name] = result
        return None

    def _after_late(self, code: Mapping[str, str]) -> None:
        """Ask once more what failed beside an answer that may still be running."""
        late = False
        again = []
        for name in code:
            result = self.results.get(name)
            if result is not None and "takes too long" in result["printed"]:
                late = True
            elif late and result is not None and not result["passed"]:
                again.append(name)
        if again:
            self._ask({name: code[name] for name in again})
            self._sort(again)

    def _ask(self, code: Mapping[str, str]) -> None:
        with _work() as work:
            self._run(work, code)

    def _run(self, work: Path, code: Mapping[str, str] | None) -> None:
        expected = self._bundle["expected"]
        _write_job(work, self._bundle, answers=code, expected=expected)
        self._reason = self._examiner.run(work, self._limits, self._stop)
        self._found = _read_junit(work / "junit.xml")
        self._asked = _json(work / "asked.json")


def _whole(result: Mapping[str, Any], plan: Mapping[str, Any]) -> bool:
    return len(str(result["printed"]).splitlines()) == len(plan["cases"])


@contextlib.contextmanager
def _work() -> Iterator[Path]:
    """Make a folder for one kernel, and remove it whatever was left in it."""
    # A short path: a socket's name may have about a hundred characters.
    short = Path("/tmp") if Path("/tmp").is_dir() else None
    work = Path(tempfile.mkdtemp(prefix="fc-grade-", dir=short)).resolve()
    try:
        (work / "given").mkdir()
        (work / "share").mkdir()
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _write_job(
    work: Path,
    bundle: Mapping[str, Any],
    *,
    answers: Mapping[str, str] | None,
    expected: Mapping[str, str] | None,
) -> None:
    asked = ("function", "cases", "ask", "digits", "own")
    plan = {
        name: {key: each[key] for key in asked} for name, each in bundle["plan"].items()
    }
    job = {
        "lesson": bundle["lesson"],
        "setup": bundle["setup"],
        "plan": plan,
        "answers": answers,
        "only": None if answers is None else list(answers),
        "expected": expected,
        "submission": _NAME,
        "seconds": bundle["seconds"],
        "limits": bundle["limits"],
        "package": bundle["package"],
        "masked": _masked_elsewhere(bundle),
        "hidden": bundle["hidden"],
        "isolated": bundle["isolated"],
    }
    (work / "job.json").write_text(json.dumps(job), encoding="utf-8")


def _masked_elsewhere(bundle: Mapping[str, Any]) -> list[str]:
    names = [name for plan in bundle["plan"].values() for name in plan["own"]]
    return [name for name in names if not name.startswith("fire_course.")]


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _read_junit(path: Path) -> dict[str, dict[str, Any]]:
    """Read the verdicts back: passed is a case without failure, error or skip."""
    try:
        root = ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError):
        return {}
    found = {}
    for case in root.iter("testcase"):
        facts = {
            each.get("name"): each.get("value", "") for each in case.iter("property")
        }
        name = facts.get("exercise")
        if name is None:
            continue
        bad = [case.find(tag) for tag in ("failure", "error", "skipped")]
        message = next(
            (str(each.get("message")) for each in bad if each is not None), ""
        )
        printed = json.loads(facts.get("printed") or '""')
        found[name] = {
            "passed": not any(each is not None for each in bad),
            "printed": str(printed),
            "message": message,
        }
    return found


# ----------------------------------------------------------------------- judging


def nothing(bundle: Mapping[str, Any], problem: str | None) -> dict[str, Any]:
    """Give the result of a submission without answers."""
    return {
        "problem": problem,
        "exercises": {
            name: _verdict(plan, "missing", "") for name, plan in bundle["plan"].items()
        },
    }


def _verdict(
    plan: Mapping[str, Any], state: str, words: str, problems: Sequence[str] = ()
) -> dict[str, Any]:
    points = plan["points"] if state == "passed" else 0
    return {
        "state": state,
        "points": points,
        "max": plan["points"],
        "words": words,
        "problems": list(problems),
    }


def _judge(
    plan: Mapping[str, Any],
    answer: Mapping[str, Any],
    result: Mapping[str, Any] | None,
    reason: str | None,
) -> dict[str, Any]:
    """Turn nbval's verdict on one cell into a state, points and words."""
    problems = list(answer["problems"])
    if not answer["code"]:
        return _verdict(plan, "missing", "No answer was found.", problems)
    came = str(result["printed"]).splitlines() if result else []
    masked = "raises MaskedError" in came
    if answer["uses"] or masked:
        which = ", ".join(answer["uses"] or plan["own"])
        words = f"It calls {which}, which is the answer ready-made."
        return _verdict(plan, "ready-made", words, problems)
    if result is not None and result["passed"]:
        return _verdict(plan, "passed", "", problems)
    if result is None or not _whole(result, plan):
        broke = result is not None and "outputs differ" in result["message"]
        why = reason or ("it disturbed who asks" if broke else "it ended the kernel")
        return _verdict(plan, "broken", f"No answer came: {why}.", problems)
    if all(line == "not attempted" for line in came):
        return _verdict(plan, "not attempted", "", problems)
    if all(line == "not defined" for line in came):
        words = (
            f"The answer's cell does not define {plan['function']}, or failed first."
        )
        return _verdict(plan, "not yet", words, problems)
    return _verdict(plan, "not yet", _failing(plan, came), problems)


def _failing(plan: Mapping[str, Any], came: Sequence[str]) -> str:
    """Show the first failing case, and the mistake that explains it if one does."""
    expected = plan["expected"]
    wrong = [n for n, (a, b) in enumerate(zip(came, expected, strict=True)) if a != b]
    if not wrong:  # more than lines differed
        return "The answer disturbed the cell that asks it."
    first = wrong[0]
    lines = [
        f"asked:    {plan['calls'][first]}",
        f"came:     {came[first][:1000]}",
        f"expected: {expected[first][:1000]}",
    ]
    best = max(
        plan["mistakes"],
        key=lambda each: sum(each["lines"][n] == came[n] for n in wrong),
        default=None,
    )
    if best is not None and best["lines"][first] == came[first]:
        lines.append(f"likely:   {best['name']}. {best['explain']}")
    return "\n".join(lines)
