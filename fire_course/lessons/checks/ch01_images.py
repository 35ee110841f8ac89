"""The exercises of lesson 1: images are arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fire_course.lessons.checks.exercise import Case, Exercise, Mistake

__all__ = ["EXERCISES"]

_LESSON = "01_images"

Array = NDArray[Any]


def _picture(rng: np.random.Generator, *shape: int) -> Array:
    return rng.integers(0, 256, shape, dtype=np.uint8)


# --- grey ------------------------------------------------------------------

_SHARES = (0.2125, 0.7154, 0.0721)


def _grey_cases(rng: np.random.Generator) -> list[Case]:
    def colours(height: int, width: int) -> Case:
        picture = _picture(rng, height, width, 3)
        # Halves, where float32 and float64 may be rounded apart, become black.
        sums = picture.astype(int) @ np.array([2125, 7154, 721])
        picture[abs(sums % 10_000 - 5000) < 50] = 0
        return {"picture": picture}

    pure = np.zeros((1, 3, 3), np.uint8)
    pure[0, range(3), range(3)] = 255
    return [
        {"picture": pure},
        colours(1, 3),
        colours(2, 2),
        colours(3, 4),
        {"picture": np.full((2, 1, 3), 255, np.uint8)},
        colours(9, 7),
    ]


def _luminance(picture: Array) -> Array:
    from skimage.color import rgb2gray

    # rgb2gray calls the brightest grey 1.
    return np.rint(rgb2gray(picture) * 255)


def _weighed(picture: Array, shares: tuple[float, ...] = _SHARES) -> Array:
    return picture @ np.array(shares)


def _added_in_uint8(picture: Array) -> Array:
    return picture[..., 0] + picture[..., 1] + picture[..., 2]


_MEAN = (
    "mean instead of luminance",
    "The eye sees green best and blue least: 0.2125 R + 0.7154 G + 0.0721 B.",
)
_WRAPPED_SUM = (
    "wrapped around at 255",
    "R + G + B of uint8 numbers stays uint8: 255 + 1 gives 0. Multiply by the three "
    "shares first, which makes them floats.",
)

_GREY = Exercise(
    name="grey-by-luminance",
    lesson=_LESSON,
    function="grey_by_luminance",
    points=2,
    task="Turn a picture in colour into a grey one, as bright as the eye sees it.",
    hints=(
        "picture[..., 0] is the red channel, of shape (height, width).",
        "Multiply each channel by its share and add the three; or use picture @ shares.",
        "np.rint(grey).astype(np.uint8) rounds; astype alone cuts the fractions off.",
    ),
    cases=_grey_cases,
    expected=_luminance,
    mistakes=(
        Mistake(*_MEAN, lambda picture: np.rint(picture.mean(axis=-1))),
        Mistake(*_MEAN, lambda picture: picture.mean(axis=-1)),
        Mistake(*_MEAN, lambda picture: np.floor(picture.mean(axis=-1))),
        Mistake(*_WRAPPED_SUM, lambda picture: _added_in_uint8(picture) / 3),
        Mistake(*_WRAPPED_SUM, lambda picture: _added_in_uint8(picture) // 3),
        Mistake(
            "cut off instead of rounded",
            "astype(np.uint8) cuts 54.9 to 54: use np.rint first.",
            lambda picture: np.floor(_weighed(picture) + 1e-9),
        ),
        Mistake(
            "not rounded",
            "The right luminance; round it to whole numbers, as a picture has.",
            _weighed,
        ),
        Mistake(
            "blue first",
            "The last axis holds red, green, blue, in this order.",
            lambda picture: np.rint(_weighed(picture[..., ::-1])),
        ),
        Mistake(
            "other shares",
            "0.299, 0.587 and 0.114 are those of old television: use the three above.",
            lambda picture: np.rint(_weighed(picture, (0.299, 0.587, 0.114))),
        ),
        Mistake(
            "0 to 1",
            "Stay with 0 to 255: do not divide by 255.",
            lambda picture: _weighed(picture) / 255,
        ),
        Mistake(
            "one channel alone",
            "Green alone comes near, and calls a red flame black. Use all three.",
            lambda picture: picture[..., 1],
        ),
        Mistake(
            "three channels left",
            "A grey picture has one number a pixel: the result has two axes, not three.",
            lambda picture: np.repeat(
                np.rint(_weighed(picture))[..., None], 3, axis=-1
            ),
        ),
    ),
    own=("skimage.color.rgb2gray", "fire_course.images.to_grey"),
)


# --- brighter --------------------------------------------------------------


def _brighten_cases(rng: np.random.Generator) -> list[Case]:
    def case(height: int, width: int, by: int) -> Case:
        return {"picture": _picture(rng, height, width, 3), "by": by}

    return [
        {"picture": np.array([[[200, 100, 0]]], np.uint8), "by": 100},
        {"picture": np.array([[[200, 100, 0]]], np.uint8), "by": -150},
        case(2, 2, int(rng.integers(60, 130))),
        case(2, 2, -int(rng.integers(60, 130))),
        case(3, 4, 255),
        case(1, 3, -255),
        {"picture": np.array([[[255, 254, 0]]], np.uint8), "by": 1},
        case(2, 3, 0),
        {"picture": np.array([[[0, 7, 255]]], np.uint8), "by": 300},
    ]


def _brighter(picture: Array, by: int) -> Array:
    # By a table of the 256 results.
    table = [sorted((0, value + by, 255))[1] for value in range(256)]
    return np.array(table, np.uint8)[picture]


def _sum(picture: Array, by: int) -> Array:
    return picture.astype(int) + by


_BRIGHTEN = Exercise(
    name="brighten",
    lesson=_LESSON,
    function="brighten",
    points=1,
    task="Make a picture brighter or darker without wrapping around.",
    hints=(
        "picture.astype(int) has room for 300 and for -50; uint8 has not.",
        "np.clip(numbers, 0, 255) moves what is outside to the next of the two ends.",
        "Three steps in this order: to int, add, clip; then back to uint8.",
    ),
    cases=_brighten_cases,
    expected=_brighter,
    mistakes=(
        Mistake(
            "wrapped around at 255",
            "uint8 counts 254, 255, 0, 1: make the numbers int before you add, and clip "
            "before you go back to uint8.",
            lambda picture, by: _sum(picture, by) % 256,
        ),
        Mistake(
            "not clipped",
            "A picture's numbers end at 0 and 255: np.clip(numbers, 0, 255).",
            _sum,
        ),
        Mistake(
            "clipped above only",
            "A darker picture must not fall below 0, where uint8 wraps around too.",
            lambda picture, by: np.minimum(_sum(picture, by), 255) % 256,
        ),
        Mistake(
            "clipped above only",
            "A darker picture must not fall below 0.",
            lambda picture, by: np.minimum(_sum(picture, by), 255),
        ),
        Mistake(
            "clipped below only",
            "A brighter picture must not pass 255, where uint8 wraps around.",
            lambda picture, by: np.maximum(_sum(picture, by), 0) % 256,
        ),
        Mistake(
            "clipped at 256",
            "The largest uint8 is 255, and 256 becomes 0.",
            lambda picture, by: np.clip(_sum(picture, by), 0, 256) % 256,
        ),
        Mistake(
            "multiplied",
            "Add `by` to each number. A factor changes contrast as well.",
            lambda picture, by: np.clip(picture * (1 + by / 255), 0, 255).astype(int),
        ),
    ),
    own=(
        "cv2.add",
        "PIL.ImageChops.add",
    ),
)


# --- upside down -----------------------------------------------------------


def _turn_cases(rng: np.random.Generator) -> list[Case]:
    def case(height: int, width: int) -> Case:
        # No two numbers alike, so that each turn shows.
        numbers = rng.permutation(256)[: height * width * 3]
        return {"picture": numbers.astype(np.uint8).reshape(height, width, 3)}

    return [case(2, 2), case(2, 3), case(4, 3), case(1, 4), case(5, 1), case(7, 9)]


def _turned(picture: Array) -> Array:
    height, width = picture.shape[:2]
    result = np.empty_like(picture)
    for row, column in np.ndindex(height, width):
        result[height - 1 - row, width - 1 - column] = picture[row, column]
    return result


_TURN = Exercise(
    name="upside-down",
    lesson=_LESSON,
    function="turn_upright",
    points=1,
    task="Turn the picture of a camera that hangs upside down.",
    hints=(
        "What was in the first row and first column belongs into the last of both.",
        "array[::-1] is an array in reverse order along its first axis.",
        "Reverse the first two axes and leave the third as it is.",
    ),
    cases=_turn_cases,
    expected=_turned,
    mistakes=(
        Mistake(
            "mirrored top to bottom",
            "That is a reflection in a lake: writing in it would be mirrored. Reverse "
            "the columns too.",
            lambda picture: picture[::-1],
        ),
        Mistake(
            "mirrored left to right",
            "The sky is still below. Reverse the rows too.",
            lambda picture: picture[:, ::-1],
        ),
        Mistake(
            "colours reversed as well",
            "The last axis is red, green, blue: leave it, or fire becomes blue.",
            lambda picture: picture[::-1, ::-1, ::-1],
        ),
        Mistake(
            "rows and columns swapped",
            "Swapping two axes mirrors along the diagonal; here each axis is reversed.",
            lambda picture: picture.transpose(1, 0, 2),
        ),
        Mistake(
            "a quarter turn",
            "The picture lies on its side now: half a turn is wanted.",
            lambda picture: picture.transpose(1, 0, 2)[::-1],
        ),
        Mistake(
            "a quarter turn",
            "The picture lies on its other side now: half a turn is wanted.",
            lambda picture: picture.transpose(1, 0, 2)[:, ::-1],
        ),
        Mistake(
            "nothing turned",
            "This is the picture as it came.",
            lambda picture: picture,
        ),
    ),
    own=("numpy.rot90", "skimage.transform.rotate", "scipy.ndimage.rotate"),
)


# --- contrast --------------------------------------------------------------


def _contrast_cases(rng: np.random.Generator) -> list[Case]:
    def case(height: int, width: int, span: int) -> Case:
        # Spans that give short decimals: the same text from float32 and float64.
        low = int(rng.integers(5, 250 - span)) if span < 245 else 5
        grey = rng.integers(low, low + span + 1, height * width)
        ends = rng.choice(height * width, 2, replace=False)
        grey[ends] = low, low + span
        return {"grey": grey.reshape(height, width).astype(np.uint8)}

    return [
        {"grey": np.array([[100, 125, 150]], np.uint8)},
        case(2, 3, 100),
        case(3, 3, 50),
        case(4, 2, 200),
        case(6, 7, 125),
        {"grey": np.array([[0, 51, 255]], np.uint8)},
        {"grey": np.full((2, 2), int(rng.integers(1, 255)), np.uint8)},
    ]


def _rescaled(grey: Array) -> Array:
    low, high = int(grey.min()), int(grey.max())
    if low == high:
        return np.zeros(grey.shape)
    return np.interp(grey, [low, high], [0.0, 1.0])


def _over(part: Any, whole: Any) -> Array:
    with np.errstate(all="ignore"):
        return np.asarray(part, float) / whole


def _row_by_row(grey: Array, axis: int) -> Array:
    low = grey.min(axis=axis, keepdims=True)
    return _over(grey - low, grey.max(axis=axis, keepdims=True) - low)


_BYTES = ("0 to 255", "The same stretch, but 0 to 1 is wanted.")


def _between_percentiles(grey: Array) -> Array:
    low, high = np.percentile(grey, [1, 99])
    return np.clip(_over(grey - low, high - low), 0, 1)


_CONTRAST = Exercise(
    name="rescale-intensities",
    lesson=_LESSON,
    function="rescale",
    points=2,
    task="Stretch the contrast: the darkest pixel becomes 0, the brightest 1.",
    hints=(
        "grey.min() and grey.max() are the darkest and the brightest number.",
        "Subtract the darkest; then divide by how far the two are apart.",
        "If they are equal, return np.zeros(grey.shape) before you divide.",
    ),
    cases=_contrast_cases,
    expected=_rescaled,
    mistakes=(
        Mistake(
            "divided by 255",
            "That scales every picture alike and leaves fog as it is. Use this picture's "
            "own darkest and brightest number.",
            lambda grey: grey / 255,
        ),
        Mistake(
            "darkest not subtracted",
            "The brightest is 1 now, but the darkest is not 0: subtract it first.",
            lambda grey: _over(grey, grey.max()),
        ),
        Mistake(
            "divided by the brightest",
            "Once the darkest is subtracted, the brightest is high - low: divide by that.",
            lambda grey: _over(grey - grey.min(), grey.max()),
        ),
        Mistake(*_BYTES, lambda grey: _rescaled(grey) * 255),
        Mistake(*_BYTES, lambda grey: np.floor(_rescaled(grey) * 255)),
        Mistake(
            "rounded",
            "Whole numbers leave black and white alone: keep the fractions, as floats.",
            lambda grey: np.floor(_rescaled(grey)),
        ),
        Mistake(
            "dark and bright swapped",
            "This is the negative: the darkest pixel has to become 0.",
            lambda grey: 1 - _rescaled(grey),
        ),
        Mistake(
            "row by row",
            "Take one minimum and one maximum of the whole picture.",
            lambda grey: _row_by_row(grey, 1),
        ),
        Mistake(
            "column by column",
            "Take one minimum and one maximum of the whole picture: no `axis`.",
            lambda grey: _row_by_row(grey, 0),
        ),
        Mistake(
            "division by zero",
            "A picture of one grey has no contrast to stretch: return zeros then.",
            lambda grey: _over(grey - grey.min(), grey.max() - grey.min()),
        ),
        Mistake(
            "percentiles",
            "Here the darkest and the brightest pixel themselves become 0 and 1: "
            "grey.min() and grey.max().",
            _between_percentiles,
        ),
    ),
    own=("skimage.exposure.rescale_intensity", "sklearn.preprocessing.minmax_scale"),
)


# --- smaller ---------------------------------------------------------------


def _block_cases(rng: np.random.Generator) -> list[Case]:
    def case(height: int, width: int, block: int) -> Case:
        return {"grey": _picture(rng, height, width), "block": block}

    return [
        case(2, 4, 2),
        case(4, 4, 2),
        case(4, 6, 2),
        case(10, 5, 5),
        case(5, 7, 2),  # a row and a column are left over
        case(8, 11, 4),
        case(3, 2, 1),
        case(3, 3, 3),
    ]


def _whole_blocks(grey: Array, block: int) -> Array:
    height, width = (n // block * block for n in grey.shape)
    return grey[:height, :width]


def _reduced(grey: Array, block: int, function: Any = np.mean) -> Array:
    from skimage.measure import block_reduce

    return block_reduce(_whole_blocks(grey, block), (block, block), function)


def _padded_blocks(grey: Array, block: int) -> Array:
    from skimage.measure import block_reduce

    return block_reduce(grey, (block, block), np.mean)


def _partial_blocks(grey: Array, block: int) -> list[list[float]]:
    height, width = grey.shape
    return [
        [
            float(grey[row : row + block, column : column + block].mean())
            for column in range(0, width, block)
        ]
        for row in range(0, height, block)
    ]


def _cut_wrongly(grey: Array, block: int) -> Array:
    whole = _whole_blocks(grey, block)
    rows, columns = whole.shape[0] // block, whole.shape[1] // block
    return whole.reshape(rows, columns, block, block).mean(axis=(2, 3))


def _between_blocks(grey: Array, block: int) -> Array:
    whole = _whole_blocks(grey, block)
    rows, columns = whole.shape[0] // block, whole.shape[1] // block
    return whole.reshape(rows, block, columns, block).mean(axis=(0, 2))


_BLOCKS = Exercise(
    name="block-mean",
    lesson=_LESSON,
    function="block_mean",
    points=2,
    task="Make a picture smaller: the mean of each block of pixels.",
    hints=(
        "First cut off what is left over: grey[: rows * block, : columns * block].",
        "reshape(rows, block, columns, block) splits both axes; none of them moves.",
        "Then .mean(axis=(1, 3)) takes the mean inside each block.",
    ),
    cases=_block_cases,
    expected=_reduced,
    mistakes=(
        Mistake(
            "axes in the wrong order",
            "reshape(rows, columns, block, block) puts pixels of one row into a block. "
            "Split each axis where it is: reshape(rows, block, columns, block).",
            _cut_wrongly,
        ),
        Mistake(
            "one pixel a block",
            "Every block-th pixel is noisy and misses thin things. Take the mean.",
            lambda grey, block: _whole_blocks(grey, block)[::block, ::block],
        ),
        Mistake(
            "maximum instead of mean",
            "That is what a pooling layer keeps; here it is the mean.",
            lambda grey, block: _reduced(grey, block, np.max),
        ),
        Mistake(
            "sum instead of mean",
            "Divide by the number of pixels of a block, block * block.",
            lambda grey, block: _reduced(grey, block, np.sum).astype(int),
        ),
        Mistake(
            "fractions cut off",
            "Keep the fractions: `/`, not `//`, and no uint8.",
            lambda grey, block: np.floor(_reduced(grey, block)),
        ),
        Mistake(
            "zeros joined the last block",
            "Cut off what is left over; filled up with zeros it becomes too dark.",
            _padded_blocks,
        ),
        Mistake(
            "smaller blocks at the end",
            "Rows and columns that fill no whole block are cut off.",
            _partial_blocks,
        ),
        Mistake(
            "averaged over the wrong axes",
            "Behind the reshape, axes 1 and 3 lie inside the blocks: average over these.",
            _between_blocks,
        ),
        Mistake(
            "everything averaged",
            "mean() alone gives one number for the whole picture: say which axes.",
            lambda grey, block: float(_whole_blocks(grey, block).mean()),
        ),
    ),
    own=(
        "skimage.measure.block_reduce",
        "skimage.transform.downscale_local_mean",
        "fire_course.convolution.layers.average_pool",
    ),
)


EXERCISES = (_GREY, _BRIGHTEN, _TURN, _CONTRAST, _BLOCKS)
