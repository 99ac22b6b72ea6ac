"""What time brings about: sessions that expire, lie idle or were paused for too long, jobs whose worker or bell was lost."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from labs import jobs, outbox
from labs.models import LabSession
from labs.services.endings import end_session
from labs.services.homes import forget_homes

logger = logging.getLogger(__name__)

EVERY = timedelta(seconds=2)
AT_A_TIME = 100
HOMES_EVERY = timedelta(hours=1)


def sweep(*, now: datetime) -> jobs.Swept:
    """Do what is due. Safe to run twice at a time: every change is a conditional one."""
    swept = jobs.sweep(now=now)
    idle = now - timedelta(minutes=settings.LAB_IDLE_MINUTES)
    quiet = Q(ready_at__lt=idle) & (Q(sandbox__last_call_at=None) | Q(sandbox__last_call_at__lt=idle))
    at_work = Q(state=LabSession.State.READY) & (Q(expires_at__lte=now) | quiet)
    put_aside = Q(state=LabSession.State.PAUSED, paused_until__lte=now)
    over = LabSession.objects.select_related("sandbox").filter(at_work | put_aside, exam=False)
    for session in over.order_by("expires_at")[:AT_A_TIME]:
        try:
            end_session(session=session, now=now)
        except Exception:  # one that cannot be ended must not keep the others alive
            logger.exception("%s could not be ended", session)
    try:
        outbox.tell(now=now)
    except Exception:
        logger.exception("What happened was not told; the next sweep is due in a moment")
    if jobs.take_turn("outbox", every=HOMES_EVERY, now=now):
        outbox.forget(now=now)
    if jobs.take_turn("homes", every=HOMES_EVERY, now=now):
        forget_homes(now=now)
    return swept


def sweep_in_turn(*, now: datetime) -> bool:
    """Sweep if nobody else has within the last two seconds; return whether we did."""
    if not jobs.take_turn("sweep", every=EVERY, now=now):
        return False
    sweep(now=now)
    return True
