"""Items of every type as hypothesis draws them, their texts full of what formats escape."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from courses.content.items import canonical
from courses.content.model import Item
from graders.items import (
    CaseSpec,
    ChoiceSpec,
    Entry,
    LabSpec,
    MatchingSpec,
    NumberSpec,
    Option,
    OrderingSpec,
    Part,
    ResponseSpec,
    TextSpec,
)

_MARKS = st.sampled_from(
    [
        *"~=#{}:\\`|*_<>&%[]()'\"-+@",
        "->",
        "####",
        "::",
        "\\n",
        "\\\\",
        "//",
        "```",
        "~~~",
        "[html]",
        "[markdown]",
        "%50%",
        "&lt;",
        "&#60;",
        "&#060;",
        "&gt;",
        "<b>",
        "</text>",
        "]]>",
        "<!--",
        "\n",
        "\n\n",
        "\n// c",
        "\n| a | b |",
        " ",
        "'=",
    ]
)
_ANY = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)


def texts(most: int = 10, *, line: bool = False) -> st.SearchStrategy[str]:
    """Texts with something in them and no space at their ends; `line`: without a line's end."""
    joined = st.lists(st.one_of(_MARKS, _ANY, st.sampled_from(["a", "S3", "Zürich"])), min_size=1, max_size=most)
    made = joined.map("".join)
    return (made.map(lambda one: " ".join(one.split())) if line else made.map(str.strip)).filter(bool)


def _distinct(low: int, high: int, *, line: bool = False) -> st.SearchStrategy[list[str]]:
    return st.lists(texts(line=line), min_size=low, max_size=high, unique=True)


_WHY = st.one_of(st.just(""), texts())


@st.composite
def _options(draw: Any, right: int) -> tuple[Option, ...]:
    found = draw(_distinct(right + 1, right + 3))
    order = draw(st.permutations(range(len(found))))
    return tuple(Option(str(at), found[at], at < right, draw(_WHY), draw(st.booleans())) for at in order)


@st.composite
def _ordering(draw: Any) -> OrderingSpec:
    entries = tuple(Entry(str(at), one, draw(_WHY)) for at, one in enumerate(draw(_distinct(2, 5))))
    cut = draw(st.integers(2, len(entries)))
    return OrderingSpec(entries[:cut], entries[cut:])


@st.composite
def _matching(draw: Any) -> MatchingSpec:
    prompts, answers = draw(_distinct(2, 4)), draw(_distinct(2, 4))
    right = [draw(st.integers(0, len(answers) - 1)) for _ in prompts]
    titles = draw(st.one_of(st.just(MatchingSpec.titles), st.tuples(texts(2, line=True), texts(2, line=True))))
    return MatchingSpec(
        tuple(Entry(f"p{at}", one, draw(_WHY)) for at, one in enumerate(prompts)),
        tuple(Entry(f"a{at}", one, "" if at in right else draw(_WHY)) for at, one in enumerate(answers)),
        tuple((f"p{at}", f"a{answer}") for at, answer in enumerate(right)),
        titles,
    )


_DECIMALS = st.decimals(Decimal(-(10**9)), Decimal(10**9), allow_nan=False, allow_infinity=False, places=4)
_SIMPLE: dict[str, st.SearchStrategy[Any]] = {
    "choice": _options(1).map(ChoiceSpec),
    "matching": _matching(),
    "number": st.builds(
        NumberSpec,
        _DECIMALS,
        st.decimals(0, 100, places=3),
        st.one_of(st.just(""), texts(3, line=True)),
        _WHY,
    ),
    "ordering": _ordering(),
    "response": st.integers(2, 4).flatmap(_options).map(ResponseSpec),
    "text": st.builds(TextSpec, _distinct(1, 3, line=True).map(tuple), st.booleans(), _WHY),
}


@st.composite
def items(draw: Any, kinds: tuple[str, ...] = (*_SIMPLE, "case", "lab")) -> Item:
    """An item of one of the types, its ids as reading our Markdown gives them."""
    kind = draw(st.sampled_from(kinds))
    name = draw(st.from_regex(r"[A-Za-z0-9_-]{1,12}", fullmatch=True))
    if kind == "case":
        spec: Any = CaseSpec(tuple(draw(_part(f"{name}-{at}")) for at in range(draw(st.integers(1, 2)))))
    elif kind == "lab":
        spec = LabSpec("private-bucket-one-reader", 20)
    else:
        spec = draw(_SIMPLE[kind])
    return Item(
        id=name,
        type=kind,
        stem=draw(texts(14)),
        spec=canonical(name, kind, spec),
        domain=draw(st.sampled_from(["", "secure", "cost-2"])),
        points=1.0 if kind == "case" else draw(st.sampled_from([1.0, 2.5, 0.25])),
        path="ours.md",
        line=3,
        difficulty=draw(st.sampled_from([0.5, 0.0, 0.625, 1.0])),
        status=draw(st.sampled_from(["draft", "pilot", "live", "retired"])),
        skill=draw(st.sampled_from(["", "2.2.2"])),
    )


@st.composite
def _part(draw: Any, name: str) -> Part:
    kind = draw(st.sampled_from(sorted(_SIMPLE)))
    points, domain = draw(st.sampled_from([1.0, 3.0])), draw(st.sampled_from(["", "secure"]))
    return Part(name, kind, draw(texts()), draw(_SIMPLE[kind]), points, domain)
