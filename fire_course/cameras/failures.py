"""Why a camera gave no picture: one kind a cause, and one clause in words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fire_course.cameras.listing import Camera

__all__ = ["Failure", "Kind", "Trouble"]


class Kind(StrEnum):
    """The cause of a failure; its value is how it reads in a table.

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


@dataclass(frozen=True)
class Failure:
    """A camera that gave no picture to judge. It never means "no fire".

    Attributes
    ----------
    camera : Camera
    kind : Kind
        The cause.
    reason : str
        The same in words, to follow the camera's name; it holds no credentials.
    time : float
        When it was known, in seconds since 1970.
    seconds : float
        How long it took.
    status : int or None
        HTTP's, where there was an answer.
    age : float or None
        Seconds since the picture was taken, where one came and that is known.
    retry_after : float or None
        Seconds after which it may be asked again, where that is known.
    """

    camera: Camera
    kind: Kind
    reason: str
    time: float
    seconds: float
    status: int | None = None
    age: float | None = None
    retry_after: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Give the facts, ready for JSON."""
        return {
            "name": self.camera.name,
            "url": self.camera.address,
            "failure": str(self.kind),
            "reason": self.reason,
            "time": self.time,
            "seconds": self.seconds,
            "status": self.status,
            "age": self.age,
            "retry_after": self.retry_after,
        }


class Trouble(Exception):
    """A failure on its way from the line to whoever asked.

    It is no OSError, so that urllib3 and requests let it pass as it is.

    Parameters
    ----------
    kind, reason
        As in `Failure`.
    again : bool
        Whether asking again soon may help.
    status : int, optional
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
