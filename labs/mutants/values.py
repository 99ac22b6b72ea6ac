"""Operators over one value, wherever it stands: an option, a member of shorthand or JSON, a property of a template.

Each takes the plain name that the value goes by (tree.plain) and the value, and yields the values that somebody might
have put there instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from labs.mutants.script import VARIABLE

ValueOperator = Callable[[str, Any], Iterator[Any]]

OTHER_REGION: Final = "eu-west-1"
OTHER_ACCOUNT: Final = "111122223333"
ACCOUNT: Final = "\ue000account_id\ue001"
REGION: Final = re.compile("\ue000region\ue001|(?<=:)[a-z]{2}(?:-[a-z]+)+-[0-9](?=:)")

# What an option says of the command's own answer, or only to people: nothing that a grader could see.
# fmt: off
IGNORED: Final = frozenset((
    "query", "output", "region", "filter", "filters", "clienttoken", "clientrequesttoken", "description", "id", "sid",
    "alarmdescription", "version", "effect", "action", "notaction", "engine", "engineversion", "masterusername", "type",
    "masteruserpassword", "dbinstanceclass", "instancetype", "allocatedstorage", "awstemplateformatversion",
))
# fmt: on
_CIDR: Final = re.compile(r"((?:[0-9]|\.|\ue000\w+\ue001)+)/([0-9]{1,2})")
_ZONE: Final = re.compile(r"(\ue000region\ue001|[a-z]{2}(?:-[a-z]+)+-[0-9])([a-f])")
_PORTS: Final = ("port", "fromport", "toport")
_PORT: Final = re.compile(r"[0-9]{1,5}")
_ATLEAST: Final = re.compile(r"retention|days|capacity|storage|min|size$|delay|history|length|desired")
_NAMES: Final = re.compile(
    r"(names?|identifier|ids?|arns?|urls?|namespace|bucket|topic|queue|endpoint|alias|target|source|value|role|"
    r"function|user|group|table|stage|key|prefix|principal|aws|federated|resource|ref)$"
)
_NOT_NAMES: Final = ("availabilityzone", "availabilityzones", "dbportnumber")
_COMPARATORS: Final = (
    "GreaterThanOrEqualToThreshold",
    "GreaterThanThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
)
_STATISTICS: Final = {"Sum": ("Average", "Maximum"), "Average": ("Sum", "Minimum"), "Maximum": ("Minimum", "Average")}
# fmt: off
_SETTINGS: Final = {
    "Enabled": "Suspended", "ENABLED": "DISABLED", "enabled": "disabled", "on": "off", "ON": "OPTIONAL",
    "breaching": "notBreaching", "notBreaching": "breaching", "missing": "notBreaching", "ignore": "breaching",
    "SecureString": "String", "aws:kms": "AES256", "BucketOwnerEnforced": "ObjectWriter", "private": "public-read",
    "COMPLIANCE": "GOVERNANCE", "Requester": "BucketOwner", "Retain": "Delete", "Snapshot": "Delete",
    "internet-facing": "internal", "internal": "internet-facing", "dualstack": "ipv4", "PRIMARY": "SECONDARY",
    "HTTPS": "HTTP", "redirect-to-https": "allow-all", "https-only": "allow-all", "always": "never",
    "AWS_IAM": "NONE", "COGNITO_USER_POOLS": "NONE", "JWT": "NONE", "required": "optional", "Active": "PassThrough",
    "IMMUTABLE": "MUTABLE", "PAY_PER_REQUEST": "PROVISIONED", "NEW_AND_OLD_IMAGES": "KEYS_ONLY", "ELB": "EC2",
    "KEYS_ONLY": "INCLUDE", "AllAtOnce": "OneAtATime", "TRIM_HORIZON": "LATEST", "GLACIER": "STANDARD",
    "DEEP_ARCHIVE": "GLACIER", "STANDARD_IA": "STANDARD", "lambda": "email",
}
# fmt: on


def cidr_any(key: str, value: Any) -> Iterator[Any]:
    """A network is opened to every address: `10.0.1.0/24` → `0.0.0.0/0`."""
    if _is_cidr(key, value) and value not in ("0.0.0.0/0", "::/0"):
        yield "::/0" if ":" in value else "0.0.0.0/0"


def cidr_narrowed(key: str, value: Any) -> Iterator[Any]:
    """Half of a network: `10.0.1.0/24` → `10.0.1.0/25`."""
    if _is_cidr(key, value) and (match := _CIDR.fullmatch(value)) and int(match[2]) < 32:
        yield f"{match[1]}/{int(match[2]) + 1}"


def port_next(key: str, value: Any) -> Iterator[Any]:
    """The port next door: `--port 443` → 444."""
    if key in ("port", "dbportnumber", "containerport") and _PORT.fullmatch(str(value)):
        yield _like(value, int(value) + 1)


def port_range(key: str, value: Any) -> Iterator[Any]:
    """All ports instead of one: `--port 443` → 0-65535."""
    if key == "port" and isinstance(value, str) and _PORT.fullmatch(value):
        yield "0-65535"


def protocol_other(key: str, value: Any) -> Iterator[Any]:
    """UDP for TCP, and all protocols for one: `--protocol tcp` → udp, all."""
    if key in ("protocol", "ipprotocol") and value in ("tcp", "udp", "6", "17"):
        yield "udp" if value in ("tcp", "6") else "tcp"
        yield "all" if key == "protocol" else "-1"


def number_changed(key: str, value: Any) -> Iterator[Any]:
    """One less and one more; a period, five times shorter or longer. More of what must be at least so much is no mistake."""
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,9}", str(value)) or key in _PORTS or key == "dbportnumber":
        return
    number = int(value)
    if number >= 60 and number % 60 == 0 and re.search(r"period|seconds|timeout|interval", key):
        yield _like(value, max(60, number // 5) if number > 60 else number * 5)
        return
    if number:
        yield _like(value, number - 1)
    if not _ATLEAST.search(key):
        yield _like(value, number + 1)


def boolean_flipped(key: str, value: Any) -> Iterator[Any]:
    """`true` → `false` and back: each of `BlockPublicAcls=true,…` by itself."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, str) and value.lower() in ("true", "false"):
        yield {"true": "false", "false": "true", "True": "False", "False": "True"}.get(value, "false")


def comparator_other(key: str, value: Any) -> Iterator[Any]:
    """The other side of a threshold, and with or without "equal": GreaterThanThreshold → LessThanThreshold, …"""
    if value in _COMPARATORS:
        side, equal = value[:4], "OrEqualTo" in value
        yield next(one for one in _COMPARATORS if one[:4] != side and ("OrEqualTo" in one) == equal)
        yield next(one for one in _COMPARATORS if one[:4] == side and ("OrEqualTo" in one) != equal)


def statistic_other(key: str, value: Any) -> Iterator[Any]:
    """Another statistic of the same numbers: Sum → Average, Maximum."""
    if key in ("statistic", "stat") and value in _STATISTICS:
        yield from _STATISTICS[value]


def setting_switched(key: str, value: Any) -> Iterator[Any]:
    """A setting's other word: Enabled → Suspended, breaching → notBreaching, HTTPS → HTTP, Retain → Delete."""
    if isinstance(value, str) and value in _SETTINGS:
        yield _SETTINGS[value]


def name_near(key: str, value: Any) -> Iterator[Any]:
    """The name or ARN of something else, that is called nearly so: `on-call` → `on-call-old`."""
    if not isinstance(value, str) or not value or key in _NOT_NAMES or value in _SETTINGS or VARIABLE.fullmatch(value):
        return
    if value.startswith("arn:"):
        if value.count(":") >= 5 and (match := re.fullmatch(r"(.*?[^*/:])((?:[/:]?\*)?)", value)):
            yield f"{match[1]}-old{match[2]}"
    elif _ZONE.fullmatch(value) or re.fullmatch(
        r"[0-9]+|true|false|.*[*]|file://.*|.*\.amazonaws\.com|-1|.*://.*", value, re.IGNORECASE
    ):
        return
    elif _NAMES.search(key) and not _is_cidr(key, value):
        yield f"{value}-old"


def zone_other(key: str, value: Any) -> Iterator[Any]:
    """Another Availability Zone, which may be the one that everything is in: us-east-1a → us-east-1b."""
    if isinstance(value, str) and (match := _ZONE.fullmatch(value)):
        yield match[1] + ("b" if match[2] == "a" else "a")


def service_other(key: str, value: Any) -> Iterator[Any]:
    """Another service's principal: sns.amazonaws.com → lambda.amazonaws.com."""
    if isinstance(value, str) and re.fullmatch(r"[a-z0-9.-]+\.amazonaws\.com", value):
        yield "ec2.amazonaws.com" if value.startswith("lambda.") else "lambda.amazonaws.com"


def arn_elsewhere(key: str, value: Any) -> Iterator[Any]:
    """The same name in another region, and in another account: `arn:aws:sqs:us-east-1:…` → eu-west-1."""
    if not isinstance(value, str) or not value.startswith("arn:"):
        return
    if match := REGION.search(value):
        yield value[: match.start()] + OTHER_REGION + value[match.end() :]
    if ACCOUNT in value and key != "resource":
        yield value.replace(ACCOUNT, OTHER_ACCOUNT)


VALUE_OPERATORS: Final[dict[str, ValueOperator]] = {
    "cidr-any": cidr_any,
    "cidr-narrowed": cidr_narrowed,
    "port-next": port_next,
    "port-range": port_range,
    "protocol-other": protocol_other,
    "number-changed": number_changed,
    "boolean-flipped": boolean_flipped,
    "comparator-other": comparator_other,
    "statistic-other": statistic_other,
    "setting-switched": setting_switched,
    "name-near": name_near,
    "zone-other": zone_other,
    "service-other": service_other,
    "arn-elsewhere": arn_elsewhere,
}


def _is_cidr(key: str, value: Any) -> bool:
    if not isinstance(value, str):
        return False
    return bool(_CIDR.fullmatch(value)) or ("cidr" in key and value.startswith("\ue000")) or value == "::/0"


def _like(old: Any, number: int) -> Any:
    return str(number) if isinstance(old, str) else number
