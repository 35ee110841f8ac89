"""What chapters write their numbers with."""

import nbformat
from nbclient import NotebookClient

from fire_course import writing


def shown(capsys, *arguments):
    writing.expect(*arguments)
    return capsys.readouterr().out


def test_a_claim_that_holds_is_silent(capsys):
    assert shown(capsys, True, "Otherwise.") == ""


def test_a_claim_that_fails_is_a_note_on_the_page():
    """A real IPython: the note comes as Markdown, not as the name of an object."""
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(
                "from fire_course.writing import expect\n"
                "expect(1 > 2, 'It was smaller.')"
            )
        ]
    )
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    (output,) = notebook.cells[0].outputs
    assert output.data["text/markdown"].endswith("It was smaller.")


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
