"""Tables: the list, what stands in the drawer, and how one is made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Choice,
    Fact,
    Kind,
    Link,
    Pairs,
    Pick,
    Switch,
    Text,
    Thing,
    Values,
    ask,
    call,
    delete,
    switch_fact,
    tag_list,
    tags_of,
    tail,
)
from labs.explorer.saying import properties, state_fact, tags_by
from labs.explorer.services.dynamodb import backups, indexes, items, settings


def things(account: Account) -> Iterator[Thing]:
    for name in account.read("dynamodb", "list_tables").get("TableNames", []):
        yield Thing(name, name, arn=f"arn:aws:dynamodb:{account.region}:{account.account_id}:table/{name}")


def _look(account: Account, it: Thing) -> Thing:
    found = account.read("dynamodb", "describe_table", TableName=it.id)["Table"]
    facts = (
        Fact("Key", indexes.keys_of(found, found["KeySchema"])),
        Fact("Capacity", settings.capacity(found)),
        Fact("Items", str(found.get("ItemCount", 0))),
        state_fact(found.get("TableStatus", ""), good=["ACTIVE"]),
    )
    return replace(it, facts=facts, arn=found["TableArn"], data=found)


def _detail(account: Account, it: Thing) -> Thing:
    data = it.data
    ttl = ask(account, "dynamodb", "describe_time_to_live", TableName=it.id).get("TimeToLiveDescription", {})
    recovery = ask(account, "dynamodb", "describe_continuous_backups", TableName=it.id).get(
        "ContinuousBackupsDescription", {}
    )
    pitr = recovery.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus") == "ENABLED"
    stream = data.get("StreamSpecification", {})
    sse = data.get("SSEDescription", {})
    facts = (
        *it.facts,
        switch_fact("Point-in-time recovery", pitr, good=True),
        Fact(
            "Items expire by", ttl.get("AttributeName", "") if ttl.get("TimeToLiveStatus") == "ENABLED" else "nothing"
        ),
        Fact("Stream", stream.get("StreamViewType", "") if stream.get("StreamEnabled") else "off"),
        Fact(
            "Encryption",
            f"KMS {tail(sse.get('KMSMasterKeyArn', ''))}" if sse.get("SSEType") == "KMS" else "AWS's own key",
        ),
        switch_fact("Deletion protection", data.get("DeletionProtectionEnabled")),
        *properties(data, "TableSizeBytes", "LatestStreamArn", "CreationDateTime"),
    )
    keys = [one["AttributeName"] for one in sorted(data["KeySchema"], key=lambda one: one["KeyType"] != "HASH")]
    parts = (items.part(account, it, keys), indexes.part(data), backups.part(account, it))
    tags = tags_of(ask(account, "dynamodb", "list_tags_of_resource", ResourceArn=it.arn).get("Tags"))
    links = (Link("kms:key", tail(sse["KMSMasterKeyArn"]), "Encrypted with"),) if sse.get("KMSMasterKeyArn") else ()
    return replace(
        it, properties=facts, parts=parts, tags=tags, links=links, data={**data, "Ttl": ttl, "Pitr": pitr, "Keys": keys}
    )


def _create(v: Values, at: At) -> Iterator[Call]:
    types = {v["hash"]: v["hash_type"], **({v["range"]: v["range_type"]} if v["range"] else {})}
    provisioned = (
        {"ReadCapacityUnits": v["reads"], "WriteCapacityUnits": v["writes"]}
        if v["BillingMode"] == "PROVISIONED"
        else None
    )
    globals_, locals_ = [], []
    for one in v["indexes"]:
        types.setdefault(one["hash"], one["hash_type"] or "S")
        if one["range"]:
            types.setdefault(one["range"], one["range_type"] or "S")
        made = indexes.index(one)
        if one["kind"] == "local":
            locals_.append(made)
        else:
            globals_.append({**made, **({"ProvisionedThroughput": provisioned} if provisioned else {})})
    yield call(
        "dynamodb",
        "create_table",
        TableName=v["TableName"],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()],
        KeySchema=indexes.schema(v["hash"], v["range"]),
        BillingMode=v["BillingMode"],
        ProvisionedThroughput=provisioned,
        GlobalSecondaryIndexes=globals_ or None,
        LocalSecondaryIndexes=locals_ or None,
        StreamSpecification={"StreamEnabled": True, "StreamViewType": v["stream"]} if v["stream"] else None,
        SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": v["key"]} if v["key"] else None,
        DeletionProtectionEnabled=True if v["DeletionProtectionEnabled"] else None,
        Tags=tag_list(v["tags"]),
    )


TABLE = Kind(
    "table",
    "Table",
    "Tables",
    things,
    look=_look,
    detail=_detail,
    empty=(
        "A table holds items, found by their key at any size. What you will ask "
        "decides the key; indexes are for what else you ask."
    ),
    command=(
        "aws dynamodb create-table --table-name Books --attribute-definitions "
        "AttributeName=id,AttributeType=S --key-schema AttributeName=id,KeyType=HASH --billing-mode PAY_PER_REQUEST"
    ),
    actions=(
        Action(
            "create",
            "Create table",
            _create,
            (
                Text("TableName", "Name", required=True),
                *indexes.key_fields(of="the table"),
                *settings.BILLING,
                indexes.INDEX,
                Choice("stream", "Stream", (("", "off"), *settings.VIEWS), help="Tells of every change, for a day."),
                Pick(
                    "key",
                    "KMS key",
                    kind="kms:key",
                    by="arn",
                    free=True,
                    help="Empty: AWS's own. Encrypted it always is.",
                ),
                Switch("DeletionProtectionEnabled", "Deletion protection"),
                Pairs("tags", "Tags"),
            ),
            new=True,
        ),
        *items.ACTIONS,
        *indexes.ACTIONS,
        *settings.ACTIONS,
        *backups.ACTIONS,
        tags_by("dynamodb", "tag_resource", "untag_resource", "ResourceArn"),
        delete("dynamodb.delete_table", "TableName", "Delete the table with all its items?"),
    ),
)
