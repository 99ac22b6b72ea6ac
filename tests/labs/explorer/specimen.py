"""An AWS account that has one of everything: its answers are made of botocore's models, so any module can read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from graders.account import LOADER  # noqa: F401  (the models are read once for all tests)
from labs.explorer import api, checking

ACCOUNT = "210987654321"
POLICY = (
    '{"Version": "2012-10-17", "Statement": [{"Sid": "One", "Effect": "Allow", "Principal": {"AWS": "*"}, '
    '"Action": "s3:GetObject", "Resource": "*"}]}'
)
UNIT = "ou-specimen"
_DEEPEST = 7
# What a made-up value would not be by itself: (service, a shape of its model, a member of it) -> what AWS would say.
LOOKS = (
    *(
        "specimen",
        "us-east-1",
        "us-east-1:0a1b2c3d-0000-4000-8000-0123456789ab",
        "us-east-1_specimen",
        "v1",
        "/",
        "0123456789ab",
    ),
    "0a1b2c3d-0000-4000-8000-0123456789ab",
    *(f"{kind}-0123456789abcdef0" for kind in ("fs", "fsap", "fsmt", "sg", "subnet")),
    f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:specimen",
    f"arn:aws:cloudfront::{ACCOUNT}:function/specimen",
)
SAID: dict[tuple[str, str, str], Any] = {
    ("cloudwatch", "MetricAlarm", "Period"): 60,
    ("ec2", "NetworkAcl", "Entries"): lambda made: [{**made[0], "Egress": egress} for egress in (False, True)],
    ("ec2", "VpcAttachment", "State"): "attached",
    ("ec2", "Volume", "Iops"): 3000,
    ("ec2", "Volume", "Throughput"): 125,
    ("elbv2", "Rule", "IsDefault"): False,
    ("events", "DescribeRuleResponse", "ScheduleExpression"): "rate(5 minutes)",
    ("events", "Rule", "ScheduleExpression"): "rate(5 minutes)",
    ("kinesis", "StreamDescription", "RetentionPeriodHours"): 24,
    ("kinesis", "StreamDescriptionSummary", "RetentionPeriodHours"): 24,
    ("kms", "AliasListEntry", "AliasName"): "alias/specimen",
    ("kms", "AliasListEntry", "TargetKeyId"): "specimen-keyid",
    ("organizations", "OrganizationalUnit", "Id"): UNIT,
    ("rds", "DBInstance", "AllocatedStorage"): 20,
    ("rds", "DBInstance", "MaxAllocatedStorage"): 20,
}


class Specimens:
    """Answers every read with one of each thing."""

    account_id, region = ACCOUNT, "us-east-1"

    def __init__(self) -> None:
        self._kept: dict[Hashable, Any] = {}
        self.asked: Counter[tuple[str, str]] = Counter()

    def client(self, service: str, region: str | None = None) -> Any:
        raise AssertionError("a module of the explorer reads by account.read")

    def read(self, service: str, operation: str, *, region: str | None = None, **parameters: Any) -> dict[str, Any]:
        self.asked[service, operation] += 1
        model = api.operation(service, operation)
        known = model.input_shape.members if model.input_shape is not None else {}
        assert set(parameters) <= set(known), f"{service}.{operation} has no {set(parameters) - set(known)}"
        if operation == "list_organizational_units_for_parent" and parameters["ParentId"] == UNIT:
            return {"OrganizationalUnits": []}  # a tree with one branch
        return _answer(service, operation)

    def once(self, key: Hashable, make: Callable[[], Any]) -> Any:
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]


@cache
def _answer(service: str, operation: str) -> dict[str, Any]:
    shape = api.operation(service, operation).output_shape
    return specimen(service, shape, "") if shape is not None else {}


def specimen(service: str, shape: Any, name: str, stack: tuple[str, ...] = ()) -> Any:
    """Return a plausible value of a shape."""
    match shape.type_name:
        case "structure":
            if shape.name in stack or len(stack) > _DEEPEST:
                return {}
            made = {one: specimen(service, member, one, (*stack, shape.name)) for one, member in shape.members.items()}
            for one in made:
                if (service, shape.name, one) in SAID:
                    said = SAID[service, shape.name, one]
                    made[one] = said(made[one]) if callable(said) else said
            return made
        case "list":
            if len(stack) > _DEEPEST:
                return []
            one = specimen(service, shape.member, name.removesuffix("s"), stack)
            return [one] * max(1, int(shape.metadata.get("min", 1)))
        case "map":
            key = specimen(service, shape.key, "key", stack)
            return {key: specimen(service, shape.value, name, stack)}
        case "boolean":
            return True
        case "integer" | "long":
            return int(shape.metadata.get("min", 1)) or 1
        case "float" | "double":
            return 1.0
        case "timestamp":
            return datetime(2026, 1, 1, tzinfo=UTC)
        case "blob":
            return b"specimen"
    return _text(shape, name)


def _text(shape: Any, name: str) -> str:
    if shape.enum:
        return str(shape.enum[0])
    lowered = name.lower()
    if lowered.endswith("arn"):
        return f"arn:aws:iam::{ACCOUNT}:role/specimen"
    if lowered.endswith(("policy", "policydocument", "document")):
        return POLICY
    if "cidr" in lowered and "6" in lowered:
        return "fd00::/8"
    if "cidr" in lowered:
        return "10.0.0.0/16"
    if lowered.endswith("url"):
        return f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/specimen"
    if lowered == "userdata":
        return "IyEvYmluL3No"
    if lowered == "path":
        return "/"
    if "zone" in lowered:
        return "us-east-1a"
    return fitting(shape, f"specimen-{name}".lower())


def fitting(shape: Any, text: str) -> str:
    """Return text that a shape takes: this one, or the first of those that AWS's own ids look like."""
    least, most = int(shape.metadata.get("min", 0)), int(shape.metadata.get("max", 1 << 20))
    for one in (text, *LOOKS):
        one = (one + "0" * (least - len(one)))[:most]
        if not list(checking._string(shape, one, "")):
            return one
    return text
