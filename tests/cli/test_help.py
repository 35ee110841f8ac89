"""The help of every command reads well in a terminal of 80 columns."""

import inspect

import pytest
import typer
from typer.testing import CliRunner

from fire_course.cli import app

COLUMNS = 80


def commands(command, path=()):
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, (*path, name))


ALL = dict(commands(typer.main.get_command(app)))
every_command = pytest.mark.parametrize(
    "path", ALL, ids=lambda path: " ".join(path) or "fire-course"
)


@every_command
def test_no_line_of_help_is_broken(path):
    """A docstring keeps its lines; one that is too long leaves a stray word."""
    for text in (ALL[path].help, ALL[path].epilog):
        for paragraph in inspect.cleandoc(text or "").split("\n\n"):
            if "\n" in paragraph or paragraph.startswith("fire-course "):
                assert max(map(len, paragraph.splitlines())) <= COLUMNS - 2, paragraph


@every_command
def test_the_explanation_of_an_option_has_room(path, monkeypatch):
    """Names of options and kinds of values leave it thirty columns."""
    monkeypatch.setenv("COLUMNS", str(COLUMNS))
    shown = CliRunner().invoke(app, [*path, "--help"]).output
    (line,) = (each for each in shown.splitlines() if "Show this message" in each)
    assert line.index("Show this message") <= COLUMNS - 31
    assert max(map(len, shown.splitlines())) <= COLUMNS
