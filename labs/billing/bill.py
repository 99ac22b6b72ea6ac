"""The bill of an account: what each thing in it would cost on AWS, by the hour and by the month of 730 hours.

List prices, on demand, of us-east-1 whatever the region; no free tier, no taxes, no data transfer. What is billed by use
alone (requests, messages, seconds) costs nothing while it lies there: its line says the price of the use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Protocol

from labs.billing.prices import prices

__all__ = ["FREE", "SECTIONS", "Bill", "Line", "Reader", "bill", "section"]


class Reader(Protocol):
    """What a bill is made of: graders.Account, or the cell's own state (fidelity/budgets.py)."""

    def read(self, service: str, operation: str, *, region: str | None = None, **parameters: Any) -> dict[str, Any]:
        """The answer of a read operation (client method name), all its pages."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing on the bill. `hourly` is None where the table has no price; `by_use` says what its use costs."""

    service: str
    resource: str
    what: str
    hourly: float | None = 0.0
    by_use: str = ""

    @property
    def monthly(self) -> float | None:
        """Return the cost of a month in which it is there all the time."""
        return None if self.hourly is None else self.hourly * prices().hours


@dataclass(frozen=True, slots=True)
class Bill:
    """All lines, the dearest first. `unknown` are services that the table knows nothing of, `unread` did not answer."""

    lines: tuple[Line, ...]
    unknown: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    as_of: date = field(default_factory=lambda: prices().as_of)

    @property
    def hourly(self) -> float:
        """Return what an hour costs."""
        return sum(line.hourly or 0.0 for line in self.lines)

    @property
    def monthly(self) -> float:
        """Return what a month costs."""
        return self.hourly * prices().hours

    @property
    def unpriced(self) -> tuple[Line, ...]:
        """Return what the table has no price for."""
        return tuple(line for line in self.lines if line.hourly is None)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it; money in dollars, to the ten-thousandth (hour) and the cent (month)."""
        return {
            "currency": prices().currency,
            "region": prices().region,
            "as_of": self.as_of.isoformat(),
            "hours_a_month": prices().hours,
            "hourly": round(self.hourly, 4),
            "monthly": round(self.monthly, 2),
            "lines": [
                {
                    "service": line.service,
                    "resource": line.resource,
                    "what": line.what,
                    "hourly": None if line.hourly is None else round(line.hourly, 6),
                    "monthly": None if line.monthly is None else round(line.monthly, 2),
                    "by_use": line.by_use,
                }
                for line in self.lines
            ],
            "not_priced": [*(f"{each.service}: {each.resource}" for each in self.unpriced), *self.unknown],
            "not_read": list(self.unread),
        }


Section = Callable[[Reader], Iterable[Line]]
SECTIONS: Final[dict[str, Section]] = {}
# What costs nothing by itself, or only by what it makes: that has a line of its own.
FREE: Final = frozenset(
    {
        *("iam", "sts", "autoscaling", "application-autoscaling", "cloudformation", "organizations", "acm", "budgets"),
        *(
            "resource-groups",
            "resourcegroupstaggingapi",
            "ram",
            "elasticbeanstalk",
            "cloudtrail",
            "s3control",
            "account",
        ),
    }
)


def section(service: str) -> Callable[[Section], Section]:
    """Let the function say what a service's things cost."""

    def register(function: Section) -> Section:
        SECTIONS[service] = function
        return function

    return register


def bill(account: Reader, services: Iterable[str], *, failures: tuple[type[Exception], ...] = ()) -> Bill:
    """Return the bill of these services (botocore's names). `failures`: what the reader raises where one cannot be read."""
    lines: list[Line] = []
    unknown, unread = [], []
    for service in sorted(set(services)):
        if service not in SECTIONS:
            if service not in FREE:
                unknown.append(service)
            continue
        try:
            lines += list(SECTIONS[service](account))
        except failures:
            unread.append(service)
    return Bill(tuple(_in_order(lines)), tuple(unknown), tuple(unread))


def _in_order(lines: list[Line]) -> Iterator[Line]:
    yield from sorted(
        lines, key=lambda line: (-(line.hourly or 0.0), line.hourly is not None, line.service, line.resource)
    )
