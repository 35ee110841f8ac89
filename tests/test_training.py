"""Training: the best weights, true figures, and nothing lost by a kill."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fire_course import files, metrics, quiet
from fire_course.callbacks import (
    BestWeights,
    CountedFigures,
    EpochTimer,
    ShuffledArrays,
    TrainingError,
)
from fire_course.detector import Detector
from fire_course.training import fit

# A program of its own, which the tests both import and start.
_path = Path(__file__).with_name("training_to_be_killed.py")
_spec = importlib.util.spec_from_file_location(_path.stem, _path)
job = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(job)


@pytest.fixture(scope="module")
def keras():
    return quiet.import_keras()


def weights(network):
    return np.concatenate([w.ravel() for w in network.get_weights()])


def plain(keras, classes=1, activation="sigmoid"):
    """A network that is quick to build: means of colours, one dense layer."""
    inputs = keras.Input((16, 16, 3))
    x = keras.layers.Rescaling(1 / 255)(inputs)
    x = keras.layers.GlobalAveragePooling2D()(x)
    init = keras.initializers.RandomNormal(seed=3)
    x = keras.layers.Dense(classes, activation=activation, kernel_initializer=init)(x)
    return keras.Model(inputs, x, name="plain")


@pytest.fixture(scope="module")
def data():
    return job.data()


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """The run that every resumed one must equal."""
    out = tmp_path_factory.mktemp("whole") / "run"
    network, result = job.train(out)
    return network, result


# --- the parts -------------------------------------------------------------


class Rewrite:
    """Give a callback figures of our choice, and note the weights of each epoch."""

    def __init__(self, keras, name, values):
        self.seen = []
        outer = self

        class Callback(keras.callbacks.Callback):
            def on_epoch_end(self, epoch, logs=None):
                logs[name] = values[epoch]
                outer.seen.append(weights(self.model))

        self.callback = Callback()


@pytest.mark.parametrize(
    ("monitor", "values", "best"),
    [
        ("val_loss", [3.0, 1.0, 2.0, 1.0], 2),
        ("val_f1", [0.1, 0.9, 0.9, 0.3], 2),
        ("accuracy", [0.1, 0.2, 0.3, 0.4], 4),
        ("mean_error", [0.4, 0.3, 0.2, 0.3], 3),
        ("val_loss", [float("nan"), 5.0, float("nan"), 6.0], 2),
    ],
)
def test_best_weights_are_those_of_the_best_epoch(keras, data, monitor, values, best):
    network = plain(keras)
    network.compile("sgd", "binary_crossentropy")
    rewrite = Rewrite(keras, monitor, values)
    keeper = BestWeights(monitor=monitor)
    network.fit(*data[0], epochs=4, verbose=0, callbacks=[rewrite.callback, keeper])
    assert keeper.epoch == best
    assert keeper.value == values[best - 1]
    np.testing.assert_array_equal(weights(network), rewrite.seen[best - 1])
    assert (rewrite.seen[3] != rewrite.seen[0]).any()


def test_best_weights_takes_the_mode_it_is_told():
    assert BestWeights(monitor="val_loss").mode == "min"
    assert BestWeights(monitor="val_loss", mode="max").mode == "max"
    with pytest.raises(TrainingError, match="not 'up'"):
        BestWeights(mode="up")
    with pytest.raises(TrainingError, match="'val_los'; there are: loss, val_loss"):
        BestWeights(monitor="val_los").on_epoch_end(0, {"loss": 1, "val_loss": 1})


def test_epoch_timer_measures_each_epoch(keras, data):
    network = plain(keras)
    network.compile("sgd", "binary_crossentropy")
    timer = EpochTimer()
    history = network.fit(*data[0], epochs=2, verbose=0, callbacks=[timer]).history
    assert history["seconds"] == timer.seconds
    assert len(timer.seconds) == 2
    assert all(0 < seconds < 120 for seconds in timer.seconds)


def test_counted_figures_are_ratios_of_whole_counts():
    logs = {"loss": 1.0, "tp": 1.0, "fp": 2.0, "fn": 3.0, "tn": 4.0}
    logs |= {f"val_{name}": 0.0 for name in ("tp", "fp", "fn")} | {"val_tn": 5.0}
    CountedFigures().on_epoch_end(0, logs)
    assert logs["precision"] == 1 / 3
    assert logs["recall"] == 1 / 4
    assert logs["f1"] == metrics.f1_from_counts(tp=1, fp=2, fn=3)
    assert logs["accuracy"] == 0.5
    assert logs["val_accuracy"] == 1
    assert np.isnan([logs["val_precision"], logs["val_recall"], logs["val_f1"]]).all()
    assert not {"tp", "val_tn"} & set(logs)


def test_shuffled_arrays_depend_on_seed_and_epoch_alone():
    x, y = np.arange(10), np.arange(10) * 2

    def order(seed, epoch):
        batches = ShuffledArrays(x, y, batch_size=4, seed=seed)
        batches.epoch = epoch
        found = [batches[i] for i in range(len(batches))]
        assert [len(part) for part, _ in found] == [4, 4, 2]
        assert all((labels == 2 * part).all() for part, labels in found)
        return [int(n) for part, _ in found for n in part]

    assert order(0, 0) == order(0, 0)
    assert sorted(order(0, 1)) == list(range(10))
    assert len({tuple(order(s, e)) for s in range(3) for e in range(3)}) == 9


# --- figures ---------------------------------------------------------------


def test_figures_are_counted_over_the_epoch_not_averaged(keras, data):
    """The oracle: the network's own scores of the same photographs."""
    (x, y), (vx, vy) = data
    network = plain(keras)
    # So slow that the weights of the epoch's start are those of its end.
    result = fit(network, (x, y), (vx, vy), epochs=1, learning_rate=1e-12, batch_size=8)
    for part, photos, labels in (("", x, y), ("val_", vx, vy)):
        scores = network.predict_on_batch(photos)[:, 0]
        report = metrics.report(labels, scores)
        for name in ("accuracy", "precision", "recall", "f1"):
            expected = getattr(report, name)
            got = result.history[part + name][0]
            assert got == (None if expected is None else pytest.approx(expected))
        loss = -np.log(np.where(labels == 1, scores, 1 - scores)).mean()
        assert result.history[f"{part}loss"][0] == pytest.approx(loss, abs=1e-5)


def test_the_f1_of_uneven_batches_is_not_their_mean(keras):
    x = np.zeros((10, 16, 16, 3), np.uint8)
    x[:6] = 255
    y = np.array([1, 1, 1, 0, 0, 0, 1, 0, 0, 0])
    network = plain(keras)
    network.set_weights([np.full((3, 1), 2.0), np.array([-1.0])])  # bright is fire
    result = fit(network, (x, y), (x, y), epochs=1, learning_rate=1e-12, batch_size=4)
    whole = metrics.f1_from_counts(tp=3, fp=3, fn=1)
    assert result.history["val_f1"] == [pytest.approx(whole)]
    batches = [metrics.f1_from_counts(tp=3, fp=1, fn=0), 0.0]
    assert np.mean(batches) != pytest.approx(whole, abs=0.05)


def test_a_score_of_one_half_counts_as_fire_as_it_does_in_a_detector(keras):
    network = plain(keras)
    network.set_weights([np.zeros((3, 1)), np.zeros(1)])
    x, y = np.zeros((4, 16, 16, 3), np.uint8), np.array([0, 1, 1, 1])
    result = fit(network, (x, y), epochs=1, monitor="loss", learning_rate=1e-30)
    assert result.history["recall"] == [1.0]
    assert result.history["precision"] == [0.75]


def test_undefined_figures_are_none_and_the_history_is_json(keras, data, tmp_path):
    network = plain(keras)
    network.set_weights([np.zeros((3, 1)), np.array([-9.0])])  # never fire
    fit(network, *data, epochs=1, out=tmp_path / "run", learning_rate=1e-12)
    text = (tmp_path / "run" / "history.json").read_text()
    history = json.loads(text, parse_constant=lambda name: pytest.fail(name))
    assert history["precision"] == history["val_precision"] == [None]
    assert history["val_recall"] == [0.0]


def test_any_figure_may_choose_the_epoch(data):
    for monitor in ("loss", "val_f1"):
        network = job.network()
        result = fit(
            network, *data, epochs=3, monitor=monitor, learning_rate=0.05, batch_size=8
        )
        values = result.history[monitor]
        known = [v for v in values if v is not None]
        best = min(known) if monitor == "loss" else max(known)
        assert result.best_value == best
        assert result.best_epoch == values.index(best) + 1
        assert result.out is None
        assert result.epochs == 3
        scores = network.predict_on_batch(data[1][0])[:, 0]
        assert result.history["val_accuracy"][result.best_epoch - 1] == pytest.approx(
            metrics.report(data[1][1], scores).accuracy
        )


def test_more_classes_have_loss_and_accuracy(keras, tmp_path):
    x = np.zeros((12, 16, 16, 3), np.uint8)
    y = np.arange(12) % 3
    for label in range(3):
        x[y == label, :, :, label] = 255
    network = plain(keras, 3, "softmax")
    result = fit(network, (x, y), (x, y), epochs=2, out=tmp_path / "run", batch_size=4)
    assert set(result.history) == {
        "loss",
        "accuracy",
        "val_loss",
        "val_accuracy",
        "seconds",
    }
    loaded = Detector.load(tmp_path / "run" / "model.keras")
    assert loaded.class_names == ("0", "1", "2")
    np.testing.assert_allclose(loaded.predict_proba(x).sum(1), 1, atol=1e-5)


def test_class_weights_weigh_the_loss(keras, data):
    network = plain(keras)
    (x, y) = data[0]
    scores = network.predict_on_batch(x)[:, 0]
    losses = -np.log(np.where(y == 1, scores, 1 - scores))
    result = fit(
        network,
        (x, y),
        epochs=1,
        monitor="loss",
        learning_rate=1e-12,
        class_weight={0: 1, 1: 5},
    )
    expected = (losses * np.where(y == 1, 5, 1)).mean()
    assert result.history["loss"][0] == pytest.approx(expected, rel=1e-4)


# --- seeds -----------------------------------------------------------------


def test_a_seed_decides_the_whole_training(uninterrupted, tmp_path):
    network, result = uninterrupted
    again, repeated = job.train(tmp_path / "again")
    np.testing.assert_array_equal(weights(again), weights(network))
    assert same(repeated.history, result.history)


def same(one, other):
    return {k: v for k, v in one.items() if k != "seconds"} == {
        k: v for k, v in other.items() if k != "seconds"
    }


def test_another_seed_gives_another_training(keras, data):
    found = []
    for seed in (0, 1):
        network = plain(keras)
        fit(network, *data, epochs=1, seed=seed, batch_size=8)
        found.append(weights(network))
    assert (found[0] != found[1]).any()


def test_datasets_train_as_repeatably(keras, data):
    tf = quiet.import_tensorflow()
    found = []
    for _ in range(2):
        batches = tf.data.Dataset.from_tensor_slices(data[0]).shuffle(36, seed=2)
        network = plain(keras)
        fit(network, batches.batch(8), epochs=2, monitor="loss")
        found.append(weights(network))
    np.testing.assert_array_equal(*found)


# --- what training leaves alone --------------------------------------------


def test_augmentation_works_in_training_only(keras, data):
    black = keras.layers.RandomBrightness((-1, -1), value_range=(0, 255))
    network = plain(keras)
    before = [layer.name for layer in network.layers]
    fitted = {"epochs": 1, "learning_rate": 1e-12}
    clear = fit(network, *data, **fitted)
    blind = fit(network, *data, augmentation=black, **fitted)
    # Of a black photograph the network can only say one half.
    assert blind.history["loss"][0] == pytest.approx(np.log(2), abs=1e-5)
    assert clear.history["loss"][0] != pytest.approx(np.log(2), abs=1e-3)
    assert blind.history["val_loss"] == pytest.approx(clear.history["val_loss"])
    assert [layer.name for layer in network.layers] == before


def test_an_optimizer_is_copied_and_its_rate_may_be_set(keras, data):
    optimizer = keras.optimizers.SGD(0.5, momentum=0.9)
    found = []
    for options in (
        {"optimizer": optimizer, "learning_rate": 0.25},
        {"optimizer": keras.optimizers.SGD(0.25, momentum=0.9)},
    ):
        network = plain(keras)
        fit(network, *data, epochs=1, **options)
        found.append(weights(network))
    assert not optimizer.built
    np.testing.assert_array_equal(*found)


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
        plain(keras),
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
    result = fit(plain(keras), *data, epochs=3, out=out)
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
    fit(plain(keras), *data, **fitted)
    with pytest.raises(TrainingError, match="a finished training of 1 epochs: choose"):
        fit(plain(keras), *data, **{**fitted, "epochs": 2})
    with pytest.raises(TrainingError, match="other settings .seed: 0 there, 1 now"):
        fit(plain(keras), *data, **fitted, seed=1)
    with pytest.raises(TrainingError, match="other settings .network"):
        fit(job.network(), *data, **fitted)
    (x, y), validation = data
    with pytest.raises(TrainingError, match="on other data .train"):
        fit(plain(keras), (x, 1 - y), validation, **fitted)
    (out / "model.keras").write_bytes(b"PK\x03\x04")
    with pytest.raises(TrainingError, match="its model cannot be used"):
        fit(plain(keras), *data, **fitted)


def test_patience_ends_the_training(keras, data, tmp_path):
    network = plain(keras)
    fitted = {"out": tmp_path / "run", "tensorboard": False, "patience": 2}
    # Uphill: the first epoch is the best.
    result = fit(network, *data, epochs=9, monitor="val_loss", mode="max", **fitted)
    losses = result.history["val_loss"]
    assert result.epochs == result.best_epoch + 2 == len(losses) < 9
    assert max(losses) == losses[result.best_epoch - 1]
    run = json.loads((tmp_path / "run" / "run.json").read_text())
    assert (run["epochs"], run["epochs_trained"]) == (9, result.epochs)
    again = fit(plain(keras), *data, epochs=9, mode="max", **fitted)
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


def test_the_best_epoch_may_lie_before_the_kill(keras, data, tmp_path):
    """A checkpoint that forgets its best takes the first epoch after the kill."""
    fitted = {"epochs": 3, "out": tmp_path / "run", "batch_size": 8, "mode": "max"}
    with pytest.raises(Stop):  # more is better: of a falling loss, the first epoch
        fit(plain(keras), *data, **fitted, progress=stop_at(7))
    network = plain(keras)
    result = fit(network, *data, **fitted)
    assert result.resumed_from == 1
    assert result.best_epoch == 1
    assert result.best_value == result.history["val_loss"][0]
    x, y = data[1]
    scores = network.predict_on_batch(x)[:, 0]
    loss = -np.log(np.where(y == 1, scores, 1 - scores)).mean()
    assert loss == pytest.approx(result.best_value, abs=1e-5)


def test_an_unfinished_training_may_be_made_longer(keras, data, tmp_path):
    fitted = {"out": tmp_path / "run", "batch_size": 8, "tensorboard": False}
    with pytest.raises(Stop):
        fit(plain(keras), *data, epochs=2, **fitted, progress=stop_at(7))
    result = fit(plain(keras), *data, epochs=3, **fitted)
    assert (result.resumed_from, result.epochs) == (1, 3)


def test_a_training_that_was_out_of_patience_trains_no_further(keras, data, tmp_path):
    fitted = {"epochs": 9, "out": tmp_path / "run", "batch_size": 8}
    fitted |= {"mode": "max", "patience": 1, "tensorboard": False}
    calls = []

    def stop_after_the_second_epoch(done, total):
        calls.append(done)
        if calls.count(10) == 2:  # at its last batch, then at its end
            raise Stop

    # Killed when the last state was written, and the model was not yet.
    with pytest.raises(Stop):
        fit(plain(keras), *data, **fitted, progress=stop_after_the_second_epoch)
    calls.clear()
    result = fit(plain(keras), *data, **fitted, progress=stop_after_the_second_epoch)
    assert result.resumed_from == result.epochs == 2
    assert result.best_epoch == 1
    assert calls == []


def test_a_damaged_state_is_named(keras, data, tmp_path):
    fitted = {"epochs": 3, "out": tmp_path / "run", "batch_size": 8}
    with pytest.raises(Stop):
        fit(plain(keras), *data, **fitted, progress=stop_at(7))
    state = tmp_path / "run" / "state"
    (state / "epoch-000001" / "arrays.npz").write_bytes(b"not arrays")
    with pytest.raises(TrainingError, match="epoch-000001 is damaged.*begin again"):
        fit(plain(keras), *data, **fitted)


# --- folders and disks -----------------------------------------------------


def test_a_folder_of_something_else_is_left_alone(keras, data, tmp_path):
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(TrainingError, match="holds other files and no training"):
        fit(plain(keras), *data, epochs=1, out=tmp_path)
    assert [item.name for item in tmp_path.iterdir()] == ["thesis.txt"]
    (tmp_path / "run.json").write_text("{half")
    with pytest.raises(TrainingError, match="run.json is damaged"):
        fit(plain(keras), *data, epochs=1, out=tmp_path)


def test_a_file_is_no_folder(keras, data, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(files.FileError, match="is a file, not a folder"):
        fit(plain(keras), *data, epochs=1, out=tmp_path / "file")
    with pytest.raises(files.FileError, match="is a file, not a folder"):
        fit(plain(keras), *data, epochs=1, out=tmp_path / "file" / "run")


def test_a_read_only_folder_is_named_before_training(keras, data, tmp_path):
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    if os.access(folder, os.W_OK):  # the superuser may write everywhere but here
        folder = Path("/sys")
        if not folder.is_dir():
            pytest.skip("this user may write into every folder")
    with pytest.raises(files.FileError, match="may not write|read-only"):
        fit(plain(keras), *data, epochs=1, out=folder / "run")


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


# --- progress --------------------------------------------------------------


def test_progress_counts_batches_to_the_end(keras, data):
    calls = []
    fit(
        plain(keras),
        *data,
        epochs=2,
        batch_size=8,
        progress=lambda *call: calls.append(call),
    )
    assert calls == sorted(calls)
    assert {total for _, total in calls} == {10}
    assert sorted({done for done, _ in calls}) == list(range(11))


def test_a_bar_on_a_terminal_shows_the_figures(keras, data, monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("TERM", "xterm")
    fit(plain(keras), *data, epochs=2, progress="bar")
    out, err = capsys.readouterr()
    assert out == ""
    for word in ("epoch 2/2", "loss", "val_loss", "val_accuracy", "left"):
        assert word in err


def test_no_bar_where_there_is_no_terminal(keras, data, monkeypatch, capsys):
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    fit(plain(keras), *data, epochs=1, progress="bar")
    assert capsys.readouterr() == ("", "")


# --- what cannot be trained ------------------------------------------------


def refused(sentence, *arguments, **options):
    with pytest.raises(TrainingError, match=sentence) as caught:
        fit(*arguments, **{"epochs": 1, **options})
    assert "\n" not in str(caught.value)


def test_data_that_cannot_be_trained_on(keras, data):
    net = plain(keras)
    (x, y), validation = data
    refused("label 1: .* at least two", net, (x, np.ones(36)), validation)
    refused("label 0: .* at least two", net, (x, np.zeros(36, int)), monitor="loss")
    refused("of 16x16x3, and the training data holds 8x8x3", net, (x[:, :8, :8], y))
    refused("36 photographs and labels of shape .35,.", net, (x, y[:35]))
    refused("labels of shape .36, 1.", net, (x, y[:, None]))
    refused("holds no photograph", net, (x[:0], y[:0]))
    refused("are 0 and 1, not 0, 2", net, (x, 2 * y))
    refused("are 0 and 1, not 0.5", net, (x, y * 0 + 0.5))
    refused("The validation labels .* not 7", net, (x, y), (x, y * 0 + 7))
    refused("not ndarray", net, x)
    classes = plain(keras, 3, "softmax")
    refused("3 outputs are 0 to 2, not 0, 3", classes, (x, y * 3))


def test_datasets_that_cannot_be_trained_on(keras, data):
    tf = quiet.import_tensorflow()
    net = plain(keras)
    (x, y), _ = data
    slices = tf.data.Dataset.from_tensor_slices
    refused("batch it with", net, slices((x, y)), monitor="loss")
    refused("gives no labels", net, slices(x).batch(8), monitor="loss")
    small = slices((x[:, :8], y)).batch(8)
    refused("training data holds 8x16x3", net, small, monitor="loss")
    ones = slices((x, np.ones(36))).batch(8)
    refused("label 1: .* at least two", net, ones, monitor="loss")


def test_options_that_make_no_sense(keras, data):
    net = plain(keras)
    refused("'val_loss' needs validation data.*monitor='loss'", net, data[0])
    refused("'val_f2'; did you mean 'val_f1'", net, *data, monitor="val_f2")
    refused("There are: loss, accuracy", net, *data, monitor="beauty")
    refused("epochs is a whole number from 1, not 0", net, *data, epochs=0)
    refused("patience is a whole number", net, *data, patience=0)
    refused("batch_size is a whole number", net, *data, batch_size=0.5)
    refused("threshold is a probability", net, *data, threshold=2)
    refused("no optimizer called 'adamm'", net, *data, optimizer="adamm")
    refused("learning_rate is a number above 0", net, *data, learning_rate=0)
    refused("'bar', a function or None, not 'line'", net, *data, progress="line")
    refused("not 'best'", net, *data, mode="best")


def test_networks_that_give_no_probability(keras, data, tmp_path):
    logits = plain(keras, 1, None)
    refused("end it in one sigmoid or a softmax", logits, *data)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    result = fit(logits, *data, epochs=1, loss=loss)
    assert set(result.history) == {"loss", "val_loss", "seconds"}
    refused("or leave out away", logits, *data, loss=loss, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_names_that_do_not_fit_are_found_before_training(keras, data, tmp_path):
    with pytest.raises(ValueError, match="3 class names were given"):
        fit(
            plain(keras),
            *data,
            epochs=1,
            out=tmp_path / "run",
            class_names=("a", "b", "c"),
        )
    assert not (tmp_path / "run").exists()


def test_a_loss_that_is_no_number_ends_the_training(data, tmp_path):
    network = job.network()
    refused(
        "The loss became (nan|inf) in epoch 1: .* lower learning rate than 1e",
        network,
        *data,
        learning_rate=1e38,
        epochs=3,
        out=tmp_path / "run",
        tensorboard=False,
    )
    assert not (tmp_path / "run" / "model.keras").exists()
    assert not (tmp_path / "run" / "state").exists()
