"""Watch what a running notebook uses, from outside, and stop it.

Limits that the system keeps for one process do not add up over several, and count for
a whole user; memory that is only reserved counts, too. So the processes of a notebook
are looked at ten times a second.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from fire_course.lessons.sandbox import Limits

__all__ = ["Usage", "kill_tree", "tree", "usage", "verdict"]

_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
_OUTSIDE = 700 * 2**20
"""Bytes for the program that compares outputs; it holds 100 MB, and more only where a
kernel sends it more than `Limits.output` in pieces that it cannot refuse."""


@dataclass(frozen=True)
class Usage:
    """What a notebook's processes hold at one moment."""

    processes: int
    threads: int
    memory: int
    outside: int
    files: int


def tree(pid: int) -> list[int]:
    """List a process and all that descend from it, parents first."""
    found = [pid]
    for each in found:
        found += _children(each)
        if len(found) > 4000:  # a fork bomb: enough to know
            break
    return found


def _children(pid: int) -> list[int]:
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        if Path("/proc/self/task").is_dir():
            return []
        return _children_anywhere(pid)
    found: list[int] = []
    for thread in threads:
        with contextlib.suppress(OSError):
            text = (thread / "children").read_text()
            found += [int(word) for word in text.split()]
    return found


def _children_anywhere(pid: int) -> list[int]:
    import psutil  # type: ignore[import-untyped]  # comes with ipykernel

    with contextlib.suppress(psutil.Error):
        return [each.pid for each in psutil.Process(pid).children()]
    return []


def _memory(pid: int) -> int | None:
    """Return what a process holds; None of one that has ended."""
    try:
        size, resident, shared, *_ = Path(f"/proc/{pid}/statm").read_text().split()
        # A process that has ended and is not yet waited for has no size.
        return (int(resident) - int(shared)) * _PAGE if int(size) else None
    except (OSError, ValueError):
        if Path("/proc/self/statm").exists():
            return None
    import psutil

    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        if process.status() != psutil.STATUS_ZOMBIE:
            return int(process.memory_info().rss)
    return None


def _threads(pid: int) -> int:
    try:
        return sum(1 for _ in Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return 0


def usage(pid: int, share: Path) -> Usage:
    """Measure the processes below one, and the files that they can leave behind."""
    outside, *kernel = tree(pid)
    files = 0
    # No deeper: the room makes sockets here, and whoever makes folders is stopped.
    with contextlib.suppress(OSError), os.scandir(share) as entries:
        for number, entry in enumerate(entries):
            files += 4096
            with contextlib.suppress(OSError):
                files += entry.stat(follow_symlinks=False).st_size
            if number > 1000:
                files = 2**62
                break
    held = [_memory(each) for each in kernel[:200]]
    alive = [each for each in held if each is not None]
    count = len(alive) + max(0, len(kernel) - 200)
    threads = sum(_threads(each) for each in kernel[:200])
    return Usage(count, threads, sum(alive), _memory(outside) or 0, files)


def verdict(found: Usage, limits: Limits) -> str | None:
    """Say in words which limit is passed; None if none is."""
    if found.processes > limits.processes:
        return "it started more processes than allowed"
    if found.threads > limits.threads:
        return "it started more threads than allowed"
    if found.memory > limits.memory:
        return f"it used more than {limits.memory / 2**30:.1f} GB of memory"
    if found.outside > _OUTSIDE:
        return "it printed too much"
    if found.files > limits.scratch:
        return "it wrote too much"
    return None


def kill_tree(pid: int) -> None:
    """Kill a process and all below it, again until no new one appears."""
    for _ in range(50):
        alive = tree(pid)
        for each in alive:
            with contextlib.suppress(OSError):
                os.kill(each, signal.SIGKILL)
        if len(alive) == 1:
            return
        time.sleep(0.01)
