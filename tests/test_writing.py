"""What chapters write their numbers with."""

import subprocess
import sys

from fire_course import writing


def shown(capsys, *arguments):
    writing.expect(*arguments)
    return capsys.readouterr().out


def test_a_claim_that_holds_is_silent(capsys):
    assert shown(capsys, True, "Otherwise.") == ""


def test_a_claim_that_fails_is_a_note_on_the_page():
    """A real IPython: the note comes as Markdown, not as the name of an object."""
    code = (
        "from IPython.testing.globalipapp import start_ipython\n"
        "from IPython.utils.capture import capture_output\n"
        "shell = start_ipython()\n"
        "with capture_output() as caught:\n"
        "    shell.run_cell('from fire_course.writing import expect\\n'\n"
        "                   'expect(1 > 2, \"It was smaller.\")')\n"
        "print([each.data['text/markdown'] for each in caught.outputs])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "Not so in the run of this page.** It was smaller." in done.stdout


def test_a_table_is_markdown():
    made = writing.table(["kernel", "sum"], [["blur", 1], ["edge", 0]])
    assert str(made) == made._repr_markdown_()
    assert str(made).splitlines() == [
        "| kernel | sum |",
        "| --- | ---: |",
        "| blur | 1 |",
        "| edge | 0 |",
    ]


def test_a_share_is_rounded_not_cut():
    assert writing.percent(0.9996).replace("\N{NO-BREAK SPACE}", " ") == "100.0 %"
