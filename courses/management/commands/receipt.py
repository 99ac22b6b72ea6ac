"""Tell a genuine receipt of an attempt: `manage.py receipt verify ATTEMPT RECEIPT`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from courses.models import Attempt
from courses.services.attempts import verify


class Command(BaseCommand):
    """Verify that a receipt is ours, and that answers and time are still what it was given for."""

    help = "Verify a candidate's receipt against the answers that are kept."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, metavar="verify")
        verifying = acts.add_parser("verify", help="hold a receipt against what is kept")
        verifying.add_argument("attempt", type=UUID, help="the attempt's id, as in its address")
        verifying.add_argument("receipt", help="64 hex digits")

    def handle(self, *args: Any, **options: Any) -> None:
        attempt = Attempt.objects.filter(pk=options["attempt"]).first()
        if attempt is None:
            raise CommandError(f"There is no attempt {options['attempt']}.")
        if attempt.state == Attempt.State.OPEN:
            raise CommandError("This attempt is still open: it has no receipt yet.")
        if not verify(attempt, options["receipt"]):
            raise CommandError("NOT GENUINE: this receipt does not stand for the answers and the time that are kept.")
        self.stdout.write(f"Genuine: {attempt.exam_slug}, attempt {attempt.number}, finished at {attempt.finished_at}.")
