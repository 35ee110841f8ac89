"""Scenes: small pictures of hillsides, with and without fire, drawn by seed.

They never pretend to be photographs. They stand where photographs would need a
download and a licence, and they come with what photographs lack: the mask of
the flames, and the name of everything that only looks like fire.
"""

import io
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from . import fire as flames
from . import land, trees
from .camera import develop
from .canvas import Canvas, Mood
from .noise import Field, Rng, line
from .sky import MOODS, fog_bank
from .sky import flare as lens_flare
from .views import VIEWS, Place, Wish

VERSION = 1  # raised whenever a seed gives another picture

CLASS_NAMES = ("nofire", "fire")
HARD_NEGATIVES = (
    "sunset",
    "alpenglow",
    "cloud",
    "fog",
    "autumn",
    "red_roofs",
    "lamps",
    "lens_flare",
    "reflection",
    "snow",
    "dust",
)
STYLES = (
    "front",
    "crown",
    "wall",
    "ground",
    "line",
    "torch",
    "embers",
    "aerial",
    "distant",
    "glow",
)
CATEGORIES = ("plain", *HARD_NEGATIVES)
Kind = Literal["fire", "nofire"]


class Scene(NamedTuple):
    """A drawn picture: pixels, where flames are visible, and how it came about."""

    image: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    metadata: dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """What is decided before the first pixel."""

    kind: str
    category: str
    style: str
    mood: str
    view: str


def _pick(rng: Rng, weights: dict[str, float]) -> str:
    names = list(weights)
    p = np.array([weights[n] for n in names])
    return str(
        names[int(np.searchsorted(np.cumsum(p / p.sum()), rng.random(), side="right"))]
    )


# A fire is photographed by day as often as in the dark; moods and views are
# shared with the other class so that neither gives the label away.
FIRE_MOODS = {
    "day": 3.2,
    "overcast": 1.3,
    "golden": 0.9,
    "dusk": 1.3,
    "night": 2.4,
    "smoky": 2.2,
}
STYLE_WEIGHTS = {
    "front": 3.0,
    "crown": 2.4,
    "wall": 1.3,
    "ground": 1.4,
    "line": 1.0,
    "torch": 0.8,
    "embers": 0.5,
    "aerial": 1.1,
    "distant": 1.2,
    "glow": 1.0,
}
STYLE_VIEWS = {
    "front": {"hills": 3, "meadow": 3, "forest_wall": 2, "forest_inside": 1},
    "crown": {"hills": 2, "forest_wall": 3, "forest_inside": 1, "meadow": 1},
    "wall": {"forest_inside": 3, "canopy": 2, "meadow": 1, "hills": 1},
    "ground": {"forest_inside": 4, "meadow": 2, "hills": 1},
    "line": {"hills": 4, "meadow": 1, "aerial": 1},
    "torch": {"hills": 2, "forest_wall": 2, "meadow": 2, "forest_inside": 1},
    "embers": {"forest_inside": 2, "meadow": 2, "hills": 1},
    "aerial": {"aerial": 3, "forest_wall": 2, "hills": 1},
    "distant": {"hills": 3, "aerial": 1, "meadow": 1},
    "glow": {"hills": 3, "meadow": 1, "forest_inside": 1},
}
CATEGORY_WEIGHTS = {
    "plain": 9.0,
    "sunset": 3.6,
    "alpenglow": 1.3,
    "cloud": 1.2,
    "fog": 1.6,
    "autumn": 2.4,
    "red_roofs": 0.9,
    "lamps": 1.2,
    "lens_flare": 1.2,
    "reflection": 1.3,
    "snow": 1.0,
    "dust": 0.9,
}
CATEGORY_MOODS = {
    "plain": {
        "day": 6,
        "overcast": 2.2,
        "golden": 1,
        "dusk": 0.7,
        "night": 0.8,
        "smoky": 0.3,
    },
    "sunset": {"dusk": 4, "golden": 0.8},
    "alpenglow": {"dusk": 2, "golden": 1, "day": 0.6},
    "cloud": {"day": 3, "overcast": 1, "golden": 1.2, "dusk": 0.8},
    "fog": {"overcast": 2, "day": 2, "golden": 1.4, "dusk": 0.6, "smoky": 0.8},
    "autumn": {"day": 3, "overcast": 1, "golden": 2},
    "red_roofs": {"day": 3, "overcast": 1, "golden": 1.5, "dusk": 0.3},
    "lamps": {"night": 4, "dusk": 1.5},
    "lens_flare": {"golden": 2, "dusk": 2, "day": 1.5},
    "reflection": {"dusk": 2.4, "golden": 1.2, "day": 1, "night": 0.4},
    "snow": {"day": 3, "overcast": 1, "golden": 0.8, "dusk": 0.5},
    "dust": {"day": 3, "golden": 1.5, "overcast": 0.7, "smoky": 0.6},
}
CATEGORY_VIEWS = {
    "plain": {
        "hills": 4,
        "forest_wall": 3,
        "forest_inside": 2.2,
        "meadow": 2.2,
        "canopy": 1.6,
        "aerial": 1.2,
    },
    "sunset": {"hills": 5, "meadow": 2.5, "forest_inside": 1.2},
    "alpenglow": {"hills": 5, "meadow": 1.5},
    "cloud": {"hills": 4, "meadow": 2},
    "fog": {"hills": 4, "forest_wall": 2, "forest_inside": 2},
    "autumn": {
        "forest_wall": 3,
        "hills": 2,
        "forest_inside": 2,
        "canopy": 2.2,
        "meadow": 1,
    },
    "red_roofs": {"hills": 3, "meadow": 2},
    "lamps": {"hills": 3, "meadow": 2},
    "lens_flare": {"hills": 3, "meadow": 2, "forest_inside": 2},
    "reflection": {"hills": 3, "meadow": 2},
    "snow": {"hills": 4, "meadow": 1, "forest_inside": 1},
    "dust": {"meadow": 3, "hills": 1},
}


def plan(rng: Rng, kind: str | None = None, category: str | None = None) -> Plan:
    """Decide what a scene shows. `category` names a hard negative, or a style of fire."""
    if category is not None and category not in (*CATEGORIES, *STYLES):
        raise ValueError(
            f"Unknown category {category!r}: choose one of {', '.join((*CATEGORIES, *STYLES))}."
        )
    if category is not None:
        implied = "fire" if category in STYLES else "nofire"
        if kind is not None and kind != implied:
            raise ValueError(
                f"Category {category!r} belongs to {implied!r}, not to {kind!r}."
            )
        kind = implied
    if kind is None:
        kind = CLASS_NAMES[int(rng.integers(2))]
    if kind not in CLASS_NAMES:
        raise ValueError(f"Unknown kind {kind!r}: choose 'fire' or 'nofire'.")
    if kind == "fire":
        style = category or _pick(rng, STYLE_WEIGHTS)
        moods = dict(FIRE_MOODS)
        if style in ("line", "embers", "glow"):
            moods |= {"night": 6.0, "dusk": 2.0, "day": 0.8}
        if style in ("aerial", "distant"):
            moods |= {"night": 0.8, "smoky": 1.0}
        return Plan(
            kind, style, style, _pick(rng, moods), _pick(rng, STYLE_VIEWS[style])
        )
    category = category or _pick(rng, CATEGORY_WEIGHTS)
    return Plan(
        kind,
        category,
        "",
        _pick(rng, CATEGORY_MOODS[category]),
        _pick(rng, CATEGORY_VIEWS[category]),
    )


def _wish(rng: Rng, p: Plan) -> Wish:
    """Translate a plan into what the view must contain."""
    c = p.category
    common = {
        "houses": rng.random() < 0.06,
        "road": rng.random() < 0.1,
    }
    if p.kind == "fire":
        # what stands in negatives may stand beside a fire too
        return Wish(
            **(
                common
                | {
                    "burnt": True,
                    "cover": "autumn" if rng.random() < 0.06 else "forest",
                    "red": rng.random() < 0.5,
                    "lamps": p.mood == "night" and rng.random() < 0.3,
                    "water": rng.random() < 0.05,
                    "sun": p.mood == "dusk" and rng.random() < 0.25,
                    "peak": rng.random() < 0.1,
                    "snow": rng.uniform(0, 0.6),
                }
            )
        )
    extra: dict[str, Any] = {}
    if c == "plain":
        extra = {
            "water": rng.random() < 0.18,
            "peak": rng.random() < 0.25,
            "snow": rng.uniform(0.0, 0.7),
            "sun": p.mood == "dusk" and rng.random() < 0.5,
        }
    elif c == "sunset":
        extra = {
            "sun": rng.random() < 0.75,
            "cloud": rng.uniform(0.2, 0.9) if rng.random() < 0.7 else 0.0,
            "water": rng.random() < 0.12,
            "fog": int(rng.random() < 0.3),
            "peak": rng.random() < 0.15,
        }
    elif c == "alpenglow":
        extra = {
            "peak": True,
            "alpenglow": True,
            "snow": rng.uniform(0.2, 0.9),
            "cloud": rng.uniform(0.2, 0.7) if rng.random() < 0.5 else 0.0,
            "fog": int(rng.random() < 0.35),
        }
    elif c == "cloud":
        extra = {
            "cloud": rng.uniform(0.5, 0.95),
            "peak": rng.random() < 0.3,
            "snow": rng.uniform(0, 0.6),
            "fog": 1,
        }
    elif c == "fog":
        extra = {"fog": int(rng.integers(1, 4)), "sun": rng.random() < 0.2}
    elif c == "autumn":
        extra = {
            "cover": "autumn",
            "peak": rng.random() < 0.2,
            "snow": rng.uniform(0, 0.7),
            "water": rng.random() < 0.15,
            "sun": p.view == "forest_inside" and rng.random() < 0.4,
        }
    elif c == "red_roofs":
        extra = {"houses": True, "red": True, "lamps": p.mood == "dusk"}
    elif c == "lamps":
        extra = {
            "houses": True,
            "lamps": True,
            "road": rng.random() < 0.5,
            "sun": False,
        }
    elif c == "lens_flare":
        extra = {"sun": True}
    elif c == "reflection":
        extra = {
            "water": True,
            "sun": p.mood in ("dusk", "golden") and rng.random() < 0.8,
            "cover": "autumn" if rng.random() < 0.3 else "forest",
            "peak": rng.random() < 0.3,
            "snow": rng.uniform(0, 0.8),
        }
    elif c == "snow":
        extra = {
            "cover": "snow",
            "peak": rng.random() < 0.6,
            "snow": rng.uniform(0.5, 1.0),
        }
    elif c == "dust":
        extra = {"road": rng.random() < 0.7}
    return Wish(**(common | extra))


def _ignite(
    rng: Rng, canvas: Canvas, mood: Mood, style: str, place: Place, boost: float
) -> None:
    """Paint smoke, flames and what stands before them at a `place`."""
    height, width, unit = canvas.height, canvas.width, canvas.unit
    night = mood.name == "night"
    radiance = float(np.exp(rng.uniform(np.log(1.2), np.log(8.0)))) * (
        1.6 if night else 1.0
    )
    yellow = rng.uniform(0.08, 0.28)
    centre = width * rng.uniform(0.08, 0.92)
    wind = rng.uniform(-1.2, 1.2)
    lean = wind * rng.uniform(0, 0.45)
    tone = (
        rng.uniform(0.35, 1.0)
        if mood.name in ("day", "overcast")
        else rng.uniform(0.15, 0.8)
    )
    warm = rng.uniform(0, 0.7) ** 1.5
    at = float(place.base[min(width - 1, max(0, int(centre)))])

    def smoke(size: float, thick: float, rise: float) -> None:
        density = flames.plume(
            rng, canvas, x=centre, y=at, width=size, rise=rise, wind=wind, thick=thick
        )
        flames.paint_smoke(rng, canvas, mood, density, tone=tone, warm=warm)

    def veil(low: float, amount: float) -> None:
        density = flames.veil(rng, canvas, low=low, amount=amount)
        flames.paint_smoke(rng, canvas, mood, density, tone=tone, warm=warm)

    wave = (line(rng, width, 45 * unit, 4, 0.6) - 0.5) * np.float32(
        rng.uniform(5, 45) * unit
    )

    def stand_flames(
        tall: float,
        spread: float,
        gaps: float,
        solid: float = 0.75,
        offset: float = 0.0,
    ) -> None:
        heights = flames.flame_heights(
            rng, canvas, centre=centre, spread=spread, tall=tall * boost, gaps=gaps
        )
        flames.tongues(
            rng,
            canvas,
            place.base + wave + np.float32(offset),
            heights,
            radiance=radiance,
            lean=lean,
            solid=solid,
            yellow=yellow,
            ragged=rng.uniform(0.6, 1.4),
        )

    near = 1 - place.distance
    if style == "front":
        smoke(
            unit * rng.uniform(14, 55),
            rng.uniform(0.5, 1.0),
            height * rng.uniform(0.4, 1.1),
        )
        if rng.random() < 0.5:
            veil(at, rng.uniform(0.2, 0.85))
        tall = unit * rng.uniform(9, 50) * (0.4 + near)
        stand_flames(tall, width * rng.uniform(0.12, 0.9), rng.uniform(0.3, 0.52))
        if rng.random() < 0.4:
            stand_flames(
                tall * 0.5,
                width * rng.uniform(0.2, 1),
                0.5,
                offset=rng.uniform(3, 16) * unit,
            )
    elif style == "crown":
        if rng.random() < 0.75:
            veil(at - 40 * unit, rng.uniform(0.4, 1.0))
        smoke(
            unit * rng.uniform(20, 70),
            rng.uniform(0.5, 1),
            height * rng.uniform(0.5, 1.2),
        )
        tall = max(place.tree * rng.uniform(0.7, 2.0), 24 * unit)
        # fire and trees in turn, row before row: the trees stand black against it
        offset, spread = 0.0, width * rng.uniform(0.2, 1.0)
        for _ in range(int(rng.integers(1, 5))):
            stand_flames(
                min(tall, height * 0.6),
                spread,
                rng.uniform(0.3, 0.5),
                0.85,
                offset=offset,
            )
            trees.row(
                rng,
                canvas,
                mood,
                place.base + wave + np.float32(offset + 3 * unit),
                max(place.tree, 12 * unit),
                place.kind,
                dark=rng.uniform(0.1, 0.8),
                density=rng.uniform(0.2, 1.0),
            )
            offset += tall * rng.uniform(0.25, 0.7)
    elif style == "wall":
        if rng.random() < 0.7:
            veil(height * 0.3, rng.uniform(0.5, 1.0))
        flames.wall(
            rng,
            canvas,
            radiance=radiance,
            floor=min(height * 1.05, at + 60 * unit * rng.random()),
            yellow=yellow,
        )
        if rng.random() < 0.5:
            trees.trunks(
                rng,
                canvas,
                mood,
                count=int(rng.integers(2, 9)),
                width=unit * rng.uniform(4, 16),
                foot=place.base + np.float32(20 * unit),
                haze=0,
                dark=0.15,
            )
        for _ in range(int(rng.integers(0, 4))):
            trees.bare_tree(
                rng,
                canvas,
                mood,
                rng.uniform(0, width),
                height * rng.uniform(0.8, 1.1),
                unit * rng.uniform(80, 240),
                dark=0.2,
            )
    elif style in ("ground", "embers"):
        veil(at - 10 * unit, rng.uniform(0.2, 0.9))
        share = (
            rng.uniform(0.03, 0.16) if style == "ground" else rng.uniform(0.015, 0.06)
        )
        flames.creeping(
            rng,
            canvas,
            top=place.base,
            bottom=place.foot,
            radiance=radiance,
            share=share * boost,
        )
        if style == "ground":
            for _ in range(int(rng.integers(1, 4))):
                stand_flames(
                    unit * rng.uniform(8, 40) * (0.4 + near),
                    width * rng.uniform(0.15, 0.7),
                    rng.uniform(0.4, 0.55),
                    offset=rng.uniform(0, 50) * unit,
                )
    elif style == "line":
        smoke(
            unit * rng.uniform(10, 40),
            rng.uniform(0.3, 0.9),
            height * rng.uniform(0.3, 0.8),
        )
        climb = np.linspace(-1, 1, width, dtype=np.float32) * np.float32(
            unit * rng.uniform(-60, 60)
        )
        curve = (line(rng, width, width * 0.3, 4) - 0.5) * np.float32(50 * unit)
        for k in range(int(rng.integers(1, 3))):
            heights = flames.flame_heights(
                rng,
                canvas,
                centre=centre,
                spread=width * rng.uniform(0.2, 0.8),
                tall=unit * rng.uniform(3.5, 13) * boost,
                gaps=rng.uniform(0.25, 0.5),
            )
            flames.tongues(
                rng,
                canvas,
                place.base
                + climb * np.float32(k + 0.6)
                + curve
                + np.float32(12 * unit * k),
                heights,
                radiance=radiance * 1.4,
                lean=lean,
                yellow=yellow,
            )
    elif style == "torch":
        smoke(
            unit * rng.uniform(12, 40),
            rng.uniform(0.4, 1.0),
            height * rng.uniform(0.5, 1.1),
        )
        tall = max(place.tree * rng.uniform(1.0, 2.2), 30 * unit)
        stand_flames(min(tall, height * 0.7), unit * rng.uniform(10, 32), 0.25, 0.9)
        trees.row(
            rng,
            canvas,
            mood,
            place.base + np.float32(3 * unit),
            max(place.tree * 0.7, 8 * unit),
            place.kind,
            dark=0.5,
            density=rng.uniform(0.1, 0.6),
        )
    elif style == "aerial":
        pale = rng.uniform(0.7, 1.0)
        density = flames.plume(
            rng,
            canvas,
            x=centre,
            y=at,
            width=unit * rng.uniform(30, 80),
            rise=height * rng.uniform(0.5, 1.2),
            wind=wind * 1.4,
            thick=rng.uniform(0.7, 1),
        )
        flames.paint_smoke(rng, canvas, mood, density, tone=pale, warm=warm * 0.4)
        stand_flames(
            unit * rng.uniform(5, 18),
            width * rng.uniform(0.12, 0.5),
            rng.uniform(0.35, 0.5),
        )
        if rng.random() < 0.5:
            veil(at - 20 * unit, rng.uniform(0.2, 0.6))
    elif style == "distant":
        smoke(
            unit * rng.uniform(8, 30),
            rng.uniform(0.4, 1.0),
            height * rng.uniform(0.3, 0.9),
        )
        stand_flames(
            unit * rng.uniform(4, 12),
            width * rng.uniform(0.04, 0.25),
            rng.uniform(0.3, 0.45),
        )
    elif style == "glow":
        veil(at - 50 * unit, rng.uniform(0.7, 1.0))
        smoke(
            unit * rng.uniform(30, 90),
            rng.uniform(0.6, 1),
            height * rng.uniform(0.5, 1.3),
        )
        stand_flames(
            unit * rng.uniform(10, 40),
            width * rng.uniform(0.2, 0.9),
            rng.uniform(0.3, 0.5),
            0.9,
        )
    if rng.random() < (0.5 if night else 0.15):
        flames.sparks(
            rng,
            canvas,
            count=int(rng.integers(10, 120)),
            x=centre,
            y=at,
            spread=unit * rng.uniform(30, 110),
            radiance=radiance,
        )
    if rng.random() < 0.35 and style not in ("distant", "aerial"):
        # smoke drifts in front of flames too
        density = flames.veil(rng, canvas, low=at, amount=rng.uniform(0.15, 0.55))
        flames.paint_smoke(rng, canvas, mood, density, tone=tone, warm=warm)


def _compose(rng: Rng, p: Plan, size: int, boost: float) -> tuple[Canvas, Mood]:
    canvas = Canvas(size, size)
    mood = MOODS[p.mood](rng)
    wish = _wish(rng, p)
    if p.mood == "dusk" and rng.random() < 0.7:
        mood = mood.dimmed(rng.uniform(0.02, 0.5))
    view = VIEWS[p.view]
    burn_at = int(rng.integers(0, 3))
    dusty = p.category == "dust"
    lit, last = False, None
    for number, place in enumerate(view(rng, canvas, mood, wish)):
        last = place
        if p.kind == "fire" and number == burn_at:
            _ignite(rng, canvas, mood, p.style, place, boost)
            lit = True
        if dusty and number == 0:
            x = size * rng.uniform(0.1, 0.9)
            flames.dust(
                rng, canvas, mood, x=x, y=float(place.base[int(x)]) + 10 * canvas.unit
            )
    if p.kind == "fire" and not lit and last is not None:
        _ignite(rng, canvas, mood, p.style, last, boost)
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


def _expose(rng: Rng, canvas: Canvas, mood: Mood) -> float:
    """The gain that a camera's meter chooses for the land, before fire light is added."""
    level = float(np.clip(canvas.light + canvas.flame, 0, 2).mean(dtype=np.float64))
    if mood.name == "night":
        return float(mood.exposure * 0.36)
    target = 0.14 if mood.name == "dusk" else 0.21
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
        fraction = float((canvas.mask > 0.25).mean())
        if p.kind == "nofire" or fraction >= least:
            break
        boost *= 1.5
    exposure = _expose(rng, canvas, mood)
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
    mask = canvas.mask > 0.25
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
