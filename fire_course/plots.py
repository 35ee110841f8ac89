"""Figures of the course, all in one style.

Each function takes arrays or results, draws, and returns the matplotlib Axes,
or the Figure where there are several. They compute nothing that is worth
testing apart from its picture. In a notebook end the call with a semicolon, or
its result is printed below the figure.

The colours are those of Okabe and Ito or near them, which people of every kind
of colour vision tell apart; what colour says is always said a second time by a mark, a
line or a word. The ground is light and opaque, so that a figure reads the same
on a white page, on a dark one and in a slide. Letters stay readable when a
figure shrinks to the width of a phone.

References
----------
M. Okabe, K. Ito, "Color Universal Design" (2008).
"""

from __future__ import annotations

import functools
import math
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from . import images as _images

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .metrics import CalibrationBin, Report

__all__ = [
    "COLOURS",
    "CYCLE",
    "bars_with_intervals",
    "calibration_plot",
    "confusion_table",
    "curves",
    "epoch_log",
    "network_table",
    "show_images",
    "style",
    "sweep_picture",
    "wall",
]

_P = ParamSpec("_P")
_T = TypeVar("_T")

COLOURS = {
    "fire": "#d55e00",
    "nofire": "#0072b2",
    "right": "#007a59",
    "wrong": "#b04a00",
    "text": "#24292f",
    "quiet": "#5c6670",
    "grid": "#dde1e6",
    "ground": "#f7f8fa",
}
"""Colours by what they mean. "right" and "wrong" are Okabe and Ito's green and
vermilion, darkened until letters of them are readable."""

CYCLE = ("#0072b2", "#d55e00", "#c06fa0", "#1a1a6e", "#5d3a00", "#88304e")
"""Colours of lines, in the order in which they are used: Okabe and Ito's blue,
vermilion and a deeper purple, then dark ones, chosen so that every two differ
for every kind of colour vision and all stand out from the ground."""

WIDTH = 6.4
"""Width of a figure, in inches: shown 360 pixels wide, on a phone, 12-point
letters are 9 pixels high."""

_STYLE: dict[str, Any] = {
    "figure.figsize": (WIDTH, 3.6),
    "figure.dpi": 120,
    "figure.facecolor": COLOURS["ground"],
    "figure.constrained_layout.use": True,
    "savefig.facecolor": "auto",
    "savefig.dpi": 160,
    "font.size": 12,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 12,
    "xtick.labelsize": 12,
    "ytick.labelsize": 12,
    "legend.fontsize": 12,
    "legend.frameon": False,
    "figure.titlesize": 13,
    "figure.titleweight": "bold",
    "axes.facecolor": COLOURS["ground"],
    "axes.edgecolor": COLOURS["quiet"],
    "axes.labelcolor": COLOURS["text"],
    "axes.titlecolor": COLOURS["text"],
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": COLOURS["grid"],
    "grid.linewidth": 0.8,
    "text.color": COLOURS["text"],
    "xtick.color": COLOURS["quiet"],
    "ytick.color": COLOURS["quiet"],
    "xtick.labelcolor": COLOURS["text"],
    "ytick.labelcolor": COLOURS["text"],
    "lines.linewidth": 2.0,
    "lines.markersize": 6,
    "image.cmap": "cividis",  # even and ordered for every kind of colour vision
}


def style() -> AbstractContextManager[Any]:
    """Set the look of figures, for good or for a while.

    Returns
    -------
    context manager
        Leave it aside to keep the style, or use it in a ``with`` statement to
        have the former settings back at its end.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> with style():
    ...     figure, axes = plt.subplots()
    >>> axes.spines["top"].get_visible()
    False
    >>> plt.close(figure)
    """
    import matplotlib as mpl
    from cycler import cycler

    # Any: which names there are differs between matplotlib's versions.
    current: Any = mpl.rcParams
    settings = {**_STYLE, "axes.prop_cycle": cycler(color=CYCLE)}
    before = {name: current[name] for name in settings}
    current.update(settings)
    restore = ExitStack()
    restore.callback(current.update, before)
    return restore


def _in_style(draw: Callable[_P, _T]) -> Callable[_P, _T]:
    """Draw in the course's style whatever the caller's settings are."""

    @functools.wraps(draw)
    def wrapped(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        with style():
            return draw(*args, **kwargs)

    return wrapped


# --- photographs -------------------------------------------------------------


@_in_style
def show_images(
    images: Sequence[ArrayLike],
    titles: Sequence[str | None] | None = None,
    *,
    columns: int | None = None,
    colours: Sequence[str | None] | str | None = None,
    title: str | None = None,
) -> Figure:
    """Show pictures in a grid, each with its title and a frame.

    Parameters
    ----------
    images : sequence of arrays, shape (height, width[, 1 or 3])
        uint8, or floats from 0 to 1; masks of bool too. They may differ in
        size.
    titles : sequence of str or None, optional
        One for each; long ones are broken into lines.
    columns : int, optional
        Pictures in a row, by default up to 4.
    colours : sequence of str or None, or str, optional
        A frame for each: a name of `COLOURS` or any colour of matplotlib; one
        for all. "right" and "wrong" also put a tick or a cross before the
        title.
    title : str, optional
        Over all of them.

    Returns
    -------
    matplotlib.figure.Figure
        The figure; its axes are in the order of the pictures.

    Examples
    --------
    >>> photos = np.zeros((3, 20, 30, 3), "uint8")
    >>> figure = show_images(photos, ["a", "b", "c"], colours=["right", "wrong", None])
    >>> [axes.get_title("left") for axes in figure.axes]
    ['✓ a', '✗ b', 'c']
    """
    import matplotlib.pyplot as plt

    pictures = [_displayable(image) for image in images]
    count = len(pictures)
    if count == 0:
        raise ValueError("there is no picture to show")
    names = _one_each(titles, count, "titles")
    frames = _one_each(
        [colours] * count if isinstance(colours, str) else colours, count, "colours"
    )
    columns = min(count, columns or 4)
    places = [divmod(index, columns) for index in range(count)]
    tile = WIDTH / columns
    letters = max(6, int(tile / 0.108))  # bold ones of 12 points, side by side
    texts = [
        "\n".join(textwrap.wrap(_MARKS.get(frame or "", "") + (name or ""), letters))
        for name, frame in zip(names, frames, strict=True)
    ]
    # Every picture is as wide as its place, whatever stands around it; so the
    # places are computed here, in inches, and not left to a layout engine.
    gap = 0.14
    words, heights = [0.0] * (places[-1][0] + 1), [0.0] * (places[-1][0] + 1)
    for (row, _), text, picture in zip(places, texts, pictures, strict=True):
        words[row] = max(words[row], _LINE * (text.count("\n") + 1) if text else 0)
        shape = picture.shape[0] / picture.shape[1]
        heights[row] = max(heights[row], (tile - gap) * shape)
    above = 0.33 if title else 0.0
    height = above + sum(words) + sum(heights) + gap * len(heights)
    figure = plt.figure(figsize=(WIDTH, height), layout="none")
    if title:
        figure.suptitle(
            title, x=gap / 2 / WIDTH, y=1 - 0.06 / height, ha="left", va="top"
        )
    for (row, column), picture, text, frame in zip(
        places, pictures, texts, frames, strict=True
    ):
        tall = (tile - gap) * picture.shape[0] / picture.shape[1]
        top = above + sum(words[: row + 1]) + sum(heights[:row]) + gap * (row + 0.5)
        axes = figure.add_axes(
            (
                (tile * column + gap / 2) / WIDTH,
                1 - (top + tall) / height,
                (tile - gap) / WIDTH,
                tall / height,
            )
        )
        axes.grid(False)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.imshow(
            picture, cmap="gray", vmin=0, vmax=255 if picture.dtype == np.uint8 else 1
        )
        colour = _colour(frame)
        axes.spines[:].set(visible=colour is not None, color=colour, linewidth=4)
        if text:
            axes.set_title(
                text,
                fontweight="bold" if colour else "normal",
                color=colour if frame in COLOURS else COLOURS["text"],
                loc="left",
                pad=6 if colour else 4,
            )
    return figure


@_in_style
def wall(
    images: Sequence[ArrayLike],
    *,
    columns: int = 8,
    size: int | None = 96,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Show many photographs at once, without words.

    Parameters
    ----------
    images : sequence of uint8 arrays, shape (height, width[, 1 or 3])
        The photographs, of any size.
    columns : int, optional
        Photographs in a row.
    size : int or None, optional
        Show squares of this many pixels, cut from the middle; None keeps every
        photograph as large as it is beside the others.
    title : str, optional
        Over the wall.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.
    """
    if len(images) == 0:
        raise ValueError("there is no picture to show")
    tiles = [
        np.asarray(image)
        if size is None
        else _images.resize(image, size, method="bilinear", fit="crop")
        for image in images
    ]
    gap = max(1, round(max(tile.shape[1] for tile in tiles) / 32))
    picture = _images.montage(tiles, columns=columns, gap=gap, background=247)
    height, width = picture.shape[:2]
    if ax is None:
        import matplotlib.pyplot as plt

        inner, above = WIDTH - 0.1, 0.35 if title else 0.05
        tall = inner * height / width
        whole = above + tall + 0.05
        figure = plt.figure(figsize=(WIDTH, whole), layout="none")
        axes = figure.add_axes(
            (0.05 / WIDTH, 0.05 / whole, inner / WIDTH, tall / whole)
        )
    else:
        axes = ax
    axes.imshow(picture)
    axes.set_axis_off()
    if title:
        axes.set_title(title)
    return axes


# --- training ----------------------------------------------------------------


@_in_style
def curves(
    histories: Any,
    *,
    metrics: Sequence[str] = ("loss", "accuracy"),
    best: int | Mapping[str, int | None] | None = None,
    reference: Mapping[str, float | Mapping[int, float]] | None = None,
    reference_label: str = "reference",
    columns: int = 2,
) -> Figure:
    """Draw how training went, epoch by epoch.

    Parameters
    ----------
    histories : result, history, or mapping of str to either
        What `fire_course.training.fit` returns, its ``history``, or several of
        them by name.
    metrics : sequence of str, optional
        One panel for each: the training data's values dashed, those of
        "val_" before the name solid. What a history lacks is left out.
    best : int or mapping of str to int, optional
        The epoch, from 1, whose weights were kept, for the only history or by
        name. Known of a result.
    reference : mapping of str to float or {epoch: value}, optional
        Published values to compare with, by the name in the history
        ("val_loss"): a level, or points by epoch.
    reference_label : str, optional
        Whose values those are.
    columns : int, optional
        Panels in a row.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, one axes for each metric.

    Examples
    --------
    >>> history = {"loss": [0.6, 0.3, 0.1], "val_loss": [0.6, 0.4, 0.5]}
    >>> figure = curves(history, metrics=["loss"], best=2)
    >>> [line.get_label() for line in figure.axes[0].lines]
    ['validation', 'training', 'kept: epoch 2']
    """
    import matplotlib.pyplot as plt
    from matplotlib.ticker import MaxNLocator

    named = _named_histories(histories)
    kept = _kept_epochs(histories, named, best)
    for metric in metrics:
        if not any(
            key in h for h in named.values() for key in (metric, f"val_{metric}")
        ):
            known = sorted({key for h in named.values() for key in h})
            raise ValueError(f"no history has {metric!r}, they have {', '.join(known)}")
    columns = min(columns, len(metrics))
    rows = math.ceil(len(metrics) / columns)
    figure, grid = plt.subplots(
        rows, columns, figsize=(WIDTH, 2.6 * rows), squeeze=False
    )
    for axes in grid.flat[len(metrics) :]:
        axes.remove()
    for axes, metric in zip(grid.flat, metrics, strict=False):
        for (name, history), colour in zip(named.items(), _cycle(), strict=False):
            _draw_history(axes, history, metric, name, colour, kept.get(name))
        for key in (metric, f"val_{metric}"):
            if reference and key in reference:
                _draw_reference(axes, reference[key], reference_label)
        axes.set_title(_in_words(metric))
        axes.set_xlabel("epoch")
        axes.set_xlim(left=0.5)
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True, steps=[1, 2, 5, 10]))
        axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    if "" not in named:
        _kinds_of_line(figure.axes[0], named.values(), any(kept.values()))
    _legend_below(figure)
    return figure


@_in_style
def epoch_log(
    epoch: Any, *, what: str = "accuracy", title: str | None = None
) -> Figure:
    """Draw what happened within an epoch beside what the log says of it.

    Parameters
    ----------
    epoch : Replay
        Of `fire_course.batches.replay`.
    what : {"accuracy", "loss"}
    title : str, optional

    Returns
    -------
    matplotlib.figure.Figure
        Each batch as a point, the running mean that Keras prints as a line, and
        a level for the weights that the epoch leaves.

    Raises
    ------
    ValueError
        If the epoch has no such figure.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> epoch = SimpleNamespace(accuracy=[0, 1], running_accuracy=[0, 0.5],
    ...                         final_accuracy=0.75)
    >>> [line.get_label() for line in epoch_log(epoch).axes[0].lines]
    ['each batch', 'running mean: what Keras prints', 'weights at the end: .750']
    """
    import matplotlib.pyplot as plt
    from matplotlib.ticker import MaxNLocator

    if what not in ("accuracy", "loss"):
        raise ValueError(f"an epoch has accuracy and loss, not {what!r}")
    alone = np.asarray(getattr(epoch, what), float)
    running = np.asarray(getattr(epoch, f"running_{what}"), float)
    final = float(getattr(epoch, f"final_{what}"))
    steps = np.arange(1, len(alone) + 1)
    figure, axes = plt.subplots(figsize=(WIDTH, 3.0))
    colours = _cycle()
    axes.plot(
        steps, alone, ".", color=COLOURS["quiet"], markersize=4, label="each batch"
    )
    axes.plot(steps, running, color=colours[0], label="running mean: what Keras prints")
    level = f"{final:.3f}".removeprefix("0") if 0 < final < 1 else f"{final:.3f}"
    axes.axhline(
        final,
        color=colours[1],
        linestyle="--",
        label=f"weights at the end: {level}",
    )
    axes.set_xlabel("batch")
    axes.set_ylabel(what)
    axes.set_xlim(0, len(alone) + 1)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    if title:
        axes.set_title(title)
    _legend_below(figure)
    return figure


_SHAPES = ("o", "s", "^", "D", "v", "P")


@_in_style
def sweep_picture(
    rows: Any,
    *,
    x: str = "parameters",
    y: str = "val_loss",
    size: str = "seconds",
    group: str | None = None,
    best: int = 1,
    title: str | None = None,
) -> Figure:
    """Draw a sweep as one picture: what a trial costs against what it reaches.

    Parameters
    ----------
    rows : Sweep, or iterable of mappings
        As of `fire_course.sweep.sweep`, or the rows of its table.
    x, y, size : str, optional
        Columns: across (on a scale of powers of ten), upwards, and as the area
        of the mark.
    group : str, optional
        A setting; each of its values gets a colour and a mark of its own.
    best : int, optional
        So many trials, the first of the table, get a ring.
    title : str, optional

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If no row has these columns.

    Examples
    --------
    >>> rows = [
    ...     {"parameters": 1e4, "val_loss": 0.5, "seconds": 3, "conv": 1},
    ...     {"parameters": 1e5, "val_loss": 0.6, "seconds": 9, "conv": 2},
    ... ]
    >>> axes = sweep_picture(rows, group="conv").axes[0]
    >>> axes.get_legend_handles_labels()[1]
    ['conv 1', 'conv 2', 'best']
    >>> axes.get_xlabel()
    'parameters (size of the marks: seconds, 3 to 9)'
    """
    import matplotlib.pyplot as plt
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

    table = [dict(row) for row in (rows.table() if hasattr(rows, "table") else rows)]
    shown = [row for row in table if all(row.get(k) is not None for k in (x, y, size))]
    if not shown:
        known = sorted({name for row in table for name in row})
        raise ValueError(
            f"no row has {x}, {y} and {size}; there are {', '.join(known) or 'no rows'}"
        )
    times = np.array([float(row[size]) for row in shown])
    areas = 30 + 300 * times / max(times.max(), 1e-9)
    groups = [row.get(group) if group else None for row in shown]
    figure, axes = plt.subplots(figsize=(WIDTH, 4.0))
    kinds = sorted(set(groups), key=lambda kind: (str(type(kind)), kind))
    for i, kind in enumerate(kinds):
        place = [j for j, each in enumerate(groups) if each == kind]
        axes.scatter(
            [shown[j][x] for j in place],
            [shown[j][y] for j in place],
            s=areas[place],
            color=CYCLE[i % len(CYCLE)],
            marker=_SHAPES[i % len(_SHAPES)],
            edgecolor=COLOURS["ground"],
            linewidth=1,
            alpha=0.9,
        )
        if group:  # a mark of one size, for the legend
            axes.scatter(
                [],
                [],
                s=60,
                color=CYCLE[i % len(CYCLE)],
                marker=_SHAPES[i % len(_SHAPES)],
                label=f"{_in_words(group)} {kind}",
            )
    for at, row in enumerate(shown[:best]):
        axes.scatter(
            row[x],
            row[y],
            s=areas[at] + 160,
            facecolor="none",
            edgecolor=COLOURS["text"],
            linewidth=1.6,
            label="best" if at == 0 and group else None,
        )
    axes.set_xscale("log")
    values = [float(row[x]) for row in shown]
    wide = max(values) / max(min(values), 1e-9)
    axes.xaxis.set_major_locator(
        LogLocator(subs=(1,))
        if wide > 20
        else LogLocator(subs=(1, 2, 5))
        if wide > 3
        else MaxNLocator(4)
    )
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _short(value)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.margins(0.12)
    span = f"{times.min():.3g} to {times.max():.3g}"
    axes.set_xlabel(f"{_in_words(x)} (size of the marks: {_in_words(size)}, {span})")
    axes.set_ylabel(_in_words(y))
    if title:
        axes.set_title(title)
    if group:
        _legend_below(figure)
    return figure


# --- figures of merit --------------------------------------------------------


@_in_style
def confusion_table(
    report: Report | Mapping[str, Any] | ArrayLike,
    *,
    class_names: Sequence[str] = ("no fire", "fire"),
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    r"""Draw which class was taken for which, as counts and shares.

    Parameters
    ----------
    report : Report, its dict, or array of int of shape (classes, classes)
        Row: true class; column: predicted class.
    class_names : sequence of str, optional
        In the order of the class numbers.
    title : str, optional
        Over the table.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes
        The axes. Shades and percentages are shares of the row: of all
        pictures that truly are of that class.

    Examples
    --------
    >>> axes = confusion_table([[90, 10], [5, 95]])
    >>> [text.get_text() for text in axes.texts]
    ['90\n90 %', '10\n10 %', '5\n5 %', '95\n95 %']
    """
    if isinstance(report, Mapping):
        report = report["confusion"]
    counts = np.asarray(getattr(report, "confusion", report))
    classes = len(class_names)
    if counts.shape != (classes, classes):
        raise ValueError(
            f"{classes} class names need a table of {classes} x {classes}, not of "
            f"shape {counts.shape}: give class_names"
        )
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    small = classes <= 4
    side = 1.25 if small else (WIDTH - 2.0) / classes
    width = min(WIDTH, classes * side + 2.0) if small else WIDTH
    axes = _axes(ax, classes * side * (0.8 if small else 1) + 1.1, width)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axes.grid(False)
    words = _written(shares.ravel().tolist(), percent=True)
    for row, column in np.ndindex(counts.shape):
        count, share = counts[row, column], shares[row, column]
        if small and counts[row].any():
            text = f"{count:,}\n{words[row * classes + column]}"
        elif small:
            text = f"{count:,}"
        else:
            text = f"{count:,}" if count else ""
        axes.text(
            column,
            row,
            text,
            ha="center",
            va="center",
            color="white" if share > 0.55 else COLOURS["text"],
            fontsize=14 if small else 12,
            fontweight="bold" if row == column else "normal",
        )
    places = np.arange(classes)
    axes.set_xticks(
        places,
        class_names,
        rotation=0 if small else 45,
        ha="center" if small else "right",
        rotation_mode="anchor",
    )
    axes.set_yticks(places, class_names)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    if title:
        axes.set_title(title)
    return axes


@_in_style
def bars_with_intervals(
    rows: Mapping[str, Mapping[str, Any]] | Iterable[Sequence[Any] | Mapping[str, Any]],
    *,
    reference: Mapping[str, float] | None = None,
    colours: Sequence[str | None] | str | None = None,
    limits: tuple[float, float] | None = None,
    percent: bool = True,
    xlabel: str | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Compare figures by their intervals: a dot and a whisker for each.

    Parameters
    ----------
    rows : mapping or iterable
        From top to bottom. Either tuples (label, value, interval) or (label,
        value, interval, count), or mappings with "label", "value" or "rate",
        "interval" and "count", or a mapping of labels to such, like
        ``Report.categories``. A value or an interval may be None.
    reference : mapping of str to float, optional
        Levels to compare with, by name, drawn as lines.
    colours : sequence of str or None, or str, optional
        A colour for each row, or one for all: a name of `COLOURS` or any
        colour of matplotlib.
    limits : (float, float), optional
        Ends of the axis. By default what is drawn, or 0 to 1 if that is as
        informative.
    percent : bool, optional
        Whether the values are fractions to be written as per cent.
    xlabel, title : str, optional
        What the values are.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; at the right the values and, where given, the counts.

    Examples
    --------
    >>> axes = bars_with_intervals([("fog", 0.2, (0.06, 0.51), 10)])
    >>> [text.get_text() for text in axes.texts]
    ['20 % of 10']
    """
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    table = _interval_rows(rows)
    if not table:
        raise ValueError("there is no row to draw")
    paints = _one_each(
        [colours] * len(table) if isinstance(colours, str) else colours,
        len(table),
        "colours",
    )
    labels = [textwrap.fill(str(label), 24) for label, *_ in table]
    tall = sum(0.36 + 0.2 * label.count("\n") for label in labels)
    axes = _axes(ax, tall + 0.75 + (0.3 if title else 0))
    words = _written([row[1] for row in table], percent)
    for place, ((_, value, interval, count), paint) in enumerate(
        zip(table, paints, strict=True)
    ):
        colour = _colour(paint) or CYCLE[0]
        if interval is not None:
            axes.hlines(place, *interval, color=colour, linewidth=3, alpha=0.55)
        if value is not None:
            axes.plot(value, place, "o", color=colour, markersize=9)
        axes.text(
            1.02,
            place,
            words[place] + (f" of {count:,}" if count else ""),
            transform=axes.get_yaxis_transform(),
            va="center",
            color=COLOURS["text"],
        )
    for (name, level), dash in zip(
        (reference or {}).items(), _DASHES * 9, strict=False
    ):
        axes.axvline(
            level, color=COLOURS["quiet"], linestyle=dash, linewidth=1.6, label=name
        )
    axes.set_yticks(range(len(table)), labels)
    axes.set_ylim(len(table) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="y", visible=False)
    if limits is not None:
        axes.set_xlim(*limits)
    elif percent:
        low, high = axes.get_xlim()
        axes.set_xlim(max(0, low if low > 0.5 else 0), min(1, high) + 0.01)
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    if percent:
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: _percent(x)))
    if xlabel:
        axes.set_xlabel(xlabel)
    if title:
        axes.set_title(title)
    if reference and ax is None:
        _legend_below(axes.figure)
    elif reference:
        axes.legend()
    return axes


@_in_style
def calibration_plot(
    bins: Sequence[CalibrationBin] | Mapping[str, Sequence[CalibrationBin]],
    *,
    title: str | None = None,
) -> Figure:
    """Draw whether scores are honest: the share of fires against the score.

    Parameters
    ----------
    bins : list of CalibrationBin, or mapping of str to such lists
        From `fire_course.metrics.calibration`, of one detector or of several
        by name.
    title : str, optional
        Over the figure.

    Returns
    -------
    matplotlib.figure.Figure
        Two axes: the shares with 95 % intervals beside the diagonal of an
        honest detector, and below how many pictures have such scores.
    """
    import matplotlib.pyplot as plt

    named = dict(bins) if isinstance(bins, Mapping) else {"detector": bins}
    figure, (upper, lower) = plt.subplots(
        2, 1, figsize=(WIDTH, 5.6), height_ratios=[3, 1], sharex=True
    )
    upper.plot(
        [0, 1], [0, 1], linestyle="--", color=COLOURS["quiet"], label="honest scores"
    )
    shift = np.linspace(-0.01, 0.01, len(named)) if len(named) > 1 else [0.0]
    for (name, rows), colour, marker, by in zip(
        named.items(), _cycle(), "osD^vP" * 9, shift, strict=False
    ):
        full = [row for row in rows if row.count]
        x = np.array([row.mean_score for row in full]) + by
        rate = np.array([row.rate for row in full], float)
        ends = np.array([row.interval for row in full], float).reshape(-1, 2).T
        upper.vlines(x, *ends, color=colour, linewidth=3, alpha=0.45)
        upper.plot(x, rate, marker=marker, color=colour, label=name)
        lower.step(
            [rows[0].low, *(row.high for row in rows)],
            [rows[0].count, *(row.count for row in rows)],
            where="pre",
            color=colour,
        )
    upper.set(ylabel="share of fires", ylim=(-0.02, 1.02))
    lower.set(ylabel="pictures", xlabel="score")
    upper.set_xlim(-0.02, 1.02)
    lower.margins(y=0.15)
    lower.set_ylim(bottom=0)
    upper.legend(loc="upper left")
    figure.align_ylabels()
    if title:
        upper.set_title(title)
    return figure


@_in_style
def network_table(rows: Iterable[Any], *, title: str | None = None) -> Figure:
    """Draw a network layer by layer: what it holds and what it costs.

    Parameters
    ----------
    rows : iterable of TraceRow
        From `fire_course.shapes.trace`: anything with `name`,
        `output_shape`, `parameters` and `multiply_adds`.
    title : str, optional
        Over the figure.

    Returns
    -------
    matplotlib.figure.Figure
        A line for each layer, with the shape of its output, and two axes of
        bars: parameters, and multiply-adds for one photograph.
    """
    import matplotlib.pyplot as plt

    table = list(rows)
    if not table:
        raise ValueError("there is no layer to draw")
    places = np.arange(len(table))
    figure, panels = plt.subplots(
        1, 2, figsize=(WIDTH, 0.27 * len(table) + (1.2 if title else 0.8)), sharey=True
    )
    for axes, key, colour in zip(
        panels, ("parameters", "multiply_adds"), CYCLE, strict=False
    ):
        values = np.array([getattr(row, key) or 0 for row in table], float)
        axes.barh(places, values, color=colour, height=0.7)
        for place, row in enumerate(table):
            value = getattr(row, key)
            text = "?" if value is None else _short(value)
            axes.annotate(
                text if value != 0 else "",
                (values[place], place),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
            )
        axes.set_title(f"{_in_words(key)}\n{_short(values.sum())}")
        axes.set_xlim(0, max(values.max(), 1) * 1.45)  # room for the numbers
        axes.set_xticks([])
        axes.grid(False)
        axes.spines["bottom"].set_visible(False)
        axes.tick_params(axis="y", length=0)
    names = [f"{_shorter(row.name)}  {_by(row.output_shape)}" for row in table]
    panels[0].set_yticks(places, names)
    panels[0].set_ylim(len(table) - 0.4, -0.6)
    if title:
        figure.suptitle(title, x=0.01, ha="left")
    return figure


# --- parts -------------------------------------------------------------------

_LINE = 0.21  # inches, of a line of 12-point letters
_MARKS = {"right": "✓ ", "wrong": "✗ "}
_DASHES: list[Any] = ["--", ":", "-."]
_TRAINING: dict[str, Any] = {"linestyle": (0, (3, 1.5)), "linewidth": 1.5}
_KEPT: dict[str, Any] = {
    "linestyle": "none",
    "marker": "o",
    "markersize": 9,
    "markerfacecolor": COLOURS["ground"],
    "markeredgewidth": 2.2,
    "zorder": 3,
}


def _colour(name: str | None) -> str | None:
    return COLOURS.get(name, name) if name is not None else None


def _cycle() -> list[str]:
    return list(CYCLE) * 9


def _one_each(values: Sequence[Any] | None, count: int, what: str) -> list[Any]:
    if values is None:
        return [None] * count
    if len(values) != count:
        raise ValueError(
            f"{count} rows or pictures need {count} {what}, not {len(values)}"
        )
    return list(values)


def _axes(ax: Axes | None, height: float, width: float = WIDTH) -> Axes:
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=(width, height))[1]


def _displayable(image: ArrayLike) -> np.ndarray[Any, Any]:
    picture = np.asarray(image)
    if picture.ndim == 3 and picture.shape[2] == 1:
        picture = picture[..., 0]
    if picture.ndim not in (2, 3) or 0 in picture.shape:
        raise ValueError(
            f"a picture has shape (height, width[, 3]), not {picture.shape}"
        )
    if picture.dtype.kind == "f" and not (picture.min() >= 0 and picture.max() <= 1):
        raise ValueError(
            "a picture of floats holds values from 0 to 1: divide it by 255 or "
            "convert it with .astype('uint8')"
        )
    return picture


def _named_histories(histories: Any) -> dict[str, Mapping[str, Sequence[float | None]]]:
    def plain(item: Any) -> Mapping[str, Any]:
        return getattr(item, "history", item)

    if not isinstance(histories, Mapping):
        return {"": plain(histories)}
    several = all(
        isinstance(plain(item), Mapping) for item in histories.values()
    ) and bool(histories)
    if several:
        return {str(name): plain(item) for name, item in histories.items()}
    return {"": histories}


def _kept_epochs(
    histories: Any,
    named: Mapping[str, Any],
    best: int | Mapping[str, int | None] | None,
) -> dict[str, int | None]:
    if isinstance(best, Mapping):
        unknown = set(best) - set(named)
        if unknown:
            raise ValueError(f"there is no history named {', '.join(sorted(unknown))}")
        return dict(best)
    if best is not None:
        if len(named) > 1:
            raise ValueError("give the best epoch of each history by its name")
        return {name: int(best) for name in named}
    results = {"": histories} if "" in named else histories
    return {
        str(name): getattr(item, "best_epoch", None) for name, item in results.items()
    }


def _draw_history(
    axes: Axes,
    history: Mapping[str, Sequence[float | None]],
    metric: str,
    name: str,
    colour: str,
    kept: int | None,
) -> None:
    """Draw a history's two lines and its kept epoch.

    One history is described by what its lines are, several by their names, and
    then the kinds of line are explained once, in grey (`_kinds_of_line`).
    """
    told = f"{name} (epoch {kept})" if name and kept else name
    shown = np.array([])
    if f"val_{metric}" in history:
        shown = _values(history[f"val_{metric}"])
        label = told or "validation"
        axes.plot(1 + np.arange(len(shown)), shown, color=colour, label=label)
    if metric in history:
        training = _values(history[metric])
        alone = not len(shown)
        axes.plot(
            1 + np.arange(len(training)),
            training,
            color=colour if name or alone else COLOURS["quiet"],
            label=(told if alone else None) if name else "training",
            **({} if alone else _TRAINING),
        )
        shown = training if alone else shown
    if kept is not None and 1 <= kept <= len(shown):
        axes.plot(
            kept,
            shown[kept - 1],
            color=colour,
            label=None if name else f"kept: epoch {kept}",
            **_KEPT,
        )


def _kinds_of_line(
    axes: Axes, histories: Iterable[Mapping[str, Any]], kept: bool
) -> None:
    """Add lines without points, for the legend of several histories."""
    keys = {key for history in histories for key in history}
    if any(f"val_{key}" in keys for key in keys):
        axes.plot([], [], color=COLOURS["quiet"], label="training", **_TRAINING)
        axes.plot([], [], color=COLOURS["quiet"], label="validation")
    if kept:
        axes.plot([], [], color=COLOURS["quiet"], label="epoch kept", **_KEPT)


def _values(values: Sequence[float | None]) -> np.ndarray[Any, Any]:
    return np.array([np.nan if value is None else value for value in values], float)


def _draw_reference(
    axes: Axes, reference: float | Mapping[int, float], label: str
) -> None:
    if isinstance(reference, Mapping):
        epochs = sorted(reference)
        axes.plot(
            epochs,
            [reference[epoch] for epoch in epochs],
            color=COLOURS["quiet"],
            linestyle=":",
            marker="D",
            markersize=5,
            linewidth=1.2,
            clip_on=False,
            label=label,
        )
    else:
        axes.axhline(
            reference, color=COLOURS["quiet"], linestyle=":", linewidth=1.8, label=label
        )


def _legend_below(figure: Any) -> None:
    """Name each kind of line once, under all panels."""
    entries: dict[str, Any] = {}
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    longest = max((len(label) for label in entries), default=0)
    columns = max(1, min(len(entries), int(WIDTH / (0.1 * longest + 0.6))))
    figure.legend(
        entries.values(),
        entries.keys(),
        loc="outside lower left",
        ncols=columns,
        columnspacing=1.5,
    )
    # Room for the legend, not taken from the panels.
    width, height = figure.get_size_inches()
    figure.set_size_inches(
        width, height + 0.26 * math.ceil(len(entries) / columns) + 0.1
    )


def _interval_rows(rows: Any) -> list[tuple[str, float | None, Any, int | None]]:
    if isinstance(rows, Mapping):
        rows = [{"label": label, **row} for label, row in rows.items()]
    table = []
    for row in rows:
        if isinstance(row, Mapping):
            value = row["value"] if "value" in row else row.get("rate")
            row = (row["label"], value, row.get("interval"), row.get("count"))
        if len(row) not in (3, 4):
            raise ValueError(
                "a row is (label, value, interval) or (label, value, interval, "
                f"count), not {row!r}"
            )
        label, value, interval, *count = row
        table.append((label, value, interval, count[0] if count else None))
    return table


def _percent(share: float) -> str:
    text = f"{100 * share:.1f}"
    return f"{text.removesuffix('.0')} %"


def _written(values: Sequence[float | None], percent: bool) -> list[str]:
    """Write figures that stand under each other with the same number of digits."""
    if not percent:
        return ["undefined" if value is None else f"{value:.3g}" for value in values]
    whole = all("." not in _percent(value) for value in values if value is not None)
    digits = 0 if whole else 1
    return [
        "undefined" if value is None else f"{100 * value:.{digits}f} %"
        for value in values
    ]


def _short(number: float) -> str:
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{number / size:.3g} {unit}"
    return f"{number:,.0f}"


def _by(shape: Sequence[int | None]) -> str:
    return " × ".join("?" if n is None else str(n) for n in shape)


def _shorter(name: str, length: int = 20) -> str:
    return name if len(name) <= length else f"…{name[1 - length :]}"


_WORDS: dict[str, str] = {
    "f1": "F1",
    "auc": "AUC",
    "false_alarm_rate": "false-alarm rate",
    "multiply_adds": "multiply-adds",
}


def _in_words(name: str) -> str:
    return _WORDS.get(name, name.replace("_", " "))
