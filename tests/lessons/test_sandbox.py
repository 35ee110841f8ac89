"""The room of a learner's code, tried from inside by programs that want out."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fire_course.lessons import lockdown, sandbox, watching
from fire_course.lessons.masking import copy_package, uses
from fire_course.lessons.sandbox import Limits, Room

needs_bubblewrap = pytest.mark.skipif(
    not sandbox.available(), reason="bubblewrap does not work here"
)
linux = pytest.mark.skipif(sys.platform != "linux", reason="a filter of Linux")


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    target = tmp_path_factory.mktemp("package") / "copy"
    own = ["fire_course.metrics.f1_from_counts", "fire_course.data.split_by_group"]
    return copy_package([*own, "statistics.mean"], target)


@pytest.fixture
def room(tmp_path, package):
    given, share = tmp_path / "given", tmp_path / "share"
    given.mkdir()
    share.mkdir()
    return Room(given=given, share=share, package=package, limits=Limits())


def inside(room, program):
    """Run a program where a kernel would run; return what it prints."""
    command = room.command()
    start = command.index("--") + 1 if room.isolated else 0
    command = [*command[:start], sys.executable, "-s", "-c", program]
    env = None if room.isolated else room.environment()
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, env=env)
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


@needs_bubblewrap
def test_no_network_even_of_this_machine(room):
    with socket.create_server(("127.0.0.1", 0)) as server:
        program = (
            "import socket\n"
            "try:\n"
            f"    socket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 2)\n"
            "except OSError as error:\n"
            "    print('refused')"
        )
        assert inside(room, program) == "refused"
        # The same program outside finds it: the test can fail.
        done = subprocess.run([sys.executable, "-c", program], capture_output=True)
        assert done.stdout == b""


@needs_bubblewrap
def test_it_sees_neither_homes_nor_the_course(room, tmp_path):
    (tmp_path / "others.txt").write_text("secret")
    root = Path(__file__).parents[2]
    seen = inside(
        room,
        "import os, sys\n"
        f"for path in ({str(tmp_path / 'others.txt')!r}, {str(root / 'solutions')!r},"
        f" {str(root / 'tests')!r}, {str(root / 'fire_course')!r}, '/etc/passwd',"
        " '/sys', '/run', '/var'):\n"
        "    if os.path.exists(path): print(path)\n"
        "print(sorted(os.environ)[0], os.getpid() < 10, os.listdir('/tmp/..'))",
    )
    first, *_ = seen.splitlines()
    assert first.startswith(("CUDA_VISIBLE_DEVICES True", "COLUMNS"))
    assert "home" not in first


@needs_bubblewrap
def test_it_writes_into_its_scratch_only_and_little_there(room):
    program = (
        "import os\n"
        "for folder in ('/', '/usr/lib', '/dev', '/proc', GIVEN, PACKAGE):\n"
        "    try:\n"
        "        open(os.path.join(folder, 'x'), 'w')\n"
        "        print('wrote', folder)\n"
        "    except OSError: pass\n"
        "size = 0\n"
        "try:\n"
        "    for n in range(100):\n"
        "        with open(f'/tmp/{n}', 'wb') as f: size += f.write(bytes(2**20))\n"
        "except OSError: pass\n"
        "print(size // 2**20)"
    )
    program = program.replace("GIVEN", repr(str(room.given)))
    program = program.replace("PACKAGE", repr(str(room.package)))
    assert 60 <= int(inside(room, program)) <= 64


@needs_bubblewrap
def test_it_holds_a_package_without_checks_and_graders(room):
    names = inside(
        room,
        "import fire_course.lessons as l, pathlib\n"
        "print(*sorted(p.name for p in pathlib.Path(l.__file__).parent.glob('*.py')))\n",
    ).split()
    assert names == [
        "__init__.py",
        "asking.py",
        "canonical.py",
        "inside.py",
        "lockdown.py",
    ]


@needs_bubblewrap
def test_masked_functions_are_not_there(room):
    program = """
from fire_course.lessons import inside
inside.mask(["statistics.mean", "numpy.ptp", "keras.callbacks.EarlyStopping"])
import statistics, numpy
from statistics import mean as other
from fire_course import metrics, data
for call in (lambda: metrics.f1_from_counts(1, 1, 1), lambda: statistics.mean([1]),
             lambda: other([1]), lambda: numpy.ptp([1]),
             lambda: data.split_by_group(["a"], .5, seed=1)):
    try: print(call())
    except inside.MaskedError: print("masked")
print(metrics.wilson(1, 2)[0] > 0, statistics.median([1]))
"""
    assert inside(room, program).split() == ["masked"] * 5 + ["True", "1"]


def test_a_mask_that_fits_nothing_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="no_such"):
        copy_package(["fire_course.metrics.no_such"], tmp_path / "copy")


@linux
def test_the_filter_takes_processes_sockets_and_signals_away(room):
    """Without bubblewrap too."""
    bare = Room(given=room.given, share=room.share, package=room.package,
                limits=room.limits, isolated=False)  # fmt: skip
    program = """
import os, signal, socket, subprocess, sys, threading
from fire_course.lessons import lockdown
waiting = threading.Event()
said = []
def later():
    waiting.wait()
    attempts()
def attempts():
    for attempt in (os.fork, lambda: subprocess.run([sys.executable, "-c", ""]),
                    lambda: os.kill(os.getppid(), 0),
                    lambda: os.execv(sys.executable, ["python"]),
                    lambda: socket.socket(socket.AF_INET),
                    lambda: socket.socket(socket.AF_INET6)):
        try:
            attempt()
            said.append("done")
        except OSError:
            said.append("refused")
thread = threading.Thread(target=later)
thread.start()  # a thread that was there before is held as well
assert lockdown.apply()
attempts()
waiting.set()
thread.join()
threading.Thread(target=lambda: said.append("thread")).start()
ours, theirs = socket.socketpair()
ours.send(b"x")
print(*said)
"""
    assert inside(bare, program).split() == ["refused"] * 12 + ["thread"]


def test_the_filter_exists_for_both_processors():
    for machine in ("x86_64", "aarch64"):
        program = lockdown.program(machine)
        steps = [program[at : at + 8] for at in range(0, len(program), 8)]
        for number, step in enumerate(steps):  # every jump stays inside
            if step[0] & 7 == 5:
                assert number + 1 + max(step[2], step[3]) < len(steps)
        assert steps[-1][0] == 6  # and the last step returns


def test_limits_hold_in_the_process_that_set_them(room):
    bare = Room(given=room.given, share=room.share, package=room.package,
                limits=room.limits, isolated=False)  # fmt: skip
    program = """
import resource
from fire_course.lessons.inside import limit
limit({"AS": 2**30, "FSIZE": 1000, "NO_SUCH_LIMIT": 1})
try: bytearray(2 * 2**30)
except MemoryError: print("memory")
try: resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000)); print("raised")
except (ValueError, OSError): print("kept")
"""
    said = inside(bare, program).split()
    assert said[0] == "memory"
    if os.getuid():  # root may raise them; in bubblewrap nobody is root
        assert said[1] == "kept"


def test_without_bubblewrap_it_says_loudly_what_is_open():
    """In a process that finds none, as on a machine that has none."""
    program = (
        "from fire_course.lessons import sandbox\n"
        "print(sandbox.available(), *sandbox.not_isolated(), sep='\\n')"
    )
    env = {**os.environ, "PATH": "/nowhere"}
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=env
    )
    first, *rest = run.stdout.splitlines()
    assert first == "False"
    assert "not installed" in rest[0]
    assert any("read every file" in line for line in rest)
    assert any("write" in line for line in rest)


# ---------------------------------------------------------------------- watching


def test_use_is_measured_over_all_processes_and_ended():
    program = (
        "import subprocess, sys, time\n"
        "held = bytearray(200_000_000)\n"
        "more = 'import time; held = bytearray(100_000_000); time.sleep(60)'\n"
        "children = [subprocess.Popen([sys.executable, '-c', more]) for _ in range(2)]\n"
        "time.sleep(60)\n"
    )
    above = subprocess.Popen([
        sys.executable, "-c",
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {program!r}])",
    ])  # fmt: skip
    try:
        deadline = time.monotonic() + 30
        found = watching.usage(above.pid, Path("/nowhere"))
        # A child that is being started shares its parent's memory for a moment.
        while (found.processes < 3 or not 4e8 < found.memory < 6e8) and (
            time.monotonic() < deadline
        ):
            time.sleep(0.1)
            found = watching.usage(above.pid, Path("/nowhere"))
        assert found.processes == 3
        assert 4e8 < found.memory < 6e8
        many = Limits(processes=2)
        assert "processes" in watching.verdict(found, many)
        assert "memory" in watching.verdict(found, Limits(memory=3 * 10**8))
        assert watching.verdict(found, Limits()) is None
        below = watching.tree(above.pid)[1:]
    finally:
        watching.kill_tree(above.pid)
        above.wait()
    assert len(below) == 3
    for pid in below:
        for _ in range(100):
            if (
                not Path(f"/proc/{pid}").exists()
                or "Z" in Path(f"/proc/{pid}/stat").read_text().split()[2]
            ):
                break
            time.sleep(0.05)
        else:
            pytest.fail(f"{pid} lives")


def test_files_in_the_shared_folder_count(tmp_path):
    limits = Limits(scratch=100_000)
    # A process of its own: this one may hold an engine's memory by now.
    with subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE
    ) as it:
        assert watching.verdict(watching.usage(it.pid, tmp_path), limits) is None
        (tmp_path / "large").write_bytes(bytes(200_000))
        found = watching.verdict(watching.usage(it.pid, tmp_path), limits)
        watching.kill_tree(it.pid)
    assert found == "it wrote too much"


def test_threads_count():
    program = (
        "import threading, time\n"
        "for _ in range(50): threading.Thread(target=time.sleep, args=(30,),"
        " daemon=True).start()\n"
        "print('ready', flush=True); time.sleep(30)"
    )
    outer = (
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {program!r}])"
    )
    with subprocess.Popen(
        [sys.executable, "-c", outer], stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        found = watching.usage(process.pid, Path("/nowhere"))
        watching.kill_tree(process.pid)
    assert 50 < found.threads < 60
    assert "threads" in watching.verdict(found, Limits(threads=40))


# ----------------------------------------------------------------------- reading

OWN = ["fire_course.metrics.f1_from_counts", "sklearn.metrics.f1_score"]


@pytest.mark.parametrize(
    "code",
    [
        "import fire_course.metrics\nfire_course.metrics.f1_from_counts(1, 2, 3)",
        "import fire_course.metrics as m\ndef f(): return m.f1_from_counts(1, 2, 3)",
        "from fire_course import metrics\nmetrics.f1_from_counts",
        "from fire_course.metrics import f1_from_counts as f\ndef g(): return f(1)",
        "from fire_course import metrics\ng = metrics\nh = g\nh.f1_from_counts(1)",
        "from fire_course import metrics\nf = metrics.f1_from_counts\nf(1)",
        "import fire_course\ngetattr(fire_course.metrics, 'f1_from_counts')(1)",
        "import importlib\nimportlib.import_module('fire_course.metrics').f1_from_counts",
        "__import__('fire_course.metrics').f1_from_counts",
        "from fire_course import metrics\nlist(map(metrics.f1_from_counts, [1]))",
        "from fire_course import metrics\nif (f := metrics.f1_from_counts): f(1)",
    ],
)
def test_a_ready_made_answer_is_found_by_reading(code):
    assert uses(code, OWN) == OWN[:1]


@pytest.mark.parametrize(
    "code",
    [
        "from fire_course.metrics import f1_from_counts",
        "def f1_from_counts(a): return a\nf1_from_counts(1)",
        "from mine import f1_from_counts\nf1_from_counts(1)",
        "from fire_course import metrics\nmetrics.wilson(1, 2)",
        "'fire_course.metrics.f1_from_counts'  # a text",
        "class A:\n    def f1_score(self): return self.f1_score()",
        "not python (",
        "",
        "(" * 5000,
    ],
)
def test_and_other_code_is_not_taken_for_one(code):
    assert uses(code, OWN) == []


def test_settings_tell_the_kernel_its_limits_and_nothing_else(room):
    room.command()
    settings = json.loads((room.given / "settings.json").read_text())
    assert set(settings) == {"limits", "masked"}
