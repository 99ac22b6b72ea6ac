"""`manage.py lab`: write labs on a laptop, without the site.

manage.py lab new my-lab --level challenge --services s3,iam     # a folder that lints and proves
manage.py lab lint my-lab ../elsewhere/other-lab --json          # what is wrong, by file and line
manage.py lab test my-lab --watch                                # the proof (labs/proof), again at each change
manage.py lab preview my-lab --watch                             # the page as a learner sees it, and what is wrong

Exit status: 0 nothing is wrong, 1 something is, 2 it was called wrongly or could not run.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from labs.authoring import proving, skeleton
from labs.authoring.places import VERSION, BadUsage, examine, finding, folders
from labs.authoring.server import PreviewServer


class Command(BaseCommand):
    help = "Write, lint, prove and preview labs. Exit status 0: nothing is wrong; 1: something is; 2: called wrongly."
    requires_system_checks = ()  # a broken file is what it is for

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, metavar="new|lint|test|preview")
        new = acts.add_parser("new", help="write a small lab that lints and proves, to begin with")
        new.add_argument("slug", metavar="SLUG", help="its name in addresses: keep-the-invoices")
        new.add_argument("--level", choices=skeleton.LEVELS, default="guided")
        new.add_argument("--services", default="", help="as the AWS CLI names them: s3,iam")
        new.add_argument("--into", type=Path, default=None, metavar="FOLDER", help="elsewhere than in the catalog")
        lint = acts.add_parser("lint", help="say what is wrong, by file and line")
        lint.add_argument("names", nargs="*", metavar="SLUG|PATH", help="all of the catalog where none is named")
        lint.add_argument("--json", action="store_true", help="print one JSON document")
        proving.add_arguments(acts.add_parser("test", help="prove labs in fresh sandboxes"))
        preview = acts.add_parser("preview", help="show the page as a learner sees it, on this machine alone")
        preview.add_argument("name", metavar="SLUG|PATH")
        preview.add_argument("--watch", action="store_true", help="draw it anew whenever a file changes")
        preview.add_argument("--port", type=int, default=8765, help="0 takes any that is free")
        preview.add_argument("--seed", default="1", help="another learner's names")

    def handle(self, *args: Any, act: str, **options: Any) -> None:
        try:
            status = getattr(self, f"_{act}")(**options)
        except (BadUsage, proving.Unavailable) as error:
            raise CommandError(str(error), returncode=2) from error
        if status:
            sys.exit(status)

    def _new(self, *, slug: str, level: str, services: str, into: Path | None, **options: Any) -> int:
        named = [name for name in services.replace(",", " ").split() if name]
        folder = skeleton.write(slug, into=into or settings.LAB_CATALOG, level=level, services=named)
        problems = examine(folder).problems
        for problem in problems:  # a service whose name cannot be one, say
            self.stderr.write(str(problem))
        self.stdout.write(f"{folder}/lab.md is written. Now: manage.py lab preview {folder if into else slug} --watch")
        return 1 if problems else 0

    def _lint(self, *, names: list[str], json: bool, **options: Any) -> int:
        examined = [examine(folder) for folder in folders(names, settings.LAB_CATALOG)]
        problems = [problem for one in examined for problem in one.problems]
        if json:
            labs = [
                {"slug": one.slug, "path": str(one.folder), "ok": not one.problems, "usable": one.lab is not None}
                for one in examined
            ]
            self._json(ok=not problems, labs=labs, findings=[finding(problem) for problem in problems])
        else:
            for problem in problems:
                self.stdout.write(str(problem))
            self.stderr.write(f"{len(examined)} labs read, {len(problems)} findings.")
        return 1 if problems else 0

    def _test(self, **options: Any) -> int:
        named = {key: options[key] for key in ("names", "json", "seeds", "mutants", "mutant", "watch")}
        wanted = proving.Wanted(catalog=settings.LAB_CATALOG, **named)
        return proving.run(wanted, out=self.stdout.write, err=self.stderr.write)

    def _preview(self, *, name: str, watch: bool, port: int, seed: str, **options: Any) -> int:
        (folder,) = folders([name], settings.LAB_CATALOG)
        # Files as they are: nothing was collected, and what the author changes is to be seen
        plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
        settings.STORAGES = settings.STORAGES | {"staticfiles": plain}
        try:
            server = PreviewServer(folder, port=port, watch=watch, seed=seed)
        except (OSError, OverflowError) as error:
            raise BadUsage(
                f"Port {port} cannot be had ({error}). Take another with --port, or any with --port 0."
            ) from error
        with server:
            self.stdout.write(f"{folder.name} shows at {server.address} on this machine. Ctrl-C ends it.")
            self.stdout.flush()
            try:
                server.serve_forever(poll_interval=0.2)
            except KeyboardInterrupt:
                pass
        return 0

    def _json(self, **document: Any) -> None:
        self.stdout.write(json.dumps({"version": VERSION, **document}, indent=2))
