"""A command for an alarm: real programs, no shell, a time limit that holds."""

import json
import os
import sys
import time

import pytest

from fire_course.cameras.delivery import Undelivered
from fire_course.cameras.hook import Hook

ALARM = {
    "id": "abc-1",
    "camera": "hill; touch owned $(touch owned) {score} `touch owned`",
    "place": None,
    "url": "http://cam.example/now.jpg",
    "time": 1.5,
    "at": "1970-01-01T00:00:01Z",
    "score": 0.91,
    "scores": [0.7, 0.91],
    "frame": None,
}


def python(code, *words):
    return [sys.executable, "-c", code, *words]


def test_words_and_environment_arrive_as_they_are(tmp_path):
    out = tmp_path / "out.json"
    code = (
        "import json, os, sys\n"
        "mine = {k: v for k, v in os.environ.items() if k.startswith('FIRE_')}\n"
        "json.dump([sys.argv[2:], mine], open(sys.argv[1], 'w'))"
    )
    Hook(python(code, str(out), "{camera}", "at {score}{place}", "$HOME *"))(ALARM)
    words, environment = json.loads(out.read_text())
    # Replaced once: the braces in the camera's name are its own.
    assert words == [ALARM["camera"], "at 0.91", "$HOME *"]
    assert environment["FIRE_CAMERA"] == ALARM["camera"]
    assert environment["FIRE_PLACE"] == environment["FIRE_FRAME"] == ""
    assert json.loads(environment["FIRE_ALARM"]) == ALARM


def test_no_shell_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Hook("true {camera} ; touch owned && touch owned | touch owned > owned")(ALARM)
    assert list(tmp_path.iterdir()) == []


def test_a_program_that_hangs_is_ended_with_its_children(tmp_path):
    pids = tmp_path / "pids"
    code = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(99)'])\n"
        f"open({str(pids)!r} + '.part', 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
        f"os.rename({str(pids)!r} + '.part', {str(pids)!r})\n"
        "time.sleep(99)"
    )
    started = time.monotonic()
    with pytest.raises(Undelivered, match="longer than 5 seconds and was ended"):
        Hook(python(code), limit=5.0)(ALARM)
    assert time.monotonic() - started < 30
    for pid in pids.read_text().split():
        for _ in range(200):
            if not alive(int(pid)):
                break
            time.sleep(0.05)
        assert not alive(int(pid))


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:  # one that has ended and whose parent has not asked for it
        with open(f"/proc/{pid}/stat") as stream:  # noqa: PTH123
            return stream.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_program_that_fails_or_is_missing_is_told():
    with pytest.raises(Undelivered, match="ended with status 3"):
        Hook(python("raise SystemExit(3)"))(ALARM)
    with pytest.raises(Undelivered, match="cannot be started: no such file"):
        Hook("no-such-program-here {camera}")(ALARM)


def test_a_program_that_says_a_lot_blocks_nothing(capfd):
    Hook(python("print('x' * 10_000_000)"))(ALARM)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("", "names no program"),
        ("   ", "names no program"),
        ("echo 'open", "quotation mark"),
        ("echo {password}", r"cannot use \{password\}"),
    ],
)
def test_a_command_that_cannot_be_is_refused_at_once(command, words):
    with pytest.raises(ValueError, match=words):
        Hook(command)
