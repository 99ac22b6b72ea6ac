"""What templates say often: an icon, a duration, points, a moment."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from labs.present import about_call

register = template.Library()


@lru_cache(maxsize=1)
def _sprite() -> str:
    """Return the address of the icons: a page asks for it a hundred times."""
    return static("img/icons.svg")


@register.simple_tag
def icon(name: str, extra: str = "", label: str = "") -> SafeString:
    """Return an icon of static/img/icons.svg: decoration, unless a label says what it means."""
    return format_html(
        '<svg class="icon {}" {}><use href="{}#{}"></use></svg>',
        extra,
        format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"'),
        _sprite(),
        name,
    )


@register.filter
def points(value: float | None) -> str:
    """Return points without a needless fraction: 6, 7.5."""
    return "0" if value is None else f"{value:.1f}".removesuffix(".0")


@register.filter
def unlocalised(value: float | None) -> str:
    """Return a number as HTML attributes want it: a point, no thousands."""
    return f"{value or 0:g}"


@register.filter
def minutes(value: int | None) -> str:
    """Return minutes as people say them: 45 min, 1 h 30 min."""
    if not value:
        return ""
    hours, rest = divmod(int(value), 60)
    return " ".join(part for part in (f"{hours} h" if hours else "", f"{rest} min" if rest else "") if part)


@register.filter
def duration(value: int | timedelta | None) -> str:
    """Return seconds as 4:05, or 1:04:05 from an hour."""
    seconds = int(value.total_seconds() if isinstance(value, timedelta) else value or 0)
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60:02}:{rest % 60:02}"


@register.filter
def unix_ms(value: datetime | None) -> str:
    """Return a moment as milliseconds since 1970, for a clock in the page."""
    return str(int(value.timestamp() * 1000)) if value else ""


register.filter("about_call", about_call)


@register.filter
def services(names: Any) -> list[str]:
    """Return the services of a lab as badges: `s3api` is the CLI's word for s3."""
    return list(dict.fromkeys({"s3api": "s3", "configservice": "config"}.get(name, name) for name in names))


@register.filter
def pretty_json(value: Any) -> str:
    """Return JSON as people read it."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """Return mapping[key], or None."""
    return mapping.get(key) if hasattr(mapping, "get") else None


@register.filter
def places(count: int) -> list[str]:
    """Return the places of an ordering item: 1 to `count`."""
    return [str(place) for place in range(1, count + 1)]
