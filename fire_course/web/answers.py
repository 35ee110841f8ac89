"""What the headers of an answer say, read with care: they are a stranger's words."""

from __future__ import annotations

import contextlib
import re
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import requests

__all__ = ["length", "moment", "patience", "status", "word"]


def length(response: requests.Response) -> int:
    """Give the bytes that an answer says it has; 0 if it does not say."""
    said = response.headers.get("Content-Length", "").strip()
    return int(said) if said.isdigit() and len(said) < 19 else 0


def patience(response: requests.Response) -> float | None:
    """Give the seconds that a server asks to wait, said as a number or as a date."""
    asked = response.headers.get("Retry-After", "").strip()
    if asked.isdigit():
        return float(min(int(asked[:9]), 10**6))
    date = moment(asked)
    return None if date is None else max(0.0, date - time.time())


def status(response: requests.Response) -> str:
    """Give the status in words: "404 Not Found"."""
    reason = re.sub(r"[^\x20-\x7e]", "", response.reason or "")[:60]
    return f"{response.status_code} {reason}".strip()


def word(response: requests.Response, name: str) -> str | None:
    """Give a header that may be sent back; a strange one counts as none."""
    value = response.headers.get(name, "").strip()
    return value if value and len(value) <= 300 and value.isprintable() else None


def moment(text: str | None) -> float | None:
    """Read a date of HTTP, as seconds since 1970; None if it is none.

    Examples
    --------
    >>> moment("Thu, 01 Jan 1970 00:01:00 GMT"), moment("yesterday")
    (60.0, None)
    """
    if text:
        with contextlib.suppress(ValueError, TypeError, OverflowError):
            return parsedate_to_datetime(text).timestamp()
    return None
