"""https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/capacity-mode.html"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from graders import Account, Fail, check, tables

UNITS = {"read": "ReadCapacityUnits", "write": "WriteCapacityUnits"}


@dataclass(frozen=True)
class Need:
    """One throughput of the table or of an index: `resource` and `dimension` as Application Auto Scaling calls them."""

    kind: str
    label: str
    resource: str
    dimension: str
    units: int
    wanted: int


@check(
    permissions=[
        *tables.PERMISSIONS,
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:DescribeScalingPolicies",
    ]
)
def table_has_capacity(
    account: Account,
    *,
    table: str,
    mode: Literal["any", "on-demand", "autoscaling"] = "any",
    read: int = 0,
    write: int = 0,
) -> None:
    """{table} has capacity for its load.

    On demand always has it. Else `read` and `write` units are provisioned or can be reached by auto scaling; with
    mode "autoscaling" reads and writes of the table and of each global index must scale by themselves.
    """
    found = tables.the_table(account, table)
    if (found.get("BillingModeSummary") or {}).get("BillingMode") == "PAY_PER_REQUEST":
        return
    if mode == "on-demand":
        raise _short(
            "{table} has provisioned capacity: {units} read and write units.",
            Need("", "", "", "", 0, 0),
            table,
            units=f"{_units(found, 'read')} and {_units(found, 'write')}",
            try_="aws dynamodb update-table --table-name {table} --billing-mode PAY_PER_REQUEST",
        )
    for need in _needs(found, table, read, write):
        target, policies = _scaling(account, need)
        highest = max(need.units, target["MaxCapacity"] if target and policies else 0)
        if mode == "autoscaling":
            if target is None:
                raise _short("{kind} capacity of {label} does not scale: it stays at {units}.", need, table)
            if not policies:
                raise _short("{kind} capacity of {label} is a scalable target without a scaling policy.", need, table)
            if target["MinCapacity"] >= target["MaxCapacity"]:
                raise _short(
                    "{kind} capacity of {label} scales from {units} to {units}: not at all.",
                    need,
                    table,
                    units=target["MaxCapacity"],
                )
        if highest < need.wanted:
            raise _short("{label} has {units} {kind} units; the load needs {wanted}.", need, table, units=highest)


def _needs(found: dict[str, Any], table: str, read: int, write: int) -> Iterator[Need]:
    """What must be there, each index too: a write goes to every index, and one that is full throttles the table."""
    for kind, wanted in (("read", read), ("write", write)):
        yield Need(kind, table, f"table/{table}", f"dynamodb:table:{UNITS[kind]}", _units(found, kind), wanted)
    for index in found.get("GlobalSecondaryIndexes") or []:
        name = index["IndexName"]
        for kind, wanted in (("read", 0), ("write", write)):
            yield Need(
                kind,
                f"the index {name}",
                f"table/{table}/index/{name}",
                f"dynamodb:index:{UNITS[kind]}",
                _units(index, kind),
                wanted,
            )


def _units(item: dict[str, Any], kind: str) -> int:
    return int((item.get("ProvisionedThroughput") or {}).get(UNITS[kind], 0))


def _scaling(account: Account, need: Need) -> tuple[dict[str, Any] | None, list[Any]]:
    asked = {"ServiceNamespace": "dynamodb"}
    targets = account.read("application-autoscaling", "describe_scalable_targets", **asked).get("ScalableTargets", [])
    policies = account.read("application-autoscaling", "describe_scaling_policies", **asked).get("ScalingPolicies", [])
    mine = [
        [one for one in items if (one["ResourceId"], one["ScalableDimension"]) == (need.resource, need.dimension)]
        for items in (targets, policies)
    ]
    return next(iter(mine[0]), None), mine[1]


def _short(said: str, need: Need, table: str, try_: str = "", **values: Any) -> Fail:
    shown = {
        "table": table,
        "kind": need.kind,
        "label": need.label,
        "units": need.units,
        "wanted": need.wanted,
        "resource": need.resource,
        "dimension": need.dimension,
    }
    return Fail(
        said,
        looked_at="the capacity of {table}, of its indexes and its scaling policies",
        needed="On-demand capacity, or enough units for reads and writes of {table} and every index.",
        try_=try_
        or "aws application-autoscaling register-scalable-target --resource-id {resource} "
        "--scalable-dimension {dimension} …, then put-scaling-policy (or update-table)",
        counterexample="Under load {table} answers ProvisionedThroughputExceededException.",
        **(shown | values),
    )
