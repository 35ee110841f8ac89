"""A picture in linear light, painted from the back to the front."""

from dataclasses import dataclass, field, replace

import numpy as np

from .noise import Field, Rng, enlarge, fifths, soften

Colour = tuple[float, float, float]


def rgb(colour: Colour, gain: float = 1.0) -> Field:
    """A colour as planes (3, 1, 1) that multiply fields; 1 is a white wall at noon."""
    planes = np.array(colour, np.float32) * np.float32(gain)
    return planes[:, None, None]


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
        light = shade * rgb(self.sun)
        light += rgb(self.ambient)
        light *= albedo
        return light

    def veiled(self, radiance: Field, veil: "Field | np.float32") -> None:
        """Mix haze into `radiance`, in place: all haze where `veil` is 1."""
        mist = rgb(self.haze) - radiance
        mist *= veil
        radiance += mist


@dataclass
class Canvas:
    """What the camera sees, and what the light of a fire needs to know.

    `radiance` is what reaches the camera; `albedo` the share that surfaces send
    back; `blaze` the radiance of flames, kept apart until the end so that it can
    light the rest and so that it is known where flames are visible. Each is three
    planes (3, H, W), one a colour: NumPy works along rows, and a row of a plane is
    a hundred times as long as a pixel. `burns` says whether there may be flames at
    all; without them nobody asks for the albedo.
    """

    height: int
    width: int
    burns: bool = True
    radiance: Field = field(init=False)
    albedo: Field = field(init=False)
    blaze: Field = field(init=False)
    burning: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        shape = (3, self.height, self.width)
        self.radiance = np.zeros(shape, np.float32)
        self.albedo = np.zeros(shape, np.float32)
        self.blaze = np.zeros(shape, np.float32)

    @property
    def light(self) -> Field:
        """What reaches the camera, as a picture (H, W, 3)."""
        return self.radiance.transpose(1, 2, 0)

    @property
    def flame(self) -> Field:
        """What flames add to it, as a picture (H, W, 3)."""
        return self.blaze.transpose(1, 2, 0)

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.height, self.width

    @property
    def unit(self) -> float:
        """One 250th of the picture: lengths are given in these."""
        return self.height / 250

    def paint(
        self,
        alpha: Field,
        radiance: Field,
        albedo: Field | None = None,
        *,
        share: "Field | np.float32 | None" = None,
        top: int = 0,
    ) -> None:
        """Cover rows from `top` on with `radiance` where `alpha` is 1.

        `share` is what is left of the `albedo` behind haze.
        """
        rows = slice(top, top + alpha.shape[0])
        rest = 1 - alpha
        layer = self.radiance[:, rows]
        layer *= rest
        layer += alpha * radiance
        if not self.burns:
            return
        layer = self.albedo[:, rows]
        layer *= rest
        if albedo is not None:
            layer += alpha * (albedo if share is None else albedo * share)
        if self.burning:
            self.blaze[:, rows] *= rest

    def burn(self, heat: Field, radiance: Field, top: int = 0) -> None:
        """Add flames: `heat` 0..1 says how much, `radiance` (3, h, w) how bright."""
        rows = slice(top, top + heat.shape[0])
        self.burning = True
        # hot gas hides little of what is behind it
        self.radiance[:, rows] *= 1 - np.float32(0.55) * np.minimum(heat, 1)
        self.blaze[:, rows] += radiance

    def glow(self) -> Field:
        """Flame light as it falls on what is near: near, middle and far, added."""
        reach = max(1, round(self.unit))
        near = soften(fifths(self.blaze), reach)
        middle = soften(near, 4 * reach)
        far = soften(middle, 9 * reach)
        spread = (
            near * np.float32(0.30) + middle * np.float32(0.45) + far * np.float32(0.6)
        )
        return enlarge(spread, self.shape)
