"""`manage.py test_labs [NAME…]`: prove labs in fresh sandboxes (labs/proof says what is proved)."""

from __future__ import annotations

import json
import sys
from argparse import BooleanOptionalAction
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from labs.content import Lab, catalog_problems, load_catalog
from labs.content.schema import nearest
from labs.mutants import mutants as mutants_of
from labs.proof import ProofReport, prove
from labs.proof_host import proof_host
from labs.sandboxes import Unavailable


class Command(BaseCommand):
    help = (
        "Prove labs: untouched 0, solutions full marks, near misses fail what they name. Exit status 1 if one does not."
    )
    requires_system_checks = ()  # a broken file is told here, with the others' proofs

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME", help="labs to prove; all where none is named")
        parser.add_argument("--json", action="store_true", help="print one JSON document")
        parser.add_argument("--seeds", type=int, default=3, help="for how many learners each solution is tried")
        parser.add_argument(
            "--mutants", action=BooleanOptionalAction, default=True, help="play each solution with one change, too"
        )
        parser.add_argument("--mutant", default="", metavar="ID", help="play this mutant only, and say what happened")

    def handle(
        self, *args: Any, names: list[str], json: bool, seeds: int, mutants: bool, mutant: str, **options: Any
    ) -> None:
        labs = load_catalog(settings.LAB_CATALOG)
        wanted = names or list(labs)
        problems = [
            problem
            for problem in catalog_problems(settings.LAB_CATALOG)
            if not names or any(f"/{name}/" in f"/{problem.path}" for name in names)
        ]
        broken = [problem for problem in problems if not problem.is_warning]
        for name in wanted:
            if name not in labs and not any(f"/{name}/" in f"/{problem.path}" for problem in broken):
                raise CommandError(f"There is no lab {name} in {settings.LAB_CATALOG}. {nearest(name, labs)}".strip())
        tasks = [task for name in wanted if mutant and name in labs for task in labs[name].tasks]
        known = {one.id for task in tasks for one in mutants_of(task)}
        if mutant and mutant not in known:
            raise CommandError(f"There is no mutant {mutant} in {', '.join(wanted)}. {nearest(mutant, known)}".strip())
        for problem in problems:
            self.stderr.write(str(problem))
        reports = []
        try:
            with proof_host() as host:
                for name in (name for name in wanted if name in labs):
                    report = prove(
                        labs[name],
                        provider=host.provider,
                        runner=host.runner,
                        make_ref=host.make_ref,
                        judge=host.judge,
                        seeds=range(1, seeds + 1),
                        mutants=mutants,
                        only=mutant,
                    )
                    reports.append(report)
                    if not json:
                        self.stdout.write(report.text())
                    if mutant and not json:
                        self._print_mutants(labs[name], report, mutant)
        except Unavailable as error:
            raise CommandError(str(error)) from error
        ok = not broken and all(report.ok for report in reports)
        if json:
            self._print_json(ok, [str(problem) for problem in problems], [report.to_dict() for report in reports])
        if not ok:
            sys.exit(1)

    def _print_mutants(self, lab: Lab, report: ProofReport, id: str) -> None:
        """Print the commands of each mutant of that id, and what became of it."""
        blocks = {(one.task, one.id): one.blocks for task in lab.tasks for one in mutants_of(task)}
        for played in report.mutants:
            self.stdout.write(f"{played}\n")
            self.stdout.write("\n".join(block.text for block in blocks[played.task, played.id]))

    def _print_json(self, ok: bool, problems: list[str], labs: list[dict[str, Any]]) -> None:
        self.stdout.write(json.dumps({"ok": ok, "problems": problems, "labs": labs}, indent=2))
