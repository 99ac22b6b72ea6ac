"""Load balancers and target groups found by name, and which target group a request is sent to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from graders import nearby, networks
from graders.account import Account
from graders.check import Fail
from graders.network import World
from graders.network.path import Path
from graders.network.world import Listener

PERMISSIONS = networks.PERMISSIONS


@dataclass(frozen=True)
class Visit:
    """A request as rules of a listener see it: a plain GET."""

    host: str
    path: str


def the_balancer(account: Account, name: str) -> dict[str, Any]:
    """A load balancer by name, ARN or DNS name; fails when there is none."""
    found = _balancers(account, account.region)
    keys = ("LoadBalancerName", "LoadBalancerArn", "DNSName")
    for one in found:
        if name in (one.get(key) for key in keys):
            return one
    hint = nearby.almost(name, (one["LoadBalancerName"] for one in found)) or nearby.elsewhere(
        account, lambda region: any(one["LoadBalancerName"] == name for one in _balancers(account, region))
    )
    raise Fail(
        "The load balancer {balancer} does not exist.{hint}",
        looked_at="the load balancers in {region}",
        needed="A load balancer named exactly {balancer} in {region}.",
        try_="aws elbv2 create-load-balancer --name {balancer} …",
        balancer=name, hint=hint, region=account.region,
    )  # fmt: skip


def the_target_group(account: Account, name: str) -> dict[str, Any]:
    """A target group by name or ARN; fails when there is none."""
    found = target_groups(account)
    for one in found:
        if name in (one["TargetGroupName"], one["TargetGroupArn"]):
            return one
    raise Fail(
        "The target group {group} does not exist.{hint}",
        looked_at="the target groups in {region}",
        needed="A target group named exactly {group} in {region}.",
        try_="aws elbv2 create-target-group --name {group} …",
        group=name, hint=nearby.almost(name, (one["TargetGroupName"] for one in found)), region=account.region,
    )  # fmt: skip


def target_groups(account: Account) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = account.read("elbv2", "describe_target_groups").get("TargetGroups", [])
    return found


def name_of(account: Account, group: str) -> str:
    """A target group's name by its ARN."""
    return next(
        (str(one["TargetGroupName"]) for one in target_groups(account) if one["TargetGroupArn"] == group), group
    )


def targets_of(account: Account, group: str) -> list[dict[str, Any]]:
    """describe_target_health's entries of a target group (ARN) that are not on their way out."""
    answer = account.read("elbv2", "describe_target_health", TargetGroupArn=group)
    listed: list[dict[str, Any]] = answer.get("TargetHealthDescriptions", [])
    return [one for one in listed if one.get("TargetHealth", {}).get("State") != "draining"]


def listeners(account: Account, balancer: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = account.read("elbv2", "describe_listeners", LoadBalancerArn=balancer)["Listeners"]
    return sorted(found, key=lambda one: int(one["Port"]))


def rules(account: Account, listener: dict[str, Any]) -> list[dict[str, Any]]:
    """The rules of a listener in the order in which they are asked, the default one last.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html
    """
    listed = account.read("elbv2", "describe_rules", ListenerArn=listener["ListenerArn"]).get("Rules", [])
    own = [one for one in listed if str(one["Priority"]).isdigit()]
    default = {"Priority": "default", "Conditions": [], "Actions": listener.get("DefaultActions", [])}
    return [*sorted(own, key=lambda one: int(one["Priority"])), default]


def rule_for(account: Account, listener: dict[str, Any], visit: Visit) -> dict[str, Any]:
    """The first rule all of whose conditions the request meets."""
    return next(one for one in rules(account, listener) if rule_meets(one, visit))


def rule_meets(rule: dict[str, Any], visit: Visit) -> bool:
    return all(_meets(visit, held) for held in rule["Conditions"])


def action_of(rule: dict[str, Any]) -> dict[str, Any]:
    """What a rule does in the end: authentication comes before it."""
    ends = [one for one in rule.get("Actions", []) if not str(one.get("Type", "")).startswith("authenticate")]
    return max(ends, key=lambda one: int(one.get("Order", 0)), default={})


def forwards(action: dict[str, Any]) -> list[str]:
    """The target groups (ARNs) that an action sends requests to; one with weight 0 gets none."""
    if action.get("Type") != "forward":
        return []
    weighted = action.get("ForwardConfig", {}).get("TargetGroups", [])
    named = [one["TargetGroupArn"] for one in weighted if int(one.get("Weight", 1)) > 0]
    return named or ([action["TargetGroupArn"]] if action.get("TargetGroupArn") and not weighted else [])


def through(world: World, account: Account, balancer: str, port: int, group: str, source: str) -> Path:
    """The way from `source` through one listener of a balancer (ARN) to the targets of one group (ARN)."""
    known = world.balancers[balancer]
    narrow = replace(known, listeners=(Listener(port, "tcp", (group,)),))
    return networks.path(world.plus(narrow), source, balancer, port)


def _balancers(account: Account, region: str) -> list[dict[str, Any]]:
    answer = account.read("elbv2", "describe_load_balancers", region=region)
    found: list[dict[str, Any]] = answer.get("LoadBalancers", [])
    return found


def _meets(visit: Visit, condition: dict[str, Any]) -> bool:
    """Whether a plain GET of the host and path meets a condition; one on headers, queries or sources it does not.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
    """
    field = condition.get("Field")
    values = list(values_of(condition))
    if field == "path-pattern":
        return any(_like(one, visit.path) for one in values)
    if field == "host-header":
        return any(_like(one.lower(), visit.host.lower()) for one in values)
    if field == "http-request-method":
        return "GET" in values
    return False


def values_of(condition: dict[str, Any]) -> Iterator[str]:
    """Both forms in which AWS takes and gives them."""
    configs = [config for name, config in condition.items() if name.endswith("Config") and isinstance(config, dict)]
    yield from dict.fromkeys(value for one in (condition, *configs) for value in one.get("Values") or [])


def _like(pattern: str, text: str) -> bool:
    """`*` is any characters, `?` is one."""
    parts = (".*" if one == "*" else "." if one == "?" else re.escape(one) for one in pattern)
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None
