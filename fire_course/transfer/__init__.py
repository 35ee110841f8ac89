"""Pretrained networks: backbones that prepare their own photographs, and heads.

====================  ========================================================
`transfer_model`      a frozen backbone, averaged, and a head that is trained
`backbone`            the frozen part alone, fed 0 to 255 like all networks here
`trunk`               a trained network of your own, to be a backbone
`unfreeze`            let the top blocks learn too, as a second step
`origin`              which weights a network began with, in words for a caption
`features`            what the frozen part makes of photographs, once
`FeatureCache`        where it is kept: checked, shared, bounded
`head`, `with_head`   the part that learns, alone on features; put back
`sweep_heads`         many heads, in seconds
`HeadTrial`           the same as trials of `fire_course.sweep`
`Classifier`          a network out of the box: its top classes, "is it X?"
`page_images`         the pictures of a web page, gathered politely
`image_links`         where they are, read from its HTML
`DemoPage`            such a page on this machine, with all that goes wrong
====================  ========================================================
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "backbones",
        "building",
        "cache",
        "classifying",
        "demo_page",
        "extracting",
        "gather",
        "heads",
        "links",
        "weights",
    ],
    submod_attrs={
        "backbones": ["BACKBONES", "Backbone", "backbone", "preprocess"],
        "building": ["Origin", "origin", "transfer_model", "trunk", "unfreeze"],
        "cache": ["FeatureCache"],
        "classifying": ["Answer", "Classifier", "class_names"],
        "demo_page": ["DemoPage"],
        "extracting": ["features", "stacked"],
        "gather": ["Gathered", "PageError", "Picture", "Unusable", "page_images"],
        "heads": ["HeadRun", "HeadTrial", "head", "sweep_heads", "with_head"],
        "links": ["Link", "image_links"],
        "weights": ["TransferError", "WeightsError", "weights_file"],
    },
)
