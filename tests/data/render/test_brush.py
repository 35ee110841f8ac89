"""Outlines and their coverage, against areas, scikit-image and brute force."""

import colorsys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import CubicHermiteSpline
from skimage.draw import polygon2mask

from fire_course.data.render import brush

corner = st.tuples(st.floats(-5, 45), st.floats(-5, 35))


def area(outline: np.ndarray) -> float:
    x, y = outline.T
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2


@settings(deadline=None, max_examples=60)
@given(
    st.floats(8, 32),
    st.floats(8, 22),
    st.floats(1, 8),
    st.floats(1, 8),
    st.floats(0, 3),
)
def test_the_coverage_of_an_ellipse_adds_up_to_its_area(x, y, rx, ry, turn):
    outline = brush.ellipse(x, y, rx, ry, turn=turn)
    inside = brush.cover((30, 40), outline)
    assert inside.min() >= 0
    assert inside.max() <= 1
    assert inside.sum() == pytest.approx(area(outline), rel=0.02, abs=0.5)


@settings(deadline=None, max_examples=60)
@given(st.lists(corner, min_size=3, max_size=3))
def test_pixels_far_from_the_edge_are_in_or_out(corners):
    """As scikit-image says of a grid eight times as fine; also beyond the border."""
    outline = np.array(corners)
    fine = 8
    # pixel centres stand at whole numbers there, and axes are rows first
    shifted = outline[:, ::-1] * fine - 0.5
    mask = polygon2mask((30 * fine, 40 * fine), shifted)
    share = mask.reshape(30, fine, 40, fine).mean(axis=(1, 3))
    found = brush.cover((30, 40), outline)
    assert np.abs(found - share).max() <= 0.3
    assert np.abs(found - share).mean() <= 0.01


@settings(deadline=None, max_examples=40)
@given(st.lists(corner, min_size=3, max_size=6), st.integers(0, 2**32 - 1))
def test_a_difference_of_one_bit_is_not_seen(corners, seed):
    """The last bits of a cosine differ between machines; grey levels must not."""
    rng = np.random.default_rng(seed)
    outline = np.array(corners) + rng.uniform(0, 1, (len(corners), 2))
    moved = outline + rng.uniform(-1e-12, 1e-12, outline.shape)
    a, b = brush.cover((30, 40), outline), brush.cover((30, 40), moved)
    assert np.abs(a - b).max() < 1 / 255


def test_an_outline_outside_covers_nothing():
    assert brush.cover((9, 9), brush.ellipse(30, 4, 3, 3)).sum() == 0
    sheet = brush.Sheet(np.full((9, 9, 3), 7, np.float32))
    sheet.fill(brush.ellipse(-30, 4, 3, 3), (255.0, 0.0, 0.0))
    sheet.mould(brush.ellipse(4, 90, 3, 3), (255.0, 0.0, 0.0), light=0)
    assert (sheet.pixels == 7).all()


def test_a_stroke_is_as_long_and_wide_as_it_was_asked_for():
    inside = brush.cover((20, 60), brush.stroke([(10, 10), (30, 10), (50, 10)], 6))
    assert inside[:, 30].sum() == pytest.approx(6, abs=0.01)
    assert inside[10].sum() == pytest.approx(46, abs=0.5)  # with its round ends


def test_filling_mixes_what_is_there_with_the_colour():
    sheet = brush.Sheet(np.zeros((8, 8, 3), np.float32))
    box = np.array([(2, 2), (6, 2), (6, 6), (2, 6)], np.float64)
    sheet.fill(box, (200.0, 100.0, 50.0), strength=0.5)
    assert sheet.pixels[4, 4].tolist() == [100, 50, 25]
    assert sheet.pixels[0, 0].tolist() == [0, 0, 0]


@pytest.mark.parametrize("order", ["interleaved", "plane by plane"])
def test_colours_may_lie_in_any_order_in_memory(order):
    rng = np.random.default_rng(0)
    behind = rng.uniform(0, 255, (9, 11, 3)).astype(np.float32)
    cloth = rng.uniform(0, 255, (9, 11, 3)).astype(np.float32)
    pixels = behind.copy()
    if order == "plane by plane":
        pixels = pixels.transpose(2, 0, 1).copy().transpose(1, 2, 0)
    sheet = brush.Sheet(pixels)
    inside = rng.random((9, 11), dtype=np.float32)
    sheet.paint(inside, cloth)
    weight = inside[..., None].astype(float)
    expected = behind * (1 - weight) + cloth * weight
    np.testing.assert_allclose(sheet.pixels, expected, rtol=1e-5)
    levels = brush.levels(sheet.pixels)
    assert levels.flags.c_contiguous
    np.testing.assert_allclose(levels, expected, atol=0.51)


def test_tints_and_blends_are_colours_by_the_field():
    part = np.array([[0, 0.5], [1, 0.25]], np.float32)
    red, blue = (200.0, 0.0, 0.0), (0.0, 0.0, 100.0)
    assert brush.tint(part, red)[0, 1].tolist() == [100, 0, 0]
    mixed = brush.blend(part, red, blue)
    assert mixed[0].tolist() == [[200, 0, 0], [100, 0, 50]]
    assert mixed[1].tolist() == [[0, 0, 100], [150, 0, 25]]
    half = brush.blend(part, red, blue, most=0.5)
    assert half[1, 0].tolist() == [100, 0, 50]


@pytest.mark.parametrize("closed", [True, False])
def test_a_smooth_line_is_scipys_hermite_spline(closed):
    """A Catmull-Rom spline: slopes are half the way between the neighbours."""
    points = np.random.default_rng(1).uniform(0, 9, (7, 2))
    if closed:
        before, after = points[[-1, *range(6)]], points[[*range(1, 7), 0]]
        ends = np.concatenate([points, points[:1]])
        slopes = (after - before) / 2
        slopes = np.concatenate([slopes, slopes[:1]])
    else:
        ends, slopes = points, np.gradient(points, axis=0)
    spline = CubicHermiteSpline(np.arange(len(ends)), ends, slopes)
    found = brush.smooth(points, steps=4, closed=closed)
    np.testing.assert_allclose(found, spline(np.arange(len(found)) / 4), atol=1e-9)


def test_a_moulded_part_is_lighter_towards_the_light():
    sheet = brush.Sheet(np.zeros((40, 40, 3), np.float32))
    outline = brush.ellipse(20, 20, 14, 14)
    sheet.mould(outline, (100.0, 100.0, 100.0), light=np.pi, depth=0.5, rim=0)
    left, right = sheet.pixels[20, 9, 0], sheet.pixels[20, 30, 0]
    assert left > 110 > 90 > right


def test_a_shadow_falls_where_it_is_cast():
    sheet = brush.Sheet(np.full((20, 20, 3), 100, np.float32))
    inside = np.zeros((20, 20), np.float32)
    inside[5:10, 5:10] = 1
    sheet.shadow(inside, by=(5, -2), radius=0, strength=0.5)
    assert (sheet.pixels[10:15, 3:8] == 50).all()
    assert (sheet.pixels[5:10, 8:] == 100).all()


@given(st.floats(0, 0.999), st.floats(0, 1), st.floats(0, 1))
def test_colours_are_those_of_the_standard_library(hue, saturation, value):
    expected = [255 * c for c in colorsys.hsv_to_rgb(hue, saturation, value)]
    assert brush.colour(hue, saturation, value) == pytest.approx(expected, abs=1e-6)
