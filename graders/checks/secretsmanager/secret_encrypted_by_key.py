"""https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html"""

import json
from typing import Any

from botocore.exceptions import ClientError

from graders import Account, Fail, check, encryption
from graders.account import error_code


@check(permissions=[*encryption.SECRET_PERMISSIONS, *encryption.PERMISSIONS, "secretsmanager:GetSecretValue"])
def secret_encrypted_by_key(account: Account, *, secret: str, key: str = "", fields: list[str] | None = None) -> None:
    """The secret {secret} holds a value, encrypted with a key that works.

    `key`: the customer key (id, ARN or alias, in any form); left out, any will do, the one that AWS manages included.
    `fields`: what the value, a JSON object, must name ("username"); only then is the value read, and it is never shown.
    """
    found = encryption.the_secret(account, secret)
    given = found.get("KmsKeyId") or "alias/aws/secretsmanager"
    looked_at = "the key of the secret {secret}"
    if key:
        wanted = encryption.the_key(account, key)
        encryption.must_work(wanted)
        if not encryption.same(account, given, wanted):
            raise Fail(
                "The secret {secret} is encrypted with the key that AWS manages (aws/secretsmanager), not with {key}."
                if "alias/aws/" in given
                else "The secret {secret} is encrypted with {given}, not with {key}.",
                looked_at=looked_at,
                needed="Encrypted with {key}.",
                try_="aws secretsmanager update-secret --secret-id {secret} --kms-key-id {key}",
                secret=secret,
                given=given,
                key=key,
            )
    elif "alias/aws/" not in given:
        behind = encryption.find(account, given)
        if behind is None or behind.state != "Enabled":
            raise Fail(
                "The key {given} of the secret {secret} is {state}: nobody can read the secret.",
                looked_at=looked_at,
                needed="A key that is Enabled.",
                try_="aws secretsmanager update-secret --secret-id {secret} --kms-key-id with a key that works",
                secret=secret,
                given=given,
                state=behind.state if behind else "not there",
            )
    stages = [one for stages in found.get("VersionIdsToStages", {}).values() for one in stages]
    if "AWSCURRENT" not in stages:
        raise _no_value(secret)
    if fields:
        _holds(account, found, secret, fields)


def _holds(account: Account, found: dict[str, Any], secret: str, fields: list[str]) -> None:
    try:
        answer = account.read("secretsmanager", "get_secret_value", SecretId=found["ARN"], VersionStage="AWSCURRENT")
    except ClientError as error:
        if error_code(error) == "ResourceNotFoundException":
            raise _no_value(secret) from error
        raise
    try:
        value = json.loads(answer.get("SecretString", ""))
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise Fail(
            "The value of {secret} is not a JSON object.",
            looked_at="the form of the secret's value",
            needed="A JSON object with {fields}.",
            try_='Put it as --secret-string \'{{"name": "value"}}\', in double quotes.',
            secret=secret,
            fields=fields,
        )
    missing = [one for one in fields if not value.get(one)]
    if missing:
        raise Fail(
            "The value of {secret} lacks {missing}. It has {names}.",
            looked_at="the names in the secret's value",
            needed="A JSON object with {fields}.",
            try_="aws secretsmanager put-secret-value; capital letters count.",
            secret=secret,
            missing=missing,
            names=sorted(value),
            fields=fields,
        )


def _no_value(secret: str) -> Fail:
    return Fail(
        "The secret {secret} has no current value.",
        looked_at="the versions of the secret {secret}",
        needed="A version with the label AWSCURRENT.",
        try_="aws secretsmanager put-secret-value --secret-id {secret}",
        secret=secret,
    )
