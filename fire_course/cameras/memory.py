"""What is remembered of one camera between two snapshots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Memory"]


@dataclass
class Memory:
    """The state of one camera: 2 kB, and the last picture as it came.

    Attributes
    ----------
    asked : float or None
        When it was last asked, in seconds since 1970.
    not_before : float
        When it may be asked again, if the server has said so.
    etag, last_modified : str or None
        What the server said of the last picture.
    digest : str or None
        Of the last picture's bytes.
    first_seen : float or None
        When those bytes first came.
    print : (int, bytes) or None
        What the next picture is compared by (see `looking.fingerprint`).
    same : int
        How many times in a row the same picture came as a new one.
    body : bytes or None
        The last picture as it came, for a server that answers "not modified". It is
        not part of `as_dict`; without it the camera is asked for a whole one again.
    """

    asked: float | None = None
    not_before: float = 0.0
    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None
    first_seen: float | None = None
    print: tuple[int, bytes] | None = None
    same: int = 0
    body: bytes | None = field(default=None, repr=False, compare=False)

    def as_dict(self) -> dict[str, Any]:
        """Give what survives a restart, ready for JSON: some 2 kB.

        Examples
        --------
        >>> Memory.from_dict(Memory(asked=5.0).as_dict()) == Memory(asked=5.0)
        True
        """
        return {
            "asked": self.asked,
            "not_before": self.not_before,
            "etag": self.etag,
            "last_modified": self.last_modified,
            "digest": self.digest,
            "first_seen": self.first_seen,
            "print": self.print and [self.print[0], self.print[1].hex()],
            "same": self.same,
        }

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any]) -> Memory:
        """Rebuild a memory; what is missing or damaged counts as never seen."""
        memory = cls()
        try:
            seen = facts.get("print")
            memory = cls(
                asked=_number(facts.get("asked")),
                not_before=_number(facts.get("not_before")) or 0.0,
                etag=_text(facts.get("etag")),
                last_modified=_text(facts.get("last_modified")),
                digest=_text(facts.get("digest")),
                first_seen=_number(facts.get("first_seen")),
                print=None if not seen else (int(seen[0]), bytes.fromhex(seen[1])),
                same=int(facts.get("same") or 0),
            )
        except (TypeError, ValueError, LookupError, AttributeError, OverflowError):
            pass
        return memory


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
