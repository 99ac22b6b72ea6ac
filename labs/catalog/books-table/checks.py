"""https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html"""

from typing import Any

from graders import Account, Fail, check


def _of(account: Account, table: str, key: str, value: str) -> list[dict[str, Any]]:
    """Return the items of one partition."""
    return account.read(
        "dynamodb",
        "query",
        TableName=table,
        KeyConditionExpression="#k = :v",
        ExpressionAttributeNames={"#k": key},
        ExpressionAttributeValues={":v": {"S": value}},
        ConsistentRead=True,
    )["Items"]


def _has_key(account: Account, table: str, key: str) -> None:
    keys = account.read("dynamodb", "describe_table", TableName=table)["Table"]["KeySchema"]
    if not any(one["AttributeName"] == key and one["KeyType"] == "HASH" for one in keys):
        raise Fail("The partition key of {table} is not {key}.", table=table, key=key)


@check(permissions=["dynamodb:DescribeTable", "dynamodb:Query"])
def has_chapters(account: Account, *, table: str, book: str, chapters: list[str]) -> None:
    """The book {book} has the chapters {chapters}, each with a title and an author."""
    _has_key(account, table, "bookId")
    items = _of(account, table, "bookId", book)
    for chapter in chapters:
        found = [item for item in items if item.get("chapter") == {"S": chapter}]
        if not found:
            raise Fail("{table} has no chapter {chapter} of {book}.", table=table, chapter=chapter, book=book)
        for name in ("title", "author"):
            if not found[0].get(name, {}).get("S"):
                raise Fail(
                    "Chapter {chapter} of {book} has no {name}, or one that is no string.",
                    looked_at="the item {book}, {chapter}",
                    needed="a string that is not empty.",
                    chapter=chapter,
                    book=book,
                    name=name,
                )


@check(
    permissions=[
        "dynamodb:DescribeTable",
        "dynamodb:DescribeStream",
        "dynamodb:GetShardIterator",
        "dynamodb:GetRecords",
        "dynamodb:Query",
    ]
)
def came_and_went(account: Account, *, table: str, key: str, value: str) -> None:
    """Items with the key {value} came into {table} and went again, and its stream tells so."""
    _has_key(account, table, key)
    arn = account.read("dynamodb", "describe_table", TableName=table)["Table"].get("LatestStreamArn")
    if not arn:
        raise Fail("{table} has no stream that could tell.", table=table)
    left = _of(account, table, key, value)
    streams = account.client("dynamodbstreams")
    events = []
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        where = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
        records = streams.get_records(ShardIterator=where["ShardIterator"])["Records"]
        events += [one["eventName"] for one in records if one["dynamodb"]["Keys"].get(key) == {"S": value}]
    if "INSERT" not in events:
        raise Fail(
            "The stream of {table} has seen no new item with {key} = {value}.",
            looked_at="the records of the stream of {table}",
            needed="an INSERT, and later a REMOVE.",
            try_="aws dynamodb put-item --table-name {table} …",
            table=table,
            key=key,
            value=value,
        )
    if left:
        raise Fail("{count} item(s) of {value} are still in {table}.", count=len(left), value=value, table=table)


@check(permissions=["dynamodb:GetItem"])
def has_attribute(
    account: Account, *, table: str, key: dict[str, str], attribute: str, kind: str, value: str, kept: list[str]
) -> None:
    """The item has {attribute} = {value}, of the type {kind}, and kept the rest."""
    item = account.read(
        "dynamodb", "get_item", TableName=table, Key={n: {"S": v} for n, v in key.items()}, ConsistentRead=True
    ).get("Item")
    if not item:
        raise Fail("{table} has no item {key}.", table=table, key=", ".join(key.values()))
    held = item.get(attribute)
    if not held:
        raise Fail("The item {key} has no {attribute}.", key=", ".join(key.values()), attribute=attribute)
    found = next(iter(held))
    if found != kind:
        raise Fail(
            "{attribute} is of the type {seen}, not {kind}.",
            looked_at="the item {key} of {table}",
            needed="{kind}: what is written in quotes after it is only how DynamoDB writes numbers.",
            attribute=attribute,
            seen=found,
            kind=kind,
            key=", ".join(key.values()),
            table=table,
        )
    if str(held[found]) != value:
        raise Fail("{attribute} is {seen}, not {value}.", attribute=attribute, seen=str(held[found]), value=value)
    for name in kept:
        if name not in item:
            raise Fail("The item {key} has lost its {name}.", key=", ".join(key.values()), name=name)
