"""What a learner's call sets off: the clock of idleness, a line in the log of open pages, a judgement a moment later."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache

from django.db.models import Q

from labs import events, jobs
from labs.models import Grading, LabSession, Sandbox
from labs.services.gradings import request_grading

TOUCH = timedelta(seconds=10)
# Tools make calls in bursts: one judgement for all that come within this time.
DEBOUNCE = timedelta(milliseconds=400)


def note_call(*, sandbox_number: int, epoch: int, seq: int, now: datetime, mutating: bool = True) -> None:
    """Note a call after it was written to the journal. Costs two look-ups where nothing is due."""
    session = _session_of(sandbox_number)
    if session is None:
        return
    mine = Sandbox.objects.filter(pk=sandbox_number)
    if mine.filter(Q(last_call_at=None) | Q(last_call_at__lt=now - TOUCH)).exists():
        mine.update(last_call_at=now)
    events.publish(session, {"type": "call", "seq": seq})  # type: ignore[arg-type]
    if mutating:
        payload = {"session": session, "epoch": epoch}
        jobs.enqueue(kind="live", key=f"live:{sandbox_number}:{epoch}", payload=payload, now=now, delay=DEBOUNCE)


@lru_cache(maxsize=4096)
def _session_of(sandbox_number: int) -> str | None:
    """Return the id of the session whose sandbox it is; the two are made in one transaction, for good."""
    pk = LabSession.objects.filter(sandbox_id=sandbox_number).values_list("pk", flat=True).first()
    return str(pk) if pk else None


@jobs.handles("live")
def _live(lease: jobs.Lease) -> None:
    """Ask for a judgement. A call that comes while this runs has the job run once more."""
    now = lease.now()
    with jobs.finish(lease, now=now):
        ready = LabSession.objects.filter(
            pk=lease.payload["session"], state=LabSession.State.READY, sandbox__epoch=lease.payload["epoch"]
        )
        if session := ready.first():
            request_grading(session=session, trigger=Grading.Trigger.LIVE, now=now)
