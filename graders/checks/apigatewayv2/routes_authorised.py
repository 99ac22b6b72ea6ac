"""https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control.html"""

from typing import Any

from graders import Account, Fail, apis, check
from graders.apis import Api, Route


@check(permissions=apis.PERMISSIONS)
def routes_authorised(
    account: Account, *, api: str, public: list[str] | None = None, issuer: str = "", audience: str = ""
) -> None:
    """Every route of the HTTP API {api} asks who is calling.

    By IAM, a JWT or a Lambda authorizer; $default counts as a route. OPTIONS may stay open for CORS, as may `public`
    ("GET /health"). `issuer` and `audience` are what a JWT authorizer must ask for.
    """
    found = apis.the_api(account, api, "HTTP")
    routes = [one for one in apis.routes(account, found) if one.method != "OPTIONS" and one.label not in (public or [])]
    if not routes:
        raise _fail("{api} has no routes yet.", found)
    for route in routes:
        if route.guard == "NONE":
            raise _fail("{route} of {api} is open to anybody.", found, route)
        if route.guard == "AWS_IAM":
            continue
        one = apis.authorizers(account, found, route).get(route.authorizer)
        if one is None:
            raise _fail("{route} of {api} names an authorizer that is not there.", found, route)
        told = one.get("JwtConfiguration") or {}
        if issuer and told.get("Issuer", "").rstrip("/") != issuer.rstrip("/"):
            said = "{route} of {api} trusts tokens of {has}, not of {issuer}."
            raise _fail(said, found, route, has=told.get("Issuer") or "nobody", issuer=issuer)
        if audience and audience not in told.get("Audience", []):
            said = "{route} of {api} takes tokens made for {has}, not for {audience}."
            raise _fail(said, found, route, has=told.get("Audience", []), audience=audience)


def _fail(said: str, api: Api, route: Route | None = None, **values: Any) -> Fail:
    return Fail(
        said,
        looked_at="the routes of {api} and their authorizers",
        needed="An authorization on every route.",
        try_="aws apigatewayv2 update-route --api-id {id} --authorization-type …",
        counterexample="Anybody can call {route} of {api}." if route and route.guard == "NONE" else "",
        api=api.name,
        id=api.id,
        route=route.label if route else "",
        **values,
    )
