"""A small book, built by the real book's settings: what must fail does, and what
must be executed again is."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# A build takes three seconds, or much longer where other programs keep it waiting.
pytestmark = pytest.mark.timeout(900)

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent

HEAD = """\
---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {name: python3, display_name: Python 3, language: python}
---

# A chapter

"""

# It notes each execution, and shows a value of the package and one of a record.
CHAPTER = (
    HEAD
    + """\
```{code-cell} python
import json, os, sys
from pathlib import Path

sys.path.insert(0, str(Path("../..").resolve()))
from fire_course.helper import VALUE
from myst_nb import glue

with open("../../executions", "a") as file:
    file.write("x")
glue("recorded", json.loads(Path("../records/one.json").read_text())["f1"])
print("value", VALUE, "data", os.environ["FIRE_COURSE_DATA"])
```

Its F1 is {glue:text}`recorded`, and $x^2$ is a formula.
"""
)


def cell(code: str, options: str = "") -> str:
    return f"\n```{{code-cell}} python\n{options}{code}\n```\n"


class Book:
    def __init__(self, root: Path):
        self.root = root
        for name in ("_config.yml", "requirements.lock"):
            shutil.copy(ROOT / name, root / name)
        for name in ("_ext", "_static"):
            shutil.copytree(ROOT / "book" / name, root / "book" / name)
        self.write("_toc.yml", "format: jb-book\nroot: book/intro\n")
        with (root / "_toc.yml").open("a") as toc:
            toc.write("chapters:\n  - file: book/4_fire/chapter\n")
        self.write("book/intro.md", "# A book\n\nHello.\n")
        self.write("book/records/one.json", '{"f1": 0.25}')
        self.write("fire_course/__init__.py", "")
        self.write("fire_course/helper.py", "VALUE = 111\n")
        self.chapter(CHAPTER)

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def chapter(self, text: str) -> None:
        self.write("book/4_fire/chapter.md", text)

    def run(
        self, *command: str | Path, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        # Under pytest, ipykernel does not listen to what C code writes.
        environment = dict(os.environ, **variables)
        environment.pop("PYTEST_CURRENT_TEST", None)
        return subprocess.run(
            [str(part) for part in command],
            cwd=self.root,
            env=environment,
            capture_output=True,
            text=True,
            timeout=280,
        )

    def build(self, *before: str) -> subprocess.CompletedProcess[str]:
        strict = ("-W", "--keep-going", "--quiet")
        return self.run(*before, BIN / "jupyter-book", "build", ".", *strict)

    @property
    def page(self) -> str:
        return (self.root / "_build/html/book/4_fire/chapter.html").read_text()

    @property
    def executions(self) -> int:
        path = self.root / "executions"
        return len(path.read_text()) if path.exists() else 0


@pytest.fixture
def book(tmp_path) -> Book:
    return Book(tmp_path)


def test_chapter_is_executed_again_only_when_something_it_uses_changed(book):
    first = book.build()
    assert first.returncode == 0, first.stderr
    assert book.executions == 1
    assert f"value 111 data {book.root / 'datasets'}" in book.page
    assert "0.25" in book.page

    assert book.build().returncode == 0
    book.chapter(CHAPTER + "\nA sentence more.\n")
    assert book.build().returncode == 0
    assert "A sentence more." in book.page
    assert book.executions == 1, "nothing but prose had changed"

    book.write("fire_course/helper.py", "VALUE = 222\n")
    assert book.build().returncode == 0
    assert book.executions == 2
    assert "value 222" in book.page

    book.write("book/records/one.json", '{"f1": 0.75}')
    assert book.build().returncode == 0
    assert book.executions == 3
    assert "0.75" in book.page


def test_plain_sphinx_builds_the_same_page(book):
    assert book.build().returncode == 0
    assert book.run(BIN / "jupyter-book", "config", "sphinx", ".").returncode == 0
    build = (BIN / "sphinx-build", "-W", "-q", "-b", "html", ".", "_build/sphinx")
    result = book.run(*build, PYTHONPATH="book/_ext")
    assert result.returncode == 0, result.stderr
    assert book.executions == 1, "both use one cache"
    plain = (book.root / "_build/sphinx/book/4_fire/chapter.html").read_text()
    body = slice(plain.index("<article"), plain.index("</article>"))
    assert "value 111" in plain[body]
    assert plain[body] == book.page[book.page.index("<article") :][: len(plain[body])]


PICTURE = (
    "import matplotlib.pyplot as plt\n_ = plt.figure(figsize=(1, 1)).add_subplot()"
)


FAULTS = {
    "warns": (cell("import warnings\nwarnings.warn('old habits')"), "stderr"),
    "chatters": (cell("import os\nos.write(2, b'chatter')"), "stderr"),
    "figure": (cell(PICTURE), "alternative text"),
    "picture": ("\n![](../_static/logo.svg)\n", "alternative text"),
    "reference": ("\nSee {ref}`nowhere`.\n", "nowhere"),
    "number": ("\nIt is {glue:text}`lost`.\n", "lost"),
    "raw": (
        cell(
            "import numpy as np\nfrom myst_nb import glue\n"
            "glue('raw', np.float64(.5), display=False)"
        )
        + "\nIt is {glue:text}`raw`.\n",
        "formatted",
    ),
}


def test_every_fault_is_a_warning_and_stays_one(book):
    """Each has its warning, and one is enough for the strict build to fail."""
    for name, (text, _) in FAULTS.items():
        book.write(f"book/4_fire/{name}.md", HEAD + text)
    toc = "".join(f"  - file: book/4_fire/{name}\n" for name in FAULTS)
    book.write("_toc.yml", f"format: jb-book\nroot: book/intro\nchapters:\n{toc}")
    for attempt in ("from clean", "again"):
        result = book.build()
        assert result.returncode != 0, attempt
        said = result.stdout + result.stderr
        for name, (_, complaint) in FAULTS.items():
            line = rf"{name}\.md\b.*(WARNING|ERROR).*{complaint}"
            assert re.search(line, said), (attempt, name, said)

    for name in FAULTS:
        book.write(f"book/4_fire/{name}.md", HEAD + cell(f"print('mended', '{name}')"))
    result = book.build()
    assert result.returncode == 0, result.stderr
    for name in FAULTS:
        page = (book.root / f"_build/html/book/4_fire/{name}.html").read_text()
        assert f"mended {name}" in page


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param(cell("1 / 0"), "ZeroDivisionError", id="a cell fails"),
        pytest.param(*FAULTS["reference"], id="a warning"),
    ],
)
def test_strict_build_fails_and_goes_on_failing(book, text, complaint):
    book.chapter(HEAD + text)
    for attempt in ("from clean", "again"):
        result = book.build()
        assert result.returncode != 0, attempt
        assert complaint in result.stdout + result.stderr, attempt

    book.chapter(HEAD + cell("print('mended')"))
    assert book.build().returncode == 0
    assert "mended" in book.page


def test_figure_made_by_a_cell_has_alt_text_caption_and_number(book):
    options = """\
---
mystnb:
  image:
    alt: An empty plot.
  figure:
    name: fig-empty
    caption: Its F1 is {glue:text}`recorded`.
---
"""
    book.chapter(CHAPTER + cell(PICTURE, options) + "\nSee {numref}`fig-empty`.\n")
    result = book.build()
    assert result.returncode == 0, result.stderr
    assert 'alt="An empty plot."' in book.page
    caption = book.page[
        book.page.index("<figcaption") : book.page.index("</figcaption")
    ]
    assert re.sub("<[^>]*>", "", caption).startswith("\nFig. 1 Its F1 is 0.25.")


def test_build_takes_no_network(book):
    bwrap = shutil.which("bwrap")
    sandbox = [str(bwrap), "--bind", "/", "/", "--dev", "/dev", "--unshare-net"]
    if not bwrap or subprocess.run([*sandbox, "true"], capture_output=True).returncode:
        if os.environ.get("CI") == "true":
            pytest.fail("bubblewrap does not work here, and CI needs it")
        pytest.skip("needs bubblewrap to take the network away")
    result = book.build(*sandbox)
    assert result.returncode == 0, result.stderr
    assert "value 111" in book.page
