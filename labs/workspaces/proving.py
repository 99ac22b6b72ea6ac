"""The proof of a draft (labs/proof), as a job: asked for, played in sandboxes of this installation, told, stopped.

One proof at a time plays here, whoever asks: a proof takes minutes of one of the worker's hands, and learners' labs go
first. The job's own thread writes all rows; the proof runs in another one, which knows no database.
"""

from __future__ import annotations

import queue
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from labs import events, jobs
from labs.content import ContentError, Lab
from labs.models import ApiCall, Sandbox, Snapshot
from labs.proof import ProofReport, Watch, prove
from labs.providers import get_judge, get_provider, get_runner
from labs.sandboxes import Ref, Unavailable, account_id_for
from labs.workspaces import refusals, reports, selectors
from labs.workspaces.kinds import LAB
from labs.workspaces.models import Draft, ProofRun

SECONDS = 20 * 60.0  # the longest that a proof may take
MARGIN = 60.0  # what Celery gives beyond it
TICK = 0.5
KEEP = 20  # proofs of a draft; those that a version rests on stay beside them
SEEDS = (1, 2, 3)
SORRY = "The proof could not be finished. That is our fault, and says nothing of the lab: please test it again."
TOO_LONG = f"The proof was stopped after {SECONDS / 60:.0f} minutes. Make the lab smaller, or its start shorter."


# --- Asking ---------------------------------------------------------------------------------------------------------


def request_proof(*, draft: Draft, by: Any, now: datetime) -> ProofRun:
    """Have the draft's text proven as it stands now.

    :raises NotReadable: it has mistakes.
    :raises NothingToProve: it has no tasks.
    :raises ProofUnderWay: one of the workspace is.
    """
    with transaction.atomic():
        draft = Draft.objects.select_for_update().get(pk=draft.pk)
        files = selectors.files_of(draft)
        try:
            lab = LAB.parse(draft.slug, files)
        except ContentError as error:
            raise refusals.NotReadable(len(error.problems), "proven") from error
        if not lab.tasks:
            raise refusals.NothingToProve
        if ProofRun.objects.filter(workspace=draft.workspace_id, state__in=ProofRun.OPEN).exists():
            raise refusals.ProofUnderWay
        try:
            with transaction.atomic():
                run = ProofRun.objects.create(
                    workspace_id=draft.workspace_id,
                    draft=draft,
                    revision=LAB.revision(files),
                    files=files,
                    asked_by=by,
                    asked_at=now,
                )
        except IntegrityError:  # somebody else was as quick
            raise refusals.ProofUnderWay from None
        _forget_old(draft)
        jobs.enqueue(kind="proof", key=f"proof:{run.pk}", payload={"proof": str(run.pk)}, now=now)
    return run


def cancel_proof(*, run: ProofRun, now: datetime) -> None:
    """Have a proof stop. One that waits is over at once; one that plays ends what it plays."""
    with transaction.atomic():
        waiting = ProofRun.objects.filter(pk=run.pk, state=ProofRun.State.QUEUED)
        if not waiting.update(state=ProofRun.State.CANCELLED, finished_at=now):
            ProofRun.objects.filter(pk=run.pk, state=ProofRun.State.RUNNING).update(stopping=True)
        _tell_on_commit(run)


def _forget_old(draft: Draft) -> None:
    kept = draft.proofs.order_by("-asked_at").values_list("pk", flat=True)[:KEEP]
    held = draft.versions.exclude(proof=None).values_list("proof", flat=True)
    draft.proofs.exclude(pk__in=[*kept, *held]).delete()


# --- Doing ----------------------------------------------------------------------------------------------------------


def _dead(payload: dict[str, Any], now: datetime) -> None:
    run = ProofRun.objects.filter(pk=payload["proof"], state__in=ProofRun.OPEN).first()
    if run is not None:
        _end(run, ProofRun.State.FAULT, {"said": SORRY}, now)


@jobs.handles("proof", dead=_dead, seconds=SECONDS + MARGIN)
def run_proof(lease: jobs.Lease) -> None:
    """Play a proof, and write what it found."""
    run = ProofRun.objects.filter(pk=lease.payload["proof"]).first()
    if run is None or not run.is_open:
        with jobs.finish(lease, now=lease.now()):
            return
    if ProofRun.objects.filter(state=ProofRun.State.RUNNING).exclude(pk=run.pk).exists():
        jobs.defer(lease, reason="another proof is under way", now=lease.now())
        return
    ProofRun.objects.filter(pk=run.pk).update(
        state=ProofRun.State.RUNNING, started_at=lease.now(), played=0, total=0, doing=""
    )
    run.refresh_from_db()
    _tell(run)
    _let_go(run)  # what an attempt before this one left
    try:
        state, report = _played(run, LAB.parse(run.draft.slug, run.files))
    finally:
        _let_go(run)
    now = lease.now()
    with jobs.finish(lease, now=now):
        _end(run, state, report, now)


def _played(run: ProofRun, lab: Lab) -> tuple[ProofRun.State, dict[str, Any]]:
    """Play all of it in another thread, and do in this one what needs the database."""
    provider, runner, judge = get_provider(settings.SANDBOX_PROVIDER), get_runner(), get_judge()
    asked: queue.Queue[_Asked | None] = queue.Queue()

    def make_ref(region: str) -> Ref:
        wanted = _Asked(region, Future())
        asked.put(wanted)
        return wanted.ref.result(60)

    watch = Watch()
    ends = time.monotonic() + SECONDS
    with ThreadPoolExecutor(1) as pool:
        playing = pool.submit(
            prove, lab, provider=provider, runner=runner, make_ref=make_ref, judge=judge, seeds=SEEDS, watch=watch
        )
        playing.add_done_callback(lambda _: asked.put(None))
        try:
            while not playing.done():
                _serve(run, asked)
                _note(run, watch)
                watch.stopped = watch.stopped or time.monotonic() > ends
        except BaseException:
            watch.stopped = True
            raise
        report = playing.result()
    if watch.stopped:
        stopped = ProofRun.objects.filter(pk=run.pk, stopping=True).exists()
        said = {} if stopped else {"said": TOO_LONG}
        return ProofRun.State.CANCELLED, reports.to_row(report) | said
    return _verdict(report), reports.to_row(report)


def _verdict(report: ProofReport) -> ProofRun.State:
    if report.ok:
        return ProofRun.State.PROVEN
    theirs = any(not reports.is_ours(one) for one in report.findings)
    return ProofRun.State.BROKEN if theirs else ProofRun.State.FAULT


@dataclass(frozen=True)
class _Asked:
    """A sandbox that the proof's threads wait for."""

    region: str
    ref: Future[Ref]


def _serve(run: ProofRun, asked: queue.Queue[_Asked | None]) -> None:
    try:
        wanted = asked.get(timeout=TICK)
    except queue.Empty:
        return
    if wanted is not None:
        try:
            wanted.ref.set_result(_new_sandbox(run, wanted.region))
        except BaseException as error:
            wanted.ref.set_exception(error)
            raise


def _new_sandbox(run: ProofRun, region: str) -> Ref:
    with transaction.atomic():
        sandbox = Sandbox.objects.create(region=region, provider=settings.SANDBOX_PROVIDER)
        sandbox.account_id = account_id_for(sandbox.number)
        sandbox.save(update_fields=["account_id"])
        run.sandboxes = [*run.sandboxes, sandbox.number]
        run.save(update_fields=["sandboxes"])
    return Ref(sandbox.number, 1, sandbox.account_id, region)


def _let_go(run: ProofRun) -> None:
    """End the sandboxes that a proof had. Their journal is nobody's evidence: it goes."""
    numbers = list(run.sandboxes)
    for sandbox in Sandbox.objects.filter(pk__in=numbers, state=Sandbox.State.LIVE):
        try:
            get_provider(sandbox.provider).stop(Ref(sandbox.number, 1, sandbox.account_id or "", sandbox.region))
        except Unavailable:
            continue  # a host that is gone has nothing to stop
    Sandbox.objects.filter(pk__in=numbers).update(state=Sandbox.State.ENDED, ended_at=timezone.now())
    ApiCall.objects.filter(sandbox__in=numbers).delete()
    Snapshot.objects.filter(sandbox__in=numbers).delete()
    ProofRun.objects.filter(pk=run.pk).update(sandboxes=[])
    run.sandboxes = []


def _note(run: ProofRun, watch: Watch) -> None:
    """Write how far it is, and hear whether it is to stop."""
    seen = {"played": watch.played, "total": watch.total, "doing": watch.doing[:120]}
    if seen != {name: getattr(run, name) for name in seen}:
        for name, value in seen.items():
            setattr(run, name, value)
        ProofRun.objects.filter(pk=run.pk).update(**seen)
        _tell(run)
    if not watch.stopped and ProofRun.objects.filter(pk=run.pk, stopping=True).exists():
        watch.stopped = True


def _end(run: ProofRun, state: str, report: dict[str, Any], now: datetime) -> None:
    ProofRun.objects.filter(pk=run.pk, state__in=ProofRun.OPEN).update(
        state=state, report=report, finished_at=now, doing=""
    )
    _tell_on_commit(run)


def _tell(run: ProofRun) -> None:
    events.publish(run.pk, {"type": "proof"})


def _tell_on_commit(run: ProofRun) -> None:
    transaction.on_commit(lambda: _tell(run))
