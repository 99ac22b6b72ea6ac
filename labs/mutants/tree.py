"""Values inside a solution as trees: mappings, lists, scalars, and text that holds another tree (JSON in a string)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

Node = Any  # dict[str, Node] | list[Node] | Encoded | str | int | float | bool | None
Path = tuple[str | int, ...]

INSIDE: Final = "\ue00f"  # the step from a text into the tree that it holds
_LABELS: Final = ("Sid", "Name", "Key", "Id", "ID", "Rule", "RuleName", "AttributeName", "Effect")


@dataclass(frozen=True)
class Encoded:
    """A text that holds a tree: JSON, the CLI's shorthand (`Key=value,…`), or YAML (rendered as JSON, which it is)."""

    kind: Literal["json", "shorthand", "yaml"]
    value: Node


def children(node: Node) -> Iterator[tuple[str | int, Node]]:
    """Yield (step, child) of what is directly in a node."""
    if isinstance(node, Encoded):
        yield INSIDE, node.value
    elif isinstance(node, dict):
        yield from node.items()
    elif isinstance(node, list):
        yield from enumerate(node)


def walk(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Yield (path, node) of a node and all in it, in the order of the text."""
    yield path, node
    for step, child in children(node):
        yield from walk(child, (*path, step))


def put(node: Node, path: Path, value: Node) -> Node:
    """Return the tree with `value` at `path`."""
    if not path:
        return value
    if isinstance(node, Encoded):
        return Encoded(node.kind, put(node.value, path[1:], value))
    if isinstance(node, dict):
        return {key: put(child, path[1:], value) if key == path[0] else child for key, child in node.items()}
    return [put(child, path[1:], value) if index == path[0] else child for index, child in enumerate(node)]


def without(node: Node, path: Path) -> Node:
    """Return the tree without what stands at `path`: a member of a mapping, or an element of a list."""
    holder = at(node, path[:-1])
    rest = [(step, child) for step, child in children(holder) if step != path[-1]]
    return put(node, path[:-1], dict(rest) if isinstance(holder, dict) else [child for _, child in rest])


def at(node: Node, path: Path) -> Node:
    """Return what stands at `path`."""
    for step in path:
        node = node.value if isinstance(node, Encoded) else node[step]
    return node


def key_of(path: Path) -> str:
    """Return the name that a value goes by: the last step with a name, "" where there is none."""
    return next((step for step in reversed(path) if isinstance(step, str) and step != INSIDE), "")


def plain(key: str) -> str:
    """Return a name as it is compared: `--alarm-actions`, `AlarmActions` and `alarmActions` are one."""
    return "".join(letter for letter in key.lower() if letter.isalnum())


def label(node: Node) -> str:
    """Return what an element of a list is called: its own name, or what it is; "" where it has none."""
    if isinstance(node, Encoded):
        return label(node.value)
    if isinstance(node, dict):
        return next((str(node[key]) for key in _LABELS if isinstance(node.get(key), str)), "")
    return str(node).rpartition(":")[2] if isinstance(node, (str, int)) else ""
