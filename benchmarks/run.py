"""Run every benchmark of this folder and print one table.

A benchmark is a file that prints one line of JSON a figure, and runs by itself too::

    {"figure": "import fire_course / import numpy", "value": 1.1, "unit": "x",
     "at_most": 1.3}

with ``at_most`` or ``at_least`` where there is a bar. Give names to run only those:
``python benchmarks/run.py imports rendering``.
"""

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def figures(file: Path) -> list[dict]:
    """Run one benchmark in a process of its own."""
    run = subprocess.run(
        [sys.executable, str(file)], capture_output=True, text=True, cwd=HERE.parent
    )
    if run.returncode:
        last = (run.stderr.strip().splitlines() or ["no message"])[-1]
        return [{"figure": f"{file.name} failed: {last}", "failed": True}]
    lines = [line for line in run.stdout.splitlines() if line.startswith("{")]
    return [json.loads(line) for line in lines]


def shown(row: dict) -> str:
    """Write a figure with three digits, or whole if it is large."""
    digits = ",.0f" if abs(row["value"]) >= 1000 else ".3g"
    return f"{row['value']:{digits}} {row['unit']}".rstrip()


def verdict(row: dict) -> tuple[str, bool]:
    """Say the bar of a figure, and whether it is met."""
    if row.get("failed"):
        return "", False
    if "at_most" in row:
        return f"at most {row['at_most']:,}", row["value"] <= row["at_most"]
    if "at_least" in row:
        return f"at least {row['at_least']:g}", row["value"] >= row["at_least"]
    return "", True


def main() -> int:
    from rich.console import Console
    from rich.table import Table

    wanted = sys.argv[1:]
    files = [file for file in sorted(HERE.glob("*.py")) if file.name != "run.py"]
    unknown = set(wanted) - {file.stem for file in files}
    if unknown:
        names = ", ".join(file.stem for file in files)
        print(f"No benchmark is called {unknown.pop()!r}; there are: {names}.")
        return 2
    table = Table("benchmark", "figure", box=None)
    for title in ("value", "bar", ""):
        table.add_column(title, justify="right")
    met = True
    for file in files:
        if wanted and file.stem not in wanted:
            continue
        print(f"{file.stem} ...", file=sys.stderr)
        for row in figures(file):
            bar, good = verdict(row)
            met = met and good
            value = shown(row) if "value" in row else ""
            table.add_row(
                file.stem, row["figure"], value, bar, "" if good else "MISSED"
            )
    Console().print(table)
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
