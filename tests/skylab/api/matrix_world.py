"""One world for all who ask: a learner's things in two states, their class, a workspace, a platform; and who must not see what.

What must not be said is found again by its name: canaries.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from courses import selectors as courses
from courses.classes import acts, assigned, services
from courses.gradebook import services as grades
from courses.models import Credential, ItemVersion, Membership, Notice
from courses.services import attempts
from labs import outbox, providers
from labs.models import LabSession, Workspace
from labs.sandboxes import Credentials, Unavailable
from skylab.accounts.models import User
from skylab.api import tokens, webhooks
from skylab.api.models import Delivery
from skylab.lti.models import Context, Identity, Launch, Member
from skylab.lti.services.login import digest_of
from skylab.lti.views import COOKIE
from tests.courses.exams.held import KEY, passed
from tests.e2e.lti_scenes import make_platform
from tests.e2e.scenes import grade, lab_of_catalog, make_session
from tests.e2e.studio_scenes import SLUG, make_studio
from tests.skylab.api.matrix_rows import ROLES


class Nobody:
    """A provider whose sandboxes never answer."""

    name = "emulated"

    def learner_credentials(self, ref: Any) -> Credentials:
        return Credentials("AKIALEARNER", "learner/secret", None, ref.region, "http://127.0.0.1:9", ref.account_id)

    grader_credentials = start_credentials = learner_credentials

    def __getattr__(self, name: str) -> Any:
        raise Unavailable("no host")


@dataclass
class World:
    """What addresses are made of, in two states; who asks; and what must not be said to whom."""

    clients: dict[str, Client]
    states: dict[str, dict[str, Any]]
    private: dict[str, list[str]]  # by role
    keys: list[str] = field(default_factory=list)  # to nobody while the attempt is open


@pytest.fixture
def world(
    bob: Any, eve: Any, ada: Any, olga: Any, bobs_class: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    settings.BADGE_KEY = KEY
    User.objects.filter(pk=bob.pk).update(username="canary-bob", email="canary-bob@example.com")
    User.objects.filter(pk=olga.pk).update(is_staff=True, is_superuser=True)
    providers.get_provider.cache_clear()
    monkeypatch.setattr("labs.selectors.get_provider", lambda _: Nobody())
    lab = lab_of_catalog()
    sessions = [make_session(bob), make_session(bob, state="ended")]
    for one in sessions:
        LabSession.objects.filter(pk=one.pk).update(seed=f"canary-seed-{one.state}")
    gradings = [grade(one, lab, ["failed"] * len(lab.tasks)) for one in sessions]
    done = passed(bob)
    exam = next(one for one in courses.exams() if not one.shortages and not one.requires and _no_labs(one))
    open_ = attempts.start(user=bob, slug=exam.slug, now=timezone.now())
    asked = ItemVersion.objects.filter(
        pk__in={place["item"] for section in open_.form["sections"] for place in section["places"]}
    )
    token, text = tokens.make(user=bob, name="canary-token", scopes=["read"], days=9, now=timezone.now())
    notice = Notice.objects.create(
        user=bob, kind="message", key="k", subject="canary-notice", created_at=timezone.now()
    )
    hook = webhooks.make(user=ada, url="https://canary.example/hook", now=timezone.now())
    event = outbox.record(kind="lab.started", user=bob, subject="x", data={}, at=timezone.now())
    sent = Delivery.objects.create(webhook=hook, event=event, body="{}", created_at=timezone.now())
    grace = User.objects.create_user("grace", "grace@example.com", "x", role="instructor")
    arguments = _class(bobs_class, bob, ada, lab.slug) | _studio(ada) | _platform(bob, ada)
    course = next(one for one in courses.catalog() if one.modules)
    lesson = next(one for one in course.lessons if one.items)
    shared = {
        "course": course.slug,
        "lesson": lesson.slug,
        "item": lesson.items[0].id,
        "item_id": lesson.items[0].id,
        "drill_id": uuid4(),
        "credential_id": Credential.objects.get().pk,
        "task_id": lab.tasks[0].id,
        "notice_id": notice.pk,
        "token_id": token.pk,
        "user_id": bob.pk,
        "regrade_id": 1,
        "revision": asked[0].pk,
        "name": "x.svg",
        "sheet": "x",
        "kid": "x",
        "number": 0,
        "place": 0,
        "seq": 1,
        "moment": 1,
        "shape": "wide",
        "webhook_id": hook.pk,
        "delivery_id": sent.pk,
        "what": "off",
        "object_id": 1,
        "content_type_id": 1,
        "app_label": "labs",
        "key": "x",
        "uidb36": "x",
        "url": "x",
        **arguments,
    }
    states = {
        "open": {**shared, "session_id": sessions[0].pk, "grading_id": gradings[0].pk, "attempt_id": open_.pk},
        "finished": {**shared, "session_id": sessions[1].pk, "grading_id": gradings[1].pk, "attempt_id": done.pk},
    }
    for state in states.values():
        state["slug"] = {
            "labs": lab.slug,
            "push": lab.slug,
            "exams": exam.slug,
            "badges": done.exam_slug,
            "studio": SLUG,
        }
    clients = {name: Client() for name in ROLES}
    for name, user in (("bob", bob), ("eve", eve), ("grace", grace), ("ada", ada), ("olga", olga)):
        clients[name].force_login(user)
    clients["bob"].cookies[COOKIE] = BROWSER
    operators = ["canary-client"]
    instructors = ["canary-mate", "canary-invited", "canary-override", "canary.example", hook.secret]
    instructors += ["canary-lin", "Look at its properties, once more.", "canary-shelf"]
    shared_out = ["canary-bob", "canary-seed", "canary-assignment", "canary-message", "canary-reason", "37.25"]
    own = ["canary-token", "canary-notice", text, open_.seed, open_.receipt or text]
    private = {
        **dict.fromkeys(("visitor", "eve", "grace"), own + shared_out + instructors + operators),
        "bob": instructors + operators,
        "ada": operators + own,
        "olga": [],
    }
    monkeypatch.setattr(
        "courses.content.catalog.LOOK_SECONDS", 600.0
    )  # nothing that stays changes the catalog from here on
    logging.disable(logging.WARNING)  # each refusal is a warning with its traceback: thousands of them
    yield World(clients, states, private, sorted(_rationales(asked)))
    logging.disable(logging.NOTSET)
    providers.get_provider.cache_clear()


BROWSER = "canary-browser"


def _class(cohort: Any, bob: Any, ada: Any, lab: str) -> dict[str, Any]:
    """Give a class a second learner, an assignment with other times and a grade by hand, invitations, a message."""
    now = timezone.now()
    mate = User.objects.create_user("canary-mate", "canary-mate@example.com", "x", role="learner")
    Membership.objects.create(cohort=cohort, user=mate, joined_at=now)
    task = assigned.assign(
        cohort=cohort,
        kind="lab",
        slug=lab,
        actor=ada,
        now=now,
        title="canary-assignment",
        due_at=now + timedelta(days=2),
    )
    assigned.set_override(assignment=task, user=bob, actor=ada, reason="canary-override", now=now, minutes=5)
    grades.rule(
        assignment=task, user=bob, kind="points", points=Decimal("37.25"), reason="canary-reason", actor=ada, now=now
    )
    acts.send_message(cohort=cohort, text="canary-message", actor=ada, now=now, user_id=bob.pk)
    services.invite_by_mail(cohort=cohort, addresses=["canary-invited@example.com"], actor=ada, now=now)
    invitation, token = services.invite_by_link(cohort=cohort, actor=ada, now=now)
    return {
        "cohort_id": cohort.pk,
        "assignment_id": task.pk,
        "invitation_id": invitation.pk,
        "token": token,
    }


def _studio(ada: Any) -> dict[str, Any]:
    """Give Ada a workspace with a lab that was published and changed since."""
    made = make_studio(ada)
    Workspace.objects.filter(pk=made["shelf"]).update(name="canary-shelf")
    return {"workspace_id": made["shelf"], "proof_id": made["proof"]}


def _platform(bob: Any, ada: Any) -> dict[str, Any]:
    """Register a platform with a course that Ada teaches there, and have Bob on his way in from it."""
    now = timezone.now()
    made = make_platform(bob, now=now)
    context = Context.objects.get(pk=made["lti_context"])
    platform = context.deployment.platform
    platform.client_id = "canary-client"
    platform.save()
    Member.objects.filter(context=context, sub="lin").update(name="canary-lin")
    Identity.objects.create(issuer=platform.issuer, sub="tea", user=ada, linked_at=now)
    wish = {"accepts": ["ltiResourceLink"], "many": False, "return_url": f"{platform.issuer}/back"}
    launch = Launch.objects.create(
        deployment=context.deployment,
        sub="lin",
        browser=digest_of(BROWSER),
        target="/labs/",
        choosing=wish,
        created_at=now,
    )
    return {
        "platform_id": platform.pk,
        "context_id": context.pk,
        "identity_id": Identity.objects.get(user=bob).pk,
        "launch_id": launch.pk,
    }


def _no_labs(exam: Any) -> bool:
    return all(item.type != "lab" for item in exam.pool)


def _rationales(asked: Any) -> set[str]:
    """Return what says which answer is right: texts that stand in the kept items alone."""
    found: set[str] = set()

    def look(value: Any, name: str = "") -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                look(inner, key)
        elif isinstance(value, list):
            for inner in value:
                look(inner, name)
        elif isinstance(value, str) and name in ("rationale", "why", "because", "feedback") and len(value) > 30:
            found.add(value)

    for one in asked:
        look(one.content)
    assert found, "no item of the exam says why"
    return found
