"""The canvas: layers over layers, and what is known of flames."""

import numpy as np
import pytest

from fire_course.data.render.canvas import Canvas, rgb
from fire_course.data.render.sky import day

WHITE, RED = rgb((1.0, 1.0, 1.0)), rgb((1.0, 0.0, 0.0))


def test_what_is_painted_covers_what_is_behind_it():
    canvas = Canvas(10, 12)
    canvas.paint(np.ones((10, 12), np.float32), WHITE, rgb((0.4, 0.4, 0.4)))
    half = np.full((4, 12), 0.5, np.float32)
    canvas.paint(half, RED, rgb((0.2, 0.8, 0.8)), share=np.float32(0.5), top=6)
    assert canvas.light.shape == canvas.flame.shape == (10, 12, 3)
    assert canvas.light[5, 3].tolist() == [1, 1, 1]
    assert canvas.light[6, 3].tolist() == [1, 0.5, 0.5]
    np.testing.assert_allclose(canvas.albedo[:, 6, 3], [0.25, 0.4, 0.4])


def test_flames_are_kept_apart_and_hidden_by_what_is_painted_later():
    canvas = Canvas(10, 10)
    canvas.paint(np.ones((10, 10), np.float32), WHITE)
    heat = np.ones((10, 10), np.float32)
    canvas.burn(heat, 3 * RED * heat)
    assert canvas.light[0, 0].tolist() == pytest.approx([0.45] * 3)
    assert canvas.flame[0, 0].tolist() == [3, 0, 0]
    canvas.paint(heat[:5], WHITE)
    assert not canvas.flame[:5].any()
    assert (canvas.flame[5:, :, 0] == 3).all()


def test_without_fire_the_same_picture_is_painted_but_no_albedo():
    both = [Canvas(8, 8, burns=burns) for burns in (True, False)]
    alpha = np.random.default_rng(0).random((8, 8), dtype=np.float32)
    for canvas in both:
        canvas.paint(alpha, alpha * RED, WHITE)
    np.testing.assert_array_equal(both[0].light, both[1].light)
    assert both[0].albedo.any()
    assert not both[1].albedo.any()


def test_fire_lights_what_is_near_more_than_what_is_far():
    canvas = Canvas(100, 100)
    heat = np.zeros((100, 100), np.float32)
    heat[40:60, 10:30] = 1
    canvas.burn(heat, 5 * RED * heat)
    glow = canvas.glow()
    assert glow.shape == (3, 100, 100)
    assert glow[0, 50, 20] > glow[0, 50, 40] > glow[0, 50, 70] > 0
    assert not glow[1:].any()


def test_haze_hides_by_its_share():
    mood = day(np.random.default_rng(0))
    radiance = np.zeros((3, 2, 2), np.float32)
    mood.veiled(radiance, np.array([[0, 1], [0.5, 0.25]], np.float32))
    np.testing.assert_allclose(radiance[:, 0, 0], 0)
    np.testing.assert_allclose(radiance[:, 0, 1], mood.haze, rtol=1e-6)
    np.testing.assert_allclose(radiance[:, 1, 0], np.array(mood.haze) / 2, rtol=1e-6)
