"""APIs of API Gateway, REST and HTTP alike: their routes, what guards each, what each calls, and their stages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from graders import functions, nearby
from graders.account import Account, read_or_none
from graders.check import Fail
from graders.iam import ask

# API Gateway's actions are named by the verbs of http: this one is every read.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html
PERMISSIONS = ("apigateway:GET",)
INVOKE_PERMISSIONS = (
    *PERMISSIONS,
    *functions.PERMISSIONS,
    *functions.POLICY_PERMISSIONS,
    *functions.ROLE_PERMISSIONS,
)
SERVICE = "apigateway.amazonaws.com"


@dataclass(frozen=True)
class Route:
    """A method of a path. `guard` is its authorization type ("NONE", "AWS_IAM", "JWT" …); `target` an ARN.

    `verb`: the method with which the integration is called. `credentials`: the role with which it is, or "".
    """

    method: str
    path: str
    guard: str = "NONE"
    authorizer: str = ""
    key: bool = False
    target: str = ""
    verb: str = ""
    credentials: str = ""

    @property
    def label(self) -> str:
        return f"{self.method} {self.path}".strip()

    def serves(self, method: str, path: str) -> bool:
        """Whether a request of that method and path comes here, where nothing closer takes it."""
        return self.method in (method.upper(), "ANY", "") and bool(_pattern(self.path).fullmatch(plain_path(path)))


@dataclass(frozen=True)
class Api:
    """`kind` "REST" or "HTTP"; `stages` as API Gateway gives them, by name."""

    id: str
    name: str
    kind: str
    item: dict[str, Any] = field(hash=False)

    @property
    def rest(self) -> bool:
        return self.kind == "REST"


def the_api(account: Account, name: str, kind: str) -> Api:
    """An API by name or id; fails when there is none, or when two bear the name."""
    listed = _apis(account, account.region, kind)
    found = [one for one in listed if name in (one.id, one.name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise Fail(
            "{count} APIs are named {api}: {ids}.",
            looked_at="the APIs in {region}",
            needed="One API named {api}.",
            try_="Delete the one that you do not need.",
            count=len(found),
            api=name,
            ids=[one.id for one in found],
            region=account.region,
        )
    other = "HTTP" if kind == "REST" else "REST"
    hint = nearby.almost(name, (one.name for one in listed)) or nearby.elsewhere(
        account, lambda region: any(one.name == name for one in _apis(account, region, kind))
    )
    if any(one.name == name for one in _apis(account, account.region, other)):
        hint = f" The API {name} that is there is of the other kind ({other})."
    raise Fail(
        "The {kind} API {api} does not exist.{hint}",
        looked_at="the APIs in {region}",
        needed="A {kind} API named {api} in {region}.",
        try_="aws apigateway create-rest-api --name {api} …" if kind == "REST" else "aws apigatewayv2 create-api …",
        kind=kind,
        api=name,
        hint=hint,
        region=account.region,
    )


def routes(account: Account, api: Api) -> list[Route]:
    """Every method of every path, as it is configured now (a stage may still serve an older state)."""
    return list(_rest_routes(account, api) if api.rest else _http_routes(account, api))


def the_stage(account: Account, api: Api, stage: str) -> dict[str, Any]:
    """A stage that serves a deployment; fails when there is none."""
    if api.rest:
        listed = account.read("apigateway", "get_stages", restApiId=api.id).get("item", [])
    else:
        listed = account.read("apigatewayv2", "get_stages", ApiId=api.id).get("Items", [])
    by_name = {str(one.get("stageName") or one.get("StageName")): one for one in listed}
    found = by_name.get(stage)
    if found is not None and (found.get("deploymentId") or found.get("DeploymentId") or found.get("AutoDeploy")):
        return dict(found)
    raise Fail(
        "The stage {stage} of {api} has no deployment."
        if found
        else "The stage {stage} of {api} does not exist.{hint}",
        looked_at="the stages of {api}",
        needed="A stage {stage} that serves a deployment.",
        try_="aws apigateway create-deployment --rest-api-id {id} --stage-name {stage}"
        if api.rest
        else "aws apigatewayv2 create-stage --api-id {id} --stage-name {stage} --auto-deploy",
        stage=stage,
        api=api.name,
        id=api.id,
        hint=nearby.almost(stage, by_name),
    )


def deployed_guards(account: Account, api: Api, stage: dict[str, Any]) -> dict[tuple[str, str], str]:
    """(method, path) -> authorization type in the deployment that a REST stage serves; {} where it is not told."""
    told = account.read(
        "apigateway",
        "get_deployment",
        restApiId=api.id,
        deploymentId=stage["deploymentId"],
        embed=["apisummary"],
    )
    summary = told.get("apiSummary", {})
    return {
        (method, path): str(one.get("authorizationType", "NONE"))
        for path, methods in summary.items()
        for method, one in methods.items()
    }


def authorizers(account: Account, api: Api, route: Route | None = None) -> dict[str, dict[str, Any]]:
    """id -> authorizer; of an HTTP API the one of `route` (the sandbox lists none)."""
    if api.rest:
        listed = account.read("apigateway", "get_authorizers", restApiId=api.id).get("items", [])
        return {one["id"]: one for one in listed}
    if route is None or not route.authorizer:
        return {}
    asked = {"ApiId": api.id, "AuthorizerId": route.authorizer}
    one = read_or_none(account, "NotFoundException", "apigatewayv2", "get_authorizer", **asked)
    return {} if one is None else {route.authorizer: one}


def the_route(account: Account, api: Api, method: str, path: str) -> Route:
    """The route that takes a request: the closest one; fails when none does."""
    fitting = [one for one in routes(account, api) if one.serves(method, path)]
    if fitting:
        return min(fitting, key=lambda one: (one.method in ("ANY", ""), one.path.count("{proxy+}"), "+}" in one.path))
    there = [one.label for one in routes(account, api)]
    raise Fail(
        "The route {route} of {api} does not exist.{hint}",
        looked_at="the routes of {api}",
        needed="A route {route}.",
        try_="aws apigateway put-method …" if api.rest else "aws apigatewayv2 create-route --api-id {id} …",
        route=f"{method.upper()} {path}",
        api=api.name,
        id=api.id,
        hint=nearby.almost(f"{method.upper()} {path}", there) or (f" It has {', '.join(there)}." if there else ""),
    )


def unreached(
    account: Account, api: Api, route: Route, method: str, path: str, function: str, alias: str, stage: str
) -> Fail | None:
    """Why a request of the route in the stage does not run the function, or None when it does."""
    found = functions.the_function(account, function)
    served = the_stage(account, api, stage)
    variables = served.get("variables") or served.get("StageVariables") or {}
    target = re.sub(r"\$\{stageVariables\.(\w+)\}", lambda one: variables.get(one[1], ""), route.target)
    shown: dict[str, Any] = {"route": route.label, "api": api.name, "function": function, "stage": stage}
    called, qualifier = functions.name_of(target), functions.qualifier_of(target)
    ours = f"arn:aws:lambda:{account.region}:{account.account_id}:function:"
    elsewhere = target.startswith("arn:") and not target.startswith(ours)  # of that name, in another region or account
    named = ":function:" in target and not elsewhere
    if not named or (called, qualifier or alias) != (found["FunctionName"], alias or qualifier):
        there = f"{called}:{qualifier}".rstrip(":") if named else target or "nothing"
        wanted = f"{function}:{alias}" if alias else function
        return _not_run("{route} of {api} calls {there}, not {wanted}.", shown, there=there, wanted=wanted)
    if route.verb and route.verb != "POST":
        said = "{route} of {api} calls the function with {verb}: Lambda answers only to POST."
        return _not_run(said, shown, verb=route.verb)
    if route.credentials:
        role = ask.the_role(account, route.credentials.rpartition("/")[2])
        why = functions.lacks(account, role, "lambda:InvokeFunction", functions.arn_of(account, called, qualifier))
        trusted = functions.trusts(role, SERVICE)
        why = why or ("" if trusted else f"role {role.principal.name} does not trust {SERVICE}")
        return _not_run("{api} may not invoke {function}: {why}.", shown, why=why) if why else None
    source = f"arn:aws:execute-api:{account.region}:{account.account_id}:{api.id}/{stage}"
    source += f"/{method.upper()}{re.sub(r'{[^}]*}', '*', path)}"
    why = functions.invoke_refusal(account, called, qualifier, service=SERVICE, source=source)
    if not why:
        return None
    hint = ""
    for other in functions.qualifiers(account, called):
        if other != qualifier and not functions.invoke_refusal(account, called, other, service=SERVICE, source=source):
            hint = f" The permission is on {f'the alias {other}' if other else 'the function without an alias'}."
    return _not_run("{function} does not let {route} of {api} in: {why}.{hint}", shown, why=why, hint=hint)


def _not_run(said: str, shown: dict[str, Any], **values: Any) -> Fail:
    return Fail(
        said,
        looked_at="the integration of {route} and the policy of {function}",
        needed="{route} in stage {stage} runs {function}.",
        try_="aws lambda add-permission --principal apigateway.amazonaws.com --source-arn …"
        if "why" in values
        else "aws apigateway put-integration (or apigatewayv2 update-integration), then deploy",
        counterexample="{route} in stage {stage} of {api} does not run {function}.",
        **shown,
        **values,
    )


def plain_path(path: str) -> str:
    """A path with a word in the place of each parameter."""
    return re.sub(r"\{[^}]*\}", "x", path)


def _pattern(path: str) -> re.Pattern[str]:
    if path == "$default":
        return re.compile(".*")
    # A parameter is a whole part of a path, and a greedy one the last: so the pattern can never go back and forth.
    *parts, last = path.split("/")
    made = ["[^/]+" if _is_parameter(one) else re.escape(one) for one in parts]
    end = (".+" if last.endswith("+}") else "[^/]+") if _is_parameter(last) else re.escape(last)
    return re.compile("/".join([*made, end]))


def _is_parameter(part: str) -> bool:
    return part.startswith("{") and part.endswith("}")


def _rest_routes(account: Account, api: Api) -> Iterator[Route]:
    for resource in account.read("apigateway", "get_resources", restApiId=api.id, embed=["methods"]).get("items", []):
        for method, one in (resource.get("resourceMethods") or {}).items():
            call = one.get("methodIntegration") or {}
            uri = str(call.get("uri", ""))
            target = re.search(r"/functions/(.+?)/invocations", uri)
            yield Route(
                method,
                resource["path"],
                one.get("authorizationType", "NONE"),
                one.get("authorizerId", ""),
                bool(one.get("apiKeyRequired")),
                target[1] if target else uri,
                call.get("httpMethod", ""),
                call.get("credentials") or "",
            )


def _http_routes(account: Account, api: Api) -> Iterator[Route]:
    listed = account.read("apigatewayv2", "get_integrations", ApiId=api.id).get("Items", [])
    calls = {one["IntegrationId"]: one for one in listed}
    for one in account.read("apigatewayv2", "get_routes", ApiId=api.id).get("Items", []):
        method, _, path = one["RouteKey"].partition(" ")
        call = calls.get(str(one.get("Target", "")).rpartition("/")[2], {})
        uri = str(call.get("IntegrationUri", ""))
        target = re.search(r"/functions/(.+?)/invocations", uri)
        yield Route(
            method if path else "",
            path or method,
            one.get("AuthorizationType", "NONE"),
            one.get("AuthorizerId", ""),
            bool(one.get("ApiKeyRequired")),
            target[1] if target else uri,
            "",
            call.get("CredentialsArn", ""),
        )


def _apis(account: Account, region: str, kind: str) -> list[Api]:
    read: Callable[..., dict[str, Any]] = account.read
    if kind == "REST":
        items = read("apigateway", "get_rest_apis", region=region).get("items", [])
        return [Api(one["id"], one["name"], kind, one) for one in items]
    items = read("apigatewayv2", "get_apis", region=region).get("Items", [])
    return [Api(one["ApiId"], one["Name"], kind, one) for one in items if one.get("ProtocolType") == "HTTP"]
