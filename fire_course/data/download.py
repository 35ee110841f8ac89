"""Fetch a data set from where its owners publish it, without trusting the line.

A download goes on where it stopped, after a cut as after Ctrl-C; it has an end in
time and in bytes, whatever the server says; and where the SHA-256 is known, nothing
else is accepted. `get` then unpacks the archive with care (see `unpack`) and puts
its images into the course's layout. The terms of a set are its owners'; the data
card in ``datasets/`` repeats them as stated.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import fire_course
from fire_course.data import arrange, registry
from fire_course.data.unpack import UnpackError, unpack
from fire_course.files import file_error, sha256_file, write_json
from fire_course.web import answers

if TYPE_CHECKING:
    import requests

__all__ = ["DownloadError", "UnpackError", "fetch", "get", "unpack"]

Progress = Callable[[int, int], None]

_CHUNK = 1 << 16
# A server may ask for patience; longer than this is taken as a refusal.
_MOST_PATIENCE = 60.0


class DownloadError(RuntimeError):
    """A file could not be fetched; the message says why and what to do."""


class _Again(Exception):
    """An attempt failed; another may not."""

    def __init__(self, why: str, wait: float | None = None) -> None:
        super().__init__(why)
        self.wait = wait


def fetch(
    url: str,
    target: str | os.PathLike[str],
    *,
    sha256: str | None = None,
    max_bytes: int,
    timeout: tuple[float, float] = (10.0, 30.0),
    deadline: float = 3600.0,
    tries: int = 5,
    wait: float = 1.0,
    progress: Progress | None = None,
) -> Path:
    """Download a file, resuming an earlier attempt.

    Parameters
    ----------
    url : str
        Of http or https.
    target : path
        Appears whole or not at all. Until then the bytes are in ``target.part``
        and what is known of them in ``target.part.json``.
    sha256 : str, optional
        64 hexadecimal digits. A file of another hash is removed.
    max_bytes : int
        Most bytes to accept, counted as they arrive.
    timeout : (float, float)
        Seconds to wait for a connection, and for the next bytes.
    deadline : float
        Seconds that the whole may take, with all attempts.
    tries : int
        Attempts in a row that may bring nothing new.
    wait : float
        Seconds before the second attempt; each further one waits twice as long.
    progress : callable, optional
        Called as ``progress(done, total)`` with bytes; `total` is 0 while the
        server has not said it.

    Returns
    -------
    Path
        `target`. It is not fetched again if it is there, with the right hash
        where one is given.

    Raises
    ------
    DownloadError
        If the server refuses, fails again and again, sends too much, or the hash
        is wrong.
    FileError
        If the file cannot be written.
    """
    target = Path(target)
    if urlsplit(url).scheme not in ("http", "https"):
        raise DownloadError(f"{url} is no http or https address")
    if target.is_file() and (sha256 is None or sha256_file(target) == sha256.lower()):
        return target
    end = time.monotonic() + deadline
    try:
        part = _Part(target, url)
        target.parent.mkdir(parents=True, exist_ok=True)
        resumed = _fill(part, max_bytes, timeout, end, tries, wait, progress)
        if sha256 is not None and part.sha256() != sha256.lower():
            part.discard()
            if not resumed:
                raise _wrong_hash(url)
            # Two versions of the file may have met in the middle: once more, whole.
            _fill(part, max_bytes, timeout, end, tries, wait, progress)
            if part.sha256() != sha256.lower():
                part.discard()
                raise _wrong_hash(url)
        part.finish()
    except OSError as error:
        raise file_error(error, target) from error
    return target


def _wrong_hash(url: str) -> DownloadError:
    return DownloadError(
        f"{url} is not the file it should be (its SHA-256 differs), so it was removed: "
        "the owners may have published a new version, or someone altered it on the way"
    )


class _TooMuch(Exception):
    """More bytes came than may."""


class _Part:
    """The bytes so far, and which version of the file they are of."""

    def __init__(self, target: Path, url: str) -> None:
        self.target, self.url = target, url
        self.path = target.with_name(target.name + ".part")
        self.note = target.with_name(target.name + ".part.json")
        self.version: str | None = None
        try:
            known = json.loads(self.note.read_text("utf-8"))
            if known["url"] == url:
                self.version = known["version"]
        except (OSError, ValueError, TypeError, KeyError):
            pass
        if self.version is None:
            # Without a name for the version, a rest might be of another one.
            self.discard()

    @property
    def size(self) -> int:
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)
        self.version = None

    def begin(self, version: str | None) -> None:
        """Start over, with the version that now arrives."""
        self.discard()
        self.version = version
        if version is not None:
            write_json(self.note, {"url": self.url, "version": version})

    def sha256(self) -> str:
        return sha256_file(self.path)

    def finish(self) -> None:
        self.path.replace(self.target)
        self.note.unlink(missing_ok=True)


def _fill(
    part: _Part,
    max_bytes: int,
    timeout: tuple[float, float],
    end: float,
    tries: int,
    wait: float,
    progress: Progress | None,
) -> bool:
    """Fetch until the part is whole; return whether it was put together from pieces."""
    started_at, attempt, farthest = part.size, 0, part.size
    while True:
        try:
            _attempt(part, max_bytes, timeout, end, progress)
            return started_at > 0 or attempt > 0
        except _Again as error:
            if part.size > farthest:
                farthest, attempt = part.size, 0
            attempt += 1
            if attempt >= tries:
                raise DownloadError(
                    f"{part.url} could not be fetched: {error}, {tries} times in a row; "
                    "try again later, it goes on where it stopped"
                ) from None
            pause = wait * 2 ** (attempt - 1) if error.wait is None else error.wait
            if pause > _MOST_PATIENCE:
                raise DownloadError(
                    f"{part.url} could not be fetched: {error}, and the server asks to wait "
                    f"{pause:.0f} seconds; try again then"
                ) from None
            if time.monotonic() + pause > end:
                raise _too_slow(part.url) from None
            time.sleep(pause)


def _too_slow(url: str) -> DownloadError:
    return DownloadError(
        f"{url} took longer than it may: run it again, it goes on where it stopped"
    )


def _attempt(
    part: _Part,
    max_bytes: int,
    timeout: tuple[float, float],
    end: float,
    progress: Progress | None,
) -> None:
    have = part.size if part.version else 0
    # No compression on the way: offsets and sizes must be those of the file.
    headers = {
        "User-Agent": f"fire-course/{fire_course.__version__}",
        "Accept-Encoding": "identity",
    }
    if have:
        headers["Range"] = f"bytes={have}-"
        headers["If-Range"] = str(part.version)
    with _request(part.url, headers, timeout) as response:
        if response.status_code == 416 and have:
            if response.headers.get("Content-Range", "").strip() == f"bytes */{have}":
                return  # it was whole already, and only its name was missing
            part.discard()
            raise _Again("what is here is no beginning of the file", 0.0)
        _check_status(part, response, have)
        if response.status_code == 206:
            start, total = _range(response)
            if start != have:
                part.discard()
                raise _Again("the server answered with another part than asked for")
        else:
            have, total = 0, answers.length(response)
            part.begin(_version(response))
        if max(total, have) > max_bytes:
            part.discard()
            raise DownloadError(
                f"{part.url} has {total:,} bytes, more than the {max_bytes:,} that are expected"
            )
        try:
            with part.path.open("ab") as file:
                for chunk in _chunks(response, end, part.url):
                    have += len(chunk)
                    if have > max_bytes:
                        raise _TooMuch
                    file.write(chunk)
                    if progress is not None:
                        progress(have, max(total, have) if total else 0)
        except _TooMuch:
            part.discard()
            raise DownloadError(
                f"{part.url} sends more than the {max_bytes:,} bytes that are expected"
            ) from None
        except _Again as error:
            of = f" of {total:,}" if total else ""
            raise _Again(f"{error} after {have:,}{of} bytes") from None
    if total and have != total:
        raise _Again(f"the connection ended after {have:,} of {total:,} bytes")


@contextlib.contextmanager
def _request(
    url: str, headers: dict[str, str], timeout: tuple[float, float]
) -> Iterator[requests.Response]:
    import requests

    with requests.Session() as session:
        session.max_redirects = 8
        try:
            response = session.get(url, headers=headers, timeout=timeout, stream=True)
        except requests.TooManyRedirects:
            raise DownloadError(
                f"{url} leads in circles: the address has changed"
            ) from None
        except (requests.exceptions.InvalidSchema, requests.exceptions.InvalidURL):
            raise DownloadError(f"{url} leads to no http or https address") from None
        except requests.exceptions.SSLError:
            raise DownloadError(
                f"{url} has no valid certificate: check this machine's clock and its proxy"
            ) from None
        except requests.Timeout:
            raise _Again("the server did not answer in time") from None
        except requests.RequestException:
            raise _Again("the server could not be reached") from None
        with response:
            hops = [*response.history, response]
            if url.startswith("https:") and any(
                not r.url.startswith("https:") for r in hops
            ):
                raise DownloadError(f"{url} leads to an address without encryption")
            yield response


def _check_status(part: _Part, response: requests.Response, have: int) -> None:
    status = response.status_code
    if status in (200, 206):
        if status == 206 and not have:
            raise _Again("the server sent a part that was not asked for")
        return
    if status in (408, 425, 429) or status >= 500:
        raise _Again(
            f"the server answered {answers.status(response)}",
            answers.patience(response),
        )
    if status in (404, 410):
        raise DownloadError(
            f"{part.url} is not there any more ({status}): see the homepage of the set"
        )
    if status in (401, 403, 451):
        raise DownloadError(
            f"{part.url} may not be fetched ({answers.status(response)})"
        )
    raise DownloadError(
        f"{part.url} could not be fetched: the server answered {answers.status(response)}"
    )


def _range(response: requests.Response) -> tuple[int, int]:
    """First byte and whole size, as a partial answer states them; -1 if it does not."""
    said = re.match(
        r"bytes (\d{1,18})-\d{1,18}/(\d{1,18}|\*)$",
        response.headers.get("Content-Range", ""),
    )
    if not said:
        return -1, 0
    return int(said[1]), 0 if said[2] == "*" else int(said[2])


def _version(response: requests.Response) -> str | None:
    """What tells this version of the file from the next, if the server says it."""
    etag = response.headers.get("ETag", "")
    if etag.startswith('"'):  # a weak one (W/) does not promise the same bytes
        return str(etag)
    return response.headers.get("Last-Modified")


def _chunks(response: requests.Response, end: float, url: str) -> Iterator[bytes]:
    from urllib3.exceptions import HTTPError

    raw: Any = response.raw
    # read(n) waits until n bytes are there: a server that trickles one byte a
    # second would outlive every timeout. read1 gives what has arrived.
    read = getattr(raw, "read1", None) or (lambda size: raw.read(1024))
    while True:
        if time.monotonic() > end:
            raise _too_slow(url)
        try:
            chunk = read(_CHUNK)
        except (HTTPError, OSError, ValueError) as error:
            late = "imeout" in type(error).__name__ or "timed out" in str(error)
            raise _Again(
                "no more bytes came in time" if late else "the connection was cut"
            ) from None
        if not chunk:
            return
        yield chunk


# --- whole sets ------------------------------------------------------------


def get(
    name: str,
    *,
    home: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Path:
    """Fetch a set of photographs, unpack it and lay it out as split/class/image.

    Parameters
    ----------
    name : str
        A set of the registry that is no embedded one.
    home : path, optional
        Folder that holds the data sets; `registry.home` by default.
    progress : callable, optional
        Called as ``progress(done, total)``: with bytes while the archive comes,
        with files while it is unpacked.

    Returns
    -------
    Path
        The folder of the set. If it is there already, nothing is fetched.

    Raises
    ------
    KeyError
        If there is no such set.
    DownloadError, UnpackError
        If it cannot be fetched, or what came is not the set.

    Notes
    -----
    Interrupted by Ctrl-C or a cut, the next call goes on where it stopped. Run
    `audit` on the result before trusting it: ``fire-course data get`` does.
    """
    dataset = registry.get(name)
    base = registry.home() if home is None else Path(home)
    folder = base / name
    if folder.is_dir() and any(folder.iterdir()):
        return folder
    if dataset.embedded:
        raise DownloadError(
            f"{name} is drawn, not fetched: run `fire-course data make {name}`"
        )
    if dataset.url is None:
        raise DownloadError(
            f"no address of {name} is known that can be fetched: see {dataset.homepage}"
        )
    work = base / ".downloads"
    ending = "".join(Path(urlsplit(dataset.url).path).suffixes[-2:])
    archive = work / f"{name}{ending}"
    tree, laid_out = work / f"{name}.tree", work / f"{name}.set"
    fetch(
        dataset.url,
        archive,
        sha256=dataset.sha256,
        max_bytes=dataset.max_bytes,
        deadline=4 * 3600.0,
        progress=progress,
    )
    try:
        for old in (tree, laid_out):
            shutil.rmtree(old, ignore_errors=True)
        try:
            unpack(archive, tree, max_bytes=dataset.max_unpacked, progress=progress)
        except UnpackError:
            # Kept, it would be taken for whole and fail in the same way for ever.
            archive.unlink(missing_ok=True)
            raise
        try:
            arrange.arrange(dataset, tree, laid_out)
            write_json(
                laid_out / "source.json",
                {
                    "name": name,
                    "url": dataset.url,
                    "sha256": sha256_file(archive),
                    "terms": dataset.terms,
                    "citation": dataset.citation,
                },
            )
            if folder.is_dir():
                folder.rmdir()
            laid_out.rename(folder)
        except OSError as error:
            raise file_error(error, folder) from error
        archive.unlink(missing_ok=True)
    finally:
        for old in (tree, laid_out):
            shutil.rmtree(old, ignore_errors=True)
    with contextlib.suppress(OSError):
        work.rmdir()  # unless another set's download waits in it
    return folder
