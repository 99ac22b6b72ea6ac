"""`manage.py search_index`: bring the search index up to the content; --all reads all of it again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from skylab.search.services import refresh


class Command(BaseCommand):
    help = "Bring the search index up to the content."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", help="read everything again, whatever its digest says")

    def handle(self, *args: Any, **options: Any) -> None:
        done = refresh(now=timezone.now(), everything=options["all"])
        self.stdout.write(f"{done.documents} documents: {done.read} read, {done.gone} taken out.")
