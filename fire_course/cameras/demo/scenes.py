"""What simulated cameras see: rendered hillsides by day, some of which catch fire."""

from __future__ import annotations

import functools
import io
import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["Scenes"]

# Rendered landscapes by day that the package's detector tells well apart with flames
# and without, so that what the demonstration shows is the cameras' doing.
_SEEDS: tuple[int, ...] = (
    *(2000, 2001, 2004, 2006, 2007, 2008, 2009, 2010, 2011, 2020, 2021, 2024),
    *(2026, 2030, 2031, 2032, 2034, 2035, 2037, 2039, 2040, 2041, 2047, 2052),
)
# Steps of a simulated day.
_DAY = 24


class Scenes:
    """The views of some cameras over time.

    Parameters
    ----------
    seed : int
        Same seed, same pictures.
    size : int
        Side of a picture in pixels.

    Examples
    --------
    >>> scenes = Scenes(seed=1, size=64)
    >>> scenes.view(0, step=3).shape
    (64, 64, 3)
    >>> bool((scenes.view(0, step=3) == scenes.view(0, step=4)).all())
    False
    """

    def __init__(self, *, seed: int = 0, size: int = 160) -> None:
        self.seed, self.size = seed, size
        self._order = np.random.default_rng([seed, 1]).permutation(len(_SEEDS))

    def prepare(self, cameras: int) -> None:
        """Draw the landscapes of the first cameras now, not when somebody waits."""
        for turn in range(min(cameras, len(_SEEDS))):
            _landscape(_SEEDS[self._order[turn]], self.size)

    def view(
        self, camera: int, *, step: int, burning: bool = False
    ) -> NDArray[np.uint8]:
        """Give what a camera sees at a step of time, of height and width `size`."""
        place, turn = divmod(camera, len(_SEEDS))
        calm, flames = _landscape(_SEEDS[self._order[turn]], self.size)
        rng = np.random.default_rng([self.seed, camera, step])
        phase = 2 * math.pi * (step + 5 * camera) / _DAY
        light = 1 + 0.12 * math.sin(phase) + rng.uniform(-0.02, 0.02)
        # A cloud's shadow wanders over the hills.
        across = np.linspace(0, 2 * math.pi, self.size, dtype=np.float32)
        shadow = 1 + 0.08 * np.sin(across + 0.9 * step + camera)
        seen = calm * np.float32(light) * shadow[None, :, None].astype(np.float32)
        if burning:
            # Fire gives its own light, whatever the clouds do; and it flickers.
            seen = np.maximum(seen, flames * np.float32(rng.uniform(0.94, 1)))
        seen = seen + rng.normal(0, 1.5, seen.shape)
        if place % 2:
            seen = seen[:, ::-1]
        return np.clip(seen, 0, 255).astype(np.uint8)

    def jpeg(self, camera: int, *, step: int, burning: bool = False) -> bytes:
        """Give the same as a JPEG file."""
        return _jpeg(self, camera, step, burning)


@functools.lru_cache(maxsize=128)
def _jpeg(scenes: Scenes, camera: int, step: int, burning: bool) -> bytes:
    data = io.BytesIO()
    picture = Image.fromarray(scenes.view(camera, step=step, burning=burning))
    picture.save(data, "JPEG", quality=88)
    return data.getvalue()


@functools.lru_cache(maxsize=2 * len(_SEEDS))
def _landscape(seed: int, size: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Draw a hillside, and flames on black that fit nowhere but look like flames."""
    from scipy import ndimage

    from fire_course.data.render import scenes

    calm = scenes.render(seed, kind="nofire", category="plain", size=size).image
    fire = scenes.render(seed, kind="fire", category="front", size=size)
    soft = ndimage.gaussian_filter(
        ndimage.binary_dilation(fire.mask, iterations=3).astype(np.float32), 2
    )
    flames = fire.image * soft[..., None]
    return calm.astype(np.float32), flames.astype(np.float32)
