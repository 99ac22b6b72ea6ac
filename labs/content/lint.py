"""What is allowed in a lab, and better not so: the warnings."""

from __future__ import annotations

from collections.abc import Iterable

from labs.content.lexer import Report
from labs.content.model import Task


def lint(*, level: str, unused: Iterable[tuple[str, int]], tasks: Iterable[Task], report: Report) -> None:
    """Report W001 check without a near miss, W002 `unused` parameter (name, line), W003 guided task without a hint."""
    tasks = tuple(tasks)
    for name, line in unused:
        report(line, "labs.W002", f"parameter {name} is never used", f"write {{{{ {name} }}}} somewhere")
    missed = {name for task in tasks for near_miss in task.near_misses for name in near_miss.fails}
    for task in tasks:
        for check in task.checks:
            if not {check.name, check.title} & missed:
                hint = "a check that was never seen to fail may never fail"
                report(check.line, "labs.W001", f"no near miss fails {check.title or check.name}", hint)
        if not task.hints and level == "guided":
            report(task.line, "labs.W003", f"task {task.id} has no hint", "a guided lab helps who is stuck")
