"""Heads on features: equal to training end to end, and in far less time."""

import numpy as np
import pytest

from fire_course import models, quiet, sweep, training, transfer

KERAS = quiet.import_keras()


@pytest.fixture(scope="module")
def data():
    """Sixty pictures of three kinds, hard enough that epochs differ."""
    generator = np.random.default_rng(3)
    labels = np.arange(60) % 3
    photos = generator.integers(0, 180, (60, 32, 32, 3))
    for i, label in enumerate(labels):
        photos[i, :, :, label] += 40
    return photos.astype(np.uint8), labels


@pytest.fixture(scope="module")
def base(data):
    """A small backbone whose normalisation knows the photographs' means."""
    network = models.fire_net((32, 32, 3), width=0.5, seed=8)
    for _ in range(30):
        network(data[0], training=True)
    return transfer.trunk(network)


def split(data):
    photos, labels = data
    return (photos[:42], labels[:42]), (photos[42:], labels[42:])


@pytest.mark.parametrize(
    ("inner", "dropout", "classes"), [(0, 0.0, 3), (6, 0.4, 3), (5, 0.2, 1)]
)
def test_cached_equals_end_to_end(inner, dropout, classes, data, base, tmp_path):
    """The same batches, in the same order, with the same dropout."""
    photos, labels = data
    data = photos, (labels if classes == 3 else (labels == 1).astype(int))
    train, validation = split(data)
    options = {"inner": inner, "dropout": dropout, "classes": classes, "seed": 4}
    how = {"epochs": 3, "batch_size": 16, "learning_rate": 0.01, "seed": 9}
    whole = transfer.transfer_model(base, **options)
    slow = training.fit(whole, train, validation, **how)

    other = transfer.transfer_model(base, **options)
    vectors = [
        (transfer.features(other, part[0], cache=tmp_path), part[1])
        for part in (train, validation)
    ]
    alone = transfer.head(vectors[0][0].shape[1], **options)
    fast = training.fit(alone, *vectors, **how)
    for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
        np.testing.assert_allclose(fast.history[name], slow.history[name], atol=1e-4)
    transfer.with_head(other, alone)
    expected = whole.predict_on_batch(photos)
    assert np.ptp(expected, axis=0).min() > 0.05  # it has learned something
    np.testing.assert_allclose(other.predict_on_batch(photos), expected, atol=1e-4)


def test_many_heads_at_once_equal_one_after_another(data, base):
    (x, y), (vx, vy) = split(data)
    train = transfer.features(base, x), y
    validation = transfer.features(base, vx), vy
    settings = [
        {"learning_rate": 0.001},
        {"learning_rate": 0.1},
        {"learning_rate": 0.01, "inner": 7, "dropout": 0.5},
        {"learning_rate": 0.001},
    ]
    runs = transfer.sweep_heads(
        settings, train, validation, epochs=4, batch_size=16, seed=2
    )
    trial = transfer.HeadTrial(epochs=4, seed=2, fixed={"batch_size": 16})
    for run, each in zip(runs, settings, strict=True):
        one = trial(each, {"train": train, "validation": validation})
        for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
            np.testing.assert_allclose(
                run.history[name], one["history"][name], atol=1e-4
            )
        assert run.best_epoch == one["best_epoch"]
        assert run.best["val_loss"] == pytest.approx(one["val_loss"], abs=1e-4)
        assert run.settings == each
    # The first and the last are the same, whatever was trained between them.
    assert runs[0].history == runs[3].history
    assert runs[0].history != runs[1].history


def test_the_best_head_goes_back_behind_the_backbone(data, base):
    photos, labels = data
    vectors = transfer.features(base, photos)
    (run,) = transfer.sweep_heads(
        [{"learning_rate": 0.05, "inner": 5}],
        (vectors, labels),
        (vectors, labels),
        epochs=5,
    )
    network = transfer.transfer_model(base, classes=3, inner=5)
    transfer.with_head(network, run)
    scores = network.predict_on_batch(photos)
    right = (scores.argmax(1) == labels).mean()
    assert right == pytest.approx(run.best["val_accuracy"], abs=1e-6)
    loss = -np.log(scores[np.arange(60), labels]).mean()
    assert loss == pytest.approx(run.best["val_loss"], abs=1e-3)


def test_views_are_more_to_learn_from(data, base):
    from fire_course import augmentation

    photos, labels = data
    vectors = transfer.features(
        base, photos, views=2, augmentation=augmentation.layers(flip=True)
    )
    x, y = transfer.stacked(vectors, labels)
    assert x.shape == (180, vectors.shape[-1]) and (y[60:120] == labels).all()
    settings = {"learning_rate": [0.01]}
    (views,) = transfer.sweep_heads(
        settings, (vectors, labels), (vectors[0], labels), epochs=2
    )
    (rows,) = transfer.sweep_heads(settings, (x, y), (vectors[0], labels), epochs=2)
    assert views.history == rows.history


def test_a_sweep_in_processes_ranks_heads(data, base, tmp_path):
    (x, y), (vx, vy) = split(data)
    given = {
        "train": (transfer.features(base, x), y),
        "validation": (transfer.features(base, vx), vy),
    }
    trial = transfer.HeadTrial(epochs=2)
    result = sweep.sweep(
        {"learning_rate": [0.03, 1e-7]},
        trial,
        data=given,
        out=tmp_path,
        fresh=False,
        tensorboard=False,
    )
    assert [row.status for row in result] == ["done", "done"]
    here = trial({"learning_rate": 0.03}, given)
    assert result.rows[0].figures["val_loss"] == pytest.approx(
        here["val_loss"], abs=1e-4
    )
    again = sweep.sweep(
        {"learning_rate": [0.03, 1e-7]}, trial, data=given, out=tmp_path, fresh=False
    )
    assert again.skipped == 2


def test_large_logits_are_no_trouble():
    """A softmax that rounds to 0 has no logarithm; a loss on logits needs none."""
    x = np.array([[1000.0, 0.0], [0.0, 1000.0]] * 4, np.float32)
    y = np.array([0, 1] * 4)
    for labels, classes in ((y, 1), (y * 2, 3)):
        (run,) = transfer.sweep_heads(
            {"learning_rate": [1.0]}, (x, labels), (x, labels), epochs=8
        )
        assert np.isfinite(run.history["loss"]).all()
        assert np.isfinite(run.history["val_loss"]).all()
        assert run.head().output_shape == (None, classes)


def test_the_parts_of_the_source_add_up():
    assert transfer.head(2048, inner=1024, classes=1).count_params() == 2_099_201
    assert transfer.head(1280, classes=2).count_params() == 2_562


def test_what_does_not_fit_is_refused(data, base):
    network = transfer.transfer_model(base, classes=3, inner=4)
    width = network.get_layer("average").output.shape[-1]
    for wrong in (
        transfer.head(width, classes=2, inner=4),
        transfer.head(width, classes=3),
        transfer.head(width + 1, classes=3, inner=4),
    ):
        with pytest.raises(transfer.TransferError, match="does not fit"):
            transfer.with_head(network, wrong)
    x, y = np.zeros((4, 3), np.float32), np.arange(4) % 2
    with pytest.raises(transfer.TransferError, match="no setting 'rate'"):
        transfer.sweep_heads([{"rate": 1}], (x, y), (x, y))
    with pytest.raises(transfer.TransferError, match="above 0"):
        transfer.sweep_heads([{"learning_rate": 0}], (x, y), (x, y))
    with pytest.raises(transfer.TransferError, match="from the same network"):
        transfer.sweep_heads([{}], (x, y), (x[:, :2], y))
    with pytest.raises(transfer.TransferError, match="no setting 'conv'"):
        transfer.HeadTrial().check({"conv": 3})
