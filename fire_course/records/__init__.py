"""Recorded runs: what was trained on what, and how it did, so that it can be repeated.

An `Experiment` is a row of settings; `reproduce` trains it, chooses the epoch on a
validation part that shares no photograph with the training part, scores the clean
test photographs once, and writes a record. A record says which data were read (by
fingerprint), with which versions, on what kind of device, and from which seeds. Of
several seeds the one with the best validation figure is shown, and saved as a model.

Arrays go in and Keras does the rest: any of its backends will do, and TensorFlow
need not be installed.

===============  =============================================================
`experiments`    the settings of the runs on fire: one table
`plans`          the settings of the runs that repeat other trainings of the sources
`transfers`      the settings of the runs of transfer learning
`catalogue`      all by name
`material`       photographs and scenes of fire as arrays, with their fingerprints
`evening`        photographs in the light of a sunset
`photographs`    another set: cut in parts that share no photograph
`running`        train and test on fire, write the record
`repeating`      train and test by a plan, write the record
`transferring`   choose a head on a frozen backbone, write the record
`tuning`         let the top of a backbone learn
`learning`       train any network by a recipe
`fitting`        build a network, train it, say how it did
`sweeping`       many networks, of which validation chooses one
`homework`       the homework's two trainings and six questions
`figures`        how a detector did, class by class
`over_seeds`     several runs side by side
`about`          the versions and the device that a record names
`steps`          what every kind of run does
`store`          read a record
===============  =============================================================
"""

from fire_course.records.catalogue import get, names
from fire_course.records.experiments import EXPERIMENTS, Experiment
from fire_course.records.material import fingerprint
from fire_course.records.over_seeds import summary
from fire_course.records.plans import PLANS, Plan
from fire_course.records.running import reproduce
from fire_course.records.store import find, read
from fire_course.records.transfers import TRANSFERS, TransferPlan

__all__ = [
    "EXPERIMENTS",
    "PLANS",
    "TRANSFERS",
    "Experiment",
    "Plan",
    "TransferPlan",
    "find",
    "fingerprint",
    "get",
    "names",
    "read",
    "reproduce",
    "summary",
]
