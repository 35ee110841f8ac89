"""An exercise and its check: cases in, right answers from an oracle, mistakes by name.

An exercise is data. `Exercise.check` draws cases, asks the answer and the oracle about
each, and says what differs; where the answers are those that a known mistake gives, it
says which mistake.
"""

from __future__ import annotations

import copy
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from fire_course.lessons.asking import PLAYED, SECONDS, Outcome, obtain
from fire_course.lessons.canonical import Other, plain, write
from fire_course.lessons.checks.verdict import (
    NOT_ATTEMPTED,
    NOT_YET,
    PASSED,
    Verdict,
    difference,
    misfit,
    shown_call,
    shown_outcome,
)

__all__ = ["PUBLIC_SEED", "Exercise", "Mistake"]

Case = dict[str, Any]

_Tried = tuple[Case, Outcome, Outcome]  # the case, what came, what was expected

PUBLIC_SEED = 11
"""Every learner sees the same cases; a grader takes a seed that nobody knows."""


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that is often given.

    Attributes
    ----------
    name : str
        A few words, such as "labels swapped".
    explain : str
        One or two sentences to the learner: what happened, what to do.
    answer : callable
        What it would answer: the same arguments and the same kind of result as
        `Exercise.expected`.
    """

    name: str
    explain: str
    answer: Callable[..., Any]


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """One exercise.

    Attributes
    ----------
    name, lesson : str
        "f1-from-counts" of "11_fire_cnn".
    function : str
        What the learner defines.
    points : float
        What it is worth.
    task : str
        One line.
    hints : tuple of str
        From a nudge to nearly the answer.
    cases : callable
        From a random generator to a list of cases, dicts of the arguments: from plain
        to odd, so that the first failure is the easiest to understand.
    expected : callable
        The oracle: the right result for the arguments of a case, computed in another
        way than a learner would. Raises what a right answer has to raise.
    ask : str
        How the answer is asked: a name in `asking.ASKS`.
    digits : int
        Significant decimals of results, where texts are compared.
    tolerance : float
        By which numbers may differ, times the number where that is above 1.
    mistakes : tuple of Mistake
    own : tuple of str
        Dotted names of functions that are the answer ready-made.
    """

    name: str
    lesson: str
    function: str
    points: float
    task: str
    hints: tuple[str, ...]
    cases: Callable[[np.random.Generator], list[Case]]
    expected: Callable[..., Any]
    ask: str = "call"
    digits: int = 6
    tolerance: float = 1e-6
    mistakes: tuple[Mistake, ...] = ()
    own: tuple[str, ...] = ()

    def draw(self, seed: int = PUBLIC_SEED) -> list[Case]:
        """Draw the cases of a seed.

        Parameters
        ----------
        seed : int
            0 or more, of any size.

        Returns
        -------
        list of dict
            Arguments by name, the same for the same seed.
        """
        # The name too, so that exercises with equal generators get other numbers.
        return self.cases(np.random.default_rng([seed, zlib.crc32(self.name.encode())]))

    def right(self, case: Case) -> Outcome:
        """Ask the oracle."""
        return _trusted(self.expected, case)

    def check(
        self, answer: Any, *, seed: int = PUBLIC_SEED, seconds: float = SECONDS
    ) -> Verdict:
        """Compare an answer with the oracle on the cases of a seed.

        Parameters
        ----------
        answer : callable
            The learner's function.
        seed : int, optional
            Of the cases.
        seconds : float, optional
            After which an answer to one case is cut off.

        Returns
        -------
        Verdict
            Never an exception, whatever the answer does.
        """
        cases = self.draw(seed)
        kept = PLAYED.get(self.ask, ())
        names = [name for name in cases[0] if name not in kept]
        if wrong := misfit(answer, self.function, names):
            return self._verdict(NOT_YET, wrong, len(cases))
        tried: list[_Tried] = []
        for case in cases:
            came = obtain(answer, case, how=self.ask, seconds=seconds)
            tried.append((case, came, self.right(case)))
            if came.late or not came.attempted:
                break
            if self.ask == "model" and not self._agree(*tried[-1][1:]):
                break  # a network takes a while to build
        if not tried[0][1].attempted:
            return self._verdict(
                NOT_ATTEMPTED,
                "Write your answer in place of `raise NotImplementedError`, run that "
                f"cell, then this one.\nhint({self.name!r}) gives a hint.",
                len(cases),
            )
        failed = [entry for entry in tried if not self._agree(*entry[1:])]
        if not failed:
            return self._verdict(PASSED, "", len(cases))
        mistake = self._likely(failed[0], tried)
        return self._verdict(
            NOT_YET, self._detail(*failed[0], mistake), len(cases), mistake
        )

    def _verdict(
        self, state: str, detail: str, cases: int, mistake: Mistake | None = None
    ) -> Verdict:
        name = None if mistake is None else mistake.name
        return Verdict(self.name, state, detail, cases, self.points, name)

    def _agree(self, came: Outcome, expected: Outcome) -> bool:
        if came.late or came.changed or came.raised != expected.raised:
            return False
        if expected.raised is not None:
            return True
        return not difference(came.value, expected.value, tolerance=self.tolerance)

    def _likely(self, first: _Tried, tried: list[_Tried]) -> Mistake | None:
        """Find the mistake that gives the first failure, and most of the rest."""
        failed = [entry for entry in tried if not self._agree(*entry[1:])]
        best, most = None, 0
        for mistake in self.mistakes:
            if first[1].changed or not self._gives(mistake, first):
                continue
            # Equal on one case may be chance, as for an answer that is always empty.
            if 3 * sum(self._gives(mistake, entry) for entry in failed) < len(failed):
                continue
            explained = sum(self._gives(mistake, entry) for entry in tried)
            if explained > most:
                best, most = mistake, explained
        return best

    def _gives(self, mistake: Mistake, entry: _Tried) -> bool:
        case, came, _ = entry
        return self._agree(came, _trusted(mistake.answer, case))

    def _detail(
        self, case: Case, came: Outcome, expected: Outcome, mistake: Mistake | None
    ) -> str:
        wanted = shown_outcome(expected, self.digits)
        lines = [
            f"asked:    {self.asked(case)}",
            f"came:     {shown_outcome(came, self.digits)}",
            f"expected: {wanted}",
        ]
        if mistake is not None:
            lines.append(f"likely:   {mistake.name}. {mistake.explain}")
        elif said := self._in_words(came, expected):
            lines.append(f"that is:  {said}")
        return "\n".join(lines)

    def asked(self, case: Case) -> str:
        """Write what the learner's function is asked in a case, as one would type it."""
        kept = PLAYED.get(self.ask, ())
        call = shown_call(
            self.function, {name: case[name] for name in case if name not in kept}
        )
        if self.ask == "callback":
            name = case["monitor"]
            values = [logs[name] for logs in case["figures"]]
            call += f", in a training with {name} {', '.join(map(write, values))}"
        return call

    def _in_words(self, came: Outcome, expected: Outcome) -> str:
        if came.late:
            return "a loop that does not end, or far too much work."
        if came.changed:
            names = " and ".join(came.changed)
            return f"your function changes its input {names}: work on a copy."
        if came.raised is not None:
            return "an error that your function raises for this input."
        if expected.raised is not None:
            return f"for this input a {expected.raised} has to be raised."
        if came.value is None and expected.value is not None:
            if came.printed:
                return "your function prints its result: return it instead."
            return "your function returns nothing here: is there a `return`?"
        if isinstance(came.value, Other):
            kind = came.value.kind
            if kind in _ITERATORS:
                return f"a {kind} gives its items only once: return list(...) of it."
        return difference(came.value, expected.value, tolerance=self.tolerance) + "."


def _trusted(function: Callable[..., Any], case: Case) -> Outcome:
    """Ask one of our own functions: no time limit, which a busy machine might reach."""
    try:
        return Outcome(plain(function(**copy.deepcopy(case))))
    except Exception as error:
        return Outcome(raised=type(error).__name__)


_ITERATORS = ("generator", "map", "filter", "zip", "reversed", "enumerate")
