"""The proof by mutation: a solution with one change must lose points, or the lab says why it need not.

A mutant is played as a near miss is: after the main solutions of the tasks above its own. Where no check of its task or
of those above fails, the tasks below are solved as well: a lab may ask for a way in here, and for no other one below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from graders import Outcome
from labs.content import Equivalent, Lab
from labs.content.schema import nearest
from labs.mutants import Mutant, mutants
from labs.proof.breaks import Breaks
from labs.proof.report import Fate, Finding, PlayedMutant
from labs.proof.sandbox import Failure, Sandbox
from labs.proof.scenarios import Scenario, errors, pairs

PROMISE = "mutant"


@dataclass(frozen=True)
class Mutation:
    """The mutants of a lab. `only` is the id of the one that is to be played, "" for all."""

    lab: Lab
    breaks: Breaks
    only: str = ""

    def scenarios(self) -> Iterator[Scenario]:
        """Yield a scenario for each mutant."""
        for number, task in enumerate(self.lab.tasks):
            equivalents = {one.mutant: one for one in task.equivalents}
            for mutant in mutants(task):
                if self.only in ("", mutant.id):
                    play = self._play(number, mutant, equivalents.get(mutant.id))
                    yield Scenario(PROMISE, mutant.line, number, play)

    def findings(self) -> Iterator[Finding]:
        """Yield what is wrong with the lab's equivalents, before anything is played."""
        for task in self.lab.tasks:
            known = [mutant.id for mutant in mutants(task)]
            for one in task.equivalents:
                if one.mutant not in known:
                    hint = nearest(one.mutant, known) or "remove the block"
                    message = f"{one.mutant} is no mutant of task {task.id}: its solution has changed ({hint})"
                    yield Finding(self.lab.path, one.line, PROMISE, message)

    def _play(
        self, number: int, mutant: Mutant, equivalent: Equivalent | None
    ) -> Callable[[Sandbox], Iterator[Failure | PlayedMutant]]:
        def play(sandbox: Sandbox) -> Iterator[Failure | PlayedMutant]:
            fate, said = self._fate(sandbox, number, mutant)
            if fate is Fate.SURVIVED and equivalent is not None:
                fate, said = Fate.EQUIVALENT, equivalent.reason
            elif fate is Fate.SURVIVED:
                yield (
                    mutant.line,
                    f"{mutant.id} loses no points ({mutant.description.partition(': ')[2]}): make a check of task "
                    f"{mutant.task} see it, or say below the solution why it is right: ~~~equivalent {mutant.id}",
                )
            elif fate is Fate.BROKE:
                yield mutant.line, f"{mutant.id} ({mutant.description.partition(': ')[2]}): {said}"
            elif equivalent is not None:
                yield equivalent.line, f"{mutant.id} is no equivalent, it is {fate}: remove the block ({said})"
            yield PlayedMutant(mutant.id, mutant.task, mutant.line, mutant.description, fate, said)

        return play

    def _fate(self, sandbox: Sandbox, number: int, mutant: Mutant) -> tuple[Fate, str]:
        if broke := sandbox.run(sandbox.bound(mutant.blocks)):
            return Fate.REFUSED, broke[1]
        if found := self._judged(sandbox, number + 1):
            return found
        below = self.lab.tasks[number + 1 :]
        for task in below:
            sandbox.run(sandbox.bound(task.solutions))  # what fails here leaves its task unsolved
        return (below and self._judged(sandbox, None)) or (Fate.SURVIVED, "no check failed")

    def _judged(self, sandbox: Sandbox, upto: int | None) -> tuple[Fate, str] | None:
        grades = sandbox.grade(upto=upto)
        for task, grade in grades:
            for _, sentence in errors(self.breaks, sandbox, task, grade):
                return Fate.BROKE, sentence
        for task, grade in grades:
            for call, result in pairs(task, grade):
                if result.outcome is Outcome.FAILED:
                    return Fate.KILLED, f"{call.title or call.name} of task {task.id} failed: {result.found}"
        return None
