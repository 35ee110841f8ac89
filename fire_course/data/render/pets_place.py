"""What is behind a pet: a room, a garden, a blanket, or lights out of focus."""

import numpy as np

from .brush import Colour, Sheet, any_colour, ellipse, ramp, stroke, tint, tinted
from .noise import Field, Rng, coordinates, fbm, step


def _even(shape: tuple[int, int], tone: Colour) -> Field:
    return tint(np.ones(shape, np.float32), tone)


def _mottled(rng: Rng, shape: tuple[int, int], tone: Colour, amount: float) -> Field:
    cell = min(shape) * rng.uniform(0.08, 0.3)
    gain = 1 + np.float32(amount) * (fbm(rng, shape, cell, 4) - np.float32(0.5)) * 2
    return tint(gain, tone)


def _room(rng: Rng, shape: tuple[int, int]) -> Field:
    height, width = shape
    wall = any_colour(rng, low=0.3)
    sheet = Sheet(_mottled(rng, shape, wall, 0.08))
    if rng.random() < 0.4:  # wallpaper
        lines = rng.uniform(6, 16)
        for i in range(int(lines) + 1):
            x = (i + 0.5) * width / lines
            band = stroke([(x, -2), (x, height + 2)], width / lines * 0.4)
            sheet.fill(band, tinted(wall, 0.85), strength=0.7)
    if rng.random() < 0.6:  # a window or a picture
        w, h = rng.uniform(0.2, 0.45) * width, rng.uniform(0.25, 0.5) * height
        x, y = rng.uniform(0, 0.8) * width, rng.uniform(-0.1, 0.2) * height
        frame = np.array([(x, y), (x + w, y), (x + w, y + h), (x, y + h)])
        inner = (frame - frame.mean(axis=0)) * 0.85 + frame.mean(axis=0)
        sheet.fill(frame, any_colour(rng))
        sheet.fill(inner, any_colour(rng, low=0.4))
    floor = rng.uniform(0.55, 0.9) * height
    ground = np.array([(-2, floor), (width + 2, floor), (width + 2, height + 2)])
    ground = np.concatenate([ground, [(-2, height + 2)]])
    sheet.fill(ground, _mottled(rng, shape, any_colour(rng, low=0.2, high=0.8), 0.2))
    if rng.random() < 0.5:
        for _ in range(int(rng.integers(4, 9))):  # boards
            x = rng.uniform(-0.2, 1.2) * width
            slant = (x - width / 2) * 0.5
            board = stroke([(x, floor), (x + slant, height)], max(1.0, width / 150))
            sheet.fill(board, (40.0, 30.0, 25.0), strength=0.4)
    edge = [(-2, floor), (width + 2, floor)]
    sheet.fill(stroke(edge, height * 0.02), any_colour(rng))
    return sheet.pixels


def _garden(rng: Rng, shape: tuple[int, int]) -> Field:
    height, width = shape
    sky = _even(shape, (150.0, 190.0, 230.0))
    sky = sky * (1 - ramp(shape, -np.pi / 2) * np.float32(0.4))[..., None]
    sheet = Sheet(sky)
    horizon = rng.uniform(0.25, 0.65) * height
    for _ in range(int(rng.integers(6, 14))):  # bushes and trees
        r = rng.uniform(0.08, 0.22) * max(shape)
        x = rng.uniform(-0.05, 1.05) * width
        green = (rng.uniform(30, 110), rng.uniform(70, 150), rng.uniform(25, 80))
        bush = ellipse(x, horizon - 0.4 * r, r, r * rng.uniform(0.7, 1.5))
        sheet.mould(bush, green, light=4.5, depth=0.3)
    y = coordinates(height, width)[0][:, :1]
    grass = np.array(
        (rng.uniform(70, 150), rng.uniform(120, 180), rng.uniform(40, 80)), np.float32
    )
    blades = fbm(rng, shape, (min(shape) * 0.06, min(shape) * 0.02), 3)
    lawn = tint(np.float32(0.55) + blades * np.float32(0.9), grass)
    sheet.paint(step(y, horizon - 1, horizon + 1), lawn)
    return sheet.pixels


def _blanket(rng: Rng, shape: tuple[int, int]) -> Field:
    height, width = shape
    tone = any_colour(rng, low=0.2)
    sheet = Sheet(_mottled(rng, shape, tone, 0.25))
    other = any_colour(rng)
    if rng.random() < 0.6:  # tartan or stripes
        n = rng.uniform(3, 9)
        slant = rng.uniform(-0.3, 0.3)
        for i in range(-3, int(n) + 4):
            x = i * width / n
            far = slant * height
            ends = [(x - far, -2.0), (x + far, height + 2.0)]
            sheet.fill(stroke(ends, width / n * 0.3), other, strength=0.6)
        if rng.random() < 0.5:
            for i in range(int(n) + 1):
                z = (i + 0.3) * height / n
                ends = [(-2.0, z), (width + 2.0, z + slant * width * 0.4)]
                sheet.fill(stroke(ends, height / n * 0.3), other, strength=0.5)
    folds = fbm(rng, shape, (min(shape) * 0.7, min(shape) * 0.25), 2)
    return sheet.pixels * (np.float32(0.7) + folds * np.float32(0.6))[..., None]


def _lights(rng: Rng, shape: tuple[int, int]) -> Field:
    height, width = shape
    sheet = Sheet(_mottled(rng, shape, any_colour(rng, high=0.7), 0.4))
    for _ in range(int(rng.integers(8, 22))):
        r = rng.uniform(0.03, 0.13) * max(shape)
        spot = ellipse(rng.uniform(0, width), rng.uniform(0, height), r, r)
        sheet.fill(spot, any_colour(rng, low=0.5), strength=rng.uniform(0.15, 0.5))
    return sheet.pixels


def place(rng: Rng, shape: tuple[int, int]) -> Field:
    """Draw a background (height, width, 3) in grey levels."""
    draw = (_room, _garden, _blanket, _lights)[
        int(rng.choice(4, p=[0.4, 0.3, 0.2, 0.1]))
    ]
    return draw(rng, shape)
