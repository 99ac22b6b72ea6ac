"""Reading: the people, for who runs the installation."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404

from skylab.accounts.models import User


def people() -> QuerySet[User]:
    """Return everybody."""
    return User.objects.all()


def get_person(user_id: int) -> User:
    """Return a person. Raises Http404."""
    found = User.objects.filter(pk=user_id).first() if 0 <= user_id < 2**63 else None
    if found is None:
        raise Http404("There is no such person.")
    return found
