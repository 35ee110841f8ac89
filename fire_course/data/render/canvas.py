"""A picture in linear light, painted from the back to the front."""

from dataclasses import dataclass, field, replace

import numpy as np

from .noise import Field, Rng, enlarge, soften

Colour = tuple[float, float, float]


def rgb(colour: Colour, gain: float = 1.0) -> Field:
    """A colour as an array that multiplies fields; 1 is a white wall at noon."""
    return np.array(colour, np.float32) * np.float32(gain)


def mix(a: Colour, b: Colour, t: float) -> Colour:
    """The colour a fraction `t` of the way from `a` to `b`."""
    return (
        a[0] + (b[0] - a[0]) * t,
        a[1] + (b[1] - a[1]) * t,
        a[2] + (b[2] - a[2]) * t,
    )


def vary(rng: Rng, colour: Colour, amount: float = 0.15) -> Colour:
    """`colour` with brightness and hue moved by up to `amount` of itself."""
    both = 1 + amount * rng.uniform(-1, 1)
    r, g, b = (c * both * (1 + 0.6 * amount * rng.uniform(-1, 1)) for c in colour)
    return (r, g, b)


@dataclass(frozen=True)
class Mood:
    """The light of a scene: its name, the sun's and the sky's colour, the haze."""

    name: str
    sun: Colour
    ambient: Colour
    haze: Colour
    zenith: Colour
    horizon: Colour
    side: float = 0.5  # where the sun stands: -1 left, 0 behind the hills, 1 right
    exposure: float = 1.0
    haze_strength: float = 1.0

    def dimmed(self, gain: float, haze: float = 1.0) -> "Mood":
        """The same sky over land that gets only `gain` of the light: silhouettes."""
        black = (0.0, 0.0, 0.0)
        return replace(
            self,
            sun=mix(black, self.sun, gain),
            ambient=mix(black, self.ambient, gain),
            haze=mix(black, self.haze, haze),
        )

    def lit(self, shade: Field, albedo: Field) -> Field:
        """What a surface sends to the camera; `shade` is 1 where it faces the sun."""
        light = rgb(self.ambient) + shade[..., None] * rgb(self.sun)
        return light * albedo


@dataclass
class Canvas:
    """What the camera sees, and what the light of a fire needs to know.

    `light` is radiance (H, W, 3); `albedo` the share that surfaces send back;
    `flame` the radiance of flames, kept apart until the end so that it can
    light the rest and so that it is known where flames are visible.
    """

    height: int
    width: int
    light: Field = field(init=False)
    albedo: Field = field(init=False)
    flame: Field = field(init=False)
    burning: bool = False

    def __post_init__(self) -> None:
        shape = (self.height, self.width)
        self.light = np.zeros((*shape, 3), np.float32)
        self.albedo = np.zeros((*shape, 3), np.float32)
        self.flame = np.zeros((*shape, 3), np.float32)

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.height, self.width

    @property
    def unit(self) -> float:
        """One 250th of the picture: lengths are given in these."""
        return self.height / 250

    def paint(
        self, alpha: Field, radiance: Field, albedo: Field | None = None, top: int = 0
    ) -> None:
        """Cover rows from `top` on with `radiance` where `alpha` is 1."""
        rows = slice(top, top + alpha.shape[0])
        cover = alpha[..., None]
        rest = 1 - cover
        for layer, value in ((self.light, radiance), (self.albedo, albedo)):
            layer[rows] *= rest
            if value is not None:
                layer[rows] += cover * value
        if self.burning:
            self.flame[rows] *= rest

    def burn(self, heat: Field, radiance: Field, top: int = 0) -> None:
        """Add flames: `heat` 0..1 says how much, `radiance` (h, w, 3) how bright."""
        rows = slice(top, top + heat.shape[0])
        self.burning = True
        # hot gas hides little of what is behind it
        self.light[rows] *= (1 - np.float32(0.55) * np.minimum(heat, 1))[..., None]
        self.flame[rows] += radiance

    def glow(self) -> Field:
        """Flame light as it falls on what is near: near, middle and far, added."""
        small = self.flame[: self.height // 5 * 5, : self.width // 5 * 5]
        small = (
            small.reshape(self.height // 5, 5, self.width // 5, 5, 3)
            .mean(axis=(1, 3), dtype=np.float64)
            .astype(np.float32)
        )
        reach = max(1, round(self.unit))
        near = soften(small, reach)
        middle = soften(near, 4 * reach)
        far = soften(middle, 9 * reach)
        spread = (
            near * np.float32(0.30) + middle * np.float32(0.45) + far * np.float32(0.6)
        )
        return enlarge(spread, self.shape)
