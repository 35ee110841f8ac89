"""What nbgrader's own autograder and validator make of a check.

nbgrader takes a check cell that ends without an error for right, whatever it shows. It
is no dependency, so its rule stands here: no points for a cell with an error or a word
on stderr, else a share if the cell's value is a number, else all points.
"""

import json
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from fire_course.lessons import build
from fire_course.lessons.checks import check, get

ROOT = Path(__file__).parents[2]
RUNS = "NBGRADER_EXECUTION"  # nbgrader 0.9 sets it while it executes a notebook


right = get("f1-from-counts").expected


def untouched(tp, fp, fn):
    raise NotImplementedError


@pytest.mark.parametrize("mode", ["autograde", "validate"])
@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("f1-from-counts", lambda tp, fp, fn: 0.5, "not yet\n"),
        ("f1-from-counts", untouched, "not attempted\n"),
        ("f1-from-counts", None, "give the function itself"),
        ("f1-from-count", right, "did you mean f1-from-counts"),
    ],
)
def test_where_nbgrader_runs_it_a_check_that_is_not_passed_raises(
    monkeypatch, mode, name, answer, words
):
    monkeypatch.setenv(RUNS, mode)
    with pytest.raises(AssertionError) as caught:
        check(name, answer)
    monkeypatch.delenv(RUNS)
    assert str(caught.value) == str(check(name, answer))
    assert words in str(caught.value)


@pytest.mark.parametrize("mode", [None, "autograde", "validate"])
def test_a_check_that_is_passed_never_raises(monkeypatch, mode):
    if mode:
        monkeypatch.setenv(RUNS, mode)
    assert check("f1-from-counts", right).passed


@pytest.mark.parametrize("mode", [None, ""])
def test_elsewhere_a_check_only_tells(monkeypatch, mode):
    monkeypatch.delenv(RUNS, raising=False)
    if mode is not None:
        monkeypatch.setenv(RUNS, mode)
    assert check("f1-from-counts", untouched).state == "not attempted"


def nbgraders_points(cell):
    most = cell.metadata.nbgrader.points
    for output in cell.outputs:
        if output.output_type == "error" or output.get("name") == "stderr":
            return 0
        if output.output_type == "execute_result":
            try:
                return float(output.data["text/plain"])
            except ValueError:
                return most
    return most


def autograded(answers, folder):
    """Execute lesson 10 as nbgrader would; give the points of each check cell."""
    document = nbformat.read(ROOT / "exercises/10_honest_data.ipynb", as_version=4)
    for cell in document.cells:
        if cell.id in answers:
            cell.source = answers[cell.id]
    client = NotebookClient(
        document, timeout=60, kernel_name="python3", allow_errors=True,
        resources={"metadata": {"path": str(folder)}},
    )  # fmt: skip
    client.execute(env=build.environment(ROOT, folder) | {RUNS: "autograde"})
    return {
        cell.metadata.nbgrader.grade_id: nbgraders_points(cell)
        for cell in document.cells
        if cell.metadata.get("nbgrader", {}).get("grade")
    }


def test_by_nbgraders_rule_only_right_answers_of_a_lesson_get_points(tmp_path):
    solved = json.loads((ROOT / "solutions/10_honest_data.ipynb").read_text())
    answers = {
        cell["id"]: "".join(cell["source"])
        for cell in solved["cells"]
        if cell["id"].endswith("-answer")
    }
    wrong, stub, *rest = answers
    answers[wrong] = answers[wrong].replace("return", "return None and", 1)
    del answers[stub]
    points = autograded(answers, tmp_path)
    none = {each.replace("-answer", "-check") for each in (wrong, stub)}
    assert {name for name, given in points.items() if given == 0} == none
    assert len(points) - len(none) == len(rest) > 0
