"""A provider and a runner without processes, for tests of what the domain does with them. tests/stack has real ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID as ACCOUNT_ID

from labs import jobs
from labs.models import Job
from labs.sandboxes import Credentials, Ref, Unavailable, keys
from labs.sandboxes.runner import RunReport, Step


@dataclass
class MemoryProvider:
    """Keeps the protocol, and a diary. Its accounts are those of moto in this very process."""

    name: str = "memory"
    running: set[Ref] = field(default_factory=set)
    diary: list[tuple[str, Ref]] = field(default_factory=list)
    away: bool = False

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
