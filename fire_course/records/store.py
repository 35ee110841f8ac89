"""Read records."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from fire_course.records.catalogue import get

#: Where the course's own records lie: in its checkout, not in the package.
FOLDER = Path(__file__).resolve().parents[2] / "book" / "records"

_KEYS = frozenset({"experiment", "settings", "data", "seed", "curve", "test"})


def find(name: str) -> dict[str, Any] | None:
    """Read the course's own record of an experiment; None where there is none."""
    path = FOLDER / f"{name}.json"
    return read(path) if path.is_file() else None


def read(record: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a record.

    Parameters
    ----------
    record : str or path
        The name of an experiment, or a record's file.

    Returns
    -------
    dict
        About the experiment: `experiment`, `title`, `command`, `model`,
        `parameters`, `multiply_adds`, `settings`, `version` (of this package),
        `versions`, `backend`, `device`.

        About the data: `data` with one `fingerprint` of all that was trained and
        chosen on, and counts and fingerprints of `photos`, `scenes`, `sunsets`.

        About the run that is shown: `seed`, `seconds`, `curve`, `best_epoch` (from
        1), `threshold`, and figures on `validation`, `test` (the clean
        photographs), `sunsets` (false alarms alone) and `scenes` (rendered test
        pictures, with categories); None where the data were not there.

        `saved` is the model file that the shown run went into, or None;
        `other_runs` has the same keys for further seeds; `over_seeds` compares
        them, see `fire_course.records.summary`.

        The records of `fire_course.records.PLANS` have no `sunsets` and `scenes`; their
        `data` name one set, what an audit found in it and which test photographs were
        left out for it. That of a sweep has `sweep`: its `trials`, ranked, the settings
        `chosen` and their `repeats` with other seeds. That of the homework has
        `answers`, and its `curve` the test figures of each epoch.

        The records of `fire_course.records.TRANSFERS` say which weights the backbone
        began with (`origin`, `weights`) and what others had with which network
        (`source`). `steps` names what was tried, in its order: each with its `trials`
        on validation, over the seeds, and the value `chosen`. `frozen` has all runs of
        the chosen head, `tuned` those that went on with the top of the backbone, or is
        None; `shown` names the kind of the two that validation prefers, and `beside`
        holds what else was run on the same photographs.

    Raises
    ------
    ValueError
        If there is no such record, or the file is none.
    """
    path = Path(record)
    if path.suffix != ".json":
        get(str(record))
        path = FOLDER / f"{record}.json"
    if not path.is_file():
        raise ValueError(
            f"there is no record {path}: `fire-course reproduce {path.stem}` makes one"
        )
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not a record: it is not JSON ({error})") from None
    missing = _KEYS - (set(found) if isinstance(found, dict) else set())
    if missing:
        lacks = ", ".join(sorted(missing))
        raise ValueError(f"{path} is not a record: it lacks {lacks}")
    return dict(found)
