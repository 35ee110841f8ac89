"""``fire-course export``, and the commands that take what it writes."""

import csv
import json
import subprocess
import sys

import psutil
import pytest

from fire_course.cameras.demo import Network

pytest.importorskip("ai_edge_litert", reason="LiteRT files run on ai-edge-litert")


@pytest.fixture(scope="session")
def exported(model, photos, tmp_path_factory):
    """The red detector as a file of integers, written by the command itself."""
    folder = tmp_path_factory.mktemp("exported")
    run = subprocess.run(
        [sys.executable, "-m", "fire_course", "export", str(model), "--to", "litert"]
        + ["--quantize", "--calibration", str(photos), "--check", str(photos)]
        + ["--out", "red.tflite", "--json"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    return folder / "red.tflite", json.loads(run.stdout)


def test_it_tells_what_it_wrote(exported):
    path, answer = exported
    assert answer["kind"] == "litert"
    assert answer["quantized"] is True
    assert answer["bytes"] == path.stat().st_size
    assert answer["calibrated_with"] == 24  # the training part alone
    assert answer["class_names"] == ["nofire", "fire"]
    assert path.with_name(answer["side_file"]).is_file()


def test_the_check_compares_with_the_model(exported):
    _, answer = exported
    first, second = answer["check"]
    assert first["max_difference"] == 0
    assert first["pictures"] == second["pictures"] == 10
    assert 0 < second["max_difference"] < 0.05
    assert second["flips"] == 0
    assert second["f1"] == first["f1"] == pytest.approx(0.667, abs=0.001)
    assert second["bytes"] < first["bytes"]
    assert first["milliseconds"] > 0


def test_evaluate_takes_the_file(cli, exported, photos):
    answer = cli("evaluate", exported[0], photos, "--json")
    assert answer.code == 0, answer.err
    assert answer.json["confusion"] == [[4, 2], [1, 3]]


def test_predict_takes_the_file_without_tensorflow(exported, photos):
    program = (
        "import sys, fire_course.cli\n"
        "try: fire_course.cli.main()\n"
        "except SystemExit as leaving: code = leaving.code\n"
        "heavy = {'tensorflow', 'keras', 'jax', 'torch'} & set(sys.modules)\n"
        "print(code, *sorted(heavy), file=sys.stderr)"
    )
    paths = [photos / "test/fire/0.png", photos / "test/nofire/4.png"]
    run = subprocess.run(
        [sys.executable, "-c", program, "predict", exported[0], *paths, "--json"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert [row["label"] for row in json.loads(run.stdout)] == ["fire", "nofire"]
    assert run.stderr.split() == ["0"]


def test_watch_takes_the_file_without_tensorflow_and_starts_within_a_second(
    exported, model, tmp_path
):
    """A real network, real rounds: what is loaded, how soon, and that it judges."""
    from fire_course.detector import Detector

    program = (
        "import sys, fire_course.cli\n"
        "try: fire_course.cli.main()\n"
        "except SystemExit as leaving: code = leaving.code\n"
        "heavy = {'tensorflow', 'keras', 'jax', 'torch'} & set(sys.modules)\n"
        "print(code, *sorted(heavy), file=sys.stderr)"
    )
    rounds, starts = 4, []
    for attempt in range(3):  # another program may disturb one of them
        with Network(faults=["ok", "404", "ok"]) as network:
            with (tmp_path / "cameras.csv").open("w", newline="") as stream:
                rows = csv.writer(stream)
                rows.writerow(["name", "url", "minimum_interval"])
                rows.writerows([each.name, each.url, 0] for each in network.cameras)
            command = (
                *(sys.executable, "-c", program, "cameras", "watch", "cameras.csv"),
                *("--model", str(exported[0]), "--threshold", "0", "--n-of-m", "2/3"),
                *("--rounds", str(rounds), "--interval", "0.3", "--allow-private"),
                *("--out", f"watch{attempt}", "--json"),
            )
            with subprocess.Popen(
                command,
                cwd=tmp_path,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            ) as watching:
                done = [json.loads(watching.stdout.readline())]
                # Processor time until the first round is told, judging included.
                used = psutil.Process(watching.pid).cpu_times()
                starts.append(used.user + used.system)
                for number in range(1, rounds):
                    network.step = number  # a picture that stays is no new vote
                    done.append(json.loads(watching.stdout.readline()))
                _, told = watching.communicate(timeout=60)
            names = [camera.name for camera in network.cameras]
            pictures = [network.scenes.view(number, step=0) for number in (0, 2)]
        assert told.split() == ["0"]  # the exit status, and no module
        if starts[-1] < 1:
            break
    assert min(starts) < 1
    first = {row["name"]: row for row in done[0]["cameras"]}
    found = [first[names[0]]["score"], first[names[2]]["score"]]
    # JPEG and bytes in place of floats cost a little each.
    assert found == pytest.approx(Detector.load(model).score(pictures), abs=0.06)
    assert first[names[1]]["failure"] == "http status"
    raised = [alarm["camera"] for each in done for alarm in each["alarms"]]
    assert sorted(raised) == sorted([names[0], names[2]])
    assert [each["round"] for each in done] == [1, 2, 3, 4]


def test_words_for_people(cli, model, photos):
    pytest.importorskip("tf2onnx", reason="ONNX is written with tf2onnx")
    pytest.importorskip("onnxruntime", reason="ONNX files run on onnxruntime")
    answer = cli("export", model, "--to", "onnx", "--check", photos, "--limit", "3")
    assert answer.code == 0, answer.err
    assert "Wrote red.onnx" in answer.out
    assert "red.onnx.json" in answer.out
    assert "6 pictures of test" in answer.out
    assert "other label" in answer.out


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--to", "frob"), "--to"),
        (("--to", "onnx", "--quantize"), "--quantize"),
        (("--to", "litert", "--out", "m.onnx"), "--out"),
        (("--to", "litert", "--calibration", "."), "--calibration"),
        (("--to", "litert", "--limit", "3"), "--limit"),
        ((), "--to"),
    ],
)
def test_bad_usage(cli, model, arguments, word):
    answer = cli("export", model, *arguments)
    assert answer.code == 2
    assert word in answer.err


def test_calibration_wants_photographs(cli, model, tmp_path):
    (tmp_path / "hollow").mkdir()
    (tmp_path / "spoilt").mkdir()
    (tmp_path / "spoilt" / "a.jpg").write_bytes(b"no picture")
    for folder, words in (
        ("nowhere", "wants a folder"),
        ("hollow", "no photograph that can be read"),
        ("spoilt", "no photograph that can be read"),
    ):
        options = ("--to", "litert", "--quantize", "--calibration", folder)
        answer = cli("export", model, *options)
        assert answer.code == 1
        assert words in answer.err
    assert not list(tmp_path.glob("*.tflite*"))


def test_an_exported_file_cannot_be_exported_again(cli, exported):
    answer = cli("export", exported[0], "--to", "litert", "--out", "again.tflite")
    assert answer.code == 1
    assert "use the .keras file" in answer.err
