"""https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html"""

from datetime import UTC, datetime

from graders import Account, Fail, check, encryption


@check(permissions=encryption.PERMISSIONS)
def key_scheduled_for_deletion(account: Account, *, key: str, at_least_days: int = 0) -> None:
    """The key {key} waits for its deletion.

    `at_least_days`: so many days must be left, to the day, for whoever finds that it is still needed. A disabled key is
    not on its way out, nor is one whose alias alone was deleted.
    """
    found = encryption.the_key(account, key)
    if found.state not in ("PendingDeletion", "PendingReplicaDeletion"):
        raise Fail(
            "The key {key} is {state}, which can be undone at any time: it does not wait for its deletion."
            if found.state == "Disabled"
            else "The key {key} is {state}: it does not wait for its deletion.",
            looked_at="the state of the key {key}",
            needed="PendingDeletion.",
            try_="aws kms schedule-key-deletion --key-id {id} --pending-window-in-days",
            key=key,
            id=found.key_id,
            state=found.state,
        )
    until = found.metadata.get("DeletionDate")
    left = (until - datetime.now(UTC)).days + 1 if until else at_least_days
    if left < at_least_days:
        raise Fail(
            "The key {key} is deleted in {left} days already.",
            looked_at="the deletion date of the key {key}",
            needed="{days} days or more.",
            try_="aws kms cancel-key-deletion, then aws kms schedule-key-deletion --pending-window-in-days {days}",
            key=key,
            left=left,
            days=at_least_days,
        )
