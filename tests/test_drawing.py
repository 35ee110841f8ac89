"""Pictures of numbers show the numbers, and their letters can be read."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle
from scipy.ndimage import correlate as scipy_correlate

from fire_course import drawing, plots

RNG = np.random.default_rng(0)
BITS = RNG.integers(0, 2, (5, 5))
SOBEL = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
PHOTO = RNG.integers(0, 256, (60, 80)).astype("uint8")

FIGURES = {
    "grey": lambda: drawing.grid(PHOTO[:6, :12], title="Pixels").figure,
    "signed": lambda: (
        drawing.grid(RNG.integers(-99, 99, (4, 9)), shade="signed").figure
    ),
    "lost": lambda: (
        drawing.grid(
            PHOTO[:3, :10],
            lost=np.arange(30).reshape(3, 10) % 10 == 9,
            padding=np.arange(30).reshape(3, 10) % 10 == 0,
            window=[(0, 0, 3, 3), (0, 2, 3, 3)],
        ).figure
    ),
    "grids": lambda: drawing.grids(
        [[[1], [2], [1]], [[1, 2, 1]], np.outer([1, 2, 1], [1, 2, 1]) / 16],
        ["column", "row", "kernel"],
        signs=["×", "="],
        shades="signed",
    ),
    "step": lambda: drawing.step(BITS, SOBEL, (1, 2)),
    "zoom": lambda: drawing.zoom(
        PHOTO, [(10, 10, 30, 40), (20, 20, 6, 12)], titles=["whole", "part", "numbers"]
    ),
}


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def written(axes):
    """Return the numbers of a grid by their cell, as a reader reads them."""
    cells = {}
    for text in axes.texts:
        column, row = text.get_position()
        cells[int(row), int(column)] = float(text.get_text().replace("−", "-"))
    return cells


def framed(axes):
    """Return the frames as (top, left, height, width)."""
    frames = [p for p in axes.patches if isinstance(p, Rectangle) and not p.get_fill()]
    return [
        (
            round(p.get_y() + 0.5),
            round(p.get_x() + 0.5),
            round(p.get_height()),
            round(p.get_width()),
        )
        for p in frames
    ]


def behind(axes, row, column):
    """Return the colour of a cell."""
    for patch in axes.patches:
        if patch.get_fill() and patch.get_xy() == (column - 0.5, row - 0.5):
            return patch.get_facecolor()[:3]
    raise AssertionError("no such cell")


def luminance(colour):
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in to_rgb(colour)
    ]
    return np.dot(linear, [0.2126, 0.7152, 0.0722])


def contrast(one, other):
    light, dark = sorted([luminance(one), luminance(other)], reverse=True)
    return (light + 0.05) / (dark + 0.05)


# --- what is written is so ----------------------------------------------------


def test_a_grid_writes_each_number_in_its_cell():
    values = RNG.integers(-300, 300, (3, 4))
    cells = written(drawing.grid(values, shade="signed"))
    assert cells == {place: values[place] for place in np.ndindex(3, 4)}


def test_a_cell_that_is_nan_stays_empty():
    assert written(drawing.grid([[1, np.nan], [np.nan, 4]])) == {(0, 0): 1, (1, 1): 4}


@pytest.mark.parametrize(
    "value, text",
    [(0, "0"), (-0.0, "0"), (-0.001, "0"), (0.25, ".25"), (-0.5, "−.5"), (1.999, "2"),
     (-12, "−12"), (100, "100"), (10.5, "10.5")],
)  # fmt: skip
def test_numerals_are_short_and_right(value, text):
    assert drawing.numeral(value) == text
    assert float(text.replace("−", "-")) == pytest.approx(value, abs=0.005)


@pytest.mark.parametrize("stride", [1, 2])
def test_a_step_shows_what_scipy_computes(stride):
    picture, kernel = RNG.integers(-5, 9, (6, 7)), RNG.integers(-3, 4, (3, 3))
    whole = scipy_correlate(picture, kernel)[1:-1, 1:-1][::stride, ::stride]
    place = (1, 1)
    figure = drawing.step(picture, kernel, place, stride=stride)
    shown, weights, products, output = (written(axes) for axes in figure.axes)
    assert [shown[p] for p in np.ndindex(6, 7)] == picture.ravel().tolist()
    assert [weights[p] for p in np.ndindex(3, 3)] == kernel.ravel().tolist()
    assert output[place] == whole[place] == sum(products.values())
    # All that came before, and nothing that comes later.
    before = [p for p in np.ndindex(whole.shape) if p <= place]
    assert output == {p: whole[p] for p in before}
    assert framed(figure.axes[0]) == [(stride, stride, 3, 3)]
    assert framed(figure.axes[3]) == [(1, 1, 1, 1)]
    line = figure.texts[0].get_text().replace("−", "-").split("=")
    assert eval(line[0]) == float(line[1]) == whole[place]  # the sum as it stands


def test_a_step_alone_shows_one_number():
    figure = drawing.step(BITS, SOBEL, (2, 2), fill=False)
    assert list(written(figure.axes[-1])) == [(2, 2)]


def test_zoom_frames_each_part_in_the_one_before():
    boxes = [(10, 10, 30, 40), (20, 20, 6, 12)]
    figure = drawing.zoom(PHOTO, boxes)
    assert [framed(axes) for axes in figure.axes] == [[boxes[0]], [boxes[1]], []]
    numbers = written(figure.axes[-1])
    assert [numbers[p] for p in np.ndindex(6, 12)] == PHOTO[
        20:26, 20:32
    ].ravel().tolist()
    low, high = figure.axes[1].get_xlim()
    assert (low, high) == (9.5, 49.5)


def test_zoom_of_a_photo_in_colour_shows_its_colours():
    colour = np.dstack([PHOTO, PHOTO[::-1], PHOTO])
    figure = drawing.zoom(colour, [(0, 0, 4, 4)])
    np.testing.assert_array_equal(figure.axes[-1].images[0].get_array(), colour[:4, :4])


def test_cells_are_squares_of_one_size():
    figure = drawing.grids([BITS, SOBEL, [[1, 2]]])
    figure.canvas.draw()
    sides = []
    for axes, (rows, columns) in zip(
        figure.axes, [(5, 5), (3, 3), (1, 2)], strict=True
    ):
        box = axes.get_window_extent()
        sides += [box.width / columns, box.height / rows]
    assert np.ptp(sides) < 0.02 * np.mean(sides)


# --- shades -------------------------------------------------------------------


def test_grey_goes_from_dark_to_light():
    axes = drawing.grid([[0, 100, 255]], limits=(0, 255))
    shades = [behind(axes, 0, column)[0] for column in range(3)]
    assert shades == pytest.approx([0, 100 / 255, 1])


def test_signed_shades_tell_negative_from_positive():
    axes = drawing.grid([[-2, 0, 1]], shade="signed")
    red, _, blue = behind(axes, 0, 0)
    assert blue > red
    assert behind(axes, 0, 1) == pytest.approx((1, 1, 1))
    red, _, blue = behind(axes, 0, 2)
    assert red > blue


def test_lost_and_padded_cells_differ_by_more_than_colour():
    axes = drawing.grid([[1, 2, 3]], lost=[[0, 0, 1]], padding=[[1, 0, 0]])
    hatches = [p.get_hatch() for p in axes.patches]
    assert hatches == ["....", None, "xx"]


@pytest.mark.parametrize("limit", [None, 3.0])
def test_signed_grey_is_odd_and_ordered(limit):
    values = np.sort(RNG.normal(size=1000))
    grey = drawing.signed(values, limit=limit).astype(int)
    assert (np.diff(grey) >= 0).all()
    assert np.abs(grey + drawing.signed(-values, limit=limit) - 255).max() <= 1
    assert set(drawing.signed(np.zeros(3))) == {128}


# --- readable -----------------------------------------------------------------


@pytest.mark.parametrize("name", FIGURES)
def test_letters_are_large_enough_on_a_phone_and_not_cut(name):
    figure = FIGURES[name]()
    assert figure.get_figwidth() <= plots.WIDTH
    figure.canvas.draw()
    texts = [text for axes in figure.axes for text in axes.texts] + figure.texts
    texts += [t for a in figure.axes for t in (a.title, a._left_title) if t.get_text()]
    assert texts
    for text in texts:
        pixels = text.get_fontsize() / 72 * min(96, 360 / figure.get_figwidth())
        assert pixels >= 9, text.get_text()
        box = text.get_window_extent()
        assert figure.bbox.x0 - 1 <= box.x0 <= box.x1 <= figure.bbox.x1 + 1
        assert figure.bbox.y0 - 1 <= box.y0 <= box.y1 <= figure.bbox.y1 + 1


@pytest.mark.parametrize("name", FIGURES)
def test_no_number_leaves_its_cell_and_all_stand_out(name):
    figure = FIGURES[name]()
    figure.canvas.draw()
    for axes in figure.axes:
        for text in axes.texts:
            column, row = (int(v) for v in text.get_position())
            corners = axes.transData.transform(
                [(column - 0.5, row + 0.5), (column + 0.5, row - 0.5)]
            )
            assert text.get_window_extent().width <= np.ptp(corners[:, 0]) + 1
            assert contrast(text.get_color(), behind(axes, row, column)) >= 4.5


@pytest.mark.parametrize("grey", range(0, 256, 5))
def test_numbers_stand_out_on_every_grey(grey):
    axes = drawing.grid([[grey]], limits=(0, 255))
    assert contrast(axes.texts[0].get_color(), behind(axes, 0, 0)) >= 4.5


def test_style_is_left_as_it_was():
    before = plt.rcParams["font.size"]
    drawing.step(BITS, SOBEL, (0, 0))
    assert plt.rcParams["font.size"] == before


# --- mistakes -----------------------------------------------------------------


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: drawing.grid(np.zeros((2, 2, 2))), "rows and columns"),
        (lambda: drawing.grid([]), "rows and columns"),
        (lambda: drawing.grid([[1]], shade="red"), "shade is grey, signed or none"),
        (lambda: drawing.grid([[1, 2]], lost=[[1]]), "lost has the shape"),
        (lambda: drawing.grids([BITS], ["a", "b"]), "need 1 titles"),
        (lambda: drawing.step(BITS, SOBEL, (3, 0)), r"no place \(3, 0\)"),
        (lambda: drawing.zoom(PHOTO, []), "at least one part"),
        (lambda: drawing.zoom(PHOTO, [(0, 0, 2, 2)], titles=["a"]), "need 2 titles"),
    ],
)
def test_mistakes_are_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
