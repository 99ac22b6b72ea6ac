"""https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html"""

from graders import Account, apis, check


@check(permissions=apis.INVOKE_PERMISSIONS)
def route_invokes(
    account: Account, *, api: str, method: str, path: str, function: str, stage: str = "$default", alias: str = ""
) -> None:
    """{method} {path} of the HTTP API {api} runs {function}.

    By that route, ANY, {{proxy+}} or $default; in a stage that serves it. The function's policy (its alias's, when that
    is what is called) or the integration's role lets this API in.
    """
    found = apis.the_api(account, api, "HTTP")
    route = apis.the_route(account, found, method, path)
    refusal = apis.unreached(account, found, route, method, path, function, alias, stage)
    if refusal is not None:
        raise refusal
