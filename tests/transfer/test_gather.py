"""Pictures of a page on loopback: all that can go wrong, manners, caps, deadlines."""

import contextlib
import io
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from PIL import Image

from fire_course.data.render import scenes
from fire_course.transfer import DemoPage, PageError, page_images
from fire_course.transfer.demo_page import FAULTS


@pytest.fixture(scope="module")
def photos():
    """Ten drawn pictures."""
    return {
        f"photo <{i}> & more": scenes.render(i, kind="nofire", size=80 + i).image
        for i in range(10)
    }


def encoded(pixels, kind="JPEG"):
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, kind)
    return data.getvalue()


@pytest.fixture(scope="module")
def jpegs(photos):
    return [encoded(each) for each in photos.values()]


class Site:
    """A server whose answers are a dict of path to (status, headers, body)."""

    def __init__(self, answers):
        self.answers, self.asked = dict(answers), []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                site.asked.append((time.monotonic(), self.path, dict(self.headers)))
                answer = site.answers.get(self.path, (404, {}, b""))
                with contextlib.suppress(OSError):
                    if callable(answer):
                        answer(self)
                        return
                    status, headers, body = answer
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.closed = threading.Event()

    def page(self, body, path="/", **headers):
        self.answers[path] = (200, {"Content-Type": "text/html"} | headers, body)

    def show(self, jpegs, path="/"):
        """Show JPEGs on a page."""
        for number, data in enumerate(jpegs):
            self.answers[f"/{number}.jpg"] = (200, {}, data)
        tags = "".join(f"<img src=/{i}.jpg>" for i in range(len(jpegs)))
        self.page(tags.encode(), path)

    def paths(self):
        return [path for _, path, _ in self.asked]

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.closed.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(10)


def gather(url, **options):
    return page_images(url, **{"pause": 0, "allow_private": True, **options})


# --- what comes, and what does not ------------------------------------------------


def test_every_picture_comes_and_every_broken_one_is_named(photos):
    progress = []
    with DemoPage(photos) as page:
        started = time.monotonic()
        found = gather(
            page.url,
            picture_deadline=1.0,
            progress=lambda done, total: progress.append((done, total)),
        )
        took = time.monotonic() - started
    assert [picture.text for picture in found.pictures] == list(photos)
    for picture, seen in zip(found.pictures, photos.values(), strict=True):
        assert picture.pixels.dtype == np.uint8
        # JPEG and WebP change levels a little, PNG none.
        difference = np.abs(picture.pixels.astype(int) - seen).mean()
        assert difference == 0 if picture.url.endswith("png") else difference < 6
    assert {each.url: each.kind for each in found.unusable} == page.expected
    assert len(page.expected) == len(FAULTS) >= 15
    for each in found.unusable:
        assert (
            each.reason and "\n" not in each.reason and str(each).startswith(each.url)
        )
    count = len(photos) + len(FAULTS)
    assert progress == [(i, count) for i in range(1, count + 1)]
    assert found.requests == len(page.requests) + 2  # two led into private networks
    assert "/private/mine.jpg" not in page.requests
    assert page.requests[:2] == ["/robots.txt", "/"]
    assert took < 20
    assert found.seconds == pytest.approx(took, abs=1)


def test_names_and_types_say_nothing(jpegs):
    with Site({"/photo.html": (200, {"Content-Type": "text/html"}, jpegs[0])}) as site:
        site.page(b"<img src=/photo.html>")
        assert len(gather(site.url).pictures) == 1


def test_one_picture_under_two_names_comes_once(jpegs):
    with Site({}) as site:
        site.show([jpegs[0], jpegs[1], jpegs[0]])
        found = gather(site.url + "/")
    assert [p.url for p in found.pictures] == [site.url + "/0.jpg", site.url + "/1.jpg"]
    (same,) = found.unusable
    assert same.kind == "the same" and same.reason.endswith(site.url + "/0.jpg")


def test_what_is_shown_as_a_dot_is_not_asked_for(jpegs):
    with Site({"/a.jpg": (200, {}, jpegs[0])}) as site:
        site.page(b"<img src=/a.jpg width=1 height=1>")
        (dot,) = gather(site.url).unusable
        assert dot.kind == "small" and "/a.jpg" not in site.paths()


@pytest.mark.parametrize(
    ("inside", "kind"),
    [
        ("data:image/png;base64,AAAAA", "corrupt"),
        ("data:image/png;base64,aGVsbG8=", "not a picture"),
        ("data:image/svg+xml,%3Csvg xmlns='x'/%3E", "not a picture"),
        ("data:nothing", "not a picture"),
        ("data:,", "not a picture"),
        ("data:image/png;base64," + "A" * 9000, "too large"),
    ],
)
def test_a_broken_picture_inside_the_page_is_named_in_short(inside, kind):
    with Site({}) as site:
        site.page(f'<img src="{inside}">'.encode())
        (broken,) = gather(site.url, max_bytes=5000).unusable
    assert broken.kind == kind, broken
    assert broken.url.startswith("data:") and len(broken.url) < 60


# --- manners ----------------------------------------------------------------------


def test_a_server_is_asked_one_at_a_time_with_a_pause(jpegs):
    with Site({}) as site:
        site.show(jpegs[:4])
        gather(site.url, pause=0.15)
        times = [moment for moment, _, _ in site.asked]
    assert len(times) == 6
    assert min(np.diff(times)) > 0.13


def test_a_longer_pause_that_a_server_asks_for_counts(jpegs):
    rules = b"User-agent: *\nCrawl-delay: 1\n"
    with Site({"/robots.txt": (200, {}, rules)}) as site:
        site.show(jpegs[:1])
        gather(site.url)
        times = [moment for moment, _, _ in site.asked]
    assert len(times) == 3
    assert min(np.diff(times)) > 0.95


def test_a_forbidden_page_is_not_asked_for(jpegs):
    rules = b"User-agent: fire-course\nDisallow: /\n"
    with Site({"/robots.txt": (200, {}, rules)}) as site:
        site.show(jpegs[:1])
        with pytest.raises(PageError, match="robots.txt asks programs to stay away"):
            gather(site.url)
        assert site.paths() == ["/robots.txt"]
        assert len(gather(site.url, robots=False).pictures) == 1


def test_who_asks_says_who_it_is_and_nothing_else(jpegs):
    cookie = {"Set-Cookie": "id=1", "Content-Type": "text/html"}
    with Site({"/": (200, cookie, b"<img src=/a.jpg>")}) as site:
        site.answers["/a.jpg"] = (200, {}, jpegs[0])
        gather(site.url, contact="mailto:me@a.example")
        for _, _, headers in site.asked:
            assert headers["User-Agent"].startswith("fire-course/")
            assert "gathers the pictures of one page" in headers["User-Agent"]
            assert "mailto:me@a.example" in headers["User-Agent"]
            assert not {"Cookie", "Referer", "Authorization"} & set(headers)


def test_a_server_that_has_had_enough_is_left_alone(jpegs):
    with Site({}) as site:
        site.show(jpegs[:4])
        site.answers["/1.jpg"] = (429, {"Retry-After": "500"}, b"")
        found = gather(site.url)
        assert "/2.jpg" not in site.paths() and "/3.jpg" not in site.paths()
    assert len(found.pictures) == 1
    assert [each.kind for each in found.unusable] == [
        *("http status", "too soon", "too soon")
    ]
    assert "500 seconds" in found.unusable[1].reason


def test_a_password_stays_with_its_server_and_out_of_sight(jpegs):
    with Site({"/b.jpg": (200, {}, jpegs[1])}) as other, Site({}) as site:
        site.page(f"<img src=a.jpg><img src={other.url}/b.jpg><img src=c.jpg>".encode())
        site.answers["/a.jpg"] = (200, {}, jpegs[0])
        found = gather(site.url.replace("//", "//me:secret@"))
        sent = [headers.get("Authorization") for _, _, headers in site.asked]
        assert all(sent[1:])
        assert not any("Authorization" in headers for _, _, headers in other.asked)
    assert len(found.pictures) == 2
    assert "secret" not in repr(found)


# --- addresses --------------------------------------------------------------------


def test_nothing_private_is_asked_unless_allowed(jpegs):
    with Site({}) as site:
        site.show(jpegs[:1])
        with pytest.raises(PageError, match="not on the public internet"):
            page_images(site.url)
        assert site.asked == []


def test_an_allowed_host_does_not_open_the_house(jpegs):
    """The page's own host alone may be private: not what it shows or leads to."""
    with Site({}) as site, Site({"/x.jpg": (200, {}, jpegs[0])}) as inner:
        port = inner.server.server_port
        hop = {"Location": f"http://localhost:{port}/x.jpg"}
        site.answers["/hop.jpg"] = (302, hop, b"")
        site.page(
            f"<img src=/hop.jpg><img src=http://localhost:{port}/x.jpg>"
            f"<img src=http://[::1]:{port}/x.jpg><img src=http://127.1.1.1:{port}/x.jpg>"
            "<img src=http://169.254.169.254/latest/meta-data/>".encode()
        )
        found = gather(site.url)
        assert inner.asked == []
    assert [each.kind for each in found.unusable] == ["blocked address"] * 5


def test_relative_addresses_count_from_where_the_page_is_in_the_end(jpegs):
    with Site({"/": (301, {"Location": "/shop/"}, b"")}) as site:
        site.page(b"<img src=a.jpg>", "/shop/")
        site.answers["/shop/a.jpg"] = (200, {}, jpegs[0])
        found = gather(site.url)
    assert found.url == site.url + "/shop/"
    assert [p.url for p in found.pictures] == [site.url + "/shop/a.jpg"]


# --- caps and deadlines -----------------------------------------------------------


def test_the_deadline_of_all_ends_it():
    with Site({}) as site:
        hang = lambda handler: site.closed.wait(30)  # noqa: E731
        site.answers |= {f"/{i}.jpg": hang for i in range(9)}
        site.page("".join(f"<img src=/{i}.jpg>" for i in range(9)).encode())
        started = time.monotonic()
        found = gather(site.url, deadline=1.5, picture_deadline=0.6)
        took = time.monotonic() - started
    assert 1.4 < took < 2.5
    kinds = [each.kind for each in found.unusable]
    assert kinds.count("timeout") in (2, 3)
    assert kinds[-1] == "not asked" and set(kinds) == {"timeout", "not asked"}
    assert "1.5 seconds are over" in found.unusable[-1].reason


def test_a_pause_that_reaches_beyond_the_deadline_is_not_waited_for(jpegs):
    with Site({}) as site:
        site.show(jpegs[:2])
        found = gather(site.url, pause=1.0, deadline=2.5)
    assert found.seconds < 2.5
    assert [each.kind for each in found.unusable] == ["not asked"]


def test_pictures_and_bytes_are_bounded(jpegs):
    with Site({}) as site:
        site.show(jpegs)
        few = gather(site.url, most=3)
        assert len(few.pictures) == 3 and few.requests == 5
        assert {each.kind for each in few.unusable} == {"not asked"}
        page = len(site.answers["/"][2])
        enough = page + sum(map(len, jpegs[:4])) + 100
        some = gather(site.url, max_bytes_in_all=enough)
        assert len(some.pictures) == 4
        assert {each.kind for each in some.unusable} <= {"too large", "not asked"}
        small = gather(site.url, max_bytes=min(map(len, jpegs)))
        assert len(small.pictures) == 1
        assert {each.kind for each in small.unusable} == {"too large"}
        tiny = gather(site.url, max_pixels=82 * 82)
        assert [p.pixels.shape[0] for p in tiny.pictures] == [80, 81, 82]


# --- pages that are none ----------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((404, {}, b""), "answers 404"),
        ((500, {}, b""), "answers 500"),
        (
            (200, {"Content-Type": "image/jpeg"}, b"\xff\xd8\xff"),
            "no web page but image",
        ),
        ((200, {"Content-Type": "application/pdf"}, b"%PDF"), "no web page but"),
        ((200, {"Content-Type": "text/html"}, bytes(2_000_001)), "2,000,000 bytes"),
        ((302, {"Location": "/"}, b""), "circle"),
        ((302, {"Location": "file:///etc/passwd"}, b""), "leads nowhere"),
        (lambda handler: time.sleep(1.2), "gave no page within 0.8 seconds"),
    ],
)
def test_a_page_that_cannot_be_had_is_one_sentence(answer, said):
    with Site({"/": answer}) as site:
        with pytest.raises(PageError, match=said) as caught:
            gather(site.url, picture_deadline=0.8)
        assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


def test_a_page_without_pictures_gives_none():
    with Site({}) as site:
        site.page(b"<p>Nothing here")
        found = gather(site.url)
    assert found.pictures == found.unusable == ()


@pytest.mark.parametrize(
    "options",
    [{"most": 0}, {"deadline": 0}, {"deadline": float("nan")}, {"pause": -1}]
    + [{"max_bytes": 0}, {"picture_deadline": float("inf")}],
)
def test_options_out_of_range_are_named(options):
    with pytest.raises(PageError, match=next(iter(options))):
        page_images("http://a.example/", **options)


@pytest.mark.parametrize(
    "url", ["a.example", "ftp://a.example/", "http://", "http:// x"]
)
def test_what_is_no_address_is_refused(url):
    with pytest.raises(PageError, match="cannot be asked for"):
        page_images(url)
