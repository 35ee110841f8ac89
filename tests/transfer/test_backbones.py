"""The pretrained networks: their table against Keras's own, and their preparation."""

import importlib
import inspect
import random

import numpy as np
import pytest

from fire_course import quiet, transfer
from fire_course.transfer.backbones import BACKBONES, entry

KERAS = quiet.import_keras()


def module(name):
    """Return the module of Keras in which a backbone is defined."""
    home = inspect.getmodule(getattr(KERAS.applications, BACKBONES[name].keras))
    # The functions of a later version may stand in the module of an earlier one.
    return importlib.import_module(home.__name__)


@pytest.mark.parametrize("name", BACKBONES)
def test_the_preparation_is_that_of_keras(name):
    generator = np.random.default_rng(1)
    photos = generator.integers(0, 256, (2, 5, 7, 3)).astype(np.float32)
    ours = KERAS.ops.convert_to_numpy(transfer.preprocess(name, photos))
    theirs = module(name).preprocess_input(photos.copy())
    np.testing.assert_allclose(ours, theirs, atol=2e-5)


@pytest.mark.parametrize("name", BACKBONES)
def test_the_hash_is_the_one_that_keras_expects(name):
    what = BACKBONES[name]
    sources = inspect.getsource(module(name)) + inspect.getsource(
        importlib.import_module("keras.src.applications.resnet")
    )
    folder = what.file.split("/")[0]
    assert f"keras-applications/{folder}/" in sources.replace('"\n    "', "")
    if what.md5 is not None:
        assert f'"{what.md5}"' in sources


class Asked(Exception):
    """Keras wants a file."""


@pytest.mark.parametrize(
    "name", ["mobilenet_v2", "mobilenet", "mobilenet_v3_small", "vgg16"]
)
@pytest.mark.parametrize("top", [False, True])
def test_the_file_is_the_one_that_keras_asks_for(name, top, monkeypatch):
    """Build with Keras's own weights="imagenet" and see what it would fetch."""
    from keras.src.utils import file_utils

    def asked(name, origin, file_hash=None, **_):
        raise Asked(name, origin, file_hash)

    monkeypatch.setattr(file_utils, "get_file", asked)
    what = BACKBONES[name]
    with pytest.raises(Asked) as found:
        getattr(KERAS.applications, what.keras)(
            weights="imagenet", include_top=top, input_shape=(224, 224, 3)
        )
    file, origin, md5 = found.value.args
    ours = what.top_file if top else what.file
    assert origin == transfer.weights._SERVER + ours
    assert file == ours.split("/")[1]
    if not top:
        assert md5 == what.md5


@pytest.mark.parametrize("name", BACKBONES)
def test_the_smallest_size_is_that_of_keras(name):
    what = BACKBONES[name]
    with pytest.raises(ValueError, match=rf"at least {what.smallest}x{what.smallest}"):
        transfer.backbone(name, what.smallest - 1, weights=None)
    builder = getattr(KERAS.applications, what.keras)
    with pytest.raises(ValueError):
        builder(
            weights=None,
            include_top=False,
            input_shape=(what.smallest - 1, what.smallest - 1, 3),
        )


def test_xception_without_top_has_the_parameters_of_the_source():
    network = transfer.backbone("xception", 71, weights=None)
    assert network.count_params() == 20_861_480
    assert network.trainable_weights == []
    assert network.output_shape == (None, 3, 3, 2048)


def test_a_backbone_equals_keras_on_prepared_photographs():
    generator = np.random.default_rng(2)
    photos = generator.integers(0, 256, (2, 64, 64, 3), dtype=np.uint8)
    network = transfer.backbone("mobilenet_v2", 64, weights=None, seed=3)
    bare = KERAS.applications.MobileNetV2(
        weights=None, include_top=False, input_shape=(64, 64, 3)
    )
    bare.set_weights(network.get_weights())
    prepared = KERAS.applications.mobilenet_v2.preprocess_input(
        photos.astype(np.float32)
    )
    np.testing.assert_allclose(
        network.predict_on_batch(photos), bare.predict_on_batch(prepared), atol=1e-5
    )


def test_a_seed_gives_the_same_random_weights_and_touches_nothing_else():
    random.seed(7)
    before = random.getstate()
    first, second, other = (
        transfer.backbone("mobilenet_v2", 32, weights=None, seed=seed)
        for seed in (1, 1, 2)
    )
    assert random.getstate() == before
    for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert any(
        not np.array_equal(a, b)
        for a, b in zip(first.get_weights(), other.get_weights(), strict=True)
    )


@pytest.mark.parametrize("said", ["ResNet50", "resnet-50", " RESNET50 "])
def test_a_name_is_understood_as_keras_and_as_people_write_it(said):
    assert entry(said).name == "resnet50"


def test_an_unknown_name_is_answered_with_those_that_there_are():
    with pytest.raises(transfer.TransferError, match="did you mean mobilenet_v2") as no:
        transfer.backbone("mobilnet_v2")
    assert "xception" in str(no.value)


def test_keras_names_are_right():
    for what in BACKBONES.values():
        assert hasattr(KERAS.applications, what.keras)
