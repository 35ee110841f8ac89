"""Sizes against brute force and Keras; receptive fields against gradients."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fire_course import models, quiet, shapes
from fire_course.shapes import output_size, total_multiply_adds, trace


@pytest.fixture(scope="module")
def keras():
    return quiet.import_keras()


# --- output_size -----------------------------------------------------------


def counted(n, kernel, stride, before, after, dilation):
    """Count by sliding a window over real places."""
    places = 0
    start = -before
    while start + dilation * (kernel - 1) <= n - 1 + after:
        places += 1
        start += stride
    return places


@given(
    n=st.integers(1, 40),
    kernel=st.integers(1, 7),
    stride=st.integers(1, 5),
    before=st.integers(0, 4),
    after=st.integers(0, 4),
    dilation=st.integers(1, 3),
)
def test_output_size_counts_the_places_of_a_window(
    n, kernel, stride, before, after, dilation
):
    expected = counted(n, kernel, stride, before, after, dilation)
    arguments = {"stride": stride, "padding": (before, after), "dilation": dilation}
    if expected:
        assert output_size(n, kernel, **arguments) == expected
    else:
        with pytest.raises(ValueError, match="does not fit"):
            output_size(n, kernel, **arguments)


@given(
    n=st.integers(1, 40),
    kernel=st.integers(1, 7),
    stride=st.integers(1, 5),
    pad=st.integers(0, 3),
    dilation=st.integers(1, 3),
)
def test_ceil_counts_windows_that_begin_before_the_end(
    n, kernel, stride, pad, dilation
):
    reach = dilation * (kernel - 1) + 1
    assume(n + 2 * pad >= reach)
    # Windows that fit, and one that hangs over if it begins before the end.
    places = counted(n, kernel, stride, pad, pad, dilation)
    hangs_over = (places - 1) * stride + reach < n + 2 * pad
    next_start = places * stride - pad
    expected = places + (hangs_over and next_start < n)
    got = output_size(
        n, kernel, stride=stride, padding=pad, dilation=dilation, ceil=True
    )
    assert got == expected


@pytest.mark.parametrize("padding", ["valid", "same", "causal"])
def test_output_size_agrees_with_keras_in_one_dimension(keras, padding):
    for n, kernel, stride, dilation in itertools.product(
        (1, 2, 5, 8, 13), (1, 2, 3, 4), (1, 2, 3), (1, 2)
    ):
        if stride > 1 and dilation > 1:
            continue  # Keras does not combine them
        if padding == "valid" and dilation * (kernel - 1) + 1 > n:
            continue
        layer = keras.layers.Conv1D(
            1, kernel, strides=stride, padding=padding, dilation_rate=dilation
        )
        expected = layer.compute_output_shape((1, n, 1))[1]
        assert (
            output_size(n, kernel, stride=stride, padding=padding, dilation=dilation)
            == expected
        )


def test_output_size_agrees_with_what_keras_computes(keras):
    for padding, stride in itertools.product(("valid", "same"), (1, 2, 3)):
        layer = keras.layers.MaxPooling2D(3, strides=stride, padding=padding)
        computed = layer(np.zeros((1, 11, 14, 1), "float32")).shape[1:3]
        assert output_size((11, 14), 3, stride=stride, padding=padding) == tuple(
            computed
        )


def test_output_size_takes_one_value_or_one_for_each_axis():
    assert output_size((10, 20, 30), (1, 2, 3), stride=(1, 2, 3)) == (10, 10, 10)
    assert output_size((10, 20), 3, padding=((1, 1), (0, 0))) == (10, 18)
    assert output_size((10, 20), 3, padding=(2, 0)) == (10, 20)
    assert output_size(np.array([10, 20]), np.int64(3)) == (8, 18)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"n": 0, "kernel": 1}, "n is a whole number from 1, not 0"),
        ({"n": 5, "kernel": 0}, "kernel is a whole number from 1"),
        ({"n": 5, "kernel": 2.0}, "kernel is a whole number from 1, not 2.0"),
        ({"n": True, "kernel": 1}, "n is a whole number"),
        ({"n": 5, "kernel": 2, "stride": 0}, "stride is a whole number from 1"),
        ({"n": 5, "kernel": 2, "dilation": -1}, "dilation is a whole number"),
        ({"n": 5, "kernel": 2, "padding": -1}, "padding is a whole number from 0"),
        ({"n": 5, "kernel": 2, "padding": "full"}, "not 'full'"),
        ({"n": 5, "kernel": 2, "padding": (1, 2, 3)}, "give one number, or such"),
        ({"n": (5, 5), "kernel": (1, 2, 3)}, "3 values for 2 axes"),
        ({"n": (5, 5, 5, 5), "kernel": 1}, "one to three axes, not 4"),
        ({"n": (), "kernel": 1}, "one to three axes, not 0"),
        ({"n": 4, "kernel": 3, "dilation": 3}, "reaching over 7 .* pad by 3 more"),
        ({"n": 2, "kernel": 5, "padding": 1}, "2 and 2 of padding.*pad by 1 more"),
    ],
)
def test_bad_settings_say_what_to_change(arguments, sentence):
    n, kernel = arguments.pop("n"), arguments.pop("kernel")
    with pytest.raises(ValueError, match=sentence):
        output_size(n, kernel, **arguments)


# --- trace -----------------------------------------------------------------


def test_fire_cnn_is_the_network_of_the_source():
    rows = {row.name: row for row in trace(models.fire_cnn())}
    sizes = [rows[f"{kind}{i}"].output_shape[0] for i in (1, 2, 3, 4)
             for kind in ("conv", "pool")]  # fmt: skip
    assert sizes == [248, 124, 122, 61, 59, 29, 27, 13]
    assert [rows[f"conv{i}"].parameters for i in (1, 2, 3, 4)] == [1792] + 3 * [36928]
    assert rows["flatten"].output_shape == (10816,)
    assert rows["logit"].parameters == 10817
    assert [rows[f"pool{i}"].receptive_field[0] for i in (1, 2, 3, 4)] == [
        4,
        10,
        22,
        46,
    ]
    # 3x3 windows x channels in x channels out x places, summed by hand.
    by_hand = 9 * 64 * (3 * 248**2 + 64 * (122**2 + 59**2 + 27**2)) + 10816
    assert total_multiply_adds(models.fire_cnn()) == by_hand
    assert round(by_hand / 1e6) == 810


def test_the_last_columns_of_a_photograph_never_reach_fire_cnn():
    # 13 places, 16 pixels apart, each 46 wide: 12 of 250 pixels are left over.
    row = next(row for row in trace(models.fire_cnn()) if row.name == "logit")
    assert row.receptive_field == (12 * 16 + 46,) * 2 == (238, 238)


@pytest.mark.parametrize("name", models.NAMES)
def test_parameters_add_up(name):
    network = models.build(name)
    assert sum(row.parameters for row in trace(network)) == network.count_params()


def positive(keras, network):
    """Give every weight a positive value, so that no path cancels another."""
    for layer in network._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            continue  # scale 1, mean 0, variance 1: positive as it starts
        layer.set_weights([np.full(w.shape, 0.01) for w in layer.get_weights()])


def reached(keras, network, output):
    """Measure how many rows and columns of the input change one value most.

    The oracle: gradients through the network, for the places of one row and of
    one column through the middle of the map.
    """
    import tensorflow as tf

    probe = keras.Model(network.inputs, output)
    height, width, channels = network.input_shape[1:]
    widest = [0, 0]
    rank = len(output.shape)
    places = [None]
    if rank == 4:
        rows, columns = output.shape[1:3]
        places = [(i, columns // 2) for i in range(rows)]
        places += [(rows // 2, j) for j in range(columns)]
    # Bright, so that no rectifier cuts a path off.
    noise = tf.random.stateless_uniform((1, height, width, channels), [1, 2])
    photo = 200 + noise
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(photo)
        answer = probe(photo)
        values = [
            tf.reduce_sum(answer if place is None else answer[0, place[0], place[1]])
            for place in places
        ]
    for value in values:
        gradient = np.abs(tape.gradient(value, photo)[0]).sum(-1)
        for axis in (0, 1):
            hit = np.flatnonzero(gradient.sum(1 - axis) > 0)
            if len(hit):
                widest[axis] = max(widest[axis], int(hit[-1] - hit[0] + 1))
    return tuple(widest)


def small_network(keras):
    """Every kind of layer that moves places, with branches and a gate."""
    L = keras.layers
    inputs = keras.Input((36, 31, 2))
    x = L.Conv2D(3, (3, 2), strides=2, padding="same", name="strided")(inputs)
    x = L.ZeroPadding2D(((1, 0), (2, 1)), name="padded")(x)
    a = L.DepthwiseConv2D(3, padding="same", name="depthwise")(x)
    b = L.SeparableConv2D(3, 5, padding="same", name="separable")(x)
    x = L.Add(name="added")([a, b])
    gate = L.GlobalAveragePooling2D(keepdims=True, name="mean")(x)
    x = L.AveragePooling2D(2, name="pooled")(x)
    inner = keras.Input((None, None, 3))
    y = L.Conv2D(4, 3, dilation_rate=2, padding="same", name="dilated")(inner)
    y = L.BatchNormalization(name="norm")(y)
    x = keras.Model(inner, y, name="base")(x)
    x = L.Conv2DTranspose(2, 3, strides=2, padding="same", name="transposed")(x)
    x = L.Cropping2D(((1, 2), (0, 1)), name="cropped")(x)
    x = L.UpSampling2D(2, name="enlarged")(x)
    x = L.Conv2D(3, 2, padding="valid", name="after")(x)
    gated = L.Multiply(name="gated")([x, gate])
    z = L.Flatten(name="flat")(gated)
    z = L.Dense(2, name="dense")(z)
    return keras.Model(inputs, z)


@pytest.mark.parametrize(
    "name",
    ["strided", "padded", "added", "pooled", "transposed", "cropped", "enlarged"]
    + ["after", "dense"],
)
def test_receptive_fields_are_those_of_the_gradients(keras, name):
    pytest.importorskip("tensorflow")
    network = small_network(keras)
    positive(keras, network)
    output = network.get_layer(name).output
    row = next(row for row in trace(network) if row.name == name)
    assert row.output_shape == tuple(output.shape[1:])
    assert row.receptive_field == reached(keras, network, output)


def test_receptive_fields_of_a_gate_are_the_whole_photograph(keras):
    rows = {row.name: row for row in trace(small_network(keras))}
    assert rows["after"].receptive_field < (36, 31)
    assert rows["mean"].receptive_field == (36, 31)
    assert rows["gated"].receptive_field == (36, 31)


def test_fire_net_sees_what_its_gradients_say(keras):
    pytest.importorskip("tensorflow")
    network = models.fire_net((128, 128, 3), width=0.25)
    positive(keras, network)
    for name in ("stage2_relu", "stage3_block1_relu"):
        layer = network.get_layer(name)
        middle = keras.Model(network.inputs, layer.output[:, 7:10, 7:10])
        row = next(row for row in trace(network) if row.name == name)
        assert row.receptive_field == reached(keras, network, middle.outputs[0])


def test_multiply_adds_of_layers_by_hand(keras):
    rows = {row.name: row for row in trace(small_network(keras))}
    adds = {name: row.multiply_adds for name, row in rows.items()}
    assert adds["strided"] == 18 * 16 * (3 * 2 * 2 * 3)
    assert adds["depthwise"] == 19 * 19 * (9 * 3)
    assert adds["separable"] == 19 * 19 * (25 * 3 + 3 * 3)
    assert adds["base/dilated"] == 9 * 9 * (9 * 3 * 4)
    assert adds["base/norm"] == adds["pooled"] == adds["added"] == 0
    assert adds["transposed"] == 9 * 9 * (9 * 2 * 4)
    flat = rows["flat"].output_shape[0]
    assert adds["dense"] == flat * 2


def test_grouped_convolution_counts_its_groups(keras):
    inputs = keras.Input((8, 8, 6))
    layer = keras.layers.Conv2D(4, 3, groups=2, padding="same")
    network = keras.Model(inputs, layer(inputs))
    assert total_multiply_adds(network) == 8 * 8 * 9 * 3 * 4


def test_a_layer_used_twice_works_twice_and_has_its_parameters_once(keras):
    shared = keras.layers.Conv2D(3, 3, name="shared")
    inputs = keras.Input((12, 12, 3))
    network = keras.Model(inputs, shared(shared(inputs)))
    first, second = [row for row in trace(network) if row.name == "shared"]
    assert (first.parameters, second.parameters) == (shared.count_params(), 0)
    assert first.receptive_field == (3, 3)
    assert second.receptive_field == (5, 5)
    assert second.multiply_adds == 8 * 8 * 81


def test_trace_of_a_sequential_network_and_of_one_axis(keras):
    L = keras.layers
    network = keras.Sequential(
        [keras.Input((20, 2)), L.Conv1D(4, 3, padding="causal"), L.MaxPooling1D(2)]
        + [L.ZeroPadding1D(1), L.GlobalMaxPooling1D(), L.Dense(3)]
    )
    rows = trace(network)
    assert [row.receptive_field for row in rows] == [
        (1,),
        (3,),
        (4,),
        (4,),
        (20,),
        (20,),
    ]
    assert rows[1].multiply_adds == 20 * 3 * 2 * 4
    assert rows[3].output_shape == (12, 4)


def test_a_network_for_any_size_needs_the_size(keras):
    inputs = keras.Input((None, None, 3))
    network = keras.Model(inputs, keras.layers.Conv2D(2, 3)(inputs), name="free")
    with pytest.raises(ValueError, match="free takes inputs of any size"):
        trace(network)
    assert trace(network, input_shape=(9, 8, 3))[1].output_shape == (7, 6, 2)


def test_what_is_not_known_is_not_guessed(keras):
    inputs = keras.Input((8, 4))
    attention = keras.layers.MultiHeadAttention(2, 2, name="attention")
    network = keras.Model(inputs, attention(inputs, inputs))
    row = trace(network)[1]
    assert row.multiply_adds is None
    assert row.receptive_field is None
    assert row.output_shape == (8, 4)
    with pytest.raises(ValueError, match="multiply-adds of attention"):
        total_multiply_adds(network)


def test_an_unbuilt_network_is_refused(keras):
    network = keras.Sequential([keras.layers.Dense(1)], name="raw")
    with pytest.raises(ValueError, match="raw has no layers that can be followed"):
        trace(network)


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_random_chains_agree_with_the_textbook_formula(data):
    """r grows by (reach - 1) x step, the step by the stride: no borders in reach."""
    keras = quiet.import_keras()
    n = 200
    inputs = keras.Input((n, 1))
    x, field, step = inputs, 1, 1
    for _ in range(data.draw(st.integers(1, 4))):
        kernel = data.draw(st.integers(1, 4))
        stride = data.draw(st.integers(1, 2))
        x = keras.layers.Conv1D(1, kernel, strides=stride)(x)
        field += (kernel - 1) * step
        step *= stride
    row = trace(keras.Model(inputs, x))[-1]
    assert row.receptive_field == (field,)


def test_shapes_import_without_keras():
    assert "keras" not in vars(shapes)
