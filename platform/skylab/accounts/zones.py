"""Time zones: which there are to choose from, and which one a request is shown in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, tzinfo
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

COOKIE: Final = "skylab-zone"  # static/js/site.js writes what the browser's clock is set to
AREAS: Final = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)


@lru_cache(maxsize=1)
def names() -> frozenset[str]:
    """Return every name that a zone goes by: browsers still say Asia/Calcutta."""
    return frozenset(available_timezones())


@lru_cache(maxsize=1)
def choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the zones by area, for a form: ("Europe", [("Europe/Paris", "Paris"), …])."""
    groups: dict[str, list[tuple[str, str]]] = {area: [] for area in AREAS}
    for name in sorted(names()):
        area, _, place = name.partition("/")
        if area in groups and place:
            groups[area].append((name, place.replace("_", " ").replace("/", ", ")))
    return [("Everywhere", [("UTC", "UTC")]), *groups.items()]


def zone(name: str) -> tzinfo | None:
    """Return the zone of a name, or None where there is none: what a cookie says is anybody's."""
    return ZoneInfo(name) if name in names() else None


def zone_of(user: Any, cookies: Mapping[str, str]) -> tzinfo:
    """Return the zone to show times in: the one chosen in the settings, else the browser's, else UTC."""
    return zone(getattr(user, "time_zone", "")) or zone(cookies.get(COOKIE, "")) or UTC
