"""What stands of a session's tasks whatever is found of them now: passed once, or skipped. Reading only.

A task that was passed stays passed, unless it says that it must stay so, or was begun anew since. One that the learner
had done for them (skipped) lets others go on, and gives no points.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db.models import Max, Min

from graders import Outcome
from labs.content import Lab
from labs.models import LabSession, TaskResult, TaskSkip

__all__ = ["Standing", "standing_of"]


@dataclass(frozen=True)
class Standing:
    """By task: when it was first passed, the best score, its skip, what its hints cost. A task without has no entry."""

    passed_at: Mapping[str, datetime] = field(default_factory=dict)
    best: Mapping[str, float] = field(default_factory=dict)
    ever_passed: frozenset[str] = frozenset()  # in this life of the sandbox, begun anew since or not
    skips: Mapping[str, TaskSkip] = field(default_factory=dict)
    costs: Mapping[str, float] = field(default_factory=dict)
    shown: Mapping[str, int] = field(default_factory=dict)  # steps of the ladder of hints

    @property
    def skipped(self) -> set[str]:
        """Return the tasks that give no points: what was done for the learner, or is being done."""
        return {task for task, skip in self.skips.items() if skip.state != TaskSkip.State.FAILED}

    def met(self, lab: Lab) -> set[str]:
        """Return the tasks that others need not wait for any more."""
        done = {task for task, skip in self.skips.items() if skip.state == TaskSkip.State.DONE}
        return {task.id for task in lab.tasks if task.id in done or (task.id in self.passed_at and not task.stays)}


def standing_of(session: LabSession, *, epoch: int | None = None) -> Standing:
    """Return what stands in an epoch, the present one by default."""
    epoch = session.sandbox.epoch if epoch is None else epoch
    since = {task: datetime.fromtimestamp(at, UTC) for task, at in session.restarts.items()}
    rows = TaskResult.objects.filter(grading__session=session.pk, grading__epoch=epoch)
    groups = rows.values("task_id", "outcome").annotate(
        first=Min("grading__finished_at"), last=Max("grading__finished_at"), best=Max("score")
    )
    passed: dict[str, datetime] = {}
    best: dict[str, float] = defaultdict(float)
    ever: set[str] = set()
    for group in groups:
        task = group["task_id"]
        best[task] = max(best[task], group["best"])
        if group["outcome"] == Outcome.PASSED:
            ever.add(task)
            if task not in since:
                passed[task] = group["first"]
            elif group["last"] > since[task]:
                passed[task] = group["last"]
    skips = {
        skip.task_id: skip
        for skip in session.skips.filter(epoch=epoch)
        if skip.task_id not in since or skip.asked_at > since[skip.task_id]
    }
    for task in skips:
        if skips[task].state != TaskSkip.State.FAILED and task in passed and passed[task] >= skips[task].asked_at:
            del passed[task]  # it was the solution that passed
    costs: dict[str, float] = defaultdict(float)
    shown: dict[str, int] = defaultdict(int)
    for task, cost in session.hints.values_list("task_id", "cost"):
        costs[task] += cost
        shown[task] += 1
    return Standing(passed, dict(best), frozenset(ever), skips, dict(costs), dict(shown))
