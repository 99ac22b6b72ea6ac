"""https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-groups.html"""

from typing import Any, Literal

from graders import Account, Fail, check, messaging, pipelines
from graders.iam.snapshot import PERMISSIONS as PEOPLE


@check(
    permissions=[
        *pipelines.GROUP_PERMISSIONS,
        *PEOPLE,
        "ec2:DescribeInstances",
        "autoscaling:DescribeAutoScalingGroups",
    ]
)
def group_targets(
    account: Account,
    *,
    application: str,
    group: str,
    instances: int = 1,
    style: Literal["IN_PLACE", "BLUE_GREEN"] | None = None,
    configs: list[str] | None = None,
    target_group: str = "",
    rolls_back: bool = False,
) -> None:
    """Deployments to {group} of {application} reach instances.

    At least `instances`, by tags (in whatever form) or by Auto Scaling groups. Where asked: the `style`, one of `configs`
    (CodeDeployDefault.OneAtATime), traffic through the target group, roll back on failure. CodeDeploy can take its role.
    """
    found = pipelines.the_group(account, application, group)
    reached = _by_tags(account, found) | _by_fleets(account, found)
    style_now = found.get("deploymentStyle", {}).get("deploymentType") or "IN_PLACE"
    config = found.get("deploymentConfigName", "CodeDeployDefault.OneAtATime")
    balanced = [one["name"] for one in found.get("loadBalancerInfo", {}).get("targetGroupInfoList", [])]
    traffic = found.get("deploymentStyle", {}).get("deploymentOption") == "WITH_TRAFFIC_CONTROL"
    rollback = found.get("autoRollbackConfiguration", {})
    values: dict[str, Any] = {"application": application, "group": group}
    said = ""
    if len(reached) < instances:
        said = "The deployment group {group} selects {count} instances: {selection}."
        values |= {"count": len(reached), "selection": _selection(found)}
    elif style and style_now != style:
        said, values["style"] = "The deployment group {group} deploys {style}.", style_now
    elif configs and config not in configs:
        said, values["config"] = "The deployment group {group} deploys by {config}.", config
    elif target_group and target_group not in balanced:
        said, values["balanced"] = "The deployment group {group} does not steer {target}; it has {balanced}.", balanced
    elif target_group and not traffic:
        said = "The deployment group {group} names {target}, but has no traffic control."
    elif rolls_back and not (rollback.get("enabled") and "DEPLOYMENT_FAILURE" in rollback.get("events", [])):
        said = "The deployment group {group} does not roll back when a deployment fails."
    elif why := messaging.role_refuses(account, found.get("serviceRoleArn", ""), "codedeploy.amazonaws.com", "", ""):
        said, values["why"] = "CodeDeploy cannot work for {group}: {why}.", why
    if said:
        raise Fail(
            said,
            looked_at="the deployment group {group} of {application}, and what it selects",
            needed="{wanted} running instances or more, deployed to as asked.",
            try_="aws deploy update-deployment-group --application-name {application} …",
            counterexample="A deployment to {group} does not arrive, or not in the way that was meant.",
            wanted=instances,
            target=target_group,
            **values,
        )


def _by_tags(account: Account, group: dict[str, Any]) -> set[str]:
    """Running instances that a filter of ec2TagFilters covers, or one of each list of ec2TagSet."""
    sets = group.get("ec2TagSet", {}).get("ec2TagSetList", [])
    lists = [*sets, *([group["ec2TagFilters"]] if group.get("ec2TagFilters") else [])]
    if not lists:
        return set()
    found = set()
    for reservation in account.read("ec2", "describe_instances").get("Reservations", []):
        for one in reservation["Instances"]:
            tags = {it["Key"]: it["Value"] for it in one.get("Tags", [])}
            alive = one["State"]["Name"] in ("pending", "running")
            if alive and all(any(_has(tags, wanted) for wanted in some) for some in lists):
                found.add(one["InstanceId"])
    return found


def _has(tags: dict[str, str], wanted: dict[str, str]) -> bool:
    match wanted.get("Type"):
        case "KEY_ONLY":
            return wanted["Key"] in tags
        case "VALUE_ONLY":
            return wanted["Value"] in tags.values()
    return wanted.get("Key", "") in tags and tags[wanted["Key"]] == wanted.get("Value")


def _by_fleets(account: Account, group: dict[str, Any]) -> set[str]:
    names = [one["name"] for one in group.get("autoScalingGroups", [])]
    if not names:
        return set()
    fleets = account.read("autoscaling", "describe_auto_scaling_groups").get("AutoScalingGroups", [])
    return {it["InstanceId"] for one in fleets if one["AutoScalingGroupName"] in names for it in one["Instances"]}


def _selection(group: dict[str, Any]) -> str:
    filters = [
        *group.get("ec2TagFilters", []),
        *(it for one in group.get("ec2TagSet", {}).get("ec2TagSetList", []) for it in one),
    ]
    tags = [f"{one.get('Key', '')}={one.get('Value', '')}" for one in filters]
    return ", ".join([*tags, *(one["name"] for one in group.get("autoScalingGroups", []))]) or "it names none"
