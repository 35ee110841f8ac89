"""Tell alarms in the background: whoever is slow to listen delays no round."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["Delivery", "Undelivered"]

Record = Mapping[str, Any]

# Waits between tries double up to this; a receiver that restarts is back by then.
_LONGEST = 60.0


class Undelivered(Exception):
    """An alarm that did not arrive: one clause that says why.

    Parameters
    ----------
    reason : str
    again : bool
        Whether trying again may help.
    """

    def __init__(self, reason: str, *, again: bool = True) -> None:
        super().__init__(reason)
        self.again = again


class Delivery:
    """A bounded queue of alarms and one thread that tells them in their order.

    Parameters
    ----------
    name : str
        "webhook", say; the queue is found again by it after a restart.
    deliver : callable
        Takes an alarm as a dictionary; raises `Undelivered` if it did not arrive.
        If it has a method `close`, that ends what is on its way.
    tries : int
        How often, in all. The last of eight comes some two minutes after the first.
    wait : float
        Seconds before the second try; each further one waits twice as long, a
        minute at most.
    limit : int
        Most alarms that wait; the oldest is dropped, and that is told.
    tell : callable, optional
        Takes sentences for the user, from another thread.
    """

    def __init__(
        self,
        name: str,
        deliver: Callable[[Record], None],
        *,
        tries: int = 8,
        wait: float = 1.0,
        limit: int = 100,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self.name, self._deliver = name, deliver
        self.tries, self.wait, self.limit = tries, wait, limit
        self.tell = tell
        self._queue: deque[Record] = deque()
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def send(self, record: Record) -> None:
        """Queue an alarm and return at once."""
        with self._changed:
            # The first may be on its way at this moment, so the second is dropped.
            if len(self._queue) >= self.limit:
                dropped = self._queue[1] if len(self._queue) > 1 else None
                if dropped is not None:
                    del self._queue[1]
                self._say(
                    f"{self.name}: {self.limit} alarms wait already, so the oldest is "
                    "not told; it stands in alarms.jsonl."
                )
                if dropped is None:
                    return
            self._queue.append(record)
            self._changed.notify_all()
            if self._thread is None and not self._closing.is_set():
                self._thread = threading.Thread(
                    target=self._work, name=self.name, daemon=True
                )
                self._thread.start()

    def waiting(self) -> list[dict[str, Any]]:
        """Give the alarms that have not arrived, oldest first."""
        with self._changed:
            return [dict(record) for record in self._queue]

    def close(self, *, timeout: float = 5.0) -> None:
        """Wait for what is on its way, then stop; `waiting` gives what is left."""
        end = time.monotonic() + timeout
        with self._changed:
            self._changed.wait_for(lambda: not self._queue, timeout=timeout)
        self._closing.set()
        stop = getattr(self._deliver, "close", None)
        if stop is not None:
            stop()
        with self._changed:
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(max(0.0, end - time.monotonic()))

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or self._closing.is_set())
                if self._closing.is_set():
                    return
                record = self._queue[0]
            if self._tell(record):
                with self._changed:
                    self._queue.popleft()
                    self._changed.notify_all()

    def _tell(self, record: Record) -> bool:
        """Try until it arrived or never will; False if the watcher ends before."""
        for number in range(self.tries):
            if self._closing.is_set():
                return False
            try:
                self._deliver(record)
                return True
            except Undelivered as error:
                why, again = str(error), error.again
            except Exception as error:  # a fault of ours must not end the thread
                why, again = f"{type(error).__name__}: {error}", False
            if self._closing.is_set():
                return False
            if not again or number == self.tries - 1:
                self._say(
                    f"{self.name}: the alarm {record.get('id')} was not told ({why}); "
                    "it stands in alarms.jsonl."
                )
                return True
            self._closing.wait(min(_LONGEST, self.wait * 2**number))
        return True

    def _say(self, text: str) -> None:
        if self.tell is not None:
            self.tell(text)
