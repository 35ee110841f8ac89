"""From a camera to a picture with its facts, or to a failure with its kind."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import requests
from numpy.typing import NDArray

from fire_course.cameras import looking
from fire_course.cameras.failures import Failure
from fire_course.cameras.listing import Camera
from fire_course.cameras.memory import Memory
from fire_course.web import addresses
from fire_course.web.answers import moment, word
from fire_course.web.line import Deadline, Line, Resolve, body
from fire_course.web.pictures import decode
from fire_course.web.politeness import Robots, Turn, Turns, user_agent
from fire_course.web.trouble import Kind, Trouble
from fire_course.web.visit import MOST_PATIENCE, Manners, Visit

__all__ = ["Fetcher", "Memory", "Settings", "Snapshot", "fetch"]

Size = int | tuple[int, int]
Progress = Callable[[int, int], None]

# Seconds that are waited for a camera's interval to end: rounds are never as regular
# as clocks, and one that comes a moment early must not be lost.
_PATIENCE = 1.0


@dataclass(frozen=True)
class Snapshot:
    """A picture that a camera gave, with its facts.

    Attributes
    ----------
    camera : Camera
    picture : ndarray of uint8, shape (height, width, 3)
    time : float
        When it came, in seconds since 1970.
    seconds : float
        How long it took.
    age : float or None
        Seconds since it was taken: since Last-Modified by the server's own clock,
        else since these bytes first came; None while that is unknown.
    size : int
        Bytes on the way.
    etag, last_modified : str or None
        What the server says of it.
    unchanged : bool
        Whether it is the picture that came last time.
    body : bytes or None
        As it came, if `Settings.keep_body` asks for it.
    """

    camera: Camera
    picture: NDArray[np.uint8]
    time: float
    seconds: float
    age: float | None
    size: int
    etag: str | None = None
    last_modified: str | None = None
    unchanged: bool = False
    body: bytes | None = field(default=None, repr=False)

    def as_dict(self) -> dict[str, Any]:
        """Give the facts without the picture, ready for JSON."""
        return {
            "name": self.camera.name,
            "url": self.camera.address,
            "time": self.time,
            "seconds": self.seconds,
            "age": self.age,
            "bytes": self.size,
            "etag": self.etag,
            "last_modified": self.last_modified,
            "unchanged": self.unchanged,
            "width": self.picture.shape[1],
            "height": self.picture.shape[0],
        }


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How cameras are asked.

    Attributes
    ----------
    deadline : float
        Seconds that one camera may take, with its robots.txt, all redirects and all
        tries, from the moment when its server's turn has come.
    max_bytes : int
        Most bytes of a picture, on the line and after unpacking.
    max_pixels : int
        Larger pictures are refused before they are decoded.
    tries : int
        How often a camera is asked where asking again may help.
    wait : float
        Seconds before the second try; each further one waits twice as long. A
        server's Retry-After counts instead, if it fits into the deadline.
    max_redirects : int
        Most redirects to follow; each is checked like the first address.
    allow_private : bool
        Whether the cameras of the list may have private and loopback addresses.
        What they redirect to may not, unless it is the same host.
    robots : bool
        Whether a server's robots.txt is obeyed.
    stale_after : float
        Seconds of age from which a picture tells nothing of now.
    frozen_after : int
        So many times in a row the same picture must come as a new one to count as
        frozen, the first time included.
    keep_body : bool
        Whether a snapshot keeps the bytes as they came.
    workers : int
        Most servers that are asked at the same time. They wait more than they work.
    contact : str
        Told to servers: where you can be reached.
    authorities : str, optional
        File of the certificates to trust instead of certifi's.
    """

    deadline: float = 10.0
    max_bytes: int = 5_000_000
    max_pixels: int = 24_000_000
    tries: int = 2
    wait: float = 0.5
    max_redirects: int = 4
    allow_private: bool = False
    robots: bool = True
    stale_after: float = 3600.0
    frozen_after: int = 10
    keep_body: bool = False
    workers: int = 100
    contact: str = ""
    authorities: str | None = None

    def __post_init__(self) -> None:
        if not 0 < self.deadline <= MOST_PATIENCE:
            raise ValueError(
                f"deadline is a number of seconds above 0, not {self.deadline}"
            )
        for name in ("max_bytes", "max_pixels", "tries", "frozen_after", "workers"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is at least 1, not {getattr(self, name)}")


class Fetcher:
    """Ask cameras for pictures, politely and in bounded time and memory.

    Parameters
    ----------
    settings : Settings
    clock : callable
        The time of day, in seconds since 1970.
    resolve : callable, optional
        Looks names up; `socket.getaddrinfo` by default.

    Notes
    -----
    Many threads may share one fetcher: it holds the turns of the servers and what
    their robots.txt say. It keeps no connection and no picture. While it works it
    takes at most `max_bytes` a worker, and two pictures that are being decoded; what
    it gives back takes 3 bytes a pixel, so ask for a `size` where cameras are many.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        clock: Callable[[], float] = time.time,
        resolve: Resolve | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self._clock, self._resolve = clock, resolve
        self._turns, self._robots = Turns(), Robots()
        self._lines: set[Line] = set()

    def due(self, camera: Camera, memory: Memory | None = None) -> float:
        """Give the seconds until a camera may be asked again; 0 means now."""
        if memory is None or memory.asked is None:
            return 0.0
        now = self._clock()
        if now < memory.asked:  # the clock was set back
            return 0.0
        until = max(memory.asked + camera.minimum_interval, memory.not_before)
        return max(0.0, until - now)

    def snapshot(
        self, camera: Camera, memory: Memory | None = None, *, size: Size | None = None
    ) -> Snapshot | Failure:
        """Ask one camera once.

        Parameters
        ----------
        camera : Camera
        memory : Memory, optional
            What is known of it from before; it is brought up to date. Without one,
            nothing can be found frozen and no interval kept.
        size : int or (height, width), optional
            Scale the picture, by the rule by which detectors see files.

        Returns
        -------
        Snapshot or Failure
            It never raises for what a camera or its server does.
        """
        memory = Memory() if memory is None else memory
        wait = self.due(camera, memory)
        if 0 < wait <= _PATIENCE:
            time.sleep(wait)
        elif wait > 0:
            return Failure(
                camera,
                Kind.TOO_SOON,
                f"may be asked again in {wait:.0f} seconds",
                time=self._clock(),
                seconds=0.0,
                retry_after=wait,
            )
        looking.prepare()
        memory.asked = self._clock()
        started = time.monotonic()
        age = None
        try:
            with self._turns.hold(addresses.origin(camera.url)) as turn:
                started = time.monotonic()
                visit = _Visit(self, camera, memory, turn)
                self._lines.add(visit.line)
                try:
                    came = visit.picture()
                finally:
                    self._lines.discard(visit.line)
                    visit.line.close()
            now = self._clock()
            picture, unchanged = self._opened(came, memory, size, now)
            age = _age(came, memory, now)
            self._judge(picture, memory, age, fresh=not came.repeated)
            return Snapshot(
                camera,
                picture,
                time=now,
                seconds=time.monotonic() - started,
                age=age,
                size=len(came.data or b""),
                etag=memory.etag,
                last_modified=memory.last_modified,
                unchanged=unchanged,
                body=came.data if self.settings.keep_body else None,
            )
        except Trouble as trouble:
            if trouble.wait is not None:
                memory.not_before = self._clock() + trouble.wait
            return Failure(
                camera,
                trouble.kind,
                trouble.reason,
                time=self._clock(),
                seconds=time.monotonic() - started,
                status=trouble.status,
                age=age,
                retry_after=trouble.wait,
            )

    def round(
        self,
        cameras: Sequence[Camera],
        memories: dict[str, Memory] | None = None,
        *,
        size: Size | None = None,
        progress: Progress | None = None,
    ) -> list[Snapshot | Failure]:
        """Ask many cameras once, all servers at the same time.

        Parameters
        ----------
        cameras : sequence of Camera
        memories : dict, optional
            What is known of each, by name; brought up to date.
        size : int or (height, width), optional
            See `snapshot`.
        progress : callable, optional
            Called as ``progress(done, total)``.

        Returns
        -------
        list of Snapshot or Failure
            One a camera, in their order.

        Notes
        -----
        Cameras of one server are asked one after the other, each with a deadline of
        its own; no camera waits for one of another server, as long as there are no
        more servers than `Settings.workers`.
        """
        memories = {} if memories is None else memories
        # A server's cameras share a worker, so that no worker waits for a turn.
        servers: dict[addresses.Origin, list[int]] = {}
        for number, camera in enumerate(cameras):
            servers.setdefault(addresses.origin(camera.url), []).append(number)
            memories.setdefault(camera.name, Memory())
        answers: list[Snapshot | Failure | None] = [None] * len(cameras)

        def ask(number: int) -> None:
            camera = cameras[number]
            answers[number] = self.snapshot(camera, memories[camera.name], size=size)

        def ask_server(numbers: list[int]) -> int:
            for number in numbers:
                ask(number)
            return len(numbers)

        if not servers:
            return []
        done = 0
        workers = min(len(servers), self.settings.workers)
        with ThreadPoolExecutor(workers, thread_name_prefix="camera") as pool:
            jobs = [pool.submit(ask_server, numbers) for numbers in servers.values()]
            try:
                for job in as_completed(jobs):
                    done += job.result()
                    if progress is not None:
                        progress(done, len(cameras))
            except BaseException:  # Ctrl-C
                pool.shutdown(wait=False, cancel_futures=True)
                self.stop()
                raise
        return [answer for answer in answers if answer is not None]

    def stop(self) -> None:
        """Let go of all cameras that are being asked now; they end as timeouts."""
        for line in list(self._lines):
            line.abort()

    def _opened(
        self, came: _Answer, memory: Memory, size: Size | None, now: float
    ) -> tuple[NDArray[np.uint8], bool]:
        """Decode what came, or take the last picture if the server says it is that."""
        data, unchanged = came.data, True
        if data is None:  # then it was asked conditionally, so there is a last one
            data = memory.body or b""
            memory.etag = came.etag or memory.etag
            memory.last_modified = came.last_modified or memory.last_modified
        picture = decode(data, max_pixels=self.settings.max_pixels, size=size)
        if came.data is not None:
            digest = hashlib.sha256(data).hexdigest()[:32]
            unchanged = digest == memory.digest
            if not unchanged:
                memory.first_seen = now
            # A date that stands still tells of a server that has nothing newer, which
            # is a matter of age; a frozen camera sends one picture under new dates.
            dated = came.last_modified is not None
            came.repeated = unchanged and (
                dated and came.last_modified == memory.last_modified
            )
            memory.digest = digest
            memory.etag, memory.last_modified = came.etag, came.last_modified
            # Kept only if it can be asked for conditionally.
            memory.body = data if came.etag is not None or dated else None
        came.data = data
        return picture, unchanged

    def _judge(
        self,
        picture: NDArray[np.uint8],
        memory: Memory,
        age: float | None,
        *,
        fresh: bool,
    ) -> None:
        """Raise `Trouble` if a picture tells nothing of now."""
        if fresh:
            seen = looking.fingerprint(picture)
            known = memory.print
            alike = known is not None and looking.same_picture(known, seen)
            memory.same = memory.same + 1 if alike else 1
            if not alike:  # compared with the first: many small steps are a change
                memory.print = seen
        if age is not None and age > self.settings.stale_after:
            raise Trouble(Kind.STALE, f"its picture is {_duration(age)} old")
        empty = looking.emptiness(picture)
        if empty is not None:
            raise empty
        if memory.same >= self.settings.frozen_after:
            raise Trouble(
                Kind.FROZEN, f"its picture has come {memory.same} times in a row"
            )


def fetch(
    camera: Camera, *, settings: Settings | None = None, size: Size | None = None
) -> Snapshot | Failure:
    """Ask one camera once, without a memory; see `Fetcher.snapshot`."""
    return Fetcher(settings).snapshot(camera, size=size)


@dataclass
class _Answer:
    """What came: the bytes of a picture, or None for "not modified"."""

    data: bytes | None
    etag: str | None
    last_modified: str | None
    date: float | None
    repeated: bool = False


class _Visit(Visit):
    """One camera's visit."""

    def __init__(
        self,
        fetcher: Fetcher,
        camera: Camera,
        memory: Memory,
        turn: Turn,
    ) -> None:
        self.settings = settings = fetcher.settings
        self.camera, self.memory = camera, memory
        own = addresses.origin(camera.url)[1]
        line = Line(
            Deadline(settings.deadline),
            private_host=own if settings.allow_private else None,
            resolve=fetcher._resolve,
            authorities=settings.authorities,
        )
        manners = Manners(
            agent=user_agent(settings.contact),
            robots=settings.robots,
            tries=settings.tries,
            wait=settings.wait,
            max_redirects=settings.max_redirects,
        )
        super().__init__(line, queue=turn, robots=fetcher._robots, manners=manners)

    def picture(self) -> _Answer:
        """Ask for the picture."""
        return self.ask(self.camera.url, self._headers, self._take)

    def _take(self, response: requests.Response) -> _Answer:
        etag = word(response, "ETag")
        modified = word(response, "Last-Modified")
        date = moment(response.headers.get("Date"))
        if response.status_code == 304:
            repeated = True
            return _Answer(None, etag, modified, date, repeated)
        kind = response.headers.get("Content-Type", "").strip().lower()
        if kind.startswith(("multipart/", "video/")):
            raise Trouble(
                Kind.NOT_A_PICTURE,
                "sends a video: use the address of its single pictures",
            )
        data = body(response, self.deadline, max_bytes=self.settings.max_bytes)
        return _Answer(data, etag, modified, date)

    def _headers(self) -> dict[str, str]:
        headers = {
            "Accept": "image/jpeg, image/png, image/webp, image/gif, */*;q=0.1",
            "Cache-Control": "no-cache",
        }
        memory = self.memory
        if memory.body is not None:
            if memory.etag is not None:
                headers["If-None-Match"] = memory.etag
            if memory.last_modified is not None:
                headers["If-Modified-Since"] = memory.last_modified
        return headers


def _age(came: _Answer, memory: Memory, now: float) -> float | None:
    taken = moment(memory.last_modified)
    if taken is not None:
        # The server's own clock: ours may be wrong, and so may its own be.
        return max(0.0, (now if came.date is None else came.date) - taken)
    if memory.first_seen is not None and memory.first_seen < now:
        return now - memory.first_seen
    return None


def _duration(seconds: float) -> str:
    """Say a time as people do.

    Examples
    --------
    >>> _duration(200), _duration(9000), _duration(10**6)
    ('200 seconds', '150 minutes', '278 hours')
    """
    for unit, length in (("hours", 3600), ("minutes", 60)):
        if seconds >= 5 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} seconds"
