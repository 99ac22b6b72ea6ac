"""The live view: learners by tasks, and who is stuck on what.

All of a class is read at once, or only the learners whose labs have stirred since; either way it takes the same few
queries however many they are. What is stuck: no task passed for the class's minutes, and the latest judgements find the
same thing wrong again. It is said since when, on what, and how often it was found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Max, Min, OuterRef, QuerySet, Subquery

from courses.classes.who import members_of
from courses.models import Cohort
from graders import Outcome
from labs import selectors as labs
from labs.content import Lab
from labs.models import ApiCall, Grading, LabSession, TaskResult, TaskSkip

WORDS = {
    "passed": "Passed",
    "failed": "Not yet",
    "error": "Our fault",
    "skipped": "Waits",
    "done": "Skipped",
    "": "Not judged",
}
MARKS = {"passed": "pass", "failed": "notyet", "error": "ours", "done": "", "skipped": "", "": ""}


@dataclass(frozen=True)
class Column:
    """A column of the table: a task of a lab, or (where all labs are shown) a lab."""

    id: str
    title: str
    lab: str


@dataclass(frozen=True)
class Cell:
    """A learner in a column. `state` is a key of WORDS; `words` is what a screen reader says."""

    state: str
    words: str
    short: str
    reason: str = ""
    session: UUID | None = None

    @property
    def tone(self) -> str:
        """Return the badge's colour."""
        return MARKS.get(self.state, "")


@dataclass(frozen=True)
class Stuck:
    """Since when a learner gets no further, on which task, what is found wrong, and how often that was found in a row."""

    since: datetime
    task: str
    reason: str
    times: int
    check: str = ""


@dataclass(frozen=True)
class Row:
    """A learner in the live view."""

    user_id: Any
    name: str
    cells: tuple[Cell, ...]
    session: LabSession | None
    passed: int
    tasks: int
    call: str  # the last call
    last_at: datetime | None
    stuck: Stuck | None

    @property
    def state(self) -> str:
        """Return what the learner's lab is doing, in a word."""
        if self.session is None:
            return "Not begun"
        return "Completed" if self.session.completed_at else self.session.get_state_display()

    @property
    def tone(self) -> str:
        """Return the badge's colour."""
        if self.session is None:
            return ""
        return "pass" if self.session.completed_at else "accent" if self.session.is_open else ""


def choices(cohort: Cohort) -> list[Lab]:
    """Return the labs that the live view of a class can show: what is assigned, and what its learners have open."""
    assigned = list(
        cohort.assignments.filter(kind="lab", removed_at=None).order_by("position").values_list("slug", flat=True)
    )
    members = members_of(cohort).values("user")
    at_work = LabSession.objects.filter(user__in=members, state__in=LabSession.OPEN, exam=False)
    slugs = dict.fromkeys([*assigned, *at_work.values_list("lab_slug", flat=True).distinct().order_by("lab_slug")])
    known = {one.slug: one for one in labs.catalog()}
    return [known[slug] for slug in slugs if slug in known]


class Board:
    """The table of one class: which labs, which columns, and its rows as they were last read."""

    def __init__(self, cohort: Cohort, shown: Sequence[Lab]) -> None:
        self.cohort, self.labs = cohort, {one.slug: one for one in shown}
        self.single = shown[0] if len(shown) == 1 else None
        tasks = [Column(task.id, task.title, one.slug) for one in shown for task in one.tasks]
        self.columns = tasks if self.single else [Column(one.slug, one.title, one.slug) for one in shown]
        self.rows: dict[Any, Row] = {}

    def read(self, *, now: datetime, sessions: Collection[str] | None = None) -> list[Row]:
        """Read all rows anew, or those of the learners of some sessions; return the ones that were read, by name."""
        members = members_of(self.cohort)
        if sessions is not None:
            stirred = LabSession.objects.filter(pk__in=[one for one in sessions if _is_id(one)])
            members = members.filter(user__in=stirred.values("user"))
        people = list(members.values_list("user_id", "user__username"))
        found = self._sessions([user for user, _ in people])
        looked = _Looked(found, self.labs, now, timedelta(minutes=self.cohort.stuck_minutes))
        read = [self._row(user, name, looked) for user, name in people]
        fresh = {row.user_id: row for row in read}
        self.rows = fresh if sessions is None else {**self.rows, **fresh}
        return read

    def totals(self) -> dict[str, int]:
        """Return the figures above the table."""
        rows = self.rows.values()
        return {
            "learners": len(rows),
            "open": sum(bool(row.session and row.session.is_open) for row in rows),
            "completed": sum(bool(row.tasks) and row.passed == row.tasks for row in rows),
            "stuck": sum(row.stuck is not None for row in rows),
        }

    def _sessions(self, users: Sequence[Any]) -> list[LabSession]:
        done = Grading.objects.filter(
            session=OuterRef("pk"), state=Grading.State.DONE, epoch=OuterRef("sandbox__epoch")
        ).order_by("-requested_at")
        calls = ApiCall.objects.filter(
            sandbox=OuterRef("sandbox"), epoch=OuterRef("sandbox__epoch"), source="learner"
        ).order_by("-seq")
        rows: QuerySet[LabSession] = LabSession.objects.filter(
            user__in=users, lab_slug__in=list(self.labs), exam=False
        ).exclude(state=LabSession.State.FAILED)
        rows = rows.select_related("sandbox").annotate(
            latest_grading=Subquery(done.values("pk")[:1]), latest_call=Subquery(calls.values("pk")[:1])
        )
        latest: dict[tuple[Any, str], LabSession] = {}
        for row in rows.order_by("queued_at"):
            latest[row.user_id, row.lab_slug] = row
        return list(latest.values())

    def _row(self, user: Any, name: str, looked: _Looked) -> Row:
        mine = {slug: one for (owner, slug), one in looked.sessions.items() if owner == user}
        cells = tuple(self._cell(column, mine.get(column.lab), looked) for column in self.columns)
        now_in = max(mine.values(), key=lambda one: (one.is_open, looked.last_at(one)), default=None)
        states = [looked.states(one) for one in mine.values()]
        return Row(
            user_id=user,
            name=name,
            cells=cells,
            session=now_in,
            passed=sum(state == "passed" for one in states for state in one.values()),
            tasks=sum(len(one.tasks) for one in self.labs.values()),
            call=looked.call(now_in) if now_in else "",
            last_at=looked.last_at(now_in) if now_in else None,
            stuck=looked.stuck.get(now_in.pk) if now_in else None,
        )

    def _cell(self, column: Column, session: LabSession | None, looked: _Looked) -> Cell:
        if session is None:
            return Cell("", f"{column.title}: not begun", "–")
        states = looked.states(session)
        if self.single:
            state = states.get(column.id, "")
            reason = looked.reason(session, column.id)[1] if state == "failed" else ""
            return Cell(state, f"{column.title}: {WORDS[state]}", WORDS[state], reason, session.pk)
        passed, count = sum(state == "passed" for state in states.values()), len(states)
        state = "passed" if count and passed == count else "failed" if session.is_open else ""
        return Cell(state, f"{column.title}: {passed} of {count} tasks passed", f"{passed} / {count}", "", session.pk)


class _Looked:
    """What a few queries found of some sessions."""

    def __init__(
        self, sessions: Iterable[LabSession], labs_shown: Mapping[str, Lab], now: datetime, patience: timedelta
    ) -> None:
        self.sessions = {(one.user_id, one.lab_slug): one for one in sessions}
        self._labs, self._now = labs_shown, now
        rows = list(self.sessions.values())
        by_id = {one.pk: one for one in rows}
        self._passed: dict[UUID, dict[str, datetime]] = defaultdict(dict)
        self._results: dict[UUID, dict[str, tuple[str, Any]]] = defaultdict(dict)
        self._skipped: dict[UUID, set[str]] = defaultdict(set)
        passes = TaskResult.objects.filter(grading__session__in=by_id, outcome=Outcome.PASSED)
        groups = passes.values("grading__session", "grading__epoch", "task_id").annotate(
            first=Min("grading__finished_at"), last=Max("grading__finished_at")
        )
        for group in groups:
            one = by_id[group["grading__session"]]
            if group["grading__epoch"] != one.sandbox.epoch:
                continue
            since = one.restarts.get(group["task_id"])
            at = group["first"] if since is None else group["last"]
            if since is None or at > datetime.fromtimestamp(since, UTC):
                self._passed[one.pk][group["task_id"]] = at
        gradings = {one.latest_grading: one.pk for one in rows if one.latest_grading}  # type: ignore[attr-defined]
        judged = TaskResult.objects.filter(grading__in=gradings)
        for grading, task, outcome, results in judged.values_list("grading", "task_id", "outcome", "results"):
            self._results[gradings[grading]][task] = (outcome, results)
        skips = TaskSkip.objects.filter(session__in=by_id, state=TaskSkip.State.DONE)
        for pk, task, epoch in skips.values_list("session", "task_id", "epoch"):
            if epoch == by_id[pk].sandbox.epoch:
                self._skipped[pk].add(task)
        calls = [one.latest_call for one in rows if one.latest_call]  # type: ignore[attr-defined]
        self._calls = {
            row.pk: row for row in ApiCall.objects.filter(pk__in=calls).only("at", "service", "action", "error_code")
        }
        self.stuck = self._stuck(rows, patience)

    def states(self, session: LabSession) -> dict[str, str]:
        """Return the state of each task of a session, a key of WORDS."""
        found = {}
        passed, skipped = self._passed[session.pk], self._skipped[session.pk]
        for task in self._labs[session.lab_slug].tasks:
            outcome = self._results[session.pk].get(task.id, ("", []))[0]
            stands = task.id in passed and not (task.stays and outcome and outcome != Outcome.PASSED)
            found[task.id] = "done" if task.id in skipped else "passed" if stands else outcome
        return found

    def reason(self, session: LabSession, task: str) -> tuple[str, str]:
        """Return the check that a task failed first, and what it found."""
        return first_failure(self._results[session.pk].get(task, ("", []))[1])

    def call(self, session: LabSession) -> str:
        """Return the last call in words."""
        row = self._calls.get(session.latest_call)  # type: ignore[attr-defined]
        if row is None:
            return ""
        return f"{row.service}:{row.action}" + (f" {row.error_code}" if row.error_code else "")

    def last_at(self, session: LabSession) -> datetime:
        """Return when something was last done in a session."""
        row = self._calls.get(session.latest_call)  # type: ignore[attr-defined]
        return row.at if row else session.ready_at or session.queued_at

    def _stuck(self, rows: Iterable[LabSession], patience: timedelta) -> dict[UUID, Stuck]:
        """Return who is stuck: first by the clock, then by what was found before; the latter is asked of few."""
        waiting: dict[UUID, tuple[LabSession, str, datetime]] = {}
        for one in rows:
            if not one.is_ready or one.ready_at is None or one.completed_at:
                continue
            moved = max([one.ready_at, *self._passed[one.pk].values()])
            states = self.states(one)
            task = next((name for name, state in states.items() if state == "failed"), "")
            if task and self._now - moved >= patience:
                waiting[one.pk] = (one, task, moved)
        if not waiting:
            return {}
        oldest = min(moved for _, _, moved in waiting.values())
        before = TaskResult.objects.filter(
            grading__session__in=waiting,
            grading__state=Grading.State.DONE,
            grading__finished_at__gte=oldest,
            task_id__in={task for _, task, _ in waiting.values()},
        )
        runs: dict[UUID, list[tuple[datetime, Any]]] = defaultdict(list)
        fields = ("grading__session", "grading__epoch", "task_id", "grading__finished_at", "results")
        for pk, epoch, task, at, results in before.order_by("-grading__requested_at").values_list(*fields):
            one, wanted, moved = waiting[pk]
            if task == wanted and epoch == one.sandbox.epoch and at >= moved:
                runs[pk].append((at, results))
        found = {}
        for pk, (one, task, _) in waiting.items():
            if stuck := stuck_on(runs[pk], self._title(one, task)):
                found[pk] = stuck
        return found

    def _title(self, session: LabSession, task: str) -> str:
        return next((one.title for one in self._labs[session.lab_slug].tasks if one.id == task), task)


def stuck_on(run: Sequence[tuple[datetime, Any]], task: str) -> Stuck | None:
    """Return what the latest judgements (newest first: when, results) have in common, if it is the same failure again."""
    latest = first_failure(run[0][1]) if run else ("", "")
    same = 0
    for _, results in run:
        if first_failure(results) != latest:
            break
        same += 1
    if same < 2:
        return None
    return Stuck(since=run[same - 1][0], task=task, reason=latest[1], times=same, check=latest[0])


def first_failure(results: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """Return the check that failed first, and what it found; "" and "" where none did."""
    for one in results:
        if one.get("outcome") == Outcome.FAILED:
            return str(one.get("check", "")), str(one.get("found", "")).rstrip(".")
    return "", ""


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
