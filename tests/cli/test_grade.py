"""``fire-course grade`` as somebody at a terminal meets it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TINY = ROOT / "tests" / "lessons" / "tiny"


@pytest.fixture
def handed_in(tmp_path):
    """A notebook that answers one exercise of three."""
    folder = tmp_path / "class" / "anna"
    folder.mkdir(parents=True)
    cell = {
        "cell_type": "code",
        "id": "add-up-answer",
        "metadata": {},
        "source": "def add_up(numbers):\n    return sum(numbers)",
        "outputs": [],
        "execution_count": None,
    }
    book = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    (folder / "90_tiny.ipynb").write_text(json.dumps(book))
    return tmp_path


def test_help_explains_and_shows_examples(cli):
    answer = cli("grade", "--help")
    assert answer.code == 0
    words = " ".join(answer.out.split())
    for option in ("--out", "--lesson", "--seed", "--seed-file", "--jobs", "--cluster"):
        assert option in words
    for option in ("--require-sandbox", "--timeout", "--memory", "--json"):
        assert option in words
    assert answer.out.count("fire-course grade ") >= 3


@pytest.mark.parametrize(
    "arguments",
    [
        ("grade",),
        ("grade", "class"),
        ("grade", "class", "--out", "out", "--jobs", "0"),
        ("grade", "class", "--out", "out", "--seed", "a", "--seed-file", "b"),
        ("grade", "class", "--out", "out", "--timeout", "0"),
    ],
    ids=" ".join,
)
def test_bad_usage_exits_2(cli, arguments):
    answer = cli(*arguments)
    assert answer.code == 2
    assert answer.out == ""
    assert "Traceback" not in answer.err


def test_people_get_a_table_and_the_files(cli, handed_in):
    answer = cli("grade", "class", "--out", "out", "--lessons", TINY, "--jobs", "1")
    assert answer.code == 0, answer.err
    assert "1 of 5" in answer.out
    assert "out/grades.csv" in answer.out
    assert "out/reports" in answer.out
    assert "1 passed, 2 no answer found" in " ".join(answer.out.split())
    assert "1 graded now, 0 unchanged." in answer.out
    kept = cli("grade", "class", "--out", "out", "--lessons", TINY, "--json")
    document = json.loads(kept.out)
    assert (document["graded"], document["kept"]) == (0, 1)
    assert document["changed"] == []
    (row,) = document["grades"]
    assert row["exercises"]["add-up"]["state"] == "passed"
    assert row["exercises"]["span"]["state"] == "missing"


def test_a_run_that_grades_all_again_says_why(cli, handed_in):
    (handed_in / "secret").write_text("a long secret")
    words = ("grade", "class", "--out", "out", "--lessons", TINY, "--jobs", "1")
    assert "Graded again" not in cli(*words).out
    assert "Graded again after a change of the seed." in (
        cli(*words, "--seed-file", "secret").out
    )


def test_a_seed_from_a_file_is_used_and_not_kept(cli, handed_in):
    (handed_in / "secret").write_text("a long secret\n")
    answer = cli(
        "grade", "class", "--out", "out", "--lessons", TINY, "--seed-file", "secret"
    )
    assert answer.code == 0
    assert not (handed_in / "out" / "seed.txt").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere",), "nowhere"),
        (("class", "--lesson", "99_no"), "90_tiny"),
        (("class", "--lessons", "missing"), "missing"),
        (("class", "--seed-file", "missing"), "missing"),
        (("class", "--cluster", "nonsense://x"), "nonsense"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_work_is_said_in_one_sentence(cli, handed_in, arguments, words):
    lessons = () if "--lessons" in arguments else ("--lessons", TINY)
    answer = cli("grade", *arguments, "--out", "out", *lessons)
    assert answer.code == 1
    (line,) = [x for x in answer.err.splitlines() if x.startswith("error: ")]
    assert words in line
    assert "Traceback" not in answer.err


def test_grading_imports_nothing_heavy():
    """The parent only waits: what is heavy runs in processes of its own."""
    program = (
        "import sys\n"
        "from fire_course.lessons import grade, examine, report\n"
        "print(*sorted({'numpy', 'keras', 'tensorflow', 'nbformat', 'pytest',"
        " 'jupytext', 'joblib'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == ""
