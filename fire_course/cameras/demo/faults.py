"""What a simulated camera can do, and what must come of it.

Those of kind None look odd and give a picture all the same.
"""

from __future__ import annotations

import functools
import gzip
import io
import struct
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from fire_course.cameras.failures import Kind

if TYPE_CHECKING:
    from fire_course.cameras.demo.network import Call

__all__ = ["FAULTS", "Fault"]

Answer = Callable[["Call"], None]
HTML = b"<!doctype html><title>Our webcam</title><p>The camera has moved."


def _no_robots(call: Call) -> None:
    call.send(b"no such page", status="404 Not Found", kind="text/plain")


@dataclass(frozen=True)
class Fault:
    """One way to behave.

    Attributes
    ----------
    kind : Kind or None
        The failure that whoever asks must find; None for a picture.
    about : str
        What the camera does.
    answer : callable
        Does it.
    robots : callable
        Answers a request for robots.txt.
    everywhere : bool
        Whether it answers that like any other request.
    scheme, host : str
        Of the camera's address, where they are part of the fault.
    tls : bool
        Whether it speaks TLS.
    refuses : bool
        Whether nobody listens at its port.
    rounds : int
        Snapshots with one memory that it takes to find out.
    """

    kind: Kind | None
    about: str
    answer: Answer
    robots: Answer = _no_robots
    everywhere: bool = False
    scheme: str = "http"
    host: str = ""
    tls: bool = False
    refuses: bool = False
    rounds: int = 1


# --- pictures ---------------------------------------------------------------


def _ok(call: Call) -> None:
    call.send(call.jpeg())


def _as(kind: str, mode: str = "RGB") -> Answer:
    def answer(call: Call) -> None:
        data = io.BytesIO()
        Image.fromarray(call.view()).convert(mode).save(data, kind)
        call.send(data.getvalue(), kind=f"image/{kind.lower()}")

    return answer


def _wrong_type(call: Call) -> None:
    call.send(call.jpeg(), kind="text/html; charset=utf-8")


def _no_length(call: Call) -> None:
    call.send(call.jpeg(), length=None)


def _chunks(data: bytes) -> bytes:
    parts = [data[i : i + 1000] for i in range(0, len(data), 1000)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)


def _chunked(call: Call) -> None:
    call.begin("Content-Type: image/jpeg", "Transfer-Encoding: chunked")
    call.sock.sendall(_chunks(call.jpeg()) + b"0\r\n\r\n")


def _gzipped(call: Call) -> None:
    call.send(gzip.compress(call.jpeg()), headers=["Content-Encoding: gzip"])


def _tagged(call: Call) -> None:
    tag = f'"step-{call.network.step}"'
    headers = [f"ETag: {tag}"]
    if call.headers.get("if-none-match") == tag:
        call.send(status="304 Not Modified", headers=headers)
    else:
        call.send(call.jpeg(), headers=headers)


def _dated(call: Call) -> None:
    # Taken five minutes ago, by the camera's own clock, which is an hour fast.
    now = time.time() + 3600
    headers = [
        f"Date: {formatdate(now, usegmt=True)}",
        f"Last-Modified: {formatdate(now - 300, usegmt=True)}",
    ]
    call.send(call.jpeg(), headers=headers)


def _busy_once(call: Call) -> None:
    if call.count % 2:
        headers = ["Retry-After: 0"]
        call.send(b"busy", status="503 Service Unavailable", headers=headers)
    else:
        _ok(call)


def _closes_once(call: Call) -> None:
    if call.count % 2:
        call.last = True
    else:
        _ok(call)


def _robots(text: bytes) -> Answer:
    return lambda call: call.send(text, kind="text/plain")


# --- redirects --------------------------------------------------------------


def _to(*places: str, status: str = "302 Found") -> Answer:
    """Lead to each place in turn; {port} is the camera's own."""

    def answer(call: Call) -> None:
        at = call.path.rpartition("=")[2]
        number = int(at) if at.isdigit() else 0
        if number >= len(places):
            _ok(call)
            return
        port = call.sock.getsockname()[1]
        where = places[number].format(port=port, next=number + 1)
        call.send(status=status, headers=[f"Location: {where}"] if where else [])

    return answer


def _circle(call: Call) -> None:
    there = "/b.jpg" if call.path != "/b.jpg" else "/camera.jpg"
    call.send(status="301 Moved Permanently", headers=[f"Location: {there}"])


def _away(call: Call) -> None:
    where = f"Location: /{call.count}.jpg"
    call.send(HTML, status="302 Found", headers=[where])


def _endless_hop(call: Call) -> None:
    if "?" in call.path:
        _ok(call)
        return
    call.begin("Location: /next.jpg?n=1", status="302 Found")
    _pour(call, b"\0" * 65536)


# --- refusals ---------------------------------------------------------------


def _status(status: str, *headers: str, body: bytes = HTML) -> Answer:
    return lambda call: call.send(
        body, status=status, kind="text/html", headers=headers
    )


# --- slowness ---------------------------------------------------------------


def _hang(call: Call) -> None:
    call.wait()
    call.last = True


def _hang_in_body(call: Call) -> None:
    data = call.jpeg()
    call.begin(f"Content-Length: {len(data)}")
    call.sock.sendall(data[: len(data) // 2])
    call.wait()


def _trickle(call: Call) -> None:
    data = call.jpeg()
    call.begin(f"Content-Length: {len(data)}")
    for place in range(len(data)):
        call.sock.sendall(data[place : place + 1])
        if call.wait(0.1):
            return


def _trickle_header(call: Call) -> None:
    call.last = True
    call.sock.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not call.wait(0.1):
        call.sock.sendall(b"a")


def _continue(call: Call) -> None:
    call.last = True
    while not call.wait(0.02):
        call.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


# --- too much ---------------------------------------------------------------


def _pour(call: Call, data: bytes) -> None:
    """Send the same again and again, until nobody takes it or a minute has passed."""
    end = time.monotonic() + 60
    while not call.network.closing.is_set() and time.monotonic() < end:
        call.sock.sendall(data)


def _giant(call: Call) -> None:
    call.begin("Content-Type: image/jpeg", "Content-Length: 5000000000")
    _pour(call, b"\xff" * 65536)


def _endless(call: Call) -> None:
    call.begin("Content-Type: image/jpeg")
    call.sock.sendall(call.jpeg())
    _pour(call, b"\0" * 65536)


def _endless_chunks(call: Call) -> None:
    call.begin("Content-Type: image/jpeg", "Transfer-Encoding: chunked")
    _pour(call, _chunks(b"\0" * 64000))


def _endless_header(call: Call) -> None:
    call.last = True
    call.sock.sendall(b"HTTP/1.1 200 OK\r\n")
    _pour(call, b"X-More: and more\r\n" * 1000)


@functools.lru_cache(maxsize=1)
def _packed_zeros() -> bytes:
    machine = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    block = bytes(1_000_000)
    return b"".join(machine.compress(block) for _ in range(100)) + machine.flush()


def _gzip_bomb(call: Call) -> None:
    data = _packed_zeros()
    call.send(data, headers=["Content-Encoding: gzip"])


def _png_bomb(call: Call) -> None:
    def part(name: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + check

    head = struct.pack(">IIBBBBB", 9000, 9000, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(9000 * 27001 // 100), 9)
    call.send(
        b"\x89PNG\r\n\x1a\n"
        + part(b"IHDR", head)
        + part(b"IDAT", rows)
        + part(b"IEND", b""),
        kind="image/png",
    )


def _gif_bomb(call: Call) -> None:
    data = io.BytesIO()
    Image.new("P", (8, 8)).save(data, "GIF")
    body = bytearray(data.getvalue())
    body[6:10] = struct.pack("<HH", 65535, 65535)
    # The frame's own size as well: it is the first after the comma.
    frame = body.index(b"\x2c", 13)
    body[frame + 5 : frame + 9] = struct.pack("<HH", 65535, 65535)
    call.send(bytes(body), kind="image/gif")


# --- no picture -------------------------------------------------------------


def _mjpeg(call: Call) -> None:
    call.begin("Content-Type: multipart/x-mixed-replace; boundary=frame")
    while not call.wait(0.05):
        data = call.jpeg()
        head = f"--frame\r\nContent-Length: {len(data)}\r\n\r\n"
        call.sock.sendall(head.encode() + data + b"\r\n")


def _body(data: bytes, kind: str = "image/jpeg") -> Answer:
    return lambda call: call.send(data, kind=kind)


def _tiff(call: Call) -> None:
    _as("TIFF")(call)


# --- damage -----------------------------------------------------------------


def _half(call: Call) -> None:
    data = call.jpeg()
    call.send(data[: len(data) // 2])


def _half_png(call: Call) -> None:
    data = io.BytesIO()
    Image.fromarray(call.view()).save(data, "PNG")
    call.send(data.getvalue()[: len(data.getvalue()) // 2], kind="image/png")


def _noise(call: Call) -> None:
    rng = np.random.default_rng(call.number)
    call.send(b"\xff\xd8\xff\xe0" + rng.bytes(3000))


def _too_long(call: Call) -> None:
    data = call.jpeg()
    call.send(data, length=len(data) + 1000)


def _too_short(call: Call) -> None:
    data = call.jpeg()
    call.send(data, length=len(data) // 2)


def _chunk_cut(call: Call) -> None:
    call.begin("Content-Type: image/jpeg", "Transfer-Encoding: chunked")
    call.sock.sendall(_chunks(call.jpeg())[:-300])


def _bad_gzip(call: Call) -> None:
    call.send(b"\x1f\x8b\x08\0" + call.jpeg(), headers=["Content-Encoding: gzip"])


# --- the line ---------------------------------------------------------------


def _close(call: Call) -> None:
    call.last = True


def _reset(call: Call) -> None:
    call.reset()


def _garbage(call: Call) -> None:
    call.sock.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")
    call.last = True


def _alert(call: Call) -> None:
    # What a TLS server says to somebody who begins with GET.
    call.sock.sendall(b"\x15\x03\x01\x00\x02\x02\x46")
    call.last = True


# --- pictures that tell nothing of now --------------------------------------


def _old(call: Call) -> None:
    taken = formatdate(time.time() - 2 * 86_400, usegmt=True)
    call.send(call.jpeg(), headers=[f"Last-Modified: {taken}"])


def _freeze(call: Call) -> None:
    """Encode the first picture anew each time, under a new date."""
    data = io.BytesIO()
    picture = Image.open(io.BytesIO(call.jpeg(step=0)))
    picture.save(data, "JPEG", quality=85 + call.count % 10)
    now = formatdate(time.time(), usegmt=True)
    call.send(data.getvalue(), headers=[f"Last-Modified: {now}"])


def _flat(level: int, noise: float) -> Answer:
    def answer(call: Call) -> None:
        rng = np.random.default_rng([call.number, call.network.step])
        shape = (call.network.scenes.size, call.network.scenes.size, 3)
        pixels = np.clip(level + rng.normal(0, noise, shape), 0, 255)
        data = io.BytesIO()
        Image.fromarray(pixels.astype(np.uint8)).save(data, "PNG")
        call.send(data.getvalue(), kind="image/png")

    return answer


def _robots_error(call: Call) -> None:
    call.send(HTML, status="500 Internal Server Error", kind="text/html")


def _robots_endless(call: Call) -> None:
    call.begin("Content-Type: text/plain")
    _pour(call, b"# nothing is forbidden here\n" * 1000)


FAULTS: dict[str, Fault] = {
    # Odd, and a picture all the same.
    "ok": Fault(None, "answers with a JPEG picture", _ok),
    "png": Fault(None, "sends PNG", _as("PNG")),
    "palette": Fault(None, "sends PNG with a palette", _as("PNG", "P")),
    "gif": Fault(None, "sends GIF", _as("GIF", "P")),
    "webp": Fault(None, "sends WebP", _as("WEBP")),
    "grey": Fault(None, "sends a grey JPEG", _as("JPEG", "L")),
    "cmyk": Fault(None, "sends a JPEG for printers", _as("JPEG", "CMYK")),
    "wrong-type": Fault(None, "calls its JPEG text/html", _wrong_type),
    "no-length": Fault(None, "does not say how long its picture is", _no_length),
    "chunked": Fault(None, "sends its picture in chunks", _chunked),
    "gzip": Fault(None, "packs its picture without being asked", _gzipped),
    "tagged": Fault(None, "says when nothing has changed", _tagged),
    "dated": Fault(None, "says when its picture was taken", _dated),
    "busy-once": Fault(None, "answers 503 at first", _busy_once),
    "closes-once": Fault(None, "closes the line at first", _closes_once),
    "moved": Fault(
        None, "redirects on its own host", _to("/a.jpg?n={next}", "b.jpg?n={next}")
    ),
    "robots-others": Fault(
        None,
        "keeps other programs out",
        _ok,
        robots=_robots(b"User-agent: greedy\nDisallow: /\n"),
    ),
    "robots-endless": Fault(
        None, "has a robots.txt without end", _ok, robots=_robots_endless
    ),
    "robots-html": Fault(
        None, "has a page where robots.txt should be", _ok, robots=_robots(HTML)
    ),
    # Slow.
    "hang": Fault(Kind.TIMEOUT, "takes the question and never answers", _hang),
    "hang-everywhere": Fault(
        Kind.TIMEOUT, "never answers, for robots.txt neither", _hang, everywhere=True
    ),
    "hang-in-body": Fault(
        Kind.TIMEOUT, "stops in the middle of its picture", _hang_in_body
    ),
    "trickle": Fault(Kind.TIMEOUT, "sends ten bytes a second", _trickle),
    "trickle-header": Fault(
        Kind.TIMEOUT, "sends its header byte by byte", _trickle_header
    ),
    "continue": Fault(Kind.TIMEOUT, "says 100 Continue for ever", _continue),
    "robots-hang": Fault(Kind.TIMEOUT, "hangs on robots.txt", _ok, robots=_hang),
    # Refusing.
    "401": Fault(Kind.STATUS, "wants a password", _status("401 Unauthorized")),
    "403": Fault(Kind.STATUS, "forbids it", _status("403 Forbidden")),
    "404": Fault(Kind.STATUS, "has moved", _status("404 Not Found")),
    "410": Fault(Kind.STATUS, "is gone", _status("410 Gone")),
    "429": Fault(
        Kind.STATUS,
        "was asked too often",
        _status("429 Too Many Requests", "Retry-After: 3600"),
    ),
    "500": Fault(
        Kind.STATUS, "has a fault inside", _status("500 Internal Server Error")
    ),
    "503": Fault(Kind.STATUS, "is busy", _status("503 Service Unavailable")),
    "204": Fault(
        Kind.STATUS, "has nothing to say", _status("204 No Content", body=b"")
    ),
    "304": Fault(
        Kind.STATUS,
        "says not modified to a stranger",
        _status("304 Not Modified", body=b""),
    ),
    "robots": Fault(
        Kind.ROBOTS,
        "keeps programs out",
        _ok,
        robots=_robots(b"User-agent: *\nDisallow: /\n"),
    ),
    "robots-us": Fault(
        Kind.ROBOTS,
        "keeps this program out",
        _ok,
        robots=_robots(b"User-agent: fire-course\nDisallow: /camera\n"),
    ),
    "robots-500": Fault(Kind.STATUS, "fails on robots.txt", _ok, robots=_robots_error),
    # Leading elsewhere.
    "circle": Fault(Kind.REDIRECT, "redirects in a circle", _circle),
    "away": Fault(Kind.REDIRECT, "redirects further and further", _away),
    "nowhere": Fault(Kind.REDIRECT, "redirects without an address", _to("")),
    "to-file": Fault(Kind.REDIRECT, "redirects to a file", _to("file:///etc/passwd")),
    "to-nonsense": Fault(Kind.REDIRECT, "redirects to nonsense", _to("http://[::")),
    "endless-hop": Fault(None, "sends a redirect whose body never ends", _endless_hop),
    "to-private": Fault(
        Kind.BLOCKED, "redirects to a private address", _to("http://10.0.0.1/a.jpg")
    ),
    "to-metadata": Fault(
        Kind.BLOCKED,
        "redirects to a link-local address",
        _to("http://169.254.169.254/latest/meta-data/"),
    ),
    "to-mapped": Fault(
        Kind.BLOCKED,
        "redirects to a private address in IPv6's clothes",
        _to("http://[::ffff:10.0.0.1]/a.jpg"),
    ),
    "to-number": Fault(
        Kind.BLOCKED,
        "redirects to a private address written as a number",
        _to("http://167772161/a.jpg"),
    ),
    "to-localhost": Fault(
        Kind.BLOCKED,
        "redirects to this machine by name",
        _to("http://localhost:{port}/camera.jpg?n={next}"),
    ),
    # Too much.
    "giant": Fault(Kind.TOO_LARGE, "announces five gigabytes", _giant),
    "endless": Fault(Kind.TOO_LARGE, "never stops sending", _endless),
    "endless-chunks": Fault(Kind.TOO_LARGE, "never stops, in chunks", _endless_chunks),
    "endless-header": Fault(
        Kind.TOO_LARGE, "never stops sending its header", _endless_header
    ),
    "gzip-bomb": Fault(Kind.TOO_LARGE, "sends 100 MB packed into 100 kB", _gzip_bomb),
    "png-bomb": Fault(Kind.TOO_LARGE, "sends 81 megapixels of PNG", _png_bomb),
    "gif-bomb": Fault(Kind.TOO_LARGE, "sends 4,000 megapixels of GIF", _gif_bomb),
    # No picture.
    "html": Fault(Kind.NOT_A_PICTURE, "sends a web page", _body(HTML, "text/html")),
    "html-as-jpeg": Fault(
        Kind.NOT_A_PICTURE, "calls a web page image/jpeg", _body(HTML)
    ),
    "empty": Fault(Kind.NOT_A_PICTURE, "sends nothing", _body(b"")),
    "svg": Fault(
        Kind.NOT_A_PICTURE,
        "sends a drawing",
        _body(b'<svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml"),
    ),
    "text": Fault(
        Kind.NOT_A_PICTURE, "sends text", _body(b"camera offline\n", "text/plain")
    ),
    "video": Fault(Kind.NOT_A_PICTURE, "sends a video stream", _mjpeg),
    "tiff": Fault(Kind.NOT_A_PICTURE, "sends a format for archives", _tiff),
    # Damage.
    "half": Fault(Kind.CORRUPT, "sends half a JPEG", _half),
    "half-png": Fault(Kind.CORRUPT, "sends half a PNG", _half_png),
    "noise": Fault(Kind.CORRUPT, "sends noise that begins like a JPEG", _noise),
    "too-long": Fault(Kind.CORRUPT, "announces more than it sends", _too_long),
    "too-short": Fault(Kind.CORRUPT, "announces less than it sends", _too_short),
    "chunk-cut": Fault(Kind.CORRUPT, "stops within a chunk", _chunk_cut),
    "bad-gzip": Fault(Kind.CORRUPT, "sends damaged gzip", _bad_gzip),
    # The line.
    "close": Fault(
        Kind.UNREACHABLE, "closes without an answer", _close, everywhere=True
    ),
    "reset": Fault(Kind.UNREACHABLE, "resets the line", _reset, everywhere=True),
    "refused": Fault(Kind.UNREACHABLE, "does not listen", _close, refuses=True),
    "garbage": Fault(
        Kind.UNREACHABLE, "speaks another protocol", _garbage, everywhere=True
    ),
    "no-name": Fault(
        Kind.DNS, "has a name that nobody knows", _ok, host="camera.invalid"
    ),
    "tls-alert": Fault(
        Kind.TLS, "speaks TLS where the address says http", _alert, everywhere=True
    ),
    "no-tls": Fault(
        Kind.TLS, "speaks no TLS where the address says https", _ok, scheme="https"
    ),
    "self-signed": Fault(
        Kind.TLS,
        "shows a certificate that nobody vouches for",
        _ok,
        scheme="https",
        tls=True,
    ),
    # Pictures that tell nothing of now.
    "old": Fault(Kind.STALE, "sends a picture of two days ago", _old),
    "freeze": Fault(Kind.FROZEN, "sends one picture for ever", _freeze, rounds=3),
    "dark": Fault(Kind.DARK, "sees nothing at night", _flat(4, 2.0)),
    "blank": Fault(Kind.BLANK, "sends one grey", _flat(130, 0.5)),
}
