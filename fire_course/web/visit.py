"""One question to a server: robots.txt, redirects and second tries, by one deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar
from urllib.parse import urljoin

import requests

from fire_course.web import addresses
from fire_course.web.answers import patience, status
from fire_course.web.line import Deadline, Line, body
from fire_course.web.politeness import ROBOTS_BYTES, Robots
from fire_course.web.trouble import Kind, Trouble

__all__ = ["MOST_PATIENCE", "Manners", "Queue", "Visit"]

Came = TypeVar("Came")

MOST_PATIENCE = 86_400.0
"""Longer requests to wait are taken for a day: a typo must not end it for good."""

# Answers for which the same question may bring another answer in a second.
_PASSING = (408, 425, 429, 500, 502, 503, 504)
_MOVED = (301, 302, 303, 307, 308)


class Queue(Protocol):
    """Whoever decides when a server may be asked."""

    def move(self, origin: addresses.Origin, deadline: Deadline) -> None:
        """Wait until all that follows may go to this server."""

    def request(self, origin: addresses.Origin, deadline: Deadline) -> None:
        """Wait until one request may go to it, which then does."""


@dataclass(frozen=True, kw_only=True)
class Manners:
    """How a server is asked.

    Attributes
    ----------
    agent : str
        Who asks, see `politeness.user_agent`.
    robots : bool
        Whether a server's robots.txt is obeyed.
    tries : int
        How often it is asked where asking again may help.
    wait : float
        Seconds before the second try; each further one waits twice as long. A
        server's Retry-After counts instead, if it fits into the deadline.
    max_redirects : int
        Most redirects to follow; each is checked like the first address.
    """

    agent: str
    robots: bool = True
    tries: int = 2
    wait: float = 0.5
    max_redirects: int = 4


class Visit:
    """All that happens before one deadline, from robots.txt to the last try.

    Parameters
    ----------
    line : Line
        With the deadline.
    queue : Queue
    robots : Robots
        What is known of servers; brought up to date.
    manners : Manners
    """

    def __init__(
        self, line: Line, *, queue: Queue, robots: Robots, manners: Manners
    ) -> None:
        self.line, self.deadline = line, line.deadline
        self.queue, self.robots, self.manners = queue, robots, manners

    def ask(
        self,
        url: str,
        headers: Callable[[], dict[str, str]],
        take: Callable[[requests.Response], Came],
    ) -> Came:
        """Ask as often as it may help.

        Parameters
        ----------
        url : str
        headers : callable
            Gives the headers of a try, beside User-Agent and Accept-Encoding.
        take : callable
            Reads an answer: of status 200, or 304 where the headers ask for it.

        Raises
        ------
        Trouble
            If nothing came that could be taken.
        """
        tried = 0
        while True:
            try:
                with self._follow(url, headers()) as response:
                    return take(response)
            except Trouble as trouble:
                tried += 1
                if not trouble.again or tried >= self.manners.tries:
                    raise
                wait = trouble.wait
                if wait is None:
                    if trouble.status == 429:
                        raise  # too many requests: another one is no help
                    wait = self.manners.wait * 2 ** (tried - 1)
                if time.monotonic() + wait >= self.deadline.end:
                    raise
                time.sleep(wait)

    def _get(self, url: str, headers: dict[str, str]) -> requests.Response:
        self.queue.request(addresses.origin(url), self.deadline)
        # Pictures are packed already, and a bomb is easier to refuse unopened.
        every = {"User-Agent": self.manners.agent, "Accept-Encoding": "identity"}
        return self.line.get(url, {**every, **headers})

    def _follow(self, url: str, headers: dict[str, str]) -> requests.Response:
        """Ask, and follow redirects; every hop is checked like the first address."""
        conditional = "If-None-Match" in headers or "If-Modified-Since" in headers
        visited = {addresses.same_page(url)}
        for _ in range(self.manners.max_redirects + 1):
            self.queue.move(addresses.origin(url), self.deadline)
            self._obey(url)
            response = self._get(url, headers)
            code = response.status_code
            if code == 200 or (code == 304 and conditional):
                return response
            with response:
                if code not in _MOVED:
                    raise _refused(response)
                url = _next(url, response)
            if addresses.same_page(url) in visited:
                raise Trouble(Kind.REDIRECT, "leads in a circle", status=code)
            visited.add(addresses.same_page(url))
        raise Trouble(
            Kind.REDIRECT, f"leads on more than {self.manners.max_redirects} times"
        )

    def _obey(self, url: str) -> None:
        """Ask for the robots.txt of a server unless it is known, and obey it."""
        if not self.manners.robots:
            return
        origin = addresses.origin(url)
        allowed = self.robots.allowed(origin, url)
        if allowed is None:
            self.robots.learn(origin, self._rules(url))
            allowed = self.robots.allowed(origin, url)
        if not allowed:
            raise Trouble(Kind.ROBOTS, "its robots.txt asks programs to stay away")

    def _rules(self, url: str) -> str:
        """Fetch a robots.txt. Where there is none, everything is allowed.

        A server that fails to tell its rules must not be asked for pages (RFC
        9309); what then counts is how it failed.
        """
        start = addresses.origin(url)
        page = urljoin(addresses.bare(url), "/robots.txt")
        for _ in range(self.manners.max_redirects + 1):
            with self._get(page, {}) as response:
                code = response.status_code
                if code in _MOVED:
                    try:
                        page = _next(page, response)
                    except Trouble:
                        return ""
                    if addresses.origin(page) != start:
                        return ""  # rules of another server, whose turn it is not
                    continue
                if code >= 500:
                    raise _refused(response)
                if code != 200:
                    return ""
                try:
                    data = body(
                        response, self.deadline, max_bytes=ROBOTS_BYTES, cut=True
                    )
                except Trouble as trouble:
                    if trouble.kind is Kind.TIMEOUT:
                        raise
                    return ""
                return data.decode("utf-8", "replace")
        return ""


def _next(url: str, response: requests.Response) -> str:
    """Give the address that a redirect leads to, if it may be asked."""
    code = response.status_code
    where = response.headers.get("Location", "")
    try:
        # Servers write other letters than ASCII as they are.
        found = urljoin(url, where.encode("latin-1").decode("utf-8", "replace"))
    except (ValueError, UnicodeError):
        found = ""
    problem = "it says nowhere" if not where else addresses.plain_problem(found)
    if problem is not None:
        raise Trouble(
            Kind.REDIRECT,
            f"leads nowhere that can be asked ({problem})",
            status=code,
        )
    if addresses.origin(url)[0] == "https" != addresses.origin(found)[0]:
        raise Trouble(
            Kind.REDIRECT,
            "leads from https to an address without encryption",
            status=code,
        )
    return addresses.moved(url, found)


def _refused(response: requests.Response) -> Trouble:
    code = response.status_code
    wait = patience(response) if code in (429, 503) else None
    if wait is not None:
        wait = min(wait, MOST_PATIENCE)
    reason = f"answers {status(response)}"
    if code in (401, 403):
        reason += ": it wants a password, or none that this address has"
    elif code in (404, 410):
        reason += ": its address has changed"
    return Trouble(Kind.STATUS, reason, again=code in _PASSING, status=code, wait=wait)
