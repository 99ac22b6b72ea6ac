"""Whatever an author writes becomes a lab or a list of problems: never a traceback, never a hang."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from labs.content import ContentError, Lab, bind, draw, parse_lab
from labs.sandboxes.runner import shell
from tests.labs.content.conftest import GOOD

SNIPPETS = [
    *GOOD.split("\n"),
    *(
        "~~~",
        "~~~~check x",
        "```",
        "---",
        "## A {#a points=1}",
        "## {",
        "{{ bucket }}",
        "{{",
        "}}",
        "&a *a",
        "a: &x [*x]",
    ),
    *("!!python/object:os.system x", "? [a]: b", "<<: {a: b}", "a: {{ b }}: c", "\t- x", "- [[[[[[[[[[[[[[[[[[[[[[[[["),
    *(
        "$(",
        "<<EOF",
        "\\",
        "'",
        '"',
        "cat > x <<'EOF'",
        "A=$(aws",
        "parameters: 3",
        "principal: [1]",
        "1e999",
        "9" * 5000,
    ),
]


def read(source: str) -> Lab | None:
    try:
        return parse_lab(source, slug="fuzz", path="lab.md")
    except ContentError as error:
        last = source.count("\n") + 2
        assert error.problems
        assert all(0 <= problem.line <= last and problem.message for problem in error.problems), error
        return None


@settings(deadline=None)
@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    read(text)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(SNIPPETS) | st.text(max_size=20), max_size=40))
def test_any_mixture_of_parts_is_read_or_refused(lines: list[str]) -> None:
    read("\n".join(lines))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(GOOD)), st.integers(0, 30), st.sampled_from(SNIPPETS) | st.text(max_size=10))
def test_any_change_of_a_good_lab_is_read_or_refused(at: int, cut: int, put: str) -> None:
    lab = read(GOOD[:at] + put + GOOD[at + cut :])
    if lab is not None:
        bind(lab, {**draw(lab, "1"), "account_id": "210987654321", "region": "us-east-1"})


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(list("aws $(){}'\"\\<>|&;#`~=\n\tEOF*?!x")) | st.sampled_from(SNIPPETS)).map("".join))
def test_any_block_is_parsed_or_refused_with_its_line(text: str) -> None:
    try:
        shell.parse(text, 10)
    except shell.ShellError as error:
        assert 10 <= error.line <= 10 + text.count("\n") + 1


def test_a_yaml_bomb_is_refused_at_once() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(50))
    assert read(f"---\n{bomb}---\n") is None
    assert read("---\na: " + "[" * 100_000 + "\n---\n") is None
    assert read("---\na: " + "{a: " * 50_000 + "\n---\n") is None
