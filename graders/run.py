"""Run one call of a check against an account; whatever happens becomes a Result."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from botocore.exceptions import ClientError

from graders import registry, types
from graders.account import Account, error_code, is_absence, watched
from graders.check import Check, CheckCall, Fail
from graders.probe import CannotAct, copy_of
from graders.reach import EVERYTHING
from graders.result import Outcome, Result

NOISE = re.compile(r"NoSuch|NotFound|NonExistent|DoesNotExist|Exception|Error|Fault|Entity|^AWS\.\w+\.|[^A-Za-z]")
WORD = re.compile(r"[A-Z]{2,}(?=[A-Z][a-z]|$)|[A-Z][a-z]+|[A-Z]+|[a-z]+")

log = logging.getLogger(__name__)

OURS = "We could not look: the fault is ours, and costs you nothing. Please check again in a moment."


def run(call: CheckCall, account: Account, own: Mapping[str, Check] | None = None) -> Result:
    """Never raises: a break of the check itself is the outcome error, logged with its traceback.

    What AWS says is not there is the learner's to make (failed); any other refusal or silence of AWS is ours (error).
    `own` are a lab's own checks: only the judge, in its jail, has any whose function can be called.
    """
    with watched(account) as seen:
        result = _run(call, account, own)
    acts = EVERYTHING in result.reads
    return result if acts else replace(result, reads=tuple(sorted(seen)))


def _run(call: CheckCall, account: Account, own: Mapping[str, Check] | None) -> Result:
    started = time.perf_counter()
    title = call.title or call.name
    reads: tuple[str, ...] = (EVERYTHING,)  # until it is known that it does not act

    def result(outcome: Outcome, fail: Fail | None = None) -> Result:
        spent = round((time.perf_counter() - started) * 1000)
        texts = fail.texts() if fail else {}
        return Result(check=call.name, title=title, outcome=outcome, milliseconds=spent, reads=reads, **texts)

    try:
        check = registry.get(call.name, own)
        title = call.title or check.title(call.parameters)
        if check.acts:
            with copy_of(account) as copy:
                _bound(check, call)(copy)
        else:
            reads = ()
            _bound(check, call)(account)
    except Fail as fail:
        return result(Outcome.FAILED, fail)
    except ClientError as error:
        if is_absence(error):
            return result(Outcome.FAILED, absence(error, call))
        log.exception("check %s was refused by AWS", call.name)
        return result(Outcome.ERROR, Fail(OURS))
    except CannotAct as error:
        return result(Outcome.ERROR, Fail(str(error)))
    except Exception:
        log.exception("check %s broke", call.name)
        return result(Outcome.ERROR, Fail(OURS))
    return result(Outcome.PASSED)


def absence(error: ClientError, call: CheckCall) -> Fail:
    """AWS's "there is no such thing" as a learner's sentence: by the call's name for it, else by AWS's error code."""
    message = str(error.response.get("Error", {}).get("Message", ""))
    names = [str(value) for value in (call.parameters.get("with") or call.parameters).values()]
    named = next((name for name in names if name and name in message), names[0] if len(names) == 1 else "")
    thing = " ".join(WORD.findall(NOISE.sub("", error_code(error)))).lower()
    found = "{named} does not exist." if named else "What the task asks for does not exist."
    if thing and thing != "bucket":
        found = "The {thing} of {named} does not exist." if named else "The {thing} does not exist."
    return Fail(
        found,
        looked_at="{operation}",
        needed="It exists, in this account and region.",
        try_="Create it, or compare the name and the region letter by letter.",
        named=named,
        thing=thing,
        operation=" ".join(WORD.findall(error.operation_name)).lower(),
    )


def _bound(check: Check, call: CheckCall) -> Callable[[Account], None]:
    if check.validator is not None:
        return lambda account: check.function(account, **call.parameters)
    declared = {one.name: one.annotation for one in check.parameters}
    parameters = {name: types.convert(value, declared[name]) for name, value in call.parameters.items()}
    return lambda account: check.function(account, **parameters)
