"""Photographs in, arrays out: open safely, resize, grey, montage, save, hash.

Every picture in the package is a ``uint8`` array of shape (height, width, 3)
in RGB order, whatever lay on the disk. A file that cannot give such an array
raises :class:`ImageError`, which says in one sentence what is wrong with it.
"""

from __future__ import annotations

import io
import math
import os
import re
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, UnidentifiedImageError

from . import files

__all__ = [
    "FORMATS",
    "MAX_PIXELS",
    "ImageError",
    "ImageFacts",
    "hamming",
    "image_facts",
    "montage",
    "open_image",
    "perceptual_hash",
    "resize",
    "save_image",
    "to_grey",
]

MAX_PIXELS = 50_000_000
"""Largest picture that is decoded: 150 MB as RGB, twice what a 24-megapixel
camera gives. A file of a few kilobytes can claim ten thousand times more."""

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")
"""Formats that are decoded: those in which photographs are published. Pillow
knows some forty more, and every decoder that never runs is one that a hostile
file cannot attack; one of them (EPS) even starts an external program."""

Source: TypeAlias = "str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO"
Size: TypeAlias = "int | tuple[int, int]"
Pixels: TypeAlias = NDArray[np.uint8]


class ImageError(ValueError):
    """A picture that cannot be used.

    Parameters
    ----------
    path : str or path or None
        The file, or None for bytes that have no name.
    reason : str
        What is wrong, worded so that it can follow the path: "is empty".

    Examples
    --------
    >>> print(ImageError("photos/7.jpg", "is empty"))
    photos/7.jpg: is empty
    """

    def __init__(self, path: str | os.PathLike[str] | None, reason: str) -> None:
        super().__init__(path, reason)  # both, so that the error can be pickled
        self.path = None if path is None else os.fspath(path)
        self.reason = reason

    def __str__(self) -> str:
        name = "the image data" if self.path is None else self.path
        return f"{name}: {self.reason}"


@dataclass(frozen=True)
class ImageFacts:
    """What the header of an image file says.

    Attributes
    ----------
    width, height : int
        Pixels, as the picture is shown (after the EXIF orientation).
    mode : str
        Pillow's name of the pixel layout: "RGB", "L", "CMYK", "P", ...
    format : str
        One of `FORMATS`, from the content and not from the file's name.
    bytes : int
        Size of the file.
    """

    width: int
    height: int
    mode: str
    format: str
    bytes: int


def open_image(
    source: Source,
    *,
    size: Size | None = None,
    max_pixels: int = MAX_PIXELS,
    formats: Sequence[str] = FORMATS,
) -> Pixels:
    """Open a picture as RGB, upright and complete, or say why not.

    The EXIF orientation is applied. Grey, palette, CMYK and 16-bit pictures
    become RGB (16 bits are scaled to 8, not clipped). Transparent parts are
    laid over white, as a page would show them. Of an animation the first
    frame is taken.

    Parameters
    ----------
    source : path, bytes or binary file
        Where the encoded picture is. A file object is read from its current
        position to its end.
    size : int or (height, width), optional
        Scale to this size, an int meaning a square, by `resize` with
        ``method="bilinear"``: the one rule by which every network of the
        course sees photographs. The aspect ratio is not kept.
    max_pixels : int, optional
        Refuse larger pictures before decoding them. Pillow's own limit
        (twice ``PIL.Image.MAX_IMAGE_PIXELS``) holds above it.
    formats : sequence of str, optional
        Formats to accept.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        The picture.

    Raises
    ------
    ImageError
        If the file is missing, empty, truncated, too large, of another
        format or no image at all.

    Notes
    -----
    That a picture is complete is known from its decoder. A program that sets
    ``PIL.ImageFile.LOAD_TRUNCATED_IMAGES`` turns this off for itself.

    Examples
    --------
    >>> data = io.BytesIO()
    >>> Image.new("L", (30, 20), 128).save(data, "PNG")
    >>> open_image(data.getvalue()).shape
    (20, 30, 3)
    >>> open_image(data.getvalue(), size=16).shape
    (16, 16, 3)
    >>> open_image(b"")
    Traceback (most recent call last):
        ...
    fire_course.images.ImageError: the image data: is empty
    """
    target = None if size is None else _height_width(size)
    with _opened(source, formats) as (image, name):
        width, height = image.size
        if width * height > max_pixels:
            raise ImageError(
                name,
                f"is too large to open: {width} x {height} is more than "
                f"{max_pixels} pixels",
            )
        orientation = _orientation(image)
        try:
            image.load()
            upright = _turned(_to_rgb(image), orientation)
        except Exception as error:
            # Decoders meet hostile bytes: besides OSError they let out
            # SyntaxError, struct.error, EOFError, MemoryError and others. All
            # mean the same to the caller.
            raise ImageError(name, _decoding_reason(image, error)) from error
        if target is not None:
            upright = _scaled(upright, target)
        return np.array(upright)


def image_facts(path: str | os.PathLike[str]) -> ImageFacts:
    """Read size, mode and format of an image file without decoding its pixels.

    Parameters
    ----------
    path : str or path
        The file.

    Returns
    -------
    ImageFacts
        What the header says. The pixels may still turn out damaged.

    Raises
    ------
    ImageError
        If the file is missing, empty or not an image of `FORMATS`.
    """
    with _opened(path, FORMATS) as (image, _):
        width, height = image.size
        orientation = _orientation(image)
        if image.format == "TIFF":  # some versions of Pillow have turned it already
            tags: Any = image.getexif()
            width, height = tags[_WIDTH], tags[_HEIGHT]
            orientation = tags.get(_ORIENTATION, 1)
        if orientation in (5, 6, 7, 8):
            width, height = height, width
        return ImageFacts(
            width=width,
            height=height,
            mode=image.mode,
            # Phones write JPEG files that hold a second picture ("MPO").
            format="JPEG" if image.format == "MPO" else str(image.format),
            bytes=Path(path).stat().st_size,
        )


def resize(
    image: ArrayLike,
    size: Size,
    *,
    method: Literal["area", "nearest", "bilinear"] = "area",
    fit: Literal["squash", "crop", "pad"] = "squash",
    background: float = 0,
) -> NDArray[Any]:
    """Scale a picture.

    Parameters
    ----------
    image : array_like, shape (height, width) or (height, width, channels)
        The picture, of any number type; "bilinear" takes numbers that fit
        32-bit floats.
    size : int or (height, width)
        New size; an int means a square.
    method : {"area", "nearest", "bilinear"}, optional
        "area" averages the source area that each new pixel covers, "nearest"
        picks one source pixel (for masks and label images), "bilinear" is
        Pillow's triangle filter, widened when shrinking so that fine texture
        does not turn into false patterns.
    fit : {"squash", "crop", "pad"}, optional
        What to do when the aspect ratios differ: change the picture's, cut
        the middle out, or fill up with `background`.
    background : float, optional
        Value of the filling for ``fit="pad"``.

    Returns
    -------
    ndarray
        The scaled picture, of the same type.

    Examples
    --------
    >>> resize([[0, 10, 20, 30]], (1, 2)).tolist()
    [[5, 25]]
    >>> resize(np.ones((4, 8, 3)), 4, fit="pad")[:, 0, 0].tolist()
    [0.0, 1.0, 1.0, 0.0]
    """
    pixels = np.asarray(image)
    if pixels.ndim not in (2, 3) or 0 in pixels.shape:
        raise ValueError(
            "a picture has shape (height, width) or (height, width, channels) and "
            f"at least one pixel, not {pixels.shape}"
        )
    if pixels.dtype.kind not in "buif":
        raise TypeError(f"a picture holds real numbers, not {pixels.dtype}")
    height, width = _height_width(size)
    if method not in _RESIZERS:
        raise ValueError(
            f"method must be one of {', '.join(_RESIZERS)}, not {method!r}"
        )
    scaler = _RESIZERS[method]
    rows, columns = pixels.shape[:2]
    if fit == "squash":
        return scaler(pixels, height, width)
    if fit == "crop":
        scale = max(height / rows, width / columns)
        keep_rows = min(rows, max(1, round(height / scale)))
        keep_columns = min(columns, max(1, round(width / scale)))
        top, left = (rows - keep_rows) // 2, (columns - keep_columns) // 2
        middle = pixels[top : top + keep_rows, left : left + keep_columns]
        return scaler(middle, height, width)
    if fit == "pad":
        scale = min(height / rows, width / columns)
        inner_height = min(height, max(1, round(rows * scale)))
        inner_width = min(width, max(1, round(columns * scale)))
        top, left = (height - inner_height) // 2, (width - inner_width) // 2
        result = np.full((height, width, *pixels.shape[2:]), background, pixels.dtype)
        result[top : top + inner_height, left : left + inner_width] = scaler(
            pixels, inner_height, inner_width
        )
        return result
    raise ValueError(f"fit must be squash, crop or pad, not {fit!r}")


def to_grey(
    image: ArrayLike, *, method: Literal["luminance", "mean"] = "luminance"
) -> NDArray[Any]:
    """Turn colour into grey.

    Parameters
    ----------
    image : array_like, shape (..., 3)
        RGB; one picture or a batch. A picture of shape (height, width) is
        grey already and comes back as it is.
    method : {"luminance", "mean"}, optional
        "luminance" weighs the channels as the eye does, .2125 R + .7154 G +
        .0721 B (the weights of scikit-image); "mean" weighs them alike.

    Returns
    -------
    ndarray, shape (...)
        Integer pictures keep their type, rounded; others become floats.

    Examples
    --------
    >>> to_grey(np.uint8([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]])).tolist()
    [[54, 182, 18]]
    """
    pixels = np.asarray(image)
    if pixels.ndim == 2:
        return pixels
    if pixels.ndim < 2 or pixels.shape[-1] != 3:
        raise ValueError(
            f"an RGB picture has 3 channels in its last axis, not shape {pixels.shape}"
        )
    if method == "luminance":
        grey = pixels @ np.array([0.2125, 0.7154, 0.0721])
    elif method == "mean":
        grey = pixels.mean(axis=-1)
    else:
        raise ValueError(f"method must be luminance or mean, not {method!r}")
    return _as_type(grey, pixels.dtype)


def montage(
    images: Sequence[ArrayLike],
    *,
    columns: int | None = None,
    gap: int = 2,
    background: int = 255,
) -> Pixels:
    """Put pictures side by side on one wall.

    Parameters
    ----------
    images : sequence of uint8 arrays, shape (height, width[, 1 or 3])
        The pictures, grey or RGB. They may differ in size: every place is as
        large as the largest, and smaller ones stand in its middle.
    columns : int, optional
        Pictures in a row; by default about as many as there are rows.
    gap : int, optional
        Pixels between pictures.
    background : int, optional
        Grey level between and behind the pictures, 0 to 255.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        The wall.

    Examples
    --------
    >>> montage([np.zeros((10, 20)).astype("uint8")] * 5, columns=3, gap=1).shape
    (21, 62, 3)
    """
    if len(images) == 0:
        raise ValueError("a montage needs at least one picture")
    if columns is not None and columns < 1:
        raise ValueError(f"columns must be at least 1, not {columns}")
    tiles = [_as_rgb(image) for image in images]
    columns = min(len(tiles), columns or math.ceil(math.sqrt(len(tiles))))
    rows = math.ceil(len(tiles) / columns)
    height = max(tile.shape[0] for tile in tiles)
    width = max(tile.shape[1] for tile in tiles)
    wall = np.full(
        (rows * (height + gap) - gap, columns * (width + gap) - gap, 3),
        background,
        np.uint8,
    )
    for index, tile in enumerate(tiles):
        row, column = divmod(index, columns)
        top = row * (height + gap) + (height - tile.shape[0]) // 2
        left = column * (width + gap) + (width - tile.shape[1]) // 2
        wall[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    return wall


def save_image(
    path: str | os.PathLike[str], image: ArrayLike, *, quality: int = 92
) -> None:
    """Write a picture; the format follows from the file's ending.

    The file appears complete or not at all (`fire_course.files.atomic_write`).

    Parameters
    ----------
    path : str or path
        Ends in .jpg, .jpeg, .png, .webp, .bmp, .gif, .tif or .tiff.
    image : uint8 array, shape (height, width[, 1 or 3])
        Grey or RGB.
    quality : int, optional
        For JPEG and WebP, 1 to 100. At 92 a photograph shows no loss.

    Raises
    ------
    ValueError
        If the ending names no known format.
    fire_course.files.FileError
        If the file cannot be written.
    """
    target = Path(path)
    kind = _ENDINGS.get(target.suffix.lower())
    if kind is None:
        raise ValueError(
            f"cannot tell the image format from the name {target.name!r}: end it in "
            f"{', '.join(_ENDINGS)}"
        )
    pixels = np.asarray(image)
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    if pixels.ndim != 2:
        pixels = _as_rgb(pixels)
    _check_uint8(pixels)
    options: dict[str, Any] = {"quality": quality} if kind in ("JPEG", "WEBP") else {}
    with files.atomic_write(target) as temporary, temporary.open("wb") as stream:
        Image.fromarray(np.ascontiguousarray(pixels)).save(stream, kind, **options)


def perceptual_hash(image: ArrayLike) -> int:
    """Hash what a picture shows: similar pictures get similar hashes.

    The picture is reduced to 32 x 32 grey levels; each bit says whether one of
    its slowest waves (a cosine transform's) is stronger than their median.
    Re-encoding, scaling or a small change of brightness flips few bits or
    none; a crop or a mirror image flips many.

    Parameters
    ----------
    image : uint8 array, shape (height, width[, 1 or 3])
        Grey or RGB.

    Returns
    -------
    int
        63 bits, so that it fits both an int64 and a uint64: the 64th, the
        mean brightness, is set for nearly every picture and is left out. A
        picture of one colour hashes to 0.

    References
    ----------
    ``imagehash.phash``, after N. Krawetz, "Looks like it" (2011).

    Examples
    --------
    >>> ramp = np.tile(np.arange(250).astype("uint8"), (250, 1))
    >>> int(hamming(perceptual_hash(ramp), perceptual_hash(ramp[::2, ::2])))
    0
    """
    import imagehash

    picture = Image.fromarray(_as_rgb(image)).convert("L")
    # The hash's own grid. A flat one has no waves but rounding errors, which
    # would set bits at random.
    low, high = picture.resize((32, 32), Image.Resampling.LANCZOS).getextrema()
    if low == high:
        return 0
    bits = imagehash.phash(picture).hash.ravel()[1:]
    return int("".join("1" if bit else "0" for bit in bits), 2)


def hamming(a: ArrayLike, b: ArrayLike) -> Any:
    """Count the bits in which hashes differ.

    Parameters
    ----------
    a, b : int or array of int
        Hashes from `perceptual_hash`; arrays broadcast against each other.

    Returns
    -------
    int or ndarray of int
        0 for the same hash; about 32 for unrelated pictures.

    Examples
    --------
    >>> int(hamming(0b1010, 0b0110))
    2
    >>> hamming([[0], [3]], [1, 3]).tolist()
    [[1, 2], [1, 0]]
    """
    different = np.bitwise_xor(np.asarray(a, np.uint64), np.asarray(b, np.uint64))
    octets = different[..., None].copy().view(np.uint8)
    return _BITS_SET[octets].sum(axis=-1, dtype=np.int64)


# --- opening ---------------------------------------------------------------

_ENDINGS = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".png": "PNG",
    ".webp": "WEBP",
    ".bmp": "BMP",
    ".gif": "GIF",
    ".tif": "TIFF",
    ".tiff": "TIFF",
}

# How files begin that pose as photographs, or that Pillow gives up on. The
# first match counts; the text forms are compared in lower case.
_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (rb"\xff\xd8\xff", "is a truncated or damaged JPEG"),
    (rb"\x89PNG", "is a truncated or damaged PNG"),
    (rb"RIFF....WEBP", "is a truncated or damaged WEBP"),
    (rb"GIF8[79]a", "is a truncated or damaged GIF"),
    (rb"II\*\0|MM\0\*|II\+\0|MM\0\+", "is a truncated or damaged TIFF"),
    (
        rb"....ftyp(?:avif|avis)",
        "is an AVIF image, which is not accepted: save it as JPEG or PNG",
    ),
    (
        rb"....ftyp(?:heic|heix|heif|mif1|hevc)",
        "is a HEIC image, which is not accepted: save it as JPEG or PNG",
    ),
    (rb"....ftyp", "is a video, not an image"),
    (rb"%PDF", "is a PDF document, not an image"),
    (rb"PK\x03\x04", "is a ZIP archive, not an image"),
    (rb"\x1f\x8b", "is gzip-compressed data, not an image"),
)


@contextmanager
def _opened(
    source: Source, formats: Sequence[str]
) -> Iterator[tuple[Image.Image, str | None]]:
    """Give Pillow's image, its header read and its pixels not, and its name."""
    with _stream(source) as (stream, name):
        try:
            image = Image.open(stream, formats=tuple(formats))
        except UnidentifiedImageError:
            raise ImageError(name, _what_it_is(stream, formats)) from None
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            limit = 2 * (Image.MAX_IMAGE_PIXELS or 0)
            raise ImageError(
                name, f"is too large to open: it claims more than {limit} pixels"
            ) from None
        except Exception as error:  # a damaged header: see open_image
            raise ImageError(name, _what_it_is(stream, formats)) from error
        with image:
            if 0 in image.size:
                raise ImageError(name, "has no pixels")
            yield image, name


@contextmanager
def _stream(source: Source) -> Iterator[tuple[BinaryIO, str | None]]:
    """Open a source for reading; the name is for messages."""
    if isinstance(source, bytes | bytearray | memoryview):
        yield _not_empty(io.BytesIO(source), None), None
        return
    if hasattr(source, "read"):
        data = source.read()
        if not isinstance(data, bytes):
            raise TypeError("the file is open as text: open it in binary mode, 'rb'")
        named = getattr(
            source, "name", None
        )  # an int for a file made from a descriptor
        name = named if isinstance(named, str) else None
        yield _not_empty(io.BytesIO(data), name), name
        return
    if not isinstance(source, str | os.PathLike):
        raise TypeError(
            "an image comes from a path, bytes or a binary file, not "
            f"{type(source).__name__}"
        )
    path = os.fspath(source)
    try:
        kind = Path(path).stat().st_mode
    except FileNotFoundError:
        raise ImageError(path, "does not exist") from None
    except OSError as error:
        raise ImageError(path, f"cannot be read ({error.strerror})") from error
    except ValueError:  # a zero byte
        raise ImageError(path, "is not a usable file name") from None
    if stat.S_ISDIR(kind):
        raise ImageError(path, "is a folder, not an image")
    if not stat.S_ISREG(kind):  # a pipe would block for ever
        raise ImageError(path, "is not a regular file")
    try:
        stream = Path(path).open("rb")  # noqa: SIM115 - closed by the with below
    except OSError as error:
        raise ImageError(path, f"cannot be read ({error.strerror})") from error
    with stream:
        yield _not_empty(stream, path), path


def _not_empty(stream: BinaryIO, name: str | None) -> BinaryIO:
    if not stream.read(1):
        raise ImageError(name, "is empty")
    stream.seek(0)
    return stream


def _what_it_is(stream: BinaryIO, formats: Sequence[str]) -> str:
    """Say what a file is that Pillow does not recognise."""
    stream.seek(0)
    head = stream.read(1024)
    for format_ in FORMATS:
        if format_ not in formats and _recognised(stream, format_):
            return (
                f"is a {format_} image, and only {', '.join(formats)} are accepted here"
            )
    for pattern, reason in _BEGINNINGS:
        if re.match(pattern, head, re.DOTALL):
            return reason
    text = head.decode("utf-8", errors="ignore").lstrip("\ufeff \t\r\n")
    if re.search(r"<svg[\s>]", text, re.IGNORECASE) and text.startswith("<"):
        return "is an SVG drawing, not a photograph: save it as JPEG or PNG"
    if text.startswith("<"):
        start = re.match(r"<[^>]{0,30}>?", text)
        return f"is not an image (it starts with {start.group()!r})" if start else ""
    if head.isascii() and text.isprintable() or _is_text(head):
        return (
            f"is not an image (it starts with the text {' '.join(text.split())[:24]!r})"
        )
    return f"is not an image (it starts with the bytes {head[:8].hex(' ')})"


def _recognised(stream: BinaryIO, format_: str) -> bool:
    stream.seek(0)
    try:
        Image.open(stream, formats=(format_,))
    except Exception:
        return False
    return True


def _is_text(head: bytes) -> bool:
    # No control characters but tab, line feed, form feed, carriage return.
    return not re.search(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]", head) and head.isascii()


def _decoding_reason(image: Image.Image, error: Exception) -> str:
    kind = "JPEG" if image.format == "MPO" else image.format
    text = str(error) or type(error).__name__
    if re.search(
        r"truncat|premature|incomplete|not enough image data|end of",
        text,
        re.IGNORECASE,
    ):
        return f"is truncated: its {kind} data ends too early"
    if isinstance(error, MemoryError):
        return "needs more memory than there is"
    return f"is a damaged {kind} image, or of a kind that is not read ({text})"


# --- to upright 8-bit RGB --------------------------------------------------

# Numbers of tags, the same in TIFF and in EXIF.
_WIDTH, _HEIGHT, _ORIENTATION = 0x0100, 0x0101, 0x0112

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _orientation(image: Image.Image) -> int:
    """Read the EXIF orientation that is still to be applied, 1 to 8."""
    if image.format == "TIFF":
        return 1  # Pillow turns a TIFF itself while it decodes
    if image.format == "PNG" and "exif" not in image.info:
        return 1  # getexif would decode the pixels to look behind them
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception:
        return 1  # damaged EXIF data says nothing about the pixels
    return value if value in _TURNS else 1


def _turned(image: Image.Image, orientation: int) -> Image.Image:
    return image.transpose(_TURNS[orientation]) if orientation in _TURNS else image


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        return _grey_to_rgb(
            np.asarray(image).astype(np.float64) / 257
        )  # 65535 = 255 x 257
    if image.mode in ("I", "F"):
        return _grey_to_rgb(
            _stretched(np.asarray(image).astype(np.float64), image.mode)
        )
    if image.has_transparency_data:
        over = Image.new("RGBA", image.size, "white")
        over.alpha_composite(
            image.convert("LA") if image.mode == "La" else image.convert("RGBA")
        )
        return over.convert("RGB")
    return image.convert("RGB")


def _stretched(values: NDArray[np.float64], mode: str) -> NDArray[np.float64]:
    """Map 32-bit grey levels, whose range no file states, to 0..255.

    Integers within 0..65535 are taken for 16 bits and floats within 0..1 for
    fractions; of anything else the lowest becomes 0 and the highest 255.
    """
    if not np.isfinite(values).all():
        raise ValueError("some pixels are not numbers")
    low, high = values.min(), values.max()
    top = 65535 if mode == "I" else 1
    if low >= 0 and high <= top:
        return values * (255 / top)
    return (
        np.zeros_like(values) if low == high else (values - low) * (255 / (high - low))
    )


def _grey_to_rgb(levels: NDArray[np.float64]) -> Image.Image:
    return Image.fromarray(np.rint(levels).astype(np.uint8)).convert("RGB")


# --- scaling ---------------------------------------------------------------


def _height_width(size: Size) -> tuple[int, int]:
    pair = tuple(size) if isinstance(size, Sequence | np.ndarray) else (size, size)
    if len(pair) != 2 or not all(
        isinstance(n, int | np.integer) and n > 0 for n in pair
    ):
        raise ValueError(
            f"size must be a positive int or (height, width), not {size!r}"
        )
    return int(pair[0]), int(pair[1])


def _scaled(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Apply the one rule by which networks see photographs."""
    # A large photograph is first shrunk by whole numbers, to no less than
    # three times the target: several times faster, and not visibly different.
    return image.resize((size[1], size[0]), Image.Resampling.BILINEAR, reducing_gap=3.0)


def _resize_bilinear(pixels: NDArray[Any], height: int, width: int) -> NDArray[Any]:
    if pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] == 3:
        return np.array(
            _scaled(Image.fromarray(np.ascontiguousarray(pixels)), (height, width))
        )
    planes = pixels[..., None] if pixels.ndim == 2 else pixels
    kind = np.uint8 if pixels.dtype == np.uint8 else np.float32
    scaled = [
        np.asarray(
            _scaled(
                Image.fromarray(np.ascontiguousarray(planes[..., channel], dtype=kind)),
                (height, width),
            )
        )
        for channel in range(planes.shape[2])
    ]
    return _as_type(
        np.stack(scaled, axis=-1).reshape(height, width, *pixels.shape[2:]),
        pixels.dtype,
    )


def _resize_nearest(pixels: NDArray[Any], height: int, width: int) -> NDArray[Any]:
    rows, columns = (
        # The source pixel under the centre of each new one.
        ((2 * np.arange(new) + 1) * old) // (2 * new)
        for new, old in zip((height, width), pixels.shape[:2], strict=True)
    )
    return pixels[rows][:, columns]


def _resize_area(pixels: NDArray[Any], height: int, width: int) -> NDArray[Any]:
    averaged = _average_along_first(pixels.astype(np.float64), height)
    averaged = np.swapaxes(
        _average_along_first(np.swapaxes(averaged, 0, 1), width), 0, 1
    )
    return _as_type(averaged, pixels.dtype)


def _average_along_first(values: NDArray[np.float64], new: int) -> NDArray[np.float64]:
    """Average over `new` equal stretches of the first axis, fractions included."""
    old = values.shape[0]
    if new == old:
        return values
    # The integral up to every pixel edge, read off at the stretches' edges.
    integral = np.zeros((old + 1, *values.shape[1:]))
    np.cumsum(values, axis=0, out=integral[1:])
    edges = np.arange(new + 1) * (old / new)
    below = np.minimum(edges.astype(np.intp), old - 1)
    part = (edges - below).reshape(-1, *([1] * (values.ndim - 1)))
    at_edges = integral[below] + part * values[below]
    return np.diff(at_edges, axis=0) * (new / old)


_RESIZERS = {
    "area": _resize_area,
    "nearest": _resize_nearest,
    "bilinear": _resize_bilinear,
}


# --- arrays ----------------------------------------------------------------

_BITS_SET = np.array([byte.bit_count() for byte in range(256)], np.uint8)


def _as_type(values: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Give computed values the type of the picture they came from."""
    if dtype.kind == "b":
        return values >= 0.5
    if dtype.kind in "ui":
        return np.rint(values).astype(dtype)
    return values.astype(dtype)


def _check_uint8(pixels: NDArray[Any]) -> None:
    if pixels.dtype != np.uint8:
        raise TypeError(
            f"the picture holds {pixels.dtype}: scale it to 0..255 and convert it with "
            ".astype('uint8') first"
        )


def _as_rgb(image: ArrayLike) -> Pixels:
    pixels = np.asarray(image)
    _check_uint8(pixels)
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 3) or 0 in pixels.shape:
        raise ValueError(
            "a picture has shape (height, width), (height, width, 1) or "
            f"(height, width, 3), not {np.shape(image)}"
        )
    return np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:2], 3)))
