"""What the History tab shows: what can be undone, what one can go back to, and why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from labs.models import ApiCall, Sandbox
from labs.present import call_name
from labs.sandboxes import Moment

_BEFORE = {"undo": "Before you undid a change", "go back": "Before you went back"}
_WENT = {"undo": "You undid a change", "go back": "You went back"}


@dataclass(frozen=True)
class MomentCard:
    """A moment as the list has it. `kind` is "task", "checkpoint" or "before"."""

    id: int
    title: str
    kind: str
    icon: str
    at: datetime


@dataclass(frozen=True)
class History:
    """The whole tab. `undo` names call `seq`; where it is empty, `why_not` says why.

    `way_back` is there as long as nothing else was changed after going back, and `went` says what was done.
    """

    undo: str
    seq: int
    why_not: str
    way_back: MomentCard | None
    went: str
    moments: tuple[MomentCard, ...]
    frozen: bool
    away: bool


def history(sandbox: Sandbox, last: ApiCall | None, newest: int, kept: Sequence[Moment] | None) -> History:
    """Return the tab. `last` can be undone; `newest` is the last call that changed something, undone or not.

    `kept` are the moments, the oldest first, or None where the sandbox host does not answer.
    """
    frozen = sandbox.state == Sandbox.State.FROZEN
    way_back = next((one for one in kept or () if one.kind == "before" and one.seq >= newest), None)
    cards = [moment_card(one) for one in reversed(kept or ()) if one is not way_back]
    why_not = ""
    if kept is None:
        why_not = "The sandbox does not answer just now. That is our fault: try again in a moment."
    elif frozen:
        why_not = "This sandbox is frozen: it is kept as it is, and can be changed once it is thawed."
    elif last is None:
        why_not = "You have changed nothing yet that could be undone."
        if way_back:
            why_not = "All that you changed is undone."
    return History(
        undo=call_name(last) if last and not why_not else "",
        seq=last.seq if last else 0,
        why_not=why_not,
        way_back=moment_card(way_back) if way_back and not frozen else None,
        went=_WENT.get(way_back.label, "You went back") if way_back else "",
        moments=tuple(cards),
        frozen=frozen,
        away=kept is None,
    )


def moment_card(moment: Moment) -> MomentCard:
    """Return a moment with a title and a time that people read."""
    at = datetime.fromtimestamp(moment.at, UTC)
    if moment.kind == "before":
        return MomentCard(moment.id, _BEFORE.get(moment.label, "Before you went back"), "before", "clock", at)
    if moment.label.startswith("Task: "):
        return MomentCard(moment.id, moment.label, "task", "check-circle", at)
    return MomentCard(moment.id, moment.label or "Checkpoint", "checkpoint", "flag", at)
