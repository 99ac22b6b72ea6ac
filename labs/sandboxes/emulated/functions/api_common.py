"""What REST and HTTP APIs have in common: the request as they see it, who may call, and the function behind.

https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-call-api.html
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from moto.moto_api._internal import mock_random

from graders.iam import Policies, Policy, Request, decide
from labs.sandboxes.emulated.authorization import people, read, service_may
from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.frames import CellRequest
from labs.sandboxes.emulated.functions import streams
from labs.sandboxes.emulated.functions.invocations import find, invoke
from labs.sandboxes.emulated.principals import is_ours
from labs.sandboxes.emulated.world import SOURCE_ADDRESS, WORLD

__all__ = ["Asked", "Said", "best", "call_function", "may_invoke", "said"]

GATEWAY: Final = "apigateway.amazonaws.com"
_FUNCTION: Final = re.compile(
    r"(?:arn:aws:apigateway:[\w-]+:lambda:path/2015-03-31/functions/)?(arn:aws:lambda:[^/]+)(?:/.*)?"
)
_KINDS: Final = {
    400: "BadRequestException",
    403: "ForbiddenException",
    404: "NotFoundException",
    429: "TooManyRequestsException",
    500: "InternalServerErrorException",
    501: "NotImplemented",
    502: "InternalServerErrorException",
}


@dataclass(slots=True)
class Said:
    """The answer over HTTP."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    error: str = ""


@dataclass(slots=True)
class Asked:
    """One HTTP request to a stage. `path` is decoded, below the stage."""

    request: CellRequest
    api: str
    stage: str
    path: str
    request_id: str = field(default_factory=lambda: str(mock_random.uuid4()))

    @property
    def account(self) -> str:
        """The account that the API is in."""
        return WORLD.spec.account_id

    @property
    def region(self) -> str:
        """The region that the API is in."""
        return self.request.region or WORLD.spec.region

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The request's headers, as a client on the internet sends them."""
        sent = [(name, value) for name, value in self.request.headers if not name.lower().startswith("x-amz-security")]
        known = {name.lower() for name, _ in sent}
        ours = [("Host", f"{self.api}.execute-api.{self.region}.amazonaws.com"), ("X-Forwarded-For", SOURCE_ADDRESS)]
        ours += [("X-Forwarded-Port", "443"), ("X-Forwarded-Proto", "https")]
        return sent + [(name, value) for name, value in ours if name.lower() not in known]

    @property
    def query(self) -> list[tuple[str, str]]:
        """The parameters of the query."""
        return parse_qsl(self.request.query, keep_blank_values=True)

    def header(self, name: str) -> str:
        """Return a header, "" where there is none."""
        return next((value for each, value in self.request.headers if each.lower() == name), "")

    def arn(self, tail: str) -> str:
        """Return the ARN of a call: `tail` is METHOD/path."""
        return f"arn:aws:execute-api:{self.region}:{self.account}:{self.api}/{self.stage}/{tail}"

    def body(self) -> tuple[str | None, bool]:
        """Return the body for an event, and whether it is base64."""
        data = self.request.body
        if not data:
            return None, False
        try:
            return data.decode(), False
        except UnicodeDecodeError:
            return base64.b64encode(data).decode(), True

    def written_time(self) -> str:
        """Return the time as an access log has it."""
        return datetime.fromtimestamp(WORLD.at, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")


def said(status: int, message: str, kind: str = "", *, key: str = "message") -> Said:
    """Return an answer of API Gateway's own."""
    kind = kind or _KINDS.get(status, "")
    headers = [("content-type", "application/json"), ("x-amzn-errortype", kind)]
    return Said(status, headers, json.dumps({key: message}).encode(), kind)


def best(paths: dict[str, Any], path: str) -> tuple[str, dict[str, str]] | None:
    """Return the template among `paths` that fits `path` best, with its parameters: literal before {name} before {name+}."""
    parts = [part for part in path.split("/") if part]
    found: list[tuple[list[int], str, dict[str, str]]] = []
    for template in paths:
        fit = _fit([part for part in template.split("/") if part], parts)
        if fit is not None:
            found.append((fit[0], template, fit[1]))
    if not found:
        return None
    _, template, parameters = min(found, key=lambda each: (each[0], each[1]))
    return template, parameters


def _fit(template: list[str], parts: list[str]) -> tuple[list[int], dict[str, str]] | None:
    ranks: list[int] = []
    parameters: dict[str, str] = {}
    for place, name in enumerate(template):
        if name.startswith("{") and name.endswith("+}"):
            if place >= len(parts):
                return None
            parameters[name[1:-2]] = unquote("/".join(parts[place:]))
            return [*ranks, 2], parameters
        if place >= len(parts):
            return None
        if name.startswith("{") and name.endswith("}"):
            parameters[name[1:-1]] = unquote(parts[place])
            ranks.append(1)
        elif name == parts[place] or name == unquote(parts[place]):
            ranks.append(0)
        else:
            return None
    return (ranks, parameters) if len(template) == len(parts) else None


def may_invoke(asked: Asked, tail: str, policy: Any, *, signed: bool) -> Said | None:
    """Return the refusal of a call that IAM, or the API's own policy, does not allow; None where it may pass.

    `signed`: whether the method asks for AWS_IAM. https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
    """
    key, resource = asked.request.access_key, asked.arn(tail)
    if signed and key is None:
        return said(403, "Missing Authentication Token", "MissingAuthenticationTokenException")
    if (not signed and not policy) or is_ours(key):
        return None
    person = people.find_person(key if signed else None)
    actor = person.actor
    document = read(_whole(policy, asked), "resource") if policy else None
    policies = Policies(
        asked.account,
        actor.identity,
        (Policy("API's resource policy", document),) if document else (),
        actor.boundary,
        actor.session,
        service_control=person.levels,
        management=person.management,
    )
    context = {"aws:sourceip": SOURCE_ADDRESS, "aws:securetransport": "true"}
    if decide(Request(person.principal, "execute-api:Invoke", resource, context, complete=True), policies).allowed:
        return None
    who = WORLD.caller if signed else "anonymous"
    hidden = f"arn:aws:execute-api:{asked.region}:********{asked.account[-4:]}:{asked.api}/{asked.stage}/{tail}"
    message = f"User: {who} is not authorized to perform: execute-api:Invoke on resource: {hidden}"
    return said(403, message, "AccessDeniedException", key="Message")


def _whole(policy: Any, asked: Asked) -> str:
    """Return an API's policy with whole ARNs: "execute-api:/stage/GET/path" is short for the API's own."""
    text = policy if isinstance(policy, str) else json.dumps(policy)
    return text.replace('"execute-api:/', f'"arn:aws:execute-api:{asked.region}:{asked.account}:{asked.api}/')


def call_function(
    asked: Asked, uri: str, event: dict[str, Any], *, source: str, role: str | None, variables: dict[str, str]
) -> tuple[bytes, str] | None:
    """Return the function's payload and error; None where API Gateway may not call it, or it is not there.

    `source` is the ARN of the call that the function's policy sees; `role` a role to call with instead.
    """
    for name, value in variables.items():
        uri = uri.replace(f"${{stageVariables.{name}}}", str(value))
    match = _FUNCTION.fullmatch(uri)
    if not match:
        return None
    arn = match[1]
    try:
        _, _, _, region, account, _ = arn.split(":", 5)
        found = find(account, region, arn)
    except (AwsError, ValueError):
        return None
    if role:
        allowed = streams.role_may(role, "apigateway", "lambda:InvokeFunction", arn)
    else:
        allowed = service_may(GATEWAY, "lambda:InvokeFunction", arn, source=source)
    reserved = found.function.reserved_concurrency
    if not allowed or (reserved is not None and int(reserved) == 0):
        return None
    outcome = invoke(found, json.dumps(event).encode(), request_id=str(mock_random.uuid4()))
    return outcome.payload, outcome.error
