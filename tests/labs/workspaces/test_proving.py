"""A proof as a job: asked for once, told as it goes, stopped, and whose fault it is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from labs import jobs, providers
from labs.models import Draft, Job, ProofRun, Sandbox
from labs.proof import Fate, Finding, PlayedMutant, ProofReport
from labs.workspaces import proving, refusals, reports, selectors, writing
from tests.labs.doubles import Clock, MemoryProvider, Worker
from tests.labs.workspaces.conftest import NOW

Play = Callable[..., ProofReport]


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def worker(clock: Clock) -> Worker:
    return Worker(clock)


@pytest.fixture(autouse=True)
def provider(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryProvider]:
    settings.SANDBOX_PROVIDER = "memory"
    double = MemoryProvider()
    monkeypatch.setitem(providers.MAKERS, "memory", lambda: double)
    monkeypatch.setattr(proving, "get_runner", lambda: None)
    monkeypatch.setattr(proving, "get_judge", lambda: None)
    monkeypatch.setattr(proving, "TICK", 0.01)
    providers.get_provider.cache_clear()
    yield double
    providers.get_provider.cache_clear()


def report(*findings: Finding, **more: Any) -> ProofReport:
    return ProofReport(slug="x", findings=findings, scenarios=4, commands=9, milliseconds=1234, **more)


@pytest.fixture
def plays(monkeypatch: pytest.MonkeyPatch) -> Callable[[Play], None]:
    """Have proofs be what a function says; it is called in the proof's thread."""
    return lambda play: monkeypatch.setattr(proving, "prove", play)


def ends(found: ProofReport) -> Play:
    def play(lab: Any, *, provider: Any, make_ref: Any, watch: Any, **_: Any) -> ProofReport:
        watch.total = watch.played = 4
        provider.start(make_ref(lab.region))
        return found

    return play


def test_a_proof_that_holds(
    draft: Draft, ada: Any, worker: Worker, plays: Callable[[Play], None], provider: MemoryProvider
) -> None:
    mutant = PlayedMutant("left-out", "versions", 40, "left out", Fate.KILLED, "it failed")
    plays(ends(report(mutants=(mutant,))))
    run = proving.request_proof(draft=draft, by=ada, now=NOW)
    assert (run.state, selectors.proof_of_text(draft, run.revision)) == ("queued", None)
    worker.work("proof")
    run.refresh_from_db()
    assert (run.state, run.played, run.total) == ("proven", 4, 4)
    assert (run.report["mutants"], run.report["kill_rate"], run.report["seconds"]) == (1, 100, 1.2)
    assert selectors.proof_of_text(draft, run.revision) == run
    # Its sandboxes have gone
    assert not provider.running
    assert [one.state for one in Sandbox.objects.all()] == ["ended"]


def test_what_it_finds_names_line_and_cause(
    draft: Draft, ada: Any, worker: Worker, plays: Callable[[Play], None]
) -> None:
    plays(ends(report(Finding("keep-versions/lab.md", 41, "solution", "seed 1: `aws s3 x` failed: no such command"))))
    run = proving.request_proof(draft=draft, by=ada, now=NOW)
    worker.work("proof")
    run.refresh_from_db()
    assert run.state == "broken"
    (found,) = run.report["findings"]
    assert (found["file"], found["line"], found["ours"]) == ("lab.md", 41, False)
    assert "no such command" in found["message"]


@pytest.mark.parametrize(
    "finding",
    [
        Finding("x/lab.md", 9, "solution", "seed 1: could not be played, which is our fault: /run/host.sock", True),
        Finding("x/lab.md", 9, "untouched", "expect of task a broke: 2 checks could not be judged: /run/judge.sock"),
    ],
)
def test_our_fault_is_told_as_ours(
    draft: Draft, ada: Any, worker: Worker, plays: Callable[[Play], None], finding: Finding
) -> None:
    plays(ends(report(finding)))
    run = proving.request_proof(draft=draft, by=ada, now=NOW)
    worker.work("proof")
    run.refresh_from_db()
    assert run.state == "fault"
    assert run.report["findings"][0]["message"] == reports.OURS  # no path of this machine
    plays(ends(report(finding, Finding("x/lab.md", 3, "untouched", "task a gives 5 points to who did nothing"))))
    again = proving.request_proof(draft=draft, by=ada, now=NOW)
    worker.work("proof")
    again.refresh_from_db()
    assert again.state == "broken"


def test_a_proof_that_breaks_three_times_is_our_fault(
    draft: Draft, ada: Any, worker: Worker, clock: Clock, plays: Callable[[Play], None]
) -> None:
    def broken(*_: Any, **__: Any) -> ProofReport:
        raise ZeroDivisionError

    plays(broken)
    run = proving.request_proof(draft=draft, by=ada, now=NOW)
    for _ in range(3):
        worker.work("proof")
        clock.go(10)
    run.refresh_from_db()
    assert (run.state, run.report["said"]) == ("fault", proving.SORRY)
    assert proving.request_proof(draft=draft, by=ada, now=NOW)  # nothing is in its way


def test_it_is_stopped_while_it_plays(
    draft: Draft, ada: Any, worker: Worker, plays: Callable[[Play], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked to stop, it begins nothing more: the watch says so to the proof's own thread."""
    noted = proving._note

    def note_and_ask(run: ProofRun, watch: Any) -> None:
        proving.cancel_proof(run=run, now=NOW)  # somebody presses Stop
        noted(run, watch)

    monkeypatch.setattr(proving, "_note", note_and_ask)

    def until_stopped(*_: Any, watch: Any, **__: Any) -> ProofReport:
        for _ in range(1000):
            if watch.stopped:
                return report()
            threading.Event().wait(0.01)
        raise AssertionError("nobody stopped it")

    plays(until_stopped)
    run = proving.request_proof(draft=draft, by=ada, now=NOW)
    worker.work("proof")
    run.refresh_from_db()
    assert run.state == "cancelled"
    assert selectors.proof_of_text(draft, run.revision) is None


def test_one_that_waits_is_stopped_at_once(draft: Draft, ada: Any, worker: Worker) -> None:
    run = proving.request_proof(draft=draft, by=ada, now=NOW)
    proving.cancel_proof(run=run, now=NOW)
    run.refresh_from_db()
    assert run.state == "cancelled"
    worker.work("proof")
    assert Job.objects.get(kind="proof").state == "done"


def test_one_at_a_time_in_a_workspace(draft: Draft, ada: Any) -> None:
    proving.request_proof(draft=draft, by=ada, now=NOW)
    other = writing.begin_draft(workspace=draft.workspace, by=ada, slug="another", title="x", now=NOW)
    with pytest.raises(refusals.ProofUnderWay):
        proving.request_proof(draft=other, by=ada, now=NOW)
    shelf = writing.make_workspace(by=ada, name="Elsewhere", now=NOW)
    elsewhere = writing.begin_draft(workspace=shelf, by=ada, slug="elsewhere", title="x", now=NOW)
    assert proving.request_proof(draft=elsewhere, by=ada, now=NOW)


def test_one_at_a_time_plays_and_the_others_wait(
    draft: Draft, ada: Any, worker: Worker, plays: Callable[[Play], None]
) -> None:
    first = proving.request_proof(draft=draft, by=ada, now=NOW)
    ProofRun.objects.filter(pk=first.pk).update(state="running")
    Job.objects.filter(kind="proof").delete()
    shelf = writing.make_workspace(by=ada, name="Elsewhere", now=NOW)
    elsewhere = writing.begin_draft(workspace=shelf, by=ada, slug="elsewhere", title="x", now=NOW)
    second = proving.request_proof(draft=elsewhere, by=ada, now=NOW)
    plays(ends(report()))
    worker.work("proof", most=1)
    second.refresh_from_db()
    assert second.state == "queued"
    ProofRun.objects.filter(pk=first.pk).update(state="proven")
    worker.clock.go(5)
    worker.work("proof")
    second.refresh_from_db()
    assert second.state == "proven"


def test_what_cannot_be_proven_is_refused(draft: Draft, ada: Any, rewrite: Callable[..., Draft]) -> None:
    broken = rewrite(draft, "level: guided", "level: gided")
    with pytest.raises(refusals.NotReadable, match="It has a mistake, so it cannot be proven"):
        proving.request_proof(draft=broken, by=ada, now=NOW)
    text = selectors.files_of(broken)["lab.md"].partition("## Keep")[0].replace("gided", "playground")
    empty = writing.save_draft(draft=broken, by=ada, files={"lab.md": text}, edits=broken.edits, now=NOW)
    with pytest.raises(refusals.NothingToProve):
        proving.request_proof(draft=empty, by=ada, now=NOW)


def test_old_proofs_go_and_those_that_a_version_rests_on_stay(
    draft: Draft, ada: Any, proven: Callable[[Draft], ProofRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    from labs.workspaces import publishing

    monkeypatch.setattr(proving, "KEEP", 1)
    held, loose = proven(draft), proven(draft)
    publishing.publish(draft=draft, by=ada, revision=held.revision, now=NOW)
    rests_on = draft.versions.get().proof_id
    run = proving.request_proof(draft=draft, by=ada, now=NOW.replace(hour=12))
    assert {run.pk, rests_on} == set(draft.proofs.values_list("pk", flat=True))
    assert {held.pk, loose.pk} - {rests_on}


def test_celery_is_told_that_a_proof_takes_longer_than_other_work(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    told: dict[str, Any] = {}
    monkeypatch.setattr(jobs.current_app, "send_task", lambda name, **options: told.update(options))
    jobs._ring(uuid4(), "proof", 0)
    assert told["time_limit"] > told["soft_time_limit"] > proving.SECONDS > settings.CELERY_TASK_TIME_LIMIT
    told.clear()
    jobs._ring(uuid4(), "grade", 0)
    assert "time_limit" not in told
