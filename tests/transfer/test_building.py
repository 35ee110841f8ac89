"""Networks with a new head: counts, frozen, saved, nested or flat, fine-tuned."""

import math

import numpy as np
import pytest

from fire_course import augmentation, models, quiet, training, transfer
from fire_course.detector import Detector

KERAS = quiet.import_keras()


def trainable(network):
    return sum(math.prod(weight.shape) for weight in network.trainable_weights)


def saved_and_loaded(network, path):
    network.save(path)
    return KERAS.saving.load_model(path, safe_mode=True, compile=False)


def test_resnet50_is_the_network_of_the_source(resnet50, tmp_path, photos):
    assert resnet50.count_params() == 25_686_913
    assert trainable(resnet50) == 2_099_201
    assert [layer.name for layer in resnet50.layers[-4:]] == [
        "average",
        "inner",
        "logit",
        "score",
    ]
    loaded = saved_and_loaded(resnet50, tmp_path / "resnet50.keras")
    assert trainable(loaded) == 2_099_201
    np.testing.assert_allclose(
        loaded.predict_on_batch(photos), resnet50.predict_on_batch(photos), atol=1e-5
    )
    learn = transfer.unfreeze(resnet50, 2)
    assert learn[0] == "conv5_block2_1_conv" and learn[-1] == "conv5_block3_3_conv"
    assert transfer.unfreeze(resnet50, "conv5")[0] == "conv5_block1_1_conv"
    transfer.unfreeze(resnet50, 0)
    assert trainable(resnet50) == 2_099_201


def test_xception_is_the_network_of_the_source(tmp_path):
    network = transfer.transfer_model(
        "xception", classes=10, image_size=71, weights=None, seed=0
    )
    assert network.count_params() == 20_861_480 + 20_490
    assert trainable(network) == 20_490
    loaded = saved_and_loaded(network, tmp_path / "xception.keras")
    photos = np.random.default_rng(0).integers(0, 256, (2, 71, 71, 3), dtype=np.uint8)
    np.testing.assert_allclose(
        loaded.predict_on_batch(photos), network.predict_on_batch(photos), atol=1e-5
    )


@pytest.mark.parametrize("nested", [True, False])
def test_mobilenet_v2_is_the_network_of_the_source(nested):
    network = transfer.transfer_model(
        "mobilenet_v2", classes=2, image_size=32, weights=None, nested=nested
    )
    assert network.count_params() == 2_260_546
    assert trainable(network) == 2_562


@pytest.mark.parametrize(("nested", "classes"), [(True, 1), (False, 3)])
def test_saved_and_loaded_it_predicts_the_same(
    nested, classes, tmp_path, photos, small
):
    network = transfer.transfer_model(
        classes=classes,
        inner=5,
        dropout=0.3,
        nested=nested,
        augmentation=augmentation.layers(flip=True, rotation=10),
        **small,
    )
    loaded = saved_and_loaded(network, tmp_path / "model.keras")
    before, after = (each.predict_on_batch(photos) for each in (network, loaded))
    assert np.ptp(before, axis=0).min() > 1e-3  # they say something
    np.testing.assert_allclose(after, before, atol=1e-5)
    assert before.shape == (6, classes)
    assert trainable(loaded) == trainable(network)
    assert not [op for op in loaded.operations if type(op).__name__ == "Lambda"]


def test_nested_and_flat_are_the_same_network(photos, small):
    nested, flat = (
        transfer.transfer_model(classes=4, inner=3, seed=5, nested=each, **small)
        for each in (True, False)
    )
    np.testing.assert_allclose(
        nested.predict_on_batch(photos), flat.predict_on_batch(photos), atol=1e-6
    )
    names = [layer.name for layer in flat.layers]
    assert "block_16_project" in names and "mobilenet_v2" not in names
    inside = nested.get_layer("mobilenet_v2")
    assert "block_16_project" in [layer.name for layer in inside.layers]


def test_bytes_and_floats_of_0_to_255_give_the_same(photos, small):
    network = transfer.transfer_model(**small)
    np.testing.assert_allclose(
        network.predict_on_batch(photos),
        network.predict_on_batch(photos.astype(np.float32)),
        atol=1e-6,
    )


def statistics(network):
    return [
        weight.numpy().copy()
        for weight in network.non_trainable_weights
        if "moving" in weight.path
    ]


@pytest.mark.parametrize("nested", [True, False])
@pytest.mark.parametrize("blocks", [0, 2])
def test_normalisation_stays_in_inference(nested, blocks, photos, small):
    """One step of training moves what may learn, and no mean of the backbone."""
    network = transfer.transfer_model(nested=nested, seed=1, **small)
    learn = transfer.unfreeze(network, blocks)
    assert bool(learn) == bool(blocks)
    before, weights = statistics(network), network.get_weights()
    assert len(before) > 50
    labels = np.arange(6) % 2
    training.fit(network, (photos, labels), epochs=1, monitor="loss")
    for a, b in zip(before, statistics(network), strict=True):
        np.testing.assert_array_equal(a, b)
    moved = [
        weight.path
        for weight, a in zip(network.weights, weights, strict=True)
        if not np.array_equal(a, weight.numpy())
    ]
    assert any("logit" in path for path in moved)
    tuned = {path.split("/")[-2] for path in moved} - {"logit"}
    # Those far from the head may get too small a gradient for one step to show.
    assert tuned <= set(learn) and bool(tuned) == bool(blocks)


def test_training_mode_changes_nothing_in_a_frozen_backbone(photos, small):
    for nested in (True, False):
        network = transfer.transfer_model(nested=nested, **small)
        inference, train = (
            KERAS.ops.convert_to_numpy(network(photos, training=each))
            for each in (False, True)
        )
        np.testing.assert_allclose(inference, train, atol=1e-6)


def test_unfrozen_layers_survive_saving(tmp_path, small):
    network = transfer.transfer_model(**small)
    transfer.unfreeze(network, 1)
    loaded = saved_and_loaded(network, tmp_path / "tuned.keras")
    assert trainable(loaded) == trainable(network)
    assert transfer.unfreeze(loaded, 1) == transfer.unfreeze(network, 1)
    flat = transfer.transfer_model(nested=False, **small)
    assert transfer.unfreeze(flat, 1) == transfer.unfreeze(network, 1)
    assert transfer.unfreeze(flat, 0) == []
    assert trainable(flat) == 1281


def test_augmentation_acts_in_training_alone(photos, small):
    moving = augmentation.layers(rotation=40, shift=0.3, brightness=0.5)
    network = transfer.transfer_model(augmentation=moving, seed=2, **small)
    plain = transfer.transfer_model(seed=2, **small)
    np.testing.assert_allclose(
        network.predict_on_batch(photos), plain.predict_on_batch(photos), atol=1e-6
    )
    features = KERAS.Model(network.input, network.get_layer("average").output)
    quiet_, moved = (
        KERAS.ops.convert_to_numpy(features(photos, training=each))
        for each in (False, True)
    )
    assert np.abs(quiet_ - moved).max() > 1e-4


def test_it_ends_as_the_other_networks_do(photos, small):
    network = transfer.transfer_model(classes=3, **small)
    logits = models.logits(network).predict_on_batch(photos)
    scores = network.predict_on_batch(photos)
    exponentials = np.exp(logits - logits.max(1, keepdims=True))
    np.testing.assert_allclose(
        scores, exponentials / exponentials.sum(1, keepdims=True), atol=1e-5
    )


def test_a_detector_keeps_it_whole_and_by_weights_alone(tmp_path, photos, small):
    network = transfer.transfer_model(inner=4, dropout=0.2, seed=3, **small)
    detector = Detector(network)
    whole = Detector.load(detector.save(tmp_path / "model.keras"))
    weights = Detector.load(detector.save_weights(tmp_path / "model.weights.h5"))
    for each in (whole, weights):
        np.testing.assert_allclose(
            each.score(photos), detector.score(photos), atol=1e-5
        )


def test_the_models_of_the_course_know_it_by_name():
    network = models.build("mobilenet-v2", (48, 32, 3), weights=None, classes=3)
    assert network.input_shape == (None, 48, 32, 3)
    assert network.output_shape == (None, 3)
    assert models.default_shape("xception") == (299, 299, 3)
    assert models.recipe(network)["options"]["weights"] is None
    with pytest.raises(ValueError, match="resnet50 has no option 'wight'"):
        models.build("resnet50", wight=1)
    with pytest.raises(ValueError, match="at least 71x71"):
        models.build("xception", (64, 64, 3), weights=None)


def test_where_it_comes_from_is_said(small):
    network = transfer.transfer_model(**small)
    assert str(transfer.origin(network)) == "MobileNetV2 with the weights of " + (
        "narrow.weights.h5"
    )
    network = transfer.transfer_model(image_size=32, weights=None)
    assert "random weights" in str(transfer.origin(network))
    with pytest.raises(transfer.TransferError, match="not built by transfer_model"):
        transfer.origin(models.fire_net((32, 32, 3)))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"inner": -1}, "inner"),
        ({"inner": True}, "inner"),
        ({"dropout": 1.0}, "dropout"),
        ({"classes": 0}, "classes"),
        ({"image_size": 31}, "at least 32x32"),
        ({"image_size": (64, 20)}, "at least 32x32"),
        ({"alpha": 0.5, "weights": "imagenet"}, "known for alpha=1"),
        ({"alpha": 0.5, "name": "vgg16"}, "cannot be built with alpha"),
        ({"name": "resnet51"}, "did you mean resnet50"),
    ],
)
def test_what_cannot_be_built_is_refused_in_words(options, said, small):
    with pytest.raises(ValueError, match=said):
        transfer.transfer_model(**{**small, **options})


def test_too_many_blocks_and_unknown_layers_are_refused(small):
    network = transfer.transfer_model(**small)
    with pytest.raises(transfer.TransferError, match="has 16 blocks, not 99"):
        transfer.unfreeze(network, 99)
    with pytest.raises(transfer.TransferError, match="begins with 'conv9'"):
        transfer.unfreeze(network, "conv9")
    with pytest.raises(transfer.TransferError, match="whole number"):
        transfer.unfreeze(network, -1)
    with pytest.raises(transfer.TransferError, match="has no backbone"):
        transfer.unfreeze(models.fire_cnn((48, 48, 3)))


def test_a_network_of_ones_own_becomes_a_backbone(tmp_path, photos):
    trained = models.fire_net((32, 32, 3), width=0.25, seed=1)
    before = trained.predict_on_batch(photos)
    network = transfer.transfer_model(transfer.trunk(trained), classes=3, seed=2)
    assert trainable(network) == 3 * trained.get_layer("average").output.shape[-1] + 3
    assert str(transfer.origin(network)) == "fire_net_trunk as it was trained before"
    means = statistics(network)
    training.fit(network, (photos, np.arange(6) % 3), epochs=1, monitor="loss")
    for a, b in zip(means, statistics(network), strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(trained.predict_on_batch(photos), before)
    assert transfer.unfreeze(network, 1)[0] == "stage4"
    loaded = saved_and_loaded(network, tmp_path / "own.keras")
    np.testing.assert_allclose(
        loaded.predict_on_batch(photos), network.predict_on_batch(photos), atol=1e-5
    )
    Detector(network, class_names=("a", "b", "c")).save(tmp_path / "detector.keras")
    with pytest.raises(transfer.TransferError, match="one size"):
        transfer.transfer_model(KERAS.Sequential([KERAS.Input((3,))]))
    with pytest.raises(transfer.TransferError, match="'average' or 'flatten'"):
        transfer.trunk(KERAS.Sequential([KERAS.Input((3,)), KERAS.layers.Dense(1)]))
