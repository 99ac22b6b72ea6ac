"""manage.py catalog: read all courses and labs, and say what is there or what is wrong.

`catalog lint` holds lessons against what the house asks of them, too; `catalog facts` lists what was so on a day and may
have changed since; `catalog coverage` says which ids of the inventory no lesson covers,
and with --write makes the page docs/coverage.md.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from courses import coverage, selectors
from labs.content import Problem, catalog_problems, load_catalog


class Command(BaseCommand):
    """Exit status 1 where a file has an error; warnings are only printed."""

    help = "Validate all courses and labs. Prints a table of them, or the problems by file and line (exit status 1)."
    requires_system_checks: list[str] = []  # the problems would stop it from printing them

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "what",
            nargs="?",
            choices=["table", "lint", "facts", "coverage"],
            default="table",
            help="lint: what is asked of lessons, too (exit status 1); facts: dated statements, the oldest first; "
            "coverage: ids of inventory.yaml that no lesson covers (exit status 1)",
        )
        parser.add_argument("--write", action="store_true", help="coverage: make docs/coverage.md anew")
        parser.add_argument(
            "--before", metavar="DAY", default="9999", help="facts: only those before 2026-06 (or a day)"
        )

    def handle(
        self, *args: Any, what: str = "table", before: str = "9999", write: bool = False, **options: Any
    ) -> None:
        if what == "facts":
            return self._facts(before)
        if what == "coverage":
            return self._coverage(write)
        problems: list[Problem] = [
            *selectors.catalog_problems(),
            *selectors.catalog_warnings(),
            *catalog_problems(settings.LAB_CATALOG),
            *(selectors.catalog_lint() if what == "lint" else ()),
        ]
        errors = [problem for problem in problems if not problem.is_warning]
        for problem in problems:
            self.stderr.write(str(problem))
        if errors:
            self.stderr.write(f"{len(errors)} {'error' if len(errors) == 1 else 'errors'} in the catalog.")
            raise SystemExit(1)
        if what == "lint":
            lessons = sum(len(course.lessons) for course in selectors.catalog())
            self.stdout.write(f"{lessons} lessons held, {len(problems)} to look at.")
            if problems:
                raise SystemExit(1)
            return
        rows = [
            (
                course.slug,
                f"{len(course.lessons)} lessons, {len(course.items)} items, {len(course.labs)} labs",
                course.title,
            )
            for course in selectors.catalog()
        ]
        rows += [
            (lab.slug, f"{len(lab.tasks)} tasks, {lab.points:g} points, {lab.minutes} min", lab.title)
            for lab in load_catalog(settings.LAB_CATALOG).values()
        ]
        widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
        for slug, size, title in rows:
            self.stdout.write(f"{slug:<{widths[0]}}  {size:<{widths[1]}}  {title}")

    def _facts(self, before: str) -> None:
        """Print what was so on a day, the oldest first, with file and line."""
        found = sorted(
            (fact.day, lesson.path, fact.line, fact.kind, fact.text)
            for course in selectors.catalog()
            for lesson in course.lessons
            for fact in lesson.facts
            if fact.day < before
        )
        for day, path, line, kind, text in found:
            self.stdout.write(f"{path}:{line}: {kind} {day}: {text}")
        self.stdout.write(f"{len(found)} dated statements.")

    def _coverage(self, write: bool) -> None:
        """Print the ids that no lesson covers, and what labs say of ids that are none; `write` makes the page."""
        labs = list(load_catalog(settings.LAB_CATALOG).values())
        known = selectors.inventory()
        found = coverage.rows(known, selectors.catalog(), labs)
        left = [row for row in found if not row.lessons]
        wrong = coverage.unknown(known, labs)
        for line in wrong:
            self.stderr.write(line)
        for row in left:
            self.stdout.write(f"{row.id}  {row.name}")
        self.stdout.write(f"{len(found) - len(left)} of {len(found)} covered.")
        if write:
            (settings.BASE_DIR / coverage.PAGE).write_text(coverage.page(found, settings.BASE_DIR))
        if left or wrong:
            raise SystemExit(1)
