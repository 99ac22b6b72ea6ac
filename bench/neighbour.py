"""A quiet learner's calls alone, and beside a hostile one's: ten connections in a tight loop of whatever costs most.

Phases alternate, so that the machine's other work hits both alike. The hostile client is nicer (10) than what it attacks:
elsewhere it runs on a machine of its own. Notes tell where the processor's time went: the gateway's, the hostile cell's.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.client import HTTPException
from itertools import cycle, islice
from typing import Any, Final

from botocore import xform_name

from bench.calls import Bare, Line, bare, signed
from bench.cells import calls_of
from bench.figures import Figure, percentile
from bench.host import SandboxHost, new_host
from bench.memory import cells, cpu_seconds
from labs.sandboxes import Ref
from labs.sandboxes.emulated.lab import worked_lab
from labs.sandboxes.emulated.provider import EmulatedProvider

SLOW: Final = True
_CONNECTIONS: Final = 10
_PHASE_SECONDS: Final = float(os.environ.get("BENCH_PHASE", "6"))
_PACE_SECONDS: Final = 0.04  # a quiet learner's script: 25 calls a second
_MIB: Final = 1 << 20


def measure() -> list[Figure]:
    """Alternate quiet phases with phases of each kind of hostility, and of all of them."""
    host = new_host()
    try:
        host.start()
        quiet_ref, hostile_ref = host.make_sandbox(), host.make_sandbox()
        quiet = _worked(host, quiet_ref)
        before = cells(host)
        hostile = dict(_hostilities(host, hostile_ref))
        cell = max(cells(host) - before)
        return _measure(host, quiet, hostile, cell)
    finally:
        host.remove()


def _measure(host: SandboxHost, quiet: list[Bare], kinds: dict[str, list[Bare]], cell: int) -> list[Figure]:
    assert host.process
    gateway = host.process.process.pid
    figures = []
    _calls(host, quiet, 2)  # warms the way
    alone = [_calls(host, quiet, _PHASE_SECONDS)]
    for kind, requests in kinds.items():
        at = {pid: _cpu(pid) for pid in (gateway, cell)}
        beside, answers = _beside(host, quiet, requests)
        share = {pid: (_cpu(pid) - at[pid]) / _PHASE_SECONDS * 100 for pid in at}
        told = ", ".join(f"{count} × {status}" for status, count in sorted(answers.items()))
        note = f"gateway {share[gateway]:.0f} % of a core, hostile cell {share[cell]:.0f} %; answered {told}"
        time.sleep(2)  # what it asked for last is done
        alone.append(_calls(host, quiet, _PHASE_SECONDS))
        ratio = percentile(beside, 95) / percentile(alone[-2] + alone[-1], 95)  # of the time just before and after
        figures += [
            Figure(f"p50 beside {kind}", statistics.median(beside) * 1000, "ms"),
            Figure(f"p95 beside {kind}", percentile(beside, 95) * 1000, "ms", "", note),
            Figure(f"p95 so many times that alone, beside {kind}", ratio, "×", "≤ 2 ×" if requests else ""),
        ]
    whole = [each for phase in alone for each in phase]
    return [
        Figure("p50 alone", statistics.median(whole) * 1000, "ms", "", f"n = {len(whole)}; ten calls in turn"),
        Figure("p95 alone", percentile(whole, 95) * 1000, "ms"),
        *figures,
        Figure("load average over the last minute", os.getloadavg()[0], "", "", f"{os.cpu_count()} cores"),
    ]


def _cpu(pid: int) -> float:
    try:
        return cpu_seconds(pid)
    except OSError:  # the watchdog took the cell, and there is another one
        return 0.0


# --- The quiet one ------------------------------------------------------------------------------------------------


def _calls(host: SandboxHost, requests: list[Bare], seconds: float) -> list[float]:
    """Call at a learner's pace; return the seconds of each call."""
    line, taken = Line(host.base_url), []
    end = time.perf_counter() + seconds
    for request in cycle(requests):
        begun = time.perf_counter()
        if begun > end:
            break
        status, said = line.ask(request)
        taken.append(time.perf_counter() - begun)
        assert status < 300, f"{request.target}: {status} {said[:300]!r}"
        time.sleep(max(0.0, _PACE_SECONDS - taken[-1]))
    line.close()
    return taken


def _worked(host: SandboxHost, ref: Ref) -> list[Bare]:
    made = worked_lab(_caller(host, ref), ref.account_id)
    return [_signed(host, ref, service, operation, **parameters) for service, operation, parameters in calls_of(made)]


def _caller(host: SandboxHost, ref: Ref) -> Callable[..., dict[str, Any]]:
    clients: dict[str, Any] = {}

    def call(service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        client = clients[service] = clients.get(service) or host.client(ref, service)
        answer: dict[str, Any] = getattr(client, xform_name(operation))(**parameters)
        return answer

    return call


def _signed(host: SandboxHost, ref: Ref, service: str, operation: str, **parameters: Any) -> Bare:
    return bare(signed(host.client(ref, service), xform_name(operation), parameters))


# --- The hostile one ----------------------------------------------------------------------------------------------


def _hostilities(host: SandboxHost, ref: Ref) -> Iterator[tuple[str, list[Bare]]]:
    """Give names and requests; the last kind is all of them."""
    EmulatedProvider(control=host.control_path, master=host.master, endpoint=host.base_url).start(ref)
    call = _caller(host, ref)
    image = call("ec2", "DescribeImages")["Images"][0]["ImageId"]
    for _ in range(3):
        call("ec2", "RunInstances", ImageId=image, InstanceType="t3.micro", MinCount=5, MaxCount=5)
    call("s3", "CreateBucket", Bucket="hostile")
    call("logs", "CreateLogGroup", logGroupName="g")
    call("logs", "CreateLogStream", logGroupName="g", logStreamName="s")
    now = int(time.time() * 1000)
    events = [{"timestamp": now + number, "message": f"{'a' * 200}{number}"} for number in range(1000)]
    call("logs", "PutLogEvents", logGroupName="g", logStreamName="s", logEvents=events)
    stars = [{"Name": "name", "Values": [f"*{'a*' * 30}b{number}" for number in range(100)]}]
    topics = {f"T{number}": {"Type": "AWS::SNS::Topic"} for number in range(150)}
    stacks = []
    for number in range(8):
        template = json.dumps({"Resources": topics | {f"Q{number}": {"Type": "AWS::SQS::Queue"}}})
        stacks += [
            _signed(host, ref, "cloudformation", "CreateStack", StackName=f"hostile{number}", TemplateBody=template),
            _signed(host, ref, "cloudformation", "DeleteStack", StackName=f"hostile{number}"),
        ]
    kinds = {
        "describe-instances": [_signed(host, ref, "ec2", "DescribeInstances")],
        "PUTs of 4 MiB": [_signed(host, ref, "s3", "PutObject", Bucket="hostile", Key="k", Body=b"x" * 4 * _MIB)],
        "patterns": [
            _signed(host, ref, "ec2", "DescribeImages", Filters=stars),
            _signed(host, ref, "logs", "FilterLogEvents", logGroupName="g", filterPattern="%a+a+a+a+b%"),
        ],
        "stacks of 150 topics": stacks,
    }
    yield "a busy loop that makes no calls (what the machine itself does)", []
    yield from kinds.items()
    yield "all of these", [request for turn in range(len(stacks)) for request in _one_of_each(kinds, turn)]


def _one_of_each(kinds: dict[str, list[Bare]], turn: int) -> list[Bare]:
    return [requests[turn % len(requests)] for requests in kinds.values()]


def _beside(host: SandboxHost, quiet: list[Bare], requests: list[Bare]) -> tuple[list[float], Counter[str]]:
    context = multiprocessing.get_context("spawn")
    told: Any = context.Queue()
    attack = context.Process(target=_attack, args=(host.base_url, requests, _PHASE_SECONDS + 1, told), daemon=True)
    attack.start()
    told.get(timeout=60)  # it has begun
    time.sleep(1)  # its burst of 200 calls is part of it, its start is not
    taken = _calls(host, quiet, _PHASE_SECONDS)
    answers: Counter[str] = told.get(timeout=60)
    attack.join(30)
    return taken, answers


def _attack(url: str, requests: list[Bare], seconds: float, told: Any) -> None:
    """Send in a tight loop on some connections, whatever the answers are; tell their statuses at the end."""
    os.nice(10)
    answers: Counter[str] = Counter()
    told.put("begun")
    end = time.monotonic() + seconds
    while not requests and time.monotonic() < end:
        pass

    def send(first: int) -> None:
        line = Line(url, 15)
        for request in islice(cycle(requests), first, None):
            if time.monotonic() > end:
                break
            try:
                answers[str(line.ask(request)[0])] += 1
            except (OSError, HTTPException):
                answers["broken off"] += 1
                line.close()
                line = Line(url, 15)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(_CONNECTIONS if requests else 0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told.put(answers)
