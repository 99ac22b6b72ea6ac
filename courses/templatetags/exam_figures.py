"""How figures are written: n/a where there is none, a true minus, no more digits than they bear."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

NOT_AVAILABLE = format_html('<span class="muted" title="{}">n/a</span>', "Cannot be had of these answers")


@register.filter
def figure(value: float | None, digits: int = 2) -> str | SafeString:
    """Return a number: 0.31, −0.05; n/a for None."""
    return NOT_AVAILABLE if value is None else _minus(f"{value:.{digits}f}")


@register.filter
def share(value: float | None, digits: int = 0) -> str | SafeString:
    """Return a share as percents: 62 %; n/a for None."""
    return NOT_AVAILABLE if value is None else _minus(f"{value * 100:.{digits}f}") + "\u00a0%"


@register.filter
def interval(low: float | None, high: float | None) -> str:
    """Return an interval of 95 %: 0.12 to 0.48; nothing where there is none."""
    return "" if low is None or high is None else f"{_minus(f'{low:.2f}')} to {_minus(f'{high:.2f}')}"


@register.filter
def of(count: int, n: int) -> str | SafeString:
    """Return a count as percents of n; n/a of none."""
    return share(count / n if n else None)


def _minus(text: str) -> str:
    # −0.00 is a rounded nothing: its sign says nothing either.
    if text.startswith("-"):
        return text[1:] if not text.strip("-0.") else "−" + text[1:]
    return text
