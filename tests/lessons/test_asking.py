"""Asking answers that are right, broken, endless or hostile."""

import contextlib
import math
import sys
import threading
import time

import numpy as np
import pytest

from fire_course.lessons.asking import ASKS, ask, ask_all, model_facts, obtain
from fire_course.quiet import import_keras


def test_a_result_is_one_canonical_line():
    assert ask(lambda a, b: a / b, {"a": 2, "b": 3}) == "0.666667"
    assert ask(lambda a: a / 3, {"a": 2}, digits=2) == "0.67"
    assert "\n" not in ask(lambda: "two\nlines", {})


def test_an_exception_is_its_type_and_not_its_words():
    def broken(n):
        raise ValueError(f"at {time.time()}")

    assert ask(broken, {"n": 1}) == "raises ValueError"
    assert "at " in obtain(broken, {"n": 1}).message


def test_the_line_that_raised_is_told():
    def broken(n):
        return [1, 2][n]

    assert "return [1, 2][n]" in obtain(broken, {"n": 5}).message


def test_the_untouched_stub_is_not_attempted():
    def stub(n):
        raise NotImplementedError("write your answer here")

    assert ask(stub, {"n": 1}) == "not attempted"
    assert not obtain(stub, {"n": 1}).attempted


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, GeneratorExit])
def test_an_answer_cannot_end_its_checker(error):
    def answer():
        raise error

    assert ask(answer, {}) == f"raises {error.__name__}"


def test_recursion_without_end_is_an_exception():
    def answer(n):
        return answer(n + 1)

    assert ask(answer, {"n": 0}) == "raises RecursionError"


def test_changed_inputs_are_found_and_the_case_is_not_touched():
    def answer(numbers, table):
        numbers.sort()
        table[0, 0] = 9
        return numbers

    case = {"numbers": [3, 1], "table": np.zeros((2, 2))}
    outcome = obtain(answer, case)
    assert outcome.changed == ("numbers", "table")
    assert ask(answer, case) == "[1, 3], and changes numbers, and changes table"
    assert case["numbers"] == [3, 1]
    assert case["table"].sum() == 0


def test_printing_is_swallowed_and_known(capfd):
    outcome = obtain(lambda: print("x" * 10**6), {})
    assert outcome.printed
    assert outcome.value is None
    assert capfd.readouterr() == ("", "")


def test_what_others_print_meanwhile_is_printed(capsys):
    def answer():
        print("from the answer")
        time.sleep(0.3)

    asking = threading.Thread(target=obtain, args=(answer, {}))
    asking.start()
    time.sleep(0.1)
    print("from elsewhere")
    asking.join()
    assert capsys.readouterr().out == "from elsewhere\n"


# --- the time limit --------------------------------------------------------


def test_a_loop_without_end_is_cut_off_and_its_thread_ends():
    def answer():
        while True:
            pass

    before = threading.active_count()
    start = time.monotonic()
    assert ask(answer, {}, seconds=0.2) == "takes too long"
    assert time.monotonic() - start < 5
    assert threading.active_count() == before


def test_an_answer_that_catches_everything_is_left_behind():
    stop = threading.Event()

    def answer():
        while not stop.is_set():
            with contextlib.suppress(BaseException):
                time.sleep(0.05)

    out = sys.stdout
    assert obtain(answer, {}, seconds=0.2).late
    assert sys.stdout is out
    stop.set()


def test_an_endless_result_is_cut_off_too():
    class Endless(list):
        def __iter__(self):
            while True:
                yield 1

    assert obtain(Endless, {}, seconds=0.3).late


def test_limits_work_in_other_threads_side_by_side():
    def endless():
        while True:
            pass

    lines: dict[int, str] = {}

    def work(number):
        answer = endless if number % 2 else (lambda: number)
        lines[number] = ask(answer, {}, seconds=0.5)

    streams = sys.stdout, sys.stderr
    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sys.stdout, sys.stderr) == streams
    assert lines == {0: "0", 1: "takes too long", 2: "2", 3: "takes too long"}


def test_after_a_cut_off_no_more_is_asked():
    asked = []

    def answer(n):
        asked.append(n)
        while n == 1:
            pass
        return n

    cases = [{"n": n} for n in range(4)]
    lines = ask_all(answer, cases, seconds=0.2)
    assert lines == ["0", *["takes too long"] * 3]
    assert asked == [0, 1]


# --- models ----------------------------------------------------------------


@pytest.fixture(scope="module")
def keras():
    return import_keras()


def test_facts_are_the_same_however_a_model_is_written(keras):
    layers = keras.layers
    short = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(2, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    start = keras.Input((8, 8, 1))
    x = layers.ReLU()(layers.Conv2D(2, 3)(start))
    x = layers.Softmax()(layers.Dense(3)(layers.Flatten()(x)))
    facts = model_facts(keras.Model(start, x))
    assert facts == model_facts(short)
    assert facts["parameters"] == short.count_params() == 2 * (9 + 1) + 3 * (72 + 1)
    assert facts["input"] == (8, 8, 1)
    assert facts["output"] == (3,)


def test_facts_tell_apart_what_gives_other_results(keras):
    layers = keras.layers

    def facts(*more):
        return model_facts(keras.Sequential([keras.Input((6, 6, 1)), *more]))

    variants = [
        facts(layers.Dropout(0.2)),
        facts(layers.Dropout(0.5)),
        facts(layers.Rescaling(1 / 255)),
        facts(layers.Rescaling(1 / 127.5, offset=-1)),
        facts(layers.Rescaling(1 / 127.5)),
        facts(layers.Dense(1)),
        facts(layers.Dense(1, activation="tanh")),
        facts(layers.Conv2D(1, 3)),
        facts(layers.Conv2D(1, 3, padding="same")),
        facts(layers.Conv2D(1, 3, use_bias=False)),
        facts(layers.MaxPooling2D(2)),
        facts(layers.AveragePooling2D(2)),
    ]
    assert len({str(each) for each in variants}) == len(variants)


@pytest.mark.parametrize("thing", [None, 3, "model"])
def test_what_is_no_model_is_said(thing):
    outcome = obtain(lambda: thing, {}, how="model")
    assert outcome.raised == "TypeError"
    assert "Keras model is wanted" in outcome.message


def test_an_unbuilt_model_is_said(keras):
    outcome = obtain(lambda: keras.Sequential([keras.layers.Dense(1)]), {}, how="model")
    assert "begin with keras.Input" in outcome.message


# --- callbacks -------------------------------------------------------------

FIGURES = [{"val_loss": loss} for loss in (0.9, 0.4, 0.7, 0.4, math.nan)]


def test_keras_own_callback_ends_with_its_best_weights(keras):
    def answer(monitor):
        return keras.callbacks.EarlyStopping(
            monitor, patience=9, restore_best_weights=True
        )

    case = {"monitor": "val_loss", "figures": FIGURES}
    assert obtain(answer, case, how="callback").value["'weights of epoch'"] == [2]


def test_stopping_is_seen(keras):
    def answer(monitor):
        return keras.callbacks.EarlyStopping(monitor, patience=1)

    case = {"monitor": "val_loss", "figures": FIGURES}
    value = obtain(answer, case, how="callback").value
    assert value["'epochs'"] == 3
    assert value["'weights of epoch'"] == [3]


def test_half_restored_weights_are_seen(keras):
    class Half(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                self.kernel = self.model.get_weights()[0]

        def on_train_end(self, logs=None):
            self.model.set_weights([self.kernel, self.model.get_weights()[1]])

    value = obtain(Half, {"figures": FIGURES}, how="callback").value
    assert list(value["'weights of epoch'"]) == [2, 5]


def test_what_is_no_callback_is_said(keras):
    for thing, words in (
        (None, "is wanted"),
        (keras.callbacks.Callback, "object of it"),
    ):
        outcome = obtain(
            lambda given=thing: given, {"figures": FIGURES}, how="callback"
        )
        assert outcome.raised == "TypeError"
        assert words in outcome.message


def test_every_way_of_asking_has_a_name():
    assert set(ASKS) >= {"call", "model", "callback"}
