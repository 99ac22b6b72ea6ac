"""The proof of a lab: does it give what it promises, in fresh sandboxes, before a learner sees it.

Of each lab is shown that
- untouched (its `start` ran, nobody did anything) it scores 0, and no check breaks;
- its solutions, and each alternative in place of its task's, score full marks at every seed;
- a near miss fails exactly the checks that it names, each with a message. The state that it is judged in: `start`, the
  main solutions of all tasks above its own, then its own blocks instead of its task's solution. Judged are the checks
  of its task and of those above; tasks below are nobody's business yet;
- each mutant of a solution (labs/mutants) loses points, or the lab says why it need not;
- grading twice gives the same;
- what solves one learner's lab scores at most 20 % in another's (where they can differ).

A proof changes nothing but the sandboxes that it starts, and it stops them.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field

from labs.content import Lab
from labs.judge import Judging
from labs.proof.breaks import Breaks
from labs.proof.mutation import Mutation
from labs.proof.report import Fate, Finding, PlayedMutant, ProofReport
from labs.proof.sandbox import Failure, Host, Line, MakeRef
from labs.proof.scenarios import Promises, Scenario
from labs.proof.watch import Watch
from labs.sandboxes import Provider, Unavailable
from labs.sandboxes.runner import Runner

__all__ = ["Fate", "Finding", "MakeRef", "PlayedMutant", "ProofReport", "Watch", "prove"]

SCENARIOS_AT_A_TIME = 2


def prove(
    lab: Lab,
    *,
    provider: Provider,
    runner: Runner,
    make_ref: MakeRef,
    judge: Judging | None = None,
    seeds: Sequence[int | str] = (1, 2, 3),
    mutants: bool = True,
    only: str = "",
    watch: Watch | None = None,
    players: Executor | None = None,
) -> ProofReport:
    """Play every scenario of a lab and return what it does not keep. Never raises for what an author wrote.

    `mutants` says whether those are played too; `only` is the id of the one mutant that is, and nothing else. `watch`
    is told how far it is; where it says stop, the report is of what was played until then.
    `players` are the threads that play scenarios, for who proves many labs: what a thread has made (the clients of the
    graders) it uses again. Without them the lab has some of its own.
    """
    began = time.monotonic()
    names = tuple(str(seed) for seed in seeds)
    with runner.kept() as kept:
        proof = _Proof(lab, Host(provider, kept, make_ref, judge), watch or Watch())
        promises = Promises(lab, names, proof.breaks)
        mutation = Mutation(lab, proof.breaks, only)
        lines = {name: [] if only else list(promises.of(name)) for name in names}
        if mutants or only:
            lines[names[0]] += mutation.scenarios()
            proof.findings += [] if only else mutation.findings()
        proof.watch.total = sum(len(scenarios) for scenarios in lines.values())
        with (
            proof.breaks.listening(),
            ThreadPoolExecutor(len(lines)) as walkers,
            nullcontext(players) if players else ThreadPoolExecutor(SCENARIOS_AT_A_TIME) as at_play,
        ):
            for walk in [walkers.submit(proof.walk, name, scenarios, at_play) for name, scenarios in lines.items()]:
                walk.result()
    return ProofReport(
        slug=lab.slug,
        findings=tuple(sorted(set(proof.findings))),
        scenarios=proof.watch.total,
        commands=proof.commands,
        milliseconds=round((time.monotonic() - began) * 1000),
        mutants=tuple(proof.mutants),
    )


@dataclass
class _Proof:
    """A proof under way. Its threads only append to what it holds."""

    lab: Lab
    host: Host
    watch: Watch
    breaks: Breaks = field(default_factory=Breaks)
    findings: list[Finding] = field(default_factory=list)
    mutants: list[PlayedMutant] = field(default_factory=list)
    ran: list[int] = field(default_factory=list)

    @property
    def commands(self) -> int:
        return sum(self.ran)

    def walk(self, seed: str, scenarios: list[Scenario], players: Executor) -> None:
        """Solve one learner's lab task by task, and play each scenario where it begins."""
        if not scenarios:
            return
        try:
            with Line(self.lab, seed, self.host) as line:
                broke = line.start()
                for number in range(len(self.lab.tasks) + 1):
                    if self.watch.stopped:
                        break
                    if number and not broke:
                        broke = line.solve(self.lab.tasks[number - 1])
                    if broke:
                        self._find(seed, "solution" if number else "start", 0, broke)
                        break
                    here = [scenario for scenario in scenarios if scenario.after == number]
                    for found in players.map(lambda scenario: self._play(line, scenario), here):
                        self.mutants += found
                self.ran.append(line.root.commands)
        except Unavailable as error:
            self._find(seed, "solution", self.lab.tasks[0].line if self.lab.tasks else 0, (0, _ours(error)), ours=True)

    def _play(self, line: Line, scenario: Scenario) -> list[PlayedMutant]:
        """Play one scenario in a copy of a line's sandbox; return what became of its mutant, if it is one's."""
        if self.watch.stopped:
            return []
        self.watch.doing = f"{scenario.promise}, line {scenario.line}" if scenario.line else scenario.promise
        self.breaks.take()  # what an earlier scenario of this thread left
        mutants: list[PlayedMutant] = []
        try:
            with line.copy() as sandbox:
                for found in scenario.play(sandbox):
                    if isinstance(found, PlayedMutant):
                        mutants.append(found)
                    else:
                        self._find(line.seed, scenario.promise, scenario.line, found)
                self.ran.append(sandbox.commands)
        except Unavailable as error:
            self._find(line.seed, scenario.promise, scenario.line, (0, _ours(error)), ours=True)
        self.watch.played += 1
        return mutants

    def _find(self, seed: str, promise: str, own: int, failure: Failure, *, ours: bool = False) -> None:
        line, message = failure
        self.findings.append(Finding(self.lab.path, line or own, promise, f"seed {seed}: {message}", ours))


def _ours(error: Unavailable) -> str:
    return f"could not be played, which is our fault: {error}"
