"""What learners may ask for in a lab and not get, each with its sentence."""

from __future__ import annotations

from labs.models import LabSession
from labs.refusals import Refusal


class SessionAlreadyOpen(Refusal):
    """The lab is open already; `session` is where."""

    def __init__(self, session: LabSession) -> None:
        super().__init__("You have this lab open already.")
        self.session = session


class InExam(Refusal):
    """The lab is part of an exam: nothing of it is judged, shown or begun anew before that is over."""

    def __init__(self) -> None:
        super().__init__(
            "This lab is part of an exam. It is graded as it stands when its section ends; checks, hints, more time and "
            "a fresh start are for practice."
        )


def hold_practice(session: LabSession) -> None:
    """Let only sessions through that are no part of an exam. Raises InExam."""
    if session.exam:
        raise InExam


class TooManyOpen(Refusal):
    """As many labs as a person may have open at a time are open."""

    def __init__(self, most: int) -> None:
        labs = "1 lab" if most == 1 else f"{most} labs"
        super().__init__(f"You have {labs} open, which is the most at a time. End one, and start this one then.")


class NotReady(Refusal):
    """The session is being built, or is over."""

    def __init__(self, session: LabSession) -> None:
        over = "This lab has ended." if not session.is_open else "This lab is ending."
        if session.state in (LabSession.State.QUEUED, LabSession.State.STARTING):
            over = "Your sandbox is still being built: try again in a moment."
        elif session.state == LabSession.State.PAUSED:
            over = "This lab is paused. Resume it on its page, and go on where you were."
        super().__init__(over)


class NotPaused(Refusal):
    """There is nothing to resume."""

    def __init__(self) -> None:
        super().__init__("This lab is not paused any more. A pause that is too long ends the lab; its points are kept.")


class TooManyPaused(Refusal):
    """As many labs as a person may have paused at a time are paused."""

    def __init__(self, most: int) -> None:
        super().__init__(f"You have {most} labs paused, which is the most at a time. End one of them first.")


class NoMorePauses(Refusal):
    """The lab was begun too long ago to be put aside once more."""

    def __init__(self, days: int) -> None:
        super().__init__(
            f"You began this lab {days} days ago, and no pause goes beyond that. Finish it, or start it anew."
        )


class NoMoreTime(Refusal):
    """All extensions are used."""

    def __init__(self, most: int) -> None:
        super().__init__(f"You have extended this lab {most} times, which is all there is. Your best points are kept.")


class NoMoreHints(Refusal):
    """All hints of the task are open."""

    def __init__(self) -> None:
        super().__init__("You have seen all the hints of this task.")


class NothingToUndo(Refusal):
    """The learner has changed nothing, or has taken all of it back."""

    def __init__(self) -> None:
        super().__init__("There is nothing to undo: what the lab began with stays, and you have changed nothing else.")


class ChangedMeanwhile(Refusal):
    """The change that was to be undone is not the last one."""

    def __init__(self) -> None:
        super().__init__("Your last change is another one by now, so nothing was undone. Look again, then press Undo.")


class UnknownMoment(Refusal):
    """There is no such checkpoint in the sandbox's present life."""

    def __init__(self) -> None:
        super().__init__("This checkpoint does not exist any more. A reset throws away those that were kept before it.")


class TooManyCheckpoints(Refusal):
    """As many checkpoints as a session may have are kept."""

    def __init__(self, most: int) -> None:
        super().__init__(f"You have {most} checkpoints, which is all there is room for. You can still go back to each.")


class OneAtATime(Refusal):
    """An undo, a way back or a checkpoint is under way already."""

    def __init__(self) -> None:
        super().__init__("One at a time: your sandbox is still on its way to another state. Try again in a moment.")


class Frozen(Refusal):
    """The sandbox is frozen."""

    def __init__(self) -> None:
        super().__init__("This sandbox is frozen: it is kept as it is, and can be changed once it is thawed.")


class Away(Refusal):
    """The sandbox host does not answer, or could not do it: nothing has changed."""

    def __init__(self) -> None:
        super().__init__(
            "Your sandbox does not answer just now. That is our fault, and nothing has changed: try again."
        )


class NothingToSkip(Refusal):
    """The task is passed, or was skipped already."""

    def __init__(self) -> None:
        super().__init__("There is nothing to skip: this task is done already.")


class WrongOrder(Refusal):
    """The task waits for another one."""

    def __init__(self, first: str) -> None:
        super().__init__(f"This task builds on “{first}”. Pass or skip that one first.")


class NoWayBack(Refusal):
    """The time for bringing back what a reset threw away is over, or that was done already."""

    def __init__(self) -> None:
        super().__init__(
            "That reset cannot be taken back by this button any more. Look into History: what was before it is kept there."
        )


class UnknownTask(Refusal):
    """The lab has no such task."""

    status = 404

    def __init__(self, task_id: str) -> None:
        super().__init__(f"This lab has no task “{task_id}”.")
