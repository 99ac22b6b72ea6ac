"""REST APIs: a stage serves what was there when it was deployed.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

from __future__ import annotations

import base64
import json
from collections import defaultdict
from typing import Any, Final

from moto.apigateway.models import apigateway_backends

from labs.sandboxes.emulated.functions.api_common import Asked, Said, best, call_function, may_invoke, said
from labs.sandboxes.emulated.functions.wire import read_json
from labs.sandboxes.emulated.world import SOURCE_ADDRESS, WORLD

__all__ = ["event", "serve", "snapshot"]

_ALLOWED: Final = frozenset({"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"})


def snapshot(api: Any) -> dict[str, dict[str, Any]]:
    """Return what a deployment keeps of an API: paths, their methods and integrations."""
    made: dict[str, dict[str, Any]] = {}
    for resource in api.resources.values():
        methods = {}
        for name, method in resource.resource_methods.items():
            integration = method.method_integration
            methods[name] = {
                "authorization": method.authorization_type or "NONE",
                "key": str(method.api_key_required).lower() == "true",
                "integration": _integration(integration) if integration is not None else None,
            }
        made[resource.get_path()] = {"id": resource.id, "methods": methods}
    return made


def _integration(integration: Any) -> dict[str, Any]:
    responses = integration.integration_responses or {}
    return {
        "type": str(integration.integration_type),
        "uri": str(integration.uri or ""),
        "credentials": integration.credentials,
        "templates": dict(integration.request_templates or {}),
        "responses": {
            status: {"headers": dict(each.response_parameters or {}), "templates": dict(each.response_templates or {})}
            for status, each in responses.items()
        },
    }


def serve(asked: Asked) -> Said:
    """Answer a request to a stage of a REST API."""
    backend = apigateway_backends[asked.account][asked.region]
    api = backend.apis[asked.api]
    stage = api.stages.get(asked.stage)
    deployment = api.deployments.get(stage.deployment_id) if stage is not None else None
    paths = getattr(deployment, "snapshot", None)
    if stage is None or paths is None:
        return said(403, "Forbidden")
    found = best(paths, asked.path)
    if found is None:
        return _no_token()
    template, parameters = found
    method = asked.request.method
    methods = paths[template]["methods"]
    chosen = methods.get(method) or methods.get("ANY")
    if chosen is None:
        return _no_token()
    if chosen["authorization"] not in ("NONE", "AWS_IAM"):
        return _not_played(f"authorization by {chosen['authorization']}")
    tail = f"{method}{asked.path if asked.path.startswith('/') else '/' + asked.path}"
    refusal = may_invoke(asked, tail, api.policy, signed=chosen["authorization"] == "AWS_IAM")
    if refusal:
        return refusal
    if chosen["key"] and not _has_key(backend, asked):
        return said(403, "Forbidden")
    integration = chosen["integration"]
    if integration is None:
        return said(500, "Internal server error")
    if integration["type"] == "MOCK":
        return _mock(asked, integration)
    if integration["type"] != "AWS_PROXY":
        return _not_played(f"an integration of type {integration['type']}")
    given = event(asked, template, paths[template]["id"], parameters, stage)
    pattern = "/".join("*" if part.startswith("{") else part for part in template.split("/"))
    answer = call_function(
        asked,
        integration["uri"],
        given,
        source=asked.arn(f"{method}{pattern}"),
        role=integration["credentials"],
        variables=stage.variables,
    )
    if answer is None:
        return said(500, "Internal server error")
    payload, error = answer
    return said(502, "Internal server error") if error else _proxied(payload, api, asked)


def _no_token() -> Said:
    return said(403, "Missing Authentication Token", "MissingAuthenticationTokenException")


def _not_played(what: str) -> Said:
    return said(501, f"API Gateway with {what} is not simulated here. On AWS it may well work.")


def _has_key(backend: Any, asked: Asked) -> bool:
    """Return whether the request carries an enabled key of a usage plan of this stage."""
    given = asked.header("x-api-key")
    for plan in backend.usage_plans.values() if given else ():
        stages = {(each.get("apiId"), each.get("stage")) for each in plan.api_stages}
        if (asked.api, asked.stage) not in stages:
            continue
        for key in backend.usage_plan_keys.get(plan.id, {}).values():
            held = backend.keys.get(key.id)
            if key.value == given and held is not None and str(held.enabled).lower() == "true":
                return True
    return False


def _mock(asked: Asked, integration: dict[str, Any]) -> Said:
    """Answer as a mock integration whose templates need no VTL."""
    kind = asked.header("content-type").partition(";")[0] or "application/json"
    template = integration["templates"].get(kind, integration["templates"].get("application/json", ""))
    try:
        status = str(json.loads(template)["statusCode"])
    except (ValueError, KeyError, TypeError):
        return said(500, "Internal server error")
    response = integration["responses"].get(status)
    if response is None:
        return said(500, "Internal server error")
    body = next(iter(response["templates"].values()), "") or ""
    if "$" in body or "#" in body:
        return _not_played("mapping templates (VTL)")
    headers = [("content-type", "application/json")]
    for name, value in response["headers"].items():
        headers.append((name.removeprefix("method.response.header.").lower(), str(value).strip("'")))
    return Said(int(status), headers, body.encode())


def event(asked: Asked, template: str, resource_id: str, parameters: dict[str, str], stage: Any) -> dict[str, Any]:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format"""
    headers, query = asked.headers, asked.query
    many_headers, many_query = defaultdict(list), defaultdict(list)
    for name, value in headers:
        many_headers[name].append(value)
    for name, value in query:
        many_query[name].append(value)
    body, encoded = asked.body()
    identity: dict[str, Any] = {
        "accessKey": asked.request.access_key,
        "apiKey": asked.header("x-api-key") or None,
        "caller": None,
        "sourceIp": SOURCE_ADDRESS,
        "user": None,
        "userAgent": asked.header("user-agent") or None,
        "userArn": WORLD.caller if asked.request.access_key else None,
    }
    return {
        "resource": template,
        "path": asked.path,
        "httpMethod": asked.request.method,
        "headers": dict(headers) or None,
        "multiValueHeaders": dict(many_headers) or None,
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": dict(many_query) or None,
        "pathParameters": parameters or None,
        "stageVariables": dict(stage.variables) or None,
        "requestContext": {
            "resourceId": resource_id,
            "resourcePath": template,
            "httpMethod": asked.request.method,
            "extendedRequestId": asked.request_id[:8],
            "requestTime": asked.written_time(),
            "path": f"/{asked.stage}{asked.path}",
            "accountId": asked.account,
            "protocol": "HTTP/1.1",
            "stage": asked.stage,
            "domainPrefix": asked.api,
            "requestTimeEpoch": int(WORLD.at * 1000),
            "requestId": asked.request_id,
            "identity": identity,
            "domainName": f"{asked.api}.execute-api.{asked.region}.amazonaws.com",
            "apiId": asked.api,
        },
        "body": body,
        "isBase64Encoded": encoded,
    }


def _proxied(payload: bytes, api: Any, asked: Asked) -> Said:
    """Return what a function's answer makes; 502 for one that is malformed."""
    malformed = said(502, "Internal server error")
    try:
        answer = read_json(payload)
    except ValueError:
        return malformed
    if not isinstance(answer, dict) or not set(answer) <= _ALLOWED:
        return malformed
    status, body = answer.get("statusCode", 200), answer.get("body")
    if isinstance(status, str) and status.isdigit():
        status = int(status)
    if not isinstance(status, int) or isinstance(status, bool) or not 100 <= status <= 599:
        return malformed
    if body is not None and not isinstance(body, str):
        return malformed
    headers: list[tuple[str, str]] = []
    single, many = answer.get("headers") or {}, answer.get("multiValueHeaders") or {}
    if not isinstance(single, dict) or not isinstance(many, dict):
        return malformed
    for name, values in many.items():
        headers += [(str(name).lower(), str(value)) for value in (values if isinstance(values, list) else [values])]
    named = {name for name, _ in headers}
    headers += [(str(name).lower(), str(value)) for name, value in single.items() if str(name).lower() not in named]
    if not any(name == "content-type" for name, _ in headers):
        headers.append(("content-type", "application/json"))
    data = (body or "").encode()
    if answer.get("isBase64Encoded") and _is_binary(api, asked):
        try:
            data = base64.b64decode(data, validate=True)
        except ValueError:
            return malformed
    return Said(status, headers, data)


def _is_binary(api: Any, asked: Asked) -> bool:
    """Return whether the API turns base64 into bytes for this client: by the first type that it accepts."""
    wanted = asked.header("accept").partition(",")[0].partition(";")[0].strip()
    kinds = api.binaryMediaTypes or []
    return "*/*" in kinds or wanted in kinds
