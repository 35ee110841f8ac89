"""The committed lessons: in sync with their sources, and fit to be compared by nbval."""

import ast
import json
import re
from pathlib import Path

import nbformat
import pytest

from fire_course.lessons import build
from fire_course.lessons.recover import recover, without_magics
from fire_course.lessons.source import read

ROOT = Path(__file__).parents[2]
LESSONS = sorted(path.stem for path in (ROOT / "solutions").glob("*.md"))

# What an output may say of a training: that something holds, never a figure of it.
TRAINS = re.compile(r"\.(fit|train_on_batch)\(|\btraining\.|\btrain\(")
FLOAT = re.compile(r"\d\.\d|\d[eE][-+]?\d|\binf\b|\bnan\b")
DEFINITIONS = (ast.FunctionDef, ast.ClassDef)
SKIPS = ("nbval", "raises-exception", "skip-execution")


def load(kind: str, name: str):
    path = ROOT / kind / f"{name}.ipynb"
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def code(document):
    return [cell for cell in document.cells if cell.cell_type == "code"]


def said(cell) -> str:
    parts = [output.get("text", "") for output in cell.outputs]
    parts += [output.get("data", {}).get("text/plain", "") for output in cell.outputs]
    return "\n".join(parts)


def trained_floats(document) -> list[str]:
    """Find outputs with a float in cells that the result of a training went into."""
    trained: set[str] = set()
    finds = []
    for cell in code(document):
        tree = ast.parse(without_magics(cell.source))
        nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
        used = {node.id for node in nodes if isinstance(node.ctx, ast.Load)}
        if any(isinstance(node, DEFINITIONS) for node in tree.body):
            continue  # what a function does shows where it is called
        if TRAINS.search(cell.source) or used & trained:
            trained |= {node.id for node in nodes if isinstance(node.ctx, ast.Store)}
            if FLOAT.search(said(cell)):
                finds.append(f"{cell.id}: {said(cell)}")
        else:  # a name that is given something else is free again
            trained -= {node.id for node in nodes if isinstance(node.ctx, ast.Store)}
    return finds


def test_every_lesson_is_in_sync_with_its_source():
    results = build.build(ROOT, check=True)
    stale = [f"{each.path}: {each.reason}" for each in results if each.state == "stale"]
    assert stale == []
    assert len(results) == 2 * len(LESSONS) >= 4


def test_every_notebook_has_a_source():
    for kind in ("solutions", "exercises"):
        found = sorted(path.stem for path in (ROOT / kind).glob("*.ipynb"))
        assert found == LESSONS


@pytest.mark.parametrize("name", LESSONS)
def test_nbval_compares_every_cell(name):
    document = load("solutions", name)
    for cell in code(document):
        # nbval skips the comparison of a cell that was never executed.
        assert isinstance(cell.execution_count, int), cell.id
        tags = [tag.lower() for tag in cell.metadata.get("tags", [])]
        assert not any(skip in tag for tag in tags for skip in SKIPS), cell.id
        assert "nbval" not in cell.source.lower(), cell.id
    counts = [cell.execution_count for cell in code(document)]
    assert counts == list(range(1, len(counts) + 1))


@pytest.mark.parametrize("name", LESSONS)
def test_outputs_hold_no_error_and_nothing_of_one_machine(name):
    for cell in code(load("solutions", name)):
        for output in cell.outputs:
            assert output.output_type != "error", cell.id
            assert output.get("name") != "stderr", cell.id
            assert not re.search(r"0x[0-9a-f]{6,}|/tmp/|\d ?ms\b", said(cell)), cell.id


@pytest.mark.parametrize("name", LESSONS)
def test_no_trained_figure_is_compared(name):
    assert trained_floats(load("solutions", name)) == []


def test_trained_figures_would_be_found():
    from nbformat import v4

    def executed(source, text):
        output = v4.new_output("stream", name="stdout", text=text)
        return v4.new_code_cell(source, outputs=[output])

    for source in ("log = model.fit(x)", "log = training.train(model)"):
        cells = [executed("x = 0.5", "0.5"), executed(source, "loss: 0.2513")]
        assert len(trained_floats(v4.new_notebook(cells=cells))) == 1
        cells = [executed(source, ""), executed("best = min(log)", ""),
                 executed("print(best)", "3e-05"), executed("print(best < 1)", "True")]  # fmt: skip
        assert len(trained_floats(v4.new_notebook(cells=cells))) == 1


@pytest.mark.parametrize("name", LESSONS)
def test_reference_passes_and_its_answers_need_nothing_else(name):
    lesson = read(ROOT / "solutions" / f"{name}.md")
    cells = {cell.id: cell for cell in load("solutions", name).cells}
    for exercise, check in lesson.checks.items():
        assert said(cells[check.id]).strip().startswith(f"{exercise}: passed")
    found = recover(ROOT / "solutions" / f"{name}.ipynb", lesson)
    assert {each.how for each in found.values()} == {"id"}
    assert [each.problems for each in found.values()] == [()] * len(found)


@pytest.mark.parametrize("name", LESSONS)
def test_every_stub_says_that_it_is_not_written(name):
    lesson = read(ROOT / "solutions" / f"{name}.md")
    for exercise, found in recover(
        ROOT / "exercises" / f"{name}.ipynb", lesson
    ).items():
        assert (found.how, found.problems) == ("id", ()), exercise
        assert "raise NotImplementedError" in found.code


@pytest.mark.parametrize("kind", ["solutions", "exercises"])
@pytest.mark.parametrize("name", LESSONS)
def test_notebooks_are_small_valid_and_start_alike(kind, name):
    path = ROOT / kind / f"{name}.ipynb"
    document = load(kind, name)
    nbformat.validate(document)
    assert path.stat().st_size < 500_000
    url = build.repository(ROOT)
    first = code(document)[0]
    assert f"git+{url}" in first.source
    # The address stands in _config.yml; the notebooks repeat it in this cell only.
    rest = [cell for cell in document.cells if cell is not first]
    assert url not in json.dumps(rest)
