"""`manage.py run_blocks [COURSE | COURSE/LESSON …]`: run the runnable blocks of lessons in fresh sandboxes."""

from __future__ import annotations

import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from courses import selectors
from courses.content import Course, Lesson
from courses.lesson_proof import prove_lesson
from labs.content.schema import nearest
from labs.proof_host import proof_host
from labs.sandboxes import Unavailable
from labs.selectors import PLAYGROUND, get_lab


class Command(BaseCommand):
    """Exit status 1 where a block fails, or prints something else than the lesson says."""

    help = "Run every runnable block of the lessons in a sandbox, and hold what it prints against the lesson."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "names", nargs="*", metavar="NAME", help="courses, or course/lesson; all where none is named"
        )

    def handle(self, *args: Any, names: list[str], **options: Any) -> None:
        wanted = [(course, lesson) for course, lesson in _lessons(names) if lesson.runnable.blocks]
        broken = 0
        try:
            with proof_host() as host:
                for course, lesson in wanted:
                    began = time.monotonic()
                    proof = prove_lesson(lesson, host, get_lab(PLAYGROUND))
                    broken += len(proof.problems)
                    for problem in proof.problems:
                        self.stderr.write(str(problem))
                    blocks = len(lesson.runnable.blocks)
                    told = f"{blocks} blocks, {proof.commands} commands, {time.monotonic() - began:.1f} s"
                    self.stdout.write(f"{'ok  ' if proof.ok else 'FAIL'}  {course.slug}/{lesson.slug}: {told}")
        except Unavailable as error:
            raise CommandError(str(error)) from error
        if not wanted:
            self.stdout.write("No lesson has a block to run (```sh run).")
        if broken:
            sys.exit(1)


def _lessons(names: list[str]) -> list[tuple[Course, Lesson]]:
    found = [(course, lesson) for course in selectors.catalog() for lesson in course.lessons]
    known = {course.slug for course, _ in found} | {f"{course.slug}/{lesson.slug}" for course, lesson in found}
    for name in names:
        if name not in known:
            raise CommandError(f"There is no course or lesson {name}. {nearest(name, known)}".strip())
    if not names:
        return found
    return [(c, one) for c, one in found if c.slug in names or f"{c.slug}/{one.slug}" in names]
