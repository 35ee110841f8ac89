"""`Fetcher` against cameras on loopback that work, hang, lie, lead astray and pour."""

import contextlib
import dataclasses
import io
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from PIL import Image

from fire_course import images
from fire_course.cameras import (
    Camera,
    Failure,
    Fetcher,
    Kind,
    Memory,
    Settings,
    Snapshot,
    fetch,
)
from fire_course.cameras.demo import FAULTS, Network

SIZE = 64


@contextlib.contextmanager
def full_queue():
    """A listener with no room for another connection."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(8):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()


def net(*faults, **options):
    return Network(faults=faults, size=SIZE, **options)


# --- deadlines ----------------------------------------------------------------


def test_one_hanging_camera_among_a_hundred_delays_no_other():
    """The others are all done while it still hangs, with a minute to go."""
    done = []
    with net(*["ok"] * 50, "hang", *["ok"] * 49) as network:

        def progress(count, total):
            done.append(count)
            if count == total - 1:
                network.closing.set()  # only now it lets go

        fetcher = network.fetcher(deadline=120.0, tries=1)
        answers = fetcher.round(network.cameras, progress=progress)
    assert done == list(range(1, 101))
    failed = [a for a in answers if isinstance(a, Failure)]
    assert [a.camera.name for a in failed] == ["hang-50"]
    assert failed[0].time >= max(a.time for a in answers if isinstance(a, Snapshot))


def test_many_slow_cameras_end_together_by_the_deadline():
    slow = ["hang", "trickle", "trickle-header", "hang-in-body", "continue"] * 8
    with net(*slow) as network:
        fetcher = network.fetcher(deadline=2.0)
        started = time.monotonic()
        answers = fetcher.round(network.cameras)
        took = time.monotonic() - started
    assert {a.kind for a in answers} == {Kind.TIMEOUT}
    assert took < 2.0 + 2  # one after the other they would take eighty seconds


def test_a_name_that_nobody_answers_for_is_left_behind():
    release = threading.Event()

    def slow(host, *rest):
        release.wait(30)
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    fetcher = Fetcher(Settings(deadline=0.5), resolve=slow)
    started = time.monotonic()
    answer = fetcher.snapshot(Camera("a", "http://camera.example/x.jpg"))
    took = time.monotonic() - started
    release.set()
    assert (answer.kind, took < 1.5) == (Kind.DNS, True)


def test_a_port_that_never_accepts_is_left_behind():
    """A full queue of connections: the kernel leaves further ones without an answer."""
    with full_queue() as address:
        camera = Camera("a", "http://{}:{}/".format(*address))
        answer = fetch(camera, settings=Settings(deadline=0.7, allow_private=True))
    assert answer.kind in (Kind.TIMEOUT, Kind.UNREACHABLE)
    assert answer.seconds < 1.7


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_lets_go_of_cameras_that_hang():
    """Neither their deadline is waited for nor is anything told but the interrupt."""
    program = """
import json, sys
from fire_course.cameras import Camera, Fetcher, Settings, looking
looking.prepare()
cameras = [Camera(str(i), url) for i, url in enumerate(json.load(sys.stdin))]
try:
    Fetcher(Settings(allow_private=True, deadline=100, tries=3)).round(cameras)
except KeyboardInterrupt:
    print("interrupted")
"""
    with net("hang", "trickle", "hang-everywhere", "trickle-header") as network:
        process = subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        process.stdin.write(json.dumps([camera.url for camera in network.cameras]))
        process.stdin.close()
        process.stdin = None
        end = time.monotonic() + 60
        while network.asked != [1, 1, 0, 1] and time.monotonic() < end:
            time.sleep(0.02)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        started = time.monotonic()
        out, err = process.communicate(timeout=60)
        took = time.monotonic() - started
    assert (out, err, process.returncode) == ("interrupted\n", "", 0)
    assert took < 20


# --- addresses ----------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "10.1.2.3", "192.168.0.1", "0.0.0.0"]
    + ["169.254.169.254", "100.64.0.1", "2130706433", "0x7f.1", "017700000001"]
    + ["[fe80::1]", "[fc00::1]", "[64:ff9b::10.0.0.1]", "[2002:a00:1::]", "224.0.0.1"],
)
def test_private_addresses_are_refused_without_a_connection(host):
    def nobody(*_):
        raise AssertionError("a number needs no lookup")

    camera = Camera("a", f"http://{host}/x.jpg")
    answer = Fetcher(Settings(deadline=5), resolve=nobody).snapshot(camera)
    assert answer.kind is Kind.BLOCKED


def info(address, port):
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]


def test_a_name_that_leads_to_a_private_address_is_refused():
    with net("ok") as network:
        port = network.cameras[0].url.split(":")[2].split("/")[0]
        camera = Camera("a", f"http://camera.example:{port}/x.jpg")
        resolve = lambda host, port, *_: info("127.0.0.1", port)  # noqa: E731
        refused = Fetcher(resolve=resolve).snapshot(camera)
        allowed = Fetcher(Settings(allow_private=True), resolve=resolve)
        answered = allowed.snapshot(camera)
    assert refused.kind is Kind.BLOCKED
    assert isinstance(answered, Snapshot)
    assert network.asked == [1]


def test_a_name_that_changes_is_connected_to_where_it_was_checked(monkeypatch):
    """Each lookup gives another address; each connection has a lookup of its own."""
    connected = []

    def connect(sock, address):
        connected.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    from fire_course.web import line

    monkeypatch.setattr(line._Socket, "connect", connect, raising=False)
    addresses = iter(["93.184.216.34", "127.0.0.1", "127.0.0.1"])
    resolve = lambda host, port, *_: info(next(addresses), port)  # noqa: E731
    fetcher = Fetcher(Settings(wait=0.01, deadline=5), resolve=resolve)
    answer = fetcher.snapshot(Camera("a", "http://camera.example/x.jpg"))
    assert connected == [("93.184.216.34", 80)]  # and never the other
    assert answer.kind is Kind.BLOCKED


def test_of_several_addresses_only_the_public_ones_are_tried(monkeypatch):
    from fire_course.web import line

    tried = []

    def connect(sock, address):
        tried.append(address[0])
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(line._Socket, "connect", connect, raising=False)
    found = ["10.0.0.1", "93.184.216.34", "127.0.0.1", "8.8.8.8"]
    resolve = lambda host, port, *_: [info(a, port)[0] for a in found]  # noqa: E731
    fetcher = Fetcher(Settings(tries=1), resolve=resolve)
    answer = fetcher.snapshot(Camera("a", "http://camera.example/x.jpg"))
    assert tried == ["93.184.216.34", "8.8.8.8"]
    assert answer.kind is Kind.UNREACHABLE


def test_the_second_address_is_asked_if_the_first_is_dead():
    with net("ok") as network:
        port = int(network.cameras[0].url.split(":")[2].split("/")[0])
        both = [info("127.0.0.9", port)[0], info("127.0.0.1", port)[0]]
        fetcher = Fetcher(Settings(allow_private=True), resolve=lambda *_: both)
        answer = fetcher.snapshot(Camera("a", f"http://camera.example:{port}/x.jpg"))
    assert isinstance(answer, Snapshot)


def test_tls_is_checked_by_name_and_works_where_it_is_in_order():
    """The address is connected to, and the name stays in TLS."""
    with net("self-signed") as network:
        port = network.cameras[0].url.split(":")[2].split("/")[0]
        resolve = lambda host, port, *_: info("127.0.0.1", port)  # noqa: E731
        trusting = dataclasses.replace(
            network.settings, authorities=network.authorities, deadline=20
        )
        fetcher = Fetcher(trusting, resolve=resolve)
        named = fetcher.snapshot(Camera("a", f"https://localhost:{port}/x.jpg"))
        numbered = fetcher.snapshot(Camera("b", f"https://127.0.0.1:{port}/x.jpg"))
        other = fetcher.snapshot(Camera("c", f"https://camera.example:{port}/x.jpg"))
    assert isinstance(named, Snapshot)
    assert isinstance(numbered, Snapshot)
    assert other.kind is Kind.TLS
    assert "camera.example" in other.reason or "ostname" in other.reason


# --- trying again -------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "asked"),
    [("500", 3), ("503", 3), ("too-long", 3), ("half", 1), ("404", 1), ("429", 1)]
    + [("html", 1), ("giant", 1), ("circle", 2), ("robots", 0)],
)
def test_a_camera_is_asked_again_only_where_it_may_help(name, asked):
    with net(name) as network:
        network.fetcher(tries=3, wait=0.01, deadline=30).snapshot(network.cameras[0])
        assert network.asked == [asked]


def test_retry_after_is_kept_between_snapshots():
    now = [1000.0]
    with net("429") as network:
        (camera,) = network.cameras
        fetcher = Fetcher(network.settings, clock=lambda: now[0])
        memory = Memory()
        first = fetcher.snapshot(camera, memory)
        now[0] += 3590
        second = fetcher.snapshot(camera, Memory.from_dict(memory.as_dict()))
        now[0] += 11
        third = fetcher.snapshot(camera, memory)
        assert network.asked == [2]
    assert (first.kind, first.retry_after) == (Kind.STATUS, 3600)
    assert second.kind is Kind.TOO_SOON
    assert second.retry_after == pytest.approx(10)
    assert third.kind is Kind.STATUS


def test_a_retry_after_that_fits_is_waited_for():
    with net("busy-once") as network:
        answer = network.fetcher(wait=60.0).snapshot(network.cameras[0])
        assert network.asked == [2]
    assert isinstance(answer, Snapshot)


# --- politeness ---------------------------------------------------------------


def test_the_minimum_interval_is_kept():
    now = [0.0]
    with net("ok") as network:
        camera = dataclasses.replace(network.cameras[0], minimum_interval=300)
        fetcher = Fetcher(network.settings, clock=lambda: now[0])
        memory = Memory()
        kinds = []
        for _ in range(11):
            kinds.append(getattr(fetcher.snapshot(camera, memory), "kind", None))
            now[0] += 60
            network.step += 1
        assert network.asked == [3]
    waiting = [Kind.TOO_SOON] * 4
    assert kinds == [None, *waiting, None, *waiting, None]


def test_a_round_that_comes_a_moment_early_is_not_lost():
    with net("ok") as network:
        camera = dataclasses.replace(network.cameras[0], minimum_interval=0.8)
        fetcher, memory = network.fetcher(deadline=20), Memory()
        fetcher.snapshot(camera, memory)
        asked = memory.asked
        answer = fetcher.snapshot(camera, memory)
    assert isinstance(answer, Snapshot)
    assert memory.asked - asked >= 0.79


def test_a_clock_that_was_set_back_stops_no_camera():
    memory = Memory(asked=10_000.0)
    camera = Camera("a", "http://a.example/")
    assert Fetcher(clock=lambda: 9_000.0).due(camera, memory) == 0
    assert Fetcher(clock=lambda: 10_001.0).due(camera, memory) == 59


class Watching:
    """A server that counts how many are asking at the same time."""

    def __init__(self, hold=0.05):
        self.busy, self.most, self.seen = 0, 0, []
        guard = threading.Lock()
        data = io.BytesIO()
        pixels = np.random.default_rng(0).integers(0, 255, (40, 50, 3), np.uint8)
        Image.fromarray(pixels).save(data, "PNG")
        watch = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                with guard:
                    watch.busy += 1
                    watch.most = max(watch.most, watch.busy)
                    watch.seen.append((self.path, dict(self.headers)))
                time.sleep(hold)
                with guard:
                    watch.busy -= 1
                body = b"" if self.path == "/robots.txt" else data.getvalue()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_port

    def __enter__(self):
        run = self.server.serve_forever
        threading.Thread(target=run, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


@pytest.mark.parametrize("by", ["round", "threads"])
def test_a_server_is_asked_one_request_at_a_time(by):
    with Watching() as site:
        cameras = [
            Camera(f"c{i}", f"http://127.0.0.1:{site.port}/{i}.png") for i in range(8)
        ]
        fetcher = Fetcher(Settings(allow_private=True, deadline=20))
        if by == "round":
            answers = fetcher.round(cameras)
        else:
            answers = [None] * len(cameras)

            def ask(i):
                answers[i] = fetcher.snapshot(cameras[i])

            threads = [threading.Thread(target=ask, args=(i,)) for i in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
    assert all(isinstance(answer, Snapshot) for answer in answers)
    assert site.most == 1
    paths = [path for path, _ in site.seen]
    assert paths.count("/robots.txt") == 1  # remembered for all cameras of a server
    assert sorted(paths[1:]) == [f"/{i}.png" for i in range(8)]


def test_cameras_that_redirect_to_one_server_wait_for_its_turn_too(monkeypatch):
    with Watching() as site:
        where = f"Location: http://127.0.0.1:{site.port}/x.png"

        def lead(call):
            call.send(status="302 Found", headers=[where])

        there = dataclasses.replace(FAULTS["moved"], answer=lead)
        monkeypatch.setitem(FAULTS, "there", there)
        with net(*["there"] * 6) as network:
            answers = network.fetcher(deadline=20).round(network.cameras)
    assert all(isinstance(answer, Snapshot) for answer in answers)
    assert site.most == 1


def test_who_asks_is_said_clearly():
    with Watching(hold=0) as site:
        camera = Camera("a", f"http://me:hunter2@127.0.0.1:{site.port}/x.png")
        settings = Settings(allow_private=True, contact="mailto:me@example.org\r\nX: y")
        fetch(camera, settings=settings)
    for _, headers in site.seen:
        agent = headers["User-Agent"]
        assert agent.startswith("fire-course/")
        assert "mailto:me@example.org" in agent
        assert headers["Host"] == f"127.0.0.1:{site.port}"
        assert headers["Accept-Encoding"] == "identity"
    assert [path for path, _ in site.seen] == ["/robots.txt", "/x.png"]
    # A password is for the picture alone.
    given = ["Authorization" in headers for _, headers in site.seen]
    assert given == [False, True]


def test_credentials_stay_out_of_logs_answers_and_other_servers(caplog):
    caplog.set_level(logging.DEBUG)
    with Watching(hold=0) as site, net("404", "close", "moved") as network:
        settings = Settings(allow_private=True, wait=0.01, deadline=20)
        fetcher = Fetcher(settings)
        answers = [
            fetcher.snapshot(
                Camera(
                    f"c{i}",
                    each.url.replace("//", "//admin:hunter2@") + "?pwd=hunter2",
                )
            )
            for i, each in enumerate(network.cameras)
        ]
        own = Camera("own", f"http://127.0.0.1:{site.port}/x.png?user=hunter2")
        answers.append(fetcher.snapshot(own))
    assert caplog.records  # urllib3 did speak
    told = caplog.text + repr(answers) + str([a.as_dict() for a in answers])
    assert "hunter2" not in told
    assert site.seen[-1][0] == "/x.png?user=hunter2"  # and yet it was asked that way


def test_credentials_follow_a_redirect_on_their_own_server_only():
    from fire_course.web.addresses import moved

    own = "http://me:pw@a.example/x"
    assert moved(own, "http://a.example:80/y") == "http://me:pw@a.example:80/y"
    for to in ("http://b.example/", "http://a.example:81/", "https://a.example/"):
        assert "pw" not in moved(own, to)
    assert moved(own, "http://evil:word@b.example/") == "http://b.example/"


# --- what is remembered -------------------------------------------------------


def test_not_modified_keeps_the_last_picture_and_says_its_age():
    now = [time.time()]
    with net("tagged") as network:
        (camera,) = network.cameras
        fetcher = Fetcher(network.settings, clock=lambda: now[0])
        memory = Memory()
        first = fetcher.snapshot(camera, memory)
        now[0] += 90
        second = fetcher.snapshot(camera, memory)
        network.step = 1
        now[0] += 90
        third = fetcher.snapshot(camera, memory, size=32)
    assert (first.unchanged, second.unchanged, third.unchanged) == (False, True, False)
    np.testing.assert_array_equal(first.picture, second.picture)
    assert third.picture.shape == (32, 32, 3)
    assert (first.etag, second.etag, third.etag) == ('"step-0"',) * 2 + ('"step-1"',)
    assert first.age is None
    assert second.age == pytest.approx(90)
    assert third.age is None
    assert second.size == first.size


def test_a_server_that_has_nothing_newer_for_long_is_stale_and_not_frozen():
    now = [time.time()]
    with net("tagged") as network:
        (camera,) = network.cameras
        fetcher = Fetcher(network.settings, clock=lambda: now[0])
        memory, kinds = Memory(), []
        for _ in range(8):
            kinds.append(getattr(fetcher.snapshot(camera, memory), "kind", None))
            now[0] += 600
    assert kinds == [None] * 7 + [Kind.STALE]


def test_after_a_restart_the_whole_picture_is_asked_for():
    with net("tagged") as network:
        (camera,) = network.cameras
        fetcher, memory = network.fetcher(deadline=20), Memory()
        first = fetcher.snapshot(camera, memory)
        kept = json.loads(json.dumps(memory.as_dict()))
        assert len(json.dumps(kept)) < 3000
        second = fetcher.snapshot(camera, Memory.from_dict(kept))
    assert isinstance(second, Snapshot)
    np.testing.assert_array_equal(first.picture, second.picture)
    assert second.unchanged  # by its bytes


@pytest.mark.parametrize(
    "facts", [{}, {"same": "x"}, {"print": [1]}, {"asked": "then"}]
)
def test_a_damaged_memory_counts_as_never_seen(facts):
    assert Memory.from_dict(facts) == Memory()


def test_a_camera_that_thaws_is_no_longer_frozen():
    with net("freeze") as network:
        (camera,) = network.cameras
        fetcher, memory = network.fetcher(deadline=20), Memory()
        kinds = []
        for step in range(4):
            network.step = step
            kinds.append(getattr(fetcher.snapshot(camera, memory), "kind", None))
        network.faults[0] = "ok"
        kinds.append(getattr(fetcher.snapshot(camera, memory), "kind", None))
    assert kinds == [None, None, Kind.FROZEN, Kind.FROZEN, None]


def test_a_picture_is_scaled_as_detectors_see_files(tmp_path):
    with net("ok") as network:
        fetcher = network.fetcher(keep_body=True, deadline=20)
        answer = fetcher.snapshot(network.cameras[0], size=(30, 40))
    path = tmp_path / "kept.jpg"
    path.write_bytes(answer.body)
    np.testing.assert_array_equal(
        answer.picture, images.open_image(path, size=(30, 40))
    )


# --- memory -------------------------------------------------------------------


def test_peak_memory_is_bounded_by_the_caps():
    """Sixty cameras pour without end, or send bombs, into a process that is watched."""
    names = ["endless", "giant", "endless-chunks", "gzip-bomb", "png-bomb", "gif-bomb"]
    names = [*names, "endless-header", "robots-endless", "endless-hop", "html"] * 6
    program = """
import json, resource, sys
from fire_course.cameras import Camera, Fetcher, Settings, looking
import PIL.Image, requests, numpy as np
looking.prepare()
urls = json.load(sys.stdin)
cameras = [Camera(str(i), url) for i, url in enumerate(urls)]
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
before = peak()
settings = Settings(allow_private=True, deadline=20, max_bytes=1_000_000, tries=1)
answers = Fetcher(settings).round(cameras, size=64)
print(json.dumps([peak() - before, [str(getattr(a, "kind", "")) for a in answers]]))
"""
    with net(*names) as network:
        done = subprocess.run(
            [sys.executable, "-c", program],
            input=json.dumps([camera.url for camera in network.cameras]),
            capture_output=True,
            text=True,
            timeout=120,
            env=os.environ | {"PYTHONMALLOC": "malloc"},
        )
        kinds = [str(FAULTS[name].kind or "") for name in names]
    assert done.returncode == 0, done.stderr
    grown, found = json.loads(done.stdout)
    assert found == kinds
    # A million bytes a camera and what Python adds; unbounded, one camera takes more.
    assert grown < 60 * 1_000_000 + 120_000_000


@pytest.mark.parametrize("change", [{"deadline": 0}, {"tries": 0}, {"max_bytes": -1}])
def test_settings_that_cannot_work_are_refused(change):
    with pytest.raises(ValueError, match=next(iter(change))):
        Settings(**change)


def test_no_cameras_no_answers():
    assert Fetcher().round([]) == []
