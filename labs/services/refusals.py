"""What learners may ask for in a lab and not get, each with its sentence."""

from __future__ import annotations

from labs.models import LabSession
from labs.refusals import Refusal


class SessionAlreadyOpen(Refusal):
    """The lab is open already; `session` is where."""

    def __init__(self, session: LabSession) -> None:
        super().__init__("You have this lab open already.")
        self.session = session


class TooManyOpen(Refusal):
    """As many labs as a person may have open at a time are open."""

    def __init__(self, most: int) -> None:
        labs = "1 lab" if most == 1 else f"{most} labs"
        super().__init__(f"You have {labs} open, which is the most at a time. End one, and start this one then.")


class NotReady(Refusal):
    """The session is being built, or is over."""

    def __init__(self, session: LabSession) -> None:
        over = "This lab has ended." if not session.is_open else "This lab is ending."
        waits = session.state in (LabSession.State.QUEUED, LabSession.State.STARTING)
        super().__init__("Your sandbox is still being built: try again in a moment." if waits else over)


class NoMoreTime(Refusal):
    """All extensions are used."""

    def __init__(self, most: int) -> None:
        super().__init__(f"You have extended this lab {most} times, which is all there is. Your best points are kept.")


class NoMoreHints(Refusal):
    """All hints of the task are open."""

    def __init__(self) -> None:
        super().__init__("You have seen all the hints of this task.")


class UnknownTask(Refusal):
    """The lab has no such task."""

    status = 404

    def __init__(self, task_id: str) -> None:
        super().__init__(f"This lab has no task “{task_id}”.")
