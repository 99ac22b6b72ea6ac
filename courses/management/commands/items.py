"""manage.py items import | export | lint: items from and to the formats of others, and a linter for our own."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from courses import interchange
from courses.interchange import KINDS, Loss, Losses, Unreadable, all_formats, files, limits
from courses.interchange.report import printable
from labs.content import Problem

DONE, INCOMPLETE, USAGE, REFUSED = 0, 1, 2, 3
EPILOG = f"""\
exit status:
  {DONE}  done: all items are in the result (the report may name fields that were lost or changed)
  {INCOMPLETE}  items were left out, need mending, or lint found errors: the report says which and why
  {USAGE}  wrong use: no such file or format, or the target exists (--force overwrites it)
  {REFUSED}  the file is refused: damaged, hostile, too large, or in no format that is read
"""


class Command(BaseCommand):
    """Exit status: see EPILOG."""

    help = "Read items from other formats into Markdown, write ours in other formats, lint ours. docs/interchange.md."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        parser.epilog = EPILOG
        words = parser.add_subparsers(dest="word", required=True, metavar="import | export | lint")

        reads = [name for name, one in all_formats().items() if one.read]
        bring = words.add_parser("import", help="read a file of another format, write our Markdown")
        bring.add_argument("file", type=Path)
        bring.add_argument("--format", default="auto", choices=["auto", *reads])
        bring.add_argument("--to", type=Path, metavar="FILE.md", help="without it nothing is written: only the report")

        writes = [name for name, one in all_formats().items() if one.write]
        give = words.add_parser("export", help="write items of Markdown files, or of a folder, in another format")
        give.add_argument("files", type=Path, nargs="+", metavar="file")
        give.add_argument("--format", required=True, choices=writes)
        give.add_argument("--to", type=Path, metavar="FILE", help="without it nothing is written: only the report")

        check = words.add_parser("lint", help="say what is wrong with items of Markdown files, or of a folder")
        check.add_argument("files", type=Path, nargs="+", metavar="file")
        for one in (bring, give):
            one.add_argument("--force", action="store_true", help="overwrite the target")
        for one in (bring, give, check):
            one.add_argument("--json", action="store_true", help="the report as JSON, on standard output")

    def handle(self, *args: Any, word: str, **options: Any) -> None:
        try:
            status = {"import": self.import_, "export": self.export, "lint": self.lint}[word](options)
        except Unreadable as refusal:
            self.stderr.write(printable(str(refusal)))
            status = REFUSED
        if status:
            raise SystemExit(status)

    def import_(self, options: dict[str, Any]) -> int:
        """Import a file; return the exit status."""
        source, target = options["file"], options["to"]
        if self.blocked(target, options["force"]):
            return USAGE
        try:
            with source.open("rb") as file:
                data = file.read(limits.FILE_BYTES + 1)  # one more than is taken
        except OSError as error:
            self.stderr.write(f"{source} cannot be read: {error.strerror}.")
            return USAGE
        imported = interchange.read(data, source.name, options["format"])
        losses = Losses(imported.losses)
        text, count = files.as_markdown(imported.items, losses)
        mending: list[Problem] = []
        if target and count:
            target.write_text(text, encoding="utf-8")
            mending = [one for one in files.read_files([target]).problems if not one.is_warning]
        verb = f"written to {target}" if target and count else "read; nothing is written"
        title = interchange.all_formats()[imported.format].title
        self.report(options, losses, f"{_items(count)} of {title}, {verb}.", mending)
        return INCOMPLETE if mending else self.status(losses)

    def export(self, options: dict[str, Any]) -> int:
        """Export files; return the exit status."""
        target = options["to"]
        if self.blocked(target, options["force"]):
            return USAGE
        found = files.read_files(options["files"])
        errors = [problem for problem in found.problems if not problem.is_warning]
        if errors or not found.items:
            for problem in errors:
                self.stderr.write(str(problem))
            self.stderr.write(
                "Nothing is written: first mend what is wrong." if errors else "No items are in these files."
            )
            return INCOMPLETE
        exported = interchange.write(found.items, options["format"])
        if target:
            target.write_bytes(exported.content)
        out = sum(loss.field == "item" and loss.kind == "left out" for loss in exported.losses)
        verb = f"written to {target}" if target else "would be written"
        title = interchange.all_formats()[exported.format].title
        self.report(options, exported.losses, f"{_items(len(found.items) - out)} as {title}, {verb}.")
        return self.status(exported.losses)

    def lint(self, options: dict[str, Any]) -> int:
        """Lint files; return the exit status."""
        found = files.read_files(options["files"])
        problems = sorted([*found.problems, *files.lint(found.items)], key=lambda one: (one.path, one.line, one.id))
        errors = sum(not problem.is_warning for problem in problems)
        if options["json"]:
            body = {"items": len(found.items), "problems": _rows(problems)}
            self.stdout.write(json.dumps(body, ensure_ascii=False, indent=2))
        else:
            for problem in problems:
                self.stdout.write(str(problem))
            self.stdout.write(f"{_items(len(found.items))}: {errors} errors, {len(problems) - errors} warnings.")
        return INCOMPLETE if errors else DONE

    def blocked(self, target: Path | None, force: bool) -> bool:
        """Say why nothing can be written to the target, and return whether that is so."""
        if target is None:
            return False
        if target.exists() and not force:
            self.stderr.write(f"{target} exists already. Name another file, or overwrite it with --force.")
            return True
        if target.is_dir() or not target.parent.is_dir():
            self.stderr.write(f"{target} is no file that can be written. Name a file in a folder that exists.")
            return True
        return False

    def report(
        self, options: dict[str, Any], losses: Sequence[Loss], summary: str, mending: Sequence[Problem] = ()
    ) -> None:
        """Print the loss report, by item, and what of the file written is to be mended by hand."""
        if options["json"]:
            body = {"summary": summary, "losses": [loss.as_json() for loss in losses], "to_mend": _rows(mending)}
            self.stdout.write(json.dumps(body, ensure_ascii=False, indent=2))
            return
        before = None
        for loss in losses:
            if (loss.item, loss.path) != before:
                self.stdout.write(loss.item or "(the file)")
                before = (loss.item, loss.path)
            place = f"{loss.path}:{loss.line}" if loss.line else loss.path
            self.stdout.write(f"  {place}: {loss.field} {loss.kind}: {' '.join(loss.why.split())}")
        for problem in mending:
            self.stdout.write(f"to mend: {problem}")
        counts = Counter[str](loss.kind for loss in losses)
        told = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if counts[kind])
        self.stdout.write(f"{summary} {f'Report: {told}.' if told else 'Nothing was lost.'}")

    def status(self, losses: Sequence[Loss]) -> int:
        """Return the exit status of a report."""
        return INCOMPLETE if any(loss.kind == "left out" for loss in losses) else DONE


def _rows(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    return [
        {"path": one.path, "line": one.line, "id": one.id, "message": one.message, "remedy": one.hint}
        for one in problems
    ]


def _items(count: int) -> str:
    return f"{count} {'item' if count == 1 else 'items'}"
