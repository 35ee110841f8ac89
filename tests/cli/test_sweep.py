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


def test_networks_are_ranked_and_trained_once(cli, photos, tmp_path):
    command = ("sweep", "--data", photos, "--grid", "conv=1,2", "--grid", "size=2")
    command += ("--epochs", 2, "--image-size", 16, "--out", "out", "--json")
    run = subprocess.run(
        [sys.executable, "-m", "fire_course", *map(str, command)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=300,
    )
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
    again = cli(*command[:-1], "--rank-by", "val_accuracy")
    assert again.code == 0
    assert "2 of 2 were trained before." in again.out
    assert "parameters" in again.out
    assert again.err == ""


def test_a_failed_trial_is_named_and_the_status_is_1(cli, photos):
    answer = cli(
        *("sweep", "--data", photos, "--grid", "conv=1,4", "--grid", "size=2"),
        *("--epochs", 1, "--image-size", 16, "--out", "out"),
    )
    assert answer.code == 1
    assert "failed: conv 4, size 2" in answer.err
    assert "at least 46x46 pixels" in answer.err
    assert "Traceback" not in answer.err
    assert "The table is out/trials.jsonl" in answer.out


@pytest.mark.parametrize(
    ("grid", "status", "words"),
    [
        (["conv"], 2, "NAME=A,B"),
        (["conv=1,"], 2, "NAME=A,B"),
        (["conv=1", "conv=2"], 2, "conv is given twice"),
        (["convs=1"], 1, "cats_dogs_cnn has no setting 'convs'"),
    ],
)
def test_a_wrong_grid_is_said_at_once(cli, grid, status, words, tmp_path):
    options = [part for each in grid for part in ("--grid", each)]
    answer = cli("sweep", *options, "--out", "out")
    assert answer.code == status
    assert words in " ".join(answer.err.replace("│", " ").split())
    assert not (tmp_path / "out").exists()
