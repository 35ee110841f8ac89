"""Right and wrong answers to lesson 4, each written as a learner might."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

LESSON = "04_layers"


# --- convolve-volume -------------------------------------------------------


def volume_by_places(volume, kernel):
    height, width, _ = kernel.shape
    rows, columns = volume.shape[0] - height + 1, volume.shape[1] - width + 1
    result = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            result[i, j] = (volume[i : i + height, j : j + width] * kernel).sum()
    return result


def channels_of(volume, kernel):
    """Give a map a channel."""
    return [
        volume_by_places(volume[..., c : c + 1], kernel[..., c : c + 1])
        for c in range(volume.shape[-1])
    ]


def volume_by_channels(volume, kernel):
    total = 0
    for one in channels_of(volume, kernel):
        total = total + one
    return total


def volume_by_windows(volume, kernel):
    windows = sliding_window_view(volume, kernel.shape[:2], axis=(0, 1))
    return np.einsum("ijcab,abc->ij", windows, kernel)


# --- many-filters ----------------------------------------------------------


def filters_by_places(volume, kernels, bias):
    maps = [
        volume_by_places(volume, kernels[..., f]) + bias[f] for f in range(len(bias))
    ]
    return np.maximum(np.stack(maps, axis=-1), 0)


def filters_by_product(volume, kernels, bias):
    height, width, channels, count = kernels.shape
    windows = sliding_window_view(volume, (height, width), axis=(0, 1))
    flat = np.moveaxis(windows, 2, -1).reshape(*windows.shape[:2], -1)
    maps = flat @ kernels.reshape(height * width * channels, count) + bias
    return maps * (maps > 0)


def filters_in_lists(volume, kernels, bias):
    maps = [volume_by_windows(volume, kernels[..., f]) for f in range(len(bias))]
    return [
        [
            [max(0, int(one[i, j]) + int(b)) for one, b in zip(maps, bias, strict=True)]
            for j in range(maps[0].shape[1])
        ]
        for i in range(maps[0].shape[0])
    ]


def sums(volume, kernels):
    return np.einsum(
        "ijcab,abcf->ijf",
        sliding_window_view(volume, kernels.shape[:2], axis=(0, 1)),
        kernels,
    )


# --- count-parameters ------------------------------------------------------


def parameters_by_loop(channels, layers):
    counts = []
    for kernel, filters in layers:
        counts.append((kernel**2 * channels + 1) * filters)
        channels = filters
    return counts


def parameters_by_pairs(channels, layers):
    before = [channels, *(filters for _, filters in layers)]
    return tuple(
        k * k * c * f + f for c, (k, f) in zip(before[:-1], layers, strict=True)
    )


def parameters_by_recursion(channels, layers):
    if not layers:
        return []
    (kernel, filters), *rest = layers
    first = kernel * kernel * channels * filters + filters
    return [first, *parameters_by_recursion(filters, rest)]


def counted(rule):
    def answer(channels, layers):
        counts = []
        for kernel, filters in layers:
            counts.append(rule(kernel, channels, filters))
            channels = filters
        return counts

    return answer


# --- max-pool --------------------------------------------------------------


def pool_by_places(maps, pool):
    rows, columns = maps.shape[0] // pool, maps.shape[1] // pool
    result = np.full((rows, columns, maps.shape[2]), -np.inf)
    for i, j, c in np.ndindex(result.shape):
        for a in range(pool):
            for b in range(pool):
                number = maps[i * pool + a, j * pool + b, c]
                result[i, j, c] = max(result[i, j, c], number)
    return result


def pool_by_reshape(maps, pool):
    rows, columns = maps.shape[0] // pool, maps.shape[1] // pool
    whole = maps[: rows * pool, : columns * pool]
    return whole.reshape(rows, pool, columns, pool, -1).max(axis=(1, 3))


def pool_by_slices(maps, pool):
    rows, columns = maps.shape[0] // pool * pool, maps.shape[1] // pool * pool
    parts = [
        maps[a:rows:pool, b:columns:pool] for a in range(pool) for b in range(pool)
    ]
    return np.maximum.reduce(parts)


def pool_from_zeros(maps, pool):
    rows, columns = maps.shape[0] // pool, maps.shape[1] // pool
    result = np.zeros((rows, columns, maps.shape[2]))
    for i, j in np.ndindex(rows, columns):
        window = maps[i * pool : (i + 1) * pool, j * pool : (j + 1) * pool]
        result[i, j] = np.maximum(result[i, j], window.max(axis=(0, 1)))
    return result


def pool_with(function):
    def answer(maps, pool):
        rows, columns = maps.shape[0] // pool, maps.shape[1] // pool
        return np.array(
            [
                [
                    function(
                        maps[i * pool : i * pool + pool, j * pool : j * pool + pool]
                    )
                    for j in range(columns)
                ]
                for i in range(rows)
            ]
        )

    return answer


def pool_of_all(maps, pool):
    return np.array(
        [
            [
                maps[i : i + pool, j : j + pool].max(axis=(0, 1))
                for j in range(0, maps.shape[1], pool)
            ]
            for i in range(0, maps.shape[0], pool)
        ]
    )


def pool_padded(maps, pool):
    ends = [(0, -n % pool) for n in maps.shape[:2]]
    return pool_by_reshape(np.pad(maps, [*ends, (0, 0)]), pool)


# --- equal-to-keras --------------------------------------------------------


def same(n, kernel, stride):
    total = max((-(-n // stride) - 1) * stride + kernel - n, 0)
    return total // 2, total - total // 2


def layer(x, kernel, bias, stride, padding, share=same):
    ends = [(0, 0), (0, 0)]
    if padding == "same":
        ends = [share(x.shape[a + 1], kernel.shape[a], stride) for a in (0, 1)]
    x = np.pad(x, [(0, 0), *ends, (0, 0)])
    windows = sliding_window_view(x, kernel.shape[:2], axis=(1, 2))
    windows = windows[:, ::stride, ::stride]
    return np.einsum("nijcab,abcf->nijf", windows, kernel) + bias


def layer_by_places(x, kernel, bias, stride, padding):
    x, kernel = x.astype(float), kernel.astype(float)
    height, width, _, filters = kernel.shape
    if padding == "same":
        for axis, size in ((1, height), (2, width)):
            before, after = same(x.shape[axis], size, stride)
            ends = [(0, 0)] * 4
            ends[axis] = (before, after)
            x = np.pad(x, ends)
    rows = (x.shape[1] - height) // stride + 1
    columns = (x.shape[2] - width) // stride + 1
    result = np.zeros((len(x), rows, columns, filters))
    for n, i, j, f in np.ndindex(result.shape):
        top, left = i * stride, j * stride
        window = x[n, top : top + height, left : left + width]
        result[n, i, j, f] = (window * kernel[..., f]).sum() + bias[f]
    return result


def layer_by_shifts(x, kernel, bias, stride, padding):
    # "same" in words: the places lie so that the padding is shared, the odd one after.
    height, width = kernel.shape[:2]
    starts, counts = [], []
    for n, f in ((x.shape[1], height), (x.shape[2], width)):
        counts.append(-(-n // stride) if padding == "same" else (n - f) // stride + 1)
        starts.append(-same(n, f, stride)[0] if padding == "same" else 0)
    result = np.zeros((len(x), *counts, kernel.shape[-1]), np.float32) + bias
    for a, b in np.ndindex(height, width):
        for i, j in np.ndindex(*counts):
            row, column = starts[0] + i * stride + a, starts[1] + j * stride + b
            if 0 <= row < x.shape[1] and 0 <= column < x.shape[2]:
                result[:, i, j] += x[:, row, column] @ kernel[a, b]
    return result


def layer_with(share):
    return lambda x, kernel, bias, stride, padding: layer(
        x, kernel, bias, stride, padding, share
    )


def layer_valid(x, kernel, bias, stride, padding):
    return layer(x, kernel, bias, stride, "valid")


RIGHT = {
    "convolve-volume": [volume_by_places, volume_by_channels, volume_by_windows],
    "many-filters": [filters_by_places, filters_by_product, filters_in_lists],
    "count-parameters": [
        parameters_by_loop,
        parameters_by_pairs,
        parameters_by_recursion,
    ],
    "max-pool": [pool_by_places, pool_by_reshape, pool_by_slices],
    "equal-to-keras": [layer, layer_by_places, layer_by_shifts],
}


def pool_at_each_place(maps, pool):
    rows, columns = maps.shape[0] // pool, maps.shape[1] // pool
    return [
        [maps[i : i + pool, j : j + pool].max(axis=(0, 1)) for j in range(columns)]
        for i in range(rows)
    ]


WRONG = {
    "convolve-volume": [
        (
            lambda volume, kernel: np.stack(channels_of(volume, kernel), axis=-1),
            "one map a channel",
        ),
        (
            lambda volume, kernel: np.mean(channels_of(volume, kernel), axis=0),
            "mean of the channels",
        ),
        (lambda volume, kernel: channels_of(volume, kernel)[0], "first channel alone"),
        (
            lambda volume, kernel: volume_by_places(
                volume.sum(-1, keepdims=True), kernel.sum(-1, keepdims=True)
            ),
            "channels added first",
        ),
        (
            lambda volume, kernel: volume_by_places(volume, kernel[::-1, ::-1]),
            "flipped the kernel. Layers multiply",
        ),
        (
            lambda volume, kernel: volume_by_places(volume, np.flip(kernel)),
            "flipped the kernel",
        ),
        (
            lambda volume, kernel: np.max(channels_of(volume, kernel), axis=0),
            "largest of the channels",
        ),
        (lambda volume, kernel: channels_of(volume, kernel), "the shape is (2, 1, 2)"),
        (lambda volume, kernel: volume * kernel, "ValueError: operands could not"),
        (
            lambda volume, kernel: volume_by_places(
                np.dstack([volume.mean(axis=2)] * volume.shape[2]), kernel
            ),
            "channels added first",
        ),
        (
            lambda volume, kernel: volume_by_places(volume, kernel) / kernel.size,
            "mean instead of sum",
        ),
        (
            lambda volume, kernel: volume_by_places(volume[:, :, ::-1], kernel),
            "channels in reverse",
        ),
    ],
    "many-filters": [
        (
            lambda volume, kernels, bias: filters_by_places(volume, kernels, bias * 0),
            "forgot the bias",
        ),
        (lambda volume, kernels, bias: sums(volume, kernels) + bias, "forgot relu"),
        (
            lambda volume, kernels, bias: np.maximum(sums(volume, kernels), 0) + bias,
            "relu before the bias",
        ),
        (
            lambda volume, kernels, bias: filters_by_places(
                volume, kernels, bias * kernels.shape[2]
            ),
            "bias once a channel",
        ),
        (
            lambda volume, kernels, bias: filters_by_places(volume, kernels, -bias),
            "bias subtracted",
        ),
        (
            lambda volume, kernels, bias: filters_by_places(
                volume, kernels, bias
            ).transpose(2, 0, 1),
            "filters first",
        ),
        (
            lambda volume, kernels, bias: filters_by_places(volume, kernels, bias).sum(
                2
            ),
            "maps added",
        ),
        (
            lambda volume, kernels, bias: abs(sums(volume, kernels) + bias),
            "size instead of relu",
        ),
        (
            lambda volume, kernels, bias: filters_by_places(
                volume, kernels[::-1, ::-1], bias
            ),
            "at [0, 0, ",
        ),
        (lambda volume, kernels, bias: sums(volume, kernels)[0], "the shape is (2, 2)"),
        (
            lambda volume, kernels, bias: (
                (sums(volume, kernels) + bias) * (sums(volume, kernels) > 0)
            ),
            "relu before the bias",
        ),
        (
            lambda volume, kernels, bias: filters_by_places(
                volume, kernels, np.full(len(bias), bias[0])
            ),
            "one bias for all",
        ),
        (
            lambda volume, kernels, bias: (
                0.5 + 0.5 * np.tanh((sums(volume, kernels) + bias) / 2)
            ),
            "sigmoid instead of relu",
        ),
    ],
    "count-parameters": [
        (counted(lambda k, c, f: k * k * c * f), "forgot the bias"),
        (counted(lambda k, c, f: k * k * c * f + 1), "one bias a layer"),
        (counted(lambda k, c, f: (k * k + 1) * c * f), "one bias a channel"),
        (counted(lambda k, c, f: (k * c + 1) * f), "kernel not squared"),
        (counted(lambda k, c, f: (k * k + 1) * f), "channels left out"),
        (
            lambda channels, layers: [(k * k * channels + 1) * f for k, f in layers],
            "always the photograph's channels",
        ),
        (
            lambda channels, layers: sum(parameters_by_loop(channels, layers)),
            "total alone",
        ),
        (counted(lambda k, c, f: k * k * c + f), "at [0] came 91 instead of 1792"),
        (
            lambda channels, layers: parameters_by_loop(channels, layers)[-1:],
            "items instead of",
        ),
        (counted(lambda k, c, f: (f**2 * c + 1) * k), "kernel and filters swapped"),
        (counted(lambda k, c, f: 1 + k * k * c), "one filter alone"),
    ],
    "max-pool": [
        (pool_with(lambda window: window.mean((0, 1))), "mean instead of maximum"),
        (pool_with(lambda window: window.min((0, 1))), "minimum instead of maximum"),
        (pool_with(lambda window: window.max()), "maps mixed"),
        (pool_with(lambda window: window[0, 0]), "first number of each window"),
        (
            lambda maps, pool: sliding_window_view(maps, (pool, pool), axis=(0, 1)).max(
                axis=(3, 4)
            ),
            "windows overlap",
        ),
        (pool_of_all, "smaller windows at the end"),
        (pool_padded, "zeros joined the last window"),
        (pool_from_zeros, "never below 0"),
        (pool_with(lambda window: abs(window).max((0, 1))), "sign lost"),
        (
            lambda maps, pool: maps.reshape(
                maps.shape[0] // pool, pool, maps.shape[1] // pool, pool, -1
            ).max(axis=(1, 3)),
            "ValueError: cannot reshape",
        ),
        (
            lambda maps, pool: pool_by_reshape(maps, pool)[..., 0],
            "maps mixed",
        ),
        (pool_at_each_place, "windows overlap"),
    ],
    "equal-to-keras": [
        (
            lambda x, kernel, bias, stride, padding: layer(
                x, kernel[::-1, ::-1], bias, stride, padding
            ),
            "flipped the kernel",
        ),
        (
            lambda x, kernel, bias, stride, padding: layer(
                x, kernel, 0, stride, padding
            ),
            "forgot the bias",
        ),
        (layer_with(lambda n, f, s: same(n, f, s)[::-1]), "the odd column before"),
        (layer_with(lambda n, f, s: (f // 2, f // 2)), "kernel // 2 on each side"),
        (layer_with(lambda n, f, s: same(n, f, 1)), "padded as for a stride of 1"),
        (layer_valid, "forgot the padding"),
        (
            lambda x, kernel, bias, stride, padding: layer(x, kernel, bias, 1, padding),
            "forgot the stride",
        ),
        (
            lambda x, kernel, bias, stride, padding: layer(
                x[0][None], kernel, bias, stride, padding
            ),
            "first photograph alone",
        ),
        (
            lambda x, kernel, bias, stride, padding: np.maximum(
                layer(x, kernel, bias, stride, padding), 0
            ),
            "relu added",
        ),
        (
            lambda x, kernel, bias, stride, padding: layer(
                x, kernel, bias, stride, padding
            )[0],
            "the shape is (2, 2, 1) instead of (1, 2, 2, 1)",
        ),
        (
            layer_with(lambda n, f, s: ((f - 1) // 2,) * 2),
            "the same on both sides",
        ),
    ],
}
