"""The audit log: who did what, on what, from where, when and why. Written in the transaction of what was done.

Rows are numbered without a gap, and each holds the digest of the one before. The database refuses UPDATE and DELETE by
triggers (the migration makes them); who takes them away and changes a row all the same breaks the chain, which `verify`
finds. To see that rows were cut off at the end, keep the number and digest that `manage.py audit head` prints elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import QuerySet

from labs.models import AuditEntry

ACTS: Final = {
    "role.changed": "Somebody was given another role",
    "token.made": "A token was made",
    "token.revoked": "A token was revoked",
    "webhook.made": "A webhook was made",
    "webhook.changed": "A webhook was changed",
    "webhook.deleted": "A webhook was deleted",
    "webhook.secret_changed": "A webhook got another secret",
    "webhook.disabled": "A webhook was switched off",
    "exam.credited": "An attempt was given more time by hand",
    "exam.regraded": "An item of an exam is scored in another way",
    "session.looked_into": "Somebody looked into a learner's session",
    "session.ended": "An operator ended a learner's session",
    "job.again": "An operator had a job tried again",
}
GENESIS: Final = "0" * 64
LOOKED_AGAIN: Final = timedelta(hours=1)
_LOCK: Final = 0x5C71AB  # of PostgreSQL's advisory locks
_origin: ContextVar[str] = ContextVar("origin", default="")


@contextmanager
def coming_from(address: str) -> Iterator[None]:
    """Have what is written meanwhile say where it came from."""
    token = _origin.set(address[:64])
    try:
        yield
    finally:
        _origin.reset(token)


def write(
    *,
    actor: Any,
    act: str,
    subject: object,
    reason: str = "",
    data: Mapping[str, Any] | None = None,
    now: datetime,
) -> AuditEntry:
    """Write an entry. actor: a person; a text names a command; None is a rule of ours."""
    if act not in ACTS:
        raise ValueError(f"{act} is no act: add it to labs.audit.ACTS.")
    with transaction.atomic():
        _wait_for_turn()
        last = AuditEntry.objects.order_by("-number").first()
        entry = AuditEntry(
            number=last.number + 1 if last else 1,
            at=now.astimezone(UTC).isoformat(timespec="microseconds"),
            actor_id=getattr(actor, "pk", None),
            actor=(actor.get_username() if hasattr(actor, "get_username") else str(actor or "system"))[:150],
            act=act,
            subject=str(subject)[:200],
            origin=_origin.get(),
            reason=reason[:400],
            data=json.loads(json.dumps(dict(data or {}), default=str)),
            before=last.digest if last else GENESIS,
        )
        entry.digest = digest_of(entry)
        entry.save(force_insert=True)
    return entry


def _wait_for_turn() -> None:
    """One entry at a time: SQLite's transactions are so by themselves (IMMEDIATE)."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def digest_of(entry: AuditEntry) -> str:
    """Return what an entry's digest must be."""
    names = ("number", "at", "actor_id", "actor", "act", "subject", "origin", "reason", "data", "before")
    told = json.dumps([getattr(entry, name) for name in names], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()


def looked_into(*, actor: Any, session_id: object, owner: object, now: datetime) -> None:
    """Note that somebody looked into a learner's session: once an hour, however many pages that takes."""
    since = (now - LOOKED_AGAIN).astimezone(UTC).isoformat(timespec="microseconds")
    mine = AuditEntry.objects.filter(actor_id=actor.pk, act="session.looked_into", subject=f"session {session_id}")
    if not mine.filter(at__gt=since).exists():
        subject = f"session {session_id}"
        write(actor=actor, act="session.looked_into", subject=subject, data={"owner": owner}, now=now)


def entries() -> QuerySet[AuditEntry]:
    """Return the log."""
    return AuditEntry.objects.all()


@dataclass(frozen=True)
class Broken:
    """The first link that does not hold."""

    number: int
    why: str


def verify(*, head: tuple[int, str] | None = None) -> tuple[int, Broken | None]:
    """Return how many entries hold, and the first that does not.

    head: number and digest of an entry as they were noted elsewhere.
    """
    before, expected = GENESIS, 1
    for entry in AuditEntry.objects.order_by("number").iterator(chunk_size=1000):
        if entry.number != expected:
            return expected - 1, Broken(expected, f"entry {expected} is missing: entry {entry.number} follows")
        if entry.before != before:
            return expected - 1, Broken(entry.number, "it does not follow from the entry before it")
        if entry.digest != digest_of(entry):
            return expected - 1, Broken(entry.number, "it is not what was written: its digest is another")
        if head and entry.number == head[0] and entry.digest != head[1]:
            return expected - 1, Broken(entry.number, "it is not the entry that was noted: the log was written anew")
        before, expected = entry.digest, expected + 1
    if head and head[0] >= expected:
        return expected - 1, Broken(expected, f"the log ends at {expected - 1}, and went to {head[0]} once")
    return expected - 1, None


def guard(vendor: str) -> list[str]:
    """Return the statements by which the database refuses to change the log."""
    table = AuditEntry._meta.db_table
    if vendor == "sqlite":
        refuse = "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
        return [f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} {refuse}" for verb in _VERBS]
    body = "BEGIN RAISE EXCEPTION 'the audit log is append-only'; END"
    return [
        f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$",
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_refuse()",
    ]


def unguard(vendor: str) -> list[str]:
    """Return the statements that take `guard` back: for tests, which empty all tables, and for a migration back."""
    table = AuditEntry._meta.db_table
    if vendor == "sqlite":
        return [f"DROP TRIGGER IF EXISTS {table}_no_{verb.lower()}" for verb in _VERBS]
    return [
        f"DROP TRIGGER IF EXISTS {table}_no_change ON {table}",
        f"DROP FUNCTION IF EXISTS {table}_refuse()",
    ]


_VERBS: Final = ("UPDATE", "DELETE")
