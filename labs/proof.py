"""The proof of a lab: does it give what it promises, in fresh sandboxes, before a learner sees it.

Of each lab is shown that
- untouched (its `start` ran, nobody did anything) it scores 0, and no check breaks;
- its solutions, and each alternative in place of its task's, score full marks at every seed;
- a near miss fails exactly the checks that it names, each with a message. The state that it is judged in: `start`, the
  main solutions of all tasks above its own, then its own blocks instead of its task's solution. Judged are the checks
  of its task and of those above; tasks below are nobody's business yet;
- grading twice gives the same;
- what solves one learner's lab scores at most 20 % in another's (where they can differ).

A proof changes nothing but the sandboxes that it starts, and it stops them.
"""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from graders import BotoAccount, CheckCall, Outcome, Result
from labs.content import Block, Lab, NearMiss, Task, bind, draw
from labs.sandboxes import Credentials, Provider, Ref, Unavailable
from labs.sandboxes.runner import Runner
from labs.scoring import TaskGrade, grade_lab

MakeRef = Callable[[str], Ref]  # from a region: a sandbox that nobody had before

SHARE_OF_OTHERS = 0.2
SCENARIOS_AT_A_TIME = 2


@dataclass(frozen=True, order=True)
class Finding:
    """Something that a lab does not keep: where, which promise, and what happened instead."""

    path: str
    line: int
    promise: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.promise}: {self.message}"


@dataclass(frozen=True)
class ProofReport:
    """What a proof found. `scenarios` were played, with `commands` in all."""

    slug: str
    findings: tuple[Finding, ...]
    scenarios: int
    commands: int
    milliseconds: int

    @property
    def ok(self) -> bool:
        """Return whether the lab keeps all its promises."""
        return not self.findings

    def text(self) -> str:
        """Return the report for a person."""
        verdict = "proved" if self.ok else f"{len(self.findings)} broken promise(s)"
        head = (
            f"{self.slug}: {verdict} ({self.scenarios} scenarios, {self.commands} commands, "
            f"{self.milliseconds / 1000:.1f} s)"
        )
        return "\n".join([head, *(f"  {finding}" for finding in self.findings)])

    def to_dict(self) -> dict[str, Any]:
        """Return the report for a machine."""
        return {"ok": self.ok, **dataclasses.asdict(self)}


class _Breaks(logging.Handler):
    """Hears why checks broke, instead of the log: the proof tells it where the check stands in the file."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        reason = f"{type(error).__name__}: {error}" if error else record.getMessage()
        self.heard.reasons = [*getattr(self.heard, "reasons", []), _short(reason, 300)]

    def take(self) -> str:
        """Return what this thread heard since the last time."""
        reasons = list(dict.fromkeys(getattr(self.heard, "reasons", [])))
        self.heard.reasons = []
        return "; ".join(reasons)

    @contextmanager
    def listening(self) -> Iterator[None]:
        log = logging.getLogger("graders")
        propagate, log.propagate = log.propagate, False
        log.addHandler(self)
        try:
            yield
        finally:
            log.removeHandler(self)
            log.propagate = propagate


def prove(
    lab: Lab, *, provider: Provider, runner: Runner, make_ref: MakeRef, seeds: Sequence[int | str] = (1, 2, 3)
) -> ProofReport:
    """Play every scenario of a lab and return what it does not keep. Never raises for what an author wrote."""
    began = time.monotonic()
    proof = _Proof(lab, provider, runner, [str(seed) for seed in seeds])
    scenarios = proof.scenarios()
    refs = [make_ref(lab.region) for _ in scenarios]
    with proof.breaks.listening(), ThreadPoolExecutor(SCENARIOS_AT_A_TIME) as pool:
        played = list(pool.map(proof.play, scenarios, refs))
    return ProofReport(
        slug=lab.slug,
        findings=tuple(sorted({finding for findings, _ in played for finding in findings})),
        scenarios=len(scenarios),
        commands=sum(commands for _, commands in played),
        milliseconds=round((time.monotonic() - began) * 1000),
    )


@dataclass(frozen=True)
class _Scenario:
    """What is done in one sandbox: `blocks` in order, a run each, after the start state."""

    promise: str
    line: int
    seed: str
    blocks: Callable[[Lab], list[tuple[Block, ...]]]
    judge: Callable[[_Sandbox], Iterator[tuple[int, str]]]


@dataclass
class _Sandbox:
    """A sandbox of a scenario, with the lab as it is bound there. `commands` counts what ran in it."""

    lab: Lab
    learner: Credentials
    grader: Credentials
    runner: Runner
    commands: int = 0

    def run(self, blocks: Sequence[Block], credentials: Credentials | None = None) -> tuple[int, str] | None:
        """Run blocks, as the learner if as nobody else; return line and sentence of a command that failed, or None."""
        if not blocks:
            return None
        report = self.runner.run(blocks, credentials or self.learner)
        self.commands += len(report.steps)
        if (step := report.failure) is None:
            return None
        said = (step.stderr or step.stdout).strip() or f"exit code {step.exit_code}"
        return step.line, f"`{_short(step.command)}` failed: {_short(said, 400)}"

    def grade(self, lab: Lab | None = None) -> list[TaskGrade]:
        """Judge it, with a fresh look at the account."""
        account = BotoAccount(
            account_id=self.grader.account_id,
            region=self.grader.region,
            endpoint_url=self.grader.endpoint_url,
            access_key_id=self.grader.access_key_id,
            secret_access_key=self.grader.secret_access_key,
            session_token=self.grader.session_token,
        )
        return grade_lab(lab or self.lab, account)


@dataclass
class _Proof:
    lab: Lab
    provider: Provider
    runner: Runner
    seeds: list[str]
    breaks: _Breaks = field(default_factory=_Breaks)

    def scenarios(self) -> list[_Scenario]:
        lab, first = self.lab, self.seeds[0]
        line = lab.start[0].line if lab.start else 0
        found = [_Scenario("untouched", line, first, lambda bound: [], self._judge_untouched)]
        for seed in self.seeds:
            found.append(_Scenario("solution", lab.tasks[0].line, seed, _solutions, self._judge_solution))
            for task in lab.tasks:
                for index, alternative in enumerate(task.alternatives):
                    blocks = _replaced(task.id, partial(_alternative, index))
                    found.append(_Scenario("alternative", alternative.line, seed, blocks, self._judge_full_marks))
        for number, task in enumerate(lab.tasks):
            for index, near_miss in enumerate(task.near_misses):
                blocks = _replaced(task.id, partial(_near_miss, index), upto=number + 1)
                judge = self._near_miss_judge(number, index)
                found.append(_Scenario("near miss", near_miss.line, first, blocks, judge))
        return found

    def play(self, scenario: _Scenario, ref: Ref) -> tuple[list[Finding], int]:
        """Play one scenario in a sandbox of its own; return what it found, and how many commands ran."""
        self.breaks.take()  # what an earlier scenario of this thread left
        sandbox = None
        found: list[tuple[int, str]] = []
        try:
            self.provider.start(ref)
            try:
                sandbox = _Sandbox(
                    lab=self._bound(scenario.seed, ref.account_id),
                    learner=self.provider.learner_credentials(ref),
                    grader=self.provider.grader_credentials(ref),
                    runner=self.runner,
                )
                broke = sandbox.run(sandbox.lab.start, self.provider.start_credentials(ref))
                broke = broke or next(filter(None, map(sandbox.run, scenario.blocks(sandbox.lab))), None)
                found = [broke] if broke else list(scenario.judge(sandbox))
            finally:
                self.provider.stop(ref)
        except Unavailable as error:
            found.append((0, f"could not be played, which is our fault: {error}"))
        findings = [
            Finding(self.lab.path, line or scenario.line, scenario.promise, f"seed {scenario.seed}: {message}")
            for line, message in found
        ]
        return findings, sandbox.commands if sandbox else 0

    def _bound(self, seed: str, account_id: str) -> Lab:
        return bind(self.lab, {**draw(self.lab, seed), "account_id": account_id, "region": self.lab.region})

    # --- judges: each yields (line, sentence) of what is not as promised; line 0 is the scenario's own

    def _judge_untouched(self, sandbox: _Sandbox) -> Iterator[tuple[int, str]]:
        for task, grade in zip(sandbox.lab.tasks, sandbox.grade(), strict=True):
            yield from self._errors(sandbox.grader.account_id, task, grade)
            if grade.score:
                passed = ", ".join(
                    call.name for call, result in _pairs(task, grade) if result.outcome == Outcome.PASSED
                )
                yield task.line, f"task {task.id} gives {grade.score:g} points to who did nothing ({passed} passed)"

    def _judge_solution(self, sandbox: _Sandbox) -> Iterator[tuple[int, str]]:
        yield from self._judge_full_marks(sandbox)
        once, twice = (_without_times(sandbox.grade()) for _ in range(2))
        for one, other in zip(once, twice, strict=True):
            if one != other:
                yield sandbox.lab.task(one.task_id).line, f"grading task {one.task_id} twice gives two results"
        if strange := self._strange_lab(sandbox):
            score = sum(grade.score for grade in sandbox.grade(strange))
            if score > SHARE_OF_OTHERS * self.lab.points:
                yield (
                    0,
                    f"it scores {score:g} of {self.lab.points:g} points in the lab of somebody with other parameters",
                )

    def _judge_full_marks(self, sandbox: _Sandbox) -> Iterator[tuple[int, str]]:
        for task, grade in zip(sandbox.lab.tasks, sandbox.grade(), strict=True):
            yield from self._errors(sandbox.grader.account_id, task, grade)
            for call, result in _pairs(task, grade):
                if result.outcome is Outcome.FAILED:
                    yield 0, f"{call.name} (line {call.line}) of task {task.id} failed: {result.found}"

    def _errors(self, account_id: str, task: Task, grade: TaskGrade) -> Iterator[tuple[int, str]]:
        for call, result in _pairs(task, grade):
            if result.outcome is Outcome.ERROR:
                reason = self.breaks.take().replace(account_id, "{{ account_id }}")
                yield call.line, f"{call.name} of task {task.id} broke: {reason}"

    def _near_miss_judge(self, number: int, index: int) -> Callable[[_Sandbox], Iterator[tuple[int, str]]]:
        def judge(sandbox: _Sandbox) -> Iterator[tuple[int, str]]:
            near_miss: NearMiss = sandbox.lab.tasks[number].near_misses[index]
            graded = list(zip(sandbox.lab.tasks, sandbox.grade(), strict=True))[: number + 1]
            unseen = set(near_miss.fails)
            for task, grade in graded:
                yield from self._errors(sandbox.grader.account_id, task, grade)
                for call, result in _pairs(task, grade):
                    if result.outcome is not Outcome.FAILED:
                        continue
                    named = {call.name, call.title} & set(near_miss.fails)
                    unseen -= named
                    if not named:
                        yield 0, f"{call.name} (line {call.line}) failed too: {result.found}"
                    if not result.found:
                        yield 0, f"{call.name} (line {call.line}) failed without a message"
            for name in sorted(unseen):
                yield 0, f"{name} did not fail"

        return judge

    def _strange_lab(self, sandbox: _Sandbox) -> Lab | None:
        """Return the lab as somebody has it whose every parameter differs; None where nobody can."""
        own = draw(self.lab, self.seeds[0])
        account_id = sandbox.grader.account_id
        for seed in range(100):
            other = draw(self.lab, f"somebody else {seed}")
            if own and not set(own.values()) & set(other.values()):
                return self._bound(f"somebody else {seed}", account_id)
        return None


def _solutions(lab: Lab) -> list[tuple[Block, ...]]:
    return [task.solutions for task in lab.tasks]


def _alternative(index: int, task: Task) -> tuple[Block, ...]:
    return task.alternatives[index].blocks


def _near_miss(index: int, task: Task) -> tuple[Block, ...]:
    return task.near_misses[index].blocks


def _replaced(
    task_id: str, instead: Callable[[Task], tuple[Block, ...]], upto: int | None = None
) -> Callable[[Lab], list[tuple[Block, ...]]]:
    """The main solutions, with others for one task; of the first `upto` tasks only."""
    return lambda lab: [instead(task) if task.id == task_id else task.solutions for task in lab.tasks[:upto]]


def _pairs(task: Task, grade: TaskGrade) -> Iterator[tuple[CheckCall, Result]]:
    return zip(task.checks, grade.results, strict=True)


def _without_times(grades: list[TaskGrade]) -> list[TaskGrade]:
    return [
        dataclasses.replace(
            grade, results=tuple(dataclasses.replace(result, milliseconds=0) for result in grade.results)
        )
        for grade in grades
    ]


def _short(text: str, length: int = 100) -> str:
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1] + "…"
