"""The exercises of lesson 3: output size and padding. All of it is counting, so the
oracles count: they draw the places and say how many there are.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from fire_course.lessons.checks.exercise import Case, Exercise, Mistake

__all__ = ["EXERCISES"]

_LESSON = "03_output_size"

Layers = list[tuple[int, int]]


def _case(n: int, kernel: int, stride: int, **more: int) -> Case:
    return {"n": n, "kernel": kernel, "stride": stride, **more}


def _drawn(rng: np.random.Generator, low: int, high: int) -> int:
    return int(rng.integers(low, high))


# --- output size -----------------------------------------------------------


def _size_cases(rng: np.random.Generator) -> list[Case]:
    random = [
        _case(
            _drawn(rng, 20, 300),
            _drawn(rng, 2, 8),
            _drawn(rng, 2, 5),
            padding=_drawn(rng, 1, 6),
        )
        for _ in range(6)
    ]
    return [
        _case(10, 3, 1, padding=0),
        _case(_drawn(rng, 15, 90), 5, 1, padding=0),
        _case(10, 3, 2, padding=0),
        _case(10, 3, 2, padding=3),
        *random,
        _case(7, 7, 3, padding=0),
        _case(5, 1, 4, padding=0),
        _case(3, 5, 2, padding=3),  # fits, since the row was padded
        _case(2, 4, 1, padding=0),  # fits nowhere
        _case(3, 5, 2, padding=1),
        _case(2, 9, 3, padding=2),
    ]


def _places(n: int, kernel: int, stride: int, padding: int) -> int:
    begins = range(0, n + padding, stride)
    return sum(begin + kernel <= n + padding for begin in begins)


def _formula(n: int, kernel: int, stride: int, padding: int) -> int:
    return 1 + (n + padding - kernel) // stride


_SIZE = Exercise(
    name="output-size",
    lesson=_LESSON,
    function="output_size",
    points=2,
    task="Count the places of a kernel: the size of what a layer gives.",
    hints=(
        "The first place begins at 0, the last one ends at n + padding at the latest.",
        "The first place, and one more for each whole step in the room that is left, "
        "n + padding - kernel: `//` rounds down.",
        "That may become negative where the kernel fits nowhere: max(..., 0).",
    ),
    cases=_size_cases,
    expected=_places,
    mistakes=(
        Mistake(
            "first place not counted",
            "The steps are right; add the place before the first step.",
            lambda n, kernel, stride, padding: max(
                _formula(n, kernel, stride, padding) - 1, 0
            ),
        ),
        Mistake(
            "first place not counted",
            "Add the place before the first step; and where the kernel fits nowhere, "
            "there are 0 places.",
            lambda n, kernel, stride, padding: _formula(n, kernel, stride, padding) - 1,
        ),
        Mistake(
            "rounded up",
            "A step that does not fit as a whole is not taken: round down.",
            lambda n, kernel, stride, padding: max(
                1 + math.ceil((n + padding - kernel) / stride), 0
            ),
        ),
        Mistake(
            "not rounded",
            "There are whole places only: `//`, not `/`.",
            lambda n, kernel, stride, padding: max(
                1 + (n + padding - kernel) / stride, 0
            ),
        ),
        Mistake(
            "forgot the padding",
            "The padding makes the row longer: n + padding.",
            lambda n, kernel, stride, padding: max(_formula(n, kernel, stride, 0), 0),
        ),
        Mistake(
            "padding counted twice",
            "Here padding is the total of both sides, not the number on each.",
            lambda n, kernel, stride, padding: max(
                _formula(n, kernel, stride, 2 * padding), 0
            ),
        ),
        Mistake(
            "forgot the stride",
            "With a stride of 2 there are half as many steps: divide by it.",
            lambda n, kernel, stride, padding: max(_formula(n, kernel, 1, padding), 0),
        ),
        Mistake(
            "forgot the kernel",
            "The last place has to end within the row, not only begin: subtract kernel.",
            lambda n, kernel, stride, padding: (n + padding) // stride,
        ),
        Mistake(
            "fits nowhere",
            "A kernel longer than the padded row has 0 places: neither one nor fewer than none.",
            _formula,
        ),
        Mistake(
            "fits nowhere",
            "int() cuts toward zero, so a negative room still counts as a place. `//` "
            "rounds down; and never give fewer than 0.",
            lambda n, kernel, stride, padding: int((n + padding - kernel) / stride) + 1,
        ),
        Mistake(
            "forgot padding and stride",
            "That is for steps of 1 in a row without padding. Add the padding to n, and "
            "divide the room that is left by the stride.",
            lambda n, kernel, stride, padding: max(n - kernel + 1, 0),
        ),
        Mistake(
            "padding makes room",
            "A kernel longer than n may fit into n + padding: compare it with that.",
            lambda n, kernel, stride, padding: (
                0 if kernel > n else _formula(n, kernel, stride, padding)
            ),
        ),
    ),
    own=(
        "fire_course.shapes.output_size",
        "fire_course.shapes.pool_size",
        "fire_course.shapes.explain_size",
        "fire_course.shapes.sizes.places_of",
        "fire_course.shapes.sizes.pool_places_of",
    ),
)


# --- preserving padding ----------------------------------------------------


def _preserving_cases(rng: np.random.Generator) -> list[Case]:
    random = [
        _case(_drawn(rng, 6, 60), _drawn(rng, 2, 8), _drawn(rng, 2, 5))
        for _ in range(4)
    ]
    return [
        _case(10, 3, 1),
        _case(_drawn(rng, 11, 60), 6, 1),
        _case(10, 3, 2),
        _case(32, 3, 2),
        *random,
        _case(9, 1, 1),
        _case(7, 1, 3),
        _case(1, 5, 2),
    ]


def _least_padding(n: int, kernel: int, stride: int) -> int:
    return next(p for p in itertools.count() if _places(n, kernel, stride, p) == n)


def _same_total(n: int, kernel: int, stride: int) -> int:
    return max((-(-n // stride) - 1) * stride + kernel - n, 0)


_PRESERVING = Exercise(
    name="preserving-padding",
    lesson=_LESSON,
    function="preserving_padding",
    points=1,
    task="How much padding, in total, keeps the size?",
    hints=(
        "Ask backwards: for n places the last one begins at (n - 1) * stride.",
        "It ends kernel columns later, and there the padded row may end.",
        "(n - 1) * stride + kernel columns are wanted, and n are there.",
    ),
    cases=_preserving_cases,
    expected=_least_padding,
    mistakes=(
        Mistake(
            "forgot the stride",
            "kernel - 1 keeps the size at a stride of 1 only. A larger stride needs more.",
            lambda n, kernel, stride: kernel - 1,
        ),
        Mistake(
            "half of it",
            "That is for each side; the total of both is wanted.",
            lambda n, kernel, stride: (n * (stride - 1) + kernel - stride) // 2,
        ),
        Mistake(
            "half of it",
            "That is for each side, and for a stride of 1. The total is wanted, for any.",
            lambda n, kernel, stride: kernel // 2,
        ),
        Mistake(
            'padding of "same"',
            '"same" keeps n / stride places, rounded up. Here n places are wanted.',
            _same_total,
        ),
        Mistake(
            "one step too many",
            "n places need n - 1 steps.",
            lambda n, kernel, stride: n * (stride - 1) + kernel,
        ),
        Mistake(
            "more than needed",
            "The size stays, but less padding does too: the last columns are not seen.",
            lambda n, kernel, stride: n * (stride - 1) + kernel - 1,
        ),
        Mistake(
            "length of the padded row",
            "Subtract the n columns that are there already.",
            lambda n, kernel, stride: (n - 1) * stride + kernel,
        ),
    ),
    own=("fire_course.shapes.preserving_padding", "fire_course.shapes.solve_size"),
)


# --- same ------------------------------------------------------------------


def _same_cases(rng: np.random.Generator) -> list[Case]:
    random = [
        _case(_drawn(rng, 8, 60), _drawn(rng, 3, 8), _drawn(rng, 2, 4))
        for _ in range(5)
    ]
    return [
        _case(10, 3, 1),
        _case(10, 2, 1),
        _case(10, 3, 2),
        _case(11, 3, 2),
        _case(32, 5, 2),
        *random,
        _case(9, 6, 1),
        _case(8, 2, 4),  # more than fits already
        _case(7, 1, 2),
        _case(1, 3, 1),
    ]


def _same(n: int, kernel: int, stride: int) -> list[int]:
    wanted = len(range(0, n, stride))
    total = next(
        p for p in itertools.count() if _places(n, kernel, stride, p) >= wanted
    )
    columns = list(range(total))
    return [len(columns[::2]) - total % 2, len(columns[::2])]


def _split(total: int) -> list[int]:
    return [total // 2, total - total // 2]


_SAME = Exercise(
    name="same-padding",
    lesson=_LESSON,
    function="same_padding",
    points=2,
    task='How many columns does "same" put before and after?',
    hints=(
        '"same" gives n / stride places, rounded up: -(-n // stride) rounds up.',
        "The last of them begins at (places - 1) * stride and ends kernel later: what "
        "of that lies beyond n is the total, and never less than 0.",
        "before = total // 2; all the rest comes after.",
    ),
    cases=_same_cases,
    expected=_same,
    mistakes=(
        Mistake(
            "the odd column before",
            "Of an odd total the extra column goes after: right and bottom.",
            lambda n, kernel, stride: _same(n, kernel, stride)[::-1],
        ),
        Mistake(
            "kernel // 2 on each side",
            "That is right for an odd kernel at a stride of 1 alone.",
            lambda n, kernel, stride: [kernel // 2, kernel // 2],
        ),
        Mistake(
            "forgot the stride",
            "A larger stride needs fewer columns: count where its last place ends.",
            lambda n, kernel, stride: _split(kernel - 1),
        ),
        Mistake(
            "total on each side",
            "Share the total out: half before, the rest after.",
            lambda n, kernel, stride: [_same_total(n, kernel, stride)] * 2,
        ),
        Mistake(
            "odd column lost",
            "Half of an odd total, rounded down on both sides, is one too few.",
            lambda n, kernel, stride: [_same_total(n, kernel, stride) // 2] * 2,
        ),
        Mistake(
            "size kept at every stride",
            '"same" gives n / stride places, not n: see the exercise before.',
            lambda n, kernel, stride: _split(n * (stride - 1) + kernel - stride),
        ),
        Mistake(
            "less than nothing",
            "Where the places fit without padding, the total is 0: max(total, 0).",
            lambda n, kernel, stride: _split(
                (-(-n // stride) - 1) * stride + kernel - n
            ),
        ),
        Mistake(
            "rounded down",
            "n / stride is rounded up: the last column begins a place of its own.",
            lambda n, kernel, stride: _split(
                max((n // stride - 1) * stride + kernel - n, 0)
            ),
        ),
        Mistake(
            "total alone",
            "Give two numbers: what comes before, and what comes after.",
            _same_total,
        ),
        Mistake(
            "half columns",
            "There are whole columns only: `//`, and the odd one comes after.",
            lambda n, kernel, stride: [_same_total(n, kernel, stride) / 2] * 2,
        ),
    ),
    own=("fire_course.shapes.same_padding", "fire_course.convolution.padding.pairs_of"),
)


# --- trace -----------------------------------------------------------------


def _layers(rng: np.random.Generator, count: int) -> Layers:
    return [
        [(_drawn(rng, 2, 6), 1), (2, 2), (3, 2)][_drawn(rng, 0, 3)]
        for _ in range(count)
    ]


def _trace_cases(rng: np.random.Generator) -> list[Case]:
    return [
        {"n": 10, "layers": [(3, 1), (2, 2)]},
        {"n": 250, "layers": [(3, 1), (2, 2)] * 4},
        {"n": _drawn(rng, 60, 99), "layers": [(5, 1), (2, 2), (3, 1), (3, 2)]},
        {"n": _drawn(rng, 100, 300), "layers": _layers(rng, 4)},
        {"n": 151, "layers": [(7, 2), (3, 2)]},
        {"n": _drawn(rng, 20, 40), "layers": [(3, 1)]},
        {"n": 9, "layers": []},
    ]


def _trace(n: int, layers: Layers) -> list[int]:
    sizes = []
    for kernel, stride in layers:
        n = _places(n, kernel, stride, 0)
        sizes.append(n)
    return sizes


def _follow(n: float, layers: Layers, step: Any) -> list[Any]:
    sizes = []
    for kernel, stride in layers:
        n = step(n, kernel, stride)
        sizes.append(n)
    return sizes


_TRACE = Exercise(
    name="trace-sizes",
    lesson=_LESSON,
    function="trace_sizes",
    points=2,
    task="Follow a photograph through a network, layer by layer.",
    hints=(
        "What one layer gives is what the next one gets.",
        "A loop over `layers`, with n = 1 + (n - kernel) // stride in it.",
        "Begin with sizes = [] and append n after each layer.",
    ),
    cases=_trace_cases,
    expected=_trace,
    mistakes=(
        Mistake(
            "input counted as a layer",
            "The list begins with what the first layer gives.",
            lambda n, layers: [n, *_trace(n, layers)],
        ),
        Mistake(
            "last size alone",
            "Give the size behind each layer, as a list.",
            lambda n, layers: [n, *_trace(n, layers)][-1],
        ),
        Mistake(
            "each layer gets the photograph",
            "A layer gets what the one before it gives: change n in the loop.",
            lambda n, layers: [_places(n, f, s, 0) for f, s in layers],
        ),
        Mistake(
            "rounded up",
            "Places that do not fit as a whole are not taken: `//` rounds down.",
            lambda n, layers: _follow(
                n, layers, lambda n, f, s: 1 + math.ceil((n - f) / s)
            ),
        ),
        Mistake(
            "not rounded",
            "There are whole places only: `//`, not `/`.",
            lambda n, layers: _follow(n, layers, lambda n, f, s: 1 + (n - f) / s),
        ),
        Mistake(
            'padding "same"',
            "Nothing is padded here: a kernel of 3 costs two columns.",
            lambda n, layers: _follow(n, layers, lambda n, f, s: -(-n // s)),
        ),
        Mistake(
            "forgot the stride",
            "A pooling with a stride of 2 halves the size: divide by the stride.",
            lambda n, layers: _follow(n, layers, lambda n, f, s: n - f + 1),
        ),
        Mistake(
            "first place not counted",
            "Add the place before the first step, at each layer.",
            lambda n, layers: _follow(n, layers, lambda n, f, s: (n - f) // s),
        ),
        Mistake(
            "kernel and stride swapped",
            "A layer is (kernel, stride), in this order.",
            lambda n, layers: _trace(n, [(s, f) for f, s in layers]),
        ),
    ),
    own=(
        "fire_course.shapes.trace",
        "fire_course.shapes.output_size",
        "fire_course.shapes.pool_size",
    ),
)


# --- receptive field -------------------------------------------------------


def _field_cases(rng: np.random.Generator) -> list[Case]:
    return [
        {"layers": [(3, 1)]},
        {"layers": [(3, 1), (3, 1)]},
        {"layers": [(3, 1), (2, 2), (3, 1)]},
        {"layers": [(3, 1), (2, 2)] * 4},
        {"layers": [(3, 2), (3, 2)]},
        {"layers": _layers(rng, 3)},
        {"layers": _layers(rng, 4)},
        {"layers": _layers(rng, 5)},
        {"layers": [(1, 2), (3, 1)]},
        {"layers": []},
    ]


def _field(layers: Layers) -> int:
    # From one number of the last map back to the pixels it was computed from.
    seen = {0}
    for kernel, stride in reversed(layers):
        seen = {place * stride + i for place in seen for i in range(kernel)}
    return max(seen) + 1


def _grown(layers: Layers, step: Any) -> int:
    field, distance = 1, 1
    for kernel, stride in layers:
        field, distance = step(field, distance, kernel, stride)
    return field


_FIELD = Exercise(
    name="receptive-field",
    lesson=_LESSON,
    function="receptive_field",
    points=3,
    task="How many pixels of the photograph can one number of the last map see?",
    hints=(
        "Before the first layer a number sees 1 pixel, and neighbours are 1 pixel apart.",
        "A kernel adds kernel - 1 neighbours, each as far away as neighbours are now.",
        "After that, and only for the layers that follow, a stride multiplies how far "
        "neighbours are apart.",
    ),
    cases=_field_cases,
    expected=_field,
    mistakes=(
        Mistake(
            "strides left out",
            "Behind a stride of 2, neighbours lie 2 pixels apart: kernel - 1 steps reach "
            "twice as far.",
            lambda layers: _grown(layers, lambda r, d, f, s: (r + f - 1, d)),
        ),
        Mistake(
            "stride before its own layer",
            "A layer's kernel looks at the map before it; its stride counts for the next "
            "layers only.",
            lambda layers: _grown(
                layers, lambda r, d, f, s: (r + (f - 1) * d * s, d * s)
            ),
        ),
        Mistake(
            "only the stride before",
            "The distance grows with every stride so far: multiply, do not replace.",
            lambda layers: _grown(layers, lambda r, d, f, s: (r + (f - 1) * d, s)),
        ),
        Mistake(
            "strides added",
            "Two strides of 2 make a distance of 4, three make 8: multiply them.",
            lambda layers: _grown(
                layers, lambda r, d, f, s: (r + (f - 1) * d, d + s - 1)
            ),
        ),
        Mistake(
            "kernels added",
            "The window of a kernel includes the number it starts from: add kernel - 1.",
            lambda layers: _grown(layers, lambda r, d, f, s: (r + f * d, d * s)),
        ),
        Mistake(
            "kernels multiplied",
            "Windows of neighbours overlap: the field grows by adding.",
            lambda layers: math.prod(kernel for kernel, _ in layers),
        ),
        Mistake(
            "first pixel not counted",
            "Without any layer a number sees 1 pixel: begin with 1.",
            lambda layers: _field(layers) - 1,
        ),
        Mistake(
            "area",
            "Give the width along one axis.",
            lambda layers: _field(layers) ** 2,
        ),
        Mistake(
            "field multiplied",
            "A stride does not widen what was seen so far; it lengthens the steps of the "
            "layers that follow.",
            lambda layers: _grown(layers, lambda r, d, f, s: (r * s + f - 1, d)),
        ),
        Mistake(
            "kernels summed up",
            "Windows of neighbours overlap: begin with 1 and add kernel - 1, times how "
            "far neighbours are apart.",
            lambda layers: sum(kernel for kernel, _ in layers),
        ),
        Mistake(
            "the way back, forwards",
            "(field - 1) * stride + kernel is the rule from the last layer back to the "
            "photograph: go through the layers in reverse.",
            lambda layers: _grown(layers, lambda r, d, f, s: ((r - 1) * s + f, d)),
        ),
    ),
    own=("fire_course.shapes.receptive_field", "fire_course.shapes.trace"),
)


# --- transposed ------------------------------------------------------------


def _transposed_cases(rng: np.random.Generator) -> list[Case]:
    random = [
        _case(
            _drawn(rng, 5, 40),
            _drawn(rng, 3, 7),
            _drawn(rng, 2, 4),
            padding=_drawn(rng, 1, 4),
        )
        for _ in range(4)
    ]
    return [
        _case(4, 3, 1, padding=0),
        _case(4, 3, 2, padding=0),
        _case(7, 4, 2, padding=2),
        *random,
        _case(5, 2, 3, padding=0),
        _case(1, 5, 2, padding=0),
        _case(6, 1, 1, padding=0),
    ]


def _spread(n: int, kernel: int, stride: int, padding: int) -> int:
    painted = {place * stride + i for place in range(n) for i in range(kernel)}
    return len(range(max(painted) + 1)[: -padding or None])


_NO_KERNEL = (
    "forgot the kernel",
    "The last kernel begins at (n - 1) * stride and covers kernel columns.",
)

_TRANSPOSED = Exercise(
    name="transposed-size",
    lesson=_LESSON,
    function="transposed_size",
    points=1,
    task="The way back up: the size behind a transposed convolution.",
    hints=(
        "The last of n kernels begins at (n - 1) * stride. Where does it end?",
        "Of that length the padding, both sides together, is cut off.",
        "It is the formula for the size solved for n, where no rounding was needed.",
    ),
    cases=_transposed_cases,
    expected=_spread,
    mistakes=(
        Mistake(
            "n times the stride",
            'That is what "same" makes of it. Here the last kernel counts as a whole.',
            lambda n, kernel, stride, padding: n * stride,
        ),
        Mistake(
            *_NO_KERNEL,
            lambda n, kernel, stride, padding: (n - 1) * stride + 1 - padding,
        ),
        Mistake(
            *_NO_KERNEL,
            lambda n, kernel, stride, padding: (n - 1) * stride - padding,
        ),
        Mistake(
            "forgot the padding",
            "What a convolution would have padded is cut off here.",
            lambda n, kernel, stride, padding: (n - 1) * stride + kernel,
        ),
        Mistake(
            "padding added",
            "On the way down padding adds columns; on the way up they are cut off.",
            lambda n, kernel, stride, padding: (n - 1) * stride + kernel + padding,
        ),
        Mistake(
            "padding counted twice",
            "Here padding is the total of both sides, not the number on each.",
            lambda n, kernel, stride, padding: (n - 1) * stride + kernel - 2 * padding,
        ),
        Mistake(
            "one kernel too many",
            "n kernels are n - 1 steps apart.",
            lambda n, kernel, stride, padding: n * stride + kernel - padding,
        ),
        Mistake(
            "the way down",
            "A transposed convolution makes a map larger.",
            lambda n, kernel, stride, padding: max(
                _formula(n, kernel, stride, padding), 0
            ),
        ),
    ),
    own=("fire_course.shapes.transposed_size", "fire_course.shapes.sizes.grown"),
)


EXERCISES = (_SIZE, _PRESERVING, _SAME, _TRACE, _FIELD, _TRANSPOSED)
