"""Quantisation by hand: its laws, and the numbers in files that LiteRT wrote."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fire_course import models, quiet
from fire_course.detector import Detector
from fire_course.quantize import dequantize, quantize, scale_and_zero_point

BOUNDS = st.floats(-1e4, 1e4, allow_subnormal=False)
TYPES = st.sampled_from(["int8", "uint8"])


@settings(deadline=None)
@given(ends=st.tuples(BOUNDS, BOUNDS), dtype=TYPES, share=st.floats(0, 1))
def test_no_value_in_the_range_moves_by_more_than_half_a_step(ends, dtype, share):
    low, high = min(*ends, -1e-3), max(*ends, 1e-3)
    scale, zero = scale_and_zero_point(low, high, dtype=dtype)
    value = low + share * (high - low)
    back = dequantize(quantize(value, scale, zero, dtype=dtype), scale, zero)
    # At the ends rounding the zero point may cost half a step more.
    assert abs(back - value) <= 1.001 * scale + 1e-6 * abs(value)
    if low + scale <= value <= high - scale:
        assert abs(back - value) <= 0.501 * scale + 1e-6 * abs(value)


@settings(deadline=None)
@given(ends=st.tuples(BOUNDS, BOUNDS), dtype=TYPES)
def test_zero_has_no_error(ends, dtype):
    scale, zero = scale_and_zero_point(min(ends), max(ends), dtype=dtype)
    assert np.iinfo(dtype).min <= zero <= np.iinfo(dtype).max
    assert scale > 0
    assert dequantize(quantize(0.0, scale, zero, dtype=dtype), scale, zero) == 0


@settings(deadline=None)
@given(number=st.integers(-128, 127), zero=st.integers(-128, 127))
def test_whole_numbers_survive_the_way_there_and_back(number, zero):
    value = dequantize(number, 0.03, zero)
    assert quantize(value, 0.03, zero) == number


def test_weights_are_symmetric_about_zero():
    scale, zero = scale_and_zero_point(-0.3, 1.27, symmetric=True)
    assert (scale, zero) == (pytest.approx(0.01), 0)
    np.testing.assert_array_equal(quantize([-1.27, 1.27], scale), [-127, 127])


def test_what_runs_out_stays_at_the_end():
    np.testing.assert_array_equal(
        quantize([-9, 300], 1.0, 0, dtype="uint8"), np.array([0, 255], "uint8")
    )


def test_channels_may_have_scales_of_their_own():
    values = np.array([[1.0, 100.0], [-2.0, 50.0]])
    numbers = quantize(values, np.array([0.5, 10.0]))
    np.testing.assert_array_equal(numbers, [[2, 10], [-4, 5]])
    np.testing.assert_array_equal(dequantize(numbers, [0.5, 10.0]), values)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: scale_and_zero_point(1, -1), "low to high"),
        (lambda: scale_and_zero_point(0, np.inf), "low to high"),
        (lambda: scale_and_zero_point(0, 1, dtype="float32"), "no whole numbers"),
        (
            lambda: scale_and_zero_point(-1, 1, dtype="uint8", symmetric=True),
            "use int8",
        ),
        (lambda: quantize([1], 1, dtype="float16"), "no whole numbers"),
    ],
)
def test_what_has_no_meaning_is_refused(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


def test_all_zeros_need_no_range():
    assert scale_and_zero_point(0, 0) == (1.0, 0)
    assert scale_and_zero_point(0, 0, symmetric=True) == (1.0, 0)


# --- beside LiteRT's own numbers ------------------------------------------------


@pytest.fixture(scope="module")
def file_of_fire_cnn(tmp_path_factory):
    """The tensors of a small exported `fire_cnn`, whose layers are not merged."""
    litert = pytest.importorskip(
        "ai_edge_litert.interpreter", reason="LiteRT files run on ai-edge-litert"
    )
    network = models.fire_cnn((46, 46, 3), seed=0)
    generator = np.random.default_rng(4)
    photos = generator.integers(0, 256, (12, 46, 46, 3), dtype=np.uint8)
    path = Detector(network).export(
        tmp_path_factory.mktemp("file") / "cnn.tflite",
        quantize=True,
        calibration=photos,
    )
    with quiet.silenced():
        runner = litert.Interpreter(
            model_content=path.read_bytes(),
            experimental_op_resolver_type=(
                litert.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
            ),
            experimental_preserve_all_tensors=True,
        )
        runner.allocate_tensors()
    return network, runner, photos


def test_weights_in_a_file_are_ours(file_of_fire_cnn):
    network, runner, _ = file_of_fire_cnn
    kernel = network.get_layer("conv1").get_weights()[0]
    shape = (64, 3, 3, 3)  # the output channel first, in a file
    (found,) = (
        each
        for each in runner.get_tensor_details()
        if tuple(each["shape"]) == shape and each["dtype"] is np.int8
    )
    numbers = runner.get_tensor(found["index"])
    scales = found["quantization_parameters"]["scales"]
    # The first layer, which divides by 255, has gone into the weights.
    ours = np.moveaxis(kernel, -1, 0) / 255
    for channel in range(64):
        scale, zero = scale_and_zero_point(
            ours[channel].min(), ours[channel].max(), symmetric=True
        )
        assert zero == 0
        assert scale == pytest.approx(scales[channel], rel=1e-5)
        # A tie may round either way between float32 and float64.
        apart = quantize(ours[channel], scale) != numbers[channel]
        assert apart.mean() < 0.05
        assert np.abs(dequantize(numbers[channel], scale) - ours[channel]).max() <= (
            0.501 * scale
        )


def test_ranges_of_a_layer_in_a_file_are_ours(file_of_fire_cnn):
    """The smallest and the largest value over the photographs give LiteRT's numbers."""
    network, runner, photos = file_of_fire_cnn
    keras = quiet.import_keras()
    photos = photos.astype("float32")
    photos[0, 0, 0], photos[0, -1, -1] = 0, 255  # as the exporter does
    inside = keras.Model(network.inputs, network.get_layer("pool1").output)
    values = np.asarray(inside([photos]))
    scale, zero = scale_and_zero_point(values.min(), values.max())
    (found,) = (
        each
        for each in runner.get_tensor_details()
        if tuple(each["shape"]) == (1, 22, 22, 64) and each["dtype"] is np.int8
    )
    theirs, their_zero = found["quantization"]
    assert scale == pytest.approx(theirs, rel=1e-3)
    assert zero == their_zero
