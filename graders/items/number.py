"""A number, right within a tolerance."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from graders.items import Example, Malformed, NumberSpec, Raw, answers

SPEC = NumberSpec
# No more digits than any answer needs: a Decimal of 10**9 digits would be a cheap way to keep us busy.
NUMBER = re.compile(r"[+-]?(?:\d{1,20}(?:\.\d{0,20})?|\.\d{1,20})(?:[eE][+-]?\d{1,2})?")
GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d{0,20})?")


def parse(raw: Raw, spec: NumberSpec) -> Decimal:
    """The number typed; "1,000", "1000" and "1000 GB" (the item's own unit) are the same."""
    typed = answers(raw)
    if len(typed) != 1:
        raise Malformed("Type one number.")
    text = typed[0].replace("\u2212", "-").replace("\u00a0", " ").strip()
    if spec.unit and text.lower().endswith(spec.unit.lower()):
        text = text[: -len(spec.unit)].rstrip()
    if GROUPED.fullmatch(text):
        text = text.replace(",", "")
    text = text.replace(" ", "")
    if not NUMBER.fullmatch(text) or not text.isascii():
        comma = " Write decimals with a point." if "," in text else ""
        raise Malformed(f"Type a number, such as 12 or 0.5{' (in ' + spec.unit + ')' if spec.unit else ''}.{comma}")
    return Decimal(text)


def fields(answer: Decimal, spec: NumberSpec) -> dict[str, list[str]]:
    """The form that parses to an answer."""
    return {"answer": [str(answer)]}


def score(answer: Decimal, spec: NumberSpec) -> float:
    """1 when the answer is within the tolerance, its edges included; else 0."""
    return float(abs(answer - spec.value) <= spec.tolerance)


def mistakes(spec: NumberSpec, stem: str) -> list[str]:
    """An author's mistakes, a sentence each."""
    if not spec.value.is_finite() or not spec.tolerance.is_finite() or spec.tolerance < 0:
        return ["The value is a number and the tolerance a number of 0 or more."]
    return []


def unexplained(spec: NumberSpec) -> list[str]:
    """A sentence where there is no rationale."""
    return [] if spec.rationale.strip() else ["The answer has no rationale."]


def orderable(spec: NumberSpec) -> tuple[str, ...]:
    """Nothing is shuffled."""
    return ()


def blank(spec: NumberSpec, order: Sequence[str]) -> dict[str, Any]:
    """The unit that stands beside the field."""
    return {"unit": spec.unit}


_SPEC = NumberSpec(Decimal("99.95"), Decimal("0.01"), unit="%", rationale="Two nines less a bit.")
_GROUPED = NumberSpec(Decimal(1000), unit="GB", rationale="So it is.")
EXAMPLES = (
    Example(_SPEC, {"answer": ["99.95"]}, 1.0),
    Example(_SPEC, {"answer": ["99.96 %"]}, 1.0),
    Example(_SPEC, {"answer": ["99.97"]}, 0.0),
    Example(_GROUPED, {"answer": ["1,000 gb"]}, 1.0),
    Example(_GROUPED, {"answer": ["1e3"]}, 1.0),
    Example(_GROUPED, {"answer": ["-1000"]}, 0.0),
    Example(_GROUPED, {"answer": ["999.9999999999"]}, 0.0),
    Example(_SPEC, {"answer": ["99,95"]}, None),
    Example(_SPEC, {"answer": ["many"]}, None),
    Example(_SPEC, {"answer": ["1e999"]}, None),
    Example(_SPEC, {"answer": ["NaN"]}, None),
    Example(_SPEC, {"answer": ["٣"]}, None),
    Example(_SPEC, {"answer": [""]}, None),
    Example(_SPEC, {}, None),
)
