"""https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html"""

from typing import Any

from graders import Account, Fail, check, trails


@check(permissions=(*trails.PERMISSIONS, "cloudtrail:GetTrailStatus"))
def trail_records_objects(account: Account, *, trail: str, bucket: str, writes_only: bool = False) -> None:
    """The trail {trail} records who reads and writes the objects of {bucket} (data events).

    For this bucket or for all, by basic or advanced selectors; reads and writes, or `writes_only`. Management events
    do not hold them. The trail is started.
    """
    found = trails.the_trail(account, trail)
    basic, advanced = trails.selectors(account, found)
    arn = f"arn:aws:s3:::{bucket}/"
    kinds: set[str] = set()
    others: list[str] = []
    for one in basic:
        values = [
            value
            for data in one.get("DataResources", [])
            if data["Type"] == "AWS::S3::Object"
            for value in data.get("Values", [])
        ]
        others += values
        if any(_covers(value, arn) for value in values):
            read_write = one.get("ReadWriteType", "All")
            kinds |= {"ReadOnly", "WriteOnly"} if read_write == "All" else {read_write}
    for one in advanced:
        kinds |= _advanced(trails.fields(one), arn)
    missing = ({"WriteOnly"} if writes_only else {"ReadOnly", "WriteOnly"}) - kinds
    if missing:
        hint = f" It records {', '.join(others)}." if others and not kinds else ""
        if f"arn:aws:s3:::{bucket}" in others:
            hint = " It names the bucket without the slash at its end: no object is meant."
        what = "nothing of" if not kinds else "reads of" if "ReadOnly" in missing else "writes to"
        said = "The trail {trail} leaves out {what} the objects of {bucket}.{hint}"
        if not kinds:
            said = "The trail {trail} records {what} the objects of {bucket}.{hint}"
        raise _fail(trail, bucket, said, what=what, hint=hint)
    if not trails.status(account, found).get("IsLogging"):
        raise _fail(trail, bucket, "The trail {trail} selects them, and is stopped.")


def _covers(value: str, arn: str) -> bool:
    """A basic selector's value means all buckets, or begins the ARNs of all of the bucket's objects."""
    return value in ("arn:aws:s3", "arn:aws:s3:::", arn)


def _advanced(held: dict[str, dict[str, list[str]]], arn: str) -> set[str]:
    if held.get("eventCategory", {}).get("Equals") != ["Data"]:
        return set()
    if held.get("resources.type", {}).get("Equals") != ["AWS::S3::Object"]:
        return set()
    named = held.get("resources.ARN", {})
    if named and not any(arn.startswith(one) for one in named.get("StartsWith", [])):
        return set()
    if "eventName" in held:
        return set()
    read = held.get("readOnly", {}).get("Equals", ["true", "false"])
    return {"ReadOnly" if one == "true" else "WriteOnly" for one in read}


def _fail(trail: str, bucket: str, found: str, **values: Any) -> Fail:
    return Fail(
        found,
        looked_at="the event selectors of trail {trail}",
        needed="Data events of type AWS::S3::Object for arn:aws:s3:::{bucket}/ (or all buckets), and the trail started.",
        try_="aws cloudtrail put-event-selectors --trail-name {trail} …",
        counterexample="Somebody downloads an object of {bucket}, and {trail} does not tell.",
        trail=trail,
        bucket=bucket,
        **values,
    )
