"""Ten common calls through gateway and cell: milliseconds as a tool sees them, and what the gateway adds to the cell's own.

    python -m bench.calls

The requests are signed beforehand and sent by a bare HTTP client on one kept connection, so that what is measured is ours:
HTTP, signature, cell, journal (a change is committed before its answer goes out). The cell's own time is the journal's.
"""

from __future__ import annotations

import http.client
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest

from bench.figures import Figure, percentile
from bench.host import SandboxHost, new_host
from labs.sandboxes import Ref

Parameters = dict[str, Any]
_ROUNDS: Final = 150  # below the burst that a sandbox may call
_POLICY: Final = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", '
    '"Resource": "arn:aws:s3:::bench/*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}'
)
_ALARM: Final[Parameters] = {
    "AlarmName": "a",
    "Namespace": "N",
    "MetricName": "m",
    "Statistic": "Average",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanThreshold",
}
_ITEM: Final = {"id": {"S": "1"}, "text": {"S": "x" * 100}}


class _Captured(Exception):
    pass


def signed(client: Any, operation: str, parameters: Parameters) -> AWSPreparedRequest:
    """Return the request that boto3 would send."""

    def take(request: AWSPreparedRequest, **_: Any) -> None:
        raise _Captured(request)

    client.meta.events.register_first("before-send", take)
    try:
        getattr(client, operation)(**parameters)
    except _Captured as caught:
        return caught.args[0]
    finally:
        client.meta.events.unregister("before-send", take)
    raise AssertionError("nothing was sent")


@dataclass(frozen=True)
class Bare:
    """A signed request as it goes out: it can be sent again and again, while its signature is young."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes | str | None


def bare(request: AWSPreparedRequest) -> Bare:
    """Return a signed request as the bare client sends it."""
    url = urlsplit(request.url)
    headers = {name: value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()}
    headers.pop("Expect", None)  # another round trip, which the bare client cannot make
    sent: Any = request.body
    body = sent.read() if hasattr(sent, "read") else sent
    return Bare(request.method, f"{url.path or '/'}{'?' + url.query if url.query else ''}", headers, body)


class Line:
    """One kept connection of a bare HTTP client."""

    def __init__(self, base_url: str, seconds: float = 30) -> None:
        where = urlsplit(base_url)
        self._connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=seconds)

    def ask(self, request: Bare) -> tuple[int, bytes]:
        """Return status and body. Raises OSError, http.client.HTTPException."""
        self._connection.request(request.method, request.target, request.body, request.headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def prepare(host: SandboxHost, ref: Ref) -> str:
    """Make what the calls work on; return the address of the queue."""
    host.client(ref, "s3").create_bucket(Bucket="bench")
    host.client(ref, "s3").put_object(Bucket="bench", Key="k", Body=b"x" * 1000)
    ec2 = host.client(ref, "ec2")
    for group in range(4):  # 60 rules are the most that one takes
        ec2.create_security_group(GroupName=f"web{group}", Description="web")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    ec2.run_instances(ImageId=image, MinCount=3, MaxCount=3)
    host.client(ref, "rds").create_db_instance(
        DBInstanceIdentifier="db",
        Engine="postgres",
        DBInstanceClass="db.t3.micro",
        MasterUsername="master",
        MasterUserPassword="a-password",
        AllocatedStorage=20,
    )
    host.client(ref, "dynamodb").create_table(
        TableName="t",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return str(host.client(ref, "sqs").create_queue(QueueName="q")["QueueUrl"])


def calls(queue: str) -> list[tuple[str, str, Callable[[int], Parameters]]]:
    """Return service, operation and the parameters of the nth call."""
    return [
        ("sts", "get_caller_identity", lambda n: {}),
        ("s3", "put_object", lambda n: {"Bucket": "bench", "Key": f"k{n}", "Body": b"x" * 1000}),
        ("s3", "get_object", lambda n: {"Bucket": "bench", "Key": "k"}),
        ("s3", "put_bucket_policy", lambda n: {"Bucket": "bench", "Policy": _POLICY}),
        ("ec2", "describe_instances", lambda n: {}),
        (
            *("ec2", "authorize_security_group_ingress"),
            lambda n: {
                "GroupName": f"web{n // 50}",
                "IpProtocol": "tcp",
                "FromPort": n,
                "ToPort": n,
                "CidrIp": "10.0.0.0/8",
            },
        ),
        ("rds", "describe_db_instances", lambda n: {}),
        ("cloudwatch", "put_metric_alarm", lambda n: _ALARM),
        ("dynamodb", "put_item", lambda n: {"TableName": "t", "Item": _ITEM}),
        ("sqs", "send_message", lambda n: {"QueueUrl": queue, "MessageBody": "x" * 100}),
    ]


def series(host: SandboxHost, ref: Ref, requests: list[AWSPreparedRequest]) -> list[float]:
    """Send the requests one after the other; return the seconds that each took."""
    line = Line(host.base_url)
    seconds = []
    for each in map(bare, requests):
        begun = time.perf_counter()
        status, said = line.ask(each)
        seconds.append(time.perf_counter() - begun)
        if status >= 300:
            raise RuntimeError(f"{each.method} {each.target}: {status} {said[:300]!r}")
    line.close()
    return seconds


def measure() -> list[Figure]:
    """Return the figures of ten calls, and of what the gateway adds."""
    host = new_host()
    figures: list[Figure] = []
    added: list[float] = []
    try:
        host.start()
        for index in range(len(calls(""))):
            ref = host.make_sandbox()
            service, operation, parameters = calls(prepare(host, ref))[index]
            client = host.client(ref, service)
            before = len(host.journal(ref))
            seconds = series(host, ref, [signed(client, operation, parameters(n + 1)) for n in range(_ROUNDS)])
            inside = [row["milliseconds"] / 1000 for row in host.journal(ref)[before:]]
            added += [whole - cell for whole, cell in zip(seconds, inside, strict=True)]
            note = f"p95 {percentile(seconds, 95) * 1000:.1f} ms; in the cell p50 {statistics.median(inside) * 1000:.1f} ms"
            figures.append(Figure(f"{service} {operation}, p50", statistics.median(seconds) * 1000, "ms", "", note))
    finally:
        host.remove()
    note = f"n = {len(added)}; HTTP, signature, journal"
    return [
        *figures,
        Figure("added by the gateway, p50", statistics.median(added) * 1000, "ms", "≤ 3 ms", note),
        Figure("added by the gateway, p95", percentile(added, 95) * 1000, "ms", "", note),
    ]


if __name__ == "__main__":
    for figure in measure():
        print(f"{figure.name:<48} {figure.text:>10}  {figure.bar:<8} {figure.note}")
