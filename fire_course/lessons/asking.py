"""How a learner's function is asked, and what is told of its answer.

Every way of asking is one of `ASKS`: call the function and take what it returns, or
do something with that first, such as playing an invented training to a callback. The
right answers are not here: a graded notebook can read this file.

An answer that loops for ever is cut off. It runs in a thread of its own; when its time
is up, an exception is raised in that thread from outside, which Python does at its next
step. That needs no signals, so it works in notebooks, in any thread and on Windows. A
thread that is stuck in a sleep or catches even that is left behind, and the question
counts as unanswered. Only a single long step inside compiled code that also keeps
Python's lock holds everything up: whoever runs strangers' answers needs a process with a
limit as well.
"""

from __future__ import annotations

import contextlib
import copy
import ctypes
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from fire_course.lessons.canonical import plain, show, write

__all__ = ["ASKS", "Outcome", "ask", "ask_all", "model_facts", "obtain", "steps_of"]

Case = dict[str, Any]

SECONDS = 10.0
"""For one case, which takes a right answer a hundredth of that: a busy machine, or the
first use of TensorFlow, must not make it fail."""

_GRACE = 1.0
"""Seconds that a cut-off answer gets to end before its thread is left behind."""


@dataclass(frozen=True)
class Outcome:
    """What came of asking once.

    Attributes
    ----------
    value : object
        What was returned, or the facts of it, made plain (`canonical.plain`).
    raised : str or None
        The type of the exception that came instead.
    message : str
        Its words, and the line of the answer that raised it.
    changed : tuple of str
        Names of the inputs that the answer altered.
    printed : bool
        Whether it printed anything.
    late : bool
        Whether it was cut off.
    """

    value: Any = None
    raised: str | None = None
    message: str = ""
    changed: tuple[str, ...] = ()
    printed: bool = False
    late: bool = False

    @property
    def attempted(self) -> bool:
        """Whether there is more than the untouched stub."""
        return self.raised != "NotImplementedError"

    def text(self, *, digits: int = 6) -> str:
        """Write it as one canonical line.

        Examples
        --------
        >>> Outcome([0.5, 1]).text()
        '[0.5, 1]'
        >>> Outcome(raised="ValueError", message="too small").text()
        'raises ValueError'
        """
        if self.late:
            return "takes too long"
        if not self.attempted:
            return "not attempted"
        if self.raised is not None:
            return f"raises {self.raised}"
        line = write(self.value, digits=digits)
        return line + "".join(f", and changes {name}" for name in self.changed)


# --- ways of asking --------------------------------------------------------


def _call(answer: Callable[..., Any], case: Case) -> Any:
    return answer(**case)


def _model(answer: Callable[..., Any], case: Case) -> Any:
    return model_facts(answer(**case))


def _callback(answer: Callable[..., Any], case: Case) -> Any:
    figures = case.pop("figures")
    return _played(answer(**case), figures)


def _steps(answer: Callable[..., Any], case: Case) -> Any:
    larger = case.pop("larger")
    value = answer(**case)
    few = steps_of(answer, copy.deepcopy(case))
    many = steps_of(answer, {**copy.deepcopy(case), **copy.deepcopy(larger)})
    # What a library decides by size adds a few; a loop over rows alone many.
    return {"result": value, "steps grow": many > 2 * few}


ASKS: Mapping[str, Callable[[Callable[..., Any], Case], Any]] = {
    "call": _call,
    "model": _model,
    "callback": _callback,
    "steps": _steps,
}
"""Ways of asking by name: (answer, case) -> value.

- call: what the function returns.
- model: facts of the Keras model that it returns, see `model_facts`.
- callback: `figures` of the case, a dict an epoch, are an invented training that the
  returned Keras callback goes through; told is which epoch's weights the model has then.
- steps: what the function returns, and whether Python needs more than twice as many
  steps where the inputs `larger` of the case, a dict, stand in for its own: so a loop
  over pixels is found, however it is written, on a slow machine as on a fast one.
"""

_WITH_KERAS = ("model", "callback")

PLAYED = {"callback": ("figures",), "steps": ("larger",)}
"""Names in a case that the asking keeps to itself, so that the answer never gets them."""


def model_facts(model: Any) -> dict[str, Any]:
    """Tell what a Keras model is made of, however it was written down.

    Parameters
    ----------
    model : keras.Model
        Sequential or functional, built.

    Returns
    -------
    dict
        "input" and "output": shapes of one picture; "parameters"; "layers": for each
        layer a text of its kind, output shape, parameters and what else matters. Input
        layers do not count; an activation written as a layer of its own counts to the
        layer before it.

    Raises
    ------
    TypeError
        If it is no Keras model, or one that does not know its input's shape.

    Examples
    --------
    >>> from fire_course.quiet import import_keras
    >>> keras = import_keras()
    >>> net = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, "relu")])
    >>> model_facts(net)["layers"]
    ['Dense (2,) 10 parameters, relu']
    """
    from fire_course.quiet import import_keras

    keras = import_keras()
    if not isinstance(model, keras.Model):
        kind = type(model).__name__
        raise TypeError(f"A Keras model is wanted, and a {kind} came.")
    if not model.built or not getattr(model, "inputs", None):
        raise TypeError(
            "The model knows no input shape: begin with keras.Input(shape)."
        )
    rows: list[list[str]] = []
    for layer in model.layers:
        kind = type(layer).__name__
        if kind == "InputLayer":
            continue
        alone = kind in ("ReLU", "Activation", "Softmax")
        if alone and rows and rows[-1][1] in ("", "linear"):
            rows[-1][1] = _activation(layer)
            continue
        shape = tuple(layer.output.shape[1:])
        what = f"{kind} {shape} {layer.count_params():,} parameters"
        rows.append([what, _activation(layer), *_settings(layer)])
    return {
        "input": tuple(model.inputs[0].shape[1:]),
        "output": tuple(model.outputs[0].shape[1:]),
        "layers": [", ".join(part for part in row if part) for row in rows],
        "parameters": model.count_params(),
    }


def _activation(layer: Any) -> str:
    kind = type(layer).__name__
    if kind in ("ReLU", "Softmax"):
        return kind.lower()
    function = getattr(layer, "activation", None)
    return getattr(function, "__name__", "") if function is not None else ""


def _settings(layer: Any) -> Iterator[str]:
    # What changes neither shape nor parameters, and yet the result.
    for name in ("rate", "scale", "offset"):
        number = getattr(layer, name, None)
        if isinstance(number, (int, float)) and number:
            yield f"{name} {show(number)}"


def _played(callback: Any, figures: list[dict[str, float]]) -> dict[str, Any]:
    from fire_course.quiet import import_keras

    keras = import_keras()
    if isinstance(callback, type) and issubclass(callback, keras.callbacks.Callback):
        raise TypeError("The class itself came: return an object of it, as in Keep().")
    if not isinstance(callback, keras.callbacks.Callback):
        kind = type(callback).__name__
        raise TypeError(f"A keras.callbacks.Callback is wanted, and a {kind} came.")
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2)])
    # A kernel (1, 2) and a bias (2,), all of them the number of the epoch.
    shapes = [np.shape(weights) for weights in model.get_weights()]
    callback.set_model(model)
    callback.set_params({"epochs": len(figures), "steps": 1, "verbose": 0})
    callback.on_train_begin()
    played = 0
    for epoch, logs in enumerate(figures):
        callback.on_epoch_begin(epoch)
        model.set_weights([np.full(shape, epoch + 1.0, "float32") for shape in shapes])
        played = epoch + 1
        callback.on_epoch_end(epoch, dict(logs))
        if getattr(model, "stop_training", False):
            break
    callback.on_train_end()
    left = {float(n) for weights in model.get_weights() for n in np.ravel(weights)}
    return {"epochs": played, "weights of epoch": sorted(left)}


def steps_of(function: Callable[..., Any], inputs: Mapping[str, Any]) -> int:
    """Count the steps (bytecode instructions) that Python makes for a call.

    What runs in compiled code counts as one step, whatever it does.

    Parameters
    ----------
    function : callable
    inputs : mapping
        Its arguments by name.

    Returns
    -------
    int
        Those of the functions that it calls included, in this thread.

    Examples
    --------
    >>> def by_loop(numbers):
    ...     return [number + 1 for number in numbers]
    >>> few = steps_of(by_loop, {"numbers": np.zeros(10)})
    >>> steps_of(by_loop, {"numbers": np.zeros(1000)}) > 50 * few
    True
    >>> few = steps_of(lambda numbers: numbers + 1, {"numbers": np.zeros(10)})
    >>> few == steps_of(lambda numbers: numbers + 1, {"numbers": np.zeros(1000)})
    True
    """
    count = 0

    def step(frame: Any, event: str, _: Any) -> Any:
        nonlocal count
        count += event == "opcode"
        return step

    def enter(frame: Any, event: str, _: Any) -> Any:
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return step

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        function(**inputs)
    finally:
        sys.settrace(before)
    return count


# --- asking ----------------------------------------------------------------


def obtain(
    answer: Callable[..., Any],
    case: Mapping[str, Any],
    *,
    how: str = "call",
    seconds: float = SECONDS,
) -> Outcome:
    """Ask an answer once, whatever it does.

    Parameters
    ----------
    answer : callable
        The learner's function.
    case : mapping
        Its arguments by name. The answer gets a copy.
    how : str, optional
        A name in `ASKS`.
    seconds : float, optional
        After which it is cut off.

    Returns
    -------
    Outcome
        What came.

    Examples
    --------
    >>> obtain(lambda n: n / 0, {"n": 1}).raised
    'ZeroDivisionError'
    >>> def forever():
    ...     while True:
    ...         pass
    >>> obtain(forever, {}, seconds=0.1).late
    True
    """
    if how in _WITH_KERAS:
        # Before the clock starts, and before the answer may import it noisily.
        from fire_course.quiet import import_keras

        import_keras()
    given = copy.deepcopy(dict(case))
    before = {name: show(value, digits=17) for name, value in given.items()}
    words = _Printed()

    def work() -> Outcome:
        try:
            # Made plain here, within the time limit: what came may be endless.
            value = plain(ASKS[how](answer, dict(given)))
            write(value)
        except _TimeUp:
            raise
        # SystemExit and the like too: an answer must not end its checker.
        except BaseException as error:
            return Outcome(
                raised=type(error).__name__[:60],
                message=_explained(error, answer),
                printed=words.used,
            )
        changed = [n for n in given if show(given[n], digits=17) != before[n]]
        return Outcome(value, changed=tuple(changed), printed=words.used)

    with _swallowing():
        return _within(work, words, seconds)


def ask(
    answer: Callable[..., Any],
    case: Mapping[str, Any],
    *,
    how: str = "call",
    digits: int = 6,
    seconds: float = SECONDS,
) -> str:
    """Ask an answer once and write what came as one line, the same on every machine.

    Parameters
    ----------
    answer, case, how, seconds
        As of `obtain`.
    digits : int, optional
        As of `show`.

    Returns
    -------
    str
        The result; "raises ValueError"; "not attempted" of an untouched stub; "takes
        too long".

    Examples
    --------
    >>> ask(lambda tp, fp: tp / (tp + fp), {"tp": 2, "fp": 1})
    '0.666667'
    >>> ask(lambda numbers: numbers.append(1), {"numbers": []})
    'None, and changes numbers'
    """
    return obtain(answer, case, how=how, seconds=seconds).text(digits=digits)


def ask_all(
    answer: Callable[..., Any],
    cases: list[dict[str, Any]],
    *,
    how: str = "call",
    digits: int = 6,
    seconds: float = SECONDS,
) -> list[str]:
    """Ask several times, one line each, and no more once an answer was cut off.

    Examples
    --------
    >>> ask_all(lambda n: 1 / n, [{"n": 0}, {"n": 8}])
    ['raises ZeroDivisionError', '0.125']
    """
    lines: list[str] = []
    for case in cases:
        late = bool(lines) and lines[-1] == Outcome(late=True).text()
        lines.append(
            lines[-1]
            if late
            else ask(answer, case, how=how, digits=digits, seconds=seconds)
        )
    return lines


def _explained(error: BaseException, answer: Callable[..., Any]) -> str:
    """Say what an exception says, and which line of the answer raised it."""
    with contextlib.suppress(Exception):
        words = " ".join(str(error).split())[:300]
        file = getattr(getattr(answer, "__code__", None), "co_filename", None)
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            if frame.filename == file:
                line = f" in line {frame.lineno}: {frame.line}" if frame.line else ""
                return words + f" ({line.strip()})" if line else words
        return words
    return ""


# --- what an answer prints --------------------------------------------------


class _Printed:
    """Whether an answer printed anything; the text itself is forgotten."""

    used = False


class _Swallower:
    """Stands before a stream: what answers' threads print goes nowhere."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        words = _ANSWERING.get(threading.get_ident())
        if words is None:
            self._stream.write(text)
        else:
            words.used = words.used or bool(text)
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


_ANSWERING: dict[int, _Printed] = {}  # by thread
_STREAMS = threading.Lock()
_ASKING: list[tuple[Any, Any]] = []  # the two streams, once for each `obtain` at work


@contextlib.contextmanager
def _swallowing() -> Iterator[None]:
    """Put the swallowers in place: the first of several threads does, the last undoes."""
    with _STREAMS:
        _ASKING.append(_ASKING[0] if _ASKING else (sys.stdout, sys.stderr))
        if len(_ASKING) == 1:
            sys.stdout, sys.stderr = map(_Swallower, _ASKING[0])
    try:
        yield
    finally:
        with _STREAMS:
            streams = _ASKING.pop()
            if not _ASKING:
                sys.stdout, sys.stderr = streams


# --- the time limit --------------------------------------------------------


class _TimeUp(BaseException):
    """Raised in an answer's thread. No Exception, so that few answers swallow it."""


def _within(work: Callable[[], Outcome], words: _Printed, seconds: float) -> Outcome:
    results: list[Outcome] = []

    def run() -> None:
        with contextlib.suppress(_TimeUp):
            _ANSWERING[threading.get_ident()] = words
            try:
                results.append(work())
            finally:
                _ANSWERING.pop(threading.get_ident(), None)

    thread = threading.Thread(target=run, daemon=True, name="answer")
    thread.start()
    try:
        thread.join(seconds)
        if thread.is_alive():
            _interrupt(thread)
            thread.join(_GRACE)
    except KeyboardInterrupt:
        _interrupt(thread)
        raise
    return results[0] if results else Outcome(late=True)


def _interrupt(thread: threading.Thread) -> None:
    if thread.ident is not None and thread.is_alive():
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident), ctypes.py_object(_TimeUp)
        )
