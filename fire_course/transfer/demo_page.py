"""A web page on this machine: pictures of your own between all that goes wrong."""

from __future__ import annotations

import contextlib
import gzip
import io
import struct
import threading
import zlib
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from fire_course.web.trouble import Kind

__all__ = ["FAULTS", "DemoPage", "Fault"]

_JPEG = "image/jpeg"
_ROBOTS = b"User-agent: *\nDisallow: /private/\n"


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong with a picture of a page.

    Attributes
    ----------
    kind : str or None
        What `page_images` calls it; None where the picture comes all the same.
    what : str
        In words.
    path : str
        Its address on the page's own server, or elsewhere.
    answer : callable
        Called with the handler and a JPEG; sends what this fault sends.
    """

    kind: str | None
    what: str
    path: str
    answer: Callable[[_Handler, bytes], None] | None = None


class _Handler(BaseHTTPRequestHandler):
    page: DemoPage

    def do_GET(self) -> None:
        page = self.page
        page.requests.append(self.path)
        with contextlib.suppress(OSError):  # whoever asked has gone
            fault = page._answers.get(self.path)
            if self.path == "/robots.txt":
                self.send(_ROBOTS, "text/plain")
            elif self.path == "/":
                self.send(page.html.encode(), "text/html; charset=utf-8")
            elif self.path in page._files:
                self.send(*page._files[self.path])
            elif fault is not None:
                fault(self, page._jpeg)
            else:
                self.send(b"<h1>Not here</h1>", "text/html", status=404)

    def send(
        self, data: bytes, kind: str = _JPEG, *, status: int = 200, **headers: str
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        sent = {"Content-Length": str(len(data))}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        for name, value in sent.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: Any) -> None:
        """Write no log."""


def _data(data: bytes, kind: str = _JPEG, **headers: str) -> Any:
    return lambda handler, jpeg: handler.send(data, kind, **headers)


def _status(status: int, **headers: str) -> Any:
    return lambda handler, jpeg: handler.send(
        b"<h1>No</h1>", "text/html", status=status, **headers
    )


def _half(handler: _Handler, jpeg: bytes) -> None:
    handler.send(jpeg[: len(jpeg) // 2])


def _hung_up(handler: _Handler, jpeg: bytes) -> None:
    handler.send(jpeg[: len(jpeg) // 2], Content_Length=str(len(jpeg)))


def _hang(handler: _Handler, jpeg: bytes) -> None:
    handler.page._closed.wait(60)


def _trickle(handler: _Handler, jpeg: bytes) -> None:
    handler.send(b"", Content_Length=str(len(jpeg)))
    for place in range(len(jpeg)):
        if handler.page._closed.wait(0.05):
            return
        handler.wfile.write(jpeg[place : place + 1])
        handler.wfile.flush()


def _endless(handler: _Handler, jpeg: bytes) -> None:
    handler.send(b"", Content_Length="")  # does not say how much there is
    for _ in range(4000):  # 256 MB, if anybody takes them
        handler.wfile.write(bytes(65_536))


def _packed(handler: _Handler, jpeg: bytes) -> None:
    data = gzip.compress(bytes(20_000_000), 1)
    handler.send(data, Content_Encoding="gzip")


def _giant(handler: _Handler, jpeg: bytes) -> None:
    """Send a PNG of 900 million pixels in a few kilobytes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + check

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(30_001 * 100), 9)
    parts = chunk(b"IHDR", head), chunk(b"IDAT", rows), chunk(b"IEND", b"")
    handler.send(b"\x89PNG\r\n\x1a\n" + b"".join(parts), "image/png")


def _encoded(pixels: ArrayLike, format_: str) -> bytes:
    data = io.BytesIO()
    Image.fromarray(np.asarray(pixels, np.uint8)).save(data, format_)
    return data.getvalue()


_HTML = b"<!doctype html><title>Log in</title><p>Please log in to see this picture."
_SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><circle r="99"/></svg>'
_DOT = _encoded(np.zeros((1, 1)), "GIF")

FAULTS: Mapping[str, Fault] = {
    "page": Fault(Kind.NOT_A_PICTURE, "a page named .jpg", "/login.jpg", _data(_HTML)),
    "drawing": Fault(
        Kind.NOT_A_PICTURE, "an SVG", "/logo.svg", _data(_SVG, "image/svg+xml")
    ),
    "empty": Fault(Kind.NOT_A_PICTURE, "no bytes at all", "/empty.jpg", _data(b"")),
    "half": Fault(Kind.CORRUPT, "half a JPEG", "/half.jpg", _half),
    "hung-up": Fault(Kind.CORRUPT, "breaks off half way", "/hung-up.jpg", _hung_up),
    "giant": Fault(Kind.TOO_LARGE, "900 million pixels", "/giant.png", _giant),
    "heavy": Fault(
        Kind.TOO_LARGE,
        "says that it has 2 GB",
        "/heavy.jpg",
        _data(b"", Content_Length="2000000000"),
    ),
    "endless": Fault(Kind.TOO_LARGE, "has no end", "/endless.jpg", _endless),
    "packed": Fault(
        Kind.TOO_LARGE,
        "20 MB, packed to 90 kB",
        "/packed.jpg",
        _packed,
    ),
    "gone": Fault(Kind.STATUS, "is not there", "/gone.jpg", _status(404)),
    "forbidden": Fault(Kind.STATUS, "wants a password", "/shut.jpg", _status(403)),
    "hanging": Fault(Kind.TIMEOUT, "never answers", "/hanging.jpg", _hang),
    "trickling": Fault(Kind.TIMEOUT, "a byte at a time", "/trickling.jpg", _trickle),
    "circle": Fault(
        Kind.REDIRECT,
        "leads to itself",
        "/round.jpg",
        _status(302, Location="/round.jpg"),
    ),
    "inward": Fault(
        Kind.BLOCKED,
        "leads into a private network",
        "/inward.jpg",
        _status(302, Location="http://192.168.0.1/admin.jpg"),
    ),
    "private": Fault(
        Kind.BLOCKED, "lies in a private network", "http://10.0.0.1/router.png"
    ),
    "robots": Fault(Kind.ROBOTS, "robots.txt forbids it", "/private/mine.jpg", _half),
    "dot": Fault("small", "a counter of 1 x 1 pixel", "/dot.gif", _data(_DOT)),
}
"""What goes wrong, by name."""


class DemoPage:
    """A page with pictures, served on this machine while it is open.

    Parameters
    ----------
    pictures : mapping of str to array (height, width, 3)
        What it shows, by name. They are written in all the ways in which pages do
        it: JPEG, PNG and WebP, relative and absolute, in several sizes, loaded late,
        inside the page.
    faults : sequence of str, optional
        Names of `FAULTS`, shown between the pictures; all by default.

    Attributes
    ----------
    url : str
    html : str
    expected : dict of str to (str or None)
        The kind of each fault, by its address.
    requests : list of str
        The paths that were asked for.

    Examples
    --------
    >>> from fire_course.transfer import page_images
    >>> with DemoPage({"grey": np.full((40, 40, 3), 128)}, faults=["gone"]) as page:
    ...     found = page_images(page.url, pause=0, allow_private=True)
    >>> [picture.text for picture in found.pictures], [u.kind for u in found.unusable]
    (['grey'], ['http status'])
    """

    def __init__(
        self,
        pictures: Mapping[str, ArrayLike],
        *,
        faults: Sequence[str] | None = None,
    ) -> None:
        chosen = {name: FAULTS[name] for name in (FAULTS if faults is None else faults)}
        self.requests: list[str] = []
        self._closed = threading.Event()
        self._files: dict[str, tuple[bytes, str]] = {}
        noise = np.random.default_rng(0).integers(0, 256, (60, 80, 3))
        first = next(iter(pictures.values()), noise)
        self._jpeg = _encoded(first, "JPEG")
        self._answers = {
            fault.path: fault.answer for fault in chosen.values() if fault.answer
        }
        handler = type("Handler", (_Handler,), {"page": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        shown = [
            self._shown(number, name, np.asarray(pixels))
            for number, (name, pixels) in enumerate(pictures.items())
        ]
        broken = [
            f'<img src="{escape(fault.path)}" alt="{escape(fault.what)}">'
            for fault in chosen.values()
        ]
        self.html = "\n".join(
            ["<!doctype html>", "<title>Our pictures</title>", *_between(shown, broken)]
        )
        self.expected = {
            fault.path if "://" in fault.path else self.url + fault.path[1:]: fault.kind
            for fault in chosen.values()
        }

    def _shown(self, number: int, name: str, pixels: Any) -> str:
        """Put a picture on the page, each in another way."""
        text = escape(name)
        way = number % 5
        ending, kind = (
            ("png", "image/png")
            if way == 1
            else ("webp", "image/webp")
            if way == 2
            else ("jpg", _JPEG)
        )
        format_ = {"jpg": "JPEG"}.get(ending, ending)
        path, data = f"/pictures/{number}.{ending}", _encoded(pixels, format_)
        if way == 4:
            inside = b64encode(data).decode()
            return f'<img src="data:{kind};base64,{inside}" alt="{text}">'
        self._files[path] = data, kind
        if way == 1:  # late, and without JavaScript once more
            late = f'<img src="{path}" alt="{text}">'
            return f'<img data-src="{path}" alt="{text}"><noscript>{late}</noscript>'
        if way == 2:
            source = f'<source type="{kind}" srcset="{path} 800w">'
            return f'<picture>{source}<img alt="{text}"></picture>'
        if way == 3:
            return f'<img src="{self.url}{path[1:]}" alt="{text}">'
        return f'<img src="{path[1:]}" alt="{text}">'

    def __enter__(self) -> DemoPage:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


def _between(some: list[str], others: list[str]) -> list[str]:
    """Mix two lists, each in its order, evenly."""
    places = [
        ((i + 0.5) / len(each), text)
        for each in (some, others)
        for i, text in enumerate(each)
    ]
    return [text for _, text in sorted(places, key=lambda pair: pair[0])]
