"""`manage.py regrade EXAM ITEM --drop`: shows what a change of how an item is scored does; with --apply, does it."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.http import Http404

from courses.exams.marking import Option
from courses.services import clock, regrades
from labs.refusals import Refusal


class Command(BaseCommand):
    """See the module."""

    help = "Change how an item of an exam is scored: look first, then --apply with a reason and an actor."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("exam", help="The exam's slug.")
        parser.add_argument(
            "item", help="The item's id, or its revision (or the beginning of it) where there are several."
        )
        one = parser.add_mutually_exclusive_group(required=True)
        one.add_argument("--new-key", metavar="FILE", help="A JSON file with the item's spec and its new key.")
        one.add_argument("--accept-also", metavar="JSON", help='An answer that is right, too: {"answer": ["b"]}.')
        one.add_argument("--credit-all", action="store_true", help="Everybody gets its points.")
        one.add_argument("--drop", action="store_true", help="It counts for nobody.")
        parser.add_argument("--apply", action="store_true", help="Do it. Without this nothing is changed.")
        parser.add_argument("--reason", default="", help="Why: kept with every score, and told to the candidates.")
        parser.add_argument("--actor", default="", help="The user name of who decides: an instructor or operator.")

    def handle(self, *args: Any, **options: Any) -> None:
        option, change = _change(options)
        try:
            found = regrades.get_served(options["exam"], options["item"])
            chosen = {
                "exam_slug": options["exam"],
                "item_revision": found.version.pk,
                "option": option,
                "change": change,
            }
            diff = regrades.dry_run(**chosen)
            self._show(diff)
            if not options["apply"]:
                self.stdout.write("Nothing was changed. With --apply --actor NAME --reason TEXT it is.")
                return
            done = regrades.apply(**chosen, reason=options["reason"], actor=_actor(options["actor"]), now=clock.now())
        except (Refusal, Http404) as problem:
            raise CommandError(str(problem)) from problem
        if diff.repeats:
            self.stdout.write(
                f"It is scored already like this, since {done.applied_at:%Y-%m-%d %H:%M}: nothing was changed."
            )
        else:
            self.stdout.write(
                f"Applied: regrade {done.pk}, {len(diff.changed)} scores, {len(done.moved)} across the mark."
            )

    def _show(self, diff: regrades.Diff) -> None:
        self.stdout.write(f"{diff.version.item_id} {diff.version.pk[:12]}: {diff.option}")
        self.stdout.write(
            f"{len(diff.rows)} scored attempts had it, {len(diff.changed)} scores change, "
            f"{diff.now_pass} then pass, {diff.now_fail} then do not."
        )
        for row in diff.changed:
            crosses = (" reaches the mark" if row.after.passed else " falls below the mark") if row.moves else ""
            self.stdout.write(
                f"  {row.attempt.user.get_username()}, attempt {row.attempt.number}: "
                f"{row.before.scaled} -> {row.after.scaled}{crosses}"
            )


def _change(options: dict[str, Any]) -> tuple[Option, dict[str, Any]]:
    if options["new_key"]:
        path = Path(options["new_key"])
        try:
            return Option.NEW_KEY, {"spec": json.loads(path.read_text(encoding="utf-8"))}
        except (OSError, ValueError) as problem:
            raise CommandError(f"{path} cannot be read as JSON: {problem}. Write the item's spec into it.") from problem
    if options["accept_also"]:
        try:
            return Option.ACCEPT_ALSO, {"answer": json.loads(options["accept_also"])}
        except ValueError as problem:
            raise CommandError(f'The answer is no JSON: {problem}. Write it as {{"answer": ["b"]}}.') from problem
    return (Option.CREDIT_ALL if options["credit_all"] else Option.DROP), {}


def _actor(name: str) -> Any:
    if not name:
        raise CommandError("Say who decides: --actor NAME.")
    found = get_user_model().objects.filter(username=name).first()
    if found is None:
        raise CommandError(f"There is no user {name}.")
    if not getattr(found, "teaches", False):
        raise CommandError(f"{name} does not teach: name an instructor or an operator.")
    return found
