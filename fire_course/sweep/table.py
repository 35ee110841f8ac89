"""The rows of a sweep: written after every trial, and ranked."""

from __future__ import annotations

import dataclasses
import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fire_course import files
from fire_course.sweep.settings import Settings, SweepError

NAME = "trials.jsonl"


@dataclass(frozen=True)
class Row:
    """One trial: what it was given, and what came out.

    Attributes
    ----------
    key : str
        Digest of settings, data, trial and version.
    settings : dict
        What the trial was given.
    status : {"done", "failed"}
    error : str or None
        Why it failed.
    attempts : int
        How often it was started.
    seconds : float or None
        That the trial itself took, without the start of its process.
    figures : dict
        What it returned, a number or a text a name; None where undefined.
    history : dict of lists
        What it returned under "history": a value an epoch.
    """

    key: str
    settings: Settings
    status: str
    error: str | None = None
    attempts: int = 1
    seconds: float | None = None
    figures: dict[str, Any] = field(default_factory=dict)
    history: dict[str, list[Any]] = field(default_factory=dict)

    def flat(self) -> dict[str, Any]:
        """Return settings, figures and seconds side by side, as a table has them.

        Examples
        --------
        >>> Row("k", {"conv": 1}, "done", seconds=2.0, figures={"loss": 0.5}).flat()
        {'conv': 1, 'loss': 0.5, 'seconds': 2.0, 'status': 'done', 'error': None}
        """
        return {
            **self.settings,
            **self.figures,
            "seconds": self.seconds,
            "status": self.status,
            "error": self.error,
        }


@dataclass(frozen=True)
class Sweep:
    """All trials of a sweep, in the order of their settings.

    Attributes
    ----------
    rows : list of Row
    out : pathlib.Path
        The folder with `trials.jsonl` and `logs/`.
    rank_by, mode : str
        The figure that ranks, and which is better: "min" or "max".
    skipped : int
        Trials that an earlier run had finished.
    """

    rows: list[Row]
    out: Path
    rank_by: str = "val_loss"
    mode: str = "auto"
    skipped: int = 0

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def failed(self) -> list[Row]:
        """The trials that failed."""
        return [row for row in self.rows if row.status != "done"]

    @property
    def best(self) -> Row:
        """The best trial.

        Raises
        ------
        SweepError
            If no trial has the figure that ranks.
        """
        first = self.ranked()[0]
        if _value(first, self.rank_by) is None:
            raise SweepError(
                f"No trial gave {self.rank_by}: "
                f"{first.error or 'there are ' + ', '.join(first.figures)}"
            )
        return first

    def ranked(self, by: str | None = None, mode: str | None = None) -> list[Row]:
        """Return the rows from best to worst; failed ones come last.

        Parameters
        ----------
        by : str, optional
            A figure, "seconds", or a setting; the sweep's own when omitted.
        mode : {"auto", "min", "max"}, optional
            Which is better. "auto" takes less of a loss, an error, seconds and
            parameters, and more of anything else.

        Raises
        ------
        SweepError
            If no finished trial has such a figure.
        """
        by, mode = by or self.rank_by, mode or self.mode
        return rank(self.rows, by, mode)

    def table(
        self, by: str | None = None, mode: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the ranked rows as flat dicts, with their rank from 1."""
        rows = self.ranked(by, mode)
        return [{"rank": i, **row.flat()} for i, row in enumerate(rows, start=1)]


def better(name: str, mode: str = "auto") -> str:
    """Say whether less ("min") or more ("max") of a figure is better.

    Examples
    --------
    >>> better("val_loss"), better("val_accuracy"), better("seconds")
    ('min', 'max', 'min')
    """
    if mode not in ("auto", "min", "max"):
        raise SweepError(f"mode is 'auto', 'min' or 'max', not {mode!r}.")
    if mode != "auto":
        return mode
    less = ("loss", "error", "seconds", "parameters", "false_alarm")
    return "min" if any(word in name for word in less) else "max"


def rank(rows: Iterable[Row], by: str, mode: str = "auto") -> list[Row]:
    """Sort rows from best to worst; ties keep their order."""
    rows = list(rows)
    sign = 1 if better(by, mode) == "min" else -1
    done = [row for row in rows if row.status == "done"]
    if done and not any(by in row.flat() for row in done):
        known = ", ".join([*done[0].figures, "seconds"])
        raise SweepError(f"No trial gave a figure called {by!r}; there are: {known}.")

    def place(row: Row) -> tuple[int, float]:
        value = _value(row, by)
        if row.status != "done":
            return 2, 0.0
        return (1, 0.0) if value is None else (0, sign * value)

    return sorted(rows, key=place)


def _value(row: Row, by: str) -> float | None:
    value = row.flat().get(by) if row.status == "done" else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def read(folder: str | os.PathLike[str]) -> list[Row]:
    """Read the rows that a sweep has written so far.

    Raises
    ------
    SweepError
        If the table is damaged.
    """
    path = Path(folder) / NAME
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise files.file_error(error, path) from error
    try:
        return [Row(**json.loads(line)) for line in text.splitlines() if line.strip()]
    except (ValueError, TypeError) as error:
        raise SweepError(
            f"{path} is damaged: repair or remove it, or choose another folder."
        ) from error


class Table:
    """The file of a sweep: rewritten whole after each trial, or not at all."""

    def __init__(self, folder: Path, keys: list[str]) -> None:
        self._path = folder / NAME
        self._order = {key: i for i, key in enumerate(keys)}
        self.rows = {row.key: row for row in read(folder)}

    def add(self, row: Row) -> None:
        """Take a row in and write the table."""
        self.rows[row.key] = row
        # Rows of other settings, from earlier sweeps into this folder, stay.
        after = len(self._order)
        rows = sorted(
            self.rows.values(), key=lambda each: self._order.get(each.key, after)
        )
        lines = [json.dumps(dataclasses.asdict(each), allow_nan=False) for each in rows]
        files.write_text(self._path, "".join(f"{line}\n" for line in lines))


def plain_figures(
    returned: Any, settings: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """Check what a trial returned, and make it plain.

    Raises
    ------
    SweepError
        If it is no dict of numbers and texts.
    """
    if not isinstance(returned, Mapping):
        raise SweepError(
            f"a trial returns a dict of figures, not a {type(returned).__name__}"
        )
    figures, history = {}, {}
    for name, value in returned.items():
        if name == "history" and isinstance(value, Mapping):
            history = {str(k): [_number(each) for each in v] for k, v in value.items()}
        elif name in settings or name in ("seconds", "status", "error", "rank"):
            raise SweepError(f"a figure must not be called {name}, which has a meaning")
        else:
            figures[str(name)] = _number(value)
    return figures, history


def _number(value: Any) -> Any:
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    raise SweepError(f"a figure is a number or a text, not a {type(value).__name__}")
