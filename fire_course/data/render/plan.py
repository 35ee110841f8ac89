"""What a scene shows, decided before the first pixel: class, category, light, view.

The tables are the design of the data set. Moods and views are shared by both
classes, so that neither darkness nor smoke nor an orange sky gives the label
away; dusk makes up less than a quarter of the pictures without fire.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .noise import Rng
from .views import Wish

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
KINDS = (*CLASS_NAMES, "mountain", "forest")


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
FIRE_MOODS: dict[str, float] = {
    "day": 3.2,
    "overcast": 1.3,
    "golden": 0.9,
    "dusk": 1.3,
    "night": 2.4,
    "smoky": 2.2,
    "flooded": 1.1,
}
STYLE_WEIGHTS: dict[str, float] = {
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
STYLE_VIEWS: dict[str, dict[str, float]] = {
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
CATEGORY_WEIGHTS: dict[str, float] = {
    "plain": 9.0,
    "sunset": 4.6,
    "alpenglow": 2.6,
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
CATEGORY_MOODS: dict[str, dict[str, float]] = {
    "plain": {
        "day": 6,
        "overcast": 2.2,
        "golden": 1,
        "dusk": 0.7,
        "night": 0.8,
        "smoky": 0.3,
    },
    "sunset": {"dusk": 4, "golden": 1.0},
    "alpenglow": {"dusk": 1.2, "golden": 1.5, "day": 1.2},
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
CATEGORY_VIEWS: dict[str, dict[str, float]] = {
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


# The second question that scenes can ask: which land is this?
LAND_VIEWS: dict[str, dict[str, float]] = {
    "mountain": {"hills": 3, "meadow": 1},
    "forest": {"forest_inside": 3, "forest_wall": 2, "canopy": 2},
}


def plan(rng: Rng, kind: str | None = None, category: str | None = None) -> Plan:
    """Decide what a scene shows; `category`: a hard negative or a style of fire."""
    if category is not None and category not in (*CATEGORIES, *STYLES):
        raise ValueError(
            f"Unknown category {category!r}: choose one of "
            f"{', '.join((*CATEGORIES, *STYLES))}."
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
    if kind not in KINDS:
        raise ValueError(f"Unknown kind {kind!r}: choose one of {', '.join(KINDS)}.")
    if kind in LAND_VIEWS:
        mood = _pick(rng, {"day": 5, "overcast": 2, "golden": 1.5, "dusk": 0.5})
        return Plan(kind, "plain", "", mood, _pick(rng, LAND_VIEWS[kind]))
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


def wish(rng: Rng, p: Plan) -> Wish:
    """Translate a plan into what the view must contain."""
    c = p.category
    extra: dict[str, Any] = {}
    common: dict[str, Any] = {
        "houses": rng.random() < 0.06,
        "road": rng.random() < 0.1,
    }
    if p.kind == "fire":
        # what stands in negatives may stand beside a fire too
        extra = {
            "burnt": True,
            "cover": "autumn" if rng.random() < 0.06 else "forest",
            "red": rng.random() < 0.5,
            "lamps": p.mood == "night" and rng.random() < 0.3,
            "water": rng.random() < 0.05,
            "sun": p.mood == "dusk" and rng.random() < 0.25,
            "peak": rng.random() < 0.1,
            "snow": rng.uniform(0, 0.6),
        }
    elif p.kind in LAND_VIEWS:
        extra = {
            "peak": p.kind == "mountain",
            "snow": rng.uniform(0.0, 0.9),
            "cover": "autumn" if rng.random() < 0.15 else "forest",
            "water": rng.random() < 0.12,
        }
    elif c == "plain":
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
