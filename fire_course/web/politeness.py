"""How a server is asked: by name, one request at a time, and only what it allows."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from urllib.robotparser import RobotFileParser

import fire_course
from fire_course.web.addresses import Origin
from fire_course.web.line import Deadline
from fire_course.web.trouble import Kind, Trouble

__all__ = ["AGENT", "Pace", "Robots", "Turns", "user_agent"]

AGENT = "fire-course"
"""The name that a robots.txt may speak to."""

# Operators change these files seldom; crawlers are asked to keep them a day at most.
_KEEP = 3600.0
_MOST = 2000
ROBOTS_BYTES = 500_000
"""What is read of a robots.txt; the standard (RFC 9309) asks for this much."""


def user_agent(
    contact: str = "", *, about: str = "looks at public cameras for forest fires"
) -> str:
    """Say who asks.

    Parameters
    ----------
    contact : str
        An address at which the one who asks can be reached.
    about : str
        What for.

    Examples
    --------
    >>> user_agent("mailto:me@example.org").endswith("mailto:me@example.org)")
    True
    """
    clean = "".join(c for c in contact if " " <= c <= "~" and c not in "()")
    known = f"{about}; {clean}" if clean else about
    return f"{AGENT}/{fire_course.__version__} ({known})"


class Turns:
    """Let at most one request a server go out at a time."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        # A lock lives as long as somebody holds it or waits for it.
        self._locks: dict[Origin, tuple[threading.Lock, int]] = {}

    def take(self, origin: Origin, deadline: Deadline | None = None) -> None:
        """Wait for a server's turn, without an end or until a deadline."""
        with self._guard:
            lock, users = self._locks.get(origin, (threading.Lock(), 0))
            self._locks[origin] = lock, users + 1
        try:
            if deadline is None:
                lock.acquire()
            elif not lock.acquire(timeout=deadline.left()):
                raise deadline.over()
        except BaseException:
            self._forget(origin)
            raise

    def give(self, origin: Origin) -> None:
        """Hand a server's turn back."""
        self._locks[origin][0].release()
        self._forget(origin)

    def _forget(self, origin: Origin) -> None:
        with self._guard:
            lock, users = self._locks[origin]
            if users > 1:
                self._locks[origin] = lock, users - 1
            else:
                del self._locks[origin]

    @contextlib.contextmanager
    def hold(self, origin: Origin) -> Iterator[Turn]:
        """Hold a server's turn; it can be exchanged for another server's."""
        self.take(origin)
        turn = Turn(self, origin)
        try:
            yield turn
        finally:
            if turn.origin is not None:
                self.give(turn.origin)


class Turn:
    """The one turn that a visit holds."""

    def __init__(self, turns: Turns, origin: Origin) -> None:
        self._turns = turns
        self.origin: Origin | None = origin

    def move(self, origin: Origin, deadline: Deadline) -> None:
        """Go to another server. Nobody holds one turn and waits for a second."""
        if origin == self.origin:
            return
        if self.origin is not None:
            self._turns.give(self.origin)
            self.origin = None
        self._turns.take(origin, deadline)
        self.origin = origin

    def request(self, origin: Origin, deadline: Deadline) -> None:
        """Let a request go at once: the turn is all that it has to wait for."""


class Pace:
    """Leave a pause between the requests to one server.

    For one thread alone, which asks one server after the other.

    Parameters
    ----------
    seconds : float
        From the beginning of a request to the beginning of the next.
    robots : Robots, optional
        A Crawl-delay of a server counts if it is longer.
    """

    def __init__(self, seconds: float, robots: Robots | None = None) -> None:
        self.seconds, self._robots = seconds, robots
        self._asked: dict[Origin, float] = {}
        self._not_before: dict[Origin, float] = {}

    def left(self, origin: Origin) -> float:
        """Give the seconds until a server may be asked; 0 means now."""
        due = self._not_before.get(origin, 0.0)
        if origin in self._asked:
            asked_for = self._robots.delay(origin) if self._robots else 0.0
            due = max(due, self._asked[origin] + max(self.seconds, asked_for))
        return max(0.0, due - time.monotonic())

    def rest(self, origin: Origin, seconds: float) -> None:
        """Leave a server alone for some seconds from now, as it asked."""
        self._not_before[origin] = time.monotonic() + seconds

    def resting(self, origin: Origin) -> bool:
        """Tell whether a server asked to be left alone, and still is."""
        return self._not_before.get(origin, 0.0) > time.monotonic()

    def move(self, origin: Origin, deadline: Deadline) -> None:
        """Wait for a server, if it may be asked before the deadline."""
        wait = self.left(origin)
        if wait >= deadline.left():
            raise Trouble(
                Kind.TOO_SOON,
                f"has a server that may be asked again in {wait:.0f} seconds",
            )
        time.sleep(wait)

    def request(self, origin: Origin, deadline: Deadline) -> None:
        """Wait for a server, and count what follows as asking it."""
        self.move(origin, deadline)
        self._asked[origin] = time.monotonic()


class Robots:
    """What the robots.txt of servers allow, remembered for an hour.

    Parameters
    ----------
    clock : callable
        Gives seconds; `time.monotonic` by default.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._known: OrderedDict[Origin, tuple[float, RobotFileParser]] = OrderedDict()

    def allowed(self, origin: Origin, url: str) -> bool | None:
        """Tell whether a page may be asked for; None if the rules are not known."""
        with self._guard:
            until, rules = self._known.get(origin, (0.0, None))
            if rules is None or self._clock() >= until:
                return None
        return rules.can_fetch(AGENT, url)

    def delay(self, origin: Origin) -> float:
        """Give the seconds that a server wants between requests; 0 if it says none."""
        with self._guard:
            _, rules = self._known.get(origin, (0.0, None))
        if rules is None:
            return 0.0
        delay, rate = rules.crawl_delay(AGENT), rules.request_rate(AGENT)
        every = rate.seconds / rate.requests if rate and rate.requests else 0.0
        return max(float(delay or 0), every)

    def learn(self, origin: Origin, text: str) -> None:
        """Keep the rules of a server; an empty text allows everything."""
        rules = RobotFileParser()
        rules.parse(text.splitlines())
        with self._guard:
            self._known[origin] = self._clock() + _KEEP, rules
            self._known.move_to_end(origin)
            while len(self._known) > _MOST:
                self._known.popitem(last=False)
