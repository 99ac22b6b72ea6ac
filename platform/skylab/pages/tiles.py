"""Labs as tiles: what is the same for everybody, and how each stands with a person."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.db.models import F
from django.utils import timezone

from labs import present
from labs import selectors as labs
from labs.content import Lab
from labs.models import LabSession


@lru_cache(maxsize=512)
def _sampled(slug: str, revision: str) -> Lab:
    """Return a lab as it reads before anything is drawn: worked out once for each revision."""
    return present.sample(labs.get_lab(slug))


def lab_tiles(user: Any) -> list[dict[str, Any]]:
    """Return the labs of the catalog, each with the person's state in it or None."""
    states = labs.lab_progress(user) if user.is_authenticated else {}
    return [{"lab": _sampled(lab.slug, lab.revision), "state": states.get(lab.slug)} for lab in labs.catalog()]


def open_labs(user: Any) -> list[dict[str, Any]]:
    """Return the sessions that are open, the one that ends first in front."""
    now = timezone.now()
    titles = {lab.slug: lab.title for lab in labs.catalog()}
    return [
        {"session": one, "title": titles.get(one.lab_slug, one.lab_slug), "left": one.seconds_left(now)}
        for one in LabSession.objects.filter(user=user, state__in=LabSession.OPEN).order_by(
            F("paused_at").asc(nulls_first=True), "expires_at", "queued_at"
        )
    ]
