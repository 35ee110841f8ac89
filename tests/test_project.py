"""The project's own files: lock, wheel, import costs, versions, what is tracked."""

import email
import os
import re
import shutil
import statistics
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PROGRAM = Path(sys.executable).with_name("fire-course")


# --- lock ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def lock() -> dict[str, list[tuple[Requirement, int]]]:
    """Read the lock: for each name its requirements, with their numbers of hashes."""
    text = (ROOT / "requirements.lock").read_text().replace("\\\n", " ")
    entries: dict[str, list[tuple[Requirement, int]]] = {}
    for line in text.splitlines():
        line = line.split("# ")[0].strip()
        if not line:
            continue
        requirement, *hashes = re.split(r"\s+--hash=", line)
        found = Requirement(requirement)
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each) for each in hashes)
        entries.setdefault(canonicalize_name(found.name), []).append(
            (found, len(hashes))
        )
    return entries


def test_lock_pins_every_package_by_version_and_hash(lock):
    assert len(lock) > 100
    for entries in lock.values():
        for requirement, hashes in entries:
            operators = [spec.operator for spec in requirement.specifier]
            assert operators == ["=="], requirement
            assert hashes >= 1, requirement


def test_lock_names_no_place_to_install_from():
    text = (ROOT / "requirements.lock").read_text()
    assert "://" not in text
    assert not re.search(r"^\s*(-i|-f|-e|--\w*index|--find|--extra)", text, re.M)
    assert " @ " not in text


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_lock_satisfies_the_project_everywhere(lock, python, system):
    """Each direct dependency is locked within its range, for each Python."""
    machine = {
        "python_version": python,
        "python_full_version": f"{python}.1",
        "sys_platform": system,
        "platform_system": {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}[
            system
        ],
    }
    wanted = [*PROJECT["dependencies"]]
    for extra in PROJECT["optional-dependencies"].values():
        wanted += extra
    for text in wanted:
        requirement = Requirement(text)
        if canonicalize_name(requirement.name) == "fire-course":
            continue
        if requirement.marker and not requirement.marker.evaluate(machine):
            continue
        versions = [
            next(iter(found.specifier)).version
            for found, _ in lock.get(canonicalize_name(requirement.name), [])
            if found.marker is None or found.marker.evaluate(machine)
        ]
        assert len(versions) == 1, requirement.name
        assert requirement.specifier.contains(versions[0], prereleases=True), text


# --- wheel --------------------------------------------------------------------


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> zipfile.ZipFile:
    """Build the wheel from a copy, so that nothing is left in the checkout."""
    source = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in ("fire_course", "tests"):
        skip = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, source / name, ignore=skip)
    command = (sys.executable, "-m", "build", "--wheel", "--no-isolation")
    run = subprocess.run(command, cwd=source, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    (path,) = (source / "dist").glob("*.whl")
    return zipfile.ZipFile(path)


def test_wheel_holds_the_whole_package_and_nothing_else(wheel):
    names = set(wheel.namelist())
    package = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "fire_course").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    info = f"fire_course-{PROJECT['version']}.dist-info/"
    held = {name for name in names if not name.startswith(info)}
    assert held == package
    assert "fire_course/py.typed" in names
    assert "fire_course/weights/default.keras" in names
    assert "fire_course/weights/default.json" in names
    assert info + "licenses/LICENSE" in names


def test_wheel_is_small(wheel):
    weights = wheel.getinfo("fire_course/weights/default.keras").file_size
    assert weights <= 1.5e6
    assert sum(item.compress_size for item in wheel.infolist()) < 2.5e6


def test_wheel_tells_who_may_install_it_and_what_it_brings(wheel):
    info = f"fire_course-{PROJECT['version']}.dist-info/"
    metadata = email.message_from_bytes(wheel.read(info + "METADATA"))
    assert metadata["License-Expression"] == "BSD-3-Clause AND CC-BY-4.0"
    assert metadata["Requires-Python"].replace(" ", "") == "<3.14,>=3.11"
    needed = {
        canonicalize_name(Requirement(text).name)
        for text in metadata.get_all("Requires-Dist")
        if "extra ==" not in text
    }
    assert {"numpy", "keras", "tensorflow"} <= needed
    # Tools of the book and of the tests are extras.
    assert not needed & {"jupyter-book", "ipykernel", "pytest", "scikit-learn"}
    script = "fire-course = fire_course.cli:main"
    assert script in wheel.read(info + "entry_points.txt").decode()


# --- costs --------------------------------------------------------------------


def seconds(*command: str) -> float:
    """Run a program; return its processor time, which other programs disturb less."""
    before = os.times()
    subprocess.run(command, check=True, capture_output=True)
    after = os.times()
    return (after.children_user - before.children_user) + (
        after.children_system - before.children_system
    )


HEAVY = ("tensorflow", "keras", "jax", "scipy", "skimage", "matplotlib", "sklearn")


@pytest.mark.parametrize("module", ["fire_course", "fire_course.cli"])
def test_import_loads_nothing_heavy(module):
    code = f"import sys, {module}; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert set(run.stdout.split()) & set(HEAVY) == set()


def test_import_costs_about_what_numpy_costs():
    # In turns, so that whatever else the machine does meets both alike; the first
    # round only fills the disk cache.
    rounds = [
        [
            seconds(sys.executable, "-c", f"import {name}")
            for name in ("numpy", "fire_course")
        ]
        for _ in range(8)
    ][1:]
    numpy, ours = (statistics.median(times) for times in zip(*rounds, strict=True))
    assert ours <= 1.3 * numpy


def test_help_answers_at_once():
    assert min(seconds(str(PROGRAM), "--help") for _ in range(5)) < 0.5


# --- versions -----------------------------------------------------------------


def test_one_version_everywhere():
    import fire_course

    version = PROJECT["version"]
    assert fire_course.__version__ == version
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == version
    changes = (ROOT / "CHANGELOG.md").read_text()
    assert re.search(r"^## (\S+?),? ", changes, re.M).group(1) == version


def test_contents_list_every_chapter_and_only_chapters():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    listed = {toc["root"]}
    groups = [toc, *toc.get("parts", [])]
    while groups:
        for chapter in (group := groups.pop()).get("chapters", []) + group.get(
            "sections", []
        ):
            listed.add(chapter["file"])
            groups.append(chapter)
    written = {
        path.relative_to(ROOT).with_suffix("").as_posix()
        for path in (ROOT / "book").rglob("*.md")
        if not path.relative_to(ROOT / "book").parts[0].startswith("_")
        and path.name.lower() != "readme.md"
    }
    written |= {
        path.relative_to(ROOT).with_suffix("").as_posix()
        for folder in ("exercises", "solutions")
        for path in (ROOT / folder).glob("*.ipynb")
    }
    assert {name.removesuffix(".md") for name in listed} == written


def test_a_cell_that_draws_a_numbered_figure_shows_nothing_else():
    """A second output would be a second figure of the same name: the build fails.

    What `expect` says is shown only on the machine where it does not hold.
    """
    cell = re.compile(
        r"^```\{code-cell\} python\n---\n(.*?)^---\n(.*?)^```", re.M | re.S
    )
    shows = re.compile(r"^ *(expect|say|table|print|display)\(", re.M)
    drawn = 0
    for page in sorted((ROOT / "book").rglob("*.md")):
        for head, code in cell.findall(page.read_text(encoding="utf-8")):
            if "figure:" in head:
                drawn += 1
                found = shows.search(code)
                assert not found, f"{page.name}: {found[0].strip()} in\n{head}"
    assert drawn > 20


# --- tracked files ------------------------------------------------------------


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    command = ("git", "ls-files", "-z")
    try:
        run = subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no git checkout")
    paths = [ROOT / name for name in run.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


# Written in two halves, so that this file is no find of its own.
FORBIDDEN = {
    "an address of a package index": r"py" r"pi\.org|python" r"hosted|npm" r"js\.org",
    "a path of one machine": r"(?<![\w.])/(?:work|home|Users|root)" r"/\w",
    "an unfinished place": r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b",
    "a private key": r"BEGIN [A-Z ]*PRIV" r"ATE KEY",
    "a merge conflict": r"^(?:<<<<" r"<<<|>>>>" r">>>) ",
    "a model loaded without the safe mode": r"safe_mode=" r"False",
}


def test_tracked_files_hold_nothing_forbidden(tracked):
    finds = []
    for path in tracked:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for what, pattern in FORBIDDEN.items():
            for match in re.finditer(pattern, text, re.M):
                line = text.count("\n", 0, match.start()) + 1
                finds.append(f"{path.relative_to(ROOT)}:{line}: {what}")
    assert finds == []


DRAWN = {"book/_static/detector.jpg"}  # by `make picture`


def test_tracked_files_are_small_and_no_photographs(tracked):
    for path in tracked:
        name = path.relative_to(ROOT).as_posix()
        assert path.stat().st_size < 2 * 2**20, name
        photograph = path.suffix.lower() in {".jpg", ".jpeg", ".webp"}
        assert not photograph or name in DRAWN, name
        assert path.suffix not in {".pkl", ".pickle"}, name
