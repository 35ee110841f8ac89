"""The watcher over thousands of simulated rounds: faults, kills, full disks, clocks."""

import dataclasses
import gc
import json
import tracemalloc

import numpy as np
import pytest

from fire_course.cameras.delivery import Delivery
from fire_course.cameras.failures import Failure, Kind
from fire_course.cameras.frames import Frames
from fire_course.cameras.listing import Camera
from fire_course.cameras.rules import Rule, State, replay
from fire_course.cameras.snapshot import Snapshot
from fire_course.cameras.state import WatchState
from fire_course.cameras.watch import Watcher, WatchError, read_scores

SAME = "the same picture again"


def cameras(count):
    return [Camera(f"hill {i}", f"http://cam{i}.example/now.jpg") for i in range(count)]


class World:
    """A clock, and cameras that answer by a script: a score, a `Kind`, or SAME."""

    def __init__(self, script, *, took=2.0):
        self.script, self.took = script, took
        self.now, self.step = 1_700_000_000.0, 0
        self.batches, self.starts = [], []

    def clock(self):
        return self.now

    def wait(self, seconds):
        self.now += seconds

    def fetch(self, some, memories):
        self.starts.append(self.now)
        self.now += self.took
        answers = []
        for camera in some:
            said = self.script(self.step, camera)
            if isinstance(said, Kind):
                answers.append(Failure(camera, said, "is scripted so", self.now, 1.0))
                continue
            level = 0 if said is SAME else round(255 * said)
            picture = np.full((1, 1, 3), level, "uint8")
            same = said is SAME
            answers.append(
                Snapshot(camera, picture, self.now, 1.0, None, 3, unchanged=same)
            )
            memories[camera.name].digest = f"{self.step}"
        self.step += 1
        return answers

    def score(self, pictures):
        self.batches.append(len(pictures))
        return np.array([each[0, 0, 0] / 255 for each in pictures])

    def watcher(self, some, **options):
        return Watcher(
            some,
            fetch=self.fetch,
            score=self.score,
            clock=self.clock,
            wait=self.wait,
            **options,
        )


def by_name(table):
    """Give a script from a list of answers by the camera's name."""
    return lambda step, camera: table[camera.name][step]


def logged(folder):
    path = folder / "alarms.jsonl"
    return (
        [json.loads(line) for line in path.read_text().splitlines()]
        if path.exists()
        else []
    )


class Killed(BaseException):
    """The process ends here: nothing after this line has happened."""


# --- days ---------------------------------------------------------------------

ROUNDS, CAMERAS, FIRE = 2000, 50, 20
WARM = 1600  # from here on every byte is counted


def planted(seed):
    """Script faults at random and some fires; give the answers and the fires' rounds.

    A fifth of the answers are failures of all kinds, singly and for hours; one in
    thirty is the last picture again; one calm picture in two hundred scores high.
    """
    rng = np.random.default_rng(seed)
    kinds = list(Kind)
    script = np.empty((CAMERAS, ROUNDS), object)
    fires = [[] for _ in range(CAMERAS)]
    for number in range(CAMERAS):
        burning = np.zeros(ROUNDS, bool)
        start = int(rng.integers(20, 400))
        while start + FIRE < ROUNDS:
            fires[number].append(start)
            burning[start : start + FIRE] = True
            start += FIRE + int(rng.integers(80, 700))
        scores = np.where(
            burning, rng.uniform(0.6, 1.0, ROUNDS), rng.uniform(0.0, 0.3, ROUNDS)
        )
        blips = np.flatnonzero(~burning & (rng.random(ROUNDS) < 0.005))
        scores[blips[np.diff(blips, prepend=-99) > 30]] = 0.9
        row = [float(score) for score in scores]
        for step in np.flatnonzero(rng.random(ROUNDS) < 0.15):
            row[step] = kinds[rng.integers(len(kinds))]
        for step in rng.integers(0, ROUNDS, 4):  # gone for a while
            length = int(rng.integers(5, 40))
            row[step : step + length] = [Kind.UNREACHABLE] * len(
                row[step : step + length]
            )
        for step in np.flatnonzero(rng.random(ROUNDS) < 0.03):
            row[step] = SAME
        script[number] = row
    return script, fires


def test_2000_rounds_of_50_cameras_with_faults_and_kills(tmp_path, monkeypatch):
    """No fire is missed or told twice, and neither memory nor files grow."""
    script, fires = planted(seed=7)
    some = cameras(CAMERAS)
    numbers = {camera.name: number for number, camera in enumerate(some)}
    world = World(lambda step, camera: script[numbers[camera.name], step])
    rule = Rule(threshold=0.5, votes=3, of=5, cooldown=600.0)
    rng = np.random.default_rng(1)
    # One start in three hundred rounds or so ends in a kill; every other one of them
    # between the file of alarms and the state, in a round that raises an alarm.
    kills = iter([int(each) for each in rng.integers(150, 350, 20)])
    write = WatchState.write
    lost, told, torn = set(), [], 0
    dying = False

    def killing_write(state, path):
        if dying and path.with_name("alarms.jsonl").exists():
            lines = len(logged(tmp_path))
            if lines > before:
                raise Killed
        write(state, path)

    monkeypatch.setattr(WatchState, "write", killing_write)
    sizes = {}
    try:
        while world.step < ROUNDS:
            watcher = world.watcher(some, rule=rule, folder=tmp_path, interval=60.0)
            end = min(ROUNDS, world.step + next(kills))
            while world.step < ROUNDS:
                # From `end` on it dies in the first round that raises an alarm.
                dying = world.step >= end and torn % 2 == 0
                before = len(logged(tmp_path)) if dying else 0
                try:
                    done = watcher.round()
                except Killed:
                    torn += 1
                    lost.add(world.step - 1)
                    world.now += 58.0
                    break
                told += [alarm.id for alarm in done.alarms]
                world.now += 58.0
                world.starts.clear()
                world.batches.clear()
                if world.step == WARM - 50:
                    tracemalloc.start()  # which makes everything some times slower
                if world.step in (WARM, ROUNDS):
                    del done
                    gc.collect()
                    sizes[world.step] = tracemalloc.get_traced_memory()[0]
                if world.step >= end and torn % 2 == 1:  # killed between rounds
                    torn += 1
                    break
            dying = False
            watcher._held.close()  # as the end of a process does
    finally:
        tracemalloc.stop()
    assert torn >= 6
    assert len(lost) >= 3

    found = {}
    for alarm in logged(tmp_path):
        found.setdefault(alarm["camera"], []).append(alarm)
    missed = 0
    for number, camera in enumerate(some):
        mine = found.pop(camera.name, [])
        assert [alarm["number"] for alarm in mine] == list(range(1, len(mine) + 1))
        for start in fires[number]:
            votes = [
                step
                for step in range(start, start + FIRE)
                if isinstance(script[number, step], float) and step not in lost
            ]
            begin = 1_700_000_000 + 60 * start
            within = [
                alarm
                for alarm in mine
                if begin <= alarm["time"] < begin + 60 * (FIRE + 60)
            ]
            if len(votes) < rule.votes:  # nobody can know of a fire that none saw
                missed += 1
                assert len(within) <= 1
                continue
            assert len(within) == 1, (camera.name, start)
            # No later than the third picture of the fire that was judged.
            assert within[0]["time"] <= 1_700_000_000 + 60 * votes[rule.votes - 1] + 3
            mine.remove(within[0])
        assert mine == []  # and no alarm without a fire
    assert found == {}
    assert missed < 10  # of more than 150: cameras that were gone all the while
    # Whoever printed the alarms has printed each once; a kill may keep one from that.
    assert len(set(told)) == len(told)
    assert sum(map(len, fires)) > 150

    # Ten bytes for each answer since: not one object of each can have been kept.
    assert sizes[ROUNDS] - sizes[WARM] < 10 * CAMERAS * (ROUNDS - WARM)
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["alarms.jsonl", "lock", "scores.jsonl", "state.json"]
    assert (tmp_path / "state.json").stat().st_size < 3000 * CAMERAS
    print(f"grown by {sizes[ROUNDS] - sizes[WARM]} bytes, {torn} kills")


@pytest.mark.parametrize("seed", range(3))
def test_stored_scores_replay_to_the_alarms_that_were_raised(tmp_path, seed):
    script, _ = planted(seed=seed)
    some = cameras(6)
    table = {camera.name: script[i] for i, camera in enumerate(some)}
    world = World(by_name(table))
    rule = Rule(threshold=0.5, votes=2, of=4, cooldown=300.0)
    raised = {camera.name: [] for camera in some}
    with_restarts = [120, 1, 179]
    for rounds in with_restarts:
        watcher = world.watcher(some, rule=rule, folder=tmp_path)
        watcher.run(
            rounds=rounds,
            after_round=lambda done: [
                raised[alarm.camera].append(alarm.event()) for alarm in done.alarms
            ],
        )
        watcher.close()
    assert sum(map(len, raised.values())) >= 2
    for camera in some:
        times, scores = read_scores(tmp_path, camera.name)
        assert len(scores) == 300 - list(table[camera.name][:300]).count(SAME)
        assert replay(scores, rule, times=times) == raised[camera.name]


# --- one round ----------------------------------------------------------------


def test_all_pictures_of_a_round_are_seen_in_one_batch():
    some = cameras(5)
    answers = [0.1, Kind.TIMEOUT, 0.2, SAME, 0.9]
    world = World(lambda step, camera: answers[some.index(camera)])
    watcher = world.watcher(some)
    done = watcher.round()
    assert world.batches == [3]
    assert [row.score and round(row.score, 1) for row in done.rows] == [
        0.1,
        None,
        0.2,
        None,
        0.9,
    ]


def test_a_round_without_pictures_asks_the_detector_nothing():
    world = World(lambda step, camera: Kind.DNS)
    done = world.watcher(cameras(2)).round()
    assert world.batches == []
    assert {row.state for row in done.rows} == {State.UNKNOWN}


@pytest.mark.parametrize("kind", Kind)
def test_a_camera_that_was_not_judged_is_unknown_whatever_the_reason(kind):
    answers = [0.1, 0.1, 0.1, kind, 0.1]
    world = World(lambda step, camera: answers[step])
    watcher = world.watcher(cameras(1))
    states = [watcher.round().rows[0].state for _ in answers]
    assert states == ["unknown", "unknown", "no fire", "unknown", "no fire"]


def test_one_picture_has_one_vote_however_often_it_comes():
    answers = [0.1, 0.9, *[SAME] * 10, 0.9, 0.9]
    world = World(lambda step, camera: answers[step])
    watcher = world.watcher(cameras(1), rule=Rule(votes=3, of=5))
    done = [watcher.round() for _ in answers]
    assert [bool(each.alarms) for each in done] == [False] * 13 + [True]
    assert done[5].rows[0].unchanged
    assert done[5].rows[0].votes == 1


@pytest.mark.parametrize("bad", [np.nan, -0.5, 7.0])
def test_a_broken_score_is_no_answer_and_is_told(bad):
    world = World(lambda step, camera: 0.1)
    world.score = lambda pictures: np.array([bad, 0.2])
    watcher = world.watcher(cameras(2), rule=Rule(votes=1, of=1))
    done = watcher.round()
    assert [row.state for row in done.rows] == ["unknown", "no fire"]
    (note,) = done.notes
    assert note.startswith("hill 0: the detector gave ")


def test_health_counts_answers_failures_and_reasons():
    answers = [0.1, Kind.TIMEOUT, Kind.TOO_SOON, Kind.DNS, SAME, Kind.STATUS]
    world = World(lambda step, camera: answers[step])
    watcher = world.watcher(cameras(1))
    rows = [watcher.round().rows[0] for _ in answers]
    assert [row.failures for row in rows] == [0, 1, 1, 2, 0, 1]
    # Too soon is no question, so it is neither answered nor failed.
    assert [row.share for row in rows] == [1, 1 / 2, 1 / 2, 1 / 3, 2 / 4, 2 / 5]
    health = watcher.health(watcher.cameras[0])
    assert (health.kind, health.reason) == ("http status", "is scripted so")
    assert health.last_answer == rows[4].last_answer


def test_a_round_as_json_holds_no_credentials_and_no_picture():
    camera = Camera("hill", "http://me:secret@cam.example/now.jpg?token=abc123")
    world = World(lambda step, camera: 0.9)
    done = world.watcher([camera], rule=Rule(votes=1, of=1)).round()
    text = json.dumps(done.as_dict())
    assert "secret" not in text
    assert "abc123" not in text
    assert json.loads(text)["alarms"][0]["camera"] == "hill"


@pytest.mark.parametrize(
    ("options", "words"),
    [({"some": []}, "list is empty"), ({"interval": -1}, "interval")],
)
def test_a_watch_that_cannot_be_is_refused(options, words):
    some = options.pop("some", cameras(1))
    with pytest.raises(WatchError, match=words):
        World(None).watcher(some, **options)


def test_answers_and_scores_must_fit_the_cameras():
    world = World(lambda step, camera: 0.1)
    watcher = world.watcher(cameras(2))
    watcher._fetch = lambda some, memories: []
    with pytest.raises(WatchError, match="0 answers came for 2 cameras"):
        watcher.round()
    world.score = lambda pictures: [0.5]
    with pytest.raises(WatchError, match="1 scores for 2 pictures"):
        world.watcher(cameras(2)).round()


# --- files --------------------------------------------------------------------


def test_two_watchers_do_not_share_a_folder(tmp_path):
    world = World(lambda step, camera: 0.1)
    first = world.watcher(cameras(1), folder=tmp_path)
    with pytest.raises(WatchError, match="Another watcher works in"):
        world.watcher(cameras(1), folder=tmp_path)
    first.close()
    world.watcher(cameras(1), folder=tmp_path).close()


@pytest.mark.parametrize("after", range(1, 6))
def test_a_restart_anywhere_loses_no_vote(tmp_path, after):
    answers = [0.1, 0.9, 0.9, 0.9, 0.9, 0.9]
    world = World(lambda step, camera: answers[step])
    for rounds in (after, len(answers) - after):
        watcher = world.watcher(cameras(1), folder=tmp_path)
        watcher.run(rounds=rounds)
        watcher.close()
    (alarm,) = logged(tmp_path)
    assert alarm["number"] == 1
    assert len(alarm["scores"]) == 4


def test_a_kill_in_the_first_round_of_all_repeats_no_alarm(tmp_path, monkeypatch):
    world = World(lambda step, camera: 0.9)
    watcher = world.watcher(cameras(1), folder=tmp_path, rule=Rule(votes=1, of=1))
    with monkeypatch.context() as patch:
        patch.setattr(WatchState, "write", lambda *_: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            watcher.round()
    watcher._held.close()
    told = []
    watcher = world.watcher(
        cameras(1),
        folder=tmp_path,
        rule=Rule(votes=1, of=1, cooldown=0),
        deliveries=[Delivery("webhook", told.append)],
    )
    watcher.run(rounds=3)
    watcher.close()
    assert [alarm["number"] for alarm in logged(tmp_path)] == [1]
    # It had been written and not told: that was made good.
    assert [alarm["id"] for alarm in told] == [logged(tmp_path)[0]["id"]]


def test_a_damaged_state_is_set_aside_and_numbers_go_on(tmp_path):
    world = World(lambda step, camera: 0.9 if step < 3 or step > 8 else 0.1)
    rule = Rule(votes=2, of=2, cooldown=0)
    watcher = world.watcher(cameras(1), folder=tmp_path, rule=rule)
    watcher.run(rounds=6)
    watcher.close()
    (tmp_path / "state.json").write_bytes(b'{"format": 1, "cam')
    watcher = world.watcher(cameras(1), folder=tmp_path, rule=rule)
    (note,) = watcher.notes()
    assert "state.json could not be used (damaged)" in note
    assert (tmp_path / "state.broken.json").read_bytes() == b'{"format": 1, "cam'
    watcher.run(rounds=6)
    watcher.close()
    assert [alarm["number"] for alarm in logged(tmp_path)] == [1, 2]


def test_a_camera_that_comes_back_to_the_list_begins_without_a_fire(tmp_path):
    some, rule = cameras(2), Rule(votes=1, of=1, cooldown=0)
    world = World(lambda step, camera: 0.9 if step != 1 else 0.1)
    for listed in (some, some[:1], some):
        watcher = world.watcher(listed, folder=tmp_path, rule=rule)
        watcher.run(rounds=1)
        watcher.close()
    numbers = [(a["camera"], a["number"]) for a in logged(tmp_path)]
    assert numbers == [("hill 0", 1), ("hill 1", 1), ("hill 0", 2), ("hill 1", 2)]


def test_a_disk_that_takes_nothing_stops_no_alarm_and_loses_none(tmp_path):
    world = World(lambda step, camera: 0.9)
    told = []
    watcher = world.watcher(
        cameras(1),
        folder=tmp_path,
        rule=Rule(votes=1, of=1),
        deliveries=[Delivery("webhook", told.append)],
    )
    (tmp_path / "alarms.jsonl").mkdir()  # no file of that name can be written
    done = [watcher.round() for _ in range(3)]
    assert [len(each.alarms) for each in done] == [1, 0, 0]
    assert [len(each.notes) for each in done] == [1, 0, 0]
    assert "the watch goes on" in done[0].notes[0]
    watcher.close()
    assert len(told) == 1
    (tmp_path / "alarms.jsonl").rmdir()  # room again, after a restart
    watcher = world.watcher(cameras(1), folder=tmp_path, rule=Rule(votes=1, of=1))
    watcher.round()
    watcher.close()
    assert [alarm["id"] for alarm in logged(tmp_path)] == [told[0]["id"]]


def test_what_was_not_told_is_told_after_the_restart(tmp_path):
    world = World(lambda step, camera: 0.9)
    told = []

    def unreachable(record):
        raise OSError("no route")

    never = Delivery("webhook", unreachable)
    never._tell = lambda record: (never._closing.wait(10), False)[1]
    options = {"folder": tmp_path, "rule": Rule(votes=1, of=1)}
    watcher = world.watcher(cameras(1), deliveries=[never], **options)
    watcher.round()
    watcher.close(timeout=0.05)
    assert told == []
    watcher = world.watcher(
        cameras(1), deliveries=[Delivery("webhook", told.append)], **options
    )
    watcher.round()
    watcher.close()
    assert [record["number"] for record in told] == [1]
    assert WatchState.read(tmp_path / "state.json")[0].undelivered["webhook"] == []


def test_only_pictures_that_vote_for_fire_are_kept(tmp_path):
    answers = [0.1, 0.9, Kind.DARK, SAME, 0.8, 0.9]
    world = World(lambda step, camera: answers[step])
    frames = Frames(tmp_path / "frames", count=2)
    watcher = world.watcher(cameras(1), frames=frames)
    done = watcher.run(
        rounds=6,
        after_round=lambda each: alarms.extend(each.alarms) if each.alarms else None,
    ) and list(alarms)
    assert len(frames.paths()) == 2
    assert done[0].frame == str(frames.paths()[-1])


alarms = []


# --- time and ends ------------------------------------------------------------


def test_rounds_begin_at_the_interval_and_never_pile_up():
    world = World(lambda step, camera: 0.1, took=10.0)
    world.watcher(cameras(1), interval=60.0).run(rounds=4)
    assert np.diff(world.starts).tolist() == [60.0] * 3
    slow = World(lambda step, camera: 0.1, took=100.0)
    slow.watcher(cameras(1), interval=60.0).run(rounds=4)
    assert np.diff(slow.starts).tolist() == [100.0] * 3


def test_a_clock_that_is_set_back_or_on_delays_one_round_at_most():
    world = World(lambda step, camera: 0.1)
    watcher = world.watcher(cameras(1), interval=60.0)
    waits = []
    world.wait = lambda seconds: (waits.append(seconds), world.__dict__)
    watcher._wait = world.wait

    def shift(done):
        world.now += {2: -86_400.0, 4: 86_400.0}.get(done.number, 0.0)

    watcher.run(rounds=6, after_round=shift)
    assert max(waits) <= 60.0
    assert len(waits) >= 4


def test_a_round_waits_a_little_for_cameras_that_are_nearly_due():
    some = [
        dataclasses.replace(camera, minimum_interval=wait)
        for camera, wait in zip(cameras(2), (60.0, 300.0), strict=True)
    ]
    world = World(lambda step, camera: 0.1, took=5.0)
    asked = {}

    def fetch(listed, memories):
        answers = world.fetch(listed, memories)
        asked.update(
            {camera.name: world.now for camera in listed if not due(camera, None)}
        )
        return answers

    def due(camera, memory):
        last = asked.get(camera.name)
        return (
            0.0 if last is None else max(0, last + camera.minimum_interval - world.now)
        )

    watcher = Watcher(
        some,
        fetch=fetch,
        score=world.score,
        interval=60.0,
        due=due,
        clock=world.clock,
        wait=world.wait,
    )
    watcher.run(rounds=6)
    # For the first camera, and not for the one of five minutes.
    assert np.diff(world.starts).tolist() == [65.0] * 5


def test_a_round_that_is_broken_off_leaves_no_trace(tmp_path):
    world = World(lambda step, camera: 0.9)
    watcher = world.watcher(cameras(2), folder=tmp_path, rule=Rule(votes=1, of=1))
    good, world.score = (
        world.score,
        lambda pictures: (_ for _ in ()).throw(KeyboardInterrupt),
    )
    watcher._score = world.score
    with pytest.raises(KeyboardInterrupt):
        watcher.run()
    watcher.close()
    state, problem = WatchState.read(tmp_path / "state.json")
    assert problem is None
    assert state.rounds == 0
    for each in state.cameras.values():
        # Its picture was seen and not judged: it must not count as seen.
        assert each.memory.digest is None
        assert each.standing.scores == ()
    world.score = good
    again = world.watcher(cameras(2), folder=tmp_path, rule=Rule(votes=1, of=1))
    assert len(again.round().alarms) == 2
    again.close()


def test_only_asking_and_judging_may_be_broken_off(tmp_path):
    seen = {}
    world = World(lambda step, camera: 0.9)
    fetch, score = world.fetch, world.score

    def note(name, then=lambda *arguments: None):
        def act(*arguments):
            seen[name] = watcher.breakable
            return then(*arguments)

        return act

    world.fetch, world.score = note("fetch", fetch), note("score", score)
    delivery = Delivery("webhook", lambda record: None)
    delivery.send = note("send", delivery.send)
    world.wait = note("wait")
    watcher = world.watcher(
        cameras(1), folder=tmp_path, rule=Rule(votes=1, of=1), deliveries=[delivery]
    )
    watcher.run(rounds=2, after_round=note("show"))
    watcher.close()
    assert seen == {
        "fetch": True,
        "score": True,
        "send": False,
        "show": False,
        "wait": False,
    }


def test_stop_ends_after_the_round():
    world = World(lambda step, camera: 0.1)
    watcher = world.watcher(cameras(1))
    made = watcher.run(after_round=lambda done: done.number == 3 and watcher.stop())
    assert made == 3
