"""https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html"""

from typing import Any

from graders import Account, Fail, check
from graders.network import Groups, cidrs, read_groups, snapshot
from graders.network.groups import Group, Rule, Sources
from graders.network.snapshot import PERMISSIONS


@check(permissions=PERMISSIONS)
def group_admits_exactly(
    account: Account, *, group: str, port: int, sources: list[str], narrower: bool = False, alone: bool = False
) -> None:
    """Port {port} of {group} admits exactly: {sources}.

    `sources` are CIDRs and names or ids of groups; they count as a set of addresses, in however many rules, by prefix
    list too. `narrower`: less than the CIDRs is enough. `alone`: the group admits no other port or protocol either.
    What other groups on the interfaces of its wearers admit to the port counts as well.
    """
    groups = read_groups(account)
    found = groups.named(group)
    wanted = _wanted(groups, sources)
    admitted = found.sources_for(port)
    values: dict[str, Any] = {
        "group": group,
        "port": port,
        "label": groups.label(found.id),
        "id": found.id,
        "sources": groups.describe(wanted),
        "admitted": groups.describe(admitted) or "nobody",
    }
    extra = _beyond(admitted, wanted)
    missing = _beyond(wanted, admitted)
    if extra:
        raise Fail(
            "Port {port}/tcp of {group} also admits {extra}.",
            looked_at="the inbound rules of {label}",
            needed="tcp {port} from {sources}, and from nobody else.",
            try_="aws ec2 revoke-security-group-ingress --group-id {id} … for what is too wide.",
            counterexample="{example} opens a connection to port {port} of {group}.",
            extra=groups.describe(extra),
            example=_example(groups, extra),
            **values,
        )
    if missing if not narrower else not admitted or missing.groups:
        raise Fail(
            "Port {port}/tcp of {group} admits {admitted}, not {missing}.{near}",
            looked_at="the inbound rules of {label}",
            needed="tcp {port} from {sources}.",
            try_="aws ec2 authorize-security-group-ingress --group-id {id} --protocol tcp --port {port} …",
            missing=groups.describe(missing),
            near=_near_miss(groups, found, missing, port),
            **values,
        )
    _others_on_the_interface(account, groups, found, wanted, port, values)
    wide = [rule for rule in found.ingress if (rule.protocol, rule.low, rule.high) != ("tcp", port, port)]
    if alone and any(rule.networks or rule.groups for rule in wide):
        raise Fail(
            "{group} admits more than tcp {port}: {wide}.",
            looked_at="the inbound rules of {label}",
            needed="Port {port}/tcp and nothing else.",
            try_="aws ec2 revoke-security-group-ingress --group-id {id} … for the other ports.",
            wide=[_say(rule) for rule in wide],
            **values,
        )


def _wanted(groups: Groups, sources: list[str]) -> Sources:
    networks, named = [], set()
    for one in sources:
        try:
            networks.append(cidrs.network(one))
        except ValueError:
            named.add(groups.named(one).id)
    return Sources(cidrs.collapse(networks), frozenset(named))


def _beyond(some: Sources, allowed: Sources) -> Sources:
    """What of `some` is not in `allowed`; networks as they were written, not cut to pieces."""
    return Sources(
        tuple(one for one in some.networks if cidrs.minus([one], allowed.networks)), some.groups - allowed.groups
    )


def _others_on_the_interface(
    account: Account, groups: Groups, found: Group, wanted: Sources, port: int, values: dict[str, Any]
) -> None:
    for eni in snapshot(account).enis.values():
        for name in eni.groups if found.id in eni.groups else ():
            other = groups.by_id.get(name)
            extra = _beyond(other.sources_for(port), wanted) if other and name != found.id else Sources()
            if extra:
                raise Fail(
                    "{other} on the same interface ({eni}) admits {extra} to port {port}/tcp: groups add up.",
                    looked_at="the groups of every interface that wears {label}",
                    needed="tcp {port} from {sources}, and from nobody else.",
                    try_="Take that group off the interface, or the rule out of it.",
                    counterexample="{example} opens a connection to port {port} of {eni}.",
                    other=groups.label(name),
                    eni=eni.instance or eni.id,
                    extra=groups.describe(extra),
                    example=_example(groups, extra),
                    **values,
                )


def _example(groups: Groups, extra: Sources) -> str:
    if extra.networks:
        first = extra.networks[0]
        return str(first[min(1, first.num_addresses - 1)])
    return f"A member of {groups.label(min(extra.groups))}"


def _near_miss(groups: Groups, found: Group, missing: Sources, port: int) -> str:
    if not _beyond(missing, found.sources_for(port, "udp")):
        return " UDP is open to it, and the task speaks of TCP."
    for one in groups.by_id.values():
        if one.id != found.id and not _beyond(missing, one.sources_for(port)):
            return f" The rule stands on another group, {groups.label(one.id)}."
    for rule in found.ingress:
        if not _beyond(missing, Sources(cidrs.collapse(rule.networks), frozenset(rule.groups))):
            return f" It is admitted on another port: {_say(rule)}."
    return ""


def _say(rule: Rule) -> str:
    if rule.protocol == "-1":
        return "every protocol"
    ports = f"{rule.low}" if rule.low == rule.high else f"{rule.low}-{rule.high}"
    return f"{rule.protocol} {ports}"
