"""Setting fire to a place: which smoke, flames and trees each style of fire paints."""

import numpy as np

from . import fire as flames
from . import trees
from .canvas import Canvas, Mood
from .noise import Rng, line
from .views import Place


def ignite(
    rng: Rng, canvas: Canvas, mood: Mood, style: str, place: Place, boost: float
) -> None:
    """Paint smoke, flames and what stands before them at a `place`."""
    height, width, unit = canvas.height, canvas.width, canvas.unit
    night = mood.name == "night"
    radiance = float(np.exp(rng.uniform(np.log(1.2), np.log(8.0))))
    if night:
        # exposed for the dark, or dulled by smoke to a deep red
        radiance *= rng.uniform(0.5, 1.8)
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
