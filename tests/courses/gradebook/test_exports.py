"""What goes into a spreadsheet is never run there, and numbers stay numbers."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from courses.gradebook import exports
from courses.gradebook.arithmetic import Total
from courses.gradebook.selectors import Book, Cell, Column, Row, State

CALM = settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])  # the machine is shared
BAD = [
    '=HYPERLINK("https://evil.example","x")', "=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1",
    "\u3000=1+1", "\u00a0=1", "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20A1", "\u22121", "\ufe62 1", "\ufe631", "\u200b=1+1",
    "\ufeff=1+1", "|calc", "%0A", "=cmd|' /C calc'!A0", "\u2066=1", "\x00=1", "\x0b=1", "\u2028=1",
]  # fmt: skip
GOOD = ["bob", "Lin Loh", "Lab 3: S3", "王芳", "O'Hara", "3 of 4", "a=b", "a-b", "Ñandú", "", "Late"]
_RUNS = re.compile(r"^[\s\u200b\ufeff\u2060-\u206f\x00-\x1f]*[=+\-@|%＝＋－＠−﹢﹣]")


def book(title: str, name: str) -> Book:
    assignment: Any = SimpleNamespace(pk=1, title=title, points=Decimal("10.00"), weight=Decimal(1))
    column = Column(assignment, SimpleNamespace(title=""))  # type: ignore[arg-type]
    user = SimpleNamespace(get_username=lambda: name, get_full_name=lambda: name)
    cell = Cell(column, State.GRADED, Decimal("7.50"), ())
    nobody = replace(cell, points=None, state=State.EXCUSED)
    total = Total(Decimal("75.00"), frozenset(), frozenset({0}))
    none = Total(None, frozenset(), frozenset())
    return Book(SimpleNamespace(), None, (column,), (Row(user, (cell,), total), Row(user, (nobody,), none)))  # type: ignore[arg-type]


@pytest.mark.parametrize("text", BAD)
def test_what_a_spreadsheet_would_run_is_text(text: str) -> None:
    assert exports.harmless(text).startswith("'")


@pytest.mark.parametrize("text", GOOD)
def test_what_it_would_not_is_left_alone(text: str) -> None:
    assert exports.harmless(text) == text


@CALM
@given(st.text(st.sampled_from("".join(BAD) + "ab1'"), max_size=8))
def test_no_text_begins_as_a_formula(text: str) -> None:
    assert not _RUNS.match(exports.harmless(text)) and not set("\t\r\n") & set(exports.harmless(text))


def test_csv() -> None:
    for bad in BAD:
        text = exports.as_csv(book(bad, bad)).decode("utf-8-sig")
        head, points, first, second = list(csv.reader(io.StringIO(text)))
        assert head[:3] == ["Learner", "Name", "Total (%)"] and head[3].startswith("'")
        assert points[2:] == ["", "10.00"] and first[2:] == ["75.00", "7.50"] and second[2:] == ["", "Excused"]
        assert first[0].startswith("'") and first[1].startswith("'")


def test_xlsx() -> None:
    for bad in BAD:
        with zipfile.ZipFile(io.BytesIO(exports.as_xlsx(book(bad, bad)))) as file:
            sheet = fromstring(file.read("xl/worksheets/sheet1.xml"))
            names = file.namelist()
        cells = {one.get("r"): one for one in sheet.iter() if one.tag.endswith("}c")}
        assert not [one for one in sheet.iter() if one.tag.endswith(("}f", "}hyperlink"))]
        assert not [name for name in names if "external" in name.lower() or "vba" in name.lower()]
        numbers = {name: one[0].text for name, one in cells.items() if one.get("t") is None}
        assert numbers == {"D2": "10", "C3": "75", "D3": "7.5"}
        assert all(one.get("t") == "s" for name, one in cells.items() if name not in numbers)
