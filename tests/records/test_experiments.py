"""The table of experiments, against what the course promises of each."""

import json

import numpy as np
import pytest

from fire_course import models, quiet, records
from fire_course.records import EXPERIMENTS, Experiment, steps

NAMES = ["fire-cnn-photos", "fire-net-photos", "fire-net-scenes", "fire-net-both"]


def test_the_four_experiments():
    assert list(EXPERIMENTS) == NAMES


def test_the_source_is_followed_where_it_is_repeated():
    """Adam at its default rate, batches of 32, 250 px, no augmentation."""
    source = EXPERIMENTS["fire-cnn-photos"]
    assert (source.model, source.image_size) == ("fire_cnn", 250)
    assert source.batch_size == 32
    assert source.epochs > 13  # the one that the source kept
    assert source.monitor == "val_loss"
    assert not source.augmentation
    optimiser = steps.optimiser(source, 50, 38)
    keras = quiet.import_keras()
    assert type(optimiser) is keras.optimizers.Adam
    assert float(optimiser.learning_rate) == pytest.approx(0.001)


@pytest.mark.parametrize("name", NAMES)
def test_photographs_and_scenes_as_the_name_says(name):
    experiment = EXPERIMENTS[name]
    assert name == f"{experiment.model.replace('_', '-')}-{experiment.trained_on}"
    assert (experiment.scenes > 0) == (experiment.trained_on != "photos")
    assert experiment.needs_photos == (experiment.trained_on != "scenes")
    assert experiment.validate_on == experiment.trained_on


@pytest.mark.parametrize("name", NAMES)
def test_settings_are_json_and_buildable(name):
    experiment = EXPERIMENTS[name]
    settings = experiment.settings()
    assert json.loads(json.dumps(settings)) == settings
    shape = (experiment.image_size, experiment.image_size, 3)
    network = models.build(experiment.model, shape, **experiment.network)
    assert network.output_shape == (None, 1)


@pytest.mark.parametrize("name", NAMES)
def test_augmentation_changes_pictures_and_leaves_their_range(name):
    experiment = EXPERIMENTS[name]
    layers = steps.layers(experiment.augmentation, 0)
    if layers is None:
        assert not experiment.augmentation
        return
    keras = quiet.import_keras()
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (4, 64, 64, 3)).astype("float32")
    for name, layer in zip(_names(experiment), layers, strict=True):
        before, pictures = pictures, layer(pictures, training=True)
        changed = keras.ops.convert_to_numpy(pictures)
        assert not np.array_equal(changed, before), name
    assert changed.shape == (4, 64, 64, 3)
    assert changed.min() >= 0
    assert changed.max() <= 255.001
    assert changed.max() > 100  # and not left between 0 and 1
    # Light may change, but not so far that day becomes night.
    assert 40 < changed.mean() < 215


def _names(experiment):
    return [name for name, _ in experiment.augmentation]


def test_a_cosine_rises_then_falls_to_nothing():
    experiment = Experiment(
        title="t",
        model="fire_net",
        trained_on="photos",
        image_size=32,
        epochs=10,
        schedule="cosine",
        warmup=1,
        learning_rate=0.01,
    )
    optimiser = steps.optimiser(experiment, 10, 20)
    schedule = optimiser._learning_rate
    rates = [float(schedule(step)) for step in range(201)]
    assert rates[0] == 0
    assert max(rates) == pytest.approx(0.01)
    assert int(np.argmax(rates)) == 20
    assert rates[-1] == pytest.approx(0, abs=1e-8)
    assert all(np.diff(rates[20:]) <= 0)


@pytest.mark.parametrize(
    "wrong",
    [{"trained_on": "paintings"}, {"validate_on": "none"}, {"schedule": "linear"}],
)
def test_settings_that_mean_nothing_are_refused(wrong):
    settings = {"title": "t", "model": "fire_net", "trained_on": "photos"}
    with pytest.raises(ValueError, match="it is"):
        Experiment(**(settings | {"image_size": 32, "epochs": 1} | wrong))


def test_an_unknown_experiment_is_told_what_there_is():
    with pytest.raises(ValueError, match="fire-net-scenes"):
        records.get("fire_net_scenes")


def test_records_that_are_none(tmp_path):
    with pytest.raises(ValueError, match="fire-course reproduce"):
        records.read(tmp_path / "fire-net-both.json")
    for text, words in (("{", "not JSON"), ("[1]", "lacks"), ('{"seed": 0}', "lacks")):
        (tmp_path / "bad.json").write_text(text)
        with pytest.raises(ValueError, match=words):
            records.read(tmp_path / "bad.json")
    with pytest.raises(ValueError, match="no experiment is called"):
        records.read("nonesuch")
