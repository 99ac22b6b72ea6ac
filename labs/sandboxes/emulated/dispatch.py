"""One AWS call, from the frame to moto's handler and back: named, permitted, seeded, answered, told to the journal.

moto's handlers are called as its botocore stubber does, with a request for the canonical AWS url; no Flask, no socket.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from moto.core.exceptions import ServiceException
from moto.core.request import Request
from moto.moto_api._internal import mock_random
from werkzeug.exceptions import HTTPException

from labs.sandboxes.emulated import determinism, rpcv2, timeline
from labs.sandboxes.emulated.accounts import enter
from labs.sandboxes.emulated.authorization import authorize, forget, settle
from labs.sandboxes.emulated.bodies import inflate, refuse_depth
from labs.sandboxes.emulated.errors import AwsError, code_and_message, not_simulated, render
from labs.sandboxes.emulated.frames import CellRequest, CellResponse
from labs.sandboxes.emulated.hooks import (
    Answer,
    Call,
    front_of,
    run_after,
    run_afterwards,
    run_before,
    run_beforehand,
    run_witnesses,
)
from labs.sandboxes.emulated.lighter import request_of
from labs.sandboxes.emulated.parameters import for_the_log, is_mutating, parse, resource_in
from labs.sandboxes.emulated.principals import bear_learner, find_caller, is_ours, is_start_key, learner_key
from labs.sandboxes.emulated.services import Operation, find_operation, services
from labs.sandboxes.emulated.world import NEVER, WORLD

__all__ = ["answer", "answer_within"]

# Headers that say how the body came, or who one is: facts by now, and no business of moto's.
_DROPPED: Final = frozenset(
    {
        "authorization",
        "connection",
        "content-length",
        "expect",
        "host",
        "transfer-encoding",
        "x-amz-decoded-content-length",
        "x-amz-security-token",
        "x-amz-trailer",
    }
)
_SIGNATURE: Final = frozenset(
    f"x-amz-{name}"
    for name in ("algorithm", "credential", "date", "expires", "signature", "signedheaders", "security-token")
)


def answer(request: CellRequest) -> CellResponse:
    """Answer `request`. Never raises: what goes wrong is an AWS-shaped error."""
    WORLD.at = determinism.CLOCK.now = request.at + WORLD.offset
    if not WORLD.born:
        WORLD.born = True
        determinism.CLOCK.now = WORLD.spec.created_at or request.at
        forget()
        bear_learner()
        determinism.CLOCK.now = request.at
    run_beforehand()
    timeline.advance(WORLD.at)
    if request.service == timeline.TIME:
        return timeline.move_forward(request)
    told = _answer(request)
    if told.mutating:
        run_afterwards()
    if told.mutating or front_of(request.service):
        WORLD.calm = NEVER  # a read leaves nothing behind that could be due: a replay goes without it
    return told


def answer_within(request: CellRequest) -> CellResponse:
    """Answer a call that is made while another one is answered (by a function); the other then goes on as before."""
    now, at, caller, account, ident = determinism.CLOCK.now, WORLD.at, WORLD.caller, WORLD.account, WORLD.request_id
    with determinism.preserved_random(""):
        try:
            WORLD.at = determinism.CLOCK.now = request.at
            return _answer(request)
        finally:
            determinism.CLOCK.now, WORLD.at, WORLD.caller, WORLD.account, WORLD.request_id = (
                now,
                at,
                caller,
                account,
                ident,
            )


def _answer(request: CellRequest) -> CellResponse:
    determinism.seed(f"{WORLD.seed}:{request.seq}")
    if front := front_of(request.service):
        return front(request)
    WORLD.request_id = request_id = str(mock_random.uuid4())
    told = CellResponse(501, [], b"", service=request.service, request_id=request_id)
    protocol, operation = "json", None
    try:
        request = _inflated(request)
        http = _http(request)
        operation = find_operation(request.service, http)
        protocol = operation.protocol
        told.service, told.action, told.mutating = operation.service.name, operation.name, is_mutating(operation)
        status, headers, body = _perform(operation, request, http, told)
        if operation.protocol == "smithy-rpc-v2-cbor" and "smithy-protocol" not in headers:
            status, headers, body = rpcv2.from_json(operation, status, headers, body, request_id)
    except Exception as error:
        refusal = _as_refusal(error, told)
        protocol = getattr(error, "protocol", protocol)
        status, headers, body = render(refusal, protocol=protocol, service=told.service, request_id=request_id)
        told.error_code, told.error_message = refusal.code, refusal.message
    if request.method == "HEAD":
        body = b""
    headers.setdefault("x-amzn-requestid", request_id)
    told.status, told.headers, told.body = status, list(headers.items()), body
    if operation is not None:
        run_witnesses(operation, request, told)
    return told


def _perform(
    operation: Operation, request: CellRequest, http: Request, told: CellResponse
) -> tuple[int, dict[str, str], bytes]:
    if operation.protocol == "smithy-rpc-v2-cbor":
        headers, body = rpcv2.to_json(operation, request.body)
        http = _http(request, path="/", more=headers, body=body)
        operation = Operation(operation.service, operation.name, "json", operation.uri)
    elif operation.protocol in ("json", "rest-json"):
        refuse_depth(request.body)
    parameters = parse(operation, http)
    for value in parameters.values():
        if isinstance(value, str):
            refuse_depth(value)
    told.parameters, told.resource = for_the_log(operation, parameters), resource_in(parameters)
    acting = learner_key() if is_start_key(request.access_key) else request.access_key
    told.principal = WORLD.caller = find_caller(operation, acting)
    call = Call(WORLD.spec, request, operation, parameters, told.principal, http)
    enter(call)
    if call.anonymous and operation.service.name != "s3" and operation.model.auth_type != "none":
        raise AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
    if not is_ours(request.access_key):
        authorize(call, request.access_key)
    ready = run_before(call)
    if ready is None:
        ready = _ask_moto(call)
        if ready.status < 400:
            run_after(call, ready)
    if told.mutating:
        settle(call)
    if ready.status >= 400:
        told.error_code, told.error_message = code_and_message(ready.headers, ready.body)
    told.parameters |= call.notes
    return ready.status, ready.headers, ready.body


def _ask_moto(call: Call) -> Answer:
    service = call.operation.service
    host = service.host.format(region=call.region or "us-east-1")
    handler = service.handler(f"https://{host}{call.http.raw_path}")
    if handler is None:
        raise not_simulated(service.name, call.operation.name)
    try:
        status, headers, body = handler(call.http, call.http.raw_url, call.http.headers)
    except HTTPException as error:
        status, headers, body = error.code or 400, dict(error.get_headers()), error.get_body()
    if status == 404 and not body and service.protocols[0] in ("query", "ec2", "json"):
        raise not_simulated(service.name, call.operation.name)  # moto's way to say: no such action
    data = body.encode() if isinstance(body, str) else bytes(body or b"")
    return Answer(int(status), _plain(headers), data)


def _as_refusal(error: Exception, told: CellResponse) -> AwsError:
    """Return what AWS would say to this exception; one that nobody foresaw is told to us on stderr, not to the caller."""
    if isinstance(error, AwsError):
        return error
    if isinstance(error, NotImplementedError):
        return not_simulated(told.service, told.action)
    if isinstance(error, ServiceException):
        return AwsError(str(error.code), str(error.message), 400)
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{last.filename.rpartition('site-packages/')[2]}:{last.lineno}"
    line = f"cell {WORLD.spec.number}: {told.service}:{told.action}: {type(error).__name__}: {error!s:.300} at {where}"
    print(line.replace("\n", " "), file=sys.stderr, flush=True)
    return AwsError(
        "InternalFailure", "The request processing has failed because of an unknown error in the sandbox.", 500
    )


def _http(
    request: CellRequest, *, path: str = "", more: dict[str, str] | None = None, body: bytes | None = None
) -> Request:
    """Return the request as moto takes it: canonical host, nothing of how it was signed or sent."""
    service = request.service
    region = request.region or "us-east-1"
    host = _host(service, region)
    query = _unsigned_query(request.query)
    headers = dict(_kept(request.headers))
    headers |= more or {}
    headers["Host"] = host
    if request.access_key:
        key = learner_key() if is_start_key(request.access_key) else request.access_key
        scope = f"{key}/20250101/{region}/{service}/aws4_request"
        headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    body = request.body if body is None else body
    return request_of(request.method, host, path or request.path, query, headers, body)


def _inflated(request: CellRequest) -> CellRequest:
    """Return the request without a compressed body (S3 keeps objects as they come)."""
    coding = next((value for name, value in request.headers if name.lower() == "content-encoding"), "")
    if coding.strip().lower() != "gzip" or request.service == "s3":
        return request
    headers = [(name, value) for name, value in request.headers if name.lower() != "content-encoding"]
    return replace(request, headers=headers, body=inflate(request.body))


def _host(service: str, region: str) -> str:
    known = services().get(service)
    return known[0].host.format(region=region) if known else f"unknown.{region}.amazonaws.com"


def _kept(headers: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    for name, value in headers:
        lowered = name.lower()
        if lowered in _DROPPED or lowered.startswith(("x-moto", "x-forwarded")):
            continue
        if lowered == "x-amz-content-sha256" and value.startswith("STREAMING"):
            continue  # the gateway has put the chunks together
        if lowered == "content-encoding":
            value = ",".join(each for each in value.split(",") if each.strip() != "aws-chunked").strip()
            if not value:
                continue
        yield name, value


def _unsigned_query(query: str) -> str:
    """Return `query` without the parameters of a presigned url."""
    if "x-amz-" not in query.lower():
        return query
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode([(name, value) for name, value in pairs if name.lower() not in _SIGNATURE])


def _plain(headers: Any) -> dict[str, str]:
    """Return moto's response headers as name and text, without its own `status`."""
    made: dict[str, str] = {}
    for name, value in dict(headers or {}).items():
        lowered = str(name).lower()
        if lowered not in ("status", "server", "connection") and value is not None:
            made[lowered] = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
    return made
