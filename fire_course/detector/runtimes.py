"""Networks that run without Keras, with as much of its interface as a detector asks.

Each is made from the bytes of a file, so that what was checked is what runs.
Nothing here imports TensorFlow.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fire_course import quiet
from fire_course.detector.basics import DetectorError


class LiteRTNetwork:
    """A `.tflite` network of floats or of 8-bit integers.

    Parameters
    ----------
    content : bytes
        The file.
    name : str
        What to call it.
    """

    format = "litert"

    def __init__(self, content: bytes, *, name: str) -> None:
        try:
            litert = import_module("ai_edge_litert.interpreter")
        except ModuleNotFoundError as error:
            raise _missing("LiteRT", "ai-edge-litert", error) from error
        self.name = name
        with quiet.silenced():  # it announces its kernels, and its errors twice
            try:
                runner = litert.Interpreter(
                    model_content=content, num_threads=_threads()
                )
                runner.allocate_tensors()
                (entry,), (leaving,) = (
                    runner.get_input_details(),
                    runner.get_output_details(),
                )
                self._entry, self._leaving = _Place(entry), _Place(leaving)
                failure = None
            except Exception as error:  # whatever the C++ side says
                failure = error
        if failure is not None:
            raise failure
        self._runner = runner
        # A photograph at a time: memory stays that of one, and the kernels use
        # all threads within it.
        self.input_shape = (None, *self._entry.shape[1:])
        self.output_shape = (None, *self._leaving.shape[1:])

    def predict_on_batch(self, batch: NDArray[np.generic]) -> NDArray[np.float32]:
        """Give the probabilities for photographs of 0 to 255."""
        answers = np.empty((len(batch), *self._leaving.shape[1:]), np.float32)
        for i, photo in enumerate(self._entry.to_file(batch)):
            self._runner.set_tensor(self._entry.index, photo[None])
            self._runner.invoke()
            answer = self._runner.get_tensor(self._leaving.index)
            answers[i] = self._leaving.from_file(answer)[0]
        if self._leaving.scale and answers.shape[-1] > 1:
            # Rounded one by one, they no longer sum to 1.
            answers /= answers.sum(-1, keepdims=True)
        return answers


class OnnxNetwork:
    """An `.onnx` network, run by ONNX Runtime on the processor.

    Parameters
    ----------
    content : bytes
        The file.
    name : str
        What to call it.
    """

    format = "onnx"

    def __init__(self, content: bytes, *, name: str) -> None:
        try:
            onnxruntime = import_module("onnxruntime")
        except ModuleNotFoundError as error:
            raise _missing("ONNX Runtime", "onnxruntime", error) from error
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # what is fatal is raised as well
        options.intra_op_num_threads = _threads()
        self._session = onnxruntime.InferenceSession(
            content,
            options,
            providers=["CPUExecutionProvider"],
            enable_fallback=0,  # it would print, and try the same once more
        )
        (entry,) = self._session.get_inputs()
        (leaving,) = self._session.get_outputs()
        self.name = name
        self._entry = entry.name
        self.input_shape = (None, *entry.shape[1:])
        self.output_shape = (None, *leaving.shape[1:])

    def predict_on_batch(self, batch: NDArray[np.generic]) -> NDArray[np.float32]:
        """Give the probabilities for photographs of 0 to 255."""
        feed = {self._entry: np.asarray(batch, np.float32)}
        (answers,) = self._session.run(None, feed)
        return np.asarray(answers)


class _Place:
    """Where numbers enter or leave a LiteRT network, and how they are rounded."""

    def __init__(self, details: dict[str, Any]) -> None:
        self.index = details["index"]
        self.shape = tuple(map(int, details["shape"]))
        self.dtype = np.dtype(details["dtype"])
        self.scale, self.zero_point = details["quantization"]
        if self.shape[:1] != (1,) or (self.dtype.kind in "iu") != bool(self.scale):
            raise ValueError(f"a tensor of {self.dtype} and shape {self.shape}")

    def to_file(self, values: NDArray[np.generic]) -> NDArray[np.generic]:
        """Turn values into the numbers that the file computes with."""
        if not self.scale:
            return np.asarray(values, self.dtype)
        if values.dtype == self.dtype and (self.scale, self.zero_point) == (1, 0):
            return values
        from fire_course.quantize import quantize

        return quantize(values, self.scale, self.zero_point, dtype=self.dtype)

    def from_file(self, numbers: NDArray[np.generic]) -> NDArray[np.generic]:
        """Turn the file's numbers into values."""
        if not self.scale:
            return numbers
        from fire_course.quantize import dequantize

        return dequantize(numbers, self.scale, self.zero_point)


def _threads() -> int:
    # More than four gain nothing for networks of this size.
    if hasattr(os, "sched_getaffinity"):
        return min(4, len(os.sched_getaffinity(0)))
    return min(4, os.cpu_count() or 1)


def _missing(what: str, package: str, error: ModuleNotFoundError) -> DetectorError:
    return DetectorError(
        f"This file runs on {what}, and the package {error.name or package} is not "
        "installed: pip install 'fire-course[export]'."
    )
