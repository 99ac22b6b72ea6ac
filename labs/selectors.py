"""Reading: labs of the catalog, sessions and who may see them, tasks as they stand.

Whoever may see a session is decided in `get_session_for`, and nowhere else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Count, Max, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat
from django.http import Http404
from django.utils.module_loading import import_string

from graders import BotoAccount, Outcome, Result
from labs.acting import boto_account, copies_of
from labs.billing import Bill, bill
from labs.content import Hint, Lab, Task, bind, load_catalog, load_lab, parse_lab
from labs.models import (
    ApiCall,
    Grading,
    HomeFile,
    LabRevision,
    LabSession,
    Sandbox,
    ShellHistory,
    Snapshot,
    TaskResult,
    TaskSkip,
)
from labs.providers import get_provider
from labs.sandboxes import Credentials, Delivery, Provider, Ref
from labs.standing import Standing, standing_of
from labs.workspaces.published import published_lab, published_labs

MAX_EXTENSIONS = 10  # as often as WCAG 2.2.1 asks for
PLAYGROUND = "playground"  # the lab without tasks that everybody has: labs/playground, not in the catalog
_BUILT_IN = Path(__file__).parent / PLAYGROUND
CLI_NAMES = {"s3api": "s3", "configservice": "config"}


# --- Labs ---------------------------------------------------------------------------------------------------------


def catalog() -> list[Lab]:
    """Return the labs of the catalog and those that workspaces have published, by slug; a broken one is left out."""
    files = load_catalog(settings.LAB_CATALOG)
    written = {lab.slug: lab for lab in published_labs()}
    return [lab for _, lab in sorted((written | files).items())] if written else list(files.values())


def get_lab(slug: str) -> Lab:
    """Return a lab of the catalog as it stands today, a workspace's as published, or the playground. Raises Http404."""
    if slug == PLAYGROUND:
        return _playground()
    # Where git has come to a name that a workspace had, git's is the lab.
    found = load_catalog(settings.LAB_CATALOG).get(slug) or published_lab(slug)
    if found is None:
        raise Http404(f"There is no lab {slug}.")
    return found


@lru_cache(maxsize=1)
def _playground() -> Lab:
    return load_lab(_BUILT_IN)


def lab_of(session: LabSession) -> Lab:
    """Return the lab that a session began with, its names filled in, whatever has become of the catalog."""
    revision = session.lab_revision
    values = {"account_id": session.sandbox.account_id or "", "region": session.sandbox.region, **session.parameters}
    text = (revision.slug, revision.revision, revision.source, revision.checks)
    return _bound(*text, tuple(sorted(values.items())))


def lab_of_revision(revision: LabRevision) -> Lab:
    """Return a lab as it was pinned, its names not filled in."""
    return _parsed(revision.slug, revision.revision, revision.source, revision.checks)


@lru_cache(maxsize=128)
def _parsed(slug: str, revision: str, source: str, checks: str) -> Lab:
    # It was valid when it was pinned. A check that has gone since is found when it runs, and is our fault then.
    path = f"{slug}@{revision[:8]}/lab.md"
    return parse_lab(source, slug=slug, path=path, checks=checks, validate=lambda _: [])


@lru_cache(maxsize=512)
def _bound(slug: str, revision: str, source: str, checks: str, values: tuple[tuple[str, str], ...]) -> Lab:
    return bind(_parsed(slug, revision, source, checks), dict(values))


# --- Sessions -----------------------------------------------------------------------------------------------------


def get_session_for(user: Any, session_id: UUID) -> LabSession:
    """Return a session that the person may read: the owner's own, or one that settings.LAB_READERS lets them read.

    Raises Http404.
    """
    found = _sessions().filter(pk=session_id).first()
    if found is None or not (found.user_id == user.pk or may_read(user, found.user_id)):
        raise Http404("There is no such session.")
    return found


def may_read(user: Any, owner_id: Any) -> bool:
    """Return whether a person may read the labs of another: labs do not know who teaches whom, settings.LAB_READERS does."""
    rule: Callable[[Any, Any], bool] = import_string(settings.LAB_READERS)
    return rule(user, owner_id)


def get_own_session(user: Any, session_id: UUID) -> LabSession:
    """Return a session of the person's own: an instructor may look into others', and act in none. Raises Http404."""
    found = get_session_for(user, session_id)
    if found.user_id != user.pk:
        raise Http404("This session is somebody else's.")
    return found


def practice_sessions(user: Any) -> QuerySet[LabSession]:
    """Return the sessions of a person that are no part of an exam."""
    return _sessions().filter(user=user, exam=False)


def open_session(user: Any, slug: str) -> LabSession | None:
    """Return the person's open session of a lab, if there is one."""
    return _sessions().filter(user=user, lab_slug=slug, state__in=LabSession.OPEN, exam=False).first()


def _sessions() -> QuerySet[LabSession]:
    return LabSession.objects.select_related("user", "sandbox", "lab_revision")


def labs_at_work(user: Any) -> QuerySet[LabSession]:
    """Return the labs of a person that count against how many may be open: what is paused, and the playground, do not."""
    open_ = _sessions().filter(user=user, state__in=LabSession.OPEN, exam=False)
    return open_.exclude(state=LabSession.State.PAUSED).exclude(lab_slug=PLAYGROUND)


def extensions_left(session: LabSession) -> int:
    """Return how often the session may still be extended."""
    return max(0, MAX_EXTENSIONS - session.extensions)


@dataclass(frozen=True)
class LabProgress:
    """What a person has reached in a lab, over all sessions of it."""

    slug: str
    sessions: int
    score: float
    points: float
    completed: bool
    open: LabSession | None


def lab_progress(user: Any) -> dict[str, LabProgress]:
    """Return the person's state in each lab that they ever started, by slug."""
    by_lab: dict[str, list[LabSession]] = defaultdict(list)
    for one in LabSession.objects.filter(user=user).order_by("queued_at"):
        by_lab[one.lab_slug].append(one)
    return {slug: _progress(slug, sessions) for slug, sessions in by_lab.items()}


def _progress(slug: str, sessions: list[LabSession]) -> LabProgress:
    # The best by share, as a later revision of the lab may give other points.
    best = max(sessions, key=lambda one: one.score / one.points if one.points else 0)
    return LabProgress(
        slug=slug,
        sessions=sum(one.state != LabSession.State.FAILED for one in sessions),  # ours, and no attempt of theirs
        score=best.score,
        points=best.points,
        completed=any(one.completed_at for one in sessions),
        open=next((one for one in sessions if one.is_open), None),
    )


# --- Sandboxes ----------------------------------------------------------------------------------------------------


def ref_of(sandbox: Sandbox) -> Ref:
    """Return the name that providers know a sandbox by, in its present epoch."""
    return Ref(sandbox.number, sandbox.epoch, sandbox.account_id or "", sandbox.region)


def provider_for(owner: LabSession | Sandbox) -> Provider:
    """Return who gives out the sandbox."""
    sandbox = owner.sandbox if isinstance(owner, LabSession) else owner
    return get_provider(sandbox.provider)


def credentials_for(session: LabSession) -> Credentials:
    """Return the learner's keys, the same for the whole session."""
    return provider_for(session).learner_credentials(ref_of(session.sandbox))


def account_of(session: LabSession) -> BotoAccount:
    """Return the sandbox as graders see it. Make one for each look: it keeps what it has read."""
    provider, ref = provider_for(session), ref_of(session.sandbox)
    account = boto_account(provider.grader_credentials(ref))
    account.copies = copies_of(provider, ref)
    return account


def inbox_of(session: LabSession) -> list[Delivery]:
    """Return what the sandbox has sent out, oldest first. Raises Unavailable."""
    return provider_for(session).inbox(ref_of(session.sandbox))


def bill_of(session: LabSession) -> Bill:
    """Return what the sandbox would cost on AWS. Raises Unavailable."""
    failures = (BotoCoreError, ClientError)
    # A lab names services as the CLI does.
    services = {CLI_NAMES.get(name, name) for name in services_in_use(session)}
    return bill(account_of(session), services, failures=failures)


def calls(session: LabSession, after_seq: int = 0, limit: int = 200) -> list[ApiCall]:
    """Return the learner's calls since the last reset, the newest first, without their requests' bytes."""
    rows = ApiCall.objects.filter(
        sandbox_id=session.sandbox_id, epoch=session.sandbox.epoch, source="learner", seq__gt=after_seq
    )
    return list(rows.defer("request").order_by("-seq")[:limit])


def log_of(
    session: LabSession, *, only: str = "", service: str = "", words: str = "", before: int = 0, limit: int = 200
) -> list[ApiCall]:
    """Return the learner's calls since the last reset that fit, the newest first, without their requests' bytes.

    `only`: "changes" or "errors"; `words`: each is somewhere in the call; `before`: older than that call.
    """
    rows = ApiCall.objects.filter(sandbox_id=session.sandbox_id, epoch=session.sandbox.epoch, source="learner")
    if only == "changes":
        rows = rows.filter(mutating=True, status__lt=400)
    elif only == "errors":
        rows = rows.filter(status__gte=400)
    if service:
        rows = rows.filter(service=service)
    if before:
        rows = rows.filter(seq__lt=before)
    if words:
        rows = rows.annotate(text=Cast("parameters", TextField()), call=Concat("service", Value(":"), "action"))
        for word in words.split()[:8]:
            told = Q(call__icontains=word) | Q(error_code__icontains=word) | Q(error_message__icontains=word)
            told |= Q(principal__icontains=word) | Q(tool__icontains=word) | Q(text__icontains=word)
            rows = rows.filter(told)
    return list(rows.defer("request").order_by("-seq")[:limit])


def call_of(session: LabSession, seq: int) -> ApiCall:
    """Return one of the learner's calls since the last reset. Raises Http404."""
    rows = ApiCall.objects.filter(sandbox_id=session.sandbox_id, epoch=session.sandbox.epoch, source="learner")
    found = rows.defer("request").filter(seq=seq).first()
    if found is None:
        raise Http404("There is no such call in this log.")
    return found


def log_services(session: LabSession) -> list[str]:
    """Return the services that the learner has called since the last reset."""
    rows = ApiCall.objects.filter(sandbox_id=session.sandbox_id, epoch=session.sandbox.epoch, source="learner")
    return sorted(rows.values_list("service", flat=True).distinct())


def last_change(session: LabSession) -> ApiCall | None:
    """Return the learner's last call that changed something and was not undone, or None."""
    rows = ApiCall.objects.filter(sandbox_id=session.sandbox_id, epoch=session.sandbox.epoch, source="learner")
    changes = rows.filter(mutating=True, status__lt=400, undone_by=None)
    return changes.defer("request").order_by("-seq").first()


def services_in_use(session: LabSession) -> list[str]:
    """Return the services that the lab names, and those in which something was changed since the last reset."""
    used = ApiCall.objects.filter(sandbox_id=session.sandbox_id, epoch=session.sandbox.epoch, mutating=True)
    return [*lab_of(session).services, *used.values_list("service", flat=True).distinct()]


def last_seq(sandbox: Sandbox, *, mutating: bool = False) -> int:
    """Return the number of the latest call (or of the latest that changed something) in the present epoch, or 0."""
    rows = ApiCall.objects.filter(sandbox=sandbox, epoch=sandbox.epoch)
    if mutating:
        rows = rows.filter(mutating=True)
    return rows.aggregate(last=Max("seq"))["last"] or 0


def grading_state(session: LabSession, grading_id: str) -> str:
    """Return how far a grading of the session is; "" where it is none of its own (Grading.State)."""
    try:
        found = session.gradings.filter(pk=grading_id).values_list("state", flat=True).first()
    except ValidationError:  # no id at all
        return ""
    return str(found or "")


# --- The home in the browser's shell -------------------------------------------------------------------------------


def home_files(session: LabSession) -> QuerySet[HomeFile]:
    """Return what is kept of the learner's home, by path."""
    return session.files.order_by("path")


def history_place(session: LabSession) -> str:
    """Return what a shell's history belongs to: the lab; in an exam the session, as practice must not show in it."""
    return str(session.pk) if session.exam else session.lab_slug


def shell_history(session: LabSession) -> list[str]:
    """Return the lines that the learner ran in this lab's shell, the oldest first."""
    found = ShellHistory.objects.filter(user_id=session.user_id, place=history_place(session)).first()
    return list(found.lines) if found else []


def life_of(session: LabSession) -> tuple[int, int, int, int]:
    """Return what changes whenever something in the sandbox does: for what is kept of it meanwhile."""
    rows = ApiCall.objects.filter(sandbox_id=session.sandbox_id, epoch=session.sandbox.epoch, mutating=True)
    found = rows.aggregate(last=Max("seq"), undone=Count("undone_by"))
    return session.sandbox_id, session.sandbox.epoch, found["last"] or 0, found["undone"]


def state_stamp(sandbox: Sandbox) -> tuple[int, int, int]:
    """Return what is another one once a call, an undo or a reset has changed the sandbox."""
    newest = Snapshot.objects.filter(sandbox=sandbox, epoch=sandbox.epoch).aggregate(newest=Max("pk"))["newest"]
    return sandbox.epoch, last_seq(sandbox, mutating=True), newest or 0


# --- Tasks --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TaskState:
    """A task, what stands of it, and what the latest judgement since the last reset says.

    `now` is what was found last, None before the first judgement; `outcome` is PASSED where it was passed before and
    need not stay so (`passed_at`). `stale` says that something was changed since. `task` holds checks, solutions and
    all hints: of hints, only `hints_shown` (Markdown) may leave the server, and of solutions those of `solution`.
    """

    task: Task
    outcome: Outcome | None
    now: Outcome | None
    score: float
    points: float
    results: tuple[Result, ...] = ()
    checked_at: datetime | None = None
    passed_at: datetime | None = None
    stale: bool = False
    skip: TaskSkip | None = None
    hints_shown: tuple[str, ...] = ()
    hints_left: int = 0
    next_cost: float = 0.0
    solution: tuple[str, ...] = ()
    met: bool = False  # others need not wait for it


def task_states(session: LabSession) -> list[TaskState]:
    """Return the tasks of a session in the lab's order."""
    lab = lab_of(session)
    sandbox = session.sandbox
    grading = session.gradings.filter(state=Grading.State.DONE, epoch=sandbox.epoch).order_by("-finished_at").first()
    found = {row.task_id: row for row in grading.tasks.all()} if grading else {}
    stale = bool(grading) and last_seq(sandbox, mutating=True) > ((grading and grading.journal_seq) or 0)
    standing = standing_of(session)
    met = standing.met(lab)
    return [_task_state(task, found.get(task.id), grading, stale, standing, task.id in met) for task in lab.tasks]


def _task_state(
    task: Task, row: TaskResult | None, grading: Grading | None, stale: bool, standing: Standing, met: bool
) -> TaskState:
    now = Outcome(row.outcome) if row else None
    shown = standing.shown.get(task.id, 0)
    passed_at = standing.passed_at.get(task.id)
    stands = passed_at is not None and not task.stays
    ladder = [*task.hints, Hint("", 0, task.solution_cost)] if task.solutions else [*task.hints]
    best = standing.best.get(task.id, 0.0) if not task.stays else (row.score if row else 0.0)
    return TaskState(
        task=task,
        outcome=Outcome.PASSED if stands else now,
        now=now,
        score=max(0.0, best - standing.costs.get(task.id, 0.0)),
        points=task.points,
        results=tuple(Result.from_dict(one) for one in row.results) if row else (),
        checked_at=grading.finished_at if row and grading else None,
        passed_at=passed_at,
        stale=stale and row is not None,
        skip=standing.skips.get(task.id),
        hints_shown=tuple(hint.text for hint in task.hints[:shown]),
        hints_left=max(0, len(ladder) - shown),
        next_cost=ladder[shown].cost if shown < len(ladder) else 0.0,
        solution=tuple(block.text for block in task.solutions) if shown > len(task.hints) else (),
        met=met or now == Outcome.PASSED,
    )
