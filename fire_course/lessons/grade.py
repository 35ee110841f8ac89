"""Grade a class: every notebook in a sandbox, all cores, nobody stops the others.

A learner's answers are recovered, put into a pristine notebook and asked on inputs
from a secret seed; nbval compares what they print with the reference, outside the
sandbox. Finished grades are kept one by one, so an interrupted run goes on where it
was, and a second one does only what has changed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import queue
import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fire_course.files import write_json
from fire_course.lessons import preparing, report, submissions
from fire_course.lessons.examine import Examiner, Stopped, examine, reference
from fire_course.lessons.preparing import GradeError
from fire_course.lessons.sandbox import Limits, SandboxError, available, not_isolated
from fire_course.lessons.submissions import Submission

__all__ = ["Grades", "GradeError", "grade", "read_seed"]

SEED_VARIABLE = "FIRE_COURSE_GRADE_SEED"

_SECONDS = {False: 40.0, True: 120.0}
"""Wall clock of an exercise without and with TensorFlow: more than ten times what a
right answer takes on a slow machine."""

_MEMORY = {False: 2**30, True: 4 * 2**30}
"""Bytes of a notebook without and with TensorFlow, which itself takes 0.6 GB."""

_CASE_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class Grades:
    """What came of grading a class.

    Attributes
    ----------
    rows : list of dict
        A result a learner and lesson: learner, lesson, notebook, points, max,
        problems, exercises.
    graded, kept : int
        How many were graded now, and taken over from an earlier run.
    isolated : bool
        Whether bubblewrap held them.
    changed : tuple of str
        Besides notebooks, what has changed since an earlier run, in words, so that
        grades of it could not be kept.
    """

    rows: list[dict[str, Any]]
    graded: int
    kept: int
    isolated: bool
    changed: tuple[str, ...] = ()


def read_seed(out: Path, seed: str | None = None) -> str:
    """Return the seed that is given, or the one kept in a folder, or a new one there.

    Parameters
    ----------
    out : pathlib.Path
        Where ``seed.txt`` is kept, for its owner alone.
    seed : str, optional
        Given by hand; else the variable ``FIRE_COURSE_GRADE_SEED`` is looked at.

    Returns
    -------
    str
    """
    given = seed if seed is not None else os.environ.get(SEED_VARIABLE)
    if given is not None:
        if not given.strip():
            raise ValueError("the seed is empty: give any text that nobody guesses")
        return given.strip()
    file = out / "seed.txt"
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(secrets.token_hex(16) + "\n")
    kept = file.read_text(encoding="utf-8").strip()
    if not kept:
        raise ValueError(f"{file} is empty: remove it, or write a seed into it")
    return kept


def grade(
    folder: str | Path,
    out: str | Path,
    *,
    lessons: str | Path = "solutions",
    lesson: str | None = None,
    seed: str | None = None,
    jobs: int = -1,
    cluster: str | None = None,
    require_sandbox: bool = False,
    timeout: float | None = None,
    memory: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Grades:
    """Grade all submissions of a folder.

    Parameters
    ----------
    folder : str or path
        Holds ``<learner>/<notebook>.ipynb``.
    out : str or path
        Where ``grades.csv``, ``junit.xml``, ``reports/`` and ``seed.txt`` go.
    lessons : str or path, optional
        Folder of the lessons' sources, ``NN_topic.md``. A teacher's own lesson has
        its checks beside it, in ``NN_topic_checks.py``.
    lesson : str, optional
        Only this one, such as ``10_honest_data``.
    seed : str, optional
        The secret seed, see `read_seed`.
    jobs : int, optional
        Notebooks at the same time, one core each; -1 for one a core.
    cluster : str, optional
        Address of a Dask scheduler whose workers grade instead.
    require_sandbox : bool, optional
        Refuse to grade without bubblewrap.
    timeout, memory : float, int, optional
        Seconds that an exercise and bytes that a notebook may take.
    progress : callable, optional
        Called with (done, total).

    Returns
    -------
    Grades

    Raises
    ------
    GradeError
        If there is nothing to grade, or the lesson's own solutions do not pass.
    SandboxError
        If the sandbox is required and cannot be had.
    """
    folder, out = Path(folder), Path(out)
    if not folder.is_dir():
        raise GradeError(
            f"{folder} is no folder: give the one that holds the learners'"
        )
    if require_sandbox and cluster is None and not available():
        missing = not_isolated()[0].partition(":")[0]
        raise SandboxError(f"{missing}, and a sandbox is required: install it")
    sources = _sources(Path(lessons), lesson)
    (out / "results").mkdir(parents=True, exist_ok=True)
    others = [name for name in _sources(Path(lessons), None) if name not in sources]
    found = submissions.find(folder, list(sources), skip=out, others=others)
    if not found:
        raise GradeError(f"{folder} holds no folder of a learner with a notebook in it")
    seed = read_seed(out, seed)
    course = _Course(
        sources=sources,
        seed=seed,
        isolated=available() if cluster is None else True,
        timeout=timeout,
        memory=memory,
        hidden=[folder.resolve(), out.resolve(), Path(lessons).resolve()],
    )
    kept, waiting, changed = _kept(found, course, out)
    workers: _Here | _Cluster = (
        _Cluster(cluster, require_sandbox=require_sandbox)
        if cluster is not None
        else _Here(_cores(jobs))
    )
    done: dict[str, dict[str, Any]] = dict(kept)
    if progress is not None:
        progress(len(done), len(found))
    try:
        with workers, tempfile.TemporaryDirectory(prefix="fc-package-") as scratch:
            needed = dict.fromkeys(each.lesson for each in waiting)
            bundles = {
                name: course.bundle(name, Path(scratch), workers) for name in needed
            }
            for each, result in workers.examine(waiting, bundles):
                row = _row(each, result, bundles[each.lesson])
                row["digest"] = course.digest(each)
                row["graded_by"] = course.parts(each.lesson)
                # In this order, a Ctrl-C between the two leaves no grade untold.
                done[each.key] = row
                write_json(out / "results" / f"{each.key}.json", row)
                if progress is not None:
                    progress(len(done), len(found))
    finally:
        # After Ctrl-C too: what is finished is told.
        rows = [done[each.key] for each in found if each.key in done]
        report.write_all(rows, out)
    return Grades(
        rows=[{k: v for k, v in row.items() if k not in _OWN} for row in rows],
        graded=len(waiting),
        kept=len(kept),
        isolated=course.isolated,
        changed=changed,
    )


_OWN = ("digest", "graded_by")
"""What a kept result holds for the next run only."""


def _sources(folder: Path, lesson: str | None) -> dict[str, Path]:
    """Find the lessons' sources, by name."""
    if not folder.is_dir():
        raise GradeError(
            f"{folder} is no folder: run this in the course's folder, or give the one "
            "with the lessons' sources, NN_topic.md, as --lessons"
        )
    found = {path.stem: path for path in sorted(folder.glob("[0-9][0-9]_*.md"))}
    if lesson is None and found:
        return found
    wanted = (lesson or "").removesuffix(".md").removesuffix(".ipynb")
    if wanted not in found:
        there = ", ".join(found) or "none"
        raise GradeError(f"{folder} has no lesson {wanted!r}; there are: {there}")
    return {wanted: found[wanted]}


def _cores(jobs: int) -> list[int | None]:
    """Give each worker a core of its own, as far as there are some."""
    try:
        cores: list[int] = sorted(os.sched_getaffinity(0))
    except AttributeError:  # macOS
        return [None] * (jobs if jobs > 0 else os.cpu_count() or 1)
    count = jobs if jobs > 0 else len(cores)
    return [cores[n % len(cores)] for n in range(count)]


def _kept(
    found: Sequence[Submission], course: _Course, out: Path
) -> tuple[dict[str, dict[str, Any]], list[Submission], tuple[str, ...]]:
    """Tell what an earlier run has done already from what is to do, and why again."""
    kept, waiting = {}, []
    changed: dict[str, None] = {}
    for each in found:
        file = out / "results" / f"{each.key}.json"
        row: Any = None
        with contextlib.suppress(OSError, ValueError):
            row = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(row, dict) and row.get("digest") == course.digest(each):
            kept[each.key] = row
        else:
            waiting.append(each)
            earlier = row.get("graded_by") if isinstance(row, dict) else None
            if isinstance(earlier, dict):
                parts = course.parts(each.lesson).items()
                changed |= dict.fromkeys(k for k, v in parts if earlier.get(k) != v)
    return kept, waiting, tuple(changed)


def _row(
    each: Submission, result: Mapping[str, Any], bundle: Mapping[str, Any]
) -> dict[str, Any]:
    exercises = {
        name: {**one, "task": bundle["plan"][name]["task"]}
        for name, one in result["exercises"].items()
    }
    problems = [text for text in (each.problem, result["problem"]) if text]
    for name, one in exercises.items():
        if one["state"] in ("broken", "ready-made"):
            problems.append(f"{name}: {one['words']}")
    return {
        "learner": each.learner,
        "lesson": each.lesson,
        "notebook": each.notebook,
        "points": sum(one["points"] for one in exercises.values()),
        "max": sum(one["max"] for one in exercises.values()),
        "problems": [*problems, *each.notes],
        "exercises": exercises,
    }


class _Course:
    """The lessons of one grading: digests at once, bundles when they are needed."""

    def __init__(
        self,
        *,
        sources: Mapping[str, Path],
        seed: str,
        isolated: bool,
        timeout: float | None,
        memory: int | None,
        hidden: Sequence[Path],
    ) -> None:
        self.sources = sources
        self.isolated = isolated
        self._seed = seed
        self._timeout, self._memory = timeout, memory
        self._hidden = [str(each) for each in hidden]
        self._package = preparing.digest()
        self._lessons = {name: self._lesson(path) for name, path in sources.items()}

    @staticmethod
    def _lesson(source: Path) -> bytes:
        files = (source, preparing.checks_beside(source))
        return b"\0".join(file.read_bytes() for file in files if file.is_file())

    def parts(self, lesson: str) -> dict[str, str]:
        """Return what all grades of a lesson depend on: its name to a short digest."""
        limits = json.dumps([self._timeout, self._memory])
        parts = {
            "the course's own programs": self._package.encode(),
            f"the lesson {lesson}": self._lessons[lesson],
            "the seed": self._seed.encode(),
            "the sandbox": str(self.isolated).encode(),
            "the limits": limits.encode(),
        }
        return {k: hashlib.sha256(v).hexdigest()[:16] for k, v in parts.items()}

    def digest(self, each: Submission) -> str:
        """Return what a grade depends on, as one text."""
        parts = json.dumps(self.parts(each.lesson), sort_keys=True)
        total = hashlib.sha256(parts.encode())
        total.update(json.dumps([each.problem, each.notebook, each.notes]).encode())
        total.update(each.content or b"")
        return total.hexdigest()

    def bundle(
        self, name: str, scratch: Path, workers: _Here | _Cluster
    ) -> dict[str, Any]:
        """Prepare a lesson and execute its reference."""
        made = preparing.prepare(self.sources[name], self._seed)
        heavy = made["heavy"]
        seconds = self._timeout or _SECONDS[heavy]
        limits = Limits(seconds=seconds, memory=self._memory or _MEMORY[heavy])
        made |= {
            "limits": dataclasses.asdict(limits),
            # One answer that loops must not use up the time of the others.
            "seconds": min(_CASE_SECONDS, seconds / 4),
            "isolated": self.isolated,
            "hidden": self._hidden,
            "digest": self._package,
            "package": "",
        }
        printed, why = workers.reference(made, scratch / name)
        for exercise, plan in made["plan"].items():
            lines = printed.get(exercise, "").splitlines()
            if lines != plan["oracle"]:
                reason = f" ({why})" if why and not lines else ""
                raise GradeError(
                    f"{name}: the lesson's own solution of {exercise} does not answer "
                    f"what its check expects{reason}, so nobody was graded"
                )
            plan["expected"] = lines
        made["expected"] = printed
        return made


def _masked_package(bundle: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Give a bundle its copy of the package, made once."""
    from fire_course.lessons.masking import copy_package

    if not folder.is_dir():
        own = [name for plan in bundle["plan"].values() for name in plan["own"]]
        copy_package(own, folder)
    return {**bundle, "package": str(folder.resolve())}


Examined = Iterator[tuple[Submission, dict[str, Any]]]


class _Here:
    """Examine on this machine: as many threads as cores, each with an examiner."""

    def __init__(self, cores: Sequence[int | None]) -> None:
        self._idle: queue.Queue[Examiner] = queue.Queue()
        self._examiners = [Examiner(core) for core in cores]
        for each in self._examiners:
            self._idle.put(each)
        self._stop = threading.Event()
        self._folders: dict[str, Path] = {}

    def __enter__(self) -> _Here:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for each in self._examiners:
            each.close()

    def reference(
        self, bundle: dict[str, Any], folder: Path
    ) -> tuple[dict[str, str], str | None]:
        bundle["package"] = _masked_package(bundle, folder)["package"]
        return reference(bundle, self._examiners[0], self._stop)

    def examine(
        self, waiting: Sequence[Submission], bundles: Mapping[str, dict[str, Any]]
    ) -> Examined:
        import joblib

        def one(each: Submission) -> tuple[Submission, dict[str, Any] | None]:
            examiner = self._idle.get()
            try:
                return each, _examined(each, bundles[each.lesson], examiner, self._stop)
            except Stopped:
                return each, None
            finally:
                self._idle.put(examiner)

        # Threads, since each only waits for processes of its own.
        pool = joblib.Parallel(
            n_jobs=len(self._examiners),
            backend="threading",
            batch_size=1,
            return_as="generator_unordered",
        )
        try:
            for each, result in pool(joblib.delayed(one)(each) for each in waiting):
                if result is not None:
                    yield each, result
        finally:
            self._stop.set()


def _examined(
    each: Submission,
    bundle: Mapping[str, Any],
    examiner: Examiner,
    stop: threading.Event,
) -> dict[str, Any]:
    from fire_course.lessons.examine import nothing

    if each.content is None:
        return nothing(bundle, None)
    if stop.is_set():
        raise Stopped
    return examine(bundle, each.content, examiner, stop)


class _Cluster:
    """Examine on the workers of a Dask cluster, a notebook a task."""

    def __init__(self, address: str, *, require_sandbox: bool) -> None:
        self._address = address
        self._require = require_sandbox
        self._client: Any = None

    def __enter__(self) -> _Cluster:
        try:
            from distributed import Client
        except ModuleNotFoundError:
            raise GradeError(
                "a cluster needs the package distributed: pip install "
                "'fire-course[cluster]'"
            ) from None
        try:
            self._client = Client(self._address, timeout=10, set_as_default=False)
        except (OSError, ValueError) as error:
            reason = " ".join(str(error).split())
            raise GradeError(
                f"no cluster answers at {self._address}: {reason}"
            ) from None
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def reference(
        self, bundle: dict[str, Any], folder: Path
    ) -> tuple[dict[str, str], str | None]:
        isolated = all(self._client.run(available).values())
        if self._require and not isolated:
            raise SandboxError("a worker of the cluster has no bubblewrap: install it")
        bundle["isolated"] = isolated
        answer = self._client.submit(_remote_reference, bundle, pure=False).result()
        return answer[0], answer[1]

    def examine(
        self, waiting: Sequence[Submission], bundles: Mapping[str, dict[str, Any]]
    ) -> Examined:
        from distributed import as_completed

        shared = {
            name: self._client.scatter(bundle, broadcast=True, hash=False)
            for name, bundle in bundles.items()
        }
        tasks = {
            self._client.submit(
                _remote_examine, each, shared[each.lesson], pure=False
            ): each
            for each in waiting
        }
        for task in as_completed(list(tasks), loop=self._client.loop):
            yield tasks[task], task.result()


_REMOTE: dict[str, Any] = {"lock": threading.Lock(), "idle": [], "folders": {}}


@contextlib.contextmanager
def _remote(bundle: Mapping[str, Any]) -> Iterator[tuple[Examiner, dict[str, Any]]]:
    """Lend a worker's examiner, with the masked package that it made."""
    if bundle["digest"] != preparing.digest():
        raise GradeError("a worker of the cluster has another version of fire-course")
    own = json.dumps([plan["own"] for plan in bundle["plan"].values()])
    with _REMOTE["lock"]:
        if own not in _REMOTE["folders"]:
            folder = Path(tempfile.mkdtemp(prefix="fc-package-"))
            _forget_at_exit(folder)
            _REMOTE["folders"][own] = folder / "copy"
        ready = _masked_package(bundle, _REMOTE["folders"][own])
        examiner = _REMOTE["idle"].pop() if _REMOTE["idle"] else Examiner()
    try:
        yield examiner, ready
    finally:
        with _REMOTE["lock"]:
            _REMOTE["idle"].append(examiner)


def _forget_at_exit(folder: Path) -> None:
    import atexit

    def clean() -> None:
        for each in _REMOTE["idle"]:
            each.close()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(clean)


def _remote_reference(bundle: Mapping[str, Any]) -> tuple[dict[str, str], str | None]:
    with _remote(bundle) as (examiner, ready):
        return reference(ready, examiner, threading.Event())


def _remote_examine(each: Submission, bundle: Mapping[str, Any]) -> dict[str, Any]:
    with _remote(bundle) as (examiner, ready):
        return _examined(each, ready, examiner, threading.Event())
