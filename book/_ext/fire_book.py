"""What the book asks of Sphinx beyond Jupyter Book.

- Executed chapters are kept as long as nothing that they rely on has changed.
- A build that ended with a warning is not taken up again as if it had been clean.
- Chapters run in a known environment, on the embedded data, without noise.
- Formulas are set by a MathJax inside the book, so that it reads offline.
- Buttons that open a page elsewhere stand on notebooks only.
- A picture without alternative text is a warning, and so fails the strict build; and
  so does a number that was not formatted.
- `:::{chapters}` lists the chapters of the contents, with aim and minutes.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parents[2]
LOGGER = logging.getLogger(__name__)

LESSONS = ROOT / "fire_course" / "lessons"

# A chapter may take this many seconds to execute on two cores.
BUDGET = 60

# The complete MathJax in one file. It draws SVG and so needs no font files, which
# browsers refuse to load for a page opened from the disk.
MATHJAX = "mathjax/tex-svg-full.js"

# What the kernels of the chapters find in their environment.
ENVIRONMENT = {
    "FIRE_COURSE_DATA": str(ROOT / "datasets"),  # never a reader's own photographs
    "KERAS_BACKEND": "tensorflow",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "PYTHONHASHSEED": "0",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # ipykernel's debugger talks on stderr
    "COLUMNS": "80",
    "NO_COLOR": "1",  # colour codes of the command line are no text
}


def fingerprint() -> str:
    """Return a digest of all that a chapter's output depends on but its own cells.

    That is the package with its weights and renderers, what is said of the rendered
    data, the recorded runs, the locked versions and the version of Python. The lessons
    are left out: chapters do not use them, and their own pages are never executed.
    """
    digest = hashlib.sha256(str(sys.version_info[:2]).encode())
    files = [ROOT / "requirements.lock", *sorted(ROOT.glob("datasets/*/*.json"))]
    for folder in ("fire_course", "book/records"):
        files += sorted((ROOT / folder).rglob("*"))
    for file in files:
        if LESSONS in file.parents or "__pycache__" in file.parts:
            continue
        if file.is_file():
            digest.update(f"\0{file.relative_to(ROOT).as_posix()}\0".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def prepare(app: Sphinx, config: Config) -> None:
    """Choose the cache of executed chapters and set the kernels' environment."""
    # The path is a setting of the environment's kind: when it changes, Sphinx reads
    # every page again, and the chapters, not found in an empty cache, are executed.
    caches = Path(app.outdir).parent / ".jupyter_cache"
    current = caches / fingerprint()
    if caches.is_dir():
        for old in caches.iterdir():
            if old != current:
                shutil.rmtree(old) if old.is_dir() else old.unlink()
    config.nb_execution_cache_path = str(current)

    # Sphinx shows a warning only when it reads the page, so that a second strict
    # build would pass. Unless the last one was clean, forget what it has read.
    mark = Path(app.doctreedir) / "clean"
    if not mark.exists():
        for folder in (Path(app.doctreedir), Path(app.outdir)):
            # Only in our own place: somebody may build into a folder of theirs.
            if Path(app.srcdir, "_build").resolve() in folder.resolve().parents:
                shutil.rmtree(folder, ignore_errors=True)
        Path(app.doctreedir, "environment.pickle").unlink(missing_ok=True)
    mark.unlink(missing_ok=True)

    # Jupyter Book always loads Thebe, which runs cells on a server of others. It is
    # not used here, and its code would stand on every page.
    for listeners in app.events.listeners.values():
        for listener in list(listeners):
            if listener.handler.__module__.startswith("sphinx_thebe"):
                app.disconnect(listener.id)
    app.registry.css_files = [
        file for file in app.registry.css_files if "thebe" not in file[0]
    ]

    os.environ.update(ENVIRONMENT)
    # IPython reads no start-up files of the person who builds, only this one: the
    # kernel shall not warn that it talks to the build without encryption.
    profile = caches.parent / ".ipython" / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "ipython_kernel_config.py").write_text("c.IPKernelApp.log_level = 40\n")
    os.environ["IPYTHONDIR"] = str(profile.parent)
    # `!fire-course ...` in a cell means the one of this environment.
    scripts = str(Path(sys.executable).parent)
    if scripts not in os.environ["PATH"].split(os.pathsep):
        os.environ["PATH"] = scripts + os.pathsep + os.environ["PATH"]


def launch_notebooks_only(app: Sphinx) -> None:
    """Let the theme put its launch buttons on pages that are notebooks.

    It would put them on every page with code, and lead Colab to a .md there.
    """
    (listener,) = (
        each
        for each in app.events.listeners["html-page-context"]
        if each.handler.__name__ == "add_launch_buttons"
    )
    add = listener.handler

    def add_to_notebooks(app: Sphinx, page: str, *context: Any) -> None:
        if page in app.env.found_docs and (
            str(app.env.doc2path(page)).endswith(".ipynb")
        ):
            add(app, page, *context)

    app.disconnect(listener.id)
    app.connect("html-page-context", add_to_notebooks, listener.priority)


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Copy MathJax, tell the chapters' times and mark a clean build as such."""
    if exception is not None:
        return
    if app.builder.format == "html":
        target = Path(app.outdir) / "_static" / MATHJAX
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(mathjax(), target)
        remove_left_pages(app)
    for page, seconds in sorted(run_times(app).items()):
        over = "" if seconds <= BUDGET else f", over its budget of {BUDGET} s"
        print(f"{page} executes in {seconds:.0f} s{over}")
    if app._warncount == 0:
        Path(app.doctreedir, "clean").touch()


def remove_left_pages(app: Sphinx) -> None:
    """Remove the pages of chapters and lessons that are no longer in the book."""
    for folder in ("book", "exercises", "solutions"):
        for file in Path(app.outdir, folder).rglob("*.html"):
            name = file.relative_to(app.outdir).with_suffix("").as_posix()
            if name not in app.env.found_docs:
                file.unlink()


def mathjax() -> Path:
    """Return MathJax's file, out of the package that carries it."""
    spec = importlib.util.find_spec("sphinx-mathjax-offline")
    if spec is None or spec.origin is None:
        raise ExtensionError(
            "MathJax is missing: install the packages of requirements.lock"
            " (or: pip install sphinx-mathjax-offline)."
        )
    return Path(spec.origin).parent / "static" / MATHJAX


def run_times(app: Sphinx) -> dict[str, float]:
    """Return how many seconds each executed page took, now or when cached."""
    metadata: dict[str, Any] = getattr(app.env, "nb_metadata", {})
    times = {}
    for page, facts in metadata.items():
        run = facts.get("exec_data") or {}
        if run.get("runtime"):
            times[page] = float(run["runtime"])
    return times


def require_alternative_text(app: Sphinx, doctree: nodes.document) -> None:
    """Warn of every picture that says nothing to those who do not see it."""
    for image in doctree.findall(nodes.image):
        if not str(image.get("alt", "")).strip():
            LOGGER.warning(
                "a picture has no alternative text: %s",
                image.get("uri"),
                location=image,
                type="fire_book",
                subtype="alt",
            )


def refuse_raw_numbers(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Warn of a number that reads like code in a sentence."""
    for inline in doctree.findall(nodes.inline):
        if "pasted-text" in inline["classes"] and "np." in inline.astext():
            LOGGER.warning(
                "%s is no text: glue a formatted string",
                inline.astext(),
                location=page,
                type="fire_book",
                subtype="glue",
            )


class Chapter(NamedTuple):
    """What the aim box of a chapter says of it."""

    part: str
    page: str
    aim: str
    minutes: int


def chapters(toc: Path) -> list[Chapter]:
    """Read the chapters of all parts in the contents; pages without aim are none."""
    found = []
    for part in yaml.safe_load(toc.read_text(encoding="utf-8")).get("parts", []):
        for entry in part["chapters"]:
            file = toc.parent / f"{entry['file']}.md"
            text = file.read_text(encoding="utf-8") if file.is_file() else ""
            aim = re.search(r"^- \*\*Aim\*\* (.+(?:\n  .+)*)", text, re.MULTILINE)
            minutes = re.search(r"^- \*\*Minutes\*\* (\d+)", text, re.MULTILINE)
            if aim and minutes:
                words = " ".join(aim[1].split())
                found.append(
                    Chapter(part["caption"], entry["file"], words, int(minutes[1]))
                )
    return found


class ChapterList(SphinxDirective):
    """`:::{chapters}`: every chapter with its aim and minutes, and their sum."""

    def run(self) -> list[nodes.Node]:
        """Write the list in Markdown and have it read as part of the page."""
        toc = Path(self.env.srcdir, self.config.external_toc_path)
        self.env.note_dependency(str(toc))
        found, lines = chapters(toc), []
        for number, chapter in enumerate(found):
            # Read this page again when a chapter has another aim.
            self.env.note_dependency(str(toc.parent / f"{chapter.page}.md"))
            if number == 0 or chapter.part != found[number - 1].part:
                lines += ["", f"**{chapter.part}**", ""]
            lines.append(
                f"- {{doc}}`/{chapter.page}` ({chapter.minutes} min): {chapter.aim}"
            )
        halves = round(sum(chapter.minutes for chapter in found) / 30)
        lines += [
            "",
            f"Together they take about {halves / 2:g} hours, exercises not counted.",
        ]
        place = nodes.container()
        self.state.nested_parse(StringList(lines, str(toc)), 0, place)
        return place.children


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect all of it."""
    # When this file changes, all pages are written again.
    own = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    app.add_config_value("fire_book_source", own, "html")
    app.add_directive("chapters", ChapterList)
    app.connect("config-inited", prepare, priority=900)
    app.connect("builder-inited", launch_notebooks_only)
    app.connect("doctree-read", require_alternative_text)
    app.connect("doctree-resolved", refuse_raw_numbers)
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
