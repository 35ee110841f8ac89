"""The exercises of lesson 16: shipping it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fire_course.lessons.checks.exercise import Case, Exercise, Mistake

__all__ = ["EXERCISES"]

_LESSON = "16_shipping_it"

Arrays = Sequence[NDArray[Any]]


# --- the same network --------------------------------------------------------


def _network_cases(rng: np.random.Generator) -> list[Case]:
    def arrays() -> list[NDArray[Any]]:
        # No zeros: 0 and -0 are equal and have other bits.
        drawn = rng.uniform(0.2, 0.9, (2, 3)).round(3).astype("float32")
        return [drawn[0], drawn[1][None]]

    def changed(how: Any) -> Case:
        before = arrays()
        after = [each.copy() for each in before]
        return {"before": before, "after": how(after)}

    def moved(after: Any, by: float) -> Any:
        after[1][0, 1] += np.float32(by)
        return after

    def last_bit(after: Any) -> Any:
        after[0][2] = np.nextafter(after[0][2], np.float32(9))
        return after

    return [
        changed(lambda after: after),
        changed(lambda after: moved(after, 0.25)),
        changed(last_bit),
        changed(lambda after: after[:1]),
        {"before": (one := arrays()), "after": [each.copy() for each in one] * 2},
        changed(lambda after: [after[0][None], after[1]]),
        changed(lambda after: [after[0][:2], after[1]]),
        changed(lambda after: [after[0][::-1].copy(), after[1]]),
        changed(lambda after: [after[0], after[1].astype("float64")]),
        {"before": [], "after": []},
    ]


def _network(before: Arrays, after: Arrays) -> bool:
    # By the bytes, as they would stand in a file.
    def told(arrays: Arrays) -> list[Any]:
        return [(each.dtype.str, each.shape, each.tobytes()) for each in arrays]

    return told(before) == told(after)


def _shapes(arrays: Arrays) -> list[tuple[int, ...]]:
    return [each.shape for each in arrays]


def _equal_pairs(before: Arrays, after: Arrays) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(before, after, strict=False))


_NETWORK = Exercise(
    name="same-network",
    lesson=_LESSON,
    function="same_network",
    points=2,
    task="Tell whether two lists of weights are the same, to the last bit.",
    hints=(
        "Compare the lengths of the two lists first: zip ends with the shorter one.",
        "np.array_equal(a, b) compares shapes and values, exactly.",
        "It does not look at the type of the numbers: ask a.dtype == b.dtype too.",
    ),
    cases=_network_cases,
    expected=_network,
    mistakes=(
        Mistake(
            "nearly equal",
            "np.allclose lets small differences pass. What was saved comes back exactly: "
            "np.array_equal.",
            lambda before, after: (
                [(a.dtype, a.shape) for a in before]
                == [(a.dtype, a.shape) for a in after]
                and all(np.allclose(a, b) for a, b in zip(before, after, strict=True))
            ),
        ),
        Mistake(
            "as far as the shorter list goes",
            "zip ends with the shorter list, so that missing arrays are not noticed: "
            "compare the lengths first.",
            lambda before, after: (
                _equal_pairs(before, after)
                and all(a.dtype == b.dtype for a, b in zip(before, after, strict=False))
            ),
        ),
        Mistake(
            "as far as the shorter list goes",
            "zip ends with the shorter list: compare the lengths first. And compare the "
            "dtypes.",
            _equal_pairs,
        ),
        Mistake(
            "dtype left out",
            "float32 and float64 are other networks with equal numbers: compare a.dtype "
            "and b.dtype too.",
            lambda before, after: (
                len(before) == len(after) and _equal_pairs(before, after)
            ),
        ),
        Mistake(
            "shape left out",
            "(a == b).all() stretches a shape of (3,) to (1, 3) in silence: compare the "
            "shapes, or take np.array_equal.",
            lambda before, after: (
                len(before) == len(after)
                and all(
                    a.size == b.size and a.dtype == b.dtype and (a == b).all()
                    for a, b in zip(before, after, strict=True)
                )
            ),
        ),
        Mistake(
            "shapes alone",
            "Weights of the same shapes may hold other numbers: compare the values.",
            lambda before, after: _shapes(before) == _shapes(after),
        ),
        Mistake(
            "sums in place of values",
            "Other numbers may have the same sum: compare one by one.",
            lambda before, after: (
                _shapes(before) == _shapes(after)
                and all(
                    a.dtype == b.dtype and math.isclose(a.sum(), b.sum(), rel_tol=1e-6)
                    for a, b in zip(before, after, strict=True)
                )
            ),
        ),
        Mistake(
            "the other way round",
            "True is wanted where the two are the same.",
            lambda before, after: not _network(before, after),
        ),
    ),
)


# --- scale and zero point ----------------------------------------------------


def _scale_cases(rng: np.random.Generator) -> list[Case]:
    def drawn(low: tuple[int, int], high: tuple[int, int]) -> Case:
        while True:
            ends = int(rng.integers(*low)), int(rng.integers(*high))
            least, most = Fraction(min(ends[0], 0)), Fraction(max(ends[1], 0))
            zero = -128 - least * 255 / (most - least)
            # No tie: people round those in more than one way.
            if abs(zero - math.floor(zero) - Fraction(1, 2)) > Fraction(1, 50):
                return {"low": ends[0] / 100, "high": ends[1] / 100}

    return [
        {"low": 0.0, "high": 5.1},
        {"low": -1.0, "high": 3.0},
        {"low": -1.0, "high": 3.7},  # -73.7, which int(...) would cut to -73
        drawn((-900, -300), (50, 250)),
        drawn((-90, -20), (200, 900)),
        drawn((-999, -100), (100, 999)),
        drawn((100, 300), (400, 900)),
        drawn((-900, -400), (-300, -100)),
        {"low": 0.0, "high": 0.0},
    ]


def _scale(low: float, high: float) -> list[float]:
    # Exact, and by counting steps from the other end.
    least, most = Fraction(min(low, 0.0)), Fraction(max(high, 0.0))
    if least == most:
        return [1.0, 0.0]
    scale = (most - least) / 255
    return [float(scale), float(math.floor(127 - most / scale + Fraction(1, 2)))]


def _as_pair(scale: float, zero: float) -> list[float]:
    return [float(scale), float(zero)]


def _widened(low: float, high: float) -> tuple[float, float]:
    return min(low, 0.0), max(high, 0.0)


def _other_scale(
    low: float,
    high: float,
    *,
    steps: int = 255,
    least: int = -128,
    sign: int = -1,
    cut: Any = round,
    widen: bool = True,
    guard: bool = True,
) -> list[float]:
    if widen:
        low, high = _widened(low, high)
    if guard and low == high:
        return [1.0, 0.0]
    scale = (high - low) / steps
    return _as_pair(scale, cut(least + sign * low / scale))


_SCALE = Exercise(
    name="scale-and-zero-point",
    lesson=_LESSON,
    function="scale_and_zero_point",
    points=3,
    task="Choose scale and zero point for values between two bounds.",
    hints=(
        "Widen first: low = min(low, 0), high = max(high, 0). If both are 0, return 1.0, 0.",
        "From -128 to 127 there are 255 steps: scale = (high - low) / 255.",
        "`low` shall become -128: low = scale * (-128 - zero_point). Solve for zero_point "
        "and round.",
    ),
    cases=_scale_cases,
    expected=_scale,
    mistakes=(
        Mistake(
            "256 steps",
            "256 numbers have 255 steps between them: divide by 255.",
            lambda low, high: _other_scale(low, high, steps=256),
        ),
        Mistake(
            "0 not in the range",
            "Widen the range first, so that it holds 0: padding and ReLU need it.",
            lambda low, high: _other_scale(low, high, widen=False),
        ),
        Mistake(
            "0 not in the range",
            "Widen the range first, so that it holds 0; and if it is nothing but 0, return "
            "1.0, 0.",
            lambda low, high: _other_scale(low, high, widen=False, guard=False),
        ),
        Mistake(
            "numbers from 0 to 255",
            "The numbers go from -128 to 127: the lower end becomes -128, not 0.",
            lambda low, high: _other_scale(low, high, least=0),
        ),
        Mistake(
            "sign of the zero point",
            "low = scale * (-128 - zero_point), so zero_point = -128 - low / scale.",
            lambda low, high: _other_scale(low, high, sign=1),
        ),
        Mistake(
            "zero point not rounded",
            "The zero point is one of the numbers: round it.",
            lambda low, high: _other_scale(low, high, cut=float),
        ),
        Mistake(
            "cut off in place of rounded",
            "int(...) cuts off behind the point: take round(...).",
            lambda low, high: _other_scale(low, high, cut=int),
        ),
        Mistake(
            "no zero point",
            "A scale alone, about 0, is for weights: here the lower end becomes -128.",
            lambda low, high: _as_pair(max(abs(low), abs(high)) / 127 or 1.0, 0),
        ),
        Mistake(
            "the two swapped",
            "The scale comes first, then the zero point.",
            lambda low, high: _scale(low, high)[::-1],
        ),
        Mistake(
            "division by zero",
            "If all values are 0 the range has no width: return 1.0, 0 then.",
            lambda low, high: _other_scale(low, high, guard=False),
        ),
    ),
    own=("fire_course.quantize.scale_and_zero_point",),
)


# --- the error of rounding ---------------------------------------------------


def _error_cases(rng: np.random.Generator) -> list[Case]:
    def case(low: float, high: float, scale: float, zero: int, count: int = 6) -> Case:
        values = rng.uniform(low, high, count).round(3)
        return {"values": values, "scale": scale, "zero_point": zero}

    moved = case(-3, 3, 0.1, int(rng.integers(20, 60)))
    # The worst one is read too low, so that a difference with a sign misses it.
    moved["values"][2] = 1.149
    return [
        {"values": np.array([1.2]), "scale": 0.5, "zero_point": -100},
        {"values": np.array([1.2, 120.0]), "scale": 0.5, "zero_point": -100},
        case(-20, 20, 0.7, 0),
        moved,
        case(0, 60, 0.25, -128, 9),
        {"values": np.array([0.3, -9.0]), "scale": 0.05, "zero_point": 0},
        {"values": np.array([-6.4, 1.0]), "scale": 0.05, "zero_point": 0},
        case(-900, 900, 1.5, 10, 9),
        {"values": np.zeros(3), "scale": 0.3, "zero_point": -7},
    ]


def _error(values: NDArray[Any], scale: float, zero_point: int) -> float:
    # All that 8 bits can say, and for each value the nearest of it.
    said = scale * (np.arange(-128, 128) - zero_point)
    return float(np.abs(said[:, None] - values).min(axis=0).max())


def _other_error(
    values: NDArray[Any],
    scale: float,
    zero_point: int,
    *,
    nearest: Any = np.rint,
    ends: tuple[float, float] | None = (-128, 127),
    around: bool = False,
    read: int | None = None,
    summary: Any = np.max,
    sign: Any = np.abs,
) -> float:
    numbers = nearest(values / scale + zero_point)
    if ends is not None:
        numbers = np.clip(numbers, *ends)
    if around:
        numbers = (numbers + 128) % 256 - 128
    back = scale * (numbers - (zero_point if read is None else read))
    return float(summary(sign(back - values)))


_ERROR = Exercise(
    name="largest-error",
    lesson=_LESSON,
    function="largest_error",
    points=2,
    task="Tell by how much writing in 8 bits moves the worst of some values.",
    hints=(
        "The number is np.rint(values / scale) + zero_point; then np.clip(..., -128, 127).",
        "It is read as scale * (number - zero_point).",
        "The largest of np.abs(read - values).",
    ),
    cases=_error_cases,
    expected=_error,
    mistakes=(
        Mistake(
            "nothing cut off",
            "Eight bits end at -128 and 127: np.clip before you read.",
            lambda **case: _other_error(**case, ends=None),
        ),
        Mistake(
            "wrapped around",
            "astype('int8') makes -116 of 140 in silence: np.clip first.",
            lambda **case: _other_error(**case, ends=None, around=True),
        ),
        Mistake(
            "cut off behind the point",
            "astype(int) cuts off: np.rint gives the nearest.",
            lambda **case: _other_error(**case, nearest=np.trunc),
        ),
        Mistake(
            "rounded down",
            "np.floor and // always round down: np.rint gives the nearest.",
            lambda **case: _other_error(**case, nearest=np.floor),
        ),
        Mistake(
            "zero point not taken off again",
            "A number stands for scale * (number - zero_point).",
            lambda **case: _other_error(**case, read=0),
        ),
        Mistake(
            "zero point left out",
            "Add the zero point before you clip: it decides which values run out.",
            lambda values, scale, zero_point: _other_error(values, scale, 0),
        ),
        Mistake(
            "errors with their signs",
            "An error below 0 is an error too: take np.abs.",
            lambda **case: _other_error(**case, sign=np.asarray),
        ),
        Mistake(
            "errors with their signs",
            "An error below 0 is an error too: take np.abs.",
            lambda **case: _other_error(**case, sign=np.negative),
        ),
        Mistake(
            "mean error",
            "The largest error is asked for, not the mean.",
            lambda **case: _other_error(**case, summary=np.mean),
        ),
        Mistake(
            "from -127 on",
            "The lowest number is -128; only weights are written without it.",
            lambda **case: _other_error(**case, ends=(-127, 127)),
        ),
        Mistake(
            "numbers from 0 to 255",
            "These are the numbers -128 to 127.",
            lambda **case: _other_error(**case, ends=(0, 255)),
        ),
        Mistake(
            "half a step, whatever the values",
            "Half a step is the most that rounding can cost, not what it costs here.",
            lambda values, scale, zero_point: scale / 2,
        ),
    ),
    own=("fire_course.quantize.quantize", "fire_course.quantize.dequantize"),
)


# --- labels that flip --------------------------------------------------------


def _flip_cases(rng: np.random.Generator) -> list[Case]:
    def case(
        kinds: str, threshold: float, *, edge: bool = False, shuffle: bool = True
    ) -> Case:
        """F and n stay fire and no fire, l is lost, N is new."""
        t = round(100 * threshold)
        pairs = []
        for kind in kinds:
            above = rng.integers(t, 100, 2)
            below = rng.integers(1, t, 2)
            pairs.append(
                {
                    "F": (above[0], above[1]),
                    "n": (below[0], below[1]),
                    "l": (above[0], below[1]),
                    "N": (below[0], above[1]),
                }[kind]
            )
        if edge:
            pairs += [(t, t - 3), (t - 3, t), (t, t - 1)]
        scores = np.array(pairs, float).reshape(-1, 2) / 100
        if shuffle:
            rng.shuffle(scores)
        return {
            "before": scores[:, 0].copy(),
            "after": scores[:, 1].copy(),
            "threshold": threshold,
        }

    return [
        {
            "before": np.array([0.9, 0.52, 0.1, 0.48]),
            "after": np.array([0.9, 0.49, 0.2, 0.5]),
            "threshold": 0.5,
        },
        case("FnnFl", 0.5),
        case("FnNNN", 0.5),
        case("FFnnFn", 0.5),
        case("llNFnn", 0.86),
        case("lNNNFn", 0.3),
        case("Fn", 0.7, edge=True),
        case("llNN", 0.62),
        {"before": np.array([]), "after": np.array([]), "threshold": 0.5},
    ]


def _flips(
    before: NDArray[Any], after: NDArray[Any], threshold: float
) -> tuple[int, int]:
    # One picture at a time.
    found = [0, 0]
    for was, now in zip(before.tolist(), after.tolist(), strict=True):
        if (was >= threshold) is not (now >= threshold):
            found[was < threshold] += 1
    return found[0], found[1]


def _net(
    before: NDArray[Any], after: NDArray[Any], threshold: float
) -> tuple[int, int]:
    more = int((after >= threshold).sum()) - int((before >= threshold).sum())
    return max(-more, 0), max(more, 0)


def _above(
    before: NDArray[Any], after: NDArray[Any], threshold: float
) -> tuple[int, int]:
    was, now = before > threshold, after > threshold
    return int((was & ~now).sum()), int((~was & now).sum())


_FLIPS = Exercise(
    name="label-flips",
    lesson=_LESSON,
    function="label_flips",
    points=2,
    task="Count the labels that change between two formats, by direction.",
    hints=(
        "was = before >= threshold and now = after >= threshold are arrays of truth values.",
        "Lost: was & ~now. New: ~was & now.",
        "Count with .sum() and return the pair (lost, new).",
    ),
    cases=_flip_cases,
    expected=_flips,
    mistakes=(
        Mistake(
            "the two swapped",
            "First the fires that are lost, then those that are new.",
            lambda **case: _flips(**case)[::-1],
        ),
        Mistake(
            "counts compared",
            "Fires before and after, counted, may be equal while the pictures are other "
            "ones: compare picture by picture.",
            _net,
        ),
        Mistake(
            "the threshold itself left out",
            "A score that reaches the threshold is a fire: >=, not >.",
            _above,
        ),
        Mistake(
            "always one half",
            "The threshold is an input of the function.",
            lambda before, after, threshold: _flips(before, after, 0.5),
        ),
        Mistake(
            "both directions in one",
            "The two directions are wanted apart: (lost, new).",
            lambda **case: sum(_flips(**case)),
        ),
        Mistake(
            "scores in place of labels",
            "A score may move without a change of its label: compare with the threshold.",
            lambda before, after, threshold: (
                int((after < before).sum()),
                int((after > before).sum()),
            ),
        ),
        Mistake(
            "fires before and after",
            "How many fires there are is not how many labels change.",
            lambda before, after, threshold: (
                int((before >= threshold).sum()),
                int((after >= threshold).sum()),
            ),
        ),
    ),
    own=("fire_course.detector.compare_formats",),
)


# --- the hash ----------------------------------------------------------------


def _file_cases(rng: np.random.Generator) -> list[Case]:
    def some(length: int = 12) -> bytes:
        return rng.bytes(length)

    def right(content: bytes) -> str:
        return hashlib.new("sha256", content).hexdigest()

    def lettered() -> tuple[bytes, str]:
        """A content whose hash begins with a letter, which has a capital."""
        while not (text := right(content := some()))[0].isalpha():
            pass
        return content, text

    content, text = lettered()
    other, other_text = lettered()
    altered = bytes([content[0] ^ 1, *content[1:]])
    name = "0" if text[-1] != "0" else "1"
    return [
        {"content": content, "sha256": text},
        {"content": altered, "sha256": text},
        {"content": other, "sha256": other_text.upper()},
        {"content": content, "sha256": f"  {text}\n"},
        {"content": content[:-1], "sha256": text},
        {"content": content, "sha256": text[:8]},
        {"content": content, "sha256": ""},
        {"content": content, "sha256": text[:-1] + name},
        {"content": content, "sha256": text + text},
        {"content": content, "sha256": hashlib.md5(content).hexdigest()},
        {"content": b"", "sha256": right(b"")},
    ]


def _file(content: bytes, sha256: str) -> bool:
    wanted = sha256.strip()
    if len(wanted) != 64:
        return False
    return bytes.fromhex(wanted) == hashlib.new("sha256", content).digest()


def _hex(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


_FILE = Exercise(
    name="is-the-file",
    lesson=_LESSON,
    function="is_the_file",
    points=1,
    task="Tell whether a content has the SHA-256 that it should have.",
    hints=(
        "hashlib.sha256(content).hexdigest() is the hash in 64 small letters.",
        "sha256.strip().lower() takes off spaces and makes small letters.",
        "Compare the two with ==: a part of a hash is no hash.",
    ),
    cases=_file_cases,
    expected=_file,
    mistakes=(
        Mistake(
            "capitals refused",
            "A hash in capital letters is the same hash: compare with .lower().",
            lambda content, sha256: _hex(content) == sha256.strip(),
        ),
        Mistake(
            "spaces refused",
            "White space around a hash does not matter: .strip().",
            lambda content, sha256: _hex(content) == sha256.lower(),
        ),
        Mistake(
            "as it was copied",
            "Capitals and white space around it do not matter: .strip().lower().",
            lambda content, sha256: _hex(content) == sha256,
        ),
        Mistake(
            "a part is enough",
            "Whoever gives the first letters only, or none, has shown nothing: compare the "
            "whole hashes with ==.",
            lambda content, sha256: _hex(content).startswith(sha256.strip().lower()),
        ),
        Mistake(
            "a part is enough",
            "`in` finds the hash within a longer text, or a part of it in the hash: compare "
            "the whole hashes with ==.",
            lambda content, sha256: _hex(content) in sha256.lower(),
        ),
        Mistake(
            "another hash",
            "That is MD5, which can be forged: hashlib.sha256.",
            lambda content, sha256: (
                hashlib.md5(content).hexdigest() == sha256.strip().lower()
            ),
        ),
        Mistake(
            "never the same",
            "digest() gives bytes, hexdigest() the letters that sha256 holds; and a text "
            "equals no object of hashlib.",
            lambda content, sha256: False,
        ),
        Mistake(
            "never refused",
            "Another content, or another hash, has to give False: compare the two.",
            lambda content, sha256: True,
        ),
        Mistake(
            "the other way round",
            "True is wanted where it is the file.",
            lambda content, sha256: not _file(content, sha256),
        ),
    ),
    own=("fire_course.files.sha256_file",),
)


EXERCISES = (_NETWORK, _SCALE, _ERROR, _FLIPS, _FILE)
