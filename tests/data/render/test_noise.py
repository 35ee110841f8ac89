"""The fields that scenes are made of, against plain NumPy and SciPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from fire_course.data.render import noise


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@settings(deadline=None)
@given(st.integers(0, 999), st.integers(3, 60), st.integers(3, 60), st.floats(1.2, 40))
def test_noise_has_the_shape_and_range_it_promises(seed, height, width, cell):
    field = noise.fbm(rng(seed), (height, width), cell, 3)
    assert field.shape == (height, width)
    assert field.dtype == np.float32
    assert -1 < field.min() <= field.max() < 2


def test_a_large_cell_is_smooth_and_a_small_one_is_not():
    def roughness(cell: float) -> float:
        return float(
            np.abs(np.diff(noise.value(rng(), (200, 200), cell), axis=1)).mean()
        )

    assert roughness(50) < roughness(10) / 3 < roughness(3)


@settings(deadline=None)
@given(st.floats(0.5, 4), st.integers(0, 99))
def test_powers_and_fades_by_table_follow_numpy(exponent, seed):
    field = rng(seed).random((20, 20), dtype=np.float32)
    np.testing.assert_allclose(
        noise.power(field, exponent),
        field**exponent,
        atol=0.02 if exponent < 1 else 2e-3,
    )
    np.testing.assert_allclose(noise.fade(field * 8), np.exp(-field * 8), atol=2e-3)


def test_gather_reads_between_pixels_as_scipy_does():
    field = rng().random((30, 40), dtype=np.float32)
    y = rng(1).uniform(0, 28.9, (50, 50)).astype(np.float32)
    x = rng(2).uniform(0, 38.9, (50, 50)).astype(np.float32)
    expected = ndimage.map_coordinates(field, [y, x], order=1)
    np.testing.assert_allclose(noise.gather(field, y, x), expected, atol=1e-5)


def test_gather_across_reads_rows_to_the_last_bit_as_gather_does():
    field = rng().random((30, 40), dtype=np.float32)
    y = np.arange(30, dtype=np.float32)[:, None] * np.ones((1, 50), np.float32)
    x = rng(2).uniform(-1, 41, (30, 50)).astype(np.float32)
    np.testing.assert_array_equal(
        noise.gather_across(field, x), noise.gather(field, y, x)
    )


def test_few_powers_are_those_of_the_whole_table():
    field = rng().random((60, 60), dtype=np.float32)
    np.testing.assert_array_equal(
        noise.power(field[:1], 1.7), noise.power(field, 1.7)[:1]
    )


@pytest.mark.parametrize("shape", [(25, 40), (28, 43)])
def test_fifths_are_means_of_five_by_five(shape):
    planes = rng().random((3, *shape), dtype=np.float32)
    blocks = planes[:, :25, :40].reshape(3, 5, 5, 8, 5)
    np.testing.assert_allclose(
        noise.fifths(planes), blocks.mean(axis=(2, 4)), rtol=1e-6
    )


@pytest.mark.parametrize("radius", [1, 3, 8])
def test_soften_is_three_box_blurs(radius):
    planes = rng().random((3, 40, 50), dtype=np.float32)
    expected = planes.astype(float)
    for _ in range(3):
        expected = ndimage.uniform_filter(
            expected, (1, 2 * radius + 1, 2 * radius + 1), mode="nearest"
        )
    np.testing.assert_allclose(noise.soften(planes, radius), expected, atol=1e-5)
    np.testing.assert_array_equal(
        noise.soften(planes[1], radius), noise.soften(planes, radius)[1]
    )


def test_step_and_ridged_keep_their_ends():
    t = np.linspace(-1, 2, 301, dtype=np.float32)
    ramp = noise.step(t, 0.2, 0.8)
    assert ramp[0] == 0
    assert ramp[-1] == 1
    assert np.all(np.diff(ramp) >= 0)
    crest = noise.ridged(np.array([0.0, 0.5, 1.0], np.float32))
    np.testing.assert_allclose(crest, [0, 1, 0])


def test_grain_is_a_piece_of_one_field_and_grows_on_demand():
    assert noise.grain(rng(), (9, 7)).shape == (9, 7)
    assert noise.grain(rng(), (1100, 20)).shape == (1100, 20)
    assert abs(float(noise.grain(rng(), (300, 300)).mean())) < 0.02


def test_planes_become_a_picture():
    planes = rng().random((3, 5, 7), dtype=np.float32)
    picture = noise.interleaved(planes)
    assert picture.flags.c_contiguous
    np.testing.assert_array_equal(picture, np.moveaxis(planes, 0, -1))
