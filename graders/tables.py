"""DynamoDB tables with their keys, indexes and streams; Kinesis streams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graders import nearby
from graders.account import Account
from graders.check import Fail

PERMISSIONS = ("dynamodb:ListTables", "dynamodb:DescribeTable")
KINDS = {"S": "text (S)", "N": "a number (N)", "B": "binary (B)"}


@dataclass(frozen=True)
class Index:
    """The table itself (`name` "") or one of its indexes; `projected` is None where every attribute is."""

    name: str
    partition: str
    sort: str
    projected: frozenset[str] | None
    active: bool = True

    @property
    def label(self) -> str:
        return f"the index {self.name}" if self.name else "the table itself"

    @property
    def keys(self) -> str:
        return f"{self.partition} and {self.sort}" if self.sort else self.partition

    def lacks(self, attributes: list[str]) -> list[str]:
        return [one for one in attributes if self.projected is not None and one not in self.projected]


def the_table(account: Account, name: str) -> dict[str, Any]:
    """describe_table's Table; fails when there is none, with the nearest name or the region that has it."""
    names = _names(account, account.region)
    if name in names:
        found: dict[str, Any] = account.read("dynamodb", "describe_table", TableName=name)["Table"]
        return found
    hint = nearby.almost(name, names) or nearby.elsewhere(account, lambda region: name in _names(account, region))
    raise Fail(
        "The table {table} does not exist.{hint}",
        looked_at="the DynamoDB tables in {region}",
        needed="A table named exactly {table} in {region}.",
        try_="aws dynamodb create-table --table-name {table} …",
        table=name,
        hint=hint,
        region=account.region,
    )


def keys_of(item: dict[str, Any]) -> tuple[str, str]:
    """(partition key, sort key or "") of a table or an index."""
    by_kind = {one["KeyType"]: one["AttributeName"] for one in item.get("KeySchema", [])}
    return by_kind.get("HASH", ""), by_kind.get("RANGE", "")


def types_of(table: dict[str, Any]) -> dict[str, str]:
    """key attribute -> S, N or B."""
    return {one["AttributeName"]: one["AttributeType"] for one in table.get("AttributeDefinitions", [])}


def indexes(table: dict[str, Any]) -> list[Index]:
    """All that can be queried, the table first.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.Projections
    """
    own = keys_of(table)
    found = [Index("", *own, None)]
    for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        for one in table.get(kind) or []:
            keys = keys_of(one)
            projection = one.get("Projection", {})
            carried = frozenset({*own, *keys, *projection.get("NonKeyAttributes", [])} - {""})
            everything = projection.get("ProjectionType") == "ALL"
            active = one.get("IndexStatus", "ACTIVE") == "ACTIVE"
            found.append(Index(one["IndexName"], *keys, None if everything else carried, active))
    return found


def stream_of(table: dict[str, Any]) -> tuple[str, str]:
    """(ARN, view) of the stream that is on now; ("", "") when none is. A stream that was turned off keeps its ARN."""
    told = table.get("StreamSpecification") or {}
    if not told.get("StreamEnabled"):
        return "", ""
    return str(table.get("LatestStreamArn", "")), str(told.get("StreamViewType", ""))


def _names(account: Account, region: str) -> list[str]:
    names: list[str] = account.read("dynamodb", "list_tables", region=region).get("TableNames", [])
    return names


STREAM_PERMISSIONS = ("kinesis:ListStreams", "kinesis:DescribeStreamSummary")


def the_stream(account: Account, name: str) -> dict[str, Any]:
    """describe_stream_summary of a Kinesis stream; fails when there is none."""
    names = _streams(account, account.region)
    if name in names:
        found: dict[str, Any] = account.read("kinesis", "describe_stream_summary", StreamName=name)
        return dict(found["StreamDescriptionSummary"])
    hint = nearby.almost(name, names) or nearby.elsewhere(account, lambda region: name in _streams(account, region))
    raise Fail(
        "The stream {stream} does not exist.{hint}",
        looked_at="the Kinesis streams in {region}",
        needed="A stream named exactly {stream} in {region}.",
        try_="aws kinesis create-stream --stream-name {stream} …",
        stream=name,
        hint=hint,
        region=account.region,
    )


def _streams(account: Account, region: str) -> list[str]:
    names: list[str] = account.read("kinesis", "list_streams", region=region).get("StreamNames", [])
    return names
