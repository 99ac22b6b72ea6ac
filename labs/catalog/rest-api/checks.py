"""https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-rest-api.html"""

import json
from typing import Any

from graders import Account, Fail, apis, check


def _resource(account: Account, api: str, path: str) -> tuple[str, dict[str, Any]]:
    """Return the API's id and the resource with its methods."""
    found = apis.the_api(account, api, "REST")
    listed = account.read("apigateway", "get_resources", restApiId=found.id, embed=["methods"])["items"]
    here = [one for one in listed if one["path"] == path]
    if not here:
        raise Fail("{api} has no path {path}.", api=api, path=path)
    return found.id, here[0]


@check(permissions=["apigateway:GET"])
def proxies(account: Account, *, api: str, method: str, path: str, function: str) -> None:
    """{method} {path} of {api} is passed on to {function}."""
    _, resource = _resource(account, api, path)
    held = resource.get("resourceMethods", {}).get(method)
    if held is None:
        raise Fail("{path} of {api} has no method {method}.", path=path, api=api, method=method)
    integration = held.get("methodIntegration") or {}
    uri = integration.get("uri", "")
    called = uri.partition("/functions/")[2].partition("/invocations")[0].rpartition(":")[2]
    where = f"{account.region}:{account.account_id}:function:{function}"
    wanted = f"arn:aws:apigateway:{account.region}:lambda:path/2015-03-31/functions/arn:aws:lambda:{where}/invocations"
    if integration.get("type") != "AWS_PROXY":
        raise Fail(
            "The integration of {method} {path} is of the type {kind}.",
            needed="AWS_PROXY",
            method=method,
            path=path,
            kind=integration.get("type", "none"),
        )
    if not held.get("apiKeyRequired"):
        raise Fail("{method} {path} does not ask for an API key.", method=method, path=path)
    if called != function:
        raise Fail(
            "{method} {path} calls {called}, not {function}.",
            method=method,
            path=path,
            called=called or "nothing",
            function=function,
        )
    if uri != wanted:
        raise Fail(
            "The URI of {method} {path} is {uri}.", needed="{wanted}", method=method, path=path, uri=uri, wanted=wanted
        )
    if integration.get("httpMethod") != "POST":
        raise Fail(
            "{method} {path} calls the function with {verb}.",
            needed="POST: Lambda answers to nothing else.",
            method=method,
            path=path,
            verb=integration.get("httpMethod"),
        )


@check(permissions=["apigateway:GET"])
def answers_preflight(account: Account, *, api: str, path: str, origin: str) -> None:
    """OPTIONS {path} of {api} answers that {origin} may ask."""
    _, resource = _resource(account, api, path)
    held = resource.get("resourceMethods", {}).get("OPTIONS")
    if held is None:
        raise Fail("{path} of {api} has no method OPTIONS.", path=path, api=api)
    integration = held.get("methodIntegration") or {}
    if integration.get("type") != "MOCK":
        raise Fail(
            "OPTIONS {path} does not answer by itself: its integration is {kind}.",
            path=path,
            kind=integration.get("type", "none"),
        )
    try:
        asked = json.loads((integration.get("requestTemplates") or {}).get("application/json", "{}"))
    except ValueError:
        asked = {}
    if str(asked.get("statusCode")) != "200":
        raise Fail("The request template of OPTIONS {path} does not ask for the statusCode 200.", path=path)
    name = "method.response.header.Access-Control-Allow-Origin"
    declared = (held.get("methodResponses") or {}).get("200", {}).get("responseParameters") or {}
    if name not in declared:
        raise Fail("The method response 200 of OPTIONS {path} does not declare the header.", path=path)
    said = ((integration.get("integrationResponses") or {}).get("200", {}).get("responseParameters") or {}).get(
        name, ""
    )
    if said != f"'{origin}'":
        raise Fail(
            "OPTIONS {path} says {said} for Access-Control-Allow-Origin.",
            needed="'{origin}', in single quotes: a fixed value.",
            path=path,
            said=said or "nothing",
            origin=origin,
        )


@check(permissions=["apigateway:GET"])
def caches(account: Account, *, api: str, stage: str, seconds: int) -> None:
    """The stage {stage} of {api} keeps answers for {seconds} seconds."""
    found = apis.the_api(account, api, "REST")
    served = apis.the_stage(account, found, stage)
    if not served.get("cacheClusterEnabled"):
        raise Fail("The stage {stage} has no cache.", stage=stage)
    if str(served.get("cacheClusterSize")) != "0.5":
        raise Fail("The cache of {stage} has {size} GB, not 0.5.", stage=stage, size=served.get("cacheClusterSize"))
    setting = (served.get("methodSettings") or {}).get("*/*", {})
    if not setting.get("cachingEnabled"):
        raise Fail("The methods of {stage} do not use its cache.", stage=stage)
    if setting.get("cacheTtlInSeconds") != seconds:
        raise Fail(
            "Answers of {stage} are kept for {has} seconds, not {seconds}.",
            stage=stage,
            has=setting.get("cacheTtlInSeconds"),
            seconds=seconds,
        )


@check(permissions=["apigateway:GET"])
def has_enabled_key(account: Account, *, plan: str) -> None:
    """A key that is enabled belongs to the plan {plan}."""
    plans = [one for one in account.read("apigateway", "get_usage_plans").get("items", []) if one["name"] == plan]
    if not plans:
        raise Fail("There is no usage plan {plan}.", plan=plan)
    keys = account.read("apigateway", "get_usage_plan_keys", usagePlanId=plans[0]["id"]).get("items", [])
    if not any(account.read("apigateway", "get_api_key", apiKey=one["id"]).get("enabled") for one in keys):
        raise Fail("{plan} has no key that is enabled.", plan=plan)


@check(permissions=["apigateway:GET"])
def has_method(account: Account, *, api: str, method: str, path: str, function: str) -> None:
    """{method} {path} of {api} is passed on to {function}."""
    _, resource = _resource(account, api, path)
    held = resource.get("resourceMethods", {}).get(method)
    if held is None:
        raise Fail("{path} of {api} has no method {method}.", path=path, api=api, method=method)
    integration = held.get("methodIntegration") or {}
    arn = f"arn:aws:lambda:{account.region}:{account.account_id}:function:{function}"
    wanted = f"arn:aws:apigateway:{account.region}:lambda:path/2015-03-31/functions/{arn}/invocations"
    if integration.get("type") != "AWS_PROXY" or integration.get("uri") != wanted:
        raise Fail("{method} {path} is not proxied to {function}.", method=method, path=path, function=function)
    if integration.get("httpMethod") != "POST":
        raise Fail("{method} {path} calls the function with another verb than POST.", method=method, path=path)


@check(permissions=["apigateway:GET"])
def validates_body(account: Account, *, api: str, method: str, path: str, required: list[str]) -> None:
    """{method} {path} of {api} refuses a body without {required}."""
    ident, resource = _resource(account, api, path)
    held = resource.get("resourceMethods", {}).get(method)
    if held is None:
        raise Fail("{path} of {api} has no method {method}.", path=path, api=api, method=method)
    validators = account.read("apigateway", "get_request_validators", restApiId=ident).get("items", [])
    used = [one for one in validators if one["id"] == held.get("requestValidatorId")]
    if not used or not used[0].get("validateRequestBody"):
        raise Fail("{method} {path} has no request validator that looks at the body.", method=method, path=path)
    name = (held.get("requestModels") or {}).get("application/json")
    models = account.read("apigateway", "get_models", restApiId=ident).get("items", [])
    schemas = [one.get("schema", "{}") for one in models if one["name"] == name]
    if not schemas:
        raise Fail("{method} {path} names no model of {api} for application/json.", method=method, path=path, api=api)
    try:
        schema = json.loads(schemas[0])
    except ValueError:
        schema = {}
    lacks = sorted(set(required) - set(schema.get("required") or []))
    if schema.get("type") != "object" or lacks:
        raise Fail(
            "The model {name} lets a body through that has no {lacks}.",
            needed="An object, with all of them required.",
            name=name,
            lacks=", ".join(lacks) or "fields at all",
        )


@check(permissions=["apigateway:GET"])
def has_routes(account: Account, *, api: str, routes: list[str], selection: str) -> None:
    """The WebSocket API {api} has the routes {routes}."""
    listed = account.read("apigatewayv2", "get_apis").get("Items", [])
    found = [one for one in listed if one["Name"] == api and one["ProtocolType"] == "WEBSOCKET"]
    if not found:
        raise Fail("There is no WebSocket API {api}.", api=api)
    asked = found[0].get("RouteSelectionExpression")
    if asked not in (selection, selection.replace("$request", "${request") + "}"):
        raise Fail(
            "{api} looks for the route in {asked}.", needed="{selection}", api=api, asked=asked, selection=selection
        )
    there = {one["RouteKey"] for one in account.read("apigatewayv2", "get_routes", ApiId=found[0]["ApiId"])["Items"]}
    lacks = [one for one in routes if one not in there]
    if lacks:
        raise Fail("{api} has no route {lacks}.", api=api, lacks=", ".join(lacks))


@check(permissions=["apigateway:GET", "cognito-idp:ListUserPools", "cognito-idp:ListUserPoolClients"])
def trusts_pool(account: Account, *, api: str, route: str, pool: str, client: str) -> None:
    """{route} of {api} wants a token of the user pool {pool}; its stage deploys by itself."""
    found = apis.the_api(account, api, "HTTP")
    held = [
        one for one in account.read("apigatewayv2", "get_routes", ApiId=found.id)["Items"] if one["RouteKey"] == route
    ]
    if not held:
        raise Fail("{api} has no route {route}.", api=api, route=route)
    used: dict[str, Any] = {}
    if held[0].get("AuthorizerId"):
        used = account.read("apigatewayv2", "get_authorizer", ApiId=found.id, AuthorizerId=held[0]["AuthorizerId"])
    if held[0].get("AuthorizationType") != "JWT" or used.get("AuthorizerType") != "JWT":
        raise Fail("{route} asks for no token.", needed="A JWT authorizer of the route.", route=route)
    pools = [
        one for one in account.read("cognito-idp", "list_user_pools", MaxResults=60)["UserPools"] if one["Name"] == pool
    ]
    if not pools:
        raise Fail("The user pool {pool} is gone.", pool=pool)
    there = account.read("cognito-idp", "list_user_pool_clients", UserPoolId=pools[0]["Id"], MaxResults=60)
    clients = [one["ClientId"] for one in there["UserPoolClients"] if one["ClientName"] == client]
    given = used.get("JwtConfiguration") or {}
    issuer = f"https://cognito-idp.{account.region}.amazonaws.com/{pools[0]['Id']}"
    if str(given.get("Issuer", "")).rstrip("/") != issuer or given.get("Audience") != clients[:1]:
        raise Fail(
            "The authorizer trusts {issuer} for {audience}.",
            needed="The issuer of {pool}, and the client {client} as the audience.",
            issuer=given.get("Issuer", "nobody"),
            audience=", ".join(given.get("Audience") or ["nobody"]),
            pool=pool,
            client=client,
        )
    if used.get("IdentitySource") != ["$request.header.Authorization"]:
        raise Fail(
            "The authorizer looks for the token in {source}.",
            needed="$request.header.Authorization",
            source=", ".join(used.get("IdentitySource") or ["nothing"]),
        )
    stages = account.read("apigatewayv2", "get_stages", ApiId=found.id)["Items"]
    if any(one["StageName"] == "$default" and not one.get("AutoDeploy") for one in stages):
        raise Fail("The stage $default of {api} does not deploy by itself.", api=api)
