"""What the sandbox's AWS can do, operation by operation: docs/fidelity.md, made of three sources.

fidelity.yaml says what is known to be partly so; seen.json which operations proofs and tests have called with success;
the rest is what moto or a plug-in of ours has a method for (labs.sandboxes.emulated.coverage, a process of its own: nothing
with Django imports moto).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import botocore.loaders
import yaml
from django.conf import settings

from labs.billing.bill import SECTIONS
from labs.content import load_catalog

__all__ = ["NOTES", "PAGE", "SEEN", "NotSeen", "coverage", "notes", "page", "see", "services"]

_ROOT: Final = Path(__file__).parents[1]
_EMULATED: Final = Path(__file__).parent / "sandboxes" / "emulated"
PAGE: Final = _ROOT / "docs" / "fidelity.md"
NOTES: Final = _EMULATED / "fidelity.yaml"
SEEN: Final = _EMULATED / "seen.json"
_CHECKS: Final = _ROOT / "graders" / "checks"
_ALIASES: Final = {"s3api": "s3", "configservice": "config", "lambda-": "lambda"}
_TESTS: Final = ("tests/labs/gateway/test_real_clients.py", "tests/labs/sandboxes")
# Put into each Python process of the run: what a cell answers well is written to a file.
_WITNESS: Final = """
import os
try:
    from labs.sandboxes.emulated.fleet import Cell
except ImportError:
    pass
else:
    call, known, file = Cell.call, set(), os.open(os.environ["SKYLAB_SEEN"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    async def witnessed(self, request, *args, **kwargs):
        told = await call(self, request, *args, **kwargs)
        name = f"{told.service}:{told.action}"
        if told.status < 400 and told.action and name not in known:
            known.add(name)
            os.write(file, f"{name}\\n".encode())
        return told

    Cell.call = witnessed
"""


class NotSeen(Exception):
    """A proof or a test failed: what it called says nothing."""


def services() -> list[str]:
    """Return the services of the page: those of the labs, of the checks that labs can use, and of the bill."""
    labs = {name for lab in load_catalog(settings.LAB_CATALOG).values() for name in lab.services}
    checks = {each.name.replace("_", "-") for each in _CHECKS.iterdir() if each.is_dir() and each.name[0] != "_"}
    return sorted({_ALIASES.get(name, name) for name in labs | checks | set(SECTIONS)})


def notes() -> dict[str, dict[str, dict[str, str]]]:
    """Return what is known to differ, by service and operation: {"is": "partly" | "not", "note": …}."""
    found: dict[str, dict[str, dict[str, str]]] = yaml.safe_load(NOTES.read_text())
    return found


@cache
def coverage(*names: str) -> dict[str, dict[str, bool]]:
    """Return for each operation of these services whether there is something that plays it; "--all" is all services."""
    said = subprocess.run(
        [sys.executable, "-m", "labs.sandboxes.emulated.coverage", *names],
        check=True, capture_output=True, text=True, cwd=_ROOT,
    )  # fmt: skip
    there: dict[str, dict[str, bool]] = json.loads(said.stdout.splitlines()[-1])
    return there


def page() -> str:
    """Return docs/fidelity.md as it should be."""
    names = services()
    there = coverage(*names)
    seen: dict[str, list[str]] = json.loads(SEEN.read_text())
    known = notes()
    parts = [_section(name, there[name], set(seen.get(name, ())), known.get(name, {})) for name in names]
    return "\n".join([*_HEAD, *_totals(names, there, seen, known), "", *parts]).rstrip() + "\n"


def see(*, anyway: bool = False) -> dict[str, list[str]]:
    """Run proofs and tests, write what they called to seen.json, and return it. Raises NotSeen, unless `anyway`."""
    with tempfile.TemporaryDirectory(prefix="skylab-seen-") as name:
        folder = Path(name)
        (folder / "sitecustomize.py").write_text(_WITNESS)
        environment = {**os.environ, "PYTHONPATH": name, "SKYLAB_SEEN": str(folder / "seen")}
        for command in (
            ["manage.py", "test_labs", "--no-mutants", "--seeds", "1"],
            ["-m", "pytest", "-q", "-p", "no:cacheprovider", *_TESTS],
        ):
            done = subprocess.run(
                [sys.executable, *command], env=environment, cwd=_ROOT, capture_output=True, text=True
            )
            if done.returncode and not anyway:
                raise NotSeen(f"{' '.join(command)} failed:\n{done.stdout[-3000:]}{done.stderr[-1000:]}")
        lines = (folder / "seen").read_text().split()
    found: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        service, _, action = line.partition(":")
        found[service].add(action)
    # The platform's own orders are no service of AWS's.
    known = set(botocore.loaders.create_loader().list_available_services("service-2"))
    seen = {service: sorted(actions) for service, actions in sorted(found.items()) if service in known}
    SEEN.write_text(json.dumps(seen, indent=1) + "\n")
    return seen


# --- The page ----------------------------------------------------------------------------------------------------------

_HEAD: Final = (
    "# What the sandbox's AWS can do",
    "",
    "Made by `manage.py fidelity --write`; do not edit. What differs is noted in `labs/sandboxes/emulated/fidelity.yaml`.",
    "",
    "- **Works**: called with success by a proof of a lab or by a test, and nothing is known to differ from AWS.",
    "- **Partly**: it answers, and the note says what is missing.",
    "- **Answers**: moto plays it; no test of ours has looked.",
    "- **Not simulated**: the call is refused (501 `NotImplemented`), nothing is changed, and it is counted "
    "(`manage.py fidelity --counts`).",
    "",
    "Every call is authorised by the account's own IAM, and quotas are AWS's (`labs/sandboxes/emulated/quotas.py`), below a "
    "ceiling of 2,000 resources a sandbox.",
    "",
)


def _split(
    there: Mapping[str, bool], seen: set[str], known: Mapping[str, Mapping[str, str]]
) -> tuple[list[str], list[str], list[str], list[str]]:
    """Return the operations that work, that do partly, that answer, and that are not simulated."""
    no = [name for name in there if known.get(name, {}).get("is") == "not" or not (there[name] or name in seen)]
    partly = [name for name in there if name in known and name not in no]
    works = [name for name in there if name in seen and name not in partly and name not in no]
    rest = [name for name in there if name not in {*no, *partly, *works}]
    return works, partly, rest, no


def _totals(names: Iterable[str], there: Any, seen: Any, known: Any) -> list[str]:
    rows = ["| service | works | partly | answers | not simulated |", "|---|---:|---:|---:|---:|"]
    for name in names:
        counts = [len(each) for each in _split(there[name], set(seen.get(name, ())), known.get(name, {}))]
        rows.append(f"| [{name}](#{name}) | {' | '.join(map(str, counts))} |")
    return rows


def _section(name: str, there: Mapping[str, bool], seen: set[str], known: Mapping[str, Mapping[str, str]]) -> str:
    works, partly, rest, no = _split(there, seen, known)
    lines = [f"## {name}", ""]
    if works:
        lines += [f"**Works:** {', '.join(works)}.", ""]
    if partly:
        lines += ["**Partly:**", "", *(f"- {each}: {known[each]['note']}." for each in partly), ""]
    if rest:
        lines += [f"**Answers:** {', '.join(rest)}.", ""]
    if no:
        lines += [f"**Not simulated:** {', '.join(no)}.", ""]
    return "\n".join(lines)
