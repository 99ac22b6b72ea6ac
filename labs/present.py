"""What the pages of a lab say: a task's state in words, a guide as HTML, what an empty account should teach."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.safestring import SafeString
from django.utils.translation import get_language

from graders import Outcome, Result, registry
from graders.messages import catalogue, translated
from labs.content import Lab, Task, bind
from labs.markdown import render
from labs.models import ApiCall, Grading, TaskSkip
from labs.selectors import TaskState

STATES = {
    "": ("Not started", "circle"),
    Outcome.PASSED: ("Passed", "check-circle"),
    Outcome.FAILED: ("Not yet", "half"),
    Outcome.ERROR: ("Our fault", "wrench"),
    Outcome.SKIPPED: ("Waits", "lock"),
}
SKIPS = {
    TaskSkip.State.QUEUED: ("Being done for you", "forward"),
    TaskSkip.State.RUNNING: ("Being done for you", "forward"),
    TaskSkip.State.DONE: ("Skipped: no points", "forward"),
}
_PIECES = re.compile(r"(\{[^{}]*\}[-_.]?)+")


@dataclass(frozen=True)
class CheckRow:
    """A check's line, there before it was ever run: what comes later does not move what stands."""

    title: str
    outcome: str


@dataclass(frozen=True)
class TaskCard:
    """A task as the guide shows it."""

    id: str
    title: str
    html: SafeString
    outcome: str
    now: str
    state: str
    detail: str
    icon: str
    score: float
    points: float
    results: Sequence[Result]
    checked_at: datetime | None
    stale: bool
    waits: str
    hints: tuple[SafeString, ...]
    hints_left: int
    next_cost: float
    solution: str
    solvable: bool  # the last step of the ladder of hints is the solution
    rows: Sequence[CheckRow]
    busy: bool
    skip: str  # TaskSkip.State, or ""
    skip_problem: str
    skip_calls: int  # its progress
    lost_since: bool  # it was passed, and would not be now
    passed_at: datetime | None
    may_skip: bool
    open: bool
    say: str


@dataclass(frozen=True)
class Verdict:
    """The latest judgement of the whole lab, for the line above the tasks."""

    checking: bool
    broken: bool
    checked_at: datetime | None
    passed: int
    total: int
    say: str


@dataclass(frozen=True)
class Empty:
    """What an empty account teaches."""

    title: str
    text: str
    command: str


def sample(lab: Lab) -> Lab:
    """Return the lab as it reads before anything is drawn: "acme-{color}-{hex4}" is "acme-…"."""
    values = {"account_id": "123456789012", "region": lab.region}
    for name, parameter in lab.parameters.items():
        values[name] = _PIECES.sub("…", parameter.pattern) if parameter.pattern else parameter.one_of[0]
    return bind(lab, values)


def intro(lab: Lab) -> SafeString:
    """Return the lab's story as HTML."""
    return render(lab.intro, top=2, prefix="story")


def cards(lab: Lab, states: Sequence[TaskState], *, skip_calls: int = 0) -> list[TaskCard]:
    """Return the tasks of a bound lab with what is known of each; in the lab's order.

    `skip_calls` is how many calls the solution has made that runs at the moment, if one does.
    """
    titles = {task.id: task.title for task in lab.tasks}
    solved = {state.task.id for state in states if state.met}
    found = [_card(lab, number, state, titles, solved, skip_calls) for number, state in enumerate(states, 1)]
    # One task is open to begin with: the first that is not done.
    first = next((card.id for card in found if card.outcome not in (Outcome.PASSED, "skip")), "")
    return [replace(card, open=card.id == first) for card in found]


def _rows(lab: Lab, state: TaskState) -> tuple[CheckRow, ...]:
    if state.results:
        return tuple(CheckRow(result.title, str(result.outcome)) for result in _in_language(state.results))
    rows = []
    for call in state.task.checks:
        try:
            rows.append(CheckRow(call.title or registry.get(call.name, lab.own_checks).title(call.parameters), ""))
        except registry.UnknownCheck:  # it has gone since the lab was begun
            rows.append(CheckRow(call.name, ""))
    return tuple(rows)


def _card(
    lab: Lab, number: int, state: TaskState, titles: Mapping[str, str], solved: set[str], skip_calls: int
) -> TaskCard:
    task: Task = state.task
    rows = _rows(lab, state)
    outcome, skip = str(state.outcome or ""), state.skip.state if state.skip else ""
    word, icon = STATES[outcome]
    if skip in SKIPS and not (skip == TaskSkip.State.DONE and state.passed_at):
        outcome, (word, icon) = "skip", SKIPS[TaskSkip.State(skip)]
    busy = skip in (TaskSkip.State.QUEUED, TaskSkip.State.RUNNING)
    passed = sum(result.outcome == Outcome.PASSED for result in state.results)
    total = len(state.results)
    detail = f"{passed} of {total} checks" if outcome == Outcome.FAILED and total > 1 else ""
    unmet = [titles[one] for one in task.after if one not in solved]
    waits = f"This task waits for “{unmet[0]}”." if unmet else "This task waits for an earlier one."
    return TaskCard(
        id=task.id,
        title=task.title,
        html=render(task.text, top=3, prefix=f"task-{task.id}"),
        outcome=outcome,
        now=str(state.now or ""),
        state=word,
        detail=detail,
        icon=icon,
        score=state.score,
        points=state.points,
        results=_in_language(state.results),
        checked_at=state.checked_at,
        stale=state.stale,
        waits=waits,
        hints=tuple(
            render(hint, top=4, prefix=f"hint-{task.id}-{place}") for place, hint in enumerate(state.hints_shown)
        ),
        hints_left=state.hints_left,
        next_cost=state.next_cost,
        solution="\n".join(state.solution),
        solvable=bool(task.solutions),
        rows=rows,
        busy=busy,
        skip=skip,
        skip_calls=skip_calls if busy else 0,
        skip_problem=state.skip.problem if state.skip else "",
        lost_since=outcome == Outcome.PASSED and state.now == Outcome.FAILED,
        passed_at=state.passed_at,
        may_skip=outcome not in (Outcome.PASSED, "skip") and not unmet,
        open=False,
        say=f"Task {number}, {task.title}: {word.lower()}" + (f", {detail}" if detail else ""),
    )


def verdict(found: Sequence[TaskCard], latest: str, *, score: float, points: float) -> Verdict:
    """Return the line above the tasks. `latest` is the state of the latest grading, or "" where there is none."""
    passed = sum(card.outcome == Outcome.PASSED for card in found)
    times = [card.checked_at for card in found if card.checked_at]
    broken = latest == Grading.State.DEAD
    say = f"Checked. {passed} of {len(found)} tasks passed, {score:g} of {points:g} points"
    return Verdict(
        checking=latest == Grading.State.QUEUED,
        broken=broken,
        checked_at=max(times) if times else None,
        passed=passed,
        total=len(found),
        say="Your work could not be checked. That is our fault." if broken else say,
    )


_FIRST_STEPS = {
    "s3": ("buckets", "aws s3 mb s3://my-first-bucket"),
    "ec2": (
        "security groups of your own",
        "aws ec2 create-security-group --group-name web --description 'Web servers'",
    ),
    "rds": ("databases", "aws rds describe-db-instances"),
    "sns": ("topics", "aws sns create-topic --name alerts"),
    "sqs": ("queues", "aws sqs create-queue --queue-name inbox"),
    "cloudwatch": ("alarms", "aws cloudwatch describe-alarms"),
    "iam": ("roles", "aws iam list-roles"),
    "dynamodb": ("tables", "aws dynamodb list-tables"),
}


def _in_language(results: Sequence[Result]) -> Sequence[Result]:
    """Say what checks found in the language of the page, where it has been translated."""
    known = catalogue(get_language() or "")
    return results if known is None else tuple(translated(result, known) for result in results)


def empty(services: Sequence[str]) -> Empty:
    """Return what to say where nothing exists yet, with a command that changes that."""
    known = [service for service in services if service in _FIRST_STEPS]
    name, command = _FIRST_STEPS[known[0]] if known else ("resources", "aws sts get-caller-identity")
    text = "What you create with the CLI, an SDK or Terraform appears here a moment later, with what is set on it."
    return Empty(f"No {name} yet", text, command)


def about_call(call: ApiCall) -> str:
    """Return what a call was about: the first of its parameters that names something."""
    parameters = call.parameters if isinstance(call.parameters, dict) else {}
    named = [(name, value) for name, value in parameters.items() if isinstance(value, str) and value]
    for words in (("Bucket", "Name", "Identifier", "Id", "Arn", "Url"), ("",)):
        for name, value in named:
            if name.endswith(words):
                return value if len(value) <= 60 else f"{value[:59]}…"
    return ""


def call_name(call: ApiCall) -> str:
    """Return a call in a few words: "s3:PutBucketPolicy on invoices"."""
    about = about_call(call)
    return f"{call.service}:{call.action}" + (f" on {about}" if about else "")
