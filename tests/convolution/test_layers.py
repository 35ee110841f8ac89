"""Layers in NumPy against Keras's, on random layouts."""

import numpy as np
import pytest

from fire_course import quiet
from fire_course.convolution import (
    average_pool,
    conv_layer,
    max_pool,
    relu,
    sigmoid,
    softmax,
)
from fire_course.shapes import output_size, pool_size


@pytest.fixture(scope="module")
def keras():
    return quiet.import_keras()


def layouts(seed, count):
    """Draw random layouts; those that TensorFlow might not survive are left out."""
    random = np.random.default_rng(seed)
    while count:
        rank = int(random.choice([1, 2, 2, 3]))
        size = tuple(int(n) for n in random.integers(1, 10, rank))
        kernel = tuple(int(n) for n in random.integers(1, 5, rank))
        stride = tuple(int(n) for n in random.integers(1, 4, rank))
        padding = str(random.choice(["valid", "same"]))
        try:
            output_size(size, kernel, stride=stride, padding=padding)
            pool_size(size, kernel, stride=stride, padding=padding)
        except ValueError:
            continue
        if any(f > n for f, n in zip(kernel, size, strict=True)):
            continue
        count -= 1
        yield random, rank, size, kernel, stride, padding


def test_convolution_equals_keras(keras):
    for random, rank, size, kernel, stride, padding in layouts(1, 60):
        batch, channels, filters = (int(n) for n in random.integers(2, 6, 3))
        activation = str(
            random.choice(["linear", "relu", "sigmoid", "softmax", "tanh"])
        )
        dilation = 1
        if random.random() < 0.3:
            stride, dilation = 1, int(random.integers(1, 3))
            if any(dilation * (f - 1) >= n for f, n in zip(kernel, size, strict=True)):
                dilation = 1
        if rank == 1 and random.random() < 0.4:
            padding = "causal"
        layer = getattr(keras.layers, f"Conv{rank}D")(
            filters,
            kernel,
            strides=stride,
            padding=padding,
            dilation_rate=dilation,
            activation=activation,
            bias_initializer="normal",
        )
        x = random.normal(size=(batch, *size, channels)).astype("float32")
        expected = np.asarray(layer(x))
        weights, bias = layer.get_weights()
        options = {"stride": stride, "padding": padding, "activation": activation}
        got = conv_layer(x, weights, bias, dilation=dilation, **options)
        assert got.shape == expected.shape
        np.testing.assert_allclose(got, expected, atol=1e-5, rtol=1e-5)
        alone = conv_layer(x[0], weights, bias, dilation=dilation, **options)
        np.testing.assert_allclose(alone, got[0], atol=1e-6)


def test_pooling_equals_keras(keras):
    for random, rank, size, pool, stride, padding in layouts(2, 60):
        x = random.normal(size=(2, *size, 3)).astype("float32") - 3  # zeros would show
        for name, ours in (("MaxPooling", max_pool), ("AveragePooling", average_pool)):
            layer = getattr(keras.layers, f"{name}{rank}D")(
                pool, strides=stride, padding=padding
            )
            expected = np.asarray(layer(x))
            got = ours(x, pool, stride=stride, padding=padding)
            assert got.shape == expected.shape
            np.testing.assert_allclose(got, expected, atol=1e-5)
            alone = ours(x[0, ..., 0], pool, stride=stride, padding=padding)
            np.testing.assert_array_equal(alone, got[0, ..., 0])


def test_a_whole_network_by_hand_equals_keras(keras):
    L = keras.layers
    network = keras.Sequential(
        [
            keras.Input((12, 10, 3)),
            L.Conv2D(8, 3, activation="relu", bias_initializer="normal"),
            L.MaxPooling2D(2),
            L.Conv2D(4, (2, 3), strides=2, padding="same", bias_initializer="normal"),
            L.AveragePooling2D(2, strides=1, padding="same"),
            L.Flatten(),
            L.Dense(5, activation="softmax"),
        ]
    )
    x = np.random.default_rng(3).normal(size=(4, 12, 10, 3)).astype("float32")
    w1, b1, w2, b2, w3, b3 = network.get_weights()
    y = max_pool(conv_layer(x, w1, b1, activation="relu"))
    y = conv_layer(y, w2, b2, stride=2, padding="same")
    y = average_pool(y, 2, stride=1, padding="same")
    y = softmax(y.reshape(4, -1) @ w3 + b3)
    np.testing.assert_allclose(y, np.asarray(network(x)), atol=1e-5)


def test_padding_in_numbers_is_zeros_before(keras):
    random = np.random.default_rng(4)
    x = random.normal(size=(1, 6, 7, 2)).astype("float32")
    w = random.normal(size=(3, 2, 2, 3)).astype("float32")
    zeros = keras.layers.ZeroPadding2D(((1, 2), (0, 3)))(x)
    expected = np.asarray(keras.ops.conv(zeros, w, padding="valid", strides=2))
    got = conv_layer(x, w, stride=2, padding=((1, 2), (0, 3)))
    np.testing.assert_allclose(got, expected, atol=1e-5)


def test_activations_equal_keras(keras):
    x = np.random.default_rng(5).normal(scale=30, size=(6, 9)).astype("float32")
    for ours in (relu, sigmoid, softmax):
        expected = np.asarray(getattr(keras.activations, ours.__name__)(x))
        np.testing.assert_allclose(ours(x), expected, atol=1e-6)
    with np.errstate(all="raise", under="ignore"):
        assert sigmoid([-1e4, 1e4]).tolist() == [0, 1]
        assert softmax([[1e4, 0.0]]).tolist() == [[1, 0]]
    doubled = conv_layer(
        np.ones((3, 1)), np.ones((1, 1, 1)), activation=lambda y: 2 * y
    )
    assert (doubled == 2).all()


def test_whole_numbers_and_double_precision_are_taken():
    photo = np.full((1, 4, 4, 3), 255, np.uint8)
    got = conv_layer(photo, np.ones((3, 3, 3, 1), int))
    assert got.dtype == np.float64
    assert (got == 255 * 27).all()
    assert max_pool(photo).dtype == np.float64
    assert conv_layer(
        photo.astype("float32"), np.ones((1, 1, 3, 1), "float32")
    ).dtype == (np.float32)
    assert (photo == 255).all()


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda x: conv_layer(x, np.ones((3, 3))), "weights are .* not \\(3, 3\\)"),
        (lambda x: conv_layer(x, np.ones((3, 3, 4, 1))), "3 channels .* for 4"),
        (lambda x: conv_layer(x[0, 0], np.ones((3, 3, 3, 1))), "x has 2 axes"),
        (lambda x: conv_layer(x, np.ones((6, 1, 3, 1))), "kernel of 6 does not fit"),
        (
            lambda x: conv_layer(x, np.ones((3, 3, 3, 2)), np.ones(3)),
            "bias has .*\\(2,\\)",
        ),
        (
            lambda x: conv_layer(x, np.ones((1, 1, 3, 1)), activation="rulu"),
            "activation is one of linear, relu",
        ),
        (lambda x: conv_layer([["a"]], np.ones((1, 1, 1))), "real numbers, not <U1"),
        (lambda x: max_pool(x[:, :1, :1]), "kernel of 2 does not fit into 1"),
        (lambda x: max_pool(x, padding="causal"), "'valid' or 'same', not 'causal'"),
        (lambda x: max_pool(x, padding=1), "'valid' or 'same', not 1"),
        (lambda x: average_pool(x, (2, 2, 2, 2)), "one to three axes|x has 4 axes"),
    ],
)
def test_bad_settings_say_what_to_change(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call(np.ones((1, 5, 5, 3)))
