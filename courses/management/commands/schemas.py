"""`manage.py schemas [NAME]`: the JSON Schemas of all front matter, printed, written, or held against docs/schemas."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from courses.content import schemas


class Command(BaseCommand):
    help = "Print the JSON Schema of what authors write (lab, course …), or keep all of them as docs/schemas/*.json."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", choices=list(schemas.SCHEMAS), help="print this one")
        parser.add_argument("--write", action="store_true", help="write docs/schemas/*.json")
        parser.add_argument("--check", action="store_true", help="exit 1 where they are not as they would be written")

    def handle(self, *args: Any, name: str | None, write: bool, check: bool, **options: Any) -> None:
        if name:
            self.stdout.write(schemas.text(name), ending="")
            return
        folder = settings.BASE_DIR / "docs" / "schemas"
        stale = []
        for one in schemas.SCHEMAS:
            path = folder / f"{one}.json"
            if not path.is_file() or path.read_text() != schemas.text(one):
                stale.append(str(path.relative_to(settings.BASE_DIR)))
                if write:
                    folder.mkdir(exist_ok=True)
                    path.write_text(schemas.text(one))
        if check and stale and not write:
            self.stderr.write(f"Out of date: {', '.join(stale)}. manage.py schemas --write makes them anew.")
            sys.exit(1)
        if not write and not check:
            self.stdout.write("\n".join(schemas.SCHEMAS))
