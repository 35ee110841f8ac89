"""Sizes without a computer's help: what a layer makes of what it gets.

`output_size` is the formula of every convolution, `pool_size` and `transposed_size`
are those of its neighbours, `explain_size` says how they come about and `solve_size`
asks them backwards. `trace` follows a photograph through a network, layer by layer.

All of it is pure Python: no array library, no engine.
"""

from fire_course.shapes.explain import SizeExplanation, explain_size
from fire_course.shapes.padding import preserving_padding, same_padding
from fire_course.shapes.receptive import receptive_field
from fire_course.shapes.sizes import output_size, pool_size, transposed_size
from fire_course.shapes.solve import Setting, solve_size
from fire_course.shapes.tracing import TraceRow, total_multiply_adds, trace

__all__ = [
    "Setting",
    "SizeExplanation",
    "TraceRow",
    "explain_size",
    "output_size",
    "pool_size",
    "preserving_padding",
    "receptive_field",
    "same_padding",
    "solve_size",
    "total_multiply_adds",
    "trace",
    "transposed_size",
]
