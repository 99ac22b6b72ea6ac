"""The inbox of a session: what it has been shown, and the yes to a subscription that waits for one."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db.models import Q

from labs.explorer.model import call
from labs.models import LabSession
from labs.services.explored import Saved, make_calls


def note_inbox_seen(*, session: LabSession, until: float) -> None:
    """Remember that its owner has seen all that was sent until then (unix seconds); never less than before."""
    try:
        at = datetime.fromtimestamp(until, UTC)
    except (ValueError, OverflowError, OSError):
        return
    older = Q(inbox_seen_at=None) | Q(inbox_seen_at__lt=at)
    LabSession.objects.filter(older, pk=session.pk).update(inbox_seen_at=at)


def confirm_subscription(*, session: LabSession, topic: str, token: str) -> Saved:
    """Say yes for whoever was asked, as the learner: ConfirmSubscription, in the API log like any call of theirs.

    :raises NotReady: the sandbox is being built, or is over.
    :raises Frozen: it is kept as it is.
    :raises Away: it does not answer.
    """
    return make_calls(session=session, calls=[call("sns", "confirm_subscription", TopicArn=topic, Token=token)])
