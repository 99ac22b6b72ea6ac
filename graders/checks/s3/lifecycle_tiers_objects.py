"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lifecycle-mgmt.html"""

from typing import Any

from graders import Account, Fail, buckets, check
from graders.account import read_or_none
from graders.iam import ask

FAMILIES = {
    "IA": ("STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING"),
    "ARCHIVE": ("GLACIER", "GLACIER_IR", "DEEP_ARCHIVE"),
}
SOONEST = {"STANDARD_IA": 30, "ONEZONE_IA": 30}  # S3 refuses less
Rule = dict[str, Any]


@check(permissions=["s3:ListAllMyBuckets", "s3:GetLifecycleConfiguration"])
def lifecycle_tiers_objects(
    account: Account,
    *,
    bucket: str,
    prefix: str = "",
    moves: list[str] | None = None,
    expire_days: int = 0,
    noncurrent_days: int = 0,
    at_most: bool = False,
) -> None:
    """Objects in {bucket} get cheaper with age, and go, when the task says.

    `moves`: "STANDARD_IA@30", several classes as "GLACIER|GLACIER_IR@90" or by family, "IA@30", "ARCHIVE@90".
    `expire_days`: when current objects go, and nothing outside of `prefix` with them. `noncurrent_days`: old versions go
    after so many days or sooner. `at_most`: fewer days pass too. One rule or several, in either form of the filter; a
    rule counts when it is on and covers every object under `prefix` (tags and sizes leave some out).
    """
    ask.bucket_exists(account, bucket)
    absent = "NoSuchLifecycleConfiguration"
    rules = (read_or_none(account, absent, "s3", "get_bucket_lifecycle_configuration", Bucket=bucket) or {}).get(
        "Rules", []
    )
    if not rules:
        raise _fail("{bucket} has no lifecycle rules: everything stays as it is, for ever.", bucket, prefix)
    covering = [one for one in rules if not _misses(one, prefix)]
    last = 0
    for move in moves or []:
        names, _, days = move.partition("@")
        classes = [one for name in names.split("|") for one in FAMILIES.get(name, (name,))]
        last = max(last, _moves(bucket, prefix, rules, covering, classes, int(days), at_most))
    _expires(bucket, prefix, rules, covering, expire_days, at_most, last)
    if noncurrent_days:
        kept = [one.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays") for one in covering]
        soonest = min((int(one) for one in kept if one), default=0)
        if not 0 < soonest <= noncurrent_days:
            raise _fail(
                "Old versions stay for {given} days." if soonest else "Old versions are kept for ever.{near}",
                bucket,
                prefix,
                needed="Old versions go after {days} days.",
                given=soonest,
                days=noncurrent_days,
                near=_near(rules, prefix, "NoncurrentVersionExpiration"),
            )


def _moves(
    bucket: str, prefix: str, rules: list[Rule], covering: list[Rule], classes: list[str], days: int, at_most: bool
) -> int:
    """The day on which the objects move; fails when it is another than asked, or never."""
    steps = [one for rule in covering for one in rule.get("Transitions", []) if one["StorageClass"] in classes]
    given = sorted(int(one["Days"]) for one in steps if "Days" in one)
    wanted: dict[str, Any] = {"classes": classes, "days": days, "needed": "{classes} after {days} days, on {where}."}
    if not given:
        dated = any("Date" in one for one in steps)
        old = any(
            one["StorageClass"] in classes for rule in covering for one in rule.get("NoncurrentVersionTransitions", [])
        )
        raise _fail(
            "Objects move to {classes} on one date, not with age."
            if dated
            else "Only old versions move to {classes}, not the objects themselves."
            if old
            else "No rule moves objects to {classes}.{near}",
            bucket,
            prefix,
            near=_near(rules, prefix, "Transitions"),
            **wanted,
        )
    soonest = given[0]
    if any(soonest < SOONEST.get(one["StorageClass"], 0) for one in steps if one.get("Days") == soonest):
        raise _fail("S3 would refuse this: {classes} takes no object before its day 30.", bucket, prefix, **wanted)
    if soonest > days or (soonest != days and not at_most):
        raise _fail("Objects move to {classes} after {given} days.", bucket, prefix, given=soonest, **wanted)
    return soonest


def _expires(
    bucket: str, prefix: str, rules: list[Rule], covering: list[Rule], days: int, at_most: bool, last: int
) -> None:
    ends = [one.get("Expiration", {}) for one in covering]
    given = min((int(one["Days"]) for one in ends if one.get("Days")), default=0)
    if given and given <= last:
        raise _fail(
            "Objects expire after {given} days, before they would move on day {last}.",
            bucket,
            prefix,
            given=given,
            last=last,
        )
    if not days:
        return
    wanted: dict[str, Any] = {"days": days, "needed": "Objects go {days} days after they came, on {where}."}
    if not given:
        dated = any("Date" in one for one in ends)
        raise _fail(
            "Objects go on one date, not with age." if dated else "Current objects never expire.{near}",
            bucket,
            prefix,
            near=_near(rules, prefix, "Expiration"),
            **wanted,
        )
    if given > days or (given != days and not at_most):
        raise _fail("Objects expire after {given} days.", bucket, prefix, given=given, **wanted)
    ending = [one for one in covering if one.get("Expiration", {}).get("Days")]
    wider = next((one for one in ending if _scope(one).rstrip("/") != prefix.rstrip("/")), None)
    if wider is not None:
        raise _fail(
            "The rule {rule} deletes more than {prefix}: it holds for {scope}.",
            bucket,
            prefix,
            rule=wider.get("ID", ""),
            scope=_scope(wider) or "the whole bucket",
            **wanted,
        )


def _scope(rule: Rule) -> str:
    return buckets.filter_of(rule)[0]


def _misses(rule: Rule, prefix: str) -> str:
    """Why a rule does not hold for every object under the prefix, or ""."""
    scope, narrower = buckets.filter_of(rule)
    if rule.get("Status") != "Enabled":
        return "is off"
    if not prefix.startswith(scope):
        return f"holds for {scope} only"
    return f"holds for objects with {' and '.join(narrower)} only" if narrower else ""


def _near(rules: list[Rule], prefix: str, what: str) -> str:
    """The rule that would do it, and what it lacks."""
    for rule in rules:
        if rule.get(what) and (why := _misses(rule, prefix)):
            return f" The rule {rule.get('ID', '')} would, but it {why}."
    return ""


def _fail(
    found: str, bucket: str, prefix: str, *, needed: str = "Rules that are on, for {where}.", **values: Any
) -> Fail:
    return Fail(
        found,
        looked_at="the lifecycle rules of {bucket}",
        needed=needed,
        try_="aws s3api put-bucket-lifecycle-configuration replaces all rules at once: give it every one.",
        bucket=bucket,
        prefix=prefix or "the bucket",
        where=f"{bucket}/{prefix}*",
        **values,
    )
