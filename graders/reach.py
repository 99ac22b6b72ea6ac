"""How far a call reaches: which checks can come to another verdict by it. Where that is not known, all of them.

A check's verdict follows from what it reads, so it depends on the services that it read last time: as long as these
answer the same, it reads the same and says the same. `touched` tells which of them a call of another service may change.

Confined are services whose calls change what is read of the services named here, and of no others, as long as nothing
in the account hands events on. Who made a rule, a function, a stack or a state machine has laid a wire from anywhere to
anywhere: from then on every call reaches everything. IAM and KMS decide what other services answer, so they do, too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Final

__all__ = ["CONFINED", "EVERYTHING", "TIMED", "is_affected", "still_so", "touched"]

EVERYTHING: Final = "*"  # of a check that acts, or of code that nobody vouches for

_NETWORK: Final = frozenset({"ec2", "elb", "elbv2", "autoscaling", "rds", "elasticache", "efs", "ecs", "ssm"})
_MESSAGES: Final = frozenset({"sns", "sqs"})
CONFINED: Final[dict[str, frozenset[str]]] = {
    # A bucket's notifications go to queues and topics.
    "s3": frozenset({"s3", "s3control"}) | _MESSAGES,
    "s3control": frozenset({"s3", "s3control"}),
    "sns": _MESSAGES,
    "sqs": _MESSAGES,
    # An instance is a target, a group's member, a managed node; groups and subnets are shown by what lives in them.
    "ec2": _NETWORK | _MESSAGES,
    "elb": _NETWORK,
    "elbv2": _NETWORK | {"acm"},
    # A group's lifecycle is told to topics, its policies make alarms.
    "autoscaling": _NETWORK | _MESSAGES | {"cloudwatch", "iam"},
    # Master passwords that RDS keeps, and event subscriptions.
    "rds": _NETWORK | _MESSAGES | {"secretsmanager", "iam"},
    "elasticache": _NETWORK | _MESSAGES,
    "efs": _NETWORK,
    # An alarm tells topics, scales groups, stops and reboots instances.
    "cloudwatch": _NETWORK | _MESSAGES | {"cloudwatch"},
    "dynamodb": frozenset({"dynamodb", "dynamodbstreams", "application-autoscaling"}),
    "secretsmanager": frozenset({"secretsmanager"}),
    "ssm": frozenset({"ssm", "ec2"}),
    "route53": frozenset({"route53"}),
    "ecr": frozenset({"ecr"}),
    "acm": frozenset({"acm", "elbv2"}),
    "sts": frozenset({"sts"}),
}
_WIDE: Final = frozenset({"iam", "kms"})  # no wires, and yet everything
# CloudWatch is not among them: it counts what others do.
_READABLE: Final = (frozenset(CONFINED) | {"iam", "kms", "organizations", "dynamodbstreams"}) - {"cloudwatch"}
# What these were told goes on by itself for a while: alarms are evaluated, databases come up, groups grow to their size.
TIMED: Final = frozenset({"cloudwatch", "rds", "autoscaling", "ec2", "elb", "elbv2", "elasticache", "efs"})


def touched(services: Iterable[str], *, before: Collection[str] = ()) -> frozenset[str] | None:
    """Return the services whose answers calls of `services` may have changed, or None: any.

    `before` are the services that were changed in this account before: what wires there may be.
    """
    now = set(services)
    if not (now | set(before)) <= CONFINED.keys() | _WIDE or now & _WIDE:
        return None
    return frozenset().union(*(CONFINED[each] for each in now))


def is_affected(reads: Collection[str], changed: frozenset[str] | None) -> bool:
    """Return whether a check that read `reads` may say something else now that `changed` (None: anything) changed."""
    if changed is None or not reads:
        return True
    # Who is not vouched for (a trail, a metric, a configuration recorder) may look at everything.
    return not changed.isdisjoint(reads) or not _READABLE.issuperset(reads)


def still_so(
    *, since: Iterable[str], lately: Iterable[str] = (), before: Collection[str] = ()
) -> Callable[[Collection[str]], bool]:
    """Return what tells of the services that a check read whether they say the same as then.

    `since` then these services were changed, `lately` (whenever) those that may still be under way, `before` these ever.
    """
    changed = touched(since, before=before)
    moving = touched((each for each in lately if each in TIMED), before=before)

    def holds(reads: Collection[str]) -> bool:
        return not is_affected(reads, changed) and moving is not None and moving.isdisjoint(reads)

    return holds
