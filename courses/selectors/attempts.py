"""What is read of attempts. Whoever may see one is decided in `get_attempt_for`, and nowhere else.

An ItemVersion holds the key: pages of a live attempt are made of `paper_of`, which has nothing of it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse

from courses.classes.who import may_read
from courses.content import Exam, Item
from courses.exams import timing
from courses.exams.assembly import Form, Place
from courses.exams.mastery import Missing
from courses.models import Accommodation, Attempt, Credit, ItemVersion, LabPlace, Response, Save, Window
from courses.selectors.practice import exam_lock
from graders import items
from labs import selectors as labs

RECENT_FORMS = 300  # of how many attempts the use of items is counted


# --- One attempt --------------------------------------------------------------------------------------------------


def get_attempt_for(user: Any, attempt_id: UUID) -> Attempt:
    """Return an attempt that the person may read: one's own, or a learner's of one's classes. Raises Http404."""
    found = Attempt.objects.filter(pk=attempt_id).first()
    if found is None or not (found.user_id == user.pk or may_read(user, found.user_id)):
        raise Http404("There is no such attempt.")
    return found


def get_own_attempt(user: Any, attempt_id: UUID) -> Attempt:
    """Return an attempt of the person's own, without its form: for all that writes. Raises Http404."""
    found = Attempt.objects.filter(pk=attempt_id, user_id=user.pk).defer("form").first()
    if found is None:
        raise Http404("There is no such attempt.")
    return found


def open_attempt(user: Any, slug: str) -> Attempt | None:
    """Return the person's open attempt at an exam, if there is one."""
    return Attempt.objects.filter(user_id=user.pk, exam_slug=slug, state=Attempt.State.OPEN).first()


def attempts_of(user: Any, slug: str) -> list[Attempt]:
    """Return the person's attempts at an exam, the first one first."""
    return list(Attempt.objects.filter(user_id=user.pk, exam_slug=slug).order_by("number"))


def sat_by(user: Any) -> QuerySet[Attempt]:
    """Return all attempts of a person, without their forms."""
    return Attempt.objects.filter(user_id=user.pk).defer("form")


def exam_of(attempt: Attempt) -> Exam:
    """Return the exam as it was when the attempt began."""
    return Exam.from_json(attempt.exam.definition)


def form_of(attempt: Attempt) -> Form:
    """Return the form of an attempt."""
    return Form.from_json(attempt.form)


def sections_of_places(attempt: Attempt) -> list[int]:
    """Return the section of each place of the form."""
    return [number for number, section in enumerate(attempt.form["sections"]) for _ in section["places"]]


def section_count(attempt: Attempt) -> int:
    """Return the number of sections of the form."""
    return len(attempt.form["sections"])


def items_of(attempt: Attempt) -> dict[str, Item]:
    """Return the items of an attempt's form as they were at its start, by revision. They hold the key."""
    return _items(tuple(sorted({place.item for place in form_of(attempt).places})))


@lru_cache(maxsize=4096)
def _item(revision: str, item_id: str, kind: str, content: str) -> Item:
    told = json.loads(content)
    spec = items.load(kind, told["spec"])
    return Item(
        id=item_id,
        type=kind,
        stem=told["stem"],
        spec=spec,
        domain=told["domain"],
        points=told["points"],
        path="",
        line=0,
        difficulty=told["difficulty"],
    )


def _items(revisions: tuple[str, ...]) -> dict[str, Item]:
    found = ItemVersion.objects.filter(pk__in=revisions)
    return {one.revision: _item(one.revision, one.item_id, one.type, json.dumps(one.content)) for one in found}


def responses_of(attempt: Attempt) -> dict[int, Response]:
    """Return the answers of an attempt as they are kept, by place."""
    return {row.place: row for row in Response.objects.filter(attempt=attempt)}


def kept_of(attempt: Attempt, keys: Iterable[str], places: Iterable[int]) -> dict[int, int]:
    """Return, for places, the sequence that is kept, where one of these keys was taken: what a client resends for."""
    known = set(Save.objects.filter(attempt=attempt, key__in=list(keys)).values_list("place", flat=True))
    rows = Response.objects.filter(attempt=attempt, place__in=known & set(places))
    return dict(rows.values_list("place", "sequence"))


# --- What a live attempt shows ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PlaceShown:
    """A place of the open section: `payload` is what graders.items.blank() leaves of the item."""

    number: int
    type: str
    stem: str  # Markdown
    payload: Mapping[str, Any]
    answer: Any
    flagged: bool
    seen: bool
    sequence: int
    seconds: int


def paper_of(attempt: Attempt) -> list[PlaceShown]:
    """Return the open section of an attempt: no key, no rationale, no weight, no status, no id of an item."""
    form, found, rows = form_of(attempt), items_of(attempt), responses_of(attempt)
    worked = {row.place: row for row in _lab_rows(attempt)} if any(one.type == "lab" for one in form.places) else {}
    return [
        _lab(number, worked[number], rows.get(number))
        if number in worked
        else _shown(number, place, found[place.item], rows.get(number))
        for number, (section, place) in enumerate(zip(sections_of_places(attempt), form.places, strict=True))
        if section == attempt.section
    ]


def _shown(number: int, place: Place, item: Item, row: Response | None) -> PlaceShown:
    return PlaceShown(
        number=number,
        type=item.type,
        stem=item.stem,
        payload=items.blank(item.type, item.spec, place.order),
        answer=row.answer if row else None,
        flagged=bool(row and row.flagged),
        seen=row is not None,
        sequence=row.sequence if row else 0,
        seconds=row.seconds if row else 0,
    )


def _lab_rows(attempt: Attempt) -> QuerySet[LabPlace]:
    mine = LabPlace.objects.filter(attempt=attempt, section=attempt.section)
    return mine.select_related("session__sandbox", "session__lab_revision")


def _lab(number: int, row: LabPlace, told: Response | None) -> PlaceShown:
    """Return a lab as its section shows it: what it asks, and where one works; nothing of how it is judged."""
    session = row.session
    payload: dict[str, Any] = {"lab": row.lab_slug, "tasks": [], "session_url": "", "waiting": ""}
    stem = ""
    if session is not None:
        lab = labs.lab_of(session)
        stem = f"**{lab.title}**\n\n{lab.summary}"
        payload["tasks"] = [{"title": task.title} for task in lab.tasks]
        if session.is_ready:
            payload["session_url"] = reverse("session", args=[session.pk])
        elif not session.is_open:
            payload["waiting"] = "This lab's sandbox could not be built. That is our fault, and not held against you."
    return PlaceShown(
        number=number,
        type="lab",
        stem=stem,
        payload=payload,
        answer=None,
        flagged=bool(told and told.flagged),
        seen=told is not None,
        sequence=told.sequence if told else 0,
        seconds=told.seconds if told else 0,
    )


@dataclass(frozen=True)
class Standing:
    """How an attempt stands at a moment: what a beat tells."""

    now: datetime
    deadline: datetime
    state: str
    section: int
    epoch: int
    holder: str
    notices: tuple[tuple[int, str], ...]


def standing(attempt: Attempt, now: datetime) -> Standing:
    """Return how an attempt stands, with all that was added to its time since its start."""
    return Standing(
        now, attempt.deadline_at, attempt.state, attempt.section, attempt.pen_epoch, attempt.pen, _notices(attempt)
    )


def _notices(attempt: Attempt) -> tuple[tuple[int, str], ...]:
    later = Credit.objects.filter(attempt=attempt, given_at__gt=attempt.started_at).order_by("pk")
    return tuple((pk, _told(key, seconds)) for pk, key, seconds in later.values_list("pk", "key", "seconds"))


def _told(key: str, seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    parts = [f"{minutes} min"] * bool(minutes) + [f"{rest} s"] * bool(rest or not minutes)
    if key.startswith(("outage:", "lab:")):
        return f"Something of ours did not work for a while. {' '.join(parts)} were given back to you."
    return f"{' '.join(parts)} were added to your time."


# --- Before a start -----------------------------------------------------------------------------------------------


def window_of(slug: str) -> timing.Span:
    """Return when an exam may be sat: by its newest window, at any time where it has none."""
    row = Window.objects.filter(exam_slug=slug).order_by("-set_at", "-pk").first()
    return timing.Span(row.opens_at, row.closes_at) if row else timing.Span()


def accommodations_of(user_id: Any, slug: str) -> list[Accommodation]:
    """Return what holds for a person in an exam, in the order in which it was granted."""
    mine = Accommodation.objects.filter(user_id=user_id, exam_slug__in=("", slug), withdrawn_at=None)
    return list(mine.order_by("granted_at", "pk"))


def extra(row: Accommodation) -> timing.Extra:
    """Return an accommodation as the rules of time know it."""
    return timing.Extra(row.multiplier, row.minutes)


@dataclass(frozen=True)
class Admission:
    """What a candidate is told before they start: their terms, and how often they may still come.

    `next_at`: when the cool-down is over; None: there is none, or it is over. `left` None: as often as they like.
    """

    terms: timing.Terms
    open: Attempt | None
    taken: int
    left: int | None
    next_at: datetime | None
    accommodations: tuple[Accommodation, ...]
    window: timing.Span
    lacking: tuple[Missing, ...] = ()  # mastery that the exam requires

    def may_start(self, now: datetime) -> bool:
        """Return whether a new attempt may begin."""
        opens, closes = self.terms.opens, self.terms.closes
        in_time = (opens is None or opens <= now) and (closes is None or now < closes)
        return in_time and self.left != 0 and self.next_at is None and not self.lacking


def admission(user: AbstractBaseUser, exam: Exam, now: datetime) -> Admission:
    """Return on which terms a person may sit an exam at this moment."""
    sat = list(Attempt.objects.filter(user_id=user.pk, exam_slug=exam.slug).order_by("number").defer("form"))
    granted, window = accommodations_of(user.pk, exam.slug), window_of(exam.slug)
    policy = exam.attempts
    done = [one for one in sat if one.state != Attempt.State.OPEN]
    again = None
    if done and policy.cool_down_days:
        last = done[-1]
        again = timing.next_start(last.finished_at, last.deadline_at, policy.cool_down_days)
    return Admission(
        terms=timing.terms(exam.minutes, [extra(row) for row in granted], window, now),
        open=next((one for one in sat if one.state == Attempt.State.OPEN), None),
        taken=len(sat),
        left=max(0, policy.maximum - len(sat)) if policy.maximum else None,
        next_at=again if again and again > now else None,
        accommodations=tuple(granted),
        window=window,
        lacking=exam_lock(user, exam, now=now),
    )


def seen_by(user_id: Any, slug: str) -> Counter[str]:
    """Return in how many of a person's forms of an exam each item was, by item id."""
    return _count(Attempt.objects.filter(user_id=user_id, exam_slug=slug).values_list("form", flat=True))


def used_in(slug: str, now: datetime) -> Mapping[str, int]:
    """Return in how many of the latest forms of an exam each item was. It may be a minute old: it balances use only."""
    return _used(slug, int(now.timestamp()) // 60)


@lru_cache(maxsize=16)
def _used(slug: str, minute: int) -> Counter[str]:
    latest = Attempt.objects.filter(exam_slug=slug).order_by("-started_at")
    return _count(latest.values_list("form", flat=True)[:RECENT_FORMS])


def _count(forms: Iterable[Any]) -> Counter[str]:
    return Counter(place["item_id"] for form in forms for section in form["sections"] for place in section["places"])
