"""Networks that are built once for all tests, and Keras's weights where they are."""

import os
from pathlib import Path

import numpy as np
import pytest

from fire_course import quiet, transfer


@pytest.fixture(scope="session")
def photos():
    generator = np.random.default_rng(0)
    return generator.integers(0, 256, (6, 32, 32, 3), dtype=np.uint8)


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """Options of a small backbone whose features differ from photograph to photograph.

    Random weights alone let the features of a frozen network vanish: its normalisation
    does not know yet what to divide by. So its means are set by one pass.
    """
    keras = quiet.import_keras()
    keras.utils.set_random_seed(11)
    network = keras.applications.MobileNetV2(
        alpha=0.35, weights=None, include_top=False, input_shape=(32, 32, 3)
    )
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
    values = np.random.default_rng(1).uniform(-1, 1, (64, 32, 32, 3)).astype("float32")
    network(values, training=True)
    path = tmp_path_factory.mktemp("weights") / "small.weights.h5"
    network.save_weights(path)
    return {"image_size": 32, "alpha": 0.35, "weights": path}


@pytest.fixture(scope="session")
def resnet50():
    """The largest network of the tests, built once."""
    return transfer.transfer_model(
        "resnet50", inner=1024, classes=1, image_size=32, weights=None, seed=0
    )


@pytest.fixture(scope="session")
def genuine():
    """Return the folder of genuine MobileNetV2 weights, or skip."""
    home = os.environ.get("KERAS_HOME")
    if not home:
        pytest.skip("needs weights: set KERAS_HOME to a folder that has them")
    name = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"
    if not (Path(home) / "models" / name).is_file():
        pytest.skip(f"KERAS_HOME={home} has no weights of MobileNetV2")
    return Path(home)
