"""Behind the stage of the exam tests: makes attempts, gives time, reads what is kept; a process with the stack's database.

It is spoken to in lines of JSON, [word, {arguments}], and answers each with a line: [true, result] or [false, traceback].
Candidates are made signed in (their session's cookie is in the answer), as signing in is tested elsewhere.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.db import connection  # noqa: E402

from courses.content import AttemptsPolicy, Domain, Exam, Item, Section  # noqa: E402
from courses.exams.assembly import Form, FormSection, Place  # noqa: E402
from courses.models import Attempt, ExamVersion, Notice, Response, Save  # noqa: E402
from courses.services import attempts, clock, notices  # noqa: E402
from graders import items  # noqa: E402
from graders.items import (  # noqa: E402
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
from skylab.accounts.models import User  # noqa: E402

# Whatever only the key, a rationale or the pool knows has this word in it: no page of a live attempt may.
CANARY = "canary-7f31"
WHY = f"{CANARY}: because."


def _options(*texts: str, right: tuple[int, ...] = (0,)) -> tuple[Option, ...]:
    return tuple(Option(f"o{at}{abs(hash_of(text)) % 997:03}", text, at in right, WHY) for at, text in enumerate(texts))


def hash_of(text: str) -> int:
    return sum(ord(each) * (at + 7) for at, each in enumerate(text))


ITEMS = (
    Item(
        "canary-7f31-choice", "choice",
        "A company keeps its invoices in an Amazon S3 bucket. Auditors must be able to prove that no invoice has been "
        "changed or deleted for seven years, **not even by the root user**.\n\nWhich solution meets these requirements?",
        ChoiceSpec(_options(
            "Turn on S3 Object Lock in compliance mode with a retention of seven years.",
            "Turn on versioning, and MFA delete for the bucket's owner.",
            "Attach a bucket policy that denies `s3:DeleteObject` to every principal.",
            "Move the objects to S3 Glacier Deep Archive with a lifecycle rule.",
        )), "secure", 1.0, "", 0,
    ),
    Item(
        "canary-7f31-response", "response",
        "A VPC spans three Availability Zones. One NAT gateway serves all private subnets.\n\nWhich steps remove this "
        "single point of failure? (Select TWO.)",
        ResponseSpec(_options(
            "Create one NAT gateway in a public subnet of each Availability Zone.",
            "Point each private subnet's default route to the gateway of its own zone.",
            "Attach a second Elastic IP address to the gateway.",
            "Put the gateway behind a Network Load Balancer.",
            "Replace the internet gateway by an egress-only one.",
            right=(0, 1),
        )), "resilient", 1.0, "", 0,
    ),
    Item("canary-7f31-number", "number", "How many usable IPv4 addresses has a subnet of size `/28` in a VPC?",
         NumberSpec(Decimal(11), unit="addresses", rationale=WHY), "secure", 1.0, "", 0),
    Item("canary-7f31-text", "text", "Write the AWS CLI command that lists the buckets of your account.",
         TextSpec((f"aws s3 ls {CANARY}",), command=True, rationale=WHY), "secure", 1.0, "", 0),
    Item(
        "canary-7f31-ordering", "ordering",
        "A stack is to be changed without surprises. Put the right steps in order.",
        OrderingSpec(
            (Entry("m", "Create a change set.", WHY), Entry("c", "Review which resources would be replaced.", WHY),
             Entry("x", "Execute the change set.", WHY)),
            (Entry("d", "Delete the stack.", WHY),),
        ), "operate", 1.0, "", 0,
    ),
    Item(
        "canary-7f31-matching", "matching", "Match each need with the storage that fits it best.",
        MatchingSpec(
            (Entry("b", "Blocks for one EC2 instance", WHY), Entry("f", "Files shared by many instances", WHY),
             Entry("o", "Objects that a web page loads", WHY)),
            (Entry("s3", "Amazon S3"), Entry("efs", "Amazon EFS"), Entry("ebs", "Amazon EBS"),
             Entry("r", "Amazon Route 53", WHY)),
            (("b", "ebs"), ("f", "efs"), ("o", "s3")),
            ("Need", "Storage"),
        ), "resilient", 1.0, "", 0,
    ),
    Item(
        "canary-7f31-case", "case",
        "Northwind moves a shop to AWS. Orders come in bursts on Friday evenings; a lost order costs a customer. The "
        "warehouse reads each order once, and must never see the same one twice.",
        CaseSpec((
            Part("queue", "choice", "Which queue takes the orders?",
                 ChoiceSpec(_options("An SQS FIFO queue", "An SQS standard queue", "An SNS topic"))),
            Part("keep", "number", "For how many days at most does SQS keep a message?",
                 NumberSpec(Decimal(14), unit="days", rationale=WHY)),
        )), "resilient", 2.0, "", 0,
    ),
    Item(
        "canary-7f31-words", "choice",
        "An IAM policy has these two statements. What may the user do?\n\n```json\n"
        '[{"Effect": "Allow", "Action": "s3:*", "Resource": "*"},\n {"Effect": "Deny", "Action": "s3:Delete*", '
        '"Resource": "*"}]\n```',
        ChoiceSpec(_options("Read and write objects, and delete none", "Everything in S3", "Nothing in S3")),
        "secure", 1.0, "", 0,
    ),
)  # fmt: skip
LAB = Item("canary-7f31-lab", "lab", "Close the bucket to all but one reader, and prove it in the sandbox.",
           LabSpec("private-bucket-one-reader", 20), "secure", 4.0, "", 0)  # fmt: skip


def make(*, name: str, count: int = 8, minutes: float = 60, sections: int = 1, lab: bool = False) -> dict[str, Any]:
    """Make a candidate with an open attempt; each section has `count` places, the last one a lab where asked for."""
    now = clock.now()
    user = User.objects.create_user(username=f"{name}-{uuid4().hex[:6]}", email=f"{uuid4().hex}@example.com")
    per = [tuple(ITEMS[(at + each) % len(ITEMS)] for at in range(count)) for each in range(sections)]
    if lab:
        per.append((LAB,))
    exam = _exam([len(one) for one in per], minutes)
    attempts.keep_items([*ITEMS, LAB], now=now)
    version, _ = ExamVersion.objects.get_or_create(
        revision=exam.revision, defaults={"slug": exam.slug, "definition": exam.as_json(), "kept_at": now}
    )
    form = Form(tuple(
        FormSection(f"s{at}", "Exam labs" if one == (LAB,) else f"Questions, part {at + 1}", tuple(map(_place, one)))
        for at, one in enumerate(per)
    ))  # fmt: skip
    attempt = Attempt.objects.create(
        user=user, exam_slug=exam.slug, exam=version, number=1, seed="00", form=form.as_json(), grader_version="test",
        started_at=now, deadline_at=now + timedelta(minutes=minutes),
    )  # fmt: skip
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session.session_key, "url": settings.BASE_URL}
    return {"id": str(attempt.pk), "path": f"/exams/attempts/{attempt.pk}/", "cookie": cookie, "user": user.username}


def _place(item: Item) -> Place:
    order = items.orderable(item.type, item.spec)
    return Place(item.revision, item.id, item.type, item.domain, item.points, True, order)


def _exam(counts: list[int], minutes: float) -> Exam:
    return Exam(
        slug="backstage", code="SKY-TST", title="Practical architect", summary="For the tests.", course="aws-foundations",
        minutes=int(minutes), pass_mark=700, cut=Decimal("0.65"),
        domains={"secure": Domain("Secure", 40), "resilient": Domain("Resilient", 30), "operate": Domain("Operate", 30)},
        sections=tuple(Section(f"s{at}", f"Part {at}", None, count, 0, {}, {}, ()) for at, count in enumerate(counts)),
        attempts=AttemptsPolicy(), requires={}, exposure=100, valid_from=date(2026, 1, 1), valid_to=None,
        verified_on=date(2026, 1, 1), source_url="https://docs.aws.amazon.com/", intro="", path="",
    )  # fmt: skip


def credit(*, attempt: str, seconds: int, key: str) -> bool:
    """Give an attempt more time, as an instructor does."""
    mine, actor = Attempt.objects.get(pk=attempt), User.objects.get(username="instructor")
    given = attempts.credit(attempt=mine, seconds=seconds, key=key, reason="A test", actor=actor, now=clock.now())
    return given is not None


def end_in(*, attempt: str, seconds: float) -> None:
    """Move an attempt's deadline, as if it had begun earlier."""
    Attempt.objects.filter(pk=attempt).update(deadline_at=clock.now() + timedelta(seconds=seconds))


def kept(*, attempt: str) -> dict[str, Any]:
    """Return what is kept of an attempt."""
    mine = Attempt.objects.get(pk=attempt)
    rows = Response.objects.filter(attempt=mine).order_by("place")
    saves = Save.objects.filter(attempt=mine).order_by("pk").values("place", "answer", "key", "tab", "received_at")
    return {
        "state": mine.state,
        "receipt": mine.receipt,
        "section": mine.section,
        "finished_at": mine.finished_at and mine.finished_at.timestamp(),
        "deadline_at": mine.deadline_at.timestamp(),
        "answers": {row.place: row.answer for row in rows},
        "flagged": [row.place for row in rows if row.flagged],
        "saves": [{**one, "received_at": one["received_at"].timestamp()} for one in saves],
        "submitted": mine.events.filter(kind="submitted").count(),
    }


def tell(*, user: str) -> None:
    """Tell a person a thing of each kind, one of which they have read."""
    mine = User.objects.get(username=user)
    for kind in Notice.Kind:
        told = {"subject": f"About {kind.label.lower()}", "text": "What there is to say of it.", "url": "/practice/"}
        notices.tell(user=mine, kind=kind, key=f"tell:{kind}", now=clock.now(), mail=False, **told)
    Notice.objects.filter(user=mine, kind=Notice.Kind.LAB).update(seen_at=clock.now())


WORDS: dict[str, Callable[..., Any]] = {"make": make, "tell": tell, "credit": credit, "end_in": end_in, "kept": kept}


def main() -> None:
    """Serve until the lines end."""
    for line in sys.stdin:
        word, arguments = json.loads(line)
        try:
            told = [True, WORDS[word](**arguments)]
        except Exception:
            told = [False, traceback.format_exc()]
        connection.close()  # hold no transaction open between two words
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
