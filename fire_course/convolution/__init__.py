"""Convolution by hand, in NumPy: one kernel over a picture, and a layer that equals Keras.

`correlate` slides a kernel and has the same answer in four ways: by loops that read
like the definition, by windows, by Fourier's transform and by SciPy. `conv_layer`,
`max_pool` and `average_pool` are the layers of a network.
"""

from fire_course.convolution.correlation import convolve, correlate
from fire_course.convolution.kernels import KERNELS
from fire_course.convolution.layers import (
    average_pool,
    conv_layer,
    max_pool,
    relu,
    sigmoid,
    softmax,
)

__all__ = [
    "KERNELS",
    "average_pool",
    "conv_layer",
    "convolve",
    "correlate",
    "max_pool",
    "relu",
    "sigmoid",
    "softmax",
]
