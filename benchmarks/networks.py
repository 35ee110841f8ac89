"""How much work and how many weights the small network saves."""

import json

from fire_course import models, shapes

big, small = models.build("fire_cnn"), models.build("fire_net")
work = shapes.total_multiply_adds(small) / shapes.total_multiply_adds(big)
for figure, value, unit, bar in (
    ("multiply-adds a photo, fire_net / fire_cnn", work, "x", 0.1),
    ("parameters of fire_net", small.count_params(), "", 500_000),
):
    print(json.dumps({"figure": figure, "value": value, "unit": unit, "at_most": bar}))
