"""One way to content, wherever it is: the catalog's files, which are read-only here, or the rows of workspaces.

for source in (CATALOG, WORKSPACES):
    files = source.files(LAB, "two-buckets")        # {"lab.md": …}, or None where it has no such thing
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from labs.content.catalog import read_file
from labs.workspaces.kinds import RESERVED, Kind
from labs.workspaces.models import Draft


class Source(Protocol):
    """Where content is kept."""

    writable: bool

    def slugs(self, kind: Kind) -> list[str]:
        """Return what it has of a kind, whether it can be used or not."""

    def files(self, kind: Kind, slug: str) -> dict[str, str] | None:
        """Return the texts of one, by file; None where it has none of that name. Raises ContentError."""


@dataclass(frozen=True)
class Catalog:
    """The folders of the catalog: git's, and nobody's to change in the browser."""

    writable: bool = False

    def slugs(self, kind: Kind) -> list[str]:
        return sorted(path.parent.name for path in kind.catalog().glob(f"*/{kind.main}"))

    def files(self, kind: Kind, slug: str) -> dict[str, str] | None:
        if slug not in self.slugs(kind):  # so that no name leads anywhere else
            return None
        folder = kind.catalog() / slug
        found = {name: read_file(folder / name, most) for name, most in kind.bounds.items()}
        return {name: text for name, text in found.items() if text is not None}


@dataclass(frozen=True)
class Workspaces:
    """The drafts of all workspaces, as they stand. Who may see them is asked in `selectors`."""

    writable: bool = True

    def slugs(self, kind: Kind) -> list[str]:
        return sorted(Draft.objects.filter(kind=kind.name).values_list("slug", flat=True))

    def files(self, kind: Kind, slug: str) -> dict[str, str] | None:
        draft = Draft.objects.filter(kind=kind.name, slug=slug).first()
        return dict(draft.files.values_list("name", "text")) if draft else None


CATALOG, WORKSPACES = Catalog(), Workspaces()


def taken(kind: Kind, slug: str) -> str:
    """Return where a name is in use, for a sentence; "" where it is free."""
    if slug in RESERVED or slug in CATALOG.slugs(kind):
        return "in the catalog"
    return "in a workspace" if Draft.objects.filter(kind=kind.name, slug=slug).exists() else ""
