"""The exercises of lesson 4: volumes, filters, pooling. Keras is asked once, by the
exercise that is about it; whole numbers make its float32 exact.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fire_course.lessons.canonical import decode, encode
from fire_course.lessons.checks.exercise import Case, Exercise, Mistake

__all__ = ["EXERCISES"]

_LESSON = "04_layers"

Array = NDArray[Any]


def _numbers(rng: np.random.Generator, *shape: int) -> Array:
    return rng.integers(-5, 10, shape)


def _kernel(rng: np.random.Generator, *shape: int) -> Array:
    kernel = rng.integers(-4, 5, shape)
    # The corners of each channel differ, so that no flip goes unseen.
    kernel[0, 0], kernel[-1, -1] = 5, -5
    return kernel


def _slide(image: Array, kernel: Array) -> Array:
    """Cross-correlate two arrays of two axes where the kernel fits."""
    from scipy.signal import correlate2d

    return correlate2d(image, kernel, mode="valid")


def _maps(volume: Array, kernel: Array) -> list[Array]:
    return [_slide(volume[..., c], kernel[..., c]) for c in range(volume.shape[-1])]


# --- a volume --------------------------------------------------------------

_OWN_LAYER = (
    "fire_course.convolution.conv_layer",
    "fire_course.convolution.correlate",
    "fire_course.convolution.convolve",
    "numpy.convolve",
    "numpy.correlate",
    "scipy.ndimage.convolve",
    "scipy.ndimage.correlate",
    "scipy.signal.convolve",
    "scipy.signal.convolve2d",
    "scipy.signal.correlate",
    "scipy.signal.correlate2d",
    "scipy.signal.fftconvolve",
    "scipy.signal.oaconvolve",
    "keras.ops.conv",
    "keras.layers.Conv2D",
    "tensorflow.nn.conv2d",
    "tensorflow.nn.convolution",
)


def _volume_cases(rng: np.random.Generator) -> list[Case]:
    def case(height: int, width: int, channels: int, *kernel: int) -> Case:
        return {
            "volume": _numbers(rng, height, width, channels),
            "kernel": _kernel(rng, *kernel, channels),
        }

    return [
        case(2, 3, 2, 2, 2),
        case(3, 3, 3, 2, 2),
        case(4, 5, 3, 3, 3),
        case(5, 4, 2, 2, 3),
        case(3, 4, 1, 2, 2),
        case(3, 3, 5, 3, 3),
    ]


def _volume(volume: Array, kernel: Array) -> Array:
    from scipy.signal import correlate

    return correlate(volume, kernel, mode="valid")[..., 0]


_MERGED = (
    "channels added first",
    "Multiply each channel by its own part of the kernel, then add.",
)

_VOLUME = Exercise(
    name="convolve-volume",
    lesson=_LESSON,
    function="convolve_volume",
    points=2,
    task="One filter over a picture of several channels gives one map.",
    hints=(
        "The window at place (i, j) is volume[i : i + height, j : j + width]: it has all "
        "channels, as the kernel has.",
        "(window * kernel).sum() adds over rows, columns and channels.",
        "Two loops over the places; the result has two axes.",
    ),
    cases=_volume_cases,
    expected=_volume,
    mistakes=(
        Mistake(
            "one map a channel",
            "The maps of the channels are added: one filter gives one map.",
            lambda volume, kernel: np.stack(_maps(volume, kernel), axis=-1),
        ),
        Mistake(
            "mean of the channels",
            "Add the maps of the channels, without dividing.",
            lambda volume, kernel: np.mean(_maps(volume, kernel), axis=0),
        ),
        Mistake(
            "first channel alone",
            "A red flame on green leaves shows in the difference of the channels: use all.",
            lambda volume, kernel: _maps(volume, kernel)[0],
        ),
        Mistake(
            *_MERGED,
            lambda volume, kernel: _slide(volume.sum(axis=-1), kernel.sum(axis=-1)),
        ),
        Mistake(
            *_MERGED,
            lambda volume, kernel: _slide(volume.mean(axis=-1), kernel.sum(axis=-1)),
        ),
        Mistake(
            "mean instead of sum",
            "Add the products: .sum(), not .mean().",
            lambda volume, kernel: _volume(volume, kernel) / kernel.size,
        ),
        Mistake(
            "channels in reverse",
            "kernel[..., 0] belongs to volume[..., 0]: leave the channels in order.",
            lambda volume, kernel: _volume(volume, kernel[..., ::-1]),
        ),
        Mistake(
            "flipped the kernel",
            "Layers multiply the window by the kernel as it stands.",
            lambda volume, kernel: _volume(volume, kernel[::-1, ::-1]),
        ),
        Mistake(
            "flipped the kernel",
            "Its channels are reversed too: red would meet the numbers for blue.",
            lambda volume, kernel: _volume(volume, kernel[::-1, ::-1, ::-1]),
        ),
        Mistake(
            "largest of the channels",
            "Add the maps of the channels; the maximum is for pooling.",
            lambda volume, kernel: np.max(_maps(volume, kernel), axis=0),
        ),
    ),
    own=_OWN_LAYER,
)


# --- many filters ----------------------------------------------------------


def _filters_cases(rng: np.random.Generator) -> list[Case]:
    def case(height: int, width: int, channels: int, size: int, filters: int) -> Case:
        bias = rng.permutation(np.arange(-9, 10))
        return {
            "volume": _numbers(rng, height, width, channels),
            "kernels": _kernel(rng, size, size, channels, filters),
            "bias": bias[bias != 0][:filters],
        }

    return [
        case(3, 3, 1, 2, 2),
        case(3, 4, 2, 2, 3),
        case(4, 4, 3, 3, 4),
        case(5, 4, 2, 1, 3),
        case(3, 3, 3, 3, 5),
        case(4, 3, 2, 2, 1),
    ]


def _stack(volume: Array, kernels: Array) -> Array:
    """Give the sums of each filter, before bias and activation."""
    each = [_volume(volume, kernels[..., f]) for f in range(kernels.shape[-1])]
    return np.stack(each, axis=-1)


def _relu(maps: Array) -> Array:
    return np.where(maps > 0, maps, 0)


def _layer(volume: Array, kernels: Array, bias: Array) -> Array:
    return _relu(_stack(volume, kernels) + bias)


_EARLY = (
    "relu before the bias",
    "First add the bias, then let what is negative disappear.",
)

_FILTERS = Exercise(
    name="many-filters",
    lesson=_LESSON,
    function="filter_bank",
    points=2,
    task="A whole layer: a stack of filters, a bias each, then relu.",
    hints=(
        "kernels[..., f] is filter number f, of shape (height, width, channels).",
        "Make a map of each filter with your `convolve_volume` and add bias[f].",
        "np.stack(maps, axis=-1) puts them behind each other; np.maximum(maps, 0) is relu.",
    ),
    cases=_filters_cases,
    expected=_layer,
    mistakes=(
        Mistake(
            "forgot the bias",
            "Each filter has a number that is added to its whole map.",
            lambda volume, kernels, bias: _relu(_stack(volume, kernels)),
        ),
        Mistake(
            "forgot relu",
            "What is negative becomes 0.",
            lambda volume, kernels, bias: _stack(volume, kernels) + bias,
        ),
        Mistake(
            *_EARLY,
            lambda volume, kernels, bias: _relu(_stack(volume, kernels)) + bias,
        ),
        Mistake(
            *_EARLY,
            lambda volume, kernels, bias: np.where(
                _stack(volume, kernels) > 0, _stack(volume, kernels) + bias, 0
            ),
        ),
        Mistake(
            "one bias for all",
            "bias[f] belongs to filter f: each map gets its own.",
            lambda volume, kernels, bias: _layer(volume, kernels, bias[0]),
        ),
        Mistake(
            "sigmoid instead of relu",
            "relu leaves a positive number as it is.",
            lambda volume, kernels, bias: (
                1 / (1 + np.exp(-(_stack(volume, kernels) + bias)))
            ),
        ),
        Mistake(
            "bias once a channel",
            "The bias is added once a place, after the channels were added.",
            lambda volume, kernels, bias: _relu(
                _stack(volume, kernels) + bias * volume.shape[-1]
            ),
        ),
        Mistake(
            "bias subtracted",
            "The bias is added; a negative one makes a filter harder to please.",
            lambda volume, kernels, bias: _relu(_stack(volume, kernels) - bias),
        ),
        Mistake(
            "filters first",
            "Put the maps along the last axis: (rows, columns, filters).",
            lambda volume, kernels, bias: np.moveaxis(
                _layer(volume, kernels, bias), -1, 0
            ),
        ),
        Mistake(
            "maps added",
            "Channels are added, filters are not: each has a map of its own.",
            lambda volume, kernels, bias: _layer(volume, kernels, bias).sum(axis=-1),
        ),
        Mistake(
            "size instead of relu",
            "relu makes what is negative 0; it does not turn its sign.",
            lambda volume, kernels, bias: abs(_stack(volume, kernels) + bias),
        ),
    ),
    own=_OWN_LAYER,
)


# --- parameters ------------------------------------------------------------


def _parameter_cases(rng: np.random.Generator) -> list[Case]:
    def layers(count: int) -> list[tuple[int, int]]:
        kernels, filters = rng.integers(2, 8, count), rng.integers(5, 70, count)
        return list(zip(kernels.tolist(), filters.tolist(), strict=True))

    return [
        {"channels": 3, "layers": [(3, 64)]},
        {"channels": 3, "layers": [(3, 64)] * 4},
        {"channels": 3, "layers": [(3, 32), (3, 64), (3, 64)]},
        {"channels": 1, "layers": layers(2)},
        {"channels": int(rng.integers(2, 9)), "layers": layers(3)},
        {"channels": int(rng.integers(2, 9)), "layers": [(1, 7), *layers(1)]},
        {"channels": 4, "layers": []},
    ]


def _parameters(channels: int, layers: list[tuple[int, int]]) -> list[int]:
    counts = []
    for kernel, filters in layers:
        one_filter = np.ones((kernel, kernel, channels))
        counts.append(sum(one_filter.size + 1 for _ in range(filters)))
        channels = filters
    return counts


def _counted(
    rule: Callable[[int, int, int], int],
) -> Callable[[int, list[tuple[int, int]]], list[int]]:
    def answer(channels: int, layers: list[tuple[int, int]]) -> list[int]:
        counts = []
        for kernel, filters in layers:
            counts.append(rule(kernel, channels, filters))
            channels = filters
        return counts

    return answer


_PARAMETERS = Exercise(
    name="count-parameters",
    lesson=_LESSON,
    function="count_parameters",
    points=2,
    task="How many numbers does each layer learn?",
    hints=(
        "A filter is a volume: kernel * kernel * channels numbers, and one bias.",
        "Times the number of filters.",
        "The filters of a layer are the channels of the next one.",
    ),
    cases=_parameter_cases,
    expected=_parameters,
    mistakes=(
        Mistake(
            "forgot the bias",
            "Each filter has one number more, its bias.",
            _counted(lambda k, c, f: k * k * c * f),
        ),
        Mistake(
            "one bias a layer",
            "Each filter has a bias of its own.",
            _counted(lambda k, c, f: k * k * c * f + 1),
        ),
        Mistake(
            "one bias a channel",
            "A filter has one bias, however many channels it looks at.",
            _counted(lambda k, c, f: (k * k + 1) * c * f),
        ),
        Mistake(
            "kernel not squared",
            "A kernel of 3 is 3 high and 3 wide.",
            _counted(lambda k, c, f: (k * c + 1) * f),
        ),
        Mistake(
            "channels left out",
            "A filter has a kernel for each channel.",
            _counted(lambda k, c, f: (k * k + 1) * f),
        ),
        Mistake(
            "always the photograph's channels",
            "The second layer gets the maps of the first: as many channels as filters.",
            lambda channels, layers: [
                (kernel**2 * channels + 1) * filters for kernel, filters in layers
            ],
        ),
        Mistake(
            "total alone",
            "Give the number of each layer, as a list.",
            lambda channels, layers: sum(_parameters(channels, layers)),
        ),
        Mistake(
            "kernel and filters swapped",
            "A layer is (size of the kernel, number of filters), in this order.",
            _counted(lambda k, c, f: (f * f * c + 1) * k),
        ),
        Mistake(
            "one filter alone",
            "That is one filter: multiply by how many the layer has.",
            _counted(lambda k, c, f: k * k * c + 1),
        ),
    ),
    own=("fire_course.shapes.trace",),
)


# --- pooling ---------------------------------------------------------------


def _pool_cases(rng: np.random.Generator) -> list[Case]:
    def case(height: int, width: int, channels: int, pool: int) -> Case:
        numbers = rng.permutation(np.arange(-40, 60))[: height * width * channels]
        return {"maps": numbers.reshape(height, width, channels), "pool": pool}

    below = case(5, 5, 1, 2)
    below["maps"] = -1 - abs(below["maps"])
    return [
        case(2, 4, 1, 2),
        case(4, 4, 2, 2),
        case(4, 6, 3, 2),
        case(6, 3, 2, 3),
        case(5, 7, 2, 2),  # a row and a column are left over
        below,
        case(5, 4, 1, 3),
        case(3, 2, 2, 1),
    ]


def _windows(maps: Array, pool: int) -> Array:
    """Give (rows, columns, channels, pool, pool), without what is left over."""
    rows, columns = maps.shape[0] // pool, maps.shape[1] // pool
    whole = maps[: rows * pool, : columns * pool]
    return whole.reshape(rows, pool, columns, pool, -1).transpose(0, 2, 4, 1, 3)


def _pooled(maps: Array, pool: int) -> Array:
    from skimage.measure import block_reduce

    rows, columns = maps.shape[0] // pool, maps.shape[1] // pool
    whole = maps[: rows * pool, : columns * pool]
    return block_reduce(whole, (pool, pool, 1), np.max)


def _hanging_over(maps: Array, pool: int, fill: float) -> Array:
    ends = [(0, -n % pool) for n in maps.shape[:2]]
    padded = np.pad(maps.astype(float), [*ends, (0, 0)], constant_values=fill)
    return _windows(padded, pool).max(axis=(3, 4))


def _one_apart(maps: Array, pool: int) -> Array:
    windows = np.lib.stride_tricks.sliding_window_view(maps, (pool, pool), axis=(0, 1))
    return windows.max(axis=(-1, -2))


_OVERLAP = (
    "windows overlap",
    "The windows lie side by side: step on by `pool`, not by 1.",
)

_POOL = Exercise(
    name="max-pool",
    lesson=_LESSON,
    function="max_pool",
    points=2,
    task="Keep the largest number of each window, map by map.",
    hints=(
        "The windows lie side by side: the one at (i, j) begins at row i * pool.",
        "maps[i * pool : (i + 1) * pool, j * pool : (j + 1) * pool] is a window of all maps.",
        ".max(axis=(0, 1)) of it keeps the maps apart. There are maps.shape[0] // pool "
        "rows of windows.",
    ),
    cases=_pool_cases,
    expected=_pooled,
    mistakes=(
        Mistake(
            "mean instead of maximum",
            "That is average pooling. Keep the largest number.",
            lambda maps, pool: _windows(maps, pool).mean(axis=(3, 4)),
        ),
        Mistake(
            "minimum instead of maximum",
            "Keep the largest number of each window.",
            lambda maps, pool: _windows(maps, pool).min(axis=(3, 4)),
        ),
        Mistake(
            "maps mixed",
            "Each map is pooled by itself: as many maps come out as go in.",
            lambda maps, pool: _pooled(maps, pool).max(axis=-1),
        ),
        Mistake(
            "first number of each window",
            "That is a stride of 2 without looking: take the largest of the window.",
            lambda maps, pool: _windows(maps, pool)[..., 0, 0],
        ),
        Mistake(*_OVERLAP, _one_apart),
        Mistake(
            *_OVERLAP,
            lambda maps, pool: _one_apart(maps, pool)[
                : maps.shape[0] // pool, : maps.shape[1] // pool
            ],
        ),
        Mistake(
            "smaller windows at the end",
            "Rows and columns that fill no whole window are left out.",
            lambda maps, pool: _hanging_over(maps, pool, -np.inf),
        ),
        Mistake(
            "zeros joined the last window",
            "Leave out what fills no window. A zero is more than any negative number.",
            lambda maps, pool: _hanging_over(maps, pool, 0),
        ),
        Mistake(
            "never below 0",
            "Begin with the window's own numbers: all of them may be negative.",
            lambda maps, pool: np.maximum(_pooled(maps, pool), 0),
        ),
        Mistake(
            "sign lost",
            "The largest number is wanted, not the one farthest from 0.",
            lambda maps, pool: abs(_windows(maps, pool)).max(axis=(3, 4)),
        ),
    ),
    own=(
        "fire_course.convolution.max_pool",
        "skimage.measure.block_reduce",
        "keras.ops.max_pool",
        "keras.layers.MaxPooling2D",
        "scipy.ndimage.maximum_filter",
    ),
)


# --- equal to Keras --------------------------------------------------------


def _keras_cases(rng: np.random.Generator) -> list[Case]:
    def case(
        x: tuple[int, ...], kernel: tuple[int, ...], stride: int, padding: str
    ) -> Case:
        bias = rng.permutation(np.arange(1, 10))[: kernel[-1]]
        return {
            "x": _numbers(rng, *x).astype(np.float32),
            "kernel": _kernel(rng, *kernel).astype(np.float32),
            "bias": bias.astype(np.float32),
            "stride": stride,
            "padding": padding,
        }

    return [
        case((1, 3, 3, 1), (2, 2, 1, 1), 1, "valid"),
        case((1, 4, 4, 2), (3, 3, 2, 2), 1, "valid"),
        case((1, 5, 6, 1), (2, 3, 1, 1), 2, "valid"),
        case((1, 3, 3, 1), (3, 3, 1, 1), 1, "same"),
        case((1, 4, 4, 1), (3, 3, 1, 1), 2, "same"),
        case((1, 3, 4, 2), (2, 2, 2, 2), 1, "same"),
        case((2, 5, 4, 3), (3, 3, 3, 2), 2, "same"),
        case((1, 6, 5, 1), (1, 1, 1, 2), 3, "same"),
        case((1, 3, 3, 1), (4, 4, 1, 1), 2, "same"),
    ]


def _keras_layer(
    x: Array, kernel: Array, bias: Array, stride: int, padding: str
) -> Array:
    return _asked_once(json.dumps(encode([x, kernel, bias, stride, padding])))


@functools.lru_cache(maxsize=100)
def _asked_once(inputs: str) -> Array:
    """Ask Keras; a check that is run again has its answers from here."""
    from fire_course.quiet import import_keras

    keras = import_keras()
    x, kernel, bias, stride, padding = decode(json.loads(inputs))
    *size, channels, filters = kernel.shape
    layer = keras.layers.Conv2D(filters, size, strides=stride, padding=padding)
    layer.build((None, None, None, channels))
    layer.set_weights([kernel, bias])
    return np.asarray(layer(x))


def _same(n: int, kernel: int, stride: int) -> tuple[int, int]:
    total = max((-(-n // stride) - 1) * stride + kernel - n, 0)
    return total // 2, total - total // 2


def _by_hand(
    x: Array,
    kernel: Array,
    bias: Array,
    stride: int,
    padding: str,
    *,
    share: Callable[[int, int, int], tuple[int, int]] = _same,
) -> Array:
    ends = [(0, 0), (0, 0)]
    if padding == "same":
        ends = [
            share(n, f, stride)
            for n, f in zip(x.shape[1:3], kernel.shape, strict=False)
        ]
    padded = np.pad(x, [(0, 0), *ends, (0, 0)])
    maps = np.stack([_stack(photograph, kernel) for photograph in padded])
    return maps[:, ::stride, ::stride] + bias


_KERAS = Exercise(
    name="equal-to-keras",
    lesson=_LESSON,
    function="keras_conv",
    points=4,
    task="Compute what Keras's Conv2D computes, from its weights.",
    hints=(
        'First pad for "same", along rows and columns, as in exercise 3: the odd one '
        "after. np.pad(x, [(0, 0), rows, columns, (0, 0)]) does it.",
        "np.lib.stride_tricks.sliding_window_view(x, kernel.shape[:2], axis=(1, 2)) has "
        "the axes photograph, row, column, channel, kernel row, kernel column; "
        "[:, ::stride, ::stride] keeps every stride-th place.",
        'np.einsum("nijcab,abcf->nijf", windows, kernel) + bias.',
    ),
    cases=_keras_cases,
    expected=_keras_layer,
    tolerance=1e-5,
    mistakes=(
        Mistake(
            "flipped the kernel",
            "What Keras calls convolution is correlation: the kernel stays as it is.",
            lambda x, kernel, bias, stride, padding: _by_hand(
                x, kernel[::-1, ::-1], bias, stride, padding
            ),
        ),
        Mistake(
            "forgot the bias",
            "Each filter's bias is added to its whole map.",
            lambda x, kernel, bias, stride, padding: _by_hand(
                x, kernel, bias * 0, stride, padding
            ),
        ),
        Mistake(
            "the odd column before",
            "Of an odd padding the extra row goes to the bottom, the extra column to the "
            "right.",
            lambda x, kernel, bias, stride, padding: _by_hand(
                x, kernel, bias, stride, padding, share=lambda *a: _same(*a)[::-1]
            ),
        ),
        Mistake(
            "kernel // 2 on each side",
            'At a larger stride "same" pads less, and for an even kernel unevenly: pad '
            "what the last place needs.",
            lambda x, kernel, bias, stride, padding: _by_hand(
                x, kernel, bias, stride, padding, share=lambda n, f, s: (f // 2, f // 2)
            ),
        ),
        Mistake(
            "padded as for a stride of 1",
            'At a larger stride "same" pads less, so its places begin elsewhere: pad '
            "what the last place needs.",
            lambda x, kernel, bias, stride, padding: _by_hand(
                x, kernel, bias, stride, padding, share=lambda n, f, s: _same(n, f, 1)
            ),
        ),
        Mistake(
            "forgot the padding",
            'With padding "same" zeros go around the photograph first.',
            lambda x, kernel, bias, stride, padding: _by_hand(
                x, kernel, bias, stride, "valid"
            ),
        ),
        Mistake(
            "forgot the stride",
            "Keep every stride-th place only, along rows and columns.",
            lambda x, kernel, bias, stride, padding: _by_hand(
                x, kernel, bias, 1, padding
            ),
        ),
        Mistake(
            "first photograph alone",
            "The first axis of x is the batch: compute every photograph.",
            lambda x, kernel, bias, stride, padding: _by_hand(
                x[:1], kernel, bias, stride, padding
            ),
        ),
        Mistake(
            "relu added",
            "This layer has no activation: negative numbers stay.",
            lambda x, kernel, bias, stride, padding: _relu(
                _by_hand(x, kernel, bias, stride, padding)
            ),
        ),
        Mistake(
            "the same on both sides",
            'What "same" needs may be odd, and less than kernel - 1: pad what the last '
            "place needs, the odd one after.",
            lambda x, kernel, bias, stride, padding: _by_hand(
                x,
                kernel,
                bias,
                stride,
                padding,
                share=lambda n, f, s: ((f - 1) // 2, (f - 1) // 2),
            ),
        ),
    ),
    own=_OWN_LAYER,
)


EXERCISES = (_VOLUME, _FILTERS, _PARAMETERS, _POOL, _KERAS)
