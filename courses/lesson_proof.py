"""Lessons and sandboxes in step: every runnable block of a lesson runs, as a learner would, and prints what it says.

    with proof_host() as host:
        for failure in prove_lesson(lesson, host): print(failure)

Each lesson has a sandbox of its own, empty as a learner's playground is, and its blocks share one shell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from courses.content import Lesson, RunBlock, matches
from labs.content import Lab, Problem
from labs.sandboxes import Provider, Ref
from labs.sandboxes.runner import Runner, Step, shell

SHORT = 300


class Host(Protocol):
    """Where sandboxes come from: labs.proof_host gives one."""

    @property
    def provider(self) -> Provider: ...

    @property
    def runner(self) -> Runner: ...

    def make_ref(self, region: str) -> Ref: ...


@dataclass(frozen=True)
class Proof:
    """What became of a lesson's blocks."""

    lesson: Lesson
    problems: tuple[Problem, ...]
    commands: int

    @property
    def ok(self) -> bool:
        """Return whether every block did what the lesson says."""
        return not self.problems


def prove_lesson(lesson: Lesson, host: Host, playground: Lab) -> Proof:
    """Run the blocks of a lesson in a fresh sandbox. Raises Unavailable where there is none to be had."""
    blocks = lesson.runnable.blocks
    if not blocks:
        return Proof(lesson, (), 0)
    ref = host.make_ref(playground.region)
    host.provider.start(ref)
    try:
        credentials = host.provider.learner_credentials(ref)
        files = {name: text.encode() for name, text in lesson.runnable.files}
        report = host.runner.run(blocks, credentials, files=files, timeout=120, go_on=True)
    finally:
        host.provider.stop(ref)
    problems: list[Problem] = []
    for block, steps in zip(blocks, _by_block(blocks, report.steps), strict=True):
        if problem := _judge(lesson, block, steps):
            problems.append(problem)
    return Proof(lesson, tuple(problems), len(report.steps))


def _by_block(blocks: Sequence[RunBlock], steps: Sequence[Step]) -> list[list[Step]]:
    found: list[list[Step]] = [[] for _ in blocks]
    for step in steps:
        at = max((n for n, block in enumerate(blocks) if block.line <= step.line), default=0)
        found[at].append(step)
    return found


def _judge(lesson: Lesson, block: RunBlock, steps: Sequence[Step]) -> Problem | None:
    failed = next((step for step in steps if step.exit_code), None)
    if failed and not block.fails:
        said = _short(failed.stderr or failed.stdout) or f"exit code {failed.exit_code}"
        hint = "mend the command; where it is meant to fail, write ```sh run fails"
        return Problem(lesson.path, failed.line, "courses.E080", f"`{_short(failed.command)}` failed: {said}", hint)
    if block.fails and not failed:
        if not steps:
            return Problem(
                lesson.path, block.line, "courses.E082", "the block did not run", "a block above broke the run"
            )
        hint = "take the word fails away, or make it fail"
        return Problem(lesson.path, block.line, "courses.E081", "the block is meant to fail, and went through", hint)
    if not steps and shell.parse(block.text, block.line):
        return Problem(lesson.path, block.line, "courses.E082", "the block did not run", "a block above broke the run")
    if block.expected is None:
        return None
    printed = _printed(block, steps)
    if (differs := matches(block.expected, printed)) is None:
        return None
    place, found = differs
    wanted = block.expected.split("\n")[place] if place < block.expected.count("\n") + 1 else ""
    told = f"the output differs: here it is {_short(found)!r}, and the lesson says {_short(wanted)!r}"
    hint = "write what is printed; ... stands for anything, <name> for a word that differs each time"
    return Problem(lesson.path, block.expected_line + place, "courses.E083", told, hint)


def _printed(block: RunBlock, steps: Sequence[Step]) -> str:
    """Return what a terminal shows of a block: `NAME=$(aws …)` keeps what it prints to itself."""
    kept = {one.line for one in shell.parse(block.text, block.line) if isinstance(one, shell.Aws) and one.into}
    return "".join((step.stdout if step.line not in kept else "") + step.stderr for step in steps)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHORT else f"{line[: SHORT - 1]}…"
