"""Within an epoch: each batch, the running mean, the weights at the end."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fire_course import quiet
from fire_course.batches import BatchHistory, dropout_draws, replay
from fire_course.callbacks import TrainingError

keras = quiet.import_keras()
_path = Path(__file__).with_name("training_jobs.py")
_spec = importlib.util.spec_from_file_location("training_jobs", _path)
jobs = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(jobs)


# --- each batch alone ----------------------------------------------------------


@settings(deadline=None)
@given(
    st.lists(st.lists(st.floats(-5, 5), min_size=1, max_size=40), min_size=1),
    st.integers(1, 7),
    st.data(),
)
def test_batches_come_back_from_their_running_means(epochs, batch_size, data):
    count = len(epochs[0])
    epochs = [epoch[:count] + [0.0] * (count - len(epoch)) for epoch in epochs]
    last = data.draw(st.integers(1, batch_size))
    sizes = [batch_size] * (count - 1) + [last]
    history = BatchHistory(count=sum(sizes), batch_size=batch_size)
    for epoch in epochs:
        history.on_epoch_begin(0)
        total, seen = 0.0, 0
        for value, size in zip(epoch, sizes, strict=True):
            total, seen = total + value * size, seen + size
            history.on_train_batch_end(0, {"loss": total / seen})
    np.testing.assert_allclose(history.alone("loss"), epochs, atol=1e-9)


def test_frozen_weights_give_what_evaluate_gives_for_each_batch():
    """With a learning rate of 0 each batch alone is an evaluation of it."""
    (photos, labels), _ = jobs.data()
    network = jobs.plain()
    network.compile(
        keras.optimizers.SGD(0.0), "binary_crossentropy", metrics=["accuracy"]
    )
    history = BatchHistory(count=len(photos), batch_size=10)  # 36: the last has 6
    network.fit(
        photos,
        labels,
        batch_size=10,
        epochs=2,
        shuffle=False,
        verbose=0,
        callbacks=[history],
    )
    assert history.epochs == 2
    for name, at in (("loss", 0), ("accuracy", 1)):
        expected = [
            network.evaluate(photos[i : i + 10], labels[i : i + 10], verbose=0)[at]
            for i in range(0, 36, 10)
        ]
        for epoch in history.alone(name):
            np.testing.assert_allclose(epoch, expected, atol=1e-5)
    whole = network.evaluate(photos, labels, verbose=0)
    assert history.running["loss"][0][-1] == pytest.approx(whole[0], abs=1e-5)


@pytest.mark.parametrize("batch_size", [1, 5, 36])
def test_any_number_of_batches(batch_size):
    (photos, labels), _ = jobs.data()
    network = jobs.plain()
    network.compile("sgd", "binary_crossentropy")
    history = BatchHistory()
    network.fit(
        photos, labels, batch_size=batch_size, epochs=3, verbose=0, callbacks=[history]
    )
    counts = [len(epoch) for epoch in history.alone("loss")]
    assert counts == [-(-36 // batch_size)] * 3


def test_figures_that_are_not_there():
    with pytest.raises(
        TrainingError, match="No figure is called 'f1'; there are: none"
    ):
        BatchHistory().alone("f1")
    with pytest.raises(TrainingError, match="count and batch_size both, or neither"):
        BatchHistory(count=3)


# --- an epoch replayed ---------------------------------------------------------


@pytest.mark.parametrize(("classes", "activation"), [(1, "sigmoid"), (2, "softmax")])
def test_the_running_mean_is_what_keras_prints(classes, activation):
    """Keras's own fit over the same batches ends in the same log and weights."""
    (photos, labels), _ = jobs.data()
    network, other = (jobs.plain(classes, activation) for _ in range(2))
    epoch = replay(network, photos, labels, batch_size=8, optimizer="sgd", seed=3)
    order = np.random.default_rng(3).permutation(36)
    loss = "binary_crossentropy" if classes == 1 else "sparse_categorical_crossentropy"
    other.compile("sgd", loss, metrics=["accuracy"])
    history = BatchHistory()
    log = other.fit(
        photos[order],
        labels[order],
        batch_size=8,
        shuffle=False,
        verbose=0,
        callbacks=[history],
    ).history
    np.testing.assert_allclose(
        epoch.running_accuracy, history.running["accuracy"][0], atol=1e-5
    )
    np.testing.assert_allclose(
        epoch.running_loss, history.running["loss"][0], atol=1e-5
    )
    assert epoch.running_accuracy[-1] == pytest.approx(log["accuracy"][0], abs=1e-6)
    np.testing.assert_allclose(
        network.get_weights()[0], other.get_weights()[0], atol=1e-6
    )
    final = other.evaluate(photos, labels, verbose=0)
    assert (epoch.final_loss, epoch.final_accuracy) == pytest.approx(final, abs=1e-5)
    assert epoch.sizes.tolist() == [8, 8, 8, 8, 4]


def test_the_log_differs_from_the_last_batch_and_from_the_final_weights():
    """Errata 5 and 6: while the network learns, three different figures."""
    photos = np.zeros((64, 16, 16, 3), np.uint8)
    labels = np.arange(64) % 2
    photos[labels == 0] = 255  # what this network's first weights get wrong
    epoch = replay(jobs.plain(), photos, labels, batch_size=4, learning_rate=0.5)
    assert epoch.accuracy[-1] == 1 == epoch.final_accuracy
    assert epoch.running_accuracy[-1] < 1
    assert epoch.running_loss[-1] > 2 * epoch.final_loss


def test_dropout_alone_parts_the_log_from_evaluate():
    (photos, labels), _ = jobs.data()
    inputs = keras.Input((16, 16, 3))
    x = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(inputs))
    x = keras.layers.Dropout(0.5, seed=1)(x)
    network = keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(x))
    frozen = keras.optimizers.SGD(1e-30)
    epoch = replay(network, photos, labels, batch_size=36, optimizer=frozen)
    assert abs(epoch.loss[0] - epoch.final_loss) > 1e-3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"labels": [1, 0]}, "36 photographs have 2 labels"),
        ({"batch_size": 0}, "batch_size is a whole number from 1"),
        ({"optimizer": "fast"}, "no optimizer called 'fast'"),
    ],
)
def test_what_cannot_be_replayed(change, words):
    (photos, labels), _ = jobs.data()
    options = {"photos": photos, "labels": labels, **change}
    with pytest.raises(TrainingError, match=words):
        replay(jobs.plain(), **options)


# --- dropout -------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0.0, 0.2, 0.5, 0.8])
def test_dropout_zeroes_a_share_and_scales_the_rest(rate):
    """Erratum 7: by sample, with 1 / (1 - rate); the mean stays."""
    values = np.linspace(1, 2, 500, dtype=np.float32)
    rows = dropout_draws(values, rate, count=60)
    kept = rows != 0
    expected = np.broadcast_to(values / (1 - rate), rows.shape)
    np.testing.assert_allclose(rows[kept], expected[kept], rtol=1e-5)
    # 30,000 draws: five standard deviations of their share are .0144 at most.
    assert abs(kept.mean() - (1 - rate)) <= 0.0145
    assert rows.mean() == pytest.approx(values.mean(), rel=0.06)
    if rate:
        assert len({row.tobytes() for row in kept}) == 60  # each row its own zeros
    assert (rows == dropout_draws(values, rate, count=60)).all()


def test_a_rate_that_is_none():
    with pytest.raises(TrainingError, match="rate is a share"):
        dropout_draws([1.0], 1.0)
