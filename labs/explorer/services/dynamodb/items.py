"""What is in a table: items, put, found, changed and deleted one by one; as plain JSON or with types."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Choice,
    Json,
    Number,
    Part,
    Repeat,
    Row,
    Text,
    Thing,
    Values,
    ask,
    call,
)
from labs.explorer.services.dynamodb.indexes import TYPES

MOST = 100


def part(account: Account, it: Thing, keys: list[str]) -> Part:
    """Return the items that the drawer shows: the first that a scan finds."""
    items = ask(account, "dynamodb", "scan", TableName=it.id, Limit=MOST).get("Items", [])
    rows = tuple(
        Row(
            " / ".join(str(plain(one.get(key))) for key in keys),
            (*(str(plain(one.get(key))) for key in keys), _rest(one, keys)),
            data=one,
        )
        for one in items[:MOST]
    )
    return Part("items", f"Items (at most {MOST})", (*keys, "Other attributes"), rows, "No items yet.")


def _rest(item: dict[str, Any], keys: list[str]) -> str:
    return ", ".join(f"{name}: {plain(value)}" for name, value in item.items() if name not in keys)


def plain(value: dict[str, Any] | None) -> Any:
    """Return an attribute's value as JSON has it, for reading: {"N": "42"} is 42."""
    if not value:
        return ""
    kind, one = next(iter(value.items()))
    if kind == "N":
        try:
            return int(one)
        except ValueError:
            return float(one)
    if kind == "M":
        return {key: plain(each) for key, each in one.items()}
    if kind == "L":
        return [plain(each) for each in one]
    return None if kind == "NULL" else one


def typed(value: Any) -> dict[str, Any]:
    """Return a JSON value as an attribute: 42 is {"N": "42"}, "42" is {"S": "42"}."""
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, (int, float)):
        return {"N": str(value)}
    if isinstance(value, dict):
        return {"M": {key: typed(each) for key, each in value.items()}}
    if isinstance(value, list):
        return {"L": [typed(each) for each in value]}
    return {"NULL": True} if value is None else {"S": str(value)}


def _item(v: Values) -> dict[str, Any]:
    item: dict[str, Any] = v["Item"]
    return item if v["as"] == "dynamodb" else {name: typed(value) for name, value in item.items()}


def _item_fields() -> tuple[Any, ...]:
    return (
        Json(
            "Item",
            "Item",
            required=True,
            help='{"id": "b1", "pages": 42}: a number without quotation marks is a number (N).',
        ),
        Choice(
            "as",
            "Written as",
            (("json", "plain JSON"), ("dynamodb", "DynamoDB JSON, with types")),
            initial="json",
            required=True,
        ),
    )


def _key(at: At) -> dict[str, Any]:
    return {name: at.row.data[name] for name in at.thing.data["Keys"] if name in at.row.data}


def _starter(account: Account, at: At) -> Values:
    types = {one["AttributeName"]: one["AttributeType"] for one in at.thing.data["AttributeDefinitions"]}
    return {"Item": {name: 1 if types.get(name) == "N" else "…" for name in at.thing.data["Keys"]}, "as": "json"}


def _query(v: Values, at: At) -> Iterator[Call]:
    schema = at.thing.data["KeySchema"]
    for key in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        schema = next(
            (one["KeySchema"] for one in at.thing.data.get(key, []) if one["IndexName"] == v["IndexName"]), schema
        )
    types = {one["AttributeName"]: one["AttributeType"] for one in at.thing.data["AttributeDefinitions"]}
    names = [one["AttributeName"] for one in sorted(schema, key=lambda one: one["KeyType"] != "HASH")]
    words, values = ["#h = :h"], {":h": {types[names[0]]: v["hash"]}}
    if v["range"] and len(names) > 1:
        words.append("begins_with(#r, :r)" if v["how"] == "begins" else f"#r {v['how']} :r")
        values[":r"] = {types[names[1]]: v["range"]}
    yield call(
        "dynamodb",
        "query",
        TableName=at.thing.id,
        IndexName=v["IndexName"],
        KeyConditionExpression=" AND ".join(words),
        ExpressionAttributeNames={"#h": names[0], **({"#r": names[1]} if len(words) > 1 else {})},
        ExpressionAttributeValues=values,
    )


def _query_fields(account: Account, at: At) -> tuple[Any, ...]:
    found = [
        one["IndexName"]
        for key in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
        for one in at.thing.data.get(key, [])
    ]
    return (
        Choice("IndexName", "By", (("", "the table's key"), *found)),
        Text("hash", "Partition key is", required=True),
        Choice(
            "how",
            "Sort key",
            (
                ("=", "is"),
                ("begins", "begins with"),
                ("<", "is less than"),
                (">", "is greater than"),
                ("<=", "is at most"),
                (">=", "is at least"),
            ),
            initial="=",
        ),
        Text("range", "this", help="Empty: any."),
    )


def _update(v: Values, at: At) -> Iterator[Call]:
    names = {f"#{number}": one["name"] for number, one in enumerate(v["set"])}
    values = {
        f":{number}": ({"N": one["value"]} if one["type"] == "N" else {"S": one["value"]})
        for number, one in enumerate(v["set"])
    }
    words = ", ".join(f"#{number} = :{number}" for number in range(len(names)))
    yield call(
        "dynamodb",
        "update_item",
        TableName=at.thing.id,
        Key=_key(at),
        UpdateExpression=f"SET {words}",
        ExpressionAttributeNames=names,
        ExpressionAttributeValues=values,
        ReturnValues="ALL_NEW",
    )


ACTIONS = (
    Action(
        "put",
        "Put item",
        lambda v, at: [call("dynamodb", "put_item", TableName=at.thing.id, Item=_item(v))],
        _item_fields(),
        _starter,
        part="items",
        verb="Put",
    ),
    Action("query", "Query", _query, _query_fields, part="items", verb="Query"),
    Action(
        "scan",
        "Scan",
        lambda v, at: [
            call(
                "dynamodb",
                "scan",
                TableName=at.thing.id,
                Limit=v["Limit"],
                FilterExpression="#a = :a" if v["name"] else None,
                ExpressionAttributeNames={"#a": v["name"]} if v["name"] else None,
                ExpressionAttributeValues={":a": {v["type"] or "S": v["value"] or ""}} if v["name"] else None,
            )
        ],
        (
            Text("name", "Where"),
            Choice("type", "a", TYPES, initial="S"),
            Text("value", "is"),
            Number("Limit", "Read at most", least=1),
        ),
        part="items",
        verb="Scan",
        about="Reads the whole table, and you pay for all of it: what a query finds by its key is better asked so.",
    ),
    Action(
        "edit-item",
        "Edit",
        lambda v, at: [call("dynamodb", "put_item", TableName=at.thing.id, Item=_item(v))],
        _item_fields(),
        lambda account, at: {"Item": at.row.data, "as": "dynamodb"},
        part="items",
        row=True,
    ),
    Action(
        "update-item",
        "Set attributes",
        _update,
        (
            Repeat(
                "set",
                "Set",
                (
                    Text("name", "Attribute", required=True),
                    Choice("type", "a", TYPES[:2], initial="S", required=True),
                    Text("value", "to", required=True),
                ),
                least=1,
                one="attribute",
                required=True,
            ),
        ),
        part="items",
        row=True,
        about="The other attributes stay as they are.",
    ),
    Action(
        "remove-item",
        "Delete",
        lambda v, at: [call("dynamodb", "delete_item", TableName=at.thing.id, Key=_key(at))],
        part="items",
        row=True,
        danger="Delete this item?",
        verb="Delete",
    ),
)
