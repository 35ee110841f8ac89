"""Why no usable picture came: one kind a cause, and one clause in words."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Kind", "Trouble"]


class Kind(StrEnum):
    """The cause; its value is how it reads in a table.

    Examples
    --------
    >>> Kind.TOO_LARGE == "too large"
    True
    """

    UNREACHABLE = "unreachable"
    DNS = "dns"
    TLS = "tls"
    TIMEOUT = "timeout"
    STATUS = "http status"
    REDIRECT = "redirect"
    TOO_LARGE = "too large"
    NOT_A_PICTURE = "not a picture"
    CORRUPT = "corrupt"
    BLOCKED = "blocked address"
    ROBOTS = "robots"
    STALE = "stale"
    FROZEN = "frozen"
    DARK = "dark"
    BLANK = "blank"
    TOO_SOON = "too soon"


class Trouble(Exception):
    """A failure on its way from the line to whoever asked.

    It is no OSError, so that urllib3 and requests let it pass as it is.

    Parameters
    ----------
    kind : Kind
    reason : str
        One clause to follow a name: "answers 404"; it holds no credentials.
    again : bool
        Whether asking again soon may help.
    status : int, optional
        HTTP's, where there was an answer.
    wait : float, optional
        Seconds that the server asks to wait.
    """

    def __init__(
        self,
        kind: Kind,
        reason: str,
        *,
        again: bool = False,
        status: int | None = None,
        wait: float | None = None,
    ) -> None:
        super().__init__(reason)
        self.kind, self.reason = kind, reason
        self.again, self.status, self.wait = again, status, wait
