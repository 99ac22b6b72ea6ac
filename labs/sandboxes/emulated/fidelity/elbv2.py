"""Elastic Load Balancing: the health of targets, from what is around them, with AWS's reasons.

A target is healthy where a listener's rule leads to its group, its zone is one of the balancer's, it runs, and security
groups let the health check through: that something answers on the port is taken for granted. There is no initial state:
who registers a target sees at once what it comes to.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html (reason codes)
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_address, ip_network
from typing import Any, Final

from moto.ec2.models import ec2_backends
from moto.elbv2.models import FakeHealthStatus, FakeLoadBalancer, FakeRule, FakeTargetGroup, elbv2_backends
from moto.moto_api._internal import mock_random

_TCP: Final = ("tcp", "6", "-1")
_WORDS: Final = {
    "Target.NotInUse": "Target group is not configured to receive traffic from the load balancer",
    "Target.InvalidState": "Target is in the {state} state",
    "Target.Timeout": "Request timed out",
    "Target.HealthCheckDisabled": "Health checks are disabled for this target",
}
_OTHER_ZONE: Final = "Target is in an Availability Zone that is not enabled for the load balancer"


def install() -> None:
    """Let moto's target groups look around; give rules ids of their own."""
    moto_looks, make = FakeTargetGroup.health_for, FakeRule.__init__

    def look(self: Any, target: dict[str, Any], ec2_backend: Any) -> Any:
        held = self.targets.get(target["Id"])
        if held is None:
            return moto_looks(self, target, ec2_backend)
        state, reason, description = health(self, held)
        port = _health_port(self, held)
        return FakeHealthStatus(held["Id"], held["Port"], str(port), state, reason or None, description or None)

    def make_with_an_id(self: Any, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)
        # moto's ends in a place in memory: another one in each process.
        self.arn = f"{self.listener_arn.replace(':listener/', ':listener-rule/')}/{mock_random.get_random_hex(16)}"

    build = FakeLoadBalancer.__init__

    def build_for_the_internet(self: Any, *args: Any, **kwargs: Any) -> None:
        build(self, *args, **kwargs)
        if not self.scheme and self.type != "gateway":
            self.scheme = "internet-facing"  # the default: API_CreateLoadBalancer

    FakeTargetGroup.health_for, FakeRule.__init__ = look, make_with_an_id
    FakeLoadBalancer.__init__ = build_for_the_internet


def health(group: Any, target: dict[str, Any]) -> tuple[str, str, str]:
    """Return a registered target's state, reason code and description, the last two "" where it is healthy."""
    if group.target_type == "lambda":
        return ("healthy", "", "") if group.health_check_enabled else _told("unavailable", "Target.HealthCheckDisabled")
    balancers = list(_balancers(group))
    if not balancers:
        return _told("unused", "Target.NotInUse")
    if group.target_type == "alb":
        return "healthy", "", ""
    nic, state = _interface(group, target["Id"])
    if state not in ("", "running"):
        return _told("unused", "Target.InvalidState", state=state)
    if nic is None:
        return _told("unhealthy", "Target.Timeout")
    zone = nic.subnet.availability_zone
    near = [each for each in balancers if _serves(each, zone)]
    if not near:
        return "unused", "Target.NotInUse", _OTHER_ZONE
    port = _health_port(group, target)
    if any(_reaches(each, nic, port) for each in near):
        return "healthy", "", ""
    return _told("unhealthy", "Target.Timeout")


def _told(state: str, reason: str, /, **values: str) -> tuple[str, str, str]:
    return state, reason, _WORDS[reason].format(**values)


def _health_port(group: Any, target: dict[str, Any]) -> int:
    port = str(group.health_check_port or "traffic-port")
    return int(port if port.isdigit() else target["Port"] or group.port or 80)


def _balancers(group: Any) -> Iterator[Any]:
    """Yield the balancers of which a listener leads to the group, by its default or by a rule."""
    for balancer in elbv2_backends[group.account_id][group.region_name].load_balancers.values():
        for listener in balancer.listeners.values():
            actions = [*listener.default_actions, *(each for rule in listener.rules.values() for each in rule.actions)]
            if any(group.arn in _led_to(each.data) for each in actions):
                yield balancer
                break


def _led_to(action: dict[str, Any]) -> list[str]:
    told = (action.get("ForwardConfig") or {}).get("TargetGroups") or []
    return [str(action.get("TargetGroupArn")), *(str(each.get("TargetGroupArn")) for each in told)]


def _serves(balancer: Any, zone: str) -> bool:
    return any(each.availability_zone == zone for each in balancer.subnets)


def _interface(group: Any, target: str) -> tuple[Any, str]:
    """Return the network interface of a target (None where there is none) and its instance's state ("" for no instance)."""
    backend = ec2_backends[group.account_id][group.region_name]
    if target.startswith("i-"):
        instance = backend.get_instance_by_id(target)
        return (instance.nics.get(0), instance.state) if instance else (None, "terminated")
    for nic in backend.enis.values():
        if nic.subnet.vpc_id == group.vpc_id and target in _addresses(nic):
            return nic, nic.instance.state if nic.instance else ""
    return None, ""


def _addresses(nic: Any) -> set[str]:
    return {str(nic.private_ip_address), *(str(each.get("PrivateIpAddress")) for each in nic.private_ip_addresses)}


def _reaches(balancer: Any, nic: Any, port: int) -> bool:
    """Return whether the balancer may leave for the interface's port, and the interface lets it in."""
    backend = nic.ec2_backend
    own = [each for name in balancer.security_groups or () if (each := backend.get_security_group_from_id(name))]
    groups = list(nic.group_set)
    there = {each.id for each in groups}
    leaves = not own or _permits((rule for each in own for rule in each.egress_rules), port, there, _addresses(nic))
    if not leaves:
        return False
    subnets = [each.cidr_block for each in balancer.subnets]
    return _permits((rule for each in groups for rule in each.ingress_rules), port, {each.id for each in own}, subnets)


def _permits(rules: Iterable[Any], port: int, groups: set[str], places: Iterable[str]) -> bool:
    """Return whether a rule is for that TCP port, and for one of the groups or places (addresses, blocks)."""
    places = list(places)
    for rule in rules:
        if rule.ip_protocol not in _TCP:
            continue
        if rule.ip_protocol != "-1" and not int(rule.from_port) <= port <= int(rule.to_port):
            continue
        if rule.source_group.get("GroupId") in groups:
            return True
        block = rule.ip_range.get("CidrIp")
        if block and any(_within(place, block) for place in places):
            return True
    return False


def _within(place: str, block: str) -> bool:
    whole = ip_network(block, strict=False)
    if "/" not in place:
        address = ip_address(place) if place and place != "None" else None
        return address is not None and address.version == whole.version and address in whole
    part = ip_network(place, strict=False)
    return part.version == whole.version and part.subnet_of(whole)  # type: ignore[arg-type]
