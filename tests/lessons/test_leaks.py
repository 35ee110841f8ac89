"""No line of a solution survives in an exercise, in any lesson; leaks are found."""

import base64
import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fire_course.lessons import build, source

from .leaks import leaks, split

ROOT = Path(__file__).parents[2]
LESSONS = sorted((ROOT / "solutions").glob("*.md"))
URL = "https://example.org/course"


def read(text, tmp_path, exercises):
    path = tmp_path / "01_sums.md"
    path.write_text(text)
    return source.read(path, exercises=exercises)


@pytest.fixture
def exercise(small, tmp_path, exercises):
    """The exercise of the small lesson, as plain JSON."""
    lesson = read(small, tmp_path, exercises)
    return json.loads(json.dumps(build.notebook(lesson, "exercise", url=URL)))


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_no_solution_line_is_in_the_exercise(path):
    text = path.read_text(encoding="utf-8")
    assert len(split(text)[0]) >= 5
    written = ROOT / "exercises" / f"{path.stem}.ipynb"
    assert leaks(text, json.loads(written.read_text(encoding="utf-8"))) == []
    made = build.notebook(source.read(path), "exercise", url=URL)
    assert leaks(text, json.loads(json.dumps(made))) == []


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_the_solution_would_be_found(path):
    """The test itself sees solutions: each line of them is one that it finds."""
    text = path.read_text(encoding="utf-8")
    made = build.notebook(source.read(path), "solution", url=URL)
    found = leaks(text, json.loads(json.dumps(made)))
    assert len(found) >= len({row.strip() for row in split(text)[0]} - {""})


def test_there_are_lessons():
    assert len(LESSONS) >= 2


def test_the_small_lesson_does_not_leak(small, exercise):
    assert leaks(small, exercise) == []


# --- builders that leak, each in its own way --------------------------------------


def answer(notebook):
    return next(cell for cell in notebook["cells"] if cell["id"] == "add-answer")


def column_0_only(notebook, small):
    """A marker is matched at the margin alone, so an indented answer stays."""
    pattern = r"^### BEGIN SOLUTION$.*?^### END SOLUTION$"
    text = re.search(r"^def add.*?(?=^```)", small, re.M | re.S)[0]
    answer(notebook)["source"] = re.sub(pattern, "...", text, flags=re.M | re.S)


def first_region_only(notebook, small):
    answer(notebook)["source"] += "\nFACTOR = 1 + 1"


def markers_only(notebook, small):
    text = re.search(r"^def add.*?(?=^```)", small, re.M | re.S)[0]
    answer(notebook)["source"] = re.sub(r"^.*SOLUTION\n", "", text, flags=re.M)


def one_line(notebook, small):
    answer(notebook)["source"] += "\n    return secret_sum"


def commented_out(notebook, small):
    answer(notebook)["source"] += "\n    # secret_sum = a + b"


def spaced_otherwise(notebook, small):
    answer(notebook)["source"] += "\n        secret_sum=a+b"


def to_the_end_of_a_nested_region(notebook, small):
    answer(notebook)["source"] += "\n    return secret_sum\n    ### END SOLUTION"


def in_a_markdown_answer(notebook, small):
    notebook["cells"][0]["source"] += "\n\n```python\nsecret_sum = a + b\n```"


def in_the_metadata(notebook, small):
    answer(notebook)["metadata"]["solution"] = {"text": ["    secret_sum = a + b\n"]}


def in_the_notebooks_metadata(notebook, small):
    notebook["metadata"]["fire_course"]["source"] = small


def in_a_tag(notebook, small):
    answer(notebook)["metadata"]["tags"] = ["secret_sum = a + b"]


def in_the_output(notebook, small):
    data = {"text/plain": ["Source:\n", "    secret_sum = a + b"]}
    output = {"output_type": "display_data", "data": data, "metadata": {}}
    answer(notebook)["outputs"] = [output]


def in_a_traceback(notebook, small):
    rows = ["----> 5 secret_sum = a + b", "TypeError"]
    output = {"output_type": "error", "ename": "E", "evalue": "", "traceback": rows}
    answer(notebook)["outputs"] = [output]


def in_an_attachment(notebook, small):
    coded = base64.b64encode(b"secret_sum = a + b").decode()
    notebook["cells"][0]["attachments"] = {"x.txt": {"text/plain": coded}}


def in_a_hint(notebook, small):
    notebook["cells"].append({"source": "Hint: write `secret_sum = a + b`, then..."})


LEAKING = [
    column_0_only, first_region_only, markers_only, one_line, commented_out,
    spaced_otherwise, to_the_end_of_a_nested_region, in_a_markdown_answer,
    in_the_metadata, in_the_notebooks_metadata, in_a_tag, in_the_output,
    in_a_traceback, in_an_attachment, in_a_hint,
]  # fmt: skip


@pytest.mark.parametrize("leak", LEAKING, ids=lambda leak: leak.__name__)
def test_leaking_builder_is_found(exercise, small, leak):
    leak(exercise, small)
    assert leaks(small, exercise) != []


@given(
    rows=st.lists(
        st.sampled_from(
            ["q = 17 * a + b", "if a: q = a", "return_value = [a]", "pass"]
        ),
        min_size=1,
        max_size=5,
    ),
    indent=st.sampled_from(["", "    "]),
)
@settings(deadline=None, max_examples=60)
def test_law_whatever_the_solution_it_does_not_leak(
    tmp_path_factory, small, exercises, rows, indent
):
    region = ["### BEGIN SOLUTION", *rows, "### END SOLUTION"]
    if indent:
        new = "\n".join(indent + row for row in region)
        place = "    ### BEGIN SOLUTION\n    if b == 0:"
        text = small.replace(place, f"{new}\n{place}")
    else:
        new = "\n".join(region)
        text = small.replace("def add(a, b):", f"{new}\n\n\ndef add(a, b):")
    lesson = read(text, tmp_path_factory.getbasetemp(), exercises)
    made = json.loads(json.dumps(build.notebook(lesson, "exercise", url=URL)))
    assert leaks(text, made) == []
    whole = json.loads(json.dumps(build.notebook(lesson, "solution", url=URL)))
    assert leaks(text, whole) != []
