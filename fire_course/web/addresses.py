"""Addresses: what may be shown of them, and where they may lead."""

from __future__ import annotations

import ipaddress
import logging
import re
import socket
from urllib.parse import urlsplit, urlunsplit

__all__ = [
    "as_number",
    "hidden",
    "is_public",
    "moved",
    "origin",
    "plain_problem",
    "same_page",
]

Origin = tuple[str, str, int]

_PORTS = {"http": 80, "https": 443}
# Longer addresses are refused by many servers; a real one has a tenth of it.
_LONGEST = 2000
# Cameras take names and keys in their addresses: snapshot.cgi?user=admin&pwd=1234.
_SECRET = re.compile(
    r"(?i)((?:^|[?&;])[^=&;#]*(?:user|usr|login|pass|pwd|pw|token|key|secret|auth|"
    r"sig|sid|session|code|credential)[^=&;#]*=)[^&;#]*"
)
# Standard prefixes within which the last 32 bits are an IPv4 address.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def plain_problem(url: str) -> str | None:
    """Say what is wrong with an address, without repeating it; None if nothing is.

    Examples
    --------
    >>> plain_problem("http://example.org/webcam.jpg") is None
    True
    >>> plain_problem("ftp://example.org/webcam.jpg")
    'the address begins with neither http:// nor https://'
    """
    if len(url) > _LONGEST:
        return f"the address is longer than {_LONGEST} characters"
    if re.search(r"[\x00-\x20\x7f\\]", url):
        return "the address holds a space, a backslash or a control character"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "the address has a host or port that cannot be read"
    if parts.scheme.lower() not in _PORTS:
        return "the address begins with neither http:// nor https://"
    if not host:
        return "the address names no host"
    if port == 0:
        return "the address has a host or port that cannot be read"
    return None


def bare(url: str) -> str:
    """Give an address without the user and password before its host.

    Examples
    --------
    >>> bare("http://me:pw@a.example/x?y=1")
    'http://a.example/x?y=1'
    """
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def hidden(url: str) -> str:
    """Show an address without the credentials that it may hold.

    User and password before the host are left out; values in the query whose
    names speak of users, passwords, tokens or keys become ``***``.

    Examples
    --------
    >>> hidden("http://admin:1234@cam.example:8080/s.cgi?user=a&size=2")
    'http://cam.example:8080/s.cgi?user=***&size=2'
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address that cannot be read"
    netloc = parts.netloc.rpartition("@")[2]
    query = _SECRET.sub(r"\1***", parts.query)
    # A ; in the path begins parameters, in which some cameras take a session.
    path = _SECRET.sub(r"\1***", parts.path)
    return urlunsplit((parts.scheme, netloc, path, query, ""))


def origin(url: str) -> Origin:
    """Give scheme, host and port: what is asked one request at a time.

    Cameras behind one router share a name and differ by port, so the port counts.

    Examples
    --------
    >>> origin("HTTP://Example.org/webcam.jpg")
    ('http', 'example.org', 80)
    """
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").rstrip("."), parts.port or _PORTS[scheme]


def same_page(url: str) -> tuple[object, ...]:
    """Give what two addresses share if they ask the same thing of the same server.

    Examples
    --------
    >>> same_page("http://a.example") == same_page("http://me:pw@A.example:80/#top")
    True
    """
    parts = urlsplit(url)
    return (*origin(url), parts.path or "/", parts.query)


def moved(url: str, to: str) -> str:
    """Give the address that a redirect leads to, with credentials on one server only.

    Examples
    --------
    >>> moved("http://me:pw@a.example/x", "http://a.example/y")
    'http://me:pw@a.example/y'
    >>> moved("http://me:pw@a.example/x", "http://b.example/y")
    'http://b.example/y'
    """
    before, after = urlsplit(url), urlsplit(to)
    host = after.netloc.rpartition("@")[2]
    held = before.netloc.rpartition("@")[0] if origin(url) == origin(to) else ""
    return urlunsplit(after._replace(netloc=f"{held}@{host}" if held else host))


def as_number(host: str) -> str | None:
    """Give the IP address that a host is written as, in any way that systems take.

    Examples
    --------
    >>> as_number("0x7f.1"), as_number("[::1]"), as_number("example.org")
    ('127.0.0.1', '::1', None)
    """
    bare = host.strip("[]").partition("%")[0]
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        pass
    # Old forms: fewer than four parts, octal, hexadecimal.
    if re.fullmatch(
        r"(?i)(?:0x[0-9a-f]+|[0-9]+)(?:\.(?:0x[0-9a-f]+|[0-9]+)){0,3}", bare
    ):
        try:
            return socket.inet_ntoa(socket.inet_aton(bare))
        except OSError:
            pass
    return None


def is_public(address: str) -> bool:
    """Tell whether an IP address is one that everybody on the internet may ask.

    Not so are private, loopback, link-local, shared, reserved and multicast ones,
    in IPv6's disguises too (mapped, 6to4, Teredo, NAT64).

    Examples
    --------
    >>> is_public("8.8.8.8"), is_public("10.0.0.1"), is_public("::ffff:127.0.0.1")
    (True, False, False)
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inside = [found.ipv4_mapped, found.sixtofour, *(found.teredo or ())]
        number = int(found)
        if found in _NAT64 or number < 2**32:  # ::a.b.c.d is an old form
            inside.append(ipaddress.IPv4Address(number & 0xFFFFFFFF))
        carried = [each for each in inside if each is not None]
        if carried:
            return all(is_public(str(each)) for each in carried)
        if found.is_site_local:
            return False
    return found.is_global and not found.is_multicast


class _Masking(logging.Filter):
    """Keep credentials out of what urllib3 tells a log of its requests."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                _SECRET.sub(r"\1***", each) if isinstance(each, str) else each
                for each in record.args
            )
        return True


logging.getLogger("urllib3.connectionpool").addFilter(_Masking())
