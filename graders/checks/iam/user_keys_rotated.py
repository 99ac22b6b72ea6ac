"""https://docs.aws.amazon.com/IAM/latest/UserGuide/id-credentials-access-keys-update.html"""

from datetime import UTC, datetime, timedelta
from typing import Any

from graders import Account, Fail, check, identities


@check(permissions=(*identities.PEOPLE, "iam:ListAccessKeys"))
def user_keys_rotated(
    account: Account,
    *,
    user: str,
    max_active: int = 1,
    at_least: int = 0,
    max_age_days: int = 90,
    retired: list[str] | None = None,
) -> None:
    """The user {user} has no old, spare or leaked access key that still works.

    At most `max_active` keys are active, at least `at_least`, none older than `max_age_days`; those in `retired` (key
    ids) are inactive or gone. An inactive key does not count. The user itself must still be there.
    """
    who = identities.the_user(account, user)
    keys: list[dict[str, Any]] = account.read("iam", "list_access_keys", UserName=who.name)["AccessKeyMetadata"]
    active = [one for one in keys if one["Status"] == "Active"]
    leaked = [one["AccessKeyId"] for one in active if one["AccessKeyId"] in (retired or [])]
    if leaked:
        fresh = len(active) > len(leaked)
        hint = " The new key is there; the old one still opens the door." if fresh else ""
        raise _fail(who.name, "The key {key} of {user} is still active.{hint}", key=leaked[0], hint=hint)
    if len(active) > max_active:
        oldest = min(active, key=lambda one: one["CreateDate"])["AccessKeyId"]
        found = "The user {user} has {count} active access keys; {key} is the oldest."
        raise _fail(who.name, found, count=len(active), key=oldest, at_most=max_active)
    limit = datetime.now(UTC) - timedelta(days=max_age_days)
    for one in active:
        if one["CreateDate"] < limit:
            days = (datetime.now(UTC) - one["CreateDate"]).days
            found = "The key {key} of {user} is {days} days old; at most {age} are asked for."
            raise _fail(who.name, found, key=one["AccessKeyId"], days=days, age=max_age_days)
    if len(active) < at_least:
        hint = " An inactive key does nothing." if keys else ""
        raise Fail(
            "The user {user} has {count} active access keys, not {wanted}.{hint}",
            looked_at="the access keys of {user}",
            needed="{wanted} active key(s), new ones.",
            try_="aws iam create-access-key --user-name {user}",
            user=who.name,
            count=len(active),
            wanted=at_least,
            hint=hint,
        )


def _fail(user: str, found: str, *, key: str, **values: Any) -> Fail:
    return Fail(
        found,
        looked_at="the access keys of {user}",
        needed="Old keys are inactive or deleted; the one in use is young.",
        try_="aws iam update-access-key --user-name {user} --access-key-id {key} --status Inactive",
        counterexample="Whoever holds the secret of {key} signs as {user}.",
        user=user,
        key=key,
        **values,
    )
