"""Grading a class: what is kept, what is told, and what becomes of strange names."""

import csv
import importlib.util
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fire_course.lessons import grade as grading
from fire_course.lessons import preparing, report, submissions
from fire_course.lessons.graft import graft
from fire_course.lessons.sandbox import SandboxError, available

HERE = Path(__file__).parent
TINY = HERE / "tiny"
SPEC = importlib.util.spec_from_file_location("hostile", HERE / "hostile.py")
hostile = sys.modules.setdefault("hostile", importlib.util.module_from_spec(SPEC))
SPEC.loader.exec_module(hostile)

WRONG = hostile.ADD_UP.replace("return total", "return total + 1")


def hand_in(folder, learner, notebook=None, name="90_tiny.ipynb"):
    own = folder / learner
    own.mkdir(parents=True, exist_ok=True)
    (own / name).write_text(json.dumps(notebook or hostile.book()))


@pytest.fixture(autouse=True)
def no_seed_around(monkeypatch):
    monkeypatch.delenv(grading.SEED_VARIABLE, raising=False)


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A class of three, graded once."""
    root = tmp_path_factory.mktemp("class")
    hand_in(root / "class", "anna")
    hand_in(root / "class", "ben", hostile.book(add_up=WRONG))
    (root / "class" / "carl").mkdir()
    steps = []
    grades = grading.grade(
        root / "class",
        root / "out",
        lessons=TINY,
        jobs=2,
        progress=lambda *step: steps.append(step),
    )
    return root, grades, steps


def again(root, out="out", **options):
    return grading.grade(root / "class", root / out, lessons=TINY, jobs=2, **options)


# ------------------------------------------------------------------------ a class


def test_points_are_all_or_nothing_an_exercise(first):
    _, grades, steps = first
    points = {row["learner"]: (row["points"], row["max"]) for row in grades.rows}
    assert points == {"anna": (5, 5), "ben": (4, 5), "carl": (0, 5)}
    assert steps == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert (grades.graded, grades.kept, grades.isolated) == (3, 0, available())


def test_the_three_files_tell_the_same(first):
    root, _, _ = first
    with (root / "out" / "grades.csv").open(newline="") as stream:
        table = {row["learner"]: row for row in csv.DictReader(stream)}
    assert table["ben"]["points"] == "4"
    assert table["ben"]["add-up"] == "0"
    assert table["ben"]["span"] == "2"
    assert table["carl"]["problems"] == "No notebook was handed in."
    assert table["ben"]["verdicts"] == "2 passed, 1 not yet"
    assert table["carl"]["verdicts"] == "3 no answer found"
    for name in table:
        heading = (root / "out" / table[name]["report"]).read_text().splitlines()[0]
        assert heading == f"# {name}"
    suites = ElementTree.parse(root / "out" / "junit.xml").getroot()
    failed = [case.get("name") for case in suites.iter("testcase") if len(case)]
    assert failed == ["add-up", "add-up", "span", "tiny-f1"]
    page = (root / "out" / "reports" / "ben.md").read_text()
    assert "4 of 5 points" in page
    assert "asked:    add_up(numbers=" in page
    assert "anna" not in page


def test_a_second_run_grades_only_what_has_changed(first, tmp_path):
    root, grades, _ = first
    shutil.copytree(root, tmp_path, dirs_exist_ok=True)
    started = time.monotonic()
    same = again(tmp_path)
    assert time.monotonic() - started < 5
    assert (same.graded, same.kept, same.changed) == (0, 3, ())
    assert same.rows == grades.rows
    hand_in(tmp_path / "class", "ben")
    after = again(tmp_path)
    assert (after.graded, after.kept, after.changed) == (1, 2, ())
    assert [row["points"] for row in after.rows] == [5, 5, 0]


def test_another_seed_asks_other_inputs_and_all_again(first, tmp_path):
    root, _, _ = first
    shutil.copytree(root, tmp_path, dirs_exist_ok=True)
    other = again(tmp_path, seed="another seed")
    assert other.graded == 3
    assert other.changed == ("the seed",)
    words = {row["learner"]: row["exercises"]["add-up"]["words"] for row in other.rows}
    before = json.loads(
        next(
            file.read_text()
            for file in (root / "out" / "results").iterdir()
            if '"learner": "ben"' in file.read_text()
        )
    )
    assert words["ben"] != before["exercises"]["add-up"]["words"]
    for file in (tmp_path / "out").rglob("*"):
        assert file.is_dir() or "another seed" not in file.read_text()


def test_a_second_run_says_what_else_has_changed(first, tmp_path):
    root, _, _ = first
    shutil.copytree(root, tmp_path, dirs_exist_ok=True)
    shutil.copytree(TINY, tmp_path / "lessons")
    source = tmp_path / "lessons" / "90_tiny.md"
    source.write_text(source.read_text() + "\nOne more word.\n")
    options = {"lessons": tmp_path / "lessons", "jobs": 2, "timeout": 39}
    grades = grading.grade(tmp_path / "class", tmp_path / "out", **options)
    assert grades.graded == 3
    assert grades.changed == ("the lesson 90_tiny", "the limits")
    assert not any("graded_by" in row for row in grades.rows)


def test_a_report_calls_a_known_mistake_by_its_name(tmp_path):
    text = "def add_up(numbers):\n    return sum(numbers[1:])"
    hand_in(tmp_path / "class", "dora", hostile.book(add_up=text))
    (row,) = again(tmp_path).rows
    words = row["exercises"]["add-up"]["words"]
    assert "likely:   the first is left out. Begin with 0." in words


def test_ctrl_c_keeps_what_is_finished(tmp_path):
    for number in range(12):
        hand_in(tmp_path / "class", f"learner{number:02}")
    command = [sys.executable, "-m", "fire_course", "grade", "class", "--out", "out"]
    process = subprocess.Popen(
        [*command, "--lessons", str(TINY), "--jobs", "1"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    results = tmp_path / "out" / "results"
    deadline = time.monotonic() + 60
    while len(list(results.glob("*.json")) if results.is_dir() else ()) < 2:
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors.strip().splitlines()[-1] == "error: Interrupted."
    with (tmp_path / "out" / "grades.csv").open(newline="") as stream:
        finished = list(csv.DictReader(stream))
    assert 2 <= len(finished) < 12
    assert all(row["points"] == "5" for row in finished)
    # The last may have been told, and not been kept for the next run yet.
    assert len(finished) - len(list(results.glob("*.json"))) in (0, 1)


def test_a_dask_cluster_gives_the_same_grades(first, tmp_path):
    distributed = pytest.importorskip("distributed")
    root, grades, _ = first
    shutil.copytree(root / "class", tmp_path / "class")
    seed = (root / "out" / "seed.txt").read_text()
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        found = again(tmp_path, cluster=cluster.scheduler_address, seed=seed)
    assert found.graded == 3
    assert found.rows == grades.rows


def test_no_cluster_at_an_address_is_said_plainly(tmp_path):
    hand_in(tmp_path / "class", "anna")
    with pytest.raises(grading.GradeError, match="no cluster answers"):
        again(tmp_path, cluster="tcp://127.0.0.1:9")


# --------------------------------------------------------------- without bubblewrap


def run_without_bubblewrap(folder, *more):
    program = "import fire_course.cli as c; c.main()"
    words = ["grade", "class", "--out", "out", "--lessons", str(TINY), *more]
    return subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": "/nowhere"},
    )


@pytest.mark.skipif(sys.platform != "linux", reason="the filter is Linux's")
def test_limits_hold_without_bubblewrap_and_it_warns(tmp_path):
    chosen = (
        "honest",
        "fork-bomb",
        "fork-at-once",
        "socket",
        "kill",
        "exit",
        "threads",
    )
    for each in hostile.MANY:
        if each.name in chosen:
            hostile.hand_in(tmp_path / "class", each, {"PORT": "9"})
    done = run_without_bubblewrap(tmp_path, "--json", "--timeout", "5")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["isolated"] is False
    fair = {each.name: each.points for each in hostile.MANY if each.name in chosen}
    assert {row["learner"]: row["points"] for row in answer["grades"]} == fair
    assert "warning: bubblewrap is not installed" in done.stderr
    assert "read every file" in done.stderr


def test_a_sandbox_that_is_required_and_missing_is_refused(tmp_path):
    hand_in(tmp_path / "class", "anna")
    done = run_without_bubblewrap(tmp_path, "--require-sandbox")
    assert done.returncode == 1
    words = "bubblewrap is not installed here, and a sandbox is required: install it"
    assert done.stderr.strip() == f"error: {words}"
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out" / "grades.csv").exists()


def test_a_required_sandbox_that_is_there_is_used(tmp_path):
    if not available():
        with pytest.raises(SandboxError):
            again(tmp_path, require_sandbox=True)
        pytest.skip("bubblewrap does not work here")
    hand_in(tmp_path / "class", "anna")
    assert again(tmp_path, require_sandbox=True).isolated


# ------------------------------------------------------------- the lesson's own fault


def test_nobody_is_graded_by_a_solution_that_is_wrong(tmp_path):
    shutil.copytree(TINY, tmp_path / "lessons")
    source = tmp_path / "lessons" / "90_tiny.md"
    source.write_text(source.read_text().replace("total += number", "total += 1"))
    hand_in(tmp_path / "class", "anna")
    with pytest.raises(grading.GradeError, match=r"own solution of add-up.*nobody"):
        grading.grade(
            tmp_path / "class", tmp_path / "out", lessons=tmp_path / "lessons"
        )
    assert list((tmp_path / "out" / "results").iterdir()) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda root: {"lesson": "91_other"}, "90_tiny"),
        (lambda root: {"lessons": root / "nowhere"}, "sources"),
        (lambda root: shutil.rmtree(root / "class") and {}, "no folder"),
        (lambda root: shutil.rmtree(root / "class" / "anna") and {}, "no folder of a"),
    ],
)
def test_what_cannot_be_graded_is_said_in_a_sentence(tmp_path, change, words):
    hand_in(tmp_path / "class", "anna")
    options = {"lessons": TINY, **(change(tmp_path) or {})}
    with pytest.raises(grading.GradeError, match=words):
        grading.grade(tmp_path / "class", tmp_path / "out", **options)


# --------------------------------------------------------------------------- seed


def test_a_seed_is_drawn_once_and_kept_for_its_owner(tmp_path):
    seed = grading.read_seed(tmp_path)
    assert len(seed) == 32
    assert (tmp_path / "seed.txt").stat().st_mode & 0o777 == 0o600
    assert grading.read_seed(tmp_path) == seed
    (tmp_path / "other").mkdir()
    assert grading.read_seed(tmp_path / "other") != seed


def test_a_given_seed_is_not_written_down(tmp_path, monkeypatch):
    assert grading.read_seed(tmp_path, " mine\n") == "mine"
    monkeypatch.setenv(grading.SEED_VARIABLE, "theirs")
    assert grading.read_seed(tmp_path) == "theirs"
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="empty"):
        grading.read_seed(tmp_path, "")


def test_cases_depend_on_the_seed_and_only_on_it():
    one, same, other = (preparing.prepare(TINY / "90_tiny.md", s) for s in "aab")
    assert one == same
    assert one["plan"]["span"]["cases"] != other["plan"]["span"]["cases"]
    assert "seed" not in json.dumps(one)


# -------------------------------------------------------------------------- names

names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=80)


@settings(deadline=None)
@given(st.lists(names, min_size=2, max_size=8, unique=True))
def test_different_learners_get_different_plain_files(learners):
    files = [submissions.file_name(each) for each in learners]
    assert len({each.casefold() for each in files}) == len(learners)
    for each in files:
        assert each.isascii()
        assert each.replace("-", "").replace("_", "").isalnum()
        assert len(each) < 60
        assert not each.startswith(("-", "."))


@settings(deadline=None)
@given(names)
def test_a_shown_name_is_one_printable_line(name):
    text = submissions.shown(name)
    assert text.isprintable()
    assert len(text) <= 100


@pytest.mark.parametrize(
    ("name", "lesson"),
    [
        ("10_honest_data.ipynb", "10_honest_data"),
        ("10_Honest_Data (2).ipynb", "10_honest_data"),
        ("10-honest-data.ipynb", "10_honest_data"),
        ("10 my answers.ipynb", "10_honest_data"),
        ("1_images-Copy1.ipynb", "01_images"),
        ("notes.ipynb", None),
        ("100_more.ipynb", None),
    ],
)
def test_a_notebook_finds_its_lesson_by_name_or_number(tmp_path, name, lesson):
    hand_in(tmp_path, "anna", name=name)
    found = submissions.find(tmp_path, ["01_images", "10_honest_data"], skip=tmp_path)
    assert [each.lesson for each in found if each.content] == [lesson] * bool(lesson)


def test_of_two_notebooks_one_is_graded_and_the_other_named(tmp_path):
    hand_in(tmp_path, "anna")
    hand_in(tmp_path, "anna", name="90_tiny (1).ipynb")
    (found,) = submissions.find(tmp_path, ["90_tiny"], skip=tmp_path)
    assert found.notebook == "90_tiny.ipynb"
    assert found.notes == ("90_tiny (1).ipynb was not graded.",)


def test_of_one_lesson_notebooks_of_others_are_left_alone(tmp_path):
    hand_in(tmp_path, "anna", name="02_convolution.ipynb")
    hand_in(tmp_path, "anna", name="10 mine.ipynb")
    hand_in(tmp_path, "ben", name="02_convolution.ipynb")
    hand_in(tmp_path, "carl", name="homework.ipynb")
    lessons = {"lessons": ["10_honest_data"], "others": ["02_convolution"]}
    found = {
        each.learner: (each.notebook, each.notes, each.problem)
        for each in submissions.find(tmp_path, skip=tmp_path / "out", **lessons)
    }
    assert found == {
        "anna": ("10 mine.ipynb", (), None),
        "ben": ("", (), "No notebook was handed in."),
        "carl": ("homework.ipynb", (), None),
    }


def test_results_among_the_submissions_are_no_learner(tmp_path):
    hand_in(tmp_path, "anna")
    hand_in(tmp_path, "out")
    hand_in(tmp_path, ".dotted")
    (tmp_path / ".git").mkdir()
    found = submissions.find(tmp_path, ["90_tiny"], skip=tmp_path / "out")
    assert [each.learner for each in found] == [".dotted", "anna"]


# -------------------------------------------------------------------------- files


def row(learner="anna", **more):
    exercise = {
        "state": "not yet",
        "points": 0,
        "max": 2,
        "words": "",
        "problems": [],
        "task": "",
    }
    return {
        "learner": learner,
        "lesson": "90_tiny",
        "notebook": "90_tiny.ipynb",
        "points": 0,
        "max": 2,
        "problems": [],
        "exercises": {"one": {**exercise, **more}},
    }


@settings(deadline=None)
@given(names)
def test_no_cell_of_the_table_is_a_formula(name):
    name = submissions.shown(name)
    text = report.grades_csv([{**row(name), "problems": [name]}])
    (found,) = list(csv.DictReader(io.StringIO(text, newline="")))
    assert not found["learner"].lstrip().startswith(("=", "+", "-", "@"))
    assert found["learner"].removeprefix("'") == name or found["learner"] == name


@settings(deadline=None)
@given(st.text(max_size=60))
def test_xml_stays_xml(text):
    root = ElementTree.fromstring(
        report.junit([row(text, words=text)]).encode("utf-8", "replace")
    )
    assert len(list(root.iter("testcase"))) == 1


@settings(deadline=None)
@given(st.text("`~ab\n", max_size=40))
def test_a_fence_holds_what_a_learner_printed(text):
    from markdown_it import MarkdownIt

    tokens = MarkdownIt().parse(report._fenced(text))
    assert [token.type for token in tokens] == ["fence"]
    assert tokens[0].content.rstrip("\n") == text.rstrip("\n")


def test_markup_in_a_name_is_text():
    from markdown_it import MarkdownIt

    name = "<img src=x onerror=alert(1)> [a](javascript:b) **c** `d`"
    html = MarkdownIt().render(report.page(name, [row(name)]))
    assert "<img" not in html
    assert "<a " not in html
    assert "<strong>" not in html


def test_an_answer_stands_in_one_line_of_the_notebook():
    """So no marker of nbval's can stand on a line of its own."""
    from nbval.plugin import find_comment_markers

    code = '"""\n# NBVAL_SKIP\n#NBVAL_IGNORE_OUTPUT\n"""\ndef one(): pass'
    assert list(find_comment_markers(code))
    book = graft([], {"one": code}, cases="c", expected={"one": "1\n"})
    for cell in book["cells"]:
        assert list(find_comment_markers(cell["source"])) == []
        assert cell["execution_count"] is not None
