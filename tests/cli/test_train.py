"""``fire-course train`` from outside: what it writes, what it says, what a kill leaves."""

import json
import resource
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

SMALL = ("--image-size", "32", "--batch-size", "8", "--no-tensorboard")


@pytest.fixture
def start(tmp_path):
    """Give a function that starts a command; none lives longer than the test."""
    started = []

    def start(*arguments, first=None):
        def before():
            # A test run in the background has been told to ignore Ctrl-C.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            if first:
                first()

        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "fire_course", *map(str, arguments)],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                cwd=tmp_path,
                preexec_fn=before,
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate(timeout=60)


def epochs_kept(run):
    names = [path.name for path in run.glob("state/epoch-*")]
    return max((int(name.split("-")[1]) for name in names), default=0)


def wait_for_epoch(process, run, epoch):
    deadline = time.monotonic() + 120
    while epochs_kept(run) < epoch:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_it_writes_and_says(cli, photos, tmp_path):
    arguments = ("train", "--data", photos, "--epochs", "3", "--image-size", "32")
    answer = cli(*arguments, "--out", "run", "--json")
    assert answer.code == 0
    found = answer.json
    run = tmp_path / "run"
    assert {path.name for path in run.iterdir()} == {
        "model.keras", "history.json", "run.json", "logs",
    }  # fmt: skip
    assert any((run / "logs").rglob("events.*"))
    history = json.loads((run / "history.json").read_text())
    assert found["epochs"] == len(history["val_loss"]) == 3
    best = int(np.argmin(history["val_loss"]))
    assert found["best_epoch"] == best + 1
    assert found["best"]["val_loss"] == history["val_loss"][best]
    assert found["best"]["val_f1"] == history["val_f1"][best]
    assert found["model"] == "run/model.keras"
    about = json.loads((run / "run.json").read_text())
    assert about["command"].startswith("fire-course train --model fire_net")
    assert about["settings"]["seed"] == 0

    # The same command again has nothing left to do, and says the same.
    again = cli(*arguments, "--out", "run")
    assert again.code == 0
    assert f"Best epoch {best + 1} of 3" in again.out
    assert "run/model.keras" in again.out

    scored = cli("evaluate", "run/model.keras", photos, "--json")
    assert scored.json["count"] == 10


def test_the_command_in_the_record_repeats_the_run(cli, photos, tmp_path):
    cli("train", "--data", photos, "--epochs", "2", *SMALL, "--seed", "3", "--out", "a")
    command = json.loads((tmp_path / "a/run.json").read_text())["command"].split()
    first = json.loads((tmp_path / "a/history.json").read_text())
    command[command.index("--out") + 1] = "b"
    answer = cli(*command[1:])
    assert answer.code == 0
    second = json.loads((tmp_path / "b/history.json").read_text())
    first.pop("seconds")
    second.pop("seconds")
    assert first == second


def test_another_seed_is_another_run(cli, photos, tmp_path):
    common = ("train", "--data", photos, "--epochs", "1", *SMALL)
    cli(*common, "--out", "a")
    cli(*common, "--out", "b", "--seed", "1")
    a, b = (json.loads((tmp_path / n / "history.json").read_text()) for n in "ab")
    assert a["loss"] != b["loss"]
    mixed = cli(*common, "--out", "a", "--seed", "1")
    assert mixed.code == 1
    assert "seed" in mixed.err


def test_without_validation_the_training_figure_decides(cli, photos):
    answer = cli(
        "train", "--data", photos, "--epochs", "2", *SMALL, "--validation", "0",
        "--out", "run", "--json",
    )  # fmt: skip
    assert answer.code == 0
    assert answer.json["monitor"] == "loss"
    assert "no validation data" in answer.err


def test_more_than_two_classes(cli, photos, tmp_path):
    import shutil

    for name in ("a", "b", "c"):
        shutil.copytree(photos / "train/fire", tmp_path / "letters" / name)
    answer = cli("train", "--data", "letters", "--epochs", "1", *SMALL, "--json")
    assert answer.code == 0
    assert answer.json["class_names"] == ["a", "b", "c"]
    assert answer.json["out"] == "runs/fire_net-letters"
    assert cli("evaluate", answer.json["model"], "letters", "--json").code == 0


def test_a_kill_costs_at_most_an_epoch(cli, start, photos, tmp_path):
    """Ctrl-C, then SIGKILL, then the end: as if nothing had happened."""
    arguments = ("train", "--data", photos, "--epochs", "8", *SMALL)
    run = tmp_path / "run"

    process = start(*arguments, "--out", "run")
    wait_for_epoch(process, run, 1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.splitlines()[-1].startswith("error: Interrupted.")
    assert "Traceback" not in err
    first = epochs_kept(run)
    assert 1 <= first < 8

    process = start(*arguments, "--out", "run")
    wait_for_epoch(process, run, first + 1)
    process.kill()
    process.communicate(timeout=60)
    second = epochs_kept(run)
    assert first + 1 <= second < 8

    answer = cli(*arguments, "--out", "run", "--json")
    assert answer.code == 0
    assert answer.json["resumed_from"] == second
    assert not (run / "state").exists()

    whole = cli(*arguments, "--out", "whole", "--json")
    assert whole.json["best_epoch"] == answer.json["best_epoch"]
    a, b = (
        json.loads((tmp_path / n / "history.json").read_text())
        for n in ("run", "whole")
    )
    assert a["val_loss"] == pytest.approx(b["val_loss"], rel=1e-4)


def test_a_disk_that_is_full(start, photos, tmp_path):
    """A limit on the size of files stands for the disk; the model does not fit."""

    def small():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    arguments = ("train", "--data", photos, "--epochs", "1", *SMALL, "--out", "run")
    process = start(*arguments, first=small)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1
    assert err.splitlines()[-1].startswith("error: run/")
    assert "Traceback" not in err
    assert not (tmp_path / "run/model.keras").exists()
