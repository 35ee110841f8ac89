"""Small things that a chapter needs to write computed numbers into its text.

Examples
--------
>>> print(table(["layer", "parameters"], [["`conv1`", 1792]]))
| layer | parameters |
| --- | ---: |
| `conv1` | 1792 |
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence


class Table:
    """A table of text: shown as one in a notebook, printed as Markdown.

    Give a cell of the book that ends in one ``mystnb: {markdown_format: myst}``, so
    that roles and formulas in it are read as well.
    """

    def __init__(
        self, head: Sequence[object], rows: Iterable[Sequence[object]], align: str
    ) -> None:
        rule = ["---", *[align] * (len(head) - 1)]
        lines = [head, rule, *rows]
        self._text = "\n".join("| " + " | ".join(map(str, row)) + " |" for row in lines)

    def __str__(self) -> str:
        return self._text

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        return self._text


def table(
    head: Sequence[object], rows: Iterable[Sequence[object]], *, align: str = "---:"
) -> Table:
    """Return a table; the first column stands left, the others right.

    Parameters
    ----------
    head : sequence of str
        Words over the columns.
    rows : iterable of sequences
        Cells; Markdown in them is kept. A less-than sign in text is ``&lt;``.
    align : str
        How columns but the first stand: ``"---:"`` right, ``"---"`` left.
    """
    return Table(head, rows, align)


def percent(share: float, digits: int = 1) -> str:
    """Write a share as per cent, with a space that no line break parts.

    Examples
    --------
    >>> percent(0.1234).replace("\N{NO-BREAK SPACE}", " ")
    '12.3 %'
    """
    return f"{100 * share:.{digits}f}\u00a0%"


def put(**numbers: object) -> None:
    """Hand numbers over to the text of a page, formatted as they shall be read.

    ``put(best_epoch=3)`` is written into the text as ``{glue:text}`best-epoch```. It
    works where the book is built; elsewhere it does nothing.
    """
    try:
        from myst_nb import glue
    except ModuleNotFoundError:
        return
    for name, text in numbers.items():
        glue(name.replace("_", "-"), str(text), display=False)


def say(text: object, *, width: int = 66) -> None:
    """Print a long sentence, such as an error's, broken into lines."""
    print(textwrap.fill(str(text), width))


def expect(holds: bool, otherwise: str) -> None:
    """Show a note if what a page says of a trained network does not hold this time.

    Training depends on the machine, so a page may not take its usual outcome for
    granted; nor should a build break on it.

    Parameters
    ----------
    holds : bool
        Whether the text is true of this run.
    otherwise : str
        What is true instead, a sentence.

    Examples
    --------
    >>> expect(2 > 1, "Here one was larger.")
    """
    if holds:
        return
    from IPython.display import Markdown, display

    display(Markdown(f"> **Not so in the run of this page.** {otherwise}"))
