"""A class of hostile and broken notebooks, graded by the real command in two jobs."""

import csv
import importlib.util
import json
import os
from pathlib import Path
from xml.etree import ElementTree

import psutil
import pytest

from fire_course.lessons.sandbox import available
from fire_course.lessons.submissions import shown

SPEC = importlib.util.spec_from_file_location(
    "hostile", Path(__file__).with_name("hostile.py")
)
hostile = importlib.util.module_from_spec(SPEC)
__import__("sys").modules["hostile"] = hostile
SPEC.loader.exec_module(hostile)

pytestmark = [
    pytest.mark.skipif(not available(), reason="bubblewrap does not work here"),
    pytest.mark.timeout(600),
]
LIMIT = 300  # seconds for a class that takes half as long on two free cores


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    return hostile.grade_all(tmp_path_factory.mktemp("hostile"))


def test_there_are_at_least_forty():
    names = [each.name for each in hostile.MANY]
    assert len(set(names)) == len(names) >= 40


@pytest.mark.parametrize("each", hostile.MANY, ids=lambda each: each.name)
def test_it_is_graded_fairly(outcome, each):
    row = outcome.rows[each.name]
    assert row["points"] == each.points, row
    assert row["max"] == hostile.ALL
    assert each.says in json.dumps(row, ensure_ascii=False)


def test_none_stops_the_class(outcome):
    assert len(outcome.rows) == len(hostile.MANY)
    assert outcome.seconds < LIMIT
    assert "Traceback" not in outcome.errors


def test_none_reaches_the_network(outcome):
    assert outcome.connections == []


def test_none_reaches_other_files(outcome):
    """What was read would have been answered, and so cost its points; see above."""
    folder = outcome.out.parent
    assert (
        folder / "canaries" / "canary.txt"
    ).read_text() == "a secret of the teacher's"
    assert list(folder.rglob("written-canary")) == []
    for place in ("/usr/lib", "/etc", "/dev", "/tmp"):
        assert not Path(place, "written-canary").exists()


def test_no_process_and_no_scratch_is_left(outcome):
    words = (str(outcome.out), "fire_course.lessons.")
    for process in psutil.process_iter(["cmdline", "uids"]):
        line = " ".join(process.info["cmdline"] or ())
        if process.pid != os.getpid():
            assert words[0] not in line
    assert not any(
        "fire_course.lessons.examiner" in " ".join(p.cmdline())
        for p in psutil.Process().children(recursive=True)
    )


def test_the_seed_is_told_to_nobody(outcome):
    file = outcome.out / "seed.txt"
    seed = file.read_text().strip()
    assert file.stat().st_mode & 0o777 == 0o600
    for path in outcome.out.rglob("*"):
        if path.is_file() and path != file:
            assert seed not in path.read_text(encoding="utf-8"), path


def test_the_files_stay_what_they_are(outcome):
    with (outcome.out / "grades.csv").open(newline="", encoding="utf-8") as stream:
        table = list(csv.DictReader(stream))
    assert len(table) == len(hostile.MANY)
    for row in table:
        for text in row.values():
            assert not text.startswith(("=", "+", "-", "@"))
            assert "\n" not in text
    suites = ElementTree.parse(outcome.out / "junit.xml").getroot()
    passed = sum(len(case) == 0 for case in suites.iter("testcase"))
    states = [
        e["state"] for r in outcome.rows.values() for e in r["exercises"].values()
    ]
    assert passed == states.count("passed")
    pages = list((outcome.out / "reports").iterdir())
    assert len(pages) == len(hostile.MANY)
    assert all(page.parent == outcome.out / "reports" for page in pages)
    assert not any("<img" in page.read_text().replace("\\<", "") for page in pages)


def test_the_guide_shows_what_is_so(outcome):
    """The record is written by `python tests/lessons/hostile.py`."""
    record = json.loads(hostile.RECORD.read_text())
    rows = {each["name"]: each for each in record["submissions"]}
    assert {each.name: each.what for each in hostile.MANY} == {
        name: each["what"] for name, each in rows.items()
    }
    for each in hostile.MANY:
        assert rows[each.name]["points"] == rows[each.name]["fair"] == each.points


def test_names_are_shown_escaped(outcome):
    names = {row["learner"] for row in outcome.rows.values()}
    assert 'a\\n"b",<img src=x>' in names
    assert shown(os.fsdecode(b"caf\xe9")) == "caf\\udce9" in names
