"""Augmentation: what its layers do to a photograph, seen and measured.

The layers are Keras's own and stand before the network, in training only
(`training.fit(..., augmentation=...)`). Which way a positive angle turns is
found here by following one marked pixel, not by memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fire_course import quiet

__all__ = ["Movement", "layers", "movement", "preview", "shear_shift"]


def layers(
    *,
    flip: bool = False,
    rotation: float = 0.0,
    shift: float = 0.0,
    shear: float = 0.0,
    zoom: float = 0.0,
    brightness: float = 0.0,
    fill: str = "nearest",
    seed: int = 0,
) -> list[Any]:
    """Build augmentation layers in the units that one thinks in.

    Parameters
    ----------
    flip : bool
        Mirror half of the photographs left to right.
    rotation : float
        Degrees to either side.
    shift : float
        Share of height and width, either way.
    shear : float
        Degrees to either side.
    zoom : float
        Share nearer or farther.
    brightness : float
        Share of the range of 0 to 255, darker or brighter.
    fill : {"nearest", "reflect", "wrap", "constant"}
        What stands where the photograph ends.
    seed : int

    Returns
    -------
    list of keras layers
        For the `augmentation` of `training.fit`, and for `preview`.

    Raises
    ------
    ValueError
        If an option is negative or too large.

    Examples
    --------
    >>> [type(layer).__name__ for layer in layers(flip=True, rotation=20)]
    ['RandomFlip', 'RandomRotation']
    """
    for name, value, most in (
        ("rotation", rotation, 180),
        ("shift", shift, 1),
        ("shear", shear, 45),
        ("zoom", zoom, 0.9),
        ("brightness", brightness, 1),
    ):
        if not 0 <= value <= most:
            raise ValueError(f"{name} lies from 0 to {most}, not at {value}.")
    keras = quiet.import_keras()
    kinds, seeds = keras.layers, iter(range(seed * 10, seed * 10 + 10))
    found: list[Any] = []
    if flip:
        found.append(kinds.RandomFlip("horizontal", seed=next(seeds)))
    if rotation:
        # Keras wants a share of a whole turn.
        found.append(
            kinds.RandomRotation(rotation / 360, fill_mode=fill, seed=next(seeds))
        )
    if shift:
        found.append(
            kinds.RandomTranslation(shift, shift, fill_mode=fill, seed=next(seeds))
        )
    if shear:
        # Keras wants the tangent of the angle.
        factor = float(np.tan(np.radians(shear)))
        found.append(_saveable(kinds.RandomShear, factor, fill, next(seeds)))
    if zoom:
        found.append(kinds.RandomZoom((-zoom, zoom), fill_mode=fill, seed=next(seeds)))
    if brightness:
        found.append(
            kinds.RandomBrightness(brightness, value_range=(0, 255), seed=next(seeds))
        )
    return found


def _saveable(kind: Any, factor: float, fill: str, seed: int) -> Any:
    """Build a shear that can be copied and saved.

    Keras 3.15 writes its factor as a range from below 0, which it then refuses.
    """
    layer = kind(factor, 0.0, fill_mode=fill, seed=seed)
    settings = layer.get_config() | {"x_factor": factor, "y_factor": 0.0}
    layer.get_config = settings.copy
    return layer


def preview(
    photo: ArrayLike, augmentation: Any, *, count: int = 9
) -> NDArray[np.uint8]:
    """Return variants of one photograph, as training would see it.

    Parameters
    ----------
    photo : array_like of uint8, shape (H, W, C)
    augmentation : keras layer or sequence of them
    count : int

    Returns
    -------
    ndarray of uint8, shape (count, H, W, C)
        To be shown with `plots.show_images`.

    Raises
    ------
    ValueError
        If the photograph has another shape.

    Examples
    --------
    >>> photo = np.zeros((8, 8, 3), "uint8")
    >>> photo[:, :4] = 255
    >>> variants = preview(photo, layers(flip=True), count=20)
    >>> sorted({int(each[0, 0, 0]) for each in variants})
    [0, 255]
    """
    pixels = np.asarray(photo)
    if pixels.ndim != 3:
        raise ValueError(
            f"A photograph is (height, width, channels), not {pixels.shape}."
        )
    batch = np.repeat(pixels[None].astype(np.float32), count, axis=0)
    x: Any = batch
    for layer in _listed(augmentation):
        x = layer(x, training=True)
    keras = quiet.import_keras()
    values = np.asarray(keras.ops.convert_to_numpy(x))
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


@dataclass(frozen=True)
class Movement:
    """Where a marked pixel went.

    Attributes
    ----------
    right, down : float
        Pixels, averaged over the brightness of the mark.
    turned : float
        Degrees around the middle of the picture, clockwise as one sees it.
    words : str
        The same as a sentence.
    """

    right: float
    down: float
    turned: float
    words: str


def movement(
    transform: Any, *, size: int = 65, mark: tuple[int, int] = (12, 32)
) -> Movement:
    """Find which way a transformation moves a picture, by following one mark.

    Parameters
    ----------
    transform : callable or keras layer
        Takes a batch (1, H, W, 1) of floats and returns one. A layer is called
        as in training; give it a fixed factor, such as
        ``RandomRotation((0.1, 0.1))``.
    size : int
        Pixels in height and width.
    mark : (row, column)
        Where the mark stands; by default above the middle.

    Returns
    -------
    Movement

    Raises
    ------
    ValueError
        If the mark left the picture.

    Examples
    --------
    >>> movement(lambda batch: np.roll(batch, 5, axis=2)).words
    'the mark goes 5.0 px to the right'
    """
    picture = np.zeros((1, size, size, 1), np.float32)
    row, column = mark
    picture[0, row - 1 : row + 2, column - 1 : column + 2, 0] = 255.0
    keras = quiet.import_keras()
    if isinstance(transform, keras.layers.Layer):
        result = transform(picture, training=True)
        result = keras.ops.convert_to_numpy(result)
    else:
        result = transform(picture)
    light = np.asarray(result, np.float64)[0, :, :, 0]
    if light.sum() < 255:  # of nine pixels not even one is left
        raise ValueError("The mark has left the picture: use a smaller factor.")
    rows, columns = np.mgrid[:size, :size]
    there = float((light * rows).sum() / light.sum())
    across = float((light * columns).sum() / light.sum())
    down, right = there - row, across - column
    middle = (size - 1) / 2
    before = np.arctan2(row - middle, column - middle)
    after = np.arctan2(there - middle, across - middle)
    # Rows count downwards, so a growing angle is clockwise to the eye.
    turned = float(np.degrees((after - before + np.pi) % (2 * np.pi) - np.pi))
    return Movement(right, down, turned, _words(right, down))


def shear_shift(degrees: float, *, height: int = 224) -> float:
    """Return by how many pixels a shear moves the top row against the bottom row.

    Examples
    --------
    >>> round(shear_shift(0.1), 2), int(shear_shift(10))
    (0.39, 39)
    """
    return float(np.tan(np.radians(degrees)) * height)


def _words(right: float, down: float) -> str:
    parts = []
    if abs(right) >= 0.05:
        parts.append(f"{abs(right):.1f} px to the {'right' if right > 0 else 'left'}")
    if abs(down) >= 0.05:
        parts.append(f"{abs(down):.1f} px {'down' if down > 0 else 'up'}")
    return f"the mark goes {' and '.join(parts)}" if parts else "the mark stays"


def _listed(augmentation: Any) -> Sequence[Any]:
    if isinstance(augmentation, Sequence):
        return augmentation
    return [augmentation]
