"""Whole runs beside fire, small: real training on drawn pictures."""

import json

import numpy as np
import pytest

from fire_course import quiet, records
from fire_course.detector import Detector
from fire_course.records import repeating
from fire_course.records.homework import answers
from fire_course.records.photographs import Photographs
from fire_course.records.plans import HomeworkPlan, Recipe, SweepPlan, TrainingPlan
from fire_course.records.steps import better
from fire_course.sweep import read

FLIP = ("RandomFlip", {"mode": "horizontal"})
TRAINING = TrainingPlan(
    title="tiny",
    data="cats_dogs",
    model="cifar10_cnn",
    image_size=32,
    validation=0.25,
    recipe=Recipe(epochs=2, batch_size=8, augmentation=(FLIP,)),
    seeds=(0, 1),
)
SWEEP = SweepPlan(
    title="few",
    data="cats_dogs",
    model="cats_dogs_cnn",
    image_size=24,
    validation=0.25,
    choices={"conv": (1, 2), "size": (4,), "dense": (0,)},
    sweep=Recipe(epochs=2, batch_size=8),
    repeats=(1,),
    recipe=Recipe(epochs=3, batch_size=8, schedule="cosine", weight_decay=1e-3),
    seeds=(0,),
)
HOMEWORK = HomeworkPlan(
    title="two parts",
    data="cats_dogs",
    model="homework_cnn",
    image_size=24,
    validation=0.0,
    recipe=Recipe(epochs=2, batch_size=8, learning_rate=0.002, augmentation=(FLIP,)),
    seeds=(0,),
)


def check_common(record, plan, path):
    assert json.loads(path.read_text()) == record
    assert records.read(path) == record
    assert record["settings"] == plan.settings()
    assert record["data"]["set"] == plan.data
    assert len(record["data"]["fingerprint"]) == 64
    assert record["versions"].keys() >= {"python", "keras", "numpy"}
    assert str(path.parent) not in json.dumps(record)  # nobody's folders
    test = record["test"]
    assert test["count"] == record["data"]["test"] == 8
    low, high = test["intervals"]["accuracy"]
    assert low <= test["accuracy"] <= high
    right = sum(row["right"] for row in test["classes"].values())
    assert right / 8 == pytest.approx(test["accuracy"])


def test_a_training_with_two_seeds(pets, tmp_path):
    seen = []
    record = repeating.repeat(
        "custom",
        TRAINING,
        pets,
        out=tmp_path / "r.json",
        save_model=tmp_path / "m.keras",
        progress=lambda *at: seen.append(at),
    )
    check_common(record, TRAINING, tmp_path / "r.json")
    (other,) = record["other_runs"]
    assert record["over_seeds"]["seeds"] == [0, 1]
    assert {record["seed"], other["seed"]} == {0, 1}
    assert not better(other, record, "val_loss")
    assert record["best_epoch"] == int(np.argmin(record["curve"]["val_loss"])) + 1
    assert record["saved"]["seed"] == record["seed"]
    detector = Detector.load(tmp_path / "m.keras", sha256=record["saved"]["sha256"])
    assert detector.class_names == ("cats", "dogs")
    test = Photographs("cats_dogs", pets, image_size=32, validation=0.25).test()
    right = int(((detector.score(test.x) >= 0.5) == (test.y == 1)).sum())
    assert right / 8 == record["test"]["accuracy"]
    assert seen[-1][0] == seen[-1][1]


def test_the_test_photographs_have_no_say(pets, tmp_path):
    """Swap their labels: the run is the same, and right becomes wrong."""
    options = {"seeds": (0,)}
    plain = repeating.repeat(
        "custom", TRAINING, pets, out=tmp_path / "a.json", **options
    )
    test = pets / "cats_dogs" / "test"
    (test / "cats").rename(test / "x")
    (test / "dogs").rename(test / "cats")
    (test / "x").rename(test / "dogs")
    swapped = repeating.repeat(
        "custom", TRAINING, pets, out=tmp_path / "b.json", **options
    )
    for name in ("loss", "val_loss", "val_accuracy"):
        assert swapped["curve"][name] == plain["curve"][name]
    assert swapped["test"]["accuracy"] + plain["test"]["accuracy"] == pytest.approx(1)
    assert swapped["data"]["fingerprint"] == plain["data"]["fingerprint"]


def test_a_sweep_chooses_by_validation_and_takes_up_finished_trials(pets, tmp_path):
    record = repeating.repeat("custom", SWEEP, pets, out=tmp_path / "r.json", jobs=1)
    check_common(record, SWEEP, tmp_path / "r.json")
    trials = record["sweep"]["trials"]
    assert [row["rank"] for row in trials] == [1, 2]
    assert trials[0]["val_loss"] <= trials[1]["val_loss"]
    for row in trials:
        assert row["val_loss"] == pytest.approx(min(row["curve"]["val_loss"]), rel=1e-4)
        assert len(row["curve"]["loss"]) == 2
    chosen = record["sweep"]["chosen"]
    assert chosen.items() <= trials[0].items()
    for name in ("parameters", "multiply_adds"):
        assert record[name] == trials[0][name]
    (repeat,) = record["sweep"]["repeats"]
    assert repeat["seed"] == 1
    assert chosen.items() <= repeat.items()
    assert len(record["curve"]["loss"]) == 3  # trained longer

    folder = tmp_path / "r.trials"
    assert len(read(folder)) == 3
    assert (folder / "logs").is_dir()
    # One trial lost, and the record: only that one is run again.
    lines = (folder / "trials.jsonl").read_text().splitlines(keepends=True)
    (folder / "trials.jsonl").write_text("".join(lines[1:]))
    again = repeating.repeat("custom", SWEEP, pets, out=tmp_path / "r.json", jobs=1)[
        "sweep"
    ]
    assert again["chosen"] == chosen
    before = {row["conv"]: row for row in trials}
    for row in again["trials"]:
        assert row["curve"]["val_loss"] == pytest.approx(
            before[row["conv"]]["curve"]["val_loss"], rel=1e-3
        )
    kept = before[2] if json.loads(lines[0])["settings"]["conv"] == 1 else before[1]
    assert kept["seconds"] in [row["seconds"] for row in again["trials"]]


def test_the_homework_and_its_questions(pets, tmp_path):
    record = repeating.repeat("custom", HOMEWORK, pets, out=tmp_path / "r.json")
    check_common(record, HOMEWORK, tmp_path / "r.json")
    curve, found = record["curve"], record["answers"]
    for name in ("loss", "accuracy", "test_loss", "test_accuracy", "seconds"):
        assert len(curve[name]) == 4
    # The last weights are the ones scored, not those of some best epoch.
    assert record["best_epoch"] is None
    assert record["test"]["accuracy"] == pytest.approx(curve["test_accuracy"][-1])
    assert found["parameters"] == record["parameters"]
    # 22x22 after the convolution, 11x11 after the pooling: 32 maps into 64 units.
    assert found["parameters"] == 896 + (11 * 11 * 32 * 64 + 64) + 65
    assert found["convolution_parameters"] == 896


def test_the_answers_by_hand():
    from fire_course import models

    quiet.import_keras()
    network = models.homework_cnn((24, 24, 3))
    curve = {
        "accuracy": [0.5, 0.9, 0.6, 0.7, 0.0, 0.0, 0.0, 0.0],
        "loss": [1.0, 3.0, 1.0, 3.0, 9.0, 9.0, 9.0, 9.0],
        "test_loss": [9.0, 9.0, 9.0, 9.0, 1.0, 2.0, 3.0, 4.0],
        "test_accuracy": [0.0, 0.0, 0.0, 0.0, 0.1, 0.2, 0.6, 0.8],
    }
    found = answers(network, curve, 4)
    assert found["loss"] == "binary_crossentropy"
    assert found["median_train_accuracy"] == pytest.approx(0.65)
    assert found["std_train_loss"] == pytest.approx(1.0)
    assert found["mean_test_loss_augmented"] == pytest.approx(2.5)
    assert found["mean_test_accuracy_last_half"] == pytest.approx(0.7)


def test_options_that_make_no_sense(pets, tmp_path):
    for options in ({"seeds": ()}, {"seeds": (1, 1)}, {"save_model": "model.h5"}):
        with pytest.raises(ValueError, match=r"seeds|\.keras"):
            repeating.repeat(
                "custom", TRAINING, pets, out=tmp_path / "r.json", **options
            )


def test_the_command_line_runs_and_lists_them(pets, tmp_path, monkeypatch, capfd):
    import sys

    from fire_course.cli import main

    monkeypatch.setitem(records.PLANS, "few", SWEEP)
    monkeypatch.setitem(records.PLANS, "two", HOMEWORK)
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["fire-course", "reproduce", *arguments])
        capfd.readouterr()
        with pytest.raises(SystemExit) as leaving:
            main()
        assert not leaving.value.code
        return capfd.readouterr()

    common = ("--data", str(pets), "--epochs", "1")
    answer = run("few", *common, "--jobs", "1", "--out", "f.json")
    assert "Of 2 networks validation chose conv" in answer.out
    assert "8 photographs: accuracy" in answer.out
    assert "false alarms" not in answer.out
    record = records.read(tmp_path / "f.json")
    assert record["command"] == "fire-course reproduce few --data DIR --epochs 1"
    assert record["settings"]["sweep"]["epochs"] == 1
    answer = run("two", *common, "--json")
    assert json.loads(answer.out) == records.read(tmp_path / "two.json")
    rows = json.loads(run("--list", "--json").out)["experiments"]
    sets = {row["name"]: row["data"] for row in rows}
    assert sets["few"] == "cats_dogs"
    assert sets["cifar10-cnn"] == "cifar10"
    assert sets["fire-net-photos"] == "fire"
