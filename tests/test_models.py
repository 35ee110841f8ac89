"""The networks: their sizes, their seeds, and what they refuse."""

import numpy as np
import pytest

from fire_course import models, quiet
from fire_course.shapes import total_multiply_adds


@pytest.fixture(scope="module")
def photos():
    generator = np.random.default_rng(0)
    return generator.integers(0, 256, (3, 64, 64, 3), dtype=np.uint8)


def weights(network):
    return np.concatenate([w.ravel() for w in network.get_weights()])


def test_fire_cnn_has_the_parameters_of_the_source():
    network = models.fire_cnn()
    assert network.count_params() == 123_393
    counts = [layer.count_params() for layer in network.layers if layer.weights]
    assert counts == [1_792, 36_928, 36_928, 36_928, 10_817]
    assert network.get_layer("dropout").rate == 0.2


def test_fire_net_keeps_its_budget():
    network = models.fire_net()
    assert network.count_params() <= 240_000
    work = total_multiply_adds(network)
    assert work <= 80e6
    assert work <= total_multiply_adds(models.fire_cnn()) / 10


@pytest.mark.parametrize("name", models.NAMES)
def test_bytes_and_floats_of_0_to_255_give_the_same_score(name, photos):
    network = models.build(name, (64, 64, 3))
    scores = network.predict_on_batch(photos)
    assert scores.shape == (3, 1)
    assert ((scores > 0) & (scores < 1)).all()
    floats = network.predict_on_batch(photos.astype(np.float32))
    np.testing.assert_allclose(scores, floats, atol=1e-6)


def test_rescaling_lies_in_the_network(photos):
    """Without its rescaling a network gives for scaled photos what it gave before."""
    keras = quiet.import_keras()
    network = models.fire_cnn((64, 64, 3))
    inputs = keras.Input((64, 64, 3))
    x = inputs
    for layer in network.layers[2:]:
        x = layer(x)
    bare = keras.Model(inputs, x)
    np.testing.assert_allclose(
        network.predict_on_batch(photos),
        bare.predict_on_batch(photos.astype(np.float32) / 255),
        atol=1e-5,
    )


@pytest.mark.parametrize("name", models.NAMES)
def test_the_logit_and_the_score_are_layers(name):
    network = models.build(name, (64, 64, 3))
    assert [layer.name for layer in network.layers[-2:]] == ["logit", "score"]
    assert network.name == name
    assert not getattr(network, "compiled", False)


@pytest.mark.parametrize("name", models.NAMES)
def test_more_classes_end_in_probabilities(name, photos):
    network = models.build(name, (64, 64, 3), classes=4)
    rows = network.predict_on_batch(photos)
    assert rows.shape == (3, 4)
    np.testing.assert_allclose(rows.sum(1), 1, atol=1e-5)


@pytest.mark.parametrize("name", models.NAMES)
def test_a_seed_gives_the_same_network_and_another_another(name):
    np.random.seed(1)  # noqa: NPY002 - no global seed may play a part
    first = weights(models.build(name, (64, 64, 3), seed=7))
    np.random.seed(2)  # noqa: NPY002
    assert (first == weights(models.build(name, (64, 64, 3), seed=7))).all()
    assert (first != weights(models.build(name, (64, 64, 3), seed=8))).any()


def test_without_a_seed_the_network_follows_that_of_keras():
    keras = quiet.import_keras()
    found = []
    for seed in (1, 1, 2):
        keras.utils.set_random_seed(seed)
        found.append(weights(models.fire_net((32, 32, 3), width=0.25)))
    assert (found[0] == found[1]).all()
    assert (found[0] != found[2]).any()


def test_layers_of_one_network_start_from_different_weights():
    network = models.fire_cnn((64, 64, 3))
    second, third = (network.get_layer(f"conv{i}").kernel for i in (2, 3))
    assert np.abs(np.asarray(second) - np.asarray(third)).max() > 0.01


def test_building_leaves_the_global_seeds_alone():
    import random

    random.seed(5)
    expected = random.Random(5).random()
    models.fire_net((32, 32, 3), width=0.25, seed=1)
    assert random.random() == expected


def test_width_scales_the_channels():
    narrow = models.fire_net((64, 64, 3), width=0.5)
    whole = models.fire_net((64, 64, 3))
    assert narrow.get_layer("stage4").filters * 2 == whole.get_layer("stage4").filters
    assert narrow.count_params() < whole.count_params() / 3


@pytest.mark.parametrize(
    ("name", "smallest"),
    [("fire_cnn", models.FIRE_CNN_SMALLEST), ("fire_net", models.FIRE_NET_SMALLEST)],
)
def test_the_smallest_photograph_works_and_a_smaller_one_is_refused(name, smallest):
    network = models.build(name, (smallest, smallest + 1, 3))
    assert network.predict_on_batch(np.zeros((1, smallest, smallest + 1, 3))).size == 1
    with pytest.raises(
        ValueError, match=f"at least {smallest}x{smallest} pixels, not {smallest - 1}x"
    ):
        models.build(name, (smallest - 1, 200, 3))


@pytest.mark.parametrize(
    "shape", [(250, 250), (250, 250, 3, 1), (0, 250, 3), (250.0, 250, 3), (None, 64, 3)]
)
def test_shapes_that_are_none(shape):
    with pytest.raises(ValueError, match=r"\(height, width, channels\)"):
        models.fire_cnn(shape)


def test_names_are_found_and_near_ones_offered():
    assert models.build("Fire-Net", (32, 32, 3)).name == "fire_net"
    with pytest.raises(ValueError, match="'fire_cmn'; did you mean fire_cnn"):
        models.build("fire_cmn")
    with pytest.raises(ValueError, match="There are: fire_cnn, fire_net"):
        models.build("xyz")
    with pytest.raises(ValueError, match="No network is called"):
        models.default_shape("xyz")
    assert models.default_shape("fire-net") == (128, 128, 3)


def test_options_are_checked():
    with pytest.raises(ValueError, match="fire_cnn has no option 'width'"):
        models.build("fire_cnn", width=2)
    with pytest.raises(ValueError, match="width is a factor above 0"):
        models.build("fire_net", width=0)
    with pytest.raises(ValueError, match="classes is 1"):
        models.build("fire_net", classes=0)


@pytest.mark.parametrize("name", models.NAMES)
def test_a_recipe_builds_the_same_network_again(name):
    options = {"dropout": 0.1, "classes": 3, "seed": 4}
    network = models.build(name, (64, 80, 3), **options)
    recipe = models.recipe(network)
    again = models.build(recipe["name"], recipe["input_shape"], **recipe["options"])
    assert again.input_shape == (None, 64, 80, 3)
    assert (weights(again) == weights(network)).all()
    assert again.get_layer("dropout").rate == 0.1


def test_a_recipe_holds_the_seed_that_was_drawn():
    first, second = (models.fire_net((32, 32, 3), width=0.25) for _ in range(2))
    assert (weights(first) != weights(second)).any()
    recipe = models.recipe(first)
    again = models.build(recipe["name"], recipe["input_shape"], **recipe["options"])
    assert (weights(again) == weights(first)).all()


def test_a_network_from_elsewhere_has_no_recipe():
    keras = quiet.import_keras()
    assert models.recipe(keras.Sequential([keras.Input((2,))])) is None
