"""Training: the best weights, true figures, seeds, and what is refused."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from fire_course import metrics, quiet
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
_path = Path(__file__).with_name("training_jobs.py")
_spec = importlib.util.spec_from_file_location(_path.stem, _path)
job = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(job)


@pytest.fixture(scope="module")
def keras():
    return quiet.import_keras()


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
    network = job.plain()
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


def test_epoch_timer_measures_each_epoch(data):
    network = job.plain()
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


def test_figures_are_counted_over_the_epoch_not_averaged(data):
    """The oracle: the network's own scores of the same photographs."""
    (x, y), (vx, vy) = data
    network = job.plain()
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


def test_the_f1_of_uneven_batches_is_not_their_mean():
    x = np.zeros((10, 16, 16, 3), np.uint8)
    x[:6] = 255
    y = np.array([1, 1, 1, 0, 0, 0, 1, 0, 0, 0])
    network = job.plain()
    network.set_weights([np.full((3, 1), 2.0), np.array([-1.0])])  # bright is fire
    result = fit(network, (x, y), (x, y), epochs=1, learning_rate=1e-12, batch_size=4)
    whole = metrics.f1_from_counts(tp=3, fp=3, fn=1)
    assert result.history["val_f1"] == [pytest.approx(whole)]
    batches = [metrics.f1_from_counts(tp=3, fp=1, fn=0), 0.0]
    assert np.mean(batches) != pytest.approx(whole, abs=0.05)


def test_a_score_of_one_half_counts_as_fire_as_it_does_in_a_detector():
    network = job.plain()
    network.set_weights([np.zeros((3, 1)), np.zeros(1)])
    x, y = np.zeros((4, 16, 16, 3), np.uint8), np.array([0, 1, 1, 1])
    result = fit(network, (x, y), epochs=1, monitor="loss", learning_rate=1e-30)
    assert result.history["recall"] == [1.0]
    assert result.history["precision"] == [0.75]


def test_undefined_figures_are_none_and_the_history_is_json(data, tmp_path):
    network = job.plain()
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
    network = job.plain(3, "softmax")
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


def test_class_weights_weigh_the_loss(data):
    network = job.plain()
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


def test_another_seed_gives_another_training(data):
    found = []
    for seed in (0, 1):
        network = job.plain()
        fit(network, *data, epochs=1, seed=seed, batch_size=8)
        found.append(weights(network))
    assert (found[0] != found[1]).any()


def test_datasets_train_as_repeatably(data):
    tf = quiet.import_tensorflow()
    found = []
    for _ in range(2):
        batches = tf.data.Dataset.from_tensor_slices(data[0]).shuffle(36, seed=2)
        network = job.plain()
        fit(network, batches.batch(8), epochs=2, monitor="loss")
        found.append(weights(network))
    np.testing.assert_array_equal(*found)


# --- what training leaves alone --------------------------------------------


def test_augmentation_works_in_training_only(keras, data):
    black = keras.layers.RandomBrightness((-1, -1), value_range=(0, 255))
    network = job.plain()
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
        network = job.plain()
        fit(network, *data, epochs=1, **options)
        found.append(weights(network))
    assert not optimizer.built
    np.testing.assert_array_equal(*found)


# --- progress --------------------------------------------------------------


def test_progress_counts_batches_to_the_end(data):
    calls = []
    fit(
        job.plain(),
        *data,
        epochs=2,
        batch_size=8,
        progress=lambda *call: calls.append(call),
    )
    assert calls == sorted(calls)
    assert {total for _, total in calls} == {10}
    assert sorted({done for done, _ in calls}) == list(range(11))


def test_a_bar_on_a_terminal_shows_the_figures(data, monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("TERM", "xterm")
    fit(job.plain(), *data, epochs=2, progress="bar")
    out, err = capsys.readouterr()
    assert out == ""
    for word in ("epoch 2/2", "loss", "val_loss", "val_accuracy", "left"):
        assert word in err


def test_no_bar_where_there_is_no_terminal(data, monkeypatch, capsys):
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    fit(job.plain(), *data, epochs=1, progress="bar")
    assert capsys.readouterr() == ("", "")


# --- what cannot be trained ------------------------------------------------


def refused(sentence, *arguments, **options):
    with pytest.raises(TrainingError, match=sentence) as caught:
        fit(*arguments, **{"epochs": 1, **options})
    assert "\n" not in str(caught.value)


def test_data_that_cannot_be_trained_on(data):
    net = job.plain()
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
    classes = job.plain(3, "softmax")
    refused("3 outputs are 0 to 2, not 0, 3", classes, (x, y * 3))


def test_datasets_that_cannot_be_trained_on(data):
    tf = quiet.import_tensorflow()
    net = job.plain()
    (x, y), _ = data
    slices = tf.data.Dataset.from_tensor_slices
    refused("batch it with", net, slices((x, y)), monitor="loss")
    refused("gives no labels", net, slices(x).batch(8), monitor="loss")
    small = slices((x[:, :8], y)).batch(8)
    refused("training data holds 8x16x3", net, small, monitor="loss")
    ones = slices((x, np.ones(36))).batch(8)
    refused("label 1: .* at least two", net, ones, monitor="loss")


def test_options_that_make_no_sense(data):
    net = job.plain()
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
    logits = job.plain(1, None)
    refused("end it in one sigmoid or a softmax", logits, *data)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    result = fit(logits, *data, epochs=1, loss=loss)
    assert set(result.history) == {"loss", "val_loss", "seconds"}
    refused("or leave out away", logits, *data, loss=loss, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_names_that_do_not_fit_are_found_before_training(data, tmp_path):
    with pytest.raises(ValueError, match="3 class names were given"):
        fit(
            job.plain(),
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
