"""https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html"""

from graders import Account, apis, check


@check(permissions=apis.INVOKE_PERMISSIONS)
def method_invokes(
    account: Account, *, api: str, method: str, path: str, function: str, stage: str, alias: str = ""
) -> None:
    """{method} {path} of the REST API {api} runs {function}, in the stage {stage}.

    By that method or ANY, that path or {{proxy+}}; called with POST; deployed. The function's policy (its alias's, when
    that is what is called, by a stage variable too) or the integration's role lets this API in.
    """
    found = apis.the_api(account, api, "REST")
    route = apis.the_route(account, found, method, path)
    refusal = apis.unreached(account, found, route, method, path, function, alias, stage)
    if refusal is not None:
        raise refusal
