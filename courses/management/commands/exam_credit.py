"""Give minutes of our own outage back where our telemetry did not show it:

manage.py exam_credit --from 2026-11-20T09:30:00Z --to 2026-11-20T09:42:00Z --by olga --reason "The proxy was down"
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from courses.services import clock
from courses.services.outages import credit_outage


def moment(text: str) -> datetime:
    """Return a time as ISO 8601 has it; without a zone it is UTC."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


class Command(BaseCommand):
    """Credit an outage to all who sat an exam in it. The same outage twice is credited once."""

    help = "Give the time of an outage of ours back to all who sat an exam in it; audited, and once only."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="begun", required=True, type=moment, help="ISO 8601; UTC without a zone")
        parser.add_argument("--to", dest="ended", required=True, type=moment)
        parser.add_argument(
            "--by", required=True, metavar="USERNAME", help="who answers for it: an instructor or operator"
        )
        parser.add_argument("--reason", required=True)
        parser.add_argument("--exam", default="", metavar="SLUG", help="this exam only")
        parser.add_argument("--attempt", type=UUID, help="this attempt only")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = get_user_model().objects.filter(username=options["by"]).first()
        if actor is None or not actor.teaches:
            raise CommandError(f"{options['by']} is no instructor or operator here. Name one after --by.")
        now = clock.now()
        if not options["begun"] < options["ended"] <= now:
            raise CommandError("--to must be after --from, and not in the future.")
        told = credit_outage(
            begun=options["begun"],
            ended=options["ended"],
            reason=options["reason"],
            actor=actor,
            exam_slug=options["exam"],
            attempt_id=options["attempt"],
            now=now,
        )
        self.stdout.write(f"{len(told.credited)} attempts were given time back.")
        for attempt in told.over:
            self.stdout.write(f"  over already, and not changed: {attempt.pk} ({attempt.exam_slug}, {attempt.state})")
