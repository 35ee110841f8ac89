"""What runs in the sandbox before a learner's first line: limits, masks, the kernel.

Started as ``python -m fire_course.lessons.inside SETTINGS CONNECTION``. A graded
answer can read this file and can change all of it in its own process: nothing here
decides about points. A process can lower what it may use but not raise it again, so
the limits hold; the expected results are never in this process.
"""

from __future__ import annotations

import builtins
import contextlib
import importlib.abc
import importlib.util
import io
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from fire_course.lessons import lockdown

__all__ = ["Grading", "MaskedError", "limit", "mask"]


class MaskedError(RuntimeError):
    """A function that is the answer ready-made was called while grading."""


# -------------------------------------------------------------------------- limits


def limit(limits: Mapping[str, int]) -> None:
    """Lower what this process and its children may use, for good.

    Parameters
    ----------
    limits : mapping
        Names of the module `resource` without ``RLIMIT_``, such as ``"CPU"``. What
        this system does not know is left out.
    """
    import resource

    for name, value in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}", None)
        if kind is None:
            continue
        with contextlib.suppress(ValueError, OSError):  # macOS refuses some
            _, hard = resource.getrlimit(kind)
            top = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(kind, (top, top))


# --------------------------------------------------------------------------- masks


class _Masker(importlib.abc.MetaPathFinder):
    """Masks functions of other packages when their module is imported."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        self._busy: set[str] = set()

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        wanted = [each for each in self.names if each.rpartition(".")[0] == name]
        if not wanted or name in self._busy:
            return None
        self._busy.add(name)
        try:
            spec = importlib.util.find_spec(name)
        finally:
            self._busy.discard(name)
        if spec is not None and spec.loader is not None:
            spec.loader = _MaskingLoader(spec.loader, wanted)
        return spec


class _MaskingLoader(importlib.abc.Loader):
    def __init__(self, loader: Any, names: Sequence[str]) -> None:
        self._loader = loader
        self._names = names

    def create_module(self, spec: Any) -> Any:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        for name in self._names:
            _replace(module, name)

    def __getattr__(self, name: str) -> Any:  # get_source, resource readers
        return getattr(self._loader, name)


def mask(names: Sequence[str]) -> None:
    """Make functions of other packages raise `MaskedError`, now or once imported.

    Parameters
    ----------
    names : sequence of str
        Dotted names such as ``"sklearn.metrics.f1_score"``.
    """
    sys.meta_path.insert(0, _Masker(names))
    for name in names:
        module = sys.modules.get(name.rpartition(".")[0])
        if module is not None:
            _replace(module, name)


def _replace(module: ModuleType, dotted: str) -> None:
    name = dotted.rpartition(".")[2]
    try:
        function = getattr(module, name)
    except AttributeError:
        return

    def masked(*args: Any, **kwargs: Any) -> Any:
        import fire_course.lessons.inside

        raise fire_course.lessons.inside.MaskedError("this is the answer ready-made")

    if isinstance(function, type):  # subclasses are masked with it
        with contextlib.suppress(TypeError):
            setattr(function, "__init__", masked)  # noqa: B010
            setattr(function, "__init_subclass__", classmethod(masked))  # noqa: B010
            return
    if isinstance(function, FunctionType):
        # The code itself is exchanged, so that it is masked under each of its names.
        with contextlib.suppress(ValueError):  # it uses variables of a function around
            function.__code__ = masked.__code__
            function.__defaults__ = function.__kwdefaults__ = None
            return
    setattr(module, name, masked)


# ------------------------------------------------------------------ define and ask


class _Nowhere(io.TextIOBase):
    """Takes everything and keeps nothing, so that endless output costs nothing."""

    def write(self, text: str) -> int:
        return len(text)

    def writable(self) -> bool:
        return True


class Grading:
    """Defines each answer in a namespace of its own and asks it the cases.

    Parameters
    ----------
    path : str
        JSON: the seconds for a case, and exercise -> function, cases, ask, digits.
    namespace : mapping
        What the lesson's setup cells have left.
    """

    def __init__(self, path: str, namespace: Mapping[str, Any]) -> None:
        from fire_course.lessons import asking, canonical

        self._ask_all = asking.ask_all
        self._decode = canonical.decode
        plan = json.loads(Path(path).read_text(encoding="utf-8"))
        self._seconds, self._plan = plan["seconds"], plan["exercises"]
        self._base = {
            name: value
            for name, value in namespace.items()
            if not name.startswith("_") and name not in ("In", "Out")
        }
        self._builtins = dict(vars(builtins))
        self._print = print
        self._answers: dict[str, Any] = {}

    def define(self, exercise: str, code: str) -> None:
        """Run an answer's code, silently; whatever it defined before an error counts."""
        space = {**self._base, "__name__": "__main__", "__builtins__": builtins}
        with self._aside():
            try:
                exec(compile(code, f"<{exercise}>", "exec", dont_inherit=True), space)
            except BaseException as error:
                space.setdefault("__failed__", type(error).__name__)
        function = self._plan[exercise]["function"]
        self._answers[exercise] = space.get(function)

    def ask(self, exercise: str) -> None:
        """Print one canonical line a case."""
        plan = self._plan[exercise]
        answer = self._answers.get(exercise)
        cases = [self._decode(case) for case in plan["cases"]]
        lines = ["not defined"] * len(cases)
        if answer is not None:
            with self._aside():
                lines = self._ask_all(
                    answer,
                    cases,
                    how=plan["ask"],
                    digits=plan["digits"],
                    seconds=self._seconds,
                )
        lines = [str(line).replace("\n", " ") for line in lines]
        self._print("\n".join(lines), flush=True)

    @contextlib.contextmanager
    def _aside(self) -> Iterator[None]:
        """Keep a learner's prints and pictures out, and put patched builtins back."""
        publisher = _publisher()
        kept = sys.stdout, sys.stderr
        sys.stdout = sys.stderr = _Nowhere()
        if publisher is not None:
            publisher.publish = lambda *_, **__: None
        try:
            yield
        finally:
            sys.stdout, sys.stderr = kept
            if publisher is not None:
                publisher.__dict__.pop("publish", None)
            vars(builtins).update(self._builtins)


def _publisher() -> Any:
    interactive = sys.modules.get("IPython")
    shell = interactive.get_ipython() if interactive is not None else None
    return getattr(shell, "display_pub", None)


# -------------------------------------------------------------------------- kernel


def main() -> None:
    """Set the limits and masks, then become a kernel."""
    settings = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    # What a library or an answer writes past Python goes nowhere: an endless stream
    # of it must not reach the program outside.
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    limit(settings["limits"])
    mask(settings["masked"])
    sys.modules["debugpy"] = None  # type: ignore[assignment]  # a tenth of the start
    from ipykernel.kernelapp import IPKernelApp

    app = IPKernelApp.instance()
    app.initialize(
        [
            "-f",
            sys.argv[2],
            "--quiet",
            "--IPKernelApp.capture_fd_output=False",
            "--HistoryManager.enabled=False",
            "--InteractiveShell.colors=nocolor",
        ]
    )
    # Only now: to start, a kernel opens a port of its own machine.
    lockdown.apply()
    app.start()


if __name__ == "__main__":
    # Under its real name, so that the kernel's cells meet this very module.
    from fire_course.lessons import inside

    inside.main()
