"""Networks that are built once for all tests, and Keras's weights where they are."""

import os
from pathlib import Path

import numpy as np
import pytest

from fire_course import transfer


@pytest.fixture(scope="session")
def photos():
    generator = np.random.default_rng(0)
    return generator.integers(0, 256, (6, 32, 32, 3), dtype=np.uint8)


@pytest.fixture(scope="session")
def small(narrow_weights):
    """Options of a small backbone whose features differ from photograph to photograph."""
    return {"image_size": 32, "alpha": 0.35, "weights": narrow_weights}


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
