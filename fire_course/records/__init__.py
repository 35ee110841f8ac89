"""Recorded runs: what was trained on what, and how it did, so that it can be repeated.

An `Experiment` is a row of settings; `reproduce` trains it, chooses the epoch on a
validation part that shares no photograph with the training part, scores the clean
test photographs once, and writes a record. A record says which data were read (by
fingerprint), with which versions, on what kind of device, and from which seeds; the
run that is shown, and saved as a model, is the first seed asked for, never the best.

Arrays go in and Keras does the rest: any of its backends will do, and TensorFlow
need not be installed.

===============  =============================================================
`experiments`    the settings of every recorded run: one table
`material`       photographs and scenes as arrays, with their fingerprints
`running`        train, test, write the record
`store`          read a record
===============  =============================================================
"""

from fire_course.records.experiments import EXPERIMENTS, Experiment, get
from fire_course.records.material import fingerprint
from fire_course.records.running import reproduce, summary
from fire_course.records.store import find, read

__all__ = [
    "EXPERIMENTS",
    "Experiment",
    "find",
    "fingerprint",
    "get",
    "read",
    "reproduce",
    "summary",
]
