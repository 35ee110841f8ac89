"""A log that survives cut lines and stays within its size."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fire_course import files
from fire_course.cameras.jsonlines import JSONLines

LINES = st.lists(st.fixed_dictionaries({"n": st.integers(0, 9), "text": st.text()}))


@settings(deadline=None, max_examples=60)
@given(LINES, st.integers(0, 400))
def test_what_was_whole_survives_a_cut_anywhere(tmp_path_factory, lines, cut):
    path = tmp_path_factory.mktemp("log") / "log.jsonl"
    JSONLines(path).append(lines)
    data = path.read_bytes()[:cut]
    path.write_bytes(data)
    whole = [line for line in data.split(b"\n") if line]
    if (
        whole
        and not data.endswith(b"\n")
        and whole[-1] != lines_of(lines)[len(whole) - 1]
    ):
        whole.pop()  # a line that was cut; one that lacks only its end is whole
    log = JSONLines(path)  # a new start
    log.append([{"last": True}])
    assert list(log.read()) == [json.loads(line) for line in whole] + [{"last": True}]


def lines_of(records):
    return [json.dumps(each, ensure_ascii=False).encode() for each in records]


def test_it_never_outgrows_its_size_and_loses_the_oldest_first(tmp_path):
    log = JSONLines(tmp_path / "log.jsonl", max_bytes=1000, keep=2)
    for number in range(500):
        log.append([{"number": number}])
        paths = list(tmp_path.iterdir())
        assert len(paths) <= 3
        assert all(path.stat().st_size <= 1000 for path in paths)
    numbers = [line["number"] for line in log.read()]
    assert numbers == list(range(500 - len(numbers), 500))
    assert len(numbers) > 100
    assert {path.name for path in tmp_path.iterdir()} == {
        "log.jsonl",
        "log.1.jsonl",
        "log.2.jsonl",
    }


def test_without_older_files_only_the_newest_stay(tmp_path):
    log = JSONLines(tmp_path / "log.jsonl", max_bytes=40, keep=0)
    for number in range(20):
        log.append([{"number": number}])
    assert [path.name for path in tmp_path.iterdir()] == ["log.jsonl"]
    assert list(log.read())[-1] == {"number": 19}


def test_damaged_lines_in_the_middle_are_left_out(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"a": 1}\n\xff\xfe\n[1]\n{"b"\n\n{"c": 3}\n')
    assert list(JSONLines(path).read()) == [{"a": 1}, {"c": 3}]


def test_a_file_that_is_taken_away_begins_anew(tmp_path):
    log = JSONLines(tmp_path / "log.jsonl")
    log.append([{"a": 1}])
    log.path.rename(tmp_path / "mine.jsonl")
    log.append([{"a": 2}])
    assert list(log.read()) == [{"a": 2}]


def test_what_cannot_be_written_is_told_in_words(tmp_path):
    (tmp_path / "log.jsonl").mkdir()
    with pytest.raises(files.FileError, match="log.jsonl"):
        JSONLines(tmp_path / "log.jsonl").append([{}])
    with pytest.raises(files.FileError, match="does not exist"):
        JSONLines(tmp_path / "none" / "log.jsonl").append([{}])


def test_not_a_number_is_refused_before_anything_is_written(tmp_path):
    log = JSONLines(tmp_path / "log.jsonl")
    with pytest.raises(ValueError, match="nan|JSON"):
        log.append([{"a": 1}, {"score": float("nan")}])
    assert not log.path.exists()
