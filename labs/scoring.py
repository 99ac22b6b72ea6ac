"""What a lab's checks are worth: the one place where results become points. No database.

A task's score is its points times the weighted share of its checks that passed. A task that comes after another is
skipped until that one is solved; where the other could not be judged (our fault), it is judged all the same. A task
with a check that broke has the outcome error: its score is what is known so far, and whoever keeps scores keeps the
better one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from graders import Account, Check, CheckCall, Outcome, Result, registry, run
from graders.reach import EVERYTHING
from labs.content import Lab, Task
from labs.judge import Judging, Pending, Unjudged, is_authors
from labs.providers import get_judge
from labs.sandboxes import Unavailable

__all__ = ["Known", "TaskGrade", "grade_lab", "score_task", "still_known"]

Known = Mapping[tuple[str, int], Result]  # by task and place in it


@dataclass(frozen=True)
class TaskGrade:
    """The judgement of one task: `score` of `points`, and the result of each check in the lab's order."""

    task_id: str
    outcome: Outcome
    score: float
    points: float
    results: tuple[Result, ...]


def score_task(task: Task, results: Sequence[Result]) -> TaskGrade:
    """Return the grade of a task from the results of its checks, which are in the same order."""
    total = sum(call.weight for call in task.checks)
    passed = sum(
        call.weight for call, result in zip(task.checks, results, strict=True) if result.outcome is Outcome.PASSED
    )
    outcomes = {result.outcome for result in results}
    for outcome in (Outcome.ERROR, Outcome.FAILED, Outcome.SKIPPED, Outcome.PASSED):
        if outcome in outcomes:
            break
    score = round(task.points * passed / total, 2) if total else 0.0
    return TaskGrade(task.id, outcome, score, task.points, tuple(results))


def grade_lab(
    lab: Lab,
    account: Account,
    judge: Judging | None = None,
    *,
    known: Known | None = None,
    met: Collection[str] = (),
) -> list[TaskGrade]:
    """Judge an account by a lab bound to a session's values. One grade a task, in the lab's order. Never raises.

    What the lab's author wrote (`expect`, own checks) is judged in the jail of `judge`, by default this machine's, all
    in one request; the checks of the catalogue are judged here meanwhile.

    `known` are results that still hold, by task and place: their checks are not run. `met` are tasks that others need
    not wait for, whatever is found of them.
    """
    known = known or {}
    authored = [
        (task.id, place)
        for task in lab.tasks
        for place, call in enumerate(task.checks)
        if is_authors(call) and (task.id, place) not in known
    ]
    calls = [lab.task(task_id).checks[place] for task_id, place in authored]
    pending = _begin(lab, calls, account, judge) if calls else None
    judged: dict[tuple[str, int], Result] = {}
    grades: dict[str, TaskGrade] = {}
    for task in lab.tasks:
        waits_for = [name for name in task.after if name not in met]
        unmet = [name for name in waits_for if grades[name].outcome in (Outcome.FAILED, Outcome.SKIPPED)]
        if unmet:
            first = lab.task(unmet[0]).title
            said = f"This waits for the task “{first}”."
            results = [_skipped(call, said, lab.own_checks) for call in task.checks]
        else:
            ours = {
                place: known.get((task.id, place)) or run(call, account)
                for place, call in enumerate(task.checks)
                if (task.id, place) in known or not is_authors(call)
            }
            if len(ours) < len(task.checks) and pending:
                judged, pending = dict(zip(authored, map(_authors, calls, pending.results()), strict=True)), None
            results = [ours.get(place) or judged[task.id, place] for place in range(len(task.checks))]
        grades[task.id] = score_task(task, results)
    if pending:  # all that an author wrote waits for another task
        pending.drop()
    return list(grades.values())


def still_known(
    lab: Lab, found: Mapping[str, Sequence[Result]], still: Callable[[Collection[str]], bool]
) -> dict[tuple[str, int], Result]:
    """Return the results of an earlier judgement that hold: what they read is `still` so (see graders.reach).

    Nothing holds of what broke or waited.
    """
    holds: dict[tuple[str, int], Result] = {}
    for task in lab.tasks:
        results = found.get(task.id, ())
        if [one.check for one in results] != [call.name for call in task.checks]:
            continue
        for place, result in enumerate(results):
            judged = result.outcome in (Outcome.PASSED, Outcome.FAILED)
            if judged and still(result.reads):
                holds[task.id, place] = result
    return holds


def _begin(lab: Lab, calls: Sequence[CheckCall], account: Account, judge: Judging | None) -> Pending:
    try:
        return (judge or get_judge()).begin(calls, account, checks=lab.checks_source, own=lab.own_checks)
    except Unavailable as error:
        return Unjudged(calls, lab.own_checks, error)


def _authors(call: CheckCall, result: Result) -> Result:
    """Return a result with what its check looked at: an `expect` says so itself, and a lab's own check is not believed."""
    service = str(call.parameters.get("call", "")).partition(".")[0] if call.name == "expect" else ""
    return replace(result, reads=(service or EVERYTHING,))


def _skipped(call: CheckCall, found: str, own: Mapping[str, Check]) -> Result:
    try:
        title = call.title or registry.get(call.name, own).title(call.parameters)
    except registry.UnknownCheck:
        title = call.name
    return Result(check=call.name, title=title, outcome=Outcome.SKIPPED, found=found)
