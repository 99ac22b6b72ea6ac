"""EC2 instances found by Name tag or id, and the ends of a connection as a lab names them."""

from __future__ import annotations

import base64
from typing import Any

from graders import nearby, networks
from graders.account import Account, read_or_none
from graders.check import Fail
from graders.network import World, cidrs
from graders.network.engine import INTERNET_WORD

PERMISSIONS = ("ec2:DescribeInstances",)
GONE = ("terminated", "shutting-down")


def all_instances(account: Account, region: str | None = None) -> list[dict[str, Any]]:
    """Every instance, terminated ones too."""
    answer = account.read("ec2", "describe_instances", region=region)
    return [one for reservation in answer.get("Reservations", []) for one in reservation.get("Instances", [])]


def the_instances(account: Account, name: str) -> list[dict[str, Any]]:
    """The instances of that Name tag or id that are not terminated, running ones first; fails when there is none."""
    everybody = all_instances(account)
    named = [one for one in everybody if name in (one["InstanceId"], networks.tags_of(one).get("Name"))]
    found = [one for one in named if state(one) not in GONE]
    if found:
        return sorted(found, key=lambda one: state(one) != "running")
    hint = f" {named[0]['InstanceId']} had that name, and is {state(named[0])}." if named else ""
    hint = hint or nearby.almost(name, filter(None, (networks.tags_of(one).get("Name") for one in everybody)))
    hint = hint or nearby.elsewhere(
        account, lambda region: any(networks.tags_of(one).get("Name") == name for one in all_instances(account, region))
    )
    raise Fail(
        "The instance {name} does not exist.{hint}",
        looked_at="the EC2 instances in {region}",
        needed="An instance with the Name tag {name} (or that id) in {region}.",
        try_="aws ec2 describe-instances --filters Name=tag:Name,Values={name}",
        name=name, hint=hint, region=account.region,
    )  # fmt: skip


def the_instance(account: Account, name: str) -> dict[str, Any]:
    """The one instance of that name: the running one, where a stopped one has the name too."""
    found = the_instances(account, name)
    running = [one for one in found if state(one) == "running"] or found
    if len(running) == 1:
        return running[0]
    raise Fail(
        "{count} instances are named {name}: {ids}.",
        looked_at="the EC2 instances in {region}",
        needed="One instance named {name}.",
        try_="Terminate the one that you do not need, or take its Name tag away.",
        count=len(running), name=name, ids=[one["InstanceId"] for one in running], region=account.region,
    )  # fmt: skip


def state(instance: dict[str, Any]) -> str:
    return str(instance["State"]["Name"])


def running(account: Account, name: str) -> dict[str, Any]:
    """the_instance, and it runs."""
    found = the_instance(account, name)
    if state(found) == "running":
        return found
    raise Fail(
        "The instance {name} is {state}.",
        looked_at="the state of {name} ({id})",
        needed="{name} runs.",
        try_="aws ec2 start-instances --instance-ids {id}",
        name=name, state=state(found), id=found["InstanceId"],
    )  # fmt: skip


def ends(account: Account, world: World, text: str) -> list[str]:
    """What the engine knows by a lab's word: instances of a Name, a group by its name, a load balancer, an address."""
    if text == INTERNET_WORD or _is_address(text) or text in world.enis or text in world.groups:
        return [text]
    if any(text in (one.id, one.name, one.dns) for one in world.balancers.values()) or text in world.endpoints:
        return [text]
    groups = [one.id for one in world.groups.values() if one.name == text]
    names = [one.name for one in world.instances.values() if one.state not in GONE]
    if groups and text not in names:
        return groups
    return [one["InstanceId"] for one in the_instances(account, text)]


def _is_address(text: str) -> bool:
    try:
        cidrs.network(text)
    except ValueError:
        return False
    return True


ROLE_PERMISSIONS = (
    *PERMISSIONS,
    "ec2:DescribeIamInstanceProfileAssociations",
    "iam:GetInstanceProfile",
)


def role_of(account: Account, instance: str) -> tuple[str, str]:
    """(profile, role) that the instance wears now, "" for what it lacks: by the association, which is what counts.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html
    """
    answer = account.read("ec2", "describe_iam_instance_profile_associations")
    links = [one for one in answer.get("IamInstanceProfileAssociations", []) if one["InstanceId"] == instance]
    link = next((one for one in links if one.get("State") in ("associated", "associating")), None)
    if link is None:
        return "", ""
    name = link["IamInstanceProfile"]["Arn"].rpartition("/")[2]
    profile = read_or_none(account, "NoSuchEntity", "iam", "get_instance_profile", InstanceProfileName=name)
    roles = profile["InstanceProfile"].get("Roles", []) if profile else []
    return name, roles[0]["RoleName"] if roles else ""


def user_data(account: Account, instance: str) -> str:
    """What the instance runs at its first boot, decoded."""
    answer = account.read("ec2", "describe_instance_attribute", InstanceId=instance, Attribute="userData")
    return plain_user_data(answer.get("UserData", {}).get("Value", ""))


def plain_user_data(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except ValueError:
        return text


GROUP_PERMISSIONS = ("autoscaling:DescribeAutoScalingGroups",)


def scaling_group(account: Account, name: str) -> dict[str, Any]:
    """An Auto Scaling group by name; fails when there is none."""
    found = account.read("autoscaling", "describe_auto_scaling_groups").get("AutoScalingGroups", [])
    group: dict[str, Any] | None = next((one for one in found if name == one["AutoScalingGroupName"]), None)
    if group is not None:
        return group
    hint = nearby.almost(name, (one["AutoScalingGroupName"] for one in found)) or nearby.elsewhere(
        account, lambda region: any(one["AutoScalingGroupName"] == name for one in _groups(account, region))
    )
    raise Fail(
        "The Auto Scaling group {group} does not exist.{hint}",
        looked_at="the Auto Scaling groups in {region}",
        needed="An Auto Scaling group named exactly {group} in {region}.",
        try_="aws autoscaling create-auto-scaling-group --auto-scaling-group-name {group} …",
        group=name, hint=hint, region=account.region,
    )  # fmt: skip


def template_of(group: dict[str, Any]) -> dict[str, str]:
    """The launch template (id, name, version) that an Auto Scaling group launches from, directly or in a mix."""
    mixed = group.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {}).get("LaunchTemplateSpecification")
    found: dict[str, str] = group.get("LaunchTemplate") or mixed or {}
    return found


def suspended(group: dict[str, Any], *processes: str) -> list[str]:
    """Which of the processes are suspended.

    https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html
    """
    off = {one["ProcessName"] for one in group.get("SuspendedProcesses", [])}
    return [one for one in processes if one in off]


def _groups(account: Account, region: str) -> list[dict[str, Any]]:
    answer = account.read("autoscaling", "describe_auto_scaling_groups", region=region)
    found: list[dict[str, Any]] = answer.get("AutoScalingGroups", [])
    return found
