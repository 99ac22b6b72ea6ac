"""https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/SecondaryIndexes.html"""

from typing import Any

from graders import Account, Fail, check


def _items(account: Account, table: str) -> list[dict[str, Any]]:
    return account.read("dynamodb", "scan", TableName=table, ConsistentRead=True)["Items"]


@check(permissions=["dynamodb:DescribeTable", "dynamodb:Query"])
def finds_by_index(account: Account, *, table: str, index: str, key: str, value: str, wanted: list[str]) -> None:
    """A query of {index} for {value} finds the posts of {wanted}."""
    described = account.read("dynamodb", "describe_table", TableName=table)["Table"]
    there = [one for one in described.get("GlobalSecondaryIndexes", []) if one["IndexName"] == index]
    if not there or there[0]["KeySchema"][0] != {"AttributeName": key, "KeyType": "HASH"}:
        raise Fail("{table} has no index {index} by {key}.", table=table, index=index, key=key)
    items = account.read(
        "dynamodb",
        "query",
        TableName=table,
        IndexName=index,
        KeyConditionExpression="#k = :v",
        ExpressionAttributeNames={"#k": key},
        ExpressionAttributeValues={":v": {"S": value}},
    )["Items"]
    found = sorted(item["postedAt"]["S"] for item in items)
    if found != sorted(wanted):
        raise Fail(
            "The index gives {seen} for {value}.",
            looked_at="a query of {index} for {value}",
            needed="{wanted}",
            index=index,
            value=value,
            seen=", ".join(found) or "nothing",
            wanted=", ".join(wanted),
        )
    silent = [item["postedAt"]["S"] for item in items if not item.get("text", {}).get("S")]
    if silent:
        raise Fail("The post of {day} has lost its text.", day=silent[0])


@check(permissions=["dynamodb:Scan"])
def holds_copies(account: Account, *, table: str, source: str, attributes: list[str]) -> None:
    """{table} holds all that {source} holds: keys and {attributes}."""
    names = ["userId", "postedAt", *attributes]

    def seen(items: list[dict[str, Any]]) -> list[list[str]]:
        return sorted([str(item.get(name)) for name in names] for item in items)

    wanted, there = seen(_items(account, source)), seen(_items(account, table))
    missing = [one for one in wanted if one not in there]
    if missing or not wanted:
        raise Fail(
            "{count} of {all} items of {source} are not in {table}, or not the same there.",
            count=len(missing),
            all=len(wanted),
            source=source,
            table=table,
        )


@check(permissions=["dynamodb:Scan"])
def has_items(account: Account, *, table: str, count: int) -> None:
    """{table} holds {count} items."""
    found = len(_items(account, table))
    if found != count:
        raise Fail("{table} holds {seen} items, not {count}.", table=table, seen=found, count=count)


@check(permissions=["dynamodb:ListExports", "dynamodb:DescribeExport"])
def exported_to(account: Account, *, table: str, bucket: str, prefix: str) -> None:
    """{table} was exported to {bucket}, under {prefix}."""
    seen = []
    arn = f"arn:aws:dynamodb:{account.region}:{account.account_id}:table/{table}"
    for one in account.read("dynamodb", "list_exports", TableArn=arn)["ExportSummaries"]:
        export = account.read("dynamodb", "describe_export", ExportArn=one["ExportArn"])["ExportDescription"]
        if export["S3Bucket"] == bucket and export.get("S3Prefix", "").strip("/") == prefix:
            if export["ExportStatus"] in ("COMPLETED", "IN_PROGRESS"):
                return
            raise Fail(
                "The export of {table} failed: {why}.", table=table, why=export.get("FailureMessage", "no reason")
            )
        seen.append(f"{export['S3Bucket']}/{export.get('S3Prefix', '')}")
    raise Fail("{table} was exported to {seen}.", table=table, seen=", ".join(seen) or "no bucket yet")
