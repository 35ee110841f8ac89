"""What every command shares: where words go, JSON, progress bars and plain errors.

Words for people and the one JSON document go to standard output; progress and
errors go to standard error. Nothing here imports more than the standard library
and rich, because ``fire-course --help`` must answer at once.
"""

from __future__ import annotations

import contextlib
import errno
import json as jsonlib
import math
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any

import typer
from rich.console import Console, RenderableType
from rich.control import Control
from rich.segment import ControlType
from rich.text import Text

Progress = Callable[[int, int], None]

JsonOption = Annotated[
    bool,
    typer.Option(
        "--json", help="Print one JSON document for machines instead of text."
    ),
]


def shown(text: object) -> str:
    r"""Make a name safe to print: control characters and broken bytes are escaped.

    A file name may hold anything, a colour sequence of the terminal included.

    Examples
    --------
    >>> print(shown("hill\x1b[31m.jpg"))
    hill\x1b[31m.jpg
    >>> shown("λόφος.jpg")
    'λόφος.jpg'
    """
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(text))


def json_ready(value: Any) -> Any:
    """Turn NumPy scalars, arrays, paths and non-finite floats into plain JSON values.

    JSON has no infinity and no nan: an undefined figure is ``null``.

    Examples
    --------
    >>> json_ready({"loss": float("nan"), "counts": (1, 2)})
    {'loss': None, 'counts': [1, 2]}
    """
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): json_ready(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        entries = sorted(value) if isinstance(value, (set, frozenset)) else value
        return [json_ready(entry) for entry in entries]
    if hasattr(value, "tolist"):  # a NumPy array or scalar, without importing NumPy
        return json_ready(value.tolist())
    return str(value)


class Talk:
    """One command's way to speak: text for people, or one JSON document.

    Parameters
    ----------
    json : bool
        Whether the caller wants JSON; then `say` is silent.
    """

    def __init__(self, *, json: bool = False) -> None:
        self.json = json
        self._stdout = sys.stdout
        self.console = Console(file=self._stdout, highlight=False)
        self.errors = Console(file=sys.stderr, highlight=False)

    def say(self, *parts: RenderableType) -> None:
        """Print lines of text, without markup, or tables; for people only."""
        if self.json:
            return
        for part in parts:
            # Lines are left to the terminal to wrap, so that a pipe gets them whole;
            # a table has to fit a width.
            if isinstance(part, str):
                self.console.print(Text(part), soft_wrap=True)
            else:
                self.console.print(part)

    def note(self, text: str) -> None:
        """Tell a person something that is no result, on standard error."""
        self.errors.print(Text(shown(text)), soft_wrap=True)

    def answer(self, document: Any) -> None:
        """Write the JSON document, if one is wanted."""
        if self.json:
            text = jsonlib.dumps(json_ready(document), indent=2, allow_nan=False)
            self._stdout.write(text + "\n")
            self._stdout.flush()

    @contextlib.contextmanager
    def progress(self, label: str) -> Iterator[Progress | None]:
        """Give a ``progress(done, total)`` callable; it draws, on a terminal only."""
        if not self.errors.is_terminal:
            yield None
            return
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            TextColumn,
            TimeRemainingColumn,
        )
        from rich.progress import Progress as Bar

        columns = (TextColumn("{task.description}"), BarColumn())
        with Bar(
            *columns, MofNCompleteColumn(), TimeRemainingColumn(), console=self.errors
        ) as bar:
            task = bar.add_task(label, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)

    @contextlib.contextmanager
    def waiting(self, text: str) -> Iterator[None]:
        """Say what is waited for, on a terminal only, and wipe it out afterwards.

        A line that stands still: while the engine starts, nothing may be drawn on
        standard error (`fire_course.quiet`).
        """
        if not self.errors.is_terminal:
            yield
            return
        self.errors.print(Text(f"{shown(text)} ..."), end="\r", soft_wrap=True)
        try:
            yield
        finally:
            self.errors.control(Control((ControlType.ERASE_IN_LINE, 2)))


@contextlib.contextmanager
def talk(*, json: bool = False) -> Iterator[Talk]:
    """Open a `Talk` for the length of a command.

    In JSON mode stray prints go to standard error. Warnings are dropped: what the
    data modules warn about, the commands say themselves, and a library's warnings
    are of no use to somebody at a command line.
    """
    voice = Talk(json=json)
    aside = contextlib.redirect_stdout(sys.stderr) if json else contextlib.nullcontext()
    with aside, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield voice


def sentence(error: BaseException) -> str | None:
    """Say an expected error in one sentence; None if it is a fault of the program.

    Expected are the errors that this package raises itself (they are sentences
    already) and what the operating system refuses: a full disk, a missing file.

    Examples
    --------
    >>> sentence(FileNotFoundError(2, "No such file or directory", "photo.jpg"))
    'photo.jpg: No such file or directory'
    >>> sentence(ZeroDivisionError("division by zero")) is None
    True
    """
    text = " ".join(str(error).split())
    if type(error).__module__.split(".")[0] == __name__.split(".")[0]:
        return text
    if isinstance(error, OSError):
        reason = error.strerror or text or type(error).__name__
        if error.errno == errno.ENOSPC:
            reason += "; free some space or choose another folder"
        return f"{error.filename}: {reason}" if error.filename else reason
    if isinstance(error, MemoryError):
        return "There is too little memory for this: try a smaller image size or limit."
    if isinstance(error, ModuleNotFoundError):
        return f"The package {error.name} is not installed; this command needs it."
    if isinstance(error, (KeyError, TypeError, ValueError)) and _raised_by_us(error):
        # str(KeyError) puts its sentence into quotes.
        return str(error.args[0]) if isinstance(error, KeyError) else text
    return None


def _raised_by_us(error: BaseException) -> bool:
    """Tell an error raised in this package's own lines from a library's."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    last = frames[-1].f_globals.get("__name__", "") if frames else ""
    return last.split(".")[0] == __name__.split(".")[0]


@contextlib.contextmanager
def plain_errors() -> Iterator[None]:
    """Turn expected errors into one sentence on standard error and exit status 1.

    Ctrl-C gives one line and status 130, as shells expect. Anything else is a fault
    of this program: its traceback is what a report needs, so it passes through.
    """
    try:
        yield
    except KeyboardInterrupt:
        complain("Interrupted.")
        raise typer.Exit(130) from None
    except BrokenPipeError:
        # The reader went away (`| head`): nobody is left to talk to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        raise typer.Exit(1) from None
    except Exception as error:
        text = sentence(error)
        if text is None:
            raise
        complain(text)
        raise typer.Exit(1) from None


def complain(text: str) -> None:
    """Print one sentence about what went wrong, on standard error."""
    line = Text.assemble(("error: ", "bold red"), shown(text))
    Console(stderr=True, highlight=False).print(line, soft_wrap=True)


def shown_path(path: str | os.PathLike[str]) -> str:
    """Show a path from the current folder if that is shorter."""
    text = os.fspath(path)
    with contextlib.suppress(ValueError):  # another drive, on Windows
        near = os.path.relpath(text)
        text = near if len(near) < len(text) else text
    return shown(text)


def percent(value: float | None) -> str:
    """Show a rate as a percentage; an undefined one as a dash.

    Examples
    --------
    >>> percent(0.9289), percent(None)
    ('92.9 %', '-')
    """
    return "-" if value is None else f"{100 * value:.1f} %"


def interval(bounds: tuple[float, float] | list[float] | None) -> str:
    """Show the two ends of an interval of a rate.

    Examples
    --------
    >>> interval([0.9, 0.95])
    '90.0 to 95.0 %'
    """
    return "" if not bounds else f"{100 * bounds[0]:.1f} to {100 * bounds[1]:.1f} %"
