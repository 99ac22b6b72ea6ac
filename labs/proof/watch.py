"""How far a proof is, for whoever waits for it; and the one word that they have in it: stop."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Watch:
    """Shared by a proof's threads and its watcher: the proof counts, and what is `stopped` begins nothing more."""

    total: int = 0
    played: int = 0
    doing: str = ""
    stopped: bool = False
