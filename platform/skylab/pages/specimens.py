"""An item of each type, before and after an answer that is right in part: for those who build pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from courses.content import Item
from courses.content.items import parse_text, source_lines
from courses.content.source import Problems
from courses.selectors import Feedback, PublicItem, feedback, shown
from graders import items
from graders.items import CaseSpec, ChoiceSpec, LabSpec, MatchingSpec, NumberSpec, OrderingSpec, ResponseSpec

SOURCE = Path(__file__).with_name("specimens.md")


class Specimen(NamedTuple):
    """An item as it is asked, and as it is shown afterwards; a lab has no afterwards."""

    name: str
    template: str
    item: PublicItem
    after: PublicItem
    answered: Feedback | None


def read() -> tuple[list[Item], Problems]:
    """Return the items of specimens.md, and what is wrong with them."""
    problems = Problems()
    text = SOURCE.read_text(encoding="utf-8")
    lines = source_lines(text, path=SOURCE.name, first_line=1, problems=problems)
    return [
        one for one in parse_text(lines, path=SOURCE.name, domains={}, problems=problems) if isinstance(one, Item)
    ], problems


def specimens() -> list[Specimen]:
    """Return all of them."""
    found = []
    for item in read()[0]:
        order = items.orderable(item.type, item.spec)
        blank = items.blank(item.type, item.spec, order)
        after = f"{item.id}-after"
        answer = attempt(item.spec)
        told = None if answer is None else feedback(item.type, item.spec, answer, order=order, id=after)
        found.append(
            Specimen(
                item.id.removeprefix("specimen-"),
                f"items/{item.type}.html",
                shown(id=item.id, kind=item.type, stem=item.stem, blank=blank),
                shown(id=after, kind=item.type, stem=item.stem, blank=blank),
                told,
            )
        )
    return found


def attempt(spec: Any) -> Any:
    """Return an answer that is not all right."""
    match spec:
        case ChoiceSpec():
            return next(one.id for one in spec.options if not one.correct)
        case ResponseSpec():
            return frozenset(one.id for one in (spec.options[0], spec.options[1]))
        case OrderingSpec():
            ids = [one.id for one in spec.entries]
            return (ids[1], ids[0], ids[-1], *ids[3 : len(spec.steps)])
        case MatchingSpec():
            first, second, third, *_ = spec.pairs
            return (first, (second[0], third[1]), (third[0], spec.answers[-1].id))
        case NumberSpec():
            return spec.value + 5
        case CaseSpec():
            return {spec.parts[0].id: attempt(spec.parts[0].spec)}
        case LabSpec():
            return None
    return "aws s3 ls s3://reports" if spec.command else "eu-west-1"
