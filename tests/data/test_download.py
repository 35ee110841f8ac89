"""`fetch` against a real server that cuts, stalls, lies and refuses."""

import hashlib
import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import zipfile
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fire_course.data import download, folder, registry
from fire_course.data.download import DownloadError, fetch
from fire_course.files import FileError

BODY = np.random.default_rng(5).integers(0, 256, 200_000, np.uint8).tobytes()
SHA = hashlib.sha256(BODY).hexdigest()
FAST = {"max_bytes": 10**6, "timeout": (2.0, 0.4), "wait": 0.01, "deadline": 20.0}


class Site:
    """What the server has done and shall do; one answer a request, the last for ever."""

    def __init__(self, url, answers):
        self.url, self.answers, self.asked = url, answers, []


@contextmanager
def serving(*answers):
    """Serve with a list of functions of (handler, its range start or None)."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            header = self.headers.get("Range")
            start = int(header[6:-1]) if header else None
            number = len(site.asked)
            site.asked.append((self.path, start, self.headers.get("If-Range")))
            with suppress(BrokenPipeError, ConnectionResetError):
                site.answers[min(number, len(site.answers) - 1)](self, start)
            self.close_connection = True

        def log_message(self, *arguments):
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    site = Site(f"http://127.0.0.1:{server.server_port}/data.zip", list(answers))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


def send(
    handler,
    start,
    *,
    body=BODY,
    stop=None,
    ranges=True,
    etag='"v1"',
    length=True,
    status=None,
    extra=(),
):
    """Answer honestly, but for what the options change."""
    condition = handler.headers.get("If-Range")
    partial = ranges and start is not None and condition in (None, etag)
    begin = start if partial else 0
    if partial and begin >= len(body):
        handler.send_response(416)
        handler.send_header("Content-Range", f"bytes */{len(body)}")
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return
    rest = body[begin:]
    handler.send_response(status or (206 if partial else 200))
    if partial:
        handler.send_header(
            "Content-Range", f"bytes {begin}-{len(body) - 1}/{len(body)}"
        )
    if length:
        handler.send_header("Content-Length", str(len(rest)))
    if etag:
        handler.send_header("ETag", etag)
    for name, value in extra:
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(rest if stop is None else rest[:stop])


def honest(handler, start):
    send(handler, start)


def cut(after, **options):
    return lambda handler, start: send(handler, start, stop=after, **options)


def status(code, **headers):
    def answer(handler, start):
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.send_header("Connection", "close")
        handler.end_headers()

    return answer


def leftovers(folder):
    return sorted(path.name for path in folder.iterdir())


# --- the straight way ---------------------------------------------------------


def test_fetches_and_leaves_only_the_file(tmp_path):
    seen = []
    with serving(honest) as site:
        path = fetch(
            site.url,
            tmp_path / "d.zip",
            sha256=SHA,
            progress=lambda *p: seen.append(p),
            **FAST,
        )
    assert path.read_bytes() == BODY
    assert leftovers(tmp_path) == ["d.zip"]
    assert seen[-1] == (len(BODY), len(BODY))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_does_not_fetch_what_is_there(tmp_path):
    (tmp_path / "d.zip").write_bytes(BODY)
    with serving(honest) as site:
        fetch(site.url, tmp_path / "d.zip", sha256=SHA, **FAST)
        assert site.asked == []
        fetch(site.url, tmp_path / "d.zip", sha256=SHA.upper(), **FAST)
        assert site.asked == []


def test_replaces_a_file_of_another_hash(tmp_path):
    (tmp_path / "d.zip").write_bytes(b"old")
    with serving(honest) as site:
        assert (
            fetch(site.url, tmp_path / "d.zip", sha256=SHA, **FAST).read_bytes() == BODY
        )


def test_follows_a_redirect(tmp_path):
    with serving(status(302, Location="/elsewhere"), honest) as site:
        assert fetch(site.url, tmp_path / "d", sha256=SHA, **FAST).read_bytes() == BODY
        assert [path for path, _, _ in site.asked] == ["/data.zip", "/elsewhere"]


def test_without_a_length(tmp_path):
    with serving(lambda h, s: send(h, s, length=False)) as site:
        assert fetch(site.url, tmp_path / "d", sha256=SHA, **FAST).read_bytes() == BODY


# --- cuts, stalls and lies ----------------------------------------------------


def test_goes_on_after_cuts_as_long_as_something_new_comes(tmp_path):
    # More cuts than `tries`, each after some progress.
    with serving(cut(30_000)) as site:
        path = fetch(site.url, tmp_path / "d", sha256=SHA, tries=2, **FAST)
    assert path.read_bytes() == BODY
    starts = [start for _, start, _ in site.asked]
    assert starts == [None, *range(30_000, 200_000, 30_000)]
    assert {condition for _, _, condition in site.asked[1:]} == {'"v1"'}


def test_a_server_that_never_gets_further_is_given_up(tmp_path):
    nothing = cut(0)
    with (
        serving(cut(50_000), nothing) as site,
        pytest.raises(
            DownloadError,
            match=r"cut after 50,000 of 200,000 bytes, 3 times in a row",
        ),
    ):
        fetch(site.url, tmp_path / "d", tries=3, **FAST)
    assert leftovers(tmp_path) == ["d.part", "d.part.json"]  # kept for the next try
    with serving(honest) as later:
        # Another port is another address: the part is of no use there.
        assert fetch(later.url, tmp_path / "d", sha256=SHA, **FAST).read_bytes() == BODY
        assert later.asked[0][1] is None
    assert leftovers(tmp_path) == ["d"]


def test_the_next_call_goes_on_where_the_last_stopped(tmp_path):
    with serving(cut(50_000), cut(0), honest) as site:
        with pytest.raises(DownloadError, match="goes on where it stopped"):
            fetch(site.url, tmp_path / "d", tries=1, **FAST)
        seen = []
        path = fetch(
            site.url,
            tmp_path / "d",
            sha256=SHA,
            progress=lambda *p: seen.append(p),
            **FAST,
        )
    assert path.read_bytes() == BODY
    assert [start for _, start, _ in site.asked] == [None, 50_000, 50_000]
    assert seen[0][0] > 50_000


def test_a_stalled_line_is_retried(tmp_path):
    def stall(handler, start):
        send(handler, start, stop=10_000)
        handler.wfile.flush()
        time.sleep(1.2)

    with serving(stall, honest) as site:
        assert fetch(site.url, tmp_path / "d", sha256=SHA, **FAST).read_bytes() == BODY
        assert [start for _, start, _ in site.asked] == [None, 10_000]


def test_a_line_that_stays_stalled_is_an_error(tmp_path):
    def stall(handler, start):
        time.sleep(1.0)

    with (
        serving(stall) as site,
        pytest.raises(DownloadError, match="did not answer in time"),
    ):
        fetch(site.url, tmp_path / "d", tries=2, **FAST)


def test_a_trickle_does_not_outlive_the_deadline(tmp_path):
    def trickle(handler, start):
        send(handler, start, stop=0)
        for i in range(200):
            handler.wfile.write(BODY[i : i + 1])
            handler.wfile.flush()
            time.sleep(0.05)

    began = time.monotonic()
    with (
        serving(trickle) as site,
        pytest.raises(DownloadError, match="took longer than it may"),
    ):
        fetch(site.url, tmp_path / "d", **{**FAST, "deadline": 0.8})
    assert time.monotonic() - began < 3
    assert (tmp_path / "d.part").stat().st_size >= 5  # what came is kept


def test_a_server_that_ignores_ranges_is_read_anew(tmp_path):
    with serving(
        cut(50_000, ranges=False), lambda h, s: send(h, s, ranges=False)
    ) as site:
        assert fetch(site.url, tmp_path / "d", sha256=SHA, **FAST).read_bytes() == BODY
        assert site.asked[1][1] == 50_000


def test_a_new_version_between_tries_is_read_anew(tmp_path):
    new = bytes(reversed(BODY))
    with serving(cut(50_000), lambda h, s: send(h, s, body=new, etag='"v2"')) as site:
        assert fetch(site.url, tmp_path / "d", **FAST).read_bytes() == new
        assert site.asked[1][2] == '"v1"'


def test_a_server_that_joins_two_versions_is_found_out_by_the_hash(tmp_path):
    new = bytes(reversed(BODY))
    new_sha = hashlib.sha256(new).hexdigest()

    def careless(handler, start):  # ignores If-Range
        send(handler, start, body=new, etag=handler.headers.get("If-Range") or '"v2"')

    with serving(cut(50_000), careless) as site:
        path = fetch(site.url, tmp_path / "d", sha256=new_sha, **FAST)
        assert path.read_bytes() == new
        assert [start for _, start, _ in site.asked] == [None, 50_000, None]


@pytest.mark.parametrize("etag", [None, 'W/"v1"'], ids=["none", "weak"])
def test_without_a_version_nothing_is_joined(tmp_path, etag):
    with serving(cut(50_000, etag=etag), lambda h, s: send(h, s, etag=etag)) as site:
        assert fetch(site.url, tmp_path / "d", sha256=SHA, **FAST).read_bytes() == BODY
        assert [start for _, start, _ in site.asked] == [None, None]


def test_another_part_than_asked_for_is_not_written(tmp_path):
    def wrong(handler, start):
        handler.send_response(206)
        handler.send_header("Content-Range", f"bytes 0-{len(BODY) - 1}/{len(BODY)}")
        handler.send_header("Content-Length", str(len(BODY)))
        handler.end_headers()
        handler.wfile.write(BODY)

    with serving(cut(50_000), wrong, honest) as site:
        assert fetch(site.url, tmp_path / "d", sha256=SHA, **FAST).read_bytes() == BODY
        assert [start for _, start, _ in site.asked] == [None, 50_000, None]


def test_a_part_that_was_not_asked_for_is_an_error(tmp_path):
    def part(handler, start):
        send(handler, 100)

    with serving(part) as site, pytest.raises(DownloadError, match="not asked for"):
        fetch(site.url, tmp_path / "d", tries=2, **FAST)


def test_a_part_that_was_whole_already_is_taken(tmp_path):
    with serving(honest) as site:
        (tmp_path / "d.part").write_bytes(BODY)
        (tmp_path / "d.part.json").write_text(
            f'{{"url": "{site.url}", "version": "\\"v1\\""}}', encoding="utf-8"
        )
        assert fetch(site.url, tmp_path / "d", sha256=SHA, **FAST).read_bytes() == BODY
        assert [start for _, start, _ in site.asked] == [len(BODY)]


def test_a_part_longer_than_the_file_is_dropped(tmp_path):
    with serving(honest) as site:
        (tmp_path / "d.part").write_bytes(BODY + b"more")
        (tmp_path / "d.part.json").write_text(
            f'{{"url": "{site.url}", "version": "\\"v1\\""}}', encoding="utf-8"
        )

        def other_size(handler, start):
            handler.send_response(416)
            handler.send_header("Content-Range", f"bytes */{len(BODY)}")
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        site.answers[:] = [other_size, honest]
        assert fetch(site.url, tmp_path / "d", sha256=SHA, **FAST).read_bytes() == BODY


@pytest.mark.parametrize("note", ["", "[]", '{"url": 3}', "\x00"])
def test_a_damaged_note_about_a_part_only_costs_the_part(tmp_path, note):
    (tmp_path / "d.part").write_bytes(b"something")
    (tmp_path / "d.part.json").write_text(note, encoding="utf-8")
    with serving(honest) as site:
        assert fetch(site.url, tmp_path / "d", sha256=SHA, **FAST).read_bytes() == BODY
        assert site.asked[0][1] is None


def test_a_length_too_long_is_a_lie_that_ends(tmp_path):
    def lie(handler, start):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(BODY) + 500))
        handler.end_headers()
        handler.wfile.write(BODY)

    with (
        serving(lie) as site,
        pytest.raises(DownloadError, match="cut after 200,000 of 200,500 bytes"),
    ):
        fetch(site.url, tmp_path / "d", tries=2, **FAST)
    assert not (tmp_path / "d").exists()


def test_a_length_too_short_is_found_out_by_the_hash(tmp_path):
    def lie(handler, start):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(BODY)

    with serving(lie) as site, pytest.raises(DownloadError, match="SHA-256 differs"):
        fetch(site.url, tmp_path / "d", sha256=SHA, **FAST)
    assert leftovers(tmp_path) == []


def test_a_wrong_file_is_removed(tmp_path):
    with (
        serving(lambda h, s: send(h, s, body=b"<html>Sorry</html>")) as site,
        pytest.raises(DownloadError, match="SHA-256 differs"),
    ):
        fetch(site.url, tmp_path / "d", sha256=SHA, **FAST)
    assert leftovers(tmp_path) == []
    assert len(site.asked) == 1


# --- caps ---------------------------------------------------------------------


def test_an_announced_size_over_the_cap_is_refused_at_once(tmp_path):
    with (
        serving(honest) as site,
        pytest.raises(DownloadError, match=r"has 200,000 bytes, more than the 199,999"),
    ):
        fetch(site.url, tmp_path / "d", **{**FAST, "max_bytes": len(BODY) - 1})
    assert leftovers(tmp_path) == []


def test_the_cap_holds_for_real_bytes(tmp_path):
    def endless(handler, start):
        handler.send_response(200)
        handler.end_headers()
        for _ in range(10_000):
            handler.wfile.write(b"x" * 10_000)

    with (
        serving(endless) as site,
        pytest.raises(DownloadError, match="sends more than"),
    ):
        fetch(site.url, tmp_path / "d", **{**FAST, "max_bytes": 300_000})
    assert leftovers(tmp_path) == []


def test_the_cap_holds_for_what_is_resumed(tmp_path):
    def rest_is_endless(handler, start):
        handler.send_response(206)
        handler.send_header("Content-Range", f"bytes {start}-{start + 99}/*")
        handler.end_headers()
        for _ in range(10_000):
            handler.wfile.write(b"x" * 10_000)

    with (
        serving(cut(150_000), rest_is_endless) as site,
        pytest.raises(DownloadError, match="sends more than"),
    ):
        fetch(site.url, tmp_path / "d", **{**FAST, "max_bytes": 200_000})
    assert leftovers(tmp_path) == []


# --- refusals -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (404, "is not there any more"),
        (410, "is not there any more"),
        (401, "may not be fetched"),
        (403, "may not be fetched"),
        (418, "answered 418"),
    ],
)
def test_a_refusal_is_final(tmp_path, code, words):
    with (
        serving(status(code)) as site,
        pytest.raises(DownloadError, match=words) as error,
    ):
        fetch(site.url, tmp_path / "d", **FAST)
    assert len(site.asked) == 1
    assert "\n" not in str(error.value)
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("code", [408, 429, 500, 502, 503])
def test_a_passing_trouble_is_tried_again(tmp_path, code):
    with serving(status(code), status(code), honest) as site:
        assert fetch(site.url, tmp_path / "d", sha256=SHA, **FAST).read_bytes() == BODY
        assert len(site.asked) == 3


def test_trouble_that_does_not_pass_is_an_error(tmp_path):
    with (
        serving(status(500)) as site,
        pytest.raises(
            DownloadError, match="answered 500 Internal Server Error, 3 times"
        ),
    ):
        fetch(site.url, tmp_path / "d", tries=3, **FAST)
    assert len(site.asked) == 3


def test_waits_as_long_as_the_server_asks(tmp_path):
    with serving(status(429, Retry_After="1"), honest) as site:
        began = time.monotonic()
        fetch(site.url, tmp_path / "d", sha256=SHA, **FAST)
        assert 0.9 < time.monotonic() - began < 5


@pytest.mark.parametrize("asked", ["86400", "Wed, 21 Oct 2099 07:28:00 GMT", "9" * 400])
def test_does_not_wait_for_a_day(tmp_path, asked):
    began = time.monotonic()
    with (
        serving(status(429, Retry_After=asked)) as site,
        pytest.raises(DownloadError, match="asks to wait"),
    ):
        fetch(site.url, tmp_path / "d", **FAST)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("asked", ["soon", "-1", ""])
def test_nonsense_instead_of_a_time_to_wait_is_ignored(tmp_path, asked):
    with serving(status(503, Retry_After=asked), honest) as site:
        assert fetch(site.url, tmp_path / "d", sha256=SHA, **FAST).read_bytes() == BODY


def test_a_redirect_in_a_circle_is_an_error(tmp_path):
    with (
        serving(status(302, Location="/data.zip")) as site,
        pytest.raises(DownloadError, match="leads in circles"),
    ):
        fetch(site.url, tmp_path / "d", **FAST)
    assert len(site.asked) < 12


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_a_redirect_to_another_kind_of_address_is_refused(tmp_path, to):
    with (
        serving(status(302, Location=to)) as site,
        pytest.raises(DownloadError, match="no http or https address"),
    ):
        fetch(site.url, tmp_path / "d", **FAST)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://x/y", "/etc/passwd", ""])
def test_only_http_addresses_are_fetched(tmp_path, url):
    with pytest.raises(DownloadError, match="no http or https address"):
        fetch(url, tmp_path / "d", **FAST)


def test_nobody_there(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(DownloadError, match="could not be reached"):
        fetch(f"http://127.0.0.1:{port}/x", tmp_path / "d", tries=2, **FAST)


def test_a_server_that_talks_nonsense(tmp_path):
    def nonsense(handler, start):
        handler.wfile.write(b"\x00\xff not http at all\r\n\r\n")

    with serving(nonsense) as site, pytest.raises(DownloadError, match="could not be"):
        fetch(site.url, tmp_path / "d", tries=2, **FAST)


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with (
        serving(honest) as site,
        pytest.raises(FileError, match="is a file, not a folder"),
    ):
        fetch(site.url, tmp_path / "file" / "d", **FAST)


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
def test_ctrl_c_keeps_what_came(tmp_path):
    def slow(handler, start):
        send(handler, start, stop=40_000)
        handler.wfile.flush()
        time.sleep(20)

    program = (
        "import sys\n"
        "from fire_course.data.download import fetch\n"
        "print('ready', flush=True)\n"
        "fetch(sys.argv[1], sys.argv[2], max_bytes=10**6,\n"
        "      progress=lambda done, total: print(done, flush=True))\n"
    )
    with serving(slow, honest) as site:
        child = subprocess.Popen(
            [sys.executable, "-c", program, site.url, str(tmp_path / "d")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A test run in the background has been told to ignore Ctrl-C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        while int(child.stdout.readline()) < 40_000:
            pass
        child.send_signal(signal.SIGINT)
        _, errors = child.communicate(timeout=20)
        assert "KeyboardInterrupt" in errors
        assert (tmp_path / "d.part").stat().st_size == 40_000
        assert fetch(site.url, tmp_path / "d", sha256=SHA, **FAST).read_bytes() == BODY
        assert site.asked[1][1] == 40_000


# --- whole sets ---------------------------------------------------------------


def picture(seed, size=48):
    pixels = np.random.default_rng(seed).integers(0, 256, (size, size, 3), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG")
    return stream.getvalue()


def archive(files):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as target:
        for name, data in files.items():
            target.writestr(name, data)
    return stream.getvalue()


@pytest.fixture
def published(monkeypatch):
    """Let a set of the registry be published by the server of a test."""

    def publish(name, url, **changes):
        from dataclasses import replace

        dataset = replace(registry.SETS[name], url=url, sha256=None, **changes)
        monkeypatch.setitem(registry.SETS, name, dataset)

    return publish


def serve_bytes(data):
    return lambda handler, start: send(handler, start, body=data)


def test_get_lays_out_the_set_and_lists_its_leaks(tmp_path, published):
    files = {"repo-HEAD/README.md": b"hello", "repo-HEAD/Code/a.ipynb": b"{}"}
    for split, count in (("Training", 3), ("Testing", 2)):
        for name in ("fire", "nofire"):
            for i in range(count):
                path = f"repo-HEAD/Forest Fire Dataset/{split}/{name}/{name}_{i:04}.jpg"
                files[path] = picture(len(files))
    with serving(serve_bytes(archive(files))) as site:
        published("fire", site.url)
        path = download.get("fire", home=tmp_path)
        assert download.get("fire", home=tmp_path) == path
        assert len(site.asked) == 1
    assert path == tmp_path / "fire"
    assert leftovers(tmp_path) == ["fire"]
    listing = folder.scan(path)
    assert listing.counts() == {
        "train": {"nofire": 3, "fire": 3},
        "test": {"nofire": 2, "fire": 2},
    }
    lines = (path / "leaky_test_images.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 43
    assert "test/fire/fire_0002.jpg" in lines
    assert (path / "source.json").is_file()
    assert not list(path.rglob("*.ipynb"))


def test_get_takes_the_folder_that_holds_most(tmp_path, published):
    files = {}
    for split in ("train", "validation"):
        for name in ("mountain", "forest"):
            files[f"r/sample/{split}/{name}/a.jpg"] = picture(1)
            for i in range(3):
                files[f"r/module2/data/{split}/{name}/{name[:3]}{i}.jpg"] = picture(
                    len(files)
                )
    with serving(serve_bytes(archive(files))) as site:
        published("mountain_forest", site.url)
        path = download.get("mountain_forest", home=tmp_path)
    counts = folder.scan(path).counts()
    assert counts == dict.fromkeys(
        ("train", "validation"), {"mountain": 3, "forest": 3}
    )


def test_get_splits_cats_and_dogs(tmp_path, published):
    files = {
        f"PetImages/{a}/{i}.jpg": picture(i) for a in ("Cat", "Dog") for i in range(10)
    }
    files["PetImages/Cat/Thumbs.db"] = b"x"
    with serving(serve_bytes(archive(files))) as site:
        published("cats_dogs", site.url)
        path = download.get("cats_dogs", home=tmp_path)
    assert folder.scan(path).counts() == {
        "train": {"cats": 8, "dogs": 8},
        "test": {"cats": 2, "dogs": 2},
    }
    assert sorted(p.name for p in (path / "test/cats").iterdir()) == ["0.jpg", "5.jpg"]


def test_get_takes_only_the_sunsets(tmp_path, published):
    from fire_course.images import open_image, perceptual_hash

    wanted = picture(0)
    files = {"r/Dataset/nofire/a.jpg": wanted, "r/Dataset/nofire/b.jpg": picture(1)}
    files["r/Dataset/fire/c.jpg"] = picture(2)
    with serving(serve_bytes(archive(files))) as site:
        published("sunsets", site.url, looks=(perceptual_hash(open_image(wanted)),))
        path = download.get("sunsets", home=tmp_path)
    assert [p.relative_to(path).as_posix() for p in path.rglob("*.jpg")] == [
        "test/nofire/a.jpg"
    ]


def test_get_reads_the_binary_cifar(tmp_path, published):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (6, 32, 32, 3), np.uint8)
    labels = np.array([3, 0, 9, 3, 1, 2], np.uint8)
    records = np.concatenate(
        [labels[:, None], images.transpose(0, 3, 1, 2).reshape(6, -1)], 1
    )
    stream = io.BytesIO()
    import tarfile

    with tarfile.open(fileobj=stream, mode="w:gz") as target:
        for name, rows in (
            ("data_batch_1.bin", records[:4]),
            ("test_batch.bin", records[4:]),
        ):
            info = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            info.size = rows.nbytes
            target.addfile(info, io.BytesIO(rows.tobytes()))
    with serving(serve_bytes(stream.getvalue())) as site:
        published("cifar10", site.url)
        path = download.get("cifar10", home=tmp_path)
    assert sorted(p.relative_to(path).as_posix() for p in path.rglob("*.png")) == [
        "test/automobile/00004.png",
        "test/bird/00005.png",
        "train/airplane/00001.png",
        "train/cat/00000.png",
        "train/cat/00003.png",
        "train/truck/00002.png",
    ]
    found = np.asarray(Image.open(path / "train/truck/00002.png"))
    np.testing.assert_array_equal(found, images[2])


def test_get_of_something_else_leaves_nothing(tmp_path, published):
    with serving(serve_bytes(archive({"r/readme.txt": b"moved"}))) as site:
        published("clothing", site.url)
        with pytest.raises(download.UnpackError, match="has no folders for dress, hat"):
            download.get("clothing", home=tmp_path)
    assert not (tmp_path / "clothing").exists()


def test_get_of_a_page_says_what_came(tmp_path, published):
    with serving(serve_bytes(b"<html>Please log in</html>" * 50)) as site:
        published("clothing", site.url)
        with pytest.raises(download.UnpackError, match="<html>Please log in<"):
            download.get("clothing", home=tmp_path)
        assert leftovers(tmp_path / ".downloads") == []  # so the next call fetches anew


def test_get_of_a_hostile_archive_leaves_nothing(tmp_path, published):
    with serving(serve_bytes(archive({"../../escaped.jpg": picture(0)}))) as site:
        published("clothing", site.url)
        with pytest.raises(download.UnpackError, match="leads out of its folder"):
            download.get("clothing", home=tmp_path / "home")
    assert not list(tmp_path.rglob("escaped.jpg"))


def test_get_of_unknown_embedded_and_homeless_sets(tmp_path, published):
    with pytest.raises(KeyError, match="did you mean clothing"):
        download.get("cloting", home=tmp_path)
    with pytest.raises(DownloadError, match="fire-course data make scenes"):
        download.get("scenes", home=tmp_path)
    published("fire", None)
    with pytest.raises(DownloadError, match="no address of fire is known"):
        download.get("fire", home=tmp_path)
    assert list(Path(tmp_path).iterdir()) == []
