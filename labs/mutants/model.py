"""What a mutant is: a task's solution with one change, such as somebody makes who has nearly understood."""

from __future__ import annotations

from dataclasses import dataclass

from labs.content import Block


@dataclass(frozen=True)
class Mutant:
    """A solution with one change, which the task's graders must notice.

    `id` is "operator:file or command:what": the same as long as the solution's text at that place is the same, and unique
    in its task; like places are numbered (-2, -3). `line` is where the change stands in the lab's file, `description`
    says it: "line 41: Effect Allow → Deny (NobodyElseReads in policy.json)". `blocks` take the place of the solution's,
    with `{{ name }}` still in them.
    """

    id: str
    task: str
    operator: str
    line: int
    description: str
    blocks: tuple[Block, ...]
