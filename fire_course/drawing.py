"""Pictures of numbers: grids, a kernel on its place, a photograph down to its pixels.

They look like the figures of `fire_course.plots`, and like them they draw and compute
nothing else. Letters stay readable at the width of a phone, so about a dozen columns of
numbers fit side by side.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .plots import COLOURS, WIDTH, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["grid", "grids", "numeral", "signed", "step", "zoom"]

_P = ParamSpec("_P")
_T = TypeVar("_T")

Box = tuple[int, int, int, int]

_CELL = 0.46  # inches: room for three digits of 12 points
_GAP = 0.42  # between grids, room for a sign
_TITLE = 0.32


def _in_style(draw: Callable[_P, _T]) -> Callable[_P, _T]:
    @functools.wraps(draw)
    def wrapped(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        with style():
            return draw(*args, **kwargs)

    return wrapped


def numeral(value: float, *, digits: int = 2) -> str:
    """Write a number as short as it can be, with a real minus.

    Examples
    --------
    >>> [numeral(v) for v in (3.0, -1, 0.5, 1 / 9, -0.0)]
    ['3', '−1', '.5', '.11', '0']
    """
    text = f"{abs(value):.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if text == "0":
        return text
    return ("−" if value < 0 else "") + text.removeprefix("0")


def signed(values: ArrayLike, *, limit: float | None = None) -> NDArray[np.uint8]:
    """Turn positive and negative numbers into grey: zero is the middle.

    Parameters
    ----------
    values : array_like
        Such as the output of a kernel for edges.
    limit : float, optional
        What becomes white, its negative black; beyond it is cut. By default the size
        that one value in two hundred exceeds, so that one bright spot does not leave
        the rest grey.

    Returns
    -------
    ndarray of uint8
        Of the same shape.

    Examples
    --------
    >>> signed([-2.0, 0.0, 1.0], limit=2).tolist()
    [0, 128, 191]
    """
    numbers = np.asarray(values, float)
    if limit is None:
        limit = float(np.quantile(np.abs(numbers), 0.995)) if numbers.size else 1.0
    if limit <= 0:
        limit = 1.0
    return np.rint(127.5 + 127.5 * np.clip(numbers / limit, -1, 1)).astype(np.uint8)


@_in_style
def grid(
    values: ArrayLike,
    *,
    title: str | None = None,
    window: Box | Sequence[Box] | None = None,
    padding: ArrayLike | None = None,
    lost: ArrayLike | None = None,
    shade: str = "grey",
    limits: tuple[float, float] | None = None,
    digits: int = 2,
    ax: Axes | None = None,
) -> Axes:
    """Draw a small array, number by number.

    Parameters
    ----------
    values : array_like, shape (rows, columns), or (columns,)
        The numbers; nan leaves a cell without one.
    title : str, optional
        Over the grid.
    window : (top, left, height, width), or several of them, optional
        Framed in orange.
    padding : array_like of bool, optional
        Cells that were added around a picture: dotted.
    lost : array_like of bool, optional
        Cells that no window sees: red and crossed.
    shade : {"grey", "signed", "none"}
        Behind the numbers: dark to light, or blue for negative and orange for positive
        ones, or nothing.
    limits : (low, high), optional
        Numbers that are darkest and lightest; by default the smallest and the largest.
        For "signed" only the larger size counts.
    digits : int
        Decimals at most.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default in a figure of its own.

    Returns
    -------
    matplotlib.axes.Axes
        The axes. Cell (row, column) has its middle at x = column, y = row.

    Examples
    --------
    >>> axes = grid([[0, 255], [128, 0.5]], window=(0, 0, 1, 2))
    >>> [text.get_text() for text in axes.texts]
    ['0', '255', '128', '.5']
    """
    from matplotlib.patches import Rectangle

    numbers = np.atleast_2d(np.asarray(values, float))
    if numbers.ndim != 2 or numbers.size == 0:
        raise ValueError(
            f"a grid has rows and columns, not the shape {np.shape(values)}"
        )
    rows, columns = numbers.shape
    if ax is None:
        ax = _places([numbers.shape], bool(title))[1][0]
    colours = _shades(numbers, shade, limits)
    added = _mask(padding, numbers.shape, "padding")
    unseen = _mask(lost, numbers.shape, "lost")
    for row, column in np.ndindex(rows, columns):
        colour, hatch = tuple(colours[row, column]), None
        if added[row, column]:
            colour, hatch = (1.0, 1.0, 1.0), "...."
        if unseen[row, column]:
            colour, hatch = (0.98, 0.78, 0.72), "xx"
        ax.add_patch(
            Rectangle(
                (column - 0.5, row - 0.5),
                1,
                1,
                facecolor=colour,
                edgecolor=COLOURS["grid"] if hatch is None else "#c3c8ce",
                hatch=hatch,
                linewidth=1,
                clip_on=False,
            )
        )
        value = float(numbers[row, column])
        if not np.isnan(value):
            ax.text(
                column,
                row,
                numeral(value, digits=digits),
                ha="center",
                va="center",
                color=_ink(colour),
                # Letters on a hatch need a ground of their own.
                bbox=None
                if hatch is None
                else {"facecolor": colour, "edgecolor": "none", "pad": 1.2},
            )
    for top, left, height, width in _boxes(window):
        ax.add_patch(
            Rectangle(
                (left - 0.5, top - 0.5),
                width,
                height,
                fill=False,
                edgecolor=COLOURS["fire"],
                linewidth=3.5,
                zorder=3,
                clip_on=False,
            )
        )
    ax.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5), aspect="equal")
    ax.set_axis_off()
    if title:
        ax.set_title(title, fontweight="normal", pad=4)
    return ax


@_in_style
def grids(
    arrays: Sequence[ArrayLike],
    titles: Sequence[str | None] | None = None,
    *,
    signs: Sequence[str] = (),
    windows: Sequence[Any] | None = None,
    shades: Sequence[str] | str = "grey",
    limits: tuple[float, float] | None = None,
    digits: int = 2,
    note: str | None = None,
) -> Figure:
    """Draw small arrays side by side, their cells of one size.

    Parameters
    ----------
    arrays : sequence of array_like
        As for `grid`; at most about a dozen columns in all.
    titles : sequence of str or None, optional
        One for each.
    signs : sequence of str, optional
        What stands between them, such as "×" and "=".
    windows : sequence, optional
        For each what `grid` takes as `window`, or None.
    shades : str or sequence of str
        For all or for each what `grid` takes as `shade`.
    limits, digits
        As for `grid`.
    note : str, optional
        A line below.

    Returns
    -------
    matplotlib.figure.Figure
        The figure; its axes are in the order of the arrays.

    Examples
    --------
    >>> figure = grids([[[1, 2]], [[3], [4]]], ["row", "column"], signs=["×"])
    >>> [axes.get_title() or axes.get_title("left") for axes in figure.axes]
    ['row', 'column']
    """
    pictures = [np.atleast_2d(np.asarray(array, float)) for array in arrays]
    count = len(pictures)
    names = list(titles) if titles is not None else [None] * count
    frames = list(windows) if windows is not None else [None] * count
    kinds = [shades] * count if isinstance(shades, str) else list(shades)
    for what, given in (("titles", names), ("windows", frames), ("shades", kinds)):
        if len(given) != count:
            raise ValueError(f"{count} arrays need {count} {what}, not {len(given)}")
    figure, places = _places([p.shape for p in pictures], any(names), note=note)
    for picture, name, frame, kind, axes in zip(
        pictures, names, frames, kinds, places, strict=True
    ):
        grid(
            picture,
            title=name,
            window=frame,
            shade=kind,
            limits=limits,
            digits=digits,
            ax=axes,
        )
    for sign, left, right in zip(signs, places, places[1:], strict=False):
        one, other = left.get_position(), right.get_position()
        middle = max(one, other, key=lambda box: box.height)
        figure.text(
            (one.x1 + other.x0) / 2,
            (middle.y0 + middle.y1) / 2,
            sign,
            ha="center",
            va="center",
            fontsize=18,
        )
    return figure


@_in_style
def step(
    image: ArrayLike,
    kernel: ArrayLike,
    place: tuple[int, int],
    *,
    stride: int = 1,
    fill: bool = True,
) -> Figure:
    """Draw one step of a kernel that slides: the window, the kernel, the sum.

    Parameters
    ----------
    image, kernel : array_like of two axes
        The picture, already padded if it shall be, and the kernel.
    place : (row, column)
        The number of the output that is being computed.
    stride : int
        Pixels from one place of the kernel to the next.
    fill : bool
        Whether the output shows the numbers found before this one.

    Returns
    -------
    matplotlib.figure.Figure
        The picture with its window, the kernel, the products of the two, the output;
        below them the sum.

    Examples
    --------
    >>> figure = step([[1, 0, 1], [0, 1, 0]], [[1, 2], [3, 4]], (0, 1))
    >>> figure.texts[0].get_text()
    '0 + 2 + 3 + 0 = 5'
    """
    from .convolution import correlate

    picture, weights = np.asarray(image, float), np.asarray(kernel, float)
    answers = correlate(picture, weights, stride=stride, method="loops")
    row, column = place
    if not (0 <= row < answers.shape[0] and 0 <= column < answers.shape[1]):
        raise ValueError(f"there is no place {place} in an output of {answers.shape}")
    top, left = row * stride, column * stride
    height, width = weights.shape
    seen = picture[top : top + height, left : left + width]
    products = seen * weights
    known = np.full_like(answers, np.nan)
    order = np.arange(answers.size).reshape(answers.shape)
    now = order <= order[place] if fill else order == order[place]
    known[now] = answers[now]
    return grids(
        [picture, weights, products, known],
        ["picture", "kernel", "products", "output"],
        signs=["×", "=", "→"],
        windows=[(top, left, height, width), None, None, (row, column, 1, 1)],
        shades=["grey", "signed", "signed", "none"],
        note=f"{_sum(products)} = {numeral(answers[place])}",
    )


@_in_style
def zoom(
    image: ArrayLike, boxes: Sequence[Box], *, titles: Sequence[str] | None = None
) -> Figure:
    """Draw a picture beside its ever smaller parts, the last one number by number.

    Parameters
    ----------
    image : uint8 array, shape (height, width) or (height, width, 3)
        The picture; only a grey one shows its numbers.
    boxes : sequence of (top, left, height, width)
        Parts of the picture, each inside the one before. The last one is small enough
        for its numbers: about a dozen columns.
    titles : sequence of str, optional
        One for the picture and one for each part.

    Returns
    -------
    matplotlib.figure.Figure
        The picture and all parts but the last in a row, and the last one below.

    Examples
    --------
    >>> ramp = np.arange(64, dtype="uint8").reshape(8, 8)
    >>> figure = zoom(ramp, [(2, 2, 4, 4), (3, 3, 2, 2)])
    >>> [text.get_text() for text in figure.axes[-1].texts]
    ['27', '28', '35', '36']
    """
    import matplotlib.pyplot as plt
    from matplotlib.patches import Rectangle

    picture = np.asarray(image)
    if not boxes:
        raise ValueError("zoom needs at least one part of the picture")
    names = list(titles) if titles is not None else [""] * (len(boxes) + 1)
    if len(names) != len(boxes) + 1:
        raise ValueError(f"{len(boxes)} parts need {len(boxes) + 1} titles")
    whole: Box = (0, 0, picture.shape[0], picture.shape[1])
    views = [whole, *boxes[:-1]]
    edge = 0.07
    above = _TITLE if any(names) else edge
    ratios = [view[3] / view[2] for view in views]  # all of one height
    tall = min(3.0, (WIDTH - edge * 2 * len(views)) / sum(ratios))
    last = boxes[-1]
    cell = min(_CELL, (WIDTH - 2 * edge) / last[3])
    height = above + tall + above + cell * last[2] + 2 * edge
    figure = plt.figure(figsize=(WIDTH, height), layout="none")
    left = (WIDTH - tall * sum(ratios) - 2 * edge * (len(views) - 1)) / 2
    for view, box, ratio, name in zip(views, boxes, ratios, names, strict=False):
        axes = figure.add_axes(
            (left / WIDTH, 1 - (above + tall) / height, tall * ratio / WIDTH,
             tall / height)
        )  # fmt: skip
        left += tall * ratio + 2 * edge
        axes.imshow(picture, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        axes.set(
            xlim=(view[1] - 0.5, view[1] + view[3] - 0.5),
            ylim=(view[0] + view[2] - 0.5, view[0] - 0.5),
        )
        axes.add_patch(
            Rectangle(
                (box[1] - 0.5, box[0] - 0.5),
                box[3],
                box[2],
                fill=False,
                edgecolor=COLOURS["fire"],
                linewidth=2.5,
            )
        )
        axes.set_axis_off()
        if name:
            axes.set_title(name, fontweight="normal", pad=4)
    top, start, rows, columns = last
    part = picture[top : top + rows, start : start + columns]
    axes = figure.add_axes(
        ((WIDTH - cell * columns) / 2 / WIDTH, edge / height,
         cell * columns / WIDTH, cell * rows / height)
    )  # fmt: skip
    if part.ndim == 2:
        grid(part, limits=(0, 255), title=names[-1] or None, ax=axes)
    else:
        axes.imshow(part, interpolation="nearest")
        axes.set_axis_off()
        if names[-1]:
            axes.set_title(names[-1], fontweight="normal", pad=4)
    return figure


# --- parts -------------------------------------------------------------------


def _sum(terms: NDArray[Any]) -> str:
    """Write numbers as one sum.

    Examples
    --------
    >>> _sum(np.array([-1, 2, -3]))
    '−1 + 2 − 3'
    """
    first, *others = terms.ravel().tolist()
    more = (f" {'−' if t < 0 else '+'} {numeral(abs(t))}" for t in others)
    return numeral(first) + "".join(more)


def _boxes(window: Box | Sequence[Box] | None) -> Sequence[Box]:
    if window is None:
        return ()
    if isinstance(window[0], (int, np.integer)):
        return (window,)  # type: ignore[return-value]
    return window  # type: ignore[return-value]


def _mask(mask: ArrayLike | None, shape: tuple[int, ...], what: str) -> NDArray[Any]:
    if mask is None:
        return np.zeros(shape, bool)
    cells = np.atleast_2d(np.asarray(mask, bool))
    if cells.shape != shape:
        raise ValueError(f"{what} has the shape {cells.shape}, the grid {shape}")
    return cells


def _shades(
    numbers: NDArray[Any], shade: str, limits: tuple[float, float] | None
) -> NDArray[Any]:
    """Return the colour behind each number, red, green and blue from 0 to 1."""
    known = np.nan_to_num(numbers)
    colours = np.ones((*numbers.shape, 3))
    low, high = (
        limits if limits is not None else (float(known.min()), float(known.max()))
    )
    if shade == "grey" and high > low:
        colours[:] = np.clip((known - low) / (high - low), 0, 1)[..., None]
    elif shade == "signed":
        most = max(abs(low), abs(high)) or 1
        share = np.clip(np.abs(known) / most, 0, 1)[..., None]
        ends = np.where(known[..., None] < 0, [0.55, 0.75, 0.92], [0.96, 0.72, 0.45])
        colours = 1 - share * (1 - ends)
    elif shade not in ("grey", "none"):
        raise ValueError(f"shade is grey, signed or none, not {shade!r}")
    colours[np.isnan(numbers)] = 1
    return colours


def _ink(colour: Sequence[float]) -> str:
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour
    ]
    light = float(np.dot(linear, [0.2126, 0.7152, 0.0722]))
    # Black and white have the same contrast on a ground of this luminance.
    return "black" if light > 0.179 else "white"


def _places(
    shapes: Sequence[tuple[int, ...]], titled: bool, *, note: str | None = None
) -> tuple[Figure, list[Axes]]:
    """Return a figure with a place for each grid, side by side, cells alike."""
    import matplotlib.pyplot as plt

    edge = 0.08
    columns = sum(shape[1] for shape in shapes)
    between = _GAP * (len(shapes) - 1)
    cell = min(_CELL, (WIDTH - 2 * edge - between) / columns)
    tall = cell * max(shape[0] for shape in shapes)
    above, below = _TITLE if titled else edge, _TITLE if note else edge
    width = 2 * edge + between + cell * columns
    if note:
        width = max(width, min(WIDTH, 0.098 * len(note) + 0.3))
    height = above + tall + below
    figure = plt.figure(figsize=(width, height), layout="none")
    left = (width - between - cell * columns) / 2
    places = []
    for shape in shapes:
        own = cell * shape[0]
        bottom = below + (tall - own) / 2
        places.append(
            figure.add_axes(
                (
                    left / width,
                    bottom / height,
                    cell * shape[1] / width,
                    own / height,
                )
            )
        )
        left += cell * shape[1] + _GAP
    if note:
        figure.text(0.5, 0.08 / height, note, ha="center", va="bottom")
    return figure, places
