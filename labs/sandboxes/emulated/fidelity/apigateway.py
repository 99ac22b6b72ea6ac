"""API Gateway: deployments keep what they deploy, and stages answer over HTTP.

    /restapis/<api>/<stage>/_user_request_/<path>      a REST API
    /apis/<api>/<stage>/<path>                         an HTTP API
    /execute-api/<api>/<stage>/<path>                  either; the form of the host <api>.execute-api.…

https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-deploy-api.html
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any, Final
from urllib.parse import unquote

from moto.apigateway.models import RestAPI, apigateway_backends
from moto.apigatewayv2.models import apigatewayv2_backends
from moto.moto_api._internal import mock_random

from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.frames import CellRequest, CellResponse
from labs.sandboxes.emulated.functions import api_http, api_rest
from labs.sandboxes.emulated.functions.api_common import Asked, Said, said
from labs.sandboxes.emulated.hooks import Answer, Call, after, front
from labs.sandboxes.emulated.principals import find_caller, is_start_key, learner_key
from labs.sandboxes.emulated.services import Operation, services
from labs.sandboxes.emulated.world import WORLD

_REST: Final = re.compile(r"/restapis/([A-Za-z0-9]+)/([^/]+)/_user_request_(/.*)?")
_HTTP: Final = re.compile(r"/apis/([A-Za-z0-9]+)(/.*)?")
_HOST: Final = re.compile(r"/execute-api/([A-Za-z0-9]+)(/.*)?")


def install() -> None:
    """Let a deployment keep the API as it is; moto would register it with a library that fakes HTTP for tests."""
    RestAPI.update_integration_mocks = lambda self, stage_name: None
    deploy = RestAPI.create_deployment

    def deploy_and_keep(self: Any, *args: Any, **kwargs: Any) -> Any:
        made = deploy(self, *args, **kwargs)
        made.snapshot = api_rest.snapshot(self)
        return made

    RestAPI.create_deployment = deploy_and_keep


@after("apigatewayv2", "CreateApi")
def a_target_makes_the_rest(call: Call, answer: Answer) -> None:
    """Make the integration, the route and the stage $default of a quick create.

    https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html (target)
    """
    target = call.parameters.get("Target")
    if not target or not str(target).startswith("arn:aws:lambda:"):
        return
    api = apigatewayv2_backends[call.account_id][call.region].apis[json.loads(answer.body)["apiId"]]
    integration = api.create_integration(
        connection_type="INTERNET",
        credentials_arn=call.parameters.get("CredentialsArn"),
        description="",
        integration_method="POST",
        integration_type="AWS_PROXY",
        integration_uri=str(target),
        payload_format_version="2.0",
    )
    api.create_route(
        api_key_required=False,
        authorization_scopes=[],
        authorization_type="NONE",
        route_key=call.parameters.get("RouteKey") or "$default",
        target=f"integrations/{integration.id}",
    )
    api.create_stage({"stageName": "$default", "autoDeploy": True})


@front("execute-api")
def answer_over_http(request: CellRequest) -> CellResponse:
    """Answer a request to a stage; the caller, if it is signed, must be somebody."""
    request_id = str(mock_random.uuid4())
    told = CellResponse(403, [], b"", "Invoke", service="execute-api", request_id=request_id)
    told.parameters = {"method": request.method, "path": request.path[:500]}
    account, region = WORLD.spec.account_id, request.region or WORLD.spec.region
    WORLD.caller = "anonymous"
    try:
        if request.access_key is not None:
            key = learner_key() if is_start_key(request.access_key) else request.access_key
            told.principal = WORLD.caller = find_caller(Operation(services()["lambda"][0], "Invoke", "rest-json"), key)
        answer = _serve(request, account, region, told)
    except AwsError as error:
        answer = said(error.status, error.message, error.code)
    except Exception as error:
        line = f"cell {WORLD.spec.number}: execute-api: {type(error).__name__}: {error!s:.300}"
        print(line.replace("\n", " "), file=sys.stderr, flush=True)
        answer = said(500, "Internal server error")
    told.status, told.headers, told.body = answer.status, [*answer.headers], answer.body
    told.headers.append(("x-amzn-requestid", request_id))
    told.error_code = answer.error
    return told


def _serve(request: CellRequest, account: str, region: str, told: CellResponse) -> Said:
    rest, http, host = (pattern.fullmatch(request.path) for pattern in (_REST, _HTTP, _HOST))
    rest_apis, http_apis = apigateway_backends[account][region].apis, apigatewayv2_backends[account][region].apis
    if rest and rest[1] in rest_apis:
        asked = Asked(request, rest[1], unquote(rest[2]), rest[3] or "/")
    elif host and host[1] in rest_apis:
        stage, _, path = (host[2] or "/")[1:].partition("/")
        asked = Asked(request, host[1], unquote(stage), f"/{path}")
    elif (found := http or host) and found[1] in http_apis:
        stage, _, path = (found[2] or "/")[1:].partition("/")
        named = unquote(stage) in http_apis[found[1]].stages
        where = (unquote(stage), f"/{path}") if named else ("$default", found[2] or "/")
        asked = Asked(request, found[1], *where)
    else:
        return said(403, "Forbidden")
    told.mutating, told.resource = True, f"{asked.api}/{asked.stage}"
    return api_rest.serve(asked) if asked.api in rest_apis else api_http.serve(asked)
