"""What happens by itself as time goes by: alarms are evaluated, instances come up, groups are brought to their size.

Nothing here sleeps. When a call comes, all that was due before it happens first, in order and each at its own time, with
random ids that its own time determines: so a replay, which leaves out the reads, comes to the same state.

The sandbox's time is the call's plus what it was moved forward by: an order of the platform's own (`service` TIME, body
{"seconds": n}), which changes something and so stands in the journal.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from typing import Any, Final

from labs.sandboxes.emulated import determinism
from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.frames import CellRequest, CellResponse
from labs.sandboxes.emulated.principals import is_ours
from labs.sandboxes.emulated.world import WORLD

__all__ = ["MAX_SECONDS", "TIME", "advance", "move_forward", "now", "source"]

TIME: Final = "skylab-time"  # no service of AWS's: nobody but the platform can sign for it
MAX_SECONDS: Final = 400 * 86_400
_MOST_STEPS: Final = 50_000

Due = Callable[[float], "float | None"]
Happen = Callable[[float], None]
_sources: list[tuple[Due, Happen]] = []


def source(due: Due, happen: Happen) -> None:
    """Let something happen in time.

    `due(since)` is the first moment after `since` (unix seconds) at which something may happen, or None; it must be a
    matter of the state alone, never of when it is asked. `happen(at)` lets it.
    """
    _sources.append((due, happen))


def now() -> float:
    """Return the sandbox's time (unix seconds)."""
    return WORLD.at


def advance(until: float) -> None:
    """Let all happen that is due up to `until`."""
    since = WORLD.lived or until
    WORLD.account, WORLD.caller = "", "anonymous"  # of nobody's call
    if WORLD.calm[0] <= since <= until < WORLD.calm[1]:
        WORLD.lived = WORLD.at = determinism.CLOCK.now = until
        return
    for _ in range(_MOST_STEPS):
        WORLD.at = determinism.CLOCK.now = since
        moments = [due(since) for due, _ in _sources]
        soonest = min((each for each in moments if each is not None), default=None)
        if soonest is None or soonest > until:
            WORLD.calm = since, math.inf if soonest is None else soonest
            break
        since = WORLD.lived = WORLD.at = determinism.CLOCK.now = max(since, soonest)
        determinism.seed(f"{WORLD.seed}:time:{since!r}")
        for moment, (_, happen) in zip(moments, _sources, strict=True):
            if moment == soonest:
                _let(happen, since)
    WORLD.lived = max(until, since)
    WORLD.at = determinism.CLOCK.now = until


def _let(happen: Happen, at: float) -> None:
    try:
        happen(at)
    except Exception as error:  # the call that came by is not to blame
        line = f"cell {WORLD.spec.number}: {happen.__module__} at {at}: {type(error).__name__}: {error!s:.300}"
        print(line.replace("\n", " "), file=sys.stderr, flush=True)


def move_forward(request: CellRequest) -> CellResponse:
    """Answer the order {"seconds": n}: the sandbox is n seconds later, and all has happened that was due meanwhile.

    Only for the platform's own keys. Says {"now": unix seconds, "offset": seconds}.
    """
    told = CellResponse(400, [("content-type", "application/json")], b"", "FastForward", service="skylab")
    said: dict[str, Any] = {}
    try:
        if not is_ours(request.access_key):
            raise AwsError("AccessDenied", "Only the platform moves a sandbox's time.", 403)
        seconds = json.loads(request.body or b"{}").get("seconds")
        if type(seconds) not in (int, float) or not 0 < seconds <= MAX_SECONDS:
            raise AwsError("ValidationError", f"seconds must be a number from 1 to {MAX_SECONDS}.", 400)
        WORLD.offset += float(seconds)
        advance(request.at + WORLD.offset)
        said = {"now": WORLD.at, "offset": WORLD.offset}
        told.status, told.mutating, told.parameters = 200, True, {"seconds": seconds}
        told.principal = "skylab"
    except (ValueError, AttributeError):
        told.error_code, told.error_message = "ValidationError", 'The body must be {"seconds": n}.'
    except AwsError as error:
        told.status, told.error_code, told.error_message = error.status, error.code, error.message
    told.body = json.dumps(said or {"__type": told.error_code, "message": told.error_message}).encode()
    return told
