"""The camera: exposure, bloom, blur, noise, colour cast, stamp and JPEG."""

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .noise import (
    TABLE,
    Field,
    Rng,
    coordinates,
    enlarge,
    fifths,
    interleaved,
    look_up,
    soften,
)


@lru_cache(maxsize=32)
def _tone(contrast: float) -> Field:
    """Linear light to sRGB grey levels, with an S-curve of `contrast`."""
    t = np.arange(TABLE, dtype=np.float64) / (TABLE - 1)
    s = np.where(
        t <= 0.0031308, 12.92 * t, 1.055 * np.maximum(t, 1e-9) ** (1 / 2.4) - 0.055
    )
    s = s + contrast * (s * s * (3 - 2 * s) - s)
    return (s * 255).astype(np.float32)


def tone(light: Field, contrast: float) -> Field:
    """Clip and develop linear light into grey levels 0..255 (float)."""
    return look_up(light, _tone(round(contrast, 2)))


def bloom(planes: Field, amount: float, unit: float) -> None:
    """Add the light that a lens scatters around whatever is brighter than white."""
    over = planes - np.float32(0.9)
    np.clip(over, 0, 4, out=over)
    if not over.any():
        return
    spread = enlarge(soften(fifths(over), max(1, round(1.5 * unit))), planes.shape[1:])
    spread *= np.float32(amount)
    planes += spread


def blur(planes: Field, amount: float) -> Field:
    """A three-tap blur along both axes; `amount` 0 none to 1 strong."""
    side = np.float32(amount / 3)
    for axis in (1, 2):
        both = np.empty_like(planes)
        lines, sums = planes.swapaxes(0, axis), both.swapaxes(0, axis)
        np.add(lines[:-2], lines[2:], out=sums[1:-1])
        np.add(lines[0], lines[1], out=sums[0])
        np.add(lines[-2], lines[-1], out=sums[-1])
        both *= side
        planes = planes * (1 - 2 * side)
        planes += both
    return planes


def sharpen(planes: Field, amount: float) -> Field:
    """Unsharp mask, as cameras and web sites apply it."""
    crisp = planes - blur(planes, 1.0)
    crisp *= np.float32(amount)
    crisp += planes
    return crisp


def stamp(rng: Rng, picture: Image.Image) -> None:
    """Date and time in a corner, as cameras write it."""
    hour, minute, second = (int(rng.integers(0, top)) for top in (24, 60, 60))
    year, month, day = (
        int(rng.integers(*ends)) for ends in ((12, 27), (1, 13), (1, 29))
    )
    text = f"20{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"
    if rng.random() < 0.4:
        text = f"CAM {rng.integers(1, 40):02}  " + text
    # the bitmap font: outlines are drawn differently by each release of FreeType
    font = ImageFont.load_default_imagefont()
    left, top, right, bottom = font.getbbox(text)
    letters = Image.new("L", (int(right - left), int(bottom - top)))
    ImageDraw.Draw(letters).text((0, 0), text, fill=255, font=font)
    high = max(6, round(picture.height * rng.uniform(0.035, 0.055)))
    wide = min(picture.width, round(letters.width * high / letters.height))
    letters = letters.resize((wide, high), Image.Resampling.BILINEAR)
    x = round((picture.width - wide) * rng.choice([0.05, 0.5, 0.95]))
    y = round((picture.height - high) * rng.choice([0.015, 0.985]))
    if rng.random() < 0.4:
        bar = (0, max(0, y - 2), picture.width, min(picture.height, y + high + 2))
        picture.paste((0, 0, 0), bar)
    colour = [(255, 255, 255), (255, 240, 120), (200, 255, 200)][rng.integers(3)]
    picture.paste(colour, (x, y), letters)


def develop(rng: Rng, light: Field, *, exposure: float, night: bool) -> bytes:
    """Turn radiance (H, W, 3) into the bytes of a JPEG file, with a camera's traits."""
    height, width = light.shape[:2]
    unit = height / 250
    planes = np.multiply(light.transpose(2, 0, 1), np.float32(exposure), order="C")
    # white balance: mostly right, sometimes clearly not
    wrong = 0.3 if rng.random() < 0.12 else 0.11
    cast = 1 + rng.uniform(-wrong, wrong, 3)
    planes *= cast.astype(np.float32)[:, None, None]
    bloom(planes, rng.uniform(0.0, 0.35), unit)
    if rng.random() < 0.3:
        yy, xx = coordinates(height, width)
        r2 = ((xx / width - 0.5) ** 2 + (yy / height - 0.5) ** 2).astype(np.float32)
        planes *= 1 - r2 * np.float32(rng.uniform(0.3, 1.1))
    levels = tone(planes, float(rng.choice([0.0, 0.1, 0.25, 0.4, 0.6])))
    saturation = np.float32(rng.uniform(0.75, 1.45))
    red, green, blue = levels
    grey = red * np.float32(0.3)
    grey += green * np.float32(0.59)
    grey += blue * np.float32(0.11)
    levels -= grey
    levels *= saturation
    levels += grey
    if rng.random() < 0.15:  # a flat, faded picture
        levels *= np.float32(0.8)
        levels += np.float32(rng.uniform(10, 35))
    kind = rng.random()
    if kind < 0.45:
        levels = blur(levels, rng.uniform(0.1, 0.9))
    elif kind < 0.75:
        levels = sharpen(levels, rng.uniform(0.2, 1.1))
    sigma = rng.uniform(0.3, 3.0) * (2.0 if night else 1.0)
    noise = rng.standard_normal((height, width), dtype=np.float32)
    if rng.random() < 0.5:
        coloured = rng.standard_normal((height, width, 3), dtype=np.float32)
        coloured *= np.float32(0.6)
        noise = np.add(coloured.transpose(2, 0, 1), noise, order="C")
    noise *= np.float32(sigma)
    levels += noise
    levels += np.float32(0.5)
    np.clip(levels, 0, 255, out=levels)
    picture = Image.fromarray(interleaved(levels.astype(np.uint8)))
    if rng.random() < 0.10:
        stamp(rng, picture)
    out = io.BytesIO()
    quality = int(rng.integers(62, 96))
    picture.save(out, "JPEG", quality=quality, subsampling=int(rng.choice([0, 2])))
    return out.getvalue()
