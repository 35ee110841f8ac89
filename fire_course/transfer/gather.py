"""The pictures of one web page, asked for politely, the broken ones named."""

from __future__ import annotations

import base64
import binascii
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from urllib.parse import unquote_to_bytes

import numpy as np
import requests
from numpy.typing import NDArray

from fire_course.transfer.links import Link, image_links
from fire_course.transfer.weights import TransferError
from fire_course.web import addresses
from fire_course.web.line import Deadline, Line, Resolve, body
from fire_course.web.pictures import decode
from fire_course.web.politeness import Pace, Robots, user_agent
from fire_course.web.trouble import Kind, Trouble
from fire_course.web.visit import Manners, Visit

__all__ = ["Gathered", "PageError", "Picture", "Unusable", "page_images"]

Progress = Callable[[int, int], None]

_ABOUT = "gathers the pictures of one page, to be looked at by a network"
# A page with more HTML than this is generated, and takes long to read.
_PAGE_BYTES = 2_000_000
_PAGES = ("text/html", "application/xhtml+xml", "")
# A server that says "too many requests" and not for how long.
_REST = 60.0


class PageError(TransferError):
    """A page whose pictures cannot be asked for, in one sentence."""


@dataclass(frozen=True)
class Picture:
    """A picture of the page.

    Attributes
    ----------
    url : str
        Without credentials; of one inside the page its beginning.
    text : str
        What the page says that it shows.
    pixels : ndarray of uint8, shape (height, width, 3)
    size : int
        Bytes on the way.
    """

    url: str
    text: str
    pixels: NDArray[np.uint8] = field(repr=False)
    size: int


@dataclass(frozen=True)
class Unusable:
    """A picture of the page that did not come, or is none.

    Attributes
    ----------
    url : str
        Without credentials.
    kind : str
        The cause in a word or two: a `fire_course.web.trouble.Kind`, or "small", "the
        same", "not asked".
    reason : str
        The same in words, to follow the address.
    """

    url: str
    kind: str
    reason: str

    def __str__(self) -> str:
        return f"{self.url}: {self.reason}"


@dataclass(frozen=True)
class Gathered:
    """What a page gave.

    Attributes
    ----------
    url : str
        Of the page, after redirects; without credentials.
    pictures : tuple of Picture
        In the order of the page.
    unusable : tuple of Unusable
        In the order of the page.
    requests : int
        How many were tried, robots.txt and redirects included.
    size : int
        Bytes that came, in all.
    seconds : float
    """

    url: str
    pictures: tuple[Picture, ...]
    unusable: tuple[Unusable, ...]
    requests: int
    size: int
    seconds: float


def page_images(
    url: str,
    *,
    most: int = 30,
    deadline: float = 120.0,
    picture_deadline: float = 10.0,
    pause: float = 1.0,
    max_bytes: int = 5_000_000,
    max_bytes_in_all: int = 50_000_000,
    max_pixels: int = 24_000_000,
    min_side: int = 32,
    width: int = 500,
    allow_private: bool = False,
    robots: bool = True,
    contact: str = "",
    progress: Progress | None = None,
    resolve: Resolve | None = None,
) -> Gathered:
    """Gather the pictures that a web page shows.

    One request at a time, a pause between two to one server, a longer one where its
    robots.txt asks for it, and none where it forbids it. What comes is known by
    decoding it: names and types say nothing. Pictures inside the page (``data:``) are
    opened as well.

    Parameters
    ----------
    url : str
        The page, http or https.
    most : int
        Most pictures to ask for.
    deadline : float
        Seconds for everything together.
    picture_deadline : float
        Seconds for one picture (and for the page).
    pause : float
        Seconds from one request to the next to the same server.
    max_bytes, max_bytes_in_all : int
        Most bytes of a picture, and of all together.
    max_pixels : int
        Larger pictures are refused before they are decoded.
    min_side : int
        Smaller pictures are icons and counters.
    width : int
        Where a page offers several sizes: pixels that are wide enough.
    allow_private : bool
        Whether the page's own host may be at a private or loopback address. Where
        else its pictures lie or lead to must be on the public internet.
    robots : bool
        Whether robots.txt is obeyed. Turn it off for your own server alone.
    contact : str
        Told to servers: where you can be reached.
    progress : callable, optional
        Called as ``progress(done, total)``.
    resolve : callable, optional
        Looks names up; `socket.getaddrinfo` by default.

    Returns
    -------
    Gathered
        What one picture's server does never raises; it is said of that picture.

    Raises
    ------
    PageError
        If the page itself cannot be had, in one sentence.
    """
    _check(
        {"most": most, "max_bytes": max_bytes, "max_pixels": max_pixels}
        | {"max_bytes_in_all": max_bytes_in_all, "width": width},
        {"deadline": deadline, "picture_deadline": picture_deadline},
        pause,
    )
    problem = addresses.plain_problem(url)
    if problem is not None:
        raise PageError(f"The page cannot be asked for: {problem}.")
    started = time.monotonic()
    asking = _Asking(
        url,
        Deadline(deadline),
        each=picture_deadline,
        pause=pause,
        bytes_left=max_bytes_in_all,
        allow_private=allow_private,
        manners=Manners(agent=user_agent(contact, about=_ABOUT), robots=robots),
        resolve=resolve,
    )
    page, links = _read_page(asking, url, width)
    pictures: list[Picture] = []
    unusable: list[Unusable] = []
    seen: dict[bytes, str] = {}
    asked = 0
    for number, link in enumerate(links, 1):
        shown = _shown(link.url)
        try:
            _check_sides("is shown at", link.width, link.height, min_side)
            if asked == most:
                raise _Skipped("not asked", f"comes after the first {most} pictures")
            asked += 1
            data = asking.picture(link, max_bytes)
            pixels = decode(data, max_pixels=max_pixels)
            _check_sides("has", pixels.shape[1], pixels.shape[0], min_side)
            digest = hashlib.sha256(pixels.tobytes()).digest()
            if digest in seen:
                raise _Skipped("the same", f"is the same picture as {seen[digest]}")
            seen[digest] = shown
            pictures.append(Picture(shown, link.text, pixels, len(data)))
        except _Skipped as skipped:
            unusable.append(Unusable(shown, skipped.kind, skipped.reason))
        except Trouble as trouble:
            reason = trouble.reason.removeprefix("its picture ")
            unusable.append(Unusable(shown, str(trouble.kind), reason))
        if progress is not None:
            progress(number, len(links))
    return Gathered(
        url=addresses.hidden(page),
        pictures=tuple(pictures),
        unusable=tuple(unusable),
        requests=asking.requests,
        size=asking.taken,
        seconds=time.monotonic() - started,
    )


def _check(counts: dict[str, int], seconds: dict[str, float], pause: float) -> None:
    for name, count in counts.items():
        if count < 1:
            raise PageError(f"{name} is at least 1, not {count}.")
    for name, value in seconds.items():
        if not 0 < value < float("inf"):
            raise PageError(f"{name} is a number of seconds above 0, not {value}.")
    if not 0 <= pause < float("inf"):
        raise PageError(f"pause is a number of seconds from 0 on, not {pause}.")


def _read_page(asking: _Asking, url: str, width: int) -> tuple[str, list[Link]]:
    """Give the page's address, after redirects, and what it shows."""
    try:
        page = asking.ask(url, "text/html, */*;q=0.1", _PAGE_BYTES, wanted="page")
    except (Trouble, _Skipped) as error:
        raise PageError(f"The page {addresses.hidden(url)} {error}.") from None
    kind, charset = _content_type(page.type)
    if kind not in _PAGES:
        raise PageError(
            f"{addresses.hidden(url)} is no web page but {kind}: give the address of a "
            "page that shows pictures."
        )
    return page.url, image_links(page.data, page.url, width=width, charset=charset)


def _check_sides(verb: str, broad: int | None, high: int | None, least: int) -> None:
    if broad is not None and high is not None and min(broad, high) < least:
        raise _Skipped("small", f"{verb} {broad} x {high} pixels: too small to judge")


class _Skipped(Exception):
    """A picture that is left out for no fault of its server's."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind, self.reason = kind, reason


@dataclass(frozen=True)
class _Answer:
    data: bytes
    type: str
    url: str


class _Asking(Pace):
    """All requests for one page: their pace, their deadline, and what they took."""

    def __init__(
        self,
        url: str,
        whole: Deadline,
        *,
        each: float,
        pause: float,
        bytes_left: int,
        allow_private: bool,
        manners: Manners,
        resolve: Resolve | None,
    ) -> None:
        self.known = Robots()
        super().__init__(pause, self.known)
        self.page, self.whole, self.each = url, whole, each
        self.bytes_left, self.taken, self.requests = bytes_left, 0, 0
        self.private_host = addresses.origin(url)[1] if allow_private else None
        self.manners, self.resolve = manners, resolve

    def request(self, origin: addresses.Origin, deadline: Deadline) -> None:
        """Wait for a server, and count."""
        super().request(origin, deadline)
        self.requests += 1

    def picture(self, link: Link, max_bytes: int) -> bytes:
        """Give a picture's bytes, from the page itself or from a server."""
        if link.url.startswith("data:"):
            return _inside(link.url, max_bytes)
        # A password of the page is for its own server alone.
        url = addresses.moved(self.page, link.url)
        accept = "image/jpeg, image/png, image/webp, image/gif, */*;q=0.1"
        return self.ask(url, accept, max_bytes).data

    def ask(
        self, url: str, accept: str, max_bytes: int, *, wanted: str = "picture"
    ) -> _Answer:
        """Ask for one thing, in its own time and within what is left of all."""
        if self.bytes_left <= 0:
            raise _Skipped("not asked", f"was not asked for after {self.taken:,} bytes")
        origin = addresses.origin(url)
        end = self.whole.end - time.monotonic()
        if self.left(origin) >= end and not self.resting(origin):
            raise _Skipped(
                "not asked",
                f"was not asked for: the {self.whole.seconds:g} seconds are over",
            )
        self.move(origin, self.whole)
        # Its own deadline or that of all, whichever ends first.
        seconds = min(self.each, round(self.whole.left(), 1))
        deadline = Deadline(seconds, wanted=wanted)
        deadline.end = min(deadline.end, self.whole.end)
        line = Line(deadline, private_host=self.private_host, resolve=self.resolve)
        visit = Visit(line, queue=self, robots=self.known, manners=self.manners)
        limit = min(max_bytes, self.bytes_left)

        def take(response: requests.Response) -> _Answer:
            try:
                data = body(response, deadline, max_bytes=limit)
            finally:
                came = response.raw.tell()
                self.taken += came
                self.bytes_left -= came
            kind = response.headers.get("Content-Type", "")
            return _Answer(data, kind, str(response.url))

        try:
            return visit.ask(url, lambda: {"Accept": accept}, take)
        except Trouble as trouble:
            if trouble.status in (429, 503):
                self.rest(origin, _REST if trouble.wait is None else trouble.wait)
            raise
        finally:
            line.close()


def _content_type(text: str) -> tuple[str, str | None]:
    """Read a Content-Type.

    Examples
    --------
    >>> _content_type("Text/HTML; charset=utf-8")
    ('text/html', 'utf-8')
    """
    message = Message()
    message["Content-Type"] = text.encode("ascii", "replace").decode()
    charset = message.get_content_charset()
    return (message.get_content_type() if text.strip() else ""), charset


def _shown(url: str) -> str:
    """Show an address; of one that is the picture itself, its beginning."""
    if url.startswith("data:"):
        return f"{url[:22]}... ({len(url):,} characters)"
    return addresses.hidden(url)


def _inside(url: str, max_bytes: int) -> bytes:
    """Give the bytes of a picture that stands in the page itself.

    Examples
    --------
    >>> _inside("data:image/png;base64,aGVsbG8=", 99)
    b'hello'
    """
    head, comma, written = url.partition(",")
    if not comma:
        raise Trouble(Kind.NOT_A_PICTURE, "holds no picture")
    if len(written) > 4 * max_bytes:
        raise Trouble(Kind.TOO_LARGE, f"holds more than {max_bytes:,} bytes")
    data = unquote_to_bytes(written)
    if head.lower().endswith(";base64"):
        try:
            data = base64.b64decode(b"".join(data.split()) + b"==")
        except (binascii.Error, ValueError):
            raise Trouble(Kind.CORRUPT, "holds a damaged picture") from None
    if len(data) > max_bytes:
        raise Trouble(Kind.TOO_LARGE, f"holds more than {max_bytes:,} bytes")
    return data
