"""Telling empty, same and new pictures apart."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from fire_course.cameras import looking
from fire_course.cameras.demo import Scenes
from fire_course.web.pictures import decode
from fire_course.web.trouble import Kind


def encoded(pixels, kind="JPEG", **options):
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, kind, **options)
    return data.getvalue()


@pytest.fixture(scope="module")
def scenes():
    return Scenes(seed=3, size=160)


# --- empty --------------------------------------------------------------------


def kind(pixels):
    trouble = looking.emptiness(pixels)
    return trouble and trouble.kind


def night(size=(480, 640)):
    rng = np.random.default_rng(0)
    return np.clip(rng.normal(6, 3, (*size, 3)), 0, 255).astype(np.uint8)


def test_a_dark_picture_is_dark_with_the_camera_s_letters_in_it_too():
    assert kind(night()) is Kind.DARK
    picture = Image.fromarray(night())
    draw = ImageDraw.Draw(picture)
    draw.text((10, 10), "CAM 7  2026-11-21  23:59:59", fill="white", font_size=24)
    draw.text((10, 445), "Xanthi", fill="white", font_size=24)
    assert kind(np.asarray(picture)) is Kind.DARK


@pytest.mark.parametrize("place", [(10, 20), (300, 240), (600, 470)])
def test_a_small_flame_in_the_dark_is_no_dark_picture(place):
    """Half a thousandth of the frame, wherever it is."""
    pixels = night()
    x, y = place
    pixels[y - 8 : y + 8, x - 8 : x + 8] = (250, 140, 30)
    assert kind(pixels) is None


@pytest.mark.parametrize("colour", [(128, 128, 128), (0, 0, 255), (255, 255, 255)])
def test_one_colour_is_blank_with_a_logo_in_it_too(colour):
    pixels = np.zeros((200, 300, 3), np.uint8) + np.uint8(colour)
    assert kind(pixels) is Kind.BLANK
    pixels[90:95, 140:150] = 255 - pixels[0, 0]
    assert kind(pixels) is Kind.BLANK


def test_hillsides_are_neither_dark_nor_blank(scenes):
    for camera in range(24):
        for burning in (False, True):
            assert kind(scenes.view(camera, step=camera, burning=burning)) is None


def test_rendered_nights_and_fogs_are_pictures():
    from fire_course.data.render import scenes as rendered

    for seed in range(8):
        for category in ("fog", "lamps", "snow"):
            picture = rendered.render(seed, kind="nofire", category=category, size=96)
            assert kind(picture.image) is None, (seed, category)


def test_one_pixel_is_a_picture_of_one_colour():
    assert kind(np.full((1, 1, 3), 200, np.uint8)) is Kind.BLANK


# --- the same -----------------------------------------------------------------


@pytest.mark.parametrize("camera", range(6))
def test_one_picture_encoded_anew_is_the_same(scenes, camera):
    picture = scenes.view(camera, step=0)
    known = looking.fingerprint(picture)
    for kind_, options in (
        ("JPEG", {"quality": 95}),
        ("JPEG", {"quality": 70}),
        ("WEBP", {"quality": 80}),
        ("PNG", {}),
    ):
        again = decode(encoded(picture, kind_, **options), max_pixels=10**6)
        assert looking.same_picture(known, looking.fingerprint(again)), (kind_, options)


@pytest.mark.parametrize("camera", range(6))
def test_a_hillside_under_moving_clouds_is_not_the_same(scenes, camera):
    prints = [looking.fingerprint(scenes.view(camera, step=s)) for s in range(6)]
    assert not any(
        looking.same_picture(a, b) for a, b in zip(prints, prints[1:], strict=False)
    )


def test_a_fire_makes_a_new_picture(scenes):
    for camera in range(6):
        calm = looking.fingerprint(scenes.view(camera, step=0))
        fire = looking.fingerprint(scenes.view(camera, step=0, burning=True))
        assert not looking.same_picture(calm, fire)


def test_two_hillsides_are_not_the_same(scenes):
    prints = [looking.fingerprint(scenes.view(camera, step=0)) for camera in range(12)]
    for i, one in enumerate(prints):
        assert all(not looking.same_picture(one, other) for other in prints[:i])
