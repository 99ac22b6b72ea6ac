"""Auto Scaling: groups that keep their size over their zones, replace what is not well, and say what they did.

An instance that is terminated is replaced at once, one that is stopped or unhealthy at the next full minute; a group
whose processes are suspended does not.
https://docs.aws.amazon.com/autoscaling/ec2/userguide/auto-scaling-benefits.html (distribution over zones)
https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-health-checks.html
https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-termination-policies.html
https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from moto.autoscaling.models import (
    AutoScalingBackend,
    FakeAutoScalingGroup,
    InstanceState,
    autoscaling_backends,
)
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult
from moto.elbv2.models import elbv2_backends
from moto.moto_api._internal import mock_random

from labs.sandboxes.emulated import timeline
from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.fidelity.elbv2 import health
from labs.sandboxes.emulated.hooks import Call, before

__all__ = ["gone"]

# Without the first nothing is launched; without the others nobody notices that an instance is gone.
_NEEDED: Final = frozenset({"Launch", "HealthCheck", "ReplaceUnhealthy"})
_NAME_TAG: Final = "aws:autoscaling:groupName"
_ACTIVITIES: Final = 100
_MINUTE: Final = 60
# So often in a row a group replaces what its balancer finds unhealthy; AWS would for ever.
_PATIENCE: Final = 3


def install() -> None:
    """Let moto's groups launch, notice and tell as AWS's do."""
    resize, notice, attach = (
        FakeAutoScalingGroup.set_desired_capacity,
        AutoScalingBackend.notify_terminate_instances,
        AutoScalingBackend.attach_load_balancer_target_groups,
    )

    def resize_in_order(self: Any, new_capacity: int | None) -> None:
        kept = list(self.instance_states)
        # moto takes the first ones, and loses the order of the rest.
        self.instance_states = _victims_first(self)
        resize(self, new_capacity)
        order = {id(each): at for at, each in enumerate(kept)}
        self.instance_states = sorted(self.instance_states, key=lambda each: order.get(id(each), len(order)))
        left = [each for each in kept if each not in self.instance_states]
        for each in left:
            _note(self, f"Terminating EC2 instance: {each.instance.id}", "a change of the desired capacity")
        _leave_targets(self, [each.instance.id for each in left])

    def notice_if_running(self: Any, instance_ids: list[str]) -> None:
        for group in self.autoscaling_groups.values():
            lost = [each for each in group.instance_states if each.instance.id in instance_ids]
            for each in lost:
                cause = "an EC2 health check indicating it has been terminated or stopped"
                _note(group, f"Terminating EC2 instance: {each.instance.id}", cause)
            if lost and _NEEDED & _suspended(group):
                group.instance_states = [each for each in group.instance_states if each not in lost]
        notice(self, instance_ids)
        for group in self.autoscaling_groups.values():
            _enter_targets(group)

    def attach_and_register(self: Any, group_name: str, target_group_arns: list[str]) -> Any:
        made = attach(self, group_name, target_group_arns)
        _enter_targets(self.autoscaling_groups[group_name])
        return made

    FakeAutoScalingGroup.replace_autoscaling_group_instances = _launch
    FakeAutoScalingGroup.set_desired_capacity = resize_in_order
    AutoScalingBackend.notify_terminate_instances = notice_if_running
    AutoScalingBackend.attach_load_balancer_target_groups = attach_and_register
    AutoScalingBackend.update_attached_target_groups = lambda self, name: _enter_targets(self.autoscaling_groups[name])
    AutoScalingResponse.describe_scaling_activities = _describe_scaling_activities
    InstanceState.launch_template = property(_launched_from)
    timeline.source(_due, _heal)


def gone(account: str, region: str, ids: list[str]) -> None:
    """Tell groups and balancers that instances were terminated."""
    autoscaling_backends[account][region].notify_terminate_instances(ids)
    elbv2_backends[account][region].notify_terminate_instances(ids)


def _suspended(group: Any) -> set[str]:
    return {each["ProcessName"] for each in group.suspended_processes}


def _places(group: Any) -> list[tuple[str, str | None]]:
    """Return the group's zones, each with its subnet if it has any."""
    if not group.vpc_zone_identifier:
        return [(zone, None) for zone in group.availability_zones]
    backend = group.ec2_backend
    names = [each.strip() for each in group.vpc_zone_identifier.split(",")]
    return [(backend.get_subnet(each).availability_zone, each) for each in names]


def _launch(group: Any, count_needed: int, propagated_tags: dict[str, str]) -> None:
    """Launch instances one by one, each in the zone (then the subnet) that has the fewest."""
    if "Launch" in _suspended(group):
        return
    tags = {**propagated_tags, _NAME_TAG: group.name, **group.instance_tags}
    public = group.launch_config.associate_public_ip_address if group.launch_config else None
    for _ in range(count_needed):
        zones = [each.instance.placement.zone for each in group.instance_states]
        subnets = [each.instance.subnet_id for each in group.instance_states]
        zone, subnet = min(_places(group), key=lambda each: (zones.count(each[0]), subnets.count(each[1])))
        more: dict[str, Any] = {"subnet_id": subnet, "associate_public_ip": public}
        if group.ec2_launch_template:
            version = group.ec2_launch_template.get_version(group.launch_template_version)
            more["launch_template"] = {"LaunchTemplateId": group.ec2_launch_template.id, "Version": version.number}
            nics = version.data.get("NetworkInterfaces") or []
            if nics and subnet:
                more |= {"subnet_id": None, "nics": [{**each, "SubnetId": subnet} for each in nics[:1]]}
                more["nics"][0].setdefault("DeviceIndex", 0)
        made = group.autoscaling_backend.ec2_backend.run_instances(
            group.image_id,
            1,
            group.user_data,
            group.security_groups,
            instance_type=group.instance_type,
            tags={"instance": tags},
            placement=zone,
            launch_config=group.launch_config,
            is_instance_type_default=False,
            **more,
        )
        (instance,) = made.instances
        instance.autoscaling_group = group
        instance.launched_at = timeline.now()
        protected = group.new_instances_protected_from_scale_in
        group.instance_states.append(InstanceState(instance, protected_from_scale_in=protected))
        _note(group, f"Launching a new EC2 instance: {instance.id}", "a difference between desired and actual capacity")


def _victims_first(group: Any) -> list[Any]:
    """Return the instances in the order in which they go: of the fullest zone, the oldest first."""
    left, ordered = list(group.instance_states), []
    while left:
        zones = [each.instance.placement.zone for each in left]
        fullest = max(sorted(set(zones)), key=zones.count)
        first = next(each for each in left if each.instance.placement.zone == fullest)
        left.remove(first)
        ordered.append(first)
    return ordered


def _launched_from(state: Any) -> dict[str, str] | None:
    tags = {each["key"]: each["value"] for each in state.instance.get_tags()}
    group = state.auto_scaling_group
    if group is None or group.ec2_launch_template is None or "aws:ec2launchtemplate:id" not in tags:
        return None
    template = group.ec2_launch_template
    version = tags["aws:ec2launchtemplate:version"]
    return {"LaunchTemplateId": template.id, "LaunchTemplateName": template.name, "Version": version}


def _enter_targets(group: Any) -> None:
    """Register the group's instances with its target groups: those that run and are not there yet."""
    backend = elbv2_backends[group.account_id][group.region]
    for arn in group.target_group_arns or ():
        if arn in backend.target_groups and "AddToLoadBalancer" not in _suspended(group):
            held = backend.target_groups[arn]
            new = [each.instance for each in group.instance_states if each.instance.id not in held.targets]
            held.register([{"Id": each.id, "Port": held.port} for each in new if each.state == "running"])


def _leave_targets(group: Any, ids: list[str]) -> None:
    backend = elbv2_backends[group.account_id][group.region]
    for arn in group.target_group_arns or ():
        if arn in backend.target_groups:
            held = backend.target_groups[arn]
            held.deregister([{"Id": each} for each in ids if each in held.targets])


def _groups() -> Iterator[Any]:
    for account in sorted(autoscaling_backends):
        for _, backend in sorted(dict.items(autoscaling_backends[account])):
            yield from list(backend.autoscaling_groups.values())


def _unwell(group: Any) -> list[Any]:
    """Return what the group would replace now."""
    if _NEEDED & _suspended(group) or "Terminate" in _suspended(group):
        return []
    found = [
        each
        for each in group.instance_states
        if each.lifecycle_state == "InService"
        and (each.health_status == "Unhealthy" or each.instance.state != "running")
    ]
    if found or group.health_check_type != "ELB" or group.__dict__.get("patience", 0) >= _PATIENCE:
        return found
    return [each for each in group.instance_states if each.lifecycle_state == "InService" and _fails(group, each)]


def _fails(group: Any, state: Any) -> bool:
    """Return whether a balancer finds the instance unhealthy, after its grace period."""
    since = getattr(state.instance, "launched_at", -math.inf)
    if timeline.now() < since + float(group.health_check_grace_period or 0):
        return False
    backend = elbv2_backends[group.account_id][group.region]
    held = [backend.target_groups[arn] for arn in group.target_group_arns or () if arn in backend.target_groups]
    found = [health(each, each.targets[state.instance.id])[0] for each in held if state.instance.id in each.targets]
    return "unhealthy" in found


def _due(since: float) -> float | None:
    following = (math.floor(since / _MINUTE) + 1) * _MINUTE
    moments: list[float] = []
    for group in _groups():
        if _unwell(group):
            moments.append(following)
        elif (
            group.health_check_type == "ELB"
            and group.target_group_arns
            and group.__dict__.get("patience", 0) < _PATIENCE
        ):
            ends = [_grace_ends(group, each) for each in group.instance_states]
            moments += [max(following, each) for each in ends if each > since]
    return min(moments, default=None)


def _grace_ends(group: Any, state: Any) -> float:
    """Return the first full minute after the instance's grace period."""
    ends = getattr(state.instance, "launched_at", 0.0) + float(group.health_check_grace_period or 0)
    return math.ceil(ends / _MINUTE) * _MINUTE


def _heal(at: float) -> None:
    """Terminate what is not well, and let the group bring others."""
    for group in _groups():
        unwell = _unwell(group)
        if not unwell:
            continue
        sick = [each for each in unwell if each.health_status != "Unhealthy" and each.instance.state == "running"]
        group.__dict__["patience"] = group.__dict__.get("patience", 0) + 1 if sick else 0
        ids = [each.instance.id for each in unwell]
        group.ec2_backend.terminate_instances(ids)
        gone(group.account_id, group.region, ids)


def _note(group: Any, description: str, cause: str) -> None:
    now = datetime.fromtimestamp(timeline.now(), UTC)
    kept = group.autoscaling_backend.__dict__.setdefault("activities", [])
    kept.append(
        {
            "ActivityId": str(mock_random.uuid4()),
            "AutoScalingGroupName": group.name,
            "Description": description,
            "Cause": f"At {now:%Y-%m-%dT%H:%M:%SZ} an instance was affected in response to {cause}.",
            "StartTime": now,
            "EndTime": now,
            "StatusCode": "Successful",
            "Progress": 100,
            "Details": "{}",
        }
    )
    del kept[:-_ACTIVITIES]


def _describe_scaling_activities(self: Any) -> Any:
    """The newest first: API_DescribeScalingActivities."""
    name, ids = self._get_param("AutoScalingGroupName"), self._get_param("ActivityIds") or []
    kept = self.autoscaling_backend.__dict__.get("activities", [])
    found = [
        each
        for each in reversed(kept)
        if name in (None, "", each["AutoScalingGroupName"]) and (not ids or each["ActivityId"] in ids)
    ]
    return ActionResult({"Activities": found[: int(self._get_param("MaxRecords") or 100)]})


@before("autoscaling", "CreateAutoScalingGroup", "UpdateAutoScalingGroup", "SetDesiredCapacity")
def sizes_are_in_order(call: Call) -> None:
    """Refuse a minimum above the maximum, and a desired capacity outside of both."""
    given, name = call.parameters, str(call.parameters.get("AutoScalingGroupName"))
    group = autoscaling_backends[call.account_id][call.region].autoscaling_groups.get(name)
    least, most = (
        given.get(each, getattr(group, own, None)) for each, own in (("MinSize", "min_size"), ("MaxSize", "max_size"))
    )
    wanted = given.get("DesiredCapacity")
    if least is not None and most is not None and int(least) > int(most):
        message = f"Max bound, {most}, must be greater than or equal to min bound, {least}"
        raise AwsError("ValidationError", message, 400)
    if wanted is None or least is None or most is None or int(least) <= int(wanted) <= int(most):
        return
    if call.operation.name == "SetDesiredCapacity":
        side, bound = ("above max", most) if int(wanted) > int(most) else ("below min", least)
        message = f"New SetDesiredCapacity value {wanted} is {side} value {bound} for the AutoScalingGroup."
        raise AwsError("ValidationError", message, 400)
    message = f"Desired capacity:{wanted} must be between the specified min size:{least} and max size:{most}"
    raise AwsError("ValidationError", message, 400)


@before("autoscaling", "DeleteAutoScalingGroup")
def a_group_is_emptied_first(call: Call) -> None:
    """Refuse to delete a group with instances, unless it is forced: API_DeleteAutoScalingGroup."""
    name = str(call.parameters.get("AutoScalingGroupName"))
    group = autoscaling_backends[call.account_id][call.region].autoscaling_groups.get(name)
    if group is not None and group.instance_states and str(call.parameters.get("ForceDelete")).lower() != "true":
        message = (
            "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in "
            "the group."
        )
        raise AwsError("ResourceInUse", message, 400)
