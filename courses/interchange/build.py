"""Items from what a reader finds: ids, tags, general feedback and points are the same business in every format."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation

from courses.content.items import canonical
from courses.content.model import Item
from courses.interchange import limits
from courses.interchange.comparison import cleaned
from courses.interchange.limits import Unreadable
from courses.interchange.report import UNSEEN, Imported, Losses
from graders.items import (
    CaseSpec,
    ChoiceSpec,
    Entry,
    LabSpec,
    MatchingSpec,
    NumberSpec,
    Option,
    OrderingSpec,
    Part,
    ResponseSpec,
    Spec,
    TextSpec,
    response,
)

_WORD = re.compile(r"[A-Za-z0-9_-]{1,100}")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_TAG = re.compile(r"[^\[\]\\,\x00-\x1f\x7f]{1,200}")  # what every program keeps of a tag
_SHARE = re.compile(r"0?\.\d{1,4}|1(\.0{1,4})?|0", re.ASCII)
_SKILL = re.compile(r"[^\s{}]{1,60}")
_STATUSES = ("draft", "pilot", "live", "retired")
_TYPES: dict[type, str] = {
    ChoiceSpec: "choice",
    ResponseSpec: "response",
    NumberSpec: "number",
    TextSpec: "text",
    OrderingSpec: "ordering",
    MatchingSpec: "matching",
    CaseSpec: "case",
    LabSpec: "lab",
}
SANDBOX = "requires-sandbox"
STUB = "This task is done in a live AWS account: it requires a sandbox, which is not in this file."


@dataclass
class Found:
    """A question as a reader found it. `general`: feedback on the whole of it. `id` may be anything, or nothing."""

    stem: str = ""
    spec: Spec | None = None
    id: str = ""
    title: str = ""
    points: str = ""
    general: str = ""
    tags: list[str] = field(default_factory=list)
    line: int = 0

    def tag(self, name: str) -> str | None:
        """Return the value of a tag `name:value` (empty for `name` alone), or None."""
        for one in self.tags:
            key, _, value = one.partition(":")
            if key == name:
                return value
        return None


class Builder:
    """The items of one file. Between `begin` and `add`, `losses` are those of the question at hand."""

    def __init__(self, format: str, path: str) -> None:
        self.format, self.path = format, path
        self.losses = Losses()
        self._items: list[Item] = []
        self._taken: set[str] = set()
        self._doubles: Counter[str] = Counter()
        self._number = 0
        self._parts = 0  # of the case that was begun last

    def begin(self, wanted: str, title: str, line: int, tags: Sequence[str] = ()) -> str:
        """Begin a question, and return the id that it gets: what was wanted, made fit and unique.

        Where its tags make it a part of the case before it, that is where its losses are told.
        """
        self._number += 1
        if self._number > limits.ITEMS:
            raise Unreadable(f"{self.path}:{line}: more than {limits.ITEMS:,} questions. Export in parts.")
        found = Found(tags=list(tags))
        case = found.tag("case")
        if case is not None and found.tag("part") is not None and self._is_case(case):
            self.losses.about(case, self.path, line, part=f"spec.parts[{self._parts}]")
            return found.tag("part") or case
        base = re.sub(r"[^A-Za-z0-9_-]+", "-", wanted or title).strip("-_")[:80] or f"item-{self._number}"
        if wanted and _WORD.fullmatch(wanted):
            base = wanted
        name = base
        while name in self._taken:  # each number of a base is tried once, however often the base comes
            self._doubles[base] += 1
            name = f"{base[:90]}-{self._doubles[base] + 1}"
        self.losses.about(name, self.path, line)
        return name

    def leave_out(self, why: str) -> None:
        """Note that the question at hand becomes no item."""
        self.losses.add("item", "left out", why)

    def add(self, name: str, found: Found) -> None:
        """Add the question at hand as an item, or as a part of the case that its tags name."""
        losses = self.losses
        if found.tag(SANDBOX) is not None:
            self.leave_out("a lab's stub: labs are not read from other formats, name the lab's folder in an item .lab")
            return
        if found.spec is None:
            self.leave_out("there is nothing to answer")
            return
        if (count := _entries(found.spec)) > limits.ENTRIES_OF_ITEM or len(found.stem) > limits.TEXT_CHARACTERS:
            self.leave_out(f"it is too large: {count} answers, {len(found.stem):,} characters in its question")
            return
        is_part = bool(self.losses.part)
        if not is_part:
            self._taken.add(name)
            if found.id and found.id != name:
                losses.add("id", "changed", f"“{found.id[:100]}” is no id, or is taken")
            if found.title and found.title != name and not found.stem.startswith(found.title.rstrip(" .…")):
                what = "items have no title" if found.id else f"items have no title; the id {name} is made of it"
                losses.add("title", "lost", f"“{found.title[:200]}”: {what}")
        spec = with_general(found.spec, found.general, losses)
        tags = self._tags(found)
        points = self._points(tags.get("points") or found.points)
        kind = _TYPES[type(spec)]
        if is_part:
            self._add_part(Part(found.tag("part") or "", kind, found.stem, spec, points, tags["domain"]))
            return
        if not isinstance(spec, CaseSpec) and not found.stem.strip():
            losses.add("stem", "changed", "the question has no text; write it")
            found.stem = "?"
        if isinstance(spec, ResponseSpec) and found.tag("status") is None and not response.SELECT.search(found.stem):
            word = response.WORDS[spec.select] if spec.select < len(response.WORDS) else str(spec.select)
            found.stem = f"{found.stem}{chr(10) * 2 if chr(10) in found.stem else ' '}(Select {word}.)"
            losses.add("stem", "changed", f"it says now how many to pick: (Select {word}.)")
        difficulty = float(tags["difficulty"]) if _SHARE.fullmatch(tags.get("difficulty", "")) else 0.5
        status = tags.get("status", "draft")
        self._items.append(
            Item(
                name,
                kind,
                found.stem,
                spec,
                tags["domain"],
                points,
                self.path,
                found.line,
                difficulty,
                status,
                tags.get("skill", ""),
            )
        )

    def begin_case(self, name: str, found: Found) -> None:
        """Add a case whose parts follow."""
        found.spec, self._parts = CaseSpec(()), 0
        self.add(name, found)

    def imported(self) -> Imported:
        """Return what was read. A case that got no part is left out. Raises Unreadable where there is no question at all."""
        kept = []
        for item in self._items:
            if isinstance(item.spec, CaseSpec) and not item.spec.parts:
                self.losses.about(item.id, self.path, item.line)
                self.leave_out("a case without a question")
            else:
                self.losses.about(item.id, item.path, item.line)
                item = cleaned(item, _seen, self.losses, "characters that are not seen are left out")
                kept.append(replace(item, spec=canonical(item.id, item.type, item.spec)))
        if not kept and not self.losses:
            raise Unreadable(f"{self.path}: no question is in it. Is it {self.format}? Name the format with --format.")
        return Imported(self.format, tuple(kept), tuple(self.losses))

    def _add_part(self, part: Part) -> None:
        """Add a question to the case that was begun last."""
        owner = self._items[-1]
        before = owner.spec.parts if isinstance(owner.spec, CaseSpec) else ()
        self._parts = len(before) + 1
        name = part.id if _WORD.fullmatch(part.id) else f"{owner.id[:90]}-{len(before) + 1}"
        self._items[-1] = replace(owner, spec=CaseSpec((*before, replace(part, id=name))))

    def _is_case(self, name: str) -> bool:
        return bool(self._items) and self._items[-1].id == name and isinstance(self._items[-1].spec, CaseSpec)

    def _tags(self, found: Found) -> dict[str, str]:
        """Return the tags that are fields of ours; others are lost."""
        known = {"domain": ""}
        for tag in found.tags:
            key, _, value = tag.partition(":")
            if (
                (key == "domain" and _SLUG.fullmatch(value))
                or (key == "difficulty" and _SHARE.fullmatch(value))
                or (key == "status" and value in _STATUSES)
                or (key == "skill" and _SKILL.fullmatch(value))
                or key == "points"
            ):
                known[key] = value
            elif key not in _OWN_TAGS:
                self.losses.add("tags", "lost", f"the tag “{tag[:200]}”: items have a domain instead")
        return known

    def _points(self, text: str) -> float:
        try:
            value = Decimal(text.strip() or "1")
            if not value.is_finite():
                raise InvalidOperation
        except InvalidOperation:
            value = Decimal(-1)
        if 0 < value < 1000 and value == round(value, 2):
            return float(value)
        near = round(min(value, Decimal("999.99")), 2) if value > Decimal("0.005") else Decimal(1)
        self.losses.add("points", "changed", f"{text.strip()[:40]} is now {near:f}: points are from 0.01 to 999.99")
        return float(near)


def _entries(spec: Spec) -> int:
    """Return how many options, steps, pairs or accepted forms a spec has."""
    match spec:
        case ChoiceSpec() | ResponseSpec():
            return len(spec.options)
        case OrderingSpec():
            return len(spec.entries)
        case MatchingSpec():
            return max(len(spec.prompts), len(spec.answers))
        case TextSpec():
            return len(spec.accepted)
    return 1


def _seen(text: str) -> str:
    return UNSEEN.sub("", text)


_OWN_TAGS = {"case", "part", "fixed", "command", "unit", "left", "right", "points", SANDBOX}


def is_tag(text: str) -> bool:
    """Whether a text can be in a tag and comes back as it was."""
    return bool(_TAG.fullmatch(text)) and text == text.strip()


def tags_of(item: Item, losses: Losses) -> list[str]:
    """Return the fields that no other program has a place for, as tags `name:value`."""
    for name, usual in (("domain", ""), ("difficulty", 0.5), ("status", "live"), ("skill", "")):
        if getattr(item, name) != usual:
            losses.add(name, "limited", "a tag keeps it, of which the other program knows nothing")
    tags = [f"domain:{item.domain}"] if item.domain else []
    if item.difficulty != 0.5:
        tags.append(f"difficulty:{item.difficulty:g}")
    if item.skill:
        tags.append(f"skill:{item.skill}")
    return [*tags, f"status:{item.status}"]


def spec_tags(spec: Spec, losses: Losses, where: str = "spec") -> list[str]:
    """Return what of a spec is told by tags in formats that have nothing better; what no tag can hold is lost."""
    tags: list[str] = []
    if isinstance(spec, ChoiceSpec | ResponseSpec):
        for at, option in enumerate(spec.options):
            if option.fixed:
                tags.append(f"fixed:{at + 1}")
                losses.add(
                    f"{where}.options[{at}].fixed", "limited", "the option is shuffled with the others; a tag keeps it"
                )
    elif isinstance(spec, TextSpec) and spec.command:
        tags.append("command")
        losses.add(f"{where}.command", "limited", "compared letter by letter, not by its meaning; a tag keeps it")
    elif isinstance(spec, TextSpec) and any(re.fullmatch(r"/.+/i?", one) for one in spec.accepted):
        losses.add(f"{where}.accepted", "limited", "a regular expression is compared letter by letter")
    elif isinstance(spec, MatchingSpec) and spec.titles != MatchingSpec.titles:
        if all(is_tag(one) for one in spec.titles):
            tags += [f"left:{spec.titles[0]}", f"right:{spec.titles[1]}"]
            losses.add(f"{where}.titles", "limited", "not shown; tags keep them")
        else:
            losses.add(f"{where}.titles", "lost", "there is no place for the columns' titles")
    return tags


# --- Specs ------------------------------------------------------------------------------------------------------


# Ids are positions here: Builder.imported makes those that reading our Markdown would give.


def options_of(found: Sequence[tuple[str, bool, str]], tags: Sequence[str] = ()) -> tuple[Option, ...]:
    """Return options of (text, correct, rationale); a tag `fixed:2` says that the second keeps its place."""
    fixed = {tag for tag in tags if tag.startswith("fixed:")}
    return tuple(
        Option(f"o{at}", text, correct, rationale, f"fixed:{at + 1}" in fixed)
        for at, (text, correct, rationale) in enumerate(found)
    )


def entries_of(found: Sequence[tuple[str, str]]) -> tuple[Entry, ...]:
    """Return entries of (text, rationale)."""
    return tuple(Entry(f"e{at}", text, rationale) for at, (text, rationale) in enumerate(found))


def matching_of(rows: Sequence[tuple[str, str, str]], tags: Sequence[str] = ()) -> MatchingSpec:
    """Return a matching item of rows (prompt, answer, rationale); without a prompt, the answer is a distractor."""
    asked = [row for row in rows if row[0]]
    why_not = {answer: why for prompt, answer, why in rows if not prompt}
    answers = {answer: f"a{at}" for at, answer in enumerate(dict.fromkeys(answer for _, answer, _ in rows))}
    named = {key: value for key, _, value in (tag.partition(":") for tag in tags) if key in ("left", "right")}
    return MatchingSpec(
        tuple(Entry(f"p{at}", prompt, why) for at, (prompt, _, why) in enumerate(asked)),
        tuple(Entry(name, answer, why_not.get(answer, "")) for answer, name in answers.items()),
        tuple((f"p{at}", answers[answer]) for at, (_, answer, _) in enumerate(asked)),
        (named.get("left", MatchingSpec.titles[0]), named.get("right", MatchingSpec.titles[1])),
    )


def with_general(spec: Spec, general: str, losses: Losses) -> Spec:
    """Return the spec with feedback on the whole item put where our types have a place for it."""
    general = general.strip()
    if not general:
        return spec
    if isinstance(spec, NumberSpec | TextSpec):
        return replace(spec, rationale=_joined(spec.rationale, general))
    moved = "it stood with the whole question; it is the rationale of"
    if isinstance(spec, ChoiceSpec | ResponseSpec) and any(one.correct for one in spec.options):
        at = next(at for at, one in enumerate(spec.options) if one.correct)
        losses.add(f"spec.options[{at}].rationale", "changed", f"{moved} the right option now")
        option = replace(spec.options[at], rationale=_joined(spec.options[at].rationale, general))
        return replace(spec, options=(*spec.options[:at], option, *spec.options[at + 1 :]))
    if isinstance(spec, OrderingSpec) and spec.steps:
        losses.add("spec.steps[0].rationale", "changed", f"{moved} the first step now")
        first = replace(spec.steps[0], rationale=_joined(spec.steps[0].rationale, general))
        return replace(spec, steps=(first, *spec.steps[1:]))
    if isinstance(spec, MatchingSpec) and spec.prompts:
        losses.add("spec.prompts[0].rationale", "changed", f"{moved} the first pair now")
        first = replace(spec.prompts[0], rationale=_joined(spec.prompts[0].rationale, general))
        return replace(spec, prompts=(first, *spec.prompts[1:]))
    losses.add("general feedback", "lost", f"“{general[:300]}”: there is no place for it")
    return spec


def _joined(first: str, second: str) -> str:
    return first if second in first else f"{first}\n\n{second}".strip()


def decimal_of(text: str) -> Decimal | None:
    """Return a number as items have it, or None."""
    text = text.strip().replace("\u2212", "-")
    if re.fullmatch(r"[+-]?\d{1,15}(\.\d{1,15})?([eE][+-]?\d{1,2})?", text, re.ASCII):
        value = Decimal(text)
        written = f"{value:f}"
        return Decimal(written) if len(written) <= 36 else None
    return None


def general_of(spec: Spec, losses: Losses, where: str = "spec") -> str:
    """Return as one text the rationales that belong to no option or step; note those that are there only now."""
    if isinstance(spec, NumberSpec | TextSpec):
        return spec.rationale
    if not isinstance(spec, MatchingSpec):
        return ""
    texts, right = {one.id: one.text for one in spec.answers}, dict(spec.pairs)
    found = [(f"{one.text} → {texts.get(right.get(one.id, ''), '')}", one.rationale) for one in spec.prompts]
    found += [(one.text, one.rationale) for one in spec.answers]
    fields = [f"{where}.prompts[{at}].rationale" for at, one in enumerate(spec.prompts) if one.rationale]
    fields += [f"{where}.answers.rationale"] if any(one.rationale for one in spec.answers) else []
    for name in fields:
        losses.add(name, "changed", "it stands in the feedback on the whole question")
    return "\n\n".join(f"{text}: {why}" for text, why in found if why)
