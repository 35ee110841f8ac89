"""`unpack` on archives that want out, want everything, or are broken."""

import io
import os
import stat
import struct
import tarfile
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fire_course.data.unpack import UnpackError, unpack
from fire_course.files import FileError


def zipped(path, files, **info):
    """Write a zip; a value may be bytes, or (bytes, changes to its ZipInfo)."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name)
            entry.filename = name  # ZipInfo would mend it
            entry.compress_type = zipfile.ZIP_DEFLATED
            for key, value in info.items():
                setattr(entry, key, value)
            target.writestr(entry, data)
    return path


def tarred(path, entries, mode="w:gz"):
    """Write a tar of TarInfo or (name, bytes)."""
    with tarfile.open(path, mode) as target:
        for entry in entries:
            if isinstance(entry, tarfile.TarInfo):
                target.addfile(entry)
            else:
                info = tarfile.TarInfo(entry[0])
                info.size = len(entry[1])
                target.addfile(info, io.BytesIO(entry[1]))
    return path


def everything(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*"))


@pytest.fixture
def refused(tmp_path):
    """Expect that an archive is refused and that nothing is left of it."""

    def check(archive, words, **options):
        before = everything(tmp_path)
        with pytest.raises(UnpackError, match=words) as error:
            unpack(archive, tmp_path / "out", **options)
        assert "\n" not in str(error.value)
        assert everything(tmp_path) == before

    return check


GOOD = {"set/train/fire/a.jpg": b"flames" * 100, "set/test/é.jpg": b"", "top.txt": b"x"}


def test_a_plain_zip(tmp_path):
    seen = []
    out = unpack(
        zipped(tmp_path / "a.zip", GOOD),
        tmp_path / "out",
        progress=lambda *p: seen.append(p),
    )
    assert {p: (out / p).read_bytes() for p in GOOD} == GOOD
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert everything(tmp_path)[0] == "a.zip"
    assert ".out.unpacking" not in everything(tmp_path)


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_plain_tar(tmp_path, mode):
    folder = tarfile.TarInfo("./set")
    folder.type = tarfile.DIRTYPE
    entries = [folder, *GOOD.items(), ("./set/dot.txt", b"1")]
    out = unpack(tarred(tmp_path / "a.bin", entries, mode), tmp_path / "out")
    assert {p: (out / p).read_bytes() for p in GOOD} == GOOD
    assert (out / "set/dot.txt").read_bytes() == b"1"


def test_an_empty_folder_may_be_there_and_a_full_one_not(tmp_path):
    archive = zipped(tmp_path / "a.zip", GOOD)
    (tmp_path / "out").mkdir()
    unpack(archive, tmp_path / "out")
    with pytest.raises(UnpackError, match="is there already"):
        unpack(archive, tmp_path / "out")
    assert (tmp_path / "out/top.txt").read_bytes() == b"x"


def test_what_a_killed_run_left_is_cleared(tmp_path):
    work = tmp_path / ".out.unpacking"
    work.mkdir()
    (work / "old.txt").write_text("old", encoding="utf-8")
    out = unpack(zipped(tmp_path / "a.zip", GOOD), tmp_path / "out")
    assert not (out / "old.txt").exists()


# --- names that want out ------------------------------------------------------

NAMES = [
    ("../escaped", "leads out of its folder"),
    ("a/../../escaped", "leads out of its folder"),
    ("a/..", "leads out of its folder"),
    ("/tmp/escaped", "is an absolute name"),
    ("//server/share", "is an absolute name"),
    ("a\\b", "has a backslash"),
    ("..\\escaped", "has a backslash"),
    ("C:/windows", "has a colon"),
    ("C:escaped", "has a colon"),
    ("a/b.txt:stream", "has a colon"),
    ("a//b", "has an empty part"),
    ("./a/./b", "has an empty part"),
    ("a\nb", "has a control character"),
    ("a\x1b[2Jb", "has a control character"),
    ("a./b", "ends in a dot or a blank"),
    ("a ", "ends in a dot or a blank"),
    ("NUL", "is the name of a device"),
    ("a/con.jpg", "is the name of a device"),
    ("x/COM1.tar.gz", "is the name of a device"),
    ("a" * 256, "is too long"),
    ("é" * 130, "is too long"),
    ("a/" * 600 + "b", "is too long"),
]


@pytest.mark.parametrize(("name", "words"), NAMES, ids=[repr(n)[:20] for n, _ in NAMES])
def test_bad_names_in_a_zip(tmp_path, refused, name, words):
    refused(zipped(tmp_path / "a.zip", {"good.txt": b"1", name: b"2"}), words)


@pytest.mark.parametrize(("name", "words"), NAMES, ids=[repr(n)[:20] for n, _ in NAMES])
def test_bad_names_in_a_tar(tmp_path, refused, name, words):
    if name.startswith("./"):
        name = "x/" + name  # a tar may begin its names with the folder "."
    refused(tarred(tmp_path / "a.tar", [("good.txt", b"1"), (name, b"2")]), words)


def test_a_name_with_a_zero_byte(tmp_path, refused):
    data = zipped(tmp_path / "a.zip", {"good.jpgXexe": b"1"}).read_bytes()
    (tmp_path / "b.zip").write_bytes(data.replace(b"jpgXexe", b"jpg\0exe"))
    (tmp_path / "a.zip").unlink()
    refused(tmp_path / "b.zip", "is not one plain name")


def test_bytes_that_are_no_text_in_a_tar(tmp_path, refused):
    data = tarred(tmp_path / "a.tar", [("Xname", b"1")], "w").read_bytes()
    header = bytearray(data[:512])
    header[0] = 0xFF
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    (tmp_path / "a.tar").write_bytes(bytes(header) + data[512:])
    refused(tmp_path / "a.tar", "is no text")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Fire/a.jpg", "fire/a.jpg"),
        ("Fire/a.jpg", "fire/b.jpg"),  # two folders here, one elsewhere
        ("a.JPG", "a.jpg"),
        ("stra\u00dfe", "STRASSE"),
        ("\u00e9.jpg", "e\u0301.jpg"),
        ("a", "a/b"),
        ("a/b", "a"),
    ],
)
def test_names_that_are_one_elsewhere(tmp_path, refused, one, other):
    refused(
        zipped(tmp_path / "a.zip", {one: b"1", other: b"2"}), "are one name|in it twice"
    )


def test_one_name_twice(tmp_path, refused):
    with (
        pytest.warns(UserWarning, match="Duplicate name"),
        zipfile.ZipFile(tmp_path / "a.zip", "w") as target,
    ):
        target.writestr("a.jpg", b"1")
        target.writestr("a.jpg", b"2")
    refused(tmp_path / "a.zip", "'a.jpg' is in it twice")


@given(st.text(min_size=1, max_size=30))
@settings(max_examples=150, deadline=None)
def test_whatever_the_name_nothing_lands_outside(name):
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as place:
        home = Path(place) / "deep" / "deeper"
        home.mkdir(parents=True)
        try:
            zipped(home / "a.zip", {name: b"payload"})
        except (ValueError, UnicodeError):
            return  # zipfile itself cannot write such a name
        try:
            out = unpack(home / "a.zip", home / "out")
        except UnpackError:
            assert everything(home) == ["a.zip"]
        else:
            files = [p for p in out.rglob("*") if p.is_file()]
            assert [p.read_bytes() for p in files] in ([b"payload"], [])
        assert everything(Path(place) / "deep")[0] == "deeper"
        assert [p.name for p in Path(place).iterdir()] == ["deep"]
        assert [p.name for p in (Path(place) / "deep").iterdir()] == ["deeper"]


# --- what is no plain file ----------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (stat.S_IFLNK, "is a link"),
        (stat.S_IFIFO, "no plain file"),
        (stat.S_IFCHR, "no plain"),
    ],
)
def test_special_files_in_a_zip(tmp_path, refused, kind, words):
    archive = zipped(
        tmp_path / "a.zip",
        {"x": b"/etc/passwd"},
        external_attr=(kind | 0o777) << 16,
        create_system=3,
    )
    refused(archive, words)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (tarfile.SYMTYPE, "is a link"),
        (tarfile.LNKTYPE, "is a link"),
        (tarfile.CHRTYPE, "no plain file"),
        (tarfile.BLKTYPE, "no plain file"),
        (tarfile.FIFOTYPE, "no plain file"),
    ],
)
def test_special_files_in_a_tar(tmp_path, refused, kind, words):
    info = tarfile.TarInfo("x")
    info.type, info.linkname = kind, "../../etc/passwd"
    refused(tarred(tmp_path / "a.tar", [("good.txt", b"1"), info]), words)


def test_a_file_through_a_link_in_a_tar(tmp_path, refused):
    link = tarfile.TarInfo("door")
    link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path)
    refused(tarred(tmp_path / "a.tar", [link, ("door/escaped", b"1")]), "is a link")


def test_modes_and_owners_are_not_taken_over(tmp_path):
    info = tarfile.TarInfo("x")
    info.mode, info.uid, info.size = 0o4777, 12345, 0
    out = unpack(tarred(tmp_path / "a.tar", [info]), tmp_path / "out")
    assert not (out / "x").stat().st_mode & (stat.S_ISUID | stat.S_IXUSR)
    if hasattr(os, "getuid"):
        assert (out / "x").stat().st_uid == os.getuid()


# --- bombs --------------------------------------------------------------------


def test_a_thousand_to_one(tmp_path, refused):
    archive = zipped(tmp_path / "a.zip", {"zeros": bytes(20_000_000)})
    assert archive.stat().st_size < 25_000
    refused(archive, "more than 100 times its packed size")
    assert unpack(archive, tmp_path / "out", max_ratio=2000).is_dir()


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
def test_a_thousand_to_one_tar(tmp_path, refused, mode):
    archive = tarred(tmp_path / "a.tar", [("zeros", bytes(20_000_000))], mode)
    assert archive.stat().st_size < 25_000
    refused(archive, "max_ratio")


def test_a_bomb_in_an_archive_stays_packed(tmp_path):
    inner = zipped(tmp_path / "inner.zip", {"zeros": bytes(5_000_000)}).read_bytes()
    out = unpack(zipped(tmp_path / "a.zip", {"inner.zip": inner}), tmp_path / "out")
    assert (out / "inner.zip").read_bytes() == inner
    assert everything(out) == ["inner.zip"]


def test_the_cap_is_on_real_bytes_not_on_what_the_archive_says(tmp_path, refused):
    data = os.urandom(300_000)
    archive = zipped(tmp_path / "a.zip", {"a.bin": data})
    text = archive.read_bytes()
    assert text.count(struct.pack("<I", len(data))) == 2
    liar = text.replace(struct.pack("<I", len(data)), struct.pack("<I", 100))
    archive.write_bytes(liar)
    # Python's zipfile reads no more than the stated size: a short file with a
    # wrong checksum. Never more bytes than allowed, whichever comes first.
    refused(archive, "is damaged", max_bytes=1000)
    archive.write_bytes(text)
    refused(archive, "more than 200,000 bytes", max_bytes=200_000)


def test_many_small_files_add_up(tmp_path, refused):
    files = {f"{i}.bin": os.urandom(1000) for i in range(20)}
    refused(
        zipped(tmp_path / "a.zip", files), "more than 19,999 bytes", max_bytes=19_999
    )
    refused(tarred(tmp_path / "b.tar", files.items()), "19,999 bytes", max_bytes=19_999)
    unpack(tmp_path / "a.zip", tmp_path / "out", max_bytes=20_000)


def test_too_many_files(tmp_path, refused):
    files = {f"{i}": b"" for i in range(11)}
    refused(zipped(tmp_path / "a.zip", files), "more than 10 files", max_files=10)
    refused(
        tarred(tmp_path / "b.tar", files.items()), "more than 10 files", max_files=10
    )


def test_folders_count_as_files(tmp_path, refused):
    refused(
        zipped(tmp_path / "a.zip", {"a/b/c/d/e/f": b""}), "more than 5", max_files=5
    )


def test_overlapping_entries(tmp_path, refused):
    # Entries that share their packed bytes make a bomb that no single ratio shows.
    data = zipped(tmp_path / "a.zip", {"a": bytes(90_000), "b": b""}).read_bytes()
    end = data.rindex(b"PK\x05\x06")
    start = struct.unpack("<I", data[end + 16 : end + 20])[0]
    first = data[start : start + 46 + 1]
    entries = b"".join(first[:-1] + bytes([97 + i]) for i in range(25))
    tail = struct.pack(
        "<4sHHHHIIH", b"PK\x05\x06", 0, 0, 25, 25, len(entries), start, 0
    )
    (tmp_path / "a.zip").write_bytes(data[:start] + entries + tail)
    refused(tmp_path / "a.zip", "is damaged|more than", max_bytes=1_000_000)


def test_a_header_that_claims_gigabytes(tmp_path, refused):
    info = tarfile.TarInfo("pax")
    info.type, info.size = tarfile.XHDTYPE, 2**32
    stream = io.BytesIO(info.tobuf(tarfile.USTAR_FORMAT) + bytes(10_000))
    (tmp_path / "a.tar").write_bytes(stream.getvalue())
    refused(tmp_path / "a.tar", "is refused|is damaged")


def test_a_sparse_file(tmp_path, refused):
    info = tarfile.TarInfo("sparse")
    info.pax_headers = {"GNU.sparse.map": "0,0", "GNU.sparse.size": str(2**40)}
    with tarfile.open(tmp_path / "a.tar", "w", format=tarfile.PAX_FORMAT) as target:
        target.addfile(info)
    refused(tmp_path / "a.tar", "no plain file")


# --- broken archives ----------------------------------------------------------


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_zip(tmp_path, refused, part):
    data = zipped(tmp_path / "a.zip", {"a": os.urandom(50_000)}).read_bytes()
    (tmp_path / "a.zip").write_bytes(data[: int(len(data) * part)])
    refused(
        tmp_path / "a.zip", "is damaged: it ends too early; remove it and fetch it anew"
    )


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
@pytest.mark.parametrize("part", [0.3, 0.8])
def test_a_truncated_tar(tmp_path, refused, mode, part):
    data = tarred(tmp_path / "a.tar", [("a", os.urandom(60_000))], mode).read_bytes()
    (tmp_path / "a.tar").write_bytes(data[: int(len(data) * part)])
    refused(tmp_path / "a.tar", "is damaged")


def test_a_flipped_bit(tmp_path, refused):
    archive = zipped(tmp_path / "a.zip", {"a.bin": os.urandom(5000)})
    data = bytearray(archive.read_bytes())
    data[2000] ^= 1
    archive.write_bytes(bytes(data))
    refused(archive, "is damaged")


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_damage_is_refused_or_harmless(data):
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        make = data.draw(st.sampled_from(["zip", "tar", "tgz"]))
        if make == "zip":
            archive = zipped(home / "a", GOOD)
        else:
            archive = tarred(home / "a", GOOD.items(), "w" if make == "tar" else "w:gz")
        content = bytearray(archive.read_bytes())
        for _ in range(data.draw(st.integers(1, 4))):
            at = data.draw(st.integers(0, len(content) - 1))
            content[at] = data.draw(st.integers(0, 255))
        archive.write_bytes(bytes(content))
        try:
            unpack(archive, home / "out", max_bytes=10_000_000)
        except UnpackError:
            assert everything(home) == ["a"]


def test_a_password(tmp_path, refused):
    data = zipped(tmp_path / "a.zip", {"a": b"secret"}).read_bytes()
    start = data.index(b"PK\x01\x02")
    flagged = bytearray(data)
    flagged[6] |= 1
    flagged[start + 8] |= 1
    (tmp_path / "a.zip").write_bytes(bytes(flagged))
    refused(tmp_path / "a.zip", "asks for a password")


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>404</html>", b"\x1f\x8b\x08", b"PK", zlib.compress(b"x" * 999)],
)
def test_no_archive_at_all(tmp_path, refused, content):
    (tmp_path / "a.zip").write_bytes(content)
    refused(tmp_path / "a.zip", "neither a zip nor a tar|is damaged")


def test_a_missing_archive_and_a_folder_that_cannot_be(tmp_path):
    with pytest.raises(FileError):
        unpack(tmp_path / "none.zip", tmp_path / "out")
    (tmp_path / "file").write_bytes(b"")
    archive = zipped(tmp_path / "a.zip", GOOD)
    with pytest.raises(FileError):
        unpack(archive, tmp_path / "file" / "out")
