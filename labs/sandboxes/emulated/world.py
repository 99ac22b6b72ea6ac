"""The one sandbox that this process is: what it was told at birth, and what it keeps beside moto's state."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Final

from labs.sandboxes.emulated.frames import CellSpec

__all__ = ["NEVER", "PHANTOM", "SOURCE_ADDRESS", "WORLD", "Assumed", "Session"]

# The zygote warms itself by working in an account that is dropped again before any cell is born.
PHANTOM: Final = CellSpec(0, 0, "333333333333", "us-east-1", bytes(32), "")
# Where calls seem to come from (aws:SourceIp): an address of the internet, as AWS would see it. RFC 5737.
SOURCE_ADDRESS: Final = "203.0.113.25"
_INBOX_SIZE: Final = 500


@dataclass(slots=True)
class Session:
    """A temporary key of GetSessionToken or GetFederationToken: whose it is, and until when (unix seconds).

    `owner` is the name of the user who made it; a federated user is held by its session `policies`, too. `keys` are the
    condition keys that its calls carry (lower case): a second factor, the time of issue.
    """

    arn: str
    user_id: str
    expires: float
    owner: str = ""
    kind: str = "user"
    policies: tuple[str, ...] = ()
    keys: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Assumed:
    """What AssumeRole was told beside the role: session policies (texts) and session tags. moto keeps neither."""

    policies: tuple[str, ...] = ()
    tags: dict[str, str] = field(default_factory=dict)


NEVER: Final = (math.inf, -math.inf)  # no moment lies in it


@dataclass
class _World:
    spec: CellSpec = PHANTOM
    drawn_from: str = ""  # of a copy: the seed of its original
    account: str = ""  # that the call being answered acts in; "" is the sandbox's own
    caller: str = "anonymous"
    acting: Any = None  # the call being answered, with the person whose it is (authorization.hold asks for them)
    at: float = 0.0
    sessions: dict[str, Session] = field(default_factory=dict)
    assumed: dict[str, Assumed] = field(default_factory=dict)
    inbox: list[dict[str, Any]] = field(default_factory=list)
    born: bool = False
    members: list[str] = field(default_factory=list)
    trail: list[dict[str, Any]] = field(default_factory=list)  # what CloudTrail knows (fidelity/cloudtrail.py)
    room: int = 0  # calls that may make something before all that there is is counted again (fidelity/quotas.py)
    offset: float = 0.0  # seconds that the sandbox is ahead of its calls
    lived: float = 0.0  # up to when all has happened that was due
    calm: tuple[float, float] = NEVER  # from when until when nothing is due, while nothing changes (timeline.py)
    request_id: str = ""  # of the call being answered
    # What functions do later (functions/works.py), how many such there were, and the key that each one's role has.
    works: list[Any] = field(default_factory=list)
    works_made: int = 0
    function_keys: dict[str, str] = field(default_factory=dict)

    @property
    def seed(self) -> str:
        """What the ids of this sandbox are drawn from: a copy draws what its original would have drawn."""
        return self.drawn_from or f"{self.spec.number}:{self.spec.epoch}"

    @property
    def account_id(self) -> str:
        """The account that the call being answered acts in."""
        return self.account or self.spec.account_id

    def accounts(self) -> tuple[str, ...]:
        """All accounts of this sandbox: its own, then the members that its organization made."""
        return (self.spec.account_id, *self.members)

    def begin(self, spec: CellSpec) -> None:
        """Be the sandbox `spec`."""
        self.__init__(spec=spec)  # type: ignore[misc]

    def deliver(self, service: str, protocol: str, endpoint: str, body: Any, **more: Any) -> None:
        """Keep what AWS would have sent out of the account; the newest 500."""
        number = self.inbox[-1].get("number", len(self.inbox)) + 1 if self.inbox else 1
        entry = {"number": number, "at": self.at, "service": service, "protocol": protocol, "endpoint": endpoint}
        entry |= {"body": body, **more}
        self.inbox.append(entry)
        del self.inbox[:-_INBOX_SIZE]


WORLD: Final = _World()
