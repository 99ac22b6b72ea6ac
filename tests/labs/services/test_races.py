"""What two clicks at the same time may not do. Threads, each with a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from labs import bell, services
from labs.models import Grading, Job, LabSession, Sandbox
from tests.labs.doubles import Clock

SLUG = "two-buckets"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_bell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bell, "tell", lambda message: None)


def at_once(times: int, act: Callable[[], Any]) -> list[Any]:
    """Return what so many threads got that began together: a result, or the exception."""
    together, got = threading.Barrier(times), []

    def run() -> None:
        together.wait(30)
        try:
            got.append(act())
        except Exception as error:
            got.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return got


def test_fifty_clicks_on_start_are_one_session(bob: Any, clock: Clock) -> None:
    got = at_once(50, lambda: services.start_session(user=bob, slug=SLUG, now=clock()))
    made = [one for one in got if isinstance(one, LabSession)]
    refused = [one for one in got if isinstance(one, services.SessionAlreadyOpen)]
    assert (len(made), len(refused)) == (1, 49)
    assert {one.session.pk for one in refused} == {made[0].pk}
    assert (LabSession.objects.count(), Sandbox.objects.count(), Job.objects.count()) == (1, 1, 1)


def test_many_clicks_on_check_are_one_grading(ready: LabSession, clock: Clock) -> None:
    trigger = Grading.Trigger.ASKED
    got = at_once(10, lambda: services.request_grading(session=ready, trigger=trigger, now=clock()).pk)
    assert len(set(got)) == 1
    assert Grading.objects.count() == 1


def test_two_clicks_on_hint_open_two_hints_not_one_twice(ready: LabSession, clock: Clock) -> None:
    got = at_once(3, lambda: services.reveal_hint(session=ready, task_id="first", now=clock()))
    assert sum(isinstance(one, services.NoMoreHints) for one in got) == 1
    assert sorted(ready.hints.values_list("index", flat=True)) == [0, 1]


def test_clicks_on_extend_give_four_extensions_and_no_fifth(ready: LabSession, clock: Clock) -> None:
    got = at_once(8, lambda: services.extend_session(session=LabSession.objects.get(), now=clock()))
    assert sum(isinstance(one, services.NoMoreTime) for one in got) == 4
    assert LabSession.objects.get().extensions == 4


def test_a_click_on_end_and_one_on_reset_do_not_both_win(ready: LabSession, clock: Clock) -> None:
    acts = iter([services.end_session, services.reset_session])
    got = at_once(2, lambda: next(acts)(session=LabSession.objects.get(), now=clock()))
    session = LabSession.objects.get()
    if any(isinstance(one, services.NotReady) for one in got):
        assert (session.state, session.sandbox.epoch) == (LabSession.State.EXPIRING, 1)
    else:  # the reset was first, and the end found a sandbox that was being built
        assert (session.state, session.sandbox.epoch) == (LabSession.State.ENDED, 2)
