"""Break a running Skylab on purpose: `python -m bench.drills [NAME …]`. Each drill prints what survived, and how soon.

Everything runs on this machine's loopback, in a folder of its own, and ends by itself within minutes.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path

from bench import kills, sittings
from bench.client import Learner
from bench.host import SandboxHost, new_host
from bench.provision import LAB, children, newest_cell
from skylab.stack import Stack, running_stack

DRILLS: dict[str, Callable[[], str]] = {}


def drill(run: Callable[[Stack, Learner, str], str]) -> Callable[[Stack, Learner, str], str]:
    """Add a drill of the whole product, in which a learner has started a lab."""

    @wraps(run)
    def on_a_stack() -> str:
        with running_stack() as stack:
            learner = Learner(stack.url)
            page = learner.send(f"/labs/{LAB}/start/", learner.token(f"/labs/{LAB}/"))
            path = page.url.removeprefix(learner.url)
            learner.keys(path)
            return run(stack, learner, path)

    DRILLS[run.__name__.replace("_", "-")] = on_a_stack
    return run


def drill_of_host(run: Callable[[SandboxHost], str], name: str = "") -> None:
    """Add a drill of a sandbox host alone."""

    @wraps(run)
    def on_a_host() -> str:
        host = new_host()
        try:
            host.start()
            return run(host)
        finally:
            host.remove()

    DRILLS[name or run.__name__.replace("_", "-")] = on_a_host


@drill
def cell_killed(stack: Stack, learner: Learner, path: str) -> str:
    """kill -9 of a sandbox's process after 100 calls: the next call finds everything, under the same ids."""
    keys = learner.keys(path)
    ec2 = keys.client("ec2")
    made = [ec2.create_vpc(CidrBlock=f"10.{n}.0.0/16")["Vpc"]["VpcId"] for n in range(100)]
    os.kill(newest_cell(stack), signal.SIGKILL)
    begun = time.monotonic()
    found = {vpc["VpcId"] for vpc in ec2.describe_vpcs()["Vpcs"]}
    seconds = time.monotonic() - begun
    return f"{len(found & set(made))} of {len(made)} VPCs under their own ids after {seconds:.2f} s (bar ≤ 5 s)"


@drill
def worker_killed(stack: Stack, learner: Learner, path: str) -> str:
    """kill -9 of the worker and its children as soon as a grading was asked for: one grading is written, not two."""
    token = learner.token(path)
    learner.send(f"{path}check/", token)
    for pid in pids(stack, b"skylab.worker"):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue  # it went with its parent
    begun = time.monotonic()
    wait(lambda: rows(stack, "SELECT count(*) FROM labs_grading WHERE state = 'queued'") == 0)
    done = rows(stack, "SELECT count(*) FROM labs_grading WHERE state = 'done'")
    return f"{done} grading done, 0 lost, after {time.monotonic() - begun:.1f} s (bar ≤ 30 s)"


@drill
def broker_killed(stack: Stack, learner: Learner, path: str) -> str:
    """kill -9 of the broker, gradings asked for while it is gone: the site goes on, and all are done once it is back."""
    token = learner.token(path)
    before = rows(stack, "SELECT count(*) FROM labs_grading WHERE state = 'done'")
    for pid in pids(stack, b"valkey.sock"):
        os.kill(pid, signal.SIGKILL)
    begun = time.monotonic()
    learner.send(f"{path}check/", token)
    answered = time.monotonic() - begun
    wait(lambda: rows(stack, "SELECT count(*) FROM labs_grading WHERE state = 'queued'") == 0)
    done = rows(stack, "SELECT count(*) FROM labs_grading WHERE state = 'done'") - before
    return f"asked in {answered * 1000:.0f} ms without a broker; {done} grading done after {time.monotonic() - begun:.1f} s"


@drill
def host_killed(stack: Stack, learner: Learner, path: str) -> str:
    """kill -9 of the sandbox host, its zygote and all cells: the sandbox is back with its keys and its buckets."""
    keys = learner.keys(path)
    s3 = keys.client("s3")
    before = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    for pid in pids(stack, b"labs.gateway"):
        os.kill(pid, signal.SIGKILL)
    begun = time.monotonic()

    def back() -> bool:
        try:
            return [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == before
        except Exception:  # refused, unavailable, warming: all of it means not yet
            return False

    wait(back, 90)
    return f"the same {len(before)} bucket after {time.monotonic() - begun:.1f} s, the host's own start included"


drill_of_host(kills.two_hundred_kills)
drill_of_host(kills.digests, "digest")
DRILLS |= sittings.ALL


def pids(stack: Stack, word: bytes) -> list[int]:
    """Return the processes of this stack whose command line has the word."""
    found = []
    for pid in children(stack.pid):
        try:
            if word in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
        except OSError:
            continue
    return found


def rows(stack: Stack, query: str) -> int:
    with sqlite3.connect(f"file:{stack.data / 'skylab.sqlite3'}?mode=ro", uri=True) as database:
        return int(database.execute(query).fetchone()[0])


def wait(done: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:.0f} s")
        time.sleep(0.05)


def main(words: list[str]) -> int:
    names = words or list(DRILLS)
    if unknown := [name for name in names if name not in DRILLS]:
        print(f"No drill {', '.join(unknown)}. There are: {', '.join(DRILLS)}")
        return 2
    failed = 0
    for name in names:
        print(f"{name}: {(DRILLS[name].__doc__ or '').strip()}", flush=True)
        begun = time.monotonic()
        try:
            print(f"  {DRILLS[name]()}\n  ({time.monotonic() - begun:.0f} s in all)", flush=True)
        except Exception as error:
            failed += 1
            print(f"  FAILED: {type(error).__name__}: {error}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
