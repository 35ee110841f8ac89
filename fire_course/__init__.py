"""Helpers of the fire course, from a convolution by hand to a fire detector.

Submodules load on first use, so that ``import fire_course`` costs no more than
importing NumPy; TensorFlow is imported only where a network runs.

Examples
--------
>>> import fire_course
>>> round(fire_course.metrics.f1_from_counts(tp=8, fp=2, fn=2), 2)
0.8
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "callbacks",
        "convolution",
        "data",
        "detector",
        "files",
        "images",
        "metrics",
        "models",
        "plots",
        "records",
        "shapes",
        "training",
    ],
)
