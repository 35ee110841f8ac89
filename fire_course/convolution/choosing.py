"""Which way is fastest: a small model of what each costs, with measured constants.

`benchmarks/convolution.py` measures the ways side by side; the constants are
nanoseconds from one core of a server of 2024, in double precision. What matters is
their ratio, which moves little from machine to machine. Near a crossing two ways cost
the same, so an error there costs little too.

- Each direct way does kernel.size multiplications a place. SciPy's two differ in what
  a place and a call cost besides. scipy.ndimage lists the neighbours of every kind of
  border place first, kernel.size squared numbers, which rules it out for large kernels.
- The transform costs N log N whatever the kernel is, more a value once the picture
  outgrows the cache, and a fixed 36 microseconds for its plans.
- Windows are the only ones that skip places when the stride is more than one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def costs(
    image: Sequence[int],
    kernel: Sequence[int],
    stride: Sequence[int],
    *,
    unpadded: bool = False,
) -> dict[str, float]:
    """Return nanoseconds that each way would take for a padded picture.

    With `unpadded`, scipy.ndimage gets the picture without its zeros.

    Examples
    --------
    >>> cost = costs((256, 256), (31, 31), (1, 1))
    >>> min(cost, key=cost.get)
    'fft'
    """
    pixels, points = math.prod(image), math.prod(kernel)
    places = math.prod(n - f + 1 for n, f in zip(image, kernel, strict=True))
    kept = places / math.prod(stride)
    bits = math.log2(max(pixels, 2))
    found = {
        "ndimage": 6500
        + (places if unpadded else pixels) * (4 + 0.42 * points)
        + 6.0 * points**2,
        "windows": 20000 + kept * (12 + 0.5 * points),
        "fft": 36000 + pixels * bits * (0.65 + 0.12 * max(0.0, bits - 18)),
    }
    if len(image) == 2:
        touched = points
        if unpadded:  # what lies outside of the picture is passed over, at half price
            touched = math.prod(
                min(f, n - f + 1) for n, f in zip(image, kernel, strict=True)
            )
        each = 8 + 1.2 * touched + 0.55 * (points - touched)
        found["signal"] = 4500 + places * each
    return found


def fastest(
    image: Sequence[int],
    kernel: Sequence[int],
    stride: Sequence[int],
    ways: Sequence[str] = ("ndimage", "signal", "windows", "fft"),
    *,
    unpadded: bool = False,
) -> str:
    """Return the cheapest of some ways.

    Examples
    --------
    >>> fastest((64, 64), (3, 3), (1, 1)), fastest((8, 8), (3, 3), (1, 1))
    ('ndimage', 'signal')
    >>> fastest((512, 512), (5, 5), (4, 4))
    'windows'
    """
    found = costs(image, kernel, stride, unpadded=unpadded)
    return min((way for way in ways if way in found), key=found.__getitem__)
