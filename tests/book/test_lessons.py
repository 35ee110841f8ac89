"""Lessons in the book: exercises unexecuted, solutions folded, buttons on notebooks."""

import re
import shutil
from pathlib import Path

import pytest

from .test_build import CHAPTER, Book

pytestmark = pytest.mark.timeout(900)

ROOT = Path(__file__).parents[2]
NAME = "10_honest_data"

TOC = f"""\
format: jb-book
root: book/intro
chapters:
  - file: book/4_fire/chapter
  - file: exercises/{NAME}
    sections:
      - file: solutions/{NAME}
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """A chapter and a real lesson, its source beside it as in the course."""
    book = Book(tmp_path_factory.mktemp("book"))
    book.chapter(CHAPTER)
    for name in (f"exercises/{NAME}.ipynb", f"solutions/{NAME}.ipynb"):
        (book.root / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, book.root / name)
    shutil.copy(ROOT / f"solutions/{NAME}.md", book.root / "solutions")
    book.write("_toc.yml", TOC)
    built = book.build()
    assert built.returncode == 0, built.stderr
    assert "exercises" not in built.stdout and "solutions" not in built.stdout
    return book


def page(book, name):
    return (book.root / f"_build/html/{name}.html").read_text(encoding="utf-8")


def test_exercise_is_shown_as_a_learner_opens_it(book):
    text = page(book, f"exercises/{NAME}")
    assert "NotImplementedError" in text
    assert 'class="cell_output' not in text


def test_solution_shows_stored_outputs_and_answers_behind_folds(book):
    text = page(book, f"solutions/{NAME}")
    assert "passed (" in text  # a verdict that no kernel has given here
    answers = re.findall(r"<details[^>]*hide above-input.*?</details>", text, re.S)
    assert sum("Show a solution" in each for each in answers) == 5
    verdicts = re.findall(r"<details[^>]*hide below-input.*?</details>", text, re.S)
    assert sum("Show the verdict" in each for each in verdicts) == 5
    folded = "".join(answers + verdicts)
    assert text.count("passed (") == folded.count("passed (") == 5


def test_launch_buttons_stand_on_notebooks_only(book):
    colab = "https://colab.research.google.com/github/fire-course/fire-course"
    for kind in ("exercises", "solutions"):
        link = f"{colab}/blob/main/{kind}/{NAME}.ipynb"
        assert link in page(book, f"{kind}/{NAME}")
    assert "colab" not in page(book, "book/4_fire/chapter")
    assert "colab" not in page(book, "book/intro")


def test_changed_lessons_execute_no_chapter_again(book):
    before = book.executions
    book.write("fire_course/lessons/checks/ch10.py", "EXERCISES = ()\n")
    built = book.build()
    assert built.returncode == 0, built.stderr
    assert book.executions == before == 1
