"""Flames, embers, smoke, and dust: the fire and what looks like its smoke.

A flame is hot soot: its light is red to orange with almost no blue, and far
brighter than a sunlit wall, so that a camera clips red first, then green. That
makes cores yellow-white and edges orange without a painted palette.
"""

import numpy as np

from .canvas import Canvas, Colour, Mood, mix, rgb
from .noise import (
    Field,
    Rng,
    coordinates,
    enlarge,
    fbm,
    gather,
    gather_across,
    line,
    power,
    ridged,
    step,
)


def emission(heat: Field, radiance: float, yellow: float = 0.26) -> Field:
    """Light of hot soot: `heat` 0..1 to (3, H, W) radiance; hotter is also yellower."""
    strength = power(heat, 1.8) * np.float32(radiance)
    green = np.float32(0.14) + np.float32(yellow) * heat
    blue = np.float32(0.003) + np.float32(0.057) * heat * heat
    return np.stack([strength, strength * green, strength * blue])


def tongues(
    rng: Rng,
    canvas: Canvas,
    base: Field,
    height: Field,
    *,
    radiance: float,
    lean: float = 0.0,
    ragged: float = 1.0,
    solid: float = 1.0,
    yellow: float = 0.26,
) -> None:
    """Flames that stand on the line `base` and reach `height`, in pixels a column.

    Where `height` is 0 nothing burns. Noise is stretched upwards and bent, so
    that tongues part, lean with the wind and end in filaments.
    """
    tallest = float(height.max())
    if tallest < 1:
        return
    first = max(0, int(base.min() - tallest * 1.5))
    last = min(canvas.height, int(base.max() + tallest * 0.2 + 2))
    shape = (last - first, canvas.width)
    if shape[0] < 2:
        return
    yy, xx = coordinates(canvas.height, canvas.width)
    yy, xx = yy[first:last], xx[first:last]
    unit = canvas.unit
    size = max(4.0 * unit, tallest)
    up = np.clip(base - yy, -size, 3 * size)
    swirl = fbm(rng, shape, (size * 0.5, size * 0.3), 4, 0.65) - np.float32(0.5)
    x = xx + swirl * up * np.float32(0.75 * ragged) - up * np.float32(lean)
    x = np.clip(x, 0, canvas.width - 1.01)
    column = x.astype(np.int32)
    v = up / (height[column] + np.float32(0.5))
    broad = gather_across(fbm(rng, shape, (size * 0.5, size * 0.16), 3, 0.6), x)
    # filaments as wide as a pixel or two: without them flames look like liquid
    fine = fbm(rng, shape, (max(3.0, size * 0.16), max(1.4, size * 0.045)), 3, 0.75)
    fine = gather_across(fine, x)
    n = broad * np.float32(0.6) + fine * np.float32(0.4)
    reach = np.float32(1.12) - v + (n - 0.5) * np.float32(2.1 * ragged)
    inside = step(reach, 0.05, 0.75) * np.clip(up / (0.06 * size) + 1, 0, 1)
    inside *= np.clip(height[column] / np.float32(2 * unit), 0, 1)
    heat = (
        np.float32(0.3)
        + np.float32(0.55) * ridged(broad)
        + (fine - 0.5) * np.float32(0.9)
    )
    heat = inside * np.clip(heat + (np.float32(0.3) - v * np.float32(0.4)), 0.04, 1)
    heat = np.clip(heat * (solid + (1 - solid) * step(n, 0.40, 0.62)), 0, 1)
    canvas.burn(heat, emission(heat, radiance, yellow), top=first)


def flame_heights(
    rng: Rng, canvas: Canvas, *, centre: float, spread: float, tall: float, gaps: float
) -> Field:
    """Height of the flames at each column: clusters of tongues around `centre`."""
    width = canvas.width
    x = np.arange(width, dtype=np.float32)
    window = np.clip(
        1.2 - np.abs(x - np.float32(centre)) / np.float32(max(spread, 1)), 0, 1
    )
    window = np.minimum(window * 3, 1)
    clusters = step(
        line(rng, width, max(3.0, spread * 0.5), 3), gaps - 0.12, gaps + 0.12
    )
    spikes = line(rng, width, max(2.0, tall * 0.45), 3, 0.7)
    return (
        window
        * clusters
        * (np.float32(0.25) + np.float32(1.1) * spikes * spikes * 2)
        * np.float32(tall)
    ).astype(np.float32)


def wall(
    rng: Rng, canvas: Canvas, *, radiance: float, floor: float, yellow: float = 0.26
) -> None:
    """A wall of flame that fills much of the picture above the row `floor`."""
    shape = canvas.shape
    yy, xx = coordinates(*shape)
    unit = canvas.unit
    cell = unit * rng.uniform(55, 120)
    warp_y = (fbm(rng, shape, cell, 3) - 0.5) * np.float32(cell * 0.7)
    warp_x = (fbm(rng, shape, cell, 3) - 0.5) * np.float32(cell * 0.45)
    n = fbm(rng, shape, (cell * 1.3, cell * 0.45), 6, 0.66)
    n = gather(n, yy + warp_y, xx + warp_x)
    threads = fbm(rng, shape, (unit * 16, unit * 3.5), 3, 0.8)
    threads = gather(threads, yy + warp_y * np.float32(0.5), xx + warp_x)
    reach = np.float32(floor) - yy
    up = np.clip(reach / np.float32(floor + 1), -0.2, 1)
    mixed = n * np.float32(0.75) + threads * np.float32(0.25)
    body = step(
        mixed + np.float32(0.14) - up * np.float32(rng.uniform(0.0, 0.4)), 0.36, 0.78
    )
    body *= np.clip(reach / (6 * unit) + 1, 0, 1)
    heat = body * (
        np.float32(0.30)
        + np.float32(0.5) * ridged(n)
        + (threads - 0.5) * np.float32(0.8)
    )
    heat = np.clip(heat, 0, 1)
    canvas.burn(heat, emission(heat, radiance, yellow))


def creeping(
    rng: Rng,
    canvas: Canvas,
    *,
    top: Field,
    bottom: float,
    radiance: float,
    share: float,
) -> None:
    """Ground fire and embers: broken glowing patches, flat in perspective."""
    first = max(0, int(top.min()))
    last = min(canvas.height, int(bottom))
    if last - first < 4:
        return
    shape = (last - first, canvas.width)
    unit = canvas.unit
    yy, _ = coordinates(canvas.height, canvas.width)
    where = np.clip((yy[first:last] - top) / (3 * unit), 0, 1)
    big = fbm(rng, shape, (16 * unit, 40 * unit), 4, 0.55)
    small = fbm(rng, shape, (2.6 * unit, 4.5 * unit), 3, 0.8)
    front = ridged(big)
    n = front * np.float32(0.62) + small * np.float32(0.38)
    edge = float(
        np.partition(n.ravel(), int(n.size * (1 - share)))[int(n.size * (1 - share))]
    )
    heat = step(n, edge, edge + 0.12) * where * np.clip(0.3 + small, 0, 1)
    canvas.burn(heat, emission(heat, radiance), top=first)


def sparks(
    rng: Rng,
    canvas: Canvas,
    *,
    count: int,
    x: float,
    y: float,
    spread: float,
    radiance: float,
) -> None:
    """Glowing specks carried up from (x, y)."""
    unit = canvas.unit
    rise = rng.random(count) ** 0.7 * spread * 1.6
    xs = x + rng.standard_normal(count) * spread * (0.25 + 0.5 * rise / (spread * 1.6))
    ys = y - rise
    colour = rgb((1.0, 0.32, 0.05))[..., 0]
    for px, py in zip(xs, ys, strict=True):
        i, j = int(py), int(px)
        if 1 <= i < canvas.height - 2 and 1 <= j < canvas.width - 2:
            glow = np.float32(radiance * rng.uniform(0.15, 1.0))
            long = 1 + int(rng.random() < 0.3 * unit)
            canvas.radiance[:, i : i + long, j] += colour * glow


def _coarse(canvas: Canvas) -> tuple[tuple[int, int], float]:
    """Shape and unit of half the picture's size: smoke has no finer detail."""
    return ((canvas.height + 1) // 2, (canvas.width + 1) // 2), canvas.unit / 2


def plume(
    rng: Rng,
    canvas: Canvas,
    *,
    x: float,
    y: float,
    width: float,
    rise: float,
    wind: float,
    thick: float,
    fray: float = 1.0,
) -> Field:
    """Density of a smoke column from (x, y), bent by `wind`, widening as it rises."""
    shape, unit = _coarse(canvas)
    x, y, width, rise = x / 2, y / 2, width / 2, rise / 2
    yy, xx = coordinates(*shape)
    up = (np.float32(y) - yy) / np.float32(rise)
    t = np.clip(up, 0, 1.6)
    centre = np.float32(x) + np.float32(wind * rise) * t * (
        np.float32(0.4) + np.float32(0.6) * t
    )
    cell = max(width * 1.1, 24 * unit)
    warp = (fbm(rng, shape, cell, 4, 0.55) - 0.5) * np.float32(2)
    half = np.float32(width) * (np.float32(0.45) + np.float32(1.5) * t)
    d = np.abs(xx - centre + warp * half * np.float32(0.8 * fray)) / half
    billow = fbm(rng, shape, (cell * 0.7, cell * 0.6), 5, 0.55)
    body = np.clip(np.float32(1.15) - d * d, 0, 1.2)
    body *= np.clip(up * np.float32(rise / (5 * unit)) + 1, 0, 1)
    thins = np.clip(np.float32(1.5) - up, 0, 1)
    density = body * thins + (billow - 0.62) * np.float32(1.3 * fray) * (body > 0)
    return np.clip(np.clip(density, 0, 1) * np.float32(thick), 0, 0.985)


def veil(rng: Rng, canvas: Canvas, *, low: float, amount: float) -> Field:
    """Density of drifting smoke over everything, thickest around the row `low`."""
    shape, unit = _coarse(canvas)
    yy, _ = coordinates(*shape)
    n = fbm(
        rng, shape, (rng.uniform(35, 80) * unit, rng.uniform(60, 130) * unit), 5, 0.55
    )
    band = np.clip(
        1 - np.abs(yy - np.float32(low / 2)) / np.float32(shape[0] * 0.75), 0, 1
    )
    density = step(n, 0.25, 0.85) * (np.float32(0.35) + np.float32(0.65) * band)
    return np.clip(density * np.float32(amount), 0, 0.97)


def paint_smoke(
    rng: Rng,
    canvas: Canvas,
    mood: Mood,
    density: Field,
    *,
    tone: float,
    warm: float = 0.0,
) -> None:
    """Paint smoke of a `density`: `tone` 0 black to 1 white; `warm` browns it.

    Lit softly from the sun's side through its own thickness, never embossed;
    its share of the fire's glow comes later, through the canvas's albedo.
    """
    shape, unit = _coarse(canvas)
    white: Colour = (0.88, 0.88, 0.89)
    colour = rgb(mix(mix((0.09, 0.085, 0.08), white, tone), (0.55, 0.36, 0.19), warm))
    puffs = fbm(rng, shape, 30 * unit, 4, 0.6)
    reach = max(1, round(7 * unit))
    body = density * np.float32(0.6) + puffs * np.float32(0.8)
    toward = np.roll(body, (reach, round(-reach * mood.side)), axis=(0, 1))
    light = np.clip(np.float32(0.62) + (body - toward) * np.float32(0.75), 0.15, 1.15)
    light, density = enlarge(light, canvas.shape), enlarge(density, canvas.shape)
    sky = colour * rgb(mix(mood.ambient, mood.horizon, 0.45))
    sun = colour * rgb(mood.sun, 0.8)
    dim = np.float32(0.55) + np.float32(0.45) * light
    radiance = light * sun
    radiance += sky
    radiance *= dim
    canvas.paint(density, radiance, colour * np.float32(0.8))


def dust(rng: Rng, canvas: Canvas, mood: Mood, *, x: float, y: float) -> None:
    """A cloud of dust behind a vehicle or a gust: low, brown, wider than high."""
    unit = canvas.unit
    density = plume(
        rng,
        canvas,
        x=x,
        y=y,
        width=unit * rng.uniform(18, 50),
        rise=unit * rng.uniform(35, 80),
        wind=rng.uniform(-2.2, 2.2),
        thick=rng.uniform(0.6, 0.95),
        fray=1.2,
    )
    paint_smoke(
        rng,
        canvas,
        mood,
        density,
        tone=rng.uniform(0.55, 0.9),
        warm=rng.uniform(0.5, 0.95),
    )


def backlight(canvas: Canvas, glow: Field, gain: float) -> None:
    """Light what stands near the flames: land, trees and smoke by their albedo."""
    lit = canvas.albedo + np.float32(0.012)
    lit *= glow
    lit *= np.float32(gain)
    canvas.radiance += lit
