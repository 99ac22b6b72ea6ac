"""From the lines of a text to its items, with whatever stands between them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from courses.content.items import types
from courses.content.items.headings import ANY_HEADING, item_heading, read_heading
from courses.content.items.lines import Reader, SourceLine
from courses.content.items.types.choice import OPTION
from courses.content.model import Item, Text
from courses.content.source import Problems, did_you_mean
from graders import items
from graders.items import CaseSpec, LabSpec

_CHOICE = "choice"  # what an unknown type is read as, so that its options are not taken for the lesson's


def parse_text(
    lines: list[SourceLine],
    *,
    path: str,
    domains: Mapping[str, str],
    problems: Problems,
    labs: Collection[str] | None = None,
) -> tuple[Text | Item, ...]:
    """Return the text and the items of a Markdown text, in order; what is wrong with them goes to `problems`.

    labs: the slugs that items may name, or None where they are not known.
    """
    segments: list[Text | Item] = []
    plain: list[SourceLine] = []

    def close() -> None:
        if any(line.text.strip() for line in plain):
            segments.append(Text("\n".join(line.text for line in plain), plain[0].number))
        plain.clear()

    def read_item() -> Item | None:
        return _item(reader, domains, labs)

    reader = Reader(lines, path=path, problems=problems, read_item=read_item)
    while reader.at < len(lines):
        line = lines[reader.at]
        if item_heading(reader):
            close()
            item = read_item()
            if item:
                segments.append(item)
            continue
        if reader.matches(OPTION) and (not plain or not OPTION.match(plain[-1].text)):
            hint = "give its heading an id and a type, as in ### Which one? {#s3-which .choice}"
            problems.add(path, line.number, 27, "options stand here that belong to no item", hint)
        plain.append(line)
        reader.at += 1
    close()
    return tuple(segments)


def _item(reader: Reader, domains: Mapping[str, str], labs: Collection[str] | None) -> Item | None:
    """Read the item whose heading is here; None if it cannot stand."""
    match = item_heading(reader)
    assert match is not None
    line, path, problems = reader.lines[reader.at], reader.path, reader.problems
    before = (reader.item, reader.line, reader.level, reader.attributes)
    heading = read_heading(match, path, line.number, domains, problems)
    reader.item, reader.line, reader.level = heading.id, line.number, len(match["marks"])
    reader.attributes = dict(heading.others)
    kind = types.all().get(heading.type, types.all()[_CHOICE])
    stem = [match["stem"]]
    reader.at += 1
    while reader.at < len(reader.lines) and not reader.matches(ANY_HEADING) and not kind.begins(reader):
        stem.append(reader.text)
        reader.at += 1
    spec = kind.read(reader)
    reader.item, reader.line, reader.level, reader.attributes = before

    text = "\n".join(stem).strip()
    if not text:
        problems.add(path, line.number, 20, "the item asks nothing", "write the question between ### and {#…}")
    if spec is None:
        problems.add(path, line.number, 25, f"the item {heading.id} has nothing to answer", kind.hint)
    if not heading.id or heading.type not in types.all() or spec is None:
        return None
    item = Item(
        id=heading.id,
        type=heading.type,
        stem=text,
        spec=spec,
        domain=heading.domain,
        points=heading.points,
        path=path,
        line=line.number,
        difficulty=heading.difficulty,
        status=heading.status,
        skill=heading.skill,
    )
    if not before[0]:  # the questions of a case are held with it
        _hold(item, labs, problems)
    return item


def _hold(item: Item, labs: Collection[str] | None, problems: Problems) -> None:
    """Hold what the type wants of its spec; a draft may do without rationales."""
    kind = items.all()[item.type]
    told = kind.mistakes(item.spec, item.stem)
    if item.status != "draft":
        told = [*kind.unexplained(item.spec), *told]
    for sentence in told:
        problems.add(item.path, item.line, 26, f"{item.id}: {sentence}", _remedy(sentence))
    if isinstance(item.spec, LabSpec) and labs is not None and item.spec.lab not in labs:
        hint = did_you_mean(item.spec.lab, labs)
        problems.add(item.path, item.line, 12, f"there is no lab {item.spec.lab}", hint)
    if isinstance(item.spec, CaseSpec) and len({item.id, *(one.id for one in item.spec.parts)}) <= len(item.spec.parts):
        hint = "each question has an id of its own"
        problems.add(item.path, item.line, 24, f"{item.id}: an id is used twice in the case", hint)


def _remedy(sentence: str) -> str:
    return "write > and the reason below it, or status=draft" if sentence.endswith("has no rationale.") else ""
