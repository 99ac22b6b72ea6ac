"""Kinesis: streams of records, in shards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Choice,
    Content,
    Fact,
    Kind,
    Link,
    Number,
    Part,
    Pick,
    Row,
    Service,
    Text,
    Thing,
    Values,
    ask,
    call,
    delete,
    tail,
)
from labs.explorer.saying import count, edit_tags, state_fact


def things(account: Account) -> Iterator[Thing]:
    for name in account.read("kinesis", "list_streams").get("StreamNames", []):
        yield Thing(name, name, arn=f"arn:aws:kinesis:{account.region}:{account.account_id}:stream/{name}")


def _look(account: Account, it: Thing) -> Thing:
    found = account.read("kinesis", "describe_stream_summary", StreamName=it.id)["StreamDescriptionSummary"]
    mode = found.get("StreamModeDetails", {}).get("StreamMode", "PROVISIONED")
    facts = (
        state_fact(found.get("StreamStatus", ""), good=["ACTIVE"]),
        Fact("Capacity", "on demand" if mode == "ON_DEMAND" else "provisioned"),
        Fact("Keeps", f"{found.get('RetentionPeriodHours', 24)} hours"),
        Fact(
            "Encryption", tail(found.get("KeyId", "")) or "off", "good" if found.get("EncryptionType") == "KMS" else ""
        ),
    )
    return replace(it, facts=facts, arn=found.get("StreamARN", it.arn), data=found)


def _detail(account: Account, it: Thing) -> Thing:
    shards = ask(account, "kinesis", "list_shards", StreamName=it.id).get("Shards", [])
    rows = tuple(
        Row(
            one["ShardId"],
            (one["ShardId"], "closed" if one["SequenceNumberRange"].get("EndingSequenceNumber") else "open"),
            data=one,
        )
        for one in shards
    )
    is_open = sum(row.cells[1] == "open" for row in rows)
    tags = ask(account, "kinesis", "list_tags_for_stream", StreamName=it.id).get("Tags", [])
    links = (Link("kms:key", tail(it.data["KeyId"]), "Encrypted with"),) if it.data.get("KeyId") else ()
    return replace(
        it,
        properties=(*it.facts, Fact("Open shards", count(is_open, "shard"))),
        parts=(Part("shards", "Shards", ("Shard", ""), rows),),
        links=links,
        tags={one["Key"]: one["Value"] for one in tags},
    )


def _create(v: Values, at: At) -> Iterator[Call]:
    demand = v["mode"] == "ON_DEMAND"
    yield call(
        "kinesis",
        "create_stream",
        StreamName=v["StreamName"],
        ShardCount=None if demand else v["ShardCount"],
        StreamModeDetails={"StreamMode": v["mode"]} if demand else None,
    )


def _retention(v: Values, at: At) -> Iterator[Call]:
    before, wanted = at.thing.data.get("RetentionPeriodHours", 24), v["hours"]
    if wanted != before:
        operation = "increase_stream_retention_period" if wanted > before else "decrease_stream_retention_period"
        yield call("kinesis", operation, StreamName=at.thing.id, RetentionPeriodHours=wanted)


def _encrypt(v: Values, at: At) -> Iterator[Call]:
    if v["KeyId"]:
        yield call("kinesis", "start_stream_encryption", StreamName=at.thing.id, EncryptionType="KMS", KeyId=v["KeyId"])
    elif at.thing.data.get("KeyId"):
        yield call(
            "kinesis",
            "stop_stream_encryption",
            StreamName=at.thing.id,
            EncryptionType="KMS",
            KeyId=at.thing.data["KeyId"],
        )


def _tags(at: At, to_set: dict[str, str], to_remove: list[str]) -> Iterator[Call]:
    if to_set:
        yield call("kinesis", "add_tags_to_stream", StreamName=at.thing.id, Tags=to_set)
    if to_remove:
        yield call("kinesis", "remove_tags_from_stream", StreamName=at.thing.id, TagKeys=to_remove)


def _shards(v: Values, at: At) -> Iterator[Call]:
    yield call(
        "kinesis",
        "update_shard_count",
        StreamName=at.thing.id,
        TargetShardCount=v["TargetShardCount"],
        ScalingType="UNIFORM_SCALING",
    )


STREAM = Kind(
    "stream",
    "Stream",
    "Streams",
    things,
    look=_look,
    detail=_detail,
    empty="A stream keeps records in order within each shard, for a day or more. Several readers may read at their own pace.",
    command="aws kinesis create-stream --stream-name clicks --shard-count 2",
    actions=(
        Action(
            "create",
            "Create stream",
            _create,
            (
                Text("StreamName", "Name", required=True),
                Choice(
                    "mode",
                    "Capacity",
                    (("PROVISIONED", "provisioned: so many shards"), ("ON_DEMAND", "on demand")),
                    initial="PROVISIONED",
                    required=True,
                ),
                Number(
                    "ShardCount",
                    "Shards",
                    initial=1,
                    least=1,
                    most=100,
                    required=True,
                    when=("mode", "PROVISIONED"),
                    help="Each takes 1 MB or 1000 records a second.",
                ),
            ),
            new=True,
        ),
        Action(
            "put",
            "Put record",
            "kinesis.put_record",
            (
                Text(
                    "PartitionKey",
                    "Partition key",
                    required=True,
                    help="Decides the shard. Different keys spread the load.",
                ),
                Content("Data", "Data", file="record.json", required=True),
            ),
            thing="StreamName",
            verb="Put",
        ),
        Action(
            "iterator",
            "Get an iterator",
            lambda v, at: [
                call(
                    "kinesis",
                    "get_shard_iterator",
                    StreamName=at.thing.id,
                    ShardId=at.row.id,
                    ShardIteratorType="TRIM_HORIZON",
                )
            ],
            part="shards",
            row=True,
            verb="Get",
            about="Its answer is what Read takes.",
        ),
        Action(
            "read",
            "Read records",
            lambda v, at: [call("kinesis", "get_records", ShardIterator=v["ShardIterator"], Limit=v["Limit"])],
            (
                Text("ShardIterator", "Iterator", required=True, long=True),
                Number("Limit", "At most", initial=100, least=1),
            ),
            verb="Read",
        ),
        Action(
            "shards",
            "Change number of shards",
            _shards,
            (Number("TargetShardCount", "Shards", least=1, most=100, required=True),),
        ),
        Action(
            "retention",
            "Edit retention",
            _retention,
            (
                Number(
                    "hours", "Keep for", least=24, most=8760, unit="hours", required=True, help="168 are seven days."
                ),
            ),
            lambda account, at: {"hours": at.thing.data.get("RetentionPeriodHours", 24)},
        ),
        Action(
            "encryption",
            "Edit encryption",
            _encrypt,
            (
                Pick(
                    "KeyId",
                    "KMS key",
                    kind="kms:key",
                    by="arn",
                    free=True,
                    help="alias/aws/kinesis is AWS's own. Empty: off.",
                ),
            ),
            lambda account, at: {"KeyId": at.thing.data.get("KeyId", "")},
        ),
        edit_tags(_tags),
        delete("kinesis.delete_stream", "StreamName", "Delete the stream with its records?"),
    ),
)
SERVICE = Service("kinesis", "Kinesis", "Streams of records.", (STREAM,))
