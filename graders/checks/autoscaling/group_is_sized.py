"""https://docs.aws.amazon.com/autoscaling/ec2/userguide/asg-capacity-limits.html"""

from graders import Account, Fail, check, instances, networks


@check(permissions=[*networks.PERMISSIONS, *instances.GROUP_PERMISSIONS])
def group_is_sized(
    account: Account,
    *,
    group: str,
    minimum: int | None = None,
    maximum: int | None = None,
    desired: int | None = None,
    subnets: list[str] | None = None,
    template: str = "",
    running: int | None = None,
) -> None:
    """{group} has the sizes, the subnets and the launch template that the task says.

    Each parameter that is set must hold: `subnets` (names or ids) as a set, `template` by name, directly or in a mix of
    instance types. `running`: at least so many of its instances are in service now.
    """
    found = instances.scaling_group(account, group)
    used = instances.template_of(found).get("LaunchTemplateName", found.get("LaunchConfigurationName", "none"))
    ids = {one for one in found.get("VPCZoneIdentifier", "").split(",") if one}
    placed = {networks.the(account, networks.SUBNET, one)["SubnetId"] for one in subnets or []}
    alive = sum(one.get("LifecycleState") == "InService" for one in found.get("Instances", []))
    facts = [
        ("minimum size", found["MinSize"], minimum, found["MinSize"] == minimum),
        ("maximum size", found["MaxSize"], maximum, found["MaxSize"] == maximum),
        ("desired capacity", found["DesiredCapacity"], desired, found["DesiredCapacity"] == desired),
        ("launch template", used, template or None, used == template),
        (
            "list of subnets",
            [networks.label(account, one) for one in sorted(ids)],
            [networks.label(account, one) for one in sorted(placed)] if placed else None,
            ids == placed,
        ),
        ("number of instances in service", alive, running, running is not None and alive >= running),
    ]
    wrong = [one for one in facts if one[2] is not None and not one[3]]
    if not wrong:
        return
    what, has, wanted, _ = wrong[0]
    raise Fail(
        "The {what} of {group} is {has}, not {wanted}.{near}",
        looked_at="the Auto Scaling group {group}: what does not fit is its {listed}",
        needed="The {what} of {group} is {wanted}.",
        try_="aws autoscaling update-auto-scaling-group --auto-scaling-group-name {group} …",
        group=group,
        what=what,
        has=has,
        wanted=wanted,
        listed=[one[0] for one in wrong],
        near=_near_miss(found["MinSize"], found["MaxSize"], found["DesiredCapacity"], what, wanted),
    )


def _near_miss(low: int, high: int, now: int, what: str, wanted: object) -> str:
    """The right number in the wrong place."""
    places = {"minimum size": low, "maximum size": high, "desired capacity": now}
    other = next((name for name, value in places.items() if name != what and value == wanted), "")
    return f" {wanted} is its {other}." if other and what in places else ""
