"""Embedded data sets: pictures drawn by seed, so that no photograph is needed."""
