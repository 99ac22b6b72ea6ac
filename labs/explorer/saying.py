"""What several services say and do in the same way: tags, policies, counts, and parameters without what is not given."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from labs.explorer.model import Action, At, Call, Fact, Pairs, Tone, Values

ANYWHERE = ("0.0.0.0/0", "::/0")
TagCalls = Callable[[At, dict[str, str], list[str]], Iterable[Call]]


def given(**parameters: Any) -> dict[str, Any]:
    """Return the parameters that say something: neither None nor empty text, list or dict. 0 and False do."""
    return {name: value for name, value in parameters.items() if value is not None and value not in ("", [], {}, ())}


def given_or_none(**parameters: Any) -> dict[str, Any] | None:
    """Return the parameters that say something, or None where none does: `call` then leaves the whole structure out."""
    return given(**parameters) or None


def changed(v: Values, at: At, *names: str) -> dict[str, Any]:
    """Return those of the fields whose value is another than what `initial` found."""
    return {name: v[name] for name in names if v.get(name) is not None and v[name] != at.before.get(name)}


def count(number: int, one: str, many: str = "") -> str:
    """Return "1 rule", "3 rules", "no rules"."""
    return f"{number or 'no'} {one if number == 1 else many or f'{one}s'}"


def decoded(policy: Any) -> dict[str, Any]:
    """Return a policy document, however a service gives it; {} where there is none or it cannot be read."""
    if isinstance(policy, Mapping):
        return dict(policy)
    try:
        found = json.loads(policy or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def statements_of(policy: Any) -> list[dict[str, Any]]:
    """Return the statements of a policy document (one alone is a list of one)."""
    found = decoded(policy).get("Statement", [])
    return [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, dict)]


def policy_fact(label: str, policy: Any) -> Fact:
    """Return how many statements a policy has; worth a look where one lets everybody in, on no condition."""
    found = statements_of(policy)
    text = policy if isinstance(policy, str) else json.dumps(policy) if policy else ""
    if not found:
        return Fact(label, "none" if not text else "empty", exact=text)
    words = count(len(found), "statement")
    if any(open_to_all(one) for one in found):
        return Fact(label, f"{words}, open to everybody", "bad", text)
    return Fact(label, words, exact=text)


def open_to_all(statement: Mapping[str, Any]) -> bool:
    """Return whether a statement allows anybody, whatever the circumstances: a hint for the eye, not the engine's verdict."""
    who = statement.get("Principal")
    everyone = who == "*" or (isinstance(who, Mapping) and "*" in _listed(who.get("AWS")))
    return statement.get("Effect") == "Allow" and everyone and not statement.get("Condition")


def all_powerful(policy: Any) -> bool:
    """Return whether a policy allows every action on every resource."""
    return any(
        one.get("Effect") == "Allow" and "*" in _listed(one.get("Action")) and "*" in _listed(one.get("Resource"))
        for one in statements_of(policy)
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def properties(data: Mapping[str, Any], *names: str | tuple[str, str]) -> tuple[Fact, ...]:
    """Return those properties of an answer that are there, in this order: names, or (name, words) where AWS's are unclear."""
    found = []
    for one in names:
        name, label = one if isinstance(one, tuple) else (one, one)
        if data.get(name) not in (None, "", [], {}):
            found.append(Fact(label, said(data[name])))
    return tuple(found)


def said(value: Any) -> str:
    """Return a value of an answer as one reads it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    if isinstance(value, (dict, list)):
        return json.dumps(value, default=str)
    return str(value)


def state_fact(value: str, *, good: Iterable[str] = (), bad: Iterable[str] = (), label: str = "State") -> Fact:
    """Return a state as a fact, with its tone."""
    tone: Tone = "good" if value in set(good) else "bad" if value in set(bad) else ""
    return Fact(label, value, tone)


def edit_tags(save: TagCalls) -> Action:
    """Return the action that edits a thing's tags. `save(at, to set, keys to remove)` makes the calls for what changed."""

    def calls(v: Values, at: At) -> Iterable[Call]:
        wanted, before = v["tags"] or {}, dict(at.thing.tags or {})
        to_set = {key: value for key, value in wanted.items() if before.get(key) != value}
        return save(at, to_set, [key for key in before if key not in wanted])

    return Action(
        "tags",
        "Edit tags",
        calls,
        fields=(Pairs("tags", "Tags", help="Labels for people, bills and policies. Keys are case-sensitive."),),
        initial=lambda account, at: {"tags": dict(at.thing.tags or {})},
    )


def tags_by(
    service: str, put: str, remove: str, parameter: str, *, by: str = "arn", keys: tuple[str, str] = ("Tags", "TagKeys")
) -> Action:
    """Return the action that edits tags where the service has one call to set and one to remove, on an id or an ARN."""

    def save(at: At, to_set: dict[str, str], to_remove: list[str]) -> Iterable[Call]:
        where = getattr(at.thing, by)
        if to_set:
            tags = [{"Key": key, "Value": value} for key, value in to_set.items()]
            yield Call(service, put, {parameter: where, keys[0]: tags})
        if to_remove:
            yield Call(service, remove, {parameter: where, keys[1]: to_remove})

    return edit_tags(save)


def tag_map_by(service: str, put: str, remove: str, parameter: str, *, by: str = "arn", key: str = "Tags") -> Action:
    """Return the same where tags are set as a map."""

    def save(at: At, to_set: dict[str, str], to_remove: list[str]) -> Iterable[Call]:
        where = getattr(at.thing, by)
        if to_set:
            yield Call(service, put, {parameter: where, key: to_set})
        if to_remove:
            yield Call(service, remove, {parameter: where, "TagKeys" if key == "Tags" else "tagKeys": to_remove})

    return edit_tags(save)


def if_on(switch: str) -> tuple[str, str]:
    """Return the `when` of a field that is shown while a switch is on."""
    return switch, "on"


def unpacked(text: str) -> str:
    """Return what base64 holds, as text; what is none stays as it is (a template may have been filled by hand)."""
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except ValueError:
        return text
