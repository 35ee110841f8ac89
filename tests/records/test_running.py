"""Whole experiments, small: real training on drawn pictures."""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fire_course import records
from fire_course.detector import Detector
from fire_course.files import FileError
from fire_course.records import EXPERIMENTS, Experiment
from fire_course.records.material import Material

TINY = Experiment(
    title="tiny",
    model="fire_cnn",  # its few layers are compiled fastest
    trained_on="photos",
    image_size=48,
    epochs=3,
    batch_size=8,
    network={"dropout": 0.1},
    test_scenes=0,
    render_size=64,
)


@pytest.fixture
def record(home, tmp_path):
    return records.reproduce(
        TINY, home, out=tmp_path / "r.json", save_model=tmp_path / "m.keras", jobs=1
    )


def test_a_record_says_what_was_done(record, tmp_path):
    assert json.loads((tmp_path / "r.json").read_text()) == record
    assert records.read(tmp_path / "r.json") == record
    assert record["experiment"] == "custom"
    assert record["settings"]["epochs"] == 3
    assert record["settings"]["network"] == {"dropout": 0.1}
    assert record["seed"] == 0
    assert record["backend"] in ("tensorflow", "jax", "torch")
    assert record["versions"].keys() >= {"python", "keras", "numpy", record["backend"]}
    assert record["device"]["kind"] in ("cpu", "gpu")
    assert os.uname().nodename not in json.dumps(record["device"])
    assert record["parameters"] > 1_000
    assert record["multiply_adds"] > 10_000
    assert len(record["data"]["fingerprint"]) == 64
    assert str(tmp_path) not in json.dumps(record)  # nobody's folders


def test_the_best_epoch_is_the_one_with_the_least_validation_loss(record):
    curve = record["curve"]
    assert len(curve["loss"]) == len(curve["val_loss"]) == 3
    assert record["best_epoch"] == int(np.argmin(curve["val_loss"])) + 1
    at_best = curve["val_accuracy"][record["best_epoch"] - 1]
    assert record["validation"]["accuracy"] == pytest.approx(at_best, abs=1e-5)


def test_the_saved_model_has_the_recorded_figures(record, home, tmp_path):
    saved = record["saved"]
    assert saved["seed"] == 0
    assert saved["file"] == "m.keras"
    detector = Detector.load(tmp_path / "m.keras", sha256=saved["sha256"])
    photographs, sunsets, _ = Material(TINY, home).tests()
    called = detector.score(photographs.x) >= record["threshold"]
    assert record["test"]["count"] == 11
    assert record["test"]["accuracy"] == pytest.approx(np.mean(called == photographs.y))
    flagged = int((detector.score(sunsets.x) >= record["threshold"]).sum())
    assert record["sunsets"]["flagged"] == flagged
    assert record["sunsets"]["rate"] == flagged / 4
    assert len(record["sunsets"]["interval"]) == 2


def test_the_test_photographs_decide_nothing(record, home, tmp_path):
    """Swap their labels: the run is the same, and right becomes wrong."""
    test = home / "fire/test"
    (home / "fire/leaky_test_images.txt").write_text("")
    plain = records.reproduce(TINY, home, out=tmp_path / "a.json")
    (test / "fire").rename(test / "x")
    (test / "nofire").rename(test / "fire")
    (test / "x").rename(test / "nofire")
    swapped = records.reproduce(TINY, home, out=tmp_path / "b.json")
    for name in ("loss", "val_loss", "val_f1"):
        assert swapped["curve"][name] == plain["curve"][name] == record["curve"][name]
    assert swapped["best_epoch"] == plain["best_epoch"]
    accuracies = plain["test"]["accuracy"] + swapped["test"]["accuracy"]
    assert accuracies == pytest.approx(1)
    assert swapped["data"]["fingerprint"] == plain["data"]["fingerprint"]


def test_seeds_are_kept_apart_and_validation_chooses_the_shown_one(home, tmp_path):
    shown_first = []
    for seeds in ((5, 6), (6, 5)):
        record = records.reproduce(
            TINY,
            home,
            out=tmp_path / "r.json",
            seeds=seeds,
            epochs=2,
            save_model=tmp_path / "m.keras",
        )
        (other,) = record["other_runs"]
        assert {record["seed"], other["seed"]} == {5, 6}
        least, more = (min(run["curve"]["val_loss"]) for run in (record, other))
        assert least < more
        assert record["saved"]["seed"] == record["seed"]
        shown_first.append(record["seed"] == seeds[0])
    assert sorted(shown_first) == [False, True]
    assert other["curve"]["loss"] != record["curve"]["loss"]
    assert record["over_seeds"]["seeds"] == [6, 5]
    both = [record["test"]["accuracy"], other["test"]["accuracy"]]
    assert record["over_seeds"]["test_accuracy"] == {
        "mean": pytest.approx(sum(both) / 2),
        "low": min(both),
        "high": max(both),
    }
    assert record["command"].endswith("--seeds 6,5 --epochs 2")
    alone = records.reproduce(
        TINY, home, out=tmp_path / "six.json", seeds=(other["seed"],), epochs=2
    )
    assert alone["curve"]["loss"] == other["curve"]["loss"]


def test_a_run_cut_short_leaves_the_finished_seeds(home, tmp_path):
    def stop_in_the_second_run(done, total):
        if done > total / 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        records.reproduce(
            TINY,
            home,
            out=tmp_path / "r.json",
            seeds=(0, 1),
            progress=stop_in_the_second_run,
        )
    record = records.read(tmp_path / "r.json")
    assert record["seed"] == 0
    assert record["other_runs"] == []
    assert record["over_seeds"]["seeds"] == [0]


def test_scenes_alone_without_any_photograph(tmp_path):
    scenes = dataclasses.replace(
        TINY,
        trained_on="scenes",
        validate_on="scenes",
        scenes=16,
        validation_scenes=8,
        test_scenes=24,
        schedule="cosine",
        warmup=1,
        weight_decay=1e-4,
        augmentation=EXPERIMENTS["fire-net-scenes"].augmentation,
    )
    record = records.reproduce(scenes, tmp_path, out=tmp_path / "r.json", jobs=1)
    assert record["test"] is None
    assert record["sunsets"] is None
    assert record["scenes"]["count"] == 24
    rows = record["scenes"]["categories"]
    assert rows["sunset"]["count"] == rows["plain"]["count"] == 1
    assert record["over_seeds"]["test_accuracy"] is None


def test_what_cannot_be_written_is_known_before_training(home, tmp_path):
    (tmp_path / "file").write_text("")
    calls = []
    with pytest.raises((FileError, OSError)):
        records.reproduce(
            TINY,
            home,
            out=tmp_path / "file" / "r.json",
            progress=lambda *at: calls.append(at),
        )
    assert calls == []


@pytest.mark.parametrize(
    "options", [{"seeds": ()}, {"seeds": (1, 1)}, {"save_model": "model.h5"}]
)
def test_options_that_make_no_sense(home, tmp_path, options):
    with pytest.raises(ValueError, match=r"seeds|\.keras"):
        records.reproduce(TINY, home, out=tmp_path / "r.json", **options)


def test_the_command_line_runs_an_experiment(home, tmp_path, monkeypatch, capfd):
    from fire_course.cli import main

    monkeypatch.setitem(EXPERIMENTS, "tiny", TINY)
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["fire-course", "reproduce", *arguments])
        capfd.readouterr()
        with pytest.raises(SystemExit) as leaving:
            main()
        assert not leaving.value.code
        return capfd.readouterr()

    common = ("tiny", "--data", str(home), "--epochs", "2")
    answer = run(*common, "--seed", "4", "--json")
    record = json.loads(answer.out)
    assert record == records.read(tmp_path / "tiny.json")
    assert record["command"] == (
        "fire-course reproduce tiny --data DIR --seeds 4 --epochs 2"
    )
    answer = run(
        *common, "--seeds", "4,5", "--out", "two.json", "--save-model", "m.keras"
    )
    assert "11 photographs: accuracy" in answer.out
    assert "4 sunsets" in answer.out
    assert "seed 4" in answer.out
    assert "seed 5" in answer.out
    assert (tmp_path / "m.keras").is_file()
    again = records.read(tmp_path / "two.json")
    runs = {run["seed"]: run for run in (again, *again["other_runs"])}
    assert runs[4]["curve"]["loss"] == record["curve"]["loss"]
    listed = json.loads(run("--list", "--json").out)["experiments"]
    recorded = {row["name"]: row["recorded"] for row in listed}
    assert recorded["tiny"] is None
    shipped = records.read("fire-net-scenes")
    assert recorded["fire-net-scenes"]["test"] == shipped["test"]


def test_without_tensorflow(home, tmp_path):
    """On JAX, in a process where importing TensorFlow is an error."""
    pytest.importorskip("jax")
    program = (
        "import sys\n"
        "class NotInstalled:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name.split('.')[0] == 'tensorflow':\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, NotInstalled())\n"
        "sys.path.insert(0, sys.argv[3])\n"
        "from test_running import TINY, records\n"
        "r = records.reproduce(TINY, sys.argv[1], out=sys.argv[2])\n"
        "print(r['backend'], r['test']['count'])\n"
    )
    here = Path(__file__).parent
    done = subprocess.run(
        [sys.executable, "-c", program, home, tmp_path / "r.json", here],
        env=os.environ | {"KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["jax", "11"]
