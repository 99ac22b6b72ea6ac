"""`manage.py lab`: write labs on a laptop, without the site.

manage.py lab new my-lab --level challenge --services s3,iam     # a folder that lints and proves
manage.py lab lint my-lab ../elsewhere/other-lab --json          # what is wrong, by file and line
manage.py lab test my-lab --watch                                # the proof (labs/proof), again at each change
manage.py lab preview my-lab --watch                             # the page as a learner sees it, and what is wrong
manage.py lab export my-lab                                      # my-lab.zip
manage.py lab import my-lab.zip | https://… | my.bundle          # a folder of the catalog; nothing of it is trusted

Exit status: 0 nothing is wrong, 1 something is, 2 it was called wrongly or could not run.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from labs.authoring import archive, proving, skeleton
from labs.authoring.gits import read_git
from labs.authoring.places import SLUG, VERSION, BadUsage, examine, finding, folders
from labs.authoring.server import PreviewServer


class Command(BaseCommand):
    help = "Write, lint, prove, preview and move labs. Exit status 0: nothing is wrong; 1: something is; 2: called wrongly."
    requires_system_checks = ()  # a broken file is what it is for

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, metavar="new|lint|test|preview|export|import")
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
        export = acts.add_parser("export", help="write a lab's folder as a zip")
        export.add_argument("name", metavar="SLUG|PATH")
        export.add_argument("--to", type=Path, default=None, metavar="FILE", help="SLUG.zip here, if left out")
        taken = acts.add_parser("import", help="take a lab's folder out of a zip, a Git bundle or a repository")
        taken.add_argument("source", metavar="FILE|URL")
        taken.add_argument("--slug", default="", help="its name; that of its folder, if left out")
        taken.add_argument("--into", type=Path, default=None, metavar="FOLDER", help="elsewhere than in the catalog")
        taken.add_argument("--ref", default="", help="of a repository: a branch or a tag")
        taken.add_argument("--folder", default="", help="of a repository: the lab's folder in it")

    def handle(self, *args: Any, act: str, **options: Any) -> None:
        try:
            status = getattr(self, f"_{act}")(**options)
        except (BadUsage, proving.Unavailable) as error:
            raise CommandError(str(error), returncode=2) from error
        except archive.ArchiveRefused as error:
            raise CommandError(str(error)) from error
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

    def _export(self, *, name: str, to: Path | None, **options: Any) -> int:
        (folder,) = folders([name], settings.LAB_CATALOG)
        to = to or Path(f"{folder.name}.zip")
        data = archive.export_zip(folder)
        try:
            with to.open("xb") as file:
                file.write(data)
        except OSError as error:
            raise BadUsage(f"{to} cannot be written: {error.strerror}. Name another with --to.") from error
        self.stdout.write(f"{to} is written: {len(data)} bytes.")
        return 0

    def _import(self, *, source: str, slug: str, into: Path | None, ref: str, folder: str, **options: Any) -> int:
        path = Path(source)
        try:
            if "://" in source or path.suffix == ".bundle":
                found = read_git(source if "://" in source else path, ref=ref, folder=folder)
            else:
                found = archive.read_zip(path)
        except OSError as error:
            raise BadUsage(f"{source} cannot be read: {error.strerror}.") from error
        slug = slug or found.name or path.stem
        if not SLUG.fullmatch(slug) or "lab.md" not in found.files:
            lacking = f"{slug!r} cannot be a lab's name" if "lab.md" in found.files else "There is no lab.md at its top"
            raise BadUsage(f"{lacking}. Say --slug, or for a repository --folder.")
        new = (into or settings.LAB_CATALOG) / slug
        archive.write(found.files, new)
        problems = examine(new).problems
        for problem in problems:
            self.stderr.write(str(problem))
        self.stdout.write(f"{new} is written: {len(found.files)} files, {len(problems)} findings.")
        return 1 if problems else 0

    def _json(self, **document: Any) -> None:
        self.stdout.write(json.dumps({"version": VERSION, **document}, indent=2))
