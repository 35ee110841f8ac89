"""``fire-course cameras demo``: all of it, on cameras that are simulated here."""

import contextlib
import json
import signal
import subprocess
import sys


def test_demo_watches_and_finds_everything_out(cli, tmp_path):
    options = ["--rounds", "3", "--interval", "0", "--n-of-m", "1/2"]
    answer = cli("cameras", "demo", *options, "--out", "watch", "--json")
    assert (answer.code, answer.err) == (0, "")
    document = answer.json
    assert document["missed"] == []
    assert [fire["burning"] for fire in document["fires"]] == [[3], [2]]
    assert [fire["alarm"] for fire in document["fires"]] == [3, 2]
    rounds = document["rounds"]
    assert [each["round"] for each in rounds] == [1, 2, 3]
    rang = [[alarm["camera"] for alarm in each["alarms"]] for each in rounds]
    assert rang == [[], ["hill-02"], ["hill-01"]]
    assert len({row["failure"] for row in rounds[-1]["cameras"]}) >= 14
    kept = {path.name for path in (tmp_path / "watch").iterdir()}
    assert {"state.json", "alarms.jsonl", "scores.jsonl"} <= kept


def test_demo_complains_of_a_false_alarm(cli, model, tmp_path):
    options = ["--rounds", "1", "--n-of-m", "1/1", "--threshold", "0"]
    answer = cli("cameras", "demo", "--model", model, *options)
    assert answer.code == 1
    assert "hill-00: no flames; alarm in round 1." in answer.out
    assert answer.err.startswith("error: The alarm was not as it should be: hill-00, ")
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_ends_the_demo_and_its_answer_is_whole(model, tmp_path):
    command = (sys.executable, "-m", "fire_course", "cameras", "demo", "--model")
    with subprocess.Popen(
        (*command, str(model), "--rounds", "1000", "--interval", "0"),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as watching:
        lines = iter(watching.stdout.readline, "")
        assert any(" round 1: " in line for line in lines)
        watching.send_signal(signal.SIGINT)
        out, err = watching.communicate(timeout=60)
    assert watching.returncode == 130
    assert err.splitlines()[-1] == "The watch was ended."
    assert "cameras gave a picture in the last round" in out
    assert "Traceback" not in err


@contextlib.contextmanager
def served(path, *options):
    command = (sys.executable, "-m", "fire_course", "cameras", "demo")
    with subprocess.Popen(
        (*command, "--serve", str(path), *options, "--json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as serving:
        lines = []
        while not lines or lines[-1] not in ("}\n", ""):
            lines.append(serving.stdout.readline())
        try:
            yield serving, json.loads("".join(lines))
        finally:
            serving.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                serving.wait(30)
            serving.kill()


def test_served_cameras_can_be_checked_from_elsewhere(cli, model, tmp_path):
    path = tmp_path / "demo.csv"
    with served(path, "--interval", "0.2") as (serving, document):
        assert cli("cameras", "list", path, "--json").json == {
            "cameras": document["cameras"]
        }
        options = ["--model", model, "--allow-private", "--deadline", "3"]
        rows = cli("cameras", "check", path, *options, "--json").json
        assert len({row["failure"] for row in rows}) >= 14
        assert rows[0]["score"] is not None
        again = cli("cameras", "demo", "--serve", path)
        assert (again.code, again.out) == (1, "")
        assert again.err.startswith("error: ")
        assert again.err.endswith("demo.csv: File exists\n")
        serving.send_signal(signal.SIGINT)
        assert serving.wait(30) == 0
        assert serving.stderr.read() == ""
    assert not path.exists()


def test_served_cameras_end_after_their_rounds(cli, tmp_path):
    path = tmp_path / "demo.csv"
    options = ["--serve", path, "--rounds", "2", "--interval", "0.1"]
    answer = cli("cameras", "demo", *options)
    assert (answer.code, answer.err) == (0, "")
    assert "Ctrl-C ends them, and so do 0.2 seconds" in answer.out
    assert not path.exists()
