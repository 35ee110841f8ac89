"""Figures say what the numbers say, and can be read by everyone, everywhere."""

import io
from types import SimpleNamespace

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.text import Text
from PIL import Image
from skimage.color import rgb2lab

from fire_course import metrics, plots


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 2, 300)
SCORES = (0.5 * LABELS + RNG.normal(0.25, 0.2, 300)).clip(0, 1)
KINDS = RNG.choice(["sunset", "alpenglow", "red roofs", "lamps at night"], 300)
REPORT = metrics.report(LABELS, SCORES, categories=list(KINDS))
HISTORY = {
    "loss": [0.6, 0.3, 0.2, 0.1],
    "val_loss": [0.6, 0.4, 0.3, 0.5],
    "f1": [None, 0.7, 0.8, 0.9],
    "val_f1": [None, 0.6, 0.7, 0.65],
    "seconds": [4, 3, 3, 3],
}
PHOTOS = [RNG.integers(0, 256, (20, 30, 3)).astype(np.uint8) for _ in range(6)]


class Layer:
    def __init__(self, name, shape, parameters, multiply_adds):
        self.name, self.output_shape = name, shape
        self.parameters, self.multiply_adds = parameters, multiply_adds


LAYERS = [
    Layer("photo", (250, 250, 3), 0, 0),
    Layer("conv1", (248, 248, 64), 1792, 106_274_304),
    Layer("a_very_long_name/of_a_nested_layer", (124, 124, 64), 0, None),
    Layer("logit", (1,), 10817, 10816),
]

GENERATOR = np.random.default_rng(5)
EPOCH = SimpleNamespace(
    accuracy=GENERATOR.uniform(0.3, 0.9, 60),
    running_accuracy=np.linspace(0.3, 0.6, 60),
    final_accuracy=0.7,
    loss=GENERATOR.uniform(0.3, 1.9, 60),
    running_loss=np.linspace(1.5, 1.1, 60),
    final_loss=1.05,
)
TRIALS = [
    {
        "rank": i + 1,
        "conv": 1 + i % 3,
        "parameters": int(10 ** GENERATOR.uniform(4.2, 6.5)),
        "val_loss": 0.45 + 0.01 * i,
        "seconds": float(GENERATOR.uniform(3, 40)),
        "status": "done",
    }
    for i in range(27)
] + [{"rank": 28, "conv": 2, "seconds": None, "status": "failed"}]

FIGURES = {
    "log": lambda: plots.epoch_log(EPOCH, title="The first epoch"),
    "sweep": lambda: plots.sweep_picture(TRIALS, group="conv", title="27 networks"),
    "plain sweep": lambda: plots.sweep_picture(TRIALS[:5], y="seconds"),
    "photos": lambda: plots.show_images(
        PHOTOS,
        ["fire .93", "no fire .12, a sunset behind distant hills"] * 3,
        colours=["right", "wrong", None] * 2,
        title="Six photographs",
    ),
    "wall": lambda: plots.wall(PHOTOS * 5, title="Thirty photographs").figure,
    "curve": lambda: plots.curves(HISTORY, metrics=["loss", "f1"], best=3),
    "curves": lambda: plots.curves(
        {f"network {n}": HISTORY for n in range(4)},
        metrics=["loss", "f1", "seconds"],
        best={"network 0": 3, "network 2": 4},
        reference={"val_loss": {1: 0.33, 3: 0.18}, "val_f1": 0.93},
        reference_label="the source",
    ),
    "confusion": lambda: plots.confusion_table(REPORT, title="A title").figure,
    "large confusion": lambda: (
        plots.confusion_table(
            RNG.integers(0, 2000, (10, 10)),
            class_names=[f"some class {n}" for n in "abcdefghij"],
        ).figure
    ),
    "bars": lambda: (
        plots.bars_with_intervals(
            REPORT.categories,
            reference={"the source": 0.9289, "chance": 0.5},
            xlabel="called fire",
            title="By category",
        ).figure
    ),
    "calibration": lambda: plots.calibration_plot(
        {
            "one": metrics.calibration(LABELS, SCORES),
            "other": metrics.calibration(LABELS, SCORES**2),
        },
        title="Honest?",
    ),
    "network": lambda: plots.network_table(LAYERS, title="fire_cnn"),
}


def words(figure):
    """All visible pieces of text, with where they are drawn."""
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    found = []
    for text in figure.findobj(Text):
        shown = text.get_visible() and text.get_text().strip()
        # Tick labels of ticks outside the limits are kept but not drawn.
        if shown:
            box = text.get_window_extent(renderer)
            found.append((text, box))
    drawn = {
        id(label)
        for axes in figure.axes
        for axis in ((axes.xaxis, axes.yaxis) if axes.axison else ())
        for tick in axis._update_ticks()
        for label in (tick.label1, tick.label2)
    }
    labels = {
        id(label)
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for tick in [*axis.majorTicks, *axis.minorTicks]
        for label in (tick.label1, tick.label2)
    }
    return [(t, b) for t, b in found if id(t) in drawn or id(t) not in labels]


# --- readable ----------------------------------------------------------------


def luminance(colour):
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in to_rgb(colour)
    ]
    return np.dot(linear, [0.2126, 0.7152, 0.0722])


def contrast(one, other):
    """Contrast of WCAG 2: 4.5 is enough for letters, 3 for lines."""
    light, dark = sorted([luminance(one), luminance(other)], reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_of_known_colours():
    assert contrast("black", "white") == pytest.approx(21)
    assert contrast("#777777", "white") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", FIGURES)
def test_letters_stand_out_and_are_large_enough_on_a_phone(name):
    figure = FIGURES[name]()
    width = figure.get_figwidth()
    for text, _ in words(figure):
        on = (
            "#08519c"
            if to_rgb(text.get_color()) == (1, 1, 1)
            else figure.get_facecolor()
        )
        assert contrast(text.get_color(), on) >= 4.5, text.get_text()
        # Shown 360 pixels wide, or as it is (96 to the inch) where it is narrower.
        pixels = text.get_fontsize() / 72 * min(96, 360 / width)
        assert pixels >= 9, text.get_text()


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_is_cut_or_lies_on_another(name):
    figure = FIGURES[name]()
    found = words(figure)
    assert found
    whole = figure.bbox
    for text, box in found:
        assert box.x0 >= -1, text.get_text()
        assert box.y0 >= -1, text.get_text()
        assert box.x1 <= whole.x1 + 1, text.get_text()
        assert box.y1 <= whole.y1 + 1, text.get_text()
    # Turned text has large boxes that may overlap where the letters do not.
    level = [(t, b) for t, b in found if t.get_rotation() % 90 == 0]
    for index, (text, box) in enumerate(level):
        for other, its in level[:index]:
            wide = min(box.x1, its.x1) - max(box.x0, its.x0)
            high = min(box.y1, its.y1) - max(box.y0, its.y0)
            assert wide < 1.5 or high < 1.5, (text.get_text(), other.get_text())


@pytest.mark.parametrize("name", FIGURES)
def test_the_ground_is_light_and_opaque(name):
    # So that it reads on a dark page too.
    stream = io.BytesIO()
    FIGURES[name]().savefig(stream, format="png", dpi=60)
    pixels = np.asarray(Image.open(stream).convert("RGBA"))
    assert (pixels[..., 3] == 255).all()
    corner = np.array(to_rgb(plots.COLOURS["ground"])) * 255
    assert np.abs(pixels[0, 0, :3] - corner).max() <= 1


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_as_wide_as_the_page_or_narrower(name):
    assert FIGURES[name]().get_figwidth() <= plots.WIDTH


# Machado, Oliveira and Fernandes (2009), full severity, on linear RGB.
BLINDNESS = {
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def seen(colour, matrix):
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = (np.array(matrix) @ linear).clip(0, 1)
    rgb = np.where(
        linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055
    )
    return rgb2lab(rgb.clip(0, 1)[None, None])[0, 0]


@pytest.mark.parametrize("kind", BLINDNESS)
def test_colours_differ_for_every_kind_of_vision(kind):
    def apart(one, other):
        matrix = BLINDNESS[kind]
        return np.linalg.norm(seen(one, matrix) - seen(other, matrix))

    assert apart("red", "green") > 20 or kind != "tritan"  # the oracle sees
    for one, other in [("fire", "nofire"), ("right", "wrong")]:
        assert apart(plots.COLOURS[one], plots.COLOURS[other]) > 20, (one, other)
    for index, one in enumerate(plots.CYCLE):
        for other in plots.CYCLE[:index]:
            assert apart(one, other) > 18, (one, other)


def test_lines_stand_out():
    for colour in [*plots.CYCLE, plots.COLOURS["quiet"], plots.COLOURS["fire"]]:
        assert contrast(colour, plots.COLOURS["ground"]) >= 3


# --- the style ---------------------------------------------------------------


def test_style_for_a_while_and_for_good():
    before = dict(mpl.rcParams)
    with plots.style():
        assert mpl.rcParams["figure.facecolor"] == plots.COLOURS["ground"]
        with plots.style():
            pass
        assert mpl.rcParams["figure.facecolor"] == plots.COLOURS["ground"]
    assert dict(mpl.rcParams) == before
    kept = plots.style()
    try:
        assert mpl.rcParams["font.size"] == 12
    finally:
        kept.close()
    assert dict(mpl.rcParams) == before


def test_figures_look_alike_whatever_the_settings_are():
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "black"}):
        figure = plots.curves(HISTORY, metrics=["loss"])
        assert mpl.rcParams["font.size"] == 30
    assert to_rgb(figure.axes[0].get_facecolor()[:3]) == to_rgb(plots.COLOURS["ground"])
    assert {text.get_fontsize() for text, _ in words(figure)} == {12}


def test_a_failed_figure_leaves_the_settings_alone():
    before = dict(mpl.rcParams)
    with pytest.raises(ValueError, match="no picture"):
        plots.show_images([])
    assert dict(mpl.rcParams) == before


# --- photographs -------------------------------------------------------------


def test_photos_are_shown_as_they_are():
    grey = np.tile(np.arange(8, dtype=np.uint8), (4, 1))
    figure = plots.show_images([PHOTOS[0], grey, grey / 8, grey > 3, grey[..., None]])
    shown = [axes.images[0] for axes in figure.axes]
    np.testing.assert_array_equal(shown[0].get_array(), PHOTOS[0])
    # A dark picture stays dark: grey levels are not stretched.
    assert shown[1].get_clim() == (0, 255)
    assert shown[2].get_clim() == (0, 1)
    assert shown[3].get_clim() == (0, 1)
    assert shown[4].get_array().shape == (4, 8)


def test_frames_and_marks_say_right_and_wrong():
    figure = plots.show_images(
        PHOTOS[:4], ["a", "b", "c", None], colours=["right", "wrong", "#123456", None]
    )
    titles = [axes.get_title("left") for axes in figure.axes]
    assert titles == ["✓ a", "✗ b", "c", ""]
    frames = [axes.spines["top"] for axes in figure.axes]
    assert [frame.get_visible() for frame in frames] == [True, True, True, False]
    assert to_rgb(frames[0].get_edgecolor()[:3]) == to_rgb(plots.COLOURS["right"])
    assert to_rgb(frames[2].get_edgecolor()[:3]) == to_rgb("#123456")


@pytest.mark.parametrize("count", [1, 3, 5])
def test_every_picture_has_the_same_width_and_its_own_shape(count):
    pictures = [np.zeros((20 + 7 * n, 30, 3), np.uint8) for n in range(count)]
    figure = plots.show_images(pictures, [f"word {'long ' * n}" for n in range(count)])
    figure.canvas.draw()
    boxes = [axes.get_window_extent() for axes in figure.axes]
    assert len(boxes) == count
    assert np.ptp([box.width for box in boxes]) < 0.5
    for picture, box in zip(pictures, boxes, strict=True):
        assert box.height / box.width == pytest.approx(
            picture.shape[0] / picture.shape[1], rel=0.01
        )


@pytest.mark.parametrize(
    ("images", "options", "match"),
    [
        ([np.full((2, 2), 255.0)], {}, "divide it by 255"),
        ([np.zeros(4)], {}, r"not \(4,\)"),
        (PHOTOS, {"titles": ["a"]}, "need 6 titles, not 1"),
        (PHOTOS, {"colours": ["right"] * 7}, "need 6 colours, not 7"),
    ],
)
def test_show_images_says_what_is_wrong(images, options, match):
    with pytest.raises(ValueError, match=match):
        plots.show_images(images, **options)


def test_wall():
    axes = plots.wall(PHOTOS * 3, columns=6, size=10)
    picture = axes.images[0].get_array()
    assert picture.shape == (3 * 10 + 2, 6 * 10 + 5, 3)
    other = [np.zeros((8, 4), np.uint8), np.zeros((3, 9), np.uint8)]
    axes = plots.wall(other, size=None, ax=plt.figure().add_subplot())
    assert axes.images[0].get_array().shape == (8, 19, 3)
    with pytest.raises(ValueError, match="no picture"):
        plots.wall([])


# --- curves ------------------------------------------------------------------


class Result:
    def __init__(self, history, best_epoch):
        self.history, self.best_epoch = history, best_epoch


def lines(axes):
    return {line.get_label(): line for line in axes.lines}


def test_curves_hold_the_history():
    figure = plots.curves(Result(HISTORY, 3), metrics=["loss", "f1", "seconds"])
    loss, f1, seconds = (lines(axes) for axes in figure.axes)
    assert loss["training"].get_ydata().tolist() == HISTORY["loss"]
    assert loss["validation"].get_ydata().tolist() == HISTORY["val_loss"]
    assert loss["validation"].get_xdata().tolist() == [1, 2, 3, 4]  # not from 0
    assert loss["kept: epoch 3"].get_xydata().tolist() == [[3, 0.3]]
    assert np.isnan(f1["training"].get_ydata()[0])
    assert f1["kept: epoch 3"].get_xydata().tolist() == [[3, 0.7]]
    assert seconds["training"].get_ydata().tolist() == HISTORY["seconds"]
    assert [axes.get_title("left") for axes in figure.axes] == ["loss", "F1", "seconds"]
    assert loss["training"].get_linestyle() != loss["validation"].get_linestyle()
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["validation", "training", "kept: epoch 3"]


def test_curves_of_several_trainings():
    figure = plots.curves(
        {"a": Result(HISTORY, 3), "b": Result(HISTORY, None)}, metrics=["loss"]
    )
    named = lines(figure.axes[0])
    assert {"a (epoch 3)", "b", "training", "validation", "epoch kept"} <= set(named)
    assert named["a (epoch 3)"].get_color() != named["b"].get_color()
    both = {"a": HISTORY, "b": HISTORY}
    figure = plots.curves(both, metrics=["loss"], best={"b": 2})
    assert {"a", "b (epoch 2)"} <= set(lines(figure.axes[0]))


def test_references():
    figure = plots.curves(
        HISTORY,
        metrics=["loss", "f1"],
        reference={"val_loss": {3: 0.2, 1: 0.4}, "f1": 0.93},
        reference_label="the source",
    )
    points = lines(figure.axes[0])["the source"]
    assert points.get_xydata().tolist() == [[1, 0.4], [3, 0.2]]
    assert set(lines(figure.axes[1])["the source"].get_ydata()) == {0.93}
    assert len(figure.legends[0].get_texts()) == 3


def test_a_legend_takes_no_room_from_the_panels():
    heights = []
    for names in (["a"], list("abcdefgh")):
        figure = plots.curves(dict.fromkeys(names, HISTORY), metrics=["loss"])
        figure.canvas.draw()
        heights.append(figure.axes[0].get_window_extent().height)
    assert heights[1] > 0.85 * heights[0]


@pytest.mark.parametrize(
    ("histories", "options", "match"),
    [
        (HISTORY, {"metrics": ["auc"]}, "no history has 'auc', they have f1, loss"),
        ({"a": HISTORY, "b": HISTORY}, {"best": 3}, "by its name"),
        ({"a": HISTORY}, {"best": {"c": 3}}, "no history named c"),
    ],
)
def test_curves_say_what_is_wrong(histories, options, match):
    with pytest.raises(ValueError, match=match):
        plots.curves(histories, **{"metrics": ["loss"], **options})


# --- confusion ---------------------------------------------------------------


@pytest.mark.parametrize(
    "form", [lambda r: r, lambda r: r.as_dict(), lambda r: r.confusion]
)
def test_confusion_table_of_anything(form):
    report = metrics.report([0, 0, 0, 0, 1], [0.1, 0.2, 0.3, 0.9, 0.1])
    axes = plots.confusion_table(form(report))
    found = {tuple(text.get_position()): text.get_text() for text in axes.texts}
    # (column, row): predicted is across, true is down.
    assert found == {
        (0, 0): "3\n75 %",
        (1, 0): "1\n25 %",
        (0, 1): "1\n100 %",
        (1, 1): "0\n0 %",
    }
    np.testing.assert_array_equal(axes.images[0].get_array(), [[0.75, 0.25], [1, 0]])
    assert [label.get_text() for label in axes.get_yticklabels()] == ["no fire", "fire"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted", "true")


def test_a_class_that_does_not_occur_has_no_shares():
    axes = plots.confusion_table([[3, 1], [0, 0]])
    assert [text.get_text() for text in axes.texts] == ["3\n75 %", "1\n25 %", "0", "0"]


def test_confusion_table_needs_names():
    with pytest.raises(ValueError, match="2 class names need a table of 2 x 2"):
        plots.confusion_table(np.eye(3))


# --- intervals ---------------------------------------------------------------

TUPLES = [
    ("fog", 0.2, (0.1, 0.4), 10),
    ("none", None, None, 0),
    ("all", 1, (0.7, 1), 9),
]


@pytest.mark.parametrize(
    "rows",
    [
        TUPLES,
        [
            dict(zip(["label", "value", "interval", "count"], row, strict=True))
            for row in TUPLES
        ],
        {
            row[0]: dict(zip(["rate", "interval", "count"], row[1:], strict=True))
            for row in TUPLES
        },
    ],
    ids=["tuples", "dicts", "categories"],
)
def test_bars_of_anything(rows):
    axes = plots.bars_with_intervals(rows)
    written = [text.get_text() for text in axes.texts]
    assert written == ["20 % of 10", "undefined", "100 % of 9"]
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "fog",
        "none",
        "all",
    ]
    dots = [line.get_xydata().tolist() for line in axes.lines]
    assert dots == [[[0.2, 0]], [[1, 2]]]
    whiskers = [c.get_segments()[0].tolist() for c in axes.collections]
    assert whiskers == [[[0.1, 0], [0.4, 0]], [[0.7, 2], [1, 2]]]
    top, bottom = axes.get_ylim()[::-1]
    assert top < bottom  # the first row is at the top


def test_bars_write_the_same_number_of_digits():
    rows = [("a", 0.2, None), ("b", 0.333, None)]
    written = [text.get_text() for text in plots.bars_with_intervals(rows).texts]
    assert written == ["20.0 %", "33.3 %"]
    axes = plots.bars_with_intervals([("a", 12.5, (10, 15))], percent=False)
    assert axes.texts[0].get_text() == "12.5"


def test_bars_show_every_interval_whole():
    for low, high in [(0.0, 0.05), (0.93, 1.0), (0.2, 0.7)]:
        axes = plots.bars_with_intervals([("a", (low + high) / 2, (low, high))])
        left, right = axes.get_xlim()
        assert left <= low
        assert right >= high
    axes = plots.bars_with_intervals([("a", 0.5, (0.4, 0.6))], limits=(0.3, 0.9))
    assert axes.get_xlim() == (0.3, 0.9)


def test_bars_in_given_axes_and_colours():
    figure, (left, right) = plt.subplots(1, 2)
    axes = plots.bars_with_intervals(
        TUPLES, ax=right, colours=["fire", None, "#123456"], reference={"S": 0.5}
    )
    assert axes is right
    assert not left.lines
    assert not figure.legends
    assert [to_rgb(line.get_color()) for line in axes.lines[:2]] == [
        to_rgb(plots.COLOURS["fire"]),
        to_rgb("#123456"),
    ]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["S"]


def test_bars_say_what_is_wrong():
    with pytest.raises(ValueError, match="no row"):
        plots.bars_with_intervals([])
    with pytest.raises(ValueError, match=r"a row is \(label, value, interval\)"):
        plots.bars_with_intervals([("a", 0.5)])
    with pytest.raises(ValueError, match="need 3 colours, not 1"):
        plots.bars_with_intervals(TUPLES, colours=["fire"])


# --- calibration and networks ------------------------------------------------


def test_calibration_plot_holds_the_bins():
    bins = metrics.calibration([0, 1, 1, 0, 1], [0.05, 0.15, 0.9, 0.92, 1.0])
    upper, lower = plots.calibration_plot(bins).axes
    full = [row for row in bins if row.count]
    points = lines(upper)["detector"].get_xydata()
    np.testing.assert_allclose(points, [[row.mean_score, row.rate] for row in full])
    whiskers = upper.collections[0].get_segments()
    np.testing.assert_allclose(
        [segment[:, 1] for segment in whiskers], [row.interval for row in full]
    )
    assert lines(upper)["honest scores"].get_xydata().tolist() == [[0, 0], [1, 1]]
    counts = lower.lines[0].get_ydata()
    assert counts[1:].tolist() == [row.count for row in bins]


def test_network_table_holds_the_layers():
    figure = plots.network_table(LAYERS)
    parameters, work = figure.axes
    assert [bar.get_width() for bar in parameters.patches] == [0, 1792, 0, 10817]
    assert parameters.get_title("left") == "parameters\n12.6 k"
    assert work.get_title("left") == "multiply-adds\n106 M"
    names = [label.get_text() for label in parameters.get_yticklabels()]
    assert names[1] == "conv1  248 × 248 × 64"
    assert names[2].startswith("…")
    assert [text.get_text() for text in work.texts] == ["", "106 M", "?", "10.8 k"]
    with pytest.raises(ValueError, match="no layer"):
        plots.network_table([])


def test_epoch_log_holds_the_three_kinds_of_figures():
    axes = plots.epoch_log(EPOCH, what="loss").axes[0]
    each, running, final = axes.lines
    np.testing.assert_array_equal(each.get_ydata(), EPOCH.loss)
    np.testing.assert_array_equal(running.get_ydata(), EPOCH.running_loss)
    assert set(final.get_ydata()) == {1.05}
    assert axes.get_ylabel() == "loss"
    with pytest.raises(ValueError, match="accuracy and loss, not 'f1'"):
        plots.epoch_log(EPOCH, what="f1")


def test_sweep_picture_holds_the_trials_that_have_figures():
    axes = plots.sweep_picture(TRIALS, group="conv").axes[0]
    marks = [c for c in axes.collections if len(c.get_offsets())]
    *kinds, ring = marks
    points = np.concatenate([np.asarray(kind.get_offsets()) for kind in kinds])
    expected = [(row["parameters"], row["val_loss"]) for row in TRIALS[:-1]]
    assert sorted(map(tuple, points)) == sorted(expected)
    assert tuple(ring.get_offsets()[0]) == expected[0]
    # Areas order as the times do.
    areas = np.concatenate([kind.get_sizes() for kind in kinds])
    times = {(r["parameters"], r["val_loss"]): r["seconds"] for r in TRIALS[:-1]}
    seconds = [times[tuple(point)] for point in points]
    assert (np.argsort(areas) == np.argsort(seconds)).all()
    assert len({kind.get_facecolor().tobytes() for kind in kinds}) == 3
    assert axes.get_xscale() == "log"


def test_sweep_picture_takes_a_sweep(tmp_path):
    from fire_course.sweep import Row, Sweep

    rows = [
        Row(
            str(i),
            {"i": i},
            "done",
            seconds=1.0 + i,
            figures={"val_loss": 2.0 - i, "parameters": 10 + i},
        )
        for i in range(2)
    ]
    axes = plots.sweep_picture(Sweep(rows, tmp_path)).axes[0]
    assert tuple(axes.collections[-1].get_offsets()[0]) == (11, 1.0)


def test_sweep_picture_needs_its_columns():
    with pytest.raises(ValueError, match="no row has parameters, f1 and seconds"):
        plots.sweep_picture(TRIALS, y="f1")
    with pytest.raises(ValueError, match="there are no rows"):
        plots.sweep_picture([])
