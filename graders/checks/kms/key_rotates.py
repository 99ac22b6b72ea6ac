"""https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html"""

from graders import Account, Fail, check, encryption


@check(permissions=[*encryption.PERMISSIONS, "kms:GetKeyRotationStatus"])
def key_rotates(account: Account, *, key: str, at_most_days: int = 365) -> None:
    """KMS replaces the material of {key} by itself, year by year.

    `at_most_days`: how long a period may be; a shorter one passes. `key`: an id, an ARN or an alias; with an alias, the
    key that it names now is judged. An alias that is moved to a new key by hand is no rotation, nor is a disabled key or
    one that KMS cannot rotate (asymmetric, HMAC, imported material, custom key store).
    """
    found = encryption.the_key(account, key)
    encryption.must_work(found)
    spec, origin = found.metadata.get("KeySpec", "SYMMETRIC_DEFAULT"), found.metadata.get("Origin", "AWS_KMS")
    if spec != "SYMMETRIC_DEFAULT" or origin != "AWS_KMS":
        raise Fail(
            "KMS cannot rotate {key} by itself: its material is {kind}.",
            looked_at="the kind of the key {key}",
            needed="A symmetric encryption key whose material KMS made.",
            try_="aws kms create-key without --origin and --key-spec, and move the alias to it.",
            key=key,
            kind=spec if spec != "SYMMETRIC_DEFAULT" else origin,
        )
    status = account.read("kms", "get_key_rotation_status", KeyId=found.key_id)
    if not status.get("KeyRotationEnabled"):
        raise Fail(
            "The key {key} does not rotate: automatic rotation is off.",
            looked_at="the rotation of key {id}",
            needed="Automatic rotation on, every {days} days or sooner.",
            try_="aws kms enable-key-rotation --key-id {id}",
            key=key,
            id=found.key_id,
            days=at_most_days,
        )
    period = int(status.get("RotationPeriodInDays", at_most_days))  # an emulated KMS keeps no period
    if period > at_most_days:
        raise Fail(
            "The key {key} rotates every {period} days only.",
            looked_at="the rotation of key {id}",
            needed="Every {days} days or sooner.",
            try_="aws kms enable-key-rotation --key-id {id} --rotation-period-in-days {days}",
            key=key,
            id=found.key_id,
            period=period,
            days=at_most_days,
        )
