"""Right and wrong answers to lesson 2, each written as a learner might."""

from functools import partial

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

LESSON = "02_convolution"

SOBEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])


# --- correlate-by-loops ----------------------------------------------------


def correlate_by_places(image, kernel):
    height, width = kernel.shape
    rows, columns = image.shape[0] - height + 1, image.shape[1] - width + 1
    result = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            result[i, j] = (image[i : i + height, j : j + width] * kernel).sum()
    return result


def correlate_by_numbers(image, kernel):
    image, kernel = image.tolist(), kernel.tolist()
    result = []
    for i in range(len(image) - len(kernel) + 1):
        row = []
        for j in range(len(image[0]) - len(kernel[0]) + 1):
            total = 0
            for a, line in enumerate(kernel):
                for b, number in enumerate(line):
                    total += image[i + a][j + b] * number
            row.append(total)
        result.append(row)
    return result


def correlate_by_windows(image, kernel):
    return np.einsum("ijkl,kl->ij", sliding_window_view(image, kernel.shape), kernel)


def places(work, image, kernel, *, less=0, kind=float):
    """Call work(window, kernel) at each place."""
    height, width = kernel.shape
    rows = image.shape[0] - height + 1 - less
    columns = image.shape[1] - width + 1 - less
    result = np.zeros((rows, columns), kind)
    for i in range(rows):
        for j in range(columns):
            result[i, j] = work(image[i : i + height, j : j + width], kernel)
    return result


def correlate_square(image, kernel):
    size = kernel.shape[0]
    n = image.shape[0] - size + 1
    result = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            result[i, j] = (image[i : i + size, j : j + size] * kernel).sum()
    return result


def correlate_padded(image, kernel):
    height, width = kernel.shape
    framed = np.zeros((image.shape[0] + height - 1, image.shape[1] + width - 1))
    top, left = height // 2, width // 2
    framed[top : top + image.shape[0], left : left + image.shape[1]] = image
    return correlate_by_places(framed, kernel)


def correlate_into_copy(image, kernel):
    result = np.zeros(image.shape)
    inside = correlate_by_places(image, kernel)
    result[: len(inside), : len(inside[0])] = inside
    return result


def correlate_printing(image, kernel):
    print(correlate_by_places(image, kernel))


# --- convolve-from-correlate -----------------------------------------------


def convolve_by_formula(image, kernel):
    height, width = kernel.shape
    rows, columns = image.shape[0] - height + 1, image.shape[1] - width + 1
    result = np.zeros((rows, columns))
    for i, j in np.ndindex(rows, columns):
        for a, b in np.ndindex(height, width):
            result[i, j] += image[i + height - 1 - a, j + width - 1 - b] * kernel[a, b]
    return result


# --- sobel-magnitude -------------------------------------------------------


def slopes(grey, kernel=SOBEL):
    grey = grey.astype(float)
    return correlate_by_places(grey, kernel), correlate_by_places(grey, kernel.T)


def sobel_by_slices(grey):
    g = grey.astype(np.float32)
    down = g[:-2] + 2 * g[1:-1] + g[2:]
    across = g[:, :-2] + 2 * g[:, 1:-1] + g[:, 2:]
    return np.hypot(down[:, 2:] - down[:, :-2], across[2:] - across[:-2])


def sobel_by_complex(grey):
    kernel = SOBEL + 1j * SOBEL.T
    return abs((sliding_window_view(grey, (3, 3)) * kernel).sum(axis=(2, 3)))


def sobel_by_slices_in_uint8(grey):
    down = grey[:-2] + 2 * grey[1:-1] + grey[2:]
    across = grey[:, :-2] + 2 * grey[:, 1:-1] + grey[:, 2:]
    x, y = down[:, 2:] - down[:, :-2], across[2:] - across[:-2]
    return np.sqrt(x.astype(float) ** 2 + y.astype(float) ** 2)


# --- correlate-without-loops -----------------------------------------------


def fast_by_shifts(image, kernel):
    height, width = kernel.shape
    rows, columns = image.shape[0] - height + 1, image.shape[1] - width + 1
    result = np.zeros((rows, columns))
    for a in range(height):
        for b in range(width):
            result += kernel[a, b] * image[a : a + rows, b : b + columns]
    return result


def fast_by_fourier(image, kernel):
    size = image.shape
    product = np.fft.rfft2(image) * np.fft.rfft2(kernel, size).conj()
    height, width = (n - f + 1 for n, f in zip(size, kernel.shape, strict=True))
    return np.fft.irfft2(product, size)[:height, :width]


def fast_by_places(image, kernel):
    height, width = kernel.shape
    i = np.arange(image.shape[0] - height + 1)[:, None] + np.arange(height)
    j = np.arange(image.shape[1] - width + 1)[:, None] + np.arange(width)
    return (image[i[:, None, :, None], j[None, :, None, :]] * kernel).sum((2, 3))


def fast_by_vectorize(image, kernel):
    height, width = kernel.shape
    one = np.vectorize(
        lambda i, j: (image[i : i + height, j : j + width] * kernel).sum()
    )
    return one(*np.indices((image.shape[0] - height + 1, image.shape[1] - width + 1)))


def fast_by_rows(image, kernel):
    windows = sliding_window_view(image, kernel.shape)
    return np.array([(row * kernel).sum(axis=(1, 2)) for row in windows])


def fast_by_map(image, kernel):
    windows = sliding_window_view(image, kernel.shape)
    shape = windows.shape[:2]
    each = windows.reshape(-1, kernel.size)
    return np.array(list(map(partial(np.dot, kernel.ravel()), each))).reshape(shape)


def fast_on_large_ones(image, kernel):
    return correlate_by_windows(image, kernel) if image.size < 100 else image[0, 0]


# --- reflect-border --------------------------------------------------------


def border_by_concatenate(image, width):
    rows = np.concatenate([image[:width][::-1], image, image[::-1][:width]])
    left, right = rows[:, :width][:, ::-1], rows[:, ::-1][:, :width]
    return np.concatenate([left, rows, right], axis=1)


def border_by_places(image, width):
    def there_and_back(n):
        line = list(range(n))
        return line[:width][::-1] + line + line[::-1][:width]

    return image[np.ix_(*(there_and_back(n) for n in image.shape))]


def border_by_filling(image, width):
    height, columns = image.shape
    result = np.zeros((height + 2 * width, columns + 2 * width), image.dtype)
    result[width : width + height, width : width + columns] = image
    for k in range(width):
        result[width - 1 - k] = result[width + k]
        result[width + height + k] = result[width + height - 1 - k]
    for k in range(width):
        result[:, width - 1 - k] = result[:, width + k]
        result[:, width + columns + k] = result[:, width + columns - 1 - k]
    return result


def border_unreversed(image, width):
    if width == 0:
        return image
    rows = np.vstack([image[:width], image, image[-width:]])
    return np.hstack([rows[:, :width], rows, rows[:, -width:]])


def border_of_last_rows(image, width):
    # image[-0:] is everything
    rows = np.vstack([image[:width][::-1], image, image[-width:][::-1]])
    return np.hstack([rows[:, :width][:, ::-1], rows, rows[:, -width:][:, ::-1]])


def border_without_corners(image, width):
    result = np.pad(image, width)
    if width:
        result[:width, width:-width] = image[:width][::-1]
        result[-width:, width:-width] = image[-width:][::-1]
        result[width:-width, :width] = image[:, :width][:, ::-1]
        result[width:-width, -width:] = image[:, -width:][:, ::-1]
    return result


def padded(mode):
    return lambda image, width: np.pad(image, width, mode=mode)


RIGHT = {
    "correlate-by-loops": [
        correlate_by_places,
        correlate_by_numbers,
        correlate_by_windows,
    ],
    "convolve-from-correlate": [
        convolve_by_formula,
        lambda image, kernel: correlate_by_places(image, kernel[::-1, ::-1]),
        lambda image, kernel: correlate_by_numbers(image, np.rot90(kernel, 2)),
        lambda image, kernel: np.flip(correlate_by_windows(np.flip(image), kernel)),
    ],
    "sobel-magnitude": [
        sobel_by_slices,
        sobel_by_complex,
        lambda grey: np.sqrt(sum(slope**2 for slope in slopes(grey))),
    ],
    "correlate-without-loops": [
        fast_by_shifts,
        fast_by_fourier,
        fast_by_places,
        correlate_by_windows,
        lambda image, kernel: np.tensordot(
            sliding_window_view(image, kernel.shape), kernel, axes=2
        ),
    ],
    "reflect-border": [border_by_concatenate, border_by_places, border_by_filling],
}


def correlate_as_high_as_wide(image, kernel):
    side = kernel.shape[1]
    rows, columns = (n - side + 1 for n in image.shape)
    result = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            result[i, j] = np.sum(image[i : i + side, j : j + side] * kernel)
    return result


WRONG = {
    "correlate-by-loops": [
        (convolve_by_formula, "flipped the kernel"),
        (
            partial(places, lambda window, kernel: (window * kernel).sum(), less=1),
            "one place too few",
        ),
        (correlate_padded, "padded with zeros"),
        (correlate_into_copy, "zeros left over"),
        (
            lambda image, kernel: places(lambda w, k: (w * k).mean(), image, kernel),
            "mean instead of sum",
        ),
        (
            lambda image, kernel: places(lambda w, k: w.sum(), image, kernel),
            "kernel not multiplied",
        ),
        (
            lambda image, kernel: places(
                lambda w, k: (w * k).sum(), image, kernel, kind=int
            ),
            "fractions cut off",
        ),
        (
            lambda image, kernel: places(lambda w, k: (w @ k).sum(), image, kernel),
            "matrix product",
        ),
        (
            lambda image, kernel: (
                sliding_window_view(image, kernel.shape) @ kernel
            ).sum((2, 3)),
            "matrix product",
        ),
        (correlate_square, "not yet"),
        (correlate_printing, "your function prints its result"),
        (lambda image, kernel: image * kernel, "ValueError: operands could not be"),
        (lambda image: image, "keep the inputs of the stub"),
        (correlate_as_high_as_wide, "kernel taken for a square"),
        (lambda image, kernel: correlate_by_places(image, kernel).T, "columns swapped"),
    ],
    "convolve-from-correlate": [
        (correlate_by_places, "kernel not flipped"),
        (
            lambda image, kernel: correlate_by_places(image, kernel[::-1]),
            "rows reversed only",
        ),
        (
            lambda image, kernel: correlate_by_places(image, np.fliplr(kernel)),
            "columns reversed only",
        ),
        (
            lambda image, kernel: correlate_by_places(image, kernel.transpose()),
            "transposed",
        ),
        (
            lambda image, kernel: correlate_by_places(np.flip(image), kernel),
            "picture flipped",
        ),
        (
            lambda image, kernel: np.flip(correlate_by_places(image, kernel)),
            "result flipped",
        ),
        (lambda image, kernel: correlate_by_places(image, -kernel), "at [0, 0] came"),
        (lambda image, kernel: kernel[::-1, ::-1], "at [0, 0] came 9 instead of 1"),
        (
            lambda image, kernel: correlate_by_places(image, np.rot90(kernel)),
            "a quarter turn",
        ),
        (
            lambda image, kernel: correlate_by_places(image, np.rot90(kernel, 3)),
            "a quarter turn",
        ),
    ],
    "sobel-magnitude": [
        (lambda grey: sum(map(abs, slopes(grey))), "sum of the two"),
        (lambda grey: sum(slopes(grey)), "signs kept"),
        (lambda grey: sum(slope**2 for slope in slopes(grey)), "root forgotten"),
        (lambda grey: abs(slopes(grey)[0]), "across only. A horizontal edge"),
        (lambda grey: slopes(grey)[0], "across only. Half of the edges"),
        (lambda grey: np.sqrt(slopes(grey)[1] ** 2), "down only"),
        (
            lambda grey: np.sqrt(sum(slope**2 for slope in slopes(grey)) / 2),
            "mean of the two",
        ),
        (lambda grey: np.hypot(*slopes(grey, np.sign(SOBEL))), "Prewitt's kernel"),
        (sobel_by_slices_in_uint8, "wrapped around at 255"),
        (lambda grey: np.hypot(*slopes(grey)) / 4, "came"),
        (lambda grey: np.hypot(*slopes(np.pad(grey, 1))), "the shape is (3, 3)"),
        (lambda grey: np.max(np.abs(slopes(grey)), axis=0), "larger of the two"),
        (lambda grey: np.hypot(slopes(grey)[0], slopes(grey)[0]), "one kernel twice"),
        (lambda grey: np.clip(np.hypot(*slopes(grey)), 0, 255), "cut off at 255"),
        (lambda grey: np.hypot(*slopes(grey)).astype(int) & 255, "made uint8"),
    ],
    "correlate-without-loops": [
        (correlate_by_places, "a loop over the places"),
        (correlate_by_numbers, "a loop over the places"),
        (fast_by_vectorize, "a loop over the places"),
        (fast_by_rows, "a loop over the places"),
        (fast_by_map, "a loop over the places"),
        (
            lambda image, kernel: correlate_by_windows(image, kernel[::-1, ::-1]),
            "flipped the kernel",
        ),
        (
            lambda image, kernel: (
                sliding_window_view(image, kernel.shape) * kernel
            ).sum((0, 1)),
            "added over the wrong axes",
        ),
        (
            lambda image, kernel: (
                sliding_window_view(image, kernel.shape) * kernel
            ).sum(),
            "everything added",
        ),
        (
            lambda image, kernel: sliding_window_view(image, kernel.shape).sum((2, 3)),
            "kernel not multiplied",
        ),
        (
            lambda image, kernel: sum(
                np.roll(image, (-a, -b), (0, 1)) * kernel[a, b]
                for a, b in np.ndindex(kernel.shape)
            ),
            "wrapped around the border",
        ),
        (lambda image, kernel: None, "came None instead of a sequence of numbers"),
        (lambda image, kernel: sliding_window_view(image, (3, 3)) @ kernel, "shape is"),
        (
            lambda image, kernel: np.fft.irfft2(
                np.fft.rfft2(image) * np.fft.rfft2(kernel, image.shape), image.shape
            ),
            "wrapped around the border",
        ),
        (
            lambda image, kernel: (
                sliding_window_view(image, kernel.shape) @ kernel
            ).sum((2, 3)),
            "matrix product",
        ),
    ],
    "reflect-border": [
        (padded("reflect"), "outermost pixel not repeated"),
        (border_unreversed, "not reversed"),
        (padded("constant"), "zeros. Zeros make"),
        (padded("edge"), "outermost pixel only"),
        (padded("wrap"), "wrapped around"),
        (
            lambda image, width: np.pad(image, [(width,) * 2, (0, 0)], "symmetric"),
            "rows only",
        ),
        (
            lambda image, width: np.pad(image, [(0, 0), (width,) * 2], "symmetric"),
            "columns only",
        ),
        (border_without_corners, "corners left empty"),
        (border_of_last_rows, "a width of 0"),
        (lambda image, width: np.pad(image, 1, "symmetric"), "the shape is"),
        (lambda image, width: image, "the shape is (2, 3) instead of (4, 5)"),
    ],
}
