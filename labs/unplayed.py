"""What learners asked for and the engine does not play: counted from the journal, so that one sees what is missed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max

from labs.models import ApiCall

__all__ = ["Unplayed", "unplayed"]

CODE = "NotImplemented"  # labs.sandboxes.emulated.errors.not_simulated


@dataclass(frozen=True)
class Unplayed:
    """An operation that was answered "not simulated": how often, by how many sandboxes, when last, in which labs."""

    service: str
    action: str
    calls: int
    sandboxes: int
    last_at: datetime
    labs: tuple[str, ...]


def unplayed(limit: int = 500) -> list[Unplayed]:
    """Return them, the most missed first. Two queries over the journal; a service that the gateway knows nothing of
    never came to a sandbox, and has no row."""
    rows = ApiCall.objects.filter(error_code=CODE, status=501)
    labs: dict[tuple[str, str], set[str]] = defaultdict(set)
    for service, action, slug in rows.values_list("service", "action", "sandbox__session__lab_slug").distinct():
        if slug:
            labs[service, action].add(slug)
    grouped = rows.values("service", "action").annotate(
        calls=Count("pk"), sandboxes=Count("sandbox", distinct=True), last=Max("at")
    )
    return [
        Unplayed(
            row["service"],
            row["action"],
            row["calls"],
            row["sandboxes"],
            row["last"],
            tuple(sorted(labs[row["service"], row["action"]])),
        )
        for row in grouped.order_by("-sandboxes", "-calls", "service", "action")[:limit]
    ]
