"""The glossary, `glossary.md` of a catalog: a heading for each term, and below it what it means.

    ## Availability Zone {#az also="AZ, zone"}

    One or more data centres of a Region, with power and network of their own.

A lesson names a term as `[zone](glossary.md#az)`: a link on any Git host, and here a definition at the word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from courses.content.source import Problems, read

_HEADING = re.compile(r"^##[ \t]+(?P<name>[^{#]+?)[ \t]*\{(?P<attributes>[^{}]*)\}[ \t]*$")
_ANY = re.compile(r"^##?[ \t]")
_ID = re.compile(r"#(?P<id>[a-z0-9]+(?:-[a-z0-9]+)*)(?=\s|$)", re.ASCII)
_ALSO = re.compile(r"also=\"(?P<names>[^\"]*)\"")
LINK = re.compile(r"^(?:\.\./|\./)*glossary\.md#(?P<id>[\w-]+)$", re.ASCII)
LONGEST = 60  # words: a definition is read in passing


@dataclass(frozen=True)
class Term:
    """A word and what it means, in Markdown. `also`: other names of the same thing."""

    id: str
    name: str
    also: tuple[str, ...]
    means: str
    path: str
    line: int


def load_glossary(root: Path, *, shown: str, problems: Problems) -> dict[str, Term]:
    """Return the terms of a catalog by id; none where it has no glossary.md."""
    path = root / "glossary.md"
    if not path.is_file():
        return {}
    return parse_glossary(read(path, shown, problems), shown, problems)


def parse_glossary(source: str, path: str, problems: Problems) -> dict[str, Term]:
    """Return the terms of a glossary by id; what is wrong with it goes to `problems`."""
    terms: dict[str, Term] = {}
    open_: tuple[re.Match[str], int] | None = None
    lines: list[str] = []

    def close() -> None:
        if open_ is not None:
            term = _term(*open_, "\n".join(lines).strip(), path, problems)
            if term and term.id in terms:
                where = f"it stands at line {terms[term.id].line} already"
                problems.add(path, term.line, 70, f"the term {term.id} is there twice", where)
            elif term:
                terms[term.id] = term
        lines.clear()

    for number, line in enumerate(source.split("\n"), 1):
        heading = _HEADING.match(line)
        if heading or _ANY.match(line):
            close()
            open_ = (heading, number) if heading else None
            if not heading and line.startswith("## "):
                problems.add(path, number, 70, "the term has no id", "write ## Availability Zone {#az}")
        else:
            lines.append(line)
    close()
    return dict(sorted(terms.items(), key=lambda pair: pair[1].name.casefold()))


def _term(heading: re.Match[str], line: int, means: str, path: str, problems: Problems) -> Term | None:
    found, also = _ID.search(heading["attributes"]), _ALSO.search(heading["attributes"])
    if not found:
        problems.add(path, line, 70, "the term has no id", "write ## Availability Zone {#az}")
        return None
    if not means:
        problems.add(path, line, 71, f"the term {found['id']} is not explained", "write below it what it means")
        return None
    names = tuple(name.strip() for name in (also["names"] if also else "").split(",") if name.strip())
    return Term(found["id"], heading["name"].strip(), names, means, path, line)
