"""A state that goes on after a restart, and whatever else its file may hold."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fire_course.cameras.health import Health
from fire_course.cameras.memory import Memory
from fire_course.cameras.rules import Standing, State
from fire_course.cameras.state import CameraState, WatchState


def some():
    state = WatchState(rounds=17, undelivered={"webhook": [{"id": "a-1"}]})
    for number in range(3):
        state.cameras[f"{number:016x}"] = CameraState(
            f"hill {number} λ",
            Standing((0.1, 0.9), State.FIRE, True, 4, 1_700_000_000.5),
            Health(9, 7, 2, "timeout", "gave no picture", 1_700_000_000.0),
            Memory(asked=3.5, etag='"x"', digest="0" * 32, print=(3, b"abc"), same=2),
        )
    return state


def test_it_reads_what_it_wrote(tmp_path):
    path = tmp_path / "state.json"
    some().write(path)
    assert WatchState.read(path) == (some(), None)


def test_without_a_file_everything_is_new(tmp_path):
    assert WatchState.read(tmp_path / "state.json") == (WatchState(), None)
    assert list(tmp_path.iterdir()) == []


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_a_file_that_is_cut_or_altered_never_stops_a_watch(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("state") / "state.json"
    some().write(path)
    content = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content) - 2))]
        path.write_bytes(content)
        state, problem = WatchState.read(path)
        assert state == WatchState()
        assert problem.startswith("state.json could not be used")
        assert path.with_name("state.broken.json").read_bytes() == content
        assert not path.exists()
        return
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    state, problem = WatchState.read(path)
    # Either it is set aside whole, or it is a state that can be written and read.
    assert (problem is None) == path.exists()
    assert problem is None or state == WatchState()
    state.write(path)
    assert WatchState.read(path) == (state, None)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "it is empty"),
        (b"\0" * 4096, "it is empty"),
        (b"[]", "damaged"),
        (b"null", "damaged"),
        (b"{}", "damaged"),
        (b"[" * 200_000, "damaged"),
        (b"\xff\xfe\x00", "damaged"),
        (b"<html>", "damaged"),
        (b'{"format": 99}', "it has format 99, and this version reads 1"),
        (b'{"format": 1, "rounds": -1, "cameras": {}, "undelivered": {}}', "damaged"),
        (b'{"format": 1, "rounds": 1, "cameras": [], "undelivered": {}}', "damaged"),
        (b'{"format": 1, "rounds": 1, "cameras": {}, "undelivered": []}', "damaged"),
    ],
)
def test_what_is_no_state_is_set_aside_in_plain_words(tmp_path, content, words):
    path = tmp_path / "state.json"
    path.write_bytes(content)
    state, problem = WatchState.read(path)
    assert state == WatchState()
    assert f"({words})" in problem
    assert (tmp_path / "state.broken.json").read_bytes() == content
    assert "\n" not in problem


def test_a_folder_in_its_place_is_told(tmp_path):
    (tmp_path / "state.json").mkdir()
    state, problem = WatchState.read(tmp_path / "state.json")
    assert state == WatchState()
    assert "is a directory" in problem


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("health", {"asked": -1}),
        ("health", {"asked": 3, "answered": 5}),
        ("health", {"failures": "many"}),
        ("health", {"new": 1}),
        ("standing", {"scores": [3]}),
        ("standing", {"state": "calm"}),
    ],
)
def test_one_camera_that_cannot_be_sets_the_file_aside(tmp_path, part, change):
    path = tmp_path / "state.json"
    some().write(path)
    document = json.loads(path.read_text())
    document["cameras"][f"{1:016x}"][part] |= change
    path.write_text(json.dumps(document))
    assert WatchState.read(path)[0] == WatchState()
