"""One deadline over everything, under TLS too; bodies within their caps."""

import contextlib
import dataclasses
import gzip
import http.client
import io
import socket
import threading
import time
import zlib
from types import SimpleNamespace

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from fire_course.cameras import Camera, Fetcher, Kind, Settings
from fire_course.cameras.demo import FAULTS, Network
from fire_course.web.line import Deadline, Line, body, trust
from fire_course.web.trouble import Trouble


def test_a_deadline_passes():
    deadline = Deadline(0.05)
    assert 0 < deadline.left() <= 0.05
    time.sleep(0.06)
    with pytest.raises(Trouble) as caught:
        deadline.left()
    assert caught.value.kind is Kind.TIMEOUT
    assert "0.05 seconds" in caught.value.reason


@pytest.mark.parametrize("name", ["trickle", "hang", "trickle-header", "hang-in-body"])
def test_the_deadline_holds_under_tls_too(monkeypatch, name):
    slow = dataclasses.replace(FAULTS[name], scheme="https", tls=True)
    monkeypatch.setitem(FAULTS, "slow", slow)
    with Network(faults=["slow"], size=64) as network:
        fetcher = network.fetcher(authorities=network.authorities, deadline=1.0)
        started = time.monotonic()
        answer = fetcher.snapshot(network.cameras[0])
        took = time.monotonic() - started
    assert answer.kind is Kind.TIMEOUT, answer.reason
    assert 0.9 < took < 2.0


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_port_that_says_nothing_is_left_behind(scheme):
    """Under TLS it is the handshake that never comes."""
    with contextlib.closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(5)
        camera = Camera("a", f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/")
        fetcher = Fetcher(Settings(allow_private=True, deadline=0.7))
        started = time.monotonic()
        answer = fetcher.snapshot(camera)
        took = time.monotonic() - started
    assert answer.kind is Kind.TIMEOUT
    assert 0.6 < took < 1.7


def test_a_handshake_that_trickles_is_cut():
    with contextlib.closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(5)
        stop = threading.Event()

        def trickle():
            sock, _ = listener.accept()
            with sock, contextlib.suppress(OSError):
                # The beginning of a long handshake record, a byte at a time.
                sock.sendall(b"\x16\x03\x03\x3f\x00\x02\x00\x3e\xfc")
                while not stop.wait(0.05):
                    sock.sendall(b"\0")

        thread = threading.Thread(target=trickle, daemon=True)
        thread.start()
        camera = Camera("a", f"https://127.0.0.1:{listener.getsockname()[1]}/")
        started = time.monotonic()
        answer = Fetcher(Settings(allow_private=True, deadline=0.8)).snapshot(camera)
        took = time.monotonic() - started
        stop.set()
        thread.join(5)
    assert answer.kind in (Kind.TIMEOUT, Kind.TLS)
    assert took < 1.8


def test_the_certificates_are_read_once():
    found = []
    threads = [threading.Thread(target=lambda: found.append(trust())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len({id(context) for context in found}) == 1
    assert found[0].check_hostname
    assert found[0].verify_mode.name == "CERT_REQUIRED"


def test_proxies_of_the_environment_are_not_used(monkeypatch):
    """A proxy would look names up by itself, and no address could be checked."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    monkeypatch.delenv("no_proxy", raising=False)
    with Network(1, size=64) as network:
        answer = network.fetcher(deadline=20).snapshot(network.cameras[0])
    assert answer.picture.shape == (64, 64, 3)


# --- bodies -------------------------------------------------------------------


class Raw(io.BytesIO):
    def read(self, size=-1, decode_content=False):
        return super().read(size)


def response(data, **headers):
    lowered = requests.structures.CaseInsensitiveDict(headers)
    return SimpleNamespace(raw=Raw(data), headers=lowered)


@settings(deadline=None, max_examples=100)
@given(
    st.binary(max_size=400_000), st.sampled_from(["", "gzip", "deflate", "identity"])
)
def test_what_was_packed_comes_out(data, packing):
    packed = {"gzip": gzip.compress, "deflate": zlib.compress}.get(packing, bytes)(data)
    got = body(
        response(packed, **{"Content-Encoding": packing}),
        Deadline(60),
        max_bytes=500_000,
    )
    assert got == data


@pytest.mark.parametrize("packing", ["", "gzip"])
@pytest.mark.parametrize("length", [9_999, 10_000, 10_001, 5_000_000])
def test_a_cap_is_kept_to_the_byte(packing, length):
    data = bytes(length)
    packed = gzip.compress(data) if packing else data
    answer = response(packed, **{"Content-Encoding": packing})
    if length <= 10_000:
        assert body(answer, Deadline(60), max_bytes=10_000) == data
        return
    with pytest.raises(Trouble) as caught:
        body(answer, Deadline(60), max_bytes=10_000)
    assert caught.value.kind is Kind.TOO_LARGE
    assert len(body(response(data), Deadline(60), max_bytes=99, cut=True)) == 99


def test_unknown_packing_is_no_picture():
    with pytest.raises(Trouble) as caught:
        body(response(b"x", **{"Content-Encoding": "br"}), Deadline(9), max_bytes=9)
    assert caught.value.kind is Kind.NOT_A_PICTURE


@pytest.mark.parametrize(
    ("error", "kind", "again"),
    [
        (TimeoutError(), Kind.TIMEOUT, False),
        (ConnectionResetError(), Kind.UNREACHABLE, True),
        (http.client.RemoteDisconnected(), Kind.UNREACHABLE, True),
        (http.client.BadStatusLine("SSH-2.0"), Kind.UNREACHABLE, False),
        (http.client.BadStatusLine("\x15\x03\x01"), Kind.TLS, False),
        (http.client.LineTooLong("header line"), Kind.TOO_LARGE, False),
        (http.client.HTTPException("got more than 100 headers"), Kind.TOO_LARGE, False),
    ],
)
def test_errors_below_are_told_by_their_cause(error, kind, again):
    """However deep requests and urllib3 wrap them."""
    from urllib3.exceptions import ProtocolError

    wrapped = requests.ConnectionError(ProtocolError("Connection aborted.", error))
    trouble = Line(Deadline(9))._trouble(wrapped)
    assert (trouble.kind, trouble.again) == (kind, again)
