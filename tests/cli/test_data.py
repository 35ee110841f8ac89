"""``fire-course data``."""

import csv
import os
import shutil
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


def test_the_list_names_every_set(cli, monkeypatch, tmp_path, photos):
    from fire_course.data import registry

    monkeypatch.setenv("FIRE_COURSE_DATA", str(tmp_path))
    (tmp_path / "fire").symlink_to(photos)
    found = {row["name"]: row for row in cli("data", "list", "--json").json["sets"]}
    assert found.keys() == registry.SETS.keys()
    assert found["fire"]["class_names"] == ["nofire", "fire"]
    assert found["fire"]["folder"] == str(tmp_path / "fire")
    assert found["scenes"]["embedded"]
    assert found["scenes"]["folder"] is None
    assert found["sunsets"]["evaluation_only"]
    assert found["cifar10"]["stand_in"] == "shapes"
    assert found["shapes"]["stands_for"] == "cifar10"
    assert found["fire"]["stand_in"] is None
    text = cli("data", "list").out
    for name in registry.SETS:
        assert name in text


def test_make_draws_what_is_asked(cli, tmp_path):
    arguments = (
        "data",
        "make",
        "scenes",
        "--size",
        "48",
        "--count",
        "8",
        "--seed",
        "5",
    )
    answer = cli(*arguments, "--out", "a", "--json")
    assert (answer.code, answer.err) == (0, "")
    counts = answer.json["counts"]
    assert counts["train"] == {"nofire": 8, "fire": 8}
    assert counts.keys() == {"train", "validation", "test"}
    assert all(each["fire"] >= 1 for each in counts.values())
    for split, each in counts.items():
        for name, count in each.items():
            assert len(list((tmp_path / "a" / split / name).iterdir())) == count
    first = sorted((tmp_path / "a/train/fire").iterdir())[0]
    assert Image.open(first).size == (48, 48)

    cli(*arguments, "--out", "b")
    again = tmp_path / "b" / first.relative_to(tmp_path / "a")
    assert np.array_equal(Image.open(first), Image.open(again))
    other = cli("data", "make", "scenes", "--size", "48", "--count", "8", "--out", "c")
    assert "train: 8 nofire, 8 fire" in other.out
    different = tmp_path / "c" / first.relative_to(tmp_path / "a")
    assert not np.array_equal(Image.open(first), Image.open(different))


@pytest.mark.parametrize("name", ["shapes", "pets", "garments", "lands"])
def test_make_draws_every_embedded_set(cli, tmp_path, name):
    from fire_course.data import registry

    count = ("--size", "64", "--count", "4", "--out", "a", "--json")
    answer = cli("data", "make", name, *count)
    assert (answer.code, answer.err) == (0, "")
    assert answer.json["counts"]["train"] == dict.fromkeys(
        registry.get(name).class_names, 4
    )
    real = registry.get(name).stands_for
    refused = cli("data", "make", real)
    assert refused.code == 1
    assert f"data make {name}" in refused.err


def test_make_writes_here_where_the_data_home_is_read_only(cli, monkeypatch, tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o555)
    homes = [locked, Path("/proc/self")]  # root may write into the first
    home = next((h for h in homes if h.is_dir() and not os.access(h, os.W_OK)), None)
    if home is None:
        pytest.skip("no folder here is read-only")
    monkeypatch.setenv("FIRE_COURSE_DATA", str(home))
    answer = cli("data", "make", "shapes", "--count", "1")
    assert (answer.code, answer.err) == (0, "")
    assert len(list((tmp_path / "datasets/shapes/train").rglob("*.png"))) == 10


def test_make_leaves_other_files_alone(cli, photos, tmp_path):
    shutil.copytree(photos, tmp_path / "mine")
    answer = cli("data", "make", "scenes", "--count", "1", "--out", "mine")
    assert answer.code == 1
    assert "mine" in answer.err
    assert (tmp_path / "mine/train/fire/00.png").is_file()


@pytest.fixture
def messy(photos, tmp_path):
    """Photographs with one of each fault."""
    root = tmp_path / "messy"
    shutil.copytree(photos, root)
    (root / "train/fire/cut.png").write_bytes(
        (root / "train/fire/00.png").read_bytes()[:200]
    )
    (root / "train/nofire/page.jpg").write_text("<html>gone</html>")
    shutil.copy(root / "train/fire/01.png", root / "train/fire/copy.png")
    shutil.copy(root / "train/nofire/02.png", root / "test/nofire/leak.png")
    return root


def test_audit_finds_the_faults_and_writes_them(cli, messy, tmp_path):
    answer = cli("data", "audit", messy, "--out", "findings.csv", "--json")
    assert answer.code == 0
    found = answer.json
    kinds = {row["kind"] for row in found["findings"]}
    assert kinds >= {"corrupt", "exact-duplicate", "leak"}
    named = " ".join(row["path"] for row in found["findings"])
    for name in ("cut.png", "page.jpg"):
        assert name in named
    assert sum(found["counts"].values()) == len(found["findings"])
    with (tmp_path / "findings.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(found["findings"])
    assert [row["kind"] for row in rows] == [row["kind"] for row in found["findings"]]


def test_audit_tells_people_what_it_found(cli, messy):
    answer = cli("data", "audit", messy)
    assert answer.code == 0
    assert "cut.png" in answer.out
    assert "leak" in answer.out


def test_audit_without_crops_says_so(cli, messy):
    answer = cli("data", "audit", messy, "--no-crops")
    assert answer.code == 0
    assert "crops were not searched for" in answer.out


def test_get_fetches_unpacks_and_audits(cli, messy, tmp_path, monkeypatch):
    """From a server on this machine, under a name of the registry."""
    import dataclasses

    from fire_course.data import registry
    from fire_course.files import sha256_file

    (messy / "train/fire/cut.png").unlink()
    archive = shutil.make_archive(str(tmp_path / "served/fire"), "zip", messy)

    class Quiet(SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=str(tmp_path / "served"))

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    entry = dataclasses.replace(
        registry.SETS["fire"],
        url=f"http://127.0.0.1:{server.server_port}/fire.zip",
        sha256=sha256_file(archive),
        max_bytes=50_000_000,
    )
    monkeypatch.setitem(registry.SETS, "fire", entry)
    try:
        answer = cli("data", "get", "fire", "--home", "home", "--json")
        assert answer.code == 0, answer.err
        assert answer.json["folder"].endswith("home/fire")
        assert answer.json["findings"]["leak"] >= 1
        assert (tmp_path / "home/fire/train/fire/00.png").is_file()

        wrong = dataclasses.replace(entry, sha256="0" * 64)
        monkeypatch.setitem(registry.SETS, "fire", wrong)
        answer = cli("data", "get", "fire", "--home", "other")
        assert answer.code == 1
        assert answer.err.startswith("error: ")
        assert not (tmp_path / "other/fire").exists()
    finally:
        server.shutdown()


def test_get_of_a_drawn_set_points_to_make(cli):
    answer = cli("data", "get", "scenes")
    assert answer.code == 1
    assert "data make scenes" in answer.err
