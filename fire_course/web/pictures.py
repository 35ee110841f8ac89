"""Opening a picture that a stranger sent."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from fire_course import images
from fire_course.web.trouble import Kind, Trouble

__all__ = ["FORMATS", "decode"]

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
"""What is published on the web. TIFF and BMP decoders stay closed to strangers."""

# A picture in decoding takes several times its size; more than two at a time would
# gain nothing on a few cores.
_decoding = threading.BoundedSemaphore(2)


def decode(
    data: bytes, *, max_pixels: int, size: int | tuple[int, int] | None = None
) -> NDArray[np.uint8]:
    """Open a picture; its name and its Content-Type say nothing of what it is.

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
