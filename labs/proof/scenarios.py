"""What is promised of a lab, a scenario each: what is done after so many tasks were solved, and how that is judged."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from graders import CheckCall, Outcome, Result
from labs.content import Block, Lab, NearMiss, Task, bind, draw
from labs.proof.breaks import Breaks
from labs.proof.report import PlayedMutant
from labs.proof.sandbox import Failure, Sandbox, values_of
from labs.scoring import TaskGrade

SHARE_OF_OTHERS = 0.2


@dataclass(frozen=True)
class Scenario:
    """What is done and judged in a copy of a line's sandbox, when the main solutions of its first `after` tasks ran.

    `play` yields (line, sentence) of what is not as promised, or what became of a mutant; line 0 is the scenario's own.
    """

    promise: str
    line: int
    after: int
    play: Callable[[Sandbox], Iterator[Failure | PlayedMutant]]


@dataclass(frozen=True)
class Promises:
    """The scenarios of a lab. `seeds` are the learners for whom it is proved."""

    lab: Lab
    seeds: tuple[str, ...]
    breaks: Breaks

    def of(self, seed: str) -> Iterator[Scenario]:
        """Yield the scenarios of one learner's line; what is the same for everybody is in the first one's."""
        if seed == self.seeds[0]:
            line = self.lab.start[0].line if self.lab.start else 0
            yield Scenario("untouched", line, 0, self._untouched)
            for number, task in enumerate(self.lab.tasks):
                for near_miss in task.near_misses:
                    yield Scenario("near miss", near_miss.line, number, self._near_miss(number, near_miss))
        for number, task in enumerate(self.lab.tasks):
            for alternative in task.alternatives:
                runs = (alternative.blocks, *(below.solutions for below in self.lab.tasks[number + 1 :]))
                yield Scenario("alternative", alternative.line, number, self._alternative(runs))
        if self.lab.tasks:  # a playground has none
            yield Scenario("solution", self.lab.tasks[0].line, len(self.lab.tasks), self._solution)

    def _untouched(self, sandbox: Sandbox) -> Iterator[Failure]:
        for task, grade in sandbox.grade():
            yield from errors(self.breaks, sandbox, task, grade)
            if grade.score:
                passed = ", ".join(call.name for call, result in pairs(task, grade) if result.outcome is Outcome.PASSED)
                yield task.line, f"task {task.id} gives {grade.score:g} points to who did nothing ({passed} passed)"

    def _solution(self, sandbox: Sandbox) -> Iterator[Failure]:
        yield from self._full_marks(sandbox)
        once, twice = (_without_times(sandbox.grade()) for _ in range(2))
        for (task, one), (_, other) in zip(once, twice, strict=True):
            if one != other:
                yield task.line, f"grading task {task.id} twice gives two results"
        if strange := self._strange_lab(sandbox):
            score = sum(grade.score for _, grade in sandbox.grade(strange))
            if score > SHARE_OF_OTHERS * self.lab.points:
                whole = f"{score:g} of {self.lab.points:g} points"
                yield 0, f"it scores {whole} in the lab of somebody with other parameters"

    def _alternative(self, runs: tuple[tuple[Block, ...], ...]) -> Callable[[Sandbox], Iterator[Failure]]:
        def play(sandbox: Sandbox) -> Iterator[Failure]:
            if broke := sandbox.run_all([sandbox.bound(blocks) for blocks in runs]):
                yield broke
            else:
                yield from self._full_marks(sandbox)

        return play

    def _full_marks(self, sandbox: Sandbox) -> Iterator[Failure]:
        for task, grade in sandbox.grade():
            yield from errors(self.breaks, sandbox, task, grade)
            for call, result in pairs(task, grade):
                if result.outcome is Outcome.FAILED:
                    yield 0, f"{call.name} (line {call.line}) of task {task.id} failed: {result.found}"

    def _near_miss(self, number: int, near_miss: NearMiss) -> Callable[[Sandbox], Iterator[Failure]]:
        def play(sandbox: Sandbox) -> Iterator[Failure]:
            if broke := sandbox.run(sandbox.bound(near_miss.blocks)):
                yield broke
                return
            unseen = set(near_miss.fails)
            for task, grade in sandbox.grade(upto=number + 1):
                yield from errors(self.breaks, sandbox, task, grade)
                for call, result in pairs(task, grade):
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

        return play

    def _strange_lab(self, sandbox: Sandbox) -> Lab | None:
        """Return the lab as somebody has it whose every parameter differs; None where nobody can."""
        own = draw(self.lab, self.seeds[0])
        for number in range(100):
            seed = f"somebody else {number}"
            if own and not set(own.values()) & set(draw(self.lab, seed).values()):
                return bind(self.lab, values_of(self.lab, seed, sandbox.ref.account_id))
        return None


def errors(breaks: Breaks, sandbox: Sandbox, task: Task, grade: TaskGrade) -> Iterator[Failure]:
    """Yield each check of a task that broke, and why."""
    for call, result in pairs(task, grade):
        if result.outcome is Outcome.ERROR:
            reason = breaks.take().replace(sandbox.ref.account_id, "{{ account_id }}")
            yield call.line, f"{call.name} of task {task.id} broke: {reason}"


def pairs(task: Task, grade: TaskGrade) -> Iterator[tuple[CheckCall, Result]]:
    """Yield each check of a task with its result."""
    return zip(task.checks, grade.results, strict=True)


def _without_times(grades: list[tuple[Task, TaskGrade]]) -> list[tuple[Task, TaskGrade]]:
    return [
        (task, dataclasses.replace(grade, results=tuple(_without_time(result) for result in grade.results)))
        for task, grade in grades
    ]


def _without_time(result: Result) -> Result:
    return dataclasses.replace(result, milliseconds=0)
