"""Watch public cameras: a list, a snapshot with a deadline, and what can go wrong.

=============  ===============================================================
`read_list`    cameras from a CSV or YAML file, every line checked
`fetch`        one camera's picture with its facts, or a failure of a `Kind`
`Fetcher`      many cameras at the same time, politely
`demo`         a network of simulated cameras with faults, on this machine
=============  ===============================================================
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "addresses",
        "demo",
        "failures",
        "line",
        "listing",
        "looking",
        "memory",
        "politeness",
        "shipped_list",
    ],
    submod_attrs={
        "failures": ["Failure", "Kind"],
        "listing": ["Camera", "ListError", "read_list", "shipped"],
        "memory": ["Memory"],
        "snapshot": ["Fetcher", "Settings", "Snapshot", "fetch"],
    },
)
