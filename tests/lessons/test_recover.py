"""Answers are found in edited, broken and hostile notebooks, and nothing is run."""

import ast
import json
from pathlib import Path

import nbformat
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import convolve2d

from fire_course.lessons.recover import (
    LARGEST,
    Recovered,
    SubmissionError,
    own_answers,
    recover,
)
from fire_course.lessons.source import Cell, Lesson, read

ROOT = Path(__file__).parents[2]


def answer_cell(exercise: str, function: str) -> Cell:
    return Cell(
        id=f"{exercise}-answer",
        kind="code",
        text="",
        line=1,
        role="answer",
        exercise=exercise,
        function=function,
    )


SETUP = Cell(id="setup", kind="code", text="import numpy as np", line=1, role="setup")
LESSON = Lesson(
    name="01_small",
    title="Small",
    path=Path("01_small.md"),
    cells=(SETUP, answer_cell("add", "add"), answer_cell("twice", "twice")),
    points={"add": 1, "twice": 2},
)

STUB = 'def {}(a, b):\n    """Add."""\n    raise NotImplementedError("write it")'


def code(source, ident=None, **metadata):
    cell = {"cell_type": "code", "source": source, "metadata": metadata, "outputs": []}
    return cell | ({"id": ident} if ident else {})


@pytest.fixture
def submit(tmp_path):
    def submit(*cells, lesson=LESSON, **extra) -> dict[str, Recovered]:
        document = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, **extra}
        path = tmp_path / "handed in.ipynb"
        path.write_text(json.dumps(document | {"cells": list(cells)}))
        return recover(path, lesson)

    return submit


def value(found: Recovered, call: str):
    """Run recovered code alone, with what the lesson's setup gives."""
    import numpy

    names = {"np": numpy}
    exec(compile(found.code, "answer", "exec"), names)
    return eval(call, names)


def test_answer_is_found_by_its_id(submit):
    found = submit(code("def add(a, b):\n    return a + b", "add-answer"))
    assert found["add"] == Recovered("def add(a, b):\n    return a + b", "id")
    assert found["twice"].how == "missing"
    assert found["twice"].problems == (
        "No cell has the id twice-answer and none defines twice.",
    )
    assert list(found) == ["add", "twice"]


@pytest.mark.parametrize(
    "cell",
    [
        code("def add(a, b):\n    return a + b"),
        code("def add(a, b):\n    return a + b", "edited"),
        code("x = 1\ndef add(a, b):\n    return a + b\nprint(add(1, x))", "other"),
    ],
)
def test_answer_without_its_id_is_found_by_its_name_without_its_cell(submit, cell):
    found = submit(code(STUB.format("add"), "add-answer"), cell)["add"]
    assert found == Recovered("def add(a, b):\n    return a + b", "function")


def test_colab_and_nbgrader_keep_ids_in_the_metadata(submit):
    text = "def add(a, b):\n    return a + b"
    assert submit(code(text, "add-answer"))["add"].how == "id"
    assert submit(code(text, nbgrader={"grade_id": "add-answer"}))["add"].how == "id"
    assert submit(code(text, id="add-answer"))["add"].how == "id"


def test_a_copied_cell_shares_nbgraders_id_and_the_one_with_the_answer_wins(submit):
    meta = {"nbgrader": {"grade_id": "add-answer"}}
    found = submit(
        code("def add(a, b):\n    return 'first'", "f00", **meta),
        code("def add(a, b):\n    return 'second'", "f01", **meta),
        code("print('no answer')", "f02", **meta),
    )["add"]
    assert value(found, "add(1, 2)") == "second"
    original = code("def add(a, b):\n    return 'own'", "add-answer", **meta)
    assert (
        value(submit(original, code("x", "f03", **meta))["add"], "add(1, 2)") == "own"
    )


def test_later_attempt_wins_over_an_untouched_stub_but_not_over_an_answer(submit):
    attempt = code("def add(a, b):\n    return 'attempt'")
    assert submit(code(STUB.format("add"), "add-answer"), attempt)["add"].how == (
        "function"
    )
    answer = code("def add(a, b):\n    return 'answer'", "add-answer")
    assert value(submit(answer, attempt)["add"], "add(1, 2)") == "answer"


def test_untouched_stub_stays_a_stub(submit):
    found = submit(code(STUB.format("add"), "add-answer"))["add"]
    assert (found.how, found.problems) == ("id", ())
    with pytest.raises(NotImplementedError):
        value(found, "add(1, 2)")


def test_renamed_function_is_taken_and_said(submit):
    found = submit(code("def plus(a, b):\n    return a + b", "add-answer"))["add"]
    assert found.problems == ("The answer defines plus, taken for add.",)
    assert value(found, "add(1, 2)") == 3


def test_swapped_ids_do_not_swap_answers(submit):
    found = submit(
        code("def twice(a):\n    return 2 * a", "add-answer"),
        code("def add(a, b):\n    return a + b", "twice-answer"),
    )
    assert value(found["add"], "add(1, 2)") == 3
    assert value(found["twice"], "twice(2)") == 4


def test_edited_id_and_renamed_function_is_missing(submit):
    found = submit(code("def plus(a, b):\n    return a + b", "edited"))["add"]
    assert (found.code, found.how) == ("", "missing")


def test_helpers_come_along_transitively_and_statements_stay(submit):
    found = submit(
        code(
            "import os, math as m\nfrom functools import reduce, partial\nopen('x', 'w')"
        ),
        code("FACTOR: int = 3\nTABLE = np.array([1, 2])\nTRAINED = train()\n%ls"),
        code("def helper(a):\n    return inner(a) * FACTOR\n\nprint(helper(1))"),
        code("@partial(reduce)\nclass Odd: pass"),
        code("def inner(a):\n    return m.floor(a) + int(TABLE[0])"),
        code("def add(a, b):\n    return helper(a) + b\n\nadd(1, 2)", "add-answer"),
    )["add"]
    assert value(found, "add(1.5, 2)") == 8
    assert found.problems == ()
    for absent in ("open", "os", "reduce", "print", "train", "Odd", "add(1, 2)"):
        assert absent not in found.code, absent
    assert "import math as m" in found.code


def test_one_answer_may_use_another(submit):
    found = submit(
        code("def add(a, b):\n    return a + b", "add-answer"),
        code("def twice(a):\n    return add(a, a)", "twice-answer"),
    )
    assert value(found["twice"], "twice(4)") == 8


def test_what_nobody_defines_is_named(submit):
    found = submit(code("def add(a, b):\n    return a + TRAINED", "add-answer"))["add"]
    assert found.problems == (
        "The answer uses TRAINED, which is neither imported nor defined as a function "
        "or a constant.",
    )


def test_star_imports_come_along_for_unknown_names(submit):
    found = submit(
        code("from math import *"),
        code("def add(a, b):\n    return hypot(a, b)", "add-answer"),
    )["add"]
    assert value(found, "add(3, 4)") == 5
    assert found.problems == ()


def test_local_names_need_nothing_from_outside(submit):
    found = submit(
        code("def total(*a):\n    return 0\nsum = 3\nb = 4"),
        code(
            "def add(a, b):\n    total = a + b\n    return max(sum([total]), total)",
            "add-answer",
        ),
    )["add"]
    assert "def total" not in found.code
    assert "sum = 3" not in found.code  # a built-in name, spoilt by accident
    assert value(found, "add(1, 2)") == 3


def test_checks_trials_and_markers_are_dropped(submit):
    found = submit(
        code("from fire_course.lessons import check, hint"),
        code(
            "%%time\n### BEGIN SOLUTION\n!pip list\nrows = !ls\nadd?\n"
            "def add(a, b):\n    # as in school\n    return a + b\n### END SOLUTION\n"
            "check('add', add)\nassert add(1, 2) == 4\nadd(1, 2);",
            "add-answer",
            tags=["raises-exception", "NBVAL_SKIP"],
        ),
    )["add"]
    assert found == Recovered(
        "def add(a, b):\n    # as in school\n    return a + b", "id"
    )


def test_percent_signs_in_text_are_no_magics(submit):
    text = 'def add(a, b):\n    """Rates:\n    % of all\n    """\n    return a % b'
    assert submit(code(text, "add-answer"))["add"].code == text


@pytest.mark.parametrize(
    "text, part",
    [
        ("def add(a, b)\n    return a + b", "expected ':' (line 1)"),
        ("def add(a, b):\n    return \0", "null bytes"),
        ("(" * 100_000, ""),
        ("%%bash\nrm -rf x", "no Python"),
    ],
    ids=["syntax", "null", "deep", "shell"],
)
def test_broken_code_is_told(submit, text, part):
    found = submit(code(text, "add-answer"))["add"]
    assert found.how in ("id", "missing")
    assert part in " ".join(found.problems)
    assert found.problems
    sound = code("def add(a, b):\n    return a + b")
    assert submit(code(text, "add-answer"), sound)["add"].how == "function"


def test_lambda_and_class_and_decorated_answers(submit):
    assert value(submit(code("add = lambda a, b: a + b", "x"))["add"], "add(1, 2)") == 3
    found = submit(code("class add:\n    def __init__(self, a, b): self.s = a + b"))
    assert value(found["add"], "add(1, 2).s") == 3
    found = submit(
        code("from functools import lru_cache"),
        code("@lru_cache(\n    None)\ndef add(a, b): return a + b", "add-answer"),
    )["add"]
    assert value(found, "add(1, 2)") == 3
    found = submit(
        code("import functools\ndef add(a, b): return a + b\nadd = functools.cache(add)",
             "add-answer")
    )["add"]  # fmt: skip
    assert value(found, "add.cache_info().hits") == 0


def test_notebook_of_format_3(tmp_path):
    old = nbformat.v3.new_notebook(
        worksheets=[
            nbformat.v3.new_worksheet(
                cells=[
                    nbformat.v3.new_heading_cell("A lesson"),
                    nbformat.v3.new_code_cell("import math"),
                    nbformat.v3.new_code_cell(
                        "def add(a, b):\n    return math.fsum([a, b])"
                    ),
                    nbformat.v3.new_code_cell("ls", language="bash"),
                ]
            )
        ]
    )
    path = tmp_path / "old.ipynb"
    document = json.loads(nbformat.v3.nbjson.JSONWriter().writes(old))
    assert document["nbformat"] == 3
    path.write_text(json.dumps(document))
    found = recover(path, LESSON)["add"]
    assert found.how == "function"
    assert value(found, "add(1, 2)") == 3


GOOD = code("def add(a, b):\n    return a + b", "add-answer")


@pytest.mark.parametrize(
    "content, part",
    [
        (b"", "no valid JSON"),
        (b"\xff\xfe{", "no valid JSON"),
        (b"[" * 100_000, "no valid JSON"),
        (b"[]", "no list of cells"),
        (b'{"cells": 3, "nbformat": 4}', "no list of cells"),
        (b'{"cells": [], "nbformat": 9}', "format 9"),
        (b'{"cells": []}', "format None"),
        (json.dumps({"cells": [], "nbformat": "4" * 10_000}).encode(), "format 444"),
        (
            b'{"cells": [], "nbformat": 4, "metadata": {"kernelspec": {"language": "R"}}}',
            "written in r",
        ),
        (
            b'{"cells": [], "nbformat": 4, "metadata": {"language_info": {"name": "julia"}}}',
            "written in julia",
        ),
        (b" " * (LARGEST + 1), "larger than 20 MB"),
        (
            json.dumps({"nbformat": 4, "cells": [code("#" * 1_999_999)] * 2}).encode(),
            "more than 2 MB of code",
        ),
    ],
    ids=range(12),
)
def test_no_notebook_is_refused_in_one_sentence(tmp_path, content, part):
    path = tmp_path / "x.ipynb"
    path.write_bytes(content)
    with pytest.raises(SubmissionError) as raised:
        recover(path, LESSON)
    text = str(raised.value)
    assert text.startswith("x.ipynb: ") and part in text
    assert len(text) < 120 and "\n" not in text


def test_missing_file_and_folder_are_refused(tmp_path):
    for path in (tmp_path, tmp_path / "none.ipynb"):
        with pytest.raises(SubmissionError, match="no such file"):
            recover(path, LESSON)


@pytest.mark.parametrize(
    "extra",
    [
        {},
        {"metadata": []},
        {"metadata": {"kernelspec": {"name": "no-such-kernel", "language": "python"}}},
        {"metadata": {"kernelspec": 7, "language_info": {"name": None}}},
        {"metadata": {"language_info": {"name": "Python"}}},
    ],
)
def test_no_kernel_is_no_fault(submit, extra):
    assert submit(GOOD, **extra)["add"].how == "id"


@pytest.mark.parametrize(
    "strange",
    [
        None,
        [],
        "cell",
        {"cell_type": "code"},
        {"cell_type": "code", "source": [1, None, "x"], "metadata": 3, "id": {}},
        {"cell_type": "code", "source": {"a": 1}, "metadata": {"nbgrader": []}},
        {"cell_type": "code", "source": "\ud800 = 1"},
        {"cell_type": "markdown", "source": "def add(a, b): return 'text'"},
        {"cell_type": "raw", "source": "def add(a, b): return 'raw'"},
    ],
    ids=range(9),
)
def test_strange_cells_do_no_harm(submit, strange):
    found = submit(strange, GOOD, strange)["add"]
    assert value(found, "add(1, 2)") == 3
    found.code.encode()


def test_nothing_is_executed(submit, tmp_path):
    mark = tmp_path / "executed"
    touch = f"open({str(mark)!r}, 'w').close()"
    found = submit(
        code(f"import this_module_does_not_exist\n{touch}"),
        code(f"class Base:\n    {touch}"),
        code(f"def add(a, b, c={touch}):\n    return Base", "add-answer"),
    )
    assert found["add"].how == "id"
    assert not mark.exists()


def test_endless_chains_of_helpers_end(submit):
    chain = "\n".join(f"def f{n}():\n    return f{n + 1}()" for n in range(3000))
    found = submit(code(chain), code("def add(a, b):\n    return f0()", "add-answer"))
    assert found["add"].code.count("def ") <= 201
    loop = submit(code("def add(a, b):\n    return twice(a)", "add-answer"),
                  code("def twice(a):\n    return add(a, a)", "twice-answer"))  # fmt: skip
    assert loop["add"].code.count("def ") == loop["twice"].code.count("def ") == 2


NAMES = st.sampled_from(["add", "twice", "h", "k", "np"])
STATEMENTS = st.one_of(
    NAMES.map(lambda n: f"def {n}(a, b=1):\n    return a"),
    st.tuples(NAMES, NAMES).map(lambda n: f"def {n[0]}(a, b=1):\n    return {n[1]}(a)"),
    NAMES.map(lambda n: f"import math as {n}"),
    NAMES.map(lambda n: f"{n} = [1, 2.5, 'é'];  {n} = 3  # two"),
    NAMES.map(lambda n: f"print({n})"),
    st.just("class C:\n    x = h"),
    st.just("for i in range(3):\n    k = i"),
)


@given(
    cells=st.lists(st.lists(STATEMENTS, max_size=4), max_size=4),
    own=st.lists(STATEMENTS, min_size=1, max_size=3),
)
@settings(deadline=None, max_examples=100)
def test_law_recovered_code_is_python_made_of_the_learners_statements(
    tmp_path_factory, cells, own
):
    path = tmp_path_factory.getbasetemp() / "law.ipynb"
    rows = [code("\n".join(rows)) for rows in cells]
    document = {"nbformat": 4, "cells": [*rows, code("\n".join(own), "add-answer")]}
    path.write_text(json.dumps(document))
    found = recover(path, LESSON)["add"]
    written = {
        ast.unparse(node)
        for text in ["\n".join(rows) for rows in [*cells, own]]
        for node in ast.parse(text).body
    }
    kept = [ast.unparse(node) for node in ast.parse(found.code).body]
    aliases = [text for text in kept if text.startswith("add = ")]
    assert set(kept) - set(aliases) <= written
    assert not any(text.startswith("print") for text in kept)
    if found.how != "missing":
        bound = {
            getattr(node, "name", None) or ast.unparse(node)
            for node in ast.parse(found.code).body
        }
        assert any("add" in text for text in bound)


def test_a_lessons_own_answers_bring_what_they_need_of_each_other():
    lesson = read(ROOT / "solutions" / "02_convolution.md")
    code = own_answers(lesson)["convolve-from-correlate"]
    names = {"np": np}
    exec(code, names)
    image, kernel = np.arange(20).reshape(4, 5), np.arange(6).reshape(2, 3)
    expected = convolve2d(image, kernel, mode="valid")
    assert np.array_equal(names["convolve"](image, kernel), expected)
