"""All mutants of a task: each operator at each place of its solution, in the order of the text."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from labs.content import Block, Task
from labs.content.draw import PLACEHOLDER
from labs.mutants import aws, documents
from labs.mutants.commands import COMMAND_OPERATORS
from labs.mutants.mappings import MAPPING_OPERATORS
from labs.mutants.model import Mutant
from labs.mutants.script import Command, Document, Part, Script, read, shown
from labs.mutants.tree import Encoded, Node, Path, at, key_of, label, plain, put, walk, without
from labs.mutants.values import IGNORED, VALUE_OPERATORS
from labs.sandboxes.runner import shell

LIST_OPERATORS = ("statement-left-out", "tag-left-out", "element-left-out")


@dataclass(frozen=True)
class _Change:
    """One change of one part: what is there instead of the part, and what becomes of it in ids and sentences."""

    operator: str
    parts: tuple[Part, ...]
    where: str
    what: str
    said: str
    line: int


def mutants(task: Task) -> tuple[Mutant, ...]:
    """Return the mutants of a task's main solution, each once, in the order of the text."""
    blocks = task.solutions
    scripts = [read(block) for block in blocks]
    origins = _origins([script for script in scripts if script])
    found: list[Mutant] = []
    seen: set[tuple[str, ...]] = set()
    ids: Counter[str] = Counter()
    for index, script in enumerate(scripts):
        for place, part in script.parts() if script else ():
            for change in _changes(part, origins):
                if script is None or change.parts == (part,):
                    continue
                changed = (*blocks[:index], script.changed(place, change.parts), *blocks[index + 1 :])
                texts = tuple(block.text for block in changed)
                if texts in seen or not _is_sound(changed):
                    continue
                seen.add(texts)
                name = ":".join(filter(None, (change.operator, _slug(change.where), _slug(change.what))))
                ids[name] += 1
                found.append(
                    Mutant(
                        id=name if ids[name] == 1 else f"{name}-{ids[name]}",
                        task=task.id,
                        operator=change.operator,
                        line=change.line,
                        description=f"line {change.line}: {shown(change.said)}",
                        blocks=changed,
                    )
                )
    return tuple(found)


def _changes(part: Part, origins: dict[str, str]) -> Iterator[_Change]:
    if isinstance(part, Document):
        yield from _document_changes(part)
    elif not aws.reads(part.operation):
        for name, operator in COMMAND_OPERATORS.items():
            if name != "left-out" and aws.removes(part.operation):
                continue
            for parts, said, what in operator(part, origins):
                yield _Change(name, parts, part.operation, what, said, part.line)
        if not aws.removes(part.operation):
            yield from _option_changes(part)


def _option_changes(command: Command) -> Iterator[_Change]:
    for index, option in enumerate(command.options):
        if not option.name or plain(option.name) in IGNORED:
            continue
        values = list(option.values)
        single = len(values) == 1 and isinstance(values[0], str)
        for operator, tree, what, said in _tree_changes(values, option.name):
            if single and aws.senseless(operator, command.service, command.operation, option.name):
                continue
            changed = dataclasses.replace(option, values=tuple(tree))
            options = (*command.options[:index], changed, *command.options[index + 1 :])
            parts = (dataclasses.replace(command, options=options),)
            yield _Change(operator, parts, command.operation, what, said, command.line)


def _document_changes(document: Document) -> Iterator[_Change]:
    body = document.text.rpartition("\n")[0] if document.head else document.text
    for operator, tree, what, said, path in _placed_changes(document.tree, ""):
        line = documents.line_of(body, document.line + 1, path[1:])
        parts = (dataclasses.replace(document, tree=tree),)
        yield _Change(operator, parts, document.file, what, f"{said} in {document.file}", line)


def _tree_changes(tree: Node, name: str) -> Iterator[tuple[str, Node, str, str]]:
    for operator, changed, what, said, _ in _placed_changes(tree, name):
        yield operator, changed, what, said


def _placed_changes(tree: Node, name: str) -> Iterator[tuple[str, Node, str, str, Path]]:
    """Yield (operator, the tree as it might have been, what was changed, what is said of it, where) of a tree.

    `name` is that of the option which holds the tree.
    """
    for path, node in walk(tree):
        key = key_of(path) or name
        owner = _owner(tree, path)
        if isinstance(node, dict):
            for operator, change in MAPPING_OPERATORS.items():
                for new, said, what in change(node):
                    yield operator, put(tree, path, new), f"{label(node)}-{what}", _of(said, label(node)), path
        elif isinstance(node, list):
            for operator, index, said in _shorter(node, key, path):
                what = f"{owner}-{key}-{label(node[index])}"
                yield operator, without(tree, (*path, index)), what, said, (*path, index)
        elif path and not isinstance(node, Encoded) and plain(key) not in IGNORED:
            for operator, values in VALUE_OPERATORS.items():
                for new in values(plain(key), node):
                    said = _of(f"{key} {_scalar(node)} → {_scalar(new)}", owner)
                    yield operator, put(tree, path, new), f"{owner}-{key}", said, path


def _shorter(elements: list[Node], key: str, path: Path) -> Iterator[tuple[str, int, str]]:
    """Yield (operator, index, sentence) of each element that may be left out."""
    if len(elements) < 2 or plain(key) in ("filters", "parameters"):
        return
    statement, tag, other = LIST_OPERATORS
    operator = statement if key == "Statement" else tag if "tag" in plain(key) else other
    for index, element in enumerate(elements):
        yield operator, index, f"{label(element) or f'element {index + 1}'} of {key} left out"


def _owner(tree: Node, path: Path) -> str:
    """Return the name of the nearest mapping around a place that has one: a statement's Sid, a dimension's Name."""
    for length in range(len(path) - 1, -1, -1):
        node = at(tree, path[:length])
        if isinstance(node, dict) and (name := label(node)) and name != at(tree, path):
            return name
    return ""


def _of(said: str, owner: str) -> str:
    return f"{said} ({owner})" if owner else said


def _scalar(value: Node) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _slug(text: str) -> str:
    text = re.sub(r"\ue002[qu]", "", text)
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.")


def _origins(scripts: list[Script]) -> dict[str, str]:
    parts = [part for script in scripts for _, part in script.parts()]
    return {part.into: f"{part.service} {part.operation}" for part in parts if isinstance(part, Command) and part.into}


def _is_sound(blocks: tuple[Block, ...]) -> bool:
    """Return whether blocks can be played: nothing uses a variable whose command was left out."""
    known: set[str] = set()
    for block in blocks:
        if block.language == "sh":
            statements = shell.parse(PLACEHOLDER.sub("x", block.text), block.line)
            if shell.undefined(statements, known):
                return False
    return True
