"""Every lesson of the course can be graded: all points, no points, broken notebooks."""

import json
from pathlib import Path

import pytest

from fire_course.lessons import checks, grade

ROOT = Path(__file__).parents[2]
KEEPS = "correlate-without-loops"  # asked with a second, larger picture


def notebook(lesson, write):
    """Fill in an exercise: from stub and solution to an answer."""
    document = json.loads((ROOT / "exercises" / f"{lesson}.ipynb").read_text())
    solved = json.loads((ROOT / "solutions" / f"{lesson}.ipynb").read_text())
    answers = {each["id"]: "".join(each["source"]) for each in solved["cells"]}
    for cell in document["cells"]:
        if cell["id"].endswith("-answer"):
            stub = "".join(cell["source"])
            cell["source"] = write(stub, answers[cell["id"]])
    return json.dumps(document)


def handed_in(folder, lesson):
    for learner, text in {
        "Zoë Müller": notebook(lesson, lambda stub, answer: answer),
        "Łukasz d'Ożóg": notebook(lesson, lambda stub, answer: stub),
        "李 小龍": notebook(lesson, lambda stub, answer: answer + "\n)"),
        "O'Brien, Seán": notebook(lesson, lambda stub, answer: answer)[:-40],
    }.items():
        (folder / learner).mkdir(parents=True)
        (folder / learner / f"{lesson}.ipynb").write_text(text)


@pytest.mark.parametrize("lesson", checks.LESSONS)
def test_the_solution_gets_all_points_and_the_untouched_exercise_none(
    tmp_path, monkeypatch, lesson
):
    monkeypatch.delenv(grade.SEED_VARIABLE, raising=False)
    handed_in(tmp_path / "class", lesson)
    grades = grade.grade(
        tmp_path / "class", tmp_path / "out", lessons=ROOT / "solutions",
        lesson=lesson, jobs=1,
    )  # fmt: skip
    most = sum(each.points for each in checks.exercises(lesson))
    points = {row["learner"]: row["points"] for row in grades.rows}
    assert points.pop("Zoë Müller") == most
    assert set(points.values()) == {0}
    states = {
        row["learner"]: {each["state"] for each in row["exercises"].values()}
        for row in grades.rows
    }
    assert states["Łukasz d'Ożóg"] == {"not attempted"}
    assert states["李 小龍"] == {"not yet"}
    assert states["O'Brien, Seán"] == {"missing"}
    assert {row["max"] for row in grades.rows} == {most}


def test_a_wrong_answer_is_told_the_call_as_a_learner_would_type_it(tmp_path):
    """What the asking keeps to itself is not shown as an input of the function."""
    text = notebook(
        "02_convolution", lambda stub, answer: answer.replace("return", "return 0 *", 1)
    )
    (tmp_path / "class" / "a").mkdir(parents=True)
    (tmp_path / "class" / "a" / "02_convolution.ipynb").write_text(text)
    grades = grade.grade(
        tmp_path / "class", tmp_path / "out", lessons=ROOT / "solutions",
        lesson="02_convolution", jobs=1,
    )  # fmt: skip
    words = grades.rows[0]["exercises"][KEEPS]["words"]
    assert words.startswith("asked:    correlate_fast(image=")
    assert "larger" not in words
