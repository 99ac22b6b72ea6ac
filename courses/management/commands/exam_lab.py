"""Judge a lab of an attempt once more, from the evidence that is kept: `manage.py exam_lab grade ATTEMPT PLACE`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from courses.models import LabPlace
from courses.services import clock, lab_places
from labs.sandboxes import Unavailable


class Command(BaseCommand):
    """Judge calls 1 to N anew, and say whether it comes to the same. A lab that is owed gets its results by it."""

    help = "Judge a lab of an attempt from its journal once more; the sandbox host must run."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, metavar="grade")
        grading = acts.add_parser("grade", help="judge the evidence once more")
        grading.add_argument("attempt", type=UUID)
        grading.add_argument("place", type=int, help="index over all sections of the form, from 0")

    def handle(self, *args: Any, **options: Any) -> None:
        found = LabPlace.objects.select_related("session__sandbox", "session__lab_revision", "attempt")
        row = found.filter(attempt=options["attempt"], place=options["place"]).first()
        if row is None:
            raise CommandError(f"Attempt {options['attempt']} has no lab at place {options['place']}.")
        if row.journal_seq is None:
            raise CommandError("There is no evidence: nobody worked in this lab, or it is not over.")
        was = row.state
        try:
            same = lab_places.grade_again(row=row, now=clock.now())
        except (Unavailable, lab_places.Broken) as error:
            raise CommandError(f"It could not be judged: {error}") from error
        if not same:
            raise CommandError("NOT THE SAME: the evidence comes to other results than those that stand.")
        row.refresh_from_db()
        said = "It is graded now" if was == LabPlace.State.OWED else "The same as before"
        self.stdout.write(f"{said}: calls 1 to {row.journal_seq}, digest {row.digest}.")
