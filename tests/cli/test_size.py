"""``fire-course size``: the explanation, the settings that reach a target, the errors."""

import pytest

from fire_course.shapes import explain_size, solve_size


def test_it_prints_the_explanation_and_a_line_of_keras(cli):
    answer = cli("size", 250, "--kernel", 3, "--stride", 2, "--padding", "same")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out == f"{explain_size(250, 3, stride=2, padding='same')}\n"
    assert "o = ceil(250 / 2) = 125" in answer.out
    assert "Conv2D(filters, 3, strides=2, padding='same')" in answer.out


@pytest.mark.parametrize(
    ("options", "n", "settings"),
    [
        (["--dilation", 2], 250, {"dilation": 2}),
        (["--padding", 1], 250, {"padding": 1}),
        (["--padding", "0,2"], 250, {"padding": (0, 2)}),
        (["--pool"], 250, {"pool": True}),
        (
            ["--pool", "--stride", 2, "--ceil"],
            250,
            {"pool": True, "stride": 2, "ceil": 1},
        ),
        (["--stride", "1x2"], (48, 64), {"stride": (1, 2)}),
        (
            ["--transposed", "--stride", 2, "--output-padding", 1],
            7,
            {"transposed": True, "stride": 2, "output_padding": 1},
        ),
    ],
)
def test_every_option_reaches_the_formula(cli, options, n, settings):
    text = "x".join(map(str, n)) if isinstance(n, tuple) else n
    document = cli("size", text, "--kernel", 3, *options, "--json").json
    expected = explain_size(n, 3, **settings)
    assert document["size"] in (expected.size, list(np_free(expected.size)))
    assert document["formula"] == expected.formula
    assert document["keras"] == expected.keras
    assert document["steps"] == list(expected.steps)


def np_free(size):
    """Return a size as JSON has it."""
    return size if isinstance(size, tuple) else (size,)


def test_ignored_columns_are_a_list_in_json(cli):
    document = cli("size", 250, "--kernel", 3, "--stride", 2, "--json").json
    assert (document["size"], document["ignored"]) == (124, [249])


def test_a_target_gives_the_settings_that_reach_it(cli):
    answer = cli("size", 250, "--target", 124, "--kernel", 3, "--padding", "valid")
    assert "kernel 3, stride 2, padding valid" in answer.out
    document = cli("size", 250, "--target", 7, "--json").json
    assert document["settings"] == [s._asdict() for s in solve_size(250, 7)]
    assert "No such setting" in cli("size", 10, "--target", 400).out


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        ((2, "--kernel", 5), 1, "take a smaller kernel, or pad by 3 more"),
        ((2, "--kernel", 5, "--json"), 1, "take a smaller kernel"),
        ((9, "--kernel", 3, "--padding", "full"), 1, "not 'full'"),
        ((9, "--kernel", 0), 1, "kernel is a whole number from 1"),
        ((9,), 2, "say its size"),
        (("nine", "--kernel", 3), 2, "'nine' is no whole number"),
        ((9, "--kernel", "3x"), 2, "'3x' is no whole number"),
        ((9, "--target", 3, "--pool"), 2, "only"),
        (("9x9", "--target", 3), 2, "one axis"),
        ((9, "--target", 0), 2, "--target"),
    ],
)
def test_errors_are_one_sentence(cli, arguments, code, sentence):
    answer = cli("size", *arguments)
    assert answer.code == code
    assert answer.out == ""
    assert sentence in answer.err
    assert "Traceback" not in answer.err
