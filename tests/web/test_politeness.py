"""Turns of servers, and the rules that they publish."""

import random
import threading
import time

import pytest

from fire_course.web.line import Deadline
from fire_course.web.politeness import Pace, Robots, Turns, user_agent
from fire_course.web.trouble import Kind, Trouble

A, B = ("http", "a.example", 80), ("http", "b.example", 80)


def test_a_turn_belongs_to_one_and_leaves_nothing_behind():
    turns, inside, most = Turns(), 0, []

    def visit(seed):
        nonlocal inside
        rng = random.Random(seed)
        for _ in range(20):
            with turns.hold(A):
                inside += 1
                most.append(inside)
                time.sleep(rng.random() * 0.001)
                inside -= 1

    threads = [threading.Thread(target=visit, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(most) == 160
    assert set(most) == {1}
    assert turns._locks == {}


def test_exchanging_turns_in_both_directions_does_not_lock_up():
    turns, done = Turns(), []

    def visit(first, second):
        for _ in range(50):
            with turns.hold(first) as turn:
                turn.move(second, Deadline(30))
                turn.move(first, Deadline(30))
        done.append(True)

    threads = [
        threading.Thread(target=visit, args=pair, daemon=True)
        for pair in [(A, B), (B, A)] * 3
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(done) == 6
    assert turns._locks == {}


def test_who_waits_for_a_turn_gives_up_at_the_deadline():
    turns = Turns()
    with turns.hold(B):
        with pytest.raises(Trouble) as caught, turns.hold(A) as turn:
            turn.move(B, Deadline(0.1))
        assert caught.value.kind is Kind.TIMEOUT
        assert set(turns._locks) == {B}


RULES = """
User-agent: *
Disallow: /private/
Disallow: /cam.cgi

User-agent: greedy
Disallow: /
"""


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/", True), ("/cam.jpg", True), ("/private/a.jpg", False), ("/cam.cgi?x", False)],
)
def test_rules_are_read_for_us_and_not_for_others(path, allowed):
    robots = Robots()
    assert robots.allowed(A, f"http://a.example{path}") is None
    robots.learn(A, RULES)
    assert robots.allowed(A, f"http://a.example{path}") is allowed
    assert robots.allowed(B, f"http://b.example{path}") is None


def test_rules_are_forgotten_after_an_hour_and_never_more_than_some_thousands():
    now = [0.0]
    robots = Robots(clock=lambda: now[0])
    robots.learn(A, RULES)
    now[0] = 3599
    assert robots.allowed(A, "http://a.example/") is True
    now[0] = 3600
    assert robots.allowed(A, "http://a.example/") is None
    for number in range(3000):
        robots.learn(("http", f"{number}.example", 80), "")
    assert len(robots._known) == 2000


@pytest.mark.parametrize(
    "text", ["", "\0\xff" * 100, "<html>", "Disallow: /", "a:b:c\n" * 99]
)
def test_what_is_no_rule_forbids_nothing(text):
    robots = Robots()
    robots.learn(A, text)
    assert robots.allowed(A, "http://a.example/x.jpg") is True


def test_the_user_agent_fits_into_a_header():
    agent = user_agent("me\r\nX-Evil: 1 (λ) @example.org")
    assert agent.isascii() and agent.isprintable()
    assert agent.startswith("fire-course/")


@pytest.mark.parametrize(
    ("rules", "delay"),
    [
        ("User-agent: *\nCrawl-delay: 3\n", 3.0),
        ("User-agent: fire-course\nRequest-rate: 1/5\n", 5.0),
        ("User-agent: *\nCrawl-delay: 2\nRequest-rate: 10/5\n", 2.0),
        ("User-agent: greedy\nCrawl-delay: 9\n", 0.0),
        ("User-agent: *\nCrawl-delay: often\nRequest-rate: 0/0\n", 0.0),
    ],
)
def test_the_delay_that_a_server_asks_for(rules, delay):
    robots = Robots()
    assert robots.delay(A) == 0
    robots.learn(A, rules)
    assert robots.delay(A) == delay
    pace = Pace(0.5, robots)
    assert pace.left(A) == 0
    pace.request(A, Deadline(30))
    assert pace.left(A) == pytest.approx(max(0.5, delay), abs=0.2)
    assert pace.left(B) == 0


def test_a_server_that_wants_rest_gets_it():
    pace = Pace(0)
    pace.rest(A, 50)
    assert pace.resting(A) and not pace.resting(B)
    started = time.monotonic()
    with pytest.raises(Trouble, match="again in 50 seconds") as caught:
        pace.request(A, Deadline(5))
    assert caught.value.kind is Kind.TOO_SOON
    assert time.monotonic() - started < 1
    pace.request(B, Deadline(5))
