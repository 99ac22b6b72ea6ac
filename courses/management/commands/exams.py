"""manage.py exams: the exams of the catalog, and what their pools lack."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from courses import selectors


class Command(BaseCommand):
    """Exit status 1 only where a named exam cannot be sat."""

    help = (
        "List exams with their pools: how many items there are, whether that suffices, and else what is lacking where."
    )
    requires_system_checks: list[str] = []  # `manage.py catalog` tells what is wrong with the files

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("slug", nargs="*", help="only these; exit status 1 if one of them cannot be sat")

    def handle(self, *args: Any, **options: Any) -> None:
        states = selectors.exam_states(today=timezone.localdate())
        wanted = set(options["slug"])
        if unknown := wanted - {state.exam.slug for state in states}:
            self.stderr.write(f"There is no exam {', '.join(sorted(unknown))}; manage.py catalog tells what is wrong.")
            raise SystemExit(1)
        chosen = [state for state in states if not wanted or state.exam.slug in wanted]
        width = max((len(state.exam.slug) for state in chosen), default=0)
        for state in chosen:
            exam = state.exam
            size = f"{exam.count} + {exam.unscored} unscored of {len(exam.pool)}"
            told = "can be sat" if state.sittable else f"{exam.lacking} items are lacking"
            self.stdout.write(f"{exam.slug:<{width}}  {size:<24}  {told}")
            for shortage in exam.shortages:
                self.stdout.write(f"{'':<{width}}    {shortage}")
            for _, sentence in state.warnings:
                self.stdout.write(f"{'':<{width}}    {sentence}")
        if wanted and not all(state.sittable for state in chosen):
            raise SystemExit(1)
