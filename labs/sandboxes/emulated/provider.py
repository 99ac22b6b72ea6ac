"""The provider that a session asks for an emulated AWS: it speaks to the sandbox host's control socket.

Synchronous, for workers and commands: one connection for each order, a line of JSON for a line of JSON. Keys are derived
and need no host.
"""

from __future__ import annotations

import json
import socket
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from labs.sandboxes import Credentials, Delivery, Moment, Ref, Unavailable, keys

__all__ = ["EmulatedProvider"]

_SECONDS: Final = 30.0
_ANSWER_BYTES: Final = 1 << 20


class EmulatedProvider:
    """Emulated sandboxes of the host that listens on `control`.

    `master` is the installation's key of keys. `endpoint` is what learners' tools are told, `internal_endpoint` where our
    own graders and start blocks reach the same host (a container's name, say).
    """

    name = "emulated"

    def __init__(self, *, control: Path, master: bytes, endpoint: str, internal_endpoint: str | None = None) -> None:
        self._control = control
        self._master = master
        self._endpoint = endpoint
        self._internal_endpoint = internal_endpoint or endpoint

    def start(self, ref: Ref) -> None:
        """Have `ref` answer calls before returning. Idempotent. Raises Unavailable."""
        self._order("start", ref)

    def stop(self, ref: Ref) -> None:
        """Let `ref` and its state go. Idempotent. Raises Unavailable."""
        self._order("stop", ref)

    def is_running(self, ref: Ref) -> bool:
        """Return whether `ref` was started and not stopped. Raises Unavailable."""
        return bool(self._order("status", ref)["running"])

    def fork(self, ref: Ref) -> Ref:
        """Return a copy of `ref` that answers calls, for FORK_SECONDS at most. Raises Unavailable."""
        return Ref(**self._order("fork", ref)["ref"])

    def hibernate(self, ref: Ref) -> None:
        """Let the sandbox sleep until its next call. Idempotent. Raises Unavailable."""
        self._order("hibernate", ref)

    def checkpoint(self, ref: Ref, label: str) -> Moment:
        """Keep the state as it is now. Raises Unavailable."""
        return Moment(**self._order("checkpoint", ref, label=label)["moment"])

    def checkpoints(self, ref: Ref) -> list[Moment]:
        """Return what was kept, the oldest first. Raises Unavailable."""
        return [Moment(**each) for each in self._order("checkpoints", ref)["moments"]]

    def undo(self, ref: Ref, seq: int | None = None) -> Moment:
        """Take back the learner's last change (if it is call `seq`); return the moment that leads here again.
        Raises Unavailable."""
        return Moment(**self._order("undo", ref, seq=seq)["moment"])

    def go_back(self, ref: Ref, moment: int) -> Moment:
        """Be as at a moment; return the one that leads here again. Raises Unavailable."""
        return Moment(**self._order("go-back", ref, moment=moment)["moment"])

    def fast_forward(self, ref: Ref, seconds: float) -> float:
        """Let so many seconds go by in a sandbox or a fork; return its time then (unix seconds). Raises Unavailable."""
        return float(self._order("fast-forward", ref, seconds=seconds)["now"])

    def past(self, ref: Ref, moment: int) -> Ref:
        """Return a fork of the sandbox as it was at a moment. Raises Unavailable."""
        return Ref(**self._order("past", ref, moment=moment)["ref"])

    def replayed(self, ref: Ref, upto: int | None = None) -> Ref:
        """Return a fork of a clean sandbox that got the journal's calls (up to that one) anew. Raises Unavailable."""
        return Ref(**self._order("replayed", ref, upto=upto)["ref"])

    def inbox(self, ref: Ref) -> list[Delivery]:
        """Return what the sandbox has sent out, oldest first. Raises Unavailable."""
        return [_delivery(place, each) for place, each in enumerate(self._order("inbox", ref)["deliveries"], 1)]

    def report(self) -> dict[str, Any]:
        """Return what the host says of itself: warm, the jail's layers, warnings. Raises Unavailable."""
        return dict(self._order("report")["report"])

    def learner_credentials(self, ref: Ref) -> Credentials:
        """Return the learner's own key: the IAM user `learner`, an administrator; the same in every epoch."""
        secret = keys.sandbox_secret(self._master, ref.number)
        return self._credentials(ref, keys.LEARNER_SERIAL, secret, self._endpoint)

    def grader_credentials(self, ref: Ref) -> Credentials:
        """Return the key that graders read with; its calls are neither journalled nor shown."""
        secret = keys.grader_secret(self._master, ref.number)
        return self._credentials(ref, keys.GRADER_SERIAL, secret, self._internal_endpoint)

    def start_credentials(self, ref: Ref) -> Credentials:
        """Return the key that sets a lab up: it acts as the learner, and the journal says "start"."""
        secret = keys.grader_secret(self._master, ref.number)
        return self._credentials(ref, keys.START_SERIAL, secret, self._internal_endpoint)

    def _credentials(self, ref: Ref, serial: int, secret: bytes, endpoint: str) -> Credentials:
        access_key = keys.mint_access_key(ref.number, serial)
        return Credentials(
            access_key_id=access_key,
            secret_access_key=keys.secret_for(secret, access_key),
            session_token=None,
            region=ref.region,
            endpoint_url=endpoint,
            account_id=ref.account_id,
            # A fork shares its original's account id: its own number tells it apart.
            anonymous_url=f"{endpoint}/_sandbox/{ref.number if keys.is_fork(ref.number) else ref.account_id}",
        )

    def _order(self, op: str, ref: Ref | None = None, **more: Any) -> dict[str, Any]:
        order = {"op": op, **more} | ({"ref": asdict(ref)} if ref else {})
        try:
            with socket.socket(socket.AF_UNIX) as control:
                control.settimeout(_SECONDS)
                control.connect(str(self._control))
                control.sendall(json.dumps(order).encode() + b"\n")
                with control.makefile("rb") as answers:
                    reply = json.loads(answers.readline(_ANSWER_BYTES))
        except (OSError, ValueError) as error:
            raise Unavailable(
                f"the sandbox host does not answer on {self._control} ({error}); "
                "start it with `python -m labs.gateway`, or look at why it ended"
            ) from error
        if reply.get("ok") is not True:
            raise Unavailable(str(reply.get("error") or "the sandbox host refused without a reason"))
        return dict(reply)


def _delivery(place: int, said: dict[str, Any]) -> Delivery:
    more = {name: value for name, value in said.items() if name not in Delivery.__slots__}
    return Delivery(
        number=int(said.get("number", place)),
        at=float(said["at"]),
        service=str(said["service"]),
        protocol=str(said["protocol"]),
        endpoint=str(said["endpoint"]),
        body=said.get("body"),
        more=more,
    )
