"""How often something may be tried. Counted in the cache; without one nothing is held up, as with signing in."""

from __future__ import annotations

from typing import Any

from django.core.cache import cache

from labs.refusals import Refusal


class TooOften(Refusal):
    """As many tries as are allowed in a while."""

    status = 429


def hold(*, what: str, who: Any, most: int, seconds: int, count: int = 1) -> None:
    """Let `most` of something through in a stretch of time that begins with the first. Raises TooOften."""
    key = f"class-rate:{what}:{who}"
    cache.add(key, 0, seconds)
    try:
        reached = cache.incr(key, count)
    except ValueError:  # it went between the two
        return
    if reached > most:
        raise TooOften("That was tried too often. Wait a few minutes, and try again then.")
