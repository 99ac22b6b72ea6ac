"""A fence `answer` of one line, `VALUE [± TOLERANCE] [UNIT]`, and below it > why."""

from __future__ import annotations

import re
from decimal import Decimal

from courses.content.items.lines import FENCE, Reader, quoted, written_fence
from graders.items import NumberSpec

HINT = "write a fence ~~~answer with the number, and > why below it"
_ANSWER = re.compile(r"^(?P<value>\S+?)\s*(?:(?:±|\+/?-)\s*(?P<tolerance>\d\S*))?(?:\s+(?P<unit>\S.*))?$")


def begins(reader: Reader) -> bool:
    """Return whether an answer fence is here."""
    match = FENCE.match(reader.text)
    return bool(match and match["info"].split()[:1] == ["answer"])


def read(reader: Reader) -> NumberSpec | None:
    """Read the answer and its rationale."""
    fence = reader.fence("answer")
    if fence is None:
        return None
    rationale = reader.quote()
    match = _ANSWER.match("\n".join(fence.lines).strip())
    value, tolerance = (_decimal(match["value"]), _decimal(match["tolerance"] or "0")) if match else (None, None)
    if match is None or value is None or tolerance is None or fence.words:
        hint = "one line, as 11 or 99.95 ± 0.01 %"
        reader.problem(25, "the answer is not a number", hint, line=fence.number)
        return NumberSpec(Decimal(0), rationale=rationale)
    return NumberSpec(value, tolerance, (match["unit"] or "").strip(), rationale)


def write(spec: NumberSpec) -> str:
    """Return the answer fence and the rationale."""
    tolerance = f" ± {spec.tolerance:f}" if spec.tolerance else ""
    fence = written_fence("answer", [f"{spec.value:f}{tolerance} {spec.unit}".rstrip()])
    return "\n\n".join(one for one in (fence, quoted(spec.rationale)) if one)


def canonical(item_id: str, spec: NumberSpec) -> NumberSpec:
    """Return the spec: it has no ids."""
    return spec


def _decimal(text: str) -> Decimal | None:
    return Decimal(text) if re.fullmatch(r"[+-]?\d{1,20}(\.\d{1,20})?", text, re.ASCII) else None
