"""https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-types.html"""

from typing import Any

from botocore.exceptions import ClientError

from graders import Account, Fail, check, dns
from graders.account import is_absence


@check(permissions=[*dns.PERMISSIONS, "route53:GetHealthCheck"])
def name_fails_over(account: Account, *, domain: str, path: str = "", interval_at_most: int = 30) -> None:
    """When its primary is down, {domain} leads to its secondary.

    A PRIMARY and a SECONDARY record of one type. The primary has a health check that is on, not inverted, looks at the
    primary, at `path` where the task names one, every `interval_at_most` seconds or sooner; or it is an alias that
    evaluates its target's health.
    """
    zone = dns.zones_of(account, domain)[0]
    found = [one for one in dns.at(dns.records(account, zone), domain) if one.get("Failover")]
    values: dict[str, Any] = {"name": dns.plain(domain)}
    if not found:
        other = [one for one in dns.at(dns.records(account, zone), domain) if one.get("SetIdentifier")]
        raise _fail(
            "{name} has records that share its traffic, not a primary and a secondary."
            if other
            else "{name} has no failover records.",
            values,
            "aws route53 change-resource-record-sets with Failover PRIMARY and SECONDARY",
        )
    roles = {one["Failover"]: one for one in found}
    for role in ("PRIMARY", "SECONDARY"):
        if role not in roles:
            raise _fail("{name} has no {role} record.", values, "A record with Failover {role} and its own SetIdentifier.",
                        role=role)  # fmt: skip
    primary, secondary = roles["PRIMARY"], roles["SECONDARY"]
    if primary["Type"] != secondary["Type"]:
        raise _fail("The PRIMARY of {name} is of type {first}, the SECONDARY of type {second}: they are no pair.", values,
                    "Two records of one type.", first=primary["Type"], second=secondary["Type"])  # fmt: skip
    if primary.get("AliasTarget", {}).get("EvaluateTargetHealth"):
        return
    check_id = primary.get("HealthCheckId", "")
    if not check_id:
        raise _fail(
            "The health check of {name} is on the SECONDARY: the PRIMARY, without one, always counts as healthy."
            if secondary.get("HealthCheckId")
            else "The PRIMARY of {name} has no health check: it always counts as healthy.",
            values,
            "EvaluateTargetHealth true in the PRIMARY"
            if "AliasTarget" in primary
            else "aws route53 create-health-check, and its id as HealthCheckId of the PRIMARY",
        )
    _looks(account, check_id, primary, secondary, path, interval_at_most, values)


def _looks(
    account: Account,
    check_id: str,
    primary: dict[str, Any],
    secondary: dict[str, Any],
    path: str,
    interval: int,
    values: dict[str, Any],
) -> None:
    try:
        config = account.read("route53", "get_health_check", HealthCheckId=check_id)["HealthCheck"]["HealthCheckConfig"]
    except ClientError as error:
        if not is_absence(error):
            raise
        raise _fail("The health check {id} of {name} does not exist.", values, "aws route53 create-health-check",
                    id=check_id) from error  # fmt: skip
    update = "aws route53 update-health-check"
    if config.get("Disabled"):
        raise _fail(
            "The health check of {name} is disabled: it always says healthy.", values, update + " --no-disabled"
        )
    if config.get("Inverted"):
        raise _fail("The health check of {name} is inverted: it says healthy when the primary is down.", values,
                    update + " --no-inverted")  # fmt: skip
    address = config.get("IPAddress", "")
    own = [one["Value"] for one in primary.get("ResourceRecords", [])]
    others = [one["Value"] for one in secondary.get("ResourceRecords", [])]
    if address and own and primary["Type"] in ("A", "AAAA") and address not in own:
        raise _fail(
            "The health check of {name} looks at {address}, which is the SECONDARY."
            if address in others
            else "The health check of {name} looks at {address}, not at the PRIMARY ({own}).",
            values,
            update + " --ip-address",
            address=address,
            own=own,
        )
    given = config.get("ResourcePath", "")
    if path and given.partition("?")[0].rstrip("/") != path.rstrip("/"):
        raise _fail("The health check of {name} asks for {given}, not for {path}.", values, update + " --resource-path {path}",
                    given=given or "no path", path=path)  # fmt: skip
    seconds = int(config.get("RequestInterval") or 0)
    if seconds > interval:
        raise _fail("The health check of {name} looks every {given} s only.", values,
                    "A health check with RequestInterval {wanted}; it cannot be changed later.", given=seconds,
                    wanted=interval)  # fmt: skip


def _fail(found: str, values: dict[str, Any], try_: str, **more: Any) -> Fail:
    return Fail(
        found,
        looked_at="the records of {name} and the health check of its primary",
        needed="A PRIMARY whose health is looked at, and a SECONDARY.",
        try_=try_,
        counterexample="When the primary is down, {name} still leads there.",
        **values,
        **more,
    )
