"""The worker that we run in: it fetches packs and carries requests. Nobody else here touches JavaScript."""

from __future__ import annotations

from typing import Any

_worker: Any = None


def attach(worker: Any) -> None:
    """Take the worker's functions: pack(name) -> bytes or None, send(…) -> [status, headers, body]."""
    global _worker
    _worker = worker


def worker() -> Any:
    if _worker is None:
        raise RuntimeError("there is no worker: this is a build")
    return _worker


def pack(name: str) -> bytes | None:
    """Return a pack by its name, or None where there is no such."""
    found = worker().pack(name)
    return None if found is None else found.to_bytes()
