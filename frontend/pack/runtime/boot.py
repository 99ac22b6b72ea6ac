"""What the snapshot holds: everything imported, a driver made, and the first calls made in thought."""

from __future__ import annotations

import gc
import os
import random
import re
import time
from pathlib import Path
from typing import Any

from skylab_shell import cli, host, script

ENVIRONMENT = {
    "HOME": "/home/learner",
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
    "AWS_EC2_METADATA_DISABLED": "true",
}


class _Bytes(bytes):
    def to_bytes(self) -> bytes:  # type: ignore[override]
        return bytes(self)


class _Answer:
    def __init__(self, body: bytes) -> None:
        self.body = body

    def to_py(self) -> list[Any]:
        return [200, "content-type: application/json\r\n", self.body]


class Rehearsal:
    """Stands in for the worker while the pack is built."""

    def __init__(self, packs: Path) -> None:
        self.packs = packs

    def pack(self, name: str) -> Any:
        file = self.packs / name
        return _Bytes(file.read_bytes()) if file.exists() else None

    def send(self, method: str, url: str, headers: list[list[str]], body: bytes | None) -> _Answer:
        action = re.search(rb"Action=(\w+)", body or b"")
        if action:
            name = action[1].decode()
            return _Answer(f"<{name}Response><{name}Result/></{name}Response>".encode())
        return _Answer(b"<ListAllMyBucketsResult/>" if "/s3/" in str(headers) else b"{}")


def rehearse(packs: str, commands: list[list[str]]) -> list[str]:
    """Run commands against nothing, so that what they import and compute is in memory. Return what went wrong."""
    host.attach(Rehearsal(Path(packs)))
    wrong = []
    for argv in commands:
        _, err, status = cli.run(argv, ENVIRONMENT, "/home/learner", b"")
        if status:
            wrong.append(f"{' '.join(argv)}: {status} {err.decode()[-2000:]}")
    host.attach(None)
    cli.prepare()
    return wrong


def forget() -> None:
    """Drop what is not of every session: files that a snapshot does not keep."""
    gc.collect()
    gc.freeze()


def wake(worker: Any) -> None:
    """Begin to live: a snapshot is the same for everybody, and chance must not be."""
    random.seed(os.urandom(32))
    time.sleep = worker.sleep
    host.attach(worker)


cli.install()
script.install()
