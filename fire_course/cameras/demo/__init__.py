"""A network of simulated cameras on this machine, to try everything without internet.

=============  ===============================================================
`Network`      serves the cameras while it is open
`FAULTS`       what a camera can be made to do, and which failure it must give
`Scenes`       what the cameras see: hillsides that change with time, and catch fire
=============  ===============================================================
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["certificate"],
    submod_attrs={
        "faults": ["FAULTS", "Fault"],
        "network": ["Network"],
        "scenes": ["Scenes"],
    },
)
