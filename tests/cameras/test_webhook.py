"""Alarms by POST, to real servers on loopback that take them, refuse, hang, trickle."""

import contextlib
import http.server
import json
import socket
import threading
import time

import pytest

from fire_course.cameras.delivery import Delivery, Undelivered
from fire_course.cameras.webhook import Webhook

ALARM = {"id": "abc-1", "camera": "λόφος", "score": 0.91, "frame": None}


@contextlib.contextmanager
def server(*statuses, headers=()):
    """Answer with these in turn, the last one for ever; give address and requests."""
    seen = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers["Content-Length"])
            seen.append((dict(self.headers), json.loads(self.rfile.read(length))))
            self.send_response(statuses[min(len(seen), len(statuses)) - 1])
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://me:pw@127.0.0.1:{listening.server_port}/a?token=x", seen
        finally:
            listening.shutdown()
            thread.join()


@contextlib.contextmanager
def raw(behave):
    """Serve one connection after the other by a function of the socket."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(5)
        listening.settimeout(0.1)
        over = threading.Event()

        def serve():
            while not over.is_set():
                with contextlib.suppress(OSError):
                    sock, _ = listening.accept()
                    with sock:
                        behave(sock, over)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/secret-token"
        finally:
            over.set()
            thread.join()


def hang(sock, over):
    over.wait(20)


def trickle(sock, over):
    for byte in b"HTTP/1.1 200 OK\r\n" + b"X-Slow: yes\r\n" * 99:
        if over.wait(0.1):
            return
        sock.sendall(bytes([byte]))


def nonsense(sock, over):
    sock.recv(100)
    sock.sendall(b"220 smtp.example ESMTP\r\n\r\n")


def test_the_alarm_arrives_as_json():
    with server(204) as (url, seen):
        Webhook(url)(ALARM)
    ((headers, record),) = seen
    assert record == ALARM
    assert headers["Content-Type"] == "application/json"
    assert headers["Idempotency-Key"] == "abc-1"


@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_what_may_pass_is_tried_again(status):
    with server(status, status, 200) as (url, seen):
        delivery = Delivery("webhook", Webhook(url), wait=0.01)
        delivery.send(ALARM)
        delivery.close(timeout=20)
    assert len(seen) == 3


@pytest.mark.parametrize("status", [400, 401, 404, 410, 302])
def test_what_will_not_pass_is_told_once_without_the_address(status):
    notes = []
    elsewhere = [("Location", "http://127.0.0.1:1/")]
    with server(status, headers=elsewhere) as (url, seen):
        delivery = Delivery("webhook", Webhook(url), wait=0.01, tell=notes.append)
        delivery.send(ALARM)
        delivery.close(timeout=20)
    assert len(seen) == 1
    assert f"it answers {status}" in notes[0]
    assert "pw" not in notes[0]
    assert "token" not in notes[0]


@pytest.mark.parametrize("behave", [hang, trickle])
def test_the_deadline_is_for_all_of_it(behave):
    """A byte in a tenth of a second outlives every timeout of a single read."""
    with raw(behave) as url:
        started = time.monotonic()
        with pytest.raises(Undelivered, match="within 1 seconds") as told:
            Webhook(url, deadline=1.0)(ALARM)
        assert time.monotonic() - started < 6
    assert "secret-token" not in str(told.value)


@pytest.mark.parametrize("behave", [nonsense, lambda sock, over: None])
def test_nonsense_is_no_delivery(behave):
    with raw(behave) as url, pytest.raises(Undelivered):
        Webhook(url, deadline=5.0)(ALARM)


def test_nobody_there_is_told_in_words():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Undelivered, match="cannot be reached"):
        Webhook(f"http://127.0.0.1:{port}/")(ALARM)


@pytest.mark.parametrize("url", ["", "ftp://a.example/x", "http://", "http://a b/"])
def test_an_address_that_cannot_be_is_refused_at_once(url):
    with pytest.raises(ValueError, match="webhook cannot be used"):
        Webhook(url)
