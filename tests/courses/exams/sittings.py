"""Many candidates sit an exam: rows as the services leave them, answers by a two-parameter logistic model, fixed seed.

The pool has what statistics are for: an item with a wrong key, one that is too easy and one that is too hard, a dead
distractor, an item that was rewritten on the way, a pilot, and every type that has fields.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction

from courses.content import Exam, Item
from courses.content.exams import AttemptsPolicy, Domain, Section
from courses.exams.assembly import Form, FormSection, Place
from courses.models import Attempt, ExamVersion, Response, Score
from courses.services.attempts.starting import keep_items
from courses.services.scoring import Assessor
from graders import items
from graders.items import (
    CaseSpec,
    ChoiceSpec,
    Entry,
    MatchingSpec,
    NumberSpec,
    Option,
    OrderingSpec,
    Part,
    ResponseSpec,
    TextSpec,
)

SLUG = "storage-mock"
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
DOMAINS = {"secure": Domain("Security", 60), "resilient": Domain("Resilience", 40)}
TOPICS = (
    "keeps an S3 bucket private for good", "encrypts an EBS volume at rest", "lets a Lambda function read a table",
    "survives the loss of an Availability Zone", "brings a deleted object back", "sends an e-mail when a queue is full",
    "serves a site from the nearest edge", "keeps a database's password out of the code", "records who called which API",
    "lets a private subnet reach the internet", "spreads writes over partitions", "moves old logs to the cheapest class",
    "caches the result of a query", "limits what a role can ever be granted", "starts more instances when it is busy",
    "holds a copy in another Region", "checks that a target is healthy", "gives a key for one hour only",
)  # fmt: skip


@dataclass(frozen=True)
class Made:
    """An item, how hard and how telling it is, and the wrong answers that people give (with their weights)."""

    item: Item
    difficulty: float  # the ability at which half of the candidates know it
    slope: float
    right: dict[str, list[str]]
    wrong: tuple[tuple[dict[str, list[str]], float], ...]
    pilot: bool = False


def exam(*, form: int = 20, unscored: int = 3, slug: str = SLUG) -> Exam:
    """An exam of one section."""
    return Exam(
        slug=slug,
        code="SM-1",
        title="Storage and access, mock exam",
        summary="What keeps data safe, and who may read it.",
        course="aws-foundations",
        minutes=40,
        pass_mark=720,
        cut=Decimal("0.66"),
        domains=DOMAINS,
        sections=(Section("all", "Questions", None, form - unscored, unscored, {}, {}, ()),),
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


def pool(seed: int = 7) -> list[Made]:
    """The items, easy to hard. The first ones are the peculiar ones."""
    dice = random.Random(seed)
    made = [
        replace(_choice("kms-wrong-key", "Which key policy lets the role decrypt?", 0.3, 1.6), slope=-1.1),
        _choice("s3-too-easy", "Which service stores objects?", -3.6, 1.0),
        _choice("iam-too-hard", "Which element is evaluated last in this policy?", 2.9, 0.9),
        _choice("sg-dead-option", "Which rule lets the web tier reach the database?", 0.0, 1.3, weights=(6, 4, 0)),
        replace(_choice("vpc-pilot", "Which endpoint keeps the traffic off the internet?", 0.2, 1.0), pilot=True),
        _number(), _response(), _matching(), _ordering(), _text(), _case(),
    ]  # fmt: skip
    for number, topic in enumerate(TOPICS):
        made.append(_choice(f"topic-{number:02}", f"What {topic}?", dice.gauss(0, 0.9), dice.lognormvariate(0.15, 0.3)))
    return made


def rewritten(made: Made) -> Made:
    """The same item with another text: a new version of it."""
    clearer = replace(made.item, stem=made.item.stem + "\n\nThink of the *least* that is needed.")
    return replace(made, item=clearer, difficulty=made.difficulty - 0.8)


def sit(
    *, candidates: int, seed: int = 1, form: int = 20, unscored: int = 3, slug: str = SLUG, again: int = 5
) -> list[Attempt]:
    """Write the first attempts of so many candidates, closed and scored, and second ones of a few; return the first.

    Halfway the item topic-00 was rewritten. One attempt is still open, and one is closed and not scored yet.
    """
    dice = random.Random(seed)
    paper = exam(form=form, unscored=unscored, slug=slug)
    version, _ = ExamVersion.objects.get_or_create(
        revision=paper.revision, defaults={"slug": slug, "definition": paper.as_json(), "kept_at": NOW}
    )
    made = pool()
    later = [rewritten(one) if one.item.id == "topic-00" else one for one in made]
    keep_items((one.item for one in made), now=NOW - timedelta(days=30))
    keep_items((one.item for one in later), now=NOW - timedelta(days=10))
    people = _people(slug, candidates + 2)
    ability = [dice.gauss(0.5, 1.0) for _ in people]
    rows = [
        _attempt(
            dice, person, made if at < candidates // 2 else later, ability[at], version, form, unscored, number=1, at=at
        )
        for at, person in enumerate(people)
    ]
    rows += [
        _attempt(dice, people[at], later, ability[at] + 0.7, version, form, unscored, number=2, at=at)
        for at in range(min(again, candidates))
    ]
    open_one, unscored_one = rows[candidates], rows[candidates + 1]
    open_one[0].state, open_one[0].finished_at = Attempt.State.OPEN, None
    Attempt.objects.bulk_create([attempt for attempt, _ in rows], batch_size=500)
    Response.objects.bulk_create([answer for _, answers in rows for answer in answers], batch_size=1000)
    assessor = Assessor(slug)
    scored = [attempt for attempt, _ in rows if attempt not in (open_one[0], unscored_one[0])]
    Score.objects.bulk_create(
        [Score(attempt=one, version=1, created_at=one.finished_at, **assessor.assess(one).columns()) for one in scored],
        batch_size=500,
    )
    return [attempt for attempt in scored if attempt.number == 1]


@contextmanager
def for_a_module(blocker: Any, *, candidates: int) -> Iterator[list[Attempt]]:
    """Have them sit once for all tests of a module: each test's own transaction is then a savepoint within this one."""
    with blocker.unblock(), transaction.atomic():
        yield sit(candidates=candidates)
        transaction.set_rollback(True)


def _people(slug: str, count: int) -> list[Any]:
    user = get_user_model()
    names = [f"{slug}-{number:05}" for number in range(count)]
    user.objects.bulk_create([user(username=name, password="!") for name in names], batch_size=500)
    return list(user.objects.filter(username__in=names).order_by("username"))


def _attempt(
    dice: random.Random,
    person: Any,
    made: Sequence[Made],
    ability: float,
    version: ExamVersion,
    form: int,
    unscored: int,
    *,
    number: int,
    at: int,
) -> tuple[Attempt, list[Response]]:
    live, pilots = [one for one in made if not one.pilot], [one for one in made if one.pilot]
    drawn = dice.sample(live, form - len(pilots))
    # Pilots do not count, nor do as many of the others as make up the number.
    rest = {one.item.id for one in drawn[: unscored - len(pilots)]} | {one.item.id for one in pilots}
    asked = [*drawn, *pilots]
    dice.shuffle(asked)
    places = tuple(
        Place(
            item=one.item.revision,
            item_id=one.item.id,
            type=one.item.type,
            domain=one.item.domain,
            points=one.item.points,
            scored=one.item.id not in rest,
            order=items.orderable(one.item.type, one.item.spec),
        )
        for one in asked
    )
    began = NOW + timedelta(minutes=at) + timedelta(days=20 * (number - 1))
    attempt = Attempt(
        user=person,
        exam_slug=version.slug,
        exam=version,
        number=number,
        seed=f"{number}{at:063x}",
        form=Form((FormSection("all", "Questions", places),)).as_json(),
        grader_version="0" * 64,
        state=Attempt.State.SUBMITTED,
        started_at=began,
        deadline_at=began + timedelta(minutes=40),
        finished_at=began + timedelta(minutes=31),
    )
    answers = []
    for place, one in enumerate(asked):
        answer = _answer(dice, one, ability)
        seconds = round(dice.lognormvariate(3.9, 0.5))
        row = Response(attempt=attempt, place=place, sequence=1, answer=answer, saved_at=began, seconds=seconds)
        if answer is not None or dice.random() < 0.5:  # who leaves a blank has seen the question, or has not
            answers.append(row)
    return attempt, answers


def _answer(dice: random.Random, one: Made, ability: float) -> dict[str, list[str]] | None:
    if dice.random() < 1 / (1 + math.exp(-one.slope * (ability - one.difficulty))):
        return one.right
    if dice.random() < 0.05:
        return None
    return dice.choices([answer for answer, _ in one.wrong], [weight for _, weight in one.wrong])[0]


# --- The items ----------------------------------------------------------------------------------------------------


def _item(item_id: str, kind: str, stem: str, spec: Any, points: float = 1.0) -> Item:
    domain = "secure" if sum(map(ord, item_id)) % 5 < 3 else "resilient"
    return Item(item_id, kind, stem, spec, domain, points, "", 0)


def _options(right: int, count: int, prefix: str) -> tuple[Option, ...]:
    words = ("The first way", "The second way", "A third way", "A fourth way", "A fifth way")
    return tuple(
        Option(f"{prefix}{number}", f"{words[number]} of `{prefix}`", number < right, "Why.") for number in range(count)
    )


def _choice(item_id: str, stem: str, difficulty: float, slope: float, weights: tuple[float, ...] = (5, 3, 2)) -> Made:
    options = _options(1, len(weights) + 1, item_id)
    wrong = tuple(({"answer": [one.id]}, weight) for one, weight in zip(options[1:], weights, strict=True))
    item = _item(item_id, "choice", stem, ChoiceSpec(options))
    return Made(item, difficulty, slope, {"answer": [options[0].id]}, wrong)


def _response() -> Made:
    a, b, c, d, e = options = _options(2, 5, "two-of-five-")
    spec = ResponseSpec(options)
    pairs = [((a, c), 4), ((b, c), 3), ((a, d), 2), ((c, e), 1)]
    wrong = tuple(({"answer": [one.id for one in pair]}, float(weight)) for pair, weight in pairs)
    item = _item("two-of-five", "response", "Which TWO settings deny everybody else? (Select TWO.)", spec)
    return Made(item, 0.6, 1.4, {"answer": [a.id, b.id]}, wrong)


def _number() -> Made:
    item = _item(
        "nines", "number", "How many nines of durability has S3?", NumberSpec(Decimal(11), rationale="By design.")
    )
    wrong = tuple(({"answer": [str(value)]}, 12.0 - value) for value in (2, 3, 4, 5, 6, 7, 8, 9, 10))
    return Made(item, -0.4, 1.2, {"answer": ["11"]}, wrong)


def _text() -> Made:
    spec = TextSpec(("aws sts get-caller-identity",), command=False, rationale="It says who one is.")
    item = _item("who-am-i", "text", "Which command of the CLI says who you are?", spec)
    wrong = (
        ({"answer": ["aws iam get-user"]}, 3.0),
        ({"answer": ["=cmd|' /C calc'!A0"]}, 3.0),
        ({"answer": ["whoami"]}, 2.0),
    )
    return Made(item, -0.2, 1.1, {"answer": ["aws sts get-caller-identity"]}, wrong)


def _matching() -> Made:
    prompts = (Entry("p1", "Objects"), Entry("p2", "Blocks"), Entry("p3", "Files"))
    answers = (Entry("s3", "S3"), Entry("ebs", "EBS"), Entry("efs", "EFS"), Entry("rds", "RDS", "For rows."))
    spec = MatchingSpec(prompts, answers, (("p1", "s3"), ("p2", "ebs"), ("p3", "efs")))
    wrong = (({"answer": ["p1=s3", "p2=efs", "p3=ebs"]}, 5.0), ({"answer": ["p1=s3", "p2=ebs", "p3=rds"]}, 2.0))
    item = _item("which-stores", "matching", "Match what is stored to its service.", spec)
    return Made(item, -0.6, 1.3, {"answer": ["p1=s3", "p2=ebs", "p3=efs"]}, wrong)


def _ordering() -> Made:
    steps = (Entry("snap", "Take a snapshot"), Entry("copy", "Copy it encrypted"), Entry("new", "Make a volume of it"))
    spec = OrderingSpec(steps, (Entry("flag", "Set the flag *encrypted*", "A volume cannot be changed so."),))
    wrong = (({"answer": ["copy", "snap", "new"]}, 2.0), ({"answer": ["snap", "flag", "new"]}, 4.0))
    item = _item("encrypt-later", "ordering", "Put the steps that encrypt a volume in order.", spec)
    return Made(item, 0.8, 1.2, {"answer": ["snap", "copy", "new"]}, wrong)


def _case() -> Made:
    one, two = _options(1, 3, "case-a-"), _options(1, 3, "case-b-")
    spec = CaseSpec(
        (
            Part("a", "choice", "Where do the files go?", ChoiceSpec(one), domain="secure"),
            Part("b", "choice", "What brings them back?", ChoiceSpec(two), domain="resilient"),
        )
    )
    wrong = (
        ({"answer-a": [one[0].id], "answer-b": [two[1].id]}, 3.0),
        ({"answer-a": [one[1].id], "answer-b": [two[0].id]}, 2.0),
        ({"answer-a": [one[2].id], "answer-b": [two[2].id]}, 1.0),
    )
    item = _item("retail-case", "case", "A shop keeps its receipts for ten years.", spec, points=2.0)
    return Made(item, 0.1, 1.2, {"answer-a": [one[0].id], "answer-b": [two[0].id]}, wrong)
