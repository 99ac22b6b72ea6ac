"""https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html"""

from typing import Any

from graders import Account, Fail, check


def _ids(account: Account, names: list[str]) -> dict[str, str]:
    """Return id -> Name of the subnets with these names."""
    told = account.read("ec2", "describe_subnets")["Subnets"]
    tags = {one["SubnetId"]: next((t["Value"] for t in one.get("Tags", []) if t["Key"] == "Name"), "") for one in told}
    return {ident: name for ident, name in tags.items() if name in names}


def _exactly(account: Account, has: list[str], names: list[str], what: str) -> None:
    wanted = _ids(account, names)
    if set(has) != set(wanted):
        raise Fail(
            "{what} is in {has}.",
            needed="{names}, and no other subnet.",
            what=what,
            has=", ".join(wanted.get(one, one) for one in has) or "no subnet",
            names=", ".join(names),
        )


def _wears(account: Account, arn: str, role: str, what: str) -> None:
    if arn != f"arn:aws:iam::{account.account_id}:role/{role}":
        raise Fail("{what} has the role {arn}, not {role}.", what=what, arn=arn, role=role)


@check(permissions=["eks:DescribeCluster", "ec2:DescribeSubnets"])
def cluster_is(account: Account, *, cluster: str, role: str, subnets: list[str]) -> None:
    """The cluster {cluster} is in {subnets}, with the role {role}."""
    held = account.read("eks", "describe_cluster", name=cluster)["cluster"]
    _wears(account, held["roleArn"], role, cluster)
    _exactly(account, held["resourcesVpcConfig"]["subnetIds"], subnets, cluster)


@check(permissions=["eks:DescribeNodegroup", "ec2:DescribeSubnets"])
def nodes_are_private(account: Account, *, cluster: str, group: str, subnets: list[str]) -> None:
    """The nodes of {group} are in {subnets}."""
    held = account.read("eks", "describe_nodegroup", clusterName=cluster, nodegroupName=group)["nodegroup"]
    _exactly(account, held["subnets"], subnets, group)


@check(permissions=["eks:DescribeFargateProfile", "ec2:DescribeSubnets"])
def profile_is(account: Account, *, cluster: str, profile: str, namespace: str, role: str, subnets: list[str]) -> None:
    """Pods of the namespace {namespace} run on Fargate, in {subnets}."""
    held = account.read("eks", "describe_fargate_profile", clusterName=cluster, fargateProfileName=profile)
    one: dict[str, Any] = held["fargateProfile"]
    spaces = [each.get("namespace", "") for each in one.get("selectors", [])]
    if spaces != [namespace]:
        raise Fail("{profile} selects the namespaces {spaces}.", profile=profile, spaces=", ".join(spaces) or "of none")
    if any(each.get("labels") for each in one["selectors"]):
        raise Fail(
            "{profile} selects by labels as well, and not all pods of {namespace}.",
            profile=profile,
            namespace=namespace,
        )
    _wears(account, one["podExecutionRoleArn"], role, profile)
    _exactly(account, one["subnets"], subnets, profile)


@check(permissions=["ecs:ListTaskDefinitions", "ecs:DescribeTaskDefinition"])
def task_is(account: Account, *, task: str, role: str) -> None:
    """The task definition {task} is a small one for Fargate."""
    families = account.read("ecs", "list_task_definitions")["taskDefinitionArns"]
    if not any(f":task-definition/{task}:" in one for one in families):
        raise Fail("There is no task definition {task}.", task=task)
    held = account.read("ecs", "describe_task_definition", taskDefinition=task)["taskDefinition"]
    _wears(account, held.get("executionRoleArn", "none"), role, task)
    if "FARGATE" not in (held.get("requiresCompatibilities") or []) or held.get("networkMode") != "awsvpc":
        raise Fail("{task} is not for Fargate with awsvpc.", task=task)
    if (str(held.get("cpu")), str(held.get("memory"))) != ("256", "512"):
        raise Fail(
            "{task} asks for {cpu} CPU units and {memory} MB.",
            task=task,
            cpu=held.get("cpu"),
            memory=held.get("memory"),
        )


@check(
    permissions=[
        "events:DescribeRule",
        "events:ListTargetsByRule",
        "ec2:DescribeSubnets",
        "ec2:DescribeSecurityGroups",
    ]
)
def runs_nightly(
    account: Account,
    *,
    rule: str,
    schedule: list[str],
    cluster: str,
    task: str,
    role: str,
    subnets: list[str],
    group: str,
) -> None:
    """The rule {rule} runs {task} in {cluster} each night."""
    held = account.read("events", "describe_rule", Name=rule)
    if held.get("ScheduleExpression") not in schedule or held.get("State") != "ENABLED":
        raise Fail(
            "{rule} is {state}, by {said}.", rule=rule, state=held.get("State"), said=held.get("ScheduleExpression")
        )
    here = f"{account.region}:{account.account_id}"
    for target in account.read("events", "list_targets_by_rule", Rule=rule)["Targets"]:
        if target["Arn"] != f"arn:aws:ecs:{here}:cluster/{cluster}":
            continue
        _wears(account, target.get("RoleArn", "none"), role, "The target")
        given = target.get("EcsParameters") or {}
        family = given.get("TaskDefinitionArn", "").partition(":task-definition/")[2].partition(":")[0]
        if family != task or not given["TaskDefinitionArn"].startswith(f"arn:aws:ecs:{here}:"):
            raise Fail("The target runs {family}, not {task}.", family=family or "nothing", task=task)
        if given.get("LaunchType") != "FARGATE" or given.get("TaskCount", 1) != 1:
            raise Fail("The target does not run one task on Fargate.")
        net = (given.get("NetworkConfiguration") or {}).get("awsvpcConfiguration") or {}
        _exactly(account, net.get("Subnets", []), subnets, "The task")
        groups = account.read("ec2", "describe_security_groups")["SecurityGroups"]
        if set(net.get("SecurityGroups", [])) != {one["GroupId"] for one in groups if one["GroupName"] == group}:
            raise Fail("The task does not wear {group}, and no other group.", group=group)
        if net.get("AssignPublicIp", "DISABLED") != "DISABLED":
            raise Fail("The task gets a public address.")
        return
    raise Fail("{rule} has no target in the cluster {cluster}.", rule=rule, cluster=cluster)
