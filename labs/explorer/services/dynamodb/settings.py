"""What is set for a table as a whole: capacity, stream, expiry, recovery to a moment, protection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from labs.explorer.model import Action, At, Call, Choice, Number, Switch, Text, Values, call

VIEWS = (
    ("NEW_AND_OLD_IMAGES", "the item before and after"),
    ("NEW_IMAGE", "the item after"),
    ("OLD_IMAGE", "the item before"),
    ("KEYS_ONLY", "the key alone"),
)


def capacity(found: dict[str, Any]) -> str:
    """Return the capacity of a table as it is read."""
    if found.get("BillingModeSummary", {}).get("BillingMode") == "PAY_PER_REQUEST":
        return "on demand"
    given = found.get("ProvisionedThroughput", {})
    return f"{given.get('ReadCapacityUnits', 0)} reads, {given.get('WriteCapacityUnits', 0)} writes a second"


def _capacity_now(v: Values, at: At) -> Iterator[Call]:
    provisioned = (
        {"ReadCapacityUnits": v["reads"], "WriteCapacityUnits": v["writes"]}
        if v["BillingMode"] == "PROVISIONED"
        else None
    )
    yield call(
        "dynamodb",
        "update_table",
        TableName=at.thing.id,
        BillingMode=v["BillingMode"],
        ProvisionedThroughput=provisioned,
    )


def _stream(v: Values, at: At) -> Iterator[Call]:
    made = (
        {"StreamEnabled": True, "StreamViewType": v["StreamViewType"]}
        if v["StreamViewType"]
        else {"StreamEnabled": False}
    )
    yield call("dynamodb", "update_table", TableName=at.thing.id, StreamSpecification=made)


def _ttl(v: Values, at: At) -> Iterator[Call]:
    name = v["AttributeName"] or at.thing.data["Ttl"].get("AttributeName", "")
    yield call(
        "dynamodb",
        "update_time_to_live",
        TableName=at.thing.id,
        TimeToLiveSpecification={"Enabled": bool(v["AttributeName"]), "AttributeName": name},
    )


PROVISIONED = ("BillingMode", "PROVISIONED")

BILLING = (
    Choice(
        "BillingMode",
        "Capacity",
        (("PAY_PER_REQUEST", "on demand: as many as come"), ("PROVISIONED", "provisioned: so many a second")),
        initial="PAY_PER_REQUEST",
        required=True,
    ),
    Number("reads", "Reads", initial=5, least=1, unit="a second, of 4 KB", required=True, when=PROVISIONED),
    Number("writes", "Writes", initial=5, least=1, unit="a second, of 1 KB", required=True, when=PROVISIONED),
)
ACTIONS = (
    Action(
        "capacity",
        "Edit capacity",
        _capacity_now,
        BILLING,
        lambda account, at: {
            "BillingMode": at.thing.data.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),
            "reads": at.thing.data.get("ProvisionedThroughput", {}).get("ReadCapacityUnits") or 5,
            "writes": at.thing.data.get("ProvisionedThroughput", {}).get("WriteCapacityUnits") or 5,
        },
    ),
    Action(
        "stream",
        "Edit stream",
        _stream,
        (Choice("StreamViewType", "Each change tells", (("", "nothing: off"), *VIEWS)),),
        lambda account, at: {"StreamViewType": at.thing.data.get("StreamSpecification", {}).get("StreamViewType", "")},
    ),
    Action(
        "ttl",
        "Edit expiry",
        _ttl,
        (
            Text(
                "AttributeName",
                "Items expire by",
                placeholder="expiresAt",
                help="An attribute with a time in seconds since 1970. Empty: they do not.",
            ),
        ),
        lambda account, at: {
            "AttributeName": at.thing.data["Ttl"].get("AttributeName", "")
            if at.thing.data["Ttl"].get("TimeToLiveStatus") == "ENABLED"
            else ""
        },
    ),
    Action(
        "pitr",
        "Edit point-in-time recovery",
        lambda v, at: [
            call(
                "dynamodb",
                "update_continuous_backups",
                TableName=at.thing.id,
                PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": v["on"]},
            )
        ],
        (Switch("on", "Any moment of the last 35 days can be had back"),),
        lambda account, at: {"on": at.thing.data["Pitr"]},
    ),
    Action(
        "protect",
        "Edit deletion protection",
        lambda v, at: [call("dynamodb", "update_table", TableName=at.thing.id, DeletionProtectionEnabled=v["on"])],
        (Switch("on", "Refuse to delete it"),),
        lambda account, at: {"on": bool(at.thing.data.get("DeletionProtectionEnabled"))},
    ),
)
