"""`manage.py check_messages LANGUAGE`: what checks say, as JSON for a translator; what is translated already stays."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from graders.messages import catalogue, templates


class Command(BaseCommand):
    help = "Print every sentence of the checks as JSON: the English template, and its translation or nothing."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("language", help='for example "de": keep the output as graders/locale/de.json')

    def handle(self, *args: Any, language: str, **options: Any) -> None:
        known = catalogue(language)
        said = known.templates if known else {}
        rows = {template: said.get(template, "") for template in templates()}
        self.stdout.write(json.dumps(rows, indent=1, ensure_ascii=False))
