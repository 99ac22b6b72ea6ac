"""A small exam whose results are counted on fingers: ten choice items and two pilots, cut at six of ten, pass mark 720."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from courses.content import Exam, Item
from courses.content.exams import AttemptsPolicy, Domain, Section
from courses.exams.assembly import Form, FormSection, Place
from courses.models import Attempt, ExamVersion, LabPlace, Response
from courses.services.attempts.starting import keep_items
from graders import items
from graders.items import (
    CaseSpec,
    ChoiceSpec,
    Entry,
    LabSpec,
    MatchingSpec,
    NumberSpec,
    Option,
    OrderingSpec,
    Part,
    ResponseSpec,
    TextSpec,
)
from labs.models import LabRevision

SLUG = "counted"
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
RIGHT, WRONG, OTHER = {"answer": ["y"]}, {"answer": ["n"]}, {"answer": ["o"]}


def choice(item_id: str, domain: str = "secure") -> Item:
    """An item whose option y is right; n and o are not."""
    options = (
        Option("y", "Yes", True, "Why."),
        Option("n", "No", False, "Why not."),
        Option("o", "Other", False, "No."),
    )
    return Item(item_id, "choice", f"Is {item_id} so?", ChoiceSpec(options), domain, 1.0, "", 0)


SCORED = tuple(choice(f"q{at}", "secure" if at < 6 else "resilient") for at in range(10))
PILOTS = (choice("p0"), choice("p1", "resilient"))


def _two(name: str) -> ChoiceSpec:
    return ChoiceSpec((Option(f"{name}-y", "Yes", True, "Why."), Option(f"{name}-n", "No", False, "Why not.")))


CASE = Item(
    "case",
    "case",
    "A shop.",
    CaseSpec(
        (Part("a", "choice", "A?", _two("a"), 1.0, "secure"), Part("b", "choice", "B?", _two("b"), 1.0, "resilient"))
    ),
    "secure",
    2.0,
    "",
    0,
)
LAB = Item("lab-one", "lab", "Do it.", LabSpec("private-bucket-one-reader", 30), "resilient", 5.0, "", 0)
ORDER = Item(
    "order",
    "ordering",
    "Which order?",
    OrderingSpec((Entry("s1", "One"), Entry("s2", "Two"), Entry("s3", "Three")), (Entry("s4", "Never"),)),
    "secure",
    1.0,
    "",
    0,
)
PAIRS = Item(
    "pairs",
    "matching",
    "Match.",
    MatchingSpec(
        (Entry("l1", "A"), Entry("l2", "B")), (Entry("r1", "C"), Entry("r2", "D")), (("l1", "r1"), ("l2", "r2"))
    ),
    "secure",
    1.0,
    "",
    0,
)
BOTH = Item(
    "both",
    "response",
    "Which two? (Select TWO.)",
    ResponseSpec((Option("a", "A", True, "."), Option("b", "B", True, "."), Option("c", "C", False, "."))),
    "secure",
    1.0,
    "",
    0,
)
NUMBER = Item("n", "number", "How many?", NumberSpec(Decimal(3)), "secure", 1.0, "", 0)
TEXT = Item("t", "text", "Which?", TextSpec(("ls",)), "secure", 1.0, "", 0)


def exam(**more: Any) -> Exam:
    made = Exam(
        slug=SLUG,
        code="CNT-1",
        title="Counted on fingers",
        summary="Ten items.",
        course="buckets",
        minutes=40,
        pass_mark=720,
        cut=Decimal("0.6"),
        domains={"secure": Domain("Security", 60), "resilient": Domain("Resilience", 40)},
        sections=(Section("all", "Questions", None, 10, 2, {}, {}, ()),),
        attempts=AttemptsPolicy(),
        requires={},
        exposure=100,
        valid_from=date(2026, 1, 1),
        valid_to=None,
        verified_on=date(2026, 11, 1),
        source_url="https://docs.aws.amazon.com/",
        intro="",
        path="",
    )
    return replace(made, **more)


def place(item: Item, *, scored: bool = True) -> Place:
    return Place(
        item.revision, item.id, item.type, item.domain, item.points, scored, items.orderable(item.type, item.spec)
    )


def sat(
    user: Any,
    right: int = 0,
    *,
    answers: Mapping[int, Any] | None = None,
    pilots: Sequence[Any] = (None, None),
    more: Sequence[tuple[Item, Any]] = (),
    paper: Exam | None = None,
    state: str = Attempt.State.SUBMITTED,
) -> Attempt:
    """An attempt that has ended, not scored: the first `right` items right, the others wrong, unless `answers` says else.

    Places 0 to 9 are scored, 10 and 11 are the pilots; `more` are further scored items with their answers.
    """
    paper = paper or exam()
    version, _ = ExamVersion.objects.get_or_create(
        revision=paper.revision, defaults={"slug": paper.slug, "definition": paper.as_json(), "kept_at": NOW}
    )
    asked = [*SCORED, *PILOTS, *(item for item, _ in more)]
    keep_items(asked, now=NOW)
    places = tuple(place(item, scored=item not in PILOTS) for item in asked)
    number = Attempt.objects.filter(user=user, exam_slug=paper.slug).count() + 1
    began = NOW + timedelta(days=number)
    attempt = Attempt.objects.create(
        user=user,
        exam_slug=paper.slug,
        exam=version,
        number=number,
        seed="0" * 64,
        form=Form((FormSection("all", "Questions", places),)).as_json(),
        grader_version="0" * 64,
        state=state,
        started_at=began,
        deadline_at=began + timedelta(minutes=40),
        finished_at=None if state == Attempt.State.OPEN else began + timedelta(minutes=30),
    )
    given = [RIGHT] * right + [WRONG] * (10 - right) + list(pilots) + [answer for _, answer in more]
    for at, answer in {**dict(enumerate(given)), **(answers or {})}.items():
        Response.objects.create(attempt=attempt, place=at, sequence=1, answer=answer, saved_at=began)
    return attempt


def lab_place(attempt: Attempt, place: int, **more: Any) -> LabPlace:
    """A lab of an attempt, at its place."""
    revision, _ = LabRevision.objects.get_or_create(slug="a-lab", revision="0" * 64, defaults={"source": ""})
    return LabPlace.objects.create(
        attempt=attempt, place=place, section=0, lab_slug=revision.slug, revision=revision, **more
    )
