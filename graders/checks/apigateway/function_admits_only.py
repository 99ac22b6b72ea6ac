"""https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html#apigateway-permissions"""

from graders import Account, Fail, apis, check, functions

STRANGER = "other1234a"  # an API id that is nobody's: ids of API Gateway have ten characters


@check(permissions=["apigateway:GET", "lambda:GetFunctionConfiguration", "lambda:ListFunctions", "lambda:GetPolicy"])
def function_admits_only(
    account: Account, *, api: str, function: str, method: str, path: str, stages: list[str], alias: str = ""
) -> None:
    """{function} lets the REST API {api} in, and no other API.

    In each of `stages`, for the method and path (from the slash on). `alias`: the one that is called has a policy of its
    own.
    """
    found = apis.the_api(account, api, "REST")
    functions.the_function(account, function)

    def refused(ident: str, stage: str) -> tuple[str, str]:
        source = f"arn:aws:execute-api:{account.region}:{account.account_id}:{ident}/{stage}/{method}{path}"
        return source, functions.invoke_refusal(account, function, alias, service=apis.SERVICE, source=source)

    values = {"function": function, "api": api, "id": found.id}
    for stage in stages:
        source, why = refused(found.id, stage)
        if why:
            raise Fail(
                "{function} does not let {api} in: {why}.",
                looked_at="the policy of {function}",
                needed="apigateway.amazonaws.com may lambda:InvokeFunction for {source}.",
                try_="aws lambda add-permission --source-arn …",
                why=why,
                source=source,
                **values,
            )
    for stage in stages:
        source, why = refused(STRANGER, stage)
        if not why:
            raise Fail(
                "{function} lets other APIs in.",
                looked_at="the policy of {function}",
                needed="A source ARN that names {id}, which is {api}.",
                try_="aws lambda remove-permission …, then aws lambda add-permission --source-arn …",
                counterexample="{source} can invoke it.",
                source=source,
                **values,
            )
