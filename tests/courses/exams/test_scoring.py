"""What an attempt is worth: computed from what is frozen, once, by the exam's rules, and by what may not matter."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from courses.content import Item
from courses.exams.scaling import Unscorable
from courses.models import Attempt, Credential, Event, ItemVersion, LabPlace, Notice, Response, Score
from courses.services import notices, scoring, sweeping
from labs import jobs
from labs.models import Job

from .results import (
    BOTH,
    CASE,
    LAB,
    LATER,
    NOW,
    ORDER,
    OTHER,
    PAIRS,
    PILOTS,
    RIGHT,
    SCORED,
    SLUG,
    WRONG,
    exam,
    lab_place,
    sat,
)

if TYPE_CHECKING:
    from skylab.accounts.models import User

pytestmark = pytest.mark.django_db
ANYTHING = (None, {}, {"answer": []}, RIGHT, WRONG, OTHER, {"answer": ["gone"]}, {"answer": "y"}, ["y"], 7)


def score(attempt: Attempt) -> Score:
    found = scoring.score_attempt(attempt_id=attempt.pk, now=LATER)
    assert found is not None
    return found


class TestOnce:
    def test_a_closed_attempt_is_scored_and_stays_so(self, bob: User) -> None:
        attempt = sat(bob, 6)
        first = score(attempt)
        assert (first.version, first.raw, first.maximum, first.scaled, first.passed) == (1, 6, 10, 720, True)
        Response.objects.filter(attempt=attempt).update(answer=WRONG)  # nothing that comes later is looked at
        assert score(attempt) == first
        assert Score.objects.get() == first
        assert [one.kind for one in Event.objects.filter(attempt=attempt).order_by("pk")] == [
            "scored",
            "credential issued",
        ]

    def test_the_hand_count(self, bob: User) -> None:
        found = [score(sat(bob, right)) for right in (0, 5, 6, 7, 10)]
        assert [(one.scaled, one.passed) for one in found] == [
            (100, False),
            (617, False),  # 100 + 5/6 · 620
            (720, True),
            (790, True),  # 720 + 1/4 · 280
            (1000, True),
        ]

    def test_an_open_one_is_refused(self, bob: User) -> None:
        attempt = sat(bob, 6, state=Attempt.State.OPEN)
        with pytest.raises(scoring.StillOpen, match="still open"):
            scoring.score_attempt(attempt_id=attempt.pk, now=LATER)
        assert not Score.objects.exists()

    def test_the_job_scores_and_the_sweep_finds_what_it_lost(self, bob: User) -> None:
        import courses.tasks  # noqa: F401

        attempt, other = sat(bob, 6), sat(bob, 7)
        jobs.enqueue(kind="score", key="score:x", payload={"attempt": str(attempt.pk)}, now=NOW)
        assert jobs.run(Job.objects.get(key="score:x").pk)
        assert Job.objects.get(key="score:x").state == Job.State.DONE
        assert list(Score.objects.values_list("attempt", "scaled")) == [(attempt.pk, 720)]
        soon = other.finished_at + timedelta(minutes=2)
        assert sweeping.score_what_is_owed(now=soon) == 1
        assert jobs.run(Job.objects.get(key=f"score:{other.pk}").pk, clock=lambda: soon)
        assert other.scores.get().scaled == 790
        assert sweeping.score_what_is_owed(now=soon) == 0

    def test_two_at_once_write_one(self, bob: User) -> None:
        """The other one writes just before us: the number of the version is taken, and nothing of ours stays."""
        attempt = sat(bob, 6)
        assessed = scoring.assess(attempt)
        Score.objects.create(attempt=attempt, version=1, created_at=NOW, **assessed.columns())
        with pytest.raises(IntegrityError), transaction.atomic():
            Score.objects.create(attempt=attempt, version=1, created_at=NOW, **assessed.columns())
        assert score(attempt).created_at == NOW

    def test_nothing_that_counts_is_no_score(self, bob: User) -> None:
        attempt = sat(bob, 6)
        form = attempt.form
        for one in form["sections"][0]["places"]:
            one["scored"] = False
        Attempt.objects.filter(pk=attempt.pk).update(form=form)
        with pytest.raises(Unscorable):
            scoring.score_attempt(attempt_id=attempt.pk, now=LATER)


class TestPilots:
    def test_whatever_is_answered_to_pilots_the_score_is_the_same(self, bob: User) -> None:
        seen: set[Any] = set()
        for pilots in zip(ANYTHING, reversed(ANYTHING), strict=True):
            found = score(sat(bob, 6, pilots=pilots))
            domains = tuple((name, tuple(one.items())) for name, one in sorted(found.domains.items()))
            seen.add((found.raw, found.maximum, found.scaled, found.passed, domains, str(found.places[:10])))
        assert len(seen) == 1

    def test_pilots_are_marked_for_statistics_and_no_more(self, bob: User) -> None:
        found = score(sat(bob, 6, pilots=(RIGHT, None)))
        assert [(one["scored"], one["earned"], one["outcome"]) for one in found.places[10:]] == [
            (False, 1.0, "right"),
            (False, 0.0, "blank"),
        ]
        assert found.maximum == 10

    @given(some.lists(some.sampled_from(ANYTHING), min_size=2, max_size=2), some.integers(0, 10))
    @settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_for_any_result(self, bob: User, pilots: list[Any], right: int) -> None:
        one, other = (scoring.assess(sat(bob, right, pilots=given)) for given in (pilots, (None, None)))
        assert (one.raw, one.maximum, one.scaled, one.domains) == (
            other.raw,
            other.maximum,
            other.scaled,
            other.domains,
        )


class TestRules:
    def test_a_blank_earns_nothing(self, bob: User) -> None:
        found = score(sat(bob, 6, answers={0: None, 1: {"answer": [""]}, 2: {}}))
        assert found.raw == 3
        assert [one["outcome"] for one in found.places[:4]] == ["blank", "blank", "blank", "right"]

    def test_a_place_that_was_never_seen_is_blank(self, bob: User) -> None:
        attempt = sat(bob, 6)
        Response.objects.filter(attempt=attempt, place=0).delete()
        assert score(attempt).raw == 5

    @pytest.mark.parametrize(
        "answer", [{"answer": ["gone"]}, {"answer": "y"}, {"answer": [1]}, {"answer": None}, ["y"], 7]
    )
    def test_an_unreadable_answer_earns_nothing_and_is_told(self, bob: User, answer: Any) -> None:
        attempt = sat(bob, 7, answers={3: answer})
        found = score(attempt)
        assert (found.raw, found.places[3]["outcome"]) == (6, "unreadable")
        event = Event.objects.get(attempt=attempt, kind="unreadable")
        assert event.data["place"] == 3 and event.data["problem"]

    @pytest.mark.parametrize(
        ("item", "full", "part"),
        [
            (ORDER, {"answer": ["s1", "s2", "s3"]}, {"answer": ["s1", "s2"]}),
            (PAIRS, {"answer": ["l1=r1", "l2=r2"]}, {"answer": ["l1=r1", "l2=r1"]}),
            (BOTH, {"answer": ["a", "b"]}, {"answer": ["a", "c"]}),
        ],
    )
    def test_all_or_nothing(self, bob: User, item: Item, full: Any, part: Any) -> None:
        assert [score(sat(bob, 6, more=[(item, answer)])).raw for answer in (full, part)] == [7, 6]

    def test_the_parts_of_a_case_count_by_themselves_in_their_own_domains(self, bob: User) -> None:
        found = score(sat(bob, 6, more=[(CASE, {"answer-a": ["a-y"], "answer-b": ["b-n"]})]))
        # The case's points (2) are those of each of its parts.
        assert (found.raw, found.maximum) == (8, 14)
        assert found.domains["secure"]["earned"] == 8 and found.domains["resilient"]["earned"] == 0
        assert found.places[12] == {"place": 12, "earned": 2.0, "maximum": 4.0, "scored": True, "outcome": "partly"}

    def test_domains_add_up_to_the_whole(self, bob: User) -> None:
        found = score(sat(bob, 7, more=[(CASE, {"answer-b": ["b-y"]}), (ORDER, None)]))
        for what in ("earned", "maximum"):
            whole = sum(Decimal(str(one[what])) for one in found.domains.values())
            assert whole == (found.raw if what == "earned" else found.maximum)
        assert sum(one["earned"] for one in found.places if one["scored"]) == found.raw
        assert all(
            0 <= one["low"] <= one["earned"] / one["maximum"] <= one["high"] <= 1 for one in found.domains.values()
        )


class TestLabs:
    def lab(self, attempt: Attempt, **more: Any) -> LabPlace:
        return lab_place(attempt, 12, **more)

    def results(self, *scores: float) -> list[dict[str, Any]]:
        return [
            {"id": f"t{at}", "outcome": "passed", "score": one, "points": points, "checks": []}
            for at, (one, points) in enumerate(zip(scores, (6, 4), strict=True))
        ]

    def test_a_lab_counts_by_its_weighted_tasks(self, bob: User) -> None:
        attempt = sat(bob, 6, more=[(LAB, None)])
        self.lab(attempt, state=LabPlace.State.GRADED, results=self.results(6, 1))
        found = score(attempt)
        assert (found.raw, found.maximum) == (Decimal("9.5"), 15)  # 6 + 5 · (6 + 1)/10
        assert found.places[12]["outcome"] == "partly"
        assert found.domains["resilient"]["opportunities"] == 6  # four items and two tasks

    @pytest.mark.parametrize("state", ["open", "frozen", "owed", "missing"])
    def test_a_lab_that_is_not_graded_waits(self, bob: User, state: str) -> None:
        attempt = sat(bob, 10, more=[(LAB, None)])
        row = self.lab(attempt, state=state) if state != "missing" else None
        assert scoring.score_attempt(attempt_id=attempt.pk, now=LATER) is None
        assert not Score.objects.exists() and not Credential.objects.exists()
        row = row or self.lab(attempt)
        LabPlace.objects.filter(pk=row.pk).update(state=LabPlace.State.GRADED, results=self.results(0, 4))
        assert score(attempt).raw == 12

    def test_a_lab_that_nobody_came_to_is_blank(self, bob: User) -> None:
        attempt = sat(bob, 6, more=[(LAB, None)])
        self.lab(attempt, state=LabPlace.State.WAITING)
        found = score(attempt)
        assert (found.raw, found.maximum, found.places[12]["outcome"]) == (6, 15, "blank")

    def test_what_a_candidate_sends_says_nothing_about_a_lab(self, bob: User) -> None:
        attempt = sat(bob, 6, more=[(LAB, {"answer": ["t0=1"]})])
        self.lab(attempt, state=LabPlace.State.GRADED, results=self.results(0, 0))
        assert score(attempt).raw == 6


class TestFrozen:
    def test_the_items_of_the_attempt_count_not_those_of_today(self, bob: User) -> None:
        attempt = sat(bob, 6)
        assert ItemVersion.objects.filter(pk=SCORED[0].revision).exists()
        assert score(attempt).raw == 6

    def test_the_definition_of_the_attempt_counts_not_that_of_today(self, bob: User) -> None:
        strict = exam(cut=Decimal("0.9"), pass_mark=800)
        assert [score(sat(bob, 6, paper=one)).passed for one in (strict, exam())] == [False, True]

    def test_computed_again_it_is_the_same(self, bob: User) -> None:
        attempt = sat(bob, 7, more=[(CASE, {"answer-a": ["a-y"]}), (ORDER, {"answer": ["s1", "s2", "s3"]})])
        kept = score(attempt)
        again = scoring.assess(attempt).columns()
        kept.refresh_from_db()
        assert {name: getattr(kept, name) for name in again} == again
        assert attempt.exam.slug == SLUG and PILOTS


class TestNotices:
    def test_told_once_and_mailed_once(self, bob: User, django_capture_on_commit_callbacks: Any) -> None:
        for _ in range(2):
            notices.tell(user=bob, key="k", subject="Look", text="Something.", url="/exams/", now=NOW)
        job = Job.objects.get(kind="notice")
        assert jobs.run(job.pk)
        Job.objects.filter(pk=job.pk).update(state=Job.State.READY, not_before=NOW)  # a job that is run twice
        assert jobs.run(job.pk)
        (sent,) = mail.outbox
        assert (sent.subject, sent.to) == ("Look", ["bob@example.com"])
        assert "Something." in sent.body and "/exams/\n" in sent.body and "/settings/" in sent.body

    def test_a_mail_server_that_is_gone_is_tried_again_and_the_notice_stands(
        self, bob: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        notice = notices.tell(user=bob, key="k", subject="Look", text="Something.", now=NOW)
        job = Job.objects.get(kind="notice")

        def gone(*_: Any, **__: Any) -> None:
            raise ConnectionRefusedError

        with monkeypatch.context() as broken:
            broken.setattr(notices, "send_mail", gone)
            jobs.run(job.pk)
        notice.refresh_from_db()
        assert notice.mailed_at is None and notice.seen_at is None and notice.mail_attempts == 1
        assert Job.objects.get(pk=job.pk).state == Job.State.READY

    def test_read_by_its_owner_only(self, bob: User, eve: User) -> None:
        notice = notices.tell(user=bob, key="k", subject="Look", text="Something.", now=NOW)
        assert not notices.mark_seen(user=eve, notice_id=notice.pk, now=LATER)
        assert notices.mark_seen(user=bob, notice_id=notice.pk, now=LATER)
        assert not notices.mark_seen(user=bob, notice_id=notice.pk, now=LATER)
        assert Notice.objects.get().seen_at == LATER
