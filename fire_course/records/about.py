"""What a record says about where it comes from."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from importlib import import_module, metadata
from typing import Any


def header(
    name: str,
    plan: Any,
    network: Any,
    *,
    settings: Mapping[str, Any],
    epochs: int,
    seeds: Sequence[int],
) -> dict[str, Any]:
    """Say what was run: by which command, on which network, with which versions.

    Parameters
    ----------
    name : str
        Of the experiment.
    plan : Experiment or Plan
    network : keras.Model
    settings : mapping
        As they were in this run.
    epochs : int
    seeds : sequence of int

    Returns
    -------
    dict
        The first keys of a record.
    """
    from fire_course import __version__, shapes

    command = ["fire-course", "reproduce", name, "--data", "DIR"]
    if list(seeds) != list(plan.seeds):
        command += ["--seeds", ",".join(map(str, seeds))]
    if epochs != plan.epochs:
        command += ["--epochs", str(epochs)]
    return {
        "experiment": name,
        "title": plan.title,
        "notes": plan.notes,
        "command": " ".join(command),
        "model": plan.model,
        "parameters": int(network.count_params()),
        "multiply_adds": int(shapes.total_multiply_adds(network)),
        "settings": dict(settings),
        "version": __version__,
        "versions": versions(),
        "backend": backend(),
        "device": device(),
    }


def versions() -> dict[str, str]:
    """Return the versions of all that a figure may depend on."""
    found = {"python": platform.python_version()}
    for name in ("keras", "numpy", "pillow", backend()):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:  # another build, such as tensorflow-cpu
            found[name] = str(getattr(import_module(name), "__version__", "unknown"))
    return found


def backend() -> str:
    """Name the engine that Keras runs on."""
    from fire_course import quiet

    return str(quiet.import_keras().backend.backend())


def device() -> dict[str, Any]:
    """Say what kind of device Keras computes on, without the name of the machine.

    Returns
    -------
    dict
        `kind` ("cpu" or "gpu"), `name`, and `cores` of the machine.
    """
    engine, name = backend(), None
    if engine == "tensorflow":
        from fire_course import quiet

        config = quiet.import_tensorflow().config
        for gpu in config.list_physical_devices("GPU"):
            details = config.experimental.get_device_details(gpu)
            name = details.get("device_name", "gpu")
    elif engine == "jax":
        first = import_module("jax").devices()[0]
        name = None if first.platform == "cpu" else str(first.device_kind)
    elif engine == "torch":
        cuda = import_module("torch").cuda
        name = cuda.get_device_name(0) if cuda.is_available() else None
    kind = "cpu" if name is None else "gpu"
    return {"kind": kind, "name": name or platform.machine(), "cores": os.cpu_count()}
