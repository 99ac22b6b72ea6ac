from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import Http404

from graders import Outcome, Result
from labs import selectors, services
from labs.models import ApiCall, Grading, HintReveal, LabSession, TaskResult

SLUG = "two-buckets"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _catalog(settings: Any) -> None:
    settings.LAB_CATALOG = Path(__file__).parents[1] / "catalog"


@pytest.fixture
def session(bob: Any) -> LabSession:
    made = services.start_session(user=bob, slug=SLUG, now=NOW)
    LabSession.objects.update(state=LabSession.State.READY, ready_at=NOW, expires_at=NOW + timedelta(hours=1))
    made.refresh_from_db()
    return made


def grade(session: LabSession, *outcomes: Outcome, seq: int | None = None, minutes: int = 0) -> Grading:
    at = NOW + timedelta(minutes=minutes)
    grading = Grading.objects.create(
        session=session, state=Grading.State.DONE, requested_at=at, finished_at=at, journal_seq=seq, score=0, points=5
    )
    for task, outcome in zip(selectors.lab_of(session).tasks, outcomes, strict=True):
        result = Result(check=task.checks[0].name, title="Closed", outcome=outcome, found="Two switches are off.")
        score = task.points if outcome is Outcome.PASSED else 0
        TaskResult.objects.create(
            grading=grading, task_id=task.id, outcome=outcome, score=score, points=task.points,
            results=[result.to_dict()],
        )  # fmt: skip
    return grading


def call(session: LabSession, seq: int, *, epoch: int = 1, mutating: bool = True, source: str = "learner") -> None:
    ApiCall.objects.create(
        sandbox=session.sandbox, epoch=epoch, seq=seq, at=NOW, source=source, service="s3", action="CreateBucket",
        status=200, mutating=mutating, milliseconds=3, request=b"x" * 100,
    )  # fmt: skip


def test_the_owner_sees_a_session(session: LabSession, bob: Any) -> None:
    assert selectors.get_session_for(bob, session.pk) == session


@pytest.mark.usefixtures("bobs_class")
@pytest.mark.parametrize("who", ["ada", "olga"])
def test_who_teaches_the_class_or_operates_sees_the_session(session: LabSession, who: str, request: Any) -> None:
    assert selectors.get_session_for(request.getfixturevalue(who), session.pk) == session


def test_who_teaches_others_gets_404(session: LabSession, ada: Any) -> None:
    with pytest.raises(Http404):
        selectors.get_session_for(ada, session.pk)


def test_a_stranger_gets_404(session: LabSession, eve: Any) -> None:
    with pytest.raises(Http404):
        selectors.get_session_for(eve, session.pk)


def test_somebody_who_is_not_signed_in_gets_404(session: LabSession) -> None:
    with pytest.raises(Http404):
        selectors.get_session_for(AnonymousUser(), session.pk)


def test_a_session_that_is_not_there_is_a_404(bob: Any) -> None:
    with pytest.raises(Http404):
        selectors.get_session_for(bob, uuid.uuid4())


def test_a_session_is_read_in_one_query(session: LabSession, bob: Any, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        found = selectors.get_session_for(bob, session.pk)
        selectors.lab_of(found)
        assert found.user.username == "bob"


def test_an_open_session_is_found_by_its_owner_only(session: LabSession, bob: Any, eve: Any) -> None:
    assert selectors.open_session(bob, SLUG) == session
    assert selectors.open_session(eve, SLUG) is None


def test_a_lab_of_a_session_has_its_names_filled_in(session: LabSession) -> None:
    lab = selectors.lab_of(session)
    assert session.parameters["first"] in lab.tasks[0].text
    assert lab.tasks[1].checks[0].parameters == {"bucket": session.parameters["second"]}
    assert "{{" not in lab.intro


def test_a_check_that_is_gone_keeps_an_old_session_readable(session: LabSession) -> None:
    revision = session.lab_revision
    revision.source = revision.source.replace("s3.bucket_blocks_public_access", "s3.bucket_was_judged_once")
    revision.revision = "another"
    assert selectors.lab_of(session).tasks[0].checks[0].name == "s3.bucket_was_judged_once"


def test_tasks_have_no_outcome_before_the_first_judgement(session: LabSession) -> None:
    states = selectors.task_states(session)
    assert [(state.task.id, state.outcome, state.points) for state in states] == [
        ("first", None, 2),
        ("second", None, 3),
    ]
    assert not any(state.stale or state.results or state.checked_at for state in states)


def test_tasks_are_as_the_latest_judgement_says(session: LabSession) -> None:
    grade(session, Outcome.FAILED, Outcome.FAILED)
    latest = grade(session, Outcome.PASSED, Outcome.FAILED, minutes=1)
    first, second = selectors.task_states(session)
    assert (first.outcome, first.score, first.checked_at) == (Outcome.PASSED, 2, latest.finished_at)
    assert second.results[0].found == "Two switches are off."


def test_a_judgement_of_before_a_reset_says_nothing(session: LabSession) -> None:
    grade(session, Outcome.PASSED, Outcome.PASSED)
    session.sandbox.epoch = 2
    assert [state.outcome for state in selectors.task_states(session)] == [None, None]


def test_a_judgement_that_could_not_be_made_leaves_the_one_before(session: LabSession) -> None:
    grade(session, Outcome.PASSED, Outcome.FAILED)
    Grading.objects.create(session=session, state=Grading.State.DEAD, requested_at=NOW, finished_at=NOW)
    assert selectors.task_states(session)[0].outcome is Outcome.PASSED


def test_a_judgement_is_stale_after_a_change_and_not_after_a_look(session: LabSession) -> None:
    call(session, 1)
    grade(session, Outcome.PASSED, Outcome.FAILED, seq=1)
    call(session, 2, mutating=False)
    assert not selectors.task_states(session)[0].stale
    call(session, 3)
    assert selectors.task_states(session)[0].stale


def test_only_hints_that_were_opened_are_shown(session: LabSession) -> None:
    HintReveal.objects.create(session=session, task_id="first", index=0, revealed_at=NOW)
    first, second = selectors.task_states(session)
    assert (first.hints_shown, first.hints_left) == (("There is a setting.",), 2)
    assert (second.hints_shown, second.hints_left) == ((), 2)


def test_the_tasks_cost_six_queries_however_many_they_are(session: LabSession, django_assert_num_queries: Any) -> None:
    grade(session, Outcome.PASSED, Outcome.FAILED)
    with django_assert_num_queries(6):
        selectors.task_states(session)


def test_calls_are_the_learners_own_of_this_epoch_newest_first(session: LabSession) -> None:
    call(session, 1, source="start")
    for seq in (2, 3, 4):
        call(session, seq)
    call(session, 1, epoch=2)
    assert [one.seq for one in selectors.calls(session)] == [4, 3, 2]
    assert [one.seq for one in selectors.calls(session, after_seq=2)] == [4, 3]
    assert [one.seq for one in selectors.calls(session, limit=1)] == [4]


def test_progress_is_of_the_best_session_and_a_failed_start_is_no_attempt(session: LabSession, bob: Any) -> None:
    LabSession.objects.update(state=LabSession.State.ENDED, score=5, completed_at=NOW)
    LabSession.objects.filter(pk=services.start_session(user=bob, slug=SLUG, now=NOW).pk).update(
        state=LabSession.State.FAILED
    )
    again = services.start_session(user=bob, slug=SLUG, now=NOW + timedelta(minutes=1))
    found = selectors.lab_progress(bob)[SLUG]
    assert (found.score, found.points, found.completed, found.sessions) == (5, 5, True, 2)
    assert found.open == again


def test_a_lab_that_was_never_started_has_no_progress(bob: Any) -> None:
    assert selectors.lab_progress(bob) == {}


def test_a_lab_that_is_not_in_the_catalog_is_a_404() -> None:
    assert [lab.slug for lab in selectors.catalog()] == [SLUG]
    with pytest.raises(Http404):
        selectors.get_lab("no-such-lab")
