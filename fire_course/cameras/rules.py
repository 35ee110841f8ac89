"""When scores become an alarm: pure rules, so that stored scores can be judged again.

One score says little: a detector with one false alarm in a thousand pictures calls
a hundred cameras' operator several times an hour. So an alarm needs N votes among
the last M pictures, lasts until the scores have clearly come down, and is told once.

A round without an answer is no vote. It can make "no fire" unknown, but nothing
becomes "no fire" by silence.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

__all__ = ["Event", "Rule", "Standing", "State", "n_of_m", "replay", "step", "trace"]

# Beyond that a rule would wait for hours, and each camera's memory would grow.
_LONGEST = 1000
# Where no release is given: far enough below the threshold that one fire's flicker
# does not end its event, near enough that haze does not hold it open.
_RELEASE = 0.8


class State(StrEnum):
    """What is known of a camera's view; unknown is not the same as no fire."""

    FIRE = "fire"
    NO_FIRE = "no fire"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """When to raise an alarm, and when an event is over.

    Attributes
    ----------
    threshold : float
        A picture with at least this score votes for fire.
    votes, of : int
        An alarm needs `votes` votes among the last `of` pictures of a camera.
    release : float or None
        An event is over when ``of - votes + 1`` of the last `of` pictures score
        less than this; .8 of the threshold if None.
    cooldown : float
        Seconds after an alarm in which the same camera raises no other. A fire
        that outlasts them is told then.

    Examples
    --------
    >>> Rule(threshold=0.5).lower
    0.4
    >>> Rule(votes=6, of=5)
    Traceback (most recent call last):
    ...
    ValueError: 6 votes of 5 can never be reached: give N of M with 1 <= N <= M <= 1000.
    """

    threshold: float = 0.5
    votes: int = 3
    of: int = 5
    release: float | None = None
    cooldown: float = 900.0

    def __post_init__(self) -> None:
        if not 0 <= self.threshold <= 1:
            raise ValueError(
                f"A threshold is a probability between 0 and 1, not {self.threshold}."
            )
        if not 1 <= self.votes <= self.of <= _LONGEST:
            raise ValueError(
                f"{self.votes} votes of {self.of} can never be reached: give N of M "
                f"with 1 <= N <= M <= {_LONGEST}."
            )
        if self.release is not None and not 0 <= self.release <= self.threshold:
            raise ValueError(
                f"A release of {self.release} does not lie between 0 and the threshold "
                f"{self.threshold}: give a lower one."
            )
        if not 0 <= self.cooldown < math.inf:
            raise ValueError(
                f"A cooldown is a number of seconds from 0 on, not {self.cooldown}."
            )

    @property
    def lower(self) -> float:
        """The score below which a picture speaks for the end of an event."""
        return _RELEASE * self.threshold if self.release is None else self.release

    @property
    def quiet(self) -> int:
        """How many of the last `of` pictures rule out that `votes` of them vote."""
        return self.of - self.votes + 1


@dataclass(frozen=True)
class Event:
    """The moment at which an alarm was raised.

    Attributes
    ----------
    number : int
        Counted from 1 for each camera.
    time : float
        Seconds since 1970.
    score : float
        Of the picture that brought it.
    scores : tuple of float
        Of the last pictures, this one included: what the alarm rests on.
    """

    number: int
    time: float
    score: float
    scores: tuple[float, ...]


@dataclass(frozen=True)
class Standing:
    """What the rules remember of one camera: a few numbers, however long it runs.

    Attributes
    ----------
    scores : tuple of float
        Of the last answered rounds, at most as many as the rule looks at.
    state : State
        What is known after the last round.
    burning : bool
        Whether an event goes on, which has had its alarm.
    alarms : int
        How many were raised.
    alarmed : float or None
        When the last one was, in seconds since 1970.
    """

    scores: tuple[float, ...] = ()
    state: State = State.UNKNOWN
    burning: bool = False
    alarms: int = 0
    alarmed: float | None = None

    def after(self, event: Event) -> Standing:
        """Give the standing that an event leaves behind, from the event alone.

        Examples
        --------
        >>> rule = Rule(votes=1, of=1)
        >>> standing, event = step(Standing(), 0.9, rule, time=60.0)
        >>> Standing().after(event) == standing
        True
        """
        return Standing(event.scores, State.FIRE, True, event.number, event.time)

    def as_dict(self) -> dict[str, Any]:
        """Give the fields, ready for JSON."""
        return asdict(self) | {"scores": list(self.scores), "state": str(self.state)}

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Standing:
        """Read what `as_dict` gave; raise ValueError if it is anything else.

        Examples
        --------
        >>> standing = Standing((0.25, 0.75), State.NO_FIRE)
        >>> Standing.from_dict(standing.as_dict()) == standing
        True
        """
        scores, alarms = fields["scores"], fields["alarms"]
        burning, alarmed = fields["burning"], fields["alarmed"]
        if (
            not isinstance(scores, list)
            or not all(_is_score(each) for each in scores)
            or not isinstance(burning, bool)
            or not isinstance(alarms, int)
            or alarms < 0
            or not (alarmed is None or _is_number(alarmed))
        ):
            raise ValueError("a standing holds scores, counts and times")
        return cls(
            tuple(scores[-_LONGEST:]), State(fields["state"]), burning, alarms, alarmed
        )


def step(
    standing: Standing, score: float | None, rule: Rule, *, time: float
) -> tuple[Standing, Event | None]:
    """Judge one round of one camera.

    Parameters
    ----------
    standing : Standing
        What was known before.
    score : float or None
        Probability of fire; None if the camera gave no picture to judge.
    rule : Rule
    time : float
        Seconds since 1970.

    Returns
    -------
    Standing
        What is known now.
    Event or None
        The alarm, if this round raised one.

    Raises
    ------
    ValueError
        If the score is no probability.

    Examples
    --------
    >>> rule = Rule(votes=2, of=3)
    >>> standing, event = step(Standing(), 0.9, rule, time=0.0)
    >>> print(standing.state, event)
    unknown None
    >>> standing, event = step(standing, 0.8, rule, time=60.0)
    >>> print(standing.state, event.scores)
    fire (0.9, 0.8)
    >>> standing, event = step(standing, None, rule, time=120.0)
    >>> print(standing.state, event)
    fire None
    """
    if score is None:
        known = State.FIRE if standing.state is State.FIRE else State.UNKNOWN
        return replace(standing, state=known), None
    if not _is_score(score):
        raise ValueError(
            f"A score is a probability between 0 and 1, not {score}: "
            "give None for a picture that was not judged."
        )
    scores = (*standing.scores, float(score))[-rule.of :]
    fires = sum(each >= rule.threshold for each in scores)
    calm = sum(each < rule.lower for each in scores)
    # Votes and calm pictures are never enough both: there are rule.of in all.
    burning = standing.burning and calm < rule.quiet
    if burning or fires >= rule.votes:
        state = State.FIRE
    else:
        enough = len(scores) - fires >= rule.quiet
        state = State.NO_FIRE if enough else State.UNKNOWN
    after = replace(standing, scores=scores, state=state, burning=burning)
    if burning or fires < rule.votes or _cooling(standing.alarmed, rule, time):
        return after, None
    event = Event(standing.alarms + 1, time, float(score), scores)
    return after.after(event), event


def trace(
    scores: Sequence[float | None],
    rule: Rule,
    *,
    times: Sequence[float] | None = None,
    standing: Standing | None = None,
) -> list[tuple[Standing, Event | None]]:
    """Judge the stored scores of one camera, round by round.

    Parameters
    ----------
    scores : sequence of float or None
        One a round; None where the camera gave no picture.
    rule : Rule
    times : sequence of float, optional
        When each round was, in seconds; one a minute if left out.
    standing : Standing, optional
        Where to begin, if not with a camera that is new.

    Returns
    -------
    list of (Standing, Event or None)
        What `step` gave for each round.

    Examples
    --------
    >>> rounds = trace([0.1, None, 0.2, 0.9], Rule(votes=2, of=2))
    >>> print(*(standing.state for standing, _ in rounds), sep=", ")
    no fire, unknown, no fire, no fire
    """
    times = [60.0 * i for i in range(len(scores))] if times is None else times
    standing = Standing() if standing is None else standing
    rounds = []
    for score, time in zip(scores, times, strict=True):
        standing, event = step(standing, score, rule, time=time)
        rounds.append((standing, event))
    return rounds


def replay(
    scores: Sequence[float | None],
    rule: Rule,
    *,
    times: Sequence[float] | None = None,
    standing: Standing | None = None,
) -> list[Event]:
    """Say which alarms stored scores would have raised under a rule.

    Parameters
    ----------
    scores, rule, times, standing
        As for `trace`.

    Returns
    -------
    list of Event
        The alarms, which are those that a watcher would have raised.

    Examples
    --------
    >>> scores = [0.1, 0.9, 0.2, 0.8, None, 0.9, 0.9, 0.1]
    >>> [event.time / 60 for event in replay(scores, Rule(votes=3, of=5))]
    [5.0]
    >>> replay(scores, Rule(votes=3, of=3))[0].time / 60
    6.0
    """
    rounds = trace(scores, rule, times=times, standing=standing)
    return [event for _, event in rounds if event is not None]


def n_of_m(text: str) -> tuple[int, int]:
    """Read "3/5" or "3 of 5".

    Examples
    --------
    >>> n_of_m("3/5"), n_of_m("2 of 2")
    ((3, 5), (2, 2))
    """
    found = re.fullmatch(r"\s*(\d{1,4})\s*(?:/|of)\s*(\d{1,4})\s*", text)
    if found is None:
        raise ValueError(
            f"{text!r} is no N of M: write 3/5 for three votes among five."
        )
    votes, of = (int(each) for each in found.groups())
    Rule(votes=votes, of=of)  # which refuses 5/3
    return votes, of


def _cooling(alarmed: float | None, rule: Rule, time: float) -> bool:
    # A clock that was set back must not silence a camera: then nothing cools.
    return alarmed is not None and 0 <= time - alarmed < rule.cooldown


def _is_number(value: object) -> bool:
    return (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and math.isfinite(value)
    )


def _is_score(value: object) -> bool:
    # A NumPy scalar is a float too, or gives one.
    try:
        return not isinstance(value, bool) and 0 <= float(value) <= 1  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
