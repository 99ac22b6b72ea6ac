"""https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html"""

from graders import Account, Fail, apis, check, functions


@check(permissions=["apigateway:GET", "lambda:GetFunctionConfiguration", "lambda:ListFunctions", "lambda:GetPolicy"])
def lets_in_only(account: Account, *, api: str, function: str, alias: str, method: str, path: str) -> None:
    """{function} lets no other API in than {api}."""
    found = apis.the_api(account, api, "REST")
    functions.the_function(account, function)
    here = f"arn:aws:execute-api:{account.region}:{account.account_id}"

    def refused(ident: str) -> str:
        source = f"{here}:{ident}/prod/{method}/{path}"
        return functions.invoke_refusal(account, function, alias, service=apis.SERVICE, source=source)

    why = refused(found.id)
    if why:
        raise Fail("{function} does not let {api} in: {why}.", function=function, api=api, why=why)
    if not refused("other1234a"):
        raise Fail(
            "{function} lets other APIs in.",
            looked_at="the policy of {function}",
            needed="A source ARN that names {id}, which is {api}.",
            function=function,
            api=api,
            id=found.id,
        )
