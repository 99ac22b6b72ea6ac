"""What an answer is made of."""

from __future__ import annotations

from dataclasses import dataclass

from graders.iam import Explanation
from labs.diagram.drawing import Mark


@dataclass(frozen=True)
class Line:
    """One line of an answer. `tone`: "yes", "no", "depends" or "". `tree` is why, statement by statement."""

    text: str
    tone: str = ""
    note: str = ""
    tree: Explanation | None = None
    reply: bool = False  # a hop of the way back


@dataclass(frozen=True)
class Answer:
    """An answer: `headline` says it, `lines` show it, `remedy` is what would change it.

    `tone`: "yes", "no", "depends", "unknown": what the headline says, not whether that is good.
    """

    headline: str
    tone: str
    lines: tuple[Line, ...] = ()
    remedy: str = ""
    title: str = ""  # what the lines are
    question: str = ""
    marks: tuple[Mark, ...] = ()
    path: tuple[str, ...] = ()
    ordered: bool = False  # the lines are hops, one after the other


def sorry(headline: str, why: str) -> Answer:
    """Return an answer that is none."""
    return Answer(headline, "unknown", (Line(why),))
