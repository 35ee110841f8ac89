"""Which pictures a web page shows: their addresses, read from its HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urljoin

from fire_course.web import addresses

__all__ = ["Link", "image_links"]

# Where pages put the address of a picture that is loaded late; what then stands in
# `src` is a grey pixel.
_LATE = ("data-src", "data-original", "data-lazy-src", "data-lazy", "data-url")
_LATE_SETS = ("data-srcset", "data-lazy-srcset")
# Formats that `fire_course.web.pictures` opens, and "any".
_OPENED = ("", "image/jpeg", "image/jpg", "image/png", "image/webp", "image/gif")
# No page for people has a tenth of that.
_MOST_TAGS = 5000
_ENCODING = re.compile(
    r"(?i)(utf|iso|windows|cp|koi8|mac|latin|us|ascii|big5|gb|euc|shift|sjis|tis)"
)
_WANTED = ("base", "img", "picture", "/picture", "source")
_RAW = ("script", "style", "textarea", "title", "iframe", "xmp", "noembed", "noframes")
# A comment or a tag; a quotation mark counts where a value begins. Possessive, so
# that no page makes it try twice.
_TAG = re.compile(
    r"""<(?: !--(?s:.*?)(?:-->|\Z)
          | (?P<name>/?[a-z][a-z0-9]*+)
            (?: =\s*+"[^"]*+"? | =\s*+'[^']*+'? | [^>] )*+ >? )""",
    re.VERBOSE | re.IGNORECASE,
)
# Of a srcset; a real one has a twentieth of it.
_LONGEST_SET = 20_000


@dataclass(frozen=True)
class Link:
    """A picture that a page shows.

    Attributes
    ----------
    url : str
        Absolute; http, https or data.
    text : str
        What the page says that it shows (`alt`).
    width, height : int or None
        What the page says of its size on the screen.
    """

    url: str
    text: str = ""
    width: int | None = None
    height: int | None = None


def image_links(
    html: str | bytes, url: str, *, width: int = 500, charset: str | None = None
) -> list[Link]:
    """Find the pictures of a page.

    Each ``<img>`` counts once, whatever number of files there is of it: of the
    sizes in its `srcset` the smallest that is wide enough is taken, and one that is
    loaded late (`data-src`) in place of its stand-in. Of a ``<picture>`` the
    `<source>` elements count where the ``<img>`` has nothing. Background pictures of
    style sheets, and pictures that a script adds, are not in the HTML.

    Parameters
    ----------
    html : str or bytes
        The page. Bytes are decoded as the page says.
    url : str
        Where it was, for relative addresses; its `<base>` counts.
    width : int
        Pixels that are wide enough.
    charset : str, optional
        The encoding that the server named.

    Returns
    -------
    list of Link
        In the order of the page, each address once. What no program can ask for
        (``mailto:``, an empty address) is left out.

    Examples
    --------
    >>> page = '<img src="cup.jpg" alt="A cup"><img src="/b.png#top"><img src="cup.jpg">'
    >>> [link.url for link in image_links(page, "http://a.example/shop/")]
    ['http://a.example/shop/cup.jpg', 'http://a.example/b.png#top']
    """
    from bs4 import BeautifulSoup

    text = html if isinstance(html, str) else _decoded(html, charset)
    soup = BeautifulSoup("".join(islice(_tags(text), _MOST_TAGS)), "html.parser")
    base = soup.find("base", href=True)
    start = _joined(url, _attribute(base, "href")) or url if base else url
    found: dict[object, Link] = {}
    for image in soup.find_all("img"):
        for text in _candidates(image, width):
            absolute = _joined(start, text)
            if absolute is None:
                continue
            data = absolute.startswith("data:")
            key = absolute if data else addresses.same_page(absolute)
            found.setdefault(
                key,
                Link(
                    absolute,
                    " ".join(_attribute(image, "alt").split()),
                    _number(_attribute(image, "width")),
                    _number(_attribute(image, "height")),
                ),
            )
            break
    return list(found.values())


def _decoded(html: bytes, charset: str | None) -> str:
    """Decode a page: as the server says, as the page says, or as most pages are."""
    from bs4.dammit import EncodingDetector

    html, marked = EncodingDetector.strip_byte_order_mark(html)
    declared = EncodingDetector.find_declared_encoding(html, is_html=True)
    for name in (marked, charset, declared, "utf-8"):
        if name and _ENCODING.match(name):
            try:
                return html.decode(name)
            except (LookupError, UnicodeError):
                pass
    return html.decode("windows-1252", "replace")


def _tags(html: str) -> Iterator[str]:
    """Give the tags that tell of pictures, each whole and by itself.

    html.parser takes minutes for a page of a megabyte that is written to keep it
    busy (``<img <img <img``). This reads each letter once, as browsers do: what has
    no end is no tag.
    """
    end = 0
    while found := _TAG.search(html, end):
        end, name = found.end(), (found["name"] or "").lower()
        if name in _WANTED and found[0].endswith(">"):
            yield found[0]
        if name in _RAW:  # what looks like a tag in there is none
            closed = re.compile(f"</{name}", re.IGNORECASE).search(html, end)
            if closed is None:
                return
            end = closed.start()


def _candidates(image: Any, width: int) -> Iterator[str]:
    """Give an image's addresses, the one to take first."""
    for name in _LATE_SETS:
        yield from _fitting(_attribute(image, name), width)
    for name in _LATE:
        yield _attribute(image, name)
    yield from _fitting(_attribute(image, "srcset"), width)
    own = _attribute(image, "src")
    if not own.startswith("data:"):
        yield own
    picture = image.find_parent("picture")
    for source in picture.find_all("source", recursive=False) if picture else ():
        if _attribute(source, "type").lower() in _OPENED:
            for name in (*_LATE_SETS, "srcset"):
                yield from _fitting(_attribute(source, name), width)
    yield own


def _attribute(element: Any, name: str) -> str:
    value = element.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def _number(text: str) -> int | None:
    found = re.fullmatch(r"(\d{1,6})(?:px)?", text)
    return int(found[1]) if found else None


def _fitting(text: str, width: int) -> list[str]:
    """Give the address of a srcset that is wide enough, or the widest; or none.

    Examples
    --------
    >>> _fitting("s.jpg 300w, m.jpg 600w, l.jpg 1200w", 500)
    ['m.jpg']
    >>> _fitting("one.jpg, two.jpg 2x", 500)
    ['one.jpg']
    """
    sizes = []
    text = " ".join(text[:_LONGEST_SET].split())
    # An address may hold commas, but not end with one; a space ends it.
    for url, described in re.findall(r"\s*([^\s,]\S*[^\s,]|[^\s,])([^,]*),?", text):
        size = re.fullmatch(r"\s*(\d{1,6}(?:\.\d{0,3})?)([wx])\s*", described)
        if size is None:
            sizes.append((width, url))
        elif size[2] == "x":  # of a picture that is wide enough at 1x
            sizes.append((round(width * float(size[1])), url))
        else:
            sizes.append((int(float(size[1])), url))
    enough = [each for each in sizes if each[0] >= width]
    if enough:
        return [min(enough, key=lambda each: each[0])[1]]
    return [max(sizes, key=lambda each: each[0])[1]] if sizes else []


def _joined(start: str, text: str) -> str | None:
    """Make an address absolute, as a browser would; None if nobody can ask for it."""
    # Tabs and line breaks do not count in an address; spaces inside are written %20.
    text = re.sub(r"[\t\r\n]", "", text).strip()
    if not text:
        return None
    if text[:5].lower() == "data:":
        return "data:" + text[5:]
    try:
        joined = urljoin(start, text.replace("\\", "/").replace(" ", "%20"))
    except ValueError:
        return None
    return None if addresses.plain_problem(joined) else joined
