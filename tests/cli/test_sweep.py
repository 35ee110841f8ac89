"""``fire-course sweep`` from outside: ranks, goes on, names what failed."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Dark cats, bright dogs, with noise."""
    folder = tmp_path_factory.mktemp("photos")
    generator = np.random.default_rng(0)
    for split, count in (("train", 12), ("validation", 6)):
        for name, level in (("cat", 60), ("dog", 160)):
            target = folder / split / name
            target.mkdir(parents=True)
            for i in range(count):
                pixels = generator.integers(0, 90, (40, 30, 3)) + level
                Image.fromarray(pixels.astype(np.uint8)).save(target / f"{i}.png")
    return folder


def fire_course(*arguments, cwd):
    return subprocess.run(
        [sys.executable, "-m", "fire_course", "sweep", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=300,
    )


def test_networks_are_ranked_and_trained_once(photos, tmp_path):
    command = ("--data", photos, "--grid", "conv=1,2", "--grid", "size=2")
    command += ("--epochs", 2, "--image-size", 16, "--out", "out", "--json")
    run = fire_course(*command, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    answer = json.loads(run.stdout)
    assert answer["network"] == "cats_dogs_cnn"
    assert answer["class_names"] == ["cat", "dog"]
    losses = [row["val_loss"] for row in answer["trials"]]
    assert losses == sorted(losses)
    assert {(row["conv"], row["size"]) for row in answer["trials"]} == {(1, 2), (2, 2)}
    assert (answer["skipped"], answer["failed"]) == (0, 0)
    assert len((tmp_path / "out/trials.jsonl").read_text().splitlines()) == 2
    assert len(list((tmp_path / "out/logs").iterdir())) == 2
    again = fire_course(*command[:-1], "--rank-by", "val_accuracy", cwd=tmp_path)
    assert again.returncode == 0
    assert "2 of 2 were trained before." in again.stdout
    assert "parameters" in again.stdout
    assert again.stderr == ""


def test_a_failed_trial_is_named_and_the_status_is_1(photos, tmp_path):
    run = fire_course(
        *("--data", photos, "--grid", "conv=1,4", "--grid", "size=2"),
        *("--epochs", 1, "--image-size", 16, "--out", "out"),
        cwd=tmp_path,
    )
    assert run.returncode == 1
    assert "failed: conv 4, size 2" in run.stderr
    assert "at least 46x46 pixels" in run.stderr
    assert "Traceback" not in run.stderr
    assert "The table is out/trials.jsonl" in run.stdout


@pytest.mark.parametrize(
    ("grid", "status", "words"),
    [
        (["conv"], 2, "NAME=A,B"),
        (["conv=1,"], 2, "NAME=A,B"),
        (["conv=1", "conv=2"], 2, "conv is given twice"),
        (["convs=1"], 1, "cats_dogs_cnn has no setting 'convs'"),
    ],
)
def test_a_wrong_grid_is_said_at_once(grid, status, words, tmp_path):
    options = [part for each in grid for part in ("--grid", each)]
    run = fire_course(*options, "--out", "out", cwd=tmp_path)
    assert run.returncode == status
    assert words in " ".join(run.stderr.replace("│", " ").split())
    assert not (tmp_path / "out").exists()
