"""The table of the runs beside fire, against what their sources did."""

import json
import math

import numpy as np
import pytest

from fire_course import models, quiet, records
from fire_course.data import registry
from fire_course.records import PLANS
from fire_course.records.plans import Recipe
from fire_course.records.steps import layers
from fire_course.sweep import grid

NAMES = ["cifar10-cnn", "cats-dogs-sweep", "cats-dogs-fire-net", "homework-cnn"]


def test_the_plans_follow_the_experiments_on_fire():
    assert list(PLANS) == NAMES
    assert records.names() == [*records.EXPERIMENTS, *NAMES, *records.TRANSFERS]
    assert [records.get(name) for name in NAMES] == list(PLANS.values())


@pytest.mark.parametrize("name", NAMES)
def test_settings_are_json_and_buildable(name):
    plan = PLANS[name]
    settings = plan.settings()
    assert json.loads(json.dumps(settings)) == settings
    assert not settings.keys() & {"title", "notes", "seeds"}
    shape = (plan.image_size, plan.image_size, 3)
    assert shape == models.default_shape(plan.model)[:2] + (3,)
    classes = len(registry.get(plan.data).class_names)
    assert classes == (10 if name == "cifar10-cnn" else 2)


def test_the_sweep_is_the_sources():
    """Dense 0, 1, 2 times size 32, 64, 128 times conv 1, 2, 3, chosen by val_loss."""
    plan = PLANS["cats-dogs-sweep"]
    settings = grid(**plan.choices)
    assert len(settings) == 27
    assert {"conv": 3, "size": 64, "dense": 0} in settings
    assert plan.sweep.monitor == plan.recipe.monitor == "val_loss"
    assert plan.sweep.augmentation == ()  # a sweep mirrors, and does no more
    assert plan.validation > 0
    assert 0 not in plan.repeats
    assert len(plan.seeds) >= 3


def test_the_homework_is_the_sources():
    plan = PLANS["homework-cnn"]
    recipe = plan.recipe
    assert (recipe.learning_rate, plan.momentum) == (0.002, 0.8)
    assert (recipe.batch_size, recipe.epochs) == (20, 10)
    named = dict(recipe.augmentation)
    assert math.isclose(named["RandomRotation"]["factor"], 50 / 360)
    assert named.keys() == {
        "RandomRotation",
        "RandomTranslation",
        "RandomZoom",
        "RandomFlip",
    }


@pytest.mark.parametrize("name", NAMES[1:])
def test_augmentation_changes_pictures_and_leaves_their_range(name):
    keras = quiet.import_keras()
    before = np.random.default_rng(0).integers(0, 256, (4, 50, 50, 3)).astype("float32")
    pictures = before
    for layer in layers(PLANS[name].recipe.augmentation, 0):
        pictures = layer(pictures, training=True)
    after = keras.ops.convert_to_numpy(pictures)
    assert after.shape == before.shape
    assert not np.array_equal(after, before)
    assert after.min() >= 0
    assert 100 < after.max() <= 255.001
    assert after.mean() == pytest.approx(before.mean(), abs=25)


def test_a_shortened_sweep_is_short_throughout_and_never_longer():
    plan = PLANS["cats-dogs-sweep"]
    short, long = plan.shortened(1), plan.shortened(1000)
    assert short.sweep.epochs == short.epochs == 1
    assert long.sweep.epochs == plan.sweep.epochs
    assert long.epochs == 1000
    assert PLANS["homework-cnn"].shortened(2).epochs == 2
    assert plan == records.get("cats-dogs-sweep")  # itself unchanged


def test_a_schedule_that_means_nothing_is_refused():
    with pytest.raises(ValueError, match="constant or cosine"):
        Recipe(epochs=1, schedule="linear")
