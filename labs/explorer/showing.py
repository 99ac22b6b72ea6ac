"""What the drawer and the answers say: properties of things, related things, answers as trees."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from graders import Account
from labs.explorer.model import Action, Fact, Kind, Part, Row, Service, Thing
from labs.explorer.reading import matching

__all__ = ["Drawer", "address", "drawer", "json_text", "tree"]

_MOST: Final = 60
_AT_HAND: Final = 6
_WIDEST: Final = 300


@dataclass(frozen=True)
class Related:
    """Another thing, by what it is to this one; `address` is "" where it is not there."""

    about: str
    name: str
    kind: str
    address: str


@dataclass(frozen=True)
class RowShown:
    """A row with its actions."""

    row: Row
    actions: tuple[Action, ...]


@dataclass(frozen=True)
class PartShown:
    """A part with its rows and actions."""

    part: Part
    rows: tuple[RowShown, ...]
    actions: tuple[Action, ...]
    has_row_actions: bool


@dataclass(frozen=True)
class Drawer:
    """A thing with all that is shown of it."""

    service: Service
    kind: Kind
    thing: Thing
    actions: tuple[Action, ...]
    more: tuple[Action, ...]  # those that are not at hand at once
    properties: tuple[Fact, ...]
    parts: tuple[PartShown, ...]
    related: tuple[Related, ...]
    json: str


def address(service: str, kind: str, id: str) -> str:
    """Return the address of a thing within the page."""
    return f"#resources={service}/{kind}/{quote(id, safe='')}"


def drawer(account: Account, service: Service, kind: Kind, thing: Thing) -> Drawer:
    """Return what the drawer shows of a thing."""
    fitting = tuple(one for one in kind.actions if not one.new and (one.when is None or one.when(thing)))
    parts = tuple(_part(one, fitting) for one in thing.parts)
    said = {fact.label for fact in thing.facts}
    more = [one for one in thing.properties or _properties(thing.data) if one.label not in said]
    arn = (Fact("ARN", thing.arn),) if thing.arn and thing.arn != thing.id else ()
    own = [one for one in fitting if not one.part]
    # What destroys stands last; of many, the first few are at hand.
    own = [*(one for one in own if not one.danger), *(one for one in own if one.danger)]
    at_hand = len(own) if len(own) <= _AT_HAND + 2 else _AT_HAND
    return Drawer(
        service,
        kind,
        thing,
        tuple(own[:at_hand]),
        tuple(own[at_hand:]),
        (*arn, *thing.facts, *more),
        parts,
        tuple(_related(account, thing)),
        json_text(thing.data) if thing.data is not None else "",
    )


def _part(part: Part, actions: tuple[Action, ...]) -> PartShown:
    own = tuple(one for one in actions if one.part == part.id)
    rows = tuple(RowShown(row, tuple(one for one in own if one.row)) for row in part.rows)
    return PartShown(part, rows, tuple(one for one in own if not one.row), any(one.row for one in own))


def _related(account: Account, thing: Thing) -> Iterator[Related]:
    for link in thing.links:
        found = matching(account, link.kind, link.id)
        if found is None:
            yield Related(link.about, link.name or link.id, "", "")
        else:
            service, kind, there = found
            yield Related(link.about, link.name or there.name, kind.one, address(service.id, kind.id, there.id))


def _properties(data: Any) -> Iterator[Fact]:
    """Yield what an API's answer says in single values; what is deeper is in the JSON."""
    if not isinstance(data, Mapping):
        return
    for name, value in list(data.items())[:_MOST]:
        if isinstance(value, bool):
            yield Fact(name, "yes" if value else "no")
        elif isinstance(value, str | int | float | datetime) and value != "":
            text = value.strftime("%Y-%m-%d %H:%M:%S %Z").strip() if isinstance(value, datetime) else str(value)
            yield Fact(name, text if len(text) <= _WIDEST else f"{text[:_WIDEST]}…", exact=text)
        elif isinstance(value, list) and value and all(isinstance(one, str | int) for one in value):
            yield Fact(name, ", ".join(map(str, value[:20])))


def json_text(value: Any) -> str:
    """Return a value as JSON that one reads; text that holds a document is shown as it stands."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


@dataclass(frozen=True)
class Node:
    """A value of an answer: `text` where it is a single one, else what it holds."""

    name: str
    text: str
    nodes: tuple[Node, ...] = ()
    about: str = ""
    open: bool = False


def tree(value: Any, name: str = "", depth: int = 0) -> Node:
    """Return an answer as a tree."""
    if depth > 12:
        return Node(name, "…")
    match value:
        case Mapping():
            nodes = tuple(tree(one, str(key), depth + 1) for key, one in list(value.items())[:500])
            return Node(
                name,
                "" if nodes else "{}",
                nodes,
                f"{len(value)} {'entry' if len(value) == 1 else 'entries'}",
                depth < 3,
            )
        case list() | tuple():
            nodes = tuple(tree(one, str(place), depth + 1) for place, one in enumerate(value[:200]))
            return Node(name, "" if nodes else "[]", nodes, f"{len(value)} in a list", depth < 2)
        case bool():
            return Node(name, str(value).lower())
        case None:
            return Node(name, "null")
    return Node(name, str(_plain(value) if isinstance(value, bytes | datetime) else value)[:4000])
