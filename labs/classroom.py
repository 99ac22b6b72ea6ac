"""What whoever teaches sees: the class at a glance, and how one session went, in the order of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import QuerySet

from graders import Outcome
from labs.content import Lab
from labs.models import ApiCall, Grading, LabSession, TaskResult

CALL_ROWS = 200


@dataclass(frozen=True)
class Cell:
    """A learner in a lab: their latest session, their best score, and what stood in the way last."""

    session: LabSession
    score: float
    points: float
    completed: bool
    reason: str

    @property
    def state(self) -> str:
        """Return the state in a word."""
        return "Completed" if self.completed else self.session.get_state_display()

    @property
    def tone(self) -> str:
        """Return the badge's colour."""
        if self.completed:
            return "pass"
        if self.session.state == LabSession.State.FAILED:
            return "ours"
        return "accent" if self.session.is_open else ""


@dataclass(frozen=True)
class Row:
    """A learner: a cell a lab, in the labs' order, or None where they did not begin."""

    user: AbstractBaseUser
    cells: tuple[Cell | None, ...]
    latest: LabSession
    last_at: datetime


@dataclass(frozen=True)
class Moment:
    """One thing that happened. `tone` is pass, notyet, ours, asked or ""."""

    at: datetime
    title: str
    text: str
    tone: str = ""


def rows(slugs: Sequence[str]) -> list[Row]:
    """Return everybody who has started a lab, by name: three queries, however many they are."""
    sessions = list(LabSession.objects.select_related("user", "sandbox").order_by("queued_at"))
    reasons = _latest_reasons(sessions)
    by_user: dict[Any, list[LabSession]] = {}
    for session in sessions:
        by_user.setdefault(session.user_id, []).append(session)
    found = []
    for mine in by_user.values():
        cells = tuple(_cell([one for one in mine if one.lab_slug == slug], reasons) for slug in slugs)
        latest = max(mine, key=_last_at)
        found.append(Row(latest.user, cells, latest, _last_at(latest)))
    return sorted(found, key=lambda row: row.user.get_username().lower())


def _cell(sessions: Sequence[LabSession], reasons: Mapping[Any, str]) -> Cell | None:
    if not sessions:
        return None
    latest = sessions[-1]
    return Cell(
        session=latest,
        score=max(one.score for one in sessions),
        points=latest.points,
        completed=any(one.completed_at for one in sessions),
        reason="" if latest.completed_at else reasons.get(latest.pk, ""),
    )


def _last_at(session: LabSession) -> datetime:
    return session.ended_at or session.sandbox.last_call_at or session.ready_at or session.queued_at


def _latest_reasons(sessions: Sequence[LabSession]) -> dict[Any, str]:
    """Return what the latest grading of each session found wrong first."""
    done = Grading.objects.filter(session__in=[one.pk for one in sessions], state=Grading.State.DONE)
    latest = dict(done.order_by("requested_at").values_list("session", "pk"))
    failed = TaskResult.objects.filter(grading__in=latest.values(), outcome=Outcome.FAILED).order_by("-pk")
    first = {row.grading_id: _reason(row.results) for row in failed}
    return {session: first[grading] for session, grading in latest.items() if grading in first}


def all_calls(session: LabSession) -> QuerySet[ApiCall]:
    """Return the learner's calls of all the session's lives, the latest first: a reset hides nothing here."""
    found = ApiCall.objects.filter(sandbox=session.sandbox, source="learner")
    return found.order_by("-epoch", "-seq").defer("request")[:CALL_ROWS]


def timeline(session: LabSession, lab: Lab) -> list[Moment]:
    """Return the moments of a session, the latest first. A grading that says what the one before said is left out."""
    titles = {task.id: task.title for task in lab.tasks}
    moments = [Moment(session.queued_at, "Asked for the lab", "")]
    if session.ready_at:
        moments.append(Moment(session.ready_at, "The sandbox was ready", ""))
    for hint in session.hints.all():
        title = titles.get(hint.task_id, hint.task_id)
        moments.append(Moment(hint.revealed_at, f"Opened hint {hint.index + 1}", title, "asked"))
    said = ""
    gradings = session.gradings.filter(state=Grading.State.DONE).prefetch_related("tasks").order_by("requested_at")
    for grading in gradings:
        moment = _graded(grading, titles)
        if moment.text != said:
            moments.append(moment)
        said = moment.text
    if session.completed_at:
        moments.append(Moment(session.completed_at, "Solved every task", "", "pass"))
    if session.ended_at:
        moments.append(Moment(session.ended_at, "The lab ended", ""))
    return sorted(moments, key=lambda moment: moment.at, reverse=True)


def _graded(grading: Grading, titles: Mapping[str, str]) -> Moment:
    tasks = list(grading.tasks.all())
    outcomes = {task.outcome for task in tasks}
    passed = sum(task.outcome == Outcome.PASSED for task in tasks)
    reasons = [f"{titles.get(one.task_id, one.task_id)}: {why}." for one in tasks if (why := _reason(one.results))]
    tone = "pass" if passed == len(tasks) else ("ours" if Outcome.ERROR in outcomes else "notyet")
    text = f"{passed} of {len(tasks)} tasks passed, {grading.score or 0:g} of {grading.points or 0:g} points."
    at = grading.finished_at or grading.requested_at
    return Moment(at, grading.get_trigger_display(), " ".join([text, *reasons]), tone)


def _reason(results: Sequence[Mapping[str, Any]]) -> str:
    """Return what the first failed check found."""
    return next((str(one.get("found", "")) for one in results if one.get("outcome") == Outcome.FAILED), "").rstrip(".")
