"""https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html"""

from typing import Any

from graders import Account, Fail, balancing, check
from graders.balancing import Visit


@check(permissions=balancing.PERMISSIONS)
def path_goes_to(
    account: Account,
    *,
    balancer: str,
    group: str,
    paths: list[str],
    others: list[str] | None = None,
    port: int = 80,
    host: str = "",
) -> None:
    """{balancer} sends {paths} to the target group {group}.

    `paths` are real paths ("/api/users", not a pattern): each is put to the rules in their order, and the first that
    fits decides. None of `others` may go there. Whether anybody answers is another check's (elbv2.balancer_serves).
    """
    found = balancing.the_balancer(account, balancer)
    wanted = balancing.the_target_group(account, group)["TargetGroupArn"]
    known = balancing.listeners(account, found["LoadBalancerArn"])
    listener = next((one for one in known if one["Port"] == port), None)
    values: dict[str, Any] = {"balancer": balancer, "group": group, "port": port}
    if listener is None:
        raise Fail(
            "{balancer} has no listener on port {port}.",
            looked_at="the listeners of {balancer}",
            needed="A listener on port {port} with a rule for {paths}.",
            try_="aws elbv2 create-listener …",
            paths=paths,
            **values,
        )
    for path in [*paths, *(others or [])]:
        rule = balancing.rule_for(account, listener, Visit(host or found["DNSName"], path))
        action = balancing.action_of(rule)
        goes = balancing.forwards(action)
        if (goes == [wanted]) if path in paths else wanted not in goes:
            continue
        raise Fail(
            "The rule {rule} sends {path} to {goes}, not to {group}.{near}"
            if path in paths
            else "The rule {rule} sends {path} to {group} too.",
            looked_at="the rules of the listener on {port} of {balancer}, by ascending priority",
            needed="{path} goes to {group}." if path in paths else "{path} does not go to {group}.",
            try_="aws elbv2 create-rule --priority … --conditions Field=path-pattern,Values=… "
            "--actions Type=forward,TargetGroupArn=…",
            counterexample="GET {path} is answered by {goes}.",
            rule=rule["Priority"],
            path=path,
            goes=[balancing.name_of(account, one) for one in goes] or action.get("Type", "nobody"),
            near=_near_miss(account, listener, wanted, rule, path),
            **values,
        )


def _near_miss(account: Account, listener: dict[str, object], wanted: str, taken: dict[str, object], path: str) -> str:
    """A rule to the group that is asked too late, or whose pattern does not fit."""
    order = balancing.rules(account, listener)
    for rule in order:
        if wanted not in balancing.forwards(balancing.action_of(rule)) or rule["Priority"] == "default":
            continue
        held = [value for one in rule["Conditions"] for value in balancing.values_of(one)]
        late = order.index(rule) > order.index(taken)
        if late and balancing.rule_meets(rule, Visit("", path)):
            return f" The rule {rule['Priority']} fits as well, and comes later."
        return f" The rule {rule['Priority']} for {', '.join(held)} does not fit {path}: * stands for any characters."
    return ""
