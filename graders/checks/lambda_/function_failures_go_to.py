"""https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html"""

from typing import Any

from graders import Account, Fail, check, functions
from graders.account import read_or_none
from graders.iam.actions import services

ACTIONS = {
    "sqs": "sqs:SendMessage",
    "sns": "sns:Publish",
    "lambda": "lambda:InvokeFunction",
    "events": "events:PutEvents",
    "s3": "s3:PutObject",
}


@check(permissions=[*functions.PERMISSIONS, *functions.ROLE_PERMISSIONS, "lambda:GetFunctionEventInvokeConfig"])
def function_failures_go_to(account: Account, *, function: str, destination: str, alias: str = "") -> None:
    """What {function} fails to handle when called asynchronously goes to {destination}.

    `destination`: the ARN, or the name alone, of a queue, topic, bus, bucket or function. By an on-failure destination
    of what is called (the function, or its `alias`) or a dead-letter queue; the role may send there.
    """
    found = functions.the_function(account, function)
    qualified = {"Qualifier": alias} if alias else {}
    told = read_or_none(
        account,
        "ResourceNotFoundException",
        "lambda",
        "get_function_event_invoke_config",
        FunctionName=function,
        **qualified,
    )
    config = told or {}
    # The sandbox answers for an alias with the function's own; AWS names what the answer is about.
    about = functions.qualifier_of(str(config.get("FunctionArn", "")))
    own = {alias or "$LATEST", alias}
    failing = config.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination", "") if about in own else ""
    dead = found.get("DeadLetterConfig", {}).get("TargetArn", "")
    good = config.get("DestinationConfig", {}).get("OnSuccess", {}).get("Destination", "")
    targets = [one for one in (failing, dead) if one]
    mine = next((one for one in targets if _is(one, destination)), "")
    shown: dict[str, Any] = {"function": f"{function}:{alias}" if alias else function, "destination": destination}
    if not mine:
        said = "Nothing keeps what {function} fails to handle: after its retries it is lost."
        if targets:
            said = "What {function} fails to handle goes to {other}, not to {destination}."
        elif _is(good, destination):
            said = "{destination} hears of what {function} handles well (OnSuccess), not of what it fails to."
        elif config and about not in own:
            said = "The destination is set on {about}, not on {function}."
        raise Fail(
            said,
            looked_at="the asynchronous invocation settings of {function}",
            needed="On failure, or as its dead-letter queue: {destination}.",
            try_="aws lambda put-function-event-invoke-config --function-name {function} --destination-config …",
            counterexample="An event that {function} cannot handle disappears.",
            other=targets,
            about=about or "the function without an alias",
            **shown,
        )
    role = functions.role_of(account, found)
    action = ACTIONS.get(mine.split(":")[2], "")
    if action.partition(":")[0] in services() and (why := functions.lacks(account, role, action, mine)):
        raise Fail(
            "The role {role} may not send to {destination}: {why}.",
            looked_at="the policies of role {role}",
            needed="{action} on {arn} for role {role}.",
            try_="aws iam put-role-policy --role-name {role} …",
            counterexample="An event that {function} cannot handle disappears: Lambda may not pass it on.",
            role=role.principal.name,
            why=why,
            action=action,
            arn=mine,
            **shown,
        )


def _is(arn: str, name: str) -> bool:
    return bool(arn) and (arn == name or arn.rpartition(":")[2].rpartition("/")[2] == name)
