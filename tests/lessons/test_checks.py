"""What a check says, and that its oracles are right."""

import ast
import inspect
import re
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec

import numpy as np
import pytest

from fire_course.lessons import checks
from fire_course.lessons.asking import PLAYED
from fire_course.lessons.canonical import plain
from fire_course.lessons.checks import Exercise, Mistake, check, get, hint
from fire_course.lessons.checks.verdict import Words, difference, shown_call

EVERY = [each for lesson in checks.LESSONS for each in checks.exercises(lesson)]
each_exercise = pytest.mark.parametrize("exercise", EVERY, ids=lambda each: each.name)

SEEDS = range(50)


def _exercise(expected=lambda n: n + 1, **options):
    given = {
        "name": "plus-one",
        "lesson": "99_test",
        "function": "plus_one",
        "points": 1,
        "task": "Add one.",
        "hints": ("Add.",),
        "cases": lambda rng: [{"n": 1}, {"n": 2}, {"n": int(rng.integers(3, 99))}],
        "expected": expected,
        "mistakes": (Mistake("added two", "Add one, not two.", lambda n: n + 2),),
    }
    return Exercise(**(given | options))


# --- verdicts --------------------------------------------------------------


def test_a_right_answer_passes():
    verdict = _exercise().check(lambda n: n + 1)
    assert verdict.state == "passed"
    assert str(verdict) == repr(verdict) == "plus-one: passed (3 cases)"


def test_a_wrong_answer_gets_input_result_and_expectation():
    verdict = _exercise().check(lambda n: n - 1)
    assert verdict.state == "not yet"
    lines = [line.strip() for line in str(verdict).splitlines()]
    assert lines[1:] == [
        "asked:    plus_one(n=1)",
        "came:     0",
        "expected: 2",
        "that is:  came 0 instead of 2.",
    ]


def test_a_known_mistake_is_named():
    verdict = _exercise().check(lambda n: n + 2)
    assert verdict.mistake == "added two"
    assert "likely:   added two. Add one, not two." in str(verdict)


def test_a_mistake_that_fits_one_case_of_many_is_not_named():
    constant = _exercise(cases=lambda rng: [{"n": n} for n in range(1, 9)])
    assert constant.check(lambda n: 3).mistake is None


def test_of_two_mistakes_the_one_that_fits_more_cases_is_named():
    both = (
        Mistake("first", ".", lambda n: 3),
        Mistake("second", ".", lambda n: n + 2),
    )
    assert _exercise(mistakes=both).check(lambda n: n + 2).mistake == "second"


def test_an_oracle_may_ask_for_an_exception():
    def expected(n):
        if n > 2:
            raise ValueError("too large")
        return n

    exercise = _exercise(expected, mistakes=())
    assert exercise.check(expected).passed
    assert "a ValueError has to be raised" in str(exercise.check(lambda n: n))

    def other(n):
        raise TypeError("no")

    assert "an error that your function raises" in str(exercise.check(other))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "This is None: give the function itself, plus_one"),
        (5, "This is a number: give the function itself"),
        (lambda: 1, "plus_one() is called with n=...: keep the inputs of the stub"),
        (lambda m: m, "plus_one(m) is called with n=..."),
        (lambda n: None, "is there a `return`?"),
        (lambda n: print(n + 1), "prints its result: return it instead"),
        (lambda n: 1 / 0, "ZeroDivisionError: division by zero"),
        (lambda n: str(n + 1), "a text instead of a number"),
        (lambda n: [n + 1], "a sequence of numbers instead of a number"),
        (lambda n: n == 0, "a truth value instead of a number"),
        (lambda n: (i for i in [n]), "a generator gives its items only once"),
        (lambda n: object(), "an object of type object"),
        (lambda n: exec("raise SystemExit"), "SystemExit"),
    ],
)
def test_what_is_wrong_is_said_in_words(answer, words):
    text = str(_exercise().check(answer))
    assert words in text
    assert "Traceback" not in text


def test_an_answer_that_changes_its_input_is_told():
    exercise = _exercise(
        lambda n: sorted(n), cases=lambda rng: [{"n": [2, 1]}], mistakes=()
    )

    def answer(n):
        n.sort()
        return n

    assert "your function changes its input n: work on a copy" in str(
        exercise.check(answer)
    )


def test_an_endless_answer_is_cut_off_at_its_first_case():
    def answer(n):
        while True:
            pass

    verdict = _exercise().check(answer, seconds=0.2)
    assert "took too long and was cut off" in str(verdict)
    assert verdict.state == "not yet"


def test_small_inputs_are_shown_whole_and_large_ones_shortened():
    small = shown_call("f", {"grey": np.arange(4, dtype="uint8").reshape(2, 2), "n": 3})
    assert small == "f(grey=np.array([[0, 1], [2, 3]], dtype='uint8'), n=3)"
    assert eval(small, {"f": lambda grey, n: grey.sum() + n, "np": np}) == 9
    large = shown_call("f", {"x": np.zeros((99, 99)), "y": list(range(10_000))})
    assert len(large) < 200
    assert "(99, 99)" in large
    assert "list of 10000" in large


@pytest.mark.parametrize(
    ("came", "expected", "words"),
    [
        ([1, 2, 3], [1, 2, 3], ""),
        (1, 1 + 1e-9, ""),
        (1e9, 1e9 + 1, ""),
        (1, 1 + 1e-3, "came 1 instead of 1.001"),
        (np.nan, np.nan, ""),
        (np.inf, np.inf, ""),
        (1, np.inf, "came 1 instead of inf"),
        (np.inf, -np.inf, "came inf instead of -inf"),
        ([np.nan, 1], [np.nan, 2], "at [1] came 1 instead of 2"),
        ([1, 2], [1, 2, 3], "there are 2 items instead of 3"),
        ([[1, 2]], [1, 2], "the shape is (1, 2) instead of (2,)"),
        ([True], [1], "came True and False instead of numbers"),
        ({"a": 1}, {"a": 1, "b": 2}, "'b' is missing"),
        ({"a": 1, "b": 2}, {"a": 1}, "'b' is too much"),
        ({"a": [1, 2]}, {"a": [1, 3]}, "at ['a'][1] came 2 instead of 3"),
        (["a", "b"], ["a", "c"], "at [1] came 'b' instead of 'c'"),
        (["a"], ["a", "c"], "there are 1 items instead of 2"),
        ({1, 2}, {1, 2}, ""),
        ({1, 2}, {1, 3}, "came {1, 2} instead of {1, 3}"),
        (None, 0, "came None instead of a number"),
        ([], [], ""),
    ],
)
def test_the_first_difference_is_found(came, expected, words):
    found = difference(plain(came), plain(expected), tolerance=1e-6)
    assert (words in found) if words else found == ""


def test_unknown_names_get_near_ones():
    with pytest.raises(KeyError, match="did you mean f1-from-counts"):
        get("f1-from-count")
    assert "did you mean f1-from-counts" in str(check("f1-from-count", len))
    assert "did you mean f1-from-counts" in hint("f1-from-count")
    with pytest.raises(KeyError, match="No lesson is called"):
        checks.exercises("11_fire")


def test_hints_come_one_by_one_and_end(monkeypatch):
    monkeypatch.setattr(checks, "_HINTS_GIVEN", checks._HINTS_GIVEN.__class__())
    count = len(get("turning-epoch").hints)
    given = [hint("turning-epoch") for _ in range(count + 2)]
    assert [text[:6] for text in given[:count]] == ["Hint 1", "Hint 2", "Hint 3"][
        :count
    ]
    assert all("no more hints" in text for text in given[count:])
    assert repr(given[0]) == str(given[0])  # no quotes in a notebook
    assert isinstance(given[0], Words)


# --- every exercise --------------------------------------------------------


@each_exercise
def test_an_untouched_stub_is_not_attempted(exercise):
    names = [n for n in exercise.draw()[0] if n not in PLAYED.get(exercise.ask, ())]
    space: dict = {}
    exec(
        f"def stub({', '.join(names)}):\n    raise NotImplementedError('write here')",
        space,
    )
    verdict = exercise.check(space["stub"])
    assert verdict.state == "not attempted"
    assert "hint(" in str(verdict)


@each_exercise
def test_cases_depend_on_the_seed_alone(exercise):
    texts = [repr(exercise.draw(seed)) for seed in (0, 0, 1, 2**90)]
    assert texts[0] == texts[1]
    assert len(set(texts)) == 3


@each_exercise
def test_the_oracle_answers_every_case_of_fifty_seeds(exercise):
    for seed in SEEDS:
        for case in exercise.draw(seed):
            assert exercise.right(case).raised is None


@each_exercise
def test_an_exercise_is_complete(exercise):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", exercise.name)
    assert exercise.function.isidentifier()
    assert exercise.points > 0
    assert len(exercise.hints) >= 2
    assert len(exercise.mistakes) >= 5
    assert "\n" not in exercise.task
    for mistake in exercise.mistakes:
        assert not mistake.name.endswith(".")
        assert mistake.explain.endswith(".")


@each_exercise
def test_every_mistake_is_wrong_on_some_case(exercise):
    # A "mistake" that always gives the right result would be no mistake.
    for seed in range(6):
        cases = exercise.draw(seed)
        for mistake in exercise.mistakes:
            other = Exercise(**{**vars(exercise), "expected": mistake.answer})
            assert any(
                not exercise._agree(other.right(case), exercise.right(case))
                for case in cases
            ), (mistake.name, seed)


def test_names_are_there_once():
    assert len({exercise.name for exercise in EVERY}) == len(EVERY)
    for lesson in checks.LESSONS:
        assert {each.lesson for each in checks.exercises(lesson)} == {lesson}


@each_exercise
def test_ready_made_answers_exist(exercise):
    for dotted in exercise.own:
        module, _, name = dotted.rpartition(".")
        package = module.partition(".")[0]
        if find_spec(package) is None:
            # Not one of the course's packages; a learner may have it all the same.
            assert package in {"cv2", "sklearn", "torch"}
            continue
        assert callable(getattr(import_module(module), name))


# --- reference solutions ---------------------------------------------------


def _solutions():
    from pathlib import Path

    from fire_course.lessons import source

    folder = Path(__file__).parents[2] / "solutions"
    for path in source.sources(folder):
        yield source.read(path)


def test_reference_solutions_pass_on_fifty_seeds():
    for lesson in _solutions():
        space: dict = {}
        for cell in lesson.setup:
            exec(cell.text, space)
        for name, cell in lesson.answers.items():
            exec(cell.text, space)
            exercise = get(name)
            for seed in SEEDS:
                verdict = exercise.check(space[exercise.function], seed=seed)
                assert verdict.passed, f"seed {seed}\n{verdict}"


def test_stubs_have_docstrings_of_a_readable_length():
    for lesson in _solutions():
        for name, cell in lesson.answers.items():
            tree = ast.parse(cell.text)
            (function,) = (n for n in tree.body if isinstance(n, ast.FunctionDef))
            assert function.name == get(name).function
            words = ast.get_docstring(function)
            assert words, name
            assert "Parameters\n" in words
            assert "Returns\n" in words
            arguments = [each.arg for each in function.args.args]
            asked = list(get(name).draw()[0])
            assert arguments == [each for each in asked if each in arguments]
            assert set(asked) - set(arguments) <= set(PLAYED.get(get(name).ask, ()))


def test_lesson_10_and_its_checks_do_not_import_tensorflow():
    program = """
import sys
from fire_course.lessons import check, checks
for exercise in checks.exercises("10_honest_data"):
    assert exercise.check(exercise.expected).passed
assert not {"tensorflow", "keras"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], check=True)


# --- oracles against others ------------------------------------------------


def test_f1_is_scikit_learns():
    metrics = pytest.importorskip("sklearn.metrics")
    exercise = get("f1-from-counts")
    for seed in range(10):
        for case in exercise.draw(seed):
            tp, fp, fn = (sum(case[name]) for name in ("tp", "fp", "fn"))
            if tp + fn == 0:
                assert exercise.expected(**case) is None
                continue
            labels, calls = [1] * (tp + fn) + [0] * fp, [1] * tp + [0] * fn + [1] * fp
            assert exercise.expected(**case) == pytest.approx(
                metrics.f1_score(labels, calls)
            )


def test_the_hash_is_imagehashs_where_a_block_is_a_pixel():
    import imagehash
    from PIL import Image

    exercise = get("difference-hash")
    tried = 0
    for seed in range(10):
        for case in exercise.draw(seed):
            if case["grey"].shape == (8, 9):
                tried += 1
                other = imagehash.dhash(Image.fromarray(case["grey"])).hash
                np.testing.assert_array_equal(exercise.expected(**case), other)
    assert tried == 20


def test_the_network_is_the_librarys():
    from fire_course import models
    from fire_course.lessons.asking import model_facts

    right = get("build-fire-cnn").expected(size=250, kernels=64)
    facts = model_facts(models.fire_cnn())
    assert facts["parameters"] == right["parameters"] == 123_393
    assert [row.split()[0] for row in facts["layers"] if "Dropout" not in row] == [
        row.split()[0] for row in right["layers"] if "Dropout" not in row
    ]


def test_the_split_never_shares_a_group_and_is_as_small_as_it_can_be():
    exercise = get("leak-free-split")
    for seed in range(20):
        for case in exercise.draw(seed):
            test = set(exercise.expected(**case))
            inside = [case["groups"][i] for i in test]
            outside = [g for i, g in enumerate(case["groups"]) if i not in test]
            assert not set(inside) & set(outside)
            assert len(test) >= case["wanted"]
            used = [group for group in case["order"] if group in inside]
            assert used == case["order"][: len(used)]
            if used:
                assert len(test) - inside.count(used[-1]) < case["wanted"]


def test_the_groups_are_those_of_warshall():
    exercise = get("hash-groups")
    for seed in range(10):
        for case in exercise.draw(seed):
            hashes, bits = case["hashes"], case["bits"]
            n = len(hashes)
            near = [[(a != b).sum() <= bits for b in hashes] for a in hashes]
            for k in range(n):
                for i in range(n):
                    for j in range(n):
                        near[i][j] = near[i][j] or (near[i][k] and near[k][j])
            groups = exercise.expected(**case)
            for i in range(n):
                assert [groups[i] == groups[j] for j in range(n)] == near[i]
            firsts = list(dict.fromkeys(groups))
            assert firsts == list(range(len(firsts)))


def test_checks_do_not_read_the_solutions():
    for lesson in checks.LESSONS.values():
        text = inspect.getsource(sys.modules[lesson])
        assert "solutions" not in text
