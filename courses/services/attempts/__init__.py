"""Attempts at exams: begin, write, leave a section, end. One file an act; every act is safe to repeat, and twice at once."""

from courses.services.attempts.closing import close_expired, close_if_due, submit
from courses.services.attempts.receipts import receipt_of, verify
from courses.services.attempts.refusals import (
    Closed,
    CoolingDown,
    Malformed,
    MayNotStart,
    NoMoreAttempts,
    NotYetOpen,
    PenLost,
    SectionOver,
    WindowOver,
)
from courses.services.attempts.saving import save, take_pen
from courses.services.attempts.sections import leave_section
from courses.services.attempts.starting import grader_version, keep_items, start
from courses.services.attempts.stock import stock
from courses.services.credits import credit

__all__ = [
    "Closed",
    "CoolingDown",
    "Malformed",
    "MayNotStart",
    "NoMoreAttempts",
    "NotYetOpen",
    "PenLost",
    "SectionOver",
    "WindowOver",
    "close_expired",
    "close_if_due",
    "credit",
    "grader_version",
    "keep_items",
    "leave_section",
    "receipt_of",
    "save",
    "start",
    "stock",
    "submit",
    "take_pen",
    "verify",
]
