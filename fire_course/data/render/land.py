"""Land: ridges, slopes, rock and snow, ground, water, roads and houses."""

import numpy as np
from PIL import Image, ImageDraw

from .canvas import Canvas, Colour, Mood, mix, rgb, vary
from .noise import Field, Rng, coordinates, fade, fbm, line, pick, ridged, step, value

# Share of red, green and blue light that each cover sends back (linear)
COVERS: dict[str, list[Colour]] = {
    "conifer": [(0.030, 0.058, 0.026), (0.022, 0.045, 0.028), (0.045, 0.070, 0.030)],
    "broadleaf": [(0.060, 0.110, 0.025), (0.090, 0.150, 0.030), (0.045, 0.085, 0.030)],
    "autumn": [
        (0.40, 0.15, 0.020),
        (0.32, 0.075, 0.020),
        (0.46, 0.27, 0.030),
        (0.22, 0.11, 0.03),
        (0.50, 0.20, 0.015),
        (0.62, 0.44, 0.030),
        (0.55, 0.36, 0.020),
    ],
    "flowers": [(0.58, 0.46, 0.02), (0.45, 0.38, 0.04), (0.50, 0.24, 0.03)],
    "grass": [(0.13, 0.19, 0.045), (0.20, 0.24, 0.07), (0.09, 0.15, 0.04)],
    "dry": [
        (0.36, 0.28, 0.14),
        (0.42, 0.33, 0.19),
        (0.28, 0.20, 0.11),
        (0.45, 0.30, 0.12),
    ],
    "rock": [
        (0.24, 0.22, 0.20),
        (0.32, 0.29, 0.26),
        (0.17, 0.16, 0.16),
        (0.34, 0.25, 0.18),
    ],
    "snow": [(0.80, 0.83, 0.88), (0.75, 0.78, 0.84)],
    "ash": [(0.05, 0.047, 0.045), (0.10, 0.095, 0.09), (0.17, 0.165, 0.16)],
    "soil": [(0.20, 0.12, 0.07), (0.28, 0.18, 0.11), (0.30, 0.14, 0.07)],
}


def colour_of(rng: Rng, cover: str, amount: float = 0.25) -> Colour:
    """A random albedo of `cover`."""
    choices = COVERS[cover]
    return vary(rng, choices[rng.integers(len(choices))], amount)


def profile(
    rng: Rng, width: int, y: float, relief: float, *, sharp: float = 0.0
) -> Field:
    """Row of the skyline at every column: around `y`, `relief` pixels high and low."""
    n = line(rng, width, width * rng.uniform(0.3, 0.9), 7, 0.42 + 0.12 * sharp)
    if sharp > 0:
        n = (1 - sharp) * n + sharp * ridged(n)
    tilt = np.linspace(-1, 1, width, dtype=np.float32) * np.float32(
        rng.uniform(-0.5, 0.5)
    )
    return np.float32(y) - (n - np.float32(0.5) + tilt * np.float32(0.5)) * np.float32(
        2 * relief
    )


def below(canvas: Canvas, top: Field, first: int) -> Field:
    """1 under the line `top`, with a soft edge of a pixel; rows from `first` on."""
    yy, _ = coordinates(*canvas.shape)
    cover = yy[first:] - top
    cover += np.float32(0.5)
    return np.clip(cover, 0, 1, out=cover)


def slope_shade(rng: Rng, shape: tuple[int, int], cell: float, side: float) -> Field:
    """Light on rolling ground: large folds and small ones, 0..1."""
    n = fbm(rng, shape, (cell * 0.8, cell), 6, 0.55)
    reach = max(1, round(cell / 14))
    lee = np.roll(n, (reach, round(reach * (2 if side > 0 else -2))), axis=(0, 1))
    return np.clip(np.float32(0.5) + (n - lee) * np.float32(2.4), 0, 1)


def ridge(
    rng: Rng,
    canvas: Canvas,
    mood: Mood,
    top: Field,
    cover: str,
    *,
    distance: float,
    texture: float = 1.0,
) -> None:
    """One range of hills filled with `cover`, paler with `distance` (0 near, 1 far)."""
    first = max(0, int(top.min()) - 1)
    if first >= canvas.height:
        return
    shape = (canvas.height - first, canvas.width)
    unit = canvas.unit
    cell = unit * (18 + 75 * (1 - distance))
    shade = slope_shade(rng, shape, cell, mood.side)
    if mood.name in ("day", "golden", "dusk") and rng.random() < 0.35:
        # shadows of clouds: one slope glows in the sun, the rest lies dark
        patch = fbm(rng, shape, (60 * unit, 110 * unit), 3)
        shade = shade * (np.float32(0.08) + np.float32(1.7) * step(patch, 0.45, 0.62))
    base = rgb(colour_of(rng, cover))
    other_cover = (
        cover
        if rng.random() < 0.6
        else ["grass", "dry", "rock", "conifer"][rng.integers(4)]
    )
    patches = step(fbm(rng, shape, cell * 0.7, 4, 0.6), 0.42, 0.62)
    albedo = patches * (rgb(colour_of(rng, other_cover)) - base)
    albedo += base
    fine = unit * (1.6 + 2.6 * (1 - distance))
    tex = fbm(rng, shape, (fine, fine * 1.2), 3, 0.8) - np.float32(0.5)
    strength = 1.7 if cover in ("conifer", "broadleaf", "autumn") else 0.9
    albedo *= np.clip(1 + tex * np.float32(strength * texture), 0.15, 2.2)
    radiance = mood.lit(shade, albedo)
    veil = (1 - np.exp(-2.2 * distance * distance * mood.haze_strength)) * 0.96
    yy, _ = coordinates(*canvas.shape)
    # haze gathers at the foot of a range, where the next one hides it
    low = np.clip((yy[first:] - top) / np.float32(90 * unit), 0, 1) * np.float32(
        0.35 * distance
    )
    low = np.clip(low * np.float32(mood.haze_strength) + np.float32(veil), 0, 1)
    mood.veiled(radiance, low)
    canvas.paint(below(canvas, top, first), radiance, albedo, share=1 - low, top=first)


def peak(
    rng: Rng,
    canvas: Canvas,
    mood: Mood,
    top: Field,
    *,
    snow: float,
    distance: float,
    alpenglow: bool,
) -> None:
    """A rocky massif with snow above and, at alpenglow, sun on its head only."""
    first = max(0, int(top.min()) - 1)
    shape = (canvas.height - first, canvas.width)
    unit = canvas.unit
    cell = unit * rng.uniform(40, 85)
    rough = fbm(rng, shape, (cell * 1.5, cell), 6, 0.62)
    crest = ridged(rough)
    reach = max(1, round(2.2 * unit))
    lee = np.roll(crest, (reach, reach * (1 if mood.side >= 0 else -1)), axis=(0, 1))
    shade = np.clip(np.float32(0.45) + (crest - lee) * np.float32(2.6), 0, 1)
    rock = rgb(colour_of(rng, "rock"))
    rock = rock * np.clip(fbm(rng, shape, (6 * unit, 3 * unit), 3, 0.7) + 0.5, 0.4, 1.6)
    yy, _ = coordinates(*canvas.shape)
    altitude = (yy[first:, :1] - top.min()) / np.float32(canvas.height - top.min() + 1)
    white = step(crest * np.float32(0.5) + np.float32(snow) - altitude, 0.3, 0.45)
    albedo = rgb(colour_of(rng, "snow", 0.06)) - rock
    albedo *= white
    albedo += rock
    if alpenglow:
        glow: Colour = [
            (1.0, 0.42, 0.10),
            (1.0, 0.34, 0.12),
            (0.95, 0.52, 0.15),
            (1.0, 0.30, 0.20),
        ][rng.integers(4)]
        line_y = rng.uniform(0.15, 0.75)
        head = step(
            np.float32(line_y) - altitude + (rough - 0.5) * np.float32(0.4), -0.06, 0.08
        )
        blue = rgb(vary(rng, (0.16, 0.20, 0.34), 0.3), rng.uniform(0.3, 1.2))
        sunlit = head * (np.float32(0.06) + np.float32(1.2) * shade)
        radiance = (
            blue * (1 - 0.85 * head) + sunlit * rgb(glow, rng.uniform(0.5, 1.5))
        ) * (albedo + 0.12)
    else:
        radiance = mood.lit(shade, albedo)
    veil = np.float32(1 - np.exp(-1.6 * distance * mood.haze_strength))
    low = np.clip(altitude * veil + veil * np.float32(0.25), 0, 0.95)
    mood.veiled(radiance, low)
    canvas.paint(below(canvas, top, first), radiance, albedo, share=1 - low, top=first)


def ground(
    rng: Rng, canvas: Canvas, mood: Mood, top: Field, cover: str, *, rough: float = 1.0
) -> None:
    """Flat land seen in perspective: texture grows towards the viewer."""
    first = max(0, int(top.min()) - 1)
    if first >= canvas.height - 2:
        return
    shape = (canvas.height - first, canvas.width)
    unit = canvas.unit
    yy, _ = coordinates(*shape)
    near = yy[:, :1] / np.float32(shape[0])
    coarse = fbm(rng, shape, (9 * unit, 55 * unit), 4, 0.6)
    if cover in ("grass", "dry", "soil", "flowers"):
        fine = fbm(rng, shape, (5.5 * unit, 2.2 * unit), 3, 0.8)
        middle = fbm(rng, shape, (2 * unit, 3 * unit), 2, 0.8)
    else:
        fine = fbm(rng, shape, (3.2 * unit, 4.5 * unit), 3, 0.8)
        middle = fbm(rng, shape, (1.6 * unit, 2.6 * unit), 2, 0.8)
    tex = middle + near * (fine - middle)
    base, other = rgb(colour_of(rng, cover)), rgb(colour_of(rng, cover))
    albedo = step(coarse, 0.35, 0.65) * (other - base)
    albedo += base
    albedo *= np.clip(1 + (tex - 0.5) * np.float32(1.8 * rough), 0.1, 2.4)
    shade = np.clip(np.float32(0.35) + coarse * np.float32(0.7), 0, 1)
    radiance = mood.lit(shade, albedo)
    veil = np.clip(1 - near * np.float32(3), 0, 1) * np.float32(
        0.35 * min(1.0, mood.haze_strength)
    )
    mood.veiled(radiance, veil)
    canvas.paint(below(canvas, top, first), radiance, albedo, top=first)


def water(
    rng: Rng, canvas: Canvas, mood: Mood, top: int, bottom: int, *, calm: float
) -> None:
    """A lake between two rows: the picture above it mirrored, broken by ripples."""
    top, bottom = max(4, top), min(canvas.height, bottom)
    rows = bottom - top
    if rows < 4:
        return
    yy, xx = coordinates(rows, canvas.width)
    unit = canvas.unit
    near = yy[:, :1] / np.float32(rows)
    ripple = fbm(
        rng, (rows, canvas.width), (1.6 * unit, 14 * unit), 3, 0.7
    ) - np.float32(0.5)
    wave = (
        ripple * (np.float32(2) + near * np.float32(26 * (1 - calm))) * np.float32(unit)
    )
    source = np.clip(
        top - 1 - yy * np.float32(top / max(rows, top)) + wave, 0, top - 1
    ).astype(np.int32)
    column = np.clip(xx + wave * np.float32(0.3), 0, canvas.width - 1).astype(np.int32)
    at = (source * np.int32(canvas.width) + column).astype(np.intp)
    mirror = np.stack([pick(plane.ravel(), at) for plane in canvas.radiance])
    tint = rgb(vary(rng, (0.75, 0.85, 0.9), 0.15))
    deep = rgb(mix(mood.ambient, (0.03, 0.08, 0.10), 0.5), 0.25)
    shine = np.float32(0.55) + np.float32(0.3) * calm - near * np.float32(0.2)
    radiance = mirror * tint
    radiance *= shine
    radiance += deep * (1 + ripple * 2)
    wobble = line(rng, canvas.width, 60 * unit, 3) * np.float32(6 * unit)
    alpha = np.clip(yy - wobble + np.float32(0.5), 0, 1)
    alpha *= np.clip(
        rows - yy - line(rng, canvas.width, 40 * unit, 3) * np.float32(8 * unit), 0, 1
    )
    canvas.paint(alpha, radiance, top=top)


def glints(
    rng: Rng, canvas: Canvas, mood: Mood, x: float, top: int, bottom: int
) -> None:
    """The sun's broken path on water."""
    rows = bottom - top
    if rows < 4:
        return
    unit = canvas.unit
    yy, xx = coordinates(rows, canvas.width)
    ripple = value(rng, (rows, canvas.width), (1.3 * unit, 5 * unit))
    near = yy[:, :1] / np.float32(rows)
    spread = np.float32(unit * rng.uniform(4, 12)) * (
        np.float32(0.5) + near * np.float32(3)
    )
    path = fade(((xx - np.float32(x)) / spread) ** 2)
    spark = (
        step(ripple * (np.float32(0.35) + np.float32(0.75) * path), 0.5, 0.75) * path
    )
    colour = rgb(mix(mood.horizon, (1.0, 0.8, 0.5), 0.4), rng.uniform(1.0, 3.0))
    canvas.radiance[:, top:bottom] += spark * colour


def road(rng: Rng, canvas: Canvas, mood: Mood, horizon: float) -> None:
    """A road that narrows to the horizon."""
    yy, xx = coordinates(*canvas.shape)
    near = np.clip(
        (yy[:, :1] - np.float32(horizon)) / np.float32(canvas.height - horizon + 1),
        0,
        1,
    )
    vanish, bend = rng.uniform(0.2, 0.8), rng.uniform(-0.5, 0.5)
    foot = rng.uniform(0.1, 0.9)
    centre = (
        np.float32(vanish) + (foot - vanish) * near + bend * near * (1 - near)
    ) * canvas.width
    half = (
        np.float32(0.006) + near * np.float32(rng.uniform(0.06, 0.2))
    ) * canvas.width
    alpha = np.clip(half - np.abs(xx - centre) + 0.5, 0, 1) * (near > 0)
    grey = rgb(
        vary(rng, (0.20, 0.20, 0.20) if rng.random() < 0.6 else (0.34, 0.27, 0.19), 0.3)
    )
    tex = (
        fbm(rng, canvas.shape, (3 * canvas.unit, 9 * canvas.unit), 2) * np.float32(0.5)
        + 0.75
    )
    albedo = grey * tex
    canvas.paint(
        alpha, mood.lit(np.full(canvas.shape, 0.7, np.float32), albedo), albedo
    )


def houses(
    rng: Rng,
    canvas: Canvas,
    mood: Mood,
    base: Field,
    *,
    count: int,
    red: bool,
    lamps: bool,
) -> None:
    """A village on the line `base`: walls, pitched roofs, windows that may be lit."""
    unit = canvas.unit
    labels = Image.new("L", (canvas.width, canvas.height))
    pen = ImageDraw.Draw(labels)
    lights: list[tuple[float, float]] = []
    spots = np.sort(rng.uniform(0.02, 0.95, count)) * canvas.width
    order = rng.permutation(count)
    for i in order:
        x = float(spots[i])
        ground_y = (
            float(base[min(canvas.width - 1, int(x))]) + rng.uniform(0, 14) * unit
        )
        w = unit * rng.uniform(7, 22) * (0.6 + ground_y / canvas.height)
        h, roof = w * rng.uniform(0.35, 0.7), w * rng.uniform(0.25, 0.5)
        x0, x1, eaves = x, x + w, ground_y - h
        tone = int(rng.integers(0, 3))
        pen.rectangle((x0, eaves, x1, ground_y), fill=10 + tone)
        pen.polygon(
            [
                (x0 - 0.1 * w, eaves),
                (x0 + w * 0.25, eaves - roof),
                (x1 - w * 0.25, eaves - roof),
                (x1 + 0.1 * w, eaves),
            ],
            fill=20 + int(rng.integers(0, 3)),
        )
        for k in range(int(rng.integers(1, 4))):
            wx, wy = x0 + w * (0.15 + 0.27 * k), eaves + h * 0.3
            if wx + w * 0.12 < x1:
                pen.rectangle((wx, wy, wx + w * 0.12, wy + h * 0.3), fill=30)
                lights.append((wx + w * 0.06, wy + h * 0.15))
    if red:
        roofs: list[Colour] = [
            (0.55, 0.14, 0.05),
            (0.62, 0.22, 0.08),
            (0.42, 0.09, 0.04),
        ]
    else:
        roofs = [(0.16, 0.15, 0.15), (0.25, 0.20, 0.17), (0.30, 0.14, 0.09)]
    walls: list[Colour] = [(0.75, 0.70, 0.62), (0.60, 0.55, 0.48), (0.82, 0.80, 0.77)]
    light = rgb(mood.ambient) + np.float32(0.75) * rgb(mood.sun)
    shade = value(rng, canvas.shape, 3 * unit) * np.float32(0.5) + np.float32(0.75)
    picture = np.asarray(labels)
    first = int(np.argmax(picture.any(axis=1)))
    last = canvas.height - int(np.argmax(picture[::-1].any(axis=1)))
    if not picture.any():
        return
    part = picture[first:last]
    colours = {10 + i: vary(rng, c, 0.15) for i, c in enumerate(walls)}
    colours |= {20 + i: vary(rng, c, 0.2) for i, c in enumerate(roofs)}
    colours[30] = (0.05, 0.05, 0.06)
    for label, colour in colours.items():
        alpha = (part == label).astype(np.float32)
        albedo = rgb(colour) * shade[first:last]
        canvas.paint(alpha, light * albedo, albedo, top=first)
    if lamps:
        for x, y in lights:
            if rng.random() < 0.6:
                lamp(rng, canvas, x, y, size=rng.uniform(0.5, 1.3))


def lamp(rng: Rng, canvas: Canvas, x: float, y: float, *, size: float = 1.0) -> None:
    """A lit window or street lamp: a small over-white point with a halo."""
    unit = canvas.unit
    colour: Colour = [
        (1.0, 0.55, 0.16),
        (1.0, 0.72, 0.36),
        (1.0, 0.92, 0.8),
        (0.8, 0.92, 1.0),
        (1.0, 0.35, 0.08),
    ][rng.integers(5)]
    reach = max(3, int(unit * size * 14))
    x0, y0 = int(x), int(y)
    top, left = max(0, y0 - reach), max(0, x0 - reach)
    bottom, right = (
        min(canvas.height, y0 + reach + 1),
        min(canvas.width, x0 + reach + 1),
    )
    if bottom <= top or right <= left:
        return
    yy, xx = coordinates(canvas.height, canvas.width)
    d = np.sqrt(
        (xx[top:bottom, left:right] - x) ** 2 + (yy[top:bottom, left:right] - y) ** 2
    )
    d = d / np.float32(unit * size)
    spot = np.clip(np.float32(1.6) - d, 0, 1) * np.float32(rng.uniform(1.2, 5.0))
    halo = fade(d / np.float32(rng.uniform(1.2, 3.2))) * np.float32(
        rng.uniform(0.1, 0.7)
    )
    edge = np.clip(1 - d / np.float32(13), 0, 1)
    canvas.radiance[:, top:bottom, left:right] += ((spot + halo) * edge) * rgb(colour)
