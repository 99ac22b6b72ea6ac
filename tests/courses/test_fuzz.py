"""Whatever is in the files, the catalog is read to its end, and says what is wrong with them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courses.content import ContentError, load_course

from .conftest import BANK, COURSE, FIRST, SECOND, Catalog

PIECES = [
    *(
        "\n",
        "\n\n",
        "---\n",
        "  ",
        "- ",
        "- [x] a\n",
        "- [ ] b\n",
        "  > why\n",
        "> ",
        "### Q ",
        "{#a .choice}",
        "{#a .response}",
    ),
    *(
        "{#b .number}",
        "{.",
        "}",
        "~~~answer\n",
        "~~~",
        "```",
        "1 ± 2",
        "NaN",
        "1e999",
        "[x](y.md)",
        "![x](y.svg)",
        "[x]: z\n",
    ),
    *(
        "title: ",
        "minutes: ",
        "modules:\n",
        "lessons: [first]\n",
        "labs: [x]\n",
        "as_of: 2026-99",
        "lab: x\n",
        "links:\n",
    ),
    *(
        "&a ",
        "*a",
        "!!python/object:os.system ",
        "!!timestamp x",
        "!!int ",
        "!!binary x",
        "!!bool x",
        "? ",
        "{{ x }}",
        "[[[[",
        "{a: ",
    ),
    *(
        "\x00",
        "\t",
        "\r",
        "\u2028",
        "\ud7ff",
        "\ufeff",
        "é",
        "'",
        '"',
        "#",
        ":",
        "|",
        "(Select TWO.)",
        "points=1e5",
        "domain=",
    ),
]
SOURCES = {"course.yaml": COURSE, "lessons/first.md": FIRST, "lessons/second.md": SECOND, "items/bank.md": BANK}


def read(change: dict[str, bytes]) -> None:
    """Read a course with some of its files changed; all that may be raised is ContentError, with problems."""
    with tempfile.TemporaryDirectory() as folder:
        catalog = Catalog(Path(folder))
        for path, text in SOURCES.items():
            catalog.write(path, text)
        for path, content in change.items():
            (catalog.course / path).write_bytes(content)
        try:
            load_course(catalog.course, **catalog.folders)
        except ContentError as error:
            assert error.problems
            for problem in error.problems:
                assert problem.line >= 1
                assert problem.id.startswith("courses.E")


@settings(max_examples=120, deadline=None, derandomize=True, database=None)
@given(st.sampled_from(sorted(SOURCES)), st.lists(st.sampled_from(PIECES), max_size=30))
def test_any_pieces_of_markdown_and_yaml_are_read(path: str, pieces: list[str]) -> None:
    read({path: "".join(pieces).encode()})


@settings(max_examples=120, deadline=None, derandomize=True, database=None)
@given(st.sampled_from(sorted(SOURCES)), st.integers(0, 2000), st.integers(0, 40), st.sampled_from(PIECES))
def test_a_good_file_with_a_piece_out_of_place_is_read(path: str, at: int, length: int, piece: str) -> None:
    source = SOURCES[path]
    at %= len(source)
    read({path: (source[:at] + piece + source[at + length :]).encode()})


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(st.sampled_from(sorted(SOURCES)), st.binary(max_size=200))
def test_any_bytes_are_read(path: str, content: bytes) -> None:
    read({path: content})


@pytest.mark.parametrize(
    "value", ["!!timestamp x", "!!int ''", "!!bool x", "!!float ''", "!!binary é", "!!omap [a]", "&a [*a]"]
)
def test_a_value_with_an_odd_tag_is_told_with_its_line(files: Catalog, value: str) -> None:
    files.replace("lessons/first.md", "minutes: 10", f"minutes: {value}")
    with pytest.raises(ContentError) as caught:
        load_course(files.course, **files.folders)
    assert {problem.id for problem in caught.value.problems} <= {"courses.E003", "courses.E006"}
