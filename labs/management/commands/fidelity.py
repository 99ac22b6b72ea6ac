"""`manage.py fidelity`: what the sandbox's AWS can do, operation by operation (docs/fidelity.md).

manage.py fidelity --write      # docs/fidelity.md anew
manage.py fidelity --check      # exit status 1 where it is not as it would be written
manage.py fidelity --refresh    # call anew all that proofs and tests call: minutes
manage.py fidelity --counts     # what learners asked for and did not get, from the journal
"""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from labs import fidelity
from labs.unplayed import unplayed


class Command(BaseCommand):
    help = "Say what the sandbox's AWS can do: docs/fidelity.md, and what learners missed."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", action="store_true", help="write docs/fidelity.md")
        parser.add_argument("--check", action="store_true", help="exit 1 where docs/fidelity.md is out of date")
        parser.add_argument("--refresh", action="store_true", help="run proofs and tests to see what they call")
        parser.add_argument("--anyway", action="store_true", help="with --refresh: also where one of them fails")
        parser.add_argument("--counts", action="store_true", help="print what was called and is not simulated")

    def handle(
        self, *args: Any, write: bool, check: bool, refresh: bool, anyway: bool, counts: bool, **options: Any
    ) -> None:
        if not (write or check or refresh or counts):
            raise CommandError("Say one of --write, --check, --refresh, --counts.")
        if counts:
            for row in unplayed():
                where = ", ".join(row.labs)
                name = f"{row.service}:{row.action}"
                self.stdout.write(f"{row.calls:7} {row.sandboxes:7}  {row.last_at:%Y-%m-%d %H:%M}  {name}  {where}")
        if refresh:
            try:
                seen = fidelity.see(anyway=anyway)
            except fidelity.NotSeen as error:
                raise CommandError(str(error)) from error
            self.stdout.write(f"{sum(map(len, seen.values()))} operations of {len(seen)} services were seen.")
        if write:
            fidelity.PAGE.write_text(fidelity.page())
        if check and fidelity.PAGE.read_text() != fidelity.page():
            self.stderr.write("docs/fidelity.md is out of date: manage.py fidelity --write")
            sys.exit(1)
