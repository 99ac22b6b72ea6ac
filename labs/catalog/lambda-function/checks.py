"""https://docs.aws.amazon.com/lambda/latest/dg/lambda-invocation.html"""

import json

from graders import Account, Fail, check


@check(permissions=["lambda:InvokeFunction"])
def answers(account: Account, *, function: str, payload: dict[str, str], word: str) -> None:
    """Invoked with {payload}, {function} answers without an error."""
    name, _, version = function.partition(":")
    where = {"Qualifier": version} if version else {}
    answer = account.client("lambda").invoke(FunctionName=name, Payload=json.dumps(payload).encode(), **where)
    said = answer["Payload"].read().decode(errors="replace")
    if answer.get("FunctionError"):
        raise Fail(
            "{function} broke: {said}",
            looked_at="the answer of {function} to {payload}",
            needed="An answer without FunctionError.",
            try_="aws lambda invoke --function-name {function} … answer.json",
            function=function,
            payload=json.dumps(payload),
            said=said[:300],
        )
    if word not in said:
        raise Fail("{function} answers {said}, without {word}.", function=function, said=said[:300], word=word)
