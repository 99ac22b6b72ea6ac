"""The real sandbox host for tests: `sandbox_host` starts `python -m labs.gateway` once a session, on a free port.

    def test_something(sandbox_host):
        ref = sandbox_host.make_sandbox()                # a row in the host's own database; live, epoch 1
        s3 = sandbox_host.client(ref, "s3")              # boto3 with the learner's key
        sandbox_host.aws(ref, "s3", "ls")                # the real AWS CLI
        sandbox_host.journal(ref)                        # the rows that the calls left, oldest first

It has a SQLite database of its own, not the one of `db`: use make_sandbox(), epoch() and end() to change rows there
(bench/host.py has the rest). Mark such tests `stack`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from bench.host import SandboxHost, new_host

__all__ = ["SandboxHost", "new_host", "sandbox_host", "wait_until"]


@pytest.fixture(scope="session")
def sandbox_host() -> Iterator[SandboxHost]:
    """The sandbox host of this test session, warm."""
    host = new_host()
    try:
        host.start()
        yield host
    finally:
        host.remove()


def wait_until(holds: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for something that another process does; fail where it does not."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)  # polling a foreign process: there is nothing to wait on
