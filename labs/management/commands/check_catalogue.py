"""`manage.py check_catalogue [--write]`: print the page of all checks, or write docs/check-catalogue.md."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from graders.catalogue import as_markdown


class Command(BaseCommand):
    help = "Print the page of all checks; --write keeps it as docs/check-catalogue.md."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", action="store_true", help="write docs/check-catalogue.md")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["write"]:
            (settings.BASE_DIR / "docs" / "check-catalogue.md").write_text(as_markdown())
        else:
            self.stdout.write(as_markdown(), ending="")
