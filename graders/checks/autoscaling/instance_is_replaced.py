"""https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-health-checks.html"""

from typing import Any

from graders import Account, Fail, check, instances
from graders.probe import ActingAccount, acting


@check(permissions=[*instances.GROUP_PERMISSIONS, "ec2:TerminateInstances"], acts=True)
def instance_is_replaced(account: Account, *, group: str) -> None:
    """When an instance of {group} dies, the group brings another: it was tried.

    In a copy of the account, by terminating one: the group then has as many as it wants, all of them alive.
    """
    probe = acting(account)
    before = instances.scaling_group(probe, group)
    alive = _alive(before)
    if not alive:
        raise Fail(
            "{group} has no instance in service: there is nothing that it could replace.",
            looked_at="the instances of {group}",
            needed="A group that keeps at least one instance (minimum and desired capacity).",
            try_="aws autoscaling update-auto-scaling-group --auto-scaling-group-name {group} --min-size 1 …",
            group=group,
        )
    victim = alive[0]
    probe.client("ec2").terminate_instances(InstanceIds=[victim])
    after = _again(probe, group)
    new = [one for one in _alive(after) if one not in alive]
    if new and len(_alive(after)) >= after["DesiredCapacity"] and victim not in _alive(after):
        return
    stopped = sorted({one["ProcessName"] for one in after.get("SuspendedProcesses", [])})
    raise Fail(
        "{victim} of {group} was terminated, and no instance came in its place."
        + (" The group's processes {stopped} are suspended." if stopped else ""),
        looked_at="the instances of {group}, after one was terminated in a copy of the account",
        needed="As many instances in service as before, one of them new.",
        try_="aws autoscaling resume-processes --auto-scaling-group-name {group}"
        if stopped
        else "Look at the group's activities: aws autoscaling describe-scaling-activities",
        counterexample="An instance of {group} dies at night: {left} of {wanted} are left.",
        victim=victim,
        group=group,
        stopped=stopped,
        left=len(_alive(after)),
        wanted=after["DesiredCapacity"],
    )


def _alive(group: dict[str, Any]) -> list[str]:
    return [one["InstanceId"] for one in group.get("Instances", []) if one.get("LifecycleState") == "InService"]


def _again(probe: ActingAccount, group: str) -> dict[str, Any]:
    answer = probe.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[group])
    found: dict[str, Any] = answer["AutoScalingGroups"][0]
    return found
