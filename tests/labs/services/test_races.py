"""What two clicks at the same time may not do. Threads, each with a connection of its own."""

from __future__ import annotations

from typing import Any

import pytest

from labs import bell, services
from labs.models import Grading, Job, LabSession, Sandbox
from labs.selectors import MAX_EXTENSIONS
from tests.labs.doubles import Clock
from tests.together import together

SLUG = "two-buckets"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_bell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bell, "tell", lambda message: None)


def test_fifty_clicks_on_start_are_one_session(bob: Any, clock: Clock) -> None:
    got = together(*[lambda: services.start_session(user=bob, slug=SLUG, now=clock())] * 50)
    made = [one for one in got if isinstance(one, LabSession)]
    refused = [one for one in got if isinstance(one, services.SessionAlreadyOpen)]
    assert (len(made), len(refused)) == (1, 49)
    assert {one.session.pk for one in refused} == {made[0].pk}
    assert (LabSession.objects.count(), Sandbox.objects.count(), Job.objects.count()) == (1, 1, 1)


def test_many_clicks_on_check_are_one_grading(ready: LabSession, clock: Clock) -> None:
    trigger = Grading.Trigger.ASKED
    got = together(*[lambda: services.request_grading(session=ready, trigger=trigger, now=clock()).pk] * 10)
    assert len(set(got)) == 1
    assert Grading.objects.count() == 1


def test_clicks_on_hint_open_each_hint_once(ready: LabSession, clock: Clock) -> None:
    got = together(*[lambda: services.reveal_hint(session=ready, task_id="first", now=clock())] * 4)
    assert sum(isinstance(one, services.NoMoreHints) for one in got) == 1
    assert sorted(ready.hints.values_list("index", flat=True)) == [0, 1, 2]


def test_clicks_on_extend_give_the_last_extension_once(ready: LabSession, clock: Clock) -> None:
    LabSession.objects.update(extensions=MAX_EXTENSIONS - 1)
    got = together(*[lambda: services.extend_session(session=LabSession.objects.get(), now=clock())] * 8)
    assert sum(isinstance(one, services.NoMoreTime) for one in got) == 7
    assert LabSession.objects.get().extensions == MAX_EXTENSIONS


def test_a_click_on_end_and_one_on_reset_do_not_both_win(ready: LabSession, clock: Clock) -> None:
    acts = iter([services.end_session, services.reset_session])
    got = together(*[lambda: next(acts)(session=LabSession.objects.get(), now=clock())] * 2)
    session = LabSession.objects.get()
    if any(isinstance(one, services.NotReady) for one in got):
        assert (session.state, session.sandbox.epoch) == (LabSession.State.EXPIRING, 1)
    else:  # the reset was first, and the end found a sandbox that was being built
        assert (session.state, session.sandbox.epoch) == (LabSession.State.ENDED, 2)
