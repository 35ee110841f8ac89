"""Photographs without fire as they would look at sunset: warm light and no fire."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# What a photograph is drawn between, each number anew for each photograph.
_GAINS = ((1.05, 1.5), (0.6, 1.0), (0.2, 0.75))  # of red, green and blue
_GLOW = ((0.85, 1.0), (0.35, 0.65), (0.02, 0.25))  # its colour at the horizon
_SUN = np.array([1, 0.9, 0.6], np.float32)


def evening(photos: NDArray[np.uint8], *, seed: int) -> NDArray[np.uint8]:
    """Put photographs into the light of a sunset.

    Colours turn warm, the sky glows above a horizon, what lies below it darkens, and
    in half of the pictures the sun stands there. Nothing burns, so a photograph
    without fire remains one: a network that learns from such pictures has to look
    for more than orange.

    Parameters
    ----------
    photos : array of uint8, shape (count, height, width, 3)
    seed : int

    Returns
    -------
    array
        As `photos`.

    Examples
    --------
    >>> grey = np.full((2, 8, 8, 3), 128, np.uint8)
    >>> red, _, blue = evening(grey, seed=0).mean(axis=(0, 1, 2))
    >>> bool(red > blue + 50)
    True
    """
    chance = np.random.default_rng(seed)
    return np.stack([_one(photo, chance) for photo in photos])


def _one(photo: NDArray[np.uint8], chance: np.random.Generator) -> NDArray[np.uint8]:
    from scipy.special import expit

    height, width = photo.shape[:2]
    rows = (np.arange(height, dtype=np.float32)[:, None] + 0.5) / height
    columns = (np.arange(width, dtype=np.float32) + 0.5) / width
    x = photo.astype(np.float32) / 255

    gains = np.array([chance.uniform(*each) for each in _GAINS], np.float32)
    x *= 1 + (gains - 1) * np.float32(chance.uniform(0.4, 1))

    horizon = chance.uniform(0.2, 0.75)
    below = expit((rows - horizon) / chance.uniform(0.01, 0.08))
    x *= (1 - below * chance.uniform(0, 0.85))[..., None]

    light = chance.uniform(0, 0.8) * np.exp(
        -(((rows - horizon) / chance.uniform(0.1, 0.4)) ** 2)
    )
    light = light * (1 - 0.8 * below)
    glow = np.array([chance.uniform(*each) for each in _GLOW], np.float32)
    x = 1 - (1 - np.clip(x, 0, 1)) * (1 - light[..., None] * glow)

    if chance.random() < 0.5:
        up = horizon - chance.uniform(0, 0.15)
        far = np.hypot(rows - up, columns - chance.uniform(0.1, 0.9))
        size = chance.uniform(0.015, 0.07)
        disc = expit((size - far) / 0.006)
        halo = chance.uniform(0.2, 0.8) * np.exp(-far / chance.uniform(0.05, 0.25))
        sun = np.clip(disc + halo, 0, 1) * (1 - 0.9 * below)
        x = 1 - (1 - x) * (1 - sun[..., None] * _SUN)

    x = np.clip(x, 0, 1) ** chance.uniform(0.8, 1.4)
    return (x * 255 + 0.5).astype(np.uint8)
