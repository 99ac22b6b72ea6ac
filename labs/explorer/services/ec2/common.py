"""What all things of EC2 have in common: a Name tag, tags by one pair of calls, and states."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from labs.explorer.model import Action, At, Call, Fact, Link, Thing, call, tag_list, tags_of
from labs.explorer.saying import edit_tags

TYPES = (
    *("t3.nano", "t3.micro", "t3.small", "t3.medium", "t3.large", "t2.micro", "t2.small", "t4g.micro", "t4g.small"),
    *("m5.large", "m7g.large", "c5.large", "c7g.large", "r5.large"),
)


def named(data: Mapping[str, Any]) -> str:
    """Return the Name tag, or ""."""
    return tags_of(data.get("Tags")).get("Name", "")


def thing(id: str, data: dict[str, Any], *facts: Fact, arn: str = "", links: Iterable[Link] = ()) -> Thing:
    """Return a thing whose name is its Name tag and its id."""
    name = named(data)
    words = f"{name} ({id})" if name else id
    return Thing(id, words, facts, arn, data, tags=tags_of(data.get("Tags")), links=tuple(links))


def tagged(resource: str, tags: Mapping[str, str] | None, name: str | None = None) -> list[dict[str, Any]] | None:
    """Return tags (and a Name) as EC2's create calls want them, or None."""
    wanted = {**({"Name": name} if name else {}), **(tags or {})}
    return [{"ResourceType": resource, "Tags": tag_list(wanted)}] if wanted else None


def _save_tags(at: At, to_set: dict[str, str], to_remove: list[str]) -> Iterator[Call]:
    if to_set:
        yield call("ec2", "create_tags", Resources=[at.thing.id], Tags=tag_list(to_set))
    if to_remove:
        yield call("ec2", "delete_tags", Resources=[at.thing.id], Tags=[{"Key": key} for key in to_remove])


TAGS: Action = edit_tags(_save_tags)
