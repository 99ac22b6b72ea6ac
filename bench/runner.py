"""What a lab's commands cost in the warm AWS CLI, in CPU: the first and the second of a service in a run."""

from __future__ import annotations

import os
import re
import statistics
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from bench.figures import Figure
from labs.content import Block
from labs.sandboxes import Credentials
from labs.sandboxes.runner import Runner, ensure_runner

ROUNDS = 25
# Two commands of each service, as labs use it.
COMMANDS = {
    "s3api": (
        "get-bucket-versioning --bucket b",
        "put-bucket-versioning --bucket b --versioning-configuration Status=x",
    ),
    "ec2": ("describe-instances", "create-security-group --group-name g --description d --vpc-id vpc-1"),
    "iam": ("get-role --role-name r", "attach-role-policy --role-name r --policy-arn arn:aws:iam::aws:policy/x"),
    "lambda": ("get-function --function-name f", "publish-version --function-name f"),
    "dynamodb": ("describe-table --table-name t", "delete-table --table-name t"),
    "elbv2": ("describe-target-groups", "create-target-group --name t --protocol HTTP --port 80 --vpc-id vpc-1"),
    "autoscaling": ("describe-auto-scaling-groups", "delete-auto-scaling-group --auto-scaling-group-name g"),
    "cloudfront": ("list-distributions", "get-distribution --id E1"),
    "secretsmanager": ("list-secrets", "describe-secret --secret-id s"),
    "route53": ("list-hosted-zones", "list-resource-record-sets --hosted-zone-id Z1"),
}


class _Answer(BaseHTTPRequestHandler):
    """Says nothing, in the protocol that it was asked in."""

    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        action = re.search(rb"Action=(\w+)", self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        result = action[1] + b"Result" if action else b"Result"
        body = b"{}" if "json" in self.headers.get("Content-Type", "") else b"<Answer><%s/></Answer>" % result
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = _answer

    def log_message(self, *_: object) -> None:
        pass


def measure() -> list[Figure]:
    """Run each script some times, and read what the runner and its children took of the processors."""
    with (
        tempfile.TemporaryDirectory() as folder,
        ThreadingHTTPServer(("127.0.0.1", 0), _Answer) as server,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        runner = ensure_runner(Path(folder) / "r.sock", jail="best")
        pid = int(runner.status()["pid"])
        credentials = Credentials(
            "AKIAIOSFODNN7EXAMPLE", "s" * 40, None, "us-east-1", f"http://127.0.0.1:{server.server_port}", "1" * 12
        )
        figures = [Figure("the server's memory when warm", _resident(pid) / 2**20, "MiB")]

        def cost(*commands: str) -> float:
            return _cost(runner, credentials, pid, "\n".join(commands))

        nothing = cost("A=1")
        firsts, seconds = [], []
        for service, (one, other) in COMMANDS.items():
            first = cost(f"aws {service} {one}")
            both = cost(f"aws {service} {one}", f"aws {service} {other}")
            firsts.append(first - nothing)
            seconds.append(both - first)
            figures.append(Figure(f"{service}: first command", firsts[-1] * 1000, "ms CPU"))
            figures.append(Figure(f"{service}: second command", seconds[-1] * 1000, "ms CPU"))
        server.shutdown()
    return [
        *figures,
        Figure("a run without a command", nothing * 1000, "ms CPU"),
        Figure("first command of a service, p50 of ten", statistics.median(firsts) * 1000, "ms CPU", "≤ 40 ms"),
        Figure("second command of a service, p50 of ten", statistics.median(seconds) * 1000, "ms CPU"),
    ]


def _cost(runner: Runner, credentials: Credentials, pid: int, text: str) -> float:
    """Return the mean of some runs: the kernel tells in ticks of 10 ms what it counts in nanoseconds."""
    report = runner.run([Block("sh", text, 1)], credentials)
    assert report.ok, report.failure
    before = _cpu_seconds(pid)
    for _ in range(ROUNDS):
        runner.run([Block("sh", text, 1)], credentials)
    while _children(pid):  # the last one is reaped, and so counted, a moment after its answer
        pass
    return (_cpu_seconds(pid) - before) / ROUNDS


def _cpu_seconds(pid: int) -> float:
    """Return what a process and its children that have ended took."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _children(pid: int) -> str:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().strip()


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
