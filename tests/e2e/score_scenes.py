"""Rows for what comes after an exam: reports, certificates, a regrade that was applied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from courses.models import Attempt
from courses.services import credentials, regrades, scoring
from tests.courses.exams.results import BOTH, CASE, LATER, NOW, ORDER, OTHER, PAIRS, SCORED, SLUG, exam, sat


def make_scores(learner: Any, others: Sequence[Any], instructor: Any) -> dict[str, str]:
    """Write the scenes, and return what addresses want: attempts, credentials, an item and a regrade."""
    paper = exam(review="items")
    more = [
        (BOTH, {"answer": ["a", "c"]}),
        (ORDER, {"answer": ["s1", "s4"]}),
        (PAIRS, {"answer": ["l1=r1", "l2=r1"]}),
        (CASE, {"answer-a": ["a-y"]}),
    ]
    for right in (3, 5):
        scored(learner, right, paper=paper)
    report = scored(learner, 10, more=more, answers={3: {"answer": ["gone"]}}, paper=paper)
    mine = credentials.valid_credential(report)
    credentials.rename(credential=mine, name="Nora \u738b", now=LATER)
    revoked = credentials.valid_credential(scored(others[0], 9, paper=paper))
    credentials.revoke(credential=revoked, reason="Somebody else sat the exam.", actor=instructor, now=LATER)
    scored(others[1], 6, answers={0: OTHER}, paper=paper)
    change = {"exam_slug": SLUG, "item_revision": SCORED[0].revision, "option": "accept_also"}
    done = regrades.apply(
        **change, change={"answer": OTHER}, reason="Both are right since October.", actor=instructor, now=LATER
    )
    return {
        "report": str(report.pk),
        "report_pending": str(sat(learner, 3, paper=exam(slug="counted-too")).pk),
        "credential": str(mine.pk),
        "revoked": str(revoked.pk),
        "regraded_item": CASE.revision,
        "regrade": str(done.pk),
    }


def scored(user: Any, right: int, **how: Any) -> Attempt:
    """Write an attempt with its score."""
    attempt = sat(user, right, **how)
    scoring.score_attempt(attempt_id=attempt.pk, now=NOW)
    return attempt
