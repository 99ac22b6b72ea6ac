"""Keys, and the indexes that find items by others: what is shown of them, and how they are made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from labs.explorer.model import Action, At, Call, Choice, Part, Repeat, Row, Text, Tone, Values, call

TYPES = (("S", "text"), ("N", "number"), ("B", "binary"))


def part(data: dict[str, Any]) -> Part:
    """Return the indexes of a table."""
    return Part(
        "indexes",
        "Indexes",
        ("Name", "Key", "Holds", "Kind"),
        tuple(_rows(data)),
        "None: items are found by the table's key alone.",
    )


def _rows(data: dict[str, Any]) -> Iterator[Row]:
    for key, kind in (("GlobalSecondaryIndexes", "global"), ("LocalSecondaryIndexes", "local")):
        for one in data.get(key, []):
            tone: Tone = "bad" if one.get("IndexStatus") == "CREATING" else ""
            yield Row(
                one["IndexName"] if kind == "global" else f"local {one['IndexName']}",
                (
                    one["IndexName"],
                    keys_of(data, one["KeySchema"]),
                    one.get("Projection", {}).get("ProjectionType", ""),
                    kind,
                ),
                tone,
                one,
            )


def keys_of(found: dict[str, Any], schema: list[dict[str, str]]) -> str:
    """Return a key as it is read: "author (S) + year (N)"."""
    types = {one["AttributeName"]: one["AttributeType"] for one in found.get("AttributeDefinitions", [])}
    ordered = sorted(schema, key=lambda one: one["KeyType"] != "HASH")
    return " + ".join(f"{one['AttributeName']} ({types.get(one['AttributeName'], '?')})" for one in ordered)


def schema(hash: str, range: str | None) -> list[dict[str, str]]:
    """Return the schema of a key of one attribute or two."""
    made = [{"AttributeName": hash, "KeyType": "HASH"}]
    return [*made, {"AttributeName": range, "KeyType": "RANGE"}] if range else made


def index(one: Values) -> dict[str, Any]:
    """Return an index as the calls want it."""
    return {
        "IndexName": one["name"],
        "KeySchema": schema(one["hash"], one["range"]),
        "Projection": {"ProjectionType": one.get("projection") or "ALL"},
    }


def key_fields(*, of: str) -> tuple[Any, ...]:
    """Return the fields that ask for a key."""
    return (
        Text("hash", f"Partition key of {of}", required=True, placeholder="id"),
        Choice("hash_type", "a", TYPES, initial="S", required=True),
        Text("range", "Sort key", help="Empty: none. With one, the two together are what is unique."),
        Choice("range_type", "a", TYPES, initial="S"),
    )


def _add_index(v: Values, at: At) -> Iterator[Call]:
    types = {v["hash"]: v["hash_type"], **({v["range"]: v["range_type"]} if v["range"] else {})}
    made = index(v)
    if at.thing.data.get("BillingModeSummary", {}).get("BillingMode") != "PAY_PER_REQUEST":
        made["ProvisionedThroughput"] = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    definitions = [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]
    yield call(
        "dynamodb",
        "update_table",
        TableName=at.thing.id,
        AttributeDefinitions=definitions,
        GlobalSecondaryIndexUpdates=[{"Create": made}],
    )


INDEX = Repeat(
    "indexes",
    "Indexes",
    (
        Text("name", "Name", required=True),
        Choice(
            "kind",
            "Kind",
            (("global", "global: another partition key"), ("local", "local: another sort key; only now")),
            initial="global",
            required=True,
        ),
        Text("hash", "Partition key", required=True),
        Choice("hash_type", "a", TYPES, initial="S"),
        Text("range", "Sort key"),
        Choice("range_type", "a", TYPES, initial="S"),
        Choice("projection", "Holds", (("ALL", "all attributes"), ("KEYS_ONLY", "keys alone")), initial="ALL"),
    ),
    one="index",
)
ACTIONS = (
    Action(
        "add-index",
        "Create global index",
        _add_index,
        (
            Text("name", "Name", required=True),
            *key_fields(of="the index"),
            Choice(
                "projection",
                "Holds",
                (("ALL", "all attributes"), ("KEYS_ONLY", "keys alone")),
                initial="ALL",
                required=True,
            ),
        ),
        part="indexes",
    ),
    Action(
        "remove-index",
        "Delete",
        lambda v, at: [
            call(
                "dynamodb",
                "update_table",
                TableName=at.thing.id,
                GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": at.row.id}}],
            )
        ],
        part="indexes",
        row=True,
        danger="Delete this index? The items stay.",
        verb="Delete",
    ),
)
