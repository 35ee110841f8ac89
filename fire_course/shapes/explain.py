"""An output size with its reasons: the formula, the steps, what is never looked at."""

from __future__ import annotations

from dataclasses import dataclass, field

from fire_course.shapes.keras_line import keras_line
from fire_course.shapes.padding import same_padding
from fire_course.shapes.settings import Ints, Padding, axes_of, each, reach_of
from fire_course.shapes.sizes import (
    AxisSetting,
    checked,
    grown,
    in_numbers,
    places_of,
    pool_places_of,
)

__all__ = ["SizeExplanation", "explain_size"]

# What is counted along each axis, for one to three of them.
_WORDS = {1: ("column",), 2: ("row", "column"), 3: ("layer", "row", "column")}


@dataclass(frozen=True)
class SizeExplanation:
    r"""How an output size comes about. Prints as text, and as Markdown in a notebook.

    Attributes
    ----------
    size : int or tuple of int
        The output size.
    formula : str
        LaTeX with the numbers put in.
    text_formula : str
        The same to read in a terminal.
    steps : tuple of str
        One sentence a step.
    ignored : tuple
        Columns of the input, from 0, that no window sees; for each axis a tuple
        where there are several.
    keras : str or None
        A line of Keras that makes this layer; None where Keras has none.
    keras_note : str
        Why not, or what to mind.
    """

    size: int | tuple[int, ...]
    formula: str
    text_formula: str
    steps: tuple[str, ...]
    ignored: tuple[int, ...] | tuple[tuple[int, ...], ...]
    keras: str | None = field(default=None)
    keras_note: str = field(default="")

    def __str__(self) -> str:
        lines = [self.text_formula, ""]
        lines += [f"{i}. {step}" for i, step in enumerate(self.steps, 1)]
        lines += ["", f"Keras: {self.keras or 'no such layer.'}"]
        if self.keras_note:
            lines.append(self.keras_note)
        return "\n".join(lines)

    def _repr_markdown_(self) -> str:
        parts = [f"$$\n{self.formula}\n$$", ""]
        parts += [f"{i}. {step}" for i, step in enumerate(self.steps, 1)]
        if self.keras:
            parts += ["", f"```python\n{self.keras}\n```"]
        if self.keras_note:
            parts += ["", self.keras_note]
        return "\n".join(parts)


def explain_size(
    n: Ints,
    kernel: Ints,
    *,
    stride: Ints | None = None,
    padding: Padding = "valid",
    dilation: Ints = 1,
    ceil: bool = False,
    pool: bool = False,
    transposed: bool = False,
    output_padding: Ints | None = None,
) -> SizeExplanation:
    r"""Say how an output size comes about, with the numbers put in.

    Parameters
    ----------
    n, kernel, padding, dilation, ceil
        As for `output_size`.
    stride : int or sequence of int, optional
        1 if missing, or as wide as the kernel for a pooling.
    pool : bool
        A pooling: see `pool_size`.
    transposed : bool
        A transposed convolution: see `transposed_size`.
    output_padding : int or sequence of int, optional
        For a transposed one.

    Returns
    -------
    SizeExplanation
        With the size, the formula in LaTeX, the steps and the ignored columns.

    Raises
    ------
    ValueError
        As from the function that computes the size.

    Examples
    --------
    >>> answer = explain_size(250, 3, stride=2)
    >>> answer.size, answer.ignored
    (124, (249,))
    >>> print(answer.formula)
    o = \left\lfloor\frac{250 - 3}{2}\right\rfloor + 1 = 124
    >>> print(answer)
    o = floor((250 - 3) / 2) + 1 = 124
    <BLANKLINE>
    1. A kernel of 3 covers 3 columns.
    2. The first window begins at column 0; the last can begin at 250 - 3 = 247.
    3. In steps of 2 that makes 123 steps, so 124 windows.
    4. No window sees column 249.
    <BLANKLINE>
    Keras: keras.layers.Conv2D(filters, 3, strides=2)

    Along several axes each has its own steps:

    >>> [step for step in explain_size((9, 8), 3, stride=2).steps if "No" in step]
    ['Axis 1: No window sees column 7.']
    >>> explain_size((8, 9), 3, stride=2).steps[3]
    'Axis 0: No window sees row 7.'
    """
    if pool and transposed:
        raise ValueError("A layer is a pooling or transposed, not both.")
    if transposed and ceil:
        raise ValueError("A transposed convolution has no ceil: take output_padding.")
    if output_padding is not None and not transposed:
        raise ValueError("output_padding belongs to a transposed convolution.")
    if stride is None:
        stride = kernel if pool else 1
    settings = checked(n, kernel, stride, padding, dilation)
    extras: list[int | None] = [None] * len(settings)
    if output_padding is not None:
        extras = [*each("output_padding", output_padding, len(settings), 0)]
    axes = []
    for setting, extra in zip(settings, extras, strict=True):
        if transposed:
            axes.append(_transposed(setting, grown(*setting, extra), extra))
        else:
            rule, word = (pool_places_of, "pool") if pool else (places_of, "kernel")
            axes.append(_window(setting, rule(*setting, ceil), ceil, word))
    line, note = keras_line(
        settings,
        axes_of(n),
        ceil=ceil,
        pool=pool,
        transposed=transposed,
        output_padding=None if output_padding is None else extras,
    )
    if axes_of(n) is None:
        one = axes[0]
        return SizeExplanation(
            one.size, one.formula, one.text, one.steps, one.ignored, line, note
        )
    rows = r" \\ ".join(axis.formula.replace("=", "&=", 1) for axis in axes)
    return SizeExplanation(
        tuple(axis.size for axis in axes),
        rf"\begin{{aligned}} {rows} \end{{aligned}}",
        "\n".join(axis.text for axis in axes),
        tuple(
            f"Axis {i}: {step.replace('column', word)}"
            for i, (axis, word) in enumerate(zip(axes, _WORDS[len(axes)], strict=True))
            for step in axis.steps
        ),
        tuple(axis.ignored for axis in axes),
        line,
        note,
    )


@dataclass(frozen=True)
class _Axis:
    size: int
    formula: str
    text: str
    steps: tuple[str, ...]
    ignored: tuple[int, ...]


def _padding(setting: AxisSetting) -> tuple[int, int]:
    """Return the padding that a convolution of these settings really uses."""
    n, kernel, stride, padding, dilation = setting
    if padding == "same":
        return same_padding(n, kernel, stride, dilation)
    if padding == "causal":
        return reach_of(kernel, dilation) - 1, 0
    return in_numbers(padding)


def _window(setting: AxisSetting, size: int, ceil: bool, word: str) -> _Axis:
    n, kernel, stride, padding, dilation = setting
    reach = reach_of(kernel, dilation)
    before, after = _padding(setting)
    covers = f"A {word} of {kernel}"
    if dilation > 1:
        covers += f" with dilation {dilation}"
    steps = [f"{covers} covers {_columns(reach)}."]
    if padding in ("same", "causal"):
        # Both are a rule for the size; the padding follows from it.
        formula = rf"o = \left\lceil\frac{{{n}}}{{{stride}}}\right\rceil = {size}"
        text = f"o = ceil({n} / {stride}) = {size}"
        steps.append(
            f'"{padding}" gives as many windows as steps of {stride} fit into {n}, '
            f"rounded up: {size}."
        )
        needed = f"So it pads {before} before and {after} after"
        if padding == "same" and after > before:
            needed += ": the odd one goes to the end"
        steps.append(f"{needed}.")
    else:
        total = before + after
        top = f"{n} + {total} - {reach}" if total else f"{n} - {reach}"
        room = n + total - reach
        sign = "ceil" if ceil else "floor"
        raw = -(-room // stride) + 1 if ceil else room // stride + 1
        less = " - 1" if raw > size else ""
        formula = (
            rf"o = \left\l{sign}\frac{{{top}}}{{{stride}}}\right\r{sign} + 1"
            f"{less} = {size}"
        )
        text = f"o = {sign}(({top}) / {stride}) + 1{less} = {size}"
        if total:
            steps.append(
                f"Padding adds {before} before and {after} after: "
                f"{_columns(n + total)} instead of {n}."
            )
        steps += _counted(room, n + total, reach, stride, total > 0)
        if ceil and size > room // stride + 1:
            steps.append("Rounding up adds a window, which hangs over the end.")
        elif less:
            steps.append(
                "Rounding up would add a window, but it would see padding only: "
                "it is left out."
            )
    seen = bytearray(n)
    for place in range(size):
        begin = place * stride - before
        for point in range(begin, begin + reach, dilation):
            if 0 <= point < n:
                seen[point] = 1
    ignored = tuple(i for i in range(n) if not seen[i])
    steps.append(_ignoring(ignored, n, "No window sees"))
    return _Axis(size, formula, text, tuple(steps), ignored)


def _counted(room: int, total: int, reach: int, stride: int, padded: bool) -> list[str]:
    if room < 0:
        return [f"No window fits: {reach} reach over {total} by {-room}."]
    column = "padded column" if padded else "column"
    return [
        f"The first window begins at {column} 0; the last can begin at "
        f"{total} - {reach} = {room}.",
        f"In steps of {stride} that makes {_times(room // stride, 'step')}, so "
        f"{_times(room // stride + 1, 'window')}.",
    ]


def _transposed(setting: AxisSetting, size: int, extra: int | None) -> _Axis:
    n, kernel, stride, padding, dilation = setting
    reach = reach_of(kernel, dilation)
    full = (n - 1) * stride + reach
    steps = [
        f"Each of {n} places is spread over {_columns(reach)}, {stride} apart: "
        f"({n} - 1) x {stride} + {reach} = {full}."
    ]
    before = 0
    if padding == "same" and extra is None:
        top, text = rf"{n} \cdot {stride}", f"{n} x {stride}"
        before = max(reach - stride, 0) // 2
        change = f"cuts {full - size}" if full >= size else f"adds {size - full}"
        steps.append(f'"same" {change} so that {n} x {stride} = {size} are left.')
    else:
        cut, added = 0, 0
        if isinstance(padding, str):
            added = max(size - full, 0)
            cut = max(full - size, 0)
            before = cut // 2
        else:
            before, cut = padding[0], sum(padding)
            added = extra or 0
        tail = (f" - {cut}" if cut else "") + (f" + {added}" if added else "")
        top = rf"({n} - 1) \cdot {stride} + {reach}{tail}"
        text = f"({n} - 1) x {stride} + {reach}{tail}"
        if cut:
            steps.append(f"Padding cuts {cut} off: {full - cut} are left.")
        if added:
            steps.append(f"Output padding adds {added} at the end: {size}.")
    used = [
        any(0 <= i * stride - before + k * dilation < size for k in range(kernel))
        for i in range(n)
    ]
    ignored = tuple(i for i in range(n) if not used[i])
    steps.append(_ignoring(ignored, n, "Nothing is left of"))
    return _Axis(
        size, f"o = {top} = {size}", f"o = {text} = {size}", tuple(steps), ignored
    )


def _columns(count: int) -> str:
    return _times(count, "column")


def _times(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def _ignoring(ignored: tuple[int, ...], n: int, words: str) -> str:
    if not ignored:
        return "Every column is used."
    runs: list[list[int]] = []
    for column in ignored:
        if runs and column == runs[-1][1] + 1:
            runs[-1][1] = column
        else:
            runs.append([column, column])
    shown = [str(a) if a == b else f"{a} to {b}" for a, b in runs[:4]]
    more = f" and so on, {len(ignored)} of {n}" if len(runs) > 4 else ""
    return f"{words} column{'s' if len(ignored) > 1 else ''} {', '.join(shown)}{more}."
