"""Every size against something independent, for more than 100,000 random settings.

Brute force slides a window and counts; PyTorch's rules are written from its manual;
Keras answers itself, most often by `compute_output_shape`, and for some hundred
settings by computing, never where TensorFlow would end Python.
"""

import itertools
import math
import random
from fractions import Fraction

import numpy as np
import pytest

from fire_course import quiet
from fire_course.shapes import (
    output_size,
    pool_size,
    preserving_padding,
    same_padding,
    solve_size,
    transposed_size,
)

# How many settings each test asks about; together the size of the oracle.
NUMBERS, NAMED, POOLS, TRANSPOSED, RUN = 60_000, 60_000, 30_000, 30_000, 240
assert NUMBERS + NAMED + POOLS + TRANSPOSED >= 100_000


@pytest.fixture(scope="module")
def keras():
    return quiet.import_keras()


def counted(n, reach, stride, before, after):
    """Slide a window over real columns, and count where it fits."""
    places, begin = 0, -before
    while begin + reach <= n + after:
        places += 1
        begin += stride
    return places


def size_or_none(rule, *arguments, **settings):
    """Return the size, or None where a setting is refused."""
    try:
        return rule(*arguments, **settings)
    except ValueError:
        return None


def pytorch_convolution(n, kernel, stride, padding, dilation):
    """torch.nn.Conv1d: Lout = floor((Lin + 2p - d(k - 1) - 1) / s + 1)."""
    size = math.floor(
        Fraction(n + 2 * padding - dilation * (kernel - 1) - 1, stride) + 1
    )
    return size if size >= 1 else None


def pytorch_pool(n, kernel, stride, padding, dilation, ceil):
    """torch.nn.MaxPool1d, whose last window must begin inside the left padding or the input."""
    if padding > (dilation * (kernel - 1) + 1) / 2:
        return None
    exact = Fraction(n + 2 * padding - dilation * (kernel - 1) - 1, stride) + 1
    size = math.ceil(exact) if ceil else math.floor(exact)
    if ceil and (size - 1) * stride >= n + padding:
        size -= 1
    return size if size >= 1 else None


def pytorch_transposed(n, kernel, stride, padding, dilation, output_padding):
    """torch.nn.ConvTranspose1d: (n - 1)s - 2p + d(k - 1) + output padding + 1."""
    if output_padding >= max(stride, dilation):
        return None
    size = (n - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1
    return size if size >= 1 else None


def test_padding_in_numbers_against_counting_and_pytorch(record_property):
    draw = random.Random(1)
    wrong, refused = [], 0
    for _ in range(NUMBERS):
        n, kernel, stride = draw.randint(1, 40), draw.randint(1, 9), draw.randint(1, 6)
        before, after, dilation = (
            draw.randint(0, 5),
            draw.randint(0, 5),
            draw.randint(1, 3),
        )
        if draw.random() < 0.5:
            after = before
        reach = dilation * (kernel - 1) + 1
        padding = before if before == after else (before, after)
        got = size_or_none(
            output_size, n, kernel, stride=stride, padding=padding, dilation=dilation
        )
        expected = counted(n, reach, stride, before, after) or None
        if before == after:
            rule = pytorch_convolution(n, kernel, stride, before, dilation)
            assert rule == expected  # the two oracles agree
        refused += got is None
        if got != expected:
            wrong.append((n, kernel, stride, padding, dilation, got, expected))
    record_property("settings", NUMBERS)
    assert not wrong, wrong[:5]
    assert 0 < refused < NUMBERS / 4  # both kinds of answer were asked for


def test_poolings_against_counting_and_pytorch(record_property):
    draw = random.Random(2)
    wrong = []
    for _ in range(POOLS):
        n, kernel, stride = draw.randint(1, 30), draw.randint(1, 6), draw.randint(1, 6)
        padding, dilation = draw.randint(0, 4), draw.randint(1, 2)
        ceil = draw.random() < 0.6
        reach = dilation * (kernel - 1) + 1
        got = size_or_none(
            pool_size,
            n,
            kernel,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil=ceil,
        )
        expected = None
        if 2 * padding <= reach:
            expected = counted(n, reach, stride, padding, padding)
            # One window more may hang over the end by less than a step, if it
            # begins before the padding there.
            begin = expected * stride - padding
            over = begin + reach - (n + padding)
            expected += ceil and begin < n and over < stride
        expected = expected or None
        assert expected == pytorch_pool(n, kernel, stride, padding, dilation, ceil)
        if got != expected:
            wrong.append((n, kernel, stride, padding, dilation, ceil, got, expected))
    record_property("settings", POOLS)
    assert not wrong, wrong[:5]


def test_transposed_against_spreading_and_pytorch(record_property):
    draw = random.Random(3)
    wrong = []
    for _ in range(TRANSPOSED):
        n, kernel, stride = draw.randint(1, 12), draw.randint(1, 6), draw.randint(1, 5)
        padding, dilation, extra = (
            draw.randint(0, 4),
            draw.randint(1, 3),
            draw.randint(0, 4),
        )
        got = size_or_none(
            transposed_size,
            n,
            kernel,
            stride=stride,
            padding=padding,
            dilation=dilation,
            output_padding=extra,
        )
        expected = None
        if extra < max(stride, dilation):
            last = 0
            for place in range(n):
                for point in range(kernel):
                    last = max(last, place * stride + point * dilation)
            expected = last + 1 + extra - 2 * padding
            expected = expected if expected >= 1 else None
        assert expected == pytorch_transposed(
            n, kernel, stride, padding, dilation, extra
        )
        if got != expected:
            wrong.append((n, kernel, stride, padding, dilation, extra, got, expected))
    record_property("settings", TRANSPOSED)
    assert not wrong, wrong[:5]


def layer_of(keras, draw):
    """Build a random layer of Keras; return it with our function and settings."""
    rank = draw.choice((1, 1, 2, 3))
    kind = draw.choice(("conv", "conv", "pool", "transposed"))
    kernel = tuple(draw.randint(1, 5) for _ in range(rank))
    stride = tuple(draw.randint(1, 4) for _ in range(rank))
    dilation = (1,) * rank
    padding = draw.choice(("valid", "same"))
    if kind != "pool" and draw.random() < 0.4:
        # Keras combines no stride with dilation.
        stride, dilation = dilation, tuple(draw.randint(1, 3) for _ in range(rank))
    settings = {"stride": stride, "padding": padding}
    options = {"strides": stride, "padding": padding}
    if kind == "pool":
        name = draw.choice(("MaxPooling", "AveragePooling"))
        layer = getattr(keras.layers, f"{name}{rank}D")(kernel, **options)
        return layer, pool_size, kernel, settings, rank
    settings["dilation"] = options["dilation_rate"] = dilation
    if kind == "transposed":
        if draw.random() < 0.3 and min(stride) > 1:
            extra = tuple(draw.randrange(s) for s in stride)
            settings["output_padding"] = options["output_padding"] = extra
        layer = getattr(keras.layers, f"Conv{rank}DTranspose")(1, kernel, **options)
        return layer, transposed_size, kernel, settings, rank
    if rank == 1 and draw.random() < 0.3:
        settings["padding"] = options["padding"] = "causal"
    layer = getattr(keras.layers, f"Conv{rank}D")(1, kernel, **options)
    return layer, output_size, kernel, settings, rank


def test_named_padding_against_keras(keras, record_property):
    draw = random.Random(4)
    layers = [layer_of(keras, draw) for _ in range(600)]
    wrong, refused = [], 0
    for i in range(NAMED):
        layer, rule, kernel, settings, rank = layers[i % len(layers)]
        n = tuple(draw.randint(1, 40) for _ in range(rank))
        try:
            shape = layer.compute_output_shape((1, *n, 1))
            expected = tuple(shape[1:-1])
        except ValueError:
            expected = None
        if expected is not None and min(expected) < 1:
            expected = None  # an empty map is no answer
        got = size_or_none(rule, n, kernel, **settings)
        refused += got is None
        if got != expected:
            wrong.append((type(layer).__name__, n, kernel, settings, got, expected))
    record_property("settings", NAMED)
    assert not wrong, wrong[:5]
    assert 0 < refused < NAMED / 4


def test_without_output_padding_a_call_equals_the_layer_written_so(keras):
    differ = 0
    for n, kernel, stride in itertools.product((1, 4, 7), range(1, 6), (2, 3)):
        size = transposed_size(n, kernel, stride=stride, padding=0)
        assert size == pytorch_transposed(n, kernel, stride, 0, 1, 0)
        for padding in ("valid", "same"):
            sizes = []
            for more in ({}, {"output_padding": None}, {"output_padding": 0}):
                layer = keras.layers.Conv1DTranspose(
                    1, kernel, strides=stride, padding=padding, **more
                )
                given = {"stride": stride, "padding": padding, **more}
                sizes.append(size_or_none(transposed_size, n, kernel, **given))
                theirs = layer.compute_output_shape((1, n, 1))[1]
                # To Keras nothing left is a size, 0.
                assert (sizes[-1] or 0) == theirs, (n, kernel, given)
            assert sizes[0] == sizes[1]
            differ += sizes[0] != sizes[2]
    assert differ  # so 0 and no setting are two things to Keras


def test_keras_computes_these_sizes(keras, record_property):
    draw = random.Random(5)
    ran = 0
    while ran < RUN:
        layer, rule, kernel, settings, rank = layer_of(keras, draw)
        n = tuple(draw.randint(1, 9) for _ in range(rank))
        size = size_or_none(rule, n, kernel, **settings)
        gaps = settings.get("dilation", (1,) * rank)
        reach = [d * (f - 1) + 1 for f, d in zip(kernel, gaps, strict=True)]
        # What is refused might end Python, see the next test; and a window wider
        # than the picture is nobody's business.
        if size is None or any(r > m for r, m in zip(reach, n, strict=True)):
            continue
        if settings.get("output_padding") and settings["padding"] == "same":
            continue  # TensorFlow refuses most of them
        computed = layer(np.zeros((1, *n, 1), "float32")).shape[1:-1]
        assert tuple(computed) == size, (type(layer).__name__, n, kernel, settings)
        ran += 1
    record_property("settings", ran)


def test_what_would_end_python_or_answer_wrongly_is_refused_first():
    # TensorFlow with oneDNN: a 2x2 pool over 1x1 divides by zero in the processor.
    with pytest.raises(ValueError, match="kernel of 2 does not fit into 1"):
        pool_size((1, 1), 2)
    # ... and a kernel one larger than its input gives a map of the wrong size.
    for n in range(1, 30):
        with pytest.raises(ValueError, match="take a smaller kernel, or pad by 1 more"):
            output_size((n, n), n + 1)


def test_same_padding_is_the_least_that_gives_the_size():
    draw = random.Random(6)
    for _ in range(5000):
        n, kernel, stride = draw.randint(1, 40), draw.randint(1, 9), draw.randint(1, 6)
        dilation = draw.randint(1, 3)
        reach = dilation * (kernel - 1) + 1
        before, after = same_padding(n, kernel, stride, dilation)
        size = output_size(n, kernel, stride=stride, padding="same", dilation=dilation)
        assert size == len(range(0, n, stride))
        assert after - before in (0, 1)
        # Stride may leave columns behind the last window, hence at least.
        assert counted(n, reach, stride, before, after) >= size
        if after:
            assert counted(n, reach, stride, before, after - 1) < size


def test_same_padding_is_where_keras_puts_its_zeros(keras):
    """A kernel of ones over a picture of ones counts the pixels that it sees."""
    draw = random.Random(7)
    for _ in range(40):
        n, kernel, stride = draw.randint(5, 12), draw.randint(1, 5), draw.randint(1, 4)
        layer = keras.layers.Conv1D(
            1, kernel, strides=stride, padding="same", kernel_initializer="ones"
        )
        seen = np.asarray(layer(np.ones((1, n, 1), "float32"))).ravel()
        before, _ = same_padding(n, kernel, stride)
        begins = range(-before, -before + len(seen) * stride, stride)
        expected = [sum(0 <= b + i < n for i in range(kernel)) for b in begins]
        assert seen.tolist() == expected


def test_preserving_padding_preserves_and_is_the_formula_of_the_source():
    draw = random.Random(8)
    for _ in range(5000):
        n, kernel, stride = draw.randint(1, 40), draw.randint(1, 9), draw.randint(1, 6)
        total = preserving_padding(n, kernel, stride)
        assert total == n * (stride - 1) + kernel - stride
        assert output_size(n, kernel, stride=stride, padding=(0, total)) == n
        if total:
            assert counted(n, kernel, stride, 0, total - 1) < n
    # Erratum 13: 33 columns of zeros beside 32 of a picture.
    assert preserving_padding(32, 3, 2) == 33
    assert output_size(32, 3, stride=2, padding="same") == 16
    assert preserving_padding((32, 9), 3, (2, 1)) == (33, 2)
    assert same_padding((32, 9), 3, (2, 1)) == ((0, 1), (1, 1))


def test_solve_size_finds_every_setting_that_a_search_finds():
    for n in range(1, 16):
        for target in range(1, 16):
            found = solve_size(n, target)
            for setting in found:
                assert output_size(n, **setting._asdict()) == target
            expected = set()
            for kernel in range(1, 12):
                for padding in ("valid", "same", *range(1, kernel // 2 + 1)):
                    for stride in range(1, 40):
                        size = size_or_none(
                            output_size, n, kernel, stride=stride, padding=padding
                        )
                        if size == target:
                            expected.add((kernel, stride, padding))
                            if target == 1:
                                break  # every larger one does as well
            assert {(s.kernel, s.stride, s.padding) for s in found} == expected


def test_solve_size_keeps_what_is_given():
    (only,) = solve_size(250, 124, kernel=3, padding="valid")
    assert only == (3, 2, "valid", 1)
    assert {s.stride for s in solve_size(5, 1, stride=9)} == {9}
    assert solve_size(10, 11, kernel=3, padding=(2, 1))[0].padding == (2, 1)
    assert solve_size(10, 40) == []
    with pytest.raises(ValueError, match="target is a whole number"):
        solve_size(10, 0)
    with pytest.raises(ValueError, match="stride is a whole number"):
        solve_size(10, 5, stride=0)
