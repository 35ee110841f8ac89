"""The exercises of lesson 2: convolution by hand. Small whole numbers throughout, so
that sums are exact in every type of number and messages can be followed by hand.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fire_course.lessons.checks.exercise import Case, Exercise, Mistake

__all__ = ["EXERCISES"]

_LESSON = "02_convolution"

Array = NDArray[Any]


def _digits(rng: np.random.Generator, *shape: int) -> Array:
    return rng.integers(0, 10, shape)


def _kernel(rng: np.random.Generator, height: int, width: int) -> Array:
    """No two numbers alike: no flip of such a kernel equals it."""
    numbers = rng.permutation(np.arange(-9, 10))[: height * width]
    return numbers.reshape(height, width)


def _slide(image: Array, kernel: Array) -> Array:
    """Cross-correlate, where the kernel fits: by shifted pictures."""
    height, width = kernel.shape
    rows, columns = image.shape[0] - height + 1, image.shape[1] - width + 1
    total = np.zeros((max(rows, 0), max(columns, 0)))
    for i, j in np.ndindex(height, width):
        total += image[i : i + rows, j : j + columns] * float(kernel[i, j])
    return total


def _scipy_correlate(image: Array, kernel: Array) -> Array:
    from scipy.signal import correlate2d

    return correlate2d(image, kernel, mode="valid")


# --- correlate by loops ----------------------------------------------------

_OWN_CORRELATE = (
    "fire_course.convolution.correlate",
    "fire_course.convolution.correlation.correlate",
    "fire_course.convolution.convolve",
    "fire_course.convolution.correlation.convolve",
    "fire_course.convolution.conv_layer",
    "fire_course.convolution.layers.conv_layer",
    "fire_course.convolution.methods.loops",
    "fire_course.convolution.methods.windows",
    "fire_course.convolution.methods.fft",
    "fire_course.convolution.methods.signal",
    "fire_course.convolution.methods.ndimage",
    "numpy.convolve",
    "numpy.correlate",
    "scipy.ndimage.convolve",
    "scipy.ndimage.convolve1d",
    "scipy.ndimage.correlate",
    "scipy.ndimage.correlate1d",
    "scipy.signal.convolve",
    "scipy.signal.convolve2d",
    "scipy.signal.correlate",
    "scipy.signal.correlate2d",
    "scipy.signal.fftconvolve",
    "scipy.signal.oaconvolve",
)


def _correlate_cases(rng: np.random.Generator) -> list[Case]:
    def case(image: tuple[int, int], kernel: tuple[int, int]) -> Case:
        return {"image": _digits(rng, *image), "kernel": _kernel(rng, *kernel)}

    quarters = case((4, 4), (2, 2))
    quarters["kernel"] = quarters["kernel"] / 4
    return [
        case((3, 3), (2, 2)),
        case((4, 5), (3, 3)),
        case((5, 4), (2, 3)),
        quarters,
        case((3, 6), (3, 1)),
        case((4, 4), (4, 4)),
        case((2, 3), (1, 1)),
    ]


def _one_short(image: Array, kernel: Array) -> Array:
    return _slide(image, kernel)[:-1, :-1]


def _filled(image: Array, kernel: Array) -> Array:
    from scipy.ndimage import correlate

    return correlate(image.astype(float), kernel, mode="constant")


def _left_over(image: Array, kernel: Array) -> Array:
    whole = np.zeros(image.shape)
    inside = _slide(image, kernel)
    whole[: inside.shape[0], : inside.shape[1]] = inside
    return whole


_FLIPPED = (
    "flipped the kernel",
    "kernel[0, 0] belongs to the window's upper left pixel: multiply number by number, "
    "without turning anything.",
)

_SQUARE = (
    "kernel taken for a square",
    "A kernel may be higher than wide: use both numbers of kernel.shape.",
)


def _as_square(image: Array, kernel: Array, axis: int) -> Array:
    side = kernel.shape[axis]
    windows = np.lib.stride_tricks.sliding_window_view(image, (side, side))
    return (windows * kernel).sum(axis=(2, 3))


_CORRELATE = Exercise(
    name="correlate-by-loops",
    lesson=_LESSON,
    function="correlate",
    points=3,
    task="Slide a kernel over a picture: multiply, add, step on.",
    hints=(
        "The kernel fits into image.shape[0] - kernel.shape[0] + 1 rows of places.",
        "The window at place (i, j) is image[i : i + height, j : j + width].",
        "Two loops over i and j; in them (window * kernel).sum().",
    ),
    cases=_correlate_cases,
    expected=_scipy_correlate,
    mistakes=(
        Mistake(*_FLIPPED, lambda image, kernel: _slide(image, kernel[::-1, ::-1])),
        Mistake(
            "one place too few",
            "There are n - f + 1 places along an axis, the last one included.",
            _one_short,
        ),
        Mistake(
            "padded with zeros",
            "Only places where the whole kernel fits: the result is smaller.",
            _filled,
        ),
        Mistake(
            "zeros left over",
            "The result has one number a place, so it is smaller than the picture.",
            _left_over,
        ),
        Mistake(
            "mean instead of sum",
            "Add the products; whoever wants a mean divides the kernel.",
            lambda image, kernel: _slide(image, kernel) / kernel.size,
        ),
        Mistake(
            "kernel not multiplied",
            "This is the sum of each window alone.",
            lambda image, kernel: _slide(image, np.ones(kernel.shape)),
        ),
        Mistake(
            "fractions cut off",
            "The result holds whole numbers only: make it np.zeros(shape), of floats.",
            lambda image, kernel: np.trunc(_slide(image, kernel)),
        ),
        Mistake(
            "matrix product",
            "Multiply number by number: `*`, not `@`.",
            lambda image, kernel: _matrix_products(image, kernel),
        ),
        Mistake(*_SQUARE, lambda image, kernel: _as_square(image, kernel, 0)),
        Mistake(*_SQUARE, lambda image, kernel: _as_square(image, kernel, 1)),
        Mistake(
            "rows and columns swapped",
            "The first axis of the result counts rows of places, as that of the picture.",
            lambda image, kernel: _slide(image, kernel).T,
        ),
    ),
    own=_OWN_CORRELATE,
)


def _matrix_products(image: Array, kernel: Array) -> Array:
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return (windows @ kernel).sum(axis=(2, 3))


# --- convolve from correlate -----------------------------------------------


def _convolve_cases(rng: np.random.Generator) -> list[Case]:
    def case(image: tuple[int, int], kernel: tuple[int, int]) -> Case:
        return {"image": _digits(rng, *image), "kernel": _kernel(rng, *kernel)}

    point = np.zeros((5, 5), int)
    point[2, 2] = 1
    return [
        {"image": point, "kernel": np.arange(1, 10).reshape(3, 3)},
        case((3, 3), (2, 2)),
        case((4, 5), (3, 3)),
        case((5, 4), (2, 3)),
        case((4, 6), (1, 3)),
        case((5, 3), (4, 1)),
    ]


def _scipy_convolve(image: Array, kernel: Array) -> Array:
    from scipy.signal import convolve2d

    return convolve2d(image, kernel, mode="valid")


_QUARTER = (
    "a quarter turn",
    "The kernel lies on its side now: half a turn is wanted, kernel[::-1, ::-1].",
)

_CONVOLVE = Exercise(
    name="convolve-from-correlate",
    lesson=_LESSON,
    function="convolve",
    points=1,
    task="Turn your correlation into the convolution of mathematics.",
    hints=(
        "Convolution is correlation with a kernel that is turned first.",
        "The kernel is reversed along both of its axes: half a turn.",
        "kernel[::-1, ::-1]; the rest does your `correlate`.",
    ),
    cases=_convolve_cases,
    expected=_scipy_convolve,
    mistakes=(
        Mistake(
            "kernel not flipped",
            "This is correlation still: reverse the kernel first.",
            _slide,
        ),
        Mistake(
            "rows reversed only",
            "Reverse the columns of the kernel too: kernel[::-1, ::-1].",
            lambda image, kernel: _slide(image, kernel[::-1]),
        ),
        Mistake(
            "columns reversed only",
            "Reverse the rows of the kernel too: kernel[::-1, ::-1].",
            lambda image, kernel: _slide(image, kernel[:, ::-1]),
        ),
        Mistake(
            "transposed",
            "Swapping rows and columns is no half turn: kernel[::-1, ::-1].",
            lambda image, kernel: _slide(image, kernel.T),
        ),
        Mistake(
            "picture flipped",
            "Turn the kernel, not the picture, or the result stands on its head.",
            lambda image, kernel: _slide(image[::-1, ::-1], kernel),
        ),
        Mistake(
            "result flipped",
            "Turn the kernel before you slide it, not the result.",
            lambda image, kernel: _slide(image, kernel)[::-1, ::-1],
        ),
        Mistake(
            *_QUARTER,
            lambda image, kernel: _slide(image, kernel.T[::-1]),
        ),
        Mistake(
            *_QUARTER,
            lambda image, kernel: _slide(image, kernel.T[:, ::-1]),
        ),
    ),
    own=_OWN_CORRELATE,
)


# --- Sobel -----------------------------------------------------------------

_SOBEL_X = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])


def _sobel_cases(rng: np.random.Generator) -> list[Case]:
    def grey(height: int, width: int) -> Case:
        return {"grey": rng.integers(0, 256, (height, width), dtype=np.uint8)}

    # A corner whose edges are 3 and 4 strong: the magnitude is a whole number.
    corner = np.array([[0, 0, 0], [0, 0, 3], [0, 4, 0]], np.uint8)
    edge = np.zeros((3, 6), np.uint8)
    edge[:, 3:] = rng.integers(30, 60)
    return [
        {"grey": corner},
        {"grey": edge},
        {"grey": np.ascontiguousarray(edge.T[::-1])},
        grey(3, 3),
        grey(4, 5),
        grey(6, 4),
        {"grey": np.full((3, 4), 200, np.uint8)},
    ]


def _slopes(grey: Array, kernel: Array = _SOBEL_X) -> tuple[Array, Array]:
    grey = grey.astype(float)
    return _slide(grey, kernel), _slide(grey, kernel.T)


def _scipy_sobel(grey: Array) -> Array:
    from scipy.ndimage import generic_gradient_magnitude, sobel

    whole = generic_gradient_magnitude(grey.astype(float), sobel)
    return whole[1:-1, 1:-1]


def _wrapped_slopes(grey: Array) -> Array:
    total = np.zeros(np.subtract(grey.shape, 2), np.uint8)
    other = total.copy()
    rows, columns = len(total), len(total.T)
    for i, j in np.ndindex(3, 3):
        window = grey[i : i + rows, j : j + columns]
        total += window * (_SOBEL_X[i, j] % 256).astype(np.uint8)
        other += window * (_SOBEL_X.T[i, j] % 256).astype(np.uint8)
    return np.hypot(total.astype(float), other.astype(float))


_SOBEL = Exercise(
    name="sobel-magnitude",
    lesson=_LESSON,
    function="sobel_magnitude",
    points=2,
    task="Say at each place how steep the picture is, whatever the direction.",
    hints=(
        "Correlate twice: with the kernel above and with its transpose, kernel.T.",
        "The two results are the sides of a right-angled triangle.",
        "np.sqrt(across**2 + down**2), of floats.",
    ),
    cases=_sobel_cases,
    expected=_scipy_sobel,
    digits=5,
    mistakes=(
        Mistake(
            "sum of the two",
            "That makes oblique edges too strong: take the root of the squares' sum.",
            lambda grey: sum(abs(slope) for slope in _slopes(grey)),
        ),
        Mistake(
            "signs kept",
            "A slope down counts as much as a slope up: square both, add, take the root.",
            lambda grey: sum(_slopes(grey)),
        ),
        Mistake(
            "root forgotten",
            "The squares' sum is not yet the length: np.sqrt.",
            lambda grey: sum(slope**2 for slope in _slopes(grey)),
        ),
        Mistake(
            "across only",
            "A horizontal edge is missing: use the transposed kernel too.",
            lambda grey: abs(_slopes(grey)[0]),
        ),
        Mistake(
            "across only",
            "Half of the edges is missing and signs are kept: use both kernels, and the "
            "root of the squares' sum.",
            lambda grey: _slopes(grey)[0],
        ),
        Mistake(
            "down only",
            "A vertical edge is missing: use the kernel itself too.",
            lambda grey: abs(_slopes(grey)[1]),
        ),
        Mistake(
            "mean of the two",
            "scikit-image's filter divides by the root of 2: do not.",
            lambda grey: np.hypot(*_slopes(grey)) / np.sqrt(2),
        ),
        Mistake(
            "Prewitt's kernel",
            "Sobel's kernel counts the middle row twice: 1, 2, 1.",
            lambda grey: np.hypot(*_slopes(grey, np.sign(_SOBEL_X))),
        ),
        Mistake(
            "wrapped around at 255",
            "Negative sums do not fit into uint8: make the picture float first.",
            _wrapped_slopes,
        ),
        Mistake(
            "larger of the two",
            "The smaller slope counts as well: take the root of the squares' sum.",
            lambda grey: np.maximum(*map(abs, _slopes(grey))),
        ),
        Mistake(
            "one kernel twice",
            "For the second slope use the transposed kernel, kernel.T.",
            lambda grey: abs(_slopes(grey)[0]) * np.sqrt(2),
        ),
        Mistake(
            "cut off at 255",
            "How steep a picture is is no grey: it may be more than 255. Leave it.",
            lambda grey: np.minimum(np.hypot(*_slopes(grey)), 255),
        ),
        Mistake(
            "made uint8",
            "uint8 ends at 255 and has no fractions: leave the result in floats.",
            lambda grey: np.floor(np.hypot(*_slopes(grey))) % 256,
        ),
    ),
    own=(
        "skimage.filters.sobel",
        "skimage.filters.sobel_h",
        "skimage.filters.sobel_v",
        "scipy.ndimage.sobel",
        "scipy.ndimage.generic_gradient_magnitude",
        *_OWN_CORRELATE,
    ),
)


# --- without loops ---------------------------------------------------------
# Loops are found by counting Python's steps for a small and for a large picture, not
# by reading the code, which may hide them in np.vectorize or a helper, and not by the
# clock, which differs from machine to machine.


def _fast_cases(rng: np.random.Generator) -> list[Case]:
    def case(image: tuple[int, int], kernel: tuple[int, int]) -> Case:
        # Floats: a Fourier transform, which needs no loop either, rounds a little.
        larger = _digits(rng, 44, 40).astype(float)
        return {
            "image": _digits(rng, *image).astype(float),
            "kernel": _kernel(rng, *kernel).astype(float),
            "larger": {"image": larger},
        }

    return [
        case((4, 4), (3, 3)),
        case((5, 6), (2, 2)),
        case((6, 5), (2, 3)),
        case((5, 5), (3, 1)),
        case((4, 4), (4, 4)),
    ]


def _told(result: Any, *, grow: bool = False) -> dict[str, Any]:
    return {"result": result, "steps grow": grow}


def _fast(image: Array, kernel: Array, larger: Any) -> dict[str, Any]:
    return _told(_scipy_correlate(image, kernel))


_ROUND = (
    "wrapped around the border",
    "np.roll and Fourier's transform go round: cut off the places where the kernel does "
    "not fit. And Fourier's transform convolves, so turn the kernel first.",
)

_FAST = Exercise(
    name="correlate-without-loops",
    lesson=_LESSON,
    function="correlate_fast",
    points=3,
    task="The same numbers without a loop over the places.",
    hints=(
        "np.lib.stride_tricks.sliding_window_view(image, kernel.shape) gives all windows "
        "at once: four axes, rows and columns of places, then those of the window.",
        "windows * kernel multiplies every window: the last two axes fit.",
        "Add over the last two axes: .sum(axis=(2, 3)). Or shift the picture: one "
        "product for each number of the kernel.",
    ),
    cases=_fast_cases,
    expected=_fast,
    ask="steps",
    mistakes=(
        Mistake(
            "a loop over the places",
            "The numbers are right, but Python's steps grow with the picture: let NumPy "
            "handle all windows at once.",
            lambda image, kernel, larger: _told(_slide(image, kernel), grow=True),
        ),
        Mistake(
            *_FLIPPED,
            lambda image, kernel, larger: _told(_slide(image, kernel[::-1, ::-1])),
        ),
        Mistake(
            "added over the wrong axes",
            "The first two axes are places, the last two the window: add over the last.",
            lambda image, kernel, larger: _told(_sum_of_places(image, kernel)),
        ),
        Mistake(
            "everything added",
            "`sum()` adds the places as well: give it axis=(2, 3).",
            lambda image, kernel, larger: _told(float(_slide(image, kernel).sum())),
        ),
        Mistake(
            "kernel not multiplied",
            "This is the sum of each window alone.",
            lambda image, kernel, larger: _told(_slide(image, np.ones(kernel.shape))),
        ),
        Mistake(
            *_ROUND,
            lambda image, kernel, larger: _told(_rolled(image, kernel)),
        ),
        Mistake(
            *_ROUND,
            lambda image, kernel, larger: _told(_by_waves(image, kernel)),
        ),
        Mistake(
            "matrix product",
            "Multiply number by number: `*`, not `@`.",
            lambda image, kernel, larger: _told(_matrix_products(image, kernel)),
        ),
    ),
    own=_OWN_CORRELATE,
)


def _sum_of_places(image: Array, kernel: Array) -> Array:
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return (windows * kernel).sum(axis=(0, 1))


def _by_waves(image: Array, kernel: Array) -> Array:
    waves = np.fft.fft2(image) * np.fft.fft2(kernel, image.shape)
    return np.fft.ifft2(waves).real


def _rolled(image: Array, kernel: Array) -> Array:
    total = np.zeros(image.shape)
    for i, j in np.ndindex(kernel.shape):
        total += np.roll(image, (-i, -j), (0, 1)) * kernel[i, j]
    return total


# --- reflected border ------------------------------------------------------


def _border_cases(rng: np.random.Generator) -> list[Case]:
    def case(height: int, width: int, by: int) -> Case:
        numbers = rng.permutation(np.arange(1, 100))[: height * width]
        return {"image": numbers.reshape(height, width), "width": by}

    return [
        case(2, 3, 1),
        case(3, 3, 1),
        case(3, 4, 2),
        case(4, 3, 3),
        case(1, 2, 1),
        case(3, 2, 0),
    ]


def _mirrored(image: Array, width: int) -> Array:
    # Each place of the result is looked up: beyond the border, counting runs back.
    def source(place: int, size: int) -> int:
        place -= width
        return -1 - place if place < 0 else min(place, 2 * size - 1 - place)

    height, columns = image.shape
    return np.array(
        [
            [
                image[source(i, height), source(j, columns)]
                for j in range(columns + 2 * width)
            ]
            for i in range(height + 2 * width)
        ]
    )


def _all_for_none(image: Array, width: int) -> Array:
    if width:
        return _mirrored(image, width)
    image = np.concatenate([image, image[::-1]])
    return np.concatenate([image, image[:, ::-1]], axis=1)


_BORDER = Exercise(
    name="reflect-border",
    lesson=_LESSON,
    function="reflect_border",
    points=2,
    task="Put a mirrored border around a picture, so that no place is lost.",
    hints=(
        "Begin with the rows: the first `width` rows in reverse order come on top.",
        "image[:width][::-1] are these rows; image[::-1][:width] are those below.",
        "np.concatenate([above, image, below]); then the same for the columns of what "
        "you have got, with axis=1: so the corners come right by themselves.",
    ),
    cases=_border_cases,
    expected=_mirrored,
    mistakes=(
        Mistake(
            "outermost pixel not repeated",
            "Here the mirror stands on the border, not on the last pixel: "
            "c b a | a b c, not c b | a b c.",
            lambda image, width: np.pad(image, width, mode="reflect"),
        ),
        Mistake(
            "not reversed",
            "Beyond the border the rows run backwards, as in a mirror.",
            lambda image, width: _unreversed(image, width),
        ),
        Mistake(
            "zeros",
            "Zeros make a dark frame, which an edge kernel finds. Mirror the picture.",
            lambda image, width: np.pad(image, width),
        ),
        Mistake(
            "outermost pixel only",
            "That is the border called nearest: here the pixels further in follow.",
            lambda image, width: np.pad(image, width, mode="edge"),
        ),
        Mistake(
            "wrapped around",
            "Beyond the right border comes what is at the right, not what is at the left.",
            lambda image, width: np.pad(image, width, mode="wrap"),
        ),
        Mistake(
            "rows only",
            "The left and the right side want a border too.",
            lambda image, width: np.pad(image, ((width, width), (0, 0)), "symmetric"),
        ),
        Mistake(
            "columns only",
            "The top and the bottom want a border too.",
            lambda image, width: np.pad(image, ((0, 0), (width, width)), "symmetric"),
        ),
        Mistake(
            "corners left empty",
            "Mirror the columns of what already has its rows, and the corners come right.",
            lambda image, width: _empty_corners(image, width),
        ),
        Mistake(
            "a width of 0",
            "image[-0:] is image[0:], the whole picture: image[::-1][:width] has no such "
            "trap.",
            _all_for_none,
        ),
    ),
    own=(
        "numpy.pad",
        "fire_course.convolution.padding.padded",
        "cv2.copyMakeBorder",
    ),
)


def _unreversed(image: Array, width: int) -> Array:
    for axis in (0, 1):
        ends = np.split(image, [width], axis)[0], np.split(image, [-width], axis)[1]
        if width:
            image = np.concatenate([ends[0], image, ends[1]], axis)
    return image


def _empty_corners(image: Array, width: int) -> Array:
    result = np.pad(image, width, mode="symmetric")
    if width:
        for rows in (slice(width), slice(-width, None)):
            for columns in (slice(width), slice(-width, None)):
                result[rows, columns] = 0
    return result


EXERCISES = (_CORRELATE, _CONVOLVE, _SOBEL, _FAST, _BORDER)
