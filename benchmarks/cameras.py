"""A hundred cameras of which ten fail: one after the other, and all together.

The loop is that of the course's first source, with the timeout that it lacks. Both ask
the same simulated network, which another process serves; its cameras take .3 to .6
seconds to answer, five of the failing ones take the question and never answer, and the
watcher asks for every robots.txt as well. The more cameras hang in relation to the
deadline, the less either depends on the others: with a deadline of ten seconds the
watcher cannot end before ten.
"""

import io
import json
import subprocess
import sys
import time

DEADLINE = 2.0
COUNT = 100
FAULTS = {
    **dict.fromkeys((7, 23, 42, 66, 90), "hang"),
    **{13: "404", 31: "500", 55: "html", 71: "close", 84: "refused"},
}

if sys.argv[1:] == ["serve"]:
    from fire_course.cameras.demo import Network

    network = Network(COUNT, seed=1, faults=FAULTS, latency=(0.3, 0.6), size=160)
    for number in range(COUNT):
        network.scenes.jpeg(number, step=0)
    with network:
        expected = [str(kind or "") for kind in network.expected.values()]
        print(json.dumps([[c.url for c in network.cameras], expected]), flush=True)
        sys.stdin.read()
    raise SystemExit

import requests  # noqa: E402
from PIL import Image  # noqa: E402

from fire_course.cameras import Camera, Fetcher, Settings, looking  # noqa: E402

server = subprocess.Popen(
    [sys.executable, __file__, "serve"],
    stdin=subprocess.PIPE,
    stdout=subprocess.PIPE,
    text=True,
)
try:
    urls, expected = json.loads(server.stdout.readline())

    start = time.perf_counter()
    pictures = 0
    for url in urls:
        try:
            answer = requests.get(url, timeout=DEADLINE)
            Image.open(io.BytesIO(answer.content)).convert("RGB").resize((128, 128))
            pictures += 1
        except (requests.RequestException, OSError):
            pass
    loop = time.perf_counter() - start

    looking.prepare()
    cameras = [Camera(str(number), url) for number, url in enumerate(urls)]
    fetcher = Fetcher(Settings(deadline=DEADLINE, allow_private=True))
    start = time.perf_counter()
    answers = fetcher.round(cameras, size=128)
    together = time.perf_counter() - start
finally:
    server.communicate("")

kinds = [str(getattr(answer, "kind", "")) for answer in answers]
wrong = sum(a != b for a, b in zip(kinds, expected, strict=True))
wrong += abs(pictures - expected.count(""))
for figure, value, unit, bar in (
    (
        "100 cameras: sequential loop / all together",
        loop / together,
        "x",
        ("at_least", 20),
    ),
    ("100 cameras, all together", together, "s", ("at_most", DEADLINE + 1)),
    ("100 cameras: answered otherwise than expected", wrong, "", ("at_most", 0)),
):
    print(json.dumps({"figure": figure, "value": value, "unit": unit, bar[0]: bar[1]}))
print(f"loop {loop:.1f} s, together {together:.2f} s", file=sys.stderr)
