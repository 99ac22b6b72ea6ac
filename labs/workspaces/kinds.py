"""What can be written in a workspace: which files it is made of, how large they may be, and how it is read.

A kind is added here and nowhere else. Nothing in this file knows of people or rows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

from django.conf import settings

from labs.content import ContentError, Lab, Problem, own, parse_lab
from labs.content.parse import MAX_BYTES

Files = Mapping[str, str]
SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
MOST_SLUG = 60
RESERVED = frozenset({"playground", "sessions"})  # addresses below /labs/


class Kind(Protocol):
    """A kind of content: `main` is the file that is always there."""

    @property
    def name(self) -> str: ...

    @property
    def main(self) -> str: ...

    @property
    def code(self) -> frozenset[str]:
        """Return the files that hold Python of the author's."""

    @property
    def bounds(self) -> Mapping[str, int]:
        """Return the files that there may be, with the most bytes of each."""

    def lint(self, slug: str, files: Files) -> list[Problem]:
        """Return all that is wrong, and the warnings, in the order of the lines."""

    def revision(self, files: Files) -> str:
        """Return what names exactly this text."""

    def catalog(self) -> Path:
        """Return the folder whose folders are this kind's files of the catalog."""

    def begin(self, title: str) -> dict[str, str]:
        """Return the files of a new one, which read as they should and can be proven."""


@dataclass(frozen=True)
class LabKind:
    """Labs: lab.md, and perhaps checks.py."""

    name: str = "lab"
    main: str = "lab.md"
    code: frozenset[str] = frozenset({own.FILE})

    @property
    def bounds(self) -> Mapping[str, int]:
        return {self.main: MAX_BYTES, own.FILE: own.MAX_BYTES}

    def parse(self, slug: str, files: Files) -> Lab:
        """Return the lab. Raises ContentError."""
        return parse_lab(
            files.get(self.main, ""), slug=slug, path=f"{slug}/{self.main}", checks=files.get(own.FILE, "")
        )

    def lint(self, slug: str, files: Files) -> list[Problem]:
        try:
            return list(self.parse(slug, files).warnings)
        except ContentError as error:
            return list(error.problems)

    def revision(self, files: Files) -> str:
        return own.revision(files.get(self.main, ""), files.get(own.FILE, ""))

    def catalog(self) -> Path:
        return Path(settings.LAB_CATALOG)

    def begin(self, title: str) -> dict[str, str]:
        # json's quotes are YAML's: no title can be anything else than a title
        quoted = '"' + title.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return {self.main: _template().replace("TITLE", quoted, 1)}


LAB = LabKind()
KINDS: Mapping[str, Kind] = {LAB.name: LAB}


@cache
def _template() -> str:
    return Path(__file__).with_name("template.md").read_text(encoding="utf-8")
