"""The sandbox host's back door for our own worker: a unix socket of mode 600, a line of JSON for a line of JSON.

{"op": "start", "ref": {"number": 7, "epoch": 1, "account_id": "…", "region": "…"}} -> {"ok": true}, when it answers;
likewise stop, status ({"ok": true, "running": bool}), fork ({"ok": true, "ref": {…}}, the copy's) and report
({"ok": true, "report": {…}}); flush answers when all calls so far are in the journal. What cannot be done now is
{"error": "why"}: the other side raises Unavailable.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from labs.gateway.rooms import Rooms
from labs.sandboxes import Ref, Unavailable

__all__ = ["Control"]

log: Final = logging.getLogger(__name__)
_LINE_BYTES: Final = 1 << 16
_INBOX_BYTES: Final = 900_000  # an answer is a line of 1 MiB at most
_BODY_LETTERS: Final = 20_000


class Control:
    """Serves `path`. A socket that a killed process left behind is replaced."""

    def __init__(self, path: Path, rooms: Rooms, report: Callable[[], dict[str, Any]]) -> None:
        self._path = path
        self._rooms = rooms
        self._report = report
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Under another name first: nobody may connect before its mode is 600.
        draft = self._path.with_name(f"{self._path.name}.new")
        draft.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, draft, limit=_LINE_BYTES)
        draft.chmod(0o600)
        draft.rename(self._path)

    async def stop(self) -> None:
        """Stop listening."""
        if self._server:
            self._server.close()
            self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, ValueError):
            while line := await reader.readline():
                writer.write(json.dumps(await self._answer(line)).encode() + b"\n")
                await writer.drain()
        writer.close()

    async def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            order = json.loads(line)
            if order["op"] == "report":
                return {"ok": True, "report": self._report()}
            if order["op"] == "flush":
                await self._rooms.journal.flush()
                return {"ok": True}
            ref = Ref(**order["ref"])
            match order["op"]:
                case "start":
                    await self._rooms.start(ref)
                    return {"ok": True}
                case "stop":
                    await self._rooms.stop(ref)
                    return {"ok": True}
                case "fork":
                    return {"ok": True, "ref": asdict(await self._rooms.fork(ref))}
                case "hibernate":
                    await self._rooms.hibernate(ref)
                    return {"ok": True}
                case "checkpoint":
                    return {"ok": True, "moment": asdict(await self._rooms.checkpoint(ref, str(order["label"])))}
                case "checkpoints":
                    return {"ok": True, "moments": [asdict(each) for each in await self._rooms.checkpoints(ref)]}
                case "undo":
                    return {"ok": True, "moment": asdict(await self._rooms.undo(ref, order.get("seq")))}
                case "go-back":
                    return {"ok": True, "moment": asdict(await self._rooms.go_back(ref, int(order["moment"])))}
                case "fast-forward":
                    return {"ok": True, **await self._rooms.fast_forward(ref, float(order["seconds"]))}
                case "past":
                    return {"ok": True, "ref": asdict(await self._rooms.past(ref, int(order["moment"])))}
                case "replayed":
                    return {"ok": True, "ref": asdict(await self._rooms.replayed(ref, order.get("upto")))}
                case "inbox":
                    return {"ok": True, "deliveries": _fitting(await self._rooms.inbox(ref))}
                case "status":
                    return {"ok": True, "running": await self._rooms.is_running(ref)}
            return {"error": f"there is no op {order['op']!r}: the ops are the provider protocol's, report and flush"}
        except Unavailable as error:
            return {"error": str(error)}
        except (ValueError, KeyError, TypeError) as error:
            return {"error": f"this line cannot be read: {error!r}"}
        except Exception as error:
            log.exception("control: %s", line[:200])
            return {"error": f"the sandbox host failed: {error!r}"}


def _fitting(deliveries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the newest that fit into one answer, oldest first; a long body is cut."""
    found: list[dict[str, Any]] = []
    room = _INBOX_BYTES
    for each in reversed(deliveries):
        body = each.get("body")
        text = body if isinstance(body, str) else json.dumps(body)
        shown = {**each, "body": f"{text[:_BODY_LETTERS]} …"} if len(text) > _BODY_LETTERS else each
        room -= len(json.dumps(shown))
        if room < 0:
            break
        found.append(shown)
    return found[::-1]
