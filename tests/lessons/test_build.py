"""Both notebooks come out of one source: executed or emptied, stable, never stale."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from fire_course.lessons import build as building
from fire_course.lessons.build import build, environment, notebook, repository
from fire_course.lessons.source import LessonError, read

from .conftest import SMALL, URL

NAME = "01_sums"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(course, exercises):
    """Build the small lesson after its source was given this text."""

    def run(text=None, **options):
        if text is not None:
            (course / "solutions" / f"{NAME}.md").write_text(text)
        return build(course, exercises={NAME: exercises}, **options)

    return run


@pytest.fixture(scope="module")
def built(tmp_path_factory, exercises):
    """The small lesson, built once by a real kernel."""
    folder = tmp_path_factory.mktemp("course")
    (folder / "solutions").mkdir()
    (folder / "solutions" / f"{NAME}.md").write_text(SMALL)
    (folder / "_config.yml").write_text(f"repository: {{url: {URL}}}\n")
    results = build(folder, exercises={NAME: exercises})
    assert [each.state for each in results] == ["written", "written"]
    return {
        kind: (folder / kind / f"{NAME}.ipynb").read_text()
        for kind in ("solutions", "exercises")
    }


@pytest.fixture
def fresh(built, course):
    """Put those notebooks beside the source; return a way to change one."""
    for kind, text in built.items():
        (course / kind).mkdir(exist_ok=True)
        (course / kind / f"{NAME}.ipynb").write_text(text)

    def change(kind, edit):
        path = course / kind / f"{NAME}.ipynb"
        document = json.loads(path.read_text())
        edit(document)
        path.write_text(json.dumps(document))

    return change


def cells(text):
    return {cell["id"]: cell for cell in json.loads(text)["cells"]}


def test_solution_is_executed_and_keeps_its_markers(built):
    found = cells(built["solutions"])
    code = [cell for cell in found.values() if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert found["add-check"]["outputs"][0]["data"]["text/plain"] == ["add: passed"]
    (printed,) = found["code-print-list-range-3"]["outputs"]
    assert (printed["name"], printed["text"]) == ("stdout", ["[0, 1, 2]\n"])
    text = "".join(found["add-answer"]["source"])
    assert "### BEGIN SOLUTION" in text and "secret_sum" in text  # nbgrader strips it
    assert found["text-sums"]["source"][0] == "# Sums: solutions\n"


def test_exercise_has_stubs_and_no_outputs(built):
    found = cells(built["exercises"])
    assert "".join(found["add-answer"]["source"]) == (
        'def add(a, b):\n    """Return a + b."""\n'
        '    raise NotImplementedError("write your answer here")'
    )
    assert "".join(found["twice-answer"]["source"]) == (
        'raise NotImplementedError("write your answer here")\n\n\n'
        'def twice(a):\n    raise NotImplementedError("write your answer here")'
    )
    for cell in found.values():
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)


def test_both_have_the_same_cells_else(built):
    one, two = (cells(text) for text in built.values())
    assert list(one) == list(two)
    differ = {name for name in one if one[name]["source"] != two[name]["source"]}
    assert differ == {"text-sums", "add-answer", "twice-answer"}


@pytest.mark.parametrize("kind", ["solutions", "exercises"])
def test_notebooks_are_valid_and_of_one_machine_as_of_another(built, kind):
    document = nbformat.reads(built[kind], as_version=nbformat.NO_CONVERT)
    nbformat.validate(document)
    assert (document.nbformat, document.nbformat_minor) == (4, 5)
    assert document.metadata.language_info == {
        "name": "python",
        "file_extension": ".py",
    }
    for word in ('execution"', "iopub", "/tmp", "3.11", "widgets"):
        assert word not in built[kind]
    assert built[kind].endswith("}\n")


def test_metadata_are_what_nbgraders_third_schema_asks_for(built):
    """As nbgrader 0.9 checks them: every key of its schema, no other, each id once."""
    kinds = {
        "schema_version": int, "grade_id": str, "grade": bool, "solution": bool,
        "locked": bool, "task": bool, "points": (int, float),
    }  # fmt: skip
    for text in built.values():
        ids = []
        for cell in cells(text).values():
            facts = cell["metadata"].get("nbgrader")
            if facts is None:
                continue
            assert set(facts) == set(kinds) - (
                {"points"} if not facts["grade"] else set()
            )
            assert all(isinstance(facts[key], kinds[key]) for key in facts)
            assert facts["schema_version"] == 3
            assert facts["grade_id"] == cell["id"]
            assert cell["cell_type"] == "code"
            ids.append(cell["id"])
        assert len(set(ids)) == len(ids) == 6  # install, setup, two answers and checks
        found = cells(text)
        assert found["add-answer"]["metadata"]["nbgrader"]["solution"]
        assert found["add-check"]["metadata"]["nbgrader"]["points"] == 1
        assert found["twice-check"]["metadata"]["nbgrader"]["points"] == 2.5
        assert found["twice-check"]["metadata"]["nbgrader"]["locked"]


def test_first_code_cell_installs_the_package_where_it_is_missing(built):
    for text in built.values():
        found = list(cells(text).values())
        assert [cell["id"] for cell in found[:2]] == ["text-sums", "install"]
        source = "".join(found[1]["source"])
        assert f'"fire-course @ git+{URL}"' in source
        assert 'find_spec("fire_course") is None' in source


def test_book_folds_what_gives_answers_away(built):
    found = cells(built["solutions"])
    assert found["add-answer"]["metadata"]["tags"] == ["hide-input"]
    assert found["add-check"]["metadata"]["tags"] == ["hide-output"]
    assert found["code-print-list-range-3"]["metadata"]["tags"] == [
        "remove-input",
        "hide-output",
    ]
    assert "tags" not in cells(built["exercises"])["add-answer"]["metadata"]


def test_text_twice_from_one_source_is_the_same(small, tmp_path, exercises):
    path = tmp_path / f"{NAME}.md"
    path.write_text(small)
    for kind in ("solution", "exercise"):
        made = [notebook(read(path, exercises=exercises), kind, url=URL) for _ in "12"]
        assert nbformat.writes(made[0]) == nbformat.writes(made[1])


# --- stale or fresh -----------------------------------------------------------------


def states(results):
    return [(each.state, each.reason) for each in results]


def test_what_is_fresh_stays_untouched(fresh, run, course):
    before = {path: path.stat().st_mtime_ns for path in course.rglob("*.ipynb")}
    assert states(run(check=True)) == states(run()) == [("fresh", "")] * 2
    assert {path: path.stat().st_mtime_ns for path in before} == before


def edit_metadata(document):
    document["metadata"]["kernelspec"]["name"] = "mine"


def drop_cell(document):
    del document["cells"][3]


def swap_cells(document):
    document["cells"][2:4] = document["cells"][3:1:-1]


def add_cell(document):
    document["cells"].append(document["cells"][0] | {"id": "more"})


def edit_text(document):
    document["cells"][4]["source"] = ["x = 1"]


def edit_tags(document):
    document["cells"][4]["metadata"]["tags"] = ["raises-exception"]


def add_output(document):
    cell = next(cell for cell in document["cells"] if cell["id"] == "add-check")
    cell["execution_count"] = None if cell["execution_count"] else 1


def older_format(document):
    document["nbformat_minor"] = 4


EDITS = [edit_metadata, drop_cell, swap_cells, add_cell, edit_text, edit_tags,
         add_output, older_format]  # fmt: skip


@pytest.mark.parametrize("kind", ["solutions", "exercises"])
@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_edited_notebook_is_stale(fresh, run, kind, edit):
    fresh(kind, edit)
    found = {each.path.parent.name: each for each in run(check=True)}
    assert found.pop(kind).state == "stale"
    assert [each.state for each in found.values()] == ["fresh"]


@pytest.mark.parametrize("content", [None, "", "{}", "[1]"])
def test_missing_or_broken_notebook_is_stale(fresh, run, course, content):
    path = course / "exercises" / f"{NAME}.ipynb"
    path.unlink() if content is None else path.write_text(content)
    assert [each.state for each in run(check=True)] == ["fresh", "stale"]
    assert [each.state for each in run()] == ["fresh", "written"]
    assert [each.state for each in run(check=True)] == ["fresh", "fresh"]


def test_changed_text_keeps_the_outputs_and_needs_no_kernel(
    fresh, run, course, small, monkeypatch
):
    monkeypatch.setattr(building, "_execute", lambda *_: pytest.fail("a kernel ran"))
    text = small.replace("Return the sum.", "Give the sum.")
    assert [each.state for each in run(text, check=True)] == ["stale", "stale"]
    assert [each.state for each in run()] == ["written", "written"]
    found = cells((course / "solutions" / f"{NAME}.ipynb").read_text())
    assert found["add-check"]["outputs"][0]["data"]["text/plain"] == ["add: passed"]
    assert found["text-adding"]["source"][-1] == "Give the sum."


@pytest.mark.parametrize("what", ["code", "version", "checks"])
def test_changed_code_checks_or_version_run_again(
    fresh, run, small, monkeypatch, tmp_path, what
):
    runs = []
    monkeypatch.setattr(building, "_execute", lambda *_: runs.append(1))
    text = small
    if what == "code":
        text = small.replace("secret_sum = a + b", "secret_sum = b + a")
    elif what == "version":
        monkeypatch.setattr(building, "__version__", "99")
    else:
        own = tmp_path / "ch01_sums.py"
        own.write_text("# other cases")
        real = building._check_files(NAME)
        monkeypatch.setattr(building, "_check_files", lambda name: [*real, own])
    assert "have changed" in run(text, check=True)[0].reason
    run()
    assert runs == [1]


def test_only_the_lesson_that_is_asked_for(fresh, run, course):
    other = course / "solutions" / "02_broken.md"
    other.write_text("no lesson")
    assert len(run(only=[NAME], check=True)) == 2
    with pytest.raises(ValueError, match=r"no lesson 03, only 01_sums, 02_broken"):
        run(only=["03"])


# --- what a build refuses -------------------------------------------------------------

FAULTS = {
    "it fails": ("print(list(range(3)))", "1 / 0", "ZeroDivisionError"),
    "it talks on stderr": (
        "print(list(range(3)))",
        "import warnings; warnings.warn('beware')",
        "beware",
    ),
    "its kernel dies": (
        "print(list(range(3)))",
        "import os; os._exit(1)",
        "the kernel died",
    ),
    "its solution is wrong": (
        "    secret_sum = a + b",
        "    secret_sum = a - b",
        "add: not yet",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faulty_solution_is_refused_with_its_line(run, course, small, name):
    before, after, reason = FAULTS[name]
    with pytest.raises(LessonError, match=reason) as raised:
        run(small.replace(before, after))
    blamed = small.replace(before, after).split("\n")[raised.value.line - 1]
    assert blamed == ('check("add", add)' if "wrong" in name else after)
    assert not (course / "solutions" / f"{NAME}.ipynb").exists()


def test_id_of_the_builders_own_cell_is_taken(run, small):
    with pytest.raises(LessonError, match="install is taken"):
        run(small.replace(":tags: [remove-input]", ":id: install"), check=True)


def test_folder_without_lessons_or_address_is_told(tmp_path, course):
    with pytest.raises(FileNotFoundError, match="holds no lessons"):
        build(tmp_path / "none")
    (course / "_config.yml").write_text("title: A course\n")
    with pytest.raises(ValueError, match="name the course's address"):
        repository(course)


def test_kernels_see_embedded_data_and_nobodys_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("FIRE_COURSE_DATA", "/photos")
    monkeypatch.setenv("PYTHONSTARTUP", "mine.py")
    found = environment("course", tmp_path)
    assert re.search(r"course[/\\]datasets$", found["FIRE_COURSE_DATA"])
    assert "PYTHONSTARTUP" not in found
    assert found["IPYTHONDIR"] == str(tmp_path)


def test_a_new_lesson_in_the_list_makes_no_other_stale():
    files = [path.name for path in building._check_files("11_fire_cnn")]
    assert "__init__.py" not in files
    assert {"ch11_fire_cnn.py", "exercise.py", "verdict.py"} < set(files)
    assert "ch10_honest_data.py" not in files


def test_the_first_cell_says_that_it_could_not_install(tmp_path):
    """Elsewhere than here, that is: with a package that is not installed, and real pip."""
    made = building.notebook(
        read(ROOT / "solutions" / "10_honest_data.md"),
        "exercise",
        url="file:///nowhere",
    )
    cell = next(cell for cell in made.cells if cell.id == "install")
    code = cell.source.replace("fire_course", "fire_course_elsewhere")
    program = (
        "from IPython.core.interactiveshell import InteractiveShell\n"
        f"InteractiveShell.instance().run_cell({code!r}).raise_error()"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=100,
        env={**os.environ, "IPYTHONDIR": str(tmp_path)},
    )  # fmt: skip
    assert run.returncode == 1
    assert "could not be installed; pip says why" in run.stderr.splitlines()[-1]
    assert "/nowhere" in run.stdout + run.stderr
