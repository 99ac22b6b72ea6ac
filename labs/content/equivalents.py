"""`~~~equivalent <mutant>…`: mutants that a lab accepts for one reason. Ids: E030 which mutants, E031 why."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from labs.content.lexer import Fence, Report
from labs.content.model import Equivalent

_MUTANT = re.compile(r"[a-z0-9-]+(:[a-z0-9.-]+){1,2}")
EXAMPLE = "write ~~~equivalent effect-flipped:policy.json:allow, as `manage.py test_labs` names it"


def read(fence: Fence, earlier: Sequence[Equivalent], report: Report) -> Iterator[Equivalent]:
    """Yield what a block accepts. Whether there is such a mutant is for the proof to say: it makes them."""
    mutants = [*fence.arguments.words, *fence.arguments.texts]
    if not mutants:
        report(fence.line, "labs.E030", "an equivalent must name the mutants that are accepted", EXAMPLE)
    lines = {one.mutant: one.line for one in earlier}
    for mutant in mutants:
        if not _MUTANT.fullmatch(mutant):
            report(fence.line, "labs.E030", f"{mutant!r} cannot be a mutant's id", EXAMPLE)
        elif mutant in lines:
            report(fence.line, "labs.E030", f"{mutant} is accepted already", f"on line {lines[mutant]}")
        lines.setdefault(mutant, fence.line)
    reason = " ".join(fence.text.split())
    if len(reason.split()) < 3:
        hint = "write a sentence: why may this change cost no points?"
        report(fence.line, "labs.E031", "an equivalent needs its reason", hint)
    yield from (Equivalent(mutant, reason, fence.line) for mutant in mutants)
