"""https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-register-targets.html"""

from typing import Any

from graders import Account, Fail, balancing, check, instances, networks


@check(permissions=balancing.PERMISSIONS)
def target_group_holds(
    account: Account, *, group: str, targets: list[str], port: int | None = None, only: bool = True
) -> None:
    """{targets} are registered with the target group {group}, and nothing else is.

    `targets` are instances by Name or id (registered by id or by address), addresses or ARNs; those that are instances
    must run. `port`: registered for that one. `only` false: others may be registered too.
    """
    arn = balancing.the_target_group(account, group)["TargetGroupArn"]
    held = balancing.targets_of(account, arn)
    known = {one["Target"]["Id"] for one in held if port in (None, one["Target"].get("Port"))}
    values: dict[str, Any] = {"group": group, "port": port or "any port"}
    wanted: dict[str, set[str]] = {}
    for name in targets:
        plain = name.startswith("arn:") or name.replace(".", "").isdigit()
        for one in [{}] if plain else instances.the_instances(account, name):
            ids = {name} if plain else {one["InstanceId"], one.get("PrivateIpAddress", "")}
            wanted[name if plain else one["InstanceId"]] = ids
            if not ids & known:
                raise Fail(
                    "{target} is not registered with {group}.{near}",
                    looked_at="the targets of {group}, for {port}",
                    needed="{target} is a target of {group}.",
                    try_="aws elbv2 register-targets --target-group-arn … --targets Id={id}",
                    counterexample="No request of {group} gets to {target}.",
                    target=name,
                    id=min(ids),
                    near=_near_miss(account, ids, arn, held),
                    **values,
                )
            if one and instances.state(one) != "running":
                raise Fail(
                    "{target} ({id}) is registered with {group}, and is {state}.",
                    looked_at="the targets of {group}, and whether they run",
                    needed="{target} runs.",
                    try_="aws ec2 start-instances --instance-ids {id}",
                    target=name,
                    id=one["InstanceId"],
                    state=instances.state(one),
                    **values,
                )
    extra = sorted(known - set().union(*wanted.values()))
    if only and extra:
        names = {one["InstanceId"]: networks.tags_of(one).get("Name") for one in instances.all_instances(account)}
        raise Fail(
            "{extra} is registered with {group} too.",
            looked_at="the targets of {group}",
            needed="{targets} and nothing else in {group}.",
            try_="aws elbv2 deregister-targets --target-group-arn … --targets Id={id}",
            counterexample="Some requests of {group} get to {extra}.",
            extra=[f"{names[one]} ({one})" if names.get(one) else one for one in extra],
            id=extra[0],
            targets=targets,
            **values,
        )


def _near_miss(account: Account, ids: set[str], arn: str, held: list[dict[str, object]]) -> str:
    for one in held:
        target = one["Target"]
        if isinstance(target, dict) and target["Id"] in ids:
            return f" It is registered for port {target.get('Port')}."
    for other in balancing.target_groups(account):
        its = {one["Target"]["Id"] for one in balancing.targets_of(account, other["TargetGroupArn"])}
        if other["TargetGroupArn"] != arn and its & ids:
            return f" It is registered with {other['TargetGroupName']}."
    return ""
