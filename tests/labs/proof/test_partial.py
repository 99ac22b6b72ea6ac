"""Judged after each call by what that call can touch, a lab comes to the same verdicts as judged whole each time.

A contract of every lab of the catalog: here the labs of the foundations and those that were written for tests, and all
of them in `make nightly`. A lab's solutions run as a learner's; then each state on the way is made anew from the
journal and judged twice: all of it, and with the results before it where graders/reach.py says that these still hold.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from graders import Result, reach
from labs.acting import boto_account, copies_of
from labs.content import Lab, load_catalog
from labs.proof.sandbox import Host, Line
from labs.sandboxes import Ref
from labs.sandboxes.emulated.provider import EmulatedProvider
from labs.sandboxes.runner import Runner
from labs.scoring import TaskGrade, grade_lab, still_known
from tests.labs.conftest import SandboxHost

pytestmark = pytest.mark.stack

CATALOG = load_catalog(Path(settings.BASE_DIR) / "labs" / "catalog")
FOUNDATIONS = ("alarm-to-subscriber", "private-bucket-one-reader", "rds-multi-az", "web-and-database-groups")
SOME = CATALOG if os.environ.get("SKYLAB_NIGHTLY") else {slug: CATALOG[slug] for slug in FOUNDATIONS}
LABS = SOME | load_catalog(Path(__file__).parents[1] / "catalog")


@pytest.mark.parametrize("slug", sorted(LABS))
def test_a_lab_judged_by_parts_is_judged_the_same(
    sandbox_host: SandboxHost, provider: EmulatedProvider, runner: Runner, slug: str
) -> None:
    host = Host(provider, runner, sandbox_host.make_sandbox)
    with Line(LABS[slug], "1", host) as line:
        assert line.start() is None
        for task in line.lab.tasks:
            assert line.solve(task) is None
        lab, ref = line.root.lab, line.root.ref
        changes = [row for row in sandbox_host.journal(ref) if row["mutating"]]
        begun = [row["service"] for row in changes if row["source"] == "start"]
        mine = [row for row in changes if row["source"] == "learner"]
        assert mine
        before = _grades(lab, provider, ref, mine[0]["seq"] - 1)
        for place, row in enumerate(mine):
            earlier = begun + [each["service"] for each in mine[: place + 1]]
            still = reach.still_so(since=[row["service"]], lately=earlier, before=earlier)
            known = still_known(lab, {grade.task_id: grade.results for grade in before}, still)
            whole = _grades(lab, provider, ref, row["seq"])
            parts = _grades(lab, provider, ref, row["seq"], known=known)
            assert _said(parts) == _said(whole), f"after {row['service']}:{row['action']}, {sorted(known)} were kept"
            before = parts


def _grades(lab: Lab, provider: EmulatedProvider, ref: Ref, upto: int, **how: Any) -> list[TaskGrade]:
    state = provider.replayed(ref, upto)
    try:
        account = boto_account(provider.grader_credentials(state))
        account.copies = copies_of(provider, state)
        return grade_lab(lab, account, **how)
    finally:
        provider.stop(state)


def _said(grades: list[TaskGrade]) -> list[tuple[str, str, float, list[Result]]]:
    return [
        (grade.task_id, grade.outcome, grade.score, [replace(one, milliseconds=0) for one in grade.results])
        for grade in grades
    ]
