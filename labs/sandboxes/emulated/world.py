"""The one sandbox that this process is: what it was told at birth, and what it keeps beside moto's state."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from labs.sandboxes.emulated.frames import CellSpec

__all__ = ["PHANTOM", "WORLD", "Session"]

# The zygote warms itself by working in an account that is dropped again before any cell is born.
PHANTOM: Final = CellSpec(0, 0, "333333333333", "us-east-1", bytes(32), "")
_INBOX_SIZE: Final = 500


@dataclass(slots=True)
class Session:
    """A temporary key of GetSessionToken or GetFederationToken: whose it is, and until when (unix seconds)."""

    arn: str
    user_id: str
    expires: float


@dataclass
class _World:
    spec: CellSpec = PHANTOM
    caller: str = "anonymous"
    at: float = 0.0
    sessions: dict[str, Session] = field(default_factory=dict)
    inbox: list[dict[str, Any]] = field(default_factory=list)
    born: bool = False

    def begin(self, spec: CellSpec) -> None:
        """Be the sandbox `spec`."""
        self.__init__(spec=spec)  # type: ignore[misc]

    def deliver(self, service: str, protocol: str, endpoint: str, body: Any, **more: Any) -> None:
        """Keep what AWS would have sent out of the account; the newest 500."""
        entry = {"at": self.at, "service": service, "protocol": protocol, "endpoint": endpoint, "body": body, **more}
        self.inbox.append(entry)
        del self.inbox[:-_INBOX_SIZE]


WORLD: Final = _World()
