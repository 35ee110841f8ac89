"""Opening a stranger's picture: whole, cut, giant, or no picture at all."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fire_course.data.render import scenes
from fire_course.web.pictures import decode
from fire_course.web.trouble import Kind, Trouble


def encoded(pixels, kind="JPEG", **options):
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, kind, **options)
    return data.getvalue()


@pytest.fixture(scope="module")
def photo():
    return scenes.render(3, kind="nofire", size=160).image


def test_a_size_scales_as_asked(photo):
    data = encoded(photo, "PNG")
    assert decode(data, max_pixels=10**6, size=(20, 30)).shape == (20, 30, 3)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_cut_picture_of_any_format_is_corrupt(photo, kind):
    data = encoded(photo, kind)
    for part in (len(data) // 2, len(data) * 9 // 10, 12):
        with pytest.raises(Trouble) as caught:
            decode(data[:part], max_pixels=10**6)
        assert caught.value.kind is Kind.CORRUPT, (part, caught.value.reason)


def test_too_many_pixels_are_refused_before_they_are_decoded():
    data = encoded(np.zeros((3000, 3000), np.uint8), "PNG")
    with pytest.raises(Trouble) as caught:
        decode(data, max_pixels=10**6)
    assert caught.value.kind is Kind.TOO_LARGE


@settings(deadline=None, max_examples=100)
@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"]),
)
def test_no_bytes_break_it(data, start):
    with pytest.raises(Trouble) as caught:
        decode(start + data, max_pixels=10**6)
    kinds = {Kind.CORRUPT} if start else {Kind.CORRUPT, Kind.NOT_A_PICTURE}
    assert caught.value.kind in kinds
