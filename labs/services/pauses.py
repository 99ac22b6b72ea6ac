"""Pause a lab and resume it: the sandbox sleeps on disk, the clock stands still, and nothing is lost.

A pause lasts PAUSE; whoever looks in again may have it go on, until TOGETHER after the lab was begun. What is paused does
not count among the open labs of a person, and is no way to keep ever more of them: MOST_PAUSED at a time.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction

from labs import events, jobs
from labs.models import LabSession, Sandbox
from labs.sandboxes import Unavailable
from labs.selectors import PLAYGROUND, labs_at_work, provider_for, ref_of
from labs.services.live import enqueue_rest
from labs.services.refusals import Frozen, NoMorePauses, NotPaused, NotReady, TooManyOpen, TooManyPaused, hold_practice

logger = logging.getLogger(__name__)

PAUSE_DAYS: Final = 3
PAUSE: Final = timedelta(days=PAUSE_DAYS)
TOGETHER: Final = timedelta(days=14)
MOST_PAUSED: Final = 5
SOON: Final = timedelta(minutes=5)  # whoever resumes late has so much time at least


def pause_session(*, session: LabSession, now: datetime) -> LabSession:
    """Let a lab rest: its calls are refused, its clock stops, its sandbox goes to sleep. Idempotent.

    :raises NotReady: it is being built, or is over.
    :raises Frozen: its sandbox is frozen: an instructor looks at it.
    :raises TooManyPaused: as many of the person's labs as may be are paused.
    :raises NoMorePauses: it was begun TOGETHER ago.
    :raises InExam: it is part of an exam.
    """
    hold_practice(session)
    with transaction.atomic():
        session = _alone(session)
        if session.state == LabSession.State.PAUSED:
            return session
        if not session.is_ready or session.expires_at is None or session.expires_at <= now:
            raise NotReady(session)
        if session.sandbox.state == Sandbox.State.FROZEN:
            raise Frozen
        if now >= last_pause_day(session) - SOON:
            raise NoMorePauses(TOGETHER.days)
        mine = LabSession.objects.filter(user=session.user_id, state=LabSession.State.PAUSED)
        if mine.count() >= MOST_PAUSED:
            raise TooManyPaused(MOST_PAUSED)
        session.state, session.paused_at = LabSession.State.PAUSED, now
        session.paused_left = session.expires_at - now
        session.paused_until = _until(session, now)
        session.save(update_fields=["state", "paused_at", "paused_left", "paused_until"])
        Sandbox.objects.filter(pk=session.sandbox_id).update(state=Sandbox.State.FROZEN)
        payload = {"session": str(session.pk), "epoch": session.sandbox.epoch}
        jobs.enqueue(kind="sleep", key=f"sleep:{session.pk}", payload=payload, now=now)
        transaction.on_commit(lambda: events.publish(session.pk, {"type": "state"}))
    session.refresh_from_db()
    return session


def resume_session(*, session: LabSession, now: datetime) -> LabSession:
    """Go on where a paused lab was left: the sandbox is awake before this returns, where its host answers. Idempotent.

    :raises NotPaused: it is over.
    :raises TooManyOpen: the person has as many labs open as they may.
    """
    with transaction.atomic():
        session = _alone(session)
        if session.is_ready:
            return session
        if session.state != LabSession.State.PAUSED or session.paused_left is None:
            raise NotPaused
        at_work = labs_at_work(session.user).count()
        if session.lab_slug != PLAYGROUND and at_work >= settings.LAB_MAX_OPEN_PER_USER:
            raise TooManyOpen(settings.LAB_MAX_OPEN_PER_USER)
        session.state = LabSession.State.READY
        session.expires_at = now + max(SOON, session.paused_left)
        session.paused_at = session.paused_until = session.paused_left = None
        session.save(update_fields=["state", "expires_at", "paused_at", "paused_until", "paused_left"])
        # Whoever resumes is not idle.
        Sandbox.objects.filter(pk=session.sandbox_id).update(state=Sandbox.State.LIVE, last_call_at=now)
        told = {"session": str(session.pk), "epoch": session.sandbox.epoch}
        enqueue_rest(told, now=now, delay=timedelta(seconds=1))  # time has gone by in the sandbox
        transaction.on_commit(lambda: events.publish(session.pk, {"type": "state"}))
    session.refresh_from_db()
    with suppress(Unavailable):  # then the first call wakes it
        provider_for(session).start(ref_of(session.sandbox))
    return session


def keep_paused(*, session: LabSession, now: datetime) -> LabSession:
    """Have a pause last PAUSE from now on, as far as TOGETHER allows. Raises NotPaused."""
    with transaction.atomic():
        session = _alone(session)
        if session.state != LabSession.State.PAUSED:
            raise NotPaused
        session.paused_until = max(_until(session, now), session.paused_until or now)
        session.save(update_fields=["paused_until"])
        transaction.on_commit(lambda: events.publish(session.pk, {"type": "state"}))
    return session


def last_pause_day(session: LabSession) -> datetime:
    """Return the time that no pause of a session goes beyond."""
    return (session.ready_at or session.queued_at) + TOGETHER


def _until(session: LabSession, now: datetime) -> datetime:
    return min(now + PAUSE, last_pause_day(session))


def _alone(session: LabSession) -> LabSession:
    """Return the session as it is now; of a person's labs, one at a time is paused or resumed."""
    get_user_model().objects.select_for_update().get(pk=session.user_id)
    rows = LabSession.objects.select_related("sandbox", "lab_revision", "user")
    return rows.select_for_update(of=("self",)).get(pk=session.pk)


@jobs.handles("sleep")
def _sleep(lease: jobs.Lease) -> None:
    """Have the sandbox of a paused lab sleep. Where it was resumed meanwhile, its next call wakes it."""
    paused = LabSession.objects.select_related("sandbox").filter(
        pk=lease.payload["session"], state=LabSession.State.PAUSED, sandbox__epoch=lease.payload["epoch"]
    )
    if session := paused.first():
        ref, provider = ref_of(session.sandbox), provider_for(session)
        provider.start(ref)  # it reads the row anew: from here on no call is let in
        provider.hibernate(ref)
    with jobs.finish(lease, now=lease.now()):
        pass
