"""Rows for every state that a page can show, made without a sandbox: for pictures, and for tests that look at pages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from courses.classes import services as classes
from courses.classes.assigned import assign
from courses.models import Membership
from courses.services import statistics
from graders import Outcome, Result
from labs.content import Lab, draw, load_catalog
from labs.models import ApiCall, Grading, HintReveal, LabRevision, LabSession, Sandbox, TaskResult
from labs.sandboxes import account_id_for
from skylab.accounts.models import User
from tests.courses.exams.sittings import SLUG, sit
from tests.e2e.lti_scenes import make_platform
from tests.e2e.practice_scenes import make_practice
from tests.e2e.score_scenes import make_scores
from tests.e2e.studio_scenes import make_studio

NAMES = ("nora", "maria", "tom", "wei", "sofia")


@dataclass(frozen=True)
class Scenes:
    """The sessions by what they show."""

    queued: LabSession
    starting: LabSession
    fresh: LabSession
    working: LabSession
    completed: LabSession
    failed: LabSession


def lab_of_catalog(slug: str = "private-bucket-one-reader") -> Lab:
    """Return a lab of the catalog, or whichever is there."""
    labs = load_catalog(settings.LAB_CATALOG)
    return labs.get(slug) or next(iter(labs.values()))


def make_session(user: Any, *, state: str = "ready", lab: Lab | None = None, now: datetime | None = None) -> LabSession:
    """Write a session in a state, as the services would have left it."""
    lab, now = lab or lab_of_catalog(), now or timezone.now()
    revision, _ = LabRevision.objects.get_or_create(
        slug=lab.slug, revision=lab.revision, defaults={"source": lab.source, "checks": lab.checks_source}
    )
    sandbox = Sandbox.objects.create(region=lab.region)
    sandbox.account_id = account_id_for(sandbox.number)
    over = state in ("ended", "failed")
    sandbox.state = "ended" if over else "live"
    sandbox.save()
    began = state not in ("queued", "starting", "failed")
    return LabSession.objects.create(
        user=user,
        lab_slug=lab.slug,
        lab_revision=revision,
        sandbox=sandbox,
        seed="seed",
        parameters=draw(lab, "seed"),
        state=state,
        failure="The sandbox host did not answer in time." if state == "failed" else "",
        queued_at=now - timedelta(minutes=7),
        ready_at=now - timedelta(minutes=6) if began else None,
        expires_at=now + timedelta(minutes=24) if began else None,
        ended_at=now if over else None,
        points=lab.points,
    )


def grade(session: LabSession, lab: Lab, outcomes: Sequence[str], *, minutes_ago: float = 1) -> Grading:
    """Write a grading with one outcome a task; a failed task fails its last check and passes the others."""
    at = timezone.now() - timedelta(minutes=minutes_ago)
    grading = Grading.objects.create(
        session=session, state="done", requested_at=at, finished_at=at + timedelta(milliseconds=180), milliseconds=180,
        journal_seq=session.sandbox.calls.count() or None,
    )  # fmt: skip
    total = 0.0
    for task, outcome in zip(lab.tasks, outcomes, strict=False):
        results = [_result(call.name, outcome, last=call is task.checks[-1]) for call in task.checks]
        passed = sum(result.outcome is Outcome.PASSED for result in results)
        score = round(task.points * passed / len(results), 2)
        total += score
        TaskResult.objects.create(
            grading=grading, task_id=task.id, outcome=outcome, score=score, points=task.points,
            results=[result.to_dict() for result in results],
        )  # fmt: skip
    grading.score, grading.points = total, lab.points
    grading.save()
    session.score = max(session.score, total)
    session.save()
    return grading


def _result(check: str, outcome: str, *, last: bool) -> Result:
    title = check.partition(".")[2].replace("_", " ").capitalize()
    if outcome == "failed" and last:
        return Result(
            check=check, title=title, outcome=Outcome.FAILED,
            looked_at="the bucket policy, Block Public Access and the policies of 3 roles",
            found="the role analysts-teal-204 is allowed to read by its own policy “read-data” (s3:GetObject on *)",
            needed="among the roles and users of this account, only reporting-otter-117 may read",
            try_="add an explicit Deny to the bucket policy for every principal but the one role",
            counterexample="analysts-teal-204 → s3:GetObject on exports/staff.csv over TLS: allowed",
            milliseconds=41,
        )  # fmt: skip
    word = Outcome.PASSED if outcome == "failed" else Outcome(outcome)
    return Result(check=check, title=title, outcome=word, milliseconds=12)


BUCKET = {"Bucket": "acme-exports-teal-3f9a"}
SWITCHES = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
# action, whether it changes something, parameters, status, error
CALLS: Sequence[tuple[str, bool, dict[str, Any], int, str]] = (
    ("sts:GetCallerIdentity", False, {}, 200, ""),
    ("s3:GetBucketPolicy", False, BUCKET, 200, ""),
    ("s3:GetPublicAccessBlock", False, BUCKET, 200, ""),
    (
        "iam:GetRolePolicy",
        False,
        {"RoleName": "reporting-otter-117", "PolicyName": "export"},
        404,
        "NoSuchEntity: The role policy with name export cannot be found.",
    ),
    (
        "s3:PutPublicAccessBlock",
        True,
        {**BUCKET, "PublicAccessBlockConfiguration": dict.fromkeys(SWITCHES, True)},
        200,
        "",
    ),
    ("s3:PutBucketPolicy", False, {**BUCKET, "Policy": "{…"}, 400, "MalformedPolicy: Policy has invalid resource"),
    ("s3:PutBucketPolicy", True, {**BUCKET, "Policy": '{"Version": "2012-10-17", "Statement": […]}'}, 200, ""),
)


def journal(session: LabSession) -> None:
    """Write a few calls, two of which failed."""
    now = timezone.now()
    for seq, (call, mutating, parameters, status, error) in enumerate(CALLS, 1):
        service, _, action = call.partition(":")
        code, _, message = error.partition(": ")
        ApiCall.objects.create(
            sandbox=session.sandbox,
            epoch=1,
            seq=seq,
            at=now - timedelta(minutes=5, seconds=20 * (len(CALLS) - seq)),
            principal=f"arn:aws:iam::{session.sandbox.account_id}:user/learner",
            tool="aws-cli/2.31",
            service=service,
            action=action,
            region="us-east-1",
            parameters=parameters,
            status=status,
            error_code=code,
            error_message=message,
            mutating=mutating,
            milliseconds=8 + seq,
            request_id=f"8f2c{seq:04x}",
        )


def make_all(learner: Any, others: Sequence[Any]) -> Scenes:
    """Write all the scenes: the learner's own workspace at work, and each other state with somebody else."""
    lab = lab_of_catalog()
    working = make_session(learner, lab=lab)
    journal(working)
    grade(working, lab, ["passed", "failed", "error", "skipped", "passed"])
    for index in range(2):
        HintReveal.objects.create(session=working, task_id=lab.tasks[1].id, index=index, revealed_at=timezone.now())
    completed = make_session(others[0], state="ended", lab=lab)
    journal(completed)
    grade(completed, lab, ["passed"] * len(lab.tasks))
    completed.completed_at = timezone.now()
    completed.save()
    return Scenes(
        queued=make_session(others[0], state="queued", lab=lab),
        starting=make_session(others[1], state="starting", lab=lab),
        fresh=make_session(others[2], lab=lab),
        working=working,
        completed=completed,
        failed=make_session(others[3], state="failed", lab=lab),
    )


def make_class(instructor: Any, learners: Sequence[Any]) -> dict[str, str]:
    """Write a class of all of them with two assignments, one of which is late; return their ids."""
    now = timezone.now()
    cohort = classes.create_cohort(actor=instructor, name="Autumn clouds", term="Autumn", stuck_minutes=5, now=now)
    for one in learners:
        Membership.objects.create(cohort=cohort, user=one, joined_at=now)
    known = {"cohort": cohort, "actor": instructor, "now": now, "kind": "lab"}
    late = assign(slug=lab_of_catalog().slug, due_at=now - timedelta(hours=3), **known)
    assign(slug="launch-web-server", due_at=now + timedelta(days=9), **known)
    _, token = classes.invite_by_link(cohort=cohort, actor=instructor, now=now)
    member = str(learners[0].pk)
    return {"cohort": str(cohort.pk), "assignment": str(late.pk), "invitation": token, "member": member}


def main() -> None:
    """Write the scenes into a database that has the demo users, and print the sessions' ids as JSON.

    They belong to people of their own, so that the demo users are free to start labs.
    """
    instructor = User.objects.get(username="instructor")
    people = [User.objects.get_or_create(username=name, email=f"{name}@example.com")[0] for name in NAMES]
    User.objects.filter(username__in=NAMES).update(password=instructor.password)
    found = make_all(people[0], people[1:])
    more = make_class(instructor, people)
    sit(candidates=80)
    statistics.compute(slug=SLUG, now=timezone.now())
    more |= make_scores(people[0], people[1:], instructor)
    more |= make_practice(people[0], now=timezone.now())
    more |= make_platform(people[0], now=timezone.now())
    more |= make_studio(instructor)
    print(json.dumps({name: str(session.pk) for name, session in vars(found).items()} | more))
