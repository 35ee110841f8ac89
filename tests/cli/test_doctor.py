import json
import os
import subprocess
import sys


def by_name(answer):
    return {check["name"]: check for check in answer.json["checks"]}


def test_every_check_has_a_status_and_a_way_out(cli):
    answer = cli("doctor", "--json")
    checks = by_name(answer)
    assert checks.keys() == {
        "python", "packages", "keras", "tensorflow", "default model", "data home",
        "data sets", "disk", "chromium", "bwrap",
    }  # fmt: skip
    for check in checks.values():
        assert check["status"] in ("ok", "warn", "fail")
        assert check["detail"]
        assert check["fix"] or check["status"] == "ok"
    assert checks["keras"]["status"] == "ok"
    assert checks["tensorflow"]["status"] == "ok"
    assert answer.json["ok"] == (answer.code == 0)


def test_a_healthy_installation_is_ready(cli):
    answer = cli("doctor")
    assert answer.code == 0, answer.out
    assert answer.out.endswith("Ready.\n")


def test_a_data_home_that_is_not_there_is_a_warning(cli, monkeypatch, tmp_path):
    monkeypatch.setenv("FIRE_COURSE_DATA", str(tmp_path / "away"))
    check = by_name(cli("doctor", "--json"))["data home"]
    assert check["status"] == "warn"
    assert "away" in check["detail"]


def test_the_sets_that_are_there(cli, monkeypatch, tmp_path, photos):
    monkeypatch.setenv("FIRE_COURSE_DATA", str(tmp_path))
    (tmp_path / "fire").symlink_to(photos)
    detail = by_name(cli("doctor", "--json"))["data sets"]["detail"]
    here, missing = detail.split(";")
    assert "fire" in here
    assert "sunsets" in missing


def test_a_broken_engine_is_named_and_fails(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "fire_course", "doctor", "--json"],
        env=os.environ | {"KERAS_BACKEND": "nonesuch"},
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 1
    document = json.loads(done.stdout)
    assert document["ok"] is False
    statuses = {check["name"]: check["status"] for check in document["checks"]}
    assert statuses["keras"] == "fail"
    assert statuses["python"] == "ok"
    assert "Traceback" not in done.stderr
