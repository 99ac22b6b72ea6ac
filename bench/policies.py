"""The policy engine: decisions a second, who can, and its agreement with the naive evaluator of the tests.

`python -m bench.policies [COUNT] [SEED]` compares both evaluators on COUNT (100,000) random policies and prints the
first case on which they differ.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from random import Random

from bench.figures import Figure
from graders.iam import Policies, Policy, Principal, Request, decide, parse
from graders.iam.questions import World
from graders.iam.snapshot import Actor
from graders.iam.witnesses import Target

ACCOUNT = "111122223333"
BUCKET = "arn:aws:s3:::reports"
OBJECT = f"{BUCKET}/2026/q1.csv"
CONTEXT = {"aws:SecureTransport": "true", "aws:SourceIp": "203.0.113.9", "aws:RequestedRegion": "eu-west-1"}
SERVICES = ("s3", "sqs", "sns", "dynamodb", "lambda", "ec2", "logs", "kms", "rds", "ecs")


def measure() -> list[Figure]:
    """Time one typical request again and again, then a whole account's; the machine's other work is in the figures."""
    policies, request = typical()
    rate = best_rate(lambda: decide(request, policies))
    answered = best_rate(lambda: decide(request, policies).answer)
    account = busy_account()
    seconds = [elapsed(lambda: account.who_can("s3:GetObject", OBJECT, CONTEXT)) for _ in range(5)]
    cold = elapsed(lambda: busy_account().who_can("s3:GetObject", OBJECT, CONTEXT))
    compared, spent = agree(5_000)
    return [
        Figure("decisions of a typical request", rate, "a second", "≥ 10,000", "identity, bucket, boundary, two SCPs"),
        Figure("the same with the third answer (depends on)", answered, "a second"),
        Figure("who_can over 100 principals × 50 policies", min(seconds) * 1000, "ms", "≤ 200 ms", "policies read"),
        Figure("the same, policies parsed as well", cold * 1000, "ms"),
        Figure(
            "random policies on which both evaluators agree", compared, "cases", "all", f"of 5,000 in {spent:.1f} s"
        ),
    ]


def typical() -> tuple[Policies, Request]:
    """A user with three policies, a boundary and two levels of an organization, at a bucket with a policy."""
    full = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    region = {
        "Effect": "Deny",
        "NotAction": ["iam:*", "sts:*"],
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}},
    }
    tls = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [BUCKET, f"{BUCKET}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    office = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:Delete*",
        "Resource": f"{BUCKET}/*",
        "Condition": {"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24", "198.51.100.0/24"]}},
    }
    reads = {
        "Effect": "Allow",
        "Action": ["s3:Get*", "s3:List*"],
        "Resource": [BUCKET, f"{BUCKET}/*"],
        "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
    }
    others = [{"Effect": "Allow", "Action": f"{name}:*", "Resource": f"arn:aws:{name}:*:*:*"} for name in SERVICES[1:]]
    boundary = parse({"Version": "2012-10-17", "Statement": [full]}, "identity")
    policies = Policies(
        ACCOUNT,
        (document("work", *others[:5]), document("more", *others[5:]), document("reads", reads)),
        (document("bucket policy", tls, office, kind="resource"),),
        boundary,
        service_control=((document("full", full),), (document("region", full, region),)),
    )
    return policies, Request(caller(0), "s3:GetObject", OBJECT, CONTEXT)


def busy_account() -> World:
    """100 users with 50 policies each, no two alike; one in ten may read."""
    actors = []
    for number in range(100):
        statements = (
            {
                "Effect": "Allow",
                "Action": [f"{SERVICES[place % 10]}:Get*", f"{SERVICES[place % 10]}:List*"],
                "Resource": f"arn:aws:{SERVICES[place % 10]}:::team-{number}-{place}/*",
            }
            for place in range(49)
        )
        last = BUCKET if number % 10 == 0 else f"{BUCKET}-{number}"
        reads = {"Effect": "Allow", "Action": "s3:Get*", "Resource": f"{last}/*"}
        owned = tuple(document(f"policy {place}", one) for place, one in enumerate([*statements, reads]))
        actors.append(Actor(caller(number), owned))
    return World(ACCOUNT, tuple(actors), {BUCKET: Target(ACCOUNT, typical()[0].resource)})


def agree(count: int, seed: int = 20261121) -> tuple[int, float]:
    """Compare the evaluators on random cases: (cases until they differ, seconds)."""
    from tests.graders.iam import naive
    from tests.graders.iam.random_cases import a_case, ours

    random, begun = Random(seed), time.perf_counter()
    for number in range(count):
        case = a_case(random)
        if ours(case).allowed is not naive.allowed(case):
            print(json.dumps(case, default=str, indent=1), file=sys.stderr)
            return number, time.perf_counter() - begun
    return count, time.perf_counter() - begun


def document(name: str, *statements: dict[str, object], kind: str = "identity") -> Policy:
    return Policy(name, parse({"Version": "2012-10-17", "Statement": list(statements)}, kind))  # type: ignore[arg-type]


def caller(number: int) -> Principal:
    return Principal("user", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/user-{number}", unique_id=f"AIDA{number:012}")


def best_rate(call: Callable[[], object], rounds: int = 40, each: int = 250) -> float:
    """The best of some rounds: what the machine can when its other users let it."""
    return each / min(elapsed(lambda: [call() for _ in range(each)]) for _ in range(rounds))


def elapsed(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


if __name__ == "__main__":
    words = [int(word) for word in sys.argv[1:]]
    total, start = (*words, *(100_000, 20261121)[len(words) :])
    agreed, taken = agree(total, start)
    print(f"{agreed:,} of {total:,} random policies: both evaluators agree ({taken:.0f} s)")
    sys.exit(agreed != total)
