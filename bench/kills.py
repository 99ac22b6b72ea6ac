"""The drills of one sandbox host: its cells are killed at random moments, and what they were is compared. See drills.py.

BENCH_KILLS (200) and BENCH_SEED (of the moments) may be set.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import signal
import threading
import time
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any, Final

from botocore import xform_name
from botocore.exceptions import ClientError

from bench.figures import percentile
from bench.host import SandboxHost
from bench.memory import cells
from labs.content import Lab, bind, draw, load_catalog
from labs.sandboxes import Ref, keys
from labs.sandboxes.emulated.lab import the_rest, worked_lab
from labs.sandboxes.emulated.provider import EmulatedProvider
from labs.sandboxes.runner import Runner, ensure_runner
from skylab.stack import ROOT

_KILLS: Final = int(os.environ.get("BENCH_KILLS", "200"))
_SEED: Final = os.environ.get("BENCH_SEED", "1")
_LATEST: Final = 0.06  # seconds after a round's begin: some calls are made before, some after
_RESTORE_SECONDS: Final = 5.0
_QUIET: Final = 6 * 3600.0  # seconds after the last call: no alarm of the catalog looks further back
_SETTLED: Final = 6  # digests at most, until two are the same: some things take their time

# What has no parameters that are needed. Those of a thing (a bucket's policy, say) follow from the lists.
_LISTS: Final[dict[str, str]] = {
    "ec2": "Vpcs Subnets SecurityGroups SecurityGroupRules RouteTables InternetGateways NatGateways NetworkAcls Instances "
    "Volumes Addresses KeyPairs LaunchTemplates VpcEndpoints NetworkInterfaces Tags FlowLogs",
    "rds": "DBInstances DBSnapshots DBSubnetGroups DBClusters",
    "elbv2": "LoadBalancers TargetGroups",
    "autoscaling": "AutoScalingGroups Policies",
    "cloudwatch": "Alarms",
    "logs": "LogGroups MetricFilters",
    "iam": "Users Roles Groups Policies InstanceProfiles AccountAliases",
    "kms": "Keys Aliases",
    "s3": "Buckets",
    "sns": "Topics Subscriptions",
    "sqs": "Queues",
    "dynamodb": "Tables",
    "lambda": "Functions EventSourceMappings",
    "events": "Rules EventBuses",
    "secretsmanager": "Secrets",
    "cloudformation": "Stacks",
    "ssm": "Parameters",
}
_VERBS: Final = {"iam": "List", "kms": "List", "s3": "List", "sns": "List", "sqs": "List", "dynamodb": "List"} | {
    "lambda": "List",
    "events": "List",
    "secretsmanager": "List",
}
_CLOCKS: Final = re.compile(r'"LatestRestorableTime": "[^"]*",? ?')  # goes on with the time, in AWS too
_SCOPED: Final = {"ListPolicies": {"Scope": "Local"}}


def two_hundred_kills(host: SandboxHost) -> str:
    """kill -9 of a cell 200 times amid three to five changes: none that was answered is lost; a full replay is the same."""
    provider = provider_of(host)
    ref = host.make_sandbox()
    provider.start(ref)
    changes = _Changes(host, ref)
    dice = random.Random(_SEED)
    killed = 0
    restores: list[float] = []
    for _ in range(_KILLS):
        hits: list[float] = []

        def kill(hits: list[float] = hits) -> None:
            for pid in cells(host):
                os.kill(pid, signal.SIGKILL)
                hits.append(time.perf_counter())

        timer = threading.Timer(dice.uniform(0, _LATEST), kill)
        timer.start()
        answered = [changes.make() for _ in range(dice.randint(3, 5))]
        timer.join()
        answered.append(changes.make())  # one at least comes after the kill
        killed += len(hits)
        if hits:
            restores.append(max(end - max(begun, hits[0]) for begun, end in answered if end > hits[0]))
    live = digest(host, ref)
    lost = changes.lost()
    again = provider.replayed(ref)
    differing = differences(live, digest(host, again))
    provider.stop(again)
    if lost or differing or changes.refused:
        raise AssertionError(f"lost {lost[:5]}; a replay differs in {differing}; refused {changes.refused[:3]}")
    p95 = percentile(restores, 95)
    assert p95 <= _RESTORE_SECONDS, f"p95 of a restore {p95:.2f} s"
    return (
        f"{killed} kills amid {changes.made} changes: 0 lost, a replay of all calls gives the same in {len(live)} reads; "
        f"answered again after p50 {percentile(restores, 50):.2f} s, p95 {p95:.2f} s (bar ≤ {_RESTORE_SECONDS:.0f} s)"
    )


def digests(host: SandboxHost) -> str:
    """Each lab's solution, a kill -9: all reads say the same, by snapshot and tail as by a replay of all calls."""
    provider = provider_of(host)
    runner = ensure_runner(host.data / "runner.sock", jail="best")
    catalog = load_catalog(ROOT / "labs" / "catalog")
    plays: dict[str, Callable[[Ref], None]] = {
        slug: lambda ref, lab=lab: _solve(lab, ref, provider, runner)  # type: ignore[misc]
        for slug, lab in catalog.items()
    }
    plays["the worked lab"] = lambda ref: _work(host, ref, provider)
    wrong = []
    for name, play in plays.items():
        ref = host.make_sandbox(catalog[name].region if name in catalog else "us-east-1")
        provider.start(ref)
        play(ref)
        # What happens by itself (an alarm is looked at, a database comes up) has then happened, whenever one reads.
        provider.fast_forward(ref, _QUIET)
        live = settled(host, ref)
        _kill(host)
        begun = time.perf_counter()
        host.client(ref, "sts").get_caller_identity()
        seconds = time.perf_counter() - begun
        restored = digest(host, ref)
        again = provider.replayed(ref)
        replayed = digest(host, again)
        provider.stop(again)
        for how, other in (("snapshot and tail", restored), ("a full replay", replayed)):
            wrong += [f"{name}, by {how}: {found}" for found in differences(live, other)]
        print(f"  {name} {summed(live)} of {len(live)} reads, back after {seconds:.2f} s", flush=True)
        provider.stop(ref)
    if wrong:
        raise AssertionError("\n  ".join([f"{len(wrong)} reads differ:", *wrong]))
    return f"{len(plays)} digests are the same after a kill -9, by snapshot and tail and by a replay of all calls"


def provider_of(host: SandboxHost) -> EmulatedProvider:
    """Return the provider that a worker would ask."""
    return EmulatedProvider(control=host.control_path, master=host.master, endpoint=host.base_url)


# --- Changes, and what became of them -----------------------------------------------------------------------------


class _Changes:
    """Makes changes of five kinds in turn, and keeps the ids of those that were answered."""

    def __init__(self, host: SandboxHost, ref: Ref) -> None:
        self._ec2, self._s3 = host.client(ref, "ec2"), host.client(ref, "s3")
        self._sns, self._dynamodb, self._iam = (host.client(ref, name) for name in ("sns", "dynamodb", "iam"))
        self._s3.create_bucket(Bucket="kills")
        key = [{"AttributeName": "id", "KeyType": "HASH"}], [{"AttributeName": "id", "AttributeType": "S"}]
        self._dynamodb.create_table(
            TableName="kills", KeySchema=key[0], AttributeDefinitions=key[1], BillingMode="PAY_PER_REQUEST"
        )
        self._kept: list[set[str]] = [set() for _ in range(5)]
        self.made = 0
        self.refused: list[str] = []

    def make(self) -> tuple[float, float]:
        """Make the next change; return when it began and ended."""
        number, kind = self.made, self.made % 5
        self.made += 1
        begun = time.perf_counter()
        try:
            self._kept[kind].add(self._change(kind, number))
        except ClientError as error:
            self.refused.append(str(error))
        return begun, time.perf_counter()

    def _change(self, kind: int, number: int) -> str:
        match kind:
            case 0:
                made = self._ec2.create_security_group(GroupName=f"g{number}", Description="made amid kills")
                return str(made["GroupId"])
            case 1:
                self._s3.put_object(Bucket="kills", Key=f"o{number}", Body=str(number).encode())
                return f"o{number}"
            case 2:
                return str(self._sns.create_topic(Name=f"t{number}")["TopicArn"])
            case 3:
                self._dynamodb.put_item(TableName="kills", Item={"id": {"S": str(number)}})
                return str(number)
            case _:
                return str(self._iam.create_user(UserName=f"u{number}")["User"]["UserId"])

    def lost(self) -> list[str]:
        """Return what was answered and is not there."""

        def pages(client: Any, operation: str, listed: str, key: str, **parameters: Any) -> set[str]:
            found = client.get_paginator(operation).paginate(**parameters)
            return {one[key] for page in found for one in page.get(listed, [])}

        there = [
            pages(self._ec2, "describe_security_groups", "SecurityGroups", "GroupId"),
            pages(self._s3, "list_objects_v2", "Contents", "Key", Bucket="kills"),
            pages(self._sns, "list_topics", "Topics", "TopicArn"),
            {
                item["id"]["S"]
                for page in self._dynamodb.get_paginator("scan").paginate(TableName="kills")
                for item in page["Items"]
            },
            pages(self._iam, "list_users", "Users", "UserId"),
        ]
        return sorted(one for kept, found in zip(self._kept, there, strict=True) for one in kept - found)


# --- Digests ------------------------------------------------------------------------------------------------------


def digest(host: SandboxHost, ref: Ref) -> dict[str, str]:
    """Return what each read says of a sandbox, as JSON. The reads are a grader's: the API log has no line of them."""
    clients = _clients(host, ref)
    said: dict[str, Any] = {}

    def ask(service: str, operation: str, of: str = "", **parameters: Any) -> dict[str, Any]:
        client, method = clients[service], xform_name(operation)
        try:
            if client.can_paginate(method):
                answer = client.get_paginator(method).paginate(**parameters).build_full_result()
            else:
                answer = getattr(client, method)(**parameters)
        except ClientError as error:
            answer = {"Error": error.response["Error"]["Code"]}
        answer.pop("ResponseMetadata", None)
        said[f"{service} {operation} {of}".strip()] = answer
        return dict(answer)

    answers = {}
    for service, nouns in _LISTS.items():
        for noun in nouns.split():
            operation = f"{_VERBS.get(service, 'Describe')}{noun}"
            answers[service, noun] = ask(service, operation, **_SCOPED.get(operation, {}))
    for bucket in (one["Name"] for one in answers["s3", "Buckets"].get("Buckets", [])):
        for noun in ("Policy", "Versioning", "Encryption", "Tagging", "Acl", "NotificationConfiguration"):
            ask("s3", f"GetBucket{noun}", bucket, Bucket=bucket)
        ask("s3", "GetPublicAccessBlock", bucket, Bucket=bucket)
        ask("s3", "ListObjectVersions", bucket, Bucket=bucket)
    for queue in answers["sqs", "Queues"].get("QueueUrls", []):
        ask("sqs", "GetQueueAttributes", queue.rpartition("/")[2], QueueUrl=queue, AttributeNames=["All"])
    for topic in answers["sns", "Topics"].get("Topics", []):
        ask("sns", "GetTopicAttributes", topic["TopicArn"], TopicArn=topic["TopicArn"])
    for role in answers["iam", "Roles"].get("Roles", []):
        ask("iam", "ListRolePolicies", role["RoleName"], RoleName=role["RoleName"])
        ask("iam", "ListAttachedRolePolicies", role["RoleName"], RoleName=role["RoleName"])
    for user in answers["iam", "Users"].get("Users", []):
        ask("iam", "ListAccessKeys", user["UserName"], UserName=user["UserName"])
        ask("iam", "ListAttachedUserPolicies", user["UserName"], UserName=user["UserName"])
    for key in answers["kms", "Keys"].get("Keys", []):
        ask("kms", "DescribeKey", key["KeyId"], KeyId=key["KeyId"])
        ask("kms", "GetKeyPolicy", key["KeyId"], KeyId=key["KeyId"], PolicyName="default")
    for table in answers["dynamodb", "Tables"].get("TableNames", []):
        ask("dynamodb", "DescribeTable", table, TableName=table)
        ask("dynamodb", "Scan", table, TableName=table)
    for balancer in answers["elbv2", "LoadBalancers"].get("LoadBalancers", []):
        ask("elbv2", "DescribeListeners", balancer["LoadBalancerName"], LoadBalancerArn=balancer["LoadBalancerArn"])
    for group in answers["elbv2", "TargetGroups"].get("TargetGroups", []):
        ask("elbv2", "DescribeTargetHealth", group["TargetGroupName"], TargetGroupArn=group["TargetGroupArn"])
    # A copy has the same learner, with a key that leads to the copy.
    own = keys.mint_access_key(ref.number, keys.LEARNER_SERIAL)
    return {
        read: _CLOCKS.sub("", json.dumps(answer, sort_keys=True, default=_text).replace(own, "learner's key"))
        for read, answer in said.items()
    }


@cache
@cache
def _clients(host: SandboxHost, ref: Ref) -> dict[str, Any]:
    return {service: host.client(ref, service, serial=keys.GRADER_SERIAL) for service in _LISTS}


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else repr(value)


def settled(host: SandboxHost, ref: Ref) -> dict[str, str]:
    """Return the digest when nothing moves any more: a database that is being changed takes its time."""
    last = digest(host, ref)
    for _ in range(_SETTLED):
        time.sleep(1)  # the clock of the sandbox is the world's
        last, before = digest(host, ref), last
        if last == before:
            return last
    print(f"  still moving: {differences(before, last)}", flush=True)
    return last


def differences(one: dict[str, str], other: dict[str, str]) -> list[str]:
    """Return the reads that say something else, with where they begin to differ."""
    found = []
    for read in sorted({*one, *other}):
        left, right = one.get(read, "nothing"), other.get(read, "nothing")
        if left != right:
            at = max(0, next((i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), 0) - 40)
            found.append(f"{read}: …{left[at : at + 90]} / …{right[at : at + 90]}")
    return found


def summed(reads: dict[str, str]) -> str:
    """Return the digest as a short text."""
    return hashlib.sha256(json.dumps(reads, sort_keys=True).encode()).hexdigest()[:12]


def _kill(host: SandboxHost) -> None:
    for pid in cells(host):
        os.kill(pid, signal.SIGKILL)


# --- Playing a lab ------------------------------------------------------------------------------------------------


def _solve(lab: Lab, ref: Ref, provider: EmulatedProvider, runner: Runner) -> None:
    """Run a lab's start and its solutions. A state is kept after the first task, so that calls come after it."""
    bound = bind(lab, {**draw(lab, "1"), "account_id": ref.account_id, "region": lab.region})
    runs = [(bound.setup, provider.start_credentials(ref))]
    runs += [(task.solutions, provider.learner_credentials(ref)) for task in bound.tasks]
    for turn, (blocks, credentials) in enumerate(runs):
        report = runner.run(blocks, credentials)
        assert report.ok, f"{lab.slug}: {report.failure}"
        if turn == 1:
            provider.checkpoint(ref, "after the first task")


def _work(host: SandboxHost, ref: Ref, provider: EmulatedProvider) -> None:
    clients: dict[str, Any] = {}

    def call(service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        client = clients[service] = clients.get(service) or host.client(ref, service)
        answer: dict[str, Any] = getattr(client, xform_name(operation))(**parameters)
        return answer

    made = worked_lab(call, ref.account_id)
    provider.checkpoint(ref, "the lab")
    the_rest(call, made["role"])
