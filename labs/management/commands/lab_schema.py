"""`manage.py lab_schema`: print the JSON Schema of a lab's front matter, for editors."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand

from labs.content import json_schema


class Command(BaseCommand):
    help = "Print the JSON Schema of a lab's front matter."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(json.dumps(json_schema(), indent=2))
