"""Trees: rows of crowns, trunks of a forest's inside, bare ones, leaves, grass."""

import numpy as np
from PIL import Image, ImageDraw

from .canvas import Canvas, Colour, Mood, rgb, vary
from .land import colour_of
from .noise import Field, Rng, coordinates, fbm, grain, pick, step, value


def _crown(kind: str, across: Field, half: Field) -> Field:
    """How much of a tree's height is reached `across` pixels from its stem."""
    u = np.abs(across)
    u /= half
    if kind == "conifer":
        return 1 - u
    return np.where(u < 1, 0.25 + 0.75 * np.sqrt(np.clip(1 - u * u, 0, 1)), -1)


def row(
    rng: Rng,
    canvas: Canvas,
    mood: Mood,
    base: Field,
    height: float,
    kind: str,
    *,
    haze: float = 0.0,
    density: float = 1.0,
    cover: str | None = None,
    dark: float = 1.0,
    tint: Colour | None = None,
) -> None:
    """One row of trees standing on the line `base`, `height` pixels tall on average.

    `kind` is "conifer" or "broadleaf"; `haze` 0..1 fades the row into the mood's
    haze; `density` below 1 leaves gaps; `dark` scales the light on it.
    """
    width = canvas.width
    half = height * (
        rng.uniform(0.14, 0.24) if kind == "conifer" else rng.uniform(0.35, 0.55)
    )
    count = max(1, int(width / half * rng.uniform(0.9, 1.6) * density))
    xs = rng.uniform(-half, width + half, count)
    tall = height * rng.uniform(0.45, 1.25, count)
    wide = half * rng.uniform(0.7, 1.3, count)
    middle, spread, size = (each.astype(np.float32) for each in (xs, wide, tall))
    columns = np.arange(width, dtype=np.float32)
    tops = _crown(kind, columns[:, None] - middle, spread) * size
    own = tops.argmax(axis=1)
    top = tops[np.arange(width), own]
    # a crown is highest at the half column next to its middle, on either side
    left = np.floor(middle * 2)
    peaks = [
        _crown(kind, np.clip(at, 0, 2 * width - 1) / 2 - middle, spread) * size
        for at in (left, left + 1)
    ]
    first = max(0, int(base.min() - np.max(peaks) * 1.15 - 2))
    last = min(canvas.height, int(base.max()) + 2)
    if last - first < 3:
        return
    shape = (last - first, width)
    yy, xx = coordinates(canvas.height, width)
    above = base - yy[first:last]
    unit = canvas.unit
    flank = (columns - middle[own]) / spread[own]
    needles = grain(rng, shape)
    if kind == "conifer":
        tier = max(1.3, height * 0.055)
        jag = value(rng, shape, (tier, max(1.3, half * 0.4))) - np.float32(0.5)
        # branches droop outwards, so that tiers are arches and not bands
        ragged = (
            above
            + jag * np.float32(height * 0.30)
            + needles * np.float32(min(0.16 * height, 9 * unit))
        )
    else:
        clump = max(1.5, height * 0.16)
        jag = fbm(rng, shape, clump, 3, 0.65) - np.float32(0.5)
        ragged = (
            above
            + jag * np.float32(height * 0.55)
            + needles * np.float32(min(0.2 * height, 8 * unit))
        )
    alpha = np.clip(top - ragged + np.float32(0.5), 0, 1) * np.clip(above + 1.5, 0, 1)
    if kind == "broadleaf" and height > 22 * unit:
        # near enough to see the stem under the crown
        hollow = above - jag * np.float32(height * 0.5) - needles * np.float32(3 * unit)
        crown_foot = tall[own].astype(np.float32) * np.float32(0.24)
        stem = np.clip(
            (np.float32(0.07) - np.abs(flank)) * np.float32(half) + 0.5, 0, 1
        )
        alpha *= np.maximum(np.clip(hollow - crown_foot + 0.5, 0, 1), stem)
    # each tree its own brightness, one flank towards the sun, dark feet
    shade = np.float32(0.42) + flank * np.float32(0.38 * mood.side)
    shade = shade * rng.uniform(0.6, 1.25, count).astype(np.float32)[own]
    lift = np.clip(above / (top + np.float32(1)), 0, 1)
    shade = np.clip(
        shade * (np.float32(0.25) + np.float32(0.85) * lift) + jag * 0.9, 0.0, 1.2
    )
    cover = cover or kind
    base_colour = rgb(tint) if tint else rgb(colour_of(rng, cover, 0.2))
    if cover == "autumn" or rng.random() < 0.3:
        palette = [rgb(colour_of(rng, cover, 0.3)) for _ in range(5)]
        colours = np.concatenate(palette, axis=-1)
        albedo = colours[..., rng.integers(0, 5, count)[own]]
    else:
        albedo = base_colour
    albedo = albedo * np.clip(
        1 + grain(rng, shape) * np.float32(1.3) + jag * 0.6, 0.1, 2
    )
    radiance = mood.lit(shade, albedo)
    radiance *= np.float32(dark)
    if haze > 0:
        mood.veiled(radiance, np.float32(haze))
    canvas.paint(alpha, radiance, albedo, share=np.float32(1 - haze), top=first)


def slope(
    rng: Rng,
    canvas: Canvas,
    mood: Mood,
    top: Field,
    kind: str,
    *,
    size: float,
    bottom: float,
    haze: float = 0.0,
    density: float = 1.0,
    cover: str | None = None,
    dark: float = 1.0,
    grow: float = 1.7,
) -> None:
    """A hillside of trees: rows from the crest `top` down to row `bottom`, growing."""
    y = 0.0
    tall = size
    mean = float(top.mean())
    while mean + y < bottom + tall * 0.6:
        t = y / max(1.0, bottom - mean)
        veil = haze * (1 - 0.6 * min(1.0, t))
        wave = (
            value(rng, (1, canvas.width), (1, 30 * canvas.unit))[0] - 0.5
        ) * np.float32(tall)
        row(
            rng,
            canvas,
            mood,
            top + np.float32(y + tall * 0.35) + wave,
            tall,
            kind,
            haze=veil,
            density=density,
            cover=cover,
            dark=dark,
        )
        y += tall * rng.uniform(0.45, 0.75)
        tall *= grow ** min(0.35, tall / 130)
        if tall > 130 * canvas.unit:
            break


def trunks(
    rng: Rng,
    canvas: Canvas,
    mood: Mood,
    *,
    count: int,
    width: float,
    foot: Field,
    haze: float,
    dark: float = 1.0,
    top: float = 0.0,
) -> None:
    """Upright trunks from the ground line `foot` out of the picture's top."""
    yy, xx = coordinates(*canvas.shape)
    bend = (value(rng, (canvas.height, 1), 70 * canvas.unit)[:, :1] - 0.5) * np.float32(
        width * 0.35
    )
    lean = rng.uniform(-0.05, 0.05)
    x = xx + bend + (yy - canvas.height * 0.7) * np.float32(lean)
    xs = rng.uniform(-0.05, 1.05, count) * canvas.width
    wide = width * rng.uniform(0.55, 1.5, count)
    columns = np.arange(-40, canvas.width + 40, dtype=np.float32)
    signed = (columns[None] - xs[:, None].astype(np.float32)) / wide[:, None].astype(
        np.float32
    )
    nearest = np.abs(signed).argmin(axis=0)
    across = signed[nearest, np.arange(len(columns))]
    at = np.clip(x + 40.5, 0, len(columns) - 1).astype(np.intp)
    u = pick(across, at)
    swell = (
        np.float32(1)
        + np.clip((yy - foot + 12 * canvas.unit) / (25 * canvas.unit), 0, 1) * 0.5
    )
    alpha = np.clip(
        (np.float32(0.5) * swell - np.abs(u)) * np.float32(width) + 0.5, 0, 1
    )
    depth = rng.uniform(-8, 10, count).astype(np.float32) * np.float32(canvas.unit)
    alpha *= np.clip(foot + pick(depth[nearest], at) - yy, 0, 1)
    if top > 0:
        alpha *= np.clip((yy - top) / (12 * canvas.unit), 0, 1)
    bark = value(
        rng, canvas.shape, (9 * canvas.unit, max(1.2, width * 0.22))
    ) * 0.9 + np.float32(0.5)
    colour: Colour = [
        (0.10, 0.07, 0.05),
        (0.16, 0.12, 0.09),
        (0.07, 0.06, 0.05),
        (0.22, 0.20, 0.18),
    ][rng.integers(4)]
    albedo = rgb(vary(rng, colour, 0.3)) * bark
    shade = np.clip(np.float32(0.4) + u * np.float32(0.9 * mood.side), 0, 1)
    radiance = mood.lit(shade, albedo)
    radiance *= np.float32(dark)
    if haze > 0:
        mood.veiled(radiance, np.float32(haze))
    canvas.paint(alpha, radiance, albedo, share=np.float32(1 - haze))


def bare_tree(
    rng: Rng,
    canvas: Canvas,
    mood: Mood,
    x: float,
    foot: float,
    height: float,
    *,
    dark: float = 0.6,
) -> None:
    """A leafless tree, branch by branch."""
    scale = 2
    picture = Image.new("L", (canvas.width * scale, canvas.height * scale))
    pen = ImageDraw.Draw(picture)

    def branch(
        x: float, y: float, angle: float, length: float, thick: float, level: int
    ) -> None:
        x1 = x + length * float(np.sin(angle))
        y1 = y - length * float(np.cos(angle))
        pen.line((x, y, x1, y1), fill=255, width=max(1, round(thick)))
        if level == 0:
            return
        for _ in range(int(rng.integers(2, 4))):
            t = rng.uniform(0.45, 1.0)
            branch(
                x + (x1 - x) * t,
                y + (y1 - y) * t,
                angle + rng.uniform(-0.75, 0.75),
                length * rng.uniform(0.5, 0.8),
                thick * 0.62,
                level - 1,
            )

    branch(
        x * scale,
        foot * scale,
        rng.uniform(-0.12, 0.12),
        height * 0.36 * scale,
        max(2.0, height * 0.05 * scale),
        5,
    )
    alpha = np.asarray(picture.reduce(scale), np.float32) / np.float32(255)
    albedo = rgb(vary(rng, (0.09, 0.07, 0.055), 0.3))
    radiance = mood.lit(np.full((1, 1), 0.3, np.float32), albedo) * np.float32(dark)
    canvas.paint(alpha, radiance, albedo)


def leaves(
    rng: Rng,
    canvas: Canvas,
    mood: Mood,
    *,
    cover: str,
    amount: float,
    cell: float,
    dark: float = 1.0,
    within: Field | None = None,
) -> None:
    """Foliage near the camera: clumps with gaps between them, lit from above."""
    coarse = fbm(rng, canvas.shape, cell * 4.5, 3, 0.6)
    fine = fbm(rng, canvas.shape, cell, 3, 0.75)
    body = coarse * np.float32(0.55) + fine * np.float32(0.45)
    edge = np.float32(1 - amount)
    if within is not None:
        body = body + (within - 1)
    alpha = step(body, float(edge) - 0.05, float(edge) + 0.05)
    reach = max(1, round(cell * 0.7))
    toward = np.roll(body, (reach, round(reach * mood.side)), axis=(0, 1))
    shade = np.clip(np.float32(0.42) + (body - toward) * np.float32(4.0), 0, 1.3)
    a, b = rgb(colour_of(rng, cover)), rgb(colour_of(rng, cover))
    albedo = step(coarse, 0.4, 0.6) * (b - a)
    albedo += a
    albedo *= np.clip(0.3 + fine * 1.4, 0.1, 2)
    radiance = mood.lit(shade, albedo)
    radiance *= np.float32(dark)
    canvas.paint(alpha, radiance, albedo)


def grass(
    rng: Rng, canvas: Canvas, mood: Mood, top: float, *, cover: str, dark: float = 1.0
) -> None:
    """Blades in front of everything, along the lower edge."""
    unit = canvas.unit
    first = max(0, int(top))
    shape = (canvas.height - first, canvas.width)
    if shape[0] < 4:
        return
    yy, _ = coordinates(*shape)
    blades = fbm(rng, shape, (26 * unit, 1.7 * unit), 2, 0.8)
    reach = yy[:, :1] / np.float32(shape[0])
    alpha = np.clip(
        (reach * np.float32(1.7) + (blades - 0.75) * np.float32(1.6)) * 5, 0, 1
    )
    albedo = rgb(colour_of(rng, cover)) * np.clip(blades * 1.6, 0.1, 2)
    canvas.paint(
        alpha,
        mood.lit(np.clip(blades, 0, 1), albedo) * np.float32(dark),
        albedo,
        top=first,
    )
