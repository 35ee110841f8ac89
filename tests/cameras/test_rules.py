"""The alarm rules against brute force, and the laws that they keep for any scores."""

import dataclasses
import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fire_course.cameras.rules import (
    Rule,
    Standing,
    State,
    n_of_m,
    replay,
    step,
    trace,
)

# Few values, so that windows fill, events end and thresholds are met exactly.
SCORES = st.sampled_from([0.0, 0.2, 0.39, 0.4, 0.45, 0.5, 0.7, 1.0])
ROUNDS = st.lists(st.none() | SCORES, max_size=60)


@st.composite
def rules(draw, cooldown=None):
    of = draw(st.integers(1, 6))
    wait = (
        st.sampled_from([0.0, 60.0, 200.0]) if cooldown is None else st.just(cooldown)
    )
    return Rule(
        threshold=draw(st.sampled_from([0.4, 0.5, 0.7, 1.0])),
        votes=draw(st.integers(1, of)),
        of=of,
        release=draw(st.sampled_from([None, 0.2, 0.4])),
        cooldown=draw(wait),
    )


def answered(rounds, upto):
    """Give the scores of the answered rounds up to and with this one."""
    return [score for score in rounds[: upto + 1] if score is not None]


def alarms(rounds, rule, **options):
    """Give the numbers of the rounds in which an alarm was raised."""
    events = [event for _, event in trace(rounds, rule, **options)]
    return [number for number, event in enumerate(events) if event is not None]


@settings(deadline=None, max_examples=300)
@given(ROUNDS, rules())
def test_an_alarm_has_its_votes_among_the_last_answered_rounds(rounds, rule):
    for number, (_, event) in enumerate(trace(rounds, rule)):
        if event is not None:
            window = answered(rounds, number)[-rule.of :]
            assert rounds[number] == event.score  # never in a silent round
            assert list(event.scores) == window
            assert sum(score >= rule.threshold for score in window) >= rule.votes


@settings(deadline=None, max_examples=300)
@given(ROUNDS, rules())
def test_one_alarm_an_event(rounds, rule):
    """Between two alarms of a camera lies a window that is calm, and the cooldown."""
    for first, second in itertools.pairwise(alarms(rounds, rule)):
        assert 60 * (second - first) >= rule.cooldown
        windows = (
            answered(rounds, number)[-rule.of :] for number in range(first + 1, second)
        )
        assert any(
            sum(score < rule.lower for score in window) > rule.of - rule.votes
            for window in windows
        )


@settings(deadline=None, max_examples=300)
@given(ROUNDS, rules(cooldown=0.0))
def test_it_equals_a_plain_account_of_windows(rounds, rule):
    """No memory but the list of answers: slower, and written the other way round."""
    scores = answered(rounds, len(rounds))
    burning, expected = False, []
    for end in range(1, len(scores) + 1):
        window = np.array(scores[max(0, end - rule.of) : end])
        ranked = np.sort(window)
        enough = len(window) >= rule.votes and ranked[-rule.votes] >= rule.threshold
        calm = len(window) >= rule.quiet and ranked[rule.quiet - 1] < rule.lower
        if burning and calm:
            burning = False
        if not burning and enough:
            burning = True
            expected.append(end - 1)
    places = [i for i, score in enumerate(rounds) if score is not None]
    assert alarms(rounds, rule) == [places[i] for i in expected]


@settings(deadline=None, max_examples=300)
@given(ROUNDS, rules())
def test_no_fire_is_known_only_from_a_picture_of_the_same_round(rounds, rule):
    for number, (standing, _) in enumerate(trace(rounds, rule)):
        window = answered(rounds, number)[-rule.of :]
        votes = sum(score >= rule.threshold for score in window)
        if rounds[number] is None:
            assert standing.state is not State.NO_FIRE
        if votes >= rule.votes and rounds[number] is not None:
            assert standing.state is State.FIRE
        if standing.state is State.NO_FIRE:
            # Whatever the rounds before had been: too few of the last could vote.
            assert len(window) - votes > rule.of - rule.votes


@settings(deadline=None, max_examples=300)
@given(ROUNDS, rules(cooldown=0.0), st.data())
def test_silence_changes_no_vote_and_never_makes_it_no_fire(rounds, rule, data):
    """With silent rounds put in: the same alarms, the same states where answered."""
    at = data.draw(st.lists(st.integers(0, len(rounds)), max_size=20))
    longer = [(number, score) for number, score in enumerate(rounds)]
    longer += [(place - 0.5, None) for place in at]
    longer.sort(key=lambda each: each[0])
    plain, silent = (
        [
            (standing.state, event and event.scores)
            for (standing, event), score in zip(trace(each, rule), each, strict=True)
            if score is not None
        ]
        for each in (rounds, [score for _, score in longer])
    )
    assert plain == silent
    ends = trace([*rounds, None], rule)[-1][0].state
    before = trace(rounds, rule)[-1][0].state if rounds else State.UNKNOWN
    assert ends == (State.FIRE if before is State.FIRE else State.UNKNOWN)


@settings(deadline=None, max_examples=300)
@given(ROUNDS, rules(), st.sampled_from([0.4, 0.5, 0.7, 1.0]))
def test_a_higher_threshold_never_rings_earlier(rounds, rule, other):
    low, high = sorted([rule.threshold, other])
    early, late = (
        alarms(rounds, dataclasses.replace(rule, threshold=each))
        for each in (low, high)
    )
    if late:
        assert early
        assert early[0] <= late[0]


@settings(deadline=None, max_examples=300)
@given(ROUNDS, rules(cooldown=0.0), st.sampled_from([0.4, 0.5, 0.7, 1.0]))
def test_a_higher_threshold_shows_no_fire_where_a_lower_shows_none(rounds, rule, other):
    low, high = sorted([rule.threshold, other])
    lower, higher = (
        trace(rounds, dataclasses.replace(rule, threshold=each, release=0.2))
        for each in (low, high)
    )
    for (some, _), (fewer, _) in zip(lower, higher, strict=True):
        assert some.burning or not fewer.burning


@settings(deadline=None, max_examples=200)
@given(ROUNDS, rules(), st.integers(0, 60))
def test_a_standing_written_and_read_goes_on_as_if_nothing_had_been(rounds, rule, cut):
    times = [60.0 * i for i in range(len(rounds))]
    whole = trace(rounds, rule, times=times)
    first = trace(rounds[:cut], rule, times=times[:cut])
    standing = first[-1][0] if first else Standing()
    kept = Standing.from_dict(json.loads(json.dumps(standing.as_dict())))
    assert kept == standing
    rest = trace(rounds[cut:], rule, times=times[cut:], standing=kept)
    assert first + rest == whole


@settings(deadline=None, max_examples=100)
@given(ROUNDS, rules())
def test_a_standing_follows_from_its_alarm_alone(rounds, rule):
    for standing, event in trace(rounds, rule):
        assert event is None or Standing().after(event) == standing


@pytest.mark.parametrize("votes", range(1, 6))
def test_a_lasting_fire_rings_with_its_nth_picture(votes):
    calm, fire = [0.1] * 7, [0.9] * 30
    assert alarms(calm + fire, Rule(votes=votes, of=5)) == [7 + votes - 1]


def test_a_fire_that_flickers_is_one_event_and_a_second_fire_another():
    flicker = [0.9, 0.9, 0.3, 0.9, 0.45, 0.3, 0.42, 0.9, 0.41] * 5
    rounds = [0.1] * 5 + flicker + [0.1] * 5 + flicker
    rule = Rule(votes=3, of=5, cooldown=0)
    assert len(alarms(rounds, rule)) == 2
    # With the release at the threshold, the same flicker ends and begins events.
    assert len(alarms(rounds, dataclasses.replace(rule, release=0.5))) > 2


def test_an_alarm_in_the_cooldown_is_late_and_not_lost():
    rule = Rule(votes=1, of=1, cooldown=600)
    rounds = [0.9, 0.1] + [0.9] * 20  # one a minute
    assert alarms(rounds, rule) == [0, 10]
    states = [standing.state for standing, _ in trace(rounds, rule)]
    assert states[2:] == [State.FIRE] * 20  # it is shown all the while


def test_a_clock_set_back_silences_nothing():
    rule = Rule(votes=1, of=1, cooldown=600)
    times = [10_000.0, 10_060.0, 500.0]
    assert len(replay([0.9, 0.1, 0.9], rule, times=times)) == 2


def test_a_new_rule_judges_what_an_old_one_remembered():
    standing, _ = trace([0.9, 0.1, 0.9, 0.1, 0.9], Rule(votes=5, of=5))[-1]
    after, event = step(standing, 0.9, Rule(votes=2, of=2), time=300.0)
    assert event.scores == (0.9, 0.9)
    assert after.scores == (0.9, 0.9)


@pytest.mark.parametrize("bad", [math.nan, -0.1, 1.5, math.inf, "0.5x", True])
def test_a_score_that_is_none_is_refused(bad):
    with pytest.raises(ValueError, match="probability between 0 and 1"):
        step(Standing(), bad, Rule(), time=0.0)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"threshold": 1.2}, "threshold is a probability"),
        ({"threshold": math.nan}, "threshold is a probability"),
        ({"votes": 0}, "0 votes of 5"),
        ({"votes": 6}, "6 votes of 5"),
        ({"of": 2000}, "<= 1000"),
        ({"release": 0.6}, "release of 0.6"),
        ({"cooldown": -1}, "cooldown"),
        ({"cooldown": math.inf}, "cooldown"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(options, words):
    with pytest.raises(ValueError, match=words):
        Rule(**options)


@pytest.mark.parametrize("text", ["3", "5/3", "0/4", "a/b", "3/5/7", "", "-1/3"])
def test_what_is_no_n_of_m_is_refused(text):
    with pytest.raises(ValueError, match="N of M|N <= M"):
        n_of_m(text)


@pytest.mark.parametrize(
    "change",
    [
        {"scores": [2.0]},
        {"scores": [math.nan]},
        {"scores": "0.1"},
        {"state": "calm"},
        {"burning": 1},
        {"alarms": -1},
        {"alarms": "3"},
        {"alarmed": "noon"},
        {"alarmed": math.inf},
    ],
)
def test_a_standing_that_none_wrote_is_refused(change):
    with pytest.raises((ValueError, TypeError)):
        Standing.from_dict(Standing((0.5,)).as_dict() | change)
