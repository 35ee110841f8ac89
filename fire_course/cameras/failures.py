"""A camera that gave no picture: which, why, and when that was known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fire_course.web.trouble import Kind, Trouble

if TYPE_CHECKING:
    from fire_course.cameras.listing import Camera

__all__ = ["Failure", "Kind", "Trouble"]


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
