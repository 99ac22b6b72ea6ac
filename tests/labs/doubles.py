"""A provider and a runner without processes, for tests of what the domain does with them. tests/stack has real ones."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone
from moto.core import DEFAULT_ACCOUNT_ID as ACCOUNT_ID

from labs import jobs
from labs.gateway import history
from labs.gateway.journal import Life, read_life
from labs.models import Job, Snapshot
from labs.sandboxes import Credentials, Delivery, Moment, Ref, Unavailable, keys
from labs.sandboxes.runner import RunReport, Step

KEY = b"of snapshots"


@dataclass
class MemoryProvider:
    """Keeps the protocol, and a diary. Its accounts are those of moto in this very process.

    Of its history it keeps the rows, as the sandbox host does, and no states.
    """

    name: str = "memory"
    running: set[Ref] = field(default_factory=set)
    diary: list[tuple[str, Ref]] = field(default_factory=list)
    away: bool = False
    sent: list[Delivery] = field(default_factory=list)
    turn: threading.Lock = field(default_factory=threading.Lock)

    def start(self, ref: Ref) -> None:
        self._note("start", ref)
        self.running.add(ref)

    def stop(self, ref: Ref) -> None:
        self._note("stop", ref)
        self.running.discard(ref)

    def is_running(self, ref: Ref) -> bool:
        self._note("is_running", ref)
        return ref in self.running

    def fork(self, ref: Ref) -> Ref:
        self._note("fork", ref)
        made = replace(ref, number=keys.FIRST_FORK + len(self.diary))
        self.running.add(made)
        return made

    def hibernate(self, ref: Ref) -> None:
        self._note("hibernate", ref)

    def checkpoint(self, ref: Ref, label: str) -> Moment:
        self._note("checkpoint", ref)
        kind = Snapshot.Kind.CHECKPOINT
        return history.keep(self._life(ref), KEY, self._present(ref), kind=kind, label=label, now=timezone.now())

    def checkpoints(self, ref: Ref) -> list[Moment]:
        self._note("checkpoints", ref)
        return history.checkpoints(self._life(ref))

    def undo(self, ref: Ref, seq: int | None = None) -> Moment:
        self._note("undo", ref)
        with self.turn:
            last = history.last_change(self._life(ref))
            if seq not in (None, last):
                raise Unavailable("the last change is another one by now")
            return self._go_back(ref, since=last - 1, of=None, label="undo")

    def go_back(self, ref: Ref, moment: int) -> Moment:
        self._note("go back", ref)
        with self.turn:
            since = history.find(self._life(ref), KEY, moment).seq
            return self._go_back(ref, since=since, of=moment, label="go back")

    def past(self, ref: Ref, moment: int) -> Ref:
        history.find(self._life(ref), KEY, moment)
        return self.fork(ref)

    def replayed(self, ref: Ref, upto: int | None = None) -> Ref:
        return self.fork(ref)

    def inbox(self, ref: Ref) -> list[Delivery]:
        self._note("inbox", ref)
        return list(self.sent)

    def _life(self, ref: Ref) -> Life:
        life = read_life(number=ref.number)
        if life is None or not life.live or life.epoch != ref.epoch:
            raise Unavailable("there is no such sandbox")
        return life

    def _present(self, ref: Ref) -> history.Kept:
        return history.Kept(history.recover(self._life(ref), KEY).newest, b"", 0)

    def _go_back(self, ref: Ref, *, since: int, of: int | None, label: str) -> Moment:
        here, now = self._present(ref), timezone.now()
        return history.go_back(self._life(ref), KEY, before=here, to=here, since=since, of=of, label=label, now=now)

    def _note(self, act: str, ref: Ref) -> None:
        if self.away:
            raise Unavailable("the sandbox host does not answer")
        self.diary.append((act, ref))

    def learner_credentials(self, ref: Ref) -> Credentials:
        return self._credentials("AKIALEARNER", ref)

    def grader_credentials(self, ref: Ref) -> Credentials:
        return self._credentials("AKIAGRADER", ref)

    def start_credentials(self, ref: Ref) -> Credentials:
        return self._credentials("AKIASTART", ref)

    def _credentials(self, key: str, ref: Ref) -> Credentials:
        nowhere: Any = None  # moto answers for AWS itself
        return Credentials(key, "secret", None, ref.region, nowhere, ACCOUNT_ID)


@dataclass
class PaperRunner:
    """Runs nothing. `fails` is how many runs end at a step that failed."""

    fails: int = 0
    runs: list[str] = field(default_factory=list)

    def run(self, blocks: Sequence[Any], credentials: Credentials, **_: Any) -> RunReport:
        self.runs.append("\n".join(block.text for block in blocks))
        if self.fails:
            self.fails -= 1
            return RunReport(False, (Step(14, "aws s3api create-bucket", 254, "", "BucketAlreadyExists", 3),))
        return RunReport(True, ())


@dataclass
class Clock:
    """A clock that stands still until it is told to go on."""

    at: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def go(self, seconds: float = 0, **more: float) -> datetime:
        self.at += timedelta(seconds=seconds, **more)
        return self.at


@dataclass
class Worker:
    """Does what is due at the clock's time, one job after the other, as a worker would: by claim, handler and lease."""

    clock: Clock

    def work(self, kind: str = "", *, most: int = 50) -> int:
        """Do all that is due (of a kind), and what comes of it; return how many jobs were done."""
        done = 0
        while done < most and (job := self._next(kind)):
            assert jobs.run(job, clock=self.clock)
            done += 1
        return done

    def _next(self, kind: str) -> Any:
        due = Job.objects.filter(state=Job.State.READY, not_before__lte=self.clock())
        return (
            (due.filter(kind=kind) if kind else due).order_by("created_at", "pk").values_list("pk", flat=True).first()
        )
