"""Watch cameras: ask, judge, alarm, write down, wait, and again, for days.

A round asks every camera, lets the detector see all pictures in one batch, applies
the rules of `rules`, and writes down what it knows, in this order: alarms first,
then the state. Whoever is killed in between finds the alarm in its file at the next
start and takes it from there, so that none is lost and none told twice.
"""

from __future__ import annotations

import contextlib
import copy
import math
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fire_course import files
from fire_course.cameras.alarms import Alarm
from fire_course.cameras.delivery import Delivery
from fire_course.cameras.failures import Failure, Kind
from fire_course.cameras.frames import Frames
from fire_course.cameras.health import Health
from fire_course.cameras.jsonlines import JSONLines
from fire_course.cameras.listing import Camera
from fire_course.cameras.memory import Memory
from fire_course.cameras.rules import Event, Rule, Standing, State, step
from fire_course.cameras.snapshot import Snapshot
from fire_course.cameras.state import CameraState, WatchState

__all__ = ["Round", "Row", "WatchError", "Watcher", "read_scores"]

Answers = Sequence[Snapshot | Failure]
Fetch = Callable[[Sequence[Camera], dict[str, Memory]], Answers]
Score = Callable[[Sequence[NDArray[np.uint8]]], Any]

STATE, ALARMS, SCORES, FRAMES = "state.json", "alarms.jsonl", "scores.jsonl", "frames"

# Sentences for the user that nobody has fetched yet; alarms whose disk is full.
_MOST_NOTES, _MOST_UNWRITTEN = 100, 1000


class WatchError(ValueError):
    """A watcher that cannot work, in one sentence."""


@dataclass(frozen=True)
class Row:
    """What one round brought for one camera.

    Attributes
    ----------
    camera : Camera
    state : State
    score : float or None
        Of this round's picture; None if there was none to judge.
    votes : int
        How many of the last pictures voted for fire.
    failure : Failure or None
        Why there was no picture.
    unchanged : bool
        Whether the picture was the last one again, which has had its vote.
    last_score : float or None
        Of the last picture that was judged, in whatever round.
    failures : int
        Failures in a row.
    share : float or None
        Share of the questions that were answered.
    last_answer : float or None
        When a picture came last, in seconds since 1970.
    alarm : Alarm or None
        The alarm that this round raised here.
    """

    camera: Camera
    state: State
    score: float | None
    votes: int
    failure: Failure | None
    unchanged: bool
    last_score: float | None
    failures: int
    share: float | None
    last_answer: float | None
    alarm: Alarm | None

    def as_dict(self) -> dict[str, Any]:
        """Give the facts, ready for JSON."""
        failure = self.failure
        return {
            "name": self.camera.name,
            "url": self.camera.address,
            "state": str(self.state),
            "score": self.score,
            "votes": self.votes,
            "failure": None if failure is None else str(failure.kind),
            "reason": None if failure is None else failure.reason,
            "unchanged": self.unchanged,
            "failures_in_a_row": self.failures,
            "share_answered": self.share,
            "last_answer": self.last_answer,
        }


@dataclass(frozen=True)
class Round:
    """What one round brought.

    Attributes
    ----------
    number : int
        Counted from 1, over all starts of the watcher.
    time : float
        When it ended, in seconds since 1970.
    seconds : float
        How long it took.
    rows : tuple of Row
        One a camera, in their order.
    notes : tuple of str
        What else the user should know: a full disk, an alarm that did not arrive.
    """

    number: int
    time: float
    seconds: float
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    @property
    def alarms(self) -> list[Alarm]:
        """The alarms of this round."""
        return [row.alarm for row in self.rows if row.alarm is not None]

    def as_dict(self) -> dict[str, Any]:
        """Give the facts, ready for JSON."""
        return {
            "round": self.number,
            "time": self.time,
            "seconds": self.seconds,
            "cameras": [row.as_dict() for row in self.rows],
            "alarms": [alarm.as_dict() for alarm in self.alarms],
            "notes": list(self.notes),
        }


class Watcher:
    """Watches cameras, round by round.

    Parameters
    ----------
    cameras : sequence of Camera
    fetch : callable
        ``fetch(cameras, memories)`` gives a snapshot or a failure for each, in
        their order; `memories` are by name: ``Fetcher().round``.
    score : callable
        ``score(pictures)`` gives a probability of fire for each of at least one
        picture: ``detector.score``. It sees all new pictures of a round at once.
    rule : Rule
    folder : path, optional
        Where `state.json`, `alarms.jsonl` and `scores.jsonl` are kept; it is made
        if missing. Without one, nothing outlives the watcher.
    deliveries : sequence of Delivery
        Who else is told of an alarm.
    frames : Frames, optional
        Where pictures that vote for fire are kept; nowhere by default.
    interval : float
        Seconds from the start of a round to that of the next.
    due : callable, optional
        ``due(camera, memory)`` gives the seconds until a camera may be asked:
        ``Fetcher().due``. A round waits a little for a camera that is nearly due.
    clock : callable
        The time of day, in seconds since 1970.
    wait : callable, optional
        Waits for a number of seconds; must return early after `stop`.

    Raises
    ------
    WatchError
        If there is no camera, or another watcher works in the folder.

    Attributes
    ----------
    breakable : bool
        Whether a handler of signals may break off what goes on now: while cameras
        are asked and pictures judged. What follows is short and must stay whole.

    Notes
    -----
    A picture that is the last one again gives no vote: a camera that is asked more
    often than it looks would else outvote the rule with one picture.
    """

    def __init__(
        self,
        cameras: Sequence[Camera],
        *,
        fetch: Fetch,
        score: Score,
        rule: Rule | None = None,
        folder: str | os.PathLike[str] | None = None,
        deliveries: Sequence[Delivery] = (),
        frames: Frames | None = None,
        interval: float = 60.0,
        due: Callable[[Camera, Memory], float] | None = None,
        clock: Callable[[], float] = time.time,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        if not cameras:
            raise WatchError("There is no camera to watch: the list is empty.")
        if not 0 <= interval < math.inf:
            raise WatchError(f"An interval is a number of seconds, not {interval}.")
        self.cameras = list(cameras)
        self.rule = rule or Rule()
        self.interval = interval
        self.deliveries, self.frames = list(deliveries), frames
        self.breakable = False
        self._fetch, self._score, self._due = fetch, score, due
        self._clock = clock
        self._stopping = threading.Event()
        self._wait = wait or self._stopping.wait
        self._notes: deque[str] = deque(maxlen=_MOST_NOTES)
        self._unwritten: deque[Alarm] = deque(maxlen=_MOST_UNWRITTEN)
        self._told_disk = False
        self._folder = None if folder is None else Path(folder)
        self._held = contextlib.ExitStack()
        self._state = WatchState()
        for delivery in self.deliveries:
            delivery.tell = self._notes.append
        if self._folder is not None:
            self._open(self._folder)
        self._keep_listed()
        # So that a kill in the very first round finds a state to go on from.
        self._write()

    # --- life ----------------------------------------------------------------

    def run(
        self,
        *,
        rounds: int | None = None,
        after_round: Callable[[Round], None] | None = None,
    ) -> int:
        """Make rounds until there are enough or `stop` is called.

        Parameters
        ----------
        rounds : int, optional
            How many; for ever if left out.
        after_round : callable, optional
            Called with each `Round`.

        Returns
        -------
        int
            How many were made.
        """
        made = 0
        while not self._stopping.is_set() and (rounds is None or made < rounds):
            started = self._clock()
            done = self.round()
            made += 1
            if after_round is not None:
                after_round(done)
            if rounds is None or made < rounds:
                self._pause(started)
        return made

    def stop(self) -> None:
        """End `run` after the round that is going on; may be called from a thread."""
        self._stopping.set()

    def close(self, *, timeout: float = 5.0) -> None:
        """Give alarms on their way some seconds, write the state, let go of the folder.

        What has not been told by then is told after the next start.
        """
        try:
            for delivery in self.deliveries:
                delivery.close(timeout=timeout)
        finally:
            with contextlib.suppress(OSError):  # told in its round
                self._write()
            self._held.close()

    def notes(self) -> tuple[str, ...]:
        """Give what the user should know and was not told yet."""
        found = []
        with contextlib.suppress(IndexError):  # others may add meanwhile
            while True:
                found.append(self._notes.popleft())
        return tuple(found)

    def standing(self, camera: Camera) -> Standing:
        """Give what the rules remember of a camera."""
        return self._state.cameras[camera.key].standing

    def health(self, camera: Camera) -> Health:
        """Give how well a camera answers."""
        return self._state.cameras[camera.key].health

    # --- one round -----------------------------------------------------------

    def round(self) -> Round:
        """Ask every camera once, judge, alarm, and write down."""
        started = self._clock()
        states = [self._state.cameras[camera.key] for camera in self.cameras]
        # Copies: a round that is dropped half-way leaves no picture behind that was
        # seen and never judged.
        memories = {
            camera.name: copy.copy(state.memory)
            for camera, state in zip(self.cameras, states, strict=True)
        }
        self.breakable = True
        try:
            answers = self._fetch(self.cameras, memories)
            if len(answers) != len(self.cameras):
                raise WatchError(
                    f"{len(answers)} answers came for {len(self.cameras)} cameras: "
                    "fetch must give one for each."
                )
            scores = self._scores(answers)
            self.breakable = False
        except BaseException:  # Ctrl-C too
            self.breakable = False
            for camera, state in zip(self.cameras, states, strict=True):
                # They were asked all the same, and no sooner again than they allow.
                state.memory.asked = memories[camera.name].asked
                state.memory.not_before = memories[camera.name].not_before
            raise
        now = self._clock()
        for camera, state in zip(self.cameras, states, strict=True):
            state.memory = memories[camera.name]
        rows = [
            self._judge(camera, state, answer, score, now)
            for camera, state, answer, score in zip(
                self.cameras, states, answers, scores, strict=True
            )
        ]
        self._state.rounds += 1
        self._write_down(rows, now)
        return Round(
            self._state.rounds, now, max(0.0, now - started), tuple(rows), self.notes()
        )

    def _scores(self, answers: Answers) -> list[float | None]:
        """Score all new pictures in one batch; None where there is nothing to judge."""
        fresh = [
            number
            for number, answer in enumerate(answers)
            if isinstance(answer, Snapshot) and not answer.unchanged
        ]
        scores: list[float | None] = [None] * len(answers)
        if not fresh:
            return scores
        pictures = [answers[number].picture for number in fresh]  # type: ignore[union-attr]
        found = np.asarray(self._score(pictures), np.float64).reshape(-1)
        if len(found) != len(fresh):
            raise WatchError(
                f"The detector gave {len(found)} scores for {len(fresh)} pictures."
            )
        for number, score in zip(fresh, found.tolist(), strict=True):
            if 0 <= score <= 1:
                scores[number] = score
            else:  # a broken network must not read as "no fire"
                name = answers[number].camera.name
                self._notes.append(
                    f"{name}: the detector gave {score}, no probability."
                )
        return scores

    def _judge(
        self,
        camera: Camera,
        state: CameraState,
        answer: Snapshot | Failure,
        score: float | None,
        now: float,
    ) -> Row:
        failure = answer if isinstance(answer, Failure) else None
        unchanged = isinstance(answer, Snapshot) and answer.unchanged
        if failure is None:
            state.health.answer(now)
        elif failure.kind is not Kind.TOO_SOON:  # then nobody was asked
            state.health.failure(failure.kind, failure.reason)
        event: Event | None = None
        if not unchanged:
            state.standing, event = step(state.standing, score, self.rule, time=now)
        frame = None
        if score is not None and score >= self.rule.threshold:
            frame = self._kept(answer)
        alarm = None
        if event is not None:
            kept = None if frame is None else str(frame)
            alarm = Alarm.of_event(event, camera, self.rule, frame=kept)
        standing, health = state.standing, state.health
        recent = standing.scores[-self.rule.of :]
        return Row(
            camera=camera,
            state=standing.state,
            score=score,
            votes=sum(each >= self.rule.threshold for each in recent),
            failure=failure,
            unchanged=unchanged,
            last_score=recent[-1] if recent else None,
            failures=health.failures,
            share=health.share,
            last_answer=health.last_answer,
            alarm=alarm,
        )

    def _kept(self, answer: Snapshot | Failure) -> Path | None:
        if self.frames is None or not isinstance(answer, Snapshot):
            return None
        try:
            return self.frames.keep(answer)
        except OSError as error:
            self._notes.append(f"A picture was not kept: {error}")
            return None

    # --- files ---------------------------------------------------------------

    def _write_down(self, rows: Sequence[Row], now: float) -> None:
        alarms = [row.alarm for row in rows if row.alarm is not None]
        scores = {row.camera.name: row.score for row in rows if not row.unchanged}
        line = {"round": self._state.rounds, "time": now, "scores": scores}
        errors = []
        if self._folder is not None:
            self._unwritten.extend(alarms)
            try:
                if self._unwritten:
                    self._alarms_log.append(
                        [each.as_dict() for each in self._unwritten]
                    )
                    self._unwritten.clear()
                self._scores_log.append([line])
            except OSError as error:
                errors.append(error)
        for alarm in alarms:
            for delivery in self.deliveries:
                delivery.send(alarm.as_dict())
        try:
            self._write()
        except OSError as error:
            errors.append(error)
        # Told once: the rounds go on, and so do the alarms.
        if errors and not self._told_disk:
            self._notes.append(f"{errors[0]} (the watch goes on meanwhile)")
        self._told_disk = bool(errors)

    def _write(self) -> None:
        if self._folder is None:
            return
        waiting = {each.name: each.waiting() for each in self.deliveries}
        waiting[ALARMS] = [each.as_dict() for each in self._unwritten]
        self._state.undelivered = waiting
        self._state.write(self._folder / STATE)

    def _open(self, folder: Path) -> None:
        refusal = f"Another watcher works in {folder}: end it, or give another folder."
        self._held.enter_context(files.hold_folder(folder, WatchError(refusal)))
        self._alarms_log = JSONLines(folder / ALARMS)
        # Ten thousand rounds of fifty cameras; it is for replays, not for the record.
        self._scores_log = JSONLines(
            folder / SCORES, max_bytes=5_000_000, keep=3, sure=False
        )
        self._state, problem = WatchState.read(folder / STATE)
        if problem is not None:
            self._notes.append(problem)
        self._unwritten.extend(_alarms(self._state.undelivered.pop(ALARMS, [])))
        for delivery in self.deliveries:
            for record in self._state.undelivered.get(delivery.name, []):
                delivery.send(record)
        self._take_over()

    def _take_over(self) -> None:
        """Take what `alarms.jsonl` knows and the state does not.

        That is at most the last round, if the watcher was killed between the two
        files. Of a camera without a state only number and time of the last alarm
        are taken: whether that fire still burns is not known, and an alarm too many
        is better than none.
        """
        known = {each.key: each for each in self.cameras}
        found = dict(self._state.cameras)
        try:
            alarms = list(_alarms(self._alarms_log.read()))
        except OSError:  # a file that cannot be read tells nothing
            return
        for alarm in alarms:
            if alarm.key not in known:
                continue
            state = self._state.cameras.setdefault(
                alarm.key, CameraState(known[alarm.key].name)
            )
            if alarm.number <= state.standing.alarms:
                continue
            if alarm.key not in found:
                state.standing = Standing(alarms=alarm.number, alarmed=alarm.time)
                continue
            state.standing = state.standing.after(alarm.event())
            for delivery in self.deliveries:
                delivery.send(alarm.as_dict())

    def _keep_listed(self) -> None:
        """Forget cameras that are no longer in the list, begin those that are new."""
        old = self._state.cameras
        self._state.cameras = {}
        for camera in self.cameras:
            state = old.get(camera.key) or CameraState(camera.name)
            state.name = camera.name
            self._state.cameras[camera.key] = state

    # --- time ----------------------------------------------------------------

    def _pause(self, started: float) -> None:
        left = started + self.interval - self._clock()
        # After a clock was set back, `left` may be hours.
        left = min(max(0.0, left), self.interval)
        if self._due is not None:
            # A camera that may be asked every minute was asked some seconds after
            # the round began: without patience every other round would miss it.
            dues = (
                self._due(camera, self._state.cameras[camera.key].memory)
                for camera in self.cameras
            )
            near = left + self.interval / 4
            left = max([left, *(due for due in dues if due <= near)])
        if left > 0 and not self._stopping.is_set():
            self._wait(left)


def _alarms(records: Iterable[Mapping[str, Any]]) -> Iterator[Alarm]:
    """Give the alarms among lines of a file, which may hold anything."""
    for record in records:
        with contextlib.suppress(TypeError, ValueError, AttributeError):
            yield Alarm.from_dict(record)


def read_scores(
    folder: str | os.PathLike[str], name: str
) -> tuple[list[float], list[float | None]]:
    """Read the stored scores of one camera, to replay rules on them.

    Parameters
    ----------
    folder : path
        A watcher's.
    name : str
        The camera's.

    Returns
    -------
    times : list of float
        Seconds since 1970.
    scores : list of float or None
        None where there was no picture to judge; rounds with the last picture again
        are left out, for they were no vote.
    """
    rounds: list[tuple[int, float, float | None]] = []
    for line in JSONLines(Path(folder) / SCORES, keep=3).read():
        found: Mapping[str, Any] = line.get("scores") or {}
        # A round that was written and then lost with its watcher was made again.
        if rounds and rounds[-1][0] == line["round"]:
            rounds.pop()
        if name in found:
            rounds.append((line["round"], float(line["time"]), found[name]))
    return [time for _, time, _ in rounds], [score for *_, score in rounds]
