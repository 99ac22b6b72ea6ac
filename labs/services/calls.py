"""What a learner's call sets off: the clock of idleness, a line in the log of open pages, a judgement in a moment."""

from __future__ import annotations

from datetime import datetime, timedelta

from labs import events, jobs
from labs.models import Grading, LabSession, Sandbox
from labs.services.gradings import request_grading

TOUCH = timedelta(seconds=10)
# Tools make calls in bursts: one judgement for all that come within this time.
DEBOUNCE = timedelta(milliseconds=400)


def note_call(*, sandbox_number: int, epoch: int, seq: int, now: datetime, mutating: bool = True) -> None:
    """Note a call after it was written to the journal. Costs two look-ups where nothing is due."""
    # The sandbox and its session were made in one transaction: one look-up says whose it is and when it was used last.
    found = (
        LabSession.objects.filter(sandbox_id=sandbox_number).values_list("pk", "sandbox__last_call_at", "exam").first()
    )
    if found is None:
        return
    session, last_call_at = str(found[0]), found[1]
    if last_call_at is None or last_call_at < now - TOUCH:
        Sandbox.objects.filter(pk=sandbox_number).update(last_call_at=now)
    events.publish(session, {"type": "call", "seq": seq})
    if mutating and not found[2]:
        judge_soon(session=session, sandbox_number=sandbox_number, epoch=epoch, now=now)


def judge_soon(*, session: str, sandbox_number: int, epoch: int, now: datetime) -> None:
    """Have the session judged a moment from now: its sandbox has changed."""
    payload = {"session": session, "epoch": epoch}
    jobs.enqueue(kind="live", key=f"live:{sandbox_number}:{epoch}", payload=payload, now=now, delay=DEBOUNCE)


@jobs.handles("live")
def _live(lease: jobs.Lease) -> None:
    """Ask for a judgement. A call that comes while this runs has the job run once more."""
    now = lease.now()
    with jobs.finish(lease, now=now):
        ready = LabSession.objects.filter(
            pk=lease.payload["session"], state=LabSession.State.READY, sandbox__epoch=lease.payload["epoch"], exam=False
        )
        if session := ready.first():
            request_grading(session=session, trigger=Grading.Trigger.LIVE, now=now)
