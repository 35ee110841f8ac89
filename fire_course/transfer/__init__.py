"""Pretrained networks: backbones that prepare their own photographs, and heads.

====================  ========================================================
`transfer_model`      a frozen backbone, averaged, and a head that is trained
`backbone`            the frozen part alone, fed 0 to 255 like all networks here
`trunk`               a trained network of your own, to be a backbone
`unfreeze`            let the top blocks learn too, as a second step
`origin`              which weights a network began with, in words for a caption
====================  ========================================================
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["backbones", "building", "weights"],
    submod_attrs={
        "backbones": ["BACKBONES", "Backbone", "backbone", "preprocess"],
        "building": ["Origin", "origin", "transfer_model", "trunk", "unfreeze"],
        "weights": ["TransferError", "WeightsError", "weights_file"],
    },
)
