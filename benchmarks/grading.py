"""What it costs to grade a class, on one core and on two, and against nbgrader.

60 notebooks of lesson 10 (NumPy) and 12 of lesson 11 (TensorFlow): the lessons' own
solutions, every third with one answer left out. nbgrader is no dependency: name a
virtual environment that has it, ``python benchmarks/grading.py --nbgrader VENV`` or
the variable NBGRADER, and its autograder runs the same notebooks in turn, with the
same packages, one after the other as it does. All three must give the same points.

The figures stand on standard output, a JSON document a line; what is being done, on
standard error. A quiet machine with two cores takes about a quarter of an hour, most of
it nbgrader's. The load of the machine is written down, since a busy one has no second
core to give: then the efficiency says nothing about the grader.
"""

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CLASSES = {"10_honest_data": 60, "11_fire_cnn": 12}
STUB = 'raise NotImplementedError("write your answer here")'


def hand_in(folder: Path, lesson: str, count: int) -> None:
    exercise = json.loads((ROOT / "exercises" / f"{lesson}.ipynb").read_text())
    solved = json.loads((ROOT / "solutions" / f"{lesson}.ipynb").read_text())
    answers = {
        cell["id"]: cell["source"]
        for cell in solved["cells"]
        if cell["id"].endswith("-answer")
    }
    for learner in range(count):
        book = json.loads(json.dumps(exercise))
        names = list(answers)
        left_out = names[learner % len(names)] if learner % 3 == 2 else None
        for cell in book["cells"]:
            if cell["id"] in answers and cell["id"] != left_out:
                cell["source"] = answers[cell["id"]]
        own = folder / f"learner{learner:02}"
        own.mkdir(parents=True)
        (own / f"{lesson}.ipynb").write_text(json.dumps(book))


Timed = tuple[float, dict[str, float]]


def ours(folder: Path, out: Path, lesson: str, jobs: int) -> Timed:
    """Grade with a fresh folder of results; return seconds and points by learner."""
    command = [sys.executable, "-m", "fire_course", "grade", str(folder)]
    command += ["--out", str(out), "--lesson", lesson, "--jobs", str(jobs), "--json"]
    start = time.perf_counter()
    run = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    seconds = time.perf_counter() - start
    rows = json.loads(run.stdout)["grades"]
    return seconds, {row["learner"]: float(row["points"]) for row in rows}


def nbgraders(venv: Path, folder: Path, course: Path, lesson: str) -> Timed:
    """Autograde with nbgrader; return seconds and points by learner."""
    source = course / "source" / lesson
    source.mkdir(parents=True)
    shutil.copy(ROOT / "solutions" / f"{lesson}.ipynb", source)
    for own in folder.iterdir():
        shutil.copytree(own, course / "submitted" / own.name / lesson)
    kernel = course / "jupyter" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": "Python 3", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(spec))
    path = os.pathsep.join((str(venv / "bin"), os.environ["PATH"]))
    env = {**os.environ, "PATH": path, "JUPYTER_PATH": str(course / "jupyter")}
    program = str(venv / "bin" / "nbgrader")

    def nbgrader(*words: str) -> None:
        run = subprocess.run(
            [program, *words], cwd=course, env=env, capture_output=True, text=True
        )
        if run.returncode:
            last = (run.stderr.strip().splitlines() or ["no word"])[-1]
            raise RuntimeError(f"nbgrader {words[0]} failed: {last}")

    nbgrader("generate_assignment", lesson)
    start = time.perf_counter()
    nbgrader("autograde", lesson)
    seconds = time.perf_counter() - start
    nbgrader("export", "--to", "grades.csv")
    with (course / "grades.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    return seconds, {row["student_id"]: float(row["score"]) for row in rows}


FIGURES: list[dict] = []
START = time.perf_counter()


def tell(figure: str, value: float, unit: str, **bar: float) -> None:
    load = round(os.getloadavg()[0], 2)
    FIGURES.append(
        {"figure": figure, "value": value, "unit": unit, **bar, "load": load}
    )
    print(json.dumps(FIGURES[-1]), flush=True)


def step(words: str) -> None:
    passed = time.perf_counter() - START
    load = os.getloadavg()[0]
    print(f"{passed:5.0f} s, load {load:.1f}: {words}", file=sys.stderr, flush=True)


def write(record: str | None, load_before: float) -> None:
    """Write what there is so far, so that an interrupted run leaves that."""
    if record is not None:
        known = {
            "cores": len(os.sched_getaffinity(0)),
            "load_before": round(load_before, 2),
            "minutes": round((time.perf_counter() - START) / 60, 1),
            "figures": FIGURES,
        }
        Path(record).write_text(json.dumps(known, indent=2) + "\n")


def measure(lesson: str, count: int, venv: Path | None) -> None:
    what = f"{count} of {lesson}"
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        hand_in(root / "class", lesson, count)
        step(f"{what} on one core")
        one, points = ours(root / "class", root / "one", lesson, 1)
        assert len(points) == count
        tell(f"{what}, one core", one, "s")
        step(f"{what} on two cores")
        two, again = ours(root / "class", root / "two", lesson, 2)
        assert points == again, (points, again)
        tell(f"{what}, two cores", two, "s")
        tell(f"{what}, parallel efficiency", one / (2 * two), "", at_least=0.85)
        if venv is None:
            step("no nbgrader was named, so nothing is compared with it")
            return
        step(f"{what} by nbgrader's autograder")
        (root / "course").mkdir()
        theirs, others = nbgraders(venv, root / "class", root / "course", lesson)
        assert points == others, (points, others)
        tell(f"{what}, nbgrader's autograder", theirs, "s")
        tell(f"{what}, nbgrader / ours on two cores", theirs / two, "x")


def main() -> None:
    about, _, more = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        description=about,
        epilog=more,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--nbgrader",
        metavar="VENV",
        default=os.environ.get("NBGRADER"),
        help="a virtual environment that holds nbgrader; without it, none is timed",
    )
    parser.add_argument(
        "--record",
        metavar="FILE",
        help="write figures and load into it too, a lesson at a time",
    )
    parser.add_argument(
        "--learners",
        metavar="N",
        type=int,
        help="so many of each lesson, to try this program (default: 60 and 12)",
    )
    options = parser.parse_args()
    venv = Path(options.nbgrader).absolute() if options.nbgrader else None
    if venv is not None and not (venv / "bin" / "nbgrader").is_file():
        parser.error(f"{venv} holds no bin/nbgrader")
    before = os.getloadavg()[0]
    for lesson, count in CLASSES.items():
        measure(lesson, options.learners or count, venv)
        write(options.record, before)
    step("done")


if __name__ == "__main__":
    main()
