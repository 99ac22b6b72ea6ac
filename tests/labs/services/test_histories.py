"""Going back, as a learner asks for it: what is refused, what is set off, and what two clicks may not do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from labs import bell, events, selectors, services
from labs.models import ApiCall, Grading, Job, LabSession, Sandbox, Snapshot
from labs.sandboxes import Moment, Unavailable
from labs.services import histories
from labs.services.gradings import look
from labs.services.provisioning import START_LABEL
from tests.labs.doubles import Clock, MemoryProvider, Worker
from tests.together import together

ASKED = Grading.Trigger.ASKED
pytestmark = pytest.mark.django_db
Close = Callable[..., None]


def call(session: LabSession, seq: int, clock: Clock, action: str = "PutBucketPolicy", **more: Any) -> ApiCall:
    facts = {"status": 200, "mutating": True, "service": "s3", "parameters": {"Bucket": "invoices"}, **more}
    return ApiCall.objects.create(
        sandbox=session.sandbox,
        epoch=session.sandbox.epoch,
        seq=seq,
        at=clock(),
        action=action,
        milliseconds=3,
        **facts,
    )


def undone(session: LabSession) -> list[int]:
    return list(session.sandbox.calls.exclude(undone_by=None).order_by("seq").values_list("seq", flat=True))


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The types of the events that were told."""
    types: list[str] = []
    monkeypatch.setattr(events, "publish", lambda _, event: types.append(event["type"]))
    return types


class TestUndo:
    def test_the_last_change_is_taken_back_shown_and_judged_anew(
        self, ready: LabSession, clock: Clock, worker: Worker, heard: list[str]
    ) -> None:
        call(ready, 1, clock)
        call(ready, 2, clock)
        call(ready, 3, clock, "GetBucketPolicy", mutating=False)
        moment = services.undo_last(session=ready, now=clock())
        assert undone(ready) == [2, 3]
        assert (moment.kind, moment.seq) == ("before", 3)
        assert "state" in heard
        clock.go(1)
        worker.work()
        assert Grading.objects.get().trigger == Grading.Trigger.LIVE

    def test_it_can_be_taken_back(self, ready: LabSession, clock: Clock) -> None:
        call(ready, 1, clock)
        moment = services.undo_last(session=ready, now=clock())
        services.go_back(session=ready, moment=moment.id, now=clock())
        assert undone(ready) == []

    def test_where_nothing_was_changed_there_is_nothing_to_undo(self, ready: LabSession, clock: Clock) -> None:
        call(ready, 1, clock, source="start")
        call(ready, 2, clock, status=403)
        call(ready, 3, clock, mutating=False)
        with pytest.raises(services.NothingToUndo, match="nothing to undo"):
            services.undo_last(session=ready, now=clock())

    def test_only_the_change_that_was_named_is_taken_back(self, ready: LabSession, clock: Clock) -> None:
        call(ready, 1, clock)
        call(ready, 2, clock)
        with pytest.raises(services.ChangedMeanwhile):
            services.undo_last(session=ready, now=clock(), seq=1)
        services.undo_last(session=ready, now=clock(), seq=2)
        with pytest.raises(services.ChangedMeanwhile):  # the second click
            services.undo_last(session=ready, now=clock(), seq=2)
        assert undone(ready) == [2]

    def test_a_call_that_comes_in_between_is_not_the_one_that_is_undone(
        self, ready: LabSession, clock: Clock, provider: MemoryProvider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        call(ready, 1, clock)
        undo = provider.undo

        def late(ref: Any, seq: int | None = None) -> Moment:
            call(ready, 2, clock)
            return undo(ref, seq)

        monkeypatch.setattr(provider, "undo", late)
        with pytest.raises(services.ChangedMeanwhile):
            services.undo_last(session=ready, now=clock())
        assert undone(ready) == []

    def test_a_host_that_is_away_is_our_fault_and_the_next_try_is_free(
        self, ready: LabSession, clock: Clock, provider: MemoryProvider
    ) -> None:
        call(ready, 1, clock)
        provider.away = True
        with pytest.raises(services.Away, match="our fault"):
            services.undo_last(session=ready, now=clock())
        provider.away = False
        services.undo_last(session=ready, now=clock())
        assert undone(ready) == [1]

    def test_what_was_judged_before_is_stale_and_answers_no_request(
        self, ready: LabSession, clock: Clock, worker: Worker, close_bucket: Close
    ) -> None:
        close_bucket(ready, "first")
        call(ready, 1, clock)
        services.request_grading(session=ready, trigger=ASKED, now=clock())
        worker.work()
        assert [state.stale for state in selectors.task_states(ready)] == [False, False]
        looking = services.request_grading(session=ready, trigger=ASKED, now=clock.go(1))
        look(looking.pk, states=(LabSession.State.READY,))
        services.undo_last(session=ready, now=clock())
        assert [state.stale for state in selectors.task_states(ready)] == [True, True]
        assert services.request_grading(session=ready, trigger=ASKED, now=clock()) != looking
        clock.go(1)
        worker.work()
        assert [state.stale for state in selectors.task_states(ready)] == [False, False]

    def test_points_stay(self, ready: LabSession, clock: Clock, worker: Worker, close_bucket: Close) -> None:
        close_bucket(ready, "first")
        call(ready, 1, clock)
        services.request_grading(session=ready, trigger=ASKED, now=clock())
        worker.work()
        services.undo_last(session=ready, now=clock())
        close_bucket(ready, "first", undo=True)
        clock.go(1)
        worker.work()
        ready.refresh_from_db()
        assert ready.score == 2


class TestCheckpoints:
    def test_one_is_kept_under_its_label_and_led_to(
        self, ready: LabSession, clock: Clock, provider: MemoryProvider, heard: list[str]
    ) -> None:
        call(ready, 1, clock)
        kept = services.keep_checkpoint(session=ready, label="  before \x00 the\u202e policy\n ", now=clock())
        assert (kept.label, kept.seq) == ("before the policy", 1)
        call(ready, 2, clock)
        services.go_back(session=ready, moment=kept.id, now=clock())
        assert undone(ready) == [2]
        assert provider.diary[-1][0] == "go back"
        assert heard[-2:] == ["history", "state"]

    def test_without_a_label_they_are_numbered_and_a_long_one_is_cut(self, ready: LabSession, clock: Clock) -> None:
        labels = ["", "mine", " ", "x" * 300]
        kept = [services.keep_checkpoint(session=ready, label=label, now=clock()).label for label in labels]
        assert kept == ["Checkpoint 1", "mine", "Checkpoint 3", "x" * 60]

    def test_twenty_are_kept_and_no_more(self, ready: LabSession, clock: Clock) -> None:
        for _ in range(20):
            services.keep_checkpoint(session=ready, label="", now=clock())
        with pytest.raises(services.TooManyCheckpoints, match="20 checkpoints"):
            services.keep_checkpoint(session=ready, label="", now=clock())
        assert Snapshot.objects.exclude(label=START_LABEL).count() == 20

    @pytest.mark.parametrize("kind", ["none", "another's", "an old life's", "one kept along the way"])
    def test_one_that_is_not_there_is_refused(
        self, ready: LabSession, clock: Clock, worker: Worker, eve: Any, kind: str
    ) -> None:
        moment = 404
        if kind == "another's":
            other = services.start_session(user=eve, slug=ready.lab_slug, now=clock())
            worker.work()
            other.refresh_from_db()
            moment = services.keep_checkpoint(session=other, label="", now=clock()).id
        elif kind == "an old life's":
            moment = services.keep_checkpoint(session=ready, label="", now=clock()).id
            services.reset_session(session=ready, now=clock())
            worker.work()
        elif kind == "one kept along the way":
            services.keep_checkpoint(session=ready, label="", now=clock())
            Snapshot.objects.update(kind=Snapshot.Kind.AUTO)
            moment = Snapshot.objects.latest("pk").pk
        with pytest.raises(services.UnknownMoment, match="does not exist any more"):
            services.go_back(session=ready, moment=moment, now=clock())

    def test_a_task_that_is_passed_is_kept_once(
        self, ready: LabSession, clock: Clock, worker: Worker, close_bucket: Close
    ) -> None:
        close_bucket(ready, "first")
        for undo in (True, False, True, False):
            close_bucket(ready, "second", undo=undo)
            services.request_grading(session=ready, trigger=ASKED, now=clock.go(1))
            worker.work()
        assert [one.label for one in histories.moments(ready)] == [
            START_LABEL,
            "Task: Close the first",
            "Task: Close the second",
        ]
        assert not Job.objects.exclude(state=Job.State.DONE).exists()
        assert services.keep_checkpoint(session=ready, label="", now=clock()).label == "Checkpoint 1"

    def test_a_task_that_cannot_be_kept_costs_nothing(
        self,
        ready: LabSession,
        clock: Clock,
        worker: Worker,
        close_bucket: Close,
        provider: MemoryProvider,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def full(*_: Any) -> Moment:
            raise Unavailable("the disk is full")

        monkeypatch.setattr(provider, "checkpoint", full)
        close_bucket(ready, "first")
        services.request_grading(session=ready, trigger=ASKED, now=clock())
        worker.work()
        assert Grading.objects.get().score == 2
        assert Job.objects.get(kind="checkpoint").state == Job.State.DONE

    def test_the_last_judgement_keeps_nothing(
        self, ready: LabSession, clock: Clock, worker: Worker, close_bucket: Close
    ) -> None:
        close_bucket(ready, "first")
        services.end_session(session=ready, now=clock())
        worker.work()
        assert not Job.objects.filter(kind="checkpoint").exists()


def test_a_look_at_the_past_leaves_nothing_behind(
    ready: LabSession, clock: Clock, provider: MemoryProvider, close_bucket: Close
) -> None:
    close_bucket(ready, "first")
    kept = services.keep_checkpoint(session=ready, label="then", now=clock())
    running = set(provider.running)
    then, found = services.changes_since(session=ready, moment=kept.id)
    assert (then, found.summary) == (kept, "Nothing has changed")  # all accounts of this double are one
    assert provider.running == running


ACTS: dict[str, Callable[[LabSession, Clock], Any]] = {
    "undo": lambda session, clock: services.undo_last(session=session, now=clock()),
    "keep": lambda session, clock: services.keep_checkpoint(session=session, label="", now=clock()),
    "go back": lambda session, clock: services.go_back(session=session, moment=1, now=clock()),
}


@pytest.mark.parametrize("act", ACTS)
def test_what_is_over_does_not_go_back(ready: LabSession, clock: Clock, worker: Worker, act: str) -> None:
    call(ready, 1, clock)
    services.end_session(session=ready, now=clock())
    worker.work()
    with pytest.raises(services.NotReady, match="ended"):
        ACTS[act](ready, clock)
    with pytest.raises(services.NotReady):
        services.changes_since(session=ready, moment=1)
    assert undone(ready) == []


class TestFreeze:
    @pytest.mark.parametrize("act", ACTS)
    def test_what_is_frozen_is_not_changed_and_goes_on_when_thawed(
        self, ready: LabSession, clock: Clock, heard: list[str], act: str
    ) -> None:
        call(ready, 1, clock)
        services.freeze(session=ready, now=clock())
        services.freeze(session=ready, now=clock())
        assert (Sandbox.objects.get().state, heard) == (Sandbox.State.FROZEN, ["state"])
        with pytest.raises(services.Frozen, match="frozen"):
            ACTS[act](ready, clock)
        with pytest.raises(services.Frozen):
            services.reset_session(session=ready, now=clock())
        services.thaw(session=ready, now=clock())
        assert Sandbox.objects.get().state == Sandbox.State.LIVE
        services.undo_last(session=ready, now=clock())

    def test_what_is_frozen_is_judged(
        self, ready: LabSession, clock: Clock, worker: Worker, close_bucket: Close
    ) -> None:
        close_bucket(ready, "first")
        services.freeze(session=ready, now=clock())
        services.request_grading(session=ready, trigger=ASKED, now=clock())
        worker.work()
        assert Grading.objects.get().score == 2
        services.end_session(session=ready, now=clock())
        worker.work()
        assert Sandbox.objects.get().state == Sandbox.State.ENDED
        assert not Snapshot.objects.exclude(label=START_LABEL).exists()

    def test_what_is_over_is_neither_frozen_nor_brought_back(
        self, ready: LabSession, clock: Clock, worker: Worker
    ) -> None:
        services.end_session(session=ready, now=clock())
        worker.work()
        for act in (services.freeze, services.thaw):
            with pytest.raises(services.NotReady):
                act(session=ready, now=clock())
        assert Sandbox.objects.get().state == Sandbox.State.ENDED


@pytest.mark.django_db(transaction=True)
class TestClicks:
    """What two clicks at the same time may not do. Threads, each with a connection of its own."""

    @pytest.fixture(autouse=True)
    def _no_bell(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(bell, "tell", lambda message: None)

    def test_a_double_click_on_undo_takes_one_change_back(self, ready: LabSession, clock: Clock) -> None:
        for seq in (1, 2, 3):
            call(ready, seq, clock)
        mine = LabSession.objects.get
        got = together(*[lambda: services.undo_last(session=mine(), now=clock(), seq=3)] * 4)
        refused = [one for one in got if isinstance(one, services.ChangedMeanwhile | services.OneAtATime)]
        assert (sum(isinstance(one, Moment) for one in got), len(refused)) == (1, 3), got
        assert undone(ready) == [3]
        assert not Job.objects.filter(kind="turn").exists()

    def test_clicks_on_keep_are_twenty_and_no_more(self, ready: LabSession, clock: Clock) -> None:
        for _ in range(19):
            services.keep_checkpoint(session=ready, label="", now=clock())
        got = together(*[lambda: services.keep_checkpoint(session=LabSession.objects.get(), label="", now=clock())] * 4)
        assert sum(isinstance(one, Moment) for one in got) == 1, got
        assert Snapshot.objects.exclude(label=START_LABEL).count() == 20

    def test_a_turn_that_was_lost_is_anybodys_after_a_while(self, ready: LabSession, clock: Clock) -> None:
        call(ready, 1, clock)
        from labs import jobs

        assert jobs.take_turn(f"history:{ready.sandbox_id}", every=histories.LONGEST, now=clock())
        with pytest.raises(services.OneAtATime):
            services.undo_last(session=ready, now=clock.go(30))
        services.undo_last(session=ready, now=clock.go(10))
        assert undone(ready) == [1]
