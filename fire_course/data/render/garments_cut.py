"""How garments are cut: outlines in a square from -1 to 1, y down, and their seams."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from .brush import Colour, Outline, Sheet, ellipse, luminance, smooth, stroke, tinted
from .noise import Field, Rng

Point = tuple[float, float]


@dataclass
class Tailor:
    """A garment in the making: `cut` and the marks come first, `sew` draws them."""

    rng: Rng
    sheet: Sheet
    onto: Callable[[Outline], Outline]
    scale: float
    light: float
    tone: Colour
    cloth: Field
    _todo: list[Callable[[], None]] = field(default_factory=list)

    def sew(self) -> None:
        """Draw everything in the order in which it was asked for."""
        for draw in self._todo:
            draw()

    def cut(
        self, outline: Outline, tone: Colour | None = None, depth: float = 0.22
    ) -> Outline:
        """A piece of cloth, or of another colour."""
        fill = self.cloth if tone is None else tone
        self._todo.append(
            lambda: self.sheet.mould(
                self.onto(outline), fill, light=self.light, depth=depth, rim=0.3
            )
        )
        return outline

    def flat(self, outline: Outline, tone: Colour, strength: float = 1.0) -> None:
        """A mark without depth."""
        self._todo.append(
            lambda: self.sheet.fill(self.onto(outline), tone, strength=strength)
        )

    def seam(
        self, points: list[Point], *, width: float = 0.02, strength: float = 0.7
    ) -> None:
        """A line that is seen on the cloth, dark or light."""
        wide = max(width, 1.1 / self.scale)
        self.flat(
            stroke(smooth(points, steps=4, closed=False), wide), self.ink, strength
        )

    @property
    def ink(self) -> Colour:
        """A colour that shows on the cloth."""
        return (
            tinted(self.tone, 0.4)
            if luminance(self.tone) > 70
            else (150.0, 150.0, 155.0)
        )

    @property
    def deep(self) -> Colour:
        """The inside of the garment, in its own shade."""
        return tinted(self.tone, 0.45)

    def u(self, low: float, high: float) -> float:
        """A measure by chance."""
        return float(self.rng.uniform(low, high))


def _both(half: list[Point]) -> Outline:
    """The whole outline from its right half, from the top to the bottom."""
    return np.array([*half, *((-x, y) for x, y in half[::-1] if x > 1e-6)])


def _sides(points: list[Point]) -> list[list[Point]]:
    return [[(way * x, y) for x, y in points] for way in (-1, 1)]


def _collar(t: Tailor, wide: float, drop: float) -> None:
    """The opening of a neck, seen from the front: its back is seen inside."""
    t.flat(ellipse(0, -0.8, wide, drop * 0.5), t.deep)
    t.seam(
        [
            (-wide, -0.82),
            (-wide * 0.6, -0.82 + drop),
            (0, -0.8 + drop * 1.25),
            (wide * 0.6, -0.82 + drop),
            (wide, -0.82),
        ],
        width=0.045,
    )


def _torso(t: Tailor, *, wide: float, hem: float, neck: float, dip: float) -> Outline:
    """Front and back of a top without its sleeves."""
    half = [
        (0.0, -0.8 + dip),
        (neck * 0.6, -0.8 + dip * 0.7),
        (neck, -0.84),
        (0.56 * wide / 0.55, -0.72),
    ]
    half += [
        (wide, -0.3),
        (wide * t.u(0.9, 1.0), 0.2),
        (wide * t.u(0.95, 1.08), hem),
        (0.0, hem + 0.03),
    ]
    return _both(half)


def _sleeves(
    t: Tailor, wide: float, length: float, width: float, spread: float
) -> list[Outline]:
    """Two sleeves from the shoulders; `spread` is how far they stand off."""
    found = []
    for way in (-1, 1):
        bend = t.u(-0.06, 0.06)
        start, end = (wide * 0.88, -0.56), (wide * 0.9 + spread * length, -0.5 + length)
        middle = ((start[0] + end[0]) / 2 + bend + 0.08, (start[1] + end[1]) / 2)
        line = smooth([(way * x, y) for x, y in (start, middle, end)], closed=False)
        taper = np.linspace(width, width * 0.72, len(line))
        band = stroke(line, taper)
        keep = len(line)  # cut the round end off: a sleeve ends straight
        found.append(np.concatenate([band[:keep], band[keep + 5 :]]))
    return found


def _tshirt(t: Tailor) -> list[Outline]:
    wide = t.u(0.5, 0.6)
    sleeves = _sleeves(t, wide, t.u(0.26, 0.4), t.u(0.34, 0.42), t.u(0.8, 1.2))
    parts = [t.cut(s) for s in sleeves]
    parts.append(t.cut(_torso(t, wide=wide, hem=t.u(0.7, 0.95), neck=0.24, dip=0.1)))
    _collar(t, 0.22, t.u(0.1, 0.2))
    if t.rng.random() < 0.4:  # a print
        print_ = tinted((t.u(0, 255), t.u(0, 255), t.u(0, 255)), 1.0)
        t.flat(ellipse(0, -0.15, t.u(0.14, 0.26), t.u(0.12, 0.24)), print_, 0.9)
    t.seam([(-wide * 0.9, 0.62), (0, 0.65), (wide * 0.9, 0.62)], strength=0.3)
    return parts


def _longsleeve(t: Tailor) -> list[Outline]:
    wide = t.u(0.46, 0.56)
    sleeves = _sleeves(t, wide, t.u(1.0, 1.3), t.u(0.28, 0.34), t.u(0.12, 0.34))
    parts = [t.cut(s) for s in sleeves]
    parts.append(t.cut(_torso(t, wide=wide, hem=t.u(0.7, 0.92), neck=0.22, dip=0.08)))
    _collar(t, 0.2, t.u(0.07, 0.14))
    return parts


def _shirt(t: Tailor) -> list[Outline]:
    wide, hem = t.u(0.48, 0.58), t.u(0.78, 0.95)
    short = t.rng.random() < 0.2
    long = t.u(0.4, 0.5) if short else t.u(1.0, 1.3)
    sleeves = _sleeves(
        t, wide, long, t.u(0.3, 0.36), t.u(0.5, 0.8) if short else t.u(0.12, 0.34)
    )
    parts = [t.cut(s) for s in sleeves]
    half = [(0.0, -0.7), (0.2, -0.84), (wide, -0.72), (wide * 0.98, -0.2), (wide, 0.4)]
    half += [(wide * 0.98, hem - 0.22), (wide * 0.6, hem), (0.0, hem - 0.02)]
    parts.append(t.cut(_both(half)))
    t.flat(np.array([(-0.2, -0.86), (0.2, -0.86), (0.0, -0.55)]), t.deep)
    placket = [(-0.08, -0.56), (0.08, -0.56), (0.08, hem), (-0.08, hem)]
    t.flat(np.array(placket), tinted(t.tone, 0.62), 0.85)
    for i in range(6):
        r = max(0.028, 1.3 / t.scale)
        t.flat(ellipse(0, -0.46 + i * 0.22, r, r, points=12), t.ink)
    collar = tinted(t.tone, 0.7) if luminance(t.tone) > 120 else tinted(t.tone, 1.5)
    for wing in _sides([(0.2, -0.92), (0.02, -0.6), (0.24, -0.46), (0.4, -0.78)]):
        parts.append(t.cut(np.array(wing), collar, depth=0.35))
    if t.rng.random() < 0.7:
        pocket = [
            (0.16, -0.28),
            (0.42, -0.28),
            (0.42, -0.02),
            (0.29, 0.05),
            (0.16, -0.02),
            (0.16, -0.28),
        ]
        for a, b in zip(pocket, pocket[1:], strict=False):
            t.seam([a, b], strength=0.6)
    return parts


def _outwear(t: Tailor) -> list[Outline]:
    wide, hem = t.u(0.58, 0.68), t.u(0.75, 0.97)
    sleeves = _sleeves(t, wide, t.u(1.05, 1.3), t.u(0.4, 0.48), t.u(0.1, 0.24))
    parts = []
    hood = t.rng.random() < 0.45
    if hood:
        parts.append(t.cut(ellipse(0, -0.78, 0.36, 0.24)))
        t.flat(ellipse(0, -0.74, 0.25, 0.15), t.deep)
    parts += [t.cut(s) for s in sleeves]
    gap = t.u(0.1, 0.22)
    lining = tinted(t.tone, 0.3 if luminance(t.tone) > 90 else 2.2)
    body = [
        (0.0, -0.72),
        (0.24, -0.82),
        (wide, -0.68),
        (wide, 0.0),
        (wide * 1.06, hem),
        (0.0, hem),
    ]
    parts.append(t.cut(_both(body), lining))
    front = [
        (0.1, -0.7),
        (0.26, -0.84),
        (wide, -0.7),
        (wide * 1.0, 0.0),
        (wide * 1.06, hem),
        (gap, hem),
        (gap * 0.7, 0.0),
    ]
    for side in _sides(front):
        parts.append(t.cut(np.array(side), depth=0.4))
    if not hood:  # lapels
        for side in _sides(
            [
                (0.2, -0.88),
                (0.06, -0.2),
                (0.34, -0.42),
                (0.28, -0.52),
                (0.42, -0.6),
                (0.36, -0.82),
            ]
        ):
            t.cut(np.array(side), tinted(t.tone, 0.82), depth=0.35)
    if t.rng.random() < 0.5:
        steps = int(t.rng.integers(4, 7))  # quilted
        for i in range(1, steps):
            y = -0.55 + i * (hem + 0.5) / steps
            for side in _sides([(gap + 0.02, y), (wide, y)]):
                t.seam(side, strength=0.55)
    else:
        for side in _sides([(wide * 0.5, 0.32), (wide * 0.8, 0.22)]):
            t.seam(side, width=0.05)
    return parts


def _dress(t: Tailor) -> list[Outline]:
    top, waist, hem = t.u(0.26, 0.36), t.u(0.2, 0.28), t.u(0.45, 0.75)
    low = t.u(-0.22, 0.0)
    parts = []
    strap = t.rng.random() < 0.55
    if not strap:
        long = t.u(0.18, 0.3)
        parts += [t.cut(s) for s in _sleeves(t, top, long, 0.24, t.u(0.6, 1.0))]
    half = [(0.0, -0.68), (0.12, -0.72), (0.16, -0.96), (0.24, -0.96), (top, -0.6)]
    half += [
        (top * 0.95, -0.42),
        (waist, low),
        (hem * 0.75, 0.4),
        (hem, 0.93),
        (hem * 0.5, 0.97),
        (0.0, 0.98),
    ]
    parts.append(t.cut(_both(half)))
    t.seam([(-waist, low), (0, low + 0.03), (waist, low)], width=0.06, strength=0.8)
    for _ in range(int(t.rng.integers(2, 5))):
        x = t.u(0.1, 0.9) * hem
        for side in _sides([(x * 0.35, low + 0.15), (x * 0.8, 0.5), (x, 0.9)]):
            t.seam(side, strength=0.35)
    return parts


def _skirt(t: Tailor) -> list[Outline]:
    waist, hem = t.u(0.3, 0.42), t.u(0.55, 0.9)
    top, end = t.u(-0.85, -0.6), t.u(0.45, 0.85)
    half = [
        (0.0, top),
        (waist, top),
        (waist * 1.02, top + 0.14),
        ((waist + hem) * 0.54, (top + end) / 2),
    ]
    half += [(hem, end), (hem * 0.5, end + 0.06), (0.0, end + 0.07)]
    parts = [t.cut(_both(half))]
    band = [
        (-waist, top),
        (waist, top),
        (waist * 1.02, top + 0.13),
        (-waist * 1.02, top + 0.13),
    ]
    t.cut(np.array(band), tinted(t.tone, 0.75), depth=0.3)
    for i in range(int(t.rng.integers(2, 6))):  # pleats
        x = (i + t.u(0.3, 0.7)) / 5
        for side in _sides([(x * waist, top + 0.18), (x * hem, end)]):
            t.seam(side, strength=0.5)
    return parts


def _legs(t: Tailor, end: float, cuff: float, top: float) -> list[Outline]:
    """Trousers down to `end`; `cuff` is the width of a leg there."""
    waist, hip, crotch = t.u(0.32, 0.4), t.u(0.42, 0.5), top + t.u(0.52, 0.66)
    apart = t.u(0.02, 0.14)
    parts = []
    for way in (-1, 1):
        leg = [
            (0.0, top),
            (waist, top),
            (hip, top + 0.4),
            (apart + cuff + 0.06, end),
            (apart + 0.03, end),
            (0.0, crotch),
        ]
        parts.append(t.cut(np.array([(way * x, y) for x, y in leg])))
    band = [
        (-waist, top - 0.02),
        (waist, top - 0.02),
        (waist * 1.03, top + 0.1),
        (-waist * 1.03, top + 0.1),
    ]
    t.cut(np.array(band), tinted(t.tone, 0.78), depth=0.3)
    t.seam([(0, top + 0.1), (0, crotch)], strength=0.6)
    r = max(0.03, 1.2 / t.scale)
    t.flat(ellipse(0, top + 0.04, r, r, points=12), t.ink)
    for side in _sides(
        [
            (waist * 0.55, top + 0.1),
            (waist * 0.8, top + 0.24),
            (waist * 1.08, top + 0.28),
        ]
    ):
        t.seam(side, strength=0.6)
    for side in _sides([(apart + 0.05, end - 0.06), (apart + cuff, end - 0.06)]):
        t.seam(side, strength=0.5)
    return parts


def _pants(t: Tailor) -> list[Outline]:
    return _legs(t, 0.97, t.u(0.2, 0.34), t.u(-0.97, -0.88))


def _shorts(t: Tailor) -> list[Outline]:
    top = t.u(-0.7, -0.5)
    return _legs(t, top + t.u(0.95, 1.2), t.u(0.44, 0.56), top)


def _one_shoe(
    t: Tailor, kind: int, x: float, y: float, way: float, size: float
) -> list[Outline]:
    def at(points: list[Point], curve: bool = True) -> Outline:
        p = np.array(points) * (way * size, size) + (x, y)
        return smooth(p, steps=4) if curve else p

    parts = []
    if kind == 0:  # sneaker
        upper = [
            (-0.72, -0.45),
            (-0.3, -0.4),
            (0.0, -0.22),
            (0.4, 0.0),
            (0.82, 0.1),
            (0.85, 0.3),
            (0.0, 0.34),
            (-0.75, 0.3),
            (-0.8, -0.1),
        ]
        parts.append(t.cut(at(upper)))
        sole = [(-0.82, 0.26), (0.9, 0.24), (0.9, 0.4), (0.0, 0.44), (-0.82, 0.42)]
        parts.append(t.cut(at(sole), (236.0, 234.0, 228.0)))
        for i in range(4):
            a = -0.22 + i * 0.16
            t.seam(
                [
                    tuple(p)
                    for p in at(
                        [(a, -0.3 + i * 0.1), (a - 0.12, -0.1 + i * 0.07)], False
                    )
                ],
                width=0.03,
                strength=0.9,
            )
        t.flat(at([(-0.72, -0.45), (-0.45, -0.5), (-0.3, -0.4), (-0.5, -0.33)]), t.deep)
    elif kind == 1:  # boot
        upper = [
            (-0.6, -0.95),
            (-0.1, -0.95),
            (-0.05, -0.3),
            (0.45, -0.05),
            (0.75, 0.12),
            (0.78, 0.32),
            (-0.65, 0.32),
            (-0.62, -0.3),
        ]
        parts.append(t.cut(at(upper)))
        parts.append(
            t.cut(
                at(
                    [
                        (-0.68, 0.28),
                        (0.8, 0.28),
                        (0.8, 0.42),
                        (-0.2, 0.4),
                        (-0.3, 0.5),
                        (-0.68, 0.5),
                    ],
                    False,
                ),
                tinted(t.tone, 0.4),
            )
        )
        t.flat(
            at([(-0.6, -0.95), (-0.35, -1.0), (-0.1, -0.95), (-0.35, -0.88)]), t.deep
        )
    else:  # pump
        upper = [
            (-0.75, -0.42),
            (-0.62, -0.1),
            (-0.1, 0.08),
            (0.2, 0.0),
            (0.6, 0.16),
            (0.9, 0.36),
            (0.3, 0.42),
            (-0.1, 0.3),
            (-0.6, 0.05),
            (-0.82, -0.05),
        ]
        parts.append(t.cut(at(upper)))
        heel = [(-0.8, -0.05), (-0.58, 0.06), (-0.66, 0.45), (-0.76, 0.45)]
        parts.append(t.cut(at(heel, False), tinted(t.tone, 0.6)))
    return parts


def _shoes(t: Tailor) -> list[Outline]:
    kind, way = int(t.rng.integers(3)), float(t.rng.choice([-1, 1]))
    size = t.u(0.72, 0.95)
    other = way if t.rng.random() < 0.6 else -way
    up, aside = t.u(0.2, 0.42), t.u(-0.2, 0.2)
    back = _one_shoe(t, kind, aside, -up, other, size)
    return back + _one_shoe(t, kind, -aside, up, way, size)


def _hat(t: Tailor) -> list[Outline]:
    kind = int(t.rng.integers(3))
    if kind == 0:  # brimmed
        wide, high = t.u(0.85, 1.0), t.u(0.5, 0.75)
        brim = t.cut(ellipse(0, 0.35, wide, t.u(0.2, 0.34)))
        crown = [
            (0.0, 0.4 - high),
            (0.2, 0.34 - high),
            (0.42, 0.42 - high),
            (0.5, 0.1),
            (0.54, 0.36),
            (0.3, 0.44),
            (0.0, 0.46),
        ]
        parts = [brim, t.cut(smooth(_both(crown), steps=4), depth=0.4)]
        t.flat(
            _both([(0.0, 0.22), (0.5, 0.14), (0.54, 0.32), (0.3, 0.41), (0.0, 0.43)]),
            t.ink,
            0.9,
        )
        return parts
    if kind == 1:  # cap
        dome = [
            (-0.66, 0.3),
            (-0.64, -0.1),
            (-0.4, -0.46),
            (0.0, -0.56),
            (0.4, -0.42),
            (0.6, -0.05),
            (0.6, 0.26),
            (0.0, 0.36),
        ]
        parts = [t.cut(smooth(dome, steps=4), depth=0.4)]
        visor = [
            (0.1, 0.26),
            (0.58, 0.12),
            (0.98, 0.3),
            (1.0, 0.42),
            (0.6, 0.4),
            (0.1, 0.42),
        ]
        parts.append(t.cut(smooth(visor, steps=4), tinted(t.tone, 0.75)))
        t.seam([(-0.3, -0.5), (-0.2, -0.1), (-0.26, 0.32)], strength=0.5)
        t.seam([(0.05, -0.56), (0.3, -0.2), (0.3, 0.3)], strength=0.5)
        t.flat(ellipse(0, -0.57, 0.07, 0.05), t.ink)
        return parts
    dome = [
        (-0.6, 0.4),
        (-0.58, -0.1),
        (-0.35, -0.5),
        (0.0, -0.62),
        (0.35, -0.5),
        (0.58, -0.1),
        (0.6, 0.4),
    ]
    parts = []
    if t.rng.random() < 0.6:
        parts.append(t.cut(ellipse(0, -0.7, 0.2, 0.2), tinted(t.tone, 1.3)))
    parts.append(t.cut(smooth(dome, steps=4), depth=0.4))
    parts.append(
        t.cut(
            np.array([(-0.64, 0.2), (0.64, 0.2), (0.62, 0.52), (-0.62, 0.52)]),
            tinted(t.tone, 0.8),
        )
    )
    for i in range(-6, 7):
        t.seam([(i * 0.1, 0.22), (i * 0.1, 0.5)], strength=0.4)
    return parts


#: How each kind is cut; each returns the outlines that cast its shadow.
CUTS: dict[str, Callable[[Tailor], list[Outline]]] = {
    "dress": _dress,
    "hat": _hat,
    "longsleeve": _longsleeve,
    "outwear": _outwear,
    "pants": _pants,
    "shirt": _shirt,
    "shoes": _shoes,
    "shorts": _shorts,
    "skirt": _skirt,
    "t-shirt": _tshirt,
}
