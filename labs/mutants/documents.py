"""Documents in a solution: JSON and CloudFormation's YAML, to a tree and back. What is rendered is always JSON."""

from __future__ import annotations

import json
from typing import Any

import yaml

from graders.templates import TemplateLoader
from labs.content import yamls
from labs.mutants import shorthand
from labs.mutants.tree import Encoded, Node, Path

_YAML_FILES = (".yaml", ".yml", ".template")


def decode_file(text: str, file: str) -> Encoded | None:
    """Return the tree in a file's text, None where it has none that we can read."""
    if (found := decode_json(text)) is not None:
        return found
    if not file.endswith(_YAML_FILES):
        return None
    try:
        value = yaml.load(text, Loader=TemplateLoader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return Encoded("yaml", value) if isinstance(value, (dict, list)) else None


def decode_word(text: str) -> Node:
    """Return the tree in a word of a command: JSON, shorthand, or the word itself."""
    if (found := decode_json(text)) is not None:
        return found
    pairs = shorthand.parse(text)
    return text if pairs is None else Encoded("shorthand", pairs)


def decode_json(text: str) -> Encoded | None:
    """Return the mapping or list that a JSON text holds, and the trees in its own texts; None where it is none."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        value = json.loads(text, object_pairs_hook=_no_duplicates)
    except (ValueError, RecursionError):
        return None
    return Encoded("json", _deeper(value)) if isinstance(value, (dict, list)) else None


def encode(node: Node) -> str:
    """Return the text of a tree."""
    if not isinstance(node, Encoded):
        return str(node)
    return (
        shorthand.render(node.value) if node.kind == "shorthand" else json.dumps(_flat(node.value), ensure_ascii=False)
    )


def line_of(text: str, first_line: int, path: Path) -> int:
    """Return the line of what stands at `path` in a document whose first line is line `first_line` of its file."""
    return yamls.load(text, first_line).line(path)


def _deeper(node: Node) -> Node:
    if isinstance(node, dict):
        return {key: _deeper(one) for key, one in node.items()}
    if isinstance(node, list):
        return [_deeper(one) for one in node]
    return (decode_json(node) or node) if isinstance(node, str) else node


def _flat(node: Node) -> Node:
    if isinstance(node, Encoded):
        return encode(node)
    if isinstance(node, dict):
        return {key: _flat(one) for key, one in node.items()}
    return [_flat(one) for one in node] if isinstance(node, list) else node


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError("a key is written twice, and a change might be made to the one that does not count")
    return dict(pairs)
