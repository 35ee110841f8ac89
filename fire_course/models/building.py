"""What the networks have in common: checked shapes, seeds, and how they end."""

from __future__ import annotations

import random
import weakref
from typing import Any

from fire_course import quiet

Shape = tuple[int, int, int]

# How each network in memory was built, so that a detector can write its
# weights alone and build the same network again. Kept beside the networks,
# not on them: Keras wraps attributes, and copies some of them.
RECIPES: weakref.WeakKeyDictionary[Any, dict[str, Any]] = weakref.WeakKeyDictionary()


def checked(name: str, input_shape: Any, *, smallest: int) -> Shape:
    """Return the shape if a photograph can have it and is large enough."""
    # Checked before any layer is built: given too small a map, the engine does
    # not raise but, in some versions, ends the whole Python process.
    shape = tuple(input_shape)
    if len(shape) != 3 or not all(isinstance(n, int) and n > 0 for n in shape):
        raise ValueError(
            f"{name} takes an input shape (height, width, channels) of whole numbers, "
            f"not {input_shape!r}."
        )
    if min(shape[:2]) < smallest:
        raise ValueError(
            f"{name} needs photographs of at least {smallest}x{smallest} pixels, "
            f"not {shape[0]}x{shape[1]}."
        )
    return shape[0], shape[1], shape[2]


class Starts:
    """Hand out the seeds of one network's random parts.

    Each part has its own, drawn from the network's: the same seed gives the
    same network, without touching any global random state.
    """

    def __init__(self, seed: int | None) -> None:
        # Python's own generator is where Keras, too, takes seeds from.
        self.seed = random.randrange(2**31) if seed is None else seed
        self._generator = random.Random(self.seed)

    def number(self) -> int:
        """Return the next seed."""
        return self._generator.randrange(2**31)

    def kernel(self) -> Any:
        """Return what fills the next layer's kernel."""
        return quiet.import_keras().initializers.GlorotUniform(seed=self.number())


def finish(
    name: str,
    inputs: Any,
    features: Any,
    classes: int,
    start: Starts,
    options: dict[str, Any],
) -> Any:
    """End a network in its logit and its score, and remember how it was built."""
    if not isinstance(classes, int) or classes < 1:
        raise ValueError(
            f"classes is 1 for fire or not, or the number of classes, not {classes}."
        )
    keras = quiet.import_keras()
    # The logit has a layer of its own: explanations need the number before
    # the sigmoid flattens it.
    dense = keras.layers.Dense(classes, kernel_initializer=start.kernel(), name="logit")
    activation = "sigmoid" if classes == 1 else "softmax"
    score = keras.layers.Activation(activation, name="score")(dense(features))
    network = keras.Model(inputs, score, name=name)
    RECIPES[network] = {
        "name": name,
        "input_shape": list(inputs.shape[1:]),
        "options": {**options, "classes": classes},
    }
    return network
