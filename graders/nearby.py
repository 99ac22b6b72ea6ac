"""Near misses of place and name: the right thing in another region, or under almost the same name. Hints only."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable

from botocore.exceptions import BotoCoreError, ClientError

from graders.account import Account

# The first region of every console, and the ones that tutorials use.
USUAL_REGIONS = ("us-east-1", "us-east-2", "us-west-2", "eu-west-1", "eu-central-1")


def closest(name: str, names: Iterable[str]) -> str:
    """The nearest of `names` in any case, or "" when none is near."""
    by_lower = {one.lower(): one for one in names}
    return next((by_lower[one] for one in difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)), "")


def almost(name: str, names: Iterable[str]) -> str:
    """ " There is NAME, which is another name." for the nearest name in any case, or ""."""
    by_lower = {one.lower(): one for one in names}
    near = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.75)
    return f" There is {by_lower[near[0]]}, which is another name." if near else ""


def elsewhere(account: Account, exists: Callable[[str], bool]) -> str:
    """ " There is one in REGION, …" where `exists(region)` says so, or "". A region that does not answer has none."""
    for region in USUAL_REGIONS:
        if region == account.region:
            continue
        try:
            if exists(region):
                return f" There is one in {region}; the lab is in {account.region}."
        except (ClientError, BotoCoreError):
            continue
    return ""
