"""The simulated cameras: one port each on this machine, served while it is open."""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
import struct
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from fire_course.cameras.demo.certificate import CERTIFICATE, key
from fire_course.cameras.demo.faults import FAULTS, Fault
from fire_course.cameras.demo.scenes import Scenes
from fire_course.cameras.failures import Kind
from fire_course.cameras.listing import Camera
from fire_course.cameras.snapshot import Fetcher, Settings

__all__ = ["Call", "Network"]

# A request that is longer comes from no camera watcher.
_LONGEST = 65_536


class Network:
    """Simulated cameras with faults, on ports of this machine.

    Parameters
    ----------
    count : int, optional
        How many cameras; as many as there are in `faults` by default, else 12.
    seed : int
        Same seed, same scenes, same latencies.
    faults : mapping of int to str, or sequence of str, optional
        What cameras do wrong, by number: names of `FAULTS`. It may be changed while
        the network is open (`faults`).
    fires : mapping of int to (int, int or None), optional
        Which cameras see a fire, from which step on and before which one.
    latency : float or (float, float)
        Seconds before an answer, or the least and the most of them.
    size : int
        Side of the pictures in pixels.

    Attributes
    ----------
    cameras : list of Camera
        Named by their fault, or "hill", and their number.
    step : int
        The time of the scenes; raise it between rounds.
    faults : dict of int to str
    settings : Settings
        For a fetcher that shall ask these cameras: they are on a loopback address,
        and nobody wants to wait for long.
    asked : list of int
        How often each camera's picture was asked for.

    Examples
    --------
    >>> with Network(faults=["ok", "404"]) as network:
    ...     answers = network.fetcher().round(network.cameras)
    >>> answers[0].picture.shape, str(answers[1].kind)
    ((160, 160, 3), 'http status')
    """

    def __init__(
        self,
        count: int | None = None,
        *,
        seed: int = 0,
        faults: Mapping[int, str] | Sequence[str] | None = None,
        fires: Mapping[int, tuple[int, int | None]] | None = None,
        latency: float | tuple[float, float] = 0.0,
        size: int = 160,
    ) -> None:
        named = (
            dict(faults)
            if isinstance(faults, Mapping)
            else dict(enumerate(faults or ()))
        )
        if count is None:
            count = max(named, default=11) + 1
        unknown = sorted(set(named.values()) - set(FAULTS))
        if unknown:
            raise ValueError(
                f"There is no fault {unknown[0]!r}; there are {', '.join(FAULTS)}."
            )
        beyond = sorted(n for n in {*named, *(fires or ())} if not 0 <= n < count)
        if beyond:
            raise ValueError(f"There is no camera {beyond[0]}: count is {count}.")
        self.count, self.seed, self.step = count, seed, 0
        self.faults = named
        self.fires = dict(fires or {})
        self.latency = (
            latency if isinstance(latency, tuple) else (float(latency), float(latency))
        )
        self.scenes = Scenes(seed=seed, size=size)
        self.asked = [0] * count
        self.cameras: list[Camera] = []
        self.settings = Settings(
            deadline=3.0,
            max_bytes=1_000_000,
            max_pixels=4_000_000,
            wait=0.05,
            frozen_after=3,
            allow_private=True,
        )
        self.closing = threading.Event()
        self._guard = threading.Lock()
        self._open: dict[threading.Thread, socket.socket] = {}
        self._stack = contextlib.ExitStack()
        self._ports: list[int] = []
        self.tls: ssl.SSLContext | None = None
        self.authorities = ""

    # --- life -------------------------------------------------------------

    def __enter__(self) -> Network:
        """Open the ports."""
        self.scenes.prepare(self.count)
        stack = self._stack = contextlib.ExitStack()
        self.closing.clear()
        try:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            (folder / "certificate.pem").write_text(CERTIFICATE)
            (folder / "key.pem").write_text(key())
            self.authorities = str(folder / "certificate.pem")
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(self.authorities, folder / "key.pem")
            ports = stack.enter_context(selectors.DefaultSelector())
            self._ports, self.cameras = [], []
            for number in range(self.count):
                listener = stack.enter_context(socket.socket())
                listener.bind(("127.0.0.1", 0))
                port = listener.getsockname()[1]
                self._ports.append(port)
                self.cameras.append(self._camera(number, port))
                if self.fault(number).refuses:
                    listener.close()
                    continue
                listener.listen(64)
                listener.setblocking(False)
                ports.register(listener, selectors.EVENT_READ, number)
        except BaseException:
            stack.close()
            raise
        self._accepting = threading.Thread(
            target=self._accept, args=(ports,), name="cameras", daemon=True
        )
        self._accepting.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the ports, and every connection that is still open."""
        self.closing.set()
        self._accepting.join(5)
        with self._guard:
            still = dict(self._open)
        for sock in still.values():
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in still:
            thread.join(5)
        self._stack.close()

    def _camera(self, number: int, port: int) -> Camera:
        name = self.faults.get(number, "ok")
        name = "hill" if name == "ok" else name
        fault = self.fault(number)
        return Camera(
            f"{name}-{number:02}",
            f"{fault.scheme}://{fault.host or '127.0.0.1'}:{port}/camera.jpg",
            place="simulated",
            operator="this machine",
            terms="rendered pictures, free to use",
            credit="fire-course demo",
            minimum_interval=0.0,
        )

    # --- what is true -----------------------------------------------------

    def fault(self, number: int) -> Fault:
        """Give what a camera does now."""
        return FAULTS[self.faults.get(number, "ok")]

    def burning(self, number: int) -> bool:
        """Tell whether a camera sees a fire at this step."""
        start, stop = self.fires.get(number, (0, 0))
        return start <= self.step and (stop is None or self.step < stop)

    @property
    def expected(self) -> dict[str, Kind | None]:
        """The kind of failure that each camera must end in; None for a picture.

        It holds at this step if every camera was asked once at each step from 0 on,
        with one memory: to find a frozen camera takes several looks.
        """
        found = {}
        for number, camera in enumerate(self.cameras):
            fault = self.fault(number)
            found[camera.name] = fault.kind if self.step + 1 >= fault.rounds else None
        return found

    def fetcher(self, **changes: Any) -> Fetcher:
        """Give a fetcher for these cameras; it looks no name up outside.

        Parameters
        ----------
        **changes
            Settings other than those of `settings`.
        """
        from dataclasses import replace

        return Fetcher(replace(self.settings, **changes), resolve=self.resolve)

    @staticmethod
    def resolve(host: str, port: int, *options: Any) -> list[Any]:
        """Look a name up as `socket.getaddrinfo` does, knowing this machine only."""
        if host.rstrip(".").lower() == "localhost":
            kind = socket.SOCK_STREAM
            return [(socket.AF_INET, kind, 6, "", ("127.0.0.1", port))]
        raise socket.gaierror(socket.EAI_NONAME, "name is not known")

    # --- serving ----------------------------------------------------------

    def _accept(self, ports: selectors.BaseSelector) -> None:
        while not self.closing.is_set():
            for ready, _ in ports.select(0.05):
                with contextlib.suppress(OSError):
                    sock, _ = ready.fileobj.accept()  # type: ignore[union-attr]
                    thread = threading.Thread(
                        target=self._serve, args=(sock, ready.data), daemon=True
                    )
                    with self._guard:
                        self._open[thread] = sock
                    thread.start()

    def _serve(self, sock: socket.socket, number: int) -> None:
        fault = self.fault(number)
        try:
            sock.settimeout(30)
            if fault.tls and self.tls is not None:
                sock = self.tls.wrap_socket(sock, server_side=True)
                with self._guard:
                    self._open[threading.current_thread()] = sock
            while not self.closing.is_set():
                call = Call.read(self, number, sock)
                if call is None:
                    break
                if call.path == "/robots.txt" and not fault.everywhere:
                    self.closing.wait(call.latency)
                    fault.robots(call)
                else:
                    if call.path != "/robots.txt":
                        with self._guard:
                            self.asked[number] += 1
                            call.count = self.asked[number]
                        self.closing.wait(call.latency)
                    fault.answer(call)
                if call.last:
                    break
        except (OSError, ValueError):
            pass  # the one who asked went away, which is what most faults lead to
        finally:
            with self._guard:
                self._open.pop(threading.current_thread(), None)
            sock.close()


class Call:
    """One request to a simulated camera, and the means to answer it.

    Attributes
    ----------
    network : Network
    number : int
        Of the camera.
    sock : socket
    path : str
    headers : dict
        With names in lower case.
    count : int
        How often the camera's picture has been asked for, this time included.
    latency : float
        Seconds before the answer.
    last : bool
        Whether the connection ends after this answer.
    """

    def __init__(
        self,
        network: Network,
        number: int,
        sock: socket.socket,
        path: str,
        headers: dict[str, str],
    ) -> None:
        self.network, self.number, self.sock = network, number, sock
        self.path, self.headers = path, headers
        self.count, self.last = 0, False
        low, high = network.latency
        rng = np.random.default_rng([network.seed, number, network.step, 7])
        self.latency = float(rng.uniform(low, high))

    @classmethod
    def read(cls, network: Network, number: int, sock: socket.socket) -> Call | None:
        """Read a request; None if there is none."""
        data = b""
        while b"\r\n\r\n" not in data:
            more = sock.recv(4096)
            if not more or len(data) > _LONGEST:
                return None
            data += more
            if data.startswith(b"\x16\x03"):  # a greeting in TLS
                sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                return None
        first, *lines = data.decode("latin-1").split("\r\n\r\n")[0].split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        path = (first.split(" ") + ["/"])[1]
        return cls(network, number, sock, path, headers)

    def jpeg(self, *, step: int | None = None) -> bytes:
        """Give what the camera sees, as a JPEG file."""
        network = self.network
        return network.scenes.jpeg(
            self.number,
            step=network.step if step is None else step,
            burning=network.burning(self.number),
        )

    def view(self) -> Any:
        """Give what the camera sees, as an array."""
        network = self.network
        return network.scenes.view(
            self.number, step=network.step, burning=network.burning(self.number)
        )

    def send(
        self,
        body: bytes = b"",
        *,
        status: str = "200 OK",
        kind: str = "image/jpeg",
        length: int | None = -1,
        headers: Sequence[str] = (),
    ) -> None:
        """Answer; a `length` of None leaves the header out, -1 tells the truth."""
        lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", *headers]
        if length is not None:
            lines.append(f"Content-Length: {len(body) if length < 0 else length}")
        if length is None or length >= 0:
            self.last = True
            lines.append("Connection: close")
        self.sock.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    def begin(self, *headers: str, status: str = "200 OK") -> None:
        """Send a header, and leave the body to the caller."""
        lines = [f"HTTP/1.1 {status}", *headers, "", ""]
        self.sock.sendall("\r\n".join(lines).encode("latin-1"))
        self.last = True

    def wait(self, seconds: float | None = None) -> bool:
        """Wait, or until the network closes; tell whether it is closing."""
        return self.network.closing.wait(60 if seconds is None else seconds)

    def reset(self) -> None:
        """End the connection with a reset instead of a farewell."""
        self.sock.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
        self.last = True
