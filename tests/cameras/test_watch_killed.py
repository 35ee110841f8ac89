"""A watcher that is killed again and again, at whatever moment it happens to be."""

import json
import random
import subprocess
import sys
import time
from pathlib import Path

JOB = Path(__file__).with_name("watch_job.py")
ROUNDS, KILLS, CAMERAS, PERIOD, FIRE = 800, 6, 8, 40, 20


def wait_for_size(file, size, limit=200):
    """Until the file has grown to so many bytes: one is written a round."""
    end = time.monotonic() + limit
    while not file.exists() or file.stat().st_size < size:
        assert time.monotonic() < end, f"{file} has stopped growing"
        time.sleep(0.001)


def test_kills_lose_no_alarm_and_repeat_none(tmp_path):
    chance = random.Random(5)
    for attempt in range(KILLS + 1):
        killed = attempt < KILLS
        with subprocess.Popen(
            [sys.executable, JOB, tmp_path, str(ROUNDS)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as job:
            assert job.stdout.readline() == "ready\n", job.stderr.read()
            if killed:
                # In rounds, not in seconds: a fast machine must not be done before.
                share = ROUNDS // (KILLS + 1)
                wait_for_size(
                    tmp_path / "steps", attempt * share + chance.randrange(60)
                )
                time.sleep(chance.uniform(0, 0.005))
                job.kill()
            assert job.wait(200) == (-9 if killed else 0), job.stderr.read()
        if killed:  # it was still at work
            assert (tmp_path / "steps").stat().st_size < ROUNDS
    found = {}
    for line in (tmp_path / "watch/alarms.jsonl").read_text().splitlines():
        alarm = json.loads(line)
        found.setdefault(alarm["camera"], []).append(alarm)
    for number in range(CAMERAS):
        mine = found[f"hill {number}"]
        assert [alarm["number"] for alarm in mine] == list(range(1, len(mine) + 1))
        # The period in which each alarm was raised: each once, and none left out.
        steps = [int(alarm["time"]) // 60 - 1 - 5 * number for alarm in mine]
        assert [step // PERIOD for step in steps] == list(range(len(mine)))
        assert len(mine) >= ROUNDS // PERIOD - 1
        for step in steps:
            # With the third picture; each kill may take a vote with it.
            assert PERIOD - FIRE + 2 <= step % PERIOD <= PERIOD - FIRE + 2 + KILLS
