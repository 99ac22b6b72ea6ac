"""https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege"""

from __future__ import annotations

from collections.abc import Iterator

from graders import Account, Fail, check, identities
from graders.iam import actions as catalogue
from graders.iam import patterns
from graders.iam.questions import Permission, World
from graders.iam.snapshot import Actor

Line = tuple[str, str]  # (action pattern, resource pattern)
# What AWS's own examples grant beside an action: to find the thing, not to read or change it.
HELPERS = {
    "s3": ("s3:ListBucket", "s3:GetBucketLocation"),
    "dynamodb": ("dynamodb:DescribeTable",),
    "sqs": ("sqs:GetQueueUrl", "sqs:GetQueueAttributes"),
    "kms": ("kms:DescribeKey",),
    "secretsmanager": ("secretsmanager:DescribeSecret",),
}
LOGS = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")


@check(permissions=identities.PERMISSIONS)
def principal_least_privilege(
    account: Account,
    *,
    principal: str,
    needs: list[str],
    may: list[str] | None = None,
    helpers: bool = True,
) -> None:
    """{principal} can do what it needs, and nothing more.

    `needs` and `may`: lines "ACTION ARN" ("s3:GetObject arn:aws:s3:::photos/*", "ec2:Describe* *"); `needs` must work,
    `may` can. Anything else that its policies let through is too much: other actions, the same on more resources. A
    wildcard is as good as the list of what it covers. `helpers`: beside them it may find the bucket, table, queue, key
    or secret (ListBucket, DescribeTable …) and write its own logs.
    """
    who = identities.the_one(account, principal)
    wanted = [_line(one) for one in needs]
    for pattern, resource in wanted:
        for action in identities.names_of([pattern]):
            for arn in identities.concrete(account, action, resource):
                decision = identities.decided(account, who.actor, action, arn)
                if not decision.allowed:
                    raise identities.refused(account, who, action, arn, decision)
    meant = [*wanted, *(_line(one) for one in may or [])]
    if helpers:
        meant += [helper for line in wanted for helper in _helpers(line)]
    for action, resource, level in _held(account, who.actor):
        if not any(_covers(one, action, resource) for one in meant):
            raise _fail(account, who, meant, action, resource, level, needs)


def _held(account: Account, actor: Actor) -> Iterator[tuple[str, str, str]]:
    """(action, resource pattern, access level) of all that is let through; of unknown services as it is written."""
    world = World(account.account_id, (actor,))
    ranked = sorted(world.what_can(actor), key=_harm)
    yield from ((one.action, one.resource, one.level) for one in ranked)
    for policy in actor.identity:
        for statement in policy.document.statements:
            for name in statement.actions if statement.allow else ():
                prefix = name.partition(":")[0].lower()
                if prefix not in catalogue.services() and "*" not in prefix and "?" not in prefix:
                    yield from ((name, resource, "") for resource in statement.resources or ("*",))


def _harm(permission: Permission) -> int:
    """The worst first, so that the learner is told that."""
    order = ("Permissions management", "Write", "Tagging", "Read", "List")
    return order.index(permission.level) if permission.level in order else 9


def _line(text: str) -> Line:
    action, _, resource = text.strip().partition(" ")
    if not resource.strip():
        raise ValueError(f"{text!r} is not of the form ACTION ARN")
    return action, resource.strip()


def _helpers(line: Line) -> Iterator[Line]:
    action, resource = line
    service = action.partition(":")[0].lower()
    own = resource.partition("/")[0] if service == "s3" else resource
    yield from ((name, own) for name in HELPERS.get(service, ()))
    yield from ((name, "*") for name in LOGS)


def _covers(line: Line, action: str, resource: str) -> bool:
    pattern, arn = line
    return patterns.matches(pattern, action, ignore_case=True) and (
        arn == "*" or arn == resource or patterns.arn_matches(arn, resource)
    )


def _fail(
    account: Account, who: identities.Known, meant: list[Line], action: str, resource: str, level: str, needs: list[str]
) -> Fail:
    same = [arn for pattern, arn in meant if patterns.matches(pattern, action, ignore_case=True)]
    found = "{who} can {action} on {resource}: nobody asked for that ({level})."
    step = "Take {action} away; grant the actions that are needed, by name."
    if same:
        found = "{who} can {action} on {resource}, where {same} is enough."
        step = "Put {same} into the Resource of that statement."
    source = next((policy.name for policy in who.actor.identity if policy.document.about(action, True)), "")
    return Fail(
        found,
        looked_at="all that the policies of {who} let through; here the {source}",
        needed="{needs}, and nothing else.",
        try_=step,
        counterexample="{who} asks for {action} on {arn} and gets it.",
        who=who,
        action=action,
        resource=resource,
        level=level.lower() or "an action of another service",
        same=same[0] if same else "",
        source=source,
        needs=needs,
        arn=patterns.instance(resource) if resource != "*" else "anything",
    )
