"""What the rules of an attempt do not allow, each with a sentence for the candidate."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from courses.exams.mastery import Missing
from courses.models import Attempt
from labs.refusals import Refusal


def said(moment: datetime) -> str:
    """Return a time as a sentence has it."""
    return f"{moment:%d %B %Y, %H:%M} UTC".lstrip("0")


class MayNotStart(Refusal):
    """Not at this time, or not again."""


class NotYetOpen(MayNotStart):
    """The window has not begun."""

    def __init__(self, opens: datetime) -> None:
        super().__init__(f"This exam can be started from {said(opens)}.")
        self.opens = opens


class WindowOver(MayNotStart):
    """The window is over, the candidate's extra time included."""

    def __init__(self, closes: datetime) -> None:
        super().__init__(f"This exam could be taken until {said(closes)}. Ask your instructor for another date.")
        self.closes = closes


class NoMoreAttempts(MayNotStart):
    """The candidate sat it as often as its rules allow."""

    def __init__(self, maximum: int) -> None:
        times = "once" if maximum == 1 else "twice" if maximum == 2 else f"{maximum} times"
        super().__init__(f"This exam can be taken {times}, and you have.")


class Locked(MayNotStart):
    """The exam requires a mastery that the candidate has not reached."""

    def __init__(self, lacking: Sequence[Missing]) -> None:
        wanted = ", ".join(f"{one.title} at {one.wanted} % (yours is {one.have} %)" for one in lacking)
        super().__init__(f"This exam opens with {wanted}. Practise, and it opens by itself.")
        self.lacking = tuple(lacking)


class CoolingDown(MayNotStart):
    """The last sitting was too short a time ago."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"You can take this exam again from {said(until)}.")
        self.until = until


class Closed(Refusal):
    """The attempt is over: nothing is written any more."""

    status = 410

    def __init__(self, attempt: Attempt) -> None:
        how = "was submitted" if attempt.state == Attempt.State.SUBMITTED else "ended at its deadline"
        when = f", on {said(attempt.finished_at)}" if attempt.finished_at else ""
        super().__init__(f"This attempt {how}{when}. What was saved until then counts.")
        self.attempt = attempt
        self.saved: dict[int, int] = {}  # of the saves that came too late, those that had been kept before


class PenLost(Refusal):
    """Another tab or device writes now. `epoch` is its turn."""

    def __init__(self, attempt: Attempt) -> None:
        super().__init__(
            "This exam is open in another tab or on another device, and answers are taken from there. "
            "Continue there, or take over here."
        )
        self.attempt = attempt
        self.epoch = attempt.pen_epoch


class SectionOver(Refusal):
    """It is about another section than the one that is open."""

    def __init__(self, section: int, places: Sequence[int] = (), sentence: str = "") -> None:
        super().__init__(sentence or "That section is not open: sections are left for good. Nothing of this was saved.")
        self.section = section
        self.places = tuple(places)


class Malformed(Refusal):
    """The request cannot be read, or is about a place that the form does not have. Nothing of it was saved."""

    status = 422

    def __init__(self, sentence: str, place: int | None = None) -> None:
        super().__init__(sentence)
        self.place = place
