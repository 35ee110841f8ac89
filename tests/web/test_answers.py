"""What headers say, and what strange ones do not."""

import time
from email.utils import formatdate
from types import SimpleNamespace

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from fire_course.web import answers


def answer(**headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return SimpleNamespace(headers=requests.structures.CaseInsensitiveDict(named))


@pytest.mark.parametrize(
    ("said", "length"),
    [("1234", 1234), (" 7 ", 7), ("", 0), ("-5", 0), ("1e3", 0), ("9" * 30, 0)],
)
def test_a_length_is_a_number_or_unknown(said, length):
    assert answers.length(answer(Content_Length=said)) == length


def test_patience_is_asked_for_in_seconds_or_by_a_date():
    assert answers.patience(answer(Retry_After="120")) == 120
    date = formatdate(time.time() + 60, usegmt=True)
    assert 50 < answers.patience(answer(Retry_After=date)) <= 61
    assert answers.patience(answer(Retry_After=formatdate(0, usegmt=True))) == 0
    assert answers.patience(answer(Retry_After="9" * 40)) == 10**6
    for nothing in ("", "soon", "-3", "1.5"):
        assert answers.patience(answer(Retry_After=nothing)) is None


def test_a_status_is_one_short_line():
    evil = SimpleNamespace(status_code=404, reason="Not\r\nFound\x1b[2J" + "x" * 500)
    words = answers.status(evil)
    assert words.startswith("404 NotFound") and words.isprintable() and len(words) < 70
    assert answers.status(SimpleNamespace(status_code=500, reason=None)) == "500"


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=400))
def test_no_header_breaks_it(text):
    strange = answer(Content_Length=text, Retry_After=text, ETag=text)
    assert answers.length(strange) >= 0
    assert (answers.patience(strange) or 0) >= 0
    answers.moment(text)
    word = answers.word(strange, "ETag")
    assert word is None or (word.isprintable() and 0 < len(word) <= 300)
