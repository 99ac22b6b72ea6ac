"""Files that mean harm are refused, with a sentence, before they cost anything."""

from __future__ import annotations

import csv
import io
import random
import stat
import struct
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from courses.interchange import Unreadable, all_formats, limits, read, write
from courses.interchange.examples import EXAMPLES
from courses.interchange.formats.csv import guarded, unguarded
from courses.interchange.packages import Package

FIXTURES = Path(__file__).parent / "fixtures"
QTI = (FIXTURES / "canvas.xml").read_bytes()
READABLE = sorted(name for name, one in all_formats().items() if one.read)
SECONDS = 10.0  # of the processor's own time; what is bounded takes well under one


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as target:
        for name, content in entries:
            target.writestr(name, content)
    return out.getvalue()


def linked() -> bytes:
    info = zipfile.ZipInfo("a.xml")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return zipped((info, b"/etc/passwd"))


def lying() -> bytes:
    """A zip file whose headers say that a megabyte is ten bytes."""
    data = bytearray(zipped(("a.xml", b"<questestinterop>" + b" " * 900_000 + b"</questestinterop>")))
    real = struct.pack("<I", 900_000 + 35)
    return bytes(data.replace(real, struct.pack("<I", 10)))


def encrypted() -> bytes:
    data = bytearray(zipped(("a.xml", QTI), method=zipfile.ZIP_STORED))
    data[6] |= 1
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def crowded(count: int) -> bytes:
    """A table of contents of `count` files, all of them the same bytes; its end says that there are ten."""
    local = b"PK\x03\x04" + struct.pack("<5H3I2H", 20, 0, 0, 0, 0, 0, 0, 0, 1, 0) + b"a"
    entry = b"PK\x01\x02" + struct.pack("<6H3I5H2I", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    directory = entry * count
    end = b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, 10, 10, len(directory), len(local), 0)
    return local + directory + end


BOMB = zipped(("bomb.xml", b" " * (50 * limits.MIB)))
PACKAGES: dict[str, tuple[Callable[[], bytes], str]] = {
    "zip slip": (lambda: zipped(("../../etc/cron.d/x.xml", QTI)), "points out of the zip file"),
    "zip slip by backslash": (lambda: zipped((r"..\..\x.xml", QTI)), "points out of the zip file"),
    "absolute": (lambda: zipped(("/etc/x.xml", QTI)), "points out of the zip file"),
    "drive": (lambda: zipped(("C:/x.xml", QTI)), "points out of the zip file"),
    "symbolic link": (linked, "is a symbolic link"),
    "bomb": (lambda: BOMB, "a zip bomb"),
    "many small bombs": (
        lambda: zipped(*((f"{n}.xml", random.Random(n).randbytes(1) * limits.MIB) for n in range(130))),
        "unpacks to",
    ),
    "lying header": (lying, "cannot be unpacked|larger than the zip file says"),
    "too many files": (lambda: zipped(*((f"{n}.xml", b"") for n in range(limits.ENTRIES + 1))), "2,000 are taken"),
    "a million files": (lambda: crowded(400_000), "2,000 are taken"),
    "encrypted": (encrypted, "is encrypted"),
    "other method": (lambda: zipped(("a.xml", QTI), method=zipfile.ZIP_LZMA), "by a method that is not taken"),
    "cut off": (lambda: zipped(("a.xml", QTI))[:-30], "no end|damaged"),
    "damaged": (lambda: zipped(("a.xml", QTI)).replace(b"PK\x01\x02", b"PK\x01\x03"), "damaged"),
    "QTI 3": (lambda: write([EXAMPLES["choice"]], "qti30").content, "written but not read"),
    "nothing in it": (lambda: zipped(("read.me", b"x")), "no question is in it"),
}


@pytest.mark.parametrize("kind", sorted(PACKAGES))
def test_a_hostile_package_is_refused(kind: str) -> None:
    make, why = PACKAGES[kind]
    data, begun = make(), time.process_time()
    with pytest.raises(Unreadable, match=why) as refused:
        read(data, "quiz.zip")
    assert str(refused.value).startswith("quiz.zip")
    assert time.process_time() - begun < SECONDS


def test_a_file_twice_in_a_package_is_refused() -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = zipped(("a.xml", QTI), ("a.xml", QTI))
    with pytest.raises(Unreadable, match="is in the zip file twice"):
        read(data, "quiz.zip")


def test_what_is_not_read_of_a_package_is_not_unpacked() -> None:
    package = Package(zipped(("film.bin", random.Random(1).randbytes(500_000) * 2), ("a.xml", QTI)), "quiz.zip")
    tracemalloc.start()
    package.read("a.xml")
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
ROOTS = {"moodle": "quiz", "qti12": "questestinterop"}
XML = {
    "billion laughs": ('<!DOCTYPE {root} [<!ENTITY l0 "ha">' + LAUGHS + "]><{root}>&l9;</{root}>", "defines entities"),
    "external entity": (
        '<!DOCTYPE {root} [<!ENTITY x SYSTEM "file:///etc/passwd">]><{root}>&x;</{root}>',
        "defines entities",
    ),
    "parameter entity": (
        '<!DOCTYPE {root} [<!ENTITY % x SYSTEM "http://x.example/x.dtd"> %x;]><{root}/>',
        "defines entities",
    ),
    "deep": ("<{root}>" + "<a>" * 100_000, "more than 64 deep"),
    "wide": ("<{root}>" + "<a/>" * 20_001, "more than 20,000 elements"),
    "giant attribute": ('<{root} a="' + "x" * 1_000_000 + '"/>', "an attribute of more than 20,000 characters"),
    "many attributes": (
        "<{root} " + " ".join(f'a{n}="x"' for n in range(10_000)) + "/>",
        "an element with more than 64 attributes",
    ),
    "not closed": ("<{root}><a></{root}>", "no well-formed XML at column"),
    "undefined entity": ("<{root}>&nbsp;</{root}>", "no well-formed XML at column"),
    "unknown encoding": ('<?xml version="1.0" encoding="klingon"?><{root}/>', "XML|encoding"),
}


@pytest.mark.parametrize("format", sorted(ROOTS))
@pytest.mark.parametrize("kind", sorted(XML))
def test_hostile_xml_is_refused_with_its_line(kind: str, format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "NODES", 20_000)  # 400,000 take seconds to write, too
    text, why = XML[kind]
    data, begun = text.replace("{root}", ROOTS[format]).encode(), time.process_time()
    with pytest.raises(Unreadable, match=why) as refused:
        read(data, "bank.xml", format)
    assert str(refused.value).startswith("bank.xml")
    assert time.process_time() - begun < SECONDS


def test_xml_of_another_root_is_refused() -> None:
    with pytest.raises(Unreadable, match="<html> begins the file, not <quiz>"):
        read(b"<html/>", "bank.xml", "moodle")
    with pytest.raises(Unreadable, match="<html> begins the file, not <questestinterop>"):
        read(b"<html/>", "bank.xml", "qti12")


def test_a_doctype_without_entities_is_taken() -> None:
    text = QTI.replace(
        b"<questestinterop", b'<!DOCTYPE questestinterop SYSTEM "ims_qtiasiv1p2.dtd"><questestinterop', 1
    )
    assert len(read(text, "quiz.xml").items) == 6


@pytest.mark.parametrize("name", READABLE)
@pytest.mark.parametrize(
    "data", [b"\xff\xfe\x00\xd8", b"\xc3(\n::", b"::\x00a", b"type,stem,text 1\n\xc3(", b"\xed\xa0\x80", b""]
)
def test_bytes_that_are_no_text_are_refused(name: str, data: bytes) -> None:
    with pytest.raises(Unreadable, match=r"^upload"):
        read(data, "upload", name)


@pytest.mark.parametrize("name", READABLE)
def test_a_file_that_is_too_large_is_refused_unread(name: str) -> None:
    with pytest.raises(Unreadable, match="20 MiB are taken"):
        read(b"x" * (limits.FILE_BYTES + 1), "upload", name)


def test_too_many_questions_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ITEMS", 100)
    with pytest.raises(Unreadable, match=r"^x.gift:201: more than 100 questions"):
        read(b"Q {=a ~b}\n\n" * 101, "x.gift", "gift")


def test_a_report_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LOSSES", 100)
    with pytest.raises(Unreadable, match="more than 100 losses"):
        read(b"Q {" + b"".join(b"=%%9%%a%d" % n for n in range(101)) + b"}", "x.gift", "gift")


@pytest.mark.parametrize(
    "text",
    [
        "{" * 300000,
        "\\" * 300000,
        "::" * 150000,
        "Q {" + "~" * 150000 + "}",
        "Q {" + "=a->" * 50000 + "}",
        "\n" * 300000,
        "A. x\n" + "y\n" * 150000 + "ANSWER: A",
        "::same::Q {=a ~b}\n\n" * 2000,
        "Q {" + "~%50%a" * 50000 + "}",
        "Q {" + "=%9%a" * 60000 + "}",
        "// [tag:" * 50000,
        "%50" * 100000,
        "Q {>" + " a" * 100000 + "}",
        "[id:" + "\\]" * 100000,
        "A. x\n" * 60000,
    ],
    ids=lambda text: text[:8],
)
@pytest.mark.parametrize("name", ["aiken", "auto", "csv", "gift"])
def test_text_that_is_made_to_be_slow_is_not(text: str, name: str) -> None:
    begun = time.process_time()
    try:
        read(text.encode(), "upload.txt", name)
    except Unreadable:
        pass
    assert time.process_time() - begun < SECONDS


ANSWERS = {
    "moodle": (
        b'<quiz><question type="multichoice"><single>false</single>'
        + b'<answer fraction="50"><text>a</text><feedback><text>b</text></feedback></answer>' * 15_000
        + b"</question></quiz>"
    ),
    "qti12": (
        b'<questestinterop><item><presentation><response_lid rcardinality="Multiple"><render_choice>'
        + b"".join(b'<response_label ident="%d"/>' % n for n in range(12_000))
        + b"</render_choice></response_lid></presentation><resprocessing>"
        + b"".join(
            b"<respcondition><conditionvar><varequal>%d</varequal></conditionvar><setvar>1</setvar></respcondition>" % n
            for n in range(12_000)
        )
        + b"</resprocessing></item></questestinterop>"
    ),
}


@pytest.mark.parametrize("format", sorted(ANSWERS))
def test_a_question_of_ten_thousand_answers_is_left_out_in_time(format: str) -> None:
    begun = time.process_time()
    imported = read(ANSWERS[format], "bank.xml", format)
    assert time.process_time() - begun < SECONDS
    assert imported.items == ()
    assert "it is too large" in imported.losses[-1].why


@settings(
    max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(st.sampled_from(sorted(FIXTURES.iterdir())), st.integers(0, 10**6), st.integers(0, 60), st.binary(max_size=40))
def test_a_good_file_with_bytes_out_of_place_is_read_or_refused(path: Path, at: int, length: int, piece: bytes) -> None:
    data = path.read_bytes()
    at %= len(data)
    broken = data[:at] + piece + data[at + length :]
    for name in (
        "auto",
        {".xml": "moodle" if "moodle" in path.name else "qti12", ".gift": "gift"}.get(path.suffix, "aiken"),
    ):
        try:
            imported = read(broken, path.name, name)
        except Unreadable as refusal:
            assert str(refusal).endswith(".")
        else:
            assert imported.items or imported.losses


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(st.integers(0, 10**6), st.binary(min_size=1, max_size=6))
def test_a_package_with_bytes_out_of_place_is_read_or_refused(at: int, piece: bytes) -> None:
    data = zipped(("a.xml", QTI))
    at %= len(data)
    try:
        read(data[:at] + piece + data[at + len(piece) :], "quiz.zip", "qti12")
    except Unreadable as refusal:
        assert str(refusal).startswith("quiz.zip")


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "'=1", "''-1", "\ufeff=1"]
)
def test_a_cell_that_a_spreadsheet_would_run_is_text_and_comes_back(cell: str) -> None:
    assert guarded(cell) == f"'{cell}"
    assert unguarded(guarded(cell)) == cell


@pytest.mark.parametrize("cell", ["a", "", "'quoted'", "1", "a=1", "''"])
def test_an_ordinary_cell_is_as_it_was(cell: str) -> None:
    assert guarded(cell) == unguarded(cell) == cell


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.text(st.sampled_from("'=+-@a \t\r\n＝"), max_size=8))
def test_any_cell_comes_back(cell: str) -> None:
    assert unguarded(guarded(cell)) == cell
    assert guarded(cell).lstrip()[:1] not in ("=", "+", "-", "@", "＝")


def test_no_cell_of_a_table_begins_as_a_formula() -> None:
    item = replace(EXAMPLES["choice"], stem='=HYPERLINK("http://x.example","a")')
    exported = write([item, EXAMPLES["number"]], "csv")
    for row in csv.reader(io.StringIO(exported.content.decode("utf-8-sig"))):
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)
    assert read(exported.content, "x.csv").items[0].stem == item.stem
