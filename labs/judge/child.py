"""The author's side: a forked, jailed process that judges one call, says so on a pipe, and is gone."""

from __future__ import annotations

import json
import logging
import os
import resource
import sys
import traceback
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import urllib3.util.connection

import graders
from graders import Check, CheckCall, expect, registry, run
from labs.judge.limits import Limits
from labs.judge.verdict import REASON, TEXT
from labs.judge.warm import WarmAccount
from labs.sandboxes.forking import let_go
from labs.sandboxes.jail import Jail, Mode, die_with_parent, python_paths
from labs.sandboxes.links import asker

FILE = "checks.py"
OWN = "lab."
# Our own code that an author may import late; `labs` and all above it are out of sight.
GRADERS = Path(graders.__file__).parent
SYSTEM_FILES = ("/etc/ssl", "/lib", "/lib64", "/usr/lib")  # certificates, and what a package loads late
OUT, CONTROL = 3, 4


@dataclass(frozen=True)
class Task:
    """What one child judges: one call of an author's function, or several `expect`, which run no code of an author's.

    `account` is BotoAccount's description; `checks` the text of the lab's checks.py.
    """

    calls: Sequence[CheckCall]
    checks: str
    account: Mapping[str, Any]
    warm: WarmAccount


def jail_of(uid: int | None, limits: Limits) -> Jail:
    """Return the jail of a check: it reads Python, writes nothing, opens no socket, starts nothing."""
    return Jail(
        read=[*python_paths(), GRADERS, *SYSTEM_FILES],
        memory=limits.memory,
        cpu_seconds=int(limits.check_seconds) + 1,
        file_size=0,
        open_files=64,
        uid=uid,
    )


def judge(task: Task, jail: Jail, mode: Mode, *, out: int, control: int) -> NoReturn:
    """In a forked child: enter the jail, judge, answer on the pipe `out`. Never returns, whatever the author wrote."""
    code = 70
    try:
        let_go(out, control)
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
        jail.enter(mode)
        die_with_parent()  # after the jail: the kernel forgets it when the uid changes
        _judge(task)
        code = 0
    except BaseException as error:  # SystemExit and KeyboardInterrupt are no way out either
        _say({"outcome": "error", "reason": _where(error)})
    finally:
        os._exit(code)


def _judge(task: Task) -> None:
    urllib3.util.connection.create_connection = asker(CONTROL)
    why = _Why()
    log = logging.getLogger("graders")
    log.handlers, log.propagate = [why], False
    account = task.warm.become(task.account)
    for call in task.calls:
        result = run(call, account, _own(call, task.checks))
        _say({**result.to_dict(), "try_": result.try_, "reason": why.reason})


def _own(call: CheckCall, source: str) -> dict[str, Check]:
    """Run the author's file, and return the one check of it that is asked for. Raises whatever the author likes."""
    if not call.name.startswith(OWN):
        return {"expect": expect.expect}  # the catalogue is not here
    name = call.name.removeprefix(OWN)
    module = types.ModuleType("lab")
    module.__file__ = FILE
    sys.modules["lab"] = module
    exec(compile(source, FILE, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - in the jail
    found = getattr(module, name, None)
    if not isinstance(found, Check):
        raise registry.UnknownCheck(call.name, "")
    return {call.name: found}


class _Why(logging.Handler):
    """Hears why a check broke."""

    reason = ""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        self.reason = _where(error) if error else record.getMessage()


def _where(error: BaseException) -> str:
    """Return "checks.py:12: ZeroDivisionError: division by zero"."""
    try:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == FILE]
        said = f"{type(error).__name__}: {error}"[:REASON]
        return f"{FILE}:{lines[-1]}: {said}" if lines else said
    except BaseException:  # an exception's own __str__ is the author's, too
        return type(error).__name__


def _say(message: dict[str, Any]) -> None:
    known = {name: str(message.get(name) or "")[:TEXT] for name in (*_TEXTS, "outcome", "reason")}
    data = json.dumps(known).encode() + b"\n"
    while data:
        data = data[os.write(OUT, data) :]


_TEXTS = ("looked_at", "found", "needed", "try_", "counterexample")
