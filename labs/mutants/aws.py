"""What AWS's own service models say of a command: which options must be there, and which may be left out."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

from botocore import xform_name
from botocore.exceptions import DataNotFoundError
from botocore.loaders import Loader

_SERVICES: Final = {"s3api": "s3", "configservice": "config", "deploy": "codedeploy"}  # by another name in the CLI
# AWS asks for these, although its model does not: other forms of the command go without.
_ALWAYS: Final = {
    ("cloudwatch", "put-metric-alarm"): frozenset(
        {"--evaluation-periods", "--comparison-operator", "--threshold", "--namespace", "--metric-name", "--period"}
    ),
}
_READS: Final = re.compile(r"(describe|get|list|head|batch-get|search|select|lookup|simulate|wait|ls|scan|query)(-|$)")
_REMOVES: Final = re.compile(
    r"(delete|remove|revoke|detach|disassociate|deregister|unsubscribe|untag|terminate|release|disable|stop|cancel|rm|rb)"
    r"(-|$)"
)
_CHANGES: Final = re.compile(
    r"(modify|update|set|authorize|attach|associate|enable|put-bucket|put-public-access-block|copy|tag|reboot)(-|$)"
)
_CREATES: Final = re.compile(
    r"(create|run|put-metric-alarm|put-rule|register|allocate|request|restore|subscribe|copy|start|import)(-|$)"
)
_GLOBAL: Final = ("s3", "s3api", "s3control", "iam", "sts", "route53", "cloudfront", "organizations", "budgets", "ce")


@lru_cache(maxsize=256)
def optional(service: str, operation: str) -> frozenset[str]:
    """Return the options (`--alarm-actions`) that a command may go without; none for one that the models do not know."""
    operations, shapes = _model(_SERVICES.get(service, service))
    name = next((one for one in operations if xform_name(one, "-") == operation), None)
    if name is None or "input" not in operations[name]:
        return frozenset()
    shape = shapes[operations[name]["input"]["shape"]]
    members = {f"--{xform_name(member, '-')}" for member in shape["members"] if member not in shape.get("required", ())}
    return frozenset(members) - _ALWAYS.get((service, operation), frozenset())


@lru_cache(maxsize=32)
def _model(service: str) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        model = Loader().load_service_model(service, "service-2")
    except DataNotFoundError:
        return {}, {}
    return model["operations"], model["shapes"]


def reads(operation: str) -> bool:
    """Return whether a command only looks: a mistake in it changes nothing, or is noticed at once."""
    return bool(_READS.match(operation))


def removes(operation: str) -> bool:
    """Return whether a command takes something away: with other values it finds nothing to take."""
    return bool(_REMOVES.match(operation))


def creates_in_a_region(service: str, operation: str) -> bool:
    """Return whether a command makes something that lives in one region."""
    return service not in _GLOBAL and bool(_CREATES.match(operation))


def senseless(operator: str, service: str, operation: str, option: str) -> bool:
    """Return whether an operator has nothing to say to an option's own value.

    Under any other name than that of what is there AWS refuses a change; a network's own size is no rule about who gets in.
    """
    if operator == "name-near":
        return bool(_CHANGES.match(operation)) and option not in optional(service, operation)
    return operator.startswith("cidr-") and operation in ("create-vpc", "create-subnet")
