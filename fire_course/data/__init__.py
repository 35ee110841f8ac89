"""Data sets: what exists, how to get it, how to read it, and what is wrong with it.

=============  ===============================================================
`registry`     the sets by name: classes, splits, terms, citation, address
`download`     fetch and unpack a set without trusting what arrives
`listing`      which images a folder holds, by split and class
`folder`       those images as training, validation and test data
`similar`      which photographs show the same thing; `crops` finds parts of one
`audit`        what is wrong with a folder, as a table
`render`       the embedded sets, drawn by seed
=============  ===============================================================
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "audit",
        "crops",
        "download",
        "folder",
        "listing",
        "registry",
        "render",
        "similar",
    ],
    submod_attrs={"folder": ["DataError", "Splits", "load", "scan", "split_by_group"]},
)
