"""Files are written whole or not at all, and say why they are not."""

import errno
import hashlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from fire_course import files
from fire_course.files import FileError, atomic_write


def names(folder):
    return sorted(item.name for item in folder.iterdir())


@contextmanager
def mounted(folder, *options):
    """Mount a small file system in memory."""
    if shutil.which("mount") is None or os.geteuid() != 0:
        pytest.skip("mounting a file system needs root")
    command = ["mount", "-t", "tmpfs", *options, "tmpfs", folder]
    if subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("this system lets nobody mount")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


@contextmanager
def as_nobody():
    """Give up root's right to write everywhere, for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


# --- a good end --------------------------------------------------------------


def test_the_file_appears_at_the_end(tmp_path):
    path = tmp_path / "photo.png"
    with atomic_write(path) as temporary:
        assert temporary.parent == tmp_path
        assert temporary.name.endswith(".png")
        temporary.write_bytes(b"new")
        assert not path.exists()
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["photo.png"]


def test_the_old_file_stands_until_the_end(tmp_path):
    path = tmp_path / "run.json"
    path.write_text("old")
    with atomic_write(str(path)) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"


def test_a_reader_of_the_old_file_is_not_disturbed(tmp_path):
    path = tmp_path / "run.json"
    path.write_text("old")
    with path.open() as reader:
        files.write_text(path, "new and longer")
        assert reader.read() == "old"


@pytest.mark.parametrize(
    "name",
    [
        "a",
        "x" * 240 + ".json",
        "model.weights.h5",
        ".hidden",
        "v1.2.keras",
        "größe 7.tar.gz",
    ],
)
def test_all_endings_are_kept(tmp_path, name):
    path = tmp_path / name
    with atomic_write(path) as temporary:
        assert temporary.name.startswith(".")
        assert temporary.suffixes[-len(path.suffixes) :] == path.suffixes or not (
            path.suffixes
        )
        temporary.write_bytes(b"x")
    assert names(tmp_path) == [name]


def test_a_name_in_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files.write_text("plain.txt", "text")
    assert (tmp_path / "plain.txt").read_text() == "text"


def test_two_writers_at_once(tmp_path):
    path = tmp_path / "a.txt"
    with atomic_write(path) as one, atomic_write(path) as two:
        assert one != two
        one.write_text("one")
        two.write_text("two")
    assert path.read_text() == "one"  # the outer block ends last
    assert names(tmp_path) == ["a.txt"]


def test_a_link_is_followed(tmp_path):
    (tmp_path / "disk").mkdir()
    real = tmp_path / "disk" / "run.json"
    real.write_text("old")
    link = tmp_path / "link.json"
    link.symlink_to(real)
    files.write_text(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_permissions(tmp_path):
    path = tmp_path / "a.txt"
    before = os.umask(0o027)
    try:
        files.write_text(path, "x")
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o640  # as open() would have made it
    path.chmod(0o604)
    files.write_text(path, "y")
    assert path.stat().st_mode & 0o777 == 0o604


def test_text_is_the_same_on_every_system(tmp_path):
    files.write_text(tmp_path / "a.txt", "grüße\nπ\n")
    assert (tmp_path / "a.txt").read_bytes() == "grüße\nπ\n".encode()


def test_json(tmp_path):
    value = {"f1": None, "confusion": [[1, 2], [3, 4]], "name": "größe"}
    files.write_json(tmp_path / "a.json", value)
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert json.loads(text) == value
    assert "größe" in text
    assert text.endswith("}\n")
    with pytest.raises(ValueError, match="JSON compliant"):
        files.write_json(tmp_path / "a.json", {"loss": float("nan")})
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == value


@pytest.mark.parametrize("size", [0, 1, 5_000_000])
def test_sha256(tmp_path, size):
    data = bytes(range(256)) * (size // 256 + 1)
    (tmp_path / "a").write_bytes(data[:size])
    assert files.sha256_file(tmp_path / "a") == hashlib.sha256(data[:size]).hexdigest()


# --- a bad end ---------------------------------------------------------------


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("old", [None, "old"])
def test_nothing_is_left_when_the_block_raises(tmp_path, error, old):
    path = tmp_path / "a.txt"
    if old:
        path.write_text(old)

    def write():
        with atomic_write(path) as temporary:
            temporary.write_text("half")
            raise error

    with pytest.raises(error):
        write()
    assert names(tmp_path) == (["a.txt"] if old else [])
    assert not old or path.read_text() == old


def test_errors_of_other_files_pass_unchanged(tmp_path):
    with (
        pytest.raises(FileNotFoundError, match="elsewhere") as caught,
        atomic_write(tmp_path / "a.txt"),
    ):
        (tmp_path / "elsewhere").read_text()
    assert not isinstance(caught.value, FileError)
    assert names(tmp_path) == []


def test_a_block_that_leaves_no_file(tmp_path):
    with (
        pytest.raises(FileError, match=r"a\.txt: nothing was written$"),
        atomic_write(tmp_path / "a.txt") as temporary,
    ):
        temporary.unlink()
    assert names(tmp_path) == []


def test_no_folder(tmp_path):
    path = tmp_path / "none" / "a.txt"
    with pytest.raises(FileError) as caught, atomic_write(path):
        pytest.fail("must not get here")
    assert str(caught.value) == (
        f"{path}: the folder {path.parent} does not exist, make it first"
    )
    assert caught.value.errno == errno.ENOENT
    assert caught.value.filename == str(path)


def test_a_folder_in_the_place_of_the_file(tmp_path):
    with pytest.raises(FileError, match="is a folder"), atomic_write(tmp_path):
        pytest.fail("must not get here")


def test_a_file_in_the_place_of_the_folder(tmp_path):
    (tmp_path / "a").write_text("x")
    with (
        pytest.raises(FileError, match="is a file, not a folder"),
        atomic_write(tmp_path / "a" / "b.txt"),
    ):
        pytest.fail("must not get here")


def test_a_name_that_is_too_long(tmp_path):
    with (
        pytest.raises(FileError, match="the name is too long"),
        atomic_write(tmp_path / ("x" * 300)),
    ):
        pytest.fail("must not get here")


def test_the_error_survives_the_way_between_processes(in_second_process):
    full = OSError(errno.ENOSPC, "No space left")
    error = files.file_error(full, "a.txt")
    again = in_second_process(files.file_error, full, "a.txt")
    assert (type(again), str(again), again.errno, again.filename) == (
        FileError,
        str(error),
        errno.ENOSPC,
        "a.txt",
    )


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (errno.EDQUOT, "your disk quota is used up"),
        (errno.EPERM, "you may not write in the folder runs"),
        (errno.EIO, r"cannot be written \(Input/output error\)"),
        (None, r"the disk is full"),
    ],
)
def test_other_errors_in_words(number, text):
    # HDF5 raises OSErrors that have no number.
    words = "unable to write (No space left on device)"
    error = OSError(words) if number is None else OSError(number, os.strerror(number))
    with pytest.raises(FileError, match=rf"^runs/a\.txt: {text}"):
        raise files.file_error(error, "runs/a.txt")


# --- read-only folders -------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_a_folder_one_may_not_write_in():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "a.txt").write_text("old")
        folder.chmod(0o555)
        path = folder / "a.txt"
        with as_nobody(), pytest.raises(FileError) as caught, atomic_write(path):
            pytest.fail("must not get here")
        assert str(caught.value) == (
            f"{path}: you may not write in the folder {folder}, write elsewhere"
        )
        assert path.read_text() == "old"
        assert names(folder) == ["a.txt"]
        folder.chmod(0o755)


def test_a_read_only_disk(tmp_path):
    with mounted(tmp_path, "-o", "ro"):
        path = tmp_path / "a.txt"
        with pytest.raises(FileError) as caught, atomic_write(path):
            pytest.fail("must not get here")
        assert str(caught.value) == (
            f"{path}: the folder {tmp_path} is read-only, write elsewhere"
        )


# --- a full disk -------------------------------------------------------------


def test_a_full_disk(tmp_path):
    with mounted(tmp_path, "-o", "size=1m"):
        path = tmp_path / "a.bin"
        files.write_text(path, "old")
        with pytest.raises(FileError) as caught, atomic_write(path) as temporary:
            temporary.write_bytes(bytes(2_000_000))
        assert str(caught.value) == (
            f"{path}: the disk is full, free some space or write elsewhere"
        )
        assert names(tmp_path) == ["a.bin"]
        assert path.read_text() == "old"
        # An error that names another file than the temporary one.
        with (
            pytest.raises(FileError, match="disk is full"),
            atomic_write(path) as temporary,
        ):
            shutil.copy("/dev/null", tmp_path / "other")
            (tmp_path / "other").write_bytes(bytes(2_000_000))


def test_a_disk_that_fills_up_under_hdf5(tmp_path):
    import h5py
    import numpy as np

    def write(temporary):
        with h5py.File(temporary, "w") as store:
            store["x"] = np.zeros(3_000_000)

    with mounted(tmp_path, "-o", "size=1m"):
        with (
            pytest.raises(FileError, match="the disk is full"),
            atomic_write(tmp_path / "a.weights.h5") as temporary,
        ):
            write(temporary)
        assert names(tmp_path) == []


LIMITED = """
import resource, signal, sys
from fire_course.files import FileError, atomic_write
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    with atomic_write(sys.argv[1]) as temporary:
        temporary.write_bytes(bytes(200_000))
except FileError as error:
    print(error)
"""


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="needs a limit")
def test_a_limit_on_file_sizes(tmp_path):
    # What stands in for a full disk where nobody may mount one.
    path = tmp_path / "a.bin"
    path.write_text("old")
    result = subprocess.run(
        [sys.executable, "-c", LIMITED, path], capture_output=True, text=True
    )
    assert result.stdout == (
        f"{path}: the file is larger than this system or account may write\n"
    )
    assert result.stderr == ""
    assert names(tmp_path) == ["a.bin"]
    assert path.read_text() == "old"


# --- a kill ------------------------------------------------------------------

WRITER = """
import sys
from fire_course.files import atomic_write
n = 0
while True:
    n += 1
    with atomic_write(sys.argv[1]) as temporary, temporary.open("wb") as stream:
        for _ in range(40):
            stream.write(bytes([n % 256]) * 50_000)
            stream.flush()
    print(n, flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("delay", [0.0, 0.003, 0.009, 0.02])
def test_a_kill_while_writing_leaves_a_whole_file(tmp_path, delay):
    path = tmp_path / "a.bin"
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE, text=True
    )
    written = int(writer.stdout.readline())
    time.sleep(delay)
    writer.send_signal(signal.SIGKILL)
    rest = writer.communicate()[0].split()
    written = int(rest[-1]) if rest else written
    data = path.read_bytes()
    assert len(data) == 2_000_000
    assert len(set(data)) == 1  # of one round, and
    assert data[0] in (written % 256, (written + 1) % 256)  # the last or the next
    # What the killed writer left is no file that anybody would take for whole ...
    left = [name for name in names(tmp_path) if name != "a.bin"]
    assert len(left) <= 1
    assert all(name.startswith(".a.") and name.endswith(".part.bin") for name in left)
    # ... and goes when it is an hour old, at the next writing of the same file.
    files.write_text(path, "next")
    assert [name for name in names(tmp_path) if name != "a.bin"] == left
    for name in left:
        os.utime(tmp_path / name, (0, time.time() - 3700))
    stranger = tmp_path / ".b.123.part.bin"
    stranger.write_text("of another file")
    os.utime(stranger, (0, 0))
    files.write_text(path, "next")
    assert names(tmp_path) == [stranger.name, "a.bin"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_kill_in_mid_write_before_there_was_a_file(tmp_path):
    code = (
        "import os, signal, sys\n"
        "from fire_course.files import atomic_write\n"
        "with atomic_write(sys.argv[1]) as temporary:\n"
        "    temporary.write_bytes(b'half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    path = tmp_path / "a.json"
    result = subprocess.run([sys.executable, "-c", code, path])
    assert result.returncode == -signal.SIGKILL
    assert not path.exists()
    files.write_text(path, "{}")
    assert path.read_text() == "{}"


def test_a_folder_is_held_by_one_at_a_time(tmp_path):
    folder = tmp_path / "new" / "folder"
    with files.hold_folder(folder, ValueError("mine")):
        with pytest.raises(ValueError, match="mine"):
            files.hold_folder(folder, ValueError("mine"))
        command = (
            "import sys; from fire_course import files\n"
            "files.hold_folder(sys.argv[1], SystemExit(7))"
        )
        other = [sys.executable, "-c", command, str(folder)]
        assert subprocess.run(other, timeout=60).returncode == 7
    with files.hold_folder(folder, ValueError("mine")):
        pass


def test_a_file_in_the_place_of_a_folder_to_hold(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(files.FileError, match="file"):
        files.hold_folder(tmp_path / "file", ValueError("mine"))
