"""Augmentation: units, directions by following a pixel, previews, training only."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from fire_course import augmentation, quiet, training
from fire_course.augmentation import layers, movement, preview, shear_shift

keras = quiet.import_keras()


# --- the measure itself, against SciPy -----------------------------------------


@settings(deadline=None, max_examples=25)
@given(st.integers(-9, 9), st.integers(-9, 9))
def test_shifts_are_measured(down, right):
    found = movement(lambda b: ndimage.shift(b, (0, down, right, 0), order=1))
    assert (found.down, found.right) == pytest.approx((down, right), abs=1e-6)


@settings(deadline=None, max_examples=15)
@given(st.floats(-60, 60))
def test_turns_are_measured(angle):
    """SciPy's positive angle in the plane (rows, columns) is counter-clockwise."""
    found = movement(
        lambda b: ndimage.rotate(b, angle, axes=(1, 2), reshape=False, order=1)
    )
    assert found.turned == pytest.approx(-angle, abs=0.6)


def test_a_mark_that_left_and_one_that_stayed():
    with pytest.raises(ValueError, match="left the picture"):
        movement(np.zeros_like)
    assert movement(lambda batch: batch).words == "the mark stays"


# --- directions of Keras's layers (erratum 35) ----------------------------------


def test_a_positive_rotation_of_keras_is_counter_clockwise():
    found = movement(keras.layers.RandomRotation((0.05, 0.05)))
    assert found.turned == pytest.approx(-0.05 * 360, abs=0.5)
    assert found.right < -5


def test_a_positive_translation_of_keras_goes_right_and_down():
    kinds = keras.layers
    across = movement(kinds.RandomTranslation(0.0, (0.1, 0.1)))
    assert (across.right, across.down) == pytest.approx((6.5, 0), abs=0.01)
    downwards = movement(kinds.RandomTranslation((0.1, 0.1), 0.0))
    assert (downwards.right, downwards.down) == pytest.approx((0, 6.5), abs=0.01)


def test_a_positive_zoom_of_keras_goes_farther():
    nearer = movement(keras.layers.RandomZoom((-0.2, -0.2)))
    farther = movement(keras.layers.RandomZoom((0.2, 0.2)))
    assert nearer.down < 0 < farther.down  # from above the middle: out, in


def test_keras_shears_by_a_share_either_way_and_the_old_generator_by_degrees():
    """Erratum 27: .1 as degrees does nothing; as Keras's factor it does."""
    layer = keras.layers.RandomShear((0.2, 0.2), 0.0, seed=1)
    moved = [movement(layer).right for _ in range(12)]
    assert {round(value, 1) for value in moved} == {-2.4, 2.4}  # a fifth of row 12
    tf = quiet.import_tensorflow()
    old = tf.keras.preprocessing.image.ImageDataGenerator()

    def sheared(degrees):
        return lambda batch: old.apply_transform(batch[0], {"shear": degrees})[None]

    assert abs(movement(sheared(0.1)).right) < 0.05
    middle = 20 * np.sin(np.radians(10))  # 20 rows above the middle
    assert abs(movement(sheared(10)).right) == pytest.approx(middle, abs=0.3)


def test_the_old_generator_shifts_the_other_way():
    tf = quiet.import_tensorflow()
    old = tf.keras.preprocessing.image.ImageDataGenerator()
    for name, expected in (("tx", (0, -5)), ("ty", (-5, 0))):
        # In its words tx moves along the rows; what it does is measured here.
        found = movement(lambda b, n=name: old.apply_transform(b[0], {n: 5})[None])
        assert sorted((round(found.down), round(found.right))) == sorted(expected)


def test_how_far_a_shear_reaches():
    assert shear_shift(45, height=100) == pytest.approx(100)
    assert shear_shift(0.1) < 0.5 < shear_shift(1)


# --- layers in the units that one thinks in --------------------------------------


def reach(layer, name, mark=(32, 52), draws=150):
    return max(abs(getattr(movement(layer, mark=mark), name)) for _ in range(draws))


@pytest.mark.parametrize(
    ("options", "name", "mark", "most"),
    [
        ({"rotation": 20}, "turned", (32, 52), 20.6),
        ({"shift": 0.1}, "right", (32, 32), 6.51),
        # Sheared against the top row: at row 32 by 32 times the tangent.
        ({"shear": 10}, "right", (32, 32), 32 * np.tan(np.radians(10)) + 0.05),
    ],
)
def test_units(options, name, mark, most):
    (layer,) = layers(**options)
    found = reach(layer, name, mark)
    assert 0.85 * most < found <= most


def test_brightness_is_a_share_of_the_range():
    grey = np.full((6, 6, 3), 128, np.uint8)
    variants = preview(grey, layers(brightness=0.25), count=200).astype(int)
    assert 0 <= abs(variants - 128).max() <= 0.25 * 255 + 1
    assert abs(variants - 128).max() > 0.85 * 0.25 * 255
    assert variants.max() > 128 > variants.min()


def test_a_flip_mirrors_about_half_of_the_variants():
    photo = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    variants = preview(photo, layers(flip=True), count=100)
    mirrored = [(each == photo[:, ::-1]).all() for each in variants]
    same = [(each == photo).all() for each in variants]
    assert sum(mirrored) + sum(same) == 100
    assert 25 <= sum(mirrored) <= 75  # five standard deviations


def test_a_seed_repeats_a_preview_and_another_changes_it():
    photo = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    one, same, other = (
        preview(photo, layers(rotation=20, zoom=0.2, seed=seed)) for seed in (1, 1, 2)
    )
    assert one.shape == (9, 16, 16, 3)
    assert one.dtype == np.uint8
    assert (one == same).all()
    assert (one != other).any()


def test_no_augmentation_gives_the_photo_itself():
    photo = np.random.default_rng(0).integers(0, 256, (5, 7, 1), dtype=np.uint8)
    assert layers() == []
    assert (preview(photo, [], count=3) == photo).all()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rotation": 181}, "rotation lies from 0 to 180, not at 181"),
        ({"shear": -1}, "shear lies from 0 to 45"),
        ({"zoom": 1.0}, "zoom lies from 0 to 0.9"),
    ],
)
def test_options_are_checked(options, words):
    with pytest.raises(ValueError, match=words):
        layers(**options)
    with pytest.raises(ValueError, match="height, width, channels"):
        preview(np.zeros((4, 4)), [])


def test_in_training_only():
    """A layer that blackens everything ruins training, not validation or use."""
    photos = np.zeros((16, 8, 8, 1), np.uint8)
    labels = np.arange(16) % 2
    photos[labels == 1] = 255
    inputs = keras.Input((8, 8, 1))
    x = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(inputs))
    x = keras.layers.Dense(
        1,
        activation="sigmoid",
        kernel_initializer=keras.initializers.Constant(0.2),
        bias_initializer=keras.initializers.Constant(-3.0),
    )(x)
    network = keras.Model(inputs, x)
    result = training.fit(
        network,
        (photos, labels),
        (photos, labels),
        epochs=1,
        learning_rate=1e-9,
        augmentation=augmentation.layers(shift=1.0, fill="constant", seed=1)
        + [keras.layers.RandomBrightness((-1.0, -1.0), value_range=(0, 255))],
    )
    assert result.history["val_accuracy"] == [1.0]
    assert result.history["accuracy"] == [0.5]


def test_every_layer_can_be_copied_and_saved(tmp_path):
    keras = quiet.import_keras()
    found = augmentation.layers(
        flip=True, rotation=30, shift=0.1, shear=10, zoom=0.1, brightness=0.2
    )
    for layer in found:
        copy = type(layer).from_config(layer.get_config())
        assert copy.name == layer.name
    network = keras.Sequential([keras.Input((16, 16, 3)), *found])
    network.save(tmp_path / "layers.keras")
    back = keras.saving.load_model(tmp_path / "layers.keras")
    shear = next(each for each in back.layers if type(each).__name__ == "RandomShear")
    assert shear.x_factor == pytest.approx((-np.tan(np.pi / 18), np.tan(np.pi / 18)))
