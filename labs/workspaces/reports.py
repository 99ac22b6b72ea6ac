"""A proof's report as a row keeps it: bounded, without paths of this machine, with our faults told apart from the author's."""

from __future__ import annotations

from typing import Any

from labs.proof import Fate, Finding, ProofReport

MOST_FINDINGS = 300
MOST_WORDS = 1200
OURS = (
    "This could not be played: the sandbox, the AWS CLI or the judge did not answer. That is our fault, and says nothing "
    "of the lab."
)
# What checks say where nobody judged them (labs/judge/client.py): no fault of theirs.
_UNJUDGED = "could not be judged: "


def to_row(report: ProofReport) -> dict[str, Any]:
    """Return what is kept of a report."""
    findings = [_finding(one) for one in report.findings]
    unique = list({(one["file"], one["line"], one["promise"], one["message"]): one for one in findings}.values())
    return {
        "findings": unique[:MOST_FINDINGS],
        "more": max(0, len(unique) - MOST_FINDINGS),
        "scenarios": report.scenarios,
        "commands": report.commands,
        "seconds": round(report.milliseconds / 1000, 1),
        "mutants": len(report.mutants),
        "fates": {str(fate): report.count(fate) for fate in Fate},
        "kill_rate": round(100 * report.kill_rate),
    }


def is_ours(finding: Finding) -> bool:
    """Return whether a finding says that something was not seen, and not that something is wrong."""
    return finding.ours or _UNJUDGED in finding.message


def _finding(one: Finding) -> dict[str, Any]:
    ours = is_ours(one)
    return {
        "file": one.path.rpartition("/")[2],
        "line": one.line,
        "promise": one.promise,
        "message": OURS if ours else one.message[:MOST_WORDS],
        "ours": ours,
    }
