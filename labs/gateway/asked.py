"""A call between the gateway and a cell: verified, and not made yet."""

from __future__ import annotations

from dataclasses import dataclass

from labs.sandboxes.emulated.frames import CellRequest

__all__ = ["Asked"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A verified call on its way to the cell, and what the journal says of where it came from."""

    method: str
    service: str
    region: str
    path: str
    query: str
    headers: list[tuple[str, str]]
    body: bytes
    access_key: str | None
    host: str
    source: str  # learner | start | grader: the last is not in the journal
    tool: str
    hint: str  # the likely name of the action, for a call that no cell could name

    def at(self, seconds: float, seq: int) -> CellRequest:
        """Return the call as a cell takes it."""
        return CellRequest(
            method=self.method,
            service=self.service,
            region=self.region,
            path=self.path,
            query=self.query,
            headers=self.headers,
            body=self.body,
            access_key=self.access_key,
            host=self.host,
            at=seconds,
            seq=seq,
        )
