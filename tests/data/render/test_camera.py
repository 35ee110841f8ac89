"""What the camera does to light, against SciPy and plain NumPy."""

import io

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from fire_course.data.render import camera


def planes(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((3, 30, 45), dtype=np.float32)


@pytest.mark.parametrize("amount", [0.2, 1.0])
def test_blur_is_a_small_filter_on_every_plane(amount):
    field = planes()
    taps = [amount / 3, 1 - 2 * amount / 3, amount / 3]
    expected = ndimage.correlate1d(field.astype(float), taps, axis=1, mode="nearest")
    expected = ndimage.correlate1d(expected, taps, axis=2, mode="nearest")
    np.testing.assert_allclose(camera.blur(field, amount), expected, atol=1e-6)
    np.testing.assert_array_equal(field, planes())


def test_sharpening_adds_what_a_blur_takes_away():
    field = planes()
    expected = field + 0.5 * (field - camera.blur(field, 1.0))
    np.testing.assert_allclose(camera.sharpen(field, 0.5), expected, atol=1e-6)


def test_only_what_is_brighter_than_white_blooms():
    dim = planes() * np.float32(0.8)
    same = dim.copy()
    camera.bloom(same, 0.3, 1.0)
    np.testing.assert_array_equal(same, dim)
    bright = dim.copy()
    bright[0, 10:15, 20:25] = 4
    before = bright.copy()
    camera.bloom(bright, 0.3, 1.0)
    added = bright - before
    assert added.min() >= 0
    assert added[0, 12, 22] > added[0, 12, 32] > 0
    assert not added[1:].any()


def test_tone_goes_from_black_to_white_as_srgb_does():
    t = np.linspace(0, 1, 401, dtype=np.float32)
    srgb = np.where(t <= 0.0031308, 12.92 * t, 1.055 * t ** (1 / 2.4) - 0.055)
    np.testing.assert_allclose(camera.tone(t, 0.0), 255 * srgb, atol=1.0)
    assert camera.tone(np.float32([-1, 2]), 0.4).tolist() == [0, 255]


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_light_in_memory_changes_nothing(seed):
    """A picture's colours may lie side by side or, as on a canvas, plane by plane."""
    light = np.moveaxis(planes(seed), 0, -1)
    files = [
        camera.develop(
            np.random.default_rng(seed), each, exposure=1.1, night=seed % 2 == 0
        )
        for each in (light, np.ascontiguousarray(light))
    ]
    assert files[0] == files[1]
    assert Image.open(io.BytesIO(files[0])).size == (45, 30)
