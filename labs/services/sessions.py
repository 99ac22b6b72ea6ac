"""Begin a session, begin it anew, give it more time."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models import F

from labs import events, jobs, outbox
from labs.content import Lab, draw
from labs.models import LabRevision, LabSession, Sandbox
from labs.sandboxes import account_id_for
from labs.selectors import MAX_EXTENSIONS, PLAYGROUND, get_lab, labs_at_work, open_session
from labs.services.refusals import Frozen, NoMoreTime, NotReady, SessionAlreadyOpen, TooManyOpen, hold_practice

EXTENSION = timedelta(minutes=30)


def start_session(*, user: Any, slug: str, now: datetime) -> LabSession:
    """Begin a lab: the session is queued, and a worker builds its sandbox.

    :raises Http404: there is no such lab.
    :raises SessionAlreadyOpen: with the session that is open; a double click ends here.
    :raises TooManyOpen: the person has as many labs open as settings.LAB_MAX_OPEN_PER_USER allows.
    """
    lab = get_lab(slug)
    try:
        with transaction.atomic():
            # One at a time for each person: both rules below look at rows that a second click would add to.
            get_user_model().objects.select_for_update().get(pk=user.pk)
            if already := open_session(user, slug):
                raise SessionAlreadyOpen(already)
            # The playground is everybody's, beside the labs: a lesson's commands run there whatever else is open.
            if slug != PLAYGROUND and labs_at_work(user).count() >= settings.LAB_MAX_OPEN_PER_USER:
                raise TooManyOpen(settings.LAB_MAX_OPEN_PER_USER)
            session = _make(user, lab, now)
            enqueue_provision(session, now=now)
            outbox.record(kind="lab.started", user=user, subject=session.pk, data={"lab": slug}, at=now)
    except IntegrityError:
        # The constraint has the last word, wherever the lock did not hold.
        if already := open_session(user, slug):
            raise SessionAlreadyOpen(already) from None
        raise
    return session


def _make(user: Any, lab: Lab, now: datetime) -> LabSession:
    revision, _ = LabRevision.objects.get_or_create(
        slug=lab.slug, revision=lab.revision, defaults={"source": lab.source, "checks": lab.checks_source}
    )
    sandbox = Sandbox.objects.create(region=lab.region, provider=settings.SANDBOX_PROVIDER)
    sandbox.account_id = account_id_for(sandbox.number)
    sandbox.save(update_fields=["account_id"])
    seed = secrets.token_hex(16)
    return LabSession.objects.create(
        user=user,
        lab_slug=lab.slug,
        lab_revision=revision,
        sandbox=sandbox,
        seed=seed,
        parameters=draw(lab, seed),
        queued_at=now,
        points=lab.points,
    )


def enqueue_provision(session: LabSession, *, now: datetime) -> None:
    """Have the sandbox built in its present epoch."""
    epoch = session.sandbox.epoch
    payload = {"session": str(session.pk), "epoch": epoch}
    jobs.enqueue(kind="provision", key=f"provision:{session.pk}:{epoch}", payload=payload, now=now)


def reset_session(*, session: LabSession, now: datetime) -> LabSession:
    """Begin anew with an empty sandbox: a new epoch. Keys, clock, hints and the best score stay.

    :raises NotReady: it is being built, or is over.
    :raises Frozen: its sandbox is frozen.
    :raises InExam: it is part of an exam.
    """
    hold_practice(session)
    with transaction.atomic():
        if Sandbox.objects.filter(pk=session.sandbox_id, state=Sandbox.State.FROZEN).exists():
            raise Frozen
        queued = LabSession.objects.filter(pk=session.pk, state=LabSession.State.READY).update(
            state=LabSession.State.QUEUED, resets=F("resets") + 1
        )
        session.refresh_from_db()
        if not queued:
            raise NotReady(session)
        Sandbox.objects.filter(pk=session.sandbox_id).update(epoch=F("epoch") + 1)
        session.sandbox.refresh_from_db()
        enqueue_provision(session, now=now)
        transaction.on_commit(lambda: events.publish(session.pk, {"type": "state"}))
    return session


def extend_session(*, session: LabSession, now: datetime) -> LabSession:
    """Give half an hour more, up to ten times.

    :raises NotReady: it is being built, or is over.
    :raises NoMoreTime: it was extended ten times.
    :raises InExam: it is part of an exam.
    """
    hold_practice(session)
    ready = LabSession.objects.filter(pk=session.pk, state=LabSession.State.READY, expires_at__gt=now)
    extended = ready.filter(extensions__lt=MAX_EXTENSIONS).update(
        expires_at=F("expires_at") + EXTENSION, extensions=F("extensions") + 1
    )
    session.refresh_from_db()
    if not extended:
        if session.is_ready and session.extensions >= MAX_EXTENSIONS:
            raise NoMoreTime(MAX_EXTENSIONS)
        raise NotReady(session)
    transaction.on_commit(lambda: events.publish(session.pk, {"type": "clock"}))
    return session
