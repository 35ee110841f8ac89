"""Embedded data sets: pictures drawn by seed, so that no photograph is needed.

`scenes.render` draws one picture; `make.make` writes a whole set.
"""
