"""The networks: their sizes, their seeds, and what they refuse."""

import numpy as np
import pytest

from fire_course import images, models, quiet
from fire_course.detector import Detector
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
    network = models.build(name, (64, 64, 3), classes=1)
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
    ("network", "layers"),
    [
        (models.cifar10_cnn, [896, 18_496, 36_928, 65_600, 650]),
        (models.mountain_cnn, [896, 9_248, 18_496, 11_075_648, 65]),
        (models.homework_cnn, [896, 11_214_912, 65]),
        (models.cats_dogs_cnn, [640, 36_928, 36_928, 1_025]),
    ],
)
def test_each_source_gets_its_layers(network, layers):
    """The counts are those that the sources print for their networks."""
    built = network()
    assert [part.count_params() for part in built.layers if part.weights] == layers


def test_the_totals_of_the_sources():
    assert models.cifar10_cnn().count_params() == 122_570
    assert models.cats_dogs_cnn(conv=2).count_params() == 45_313
    assert models.cats_dogs_cnn(conv=3, size=64, dense=0).count_params() == 75_521
    assert models.homework_cnn((200, 200, 3)).count_params() == 20_073_473
    assert models.homework_cnn().count_params() == 11_215_873
    assert models.mountain_cnn().count_params() == 11_104_353
    assert models.mountain_cnn().get_layer("dropout").rate == 0.2


@pytest.mark.parametrize("dense", [0, 1, 2])
@pytest.mark.parametrize("size", [32, 64, 128])
@pytest.mark.parametrize("conv", [1, 2, 3])
def test_every_network_of_the_grid_has_the_parameters_of_arithmetic(conv, size, dense):
    network = models.cats_dogs_cnn(conv=conv, size=size, dense=dense)
    side, channels, expected = 50, 1, 0
    for _ in range(conv):
        expected += (3 * 3 * channels + 1) * size
        side, channels = (side - 2) // 2, size
    width = side * side * channels
    for _ in range(dense):
        expected += (width + 1) * size
        width = size
    assert network.count_params() == expected + width + 1


def test_colour_photographs_are_made_grey_in_the_network(photos, tmp_path):
    """As `images.to_grey` does it, which rounds to whole levels; saved as well."""
    keras = quiet.import_keras()
    colour = models.cats_dogs_cnn((64, 64, 3), seed=3)
    grey = models.cats_dogs_cnn((64, 64, 1), seed=3)
    assert (weights(colour) == weights(grey)).all()
    shades = np.stack([images.to_grey(photo) for photo in photos])[..., None]
    expected = grey.predict_on_batch(shades)
    np.testing.assert_allclose(colour.predict_on_batch(photos), expected, atol=2e-3)
    # Red and blue of the same brightness: no other network could confuse them.
    red, blue = np.zeros((2, 1, 64, 64, 3))
    red[..., 0], blue[..., 2] = 0.0721 * 900, 0.2125 * 900
    np.testing.assert_allclose(
        colour.predict_on_batch(red), colour.predict_on_batch(blue), atol=1e-5
    )
    colour.save(tmp_path / "colour.keras")
    again = keras.saving.load_model(tmp_path / "colour.keras")
    assert (again.predict_on_batch(photos) == colour.predict_on_batch(photos)).all()


def test_with_colour_the_first_kernels_are_three_deep():
    network = models.cats_dogs_cnn((50, 50, 3), grey=False)
    assert network.get_layer("conv1").kernel.shape == (3, 3, 3, 64)
    assert network.count_params() == 75_521 + 2 * 9 * 64


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"conv": 0}, "conv of cats_dogs_cnn is a whole number from 1, not 0"),
        ({"size": 6.5}, "size of cats_dogs_cnn is a whole number"),
        ({"dense": -1}, "dense of cats_dogs_cnn is a whole number from 0"),
        ({"conv": True}, "not True"),
        ({"conv": 5}, "at least 94x94 pixels"),
        ({"grey": False}, "colour only in photographs of 3 channels"),
    ],
)
def test_options_of_cats_dogs_cnn_are_checked(options, words):
    with pytest.raises(ValueError, match=words):
        models.cats_dogs_cnn(**options)


@pytest.mark.parametrize("name", models.NAMES)
def test_a_detector_keeps_each_binary_network(name, photos, tmp_path):
    network = models.build(name, (64, 64, 3), classes=1, seed=1)
    Detector(network).save(tmp_path / "model.keras")
    again = Detector.load(tmp_path / "model.keras")
    np.testing.assert_allclose(
        again.score(list(photos)), network.predict_on_batch(photos)[:, 0], atol=1e-5
    )


def test_softmax_of_the_logits_is_the_score(photos):
    network = models.cifar10_cnn((64, 64, 3))
    bare = models.logits(network)
    numbers = np.asarray(bare.predict_on_batch(photos), np.float64)
    powers = np.exp(numbers - numbers.max(1, keepdims=True))
    np.testing.assert_allclose(
        powers / powers.sum(1, keepdims=True),
        network.predict_on_batch(photos),
        atol=1e-6,
    )
    before = network.get_weights()
    bare.set_weights([weight + 1 for weight in bare.get_weights()])
    assert (network.get_weights()[0] == before[0] + 1).all()  # layers are shared


def test_logits_need_a_layer_of_that_name():
    keras = quiet.import_keras()
    with pytest.raises(ValueError, match="no layer called 'logit'"):
        models.logits(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]))


@pytest.mark.parametrize(
    ("name", "smallest"),
    [
        ("fire_cnn", models.FIRE_CNN_SMALLEST),
        ("fire_net", models.FIRE_NET_SMALLEST),
        ("cifar10_cnn", 18),
        ("mountain_cnn", 18),
        ("homework_cnn", 4),
        ("cats_dogs_cnn", 22),
    ],
)
def test_the_smallest_photograph_works_and_a_smaller_one_is_refused(name, smallest):
    network = models.build(name, (smallest, smallest + 1, 3))
    assert network.predict_on_batch(np.zeros((1, smallest, smallest + 1, 3))).size == (
        10 if name == "cifar10_cnn" else 1
    )
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


OPTIONS = {
    "fire_cnn": {"dropout": 0.1},
    "fire_net": {"dropout": 0.1, "width": 0.5},
    "cifar10_cnn": {},
    "cats_dogs_cnn": {"conv": 2, "size": 16, "dense": 1, "grey": False},
    "homework_cnn": {},
    "mountain_cnn": {"dropout": 0.1},
}


@pytest.mark.parametrize("name", models.NAMES)
def test_a_recipe_builds_the_same_network_again(name):
    options = {**OPTIONS[name], "classes": 3, "seed": 4}
    network = models.build(name, (64, 80, 3), **options)
    recipe = models.recipe(network)
    again = models.build(recipe["name"], recipe["input_shape"], **recipe["options"])
    assert again.input_shape == (None, 64, 80, 3)
    assert (weights(again) == weights(network)).all()
    assert models.recipe(again) == recipe
    assert {**options, **recipe["options"]} == recipe["options"]
    if "dropout" in options:
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
