"""A lesson's source is read strictly: what could leak or be lost is an error."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fire_course.lessons import regions
from fire_course.lessons.source import LessonError, outline, read, sources

REGION = "    ### BEGIN SOLUTION\n    x\n    ### END SOLUTION"


@pytest.fixture
def lesson(tmp_path, exercises):
    """Read a text as a lesson."""

    def lesson(text, known=exercises):
        path = tmp_path / "01_sums.md"
        path.write_text(text)
        return read(path, exercises=known)

    return lesson


@pytest.fixture
def fault(lesson):
    """Read a faulty lesson; return the line that is blamed, and the reason."""

    def fault(text, **options):
        with pytest.raises(LessonError) as raised:
            lesson(text, **options)
        error = raised.value
        assert str(error) == f"{error.path}:{error.line}: {error.reason}"
        assert error.path.name == "01_sums.md"
        return text.split("\n")[error.line - 1].strip(), error.reason

    return fault


def test_cells_have_roles_ids_and_lines(lesson, small):
    found = lesson(small)
    assert (found.name, found.title) == ("01_sums", "Sums")
    assert [(cell.id, cell.role, cell.exercise) for cell in found.cells] == [
        ("text-sums", "prose", None),
        ("setup", "setup", None),
        ("text-adding", "prose", None),
        ("add-answer", "answer", "add"),
        ("add-check", "check", "add"),
        ("text-a-picture-of-it", "prose", None),
        ("code-print-list-range-3", "demo", None),
        ("text-doubling", "prose", None),
        ("twice-answer", "answer", "twice"),
        ("twice-check", "check", "twice"),
    ]
    rows = small.split("\n")
    for cell in found.cells:
        assert rows[cell.line - 1] == cell.text.split("\n")[0]
    assert found.points == {"add": 1.0, "twice": 2.5}
    assert [cell.function for cell in found.answers.values()] == ["add", "twice"]
    assert [cell.id for cell in found.setup] == ["setup"]
    assert found.cells[6].tags == ("remove-input",)


def test_ids_do_not_change_when_a_cell_is_put_in(lesson, small):
    before = [cell.id for cell in lesson(small).cells]
    for place in re.finditer(r"^## |^```\{code-cell\}", small, re.M):
        new = "New words here.\n\n```{code-cell} python\nnew = 1\n```\n\n"
        text = small[: place.start()] + new + small[place.start() :]
        after = [cell.id for cell in lesson(text).cells]
        rest = [
            name for name in after if not name.endswith(("new-words-here", "new-1"))
        ]
        # Words that now stand before the new ones, in one text, keep its name.
        assert set(rest) == set(before)


def test_long_and_foreign_texts_get_ids_of_their_own(lesson, small):
    long = "word " * 40
    text = small + f"\n{long}\n\n```{{code-cell}} python\n1\n```\n\nΑθήνα\n"
    names = [cell.id for cell in lesson(text).cells][-3:]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) for name in names)
    assert len(set(names)) == 3


def test_mystnb_and_given_ids_are_kept(lesson, small):
    text = small + (
        '\n+++ {"id": "last-words", "tags": ["x"]}\n\nEnd.\n\n```{code-cell} python\n---\n'
        "id: figure\nmystnb: {image: {alt: A curve}}\n---\ndraw = 1\n```\n"
    )
    words, figure = lesson(text).cells[-2:]
    assert (words.id, words.tags) == ("last-words", ("x",))
    assert (figure.id, figure.look) == ("figure", {"image": {"alt": "A curve"}})


ADD = "    secret_sum = a + b\n"

FAULTS = {
    "nested": (ADD, "    ### BEGIN SOLUTION\n", "### BEGIN SOLUTION", "nested"),
    "unclosed": (
        "    return secret_sum\n    ### END SOLUTION",
        "    return secret_sum",
        "### BEGIN SOLUTION",
        "not closed",
    ),
    "never begun": (
        "### BEGIN SOLUTION\n    if",
        "if",
        "### END SOLUTION",
        "never began",
    ),
    "indented otherwise": (
        "secret_sum\n    ### END",
        "secret_sum\n  ### END",
        "### END SOLUTION",
        "indented alike",
    ),
    "empty": (
        "    return FACTOR * a\n",
        "\n",
        "### BEGIN SOLUTION",
        "empty",
    ),
    "not alone": (
        "    return FACTOR * a\n    ### END SOLUTION",
        "    return FACTOR * a  ### END SOLUTION",
        "return FACTOR * a  ### END SOLUTION",
        "no marker",
    ),
    "small letters": (
        "### BEGIN SOLUTION\nFACTOR",
        "### begin solution\nFACTOR",
        "### begin solution",
        "no marker",
    ),
    "hidden tests": (
        'check("add", add)',
        "### BEGIN HIDDEN TESTS",
        "### BEGIN HIDDEN TESTS",
        "no marker",
    ),
    "in a demonstration": (
        "print(list(range(3)))",
        "### BEGIN SOLUTION\nx = 1\n### END SOLUTION",
        "### BEGIN SOLUTION",
        "outside an answer",
    ),
    "in a text": (
        "A picture of it:",
        "Look:\n\n### BEGIN SOLUTION\nx\n### END SOLUTION",
        "### BEGIN SOLUTION",
        "outside an answer",
    ),
    "marker in a text": (
        "A picture of it:",
        "Between ### BEGIN SOLUTION and so on",
        "Between ### BEGIN SOLUTION and so on",
        "no marker",
    ),
    "in a setup": (
        "class check:",
        "### BEGIN SOLUTION\nx = 1\n### END SOLUTION\nclass check:",
        "### BEGIN SOLUTION",
        "outside an answer",
    ),
    "answer without exercise": (
        "id: add-answer\nexercise: add",
        "id: add-answer",
        "### BEGIN SOLUTION",
        "outside an answer",
    ),
    "exercise twice": (
        ":exercise: twice\n\n### BEGIN",
        ":exercise: add\n\n### BEGIN",
        "### BEGIN SOLUTION",
        "the answer of add is there twice",
    ),
    "id twice": (
        ":tags: [remove-input]",
        ":id: setup",
        "print(list(range(3)))",
        "two cells have the id setup",
    ),
    "check missing": (
        'id: add-check\nexercise: add\n---\ncheck("add", add)',
        "role: demo\n---\n1",
        "def add(a, b):",
        "the check of add is missing",
    ),
    "check of another": (
        'check("add", add)',
        'check("twice", add)',
        'check("twice", add)',
        'write check("add"',
    ),
    "check without exercise": (
        "print(list(range(3)))",
        'check("add", add)',
        'check("add", add)',
        "stands alone",
    ),
    "check with more": (
        'check("add", add)',
        'check("add", add)\nadd(1, 2)',
        'check("add", add)',
        "stands alone",
    ),
    "check of an unknown name": (
        'check("add", add)',
        'check("add", plus)',
        'check("add", plus)',
        "does not define",
    ),
    "neither": (
        ":tags: [remove-input]",
        ":exercise: add",
        "print(list(range(3)))",
        "neither a solution region nor a check",
    ),
    "wrong id": (
        "id: add-answer",
        "id: answer-add",
        "def add(a, b):",
        "must have the id add-answer",
    ),
    "bad id": (
        ":tags: [remove-input]",
        ":id: a b",
        "print(list(range(3)))",
        "is no id",
    ),
    "bad name": (
        "exercise: add\n---\ndef",
        "exercise: Add It\n---\ndef",
        "def add(a, b):",
        "no name of an exercise",
    ),
    "wrong role": (
        "role: setup",
        "role: prose",
        "class check:",
        "role 'prose'",
    ),
    "unknown option": (
        ":tags: [remove-input]",
        ":tag: [remove-input]",
        "print(list(range(3)))",
        "no option 'tag'",
    ),
    "no Python": (
        "secret_sum = a + b",
        "secret_sum = a +",
        "secret_sum = a +",
        "no Python",
    ),
    "no Python without its solution": (
        "    ### BEGIN SOLUTION\n    return FACTOR * a\n    ### END SOLUTION",
        "    if a:\n        ### BEGIN SOLUTION\n        a = 1\n        ### END SOLUTION\n"
        "    else:\n        ### BEGIN SOLUTION\n        a = 2\n    ### END SOLUTION",
        "### END SOLUTION",
        "indented alike",
    ),
    "fence left open": (
        "print(list(range(3)))\n```",
        "print(list(range(3)))",
        "```{code-cell} python",
        "closed",
    ),
    "cell misspelt": (
        "```{code-cell} python\n:tags",
        "```{codecell} python\n:tags",
        "```{codecell} python",
        "no code cell",
    ),
    "cell in a list": (
        "A picture of it:\n\n```{code-cell} python\n:tags: [remove-input]\n\n"
        "print(list(range(3)))\n```",
        "- A picture of it:\n\n  ```{code-cell} python\n  print(3)\n  ```",
        "```{code-cell} python",
        "no code cell",
    ),
    "empty cell": ("print(list(range(3)))\n", "", "```", "empty"),
    "options are no YAML": (
        "id: add-check\nexercise: add",
        "id: [add-check",
        "```{code-cell} python",
        "no YAML",
    ),
    "raw cell": (
        "```{code-cell} python\n:tags: [remove-input]",
        "```{raw-cell}\n:tags: [remove-input]",
        "```{raw-cell}",
        "raw cell",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_refused_with_its_line(fault, small, name):
    before, after, row, reason = FAULTS[name]
    assert small.count(before) == 1
    blamed, told = fault(small.replace(before, after))
    assert blamed == row
    assert reason in told


def test_check_before_its_answer_is_refused(fault, small):
    check = small[small.rindex("```{code-cell}") :]
    text = small.replace(check, "").replace("## Doubling", f"{check}\n## Doubling")
    assert "stands before its check" in fault(text)[1]


def test_last_cell_left_open_is_refused(fault, small):
    assert "not closed" in fault(small.rstrip("`\n"))[1]


def test_title_is_required(fault, small):
    assert "begins with its title" in fault(small.replace("# Sums", "Sums", 1))[1]
    assert "begins with its title" in fault("")[1]


def test_lesson_and_checks_hold_the_same_exercises(fault, small, exercises):
    one, two = exercises
    assert "no exercise twice" in fault(small, known=[one])[1]
    three = type(one)(name="thrice", function="thrice", points=1)
    assert "the lesson lacks thrice" in fault(small, known=[one, two, three])[1]
    other = type(one)(name="twice", function="double", points=1)
    assert "double in checks/" in fault(small, known=[one, other])[1]


def test_unknown_lesson_is_told(tmp_path, small):
    path = tmp_path / "99_unknown.md"
    path.write_text(small)
    with pytest.raises(LessonError, match="99_unknown"):
        read(path)


def test_sources_are_lessons_only(tmp_path):
    for name in ("10_b.md", "02_a.md", "README.md", "10_b.ipynb", "notes_10.md"):
        (tmp_path / name).touch()
    assert [path.name for path in sources(tmp_path)] == ["02_a.md", "10_b.md"]


def test_outline_tells_the_exercises_of_an_installed_lesson():
    from fire_course.lessons import checks

    name = next(iter(checks.LESSONS))
    known = checks.exercises(name)
    found = outline(name)
    assert list(found.answers) == [each.name for each in known]
    assert [cell.id for cell in found.answers.values()] == [
        f"{each.name}-answer" for each in known
    ]
    assert [cell.function for cell in found.answers.values()] == [
        each.function for each in known
    ]


# --- regions: laws ---------------------------------------------------------------

LINES = st.lists(
    st.sampled_from(["a = 1", "    b = 2", "", "        return c", "\td = 4"]),
    min_size=1,
    max_size=4,
).filter(lambda rows: any(row.strip() for row in rows))
INDENTS = st.sampled_from(["", "    ", "        ", "\t"])


@given(st.lists(st.tuples(LINES, INDENTS, LINES), max_size=4), LINES)
@settings(deadline=None, max_examples=200)
def test_law_blank_keeps_exactly_what_is_outside(blocks, last):
    rows, outside, inside = [], [], []
    for before, indent, solution in blocks:
        rows += [
            *before,
            f"{indent}{regions.BEGIN}",
            *solution,
            f"{indent}{regions.END}",
        ]
        outside += [*before, indent + regions.STUB]
        inside += solution
    text = "\n".join([*rows, *last])
    assert regions.blank(text) == "\n".join([*outside, *last])
    assert list(regions.lines(text)) == inside
    assert regions.find(regions.blank(text)) == []
    without = [
        row for row in rows + last if row.strip() not in (regions.BEGIN, regions.END)
    ]
    assert regions.unmark(text) == "\n".join(without)


WORDS = [
    "### ",
    "#",
    " ",
    "BEGIN",
    "END",
    "begin",
    "SOLUTION",
    "_",
    "\n",
    "x = 1",
    "\n",
]


@given(st.lists(st.sampled_from(WORDS), max_size=14).map("".join))
@settings(deadline=None, max_examples=300)
def test_law_a_text_with_a_marker_word_is_found_or_refused(text):
    suspicious = re.search(r"\b(BEGIN|END)[ _]*SOLUTION", text, re.I)
    try:
        found = regions.find(text)
    except regions.RegionError as error:
        assert 0 <= error.line < len(text.split("\n"))
    else:
        assert bool(found) == bool(suspicious)
