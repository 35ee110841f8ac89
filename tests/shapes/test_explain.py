"""What is said about a size: the numbers in it, and columns that no window sees."""

import ast
import math
import random
import re

import numpy as np
import pytest

from fire_course import quiet
from fire_course.shapes import explain_size, output_size, pool_size, transposed_size


@pytest.fixture(scope="module")
def keras():
    return quiet.import_keras()


def settings(count, seed):
    """Draw settings of one axis that fit, of every kind."""
    draw = random.Random(seed)
    while count:
        n, kernel = draw.randint(1, 30), draw.randint(1, 6)
        pad = draw.choice(["valid", "same", "causal", draw.randint(0, 3), "pair"])
        if pad == "pair":
            pad = (draw.randint(0, 3), draw.randint(0, 3))
        given = {"stride": draw.randint(1, 5), "padding": pad}
        given["dilation"] = draw.choice([1, 1, 2, 3])
        kind = draw.choice(["conv", "pool", "transposed"])
        if kind == "transposed":
            given["transposed"] = True
            if draw.random() < 0.4:
                given["output_padding"] = draw.randrange(given["stride"])
        else:
            given["ceil"] = draw.random() < 0.4
            given["pool"] = kind == "pool"
        try:
            answer = explain_size(n, kernel, **given)
        except ValueError:
            continue
        count -= 1
        yield n, kernel, given, answer


def value_of(text):
    """Compute the right side of a formula as it is printed."""
    middle = text.split(" = ")[1].replace(" x ", " * ")
    tree = ast.parse(middle, mode="eval")
    return eval(  # the text is our own
        compile(tree, "formula", "eval"), {"floor": math.floor, "ceil": math.ceil}
    )


def latex_value(formula):
    """Compute the LaTeX as well, by turning it into Python."""
    middle = formula.split(" = ")[1]
    middle = re.sub(r"\\frac\{([^}]*)\}\{([^}]*)\}", r"((\1) / (\2))", middle)
    middle = middle.replace(r"\cdot", "*")
    for name in ("floor", "ceil"):
        middle = middle.replace(rf"\left\l{name}", f"math.{name}(")
        middle = middle.replace(rf"\right\r{name}", ")")
    return eval(middle, {"math": math})  # the text is our own


def test_formulas_compute_to_the_size():
    for n, kernel, given, answer in settings(3000, 1):
        options = dict(given)
        if options.pop("transposed", False):
            expected = transposed_size(n, kernel, **options)
        elif options.pop("pool"):
            expected = pool_size(n, kernel, **options)
        else:
            expected = output_size(n, kernel, **options)
        assert answer.size == expected
        assert value_of(answer.text_formula) == expected, (n, kernel, given)
        assert latex_value(answer.formula) == expected, (n, kernel, given)
        assert answer.text_formula.endswith(f"= {expected}")
        assert answer.formula.endswith(f"= {expected}")


def test_ignored_columns_are_those_without_a_gradient(keras):
    """Weights of one: a column that any window sees has a gradient."""
    import tensorflow as tf

    checked = 0
    for n, kernel, given, answer in settings(400, 2):
        if answer.keras is None or given.get("pool"):
            continue
        reach = given["dilation"] * (kernel - 1) + 1
        if reach > n or (given.get("output_padding") and given["padding"] == "same"):
            continue
        if given.get("transposed") and given["stride"] > reach:
            continue  # oneDNN has no such primitive and gives up
        layers = eval(  # the line that a reader copies, along one axis
            f"[{one_axis(answer.keras)}]", {"keras": keras, "filters": 1}
        )
        x = tf.ones((1, n, 1))
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x
            for layer in layers:
                layer.build(y.shape)
                layer.set_weights([np.ones(w.shape) for w in layer.get_weights()])
                y = layer(y)
            total = tf.reduce_sum(y)
        assert y.shape[1] == answer.size, (n, kernel, given, answer.keras)
        gradient = tape.gradient(total, x)[0, :, 0].numpy()
        assert answer.ignored == tuple(np.flatnonzero(gradient == 0)), (
            n,
            kernel,
            given,
        )
        checked += 1
        if checked == 60:
            return
    pytest.fail("too few settings have a layer of Keras")


def one_axis(line):
    """Rewrite a line for squares to one for sequences, where one value holds for all."""
    line = line.replace("2D", "1D")
    return re.sub(r"\((\((\d+), (\d+)\)), \(\2, \3\)\)", r"\1", line)


def test_keras_lines_make_the_size(keras):
    """Every line is run as text: also for several axes, and for poolings."""
    draw = random.Random(3)
    made = 0
    while made < 200:
        rank = draw.randint(1, 3)
        n = tuple(draw.randint(6, 12) for _ in range(rank))
        kernel = tuple(draw.randint(1, 3) for _ in range(rank))
        kind = draw.choice(["conv", "pool", "transposed"])
        given = {"stride": tuple(draw.randint(1, 3) for _ in range(rank))}
        if kind == "conv" and draw.random() < 0.5:
            given = {"dilation": tuple(draw.randint(1, 2) for _ in range(rank))}
        given["padding"] = draw.choice(["valid", "same"])
        if kind != "pool" and draw.random() < 0.5:
            given["padding"] = [(draw.randint(0, 1), draw.randint(0, 2))] * rank
        flag = {} if kind == "conv" else {kind: True}
        answer = explain_size(n, kernel, **given, **flag)
        layers = eval(f"[{answer.keras}]", {"keras": keras, "filters": 1})
        shape = (1, *n, 1)
        for layer in layers:
            shape = layer.compute_output_shape(shape)
        assert tuple(shape[1:-1]) == answer.size, (n, kernel, given, answer.keras)
        made += 1


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"stride": 2, "dilation": 2}, "does not combine a stride with dilation"),
        ({"pool": True, "padding": 1}, "neither dilation nor padding in numbers"),
        ({"pool": True, "stride": 2, "ceil": True}, "always rounds down"),
        ({"n": (9, 9), "padding": "causal"}, "along one axis only"),
    ],
)
def test_where_keras_has_no_such_layer_the_reason_stands_there(arguments, reason):
    answer = explain_size(**({"n": 10, "kernel": 3} | arguments))
    assert answer.keras is None
    assert reason in answer.keras_note
    assert reason in str(answer)
    assert reason in answer._repr_markdown_()


def test_it_prints_as_text_and_as_markdown():
    answer = explain_size(250, 3, stride=2)
    text, page = str(answer), answer._repr_markdown_()
    assert text.startswith("o = floor((250 - 3) / 2) + 1 = 124\n")
    assert page.startswith(f"$$\n{answer.formula}\n$$")
    for step in answer.steps:
        assert step in text
        assert step in page
    assert "No window sees column 249." in text
    assert "```python\nkeras.layers.Conv2D(filters, 3, strides=2)\n```" in page


def test_several_axes_stand_below_one_another():
    answer = explain_size((20, 30), (3, 5), stride=2)
    assert answer.size == (9, 13)
    assert answer.ignored == ((19,), (29,))
    assert answer.formula.count("&=") == 2
    assert sum(step.startswith("Axis 1:") for step in answer.steps) == 4
    assert "Axis 0: No window sees row 19." in answer.steps
    assert "Axis 1: No window sees column 29." in answer.steps
    film = explain_size((12, 9, 8), 3, stride=2).steps
    assert [step for step in film if "No window" in step] == [
        "Axis 0: No window sees layer 11.",
        "Axis 2: No window sees column 7.",
    ]


def test_a_window_that_hangs_over_is_explained():
    answer = explain_size(1, 2, pool=True, ceil=True)
    assert answer.size == 1
    assert "No window fits: 2 reach over 1 by 1." in answer.steps


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"pool": True, "transposed": True}, "not both"),
        ({"transposed": True, "ceil": True}, "has no ceil"),
        ({"output_padding": 1}, "belongs to a transposed"),
        ({"transposed": True, "padding": "causal"}, "no causal padding"),
        ({"pool": True, "padding": "causal"}, "no causal padding"),
        ({"pool": True, "padding": 2}, "pad by at most 1"),
        ({"transposed": True, "output_padding": 1}, "take at most 0"),
        ({"n": 1, "transposed": True, "padding": 2}, "Nothing is left of 1"),
        ({"kernel": 11}, "does not fit"),
    ],
)
def test_bad_settings_say_what_to_change(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        explain_size(**({"n": 10, "kernel": 3} | arguments))
