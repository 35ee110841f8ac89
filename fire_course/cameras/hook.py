"""Tell an alarm to a program of your own, without a shell and with a time limit."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import signal
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

from fire_course.cameras.delivery import Undelivered

__all__ = ["Hook"]

PLACEHOLDERS = ("id", "camera", "place", "url", "time", "at", "score", "frame")


class Hook:
    """A command that is run for each alarm.

    Parameters
    ----------
    command : str or sequence of str
        Split as a shell splits words; no shell runs. ``{camera}``, ``{place}``,
        ``{score}``, ``{at}``, ``{time}``, ``{id}``, ``{url}`` and ``{frame}`` are
        replaced in each word. The same stand in the environment as ``FIRE_CAMERA``
        and so on, and all of the alarm as JSON in ``FIRE_ALARM``.
    limit : float
        Seconds after which the program is ended, with all that it started.

    Raises
    ------
    ValueError
        If there is no command, or it names an unknown placeholder.

    Examples
    --------
    >>> Hook("notify-send {camera} 'fire, {score}'").words(
    ...     {"camera": "hill; rm -rf /", "score": 0.9}
    ... )
    ['notify-send', 'hill; rm -rf /', 'fire, 0.9']
    """

    def __init__(self, command: str | Sequence[str], *, limit: float = 30.0) -> None:
        try:
            words = shlex.split(command) if isinstance(command, str) else list(command)
        except ValueError:
            raise ValueError(
                "The hook cannot be used: a quotation mark in it is not closed."
            ) from None
        if not words:
            raise ValueError("The hook cannot be used: it names no program.")
        for name in re.findall(r"\{(\w+)\}", " ".join(words)):
            if name not in PLACEHOLDERS:
                known = ", ".join(f"{{{each}}}" for each in PLACEHOLDERS)
                raise ValueError(f"The hook cannot use {{{name}}}: known are {known}.")
        self._words, self.limit = words, limit
        self._child: subprocess.Popen[bytes] | None = None

    def words(self, record: Mapping[str, Any]) -> list[str]:
        """Give the words of the command for one alarm."""
        values = _values(record)
        # One pass: what stands in a camera's name is not looked at again.
        return [
            re.sub(r"\{(\w+)\}", lambda found: values[found[1]], word)
            for word in self._words
        ]

    def __call__(self, record: Mapping[str, Any]) -> None:
        """Run the command for one alarm.

        Raises
        ------
        Undelivered
            If it cannot be started, fails, or runs longer than the limit.
        """
        more = {f"FIRE_{name.upper()}": each for name, each in _values(record).items()}
        more["FIRE_ALARM"] = json.dumps(dict(record))
        try:
            child = subprocess.Popen(
                self.words(record),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=os.environ | more,
                # A group of its own: it is ended as a whole, and Ctrl-C is not its.
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "not a command"
            raise Undelivered(f"it cannot be started: {why.lower()}") from None
        self._child = child
        try:
            status = child.wait(self.limit)
        except subprocess.TimeoutExpired:
            raise Undelivered(
                f"it ran longer than {self.limit:g} seconds and was ended"
            ) from None
        finally:
            self.close()
        if status:
            raise Undelivered(f"it ended with status {status}")

    def close(self) -> None:
        """End the program that runs now, if one does."""
        child = self._child
        if child is not None and child.poll() is None:
            _end(child)


def _values(record: Mapping[str, Any]) -> dict[str, str]:
    found = {name: record.get(name) for name in PLACEHOLDERS}
    # No argument and no variable can hold a zero byte.
    return {
        name: "" if value is None else str(value).replace("\0", "")
        for name, value in found.items()
    }


def _end(child: subprocess.Popen[bytes]) -> None:
    """End a child that was started here, and its own children, by its id."""
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(5)
