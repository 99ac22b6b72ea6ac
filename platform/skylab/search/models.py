"""What can be found. All of it follows from the content's files, and may be thrown away at any time."""

from __future__ import annotations

from django.db import models


class Document(models.Model):
    """Something that can be found, and where it leads. The words themselves are the backend's."""

    ref = models.CharField(max_length=250, unique=True, help_text="kind/…: the same thing, whatever its text becomes.")
    kind = models.CharField(max_length=12, help_text="See sources.KINDS.")
    digest = models.CharField(max_length=64, help_text="Of all that this row follows from.")
    url = models.CharField(max_length=300)
    title = models.CharField(max_length=300)
    place = models.CharField(max_length=300, blank=True, help_text="Where it belongs, for people: a course, a guide.")
    headings = models.TextField(blank=True)
    text = models.TextField(blank=True, help_text="Plain text, for the excerpt.")
    gate = models.CharField(max_length=200, blank=True, help_text="<course>/<lesson> where mastery may lock it.")

    def __str__(self) -> str:
        return self.ref


class Word(models.Model):
    """A word that occurs, and in how many documents."""

    word = models.CharField(max_length=40, primary_key=True)
    documents = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.word


class Index(models.Model):
    """The one row that says which content the index is of."""

    digest = models.CharField(max_length=64, blank=True)
    built_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.digest
