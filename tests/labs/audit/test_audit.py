"""The audit log: it refuses to be changed, and where it was changed all the same, says where."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from labs import audit
from labs.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(ada: Any) -> list[AuditEntry]:
    """Five entries."""
    with audit.coming_from("192.0.2.7"):
        return [
            audit.write(actor=ada, act="token.made", subject=f"token {n}", data={"ä": n}, now=timezone.now())
            for n in range(5)
        ]


@pytest.fixture
def guarded() -> Iterator[None]:
    """The database as it is outside of tests: with the triggers of the migration."""
    with connection.cursor() as cursor:
        for statement in audit.guard(connection.vendor):
            cursor.execute(statement)
    yield


def verified(*words: str) -> str:
    out = StringIO()
    call_command("audit", *words, stdout=out)
    return out.getvalue().strip()


def test_it_says_who_did_what_from_where(log: list[AuditEntry], ada: Any) -> None:
    entry = AuditEntry.objects.get(number=1)
    assert (entry.actor, entry.actor_id, entry.act, entry.subject, entry.origin) == (
        "ada",
        ada.pk,
        "token.made",
        "token 0",
        "192.0.2.7",
    )
    assert verified("verify") == "The audit log holds: 5 entries."


def test_the_database_refuses_to_change_or_delete(log: list[AuditEntry], guarded: None) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditEntry.objects.filter(number=3).update(actor="eve")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditEntry.objects.filter(number=5).delete()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM labs_auditentry")
    audit.write(actor=None, act="job.again", subject="x", now=timezone.now())
    assert verified("verify") == "The audit log holds: 6 entries."


def test_the_migration_makes_the_triggers() -> None:
    from importlib import import_module

    migration = import_module("labs.migrations.0010_outbox_audit")
    codes = [getattr(one, "code", None) for one in migration.Migration.operations]
    assert migration.guard in codes


@pytest.mark.parametrize(
    ("change", "number", "why"),
    [
        ({"reason": "nothing to see here"}, 3, "not what was written"),
        ({"actor": "eve"}, 3, "not what was written"),
        ({"data": {"ä": 9}}, 3, "not what was written"),
        ({"before": "1" * 64}, 3, "does not follow"),
    ],
)
def test_the_first_broken_link_is_named(log: list[AuditEntry], change: dict[str, Any], number: int, why: str) -> None:
    AuditEntry.objects.filter(number=3).update(**change)
    with pytest.raises(CommandError, match=rf"broken at entry {number}: .*{why}.* 2 before it hold"):
        call_command("audit", "verify")


def test_an_entry_that_was_made_to_fit_breaks_the_one_after_it(log: list[AuditEntry]) -> None:
    forged = AuditEntry.objects.get(number=3)
    forged.actor = "eve"
    AuditEntry.objects.filter(number=3).update(actor="eve", digest=audit.digest_of(forged))
    with pytest.raises(CommandError, match="broken at entry 4"):
        call_command("audit", "verify")


def test_an_entry_that_is_gone_is_missed_and_so_is_the_end(log: list[AuditEntry]) -> None:
    head = verified("head")
    AuditEntry.objects.filter(number=5).delete()
    assert verified("verify") == "The audit log holds: 4 entries.", "the end alone cannot be missed without its head"
    with pytest.raises(CommandError, match="ends at 4, and went to 5 once"):
        call_command("audit", "verify", head=head)
    AuditEntry.objects.filter(number=2).delete()
    with pytest.raises(CommandError, match="entry 2 is missing"):
        call_command("audit", "verify")


def test_an_act_that_is_not_named_is_not_written() -> None:
    with pytest.raises(ValueError, match=r"labs\.audit\.ACTS"):
        audit.write(actor=None, act="somthing", subject="x", now=timezone.now())


def test_a_look_into_a_session_is_written_once_an_hour(ada: Any) -> None:
    now = timezone.now()
    for hours in (0, 0.5, 0.9, 1.1):
        audit.looked_into(actor=ada, session_id="s", owner=1, now=now + timedelta(hours=hours))
    assert AuditEntry.objects.count() == 2
