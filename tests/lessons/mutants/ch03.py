"""Right and wrong answers to lesson 3, each written as a learner might."""

import math

LESSON = "03_output_size"


# --- output-size -----------------------------------------------------------


def size_by_formula(n, kernel, stride, padding):
    return max(0, 1 + (n + padding - kernel) // stride)


def size_by_counting(n, kernel, stride, padding):
    places, begin = 0, 0
    while begin + kernel <= n + padding:
        places += 1
        begin += stride
    return places


def size_by_range(n, kernel, stride, padding):
    return len(range(0, n + padding - kernel + 1, stride))


def size_by_cases(n, kernel, stride, padding):
    room = n + padding - kernel
    return math.floor(room / stride) + 1.0 if room >= 0 else 0


def size_raising(n, kernel, stride, padding):
    if kernel > n + padding:
        raise ValueError("does not fit")
    return size_by_formula(n, kernel, stride, padding)


# --- preserving-padding ----------------------------------------------------


def preserving_by_formula(n, kernel, stride):
    return n * (stride - 1) + kernel - stride


def preserving_by_trying(n, kernel, stride):
    padding = 0
    while size_by_formula(n, kernel, stride, padding) < n:
        padding += 1
    return padding


def preserving_by_ends(n, kernel, stride):
    begins = [place * stride for place in range(n)]
    return begins[-1] + kernel - n


# --- same-padding ----------------------------------------------------------


def same_by_formula(n, kernel, stride):
    places = -(-n // stride)
    total = max((places - 1) * stride + kernel - n, 0)
    return total // 2, total - total // 2


def same_by_remainder(n, kernel, stride):
    # As TensorFlow's documentation has it.
    total = max(kernel - (n % stride or stride), 0)
    return [total // 2, math.ceil(total / 2)]


def same_by_turns(n, kernel, stride):
    before = after = 0
    while size_by_formula(n, kernel, stride, before + after) < math.ceil(n / stride):
        if before < after:
            before += 1
        else:
            after += 1
    return before, after


def same_total(n, kernel, stride):
    return sum(same_by_formula(n, kernel, stride))


def same_unguarded(n, kernel, stride):
    total = (math.ceil(n / stride) - 1) * stride + kernel - n
    return total // 2, total - total // 2


def same_rounded_down(n, kernel, stride):
    total = max((n // stride - 1) * stride + kernel - n, 0)
    return total // 2, total - total // 2


# --- trace-sizes -----------------------------------------------------------


def trace_by_loop(n, layers):
    sizes = []
    for kernel, stride in layers:
        n = 1 + (n - kernel) // stride
        sizes.append(n)
    return sizes


def trace_by_recursion(n, layers):
    if not layers:
        return ()
    size = size_by_range(n, *layers[0], 0)
    return (size, *trace_by_recursion(size, layers[1:]))


def trace_by_places(n, layers):
    row, sizes = list(range(n)), []
    for kernel, stride in layers:
        row = row[: len(row) - kernel + 1 : stride]
        sizes += [len(row)]
    return sizes


def traced(step):
    def answer(n, layers):
        sizes = []
        for kernel, stride in layers:
            n = step(n, kernel, stride)
            sizes.append(n)
        return sizes

    return answer


def trace_emptying(n, layers):
    sizes = []
    while layers:
        n = size_by_range(n, *layers.pop(0), 0)
        sizes.append(n)
    return sizes


def trace_returning_early(n, layers):
    sizes = []
    for kernel, stride in layers:
        n = 1 + (n - kernel) // stride
        sizes.append(n)
        return sizes


# --- receptive-field -------------------------------------------------------


def field_forwards(layers):
    field, distance = 1, 1
    for kernel, stride in layers:
        field += (kernel - 1) * distance
        distance *= stride
    return field


def field_backwards(layers):
    field = 1
    for kernel, stride in layers[::-1]:
        field = (field - 1) * stride + kernel
    return field


def field_by_sum(layers):
    return 1 + sum(
        (kernel - 1) * math.prod(stride for _, stride in layers[:place])
        for place, (kernel, _) in enumerate(layers)
    )


def grown(step):
    def answer(layers):
        field, distance = 1, 1
        for kernel, stride in layers:
            field, distance = step(field, distance, kernel, stride)
        return field

    return answer


# --- transposed-size -------------------------------------------------------


def transposed_by_formula(n, kernel, stride, padding):
    return (n - 1) * stride + kernel - padding


def transposed_by_asking_back(n, kernel, stride, padding):
    size = 1
    while size + padding < kernel or size_by_formula(size, kernel, stride, padding) < n:
        size += 1
    return size


def transposed_by_painting(n, kernel, stride, padding):
    line = [0] * (n * stride + kernel)
    for place in range(n):
        for i in range(kernel):
            line[place * stride + i] = 1
    return len(line) - line[::-1].index(1) - padding


RIGHT = {
    "output-size": [size_by_formula, size_by_counting, size_by_range, size_by_cases],
    "preserving-padding": [
        preserving_by_formula,
        preserving_by_trying,
        preserving_by_ends,
    ],
    "same-padding": [same_by_formula, same_by_remainder, same_by_turns],
    "trace-sizes": [trace_by_loop, trace_by_recursion, trace_by_places],
    "receptive-field": [field_forwards, field_backwards, field_by_sum],
    "transposed-size": [
        transposed_by_formula,
        transposed_by_asking_back,
        transposed_by_painting,
    ],
}


def size_unpadded_first(n, kernel, stride, padding):
    if n < kernel:
        return 0
    return size_by_formula(n, kernel, stride, padding)


WRONG = {
    "output-size": [
        (
            lambda n, kernel, stride, padding: max((n + padding - kernel) // stride, 0),
            "first place not counted. The steps are right",
        ),
        (
            lambda n, kernel, stride, padding: (n + padding - kernel) // stride,
            "first place not counted. Add the place",
        ),
        (
            lambda n, kernel, stride, padding: max(
                0, math.ceil((n + padding - kernel) / stride) + 1
            ),
            "rounded up",
        ),
        (
            lambda n, kernel, stride, padding: max(
                0, (n + padding - kernel) / stride + 1
            ),
            "not rounded",
        ),
        (
            lambda n, kernel, stride, padding: size_by_range(n, kernel, stride, 0),
            "forgot the padding",
        ),
        (
            lambda n, kernel, stride, padding: size_by_range(
                n, kernel, stride, 2 * padding
            ),
            "padding counted twice",
        ),
        (
            lambda n, kernel, stride, padding: max(n + padding - kernel + 1, 0),
            "forgot the stride",
        ),
        (
            lambda n, kernel, stride, padding: (n + padding) // stride,
            "forgot the kernel",
        ),
        (
            lambda n, kernel, stride, padding: 1 + (n + padding - kernel) // stride,
            "fits nowhere. A kernel longer",
        ),
        (
            lambda n, kernel, stride, padding: 1 + int((n + padding - kernel) / stride),
            "fits nowhere. int() cuts",
        ),
        (size_raising, "ValueError: does not fit"),
        (lambda n, kernel, stride, padding: n - kernel, "came 7"),
        (lambda n, kernel, stride, padding: str(n), "came a text instead of a number"),
        (
            lambda n, kernel, stride, padding: max(0, 1 + n - kernel),
            "forgot padding and stride",
        ),
        (size_unpadded_first, "padding makes room"),
    ],
    "preserving-padding": [
        (lambda n, kernel, stride: kernel - 1, "forgot the stride"),
        (
            lambda n, kernel, stride: preserving_by_formula(n, kernel, stride) // 2,
            "half of it. That is for each side; the total",
        ),
        (
            lambda n, kernel, stride: kernel // 2,
            "half of it. That is for each side, and",
        ),
        (same_total, 'padding of "same"'),
        (lambda n, kernel, stride: n * (stride - 1) + kernel, "one step too many"),
        (lambda n, kernel, stride: n * (stride - 1) + kernel - 1, "more than needed"),
        (
            lambda n, kernel, stride: (n - 1) * stride + kernel,
            "length of the padded row",
        ),
        (lambda n, kernel, stride: n * stride - n + kernel - 2, "came"),
        (lambda n, kernel, stride: (1, 1), "a sequence of numbers instead of a number"),
        (lambda n, kernel, stride: kernel - stride, "came"),
    ],
    "same-padding": [
        (
            lambda n, kernel, stride: same_by_formula(n, kernel, stride)[::-1],
            "the odd column before",
        ),
        (
            lambda n, kernel, stride: (kernel // 2, kernel // 2),
            "kernel // 2 on each side",
        ),
        (
            lambda n, kernel, stride: ((kernel - 1) // 2, kernel // 2),
            "forgot the stride",
        ),
        (
            lambda n, kernel, stride: (same_total(n, kernel, stride),) * 2,
            "total on each",
        ),
        (
            lambda n, kernel, stride: [same_total(n, kernel, stride) // 2] * 2,
            "odd column lost",
        ),
        (
            lambda n, kernel, stride: (
                preserving_by_formula(n, kernel, stride) // 2,
                -(-preserving_by_formula(n, kernel, stride) // 2),
            ),
            "size kept at every stride",
        ),
        (same_unguarded, "less than nothing"),
        (same_rounded_down, "rounded down"),
        (same_total, "total alone"),
        (lambda n, kernel, stride: (0, 0), "at [0] came 0 instead of 1"),
        (
            lambda n, kernel, stride: (same_total(n, kernel, stride) / 2,) * 2,
            "half columns",
        ),
    ],
    "trace-sizes": [
        (lambda n, layers: [n, *trace_by_loop(n, layers)], "input counted as a layer"),
        (lambda n, layers: ([n] + trace_by_loop(n, layers))[-1], "last size alone"),
        (
            lambda n, layers: [1 + (n - f) // s for f, s in layers],
            "each layer gets the photograph",
        ),
        (traced(lambda n, f, s: 1 + math.ceil((n - f) / s)), "rounded up"),
        (traced(lambda n, f, s: (n - f) / s + 1), "not rounded"),
        (traced(lambda n, f, s: math.ceil(n / s)), 'padding "same"'),
        (traced(lambda n, f, s: n - f + 1), "forgot the stride"),
        (traced(lambda n, f, s: (n - f) // s), "first place not counted"),
        (trace_emptying, "changes its input layers"),
        (trace_returning_early, "there are 1 items instead of 2"),
        (traced(lambda n, f, s: (n - f + 1) // s), "at [1] came 3"),
        (
            lambda n, layers: trace_by_loop(n, [pair[::-1] for pair in layers]),
            "kernel and stride swapped",
        ),
    ],
    "receptive-field": [
        (lambda layers: 1 + sum(f - 1 for f, _ in layers), "strides left out"),
        (
            grown(lambda r, d, f, s: (r + (f - 1) * d * s, d * s)),
            "stride before its own layer",
        ),
        (grown(lambda r, d, f, s: (r + (f - 1) * d, s)), "only the stride before"),
        (grown(lambda r, d, f, s: (r + (f - 1) * d, d + s - 1)), "strides added"),
        (grown(lambda r, d, f, s: (r + f * d, d * s)), "kernels added"),
        (lambda layers: math.prod(f for f, _ in layers), "kernels multiplied"),
        (lambda layers: field_forwards(layers) - 1, "first pixel not counted"),
        (lambda layers: field_backwards(layers) ** 2, "area"),
        (lambda layers: sum(f for f, _ in layers), "kernels summed up"),
        (grown(lambda r, d, f, s: (r * s + f - 1, 1)), "field multiplied"),
        (lambda layers: (field_forwards(layers),) * 2, "a sequence of numbers instead"),
        (lambda layers: layers[0][0], "came 3 instead of 5"),
        (
            grown(lambda r, d, f, s: ((r - 1) * s + f, d)),
            "the way back, forwards",
        ),
    ],
    "transposed-size": [
        (lambda n, kernel, stride, padding: n * stride, "n times the stride"),
        (
            lambda n, kernel, stride, padding: (n - 1) * stride + 1 - padding,
            "forgot the kernel",
        ),
        (
            lambda n, kernel, stride, padding: (n - 1) * stride + kernel,
            "forgot the padding",
        ),
        (
            lambda n, kernel, stride, padding: (n - 1) * stride + kernel + padding,
            "padding added",
        ),
        (
            lambda n, kernel, stride, padding: (n - 1) * stride + kernel - 2 * padding,
            "padding counted twice",
        ),
        (
            lambda n, kernel, stride, padding: n * stride + kernel - padding,
            "one kernel too many",
        ),
        (size_by_formula, "the way down"),
        (lambda n, kernel, stride, padding: n * stride - padding, "came"),
        (
            lambda n, kernel, stride, padding: (n - 1) * (stride + kernel) - padding,
            "came 12 instead of 6",
        ),
        (
            lambda n, kernel, stride, padding: (n - 1) * stride - padding,
            "forgot the kernel",
        ),
    ],
}
