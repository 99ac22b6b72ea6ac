"""https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html

Who may write policies, hand roles to a service or make credentials of others is as strong as the strongest of them.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
"""

from __future__ import annotations

from collections.abc import Iterator

from graders import Account, Fail, check, identities
from graders.iam.assume import trust_policies
from graders.iam.decide import Policies, Request, decide
from graders.iam.principals import Principal
from graders.iam.snapshot import Actor, snapshot
from graders.iam.witnesses import Witness

# By themselves: (what it is good for, the kind of thing it acts on, the actions, all of them needed).
ALONE = (
    ("write a new version of a policy of its own", "own policy", ("iam:CreatePolicyVersion",)),
    ("bring back an older, stronger version of a policy", "own policy", ("iam:SetDefaultPolicyVersion",)),
    ("attach any policy to itself", "own user", ("iam:AttachUserPolicy",)),
    ("write a policy into itself", "own user", ("iam:PutUserPolicy",)),
    ("take its own boundary away", "own user", ("iam:DeleteUserPermissionsBoundary",)),
    ("choose its own boundary", "own user", ("iam:PutUserPermissionsBoundary",)),
    ("join a stronger group", "group", ("iam:AddUserToGroup",)),
    ("attach any policy to a group of its own", "own group", ("iam:AttachGroupPolicy",)),
    ("write a policy into a group of its own", "own group", ("iam:PutGroupPolicy",)),
    ("attach any policy to a role that it can be", "own role", ("iam:AttachRolePolicy",)),
    ("write a policy into a role that it can be", "own role", ("iam:PutRolePolicy",)),
    ("take the boundary of a role that it can be away", "own role", ("iam:DeleteRolePermissionsBoundary",)),
    ("choose the boundary of a role that it can be", "own role", ("iam:PutRolePermissionsBoundary",)),
    ("let itself into any role", "role", ("iam:UpdateAssumeRolePolicy",)),
    ("make an access key of somebody else", "user", ("iam:CreateAccessKey",)),
    ("give somebody else a password that it knows", "user", ("iam:CreateLoginProfile",)),
    ("change somebody else's password", "user", ("iam:UpdateLoginProfile",)),
    ("make a user as strong as it likes", "user", ("iam:CreateUser", "iam:AttachUserPolicy", "iam:CreateAccessKey")),
    ("make a role as strong as it likes", "role", ("iam:CreateRole", "iam:AttachRolePolicy")),
    ("make a role with a policy as it likes", "role", ("iam:CreateRole", "iam:PutRolePolicy")),
)
# By a service that is handed a role: (the service, what must be allowed beside iam:PassRole, all of it).
HANDING = (
    ("lambda", ("lambda:CreateFunction", "lambda:InvokeFunction")),
    ("lambda", ("lambda:CreateFunction", "lambda:CreateEventSourceMapping")),
    ("lambda", ("lambda:CreateFunction", "lambda:AddPermission")),
    ("lambda", ("lambda:UpdateFunctionConfiguration", "lambda:UpdateFunctionCode")),
    ("ec2", ("ec2:RunInstances",)),
    ("ec2", ("ec2:AssociateIamInstanceProfile", "ssm:StartSession")),
    ("ec2", ("ec2:AssociateIamInstanceProfile", "ssm:SendCommand")),
    ("ec2", ("autoscaling:CreateLaunchConfiguration", "autoscaling:CreateAutoScalingGroup")),
    ("cloudformation", ("cloudformation:CreateStack",)),
    ("cloudformation", ("cloudformation:UpdateStack",)),
    ("codebuild", ("codebuild:CreateProject", "codebuild:StartBuild")),
    ("codebuild", ("codebuild:UpdateProject", "codebuild:StartBuild")),
    ("codepipeline", ("codepipeline:CreatePipeline",)),
    ("glue", ("glue:CreateJob", "glue:StartJobRun")),
    ("glue", ("glue:UpdateJob", "glue:StartJobRun")),
    ("glue", ("glue:CreateDevEndpoint",)),
    ("ecs-tasks", ("ecs:RegisterTaskDefinition", "ecs:RunTask")),
    ("ecs-tasks", ("ecs:RegisterTaskDefinition", "ecs:CreateService")),
    ("batch", ("batch:RegisterJobDefinition", "batch:SubmitJob")),
    ("states", ("states:CreateStateMachine", "states:StartExecution")),
    ("sagemaker", ("sagemaker:CreateNotebookInstance", "sagemaker:CreatePresignedNotebookInstanceUrl")),
    ("sagemaker", ("sagemaker:CreateTrainingJob",)),
    ("sagemaker", ("sagemaker:CreateProcessingJob",)),
    ("ssm", ("ssm:StartAutomationExecution",)),
    ("events", ("events:PutRule", "events:PutTargets")),
    ("scheduler", ("scheduler:CreateSchedule",)),
    ("apprunner", ("apprunner:CreateService",)),
    ("datapipeline", ("datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition")),
)
# By what already runs under a strong role: (the service that the role trusts, the actions).
BORROWING = (
    ("lambda", ("lambda:UpdateFunctionCode",)),
    ("ec2", ("ssm:SendCommand",)),
    ("ec2", ("ssm:StartSession",)),
    ("ec2", ("ec2-instance-connect:SendSSHPublicKey",)),
    ("cloudformation", ("cloudformation:UpdateStack",)),
    ("codebuild", ("codebuild:StartBuild",)),
    ("glue", ("glue:UpdateDevEndpoint",)),
    ("sagemaker", ("sagemaker:CreatePresignedNotebookInstanceUrl",)),
    ("ecs-tasks", ("ecs:ExecuteCommand",)),
    ("states", ("states:UpdateStateMachine", "states:StartExecution")),
)
# A request that harms: the strongest policy, and no boundary that anybody asked for.
HARMFUL = {
    "iam:policyarn": "arn:aws:iam::aws:policy/AdministratorAccess",
    "iam:permissionsboundary": "arn:aws:iam::aws:policy/AdministratorAccess",
}


@check(permissions=identities.PERMISSIONS)
def principal_cannot_escalate(account: Account, *, principal: str) -> None:
    """{principal} cannot make itself stronger than it was made.

    Not by writing policies, memberships, trusts, boundaries or others' credentials; not by handing a role to a service
    and running something there; not by what runs under a strong role already; not by becoming an administrator. What
    a condition bounds (iam:PermissionsBoundary, iam:PolicyARN, iam:PassedToService), a path or a deny is bounded.
    """
    who = identities.the_one(account, principal)
    for way, found in _ways(account, who):
        raise Fail(
            "{who} can make itself an administrator: it can {way}.",
            looked_at="the policies of {who} and the roles of this account",
            needed="{who} can give nobody, itself included, rights that it does not have.",
            try_="Take {action} away, narrow its Resource, or bind it: condition on "
            "iam:PermissionsBoundary, iam:PolicyARN or iam:PassedToService.",
            counterexample="{request}: it can {way}.",
            who=who,
            way=way,
            action=found.request.action,
            request=found.sentence,
        )


def _ways(account: Account, who: identities.Known) -> Iterator[tuple[str, Witness]]:
    strong = [one for one in snapshot(account).roles if identities.administrator(account, one) is not None]
    for way, kind, needed in ALONE:
        found = _all(account, who, needed, _things(account, who, kind))
        if found is not None:
            yield way, found
    for chain in identities.becomes(account, who.actor):
        found = identities.administrator(account, chain[-1])
        if found is not None:
            yield f"become {chain[-1].principal}", found
    for service, needed in HANDING:
        arns = [_arn(account, "role/zz-any"), *(one.principal.arn for one in strong if _trusts(one, service))]
        fixed = {"iam:passedtoservice": f"{service}.amazonaws.com"}
        passing = next(
            (one for arn in arns if (one := identities.can_somehow(account, who.actor, ["iam:PassRole"], arn, fixed=fixed))),
            None,
        )  # fmt: skip
        if passing and _all(account, who, needed, ["*"]):
            yield f"hand a role to {service}.amazonaws.com ({', '.join(needed)})", passing
    for service, needed in BORROWING:
        used = next((one for one in strong if _trusts(one, service)), None)
        found = _all(account, who, needed, ["*"]) if used else None
        if found is not None and used is not None:
            yield f"act through what runs under {used.principal} ({', '.join(needed)})", found


def _all(account: Account, who: identities.Known, needed: tuple[str, ...], arns: list[str]) -> Witness | None:
    """A request for the first of the actions, when all of them get through somewhere."""
    found = [
        next(
            (one for arn in arns if (one := identities.can_somehow(account, who.actor, [name], arn, fixed=HARMFUL))),
            None,
        )
        for name in needed
    ]
    return found[0] if all(found) else None


def _things(account: Account, who: identities.Known, kind: str) -> list[str]:
    """ARNs on which an action does harm: "own …" those that bear on whoever asks, else any."""
    name = who.actor.principal.arn
    groups = who.item.get("GroupList", [who.name] if who.kind == "group" else [])
    held = [one for one in identities.everybody(account) if one.name in groups and one.kind == "group"]
    if kind == "own user":
        return [name] if who.kind != "role" else []
    if kind == "own group":
        return [one.item["Arn"] for one in held]
    if kind == "own role":
        own = [name] if who.kind == "role" else []
        return own + [chain[-1].principal.arn for chain in identities.becomes(account, who.actor)]
    if kind == "own policy":
        items = [who.item, *(one.item for one in held)]
        arns = [one["PolicyArn"] for item in items for one in item.get("AttachedManagedPolicies", [])]
        return [one for one in arns if ":aws:policy/" not in one] + [_arn(account, "policy/zz-any")]
    others = [one for one in identities.everybody(account) if one.kind == kind and one.item["Arn"] != who.item["Arn"]]
    found = [one.item["Arn"] for one in others if identities.administrator(account, one.actor)]
    return [_arn(account, f"{kind}/zz-any"), *found]


def _trusts(role: Actor, service: str) -> bool:
    caller = Principal("service", service=f"{service}.amazonaws.com")
    held = Policies(role.principal.account, resource=trust_policies(role), resource_decides=True)
    return decide(Request(caller, "sts:AssumeRole", role.principal.arn), held).allowed


def _arn(account: Account, name: str) -> str:
    return f"arn:aws:iam::{account.account_id}:{name}"
