"""Sentences for learners that can be said in another language: a template, and the values that it names.

The English template is the key (as in gettext): a catalogue of a language maps it to a template of that language with
the same names. A sentence without values, and one that a catalogue lacks, stays as it is.
"""

from __future__ import annotations

import ast
import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graders.result import Result

__all__ = ["FIELDS", "Catalogue", "Message", "catalogue", "plain", "templates", "translated"]

HERE = Path(__file__).parent
LOCALE = HERE / "locale"
FIELDS = ("looked_at", "found", "needed", "try_", "counterexample")


class Message(str):
    """A finished English sentence that remembers how it was made.

    Values fill the template by name only; what a value holds is never read as a template.
    """

    template: str
    values: dict[str, str]

    def __new__(cls, template: str, values: Mapping[str, Any] | None = None) -> Message:
        shown = {name: plain(value) for name, value in (values or {}).items()}
        message = super().__new__(cls, template.format_map(shown) if shown else template)
        message.template, message.values = str(template), shown
        return message


@dataclass(frozen=True)
class Catalogue:
    """The templates of one language (`language` as in "de"), by the English ones."""

    language: str
    templates: Mapping[str, str]


@functools.cache
def catalogue(language: str) -> Catalogue | None:
    """The catalogue of a language ("de", or "de" for "de-at"): graders/locale/<language>.json, or None."""
    for name in (language, language.partition("-")[0]):
        path = LOCALE / f"{name}.json"
        if name.replace("-", "").isalnum() and path.is_file():
            said = json.loads(path.read_text())
            return Catalogue(name, {template: text for template, text in said.items() if text})
    return None


def templates(folder: Path = HERE) -> list[str]:
    """Every template that a check of `folder` may say, sorted: what a translator has to know. Reads, runs nothing."""
    found = {text for path in folder.rglob("*.py") for text in _said_in(ast.parse(path.read_text()))}
    return sorted(text for text in found if text.strip())


def _said_in(tree: ast.AST) -> Iterator[str]:
    """The texts of a module that become a Fail: in a call of Fail, or of a function here that returns one."""
    makers = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and _makes_fail(node)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = _name(node.func)
        if name.endswith("Fail"):
            texts = [*node.args[:1], *(each.value for each in node.keywords if each.arg in FIELDS)]
        elif name in makers:
            texts = [*node.args, *(each.value for each in node.keywords)]
        else:
            continue
        for text in texts:
            for each in ast.walk(text):
                if (
                    isinstance(each, ast.Constant)
                    and isinstance(each.value, str)
                    and (name not in makers or " " in each.value)
                ):
                    yield each.value


def _makes_fail(function: ast.FunctionDef) -> bool:
    return function.returns is not None and "Fail" in ast.unparse(function.returns)


def _name(function: ast.expr) -> str:
    return getattr(function, "id", getattr(function, "attr", ""))


def translated(result: Result, catalogue: Catalogue) -> Result:
    """`result` with every sentence that the catalogue has said in its language. Raises nothing: a bad one is left out."""
    said: dict[str, str] = {}
    for field, template in result.templates.items():
        other = catalogue.templates.get(template)
        if other is None:
            continue
        try:
            said[field] = other.format_map(result.values) if result.values else other
        except (KeyError, IndexError, ValueError):
            continue
    return replace(result, **said)  # type: ignore[arg-type]


def plain(value: Any) -> str:
    """A value as a sentence shows it: a list by its items, nothing as "none"."""
    return (", ".join(str(one) for one in value) or "none") if isinstance(value, (list, tuple, set)) else str(value)
