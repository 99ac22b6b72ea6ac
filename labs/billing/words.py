"""A bill in words: money as people say it, the sentence above the lines, a row a line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from labs.billing.bill import Bill, Line

__all__ = ["Row", "day", "dollars", "rows", "sentence"]


@dataclass(frozen=True, slots=True)
class Row:
    """A line as the page shows it."""

    resource: str
    what: str
    hourly: str
    monthly: str
    by_use: str


def dollars(amount: float) -> str:
    """Return money to the cent, from 100 dollars to the dollar, below ten cents to two digits that say something."""
    if amount >= 100:
        return f"${amount:,.0f}"
    if amount >= 0.1 or amount == 0:
        return f"${amount:.2f}"
    return f"${amount:.4f}" if amount >= 0.00005 else "under $0.0001"


def day(moment: date) -> str:
    """Return a day as people write it: 1 June 2025."""
    return f"{moment.day} {moment:%B %Y}"


def sentence(bill: Bill) -> str:
    """Return what all of it costs."""
    if not bill.hourly:
        return f"This would cost nothing on AWS while it lies there, list prices of {day(bill.as_of)}"
    cost = f"{dollars(bill.hourly)} an hour, {dollars(bill.monthly)} a month"
    return f"This would cost about {cost} on AWS, list prices of {day(bill.as_of)}"


def rows(bill: Bill) -> list[Row]:
    """Return the lines, the dearest first."""
    return [_row(line) for line in bill.lines]


def _row(line: Line) -> Row:
    if line.hourly is None:
        return Row(line.resource, line.what, "not priced", "not priced", line.by_use)
    if line.hourly == 0 and line.by_use:
        return Row(line.resource, line.what, "by use", "by use", line.by_use)
    return Row(line.resource, line.what, dollars(line.hourly), dollars(line.monthly or 0.0), line.by_use)
