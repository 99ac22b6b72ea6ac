"""`manage.py lab test` and `manage.py test_labs`: the proofs of labs, told to people or to programs."""

from __future__ import annotations

import json
import time
from argparse import BooleanOptionalAction
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from labs.authoring.places import VERSION, BadUsage, Examined, examine, finding, folders, stamps, wait_for_change
from labs.content import Lab
from labs.content.schema import nearest
from labs.mutants import mutants as mutants_of
from labs.proof import ProofReport, prove
from labs.proof_host import Host, proof_host
from labs.sandboxes import Unavailable

LABS = 2  # at a time: while one waits for its last scenario of a task, the other goes on
PLAYERS = 3  # scenarios of all of them
PROMISED_SECONDS = 20  # for the proof of one lab
Say = Callable[[str], object]


@dataclass(frozen=True)
class Wanted:
    """What is to be proved, and how."""

    names: Sequence[str]
    catalog: Path
    json: bool = False
    seeds: int = 3
    mutants: bool = True
    mutant: str = ""  # the id of the one that is played, alone
    watch: bool = False


@dataclass
class Round:
    """The labs as they were read, and the reports of those that could be."""

    examined: list[Examined]
    reports: list[ProofReport] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Return whether every lab could be read and keeps its promises."""
        return all(one.lab for one in self.examined) and all(report.ok for report in self.reports)

    def to_dict(self) -> dict[str, Any]:
        """Return it all for a program. The keys are promised in docs/author.md."""
        return {
            "version": VERSION,
            "ok": self.ok,
            "findings": [finding(problem) for one in self.examined for problem in one.problems],
            "labs": [report.to_dict() | {"seconds": _seconds(report)} for report in self.reports],
            "seconds": round(sum(map(_seconds, self.reports)), 1),
        }

    def times(self) -> str:
        """Return how long each proof took, the longest first."""
        longest = sorted(self.reports, key=_seconds, reverse=True)
        lines = [
            f"  {_seconds(report):6.1f} s  {report.slug}{'  (more than promised)' * (_seconds(report) > PROMISED_SECONDS)}"
            for report in longest
        ]
        over = sum(_seconds(report) > PROMISED_SECONDS for report in self.reports)
        head = f"{len(longest)} proofs in {sum(map(_seconds, longest)):.0f} s, {over} of them in more than"
        return "\n".join([f"{head} {PROMISED_SECONDS} s each:", *lines])


def add_arguments(parser: CommandParser) -> None:
    """Add what `lab test` and `test_labs` both take."""
    parser.add_argument("names", nargs="*", metavar="SLUG|PATH", help="labs to prove; all where none is named")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--seeds", type=int, default=3, help="for how many learners each solution is tried")
    parser.add_argument(
        "--mutants", action=BooleanOptionalAction, default=True, help="play each solution with one change, too"
    )
    parser.add_argument("--mutant", default="", metavar="ID", help="play this mutant only, and say what happened")
    parser.add_argument("--watch", action="store_true", help="prove again whenever a file changes, until Ctrl-C")


def run(wanted: Wanted, *, out: Say, err: Say) -> int:
    """Prove labs; return the exit status: 0 all hold, 1 not so. Raises BadUsage, and Unavailable without a sandbox."""
    if wanted.seeds < 1:
        raise BadUsage("Each solution is tried for at least one learner: --seeds 1.")
    places = folders(wanted.names, wanted.catalog)
    known = stamps(places)
    first = [examine(place) for place in places]
    _check_mutant(wanted.mutant, first)
    with proof_host() as host:
        done = _prove(wanted, first, host, out, err)
        while wanted.watch:
            try:
                if not wanted.json:
                    out("Waiting for a file to change; Ctrl-C ends it.")
                known, before = wait_for_change(places, known), known
                done = _prove(wanted, [examine(place) for place in _changed(places, before, known)], host, out, err)
            except KeyboardInterrupt:
                break
    return 0 if done.ok else 1


def _changed(places: Sequence[Path], before: dict[str, Any], now: dict[str, Any]) -> list[Path]:
    paths = {path for path in before.keys() | now.keys() if before.get(path) != now.get(path)}
    return [place for place in places if any(path.startswith(f"{place}/") for path in paths)]


def _check_mutant(id: str, examined: Sequence[Examined]) -> None:
    if not id:
        return
    known = {mutant.id for one in examined if one.lab for task in one.lab.tasks for mutant in mutants_of(task)}
    if id not in known:
        slugs = ", ".join(one.slug for one in examined)
        raise BadUsage(f"There is no mutant {id} in {slugs}. {nearest(id, known)}".strip())


def _prove(wanted: Wanted, examined: list[Examined], host: Host, out: Say, err: Say) -> Round:
    done = Round(examined)
    for one in examined:
        for problem in one.problems:
            err(str(problem))
    began = time.monotonic()
    # Who has the most to play begins first, lest all others wait for it at the end.
    labs = sorted((one.lab for one in examined if one.lab), key=_mutants_in, reverse=True)
    reports: dict[str, ProofReport] = {}
    with ThreadPoolExecutor(PLAYERS) as players, ThreadPoolExecutor(LABS) as provers:
        prove_one = partial(
            prove,
            provider=host.provider,
            runner=host.runner,
            make_ref=host.make_ref,
            judge=host.judge,
            seeds=range(1, wanted.seeds + 1),
            mutants=wanted.mutants,
            only=wanted.mutant,
            players=players,
        )
        proofs = {provers.submit(prove_one, lab): lab for lab in labs}
        for proof in as_completed(proofs):
            report = reports[proofs[proof].slug] = proof.result()
            if not wanted.json:
                out(report.text())
            if wanted.mutant and not wanted.json:
                _tell_mutants(proofs[proof], report, out)
    done.reports += [reports[one.lab.slug] for one in examined if one.lab]
    if wanted.json:
        out(json.dumps(done.to_dict(), indent=None if wanted.watch else 2))
    elif len(done.reports) > 1:
        out(f"{done.times()}\n  {time.monotonic() - began:6.1f} s  together")
    return done


def _tell_mutants(lab: Lab, report: ProofReport, out: Say) -> None:
    """Tell the commands of each mutant that was played, and what became of it."""
    blocks = {(one.task, one.id): one.blocks for task in lab.tasks for one in mutants_of(task)}
    for played in report.mutants:
        out(f"{played}\n")
        out("\n".join(block.text for block in blocks[played.task, played.id]))


def _mutants_in(lab: Lab) -> int:
    return sum(len(mutants_of(task)) for task in lab.tasks)


def _seconds(report: ProofReport) -> float:
    return round(report.milliseconds / 1000, 1)


__all__ = ["BadUsage", "Unavailable", "Wanted", "add_arguments", "run"]
