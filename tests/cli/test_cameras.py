"""``fire-course cameras``: tables for people, JSON for machines, exit statuses."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from fire_course.cameras import shipped
from fire_course.cameras.demo import Network

KEYS = ["name", "url", "score", "label", "failure", "reason", "age", "seconds"]


@pytest.fixture
def network():
    faults = {1: "404", 3: "hang", 5: "dated"}
    with Network(6, faults=faults, fires={2: (0, None)}, size=128) as running:
        yield running


def listed(network, path, *, secret=""):
    rows = [("name", "url")]
    for camera in network.cameras:
        rows.append((camera.name, camera.url.replace("//", f"//{secret}")))
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return path


# --- list ---------------------------------------------------------------------


def test_list_shows_the_cameras_of_the_course(cli):
    answer = cli("cameras", "list")
    assert (answer.code, answer.err) == (0, "")
    assert "not verified" in " ".join(answer.out.split())
    document = cli("cameras", "list", "--json").json
    assert [row["name"] for row in document["cameras"]] == [c.name for c in shipped()]
    assert set(document["cameras"][0]) == {
        *("name", "url", "place", "operator", "terms", "credit", "minimum_interval")
    }


def test_list_checks_a_list_of_ones_own(cli, tmp_path):
    good = tmp_path / "good.yaml"
    good.write_text("- name: hill\n  url: http://me:hunter2@a.example/x.jpg\n")
    answer = cli("cameras", "list", good)
    assert answer.code == 0
    assert "http://a.example/x.jpg" in answer.out
    assert "hunter2" not in answer.out + cli("cameras", "list", good, "--json").out
    bad = tmp_path / "bad.csv"
    bad.write_text("name,url\nhill,http://a.example/\nhill,http://me:hunter2@\n")
    answer = cli("cameras", "list", bad)
    assert answer.code == 1
    assert "line 3" in answer.err and "hunter2" not in answer.err
    assert len(answer.err.splitlines()) == 1


def test_default_is_the_list_of_the_course_unless_a_file_is_called_so(cli, tmp_path):
    from fire_course.cli.watching import read_cameras

    assert read_cameras(Path("default")) == shipped()
    (tmp_path / "default").write_text("name,url\nhill,http://a.example/x.jpg\n")
    # The fixture works in this folder.
    assert [camera.name for camera in read_cameras(Path("default"))] == ["hill"]


# --- check --------------------------------------------------------------------


def test_check_answers_for_every_camera(cli, network, model, tmp_path):
    path = listed(network, tmp_path / "list.csv", secret="admin:hunter2@")
    options = ["--model", model, "--allow-private", "--deadline", "4"]
    answer = cli("cameras", "check", path, *options, "--json")
    assert answer.code == 1
    rows = answer.json
    assert [list(row) for row in rows] == [KEYS] * 6
    assert [row["name"] for row in rows] == [c.name for c in network.cameras]
    assert [row["url"] for row in rows] == [c.url for c in network.cameras]
    assert [row["failure"] for row in rows] == [
        *(None, "http status", None, "timeout", None, None)
    ]
    for row in rows:
        assert (row["score"] is None) == (row["failure"] is not None)
        assert (row["label"] is None) == (row["reason"] is not None)
    assert 250 < rows[5]["age"] < 400
    assert 3.9 < rows[3]["seconds"] < 5.5
    assert "hunter2" not in answer.out + answer.err
    assert "2 of 6 cameras gave no picture" in answer.err


def test_check_scores_as_predict_does(cli, network, model, tmp_path):
    """One rule of scaling, one detector: the file and the camera get one score."""
    names = []
    for number, camera in enumerate(network.cameras):
        burning = network.burning(number)
        path = tmp_path / f"{camera.name}.jpg"
        path.write_bytes(network.scenes.jpeg(number, step=0, burning=burning))
        names.append(path)
    predicted = cli("predict", model, *names, "--json").json
    path = listed(network, tmp_path / "list.csv")
    options = ["--model", model, "--allow-private", "--deadline", "3", "--json"]
    checked = cli("cameras", "check", path, *options).json
    for row, other in zip(checked, predicted, strict=True):
        if row["failure"] is None:
            assert row["score"] == pytest.approx(other["score"], abs=1e-6)
            assert row["label"] == other["label"]


def test_check_tells_people_the_same(cli, network, model, tmp_path):
    path = listed(network, tmp_path / "list.csv", secret="admin:hunter2@")
    options = ["--model", model, "--allow-private", "--deadline", "3"]
    answer = cli("cameras", "check", path, *options)
    assert answer.code == 1
    for camera in network.cameras:
        assert camera.name in answer.out
    assert "404 Not Found" in answer.out and "timeout" in answer.out
    assert "5 min" in answer.out
    assert "hunter2" not in answer.out + answer.err


def test_check_is_content_if_all_answer(cli, model, tmp_path):
    with Network(3, size=64) as network:
        path = listed(network, tmp_path / "list.csv")
        answer = cli("cameras", "check", path, "--model", model, "--allow-private")
    assert (answer.code, answer.err) == (0, "")


def test_check_refuses_private_addresses_unless_told(cli, network, model, tmp_path):
    path = listed(network, tmp_path / "list.csv")
    answer = cli("cameras", "check", path, "--model", model, "--json")
    assert {row["failure"] for row in answer.json} == {"blocked address"}
    assert "--allow-private" in answer.err
    assert network.asked == [0] * 6


def test_check_obeys_robots_unless_told(cli, model, tmp_path):
    with Network(faults=["robots"], size=64) as network:
        path = listed(network, tmp_path / "list.csv")
        options = ["cameras", "check", path, "--model", model, "--allow-private"]
        assert cli(*options, "--json").json[0]["failure"] == "robots"
        assert cli(*options, "--ignore-robots").code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("check",), 2, "LIST"),
        (("check", "none.csv"), 1, "none.csv"),
        (("check", "list.csv", "--deadline", "0"), 2, "deadline"),
        (("check", "list.csv", "--model", "none.keras"), 1, "none.keras"),
        (("list", "none.csv"), 1, "none.csv"),
        (("frobnicate",), 2, "frobnicate"),
        (("demo", "--rounds", "0"), 2, "rounds"),
        (("demo", "--n-of-m", "5/3"), 2, "N <= M"),
    ],
)
def test_what_cannot_work_is_said_plainly(cli, tmp_path, arguments, code, words):
    (tmp_path / "list.csv").write_text("name,url\nhill,http://a.example/\n")
    answer = cli("cameras", *arguments)
    assert answer.code == code
    assert words in answer.err
    assert "Traceback" not in answer.err
    assert answer.out == ""


@pytest.mark.parametrize("command", [(), ("list",), ("check",), ("demo",)])
def test_help_says_what_there_is(cli, command):
    answer = cli("cameras", *command, "--help")
    assert answer.code == 0
    if command == ("check",):
        assert "exit status" in answer.out.lower()
    if command:
        assert "--json" in answer.out
        assert answer.out.count("fire-course cameras " + command[0]) >= 2


# --- the whole, from outside --------------------------------------------------


def run(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "fire_course", "cameras", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=200,
        **options,
    )


def test_the_shipped_detector_finds_the_fire(tmp_path):
    faults = {3: "html"}
    with Network(4, faults=faults, fires={1: (0, None)}, size=160) as network:
        path = listed(network, tmp_path / "list.csv")
        options = ["--allow-private", "--deadline", "20", "--json"]
        done = run("check", path, *options, cwd=tmp_path)
    assert done.returncode == 1
    rows = json.loads(done.stdout)
    assert [row["label"] for row in rows] == ["nofire", "fire", "nofire", None]
    assert done.stderr.splitlines() == ["error: 1 of 4 cameras gave no picture."]
