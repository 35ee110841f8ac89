"""Scenes: small pictures of hillsides, with and without fire, drawn by seed.

They never pretend to be photographs. They stand where photographs would need a
download and a licence, and they come with what photographs lack: the mask of
the flames, and the name of everything that only looks like fire.

`render` draws one, `make` writes a whole set into a folder.
"""

from .draw import VERSION, Scene, draw, render
from .make import COUNTS, is_current, make
from .plan import CATEGORIES, CLASS_NAMES, HARD_NEGATIVES, KINDS, STYLES

__all__ = [
    "CATEGORIES",
    "CLASS_NAMES",
    "COUNTS",
    "HARD_NEGATIVES",
    "KINDS",
    "STYLES",
    "VERSION",
    "Scene",
    "draw",
    "is_current",
    "make",
    "render",
]
