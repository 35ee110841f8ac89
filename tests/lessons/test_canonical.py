"""One text for equal results, different texts for different ones; exact JSON."""

import collections
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from fire_course.lessons.canonical import Other, decode, encode, plain, show, write

# --- show ------------------------------------------------------------------


@pytest.mark.parametrize(
    "same",
    [
        [3, 3.0, np.int8(3), np.float32(3), np.array(3), 3 + 1e-12],
        [0, 0.0, -0.0, 0.1 + 0.2 - 0.3, np.float64(-1e-17)],
        [0.3, 0.1 + 0.2, np.float32(0.3), 3 / 10],
        [True, np.True_, np.array(True)],
        [[1, 2], (1, 2), np.array([1, 2]), np.array([1.0, 2.0]), range(1, 3)],
        [[[1, 2], [3, 4]], np.array([[1, 2], [3, 4]]), [np.array([1, 2]), (3, 4)]],
        [{1, 2, 3}, frozenset({3, 2, 1})],
        [{"a": 1, "b": 2}, collections.OrderedDict(b=2.0, a=1)],
        [["a", "b"], np.array(["a", "b"]), ("a", "b"), {"a": 0, "b": 1}.keys()],
        [math.nan, np.float32("nan"), -math.nan],
    ],
    ids=lambda values: show(values[0]),
)
def test_equal_results_have_one_text(same):
    assert len({show(value) for value in same}) == 1


def test_different_results_have_different_texts():
    different = [
        0,
        1,
        -1,
        True,
        "1",
        None,
        1.00001,
        math.nan,
        math.inf,
        -math.inf,
        [1],
        [[1]],
        [True],
        ["1"],
        {1},
        {"a": 1},
        [],
        np.zeros((0, 3)),
        set(),
        {},
        "",
        [1, None],
        10**20,
        object(),
        iter([]),
    ]
    texts = [show(value) for value in different]
    assert len(set(texts)) == len(texts)


def test_noise_at_a_tie_does_not_change_the_text():
    tie = 1 / 1024  # 0.0009765625: the seventh digit is exactly a half
    around = [tie, np.nextafter(tie, 0), np.nextafter(tie, 1)]
    assert len({show(value) for value in around}) == 1


@settings(deadline=None)
@given(st.floats(1e-9, 1e9), st.integers(2, 9))
def test_texts_are_as_close_as_their_digits(number, digits):
    assert float(show(number, digits=digits)) == pytest.approx(
        number, rel=0.51 * 10.0 ** (1 - digits) + 1e-9
    )


@settings(deadline=None)
@given(
    hnp.arrays(
        st.sampled_from([np.float64, np.int16, np.bool_]),
        hnp.array_shapes(max_dims=3, max_side=3),
        elements=None,
        fill=st.nothing(),
    )
)
def test_nested_lists_have_the_text_of_their_array(array):
    assert show(array.tolist()) == show(array)


def test_long_arrays_are_shortened_and_still_told_apart():
    one = np.arange(10_000.0).reshape(100, 100)
    other = one.copy()
    other[50, 50] += 0.01
    assert show(one).startswith(
        "shape (100, 100), [0, 1, 2, … 9997, 9998, 9999], digest"
    )
    assert len(show(one)) < 100
    assert show(one) != show(other)
    assert show(one) == show(one * (1 + 1e-12))
    names = [f"n{i}" for i in range(200)]
    assert "200 items" in show(names)
    assert show(names) != show([*names[:100], "other", *names[101:]])
    assert len(show("x" * 10**6)) < 100


def test_no_address_and_no_words_of_the_object_itself_get_into_a_text():
    class Liar(float):
        def __repr__(self):
            return "0.5"

        __str__ = __repr__

        def __eq__(self, other):
            return True

        __hash__ = float.__hash__

    class Strange:
        def __repr__(self):
            return "[1, 2]"

    assert show(Liar(2.0)) == "2"
    assert show(Strange()) == "<Strange>"
    assert show(lambda: 0) == "<function>"


def test_a_list_that_holds_itself_has_an_end():
    endless: list = [1]
    endless.append(endless)
    assert "too many levels" in show(endless)


def test_plain_values_are_written_as_shown():
    for value in ({"a": {1, 2}, 3: [None, "x"]}, [[1], [2, 3]], Other):
        assert write(plain(value)) == show(value)


# --- encode and decode -----------------------------------------------------

_numbers = st.one_of(st.integers(), st.floats(), st.booleans(), st.none())
_keys = st.one_of(st.text(max_size=5), st.integers(), st.just("$tuple"))
_values = st.recursive(
    st.one_of(_numbers, st.text(max_size=8), st.binary(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(_keys, inner, max_size=3),
    ),
    max_leaves=10,
)


def _same(a, b):
    if type(a) is not type(b):
        return False
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, float):
        return (
            a == b and math.copysign(1, a) == math.copysign(1, b) or a != a and b != b
        )
    return a == b


@settings(deadline=None)
@given(_values)
def test_values_come_back_exactly(value):
    assert _same(decode(json.loads(json.dumps(encode(value), allow_nan=False))), value)


@settings(deadline=None)
@given(
    hnp.arrays(
        st.sampled_from(["u1", "<i2", ">i4", "f4", "f8", "?", "c8", "<U3"]),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
    )
)
def test_arrays_come_back_with_their_type_and_can_be_written(array):
    back = decode(json.loads(json.dumps(encode(array))))
    assert back.dtype == array.dtype
    assert back.shape == array.shape
    assert back.tobytes() == array.tobytes()
    assert back.flags.writeable


def test_arrays_that_lie_strangely_in_memory_come_back():
    array = np.arange(24).reshape(4, 6)[::-2, ::3].T
    np.testing.assert_array_equal(decode(encode(array)), array)


@pytest.mark.parametrize("value", [np.float32(0.1), np.int64(7), np.bool_(True)])
def test_scalars_keep_their_type(value):
    back = decode(encode(value))
    assert type(back) is type(value)
    assert back == value


def test_sets_come_back():
    assert decode(encode({1, "a"})) == {1, "a"}
    assert type(decode(encode(frozenset({1})))) is frozenset


@pytest.mark.parametrize("value", [object(), print, np.array([object()]), 1j, iter([])])
def test_what_is_no_value_is_refused(value):
    with pytest.raises(TypeError, match="cannot be written as JSON"):
        encode(value)


def test_what_encode_never_gives_is_refused():
    for coded in ({"$pickle": "gASV"}, {"$tuple": [], "more": 1}):
        with pytest.raises(ValueError, match="No value is written as"):
            decode(coded)
