"""A network with what it needs to be used: labels, image size and threshold.

A score means nothing without them: which class it speaks of, at what size the
network was trained, from where on it counts as fire. A detector keeps them
together, in memory and in the file, whichever library then runs the network:
Keras, LiteRT or ONNX Runtime.
"""

from fire_course.detector.basics import DEFAULT, DetectorError, Prediction
from fire_course.detector.comparing import Agreement, compare_formats
from fire_course.detector.core import Detector

__all__ = [
    "DEFAULT",
    "Agreement",
    "Detector",
    "DetectorError",
    "Prediction",
    "compare_formats",
]
