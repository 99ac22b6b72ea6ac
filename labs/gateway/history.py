"""The states that a sandbox was in: kept as snapshots, signed, and found again with the calls that came after.

A state is the newest snapshot at or before a place in the journal, and the calls between them that nobody has undone.
Going back makes a new snapshot at the present end of the journal: history only ever grows.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Final, ParamSpec, TypeVar

from django.db import DatabaseError, connection, transaction
from django.db.models import Max, QuerySet

from labs.gateway.journal import Life, unpack_request
from labs.models import ApiCall, Snapshot
from labs.sandboxes import Moment, Unavailable
from labs.sandboxes.emulated.fleet import CellRequest

__all__ = ["Kept", "NothingToUndo", "Recovered", "checkpoints", "find", "go_back", "keep", "last_change", "recover"]

log: Final = logging.getLogger(__name__)
_KEPT_AUTOS: Final = 6
P = ParamSpec("P")
R = TypeVar("R")


class NothingToUndo(Unavailable):
    """The learner has changed nothing that could be taken back."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A state as bytes: at which call, and how many bytes of bodies it was made of."""

    seq: int
    data: bytes
    stored: int


@dataclass(frozen=True, slots=True)
class Recovered:
    """What makes a state anew: a snapshot, if there is one, and the calls after it. `newest` is the journal's end."""

    newest: int
    kept: Kept | None
    calls: list[CellRequest]


def _with_connection(function: Callable[P, R]) -> Callable[P, R]:
    """Close this thread's connection when the database fails: the next call makes another."""

    @wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except DatabaseError:
            connection.close()
            raise

    return wrapped


@_with_connection
def recover(life: Life, key: bytes, *, upto: int | None = None, from_the_first_call: bool = False) -> Recovered:
    """Return how the state after call `upto` (None: the present one) is made anew.

    `from_the_first_call`: by the calls alone, which is what a judge of an exam trusts.
    """
    rows = ApiCall.objects.filter(sandbox_id=life.number, epoch=life.epoch)
    newest = rows.aggregate(newest=Max("seq"))["newest"] or 0
    upto = newest if upto is None else upto
    kept = None if from_the_first_call else _newest(life, key, upto)
    wanted = rows.filter(mutating=True, request__isnull=False, undone_by=None, seq__lte=upto)
    if kept is not None:
        wanted = wanted.filter(seq__gt=kept.seq)
    calls = [
        unpack_request(bytes(blob or b""), seq=seq, at=at.timestamp(), body=None if body is None else bytes(body))
        for seq, at, blob, body in wanted.order_by("seq").values_list("seq", "at", "request", "body__data")
    ]
    return Recovered(newest, kept, calls)


@_with_connection
def keep(life: Life, key: bytes, kept: Kept, *, kind: str, label: str, now: datetime) -> Moment:
    """Write a state down; of those kept along the way only the last few stay."""
    row = _row(life, key, kept, kind=kind, label=label, now=now)
    row.save()
    if kind == Snapshot.Kind.AUTO:
        old = _of(life).filter(kind=kind).order_by("-seq", "-id").values_list("pk", flat=True)[_KEPT_AUTOS:]
        Snapshot.objects.filter(pk__in=list(old)).delete()
    return _moment(row)


@_with_connection
def go_back(
    life: Life, key: bytes, *, before: Kept, to: Kept, since: int, of: int | None, label: str, now: datetime
) -> Moment:
    """Make `to` the present state: calls after `since` are left behind. Returns the moment that leads here again.

    `before` is the present state, kept for a change of mind. `of` is the snapshot that `to` is of, where it is one:
    calls that were undone after it was made are there again.
    """
    with transaction.atomic():
        here = _row(life, key, before, kind=Snapshot.Kind.BEFORE, label=label, now=now)
        here.save()
        back = _row(life, key, to, kind=Snapshot.Kind.BACK, label=label, now=now)
        back.save()
        rows = ApiCall.objects.filter(sandbox_id=life.number, epoch=life.epoch)
        if of is not None:
            rows.filter(seq__lte=since, undone_by__gt=of).update(undone_by=None)
        rows.filter(seq__gt=since, undone_by=None).update(undone_by=back)
        # Only the last way back is kept: each holds a whole state.
        _of(life).filter(kind=Snapshot.Kind.BEFORE).exclude(pk=here.pk).delete()
    return _moment(here)


@_with_connection
def last_change(life: Life) -> int:
    """Return the seq of the last call that changed something and was not undone. Raises NothingToUndo."""
    rows = ApiCall.objects.filter(sandbox_id=life.number, epoch=life.epoch, undone_by=None)
    changes = rows.filter(source="learner", mutating=True, status__lt=400)
    last = changes.order_by("-seq").values_list("seq", flat=True).first()
    if last is None:
        raise NothingToUndo("there is nothing to undo: you have changed nothing yet")
    return int(last)


@_with_connection
def find(life: Life, key: bytes, moment: int) -> Kept:
    """Return the state of a moment. Raises Unavailable where there is none of that id, or it is not ours."""
    row = _of(life).filter(pk=moment).first()
    if row is None:
        raise Unavailable("this checkpoint does not exist (any more)")
    kept = _verified(row, life, key)
    if kept is None:
        raise Unavailable("this checkpoint cannot be read")
    return kept


@_with_connection
def checkpoints(life: Life) -> list[Moment]:
    """Return the checkpoints, the oldest first; and the way back to where one was before going back, if that was last."""
    rows = _of(life).defer("data").filter(kind__in=[Snapshot.Kind.CHECKPOINT, Snapshot.Kind.BEFORE])
    return [_moment(row) for row in rows.order_by("pk")]


def _newest(life: Life, key: bytes, upto: int) -> Kept | None:
    for row in _of(life).filter(seq__lte=upto).exclude(kind=Snapshot.Kind.BEFORE).order_by("-seq", "-id")[:3]:
        if kept := _verified(row, life, key):
            return kept
    return None


def _of(life: Life) -> QuerySet[Snapshot]:
    return Snapshot.objects.filter(sandbox_id=life.number, epoch=life.epoch)


def _row(life: Life, key: bytes, kept: Kept, *, kind: str, label: str, now: datetime) -> Snapshot:
    return Snapshot(
        sandbox_id=life.number,
        epoch=life.epoch,
        seq=kept.seq,
        kind=kind,
        label=label[:100],
        data=kept.data,
        stored=kept.stored,
        signature=_sign(life, key, kept.seq, kept.data),
        created_at=now,
    )


def _verified(row: Snapshot, life: Life, key: bytes) -> Kept | None:
    """A row that somebody else wrote is none: to read one is to run it."""
    data = bytes(row.data)
    if not hmac.compare_digest(bytes(row.signature), _sign(life, key, row.seq, data)):
        log.error("snapshot %s of sandbox %s has no signature of ours and is not read", row.pk, life.number)
        return None
    return Kept(row.seq, data, row.stored)


def _sign(life: Life, key: bytes, seq: int, data: bytes) -> bytes:
    head = f"{life.number}:{life.epoch}:{seq}:{len(data)}:".encode()
    return hmac.digest(key, head + data, hashlib.sha256)


def _moment(row: Snapshot) -> Moment:
    return Moment(row.pk, row.seq, row.label, row.kind, row.created_at.timestamp())
