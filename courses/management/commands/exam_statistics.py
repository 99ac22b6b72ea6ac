"""`manage.py exam_statistics SLUG [--json]`: compute the statistics of an exam now, keep them, and print them."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from courses.exams.statistics import FLAGS, Analysis, ItemFigures
from courses.models import ExamVersion
from courses.selectors.exams import exams
from courses.services import statistics


class Command(BaseCommand):
    help = "Compute the statistics of an exam from all first attempts that are scored, keep them, and print them."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the exam: the name of its file, without .md")
        parser.add_argument("--json", action="store_true", help="print all figures as JSON")

    def handle(self, *args: Any, slug: str, **options: Any) -> None:
        known = {one.slug for one in exams()} | set(ExamVersion.objects.values_list("slug", flat=True))
        if slug not in known:
            raise CommandError(f"There is no exam {slug}. There are: {', '.join(sorted(known)) or 'none yet'}.")
        row = statistics.compute(slug=slug, now=timezone.now())
        if options["json"]:
            told = {"exam": slug, "computed_at": row.computed_at.isoformat(), "n": row.n, **row.data}
            self.stdout.write(json.dumps(told, indent=2, ensure_ascii=False))
            return
        found = Analysis.from_json(row.data)
        whole = found.whole
        self.stdout.write(f"{slug}: n = {row.n}, {whole.versions} item versions, {whole.responses} answers")
        self.stdout.write(
            f"mean {_figure(whole.mean)}  SD {_figure(whole.sd)}  alpha {_figure(whole.alpha)}  "
            f"SEM {_figure(whole.sem)} points of {_figure(whole.points)}"
        )
        self.stdout.write(f"{'item':<40} {'version':<8} {'n':>6} {'facility':>8} {'r':>6}  flags")
        for one in found.items:
            self.stdout.write(_line(one))


def _line(one: ItemFigures) -> str:
    flags = ", ".join(FLAGS[name].title.lower() for name in one.flags)
    return (
        f"{one.item_id[:40]:<40} {one.revision[:8]:<8} {one.n:>6} {_figure(one.facility):>8} "
        f"{_figure(one.discrimination):>6}  {flags}"
    ).rstrip()


def _figure(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.2f}"
