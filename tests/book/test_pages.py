"""The built book in a real browser, from the disk: it reads offline, on a phone and
in the dark, and says in words what its pictures show."""

import functools
import os
import threading
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
HTML = ROOT / "_build" / "html"
IN_CI = os.environ.get("CI") == "true"


def unavailable(reason: str) -> None:
    """Skip on a reader's machine; fail in CI, where everything is to be there."""
    if IN_CI:
        pytest.fail(reason)
    pytest.skip(reason)


def pages() -> list[str]:
    found = [
        str(path.relative_to(HTML))
        for folder in ("book", "exercises", "solutions")
        for path in HTML.glob(f"{folder}/**/*.html")
    ]
    return sorted(found) or ["none"]


def chapters() -> list[str]:
    """Return the pages of the numbered parts, which are all built to one pattern."""
    found = [page for page in pages() if page.startswith("book/")]
    return [page for page in found if page.split("/")[1][0].isdigit()] or ["none"]


@pytest.fixture(autouse=True, scope="module")  # before any page is opened
def built():
    if not (HTML / "index.html").exists():
        unavailable("the book is not built: make book")


def views(names, widths=(1280, 360), modes=(False, True)):
    """Return pages to open, each at these widths and in these modes."""
    return [
        pytest.param(
            (name, width, dark), id=f"{name}-{width}-{'dark' if dark else 'light'}"
        )
        for name in names
        for width in widths
        for dark in modes
    ]


PATIENCE = 120_000  # ms: a busy machine is no defect of the page


def open_page(page, name: str):
    """Open a page of the book as a new visitor."""
    file, _, query = name.partition("?")
    page.goto((HTML / file).as_uri() + (f"?{query}" if query else ""))
    page.wait_for_load_state("networkidle")
    if page.locator(".math").count():
        page.wait_for_selector("mjx-container")
        page.evaluate("MathJax.startup.promise")
    return page


@pytest.fixture
def visit(browser, new_page):
    """Give a function that opens pages."""
    opened = []

    def visit(name: str, **view):
        opened.append(new_page(browser, timeout=PATIENCE, **view))
        return open_page(opened[-1], name)

    yield visit
    for page in opened:
        page.context.close()


@pytest.fixture(scope="module")
def page(browser, new_page, request):
    """Open a page for all tests of one view; each leaves it as it was."""
    name, width, dark = request.param
    page = new_page(browser, width=width, dark=dark, timeout=PATIENCE)
    yield open_page(page, name)
    page.context.close()


@pytest.mark.parametrize("page", views(pages()), indirect=True)
def test_page_is_whole_offline(page):
    # Open what is folded, so that pictures and formulas in it are looked at too, and
    # wait for the pictures that load only when they come into sight.
    page.evaluate(
        """async () => {
          window.folded = [...document.querySelectorAll('details:not([open])')]
          window.folded.forEach(each => { each.open = true })
          scrollTo(0, document.body.scrollHeight)
          const late = [...document.images].map(each => {
            each.loading = 'eager'
            return each.decode().catch(() => {})
          })
          await Promise.all(late)
        }"""
    )
    broken = page.evaluate(
        "[...document.images].filter(i => !i.complete || !i.naturalWidth)"
        ".map(i => i.src)"
    )
    assert broken == []

    strangers = [url for url in page.requested if urlsplit(url).scheme != "file"]
    assert [url for url in strangers if not url.startswith("data:")] == []
    assert page.troubles == []

    theme = page.evaluate("document.documentElement.dataset.theme")
    assert theme == ("dark" if page.dark else "light")
    widest = page.evaluate("document.documentElement.scrollWidth")
    assert widest <= page.viewport_size["width"], "the page scrolls sideways"

    formulas = page.locator(".math:not(.nohighlight .math)").count()
    assert page.locator("mjx-container").count() >= formulas
    assert page.locator("mjx-merror, [data-mjx-error]").count() == 0
    page.evaluate("window.folded.forEach(each => { each.open = false })")


@pytest.mark.parametrize("page", views(pages(), [1280], [True]), indirect=True)
def test_figures_keep_a_light_ground_and_their_colours_in_the_dark(page):
    looks = page.evaluate(
        """() => [...document.querySelectorAll('.bd-article img')].map(element => {
          const style = getComputedStyle(element)
          const [r, g, b, a = 1] = style.backgroundColor.match(/[\\d.]+/g).map(Number)
          const luminance = (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255
          return [a < 1 ? -1 : luminance, style.filter]
        })"""
    )
    for luminance, colours in looks:
        assert luminance > 0.8
        assert colours == "none"


@pytest.mark.parametrize("page", views(pages(), [1280], [False]), indirect=True)
def test_every_picture_has_words(page):
    pictures = page.evaluate(
        """() => [...document.querySelectorAll('.bd-article img')]
          .map(e => [e.getAttribute('alt') || '', e.getAttribute('src') || ''])"""
    )
    for text, source in pictures:
        assert len(text.strip()) > 10, source
        # Sphinx puts the file's name where nobody wrote a text.
        assert Path(source).stem not in text


@pytest.mark.parametrize("page", views(chapters(), [1280]), indirect=True)
def test_boxes_have_contrast(page):
    """Titles, text and links of the boxes keep 4.5 : 1 to what they stand on."""
    ratios = page.evaluate(
        """() => {
          const canvas = new OffscreenCanvas(1, 1)
            .getContext('2d', {willReadFrequently: true})
          const paint = (colours) => {
            for (const colour of colours) {
              canvas.fillStyle = colour
              canvas.fillRect(0, 0, 1, 1)
            }
            return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3)
          }
          const light = (rgb) => rgb
            .map(v => v / 255)
            .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
            .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0)
          const ground = (element) => {
            const layers = []
            for (let e = element; e; e = e.parentElement) {
              layers.unshift(getComputedStyle(e).backgroundColor)
            }
            return layers
          }
          const texts = document.querySelectorAll(
            '.admonition-title, .admonition p, .admonition a:not(.headerlink)'
          )
          return [...texts].map(e => {
            const layers = ground(e)
            const a = light(paint(layers))
            const b = light(paint([...layers, getComputedStyle(e).color]))
            return (Math.max(a, b) + .05) / (Math.min(a, b) + .05)
          })
        }"""
    )
    assert ratios
    assert min(ratios) >= 4.5


@pytest.mark.parametrize("page", views(chapters(), [1280], [False]), indirect=True)
def test_chapter_is_built_to_the_pattern(page):
    aim = page.locator(".admonition.aim").first.inner_text()
    for word in ("Aim", "Minutes", "You need"):
        assert word in aim
    for box in ("question", "sources-said", "takeaways"):
        assert page.locator(f".admonition.{box}").count() >= 1, box
    assert page.locator("figure img").count() >= 1

    answer = page.locator(".admonition.question details").first
    body = answer.locator(".sd-card-body, .sd-summary-content").first
    assert not body.is_visible()
    answer.locator("summary").click()
    assert body.is_visible()
    answer.locator("summary").click()
    assert not body.is_visible()


@pytest.mark.parametrize("name", pages())
def test_no_page_shows_an_error_stream(name):
    text = (HTML / name).read_text(encoding="utf-8")
    for mark in ('class="output stderr', 'class="output traceback', "oneDNN"):
        assert mark not in text


@pytest.fixture(scope="module")
def address():
    """Serve the book on this machine, as `make serve` does."""
    handler = functools.partial(QuietHandler, directory=str(HTML))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


def test_search_finds_pages_from_the_disk_and_served(visit, address):
    page = visit("search.html?q=fire")
    page.wait_for_selector("#search-results li a")
    # The disk gives the titles only: browsers let no page read another there.
    page.requested.clear(), page.troubles.clear()
    page.goto(address + "search.html?q=fire")
    page.wait_for_selector("#search-results li p.context")
    assert page.troubles == []
    assert all(url.startswith(address) for url in page.requested)


def test_contents_open_and_close(visit):
    page = visit("book/intro.html", width=360)
    contents = page.locator(".bd-links").first
    toggle = page.locator("button.primary-toggle:visible")
    assert not contents.is_visible()
    toggle.click()
    contents.wait_for(state="visible")
    page.keyboard.press("Escape")
    contents.wait_for(state="hidden")

    page = visit("book/intro.html", width=1280)
    contents = page.locator(".bd-links").first
    assert contents.is_visible()
    page.locator("button.primary-toggle:visible").click()
    contents.wait_for(state="hidden")


class Links(HTMLParser):
    def __init__(self, text: str):
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        facts = dict(attributes)
        if facts.get("id"):
            self.ids.add(facts["id"])
        for name in ("href", "src"):
            if facts.get(name):
                self.links.append(facts[name])


@functools.cache
def parsed(path: Path) -> Links:
    return Links(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", pages())
def test_links_inside_the_book_lead_somewhere(name):
    page = HTML / name
    lost = []
    for link in parsed(page).links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc or link == "#":
            continue
        target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        if not target.exists() or (
            parts.fragment
            and target.suffix == ".html"
            and unquote(parts.fragment) not in parsed(target).ids
        ):
            lost.append(link)
    assert lost == []
