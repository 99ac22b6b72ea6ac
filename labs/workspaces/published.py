"""The labs of workspaces that are published, for the catalog's own look-up (labs/selectors.py)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.db.models import QuerySet

from labs.content import ContentError, Lab
from labs.workspaces.kinds import LAB
from labs.workspaces.models import Draft, Version


def published_labs() -> list[Lab]:
    """Return the published labs of all workspaces. One that cannot be read any more is left out, as in the catalog."""
    return [lab for row in _rows() if (lab := _lab(*row)) is not None]


def published_lab(slug: str) -> Lab | None:
    """Return a published lab of a workspace, None where there is none of that name."""
    row = _rows().filter(slug=slug).first()
    return _lab(*row) if row else None


def _rows() -> QuerySet[Draft, Any]:
    drafts = Draft.objects.filter(kind=LAB.name, published__isnull=False)
    return drafts.values_list("published", "slug", "published__revision")


@lru_cache(maxsize=256)
def _lab(version: int, slug: str, revision: str) -> Lab | None:
    # A version never changes, so it is read once; `revision` names its text.
    try:
        return LAB.parse(slug, Version.objects.values_list("files", flat=True).get(pk=version))
    except ContentError:
        return None
