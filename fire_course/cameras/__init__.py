"""Watch public cameras: a list, a snapshot with a deadline, and what can go wrong.

=============  ===============================================================
`read_list`    cameras from a CSV or YAML file, every line checked
`fetch`        one camera's picture with its facts, or a failure of a `Kind`
`Fetcher`      many cameras at the same time, politely
`Watcher`      round after round, one alarm an event
`Rule`         when scores become an alarm; `replay` tries it on stored scores
`demo`         a network of simulated cameras with faults, on this machine
=============  ===============================================================
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "alarms",
        "delivery",
        "demo",
        "failures",
        "frames",
        "hook",
        "listing",
        "looking",
        "memory",
        "rules",
        "shipped_list",
        "state",
        "watch",
        "webhook",
    ],
    submod_attrs={
        "alarms": ["Alarm"],
        "failures": ["Failure", "Kind"],
        "listing": ["Camera", "ListError", "read_list", "shipped"],
        "memory": ["Memory"],
        "rules": ["Rule", "State", "replay", "trace"],
        "snapshot": ["Fetcher", "Settings", "Snapshot", "fetch"],
        "watch": ["Round", "Watcher", "read_scores"],
    },
)
