"""Receptive fields of lists of settings and of whole networks."""

import random
import subprocess
import sys

import numpy as np
import pytest

from fire_course import models, quiet
from fire_course.shapes import receptive_field, trace


@pytest.fixture(scope="module")
def keras():
    return quiet.import_keras()


def walked(layers):
    """Go back from one place, layer by layer, and collect the pixels that it needs."""
    needed = {0}
    for kernel, stride, dilation in reversed(layers):
        needed = {p * stride + i * dilation for p in needed for i in range(kernel)}
    return max(needed) - min(needed) + 1


def test_chains_are_what_a_walk_back_finds():
    draw = random.Random(1)
    for _ in range(500):
        layers = [
            (draw.randint(1, 5), draw.randint(1, 3), draw.randint(1, 3))
            for _ in range(draw.randint(1, 5))
        ]
        assert receptive_field(layers) == walked(layers)


def test_every_way_to_name_a_layer():
    assert receptive_field([3, (2, 2)] * 4) == 46
    assert receptive_field([]) == 1
    assert receptive_field([{"kernel": 3, "dilation": 2}, [2, 2]]) == 6
    assert receptive_field([((3, 5), 1), (2, (2, 1)), 3]) == (8, 8)
    for layers, sentence in (
        ([(3, 1, 1, 1)], "kernel, stride, dilation"),
        ([{"size": 3}], "kernel, stride and dilation"),
        ([((3, 3), 1), ((3, 3, 3), 1)], "give one number"),
        ([0], "kernel is a whole number from 1"),
    ):
        with pytest.raises(ValueError, match=sentence):
            receptive_field(layers)
    with pytest.raises(ValueError, match="belong to a network"):
        receptive_field([3], layer="conv1")


def test_a_network_is_asked_by_the_name_of_a_layer(keras):
    network = models.fire_cnn()
    assert receptive_field(network, layer="pool4") == (46, 46)
    assert receptive_field(network) == (238, 238)
    with pytest.raises(ValueError, match="no layer 'pool5'"):
        receptive_field(network, layer="pool5")
    inputs = keras.Input((8, 4))
    attention = keras.layers.MultiHeadAttention(2, 2, name="attention")
    with pytest.raises(ValueError, match="a list of layers, not 3"):
        receptive_field(3)
    with pytest.raises(ValueError, match="'vgg' has no layers that can be followed"):
        trace("vgg")
    with pytest.raises(ValueError, match="What attention can see is not known"):
        receptive_field(keras.Model(inputs, attention(inputs, inputs)))


# --- backbones, through their residual paths -----------------------------------


def bottleneck(blocks, step):
    """Write one stage of ResNet50 as settings: its stride stands in the first 1x1."""
    return [(1, step), 3, 1] + [1, 3, 1] * (blocks - 1)


def test_resnet50_sees_what_its_textbook_layers_see(keras):
    backbone = keras.applications.ResNet50(weights=None, include_top=False)
    stages = [(7, 2), (3, 2), *bottleneck(3, 1)]
    rows = {
        row.name: row.receptive_field
        for row in trace(backbone, input_shape=(1000, 1000, 3))
    }
    for stage, blocks in ((2, 3), (3, 4), (4, 6), (5, 3)):
        if stage > 2:
            stages += bottleneck(blocks, 2)
        assert rows[f"conv{stage}_block{blocks}_out"] == (receptive_field(stages),) * 2
    assert rows["conv5_block3_out"] == (483, 483)


def test_xception_sees_what_its_textbook_layers_see(keras):
    backbone = keras.applications.Xception(weights=None, include_top=False)
    chain = [(3, 2), 3]
    for _ in range(3):
        chain += [3, 3, (3, 2)]
    chain += [3, 3, 3] * 8
    rows = {
        row.name: row.receptive_field
        for row in trace(backbone, input_shape=(1400, 1400, 3))
    }
    assert rows["block13_sepconv1"] == (receptive_field([*chain, 3]),) * 2
    chain += [3, 3, (3, 2), 3, 3]
    assert rows["block14_sepconv2_act"] == (receptive_field(chain),) * 2


def measured(keras, backbone, name, size):
    """Return the pixels with a gradient at the place in the middle of a map."""
    import tensorflow as tf

    for layer in backbone.layers:
        if not isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([np.full(w.shape, 0.01) for w in layer.get_weights()])
    layer = backbone.get_layer(name)
    probe = keras.Model(backbone.inputs, layer.output)
    hit = np.zeros((size, size), bool)
    # A maximum hands its gradient to one pixel only: in a picture that grows to the
    # right and downwards it is the last of a window, in its mirror image the first.
    ramp = 100 + tf.reshape(tf.range(size, dtype="float32"), (1, size, 1, 1))
    ramp = tf.repeat(ramp + tf.transpose(ramp, (0, 2, 1, 3)), 3, axis=-1)
    for photo in (ramp, ramp[:, ::-1, ::-1]):
        with tf.GradientTape() as tape:
            tape.watch(photo)
            output = probe(photo, training=False)
            middle = output.shape[1] // 2
            value = tf.reduce_sum(output[0, middle, middle])
        hit |= np.abs(tape.gradient(value, photo)[0]).sum(-1) > 0
    return tuple(int(np.ptp(np.flatnonzero(hit.any(axis)))) + 1 for axis in (1, 0))


@pytest.mark.parametrize(
    ("name", "layer", "size"),
    [("ResNet50", "conv3_block1_out", 96), ("Xception", "block4_sepconv1", 96)],
)
def test_residual_paths_have_the_gradients_of_the_trace(keras, name, layer, size):
    pytest.importorskip("tensorflow")
    backbone = getattr(keras.applications, name)(
        weights=None, include_top=False, input_shape=(size, size, 3)
    )
    expected = receptive_field(backbone, layer=layer)
    assert max(expected) < size  # or the border would hide a mistake
    assert measured(keras, backbone, layer, size) == expected


def test_a_nested_backbone_is_followed(keras):
    backbone = keras.applications.Xception(
        weights=None, include_top=False, input_shape=(150, 150, 3)
    )
    inputs = keras.Input((150, 150, 3))
    x = backbone(inputs, training=False)
    x = keras.layers.GlobalAveragePooling2D()(x)
    network = keras.Model(inputs, keras.layers.Dense(10)(x))
    rows = trace(network)
    assert sum(row.parameters for row in rows) == network.count_params()
    inner = [row for row in rows if row.name.startswith(f"{backbone.name}/")]
    # The input, layer by layer, of the inner network is that of the outer one.
    assert len(inner) == len(backbone.layers) - 1
    assert inner[-1].output_shape == (5, 5, 2048)
    # Its first layer, 3 wide in steps of 2 without padding, misses the last column.
    assert inner[-1].receptive_field == (149, 149)


@pytest.mark.parametrize("nested", [True, False])
def test_preparation_inside_a_transfer_network_moves_nothing(keras, nested):
    """ResNet50's turns the channels around and subtracts their means."""
    from fire_course import transfer

    network = transfer.transfer_model(
        "resnet50", classes=1, weights=None, image_size=96, nested=nested
    )
    fields = {
        row.name.rpartition("/")[2]: row.receptive_field for row in trace(network)
    }
    assert fields["conv1_conv"] == (7, 7)
    assert fields["pool1_pool"] == (11, 11)
    assert fields["score"] == (96, 96)


def test_shapes_are_pure_python():
    """Neither an array library nor an engine is imported, whatever is computed."""
    program = (
        "import sys\n"
        "from fire_course.shapes import explain_size, receptive_field, solve_size\n"
        "explain_size((250, 250), 3, stride=2), receptive_field([3, (2, 2)])\n"
        "solve_size(250, 124)\n"
        "print([m for m in ('numpy', 'keras', 'tensorflow') if m in sys.modules])\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]", run.stderr
