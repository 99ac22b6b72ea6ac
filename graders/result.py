"""What a check answers: one of four outcomes, and the sentences that explain it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """passed and failed are the learner's; error is ours and costs nothing; skipped waits for an earlier task."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Result:
    """One check's answer. All texts are for the learner; `milliseconds` counts the whole check, AWS calls included.

    `templates` (by the name of the text) and `values` are what the texts were made of: see `graders.messages`.
    `reads` are the services that it looked at (names of boto3), or EVERYTHING: see `graders.reach`.
    """

    check: str
    title: str
    outcome: Outcome
    looked_at: str = ""
    found: str = ""
    needed: str = ""
    try_: str = ""
    counterexample: str = ""
    milliseconds: int = 0
    templates: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    reads: tuple[str, ...] = field(default=(), compare=False)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able; `try_` travels as "try"."""
        data = asdict(self)
        data["outcome"] = self.outcome.value
        data["try"] = data.pop("try_")
        data["reads"] = list(self.reads)
        return data

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Result:
        """The reverse of `to_dict`; keys of a later version are ignored, so that old rows and new code can meet."""
        known = {name: data[name] for name in cls.__dataclass_fields__ if name in data}
        named = {
            "try_": data.get("try", ""),
            "outcome": Outcome(data["outcome"]),
            "reads": tuple(data.get("reads", ())),
        }
        return cls(**{**known, **named})
