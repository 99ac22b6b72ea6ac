"""The key that the auditor found: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html"""

from graders import Account, Fail, check, identities


@check(permissions=["iam:GetAccountAuthorizationDetails", "iam:ListAccessKeys", "iam:ListUserTags"])
def marked_key_replaced(account: Account, *, user: str, tag: str) -> None:
    """The old access key of {user} no longer works, and one new key does."""
    who = identities.the_user(account, user)
    tags = {one["Key"]: one["Value"] for one in account.read("iam", "list_user_tags", UserName=who.name)["Tags"]}
    keys = account.read("iam", "list_access_keys", UserName=who.name)["AccessKeyMetadata"]
    active = [one["AccessKeyId"] for one in keys if one["Status"] == "Active"]
    old = tags.get(tag, "")
    if not old:
        raise Fail(
            "The user {user} has no tag {tag} any more, which names the old key.",
            looked_at="the tags of {user}",
            needed="The auditor's tag {tag} with the id of the old key.",
            try_="aws iam tag-user --user-name {user} --tags Key={tag},Value=AKIA…",
            user=user,
            tag=tag,
        )
    if old in active:
        raise Fail(
            "The old key {old} of {user} still works.",
            looked_at="the access keys of {user}",
            needed="The old key inactive or deleted.",
            try_="aws iam update-access-key --status Inactive, and later delete-access-key",
            old=old,
            user=user,
        )
    if len(active) != 1:
        raise Fail(
            "{user} has {count} active access keys, not one.",
            looked_at="the access keys of {user}",
            needed="Exactly one active key, a new one.",
            try_="aws iam list-access-keys --user-name {user}",
            user=user,
            count=len(active),
        )
