"""``fire-course doctor``: does everything that the course needs work here?"""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import typer
from rich.table import Table
from rich.text import Text

from fire_course.cli.common import JsonOption, Talk, sentence, shown, talk

EXAMPLE = "Example:\n\nfire-course doctor"

# What a default run may write at a time: drawn sets (about 90 MB), a run
# folder and its state (a few MB). Under a gigabyte the next download may not fit.
LOW_SPACE = 1_000_000_000
NO_SPACE = 100_000_000

PACKAGES = (
    "fire-course",
    "numpy",
    "pillow",
    "keras",
    "tensorflow",
    "scikit-image",
    "typer",
)


class Check(NamedTuple):
    """One thing that was looked at: ``ok``, ``warn`` or ``fail``, and the way out."""

    name: str
    status: str
    detail: str
    fix: str | None = None


def doctor(json: JsonOption = False) -> None:
    """Check Python, packages, Keras, data, the default model and the disk.

    Each line says ok, warn or fail, and what to do. The exit status is 1 only if
    something that the course needs is broken.
    """
    with talk(json=json) as voice:
        table = Table(box=None, pad_edge=False)
        for heading in ("", "check", "found"):
            table.add_column(heading, overflow="fold")
        checks = []
        colours = {"ok": "green", "warn": "yellow", "fail": "bold red"}
        for check in _checks(voice):
            checks.append(check)
            found = Text(shown(check.detail))
            if check.fix:
                found.append(f"\n{shown(check.fix)}", style="italic")
            table.add_row(Text(check.status, colours[check.status]), check.name, found)
        broken = [check.name for check in checks if check.status == "fail"]
        voice.say(table)
        voice.say(f"Broken: {', '.join(broken)}." if broken else "Ready.")
        voice.answer(
            {"ok": not broken, "checks": [check._asdict() for check in checks]}
        )
        if broken:
            raise typer.Exit(1)


def _checks(voice: Talk) -> Iterator[Check]:
    yield _python()
    yield _versions()
    for name, look in (
        ("keras", _keras),
        ("tensorflow", _tensorflow),
        ("default model", _model),
    ):
        with voice.waiting(f"looking at {name}"):  # each takes a second or more
            found = _safely(name, look)
        yield found
    yield from _data()
    yield _disk()
    yield _program(
        "chromium",
        ("chromium", "chromium-browser", "google-chrome"),
        "only the tests of the built pages need it",
    )
    yield _program(
        "bwrap",
        ("bwrap",),
        "graded notebooks then run with limits but without a sandbox",
    )


def _python() -> Check:
    found = platform.python_version()
    if sys.version_info[:2] in ((3, 11), (3, 12), (3, 13)):
        return Check(
            "python", "ok", f"{found} on {platform.system()} {platform.machine()}"
        )
    return Check(
        "python", "warn", f"{found} is not tested", "Use Python 3.11, 3.12 or 3.13."
    )


def _versions() -> Check:
    found, missing = [], []
    for name in PACKAGES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    if not missing:
        return Check("packages", "ok", ", ".join(found))
    # Keras also runs on other engines; and a checkout need not be installed.
    return Check(
        "packages",
        "warn",
        f"{', '.join(found)}; not installed: {', '.join(missing)}",
        "Install the package again.",
    )


def _safely(name: str, look: Callable[[], Check]) -> Check:
    """Report whatever goes wrong in a check: that is what a doctor is for."""
    try:
        return look()
    except Exception as error:
        text = sentence(error)
        if text is None:
            text = f"{type(error).__name__}: {' '.join(str(error).split())}"
        return Check(name, "fail", text, "Install the package again.")


def _keras() -> Check:
    import numpy as np

    from fire_course import quiet

    keras = quiet.import_keras()
    one = keras.ops.convert_to_numpy(keras.ops.matmul(np.eye(2), np.eye(2)))
    if not np.array_equal(one, np.eye(2)):
        raise RuntimeError("a product of two matrices came out wrong")
    return Check(
        "keras", "ok", f"{keras.__version__}, backend {keras.backend.backend()}"
    )


def _tensorflow() -> Check:
    from fire_course import quiet

    backend = quiet.import_keras().backend.backend()
    try:
        tf = quiet.import_tensorflow()
    except ImportError as error:
        if backend == "tensorflow":
            raise
        return Check(
            "tensorflow",
            "warn",
            f"{error}; Keras runs on {backend}",
            "Without it, data load as arrays only (arrays=True).",
        )
    total = int(
        tf.data.Dataset.range(4).reduce(tf.constant(0, tf.int64), lambda a, b: a + b)
    )
    if total != 6:
        raise RuntimeError("tf.data counted wrong")
    gpus = len(tf.config.list_physical_devices("GPU"))
    return Check(
        "tensorflow", "ok", f"{tf.__version__}, {gpus or 'no'} GPU, tf.data works"
    )


def _model() -> Check:
    import numpy as np

    from fire_course.detector import Detector

    detector = Detector.load("default")
    height, width = detector.image_size
    rng = np.random.default_rng(0)
    (score,) = detector.score(rng.integers(0, 256, (1, height, width, 3), "uint8"))
    if not 0 <= score <= 1:
        raise RuntimeError(
            f"the default model scored a picture {score}, which is no probability"
        )
    return Check(
        "default model",
        "ok",
        f"loads and scores at {height} px, threshold {detector.threshold:g}",
    )


def _data() -> Iterator[Check]:
    from fire_course.data import registry

    home = registry.home()
    there = [name for name in registry.SETS if registry.locate(name) is not None]
    set_by = "FIRE_COURSE_DATA" if os.environ.get("FIRE_COURSE_DATA") else "the default"
    if os.environ.get("FIRE_COURSE_DATA") and not home.is_dir():
        yield Check(
            "data home",
            "warn",
            f"{home} ({set_by}) does not exist",
            "Create it, or correct FIRE_COURSE_DATA.",
        )
    else:
        yield Check("data home", "ok", f"{home.absolute()} ({set_by})")
    missing = [name for name in registry.SETS if name not in there]
    yield Check(
        "data sets",
        "ok",
        f"here: {', '.join(there) or 'none'}; not here: {', '.join(missing) or 'none'}",
        "Nothing is missing for the course: drawn sets are drawn when they are needed; "
        "`fire-course data get NAME` fetches photographs."
        if missing
        else None,
    )


def _disk() -> Check:
    from fire_course.data import registry

    folder = registry.home().absolute()
    while not folder.is_dir():
        folder = folder.parent
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = error.strerror or str(error)
        return Check(
            "disk",
            "warn",
            f"{folder} cannot be written ({reason})",
            "Point FIRE_COURSE_DATA at a folder of yours, and give commands an --out.",
        )
    free = shutil.disk_usage(folder).free
    detail = f"{free / 1e9:.1f} GB free in {folder}"
    if free < NO_SPACE:
        return Check(
            "disk",
            "fail",
            detail,
            "Free some space, or set FIRE_COURSE_DATA elsewhere.",
        )
    if free < LOW_SPACE:
        return Check(
            "disk", "warn", detail, "Free some space before you fetch a data set."
        )
    return Check("disk", "ok", detail)


def _program(name: str, commands: tuple[str, ...], without: str) -> Check:
    found = next(filter(None, map(shutil.which, commands)), None)
    if found:
        return Check(name, "ok", str(Path(found)))
    return Check(name, "warn", "not found", f"Optional: {without}.")
