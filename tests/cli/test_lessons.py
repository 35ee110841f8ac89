"""``fire-course lessons build`` and ``fire-course check``."""

import json
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LESSON = "10_honest_data"


@pytest.fixture
def notebook(tmp_path):
    """Fill in an exercise: exercise -> code in place of its stub."""

    def notebook(answers=None, *, solved=(), name=f"{LESSON}.ipynb"):
        document = json.loads((ROOT / f"exercises/{LESSON}.ipynb").read_text())
        solution = json.loads((ROOT / f"solutions/{LESSON}.ipynb").read_text())
        sources = {cell["id"]: cell["source"] for cell in solution["cells"]}
        for cell in document["cells"]:
            exercise = cell["id"].removesuffix("-answer")
            if exercise in solved:
                cell["source"] = sources[cell["id"]]
            elif cell["id"].endswith("-answer") and exercise in (answers or {}):
                cell["source"] = answers[exercise]
        path = tmp_path / name
        path.write_text(json.dumps(document))
        return path

    return notebook


def names():
    from fire_course.lessons import checks

    return {each.name: each for each in checks.exercises(LESSON)}


def test_untouched_exercise_is_not_attempted_everywhere(cli, notebook):
    answer = cli("check", notebook(), "--json")
    assert answer.code == 1
    assert {each["state"] for each in answer.json["exercises"]} == {"not attempted"}
    assert (answer.json["passed"], answer.json["points"]) == (False, 0)
    assert answer.json["of"] == sum(each.points for each in names().values())


def test_solutions_pass_from_anywhere_under_another_name(cli, notebook):
    path = notebook(solved=names(), name="my homework.ipynb")
    answer = cli("check", path)
    assert answer.code == 0
    assert answer.out.count("passed") == len(names())
    assert "not yet" not in answer.out


def test_each_answer_has_its_own_verdict_whatever_the_others_do(cli, notebook):
    """One is right; one never ends, one ends Python, one is no Python, one is wrong."""
    right, endless, leaving, broken, wrong = names().values()
    path = notebook(
        {
            endless.name: f"def {endless.function}(*a, **k):\n    pass\n\nwhile True: pass",
            leaving.name: "import os\nif True:\n    os._exit(0)\n"
            f"def {leaving.function}(*a): pass",
            broken.name: f"def {broken.function}(:",
            wrong.name: f"def {wrong.function}(*a, **k):\n    print('loud')\n    return {{}}",
        },
        solved=[right.name],
    )
    answer = cli("check", path, "--json", "--seconds", 20)
    assert answer.code == 1
    rows = {each["exercise"]: each for each in answer.json["exercises"]}
    assert list(rows) == list(names())
    assert [each["state"] for each in rows.values()] == ["passed"] + ["not yet"] * 4
    assert "longer than 20 s" in rows[endless.name]["message"]
    assert "ended Python" in rows[leaving.name]["message"]
    assert "SyntaxError" in rows[broken.name]["message"]
    assert "no Python" in rows[broken.name]["problems"][0]
    assert rows[right.name]["points"] == right.points == answer.json["points"]
    assert "loud" not in answer.out.replace(json.dumps("loud"), "")


def test_words_say_what_went_wrong(cli, notebook):
    wrong = next(iter(names().values()))
    code = f"def {wrong.function}(*a, **k):\n    raise ValueError('by design')"
    answer = cli("check", notebook({wrong.name: code}))
    assert answer.code == 1
    assert f"{wrong.name}: not yet" in answer.out
    assert "together" in answer.out
    assert answer.err == ""


@pytest.mark.parametrize(
    "name, content, reason",
    [
        ("x.ipynb", None, "no such file"),
        (f"{LESSON}.ipynb", "{", "no valid JSON"),
        ("x.ipynb", '{"nbformat": 4, "cells": []}', "name it: --lesson"),
    ],
)
def test_no_exercise_is_told_in_one_sentence(cli, tmp_path, name, content, reason):
    if content is not None:
        (tmp_path / name).write_text(content)
    answer = cli("check", tmp_path / name)
    assert answer.code == 1
    assert reason in answer.err
    assert answer.err.count("\n") == 1
    assert answer.out == ""


def test_lesson_is_told_by_the_name_or_the_option(cli, tmp_path):
    empty = '{"nbformat": 4, "cells": []}'
    for name, *option in ((f"{LESSON} (2).ipynb",), ("x.ipynb", "--lesson", LESSON)):
        (tmp_path / name).write_text(empty)
        answer = cli("check", tmp_path / name, *option, "--json")
        assert answer.json["lesson"] == LESSON
        rows = answer.json["exercises"]
        assert {each["state"] for each in rows} == {"not attempted"}
        assert "No cell has the id" in rows[0]["problems"][0]
    assert (
        "no" in cli("check", tmp_path / "x.ipynb", "--lesson", "10_honest").err.lower()
    )


# --- build ----------------------------------------------------------------------------


@pytest.fixture
def course(tmp_path):
    """A copy of the course's lessons and address."""
    root = tmp_path / "course"
    for kind in ("solutions", "exercises"):
        shutil.copytree(ROOT / kind, root / kind)
    shutil.copy(ROOT / "_config.yml", root)
    return root


def test_check_says_fresh_or_stale_and_writes_nothing(cli, course):
    options = ("--check", "--only", LESSON, "--folder", course)
    answer = cli("lessons", "build", *options)
    assert (answer.code, answer.out.count("fresh")) == (0, 2)
    path = course / "exercises" / f"{LESSON}.ipynb"
    path.write_text("{}")
    answer = cli("lessons", "build", *options)
    assert answer.code == 1
    assert "stale" in answer.out and "fire-course lessons build" in answer.err
    assert path.read_text() == "{}"
    document = cli("lessons", "build", *options, "--json").json
    assert document["ok"] is False
    assert [each["state"] for each in document["notebooks"]] == ["fresh", "stale"]


def test_build_writes_what_is_stale_alone(cli, course):
    path = course / "exercises" / f"{LESSON}.ipynb"
    before = path.read_text()
    path.unlink()
    answer = cli("lessons", "build", "--only", LESSON, "--folder", course)
    assert answer.code == 0
    assert answer.out.count("written") == answer.out.count("fresh") == 1
    assert path.read_text() == before


def test_faulty_source_is_told_with_its_line(cli, course):
    path = course / "solutions" / f"{LESSON}.md"
    text = path.read_text()
    path.write_text(text.replace("    ### END SOLUTION\n", "", 1))
    line = text[: text.index("### BEGIN SOLUTION")].count("\n") + 1
    answer = cli("lessons", "build", "--folder", course)
    assert answer.code == 1
    assert f"{LESSON}.md:{line}: " in answer.err and "not closed" in answer.err
    assert answer.err.count("\n") == 1


def test_folder_without_lessons_is_told(cli, tmp_path):
    answer = cli("lessons", "build", "--folder", tmp_path)
    assert answer.code == 1
    assert "holds no lessons" in answer.err
