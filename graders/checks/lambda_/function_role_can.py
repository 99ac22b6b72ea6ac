"""https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html"""

from collections.abc import Iterator

from graders import Account, Fail, check, functions
from graders.iam import UnknownAction, actions
from graders.iam.snapshot import Actor


@check(
    permissions=[
        *functions.PERMISSIONS,
        *functions.ROLE_PERMISSIONS,
        "dynamodb:DescribeTable",
    ]
)
def function_role_can(
    account: Account, *, function: str, can: list[str], on: list[str], cannot: list[str] | None = None
) -> None:
    """The role of {function} can do its job: {can}.

    `on`: the ARNs to work with; an action is tried on those of its service ("*" where it acts on no resource). By
    inline or managed policies, a resource's own policy, within a boundary; with the key of an encrypted table or
    queue. `cannot`: actions that must be refused on them.
    """
    found = functions.the_function(account, function)
    role = functions.role_of(account, found)
    name = role.principal.name
    for action in can:
        for arn in _targets(action, on):
            why = functions.lacks(account, role, action, arn)
            why = why or functions.key_lacks(account, role, _key_of(account, arn), ["kms:Decrypt"])
            if why:
                raise Fail(
                    "{function} cannot {action} {arn}: {why}.{hint}",
                    looked_at="the policies of role {role}",
                    needed="{action} on {arn} allowed for role {role}.",
                    try_="aws iam put-role-policy --role-name {role} …",
                    counterexample="{function} runs as {role} and is refused {action}.",
                    function=function,
                    role=name,
                    action=action,
                    arn=arn,
                    why=why,
                    hint=_hint(account, role, action, arn),
                )
    for action in cannot or []:
        for arn in _targets(action, on):
            if not functions.lacks(account, role, action, arn):
                raise Fail(
                    "{function} can also {action} {arn}, which its job does not need.",
                    looked_at="the policies of role {role}",
                    needed="{action} refused to role {role}.",
                    try_="Name the actions and ARNs that the job needs, without wildcards.",
                    counterexample="{function}, were it taken over, could {action} {arn}.",
                    function=function,
                    role=name,
                    action=action,
                    arn=arn,
                )


def _targets(action: str, arns: list[str]) -> Iterator[str]:
    service = action.partition(":")[0]
    mine = [one for one in arns if one.count(":") >= 5 and one.split(":")[2] == service]
    try:
        known = actions.find(action)
    except UnknownAction:
        known = None
    fitting = [one for one in mine if known is None or known.acts_on(one)]
    yield from fitting or mine or ["*"]


def _key_of(account: Account, arn: str) -> str:
    if arn.split(":")[2:3] == ["dynamodb"] and "/index/" not in arn:
        table = account.read("dynamodb", "describe_table", TableName=arn.rpartition("/")[2])["Table"]
        return str(table.get("SSEDescription", {}).get("KMSMasterKeyArn", ""))
    if arn.split(":")[2:3] == ["sqs"]:
        url = account.read("sqs", "get_queue_url", QueueName=arn.rpartition(":")[2])["QueueUrl"]
        told = account.read("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["All"])
        return str(told.get("Attributes", {}).get("KmsMasterKeyId", ""))
    return ""


def _hint(account: Account, role: Actor, action: str, arn: str) -> str:
    """The right action on the object's container, or the container's action on the object."""
    near = {arn.removesuffix("/*"), arn.partition("/index/")[0], arn.rpartition("/")[0], f"{arn}/*"} - {arn, ""}
    for other in sorted(near):
        if other.count(":") >= 5 and not functions.lacks(account, role, action, other):
            return f" It may on {other}: the ARN is another one."
    return ""
