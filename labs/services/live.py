"""Judge while the learner works: after each call the checks that it may have touched, and all of them once they rest.

The first call of a burst is judged at once. What comes while that runs is judged together right after it, so no call is
left out and a tool that makes hundreds cannot ask for hundreds of judgements. Which checks a call can touch is
graders/reach.py's word; where that is not sure, or an undo has changed everything, it is all of them. Time changes things
too: when nothing was called for a moment all is looked at once more, and again for a while where something is under way.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from graders import BotoAccount, Outcome, Result
from graders.reach import TIMED, still_so
from labs import events, jobs
from labs.models import ApiCall, Grading, LabSession
from labs.scoring import grade_lab, still_known
from labs.selectors import account_of, lab_of, provider_for, ref_of
from labs.services.gradings import Judged, give_up, locked, make_grading, queued, write
from labs.standing import Standing, standing_of

REST = timedelta(seconds=3)  # so long after the last call nobody is in the middle of something
LATER = timedelta(seconds=20)  # and once more then, where something is under way …
UNDER_WAY = timedelta(minutes=2)  # … which it is for so long after the last change
LONG = 250  # milliseconds: of a judgement that takes longer the page says that it is under way
MOST_PAUSE = timedelta(seconds=1)
LOOKS = 32  # sessions whose last look a process keeps


def judge_soon(*, session: str, sandbox_number: int, epoch: int, now: datetime, whole: bool = False) -> None:
    """Have the session judged: its sandbox has changed. `whole`: an earlier judgement is worth nothing any more."""
    payload = {"session": session, "epoch": epoch, "whole": whole}
    jobs.enqueue(kind="live", key=f"live:{sandbox_number}:{epoch}", payload=payload, now=now)


@dataclass(frozen=True)
class _Base:
    """What an earlier judgement found, and what tells whether that is still so."""

    results: Mapping[str, list[Result]]
    holds: Callable[[Collection[str]], bool]
    milliseconds: int
    grading: UUID


@dataclass(frozen=True)
class _Begun:
    grading: Grading
    standing: Standing
    base: _Base | None
    stirred_at: datetime | None  # the last change


def _begin(payload: Mapping[str, Any], now: datetime) -> _Begun | None:
    """Write down that the session is judged now, and up to which call; None where there is nothing to judge."""
    with transaction.atomic():
        try:
            session = locked(payload["session"])
        except LabSession.DoesNotExist:
            return None
        if not session.is_ready or session.exam or session.sandbox.epoch != payload["epoch"]:
            return None
        if not lab_of(session).tasks:
            return None
        calls = ApiCall.objects.filter(sandbox=session.sandbox_id, epoch=payload["epoch"])
        last = list(calls.values_list("service", "mutating").annotate(Max("seq"), Max("at")))
        seq = max((row[2] for row in last), default=0)
        changes = {service: (seq, at) for service, mutating, seq, at in last if mutating}
        base = None if payload.get("whole") else _base(session, changes, now)
        # One that a worker left unfinished is taken up again.
        grading = session.gradings.filter(
            state=Grading.State.QUEUED, trigger=Grading.Trigger.LIVE, epoch=payload["epoch"], partial=True
        ).first()
        if grading is None:
            grading = make_grading(session, trigger=Grading.Trigger.LIVE, now=now, partial=True, journal_seq=seq)
        else:
            queued(grading.pk).update(journal_seq=seq)
            grading.journal_seq = seq
        grading.session = session
        stirred = max((at for _, at in changes.values()), default=None)
        return _Begun(grading, standing_of(session), base, stirred)


def _base(session: LabSession, changes: Mapping[str, tuple[int, datetime]], now: datetime) -> _Base | None:
    last = session.gradings.filter(state=Grading.State.DONE, epoch=session.sandbox.epoch).order_by("-finished_at")
    grading = last.first()
    if grading is None or not grading.journal_seq:  # 0: an undo has changed what it saw
        return None
    since = [service for service, (seq, _) in changes.items() if seq > grading.journal_seq]
    lately = [service for service, (_, at) in changes.items() if at > now - UNDER_WAY]
    found = {row.task_id: [Result.from_dict(one) for one in row.results] for row in grading.tasks.all()}
    holds = still_so(since=since, lately=lately, before=changes)
    return _Base(found, holds, grading.milliseconds or 0, grading.pk)


def judge_live(*, lease: jobs.Lease) -> None:
    """Judge what was touched since the last judgement. Raises Unavailable."""
    began = lease.now()
    begun = _begin(lease.payload, began)
    if begun is None:
        with jobs.finish(lease, now=lease.now()):
            return
    judged = _look(begun, lease.payload["session"])
    now = lease.now()
    with jobs.finish(lease, now=now, rest=min(MOST_PAUSE, (now - began) / 2)):
        write(judged, now=now, standing=begun.standing)
        _look_again(lease.payload, judged, begun.stirred_at, now)


def _look(begun: _Begun, pk: str) -> Judged:
    grading, session = begun.grading, begun.grading.session
    lab, base = lab_of(session), begun.base
    known = still_known(lab, base.results, base.holds) if base else {}
    grading.partial = bool(known)
    if base and base.milliseconds > LONG:
        events.publish(pk, {"type": "checking"})
    provider_for(session).is_running(ref_of(session.sandbox))  # raises where nobody could answer any check
    account = account_of(session)
    if base and (earlier := _looks.get(pk)) and earlier[0] == base.grading:
        account.keep_from(earlier[1], base.holds)
    started = time.perf_counter()
    grades = grade_lab(lab, account, known=known, met=begun.standing.met(lab))
    _remember(pk, grading.pk, account)
    return Judged(grading, grades, round((time.perf_counter() - started) * 1000))


# The last looks of this process: what a call cannot have touched need not be read again.
_looks: OrderedDict[str, tuple[UUID, BotoAccount]] = OrderedDict()


def _remember(pk: str, grading: UUID, account: BotoAccount) -> None:
    _looks[pk] = (grading, account)
    _looks.move_to_end(pk)
    while len(_looks) > LOOKS:
        _looks.popitem(last=False)


def _look_again(payload: Mapping[str, Any], judged: Judged, stirred_at: datetime | None, now: datetime) -> None:
    """Have all looked at once more when the learner rests: what was not run, and what time brings about."""
    wants = [grade for grade in judged.grades if grade.outcome != Outcome.PASSED]
    timed = any(set(result.reads) & TIMED for grade in wants for result in grade.results)
    if judged.grading.partial or (timed and stirred_at and stirred_at > now - UNDER_WAY):
        enqueue_rest(payload, now=now, delay=REST if judged.grading.partial else LATER)


def enqueue_rest(payload: Mapping[str, Any], *, now: datetime, delay: timedelta) -> None:
    """Have all looked at once more in a while."""
    told = {"session": payload["session"], "epoch": payload["epoch"], "whole": True}
    jobs.enqueue(kind="rest", key=f"rest:{payload['session']}:{payload['epoch']}", payload=told, now=now, delay=delay)


@jobs.handles("rest")
def _rest(lease: jobs.Lease) -> None:
    """Judge all if nobody has called for a moment; else wait for that."""
    now = lease.now()
    calls = ApiCall.objects.filter(sandbox__session=lease.payload["session"], epoch=lease.payload["epoch"])
    last = calls.filter(mutating=True).aggregate(last=Max("at"))["last"]
    if last is not None and last > now - REST + jobs.EARLY:
        jobs.enqueue(
            kind="rest", key=lease.key, payload=lease.payload, now=now, delay=REST
        )  # while it is leased: again
        with jobs.finish(lease, now=now):
            return
    with jobs.finish(lease, now=now):
        number = LabSession.objects.filter(pk=lease.payload["session"]).values_list("sandbox", flat=True).first()
        if number is not None:
            at = {"session": lease.payload["session"], "epoch": lease.payload["epoch"]}
            judge_soon(sandbox_number=number, now=now, whole=True, **at)


def _dead(payload: dict[str, Any], now: datetime) -> None:
    """Say that it is our fault; the next call, or the learner's word, has it tried again."""
    for grading in Grading.objects.filter(
        session=payload["session"], trigger=Grading.Trigger.LIVE, state=Grading.State.QUEUED
    ):
        give_up(grading.pk, now=now)


@jobs.handles("live", dead=_dead)
def _live(lease: jobs.Lease) -> None:
    judge_live(lease=lease)
