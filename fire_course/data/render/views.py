"""Views: how a landscape is laid out, from the back to the front.

A view is a generator. It paints one layer after another and, between them,
yields the `Place` it has just finished, so that whoever iterates can set fire
to it before the nearer layers are painted over it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from . import land, trees
from .canvas import Canvas, Mood
from .noise import Field, Rng, line
from .sky import fog_bank, sky


@dataclass(frozen=True)
class Place:
    """Where something may burn: ground line, size of a tree there, distance."""

    base: Field
    tree: float
    distance: float
    foot: float
    kind: str = "conifer"


@dataclass(frozen=True)
class Wish:
    """What a category asks of a view."""

    cover: str = "forest"
    sun: bool = False
    cloud: float | None = None
    fog: int = 0
    water: bool = False
    peak: bool = False
    alpenglow: bool = False
    snow: float = 0.0
    houses: bool = False
    red: bool = False
    lamps: bool = False
    road: bool = False
    dark: float = 1.0
    burnt: bool = False


View = Callable[[Rng, Canvas, Mood, Wish], Iterator[Place]]


def _stand(rng: Rng, wish: Wish) -> tuple[str, str]:
    """Kind of tree and cover of a stand."""
    if wish.cover == "autumn":
        return (
            ("broadleaf", "autumn") if rng.random() < 0.85 else ("conifer", "conifer")
        )
    if wish.cover == "snow":
        return "conifer", "conifer"
    return ("conifer", "conifer") if rng.random() < 0.6 else ("broadleaf", "broadleaf")


def _slope_cover(rng: Rng, wish: Wish) -> str:
    if wish.cover == "autumn":
        return "autumn"
    if wish.cover == "snow":
        return "snow"
    if wish.burnt and rng.random() < 0.5:
        return "ash"
    choices = ["conifer", "broadleaf", "grass", "dry", "rock"]
    return str(rng.choice(choices, p=[0.36, 0.24, 0.15, 0.17, 0.08]))


def hills(rng: Rng, canvas: Canvas, mood: Mood, wish: Wish) -> Iterator[Place]:
    """Ranges of hills one behind the other, under a strip of sky."""
    height, width, unit = canvas.height, canvas.width, canvas.unit
    horizon = height * rng.uniform(0.18, 0.62)
    sun = None
    if wish.sun:
        sun = (width * rng.uniform(0.08, 0.92), horizon * rng.uniform(0.5, 1.02))
    sky(rng, canvas, mood, horizon + 20 * unit, cover=wish.cloud, sun=sun)
    if wish.peak:
        top = land.profile(
            rng, width, horizon * rng.uniform(0.35, 0.7), horizon * 0.5, sharp=0.9
        )
        distance = rng.uniform(0.15, 0.7)
        land.peak(
            rng,
            canvas,
            mood,
            top,
            snow=wish.snow,
            distance=distance,
            alpenglow=wish.alpenglow,
        )
    count = int(rng.integers(1, 5))
    y, fogs = horizon, wish.fog
    for k in range(count):
        distance = 1 - (k + rng.uniform(0.3, 0.9)) / (count + 0.3)
        relief = unit * rng.uniform(8, 34) * (0.7 + 0.5 * (1 - distance))
        top = land.profile(rng, width, y, relief, sharp=rng.uniform(0, 0.4))
        cover = _slope_cover(rng, wish)
        land.ridge(rng, canvas, mood, top, cover, distance=distance)
        kind, stand = _stand(rng, wish)
        haze = float((1 - np.exp(-2.2 * distance**2 * mood.haze_strength)) * 0.9)
        tall = unit * (3 + 30 * (1 - distance) ** 1.6) * rng.uniform(0.7, 1.3)
        gap = height * rng.uniform(0.10, 0.3)
        if rng.random() < 0.75 and tall > 4 * unit:
            if rng.random() < 0.6:
                trees.slope(
                    rng,
                    canvas,
                    mood,
                    top,
                    kind,
                    size=tall,
                    bottom=min(height, y + gap * 1.3),
                    haze=haze,
                    cover=stand,
                    dark=wish.dark,
                    density=rng.uniform(0.4, 1.0),
                )
            else:
                trees.row(
                    rng,
                    canvas,
                    mood,
                    top + 2 * unit,
                    tall,
                    kind,
                    haze=haze,
                    cover=stand,
                    dark=wish.dark,
                    density=rng.uniform(0.3, 1),
                )
        if fogs and rng.random() < 0.7:
            fogs -= 1
            fog_bank(
                rng,
                canvas,
                mood,
                y + gap * rng.uniform(0.3, 1),
                height * rng.uniform(0.05, 0.16),
                strength=rng.uniform(0.6, 0.98),
            )
        offset = gap * rng.uniform(0.0, 0.8)
        yield Place(
            top + np.float32(offset), tall, distance, min(height, y + gap * 1.6), kind
        )
        y += gap
    if wish.houses:
        base = land.profile(rng, width, min(y, height * 0.8), 8 * unit)
        land.houses(
            rng,
            canvas,
            mood,
            base,
            count=int(rng.integers(4, 22)),
            red=wish.red,
            lamps=wish.lamps,
        )
    if wish.water:
        surface = int(min(y, height * rng.uniform(0.6, 0.8)))
        land.water(rng, canvas, mood, surface, height, calm=rng.uniform(0.3, 1))
        if sun:
            land.glints(rng, canvas, mood, sun[0], surface + 2, height)
    elif y < height * 0.97:
        near = land.profile(rng, width, min(y + 6 * unit, height * 0.92), 8 * unit)
        cover = (
            "snow"
            if wish.cover == "snow"
            else str(rng.choice(["grass", "dry", "grass", "soil", "rock"]))
        )
        land.ground(rng, canvas, mood, near, cover)
        if wish.road:
            land.road(rng, canvas, mood, float(near.mean()))
        yield Place(near + np.float32(4 * unit), 40 * unit, 0.05, height, "broadleaf")
    if rng.random() < 0.45:
        kind, stand = _stand(rng, wish)
        base = np.full(width, height * rng.uniform(1.0, 1.2), np.float32)
        base += (line(rng, width, 60 * unit) - 0.5) * np.float32(50 * unit)
        trees.row(
            rng,
            canvas,
            mood,
            base,
            unit * rng.uniform(40, 120),
            kind,
            cover=stand,
            dark=wish.dark * rng.uniform(0.4, 1.0),
            density=rng.uniform(0.12, 0.7),
        )


def forest_wall(rng: Rng, canvas: Canvas, mood: Mood, wish: Wish) -> Iterator[Place]:
    """A slope of trees that fills the picture, seen from across a valley."""
    height, width, unit = canvas.height, canvas.width, canvas.unit
    edge = height * rng.uniform(-0.15, 0.22)
    sky(rng, canvas, mood, max(edge, 4) + 40 * unit, cover=wish.cloud)
    top = land.profile(rng, width, edge, unit * rng.uniform(5, 60))
    cover = _slope_cover(rng, wish)
    if cover == "rock" or (cover == "dry" and rng.random() < 0.5):
        cover = "conifer"
    distance = rng.uniform(0.05, 0.4)
    land.ridge(rng, canvas, mood, top, cover, distance=distance)
    tall = unit * rng.uniform(7, 26)
    haze = 0.6 * distance * min(1.3, mood.haze_strength)
    split = height * rng.uniform(0.3, 0.85)
    kind, stand = _stand(rng, wish)
    density = rng.uniform(0.25, 1.0) if kind == "conifer" else rng.uniform(0.7, 1.1)
    trees.slope(
        rng,
        canvas,
        mood,
        np.maximum(top, -10),
        kind,
        size=tall,
        bottom=split,
        haze=haze,
        cover=stand,
        dark=wish.dark,
        density=density,
        grow=rng.uniform(1.0, 1.9),
    )
    if wish.fog:
        fog_bank(
            rng,
            canvas,
            mood,
            height * rng.uniform(0.2, 0.8),
            height * rng.uniform(0.06, 0.2),
        )
    tilt = np.linspace(-1, 1, width, dtype=np.float32) * np.float32(
        rng.uniform(-40, 40) * unit
    )
    yield Place(
        np.full(width, split, np.float32) + tilt,
        tall * 1.4,
        distance * 0.6,
        height,
        kind,
    )
    low = land.profile(rng, width, split + tall, 12 * unit) + tilt
    trees.slope(
        rng,
        canvas,
        mood,
        low,
        kind,
        size=tall * 1.3,
        bottom=height + tall,
        haze=haze * 0.5,
        cover=stand,
        dark=wish.dark,
        density=density,
        grow=rng.uniform(1.0, 1.9),
    )
    if wish.water:
        land.water(
            rng,
            canvas,
            mood,
            int(height * rng.uniform(0.7, 0.88)),
            height,
            calm=rng.random(),
        )


def forest_inside(rng: Rng, canvas: Canvas, mood: Mood, wish: Wish) -> Iterator[Place]:
    """Between the trunks: bright gaps behind, undergrowth, near trunks dark."""
    height, width, unit = canvas.height, canvas.width, canvas.unit
    horizon = height * rng.uniform(0.45, 0.75)
    sun = (
        (width * rng.uniform(0.2, 0.8), horizon * rng.uniform(0.25, 0.9))
        if wish.sun
        else None
    )
    sky(rng, canvas, mood, horizon, cover=0, sun=sun)
    kind, stand = _stand(rng, wish)
    far = land.profile(rng, width, horizon, 6 * unit)
    thick = rng.uniform(0.1, 0.75)
    trees.leaves(
        rng,
        canvas,
        mood,
        cover=stand,
        amount=thick,
        cell=unit * rng.uniform(3, 6),
        dark=wish.dark,
    )
    trees.trunks(
        rng,
        canvas,
        mood,
        count=int(rng.integers(20, 60)),
        width=unit * rng.uniform(1.5, 3.5),
        foot=far,
        haze=min(0.75, 0.45 * mood.haze_strength),
        dark=wish.dark,
    )
    floor = (
        "snow"
        if wish.cover == "snow"
        else str(
            rng.choice(["grass", "dry", "soil", "ash" if wish.burnt else "broadleaf"])
        )
    )
    if wish.cover == "autumn":
        floor = "autumn"
    land.ground(rng, canvas, mood, far, floor, rough=1.2)
    yield Place(far + np.float32(8 * unit), 60 * unit, 0.45, height, kind)
    middle = far + np.float32(unit * rng.uniform(15, 35))
    trees.trunks(
        rng,
        canvas,
        mood,
        count=int(rng.integers(5, 18)),
        width=unit * rng.uniform(4, 9),
        foot=middle,
        haze=min(0.5, 0.2 * mood.haze_strength),
        dark=wish.dark,
    )
    yield Place(middle + np.float32(8 * unit), 90 * unit, 0.2, height, kind)
    if rng.random() < 0.6:
        trees.leaves(
            rng,
            canvas,
            mood,
            cover=stand,
            amount=rng.uniform(0.15, 0.45),
            cell=unit * rng.uniform(5, 10),
            dark=wish.dark,
            within=np.clip(
                1.2 - np.arange(height, dtype=np.float32)[:, None] / (height * 0.6),
                0,
                1,
            )
            * np.ones((1, width), np.float32),
        )
    trees.trunks(
        rng,
        canvas,
        mood,
        count=int(rng.integers(1, 6)),
        width=unit * rng.uniform(12, 34),
        foot=middle + np.float32(unit * rng.uniform(30, 90)),
        haze=0.0,
        dark=wish.dark * 0.7,
    )
    if rng.random() < 0.4:
        trees.grass(
            rng,
            canvas,
            mood,
            height * rng.uniform(0.75, 0.95),
            cover="grass",
            dark=wish.dark,
        )


def meadow(rng: Rng, canvas: Canvas, mood: Mood, wish: Wish) -> Iterator[Place]:
    """Open land: grass or a dry field, a line of trees, perhaps a road or houses."""
    height, width, unit = canvas.height, canvas.width, canvas.unit
    horizon = height * rng.uniform(0.3, 0.62)
    sun = (
        (width * rng.uniform(0.1, 0.9), horizon * rng.uniform(0.4, 1.0))
        if wish.sun
        else None
    )
    sky(rng, canvas, mood, horizon, cover=wish.cloud, sun=sun)
    for distance in np.sort(rng.uniform(0.5, 1.0, int(rng.integers(0, 3))))[::-1]:
        top = land.profile(
            rng, width, horizon - distance * 25 * unit, 14 * unit, sharp=0.2
        )
        land.ridge(
            rng, canvas, mood, top, _slope_cover(rng, wish), distance=float(distance)
        )
    if wish.peak:
        top = land.profile(rng, width, horizon * 0.55, horizon * 0.4, sharp=0.9)
        land.peak(
            rng,
            canvas,
            mood,
            top,
            snow=wish.snow,
            distance=rng.uniform(0.2, 0.7),
            alpenglow=wish.alpenglow,
        )
    field_top = land.profile(rng, width, horizon, 4 * unit)
    kind, stand = _stand(rng, wish)
    tall = unit * rng.uniform(8, 45)
    trees.row(
        rng,
        canvas,
        mood,
        field_top + 3 * unit,
        tall,
        kind,
        haze=0.15 * mood.haze_strength,
        density=rng.uniform(0.2, 1.1),
        cover=stand,
        dark=wish.dark,
    )
    floor = (
        "snow"
        if wish.cover == "snow"
        else str(
            rng.choice(
                ["grass", "dry", "soil", "grass", "flowers"],
                p=[0.3, 0.25, 0.15, 0.22, 0.08],
            )
        )
    )
    if wish.burnt and rng.random() < 0.35:
        floor = "ash"
    land.ground(rng, canvas, mood, field_top, floor)
    yield Place(
        field_top + np.float32(unit * rng.uniform(2, 20)), tall, 0.35, height, kind
    )
    if wish.houses:
        land.houses(
            rng,
            canvas,
            mood,
            field_top + 14 * unit,
            count=int(rng.integers(2, 14)),
            red=wish.red,
            lamps=wish.lamps,
        )
    if wish.road:
        land.road(rng, canvas, mood, horizon)
    if wish.water:
        surface = int(horizon + unit * rng.uniform(10, 50))
        land.water(
            rng,
            canvas,
            mood,
            surface,
            int(surface + height * rng.uniform(0.12, 0.6)),
            calm=rng.random(),
        )
        if sun:
            land.glints(
                rng,
                canvas,
                mood,
                sun[0],
                surface + 2,
                min(height, surface + int(50 * unit)),
            )
    line_y = field_top + np.float32((height - horizon) * rng.uniform(0.25, 0.7))
    yield Place(line_y, unit * rng.uniform(25, 60), 0.1, height, kind)
    for _ in range(int(rng.integers(0, 4))):
        if rng.random() < 0.4:
            trees.bare_tree(
                rng,
                canvas,
                mood,
                rng.uniform(0, width),
                height * rng.uniform(0.7, 1.05),
                unit * rng.uniform(60, 190),
                dark=wish.dark,
            )
        else:
            base = np.full(width, height * rng.uniform(0.75, 1.05), np.float32)
            trees.row(
                rng,
                canvas,
                mood,
                base,
                unit * rng.uniform(40, 110),
                kind,
                cover=stand,
                density=rng.uniform(0.04, 0.25),
                dark=wish.dark * rng.uniform(0.5, 1),
            )
    if rng.random() < 0.3:
        trees.grass(
            rng,
            canvas,
            mood,
            height * rng.uniform(0.7, 0.92),
            cover=str(rng.choice(["grass", "dry"])),
            dark=wish.dark,
        )


def canopy(rng: Rng, canvas: Canvas, mood: Mood, wish: Wish) -> Iterator[Place]:
    """Foliage close by, with the light or a slope behind it."""
    height, width, unit = canvas.height, canvas.width, canvas.unit
    sky(rng, canvas, mood, height * rng.uniform(0.4, 1.0), cover=wish.cloud)
    kind, stand = _stand(rng, wish)
    top = land.profile(rng, width, height * rng.uniform(0.1, 0.6), 25 * unit)
    land.ridge(rng, canvas, mood, top, stand, distance=rng.uniform(0.1, 0.5))
    yield Place(
        np.full(width, height * rng.uniform(0.6, 0.9), np.float32),
        50 * unit,
        0.3,
        height,
        kind,
    )
    for cell in (rng.uniform(3, 5), rng.uniform(5, 9)):
        trees.leaves(
            rng,
            canvas,
            mood,
            cover=stand,
            amount=rng.uniform(0.3, 0.62),
            cell=unit * cell,
            dark=wish.dark * rng.uniform(0.6, 1.0),
        )
    if rng.random() < 0.5:
        trees.bare_tree(
            rng,
            canvas,
            mood,
            rng.uniform(0, width),
            height,
            unit * rng.uniform(150, 260),
            dark=wish.dark,
        )


def aerial(rng: Rng, canvas: Canvas, mood: Mood, wish: Wish) -> Iterator[Place]:
    """Looking down on wooded hills; little or no sky."""
    height, width, unit = canvas.height, canvas.width, canvas.unit
    edge = height * rng.uniform(-0.2, 0.15)
    sky(rng, canvas, mood, max(8, edge), cover=0)
    y = edge
    count = int(rng.integers(2, 5))
    for k in range(count):
        distance = max(0.08, 0.75 - 0.6 * k / count)
        top = land.profile(rng, width, y, unit * rng.uniform(10, 35), sharp=0.3)
        land.ridge(
            rng,
            canvas,
            mood,
            top,
            _slope_cover(rng, wish),
            distance=distance,
            texture=1.5,
        )
        if rng.random() < 0.6:
            kind, stand = _stand(rng, wish)
            trees.slope(
                rng,
                canvas,
                mood,
                top,
                kind,
                size=unit * rng.uniform(4, 9),
                bottom=y + height / count,
                haze=0.5 * distance,
                density=rng.uniform(0.3, 0.9),
                cover=stand,
                dark=wish.dark,
                grow=1.1,
            )
        yield Place(
            top + np.float32(unit * rng.uniform(5, 40)),
            unit * 12,
            distance,
            min(height, y + 90 * unit),
        )
        y += height / count * rng.uniform(0.8, 1.1)


VIEWS: dict[str, View] = {
    "hills": hills,
    "forest_wall": forest_wall,
    "forest_inside": forest_inside,
    "meadow": meadow,
    "canopy": canopy,
    "aerial": aerial,
}
