"""From rows to figures: what is read of the database, and how figures are computed, kept and replaced."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.exams.statistics import Analysis, ItemFigures
from courses.models import Attempt, ExamAnalysis, ItemVersion, Regrade, Response, Score
from courses.selectors import statistics as selectors
from courses.services import statistics, sweeping
from labs import jobs
from labs.models import Job
from tests.courses.exams.sittings import NOW, SLUG, for_a_module, sit

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=1)


@pytest.fixture(scope="module")
def _sat(django_db_setup: None, django_db_blocker: Any) -> Iterator[list[Attempt]]:
    with for_a_module(django_db_blocker, candidates=60) as attempts:
        yield attempts


@pytest.fixture
def sat(_sat: list[Attempt], db: None) -> list[Attempt]:
    return _sat


def of(analysis: Analysis, item_id: str) -> list[ItemFigures]:
    return [one for one in analysis.items if one.item_id == item_id]


def computed(now: Any = LATER) -> Analysis:
    return Analysis.from_json(statistics.compute(slug=SLUG, now=now).data)


class TestReading:
    def test_first_attempts_that_are_closed_and_scored(self, sat: list[Attempt]) -> None:
        sheet = selectors.read(SLUG).sheet
        assert sheet.candidates == 60  # not the 5 second ones, not the open one, not the one without a score
        assert len(sheet.earned) == 60 * 20
        assert sorted(sheet.scaled.tolist()) == sorted(
            Score.objects.filter(attempt__in=sat).values_list("scaled", flat=True)
        )

    def test_a_blank_is_an_answer_worth_nothing(self, sat: list[Attempt]) -> None:
        found = computed()
        blanks = sum(
            mark["outcome"] == "blank" for score in Score.objects.filter(attempt__in=sat) for mark in score.places
        )
        assert sum(one.omitted for one in found.items) == blanks > 0
        assert sum(one.n for one in found.items) == 60 * 20

    def test_versions_of_an_item_stand_apart_in_the_order_in_which_they_came(self, sat: list[Attempt]) -> None:
        old, new = of(computed(), "topic-00")
        assert old.revision != new.revision
        kept = dict(ItemVersion.objects.filter(item_id="topic-00").values_list("revision", "kept_at"))
        assert kept[old.revision] < kept[new.revision]
        had = Attempt.objects.filter(pk__in=[one.pk for one in sat], form__icontains='"topic-00"').count()
        assert old.n + new.n == had > 20

    def test_a_pilot_does_not_count(self, sat: list[Attempt]) -> None:
        (pilot,) = of(computed(), "vpc-pilot")
        assert pilot.n == 60 and pilot.scored == 0 and pilot.alpha_deleted is None
        assert pilot.discrimination is not None

    def test_options_of_each_type(self, sat: list[Attempt]) -> None:
        found = computed()
        ids = {one.item_id: [option.id for option in one.options] for one in found.items}
        assert len(ids["topic-01"]) == 4 and len(ids["two-of-five"]) == 5
        assert "p2=efs" in ids["which-stores"] and len(ids["which-stores"]) == 12
        assert {"a/case-a-0", "b/case-b-2"} <= set(ids["retail-case"])
        assert "snap,copy,new" in ids["encrypt-later"] and "11" in ids["nines"]
        assert "aws sts get-caller-identity" in ids["who-am-i"]
        (case,) = of(found, "retail-case")
        assert {option.id for option in case.options if option.key} == {"a/case-a-0", "b/case-b-0"}
        (typed,) = of(found, "nines")
        assert [option.id for option in typed.options if option.key] == ["11"]
        for one in found.items:
            if one.type == "choice":
                assert sum(option.count for option in one.options) == one.n - one.omitted

    def test_what_is_stored_and_cannot_be_read_stops_nothing(self, sat: list[Attempt]) -> None:
        rows = Response.objects.filter(attempt__in=sat, place=0).order_by("pk")
        for row, rubbish in zip(
            rows, (["a"], {"answer": "a"}, {"answer": [None, {}]}, "text", 7, {"x": []}), strict=False
        ):
            Response.objects.filter(pk=row.pk).update(answer=rubbish)
        assert computed().whole.n == 60

    def test_the_number_of_queries_does_not_grow_with_the_candidates(self, sat: list[Attempt]) -> None:
        with CaptureQueriesContext(connection) as few:
            selectors.read(SLUG)
        sit(candidates=90, slug="other-mock")
        with CaptureQueriesContext(connection) as many:
            assert selectors.read("other-mock").sheet.candidates == 90
        assert len(many) == len(few) <= 6


class TestRegrades:
    def regrade(self, sat: list[Attempt], option: str, change: dict[str, Any]) -> str:
        item = ItemVersion.objects.get(item_id="kms-wrong-key")
        Regrade.objects.create(
            exam_slug=SLUG, item_id=item.item_id, item_revision=item.pk, option=option, change=change,
            reason="A wrong key.", actor=sat[0].user, applied_at=LATER, digest="d",
        )  # fmt: skip
        from courses.services.scoring import Assessor

        assessor = Assessor(SLUG)
        for attempt in sat:
            columns = assessor.assess(attempt).columns()
            Score.objects.create(attempt=attempt, version=2, created_at=LATER, **columns)
        return item.pk

    def test_the_newest_score_and_its_key_count(self, sat: list[Attempt]) -> None:
        (before,) = of(computed(), "kms-wrong-key")
        item = ItemVersion.objects.get(item_id="kms-wrong-key")
        spec = json.loads(json.dumps(item.content["spec"]))
        spec["options"][0]["correct"], spec["options"][1]["correct"] = False, True
        self.regrade(sat, "new_key", {"spec": spec})
        (after,) = of(computed(), "kms-wrong-key")
        assert [option.key for option in before.options] == [True, False, False, False]
        assert [option.key for option in after.options] == [False, True, False, False]
        assert before.facility == before.options[0].share and after.facility == after.options[1].share

    def test_an_option_that_was_accepted_after_all_is_a_key(self, sat: list[Attempt]) -> None:
        self.regrade(sat, "accept_also", {"answer": {"answer": ["kms-wrong-key1"]}})
        (after,) = of(computed(), "kms-wrong-key")
        assert [option.key for option in after.options] == [True, True, False, False]
        assert after.facility == pytest.approx(after.options[0].share + after.options[1].share)

    def test_what_everybody_is_credited_with_tells_nobody_apart(self, sat: list[Attempt]) -> None:
        self.regrade(sat, "credit_all", {})
        (after,) = of(computed(), "kms-wrong-key")
        assert (after.facility, after.sd, after.discrimination, after.efficiency) == (1, 0, None, None)

    def test_what_was_dropped_is_no_item_of_the_exam(self, sat: list[Attempt]) -> None:
        self.regrade(sat, "drop", {})
        assert of(computed(), "kms-wrong-key") == []


class TestKeeping:
    def test_one_row_an_exam_that_is_replaced(self, sat: list[Attempt]) -> None:
        computed()
        computed(now=LATER + timedelta(hours=1))
        row = ExamAnalysis.objects.get()
        assert (row.pk, row.n, row.computed_at) == (SLUG, 60, LATER + timedelta(hours=1))

    def test_figures_of_fewer_scores_do_not_replace_those_of_more(self, sat: list[Attempt], monkeypatch: Any) -> None:
        old = selectors.read(SLUG)
        waiting = Attempt.objects.get(exam_slug=SLUG, number=1, scores=None, state=Attempt.State.SUBMITTED)
        from courses.services.scoring import score_attempt

        score_attempt(attempt_id=waiting.pk, now=LATER)
        assert computed().whole.n == 61
        monkeypatch.setattr(selectors, "read", lambda slug: old)
        assert computed(now=LATER + timedelta(minutes=1)).whole.n == 61

    def test_new_scores_make_it_stale(self, sat: list[Attempt]) -> None:
        assert selectors.kept(SLUG) is None
        computed()
        found = selectors.kept(SLUG)
        assert found is not None and not found.stale and found.analysis.whole.n == 60
        first = sat[0].scores.get()
        Score.objects.create(
            attempt=sat[0], version=2, raw=0, maximum=1, scaled=100, passed=False, domains={}, places=first.places,
            created_at=LATER,
        )  # fmt: skip
        found = selectors.kept(SLUG)
        assert found is not None and found.stale

    def test_figures_of_another_schema_are_none(self, sat: list[Attempt]) -> None:
        computed()
        ExamAnalysis.objects.update(data={"schema": 0})
        assert selectors.kept(SLUG) is None

    def test_an_exam_that_nobody_sat(self) -> None:
        found = Analysis.from_json(statistics.compute(slug="nobody", now=NOW).data)
        assert found.whole.n == 0 and found.items == ()

    def test_how_far_attempts_are(self, sat: list[Attempt]) -> None:
        assert selectors.sat(SLUG) == selectors.Sat(open=1, closed=61, scored=60)


class TestWhen:
    def work(self, now: Any) -> list[str]:
        """Do all jobs that wait; return their keys."""
        done = []
        for job in Job.objects.filter(kind=statistics.KIND, state=Job.State.READY):
            assert jobs.run(job.pk, clock=lambda: now)
            done.append(job.key)
        return done

    def test_asked_twice_it_is_computed_once(self, sat: list[Attempt]) -> None:
        statistics.request(slug=SLUG, now=LATER)
        statistics.request(slug=SLUG, now=LATER)
        assert self.work(LATER) == [f"statistics:{SLUG}"]
        assert Job.objects.get(key=f"statistics:{SLUG}").state == Job.State.DONE
        assert ExamAnalysis.objects.get().n == 60

    def test_an_exam_without_figures_is_due_at_once_and_then_at_night(self, sat: list[Attempt]) -> None:
        assert statistics.request_due(now=LATER) == [SLUG]
        self.work(LATER)
        assert statistics.request_due(now=LATER) == []
        first = sat[0].scores.get()
        Score.objects.create(
            attempt=sat[0], version=2, raw=0, maximum=1, scaled=100, passed=False, domains={}, places=first.places,
            created_at=LATER,
        )  # fmt: skip
        assert statistics.request_due(now=LATER + timedelta(hours=1)) == []  # not before the night
        night = (LATER + timedelta(days=1)).replace(hour=statistics.NIGHT, minute=0)
        assert statistics.request_due(now=night - timedelta(seconds=1)) == []
        assert statistics.request_due(now=night) == [SLUG]
        self.work(night)
        assert statistics.request_due(now=night + timedelta(days=3)) == []  # no new score, no work

    def test_the_sweep_of_exams_asks_for_it(self, sat: list[Attempt]) -> None:
        sweeping.sweep(now=LATER)
        assert Job.objects.get(kind=statistics.KIND).key == f"statistics:{SLUG}"

    def test_several_schedulers_look_once(self, sat: list[Attempt]) -> None:
        assert statistics.sweep_in_turn(now=LATER)
        assert not statistics.sweep_in_turn(now=LATER + timedelta(seconds=5))
        assert statistics.sweep_in_turn(now=LATER + statistics.LOOK_EVERY)
        assert Job.objects.filter(kind=statistics.KIND).count() == 1


class TestCommand:
    def run(self, *words: str) -> str:
        out = StringIO()
        call_command("exam_statistics", *words, stdout=out)
        return out.getvalue()

    def test_it_computes_keeps_and_prints(self, sat: list[Attempt]) -> None:
        told = self.run(SLUG)
        assert f"{SLUG}: n = 60" in told and "kms-wrong-key" in told
        assert ExamAnalysis.objects.get().n == 60

    def test_json_holds_all_that_is_kept(self, sat: list[Attempt]) -> None:
        told = json.loads(self.run(SLUG, "--json"))
        assert told["exam"] == SLUG and told["n"] == 60
        assert Analysis.from_json(told) == Analysis.from_json(ExamAnalysis.objects.get().data)

    def test_an_unknown_exam_is_told_with_those_there_are(self, sat: list[Attempt]) -> None:
        with pytest.raises(CommandError, match=r"There is no exam nothing\. There are: .*storage-mock"):
            self.run("nothing")
