"""Draw one scene: plan, view, fire, camera."""

import io
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from . import fire as flames
from . import land, trees
from .burn import ignite
from .camera import develop
from .canvas import Canvas, Mood
from .noise import Rng, interleaved
from .plan import Plan, plan
from .plan import wish as asked
from .sky import MOODS, fog_bank
from .sky import flare as lens_flare
from .views import VIEWS, Place

VERSION = 1  # raised whenever a seed gives another picture


class Scene(NamedTuple):
    """A drawn picture: pixels, where flames are visible, and how it came about."""

    image: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    metadata: dict[str, Any]


def _compose(rng: Rng, p: Plan, size: int, boost: float) -> tuple[Canvas, Mood]:
    canvas = Canvas(size, size, burns=p.kind == "fire")
    mood = MOODS[p.mood](rng)
    wish = asked(rng, p)
    if (p.mood == "dusk" and rng.random() < 0.75) or p.category == "alpenglow":
        # the camera is set for the bright sky, the land is left dark
        haze = rng.uniform(0.03, 0.9) if p.mood == "dusk" else rng.uniform(0.05, 0.6)
        mood = mood.dimmed(rng.uniform(0.01, 0.5), haze)
    view = VIEWS[p.view]
    burn_at = int(rng.integers(0, 3))
    dusty = p.category == "dust"
    lit = False
    last: Place | None = None
    for number, place in enumerate(view(rng, canvas, mood, wish)):
        last = place
        if p.kind == "fire" and number == burn_at and p.style != "wall":
            ignite(rng, canvas, mood, p.style, place, boost)
            lit = True
        if dusty and number == 0:
            x = size * rng.uniform(0.1, 0.9)
            flames.dust(
                rng, canvas, mood, x=x, y=float(place.base[int(x)]) + 10 * canvas.unit
            )
    if p.kind == "fire" and not lit and last is not None:
        # the nearest place; a wall of flame always stands there
        ignite(rng, canvas, mood, p.style, last, boost)
    unit = canvas.unit
    if p.category == "fog" and rng.random() < 0.6:
        fog_bank(
            rng,
            canvas,
            mood,
            size * rng.uniform(0.3, 0.9),
            size * rng.uniform(0.1, 0.3),
            strength=rng.uniform(0.3, 0.85),
        )
    if p.category == "lamps":
        for _ in range(int(rng.integers(3, 45))):
            land.lamp(
                rng,
                canvas,
                rng.uniform(0, size),
                size * rng.uniform(0.35, 0.95),
                size=rng.uniform(0.35, 1.4),
            )
    if p.category == "lens_flare":
        lens_flare(
            rng, canvas, size * rng.uniform(0.1, 0.9), size * rng.uniform(0.05, 0.55)
        )
    if p.kind == "nofire" and p.mood in ("dusk", "golden") and rng.random() < 0.12:
        trees.bare_tree(
            rng,
            canvas,
            mood,
            rng.uniform(0, size),
            size * rng.uniform(0.9, 1.1),
            unit * rng.uniform(120, 260),
            dark=0.1,
        )
    return canvas, mood


def _expose(canvas: Canvas, mood: Mood) -> float:
    """The gain that a camera's meter chooses, before fire light is added."""
    if mood.name == "night":
        return float(mood.exposure * 0.36)
    if mood.name == "dusk":
        return float(mood.exposure)
    seen = canvas.radiance + canvas.blaze
    np.clip(seen, 0, 2, out=seen)
    level = float(interleaved(seen).mean(dtype=np.float64))
    target = 0.21
    return float(np.clip(mood.exposure * (target / max(level, 1e-3)) ** 0.6, 0.35, 2.2))


def draw(
    seed: int, *, kind: str | None = None, category: str | None = None, size: int = 250
) -> tuple[bytes, NDArray[np.bool_], dict[str, Any]]:
    """A scene as the bytes of a JPEG file, its flame mask and its metadata."""
    if size < 32:
        raise ValueError(
            f"Size {size} is too small for a scene: choose at least 32 pixels."
        )
    rng = np.random.default_rng([int(seed), VERSION])
    p = plan(rng, kind, category)
    small = p.style in ("distant", "aerial", "line", "embers")
    least = rng.uniform(0.0015, 0.004) if small else rng.uniform(0.004, 0.03)
    boost = 1.0
    for attempt in range(4):
        canvas, mood = _compose(
            np.random.default_rng([int(seed), VERSION, attempt]), p, size, boost
        )
        exposure = _expose(canvas, mood)
        # flame is visible where it adds a fifth of white to what the camera gets
        mask = canvas.blaze[0] * np.float32(exposure) > 0.2
        if p.kind != "fire" or float(mask.mean()) >= least:
            break
        boost *= 1.5
    light = canvas.light
    if p.kind == "fire":
        glow = canvas.glow()
        flames.backlight(
            canvas,
            glow,
            rng.uniform(0.5, 2.0) * (2.5 if p.mood in ("night", "dusk") else 1.0),
        )
        light = canvas.light + canvas.flame
    data = develop(rng, light, exposure=exposure, night=mood.name == "night")
    metadata = {
        "seed": int(seed),
        "label": p.kind,
        "category": p.category,
        "mood": p.mood,
        "view": p.view,
        "fire_fraction": round(float(mask.mean()), 5),
        "size": size,
    }
    return data, mask, metadata


def render(
    seed: int, *, kind: str | None = None, category: str | None = None, size: int = 250
) -> Scene:
    """Draw one scene.

    Parameters
    ----------
    seed
        Same seed, same picture.
    kind
        "fire" or "nofire"; by default the seed decides.
    category
        A hard negative of `CATEGORIES` or a style of fire of `STYLES`.
    size
        Side of the square picture in pixels.

    Returns
    -------
    Scene
        `image` (size, size, 3) uint8, `mask` (size, size) bool with True where
        flames are visible, and `metadata`.

    Examples
    --------
    >>> scene = render(7, kind="fire", size=64)
    >>> scene.image.shape, scene.mask.any() == (scene.metadata["fire_fraction"] > 0)
    ((64, 64, 3), np.True_)
    """
    data, mask, metadata = draw(seed, kind=kind, category=category, size=size)
    return Scene(np.asarray(Image.open(io.BytesIO(data))), mask, metadata)
