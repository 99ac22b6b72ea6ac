"""https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/how-elastic-load-balancing-works.html"""

from typing import Any

from graders import Account, Fail, balancing, check, networks
from graders.balancing import Visit
from graders.network import snapshot


@check(permissions=balancing.PERMISSIONS)
def balancer_serves(
    account: Account,
    *,
    balancer: str,
    port: int = 80,
    path: str = "/",
    host: str = "",
    target_group: str = "",
    source: str = "0.0.0.0/0",
) -> None:
    """A request to {balancer} is answered by its targets.

    End to end: the balancer is active and in two zones, has a listener on `port`, the rule for `host` and `path`
    forwards (a redirect is followed once) to groups that hold targets, and every node reaches every target: routes,
    network ACLs, the groups of both, and a health check on another port. `target_group`: it must be that one. `source`:
    who asks (a CIDR, or an instance for an internal balancer). IP, Lambda and ALB targets and weights are fine.
    """
    found = balancing.the_balancer(account, balancer)
    world = snapshot(account)
    arn = found["LoadBalancerArn"]
    visit = Visit(host or found["DNSName"], path)
    values = {"balancer": balancer, "port": port, "url": f"{host or balancer}:{port}{path}"}
    zones = {one["ZoneName"] for one in found.get("AvailabilityZones", [])}
    if found["Type"] == "application" and len(zones) < 2:
        raise Fail(
            "{balancer} stands in one Availability Zone only: {zones}.",
            looked_at="the subnets of {balancer}",
            needed="Subnets in two Availability Zones or more.",
            try_="aws elbv2 set-subnets --load-balancer-arn … --subnets …",
            counterexample="When that zone fails, {balancer} is gone with it.",
            zones=sorted(zones),
            **values,
        )
    asked, groups = _groups(account, found, visit, port, values)
    if target_group and {balancing.name_of(account, one) for one in groups} != {target_group}:
        balancing.the_target_group(account, target_group)
        raise Fail(
            "{balancer} sends {url} to {groups}, not to {target_group}.",
            looked_at="the rules of the listener on {port} of {balancer}, in their order",
            needed="{url} is forwarded to {target_group}.",
            try_="aws elbv2 modify-listener --default-actions …, or create-rule",
            counterexample="A GET of {url} is answered by {groups}.",
            groups=[balancing.name_of(account, one) for one in groups],
            target_group=target_group,
            **values,
        )
    for group in groups:
        name = balancing.name_of(account, group)
        way = balancing.through(world, account, arn, asked, group, source)
        sick = [one for one in balancing.targets_of(account, group) if one["TargetHealth"]["State"] == "unhealthy"]
        if way.for_all and not sick:
            continue
        raise Fail(
            "{balancer} does not serve {url} from the target group {group}: {why}{sick}",
            looked_at="the way from {source} to {balancer} and from each of its nodes to the targets of {group}",
            needed="Every node of {balancer} is reached, and reaches every target of {group}.",
            try_="Mend what is named first, then check again.",
            counterexample="A GET of {url} gets no answer, or not always.",
            group=name,
            source=source,
            why=networks.said(account, way.explanation or " ".join(way.caveats)),
            sick="".join(f" {one['Target']['Id']} fails its health check." for one in sick),
            **values,
        )


def _groups(
    account: Account, found: dict[str, Any], visit: Visit, port: int, values: dict[str, Any], followed: bool = False
) -> tuple[int, list[str]]:
    """The listener's port and the target groups that answer in the end."""
    known = balancing.listeners(account, found["LoadBalancerArn"])
    listener = next((one for one in known if one["Port"] == port), None)
    needed, try_ = "A listener on {port} that forwards the request.", "aws elbv2 create-listener --port {port} …"
    if listener is None:
        raise Fail(
            "A redirect leads to port {to}, and {balancer} has no listener there."
            if followed
            else "{balancer} has no listener on port {port}.{near}",
            looked_at="the listeners of {balancer}",
            needed=needed,
            try_=try_,
            counterexample="A connection to {balancer} on that port is refused.",
            to=port,
            near=f" It listens on {', '.join(str(one['Port']) for one in known)}." if known else "",
            **values,
        )
    rule = balancing.rule_for(account, listener, visit)
    action = balancing.action_of(rule)
    if action.get("Type") == "redirect" and not followed:
        to = str(action["RedirectConfig"].get("Port", "#{port}"))
        path = str(action["RedirectConfig"].get("Path", "/#{path}")).replace("/#{path}", visit.path)
        return _groups(
            account, found, Visit(visit.host, path), int(to) if to.isdigit() else port, values, followed=True
        )
    groups = balancing.forwards(action)
    if groups:
        return port, groups
    raise Fail(
        "The rule {rule} of the listener on {port} answers {url} by {type}, not by a target.",
        looked_at="the rules of the listener on {port} of {balancer}, in their order",
        needed=needed,
        try_="aws elbv2 modify-listener --default-actions Type=forward,TargetGroupArn=…",
        rule=rule["Priority"],
        type=action.get("Type", "nothing"),
        **values,
    )
