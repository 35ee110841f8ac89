"""An alarm: what is told of a fire, to files, to a web address and to a command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fire_course.cameras.rules import Event, Rule

if TYPE_CHECKING:
    from fire_course.cameras.listing import Camera

__all__ = ["Alarm", "stamp"]


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """One event at one camera, told once.

    Attributes
    ----------
    id : str
        The same for the same event, also if it is told again after a crash.
    camera, key, place, url : str
        The camera's name and key, where it stands, and its address without
        credentials.
    number : int
        Which alarm of this camera it is, counted from 1.
    time : float
        When it was raised, in seconds since 1970.
    at : str
        The same in words, in UTC.
    score : float
        Of the picture that brought it.
    scores : tuple of float
        Of the last pictures: what it rests on.
    votes, of : int
        How many of the last pictures had to score the threshold.
    threshold : float
    frame : str or None
        The file of the picture, where pictures are kept.
    """

    id: str
    camera: str
    key: str
    place: str
    url: str
    number: int
    time: float
    at: str
    score: float
    scores: tuple[float, ...]
    votes: int
    of: int
    threshold: float
    frame: str | None = None

    @classmethod
    def of_event(
        cls, event: Event, camera: Camera, rule: Rule, *, frame: str | None = None
    ) -> Alarm:
        """Make the alarm of an event."""
        return cls(
            id=f"{camera.key}-{event.number}",
            camera=camera.name,
            key=camera.key,
            place=camera.place,
            url=camera.address,
            number=event.number,
            time=event.time,
            at=stamp(event.time),
            score=event.score,
            scores=event.scores,
            votes=rule.votes,
            of=rule.of,
            threshold=rule.threshold,
            frame=frame,
        )

    def event(self) -> Event:
        """Give the event that it tells."""
        return Event(self.number, self.time, self.score, self.scores)

    def as_dict(self) -> dict[str, Any]:
        """Give the fields, ready for JSON."""
        return asdict(self) | {"scores": list(self.scores)}

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Alarm:
        """Read what `as_dict` gave; raise ValueError or TypeError if it is not that."""
        alarm = cls(**{**fields, "scores": tuple(fields.get("scores") or ())})
        if (
            not isinstance(alarm.number, int)
            or alarm.id != f"{alarm.key}-{alarm.number}"
        ):
            raise ValueError("this is no alarm")
        float(alarm.time)
        return alarm


def stamp(time: float) -> str:
    """Write a moment in UTC.

    Examples
    --------
    >>> stamp(0)
    '1970-01-01T00:00:00Z'
    """
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
