"""Calls that a service makes inside the sandbox, for somebody's sake: the same handlers and plug-ins, no network, no journal.

Who may do it is the caller's to have asked; call_as() asks the policy engine for a role.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ParamValidationError
from moto.core.utils import get_service_model

from labs.sandboxes.emulated.errors import AwsError, code_and_message
from labs.sandboxes.emulated.frames import CellResponse
from labs.sandboxes.emulated.tool import Refused, read_answer, request_for
from labs.sandboxes.emulated.world import WORLD

__all__ = ["call", "call_as", "in_account"]


def call(service: str, operation: str, /, *, region: str = "", **parameters: Any) -> dict[str, Any]:
    """Return the answer, with names as boto3 has them. Raises AwsError. `service`: botocore's name."""
    return _call(service, operation, region, parameters, "")


def call_as(
    role: str, session: str, service: str, operation: str, /, *, region: str = "", **given: Any
) -> dict[str, Any]:
    """Call as a session of the role (ARN), which must be allowed to. Raises AwsError."""
    return _call(service, operation, region, given, role, session)


@contextmanager
def in_account(account: str) -> Iterator[None]:
    """Within, moto's state is that account's of this sandbox."""
    before, WORLD.account = WORLD.account, account
    os.environ["MOTO_ACCOUNT_ID"] = account
    try:
        yield
    finally:
        WORLD.account = before
        os.environ["MOTO_ACCOUNT_ID"] = before or WORLD.spec.account_id


def _call(
    service: str, operation: str, region: str, parameters: dict[str, Any], role: str, session: str = ""
) -> dict[str, Any]:
    from labs.sandboxes.emulated import dispatch
    from labs.sandboxes.emulated.authorization import authorize_role
    from labs.sandboxes.emulated.hooks import Call, run_after, run_before
    from labs.sandboxes.emulated.parameters import parse
    from labs.sandboxes.emulated.principals import learner_key
    from labs.sandboxes.emulated.services import find_operation

    model = get_service_model(service)
    place = region or WORLD.spec.region
    try:
        request = request_for(model, operation, parameters, access_key=learner_key(), region=place, at=WORLD.at)
    except ParamValidationError as error:
        raise AwsError("ValidationException", str(error), 400) from error
    http = dispatch._http(request)
    found = find_operation(request.service, http)
    before = WORLD.caller, WORLD.acting
    account = role.split(":")[4] if role else WORLD.account or WORLD.spec.account_id
    if role:
        WORLD.caller = f"arn:aws:sts::{account}:assumed-role/{role.rpartition('/')[2]}/{session}"
    try:
        with in_account(account):
            made = Call(WORLD.spec, request, found, parse(found, http), WORLD.caller, http, account=account)
            if role:
                authorize_role(made, role, session)
            answer = run_before(made)
            if answer is None:
                answer = dispatch._ask_moto(made)
                if answer.status < 400:
                    run_after(made, answer)
    finally:
        WORLD.caller, WORLD.acting = before
    told = CellResponse(answer.status, list(answer.headers.items()), answer.body)
    try:
        parsed = read_answer(model, operation, told)
    except Refused as refusal:
        code, message = code_and_message(answer.headers, answer.body)
        raise AwsError(code, message, answer.status) from refusal
    fault = next((value for name, value in answer.headers.items() if name.lower() == "x-amz-function-error"), "")
    return parsed | ({"FunctionError": fault} if fault else {})
