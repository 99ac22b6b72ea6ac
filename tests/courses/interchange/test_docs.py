"""docs/interchange.md says what the code does."""

from __future__ import annotations

import inspect
import re

import pytest

from courses.interchange import KINDS, all_formats, fidelity, limits
from courses.interchange.formats import _moodle_reader, csv
from courses.management.commands.items import DONE, INCOMPLETE, REFUSED, USAGE

PAGE = fidelity.PAGE.read_text(encoding="utf-8")


def test_the_table_is_what_an_example_of_every_type_shows() -> None:
    assert fidelity.page() == PAGE, "run python -m courses.interchange.fidelity --write"


@pytest.mark.parametrize("name", sorted(all_formats()))
def test_every_format_has_its_row(name: str) -> None:
    one = all_formats()[name]
    [row] = re.findall(rf"^\| .* \| `{name}` \|(.*)\|(.*)\|$", PAGE, re.MULTILINE)
    assert [cell.strip() == "yes" for cell in row] == [bool(one.read), bool(one.write)]


def test_every_kind_of_loss_and_exit_status_is_explained() -> None:
    for kind, meaning in KINDS.items():
        assert f"| {kind} | {meaning} |" in PAGE
    for status in (DONE, INCOMPLETE, USAGE, REFUSED):
        assert re.search(rf"^\| {status} \| ", PAGE, re.MULTILINE)


def test_every_question_type_of_moodle_that_is_read_is_named() -> None:
    read = set(re.findall(r'"(\w+)": self\.\w+', inspect.getsource(_moodle_reader._Question.read)))
    assert {"multichoice", "ordering"} <= read
    assert [name for name in read if f"`{name}`" not in PAGE] == []


def test_columns_and_limits_are_those_of_the_code() -> None:
    assert f"`{' '.join(csv.COLUMNS)}`" in PAGE
    assert f"more than {limits.FILE_BYTES // limits.MIB} MiB or {limits.ITEMS:,} questions" in PAGE
    assert f"more than {limits.DEPTH} deep" in PAGE
    assert f"{limits.NODES:,}\nelements" in PAGE
    assert f"more than {limits.ENTRIES:,} files" in PAGE
    assert f"more than {limits.RATIO} times" in PAGE
    assert f"{limits.UNPACKED_BYTES // limits.MIB} MiB of XML" in PAGE
