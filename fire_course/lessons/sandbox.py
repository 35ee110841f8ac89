"""Where a learner's code runs: in a room without network, files and time to waste.

With bubblewrap the kernel of a notebook sees the Python environment, the system's
libraries, its own cases and an empty scratch folder, nothing else: no home, no other
submission, no reference, no network. Without bubblewrap only limits hold, and
`not_isolated` says what does not. In both, the process gives up the right to start
others (`fire_course.lessons.lockdown`), and `fire_course.lessons.watching` stops what
uses too much.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Limits", "Room", "SandboxError", "available", "not_isolated"]


class SandboxError(RuntimeError):
    """No sandbox can be had where one is required."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one kernel may use.

    Attributes
    ----------
    seconds : float
        Wall-clock time of one exercise; to start takes its own time.
    memory : int
        Bytes of memory that all its processes hold together.
    processes : int
        The kernel's process is one; with bubblewrap its own two are added.
    threads : int
        Of all processes together. A kernel has about 15, TensorFlow on one core
        adds 20.
    output : int
        Bytes that its cells may print together.
    scratch : int
        Bytes of files.
    """

    seconds: float = 60.0
    memory: int = 2 * 2**30
    processes: int = 4
    threads: int = 300
    output: int = 4 * 2**20
    scratch: int = 64 * 2**20

    def of_process(self) -> dict[str, int]:
        """Return the limits that the system itself keeps, by their names there."""
        return {
            # Of all exercises and threads; the clock outside is much stricter.
            "CPU": 60 + 20 * int(self.seconds),
            # Address space, not memory: TensorFlow reserves four times what it
            # uses. The memory that is really held is watched from outside.
            "AS": 4 * self.memory,
            "FSIZE": self.scratch,
            "NOFILE": 512,
            "CORE": 0,
        }


@functools.cache
def available() -> bool:
    """Tell whether bubblewrap is installed and may make its namespaces here.

    Some systems install it and forbid it, so it is tried.
    """
    program = shutil.which("bwrap")
    if program is None or sys.platform != "linux":
        return False
    test = [
        program, "--unshare-all", "--unshare-user", "--die-with-parent", "--clearenv",
        "--ro-bind", "/", "/", "--size", "4096", "--tmpfs", "/tmp", "true",
    ]  # fmt: skip
    try:
        run = subprocess.run(test, capture_output=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return run.returncode == 0


def not_isolated() -> tuple[str, ...]:
    """List what a learner's code can do here because bubblewrap is missing.

    Returns
    -------
    tuple of str
        Empty where it works.
    """
    if available():
        return ()
    why = "cannot be used" if shutil.which("bwrap") else "is not installed"
    found = [
        f"bubblewrap {why} here: submissions run with limits only",
        "they can read every file that you can read, other submissions, the solutions "
        "and the grading seed among them",
        "they can write wherever you can write",
    ]
    if sys.platform != "linux":
        found.append("they can use the network and start programs")
    return tuple(found)


@dataclass(frozen=True, kw_only=True)
class Room:
    """One kernel's room: what it is given and how it is started.

    Attributes
    ----------
    given : pathlib.Path
        Folder with the cases and settings; the room can read it.
    share : pathlib.Path
        Folder of the sockets by which the kernel is spoken to; the room can write.
    package : pathlib.Path
        Folder that holds the masked copy of ``fire_course``.
    limits : Limits
    masked : sequence of str
        Functions of other packages to mask.
    hidden : sequence of pathlib.Path
        Folders to cover should they lie in a folder that the room sees.
    isolated : bool
        With bubblewrap.
    """

    given: Path
    share: Path
    package: Path
    limits: Limits
    masked: Sequence[str] = ()
    hidden: Sequence[Path] = ()
    isolated: bool = True

    @property
    def connection(self) -> Path:
        """The file that tells the kernel its sockets."""
        return self.given / "connection.json"

    def command(self) -> list[str]:
        """Write the settings file and return the command that starts the kernel."""
        settings = self.given / "settings.json"
        values = {"limits": self.limits.of_process(), "masked": list(self.masked)}
        settings.write_text(json.dumps(values), encoding="utf-8")
        python = [
            sys.executable, "-s", "-m", "fire_course.lessons.inside",
            str(settings), str(self.connection),
        ]  # fmt: skip
        return [*self._bubblewrap(), *python] if self.isolated else python

    def environment(self) -> dict[str, str]:
        """Return all that the kernel finds in its environment; nothing is inherited."""
        home = "/tmp" if self.isolated else str(self.share / "home")
        return {
            "HOME": home,
            "TMPDIR": home,
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.defpath)),
            "PYTHONPATH": str(self.package),
            "LANG": "C.UTF-8",
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            "IPYTHONDIR": f"{home}/.ipython",
            "JUPYTER_PLATFORM_DIRS": "1",
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
            "MPLBACKEND": "agg",
            "MPLCONFIGDIR": f"{home}/.matplotlib",
            "KERAS_BACKEND": "tensorflow",
            "KERAS_HOME": f"{home}/.keras",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "CUDA_VISIBLE_DEVICES": "-1",
            # One core a notebook: as many notebooks as cores run side by side.
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "MKL_NUM_THREADS": "1",
            "TF_NUM_INTRAOP_THREADS": "1",
            "TF_NUM_INTEROP_THREADS": "1",
        }

    def _bubblewrap(self) -> list[str]:
        program = shutil.which("bwrap")
        if program is None:
            raise SandboxError("bubblewrap is not installed: install it (bubblewrap)")
        words = [
            program, "--unshare-all", "--unshare-user", "--cap-drop", "ALL",
            "--new-session", "--die-with-parent", "--hostname", "sandbox",
            "--clearenv",
        ]  # fmt: skip
        for name, value in self.environment().items():
            words += ["--setenv", name, value]
        words += ["--proc", "/proc", "--dev", "/dev"]
        size = ["--size", str(self.limits.scratch)]
        words += [*size, "--tmpfs", "/dev/shm", "--remount-ro", "/dev"]
        words += [*size, "--tmpfs", "/tmp"]
        seen = _visible()
        for path in seen:
            if path.is_symlink():  # /lib -> usr/lib, as the system has it
                words += ["--symlink", str(path.readlink()), str(path)]
            else:
                words += ["--ro-bind", str(path), str(path)]
        for path in self._covered(seen):
            words += ["--tmpfs", str(path), "--remount-ro", str(path)]
        for path in (self.package, self.given):
            words += ["--ro-bind", str(path), str(path)]
        words += ["--bind", str(self.share), str(self.share)]
        return [*words, "--remount-ro", "/", "--chdir", "/tmp", "--"]

    def _covered(self, seen: Sequence[Path]) -> list[Path]:
        """Give the folders inside visible ones that must not be seen."""
        import fire_course

        # The unmasked package, where it is installed in the environment.
        wanted = [Path(fire_course.__file__).resolve().parent, *self.hidden]
        return [
            path
            for path in dict.fromkeys(wanted)
            if path.is_dir() and any(path.is_relative_to(each) for each in seen)
        ]


@functools.cache
def _visible() -> tuple[Path, ...]:
    """Return the system's and Python's own folders, outer before inner ones."""
    system = [
        "/usr", "/bin", "/lib", "/lib32", "/lib64", "/sbin", "/nix/store",
        "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime",
        "/etc/fonts", "/etc/alternatives",
    ]  # fmt: skip
    # The interpreter and its packages; links on the way are given as they are and
    # as what they lead to.
    python = [sys.base_prefix, sys.prefix, sysconfig.get_path("platlib")]
    python += [sysconfig.get_path("purelib"), sysconfig.get_path("stdlib")]
    python += [str(Path(sys.executable).resolve().parents[1])]
    python += [os.path.realpath(each) for each in python]
    found = [Path(each) for each in system]
    found += [Path(each).absolute() for each in sorted(python)]
    kept: list[Path] = []
    for path in dict.fromkeys(found):
        inner = any(path != each and path.is_relative_to(each) for each in kept)
        if os.path.lexists(path) and not inner and str(path) != "/":
            kept.append(path)
    return tuple(kept)
