"""Moods of light, and skies: gradient, sun, clouds, stars."""

import numpy as np

from .canvas import Canvas, Colour, Mood, mix, rgb, vary
from .noise import Rng, coordinates, fade, fbm, power, step

WARM: list[Colour] = [
    (1.0, 0.42, 0.05),
    (1.0, 0.34, 0.06),
    (1.0, 0.55, 0.10),
    (1.0, 0.48, 0.04),
    (1.0, 0.64, 0.18),
    (1.0, 0.30, 0.10),
    (0.95, 0.33, 0.28),
    (0.85, 0.30, 0.42),
]


def day(rng: Rng) -> Mood:
    """Sun between mid-morning and afternoon, clear to hazy."""
    blue = vary(rng, (0.13, 0.30, 0.72), 0.3)
    pale = mix(blue, (0.80, 0.88, 0.95), rng.uniform(0.45, 0.95))
    return Mood(
        "day",
        sun=vary(rng, (1.0, 0.93, 0.78), 0.12),
        ambient=vary(rng, (0.26, 0.33, 0.43), 0.25),
        haze=mix(pale, (0.62, 0.72, 0.85), 0.5),
        zenith=blue,
        horizon=pale,
        side=rng.uniform(-1, 1),
        exposure=rng.uniform(0.65, 1.35),
        haze_strength=rng.uniform(0.1, 1.2),
    )


def overcast(rng: Rng) -> Mood:
    """Flat grey light, bright or gloomy."""
    grey = vary(rng, (0.72, 0.75, 0.79), 0.2)
    return Mood(
        "overcast",
        sun=(0.12, 0.12, 0.12),
        ambient=vary(rng, (0.52, 0.54, 0.56), 0.25),
        haze=vary(rng, (0.62, 0.65, 0.68), 0.1),
        zenith=mix(grey, (0.35, 0.40, 0.48), rng.uniform(0, 0.8)),
        horizon=grey,
        side=rng.uniform(-1, 1),
        exposure=rng.uniform(0.5, 1.3),
        haze_strength=rng.uniform(0.4, 2.2),
    )


def golden(rng: Rng) -> Mood:
    """Low sun with warm light, an hour before it sets."""
    return Mood(
        "golden",
        sun=vary(rng, (1.0, 0.62, 0.28), 0.15),
        ambient=vary(rng, (0.18, 0.20, 0.26), 0.2),
        haze=vary(rng, (0.75, 0.58, 0.40), 0.2),
        zenith=vary(rng, (0.22, 0.35, 0.62), 0.25),
        horizon=vary(rng, (0.95, 0.74, 0.48), 0.15),
        side=rng.uniform(-1, 1),
        exposure=rng.uniform(0.6, 1.3),
        haze_strength=rng.uniform(0.4, 1.6),
    )


def dusk(rng: Rng) -> Mood:
    """Sun at or under the horizon: dark land, burning sky."""
    warm = WARM[rng.integers(len(WARM))]
    zenith = [
        (0.10, 0.16, 0.36),
        (0.20, 0.12, 0.34),
        (0.30, 0.22, 0.16),
        (0.08, 0.12, 0.20),
    ]
    return Mood(
        "dusk",
        sun=vary(rng, mix(warm, (0.4, 0.2, 0.1), 0.5), 0.1),
        ambient=vary(rng, (0.05, 0.055, 0.08), 0.5),
        haze=mix(vary(rng, warm, 0.15), (0.16, 0.13, 0.20), rng.uniform(0.1, 0.7)),
        zenith=vary(rng, zenith[rng.integers(4)], 0.3),
        horizon=vary(rng, warm, 0.2),
        side=rng.uniform(-0.6, 0.6),
        exposure=rng.uniform(0.55, 1.25),
        haze_strength=rng.uniform(0.2, 1.5),
    )


def night(rng: Rng) -> Mood:
    """Moon or town light only."""
    level = 0.004 + 0.05 * rng.random() ** 2
    tint: Colour = [(0.7, 0.8, 1.2), (1.0, 0.9, 0.8), (0.9, 0.9, 1.0)][rng.integers(3)]
    dim: Colour = (tint[0] * level, tint[1] * level, tint[2] * level)
    return Mood(
        "night",
        sun=mix(dim, (0, 0, 0), 0.4),
        ambient=dim,
        haze=mix(dim, (0, 0, 0), 0.5),
        zenith=mix(dim, (0, 0, 0), 0.3),
        horizon=mix(dim, (0.03, 0.025, 0.03), 0.4),
        side=rng.uniform(-1, 1),
        exposure=rng.uniform(0.7, 1.6),
        haze_strength=rng.uniform(0, 0.6),
    )


def smoky(rng: Rng) -> Mood:
    """Day under a roof of smoke: brown to grey light with little contrast."""
    cast = mix((0.62, 0.60, 0.58), (0.80, 0.48, 0.20), rng.uniform(0, 1) ** 1.5)
    return Mood(
        "smoky",
        sun=mix(cast, (0.1, 0.1, 0.1), 0.7),
        ambient=mix(cast, (0, 0, 0), 0.45),
        haze=vary(rng, cast, 0.15),
        zenith=vary(rng, mix(cast, (0.2, 0.2, 0.2), 0.3), 0.2),
        horizon=vary(rng, cast, 0.15),
        side=rng.uniform(-1, 1),
        exposure=rng.uniform(0.4, 1.1),
        haze_strength=rng.uniform(0.8, 2.6),
    )


def flooded(rng: Rng) -> Mood:
    """Near a large fire: smoke fills the air with one orange or red, land is black."""
    cast = vary(rng, mix((0.95, 0.38, 0.05), (0.75, 0.16, 0.03), rng.random()), 0.2)
    return Mood(
        "flooded",
        sun=mix(cast, (0, 0, 0), 0.85),
        ambient=mix(cast, (0.02, 0.02, 0.02), 0.82),
        haze=cast,
        zenith=mix(cast, (0.1, 0.06, 0.04), rng.uniform(0, 0.8)),
        horizon=cast,
        side=rng.uniform(-1, 1),
        exposure=rng.uniform(0.5, 1.3),
        haze_strength=rng.uniform(0.3, 2.0),
    )


MOODS = {m.__name__: m for m in (day, overcast, golden, dusk, night, smoky, flooded)}


def clouds(
    rng: Rng,
    canvas: Canvas,
    mood: Mood,
    horizon: float,
    cover: float,
    *,
    rugged: float = 0.5,
) -> None:
    """A layer of clouds, flatter towards the horizon; lit from the sun's side."""
    height = max(8, int(horizon) + 2)
    height = min(height, canvas.height)
    unit = canvas.unit
    cell = unit * rng.uniform(35, 110)
    flat = rng.uniform(0.25, 0.8)
    n = fbm(rng, (height, canvas.width), (cell * flat, cell), 6, 0.45 + 0.25 * rugged)
    density = step(n, 1.0 - cover - 0.12, 1.0 - cover + rng.uniform(0.1, 0.35))
    shift = max(1, round(unit * 5))
    toward = np.roll(n, (shift, round(shift * mood.side)), axis=(0, 1))
    relief = np.clip(0.55 + (n - toward) * np.float32(1.6), 0, 1)
    if mood.name == "dusk":
        # the low sun meets the undersides
        belly = mix(mood.horizon, (1.0, 0.45, 0.25), rng.uniform(0, 0.6))
        # lit from below, or dark against what is left of the light
        bright = rgb(belly, rng.uniform(0.05, 1.1))
        dark = rgb(mix(mood.zenith, (0.12, 0.10, 0.12), 0.6))
    elif mood.name == "night":
        bright, dark = rgb(mood.horizon, 1.5), rgb(mood.zenith, 0.5)
    else:
        white = mix(mood.sun, (0.95, 0.95, 0.97), 0.6)
        bright = rgb(white, rng.uniform(0.75, 1.1))
        dark = rgb(mix(mood.ambient, mood.horizon, 0.4), rng.uniform(0.6, 1.0))
    radiance = relief * (bright - dark)
    radiance += dark
    canvas.paint(density, radiance)


def sun_disc(
    rng: Rng, canvas: Canvas, mood: Mood, x: float, y: float, *, strength: float = 1.0
) -> None:
    """The sun with its glow; the disc is far over white, as in a camera."""
    yy, xx = coordinates(*canvas.shape)
    unit = canvas.unit
    distance2 = ((xx - x) ** 2 + ((yy - y) * np.float32(1.15)) ** 2) / np.float32(
        unit * unit
    )
    radius = rng.uniform(2.5, 9.0)
    distance = np.sqrt(distance2)
    disc = np.clip(radius + 0.7 - distance, 0, 1)
    glow = fade(distance / np.float32(rng.uniform(10, 34))) * np.float32(
        rng.uniform(0.6, 1.5)
    )
    wide = fade(distance / np.float32(rng.uniform(50, 140))) * np.float32(
        rng.uniform(0.2, 0.7)
    )
    # haze near the ground spreads the glow sideways
    flat = np.sqrt((xx - x) ** 2 * np.float32(0.05) + (yy - y) ** 2) / np.float32(unit)
    wide = wide + fade(flat / np.float32(rng.uniform(8, 25))) * np.float32(
        rng.uniform(0, 0.7)
    )
    colour = rgb(mix(mood.horizon, (1.0, 0.75, 0.35), rng.uniform(0, 0.6)))
    core = rgb((1.0, 0.93, 0.75), rng.uniform(2.0, 5.0))
    light = (glow + wide) * colour
    light *= np.float32(strength)
    centre = disc * core
    centre *= np.float32(strength)
    light += centre
    canvas.radiance += light


def flare(rng: Rng, canvas: Canvas, x: float, y: float) -> None:
    """Rays of the aperture and ghosts on the line through the centre; painted last."""
    yy, xx = coordinates(*canvas.shape)
    unit = canvas.unit
    dx, dy = (xx - np.float32(x)) / unit, (yy - np.float32(y)) / unit
    distance = np.sqrt(dx * dx + dy * dy) + np.float32(0.5)
    rays = np.zeros(canvas.shape, np.float32)
    count = int(rng.integers(3, 8))
    turn = rng.uniform(0, np.pi)
    for k in range(count):
        a = turn + np.pi * k / count
        across = np.abs(dx * np.float32(np.sin(a)) - dy * np.float32(np.cos(a)))
        rays += fade(across * np.float32(0.9)) * fade(
            distance / np.float32(rng.uniform(12, 30))
        )
    warm = rgb(vary(rng, (1.0, 0.75, 0.45), 0.2), rng.uniform(0.8, 2.2))
    canvas.radiance += rays * warm
    cx, cy = canvas.width / 2, canvas.height / 2
    for _ in range(int(rng.integers(2, 6))):
        t = rng.uniform(0.3, 2.2)
        gx, gy, r = x + (cx - x) * t, y + (cy - y) * t, unit * rng.uniform(3, 16)
        d = np.sqrt(
            (xx - np.float32(gx)) ** 2 + (yy - np.float32(gy)) ** 2
        ) / np.float32(r)
        tint = [(1, 0.5, 0.2), (0.3, 0.9, 0.5), (0.4, 0.5, 1), (1, 0.3, 0.3)][
            rng.integers(4)
        ]
        canvas.radiance += step(d, 1.05, 0.85) * rgb(tint, rng.uniform(0.04, 0.22))


def afterglow(rng: Rng, canvas: Canvas, mood: Mood, horizon: float) -> None:
    """The usual end of a sunset: grey or blue sky, and a bright band low down only."""
    yy, xx = coordinates(*canvas.shape)
    unit = canvas.unit
    cool: Colour = [
        (0.30, 0.36, 0.48),
        (0.16, 0.24, 0.42),
        (0.42, 0.36, 0.42),
        (0.10, 0.14, 0.26),
        (0.34, 0.34, 0.36),
    ][rng.integers(5)]
    cool = mix((0.0, 0.0, 0.0), cool, rng.uniform(0.25, 1.1))
    pale = vary(rng, mix(cool, (0.80, 0.50, 0.26), rng.uniform(0.05, 0.6)), 0.15)
    yy = yy[:, :1]  # rows alone: NumPy spreads them over the columns
    up = np.clip((np.float32(horizon) - yy) / np.float32(horizon + 1), 0, 1)
    canvas.radiance[:] = rgb(pale) + up * (rgb(vary(rng, cool, 0.2)) - rgb(pale))
    reach = np.float32(unit * rng.uniform(5, 28))
    middle = np.float32(canvas.width * rng.uniform(0, 1))
    wide = np.float32(canvas.width * rng.uniform(0.25, 2.0))
    band = fade(np.abs(yy - np.float32(horizon)) / reach) * fade(
        ((xx[:1] - middle) / wide) ** 2
    )
    burn = rgb(vary(rng, WARM[rng.integers(len(WARM))], 0.15), rng.uniform(0.6, 2.2))
    canvas.radiance += band * burn


def sky(
    rng: Rng,
    canvas: Canvas,
    mood: Mood,
    horizon: float,
    *,
    cover: float | None = None,
    sun: tuple[float, float] | None = None,
) -> None:
    """Fill the canvas with sky down to the row `horizon`."""
    yy, _ = coordinates(*canvas.shape)
    t = np.clip(yy[:, :1] / np.float32(max(horizon, 1)), 0, 1)
    t = power(
        t, rng.uniform(0.8, 2.6) if mood.name == "dusk" else rng.uniform(0.6, 1.6)
    )
    canvas.radiance[:] = rgb(mood.zenith) + t * (rgb(mood.horizon) - rgb(mood.zenith))
    if mood.name == "dusk" and rng.random() < 0.6:
        afterglow(rng, canvas, mood, horizon)
    if mood.name == "night" and rng.random() < 0.4:
        stars = rng.random(canvas.shape, dtype=np.float32) > np.float32(0.9985)
        canvas.radiance += stars * np.float32(rng.uniform(0.02, 0.3))
    if sun is not None:
        sun_disc(rng, canvas, mood, *sun, strength=rng.uniform(0.4, 1.3))
    if cover is None:
        cover = rng.uniform(0, 0.75) if rng.random() < 0.65 else 0
    if cover > 0.05:
        clouds(rng, canvas, mood, horizon, cover, rugged=rng.random())


def fog_bank(
    rng: Rng,
    canvas: Canvas,
    mood: Mood,
    y: float,
    depth: float,
    *,
    strength: float = 0.9,
) -> None:
    """Fog or low cloud lying in a valley around row `y`, its edge billowing."""
    yy, _ = coordinates(*canvas.shape)
    unit = canvas.unit
    cell = unit * rng.uniform(30, 80)
    n = fbm(rng, canvas.shape, (cell * 0.5, cell), 5, 0.5)
    edge = (yy[:, :1] - np.float32(y)) / np.float32(depth)
    body = step(n + (1 - np.abs(edge)) * np.float32(0.7), 0.62, 1.05)
    shade = np.clip(0.72 + (n - 0.5) * np.float32(0.8), 0, 1.2)
    white = rgb(mix(mix(mood.horizon, mood.ambient, 0.3), (0.9, 0.91, 0.93), 0.4))
    if mood.name in ("night", "dusk"):
        white = rgb(mix(mood.haze, mood.ambient, 0.4))
    canvas.paint(body * np.float32(strength), shade * white)
