"""Put answers into a pristine notebook whose cells print what the answers return.

Nothing of a submission but the code of its answers gets here, and that as a text in a
single line, so that no marker of a tool can stand in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["graft"]


def graft(
    setup: Iterable[str],
    answers: Mapping[str, str],
    *,
    cases: str,
    expected: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Build the notebook that is executed and compared.

    Parameters
    ----------
    setup : iterable of str
        The lesson's own setup cells.
    answers : mapping
        Exercise -> code; in the order in which they are asked.
    cases : str
        Path of the cases, as the kernel sees it.
    expected : mapping, optional
        Exercise -> what its cell has to print; left out where the reference itself
        is executed.

    Returns
    -------
    dict
        A notebook of format 4.5.

    Examples
    --------
    >>> book = graft(["import math"], {"one": "def one(): return 1"}, cases="c.json")
    >>> print(book["cells"][-1]["source"])
    _grading.ask('one')
    """
    cells = [_cell(f"setup-{n}", text) for n, text in enumerate(setup)]
    cells.append(
        _cell(
            "grading",
            "from fire_course.lessons.inside import Grading as _Grading\n"
            f"_grading = _Grading({cases!r}, dict(globals()))",
        )
    )
    for number, (exercise, code) in enumerate(answers.items()):
        # Defined and asked in turns: what a later answer redefines is not yet there.
        given = _cell(f"answer-{number}", f"_grading.define({exercise!r}, {code!r})")
        given["metadata"]["whose"] = exercise
        cells.append(given)
        asked = _cell(f"asked-{number}", f"_grading.ask({exercise!r})")
        asked["metadata"]["exercise"] = exercise
        if expected is not None:
            asked["outputs"] = [
                {"output_type": "stream", "name": "stdout", "text": expected[exercise]}
            ]
        cells.append(asked)
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": spec},
        "cells": cells,
    }


def _cell(name: str, text: str) -> dict[str, Any]:
    # A cell without a number has never run, and nbval would not compare its output.
    return {
        "cell_type": "code",
        "id": name,
        "metadata": {},
        "source": text,
        "outputs": [],
        "execution_count": 1,
    }
