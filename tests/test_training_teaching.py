"""What chapters 5 and 8 say of training: checkpoints, F1, logits."""

import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest

from fire_course import models, quiet, training
from fire_course.callbacks import BestWeights

keras = quiet.import_keras()
_path = Path(__file__).with_name("training_jobs.py")
_spec = importlib.util.spec_from_file_location("training_jobs", _path)
jobs = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(jobs)


class Figures(keras.callbacks.Callback):
    """Let the validation loss follow a script, and mark the weights by the epoch."""

    def __init__(self, losses):
        super().__init__()
        self.losses = losses

    def on_epoch_end(self, epoch, logs=None):
        logs["val_loss"] = self.losses[epoch]
        kernel, bias = self.model.layers[-1].get_weights()
        self.model.layers[-1].set_weights([kernel * 0 + epoch + 1, bias])


def run(network, callbacks, losses, begin=0):
    photos, labels = jobs.data()[0]
    network.fit(
        photos,
        labels,
        initial_epoch=begin,
        epochs=len(losses),
        verbose=0,
        callbacks=[Figures(losses), *callbacks],
    )


def epoch_of(network):
    """Tell which epoch's weights a network has: the mean of its last kernel."""
    return float(np.mean(network.layers[-1].get_weights()[0]))


LOSSES = [0.5, 0.2, 0.9, 0.6]  # epoch 2 is the best; 3 and 4 come after the resume


def compiled():
    network = jobs.plain()
    network.compile("sgd", "binary_crossentropy")
    return network


def test_a_checkpoint_forgets_its_best_over_a_resume(tmp_path):
    path = tmp_path / "best.keras"

    def checkpoint(**options):
        return keras.callbacks.ModelCheckpoint(
            path, monitor="val_loss", save_best_only=True, **options
        )

    run(compiled(), [checkpoint()], LOSSES[:2])
    assert epoch_of(keras.saving.load_model(path)) == 2
    # Resumed in another process the callback is new: anything beats infinity.
    run(compiled(), [checkpoint()], LOSSES, begin=2)
    assert epoch_of(keras.saving.load_model(path)) == 4

    run(compiled(), [checkpoint()], LOSSES[:2])
    told = checkpoint(initial_value_threshold=0.2)  # Keras's own way out
    run(compiled(), [told], LOSSES, begin=2)
    assert epoch_of(keras.saving.load_model(path)) == 2


def test_best_weights_keep_it_in_one_run_and_can_be_told_of_an_earlier_one():
    network, best = compiled(), BestWeights()
    run(network, [best], LOSSES)
    assert (best.epoch, best.value) == (2, 0.2)
    assert epoch_of(network) == 2
    later, resumed = compiled(), BestWeights()
    resumed.epoch, resumed.value, resumed.weights = best.epoch, best.value, best.weights
    run(later, [resumed], LOSSES, begin=2)
    assert (resumed.epoch, epoch_of(later)) == (2, 2)


@pytest.mark.parametrize("seed", [0, 1])
def test_f1_of_an_epoch_is_counted_not_averaged(seed):
    """Erratum 28, with scikit-learn as the judge."""
    from sklearn.metrics import f1_score

    generator = np.random.default_rng(seed)
    labels = (generator.random(50) < 0.2).astype(int)
    labels[:2] = 0, 1
    photos = generator.integers(0, 256, (50, 16, 16, 3), dtype=np.uint8)
    photos[..., 0] //= 2
    network = jobs.plain()
    result = training.fit(
        network,
        (photos, labels),
        (photos, labels),
        epochs=1,
        learning_rate=1e-12,
        batch_size=5,
        monitor="val_loss",
    )
    called = network.predict(photos, verbose=0)[:, 0] >= 0.5
    expected = f1_score(labels, called)
    assert result.history["val_f1"][0] == pytest.approx(expected)
    batches = [
        f1_score(labels[i : i + 5], called[i : i + 5], zero_division=0)
        for i in range(0, 50, 5)
    ]
    assert abs(np.mean(batches) - expected) > 0.01


def test_logits_are_trained_with_a_loss_that_knows():
    """The network with the softmax has the weights that its logits were trained to."""
    photos = np.zeros((40, 18, 18, 3), np.uint8)
    labels = np.arange(40) % 3
    for label in range(3):
        photos[labels == label, :, :, label] = 255
    network = models.cifar10_cnn((18, 18, 3), classes=3, seed=2)
    bare = models.logits(network)
    result = training.fit(
        bare,
        (photos, labels),
        epochs=8,
        monitor="loss",
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    assert result.history["loss"][-1] < 0.2
    assert (network.predict(photos, verbose=0).argmax(1) == labels).all()


def test_from_logits_is_safe_where_the_softmax_is_not():
    """Errata 10 and 11: at a logit of 1000 the probability of the other is 0."""
    logits, label = np.array([[1000.0, 0.0]], np.float32), np.array([1])
    losses = keras.losses
    safe = losses.SparseCategoricalCrossentropy(from_logits=True)(label, logits)
    # As numbers: a tensor of this softmax remembers its logits, and Keras takes them.
    probabilities = keras.ops.convert_to_numpy(keras.ops.softmax(logits))
    clipped = losses.SparseCategoricalCrossentropy()(label, probabilities)
    assert float(safe) == pytest.approx(1000)
    assert float(clipped) < 20  # clipped: it no longer says how wrong
    assert math.isclose(probabilities.sum(), 1)
