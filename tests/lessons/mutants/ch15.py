"""Right and wrong answers to lesson 15, each written as a learner might."""

import itertools
import math
from collections import deque

import numpy as np

LESSON = "15_watching_cameras"


# --- failure-kind ----------------------------------------------------------


def _kind(
    error,
    status,
    content_type,
    start,
    whole,
    age,
    *,
    order=("status", "picture", "whole", "age"),
    starts=("ffd8ff", "89504e47"),
    by_type=False,
    guarded=True,
    at=False,
    one_line=False,
):
    if error == "no such name" and not one_line:
        return "dns"
    if error == "certificate" and not one_line:
        return "tls"
    if error == "timed out" and not one_line:
        return "timeout"
    if error:
        return "unreachable"
    for name in order:
        if name == "status" and status != 200:
            return "http status"
        if name == "picture":
            seen = content_type.startswith("image/") if by_type else start[:6] in starts
            if not (seen or (not by_type and start[:8] in starts)):
                return "not a picture"
        if name == "whole" and not whole:
            return "corrupt"
        known = name == "age" and (age is not None or not guarded)
        if known and (age > 3600 or (at and age == 3600)):
            return "stale"
    return None


def kind_by_match(error, status, content_type, start, whole, age):
    match error:
        case None:
            pass
        case "no such name":
            return "dns"
        case "certificate":
            return "tls"
        case "timed out":
            return "timeout"
        case _:
            return "unreachable"
    data = bytes.fromhex(start)
    if status != 200:
        return "http status"
    if data[:3] != b"\xff\xd8\xff" and data[:4] != b"\x89PNG":
        return "not a picture"
    if whole is False:
        return "corrupt"
    return "stale" if (age or 0) > 3600 else None


def kind_by_table(error, status, content_type, start, whole, age):
    rows = [
        ("dns", error == "no such name"),
        ("tls", error == "certificate"),
        ("timeout", error == "timed out"),
        ("unreachable", error is not None),
        ("http status", status != 200),
        (
            "not a picture",
            not (start.startswith("ffd8ff") or start.startswith("89504e47")),
        ),
        ("corrupt", not whole),
        ("stale", age is not None and age > 3600),
    ]
    for name, failed in rows:
        if failed:
            return name


def _kinds(**options):
    def failure_kind(error, status, content_type, start, whole, age):
        return _kind(error, status, content_type, start, whole, age, **options)

    return failure_kind


# --- total-deadline --------------------------------------------------------


def deadline_by_left(pieces, size, deadline):
    left, missing = deadline, size
    for wait, count in pieces:
        if wait > left:
            return ["timeout", deadline]
        left -= wait
        missing -= count
        if missing <= 0:
            return ["whole", deadline - left]
    return ["cut", deadline - left]


def deadline_by_arrays(pieces, size, deadline):
    data = np.array(pieces, float).reshape(-1, 2)
    when, held = data.cumsum(axis=0).T
    full = np.flatnonzero(held >= size)
    end = when[full[0]] if len(full) else (when[-1] if len(when) else 0)
    if end > deadline:
        return "timeout", deadline
    return ("whole" if len(full) else "cut"), end


def deadline_by_pop(pieces, size, deadline):
    waiting, now = deque(pieces), 0
    while waiting:
        wait, count = waiting.popleft()
        now = min(now + wait, deadline) if now + wait <= deadline else None
        if now is None:
            return ("timeout", deadline)
        size = size - count
        if size < 1:
            return ("whole", now)
    return ("cut", now)


def _read(
    pieces, size, deadline, *, each=False, capped=False, late=False, strict=False
):
    now = held = 0
    for wait, count in pieces:
        if each and wait > deadline:
            return "timeout", deadline if capped else now + deadline
        if (
            not each
            and not late
            and (now + wait > deadline or strict and now + wait == deadline)
        ):
            return "timeout", deadline
        now += wait
        held += count
        if late and now > deadline:
            return "timeout", now
        if held >= size:
            return "whole", now
    return "cut", now


def deadline_reads_on(pieces, size, deadline):
    now = sum(p[0] for p in pieces)
    if now > deadline:
        return "timeout", deadline
    return ("whole" if sum(p[1] for p in pieces) >= size else "cut"), now


# --- stale-frozen ----------------------------------------------------------


def frozen_by_numpy(levels, ages, oldest, after):
    said, begun = [], 0
    for i in range(len(levels)):
        if np.abs(np.subtract(levels[i], levels[begun])).max() > 2:
            begun = i
        if ages[i] is not None and ages[i] > oldest:
            said.append("stale")
        elif i - begun + 1 >= after:
            said.append("frozen")
        else:
            said.append("fresh")
    return said


def frozen_in_two_passes(levels, ages, oldest, after):
    row, said = [], []
    for picture in levels:
        if row and all(abs(a - b) < 3 for a, b in zip(row[0], picture, strict=True)):
            row.append(picture)
        else:
            row = [picture]
        said.append("fresh" if len(row) < after else "frozen")
    return [
        "stale" if (age or 0) > oldest else word
        for age, word in zip(ages, said, strict=True)
    ]


def frozen_by_counts(levels, ages, oldest, after):
    counts = []
    for i, picture in enumerate(levels):
        if i == 0:
            counts.append(1)
            continue
        first = levels[i - counts[-1]]
        same = not any(abs(a - b) > 2 for a, b in zip(picture, first, strict=True))
        counts.append(counts[-1] + 1 if same else 1)
    out = np.where(np.array(counts) >= after, "frozen", "fresh").tolist()
    for i, age in enumerate(ages):
        if age is not None and age > oldest:
            out[i] = "stale"
    return out


def _frozen(
    levels,
    ages,
    oldest,
    after,
    *,
    most=2,
    neighbour=False,
    late=False,
    unknown=False,
    guarded=True,
    first="stale",
    breaks=False,
    ever=False,
    anywhere=False,
    at=False,
):
    said, begun, count = [], None, 0
    for number, (picture, age) in enumerate(zip(levels, ages, strict=True)):
        if anywhere:
            count = 0
            for other in levels[: number + 1]:
                count += (
                    max(abs(a - b) for a, b in zip(other, picture, strict=True)) <= most
                )
        elif begun is not None and all(
            abs(a - b) <= most for a, b in zip(begun, picture, strict=True)
        ):
            count += 1
            if neighbour:
                begun = picture
        else:
            begun, count = picture, 1
        missing = age is None and guarded
        old = unknown if missing else age > oldest or (at and age == oldest)
        still = count > after if late else count >= after
        if ever and "frozen" in said:
            still = True
        if first == "frozen":
            said.append("frozen" if still else "stale" if old else "fresh")
        else:
            said.append("stale" if old else "frozen" if still else "fresh")
        if breaks and old:
            begun, count = None, 0
    return said


def _frozens(**options):
    def stale_frozen(levels, ages, oldest, after):
        return _frozen(levels, ages, oldest, after, **options)

    return stale_frozen


# --- ring-once -------------------------------------------------------------


def ring_by_deque(scores, threshold, release, votes, of):
    last, event, out = deque(maxlen=of), False, []
    for i, score in enumerate(scores):
        if score is None:
            continue
        last.append(score)
        if not event:
            if len([s for s in last if s >= threshold]) >= votes:
                event = True
                out += [i]
        elif len([s for s in last if s < release]) > of - votes:
            event = False
    return out


def ring_by_pairs(scores, threshold, release, votes, of):
    known = [(i, s) for i, s in enumerate(scores) if s is not None]
    rings, burning = [], False
    for place, (round_, _) in enumerate(known):
        window = np.array([s for _, s in known[max(0, place - of + 1) : place + 1]])
        if burning:
            burning = (window < release).sum() <= of - votes
        elif (window >= threshold).sum() >= votes:
            burning = True
            rings.append(round_)
    return np.array(rings, int)


def ring_by_states(scores, threshold, release, votes, of):
    def counted(values, test):
        return sum(map(test, values))

    rings, past, state = [], [], "calm"
    for i, score in enumerate(scores):
        if score is not None:
            past.append(score)
            recent = past[-of:]
            calm = counted(recent, lambda s: s < release)
            hot = counted(recent, lambda s: s >= threshold)
            if state == "calm" and hot >= votes:
                state = "event"
                rings.append(i)
            elif state == "event" and calm >= of - votes + 1:
                state = "calm"
    return tuple(rings)


def _ring(
    scores,
    threshold,
    release,
    votes,
    of,
    *,
    missing=None,
    again=False,
    never=False,
    row=False,
    strict=False,
    line=None,
    single=False,
    at=False,
    every=False,
    full=False,
    start=0,
):
    out, past, event = [], [], False
    for i, score in enumerate(scores, start):
        if score is None:
            if missing is None:
                continue
            score = missing
        past.append(score)
        last = past if every else past[-of:]
        look = past[-votes:] if row else last
        hits = sum(s > threshold or (s == threshold and not strict) for s in look)
        if event and not again:
            low = threshold if line else release
            calm = sum(s < low or (at and s == low) for s in past[-of:])
            goes_on = score >= release if single else calm < of - votes + 1
            event = never or goes_on
        elif hits >= votes and (not full or len(past) >= of):
            event = True
            out.append(i)
    return out


def _rings(**options):
    def ring_once(scores, threshold, release, votes, of):
        return _ring(scores, threshold, release, votes, of, **options)

    return ring_once


# --- alarms-a-day ----------------------------------------------------------


def day_by_complement(rate, cameras, seconds, votes, of):
    fewer = sum(
        math.comb(of, k) * rate**k * (1 - rate) ** (of - k) for k in range(votes)
    )
    return 86400 / seconds * cameras * (1 - fewer)


def day_by_patterns(rate, cameras, seconds, votes, of):
    chance = 0
    for bits in itertools.product([1, 0], repeat=of):
        if sum(bits) >= votes:
            chance += math.prod(rate if bit else 1 - rate for bit in bits)
    return cameras * (24 * 3600 / seconds) * chance


def day_by_growing(rate, cameras, seconds, votes, of):
    spread = np.array([1.0])
    for _ in range(of):
        spread = np.convolve(spread, [1 - rate, rate])
    return cameras * 24 * 60 * (60 / seconds) * spread[votes:].sum()


def _day(
    rate,
    cameras,
    seconds,
    votes,
    of,
    *,
    start=0,
    stop=None,
    choose=True,
    rest=True,
    day=86400,
):
    chance = 0
    for k in range(votes + start, (of if stop is None else votes + stop) + 1):
        term = rate**k
        if choose:
            term *= math.comb(of, k)
        if rest:
            term *= (1 - rate) ** (of - k)
        chance += term
    return cameras * day / seconds * chance


def forever(**inputs):
    while True:
        pass


RIGHT = {
    "failure-kind": [kind_by_match, kind_by_table, _kinds()],
    "total-deadline": [deadline_by_left, deadline_by_arrays, deadline_by_pop],
    "stale-frozen": [frozen_by_numpy, frozen_in_two_passes, frozen_by_counts],
    "ring-once": [ring_by_deque, ring_by_pairs, ring_by_states],
    "alarms-a-day": [day_by_complement, day_by_patterns, day_by_growing],
}

WRONG = {
    "failure-kind": [
        (_kinds(by_type=True), "believes the server"),
        (_kinds(starts=("ffd8ff",)), "JPEG alone"),
        (_kinds(order=("picture", "whole", "age")), "the status is not asked"),
        (
            _kinds(order=("status", "whole", "picture", "age")),
            "corrupt before not a picture",
        ),
        (_kinds(order=("status", "picture", "age", "whole")), "stale before corrupt"),
        (_kinds(order=("status", "picture", "whole")), "the age is not asked"),
        (_kinds(guarded=False), "an unknown age"),
        (_kinds(at=True), "an hour to the second"),
        (_kinds(one_line=True), "one name for all lines that fail"),
        (lambda error, status, content_type, start, whole, age: error, "came"),
        (
            lambda error, status, content_type, start, whole, age: print("dns"),
            "your function prints its result",
        ),
        (lambda error, status: None, "keep the inputs of the stub"),
    ],
    "total-deadline": [
        (
            lambda pieces, size, deadline: _read(pieces, size, deadline, each=True),
            "a timeout for each read",
        ),
        (
            lambda pieces, size, deadline: _read(
                pieces, size, deadline, each=True, capped=True
            ),
            "a timeout for each read",
        ),
        (
            lambda pieces, size, deadline: _read(pieces, size, deadline, late=True),
            "the deadline is asked too late",
        ),
        (deadline_reads_on, "reads on behind the end"),
        (
            lambda pieces, size, deadline: (
                ("whole", _read(pieces, size, deadline)[1])
                if _read(pieces, size, deadline)[0] == "cut"
                else _read(pieces, size, deadline)
            ),
            "half a picture taken for a whole one",
        ),
        (
            lambda pieces, size, deadline: (
                ("timeout", deadline)
                if _read(pieces, size, deadline)[0] == "cut"
                else _read(pieces, size, deadline)
            ),
            "waits for a closed line",
        ),
        (
            lambda pieces, size, deadline: _read(pieces, size, deadline, strict=True),
            "too strict by a moment",
        ),
        (lambda pieces, size, deadline: "whole", "came"),
        (lambda pieces, size, deadline: None, "returns nothing"),
        (lambda pieces, size, deadline: pieces.clear(), "changes its input pieces"),
        (forever, "took too long"),
    ],
    "stale-frozen": [
        (_frozens(most=0), "equal to the last level"),
        (_frozens(neighbour=True), "compared with the picture before"),
        (_frozens(late=True), "one picture too late"),
        (_frozens(unknown=True), "an unknown age taken for old"),
        (_frozens(guarded=False), "an unknown age compared"),
        (_frozens(first="frozen"), "frozen before stale"),
        (_frozens(breaks=True), "a stale picture ends the row"),
        (_frozens(ever=True), "frozen for ever"),
        (_frozens(anywhere=True), "seen before, not in a row"),
        (_frozens(at=True), "as old as allowed"),
        (lambda levels, ages, oldest, after: ["fresh"] * len(levels), "came"),
        (lambda levels, ages, oldest, after: levels.sort(), "changes its input levels"),
    ],
    "ring-once": [
        (_rings(again=True), "rings again and again"),
        (_rings(never=True), "rings once in its life"),
        (_rings(row=True), "in a row"),
        (_rings(missing=0.0), "no picture taken for no fire"),
        (_rings(missing=1.0), "no picture taken for a fire"),
        (_rings(strict=True), "the threshold itself left out"),
        (_rings(line="threshold"), "one line in place of two"),
        (_rings(single=True), "over by a single score"),
        (_rings(at=True), "the release itself counts as calm"),
        (_rings(every=True), "votes of all time"),
        (_rings(full=True), "waits until there are M scores"),
        (_rings(start=1), "counted from 1"),
        (
            lambda scores, threshold, release, votes, of: [
                i for i, s in enumerate(scores) if s >= threshold
            ],
            "came",
        ),
        (lambda scores, threshold, release, votes, of: len(scores), "came"),
    ],
    "alarms-a-day": [
        (lambda **facts: _day(**facts, stop=0), "exactly N instead of at least N"),
        (lambda **facts: _day(**facts, start=1), "more than N instead of at least N"),
        (lambda **facts: _day(**facts, choose=False), "forgot the ways to choose"),
        (lambda **facts: _day(**facts, rest=False), "forgot the right pictures"),
        (
            lambda rate, cameras, seconds, votes, of: (
                cameras * 86400 / seconds * rate**votes
            ),
            "rate to the power of N",
        ),
        (
            lambda rate, cameras, seconds, votes, of: _day(rate, 1, seconds, votes, of),
            "one camera alone",
        ),
        (lambda **facts: _day(**facts, day=1440), "minutes and seconds mixed up"),
        (lambda **facts: _day(**facts, day=3600), "an hour in place of a day"),
        (lambda rate, cameras, seconds, votes, of: rate, "came"),
        (lambda rate, cameras, seconds, votes, of: None, "returns nothing"),
    ],
}
