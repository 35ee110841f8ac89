"""Find solution lines that survive in an exercise.

Written against the source's text alone, by other means than the builder: every line
between the markers is looked for in every string of the notebook, wherever it stands.
"""

import base64
import binascii
import contextlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

MARK = re.compile(r"^\s*### (BEGIN|END) SOLUTION\s*$")


def leaks(source: str, notebook: Any) -> list[str]:
    """Return solution lines that stand in a notebook more often than they may."""
    inside, outside = split(source)
    texts = list(strings(notebook))
    everything = "\n".join(texts)
    found = [f"a marker: {row}" for row in everything.split("\n") if "SOLUTION" in row]
    rows = Counter(squeezed(row) for row in everything.split("\n"))
    allowed = Counter(squeezed(row) for row in outside)
    whole, free = squeezed(everything), squeezed("\n".join(outside))
    for row in sorted({squeezed(row) for row in inside} - {""}):
        # A short line may stand inside another one by chance: `x`, `else:`.
        part = len(row) >= 12 and whole.count(row) > free.count(row)
        if rows[row] > allowed[row] or part:
            found.append(row)
    return found


def split(source: str) -> tuple[list[str], list[str]]:
    """Cut a source into the lines inside and outside of its regions."""
    inside, outside, current = [], [], False
    for row in source.split("\n"):
        if MARK.match(row):
            current = "BEGIN" in row
        else:
            (inside if current else outside).append(row)
    return inside, outside


def squeezed(text: str) -> str:
    """Leave out white space and case, which change nothing about what is told."""
    return re.sub(r"\s", "", text).lower()


def strings(value: Any) -> Iterator[str]:
    """Give every string in a document, keys and what is written in base64 too."""
    if isinstance(value, str):
        yield value
        with contextlib.suppress(binascii.Error, ValueError):
            yield base64.b64decode(value, validate=True).decode()
    elif isinstance(value, dict):
        for key, entry in value.items():
            yield key
            yield from strings(entry)
    elif isinstance(value, list):
        if value and all(isinstance(entry, str) for entry in value):
            yield "".join(value)
        else:
            for entry in value:
                yield from strings(entry)
    else:
        yield json.dumps(value)
