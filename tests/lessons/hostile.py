"""Submissions that are broken or hostile, as data: what is handed in, what is fair.

Each changes one honest notebook of the lesson in `tiny` (three exercises, 1, 2 and 2
points). `test_hostile.py` grades them as one class. Run this file to write the record
that the teacher's guide shows: ``python tests/lessons/hostile.py``.
"""

from __future__ import annotations

import contextlib
import copy
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fire_course.files import write_json
from fire_course.lessons.sandbox import available
from fire_course.lessons.submissions import shown

LESSON = "90_tiny"

SETUP = "import numpy as np\n\nfrom fire_course.lessons import check, hint"
ADD_UP = '''def add_up(numbers):
    """Return the sum."""
    total = 0
    for number in numbers:
        total += number
    return total'''
SPAN = '''def span(values):
    """Return the largest value less the smallest."""
    return max(values) - min(values)'''
F1 = '''def f1(tp, fp, fn):
    """Return F1, and 0 where there is nothing to find."""
    if tp == 0:
        return 0.0
    precision, recall = tp / (tp + fp), tp / (tp + fn)
    return 2 * precision * recall / (precision + recall)'''
STUB = 'raise NotImplementedError("write your answer here")'

ALL, REST = 5, 4  # points of the whole, and without the first exercise


def cell(identity: str, source: str, **metadata: Any) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": identity,
        "metadata": metadata,
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def book(add_up: str = ADD_UP, span: str = SPAN, f1: str = F1) -> dict[str, Any]:
    """A submission as Jupyter saves it."""
    cells = [
        {"cell_type": "markdown", "id": "title", "metadata": {}, "source": "# Tiny"},
        cell("setup-imports", SETUP),
    ]
    answers = {"add-up": add_up, "span": span, "tiny-f1": f1}
    functions = {"add-up": "add_up", "span": "span", "tiny-f1": "f1"}
    for name, text in answers.items():
        cells.append(cell(f"{name}-answer", text, exercise=name))
        check = f'check("{name}", {functions[name]})'
        cells.append(cell(f"{name}-check", check, exercise=name))
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": spec, "language_info": {"name": "python"}},
        "cells": cells,
    }


Change = Callable[[dict[str, Any]], Any]


@dataclass(frozen=True)
class Hostile:
    """One submission.

    `change` alters an honest notebook; what it returns, if anything, is written as it
    is: bytes, or a callable that makes something of the learner's folder itself.
    """

    name: str
    what: str
    points: float
    change: Change
    says: str = ""
    learner: str = ""  # the folder's name, where it is not `name`


def _answer(text: str, exercise: str = "add-up") -> Change:
    def change(notebook: dict[str, Any]) -> None:
        for each in notebook["cells"]:
            if each["id"] == f"{exercise}-answer":
                each["source"] = text

    return change


def _before(lines: str) -> Change:
    """Put lines into the first answer's cell, above an honest function."""
    return _answer(f"{lines}\n{ADD_UP}")


def _inside(lines: str, result: str = "sum(numbers)") -> Change:
    """Make the first answer do something, and then answer honestly."""
    body = "\n".join(f"    {line}" for line in lines.splitlines())
    return _answer(f"def add_up(numbers):\n{body}\n    return {result}")


def _bytes(content: bytes) -> Change:
    return lambda notebook: content


def _each(work: Callable[[dict[str, Any]], Any]) -> Change:
    def change(notebook: dict[str, Any]) -> None:
        for each in notebook["cells"]:
            work(each)

    return change


def _drop_checks(notebook: dict[str, Any]) -> None:
    notebook["cells"] = [
        each for each in notebook["cells"] if not each["id"].endswith("-check")
    ]


def _wrong_with_outputs(notebook: dict[str, Any]) -> None:
    _answer("def add_up(numbers):\n    return 7")(notebook)
    said = [{"output_type": "stream", "name": "stdout", "text": "add-up: passed"}]
    for number, each in enumerate(notebook["cells"]):
        if each["cell_type"] == "code":
            each["outputs"], each["execution_count"] = said, number


def _tagged(tag: str) -> Change:
    def change(notebook: dict[str, Any]) -> None:
        _answer("def add_up(numbers):\n    raise ValueError")(notebook)
        for each in notebook["cells"]:
            each["metadata"]["tags"] = [tag]

    return change


def _marked(marker: str) -> Change:
    def change(notebook: dict[str, Any]) -> None:
        _answer(f"# {marker}\ndef add_up(numbers):\n    return 7")(notebook)
        for each in notebook["cells"]:
            if each["id"].endswith("-check"):
                each["source"] = f"# {marker}\n" + each["source"]

    return change


def _own_check(notebook: dict[str, Any]) -> None:
    text = "def check(*args):\n    print('add-up: passed')\n"
    _answer(f"{text}def add_up(numbers):\n    return 7")(notebook)


def _locked_points(notebook: dict[str, Any]) -> None:
    _answer("def add_up(numbers):\n    return 7")(notebook)
    for each in notebook["cells"]:
        each["metadata"]["nbgrader"] = {"points": 1000, "grade": True, "solution": True}


def _version_3(notebook: dict[str, Any]) -> bytes:
    cells = []
    for each in notebook["cells"]:
        if each["cell_type"] == "code":
            cells.append(
                {
                    "cell_type": "code",
                    "language": "python",
                    "input": each["source"],
                    "outputs": [],
                    "metadata": {},
                    "collapsed": False,
                    "prompt_number": 1,
                }
            )
    old = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": ""},
        "worksheets": [{"cells": cells, "metadata": {}}],
    }
    return json.dumps(old).encode()


def _other_language(notebook: dict[str, Any]) -> None:
    notebook["metadata"] = {
        "kernelspec": {"name": "ir", "display_name": "R", "language": "R"},
        "language_info": {"name": "R"},
    }


def _no_kernel(notebook: dict[str, Any]) -> None:
    notebook["metadata"] = {}


def _evil_kernel(notebook: dict[str, Any]) -> None:
    notebook["metadata"]["kernelspec"]["name"] = "../../evil"


def _renamed(notebook: dict[str, Any]) -> None:
    _answer(ADD_UP.replace("def add_up", "def my_sum"))(notebook)


def _new_ids(notebook: dict[str, Any]) -> None:
    for number, each in enumerate(notebook["cells"]):
        each["id"] = f"cell{number}"
        each["metadata"] = {}


def _same_ids(notebook: dict[str, Any]) -> None:
    for each in notebook["cells"]:
        each["id"] = "add-up-answer"


def _shuffled(notebook: dict[str, Any]) -> None:
    notebook["cells"].reverse()


def _helper_elsewhere(notebook: dict[str, Any]) -> None:
    _answer("def add_up(numbers):\n    return helper(numbers, START)")(notebook)
    text = "START = 0\n\ndef helper(numbers, start):\n    return sum(numbers, start)"
    notebook["cells"].insert(2, cell("mine", text))


def _crlf(notebook: dict[str, Any]) -> None:
    for each in notebook["cells"]:
        each["source"] = each["source"].replace("\n", "\r\n")


def _nested(notebook: dict[str, Any]) -> bytes:
    return b'{"cells": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"


def _deep_code(notebook: dict[str, Any]) -> None:
    _answer("add_up = " + "(" * 5000 + "1" + ")" * 5000)(notebook)


def _long_code(notebook: dict[str, Any]) -> None:
    _answer("add_up = " + "-" * 150_000 + "1")(notebook)


def _huge(notebook: dict[str, Any]) -> bytes:
    notebook["cells"][0]["source"] = "x" * 100_000_000
    return json.dumps(notebook).encode()


def _many_cells(notebook: dict[str, Any]) -> None:
    notebook["cells"] += [cell(f"more{n}", f"x{n} = {n}") for n in range(3000)]


class Folder:
    """Makes something of a learner's folder; called with it and an honest notebook."""

    def __init__(self, work: Callable[[Path, bytes], Any]) -> None:
        self.work = work

    def __call__(self, notebook: dict[str, Any]) -> Folder:
        return self


def _link_out(folder: Path, honest: bytes) -> None:
    (folder / f"{LESSON}.ipynb").symlink_to(
        folder.parent / "honest" / f"{LESSON}.ipynb"
    )


def _link_folder(folder: Path, honest: bytes) -> None:
    folder.rmdir()
    folder.symlink_to(folder.parent / "honest")


def _pipe(folder: Path, honest: bytes) -> None:
    os.mkfifo(folder / f"{LESSON}.ipynb")


def _is_folder(folder: Path, honest: bytes) -> None:
    (folder / f"{LESSON}.ipynb").mkdir()


def _copy_name(folder: Path, honest: bytes) -> None:
    (folder / f"{LESSON} (1).ipynb").write_bytes(honest)


def _nothing(folder: Path, honest: bytes) -> None:
    (folder / "notes.txt").write_text("I forgot.")


READ = """import glob, os
found = []
for root in ("CANARIES", "/root", "/home", "/etc/passwd", "/srv", "/tmp", "/var"):
    for here, folders, names in os.walk(root):
        folders[:] = [f for f in folders if f not in (".venv", "versions", "lib")]
        found += [os.path.join(here, n) for n in names if "canary" in n]
    if os.path.isfile(root):
        found.append(root)
for path in found:
    try:
        text = open(path).read()
    except OSError:
        continue
    numbers = [text]"""
CONNECT = """import socket
for address in (("127.0.0.1", PORT), ("::1", PORT), ("10.255.255.1", 80)):
    try:
        socket.create_connection(address, timeout=0.5).sendall(b"leak")
        numbers = ["leak"]
    except OSError:
        pass"""
WRITE = """import os
for folder in ("CANARIES", "/usr/lib", "/etc", os.getcwd() + "/..", "/dev"):
    try:
        with open(folder + "/written-canary", "w") as stream:
            stream.write("x")
        numbers = ["wrote"]
    except OSError:
        pass"""
FORK = """import os
while True:
    os.fork()"""
BOMB = """import subprocess, sys
for _ in range(200):
    subprocess.Popen([sys.executable, "-c", "while True: pass"])"""
ORACLE = """import importlib
for name in ("checks", "checks.ch11_fire_cnn", "grade", "examine", "preparing"):
    try:
        importlib.import_module("fire_course.lessons." + name)
        numbers = ["imported"]
    except ImportError:
        pass"""
NOISE = "while True:\n    print('x' * 100_000)"
RAW_NOISE = "import os\nwhile True:\n    os.write(1, b'x' * 100_000)"
PUBLISH = """from IPython import get_ipython
shell = get_ipython()
socket = shell.kernel.iopub_socket
while True:
    shell.kernel.session.send(socket, "stream", {"name": "stdout", "text": "x" * 10**6})"""
FORGE = """from IPython import get_ipython
shell = get_ipython()
kernel = shell.kernel
for state in ("busy", "idle"):
    kernel.session.send(kernel.iopub_socket, "status", {"execution_state": state},
                        parent=kernel.get_parent())"""
DISK = """for n in range(1000):
    with open(f"/tmp/{n}", "wb") as stream:
        stream.write(b"x" * 10**7)"""
SHARE = """import glob
for folder in glob.glob("/tmp/fc-grade-*/share"):
    for n in range(100000):
        open(f"{folder}/{n}", "w").close()"""

MANY: list[Hostile] = [
    Hostile("honest", "an honest notebook", ALL, lambda n: None),
    Hostile("untouched", "the exercise as it was handed out", 0,
            lambda n: [_answer(t, e)(n) for t, e in (
                (f"def add_up(numbers):\n    {STUB}", "add-up"),
                (f"def span(values):\n    {STUB}", "span"),
                (f"def f1(tp, fp, fn):\n    {STUB}", "tiny-f1"))] and None,
            "not attempted"),
    # --- tools told to look away
    Hostile("nbval-skip", "`NBVAL_SKIP` over a wrong answer", REST, _marked("NBVAL_SKIP")),
    Hostile("nbval-ignore", "`NBVAL_IGNORE_OUTPUT` over a wrong answer", REST,
            _marked("NBVAL_IGNORE_OUTPUT")),
    Hostile("marker-in-text", "`NBVAL_SKIP` on a line of a docstring", REST, _answer(
        'def add_up(numbers):\n    """\n# NBVAL_SKIP\n"""\n    return 7')),
    Hostile("raises-tag", "the tag `raises-exception` on every cell", REST,
            _tagged("raises-exception")),
    Hostile("skip-tag", "the tag `nbval-skip` on every cell", REST, _tagged("nbval-skip")),
    Hostile("no-checks", "deleted check cells", ALL, _drop_checks),
    Hostile("own-outputs", "a wrong answer saved with a fitting output", REST,
            _wrong_with_outputs),
    Hostile("own-check", "a `check` of its own that always passes", REST, _own_check),
    Hostile("points", "points and locks changed in the metadata", REST, _locked_points),
    # --- meddling with the process that asks
    Hostile("print", "replaces `print`", ALL,
            _before("import builtins\nbuiltins.print = lambda *a, **k: None")),
    Hostile("builtins", "empties the builtins", ALL,
            _before("import builtins\nfor n in ('len', 'str', 'open', 'print'):\n"
                    "    setattr(builtins, n, None)")),
    Hostile("asker", "replaces the function that asks", REST, _answer(
        "import sys\nfor m in list(sys.modules.values()):\n"
        "    if hasattr(m, 'ask_all'):\n        m.ask_all = lambda *a, **k: ['1'] * 4\n"
        "def add_up(numbers):\n    return 7")),
    Hostile("grading", "searches the frames for the grader and answers in its place",
            REST, _answer(
        "def add_up(numbers):\n    import sys\n    frame = sys._getframe()\n"
        "    while frame:\n        for value in list(frame.f_locals.values()):\n"
        "            if isinstance(value, dict):\n                value.clear()\n"
        "        frame = frame.f_back\n    return 7")),
    Hostile("equal", "returns an object that equals everything", REST, _answer(
        "class Any(int):\n    def __eq__(self, other):\n        return True\n"
        "    __hash__ = None\ndef add_up(numbers):\n    return Any(7)")),
    Hostile("forged-idle", "forges the kernel's messages", REST, _inside(FORGE)),
    Hostile("excepthook", "raises `SystemExit`", REST, _inside("raise SystemExit(0)")),
    # --- reaching out
    Hostile("read-files", "reads the disk for the reference and for others", ALL,
            _inside(READ)),
    Hostile("write-files", "writes into other folders", ALL, _inside(WRITE)),
    Hostile("socket", "opens connections", ALL, _inside(CONNECT)),
    Hostile("import-checks", "imports the checks and the grader", ALL, _inside(ORACLE)),
    Hostile("environment", "looks for the seed in the environment", ALL, _inside(
        "import os\nif any('SEED' in n and 'HASH' not in n for n in os.environ):\n"
        "    numbers = [0.5]")),
    Hostile("proc", "looks into other processes", ALL, _inside(
        "import os\nfor p in os.listdir('/proc'):\n    try:\n"
        "        if b'pytest' in open(f'/proc/{p}/cmdline', 'rb').read():\n"
        "            numbers = [0.5]\n    except OSError:\n        pass")),
    Hostile("kill", "kills every process that it can see", REST, _inside(
        "import os, signal\nfor p in os.listdir('/proc'):\n"
        "    if p.isdigit() and int(p) != os.getpid():\n"
        "        os.kill(int(p), signal.SIGKILL)")),
    Hostile("shell", "starts a program", REST, _inside(
        "import subprocess\nsubprocess.run(['id'], check=True)")),
    # --- using everything up
    Hostile("fork-bomb", "a fork bomb", REST, _inside(FORK)),
    Hostile("fork-at-once", "a fork bomb before any function is asked", ALL,
            _before("import os, contextlib\nwith contextlib.suppress(OSError):\n"
                    "    while True:\n        os.fork()")),
    Hostile("processes", "starts 200 busy programs", REST, _inside(BOMB)),
    Hostile("threads", "starts threads without end", REST, _inside(
        "import threading, time\nwhile True:\n"
        "    threading.Thread(target=time.sleep, args=(600,)).start()")),
    Hostile("memory", "takes 2 GB", REST, _inside(
        "import numpy\nheld = numpy.ones(2 * 2**30, 'uint8')\nimport time\n"
        "time.sleep(1)")),
    Hostile("memory-slowly", "takes memory without end", REST, _inside(
        "held = []\nwhile True:\n    held.append(bytearray(10**7))")),
    Hostile("loop", "an infinite loop", REST, _inside("while True:\n    pass")),
    Hostile("loop-stubborn", "an infinite loop that no exception ends", REST, _inside(
        "while True:\n    try:\n        while True:\n            pass\n"
        "    except BaseException:\n        pass")),
    Hostile("loop-at-once", "an infinite loop outside of any function", REST,
            _answer("add_up = [None for _ in iter(int, 1)]")),
    Hostile("sleep", "sleeps for an hour", REST, _inside("import time\ntime.sleep(3600)")),
    Hostile("big-integer", "one endless step in C that nothing can interrupt", REST,
            _inside("10 ** (10 ** 9)")),
    Hostile("regex", "a regular expression without end", REST, _inside(
        "import re\nre.match('(a+)+$', 'a' * 60 + 'b')")),
    Hostile("output", "prints without end", REST, _inside(NOISE)),
    Hostile("raw-output", "writes to the output's descriptor without end", REST,
            _inside(RAW_NOISE)),
    Hostile("messages", "floods the grader with the kernel's own messages", REST,
            _inside(PUBLISH)),
    Hostile("big-result", "returns a text of 200 MB", REST,
            _answer("def add_up(numbers):\n    return 'x' * 200_000_000")),
    Hostile("endless-result", "returns a list that holds itself", REST, _answer(
        "def add_up(numbers):\n    a = []\n    a.append(a)\n    a.append(a)\n    return a")),
    Hostile("disk", "fills the disk", REST, _inside(DISK)),
    Hostile("share", "fills the folder of the kernel's sockets", REST, _inside(SHARE)),
    # --- dying
    Hostile("exit", "`os._exit`", REST, _inside("import os\nos._exit(0)")),
    Hostile("exit-at-once", "`os._exit` outside of any function", REST,
            _answer("import os\nadd_up = os._exit(0)")),
    Hostile("segfault", "crashes the interpreter", REST, _inside(
        "import ctypes\nctypes.string_at(0)")),
    Hostile("recursion", "recurs without end", REST,
            _answer("def add_up(numbers):\n    return add_up(numbers)")),
    # --- the answer ready-made
    Hostile("ready-made", "calls the library's own function", 3, _answer(
        "from fire_course import metrics as m\ndef f1(tp, fp, fn):\n"
        "    return m.f1_from_counts(tp, fp, fn) or 0.0", "tiny-f1"), "ready-made"),
    Hostile("ready-made-hidden", "calls it by an assembled name", 3, _answer(
        "def f1(tp, fp, fn):\n    import importlib\n"
        "    module = importlib.import_module('fire_' + 'course.metrics')\n"
        "    return getattr(module, 'f1_' + 'from_counts')(tp, fp, fn) or 0.0",
        "tiny-f1"), "ready-made"),
    Hostile("ready-made-elsewhere", "calls another package's function", 3, _answer(
        "import statistics\ndef f1(tp, fp, fn):\n"
        "    h = getattr(statistics, 'harmonic_' + 'mean')\n"
        "    return h([tp / (tp + fp), tp / (tp + fn)]) if tp else 0.0", "tiny-f1"),
        "ready-made"),
    # --- broken without intent
    Hostile("renamed", "a renamed function", ALL, _renamed, "my_sum"),
    Hostile("new-ids", "all ids and metadata changed", ALL, _new_ids),
    Hostile("same-ids", "the same id on every cell", ALL, _same_ids),
    Hostile("reversed", "cells in reversed order", ALL, _shuffled),
    Hostile("helper", "an answer with a helper in another cell", ALL, _helper_elsewhere),
    Hostile("line-ends", "Windows line ends", ALL, _crlf),
    Hostile("syntax", "a syntax error in one answer", REST,
            _answer("def add_up(numbers:\n    return 1")),
    Hostile("magics", "magics and shell lines among the code", ALL, _before(
        "%matplotlib inline\n!rm -rf /\n%timeit 1")),
    Hostile("wrong", "a wrong answer", REST,
            _answer("def add_up(numbers):\n    return sum(numbers[1:])"),
            "the first is left out"),
    Hostile("raises", "an answer that raises", REST, _inside("1 / 0")),
    Hostile("version-3", "notebook format 3", ALL, _version_3),
    Hostile("no-kernel", "no kernel in the metadata", ALL, _no_kernel),
    Hostile("evil-kernel", "a path for the kernel's name", ALL, _evil_kernel),
    Hostile("other-language", "a notebook in R", 0, _other_language, "Python"),
    Hostile("invalid-json", "invalid JSON", 0, _bytes(b'{"cells": ['), "JSON"),
    Hostile("empty", "an empty file", 0, _bytes(b""), "empty"),
    Hostile("no-notebook", "JSON that is no notebook", 0, _bytes(b"[1, 2]"), "notebook"),
    Hostile("binary", "random bytes", 0, _bytes(bytes(range(256)) * 9), "JSON"),
    Hostile("nested-json", "200,000 nested brackets", 0, _nested, "JSON"),
    Hostile("nested-code", "5,000 nested brackets in an answer", REST, _deep_code),
    Hostile("long-code", "150,000 minus signs in an answer", REST, _long_code),
    Hostile("huge", "a notebook of 100 MB", 0, _huge, "20 MB"),
    Hostile("many-cells", "3,000 cells more", ALL, _many_cells),
    # --- names and files
    Hostile("symlink", "a link to another learner's notebook", 0, Folder(_link_out), "link"),
    Hostile("symlink-folder", "a link to another learner's folder", 0,
            Folder(_link_folder), "link"),
    Hostile("pipe", "a pipe instead of a file", 0, Folder(_pipe), "no file"),
    Hostile("folder", "a folder with a notebook's name", 0, Folder(_is_folder), "no file"),
    Hostile("second-copy", "`90_tiny (1).ipynb`, as browsers save", ALL, Folder(_copy_name)),
    Hostile("nothing", "no notebook at all", 0, Folder(_nothing), "No notebook"),
    Hostile("unicode", "a name in Greek with a combining accent", ALL, lambda n: None,
            learner="Ζωή Φλόγά"),
    Hostile("formula", "a name that is a spreadsheet's formula", ALL, lambda n: None,
            learner="=HYPERLINK(1)"),
    Hostile("newline", "a name with a line break, quotes and markup", ALL, lambda n: None,
            learner='a\n"b",<img src=x>'),
    Hostile("path-trick", "a name that looks like a path", ALL, lambda n: None,
            learner="..%2F..%2Fetc -rf ;$(id)"),
    Hostile("bad-bytes", "a name that is no text", ALL, lambda n: None,
            learner=os.fsdecode(b"caf\xe9")),
    Hostile("long-name", "a name of 200 characters", ALL, lambda n: None,
            learner="n" * 200),
]  # fmt: skip


def hand_in(folder: Path, hostile: Hostile, replace: dict[str, str]) -> str:
    """Write one submission; return the name of its learner's folder."""
    learner = hostile.learner or hostile.name
    own = folder / learner
    own.mkdir(parents=True)
    notebook = copy.deepcopy(book())
    result = hostile.change(notebook)
    honest = json.dumps(book()).encode()
    if isinstance(result, Folder):
        result.work(own, honest)
        return learner
    content = result if isinstance(result, bytes) else json.dumps(notebook).encode()
    for word, value in replace.items():
        content = content.replace(word.encode(), value.encode())
    (own / f"{LESSON}.ipynb").write_bytes(content)
    return learner


# ------------------------------------------------------------------------ grading

HERE = Path(__file__).parent
RECORD = HERE.parents[1] / "book" / "records" / "grading" / "hostile.json"
SECONDS = 5  # for an exercise; a case gets a quarter of it


@dataclass(frozen=True)
class Outcome:
    """What came of grading the whole class."""

    rows: dict[str, dict[str, Any]]  # name of the submission -> its row
    seconds: float
    errors: str
    connections: list[bytes]
    out: Path


def grade_all(folder: Path) -> Outcome:
    """Hand in every submission as one class and grade it by the real command."""
    caught: list[bytes] = []
    canaries = folder / "canaries"
    canaries.mkdir(parents=True)
    (canaries / "canary.txt").write_text("a secret of the teacher's")
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_listen, args=(server, caught), daemon=True).start()
        words = {"PORT": str(server.getsockname()[1]), "CANARIES": str(canaries)}
        for each in MANY:
            hand_in(folder / "class", each, words)
        command = [sys.executable, "-m", "fire_course", "grade", str(folder / "class")]
        command += ["--out", str(folder / "out"), "--lessons", str(HERE / "tiny")]
        command += ["--jobs", "2", "--timeout", str(SECONDS), "--json"]
        started = time.monotonic()
        run = subprocess.run(command, capture_output=True, text=True, cwd=folder)
        seconds = time.monotonic() - started
    if run.returncode:
        raise RuntimeError(run.stderr)
    by_learner = {row["learner"]: row for row in json.loads(run.stdout)["grades"]}
    rows = {
        each.name: by_learner[shown(each.learner or each.name)]
        for each in MANY
        if shown(each.learner or each.name) in by_learner
    }
    return Outcome(rows, seconds, run.stderr, caught, folder / "out")


def _listen(server: socket.socket, caught: list[bytes]) -> None:
    with contextlib.suppress(OSError):  # closed
        while True:
            connection, _ = server.accept()
            with connection:
                connection.settimeout(2)
                caught.append(connection.recv(100))


def said(row: dict[str, Any]) -> str:
    """Tell in a few words what the grader said of the answer under attack."""
    if row["problems"] and not any(e["state"] == "broken" for e in _all(row)):
        return " ".join(row["problems"])
    for each in _all(row):
        if each["state"] == "broken":
            return each["words"].removeprefix("No answer came: ").capitalize()
        if each["state"] == "not yet":
            came = [x for x in each["words"].splitlines() if x.startswith("came:")]
            short = came[0].removeprefix("came:").strip() if came else each["words"]
            return f"Not yet: {short[:60]}"
        if each["state"] != "passed":
            return each["state"].capitalize()
    return "All passed"


def _all(row: dict[str, Any]) -> list[dict[str, Any]]:
    return list(row["exercises"].values())


def main() -> None:
    """Grade the class and write the record that the teacher's guide shows."""
    with tempfile.TemporaryDirectory() as folder:
        outcome = grade_all(Path(folder))
    record = {
        "isolated": available(),
        "seconds": round(outcome.seconds),
        "connections": len(outcome.connections),
        "max": ALL,
        "submissions": [
            {
                "name": each.name,
                "what": each.what,
                "fair": each.points,
                "points": outcome.rows[each.name]["points"],
                "said": said(outcome.rows[each.name]),
            }
            for each in MANY
        ],
    }
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    write_json(RECORD, record)


if __name__ == "__main__":
    main()
