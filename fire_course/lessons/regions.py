"""Solution regions: the lines of a cell that a learner writes.

The markers are nbgrader's, each alone on its line. Where nbgrader would let a
mistake pass, this module refuses it: a solution must never survive in an exercise
because its marker was misspelt, indented or left open.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["BEGIN", "END", "STUB", "RegionError", "blank", "find", "lines", "unmark"]

BEGIN = "### BEGIN SOLUTION"
END = "### END SOLUTION"
STUB = 'raise NotImplementedError("write your answer here")'
"""What stands in an exercise where the solution was."""

# Whatever was probably meant to be a marker, nbgrader's other regions included.
_MARK = re.compile(r"\b(BEGIN|END)[\s_-]*(SOLUTION|HIDDEN[\s_-]*TESTS?|MARK)", re.I)


class RegionError(ValueError):
    """A region that cannot be told for sure: its line (from 0) and the reason."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


def find(text: str) -> list[tuple[int, int]]:
    r"""Find the solution regions of a cell.

    Parameters
    ----------
    text : str
        The cell.

    Returns
    -------
    list of (int, int)
        Numbers of the lines, from 0, with the begin and the end marker of each.

    Raises
    ------
    RegionError
        If a region is nested, unclosed or empty, or a marker is not written exactly
        so and alone on its line.

    Examples
    --------
    >>> find("def one():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION")
    [(1, 3)]
    """
    found: list[tuple[int, int]] = []
    rows = text.split("\n")
    opened: int | None = None
    for number, row in enumerate(rows):
        mark = row.strip()
        if mark == BEGIN:
            if opened is not None:
                raise RegionError(
                    number,
                    f"a solution region is nested: end the one before it ({END})",
                )
            opened = number
        elif mark == END:
            if opened is None:
                raise RegionError(
                    number, f"a solution region ends that never began: add {BEGIN}"
                )
            if _indent(row) != _indent(rows[opened]):
                raise RegionError(
                    number, "the two markers of a region must be indented alike"
                )
            if not any(line.strip() for line in rows[opened + 1 : number]):
                raise RegionError(
                    opened, "a solution region is empty: write the solution into it"
                )
            found.append((opened, number))
            opened = None
        elif _MARK.search(row):
            raise RegionError(
                number,
                f"{mark!r} is no marker: write {BEGIN} or {END}, alone on its line",
            )
    if opened is not None:
        raise RegionError(opened, f"a solution region is not closed: add {END}")
    return found


def blank(text: str) -> str:
    r"""Put a stub, indented as the marker was, in place of each region.

    Examples
    --------
    >>> cell = "def one():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION"
    >>> print(blank(cell))
    def one():
        raise NotImplementedError("write your answer here")
    """
    rows = text.split("\n")
    for begin, end in reversed(find(text)):
        rows[begin : end + 1] = [_indent(rows[begin]) + STUB]
    return "\n".join(rows)


def lines(text: str) -> Iterator[str]:
    r"""Give the lines inside the regions, as they are written.

    Examples
    --------
    >>> list(lines("### BEGIN SOLUTION\nx = 1\n### END SOLUTION\ny = 2"))
    ['x = 1']
    """
    rows = text.split("\n")
    for begin, end in find(text):
        yield from rows[begin + 1 : end]


def unmark(text: str) -> str:
    r"""Drop whatever looks like a marker's line, in a text that nobody has checked.

    Examples
    --------
    >>> unmark("### begin solution\nx = 1\n  # END SOLUTION")
    'x = 1'
    """
    kept = [
        row
        for row in text.split("\n")
        if not (row.lstrip().startswith("#") and _MARK.search(row))
    ]
    return "\n".join(kept)


def _indent(row: str) -> str:
    return row[: len(row) - len(row.lstrip())]
