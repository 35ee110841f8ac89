"""Whatever a lesson names as its answer ready-made is out of reach in the copy."""

import os
import subprocess
import sys

import pytest

from fire_course.lessons import checks
from fire_course.lessons.masking import copy_package

CALL = """
import importlib, inspect, sys
from fire_course.lessons.inside import MaskedError

for dotted in sys.argv[1:]:
    module, _, name = dotted.rpartition(".")
    function = getattr(importlib.import_module(module), name)
    needed = [
        each
        for each in inspect.signature(function).parameters.values()
        if each.default is each.empty and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
    ]
    plain = [None for each in needed if each.kind is not each.KEYWORD_ONLY]
    named = {each.name: None for each in needed if each.kind is each.KEYWORD_ONLY}
    try:
        function(*plain, **named)
    except MaskedError:
        print("masked", dotted)
"""


@pytest.mark.parametrize("lesson", checks.LESSONS)
def test_every_lessons_ready_made_answers_are_masked(lesson, tmp_path):
    every = {name for each in checks.exercises(lesson) for name in each.own}
    own = sorted(name for name in every if name.startswith("fire_course."))
    assert own
    copied = copy_package(own, tmp_path / "copy")
    done = subprocess.run(
        [sys.executable, "-c", CALL, *own],
        env=os.environ | {"PYTHONPATH": str(copied)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:-1] == [f"masked {name}" for name in own]
