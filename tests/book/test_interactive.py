"""The interactive figures in a real browser: right numbers, usable by keyboard and on
a phone, readable in the dark, and in words where nothing moves."""

import ast
import base64
import importlib.util
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage, signal

from fire_course import shapes
from fire_course.convolution import KERNELS

ROOT = Path(__file__).parents[2]
FIGURES = ("slide-kernel", "size-calculator", "kernel-sees")

CONF = f"""
import sys
sys.path.insert(0, {str(ROOT / "book/_ext")!r})
extensions = ["myst_parser", "figures"]
myst_enable_extensions = ["colon_fence"]
html_theme = "sphinx_book_theme"
html_static_path = [{str(ROOT / "book/_static")!r}]
html_css_files = ["fire.css"]
html_context = {{"default_mode": "auto"}}
numfig = True
"""

PAGE = """\
# Three figures

See {numref}`fig-slide`.

:::{interactive} slide-kernel
:name: fig-slide

The kernel *moves* over the picture.
:::

:::{interactive} size-calculator
:settings: n=10, kernel=3, stride=2
:alt: Words of this chapter's own.
:::

:::{interactive} kernel-sees
:photos: camera, coins, fire

A photo, and what a kernel makes of it.
:::
"""

WRONG = """\
# Wrong

:::{interactive} no-such-figure
:::

:::{interactive} slide-kernel
:settings: stridee=2
:::

:::{interactive} slide-kernel
:settings: stride=two
:::

:::{interactive} kernel-sees
:settings: kernel=edgy
:::

:::{interactive} kernel-sees
:photos: nobody
:::
"""


def sphinx(folder: Path, page: str, *, builder: str = "html"):
    source = folder / "source"
    source.mkdir(exist_ok=True)
    (source / "conf.py").write_text(CONF)
    (source / "index.md").write_text(page)
    (source / "plain.md").write_text("---\norphan: true\n---\n\n# A page without\n")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q"]
    return subprocess.run(
        [*command, "-b", builder, str(source), str(folder / builder)],
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture(scope="module")
def extension():
    spec = importlib.util.spec_from_file_location(
        "figures_under_test", ROOT / "book/_ext/figures.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("interactive")
    run = sphinx(folder, PAGE)
    assert run.returncode == 0, run.stderr
    return folder / "html"


@pytest.fixture(scope="module")
def visit(browser, new_page, site):
    """Open the page from the disk; what goes wrong on it is found at the end."""
    opened = []

    def open_page(*, name="index", **view):
        page = new_page(browser, timeout=10_000, **view)
        opened.append(page)
        page.goto((site / f"{name}.html").as_uri())
        if name == "index" and view.get("java_script_enabled", True):
            page.wait_for_selector(".fi[data-photo]")
        return page

    yield open_page
    for page in opened:
        page.context.close()


@pytest.fixture(scope="module")
def page(visit):
    return visit()


@pytest.fixture(autouse=True)
def nothing_went_wrong(request):
    yield
    if "page" in request.fixturenames:
        assert request.getfixturevalue("page").troubles == []


def figure(page, name):
    return page.locator(f".fi[data-figure={name}]")


def field(part, label, value):
    """Type a number into a field, with keys only."""
    part.get_by_label(label, exact=True).focus()
    part.page.keyboard.press("Control+A")
    part.page.keyboard.type(str(value))


def choose(part, label, value):
    part.get_by_label(label, exact=True).select_option(value)


def type_kernel(part, kernel):
    """Type nine numbers, going from one to the next with the tabulator."""
    part.locator(".fi-weight").first.focus()
    keyboard = part.page.keyboard
    for value in np.ravel(kernel):
        keyboard.type(str(value))
        keyboard.press("Tab")


# --- sizes -------------------------------------------------------------------


def setting(rng):
    """Draw one setting of the calculator, possible or not."""
    padding = ("valid", "same", "causal", "sides")[rng.integers(4)]
    extra = int(rng.integers(-1, 4))
    return {
        "layer": ("convolution", "pooling", "transposed")[rng.integers(3)],
        "n": int(rng.integers(1, 41))
        if rng.random() < 0.9
        else int(rng.integers(999)) + 1,
        "kernel": int(rng.integers(1, 12)),
        "stride": int(rng.integers(1, 9)),
        "padding": padding,
        "before": int(rng.integers(0, 6)),
        "after": int(rng.integers(0, 6)),
        "dilation": int(rng.integers(1, 5)),
        "ceil": bool(rng.integers(2)),
        "output_padding": None if extra < 0 else extra,
    }


def explained(s):
    """Return what fire_course.shapes says: size and columns, or None."""
    pad = (s["before"], s["after"]) if s["padding"] == "sides" else s["padding"]
    back = s["layer"] == "transposed"
    more = {"output_padding": s["output_padding"]} if back else {"ceil": s["ceil"]}
    same = {"stride": s["stride"], "padding": pad, "dilation": s["dilation"]}
    sizes = {
        "convolution": shapes.output_size,
        "pooling": shapes.pool_size,
        "transposed": shapes.transposed_size,
    }
    try:
        size = sizes[s["layer"]](s["n"], s["kernel"], **same, **more)
    except ValueError:
        return None
    answer = shapes.explain_size(
        s["n"],
        s["kernel"],
        **same,
        **more,
        pool=s["layer"] == "pooling",
        transposed=back,
    )
    assert answer.size == size
    return [size, list(answer.ignored)]


MANY = """(settings) => JSON.stringify(JSON.parse(settings).map((setting) => {
  try {
    const plan = fireFigures.places(setting)
    const columns = setting.layer === 'transposed' ? plan.unused : plan.ignored
    return [fireFigures.size(setting), columns]
  } catch (error) { return {error: error.message} }
}))"""


def test_calculator_agrees_with_python_on_thousands_of_settings(page):
    rng = np.random.default_rng(20)
    settings = [setting(rng) for _ in range(6_000)]
    found = json.loads(page.evaluate(MANY, json.dumps(settings)))
    impossible = 0
    for one, result in zip(settings, found, strict=True):
        expected = explained(one)
        if expected is None:
            impossible += 1
            # It says what to do, and is no accident of the script.
            assert re.search(r": (take|pad by) ", result["error"]), (one, result)
        else:
            assert result == expected, one
    assert 500 < impossible < 4_500


def test_same_padding_agrees_with_python(page):
    grid = [
        (n, f, s, d)
        for n in range(1, 24)
        for f in range(1, 7)
        for s in range(1, 5)
        for d in range(1, 4)
    ]
    found = page.evaluate(
        "g => JSON.stringify(JSON.parse(g).map(one => fireFigures.samePadding(...one)))",
        json.dumps(grid),
    )
    assert json.loads(found) == [list(shapes.same_padding(*one)) for one in grid]


def test_columns_that_nothing_reaches_agree_with_counting(page):
    rng = np.random.default_rng(3)
    for _ in range(300):
        s = {**setting(rng), "layer": "transposed", "n": int(rng.integers(1, 15))}
        plan = page.evaluate(
            "s => { try { return fireFigures.places(s) } catch { return null } }", s
        )
        if plan is None:
            continue
        # A convolution transposed, done: ones spread out, then cut.
        spread = np.zeros((s["n"] - 1) * s["stride"] + 1)
        spread[:: s["stride"]] = 1
        taps = np.zeros(s["dilation"] * (s["kernel"] - 1) + 1)
        taps[:: s["dilation"]] = 1
        full = np.convolve(spread, taps)
        kept = np.zeros(plan["size"])
        part = full[plan["before"] :][: plan["size"]]
        kept[: len(part)] = part
        assert plan["ignored"] == np.flatnonzero(kept == 0).tolist(), s


def test_lines_for_keras_make_that_size(page):
    from fire_course.quiet import import_keras

    keras = import_keras()
    rng = np.random.default_rng(8)
    settings = [setting(rng) for _ in range(400)]
    asked = page.evaluate(
        """(settings) => settings.map((s) => {
          try { return [fireFigures.kerasLine(s), fireFigures.size(s)] }
          catch { return null }
        })""",
        settings,
    )
    seen = set()
    for one, answer in zip(settings, asked, strict=True):
        if answer is None:
            continue
        (keras_line, size) = answer
        if not keras_line["lines"]:
            assert keras_line["notes"], one
            continue
        flat = "1D" in keras_line["lines"][-1]
        shape = (None, one["n"], 2) if flat else (None, one["n"], one["n"], 2)
        for line in keras_line["lines"]:
            layer = eval(line, {"keras": keras})
            shape = layer.compute_output_shape(shape)
        assert shape[1] == size, (one, keras_line)
        seen.add((one["layer"], one["padding"]))
    assert len(seen) == 3 + 4 + 3  # only a convolution is causal


def test_calculator_shows_what_was_computed(page):
    part = figure(page, "size-calculator")
    result = part.locator(".fi-result-size")
    assert result.inner_text() == "10 → 4"
    assert part.locator(".fi-c-lost").count() == 1
    assert part.locator(".fi-c-lost-text").text_content() == "9"
    assert "No place sees column 9" in part.locator(".fi-steps").inner_text()
    assert part.locator("code").inner_text() == (
        'keras.layers.Conv2D(64, 3, strides=2, padding="valid")'
    )
    field(part, "Input n", 250)
    choose(part, "Padding", "same")
    assert result.inner_text() == "250 → 125"
    # The status is read aloud, and says the same.
    assert (
        part.locator("[role=status]").last.text_content().startswith("250 gives 125.")
    )

    field(part, "Input n", 2)
    choose(part, "Padding", "valid")
    assert result.inner_text() == "no output"
    assert "does not fit into 2" in part.locator(".fi-formula").inner_text()
    field(part, "Input n", "")
    page.keyboard.press("Tab")  # nothing typed: the last number comes back
    assert part.get_by_label("Input n", exact=True).input_value() == "2"
    field(part, "Input n", 99999)
    page.keyboard.press("Tab")
    assert part.get_by_label("Input n", exact=True).input_value() == "4096"
    assert result.inner_text() == "4096 → 2047"
    assert part.locator("svg rect").count() < 120  # the middle is left out

    part.get_by_role("button", name="Transposed").press("Enter")
    field(part, "Input n", 7)
    choose(part, "Padding", "same")
    assert result.inner_text() == "7 → 14"


# --- sliding -----------------------------------------------------------------


def cells(part, pane="fi-out"):
    """Return the numbers of a grid, as they are written."""
    return part.evaluate(
        """(root, pane) => [...root.querySelectorAll(`.${pane} tr`)]
          .map((row) => [...row.cells].map((cell) => cell.innerText))""",
        pane,
    )


@pytest.mark.parametrize(
    ("picture", "stride", "padding", "dilation"),
    [("flame", 1, 0, 1), ("square", 2, 1, 1), ("flame", 1, 2, 2), ("step", 3, 3, 3)],
)
def test_sliding_gives_what_scipy_gives(page, picture, stride, padding, dilation):
    part = figure(page, "slide-kernel")
    kernel = np.array([[1, -2, 0], [0.5, 3, 0], [0, 0, -4]])
    choose(part, "Picture", picture)
    field(part, "Stride", stride)
    field(part, "Padding", padding)
    field(part, "Dilation", dilation)
    type_kernel(part, kernel)
    part.locator(".fi-stage").focus()
    page.keyboard.press("End")

    shown = [[int(text) for text in row] for row in cells(part, "fi-in")]
    spread = np.zeros((2 * dilation + 1,) * 2)
    spread[::dilation, ::dilation] = kernel
    expected = signal.correlate2d(np.array(shown), spread, "valid")
    expected = expected[::stride, ::stride]
    values = np.reshape(part.evaluate("root => root.values()"), expected.shape)
    np.testing.assert_allclose(values, expected, atol=1e-9)
    written = np.array(
        [[float(c.replace("−", "-")) for c in row] for row in cells(part)]
    )
    np.testing.assert_allclose(written, expected, atol=0.06)

    products = part.locator(".fi-products b").all_inner_texts()
    total = sum(float(p.replace("−", "-")) for p in products)
    assert total == pytest.approx(expected[-1, -1])
    status = part.locator(".fi-status").inner_text()
    assert f"output[{len(expected) - 1}, {len(expected) - 1}]" in status


def test_the_picture_of_chapter_2_is_the_one_in_its_figure(visit):
    chapter = (ROOT / "book/1_kernels/02_convolution.md").read_text("utf-8")
    text = re.search(r"^bits = np.array\((.*?)^\)", chapter, re.M | re.S).group(1)
    bits = ast.literal_eval(text.strip())
    page = visit()  # a fresh one: no padding is left from another test
    part = figure(page, "slide-kernel")
    choose(part, "Picture", "zeros and ones")
    assert [[int(text) for text in row] for row in cells(part, "fi-in")] == bits


def test_sliding_by_keyboard_alone(visit):
    page = visit()
    part = figure(page, "slide-kernel")
    part.locator(".fi-stage").focus()
    keyboard = page.keyboard
    status = part.locator(".fi-status")
    assert cells(part)[0] == ["0", "", "", "", ""]
    keyboard.press("ArrowRight")
    assert cells(part)[0] == ["0", "36", "", "", ""]
    keyboard.press("ArrowDown")
    assert "output[1, 1]" in status.inner_text()
    keyboard.press("ArrowLeft")
    keyboard.press("ArrowUp")
    assert "output[0, 0]" in status.inner_text()

    # From the stage the tabulator leads through every control, and out again.
    reached = []
    for _ in range(40):
        keyboard.press("Tab")
        reached.append(
            page.evaluate(
                """() => {
                  const e = document.activeElement
                  const ring = getComputedStyle(e)
                  if (!e.closest('[data-figure=slide-kernel]')) return null
                  if (ring.outlineStyle === 'none') return 'no ring on ' + e.outerHTML
                  return e.getAttribute('aria-label') || e.labels?.[0]?.innerText
                    || e.innerText.trim()
                }"""
            )
        )
        if reached[-1] is None:
            break
    for name in ("Play", "Step", "Kernel", "Picture", "Stride", "Padding: one more"):
        assert name in reached, reached
    assert reached[-1] is None

    step = part.get_by_role("button", name="Step")
    step.focus()
    keyboard.press("Enter")
    assert "output[0, 1]" in status.inner_text()
    assert page.troubles == []


def test_play_runs_to_the_end_and_pauses(visit):
    page = visit()
    part = figure(page, "slide-kernel")
    field(part, "Stride", 4)  # four places
    page.wait_for_timeout(1000)
    assert "output[0, 0]" in part.locator(".fi-status").inner_text()  # waits for us
    part.get_by_role("button", name="Play").press("Enter")
    part.get_by_role("button", name="Pause").wait_for()
    assert part.locator(".fi-status").get_attribute("aria-live") == "off"
    part.get_by_role("button", name="Play").wait_for()
    assert "" not in sum(cells(part), [])
    assert part.locator(".fi-status").get_attribute("aria-live") == "polite"
    part.get_by_role("button", name="Start").click()
    assert cells(part)[0] == [cells(part)[0][0], ""]


def test_nothing_glides_for_those_who_do_not_want_it(visit):
    look = "e => getComputedStyle(e).transitionDuration"
    for motion, seconds in (("reduce", "0s"), ("no-preference", "0.25s")):
        page = visit(reduced_motion=motion)
        assert page.locator(".fi-frame").evaluate(look) == seconds


# --- seeing ------------------------------------------------------------------


def seen(part):
    # As one string: playwright is slow with long lists.
    text = part.evaluate(
        """(root) => {
          const v = root.values()
          return JSON.stringify({...v, grey: [...v.grey], values: [...v.values]})
        }"""
    )
    facts = json.loads(text)
    shape = (facts["height"], facts["width"])
    # Whole numbers come as such, and SciPy would round its result to them.
    grey, values = (np.array(facts[name], float) for name in ("grey", "values"))
    return grey.reshape(shape), values.reshape(shape), facts


def test_what_a_kernel_sees_is_what_scipy_sees(page, extension):
    part = figure(page, "kernel-sees")
    kernels = [[[-2, 0, 1], [3, 0.5, 0], [0, -1, 4]], [["1/9", 0, 0]] * 3]
    for photo, kernel in zip(("coins", "fire"), kernels, strict=True):
        choose(part, "Photo", photo)
        page.wait_for_selector(f".fi[data-photo={photo}]")
        type_kernel(part, kernel)
        numbers = [[eval(str(value)) for value in row] for row in kernel]
        grey, values, _ = seen(part)
        np.testing.assert_array_equal(grey, extension.picture(photo))
        expected = ndimage.correlate(grey, np.array(numbers, float), mode="reflect")
        np.testing.assert_allclose(values, expected, atol=1e-9)
        nearest = ndimage.correlate(grey, np.array(numbers, float), mode="nearest")
        np.testing.assert_allclose(values, nearest, atol=1e-9)

    # What is drawn: a photo clipped at 0 and 255, and on demand zero as grey.
    choose(part, "Draw the result", "photo")
    pixels = """() => {
      const c = document.querySelectorAll('[data-figure=kernel-sees] canvas')[1]
      const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data
      return JSON.stringify(Array.from({length: d.length / 4}, (_, i) => d[4 * i]))
    }"""
    drawn = np.reshape(json.loads(page.evaluate(pixels)), values.shape)
    np.testing.assert_allclose(drawn, np.clip(values, 0, 255), atol=0.51)

    # Text that is no number changes nothing, and says so.
    weight = part.locator(".fi-weight").first
    weight.fill("1/0")
    assert weight.get_attribute("aria-invalid") == "true"
    np.testing.assert_array_equal(seen(part)[1], values)
    part.get_by_role("button", name="vertical edges").press("Enter")
    assert weight.get_attribute("aria-invalid") is None

    turned = part.get_by_role("button", name="Turn by 180°")
    turned.press("Enter")
    expected = ndimage.convolve(grey, KERNELS["sobel_x"], mode="reflect")
    np.testing.assert_allclose(seen(part)[1], expected, atol=1e-9)


def test_place_that_is_looked_at_moves_by_keys(page):
    part = figure(page, "kernel-sees")
    part.locator(".fi-pair").focus()
    _, _, before = seen(part)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    _, values, after = seen(part)
    assert (after["x"], after["y"]) == (before["x"] + 1, before["y"] + 10)
    value = values[after["y"], after["x"]]
    text = part.locator(".fi-status strong").inner_text().replace("−", "-")
    assert float(text) == pytest.approx(value, abs=0.006)


def test_kernels_and_settings_are_those_of_python(page, extension):
    kernels = page.evaluate("fireFigures.kernels")
    assert tuple(kernels) == extension.KERNELS
    named = {
        "vertical edges": "sobel_x",
        "horizontal edges": "sobel_y",
        "blur": "blur",
        "soft blur": "gaussian",
        "sharpen": "sharpen",
        "emboss": "emboss",
        "leave as is": "identity",
    }
    for name, python in named.items():
        np.testing.assert_allclose(kernels[name], KERNELS[python], err_msg=name)
    pictures = page.locator("select:has(option[value=flame]) option")
    names = [option.get_attribute("value") for option in pictures.all()]
    assert tuple(names) == extension.PICTURES


# --- looks -------------------------------------------------------------------

CONTRAST = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true})
  const paint = (colours) => {
    canvas.fillStyle = '#fff'
    for (const colour of ['#fff', ...colours]) {
      canvas.fillStyle = colour
      canvas.fillRect(0, 0, 1, 1)
    }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3)
  }
  const light = (rgb) => rgb
    .map(v => v / 255)
    .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0)
  const found = []
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement
    if (!e.closest('.fi') || !walker.currentNode.data.trim()) continue
    if (!e.checkVisibility() || e.closest(':disabled, option, noscript, .fi-unseen, .fi-words'))
      continue
    const style = getComputedStyle(e)
    const layers = []
    for (let at = e; at; at = at.parentElement) {
      layers.unshift(getComputedStyle(at).backgroundColor)
    }
    if (e.ownerSVGElement) {  // a text on its tile
      const tile = document.querySelector('.' + (e.classList[0] || '').replace('-text', ''))
      if (tile && getComputedStyle(tile).fill !== 'none') layers.push(getComputedStyle(tile).fill)
    }
    const colour = e.ownerSVGElement ? style.fill : style.color
    const a = light(paint(layers)), b = light(paint([...layers, colour]))
    found.push([(Math.max(a, b) + .05) / (Math.min(a, b) + .05),
      walker.currentNode.data.trim(), e.className.baseVal ?? e.className])
  }
  return found
}"""

STICKS_OUT = """() => [...document.querySelectorAll('.fi')].flatMap((root) => {
  const edge = root.getBoundingClientRect()
  return [...root.querySelectorAll('*')]
    .filter((e) => e.checkVisibility() && !e.parentElement.closest('.fi-row, pre'))
    .filter((e) => !e.closest('.fi-unseen, .fi-words, .fi-over, table caption'))
    .filter((e) => {
      const box = e.getBoundingClientRect()
      return box.width && (box.right > edge.right + 1 || box.left < edge.left - 1)
    })
    .map((e) => e.outerHTML.slice(0, 90))
})"""


def change_everything(page):
    """Bring the figures into a state with negative, padded and ignored parts."""
    part = figure(page, "slide-kernel")
    choose(part, "Picture", "square")
    field(part, "Padding", 3)
    part.locator(".fi-stage").focus()
    page.keyboard.press("End")
    part = figure(page, "size-calculator")
    choose(part, "Padding", "sides")
    field(part, "Input n", 300)
    field(part, "Stride s", 5)
    choose(figure(page, "kernel-sees"), "Draw the result", "signed")


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_figures_fit_and_can_be_read(visit, width, dark):
    page = visit(width=width, dark=dark, has_touch=width < 500)
    theme = page.evaluate("document.documentElement.dataset.theme")
    assert theme == ("dark" if dark else "light")
    for change in (None, change_everything):
        if change:
            change(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(STICKS_OUT) == []
        found = page.evaluate(CONTRAST)
        assert len(found) > 150
        assert [one for one in found if one[0] < 4.5] == []
    outside = [u for u in page.requested if not u.startswith(("file:", "data:"))]
    assert outside == []
    assert page.troubles == []


def test_a_thumb_finds_every_control(visit):
    page = visit(width=360, has_touch=True)
    # A check box is as large as its label.
    controls = ".fi :is(button, select, input:not([type=checkbox]), summary, .fi-check)"
    sizes = page.evaluate(
        """(controls) => [...document.querySelectorAll(controls)]
          .filter((e) => e.checkVisibility())
          .map((e) => [e.outerHTML, e.offsetWidth, e.offsetHeight])""",
        controls,
    )
    assert len(sizes) > 60
    assert [one for one in sizes if min(one[1:]) < 42] == []
    part = figure(page, "slide-kernel")
    part.get_by_role("button", name="Step").tap()
    assert "output[0, 1]" in part.locator(".fi-status").inner_text()
    part.locator(".fi-out td").nth(7).tap()
    assert "output[1, 2]" in part.locator(".fi-status").inner_text()
    part = figure(page, "kernel-sees")
    # At the left edge, and not in the corner: that is round, so nothing is there.
    part.locator("canvas").first.tap(position={"x": 1, "y": 40})
    assert seen(part)[2]["x"] <= 1
    assert page.troubles == []


# --- words -------------------------------------------------------------------


def test_without_scripts_there_are_words_and_a_photo(visit):
    page = visit(java_script_enabled=False)
    for name in FIGURES:
        part = figure(page, name)
        assert len(part.locator(".fi-words").inner_text()) > 25
        assert part.locator(".fi-words").is_visible()
        assert "where scripts are allowed" in part.inner_text()
    photo = figure(page, "kernel-sees").locator("img")
    assert photo.count() == 3
    assert [one.is_visible() for one in photo.all()] == [True, False, False]


def test_figure_is_named_and_described(page):
    own = figure(page, "size-calculator")
    assert own.get_attribute("aria-label") == "The size calculator"
    words = page.locator("#" + own.get_attribute("aria-describedby"))
    assert words.text_content() == "Words of this chapter's own."
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('.fi :is(input, select, button, canvas)')]
          .filter(e => !(e.getAttribute('aria-label') || e.labels?.[0]?.textContent
            || e.textContent).trim())
          .map(e => e.outerHTML)"""
    )
    assert nameless == []
    assert page.locator("figure.interactive figcaption em").inner_text() == "moves"
    assert page.locator("#fig-slide").count() == 1
    assert "Fig. 1" in page.locator("a[href='#fig-slide']").first.inner_text()


def test_only_pages_with_a_figure_load_scripts(site):
    assert "interactive/core.js" in (site / "index.html").read_text()
    assert "interactive/" not in (site / "plain.html").read_text()
    scripts = re.findall(
        r'<script ([^>]*)src="_static/interactive/(\w[\w-]*)\.js',
        (site / "index.html").read_text(),
    )
    assert [name for _, name in scripts][0] == "core"
    # A module would be refused from the disk.
    assert all("defer" in how and "module" not in how for how, _ in scripts)


def test_photos_are_stored_without_loss(extension):
    for name in extension.PHOTOS:
        data = base64.b64decode(extension.data_uri(name).partition(",")[2])
        assert len(data) < 40_000
        stored = np.asarray(Image.open(io.BytesIO(data)))
        np.testing.assert_array_equal(stored, extension.picture(name))


def test_mistakes_are_said_with_their_line(tmp_path):
    run = sphinx(tmp_path, WRONG)
    assert run.returncode != 0
    for line, words in (
        (3, "There is no interactive figure 'no-such-figure'"),
        (6, "has no setting 'stridee=2'"),
        (10, "stride is a whole number, not 'two'"),
        (14, "not 'edgy'"),
        (18, "There is no photo 'nobody'"),
    ):
        assert re.search(rf"index\.md:{line}\b.*{words}", run.stderr), run.stderr


def test_where_nothing_moves_the_words_stand(tmp_path):
    run = sphinx(tmp_path, PAGE, builder="text")
    assert run.returncode == 0, run.stderr
    text = (tmp_path / "text/index.txt").read_text()
    assert "Words of this chapter's own." in text
    assert json.dumps(text).count("interactive") == 0
