"""https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy-weighted.html"""

from typing import Any

from graders import Account, Fail, check, dns


@check(permissions=dns.PERMISSIONS)
def name_weighted(account: Account, *, domain: str, shares: list[int], tolerance: int = 0) -> None:
    """The traffic of {domain} is shared out by weight: {shares} (per cent).

    `shares` in any order; what counts is each record's part of the sum, so that 9 and 1 are 90 and 10. A target may be
    off by `tolerance` per cent. Records of one type, each an alias or with values of its own.
    """
    zone = dns.zones_of(account, domain)[0]
    own = dns.at(dns.records(account, zone), domain)
    found = [one for one in own if "Weight" in one]
    values: dict[str, Any] = {"name": dns.plain(domain), "shares": shares}
    if not found:
        other = next((word for one in own for word in ("Failover", "Region", "GeoLocation") if word in one), "")
        many = [value["Value"] for one in own for value in one.get("ResourceRecords", [])]
        raise _fail(
            "The records of {name} share its traffic by {word}, not by weight."
            if other
            else "{name} has one record with {count} values: each gets as much as the others."
            if len(many) > 1
            else "{name} has no weighted records.",
            values,
            word=other,
            count=len(many),
        )
    types = sorted({one["Type"] for one in found})
    if len(types) > 1:
        raise _fail(
            "The records of {name} are of the types {types}: each type is shared out for itself.", values, types=types
        )
    total = sum(int(one["Weight"]) for one in found)
    # With every weight at 0 all are as likely.
    parts = sorted(100 * int(one["Weight"]) / total if total else 100 / len(found) for one in found)
    wanted = sorted(shares)
    if len(parts) != len(wanted) or any(abs(a - b) > tolerance + 0.5 for a, b in zip(parts, wanted, strict=True)):
        raise _fail(
            "{name} shares its traffic out as {given} per cent, not as {shares}.",
            values,
            given=[f"{one:.0f}" for one in reversed(parts)],
        )


def _fail(found: str, values: dict[str, Any], **more: Any) -> Fail:
    return Fail(
        found,
        looked_at="the records of {name}",
        needed="Weighted records that get {shares} per cent.",
        try_="aws route53 change-resource-record-sets with a SetIdentifier and a Weight in each record",
        **values,
        **more,
    )
