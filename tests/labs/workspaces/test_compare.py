"""What differs between two versions, by lines and words, in a time that nobody can drive up."""

from __future__ import annotations

from labs.workspaces.compare import MOST_LINES, changes


def test_a_line_that_was_changed_shows_its_words() -> None:
    (file,) = changes({"lab.md": "one\ntwo words here\nthree"}, {"lab.md": "one\ntwo letters here\nthree"})
    assert [(row.kind, row.old, row.new) for row in file.rows] == [
        *(("same", 1, 1), ("out", 2, 0), ("in", 0, 2), ("same", 3, 3))
    ]
    assert file.rows[1].pieces == (("two ", False), ("words", True), (" here", False))
    assert (file.added, file.removed) == (1, 1)


def test_files_that_come_and_go_and_those_that_stay() -> None:
    found = changes({"a": "x", "same": "y"}, {"b": "z", "same": "y"})
    assert [one.name for one in found] == ["a", "b"]
    assert changes({"a": "x"}, {"a": "x"}) == []


def test_what_lies_between_is_left_out() -> None:
    before = [f"line {number}" for number in range(40)]
    after = [*before[:5], "another", *before[6:30], "more", *before[30:]]
    (file,) = changes({"a": "\n".join(before)}, {"a": "\n".join(after)})
    kinds = [row.kind for row in file.rows]
    assert kinds.count("gap") == 3 and kinds.count("same") < 20


def test_what_is_too_large_is_said_to_differ() -> None:
    (file,) = changes({"a": "\n" * MOST_LINES + "x"}, {"a": "\n" * MOST_LINES + "y"})
    assert file.too_large and not file.rows
    (line,) = changes({"a": "x y " * 500}, {"a": "y x z " * 500})
    assert [row.pieces[0][1] for row in line.rows] == [True, True]  # as a whole, and at once
