"""YAML as authors need it: safe, with the line of every value, duplicate keys refused, `key: {{ name }}` allowed.

Scalars follow YAML 1.2's core schema, so that `on`, `12:30:00`, `2024-01-01` and `012` stay text.
Anchors and aliases are refused: a lab has no use for them, and they are how a small file becomes a great one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

Path = tuple[str | int, ...]

MAX_DEPTH = 20
_OPEN, _CLOSE = "\ue000", "\ue001"  # private-use characters stand in for the braces while YAML is parsed
_BRACES = re.compile(r"\{\{([^{}\n]*)\}\}")
_STAND_IN = re.compile(f"{_OPEN}([^{_CLOSE}]*){_CLOSE}")


class _Loader(yaml.SafeLoader):
    """SafeLoader with YAML 1.2's scalars."""


class _Quick(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The same in C, several times as fast, where libyaml is there. What it refuses, the other says in its own words."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"~|null|", "~n\0"),
    ("bool", r"true|false", "tf"),
    ("int", r"[-+]?(0|[1-9][0-9]{0,40})", "-+0123456789"),
    ("float", r"[-+]?(0|[1-9][0-9]*)?\.[0-9]+([eE][-+]?[0-9]+)?", "-+.0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^({_pattern})$"), [*_first, ""])
_Quick.yaml_implicit_resolvers = _Loader.yaml_implicit_resolvers


@dataclass
class Document:
    """What a YAML text says. `lines` maps a path, as ("parameters", "cidr"), to its line; () is the first."""

    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    mistakes: list[tuple[int, str, str]] = field(default_factory=list)  # line, message, hint

    def line(self, path: Path) -> int:
        """Return the line of the value at `path`, or of the nearest one that holds it."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 1)


def load(text: str, first_line: int) -> Document:
    """Parse YAML whose first line is line `first_line` of its file. Never raises; mistakes are in the document."""
    # The stand-in is as long in lines as the original, and is a plain scalar wherever it stands.
    text = _BRACES.sub(lambda match: f"{_OPEN}{match[1].strip()}{_CLOSE}", text)
    quick = _load(text, first_line, _Quick)
    return _load(text, first_line, _Loader) if quick.mistakes else quick


def _load(text: str, first_line: int, loader: Any) -> Document:
    document = Document(lines={(): first_line})
    try:
        _refuse_excess(text, loader)
        node = yaml.compose(text, Loader=loader)
        if node is not None:
            _read_lines(node, (), first_line, document)
            if not document.mistakes:
                document.value = _restore(_Loader("").construct_document(node))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = first_line + (mark.line if mark else 0)
        what = error.problem or error.context or "YAML cannot be read"
        document.mistakes.append((line, f"not YAML: {_restore(what)}", _remedy(text, mark.line if mark else 0)))
    except (yaml.YAMLError, ValueError, TypeError) as error:
        document.mistakes.append((first_line, f"not YAML: {_restore(str(error))}", ""))
    return document


def _refuse_excess(text: str, loader: Any) -> None:
    depth = 0
    event: Any  # its marks are typed by two loaders
    for event in yaml.parse(text, Loader=loader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise yaml.MarkedYAMLError(
                problem="anchors and aliases (& and *) are not supported; write the value out, or quote it",
                problem_mark=event.start_mark,
            )
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise yaml.MarkedYAMLError(problem="nested too deep", problem_mark=event.start_mark)


def _read_lines(node: yaml.Node, path: Path, first_line: int, document: Document) -> None:
    document.lines.setdefault(path, first_line + node.start_mark.line)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            name = _restore(key.value) if isinstance(key, yaml.ScalarNode) else None
            line = first_line + key.start_mark.line
            if name is None:
                document.mistakes.append((line, "not YAML: a key must be text", "put braces and brackets in quotes"))
            elif (*path, name) in document.lines:
                earlier = document.lines[*path, name]
                document.mistakes.append((line, f"{name} is written twice", f"it stands on line {earlier} already"))
            else:
                document.lines[*path, name] = line
                _read_lines(value, (*path, name), first_line, document)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _read_lines(value, (*path, index), first_line, document)


def _restore(value: Any) -> Any:
    """Put the braces back, `{{ name }}` with one space each side, everywhere in a value."""
    if isinstance(value, str):
        return _STAND_IN.sub(r"{{ \1 }}", value)
    if isinstance(value, list):
        return [_restore(one) for one in value]
    if isinstance(value, dict):
        return {_restore(key): _restore(one) for key, one in value.items()}
    return value


def _remedy(text: str, line: int) -> str:
    lines = text.split("\n")
    written = lines[line] if line < len(lines) else ""
    if "\t" in written:
        return "indent with spaces, not tabs"
    if re.search(r":\s+[@`%*&!|>\[{]|: .*: ", written):
        return "put the value in quotes"
    return ""
