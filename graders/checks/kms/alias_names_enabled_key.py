"""https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"""

from typing import Literal

from graders import Account, Fail, check, encryption


@check(permissions=encryption.PERMISSIONS)
def alias_names_enabled_key(
    account: Account,
    *,
    alias: str,
    usage: Literal["ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT"] = "ENCRYPT_DECRYPT",
    not_key: str = "",
) -> None:
    """The alias {alias} names a key of yours that is enabled.

    `alias` with or without its "alias/". `not_key`: the key (id or ARN) that the alias must have been moved away from.
    Keys that AWS manages do not count, nor does one for another `usage`.
    """
    name = alias if alias.startswith("alias/") else f"alias/{alias}"
    key = encryption.the_key(account, name)
    looked_at = "the alias {alias} and the key that it names"
    if key.by_aws:
        raise Fail(
            "{alias} names a key that AWS manages: its policy and its rotation are not yours to set.",
            looked_at=looked_at,
            needed="A customer managed key behind {alias}.",
            try_="aws kms create-key, then aws kms update-alias",
            alias=name,
        )
    if not_key and encryption.same(account, not_key, key):
        raise Fail(
            "{alias} still names the old key {old}.",
            looked_at=looked_at,
            needed="Another key behind {alias}.",
            try_="aws kms update-alias --alias-name {alias} --target-key-id with the new key's id",
            alias=name,
            old=key.key_id,
        )
    if key.state != "Enabled":
        raise Fail(
            "{alias} names the key {id}, which is {state}.",
            looked_at=looked_at,
            needed="The key behind {alias} is Enabled.",
            try_="aws kms enable-key (after aws kms cancel-key-deletion where it waits to be deleted), or update-alias.",
            counterexample="Whoever encrypts or decrypts with {alias} is refused.",
            alias=name,
            id=key.key_id,
            state=key.state,
        )
    given = key.metadata.get("KeyUsage", "ENCRYPT_DECRYPT")
    if given != usage:
        raise Fail(
            "The key behind {alias} is for {given}, not for {usage}.",
            looked_at=looked_at,
            needed="A key with KeyUsage {usage}.",
            try_="aws kms create-key --key-usage {usage}, then aws kms update-alias",
            alias=name,
            given=given,
            usage=usage,
        )
