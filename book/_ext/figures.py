"""Interactive figures: `:::{interactive} slide-kernel`.

A figure is a script of book/_static/interactive that draws into a place on the page.
The directive makes that place, with words for those who do not see it or run no
scripts, and loads the scripts on the pages that have a figure, and nowhere else.

They are classic scripts with `defer`, each wrapped in a function, and not ES modules:
a browser refuses to load a module for a page that was opened from the disk.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import html
import io
import json
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

LOGGER = logging.getLogger(__name__)
SCRIPTS = Path(__file__).resolve().parents[1] / "_static" / "interactive"

# What a chapter may set: a whole number, or one of these.
NUMBER = re.compile(r"\d+")
KERNELS = (
    *("vertical edges", "horizontal edges", "outline", "sharpen", "blur", "soft blur"),
    *("emboss", "leave as is", "move right"),
)
PICTURES = ("step", "square", "flame", "diagonal", "zeros and ones")

# What each figure says to those who do not see it, unless the chapter has words of its
# own; the scripts that it needs, in order; and what a chapter may set.
FIGURES: dict[str, dict[str, Any]] = {
    "slide-kernel": {
        "label": "Slide the kernel",
        "alt": (
            "A small grid of numbers is the picture; a smaller grid, the kernel, lies "
            "on one part of it. Each number under the kernel is multiplied with the "
            "kernel's number on it, the products are added, and the sum is written "
            "into the output. Then the kernel moves on, row by row, until the output "
            "is full. The kernel's numbers, its stride, padding and dilation can be "
            "changed."
        ),
        "scripts": ("core", "sizes", "correlate", "slide-kernel"),
        "settings": {
            "picture": PICTURES,
            "kernel": KERNELS,
            "stride": NUMBER,
            "padding": NUMBER,
            "dilation": NUMBER,
        },
    },
    "size-calculator": {
        "label": "The size calculator",
        "alt": (
            "For an input of any size and any kernel, stride, padding and dilation, "
            "the output size is worked out step by step, and one row is drawn: its "
            "numbers, the padding beside it, every place of the kernel, and in red "
            "the columns that no place of the kernel covers."
        ),
        "scripts": ("core", "sizes", "size-calculator"),
        "settings": {
            "layer": ("convolution", "pooling", "transposed"),
            "padding": ("valid", "same", "causal", "sides"),
            "ceil": ("true", "false"),
            **dict.fromkeys(("n", "kernel", "stride", "before", "after"), NUMBER),
            **dict.fromkeys(("dilation", "output_padding"), NUMBER),
        },
    },
    "kernel-sees": {
        "label": "What a kernel sees",
        "alt": (
            "A grey photograph, and beside it what a 3 by 3 kernel makes of it. "
            "A kernel for edges leaves flat parts grey and draws the outlines light "
            "and dark; a kernel of nine equal numbers blurs. The numbers of the "
            "kernel can be chosen or typed."
        ),
        "scripts": ("core", "correlate", "kernel-sees"),
        "settings": {
            "kernel": KERNELS,
            "show": ("auto", "photo", "signed", "size"),
        },
    },
}

# Pictures that the figure "kernel-sees" can show: photographs that come with
# scikit-image (rows and columns cut out of them, to a square), and a rendered scene.
PHOTOS: dict[str, dict[str, Any]] = {
    "camera": {
        "label": "Photographer",
        "alt": "A man in a dark coat behind a camera on a tripod, in a field.",
        "cut": (20, 404, 60, 444),
    },
    "coins": {
        "label": "Coins",
        "alt": "Old coins of several sizes in rows on a dark ground.",
        "cut": (0, 303, 0, 303),
    },
    "coffee": {
        "label": "Cup",
        "alt": "A cup of coffee on a saucer with a spoon, on a wooden table.",
        "cut": (0, 400, 110, 510),
    },
    "astronaut": {
        "label": "Astronaut",
        "alt": "A smiling woman in a space suit before a flag and a model of a shuttle.",
        "cut": (0, 384, 40, 424),
    },
    "fire": {
        "label": "Fire (rendered)",
        "alt": "A rendered forest at night: flames on the ground between the trunks.",
        "cut": None,
    },
}
SIDE = 160  # rows and columns of such a picture


class interactive(nodes.General, nodes.Element):
    """The place of one figure on the page."""


class Interactive(SphinxDirective):
    """Put one of our interactive figures here; the content is its caption."""

    required_arguments = 1
    has_content = True
    option_spec = {
        "name": directives.unchanged,
        "alt": directives.unchanged_required,
        "settings": directives.unchanged_required,
        "photos": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """Return the figure, or say what is wrong with it."""
        kind = self.arguments[0].strip()
        if kind not in FIGURES:
            raise self.error(
                f"There is no interactive figure {kind!r}; there are: "
                f"{', '.join(FIGURES)}."
            )
        figure = FIGURES[kind]
        settings = {}
        for pair in self.options.get("settings", "").split(","):
            if not pair.strip():
                continue
            name, equals, value = (part.strip() for part in pair.partition("="))
            if not equals or name not in figure["settings"]:
                raise self.error(
                    f"{kind} has no setting {pair.strip()!r}: write name=value, with "
                    f"commas between; its names are "
                    f"{', '.join(sorted(figure['settings']))}."
                )
            allowed = figure["settings"][name]
            if allowed is NUMBER and not NUMBER.fullmatch(value):
                raise self.error(f"{name} is a whole number, not {value!r}.")
            if allowed is not NUMBER and value not in allowed:
                raise self.error(
                    f"{name} is one of {', '.join(allowed)}, not {value!r}."
                )
            settings[name] = value
        photos = self.options.get("photos", "camera, coins, fire").replace(",", " ")
        unknown = sorted(set(photos.split()) - set(PHOTOS))
        if unknown:
            raise self.error(
                f"There is no photo {unknown[0]!r}; there are: {', '.join(PHOTOS)}."
            )
        self.env.note_dependency(__file__)

        number = self.env.new_serialno("interactive")
        place = interactive(
            "",
            kind=kind,
            number=number,
            alt=" ".join(self.options.get("alt", figure["alt"]).split()),
            settings=settings,
            photos=photos.split() if kind == "kernel-sees" else [],
        )
        whole = nodes.figure("", place, classes=["interactive"])
        self.set_source_info(whole)
        if self.content:
            text = nodes.Element()
            self.state.nested_parse(self.content, self.content_offset, text)
            if len(text) > 1 or not isinstance(text[0], nodes.paragraph):
                raise self.error("The caption of an interactive figure is a paragraph.")
            whole += nodes.caption("", "", *text[0].children)
        self.add_name(whole)
        return [whole]


def visit_html(translator: Any, node: interactive) -> None:
    """Write the place with its words, and the pictures that it works on."""
    figure = FIGURES[node["kind"]]
    label = f"interactive-{node['number']}"
    settings = html.escape(json.dumps(node["settings"], sort_keys=True))
    parts = [
        f'<div class="fi" data-figure="{node["kind"]}" data-settings="{settings}"'
        f' role="group" aria-label="{html.escape(figure["label"])}"'
        f' aria-describedby="{label}">',
        f'<p class="fi-words" id="{label}">{html.escape(node["alt"])}</p>',
    ]
    for index, name in enumerate(node["photos"]):
        photo = PHOTOS[name]
        hidden = " hidden" if index else ""
        parts.append(
            f'<img class="fi-photo" data-photo="{name}" data-label="{photo["label"]}"'
            f' width="{SIDE}" height="{SIDE}" alt="{html.escape(photo["alt"])}"'
            f' src="{data_uri(name)}"{hidden}>'
        )
    parts.append(
        '<noscript><p class="fi-noscript">This figure can be played with where '
        "scripts are allowed.</p></noscript></div>"
    )
    translator.body.append("\n".join(parts) + "\n")
    raise nodes.SkipNode


def visit_text(translator: Any, node: interactive) -> None:
    """Where nothing moves, the words stand for the figure."""
    if hasattr(translator, "add_text"):
        translator.add_text(node["alt"])
    elif hasattr(translator, "encode"):
        translator.body.append(translator.encode(node["alt"]))
    raise nodes.SkipNode


def picture(name: str) -> Any:
    """Return a picture as bytes of grey, `SIDE` by `SIDE`.

    The scripts work on these very numbers, so the picture is stored without loss.
    """
    import numpy as np
    from PIL import Image

    if name == "fire":
        from fire_course.data.render import scenes

        pixels = scenes.render(3, kind="fire", category="ground").image
        whole = Image.fromarray(np.asarray(pixels))
    else:
        import skimage.data

        top, bottom, left, right = PHOTOS[name]["cut"]
        pixels = np.asarray(getattr(skimage.data, name)())[top:bottom, left:right]
        whole = Image.fromarray(pixels)
    small = whole.convert("L").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    return np.asarray(small)


@functools.cache
def data_uri(name: str) -> str:
    """Return a picture inside an address.

    A page from the disk may draw any picture on a canvas, but may read its numbers
    only if the picture is part of the page.
    """
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(picture(name)).save(file, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def load_scripts(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Load the scripts of the figures on this page, each once, in order."""
    kinds = [] if doctree is None else [n["kind"] for n in doctree.findall(interactive)]
    if not kinds:
        return
    app.add_css_file("interactive/interactive.css")
    scripts = dict.fromkeys(name for kind in kinds for name in FIGURES[kind]["scripts"])
    for name in scripts:
        app.add_js_file(f"interactive/{name}.js", loading_method="defer")


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect all of it."""
    own = hashlib.sha256(Path(__file__).read_bytes())
    for file in sorted(SCRIPTS.glob("*")):
        own.update(file.read_bytes())
    # When this file or a script changes, all pages are written again.
    app.add_config_value("interactive_source", own.hexdigest(), "html")
    silent = (visit_text, None)
    app.add_node(
        interactive,
        html=(visit_html, None),
        latex=silent,
        text=silent,
        man=silent,
        texinfo=silent,
    )
    app.add_directive("interactive", Interactive)
    app.connect("html-page-context", load_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
