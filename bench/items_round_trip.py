"""Items of all types, full of characters that formats escape: written as Moodle XML, GIFT and CSV, read again, compared.

`python -m bench items-round-trip` counts the fields that came back otherwise and that no loss report names.
`python -m bench.items_round_trip [COUNT] [SEED]` prints the first differences.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from decimal import Decimal
from random import Random

from bench.figures import Figure
from courses.content.items import canonical
from courses.content.model import Item
from courses.interchange import all_formats, read, write
from courses.interchange.comparison import differences
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
    Spec,
    TextSpec,
)

COUNT = 10_000
BATCH = 500  # items a file
KINDS = ("choice", "response", "number", "text", "ordering", "matching", "case", "lab")
PIECES = (
    *"~=#{}:\\`|*_<>&%[]()!\"'$@^+-/;,.",
    *(
        "->",
        "=>",
        "\\n",
        "\\\\",
        "//",
        "::",
        "####",
        "{}",
        "``",
        "```",
        "~~~",
        "|---|",
        "%50%",
        "[x]",
        "[markdown]",
        "[html]",
    ),
    *(
        "&lt;",
        "&#60;",
        "&#060;",
        "&gt;",
        "&#62;",
        "&amp;",
        "<b>",
        "</text>",
        "]]>",
        "<!--",
        "<?x?>",
        "${HOME}",
        "{{ x }}",
    ),
    *("\n", "\n\n", "\n- a\n- b", "\n1. a", '\n```json\n{<a>: "b"}\n```\n', "\n> q", "\n// c", "\n$CATEGORY: x", " "),
    *(
        "a",
        "Amazon S3",
        "s3:GetObject",
        "arn:aws:s3:::b/*",
        "naïve",
        "日本語",
        "🙂",
        "\u00a0",
        "\u2028",
        "e\u0301",
        "𝔘",
        "'=1+1",
    ),
)


def text(random: Random, most: int = 12, *, line: bool = False) -> str:
    """Return a text that has words in it."""
    while True:
        made = "".join(random.choice(PIECES) for _ in range(random.randint(1, most)))
        if line:
            made = " ".join(made.split())
        if made.strip():
            return made.strip()


def distinct(random: Random, count: int, *, line: bool = False) -> list[str]:
    """Return so many different texts."""
    found: dict[str, None] = {}
    while len(found) < count:
        found.setdefault(text(random, 8, line=line))
    return list(found)


def spec(random: Random, kind: str, name: str) -> Spec:
    """Return a spec of a type."""
    why = lambda: text(random, 8) if random.random() < 0.7 else ""  # noqa: E731
    match kind:
        case "choice" | "response":
            texts = distinct(random, random.randint(3, 6))
            right = set(random.sample(range(len(texts)), 1 if kind == "choice" else random.randint(2, len(texts) - 1)))
            options = tuple(
                Option(str(n), one, n in right, why(), random.random() < 0.1) for n, one in enumerate(texts)
            )
            made: Spec = ChoiceSpec(options) if kind == "choice" else ResponseSpec(options)
        case "number":
            value = Decimal(random.randint(-(10**6), 10**6)).scaleb(-random.randint(0, 4))
            unit = text(random, 2, line=True) if random.random() < 0.4 else ""
            made = NumberSpec(value, Decimal(random.randint(0, 50)).scaleb(-2), unit, why())
        case "text":
            forms = tuple(distinct(random, random.randint(1, 3), line=True))
            made = TextSpec(forms, random.random() < 0.3, why())
        case "ordering":
            texts = distinct(random, random.randint(2, 6))
            cut = random.randint(2, len(texts))
            entries = tuple(Entry(str(n), one, why()) for n, one in enumerate(texts))
            made = OrderingSpec(entries[:cut], entries[cut:])
        case "matching":
            prompts, answers = distinct(random, random.randint(2, 5)), distinct(random, random.randint(2, 5))
            pairs = tuple((f"p{n}", f"a{random.randrange(len(answers))}") for n in range(len(prompts)))
            used = {answer for _, answer in pairs}
            titles = (
                (text(random, 2, line=True), text(random, 2, line=True))
                if random.random() < 0.5
                else MatchingSpec.titles
            )
            made = MatchingSpec(
                tuple(Entry(f"p{n}", one, why()) for n, one in enumerate(prompts)),
                tuple(Entry(f"a{n}", one, "" if f"a{n}" in used else why()) for n, one in enumerate(answers)),
                pairs,
                titles,
            )
        case "case":
            made = CaseSpec(tuple(_part(random, f"{name}-{n}") for n in range(random.randint(1, 3))))
        case _:
            return LabSpec("private-bucket-one-reader", random.randint(1, 60))
    return canonical(name, kind, made)


def _part(random: Random, name: str) -> Part:
    kind = random.choice(KINDS[:-2])
    points, domain = random.choice((1.0, 2.0, 0.5)), random.choice(("", "secure"))
    return Part(name, kind, text(random), spec(random, kind, name), points, domain)


def item(random: Random, number: int) -> Item:
    """Return an item of any type."""
    kind = random.choice(KINDS)
    name = f"item-{number}"
    return Item(
        id=name,
        type=kind,
        stem=text(random, 20),
        spec=spec(random, kind, name),
        domain=random.choice(("", "secure", "cost-aware")),
        points=1.0 if kind == "case" else random.choice((1.0, 2.0, 0.25, 12.5)),
        path="bench.md",
        line=number + 1,
        difficulty=random.choice((0.5, 0.6, 0.25, 1.0, 0.0)),
        status=random.choice(("draft", "pilot", "live", "retired")),
        skill=random.choice(("", "2.2.2")),
    )


def compare(items: Sequence[Item], format: str) -> tuple[list[str], int, int]:
    """Return the differences that no report names, and how many losses were told, and how many items came back."""
    exported = write(items, format)
    imported = read(exported.content, f"bench{all_formats()[format].suffixes[0]}", format)
    losses = [*exported.losses, *imported.losses]
    by_item: dict[str, list[object]] = {}
    for loss in losses:
        by_item.setdefault(loss.item, []).append(loss)
    back = {one.id: one for one in imported.items}
    found = [
        f"{one.id} ({one.type}) {path}"
        for one in items
        for path in differences(one, back.get(one.id), by_item.get(one.id, []))  # type: ignore[arg-type]
    ]
    found += [f"{name}: more than was written" for name in back.keys() - {one.id for one in items}]
    return found, sum(loss.kind != "limited" for loss in losses), len(back)


def measure() -> list[Figure]:
    """Write, read and compare COUNT items in each format that goes both ways."""
    figures = []
    for name, one in all_formats().items():
        if not (one.read and one.write):
            continue
        random, begun = Random(7), time.perf_counter()
        items = [item(random, number) for number in range(COUNT)]
        made = time.perf_counter() - begun
        differing, told, back = [], 0, 0
        for at in range(0, COUNT, BATCH):
            found, losses, count = compare(items[at : at + BATCH], name)
            differing += found
            told, back = told + losses, back + count
        seconds = time.perf_counter() - begun - made
        note = f"{COUNT:,} items of all types; {back:,} came back, {told:,} losses told; {seconds:.0f} s"
        figures.append(Figure(f"ours → {one.title} → ours, untold differences", len(differing), "fields", "0", note))
    return figures


if __name__ == "__main__":
    count, seed = (
        (int(word) for word in [*sys.argv[1:], "2000", "7"][:2]) if len(sys.argv) != 2 else (int(sys.argv[1]), 7)
    )
    source = Random(seed)
    made = [item(source, number) for number in range(count)]
    for name, one in all_formats().items():
        if one.read and one.write:
            found, told, back = compare(made, name)
            print(
                f"{name}: {len(found)} differences, {told} losses told, {back} of {count} came back",
                *found[:12],
                sep="\n  ",
            )
