"""The landing page lists the chapters that there are, with what they say of themselves."""

import re
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def extension():
    sys.path.insert(0, str(ROOT / "book" / "_ext"))
    import fire_book

    yield fire_book
    sys.path.remove(str(ROOT / "book" / "_ext"))


def test_a_chapter_is_listed_with_its_part_aim_and_minutes(extension, tmp_path):
    (tmp_path / "a.md").write_text(
        "# One\n\n- **Aim** See a kernel,\n  and use it.\n- **Minutes** 35\n- **You need** it\n"
    )
    (tmp_path / "b.md").write_text("# No chapter\n\nMinutes 35\n")
    toc = {
        "root": "intro",
        "parts": [
            {"caption": "Kernels", "chapters": [{"file": "a"}, {"file": "b"}]},
            {"caption": "Exercises", "chapters": [{"file": "notebook"}]},
        ],
    }
    (tmp_path / "_toc.yml").write_text(yaml.safe_dump(toc))
    found = extension.chapters(tmp_path / "_toc.yml")
    assert found == [("Kernels", "a", "See a kernel, and use it.", 35)]


def test_every_chapter_of_the_course_is_listed(extension):
    """Every page of the numbered parts that the contents name, in their order."""
    text = (ROOT / "_toc.yml").read_text()
    named = re.findall(r"file: (book/\d\S*)", text)
    assert [chapter.page for chapter in extension.chapters(ROOT / "_toc.yml")] == named
    assert len(named) >= 6


def test_the_page_links_them_all(extension):
    page = ROOT / "_build" / "html" / "book" / "intro.html"
    if not page.exists():
        pytest.skip("the book is not built: make book")
    html = page.read_text(encoding="utf-8")
    article = html[html.index("<article") : html.index("</article>")]
    for chapter in extension.chapters(ROOT / "_toc.yml"):
        link = chapter.page.removeprefix("book/")
        assert re.search(
            rf'href="{re.escape(link)}\.html".{{0,200}}\({chapter.minutes} min\)',
            article,
            re.S,
        )
