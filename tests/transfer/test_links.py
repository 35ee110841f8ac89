"""Which pictures a page shows, whatever its HTML looks like."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fire_course.transfer import image_links

PAGE = "http://a.example/shop/index.html"


def urls(html, url=PAGE, **options):
    return [link.url for link in image_links(html, url, **options)]


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ('<img src="cup.jpg">', "http://a.example/shop/cup.jpg"),
        ("<IMG SRC=cup.jpg>", "http://a.example/shop/cup.jpg"),
        ("<img src='/cup.jpg'/>", "http://a.example/cup.jpg"),
        ('<img src="../cup.jpg">', "http://a.example/cup.jpg"),
        ('<img src="//b.example/c.png">', "http://b.example/c.png"),
        ('<img src="https://b.example/c?x=1&amp;y=2">', "https://b.example/c?x=1&y=2"),
        ('<img src="my cup.jpg">', "http://a.example/shop/my%20cup.jpg"),
        ('<img src=" \n cup\n.jpg ">', "http://a.example/shop/cup.jpg"),
        ('<img src="?id=7">', "http://a.example/shop/index.html?id=7"),
        ('<img alt="a > b" src="c.jpg">', "http://a.example/shop/c.jpg"),
        ('<img alt=it"s src="c.jpg">', "http://a.example/shop/c.jpg"),
        # Loaded late: what stands in src is a grey pixel.
        ('<img src="grey.gif" data-src="c.jpg">', "http://a.example/shop/c.jpg"),
        ('<img src="data:,x" data-original="c.jpg">', "http://a.example/shop/c.jpg"),
        ('<img data-srcset="s.jpg 9w, c.jpg 900w">', "http://a.example/shop/c.jpg"),
        ("<noscript><img src=c.jpg></noscript>", "http://a.example/shop/c.jpg"),
        # Several sizes: the smallest that is wide enough, else the widest.
        (
            '<img src=x srcset="s.jpg 300w, c.jpg 600w, l.jpg 1200w">',
            "http://a.example/shop/c.jpg",
        ),
        ('<img src=x srcset="s.jpg 100w,c.jpg 400w">', "http://a.example/shop/c.jpg"),
        ('<img src=x srcset="c.jpg, l.jpg 2x">', "http://a.example/shop/c.jpg"),
        ('<img srcset="c,1.jpg 600w">', "http://a.example/shop/c,1.jpg"),
        # What a <picture> offers, where the <img> has nothing.
        (
            '<picture><source type="image/avif" srcset="n.avif">'
            '<source type="image/webp" srcset="c.webp"><img alt="cup"></picture>',
            "http://a.example/shop/c.webp",
        ),
        (
            '<picture><source srcset="n.webp"><img src="c.jpg"></picture>',
            "http://a.example/shop/c.jpg",
        ),
        # The first <base> counts, wherever it leads.
        (
            '<base href="/img/"><base href="/no/"><img src="c.jpg">',
            "http://a.example/img/c.jpg",
        ),
        (
            '<base target="_top"><base href="//b.example"><img src=c.jpg>',
            "http://b.example/c.jpg",
        ),
        ('<img src="data:image/png;base64,AA">', "data:image/png;base64,AA"),
    ],
)
def test_a_picture_is_found_where_browsers_find_it(html, found):
    assert urls(html) == [found]
    assert urls(f"<!doctype html><body><p>before{html}<p>after".encode()) == [found]


@pytest.mark.parametrize(
    "html",
    [
        "",
        "no tags <at all",
        "<img>",
        '<img src="">',
        '<img src="mailto:me@a.example">',
        '<img src="javascript:alert(1)">',
        '<img src="file:///etc/passwd">',
        '<img src="ftp://a.example/c.jpg">',
        '<img src="http://[c.jpg">',
        '<img src="http://a.example:99999/c.jpg">',
        "<!-- <img src=c.jpg> -->",
        '<script>document.write("<img src=c.jpg>")</script>',
        "<style>/* <img src=c.jpg> */</style>",
        "<textarea><img src=c.jpg></textarea>",
        '<p title="<img src=c.jpg>">',
        '<img src="c.jpg',
        "<a href=c.jpg>a picture</a>",
    ],
)
def test_what_shows_no_picture_gives_none(html):
    assert urls(html) == []


def test_a_picture_that_is_shown_twice_is_listed_once_in_the_order_of_the_page():
    html = """<img src=b.jpg alt="B  b" width=640 height=480px><img src=a.jpg width=50%>
      <img src="http://A.example:80/shop/b.jpg#top"><img src=c.jpg><img src=a.jpg>"""
    links = image_links(html, PAGE)
    assert [link.url.rpartition("/")[2] for link in links] == [
        *("b.jpg", "a.jpg", "c.jpg")
    ]
    assert (links[0].text, links[0].width, links[0].height) == ("B b", 640, 480)
    assert (links[1].text, links[1].width, links[1].height) == ("", None, None)


@pytest.mark.parametrize(
    ("encoding", "charset", "head"),
    [
        ("utf-8", None, ""),
        ("utf-8-sig", None, ""),
        ("utf-16", None, ""),
        ("iso-8859-7", "iso-8859-7", ""),
        ("iso-8859-7", None, "<meta charset=iso-8859-7>"),
        ("iso-8859-7", "no-such-thing", "<meta charset='iso-8859-7'>"),
        ("utf-8", "zlib", "<meta charset=punycode>"),
    ],
)
def test_a_page_is_decoded_as_it_says(encoding, charset, head):
    html = f"{head}<img src=c.jpg alt='Φωτιά'>".encode(encoding)
    (link,) = image_links(html, PAGE, charset=charset)
    assert link.text == "Φωτιά"


def test_a_page_in_no_encoding_gives_its_pictures_still():
    assert urls(b"<p>\x81\xff<img src=c.jpg>") == ["http://a.example/shop/c.jpg"]


@pytest.mark.parametrize(
    "piece",
    ["<", "<img ", "<!--", "<img src='", "<img a=b ", "</a ", "<script>", "<![if"]
    + ["<picture>", "<picture><img data-src=x>", "<img srcset=' , ,", "&amp;<b =  "],
)
def test_a_page_that_is_written_to_keep_us_busy_does_not(piece):
    """The usual parser takes minutes for some of these: twice the size, four times."""
    started = time.process_time()
    image_links((piece * 10**6)[:1_000_000].encode(), PAGE)
    assert time.process_time() - started < 8


@settings(deadline=None, max_examples=300)
@given(
    st.lists(
        st.sampled_from(
            ["<img ", "src=", "srcset=", "'", '"', ">", "a.jpg", " ", ",", "2x", "9w"]
            + [
                "<!--",
                "-->",
                "<picture>",
                "<source ",
                "<base href=",
                "data:",
                "\\",
                "é",
            ]
            + ["</picture>", "<script>", "</script>", "http://", "[", "/", "=", "\0"]
        ),
        max_size=30,
    ).map("".join)
)
def test_no_page_breaks_it(html):
    for each in (html, html.encode()):
        for link in image_links(each, PAGE):
            assert link.url.split(":")[0] in ("http", "https", "data")


@settings(deadline=None, max_examples=100)
@given(st.lists(st.text("abcXYZ01_-", min_size=1, max_size=8), max_size=12))
def test_whatever_names_a_page_gives_its_pictures_they_come_back(names):
    html = "".join(f'<p><img alt="{name}" src="{name}.jpg">' for name in names)
    found = [link.text for link in image_links(html, PAGE)]
    assert found == list(dict.fromkeys(names))
