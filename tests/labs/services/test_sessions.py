from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.http import Http404

from labs import services
from labs.models import HintReveal, Job, LabSession, Sandbox
from labs.sandboxes import account_id_for
from labs.selectors import credentials_for, get_lab, lab_of, ref_of
from tests.labs.doubles import Clock, MemoryProvider, PaperRunner, Worker

SLUG = "two-buckets"
pytestmark = pytest.mark.django_db


def test_a_start_pins_the_lab_and_queues_the_work(bob: Any, clock: Clock) -> None:
    session = services.start_session(user=bob, slug=SLUG, now=clock())
    assert session.state == LabSession.State.QUEUED
    assert session.lab_revision.revision == get_lab(SLUG).revision
    assert session.sandbox.account_id == account_id_for(session.sandbox.number)
    assert session.points == 5
    assert set(session.parameters) == {"first", "second"}
    job = Job.objects.get(kind="provision")
    assert job.payload == {"session": str(session.pk), "epoch": 1}


def test_two_learners_get_other_names_and_accounts(bob: Any, eve: Any, clock: Clock) -> None:
    mine = services.start_session(user=bob, slug=SLUG, now=clock())
    hers = services.start_session(user=eve, slug=SLUG, now=clock())
    assert mine.parameters != hers.parameters
    assert mine.sandbox.account_id != hers.sandbox.account_id


def test_a_second_start_leads_to_the_session_that_is_open(bob: Any, clock: Clock) -> None:
    session = services.start_session(user=bob, slug=SLUG, now=clock())
    with pytest.raises(services.SessionAlreadyOpen) as caught:
        services.start_session(user=bob, slug=SLUG, now=clock())
    assert caught.value.session == session


def test_no_more_labs_are_open_than_the_operator_allows(bob: Any, clock: Clock, settings: Any) -> None:
    settings.LAB_MAX_OPEN_PER_USER = 0
    with pytest.raises(services.TooManyOpen):
        services.start_session(user=bob, slug=SLUG, now=clock())
    assert not Sandbox.objects.exists()


def test_a_lab_that_is_not_there_is_a_404(bob: Any, clock: Clock) -> None:
    with pytest.raises(Http404):
        services.start_session(user=bob, slug="no-such-lab", now=clock())


def test_the_clocks_start_when_the_sandbox_is_ready_not_at_the_click(
    bob: Any, clock: Clock, worker: Worker, provider: MemoryProvider, runner: PaperRunner
) -> None:
    session = services.start_session(user=bob, slug=SLUG, now=clock())
    clock.go(40)
    worker.work()
    session.refresh_from_db()
    assert session.is_ready
    assert session.ready_at == clock()
    assert session.expires_at == clock() + timedelta(minutes=60)
    assert provider.running == {ref_of(session.sandbox)}
    assert session.parameters["first"] in runner.runs[0]


def test_a_session_keeps_the_text_that_it_began_with(ready: LabSession, settings: Any, tmp_path: Any) -> None:
    before = lab_of(ready).tasks[0].title
    (tmp_path / SLUG).mkdir()
    source = get_lab(SLUG).source.replace("Close the first", "Open the first")
    (tmp_path / SLUG / "lab.md").write_text(source)
    settings.LAB_CATALOG = tmp_path
    assert get_lab(SLUG).tasks[0].title == "Open the first"
    assert lab_of(ready).tasks[0].title == before


def test_a_session_keeps_the_own_checks_that_it_began_with(
    bob: Any, clock: Clock, worker: Worker, settings: Any, tmp_path: Any
) -> None:
    folder = tmp_path / "own-check"
    shutil.copytree(Path(__file__).parents[1] / "judge" / "catalog" / "own-check", folder)
    settings.LAB_CATALOG = tmp_path
    session = services.start_session(user=bob, slug="own-check", now=clock())
    before = (folder / "checks.py").read_text()
    (folder / "checks.py").write_text(before.replace("carries its own name", "is a nice one"))
    kept = lab_of(LabSession.objects.get(pk=session.pk))
    assert session.lab_revision.checks == kept.checks_source == before
    assert kept.own_checks["lab.says_its_name"].line == "The bucket {bucket} carries its own name as the tag Name."
    assert get_lab("own-check").revision != session.lab_revision.revision
    (folder / "checks.py").unlink()
    assert kept.tasks[0].checks[0].name in lab_of(LabSession.objects.get(pk=session.pk)).own_checks


def test_a_sandbox_host_that_warms_up_costs_no_attempt(
    bob: Any, clock: Clock, worker: Worker, provider: MemoryProvider
) -> None:
    session = services.start_session(user=bob, slug=SLUG, now=clock())
    provider.away = True
    for _ in range(20):
        assert worker.work() == 1
        clock.go(2)
    provider.away = False
    worker.work()
    session.refresh_from_db()
    assert session.is_ready
    assert session.sandbox.epoch == 1


def test_a_sandbox_host_that_stays_away_is_told_as_our_fault(
    bob: Any, clock: Clock, worker: Worker, provider: MemoryProvider
) -> None:
    session = services.start_session(user=bob, slug=SLUG, now=clock())
    provider.away = True
    for _ in range(120):
        worker.work("provision")
        clock.go(2)
    session.refresh_from_db()
    assert session.state == LabSession.State.FAILED
    assert "our fault" in session.failure
    assert services.start_session(user=bob, slug=SLUG, now=clock()).state == LabSession.State.QUEUED


def test_start_blocks_that_fail_are_run_again_in_a_fresh_epoch(
    bob: Any, clock: Clock, worker: Worker, provider: MemoryProvider, runner: PaperRunner
) -> None:
    session = services.start_session(user=bob, slug=SLUG, now=clock())
    runner.fails = 1
    worker.work()
    clock.go(5)
    worker.work()
    session.refresh_from_db()
    assert session.is_ready
    assert session.sandbox.epoch == 2
    assert {ref.epoch for ref in provider.running} == {2}


def test_start_blocks_that_always_fail_end_in_a_plain_sentence_and_let_the_sandbox_go(
    bob: Any, clock: Clock, worker: Worker, provider: MemoryProvider, runner: PaperRunner
) -> None:
    session = services.start_session(user=bob, slug=SLUG, now=clock())
    runner.fails = 99
    for _ in range(4):
        worker.work()
        clock.go(10)
    session.refresh_from_db()
    assert session.state == LabSession.State.FAILED
    assert "create-bucket" not in session.failure
    assert "create-bucket" in Job.objects.get(kind="provision").error
    assert len(runner.runs) == 3
    assert provider.running == set()


def test_a_reset_empties_the_sandbox_and_keeps_keys_clock_and_score(
    ready: LabSession, clock: Clock, worker: Worker, provider: MemoryProvider, runner: PaperRunner
) -> None:
    LabSession.objects.filter(pk=ready.pk).update(score=2)
    keys, expires_at = credentials_for(ready), ready.expires_at
    clock.go(minutes=5)
    services.reset_session(session=ready, now=clock())
    assert ready.state == LabSession.State.QUEUED
    worker.work()
    ready.refresh_from_db()
    assert ready.is_ready
    assert (ready.resets, ready.sandbox.epoch, ready.score) == (1, 2, 2)
    assert ready.expires_at == expires_at
    assert credentials_for(ready) == keys
    assert {ref.epoch for ref in provider.running} == {2}
    assert len(runner.runs) == 2


def test_a_sandbox_that_is_being_built_is_not_reset(bob: Any, clock: Clock) -> None:
    session = services.start_session(user=bob, slug=SLUG, now=clock())
    with pytest.raises(services.NotReady, match="being built"):
        services.reset_session(session=session, now=clock())
    assert Sandbox.objects.get().epoch == 1


def test_a_session_is_extended_ten_times_by_half_an_hour(ready: LabSession, clock: Clock) -> None:
    before = ready.expires_at
    for _ in range(10):
        services.extend_session(session=ready, now=clock())
    assert before and ready.expires_at == before + timedelta(hours=5)
    with pytest.raises(services.NoMoreTime):
        services.extend_session(session=ready, now=clock())


def test_a_session_past_its_time_is_not_extended(ready: LabSession, clock: Clock) -> None:
    clock.go(hours=2)
    with pytest.raises(services.NotReady):
        services.extend_session(session=ready, now=clock())


def test_hints_are_opened_one_by_one_and_end(ready: LabSession, clock: Clock) -> None:
    first = services.reveal_hint(session=ready, task_id="first", now=clock())
    second = services.reveal_hint(session=ready, task_id="first", now=clock())
    assert (first.text, second.text) == ("There is a setting.", "It has four switches.")
    last = services.reveal_hint(session=ready, task_id="first", now=clock())
    assert "put-public-access-block" in last.text
    with pytest.raises(services.NoMoreHints):
        services.reveal_hint(session=ready, task_id="first", now=clock())
    assert HintReveal.objects.filter(session=ready).count() == 3


def test_a_hint_of_a_task_that_is_not_there_is_refused_as_404(ready: LabSession, clock: Clock) -> None:
    with pytest.raises(services.UnknownTask) as caught:
        services.reveal_hint(session=ready, task_id="fourth", now=clock())
    assert caught.value.status == 404
