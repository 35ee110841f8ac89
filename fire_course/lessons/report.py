"""Write what was found: a table, a page a learner, JUnit XML.

All names and outputs come from learners: a table's cell must not become a formula, a
page's text no markup, and XML must stay XML.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from fire_course.files import write_text
from fire_course.lessons.submissions import file_name

__all__ = ["grades_csv", "junit", "page", "page_name", "verdicts", "write_all"]

Row = Mapping[str, Any]

STATES = {
    "passed": "passed",
    "not yet": "not yet",
    "not attempted": "not attempted",
    "missing": "no answer found",
    "broken": "no answer came",
    "ready-made": "ready-made answer used",
}
"""The states of an exercise, in words."""


def write_all(rows: Sequence[Row], out: Path) -> None:
    """Write ``grades.csv``, ``junit.xml`` and ``reports/LEARNER.md``.

    Parameters
    ----------
    rows : sequence of mapping
        A result a learner and lesson.
    out : pathlib.Path
        A folder.
    """
    write_text(out / "grades.csv", grades_csv(rows))
    write_text(out / "junit.xml", junit(rows))
    (out / "reports").mkdir(exist_ok=True)
    for learner in dict.fromkeys(row["learner"] for row in rows):
        own = [row for row in rows if row["learner"] == learner]
        write_text(out / "reports" / page_name(learner), page(learner, own))


def page_name(learner: str) -> str:
    """Name the file of a learner's page.

    Examples
    --------
    >>> page_name("anna")
    'anna.md'
    """
    return f"{file_name(learner)}.md"


def verdicts(row: Row) -> str:
    """Count a row's verdicts, in words.

    Examples
    --------
    >>> states = ("passed", "not attempted", "passed")
    >>> verdicts({"exercises": {n: {"state": state} for n, state in enumerate(states)}})
    '2 passed, 1 not attempted'
    """
    count = Counter(each["state"] for each in row["exercises"].values())
    return ", ".join(f"{count[key]} {STATES[key]}" for key in STATES if count[key])


def number(points: float) -> str:
    """Write points without a needless .0.

    Examples
    --------
    >>> number(2.0), number(0.5)
    ('2', '0.5')
    """
    return f"{points:g}"


# ------------------------------------------------------------------------ table


def grades_csv(rows: Iterable[Row]) -> str:
    """Write the table; the points of each exercise have a column of their own.

    Examples
    --------
    >>> row = {"learner": "=1+1", "lesson": "10", "notebook": "a.ipynb", "points": 1,
    ...        "max": 2, "problems": [], "exercises": {
    ...            "one": {"points": 1, "state": "passed"}}}
    >>> print(grades_csv([row]))
    learner,lesson,notebook,points,max,verdicts,one,problems,report
    '=1+1,10,a.ipynb,1,2,1 passed,1,,reports/1-1-bac90eef.md
    """
    rows = list(rows)
    exercises = list(dict.fromkeys(name for row in rows for name in row["exercises"]))
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\n")
    table.writerow(
        [
            *("learner", "lesson", "notebook", "points", "max", "verdicts"),
            *exercises,
            *("problems", "report"),
        ]
    )
    for row in rows:
        own = [
            number(row["exercises"][name]["points"]) if name in row["exercises"] else ""
            for name in exercises
        ]
        table.writerow(
            [
                _cell(row["learner"]),
                _cell(row["lesson"]),
                _cell(row["notebook"]),
                number(row["points"]),
                number(row["max"]),
                verdicts(row),
                *own,
                _cell(" ".join(row["problems"])),
                f"reports/{page_name(row['learner'])}",
            ]
        )
    return stream.getvalue()


def _cell(text: str) -> str:
    """Keep a spreadsheet from reading a text as a formula."""
    return f"'{text}" if text.lstrip()[:1] in tuple("=+-@") and text.strip() else text


# ------------------------------------------------------------------------- page


def page(learner: str, rows: Sequence[Row]) -> str:
    """Write what a learner is told; it holds neither the seed nor other learners."""
    parts = [f"# {_text(learner)}"]
    for row in rows:
        parts.append(
            f"## {row['lesson']}: {number(row['points'])} of "
            f"{number(row['max'])} points"
        )
        if row["notebook"]:
            parts.append(f"Graded was {_text(row['notebook'])}.")
        parts += [_text(problem) for problem in row["problems"]]
        lines = ["| exercise | verdict | points |", "|---|---|---|"]
        for name, each in row["exercises"].items():
            points = f"{number(each['points'])} of {number(each['max'])}"
            lines.append(f"| {name} | {STATES[each['state']]} | {points} |")
        parts.append("\n".join(lines))
        for name, each in row["exercises"].items():
            words = [_text(problem) for problem in each["problems"]]
            if each["words"]:
                words.append(_fenced(each["words"]))
            if each["state"] != "passed" and (words or each.get("task")):
                parts.append(f"### {name}")
                parts.append(each.get("task", ""))
                parts += words
    parts.append(
        "Each answer was asked on inputs drawn for this grading. Points of an exercise "
        "are given when all of its answers are right."
    )
    return "\n\n".join(part for part in parts if part) + "\n"


def _text(text: str) -> str:
    r"""Escape Markdown and HTML.

    Examples
    --------
    >>> print(_text("<b>*x*</b>"))
    \<b\>\*x\*\</b\>
    """
    # A colon only where a link could follow it; a page is read as plain text too.
    return re.sub(r"([\\`*_{}\[\]#+!|<>~&$@]|:(?=\S))", r"\\\1", text)


def _fenced(text: str) -> str:
    runs = [len(run) for run in re.findall(r"`+", text)]
    fence = "`" * max(3, 1 + max(runs, default=0))
    return f"{fence}text\n{text}\n{fence}"


# ------------------------------------------------------------------------ JUnit


def junit(rows: Sequence[Row]) -> str:
    """Write JUnit XML: a suite a learner and lesson, a case an exercise."""
    root = ElementTree.Element("testsuites", name="fire-course grade")
    for row in rows:
        failed = [e for e in row["exercises"].values() if e["state"] != "passed"]
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=_xml(f"{row['learner']} {row['lesson']}"),
            tests=str(len(row["exercises"])),
            failures=str(len(failed)),
            errors="0",
            skipped="0",
        )
        for name, each in row["exercises"].items():
            case = ElementTree.SubElement(
                suite,
                "testcase",
                classname=_xml(f"{row['lesson']}.{row['learner']}"),
                name=_xml(name),
            )
            if each["state"] != "passed":
                failure = ElementTree.SubElement(
                    case, "failure", message=STATES[each["state"]], type=each["state"]
                )
                words = [*row["problems"], *each["problems"], each["words"]]
                failure.text = _xml("\n".join(word for word in words if word))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _xml(text: str) -> str:
    """Drop what XML cannot hold, however it is escaped."""
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", text)
