"""manage.py catalog: read all courses and labs, and say what is there or what is wrong."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from courses import selectors
from labs.content import Problem, catalog_problems, load_catalog


class Command(BaseCommand):
    """Exit status 1 where a file has an error; warnings are only printed."""

    help = "Validate all courses and labs. Prints a table of them, or the problems by file and line (exit status 1)."
    requires_system_checks: list[str] = []  # the problems would stop it from printing them

    def handle(self, *args: Any, **options: Any) -> None:
        problems: list[Problem] = [
            *selectors.catalog_problems(),
            *selectors.catalog_warnings(),
            *catalog_problems(settings.LAB_CATALOG),
        ]
        errors = [problem for problem in problems if not problem.is_warning]
        for problem in problems:
            self.stderr.write(str(problem))
        if errors:
            self.stderr.write(f"{len(errors)} {'error' if len(errors) == 1 else 'errors'} in the catalog.")
            raise SystemExit(1)
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
