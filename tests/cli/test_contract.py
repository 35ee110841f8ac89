"""What holds for every command: help, exit statuses, plain errors, clean output."""

import contextlib
import json
import os
import subprocess
import sys
from importlib.metadata import entry_points

import pytest

COMMANDS = [
    (),
    ("data",),
    ("data", "list"),
    ("data", "get"),
    ("data", "make"),
    ("data", "audit"),
    ("train",),
    ("evaluate",),
    ("predict",),
    ("reproduce",),
    ("doctor",),
    ("size",),
    ("lessons",),
    ("lessons", "build"),
    ("check",),
    ("grade",),
    ("sweep",),
    ("export",),
    ("cameras",),
    ("cameras", "list"),
    ("cameras", "check"),
    ("cameras", "watch"),
    ("cameras", "demo"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_explains_every_option_and_shows_an_example(cli, command):
    answer = cli(*command, "--help")
    assert answer.code == 0
    assert answer.err == ""
    assert f"fire-course {' '.join(command)}".strip() in answer.out
    if command and command not in {("data",), ("lessons",), ("cameras",)}:
        assert "--json" in answer.out
        assert answer.out.count("fire-course " + " ".join(command)) >= 2  # an example


def test_help_loads_nothing_that_takes_long():
    """Half a second leaves no room for NumPy, let alone an engine."""
    program = (
        "import sys, fire_course.cli\n"
        "sys.argv = ['fire-course', '--help']\n"
        "try: fire_course.cli.main()\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'PIL', 'keras', 'tensorflow', 'scipy', 'skimage', 'requests',"
        " 'matplotlib'}\n"
        "print(*sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "evaluate" in done.stdout
    assert done.stderr.strip() == ""


def test_the_installed_command_is_this_one():
    (found,) = entry_points(group="console_scripts", name="fire-course")
    assert found.value == "fire_course.cli:main"


def test_version(cli):
    import fire_course

    assert cli("--version").out.strip() == fire_course.__version__


@pytest.mark.parametrize(
    "arguments",
    [
        ("frobnicate",),
        ("predict",),
        ("predict", "default"),
        ("evaluate", "default"),
        ("train", "--epochs", "0"),
        ("train", "--epochs", "many"),
        ("train", "--frob", "1"),
        ("evaluate", "default", "scenes", "--split", "tset"),
        ("evaluate", "default", "scenes", "--threshold", "1.5"),
        ("data", "make", "scenes", "--size", "3"),
        ("reproduce",),
        ("reproduce", "fire-cnn-photos", "--seeds", "0,x"),
        ("reproduce", "fire-cnn-photos", "--seeds", "1,1"),
        ("reproduce", "fire-cnn-photos", "--seed", "1", "--seeds", "1,2"),
    ],
    ids=" ".join,
)
def test_bad_usage_exits_2(cli, arguments):
    answer = cli(*arguments)
    assert answer.code == 2
    assert answer.out == ""
    assert answer.err
    assert "Traceback" not in answer.err


def one_sentence(answer, *words):
    """Check for exit status 1 and, as the last words, one line that says what is wrong."""
    assert answer.code == 1, answer
    *notes, last = answer.err.splitlines()
    assert last.startswith("error: ")
    assert all(line.startswith("note: ") for line in notes)
    for word in words:
        assert str(word) in last
    return True


@pytest.fixture
def spoilt(tmp_path, photos):
    """Data that cannot be used, by name."""
    (tmp_path / "text.keras").write_text("this is no model")
    (tmp_path / "flat").mkdir()
    (tmp_path / "flat" / "a.jpg").write_bytes(b"x")
    (tmp_path / "hollow" / "fire").mkdir(parents=True)
    (tmp_path / "hollow" / "nofire").mkdir()
    one = tmp_path / "one" / "fire"
    one.mkdir(parents=True)
    for path in (photos / "train" / "fire").iterdir():
        (one / path.name).write_bytes(path.read_bytes())
    return tmp_path


@pytest.mark.parametrize("json", [(), ("--json",)], ids=["text", "json"])
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("train", "--data", "nowhere"), ["nowhere"]),
        (("train", "--data", "flat"), ["flat", "class"]),
        (("train", "--data", "hollow"), ["hollow", "no images"]),
        (("train", "--data", "one"), ["one class", "fire"]),
        (("train", "--model", "fire_nte", "--data", "PHOTOS"), ["fire_net"]),
        (("train", "--image-size", "8", "--data", "PHOTOS"), ["32x32"]),
        (("train", "--data", "PHOTOS", "--monitor", "val_f2"), ["val_f1"]),
        (("train", "--data", "PHOTOS", "--out", "text.keras/run"), ["text.keras"]),
        (("train", "--data", "sunsets"), ["sunsets"]),
        (("evaluate", "MODEL", "nowhere"), ["nowhere"]),
        (("evaluate", "missing.keras", "PHOTOS"), ["missing.keras", "`default`"]),
        (("evaluate", "text.keras", "PHOTOS"), ["text.keras"]),
        (("evaluate", "MODEL", "cifra10"), ["cifar10"]),
        (("predict", "text.keras", "a.jpg"), ["text.keras"]),
        (("predict", "flat", "a.jpg"), ["folder"]),
        (("predict", "defalt", "a.jpg"), ["defalt", "`default`"]),
        (("data", "get", "fier"), ["fire"]),
        (("data", "make", "fire"), ["data get fire"]),
        (("data", "make", "nothing"), ["nothing"]),
        (("data", "audit", "nowhere"), ["nowhere"]),
        (("reproduce", "fire-cnn"), ["fire-cnn-photos"]),
        (("reproduce", "fire-cnn-photos", "--data", "nowhere"), ["nowhere"]),
        (("reproduce", "fire-cnn-photos", "--data", "flat"), ["fire"]),
    ],
    ids=lambda value: " ".join(value[:4]) if isinstance(value, tuple) else "",
)
def test_what_cannot_work_is_said_in_one_sentence(
    cli, spoilt, photos, model, arguments, words, json
):
    stand_ins = {"PHOTOS": photos, "MODEL": model}
    answer = cli(*(stand_ins.get(word, word) for word in arguments), *json)
    assert one_sentence(answer, *words)
    assert answer.out == "" or not json


def test_json_is_the_only_thing_on_standard_output(photos, model, tmp_path):
    """Seen from outside, where the engine's chatter would show."""
    arguments = ["evaluate", str(model), str(photos), "--json"]
    out, seen = watch(arguments, tmp_path, terminal=False)
    assert out["count"] == 10
    assert seen == b""


@pytest.mark.parametrize(
    "arguments", [("data", "list"), ("data", "list", "--json"), ("size", "--help")]
)
def test_a_reader_who_goes_away_is_no_error(tmp_path, arguments):
    """All commands print in the same way; these start at once."""
    ours, theirs = os.pipe()
    os.close(ours)  # before the first word, so that it is sure to meet a closed pipe
    done = subprocess.run(
        [sys.executable, "-m", "fire_course", *arguments],
        stdout=theirs,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        timeout=60,
    )
    os.close(theirs)
    assert done.returncode == 1
    assert done.stderr == b""


def test_a_fault_of_the_program_keeps_its_traceback(cli, monkeypatch, model):
    """Only what a user can do something about is made short."""
    from fire_course.detector import Detector

    def broken(*_, **__):
        return 1 / 0

    monkeypatch.setattr(Detector, "predict_files", broken)
    with pytest.raises(ZeroDivisionError):
        cli("predict", model, "a.jpg")


def watch(arguments, folder, *, terminal):
    """Run a command; return what it answers and what a person sees meanwhile."""
    ours, theirs = os.openpty() if terminal else os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "fire_course", *arguments],
        stdout=subprocess.PIPE,
        stderr=theirs,
        cwd=folder,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "90"},
    )
    os.close(theirs)
    seen = b""
    try:
        with contextlib.suppress(OSError):  # how the end of a terminal is told
            while part := os.read(ours, 65536):
                seen += part
        out, _ = process.communicate(timeout=60)
    finally:
        os.close(ours)
        process.kill()
    assert process.returncode == 0
    return json.loads(out), seen


@pytest.mark.parametrize("terminal", [True, False])
def test_a_bar_is_drawn_on_a_terminal_only(tmp_path, terminal):
    arguments = ["data", "make", "scenes", "--size", "48", "--count", "2", "--json"]
    out, seen = watch(arguments, tmp_path, terminal=terminal)
    assert out["counts"]["train"] == {"nofire": 2, "fire": 2}
    assert (b"rendering scenes" in seen) == terminal
    assert terminal or seen == b""


WAITING = pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["predict", "MODEL", "PHOTO"], "loading the model"),
        (["evaluate", "MODEL", "PHOTOS"], "loading the model"),
        (["train", "--epochs", "1", "--image-size", "32"], "building the network"),
        (["doctor"], "looking at tensorflow"),
    ],
    ids=["predict", "evaluate", "train", "doctor"],
)


@pytest.fixture
def filled_in(photos, model):
    """Put the model and the photographs where a command names them."""
    stand_ins = {
        "MODEL": str(model),
        "PHOTO": str(photos / "train/fire/00.png"),
        "PHOTOS": str(photos),
    }

    def fill_in(arguments):
        arguments = [stand_ins.get(word, word) for word in arguments]
        if arguments[0] == "train":
            arguments += ["--data", str(photos), "--no-tensorboard"]
        return [*arguments, "--json"]

    return fill_in


@WAITING
def test_who_has_to_wait_is_told_for_what(filled_in, tmp_path, arguments, words):
    """The engine takes seconds to start; until then there is nothing to count."""
    _, seen = watch(filled_in(arguments), tmp_path, terminal=True)
    assert words.encode() in seen
    assert seen.rindex(b"\x1b[2K") > seen.rindex(words.encode()), "it stays"


@WAITING
def test_a_file_is_not_told_what_to_wait_for(cli, filled_in, arguments, words):
    answer = cli(*filled_in(arguments))
    assert answer.code == 0
    assert answer.json
    assert words not in answer.err
