"""Right and wrong answers to lesson 16, each written as a learner might."""

import hashlib
import math

import numpy as np

LESSON = "16_shipping_it"

# --- same-network ------------------------------------------------------------


def same_by_bytes(before, after):
    def stored(arrays):
        return [(a.shape, a.dtype, a.tobytes()) for a in arrays]

    return stored(before) == stored(after)


def same_in_loop(before, after):
    if len(before) - len(after):
        return False
    for i, one in enumerate(before):
        other = after[i]
        if one.shape != other.shape or one.dtype != other.dtype:
            return False
        if (one != other).any():
            return False
    return True


def same_strict(before, after):
    try:
        return np.bool_(
            all(
                a.dtype.name == b.dtype.name and a.tolist() == b.tolist()
                for a, b in zip(before, after, strict=True)
            )
        )
    except ValueError:
        return False


def same_nearly(before, after):
    if len(before) != len(after):
        return False
    return all(
        a.shape == b.shape and a.dtype == b.dtype and np.allclose(a, b)
        for a, b in zip(before, after, strict=True)
    )


def same_shape_left_out(before, after):
    if len(before) != len(after):
        return False
    for a, b in zip(before, after, strict=True):
        if a.size != b.size or a.dtype != b.dtype or not np.all(a == b):
            return False
    return True


def same_changes(before, after):
    answer = same_by_bytes(before, after)
    before.clear()
    return answer


# --- scale-and-zero-point ----------------------------------------------------


def scale_from_the_top(low, high):
    low, high = min(low, 0), max(high, 0)
    if high - low == 0:
        return [1, 0]
    scale = (high - low) / 255
    return [scale, math.floor(127 - high / scale + 0.5)]


def scale_by_numpy(low, high):
    ends = np.array([low, 0.0, high])
    width = np.ptp(ends)
    if width == 0:
        return np.array([1.0, 0.0])
    return np.array([width / 255, np.rint(-128 - 255 * ends.min() / width)])


def scale_by_branches(low, high):
    if low > 0:
        low = 0
    if high < 0:
        high = 0
    if not low and not high:
        return 1.0, 0
    step = high / 255 - low / 255
    zero = -128
    zero += round(abs(low) / step)
    return step, zero


def _scale(low, high, *, steps=255, least=-128, sign=-1, whole=round):
    low, high = min(low, 0), max(high, 0)
    if low == high:
        return 1, 0
    scale = (high - low) / steps
    return scale, whole(least + sign * low / scale)


def scale_not_widened(low, high):
    if low == high == 0:
        return 1, 0
    scale = (high - low) / 255
    return scale, round(-128 - low / scale)


def scale_dividing(low, high):
    low, high = min(low, 0), max(high, 0)
    scale = (high - low) / 255
    return scale, round(-128 - low / scale)


# --- largest-error -----------------------------------------------------------


def error_in_loop(values, scale, zero_point):
    worst = 0
    for value in values:
        number = round(value / scale) + zero_point
        number = min(127, max(-128, number))
        worst = max(worst, abs(scale * (number - zero_point) - value))
    return worst


def error_by_ends(values, scale, zero_point):
    """Clip the values in place of the numbers."""
    least, most = scale * (-128 - zero_point), scale * (127 - zero_point)
    steps = np.round(np.clip(values, least, most) / scale)
    return np.linalg.norm(steps * scale - values, np.inf)


def _error(values, scale, zero_point, *, whole=np.rint, ends=(-128, 127), how=np.max):
    numbers = whole(values / scale + zero_point)
    if ends:
        numbers = np.clip(numbers, *ends)
    return how(np.abs((numbers - zero_point) * scale - values))


def error_wraps(values, scale, zero_point):
    numbers = (np.rint(values / scale) + zero_point).astype(int).astype("int8")
    return np.abs((numbers.astype(int) - zero_point) * scale - values).max()


def error_zero_kept(values, scale, zero_point):
    numbers = np.clip(np.rint(values / scale) + zero_point, -128, 127)
    return np.abs(numbers * scale - values).max()


def error_signed(values, scale, zero_point):
    numbers = np.clip(np.rint(values / scale) + zero_point, -128, 127)
    return (scale * (numbers - zero_point) - values).max()


def error_signed_other_way(values, scale, zero_point):
    numbers = np.clip(np.rint(values / scale) + zero_point, -128, 127)
    return (values - scale * (numbers - zero_point)).max()


def error_changes(values, scale, zero_point):
    values /= scale
    return 0.0


# --- label-flips -------------------------------------------------------------


def flips_in_loop(before, after, threshold):
    lost = new = 0
    for a, b in zip(before, after, strict=True):
        if a >= threshold > b:
            lost += 1
        if b >= threshold > a:
            new += 1
    return lost, new


def flips_by_difference(before, after, threshold):
    change = (after >= threshold).astype(int) - (before >= threshold)
    return [np.count_nonzero(change < 0), np.count_nonzero(change > 0)]


def flips_by_sets(before, after, threshold):
    was = set(np.flatnonzero(before >= threshold))
    now = set(np.flatnonzero(after >= threshold))
    return np.array([len(was - now), len(now - was)])


def flips_counted(before, after, threshold):
    gap = int(np.sum(before >= threshold)) - int(np.sum(after >= threshold))
    return (gap, 0) if gap > 0 else (0, -gap)


def flips_above(before, after, threshold):
    was, now = before > threshold, after > threshold
    return int(sum(was & ~now)), int(sum(now & ~was))


# --- is-the-file -------------------------------------------------------------


def _hex(content):
    return hashlib.sha256(content).hexdigest()


def file_by_digest(content, sha256):
    try:
        wanted = bytes.fromhex(sha256.strip())
    except ValueError:
        return False
    return hashlib.sha256(content).digest() == wanted


def file_by_parts(content, sha256):
    whole = hashlib.sha256()
    for byte in content:
        whole.update(bytes([byte]))
    return sha256.casefold().split() == [whole.hexdigest()]


def file_by_number(content, sha256):
    text = sha256.strip()
    return len(text) == 64 and int(text, 16) == int(_hex(content), 16)


RIGHT = {
    "same-network": [same_by_bytes, same_in_loop, same_strict],
    "scale-and-zero-point": [scale_from_the_top, scale_by_numpy, scale_by_branches],
    "largest-error": [
        error_in_loop,
        error_by_ends,
        lambda values, scale, zero_point: _error(values, scale, zero_point),
    ],
    "label-flips": [flips_in_loop, flips_by_difference, flips_by_sets],
    "is-the-file": [file_by_digest, file_by_parts, file_by_number],
}

WRONG = {
    "same-network": [
        (same_nearly, "nearly equal"),
        (
            lambda before, after: all(
                a.dtype == b.dtype and np.array_equal(a, b)
                for a, b in zip(before, after, strict=False)
            ),
            "as far as the shorter list goes",
        ),
        (
            lambda before, after: all(map(np.array_equal, before, after)),
            "And compare the dtypes",
        ),
        (
            lambda before, after: (
                len(before) == len(after) and all(map(np.array_equal, before, after))
            ),
            "dtype left out",
        ),
        (same_shape_left_out, "shape left out"),
        (
            lambda before, after: [a.shape for a in before] == [a.shape for a in after],
            "shapes alone",
        ),
        (
            lambda before, after: (
                [(a.shape, a.dtype) for a in before]
                == [(a.shape, a.dtype) for a in after]
                and np.allclose([a.sum() for a in before], [a.sum() for a in after])
            ),
            "sums in place of values",
        ),
        (
            lambda before, after: not same_by_bytes(before, after),
            "the other way round",
        ),
        (lambda before, after: before == after, "ValueError"),
        (lambda before, after: None, "is there a `return`?"),
        (lambda before, after: int(same_by_bytes(before, after)), "a truth value"),
        (same_changes, "changes its input before"),
        (lambda before: True, "keep the inputs of the stub"),
    ],
    "scale-and-zero-point": [
        (lambda low, high: _scale(low, high, steps=256), "256 steps"),
        (scale_not_widened, "0 not in the range"),
        (
            lambda low, high: (
                (high - low) / 255,
                round(-128 - 255 * low / (high - low)),
            ),
            "if it is nothing but 0",
        ),
        (lambda low, high: _scale(low, high, least=0), "numbers from 0 to 255"),
        (lambda low, high: _scale(low, high, sign=1), "sign of the zero point"),
        (lambda low, high: _scale(low, high, whole=float), "zero point not rounded"),
        (lambda low, high: _scale(low, high, whole=int), "cut off in place of rounded"),
        (
            lambda low, high: (max(-low, low, high, -high) / 127 or 1, 0),
            "no zero point",
        ),
        (lambda low, high: _scale(low, high)[::-1], "the two swapped"),
        (scale_dividing, "the range has no width"),
        (lambda low, high: _scale(low, high)[0], "a number instead of a sequence"),
        (lambda low, high: (_scale(low, high)[0], -128), "at [1] came"),
        (lambda low, high: print(_scale(low, high)), "prints its result"),
    ],
    "largest-error": [
        (
            lambda values, scale, zero_point: _error(
                values, scale, zero_point, ends=None
            ),
            "nothing cut off",
        ),
        (error_wraps, "wrapped around"),
        (
            lambda values, scale, zero_point: _error(
                values, scale, zero_point, whole=lambda each: each.astype(int)
            ),
            "cut off behind the point",
        ),
        (
            lambda values, scale, zero_point: _error(
                values, scale, zero_point, whole=np.floor
            ),
            "rounded down",
        ),
        (error_zero_kept, "zero point not taken off again"),
        (lambda values, scale, zero_point: _error(values, scale, 0), "left out"),
        (error_signed, "errors with their signs"),
        (error_signed_other_way, "errors with their signs"),
        (
            lambda values, scale, zero_point: _error(
                values, scale, zero_point, how=np.mean
            ),
            "mean error",
        ),
        (
            lambda values, scale, zero_point: _error(
                values, scale, zero_point, ends=(-127, 127)
            ),
            "from -127 on",
        ),
        (
            lambda values, scale, zero_point: _error(
                values, scale, zero_point, ends=(0, 255)
            ),
            "numbers from 0 to 255",
        ),
        (lambda values, scale, zero_point: scale / 2, "half a step"),
        (
            lambda values, scale, zero_point: _error(
                values, scale, zero_point, how=list
            ),
            "a sequence of numbers instead of a number",
        ),
        (error_changes, "changes its input values"),
    ],
    "label-flips": [
        (
            lambda before, after, threshold: flips_in_loop(after, before, threshold),
            "the two swapped",
        ),
        (flips_counted, "counts compared"),
        (flips_above, "the threshold itself left out"),
        (
            lambda before, after, threshold: flips_in_loop(before, after, 0.5),
            "always one half",
        ),
        (
            lambda before, after, threshold: sum(
                flips_in_loop(before, after, threshold)
            ),
            "both directions in one",
        ),
        (
            lambda before, after, threshold: (
                ((before > after).sum(), 0)
                and (int((before > after).sum()), int((before < after).sum()))
            ),
            "scores in place of labels",
        ),
        (
            lambda before, after, threshold: (
                len(before[before >= threshold]),
                len(after[after >= threshold]),
            ),
            "fires before and after",
        ),
        (
            lambda before, after, threshold: (
                (before >= threshold) & (after < threshold),
                (before < threshold) & (after >= threshold),
            ),
            "instead of",
        ),
        (
            lambda before, after, threshold: {"lost": 0, "new": 0},
            "a dict instead of",
        ),
        (lambda before, after, threshold: before - after, "instead of"),
    ],
    "is-the-file": [
        (
            lambda content, sha256: _hex(content) == sha256.strip(),
            "capitals refused",
        ),
        (lambda content, sha256: _hex(content) == sha256.lower(), "spaces refused"),
        (lambda content, sha256: _hex(content) == sha256, "as it was copied"),
        (
            lambda content, sha256: _hex(content).startswith(sha256.strip().lower()),
            "a part is enough",
        ),
        (
            lambda content, sha256: sha256.strip().lower() in _hex(content),
            "a part is enough",
        ),
        (
            lambda content, sha256: _hex(content) in sha256.lower(),
            "`in` finds the hash",
        ),
        (
            lambda content, sha256: (
                hashlib.md5(content).hexdigest() == sha256.strip().lower()
            ),
            "another hash",
        ),
        (
            lambda content, sha256: hashlib.sha256(content).digest() == sha256,
            "never the same",
        ),
        (lambda content, sha256: hashlib.sha256(content) == sha256, "never the same"),
        (
            lambda content, sha256: not file_by_digest(content, sha256),
            "the other way round",
        ),
        (
            lambda content, sha256: len(sha256.strip()) <= 128,
            "never refused",
        ),
        (lambda content, sha256: _hex(str(content)) == sha256, "TypeError"),
        (lambda content, sha256: _hex(content), "a text instead of a truth value"),
    ],
}
