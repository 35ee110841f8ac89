"""Opening, scaling, greying, laying out, saving and hashing pictures."""

import io
import os
import struct
import tempfile
import threading
import time
import zlib
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import skimage.color
import skimage.measure
import skimage.transform
import skimage.util
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from scipy import ndimage

from fire_course import images
from fire_course.images import ImageError, open_image

# How long one example takes says more about the machine's other work than about us.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


def encoded(picture, kind, **options):
    if not isinstance(picture, Image.Image):
        picture = Image.fromarray(picture)
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def landscape(seed, height=180, width=240):
    """A smooth picture with edges: hills before a sky, in colour."""
    rng = np.random.default_rng(seed)
    ridge = ndimage.gaussian_filter1d(rng.normal(size=width), 12, mode="wrap")
    ridge = height * (0.5 + 0.25 * ridge / np.abs(ridge).max())
    below = np.arange(height)[:, None] > ridge
    sky, ground = rng.integers(0, 256, (2, 3))
    texture = ndimage.gaussian_filter(rng.normal(size=(height, width, 1)), (5, 5, 0))
    levels = np.where(below[..., None], ground, sky) + 90 * texture / texture.std() / 3
    return levels.clip(0, 255).astype(np.uint8)


def png(width, height, depth, colour, rows, *, extra=b"", end=True):
    """Encode a PNG by hand, so that Pillow is not its own oracle."""

    def chunk(name, body):
        check = struct.pack(">I", zlib.crc32(name + body))
        return struct.pack(">I", len(body)) + name + body + check

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows))
    last = chunk(b"IEND", b"") if end else b""
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return start + extra + chunk(b"IDAT", data) + last


def png_chunk(name, body):
    check = struct.pack(">I", zlib.crc32(name + body))
    return struct.pack(">I", len(body)) + name + body + check


@contextmanager
def as_nobody():
    """Drop root's right to read and write everything."""
    if not hasattr(os, "seteuid"):
        pytest.skip("this system has no user ids")
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


# --- upright ---------------------------------------------------------------

# EXIF 2.32, tag 274: the side of the shown picture on which the stored first
# row and the stored first column lie.
SIDES = {
    1: ("top", "left"),
    2: ("top", "right"),
    3: ("bottom", "right"),
    4: ("bottom", "left"),
    5: ("left", "top"),
    6: ("right", "top"),
    7: ("right", "bottom"),
    8: ("left", "bottom"),
}


def shown(stored, orientation):
    """Turn a stored picture pixel by pixel, by the standard's words."""
    row_side, column_side = SIDES[orientation]
    rows, columns = stored.shape[:2]
    sideways = row_side in ("left", "right")
    height, width = (columns, rows) if sideways else (rows, columns)
    result = np.zeros((height, width, 3), stored.dtype)
    for row in range(rows):
        for column in range(columns):
            place = {}
            for side, n in ((row_side, row), (column_side, column)):
                place["x" if side in ("left", "right") else "y"] = {
                    "left": n,
                    "top": n,
                    "right": width - 1 - n,
                    "bottom": height - 1 - n,
                }[side]
            result[place["y"], place["x"]] = stored[row, column]
    return result


@pytest.mark.parametrize("orientation", SIDES)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_exif_orientation_is_applied(kind, orientation, tmp_path):
    stored = landscape(1, 20, 30)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encoded(stored, kind, exif=exif, **options)
    plain = open_image(encoded(stored, kind, **options))
    expected = shown(plain, orientation)
    np.testing.assert_array_equal(open_image(data), expected)
    path = tmp_path / "photo"
    path.write_bytes(data)
    facts = images.image_facts(path)
    assert (facts.height, facts.width) == expected.shape[:2]


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_is_ignored(value):
    stored = landscape(1, 20, 30)
    exif = Image.Exif()
    exif[0x0112] = value
    np.testing.assert_array_equal(open_image(encoded(stored, "PNG", exif=exif)), stored)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data:UserWarning")
def test_damaged_exif_does_not_cost_the_picture():
    stored = landscape(1, 20, 30)
    data = encoded(stored, "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xffrubbish")
    np.testing.assert_array_equal(open_image(data), open_image(encoded(stored, "JPEG")))


# --- every mode to RGB -----------------------------------------------------


@pytest.mark.parametrize("kind", images.FORMATS)
def test_every_format_gives_rgb(kind):
    picture = landscape(2, 40, 60)
    result = open_image(encoded(picture, kind))
    assert result.dtype == np.uint8
    assert result.shape == (40, 60, 3)
    result[0, 0] = 1  # the caller owns it
    if kind in ("PNG", "BMP", "TIFF"):
        np.testing.assert_array_equal(open_image(encoded(picture, kind)), picture)
    else:
        off = np.abs(open_image(encoded(picture, kind)).astype(int) - picture)
        assert np.median(off) < 20


@pytest.mark.parametrize(("depth", "top"), [(1, 1), (2, 3), (4, 15), (8, 255)])
def test_grey_of_few_bits_fills_the_range(depth, top):
    levels = np.arange(16) % (top + 1)
    bits = "".join(f"{level:0{depth}b}" for level in levels)
    row = int(bits, 2).to_bytes(len(bits) // 8, "big")
    result = open_image(png(16, 1, depth, 0, [row]))
    np.testing.assert_array_equal(
        result, np.repeat((levels * 255 // top)[None, :, None], 3, axis=2)
    )


def test_16_bit_grey_is_scaled_not_clipped():
    levels = np.array([0, 1, 128, 129, 257, 1000, 32768, 65406, 65407, 65535])
    expected = np.array([round(level / 257) for level in levels.tolist()])
    result = open_image(png(10, 1, 16, 0, [levels.astype(">u2").tobytes()]))
    np.testing.assert_array_equal(result[0, :, 0], expected)
    for order in "<>":
        stream = io.BytesIO()
        mode = "I;16" if order == "<" else "I;16B"
        raw = levels.astype(f"{order}u2").tobytes()
        Image.frombytes(mode, (10, 1), raw).save(stream, "TIFF")
        np.testing.assert_array_equal(
            open_image(stream.getvalue())[0, :, 1], expected, err_msg=mode
        )


def test_16_bit_colour_keeps_its_high_bytes():
    rng = np.random.default_rng(0)
    levels = rng.integers(0, 65536, (4, 5, 3))
    data = png(5, 4, 16, 2, [row.astype(">u2").tobytes() for row in levels])
    assert np.abs(open_image(data) - levels / 257).max() <= 1


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 257, 65535], [0, 1, 255]),  # 16 bits in a wider type
        ([0, 100000, 200000], [0, 128, 255]),
        ([-100, 0, 100], [0, 128, 255]),
        ([-5, -5, -5], [0, 0, 0]),
    ],
)
def test_32_bit_integers(values, expected):
    picture = Image.fromarray(np.int32([values]))
    assert picture.mode == "I"
    result = open_image(encoded(picture, "TIFF"))
    np.testing.assert_allclose(result[0, :, 2], expected, atol=1)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 0.5, 1], [0, 128, 255]),
        ([0.25, 0.25, 0.25], [64, 64, 64]),
        ([0, 50, 100], [0, 128, 255]),
        ([-1, 0, 1], [0, 128, 255]),
        ([7, 7, 7], [0, 0, 0]),
    ],
)
def test_floats(values, expected):
    data = encoded(Image.fromarray(np.float32([values])), "TIFF")
    np.testing.assert_allclose(open_image(data)[0, :, 0], expected, atol=1)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_floats_that_are_no_numbers(odd):
    data = encoded(Image.fromarray(np.float32([[0, odd, 1]])), "TIFF")
    with pytest.raises(ImageError, match="some pixels are not numbers"):
        open_image(data)


def over_white(colour, alpha):
    share = alpha[..., None] / 255
    return share * colour + (1 - share) * 255


def test_alpha_is_laid_over_white():
    colour = landscape(3, 16, 16)
    alpha = np.arange(256).astype(np.uint8).reshape(16, 16)
    rgba = np.dstack([colour, alpha])
    expected = over_white(colour, alpha)
    for kind, options in [("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True})]:
        # "exact" keeps WebP from dropping the colour of invisible pixels.
        extra = {"exact": True} if kind == "WEBP" else {}
        result = open_image(encoded(rgba, kind, **options, **extra))
        assert np.abs(result - expected).max() <= 1, kind
    assert (open_image(encoded(rgba, "PNG"))[0, 0] == 255).all()


def test_grey_with_alpha():
    grey = np.arange(0, 256, 16).astype(np.uint8).reshape(4, 4)
    alpha = grey[::-1].copy()
    both = Image.merge("LA", [Image.fromarray(grey), Image.fromarray(alpha)])
    expected = over_white(np.repeat(grey[..., None], 3, axis=2), alpha)
    assert np.abs(open_image(encoded(both, "PNG")) - expected).max() <= 1


def test_16_bit_grey_with_alpha():
    data = png(2, 1, 16, 4, [np.array([[9 * 257, 65535], [0, 0]], ">u2").tobytes()])
    assert open_image(data)[0].tolist() == [[9] * 3, [255] * 3]


@pytest.mark.parametrize("entries", [2, 16, 256])
def test_palette(entries):
    rng = np.random.default_rng(entries)
    palette = rng.integers(0, 256, (entries, 3)).astype(np.uint8)
    indices = rng.integers(0, entries, (9, 12)).astype(np.uint8)
    extra = png_chunk(b"PLTE", palette.tobytes())
    data = png(12, 9, 8, 3, indices, extra=extra)
    np.testing.assert_array_equal(open_image(data), palette[indices])


def test_palette_with_transparency():
    palette = np.uint8([[200, 10, 10], [10, 200, 10], [10, 10, 200]])
    alpha = np.uint8([0, 128])  # the third entry is opaque
    extra = png_chunk(b"PLTE", palette.tobytes()) + png_chunk(b"tRNS", alpha.tobytes())
    result = open_image(png(3, 1, 8, 3, [[0, 1, 2]], extra=extra))
    expected = over_white(palette, np.array([0, 128, 255]))
    assert np.abs(result[0] - expected).max() <= 1


@pytest.mark.parametrize("colour", [0, 2])
def test_one_transparent_colour(colour):
    channels = 1 if colour == 0 else 3
    extra = png_chunk(b"tRNS", struct.pack(">H", 7) * channels)
    row = [7] * channels + [9] * channels
    result = open_image(png(2, 1, 8, colour, [row], extra=extra))
    assert result[0].tolist() == [[255] * 3, [9] * 3]


def test_gif_with_transparency():
    picture = Image.fromarray(np.uint8([[0, 1], [2, 3]]))
    picture.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120])
    result = open_image(encoded(picture, "GIF", transparency=2))
    assert result.tolist() == [
        [[10, 20, 30], [40, 50, 60]],
        [[255, 255, 255], [100, 110, 120]],
    ]


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk(kind):
    inks = np.zeros((32, 32, 4), np.uint8)
    inks[:, :16] = (0, 255, 255, 0)  # red
    inks[:, 16:] = (255, 0, 255, 127)  # half-dark green
    picture = Image.frombytes("CMYK", (32, 32), inks.tobytes())
    options = {"quality": 100, "subsampling": 0} if kind == "JPEG" else {}
    result = open_image(encoded(picture, kind, **options)).astype(int)
    assert np.abs(result[8, 8] - (255, 0, 0)).max() <= 3
    assert np.abs(result[8, 24] - (0, 128, 0)).max() <= 3


def test_cie_lab():
    # L 128 of 255, a and b zero: a middle grey. Pillow before 11 cannot convert it.
    data = encoded(Image.frombytes("LAB", (1, 1), bytes([128, 0, 0])), "TIFF")
    try:
        grey = open_image(data)
    except ImageError as error:
        assert "of a kind that is not read" in error.reason
    else:
        expected = skimage.color.lab2rgb([[[128 / 2.55, 0, 0]]]) * 255
        assert np.abs(grey - expected).max() <= 1


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_first_frame_of_several(kind):
    frames = [Image.new("RGB", (20, 10), colour) for colour in ("red", "blue")]
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    assert Image.open(io.BytesIO(data)).n_frames == 2
    assert (open_image(data) == (255, 0, 0)).all()


def test_jpeg_of_a_phone_with_a_second_picture(tmp_path):
    frames = [Image.fromarray(landscape(n, 40, 60)) for n in (1, 2)]
    data = encoded(frames[0], "MPO", save_all=True, append_images=frames[1:])
    assert Image.open(io.BytesIO(data)).format == "MPO"
    np.testing.assert_array_equal(
        open_image(data), open_image(encoded(frames[0], "JPEG"))
    )
    (tmp_path / "phone.jpg").write_bytes(data)
    assert images.image_facts(tmp_path / "phone.jpg").format == "JPEG"


# --- sources ---------------------------------------------------------------


def test_all_sources_give_the_same_picture(tmp_path):
    data = encoded(landscape(4), "JPEG")
    path = tmp_path / "größe 1.jpg"
    path.write_bytes(data)
    expected = open_image(data)
    with path.open("rb") as stream:
        np.testing.assert_array_equal(open_image(stream), expected)
        assert not stream.closed  # it is the caller's
    for source in (path, str(path), bytearray(data), memoryview(data)):
        np.testing.assert_array_equal(open_image(source), expected)
    with io.BytesIO(b"header" + data) as stream:
        stream.seek(6)
        np.testing.assert_array_equal(open_image(stream), expected)


def test_a_stream_that_cannot_seek():
    data = encoded(landscape(4), "PNG")
    reader, writer = os.pipe()
    feeder = threading.Thread(target=lambda: [os.write(writer, data), os.close(writer)])
    feeder.start()
    with os.fdopen(reader, "rb") as stream:
        np.testing.assert_array_equal(open_image(stream), landscape(4))
    feeder.join()


def test_sources_of_the_wrong_type(tmp_path):
    (tmp_path / "a.jpg").write_bytes(encoded(landscape(4), "JPEG"))
    with pytest.raises(TypeError, match="not ndarray"):
        open_image(landscape(4))
    with (
        (tmp_path / "a.jpg").open("r", encoding="latin-1") as stream,
        pytest.raises(TypeError, match="binary mode"),
    ):
        open_image(stream)


def test_many_threads_at_once():
    pictures = [landscape(seed) for seed in range(8)]
    data = [encoded(picture, "PNG") for picture in pictures]
    good = [False] * 8

    def work(n):
        good[n] = all((open_image(data[n]) == pictures[n]).all() for _ in range(5))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(good)


# --- bad files -------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (
            b"\n <!DOCTYPE html><html><body>404</body></html>",
            "is not an image (it starts with '<!DOCTYPE html>')",
        ),
        (
            b"\xef\xbb\xbf<html lang='el'>\xce\x9a</html>",
            "is not an image (it starts with \"<html lang='el'>\")",
        ),
        (
            b"Not Found\nSorry",
            "is not an image (it starts with the text 'Not Found Sorry')",
        ),
        (
            b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>',
            "is an SVG drawing, not a photograph: save it as JPEG or PNG",
        ),
        (b"<svg></svg>", "is an SVG drawing, not a photograph: save it as JPEG or PNG"),
        (b"%PDF-1.7", "is a PDF document, not an image"),
        (b"PK\x03\x04....", "is a ZIP archive, not an image"),
        (b"\x1f\x8b\x08\0\0", "is gzip-compressed data, not an image"),
        (b"\0\0\0\x18ftypmp42", "is a video, not an image"),
        (
            b"\0\0\0\x18ftypheic",
            "is a HEIC image, which is not accepted: save it as JPEG or PNG",
        ),
        (
            b"\0\0\0\x18ftypavif",
            "is an AVIF image, which is not accepted: save it as JPEG or PNG",
        ),
        (
            b"\0\1\2\3\4\5\6\7\x08",
            "is not an image (it starts with the bytes 00 01 02 03 04 05 06 07)",
        ),
        (b"\xff\xd8\xff\xe0", "is a truncated or damaged JPEG"),
        (
            b"%!PS-Adobe-3.0 EPSF-3.0\n",
            "is not an image (it starts with the text '%!PS-Adobe-3.0 EPSF-3.0')",
        ),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_what_is_no_photograph_is_named(content, reason, tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(content)
    for attempt in (open_image, images.image_facts):
        with pytest.raises(ImageError) as caught:
            attempt(path)
        assert caught.value.reason == reason
        assert caught.value.path == str(path)
        assert str(caught.value) == f"{path}: {reason}"
    with pytest.raises(ImageError) as caught:
        open_image(content)
    assert str(caught.value) == f"the image data: {reason}"
    with path.open("rb") as stream, pytest.raises(ImageError) as caught:
        open_image(stream)
    assert caught.value.path == str(path)


def test_paths_that_are_no_files(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")  # reading it would wait for ever
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    (tmp_path / "file").write_bytes(b"x")
    for name, reason in [
        ("none.jpg", "does not exist"),
        ("", "is a folder, not an image"),
        ("pipe.jpg", "is not a regular file"),
        ("loop.jpg", "cannot be read"),
        ("file/photo.jpg", "cannot be read"),
        ("zero\0byte.jpg", "is not a usable file name"),
        ("long" * 100, "cannot be read"),
    ]:
        with pytest.raises(ImageError) as caught:
            open_image(f"{tmp_path}/{name}")
        assert caught.value.reason.startswith(reason)


def test_a_file_that_one_may_not_read():
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / "secret.png"
        path.write_bytes(encoded(landscape(1), "PNG"))
        path.chmod(0)
        with (
            as_nobody(),
            pytest.raises(ImageError, match=r"cannot be read \(Permission denied\)"),
        ):
            open_image(path)


def test_errors_survive_the_way_between_processes(in_second_process, tmp_path):
    path = tmp_path / "a.jpg"
    path.touch()
    with pytest.raises(ImageError) as caught:
        in_second_process(open_image, path)
    error = caught.value
    assert (error.path, error.reason, str(error)) == (
        str(path),
        "is empty",
        f"{path}: is empty",
    )


CUT = {
    "JPEG": {},
    "JPEG progressive": {"progressive": True},
    "PNG": {},
    "WEBP": {},
    "WEBP lossless": {"lossless": True},
    "BMP": {},
    "GIF": {},
    "TIFF": {},
    "TIFF packed": {"compression": "tiff_lzw"},
}


@pytest.mark.filterwarnings("ignore:.*:UserWarning:PIL")
@pytest.mark.parametrize("case", CUT)
def test_a_cut_file_never_gives_other_pixels(case):
    data = encoded(landscape(5, 60, 80), case.split()[0], **CUT[case])
    whole = open_image(data)
    refused = 0
    cuts = {*range(0, len(data), max(1, len(data) // 150))}
    cuts |= {*range(len(data) - 30, len(data))}
    for cut in cuts:
        try:
            picture = open_image(data[:cut])
        except ImageError as error:
            refused += 1
            assert error.reason
        else:  # only an end mark was lost
            np.testing.assert_array_equal(picture, whole)
            assert cut > len(data) - 30
    assert refused >= len(cuts) - 30
    if "JPEG" in case:
        assert refused == len(cuts)


def test_damaged_pixels_are_named():
    data = png(4, 4, 8, 0, [bytes(4)] * 4)
    place = data.index(b"IDAT") + 4
    with pytest.raises(ImageError, match="is a damaged PNG image, or of a kind"):
        open_image(data[:place] + b"\xff\xff" + data[place + 2 :])


@pytest.mark.parametrize("kind", images.FORMATS)
def test_a_file_cut_in_half_says_so(kind):
    data = encoded(landscape(5), kind)
    with pytest.raises(ImageError, match="truncated"):
        open_image(data[: len(data) // 2])


@pytest.mark.filterwarnings("ignore:.*:UserWarning:PIL")
@given(
    kind=st.sampled_from(images.FORMATS),
    damage=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=20
    ),
)
@settings(max_examples=150, deadline=None)
def test_damage_gives_a_picture_or_an_image_error(kind, damage):
    data = bytearray(encoded(landscape(6, 24, 32), kind))
    for place, value in damage:
        data[int(place * len(data))] = value
    try:
        picture = open_image(bytes(data), max_pixels=10**6)
    except ImageError:
        return
    assert picture.dtype == np.uint8
    assert picture.ndim == 3


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_rubbish_is_an_image_error_of_one_line(data):
    with pytest.raises(ImageError) as caught:
        open_image(data)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.filterwarnings("error")
def test_a_header_that_claims_too_much_is_refused_at_once(tmp_path):
    for side, where in [(100_000, "claims more than"), (9_000, "9000 x 9000 is more")]:
        data = png(side, side, 8, 2, [b"\0\0\0"])
        start = time.process_time()
        with pytest.raises(ImageError, match=f"is too large to open: .*{where}"):
            open_image(data)
        assert time.process_time() - start < 1
    path = tmp_path / "bomb.png"
    path.write_bytes(png(100_000, 100_000, 8, 2, [b"\0\0\0"]))
    with pytest.raises(ImageError, match="is too large"):
        images.image_facts(path)


def test_the_cap_on_pixels_is_exact_and_tests_the_header_only():
    # 16 million pixels in 16 kB.
    data = png(4000, 4000, 8, 0, [bytes(4000)] * 4000)
    assert len(data) < 40_000
    assert open_image(data, max_pixels=16_000_000, size=10).shape == (10, 10, 3)
    with pytest.raises(ImageError, match="4000 x 4000 is more than 15999999 pixels"):
        open_image(data, max_pixels=15_999_999)
    with pytest.raises(ImageError, match="4000 x 4000"):  # not "truncated"
        open_image(data[:200], max_pixels=15_999_999)


def test_only_the_named_formats():
    data = encoded(landscape(1), "GIF")
    with pytest.raises(
        ImageError, match="is a GIF image, and only JPEG, PNG are accepted here"
    ):
        open_image(data, formats=("JPEG", "PNG"))
    stream = io.BytesIO()
    Image.fromarray(landscape(1)).save(stream, "PPM")  # one that Pillow knows
    with pytest.raises(ImageError, match="is not an image"):
        open_image(stream.getvalue())


def test_facts(tmp_path):
    data = encoded(Image.fromarray(landscape(1, 30, 50)).convert("L"), "JPEG")
    path = tmp_path / "wrong.png"
    path.write_bytes(data)
    assert images.image_facts(path) == images.ImageFacts(
        width=50, height=30, mode="L", format="JPEG", bytes=len(data)
    )
    path.write_bytes(data[:-100])  # the header is enough
    assert images.image_facts(path).width == 50
    for kind in images.FORMATS:
        path.write_bytes(encoded(landscape(1, 30, 50), kind))
        facts = images.image_facts(path)
        assert (facts.width, facts.height, facts.format) == (50, 30, kind)


# --- the sizes of networks --------------------------------------------------


@pytest.mark.parametrize("size", [64, (48, 96), (180, 240), 500])
def test_open_at_a_size_equals_open_then_resize(size):
    picture = landscape(7)
    data = encoded(picture, "PNG")
    np.testing.assert_array_equal(
        open_image(data, size=size), images.resize(picture, size, method="bilinear")
    )


def test_shrinking_does_not_alias():
    # A chessboard of single pixels is grey from afar; without a filter it
    # turns into black, white or stripes.
    board = (np.indices((512, 512)).sum(0) % 2 * 255).astype(np.uint8)
    for size in (250, 128, 100, 37):
        small = open_image(encoded(board, "PNG"), size=size)
        assert small.min() > 110
        assert small.max() < 145


def test_a_large_photograph_is_shrunk_like_a_small_one():
    # Shrinking in two steps stays within two grey levels of one step.
    picture = landscape(8, 900, 1200)
    once = Image.fromarray(picture).resize((96, 96), Image.Resampling.BILINEAR)
    off = np.abs(open_image(encoded(picture, "PNG"), size=96).astype(int) - once)
    assert off.max() <= 4
    assert off.mean() < 0.5


# --- resize ----------------------------------------------------------------

pixels = hnp.arrays(
    np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12), st.just(3))
)
sizes = st.tuples(st.integers(1, 15), st.integers(1, 15))


@given(
    level=st.integers(0, 255),
    shape=sizes,
    size=sizes,
    method=st.sampled_from(["area", "nearest", "bilinear"]),
    fit=st.sampled_from(["squash", "crop", "pad"]),
    dtype=st.sampled_from(["uint8", "uint16", "int32", "float32", "float64"]),
)
def test_a_constant_picture_stays_constant(level, shape, size, method, fit, dtype):
    picture = np.full((*shape, 3), level, dtype)
    result = images.resize(picture, size, method=method, fit=fit, background=level)
    assert result.shape == (*size, 3)
    assert result.dtype == dtype
    np.testing.assert_allclose(result, level, rtol=1e-6)


@given(pixels, sizes, st.sampled_from(["area", "nearest", "bilinear"]))
def test_no_new_extremes(picture, size, method):
    result = images.resize(picture, size, method=method)
    assert picture.min() <= result.min()
    assert result.max() <= picture.max()


@given(pixels, st.sampled_from(["area", "nearest", "bilinear"]))
def test_the_same_size_changes_nothing(picture, method):
    result = images.resize(picture, picture.shape[:2], method=method)
    np.testing.assert_array_equal(result, picture)


@given(pixels, sizes, st.sampled_from(["area", "nearest"]))
def test_mirroring_and_resizing_commute(picture, size, method):
    # "nearest" must break ties one way, so odd ratios only.
    if method == "nearest":
        size = tuple(n * 3 for n in picture.shape[:2])
    np.testing.assert_allclose(
        images.resize(picture.astype(float)[:, ::-1], size, method=method),
        images.resize(picture.astype(float), size, method=method)[:, ::-1],
        atol=1e-9,
    )


@given(pixels, st.integers(1, 4), st.integers(1, 4))
def test_area_equals_block_means(picture, high, wide):
    big = np.kron(picture, np.ones((high, wide, 1))) + np.random.default_rng(0).normal(
        size=(picture.shape[0] * high, picture.shape[1] * wide, 3)
    )
    np.testing.assert_allclose(
        images.resize(big, picture.shape[:2], method="area"),
        skimage.measure.block_reduce(big, (high, wide, 1), np.mean),
        atol=1e-9,
    )


@given(st.integers(1, 20), st.integers(1, 20))
def test_area_keeps_the_mean(old, new):
    line = np.random.default_rng(old).normal(size=(old, 1))
    result = images.resize(line, (new, 1), method="area")
    np.testing.assert_allclose(result.mean(), line.mean(), atol=1e-12)
    # Brute force: cut every source pixel into as many pieces as there are new ones.
    pieces = np.repeat(line, new, axis=0).reshape(new, old)
    np.testing.assert_allclose(result[:, 0], pieces.mean(axis=1), atol=1e-12)


@given(pixels, sizes)
def test_nearest_equals_scikit_image(picture, size):
    # Where a new centre falls on an edge either neighbour is nearest.
    for new, old in zip(size, picture.shape[:2], strict=True):
        if any((2 * n + 1) * old % (2 * new) == 0 for n in range(new)):
            return
    expected = skimage.transform.resize(
        picture, size, order=0, mode="edge", anti_aliasing=False, preserve_range=True
    )
    np.testing.assert_array_equal(
        images.resize(picture, size, method="nearest"), expected
    )


@given(pixels, st.integers(1, 3), st.integers(1, 3))
def test_bilinear_enlarging_equals_scikit_image(picture, high, wide):
    size = (picture.shape[0] * high, picture.shape[1] * wide)
    expected = skimage.transform.resize(
        picture.astype(float), size, order=1, mode="edge", anti_aliasing=False
    )
    result = images.resize(picture.astype(float), size, method="bilinear")
    np.testing.assert_allclose(result, expected, atol=1e-3)
    eight_bits = images.resize(picture, size, method="bilinear")
    # Each of two passes rounds once.
    assert np.abs(eight_bits - expected).max() <= 1.01


@pytest.mark.parametrize("dtype", ["bool", "uint8", "uint16", "int64", "float64"])
@pytest.mark.parametrize("method", ["area", "nearest", "bilinear"])
def test_types_and_channels_survive(dtype, method):
    for shape in [(9, 7), (9, 7, 1), (9, 7, 2), (9, 7, 4)]:
        picture = (np.indices(shape).sum(0) % 2).astype(dtype)
        result = images.resize(picture, (4, 5), method=method)
        assert result.dtype == dtype
        assert result.shape == (4, 5, *shape[2:])


def test_alpha_like_channels_do_not_mix():
    picture = np.zeros((4, 4, 4), np.uint8)
    picture[..., 0] = 200
    picture[:2, :, 3] = 255
    result = images.resize(picture, 2, method="bilinear")
    assert (result[..., 0] == 200).all()


def test_crop_takes_the_middle():
    picture = np.zeros((10, 30), np.uint8)
    picture[:, 10:20] = 100
    assert (images.resize(picture, 5, fit="crop") == 100).all()
    assert (images.resize(picture.T, 5, fit="crop") == 100).all()


def test_pad_keeps_everything_and_the_aspect():
    picture = np.full((10, 30), 100, np.uint8)
    result = images.resize(picture, 30, fit="pad", background=7)
    assert (result[10:20] == 100).all()
    assert (result[:10] == 7).all()
    assert (result[20:] == 7).all()


@pytest.mark.parametrize(
    ("image", "size", "options", "error", "match"),
    [
        (np.zeros((0, 3)), 4, {}, ValueError, "at least one pixel"),
        (np.zeros(3), 4, {}, ValueError, "shape"),
        (np.zeros((2, 2), complex), 4, {}, TypeError, "complex128"),
        (np.zeros((2, 2)), 0, {}, ValueError, "positive"),
        (np.zeros((2, 2)), (4, 4, 4), {}, ValueError, "positive"),
        (np.zeros((2, 2)), 2.5, {}, ValueError, "positive"),
        (np.zeros((2, 2)), 4, {"method": "cubic"}, ValueError, "area, nearest"),
        (np.zeros((2, 2)), 4, {"fit": "stretch"}, ValueError, "squash, crop or pad"),
    ],
)
def test_resize_says_what_is_wrong(image, size, options, error, match):
    with pytest.raises(error, match=match):
        images.resize(image, size, **options)


def test_open_image_says_what_is_wrong_with_a_size():
    with pytest.raises(ValueError, match="positive"):
        open_image(encoded(landscape(1), "PNG"), size=0)


# --- grey ------------------------------------------------------------------


@given(pixels)
def test_luminance_equals_scikit_image(picture):
    expected = skimage.color.rgb2gray(picture) * 255
    np.testing.assert_allclose(images.to_grey(picture / 1.0), expected, atol=1e-9)
    assert np.abs(images.to_grey(picture) - expected).max() <= 0.5 + 1e-9


def test_grey_by_mean_of_batches_and_of_grey():
    batch = np.random.default_rng(0).random((2, 3, 4, 3)).astype(np.float32)
    grey = images.to_grey(batch, method="mean")
    assert grey.dtype == np.float32
    np.testing.assert_allclose(grey, batch.mean(-1), rtol=1e-6)
    assert (
        images.to_grey(grey[0]) is grey[0] or (images.to_grey(grey[0]) == grey[0]).all()
    )
    with pytest.raises(ValueError, match="luminance or mean"):
        images.to_grey(batch, method="max")
    with pytest.raises(ValueError, match="3 channels"):
        images.to_grey(batch[..., :2])


# --- montage ---------------------------------------------------------------


@given(st.integers(1, 9), st.integers(1, 4), st.integers(0, 3))
def test_montage_equals_scikit_image(count, columns, gap):
    rng = np.random.default_rng(count)
    tiles = rng.integers(0, 256, (count, 4, 5, 3)).astype(np.uint8)
    wall = images.montage(tiles, columns=columns, gap=gap, background=9)
    columns = min(columns, count)
    expected = skimage.util.montage(
        tiles,
        grid_shape=(-(-count // columns), columns),
        padding_width=gap,
        fill=(9, 9, 9),
        channel_axis=-1,
    )
    # scikit-image adds a rim.
    inner = slice(gap, -gap) if gap else slice(None)
    np.testing.assert_array_equal(wall, expected[inner, inner])


def test_montage_of_different_sizes_and_kinds():
    wall = images.montage(
        [np.zeros((2, 2), np.uint8), np.full((4, 6, 3), 50, np.uint8)], gap=1
    )
    assert wall.shape == (4, 13, 3)
    assert (wall[1:3, 2:4] == 0).all()
    assert (wall[0] == [[255] * 3] * 7 + [[50] * 3] * 6).all()
    assert (wall == 0).sum() == 2 * 2 * 3


def test_montage_says_what_is_wrong():
    with pytest.raises(ValueError, match="at least one picture"):
        images.montage([])
    with pytest.raises(ValueError, match="columns"):
        images.montage([np.zeros((2, 2), np.uint8)], columns=0)
    with pytest.raises(TypeError, match=r"astype\('uint8'\)"):
        images.montage([np.zeros((2, 2))])
    with pytest.raises(ValueError, match=r"not \(2, 2, 4\)"):
        images.montage([np.zeros((2, 2, 4), np.uint8)])


# --- save ------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["png", "bmp", "tif", "TIFF"])
@pytest.mark.parametrize("shape", [(8, 9), (8, 9, 1), (8, 9, 3)])
def test_save_and_open(ending, shape, tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    path = tmp_path / f"photo.{ending}"
    images.save_image(path, picture)
    expected = np.broadcast_to(picture.reshape(8, 9, -1), (8, 9, 3))
    np.testing.assert_array_equal(open_image(path), expected)
    assert [item.name for item in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("ending", ["jpg", "jpeg", "webp"])
def test_quality(ending, tmp_path):
    picture = landscape(9)
    loss = {}
    for quality in (30, 92):
        path = tmp_path / f"{quality}.{ending}"
        images.save_image(path, picture, quality=quality)
        off = open_image(path).astype(float) - picture
        loss[quality] = (np.abs(off).mean(), path.stat().st_size)
    assert loss[92][0] < loss[30][0]
    assert loss[92][1] > loss[30][1]


def test_save_refuses(tmp_path):
    with pytest.raises(ValueError, match=r"'photo.jgp': end it in .jpg, .jpeg"):
        images.save_image(tmp_path / "photo.jgp", np.zeros((2, 2), np.uint8))
    with pytest.raises(TypeError, match="float64"):
        images.save_image(tmp_path / "photo.jpg", np.zeros((2, 2)))
    assert not list(tmp_path.iterdir())


# --- hash ------------------------------------------------------------------


@given(st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_the_hash_survives_re_encoding_and_scaling(seed):
    picture = landscape(seed)
    original = images.perceptual_hash(picture)
    assert 0 <= original < 2**63
    again = open_image(encoded(picture, "JPEG", quality=85))
    smaller = images.resize(picture, (90, 120), method="bilinear")
    larger = images.resize(picture, (360, 480), method="bilinear")
    brighter = (picture * 0.9 + 12).astype(np.uint8)
    for name, other in [
        ("jpeg", again),
        ("smaller", smaller),
        ("larger", larger),
        ("brighter", brighter),
    ]:
        assert images.hamming(original, images.perceptual_hash(other)) <= 6, name


def test_hashes_of_other_pictures_are_far():
    hashes = [images.perceptual_hash(landscape(seed)) for seed in range(40)]
    apart = images.hamming(np.array(hashes)[:, None], hashes)
    assert (np.diag(apart) == 0).all()
    others = apart[np.triu_indices(40, 1)]
    assert np.median(others) > 16
    assert (others <= 6).mean() < 0.01


@given(st.integers(0, 255), st.integers(1, 300), st.integers(1, 300))
@settings(max_examples=25, deadline=None)
def test_pictures_of_one_colour_hash_to_zero(level, height, width):
    assert images.perceptual_hash(np.full((height, width, 3), level, np.uint8)) == 0


numbers = st.integers(0, 2**63 - 1)


@given(numbers, numbers)
def test_hamming_counts_bits(a, b):
    assert int(images.hamming(a, b)) == bin(a ^ b).count("1")


@given(st.lists(numbers, min_size=1, max_size=5), st.lists(numbers, min_size=1))
def test_hamming_broadcasts(a, b):
    table = images.hamming(np.array(a)[:, None], np.array(b))
    assert table.tolist() == [[(x ^ y).bit_count() for y in b] for x in a]


# --- real photographs --------------------------------------------------------


def test_real_photographs_open_and_keep_their_hashes(real_data):
    paths = sorted(real_data.glob("fire/test/*/*.jpg"))[::8]
    assert len(paths) > 40
    hashes, distances = [], []
    for path in paths:
        picture = open_image(path)
        facts = images.image_facts(path)
        assert picture.shape == (facts.height, facts.width, 3)
        hashes.append(images.perceptual_hash(picture))
        again = open_image(encoded(picture, "JPEG", quality=85), size=200)
        distances.append(int(images.hamming(hashes[-1], images.perceptual_hash(again))))
    assert max(distances) <= 8
    assert np.median(distances) <= 2
    apart = images.hamming(np.array(hashes)[:, None], hashes)
    others = apart[np.triu_indices(len(hashes), 1)]
    assert (others <= 8).mean() < 0.01
