"""What a learner does in the Resources tab: their own calls, by their own key, as any tool of theirs would make them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import jmespath
from botocore.exceptions import BotoCoreError, ClientError

from graders import BotoAccount
from labs.acting import boto_account
from labs.explorer.model import Call, Kept
from labs.models import ApiCall, LabSession, Sandbox
from labs.selectors import last_seq, provider_for, ref_of
from labs.services.refusals import Away, Frozen, NotReady

TOOL: Final = "skylab-explorer"
_BEYOND: Final = 2000  # characters of an error's text


@dataclass(frozen=True)
class Made:
    """A call that was made, and what AWS answered."""

    call: Call
    answer: Mapping[str, Any]


@dataclass(frozen=True)
class Fault:
    """AWS's own refusal of a call."""

    call: Call
    code: str
    message: str
    seq: int | None = None  # in the API log


@dataclass(frozen=True)
class Saved:
    """What became of the calls: all were made, or all before the one refused. `changes` can be undone, newest first."""

    made: tuple[Made, ...]
    fault: Fault | None
    changes: tuple[int, ...]


def make_calls(*, session: LabSession, calls: Sequence[Call]) -> Saved:
    """Make calls as the learner, one after the other, until one is refused.

    :raises NotReady: the sandbox is being built, or is over.
    :raises Frozen: it is kept as it is.
    :raises Away: it does not answer.
    """
    if not session.is_ready:
        raise NotReady(session)
    if session.sandbox.state == Sandbox.State.FROZEN:
        raise Frozen
    account = learner_account(session)
    before = last_seq(session.sandbox)
    made: list[Made] = []
    kept: dict[str, Any] = {}
    fault = None
    for call in calls:
        try:
            answer = _make(account, call, kept)
        except ClientError as error:
            fault = _fault(session, call, error, before)
            break
        except BotoCoreError as error:
            if not made:
                raise Away from error
            fault = Fault(
                call, type(error).__name__, "The sandbox did not answer this call. That is our fault: try again."
            )
            break
        made.append(Made(call, answer))
        if call.keep:
            kept[call.keep[0]] = jmespath.search(call.keep[1], answer)
    return Saved(tuple(made), fault, _changes(session, before))


def learner_account(session: LabSession) -> BotoAccount:
    """Return the sandbox as the learner's tools see it, by the address that our own processes use."""
    provider, ref = provider_for(session), ref_of(session.sandbox)
    inside = provider.grader_credentials(ref).endpoint_url
    account = boto_account(replace(provider.learner_credentials(ref), endpoint_url=inside))
    account.speak_as(TOOL)
    return account


def _make(account: BotoAccount, call: Call, kept: Mapping[str, Any]) -> dict[str, Any]:
    parameters = {name: _filled(value, kept) for name, value in call.parameters.items()}
    answer: dict[str, Any] = getattr(account.client(call.service, call.region or None), call.operation)(**parameters)
    found = {name: _read(value) for name, value in answer.items() if name != "ResponseMetadata"}
    return found


def _filled(value: Any, kept: Mapping[str, Any]) -> Any:
    match value:
        case Kept():
            return kept.get(str(value))
        case Mapping():
            return {name: _filled(one, kept) for name, one in value.items()}
        case list() | tuple():
            return [_filled(one, kept) for one in value]
    return value


def _read(value: Any) -> Any:
    """Return what a stream holds, as far as one can look at it here."""
    if not hasattr(value, "read"):
        return value
    try:
        return value.read(64 << 10)
    finally:
        value.close()


def _fault(session: LabSession, call: Call, error: ClientError, before: int) -> Fault:
    said = error.response.get("Error", {})
    code = str(said.get("Code", "")) or "Error"
    row = _rows(session, before).filter(status__gte=400).order_by("-seq").first()
    return Fault(call, code, str(said.get("Message", "") or "AWS gave no reason.")[:_BEYOND], row.seq if row else None)


def _changes(session: LabSession, before: int) -> tuple[int, ...]:
    rows = _rows(session, before).filter(mutating=True, status__lt=400, undone_by=None)
    return tuple(rows.order_by("-seq").values_list("seq", flat=True))


def _rows(session: LabSession, before: int) -> Any:
    sandbox = session.sandbox
    return ApiCall.objects.filter(sandbox=sandbox, epoch=sandbox.epoch, source="learner", tool=TOOL, seq__gt=before)
