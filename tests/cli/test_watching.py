"""``cameras watch`` on the simulated network: one fire, one alarm, and a clean end."""

import contextlib
import csv
import io
import json
import os
import pty
import select
import signal
import subprocess
import sys
import threading
import time

import pytest

from fire_course.cameras.demo import Network

ROUNDS = 9


@contextlib.contextmanager
def simulated(tmp_path, **options):
    """Open a network whose scenes go on each time that its first camera was asked."""
    with Network(latency=0.0, **options) as network:
        over = threading.Event()

        def go_on():
            while not over.wait(0.01):
                network.step = network.asked[0]

        thread = threading.Thread(target=go_on)
        thread.start()
        path = tmp_path / "cameras.csv"
        with path.open("w", newline="") as stream:
            rows = csv.writer(stream)
            rows.writerow(["name", "url", "minimum_interval"])
            rows.writerows([each.name, each.url, 0] for each in network.cameras)
        try:
            yield network, path
        finally:
            over.set()
            thread.join()


COMMON = ("--allow-private", "--interval", "0.3", "--deadline", "3")


def test_a_camera_that_catches_fire_gives_one_alarm(cli, tmp_path):
    faults = ["ok", "ok", "404", "hang", "html", "ok"]
    said = tmp_path / "said"
    hook = f'{sys.executable} -c "import sys; open(sys.argv[1], chr(97)).write(sys.argv[2])"'
    with simulated(tmp_path, faults=faults, fires={1: (3, None)}) as (network, path):
        answer = cli(
            *("cameras", "watch", path, *COMMON, "--deadline", "1"),
            *("--rounds", ROUNDS, "--n-of-m", "2/3", "--out", "watch", "--json"),
            *("--hook", f"{hook} {said} {{camera}}", "--keep-frames", "2"),
        )
        burning = network.cameras[1].name
    assert answer.code == 0, answer.err
    rounds = [json.loads(line) for line in answer.out.splitlines()]
    assert [each["round"] for each in rounds] == list(range(1, ROUNDS + 1))
    raised = [alarm for each in rounds for alarm in each["alarms"]]
    assert [alarm["camera"] for alarm in raised] == [burning]
    log = (tmp_path / "watch/alarms.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in log] == raised
    assert said.read_text() == burning
    assert len(list((tmp_path / "watch/frames").iterdir())) == 2
    # The camera that hangs delayed nobody beyond its deadline, and is not "no fire".
    states = {row["name"]: row for row in rounds[-1]["cameras"]}
    assert states[burning]["state"] == "fire"
    for number, failure in ((2, "http status"), (3, "timeout"), (4, "not a picture")):
        row = states[network.cameras[number].name]
        assert (row["state"], row["failure"]) == ("unknown", failure)
        assert row["share_answered"] == 0
        assert row["failures_in_a_row"] == ROUNDS
    assert states[network.cameras[0].name]["state"] == "no fire"


def test_lines_tell_what_has_changed(cli, model, tmp_path):
    with simulated(tmp_path, faults=["ok", "404"]) as (network, path):
        gone = network.cameras[1].name
        answer = cli(
            *("cameras", "watch", path, *COMMON, "--model", model),
            *("--rounds", 3, "--out", "watch", "--threshold", "1", "--n-of-m", "1/1"),
        )
    assert answer.code == 0, answer.err
    lines = answer.out.splitlines()
    assert sum(" round " in line for line in lines) == 3
    # A camera that stays as it is is told once.
    assert sum(f"{gone}: unknown, http status" in line for line in lines) == 1
    assert "0 fire, 1 no fire, 1 unknown" in lines[0]


def test_too_short_an_interval_is_told_with_the_one_that_would_do(cli, model, tmp_path):
    lines = ["name,url,minimum_interval", "a,http://127.0.0.1:1/a.jpg,0"]
    lines += ["b,http://127.0.0.1:1/b.jpg,90", "c,http://127.0.0.1:1/c.jpg,300"]
    (tmp_path / "list.csv").write_text("\n".join(lines))
    answer = cli(
        *("cameras", "watch", "list.csv", *COMMON, "--model", model, "--rounds", 1)
    )
    assert answer.code == 0
    assert "note: 2 of 3 cameras" in answer.err
    assert "--interval 300" in answer.err


def test_ctrl_c_ends_with_all_written_and_the_watch_goes_on(model, tmp_path):
    with simulated(tmp_path, faults=["ok", "hang"], fires={0: (0, None)}) as (_, path):
        command = (
            *(sys.executable, "-m", "fire_course", "cameras", "watch", str(path)),
            *(*COMMON, "--model", str(model), "--threshold", "0", "--json"),
            *("--n-of-m", "1/1", "--out", "watch"),
        )
        made = []
        for way in (signal.SIGINT, signal.SIGTERM):
            with subprocess.Popen(
                command,
                cwd=tmp_path,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env=os.environ | {"PYTHONUNBUFFERED": "1"},
            ) as watching:
                lines = [watching.stdout.readline() for _ in range(2)]
                watching.send_signal(way)
                out, err = watching.communicate(timeout=120)
            assert watching.returncode == (130 if way == signal.SIGINT else 0), err
            assert "The watch was ended. All is written in watch." in err
            assert "Traceback" not in err
            made += [json.loads(line) for line in [*lines, *out.splitlines()]]
    numbers = [each["round"] for each in made]
    assert numbers == list(range(1, len(made) + 1))  # the second went on
    assert sum(len(each["alarms"]) for each in made) == 1
    state = json.loads((tmp_path / "watch/state.json").read_text())
    assert state["rounds"] == len(made)


def test_on_a_terminal_a_table_stays(model, tmp_path):
    with simulated(tmp_path, faults=["ok", "404"]) as (network, path):
        burning = network.cameras[0].name
        ours, theirs = pty.openpty()
        with subprocess.Popen(
            (
                *(sys.executable, "-m", "fire_course", "cameras", "watch", str(path)),
                *(*COMMON, "--model", str(model), "--threshold", "0", "--rounds", "2"),
                *("--n-of-m", "1/1", "--out", "watch"),
            ),
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=subprocess.PIPE,
            env=os.environ | {"TERM": "xterm-256color", "COLUMNS": "110"},
        ) as watching:
            os.close(theirs)
            shown = io.BytesIO()
            end = time.monotonic() + 120
            while time.monotonic() < end and select.select([ours], [], [], 60)[0]:
                try:
                    shown.write(os.read(ours, 65536))
                except OSError:  # the other side is closed
                    break
            assert watching.wait(30) == 0, watching.stderr.read()
        os.close(ours)
    text = shown.getvalue().decode()
    assert text.count(f"ALARM {burning}: fire") == 1
    assert "round 2" in text
    assert "http status: answers 404" in text
    assert "\x1b[" in text  # it is drawn over, not printed again and again


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (("--n-of-m", "5/3"), 2, "N <= M"),
        (("--n-of-m", "often"), 2, "write 3/5"),
        (("--rounds", "0"), 2, "rounds"),
        (("--threshold", "0.4", "--release", "0.6"), 1, "release of 0.6"),
        (("--webhook", "ftp://a.example"), 1, "webhook cannot be used"),
        (("--hook", "say {password}"), 1, "{password}"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_asked(
    cli, tmp_path, options, code, words
):
    (tmp_path / "list.csv").write_text("name,url\nhill,http://127.0.0.1:1/a.jpg\n")
    answer = cli("cameras", "watch", "list.csv", *options)
    assert answer.code == code
    assert words in " ".join(answer.err.replace("│", " ").split())
    assert answer.out == ""
    assert not (tmp_path / "runs").exists()
