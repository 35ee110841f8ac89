"""The picture that arrived: does it show anything, and is it a new one?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fire_course import images
from fire_course.web.trouble import Kind, Trouble

__all__ = ["emptiness", "fingerprint", "prepare", "same_picture"]

_THUMB = 16
# Bits of 63: encoding a picture anew flips one or two.
_BITS = 4
# Grey levels. Encoding anew moves the average of a cell by one at most; within some
# minutes a cloud, the sun or the camera's own exposure moves half of the cells further.
_LEVELS = 1.5


def prepare() -> None:
    """Import what looking takes, some .5 s once, before somebody's deadline begins."""
    import imagehash  # noqa: F401


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
