"""Features: what the frozen part makes of photographs, run once for each."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fire_course import augmentation, models, quiet, transfer
from fire_course.transfer.cache import FeatureCache

from . import jobs

KERAS = quiet.import_keras()


@pytest.fixture(scope="module")
def network():
    return jobs.network()


@pytest.fixture(scope="module")
def forty():
    return jobs.photographs()


class Runs:
    """Count the photographs that are run, by what the progress says."""

    def __init__(self):
        self.calls = []

    def __call__(self, done, total):
        self.calls.append((done, total))

    @property
    def ran(self):
        return self.calls[-1][0] - self.calls[0][0]


def test_features_are_what_the_layer_before_the_head_gives(small, photos, tmp_path):
    model = transfer.transfer_model(**small)
    found = transfer.features(model, photos, cache=tmp_path)
    bare = KERAS.Model(model.input, model.get_layer("average").output)
    np.testing.assert_allclose(found, bare.predict_on_batch(photos), atol=1e-5)
    assert np.ptp(found, axis=0).max() > 0.1
    # The backbone alone has the same ones, and so does the flat network.
    flat = transfer.transfer_model(nested=False, **small)
    for same in (transfer.backbone("mobilenet_v2", 32, **without(small)), flat):
        np.testing.assert_allclose(transfer.features(same, photos), found, atol=1e-5)


def without(options):
    return {key: value for key, value in options.items() if key != "image_size"}


def test_each_photograph_is_run_once(network, forty, tmp_path):
    first, second, third = Runs(), Runs(), Runs()
    begin = transfer.features(network, forty[:30], cache=tmp_path, progress=first)
    mixed = np.concatenate([forty[20:], forty[:5], forty[:5]])
    more = transfer.features(network, mixed, cache=tmp_path, progress=second)
    transfer.features(network, mixed, cache=tmp_path, progress=third)
    assert (first.ran, second.ran, third.ran) == (30, 10, 0)
    np.testing.assert_array_equal(more[:10], begin[20:])
    np.testing.assert_array_equal(more[-5:], begin[:5])
    np.testing.assert_allclose(more, transfer.features(network, mixed), atol=1e-5)


def test_the_same_photograph_twice_is_run_once(network, forty):
    runs = Runs()
    twice = np.concatenate([forty[:4], forty[:4]])
    found = transfer.features(network, twice, progress=runs)
    np.testing.assert_array_equal(found[:4], found[4:])
    alone = transfer.features(network, forty[:4])
    np.testing.assert_allclose(found[:4], alone, atol=1e-5)


def test_other_weights_size_or_preparation_are_another_key(network, forty, tmp_path):
    """Whatever changes the features must not find the old ones."""
    runs = Runs()
    transfer.features(network, forty, cache=tmp_path)
    base = jobs.network()
    weights = base.get_weights()
    weights[0] = weights[0] + 0.01
    other = jobs.network()
    other.set_weights(weights)
    changed = transfer.features(other, forty, cache=tmp_path, progress=runs)
    assert runs.ran == 40
    np.testing.assert_allclose(changed, transfer.features(other, forty), atol=1e-5)

    inputs = KERAS.Input((32, 32, 3), name="photo")
    shifted = KERAS.Model(
        inputs, base(KERAS.layers.Rescaling(1.0, offset=3.0)(inputs)), name="fire_net"
    )
    plain = KERAS.Model(
        inputs, base(KERAS.layers.Rescaling(1.0, offset=0.0)(inputs)), name="fire_net"
    )
    identity = transfer.extracting.identity
    assert identity(shifted) != identity(plain)


def test_the_key_does_not_depend_on_what_was_built_before(forty, tmp_path):
    """Keras numbers unnamed layers through the whole program."""

    def unnamed(activation="relu"):
        layers = KERAS.layers
        inputs = KERAS.Input((32, 32, 3))
        x = layers.Rescaling(1 / 255)(inputs)
        y = layers.Conv2D(4, 3, activation=activation, kernel_initializer="ones")(x)
        return KERAS.Model(inputs, layers.GlobalAveragePooling2D()(y))

    identity = transfer.extracting.identity
    first = unnamed()
    jobs.network()
    assert identity(first) == identity(unnamed())
    assert identity(first) != identity(unnamed("tanh"))


def test_freezing_changes_no_key_and_training_does(small, photos):
    identity = transfer.extracting.identity
    model = transfer.transfer_model(**small)
    bare = KERAS.Model(model.input, model.get_layer("average").output)
    before = identity(bare)
    transfer.unfreeze(model, 1)
    assert identity(bare) == before
    layer = model.get_layer("mobilenet_v2").get_layer("Conv_1")
    layer.set_weights([layer.get_weights()[0] * 1.001])
    assert identity(bare) != before


@pytest.mark.parametrize("harm", ["cut", "empty", "bit"])
def test_a_damaged_cache_is_made_again(harm, network, forty, tmp_path):
    expected = transfer.features(network, forty, cache=tmp_path)
    (path,) = tmp_path.rglob("*.npz")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes({"cut": content[:-100], "empty": b"", "bit": content}[harm])
    runs = Runs()
    again = transfer.features(network, forty, cache=tmp_path, progress=runs)
    assert runs.ran == 40
    np.testing.assert_allclose(again, expected, atol=1e-6)
    runs = Runs()
    transfer.features(network, forty, cache=tmp_path, progress=runs)
    assert runs.ran == 0


def test_two_programs_use_one_cache_at_once(tmp_path, network, forty):
    cache, outs = tmp_path / "cache", [tmp_path / "a.npy", tmp_path / "b.npy"]
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, str(cache), str(out)],
            stderr=subprocess.PIPE,
        )
        for out in outs
    ]
    try:
        for program in programs:
            _, wrong = program.communicate(timeout=200)
            assert program.returncode == 0, wrong.decode()
    finally:
        for program in programs:
            program.kill()
    expected = transfer.features(network, forty)
    for out in outs:
        np.testing.assert_allclose(np.load(out), expected, atol=1e-5)
    # A third finds what they left, under the same key, and nothing half.
    runs = Runs()
    transfer.features(network, forty, cache=cache, progress=runs)
    assert runs.ran == 0
    assert all(path.suffix == ".npz" for path in cache.rglob("*") if path.is_file())


_PROGRAM = f"""
import runpy, sys
jobs = runpy.run_path({str(Path(jobs.__file__))!r})
jobs["extract"](*sys.argv[1:])
"""


def test_views_are_augmented_photographs(network, forty, tmp_path):
    flip = augmentation.layers(flip=True)
    found = transfer.features(
        network, forty[:6], cache=tmp_path, views=8, augmentation=flip
    )
    assert found.shape == (9, 6, found.shape[-1])
    plain = transfer.features(network, forty[:6])
    mirrored = transfer.features(network, np.ascontiguousarray(forty[:6, :, ::-1]))
    np.testing.assert_allclose(found[0], plain, atol=1e-5)
    kinds = set()
    for view in found[1:]:
        for row, a, b in zip(view, plain, mirrored, strict=True):
            near = [np.allclose(row, each, atol=1e-4) for each in (a, b)]
            assert any(near)
            kinds.add(tuple(near))
    assert len(kinds) == 2  # some are mirrored, some are not


def test_a_photograph_gets_the_same_views_wherever_it_stands(network, forty, tmp_path):
    moving = augmentation.layers(rotation=30, brightness=0.3)
    options = {"views": 3, "augmentation": moving, "seed": 5}
    alone = transfer.features(network, forty[7:8], **options)
    among = transfer.features(network, forty[:10], cache=tmp_path, **options)
    np.testing.assert_allclose(among[:, 7:8], alone, atol=1e-5)
    runs = Runs()
    transfer.features(network, forty[:10], cache=tmp_path, progress=runs, **options)
    assert runs.ran == 0
    for change in ({"seed": 6}, {"augmentation": augmentation.layers(rotation=20)}):
        other = transfer.features(network, forty[7:8], **{**options, **change})
        np.testing.assert_allclose(other[0], alone[0], atol=1e-5)
        assert np.abs(other[1:] - alone[1:]).max() > 1e-3
    assert np.abs(alone[1] - alone[2]).max() > 1e-3


def test_floats_and_bytes_have_the_same_features(network, forty):
    np.testing.assert_allclose(
        transfer.features(network, forty[:5]),
        transfer.features(network, forty[:5].astype(np.float32)),
        atol=1e-5,
    )


def test_no_photographs_give_no_features(network, tmp_path):
    found = transfer.features(
        network, np.zeros((0, 32, 32, 3), "uint8"), cache=tmp_path
    )
    assert found.shape[0] == 0 and found.ndim == 2


def test_a_full_cache_still_answers(network, forty, tmp_path):
    tiny = FeatureCache(tmp_path, max_bytes=1)
    expected = transfer.features(network, forty)
    np.testing.assert_allclose(
        transfer.features(network, forty, cache=tiny), expected, atol=1e-5
    )


@pytest.mark.parametrize(
    ("photos", "options", "said"),
    [
        (np.zeros((2, 30, 32, 3)), {}, "photographs of 32x32x3"),
        (np.zeros((32, 32, 3)), {}, "give one array"),
        ([np.zeros((3, 3, 3)), np.zeros((4, 3, 3))], {}, "give one array"),
        (np.zeros((2, 32, 32, 3)), {"views": 2}, "give both"),
        (np.zeros((2, 32, 32, 3)), {"views": -1}, "whole number"),
    ],
)
def test_what_does_not_fit_is_refused(photos, options, said, network):
    with pytest.raises(transfer.TransferError, match=said):
        transfer.features(network, photos, **options)


def test_a_network_without_features_is_refused():
    dense = KERAS.Sequential([KERAS.Input((3,)), KERAS.layers.Dense(1)])
    with pytest.raises(transfer.TransferError, match="no features of photographs"):
        transfer.features(dense, np.zeros((1, 3)))
    with pytest.raises(transfer.TransferError, match="do not fit 3 labels"):
        transfer.stacked(np.zeros((2, 5)), np.zeros(3))
    assert models.fire_net((32, 32, 3)).get_layer("average")
