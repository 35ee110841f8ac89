"""One connection: every step of it ends by the same deadline.

requests' own timeout is for each read: a server that sends a byte a second outlives
it for ever. Here every wait on a socket is cut to what is left of one deadline, the
name is looked up in a thread that can be left behind, and the address that was
checked is the address that is connected to, while the name stays in the Host header
and in TLS.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import requests
import urllib3
from requests.adapters import DEFAULT_CA_BUNDLE_PATH, HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util.ssl_ import create_urllib3_context

from fire_course.web.addresses import as_number, is_public
from fire_course.web.answers import length
from fire_course.web.trouble import Kind, Trouble

__all__ = ["Deadline", "Line", "Resolve", "body", "trust"]

Resolve = Callable[..., list[Any]]
"""Looks a name up as `socket.getaddrinfo` does."""

_CHUNK = 1 << 16
# A lookup cannot be stopped, only left behind; it ends by itself within a minute.
# More than this at a time means that names are not answered at all.
_lookups = threading.BoundedSemaphore(128)


class Deadline:
    """The moment by which all must have come.

    Parameters
    ----------
    seconds : float
        From now.
    wanted : str
        What must have come, for the error.
    """

    def __init__(self, seconds: float, *, wanted: str = "picture") -> None:
        self.seconds, self.wanted = seconds, wanted
        self.end = time.monotonic() + seconds

    def left(self) -> float:
        """Give the seconds that are left, or raise `Trouble` if there are none."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise self.over()
        return left

    def over(self) -> Trouble:
        """Give the error of a deadline that has passed."""
        return Trouble(
            Kind.TIMEOUT, f"gave no {self.wanted} within {self.seconds:g} seconds"
        )


class _Timed:
    """A socket whose reads wait no longer than the deadline."""

    deadline: Deadline | None = None

    def recv_into(self, *arguments: Any, **options: Any) -> int:
        if self.deadline is not None:
            self.settimeout(self.deadline.left())  # type: ignore[attr-defined]
        try:
            return int(super().recv_into(*arguments, **options))  # type: ignore[misc]
        except TimeoutError:
            if self.deadline is None:
                raise
            raise self.deadline.over() from None


class _Socket(_Timed, socket.socket):
    pass


class _TLSSocket(_Timed, ssl.SSLSocket):
    pass


_trusting = threading.Lock()


def trust(authorities: str | None = None) -> ssl.SSLContext:
    """Give the TLS settings that all connections share.

    Reading the certificates takes some 20 ms, so it is done once, and not by a
    hundred threads at the same time.

    Parameters
    ----------
    authorities : str, optional
        File of the certificates to trust; those of `certifi` by default.
    """
    with _trusting:
        return _trust(authorities)


@functools.lru_cache(maxsize=4)
def _trust(authorities: str | None) -> ssl.SSLContext:
    context = create_urllib3_context()
    context.load_verify_locations(authorities or DEFAULT_CA_BUNDLE_PATH)
    context.sslsocket_class = _TLSSocket
    return context


class Line(HTTPAdapter):
    """What `requests` sends through, until one deadline.

    Parameters
    ----------
    deadline : Deadline
    private_host : str, optional
        The one host that may have an address that is not on the public internet.
    resolve : callable, optional
        Looks names up; `socket.getaddrinfo` by default.
    authorities : str, optional
        See `trust`.
    """

    def __init__(
        self,
        deadline: Deadline,
        *,
        private_host: str | None = None,
        resolve: Resolve | None = None,
        authorities: str | None = None,
    ) -> None:
        self.deadline = deadline
        self.private_host = private_host
        self.resolve = resolve or socket.getaddrinfo
        self.authorities = authorities
        self._socket: socket.socket | None = None
        super().__init__(max_retries=0)

    def abort(self) -> None:
        """End a visit that another thread is at, as if its deadline had passed."""
        self.deadline.end = 0.0
        if self._socket is not None:
            with contextlib.suppress(OSError):
                # Of the plain socket: TLS would say farewell first.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Make connections that know this line."""
        self.poolmanager = _Manager(self)

    def cert_verify(self, *arguments: Any, **options: Any) -> None:
        """Do nothing: the shared settings hold the certificates already."""

    def get(self, url: str, headers: dict[str, str]) -> requests.Response:
        """Ask for a page, without following where it leads.

        Raises
        ------
        Trouble
            If there is no answer.
        """
        try:
            asked = requests.Request("GET", url, headers=headers).prepare()
            return self.send(asked, stream=True, timeout=self.deadline.left())
        except (
            requests.exceptions.InvalidURL,
            requests.exceptions.InvalidSchema,
            requests.exceptions.MissingSchema,
            UnicodeError,
        ):
            raise Trouble(Kind.DNS, "has an address that no name can have") from None
        except requests.RequestException as error:
            raise self._trouble(error) from None
        except (HTTPError, http.client.HTTPException, OSError, ValueError) as error:
            raise self._trouble(error) from None

    def _trouble(self, error: BaseException) -> Trouble:
        causes = list(_causes(error))
        if any(isinstance(each, TimeoutError) for each in causes):
            return self.deadline.over()
        for each in causes:
            if isinstance(each, Trouble):
                return each
            if isinstance(each, http.client.RemoteDisconnected | ConnectionError):
                return Trouble(
                    Kind.UNREACHABLE,
                    "closed the connection without an answer",
                    again=True,
                )
            if isinstance(each, http.client.BadStatusLine):
                # A TLS server that is asked in the clear answers with an alert.
                if "\x15\x03" in str(each):
                    return Trouble(
                        Kind.TLS, "speaks TLS where the address says http: use https"
                    )
                break
            if isinstance(each, http.client.LineTooLong) or "headers" in str(each):
                return Trouble(Kind.TOO_LARGE, "answers with an endless header")
        return Trouble(Kind.UNREACHABLE, "does not answer in HTTP")

    # --- below requests ---------------------------------------------------

    def connect(self, host: str, port: int) -> socket.socket:
        """Look a name up, check every address, and connect to one that passed."""
        found = self._look_up(host, port)
        trusted = host.lower().rstrip(".") == self.private_host
        allowed = [each for each in found if trusted or is_public(str(each[4][0]))]
        if not allowed:
            raise Trouble(
                Kind.BLOCKED,
                "leads to an address that is not on the public internet",
            )
        trouble = Trouble(Kind.DNS, "has a name without an address")
        for number, (family, kind, protocol, _, address) in enumerate(allowed):
            sock = _Socket(family, kind, protocol)
            sock.deadline = self.deadline
            self._socket = sock
            try:
                # A dead address must leave time for the next one.
                sock.settimeout(self.deadline.left() / (len(allowed) - number))
                sock.connect(address)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.settimeout(self.deadline.left())
                return sock
            except TimeoutError:
                trouble = Trouble(Kind.TIMEOUT, "does not accept a connection")
            except OSError as error:
                why = (error.strerror or "no connection").lower()
                trouble = Trouble(
                    Kind.UNREACHABLE, f"cannot be reached ({why})", again=True
                )
            except Trouble as over:
                sock.close()
                raise over from None
            sock.close()
        raise trouble

    def _look_up(self, host: str, port: int) -> list[Any]:
        number = as_number(host)
        if number is not None:
            family = socket.AF_INET6 if ":" in number else socket.AF_INET
            return [(family, socket.SOCK_STREAM, 0, "", (number, port))]
        answer: queue.SimpleQueue[list[Any] | Exception] = queue.SimpleQueue()

        def look() -> None:
            try:
                answer.put(
                    self.resolve(host, port, socket.AF_UNSPEC, socket.SOCK_STREAM)
                )
            except Exception as error:
                answer.put(error)
            finally:
                _lookups.release()

        if not _lookups.acquire(timeout=self.deadline.left()):
            raise Trouble(Kind.DNS, "has a name that nobody looked up in time")
        try:
            threading.Thread(target=look, name="lookup", daemon=True).start()
        except RuntimeError:  # no more threads
            _lookups.release()
            raise Trouble(Kind.DNS, "has a name that could not be looked up") from None
        try:
            found = answer.get(timeout=self.deadline.left())
        except queue.Empty:
            raise Trouble(
                Kind.DNS,
                f"has a name that was not found within {self.deadline.seconds:g} seconds",
            ) from None
        if isinstance(found, socket.gaierror):
            again = found.errno == socket.EAI_AGAIN
            raise Trouble(Kind.DNS, "has a name that is not known", again=again)
        if isinstance(found, Exception):
            raise Trouble(Kind.DNS, "has a name that could not be looked up")
        if not found:
            raise Trouble(Kind.DNS, "has a name without an address")
        return found


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Give an error and those that it was made from, outermost first."""
    waiting, seen = [error], set()
    while waiting:
        each = waiting.pop(0)
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        waiting += [part for part in each.args if isinstance(part, BaseException)]
        waiting += [
            part
            for part in (each.__cause__, each.__context__, getattr(each, "reason", 0))
            if isinstance(part, BaseException)
        ]


class _Plain(HTTPConnection):
    line: Line

    def _new_conn(self) -> socket.socket:
        return self.line.connect(self._dns_host, self.port or 80)


class _Secure(HTTPSConnection):
    line: Line

    def _new_conn(self) -> socket.socket:
        return self.line.connect(self._dns_host, self.port or 443)

    def connect(self) -> None:
        deadline = self.line.deadline
        self.ssl_context = trust(self.line.authorities)
        try:
            super().connect()
        except ssl.SSLCertVerificationError as error:
            why = error.verify_message or "not valid"
            raise Trouble(
                Kind.TLS, f"has a certificate that cannot be trusted ({why})"
            ) from None
        except TimeoutError:
            raise deadline.over() from None
        except (ssl.SSLError, urllib3.exceptions.SSLError, OSError):
            raise Trouble(
                Kind.TLS, "does not speak TLS where the address says https"
            ) from None
        if isinstance(self.sock, _TLSSocket):
            self.sock.deadline = deadline
            self.line._socket = self.sock


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Plain
    line: Line

    def _new_conn(self) -> Any:
        connection: Any = super()._new_conn()
        connection.line = self.line
        return connection


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Secure
    line: Line

    def _new_conn(self) -> Any:
        connection: Any = super()._new_conn()
        connection.line = self.line
        return connection


class _Manager(urllib3.PoolManager):
    def __init__(self, line: Line) -> None:
        self._line = line
        super().__init__(num_pools=4, maxsize=1, block=False, retries=False)
        self.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}

    def _new_pool(self, *arguments: Any, **options: Any) -> Any:
        pool: Any = super()._new_pool(*arguments, **options)
        pool.line = self._line
        return pool


def body(
    response: requests.Response,
    deadline: Deadline,
    *,
    max_bytes: int,
    cut: bool = False,
) -> bytes:
    """Read an answer's body, within the deadline and a number of bytes.

    Parameters
    ----------
    response : requests.Response
        Asked for with ``stream=True``.
    deadline : Deadline
    max_bytes : int
        Most bytes to take, on the line and after unpacking.
    cut : bool
        Whether to take the beginning of what is too large instead of refusing it.

    Raises
    ------
    Trouble
        If it is too large, cut off, or packed in an unknown way.
    """
    too_large = Trouble(Kind.TOO_LARGE, f"sends more than {max_bytes:,} bytes")
    said = length(response)
    if said > max_bytes and not cut:
        raise too_large
    unpack = _unpacker(response)
    taken, whole = 0, bytearray()
    while True:
        deadline.left()
        try:
            # Every wait of the socket below ends by the deadline.
            chunk = response.raw.read(_CHUNK, decode_content=False)
        except (HTTPError, http.client.HTTPException, OSError, ValueError) as error:
            causes = list(_causes(error))
            if any(isinstance(each, TimeoutError) for each in causes):
                raise deadline.over() from None
            of = f" of {said:,}" if said else ""
            raise Trouble(
                Kind.CORRUPT,
                f"the connection was cut after {taken:,}{of} bytes",
                again=True,
            ) from None
        if not chunk:
            break
        taken += len(chunk)
        whole += unpack(chunk, max_bytes + 1 - len(whole))
        if taken > max_bytes or len(whole) > max_bytes:
            if cut:
                return bytes(whole[:max_bytes])
            raise too_large
    if said and taken < said:
        raise Trouble(
            Kind.CORRUPT,
            f"the connection ended after {taken:,} of {said:,} bytes",
            again=True,
        )
    return bytes(whole)


def _unpacker(response: requests.Response) -> Callable[[bytes, int], bytes]:
    """Undo gzip, which was not asked for, giving no more than a number of bytes."""
    import zlib

    packed = response.headers.get("Content-Encoding", "").strip().lower()
    if packed in ("", "identity"):
        return lambda chunk, most: chunk
    if packed not in ("gzip", "x-gzip", "deflate"):
        raise Trouble(Kind.NOT_A_PICTURE, "is packed in an unknown way")
    machine = zlib.decompressobj(zlib.MAX_WBITS | 32)

    def unpack(chunk: bytes, most: int) -> bytes:
        try:
            return machine.decompress(chunk, max(1, most))
        except zlib.error:
            raise Trouble(Kind.CORRUPT, "sends a damaged gzip stream") from None

    return unpack
