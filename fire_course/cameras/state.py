"""What a watcher knows, in one file: so that it goes on after a restart."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fire_course import files
from fire_course.cameras.health import Health
from fire_course.cameras.memory import Memory
from fire_course.cameras.rules import Standing

__all__ = ["CameraState", "WatchState"]

_FORMAT = 1  # raised when a file of today could not be read by yesterday's code
# A thousand cameras take some 3 MB.
_LARGEST = 100_000_000


@dataclass
class CameraState:
    """All that is remembered of one camera: about 3 kB, however long it runs.

    Attributes
    ----------
    name : str
    standing : Standing
        What the alarm rules remember.
    health : Health
        How well it answers.
    memory : Memory
        What the fetcher remembers.
    """

    name: str
    standing: Standing = field(default_factory=Standing)
    health: Health = field(default_factory=Health)
    memory: Memory = field(default_factory=Memory)

    def as_dict(self) -> dict[str, Any]:
        """Give the fields, ready for JSON."""
        return {
            "name": self.name,
            "standing": self.standing.as_dict(),
            "health": self.health.as_dict(),
            "memory": self.memory.as_dict(),
        }

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> CameraState:
        """Read what `as_dict` gave."""
        return cls(
            str(fields["name"]),
            Standing.from_dict(fields["standing"]),
            Health.from_dict(fields["health"]),
            Memory.from_dict(fields["memory"]),
        )


@dataclass
class WatchState:
    """The state of a watcher.

    Attributes
    ----------
    rounds : int
        How many it has made, all starts together.
    cameras : dict of str to CameraState
        By the camera's key.
    undelivered : dict of str to list of dict
        Alarms that are still to be told, by the name of who tells them.
    """

    rounds: int = 0
    cameras: dict[str, CameraState] = field(default_factory=dict)
    undelivered: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Write the file, whole or not at all.

        Raises
        ------
        fire_course.files.FileError
            If it cannot be written; the old one stays.
        """
        document = {
            "format": _FORMAT,
            "rounds": self.rounds,
            "cameras": {key: each.as_dict() for key, each in self.cameras.items()},
            "undelivered": self.undelivered,
        }
        text = json.dumps(document, ensure_ascii=False, allow_nan=False)
        files.write_text(path, text + "\n")

    @classmethod
    def read(cls, path: Path) -> tuple[WatchState, str | None]:
        """Read the file; one that cannot be used is set aside.

        Returns
        -------
        WatchState
            A new one where there is no file.
        str or None
            A sentence for the user, if the file was set aside.
        """
        try:
            return cls._from(_content(path)), None
        except FileNotFoundError:
            return cls(), None
        except _Unusable as error:
            why = str(error)
        except OSError as error:
            why = (error.strerror or "cannot be read").lower()
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            why = "damaged"
        aside = path.with_name(f"{path.stem}.broken{path.suffix}")
        with contextlib.suppress(OSError):
            path.replace(aside)
        return cls(), (
            f"{path.name} could not be used ({why}): it is set aside as {aside.name}, "
            "and every camera begins anew."
        )

    @classmethod
    def _from(cls, document: Any) -> WatchState:
        if document["format"] != _FORMAT:
            raise _Unusable(
                f"it has format {document['format']!r}, and this version reads {_FORMAT}"
            )
        rounds = document["rounds"]
        if not isinstance(rounds, int) or rounds < 0:
            raise ValueError("rounds are counted")
        waiting = {
            str(name): [dict(record) for record in records]
            for name, records in document["undelivered"].items()
        }
        cameras = {
            str(key): CameraState.from_dict(fields)
            for key, fields in document["cameras"].items()
        }
        return cls(rounds, cameras, waiting)


class _Unusable(Exception):
    """Why a file is of no use, in words."""


def _content(path: Path) -> Any:
    with path.open("rb") as stream:
        data = stream.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise _Unusable("it is too large")
    if not data.strip(b"\0 \n"):  # what a machine without power leaves behind
        raise _Unusable("it is empty")
    return json.loads(data)
