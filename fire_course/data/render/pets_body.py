"""A cat or a dog from its parts, in units of half the width of its head.

The origin is the middle of the head, x to the right, y down. Every part is an
outline that a picture scales, turns and places.
"""

from collections.abc import Callable

import numpy as np

from .brush import Colour, Outline, Sheet, blend, ellipse, move, smooth, stroke, tinted
from .noise import Field, Rng, fbm, step

POSES = ("portrait", "sitting", "standing")
Onto = Callable[[Outline], Outline]

# Coats that both animals have; light enough or dark enough for any background.
_COATS: tuple[Colour, ...] = (
    (45, 42, 42),
    (95, 90, 92),
    (150, 145, 140),
    (232, 226, 215),
    (212, 160, 96),
    (186, 112, 56),
    (122, 80, 50),
    (228, 196, 150),
    (84, 58, 42),
)
_PATTERNS = ("plain", "striped", "patched", "bib")


def _vary(rng: Rng, tone: Colour, amount: float) -> Colour:
    both = 1 + amount * rng.uniform(-1, 1)
    r, g, b = (c * both * (1 + 0.5 * amount * rng.uniform(-1, 1)) for c in tone)
    return (min(r, 250.0), min(g, 250.0), min(b, 250.0))


def _shaggy(rng: Rng, outline: Outline, amount: float) -> Outline:
    """Tufts of hair: every point a little in or out."""
    middle = outline.mean(axis=0)
    gain = 1 + amount * rng.uniform(-1, 1, (len(outline), 1))
    return middle + (outline - middle) * gain


def _mirrored(half: list[tuple[float, float]]) -> Outline:
    """A smooth outline from its right half, from the top to the bottom."""
    left = [(-x, y) for x, y in half[::-1] if x > 1e-6]
    return smooth([*half, *left])


class Animal:
    """What is decided of one animal; `paint` draws it.

    Attributes
    ----------
    extent : tuple of float
        Left, top, right and bottom of what has to be in the picture.
    """

    def __init__(self, rng: Rng, kind: str, pose: str) -> None:
        self.rng, self.kind, self.pose = rng, kind, pose
        self.cat = kind == "cat"
        self.coat = _vary(rng, _COATS[int(rng.integers(len(_COATS)))], 0.15)
        dark = sum(self.coat) < 270
        self.mark = _vary(
            rng,
            tinted(self.coat, rng.uniform(1.5, 2.4) if dark else rng.uniform(0.4, 0.7)),
            0.1,
        )
        self.pattern = _PATTERNS[int(rng.integers(len(_PATTERNS)))]
        self.pale: Colour = _vary(rng, (238, 230, 220), 0.05)
        self.muzzle = (
            self.pale
            if self.pattern == "bib" or rng.random() < 0.3
            else tinted(self.coat, 1.25)
        )
        self.shag = float(rng.choice([0.0, 0.012, 0.03]))
        self.tilt = float(rng.normal(0, 0.14))
        self.collar: Colour | None = None
        if rng.random() < 0.3:
            self.collar = _vary(
                rng,
                [(200, 40, 40), (40, 80, 190), (230, 180, 40)][int(rng.integers(3))],
                0.2,
            )
        self.ear = self._choose_ear()
        top = -1.55 if self.cat or self.ear == "prick" else -1.2
        side = 1.25 if self.cat else 1.3
        self.extent = {
            "portrait": (-side, top, side, rng.uniform(1.3, 1.9)),
            "sitting": (-1.9, top, 1.9, 4.3 if self.cat else 4.5),
            "standing": (-1.4, top, 5.6, 4.0 if self.cat else 4.3),
        }[pose]

    def _choose_ear(self) -> str:
        if self.cat:
            return "prick"
        return str(
            self.rng.choice(
                ["flop", "long", "folded", "prick"], p=[0.42, 0.26, 0.22, 0.1]
            )
        )

    # --- coat ------------------------------------------------------------------

    def _fur(self, shape: tuple[int, int], scale: float) -> Field:
        rng = self.rng
        mark = self.mark
        hair = fbm(rng, shape, (max(1.2, 0.3 * scale), max(1.0, 0.07 * scale)), 3)
        gain = np.float32(0.82) + hair * np.float32(0.36)
        if self.pattern == "striped":
            wide = max(2.0, 0.28 * scale)
            bands = fbm(rng, shape, (wide, 3 * wide), 2)
            part = step(bands, 0.5, 0.62)
        elif self.pattern == "patched":
            spots = fbm(rng, shape, max(3.0, 1.3 * scale), 2)
            part = step(spots, 0.55, 0.6)
        else:
            part = np.zeros(shape, np.float32)
        if self.pattern == "patched" and rng.random() < 0.6:
            mark = self.pale
        colours = blend(part, self.coat, mark)
        colours *= gain[..., None]
        return np.minimum(colours, 252, out=colours)

    # --- all of it -------------------------------------------------------------

    def paint(self, sheet: Sheet, onto: Onto, scale: float, light: float) -> None:
        """Draw the animal; `onto` brings its outlines to the sheet."""
        self.sheet, self.onto, self.scale, self.light = sheet, onto, scale, light
        self.fur = self._fur(sheet.shape, scale)
        getattr(self, f"_{self.pose}")()
        face = self.onto

        def tilted(outline: Outline) -> Outline:
            return face(move(outline, turn=self.tilt))

        self.onto = tilted
        if self.cat:
            self._cat_head()
        else:
            self._dog_head()

    def _part(
        self, outline: Outline, tone: "Colour | Field | None" = None, depth: float = 0.3
    ) -> None:
        if self.shag:
            outline = _shaggy(self.rng, outline, self.shag)
        self.sheet.mould(
            self.onto(outline),
            self.fur if tone is None else tone,
            light=self.light,
            depth=depth,
        )

    def _flat(self, outline: Outline, tone: Colour, strength: float = 1.0) -> None:
        self.sheet.fill(self.onto(outline), tone, strength=strength)

    def _line(
        self,
        points: list[tuple[float, float]],
        width: float,
        tone: Colour,
        strength: float = 1.0,
    ) -> None:
        wide = max(width, 0.9 / self.scale)
        curve = smooth(points, steps=5, closed=False)
        self._flat(
            stroke(curve, np.linspace(wide, wide * 0.6, len(curve))), tone, strength
        )

    # --- bodies ----------------------------------------------------------------

    def _chest(self, outline: Outline) -> None:
        if self.pattern == "bib":
            self._part(outline, self.pale, depth=0.2)

    def _neckband(self, y: float, half: float) -> None:
        if self.collar is None:
            return
        band = [
            (-half, y - 0.1),
            (-half / 2, y + 0.1),
            (0.0, y + 0.16),
            (half / 2, y + 0.1),
            (half, y - 0.1),
        ]
        self._line(band, 0.2, self.collar)
        self._flat(ellipse(0, y + 0.32, 0.13, 0.13), (225.0, 190.0, 80.0))

    def _portrait(self) -> None:
        if self.cat:
            half = [
                (0.0, 0.4),
                (0.6, 0.6),
                (0.95, 1.3),
                (1.25, 2.2),
                (1.3, 3.5),
                (0.0, 3.6),
            ]
        else:
            half = [
                (0.0, 0.3),
                (0.75, 0.5),
                (1.0, 1.2),
                (1.5, 2.0),
                (1.6, 3.5),
                (0.0, 3.6),
            ]
        self._part(_mirrored(half))
        self._chest(ellipse(0, 2.1, 0.6, 1.0))
        self._neckband(1.05, 0.75)

    def _sitting(self) -> None:
        rng = self.rng
        side = 1.0 if rng.random() < 0.5 else -1.0
        if self.cat:
            # the tail lies round the body, its tip curls up
            tail = [(0.7, 3.8), (1.5, 3.95), (1.85, 3.4), (1.6, 2.8), (1.75, 2.4)]
            widths = 0.36, 0.26
            body = [
                (0.0, 0.4),
                (0.55, 0.7),
                (0.75, 1.5),
                (1.05, 2.6),
                (1.2, 3.4),
                (0.95, 4.0),
                (0.0, 4.1),
            ]
            legs, paw, foot = 0.3, 0.42, 4.05
        else:
            tail = [(0.8, 3.7), (1.5, 3.5), (1.85, 2.9), (1.9, 2.5)]
            widths = 0.4, 0.16
            body = [
                (0.0, 0.3),
                (0.7, 0.6),
                (0.95, 1.4),
                (1.05, 2.4),
                (1.35, 3.3),
                (1.25, 4.1),
                (0.0, 4.1),
            ]
            legs, paw, foot = 0.46, 0.5, 4.25
        curve = smooth([(side * x, y) for x, y in tail], closed=False)
        self._part(stroke(curve, np.linspace(*widths, len(curve))))
        self._part(_mirrored(body))
        for way in (-1, 1):  # haunches and hind feet
            self._part(ellipse(way * 0.9, 3.4, 0.42, 0.68, turn=-0.2 * way), depth=0.2)
            self._part(ellipse(way * 1.05, foot - 0.05, 0.4, 0.2))
        self._chest(ellipse(0, 1.7, 0.45, 0.85))
        for way in (-1, 1):
            leg = [
                (way * legs, 1.9),
                (way * legs * 1.05, 3.0),
                (way * legs, foot - 0.1),
            ]
            self._part(stroke(smooth(leg, closed=False), paw))
            tone = self.pale if self.pattern == "bib" else None
            self._part(ellipse(way * legs, foot, paw * 0.62, 0.2), tone)
        self._neckband(1.0, 0.7)

    def _standing(self) -> None:
        if self.cat:
            tail = [(4.6, 1.5), (5.2, 0.9), (5.25, 0.0), (5.0, -0.7), (5.25, -1.1)]
            widths = 0.34, 0.26
            body = [
                (0.2, 0.5),
                (1.2, 0.65),
                (2.8, 0.8),
                (4.3, 0.7),
                (4.95, 1.4),
                (4.8, 2.2),
            ]
            body += [(3.8, 2.25), (2.4, 2.35), (1.0, 2.2), (0.2, 1.5)]
            foot, wide, legs = 3.75, 0.42, (0.75, 1.35, 4.1, 4.6)
        else:
            rise = self.rng.uniform(-0.9, 0.4)
            tail = [(4.7, 1.1), (5.2, 0.6 + 0.3 * rise), (5.5, rise)]
            widths = 0.42, 0.14
            body = [
                (0.1, 0.2),
                (1.2, 0.45),
                (2.8, 0.55),
                (4.4, 0.55),
                (5.0, 1.2),
                (4.7, 1.9),
            ]
            body += [(3.8, 1.85), (2.6, 2.3), (1.0, 2.65), (0.1, 1.7)]
            foot, wide, legs = 4.05, 0.5, (0.6, 1.4, 4.0, 4.65)
        curve = smooth(tail, closed=False)
        self._part(stroke(curve, np.linspace(*widths, len(curve))))
        step_ = self.rng.uniform(-0.3, 0.3)
        far = tinted(self.coat, 0.72)
        for number, x in enumerate(legs):
            near = number % 2 == 1
            knee = 0.18 if number > 1 else -0.04
            shift = step_ if near else -step_
            leg = [(x, 1.6), (x + knee + shift * 0.4, 2.8), (x + shift, foot - 0.1)]
            taper = np.linspace(wide * 1.5, wide * 0.85, 13)
            end = foot if near else foot - 0.12
            leg[-1] = (x + shift, end - 0.1)
            self._part(stroke(smooth(leg, closed=False), taper), None if near else far)
            toe = ellipse(x + shift - 0.12, end, wide * 0.62, 0.17)
            tone = self.pale if self.pattern == "bib" else None
            self._part(toe, (tone or None) if near else far)
        self._part(smooth(body))
        self._chest(ellipse(0.5, 1.6, 0.4, 0.6))
        self._neckband(0.95, 0.6)

    # --- faces -----------------------------------------------------------------

    def _cat_head(self) -> None:
        rng = self.rng
        tall, apart = rng.uniform(1.3, 1.6), rng.uniform(0.8, 1.0)
        for way in (-1, 1):
            ear = [
                (way * 0.95, -0.25),
                (way * apart * 1.02, -tall),
                (way * 0.12, -0.72),
            ]
            bowed = [ear[0], (way * 1.08, -0.75), ear[1], (way * 0.5, -1.12), ear[2]]
            self._part(np.array(bowed))
            inner = np.array(ear)
            inner = inner.mean(axis=0) + (inner - inner.mean(axis=0)) * 0.58
            self._flat(inner, (205.0, 140.0, 135.0), 0.8)
        wide = rng.uniform(0.95, 1.1)
        half = [
            (0.0, -0.82),
            (0.5, -0.76),
            (0.9, -0.4),
            (wide, 0.15),
            (0.72, 0.62),
            (0.3, 0.86),
            (0.0, 0.9),
        ]
        self._part(_mirrored(half))
        if self.pattern == "striped":
            for x in (-0.26, 0.0, 0.26):
                self._line(
                    [(x * 1.3, -0.75), (x, -0.5), (x * 0.8, -0.3)], 0.09, self.mark, 0.8
                )
            for way in (-1, 1):
                for y in (0.1, 0.32):
                    self._line(
                        [(way * 0.95, y), (way * 0.62, y + 0.08)], 0.07, self.mark, 0.7
                    )
        iris = _vary(
            rng,
            [(110, 160, 60), (205, 165, 50), (90, 150, 190), (190, 120, 40)][
                int(rng.integers(4))
            ],
            0.2,
        )
        slit = rng.uniform(0.04, 0.11)
        for way in (-1, 1):
            x, y = way * 0.42, -0.08
            lid = ellipse(x, y, 0.26, 0.19, turn=0.25 * way)
            self._flat(lid, (25.0, 20.0, 20.0))
            self._flat(ellipse(x, y, 0.22, 0.155, turn=0.25 * way), iris)
            self._flat(ellipse(x, y, slit, 0.15), (10.0, 10.0, 10.0))
            self._flat(ellipse(x - 0.06, y - 0.06, 0.04, 0.04), (255.0, 255.0, 255.0))
        for way in (-1, 1):
            self._part(ellipse(way * 0.17, 0.48, 0.25, 0.19), self.muzzle, depth=0.15)
        nose = [(-0.13, 0.26), (0.13, 0.26), (0.0, 0.42)]
        self._flat(
            np.array(nose),
            [(215.0, 125.0, 125.0), (60.0, 45.0, 45.0)][int(rng.random() < 0.3)],
        )
        ink = (45.0, 30.0, 30.0)
        self._line([(0, 0.4), (0, 0.52)], 0.04, ink)
        for way in (-1, 1):
            self._line([(0, 0.52), (way * 0.12, 0.62), (way * 0.26, 0.58)], 0.04, ink)
        white = (
            (250.0, 250.0, 245.0) if sum(self.coat) < 560 or rng.random() < 0.5 else ink
        )
        for way in (-1, 1):
            for k in (-1, 0, 1):
                droop = rng.uniform(-0.06, 0.06)
                hair = [
                    (way * 0.28, 0.46 + 0.05 * k),
                    (way * 0.8, 0.42 + 0.15 * k),
                    (way * 1.4, 0.5 + 0.3 * k + droop),
                ]
                self._line(hair, 0.035, white, 0.9)

    def _dog_ear(self, way: int) -> None:
        rng = self.rng
        tone: Colour | Field | None = None
        if self.pattern in ("bib", "plain"):
            tone = tinted(self.coat, 0.72 if sum(self.coat) > 200 else 1.35)
        if self.ear == "prick":
            ear = [
                (0.88, -0.3),
                (0.98, -0.9),
                (0.82, -1.5),
                (0.5, -1.15),
                (0.22, -0.75),
            ]
            self._part(smooth([(way * x, y) for x, y in ear], steps=3), tone)
            inner = [(0.74, -0.55), (0.78, -1.2), (0.45, -0.8)]
            self._flat(
                np.array([(way * x, y) for x, y in inner]), (190.0, 130.0, 120.0), 0.6
            )
            return
        if self.ear == "folded":
            ear = [
                (0.3, -0.85),
                (0.85, -1.0),
                (1.25, -0.6),
                (1.15, -0.1),
                (0.85, -0.4),
                (0.6, -0.6),
            ]
        elif self.ear == "long":
            drop = rng.uniform(1.0, 1.35)
            ear = [
                (0.45, -0.8),
                (0.95, -0.65),
                (1.25, 0.0),
                (1.3, drop - 0.2),
                (1.0, drop),
                (0.75, 0.5),
                (0.65, -0.2),
            ]
        else:
            drop = rng.uniform(0.35, 0.75)
            ear = [
                (0.4, -0.85),
                (0.95, -0.8),
                (1.3, -0.2),
                (1.22, drop),
                (0.92, drop - 0.15),
                (0.7, -0.3),
            ]
        self._part(smooth([(way * x, y) for x, y in ear]), tone)

    def _dog_head(self) -> None:
        rng = self.rng
        if self.ear == "prick":
            for way in (-1, 1):
                self._dog_ear(way)
        long = rng.uniform(1.0, 1.25)
        half = [
            (0.0, -0.95),
            (0.5, -0.9),
            (0.86, -0.5),
            (0.85, 0.05),
            (0.62, 0.45),
            (0.5, 0.8 * long),
            (0.25, long),
            (0.0, long + 0.04),
        ]
        self._part(_mirrored(half))
        if self.pattern == "bib" or (self.pattern == "patched" and rng.random() < 0.5):
            blaze = [(0.0, -0.85), (0.13, -0.5), (0.16, 0.0), (0.0, 0.3)]
            self._flat(_mirrored(blaze), self.pale, 0.9)
        if rng.random() < 0.6:  # open mouth, tongue out
            low = long + rng.uniform(0.0, 0.12)
            self._part(ellipse(0, low - 0.12, 0.36, 0.26), tinted(self.muzzle, 0.8))
            tongue = [
                (0.0, low - 0.25),
                (0.17, low - 0.2),
                (0.19, low + 0.1),
                (0.1, low + 0.32),
                (0.0, low + 0.34),
            ]
            self._part(_mirrored(tongue), (225.0, 110.0, 120.0), depth=0.2)
        snout = [
            (0.0, 0.0),
            (0.26, 0.08),
            (0.42, 0.42),
            (0.52, 0.68),
            (0.4, 0.9 * long),
            (0.12, 0.92 * long),
            (0.0, 0.86 * long),
        ]
        self._part(_mirrored(snout), self.muzzle, depth=0.25)
        for way in (-1, 1):
            self._line(
                [
                    (0, 0.55),
                    (0, 0.74 * long),
                    (way * 0.2, 0.84 * long),
                    (way * 0.42, 0.74 * long),
                ],
                0.05,
                (40.0, 28.0, 28.0),
            )
        nose = [
            (0.0, 0.2),
            (0.16, 0.2),
            (0.27, 0.3),
            (0.22, 0.44),
            (0.08, 0.54),
            (0.0, 0.55),
        ]
        self._part(_mirrored(nose), (38.0, 32.0, 34.0), depth=0.6)
        self._flat(ellipse(-0.08, 0.28, 0.07, 0.035), (190.0, 190.0, 195.0), 0.7)
        brown = _vary(rng, (95, 55, 25), 0.3)
        for way in (-1, 1):
            x, y = way * 0.42, -0.2
            if self.pattern != "plain":
                self._flat(
                    ellipse(x, y - 0.26, 0.13, 0.07, turn=0.3 * way), self.muzzle, 0.5
                )
            self._flat(ellipse(x, y, 0.165, 0.155), (25.0, 18.0, 16.0))
            self._flat(ellipse(x, y, 0.13, 0.125), brown)
            self._flat(ellipse(x, y, 0.075, 0.075), (8.0, 8.0, 8.0))
            self._flat(ellipse(x - 0.05, y - 0.05, 0.035, 0.035), (255.0, 255.0, 255.0))
        if self.ear != "prick":
            for way in (-1, 1):
                self._dog_ear(way)
