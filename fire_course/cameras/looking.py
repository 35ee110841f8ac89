"""What arrived: is it a picture, does it show anything, and is it a new one?"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fire_course import images
from fire_course.cameras.failures import Kind, Trouble

__all__ = ["FORMATS", "decode", "emptiness", "fingerprint", "prepare", "same_picture"]

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
"""What cameras publish. TIFF and BMP decoders stay closed to strangers."""

# A picture in decoding takes several times its size; more than two at a time would
# gain nothing on a few cores.
_decoding = threading.BoundedSemaphore(2)
_THUMB = 16
# Bits of 63: encoding a picture anew flips one or two.
_BITS = 4
# Grey levels. Encoding anew moves the average of a cell by one at most; within some
# minutes a cloud, the sun or the camera's own exposure moves half of the cells further.
_LEVELS = 1.5


def prepare() -> None:
    """Import what looking takes, some .5 s once, before somebody's deadline begins."""
    import imagehash  # noqa: F401


def decode(
    data: bytes, *, max_pixels: int, size: int | tuple[int, int] | None = None
) -> NDArray[np.uint8]:
    """Open a picture that a stranger sent.

    Raises
    ------
    Trouble
        Of kind "too large", "not a picture" or "corrupt".
    """
    try:
        with _decoding:
            return images.open_image(
                data, size=size, max_pixels=max_pixels, formats=FORMATS
            )
    except images.ImageError as error:
        kind = Kind.NOT_A_PICTURE
        if error.reason.startswith("is too large"):
            kind = Kind.TOO_LARGE
        elif _begins_well(data):
            kind = Kind.CORRUPT
        raise Trouble(kind, f"its picture {error.reason}") from None


def _begins_well(data: bytes) -> bool:
    starts = (b"\xff\xd8\xff", b"\x89PNG", b"GIF87a", b"GIF89a")
    return data.startswith(starts) or data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def emptiness(picture: NDArray[np.uint8]) -> Trouble | None:
    """Say if a picture shows nothing: black, or one colour all over.

    A flame in the dark is light, however small: one pixel in two thousand is
    enough. The white letters that cameras print along the upper and lower edge
    are not.

    Examples
    --------
    >>> emptiness(np.zeros((90, 120, 3), "uint8")).kind
    <Kind.DARK: 'dark'>
    >>> emptiness(np.full((90, 120, 3), 128, "uint8")).kind
    <Kind.BLANK: 'blank'>
    """
    # Some 60,000 pixels tell it as well as ten million.
    every = max(1, int((picture.shape[0] * picture.shape[1] / 60_000) ** 0.5))
    picture = picture[::every, ::every]
    height = len(picture)
    low, high = picture.min(axis=2), picture.max(axis=2)
    light = high > 60
    edge = height // 10
    coloured = high.astype(np.int16) - low > 40
    light[:edge] &= coloured[:edge]
    light[height - edge :] &= coloured[height - edge :]
    if np.count_nonzero(light) < max(1, picture.shape[1] * height // 2000):
        return Trouble(Kind.DARK, "its picture is dark")
    # Of the 99 % in the middle, so that a logo's few pixels do not count.
    spread = np.percentile(picture.reshape(-1, 3), (0.5, 99.5), axis=0)
    if float(np.max(spread[1] - spread[0])) < 6:
        return Trouble(Kind.BLANK, "its picture has one colour all over")
    return None


def fingerprint(picture: NDArray[np.uint8]) -> tuple[int, bytes]:
    """Give what a later picture is compared by: a hash, and 16 x 16 grey levels."""
    small = images.resize(images.to_grey(picture), _THUMB)
    return images.perceptual_hash(picture), small.astype(np.uint8).tobytes()


def same_picture(one: tuple[int, bytes], other: tuple[int, bytes]) -> bool:
    """Tell whether two fingerprints are of one picture, be it encoded anew.

    The hash alone cannot tell: on a still day a hillside has the same hash all
    morning. So the hash proposes, and the grey levels decide.
    """
    if images.hamming(one[0], other[0]) > _BITS:
        return False
    a, b = (np.frombuffer(each[1], np.uint8).astype(np.int16) for each in (one, other))
    difference: Any = np.median(np.abs(a - b)) if a.shape == b.shape else np.inf
    return bool(difference < _LEVELS)
