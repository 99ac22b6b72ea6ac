"""The people: one table, one role each, and how each of them likes the site."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A person who signs in. `username` is unique however it is spelt: see accounts.adapter."""

    class Role(models.TextChoices):
        LEARNER = "learner", "Learner"
        INSTRUCTOR = "instructor", "Instructor"
        OPERATOR = "operator", "Operator"

    class Theme(models.TextChoices):
        AUTO = "auto", "As the system"
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"
        CONTRAST = "contrast", "High contrast"

    class Terminal(models.TextChoices):
        TERMINAL = "terminal", "Terminal"
        BOX = "box", "Command box"

    role = models.CharField(max_length=16, choices=Role, default=Role.LEARNER)
    time_zone = models.CharField(max_length=64, blank=True, help_text="A name of the IANA list; empty: the browser's.")
    language = models.CharField(max_length=12, blank=True, help_text="A code of LANGUAGES; empty: the browser's.")
    theme = models.CharField(max_length=10, blank=True, choices=Theme, help_text="Empty: as each browser was told.")
    shortcuts = models.BooleanField(default=True, help_text="Whether single keys do something.")
    terminal = models.CharField(max_length=10, choices=Terminal, default=Terminal.TERMINAL)
    deletion_due_at = models.DateTimeField(null=True, blank=True, help_text="Asked for by the person; off until then.")

    @property
    def teaches(self) -> bool:
        """Return whether this person may see what learners did."""
        return self.role in (self.Role.INSTRUCTOR, self.Role.OPERATOR)

    @property
    def operates(self) -> bool:
        """Return whether this person runs the installation."""
        return self.role == self.Role.OPERATOR
