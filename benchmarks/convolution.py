"""Is the automatic choice ever much slower than the best of SciPy's?

For each size of image and kernel: `correlate`, the three forms of SciPy with the same
result, and Keras's own operation beside them for the reader. The bar is the largest
ratio of ours to the best of SciPy's.

Each is timed in turns, and the best of its times counts: whatever else the machine
does can only make a run slower. A form that has proved ten times slower than the best
is not run again, and one that must be far behind is not run at all.
"""

import json
import sys
import time
from collections.abc import Callable

import numpy as np
import scipy.ndimage
import scipy.signal

from fire_course import quiet
from fire_course.convolution import correlate

SIZES = (8, 16, 32, 64, 128, 256, 512, 1024, 2048)
KERNELS = (3, 5, 7, 9, 11, 15, 21, 31, 45, 63)
BAR = 1.5
ROUNDS = 7
AGAIN = 4  # times as many, where a ratio is above the bar
SCIPYS = ("ndimage", "signal, direct", "signal, fft")
LEAST = 2e-3  # seconds a turn, so that the clock's own cost does not show


def too_slow(name: str, image: int, kernel: int) -> bool:
    """Tell which forms need no measuring: they cost at least a nanosecond a product."""
    products = image**2 * kernel**2
    if name == "ndimage":  # it lists the neighbours of border places first
        return products > 2e8 or kernel > 31
    if name == "signal, direct":
        places = max(image - kernel + 1, 8) ** 2  # "same" has more
        return places * kernel**2 > 5e7
    return name == "Keras" and products > 3e8


def forms(image: int, kernel: int, padding: str) -> dict[str, Callable[[], object]]:
    """Return what computes the same, by name."""
    random = np.random.default_rng(0)
    x, w = random.random((image, image)), random.random((kernel, kernel))
    keras = quiet.import_keras()
    batch = keras.ops.convert_to_tensor(x[None, ..., None].astype("float32"))
    weights = keras.ops.convert_to_tensor(w[..., None, None].astype("float32"))
    edge = kernel // 2
    inside = slice(edge, image - edge) if padding == "valid" else slice(None)
    flipped = w[::-1, ::-1].copy()
    return {
        "ours": lambda: correlate(x, w, padding=padding),
        "ndimage": lambda: scipy.ndimage.correlate(x, w, mode="constant")[
            inside, inside
        ],
        "signal, direct": lambda: scipy.signal.correlate2d(x, w, padding),
        "signal, fft": lambda: scipy.signal.fftconvolve(x, flipped, padding),
        "Keras": lambda: keras.ops.conv(batch, weights, padding=padding),
    }


def turn(form: Callable[[], object], times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        form()
    return (time.perf_counter() - start) / times


def measure(image: int, kernel: int, padding: str) -> dict[str, float]:
    """Return seconds for each form, the best of several turns."""
    running = {
        name: form
        for name, form in forms(image, kernel, padding).items()
        if not too_slow(name, image, kernel)
    }
    expected = running["signal, fft"]()
    for name, form in running.items():
        got = np.asarray(form()).reshape(np.shape(expected))
        np.testing.assert_allclose(got, expected, rtol=1e-3, err_msg=name)
    best = {name: turn(form, 1) for name, form in running.items()}
    # A first call may have met something else: again before anything is dropped.
    for name, form in running.items():
        if best[name] < 0.2:
            best[name] = min(best[name], turn(form, 2))
    # On a busy machine a few turns may all be disturbed: a ratio above the bar is
    # believed only after more of them, of every form alike.
    for _ in range(AGAIN):
        for _ in range(ROUNDS):
            fastest = min(best.values())
            for name, form in running.items():
                if best[name] > max(10 * fastest, 1e-4) and name != "ours":
                    continue
                times = max(1, int(LEAST / best[name]))
                best[name] = min(best[name], turn(form, times))
        if ratio(best) <= BAR:
            break
    return best


def ratio(times: dict[str, float]) -> float:
    """Return ours to the best of SciPy's."""
    return times["ours"] / min(times[name] for name in SCIPYS if name in times)


def main() -> None:
    worst: dict[str, tuple[float, str]] = {}
    head = ("image", "kernel", "padding", "ours", "ndimage", "signal, direct")
    print(*head, "signal, fft", "Keras", "ratio", sep="\t", file=sys.stderr)
    for padding in ("valid", "same"):
        for image in SIZES:
            for kernel in KERNELS:
                # SciPy swaps its operands then; ours refuses.
                if kernel > image and padding == "valid":
                    continue
                times = measure(image, kernel, padding)
                cells = [
                    f"{1e6 * times[name]:.0f}" if name in times else "-"
                    for name in (*head[3:], "signal, fft", "Keras")
                ]
                print(
                    image,
                    kernel,
                    padding,
                    *cells,
                    f"{ratio(times):.2f}",
                    sep="\t",
                    file=sys.stderr,
                )
                at = f"{image} px, kernel {kernel}"
                worst[padding] = max(worst.get(padding, (0.0, "")), (ratio(times), at))
    for padding, (value, at) in worst.items():
        figure = f"correlate / best of SciPy, {padding}, at worst ({at})"
        print(
            json.dumps({"figure": figure, "value": value, "unit": "x", "at_most": BAR})
        )


if __name__ == "__main__":
    main()
