"""https://docs.aws.amazon.com/autoscaling/ec2/userguide/auto-scaling-benefits.html"""

from typing import Any

from graders import Account, Fail, balancing, check, instances, networks

NEEDED = ("Launch", "Terminate", "HealthCheck", "ReplaceUnhealthy", "AddToLoadBalancer")


@check(permissions=[*balancing.PERMISSIONS, *instances.GROUP_PERMISSIONS, "ec2:DescribeLaunchTemplates"])
def group_survives_zone(
    account: Account, *, group: str, zones: int = 2, target_group: str = "", minimum: int = 2
) -> None:
    """{group} goes on serving behind its load balancer when an Availability Zone fails.

    Subnets in `zones` zones, never fewer than `minimum` instances, registered with a target group (`target_group`) that
    a load balancer uses, replaced when the balancer finds them sick (health check type ELB), no process of that
    suspended, and a launch template that is there. Attached as target group or as traffic source; mixed instances too.
    """
    found = instances.scaling_group(account, group)
    said, needed, command, values = (
        _places(account, found, zones, minimum) or _balanced(account, found, target_group) or _heals(account, found)
    )
    if not said:
        return
    raise Fail(
        said,
        looked_at="the Auto Scaling group {group}: subnets, sizes, target groups, health checks, processes, template",
        needed=needed,
        try_=command,
        counterexample="When a zone fails, {group} does not go on serving by itself.",
        group=group,
        **values,
    )


Finding = tuple[str, str, str, dict[str, Any]]


def _places(account: Account, group: dict[str, Any], zones: int, minimum: int) -> Finding | None:
    ids = [one for one in group.get("VPCZoneIdentifier", "").split(",") if one]
    homes = {one["SubnetId"]: one["AvailabilityZone"] for one in networks.listed(account, networks.SUBNET)}
    used = {homes[one] for one in ids if one in homes} if ids else set(group.get("AvailabilityZones", []))
    if len(used) < zones:
        near = f" Its {len(ids)} subnets lie in the same zone." if len(ids) > 1 else ""
        return (
            "{group} launches into {used} only.{near}",
            "Subnets in {zones} Availability Zones.",
            "aws autoscaling update-auto-scaling-group --vpc-zone-identifier subnet-…,subnet-…",
            {"used": sorted(used), "zones": zones, "near": near},
        )
    least = min(int(group["MinSize"]), int(group["DesiredCapacity"]))
    if least < minimum:
        return (
            "{group} may run with {least} instance: min {low}, desired {wanted}.",
            "Never fewer than {minimum} instances.",
            "aws autoscaling update-auto-scaling-group --min-size {minimum}",
            {"least": least, "low": group["MinSize"], "wanted": group["DesiredCapacity"], "minimum": minimum},
        )
    return None


def _balanced(account: Account, group: dict[str, Any], wanted: str) -> Finding | None:
    sources = [one.get("Identifier", "") for one in group.get("TrafficSources", [])]
    attached = list(dict.fromkeys([*group.get("TargetGroupARNs", []), *sources]))
    names = {one: balancing.name_of(account, one) for one in attached if ":targetgroup/" in one}
    classic = [*group.get("LoadBalancerNames", []), *(one for one in sources if one and ":" not in one)]
    if wanted:
        balancing.the_target_group(account, wanted)
    if (not names and (wanted or not classic)) or (wanted and wanted not in (*names, *names.values())):
        return (
            "{group} is registered with {names}, not with {wanted}." if names else "{group} is behind no target group.",
            "{group} registers its instances with {wanted}.",
            "aws autoscaling attach-load-balancer-target-groups …",
            {"names": list(names.values()), "wanted": wanted or "a target group"},
        )
    used = {one["TargetGroupArn"]: one.get("LoadBalancerArns", []) for one in balancing.target_groups(account)}
    idle = [name for arn, name in names.items() if not used.get(arn) and (not wanted or wanted in (arn, name))]
    if idle and (wanted or len(idle) == len(names)) and not classic:
        return (
            "No listener of a load balancer forwards to the target group {idle}, which {group} is registered with.",
            "A load balancer in front of {group}.",
            "aws elbv2 create-listener --default-actions Type=forward,TargetGroupArn=…",
            {"idle": idle},
        )
    return None


def _heals(account: Account, group: dict[str, Any]) -> Finding:
    off = instances.suspended(group, *NEEDED)
    if "ELB" not in str(group.get("HealthCheckType", "EC2")):
        return (
            "{group} asks EC2 alone for health: an instance whose page is down is kept.",
            "Health check type ELB.",
            "aws autoscaling update-auto-scaling-group --health-check-type ELB --health-check-grace-period 300",
            {},
        )
    if off:
        return (
            "These processes of {group} are suspended: {off}.",
            "No process that replaces instances is suspended.",
            "aws autoscaling resume-processes --auto-scaling-group-name {group}",
            {"off": off},
        )
    template = instances.template_of(group)
    known = {one["LaunchTemplateId"]: one for one in networks.listed(account, networks.TEMPLATE)}
    version = str(template.get("Version", "$Default"))
    newest = known.get(template.get("LaunchTemplateId", ""), {}).get("LatestVersionNumber", 0)
    if template and (not newest or (version.isdigit() and int(version) > newest)):
        return (
            "The launch template of {group} ({name}, version {version}) is not there: no instance can be launched.",
            "A launch template that exists.",
            "aws autoscaling update-auto-scaling-group --launch-template …",
            {"name": template.get("LaunchTemplateName", "-"), "version": version},
        )
    return "", "", "", {}
