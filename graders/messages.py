"""Sentences for learners that can be said in another language: a template, and the values that it names.

The English template is the key (as in gettext): a catalogue of a language maps it to a template of that language with
the same names. A sentence without values, and one that a catalogue lacks, stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graders.result import Result

__all__ = ["FIELDS", "Catalogue", "Message", "plain", "translated"]

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
