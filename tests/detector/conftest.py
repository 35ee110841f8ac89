"""A small detector with answers that differ, and its exported files, made once."""

import numpy as np
import pytest

from fire_course import models
from fire_course.detector import Detector

SIZE = 64


@pytest.fixture(scope="session")
def small():
    network = models.fire_net((SIZE, SIZE, 3), width=0.25, seed=3)
    # As if trained: a fresh network says .5 to everything.
    generator = np.random.default_rng(1)
    network.set_weights(
        [w + generator.normal(0, 0.1, w.shape) ** 2 for w in network.get_weights()]
    )
    logit = network.get_layer("logit")
    kernel, _ = logit.get_weights()
    kernel *= np.where(np.arange(len(kernel)) % 2, 3, -3)[:, None]
    logit.set_weights([kernel, np.array([0.3], "float32")])
    return Detector(network, threshold=0.375)


@pytest.fixture(scope="session")
def photos():
    """Blocks of colour between dark and bright, as different as photographs are."""
    generator = np.random.default_rng(0)
    blocks = generator.integers(0, 256, (48, 8, 8, 3)).astype(float)
    tints = generator.uniform(0, 1, (48, 1, 1, 3)) * generator.uniform(
        0.1, 1, (48, 1, 1, 1)
    )
    blocks = (blocks * tints).astype(np.uint8)
    return blocks.repeat(SIZE // 8, axis=1).repeat(SIZE // 8, axis=2)


@pytest.fixture(scope="session")
def litert(small, tmp_path_factory):
    return small.export(tmp_path_factory.mktemp("exported") / "small.tflite")


@pytest.fixture(scope="session")
def integers(small, photos, tmp_path_factory):
    path = tmp_path_factory.mktemp("exported") / "small8.tflite"
    return small.export(path, quantize=True, calibration=photos)


@pytest.fixture(scope="session")
def onnx(small, tmp_path_factory):
    pytest.importorskip("tf2onnx", reason="ONNX is written with tf2onnx")
    return small.export(tmp_path_factory.mktemp("exported") / "small.onnx")
