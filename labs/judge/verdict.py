"""What a judged check may say: an outcome and a few sentences. Whatever else comes out of it is thrown away."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import Any

from graders import Outcome
from graders.messages import FIELDS
from graders.run import OURS

TEXT = 2000  # characters of one sentence
REASON = 500
MAY_SAY = (Outcome.PASSED, Outcome.FAILED, Outcome.ERROR)  # skipped is the lab's to say
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True)
class Verdict:
    """`reason` tells operators and authors why it is an error; it is never for learners."""

    outcome: Outcome
    looked_at: str = ""
    found: str = ""
    needed: str = ""
    try_: str = ""
    counterexample: str = ""
    reason: str = ""
    milliseconds: int = 0

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {**asdict(self), "outcome": self.outcome.value}


def broke(reason: str, milliseconds: int = 0) -> Verdict:
    """Return the verdict of a check that gave none."""
    return Verdict(Outcome.ERROR, found=OURS, reason=clean(reason, REASON), milliseconds=milliseconds)


def read(data: bytes, milliseconds: int) -> Verdict:
    """Return the verdict in what a check's process wrote; anything else than one is an error of that check."""
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        return broke("it did not answer" if not data else "its answer is no JSON", milliseconds)
    return from_dict(said, milliseconds)


def from_dict(said: Any, milliseconds: int) -> Verdict:
    """Return the verdict that a value of JSON is; anything else is an error of that check."""
    texts = {name: said.get(name, "") for name in (*FIELDS, "reason")} if isinstance(said, dict) else {}
    if not texts or not all(isinstance(text, str) for text in texts.values()) or said.get("outcome") not in MAY_SAY:
        return broke("its answer is no verdict", milliseconds)
    outcome = Outcome(said["outcome"])
    if outcome is Outcome.ERROR:
        return broke(texts["reason"], milliseconds)
    if outcome is Outcome.PASSED:
        return Verdict(outcome, milliseconds=milliseconds)
    return Verdict(outcome, **{name: clean(texts[name], TEXT) for name in FIELDS}, milliseconds=milliseconds)


def clean(text: str, most: int) -> str:
    """Return a text without what cannot be seen or turns the reading direction, cut to a length."""
    text = _UNPRINTABLE.sub("", text[: 2 * most])
    return text if len(text) <= most else text[: most - 1] + "…"
