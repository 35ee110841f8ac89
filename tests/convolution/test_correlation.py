"""Correlation in four ways against scipy.ndimage, scipy.signal and Keras."""

import itertools

import numpy as np
import pytest
import scipy.ndimage
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

from fire_course import quiet
from fire_course.convolution import KERNELS, convolve, correlate
from fire_course.convolution.choosing import costs, fastest

WAYS = ("auto", "loops", "windows", "fft", "scipy")
NDIMAGE = {
    "zero": "constant",
    "reflect": "reflect",
    "nearest": "nearest",
    "wrap": "wrap",
}


@pytest.fixture(scope="module")
def keras():
    return quiet.import_keras()


@st.composite
def cases(draw):
    """Draw a picture and a kernel that fits, of one to three axes."""
    axes = draw(st.integers(1, 3))
    most = {1: 30, 2: 12, 3: 6}[axes]
    shape = [draw(st.integers(1, most)) for _ in range(axes)]
    kernel = [draw(st.integers(1, min(n, 5))) for n in shape]
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    return random.normal(size=shape), random.normal(size=kernel)


@settings(max_examples=80, deadline=None)
@given(cases(), st.sampled_from(WAYS), st.integers(1, 3))
def test_valid_is_scipy_signals_with_every_stride(case, method, stride):
    image, kernel = case
    every = (slice(None, None, stride),) * image.ndim
    expected = scipy.signal.correlate(image, kernel, "valid", "direct")[every]
    got = correlate(image, kernel, stride=stride, method=method)
    np.testing.assert_allclose(got, expected, atol=1e-12)
    flipped = scipy.signal.convolve(image, kernel, "valid", "direct")[every]
    got = convolve(image, kernel, stride=stride, method=method)
    np.testing.assert_allclose(got, flipped, atol=1e-12)


@settings(max_examples=80, deadline=None)
@given(cases(), st.sampled_from(WAYS), st.sampled_from(sorted(NDIMAGE)))
def test_borders_are_those_of_scipy_ndimage(case, method, border):
    image, kernel = case
    options = {"border": border, "method": method}
    # Where an even kernel has its middle: ndimage correlates with more before.
    middle = [(f // 2, (f - 1) // 2) for f in kernel.shape]
    got = correlate(image, kernel, padding=middle, **options)
    expected = scipy.ndimage.correlate(image, kernel, mode=NDIMAGE[border])
    np.testing.assert_allclose(got, expected, atol=1e-12)
    # "same" is Keras's, which is ndimage.convolve's for kernels of any size.
    got = convolve(image, kernel, padding="same", **options)
    expected = scipy.ndimage.convolve(image, kernel, mode=NDIMAGE[border])
    np.testing.assert_allclose(got, expected, atol=1e-12)
    if all(f % 2 for f in kernel.shape):
        got = correlate(image, kernel, padding="same", **options)
        expected = scipy.ndimage.correlate(image, kernel, mode=NDIMAGE[border])
        np.testing.assert_allclose(got, expected, atol=1e-12)


def test_borders_farther_than_the_picture_are_scipy_ndimages():
    image, kernel = np.array([1.0, 5.0, 2.0]), np.arange(1.0, 12.0)
    for border, mode in NDIMAGE.items():
        got = correlate(image, kernel, padding="same", border=border)
        expected = scipy.ndimage.correlate(image, kernel, mode=mode)
        np.testing.assert_allclose(got, expected, err_msg=border)


def test_erratum_15_scipy_signals_same_is_keras_for_odd_kernels_only(keras):
    random = np.random.default_rng(0)
    image = random.normal(size=(7, 9))
    for kernel in (random.normal(size=(3, 5)), random.normal(size=(2, 4))):
        computed = keras.ops.conv(
            image[None, ..., None].astype("float32"),
            kernel[..., None, None].astype("float32"),
            padding="same",
        )
        expected = np.asarray(computed)[0, ..., 0]
        scipys = scipy.signal.correlate(image, kernel, "same")
        odd = kernel.shape == (3, 5)
        assert np.allclose(scipys, expected, atol=1e-5) == odd
        for method in WAYS:
            ours = correlate(image, kernel, padding="same", method=method)
            np.testing.assert_allclose(ours, expected, atol=1e-5)


def test_a_kernel_that_does_not_fit_is_refused_where_scipy_swaps_the_operands():
    image, kernel = np.ones((2, 2)), np.ones((3, 3))
    assert scipy.signal.correlate(image, kernel, "valid").shape == (2, 2)
    for method in WAYS:
        with pytest.raises(ValueError, match="kernel of 3 does not fit into 2"):
            correlate(image, kernel, method=method)
    # One larger in one direction only.
    with pytest.raises(ValueError, match="does not fit"):
        correlate(np.ones((5, 2)), kernel)


def test_a_flip_is_all_that_lies_between_the_two():
    image = np.arange(30.0).reshape(5, 6)
    kernel = KERNELS["sobel_x"]
    np.testing.assert_array_equal(convolve(image, kernel), -correlate(image, kernel))
    impulse = np.zeros((5, 5))
    impulse[2, 2] = 1
    corner = np.arange(9.0).reshape(3, 3)
    np.testing.assert_array_equal(convolve(impulse, corner), corner)
    np.testing.assert_array_equal(correlate(impulse, corner), corner[::-1, ::-1])


def test_channels_are_taken_by_themselves():
    random = np.random.default_rng(1)
    photo = random.integers(0, 256, (20, 24, 3), dtype=np.uint8)
    for name, kernel in KERNELS.items():
        got = correlate(photo, kernel, padding="same", border="reflect")
        for c in range(3):
            expected = scipy.ndimage.correlate(photo[..., c].astype(float), kernel)
            np.testing.assert_allclose(got[..., c], expected, atol=1e-9, err_msg=name)


def test_numbers_keep_their_precision():
    image, kernel = np.ones((6, 6), np.float32), np.ones((3, 3), np.float32)
    for method in WAYS:
        assert correlate(image, kernel, method=method).dtype == np.float32
        # 255 x 9 does not fit into uint8; scipy.ndimage alone would wrap around.
        bytes_ = np.full((4, 4), 255, np.uint8)
        got = correlate(bytes_, np.ones((3, 3), int), method=method)
        assert got.dtype == np.float64
        np.testing.assert_allclose(got, 255 * 9)


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_every_kind_of_number_is_computed_as_the_loops_do(padding):
    random = np.random.default_rng(2)
    kinds = ["?", "u1", "i4", "u8", "f2", "f4", ">f4", "f8", ">f8", "g"]
    for one, other in itertools.product(kinds, kinds):
        image = (random.random((7, 9)) * 200).astype(one)
        kernel = (random.random((3, 3)) * 9).astype(other)
        got = correlate(image, kernel, padding=padding)
        expected = correlate(image, kernel, padding=padding, method="loops")
        assert got.dtype == expected.dtype
        tolerance = 1e-5 if got.dtype == np.float32 else 1e-12
        np.testing.assert_allclose(got, expected, rtol=tolerance)
    for wrong in ("complex64", "datetime64[s]", object):
        with pytest.raises(ValueError, match="not real numbers"):
            correlate(np.zeros((7, 9), wrong), np.ones((3, 3)), padding=padding)


def test_nothing_is_changed_and_nothing_is_shared():
    image, kernel = np.arange(16.0).reshape(4, 4), np.eye(3)
    for method in WAYS:
        for padding in ("valid", "same"):
            got = correlate(image, kernel, padding=padding, method=method)
            got += 1
    np.testing.assert_array_equal(image, np.arange(16.0).reshape(4, 4))
    np.testing.assert_array_equal(kernel, np.eye(3))
    with pytest.raises(ValueError, match="read-only"):
        KERNELS["blur"][0, 0] = 3


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"method": "magic"}, "method is one of auto, loops, .* not 'magic'"),
        ({"border": "mirror"}, "border is one of zero, .* not 'mirror'"),
        ({"stride": 0}, "stride is a whole number from 1"),
        ({"padding": "full"}, "padding is 'valid', 'same'"),
        ({"image": np.ones(5)}, "slides over 2, or 3 with channels; the image has 1"),
        ({"image": np.ones((5, 5), complex)}, "image holds complex128"),
        ({"image": [["a"] * 5] * 5}, "image holds <U1, not real numbers"),
        ({"kernel": 3.0}, "one to three axes, not 0"),
        ({"image": np.ones((5, 5, 0))}, "no channels"),
        ({"image": np.ones((0, 5))}, "n is a whole number from 1, not 0"),
        ({"kernel": np.ones((0, 3))}, "kernel is a whole number from 1, not 0"),
    ],
)
def test_bad_settings_say_what_to_change(arguments, sentence):
    arguments = {"image": np.ones((5, 5)), "kernel": np.ones((3, 3))} | arguments
    with pytest.raises(ValueError, match=sentence):
        correlate(arguments.pop("image"), arguments.pop("kernel"), **arguments)


def test_known_kernels_do_what_their_names_say():
    ramp = np.tile(np.arange(6.0), (6, 1))
    assert (correlate(ramp, KERNELS["sobel_x"]) == 8).all()  # brighter to the right
    assert (correlate(ramp, KERNELS["sobel_y"]) == 0).all()
    assert (correlate(ramp.T, KERNELS["sobel_y"]) == 8).all()  # brighter downwards
    sums = {name: round(float(kernel.sum()), 12) for name, kernel in KERNELS.items()}
    for name in ("identity", "blur", "gaussian", "sharpen", "emboss"):
        assert sums[name] == 1, name  # an even area stays as bright as it is
    for name in ("laplacian", "edge", "sobel_x", "sobel_y", "prewitt_x", "prewitt_y"):
        assert sums[name] == 0, name  # an even area becomes black
    np.testing.assert_array_equal(
        correlate(ramp, KERNELS["identity"]), ramp[1:-1, 1:-1]
    )
    expected = scipy.ndimage.sobel(ramp**2, axis=1)[1:-1, 1:-1]
    np.testing.assert_allclose(correlate(ramp**2, KERNELS["sobel_x"]), expected)


def test_the_choice_follows_the_sizes():
    assert fastest((8, 8), (3, 3), (1, 1)) == "signal"
    assert fastest((512, 512), (3, 3), (1, 1)) == "ndimage"
    assert fastest((512, 512), (31, 31), (1, 1)) == "fft"
    assert fastest((64, 64), (63, 63), (1, 1)) in ("signal", "windows")
    # Only windows skip places.
    every = costs((256, 256), (5, 5), (1, 1))
    fourth = costs((256, 256), (5, 5), (4, 4))
    assert [way for way in every if fourth[way] < every[way]] == ["windows"]
    assert "signal" not in costs((50,), (3,), (1,))
