"""`manage.py test_labs [NAME…]`: prove labs in fresh sandboxes (labs/proof says what is proved). It is `lab test`."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from labs.authoring import proving


class Command(BaseCommand):
    help = (
        "Prove labs: untouched 0, solutions full marks, near misses fail what they name. Exit status 1 if one does not."
    )
    requires_system_checks = ()  # a broken file is told here, with the others' proofs

    def add_arguments(self, parser: CommandParser) -> None:
        proving.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        named = {key: options[key] for key in ("names", "json", "seeds", "mutants", "mutant", "watch")}
        wanted = proving.Wanted(catalog=settings.LAB_CATALOG, **named)
        try:
            status = proving.run(wanted, out=self.stdout.write, err=self.stderr.write)
        except proving.BadUsage as error:
            raise CommandError(str(error), returncode=2) from error
        except proving.Unavailable as error:
            raise CommandError(str(error), returncode=2) from error
        if status:
            sys.exit(status)
