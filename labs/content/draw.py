"""A session's own values: drawn from its seed, and put in place of `{{ name }}`, by name only."""

from __future__ import annotations

import dataclasses
import hashlib
import random
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from graders import CheckCall
from labs.content.model import GIVEN_NAMES, Lab, Parameter

T = TypeVar("T")

PLACEHOLDER = re.compile(r"\{\{([^{}\n]*)\}\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PIECE = re.compile(r"\{([^{}]*)\}")
_COUNTED = re.compile(r"(hex|digits|letters)([1-9]|1[0-6])")

# fmt: off
WORDS = {
    "color": (
        "amber", "azure", "black", "blue", "bronze", "coral", "crimson", "cyan", "gold", "green", "indigo", "ivory",
        "jade", "lime", "mint", "navy", "ochre", "olive", "orange", "pearl", "pink", "plum", "purple", "red", "rose",
        "ruby", "sand", "scarlet", "silver", "slate", "teal", "violet", "white", "yellow",
    ),
    "animal": (
        "badger", "bear", "beaver", "bison", "crane", "deer", "dove", "eagle", "elk", "falcon", "ferret", "finch",
        "fox", "gecko", "hare", "hawk", "heron", "horse", "ibex", "koala", "lark", "lemur", "lion", "lynx", "marten",
        "mole", "moose", "otter", "owl", "panda", "puma", "raven", "robin", "seal", "swan", "tiger", "wolf",
    ),
}
# fmt: on
ALPHABETS = {"hex": "0123456789abcdef", "digits": "0123456789", "letters": "abcdefghijklmnopqrstuvwxyz"}


def pattern_mistake(pattern: str) -> str:
    """Return what is wrong with a parameter's pattern, as a sentence, or ""."""
    pieces = _PIECE.findall(pattern)
    for piece in pieces:
        if piece not in WORDS and not _COUNTED.fullmatch(piece):
            return f"{{{piece}}} is not known; use {{color}}, {{animal}}, {{hex4}}, {{digits3}} or {{letters5}}"
    if set(_PIECE.sub("", pattern)) & set("{}"):
        return "a brace is left over"
    if not pieces:
        return "is the same for everybody; add a piece such as {hex4}, or write the value in the text"
    return ""


def draw(lab: Lab, seed: str) -> dict[str, str]:
    """Return the values of a lab's parameters for a session's seed: the same each time, no two of them alike.

    `account_id` and `region` are the session's to add.
    """
    chance = random.Random(hashlib.sha256(f"{lab.slug}{seed}".encode()).digest())  # noqa: S311 - for variety
    values: dict[str, str] = {}
    for name, parameter in lab.parameters.items():
        # Two networks drawn from one list must not be the same network.
        for _ in range(100):
            values[name] = _one(parameter, chance)
            if list(values.values()).count(values[name]) == 1:
                break
    return values


def _one(parameter: Parameter, chance: random.Random) -> str:
    if parameter.one_of:
        return chance.choice(parameter.one_of)
    return _PIECE.sub(lambda match: _piece(match[1], chance), parameter.pattern)


def _piece(piece: str, chance: random.Random) -> str:
    if piece in WORDS:
        return chance.choice(WORDS[piece])
    counted = _COUNTED.fullmatch(piece)
    if counted is None:
        raise ValueError(f"{piece} was not validated")
    return "".join(chance.choices(ALPHABETS[counted[1]], k=int(counted[2])))


def placeholders(text: str) -> Iterator[tuple[str, bool]]:
    """Yield (what stands between the braces, whether it is a name) of each `{{ … }}` of a text.

    CloudFormation's `{{resolve:…}}` is not ours, and is left alone.
    """
    for match in PLACEHOLDER.finditer(text):
        inner = match[1].strip()
        if not inner.startswith("resolve:"):
            yield inner, bool(_NAME.fullmatch(inner))


def substitute(value: Any, values: Mapping[str, str]) -> Any:
    """Return a value with each `{{ name }}` in its text replaced; texts in lists, mappings and dataclasses too.

    Raises KeyError for a name that has no value.
    """
    if isinstance(value, str):
        return PLACEHOLDER.sub(
            lambda match: values[match[1].strip()] if _NAME.fullmatch(match[1].strip()) else match[0], value
        )
    if isinstance(value, (list, tuple)):
        return type(value)(substitute(one, values) for one in value)
    if isinstance(value, dict):
        return {substitute(key, values): substitute(one, values) for key, one in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        # A check's name is never text to fill in; it decides what code runs.
        keep = {"name"} if isinstance(value, CheckCall) else set()
        changes = {
            one.name: substitute(getattr(value, one.name), values)
            for one in dataclasses.fields(value)
            if one.name not in keep
        }
        return dataclasses.replace(value, **changes)
    return value


def bind(lab: Lab, values: Mapping[str, str]) -> Lab:
    """Return the lab with a session's values in all its texts, blocks and checks.

    `values` holds the drawn parameters, `account_id` and `region`. Raises KeyError where one is missing.
    """
    missing = [name for name in (*lab.parameters, *GIVEN_NAMES) if name not in values]
    if missing:
        raise KeyError(f"no value for {', '.join(missing)} of lab {lab.slug}")
    values = {name: str(value) for name, value in values.items()}
    return dataclasses.replace(
        lab,
        intro=substitute(lab.intro, values),
        start=substitute(lab.start, values),
        tasks=substitute(lab.tasks, values),
        principal=substitute(lab.principal, values),
    )
