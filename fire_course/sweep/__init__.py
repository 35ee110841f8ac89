"""Try many settings, each in a process of its own, and rank what comes out.

=============  ===============================================================
`sweep`        run a trial for each of many settings, here or on a Dask cluster
`grid`         every combination of some choices
`NetworkTrial` the trial that trains a network of the course
`Sweep`        the rows, ranked; `Row` is one of them
=============  ===============================================================
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["board", "child", "network", "running", "settings", "table"],
    submod_attrs={
        "network": ["NetworkTrial"],
        "running": ["sweep"],
        "settings": ["SweepError", "fingerprint", "grid"],
        "table": ["Row", "Sweep", "read"],
    },
)
