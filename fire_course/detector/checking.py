"""Look at a file before anything in it is believed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fire_course import files
from fire_course.detector.basics import FORMAT, DetectorError


def checked_file(path: Path, sha256: str | None) -> bytes:
    """Return a file's first bytes; refuse one that is none, or has another hash."""
    if path.is_dir():
        raise DetectorError(
            f"{path} is a folder: name the file in it, such as {path / 'model.keras'}."
        )
    try:
        with path.open("rb") as stream:
            start = stream.read(64)
        found = files.sha256_file(path) if sha256 is not None else None
    except FileNotFoundError:
        raise DetectorError(f"{path} does not exist.") from None
    except OSError as error:
        raise DetectorError(f"{path} cannot be read: {error.strerror}.") from error
    if sha256 is not None and found != sha256.strip().lower():
        raise DetectorError(
            f"{path} is not the file that was expected: its SHA-256 is {found}, not "
            f"{sha256.strip().lower()}."
        )
    if not start:
        raise DetectorError(f"{path} is empty.")
    return start


def looks_like(start: bytes) -> str:
    """Say what a file of another kind seems to be."""
    text = start.decode("utf-8", errors="replace")
    if text.isprintable() or "\n" in text and "\0" not in text:
        return f"it holds text ({text.split(chr(10))[0][:30]!r})"
    return f"it starts with the bytes {start[:8].hex(' ')}"


def checked_facts(text: str | bytes, path: str, where: str) -> dict[str, Any]:
    """Read what a file tells besides its network; refuse what cannot be true."""
    try:
        facts = json.loads(text)
        sizes, names = facts["image_size"], facts["class_names"]
        whole = (
            len(sizes) == 2
            and all(isinstance(name, str) for name in names)
            and isinstance(facts["threshold"], int | float)
        )
    except (ValueError, TypeError, KeyError):
        whole = False
    if not whole:
        raise DetectorError(
            f"{where} is damaged or was written by hand; train, export or download "
            "the detector again."
        )
    if facts.get("format") != FORMAT:
        raise DetectorError(
            f"{path} was written by another version of fire-course (format "
            f"{facts.get('format')}, here {FORMAT}): update fire-course."
        )
    return dict(facts)


def unreadable(path: Path, error: Exception, reader: str = "Keras") -> str:
    """Say in one line why a library could not read a file."""
    reason = next(
        (line.strip() for line in str(error).splitlines() if line.strip()), ""
    )
    return (
        f"{path} is cut off, damaged or not a network that {reader} can read "
        f"({reason[:120] or type(error).__name__})."
    )
