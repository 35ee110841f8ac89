"""Wrong answers are rejected with the right words, right ones accepted, on any seed.

Every lesson has a data module in ``mutants/``: `RIGHT` holds for each exercise three or
more differently written right answers, `WRONG` five or more wrong ones, each with words
that the message must hold. A new lesson adds its module, nothing here.
"""

import importlib.util
from pathlib import Path

import pytest

from fire_course.lessons import checks
from fire_course.lessons.asking import ask
from fire_course.lessons.checks import PUBLIC_SEED

SEEDS = (PUBLIC_SEED, 1, 2, 3, 20261121, 2**70 + 1)
FOLDER = Path(__file__).with_name("mutants")


def _load(path):
    spec = importlib.util.spec_from_file_location(f"mutants_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MODULES = {
    module.LESSON: module for module in map(_load, sorted(FOLDER.glob("ch*.py")))
}
EVERY = [
    (lesson, each) for lesson in checks.LESSONS for each in checks.exercises(lesson)
]
each_exercise = pytest.mark.parametrize(
    ("lesson", "exercise"), EVERY, ids=[exercise.name for _, exercise in EVERY]
)


def _name(answer):
    return getattr(answer, "__name__", str(answer))


@each_exercise
def test_right_answers_pass_however_they_are_written(lesson, exercise):
    answers = MODULES[lesson].RIGHT[exercise.name]
    assert len(answers) >= 3
    for answer in answers:
        for seed in SEEDS:
            verdict = exercise.check(answer, seed=seed)
            assert verdict.passed, f"{_name(answer)} with seed {seed}\n{verdict}"


@each_exercise
def test_right_answers_give_the_oracles_text_too(lesson, exercise):
    # Where answers are graded, texts are compared: no rounding may tell them apart.
    seeds = SEEDS[:2] if exercise.ask == "model" else SEEDS  # networks take a while
    for answer in MODULES[lesson].RIGHT[exercise.name]:
        for seed in seeds:
            for case in exercise.draw(seed):
                line = ask(answer, case, how=exercise.ask, digits=exercise.digits)
                assert line == exercise.right(case).text(digits=exercise.digits)


@each_exercise
def test_wrong_answers_are_rejected_with_the_right_words(
    lesson, exercise, record_property
):
    wrong = MODULES[lesson].WRONG[exercise.name]
    assert len(wrong) >= 5
    said, missed = set(), []
    for number, (answer, words) in enumerate(wrong):
        for seed in SEEDS:
            verdict = exercise.check(answer, seed=seed, seconds=_seconds(words))
            assert verdict.state != "not attempted"
            text = str(verdict)
            if verdict.passed or words not in text:
                missed.append(f"answer {number}, {words!r}, seed {seed}:\n{text}")
            elif verdict.mistake is not None:
                said |= {m.explain for m in exercise.mistakes if m.explain in text}
    tried = len(wrong) * len(SEEDS)
    record_property("rejected", f"{tried - len(missed)} of {tried}")
    print(
        f"{exercise.name}: {tried - len(missed)} of {tried} rejected as they should be"
    )
    assert len(missed) <= 0.05 * tried, "\n".join(missed)
    # Every known mistake is recognised in an answer that makes it.
    assert said == {mistake.explain for mistake in exercise.mistakes}


def _seconds(words):
    return 0.3 if words == "took too long" else 10
