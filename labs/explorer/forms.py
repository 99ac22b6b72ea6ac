"""A form: the fields of an action with what stands in them, read leniently for a preview and strictly to be saved.

What was typed is kept as it was typed, right or wrong: a form that comes back has lost nothing.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as made
from datetime import datetime
from typing import Any, Final

from labs.explorer import policies
from labs.explorer.model import (
    Bytes,
    Choice,
    Choices,
    Cidr,
    Content,
    Cron,
    Field,
    Group,
    Json,
    Lines,
    Number,
    Pairs,
    Pick,
    Picks,
    Policy,
    Repeat,
    Switch,
    Text,
    Values,
)  # fmt: skip

__all__ = ["Bound", "Data", "Form", "Option", "flat"]

PREFIX: Final = "f."
MOST_ROWS: Final = 100
NUMBER: Final = "XiX"
Data = Mapping[str, Sequence[str]]
Options = Callable[[Pick | Picks], list["Option"]]
_INDEX: Final = re.compile(r"(\d{1,4})(?:\.|$)")
_CRON: Final = re.compile(r"rate\(\d+ (minute|hour|day)s?\)|cron\(\S+( \S+){5}\)|at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\)")


@dataclass(frozen=True)
class Option:
    """What one can choose."""

    value: str
    words: str


@dataclass
class Bound:
    """A field with what stands in it. `path` is its name in the form, dotted; `kind` the word for its template."""

    field: Field
    path: str
    kind: str
    raw: Any = ""
    options: list[Option] = made(default_factory=list)
    children: list[Bound] = made(default_factory=list)
    rows: list[list[Bound]] = made(default_factory=list)
    blank: list[Bound] = made(default_factory=list)
    shown: bool = True
    marks: list[str] = made(default_factory=list)
    pretty: list[tuple[str, str]] = made(default_factory=list)  # starters, as they are put into the field

    @property
    def name(self) -> str:
        return PREFIX + self.path

    @property
    def id(self) -> str:
        return "ex-f-" + re.sub(r"[^A-Za-z0-9]", lambda match: f"_{ord(match[0]):x}_", self.path)

    @property
    def switch(self) -> str:
        """Return the name of the field that says whether this one is shown."""
        return PREFIX + self._beside(self.field.when[0]) if self.field.when else ""

    def _beside(self, name: str) -> str:
        return f"{self.path.rpartition('.')[0]}.{name}".lstrip(".")


class Form:
    """The fields of an action, filled from `data` (names without the prefix)."""

    def __init__(
        self,
        fields: Iterable[Field],
        data: Data,
        *,
        files: Mapping[str, bytes] | None = None,
        options: Options | None = None,
    ) -> None:
        self._data, self._files, self._options = data, files or {}, options
        self.fields = [self._bind(one, one.name) for one in fields]
        self.problems: list[str] = []

    # --- What stands in it ---

    def _bind(self, one: Field, path: str) -> Bound:
        bound = Bound(one, path, type(one).__name__.lower())
        text = self._text(path)
        match one:
            case Group():
                bound.children = [self._bind(each, f"{path}.{each.name}") for each in one.fields]
            case Repeat():
                places = self._places(path)
                bound.rows = [self._row(one, path, str(place)) for place in places]
                # The row that "Add" adds; the page puts its number in the place of XiX.
                blank = Form((), flat(_named(one.fields), {}, f"{path}.{NUMBER}."), options=self._options)
                bound.blank = blank._row(one, path, NUMBER)
            case Pairs():
                bound.raw = [
                    (self._text(f"{path}.{place}.key"), self._text(f"{path}.{place}.value"))
                    for place in self._places(path)
                ]
            case Choices() | Picks():
                bound.raw = [each for each in self._data.get(path, ()) if each]
            case Switch():
                bound.raw = text == "on"
            case _:
                bound.raw = text
        bound.options = self._options_of(one, bound.raw)
        if isinstance(one, Json | Policy):
            bound.pretty = [(words, _pretty(document)) for words, document in one.starters]
        bound.shown = self._is_shown(bound)
        return bound

    def _row(self, one: Repeat, path: str, place: str) -> list[Bound]:
        return [self._bind(each, f"{path}.{place}.{each.name or 'v'}") for each in one.fields]

    def _text(self, path: str) -> str:
        values = self._data.get(path, ())
        return str(values[-1]).replace("\r\n", "\n") if values else ""

    def _places(self, path: str) -> list[int]:
        found = set()
        for name in self._data:
            if name.startswith(f"{path}.") and (match := _INDEX.match(name, len(path) + 1)):
                found.add(int(match[1]))
        return sorted(found)[:MOST_ROWS]

    def _options_of(self, one: Field, raw: Any) -> list[Option]:
        if isinstance(one, Text | Cidr):
            return [Option(each, "") for each in one.options]
        if isinstance(one, Choice | Choices):
            found = [Option(*each) if isinstance(each, tuple) else Option(each, each or "–") for each in one.options]
        elif isinstance(one, Pick | Picks):
            found = self._options(one) if self._options else []
        else:
            return []
        known = {each.value for each in found}
        # What is set already stays to be chosen, whatever the list says.
        chosen = [raw] if isinstance(raw, str) else list(raw)
        return found + [Option(each, each) for each in chosen if each and each not in known]

    def _is_shown(self, bound: Bound) -> bool:
        if not bound.field.when:
            return True
        name, *values = bound.field.when
        said = self._text(bound._beside(name)) or self._text(name)
        return said in values if values else bool(said)

    # --- What it says ---

    def values(self, *, strict: bool) -> Values:
        """Return what was typed. Strictly: what is wrong is marked, and `ok` says whether anything is."""
        return {one.field.name: self._value(one, strict) for one in self.fields}

    @property
    def ok(self) -> bool:
        return not self.problems and not any(one.marks for one in self.all())

    def all(self) -> Iterable[Bound]:
        """Return all fields, those of groups and rows too."""
        waiting = list(self.fields)
        while waiting:
            one = waiting.pop(0)
            yield one
            waiting = [*one.children, *(each for row in one.rows for each in row), *waiting]

    def mark(self, member: str, text: str) -> None:
        """Say something at the field of that name, or above the form where there is none (or it says something already)."""
        last = member.split(".")
        for names in (member, last[0], last[-1]):
            for one in self.all():
                if (one.path == names or one.field.name == names) and one.shown:
                    if text not in one.marks:
                        one.marks.append(text)
                    return
        self.problems.append(text)

    def _value(self, bound: Bound, strict: bool) -> Any:
        one = bound.field
        if not bound.shown:
            return (
                False
                if isinstance(one, Switch)
                else None
                if not isinstance(one, Choices | Picks | Lines | Repeat)
                else []
            )
        if isinstance(one, Switch):
            return bound.raw
        if isinstance(one, Group):
            blank = all(map(self._is_blank, bound.children))
            if blank and not one.required:
                return None
            inner = {each.field.name: self._value(each, strict) for each in bound.children}
            return {name: value for name, value in inner.items() if value is not None and value != [] and value != {}}
        if self._is_blank(bound):
            if one.required and strict:
                bound.marks.append("This is needed.")
            if one.required:
                return _placeholder(one)
            return {} if isinstance(one, Pairs) else [] if isinstance(one, Choices | Picks | Lines | Repeat) else None
        value, wrong = self._read(bound, strict)
        if wrong and strict:
            bound.marks += wrong
        return value

    def _is_blank(self, bound: Bound) -> bool:
        match bound.field:
            case Group():
                return all(map(self._is_blank, bound.children))
            case Repeat():
                return all(self._is_blank(each) for row in bound.rows for each in row)
            case Pairs():
                return not any(key.strip() or value for key, value in bound.raw)
            case Switch():
                return not bound.raw
            case Content():
                return not bound.raw and bound.path not in self._files
            case Choices() | Picks():
                return not bound.raw
        return not str(bound.raw).strip()

    def _read(self, bound: Bound, strict: bool) -> tuple[Any, list[str]]:
        """Return the value of a field that holds something, and what is wrong with it."""
        one, raw = bound.field, bound.raw
        match one:
            case Number():
                return _number(one, raw)
            case Choice():
                return raw, []
            case Pick():
                known = one.free or not bound.options or any(raw == each.value for each in bound.options)
                return raw.strip(), [] if known else [f"There is no {raw}."]
            case Picks():
                return [part for each in raw for part in each.split("\n") if part.strip()], []
            case Choices():
                return list(raw), []
            case Cidr():
                return raw.strip(), _cidr(one, raw.strip())
            case Cron():
                said = raw.strip()
                return said, [] if _CRON.fullmatch(said) else [
                    "Write rate(5 minutes), or cron(0 12 * * ? *) with its six fields."
                ]
            case Json():
                return _json(one, raw)
            case Policy():
                marks = policies.policy_marks(raw, one.kind)
                if any(mark.text.startswith("This is not JSON") for mark in marks):
                    return "{}", [str(mark) for mark in marks]
                return json.dumps(json.loads(raw), separators=(", ", ": "), ensure_ascii=False), [
                    str(mark) for mark in marks
                ]
            case Pairs():
                return _pairs(one, raw)
            case Lines():
                return [line.strip() for line in raw.split("\n") if line.strip()], []
            case Content():
                if bound.path in self._files:
                    return Bytes(self._files[bound.path], one.file), []
                return Bytes(raw.encode(), one.file), []
            case Repeat():
                rows = [row for row in bound.rows if not all(map(self._is_blank, row))]
                return [self._row_value(one, row, strict) for row in rows], []
            case Text(long=True):
                return raw, []
        return str(raw).strip(), []

    def _row_value(self, one: Repeat, row: list[Bound], strict: bool) -> Any:
        found = {each.field.name: self._value(each, strict) for each in row}
        return found[""] if list(found) == [""] else found


# --- Reading --------------------------------------------------------------------------------------------------------


def _number(one: Number, raw: str) -> tuple[Any, list[str]]:
    try:
        value: float | int = int(raw) if one.whole else float(raw)
    except ValueError:
        return raw, [f"“{raw}” is not a {'whole ' if one.whole else ''}number."]
    if not -1e18 < value < 1e18:
        return raw, ["This is beyond all bounds."]
    if one.least is not None and value < one.least:
        return value, [f"{one.least} is the least."]
    if one.most is not None and value > one.most:
        return value, [f"{one.most} is the most."]
    return value, []


def _cidr(one: Cidr, raw: str) -> list[str]:
    example = "10.0.0.0/16 or fd00::/8" if one.v6 else "10.0.0.0/16"
    try:
        network = ipaddress.ip_network(raw, strict=False)
    except ValueError:
        single = "/128" if one.v6 else "/32"
        return [f"“{raw}” is no address range. One looks like {example}; a single address ends in {single}."]
    if "/" not in raw:
        return [f"Say how large the range is: {raw}/{network.max_prefixlen} is this address alone."]
    if network.version == 6 and not one.v6:
        return [f"This is an IPv6 range; here it is one like {example}."]
    if str(network) != raw.lower() and network.network_address != ipaddress.ip_address(raw.split("/")[0]):
        return [f"{raw} lies within {network}: write that range by its first address."]
    return []


def _json(one: Json, raw: str) -> tuple[Any, list[str]]:
    if marks := policies.json_marks(raw):
        return ("{}" if one.text else {}), [str(mark) for mark in marks]
    value = json.loads(raw)
    return (json.dumps(value, separators=(", ", ": "), ensure_ascii=False) if one.text else value), []


def _pairs(one: Pairs, raw: list[tuple[str, str]]) -> tuple[Any, list[str]]:
    found: dict[str, str] = {}
    wrong = []
    for key, value in raw:
        if not key.strip():
            if value:
                wrong.append(f"“{value}” has no {one.key.lower()}.")
            continue
        if key.strip() in found:
            wrong.append(f"{key.strip()} is there twice.")
        found[key.strip()] = value
    return found, wrong


def _placeholder(one: Field) -> Any:
    """Return what stands for a value that is still to be typed, in the commands that are shown meanwhile."""
    words = f"<{one.label.lower() or 'value'}>"
    match one:
        case Group():
            return {each.name: _placeholder(each) for each in one.fields if each.required}
        case Repeat():
            inner = {each.name: _placeholder(each) for each in one.fields if each.required}
            given = {each.name: inner.get(each.name) for each in one.fields}
            return [words if list(given) == [""] else given]
        case Choices() | Picks() | Lines():
            return [words]
        case Pairs():
            return {f"<{one.key.lower()}>": f"<{one.value.lower()}>"}
        case Json():
            return "{}" if one.text else {}
        case Policy():
            return "{}"
        case Content():
            return Bytes(words.encode(), one.file)
    return words


# --- Writing --------------------------------------------------------------------------------------------------------


def flat(fields: Iterable[Field], initial: Mapping[str, Any], prefix: str = "") -> dict[str, list[str]]:
    """Return what stands in a form at first, in the names that it is sent back by."""
    out: dict[str, list[str]] = {}
    for one in fields:
        default = None if isinstance(one, Group) else one.initial
        _flatten(one, initial.get(one.name, default), prefix + one.name, out)
    return out


def _flatten(one: Field, value: Any, path: str, out: dict[str, list[str]]) -> None:
    match one:
        case Group():
            out.update(flat(one.fields, value or {}, f"{path}."))
        case Repeat():
            rows = list(value or ())
            rows += [None] * (one.least - len(rows))
            for place, row in enumerate(rows):
                out[f"{path}.{place}"] = [""]
                given = row if isinstance(row, Mapping) else {} if row is None else {"v": row}
                out.update(flat(_named(one.fields), given, f"{path}.{place}."))
        case Pairs():
            for place, (key, each) in enumerate((value or {}).items()):
                out[f"{path}.{place}.key"], out[f"{path}.{place}.value"] = [key], [each]
        case Switch():
            out[path] = ["on"] if value else []
        case Choices() | Picks():
            out[path] = [str(each) for each in value or ()]
        case Lines():
            out[path] = ["\n".join(map(str, value or ()))]
        case Json() | Policy():
            out[path] = [_pretty(value)]
        case _:
            out[path] = ["" if value is None else str(value)]


def _named(fields: Iterable[Field]) -> list[Field]:
    """Return fields where the nameless one has the name that it is sent by."""
    return [_renamed(one) if not one.name else one for one in fields]


def _renamed(one: Field) -> Field:
    return replace(one, name="v")


def _pretty(value: Any) -> str:
    if value in (None, ""):
        return ""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return str(value)
    return json.dumps(value, indent=2, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> str:
    """Return a value that JSON has no word for as AWS writes it."""
    if isinstance(value, datetime):
        return value.isoformat()
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
