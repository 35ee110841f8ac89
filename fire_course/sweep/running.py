"""Run the trials of a sweep, here or on a cluster, and keep each as it ends."""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import fire_course
from fire_course import files
from fire_course.sweep import settings as _settings
from fire_course.sweep.board import Board
from fire_course.sweep.child import Child, Died, packed
from fire_course.sweep.settings import Settings, SweepError
from fire_course.sweep.table import Row, Sweep, Table, better

Progress = Callable[[int, int], None]
Task = tuple[str, Settings]


def sweep(
    settings: Iterable[Mapping[str, Any]] | Mapping[str, Iterable[Any]],
    trial: Callable[..., Mapping[str, Any]],
    *,
    out: str | os.PathLike[str],
    data: Any = None,
    jobs: int = 1,
    cluster: Any = None,
    fresh: bool = True,
    retries: int = 2,
    rank_by: str = "val_loss",
    mode: str = "auto",
    tensorboard: bool = True,
    progress: str | Progress | None = None,
) -> Sweep:
    """Run a trial for each of many settings and rank what comes out.

    Each trial runs in a new Python process on one thread. After each the table
    `trials.jsonl` in `out` is written anew, so that a kill loses nothing that
    was finished; the same call again runs only what is missing or had failed.

    Parameters
    ----------
    settings : list of dict, or dict of lists
        What to try: settings, or the choices of a `grid`.
    trial : callable
        Called as trial(settings), or trial(settings, data) if there are data.
        Returns a dict of figures: numbers, texts, and under "history", if it
        likes, lists of a value an epoch. May be a function of a notebook.
    out : path
        Folder of the table and of `logs/` for TensorBoard. It may hold other
        trials; they stay.
    data : arrays, numbers and texts, nested in dicts and lists, optional
        Handed to each trial. Other data make other trials.
    jobs : int
        Trials at a time, here; -1 for one a core.
    cluster : str or distributed.Client, optional
        Address of a Dask scheduler (tcp://...) on whose workers to run instead.
        They need this version of the package.
    fresh : bool
        Start a process for each trial. If not, each of the `jobs` processes
        runs one trial after another: it saves the import of TensorFlow, some
        seconds a trial, and a trial may meet what the one before left behind.
    retries : int
        How often to try again if the process or the worker of a trial died. A
        trial that raises an error is not tried again, as it would raise it
        again; either becomes a row with its error.
    rank_by, mode : str
        The figure that ranks; whether its "min" or "max" is best, "auto" knows.
    tensorboard : bool
        Write `logs/` for TensorBoard's HParams page.
    progress : "bar" or callable, optional
        A bar on a terminal, or a function called with (done, in all).

    Returns
    -------
    Sweep
        A row for each of the settings.

    Raises
    ------
    SweepError
        If settings or data cannot be used, no cluster answers, another sweep
        writes into `out`, or the table there is damaged.
    fire_course.files.FileError
        If `out` cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> def bowl(settings):
    ...     return {"loss": (settings["x"] - 2) ** 2}
    >>> with tempfile.TemporaryDirectory() as out:
    ...     result = sweep({"x": [0, 1, 2]}, bowl, out=out, rank_by="loss")
    >>> result.best.settings, [row.figures["loss"] for row in result]
    ({'x': 2}, [4, 1, 0])
    """
    if isinstance(settings, Mapping):
        settings = _settings.grid(**settings)
    wanted = _settings.checked(settings)
    better(rank_by, mode)  # is the mode one?
    if isinstance(retries, bool) or not isinstance(retries, int) or retries < 0:
        raise SweepError(f"retries is a whole number from 0, not {retries!r}.")
    if isinstance(jobs, bool) or not isinstance(jobs, int) or jobs == 0 or jobs < -1:
        raise SweepError(f"jobs is a whole number from 1, or -1, not {jobs!r}.")
    check = getattr(trial, "check", None)
    if callable(check):
        for each in wanted:
            check(each)  # a wrong name should not cost the start of 27 processes
    marks = {
        "trial": _settings.identity(trial),
        "data": _settings.fingerprint(data),
        "version": fire_course.__version__,
    }
    tasks = [(_settings.key(each, **marks), each) for each in wanted]
    folder = Path(out)
    refusal = f"Another sweep writes into {folder}: let it end, or name another folder."
    with (
        files.hold_folder(folder, SweepError(refusal)),
        _reporting(progress, rank_by, mode) as report,
    ):
        table = Table(folder, [key for key, _ in tasks])
        board = Board(folder / "logs") if tensorboard else None
        missing = [
            (key, each)
            for key, each in tasks
            if key not in table.rows or table.rows[key].status != "done"
        ]
        done = skipped = len(tasks) - len(missing)
        report(done, len(tasks), table, tasks)
        if missing:
            payload = packed(trial, data)
            runners: _Here | _Cluster = (
                _Here(payload, jobs=jobs, fresh=fresh, retries=retries)
                if cluster is None
                else _Cluster(payload, cluster, fresh=fresh, retries=retries)
            )
            with runners:
                for row in runners.run(missing):
                    table.add(row)
                    if board is not None:
                        board.add(row)
                    done += 1
                    report(done, len(tasks), table, tasks)
    rows = [table.rows[key] for key, _ in tasks]
    return Sweep(rows, folder, rank_by, mode, skipped)


class _Stopped(Exception):
    """The sweep ends early."""


def _attempt(
    child: Child, task: Task, *, fresh: bool, retries: int, stop: Callable[[], bool]
) -> Row:
    """Run one trial, again if its process dies."""
    key, each = task
    why = ""
    for attempt in range(1, retries + 2):
        if stop():
            raise _Stopped
        try:
            answer = child.run(each)
        except Died as death:
            why = str(death)
            continue
        finally:
            if fresh:
                child.restart()
        if "error" in answer:
            return Row(key, each, "failed", answer["error"], attempt, answer["seconds"])
        return Row(
            key,
            each,
            "done",
            attempts=attempt,
            seconds=answer["seconds"],
            figures=answer["figures"],
            history=answer["history"],
        )
    if stop():
        raise _Stopped
    return Row(key, each, "failed", why, retries + 1)


class _Here:
    """Run trials on this machine: as many threads as jobs, each with a process."""

    def __init__(self, payload: bytes, *, jobs: int, fresh: bool, retries: int) -> None:
        import joblib

        self._fresh, self._retries = fresh, retries
        self._children = [
            Child(payload) for _ in range(int(joblib.effective_n_jobs(jobs)))
        ]
        self._idle: queue.SimpleQueue[Child] = queue.SimpleQueue()
        for child in self._children:
            self._idle.put(child)
        self._stop = threading.Event()

    def __enter__(self) -> _Here:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for child in self._children:
            child.close()

    def run(self, tasks: Sequence[Task]) -> Iterator[Row]:
        import joblib

        def one(task: Task) -> Row | None:
            child = self._idle.get()
            try:
                return _attempt(
                    child,
                    task,
                    fresh=self._fresh,
                    retries=self._retries,
                    stop=self._stop.is_set,
                )
            except _Stopped:
                return None
            finally:
                self._idle.put(child)

        # Threads, since each only waits for a process of its own.
        pool = joblib.Parallel(
            n_jobs=len(self._children),
            backend="threading",
            batch_size=1,
            return_as="generator_unordered",
        )
        try:
            for row in pool(joblib.delayed(one)(task) for task in tasks):
                if row is not None:
                    yield row
        finally:
            # Before joblib waits for its threads, which wait for the children.
            self.__exit__()


class _Cluster:
    """Run trials on the workers of a Dask cluster, each in a process of its own."""

    def __init__(
        self, payload: bytes, cluster: Any, *, fresh: bool, retries: int
    ) -> None:
        self._payload, self._cluster = payload, cluster
        self._fresh, self._retries = fresh, retries
        self._client: Any = None
        self._futures: dict[Any, tuple[Task, int]] = {}

    def __enter__(self) -> _Cluster:
        try:
            from distributed import Client, Event
        except ModuleNotFoundError:
            raise SweepError(
                "A cluster needs the package distributed: pip install "
                "'fire-course[cluster]'."
            ) from None
        if isinstance(self._cluster, Client):
            self._client = self._cluster
        else:
            try:
                self._client = Client(self._cluster, timeout=10, set_as_default=False)
            except (OSError, ValueError, TypeError) as error:
                reason = " ".join(str(error).split())
                raise SweepError(
                    f"No cluster answers at {self._cluster}: {reason}"
                ) from None
        if not self._client.scheduler_info(n_workers=-1)["workers"]:
            self._close()
            raise SweepError(
                f"The cluster at {self._cluster} has no workers: start some with "
                "dask worker."
            )
        self._stop = Event(f"fire-course-{uuid.uuid4().hex}", client=self._client)
        return self

    def __exit__(self, *_: object) -> None:
        # A task that runs cannot be cancelled; it looks at this event.
        with contextlib.suppress(Exception):
            if self._futures:
                self._stop.set()
                self._client.cancel(list(self._futures), force=True)
        self._close()

    def _close(self) -> None:
        if self._client is not self._cluster:
            self._client.close()

    def run(self, tasks: Sequence[Task]) -> Iterator[Row]:
        from distributed import as_completed

        shared = self._scattered()
        queued = as_completed(loop=self._client.loop)
        for task in tasks:
            queued.add(self._submitted(task, shared, 1))
        for future in queued:
            task, attempt = self._futures.pop(future)
            row, lost = self._collected(future, task, attempt)
            if row is not None:
                yield row
            else:
                if lost:  # every worker that had the data is gone
                    shared = self._scattered()
                queued.add(self._submitted(task, shared, attempt + 1))

    def _scattered(self) -> Any:
        return self._client.scatter(self._payload, broadcast=True, hash=False)

    def _submitted(self, task: Task, shared: Any, attempt: int) -> Any:
        future = self._client.submit(
            _remote,
            shared,
            task,
            fresh=self._fresh,
            tries=self._retries,  # "retries" would be the client's own
            stop=self._stop.name,
            version=fire_course.__version__,
            pure=False,
        )
        self._futures[future] = task, attempt
        return future

    def _collected(
        self, future: Any, task: Task, attempt: int
    ) -> tuple[Row | None, bool]:
        """Give the row of a task that ended; None if it shall be tried again."""
        from distributed import CancelledError, KilledWorker

        try:
            return Row(**future.result()), False
        except SweepError:
            raise
        except (KilledWorker, CancelledError) as error:
            # The scheduler has tried other workers before it gives up.
            lost = isinstance(error, CancelledError)
            if lost and attempt <= self._retries:
                return None, True
            why = (
                f"{type(error).__name__}: the workers that ran this trial died; look "
                "at their memory"
            )
            return Row(task[0], task[1], "failed", why, attempt), False


_REMOTE: dict[str, Any] = {"lock": threading.Lock(), "payload": None, "idle": []}


def _remote(
    payload: bytes, task: Task, *, fresh: bool, tries: int, stop: str, version: str
) -> dict[str, Any]:
    """Run one trial on a worker, in a process of its own."""
    import dataclasses

    from distributed import Event, get_client

    if version != fire_course.__version__:
        raise SweepError(
            f"A worker of the cluster has version {fire_course.__version__} of "
            f"fire-course, not {version}."
        )
    stopped = Event(stop, client=get_client())
    child = _lent(payload)
    over = threading.Event()

    def watch() -> None:
        while not over.wait(1):
            with contextlib.suppress(Exception):
                if stopped.is_set():
                    child.close()
                    return

    threading.Thread(target=watch, daemon=True).start()
    try:
        row = _attempt(
            child, task, fresh=fresh, retries=tries, stop=lambda: child.closed
        )
    except _Stopped:
        row = Row(*task, "failed", "the sweep was stopped")
    finally:
        over.set()
        _given_back(payload, child)
    return dataclasses.asdict(row)


def _lent(payload: bytes) -> Child:
    """Take a process that serves this sweep, or make one."""
    with _REMOTE["lock"]:
        if _REMOTE["payload"] != payload:
            for child in _REMOTE["idle"]:
                child.close()
            _REMOTE["payload"], _REMOTE["idle"] = payload, []
        return _REMOTE["idle"].pop() if _REMOTE["idle"] else Child(payload)


def _given_back(payload: bytes, child: Child) -> None:
    with _REMOTE["lock"]:
        if _REMOTE["payload"] == payload and not child.closed:
            _REMOTE["idle"].append(child)
        else:
            child.close()


# --- progress ----------------------------------------------------------------

_Report = Callable[[int, int, Table, Sequence[Task]], None]


@contextlib.contextmanager
def _reporting(
    progress: str | Progress | None, by: str, mode: str
) -> Iterator[_Report]:
    if progress is None:
        yield lambda done, total, table, tasks: None
    elif callable(progress):
        yield lambda done, total, table, tasks: progress(done, total)
    elif progress == "bar":
        with _bar(by, mode) as report:
            yield report
    else:
        raise SweepError(f"progress is 'bar', a function or None, not {progress!r}.")


@contextlib.contextmanager
def _bar(by: str, mode: str) -> Iterator[_Report]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    from fire_course.sweep.table import rank

    # On the error stream: standard output may be a program's input.
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda done, total, table, tasks: None
        return
    columns = (
        TextColumn("trial {task.completed:.0f}/{task.total:.0f}"),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[best]}"),
        TimeRemainingColumn(compact=True),
        TextColumn("left"),
    )
    with Bar(*columns, console=console) as bar:
        task = bar.add_task("", total=None, best="")

        def report(done: int, total: int, table: Table, tasks: Sequence[Task]) -> None:
            rows = [table.rows[key] for key, _ in tasks if key in table.rows]
            best = ""
            with contextlib.suppress(SweepError):
                first = rank(rows, by, mode)[:1]
                value = first[0].flat().get(by) if first else None
                best = "" if value is None else f"best {by} {value:.4g}"
            bar.update(task, completed=done, total=total, best=best)

        yield report
