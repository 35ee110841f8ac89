"""How well a camera answers: four numbers and its last reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Health"]


@dataclass
class Health:
    """What is counted of one camera.

    Attributes
    ----------
    asked, answered : int
        Rounds in which it was asked, and those in which it gave a picture to judge.
    failures : int
        Failures in a row, up to now.
    kind, reason : str or None
        Of the last failure, kept until the next one.
    last_answer : float or None
        When it last gave a picture, in seconds since 1970.

    Examples
    --------
    >>> health = Health()
    >>> health.answer(60.0)
    >>> health.failure("timeout", "gave no picture within 10 seconds")
    >>> health.share, health.failures
    (0.5, 1)
    """

    asked: int = 0
    answered: int = 0
    failures: int = 0
    kind: str | None = None
    reason: str | None = None
    last_answer: float | None = None

    @property
    def share(self) -> float | None:
        """The share of questions that were answered; None before the first."""
        return self.answered / self.asked if self.asked else None

    def answer(self, time: float) -> None:
        """Count a picture."""
        self.asked += 1
        self.answered += 1
        self.failures = 0
        self.last_answer = time

    def failure(self, kind: str, reason: str) -> None:
        """Count a failure."""
        self.asked += 1
        self.failures += 1
        self.kind, self.reason = str(kind), reason

    def as_dict(self) -> dict[str, Any]:
        """Give the fields, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Health:
        """Read what `as_dict` gave; raise ValueError or TypeError if it is not that."""
        health = cls(**fields)
        counts = (health.asked, health.answered, health.failures)
        if not all(isinstance(each, int) and each >= 0 for each in counts):
            raise ValueError("health is counted in whole numbers")
        if health.answered > health.asked:
            raise ValueError("no camera answers more often than it is asked")
        if health.last_answer is not None:
            health.last_answer = float(health.last_answer)
        return health
