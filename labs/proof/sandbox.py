"""A sandbox of a proof, and how there come to be many: one is solved task by task, and copied where a scenario begins.

    with Line(lab, seed, ref, host) as line:          # started, `start` ran
        with line.copy() as sandbox: …                # as it is now: to be played with
        line.solve(lab.tasks[0])                      # the next task's main solution

Where the provider has no copies (its AWS is a real one), a copy is a new sandbox in which the same was done again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from labs.content import Block, Lab, Task, bind, draw, substitute
from labs.judge import Judging
from labs.proof.account import account_of
from labs.proof.report import short
from labs.sandboxes import CannotFork, Credentials, Provider, Ref
from labs.sandboxes.runner import KeptRunner
from labs.scoring import TaskGrade, grade_lab

MakeRef = Callable[[str], Ref]  # from a region: a sandbox that nobody had before
Failure = tuple[int, str]  # the line of a command that failed, and a sentence


@dataclass(frozen=True)
class Host:
    """Where a proof has its sandboxes from. Shared by threads."""

    provider: Provider
    runner: KeptRunner
    make_ref: MakeRef
    judge: Judging | None = None  # None: this machine's
    making: threading.Lock = field(default_factory=threading.Lock)

    def new_ref(self, region: str) -> Ref:
        """Return a sandbox that nobody had before; it is not started."""
        with self.making:
            return self.make_ref(region)


@dataclass
class Sandbox:
    """A running sandbox, with the lab as it is bound there. `commands` counts what ran in it."""

    lab: Lab
    values: Mapping[str, str]
    ref: Ref
    host: Host
    commands: int = 0

    def run(self, blocks: Sequence[Block], credentials: Credentials | None = None) -> Failure | None:
        """Run blocks, as the learner if as nobody else; return line and sentence of a command that failed, or None."""
        if not blocks:
            return None
        report = self.host.runner.run(blocks, credentials or self.host.provider.learner_credentials(self.ref))
        self.commands += len(report.steps)
        if (step := report.failure) is None:
            return None
        said = (step.stderr or step.stdout).strip() or f"exit code {step.exit_code}"
        return step.line, f"`{short(step.command)}` failed: {short(said, 400)}"

    def run_all(self, runs: Sequence[Sequence[Block]]) -> Failure | None:
        """Run blocks in several runs, which share no variables; end at the first that fails."""
        return next(filter(None, map(self.run, runs)), None)

    def start(self) -> Failure | None:
        """Set the lab up: run its `start`, and let the learner be its `principal`."""
        return self.run(self.lab.setup, self.host.provider.start_credentials(self.ref))

    def bound(self, blocks: tuple[Block, ...]) -> tuple[Block, ...]:
        """Return blocks with this sandbox's values in them."""
        return tuple(substitute(block, self.values) for block in blocks)

    def grade(self, lab: Lab | None = None, upto: int | None = None) -> list[tuple[Task, TaskGrade]]:
        """Judge it, with a fresh look at the account; the first `upto` tasks, or all."""
        account = account_of(self.host.provider, self.ref)
        lab = lab or self.lab
        tasks = lab.tasks[:upto]
        return list(zip(tasks, grade_lab(replace(lab, tasks=tasks), account, self.host.judge), strict=True))


@dataclass
class Line:
    """The sandbox of one learner (a seed), which is solved task by task."""

    lab: Lab
    seed: str
    host: Host
    root: Sandbox = field(init=False)
    solved: list[Task] = field(default_factory=list)

    def __enter__(self) -> Line:
        self.root = self._new()
        return self

    def __exit__(self, *_: object) -> None:
        self.host.provider.stop(self.root.ref)

    def start(self) -> Failure | None:
        """Run the lab's `start`; return line and sentence of a command that failed, or None."""
        return self.root.start()

    def solve(self, task: Task) -> Failure | None:
        """Run the main solution of the next task; return line and sentence of a command that failed, or None."""
        self.solved.append(task)
        return self.root.run(self.root.bound(task.solutions))

    @contextmanager
    def copy(self) -> Iterator[Sandbox]:
        """Give a sandbox that is as the line's is now. Raises Unavailable."""
        try:
            copy = replace(self.root, ref=self.host.provider.fork(self.root.ref), commands=0)
        except CannotFork:
            copy = self._again()
        try:
            yield copy
        finally:
            self.host.provider.stop(copy.ref)

    def _again(self) -> Sandbox:
        sandbox = self._new()
        sandbox.start()
        sandbox.run_all([sandbox.bound(task.solutions) for task in self.solved])
        return sandbox

    def _new(self) -> Sandbox:
        ref = self.host.new_ref(self.lab.region)
        self.host.provider.start(ref)
        values = values_of(self.lab, self.seed, ref.account_id)
        return Sandbox(bind(self.lab, values), values, ref, self.host)


def values_of(lab: Lab, seed: str, account_id: str) -> dict[str, str]:
    """Return what stands for each `{{ name }}` of a lab, for a seed in an account."""
    return {**draw(lab, seed), "account_id": account_id, "region": lab.region}
