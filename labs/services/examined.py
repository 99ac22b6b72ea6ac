"""Labs that are part of an exam: begun, held still and judged by the exam's word alone, from the journal and not by looks.

What a candidate reached is the journal's calls 1 to N: they are made anew in a clean cell, and that is judged. What was
done to the living process, by whatever means, is not in it. The journal stays, so the same can be judged again.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from labs import events
from labs.acting import boto_account, copies_of
from labs.content import draw
from labs.models import ApiCall, LabRevision, LabSession, Sandbox
from labs.sandboxes import Unavailable, account_id_for
from labs.scoring import TaskGrade, grade_lab
from labs.selectors import get_lab, lab_of, lab_of_revision, provider_for, ref_of
from labs.services.provisioning import let_go
from labs.services.sessions import enqueue_provision


def pin_lab(slug: str) -> int:
    """Keep a lab's texts as they are now; return the key of their row, which is mostly there. Raises Http404."""
    lab = get_lab(slug)
    named = {"slug": lab.slug, "revision": lab.revision}
    known: int | None = LabRevision.objects.filter(**named).values_list("pk", flat=True).first()
    if known is None:
        fresh = {"source": lab.source, "checks": lab.checks_source}
        known = LabRevision.objects.get_or_create(**named, defaults=fresh)[0].pk
    return known


def begin(*, user: Any, revision: LabRevision, provider: str, now: datetime) -> LabSession:
    """Begin a lab as it was pinned: the session is queued, and a worker builds its sandbox."""
    lab, seed = lab_of_revision(revision), secrets.token_hex(16)
    with transaction.atomic():
        sandbox = Sandbox.objects.create(region=lab.region, provider=provider)
        sandbox.account_id = account_id_for(sandbox.number)
        sandbox.save(update_fields=["account_id"])
        session = LabSession.objects.create(
            user=user,
            lab_slug=lab.slug,
            lab_revision=revision,
            sandbox=sandbox,
            seed=seed,
            parameters=draw(lab, seed),
            exam=True,
            queued_at=now,
            points=lab.points,
        )
        enqueue_provision(session, now=now)
    return session


def hold(session: LabSession) -> None:
    """Let nobody but graders call the sandbox. Idempotent; in the transaction of the caller."""
    _turn(session, Sandbox.State.LIVE, Sandbox.State.FROZEN)


def release(session: LabSession) -> None:
    """Let a sandbox that is held go on where it was. Idempotent."""
    _turn(session, Sandbox.State.FROZEN, Sandbox.State.LIVE)


def _turn(session: LabSession, before: str, after: str) -> None:
    if Sandbox.objects.filter(pk=session.sandbox_id, state=before).update(state=after):
        transaction.on_commit(lambda: events.publish(session.pk, {"type": "state"}))


def stand_still(*, session: LabSession, upto: datetime) -> tuple[int, int]:
    """See to it that the sandbox host knows the sandbox is held; return its epoch, and the last call until that time.

    :raises Unavailable: the host does not answer.
    """
    session.sandbox.refresh_from_db()
    ref = ref_of(session.sandbox)
    provider = provider_for(session)
    provider.start(ref)  # it reads the row anew: from here on no call is let in
    calls = ApiCall.objects.filter(sandbox=session.sandbox_id, epoch=ref.epoch, at__lte=upto)
    return ref.epoch, calls.aggregate(last=Max("seq"))["last"] or 0


def keep_evidence(session: LabSession) -> int:
    """Keep the sandbox's whole state as it stands; return the id of the snapshot. Raises Unavailable."""
    return provider_for(session).checkpoint(ref_of(session.sandbox), "End of the exam").id


def grade_journal(*, session: LabSession, epoch: int, seq: int) -> list[TaskGrade]:
    """Judge what calls 1 to `seq` of a sandbox's life come to in a clean cell. The one way in which an exam judges a lab.

    It can be done again years later: one that has ended answers nobody, but its journal is there.

    :raises Unavailable: the host does not answer, or its time for a replay is up.
    """
    session.sandbox.refresh_from_db()
    if session.sandbox.epoch != epoch:
        raise Unavailable(f"sandbox {session.sandbox_id} is in epoch {session.sandbox.epoch} by now, not {epoch}")
    ref, provider = ref_of(session.sandbox), provider_for(session)
    ended = Sandbox.objects.filter(pk=session.sandbox_id, state=Sandbox.State.ENDED).update(state=Sandbox.State.FROZEN)
    try:
        provider.start(ref)
        clean = provider.replayed(ref, seq)
        try:
            account = boto_account(provider.grader_credentials(clean))
            account.copies = copies_of(provider, clean)
            return grade_lab(lab_of(session), account)
        finally:
            with suppress(Unavailable):  # it ends by itself
                provider.stop(clean)
    finally:
        if ended:
            Sandbox.objects.filter(pk=session.sandbox_id).update(state=Sandbox.State.ENDED)
            with suppress(Unavailable):
                provider.stop(ref)


def end(*, session: LabSession, now: datetime) -> None:
    """Let a session and its sandbox go; the journal stays."""
    with transaction.atomic():
        open_ = LabSession.objects.filter(pk=session.pk, state__in=LabSession.OPEN)
        if open_.update(state=LabSession.State.ENDED, ended_at=now):
            session.sandbox.refresh_from_db()
            let_go(session.sandbox, now=now)
            transaction.on_commit(lambda: events.publish(session.pk, {"type": "state"}))
