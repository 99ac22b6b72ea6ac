"""An attempt against an oracle of twenty lines: saves in any order, lost, doubled; pens taken; time; ends."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bench.papers import SLUG
from courses.exams.wire import OneSave
from courses.models import Attempt, Credit, Event, Response, Save
from courses.services import attempts, clock
from labs.models import Job

GRACE = timedelta(seconds=5)
_names = itertools.count(1)


@dataclass
class Oracle:
    """What an attempt is, said as shortly as can be."""

    deadline: Any
    pen: tuple[str, int] = ("", 0)
    section: int = 0
    finished: Any = None
    answers: dict[int, tuple[int, Any]] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)

    def takes(self, now: Any) -> bool:
        if self.finished is None and now > self.deadline + GRACE:
            self.finished = self.deadline
        return self.finished is None

    def write(self, save: OneSave) -> None:
        if save.key not in self.keys:
            self.keys.add(save.key)
            if save.sequence > self.answers.get(save.place, (0, None))[0]:
                self.answers[save.place] = (save.sequence, save.answer)


class Machine(RuleBasedStateMachine):
    """Tabs that write, lose and repeat; what the server says is held against the oracle after each step."""

    sent = Bundle("sent")

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        user = get_user_model().objects.create_user(username=f"machine{next(_names)}", password=None)
        self.now = clock.now()
        self.attempt = attempts.start(user=user, slug=SLUG, now=self.now)
        self.oracle = Oracle(self.attempt.deadline_at)
        self.tabs: dict[str, int] = {"one": 0, "two": 0}
        self.receipt = ""

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    def touch(self) -> None:
        attempts.close_if_due(attempt_id=self.attempt.pk, now=self.now)

    @initialize()
    def begin(self) -> None:
        self.take("one")

    @rule(tab=st.sampled_from(["one", "two"]))
    def take(self, tab: str) -> None:
        self.touch()
        if self.oracle.takes(self.now):
            taken = attempts.take_pen(attempt=self.attempt, tab=tab, now=self.now)
            self.oracle.pen = (tab, self.oracle.pen[1] + 1)
            self.tabs[tab] = taken.pen_epoch
            assert (taken.pen, taken.pen_epoch) == self.oracle.pen
        else:
            with pytest.raises(attempts.Closed):
                attempts.take_pen(attempt=self.attempt, tab=tab, now=self.now)

    @rule(
        target=sent,
        place=st.integers(0, 3),
        sequence=st.integers(1, 6),
        value=st.sampled_from([None, "a", "b", "c"]),
        old=st.booleans(),
    )
    def make(self, place: int, sequence: int, value: str | None, old: bool) -> OneSave:
        answer = None if value is None else {"answer": [value]}
        return OneSave(place, sequence, f"key{next(_names)}", answer, False, 1)

    @rule(tab=st.sampled_from(["one", "two"]), batch=st.lists(sent, min_size=1, max_size=4))
    def deliver(self, tab: str, batch: list[OneSave]) -> None:
        """Any of what was made, in any order, as often as it likes; what is never delivered is lost."""
        self.touch()
        try:
            _, told = attempts.save(attempt=self.attempt, tab=tab, epoch=self.tabs[tab], saves=batch, now=self.now)
        except attempts.Closed:
            assert not self.oracle.takes(self.now)
        except attempts.PenLost:
            assert self.oracle.takes(self.now)
            assert (tab, self.tabs[tab]) != self.oracle.pen
        except attempts.SectionOver as over:
            assert self.oracle.section == 1
            for place in over.places:
                assert any(one.place == place and one.key not in self.oracle.keys for one in batch)
        else:
            assert self.oracle.takes(self.now)
            assert (tab, self.tabs[tab]) == self.oracle.pen
            for one in batch:
                self.oracle.write(one)
            assert told == {one.place: self.oracle.answers.get(one.place, (0,))[0] for one in batch}

    @rule(tab=st.sampled_from(["one", "two"]), section=st.integers(0, 1))
    def leave(self, tab: str, section: int) -> None:
        self.touch()
        open_, mine = self.oracle.takes(self.now), (tab, self.tabs[tab]) == self.oracle.pen
        try:
            left = attempts.leave_section(
                attempt=self.attempt, tab=tab, epoch=self.tabs[tab], section=section, now=self.now
            )
        except (attempts.Closed, attempts.PenLost, attempts.SectionOver) as refused:
            assert not (open_ and mine and section == 0), refused
        else:
            assert open_
            assert mine
            self.oracle.section = left.section
            assert left.section == 1

    @rule(seconds=st.sampled_from([0.5, 4, 60, 600]))
    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @precondition(lambda self: self.oracle.finished is None)
    @rule(offset=st.sampled_from([-0.001, 0, 4.999, 5, 5.001, 7.001]))
    def to_the_edge(self, offset: float) -> None:
        self.now = max(self.now, self.oracle.deadline + timedelta(seconds=offset))

    @rule(cause=st.sampled_from(["a", "b"]), seconds=st.integers(0, 120))
    def credit(self, cause: str, seconds: int) -> None:
        given = attempts.credit(attempt=self.attempt, seconds=seconds, key=cause, reason="r", actor=None, now=self.now)
        if given is not None:
            # An attempt that has expired may be credited until somebody closes it.
            self.oracle.deadline += timedelta(seconds=seconds)

    @rule()
    def sweep(self) -> None:
        closed = attempts.close_expired(now=self.now)
        if closed:
            assert self.now > self.oracle.deadline + GRACE
            assert not self.oracle.takes(self.now)

    @rule(tab=st.sampled_from(["one", "two"]), last=st.lists(sent, max_size=2))
    def submit(self, tab: str, last: list[OneSave]) -> None:
        self.touch()
        open_ = self.oracle.takes(self.now)
        try:
            ended, _ = attempts.submit(attempt=self.attempt, tab=tab, epoch=self.tabs[tab], saves=last, now=self.now)
        except attempts.PenLost:
            assert open_
            assert (tab, self.tabs[tab]) != self.oracle.pen
        except (attempts.Closed, attempts.SectionOver):
            assert not open_ or self.oracle.section == 1
        else:
            if open_:
                for one in last:
                    self.oracle.write(one)
                self.oracle.finished = min(self.now, self.oracle.deadline)
                self.receipt = ended.receipt
            assert ended.receipt == self.receipt

    @invariant()
    def it_is_as_the_oracle_says(self) -> None:
        found = Attempt.objects.get(pk=self.attempt.pk)
        rows = Response.objects.filter(attempt=found).values_list("place", "sequence", "answer")
        assert {place: (sequence, answer) for place, sequence, answer in rows} == self.oracle.answers
        assert set(Save.objects.filter(attempt=found).values_list("key", flat=True)) == self.oracle.keys
        assert found.deadline_at == self.oracle.deadline
        given = sum(Credit.objects.filter(attempt=found).values_list("seconds", flat=True))
        assert found.deadline_at == found.started_at + timedelta(minutes=30, seconds=given)
        assert found.section == self.oracle.section
        ends = Event.objects.filter(attempt=found, kind__in=("submitted", "closed")).count()
        if found.state == Attempt.State.OPEN:
            assert (found.receipt, found.finished_at, ends) == ("", None, 0)
        else:
            assert found.finished_at == self.oracle.finished <= found.deadline_at
            assert ends == Job.objects.filter(key=f"score:{found.pk}").count() == 1
            assert attempts.verify(found, found.receipt)


@pytest.mark.django_db
def test_whatever_happens_the_attempt_is_as_the_oracle_says() -> None:
    quick = settings(
        max_examples=12,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    run_state_machine_as_test(Machine, settings=quick)
