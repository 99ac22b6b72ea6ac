"""What this lab alone asks."""

from typing import Any, Literal

from graders import Account, Fail, check


@check(
    permissions=[
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "elasticloadbalancing:DescribeListeners",
        "elasticloadbalancing:DescribeLoadBalancers",
    ]
)
def balancer_stands(
    account: Account,
    *,
    balancer: str,
    kind: Literal["application", "network", "gateway"],
    scheme: Literal["internet-facing", "internal", ""] = "",
    subnets: list[str] | None = None,
    group: str = "",
    listens: str = "",
) -> None:
    """The load balancer {balancer} is the one that was ordered.

    `listens`: one of its listeners, as "TCP 389".
    """
    found = [
        one
        for one in account.read("elbv2", "describe_load_balancers")["LoadBalancers"]
        if one["LoadBalancerName"] == balancer
    ]
    if not found:
        raise Fail("There is no load balancer {balancer}.", balancer=balancer, try_="aws elbv2 create-load-balancer …")
    one = found[0]
    has: dict[str, str] = {"type": one["Type"]}
    wants: dict[str, str] = {"type": kind}
    if scheme:
        has["scheme"], wants["scheme"] = one.get("Scheme", "none"), scheme
    if subnets:
        names = _names(account.read("ec2", "describe_subnets")["Subnets"], "SubnetId")
        has["subnets"] = ", ".join(sorted(names[each["SubnetId"]] for each in one["AvailabilityZones"]))
        wants["subnets"] = ", ".join(sorted(subnets))
    if group:
        groups = account.read("ec2", "describe_security_groups")["SecurityGroups"]
        names = {each["GroupId"]: each["GroupName"] for each in groups}
        has["groups"] = ", ".join(sorted(names.get(each, each) for each in one.get("SecurityGroups", [])))
        wants["groups"] = group
    for what, value in wants.items():
        if has[what] != value:
            raise Fail(
                "The {what} of {balancer}: {has}.",
                looked_at="the load balancer {balancer}",
                needed="{value}.",
                what=what,
                balancer=balancer,
                has=has[what] or "none",
                value=value,
            )
    if listens:
        arn = one["LoadBalancerArn"]
        listed = account.read("elbv2", "describe_listeners", LoadBalancerArn=arn)["Listeners"]
        held = [f"{each.get('Protocol')} {each.get('Port')}" for each in listed]
        if listens not in held:
            raise Fail(
                "{balancer} listens on {held}, and not on {listens}.",
                looked_at="the listeners of {balancer}",
                needed="A listener for {listens}: without it nothing gets in.",
                try_="aws elbv2 create-listener …",
                balancer=balancer,
                held=", ".join(held) or "nothing",
                listens=listens,
            )


@check(
    permissions=[
        "elasticloadbalancing:DescribeTargetGroupAttributes",
        "elasticloadbalancing:DescribeTargetGroups",
    ]
)
def group_set_to(account: Account, *, group: str, attributes: dict[str, str]) -> None:
    """The target group {group} is set to: {attributes}."""
    found = [
        one
        for one in account.read("elbv2", "describe_target_groups")["TargetGroups"]
        if one["TargetGroupName"] == group
    ]
    if not found:
        raise Fail("There is no target group {group}.", group=group)
    arn = found[0]["TargetGroupArn"]
    listed = account.read("elbv2", "describe_target_group_attributes", TargetGroupArn=arn)["Attributes"]
    held = {one["Key"]: one["Value"] for one in listed}
    for key, value in attributes.items():
        if held.get(key) != value:
            raise Fail(
                "{key} of {group} is {held}.",
                looked_at="the attributes of the target group {group}",
                needed="{value}.",
                try_="aws elbv2 modify-target-group-attributes …",
                key=key,
                group=group,
                held=held.get(key, "not set"),
                value=value,
            )


def _names(listed: list[dict[str, Any]], id: str) -> dict[str, str]:
    return {
        one[id]: next((each["Value"] for each in one.get("Tags", []) if each["Key"] == "Name"), one[id])
        for one in listed
    }
