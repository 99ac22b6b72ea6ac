"""Two items field by field, in the names that a loss report uses: what differs, and whether the report told it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass, replace
from typing import Any

from courses.content.model import Item
from courses.interchange.report import Loss, Losses
from graders.items import MatchingSpec

_ABSENT = "(not there)"


def flat(item: Item) -> dict[str, Any]:
    """Return an item's fields by path, as `spec.options[0].text`.

    Ids of options, steps and cells are not among them: they are made anew from the text. The answers of a matching
    item have no order (`spec.answers` is their texts sorted), and a prompt's `answer` is the text of its answer.
    """
    out: dict[str, Any] = {}
    _flatten("", {name: getattr(item, name) for name in _META}, out)
    _flatten("spec", item.spec, out)
    return out


_META = ("id", "type", "stem", "domain", "points", "difficulty", "status", "skill")


def _flatten(path: str, value: Any, out: dict[str, Any]) -> None:
    if isinstance(value, MatchingSpec):
        texts, right = {one.id: one.text for one in value.answers}, dict(value.pairs)
        for at, prompt in enumerate(value.prompts):
            where = f"{path}.prompts[{at}]"
            out |= {f"{where}.text": prompt.text, f"{where}.rationale": prompt.rationale}
            out[f"{where}.answer"] = texts.get(right.get(prompt.id, ""))
        out[f"{path}.answers"] = sorted(texts.values())
        out[f"{path}.answers.rationale"] = {one.text: one.rationale for one in value.answers}
        out[f"{path}.titles"] = value.titles
    elif is_dataclass(value):
        named = {one.name: getattr(value, one.name) for one in fields(value)}
        if path.endswith("]") and "spec" not in named:
            named.pop("id", None)
        _flatten(path, named, out)
    elif isinstance(value, dict):
        for name, one in value.items():
            _flatten(f"{path}.{name}" if path else name, one, out)
    elif isinstance(value, tuple):
        out[f"{path}.count"] = len(value)
        for at, one in enumerate(value):
            _flatten(f"{path}[{at}]", one, out)
    else:
        out[path] = value


def told(path: str, losses: Iterable[Loss]) -> bool:
    """Whether a report tells of a change at a path: it names the path itself, or something that holds it."""
    return any(
        loss.kind != "limited"
        and (loss.field == "item" or path == loss.field or path.startswith((f"{loss.field}.", f"{loss.field}[")))
        for loss in losses
    )


def differences(before: Item, after: Item | None, losses: Iterable[Loss] = ()) -> list[str]:
    """Return the paths at which two items differ and of which the losses do not tell."""
    told_of = [loss for loss in losses if loss.item == before.id]
    if after is None:
        return [] if told("item", told_of) else ["item"]
    old, new = flat(before), flat(after)
    return [
        path
        for path in sorted(old.keys() | new.keys())
        if old.get(path, _ABSENT) != new.get(path, _ABSENT) and not told(path, told_of)
    ]


def cleaned(item: Item, clean: Callable[[str], str], losses: Losses, why: str) -> Item:
    """Return the item with `clean` made to all its texts; where that changes one, the losses tell it, and `why`."""
    after: Item = replace(item, stem=clean(item.stem), spec=_mapped(item.spec, clean))
    if after != item:
        for path in differences(item, after):
            losses.add(path, "changed", why)
    return after


def _mapped(value: Any, clean: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, tuple):
        return tuple(_mapped(one, clean) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        kept = ("id", "type", "lab")
        return replace(
            value, **{f.name: _mapped(getattr(value, f.name), clean) for f in fields(value) if f.name not in kept}
        )
    return value
