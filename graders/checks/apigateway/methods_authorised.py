"""https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-control-access-to-api.html"""

from typing import Any, Literal

from graders import Account, Fail, apis, check
from graders.apis import Api, Route

GUARDS = {"cognito": "COGNITO_USER_POOLS", "iam": "AWS_IAM", "lambda": "CUSTOM"}


@check(permissions=apis.PERMISSIONS)
def methods_authorised(
    account: Account,
    *,
    api: str,
    stage: str = "",
    public: list[str] | None = None,
    by: Literal["any", "cognito", "iam", "lambda"] = "any",
    pool: str = "",
) -> None:
    """Every method of the REST API {api} asks who is calling.

    By IAM, a Cognito or a Lambda authorizer (`by` one of them; `pool` the id or ARN of the user pool). OPTIONS may
    stay open for CORS, as may `public` ("GET /health"); so may a private API with a resource policy. An API key tells
    who pays, not who calls. In `stage` the deployment must be as strict.
    """
    found = apis.the_api(account, api, "REST")
    known = apis.authorizers(account, found)
    routes = [one for one in apis.routes(account, found) if one.method != "OPTIONS" and one.label not in (public or [])]
    if not routes:
        raise _fail("{api} has no methods yet.", found)
    served = apis.deployed_guards(account, found, apis.the_stage(account, found, stage)) if stage else {}
    private = found.item.get("endpointConfiguration", {}).get("types") == ["PRIVATE"] and found.item.get("policy")
    for route in routes:
        if route.guard == "NONE" and private and by == "any":
            continue
        _guarded(found, route, known)
        if by != "any" and route.guard != GUARDS[by]:
            raise _fail("{route} of {api} is guarded by {guard}, not by {by}.", found, route, guard=route.guard, by=by)
        pools = known.get(route.authorizer, {}).get("providerARNs", [])
        if pool and not any(pool in (one, one.rpartition("/")[2]) for one in pools):
            said = "{route} of {api} lets in the users of {pools}, not those of {pool}."
            raise _fail(said, found, route, pools=[one.rpartition("/")[2] for one in pools], pool=pool)
        if served.get((route.method, route.path)) == "NONE":
            said = "{route} of {api} is guarded now, but the stage {stage} still serves it open: it was not deployed again."
            raise _fail(said, found, route, stage=stage)


def _guarded(api: Api, route: Route, known: dict[str, Any]) -> None:
    if route.guard == "NONE":
        said = "{route} of {api} is open to anybody."
        if route.key:
            said += " An API key is no sign-in."
        elif known:
            said += " The authorizer {authorizer} is there, but not on this method."
        raise _fail(said, api, route, authorizer=next((one.get("name") for one in known.values()), ""))
    if route.guard != "AWS_IAM" and route.authorizer not in known:
        raise _fail("{route} of {api} names an authorizer that is not there.", api, route)


def _fail(said: str, api: Api, route: Route | None = None, **values: Any) -> Fail:
    return Fail(
        said,
        looked_at="the methods of {api} and its authorizers",
        needed="An authorization on every method.",
        try_="aws apigateway update-method --rest-api-id {id} …, then create-deployment",
        counterexample="Anybody can call {route} of {api}." if route and route.guard == "NONE" else "",
        api=api.name,
        id=api.id,
        route=route.label if route else "",
        **values,
    )
