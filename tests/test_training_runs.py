"""The run folder of a training: resumed after kills, safe on full disks."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fire_course import files, quiet
from fire_course.callbacks import (
    TrainingError,
)
from fire_course.detector import Detector
from fire_course.training import fit

# A program of its own, which the tests both import and start.
_path = Path(__file__).with_name("training_jobs.py")
_spec = importlib.util.spec_from_file_location(_path.stem, _path)
job = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(job)


@pytest.fixture(scope="module")
def keras():
    return quiet.import_keras()


def same(one, other):
    return {k: v for k, v in one.items() if k != "seconds"} == {
        k: v for k, v in other.items() if k != "seconds"
    }


def weights(network):
    return np.concatenate([w.ravel() for w in network.get_weights()])


@pytest.fixture(scope="module")
def data():
    return job.data()


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """The run that every resumed one must equal."""
    out = tmp_path_factory.mktemp("whole") / "run"
    network, result = job.train(out)
    return network, result


# --- the run folder --------------------------------------------------------


def test_a_run_folder_holds_the_result_and_nothing_else(uninterrupted):
    network, result = uninterrupted
    out = result.out
    assert {item.name for item in out.iterdir()} == {
        "model.keras",
        "history.json",
        "run.json",
    }
    assert json.loads((out / "history.json").read_text()) == result.history
    run = json.loads((out / "run.json").read_text())
    assert run["finished"] is True
    assert run["epochs"] == run["epochs_trained"] == job.EPOCHS
    assert (run["best_epoch"], run["best_value"]) == (
        result.best_epoch,
        result.best_value,
    )
    assert run["settings"]["seed"] == 5
    assert run["settings"]["optimizer"]["config"]["learning_rate"] == pytest.approx(
        0.03
    )
    assert run["settings"]["augmentation"][0]["class"] == "RandomFlip"
    assert run["data"]["train"]["count"] == 36
    assert set(run["versions"]) >= {"python", "numpy", "keras", "backend"}
    loaded = Detector.load(out / "model.keras")
    np.testing.assert_array_equal(weights(loaded.network), weights(network))
    assert loaded.class_names == ("nofire", "fire")
    assert loaded.image_size == (16, 16)


def test_names_threshold_and_description_are_written(keras, data, tmp_path):
    fit(
        job.plain(),
        *data,
        epochs=1,
        out=tmp_path / "run",
        class_names=("cat", "dog"),
        threshold=0.7,
        describe={"command": "train it", "data": {"source": "made up"}},
    )
    loaded = Detector.load(tmp_path / "run" / "model.keras")
    assert (loaded.class_names, loaded.threshold) == (("cat", "dog"), 0.7)
    run = json.loads((tmp_path / "run" / "run.json").read_text())
    assert run["command"] == "train it"
    assert run["data"]["source"] == "made up"
    assert run["data"]["train"]["count"] == 36


def test_tensorboard_gets_the_figures_of_every_epoch(keras, data, tmp_path):
    event_accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator"
    )
    from tensorboard.util import tensor_util

    if keras.backend.backend() != "tensorflow":
        pytest.skip("TensorBoard logs are written by TensorFlow")
    out = tmp_path / "run"
    result = fit(job.plain(), *data, epochs=3, out=out)
    for part, prefix in (("train", ""), ("validation", "val_")):
        reader = event_accumulator.EventAccumulator(str(out / "logs" / part))
        reader.Reload()
        tags = set(reader.Tags()["tensors"])
        names = {"loss", "accuracy", "precision", "recall", "f1"}
        assert {f"epoch_{name}" for name in names} <= tags
        assert not any("tp" in tag or "vs_iterations" in tag for tag in tags)
        events = reader.Tensors("epoch_loss")
        assert [event.step for event in events] == [0, 1, 2]
        values = [float(tensor_util.make_ndarray(e.tensor_proto)) for e in events]
        np.testing.assert_allclose(values, result.history[f"{prefix}loss"], rtol=1e-6)


def test_a_finished_run_returns_at_once(uninterrupted):
    network, result = uninterrupted
    written = {p: p.stat().st_mtime_ns for p in result.out.iterdir()}
    calls = []
    again, same_result = job.train(
        result.out, progress=lambda *call: calls.append(call)
    )
    assert calls == []
    np.testing.assert_array_equal(weights(again), weights(network))
    assert same_result.history == result.history
    assert same_result.best_epoch == result.best_epoch
    assert {p: p.stat().st_mtime_ns for p in result.out.iterdir()} == written


def test_a_finished_run_is_no_longer_and_no_other_one(keras, data, tmp_path):
    out = tmp_path / "run"
    fitted = {"epochs": 1, "out": out, "tensorboard": False}
    fit(job.plain(), *data, **fitted)
    with pytest.raises(TrainingError, match="a finished training of 1 epochs: choose"):
        fit(job.plain(), *data, **{**fitted, "epochs": 2})
    with pytest.raises(TrainingError, match="other settings .seed: 0 there, 1 now"):
        fit(job.plain(), *data, **fitted, seed=1)
    with pytest.raises(TrainingError, match="other settings .network"):
        fit(job.network(), *data, **fitted)
    (x, y), validation = data
    with pytest.raises(TrainingError, match="on other data .train"):
        fit(job.plain(), (x, 1 - y), validation, **fitted)
    (out / "model.keras").write_bytes(b"PK\x03\x04")
    with pytest.raises(TrainingError, match="its model cannot be used"):
        fit(job.plain(), *data, **fitted)


def test_patience_ends_the_training(data, tmp_path):
    network = job.plain()
    fitted = {"out": tmp_path / "run", "tensorboard": False, "patience": 2}
    # Uphill: the first epoch is the best.
    result = fit(network, *data, epochs=9, monitor="val_loss", mode="max", **fitted)
    losses = result.history["val_loss"]
    assert result.epochs == result.best_epoch + 2 == len(losses) < 9
    assert max(losses) == losses[result.best_epoch - 1]
    run = json.loads((tmp_path / "run" / "run.json").read_text())
    assert (run["epochs"], run["epochs_trained"]) == (9, result.epochs)
    again = fit(job.plain(), *data, epochs=9, mode="max", **fitted)
    assert again.history == result.history


# --- killed ----------------------------------------------------------------

PLACES = [
    (job.in_mid_epoch, 1),
    (job.in_mid_write, 2),
    (job.before_the_old_state_goes, 3),
    (job.in_the_model, 4),
]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_training_killed_four_times_equals_one_that_was_not(uninterrupted, tmp_path):
    out = tmp_path / "run"
    for place, epochs_done in PLACES:
        run = subprocess.run(
            [sys.executable, str(_path), place.__name__, str(out)],
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert run.returncode == -signal.SIGKILL, run.stderr
        whole = sorted(p.name for p in (out / "state").glob("epoch-*"))
        assert whole[-1] == f"epoch-{epochs_done:06d}"
        assert not (out / "model.keras").exists()
        assert json.loads((out / "run.json").read_text())["finished"] is False
    network, result = job.train(out)
    whole_network, whole_result = uninterrupted
    assert result.resumed_from == job.EPOCHS
    np.testing.assert_array_equal(weights(network), weights(whole_network))
    assert same(result.history, whole_result.history)
    assert len(result.history["seconds"]) == job.EPOCHS
    assert result.best_epoch == whole_result.best_epoch
    assert result.best_value == whole_result.best_value
    assert not (out / "state").exists()
    loaded = Detector.load(out / "model.keras")
    np.testing.assert_array_equal(weights(loaded.network), weights(whole_network))


class Stop(BaseException):
    """As Ctrl-C: nobody catches it."""


def stop_at(batch):
    def progress(done, total):
        if done >= batch:
            raise Stop

    return progress


def test_a_training_stopped_in_its_first_epoch_begins_again(uninterrupted, tmp_path):
    with pytest.raises(Stop):
        job.train(tmp_path / "run", progress=stop_at(3))
    network, result = job.train(tmp_path / "run")
    assert result.resumed_from is None
    np.testing.assert_array_equal(weights(network), weights(uninterrupted[0]))


def test_the_best_epoch_may_lie_before_the_kill(data, tmp_path):
    """A checkpoint that forgets its best takes the first epoch after the kill."""
    fitted = {"epochs": 3, "out": tmp_path / "run", "batch_size": 8, "mode": "max"}
    with pytest.raises(Stop):  # more is better: of a falling loss, the first epoch
        fit(job.plain(), *data, **fitted, progress=stop_at(7))
    network = job.plain()
    result = fit(network, *data, **fitted)
    assert result.resumed_from == 1
    assert result.best_epoch == 1
    assert result.best_value == result.history["val_loss"][0]
    x, y = data[1]
    scores = network.predict_on_batch(x)[:, 0]
    loss = -np.log(np.where(y == 1, scores, 1 - scores)).mean()
    assert loss == pytest.approx(result.best_value, abs=1e-5)


def test_an_unfinished_training_may_be_made_longer(data, tmp_path):
    fitted = {"out": tmp_path / "run", "batch_size": 8, "tensorboard": False}
    with pytest.raises(Stop):
        fit(job.plain(), *data, epochs=2, **fitted, progress=stop_at(7))
    result = fit(job.plain(), *data, epochs=3, **fitted)
    assert (result.resumed_from, result.epochs) == (1, 3)


def test_a_training_that_was_out_of_patience_trains_no_further(data, tmp_path):
    fitted = {"epochs": 9, "out": tmp_path / "run", "batch_size": 8}
    fitted |= {"mode": "max", "patience": 1, "tensorboard": False}
    calls = []

    def stop_after_the_second_epoch(done, total):
        calls.append(done)
        if calls.count(10) == 2:  # at its last batch, then at its end
            raise Stop

    # Killed when the last state was written, and the model was not yet.
    with pytest.raises(Stop):
        fit(job.plain(), *data, **fitted, progress=stop_after_the_second_epoch)
    calls.clear()
    result = fit(job.plain(), *data, **fitted, progress=stop_after_the_second_epoch)
    assert result.resumed_from == result.epochs == 2
    assert result.best_epoch == 1
    assert calls == []


def test_a_damaged_state_is_named(data, tmp_path):
    fitted = {"epochs": 3, "out": tmp_path / "run", "batch_size": 8}
    with pytest.raises(Stop):
        fit(job.plain(), *data, **fitted, progress=stop_at(7))
    state = tmp_path / "run" / "state"
    (state / "epoch-000001" / "arrays.npz").write_bytes(b"not arrays")
    with pytest.raises(TrainingError, match="epoch-000001 is damaged.*begin again"):
        fit(job.plain(), *data, **fitted)


# --- folders and disks -----------------------------------------------------


def test_a_folder_of_something_else_is_left_alone(data, tmp_path):
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(TrainingError, match="holds other files and no training"):
        fit(job.plain(), *data, epochs=1, out=tmp_path)
    assert [item.name for item in tmp_path.iterdir()] == ["thesis.txt"]
    (tmp_path / "run.json").write_text("{half")
    with pytest.raises(TrainingError, match="run.json is damaged"):
        fit(job.plain(), *data, epochs=1, out=tmp_path)


def test_a_file_is_no_folder(data, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(files.FileError, match="is a file, not a folder"):
        fit(job.plain(), *data, epochs=1, out=tmp_path / "file")
    with pytest.raises(files.FileError, match="is a file, not a folder"):
        fit(job.plain(), *data, epochs=1, out=tmp_path / "file" / "run")


def test_a_read_only_folder_is_named_before_training(data, tmp_path):
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    if os.access(folder, os.W_OK):  # the superuser may write everywhere but here
        folder = Path("/sys")
        if not folder.is_dir():
            pytest.skip("this user may write into every folder")
    with pytest.raises(files.FileError, match="may not write|read-only"):
        fit(job.plain(), *data, epochs=1, out=folder / "run")


@pytest.mark.skipif(sys.platform == "win32", reason="limits file sizes by POSIX")
def test_a_full_disk_ends_the_training_and_keeps_what_was_saved(data, tmp_path):
    out = tmp_path / "run"
    fitted = {"epochs": 3, "out": out, "batch_size": 8, "tensorboard": False}

    def fill(done, total):
        if done == 7:  # from the second epoch on no file may exceed 1000 bytes
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))

    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with pytest.raises(files.FileError) as caught:
            fit(job.network(), *data, **fitted, progress=fill)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert "arrays.npz" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert [item.name for item in (out / "state").iterdir()] == ["epoch-000001"]
    result = fit(job.network(), *data, **fitted)
    assert (result.resumed_from, result.epochs) == (1, 3)
