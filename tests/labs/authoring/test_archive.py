"""Zips of strangers: each threat is refused with a sentence that names the member, and nothing is written."""

from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from labs.authoring import archive
from labs.authoring.archive import ArchiveRefused, Limits

LAB = Path(__file__).parents[3] / "labs" / "catalog" / "private-bucket-one-reader"
TEXT = b"# A lab\n"


def zipped(*members: tuple[str, bytes], change: Callable[[zipfile.ZipInfo], object] = lambda info: None) -> bytes:
    """Return a zip of members, in their order; `change` has each one's ZipInfo before it is written."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members:
            info = zipfile.ZipInfo(name)
            info.filename = info.orig_filename = name  # as it is: ZipInfo would put its \ and NUL right
            info.compress_type = zipfile.ZIP_DEFLATED
            change(info)
            made.writestr(info, data)
    return buffer.getvalue()


def refusal(data: bytes, **limits: int) -> str:
    with pytest.raises(ArchiveRefused) as caught:
        archive.read_zip(data, Limits(**limits))
    return str(caught.value)


def test_what_is_exported_comes_back_the_same(tmp_path: Path) -> None:
    found = archive.import_zip(archive.export_zip(LAB), tmp_path / "back")
    assert found.name == LAB.name
    here = {path.relative_to(LAB).as_posix(): path.read_bytes() for path in LAB.rglob("*") if path.is_file()}
    back = {
        path.relative_to(tmp_path / "back").as_posix(): path.read_bytes()
        for path in (tmp_path / "back").rglob("*")
        if path.is_file()
    }
    assert back == here == dict(found.files)


def test_a_whole_course_goes_out_and_in(tmp_path: Path) -> None:
    course = Path(__file__).parents[3] / "courses" / "catalog" / "aws-foundations"
    found = archive.import_zip(archive.export_zip(course), tmp_path / "back")
    assert len(found.files) == sum(path.is_file() for path in course.rglob("*"))


def test_the_same_files_give_the_same_bytes_whenever_and_whoever(tmp_path: Path) -> None:
    made = []
    for time, mode in ((1_000_000_000, 0o600), (1_700_000_000, 0o755)):
        folder = tmp_path / str(time) / "lab"
        folder.mkdir(parents=True)
        for name in ("b.md", "a.md") if mode == 0o600 else ("a.md", "b.md"):
            (folder / name).write_bytes(TEXT)
            (folder / name).chmod(mode)
            os.utime(folder / name, (time, time))
        made.append(archive.export_zip(folder))
    assert made[0] == made[1]
    with zipfile.ZipFile(io.BytesIO(made[0])) as opened:
        assert opened.namelist() == ["lab/a.md", "lab/b.md"]


def test_hidden_files_stay_at_home(tmp_path: Path) -> None:
    for name in ("lab.md", ".env", ".git/config", "__pycache__/checks.cpython-311.pyc"):
        (tmp_path / "x" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "x" / name).write_bytes(TEXT)
    assert set(archive.read_zip(archive.export_zip(tmp_path / "x")).files) == {"lab.md"}


def test_a_link_is_not_exported(tmp_path: Path) -> None:
    (tmp_path / "lab.md").symlink_to("/etc/hostname")
    with pytest.raises(ArchiveRefused, match=r"^lab\.md cannot be taken: it is a link"):
        archive.export_zip(tmp_path)


@given(
    some.dictionaries(
        some.lists(some.from_regex(r"[a-z0-9é]{1,8}", fullmatch=True), min_size=1, max_size=4).map(
            lambda parts: "/".join((*parts[:-1], f"{parts[-1]}.md"))
        ),
        some.binary(max_size=300),
        min_size=1,
        max_size=8,
    )
)
def test_any_folder_of_plain_files_survives_the_way(files: dict[str, bytes]) -> None:
    try:
        packed = archive.pack(archive.Folder("top", files))
    except ArchiveRefused as refused:  # com1.md and the like
        assert "device" in str(refused)
        return
    assert archive.read_zip(packed) == archive.Folder("top", files)


NAMES = {
    "../escaped.md": "leads out of the folder",
    "a/../../escaped.md": "leads out of the folder",
    "a/..": "leads out of the folder",
    "/etc/cron.d/lab.md": "absolute",
    "C:/lab.md": "absolute",
    "..\\escaped.md": "write / between folders",
    "a//b.md": "empty folder name",
    "./lab.md": "empty folder name",
    "lab.md\0.png": "cannot be seen",
    "lab\u202edm.md": "cannot be seen",
    "la\nb.md": "cannot be seen",
    "CON": "device's name",
    "a/nul.md": "device's name",
    "com1.tar.md": "device's name",
    "lab.md.": "on every system",
    "lab.md ": "on every system",
    "lab.md:stream": "on every system",
    "a/b/c/d/e/f/g/h/i.md": "deeper than 8 folders",
    "a" * 121 + ".md": "longer than 120 bytes",
    "/".join(["a" * 60] * 4) + ".md": "longer than 240 bytes",
    ".git/hooks/post-checkout": "Git's own",
    "a/.GIT/config": "Git's own",
    "GIT~1/config": "Git's own",
    ".gitattributes": "Git's own",
    "run.exe": "no files of that kind",
    "page.html": "no files of that kind",
}


@pytest.mark.parametrize(("name", "why"), NAMES.items(), ids=range(len(NAMES)))
def test_a_name_that_could_do_harm(name: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(ArchiveRefused) as caught:
        archive.import_zip(zipped(("lab.md", TEXT), (name, TEXT)), tmp_path / "in" / "lab")
    said = str(caught.value)
    assert why in said
    assert caught.value.member == name
    assert said.isprintable()
    assert not list(tmp_path.rglob("*.md"))
    assert not list(tmp_path.iterdir())


PAIRS = {
    "twice": ("it is there twice", "lab.md", "lab.md"),
    "another case": ("same name as lab.md", "lab.md", "Lab.md"),
    "a folder's case": ("same name as img", "img/a.svg", "IMG/b.svg"),
    "sharp s": ("same name as", "strasse.md", "straße.md"),
    "a wide letter": ("same name as", "\uff4cab.md", "lab.md"),
    "two Unicode forms": ("it is there twice", "caf\u00e9.md", "cafe\u0301.md"),
    "file, then folder": ("a file and as a folder", "lab.md", "lab.md/x.md"),
    "folder, then file": ("a file and as a folder", "lab.md/x.md", "lab.md"),
}


@pytest.mark.parametrize(("why", "first", "second"), PAIRS.values(), ids=PAIRS)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_names_that_some_system_takes_for_one(why: str, first: str, second: str) -> None:
    assert why in refusal(zipped((first, TEXT), (second, b"other")))


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (stat.S_IFLNK, "it is a link"),
        (stat.S_IFIFO, "a device or a pipe"),
        (stat.S_IFCHR, "a device or a pipe"),
        (stat.S_IFSOCK, "a device or a pipe"),
    ],
)
@pytest.mark.parametrize("system", [0, 3])
def test_what_is_no_file(kind: int, why: str, system: int) -> None:
    def change(info: zipfile.ZipInfo) -> None:
        info.create_system, info.external_attr = system, (kind | 0o777) << 16

    assert refusal(zipped(("a.md", b"/etc/passwd"), change=change)).startswith("a.md cannot be taken: ")
    assert why in refusal(zipped(("a.md", b"/etc/passwd"), change=change))


def edited(data: bytes, local: int, central: int, form: str, value: int) -> bytes:
    """Write a number into the first member's local header and into the table of contents, at these offsets."""
    changed = bytearray(data)
    if local >= 0:
        struct.pack_into(form, changed, local, value)
    struct.pack_into(form, changed, data.index(b"PK\x01\x02") + central, value)
    return bytes(changed)


@pytest.mark.parametrize("flags", [0x1, 0x40, 0x2000])
def test_an_encrypted_member(flags: int) -> None:
    assert "it is encrypted" in refusal(edited(zipped(("lab.md", TEXT)), 6, 8, "<H", flags))


@pytest.mark.parametrize("method", [9, 12, 14, 98])
def test_packed_in_an_unusual_way(method: int) -> None:
    assert "another way than deflate" in refusal(edited(zipped(("lab.md", TEXT)), 8, 10, "<H", method))


def test_a_name_that_is_not_utf_8() -> None:
    said = refusal(zipped(("lab-x.md", TEXT)).replace(b"lab-x.md", b"lab-\xff.md"))
    assert said == r"lab-\xff.md cannot be taken: its name is not UTF-8."
    flagged = zipped(("läb.md", TEXT)).replace("läb.md".encode(), b"l\xff\xffb.md")
    assert "not UTF-8" in refusal(flagged)


def test_utf_8_that_is_not_said_to_be_so_is_taken() -> None:
    found = archive.read_zip(zipped(("lab-xx.md", TEXT)).replace(b"lab-xx.md", "lab-é.md".encode()))
    assert set(found.files) == {"lab-é.md"}


def test_a_bomb_by_what_it_declares() -> None:
    bomb = zipped(("lab.md", TEXT), ("zeros.txt", bytes(3 * 1024 * 1024)))
    assert len(bomb) < 4000
    assert refusal(bomb) == "zeros.txt cannot be taken: it unpacks to more than 100 times its size."


def test_a_member_that_is_too_large() -> None:
    assert refusal(zipped(("a.md", os.urandom(3000))), member=2000).startswith("a.md cannot be taken: it is larger")


def test_members_that_are_too_large_together() -> None:
    said = refusal(zipped(("a.md", os.urandom(1500)), ("b.md", os.urandom(1500))), unpacked=2000)
    assert said.startswith("b.md cannot be taken: with it the archive is larger")


def test_too_many_members() -> None:
    assert "more than 3 members" in refusal(zipped(*((f"{number}.md", b"") for number in range(4))), members=3)


def test_a_table_of_contents_that_hides_how_long_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose end says one member, and whose table is a million long: it is not read at all."""
    many = zipped(*((f"{number}.md", b"") for number in range(400)))
    at = many.rindex(b"PK\x05\x06")
    lying = bytearray(many)
    struct.pack_into("<HH", lying, at + 8, 1, 1)
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_: pytest.fail("it was read"))
    assert "more than 10 members" in refusal(bytes(lying), members=10)
    assert "more than 10 members" in refusal(bytes(lying) + b"", members=10)


def test_a_zip_that_is_too_large_is_not_read_to_its_end() -> None:
    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            assert 0 <= size <= 1001
            return bytes(size)

    with pytest.raises(ArchiveRefused, match="The archive is larger"):
        archive.read_zip(Endless(), Limits(packed=1000))  # type: ignore[arg-type]


def test_the_form_for_more_than_four_gib() -> None:
    data = zipped(("lab.md", TEXT))
    at = data.rindex(b"PK\x05\x06")
    assert "more than 4 GiB" in refusal(data[:at] + b"PK\x06\x07" + bytes(16) + data[at:])


def test_a_member_that_unpacks_to_more_than_it_declares() -> None:
    """The ratio is that of what is declared, so what is declared must be so."""
    data = zipped(("lab.md", bytes(1024 * 1024)))
    assert "it is not what" in refusal(edited(data, 22, 24, "<L", 1000))


def test_a_member_that_unpacks_to_less_than_it_declares() -> None:
    assert "not as large" in refusal(edited(zipped(("lab.md", TEXT)), 22, 24, "<L", 1000))


def test_a_member_whose_two_names_differ() -> None:
    data = zipped(("lab.md", TEXT))
    assert "it is not what" in refusal(data.replace(b"lab.md", b"../x.m", 1))


def test_members_that_lie_over_each_other() -> None:
    """A million names for one packed block are a bomb without a large ratio; what they declare together is counted."""
    data = zipped(("a.md", os.urandom(2000)))
    at, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    row = data[at:end]
    rows = b"".join(row.replace(b"a.md", f"{letter}.md".encode()) for letter in "abcdefgh")
    tail = struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, 8, 8, len(rows), at, 0)
    assert "larger than" in refusal(data[:at] + rows + tail, unpacked=8000)


def test_a_folder_with_content() -> None:
    assert "folder with content" in refusal(zipped(("lab.md", TEXT), ("img/", b"x")))


@pytest.mark.parametrize("data", [b"", b"PK", b"no zip at all" * 99, b"PK\x05\x06" + bytes(17)])
def test_what_is_no_zip(data: bytes) -> None:
    assert refusal(data) == "This is no zip file."


@pytest.mark.parametrize("cut", [40, 80])
def test_half_a_zip(cut: int) -> None:
    data = zipped(("lab.md", TEXT), ("b.md", TEXT))
    assert "zip file" in refusal(data[cut:])


def test_a_zip_of_nothing() -> None:
    assert "holds no files" in refusal(zipped(("img/", b"")))
    assert "holds no files" in refusal(zipped(("__MACOSX/._lab.md", TEXT)))


@given(some.data())
def test_a_zip_with_a_few_wrong_bytes_is_read_or_refused(data: some.DataObject) -> None:
    changed = bytearray(zipped(("lab.md", TEXT), ("img/a.svg", b"<svg/>" * 9)))
    for _ in range(data.draw(some.integers(1, 4))):
        changed[data.draw(some.integers(0, len(changed) - 1))] = data.draw(some.integers(0, 255))
    try:
        found = archive.read_zip(bytes(changed))
    except ArchiveRefused as refused:
        assert str(refused).isprintable()
    else:
        assert set(found.files.values()) <= {TEXT, b"<svg/>" * 9}


def test_what_systems_leave_in_their_zips_is_left_out() -> None:
    found = archive.read_zip(
        zipped(("x/", b""), ("x/lab.md", TEXT), ("x/.DS_Store", b"1"), ("__MACOSX/x/._lab.md", b"2"), ("x/.env", b"3"))
    )
    assert found == archive.Folder("x", {"lab.md": TEXT})


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    data = zipped(("lab.md", TEXT))
    (tmp_path / "lab").mkdir()
    archive.import_zip(data, tmp_path / "lab")  # an empty folder may be filled
    (tmp_path / "lab" / "lab.md").write_bytes(b"mine")
    with pytest.raises(ArchiveRefused, match="is there already"):
        archive.import_zip(data, tmp_path / "lab")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ArchiveRefused, match="is there already"):
        archive.import_zip(data, tmp_path / "link")
    assert (tmp_path / "lab" / "lab.md").read_bytes() == b"mine"
    assert {path.name for path in tmp_path.iterdir()} == {"lab", "link"}


def test_a_folder_is_there_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(ArchiveRefused, match="No space left"):
        archive.import_zip(zipped(("lab.md", TEXT)), tmp_path / "lab")
    assert not list(tmp_path.iterdir())
