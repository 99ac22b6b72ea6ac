"""What differs between two looks at an account, in words: "Bucket invoices: Versioning went from off to enabled".

It knows what the lists of the Resources tab show (labs/explorer), and no more. Pure: nothing is asked here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from labs.explorer.model import Fact
from labs.explorer.reading import Group, Resource
from labs.explorer.registry import declared

__all__ = ["Comparison", "Difference", "compare"]

# Facts that are a list: what one of it is called, and what happens to one that comes or goes.
_LISTS: Final = {
    "In": ("inbound rule", "added", "removed"),
    "Policies": ("policy", "attached", "detached"),
    "Subscribers": ("subscriber", "added", "removed"),
    "Tells": ("action", "added", "removed"),
}
_NOTHING: Final = frozenset({"", "nothing", "none", "nobody"})
# What has a name of its own comes with its id, which says nothing where the name is the only one.
_WITH_ID: Final = re.compile(r"^(?P<name>.+) \([^()]+\)$")
_Key = tuple[str, str, str]


@dataclass(frozen=True)
class Difference:
    """A thing that was "added", "removed" or "changed", and the sentences that say so."""

    kind: str
    resource: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """All that differs, in the order of the Resources tab. `unread` are the services that could not be compared."""

    differences: tuple[Difference, ...] = ()
    unread: tuple[str, ...] = ()

    def count(self, kind: str) -> int:
        """Return how many things were "added", "removed" or "changed"."""
        return sum(one.kind == kind for one in self.differences)

    @property
    def summary(self) -> str:
        """Return it in one line: "3 added, 1 removed, 2 changed"."""
        counts = [(self.count(kind), kind) for kind in ("added", "removed", "changed")]
        return ", ".join(f"{count} {kind}" for count, kind in counts if count) or "Nothing has changed"

    @property
    def sentences(self) -> list[str]:
        """Return all sentences."""
        return [sentence for one in self.differences for sentence in one.sentences]


def compare(before: Sequence[Group], after: Sequence[Group]) -> Comparison:
    """Return what happened between two inventories of the same services."""
    failed = {group.id: group.title for group in (*before, *after) if group.failed}
    then, now = _resources(before, failed), _resources(after, failed)
    called = _names([*then, *now])
    order = {service: place for place, service in enumerate(declared())}
    keys = sorted(called, key=lambda key: (order.get(key[0], len(order)), key))
    found = (_difference(called[key], then.get(key), now.get(key)) for key in keys)
    return Comparison(tuple(one for one in found if one), tuple(failed.values()))


def _resources(groups: Iterable[Group], failed: Iterable[str]) -> dict[_Key, Resource]:
    skipped = set(failed)
    return {
        (group.id, resource.kind, resource.name): resource
        for group in groups
        if group.id not in skipped
        for resource in group.resources
    }


def _names(keys: Iterable[_Key]) -> dict[_Key, str]:
    """Return what each thing is called: without its id, where that leaves it a name of its own."""
    short = {key: match["name"] if (match := _WITH_ID.match(key[2])) else key[2] for key in set(keys)}
    often = Counter((key[1], name) for key, name in short.items())
    return {key: f"{key[1]} {name if often[key[1], name] == 1 else key[2]}" for key, name in short.items()}


def _difference(name: str, before: Resource | None, after: Resource | None) -> Difference | None:
    if before is None:
        return Difference("added", name, (f"{name} was added",))
    if after is None:
        return Difference("removed", name, (f"{name} was removed",))
    sentences = tuple(f"{name}: {what}" for what in _changes(before.facts, after.facts))
    return Difference("changed", name, sentences) if sentences else None


def _changes(before: Sequence[Fact], after: Sequence[Fact]) -> Iterator[str]:
    for label in dict.fromkeys(fact.label for fact in (*after, *before)):
        then = [fact for fact in before if fact.label == label]
        now = [fact for fact in after if fact.label == label]
        if label in _LISTS or len(then) > 1 or len(now) > 1:
            yield from _list_changes(label, then, now)
        else:
            yield from _change(label, then[0] if then else Fact(label, "none"), now[0] if now else Fact(label, "none"))


def _change(label: str, then: Fact, now: Fact) -> Iterator[str]:
    if then.value != now.value:
        yield f"{label} went from {then.value or 'nothing'} to {now.value or 'nothing'}"
    elif then.exact != now.exact:
        yield f"{label} was rewritten (still {now.value})"


def _list_changes(label: str, then: Sequence[Fact], now: Sequence[Fact]) -> Iterator[str]:
    one, come, gone = _LISTS.get(label, (label, "added", "removed"))
    old, new = Counter(_items(label, then)), Counter(_items(label, now))
    for item in (new - old).elements():
        yield f"{one} {item} was {come}"
    for item in (old - new).elements():
        yield f"{one} {item} was {gone}"


def _items(label: str, facts: Iterable[Fact]) -> Iterator[str]:
    for fact in facts:
        if fact.value in _NOTHING:
            continue
        # AWS keeps the sources of one port together; a learner thinks of each as a rule.
        ports, said, sources = fact.value.rpartition(" from ") if label == "In" else ("", "", fact.value)
        for source in sources.split(", "):
            yield f"{ports}{said}{source}"
