"""The exercises of lesson 15: watching cameras.

No camera is asked: what came over a line is handed over as numbers and texts.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from fire_course.lessons.checks.exercise import Case, Exercise, Mistake

__all__ = ["EXERCISES"]

_LESSON = "15_watching_cameras"


# --- the kind of a failure -------------------------------------------------

_JPEG, _PNG = "ffd8ffe000104a46", "89504e470d0a1a0a"
_PAGE, _TEXT = "3c21646f63747970", "63616d657261206f"
_NAMES = ("error", "status", "content_type", "start", "whole", "age")


def _kind_cases(rng: np.random.Generator) -> list[Case]:
    def seconds(low: int, high: int) -> float:
        return float(rng.integers(low, high))

    young, old = seconds(0, 600), seconds(3700, 90_000)
    status = int(rng.choice([401, 403, 404, 410, 429, 500, 503]))
    reset = str(rng.choice(["connection refused", "connection reset"]))
    dead: tuple[Any, ...] = (None, "", "", False, None)
    rows: list[tuple[Any, ...]] = [
        (None, 200, "image/jpeg", _JPEG, True, young),
        ("no such name", *dead),
        ("certificate", *dead),
        ("timed out", *dead),
        (reset, *dead),
        (None, status, "text/html", _PAGE, False, None),
        (None, 200, "image/jpeg", _PAGE, False, young),
        (None, 200, "text/html", _PNG, True, young),
        (None, 200, "image/jpeg", _JPEG, False, young),
        (None, 200, "image/jpeg", _JPEG, True, old),
        (None, 200, "image/png", _PNG, True, None),
        (None, 200, "image/jpeg", _JPEG, False, old),
        (None, 200, "image/jpeg", _JPEG, True, 3600.0),
        (None, status, "image/jpeg", _JPEG, True, young),
        (None, 204, "", "", False, None),
        (None, 200, "image/jpeg", _TEXT, False, old),
        # a page of which somebody said that it is a whole one
        (None, 200, "image/jpeg", _PAGE, True, young),
    ]
    return [dict(zip(_NAMES, row, strict=True)) for row in rows]


_Test = tuple[str, Callable[[dict[str, Any]], bool]]
_LINE: tuple[_Test, ...] = (
    ("dns", lambda x: x["error"] == "no such name"),
    ("tls", lambda x: x["error"] == "certificate"),
    ("timeout", lambda x: x["error"] == "timed out"),
    ("unreachable", lambda x: x["error"] is not None),
)
_STATUS: _Test = ("http status", lambda x: x["status"] != 200)
_PICTURE: _Test = ("not a picture", lambda x: x["start"] not in (_JPEG, _PNG))
_WHOLE: _Test = ("corrupt", lambda x: not x["whole"])
_AGE: _Test = ("stale", lambda x: x["age"] is not None and x["age"] > 3600)


def _first(*tests: _Test) -> Callable[..., Any]:
    """Name the first test of a table that is met."""

    def answer(**facts: Any) -> str | None:
        return next((name for name, met in tests if met(facts)), None)

    return answer


def _with_age(**facts: Any) -> str | None:
    # What `age > 3600` makes of an age that nobody knows.
    if facts["error"] is None and facts["age"] > 3600:
        return "stale"
    return None


def _age_unguarded(**facts: Any) -> str | None:
    early = _first(*_LINE, _STATUS, _PICTURE, _WHOLE)(**facts)
    return early if early is not None else _with_age(**facts)


_KIND = Exercise(
    name="failure-kind",
    lesson=_LESSON,
    function="failure_kind",
    points=2,
    task="Name what went wrong when a camera was asked.",
    hints=(
        "Begin with the line: `if error is not None`, one of four names comes back.",
        "Then the rows of the table from above to below, each with a return of its own.",
        "start.startswith(('ffd8ff', '89504e47')) tells a picture; content_type does not. "
        "An age may be None: ask `age is not None and age > 3600`.",
    ),
    cases=_kind_cases,
    expected=_first(*_LINE, _STATUS, _PICTURE, _WHOLE, _AGE),
    mistakes=(
        Mistake(
            "believes the server",
            "content_type is what the server says; `start` is what came. Servers call "
            "error pages image/jpeg.",
            _first(
                *_LINE,
                _STATUS,
                ("not a picture", lambda x: "image" not in x["content_type"]),
                _WHOLE,
                _AGE,
            ),
        ),
        Mistake(
            "JPEG alone",
            "A PNG is a picture too: it begins with 89504e47.",
            _first(
                *_LINE,
                _STATUS,
                ("not a picture", lambda x: x["start"] != _JPEG),
                _WHOLE,
                _AGE,
            ),
        ),
        Mistake(
            "the status is not asked",
            "A page that says 404 is a http status, whatever its body holds.",
            _first(*_LINE, _PICTURE, _WHOLE, _AGE),
        ),
        Mistake(
            "corrupt before not a picture",
            "What is no picture at all cannot be a corrupt one: ask `start` first.",
            _first(*_LINE, _STATUS, _WHOLE, _PICTURE, _AGE),
        ),
        Mistake(
            "stale before corrupt",
            "Half a picture has no age worth telling: ask `whole` before `age`.",
            _first(*_LINE, _STATUS, _PICTURE, _AGE, _WHOLE),
        ),
        Mistake(
            "the age is not asked",
            "A whole picture of two days ago says nothing of now: it is stale.",
            _first(*_LINE, _STATUS, _PICTURE, _WHOLE),
        ),
        Mistake(
            "an unknown age",
            "Where nobody knows the age it is None, and None > 3600 is an error.",
            _age_unguarded,
        ),
        Mistake(
            "an hour to the second",
            "Stale is an age above 3600 seconds; 3600 itself is not.",
            _first(
                *_LINE,
                _STATUS,
                _PICTURE,
                _WHOLE,
                ("stale", lambda x: x["age"] is not None and x["age"] >= 3600),
            ),
        ),
        Mistake(
            "one name for all lines that fail",
            "Four kinds of error have names of their own: dns, tls, timeout and "
            "unreachable for the rest.",
            _first(_LINE[3], _STATUS, _PICTURE, _WHOLE, _AGE),
        ),
    ),
)


# --- a deadline in total ---------------------------------------------------
# All times are quarters of a second, which floats hold exactly.


def _quarters(rng: np.random.Generator, count: int, high: int = 4) -> list[float]:
    return [float(n) / 4 for n in rng.integers(1, high, count)]


def _deadline_cases(rng: np.random.Generator) -> list[Case]:
    def line(waits: list[float]) -> list[list[float]]:
        return [[wait, int(rng.integers(2, 9))] for wait in waits]

    def case(pieces: list[list[float]], size: int, deadline: float) -> Case:
        return {"pieces": pieces, "size": size, "deadline": deadline}

    def total(pieces: list[list[float]]) -> tuple[float, int]:
        return sum(wait for wait, _ in pieces), int(sum(count for _, count in pieces))

    quick = line(_quarters(rng, 4))
    slow = line(_quarters(rng, 8))
    hang = [*line(_quarters(rng, 2)), [100.0, 8]]
    exact = line(_quarters(rng, 5))
    short = line(_quarters(rng, 3))
    more = line(_quarters(rng, 5))
    seconds, size = total(quick)
    slow_seconds, slow_size = total(slow)
    exact_seconds, exact_size = total(exact)
    cut_seconds, cut_size = total(short)
    return [
        case(quick, size, seconds + 1),
        case(slow, slow_size, slow_seconds - 1.0),
        case(hang, total(hang)[1], total(hang)[0] - 99.0),
        case(exact, exact_size, exact_seconds),
        case(short, cut_size + 5, cut_seconds + 2),
        # The line goes on after the picture.
        case(more, total(more[:3])[1], 60.0),
        # Trickling, piece by piece within any timeout of a read.
        case([[0.25, 1]] * 40, 40, 3.0),
        case([], 7, 2.0),
        case([[3.0, 5]], 5, 2.5),
    ]


def _timeline(pieces: list[list[float]], size: int, deadline: float) -> tuple[str, Any]:
    # All moments at once, instead of a loop with a clock.
    waits = [wait for wait, _ in pieces]
    moments = [0.0, *itertools.accumulate(waits)]
    held = [0, *itertools.accumulate(count for _, count in pieces)]
    ends = [
        moment for moment, count in zip(moments, held, strict=True) if count >= size
    ]
    if ends:
        return ("whole", ends[0]) if ends[0] <= deadline else ("timeout", deadline)
    late = moments[-1] > deadline
    return ("timeout", deadline) if late else ("cut", moments[-1])


def _per_read(pieces: list[list[float]], size: int, deadline: float) -> tuple[str, Any]:
    now, held = 0.0, 0.0
    for wait, count in pieces:
        if wait > deadline:
            return "timeout", now + deadline
        now, held = now + wait, held + count
        if held >= size:
            return "whole", now
    return "cut", now


def _per_read_capped(
    pieces: list[list[float]], size: int, deadline: float
) -> tuple[str, Any]:
    how, seconds = _per_read(pieces, size, deadline)
    return how, (deadline if how == "timeout" else seconds)


def _asked_after(
    pieces: list[list[float]], size: int, deadline: float
) -> tuple[str, Any]:
    now, held = 0.0, 0.0
    for wait, count in pieces:
        now, held = now + wait, held + count
        if now > deadline:
            return "timeout", now
        if held >= size:
            return "whole", now
    return "cut", now


def _reads_on(pieces: list[list[float]], size: int, deadline: float) -> tuple[str, Any]:
    now = sum(wait for wait, _ in pieces)
    if now > deadline:
        return "timeout", deadline
    held = sum(count for _, count in pieces)
    return ("whole" if held >= size else "cut"), now


def _never_cut(
    pieces: list[list[float]], size: int, deadline: float
) -> tuple[str, Any]:
    how, seconds = _timeline(pieces, size, deadline)
    return ("whole", seconds) if how == "cut" else (how, seconds)


def _cut_waits(
    pieces: list[list[float]], size: int, deadline: float
) -> tuple[str, Any]:
    how, seconds = _timeline(pieces, size, deadline)
    return ("timeout", deadline) if how == "cut" else (how, seconds)


def _strict(pieces: list[list[float]], size: int, deadline: float) -> tuple[str, Any]:
    now, held = 0.0, 0.0
    for wait, count in pieces:
        if now + wait >= deadline:
            return "timeout", deadline
        now, held = now + wait, held + count
        if held >= size:
            return "whole", now
    return "cut", now


_PER_READ = (
    "a timeout for each read",
    "Compare the time since the beginning with the deadline, not the wait for one piece: "
    "many short waits make a long one.",
)

_DEADLINE = Exercise(
    name="total-deadline",
    lesson=_LESSON,
    function="total_deadline",
    points=2,
    task="Read a picture piece by piece, within a deadline for all of it.",
    hints=(
        "Keep two sums: the seconds so far, and the bytes so far.",
        "Before you wait for a piece: does the wait end after the deadline? Then the "
        "answer is ('timeout', deadline).",
        "After a piece: are there `size` bytes? Then ('whole', now). After the loop: "
        "('cut', now).",
    ),
    cases=_deadline_cases,
    expected=_timeline,
    mistakes=(
        Mistake(*_PER_READ, _per_read),
        Mistake(*_PER_READ, _per_read_capped),
        Mistake(
            "the deadline is asked too late",
            "A wait is cut short at the deadline: the answer comes then, not when the "
            "piece would have come.",
            _asked_after,
        ),
        Mistake(
            "reads on behind the end",
            "Stop as soon as there are `size` bytes; what follows is no part of the "
            "picture.",
            _reads_on,
        ),
        Mistake(
            "half a picture taken for a whole one",
            "If the pieces are used up before there are `size` bytes, the answer is "
            "'cut'.",
            _never_cut,
        ),
        Mistake(
            "waits for a closed line",
            "When the line is closed nothing more can come: the answer is 'cut', at once.",
            _cut_waits,
        ),
        Mistake(
            "too strict by a moment",
            "What comes exactly at the deadline is in time: `>`, not `>=`.",
            _strict,
        ),
    ),
)


# --- stale and frozen ------------------------------------------------------


def _frozen_cases(rng: np.random.Generator) -> list[Case]:
    def view() -> list[int]:
        return [int(n) for n in rng.integers(20, 230, 4)]

    def near(picture: list[int]) -> list[int]:
        return [
            int(n + d) for n, d in zip(picture, rng.integers(-1, 2, 4), strict=True)
        ]

    def case(levels: list[list[int]], ages: list[Any], after: int) -> Case:
        return {"levels": levels, "ages": ages, "oldest": 600.0, "after": after}

    def unknown(count: int) -> list[Any]:
        return [None] * count

    still = view()
    frozen = [still, *(near(still) for _ in range(4))]
    if frozen[1] == still:
        frozen[1] = [still[0] + 1, *still[1:]]
    day = [view() for _ in range(5)]
    drift = [[level + step for level in still] for step in range(7)]
    freed = [*frozen[:4], view(), view()]
    old = float(rng.integers(700, 9000))
    late = [still, near(still), near(still), near(still), view()]
    edge = [still, [still[0] + 2, *still[1:]], [still[0] + 3, *still[1:]]]
    return [
        case(day, unknown(5), 3),
        case(frozen, unknown(5), 3),
        case(day, [5.0, old, 600.0, old, 5.0], 3),
        case(freed, unknown(6), 4),
        case(drift, unknown(7), 4),
        case(late, [1.0, old, old, 1.0, None], 3),
        case([*frozen, *frozen[:2]], [old, old, *unknown(5)], 5),
        case(edge, unknown(3), 2),
        case([still, view(), still, view(), still], unknown(5), 2),
    ]


def _rows(
    levels: list[list[int]],
    *,
    most: int = 2,
    neighbour: bool = False,
    skip: list[bool] | None = None,
) -> list[int]:
    """Count for each picture which of its row it is."""
    arrays = [np.asarray(picture, int) for picture in levels]
    counts: list[int] = []
    begun = 0
    for number, picture in enumerate(arrays):
        other = number - 1 if neighbour else begun
        same = number > 0 and bool(np.abs(picture - arrays[other]).max() <= most)
        if skip is not None and number > 0 and skip[number - 1]:
            same = False
        begun = begun if same else number
        counts.append(number - begun + 1)
    return counts


def _frozen(
    levels: list[list[int]],
    ages: list[float | None],
    oldest: float,
    after: int,
    *,
    most: int = 2,
    neighbour: bool = False,
    late: int = 0,
    at: bool = False,
    frozen_first: bool = False,
    breaks: bool = False,
    ever: bool = False,
    unknown: bool = False,
    seen: bool = False,
) -> list[str]:
    stale = [
        unknown if age is None else (age >= oldest if at else age > oldest)
        for age in ages
    ]
    counts = _rows(
        levels, most=most, neighbour=neighbour, skip=stale if breaks else None
    )
    if seen:  # anywhere before, not in a row
        counts = [
            sum(
                max(abs(a - b) for a, b in zip(x, y, strict=True)) <= most
                for y in levels[: n + 1]
            )
            for n, x in enumerate(levels)
        ]
    answers = []
    for old, count in zip(stale, counts, strict=True):
        still = count >= after + late or (ever and "frozen" in answers)
        if frozen_first:
            answers.append("frozen" if still else "stale" if old else "fresh")
        else:
            answers.append("stale" if old else "frozen" if still else "fresh")
    return answers


def _frozen_wrong(**options: Any) -> Callable[..., list[str]]:
    def answer(
        levels: list[list[int]], ages: list[float | None], oldest: float, after: int
    ) -> list[str]:
        return _frozen(levels, ages, oldest, after, **options)

    return answer


def _frozen_unguarded(
    levels: list[list[int]], ages: list[Any], oldest: float, after: int
) -> list[str]:
    assert all(age > oldest or True for age in ages)  # None > 600 is a TypeError
    return _frozen(levels, ages, oldest, after)


_FROZEN = Exercise(
    name="stale-frozen",
    lesson=_LESSON,
    function="stale_frozen",
    points=3,
    task="Tell stale and frozen pictures of one camera from fresh ones.",
    hints=(
        "Keep two things from round to round: the picture that began the row, and how "
        "many there are in it.",
        "Two pictures are the same if max(abs(a - b)) over their levels is at most 2.",
        "Count first, whatever the age is. Then: 'stale' if the age is known and above "
        "`oldest`, else 'frozen' if the count is at least `after`, else 'fresh'.",
    ),
    cases=_frozen_cases,
    expected=_frozen,
    mistakes=(
        Mistake(
            "equal to the last level",
            "Encoding a picture anew changes some levels by one: pictures are the same if "
            "none differs by more than 2.",
            _frozen_wrong(most=0),
        ),
        Mistake(
            "compared with the picture before",
            "A morning that gets lighter step by step is not frozen: compare with the "
            "picture that began the row.",
            _frozen_wrong(neighbour=True),
        ),
        Mistake(
            "one picture too late",
            "The picture that begins a row is the first of it: frozen is the `after`-th.",
            _frozen_wrong(late=1),
        ),
        Mistake(
            "an unknown age taken for old",
            "Where nobody knows the age it is None, and that is not stale.",
            _frozen_wrong(unknown=True),
        ),
        Mistake(
            "an unknown age compared",
            "Where nobody knows the age it is None, and None > oldest is an error.",
            _frozen_unguarded,
        ),
        Mistake(
            "frozen before stale",
            "A picture that is both is called stale.",
            _frozen_wrong(frozen_first=True),
        ),
        Mistake(
            "a stale picture ends the row",
            "Stale pictures count in rows like all others.",
            _frozen_wrong(breaks=True),
        ),
        Mistake(
            "frozen for ever",
            "A picture that is not the same begins a new row, and is fresh.",
            _frozen_wrong(ever=True),
        ),
        Mistake(
            "seen before, not in a row",
            "Count the same pictures in a row; one that comes again later is a new row.",
            _frozen_wrong(seen=True),
        ),
        Mistake(
            "as old as allowed",
            "Stale is an age above `oldest`; that age itself is not.",
            _frozen_wrong(at=True),
        ),
    ),
)


# --- N of M and hysteresis -------------------------------------------------


def _ring_cases(rng: np.random.Generator) -> list[Case]:
    def scores(low: float, high: float, count: int) -> list[Any]:
        return [round(float(n), 2) for n in rng.uniform(low, high, count)]

    def calm(count: int) -> list[Any]:
        return scores(0.01, 0.3, count)

    def fire(count: int) -> list[Any]:
        return scores(0.7, 0.99, count)

    def case(row: list[Any], votes: int, of: int) -> Case:
        return {
            "scores": row,
            "threshold": 0.6,
            "release": 0.4,
            "votes": votes,
            "of": of,
        }

    cloud = [*calm(1), *fire(1), *calm(2), *fire(1), *calm(3)]
    between = scores(0.45, 0.55, 2)
    silent = [None, *fire(2), None, None, *fire(1), *calm(2), *fire(1)]
    mixed: list[Any] = []
    for _ in range(5):
        mixed += [*fire(int(rng.integers(1, 4))), *calm(int(rng.integers(1, 5)))]
        mixed += [*scores(0.42, 0.58, int(rng.integers(0, 3))), None]
    return [
        case([*calm(3), *fire(5)], 3, 5),
        case([*cloud, *fire(4)], 3, 5),
        case([*calm(2), *fire(1), *calm(1), *fire(2), *calm(1)], 3, 5),
        case(silent, 3, 4),
        case([*fire(3), *calm(5), *fire(3)], 2, 3),
        case([*calm(2), *fire(4), *calm(1), *fire(3)], 3, 5),
        case([*fire(1), *between, *fire(1), *calm(1), *fire(1)], 1, 1),
        case([*fire(3), *between, *between, *between, *fire(2)], 2, 3),
        case([0.6, 0.6, *calm(3)], 2, 2),
        case([*fire(2), 0.4, 0.4, *fire(2)], 2, 2),
        case(mixed, 2, 3),
        case([None, None], 1, 2),
    ]


def _ring(
    scores: list[Any], threshold: float, release: float, votes: int, of: int
) -> list[int]:
    # The course's own rules, which know cooldown and states besides.
    from fire_course.cameras.rules import Rule, replay

    rule = Rule(threshold=threshold, release=release, votes=votes, of=of, cooldown=0)
    events = replay(scores, rule, times=[float(n) for n in range(len(scores))])
    return [int(event.time) for event in events]


def _rung(
    *,
    none: Any = "skip",
    strict: bool = False,
    row: bool = False,
    end: str = "release",
    window: str = "last",
    shift: int = 0,
    begin: bool = False,
) -> Callable[..., list[int]]:
    """Make a wrong way to ring."""

    def answer(
        scores: list[Any], threshold: float, release: float, votes: int, of: int
    ) -> list[int]:
        alarms: list[int] = []
        past: list[float] = []
        event = False
        for number, score in enumerate(scores):
            if score is None and none == "skip":
                continue
            past.append(none if score is None else score)
            last = past[-of:]
            if window == "all":
                last = past
            if row:
                last = past[-votes:]
            hits = sum(x > threshold if strict else x >= threshold for x in last)
            enough = hits >= votes
            if end == "never":
                calm = False
            elif end == "each":
                calm = True
            elif end == "one":
                calm = past[-1] < release
            elif end == "at":
                calm = sum(x <= release for x in last) >= of - votes + 1
            else:
                line = threshold if end == "threshold" else release
                calm = sum(x < line for x in past[-of:]) >= of - votes + 1
            if event and calm:
                event = False
                if end != "each":
                    continue
            if not event and enough and (not begin or len(past) >= of):
                event = True
                alarms.append(number + shift)
        return alarms

    return answer


_RING = Exercise(
    name="ring-once",
    lesson=_LESSON,
    function="ring_once",
    points=3,
    task="Turn scores into alarms: N of M, hysteresis, one event one alarm.",
    hints=(
        "Keep the last `of` scores in a list, and whether an event goes on. Skip None.",
        "No event: count the scores that are at least `threshold`; at `votes` of them "
        "note the round, and an event begins.",
        "An event: count the scores below `release`; at `of - votes + 1` of them it is "
        "over. Use if and elif, so that no round does both.",
    ),
    cases=_ring_cases,
    expected=_ring,
    mistakes=(
        Mistake(
            "rings again and again",
            "One event, one alarm: while an event goes on, nothing rings.",
            _rung(end="each"),
        ),
        Mistake(
            "rings once in its life",
            "When enough of the last scores are calm the event is over, and the next one "
            "rings again.",
            _rung(end="never"),
        ),
        Mistake(
            "in a row",
            "`votes` of the last `of` scores are enough; they need not follow each other.",
            _rung(row=True),
        ),
        Mistake(
            "no picture taken for no fire",
            "None is no vote, neither for fire nor against it: leave the round out.",
            _rung(none=0.0),
        ),
        Mistake(
            "no picture taken for a fire",
            "None is no vote, neither for fire nor against it: leave the round out.",
            _rung(none=1.0),
        ),
        Mistake(
            "the threshold itself left out",
            "A score that reaches the threshold votes: `>=`, not `>`.",
            _rung(strict=True),
        ),
        Mistake(
            "one line in place of two",
            "An event is over by scores below `release`, not below `threshold`.",
            _rung(end="threshold"),
        ),
        Mistake(
            "over by a single score",
            "One calm picture may be smoke: `of - votes + 1` of the last `of` must be calm.",
            _rung(end="one"),
        ),
        Mistake(
            "the release itself counts as calm",
            "Calm is a score below `release`: `<`, not `<=`.",
            _rung(end="at"),
        ),
        Mistake(
            "votes of all time",
            "Only the last `of` scores count; an old vote is forgotten.",
            _rung(window="all"),
        ),
        Mistake(
            "waits until there are M scores",
            "At the beginning there are fewer than `of` scores; `votes` votes among them "
            "are enough.",
            _rung(begin=True),
        ),
        Mistake(
            "counted from 1",
            "The first round is number 0: enumerate(scores).",
            _rung(shift=1),
        ),
    ),
    own=(
        "fire_course.cameras.rules.replay",
        "fire_course.cameras.rules.trace",
        "fire_course.cameras.rules.step",
    ),
)


# --- expected false alarms -------------------------------------------------


def _day_cases(rng: np.random.Generator) -> list[Case]:
    def case(rate: float, cameras: int, seconds: float, votes: int, of: int) -> Case:
        return {
            "rate": rate,
            "cameras": cameras,
            "seconds": seconds,
            "votes": votes,
            "of": of,
        }

    def rate() -> float:
        return int(rng.integers(10, 80)) / 1000

    def cameras() -> int:
        return int(rng.integers(3, 200))

    return [
        case(0.001, 100, 60.0, 1, 1),
        case(rate(), cameras(), 60.0, 1, 1),
        case(rate(), cameras(), float(rng.choice([10, 20, 300, 600])), 1, 1),
        case(rate(), cameras(), 60.0, 3, 3),
        case(rate(), cameras(), 30.0, 2, 3),
        case(rate(), cameras(), 60.0, 3, 5),
        case(rate() * 5, cameras(), 300.0, 1, 4),
        case(0.0, 10, 60.0, 2, 3),
        case(1.0, 10, 60.0, 2, 3),
    ]


def _day(
    rate: float,
    cameras: int,
    seconds: float,
    votes: int,
    of: int,
    *,
    ways: bool = True,
    rest: bool = True,
    exact: bool = False,
    power: bool = False,
    minutes: bool = False,
    one: bool = False,
    hours: bool = False,
    more: bool = False,
) -> float:
    # Every pattern of right and wrong pictures, one by one.
    chance = 0.0
    patterns = (
        set()
        if ways
        else {tuple([True] * k + [False] * (of - k)) for k in range(of + 1)}
    )
    for pattern in patterns or itertools.product((False, True), repeat=of):
        wrong = sum(pattern)
        counts = wrong == votes if exact else wrong > votes if more else wrong >= votes
        if counts:
            chance += rate**wrong * ((1 - rate) ** (of - wrong) if rest else 1)
    if power:
        chance = rate**votes
    pictures = (1 if one else cameras) * 86_400 / seconds
    if minutes:
        pictures = cameras * 1440 / seconds
    if hours:
        pictures = cameras * 3600 / seconds
    return pictures * chance


def _day_wrong(**options: bool) -> Callable[..., float]:
    def answer(rate: float, cameras: int, seconds: float, votes: int, of: int) -> float:
        return _day(rate, cameras, seconds, votes, of, **options)

    return answer


_DAY = Exercise(
    name="alarms-a-day",
    lesson=_LESSON,
    function="alarms_a_day",
    points=2,
    task="Expect false alarms a day, from rate, cameras, interval and N of M.",
    hints=(
        "How many pictures are there a day? cameras * 24 * 60 * 60 / seconds.",
        "The chance of exactly k wrong ones: math.comb(of, k) * rate**k * "
        "(1 - rate)**(of - k).",
        "At least `votes`: add that up for k from `votes` to `of`, `of` included.",
    ),
    cases=_day_cases,
    expected=_day,
    mistakes=(
        Mistake(
            "exactly N instead of at least N",
            "More wrong pictures than `votes` ring as well: add up to `of`.",
            _day_wrong(exact=True),
        ),
        Mistake(
            "more than N instead of at least N",
            "`votes` wrong pictures are enough: the sum begins at k = votes.",
            _day_wrong(more=True),
        ),
        Mistake(
            "forgot the ways to choose",
            "There are math.comb(of, k) ways in which k of `of` pictures can be wrong.",
            _day_wrong(ways=False),
        ),
        Mistake(
            "forgot the right pictures",
            "The other of - k pictures are right, each with the chance 1 - rate.",
            _day_wrong(rest=False),
        ),
        Mistake(
            "rate to the power of N",
            "That is the chance of N given pictures; here any `votes` of `of` will do.",
            _day_wrong(power=True),
        ),
        Mistake(
            "one camera alone",
            "Every camera rings: multiply by `cameras`.",
            _day_wrong(one=True),
        ),
        Mistake(
            "minutes and seconds mixed up",
            "`seconds` is in seconds, so a day has 86,400 of them, not 1,440.",
            _day_wrong(minutes=True),
        ),
        Mistake(
            "an hour in place of a day",
            "A day has 24 hours of 3,600 seconds.",
            _day_wrong(hours=True),
        ),
    ),
    own=("scipy.stats.binom",),
)


EXERCISES = (_KIND, _DEADLINE, _FROZEN, _RING, _DAY)
