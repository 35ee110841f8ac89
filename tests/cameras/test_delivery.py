"""Alarms are told in the background: in order, again where it helps, bounded."""

import threading
import time

from fire_course.cameras.delivery import Delivery, Undelivered


def numbered(count):
    return [{"id": f"hill-{number}"} for number in range(count)]


def test_all_arrive_in_their_order():
    told = []
    delivery = Delivery("webhook", told.append)
    for record in numbered(50):
        delivery.send(record)
    delivery.close()
    assert told == numbered(50)
    assert delivery.waiting() == []


def test_whoever_is_slow_delays_nobody_and_the_queue_is_bounded():
    go, told, notes = threading.Event(), [], []

    def slow(record):
        assert go.wait(30)
        told.append(record["id"])

    delivery = Delivery("webhook", slow, limit=10, tell=notes.append)
    started = time.monotonic()
    delivery.send({"id": "hill-0"})
    while delivery._thread is None:  # it has the first in its hands
        time.sleep(0.01)
    for record in numbered(1000)[1:]:
        delivery.send(record)
    assert time.monotonic() - started < 5  # the receiver has not answered once
    assert len(delivery.waiting()) == 10
    assert len(notes) == 990
    assert "the oldest is not told" in notes[0]
    go.set()
    delivery.close(timeout=20)
    assert told == ["hill-0", *(f"hill-{number}" for number in range(991, 1000))]


def test_a_receiver_that_comes_back_gets_it():
    tries, notes = [], []

    def flaky(record):
        tries.append(time.monotonic())
        if len(tries) < 4:
            raise Undelivered("it answers 503")

    delivery = Delivery("webhook", flaky, wait=0.05, tell=notes.append)
    delivery.send({"id": "hill-1"})
    delivery.close(timeout=20)
    assert len(tries) == 4
    assert notes == []
    waits = [b - a for a, b in zip(tries, tries[1:], strict=False)]
    # Each wait is twice as long as the one before; a busy machine makes them longer.
    assert all(
        wait >= least for wait, least in zip(waits, (0.05, 0.1, 0.2), strict=True)
    )


def test_it_gives_up_after_its_tries_and_says_so():
    tries, notes = [], []

    def never(record):
        tries.append(record["id"])
        raise Undelivered("it answers 500")

    delivery = Delivery("webhook", never, tries=3, wait=0.01, tell=notes.append)
    for record in numbered(2):
        delivery.send(record)
    delivery.close(timeout=20)
    assert tries == ["hill-0"] * 3 + ["hill-1"] * 3
    assert "the alarm hill-0 was not told (it answers 500)" in notes[0]
    assert len(notes) == 2


def test_what_no_repetition_helps_is_not_repeated_and_a_fault_ends_nothing():
    tries, notes = [], []

    def refuse(record):
        tries.append(record["id"])
        if record["id"] == "hill-0":
            raise Undelivered("it answers 404", again=False)
        if record["id"] == "hill-1":
            raise ZeroDivisionError("division by zero")

    delivery = Delivery("webhook", refuse, wait=0.01, tell=notes.append)
    for record in numbered(3):
        delivery.send(record)
    delivery.close(timeout=20)
    assert tries == ["hill-0", "hill-1", "hill-2"]
    assert "ZeroDivisionError" in notes[1]


def test_closing_waits_no_longer_than_told_and_keeps_what_is_left():
    go = threading.Event()

    class Stuck:
        def __call__(self, record):
            go.wait(30)
            raise Undelivered("it was ended")

        def close(self):
            go.set()

    notes = []
    delivery = Delivery("hook", Stuck(), tries=1, tell=notes.append)
    for record in numbered(3):
        delivery.send(record)
    started = time.monotonic()
    delivery.close(timeout=0.1)
    assert time.monotonic() - started < 5
    assert delivery.waiting() == numbered(3)
    assert notes == []  # it will be told after the next start


def test_nothing_to_tell_starts_no_thread():
    before = threading.active_count()
    delivery = Delivery("webhook", print)
    delivery.close()
    assert threading.active_count() == before
