"""What one place of a form is worth, by the exam's rules and by what was ruled about its item since. No database.

Exam rules (graders.items): all or nothing for each scored opportunity, a blank earns nothing, nothing is taken away. An
answer that cannot be read earns nothing either, and says so: it is looked into, not hidden.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

from courses.exams.scaling import Opportunity, exact
from graders import items
from graders.items import CaseSpec, Graded, Raw, TextSpec

# Shares come as floats of small fractions (a part of a case, a task of a lab): this finds the fraction again.
_FINEST = 10**6


class Option(StrEnum):
    """How a regrade changes what an item is worth."""

    NEW_KEY = "new_key"
    ACCEPT_ALSO = "accept_also"
    CREDIT_ALL = "credit_all"
    DROP = "drop"


class Outcome(StrEnum):
    """How a place came out. `unscored` is not among them: that is a matter of the form."""

    RIGHT = "right"
    PARTLY = "partly"
    WRONG = "wrong"
    BLANK = "blank"
    UNREADABLE = "unreadable"
    CREDITED = "credited"
    DROPPED = "dropped"


class CannotRule(ValueError):
    """A change that makes no sense for this item. The text is a sentence."""


@dataclass(frozen=True)
class Ruling:
    """How an item is scored: its spec (the one served, or with a new key), what counts as right besides, and more."""

    spec: Any
    accepted: tuple[Raw, ...] = ()
    credited: bool = False
    dropped: bool = False


@dataclass(frozen=True)
class Asked:
    """A place as the form has it. `domains` names the domain of each part of a case; others have the item's."""

    place: int
    type: str
    domain: str
    points: Fraction
    scored: bool


@dataclass(frozen=True)
class Mark:
    """What a place earned. `scored` False: it stands outside the score, whatever it earned."""

    place: int
    scored: bool
    outcome: Outcome
    opportunities: tuple[Opportunity, ...]
    problem: str = ""  # why the answer could not be read

    @property
    def earned(self) -> Fraction:
        return sum((one.earned for one in self.opportunities), Fraction(0))

    @property
    def maximum(self) -> Fraction:
        return sum((one.maximum for one in self.opportunities), Fraction(0))


def rule(kind: str, spec: Any, changes: Iterable[tuple[str, Mapping[str, Any]]]) -> Ruling:
    """Return how an item is scored after (option, change) in their order. The later one wins:

    a new key begins anew, and forgets all before it; `accept_also` adds an answer; `credit_all` and `drop` replace each other.
    """
    ruling = Ruling(spec)
    for option, change in changes:
        match Option(option):
            case Option.NEW_KEY:
                ruling = Ruling(items.load(kind, change["spec"]))
            case Option.ACCEPT_ALSO:
                ruling = dataclasses.replace(ruling, accepted=(*ruling.accepted, change["answer"]))
            case Option.CREDIT_ALL:
                ruling = dataclasses.replace(ruling, credited=True, dropped=False)
            case Option.DROP:
                ruling = dataclasses.replace(ruling, credited=False, dropped=True)
    return ruling


def canonical(kind: str, spec: Any, stem: str, option: str, change: Mapping[str, Any]) -> dict[str, Any]:
    """Return a change as it is kept: equal changes are equal JSON. `spec` is the one in force.

    new_key wants {"spec": …} (graders.items.dump), which asks the same of the candidate: ids and texts stay, the key moves.
    accept_also wants {"answer": …}, a form's fields as a candidate sends them.

    :raises CannotRule: with a sentence.
    """
    match option:
        case Option.CREDIT_ALL | Option.DROP:
            return {}
        case Option.NEW_KEY | Option.ACCEPT_ALSO if kind == "lab":
            raise CannotRule("A lab has no key: credit all, or drop it. Its checks are graded again by themselves.")
        case Option.NEW_KEY:
            return {"spec": _new_key(kind, spec, stem, change)}
        case Option.ACCEPT_ALSO:
            return {"answer": _accepted(kind, spec, change)}
    raise CannotRule(f"There is no option {option}. Choose one of {', '.join(Option)}.")


def _new_key(kind: str, spec: Any, stem: str, change: Mapping[str, Any]) -> dict[str, Any]:
    try:
        new = items.load(kind, change.get("spec") or {})
    except items.Unreadable as error:
        raise CannotRule(f"The new key cannot be read: {error}") from error
    order = items.orderable(kind, spec)
    if items.blank(kind, new, order) | {"select": 0} != items.blank(kind, spec, order) | {"select": 0}:
        raise CannotRule(
            "The new key belongs to another question: what candidates saw has to stay as it was. "
            "Give every option, step and answer with the id and the text that it had."
        )
    if problems := items.all()[kind].mistakes(new, stem):
        raise CannotRule(f"The new key does not fit the question. {problems[0]}")
    if items.dump(kind, new) == items.dump(kind, spec):
        raise CannotRule("This is the key that is in force already.")
    return items.dump(kind, new)


def _accepted(kind: str, spec: Any, change: Mapping[str, Any]) -> dict[str, list[str]]:
    raw = change.get("answer")
    if not isinstance(raw, Mapping) or _is_blank(raw):
        raise CannotRule("Say which answer is to be accepted also.")
    try:
        answer = items.all()[kind].parse(raw, spec)
    except items.Malformed as error:
        raise CannotRule(f"That answer cannot be accepted: a candidate could not give it. {error}") from error
    if items.correct(kind, answer, spec):
        raise CannotRule("This answer is right already.")
    return items.all()[kind].fields(answer, spec)


def mark(asked: Asked, raw: Raw | None, ruling: Ruling, *, graded: Sequence[Graded] | None = None) -> Mark:
    """Return what a place earns. raw: the answer as it was stored; graded: of a lab, its tasks (None: not begun)."""
    kind, spec = asked.type, ruling.spec
    problem = ""
    answer: Any = None
    blank = not graded if kind == "lab" else raw is None or _is_blank(raw)
    if kind == "lab":
        answer = tuple(graded) if graded else None
    elif not blank:
        try:
            answer = items.all()[kind].parse(raw or {}, spec)
        except (items.Malformed, TypeError, ValueError, AttributeError, KeyError) as error:
            # Stored once as valid, or written by an older version: whatever it is, it must not stop the score.
            problem = str(error) or type(error).__name__
    points = items.exam_points(kind, answer, spec)
    right = [earned >= most for earned, most in points]
    if answer is not None and kind != "lab":
        right = [was or now for was, now in zip(right, _also(kind, raw or {}, ruling, len(points)), strict=True)]
    opportunities = tuple(
        Opportunity(
            domain=domain or asked.domain,
            earned=Fraction(0) if ruling.dropped else most if ruling.credited or full else earned,
            maximum=Fraction(0) if ruling.dropped else most,
        )
        for domain, (earned, most), full in zip(
            _domains(spec, len(points)), [_worth(one, asked.points) for one in points], right, strict=True
        )
    )
    return Mark(asked.place, asked.scored, _outcome(opportunities, ruling, blank, problem), opportunities, problem)


def _worth(pair: tuple[float, float], points: Fraction) -> tuple[Fraction, Fraction]:
    earned, most = (Fraction(one).limit_denominator(_FINEST) * points for one in pair)
    return earned, most


def _domains(spec: Any, count: int) -> list[str]:
    if isinstance(spec, CaseSpec) and len(spec.parts) == count:
        return [part.domain for part in spec.parts]
    return [""] * count


def _outcome(opportunities: Sequence[Opportunity], ruling: Ruling, blank: bool, problem: str) -> Outcome:
    if ruling.dropped:
        return Outcome.DROPPED
    if ruling.credited:
        return Outcome.CREDITED
    if problem:
        return Outcome.UNREADABLE
    if blank:
        return Outcome.BLANK
    earned = sum(one.earned for one in opportunities)
    if earned == 0:
        return Outcome.WRONG
    return Outcome.RIGHT if earned == sum(one.maximum for one in opportunities) else Outcome.PARTLY


def _also(kind: str, raw: Raw, ruling: Ruling, count: int) -> list[bool]:
    """Return for each opportunity whether the answer is one that was accepted later."""
    spec = ruling.spec
    if isinstance(spec, CaseSpec):
        found = []
        for part in spec.parts:
            field = f"answer-{part.id}"
            given = {"answer": raw.get(field, ())}
            accepted = [{"answer": one[field]} for one in ruling.accepted if one.get(field)]
            found.append(any(_same(part.type, part.spec, given, one) for one in accepted))
        return found
    return [any(_same(kind, spec, raw, one) for one in ruling.accepted)] * count


def _same(kind: str, spec: Any, given: Raw, accepted: Raw) -> bool:
    """Return whether two forms hold the same answer; a text is compared as an accepted one of its item would be."""
    parse = items.all()[kind].parse
    try:
        answer = parse(given, spec)
        wanted = parse(accepted, spec)
        if isinstance(spec, TextSpec) and not wanted.startswith(
            "/"
        ):  # "/var/" as an accepted form would be an expression
            return items.correct(kind, answer, dataclasses.replace(spec, accepted=(wanted,)))
        return bool(answer == wanted)
    except (items.Malformed, IndexError):
        return False


def _is_blank(raw: Any) -> bool:
    """Return whether a form's fields hold nothing; what is no form at all is not blank, but unreadable."""
    if not isinstance(raw, Mapping):
        return False
    return not any(
        str(one).strip() for found in raw.values() for one in (found if isinstance(found, list) else [found])
    )


def points_of(value: float) -> Fraction:
    """Return an item's points as the author wrote them."""
    return exact(value)
