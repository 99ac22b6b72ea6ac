"""The open section of an attempt as its page shows it: rendered, with the state of each place, and without any key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.utils.html import strip_tags
from django.utils.text import Truncator

from courses.exams.assembly import FormSection
from courses.models import Attempt
from courses.selectors.attempts import PlaceShown, form_of, paper_of
from courses.selectors.items import PublicItem, shown

_FIGURE = re.compile(r"<figure.*?</figure>", re.DOTALL)
WORDS = {"unseen": "not seen yet", "seen": "seen, not answered", "answered": "answered"}


@dataclass(frozen=True)
class PlaceOnPage:
    """A place with all that its templates need. `known` is what its script is told; `key` is for a plain form."""

    number: int
    item: PublicItem
    template: str
    given: Any
    state: str  # unseen | seen | answered
    flagged: bool
    sequence: int
    excerpt: str
    key: str
    first: bool
    last: bool
    known: Mapping[str, Any]
    lab: Mapping[str, Any] | None  # its tasks, and where one works

    @property
    def words(self) -> str:
        """Return the state as it is read out."""
        return WORDS[self.state] + (", flagged" if self.flagged else "")


@dataclass(frozen=True)
class Paper:
    """The open section, and what is around it."""

    places: tuple[PlaceOnPage, ...]
    sections: tuple[FormSection, ...]
    total: int

    @property
    def numbers(self) -> frozenset[int]:
        return frozenset(one.number for one in self.places)

    @property
    def first(self) -> int:
        """Return where a candidate goes on: the first place that they have not seen, or the first of all."""
        return next((one.number for one in self.places if one.state == "unseen"), self.places[0].number)

    @property
    def answerable(self) -> int:
        """Return how many places are answered on the page: a lab is not, it is worked in."""
        return sum(one.lab is None for one in self.places)

    @property
    def groups(self) -> dict[str, list[PlaceOnPage]]:
        """Return what the review lists. What is answered in part is found by the page's script only."""
        return {
            "unanswered": [one for one in self.places if one.state != "answered" and one.lab is None],
            "partly": [],
            "flagged": [one for one in self.places if one.flagged],
        }


def paper(attempt: Attempt) -> Paper:
    """Return the open section of an attempt."""
    form = form_of(attempt)
    found = paper_of(attempt)
    places = tuple(_on_page(one, first=at == 0, last=at == len(found) - 1) for at, one in enumerate(found))
    return Paper(places, form.sections, len(form.places))


def _on_page(one: PlaceShown, *, first: bool, last: bool) -> PlaceOnPage:
    item = shown(id=f"q{one.number + 1}", kind=one.type, stem=one.stem, blank=one.payload)
    state = "answered" if one.answer else "seen" if one.seen else "unseen"
    return PlaceOnPage(
        number=one.number,
        item=item,
        template="exams/_lab.html" if one.type == "lab" else f"items/{one.type}.html",
        given=one.answer or {},
        state=state,
        flagged=one.flagged,
        sequence=one.sequence,
        excerpt=Truncator(strip_tags(_FIGURE.sub("", item.stem)).strip()).chars(90),
        key=str(uuid4()),
        first=first,
        last=last,
        lab=one.payload if one.type == "lab" else None,
        known={
            "place": one.number,
            "sequence": one.sequence,
            "answer": one.answer,
            "flagged": one.flagged,
            "seconds": one.seconds,
            "seen": one.seen,
        },
    )
