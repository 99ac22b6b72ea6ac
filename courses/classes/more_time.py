"""More time in labs: what was granted to a person for every lab, and for one lab of one of their classes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from courses.models import Accommodation, Assignment, AssignmentOverride


def lab_time(user_id: Any, slug: str, life: timedelta) -> timedelta:
    """Return how long a lab lives for a person: its life times the product of all factors, plus the sum of all minutes."""
    rows = list(Accommodation.objects.filter(user_id=user_id, labs=True, withdrawn_at=None))
    own = AssignmentOverride.objects.filter(
        user_id=user_id,
        assignment__kind=Assignment.Kind.LAB,
        assignment__slug=slug,
        assignment__removed_at=None,
        assignment__cohort__archived_at=None,
    )
    extras = [*((one.multiplier, one.minutes) for one in rows), *((one.multiplier, one.minutes) for one in own)]
    for multiplier, _ in extras:
        life *= float(multiplier)
    return life + timedelta(minutes=sum(minutes for _, minutes in extras))
