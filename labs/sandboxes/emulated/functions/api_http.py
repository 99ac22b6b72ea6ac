"""HTTP APIs: routes to functions, in either payload format.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
"""

from __future__ import annotations

import base64
import json
from collections import defaultdict
from typing import Any

from moto.apigatewayv2.models import apigatewayv2_backends

from labs.sandboxes.emulated.functions import api_rest
from labs.sandboxes.emulated.functions.api_common import Asked, Said, best, call_function, may_invoke, said
from labs.sandboxes.emulated.functions.wire import read_json
from labs.sandboxes.emulated.world import SOURCE_ADDRESS, WORLD

__all__ = ["serve"]


def serve(asked: Asked) -> Said:
    """Answer a request to a stage of an HTTP API."""
    api = apigatewayv2_backends[asked.account][asked.region].apis[asked.api]
    stage = api.stages.get(asked.stage)
    if stage is None or api.protocol_type != "HTTP":
        return said(404, "Not Found")
    found = _route(api, asked)
    if found is None:
        return said(404, "Not Found")
    route, parameters = found
    method = asked.request.method
    kind = route.authorization_type or "NONE"
    if kind not in ("NONE", "AWS_IAM"):
        return said(501, f"API Gateway with authorization by {kind} is not simulated here. On AWS it may well work.")
    tail = f"{method}{asked.path}"
    if may_invoke(asked, tail, None, signed=kind == "AWS_IAM"):
        return said(403, "Forbidden")
    integration = api.integrations.get(str(route.target or "").removeprefix("integrations/"))
    if integration is None:
        return said(500, "Internal Server Error")
    if integration.integration_type != "AWS_PROXY" or integration.integration_subtype:
        what = f"an integration of type {integration.integration_type}"
        return said(501, f"API Gateway with {what} is not simulated here. On AWS it may well work.")
    version = str(integration.payload_format_version or "1.0")
    event = _event(asked, route, parameters, stage) if version == "2.0" else _old_event(asked, route, parameters, stage)
    source = asked.arn("$default" if route.route_key == "$default" else tail)
    answer = call_function(
        asked,
        str(integration.integration_uri or ""),
        event,
        source=source,
        role=integration.credentials_arn,
        variables=stage.stage_variables or {},
    )
    if answer is None or answer[1]:
        return said(500, "Internal Server Error")
    return _answered(answer[0], version)


def _route(api: Any, asked: Asked) -> tuple[Any, dict[str, str]] | None:
    """Return the route that fits best: the method's own before ANY's, $default last."""
    method = asked.request.method
    for wanted in (method, "ANY"):
        paths = {
            each.route_key.partition(" ")[2]: each
            for each in api.routes.values()
            if each.route_key.partition(" ")[0] == wanted
        }
        found = best(paths, asked.path)
        if found:
            return paths[found[0]], found[1]
    default = next((each for each in api.routes.values() if each.route_key == "$default"), None)
    return (default, {}) if default is not None else None


def _event(asked: Asked, route: Any, parameters: dict[str, str], stage: Any) -> dict[str, Any]:
    """Return an event in format 2.0."""
    joined: dict[str, list[str]] = defaultdict(list)
    for name, value in asked.headers:
        joined[name.lower()].append(value)
    cookies = joined.pop("cookie", [])
    query: dict[str, list[str]] = defaultdict(list)
    for name, value in asked.query:
        query[name].append(value)
    body, encoded = asked.body()
    path = asked.path if asked.stage == "$default" else f"/{asked.stage}{asked.path}"
    context: dict[str, Any] = {
        "accountId": asked.account,
        "apiId": asked.api,
        "domainName": f"{asked.api}.execute-api.{asked.region}.amazonaws.com",
        "domainPrefix": asked.api,
        "http": {
            "method": asked.request.method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": SOURCE_ADDRESS,
            "userAgent": asked.header("user-agent"),
        },
        "requestId": asked.request_id,
        "routeKey": route.route_key,
        "stage": asked.stage,
        "time": asked.written_time(),
        "timeEpoch": int(WORLD.at * 1000),
    }
    if asked.request.access_key:
        context["authorizer"] = {"iam": {"accessKey": asked.request.access_key, "userArn": WORLD.caller}}
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route.route_key,
        "rawPath": path,
        "rawQueryString": asked.request.query,
        "headers": {name: ",".join(values) for name, values in joined.items()},
        "requestContext": context,
        "isBase64Encoded": encoded,
    }
    if cookies:
        event["cookies"] = [each.strip() for line in cookies for each in line.split(";")]
    if query:
        event["queryStringParameters"] = {name: ",".join(values) for name, values in query.items()}
    if parameters:
        event["pathParameters"] = parameters
    if stage.stage_variables:
        event["stageVariables"] = dict(stage.stage_variables)
    if body is not None:
        event["body"] = body
    return event


def _old_event(asked: Asked, route: Any, parameters: dict[str, str], stage: Any) -> dict[str, Any]:
    """Return an event in format 1.0: a REST API's, with a version."""

    class _Stage:
        variables = dict(stage.stage_variables or {})

    resource = route.route_key.partition(" ")[2] or route.route_key
    return {"version": "1.0"} | api_rest.event(asked, resource, route.route_id, parameters, _Stage)


def _answered(payload: bytes, version: str) -> Said:
    """Return what a function's answer makes; in format 2.0 anything without a statusCode is a body."""
    try:
        answer = read_json(payload)
    except ValueError:
        return said(500, "Internal Server Error")
    if not isinstance(answer, dict) or "statusCode" not in answer:
        if version != "2.0":
            return said(500, "Internal Server Error")
        data = answer.encode() if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False).encode()
        return Said(200, [("content-type", "application/json")], data)
    status, body = answer["statusCode"], answer.get("body", "")
    headers = answer.get("headers") or {}
    try:
        status = int(status)
        if not 100 <= status <= 599 or not isinstance(headers, dict):
            raise ValueError
        text = body if isinstance(body, str) else "" if body is None else json.dumps(body)
        data = base64.b64decode(text, validate=True) if answer.get("isBase64Encoded") else text.encode()
    except (TypeError, ValueError):
        return said(500, "Internal Server Error")
    told = [(str(name).lower(), str(value)) for name, value in headers.items()]
    if version == "2.0":
        told += [("set-cookie", str(each)) for each in answer.get("cookies") or []]
    if not any(name == "content-type" for name, _ in told):
        told.append(("content-type", "text/plain;charset=UTF-8" if version == "2.0" else "application/json"))
    return Said(status, told, data)
