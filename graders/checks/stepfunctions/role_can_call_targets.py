"""https://docs.aws.amazon.com/step-functions/latest/dg/security_iam_id-based-policy-examples-step-functions.html"""

from typing import Any

from graders import Account, Fail, check, functions, statemachines
from graders.iam import ask

# The action behind an optimised integration, where it is not that of the same name; "" needs none.
NAMED = {"lambda:invoke": "lambda:InvokeFunction", "states:startExecution": "states:StartExecution"}


@check(permissions=[*statemachines.PERMISSIONS, *functions.ROLE_PERMISSIONS, "lambda:ListFunctions"])
def role_can_call_targets(account: Account, *, machine: str) -> None:
    """The role of {machine} may call everything that its tasks call.

    The role trusts Step Functions; functions that are called exist. By inline or managed policies, or the target's
    own; with the ARN of the table, queue, topic or function where the definition names it.
    """
    found = statemachines.the_machine(account, machine)
    definition = statemachines.definition_of(found)
    role = ask.the_role(account, str(found["roleArn"]).rpartition("/")[2])
    name = role.principal.name
    if not functions.trusts(role, "states.amazonaws.com"):
        raise Fail(
            "The role {role} of {machine} does not trust Step Functions.",
            looked_at="the trust policy of role {role}",
            needed="states.amazonaws.com may sts:AssumeRole the role {role}.",
            try_="aws iam update-assume-role-policy --role-name {role} …",
            role=name,
            machine=machine,
        )
    names = [one["FunctionName"] for one in account.read("lambda", "list_functions").get("Functions", [])]
    for state, task in statemachines.tasks(definition):
        action, arn = _needs(account, task)
        function = arn.split(":function:")[-1].split(":")[0] if ":function:" in arn else ""
        shown: dict[str, Any] = {"machine": machine, "role": name, "state": state, "action": action, "arn": arn}
        if function and "*" not in function and function not in names:
            raise Fail(
                "The task {state} calls the function {function}, which does not exist.",
                looked_at="the tasks of {machine}",
                needed="A function named {function}.",
                try_="aws lambda create-function, or the name in the definition",
                function=function,
                **shown,
            )
        if action and (why := functions.lacks(account, role, action, arn)):
            raise Fail(
                "The role {role} may not do what the task {state} asks for: {why}.",
                looked_at="the policies of role {role}",
                needed="{action} on {arn} for role {role}.",
                try_="aws iam put-role-policy --role-name {role} …",
                counterexample="{machine} fails in {state} with an access error.",
                why=why,
                **shown,
            )


def _needs(account: Account, task: dict[str, Any]) -> tuple[str, str]:
    """(action, ARN) of a task; an ARN that the definition does not name is "*" in its last part."""
    resource = str(task["Resource"])
    told = task.get("Parameters") or task.get("Arguments") or {}
    home = f"{account.region}:{account.account_id}"
    if ":function:" in resource:
        return "lambda:InvokeFunction", resource
    if not resource.startswith("arn:aws:states:::"):
        return "", resource
    api = statemachines.target_of(task)
    if resource.startswith("arn:aws:states:::lambda:invoke"):
        name = str(told.get("FunctionName", "*"))
        return "lambda:InvokeFunction", name if name.startswith("arn:") else f"arn:aws:lambda:{home}:function:{name}"
    api = api.removeprefix("aws-sdk:")
    service, _, operation = api.partition(":")
    action = NAMED.get(api, f"{service}:{operation[:1].upper()}{operation[1:]}")
    arns = {
        "sqs": f"arn:aws:sqs:{home}:{str(told.get('QueueUrl', '*')).rpartition('/')[2]}",
        "sns": str(told.get("TopicArn", f"arn:aws:sns:{home}:*")),
        "dynamodb": f"arn:aws:dynamodb:{home}:table/{str(told.get('TableName', '*')).rpartition('/')[2]}",
        "states": str(told.get("StateMachineArn", f"arn:aws:states:{home}:stateMachine:*")),
        "events": f"arn:aws:events:{home}:event-bus/default",
    }
    return action, arns.get(service, "*")
