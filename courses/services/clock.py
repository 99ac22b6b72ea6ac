"""The one clock of exams: the database's. What web, worker or candidate think the time is decides nothing."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connection

_QUERIES = {
    # Not now(): that is when the transaction began, which may have waited for a lock since.
    "postgresql": "SELECT clock_timestamp()",
    "sqlite": "SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')",
}


def now() -> datetime:
    """Return the database's time, in UTC."""
    with connection.cursor() as cursor:
        cursor.execute(_QUERIES[connection.vendor])
        found = cursor.fetchone()[0]
    if isinstance(found, str):
        return datetime.fromisoformat(found).replace(tzinfo=UTC)
    moment: datetime = found
    return moment.astimezone(UTC)
