"""https://docs.aws.amazon.com/streams/latest/dev/key-concepts.html"""

from typing import Any

from graders import Account, Fail, check, tables


@check(permissions=[*tables.STREAM_PERMISSIONS, "kinesis:ListShards"])
def stream_configured(
    account: Account,
    *,
    stream: str,
    shards_at_least: int = 1,
    shards_at_most: int = 10000,
    retention_hours: int = 24,
    encrypted: bool = False,
    on_demand: bool = False,
) -> None:
    """The stream {stream} carries its load and keeps its records as long as asked.

    Open shards count: those that were split or merged stay listed and take no records. An on-demand stream has as
    many as it needs; with `on_demand` it must be one. `encrypted`: by KMS, with any key.
    """
    found = tables.the_stream(account, stream)
    elastic = found.get("StreamModeDetails", {}).get("StreamMode") == "ON_DEMAND"
    listed = account.read("kinesis", "list_shards", StreamName=stream).get("Shards", [])
    parents = {one.get(key) for one in listed for key in ("ParentShardId", "AdjacentParentShardId")}
    opened = [
        one
        for one in listed
        if not one["SequenceNumberRange"].get("EndingSequenceNumber") and one["ShardId"] not in parents
    ]
    shown: dict[str, Any] = {"stream": stream, "open": len(opened), "closed": len(listed) - len(opened)}
    if on_demand and not elastic:
        raise _fail("{stream} has provisioned capacity, not on demand.", "update-stream-mode …", shown)
    if not elastic and not shards_at_least <= len(opened) <= shards_at_most:
        said = "{stream} has {open} open shards."
        if len(opened) < shards_at_least <= len(listed):
            said += " The {closed} others are closed: they take no records."
        wanted = str(shards_at_least) if shards_at_least == shards_at_most else f"{shards_at_least} or more"
        raise _fail(
            said,
            "update-shard-count --scaling-type UNIFORM_SCALING --target-shard-count …",
            shown,
            needed="{wanted} open shards.",
            wanted=wanted if shards_at_least > len(opened) else f"{shards_at_most} or less",
        )
    kept = int(found.get("RetentionPeriodHours", 24))
    if kept < retention_hours:
        raise _fail(
            "{stream} keeps its records for {kept} hours.",
            "increase-stream-retention-period --retention-period-hours {hours}",
            shown,
            needed="{hours} hours or more.",
            counterexample="A consumer that stood still for {late} hours has lost records.",
            kept=kept,
            hours=retention_hours,
            late=kept + 1,
        )
    if encrypted and found.get("EncryptionType", "NONE") != "KMS":
        raise _fail(
            "The records of {stream} are not encrypted.",
            "start-stream-encryption --encryption-type KMS …",
            shown,
            needed="Encryption with KMS.",
        )


def _fail(
    said: str, option: str, shown: dict[str, Any], needed: str = "", counterexample: str = "", **more: Any
) -> Fail:
    return Fail(
        said,
        looked_at="the stream {stream}",
        needed=needed or "An on-demand stream.",
        try_="aws kinesis " + option,
        counterexample=counterexample,
        **shown,
        **more,
    )
