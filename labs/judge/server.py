"""The judge's one long process: warm and forking. It runs no author's Python itself, and reads no request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import botocore

from labs.judge.child import GRADERS, jail_of
from labs.judge.limits import Limits
from labs.judge.supervise import Job
from labs.judge.warm import WarmAccount
from labs.sandboxes.jail import Mode
from labs.sandboxes.jailed import Jailed

MOST = 4  # jobs at a time
FIRST_UID = 180_000  # of the jobs, one a slot, where we are root


class Server(Jailed):
    """Listens on a unix socket and forks a supervisor for each job. Ends when its parent ends, or at SIGTERM."""

    jail_name, work = "The judge's jail", "Labs' own checks"

    def __init__(self, socket_path: Path, *, mode: Mode, parent: int) -> None:
        seconds = Limits().seconds + 30
        super().__init__(socket_path, mode=mode, parent=parent, most=MOST, seconds=seconds, first_uid=FIRST_UID)

    def warm_up(self) -> None:
        self.warm = WarmAccount.made()

    def enter(self) -> list[str]:
        layers = jail_of(self.uid(0), Limits()).enter(self.mode)
        # A service that is not warm is read when it is first used.
        next(Path(botocore.__file__).parent.joinpath("data").iterdir())
        GRADERS.joinpath("check.py").read_bytes()
        return layers

    def reply(self, request: dict[str, Any], slot: int) -> dict[str, Any]:
        if request.get("op") != "judge":
            return {"error": f"unknown op {request.get('op')!r}"}
        uid = self.uid(slot)
        job = Job(request, warm=self.warm, jail=lambda limits: jail_of(uid, limits), mode=self.mode)
        return {"verdicts": [one.to_dict() for one in job.judge()]}
