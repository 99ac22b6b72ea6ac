"""From the click on Start to an answered first call, and from a check to its verdict, through the whole product."""

from __future__ import annotations

import json
import time
from datetime import datetime
from pathlib import Path

import requests

from bench.client import Keys, Learner
from bench.figures import Figure, spread
from skylab.stack import Stack, running_stack

LAB = "private-bucket-one-reader"
SIX_CHECKS = "rds-multi-az"
STARTS = 100
GRADINGS = 40


def measure() -> list[Figure]:
    """Start a lab 100 times, one after the other; grade one of them 40 times; weigh its cell."""
    with running_stack() as stack:
        learner = Learner(stack.url)
        clicks: list[float] = []
        for turn in range(STARTS):
            seconds, path = start_once(learner)
            if turn:  # the first start of all warms the worker, as the first learner of a day does
                clicks.append(seconds)
            end(learner, path)
        figures = spread("click to the first answered call, start state of the lab included", clicks, bar="≤ 500 ms")
        _, path = start_once(learner, SIX_CHECKS)
        figures += grade(learner, stack, path)
        figures += weigh(stack, learner.keys(path))
        return figures


def start_once(learner: Learner, lab: str = LAB) -> tuple[float, str]:
    """Return the seconds from the click to an answered STS call, and the session's path."""
    token = learner.token(f"/labs/{lab}/")
    begun = time.perf_counter()
    page = learner.send(f"/labs/{lab}/start/", token)
    path = page.url.removeprefix(learner.url)
    url, headers, body = learner.keys(path).signed_sts()
    answer = requests.post(url, data=body, headers=headers, timeout=30)
    assert answer.status_code == 200, answer.text
    return time.perf_counter() - begun, path


def end(learner: Learner, path: str) -> None:
    """End a session, and wait until its last grading is written: until then the lab is still open."""
    learner.post(f"{path}end/", page=path)
    deadline = time.monotonic() + 30
    while f'action="/labs/{LAB}/start/"' not in learner.get(f"/labs/{LAB}/").text:
        assert time.monotonic() < deadline, "a session did not end"
        time.sleep(0.02)


def grade(learner: Learner, stack: Stack, path: str) -> list[Figure]:
    """Ask for gradings one after the other. The worker's own clock and the learner's wait are both told."""
    import sqlite3

    token = learner.token(path)
    waits, own = [], []
    database = sqlite3.connect(f"file:{stack.data / 'skylab.sqlite3'}?mode=ro", uri=True)
    newest = (
        "SELECT state, milliseconds, requested_at, finished_at FROM labs_grading ORDER BY requested_at DESC LIMIT 1"
    )
    for _ in range(GRADINGS):
        learner.send(f"{path}check/", token)
        deadline = time.monotonic() + 30
        while (row := database.execute(newest).fetchone())[0] == "queued":
            assert time.monotonic() < deadline, "a grading did not end"
            time.sleep(0.005)
        own.append(row[1] / 1000)
        waits.append((datetime.fromisoformat(row[3]) - datetime.fromisoformat(row[2])).total_seconds())
    database.close()
    return spread("grading of a lab with 6 checks, in the worker", own) + spread(
        "asked to judged, queue included", waits, bar="≤ 500 ms"
    )


def weigh(stack: Stack, keys: Keys) -> list[Figure]:
    """Do a day's work in one sandbox, then read what memory is its own."""
    idle = private_mib(newest_cell(stack))
    work(keys)
    return [
        Figure("private memory of a sandbox with its lab's start state", idle, "MiB"),
        Figure(
            "private memory of a worked sandbox (nine services)", private_mib(newest_cell(stack)), "MiB", "≤ 25 MiB"
        ),
    ]


def work(keys: Keys) -> None:
    """Make what a long lab makes: network, servers, buckets, a database, a topic, alarms, a table, roles, a balancer."""
    ec2, s3, iam = keys.client("ec2"), keys.client("s3"), keys.client("iam")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{n}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"][
            "SubnetId"
        ]
        for n, zone in enumerate("ab")
    ]
    group = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    ec2.authorize_security_group_ingress(GroupId=group, IpProtocol="tcp", FromPort=443, ToPort=443, CidrIp="0.0.0.0/0")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=2, MaxCount=2, SubnetId=subnets[0])
    s3.create_bucket(Bucket="bench-worked")
    for number in range(20):
        s3.put_object(Bucket="bench-worked", Key=f"object-{number}", Body=b"x" * 1024)
    rds = keys.client("rds")
    rds.create_db_instance(
        DBInstanceIdentifier="bench",
        Engine="postgres",
        DBInstanceClass="db.t3.micro",
        MultiAZ=True,
        MasterUsername="bench",
        MasterUserPassword="bench-password",
        AllocatedStorage=20,
    )
    topic = keys.client("sns").create_topic(Name="bench")["TopicArn"]
    keys.client("cloudwatch").put_metric_alarm(
        AlarmName="bench",
        Namespace="AWS/EC2",
        MetricName="CPUUtilization",
        Statistic="Average",
        Period=60,
        EvaluationPeriods=1,
        Threshold=80.0,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[topic],
    )
    keys.client("dynamodb").create_table(
        TableName="bench",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    iam.create_role(RoleName="bench", AssumeRolePolicyDocument=document)
    keys.client("elbv2").create_load_balancer(Name="bench", Subnets=subnets)


def children(pid: int) -> list[int]:
    """Return all processes below one, each before its own."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
            except OSError:
                continue
            parents.setdefault(int(parent), []).append(int(entry.name))

    def below(one: int) -> list[int]:
        return [each for child in parents.get(one, []) for each in (child, *below(child))]

    return below(pid)


def newest_cell(stack: Stack) -> int:
    """Return the process id of the youngest cell: the youngest child of the zygote."""
    zygotes = [pid for pid in children(stack.pid) if b"emulated.zygote" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    return max(zygotes[1:])


def private_mib(pid: int) -> float:
    """Return the memory that only this process has, in MiB (https://docs.kernel.org/filesystems/proc.html)."""
    total = 0
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name.startswith("Private_"):
            total += int(rest.split()[0])
    return total / 1024
