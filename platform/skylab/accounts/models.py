"""The people: one table, one role each."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A person who signs in. `username` is unique however it is spelt: see accounts.adapter."""

    class Role(models.TextChoices):
        LEARNER = "learner", "Learner"
        INSTRUCTOR = "instructor", "Instructor"
        OPERATOR = "operator", "Operator"

    role = models.CharField(max_length=16, choices=Role, default=Role.LEARNER)

    @property
    def teaches(self) -> bool:
        """Return whether this person may see what learners did."""
        return self.role in (self.Role.INSTRUCTOR, self.Role.OPERATOR)

    @property
    def operates(self) -> bool:
        """Return whether this person runs the installation."""
        return self.role == self.Role.OPERATOR
